/* gstdvrplayheadquery.c: what a playhead knows of itself
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* SEGMENTs that were sent and not yet reached: one for each hole. */
#define MAX_SENT 32

/* The running time of what is on show, as the segments before our sinks have
 * it; GST_CLOCK_TIME_NONE if it plays without a clock. */
static GstClockTime
get_running_time (GstDvrPlayhead * self, GstClockTime * base,
    GstClockTime * start)
{
  GstClock *clock = gst_element_get_clock (self->element);
  GstClockTime now;

  GST_OBJECT_LOCK (self->element);
  *base = GST_ELEMENT_CAST (self->element)->base_time;
  *start = GST_ELEMENT_START_TIME (self->element);
  now = GST_STATE (self->element) == GST_STATE_PLAYING ?
      GST_CLOCK_TIME_NONE : *start;
  GST_OBJECT_UNLOCK (self->element);
  /* before it has played for the first time it has none */
  if (!GST_CLOCK_TIME_IS_VALID (now) && clock) {
    now = gst_clock_get_time (clock);
    now = now > *base ? now - *base : 0;
  }
  gst_clear_object (&clock);
  return now;
}

/* The SEGMENT that is sent now: what is on show may be of one before. */
void
gst_dvr_playhead_note_segment_locked (GstDvrPlayhead * self)
{
  GstDvrSent sent = { self->segment, 0 };

  sent.from = gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME,
      self->segment.position);
  if (!GST_CLOCK_TIME_IS_VALID (sent.from))
    sent.from = self->segment.base;
  if (self->sent->len >= MAX_SENT)
    g_array_remove_index (self->sent, 0);
  g_array_append_val (self->sent, sent);
}

/* The one that counts at @running; those before it never will again. */
static const GstSegment *
find_sent_locked (GstDvrPlayhead * self, GstClockTime running)
{
  guint n = 0;

  while (n + 1 < self->sent->len &&
      g_array_index (self->sent, GstDvrSent, n + 1).from <= running)
    n++;
  if (n > 0)
    g_array_remove_range (self->sent, 0, n);
  if (self->sent->len > 1)
    return &g_array_index (self->sent, GstDvrSent, 0).segment;
  return &self->segment;
}

static GstClockTime
to_position_locked (GstDvrPlayhead * self, GstClockTime running)
{
  const GstSegment *segment;
  guint64 position;

  if (self->rate_multiplier != 1.0 && running > self->rate_running_time)
    running = self->rate_upstream_time +
        (running - self->rate_running_time) * self->rate_multiplier;
  segment = find_sent_locked (self, running);
  if (running < segment->base)
    return segment->rate > 0 ? segment->start : segment->stop;
  position = gst_segment_position_from_running_time (segment, GST_FORMAT_TIME,
      running);
  if (!GST_CLOCK_TIME_IS_VALID (position))
    return segment->position;
  /* nothing is shown that was not sent */
  if (segment->rate > 0)
    return MAX (MIN (position, segment->position), segment->start);
  return MAX (position, segment->position);
}

/* What is shown first after a flush. */
static GstClockTime
get_first_locked (GstDvrPlayhead * self)
{
  const GstSegment *segment = self->sent->len > 0 ?
      &g_array_index (self->sent, GstDvrSent, 0).segment : &self->segment;

  return segment->rate > 0 ? segment->start : segment->stop;
}

/**
 * gst_dvr_playhead_get_position:
 * @self: a playhead
 *
 * By the clock, as a sink computes it, which is never ahead of what was sent.
 *
 * Returns: stream time of what is on show; GST_CLOCK_TIME_NONE: nothing is
 */
GstClockTime
gst_dvr_playhead_get_position (GstDvrPlayhead * self)
{
  GstClockTime base = 0, start = 0, position = GST_CLOCK_TIME_NONE;
  GstClockTime running = get_running_time (self, &base, &start);

  g_mutex_lock (&self->lock);
  /* running time begins anew some time after our flush */
  if (self->flushed && (base != self->flush_base_time ||
          start != self->flush_start_time))
    self->flushed = FALSE;
  if (self->positioned) {
    if (self->flushed)
      position = get_first_locked (self);
    else if (GST_CLOCK_TIME_IS_VALID (running))
      position = to_position_locked (self, running);
    else
      position = self->segment.position;
  }
  g_mutex_unlock (&self->lock);
  return position;
}

/**
 * gst_dvr_playhead_get_lateness:
 * @self: a playhead that plays forwards
 *
 * Returns: nanoseconds by which a sink that keeps to the clock gets what is
 *   sent next too late
 */
GstClockTime
gst_dvr_playhead_get_lateness (GstDvrPlayhead * self)
{
  GstClockTime base = 0, start = 0, late = 0, due;
  GstClockTime running = get_running_time (self, &base, &start);

  g_mutex_lock (&self->lock);
  if (self->flushed && (base != self->flush_base_time ||
          start != self->flush_start_time))
    self->flushed = FALSE;
  due = gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME,
      self->segment.position);
  if (GST_CLOCK_TIME_IS_VALID (running) && GST_CLOCK_TIME_IS_VALID (due) &&
      !self->flushed && self->rate_multiplier == 1.0 && running > due)
    late = running - due;
  g_mutex_unlock (&self->lock);
  return late;
}

/**
 * gst_dvr_playhead_get_lengths:
 * @self: a playhead
 * @ahead: (out): nanoseconds from what is on show to the end of what is here
 *   without a gap
 * @behind: (out): nanoseconds of it before what is on show, at most the back
 *   buffer's time
 */
void
gst_dvr_playhead_get_lengths (GstDvrPlayhead * self, guint64 * ahead,
    guint64 * behind)
{
  GstClockTime position = gst_dvr_playhead_get_position (self), start, end;
  guint64 next, back;

  *ahead = *behind = 0;
  if (!GST_CLOCK_TIME_IS_VALID (position) ||
      !gst_dvr_playhead_get_buffered (self, position, &start, &end, &next))
    return;
  g_mutex_lock (&self->lock);
  back = self->settings.back_buffer_time;
  g_mutex_unlock (&self->lock);
  *ahead = end - position;
  *behind = MIN (position - start, back);
}

static gboolean
query_window (GstDvrPlayhead * self, GstQuery * query)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  GstDvrTimelineInfo info;
  GstFormat format;
  GstClockTime end;

  if (!timeline)
    return FALSE;
  gst_dvr_timeline_get_info (timeline, &info);
  gst_dvr_timeline_unref (timeline);
  end = MAX (info.end, info.reach);
  if (GST_QUERY_TYPE (query) == GST_QUERY_DURATION) {
    gst_query_parse_duration (query, &format, NULL);
    if (format == GST_FORMAT_TIME)
      gst_query_set_duration (query, format, end);
  } else {
    gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
    gst_query_set_seeking (query, format, format == GST_FORMAT_TIME,
        info.start, end);
    return TRUE;
  }
  return format == GST_FORMAT_TIME;
}

static gboolean
query_position (GstDvrPlayhead * self, GstQuery * query)
{
  GstClockTime position = gst_dvr_playhead_get_position (self);
  GstFormat format;

  gst_query_parse_position (query, &format, NULL);
  if (format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (position))
    return FALSE;
  gst_query_set_position (query, format, position);
  return TRUE;
}

static gboolean
query_segment (GstDvrPlayhead * self, GstQuery * query)
{
  GstSegment segment;

  g_mutex_lock (&self->lock);
  segment = self->segment;
  g_mutex_unlock (&self->lock);
  gst_query_set_segment (query, segment.rate, GST_FORMAT_TIME, segment.start,
      segment.stop);
  return TRUE;
}

/* The range that holds what is on show: what a seek finds here. */
static gboolean
query_buffering (GstDvrPlayhead * self, GstQuery * query)
{
  GstClockTime position = gst_dvr_playhead_get_position (self), start, end;
  GstFormat format;
  gint percent;
  guint64 next;

  gst_query_parse_buffering_range (query, &format, NULL, NULL, NULL);
  if (format != GST_FORMAT_TIME)
    return FALSE;
  g_mutex_lock (&self->lock);
  percent = self->percent;
  g_mutex_unlock (&self->lock);
  gst_query_set_buffering_percent (query, percent < 100, percent);
  gst_query_set_buffering_stats (query, GST_BUFFERING_TIMESHIFT, -1, -1, -1);
  if (GST_CLOCK_TIME_IS_VALID (position) &&
      gst_dvr_playhead_get_buffered (self, position, &start, &end, &next)) {
    gst_query_set_buffering_range (query, format, start, end, -1);
    gst_query_add_buffering_range (query, start, end);
  }
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
    case GST_QUERY_SEGMENT:
      return query_segment (self, query);
    case GST_QUERY_BUFFERING:
      return query_buffering (self, query);
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
