/* gstdvrplayheadseek.c: how a playhead gets elsewhere
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* How long upstream may take to go elsewhere. */
#define WISH_PATIENCE (10 * G_TIME_SPAN_SECOND)
/* In PAUSED, who drags a slider seeks again within this. */
#define SETTLE_TIME (500 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  GstDvrPlayhead *playhead;
  GstEvent *event;
  GstTaskFunction loop;
  gpointer loop_data;
  GstClockTime beyond;          /* of a wish: what it waits for */
  gint64 until;                 /* ... and how long; monotonic, us */
} Seek;

static void
seek_later (GstElement * element, gpointer user_data)
{
  Seek *seek = user_data;
  GstDvrPlayhead *self = seek->playhead;
  gboolean done = gst_dvr_playhead_seek (self, seek->event, seek->loop,
      seek->loop_data);

  /* who waits for it goes on as it is */
  g_mutex_lock (&self->lock);
  if (!done && self->settle_seqnum == gst_event_get_seqnum (seek->event))
    self->rate_multiplier = 1.0;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
}

static void
seek_free (gpointer data)
{
  Seek *seek = data;

  gst_dvr_playhead_unref (seek->playhead);
  gst_event_unref (seek->event);
  g_free (seek);
}

/* Where one end of a seek is; @none where it does not say. */
static gint64
resolve (GstSeekType type, gint64 value, gint64 end, gint64 none)
{
  if (type == GST_SEEK_TYPE_END)
    return MAX (end + MIN (value, G_MAXINT64 - end), 0);
  if (type == GST_SEEK_TYPE_SET && value >= 0)
    return value;
  return none;
}

/* Returns: FALSE where the seek is one that cannot be done */
static gboolean
make_plan (GstDvrPlayhead * self, GstEvent * event,
    const GstDvrTimelineInfo * info, GstDvrPlan * plan)
{
  GstSeekType start_type, stop_type;
  gint64 start, stop, now = gst_dvr_playhead_get_position (self);
  GstFormat format;

  gst_event_parse_seek (event, &plan->rate, &format, &plan->flags,
      &start_type, &start, &stop_type, &stop);
  plan->seqnum = gst_event_get_seqnum (event);
  if (format != GST_FORMAT_TIME || plan->rate == 0)
    return FALSE;
  now = CLAMP (now, (gint64) info->start, (gint64) info->end);
  if (plan->rate > 0) {
    start = resolve (start_type, start, info->end, now);
    stop = resolve (stop_type, stop, info->end, -1);
    if (start > (gint64) info->end && info->reach > info->end)
      plan->beyond = MIN ((GstClockTime) start, info->reach);
    start = CLAMP (start, (gint64) info->start, (gint64) info->end);
    if (stop >= 0 && stop <= start)
      return FALSE;
  } else {
    start = resolve (start_type, start, info->end, info->start);
    stop = resolve (stop_type, stop, info->end,
        stop_type == GST_SEEK_TYPE_NONE ? now : (gint64) info->end);
    start = MAX (start, (gint64) info->start);
    stop = MIN (stop, (gint64) info->end);
    if (stop <= start)
      return FALSE;
  }
  plan->start = start;
  plan->stop = stop >= 0 ? (GstClockTime) stop : GST_CLOCK_TIME_NONE;
  plan->target = plan->rate > 0 ? plan->start : plan->stop;
  return TRUE;
}

/* Adobe's rule: what lies between the back buffer's begin and the end of the
 * data that are here without a gap, is in the buffer. */
static gboolean
is_in_buffer (GstDvrPlayhead * self, GstClockTime position, GstClockTime target)
{
  GstClockTime start, end;
  gboolean wanted;
  guint64 next, back;

  g_mutex_lock (&self->lock);
  wanted = self->settings.in_buffer_seek;
  back = self->settings.back_buffer_time;
  g_mutex_unlock (&self->lock);
  if (!wanted || !GST_CLOCK_TIME_IS_VALID (position) ||
      !gst_dvr_playhead_get_buffered (self, position, &start, &end, &next))
    return FALSE;
  if (position > back)
    start = MAX (start, position - back);
  return target >= start && target <= end;
}

/* The stream lock is held, the task does not run. */
static void
reposition (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    const GstDvrPlan * plan)
{
  gboolean flush = (plan->flags & GST_SEEK_FLAG_FLUSH) != 0;
  GstClockTime base = 0;

  g_mutex_lock (&self->lock);
  if (!flush)
    base = gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME,
        self->segment.position);
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->segment.rate = plan->rate;
  self->segment.flags = (GstSegmentFlags)
      (plan->flags & GST_SEGMENT_INSTANT_FLAGS);
  if (flush)
    self->segment.flags |= GST_SEGMENT_FLAG_RESET;
  if (plan->flags & GST_SEEK_FLAG_SEGMENT)
    self->segment.flags |= GST_SEGMENT_FLAG_SEGMENT;
  self->segment.base = GST_CLOCK_TIME_IS_VALID (base) ? base : 0;
  self->segment.start = self->segment.time = plan->start;
  self->segment.stop = plan->stop;
  self->ended = FALSE;
  self->startup |= !plan->in_buffer;
  self->settles_at = g_get_monotonic_time () + SETTLE_TIME;
  if (flush) {
    g_array_set_size (self->sent, 0);
    self->flushed = TRUE;
    self->flush_base_time = gst_element_get_base_time (self->element);
    self->flush_start_time = gst_element_get_start_time (self->element);
    self->rate_multiplier = 1.0;
  }
  g_mutex_unlock (&self->lock);
  self->seqnum = plan->seqnum;
  gst_dvr_playhead_cut_off (self);
  gst_dvr_playhead_go_to (self, timeline, plan->target, plan->flags);
}

/* One seek at a time, and none when the element stops. */
static gboolean
begin_seek (GstDvrPlayhead * self)
{
  gboolean ret;

  g_mutex_lock (&self->lock);
  while ((self->seeking || gst_dvr_playhead_is_rate_changing_locked (self))
      && !self->halted)
    g_cond_wait (&self->wake, &self->lock);
  ret = !self->halted;
  if (ret)
    self->seeking = TRUE;
  self->is_queued = FALSE;
  while (ret && self->keeping)
    g_cond_wait (&self->wake, &self->lock);
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

/* Without a flush what was sent is played first, and in PAUSED that may take for
 * ever: the task goes there itself when it comes to it, and nobody waits. After an
 * EOS nothing comes through without a flush. */
static gboolean
queue_seek (GstDvrPlayhead * self, const GstDvrPlan * plan,
    GstTaskFunction loop, gpointer loop_data)
{
  gboolean ret, idle;

  g_mutex_lock (&self->lock);
  ret = !self->halted && !GST_PAD_IS_EOS (self->srcpad);
  idle = ret && self->ended && !self->thread;
  if (ret) {
    self->queued = *plan;
    self->is_queued = TRUE;
  }
  g_mutex_unlock (&self->lock);
  gst_dvr_playhead_changed (self);
  if (idle) {
    GST_PAD_STREAM_LOCK (self->srcpad);
    gst_pad_start_task (self->srcpad, loop, loop_data, NULL);
    GST_PAD_STREAM_UNLOCK (self->srcpad);
  }
  return ret;
}

/**
 * gst_dvr_playhead_seek_queued:
 * @self: a playhead
 *
 * Does the seek that waits for the task, if there is one. By the task.
 */
void
gst_dvr_playhead_seek_queued (GstDvrPlayhead * self)
{
  GstDvrTimeline *timeline;
  GstDvrPlan plan;
  gboolean mine;

  g_mutex_lock (&self->lock);
  mine = self->is_queued && !self->seeking && !self->halted;
  self->is_queued = FALSE;
  plan = self->queued;
  if (mine)
    self->seeking = TRUE;
  while (mine && self->keeping)
    g_cond_wait (&self->wake, &self->lock);
  g_mutex_unlock (&self->lock);
  if (!mine)
    return;
  timeline = gst_dvr_playhead_get_timeline (self);
  if (timeline && !plan.in_buffer)
    gst_dvr_playhead_give_up (self, timeline, plan.target);
  if (timeline)
    reposition (self, timeline, &plan);
  g_clear_pointer (&timeline, gst_dvr_timeline_unref);
  end_seek (self);
  gst_dvr_playhead_changed (self);
}

/* Goes there: stops the task for that, and starts it again. */
static gboolean
seek_to (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    const GstDvrPlan * plan, GstTaskFunction loop, gpointer loop_data)
{
  GstEvent *event;

  if (!(plan->flags & GST_SEEK_FLAG_FLUSH))
    return queue_seek (self, plan, loop, loop_data);
  if (!begin_seek (self))
    return FALSE;
  if (plan->settles && !gst_dvr_playhead_is_rate_instant (self)) {
    end_seek (self);
    return FALSE;
  }
  gst_dvr_playhead_replace_rate_flags (self, plan);
  event = gst_event_new_flush_start ();
  gst_event_set_seqnum (event, plan->seqnum);
  gst_pad_push_event (self->srcpad, event);
  gst_dvr_playhead_set_flushing (self, TRUE);
  gst_pad_pause_task (self->srcpad);
  GST_PAD_STREAM_LOCK (self->srcpad);
  /* outside of the buffer it is given up and asked for again */
  if (!plan->in_buffer)
    gst_dvr_playhead_give_up (self, timeline, plan->target);
  reposition (self, timeline, plan);
  gst_dvr_playhead_set_flushing (self, FALSE);
  gst_dvr_playhead_push_event (self, gst_event_new_flush_stop (TRUE));
  gst_pad_start_task (self->srcpad, loop, loop_data, NULL);
  GST_PAD_STREAM_UNLOCK (self->srcpad);
  end_seek (self);
  gst_dvr_playhead_changed (self);
  return TRUE;
}

/**
 * gst_dvr_playhead_show:
 * @self: a playhead
 * @timeline: what it plays
 * @time: stream time
 * @loop: the pad's task function
 * @loop_data: what it is given
 *
 * Goes exactly to a time, within what is held wherever possible, and goes on
 * forwards from there.
 *
 * Returns: whether it went there
 */
gboolean
gst_dvr_playhead_show (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    GstClockTime time, GstTaskFunction loop, gpointer loop_data)
{
  GstDvrSegment *held;
  GstDvrEntry entry;
  GstDvrPlan plan = {.flags = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE };

  plan.start = plan.target = time;
  plan.stop = GST_CLOCK_TIME_NONE;
  plan.seqnum = gst_util_seqnum_next ();
  g_mutex_lock (&self->lock);
  plan.rate = self->segment.rate > 0 ? self->segment.rate : 1.0;
  g_mutex_unlock (&self->lock);
  if (gst_dvr_timeline_find_time (timeline, time, &entry) >=
      GST_DVR_FOUND_CLOSED) {
    held = gst_dvr_playhead_get_held (self, entry.number);
    plan.in_buffer = held != NULL;
    g_clear_pointer (&held, gst_dvr_segment_unref);
  }
  return seek_to (self, timeline, &plan, loop, loop_data);
}

static void
tell (GstDvrPlayhead * self, const GstDvrPlan * plan)
{
  gst_dvr_post_status (self->element, "NetStream.Seek.Notify", "status",
      plan->in_buffer ? "went to another time (client-inBufferSeek)" :
      "went to another time",
      "time", G_TYPE_UINT64, plan->target,
      "rate", G_TYPE_DOUBLE, plan->rate, NULL);
}

/* Does it by another thread. */
void
gst_dvr_playhead_defer_seek (GstDvrPlayhead * self, GstEvent * event,
    GstTaskFunction loop, gpointer loop_data)
{
  Seek *seek = g_new0 (Seek, 1);

  seek->playhead = gst_dvr_playhead_ref (self);
  seek->event = gst_event_ref (event);
  seek->loop = loop;
  seek->loop_data = loop_data;
  gst_element_call_async (self->element, seek_later, seek, seek_free);
}

/* A wish is the playhead's, and has no reference to it. */
static void
wish_free (Seek * wish)
{
  gst_event_unref (wish->event);
  g_free (wish);
}

/* Takes @wish, or none, for the one before. */
static void
set_wish (GstDvrPlayhead * self, Seek * wish)
{
  Seek *old;

  g_mutex_lock (&self->lock);
  old = self->wish;
  self->wish = wish;
  if (wish)
    self->beyond = wish->beyond;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&old, wish_free);
}

/**
 * gst_dvr_playhead_drop_wish:
 * @self: a playhead
 *
 * Another seek counts now, or none.
 */
void
gst_dvr_playhead_drop_wish (GstDvrPlayhead * self)
{
  set_wish (self, NULL);
}

/* Keeps a seek beyond what is here, to be done when upstream has granted it: the
 * same again, under a number of its own. */
static void
keep_wish (GstDvrPlayhead * self, GstEvent * event, GstClockTime beyond,
    GstTaskFunction loop, gpointer loop_data)
{
  GstSeekType start_type, stop_type;
  gint64 start, stop;
  GstSeekFlags flags;
  GstFormat format;
  gdouble rate;
  Seek *wish = g_new0 (Seek, 1);

  gst_event_parse_seek (event, &rate, &format, &flags, &start_type, &start,
      &stop_type, &stop);
  wish->event = gst_event_new_seek (rate, format, flags | GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_SET, beyond, stop_type, stop);
  wish->loop = loop;
  wish->loop_data = loop_data;
  wish->beyond = beyond;
  wish->until = g_get_monotonic_time () + WISH_PATIENCE;
  set_wish (self, wish);
}

/**
 * gst_dvr_playhead_grant:
 * @self: a playhead
 * @info: of its timeline now
 *
 * Goes where a seek wished to, once that is there. From the keeper's thread.
 */
void
gst_dvr_playhead_grant (GstDvrPlayhead * self, const GstDvrTimelineInfo * info)
{
  gboolean granted = FALSE;
  Seek *wish;

  g_mutex_lock (&self->lock);
  wish = self->wish;
  if (wish) {
    granted = info->end > wish->beyond;
    if (granted || g_get_monotonic_time () > wish->until)
      self->wish = NULL;
    else
      wish = NULL;
  }
  g_mutex_unlock (&self->lock);
  if (wish && granted)
    gst_dvr_playhead_defer_seek (self, wish->event, wish->loop,
        wish->loop_data);
  g_clear_pointer (&wish, wish_free);
}

static gboolean
seek_in (GstDvrPlayhead * self, GstDvrTimeline * timeline, GstEvent * event,
    GstTaskFunction loop, gpointer loop_data)
{
  guint32 seqnum = gst_event_get_seqnum (event);
  GstDvrTimelineInfo info;
  gboolean mine, done;
  GstClockTime from;
  GstDvrPlan plan = { 0, };

  gst_dvr_timeline_get_info (timeline, &info);
  gst_event_parse_seek (event, &plan.rate, NULL, &plan.flags, NULL, NULL,
      NULL, NULL);
  g_mutex_lock (&self->lock);
  mine = self->thread == g_thread_self ();
  done = self->seek_seqnum == seqnum;
  g_mutex_unlock (&self->lock);
  if (done)
    return TRUE;
  if (!(plan.flags & GST_SEEK_FLAG_INSTANT_RATE_CHANGE) &&
      !make_plan (self, event, &info, &plan))
    return FALSE;
  if (mine) {
    /* the thread that plays cannot stop itself */
    gst_dvr_playhead_defer_seek (self, event, loop, loop_data);
    return TRUE;
  }
  g_mutex_lock (&self->lock);
  plan.settles = self->settle_seqnum == seqnum;
  /* our own comes once, and may come between those of an application's sinks */
  if (!plan.settles)
    self->seek_seqnum = seqnum;
  if (self->rate_multiplier != 1.0 &&
      !(plan.flags & GST_SEEK_FLAG_INSTANT_RATE_CHANGE))
    plan.flags |= GST_SEEK_FLAG_FLUSH;
  g_mutex_unlock (&self->lock);
  if (plan.flags & GST_SEEK_FLAG_INSTANT_RATE_CHANGE)
    return gst_dvr_playhead_change_rate (self, event, plan.rate, plan.flags,
        loop, loop_data);
  if (plan.settles) {
    plan.in_buffer = TRUE;
    seek_to (self, timeline, &plan, loop, loop_data);
    return TRUE;
  }
  from = gst_dvr_playhead_get_position (self);
  plan.in_buffer = !info.no_smart_seek && plan.beyond == 0 &&
      is_in_buffer (self, from, plan.target);
  if (plan.in_buffer)
    gst_dvr_playhead_note_seek (self, from, plan.target);
  if (plan.beyond)
    keep_wish (self, event, plan.beyond, loop, loop_data);
  else
    gst_dvr_playhead_drop_wish (self);
  done = seek_to (self, timeline, &plan, loop, loop_data);
  if (done)
    tell (self, &plan);
  return done || (plan.flags & GST_SEEK_FLAG_FLUSH);
}

/**
 * gst_dvr_playhead_seek:
 * @self: a playhead
 * @event: a seek; not taken
 * @loop: the pad's task function
 * @loop_data: what it is given
 *
 * Goes to a time in the window, or to another rate. Without a position the one
 * on show stays; a stop position that is not given is none. One that was done
 * already, since every sink sends it, is not done twice.
 *
 * Returns: whether it was done
 */
gboolean
gst_dvr_playhead_seek (GstDvrPlayhead * self, GstEvent * event,
    GstTaskFunction loop, gpointer loop_data)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  gboolean ret;

  if (!timeline)
    return FALSE;
  ret = seek_in (self, timeline, event, loop, loop_data);
  gst_dvr_timeline_unref (timeline);
  return ret;
}
