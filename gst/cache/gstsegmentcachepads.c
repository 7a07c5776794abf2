/* gstsegmentcachepads.c: the pads of segmentcache: data, events and queries
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstsegmentcache-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_segment_cache_debug);
#define GST_CAT_DEFAULT gst_segment_cache_debug

static GstStaticPadTemplate sink_template =
GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_DVR_LINK_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_DVR_STREAM_CAPS "; " GST_DVR_LINK_CAPS));

/* Sink pad. */

static GstFlowReturn
sink_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (parent);
  GstDvrMeta *meta = gst_buffer_get_dvr_meta (buffer);
  GstDvrCache *cache;
  GstDvrCacheUser *user;
  GstFlowReturn flow;

  if (!meta || !meta->segment) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("segmentcache was given bytes instead of segments."),
        ("link it to proxystreamsrc or another segmentcache"));
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  if (gst_segment_cache_use_cache (self, &cache, &user)) {
    gst_dvr_cache_put (cache, user, meta->segment);
    gst_segment_cache_unuse_cache (cache, user);
  }

  g_mutex_lock (&self->lock);
  flow = self->flushing ? GST_FLOW_FLUSHING : self->flow;
  if (flow == GST_FLOW_OK && self->mode != MODE_STREAM) {
    if (self->n_pieces < MAX_PIECES) {
      self->n_pieces++;
      g_queue_push_tail (&self->items, GST_MINI_OBJECT_CAST (buffer));
      buffer = NULL;
      g_cond_broadcast (&self->wake);
    } else {
      self->counts.pieces_dropped++;
    }
  }
  g_mutex_unlock (&self->lock);
  if (buffer)
    gst_buffer_unref (buffer);
  return flow;
}

/* Hands an event to the task, or, where a playhead runs and may be waiting, to
 * that. */
static gboolean
queue_event (GstSegmentCache * self, GstEvent * event)
{
  GstDvrPlayhead *playhead = NULL;
  gboolean queued;

  g_mutex_lock (&self->lock);
  while (!self->flushing && self->items.length >= MAX_ITEMS)
    g_cond_wait (&self->wake, &self->lock);
  queued = !self->flushing;
  if (queued && self->playhead) {
    playhead = gst_dvr_playhead_ref (self->playhead);
  } else if (queued) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
      self->have_caps = TRUE;
      self->look_at_peer = TRUE;
    }
    g_queue_push_tail (&self->items,
        GST_MINI_OBJECT_CAST (gst_event_ref (event)));
    g_cond_broadcast (&self->wake);
  }
  g_mutex_unlock (&self->lock);
  if (playhead) {
    gst_dvr_playhead_take_event (playhead, event);
    gst_dvr_playhead_unref (playhead);
  }
  gst_event_unref (event);
  return queued;
}

static gboolean
sink_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (parent);
  GstDvrPlayhead *playhead = gst_segment_cache_get_playhead (self);
  gboolean ret;

  if (playhead) {
    /* what upstream says of its stream ends here */
    gst_dvr_playhead_take_event (playhead, event);
    gst_dvr_playhead_unref (playhead);
    gst_event_unref (event);
    return TRUE;
  }
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
      gst_segment_cache_set_flushing (self, TRUE);
      ret = gst_pad_push_event (self->srcpad, event);
      gst_pad_pause_task (self->srcpad);
      return ret;
    case GST_EVENT_FLUSH_STOP:
      ret = gst_pad_push_event (self->srcpad, event);
      g_mutex_lock (&self->lock);
      self->flow = GST_FLOW_OK;
      g_mutex_unlock (&self->lock);
      gst_segment_cache_set_flushing (self, FALSE);
      gst_pad_start_task (self->srcpad, gst_segment_cache_loop, self, NULL);
      return ret;
    default:
      return queue_event (self, event);
  }
}

static gboolean
answer_caps (GstQuery * query, GstCaps * caps)
{
  GstCaps *filter, *both;

  gst_query_parse_caps (query, &filter);
  if (filter) {
    both = gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);
    gst_query_set_caps_result (query, both);
    gst_caps_unref (both);
  } else {
    gst_query_set_caps_result (query, caps);
  }
  gst_caps_unref (caps);
  return TRUE;
}

static gboolean
sink_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  /* Nothing of this link is allocated or drained downstream. */
  if (GST_QUERY_IS_SERIALIZED (query))
    return FALSE;
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    return answer_caps (query, gst_pad_get_pad_template_caps (pad));
  return gst_pad_query_default (pad, parent, query);
}

static gboolean
sink_activate_mode (GstPad * pad, GstObject * parent, GstPadMode mode,
    gboolean active)
{
  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  /* releases upstream if it waits for room */
  if (!active)
    gst_segment_cache_set_flushing (GST_SEGMENT_CACHE (parent), TRUE);
  return TRUE;
}

/* Source pad. */

static void
peer_changed (GstSegmentCache * self)
{
  g_mutex_lock (&self->lock);
  self->look_at_peer = TRUE;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
}

static void
src_linked (GstPad * pad, GstPad * peer, gpointer user_data)
{
  peer_changed (user_data);
}

/* Returns: FALSE for what is not ours: a sink then tells the application of keys
 * that were pressed */
static gboolean
take_event_of_playhead (GstSegmentCache * self, GstDvrPlayhead * playhead,
    GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_SEEK:
      return gst_dvr_playhead_seek (playhead, event, gst_segment_cache_loop,
          self);
    case GST_EVENT_INSTANT_RATE_SYNC_TIME:
      return gst_dvr_playhead_sync_rate (playhead, event);
    case GST_EVENT_QOS:
    case GST_EVENT_LATENCY:
    case GST_EVENT_RECONFIGURE:
      return TRUE;
    default:
      return FALSE;
  }
}

static gboolean
src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (parent);
  GstDvrPlayhead *playhead = gst_segment_cache_get_playhead (self);
  gboolean ret;

  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    peer_changed (self);
  if (playhead) {
    ret = take_event_of_playhead (self, playhead, event);
    gst_dvr_playhead_unref (playhead);
    gst_event_unref (event);
    return ret;
  }
  return gst_pad_push_event (self->sinkpad, event);
}

/* What this side may carry, by what was decided. */
static GstCaps *
get_src_caps (GstSegmentCache * self)
{
  Mode mode;

  g_mutex_lock (&self->lock);
  mode = self->mode;
  g_mutex_unlock (&self->lock);
  if (mode == MODE_EXCHANGE)
    return gst_caps_new_empty_simple (GST_DVR_LINK_CAPS);
  if (mode == MODE_STREAM)
    return gst_caps_from_string (GST_DVR_STREAM_CAPS);
  return gst_pad_get_pad_template_caps (self->srcpad);
}

static gboolean
src_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (parent);
  GstDvrRequest *request = gst_query_get_dvr_request (query);
  GstDvrPlayhead *playhead;
  gboolean ret;

  if (request) {
    gst_segment_cache_answer (self, request);
    return TRUE;
  }
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    return answer_caps (query, get_src_caps (self));
  playhead = gst_segment_cache_get_playhead (self);
  if (playhead && GST_QUERY_TYPE (query) != GST_QUERY_ACCEPT_CAPS &&
      GST_QUERY_TYPE (query) != GST_QUERY_CONTEXT) {
    ret = gst_dvr_playhead_query (playhead, query);
  } else {
    ret = gst_pad_query_default (pad, parent, query);
  }
  if (playhead)
    gst_dvr_playhead_unref (playhead);
  return ret;
}

static gboolean
src_activate_mode (GstPad * pad, GstObject * parent, GstPadMode mode,
    gboolean active)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (parent);
  GstDvrPlayhead *playhead;

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  if (active) {
    gst_segment_cache_set_flushing (self, FALSE);
    return gst_pad_start_task (pad, gst_segment_cache_loop, self, NULL);
  }
  gst_segment_cache_set_flushing (self, TRUE);
  playhead = gst_segment_cache_get_playhead (self);
  if (playhead) {
    gst_dvr_playhead_halt (playhead);
    gst_dvr_playhead_unref (playhead);
  }
  return gst_pad_stop_task (pad);
}

void
gst_segment_cache_install_pads (GstElementClass * klass)
{
  gst_element_class_add_static_pad_template (klass, &sink_template);
  gst_element_class_add_static_pad_template (klass, &src_template);
}

void
gst_segment_cache_add_pads (GstSegmentCache * self)
{
  self->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sinkpad, GST_DEBUG_FUNCPTR (sink_chain));
  gst_pad_set_event_function (self->sinkpad, GST_DEBUG_FUNCPTR (sink_event));
  gst_pad_set_query_function (self->sinkpad, GST_DEBUG_FUNCPTR (sink_query));
  gst_pad_set_activatemode_function (self->sinkpad,
      GST_DEBUG_FUNCPTR (sink_activate_mode));
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);

  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_event_function (self->srcpad, GST_DEBUG_FUNCPTR (src_event));
  gst_pad_set_query_function (self->srcpad, GST_DEBUG_FUNCPTR (src_query));
  gst_pad_set_activatemode_function (self->srcpad,
      GST_DEBUG_FUNCPTR (src_activate_mode));
  g_signal_connect (self->srcpad, "linked", G_CALLBACK (src_linked), self);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
}
