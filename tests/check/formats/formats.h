/* What the tests of the formats share: real codec records, made-up samples.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/check/gstcheck.h>

#include "fmp4/fmp4codec.h"

/* Records as encoders wrote them: 128x96 pictures, 48 kHz sound */
typedef struct {
  GstFmp4Codec codec;
  const gchar *record;
  const gchar *name;            /* RFC 6381 */
} TestCodec;

static const TestCodec test_codecs[] = {
  {GST_FMP4_CODEC_H264, "0164000affe100186764000aacd9420db0110000030001000003"
      "00320f12259601000668ebe3cb22c0fdf8f800", "avc1.64000A"},
  {GST_FMP4_CODEC_H265, "0101600000009000000000001ef000fcfdf8f800000f03"
      "a00001001840010c01ffff01600000030090000003000003001e959809"
      "a10001002942010101600000030090000003000003001ea010206165959a4932bc05a0"
      "2000000300200000030321a2000100074401c172b42240", "hvc1.1.6.L30.90"},
  {GST_FMP4_CODEC_AV1, "81000c000a0a0000000337fbe6d7c802", "av01.0.00M.08"},
  {GST_FMP4_CODEC_VP9, "000a820202020000", "vp09.00.10.08"},
  {GST_FMP4_CODEC_AAC, "1190", "mp4a.40.2"},
  {GST_FMP4_CODEC_AAC, "2b118800", "mp4a.40.5"},
  {GST_FMP4_CODEC_MP3, "01", "mp4a.6B"},
  {GST_FMP4_CODEC_OPUS, "4f707573486561640102380180bb0000000000", "opus"},
  {GST_FMP4_CODEC_AC3, "1008c0", "ac-3"},
  {GST_FMP4_CODEC_EAC3, "0300200200", "ec-3"},
  {GST_FMP4_CODEC_FLAC, "80000022120012000000000024150bb800f0"
      "0000000000000000000000000000000000000000", "fLaC"},
};

static inline GstBuffer *
test_hex (const gchar * hex)
{
  gsize i, n = strlen (hex) / 2;
  guint8 *data = g_malloc (n + 1);

  for (i = 0; i < n; i++)
    data[i] = g_ascii_xdigit_value (hex[2 * i]) << 4 |
        g_ascii_xdigit_value (hex[2 * i + 1]);
  return gst_buffer_new_wrapped (data, n);
}

/* @a and @b: width and height, or rate and channels, where the record does not
 * say */
static inline GstCaps *
test_record_caps (GstFmp4Codec codec, const gchar * hex, guint a, guint b)
{
  GstBuffer *record = test_hex (hex);
  GstMapInfo map;
  GstCaps *caps;

  gst_buffer_map (record, &map, GST_MAP_READ);
  caps = gst_fmp4_codec_caps (codec, map.data, map.size, a, b);
  gst_buffer_unmap (record, &map);
  gst_buffer_unref (record);
  fail_unless (caps != NULL, "no caps for %s", hex);
  return caps;
}

static inline GstCaps *
test_caps (const TestCodec * codec)
{
  gboolean video = gst_fmp4_codec_is_video (codec->codec);

  return test_record_caps (codec->codec, codec->record, video ? 128 : 48000,
      video ? 96 : 2);
}

/* @size bytes that tell samples apart: @seed, @seed + 1, ... */
static inline GstBuffer *
test_sample (GstClockTime dts, GstClockTime pts, GstClockTime duration,
    gboolean keyframe, guint8 seed, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;
  gsize i;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (i = 0; i < size; i++)
    map.data[i] = seed + i;
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_DTS (buffer) = dts;
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = duration;
  if (!keyframe)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

static inline void
test_same_bytes (GstBuffer * a, GstBuffer * b)
{
  GstMapInfo map;

  fail_unless_equals_uint64 (gst_buffer_get_size (a), gst_buffer_get_size (b));
  gst_buffer_map (a, &map, GST_MAP_READ);
  fail_unless (gst_buffer_memcmp (b, 0, map.data, map.size) == 0);
  gst_buffer_unmap (a, &map);
}
