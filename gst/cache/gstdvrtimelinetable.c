/* gstdvrtimelinetable.c: the timelines that were asked for last
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is cached can be served on without an upstream as long as its timeline
 * is remembered. From any thread. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrtimelinetable.h"

struct _GstDvrTimelineTable
{
  guint max;

  GMutex lock;                  /* protects all below */
  GHashTable *links;            /* stream -> GList in timelines */
  GQueue timelines;             /* least recently asked for first */
};

/**
 * gst_dvr_timeline_table_new:
 * @max: how many to remember
 *
 * Returns: (transfer full): an empty table
 */
GstDvrTimelineTable *
gst_dvr_timeline_table_new (guint max)
{
  GstDvrTimelineTable *self = g_new0 (GstDvrTimelineTable, 1);

  g_mutex_init (&self->lock);
  self->max = max;
  self->links = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
gst_dvr_timeline_table_free (GstDvrTimelineTable * self)
{
  gst_dvr_timeline_table_clear (self);
  g_hash_table_unref (self->links);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static GstDvrTimeline *
take_locked (GstDvrTimelineTable * self, GList * link)
{
  GstDvrTimeline *timeline = link->data;

  g_hash_table_remove (self->links, gst_dvr_timeline_get_stream (timeline));
  g_queue_delete_link (&self->timelines, link);
  return timeline;
}

static void
use_locked (GstDvrTimelineTable * self, GList * link)
{
  g_queue_unlink (&self->timelines, link);
  g_queue_push_tail_link (&self->timelines, link);
}

/**
 * gst_dvr_timeline_table_find:
 * @self: a table
 * @stream: a stream's name
 *
 * Returns: (transfer full) (nullable): its timeline, if it is remembered
 */
GstDvrTimeline *
gst_dvr_timeline_table_find (GstDvrTimelineTable * self, const gchar * stream)
{
  GstDvrTimeline *timeline = NULL;
  GList *link;

  g_mutex_lock (&self->lock);
  link = g_hash_table_lookup (self->links, stream);
  if (link) {
    use_locked (self, link);
    timeline = gst_dvr_timeline_ref (link->data);
  }
  g_mutex_unlock (&self->lock);
  return timeline;
}

/* Takes out those asked for longest ago until the rest fits; one always does. */
static void
trim_locked (GstDvrTimelineTable * self, guint64 max_bytes, GPtrArray * gone)
{
  guint64 bytes = 0;
  GList *l;

  for (l = self->timelines.head; l; l = l->next)
    bytes += gst_dvr_timeline_get_memory_size (l->data);
  while (self->timelines.length > 1 && (bytes > max_bytes
          || self->timelines.length > self->max)) {
    bytes -= MIN (bytes,
        gst_dvr_timeline_get_memory_size (self->timelines.head->data));
    g_ptr_array_add (gone, take_locked (self, self->timelines.head));
  }
}

/**
 * gst_dvr_timeline_table_add:
 * @self: a table
 * @timeline: replaces what is remembered of its stream
 * @max_bytes: how much the timelines in it may cost
 */
void
gst_dvr_timeline_table_add (GstDvrTimelineTable * self,
    GstDvrTimeline * timeline, guint64 max_bytes)
{
  GPtrArray *gone =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_dvr_timeline_unref);
  const gchar *stream = gst_dvr_timeline_get_stream (timeline);
  GList *link;

  g_mutex_lock (&self->lock);
  link = g_hash_table_lookup (self->links, stream);
  if (link && link->data == timeline) {
    use_locked (self, link);
  } else {
    if (link)
      g_ptr_array_add (gone, take_locked (self, link));
    g_queue_push_tail (&self->timelines, gst_dvr_timeline_ref (timeline));
    g_hash_table_insert (self->links, (gpointer) stream, self->timelines.tail);
    trim_locked (self, max_bytes, gone);
  }
  g_mutex_unlock (&self->lock);
  g_ptr_array_unref (gone);
}

/**
 * gst_dvr_timeline_table_remove:
 * @self: a table
 * @stream: a stream that is gone for good
 */
void
gst_dvr_timeline_table_remove (GstDvrTimelineTable * self, const gchar * stream)
{
  GstDvrTimeline *old = NULL;
  GList *link;

  g_mutex_lock (&self->lock);
  link = g_hash_table_lookup (self->links, stream);
  if (link)
    old = take_locked (self, link);
  g_mutex_unlock (&self->lock);
  if (old)
    gst_dvr_timeline_unref (old);
}

/**
 * gst_dvr_timeline_table_clear:
 * @self: a table
 *
 * Forgets all.
 */
void
gst_dvr_timeline_table_clear (GstDvrTimelineTable * self)
{
  GQueue timelines;

  g_mutex_lock (&self->lock);
  g_hash_table_remove_all (self->links);
  timelines = self->timelines;
  g_queue_init (&self->timelines);
  g_mutex_unlock (&self->lock);
  g_queue_clear_full (&timelines, (GDestroyNotify) gst_dvr_timeline_unref);
}
