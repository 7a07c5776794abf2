/* gstdvrahead.c: what is shown ahead of its part
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
  g_clear_pointer (&self->samples, g_ptr_array_unref);
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
 * otherwise than before takes the place of what was shown. @seen: the last of
 * them holds nothing but samples that were shown. */
void
gst_dvr_ahead_show (GstDvrAhead * self, guint part, GPtrArray * chunks,
    gboolean seen)
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
  self->n_unseen += !seen;
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

/* Adds samples to those that are kept, and lets the oldest go. */
void
gst_dvr_ahead_keep_samples (GPtrArray * kept, GPtrArray * samples)
{
  guint i;

  for (i = 0; i < samples->len; i++)
    g_ptr_array_add (kept, gst_buffer_ref (g_ptr_array_index (samples, i)));
  if (kept->len > GST_DVR_AHEAD_MAX_SAMPLES)
    g_ptr_array_remove_range (kept, 0, kept->len - GST_DVR_AHEAD_MAX_SAMPLES);
}

/* See gst_dvr_store_writer_show_samples(). */
void
gst_dvr_ahead_show_samples (GstDvrAhead * self, GPtrArray * samples)
{
  if (!self->samples)
    self->samples = g_ptr_array_new_with_free_func ((GDestroyNotify)
        gst_buffer_unref);
  gst_dvr_ahead_keep_samples (self->samples, samples);
  self->n_samples += samples->len;
}

/* @index: (inout): of all that were shown; where it is no longer kept, of the
 * first that is. Returns: (transfer full) (nullable): the sample */
GstBuffer *
gst_dvr_ahead_get_sample (const GstDvrAhead * self, guint * index)
{
  guint first;

  if (!self->samples || *index >= self->n_samples)
    return NULL;
  first = self->n_samples - self->samples->len;
  *index = MAX (*index, first);
  return gst_buffer_ref (g_ptr_array_index (self->samples, *index - first));
}

/* Returns: bytes of the chunks that are shown */
static guint64
get_size (const GstDvrAhead * self)
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

/* @size: of the segment. Returns: what rises when there is more to see. Samples
 * are counted where they are shown, so that the chunk they are in later is
 * nothing new. */
guint64
gst_dvr_ahead_get_progress (const GstDvrAhead * self, guint64 size)
{
  if (self->n_samples > 0)
    return G_MAXUINT64 / 2 + self->n_samples + self->n_unseen;
  return size + get_size (self);
}
