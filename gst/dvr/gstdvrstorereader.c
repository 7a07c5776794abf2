/* gstdvrstorereader.c: follows a stream's recording
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The followers' thread reads the list and the heads of the open segment's
 * parts, and keeps the timeline. gstdvrstorefill.c reads the media. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gstdvrstorereader-private.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_reader_debug);
#define GST_CAT_DEFAULT gst_dvr_reader_debug

/* How much of the list is read at a time. */
#define READ_SIZE (256 * 1024)

GstDvrStoreReader *
gst_dvr_store_reader_ref (GstDvrStoreReader * self)
{
  g_atomic_int_inc (&self->refs);

  return self;
}

void
gst_dvr_store_reader_unref (GstDvrStoreReader * self)
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
  g_ptr_array_unref (self->ahead_samples);
  gst_dvr_timeline_unref (self->timeline);
  g_mutex_clear (&self->lock);
  g_free (self->directory);
  g_free (self);
}

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

/* Opens the growing segment's file once there is one that says so itself. */
static gboolean
find_open (GstDvrStoreReader * self)
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

/* Also when the segment is closed meanwhile: who has its parts up to here waits
 * for those that are left, and does not look for them in the whole. */
static void
follow_parts (GstDvrStoreReader * self)
{
  if (self->parts_end > 0 || find_open (self))
    take_parts (self);
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
    else if (self->open_listed && is_open (self, &entry))
      follow_parts (self);
    if (info.next > info.first && entry.number > info.next)
      gst_dvr_timeline_clear (self->timeline);
    gst_dvr_timeline_close_keyed (self->timeline, &entry, segment->keyframes);
    forget_open (self);
  }
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
  follow_parts (self);
}

static void
take_list (GstDvrStoreReader * self)
{
  const GstDvrPlaylist *list = gst_dvr_playlist_parser_get (self->parser);
  gboolean any;

  gst_dvr_timeline_set_durations (self->timeline,
      list->header.target_duration, list->header.part_target);
  gst_dvr_timeline_set_keyframes_before (self->timeline,
      list->header.keyframes_before);
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
  self->broken = FALSE;
}

/* Opens the list, anew where another one has been renamed over it, or where a
 * line was broken: it may have been read as a writer replaced it. Returns FALSE
 * if there is none. */
static gboolean
find_list (GstDvrStoreReader * self)
{
  gchar *path = g_build_filename (self->directory, INDEX_NAME, NULL);
  struct stat here, there;
  gboolean gone = stat (path, &there) != 0;

  if (self->index_fd >= 0 && (gone || self->broken
          || fstat (self->index_fd, &here)
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
  /* What comes behind an ENDLIST is not read on from there: it is cut off
   * before a writer goes on. */
  while (done && !gst_dvr_playlist_parser_get (self->parser)->ended
      && (n = gst_dvr_store_read_at (self->index_fd, bytes, READ_SIZE,
              self->read_offset)) > 0) {
    done = gst_dvr_playlist_parser_feed (self->parser, bytes, n, &error);
    self->read_offset += n;
  }
  g_free (bytes);
  if (!done) {
    GST_WARNING ("%s/" INDEX_NAME ": %s", self->directory, error->message);
    g_clear_error (&error);
    self->broken = TRUE;
  }

  return done;
}

/* There is nothing yet. */
static void
say_absent (GstDvrStoreReader * self, const GstDvrTimelineInfo * info)
{
  guint status = g_atomic_int_get (&self->absent);

  if (status == 0 && info->state == GST_DVR_TIMELINE_FAILED)
    gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_PENDING, 0);
  else if (status)
    gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_FAILED,
        status);
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
      say_absent (self, &info);
  } else if (info.state == GST_DVR_TIMELINE_PENDING || info.next == info.first) {
    say_absent (self, &info);
  } else {
    /* the recording was removed under us */
    drop_open (self);
    gst_dvr_timeline_clear (self->timeline);
    gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_FAILED, 404);
  }
  gst_dvr_timeline_commit (self->timeline);
  gst_dvr_store_reader_schedule (self);
}

static GstDvrStoreReader *
reader_new (const gchar * location, const gchar * stream, guint absent)
{
  static gsize once = 0;
  GstDvrStoreReader *self = g_new0 (GstDvrStoreReader, 1);

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (gst_dvr_reader_debug, "dvrreader", 0,
        "Reading DVR recordings");
    g_once_init_leave (&once, 1);
  }
  self->refs = 1;
  self->absent = absent;
  self->directory = g_build_filename (location, stream, NULL);
  self->timeline = gst_dvr_timeline_new (stream);
  self->index_fd = self->open_fd = -1;
  g_mutex_init (&self->lock);
  self->fills = g_ptr_array_new_with_free_func (gst_dvr_store_fill_free);
  self->ahead_samples = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_buffer_unref);
  if (gst_dvr_is_stream_name (stream)) {
    self->follow =
        gst_dvr_follow_new (self->directory, refresh,
        gst_dvr_store_reader_show, self);
    gst_dvr_follow_start (self->follow);
  } else {
    gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_FAILED, 404);
  }

  return self;
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
  return reader_new (location, stream, 404);
}

/**
 * gst_dvr_store_reader_new_early:
 * @location: directory of all recordings
 * @stream: the stream's name
 *
 * Follows a recording that is about to begin: its timeline is pending until it
 * does, or gst_dvr_store_reader_set_absent() says otherwise.
 *
 * Returns: (transfer full): a reader
 */
GstDvrStoreReader *
gst_dvr_store_reader_new_early (const gchar * location, const gchar * stream)
{
  return reader_new (location, stream, 0);
}

/**
 * gst_dvr_store_reader_set_absent:
 * @self: a reader
 * @status: HTTP status its timeline fails with as long as there is nothing; 0:
 *   it is pending
 *
 * From any thread.
 */
void
gst_dvr_store_reader_set_absent (GstDvrStoreReader * self, guint status)
{
  if (g_atomic_int_exchange (&self->absent, status) != (gint) status)
    gst_dvr_follow_poke (self->directory);
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
  gst_dvr_store_reader_schedule (self);
  gst_dvr_store_reader_unref (self);
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
