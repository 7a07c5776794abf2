/* gstdvrplayhead.c: plays one stream out of the cache as fragmented MP4
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A source that is not live: it plays from a place in the window, part by
 * part, and waits at the live edge. One thread at a time runs it, the source
 * pad's task, which a seek stops. Another, the keeper, asks for what comes next
 * and lets go of what is behind. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrplayhead-private.h"

GST_DEBUG_CATEGORY (gst_dvr_playhead_debug);

/* The status of a timeline whose source does not keep it any more. */
#define LET_GO 410

/**
 * gst_dvr_playhead_new:
 * @element: who plays; outlives its playhead's last run
 * @srcpad: where to
 * @ask: answers requests
 * @give_up: takes one back
 * @report: tells upstream what the player does
 * @start: nanoseconds; >= 0 stream time, < 0 back from the live edge,
 *   GST_DVR_START_NONE: the live edge less hold-back, or the start of a
 *   finished recording
 * @start_date_time: (nullable): time of day to start at, if there is no @start
 * @settings: may change later
 *
 * Returns: (transfer full): a playhead without a stream: its name comes in an
 *   event, see gst_dvr_playhead_take_event()
 */
GstDvrPlayhead *
gst_dvr_playhead_new (GstElement * element, GstPad * srcpad,
    GstDvrPlayheadAskFunc ask, GstDvrPlayheadGiveUpFunc give_up,
    GstDvrPlayheadReportFunc report, gint64 start,
    GstDateTime * start_date_time, const GstDvrPlayheadSettings * settings)
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
  self->give_up = give_up;
  self->report = report;
  self->start = start;
  if (start_date_time)
    self->start_date_time = gst_date_time_ref (start_date_time);
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->seqnum = gst_util_seqnum_next ();
  self->need_segment = self->discont = TRUE;
  self->settings = *settings;
  self->rate_multiplier = 1.0;
  self->lead_until = self->codecs_from = GST_CLOCK_TIME_NONE;
  self->percent = 100;
  g_mutex_init (&self->held_lock);
  self->held = g_ptr_array_new ();
  self->sent = g_array_new (FALSE, FALSE, sizeof (GstDvrSent));
  g_rec_mutex_init (&self->keeper_lock);
  g_queue_init (&self->trick.pending);
  g_queue_init (&self->trick.tail);
  g_queue_init (&self->head.list);
  self->head.done = G_MAXUINT64;
  self->head.done_index = -1;
  gst_dvr_playhead_tell_init (self);
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
  gst_dvr_playhead_tell_clear (self);
  g_strfreev (self->names);
  g_free (self->recording);
  g_clear_pointer (&self->tracks, gst_dvr_tracks_unref);
  g_clear_pointer (&self->start_date_time, gst_date_time_unref);
  g_clear_pointer (&self->inits, g_hash_table_unref);
  g_ptr_array_unref (self->held);
  g_array_unref (self->sent);
  g_rec_mutex_clear (&self->keeper_lock);
  g_mutex_clear (&self->held_lock);
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

/* Something may be as it was waited for. */
void
gst_dvr_playhead_changed (GstDvrPlayhead * self)
{
  g_mutex_lock (&self->lock);
  self->changes++;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
}

static void
timeline_changed (GstDvrTimeline * timeline, gpointer self)
{
  gst_dvr_playhead_changed (self);
}

static void
segment_changed (GstDvrSegment * segment, gpointer self)
{
  gst_dvr_playhead_changed (self);
}

/* Wakes who waits when @segment changes. Returns: for
 * gst_dvr_segment_remove_watch() */
gulong
gst_dvr_playhead_watch (GstDvrPlayhead * self, GstDvrSegment * segment)
{
  return gst_dvr_segment_add_watch (segment, segment_changed,
      gst_dvr_playhead_ref (self), playhead_unref);
}

/* Waits for something to change after @seen, or for @timeout microseconds
 * where it is > 0. */
void
gst_dvr_playhead_wait (GstDvrPlayhead * self, guint64 seen, gint64 timeout)
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

gboolean
gst_dvr_playhead_is_flushing (GstDvrPlayhead * self)
{
  gboolean flushing;

  g_mutex_lock (&self->lock);
  flushing = self->flushing;
  g_mutex_unlock (&self->lock);
  return flushing;
}

/* The segment and the timeline that are played. */

/* By the thread that plays, or seeks. */
void
gst_dvr_playhead_release (GstDvrPlayhead * self)
{
  g_clear_pointer (&self->current, gst_dvr_segment_unref);
}

/* By the thread that plays, or seeks; the keeper goes by it. */
void
gst_dvr_playhead_set_number (GstDvrPlayhead * self, guint64 number)
{
  g_mutex_lock (&self->lock);
  self->number = number;
  g_mutex_unlock (&self->lock);
  gst_dvr_playhead_changed (self);
}

/* Returns: (transfer full) (nullable): what is played, once that is known. From
 * any thread. */
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

static void
lose_timeline (GstDvrPlayhead * self)
{
  GstDvrTimeline *timeline;
  gulong watch;

  g_mutex_lock (&self->lock);
  timeline = g_steal_pointer (&self->timeline);
  watch = self->timeline_watch;
  g_mutex_unlock (&self->lock);
  if (!timeline)
    return;
  gst_dvr_timeline_remove_watch (timeline, watch);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
}

/**
 * gst_dvr_playhead_start:
 * @self: a new playhead
 *
 * Starts the keeper.
 */
void
gst_dvr_playhead_start (GstDvrPlayhead * self)
{
  self->keep_going = TRUE;
  self->keeper = gst_task_new (gst_dvr_playhead_keep,
      gst_dvr_playhead_ref (self), playhead_unref);
  gst_task_set_lock (self->keeper, &self->keeper_lock);
  gst_task_start (self->keeper);
}

static void
stop_keeper (GstDvrPlayhead * self)
{
  GstTask *keeper = g_steal_pointer (&self->keeper);

  if (!keeper)
    return;
  gst_task_stop (keeper);
  g_mutex_lock (&self->lock);
  self->keep_going = FALSE;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
  gst_task_join (keeper);
  gst_object_unref (keeper);
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
  stop_keeper (self);
  gst_dvr_playhead_release (self);
  gst_dvr_playhead_clear_pending (self);
  gst_dvr_playhead_clear_heads (self);
  g_mutex_lock (&self->held_lock);
  self->closed = TRUE;
  g_mutex_unlock (&self->held_lock);
  gst_dvr_playhead_let_go (self, 0, G_MAXUINT64);
  lose_timeline (self);
}

/**
 * gst_dvr_playhead_configure:
 * @self: a playhead
 * @settings: what counts from now on
 */
void
gst_dvr_playhead_configure (GstDvrPlayhead * self,
    const GstDvrPlayheadSettings * settings)
{
  g_mutex_lock (&self->lock);
  self->settings = *settings;
  g_mutex_unlock (&self->lock);
  gst_dvr_playhead_changed (self);
}

/* The element went to another state. */
void
gst_dvr_playhead_state_changed (GstDvrPlayhead * self)
{
  gst_dvr_playhead_changed (self);
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
  gst_dvr_playhead_changed (self);
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
    gst_dvr_playhead_wait (self, seen, 0);
    return NULL;
  }
  GST_ELEMENT_ERROR (self->element, RESOURCE, SETTINGS,
      ("No stream was chosen to be played."),
      ("upstream offers many names, one can be played: set remote-name of "
          "proxystreamsrc"));
  *go_on = gst_dvr_playhead_end (self);
  return NULL;
}

static void
tell_missing (GstDvrPlayhead * self)
{
  if (self->told_missing)
    return;
  self->told_missing = TRUE;
  gst_dvr_post_status (self->element, "NetStream.Play.StreamNotFound",
      "warning", "the stream is not there; it is waited for", NULL, NULL);
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
    gst_dvr_playhead_begin (self, name);
  request = gst_dvr_request_new_timeline (name);
  self->ask (self->element, request);
  if (gst_dvr_request_get_timeline (request)) {
    set_timeline (self, gst_dvr_request_get_timeline (request));
  } else {
    /* upstream offers it, but has just said that it is not there */
    if (gst_dvr_request_get_answer (request) == GST_DVR_ANSWER_NOT_FOUND)
      tell_missing (self);
    gst_dvr_playhead_wait (self, seen, GST_DVR_RETRY_INTERVAL);
  }
  gst_dvr_request_unref (request);
  g_free (name);
  return go_on;
}

/* Whether waiting for a stream that failed changes nothing. */
static gboolean
post_refused (GstDvrPlayhead * self, guint status)
{
  switch (status) {
    case 401:
    case 403:
      GST_ELEMENT_ERROR (self->element, RESOURCE, NOT_AUTHORIZED,
          ("The server does not let this player have the stream."),
          ("it answers %u; proxystreamsrc and dvrsrc show it their token",
              status));
      return TRUE;
    case 526:
      GST_ELEMENT_ERROR (self->element, RESOURCE, OPEN_READ,
          ("The server's certificate is signed by nobody who is trusted, or is "
              "another host's."),
          ("name the authority's PEM file as ssl-ca-file (of dvrsrc: "
              "proxy::ssl-ca-file) or in the environment variable "
              "SSL_CERT_FILE, or add it to those of the system"));
      return TRUE;
    case 501:
      GST_ELEMENT_ERROR (self->element, STREAM, FORMAT,
          ("The stream is of a kind that cannot be played."),
          ("fragmented MP4, not encrypted, audio and video in one playlist, "
              "is needed; proxystreamsrc's status names the tag"));
      return TRUE;
    default:
      return FALSE;
  }
}

static gboolean
take_position (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    const GstDvrTimelineInfo * info, guint64 seen)
{
  gboolean exact;
  GstClockTime time;

  if (info->state == GST_DVR_TIMELINE_FAILED) {
    if (post_refused (self, info->status))
      return gst_dvr_playhead_end (self);
    tell_missing (self);
  }
  if (info->state == GST_DVR_TIMELINE_OPEN ||
      info->state == GST_DVR_TIMELINE_ENDED) {
    time = gst_dvr_playhead_get_start (self, timeline, info, &exact);
    if (gst_dvr_playhead_go_to (self, timeline, time,
            exact ? GST_SEEK_FLAG_ACCURATE : GST_SEEK_FLAG_KEY_UNIT))
      return TRUE;
    if (info->state == GST_DVR_TIMELINE_ENDED)
      return gst_dvr_playhead_end (self);
  }
  gst_dvr_playhead_wait (self, seen, 0);
  return TRUE;
}

static gboolean
turn (GstDvrPlayhead * self, guint64 seen)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  GstDvrTimelineInfo info;
  gboolean ret;

  if (!timeline)
    return find_timeline (self, seen);
  gst_dvr_timeline_get_info (timeline, &info);
  if (info.state == GST_DVR_TIMELINE_FAILED && info.status == LET_GO) {
    /* Its source has let it go: another one may have the stream now. */
    lose_timeline (self);
    gst_dvr_playhead_wait (self, seen, GST_DVR_RETRY_INTERVAL);
    ret = TRUE;
  } else if (!self->positioned)
    ret = take_position (self, timeline, &info, seen);
  else
    ret = gst_dvr_playhead_play (self, seen);
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
  gboolean flushing, eos, ended, ret;
  guint64 seen;

  g_mutex_lock (&self->lock);
  self->thread = g_thread_self ();
  g_mutex_unlock (&self->lock);
  gst_dvr_playhead_seek_queued (self);
  g_mutex_lock (&self->lock);
  flushing = self->flushing;
  eos = self->eos;
  ended = self->ended;
  seen = self->changes;
  g_mutex_unlock (&self->lock);
  if (flushing || ended)
    ret = FALSE;
  else if (eos)
    ret = gst_dvr_playhead_end (self);
  else
    ret = turn (self, seen);
  g_mutex_lock (&self->lock);
  self->thread = NULL;
  ret |= self->is_queued && !self->flushing;
  g_mutex_unlock (&self->lock);
  return ret;
}
