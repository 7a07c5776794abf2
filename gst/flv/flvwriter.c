/* FLV: samples to tag bodies and tags.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "flvwriter.h"
#include "flvbody.h"

#include <string.h>

#define MAX_HEAD 16

/* The bytes in front of a sample's own */
typedef struct
{
  guint8 bytes[MAX_HEAD];
  guint n;
} Head;

static GstBuffer *
prepend (const guint8 * bytes, guint n, GstBuffer * body)
{
  guint8 *copy = g_malloc (n);
  GstMemory *memory;

  memcpy (copy, bytes, n);
  memory = gst_memory_new_wrapped (0, copy, n, 0, n, copy, g_free);
  gst_buffer_prepend_memory (body, memory);
  return body;
}

/* The sample's memories in a buffer of their own */
static GstBuffer *
share (GstBuffer * sample)
{
  GstBuffer *body = gst_buffer_new ();

  gst_buffer_copy_into (body, sample, GST_BUFFER_COPY_MEMORY, 0, -1);
  return body;
}

static gboolean
is_classic (GstFmp4Codec codec, GstFlvMode mode)
{
  return mode == GST_FLV_MODE_AUTO && (codec == GST_FMP4_CODEC_H264 ||
      codec == GST_FMP4_CODEC_AAC || codec == GST_FMP4_CODEC_MP3);
}

static gboolean
has_cts (GstFmp4Codec codec)
{
  return codec == GST_FMP4_CODEC_H264 || codec == GST_FMP4_CODEC_H265;
}

/* Sound of AAC is always said to be 44 kHz, 16 bit, stereo (E.4.2.1); that
 * of MP3 as near as 2 bits can say it. */
static guint8
classic_sound (GstFmp4Codec codec, const GstCaps * caps)
{
  gint rate = 44100, channels = 2;
  guint index;

  if (codec == GST_FMP4_CODEC_AAC)
    return FLV_SOUND_AAC << 4 | 15;
  gst_structure_get (gst_caps_get_structure (caps, 0), "rate", G_TYPE_INT,
      &rate, "channels", G_TYPE_INT, &channels, NULL);
  if (rate == 8000)
    return FLV_SOUND_MP3_8K << 4 | 2 | (channels > 1);
  index = rate >= 44100 ? 3 : rate >= 22050 ? 2 : 1;
  return FLV_SOUND_MP3 << 4 | index << 2 | 2 | (channels > 1);
}

static void
put_classic (Head * head, GstFmp4Codec codec, const GstCaps * caps,
    guint frame_type, guint packet, gint32 cts)
{
  if (codec == GST_FMP4_CODEC_H264) {
    head->bytes[0] = frame_type << 4 | FLV_CODEC_AVC;
    head->bytes[1] = packet;
    GST_WRITE_UINT24_BE (head->bytes + 2, cts & 0xffffff);
    head->n = 5;
    return;
  }
  head->bytes[0] = classic_sound (codec, caps);
  head->bytes[1] = packet;
  head->n = codec == GST_FMP4_CODEC_AAC ? 2 : 1;
}

static void
put_enhanced (Head * head, GstFmp4Codec codec, guint frame_type,
    guint packet, gint32 cts)
{
  gboolean with_cts = packet == FLV_PACKET_CODED_FRAMES && has_cts (codec);

  if (with_cts && cts == 0) {
    packet = FLV_PACKET_CODED_FRAMES_X;
    with_cts = FALSE;
  }
  if (gst_fmp4_codec_is_video (codec))
    head->bytes[0] = 0x80 | frame_type << 4 | packet;
  else
    head->bytes[0] = FLV_SOUND_EX << 4 | packet;
  GST_WRITE_UINT32_BE (head->bytes + 1, gst_flv_fourcc_from_codec (codec));
  head->n = 5;
  if (with_cts) {
    GST_WRITE_UINT24_BE (head->bytes + 5, cts & 0xffffff);
    head->n = 8;
  }
}

static void
put_head (Head * head, const GstCaps * caps, GstFlvMode mode,
    guint frame_type, guint packet, gint32 cts)
{
  GstFmp4Codec codec = gst_fmp4_codec_from_caps (caps);

  if (is_classic (codec, mode))
    put_classic (head, codec, caps, frame_type, packet, cts);
  else
    put_enhanced (head, codec, frame_type, packet, cts);
}

/**
 * gst_flv_write_header:
 * @video: whether there will be pictures
 * @audio: whether there will be sound
 *
 * Returns: (transfer full): the 13 bytes before the first tag
 */
GstBuffer *
gst_flv_write_header (gboolean video, gboolean audio)
{
  guint8 header[13] = { 'F', 'L', 'V', 1, 0, 0, 0, 0, 9, };

  header[4] = (video ? 1 : 0) | (audio ? 4 : 0);
  return gst_buffer_new_memdup (header, sizeof (header));
}

/**
 * gst_flv_write_config_body:
 * @caps: a configuration
 * @mode: how to write it
 *
 * Returns: (transfer full) (nullable): the body of the sequence header, or
 *   %NULL when the codec needs none (MP3, AC-3, E-AC-3) or is not known
 */
GstBuffer *
gst_flv_write_config_body (const GstCaps * caps, GstFlvMode mode)
{
  GstFmp4Codec codec = gst_fmp4_codec_from_caps (caps);
  GstBuffer *config, *body;
  Head head;

  if (codec == GST_FMP4_CODEC_NONE || codec == GST_FMP4_CODEC_MP3 ||
      codec == GST_FMP4_CODEC_AC3 || codec == GST_FMP4_CODEC_EAC3)
    return NULL;
  config = gst_fmp4_codec_config (caps);
  if (config == NULL)
    return NULL;
  body = share (config);
  gst_buffer_unref (config);
  if (codec == GST_FMP4_CODEC_FLAC)
    body = prepend ((const guint8 *) "fLaC", 4, body);
  put_head (&head, caps, mode, FLV_FRAME_KEY, FLV_PACKET_SEQUENCE_START, 0);
  return prepend (head.bytes, head.n, body);
}

/**
 * gst_flv_write_end_body:
 * @caps: a configuration
 * @mode: how to write it
 *
 * Returns: (transfer full) (nullable): the body that ends a sequence, or
 *   %NULL where there is none (classic sound)
 */
GstBuffer *
gst_flv_write_end_body (const GstCaps * caps, GstFlvMode mode)
{
  GstFmp4Codec codec = gst_fmp4_codec_from_caps (caps);
  Head head;

  if (codec == GST_FMP4_CODEC_NONE || (is_classic (codec, mode) &&
          !gst_fmp4_codec_is_video (codec)))
    return NULL;
  put_head (&head, caps, mode, FLV_FRAME_KEY, FLV_PACKET_SEQUENCE_END, 0);
  return gst_buffer_new_memdup (head.bytes, head.n);
}

/* Rounded each by itself, so that rounding never adds up. */
static gint64
milliseconds (GstClockTime time)
{
  return (time + GST_MSECOND / 2) / GST_MSECOND;
}

/* Returns: whether only Enhanced RTMP has a place for it */
gboolean
gst_flv_needs_enhanced (const GstCaps * caps)
{
  return !is_classic (gst_fmp4_codec_from_caps (caps), GST_FLV_MODE_AUTO);
}

/* Returns: what onMetaData calls it: the classic number, or the FourCC */
gdouble
gst_flv_codec_id (const GstCaps * caps)
{
  GstFmp4Codec codec = gst_fmp4_codec_from_caps (caps);

  switch (codec) {
    case GST_FMP4_CODEC_H264:
      return FLV_CODEC_AVC;
    case GST_FMP4_CODEC_AAC:
      return FLV_SOUND_AAC;
    case GST_FMP4_CODEC_MP3:
      return FLV_SOUND_MP3;
    default:
      return gst_flv_fourcc_from_codec (codec);
  }
}

/**
 * gst_flv_sample_time:
 * @sample: a sample with a DTS, or at least a PTS
 *
 * Returns: the DTS in milliseconds, as gst_flv_sample_timestamp() rounds it
 */
gint64
gst_flv_sample_time (GstBuffer * sample)
{
  return milliseconds (GST_BUFFER_DTS_OR_PTS (sample));
}

/**
 * gst_flv_sample_timestamp:
 * @sample: a sample with a DTS, or at least a PTS
 *
 * Returns: the timestamp of its tag: the DTS in milliseconds modulo 2^32
 */
guint32
gst_flv_sample_timestamp (GstBuffer * sample)
{
  return (guint32) gst_flv_sample_time (sample);
}

/**
 * gst_flv_write_sample_body:
 * @caps: its configuration
 * @mode: how to write it
 * @sample: a sample
 *
 * Returns: (transfer full) (nullable): the body of the sample's tag, which
 *   shares the sample's memory; %NULL when the codec is not known
 */
GstBuffer *
gst_flv_write_sample_body (const GstCaps * caps, GstFlvMode mode,
    GstBuffer * sample)
{
  guint frame_type = FLV_FRAME_KEY;
  gint64 cts = 0;
  Head head;

  if (gst_fmp4_codec_from_caps (caps) == GST_FMP4_CODEC_NONE)
    return NULL;
  if (GST_BUFFER_FLAG_IS_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT))
    frame_type = GST_BUFFER_FLAG_IS_SET (sample, GST_BUFFER_FLAG_DROPPABLE) ?
        FLV_FRAME_DISPOSABLE : FLV_FRAME_INTER;
  if (GST_BUFFER_DTS_IS_VALID (sample) && GST_BUFFER_PTS_IS_VALID (sample))
    cts = milliseconds (GST_BUFFER_PTS (sample)) -
        milliseconds (GST_BUFFER_DTS (sample));
  cts = CLAMP (cts, -0x800000, 0x7fffff);
  put_head (&head, caps, mode, frame_type, FLV_PACKET_CODED_FRAMES, cts);
  return prepend (head.bytes, head.n, share (sample));
}

/**
 * gst_flv_write_tag:
 * @tag_type: GST_FLV_TAG_AUDIO, _VIDEO or _SCRIPT
 * @timestamp: milliseconds modulo 2^32
 * @body: (transfer full): up to GST_FLV_MAX_TAG_SIZE bytes
 *
 * Returns: (transfer full) (nullable): the tag and the PreviousTagSize behind
 *   it; %NULL when the body is too large
 */
GstBuffer *
gst_flv_write_tag (guint8 tag_type, guint32 timestamp, GstBuffer * body)
{
  gsize size = gst_buffer_get_size (body);
  guint8 h[11] = { tag_type, };
  guint8 *trailer;
  GstBuffer *tag;

  if (size > GST_FLV_MAX_TAG_SIZE) {
    gst_buffer_unref (body);
    return NULL;
  }
  GST_WRITE_UINT24_BE (h + 1, size);
  GST_WRITE_UINT24_BE (h + 4, timestamp & 0xffffff);
  h[7] = timestamp >> 24;
  tag = prepend (h, sizeof (h), gst_buffer_make_writable (body));
  trailer = g_malloc (4);
  GST_WRITE_UINT32_BE (trailer, 11 + size);
  gst_buffer_append_memory (tag, gst_memory_new_wrapped (0, trailer, 4, 0, 4,
          trailer, g_free));
  return tag;
}
