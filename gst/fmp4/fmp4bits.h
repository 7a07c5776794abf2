/* What the headers inside coded streams say: sizes, rates, frame lengths.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstFmp4Aac:
 * @rate: what the decoder puts out, Hz: with explicit SBR twice the core's
 * @channels: 1 to 24
 * @channel_config: what stands for them in the record; 0 = a table of its own
 * @object_type: the core's audio object type (2 = AAC-LC)
 * @signalled_type: the one that stands first in the record (5 = HE-AAC,
 *   29 = HE-AAC v2)
 * @frame_samples: per frame, counted at @rate
 */
typedef struct {
  guint rate;
  guint channels;
  guint channel_config;
  guint object_type;
  guint signalled_type;
  guint frame_samples;
} GstFmp4Aac;

/**
 * GstFmp4Frame: what a self-describing audio frame says of itself.
 * @rate: Hz, 0 when it does not say
 * @channels: 0 when it does not say
 * @samples: in this frame, counted at @rate (Opus: at 48000)
 * @size: bytes, 0 when it does not say
 * @config: MP3: MPEG version 1 or 2; AC-3: the payload of dac3; E-AC-3: of
 *   dec3 (for one independent substream)
 */
typedef struct {
  guint rate;
  guint channels;
  guint samples;
  guint size;
  guint8 config[5];
  guint config_size;
} GstFmp4Frame;

gboolean gst_fmp4_h264_sps_size (const guint8 * sps, gsize size,
    guint * width, guint * height);
gboolean gst_fmp4_h264_sps_rate (const guint8 * sps, gsize size,
    guint * n, guint * d);
gboolean gst_fmp4_h265_sps_size (const guint8 * sps, gsize size,
    guint * width, guint * height);
gboolean gst_fmp4_av1_obu_size (const guint8 * obus, gsize size,
    guint * width, guint * height);
gboolean gst_fmp4_vp9_frame_size (const guint8 * frame, gsize size,
    guint * width, guint * height);

gboolean gst_fmp4_aac_parse (const guint8 * asc, gsize size, GstFmp4Aac * aac);
gboolean gst_fmp4_mp3_frame (const guint8 * data, gsize size,
    GstFmp4Frame * frame);
gboolean gst_fmp4_ac3_frame (const guint8 * data, gsize size,
    GstFmp4Frame * frame);
gboolean gst_fmp4_eac3_frame (const guint8 * data, gsize size,
    GstFmp4Frame * frame);
gboolean gst_fmp4_opus_frame (const guint8 * data, gsize size,
    GstFmp4Frame * frame);
gboolean gst_fmp4_flac_frame (const guint8 * data, gsize size,
    GstFmp4Frame * frame);

G_END_DECLS
