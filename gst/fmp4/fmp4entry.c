/* Sample entries: a track's configuration inside stsd.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fmp4entry.h"
#include "fmp4bits.h"

#include <string.h>

#define TYPE GST_FMP4_TYPE

/* The fields of a sample entry before the boxes inside it */
#define VIDEO_ENTRY_SIZE 78
#define AUDIO_ENTRY_SIZE 28

static const struct
{
  guint32 entry;
  guint32 config;
  GstFmp4Codec codec;
  gboolean full;                /* the configuration is a full box */
} entries[] = {
  /* *INDENT-OFF* */
  /* the first of a codec is the one written */
  {TYPE ('a', 'v', 'c', '1'), TYPE ('a', 'v', 'c', 'C'),
      GST_FMP4_CODEC_H264, FALSE},
  {TYPE ('a', 'v', 'c', '3'), TYPE ('a', 'v', 'c', 'C'),
      GST_FMP4_CODEC_H264, FALSE},
  {TYPE ('h', 'v', 'c', '1'), TYPE ('h', 'v', 'c', 'C'),
      GST_FMP4_CODEC_H265, FALSE},
  {TYPE ('h', 'e', 'v', '1'), TYPE ('h', 'v', 'c', 'C'),
      GST_FMP4_CODEC_H265, FALSE},
  {TYPE ('a', 'v', '0', '1'), TYPE ('a', 'v', '1', 'C'),
      GST_FMP4_CODEC_AV1, FALSE},
  {TYPE ('v', 'p', '0', '9'), TYPE ('v', 'p', 'c', 'C'),
      GST_FMP4_CODEC_VP9, TRUE},
  {TYPE ('m', 'p', '4', 'a'), TYPE ('e', 's', 'd', 's'),
      GST_FMP4_CODEC_AAC, TRUE},
  {TYPE ('m', 'p', '4', 'a'), TYPE ('e', 's', 'd', 's'),
      GST_FMP4_CODEC_MP3, TRUE},
  {TYPE ('O', 'p', 'u', 's'), TYPE ('d', 'O', 'p', 's'),
      GST_FMP4_CODEC_OPUS, FALSE},
  {TYPE ('a', 'c', '-', '3'), TYPE ('d', 'a', 'c', '3'),
      GST_FMP4_CODEC_AC3, FALSE},
  {TYPE ('e', 'c', '-', '3'), TYPE ('d', 'e', 'c', '3'),
      GST_FMP4_CODEC_EAC3, FALSE},
  {TYPE ('f', 'L', 'a', 'C'), TYPE ('d', 'f', 'L', 'a'),
      GST_FMP4_CODEC_FLAC, TRUE},
  /* *INDENT-ON* */
};

static gboolean
is_in_band (const GstCaps * caps)
{
  const gchar *format = gst_structure_get_string (gst_caps_get_structure (caps,
          0), "stream-format");

  return g_strcmp0 (format, "avc3") == 0 || g_strcmp0 (format, "hev1") == 0;
}

static void
put_descriptor (GByteArray * out, guint8 tag, guint size)
{
  gst_fmp4_put_u8 (out, tag);
  gst_fmp4_put_u8 (out, 0x80 | (size >> 21 & 127));
  gst_fmp4_put_u8 (out, 0x80 | (size >> 14 & 127));
  gst_fmp4_put_u8 (out, 0x80 | (size >> 7 & 127));
  gst_fmp4_put_u8 (out, size & 127);
}

/* ES_Descriptor, ISO/IEC 14496-1, section 7.2.6.5. MP3 has no decoder
 * specific information: its object type says it all. */
static void
put_esds (GByteArray * out, const GstFmp4Track * track, const guint8 * config,
    guint size)
{
  gboolean aac = track->codec == GST_FMP4_CODEC_AAC;
  guint specific = aac ? 5 + size : 0;

  put_descriptor (out, 3, 3 + 5 + 13 + specific + 5 + 1);
  gst_fmp4_put_u16 (out, track->id);
  gst_fmp4_put_u8 (out, 0);
  put_descriptor (out, 4, 13 + specific);
  gst_fmp4_put_u8 (out, aac ? 0x40 : config[0] == 1 ? 0x6b : 0x69);
  gst_fmp4_put_u8 (out, 0x15);
  gst_fmp4_put_zeros (out, 11);
  if (aac) {
    put_descriptor (out, 5, size);
    gst_fmp4_put_data (out, config, size);
  }
  put_descriptor (out, 6, 1);
  gst_fmp4_put_u8 (out, 2);
}

/* OpusHead (RFC 7845, little endian) to dOps (big endian) */
static gboolean
put_dops (GByteArray * out, const guint8 * head, guint size)
{
  if (size < 19 || (head[18] != 0 && size < 21u + head[9]))
    return FALSE;
  gst_fmp4_put_u8 (out, 0);
  gst_fmp4_put_u8 (out, head[9]);
  gst_fmp4_put_u16 (out, GST_READ_UINT16_LE (head + 10));
  gst_fmp4_put_u32 (out, GST_READ_UINT32_LE (head + 12));
  gst_fmp4_put_u16 (out, GST_READ_UINT16_LE (head + 16));
  gst_fmp4_put_u8 (out, head[18]);
  if (head[18] != 0)
    gst_fmp4_put_data (out, head + 19, 2 + head[9]);
  return TRUE;
}

static gboolean
put_config (GByteArray * out, const GstFmp4Track * track,
    const guint8 * config, guint size)
{
  switch (track->codec) {
    case GST_FMP4_CODEC_AAC:
    case GST_FMP4_CODEC_MP3:
      put_esds (out, track, config, size);
      break;
    case GST_FMP4_CODEC_OPUS:
      return put_dops (out, config, size);
    default:
      gst_fmp4_put_data (out, config, size);
      break;
  }
  return TRUE;
}

static void
put_video_fields (GByteArray * out, const GstFmp4Track * track)
{
  guint width = 0, height = 0;

  gst_fmp4_track_get_size (track, &width, &height);
  gst_fmp4_put_zeros (out, 16);
  gst_fmp4_put_u16 (out, width);
  gst_fmp4_put_u16 (out, height);
  gst_fmp4_put_u32 (out, 0x480000);     /* 72 dpi */
  gst_fmp4_put_u32 (out, 0x480000);
  gst_fmp4_put_u32 (out, 0);
  gst_fmp4_put_u16 (out, 1);
  gst_fmp4_put_zeros (out, 32);
  gst_fmp4_put_u16 (out, 24);
  gst_fmp4_put_u16 (out, 0xffff);
}

static void
put_audio_fields (GByteArray * out, const GstFmp4Track * track)
{
  gint rate = 0, channels = 0;

  gst_structure_get (gst_caps_get_structure (track->caps, 0),
      "rate", G_TYPE_INT, &rate, "channels", G_TYPE_INT, &channels, NULL);
  if (track->codec == GST_FMP4_CODEC_OPUS)
    rate = 48000;
  gst_fmp4_put_zeros (out, 8);
  gst_fmp4_put_u16 (out, channels);
  gst_fmp4_put_u16 (out, 16);
  gst_fmp4_put_zeros (out, 4);
  /* 16.16: a rate that does not fit is told by the codec's own box */
  gst_fmp4_put_u32 (out, rate < 65536 ? (guint32) rate << 16 : 0);
}

static void
put_pasp (GByteArray * out, const GstCaps * caps)
{
  gint n, d;
  guint box;

  if (!gst_structure_get_fraction (gst_caps_get_structure (caps, 0),
          "pixel-aspect-ratio", &n, &d) || n <= 0 || d <= 0)
    return;
  box = gst_fmp4_box_begin (out, TYPE ('p', 'a', 's', 'p'));
  gst_fmp4_put_u32 (out, n);
  gst_fmp4_put_u32 (out, d);
  gst_fmp4_box_end (out, box);
}

static gboolean
put_entry (GByteArray * out, const GstFmp4Track * track,
    const guint8 * config, guint size)
{
  gboolean video = gst_fmp4_track_is_video (track);
  guint i, entry, box;

  for (i = 0; entries[i].codec != track->codec; i++);
  if (video && is_in_band (track->caps))
    i++;
  entry = gst_fmp4_box_begin (out, entries[i].entry);
  gst_fmp4_put_zeros (out, 6);
  gst_fmp4_put_u16 (out, 1);    /* data reference */
  if (video)
    put_video_fields (out, track);
  else
    put_audio_fields (out, track);
  if (entries[i].full)
    box = gst_fmp4_box_begin_full (out, entries[i].config,
        track->codec == GST_FMP4_CODEC_VP9, 0);
  else
    box = gst_fmp4_box_begin (out, entries[i].config);
  if (!put_config (out, track, config, size))
    return FALSE;
  gst_fmp4_box_end (out, box);
  if (video)
    put_pasp (out, track->caps);
  gst_fmp4_box_end (out, entry);
  return TRUE;
}

/*
 * gst_fmp4_put_sample_entry:
 *
 * Appends the sample entry of a track that gst_fmp4_track_init() accepted.
 */
gboolean
gst_fmp4_put_sample_entry (GByteArray * out, const GstFmp4Track * track,
    GError ** error)
{
  GstBuffer *config = gst_fmp4_codec_config (track->caps);
  GstMapInfo map;
  gboolean ok = FALSE;

  if (config != NULL && gst_buffer_map (config, &map, GST_MAP_READ)) {
    ok = put_entry (out, track, map.data, map.size);
    gst_buffer_unmap (config, &map);
  }
  gst_clear_buffer (&config);
  if (!ok)
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_CONFIG,
        "the configuration of track %u cannot be written", track->id);
  return ok;
}

/* The payload of a descriptor, or NULL; @data and @size move behind it. */
static const guint8 *
next_descriptor (const guint8 ** data, gsize * size, guint * tag,
    gsize * length)
{
  const guint8 *payload;
  gsize pos = 1;
  guint i;

  *length = 0;
  if (*size < 2)
    return NULL;
  *tag = (*data)[0];
  for (i = 0; i < 4 && pos < *size; i++) {
    guint8 byte = (*data)[pos++];

    *length = *length << 7 | (byte & 127);
    if (!(byte & 128))
      break;
  }
  if (*length > *size - pos)
    return NULL;
  payload = *data + pos;
  *data = payload + *length;
  *size -= pos + *length;
  return payload;
}

/* Down to the decoder configuration: ES, then DecoderConfig. */
static const guint8 *
find_decoder_config (const guint8 * data, gsize size, gsize * length)
{
  const guint8 *es;
  guint tag, flags;
  gsize skip = 3, left;

  es = next_descriptor (&data, &size, &tag, &left);
  if (es == NULL || tag != 3 || left < skip)
    return NULL;
  flags = es[2];
  if (flags & 0x80)
    skip += 2;
  if (flags & 0x40) {
    if (left < skip + 1)
      return NULL;
    skip += 1 + es[skip];
  }
  if (flags & 0x20)
    skip += 2;
  if (left < skip)
    return NULL;
  es += skip;
  left -= skip;
  es = next_descriptor (&es, &left, &tag, length);
  return es != NULL && tag == 4 && *length >= 13 ? es : NULL;
}

static GstCaps *
parse_esds (const guint8 * data, gsize size, guint rate, guint channels)
{
  const guint8 *config, *specific;
  gsize length, left;
  guint tag;
  guint8 type;

  config = find_decoder_config (data, size, &left);
  if (config == NULL)
    return NULL;
  type = config[0];
  if (type == 0x6b || type == 0x69) {
    guint8 version = type == 0x6b ? 1 : 2;

    return gst_fmp4_codec_caps (GST_FMP4_CODEC_MP3, &version, 1, rate,
        channels);
  }
  if (type != 0x40 && type != 0x66 && type != 0x67 && type != 0x68)
    return NULL;
  config += 13;
  left -= 13;
  specific = next_descriptor (&config, &left, &tag, &length);
  if (specific == NULL || tag != 5)
    return NULL;
  return gst_fmp4_codec_caps (GST_FMP4_CODEC_AAC, specific, length, 0, 0);
}

/* dOps to OpusHead, the other way round */
static GstCaps *
parse_dops (const guint8 * data, gsize size)
{
  guint8 head[21 + 255] = "OpusHead\001";
  gsize length = 19;

  if (size < 11 || data[0] != 0)
    return NULL;
  head[9] = data[1];
  GST_WRITE_UINT16_LE (head + 10, GST_READ_UINT16_BE (data + 2));
  GST_WRITE_UINT32_LE (head + 12, GST_READ_UINT32_BE (data + 4));
  GST_WRITE_UINT16_LE (head + 16, GST_READ_UINT16_BE (data + 8));
  head[18] = data[10];
  if (head[18] != 0) {
    if (size < 13u + data[1])
      return NULL;
    memcpy (head + 19, data + 11, 2 + data[1]);
    length += 2 + data[1];
  }
  return gst_fmp4_codec_caps (GST_FMP4_CODEC_OPUS, head, length, 0, 0);
}

static GstCaps *
parse_config (GstFmp4Codec codec, gboolean full, const GstFmp4Box * box,
    guint a, guint b)
{
  const guint8 *data = box->data;
  gsize size = box->data_size;

  if (full) {
    if (size < 4)
      return NULL;
    data += 4;
    size -= 4;
  }
  if (codec == GST_FMP4_CODEC_AAC || codec == GST_FMP4_CODEC_MP3)
    return parse_esds (data, size, a, b);
  if (codec == GST_FMP4_CODEC_OPUS)
    return parse_dops (data, size);
  return gst_fmp4_codec_caps (codec, data, size, a, b);
}

static void
add_in_band_format (GstCaps * caps, guint32 entry)
{
  if (entry == TYPE ('a', 'v', 'c', '3'))
    gst_caps_set_simple (caps, "stream-format", G_TYPE_STRING, "avc3", NULL);
  else if (entry == TYPE ('h', 'e', 'v', '1'))
    gst_caps_set_simple (caps, "stream-format", G_TYPE_STRING, "hev1", NULL);
}

static void
add_pasp (GstCaps * caps, const guint8 * data, gsize size)
{
  GstFmp4Box box;
  guint32 n, d;

  if (!gst_fmp4_box_find (data, size, TYPE ('p', 'a', 's', 'p'), &box) ||
      box.data_size < 8)
    return;
  n = GST_READ_UINT32_BE (box.data);
  d = GST_READ_UINT32_BE (box.data + 4);
  if (n > 0 && d > 0 && n <= G_MAXINT && d <= G_MAXINT)
    gst_caps_set_simple (caps, "pixel-aspect-ratio", GST_TYPE_FRACTION,
        (gint) n, (gint) d, NULL);
}

/* QuickTime's longer sound descriptions are told by the version field. */
static gsize
audio_fields_size (const GstFmp4Box * entry)
{
  guint version = GST_READ_UINT16_BE (entry->data + 8);

  return AUDIO_ENTRY_SIZE + (version == 1 ? 16 : version == 2 ? 36 : 0);
}

/*
 * gst_fmp4_parse_sample_entry:
 *
 * Returns: (transfer full) (nullable): caps, or NULL when the entry is of no
 *   codec known here or malformed
 */
GstCaps *
gst_fmp4_parse_sample_entry (const GstFmp4Box * entry)
{
  gboolean video;
  GstFmp4Box box;
  GstCaps *caps;
  gsize skip;
  guint i, a, b;

  for (i = 0; i < G_N_ELEMENTS (entries); i++)
    if (entries[i].entry == entry->type)
      break;
  if (i == G_N_ELEMENTS (entries))
    return NULL;
  video = gst_fmp4_codec_is_video (entries[i].codec);
  skip = video ? VIDEO_ENTRY_SIZE : AUDIO_ENTRY_SIZE;
  if (entry->data_size < skip)
    return NULL;
  if (!video)
    skip = audio_fields_size (entry);
  a = GST_READ_UINT16_BE (entry->data + 24);
  b = GST_READ_UINT16_BE (entry->data + (video ? 26 : 16));
  if (entry->data_size < skip || !gst_fmp4_box_find (entry->data + skip,
          entry->data_size - skip, entries[i].config, &box))
    return NULL;
  caps = parse_config (entries[i].codec, entries[i].full, &box, a, b);
  if (caps != NULL && video) {
    add_in_band_format (caps, entry->type);
    add_pasp (caps, entry->data + skip, entry->data_size - skip);
  }
  return caps;
}
