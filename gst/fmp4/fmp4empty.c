/* Fragmented MP4: a moof of nothing.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fmp4.h"

#define TYPE GST_FMP4_TYPE

/* tfhd flags, ISO/IEC 14496-12, section 8.8.7 */
#define TFHD_DURATION_IS_EMPTY 0x010000
#define TFHD_BASE_IS_MOOF 0x020000

static void
put_traf (GByteArray * out, guint32 track)
{
  guint traf = gst_fmp4_box_begin (out, TYPE ('t', 'r', 'a', 'f'));
  guint tfhd = gst_fmp4_box_begin_full (out, TYPE ('t', 'f', 'h', 'd'), 0,
      TFHD_BASE_IS_MOOF | TFHD_DURATION_IS_EMPTY);

  gst_fmp4_put_u32 (out, track);
  gst_fmp4_box_end (out, tfhd);
  gst_fmp4_box_end (out, traf);
}

/* A traf for each track that fragments may have, by its trex. */
static guint
put_trafs (GByteArray * out, const GstFmp4Box * mvex)
{
  GstFmp4BoxIter iter;
  GstFmp4Box box;
  guint n = 0;

  gst_fmp4_box_iter_init (&iter, mvex->data, mvex->data_size);
  while (n < GST_FMP4_MAX_TRACKS &&
      gst_fmp4_box_iter_next (&iter, &box) == GST_FMP4_BOX_OK) {
    if (box.type != TYPE ('t', 'r', 'e', 'x') || box.data_size < 8)
      continue;
    put_traf (out, GST_READ_UINT32_BE (box.data + 4));
    n++;
  }
  return n;
}

/**
 * gst_fmp4_write_empty:
 * @init: an init section
 * @size: its length
 *
 * A moof that names every track and has no sample, as ISO/IEC 14496-12,
 * section 8.8.6 allows. A demuxer that was cut off in the middle of a chunk
 * drops with it what it still waits for.
 *
 * Returns: (transfer full) (nullable): it, if the tracks can be read
 */
GstBuffer *
gst_fmp4_write_empty (const guint8 * init, gsize size)
{
  GByteArray *out = g_byte_array_new ();
  GstFmp4Box moov, mvex;
  guint moof, mfhd, n = 0;
  gsize length;

  moof = gst_fmp4_box_begin (out, GST_FMP4_MOOF);
  mfhd = gst_fmp4_box_begin_full (out, TYPE ('m', 'f', 'h', 'd'), 0, 0);
  gst_fmp4_put_u32 (out, 1);
  gst_fmp4_box_end (out, mfhd);
  if (gst_fmp4_box_find (init, size, GST_FMP4_MOOV, &moov) &&
      gst_fmp4_box_find (moov.data, moov.data_size, TYPE ('m', 'v', 'e', 'x'),
          &mvex))
    n = put_trafs (out, &mvex);
  gst_fmp4_box_end (out, moof);
  length = out->len;
  if (n == 0) {
    g_byte_array_unref (out);
    return NULL;
  }
  return gst_buffer_new_wrapped (g_byte_array_free (out, FALSE), length);
}
