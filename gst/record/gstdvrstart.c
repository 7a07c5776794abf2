/* gstdvrstart.c: what a run of a publisher begins with
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrsegmenter-private.h"

/* How long an announced track is waited for, and how much audio that came
 * before the first keyframe is kept. */
#define MAX_WAIT GST_SECOND

/**
 * gst_dvr_segmenter_now:
 * @self: a segmenter
 *
 * Returns: the monotonic clock, nanoseconds
 */
GstClockTime
gst_dvr_segmenter_now (GstDvrSegmenter * self)
{
  GstClockTime monotonic;
  gint64 wall;

  self->funcs->get_time (self->user_data, &monotonic, &wall);
  return monotonic;
}

/**
 * gst_dvr_segmenter_drop:
 * @self: a segmenter
 * @track: one of its tracks
 * @n: how many samples
 *
 * Lets samples go unrecorded, and counts them.
 */
void
gst_dvr_segmenter_drop (GstDvrSegmenter * self, GstDvrSegmenterTrack * track,
    guint n)
{
  self->stats.dropped += n;
  gst_dvr_segmenter_take (self, track, n);
}

/**
 * gst_dvr_segmenter_append:
 * @self: a segmenter
 * @track: one of its tracks
 * @buffer: (transfer full): a sample
 * @dts: stream time it is decoded at
 * @pts: stream time it is shown at
 * @key: whether it can be decoded alone
 *
 * Puts a sample behind those of its track.
 */
void
gst_dvr_segmenter_append (GstDvrSegmenter * self, GstDvrSegmenterTrack * track,
    GstBuffer * buffer, GstClockTime dts, GstClockTime pts, gboolean key)
{
  GstDvrSample sample = { buffer, dts, pts, GST_CLOCK_TIME_NONE, key };

  if (track->queue->len > 0) {
    GstDvrSample *last =
        gst_dvr_segmenter_sample (track, track->queue->len - 1);

    last->duration = dts - last->dts;
    track->last_duration = last->duration;
  }
  g_array_append_val (track->queue, sample);
  self->held_bytes += gst_buffer_get_size (buffer);
  track->last_seen = dts;
}

/* Whether the track is, or may still be, waited for. */
static gboolean
is_missing (GstDvrSegmenterTrack * track)
{
  return track->queue->len == 0 && (track->caps
      || track->expect != GST_DVR_EXPECT_NO);
}

static GstClockTime
held_span (GstDvrSegmenterTrack * track)
{
  if (track->queue->len == 0)
    return 0;
  return gst_dvr_segmenter_sample (track, track->queue->len - 1)->dts -
      gst_dvr_segmenter_sample (track, 0)->dts;
}

/* What came long before the keyframe is of no use. */
static void
trim_audio (GstDvrSegmenter * self)
{
  GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];
  GstDvrSegmenterTrack *audio = &self->tracks[GST_DVR_TRACK_AUDIO];
  GstClockTime limit;
  guint n = 0;

  if (video->queue->len > 0)
    limit = gst_dvr_segmenter_sample (video, 0)->pts;
  else if (video->dropping && audio->queue->len > 0)
    limit = gst_dvr_segmenter_sample (audio, audio->queue->len - 1)->dts;
  else
    return;
  while (n < audio->queue->len &&
      gst_dvr_segmenter_sample (audio, n)->dts + MAX_WAIT < limit)
    n++;
  gst_dvr_segmenter_drop (self, audio, n);
}

/**
 * gst_dvr_segmenter_must_hold:
 * @self: a segmenter that is starting
 *
 * A keyframe that is on its way is worth more patience than a track that only
 * was announced.
 *
 * Returns: whether to go on holding the first segment
 */
gboolean
gst_dvr_segmenter_must_hold (GstDvrSegmenter * self)
{
  GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];
  GstDvrSegmenterTrack *audio = &self->tracks[GST_DVR_TRACK_AUDIO];
  GstClockTime waited = gst_dvr_segmenter_now (self) - self->started_at;

  trim_audio (self);
  if (video->queue->len + audio->queue->len == 0)
    return TRUE;
  if (self->held_bytes > GST_DVR_MAX_HELD_BYTES ||
      video->queue->len + audio->queue->len > GST_DVR_MAX_HELD_SAMPLES)
    return FALSE;
  if (video->dropping && video->queue->len == 0)
    return waited < self->config.max_segment_duration;
  if (!is_missing (video) && !is_missing (audio))
    return FALSE;
  return waited < MAX_WAIT &&
      MAX (held_span (video), held_span (audio)) < MAX_WAIT;
}

/* Moves the run to where it goes: its earliest sample after all before. */
static void
rebase (GstDvrSegmenter * self)
{
  GstClockTime first = GST_CLOCK_TIME_NONE;
  gint64 distance;
  guint i, k;

  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    if (self->tracks[i].queue->len > 0)
      first = MIN (first, gst_dvr_segmenter_sample (&self->tracks[i], 0)->dts);
  }
  distance = GST_CLOCK_DIFF (first, self->end);
  gst_dvr_stamper_move (&self->stamper, distance);
  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    if (self->tracks[i].queue->len > 0)
      self->tracks[i].last_seen += distance;
    for (k = 0; k < self->tracks[i].queue->len; k++) {
      GstDvrSample *sample = gst_dvr_segmenter_sample (&self->tracks[i], k);

      sample->dts += distance;
      sample->pts += distance;
    }
  }
  self->rebased = TRUE;
}

/* A track whose configuration has come is in the init section before its first
 * sample: players that have begun with one track cannot take up another. */
static gboolean
is_carried (GstDvrSegmenter * self, GstDvrSegmenterTrack * track)
{
  if (track->queue->len == 0)
    track->last_seen = MAX (track->last_seen, self->end);
  return track->queue->len > 0 || track->configured;
}

/**
 * gst_dvr_segmenter_run:
 * @self: a segmenter that is starting
 *
 * Opens the first segment of an init section: all tracks are there, or as many
 * as will come.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_run (GstDvrSegmenter * self)
{
  GstCaps *caps[GST_DVR_N_TRACKS] = { NULL, };
  GstClockTime start = GST_CLOCK_TIME_NONE;
  GstFlowReturn ret;
  gint i;

  if (!self->rebased)
    rebase (self);
  for (i = GST_DVR_N_TRACKS - 1; i >= 0; i--) {
    GstDvrSegmenterTrack *track = &self->tracks[i];

    track->in_init = is_carried (self, track);
    if (track->in_init)
      caps[i] = track->caps;
    if (track->queue->len > 0)
      start = gst_dvr_segmenter_sample (track, 0)->pts;
  }
  self->driver = caps[GST_DVR_TRACK_VIDEO] ? GST_DVR_TRACK_VIDEO :
      GST_DVR_TRACK_AUDIO;
  self->shift = 0;
  self->state = GST_DVR_SEGMENTER_RUNNING;
  ret = self->funcs->set_init (self->user_data, caps);
  if (ret == GST_FLOW_OK)
    ret = gst_dvr_segmenter_open (self, MAX (start, self->end));
  return ret;
}
