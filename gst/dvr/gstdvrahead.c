/* gstdvrahead.c: chunks that are shown ahead of their part
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrahead.h"

typedef struct
{
  guint part;
  GPtrArray *chunks;
} Shown;

static void
shown_clear (gpointer data)
{
  g_ptr_array_unref (((Shown *) data)->chunks);
}

/* As new: a zeroed one shows nothing. */
void
gst_dvr_ahead_clear (GstDvrAhead * self)
{
  g_clear_pointer (&self->parts, g_array_unref);
}

static Shown *
find (const GstDvrAhead * self, guint part)
{
  guint i;

  for (i = 0; self->parts && i < self->parts->len; i++) {
    Shown *shown = &g_array_index (self->parts, Shown, i);

    if (shown->part == part)
      return shown;
  }
  return NULL;
}

/* @chunks: (element-type GstBuffer): all of the part so far. A part that begins
 * otherwise than before takes the place of what was shown. */
void
gst_dvr_ahead_show (GstDvrAhead * self, guint part, GPtrArray * chunks)
{
  Shown *shown = find (self, part);
  guint i;

  if (chunks->len == 0)
    return;
  if (!self->parts) {
    self->parts = g_array_new (FALSE, FALSE, sizeof (Shown));
    g_array_set_clear_func (self->parts, shown_clear);
  }
  if (!shown) {
    Shown begun = { part, g_ptr_array_new_with_free_func ((GDestroyNotify)
          gst_buffer_unref)
    };

    g_array_append_val (self->parts, begun);
    shown = find (self, part);
  }
  if (shown->chunks->len > 0 && shown->chunks->pdata[0] != chunks->pdata[0])
    g_ptr_array_set_size (shown->chunks, 0);
  for (i = shown->chunks->len; i < chunks->len; i++)
    g_ptr_array_add (shown->chunks,
        gst_buffer_ref (g_ptr_array_index (chunks, i)));
}

/* The parts before @part are there themselves. */
void
gst_dvr_ahead_drop_before (GstDvrAhead * self, guint part)
{
  guint i = 0;

  while (self->parts && i < self->parts->len) {
    if (g_array_index (self->parts, Shown, i).part < part)
      g_array_remove_index_fast (self->parts, i);
    else
      i++;
  }
}

/* Returns: (transfer full) (nullable): a chunk, if it is shown */
GstBuffer *
gst_dvr_ahead_get (const GstDvrAhead * self, guint part, guint index)
{
  Shown *shown = find (self, part);

  return shown && index < shown->chunks->len ?
      gst_buffer_ref (g_ptr_array_index (shown->chunks, index)) : NULL;
}

/* Returns: bytes of what is shown */
guint64
gst_dvr_ahead_get_size (const GstDvrAhead * self)
{
  guint64 size = 0;
  guint i, k;

  for (i = 0; self->parts && i < self->parts->len; i++) {
    Shown *shown = &g_array_index (self->parts, Shown, i);

    for (k = 0; k < shown->chunks->len; k++)
      size += gst_buffer_get_size (g_ptr_array_index (shown->chunks, k));
  }
  return size;
}
