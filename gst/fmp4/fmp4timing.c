/* Sample-exact audio timestamps out of rounded ones.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RTMP stamps frames in whole milliseconds. Written as they come, durations
 * would jump by 44 samples from frame to frame, which is audible in players
 * that believe them. So samples are counted instead, and the timestamps only
 * watched: while they stay near, the count is right; when they do not, the
 * clock of the publisher's samples and that of its timestamps differ, or
 * frames were lost.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fmp4timing.h"
#include "fmp4.h"

#include <string.h>

/**
 * gst_fmp4_timing_init:
 * @timing: (out): nothing in it needs clearing
 * @caps: a configuration of sound
 *
 * Returns: whether frames of it can be counted
 */
gboolean
gst_fmp4_timing_init (GstFmp4Timing * timing, const GstCaps * caps)
{
  GstFmp4Aac aac;
  GstBuffer *config;
  GstMapInfo map;
  gint rate = 0;

  memset (timing, 0, sizeof (*timing));
  timing->codec = gst_fmp4_codec_from_caps (caps);
  if (timing->codec == GST_FMP4_CODEC_NONE ||
      gst_fmp4_codec_is_video (timing->codec))
    return FALSE;
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "rate", &rate);
  timing->rate = timing->codec == GST_FMP4_CODEC_OPUS ? 48000 : MAX (rate, 0);
  if (timing->codec == GST_FMP4_CODEC_AAC) {
    config = gst_fmp4_codec_config (caps);
    if (config == NULL || !gst_buffer_map (config, &map, GST_MAP_READ)) {
      gst_clear_buffer (&config);
      return FALSE;
    }
    if (gst_fmp4_aac_parse (map.data, map.size, &aac)) {
      timing->rate = aac.rate;
      timing->frame_samples = aac.frame_samples;
    }
    gst_buffer_unmap (config, &map);
    gst_buffer_unref (config);
    return timing->frame_samples > 0;
  }
  return timing->rate > 0;
}

/**
 * gst_fmp4_timing_restart:
 * @timing: a timing
 *
 * The next frame is where it says, as after gst_fmp4_timing_init().
 */
void
gst_fmp4_timing_restart (GstFmp4Timing * timing)
{
  timing->started = FALSE;
  timing->dropping = FALSE;
  timing->off = 0;
}

/* An access unit may hold several frames: those that follow in time count,
 * those that add channels do not. */
static guint
eac3_samples (const guint8 * data, gsize size)
{
  GstFmp4Frame frame;
  guint samples = 0;

  while (gst_fmp4_eac3_frame (data, size, &frame)) {
    gboolean dependent = data[2] >> 6 == 1;

    if (!dependent && (data[2] >> 3 & 7) == 0)
      samples += frame.samples;
    if (frame.size >= size)
      break;
    data += frame.size;
    size -= frame.size;
  }
  return samples;
}

static guint
coded_samples (GstFmp4Codec codec, const guint8 * data, gsize size)
{
  GstFmp4Frame frame = { 0, };

  switch (codec) {
    case GST_FMP4_CODEC_MP3:
      gst_fmp4_mp3_frame (data, size, &frame);
      break;
    case GST_FMP4_CODEC_OPUS:
      if (!gst_fmp4_opus_frame (data, size, &frame))
        return 0;
      break;
    case GST_FMP4_CODEC_AC3:
      gst_fmp4_ac3_frame (data, size, &frame);
      break;
    case GST_FMP4_CODEC_EAC3:
      return eac3_samples (data, size);
    case GST_FMP4_CODEC_FLAC:
      gst_fmp4_flac_frame (data, size, &frame);
      break;
    default:
      break;
  }
  return frame.samples;
}

/**
 * gst_fmp4_timing_frame_samples:
 * @timing: a timing
 * @frame: a coded frame
 *
 * Returns: how many samples it decodes to, at the rate in the caps (Opus: at
 *   48 kHz); 0 when it does not say
 */
guint
gst_fmp4_timing_frame_samples (const GstFmp4Timing * timing, GstBuffer * frame)
{
  GstMapInfo map;
  guint samples;

  if (timing->frame_samples > 0)
    return timing->frame_samples;
  if (!gst_buffer_map (frame, &map, GST_MAP_READ))
    return 0;
  samples = coded_samples (timing->codec, map.data, map.size);
  gst_buffer_unmap (frame, &map);
  return samples;
}

/* Judges how far the frame's own time is from where it would follow. */
static GstFmp4TimingResult
judge (GstFmp4Timing * t, GstClockTimeDiff drift, GstClockTimeDiff frame)
{
  GstClockTimeDiff limit = MAX (frame, (GstClockTimeDiff)
      GST_FMP4_TIMING_DRIFT);

  if (ABS (drift) > MAX (2 * limit, (GstClockTimeDiff) GST_FMP4_TIMING_JUMP))
    return GST_FMP4_TIMING_JUMPED;
  if (t->dropping) {
    if (drift < -frame / 2)
      return GST_FMP4_TIMING_OVERLAP;
    t->dropping = FALSE;
  }
  if (drift > limit)
    t->off = MAX (t->off, 0) + 1;
  else if (drift < -limit)
    t->off = MIN (t->off, 0) - 1;
  else
    t->off = 0;
  if (ABS (t->off) < GST_FMP4_TIMING_PATIENCE)
    return GST_FMP4_TIMING_EXACT;
  t->off = 0;
  if (drift > 0)
    return GST_FMP4_TIMING_GAP;
  t->dropping = TRUE;
  return GST_FMP4_TIMING_OVERLAP;
}

/**
 * gst_fmp4_timing_next:
 * @timing: a timing
 * @frame: a writable buffer with a coded frame, whose DTS (or else PTS) is
 *   near the truth
 *
 * Sets DTS, PTS and DURATION so that frames follow each other without a
 * sample between them. Times are whole samples since zero, to the nearest
 * nanosecond, so they stay exact in a timescale of the sample rate; for that
 * the frame's own times must already be on the timeline that is written.
 *
 * The count is put right when the frames' own times are off in the same
 * direction by more than GST_FMP4_TIMING_DRIFT (or one frame, if that is
 * longer) for GST_FMP4_TIMING_PATIENCE frames in a row, and at once beyond
 * GST_FMP4_TIMING_JUMP.
 *
 * Returns: what became of the frame
 */
GstFmp4TimingResult
gst_fmp4_timing_next (GstFmp4Timing * timing, GstBuffer * frame)
{
  GstClockTime own = GST_BUFFER_DTS_OR_PTS (frame), at, end;
  GstFmp4TimingResult result = GST_FMP4_TIMING_START;
  guint samples = gst_fmp4_timing_frame_samples (timing, frame);

  if (samples == 0 || !GST_CLOCK_TIME_IS_VALID (own))
    return GST_FMP4_TIMING_UNKNOWN;
  if (timing->started) {
    at = gst_fmp4_ticks_to_time (timing->position, timing->rate);
    result = judge (timing, GST_CLOCK_DIFF (at, own),
        gst_fmp4_ticks_to_time (samples, timing->rate));
    if (result == GST_FMP4_TIMING_OVERLAP)
      return result;
  }
  if (result != GST_FMP4_TIMING_EXACT) {
    gst_fmp4_timing_restart (timing);
    timing->started = TRUE;
    timing->position = gst_fmp4_time_to_ticks (own, timing->rate);
  }
  at = gst_fmp4_ticks_to_time (timing->position, timing->rate);
  timing->position += samples;
  end = gst_fmp4_ticks_to_time (timing->position, timing->rate);
  GST_BUFFER_DTS (frame) = GST_BUFFER_PTS (frame) = at;
  GST_BUFFER_DURATION (frame) = end - at;
  return result;
}
