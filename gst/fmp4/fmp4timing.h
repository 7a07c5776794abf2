/* Sample-exact audio timestamps out of rounded ones.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "fmp4codec.h"
#include "fmp4bits.h"

G_BEGIN_DECLS

/* A difference below this, or below one frame, is rounding and jitter. */
#define GST_FMP4_TIMING_DRIFT (50 * GST_MSECOND)
/* It must last this many frames to be drift. */
#define GST_FMP4_TIMING_PATIENCE 8
/* Beyond this it is no drift but another time. */
#define GST_FMP4_TIMING_JUMP (500 * GST_MSECOND)

/**
 * GstFmp4TimingResult:
 * @GST_FMP4_TIMING_EXACT: the frame follows the one before
 * @GST_FMP4_TIMING_START: the first frame: it is where it said
 * @GST_FMP4_TIMING_GAP: time ran ahead of the samples: the frame was moved
 *   forward to where it said, silence lies before it
 * @GST_FMP4_TIMING_OVERLAP: there are more samples than time: the frame is
 *   to be dropped, its timestamps are as they came
 * @GST_FMP4_TIMING_JUMPED: the frame is where it said, far from where it
 *   would follow, possibly before frames already seen
 * @GST_FMP4_TIMING_UNKNOWN: the frame's length cannot be read: to be dropped
 */
typedef enum {
  GST_FMP4_TIMING_EXACT,
  GST_FMP4_TIMING_START,
  GST_FMP4_TIMING_GAP,
  GST_FMP4_TIMING_OVERLAP,
  GST_FMP4_TIMING_JUMPED,
  GST_FMP4_TIMING_UNKNOWN,
} GstFmp4TimingResult;

/**
 * GstFmp4Timing: of one track; no part of it is to be touched.
 */
typedef struct {
  GstFmp4Codec codec;
  guint rate;
  guint frame_samples;          /* 0: each frame says */
  gboolean started;
  gboolean dropping;
  gint off;                     /* frames in a row too late (> 0) or early */
  guint64 position;             /* where the next frame follows, in samples */
} GstFmp4Timing;

gboolean gst_fmp4_timing_init (GstFmp4Timing * timing, const GstCaps * caps);
void gst_fmp4_timing_restart (GstFmp4Timing * timing);
GstFmp4TimingResult gst_fmp4_timing_next (GstFmp4Timing * timing,
    GstBuffer * frame);
guint gst_fmp4_timing_frame_samples (const GstFmp4Timing * timing,
    GstBuffer * frame);

G_END_DECLS
