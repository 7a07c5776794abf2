/* gstdvrplayheadkeep.c: fills the forward buffer, bounds the back buffer
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A task beside the one that pushes, since that one waits for downstream most
 * of the time. It wakes when anything changes, and, since what is on show
 * moves by itself, as often as matters. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

#define DURATION_INTERVAL G_TIME_SPAN_SECOND
/* Left to play when upstream is away and the buffer is called empty. */
#define LOW_LEVEL (200 * GST_MSECOND)
#define PLAYING_INTERVAL (50 * G_TIME_SPAN_MILLISECOND)
/* Nothing else changes while it is paused. */
#define PAUSED_INTERVAL G_TIME_SPAN_SECOND
/* A buffer time of days does not ask for days at once. */
#define MAX_AHEAD 32

/* Returns: whether there is anything to do about what is held; a seek waits then
 * until that is done, or what it let go of would be fetched again */
static gboolean
look_around (GstDvrPlayhead * self, GstDvrPlayheadView * view)
{
  gboolean positioned;

  view->timeline = gst_dvr_playhead_get_timeline (self);
  if (!view->timeline)
    return FALSE;
  g_mutex_lock (&self->lock);
  view->n_seeks = self->seeks->len;
  g_mutex_unlock (&self->lock);
  gst_dvr_timeline_get_info (view->timeline, &view->info);
  view->position = gst_dvr_playhead_get_position (self);
  view->playing = gst_dvr_peek_state (self->element) == GST_STATE_PLAYING;
  g_mutex_lock (&self->lock);
  view->settings = self->settings;
  view->number = self->number;
  view->pushed = self->segment.position;
  view->rate = self->segment.rate;
  view->dry = self->dry;
  view->heads = self->heads;
  view->stepping = self->stepping;
  view->ended = self->ended;
  view->settles_at = self->settles_at;
  positioned = self->positioned && !self->flushing && !self->seeking &&
      GST_CLOCK_TIME_IS_VALID (view->position);
  self->keeping = positioned;
  g_mutex_unlock (&self->lock);
  return positioned;
}

static void
kept (GstDvrPlayhead * self)
{
  g_mutex_lock (&self->lock);
  self->keeping = FALSE;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
}

/* Lets go of what lies further behind, by time and by bytes. */
static void
trim (GstDvrPlayhead * self, GstDvrPlayheadView * view)
{
  GstClockTime keep = view->position > view->settings.back_buffer_time ?
      view->position - view->settings.back_buffer_time : 0;
  GstDvrEntry entry;
  guint64 first;

  /* a step has its own way with what it looks through */
  if (view->stepping)
    return;
  if (view->rate < 0)
    keep = MIN (keep, view->pushed);
  while (gst_dvr_playhead_get_held_first (self, &first) && first < view->number) {
    GstDvrFound found = gst_dvr_timeline_find (view->timeline, first, &entry);
    gboolean over = gst_dvr_playhead_get_held_bytes (self) >
        view->settings.max_bytes;

    if (found >= GST_DVR_FOUND_CLOSED &&
        entry.start + entry.duration > (over ? view->position : keep))
      break;
    gst_dvr_playhead_let_go (self, first, first + 1);
  }
  /* what was played backwards; ahead there is never more than asked for */
  if (view->rate < 0 &&
      gst_dvr_playhead_get_held_bytes (self) > view->settings.max_bytes)
    gst_dvr_playhead_let_go (self, view->number + 2, G_MAXUINT64);
}

static gboolean
ask_for (GstDvrPlayhead * self, GstDvrPlayheadView * view, guint64 number)
{
  GstDvrSegment *segment;
  GstDvrAnswer answer;
  GstDvrEntry entry;
  GstDvrFound found = gst_dvr_timeline_find (view->timeline, number, &entry);

  if (found != GST_DVR_FOUND_CLOSED && found != GST_DVR_FOUND_OPEN)
    return FALSE;
  if (entry.gap)
    return TRUE;
  /* the task that plays has its own way with what it waits for */
  if (number == view->number)
    return TRUE;
  if (self->ask_again > g_get_monotonic_time ())
    return FALSE;
  segment = gst_dvr_playhead_get_held (self, number);
  if (!segment) {
    view->asked = TRUE;
    segment = gst_dvr_playhead_fetch (self, &entry, &answer);
  }
  if (!segment || gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_FAILED)
    self->ask_again = g_get_monotonic_time () + GST_DVR_RETRY_INTERVAL;
  if (!segment)
    return FALSE;
  gst_dvr_segment_unref (segment);
  view->full = gst_dvr_playhead_get_held_bytes (self) >=
      view->settings.max_bytes;
  return !view->full;
}

/* Whether nothing is asked for ahead: what is played now comes first, and who
 * drags a slider in PAUSED has not come to rest yet. */
static gboolean
comes_first (GstDvrPlayhead * self, GstDvrPlayheadView * view)
{
  GstDvrSegment *segment;
  GstDvrEntry entry;
  gboolean here;

  if (!view->playing && g_get_monotonic_time () < view->settles_at)
    return TRUE;
  if (gst_dvr_timeline_find (view->timeline, view->number, &entry) !=
      GST_DVR_FOUND_CLOSED || entry.gap)
    return FALSE;
  segment = gst_dvr_playhead_get_held (self, view->number);
  here = segment &&
      gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_WHOLE;
  g_clear_pointer (&segment, gst_dvr_segment_unref);
  return !here;
}

static void
fill (GstDvrPlayhead * self, GstDvrPlayheadView * view)
{
  GstClockTime until = MAX (view->position, view->pushed) +
      view->settings.buffer_time;
  GstDvrEntry entry;
  guint64 i;

  /* heads are asked for by who plays them */
  if (view->ended || view->heads || comes_first (self, view))
    return;
  if (view->rate < 0) {
    if (view->number > view->info.first)
      ask_for (self, view, view->number - 1);
    return;
  }
  for (i = 1; i <= MAX_AHEAD; i++) {
    if (i > 1 && gst_dvr_timeline_find (view->timeline, view->number + i,
            &entry) < GST_DVR_FOUND_CLOSED)
      break;
    view->full = i > 1 && entry.start >= until;
    if (view->full || !ask_for (self, view, view->number + i))
      break;
  }
}

static void
post_percent (GstDvrPlayhead * self, gint percent)
{
  GstMessage *message;

  g_mutex_lock (&self->lock);
  if (self->percent == percent) {
    g_mutex_unlock (&self->lock);
    return;
  }
  self->percent = percent;
  g_mutex_unlock (&self->lock);
  message = gst_message_new_buffering (GST_OBJECT (self->element), percent);
  gst_message_set_buffering_stats (message, GST_BUFFERING_TIMESHIFT, -1, -1,
      -1);
  gst_element_post_message (self->element, message);
}

static void
set_empty (GstDvrPlayhead * self, gboolean empty, GstClockTime position)
{
  if (self->empty == empty)
    return;
  self->empty = empty;
  gst_dvr_post_status (self->element,
      empty ? "NetStream.Buffer.Empty" : "NetStream.Buffer.Full", "status",
      empty ? "all that is here has been played" : "there is enough to play",
      "time", G_TYPE_UINT64, position, NULL);
}

/* How much may be missing of a recording that goes on: what has just been
 * announced is on its way. */
static GstClockTime
get_slack (const GstDvrTimelineInfo * info)
{
  if (info->state != GST_DVR_TIMELINE_OPEN)
    return GST_DVR_MAX_JITTER;
  return GST_DVR_MAX_JITTER + (info->part_duration > 0 ?
      info->part_duration : info->target_duration);
}

/* Whether there is more to play than what is here: where the publisher was away
 * there is not. */
static gboolean
is_lacking (GstDvrPlayheadView * view)
{
  GstClockTime slack = get_slack (&view->info), from, end, lack = 0;
  guint64 number = view->buffered ? view->next - 1 : view->number;
  GstDvrEntry entry;
  guint i;

  for (i = 0; i < MAX_AHEAD && lack <= slack; i++) {
    GstDvrFound found = gst_dvr_timeline_find (view->timeline, number + i,
        &entry);

    if (found < GST_DVR_FOUND_CLOSED)
      break;
    from = MAX (entry.start, view->end);
    end = found == GST_DVR_FOUND_OPEN ? view->info.end :
        entry.start + entry.duration;
    if (!entry.gap && end > from)
      lack += end - from;
  }
  return lack > slack;
}

/* Tells how full the forward buffer is. At the live edge it is empty since
 * there is no more: nobody is to pause for that. Where upstream is away that is
 * not so, and who pauses before all has been played loses nothing: what comes
 * late is late for pictures that a decoder still holds back. */
static void
tell_level (GstDvrPlayhead * self, GstDvrPlayheadView * view)
{
  GstClockTime ahead = view->end > view->position ?
      view->end - view->position : 0;
  guint64 wanted = MAX (view->settings.buffer_time, 1);
  gboolean lacking = is_lacking (view);
  gboolean low = view->info.stale && view->dry && ahead <= LOW_LEVEL;

  if (view->rate < 0 || view->ended || view->heads) {
    post_percent (self, 100);
    set_empty (self, FALSE, view->position);
    return;
  }
  if (view->dry && view->playing && (low || ahead == 0)) {
    view->starved = !self->empty;
    set_empty (self, TRUE, view->position);
    if (lacking || view->info.stale)
      post_percent (self, 0);
  }
  if (!lacking && !view->info.stale)
    post_percent (self, 100);
  if (low)
    return;
  if (ahead >= wanted) {
    set_empty (self, FALSE, view->position);
    post_percent (self, 100);
  } else if (self->percent < 100 && lacking) {
    post_percent (self, (gint) (ahead * 100 / wanted));
  }
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

static void
wait_for_work (GstDvrPlayhead * self, guint64 seen,
    const GstDvrPlayheadView * view)
{
  gint64 now = g_get_monotonic_time ();
  gint64 until = now + (view->playing ? PLAYING_INTERVAL : PAUSED_INTERVAL);

  if (view->settles_at > now)
    until = MIN (until, view->settles_at);

  g_mutex_lock (&self->lock);
  while (self->keep_going && self->changes == seen &&
      g_cond_wait_until (&self->wake, &self->lock, until));
  g_mutex_unlock (&self->lock);
}

/* The task's function. */
void
gst_dvr_playhead_keep (gpointer data)
{
  GstDvrPlayhead *self = data;
  GstDvrPlayheadView view = { NULL, };
  guint64 seen;

  g_mutex_lock (&self->lock);
  seen = self->changes;
  g_mutex_unlock (&self->lock);
  if (look_around (self, &view)) {
    trim (self, &view);
    fill (self, &view);
    kept (self);
    view.buffered = gst_dvr_playhead_get_buffered (self, view.position,
        &view.start, &view.end, &view.next);
    if (!view.buffered)
      view.end = view.position;
    tell_level (self, &view);
  } else {
    view.position = view.end = GST_CLOCK_TIME_NONE;
  }
  if (view.timeline) {
    gst_dvr_playhead_tell (self, &view);
    post_duration (self, &view.info);
    gst_dvr_timeline_unref (view.timeline);
  }
  wait_for_work (self, seen, &view);
}
