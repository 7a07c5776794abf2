/* Codec configurations: ISO configuration records to caps and back.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum {
  GST_FMP4_CODEC_NONE,
  GST_FMP4_CODEC_H264,
  GST_FMP4_CODEC_H265,
  GST_FMP4_CODEC_AV1,
  GST_FMP4_CODEC_VP9,
  GST_FMP4_CODEC_AAC,
  GST_FMP4_CODEC_MP3,
  GST_FMP4_CODEC_OPUS,
  GST_FMP4_CODEC_AC3,
  GST_FMP4_CODEC_EAC3,
  GST_FMP4_CODEC_FLAC,
} GstFmp4Codec;

GstFmp4Codec gst_fmp4_codec_from_caps (const GstCaps * caps);
gboolean gst_fmp4_codec_is_video (GstFmp4Codec codec);
GstCaps *gst_fmp4_codec_caps (GstFmp4Codec codec, const guint8 * config,
    gsize size, guint width_or_rate, guint height_or_channels);
GstCaps *gst_fmp4_codec_caps_from_frame (GstFmp4Codec codec,
    const guint8 * frame, gsize size);
GstBuffer *gst_fmp4_codec_config (const GstCaps * caps);
gchar *gst_fmp4_codec_string (const GstCaps * caps);

G_END_DECLS
