/* Rates, channels and frame lengths from the headers of audio streams.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "fmp4bitreader.h"
#include "fmp4bits.h"

static guint
aac_object_type (BitReader * r)
{
  guint type = get (r, 5);

  return type == 31 ? 32 + get (r, 6) : type;
}

static guint
aac_rate (BitReader * r)
{
  static const guint rates[] = { 96000, 88200, 64000, 48000, 44100, 32000,
    24000, 22050, 16000, 12000, 11025, 8000, 7350
  };
  guint index = get (r, 4);

  if (index == 15)
    return get (r, 24);
  return index < G_N_ELEMENTS (rates) ? rates[index] : 0;
}

/* program_config_element (), ISO/IEC 14496-3, table 4.2: how many channels */
static guint
aac_program_channels (BitReader * r)
{
  guint counts[3], i, j, channels = 0, lfe;

  get (r, 4 + 2 + 4);
  for (i = 0; i < 3; i++)
    counts[i] = get (r, 4);
  lfe = get (r, 2);
  get (r, 3 + 4);
  for (i = 0; i < 3; i++)       /* mono, stereo and matrix mixdown */
    if (get (r, 1))
      get (r, i == 2 ? 3 : 4);
  for (i = 0; i < 3; i++) {
    for (j = 0; j < counts[i]; j++) {
      channels += get (r, 1) ? 2 : 1;
      get (r, 4);
    }
  }
  return channels + lfe;
}

static guint
aac_channels (guint config)
{
  static const guint8 channels[16] = { 0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8,
    24, 8, 0
  };

  return channels[config & 15];
}

/* The backward compatible way to say SBR, ISO/IEC 14496-3, 1.6.6.1. Only
 * where nothing but padding or it can follow the core's configuration. */
static void
aac_sync_extension (BitReader * r, GstFmp4Aac * aac)
{
  guint rate;

  if (gst_bit_reader_get_remaining (&r->bits) < 16 || get (r, 11) != 0x2b7)
    return;
  if (aac_object_type (r) != 5 || !get (r, 1))
    return;
  rate = aac_rate (r);
  if (r->over || (rate != aac->rate && rate != 2 * aac->rate))
    return;
  aac->frame_samples *= rate / aac->rate;
  aac->rate = rate;
  aac->signalled_type = 5;
}

/**
 * gst_fmp4_aac_parse:
 * @asc: an AudioSpecificConfig (ISO/IEC 14496-3, section 1.6.2.1)
 * @size: its length
 * @aac: (out): what it says
 *
 * Returns: whether it is one of the AAC family, with a rate and channels
 */
gboolean
gst_fmp4_aac_parse (const guint8 * asc, gsize size, GstFmp4Aac * aac)
{
  BitReader r;
  guint type, core_rate, config, short_frame;

  memset (aac, 0, sizeof (*aac));
  bit_reader_init (&r, asc, MIN (size, 1024));
  type = aac->signalled_type = aac_object_type (&r);
  core_rate = aac->rate = aac_rate (&r);
  config = get (&r, 4);
  if (type == 5 || type == 29) {
    aac->rate = aac_rate (&r);
    type = aac_object_type (&r);
  }
  aac->object_type = type;
  aac->channel_config = config;
  aac->channels = aac_channels (config);
  if (r.over || type == 0 || core_rate < 7350 || core_rate > 96000)
    return FALSE;

  short_frame = get (&r, 1);
  if (get (&r, 1))
    get (&r, 14);
  get (&r, 1);
  if (config == 0)
    aac->channels = aac_program_channels (&r);
  if (type == 23 || type == 39)
    aac->frame_samples = short_frame ? 480 : 512;
  else
    aac->frame_samples = short_frame ? 960 : 1024;
  if (aac->rate == 2 * core_rate)
    aac->frame_samples *= 2;
  else if (aac->rate != core_rate)
    return FALSE;
  if (aac->signalled_type == 2 && config != 0 && !r.over)
    aac_sync_extension (&r, aac);
  return aac->channels > 0 && aac->channels <= 24;
}

/**
 * gst_fmp4_mp3_frame:
 * @data: an MPEG audio frame
 * @size: its length
 * @frame: (out): what its header says (ISO/IEC 11172-3, section 2.4.1.3)
 *
 * Returns: whether it begins with a layer 3 header
 */
gboolean
gst_fmp4_mp3_frame (const guint8 * data, gsize size, GstFmp4Frame * frame)
{
  static const guint rates[3] = { 44100, 48000, 32000 };
  static const guint16 kbit[2][15] = {
    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
  };
  guint version, rate_index, bitrate;

  memset (frame, 0, sizeof (*frame));
  if (size < 4 || data[0] != 0xff || (data[1] & 0xe6) != 0xe2)
    return FALSE;
  version = data[1] >> 3 & 3;   /* 3: MPEG 1, 2: MPEG 2, 0: 2.5 */
  bitrate = data[2] >> 4;
  rate_index = data[2] >> 2 & 3;
  if (version == 1 || bitrate == 15 || rate_index == 3)
    return FALSE;
  frame->rate = rates[rate_index] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
  frame->channels = data[3] >> 6 == 3 ? 1 : 2;
  frame->samples = version == 3 ? 1152 : 576;
  frame->size = frame->samples / 8 * kbit[version != 3][bitrate] * 1000 /
      frame->rate + (data[2] >> 1 & 1);
  frame->config[0] = version == 3 ? 1 : 2;
  frame->config_size = 1;
  return TRUE;
}

static const guint16 ac3_kbit[19] = { 32, 40, 48, 56, 64, 80, 96, 112, 128,
  160, 192, 224, 256, 320, 384, 448, 512, 576, 640
};

static const guint ac3_rates[3] = { 48000, 44100, 32000 };
static const guint8 ac3_channels[8] = { 2, 1, 2, 3, 3, 4, 4, 5 };

/**
 * gst_fmp4_ac3_frame:
 * @data: an AC-3 frame
 * @size: its length
 * @frame: (out): what it says (ETSI TS 102 366, section 4.4), with the dac3
 *   payload of annex F.4 in @config
 *
 * Returns: whether it begins with an AC-3 header
 */
gboolean
gst_fmp4_ac3_frame (const guint8 * data, gsize size, GstFmp4Frame * frame)
{
  guint fscod, code, bsid, bsmod, acmod, lfe, bits, kbit;

  memset (frame, 0, sizeof (*frame));
  if (size < 8 || data[0] != 0x0b || data[1] != 0x77)
    return FALSE;
  fscod = data[4] >> 6;
  code = data[4] & 63;
  bsid = data[5] >> 3;
  bsmod = data[5] & 7;
  acmod = data[6] >> 5;
  if (fscod == 3 || code >= 38 || bsid > 10)
    return FALSE;
  /* lfeon follows the mix levels that the mode has */
  bits = 3 + (acmod == 2 ? 2 : 0) + ((acmod & 1) && acmod != 1 ? 2 : 0) +
      (acmod & 4 ? 2 : 0);
  lfe = (data[6] << 8 | data[7]) >> (15 - bits) & 1;
  frame->rate = ac3_rates[fscod] >> (bsid > 8 ? bsid - 8 : 0);
  frame->channels = ac3_channels[acmod] + lfe;
  frame->samples = 1536;
  kbit = ac3_kbit[code >> 1];
  if (fscod == 0)
    frame->size = 4 * kbit;
  else if (fscod == 1)
    frame->size = 2 * (320 * kbit / 147 + (code & 1));
  else
    frame->size = 6 * kbit;
  GST_WRITE_UINT24_BE (frame->config,
      fscod << 22 | bsid << 17 | bsmod << 14 | acmod << 11 | lfe << 10 |
      (code >> 1) << 5);
  frame->config_size = 3;
  return TRUE;
}

/**
 * gst_fmp4_eac3_frame:
 * @data: an E-AC-3 access unit
 * @size: its length
 * @frame: (out): what it says (ETSI TS 102 366, annex E.1.2), with the dec3
 *   payload of annex F.6 in @config. Substreams after the first independent
 *   one are not described
 *
 * Returns: whether it begins with an E-AC-3 header
 */
gboolean
gst_fmp4_eac3_frame (const guint8 * data, gsize size, GstFmp4Frame * frame)
{
  static const guint8 blocks[4] = { 1, 2, 3, 6 };
  guint fscod, fscod2, bsid, acmod, lfe, rate;

  memset (frame, 0, sizeof (*frame));
  if (size < 6 || data[0] != 0x0b || data[1] != 0x77)
    return FALSE;
  fscod = data[4] >> 6;
  fscod2 = data[4] >> 4 & 3;
  acmod = data[4] >> 1 & 7;
  lfe = data[4] & 1;
  bsid = data[5] >> 3;
  if (bsid <= 10 || bsid > 16 || (fscod == 3 && fscod2 == 3))
    return FALSE;
  frame->size = 2 * (((data[2] & 7) << 8 | data[3]) + 1);
  frame->rate = fscod == 3 ? ac3_rates[fscod2] / 2 : ac3_rates[fscod];
  frame->samples = 256 * (fscod == 3 ? 6 : blocks[fscod2]);
  frame->channels = ac3_channels[acmod] + lfe;
  rate = (guint64) frame->size * 8 * frame->rate / frame->samples / 1000;
  GST_WRITE_UINT16_BE (frame->config, (rate & 0x1fff) << 3);
  GST_WRITE_UINT24_BE (frame->config + 2,
      fscod << 22 | bsid << 17 | acmod << 9 | lfe << 8);
  frame->config_size = 5;
  return TRUE;
}

/**
 * gst_fmp4_opus_frame:
 * @data: an Opus packet
 * @size: its length
 * @frame: (out): its length in samples at 48 kHz (RFC 6716, section 3.1)
 *
 * Returns: whether its length is a legal one
 */
gboolean
gst_fmp4_opus_frame (const guint8 * data, gsize size, GstFmp4Frame * frame)
{
  static const guint silk[4] = { 480, 960, 1920, 2880 };
  guint config, samples, count;

  memset (frame, 0, sizeof (*frame));
  if (size < 1)
    return FALSE;
  config = data[0] >> 3;
  if (config < 12)
    samples = silk[config & 3];
  else if (config < 16)
    samples = config & 1 ? 960 : 480;
  else
    samples = 120 << (config & 3);
  switch (data[0] & 3) {
    case 0:
      count = 1;
      break;
    case 3:
      if (size < 2)
        return FALSE;
      count = data[1] & 63;
      break;
    default:
      count = 2;
      break;
  }
  frame->rate = 48000;
  frame->samples = samples * count;
  return frame->samples > 0 && frame->samples <= 5760;
}

/**
 * gst_fmp4_flac_frame:
 * @data: a FLAC frame
 * @size: its length
 * @frame: (out): its length in samples (RFC 9639, section 9.1)
 *
 * Returns: whether it begins with a frame header
 */
gboolean
gst_fmp4_flac_frame (const guint8 * data, gsize size, GstFmp4Frame * frame)
{
  guint code, pos = 4, extra;

  memset (frame, 0, sizeof (*frame));
  if (size < 8 || data[0] != 0xff || (data[1] & 0xfe) != 0xf8)
    return FALSE;
  code = data[2] >> 4;
  /* the coded number is as long as UTF-8 says */
  for (extra = 0; extra < 7 && data[4] & (0x80 >> extra); extra++);
  pos += MAX (extra, 1);
  if (extra == 1 || size < pos + 2)
    return FALSE;
  if (code == 1)
    frame->samples = 192;
  else if (code >= 2 && code <= 5)
    frame->samples = 144 << code;
  else if (code == 6)
    frame->samples = data[pos] + 1;
  else if (code == 7)
    frame->samples = GST_READ_UINT16_BE (data + pos) + 1;
  else if (code >= 8)
    frame->samples = 1 << code;
  return frame->samples > 0;
}
