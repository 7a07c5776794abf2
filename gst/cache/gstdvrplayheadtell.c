/* gstdvrplayheadtell.c: what a playhead tells upstream of itself
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Seeks note themselves and go on; the keeper tells, so that no seek waits for
 * what happens upstream. Flash Player's words are kept: client-seek for a seek
 * within the buffer, stop-transmit when the buffer is full and nothing more is
 * asked for, start-transmit when that goes on. A player that pulls asks for a
 * segment at a time, so its buffer is full for a moment after each: it has
 * stopped when it asks for nothing for longer than a segment lasts. One that
 * wants to seek in its buffer asks when it begins whether it may, so that it
 * knows before its first seek. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* How it is, is told this often. */
#define STATE_INTERVAL G_TIME_SPAN_SECOND
/* Paused, it has stopped after so long. */
#define PAUSED_HOLD (G_TIME_SPAN_SECOND / 2)
/* Seeks noted until the keeper comes by. */
#define MAX_SEEKS 32

typedef struct
{
  GstClockTime from;
  GstClockTime to;
} Seek;

void
gst_dvr_playhead_tell_init (GstDvrPlayhead * self)
{
  self->session = g_uuid_string_random ();
  self->seeks = g_array_new (FALSE, FALSE, sizeof (Seek));
  self->startup = TRUE;
}

void
gst_dvr_playhead_tell_clear (GstDvrPlayhead * self)
{
  gst_dvr_playhead_drop_wish (self);
  g_clear_pointer (&self->told.asked_leave, gst_dvr_timeline_unref);
  g_array_unref (self->seeks);
  g_free (self->session);
}

/**
 * gst_dvr_playhead_note_seek:
 * @self: a playhead
 * @from: where it was
 * @to: where it went, within its buffer
 *
 * Never blocks. Of too many at a time the oldest are forgotten.
 */
void
gst_dvr_playhead_note_seek (GstDvrPlayhead * self, GstClockTime from,
    GstClockTime to)
{
  Seek seek = { from, to };

  g_mutex_lock (&self->lock);
  if (self->seeks->len >= MAX_SEEKS)
    g_array_remove_index (self->seeks, 0);
  if (self->settings.tell_upstream)
    g_array_append_val (self->seeks, seek);
  g_mutex_unlock (&self->lock);
}

/* Asks upstream for what a seek wished. */
static void
wish_beyond (GstDvrPlayhead * self, GstDvrTimeline * timeline)
{
  GstClockTime time;

  g_mutex_lock (&self->lock);
  time = self->beyond;
  self->beyond = 0;
  g_mutex_unlock (&self->lock);
  if (time)
    self->report (self->element,
        gst_dvr_event_new_beyond (gst_dvr_timeline_get_stream (timeline),
            self->session, time));
}

static void
send (GstDvrPlayhead * self, GstDvrReport * report,
    const GstDvrPlayheadView * view, GstDvrReportKind kind)
{
  report->kind = kind;
  report->stream = gst_dvr_timeline_get_stream (view->timeline);
  report->session = self->session;
  self->report (self->element, gst_dvr_event_new_report (report));
  /* that was said */
  report->starved = FALSE;
  self->told.at = g_get_monotonic_time ();
  self->told.rate = report->rate;
  self->told.startup = report->startup;
}

static void
tell_seeks (GstDvrPlayhead * self, GstDvrReport * report,
    const GstDvrPlayheadView * view)
{
  GstClockTime position = report->position;
  GArray *seeks = NULL;
  guint i;

  g_mutex_lock (&self->lock);
  if (self->seeks->len > 0) {
    seeks = self->seeks;
    self->seeks = g_array_new (FALSE, FALSE, sizeof (Seek));
  }
  g_mutex_unlock (&self->lock);
  for (i = 0; seeks && i < seeks->len; i++) {
    report->from = g_array_index (seeks, Seek, i).from;
    report->position = g_array_index (seeks, Seek, i).to;
    send (self, report, view, GST_DVR_REPORT_CLIENT_SEEK);
  }
  g_clear_pointer (&seeks, g_array_unref);
  report->from = GST_CLOCK_TIME_NONE;
  report->position = position;
}

static void
tell_transmit (GstDvrPlayhead * self, GstDvrReport * report,
    const GstDvrPlayheadView * view)
{
  gint64 now = g_get_monotonic_time ();
  gint64 hold = view->playing ?
      (gint64) (2 * view->info.target_duration / GST_USECOND) : PAUSED_HOLD;

  if (view->asked || !view->full)
    self->told.full_since = 0;
  else if (self->told.full_since == 0)
    self->told.full_since = now;
  if (self->told.stopped && view->asked) {
    self->told.stopped = FALSE;
    send (self, report, view, GST_DVR_REPORT_START_TRANSMIT);
  } else if (!self->told.stopped && self->told.full_since
      && now - self->told.full_since >= hold) {
    self->told.stopped = TRUE;
    send (self, report, view, GST_DVR_REPORT_STOP_TRANSMIT);
  }
}

/* Once of each source of the stream, as soon as it would like to. */
static void
ask_leave (GstDvrPlayhead * self, GstDvrReport * report,
    const GstDvrPlayheadView * view)
{
  if (self->told.asked_leave == view->timeline || !view->settings.in_buffer_seek
      || view->info.no_smart_seek)
    return;
  g_clear_pointer (&self->told.asked_leave, gst_dvr_timeline_unref);
  self->told.asked_leave = gst_dvr_timeline_ref (view->timeline);
  send (self, report, view, GST_DVR_REPORT_BEGIN);
}

/* Those that were done when the view was taken: one after that may be by what
 * upstream has allowed since. */
static void
forget_seeks (GstDvrPlayhead * self, const GstDvrPlayheadView * view)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = MIN (view->n_seeks, self->seeks->len);
  if (n > 0)
    g_array_remove_range (self->seeks, 0, n);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_playhead_tell:
 * @self: a playhead
 * @view: what the keeper sees now
 *
 * Tells upstream what has happened, and how it is. While it goes elsewhere
 * nothing is told, but once that there is a player.
 */
void
gst_dvr_playhead_tell (GstDvrPlayhead * self, const GstDvrPlayheadView * view)
{
  GstDvrReport report = {.from = GST_CLOCK_TIME_NONE };

  wish_beyond (self, view->timeline);
  gst_dvr_playhead_grant (self, &view->info);
  if (!GST_CLOCK_TIME_IS_VALID (view->position) && self->told.at)
    return;
  g_mutex_lock (&self->lock);
  /* where nothing was on show yet, nothing ran out */
  report.starved = view->starved && !self->startup;
  if (report.starved)
    self->startup = TRUE;
  else if (view->end > view->position && !view->dry)
    self->startup = FALSE;
  report.startup = self->startup;
  report.rate = view->playing && !view->ended ?
      self->segment.rate * self->rate_multiplier : 0;
  g_mutex_unlock (&self->lock);
  report.position = view->position;
  report.buffer_length = view->end > view->position ?
      view->end - view->position : 0;
  if (view->settings.tell_upstream && view->settings.in_buffer_seek &&
      !view->info.no_smart_seek) {
    tell_seeks (self, &report, view);
    tell_transmit (self, &report, view);
  } else {
    forget_seeks (self, view);
    self->told.stopped = FALSE;
    self->told.full_since = 0;
  }
  if (!view->settings.tell_upstream)
    return;
  if (report.starved || report.rate != self->told.rate ||
      report.startup != self->told.startup || self->told.at == 0 ||
      g_get_monotonic_time () >= self->told.at + STATE_INTERVAL)
    send (self, &report, view, GST_DVR_REPORT_STATE);
  ask_leave (self, &report, view);
}

/**
 * gst_dvr_playhead_is_welcome:
 * @self: a playhead
 *
 * From any thread.
 *
 * Returns: whether seeks in its buffer are, as far as upstream has said
 */
gboolean
gst_dvr_playhead_is_welcome (GstDvrPlayhead * self)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  GstDvrTimelineInfo info = { 0, };

  if (timeline) {
    gst_dvr_timeline_get_info (timeline, &info);
    gst_dvr_timeline_unref (timeline);
  }
  return !info.no_smart_seek;
}
