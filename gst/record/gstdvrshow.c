/* gstdvrshow.c: samples that are shown before they are written
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who plays live frame by frame needs no duration, and does not want to wait
 * for the next frame that tells it. A sample is shown as soon as it is certain
 * that it belongs to the open segment: video as it comes, unless the segment
 * may end before it; audio once video has come as far, as the segment cannot
 * end before what has come. So the picture is not late at all, and players have
 * to look once per frame.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrsegmenter-private.h"

/* A segment that is cut inside a group of pictures is cut where durations
 * allow, which are not known here. */
#define MARGIN GST_SECOND

static void
show_next (GstDvrSegmenter * self, GstDvrTrack index)
{
  GstDvrSegmenterTrack *track = &self->tracks[index];
  GstDvrShown shown = { index, track->written + track->shown,
    gst_dvr_segmenter_sample (track, track->shown)
  };

  g_array_append_val (self->showing, shown);
  track->shown++;
}

/* Audio up to @position. */
static void
show_audio (GstDvrSegmenter * self, GstClockTime position)
{
  GstDvrSegmenterTrack *audio = &self->tracks[GST_DVR_TRACK_AUDIO];

  while (audio->in_init && audio->shown < audio->queue->len
      && gst_dvr_segmenter_sample (audio, audio->shown)->dts <= position)
    show_next (self, GST_DVR_TRACK_AUDIO);
}

/* Whether the segment is known to end before the driver's sample. */
static gboolean
is_cut_off (GstDvrSegmenter * self, guint n)
{
  return self->cut.kind == GST_DVR_CUT_SEGMENT && n >= self->cut.n_driver;
}

/**
 * gst_dvr_segmenter_show:
 * @self: a segmenter that is running
 *
 * Shows what has come since, of the open segment.
 */
void
gst_dvr_segmenter_show (GstDvrSegmenter * self)
{
  GstDvrSegmenterTrack *track = &self->tracks[self->driver];

  if (!self->funcs->show_samples || !self->segment_open
      || (self->driver == GST_DVR_TRACK_AUDIO
          && self->tracks[GST_DVR_TRACK_VIDEO].in_init))
    return;
  while (track->shown < track->queue->len) {
    GstDvrSample *sample = gst_dvr_segmenter_sample (track, track->shown);
    GstClockTime position = gst_dvr_segmenter_position (self, self->driver,
        sample);

    if (position < self->segment_start || is_cut_off (self, track->shown)
        || (position > self->segment_start
            && gst_dvr_segmenter_ends_segment (self, sample, position,
                MIN (MARGIN, self->config.target_duration / 2))))
      break;
    if (self->driver == GST_DVR_TRACK_VIDEO)
      show_audio (self, position);
    show_next (self, self->driver);
  }
  if (self->showing->len > 0)
    self->funcs->show_samples (self->user_data,
        (GstDvrShown *) self->showing->data, self->showing->len);
  g_array_set_size (self->showing, 0);
}
