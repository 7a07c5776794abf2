/* Codec configurations: ISO configuration records to caps and back.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The record of a codec is the same whether it comes in an FLV tag or in a
 * sample entry, so both formats use these. What is taken as the record:
 *
 *   H.264, H.265, AV1    the payload of avcC, hvcC, av1C
 *   VP9                  the payload of vpcC without version and flags
 *   AAC                  the AudioSpecificConfig
 *   Opus                 the identification header "OpusHead" of RFC 7845
 *   FLAC                 the metadata blocks, without the "fLaC" mark
 *   AC-3, E-AC-3         the payload of dac3, dec3
 *   MP3                  one byte: MPEG version 1 or 2
 *
 * In caps it is codec_data, as other elements have it; Opus and FLAC have
 * their usual streamheader, MP3 its mpegaudioversion.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fmp4codec.h"
#include "fmp4bits.h"

#include <gst/pbutils/pbutils.h>
#include <string.h>

#define MAX_CONFIG (1024 * 1024)

static const struct
{
  GstFmp4Codec codec;
  const gchar *name;
} media_types[] = {
  /* *INDENT-OFF* */
  {GST_FMP4_CODEC_H264, "video/x-h264"},
  {GST_FMP4_CODEC_H265, "video/x-h265"},
  {GST_FMP4_CODEC_AV1, "video/x-av1"},
  {GST_FMP4_CODEC_VP9, "video/x-vp9"},
  {GST_FMP4_CODEC_OPUS, "audio/x-opus"},
  {GST_FMP4_CODEC_AC3, "audio/x-ac3"},
  {GST_FMP4_CODEC_EAC3, "audio/x-eac3"},
  {GST_FMP4_CODEC_FLAC, "audio/x-flac"},
  /* *INDENT-ON* */
};

/**
 * gst_fmp4_codec_from_caps:
 * @caps: fixed caps
 *
 * Returns: which codec they name, or GST_FMP4_CODEC_NONE
 */
GstFmp4Codec
gst_fmp4_codec_from_caps (const GstCaps * caps)
{
  const GstStructure *s;
  gint version = 0, layer = 0;
  guint i;

  if (caps == NULL || gst_caps_get_size (caps) != 1)
    return GST_FMP4_CODEC_NONE;
  s = gst_caps_get_structure (caps, 0);
  for (i = 0; i < G_N_ELEMENTS (media_types); i++) {
    if (gst_structure_has_name (s, media_types[i].name))
      return media_types[i].codec;
  }
  if (!gst_structure_has_name (s, "audio/mpeg"))
    return GST_FMP4_CODEC_NONE;
  gst_structure_get_int (s, "mpegversion", &version);
  gst_structure_get_int (s, "layer", &layer);
  if (version == 4 || version == 2)
    return GST_FMP4_CODEC_AAC;
  return version == 1 && layer == 3 ? GST_FMP4_CODEC_MP3 : GST_FMP4_CODEC_NONE;
}

/**
 * gst_fmp4_codec_is_video:
 * @codec: a codec
 *
 * Returns: whether it is one for pictures
 */
gboolean
gst_fmp4_codec_is_video (GstFmp4Codec codec)
{
  return codec >= GST_FMP4_CODEC_H264 && codec <= GST_FMP4_CODEC_VP9;
}

static void
set_codec_data (GstCaps * caps, const guint8 * data, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_memdup (data, size);

  gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, buffer, NULL);
  gst_buffer_unref (buffer);
}

static void
set_video_size (GstCaps * caps, guint width, guint height)
{
  if (width > 0 && height > 0)
    gst_caps_set_simple (caps, "width", G_TYPE_INT, (gint) width, "height",
        G_TYPE_INT, (gint) height, NULL);
}

static GstCaps *
h264_caps (const guint8 * config, gsize size, guint width, guint height)
{
  GstCaps *caps;
  guint length;

  if (size < 7 || config[0] != 1 || (config[4] & 3) == 2)
    return NULL;
  caps = gst_caps_new_simple ("video/x-h264", "stream-format", G_TYPE_STRING,
      "avc", "alignment", G_TYPE_STRING, "au", NULL);
  set_codec_data (caps, config, size);
  if ((config[5] & 31) > 0 && size > 8) {
    length = GST_READ_UINT16_BE (config + 6);
    if (length >= 4 && length <= size - 8) {
      gst_fmp4_h264_sps_size (config + 8, length, &width, &height);
      gst_codec_utils_h264_caps_set_level_and_profile (caps, config + 9,
          length - 1);
    }
  }
  set_video_size (caps, width, height);
  return caps;
}

/* The first parameter set of a type in hvcC (ISO/IEC 14496-15, 8.3.3.1) */
static const guint8 *
h265_find_nal (const guint8 * config, gsize size, guint type, gsize * length)
{
  gsize pos = 23;
  guint arrays, nals, i, j;

  arrays = config[22];
  for (i = 0; i < arrays && size - pos >= 3; i++) {
    guint this_type = config[pos] & 63;

    nals = GST_READ_UINT16_BE (config + pos + 1);
    pos += 3;
    for (j = 0; j < nals; j++) {
      if (size - pos < 2)
        return NULL;
      *length = GST_READ_UINT16_BE (config + pos);
      pos += 2;
      if (*length > size - pos)
        return NULL;
      if (this_type == type)
        return config + pos;
      pos += *length;
    }
  }
  return NULL;
}

static GstCaps *
h265_caps (const guint8 * config, gsize size, guint width, guint height)
{
  GstCaps *caps;
  const guint8 *sps;
  gsize length;

  if (size < 23 || (config[21] & 3) == 2)
    return NULL;
  caps = gst_caps_new_simple ("video/x-h265", "stream-format", G_TYPE_STRING,
      "hvc1", "alignment", G_TYPE_STRING, "au", NULL);
  set_codec_data (caps, config, size);
  sps = h265_find_nal (config, size, 33, &length);
  if (sps != NULL)
    gst_fmp4_h265_sps_size (sps, length, &width, &height);
  gst_codec_utils_h265_caps_set_level_tier_and_profile (caps, config + 1, 12);
  set_video_size (caps, width, height);
  return caps;
}

static GstCaps *
av1_caps (const guint8 * config, gsize size, guint width, guint height)
{
  GstCaps *caps;

  if (size < 4 || config[0] != 0x81)
    return NULL;
  caps = gst_caps_new_simple ("video/x-av1", "stream-format", G_TYPE_STRING,
      "obu-stream", "alignment", G_TYPE_STRING, "tu", NULL);
  set_codec_data (caps, config, size);
  gst_fmp4_av1_obu_size (config + 4, size - 4, &width, &height);
  set_video_size (caps, width, height);
  return caps;
}

static GstCaps *
vp9_caps (const guint8 * config, gsize size, guint width, guint height)
{
  static const gchar *const profiles[] = { "0", "1", "2", "3" };
  static const gchar *const chroma[] = { "4:2:0", "4:2:0", "4:2:2", "4:4:4" };
  GstCaps *caps;
  guint depth;

  /* some writers leave the version and flags of the box in front */
  if (size >= 12 && GST_READ_UINT32_BE (config) == 0x01000000) {
    config += 4;
    size -= 4;
  }
  if (size < 8 || config[0] > 3)
    return NULL;
  depth = config[2] >> 4;
  caps = gst_caps_new_simple ("video/x-vp9", "alignment", G_TYPE_STRING,
      "frame", "profile", G_TYPE_STRING, profiles[config[0]],
      "chroma-format", G_TYPE_STRING, chroma[config[2] >> 1 & 3],
      "bit-depth-luma", G_TYPE_UINT, depth,
      "bit-depth-chroma", G_TYPE_UINT, depth, NULL);
  set_codec_data (caps, config, size);
  set_video_size (caps, width, height);
  return caps;
}

static GstCaps *
aac_caps (const guint8 * config, gsize size)
{
  GstFmp4Aac aac;
  GstCaps *caps;

  if (size < 2 || !gst_fmp4_aac_parse (config, size, &aac))
    return NULL;
  caps = gst_caps_new_simple ("audio/mpeg", "mpegversion", G_TYPE_INT, 4,
      "framed", G_TYPE_BOOLEAN, TRUE, "stream-format", G_TYPE_STRING, "raw",
      "rate", G_TYPE_INT, (gint) aac.rate,
      "channels", G_TYPE_INT, (gint) aac.channels, NULL);
  set_codec_data (caps, config, size);
  gst_codec_utils_aac_caps_set_level_and_profile (caps, config, size);
  return caps;
}

static GstCaps *
opus_caps (const guint8 * config, gsize size)
{
  GstBuffer *header;
  GstCaps *caps;

  if (size < 19 || memcmp (config, "OpusHead", 8) != 0)
    return NULL;
  header = gst_buffer_new_memdup (config, size);
  caps = gst_codec_utils_opus_create_caps_from_header (header, NULL);
  gst_buffer_unref (header);
  return caps;
}

static void
append_buffer (GValue * array, GstBuffer * buffer)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, GST_TYPE_BUFFER);
  g_value_take_boxed (&value, buffer);
  gst_value_array_append_and_take_value (array, &value);
}

/* The first stream header packet of FLAC, as in Ogg: a mapping header of 9
 * bytes, the mark, the STREAMINFO block. */
static GstBuffer *
flac_first_header (const guint8 * info, gsize size, guint others)
{
  guint8 *data = g_malloc (13 + size);

  memcpy (data, "\177FLAC\001\000", 7);
  GST_WRITE_UINT16_BE (data + 7, others);
  memcpy (data + 9, "fLaC", 4);
  memcpy (data + 13, info, size);
  return gst_buffer_new_wrapped (data, 13 + size);
}

static gsize
flac_block_size (const guint8 * config, gsize size, gsize pos)
{
  gsize block;

  if (size - pos < 4)
    return 0;
  block = 4 + GST_READ_UINT24_BE (config + pos + 1);
  return block <= size - pos ? block : 0;
}

static GstCaps *
flac_caps (const guint8 * config, gsize size)
{
  GValue array = G_VALUE_INIT;
  GstCaps *caps;
  gsize pos, block;
  guint others = 0, rate, channels;

  if (size >= 4 && memcmp (config, "fLaC", 4) == 0) {
    config += 4;
    size -= 4;
  }
  block = flac_block_size (config, size, 0);
  if (block != 38 || (config[0] & 127) != 0)
    return NULL;
  rate = GST_READ_UINT24_BE (config + 14) >> 4;
  channels = (config[16] >> 1 & 7) + 1;
  if (rate == 0)
    return NULL;
  for (pos = 38; (block = flac_block_size (config, size, pos)); pos += block)
    others++;
  if (pos != size || others > 64)
    return NULL;

  g_value_init (&array, GST_TYPE_ARRAY);
  append_buffer (&array, flac_first_header (config, 38, others));
  for (pos = 38; pos < size; pos += block) {
    block = flac_block_size (config, size, pos);
    append_buffer (&array, gst_buffer_new_memdup (config + pos, block));
  }
  caps = gst_caps_new_simple ("audio/x-flac", "framed", G_TYPE_BOOLEAN, TRUE,
      "rate", G_TYPE_INT, (gint) rate, "channels", G_TYPE_INT,
      (gint) channels, NULL);
  gst_structure_take_value (gst_caps_get_structure (caps, 0), "streamheader",
      &array);
  return caps;
}

static GstCaps *
mp3_caps (const guint8 * config, gsize size, guint rate, guint channels)
{
  gint version = size > 0 ? config[0] : rate < 32000 ? 2 : 1;

  return gst_caps_new_simple ("audio/mpeg", "mpegversion", G_TYPE_INT, 1,
      "mpegaudioversion", G_TYPE_INT, version, "layer", G_TYPE_INT, 3,
      "parsed", G_TYPE_BOOLEAN, TRUE, "rate", G_TYPE_INT, (gint) rate,
      "channels", G_TYPE_INT, (gint) channels, NULL);
}

static GstCaps *
ac3_caps (GstFmp4Codec codec, const guint8 * config, gsize size, guint rate)
{
  static const guint rates[3] = { 48000, 44100, 32000 };
  static const guint8 modes[8] = { 2, 1, 2, 3, 3, 4, 4, 5 };
  gboolean eac3 = codec == GST_FMP4_CODEC_EAC3;
  GstCaps *caps;
  guint32 bits;
  guint channels;

  if (size < (eac3 ? 5 : 3))
    return NULL;
  bits = GST_READ_UINT24_BE (config + (eac3 ? 2 : 0));
  if (rate == 0 && bits >> 22 != 3)
    rate = rates[bits >> 22];
  if (eac3)
    channels = modes[bits >> 9 & 7] + (bits >> 8 & 1);
  else
    channels = modes[bits >> 11 & 7] + (bits >> 10 & 1);
  caps = gst_caps_new_simple (eac3 ? "audio/x-eac3" : "audio/x-ac3",
      "framed", G_TYPE_BOOLEAN, TRUE, "alignment", G_TYPE_STRING, "frame",
      "rate", G_TYPE_INT, (gint) rate, "channels", G_TYPE_INT,
      (gint) channels, NULL);
  set_codec_data (caps, config, size);
  return caps;
}

/**
 * gst_fmp4_codec_caps:
 * @codec: the codec
 * @config: its configuration record, as described at the top of this file
 * @size: its length
 * @width_or_rate: of pictures (pixels) or sound (Hz) where the record does
 *   not say, or 0
 * @height_or_channels: likewise
 *
 * Equal records give equal caps. Pictures of unknown size have no width and
 * height in their caps.
 *
 * Returns: (transfer full) (nullable): caps, or %NULL when the record is not
 *   one of that codec or a rate or channels are missing
 */
GstCaps *
gst_fmp4_codec_caps (GstFmp4Codec codec, const guint8 * config, gsize size,
    guint width_or_rate, guint height_or_channels)
{
  guint a = MIN (width_or_rate, G_MAXINT);
  guint b = MIN (height_or_channels, G_MAXINT);
  GstCaps *caps = NULL;
  gint rate = 0, channels = 0;

  if (size > MAX_CONFIG)
    return NULL;
  switch (codec) {
    case GST_FMP4_CODEC_H264:
      return h264_caps (config, size, a, b);
    case GST_FMP4_CODEC_H265:
      return h265_caps (config, size, a, b);
    case GST_FMP4_CODEC_AV1:
      return av1_caps (config, size, a, b);
    case GST_FMP4_CODEC_VP9:
      return vp9_caps (config, size, a, b);
    case GST_FMP4_CODEC_AAC:
      caps = aac_caps (config, size);
      break;
    case GST_FMP4_CODEC_MP3:
      caps = mp3_caps (config, size, a, b);
      break;
    case GST_FMP4_CODEC_OPUS:
      caps = opus_caps (config, size);
      break;
    case GST_FMP4_CODEC_AC3:
    case GST_FMP4_CODEC_EAC3:
      caps = ac3_caps (codec, config, size, a);
      break;
    case GST_FMP4_CODEC_FLAC:
      caps = flac_caps (config, size);
      break;
    case GST_FMP4_CODEC_NONE:
      break;
  }
  if (caps == NULL)
    return NULL;
  gst_structure_get (gst_caps_get_structure (caps, 0), "rate", G_TYPE_INT,
      &rate, "channels", G_TYPE_INT, &channels, NULL);
  if (rate <= 0 || channels <= 0)
    gst_clear_caps (&caps);
  return caps;
}

/**
 * gst_fmp4_codec_caps_from_frame:
 * @codec: GST_FMP4_CODEC_MP3, _AC3 or _EAC3: those whose frames describe
 *   themselves and have no record of their own in a stream
 * @frame: a frame
 * @size: its length
 *
 * Returns: (transfer full) (nullable): caps, %NULL when it is not a frame of
 *   that codec
 */
GstCaps *
gst_fmp4_codec_caps_from_frame (GstFmp4Codec codec, const guint8 * frame,
    gsize size)
{
  GstFmp4Frame f;
  gboolean ok = FALSE;

  if (codec == GST_FMP4_CODEC_MP3)
    ok = gst_fmp4_mp3_frame (frame, size, &f);
  else if (codec == GST_FMP4_CODEC_AC3)
    ok = gst_fmp4_ac3_frame (frame, size, &f);
  else if (codec == GST_FMP4_CODEC_EAC3)
    ok = gst_fmp4_eac3_frame (frame, size, &f);
  return ok ? gst_fmp4_codec_caps (codec, f.config, f.config_size, f.rate,
      f.channels) : NULL;
}

static GstBuffer *
stream_header (const GstStructure * s, guint i)
{
  const GValue *array = gst_structure_get_value (s, "streamheader");
  const GValue *value;

  if (array == NULL || !GST_VALUE_HOLDS_ARRAY (array) ||
      gst_value_array_get_size (array) <= i)
    return NULL;
  value = gst_value_array_get_value (array, i);
  return GST_VALUE_HOLDS_BUFFER (value) ? gst_value_get_buffer (value) : NULL;
}

static GstBuffer *
opus_config (const GstCaps * caps, const GstStructure * s)
{
  GstBuffer *header = stream_header (s, 0);
  guint8 channels, family, streams, coupled, mapping[256];
  guint32 rate;

  if (header != NULL)
    return gst_buffer_ref (header);
  if (!gst_codec_utils_opus_parse_caps ((GstCaps *) caps, &rate, &channels,
          &family, &streams, &coupled, mapping))
    return NULL;
  /* 312 samples is what libopus needs by default at 48 kHz */
  return gst_codec_utils_opus_create_header (rate, channels, family, streams,
      coupled, family > 0 ? mapping : NULL, 312, 0);
}

static GstBuffer *
flac_config (const GstStructure * s)
{
  GstBuffer *buffer = stream_header (s, 0);
  GstBuffer *out;
  gsize size;
  guint i;

  if (buffer == NULL)
    return NULL;
  /* qtdemux has the mark alone in the first one */
  size = gst_buffer_get_size (buffer);
  if (size == 4)
    out = gst_buffer_new ();
  else if (size >= 51)
    out = gst_buffer_copy_region (buffer, GST_BUFFER_COPY_MEMORY, 13, -1);
  else
    return NULL;
  for (i = 1; (buffer = stream_header (s, i)) != NULL; i++)
    out = gst_buffer_append (out, gst_buffer_ref (buffer));
  return out;
}

static GstBuffer *
mp3_config (const GstStructure * s)
{
  gint version = 0, rate = 0;
  guint8 byte;

  gst_structure_get_int (s, "rate", &rate);
  if (!gst_structure_get_int (s, "mpegaudioversion", &version))
    version = rate < 32000 ? 2 : 1;
  byte = version == 1 ? 1 : 2;
  return gst_buffer_new_memdup (&byte, 1);
}

/**
 * gst_fmp4_codec_config:
 * @caps: fixed caps of a codec known here
 *
 * Returns: (transfer full) (nullable): the configuration record, as
 *   described at the top of this file; %NULL when the caps have none
 */
GstBuffer *
gst_fmp4_codec_config (const GstCaps * caps)
{
  GstFmp4Codec codec = gst_fmp4_codec_from_caps (caps);
  const GstStructure *s;
  GstBuffer *buffer = NULL;

  if (codec == GST_FMP4_CODEC_NONE)
    return NULL;
  s = gst_caps_get_structure (caps, 0);
  if (codec == GST_FMP4_CODEC_OPUS)
    return opus_config (caps, s);
  if (codec == GST_FMP4_CODEC_FLAC)
    return flac_config (s);
  if (codec == GST_FMP4_CODEC_MP3)
    return mp3_config (s);
  gst_structure_get (s, "codec_data", GST_TYPE_BUFFER, &buffer, NULL);
  return buffer;
}

/* ISO/IEC 14496-15, annex E.3 */
static gchar *
h265_string (const guint8 * d)
{
  static const gchar *const spaces[] = { "", "A", "B", "C" };
  GString *out = g_string_new ("hvc1.");
  guint32 compat = GST_READ_UINT32_BE (d + 2), reversed = 0;
  guint i, last;

  for (i = 0; i < 32; i++)
    reversed |= (compat >> i & 1) << (31 - i);
  g_string_append_printf (out, "%s%u.%X.%c%u", spaces[d[1] >> 6], d[1] & 31,
      reversed, d[1] & 0x20 ? 'H' : 'L', d[12]);
  for (last = 6; last > 0 && d[5 + last] == 0; last--);
  for (i = 0; i < last; i++)
    g_string_append_printf (out, ".%X", d[6 + i]);
  return g_string_free (out, FALSE);
}

static gchar *
codec_string (GstFmp4Codec codec, const guint8 * d, gsize size)
{
  GstFmp4Aac aac;

  switch (codec) {
    case GST_FMP4_CODEC_H264:
      return size < 4 ? NULL :
          g_strdup_printf ("avc1.%02X%02X%02X", d[1], d[2], d[3]);
    case GST_FMP4_CODEC_H265:
      return size < 23 ? NULL : h265_string (d);
    case GST_FMP4_CODEC_AV1:
      return size < 4 ? NULL : g_strdup_printf ("av01.%u.%02u%c.%02u",
          d[1] >> 5, d[1] & 31, d[2] & 0x80 ? 'H' : 'M',
          d[2] & 0x40 ? (d[2] & 0x20 ? 12 : 10) : 8);
    case GST_FMP4_CODEC_VP9:
      return size < 8 ? NULL : g_strdup_printf ("vp09.%02u.%02u.%02u", d[0],
          d[1], d[2] >> 4);
    case GST_FMP4_CODEC_AAC:
      return !gst_fmp4_aac_parse (d, size, &aac) ? NULL :
          g_strdup_printf ("mp4a.40.%u", aac.signalled_type);
    case GST_FMP4_CODEC_MP3:
      return g_strdup (d[0] == 1 ? "mp4a.6B" : "mp4a.69");
    case GST_FMP4_CODEC_OPUS:
      return g_strdup ("opus");
    case GST_FMP4_CODEC_AC3:
      return g_strdup ("ac-3");
    case GST_FMP4_CODEC_EAC3:
      return g_strdup ("ec-3");
    case GST_FMP4_CODEC_FLAC:
      return g_strdup ("fLaC");
    case GST_FMP4_CODEC_NONE:
      break;
  }
  return NULL;
}

/**
 * gst_fmp4_codec_string:
 * @caps: fixed caps of a codec known here
 *
 * Returns: (transfer full) (nullable): what stands for the codec in CODECS
 *   of a playlist and in a MIME type's codecs parameter (RFC 6381)
 */
gchar *
gst_fmp4_codec_string (const GstCaps * caps)
{
  GstBuffer *config = gst_fmp4_codec_config (caps);
  GstMapInfo map;
  gchar *string;

  if (config == NULL)
    return NULL;
  if (!gst_buffer_map (config, &map, GST_MAP_READ)) {
    gst_buffer_unref (config);
    return NULL;
  }
  string = codec_string (gst_fmp4_codec_from_caps (caps), map.data, map.size);
  gst_buffer_unmap (config, &map);
  gst_buffer_unref (config);
  return string;
}
