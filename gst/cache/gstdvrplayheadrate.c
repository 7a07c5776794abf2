/* gstdvrplayheadrate.c: rates that count at once
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* Sinks are being told of a rate that counts at once, by another thread. */
gboolean
gst_dvr_playhead_is_rate_changing_locked (GstDvrPlayhead * self)
{
  return self->rate_thread && self->rate_thread != g_thread_self ();
}

/* Whether sinks play at another rate than their SEGMENT's. */
gboolean
gst_dvr_playhead_is_rate_instant (GstDvrPlayhead * self)
{
  gboolean ret;

  g_mutex_lock (&self->lock);
  ret = self->rate_multiplier != 1.0;
  g_mutex_unlock (&self->lock);
  return ret;
}

/* Whether decoders have these flags, of the SEGMENT or of a rate that counted at
 * once. */
static gboolean
has_flags (GstDvrPlayhead * self, GstSegmentFlags flags)
{
  GstSegmentFlags now;

  g_mutex_lock (&self->lock);
  now = self->rate_sent ? self->rate_flags :
      (GstSegmentFlags) (self->segment.flags & GST_SEGMENT_INSTANT_FLAGS);
  g_mutex_unlock (&self->lock);
  return now == flags;
}

static gboolean
send_rate (GstDvrPlayhead * self, gdouble multiplier, GstSegmentFlags flags,
    guint32 seqnum)
{
  GstEvent *event = gst_event_new_instant_rate_change (multiplier, flags);

  g_mutex_lock (&self->lock);
  self->rate_sent = TRUE;
  self->rate_flags = flags;
  self->rate_seqnum = seqnum;
  g_mutex_unlock (&self->lock);
  gst_event_set_seqnum (event, seqnum);
  return gst_pad_push_event (self->srcpad, event);
}

/* Asks the pipeline for the time from when on a rate counts, which then comes from
 * the sinks. They ask, too, when the event comes to them. But pads keep that and
 * send it again with data (GStreamer 1.22): behind a flush sinks ask anew, while
 * others have no SEGMENT, or the application holds the pipeline's lock in its next
 * seek and waits for them. So there is an event only where decoders need it. */
static gboolean
ask_rate (GstDvrPlayhead * self, gdouble multiplier, GstSegmentFlags flags,
    guint32 seqnum)
{
  GstMessage *message;

  if (!has_flags (self, flags))
    return send_rate (self, multiplier, flags, seqnum);
  message = gst_message_new_instant_rate_request (GST_OBJECT (self->element),
      multiplier);
  gst_message_set_seqnum (message, seqnum);
  return gst_element_post_message (self->element, message);
}

/* A rate that counts at once outlives a flush, as pads keep the event: decoders
 * go on with its flags instead of the SEGMENT's (GStreamer 1.22), and hold back
 * the only keyframe that is to be seen. So it is replaced, under its seqnum, which
 * sinks have seen. */
void
gst_dvr_playhead_replace_rate_flags (GstDvrPlayhead * self,
    const GstDvrPlan * plan)
{
  GstSegmentFlags flags =
      (GstSegmentFlags) (plan->flags & GST_SEGMENT_INSTANT_FLAGS);
  gboolean differs;
  guint32 seqnum;

  g_mutex_lock (&self->lock);
  differs = self->rate_sent && self->rate_flags != flags;
  seqnum = self->rate_seqnum;
  g_mutex_unlock (&self->lock);
  if (differs)
    send_rate (self, 1.0, flags, seqnum);
}

/* The pipeline tells all sinks of the rate, one by one, before this returns. No
 * flush is to come between: a sink that has lost its SEGMENT by it would apply the
 * rate to the next one, which has it already. */
static gboolean
ask_rate_alone (GstDvrPlayhead * self, gdouble multiplier,
    GstSegmentFlags flags, guint32 seqnum)
{
  gboolean ret;

  g_mutex_lock (&self->lock);
  while ((self->seeking || gst_dvr_playhead_is_rate_changing_locked (self))
      && !self->halted)
    g_cond_wait (&self->wake, &self->lock);
  self->rate_thread = g_thread_self ();
  g_mutex_unlock (&self->lock);
  ret = ask_rate (self, multiplier, flags, seqnum);
  g_mutex_lock (&self->lock);
  self->rate_thread = NULL;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
  return ret;
}

/* A rate that counts at once: everything stays where it is. */
gboolean
gst_dvr_playhead_change_rate (GstDvrPlayhead * self, GstEvent * event,
    gdouble rate, GstSeekFlags flags, GstTaskFunction loop, gpointer loop_data)
{
  GstSeekType start_type, stop_type;
  gdouble now;

  gst_event_parse_seek (event, NULL, NULL, NULL, &start_type, NULL,
      &stop_type, NULL);
  g_mutex_lock (&self->lock);
  now = self->segment.rate;
  self->rate_loop = loop;
  self->rate_loop_data = loop_data;
  g_mutex_unlock (&self->lock);
  if ((flags & GST_SEEK_FLAG_FLUSH) || start_type != GST_SEEK_TYPE_NONE ||
      stop_type != GST_SEEK_TYPE_NONE || (rate > 0) != (now > 0))
    return FALSE;
  return ask_rate_alone (self, rate / now,
      (GstSegmentFlags) (flags & GST_SEGMENT_INSTANT_FLAGS),
      gst_event_get_seqnum (event));
}

/**
 * gst_dvr_playhead_sync_rate:
 * @self: a playhead
 * @event: from when on an instant rate counts
 *
 * Returns: TRUE
 */
gboolean
gst_dvr_playhead_sync_rate (GstDvrPlayhead * self, GstEvent * event)
{
  g_mutex_lock (&self->lock);
  gst_event_parse_instant_rate_sync_time (event, &self->rate_multiplier,
      &self->rate_running_time, &self->rate_upstream_time);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* To where it is, and to no other end. */
static GstEvent *
new_settling_seek_locked (GstDvrPlayhead * self)
{
  const GstSegment *segment = &self->segment;
  gboolean backward = segment->rate < 0;
  gboolean stops = !backward && GST_CLOCK_TIME_IS_VALID (segment->stop);
  GstSeekFlags flags = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE;
  GstEvent *event;

  flags |= (GstSeekFlags) (segment->flags & GST_SEGMENT_INSTANT_FLAGS);
  if (segment->flags & GST_SEGMENT_FLAG_SEGMENT)
    flags |= GST_SEEK_FLAG_SEGMENT;
  event = gst_event_new_seek (segment->rate * self->rate_multiplier,
      GST_FORMAT_TIME, flags,
      backward ? GST_SEEK_TYPE_SET : GST_SEEK_TYPE_NONE, segment->start,
      stops ? GST_SEEK_TYPE_SET : GST_SEEK_TYPE_NONE, segment->stop);
  self->settle_seqnum = gst_event_get_seqnum (event);
  return event;
}

/**
 * gst_dvr_playhead_settle_rate:
 * @self: a playhead whose next push is a SEGMENT or makes a demuxer send one
 *
 * A sink whose rate was changed at once gets the times wrong of any SEGMENT that
 * comes after that (GStreamer 1.22, and others: it multiplies where it has to
 * divide). So the playhead goes to where it is, with a flush and that rate, which
 * is then the SEGMENT's own. By the pad's task.
 *
 * Returns: whether to go on; otherwise the task is to pause, and that seek
 *   starts it again
 */
gboolean
gst_dvr_playhead_settle_rate (GstDvrPlayhead * self)
{
  GstEvent *event = NULL;
  gboolean ret;

  g_mutex_lock (&self->lock);
  if (self->rate_multiplier != 1.0 && self->rate_loop)
    event = new_settling_seek_locked (self);
  g_mutex_unlock (&self->lock);
  if (!event)
    return TRUE;
  gst_dvr_playhead_defer_seek (self, event, self->rate_loop,
      self->rate_loop_data);
  gst_event_unref (event);
  g_mutex_lock (&self->lock);
  while (!self->flushing && self->rate_multiplier != 1.0)
    g_cond_wait (&self->wake, &self->lock);
  ret = !self->flushing;
  g_mutex_unlock (&self->lock);
  return ret;
}
