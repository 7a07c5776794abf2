/* gstdvrstoreindex.c: the journal of a recording
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* index.m3u8 is a playlist that is only appended to, each group of lines in one
 * write, so that a reader sees whole groups. Two things are not appending:
 * ENDLIST is cut off when recording resumes, and a list whose beginning has
 * been removed is written anew and renamed over the old one. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gstdvrstore-private.h"

#define END_LINE "#EXT-X-ENDLIST\n"
/* A time of day that is off by more is stated anew. */
#define WALL_TOLERANCE (20 * 1000)

void
gst_dvr_store_index_init (GstDvrStoreIndex * index, const gchar * directory,
    gboolean sync)
{
  memset (index, 0, sizeof (*index));
  index->directory = g_strdup (directory);
  index->fd = -1;
  index->sync = sync;
  index->maps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) gst_dvr_playlist_map_unref);
  index->pending = g_string_new (NULL);
}

void
gst_dvr_store_index_clear (GstDvrStoreIndex * index)
{
  if (index->fd >= 0)
    close (index->fd);
  g_hash_table_unref (index->maps);
  g_string_free (index->pending, TRUE);
  g_free (index->directory);
}

static GstDvrPlaylistMap *
get_map (GstDvrStoreIndex * index, const GstDvrEntry * entry)
{
  gchar *uri = g_strdup_printf (GST_DVR_INIT_URI, entry->recording,
      (guint64) entry->init);
  GstDvrPlaylistMap *map = g_hash_table_lookup (index->maps, uri);

  if (map) {
    g_free (uri);
    return map;
  }
  map = gst_dvr_playlist_map_new (uri, 0, 0);
  g_hash_table_insert (index->maps, uri, map);

  return map;
}

/* @keyframes: (nullable): where there are more than one */
static gchar *
set_segment (GstDvrStoreIndex * index, const GstDvrEntry * entry,
    const GstDvrKeyframe * keyframes, GstDvrPlaylistSegment * segment)
{
  gchar *uri = g_strdup_printf (GST_DVR_SEGMENT_URI, entry->recording,
      entry->number);

  gst_dvr_playlist_segment_from_entry (segment, entry, uri,
      get_map (index, entry));
  segment->keyframes = entry->n_keyframes > 1 ? keyframes : NULL;

  return uri;
}

static void
write_header (GstDvrStoreIndex * index, const GstDvrEntry * first,
    guint32 keyframes_before, GString * out)
{
  GstDvrPlaylistHeader header = GST_DVR_PLAYLIST_HEADER_INIT;

  header.version = 9;
  header.dvr_version = GST_DVR_PLAYLIST_VERSION;
  header.target_duration = index->target_duration;
  header.part_target = index->part_duration;
  header.media_sequence = first->number;
  header.discontinuity_sequence = first->discontinuity;
  header.keyframes_before = keyframes_before;
  header.time = first->start;
  header.independent_segments = TRUE;
  gst_dvr_playlist_write_header (out, &header);
  gst_dvr_playlist_context_init (&index->context, first->discontinuity,
      first->start);
  index->context.wall_tolerance = WALL_TOLERANCE;
}

/* All closed entries. Nobody else changes the timeline meanwhile. */
static void
rewrite_entries (GstDvrStoreIndex * index, GstDvrTimeline * timeline,
    GString * out)
{
  GstDvrPlaylistSegment segment;
  GstDvrTimelineInfo info;
  GstDvrKeyframes frames;
  GstDvrEntry entry;
  guint64 number;
  gchar *uri;

  gst_dvr_timeline_get_info (timeline, &info);
  for (number = info.first; gst_dvr_timeline_find (timeline, number, &entry) ==
      GST_DVR_FOUND_CLOSED; number++) {
    gst_dvr_timeline_get_keyframes (timeline, &entry, &frames);
    uri = set_segment (index, &entry, frames.frames, &segment);
    if (out->len == 0)
      write_header (index, &entry, entry.keyframes_before, out);
    gst_dvr_playlist_write_segment (out, &index->context, &segment);
    g_free (uri);
  }
}

static void
append_open (GstDvrStoreIndex * index, const GstDvrEntry * entry, GString * out)
{
  GstDvrPlaylistSegment segment;
  gchar *uri = set_segment (index, entry, NULL, &segment);

  gst_dvr_playlist_write_segment_head (out, &index->context, &segment);
  gst_dvr_playlist_write_open (out, uri);
  g_free (uri);
}

static gboolean
reopen (GstDvrStoreIndex * index, GError ** error)
{
  gchar *path = g_build_filename (index->directory, INDEX_NAME, NULL);
  struct stat st;
  int fd = open (path, O_WRONLY | O_APPEND | O_CLOEXEC);

  if (fd < 0 || fstat (fd, &st)) {
    gst_dvr_store_set_error (error, "open", path, errno);
    if (fd >= 0)
      close (fd);
    g_free (path);
    return FALSE;
  }
  if (index->fd >= 0)
    close (index->fd);
  index->fd = fd;
  index->size = st.st_size;
  g_free (path);

  return TRUE;
}

/* That the list is the new one. */
static gboolean
sync_directory (GstDvrStoreIndex * index, GError ** error)
{
  int code = gst_dvr_store_sync_path (index->directory);

  if (code == 0)
    return TRUE;
  index->dirty = TRUE;
  gst_dvr_store_set_error (error, "sync", index->directory, code);

  return FALSE;
}

/* Writes the list anew: all closed entries of @timeline, then @open. A ballast
 * file makes room for it on a full disk. @sync: now, if at all; where there is
 * none yet it can wait. */
gboolean
gst_dvr_store_index_rewrite (GstDvrStoreIndex * index,
    GstDvrTimeline * timeline, const GstDvrEntry * open, gboolean sync,
    GError ** error)
{
  GstDvrPlaylistContext before = index->context;
  GString *out = g_string_new (NULL);
  gboolean done, ended = index->ended;
  GstDvrTimelineInfo info;

  sync = sync && index->sync;
  rewrite_entries (index, timeline, out);
  gst_dvr_timeline_get_info (timeline, &info);
  if (out->len == 0 && open)
    write_header (index, open, info.keyframes_before, out);
  if (open)
    append_open (index, open, out);
  if (ended)
    gst_dvr_playlist_write_end (out);

  done = gst_dvr_store_replace_file (index->directory, INDEX_NAME,
      NEW_INDEX_NAME, out->str, out->len, sync, error);
  if (!done) {
    gchar *ballast = g_build_filename (index->directory, BALLAST_NAME, NULL);

    if (unlink (ballast) == 0) {
      g_clear_error (error);
      done = gst_dvr_store_replace_file (index->directory, INDEX_NAME,
          NEW_INDEX_NAME, out->str, out->len, sync, error);
    }
    g_free (ballast);
  }
  g_string_free (out, TRUE);
  if (!done) {
    index->context = before;
    return FALSE;
  }
  g_string_truncate (index->pending, 0);
  index->dirty = !sync;

  return reopen (index, error) && (!sync || sync_directory (index, error));
}

/* Appends all pending lines in one write. On failure none of them stands in
 * the file, and they are tried again next time, unless only the syncing failed.
 * @sync: now, if at all */
static gboolean
flush (GstDvrStoreIndex * index, gboolean sync, GError ** error)
{
  struct iovec iov = { index->pending->str, index->pending->len };
  gchar *path;
  int code = 0;

  sync = (sync || index->ended) && index->sync;
  if (index->pending->len == 0 && !(sync && index->dirty))
    return TRUE;

  if (index->ended && index->pending->len > 0) {
    if (ftruncate (index->fd, index->size - strlen (END_LINE)))
      code = errno;
    else
      index->size -= strlen (END_LINE);
    index->ended = code != 0;
  }
  if (code == 0 && gst_dvr_store_write_all (index->fd, &iov, 1, &code)) {
    index->size += index->pending->len;
    g_string_truncate (index->pending, 0);
    index->dirty = TRUE;
    if (sync && fdatasync (index->fd))
      code = errno;
    else if (sync)
      index->dirty = FALSE;
  } else if (ftruncate (index->fd, index->size)) {
    code = errno;
  }
  if (code == 0)
    return TRUE;

  path = g_build_filename (index->directory, INDEX_NAME, NULL);
  gst_dvr_store_set_error (error, "write", path, code);
  g_free (path);

  return FALSE;
}

gboolean
gst_dvr_store_index_flush (GstDvrStoreIndex * index, GError ** error)
{
  return flush (index, TRUE, error);
}

/* There must be a file: the first one comes from a rewrite. A segment that
 * could not be listed has not begun: its lines are not tried again. */
gboolean
gst_dvr_store_index_open_segment (GstDvrStoreIndex * index,
    const GstDvrEntry * entry, GError ** error)
{
  GstDvrPlaylistContext before = index->context;
  gsize pending = index->pending->len;

  append_open (index, entry, index->pending);
  if (flush (index, FALSE, error))
    return TRUE;
  if (index->pending->len > pending) {
    g_string_truncate (index->pending, pending);
    index->context = before;
  }

  return FALSE;
}

/* The lines of a segment need not be synced at once: its file is on disk, which a
 * recovery finds. Those of a gap are all there is of it. */
gboolean
gst_dvr_store_index_close_segment (GstDvrStoreIndex * index,
    const GstDvrEntry * entry, const GstDvrKeyframe * keyframes,
    gboolean opened, GError ** error)
{
  GstDvrPlaylistSegment segment;
  gchar *uri = set_segment (index, entry, keyframes, &segment);

  if (!opened)
    gst_dvr_playlist_write_segment_head (index->pending, &index->context,
        &segment);
  gst_dvr_playlist_write_segment_tail (index->pending, &index->context,
      &segment);
  g_free (uri);

  return flush (index, entry->gap, error);
}

gboolean
gst_dvr_store_index_end (GstDvrStoreIndex * index, GError ** error)
{
  gboolean done;

  if (index->ended || index->fd < 0)
    return TRUE;
  if (!flush (index, FALSE, error))
    return FALSE;
  gst_dvr_playlist_write_end (index->pending);
  done = flush (index, TRUE, error);
  index->ended = index->pending->len == 0;
  g_string_truncate (index->pending, 0);

  return done;
}

/* What is not there, or not for certain, is listed as a gap. */
void
gst_dvr_store_make_gap (GstDvrEntry * entry)
{
  entry->gap = TRUE;
  entry->size = 0;
  entry->key_size = 0;
  entry->key_offset = 0;
  entry->n_keyframes = 0;
}

/* Notes the keyframe that a part begins with, if it does: @size bytes of the
 * chunk at @offset. @entry: what is known of its segment, whose duration so far
 * is when the part begins. A segment begins with a keyframe, or has none. Of an
 * independent part that does not say where its keyframe ends that is not known,
 * and so not all keyframes of its segment are. */
void
gst_dvr_store_add_keyframe (GstDvrEntry * entry, GstDvrKeyframes * keyframes,
    gboolean independent, guint64 offset, guint32 size)
{
  if (size == 0 && independent)
    entry->n_keyframes = 0;
  if (size == 0 || entry->n_keyframes != keyframes->n
      || (keyframes->n == 0 && entry->duration > 0))
    return;
  gst_dvr_keyframes_add (keyframes, entry->duration, offset, size);
  if (keyframes->n == 0)
    return;
  entry->key_offset = keyframes->frames[0].offset;
  entry->key_size = keyframes->frames[0].size;
  entry->n_keyframes = keyframes->n;
}

/* Takes what a line of the list says. @name holds the strings of @entry.
 * Returns FALSE if it is not one of ours: whatever stands in a list on disk
 * is not trusted. */
gboolean
gst_dvr_store_entry_from_segment (const GstDvrPlaylistSegment * segment,
    GstDvrEntry * entry, GstDvrFileName * name)
{
  GstDvrFileName init;

  if (segment->uri == NULL || !gst_dvr_parse_file_name (segment->uri, name)
      || name->kind != GST_DVR_FILE_SEGMENT || name->number != segment->number)
    return FALSE;
  memset (entry, 0, sizeof (*entry));
  if (segment->map) {
    if (!gst_dvr_parse_file_name (segment->map->uri, &init)
        || init.kind != GST_DVR_FILE_INIT || init.number > G_MAXUINT32
        || g_strcmp0 (init.recording, name->recording) != 0)
      return FALSE;
    entry->init = init.number;
  }
  entry->number = segment->number;
  entry->recording = name->recording;
  entry->discontinuity = segment->discontinuity;
  entry->start = segment->start;
  entry->duration = segment->duration;
  entry->wall_time = segment->wall_time;
  entry->size = segment->size;
  if (segment->key_range.offset <= G_MAXUINT32
      && segment->key_range.length <= G_MAXUINT32) {
    entry->key_offset = segment->key_range.offset;
    entry->key_size = segment->key_range.length;
    entry->n_keyframes = segment->n_keyframes;
  }
  entry->gap = segment->gap;

  return TRUE;
}
