/* ISO base media boxes: bounded reading in memory, and writing.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* A box type as it stands in the file, comparable in a switch. */
#define GST_FMP4_TYPE(a, b, c, d) \
    ((guint32) (a) << 24 | (guint32) (b) << 16 | (guint32) (c) << 8 | (d))

#define GST_FMP4_FTYP GST_FMP4_TYPE ('f', 't', 'y', 'p')
#define GST_FMP4_STYP GST_FMP4_TYPE ('s', 't', 'y', 'p')
#define GST_FMP4_MOOV GST_FMP4_TYPE ('m', 'o', 'o', 'v')
#define GST_FMP4_MOOF GST_FMP4_TYPE ('m', 'o', 'o', 'f')
#define GST_FMP4_MDAT GST_FMP4_TYPE ('m', 'd', 'a', 't')
#define GST_FMP4_PRFT GST_FMP4_TYPE ('p', 'r', 'f', 't')
#define GST_FMP4_UUID GST_FMP4_TYPE ('u', 'u', 'i', 'd')

typedef enum {
  GST_FMP4_BOX_OK,              /* a whole box is there */
  GST_FMP4_BOX_END,             /* the data ended between two boxes */
  GST_FMP4_BOX_TRUNCATED,       /* the data ended inside a box */
  GST_FMP4_BOX_INVALID,         /* not a box: nothing can follow */
} GstFmp4BoxResult;

/**
 * GstFmp4Box:
 * @type: the type, see GST_FMP4_TYPE
 * @offset: where the box begins in the data iterated over, bytes
 * @size: what the box says of its whole size, header included. 0 when even
 *   the header is cut off
 * @header_size: 8, 16 with a large size; 16 more for a uuid box
 * @uuid: (nullable): the 16 bytes of a uuid box's own type
 * @data: what follows the header, borrowed from the data iterated over
 * @data_size: how much of it is there: less than it should be only when the
 *   box is truncated
 */
typedef struct {
  guint32 type;
  guint64 offset;
  guint64 size;
  guint header_size;
  const guint8 *uuid;
  const guint8 *data;
  gsize data_size;
} GstFmp4Box;

typedef struct {
  const guint8 *data;
  gsize size;
  gsize pos;
} GstFmp4BoxIter;

void gst_fmp4_box_iter_init (GstFmp4BoxIter * iter, const guint8 * data,
    gsize size);
GstFmp4BoxResult gst_fmp4_box_iter_next (GstFmp4BoxIter * iter,
    GstFmp4Box * box);
gboolean gst_fmp4_box_find (const guint8 * data, gsize size, guint32 type,
    GstFmp4Box * box);

/* Writing: bytes appended to a GByteArray, sizes filled in afterwards. */
guint gst_fmp4_box_begin (GByteArray * out, guint32 type);
guint gst_fmp4_box_begin_full (GByteArray * out, guint32 type, guint8 version,
    guint32 flags);
void gst_fmp4_box_end (GByteArray * out, guint box);
void gst_fmp4_put_u8 (GByteArray * out, guint8 value);
void gst_fmp4_put_u16 (GByteArray * out, guint16 value);
void gst_fmp4_put_u32 (GByteArray * out, guint32 value);
void gst_fmp4_put_u64 (GByteArray * out, guint64 value);
void gst_fmp4_put_zeros (GByteArray * out, guint n);
void gst_fmp4_put_data (GByteArray * out, gconstpointer data, guint size);

G_END_DECLS
