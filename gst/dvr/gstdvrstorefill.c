/* gstdvrstorefill.c: reads the media of a recording
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A pool of workers reads: a closed segment at once, the open one part by part
 * as the timeline tells. Files are read, not mapped: a mapping kills the process
 * if somebody truncates the file, and makes the server's threads wait for the
 * disk. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gstdvrahead.h"
#include "gstdvrstorereader-private.h"

#define N_WORKERS 4
/* More is not a segment. */
#define MAX_SEGMENT_SIZE (G_GUINT64_CONSTANT (1) << 30)

/* A segment that somebody wants. */
typedef struct
{
  GstDvrStoreReader *reader;
  GstDvrSegment *segment;
  int fd;
  gboolean running;             /* a worker has it, or will */
  gboolean again;               /* something changed meanwhile */
} Fill;

static void run_fill (gpointer data, gpointer user_data);

static GThreadPool *
get_pool (void)
{
  static GThreadPool *pool;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, g_thread_pool_new (run_fill, NULL, N_WORKERS,
            FALSE, NULL));

  return pool;
}

void
gst_dvr_store_fill_free (gpointer data)
{
  Fill *fill = data;

  if (fill->fd >= 0)
    close (fill->fd);
  gst_dvr_segment_unref (fill->segment);
  g_free (fill);
}

static void
schedule_fill_locked (Fill * fill)
{
  if (fill->running) {
    fill->again = TRUE;
    return;
  }
  fill->running = TRUE;
  fill->again = FALSE;
  gst_dvr_store_reader_ref (fill->reader);
  g_thread_pool_push (get_pool (), fill, NULL);
}

void
gst_dvr_store_reader_schedule (GstDvrStoreReader * self)
{
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->fills->len; i++)
    schedule_fill_locked (g_ptr_array_index (self->fills, i));
  g_mutex_unlock (&self->lock);
}

static gboolean
fill_fail (Fill * fill, guint status, const gchar * reason)
{
  gst_dvr_segment_fail (fill->segment, status, reason);

  return TRUE;
}

/* Reads bytes up to @end of what is wanted. Returns FALSE if the segment failed. */
static gboolean
fill_bytes (Fill * fill, guint64 end, const GstDvrPart * part)
{
  guint64 have = gst_dvr_segment_get_size (fill->segment);
  guint64 from = gst_dvr_segment_get_id (fill->segment)->offset;
  guint64 size = end - have;
  guint8 *bytes;

  if (end < have || size > MAX_SEGMENT_SIZE
      || (bytes = g_try_malloc (MAX (size, 1))) == NULL) {
    fill_fail (fill, 502, "the recording's list is wrong");
    return FALSE;
  }
  if (gst_dvr_store_read_at (fill->fd, bytes, size, from + have) !=
      (gssize) size) {
    g_free (bytes);
    fill_fail (fill, 502, "the segment's file is cut off");
    return FALSE;
  }
  if (part)
    gst_dvr_segment_append_part (fill->segment,
        gst_buffer_new_wrapped (bytes, size), part->duration,
        part->independent);
  else
    gst_dvr_segment_append (fill->segment, gst_buffer_new_wrapped (bytes,
            size));

  return TRUE;
}

static gboolean
fill_closed (Fill * fill, guint64 listed)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (fill->segment);
  struct stat st;
  guint64 size;

  if (fstat (fill->fd, &st) || !S_ISREG (st.st_mode))
    return fill_fail (fill, 502, "the segment is not a file");
  size = listed > 0 ? listed : (guint64) st.st_size;
  if ((guint64) st.st_size < size || size == 0)
    return fill_fail (fill, 502, "the segment's file is cut off");
  if (id->kind == GST_DVR_SEGMENT_RANGE) {
    if (id->offset >= size)
      return fill_fail (fill, 404, "the segment ends before the range");
    gst_dvr_segment_set_source (fill->segment, NULL, size);
    size = MIN (id->size, size - id->offset);
  }
  gst_dvr_segment_set_total (fill->segment, size);
  if (fill_bytes (fill, size, NULL))
    gst_dvr_segment_finish (fill->segment);

  return TRUE;
}

static gboolean
fill_open (Fill * fill, guint64 number)
{
  GArray *parts = gst_dvr_timeline_get_parts (fill->reader->timeline, number);
  guint i = gst_dvr_segment_get_n_parts (fill->segment);
  gboolean failed = FALSE;

  for (; parts && i < parts->len && !failed; i++) {
    GstDvrPart *part = &g_array_index (parts, GstDvrPart, i);

    failed = !fill_bytes (fill, part->offset + part->size, part);
  }
  if (parts)
    g_array_unref (parts);

  return failed;
}

static gchar *
fill_path (Fill * fill)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (fill->segment);

  if (id->kind == GST_DVR_SEGMENT_INIT)
    return g_strdup_printf ("%s/" GST_DVR_INIT_URI, fill->reader->directory,
        id->recording, id->number);

  return gst_dvr_store_segment_path (fill->reader->directory, id->recording,
      id->number);
}

/* Opens the file. Returns 0, or why not. */
static int
fill_open_file (Fill * fill)
{
  gchar *path;

  if (fill->fd >= 0)
    return 0;
  path = fill_path (fill);
  fill->fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  g_free (path);

  return fill->fd < 0 ? errno : 0;
}

/* Does what can be done now. Returns whether that was all. */
static gboolean
fill_some (Fill * fill)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (fill->segment);
  GstDvrFound found;
  GstDvrEntry entry;
  int code;

  if (id->kind == GST_DVR_SEGMENT_INIT) {
    if (fill_open_file (fill) != 0)
      return fill_fail (fill, 404, "there is no such init section");
    return fill_closed (fill, 0);
  }

  found = gst_dvr_timeline_find (fill->reader->timeline, id->number, &entry);
  if (found == GST_DVR_FOUND_NOTHING)
    return fill_fail (fill, 404, "there is no such segment");
  if (found != GST_DVR_FOUND_REMOVED
      && g_strcmp0 (entry.recording, id->recording) != 0)
    return fill_fail (fill, 404, "it is of another recording");
  if (found == GST_DVR_FOUND_CLOSED && entry.gap)
    return fill_fail (fill, 404, "there is a gap");

  code = fill_open_file (fill);
  if (code != 0 && found == GST_DVR_FOUND_OPEN)
    return FALSE;               /* its first part is still to come */
  if (code == ENOENT && found == GST_DVR_FOUND_REMOVED)
    return fill_fail (fill, 410, "it has been removed");
  if (code != 0)
    return fill_fail (fill, 502, g_strerror (code));

  if (found == GST_DVR_FOUND_OPEN && id->kind == GST_DVR_SEGMENT_MEDIA)
    return fill_open (fill, id->number);
  if (found == GST_DVR_FOUND_OPEN)
    return FALSE;               /* a range of what is closed, soon */

  return fill_closed (fill, found == GST_DVR_FOUND_CLOSED ? entry.size : 0);
}

static void
run_fill (gpointer data, gpointer user_data)
{
  Fill *fill = data;
  GstDvrStoreReader *reader = fill->reader;
  gboolean closed, done, go_on;

  do {
    g_mutex_lock (&reader->lock);
    fill->again = FALSE;
    closed = reader->closed;
    g_mutex_unlock (&reader->lock);

    if (closed)
      done = fill_fail (fill, 503, "the recording is no longer followed");
    else
      done = fill_some (fill);

    g_mutex_lock (&reader->lock);
    go_on = fill->running = !done && fill->again;
    if (done)
      g_ptr_array_remove_fast (reader->fills, fill);
    g_mutex_unlock (&reader->lock);
    /* once it does not run, another worker may have it */
  } while (go_on);

  gst_dvr_store_reader_unref (reader);
}

/* What a writer of this process shows before it is written. */

static gpointer
copy_chunk (gconstpointer chunk, gpointer user_data)
{
  return gst_buffer_ref ((GstBuffer *) chunk);
}

static gboolean
is_name (const GstDvrFileName * name, const gchar * recording, guint64 number)
{
  return number == name->number && strcmp (recording, name->recording) == 0;
}

/* With the reader's lock: what is watched must not be told under it, so the
 * caller does it. */
static gboolean
is_ahead_locked (GstDvrStoreReader * self, GstDvrSegment * segment)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);

  return id->kind == GST_DVR_SEGMENT_MEDIA
      && is_name (&self->ahead_name, id->recording, id->number);
}

/* Keeps it for who asks for the segment later. */
static void
keep_locked (GstDvrStoreReader * self, const GstDvrPreview * preview,
    GPtrArray * chunks)
{
  if (!is_name (&self->ahead_name, preview->recording, preview->number)) {
    g_clear_pointer (&self->ahead, g_ptr_array_unref);
    g_ptr_array_set_size (self->ahead_samples, 0);
    self->ahead_name.number = preview->number;
    g_strlcpy (self->ahead_name.recording, preview->recording,
        sizeof (self->ahead_name.recording));
  }
  if (preview->samples) {
    gst_dvr_ahead_keep_samples (self->ahead_samples, preview->samples);
  } else {
    g_clear_pointer (&self->ahead, g_ptr_array_unref);
    self->ahead = g_ptr_array_ref (chunks);
    self->ahead_part = preview->part;
  }
}

void
gst_dvr_store_reader_show (const GstDvrPreview * preview, gpointer user_data)
{
  GstDvrStoreReader *self = user_data;
  GPtrArray *chunks = NULL, *segments;
  guint i;

  if (preview->chunks) {
    chunks = g_ptr_array_copy (preview->chunks, copy_chunk, NULL);
    g_ptr_array_set_free_func (chunks, (GDestroyNotify) gst_buffer_unref);
  }
  segments = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_dvr_segment_unref);
  g_mutex_lock (&self->lock);
  keep_locked (self, preview, chunks);
  for (i = 0; i < self->fills->len; i++) {
    Fill *fill = g_ptr_array_index (self->fills, i);

    if (is_ahead_locked (self, fill->segment))
      g_ptr_array_add (segments, gst_dvr_segment_ref (fill->segment));
  }
  g_mutex_unlock (&self->lock);
  for (i = 0; i < segments->len; i++) {
    if (chunks)
      gst_dvr_segment_show_part (g_ptr_array_index (segments, i),
          preview->part, chunks, preview->seen);
    else
      gst_dvr_segment_show_samples (g_ptr_array_index (segments, i),
          preview->samples);
  }
  g_ptr_array_unref (segments);
  g_clear_pointer (&chunks, g_ptr_array_unref);
}

/* What was shown of a segment before somebody asked for it. */
typedef struct
{
  GPtrArray *chunks;
  guint part;
  GPtrArray *samples;
} Shown;

static void
recall_locked (GstDvrStoreReader * self, GstDvrSegment * segment, Shown * shown)
{
  if (!is_ahead_locked (self, segment))
    return;
  if (self->ahead)
    shown->chunks = g_ptr_array_ref (self->ahead);
  shown->part = self->ahead_part;
  shown->samples = g_ptr_array_copy (self->ahead_samples, copy_chunk, NULL);
  g_ptr_array_set_free_func (shown->samples, (GDestroyNotify) gst_buffer_unref);
}

static void
show_again (GstDvrSegment * segment, Shown * shown)
{
  if (shown->chunks)
    gst_dvr_segment_show_part (segment, shown->part, shown->chunks, FALSE);
  if (shown->samples && shown->samples->len > 0)
    gst_dvr_segment_show_samples (segment, shown->samples);
  g_clear_pointer (&shown->chunks, g_ptr_array_unref);
  g_clear_pointer (&shown->samples, g_ptr_array_unref);
}

/**
 * gst_dvr_store_reader_fetch:
 * @self: a reader
 * @segment: a new segment of the reader's stream, whatever name the segment
 *   gives it; a reference is taken
 *
 * Fills @segment from its file, the open one as it grows, or fails it: with
 * 404 where there is none, 410 where it has been removed, 502 where the file
 * is not what the list says. Does not block.
 */
void
gst_dvr_store_reader_fetch (GstDvrStoreReader * self, GstDvrSegment * segment)
{
  Fill *fill = g_new0 (Fill, 1);
  Shown shown = { NULL, 0, NULL };
  gboolean closed;

  fill->reader = self;
  fill->segment = gst_dvr_segment_ref (segment);
  fill->fd = -1;

  g_mutex_lock (&self->lock);
  closed = self->closed;
  if (!closed) {
    g_ptr_array_add (self->fills, fill);
    schedule_fill_locked (fill);
    recall_locked (self, segment, &shown);
  }
  g_mutex_unlock (&self->lock);

  show_again (segment, &shown);
  if (closed) {
    fill_fail (fill, 503, "the recording is no longer followed");
    gst_dvr_store_fill_free (fill);
  }
}
