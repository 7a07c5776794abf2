/* ISO base media boxes: bounded reading in memory, and writing.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fmp4box.h"

#include <string.h>

/**
 * gst_fmp4_box_iter_init:
 * @iter: an iterator on the caller's stack
 * @data: bytes that begin with a box; kept alive by the caller
 * @size: how many
 *
 * Begins to walk the boxes in @data (ISO/IEC 14496-12, section 4.2). The
 * boxes at the top of a file's prefix are walked as well as those inside
 * another box.
 */
void
gst_fmp4_box_iter_init (GstFmp4BoxIter * iter, const guint8 * data, gsize size)
{
  iter->data = data;
  iter->size = size;
  iter->pos = 0;
}

/**
 * gst_fmp4_box_iter_next:
 * @iter: an iterator
 * @box: (out): the box, valid as long as the data is
 *
 * Steps to the next box. Nothing outside the data is ever read, whatever the
 * sizes in it say. A size of 0 reaches to the end of the data.
 *
 * Returns: GST_FMP4_BOX_OK with the whole box in @box;
 *   GST_FMP4_BOX_TRUNCATED with as much of it as is there (the size and type
 *   are 0 when they are cut off); GST_FMP4_BOX_END; or GST_FMP4_BOX_INVALID
 *   when the size is smaller than the header. After anything but OK the
 *   iterator stays where it is.
 */
GstFmp4BoxResult
gst_fmp4_box_iter_next (GstFmp4BoxIter * iter, GstFmp4Box * box)
{
  const guint8 *data = iter->data + iter->pos;
  gsize left = iter->size - iter->pos;
  guint header = 8;

  memset (box, 0, sizeof (*box));
  box->offset = iter->pos;
  if (left == 0)
    return GST_FMP4_BOX_END;
  if (left < header)
    return GST_FMP4_BOX_TRUNCATED;

  box->type = GST_READ_UINT32_BE (data + 4);
  box->size = GST_READ_UINT32_BE (data);
  if (box->size == 0) {
    box->size = left;
  } else if (box->size == 1) {
    header = 16;
    if (left < header) {
      box->size = 0;
      return GST_FMP4_BOX_TRUNCATED;
    }
    box->size = GST_READ_UINT64_BE (data + 8);
  }
  if (box->type == GST_FMP4_UUID)
    header += 16;
  box->header_size = header;
  if (box->size < header)
    return GST_FMP4_BOX_INVALID;
  if (left < header)
    return GST_FMP4_BOX_TRUNCATED;

  if (box->type == GST_FMP4_UUID)
    box->uuid = data + header - 16;
  box->data = data + header;
  box->data_size = MIN (box->size, left) - header;
  if (box->size > left)
    return GST_FMP4_BOX_TRUNCATED;
  iter->pos += box->size;
  return GST_FMP4_BOX_OK;
}

/**
 * gst_fmp4_box_find:
 * @data: bytes that begin with a box
 * @size: how many
 * @type: the type looked for
 * @box: (out): the first box of that type
 *
 * Returns: whether a whole box of that type is among those in @data.
 */
gboolean
gst_fmp4_box_find (const guint8 * data, gsize size, guint32 type,
    GstFmp4Box * box)
{
  GstFmp4BoxIter iter;

  gst_fmp4_box_iter_init (&iter, data, size);
  while (gst_fmp4_box_iter_next (&iter, box) == GST_FMP4_BOX_OK) {
    if (box->type == type)
      return TRUE;
  }
  return FALSE;
}

/**
 * gst_fmp4_box_begin:
 * @out: bytes appended to
 * @type: the box type
 *
 * Returns: where the box began, for gst_fmp4_box_end()
 */
guint
gst_fmp4_box_begin (GByteArray * out, guint32 type)
{
  guint box = out->len;

  gst_fmp4_put_u32 (out, 0);
  gst_fmp4_put_u32 (out, type);
  return box;
}

static void
put_u24 (GByteArray * out, guint32 value)
{
  guint8 bytes[3];

  GST_WRITE_UINT24_BE (bytes, value);
  g_byte_array_append (out, bytes, sizeof (bytes));
}

/**
 * gst_fmp4_box_begin_full:
 * @out: bytes appended to
 * @type: the box type
 * @version: of the full box
 * @flags: 24 bits
 *
 * Returns: where the box began, for gst_fmp4_box_end()
 */
guint
gst_fmp4_box_begin_full (GByteArray * out, guint32 type, guint8 version,
    guint32 flags)
{
  guint box = gst_fmp4_box_begin (out, type);

  gst_fmp4_put_u8 (out, version);
  put_u24 (out, flags);
  return box;
}

/**
 * gst_fmp4_box_end:
 * @out: bytes appended to
 * @box: what gst_fmp4_box_begin() returned
 *
 * Fills in the size of the box, which ends here.
 */
void
gst_fmp4_box_end (GByteArray * out, guint box)
{
  GST_WRITE_UINT32_BE (out->data + box, out->len - box);
}

void
gst_fmp4_put_u8 (GByteArray * out, guint8 value)
{
  g_byte_array_append (out, &value, 1);
}

void
gst_fmp4_put_u16 (GByteArray * out, guint16 value)
{
  guint8 bytes[2];

  GST_WRITE_UINT16_BE (bytes, value);
  g_byte_array_append (out, bytes, sizeof (bytes));
}

void
gst_fmp4_put_u32 (GByteArray * out, guint32 value)
{
  guint8 bytes[4];

  GST_WRITE_UINT32_BE (bytes, value);
  g_byte_array_append (out, bytes, sizeof (bytes));
}

void
gst_fmp4_put_u64 (GByteArray * out, guint64 value)
{
  guint8 bytes[8];

  GST_WRITE_UINT64_BE (bytes, value);
  g_byte_array_append (out, bytes, sizeof (bytes));
}

void
gst_fmp4_put_zeros (GByteArray * out, guint n)
{
  g_byte_array_set_size (out, out->len + n);
  memset (out->data + out->len - n, 0, n);
}

void
gst_fmp4_put_data (GByteArray * out, gconstpointer data, guint size)
{
  g_byte_array_append (out, data, size);
}
