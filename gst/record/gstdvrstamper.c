/* gstdvrstamper.c: a publisher's timestamps on the recording's stream time
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrstamper.h"

/* What is less far back than this is one odd sample, not another run. */
#define MAX_BACK (250 * GST_MSECOND)
/* Tracks of one run begin less apart than this, or they have no common base. */
#define MAX_APART (3 * GST_SECOND)
/* The smallest step that every track's time scale can express. */
#define MIN_STEP (100 * GST_USECOND)

/**
 * gst_dvr_stamper_begin:
 * @self: a stamper
 * @start: stream time that the first sample is mapped to, nanoseconds
 * @max_step: how far ahead a timestamp may be, nanoseconds
 *
 * Begins a run. The offset is that of the first sample that comes, whichever
 * track it is of.
 */
void
gst_dvr_stamper_begin (GstDvrStamper * self, GstClockTime start,
    GstClockTime max_step)
{
  guint i;

  memset (self, 0, sizeof (*self));
  self->start = start;
  self->max_step = max_step;
  for (i = 0; i < GST_DVR_STAMPER_TRACKS; i++)
    self->tracks[i].last = GST_CLOCK_TIME_NONE;
}

/* Some publishers come back with a base per track. Following each jump would
 * cut at every sample, for ever; a track that is really apart is corrected
 * once, where it begins. */
static void
begin_track (GstDvrStamper * self, GstDvrStamperTrack * track, gint64 dts)
{
  track->seen = TRUE;
  track->correction = 0;
  if (!self->seen) {
    self->seen = TRUE;
    self->front = dts;
    self->offset = (gint64) self->start - dts;
  } else if (ABS (dts - self->front) > (gint64) MAX_APART) {
    track->correction = self->front - dts;
  }
  track->high = dts + track->correction;
}

/* Composition offsets must not be negative: decoding moves back instead of
 * what is shown moving ahead. */
static GstDvrStamp
rise (GstDvrStamper * self, GstDvrStamperTrack * track, gint64 dts, gint64 pts,
    GstClockTime * out_dts, GstClockTime * out_pts)
{
  GstDvrStamp ret = GST_DVR_STAMP_OK;

  if (pts < dts - track->reorder
      && dts - track->reorder - pts < (gint64) MAX_APART)
    track->reorder = dts - pts;
  dts -= track->reorder;

  if (dts < 0) {
    dts = 0;
    ret = GST_DVR_STAMP_REPAIRED;
  }
  if (GST_CLOCK_TIME_IS_VALID (track->last) && dts <= (gint64) track->last) {
    dts = track->last + MIN_STEP;
    ret = GST_DVR_STAMP_REPAIRED;
  }
  if (pts < dts) {
    pts = dts;
    ret = GST_DVR_STAMP_REPAIRED;
  }
  track->last = dts;
  *out_dts = dts;
  *out_pts = pts;
  return ret;
}

/**
 * gst_dvr_stamper_map:
 * @self: a stamper
 * @index: the track
 * @dts: (inout): the publisher's time; stream time on return, nanoseconds
 * @pts: (inout): likewise; never before @dts on return
 *
 * Maps a sample's timestamps. With %GST_DVR_STAMP_BACK and
 * %GST_DVR_STAMP_AHEAD nothing is mapped: the caller begins another run.
 *
 * Returns: how it went
 */
GstDvrStamp
gst_dvr_stamper_map (GstDvrStamper * self, guint index, GstClockTime * dts,
    GstClockTime * pts)
{
  GstDvrStamperTrack *track = &self->tracks[index];
  gint64 in;

  if (!track->seen)
    begin_track (self, track, *dts);

  in = (gint64) * dts + track->correction;
  if (in < track->high - (gint64) MAX_BACK)
    return GST_DVR_STAMP_BACK;
  if (in > self->front + (gint64) self->max_step)
    return GST_DVR_STAMP_AHEAD;

  track->high = MAX (track->high, in);
  self->front = MAX (self->front, in);
  return rise (self, track, in + self->offset,
      (gint64) * pts + track->correction + self->offset, dts, pts);
}

/**
 * gst_dvr_stamper_move:
 * @self: a stamper
 * @distance: nanoseconds to move by
 *
 * Moves the whole run. The caller moves what was handed out.
 */
void
gst_dvr_stamper_move (GstDvrStamper * self, gint64 distance)
{
  guint i;

  self->offset += distance;
  for (i = 0; i < GST_DVR_STAMPER_TRACKS; i++) {
    if (GST_CLOCK_TIME_IS_VALID (self->tracks[i].last))
      self->tracks[i].last += distance;
  }
}

/**
 * gst_dvr_stamper_get_step:
 * @self: a stamper
 * @index: the track
 * @dts: the publisher's time, nanoseconds
 *
 * Returns: how far @dts is ahead of all that was seen, nanoseconds
 */
gint64
gst_dvr_stamper_get_step (const GstDvrStamper * self, guint index,
    GstClockTime dts)
{
  if (!self->seen)
    return 0;
  return (gint64) dts + self->tracks[index].correction - self->front;
}
