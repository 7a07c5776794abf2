/* gstdvrboxcheck.c: whether bytes that come in are MP4 boxes in a row
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Only the headers of top-level boxes are looked at (ISO/IEC 14496-12, 4.2): an
 * error page, a foreign format or a torn segment does not get past that. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/gst.h>
#include <string.h>

#include "gstdvrboxcheck.h"

/* What a segment, a part or an init section may begin with. */
static gboolean
is_first_box (const guint8 * type)
{
  static const gchar types[][5] = {
    "styp", "moof", "uuid", "ftyp", "prft", "sidx", "emsg"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++)
    if (memcmp (type, types[i], 4) == 0)
      return TRUE;

  return FALSE;
}

static gboolean
is_box_type (const guint8 * type)
{
  guint i;

  for (i = 0; i < 4; i++)
    if (type[i] < 0x20 || type[i] > 0x7e)
      return FALSE;

  return TRUE;
}

/* Returns: FALSE if the header is not one; sets next_box once it is whole */
static gboolean
read_header (GstDvrBoxCheck * self)
{
  guint64 size = GST_READ_UINT32_BE (self->header);
  const guint8 *type = self->header + 4;
  guint length = size == 1 ? 16 : 8;

  if (!is_box_type (type) || (self->n_boxes == 0 && !is_first_box (type)))
    return FALSE;
  if (self->n_header < length)
    return TRUE;
  if (size == 1)
    size = GST_READ_UINT64_BE (self->header + 8);
  /* a box that goes on to the end has no place in a stream of them */
  if (size < length || size > G_MAXINT64)
    return FALSE;
  self->next_box = self->position - length + size;
  self->n_header = 0;
  self->n_boxes++;

  return TRUE;
}

/**
 * gst_dvr_box_check_feed:
 * @self: zeroed before the first bytes
 * @data: the bytes that follow
 * @size: how many
 *
 * Returns: FALSE if they cannot be what is expected
 */
gboolean
gst_dvr_box_check_feed (GstDvrBoxCheck * self, const guint8 * data, gsize size)
{
  gsize n;

  while (size > 0) {
    if (self->position < self->next_box) {
      n = MIN (size, self->next_box - self->position);
    } else {
      n = self->n_header < 8 ? 8 - self->n_header : 16 - self->n_header;
      n = MIN (size, n);
      memcpy (self->header + self->n_header, data, n);
      self->n_header += n;
    }
    self->position += n;
    data += n;
    size -= n;
    if (self->n_header >= 8 && !read_header (self))
      return FALSE;
  }

  return TRUE;
}

/**
 * gst_dvr_box_check_is_complete:
 * @self: the check
 *
 * Returns: whether the bytes so far end where a box does
 */
gboolean
gst_dvr_box_check_is_complete (const GstDvrBoxCheck * self)
{
  return self->n_boxes > 0 && self->n_header == 0
      && self->position == self->next_box;
}
