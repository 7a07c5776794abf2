/* Picture sizes, and rates, from the headers of H.264, H.265, AV1 and VP9.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "fmp4bitreader.h"
#include "fmp4bits.h"

/* The part of a parameter set that is looked at; what matters here stands
 * well before, scaling lists included. */
#define MAX_RBSP 1024
/* Frames per second; what is said to be more is another clock. */
#define MAX_RATE 300

/* ue(v) of H.264 and H.265, section 9.1 and 9.2 */
static guint32
get_ue (BitReader * r)
{
  guint zeros = 0;

  while (get (r, 1) == 0) {
    if (r->over || ++zeros > 31) {
      r->over = TRUE;
      return 0;
    }
  }
  return (1u << zeros) - 1 + get (r, zeros);
}

static gint32
get_se (BitReader * r)
{
  guint32 value = get_ue (r);

  return (value & 1) ? (gint32) (value / 2 + 1) : -(gint32) (value / 2);
}

/* Takes the emulation prevention bytes out of a NAL unit. */
static gsize
unescape (const guint8 * nal, gsize size, guint8 * rbsp)
{
  gsize i, n = 0;
  guint zeros = 0;

  for (i = 0; i < size && n < MAX_RBSP; i++) {
    if (zeros >= 2 && nal[i] == 3) {
      zeros = 0;
      continue;
    }
    zeros = nal[i] == 0 ? zeros + 1 : 0;
    rbsp[n++] = nal[i];
  }
  return n;
}

static gboolean
set_size (gint64 w, gint64 h, guint * width, guint * height)
{
  if (w <= 0 || h <= 0 || w > 65535 || h > 65535)
    return FALSE;
  *width = w;
  *height = h;
  return TRUE;
}

static void
skip_scaling_lists (BitReader * r, guint lists)
{
  guint i, j;

  for (i = 0; i < lists && !r->over; i++) {
    guint coefs = i < 6 ? 16 : 64;
    gint last = 8, next = 8;

    if (!get (r, 1))
      continue;
    for (j = 0; j < coefs && !r->over; j++) {
      if (next != 0)
        next = (last + get_se (r) + 256) & 255;
      last = next == 0 ? last : next;
    }
  }
}

/* Profiles whose parameter set carries the chroma format (7.3.2.1.1) */
static gboolean
h264_profile_is_high (guint profile)
{
  static const guint8 high[] = { 100, 110, 122, 244, 44, 83, 86, 118, 128,
    138, 139, 134, 135
  };

  return memchr (high, profile, sizeof (high)) != NULL;
}

/* chroma_format_idc, with separate planes counting as monochrome */
static guint
h264_chroma (BitReader * r, guint profile)
{
  guint chroma;

  if (!h264_profile_is_high (profile))
    return 1;
  chroma = get_ue (r);
  if (chroma > 3)
    r->over = TRUE;
  if (chroma == 3 && get (r, 1))
    chroma = 0;
  get_ue (r);                   /* bit depths */
  get_ue (r);
  skip (r, 1);
  if (get (r, 1))
    skip_scaling_lists (r, chroma == 3 ? 12 : 8);
  return chroma;
}

static void
h264_skip_poc (BitReader * r)
{
  guint type = get_ue (r);

  if (type == 0) {
    get_ue (r);
  } else if (type == 1) {
    guint n;

    skip (r, 1);
    get_se (r);
    get_se (r);
    for (n = MIN (get_ue (r), 255); n > 0 && !r->over; n--)
      get_se (r);
  }
}

/* Up to the cropped picture's size, which comes before the VUI. */
static gboolean
h264_read_size (BitReader * r, gint64 * width, gint64 * height)
{
  guint profile, chroma, frame_mbs_only, unit_x, unit_y;
  gint64 w, h;

  if ((get (r, 8) & 0x1f) != 7)
    return FALSE;
  profile = get (r, 8);
  skip (r, 16);
  get_ue (r);
  chroma = h264_chroma (r, profile);
  get_ue (r);                   /* frame numbers */
  h264_skip_poc (r);
  get_ue (r);                   /* reference frames */
  skip (r, 1);
  w = ((gint64) get_ue (r) + 1) * 16;
  h = ((gint64) get_ue (r) + 1) * 16;
  frame_mbs_only = get (r, 1);
  if (!frame_mbs_only)
    skip (r, 1);
  h *= 2 - frame_mbs_only;
  skip (r, 1);
  unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
  unit_y = (chroma == 1 ? 2 : 1) * (2 - frame_mbs_only);
  if (get (r, 1)) {
    w -= (gint64) unit_x *get_ue (r);
    w -= (gint64) unit_x *get_ue (r);
    h -= (gint64) unit_y *get_ue (r);
    h -= (gint64) unit_y *get_ue (r);
  }
  *width = w;
  *height = h;
  return !r->over;
}

/**
 * gst_fmp4_h264_sps_size:
 * @sps: a sequence parameter set NAL unit
 * @size: its length
 * @width: (out): of the cropped picture, in pixels
 * @height: (out): likewise
 *
 * ISO/IEC 14496-10, section 7.3.2.1.1.
 *
 * Returns: whether it could be read
 */
gboolean
gst_fmp4_h264_sps_size (const guint8 * sps, gsize size, guint * width,
    guint * height)
{
  guint8 rbsp[MAX_RBSP];
  BitReader r;
  gint64 w, h;

  bit_reader_init (&r, rbsp, unescape (sps, size, rbsp));
  return h264_read_size (&r, &w, &h) && set_size (w, h, width, height);
}

/* vui_parameters () up to its timing, section E.1.1 */
static void
h264_skip_to_timing (BitReader * r)
{
  if (get (r, 1) && get (r, 8) == 255)  /* aspect ratio: extended */
    skip (r, 32);
  if (get (r, 1))               /* overscan */
    skip (r, 1);
  if (get (r, 1)) {             /* video signal */
    skip (r, 4);
    if (get (r, 1))
      skip (r, 24);
  }
  if (get (r, 1)) {             /* chroma location */
    get_ue (r);
    get_ue (r);
  }
}

/**
 * gst_fmp4_h264_sps_rate:
 * @sps: a sequence parameter set NAL unit
 * @size: its length
 * @n: (out): frames
 * @d: (out): in so many seconds
 *
 * The highest rate of frames, ISO/IEC 14496-10, section E.2.1: a tick is a
 * field's. A clock that is no rate of frames (90 kHz and such) is left out.
 *
 * Returns: whether it says so
 */
gboolean
gst_fmp4_h264_sps_rate (const guint8 * sps, gsize size, guint * n, guint * d)
{
  guint8 rbsp[MAX_RBSP];
  BitReader r;
  guint64 ticks, scale;
  gint64 w, h;

  bit_reader_init (&r, rbsp, unescape (sps, size, rbsp));
  if (!h264_read_size (&r, &w, &h) || !get (&r, 1))
    return FALSE;
  h264_skip_to_timing (&r);
  if (!get (&r, 1))
    return FALSE;
  ticks = 2 * (guint64) get (&r, 32);
  scale = get (&r, 32);
  if (r.over || ticks == 0 || ticks > G_MAXINT || scale > G_MAXINT
      || scale < ticks || scale / ticks > MAX_RATE)
    return FALSE;
  *n = scale;
  *d = ticks;
  return TRUE;
}

/* profile_tier_level (), ISO/IEC 23008-2, section 7.3.3 */
static void
h265_skip_profile_tier_level (BitReader * r, guint max_sub_layers_minus1)
{
  guint i, present[8] = { 0, };

  skip (r, 88);
  skip (r, 8);
  for (i = 0; i < max_sub_layers_minus1; i++)
    present[i] = get (r, 2);
  if (max_sub_layers_minus1 > 0)
    skip (r, 2 * (8 - max_sub_layers_minus1));
  for (i = 0; i < max_sub_layers_minus1; i++) {
    if (present[i] & 2)
      skip (r, 88);
    if (present[i] & 1)
      skip (r, 8);
  }
}

/**
 * gst_fmp4_h265_sps_size:
 * @sps: a sequence parameter set NAL unit
 * @size: its length
 * @width: (out): of the conformance window, in pixels
 * @height: (out): likewise
 *
 * ISO/IEC 23008-2, section 7.3.2.2.
 *
 * Returns: whether it could be read
 */
gboolean
gst_fmp4_h265_sps_size (const guint8 * sps, gsize size, guint * width,
    guint * height)
{
  guint8 rbsp[MAX_RBSP];
  BitReader r;
  guint sub_layers, chroma, unit_x, unit_y;
  gint64 w, h;

  bit_reader_init (&r, rbsp, unescape (sps, size, rbsp));
  if ((get (&r, 16) >> 9 & 0x3f) != 33)
    return FALSE;
  skip (&r, 4);
  sub_layers = get (&r, 3);
  skip (&r, 1);
  h265_skip_profile_tier_level (&r, sub_layers);
  get_ue (&r);
  chroma = get_ue (&r);
  if (chroma == 3 && get (&r, 1))
    chroma = 0;
  w = get_ue (&r);
  h = get_ue (&r);
  unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
  unit_y = chroma == 1 ? 2 : 1;
  if (get (&r, 1)) {
    w -= (gint64) unit_x *get_ue (&r);
    w -= (gint64) unit_x *get_ue (&r);
    h -= (gint64) unit_y *get_ue (&r);
    h -= (gint64) unit_y *get_ue (&r);
  }
  return !r.over && set_size (w, h, width, height);
}

/* The timing and operating points before the size, AV1 section 5.5.1 */
static void
av1_skip_to_size (BitReader * r)
{
  gboolean decoder_model = FALSE;
  guint i, n, delay_bits = 0;

  if (get (r, 1)) {             /* timing info */
    skip (r, 64);
    if (get (r, 1))
      get_ue (r);
    decoder_model = get (r, 1);
    if (decoder_model) {
      delay_bits = get (r, 5) + 1;
      skip (r, 32 + 10);
    }
  }
  i = get (r, 1);               /* initial display delay present */
  for (n = get (r, 5) + 1; n > 0 && !r->over; n--) {
    skip (r, 12);
    if (get (r, 5) > 7)
      skip (r, 1);
    if (decoder_model && get (r, 1))
      skip (r, 2 * delay_bits + 1);
    if (i && get (r, 1))
      skip (r, 4);
  }
}

static gboolean
av1_sequence_size (const guint8 * data, gsize size, guint * width,
    guint * height)
{
  BitReader r;
  guint width_bits, height_bits;
  gint64 w, h;

  bit_reader_init (&r, data, MIN (size, MAX_RBSP));
  skip (&r, 4);
  if (get (&r, 1))              /* reduced still picture header */
    skip (&r, 5);
  else
    av1_skip_to_size (&r);
  width_bits = get (&r, 4) + 1;
  height_bits = get (&r, 4) + 1;
  w = (gint64) get (&r, width_bits) + 1;
  h = (gint64) get (&r, height_bits) + 1;
  return !r.over && set_size (w, h, width, height);
}

/* leb128 (), AV1 section 4.10.5 */
static gboolean
get_leb128 (const guint8 * data, gsize size, gsize * pos, guint64 * value)
{
  guint i;

  *value = 0;
  for (i = 0; i < 8 && *pos < size; i++) {
    guint8 byte = data[(*pos)++];

    *value |= (guint64) (byte & 0x7f) << (7 * i);
    if (!(byte & 0x80))
      return TRUE;
  }
  return FALSE;
}

/**
 * gst_fmp4_av1_obu_size:
 * @obus: open bitstream units with sizes, as in av1C or a temporal unit
 * @size: their length
 * @width: (out): the largest frame, in pixels
 * @height: (out): likewise
 *
 * Returns: whether there is a sequence header that could be read
 */
gboolean
gst_fmp4_av1_obu_size (const guint8 * obus, gsize size, guint * width,
    guint * height)
{
  gsize pos = 0;

  while (pos < size) {
    guint8 header = obus[pos++];
    guint64 length = size - pos;

    if (header & 4)
      pos++;
    if (header & 2) {
      if (!get_leb128 (obus, size, &pos, &length))
        return FALSE;
    } else {
      length = pos < size ? size - pos : 0;
    }
    if (pos > size || length > size - pos)
      return FALSE;
    if ((header >> 3 & 15) == 1)
      return av1_sequence_size (obus + pos, length, width, height);
    pos += length;
  }
  return FALSE;
}

/**
 * gst_fmp4_vp9_frame_size:
 * @frame: a VP9 key frame
 * @size: its length
 * @width: (out): in pixels
 * @height: (out): likewise
 *
 * VP9 bitstream specification, section 6.2.
 *
 * Returns: whether it is a key frame that could be read
 */
gboolean
gst_fmp4_vp9_frame_size (const guint8 * frame, gsize size, guint * width,
    guint * height)
{
  BitReader r;
  guint profile, color_space;
  gint64 w, h;

  bit_reader_init (&r, frame, MIN (size, MAX_RBSP));
  if (get (&r, 2) != 2)
    return FALSE;
  profile = get (&r, 1);
  profile |= get (&r, 1) << 1;
  if (profile == 3)
    skip (&r, 1);
  if (get (&r, 1) || get (&r, 1))       /* shown again, or not a key frame */
    return FALSE;
  skip (&r, 2);
  if (get (&r, 24) != 0x498342)
    return FALSE;
  if (profile >= 2)
    skip (&r, 1);
  color_space = get (&r, 3);
  if (color_space != 7)
    skip (&r, profile & 1 ? 4 : 1);
  else if (profile & 1)
    skip (&r, 1);
  w = (gint64) get (&r, 16) + 1;
  h = (gint64) get (&r, 16) + 1;
  return !r.over && set_size (w, h, width, height);
}
