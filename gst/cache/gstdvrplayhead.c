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

#include "gstdvrplayhead-private.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_playhead_debug);
#define GST_CAT_DEFAULT gst_dvr_playhead_debug

/* Times that differ by less follow each other. */
#define MAX_JITTER (100 * GST_MSECOND)
/* How often what failed is asked for anew, and how soon. */
#define MAX_TRIES 4
#define RETRY_INTERVAL (250 * G_TIME_SPAN_MILLISECOND)
#define DURATION_INTERVAL G_TIME_SPAN_SECOND

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

void
gst_dvr_playhead_release (GstDvrPlayhead * self)
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
  gst_dvr_playhead_release (self);
  self->current = gst_dvr_segment_ref (segment);
  gst_dvr_segment_pin (segment);
  self->watch = gst_dvr_segment_add_watch (segment, segment_changed,
      gst_dvr_playhead_ref (self), playhead_unref);
}

GstDvrTimeline *
gst_dvr_playhead_get_timeline (GstDvrPlayhead * self)
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

  gst_dvr_playhead_release (self);
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
void
gst_dvr_playhead_set_flushing (GstDvrPlayhead * self, gboolean flushing)
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

void
gst_dvr_playhead_push_event (GstDvrPlayhead * self, GstEvent * event)
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
  gst_dvr_playhead_push_event (self, event);
  gst_dvr_playhead_push_event (self, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  g_free (id);
  self->begun = TRUE;
}

static gboolean
end (GstDvrPlayhead * self)
{
  gst_dvr_playhead_push_event (self, gst_event_new_eos ());
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
  gst_dvr_playhead_push_event (self, gst_event_new_segment (&segment));
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
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
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
  gst_dvr_playhead_release (self);
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
      GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
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
    GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);

    /* its duration is known by now */
    gst_dvr_timeline_find (timeline, self->number, &self->entry);
    gst_dvr_timeline_unref (timeline);
    reached (self, self->entry.start + self->entry.duration);
    next_segment (self);
  } else if (state == GST_DVR_SEGMENT_FAILED) {
    /* asked anew, it goes on at the byte it has reached */
    gst_dvr_playhead_release (self);
    if (!try_again (self, seen, GST_DVR_ANSWER_OK))
      skip_segment (self);
  } else {
    wait_for_change (self, seen, 0);
  }
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
    time = gst_dvr_playhead_get_start (self, timeline, info, &exact);
    if (gst_dvr_playhead_go_to (self, timeline, time, exact))
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
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
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
