/* gstdvrstorereader.c: follows a stream's recording
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The followers' thread reads the list and the heads of the open segment's
 * parts, and keeps the timeline. A pool of workers reads media: a closed
 * segment at once, the open one part by part as the timeline tells. Files are
 * read, not mapped: a mapping kills the process if somebody truncates the
 * file, and makes the server's threads wait for the disk. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gstdvrstore-private.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_reader_debug);
#define GST_CAT_DEFAULT gst_dvr_reader_debug

#define N_WORKERS 4
/* How much of the list is read at a time. */
#define READ_SIZE (256 * 1024)
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
  gboolean done;
} Fill;

struct _GstDvrStoreReader
{
  gint refs;
  gchar *directory;
  GstDvrTimeline *timeline;
  GstDvrFollow *follow;

  /* the followers' thread */
  GstDvrPlaylistParser *parser;
  int index_fd;
  guint64 read_offset;
  guint taken;                  /* of the list's closed segments */
  int open_fd;
  gboolean open_listed;         /* the timeline has it open */
  GstDvrEntry open;
  GstDvrFileName open_name;
  guint64 parts_end;
  guint n_parts;

  GMutex lock;                  /* protects what is below */
  GPtrArray *fills;
  gboolean closed;
  GPtrArray *ahead;             /* chunks of the part that a writer is at */
  GstDvrFileName ahead_name;
  guint ahead_part;
};

static void run_fill (gpointer data, gpointer user_data);

static GThreadPool *
get_pool (void)
{
  static GThreadPool *pool;

  if (g_once_init_enter (&pool)) {
    GST_DEBUG_CATEGORY_INIT (gst_dvr_reader_debug, "dvrreader", 0,
        "Reading DVR recordings");
    g_once_init_leave (&pool, g_thread_pool_new (run_fill, NULL, N_WORKERS,
            FALSE, NULL));
  }

  return pool;
}

static GstDvrStoreReader *
reader_ref (GstDvrStoreReader * self)
{
  g_atomic_int_inc (&self->refs);

  return self;
}

static void
fill_free (gpointer data)
{
  Fill *fill = data;

  if (fill->fd >= 0)
    close (fill->fd);
  gst_dvr_segment_unref (fill->segment);
  g_free (fill);
}

static void
reader_unref (GstDvrStoreReader * self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_clear_pointer (&self->parser, gst_dvr_playlist_parser_free);
  if (self->index_fd >= 0)
    close (self->index_fd);
  if (self->open_fd >= 0)
    close (self->open_fd);
  g_ptr_array_unref (self->fills);
  g_clear_pointer (&self->ahead, g_ptr_array_unref);
  gst_dvr_timeline_unref (self->timeline);
  g_mutex_clear (&self->lock);
  g_free (self->directory);
  g_free (self);
}

/* Filling. */

static void
schedule_fill_locked (Fill * fill)
{
  if (fill->running) {
    fill->again = TRUE;
    return;
  }
  fill->running = TRUE;
  fill->again = FALSE;
  reader_ref (fill->reader);
  g_thread_pool_push (get_pool (), fill, NULL);
}

static void
schedule_fills (GstDvrStoreReader * self)
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

/* Reads bytes up to @end. Returns FALSE if the segment failed. */
static gboolean
fill_bytes (Fill * fill, guint64 end, const GstDvrPart * part)
{
  guint64 have = gst_dvr_segment_get_size (fill->segment);
  guint64 size = end - have;
  guint8 *bytes;

  if (end < have || size > MAX_SEGMENT_SIZE
      || (bytes = g_try_malloc (MAX (size, 1))) == NULL) {
    fill_fail (fill, 502, "the recording's list is wrong");
    return FALSE;
  }
  if (gst_dvr_store_read_at (fill->fd, bytes, size, have) != (gssize) size) {
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
  struct stat st;
  guint64 size;

  if (fstat (fill->fd, &st) || !S_ISREG (st.st_mode))
    return fill_fail (fill, 502, "the segment is not a file");
  size = listed > 0 ? listed : (guint64) st.st_size;
  if ((guint64) st.st_size < size || size == 0)
    return fill_fail (fill, 502, "the segment's file is cut off");
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
    return g_strdup_printf ("%s/%s/init-%" G_GUINT64_FORMAT ".mp4",
        fill->reader->directory, id->recording, id->number);

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

  if (found == GST_DVR_FOUND_OPEN)
    return fill_open (fill, id->number);

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

  reader_unref (reader);
}

/* Chunks ahead of their part, from a writer of this process. */

static gpointer
copy_chunk (gconstpointer chunk, gpointer user_data)
{
  return gst_buffer_ref ((GstBuffer *) chunk);
}

/* With the reader's lock: what is watched must not be told under it, so the
 * caller does it. */
static gboolean
is_ahead_locked (GstDvrStoreReader * self, GstDvrSegment * segment)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);

  return self->ahead && id->kind == GST_DVR_SEGMENT_MEDIA
      && id->number == self->ahead_name.number
      && strcmp (id->recording, self->ahead_name.recording) == 0;
}

static void
show_part (const gchar * recording, guint64 number, guint part,
    GPtrArray * chunks, gpointer user_data)
{
  GstDvrStoreReader *self = user_data;
  GPtrArray *copy, *segments;
  guint i;

  copy = g_ptr_array_copy (chunks, copy_chunk, NULL);
  g_ptr_array_set_free_func (copy, (GDestroyNotify) gst_buffer_unref);
  segments = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_dvr_segment_unref);
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->ahead, g_ptr_array_unref);
  self->ahead = g_ptr_array_ref (copy);
  self->ahead_part = part;
  self->ahead_name.number = number;
  g_strlcpy (self->ahead_name.recording, recording,
      sizeof (self->ahead_name.recording));
  for (i = 0; i < self->fills->len; i++) {
    Fill *fill = g_ptr_array_index (self->fills, i);

    if (is_ahead_locked (self, fill->segment))
      g_ptr_array_add (segments, gst_dvr_segment_ref (fill->segment));
  }
  g_mutex_unlock (&self->lock);
  for (i = 0; i < segments->len; i++)
    gst_dvr_segment_show_part (g_ptr_array_index (segments, i), part, copy);
  g_ptr_array_unref (segments);
  g_ptr_array_unref (copy);
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
  GPtrArray *ahead = NULL;
  guint part = 0;
  gboolean closed;

  fill->reader = self;
  fill->segment = gst_dvr_segment_ref (segment);
  fill->fd = -1;

  g_mutex_lock (&self->lock);
  closed = self->closed;
  if (!closed) {
    g_ptr_array_add (self->fills, fill);
    schedule_fill_locked (fill);
    if (is_ahead_locked (self, segment)) {
      ahead = g_ptr_array_ref (self->ahead);
      part = self->ahead_part;
    }
  }
  g_mutex_unlock (&self->lock);

  if (ahead) {
    gst_dvr_segment_show_part (segment, part, ahead);
    g_ptr_array_unref (ahead);
  }
  if (closed) {
    fill_fail (fill, 503, "the recording is no longer followed");
    fill_free (fill);
  }
}

/* Following. */

static void
forget_open (GstDvrStoreReader * self)
{
  if (self->open_fd >= 0)
    close (self->open_fd);
  self->open_fd = -1;
  self->open_listed = FALSE;
  self->parts_end = 0;
  self->n_parts = 0;
  memset (&self->open_name, 0, sizeof (self->open_name));
}

/* Adds the list's closed segments that the timeline has not. */
static void
take_closed (GstDvrStoreReader * self, const GstDvrPlaylist * list)
{
  GstDvrTimelineInfo info;

  for (; self->taken < list->segments->len; self->taken++) {
    const GstDvrPlaylistSegment *segment =
        gst_dvr_playlist_get_segment (list, self->taken);
    GstDvrFileName name;
    GstDvrEntry entry;

    gst_dvr_timeline_get_info (self->timeline, &info);
    if (info.next > info.first && segment->number < info.next)
      continue;
    if (!gst_dvr_store_entry_from_segment (segment, &entry, &name)) {
      GST_WARNING ("%s/" INDEX_NAME ": \"%s\" is not segment %"
          G_GUINT64_FORMAT " of a recording", self->directory, segment->uri,
          segment->number);
      break;
    }
    if (self->open_listed && self->open.number != entry.number)
      gst_dvr_timeline_abandon_open (self->timeline);
    if (info.next > info.first && entry.number > info.next)
      gst_dvr_timeline_clear (self->timeline);
    gst_dvr_timeline_close_segment (self->timeline, &entry);
    forget_open (self);
  }
}

/* Opens the growing segment's file once there is one that says so itself. */
static gboolean
find_open (GstDvrStoreReader * self, const GstDvrPlaylistSegment * segment)
{
  guint8 bytes[GST_DVR_SEGMENT_HEAD_MAX];
  GstDvrSegmentHead head;
  gsize head_size;
  gssize n;

  if (self->open_fd < 0) {
    gchar *path = gst_dvr_store_segment_path (self->directory,
        self->open_name.recording, self->open_name.number);

    self->open_fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    g_free (path);
    if (self->open_fd < 0)
      return FALSE;
  }
  n = gst_dvr_store_read_at (self->open_fd, bytes, sizeof (bytes), 0);
  if (n <= 0 || gst_dvr_segment_head_read (bytes, n, &head, &head_size) !=
      GST_DVR_HEAD_OK || head.number != self->open_name.number
      || strcmp (head.recording, self->open_name.recording) != 0)
    return FALSE;
  self->parts_end = head_size;

  return TRUE;
}

/* Shows the whole parts that have come. The first one holds the head, too. */
static void
take_parts (GstDvrStoreReader * self)
{
  guint8 bytes[GST_DVR_PART_HEAD_SIZE];
  GstDvrPartHead head;
  struct stat st;

  if (fstat (self->open_fd, &st))
    return;
  while (gst_dvr_store_read_at (self->open_fd, bytes, sizeof (bytes),
          self->parts_end) == sizeof (bytes)
      && gst_dvr_part_head_read (bytes, sizeof (bytes), &head) ==
      GST_DVR_HEAD_OK && head.size <= st.st_size - self->parts_end) {
    GstDvrPart part = { self->n_parts == 0 ? 0 : self->parts_end, 0,
      head.duration, head.independent
    };

    self->parts_end += head.size;
    part.size = self->parts_end - part.offset;
    self->n_parts++;
    gst_dvr_timeline_add_part (self->timeline, &part);
  }
}

/* Whether it is the segment we have open, and not another try under the same
 * number: a writer may give one up that has no part yet. */
static gboolean
is_open (GstDvrStoreReader * self, const GstDvrEntry * entry)
{
  return self->open.number == entry->number
      && strcmp (self->open_name.recording, entry->recording) == 0
      && (self->n_parts > 0 || (self->open.start == entry->start
          && self->open.wall_time == entry->wall_time
          && self->open.discontinuity == entry->discontinuity
          && self->open.init == entry->init));
}

static void
drop_open (GstDvrStoreReader * self)
{
  if (self->open_listed)
    gst_dvr_timeline_abandon_open (self->timeline);
  forget_open (self);
}

static void
take_open (GstDvrStoreReader * self, const GstDvrPlaylist * list)
{
  const GstDvrPlaylistSegment *segment = &list->open;
  GstDvrFileName name;
  GstDvrEntry entry;

  if (list->ended)
    drop_open (self);
  if (!list->has_open || list->ended
      || !gst_dvr_store_entry_from_segment (segment, &entry, &name))
    return;

  if (self->open_listed && !is_open (self, &entry))
    drop_open (self);
  if (!self->open_listed) {
    self->open_name = name;
    self->open = entry;
    self->open.recording = self->open_name.recording;
    if (!gst_dvr_timeline_open_segment (self->timeline, &self->open))
      return;
    self->open_listed = TRUE;
    gst_dvr_follow_watch_recording (self->follow, name.recording);
  }
  if (self->parts_end > 0 || find_open (self, segment))
    take_parts (self);
}

static void
take_list (GstDvrStoreReader * self)
{
  const GstDvrPlaylist *list = gst_dvr_playlist_parser_get (self->parser);
  gboolean any;

  gst_dvr_timeline_set_durations (self->timeline,
      list->header.target_duration, list->header.part_target);
  take_closed (self, list);
  gst_dvr_timeline_remove_before (self->timeline, list->header.media_sequence);
  take_open (self, list);
  any = list->segments->len > 0 || list->has_open;
  if (list->ended)
    gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_ENDED, 0);
  else if (any)
    gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_OPEN, 0);
}

static void
forget_list (GstDvrStoreReader * self)
{
  g_clear_pointer (&self->parser, gst_dvr_playlist_parser_free);
  if (self->index_fd >= 0)
    close (self->index_fd);
  self->index_fd = -1;
  self->taken = 0;
  self->read_offset = 0;
}

/* Opens the list, anew where another one has been renamed over it. Returns
 * FALSE if there is none. */
static gboolean
find_list (GstDvrStoreReader * self)
{
  gchar *path = g_build_filename (self->directory, INDEX_NAME, NULL);
  struct stat here, there;
  gboolean gone = stat (path, &there) != 0;

  if (self->index_fd >= 0 && (gone || fstat (self->index_fd, &here)
          || here.st_ino != there.st_ino || here.st_dev != there.st_dev))
    forget_list (self);
  if (self->index_fd < 0 && !gone) {
    self->index_fd = open (path, O_RDONLY | O_CLOEXEC);
    if (self->index_fd >= 0) {
      self->parser = gst_dvr_playlist_parser_new ();
      gst_dvr_playlist_parser_set_limits (self->parser, MAX_INDEX_BYTES,
          MAX_INDEX_SEGMENTS);
    }
  }
  g_free (path);

  return self->index_fd >= 0;
}

/* Feeds the parser what has been appended. */
static gboolean
read_list (GstDvrStoreReader * self)
{
  gchar *bytes = g_malloc (READ_SIZE);
  GError *error = NULL;
  gboolean done = TRUE;
  gssize n;

  if (gst_dvr_playlist_parser_reopen (self->parser))
    self->read_offset = gst_dvr_playlist_parser_get_offset (self->parser);
  while (done && (n = gst_dvr_store_read_at (self->index_fd, bytes, READ_SIZE,
              self->read_offset)) > 0) {
    done = gst_dvr_playlist_parser_feed (self->parser, bytes, n, &error);
    self->read_offset += n;
  }
  g_free (bytes);
  if (!done) {
    GST_WARNING ("%s/" INDEX_NAME ": %s", self->directory, error->message);
    g_clear_error (&error);
  }

  return done;
}

/* Runs in the followers' thread. */
static void
refresh (gpointer user_data)
{
  GstDvrStoreReader *self = user_data;
  GstDvrTimelineInfo info;

  gst_dvr_timeline_begin (self->timeline);
  gst_dvr_timeline_get_info (self->timeline, &info);
  if (find_list (self)) {
    /* what stands before a broken line holds */
    if (!read_list (self) && info.state == GST_DVR_TIMELINE_PENDING)
      gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_FAILED, 502);
    take_list (self);
    gst_dvr_timeline_get_info (self->timeline, &info);
    if (info.state == GST_DVR_TIMELINE_PENDING)
      gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_FAILED, 404);
  } else if (info.state == GST_DVR_TIMELINE_PENDING || info.next == info.first) {
    gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_FAILED, 404);
  } else {
    /* the recording was removed under us */
    drop_open (self);
    gst_dvr_timeline_clear (self->timeline);
    gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_FAILED, 404);
  }
  gst_dvr_timeline_commit (self->timeline);
  schedule_fills (self);
}

/**
 * gst_dvr_store_reader_new:
 * @location: directory of all recordings
 * @stream: the stream's name
 *
 * Follows a stream's recording, which need not be there yet: its timeline is
 * failed (404) as long as it is not.
 *
 * Returns: (transfer full): a reader
 */
GstDvrStoreReader *
gst_dvr_store_reader_new (const gchar * location, const gchar * stream)
{
  GstDvrStoreReader *self = g_new0 (GstDvrStoreReader, 1);

  get_pool ();
  self->refs = 1;
  self->directory = g_build_filename (location, stream, NULL);
  self->timeline = gst_dvr_timeline_new (stream);
  self->index_fd = self->open_fd = -1;
  g_mutex_init (&self->lock);
  self->fills = g_ptr_array_new_with_free_func (fill_free);
  if (gst_dvr_is_stream_name (stream)) {
    self->follow = gst_dvr_follow_new (self->directory, refresh, show_part,
        self);
    gst_dvr_follow_start (self->follow);
  } else {
    gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_FAILED, 404);
  }

  return self;
}

/**
 * gst_dvr_store_reader_free:
 * @self: (transfer full): a reader
 *
 * Stops following. Segments that are being filled fail (503). Waits for the
 * followers' thread at most, which only reads lists.
 */
void
gst_dvr_store_reader_free (GstDvrStoreReader * self)
{
  if (self->follow)
    gst_dvr_follow_free (self->follow);
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_mutex_unlock (&self->lock);
  schedule_fills (self);
  reader_unref (self);
}

/**
 * gst_dvr_store_reader_get_timeline:
 * @self: a reader
 *
 * Returns: (transfer none): the stream's timeline
 */
GstDvrTimeline *
gst_dvr_store_reader_get_timeline (GstDvrStoreReader * self)
{
  return self->timeline;
}
