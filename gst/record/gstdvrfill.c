/* gstdvrfill.c: what stands in for a track that has stopped
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A microphone is switched off, or a camera, and the other track goes on. An init
 * section cannot lose a track under players: those in browsers fail, and they
 * wait for ever for what of a track does not come. So silence is recorded, and
 * the last keyframe stands.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrsegmenter-private.h"

/* Sound comes without a pause. It may be late, or in a file far behind the
 * picture, which is why nothing must have come for as long by the clock. */
#define MAX_PAUSE GST_SECOND

/* Pictures may have pauses, where nothing on a screen moves; what comes after
 * one refers to what was before, and is lost when a keyframe stands between. */
static GstClockTime
longest_pause (GstDvrSegmenter * self, GstDvrSegmenterTrack * track)
{
  GstClockTime pause = self->config.max_segment_duration;

  /* A segment that would have no picture waits for that. */
  if (gst_dvr_segmenter_lacks_picture (self))
    pause /= 2;
  if (GST_CLOCK_TIME_IS_VALID (track->last_duration))
    pause = MAX (pause, 2 * track->last_duration);
  return pause;
}

/**
 * gst_dvr_segmenter_lacks_picture:
 * @self: a segmenter
 *
 * Players in browsers do not get over a segment without a picture. Where
 * pictures only come now and then there may be one, all the same.
 *
 * Returns: whether a segment is to end, and the next has no picture yet
 */
gboolean
gst_dvr_segmenter_lacks_picture (GstDvrSegmenter * self)
{
  const GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];

  return self->cut.kind == GST_DVR_CUT_SEGMENT
      && self->driver == GST_DVR_TRACK_AUDIO
      && video->in_init && video->filler && !video->filling
      && video->queue->len == video->shown
      && (video->last_duration <= GST_DVR_MAX_LAG
      || !GST_CLOCK_TIME_IS_VALID (video->last_duration));
}

/**
 * gst_dvr_segmenter_keep_picture:
 * @self: a segmenter
 * @buffer: a keyframe
 *
 * It stands, should no other picture come.
 */
void
gst_dvr_segmenter_keep_picture (GstDvrSegmenter * self, GstBuffer * buffer)
{
  GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];

  gst_clear_buffer (&video->filler);
  video->filler = gst_buffer_copy (buffer);
  GST_BUFFER_DURATION (video->filler) = GST_CLOCK_TIME_NONE;
}

static gboolean
has_stopped (GstDvrSegmenter * self, GstDvrTrack index)
{
  GstDvrSegmenterTrack *track = &self->tracks[index];
  GstDvrSegmenterTrack *other = &self->tracks[!index];

  if (!track->in_init || !other->in_init || other->filling ||
      other->last_seen <= track->last_seen + MAX_PAUSE)
    return FALSE;
  if (other->last_seen > track->last_seen + longest_pause (self, track))
    return TRUE;
  return index == GST_DVR_TRACK_AUDIO && !gst_dvr_segmenter_is_fast (self) &&
      gst_dvr_segmenter_now (self) > track->heard_at + MAX_PAUSE;
}

static void
fill (GstDvrSegmenter * self, GstDvrTrack index, GstClockTime dts,
    GstClockTime pts)
{
  GstDvrSegmenterTrack *track = &self->tracks[index];

  self->stats.filled++;
  track->stood = TRUE;
  gst_dvr_segmenter_append (self, track, gst_buffer_copy (track->filler), dts,
      pts, TRUE);
}

/* As far as pictures have come. */
static void
fill_sound (GstDvrSegmenter * self)
{
  GstDvrSegmenterTrack *audio = &self->tracks[GST_DVR_TRACK_AUDIO];
  GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];
  GstClockTime dts;

  if (!audio->filler && self->funcs->make_silence)
    audio->filler = self->funcs->make_silence (self->user_data, audio->caps);
  if (!audio->filler || GST_BUFFER_DURATION (audio->filler) == 0)
    return;
  audio->filling = TRUE;
  for (;;) {
    dts = audio->last_seen + GST_BUFFER_DURATION (audio->filler);
    if (dts > video->last_seen)
      break;
    fill (self, GST_DVR_TRACK_AUDIO, dts, dts);
  }
}

/* A segment each, and one ahead of the sound, so that it is known how long the
 * one before lasts. */
static void
fill_pictures (GstDvrSegmenter * self)
{
  GstDvrSegmenterTrack *audio = &self->tracks[GST_DVR_TRACK_AUDIO];
  GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];
  GstClockTime dts = audio->last_seen;

  if (!video->filler)
    return;
  if (gst_dvr_segmenter_lacks_picture (self))
    dts = MAX (self->cut.at, video->last_seen + self->shift + GST_MSECOND) -
        self->shift;
  if (!video->filling) {
    video->filling = video->need_key = TRUE;
    fill (self, GST_DVR_TRACK_VIDEO, dts, dts + self->shift);
  }
  while (video->last_seen <= audio->last_seen) {
    dts = video->last_seen + self->config.target_duration;
    fill (self, GST_DVR_TRACK_VIDEO, dts, dts + self->shift);
  }
}

/**
 * gst_dvr_segmenter_fill:
 * @self: a segmenter with an open segment
 *
 * Lets what stands in for a track that has stopped follow the other.
 */
void
gst_dvr_segmenter_fill (GstDvrSegmenter * self)
{
  if (self->tracks[GST_DVR_TRACK_AUDIO].filling
      || has_stopped (self, GST_DVR_TRACK_AUDIO))
    fill_sound (self);
  if (self->tracks[GST_DVR_TRACK_VIDEO].filling
      || has_stopped (self, GST_DVR_TRACK_VIDEO))
    fill_pictures (self);
}

/* Takes the picture back that is ahead of the sound. The one before it is
 * either held, or written as the keyframe of a segment. */
static void
take_back (GstDvrSegmenter * self, GstDvrSegmenterTrack * video)
{
  guint n = video->queue->len;
  GstDvrSample *last;

  if (n == 0 || video->shown >= n)
    return;
  last = gst_dvr_segmenter_sample (video, n - 1);
  self->held_bytes -= gst_buffer_get_size (last->buffer);
  gst_buffer_unref (last->buffer);
  g_array_set_size (video->queue, n - 1);
  self->stats.filled--;
  video->last_seen = n > 1 ? gst_dvr_segmenter_sample (video, n - 2)->dts :
      video->last_seen - self->config.target_duration;
}

/**
 * gst_dvr_segmenter_end_fill:
 * @self: a segmenter
 *
 * Nothing stands in for a track any more.
 */
void
gst_dvr_segmenter_end_fill (GstDvrSegmenter * self)
{
  GstDvrSegmenterTrack *audio = &self->tracks[GST_DVR_TRACK_AUDIO];
  GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];

  audio->filling = FALSE;
  if (!video->filling)
    return;
  video->filling = FALSE;
  take_back (self, video);
  /* It stands as long as there is sound. */
  video->last_duration = MAX (audio->last_seen, video->last_seen + GST_MSECOND)
      - video->last_seen;
  if (video->queue->len > 0)
    gst_dvr_segmenter_sample (video, video->queue->len - 1)->duration =
        GST_CLOCK_TIME_NONE;
}

/**
 * gst_dvr_segmenter_returns:
 * @self: a segmenter
 * @index: the track
 * @dts: stream time of a sample of it that has come, which can be decoded
 *
 * Returns: whether it has a place: nothing stands there
 */
gboolean
gst_dvr_segmenter_returns (GstDvrSegmenter * self, GstDvrTrack index,
    GstClockTime dts)
{
  GstDvrSegmenterTrack *track = &self->tracks[index];

  if (!track->stood)
    return TRUE;
  if (index == GST_DVR_TRACK_AUDIO)
    track->filling = FALSE;
  else if (track->filling)
    take_back (self, track);
  if (dts <= track->last_seen)
    return FALSE;
  track->filling = track->stood = FALSE;
  return TRUE;
}
