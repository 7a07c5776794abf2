/* gstsegmentcache.c: element that keeps the segments that pass
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-segmentcache
 * @title: segmentcache
 * @short_description: keeps the segments that pass, in memory and on disk
 * @see_also: proxystreamsrc, dvrserversink
 *
 * Answers the requests of elements downstream from a least-recently-used cache
 * that all viewers share, and asks upstream, once, for what it does not have.
 *
 * The peer decides how it works, once, until it goes back to READY: where the
 * peer takes `application/x-dvr-segment` it exchanges segments; where it takes
 * anything else it plays one stream as fragmented MP4. A tee to both does not
 * work: use two of them with one #GstSegmentCache:cache-id.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 proxystreamsrc location=http://origin:8080 ! segmentcache max-memory=2147483648 cache-dir=/var/cache/dvr max-disk=107374182400 ! dvrserversink host=0.0.0.0 http-port=8080
 * ]| Serves what an origin has, keeping 2 GiB in memory and 100 GiB on disk.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstsegmentcache.h"
#include "gstdvrplayhead.h"
#include "gstdvrsegmentstore.h"
#include "gstdvrtimelinetable.h"

GST_DEBUG_CATEGORY_STATIC (gst_segment_cache_debug);
#define GST_CAT_DEFAULT gst_segment_cache_debug

#define DEFAULT_MAX_MEMORY (G_GUINT64_CONSTANT (512) * 1024 * 1024)
#define DEFAULT_MAX_DISK (G_GUINT64_CONSTANT (10) * 1024 * 1024 * 1024)
#define DEFAULT_PREFETCH 0
#define MAX_PREFETCH 64

/* Announcements beyond this are dropped, which loses nothing. */
#define MAX_PIECES 256
/* Events beyond this make upstream wait. */
#define MAX_ITEMS 1024
#define MAX_PREFETCH_JOBS 256
/* Timelines remembered for when upstream is gone. */
#define MAX_TIMELINES 1024
/* How soon what was unpinned over the budget is let go. */
#define TRIM_INTERVAL (100 * G_TIME_SPAN_MILLISECOND)

enum
{
  PROP_0,
  PROP_MAX_MEMORY,
  PROP_CACHE_DIR,
  PROP_MAX_DISK,
  PROP_CACHE_ID,
  PROP_PREFETCH,
  PROP_START,
  PROP_START_DATE_TIME,
  PROP_STATS,
};

typedef enum
{
  MODE_UNDECIDED,
  MODE_EXCHANGE,
  MODE_STREAM,
  MODE_FAILED,
} Mode;

typedef struct
{
  guint64 hits;
  guint64 misses;
  guint64 collapsed;
  guint64 disk_hits;
  guint64 refused;
  guint64 prefetches;
  guint64 pieces_dropped;
} Counts;

struct _GstSegmentCache
{
  GstElement parent;

  GstPad *sinkpad;
  GstPad *srcpad;

  GstDvrTimelineTable *timelines;

  GMutex lock;                  /* protects all below */
  GCond wake;
  guint64 max_memory;
  gchar *cache_dir;
  guint64 max_disk;
  gchar *cache_id;
  guint prefetch;
  gint64 start;
  GstDateTime *start_date_time;

  gboolean started;
  GstDvrSegmentStore *store;
  GstDvrStoreUser *user;
  Mode mode;
  GstDvrPlayhead *playhead;     /* in stream mode */
  gboolean have_caps;
  gboolean look_at_peer;
  gboolean flushing;
  GstFlowReturn flow;
  GQueue items;                 /* GstEvent, GstBuffer: to be pushed */
  guint n_pieces;
  GQueue prefetches;            /* GstDvrRequest that may be followed */
  gboolean over;                /* the store was over its budget */
  Counts counts;
};

static GstStaticPadTemplate sink_template =
GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_DVR_LINK_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_DVR_STREAM_CAPS "; " GST_DVR_LINK_CAPS));

G_DEFINE_FINAL_TYPE_WITH_CODE (GstSegmentCache, gst_segment_cache,
    GST_TYPE_ELEMENT,
    GST_DEBUG_CATEGORY_INIT (gst_segment_cache_debug, "segmentcache", 0,
        "cache of DVR segments"));
GST_ELEMENT_REGISTER_DEFINE (segmentcache, "segmentcache", GST_RANK_NONE,
    GST_TYPE_SEGMENT_CACHE);

/* What the store asks of us. */

static GstDvrAnswer
ask_upstream (GObject * owner, GstDvrRequest * request)
{
  return gst_dvr_request_send (request, GST_SEGMENT_CACHE (owner)->sinkpad);
}

static void
tell_status (GObject * owner, const gchar * code, const gchar * level,
    const gchar * description)
{
  gst_dvr_post_status (GST_ELEMENT (owner), code, level, description, NULL,
      NULL);
}

/* References to the store, while started; to be released with store_done(). */
static gboolean
use_store (GstSegmentCache * self, GstDvrSegmentStore ** store,
    GstDvrStoreUser ** user)
{
  gboolean started;

  g_mutex_lock (&self->lock);
  started = self->started;
  if (started) {
    *store = g_object_ref (self->store);
    *user = gst_dvr_store_user_ref (self->user);
  }
  g_mutex_unlock (&self->lock);
  return started;
}

static void
store_done (GstDvrSegmentStore * store, GstDvrStoreUser * user)
{
  gst_dvr_store_user_unref (user);
  g_object_unref (store);
}

static void
answer_timeline (GstSegmentCache * self, GstDvrRequest * request)
{
  const gchar *stream = gst_dvr_request_get_stream (request);
  GstDvrTimeline *timeline;

  switch (gst_dvr_request_send (request, self->sinkpad)) {
    case GST_DVR_ANSWER_OK:
      timeline = gst_dvr_request_get_timeline (request);
      if (timeline)
        gst_dvr_timeline_table_add (self->timelines, timeline);
      break;
    case GST_DVR_ANSWER_NOT_FOUND:
    case GST_DVR_ANSWER_REMOVED:
      gst_dvr_timeline_table_remove (self->timelines, stream);
      break;
    default:
      /* upstream is gone: what is cached is served as it stands */
      timeline = gst_dvr_timeline_table_find (self->timelines, stream);
      if (timeline) {
        gst_dvr_request_answer_timeline (request, timeline);
        gst_dvr_timeline_unref (timeline);
      }
      break;
  }
}

/* Requests. */

static void
count_answer (GstSegmentCache * self, GstDvrRequest * request,
    GstDvrAnswer answer)
{
  guint64 *count = &self->counts.refused;

  if (answer == GST_DVR_ANSWER_OK) {
    switch (gst_dvr_request_get_how (request)) {
      case GST_DVR_HOW_HIT:
        count = &self->counts.hits;
        break;
      case GST_DVR_HOW_DISK:
        count = &self->counts.disk_hits;
        break;
      case GST_DVR_HOW_COLLAPSED:
        count = &self->counts.collapsed;
        break;
      default:
        count = &self->counts.misses;
        break;
    }
  }
  g_mutex_lock (&self->lock);
  (*count)++;
  if (self->prefetch > 0 && answer == GST_DVR_ANSWER_OK &&
      gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_SEGMENT &&
      gst_dvr_request_get_priority (request) > GST_DVR_PRIORITY_PREFETCH &&
      self->prefetches.length < MAX_PREFETCH_JOBS) {
    g_queue_push_tail (&self->prefetches, gst_dvr_request_ref (request));
    g_cond_broadcast (&self->wake);
  }
  g_mutex_unlock (&self->lock);
}

static void
answer_request (GstSegmentCache * self, GstDvrRequest * request)
{
  GstDvrSegmentStore *store;
  GstDvrStoreUser *user;

  if (!use_store (self, &store, &user)) {
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_STARTED);
    return;
  }
  if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE)
    answer_timeline (self, request);
  else
    count_answer (self, request,
        gst_dvr_segment_store_request (store, user, request));
  store_done (store, user);
}

/* Asks for what follows @request, so that it is here when it is wanted. */
static void
prefetch_after (GstSegmentCache * self, GstDvrRequest * request, guint n)
{
  GstDvrSegmentId id = *gst_dvr_request_get_id (request);
  GstDvrTimeline *timeline =
      gst_dvr_timeline_table_find (self->timelines, id.stream);
  GstDvrSegmentStore *store;
  GstDvrStoreUser *user;
  GstDvrEntry entry;
  guint64 end = id.number + n;

  if (!timeline)
    return;
  if (use_store (self, &store, &user)) {
    while (gst_dvr_timeline_find (timeline, id.number, &entry) ==
        GST_DVR_FOUND_CLOSED) {
      GstDvrRequest *ahead;

      id.recording = entry.recording;
      if (!entry.gap && !gst_dvr_segment_store_contains (store, &id)) {
        ahead = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_PREFETCH);
        gst_dvr_segment_store_request (store, user, ahead);
        gst_dvr_request_unref (ahead);
        g_mutex_lock (&self->lock);
        self->counts.prefetches++;
        g_mutex_unlock (&self->lock);
      }
      if (id.number++ >= end)
        break;
    }
    store_done (store, user);
  }
  gst_dvr_timeline_unref (timeline);
}

/* The task: the only one that pushes downstream. */

/* Whether an item is still to be seen after a flush. */
static gboolean
outlives_flush (GstMiniObject * item)
{
  return GST_IS_EVENT (item) && GST_EVENT_IS_STICKY (item) &&
      GST_EVENT_TYPE (item) != GST_EVENT_SEGMENT &&
      GST_EVENT_TYPE (item) != GST_EVENT_EOS;
}

static void
clear_items_locked (GstSegmentCache * self, gboolean all)
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
  answer_request (GST_SEGMENT_CACHE (element), request);
}

static void
decide_mode (GstSegmentCache * self)
{
  Mode mode = look_at_peer (self);

  g_mutex_lock (&self->lock);
  self->mode = mode;
  if (mode == MODE_FAILED)
    self->flow = GST_FLOW_NOT_NEGOTIATED;
  if (mode == MODE_STREAM && !self->playhead)
    self->playhead = gst_dvr_playhead_new (GST_ELEMENT (self), self->srcpad,
        ask_for_playhead, self->start, self->start_date_time);
  g_mutex_unlock (&self->lock);
  GST_INFO_OBJECT (self, "mode %d", mode);
}

/* In stream mode; to be unreffed. */
static GstDvrPlayhead *
get_playhead (GstSegmentCache * self)
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

/* Lets go what was unpinned since the store was over its budget. */
static void
trim (GstSegmentCache * self)
{
  GstDvrSegmentStore *store;
  GstDvrStoreUser *user;
  gboolean over;

  if (!use_store (self, &store, &user))
    return;
  over = gst_dvr_segment_store_trim (store);
  g_mutex_lock (&self->lock);
  self->over = over;
  g_mutex_unlock (&self->lock);
  store_done (store, user);
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
  GstDvrPlayhead *playhead = get_playhead (self);
  gboolean ret = TRUE;

  if (item && GST_IS_EVENT (item))
    gst_dvr_playhead_take_event (playhead, GST_EVENT_CAST (item));
  else if (!item)
    ret = gst_dvr_playhead_run (playhead);
  g_clear_pointer (&item, gst_mini_object_unref);
  gst_dvr_playhead_unref (playhead);
  return ret;
}

static void
loop (gpointer data)
{
  GstSegmentCache *self = data;
  gboolean go_on;
  Turn turn = { 0, };

  take_turn (self, &turn);
  go_on = !turn.flushing;
  if (turn.undecided)
    decide_mode (self);
  if (turn.ahead) {
    prefetch_after (self, turn.ahead, turn.prefetch);
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

static void
set_flushing (GstSegmentCache * self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  if (flushing)
    clear_items_locked (self, FALSE);
  g_mutex_unlock (&self->lock);
}

/* Sink pad. */

static GstFlowReturn
sink_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (parent);
  GstDvrMeta *meta = gst_buffer_get_dvr_meta (buffer);
  GstDvrSegmentStore *store;
  GstDvrStoreUser *user;
  GstFlowReturn flow;

  if (!meta || !meta->segment) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("segmentcache was given bytes instead of segments."),
        ("link it to proxystreamsrc or another segmentcache"));
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  if (use_store (self, &store, &user)) {
    gst_dvr_segment_store_put (store, user, meta->segment);
    store_done (store, user);
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
  GstDvrPlayhead *playhead = get_playhead (self);
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
      set_flushing (self, TRUE);
      ret = gst_pad_push_event (self->srcpad, event);
      gst_pad_pause_task (self->srcpad);
      return ret;
    case GST_EVENT_FLUSH_STOP:
      ret = gst_pad_push_event (self->srcpad, event);
      g_mutex_lock (&self->lock);
      self->flow = GST_FLOW_OK;
      g_mutex_unlock (&self->lock);
      set_flushing (self, FALSE);
      gst_pad_start_task (self->srcpad, loop, self, NULL);
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
    set_flushing (GST_SEGMENT_CACHE (parent), TRUE);
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

static gboolean
src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (parent);
  GstDvrPlayhead *playhead = get_playhead (self);
  gboolean ret;

  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    peer_changed (self);
  if (playhead) {
    ret = GST_EVENT_TYPE (event) != GST_EVENT_SEEK ||
        gst_dvr_playhead_seek (playhead, event, loop, self);
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
    answer_request (self, request);
    return TRUE;
  }
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    return answer_caps (query, get_src_caps (self));
  playhead = get_playhead (self);
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
    set_flushing (self, FALSE);
    return gst_pad_start_task (pad, loop, self, NULL);
  }
  set_flushing (self, TRUE);
  playhead = get_playhead (self);
  if (playhead) {
    gst_dvr_playhead_halt (playhead);
    gst_dvr_playhead_unref (playhead);
  }
  return gst_pad_stop_task (pad);
}

/* Element. */

static void
start (GstSegmentCache * self)
{
  static const GstDvrStoreUserFuncs funcs = { ask_upstream, tell_status };
  GstDvrSegmentStore *store;
  GstDvrStoreUser *user;
  guint64 max_memory, max_disk;
  gchar *id, *directory;

  g_mutex_lock (&self->lock);
  id = g_strdup (self->cache_id);
  directory = g_strdup (self->cache_dir);
  max_memory = self->max_memory;
  max_disk = self->max_disk;
  g_mutex_unlock (&self->lock);

  store = gst_dvr_segment_store_get (id);
  user = gst_dvr_segment_store_join (store, G_OBJECT (self), &funcs,
      max_memory);
  if (directory && max_disk > 0)
    gst_dvr_segment_store_set_disk (store, directory, max_disk);
  g_free (directory);
  g_free (id);

  g_mutex_lock (&self->lock);
  self->store = store;
  self->user = user;
  self->mode = MODE_UNDECIDED;
  self->have_caps = FALSE;
  self->look_at_peer = TRUE;
  self->flow = GST_FLOW_OK;
  self->over = FALSE;
  memset (&self->counts, 0, sizeof (self->counts));
  self->started = TRUE;
  g_mutex_unlock (&self->lock);
}

/* From here on requests are refused; what has begun ends by itself. */
static void
refuse_requests (GstSegmentCache * self)
{
  g_mutex_lock (&self->lock);
  self->started = FALSE;
  g_mutex_unlock (&self->lock);
}

static void
stop (GstSegmentCache * self)
{
  GstDvrPlayhead *playhead;
  GstDvrSegmentStore *store;
  GstDvrStoreUser *user;

  g_mutex_lock (&self->lock);
  self->started = FALSE;
  clear_items_locked (self, TRUE);
  store = g_steal_pointer (&self->store);
  user = g_steal_pointer (&self->user);
  playhead = g_steal_pointer (&self->playhead);
  g_mutex_unlock (&self->lock);

  gst_dvr_timeline_table_clear (self->timelines);
  if (playhead) {
    gst_dvr_playhead_stop (playhead);
    gst_dvr_playhead_unref (playhead);
  }
  if (user)
    gst_dvr_segment_store_leave (store, user);
  g_clear_object (&store);
}

static GstStateChangeReturn
gst_segment_cache_change_state (GstElement * element, GstStateChange transition)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    start (self);
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    refuse_requests (self);
  ret = GST_ELEMENT_CLASS (gst_segment_cache_parent_class)->change_state
      (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
          ret == GST_STATE_CHANGE_FAILURE))
    stop (self);
  return ret;
}

static GstStructure *
create_stats (GstSegmentCache * self)
{
  GstDvrStoreStats stats = { 0, };
  GstDvrSegmentStore *store;
  GstDvrStoreUser *user;
  Counts counts;

  if (use_store (self, &store, &user)) {
    gst_dvr_segment_store_get_stats (store, &stats);
    store_done (store, user);
  }
  g_mutex_lock (&self->lock);
  counts = self->counts;
  g_mutex_unlock (&self->lock);
  return gst_structure_new ("application/x-segmentcache-stats",
      "hits", G_TYPE_UINT64, counts.hits,
      "misses", G_TYPE_UINT64, counts.misses,
      "collapsed", G_TYPE_UINT64, counts.collapsed,
      "disk-hits", G_TYPE_UINT64, counts.disk_hits,
      "refused", G_TYPE_UINT64, counts.refused,
      "prefetches", G_TYPE_UINT64, counts.prefetches,
      "pieces-dropped", G_TYPE_UINT64, counts.pieces_dropped,
      "evictions", G_TYPE_UINT64, stats.evictions,
      "refetches", G_TYPE_UINT64, stats.refetches,
      "bytes", G_TYPE_UINT64, stats.bytes,
      "max-bytes", G_TYPE_UINT64, stats.max_bytes,
      "pinned-bytes", G_TYPE_UINT64, stats.pinned_bytes,
      "segments", G_TYPE_UINT64, stats.segments,
      "filling", G_TYPE_UINT64, stats.filling,
      "disk-bytes", G_TYPE_UINT64, stats.disk_bytes,
      "disk-segments", G_TYPE_UINT64, stats.disk_segments,
      "disk-evictions", G_TYPE_UINT64, stats.disk_evictions,
      "disk-broken", G_TYPE_UINT64, stats.disk_broken,
      "disk-skipped", G_TYPE_UINT64, stats.disk_skipped, NULL);
}

static void
set_string (GstSegmentCache * self, gchar ** field, const GValue * value)
{
  g_mutex_lock (&self->lock);
  g_free (*field);
  *field = g_value_dup_string (value);
  g_mutex_unlock (&self->lock);
}

static void
set_max_memory (GstSegmentCache * self, guint64 max_memory)
{
  GstDvrSegmentStore *store;
  GstDvrStoreUser *user;

  g_mutex_lock (&self->lock);
  self->max_memory = max_memory;
  g_mutex_unlock (&self->lock);
  if (use_store (self, &store, &user)) {
    gst_dvr_segment_store_set_max_memory (store, user, max_memory);
    store_done (store, user);
  }
}

static void
gst_segment_cache_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (object);

  switch (id) {
    case PROP_MAX_MEMORY:
      set_max_memory (self, g_value_get_uint64 (value));
      break;
    case PROP_CACHE_DIR:
      set_string (self, &self->cache_dir, value);
      break;
    case PROP_MAX_DISK:
      g_mutex_lock (&self->lock);
      self->max_disk = g_value_get_uint64 (value);
      g_mutex_unlock (&self->lock);
      break;
    case PROP_CACHE_ID:
      set_string (self, &self->cache_id, value);
      break;
    case PROP_PREFETCH:
      g_mutex_lock (&self->lock);
      self->prefetch = g_value_get_uint (value);
      g_mutex_unlock (&self->lock);
      break;
    case PROP_START:
      g_mutex_lock (&self->lock);
      self->start = g_value_get_int64 (value);
      g_mutex_unlock (&self->lock);
      break;
    case PROP_START_DATE_TIME:
      g_mutex_lock (&self->lock);
      g_clear_pointer (&self->start_date_time, gst_date_time_unref);
      self->start_date_time = g_value_dup_boxed (value);
      g_mutex_unlock (&self->lock);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
}

static void
gst_segment_cache_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (object);

  if (id == PROP_STATS) {
    g_value_take_boxed (value, create_stats (self));
    return;
  }
  g_mutex_lock (&self->lock);
  switch (id) {
    case PROP_MAX_MEMORY:
      g_value_set_uint64 (value, self->max_memory);
      break;
    case PROP_CACHE_DIR:
      g_value_set_string (value, self->cache_dir);
      break;
    case PROP_MAX_DISK:
      g_value_set_uint64 (value, self->max_disk);
      break;
    case PROP_CACHE_ID:
      g_value_set_string (value, self->cache_id);
      break;
    case PROP_PREFETCH:
      g_value_set_uint (value, self->prefetch);
      break;
    case PROP_START:
      g_value_set_int64 (value, self->start);
      break;
    case PROP_START_DATE_TIME:
      g_value_set_boxed (value, self->start_date_time);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  g_mutex_unlock (&self->lock);
}

static void
gst_segment_cache_finalize (GObject * object)
{
  GstSegmentCache *self = GST_SEGMENT_CACHE (object);

  gst_dvr_timeline_table_free (self->timelines);
  g_clear_pointer (&self->start_date_time, gst_date_time_unref);
  g_free (self->cache_dir);
  g_free (self->cache_id);
  g_cond_clear (&self->wake);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_segment_cache_parent_class)->finalize (object);
}

static void
gst_segment_cache_init (GstSegmentCache * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  self->timelines = gst_dvr_timeline_table_new (MAX_TIMELINES);
  self->start = GST_DVR_START_NONE;
  self->max_memory = DEFAULT_MAX_MEMORY;
  self->max_disk = DEFAULT_MAX_DISK;
  self->prefetch = DEFAULT_PREFETCH;

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

static void
install_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_MAX_MEMORY,
      g_param_spec_uint64 ("max-memory", "Maximum Memory",
          "Bytes of segments to keep in memory; exceeded only by what is being "
          "sent. Of those who share a cache-id the largest counts",
          0, G_MAXUINT64, DEFAULT_MAX_MEMORY, G_PARAM_READWRITE |
          G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_CACHE_DIR,
      g_param_spec_string ("cache-dir", "Cache Directory",
          "Directory to keep segments in, empty or a cache's (none = memory "
          "only)", NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
          GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_MAX_DISK,
      g_param_spec_uint64 ("max-disk", "Maximum Disk",
          "Bytes of segments to keep in cache-dir (0 = none)",
          0, G_MAXUINT64, DEFAULT_MAX_DISK, G_PARAM_READWRITE |
          G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_CACHE_ID,
      g_param_spec_string ("cache-id", "Cache Id",
          "Elements of this process with the same id share one cache and one "
          "budget (none = a cache of its own)", NULL, G_PARAM_READWRITE |
          G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_PREFETCH,
      g_param_spec_uint ("prefetch", "Prefetch",
          "How many segments to ask for after one that a viewer asks for",
          0, MAX_PREFETCH, DEFAULT_PREFETCH, G_PARAM_READWRITE |
          G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_START,
      g_param_spec_int64 ("start", "Start",
          "Where a player starts, in nanoseconds: >= 0 stream time, < 0 back "
          "from the live edge (the smallest value = the live edge less "
          "hold-back, or the start of a finished recording)",
          GST_DVR_START_NONE, G_MAXINT64, GST_DVR_START_NONE,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
          GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_START_DATE_TIME,
      g_param_spec_boxed ("start-date-time", "Start Date and Time",
          "Time of day where a player starts, if start is not set",
          GST_TYPE_DATE_TIME, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
          GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "What this element answered, and what its cache holds",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_segment_cache_class_init (GstSegmentCacheClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_segment_cache_set_property;
  object_class->get_property = gst_segment_cache_get_property;
  object_class->finalize = gst_segment_cache_finalize;
  install_properties (object_class);
  element_class->change_state =
      GST_DEBUG_FUNCPTR (gst_segment_cache_change_state);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class,
      "DVR segment cache", "Generic",
      "Keeps the segments that pass, in memory and on disk, for all viewers",
      "The gst-plugins-dvr authors");
}
