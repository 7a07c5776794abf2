/* storefixture.c: recordings on disk for tests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>

#include "checkutil.h"
#include "storefixture.h"

gchar *store_location;
GstDvrStoreConfig store_config;

void
store_setup (void)
{
  store_location = g_dir_make_tmp ("dvr-store-XXXXXX", NULL);
  memset (&store_config, 0, sizeof (store_config));
  store_config.target_duration = GST_SECOND;
  store_config.max_segment_duration = 2 * GST_SECOND;
  store_config.part_duration = PART;
  store_config.reconnect_window = 60 * GST_SECOND;
  store_config.publish_type = GST_DVR_PUBLISH_APPEND;
  store_config.fsync = GST_DVR_FSYNC_NONE;
}

void
store_remove (void)
{
  check_remove_tree (store_location);
}

void
store_teardown (void)
{
  store_remove ();
  g_free (store_location);
}

GstDvrStoreWriter *
store_open_writer (void)
{
  GError *error = NULL;
  GstDvrStoreWriter *writer =
      gst_dvr_store_writer_open (store_location, "live/cam1", &store_config,
      &error);
  GBytes *init = g_bytes_new_static ("\0\0\0\x10" "ftypinit....", 16);

  fail_unless (writer != NULL, "%s", error ? error->message : "");
  fail_unless (gst_dvr_store_writer_set_init (writer, init, NULL));
  g_bytes_unref (init);

  return writer;
}

GstBuffer *
store_make_chunk (guint number, guint part, gsize size)
{
  guint8 *data = g_malloc (size);

  memset (data, number * 16 + part, size);
  GST_WRITE_UINT32_BE (data, 16);
  memcpy (data + 4, "moof", 4);
  GST_WRITE_UINT32_BE (data + 16, size - 16);
  memcpy (data + 20, "mdat", 4);

  return gst_buffer_new_wrapped (data, size);
}

gboolean
store_write_part (GstDvrStoreWriter * writer, guint number, guint part,
    GError ** error)
{
  GstBuffer *chunk = store_make_chunk (number, part, 1000);
  gboolean done = gst_dvr_store_writer_begin_part (writer, 1000000, error);

  if (done) {
    gst_dvr_store_writer_append_chunk (writer, chunk, part ? 0 : 500, FALSE);
    done = gst_dvr_store_writer_end_part (writer, PART, part == 0, error);
  }
  gst_buffer_unref (chunk);

  return done;
}

static GstClockTime
end_of (GstDvrStoreWriter * writer)
{
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (gst_dvr_store_writer_get_timeline (writer), &info);

  return info.end;
}

void
store_open_segment (GstDvrStoreWriter * writer)
{
  fail_unless (gst_dvr_store_writer_open_segment (writer, end_of (writer),
          g_get_real_time (), FALSE, NULL));
}

GstDvrEntry
store_write_segment (GstDvrStoreWriter * writer, guint number)
{
  GstDvrEntry closed;
  guint part;

  store_open_segment (writer);
  for (part = 0; part < 4; part++)
    fail_unless (store_write_part (writer, number, part, NULL));
  fail_unless (gst_dvr_store_writer_close_segment (writer, 4 * PART, &closed,
          NULL));

  return closed;
}

gchar *
store_path (const gchar * name)
{
  return g_build_filename (store_location, "live/cam1", name, NULL);
}

GstDvrPlaylist *
store_read_index (void)
{
  gchar *path = store_path ("index.m3u8");
  GstDvrPlaylist *list = check_read_playlist (path);

  g_free (path);

  return list;
}
