/* gstdvrfileupstream.c: segments from a recording directory
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Reading, following and waiting for the directory are the store's. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/dvr/gstdvrstore.h>

#include "gstdvrupstream.h"

typedef struct
{
  GstDvrUpstream parent;

  gchar *path;
  GRWLock lock;                 /* readers use, writers change what is below */
  GHashTable *readers;          /* GstDvrTimeline -> GstDvrStoreReader */
} FileUpstream;

static GstDvrTimeline *
file_follow (GstDvrUpstream * upstream, const gchar * local,
    const gchar * remote, const gchar * path)
{
  FileUpstream *self = (FileUpstream *) upstream;
  GstDvrStoreReader *reader = gst_dvr_store_reader_new (self->path, remote);
  GstDvrTimeline *timeline = gst_dvr_store_reader_get_timeline (reader);

  g_rw_lock_writer_lock (&self->lock);
  g_hash_table_insert (self->readers, timeline, reader);
  g_rw_lock_writer_unlock (&self->lock);

  return gst_dvr_timeline_ref (timeline);
}

/* A reader hears of every change by itself. */
static void
file_poke (GstDvrUpstream * upstream, GstDvrTimeline * timeline)
{
}

static void
file_unfollow (GstDvrUpstream * upstream, GstDvrTimeline * timeline)
{
  FileUpstream *self = (FileUpstream *) upstream;
  GstDvrStoreReader *reader = NULL;

  g_rw_lock_writer_lock (&self->lock);
  g_hash_table_steal_extended (self->readers, timeline, NULL,
      (gpointer *) & reader);
  g_rw_lock_writer_unlock (&self->lock);

  if (reader) {
    gst_dvr_store_reader_free (reader);
    gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_FAILED, 410);
  }
}

static void
file_fetch (GstDvrUpstream * upstream, GstDvrTimeline * timeline,
    GstDvrSegment * segment, GstDvrPriority priority)
{
  FileUpstream *self = (FileUpstream *) upstream;
  GstDvrStoreReader *reader;

  g_rw_lock_reader_lock (&self->lock);
  reader = g_hash_table_lookup (self->readers, timeline);
  if (reader)
    gst_dvr_store_reader_fetch (reader, segment);
  g_rw_lock_reader_unlock (&self->lock);

  if (reader == NULL)
    gst_dvr_segment_fail (segment, 503, "the stream was let go");
}

static void
file_close (GstDvrUpstream * upstream)
{
  FileUpstream *self = (FileUpstream *) upstream;
  g_autoptr (GHashTable) readers = NULL;

  g_rw_lock_writer_lock (&self->lock);
  readers = g_steal_pointer (&self->readers);
  self->readers = g_hash_table_new (NULL, NULL);
  g_rw_lock_writer_unlock (&self->lock);
}

static void
file_free (GstDvrUpstream * upstream)
{
  FileUpstream *self = (FileUpstream *) upstream;

  g_hash_table_unref (self->readers);
  g_rw_lock_clear (&self->lock);
  g_free (self->path);
  g_free (self);
}

static const GstDvrUpstreamClass file_class = {
  .ranges = TRUE,
  .follow = file_follow,
  .poke = file_poke,
  .unfollow = file_unfollow,
  .fetch = file_fetch,
  .close = file_close,
  .free = file_free,
};

/**
 * gst_dvr_file_upstream_new:
 * @config: its first location is a file:// URI or a path
 *
 * Returns: (transfer full): an upstream that reads recordings there
 */
GstDvrUpstream *
gst_dvr_file_upstream_new (GstDvrUpstreamConfig * config)
{
  FileUpstream *self = g_new0 (FileUpstream, 1);
  const gchar *location = config->locations[0];

  self->parent.klass = &file_class;
  if (g_str_has_prefix (location, "file:"))
    self->path = g_filename_from_uri (location, NULL, NULL);
  else
    self->path = g_strdup (location);
  g_rw_lock_init (&self->lock);
  self->readers = g_hash_table_new_full (NULL, NULL, NULL,
      (GDestroyNotify) gst_dvr_store_reader_free);

  return &self->parent;
}
