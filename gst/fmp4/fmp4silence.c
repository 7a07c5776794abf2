/* Coded silence, for sound that has stopped.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/base/gstbitwriter.h>
#include <string.h>

#include "fmp4.h"
#include "fmp4bits.h"
#include "fmp4timing.h"

/* Syntactic elements of AAC, ISO/IEC 14496-3, table 4.85 */
#define SCE 0
#define CPE 1
#define LFE 3
#define END 7

/* The elements of channelConfiguration, table 1.19 */
static const guint8 aac_elements[][6] = {
  {END,}, {SCE, END}, {CPE, END}, {SCE, CPE, END}, {SCE, CPE, SCE, END},
  {SCE, CPE, CPE, END}, {SCE, CPE, CPE, LFE, END},
  {SCE, CPE, CPE, CPE, LFE, END}
};

static void
put (GstBitWriter * w, guint32 value, guint n)
{
  gst_bit_writer_put_bits_uint32 (w, value, n);
}

/* individual_channel_stream (), table 4.50, of a long window without a band:
 * neither sections nor scale factors nor coefficients follow. */
static void
put_silent_channel (GstBitWriter * w)
{
  put (w, 0, 8);                /* global_gain */
  put (w, 0, 1 + 2 + 1);        /* reserved, ONLY_LONG_SEQUENCE, shape */
  put (w, 0, 6);                /* max_sfb */
  put (w, 0, 1);                /* predictor_data_present */
  put (w, 0, 1 + 1 + 1);        /* pulse, TNS, gain control */
}

static GstBuffer *
write_aac (guint channel_config)
{
  const guint8 *elements = aac_elements[channel_config];
  guint8 tags[END] = { 0, };
  GstBitWriter w;

  gst_bit_writer_init_with_size (&w, 32, FALSE);
  for (; *elements != END; elements++) {
    put (&w, *elements, 3);
    put (&w, tags[*elements]++, 4);
    if (*elements == CPE) {
      put (&w, 0, 1);           /* common_window */
      put_silent_channel (&w);
    }
    put_silent_channel (&w);
  }
  put (&w, END, 3);
  gst_bit_writer_align_bytes (&w, 0);
  return gst_bit_writer_reset_and_get_buffer (&w);
}

static GstBuffer *
make_aac (const GstCaps * caps)
{
  GstBuffer *config = gst_fmp4_codec_config (caps);
  GstFmp4Aac aac = { 0, };
  GstMapInfo map;

  if (config && gst_buffer_map (config, &map, GST_MAP_READ)) {
    if (!gst_fmp4_aac_parse (map.data, map.size, &aac))
      aac.object_type = 0;
    gst_buffer_unmap (config, &map);
  }
  gst_clear_buffer (&config);
  /* Main, LC and LTP have these elements; other layouts are in the program
   * config of the encoder. */
  if ((aac.object_type != 1 && aac.object_type != 2 && aac.object_type != 4)
      || aac.channel_config == 0
      || aac.channel_config >= G_N_ELEMENTS (aac_elements))
    return NULL;
  return write_aac (aac.channel_config);
}

static gboolean
get_format (const GstCaps * caps, gint * rate, gint * channels)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  return gst_structure_get_int (structure, "rate", rate) &&
      gst_structure_get_int (structure, "channels", channels);
}

/* A header of the lowest bit rate, side information that says there is no main
 * data (ISO/IEC 11172-3, 2.4.1.7), and none. */
static GstBuffer *
make_mp3 (const GstCaps * caps)
{
  static const gint rates[3] = { 44100, 48000, 32000 };
  guint8 header[4] = { 0xff, 0, 0x10, 0 };
  gint rate = 0, channels = 0;
  GstFmp4Frame frame;
  GstBuffer *silence;
  guint i, k;

  if (!get_format (caps, &rate, &channels) || channels < 1 || channels > 2)
    return NULL;
  for (i = 0; i < G_N_ELEMENTS (rates); i++) {
    static const guint8 versions[3] = { 0xfb, 0xf3, 0xe3 };     /* 1, 2, 2.5 */

    for (k = 0; k < G_N_ELEMENTS (versions); k++) {
      if (rates[i] >> k != rate)
        continue;
      header[1] = versions[k];
      header[2] |= i << 2;
    }
  }
  header[3] = channels == 1 ? 0xc0 : 0;
  if (!gst_fmp4_mp3_frame (header, sizeof (header), &frame))
    return NULL;
  silence = gst_buffer_new_allocate (NULL, frame.size, NULL);
  gst_buffer_memset (silence, 0, 0, frame.size);
  gst_buffer_fill (silence, 0, header, sizeof (header));
  return silence;
}

/* A frame of 20 ms of which the range coder reads nothing but silence (RFC 6716,
 * section 4.3: silence flag). */
static GstBuffer *
make_opus (const GstCaps * caps)
{
  guint8 frame[3] = { 0xf8, 0xff, 0xfe };
  gint rate, channels, family = 0;

  gst_structure_get_int (gst_caps_get_structure (caps, 0),
      "channel-mapping-family", &family);
  if (!get_format (caps, &rate, &channels) || family != 0 || channels > 2)
    return NULL;
  if (channels == 2)
    frame[0] |= 4;
  return gst_buffer_new_memdup (frame, sizeof (frame));
}

/* The CRC of FLAC's frames (RFC 9639, sections 9.1.8 and 9.3) */
static guint
get_crc (const guint8 * data, guint size, guint n_bits, guint polynomial)
{
  guint crc = 0, i, k;

  for (i = 0; i < size; i++) {
    crc ^= (guint) data[i] << (n_bits - 8);
    for (k = 0; k < 8; k++)
      crc = crc << 1 ^ (crc >> (n_bits - 1) & 1 ? polynomial : 0);
    crc &= (1 << n_bits) - 1;
  }
  return crc;
}

/* The first frame of a block size, at the rate and sample size of the stream,
 * whose channels are constant (sections 9.1 and 9.2.3). Where it stands in the
 * stream the container tells. */
static GstBuffer *
write_flac (guint block_size, guint channels, guint sample_bits, gboolean fixed)
{
  GstBitWriter w;
  guint i;

  gst_bit_writer_init_with_size (&w, 64, FALSE);
  put (&w, 0xfff8 | !fixed, 16);
  put (&w, 7, 4);               /* the block size follows, less one */
  put (&w, 0, 4);               /* the rate is the stream's */
  put (&w, channels - 1, 4);    /* each by itself */
  put (&w, 0, 3 + 1);           /* the sample size is the stream's; reserved */
  put (&w, 0, 8);               /* coded number */
  put (&w, block_size - 1, 16);
  put (&w, get_crc (gst_bit_writer_get_data (&w), 7, 8, 0x07), 8);
  for (i = 0; i < channels; i++) {
    put (&w, 0, 8);             /* CONSTANT, no wasted bits */
    put (&w, 0, sample_bits);
  }
  gst_bit_writer_align_bytes (&w, 0);
  i = gst_bit_writer_get_size (&w) / 8;
  put (&w, get_crc (gst_bit_writer_get_data (&w), i, 16, 0x8005), 16);
  return gst_bit_writer_reset_and_get_buffer (&w);
}

static GstBuffer *
make_flac (const GstCaps * caps)
{
  GstBuffer *config = gst_fmp4_codec_config (caps);
  /* a block's header and STREAMINFO (section 8.2), up to the sample size */
  guint8 info[4 + 14];
  gsize n = config ? gst_buffer_extract (config, 0, info, sizeof (info)) : 0;
  guint min, max;

  gst_clear_buffer (&config);
  if (n < sizeof (info))
    return NULL;
  min = GST_READ_UINT16_BE (info + 4);
  max = GST_READ_UINT16_BE (info + 6);
  if (max < 16 || min > max)
    return NULL;
  return write_flac (max, (info[16] >> 1 & 7) + 1,
      ((info[16] & 1) << 4 | info[17] >> 4) + 1, min == max);
}

/**
 * gst_fmp4_make_silence:
 * @caps: a configuration of sound
 *
 * Returns: (transfer full) (nullable): a frame of silence, with its duration;
 *   %NULL for codecs and layouts of which none can be made
 */
GstBuffer *
gst_fmp4_make_silence (const GstCaps * caps)
{
  GstBuffer *silence = NULL;
  GstFmp4Timing timing;
  guint samples = 0;

  switch (gst_fmp4_codec_from_caps (caps)) {
    case GST_FMP4_CODEC_AAC:
      silence = make_aac (caps);
      break;
    case GST_FMP4_CODEC_MP3:
      silence = make_mp3 (caps);
      break;
    case GST_FMP4_CODEC_OPUS:
      silence = make_opus (caps);
      break;
    case GST_FMP4_CODEC_FLAC:
      silence = make_flac (caps);
      break;
    default:
      break;
  }
  if (silence && gst_fmp4_timing_init (&timing, caps))
    samples = gst_fmp4_timing_frame_samples (&timing, silence);
  if (samples == 0)
    gst_clear_buffer (&silence);
  else
    GST_BUFFER_DURATION (silence) =
        gst_fmp4_ticks_to_time (samples, timing.rate);
  return silence;
}
