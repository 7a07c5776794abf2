/* dvrheld.c: how much memory a table's segments take
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Many entries of a table may hold one segment, whole and by parts: it counts
 * once. A segment that grows is measured anew now and then.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrheld.h"

typedef struct
{
  guint entries;
  guint64 bytes;
} Measure;

struct _DvrHeld
{
  GMutex lock;
  GHashTable *segments;         /* GstDvrSegment, not referenced -> Measure */
  guint64 bytes;
};

DvrHeld *
dvr_held_new (void)
{
  DvrHeld *self = g_new0 (DvrHeld, 1);

  g_mutex_init (&self->lock);
  self->segments = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

void
dvr_held_free (DvrHeld * self)
{
  g_hash_table_unref (self->segments);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
measure_locked (DvrHeld * self, GstDvrSegment * segment, Measure * measure)
{
  self->bytes -= measure->bytes;
  measure->bytes = gst_dvr_segment_get_memory_size (segment);
  self->bytes += measure->bytes;
}

/**
 * dvr_held_add:
 * @self: the sums
 * @segment: what one more entry holds; the entry keeps it alive
 */
void
dvr_held_add (DvrHeld * self, GstDvrSegment * segment)
{
  Measure *measure;

  g_mutex_lock (&self->lock);
  measure = g_hash_table_lookup (self->segments, segment);
  if (!measure) {
    measure = g_new0 (Measure, 1);
    g_hash_table_insert (self->segments, segment, measure);
  }
  measure->entries++;
  measure_locked (self, segment, measure);
  g_mutex_unlock (&self->lock);
}

/**
 * dvr_held_remove:
 * @self: the sums
 * @segment: what one entry less holds
 */
void
dvr_held_remove (DvrHeld * self, GstDvrSegment * segment)
{
  Measure *measure;

  g_mutex_lock (&self->lock);
  measure = g_hash_table_lookup (self->segments, segment);
  if (measure && --measure->entries == 0) {
    self->bytes -= measure->bytes;
    g_hash_table_remove (self->segments, segment);
  }
  g_mutex_unlock (&self->lock);
}

/**
 * dvr_held_refresh:
 * @self: the sums
 *
 * Measures what may have grown.
 */
void
dvr_held_refresh (DvrHeld * self)
{
  GHashTableIter iter;
  gpointer segment, measure;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->segments);
  while (g_hash_table_iter_next (&iter, &segment, &measure))
    measure_locked (self, segment, measure);
  g_mutex_unlock (&self->lock);
}

guint64
dvr_held_get_bytes (DvrHeld * self)
{
  guint64 bytes;

  g_mutex_lock (&self->lock);
  bytes = self->bytes;
  g_mutex_unlock (&self->lock);
  return bytes;
}
