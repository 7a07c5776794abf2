/* gstdvrplayheadseek.c: where a playhead is, and how it gets elsewhere
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* RFC 8216 section 6.3.3: not nearer to the end than this. */
#define HOLD_BACK_TARGETS 3

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

GstClockTime
gst_dvr_playhead_get_start (GstDvrPlayhead * self, GstDvrTimeline * timeline,
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
gboolean
gst_dvr_playhead_go_to (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    GstClockTime time, gboolean exact)
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
  gst_dvr_playhead_release (self);
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
  gst_dvr_playhead_go_to (self, timeline, target,
      !(flags & GST_SEEK_FLAG_KEY_UNIT));
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
  gst_dvr_playhead_set_flushing (self, TRUE);
  gst_pad_pause_task (self->srcpad);
  GST_PAD_STREAM_LOCK (self->srcpad);
  self->seqnum = seqnum;
  reposition (self, timeline, rate, flags, target, stop);
  gst_dvr_playhead_set_flushing (self, FALSE);
  gst_dvr_playhead_push_event (self, gst_event_new_flush_stop (TRUE));
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
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
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
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
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
