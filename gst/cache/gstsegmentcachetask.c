/* gstsegmentcachetask.c: the task of segmentcache, which alone pushes downstream
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

/* Whether an item is still to be seen after a flush. */
static gboolean
outlives_flush (GstMiniObject * item)
{
  return GST_IS_EVENT (item) && GST_EVENT_IS_STICKY (item) &&
      GST_EVENT_TYPE (item) != GST_EVENT_SEGMENT &&
      GST_EVENT_TYPE (item) != GST_EVENT_EOS;
}

void
gst_segment_cache_clear_items_locked (GstSegmentCache * self, gboolean all)
{
  GList *link = self->items.head, *next;
  GstMiniObject *item;

  for (; link; link = next) {
    next = link->next;
    if (!all && outlives_flush (link->data))
      continue;
    gst_mini_object_unref (link->data);
    g_queue_delete_link (&self->items, link);
  }
  self->n_pieces = 0;
  while ((item = g_queue_pop_head (&self->prefetches)))
    gst_mini_object_unref (item);
  g_cond_broadcast (&self->wake);
}

/* Which way of working the peer wants. */
static Mode
look_at_peer (GstSegmentCache * self)
{
  GstCaps *caps, *segments, *bytes;
  Mode mode = MODE_STREAM;

  /* A pad that is not linked decides nothing. */
  if (!gst_pad_is_linked (self->srcpad))
    return MODE_UNDECIDED;
  caps = gst_pad_peer_query_caps (self->srcpad, NULL);
  segments = gst_caps_new_empty_simple (GST_DVR_LINK_CAPS);
  bytes = gst_caps_from_string (GST_DVR_STREAM_CAPS);
  if (!gst_caps_can_intersect (caps, segments) &&
      !gst_caps_can_intersect (caps, bytes)) {
    mode = MODE_FAILED;
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("Nothing downstream takes what segmentcache gives."),
        ("downstream takes %" GST_PTR_FORMAT "; a tee to a player and to a "
            "server does not work: use two segmentcaches with the same "
            "cache-id", caps));
  } else if (!gst_caps_can_intersect (caps, bytes)) {
    mode = MODE_EXCHANGE;
  }
  gst_caps_unref (bytes);
  gst_caps_unref (segments);
  gst_caps_unref (caps);
  return mode;
}

static void
ask_for_playhead (GstElement * element, GstDvrRequest * request)
{
  gst_segment_cache_answer (GST_SEGMENT_CACHE (element), request);
}

static void
give_up_for_playhead (GstElement * element, GstDvrSegment * segment)
{
  GstDvrCache *cache;
  GstDvrCacheUser *user;

  if (!gst_segment_cache_use_cache (GST_SEGMENT_CACHE (element), &cache, &user))
    return;
  gst_dvr_cache_give_up (cache, segment);
  gst_segment_cache_unuse_cache (cache, user);
}

static void
report_of_playhead (GstElement * element, GstEvent * event)
{
  gst_pad_push_event (GST_SEGMENT_CACHE (element)->sinkpad, event);
}

void
gst_segment_cache_get_settings_locked (GstSegmentCache * self,
    GstDvrPlayheadSettings * settings)
{
  settings->in_buffer_seek = self->in_buffer_seek;
  settings->tell_upstream = self->tell_upstream;
  settings->buffer_time = self->buffer_time;
  settings->back_buffer_time = self->back_buffer_time;
  settings->max_bytes = self->max_memory / 4 * 3;
}

static void
decide_mode (GstSegmentCache * self)
{
  Mode mode = look_at_peer (self);
  GstDvrPlayheadSettings settings;

  g_mutex_lock (&self->lock);
  self->mode = mode;
  if (mode == MODE_FAILED)
    self->flow = GST_FLOW_NOT_NEGOTIATED;
  if (mode == MODE_STREAM && !self->playhead) {
    gst_segment_cache_get_settings_locked (self, &settings);
    self->playhead = gst_dvr_playhead_new (GST_ELEMENT (self), self->srcpad,
        ask_for_playhead, give_up_for_playhead, report_of_playhead,
        self->start, self->start_date_time, &settings);
    gst_dvr_playhead_start (self->playhead);
  }
  g_mutex_unlock (&self->lock);
  GST_INFO_OBJECT (self, "mode %d", mode);
}

/* In stream mode; to be unreffed. */
GstDvrPlayhead *
gst_segment_cache_get_playhead (GstSegmentCache * self)
{
  GstDvrPlayhead *playhead = NULL;

  g_mutex_lock (&self->lock);
  if (self->playhead)
    playhead = gst_dvr_playhead_ref (self->playhead);
  g_mutex_unlock (&self->lock);
  return playhead;
}

static void
push_item (GstSegmentCache * self, GstMiniObject * item)
{
  GstFlowReturn ret;

  if (GST_IS_EVENT (item)) {
    gst_pad_push_event (self->srcpad, GST_EVENT_CAST (item));
    return;
  }
  ret = gst_pad_push (self->srcpad, GST_BUFFER_CAST (item));
  /* branches come and go; who asks gets answers whatever flows here */
  if (ret == GST_FLOW_OK || ret == GST_FLOW_NOT_LINKED ||
      ret == GST_FLOW_FLUSHING || ret == GST_FLOW_EOS)
    return;
  g_mutex_lock (&self->lock);
  self->flow = ret;
  self->mode = MODE_FAILED;
  g_mutex_unlock (&self->lock);
  if (ret <= GST_FLOW_ERROR || ret == GST_FLOW_NOT_NEGOTIATED)
    GST_ELEMENT_FLOW_ERROR (self, ret);
}

static gboolean
is_undecided_locked (GstSegmentCache * self)
{
  return self->mode == MODE_UNDECIDED && self->look_at_peer && self->have_caps;
}

static gboolean
has_work_locked (GstSegmentCache * self)
{
  return self->flushing || self->prefetches.length > 0 ||
      is_undecided_locked (self) || self->mode == MODE_STREAM ||
      (self->mode != MODE_UNDECIDED && self->items.length > 0);
}

static void
wait_for_work_locked (GstSegmentCache * self)
{
  while (!has_work_locked (self)) {
    if (!self->over)
      g_cond_wait (&self->wake, &self->lock);
    else if (!g_cond_wait_until (&self->wake, &self->lock,
            g_get_monotonic_time () + TRIM_INTERVAL))
      break;
  }
}

/* Lets go what was unpinned since the cache was over its budget. */
static void
trim (GstSegmentCache * self)
{
  GstDvrCache *cache;
  GstDvrCacheUser *user;
  gboolean over;

  if (!gst_segment_cache_use_cache (self, &cache, &user))
    return;
  over = gst_dvr_cache_trim (cache);
  g_mutex_lock (&self->lock);
  self->over = over;
  g_mutex_unlock (&self->lock);
  gst_segment_cache_unuse_cache (cache, user);
}

/* What one turn of the task is to do. */
typedef struct
{
  gboolean flushing;
  gboolean undecided;
  gboolean over;
  guint prefetch;
  Mode mode;
  GstDvrRequest *ahead;
  GstMiniObject *item;
} Turn;

static void
take_turn (GstSegmentCache * self, Turn * turn)
{
  g_mutex_lock (&self->lock);
  wait_for_work_locked (self);
  turn->flushing = self->flushing;
  if (!turn->flushing) {
    turn->over = self->over;
    turn->prefetch = self->prefetch;
    turn->mode = self->mode;
    turn->undecided = is_undecided_locked (self);
    if (turn->undecided)
      self->look_at_peer = FALSE;
    turn->ahead = g_queue_pop_head (&self->prefetches);
    if (self->mode != MODE_UNDECIDED)
      turn->item = g_queue_pop_head (&self->items);
    if (turn->item && GST_IS_BUFFER (turn->item))
      self->n_pieces--;
    g_cond_broadcast (&self->wake);
  }
  g_mutex_unlock (&self->lock);
}

/* Returns: FALSE if the task is to pause */
static gboolean
play (GstSegmentCache * self, GstMiniObject * item)
{
  GstDvrPlayhead *playhead = gst_segment_cache_get_playhead (self);
  gboolean ret = TRUE;

  if (item && GST_IS_EVENT (item))
    gst_dvr_playhead_take_event (playhead, GST_EVENT_CAST (item));
  else if (!item)
    ret = gst_dvr_playhead_run (playhead);
  g_clear_pointer (&item, gst_mini_object_unref);
  gst_dvr_playhead_unref (playhead);
  return ret;
}

void
gst_segment_cache_loop (gpointer data)
{
  GstSegmentCache *self = data;
  gboolean go_on;
  Turn turn = { 0, };

  take_turn (self, &turn);
  go_on = !turn.flushing;
  if (turn.undecided)
    decide_mode (self);
  if (turn.ahead) {
    gst_segment_cache_prefetch_after (self, turn.ahead, turn.prefetch);
    gst_dvr_request_unref (turn.ahead);
  }
  if (turn.mode == MODE_STREAM)
    go_on = play (self, turn.item);
  else if (turn.item && turn.mode == MODE_EXCHANGE)
    push_item (self, turn.item);
  else if (turn.item)
    gst_mini_object_unref (turn.item);
  if (turn.over)
    trim (self);
  if (!go_on)
    gst_pad_pause_task (self->srcpad);
}

void
gst_segment_cache_set_flushing (GstSegmentCache * self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  if (flushing)
    gst_segment_cache_clear_items_locked (self, FALSE);
  g_mutex_unlock (&self->lock);
}
