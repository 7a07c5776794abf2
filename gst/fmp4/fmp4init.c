/* Fragmented MP4: tracks to ftyp and moov.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fmp4.h"
#include "fmp4bits.h"
#include "fmp4entry.h"

#include <string.h>

#define TYPE GST_FMP4_TYPE

G_DEFINE_QUARK (gst - fmp4 - error - quark, gst_fmp4_error);

static gboolean
caps_size (const GstCaps * caps, gint * width, gint * height)
{
  const GstStructure *s = gst_caps_get_structure (caps, 0);

  return gst_structure_get_int (s, "width", width) &&
      gst_structure_get_int (s, "height", height) &&
      *width > 0 && *height > 0 && *width <= 65535 && *height <= 65535;
}

static guint32
default_timescale (GstFmp4Codec codec, const GstCaps * caps)
{
  gint rate = 0;

  if (gst_fmp4_codec_is_video (codec))
    return 90000;
  if (codec == GST_FMP4_CODEC_OPUS)
    return 48000;
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "rate", &rate);
  return MAX (rate, 0);
}

/**
 * gst_fmp4_track_init:
 * @track: (out): a track, to be cleared with gst_fmp4_track_clear()
 * @id: track id, from 1
 * @caps: fixed caps; a reference is taken
 * @timescale: ticks per second, or 0 for the usual one: 90000 for pictures,
 *   in which whole milliseconds are exact, and the sample rate for sound
 *   (Opus: 48000)
 * @error: why not
 *
 * Returns: whether the caps are of a codec known here, with all it needs;
 *   if not, there is nothing to clear
 */
gboolean
gst_fmp4_track_init (GstFmp4Track * track, guint32 id, GstCaps * caps,
    guint32 timescale, GError ** error)
{
  GstFmp4Codec codec = gst_fmp4_codec_from_caps (caps);
  GstBuffer *config;
  gint width, height;

  memset (track, 0, sizeof (*track));
  if (codec == GST_FMP4_CODEC_NONE) {
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_UNSUPPORTED,
        "no place in fragmented MP4 for %s", caps &&
        gst_caps_get_size (caps) ?
        gst_structure_get_name (gst_caps_get_structure (caps, 0)) : "no caps");
    return FALSE;
  }
  config = gst_fmp4_codec_config (caps);
  if (timescale == 0)
    timescale = default_timescale (codec, caps);
  if (id == 0 || timescale == 0 || config == NULL ||
      (gst_fmp4_codec_is_video (codec)
          && !caps_size (caps, &width, &height))) {
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_CONFIG,
        "caps of track %u lack %s", id, config == NULL ? "codec_data" :
        gst_fmp4_codec_is_video (codec) ? "width and height" : "a rate");
    gst_clear_buffer (&config);
    return FALSE;
  }
  gst_buffer_unref (config);
  track->id = id;
  track->codec = codec;
  track->timescale = timescale;
  track->caps = gst_caps_ref (caps);
  return TRUE;
}

/**
 * gst_fmp4_track_clear:
 * @track: a track
 *
 * Lets go of its caps.
 */
void
gst_fmp4_track_clear (GstFmp4Track * track)
{
  gst_clear_caps (&track->caps);
}

/**
 * gst_fmp4_track_is_video:
 * @track: a track
 *
 * Returns: whether it is one of pictures
 */
gboolean
gst_fmp4_track_is_video (const GstFmp4Track * track)
{
  return gst_fmp4_codec_is_video (track->codec);
}

/**
 * gst_fmp4_track_get_size:
 * @track: a track
 * @width: (out): in pixels
 * @height: (out): in pixels
 *
 * Returns: whether it is one of pictures whose size is known
 */
gboolean
gst_fmp4_track_get_size (const GstFmp4Track * track, guint * width,
    guint * height)
{
  gint w, h;

  if (!gst_fmp4_track_is_video (track) || !caps_size (track->caps, &w, &h))
    return FALSE;
  *width = w;
  *height = h;
  return TRUE;
}

/* What the first parameter set of avcC says (ISO/IEC 14496-15, 5.3.3.1). */
static gboolean
avc_rate (const GstCaps * caps, guint * n, guint * d)
{
  GstBuffer *config = gst_fmp4_codec_config (caps);
  gboolean known = FALSE;
  GstMapInfo map;

  if (config == NULL)
    return FALSE;
  if (gst_buffer_map (config, &map, GST_MAP_READ)) {
    if (map.size > 8 && (map.data[5] & 31) > 0
        && GST_READ_UINT16_BE (map.data + 6) <= map.size - 8)
      known = gst_fmp4_h264_sps_rate (map.data + 8,
          GST_READ_UINT16_BE (map.data + 6), n, d);
    gst_buffer_unmap (config, &map);
  }
  gst_buffer_unref (config);
  return known;
}

/**
 * gst_fmp4_track_get_rate:
 * @track: a track
 * @n: (out): frames
 * @d: (out): in so many seconds
 *
 * Returns: whether it is one of pictures whose highest rate is known: the caps
 *   say it, or what the decoder is given
 */
gboolean
gst_fmp4_track_get_rate (const GstFmp4Track * track, guint * n, guint * d)
{
  gint num, den;

  if (!gst_fmp4_track_is_video (track))
    return FALSE;
  if (gst_structure_get_fraction (gst_caps_get_structure (track->caps, 0),
          "framerate", &num, &den) && num > 0 && den > 0) {
    *n = num;
    *d = den;
    return TRUE;
  }
  return track->codec == GST_FMP4_CODEC_H264 && avc_rate (track->caps, n, d);
}

/**
 * gst_fmp4_time_to_ticks:
 * @time: nanoseconds
 * @timescale: ticks per second
 *
 * Returns: the nearest tick
 */
guint64
gst_fmp4_time_to_ticks (GstClockTime time, guint32 timescale)
{
  return gst_util_uint64_scale_round (time, timescale, GST_SECOND);
}

/**
 * gst_fmp4_ticks_to_time:
 * @ticks: a time
 * @timescale: ticks per second
 *
 * Returns: the nearest nanosecond
 */
GstClockTime
gst_fmp4_ticks_to_time (guint64 ticks, guint32 timescale)
{
  return gst_util_uint64_scale_round (ticks, GST_SECOND, timescale);
}

static void
put_matrix (GByteArray * out)
{
  static const guint32 unity[9] = { 0x10000, 0, 0, 0, 0x10000, 0, 0, 0,
    0x40000000
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (unity); i++)
    gst_fmp4_put_u32 (out, unity[i]);
}

/* The brands say what it is: fragments with one moof each, CMAF, and
 * default-base-is-moof (iso5 and later). */
static void
put_ftyp (GByteArray * out)
{
  guint box = gst_fmp4_box_begin (out, GST_FMP4_FTYP);

  gst_fmp4_put_data (out, "iso6", 4);
  gst_fmp4_put_u32 (out, 0);
  gst_fmp4_put_data (out, "iso6cmfcmp41", 12);
  gst_fmp4_box_end (out, box);
}

static void
put_mvhd (GByteArray * out, guint32 next_id)
{
  guint box = gst_fmp4_box_begin_full (out, TYPE ('m', 'v', 'h', 'd'), 0, 0);

  gst_fmp4_put_zeros (out, 8);  /* no wall clock: equal input, equal bytes */
  gst_fmp4_put_u32 (out, 1000);
  gst_fmp4_put_u32 (out, 0);
  gst_fmp4_put_u32 (out, 0x10000);
  gst_fmp4_put_u16 (out, 0x100);
  gst_fmp4_put_zeros (out, 10);
  put_matrix (out);
  gst_fmp4_put_zeros (out, 24);
  gst_fmp4_put_u32 (out, next_id);
  gst_fmp4_box_end (out, box);
}

static void
put_tkhd (GByteArray * out, const GstFmp4Track * track)
{
  guint box = gst_fmp4_box_begin_full (out, TYPE ('t', 'k', 'h', 'd'), 0, 3);
  guint width = 0, height = 0;

  gst_fmp4_track_get_size (track, &width, &height);
  gst_fmp4_put_zeros (out, 8);
  gst_fmp4_put_u32 (out, track->id);
  gst_fmp4_put_zeros (out, 4 + 4 + 8 + 2 + 2);
  gst_fmp4_put_u16 (out, gst_fmp4_track_is_video (track) ? 0 : 0x100);
  gst_fmp4_put_u16 (out, 0);
  put_matrix (out);
  gst_fmp4_put_u32 (out, width << 16);
  gst_fmp4_put_u32 (out, height << 16);
  gst_fmp4_box_end (out, box);
}

static void
put_mdhd (GByteArray * out, guint32 timescale)
{
  guint box = gst_fmp4_box_begin_full (out, TYPE ('m', 'd', 'h', 'd'), 0, 0);

  gst_fmp4_put_zeros (out, 8);
  gst_fmp4_put_u32 (out, timescale);
  gst_fmp4_put_u32 (out, 0);
  gst_fmp4_put_u16 (out, 0x55c4);       /* "und" */
  gst_fmp4_put_u16 (out, 0);
  gst_fmp4_box_end (out, box);
}

static void
put_hdlr (GByteArray * out, gboolean video)
{
  guint box = gst_fmp4_box_begin_full (out, TYPE ('h', 'd', 'l', 'r'), 0, 0);

  gst_fmp4_put_u32 (out, 0);
  gst_fmp4_put_data (out, video ? "vide" : "soun", 4);
  gst_fmp4_put_zeros (out, 12);
  gst_fmp4_put_data (out, video ? "video" : "sound", 6);
  gst_fmp4_box_end (out, box);
}

static void
put_empty_table (GByteArray * out, guint32 type)
{
  guint box = gst_fmp4_box_begin_full (out, type, 0, 0);

  gst_fmp4_put_u32 (out, 0);
  gst_fmp4_box_end (out, box);
}

static void
put_dinf (GByteArray * out)
{
  guint dinf = gst_fmp4_box_begin (out, TYPE ('d', 'i', 'n', 'f'));
  guint dref = gst_fmp4_box_begin_full (out, TYPE ('d', 'r', 'e', 'f'), 0, 0);
  guint url;

  gst_fmp4_put_u32 (out, 1);
  url = gst_fmp4_box_begin_full (out, TYPE ('u', 'r', 'l', ' '), 0, 1);
  gst_fmp4_box_end (out, url);
  gst_fmp4_box_end (out, dref);
  gst_fmp4_box_end (out, dinf);
}

static gboolean
put_stbl (GByteArray * out, const GstFmp4Track * track, GError ** error)
{
  guint stbl = gst_fmp4_box_begin (out, TYPE ('s', 't', 'b', 'l'));
  guint stsd = gst_fmp4_box_begin_full (out, TYPE ('s', 't', 's', 'd'), 0, 0);
  guint stsz;

  gst_fmp4_put_u32 (out, 1);
  if (!gst_fmp4_put_sample_entry (out, track, error))
    return FALSE;
  gst_fmp4_box_end (out, stsd);
  put_empty_table (out, TYPE ('s', 't', 't', 's'));
  put_empty_table (out, TYPE ('s', 't', 's', 'c'));
  stsz = gst_fmp4_box_begin_full (out, TYPE ('s', 't', 's', 'z'), 0, 0);
  gst_fmp4_put_zeros (out, 8);
  gst_fmp4_box_end (out, stsz);
  put_empty_table (out, TYPE ('s', 't', 'c', 'o'));
  gst_fmp4_box_end (out, stbl);
  return TRUE;
}

static gboolean
put_trak (GByteArray * out, const GstFmp4Track * track, GError ** error)
{
  gboolean video = gst_fmp4_track_is_video (track);
  guint trak, mdia, minf, head;

  trak = gst_fmp4_box_begin (out, TYPE ('t', 'r', 'a', 'k'));
  put_tkhd (out, track);
  mdia = gst_fmp4_box_begin (out, TYPE ('m', 'd', 'i', 'a'));
  put_mdhd (out, track->timescale);
  put_hdlr (out, video);
  minf = gst_fmp4_box_begin (out, TYPE ('m', 'i', 'n', 'f'));
  if (video) {
    head = gst_fmp4_box_begin_full (out, TYPE ('v', 'm', 'h', 'd'), 0, 1);
    gst_fmp4_put_zeros (out, 8);
  } else {
    head = gst_fmp4_box_begin_full (out, TYPE ('s', 'm', 'h', 'd'), 0, 0);
    gst_fmp4_put_zeros (out, 4);
  }
  gst_fmp4_box_end (out, head);
  put_dinf (out);
  if (!put_stbl (out, track, error))
    return FALSE;
  gst_fmp4_box_end (out, minf);
  gst_fmp4_box_end (out, mdia);
  gst_fmp4_box_end (out, trak);
  return TRUE;
}

static void
put_trex (GByteArray * out, guint32 track_id)
{
  guint box = gst_fmp4_box_begin_full (out, TYPE ('t', 'r', 'e', 'x'), 0, 0);

  gst_fmp4_put_u32 (out, track_id);
  gst_fmp4_put_u32 (out, 1);
  gst_fmp4_put_zeros (out, 12);
  gst_fmp4_box_end (out, box);
}

/**
 * gst_fmp4_write_init:
 * @tracks: (array length=n_tracks): the tracks
 * @n_tracks: 1 to GST_FMP4_MAX_TRACKS
 * @error: why not
 *
 * Writes an init section: ftyp and moov, without samples, times of day or an
 * edit list. Equal tracks give equal bytes.
 *
 * Returns: (transfer full) (nullable): one memory
 */
GstBuffer *
gst_fmp4_write_init (const GstFmp4Track * tracks, guint n_tracks,
    GError ** error)
{
  GByteArray *out = g_byte_array_new ();
  guint32 next_id = 1;
  guint moov, mvex, i;
  gsize size;

  g_return_val_if_fail (n_tracks > 0 && n_tracks <= GST_FMP4_MAX_TRACKS, NULL);

  for (i = 0; i < n_tracks; i++)
    next_id = MAX (next_id, tracks[i].id + 1);
  put_ftyp (out);
  moov = gst_fmp4_box_begin (out, GST_FMP4_MOOV);
  put_mvhd (out, next_id);
  for (i = 0; i < n_tracks; i++) {
    if (!put_trak (out, &tracks[i], error)) {
      g_byte_array_unref (out);
      return NULL;
    }
  }
  mvex = gst_fmp4_box_begin (out, TYPE ('m', 'v', 'e', 'x'));
  for (i = 0; i < n_tracks; i++)
    put_trex (out, tracks[i].id);
  gst_fmp4_box_end (out, mvex);
  gst_fmp4_box_end (out, moov);
  size = out->len;
  return gst_buffer_new_wrapped (g_byte_array_free (out, FALSE), size);
}
