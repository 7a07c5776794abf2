/* gstdvrplayhead.c: plays one stream out of the cache as fragmented MP4
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A source that is not live: it plays forward from a place in the window, part
 * by part, and waits at the live edge. Bytes that do not follow those before
 * carry DISCONT and a GST_BUFFER_OFFSET, without which qtdemux goes on in the
 * middle of what was cut off. A hole in the recording is skipped: a new
 * SEGMENT maps what follows to the running time that was reached.
 *
 * One thread at a time runs it, the source pad's task, which a seek stops. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrplayhead.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_playhead_debug);
#define GST_CAT_DEFAULT gst_dvr_playhead_debug

/* RFC 8216 section 6.3.3: not nearer to the end than this. */
#define HOLD_BACK_TARGETS 3
/* Times that differ by less follow each other. */
#define MAX_JITTER (100 * GST_MSECOND)
/* How often what failed is asked for anew, and how soon. */
#define MAX_TRIES 4
#define RETRY_INTERVAL (250 * G_TIME_SPAN_MILLISECOND)
#define DURATION_INTERVAL G_TIME_SPAN_SECOND

struct _GstDvrPlayhead
{
  gatomicrefcount refcount;
  GstElement *element;          /* owns us */
  GstPad *srcpad;
  GstDvrPlayheadAskFunc ask;
  gint64 start;
  GstDateTime *start_date_time;

  GMutex lock;                  /* protects down to @segment */
  GCond wake;
  gboolean flushing;
  gboolean halted;
  gboolean seeking;
  gboolean eos;                 /* upstream has ended */
  guint64 changes;              /* counts whatever may be waited for */
  gchar **names;
  GstDvrTimeline *timeline;
  gulong timeline_watch;
  guint32 seek_seqnum;
  GThread *thread;              /* that runs it now */
  GstSegment segment;

  /* the running thread's, or the seeking one's while that is stopped */
  guint64 timeline_seen;
  gboolean begun;               /* STREAM_START and CAPS are out */
  gboolean positioned;
  gboolean fresh;               /* nothing was played from here yet */
  gboolean need_segment;
  gboolean discont;
  gboolean hole;
  gboolean ended;
  guint32 seqnum;
  guint64 number;               /* sequence number played now */
  GstDvrEntry entry;
  GstDvrSegment *current;
  gulong watch;
  guint64 offset;               /* within it */
  guint tries;
  gchar *recording;             /* of the init section that is out */
  guint init;
  guint last_discontinuity;
  guint64 out;                  /* bytes pushed so far */
  gint64 duration_posted;
  GstClockTime duration;
  gboolean told_missing;
};

/**
 * gst_dvr_playhead_new:
 * @element: who plays; outlives its playhead's last run
 * @srcpad: where to
 * @ask: answers requests
 * @start: nanoseconds; >= 0 stream time, < 0 back from the live edge,
 *   GST_DVR_START_NONE: the live edge less hold-back, or the start of a
 *   finished recording
 * @start_date_time: (nullable): time of day to start at, if there is no @start
 *
 * Returns: (transfer full): a playhead without a stream: its name comes in an
 *   event, see gst_dvr_playhead_take_event()
 */
GstDvrPlayhead *
gst_dvr_playhead_new (GstElement * element, GstPad * srcpad,
    GstDvrPlayheadAskFunc ask, gint64 start, GstDateTime * start_date_time)
{
  static gsize once = 0;
  GstDvrPlayhead *self = g_new0 (GstDvrPlayhead, 1);

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (gst_dvr_playhead_debug, "dvrplayhead", 0,
        "position in a DVR stream");
    g_once_init_leave (&once, 1);
  }
  g_atomic_ref_count_init (&self->refcount);
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  self->element = element;
  self->srcpad = srcpad;
  self->ask = ask;
  self->start = start;
  if (start_date_time)
    self->start_date_time = gst_date_time_ref (start_date_time);
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->seqnum = gst_util_seqnum_next ();
  self->need_segment = self->discont = TRUE;
  return self;
}

GstDvrPlayhead *
gst_dvr_playhead_ref (GstDvrPlayhead * self)
{
  g_atomic_ref_count_inc (&self->refcount);
  return self;
}

void
gst_dvr_playhead_unref (GstDvrPlayhead * self)
{
  if (!g_atomic_ref_count_dec (&self->refcount))
    return;
  g_strfreev (self->names);
  g_free (self->recording);
  g_clear_pointer (&self->start_date_time, gst_date_time_unref);
  g_cond_clear (&self->wake);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
playhead_unref (gpointer self)
{
  gst_dvr_playhead_unref (self);
}

/* Waiting. */

static void
changed (GstDvrPlayhead * self)
{
  g_mutex_lock (&self->lock);
  self->changes++;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
}

static void
timeline_changed (GstDvrTimeline * timeline, gpointer self)
{
  changed (self);
}

static void
segment_changed (GstDvrSegment * segment, gpointer self)
{
  changed (self);
}

static guint64
get_changes (GstDvrPlayhead * self)
{
  guint64 changes;

  g_mutex_lock (&self->lock);
  changes = self->changes;
  g_mutex_unlock (&self->lock);
  return changes;
}

/* Waits for something to change after @seen, or for @timeout microseconds
 * where it is > 0. */
static void
wait_for_change (GstDvrPlayhead * self, guint64 seen, gint64 timeout)
{
  gint64 end = g_get_monotonic_time () + timeout;

  g_mutex_lock (&self->lock);
  while (!self->flushing && self->changes == seen) {
    if (timeout == 0)
      g_cond_wait (&self->wake, &self->lock);
    else if (!g_cond_wait_until (&self->wake, &self->lock, end))
      break;
  }
  g_mutex_unlock (&self->lock);
}

/* The segment and the timeline that are played. */

static void
release_current (GstDvrPlayhead * self)
{
  if (!self->current)
    return;
  gst_dvr_segment_remove_watch (self->current, self->watch);
  gst_dvr_segment_unpin (self->current);
  g_clear_pointer (&self->current, gst_dvr_segment_unref);
}

static void
set_current (GstDvrPlayhead * self, GstDvrSegment * segment)
{
  release_current (self);
  self->current = gst_dvr_segment_ref (segment);
  gst_dvr_segment_pin (segment);
  self->watch = gst_dvr_segment_add_watch (segment, segment_changed,
      gst_dvr_playhead_ref (self), playhead_unref);
}

static GstDvrTimeline *
get_timeline (GstDvrPlayhead * self)
{
  GstDvrTimeline *timeline;

  g_mutex_lock (&self->lock);
  timeline = self->timeline ? gst_dvr_timeline_ref (self->timeline) : NULL;
  g_mutex_unlock (&self->lock);
  return timeline;
}

static void
set_timeline (GstDvrPlayhead * self, GstDvrTimeline * timeline)
{
  gulong watch;

  gst_dvr_timeline_use (timeline);
  watch = gst_dvr_timeline_add_watch (timeline, timeline_changed,
      gst_dvr_playhead_ref (self), playhead_unref);
  g_mutex_lock (&self->lock);
  self->timeline = gst_dvr_timeline_ref (timeline);
  self->timeline_watch = watch;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_playhead_stop:
 * @self: a playhead that does not run any more
 *
 * Lets go of what it plays.
 */
void
gst_dvr_playhead_stop (GstDvrPlayhead * self)
{
  GstDvrTimeline *timeline;

  release_current (self);
  g_mutex_lock (&self->lock);
  timeline = g_steal_pointer (&self->timeline);
  g_mutex_unlock (&self->lock);
  if (!timeline)
    return;
  gst_dvr_timeline_remove_watch (timeline, self->timeline_watch);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
}

/**
 * gst_dvr_playhead_take_event:
 * @self: a playhead
 * @event: what upstream said; names and EOS matter, others end here
 */
void
gst_dvr_playhead_take_event (GstDvrPlayhead * self, GstEvent * event)
{
  gchar **names = gst_dvr_event_parse_names (event);

  if (!names && GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return;
  g_mutex_lock (&self->lock);
  if (names) {
    g_strfreev (self->names);
    self->names = names;
  } else {
    self->eos = TRUE;
  }
  g_mutex_unlock (&self->lock);
  changed (self);
}

/* Makes it return from whatever it waits for, or wait again. */
static void
set_flushing (GstDvrPlayhead * self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing || self->halted;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_playhead_halt:
 * @self: a playhead
 *
 * For good: it returns from whatever it waits for, and no seek starts the
 * task again.
 */
void
gst_dvr_playhead_halt (GstDvrPlayhead * self)
{
  g_mutex_lock (&self->lock);
  self->halted = self->flushing = TRUE;
  g_cond_broadcast (&self->wake);
  while (self->seeking)
    g_cond_wait (&self->wake, &self->lock);
  g_mutex_unlock (&self->lock);
}

/* Pushing. */

static void
push_event (GstDvrPlayhead * self, GstEvent * event)
{
  gst_event_set_seqnum (event, self->seqnum);
  gst_pad_push_event (self->srcpad, event);
}

static void
begin (GstDvrPlayhead * self, const gchar * stream)
{
  gchar *id = gst_pad_create_stream_id (self->srcpad, self->element, stream);
  GstEvent *event = gst_event_new_stream_start (id);
  GstCaps *caps = gst_caps_from_string (GST_DVR_STREAM_CAPS);

  gst_event_set_group_id (event, gst_util_group_id_next ());
  push_event (self, event);
  push_event (self, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  g_free (id);
  self->begun = TRUE;
}

static gboolean
end (GstDvrPlayhead * self)
{
  push_event (self, gst_event_new_eos ());
  self->ended = TRUE;
  return FALSE;
}

static gboolean
check_flow (GstDvrPlayhead * self, GstFlowReturn flow)
{
  if (flow == GST_FLOW_OK)
    return TRUE;
  GST_DEBUG_OBJECT (self->element, "stopping: %s", gst_flow_get_name (flow));
  if (flow == GST_FLOW_EOS)
    return end (self);
  if (flow == GST_FLOW_FLUSHING)
    return FALSE;
  GST_ELEMENT_FLOW_ERROR (self->element, flow);
  return end (self);
}

/* The SEGMENT that maps what is played next. */
static void
push_segment (GstDvrPlayhead * self)
{
  GstSegment segment;

  g_mutex_lock (&self->lock);
  if (self->hole) {
    /* what is skipped takes no running time */
    guint64 reached = gst_segment_to_running_time (&self->segment,
        GST_FORMAT_TIME, self->segment.position);

    if (GST_CLOCK_TIME_IS_VALID (reached))
      self->segment.base = reached;
    self->segment.offset = 0;
    self->segment.start = self->segment.time = self->entry.start;
    self->segment.position = self->entry.start;
  }
  segment = self->segment;
  g_mutex_unlock (&self->lock);
  push_event (self, gst_event_new_segment (&segment));
  self->need_segment = self->hole = FALSE;
}

/* @buffer: (transfer full) */
static gboolean
push_bytes (GstDvrPlayhead * self, GstBuffer * buffer)
{
  gsize size = gst_buffer_get_size (buffer);

  if (self->need_segment || self->hole)
    push_segment (self);
  GST_BUFFER_OFFSET (buffer) = self->out;
  if (self->discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->discont = FALSE;
  self->out += size;
  return check_flow (self, gst_pad_push (self->srcpad, buffer));
}

/* Asking. */

static GstDvrRequest *
ask_for (GstDvrPlayhead * self, GstDvrSegmentKind kind, guint64 number)
{
  GstDvrSegmentId id = { kind, NULL, self->entry.recording, number };
  GstDvrTimeline *timeline = get_timeline (self);
  GstDvrRequest *request;

  id.stream = gst_dvr_timeline_get_stream (timeline);
  request = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_PLAYHEAD);
  gst_dvr_timeline_unref (timeline);
  self->ask (self->element, request);
  return request;
}

/* Whether it is worth to ask again; otherwise the segment is skipped. */
static gboolean
try_again (GstDvrPlayhead * self, guint64 seen, GstDvrAnswer answer)
{
  if (answer == GST_DVR_ANSWER_NOT_FOUND || answer == GST_DVR_ANSWER_REMOVED ||
      ++self->tries >= MAX_TRIES)
    return FALSE;
  wait_for_change (self, seen, RETRY_INTERVAL);
  return TRUE;
}

static void
next_segment (GstDvrPlayhead * self)
{
  release_current (self);
  self->number++;
  self->fresh = FALSE;
  self->offset = 0;
  self->tries = 0;
}

static void
skip_segment (GstDvrPlayhead * self)
{
  gchar *text = g_strdup_printf ("segment %" G_GUINT64_FORMAT
      " cannot be had and is skipped", self->number);

  gst_dvr_post_status (self->element, "NetStream.Play.Failed",
      "warning", text, NULL, NULL);
  g_free (text);
  next_segment (self);
  self->hole = self->discont = TRUE;
}

/* Waits for all of a small thing. */
static gboolean
wait_whole (GstDvrPlayhead * self, GstDvrSegment * segment)
{
  gulong watch = gst_dvr_segment_add_watch (segment, segment_changed,
      gst_dvr_playhead_ref (self), playhead_unref);
  gboolean flushing = FALSE;

  while (!flushing) {
    guint64 seen = get_changes (self);

    if (gst_dvr_segment_get_state (segment) != GST_DVR_SEGMENT_FILLING)
      break;
    wait_for_change (self, seen, 0);
    g_mutex_lock (&self->lock);
    flushing = self->flushing;
    g_mutex_unlock (&self->lock);
  }
  gst_dvr_segment_remove_watch (segment, watch);
  return gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_WHOLE;
}

static gboolean
is_flushing (GstDvrPlayhead * self)
{
  gboolean flushing;

  g_mutex_lock (&self->lock);
  flushing = self->flushing;
  g_mutex_unlock (&self->lock);
  return flushing;
}

/* Sends the init section where it is another than the one before. */
static gboolean
play_init (GstDvrPlayhead * self, guint64 seen)
{
  GstDvrRequest *request = ask_for (self, GST_DVR_SEGMENT_INIT,
      self->entry.init);
  GstDvrSegment *init = gst_dvr_request_get_segment (request);
  gboolean ret = TRUE;

  if (init && wait_whole (self, init)) {
    g_free (self->recording);
    self->recording = g_strdup (self->entry.recording);
    self->init = self->entry.init;
    self->discont = TRUE;
    ret = push_bytes (self, gst_dvr_segment_get_buffer (init, 0,
            gst_dvr_segment_get_size (init)));
  } else if (is_flushing (self)) {
    ret = FALSE;
  } else if (!try_again (self, seen, gst_dvr_request_get_answer (request))) {
    skip_segment (self);
  }
  gst_dvr_request_unref (request);
  return ret;
}

static gboolean
open_current (GstDvrPlayhead * self, guint64 seen, GstDvrFound found)
{
  GstDvrRequest *request =
      ask_for (self, GST_DVR_SEGMENT_MEDIA, self->number), *ahead;
  GstDvrSegment *segment = gst_dvr_request_get_segment (request);
  gboolean ret = TRUE;

  if (segment) {
    set_current (self, segment);
    /* the one after it is wanted soon; it stays in the cache */
    if (found == GST_DVR_FOUND_CLOSED && self->tries == 0) {
      GstDvrTimeline *timeline = get_timeline (self);
      GstDvrEntry entry = self->entry;

      if (gst_dvr_timeline_find (timeline, self->number + 1, &self->entry) ==
          GST_DVR_FOUND_CLOSED && !self->entry.gap) {
        ahead = ask_for (self, GST_DVR_SEGMENT_MEDIA, self->number + 1);
        gst_dvr_request_unref (ahead);
      }
      self->entry = entry;
      gst_dvr_timeline_unref (timeline);
    }
  } else if (is_flushing (self)) {
    ret = FALSE;
  } else if (!try_again (self, seen, gst_dvr_request_get_answer (request))) {
    skip_segment (self);
  }
  gst_dvr_request_unref (request);
  return ret;
}

/* Where the next part ends that is there in whole; 0: none is. */
static guint64
next_part_end (GstDvrPlayhead * self)
{
  GstDvrPart part;
  guint i;

  for (i = 0; gst_dvr_segment_get_part (self->current, i, &part); i++)
    if (part.offset + part.size > self->offset)
      return part.offset + part.size;
  return 0;
}

static void
reached (GstDvrPlayhead * self, GstClockTime position)
{
  g_mutex_lock (&self->lock);
  self->segment.position = position;
  g_mutex_unlock (&self->lock);
}

static gboolean
play_current (GstDvrPlayhead * self, guint64 seen)
{
  GstDvrSegmentState state = gst_dvr_segment_get_state (self->current);
  guint64 to = next_part_end (self);

  if (to > self->offset) {
    GstBuffer *buffer = gst_dvr_segment_get_buffer (self->current,
        self->offset, to - self->offset);

    self->offset = to;
    return push_bytes (self, buffer);
  }
  if (state == GST_DVR_SEGMENT_WHOLE) {
    GstDvrTimeline *timeline = get_timeline (self);

    /* its duration is known by now */
    gst_dvr_timeline_find (timeline, self->number, &self->entry);
    gst_dvr_timeline_unref (timeline);
    reached (self, self->entry.start + self->entry.duration);
    next_segment (self);
  } else if (state == GST_DVR_SEGMENT_FAILED) {
    /* asked anew, it goes on at the byte it has reached */
    release_current (self);
    if (!try_again (self, seen, GST_DVR_ANSWER_OK))
      skip_segment (self);
  } else {
    wait_for_change (self, seen, 0);
  }
  return TRUE;
}

/* Position. */

typedef struct
{
  gint64 wall_time;
  GstClockTime start;
} WallTime;

static gboolean
find_wall_time (const GstDvrEntry * entry, gpointer user_data)
{
  WallTime *wanted = user_data;

  if (entry->wall_time == GST_DVR_WALL_TIME_NONE)
    return TRUE;
  if (entry->wall_time > wanted->wall_time &&
      GST_CLOCK_TIME_IS_VALID (wanted->start))
    return FALSE;
  wanted->start = entry->start;
  if (wanted->wall_time > entry->wall_time)
    wanted->start += MIN (entry->duration,
        (guint64) (wanted->wall_time - entry->wall_time) * GST_USECOND);
  return TRUE;
}

static GstClockTime
time_of_day (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    const GstDvrTimelineInfo * info)
{
  WallTime wanted = { 0, GST_CLOCK_TIME_NONE };
  GDateTime *date = gst_date_time_to_g_date_time (self->start_date_time);

  if (!date)
    return GST_CLOCK_TIME_NONE;
  wanted.wall_time = g_date_time_to_unix (date) * G_USEC_PER_SEC +
      g_date_time_get_microsecond (date);
  g_date_time_unref (date);
  gst_dvr_timeline_foreach (timeline, info->first, info->next, find_wall_time,
      &wanted);
  return wanted.start;
}

static GstClockTime
start_time (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    const GstDvrTimelineInfo * info, gboolean * exact)
{
  GstClockTime hold_back = HOLD_BACK_TARGETS * info->target_duration;
  GstClockTime back = 0, time = GST_CLOCK_TIME_NONE;

  *exact = TRUE;
  if (self->start >= 0)
    return self->start;
  if (self->start != GST_DVR_START_NONE) {
    back = -self->start;
    return info->end > back ? info->end - back : 0;
  }
  if (self->start_date_time)
    time = time_of_day (self, timeline, info);
  if (GST_CLOCK_TIME_IS_VALID (time))
    return time;
  *exact = FALSE;
  if (info->state == GST_DVR_TIMELINE_ENDED)
    return info->start;
  return info->end > hold_back ? info->end - hold_back : 0;
}

/* Goes to @time, clamped to the window. @exact: play from there, else from the
 * keyframe before. The lock is not held. */
static gboolean
go_to (GstDvrPlayhead * self, GstDvrTimeline * timeline, GstClockTime time,
    gboolean exact)
{
  GstDvrTimelineInfo info;
  GstDvrEntry entry;

  gst_dvr_timeline_get_info (timeline, &info);
  time = CLAMP (time, info.start, info.end);
  if (gst_dvr_timeline_find_time (timeline, time, &entry) ==
      GST_DVR_FOUND_NOTHING) {
    guint64 number = info.next;

    if (info.next == info.first && !info.open)
      return FALSE;
    /* At the live edge: what grows now. Where nothing does, upstream lists
     * whole segments only: the last one, for there to be something to show. */
    if (info.state != GST_DVR_TIMELINE_ENDED && !info.open) {
      number--;
      exact = FALSE;
    }
    if (gst_dvr_timeline_find (timeline, number, &entry) ==
        GST_DVR_FOUND_NOTHING) {
      entry.number = info.next;
      entry.start = info.end;
    }
  }
  release_current (self);
  self->number = entry.number;
  self->entry = entry;
  self->offset = 0;
  self->tries = 0;
  self->hole = FALSE;
  self->fresh = self->need_segment = self->discont = TRUE;
  g_mutex_lock (&self->lock);
  self->segment.start = exact ? MAX (time, entry.start) : entry.start;
  self->segment.time = self->segment.position = self->segment.start;
  g_mutex_unlock (&self->lock);
  self->positioned = TRUE;
  return TRUE;
}

/* One step of getting to know the stream.
 *
 * Returns: (transfer full) (nullable): its name */
static gchar *
find_name (GstDvrPlayhead * self, guint64 seen, gboolean * go_on)
{
  gchar *name = NULL;
  guint n;

  g_mutex_lock (&self->lock);
  n = self->names ? g_strv_length (self->names) : 0;
  if (n == 1 && !g_str_equal (self->names[0], "*"))
    name = g_strdup (self->names[0]);
  g_mutex_unlock (&self->lock);
  if (name)
    return name;
  if (n == 0) {
    wait_for_change (self, seen, 0);
    return NULL;
  }
  GST_ELEMENT_ERROR (self->element, RESOURCE, SETTINGS,
      ("No stream was chosen to be played."),
      ("upstream offers many names, one can be played: set remote-name of "
          "proxystreamsrc"));
  *go_on = end (self);
  return NULL;
}

static gboolean
find_timeline (GstDvrPlayhead * self, guint64 seen)
{
  gboolean go_on = TRUE;
  gchar *name = find_name (self, seen, &go_on);
  GstDvrRequest *request;

  if (!name)
    return go_on;
  if (!self->begun)
    begin (self, name);
  request = gst_dvr_request_new_timeline (name);
  self->ask (self->element, request);
  if (gst_dvr_request_get_timeline (request)) {
    set_timeline (self, gst_dvr_request_get_timeline (request));
  } else if (gst_dvr_request_get_answer (request) == GST_DVR_ANSWER_NOT_STARTED) {
    wait_for_change (self, seen, RETRY_INTERVAL);
  } else {
    GST_ELEMENT_ERROR (self->element, RESOURCE, NOT_FOUND,
        ("There is no stream %s.", name), ("upstream does not know it"));
    go_on = end (self);
  }
  gst_dvr_request_unref (request);
  g_free (name);
  return go_on;
}

static void
post_duration (GstDvrPlayhead * self, const GstDvrTimelineInfo * info)
{
  gint64 now = g_get_monotonic_time ();

  if (info->end == self->duration ||
      now < self->duration_posted + DURATION_INTERVAL)
    return;
  self->duration = info->end;
  self->duration_posted = now;
  gst_element_post_message (self->element,
      gst_message_new_duration_changed (GST_OBJECT (self->element)));
}

static gboolean
take_position (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    const GstDvrTimelineInfo * info, guint64 seen)
{
  gboolean exact;
  GstClockTime time;

  if (info->state == GST_DVR_TIMELINE_FAILED && !self->told_missing) {
    self->told_missing = TRUE;
    gst_dvr_post_status (self->element, "NetStream.Play.StreamNotFound",
        "warning", "the stream is not there; it is waited for", NULL, NULL);
  }
  if (info->state == GST_DVR_TIMELINE_OPEN ||
      info->state == GST_DVR_TIMELINE_ENDED) {
    time = start_time (self, timeline, info, &exact);
    if (go_to (self, timeline, time, exact))
      return TRUE;
    if (info->state == GST_DVR_TIMELINE_ENDED)
      return end (self);
  }
  wait_for_change (self, seen, 0);
  return TRUE;
}

/* What stands at the position: plays it, skips it, or waits. */
static gboolean
enter_segment (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    const GstDvrTimelineInfo * info, guint64 seen)
{
  GstDvrFound found = gst_dvr_timeline_find (timeline, self->number,
      &self->entry);
  GstClockTime position = self->segment.position;

  switch (found) {
    case GST_DVR_FOUND_NOTHING:
      if (info->state == GST_DVR_TIMELINE_ENDED && self->number >= info->next)
        return end (self);
      wait_for_change (self, seen, 0);
      return TRUE;
    case GST_DVR_FOUND_REMOVED:
      self->number = info->first;
      self->offset = 0;
      self->hole = self->discont = TRUE;
      return TRUE;
    default:
      break;
  }
  if (self->entry.gap) {
    self->number++;
    self->hole = self->discont = TRUE;
    return TRUE;
  }
  if (GST_CLOCK_TIME_IS_VALID (self->segment.stop) &&
      self->entry.start >= self->segment.stop)
    return end (self);
  if (self->offset == 0 && !self->fresh &&
      (self->entry.start > position + MAX_JITTER ||
          self->entry.start + MAX_JITTER < position))
    self->hole = TRUE;
  if (self->entry.discontinuity != self->last_discontinuity)
    self->discont = TRUE;
  self->last_discontinuity = self->entry.discontinuity;
  if (!self->recording || self->init != self->entry.init ||
      !g_str_equal (self->recording, self->entry.recording))
    return play_init (self, seen);
  return open_current (self, seen, found);
}

static gboolean
step (GstDvrPlayhead * self, guint64 seen)
{
  GstDvrTimeline *timeline = get_timeline (self);
  GstDvrTimelineInfo info;
  gboolean ret;

  if (!timeline)
    return find_timeline (self, seen);
  gst_dvr_timeline_get_info (timeline, &info);
  post_duration (self, &info);
  if (!self->positioned)
    ret = take_position (self, timeline, &info, seen);
  else if (self->current)
    ret = play_current (self, seen);
  else
    ret = enter_segment (self, timeline, &info, seen);
  gst_dvr_timeline_unref (timeline);
  return ret;
}

/**
 * gst_dvr_playhead_run:
 * @self: a playhead
 *
 * Does the next thing: waits or pushes. By the source pad's task.
 *
 * Returns: FALSE if the task is to pause
 */
gboolean
gst_dvr_playhead_run (GstDvrPlayhead * self)
{
  gboolean flushing, eos, ret;
  guint64 seen;

  g_mutex_lock (&self->lock);
  flushing = self->flushing;
  eos = self->eos;
  seen = self->changes;
  self->thread = g_thread_self ();
  g_mutex_unlock (&self->lock);
  if (flushing || self->ended)
    ret = FALSE;
  else if (eos)
    ret = end (self);
  else
    ret = step (self, seen);
  g_mutex_lock (&self->lock);
  self->thread = NULL;
  g_mutex_unlock (&self->lock);
  return ret;
}

/* Seeking. */

typedef struct
{
  GstDvrPlayhead *playhead;
  GstEvent *event;
  GstTaskFunction loop;
  gpointer loop_data;
} Seek;

static void
seek_later (GstElement * element, gpointer user_data)
{
  Seek *seek = user_data;

  gst_dvr_playhead_seek (seek->playhead, seek->event, seek->loop,
      seek->loop_data);
}

static void
seek_free (gpointer data)
{
  Seek *seek = data;

  gst_dvr_playhead_unref (seek->playhead);
  gst_event_unref (seek->event);
  g_free (seek);
}

static void
reposition (GstDvrPlayhead * self, GstDvrTimeline * timeline, gdouble rate,
    GstSeekFlags flags, GstClockTime target, GstClockTime stop)
{
  g_mutex_lock (&self->lock);
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->segment.rate = rate;
  self->segment.flags = (GstSegmentFlags) (flags & GST_SEGMENT_INSTANT_FLAGS) |
      GST_SEGMENT_FLAG_RESET;
  self->segment.stop = stop;
  g_mutex_unlock (&self->lock);
  self->ended = FALSE;
  go_to (self, timeline, target, !(flags & GST_SEEK_FLAG_KEY_UNIT));
}

/* One seek at a time, and none when the element stops. */
static gboolean
begin_seek (GstDvrPlayhead * self)
{
  gboolean ret;

  g_mutex_lock (&self->lock);
  while (self->seeking && !self->halted)
    g_cond_wait (&self->wake, &self->lock);
  ret = !self->halted;
  if (ret)
    self->seeking = TRUE;
  g_mutex_unlock (&self->lock);
  return ret;
}

static void
end_seek (GstDvrPlayhead * self)
{
  g_mutex_lock (&self->lock);
  self->seeking = FALSE;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
}

/* Stops the task, goes there, starts it again. */
static void
seek_to (GstDvrPlayhead * self, GstDvrTimeline * timeline, gdouble rate,
    GstSeekFlags flags, GstClockTime target, GstClockTime stop,
    guint32 seqnum, GstTaskFunction loop, gpointer loop_data)
{
  GstEvent *flush;

  if (!begin_seek (self))
    return;
  flush = gst_event_new_flush_start ();
  gst_event_set_seqnum (flush, seqnum);
  gst_pad_push_event (self->srcpad, flush);
  set_flushing (self, TRUE);
  gst_pad_pause_task (self->srcpad);
  GST_PAD_STREAM_LOCK (self->srcpad);
  self->seqnum = seqnum;
  reposition (self, timeline, rate, flags, target, stop);
  set_flushing (self, FALSE);
  push_event (self, gst_event_new_flush_stop (TRUE));
  gst_pad_start_task (self->srcpad, loop, loop_data, NULL);
  GST_PAD_STREAM_UNLOCK (self->srcpad);
  end_seek (self);
}

/* Returns: FALSE where the seek is one that cannot be done */
static gboolean
find_target (GstEvent * event, const GstDvrTimelineInfo * info,
    GstClockTime * target, GstClockTime * stop)
{
  GstSeekType start_type, stop_type;
  gint64 start_value, stop_value;
  GstSeekFlags flags;
  GstFormat format;
  gdouble rate;

  gst_event_parse_seek (event, &rate, &format, &flags, &start_type,
      &start_value, &stop_type, &stop_value);
  if (format != GST_FORMAT_TIME || rate <= 0 ||
      !(flags & GST_SEEK_FLAG_FLUSH) || (flags & GST_SEEK_FLAG_SEGMENT) ||
      start_type == GST_SEEK_TYPE_NONE)
    return FALSE;
  if (start_type == GST_SEEK_TYPE_END)
    start_value += info->end;
  *target = MAX (start_value, 0);
  *stop = GST_CLOCK_TIME_NONE;
  if (stop_type == GST_SEEK_TYPE_SET && stop_value >= 0)
    *stop = stop_value;
  else if (stop_type == GST_SEEK_TYPE_END)
    *stop = MAX ((gint64) info->end + stop_value, 0);
  return !GST_CLOCK_TIME_IS_VALID (*stop) || *stop > *target;
}

/**
 * gst_dvr_playhead_seek:
 * @self: a playhead
 * @event: a seek; not taken
 * @loop: the pad's task function
 * @loop_data: what it is given
 *
 * Goes to a time in the window: flushing seeks in TIME with a positive rate.
 * One that was done already, since every sink sends it, is not done twice.
 *
 * Returns: whether it was done
 */
gboolean
gst_dvr_playhead_seek (GstDvrPlayhead * self, GstEvent * event,
    GstTaskFunction loop, gpointer loop_data)
{
  GstDvrTimeline *timeline = get_timeline (self);
  guint32 seqnum = gst_event_get_seqnum (event);
  GstClockTime target, stop;
  gboolean mine, done;
  GstDvrTimelineInfo info;
  GstSeekFlags flags;
  gdouble rate;

  if (!timeline)
    return FALSE;
  gst_dvr_timeline_get_info (timeline, &info);
  if (!find_target (event, &info, &target, &stop)) {
    gst_dvr_timeline_unref (timeline);
    return FALSE;
  }
  gst_event_parse_seek (event, &rate, NULL, &flags, NULL, NULL, NULL, NULL);
  g_mutex_lock (&self->lock);
  mine = self->thread == g_thread_self ();
  done = self->seek_seqnum == seqnum;
  if (!mine)
    self->seek_seqnum = seqnum;
  g_mutex_unlock (&self->lock);

  if (mine) {
    Seek *seek = g_new0 (Seek, 1);

    /* the thread that plays cannot stop itself */
    seek->playhead = gst_dvr_playhead_ref (self);
    seek->event = gst_event_ref (event);
    seek->loop = loop;
    seek->loop_data = loop_data;
    gst_element_call_async (self->element, seek_later, seek, seek_free);
  } else if (!done) {
    seek_to (self, timeline, rate, flags, target, stop, seqnum, loop,
        loop_data);
    gst_dvr_post_status (self->element, "NetStream.Seek.Notify", "status",
        "went to another time", "time", G_TYPE_UINT64, target, NULL);
  }
  gst_dvr_timeline_unref (timeline);
  return TRUE;
}

/* Queries. */

static gboolean
query_window (GstDvrPlayhead * self, GstQuery * query)
{
  GstDvrTimeline *timeline = get_timeline (self);
  GstDvrTimelineInfo info;
  GstFormat format;

  if (!timeline)
    return FALSE;
  gst_dvr_timeline_get_info (timeline, &info);
  gst_dvr_timeline_unref (timeline);
  if (GST_QUERY_TYPE (query) == GST_QUERY_DURATION) {
    gst_query_parse_duration (query, &format, NULL);
    if (format == GST_FORMAT_TIME)
      gst_query_set_duration (query, format, info.end);
  } else {
    gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
    gst_query_set_seeking (query, format, format == GST_FORMAT_TIME,
        info.start, info.end);
    return TRUE;
  }
  return format == GST_FORMAT_TIME;
}

static gboolean
query_position (GstDvrPlayhead * self, GstQuery * query)
{
  GstClockTime position;
  GstFormat format;

  gst_query_parse_position (query, &format, NULL);
  g_mutex_lock (&self->lock);
  position = gst_segment_to_stream_time (&self->segment, GST_FORMAT_TIME,
      self->segment.position);
  g_mutex_unlock (&self->lock);
  if (format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (position))
    return FALSE;
  gst_query_set_position (query, format, position);
  return TRUE;
}

/**
 * gst_dvr_playhead_query:
 * @self: a playhead
 * @query: a query from downstream
 *
 * Returns: whether it was answered; upstream knows no more
 */
gboolean
gst_dvr_playhead_query (GstDvrPlayhead * self, GstQuery * query)
{
  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_SEEKING:
    case GST_QUERY_DURATION:
      return query_window (self, query);
    case GST_QUERY_POSITION:
      return query_position (self, query);
    case GST_QUERY_LATENCY:
      gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);
      return TRUE;
    case GST_QUERY_SCHEDULING:
      gst_query_set_scheduling (query, GST_SCHEDULING_FLAG_SEQUENTIAL, 1, -1,
          0);
      gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
      return TRUE;
    default:
      return FALSE;
  }
}
