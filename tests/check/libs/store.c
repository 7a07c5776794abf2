/* store.c: what a recording on disk promises
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrplaylist.h>
#include <gst/dvr/gstdvrsegmentfile.h>
#include <gst/dvr/gstdvrstore.h>

#define PART (250 * GST_MSECOND)

static gchar *location;
static GstDvrStoreConfig config;

static void
setup (void)
{
  location = g_dir_make_tmp ("dvr-store-XXXXXX", NULL);
  memset (&config, 0, sizeof (config));
  config.target_duration = GST_SECOND;
  config.max_segment_duration = 2 * GST_SECOND;
  config.part_duration = PART;
  config.reconnect_window = 60 * GST_SECOND;
  config.publish_type = GST_DVR_PUBLISH_APPEND;
  config.fsync = GST_DVR_FSYNC_NONE;
}

static int
remove_one (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  return remove (path);
}

static void
teardown (void)
{
  nftw (location, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  g_free (location);
}

static GstDvrStoreWriter *
open_writer (void)
{
  GError *error = NULL;
  GstDvrStoreWriter *writer =
      gst_dvr_store_writer_open (location, "live/cam1", &config, &error);
  GBytes *init = g_bytes_new_static ("\0\0\0\x10" "ftypinit....", 16);

  fail_unless (writer != NULL, "%s", error ? error->message : "");
  fail_unless (gst_dvr_store_writer_set_init (writer, init, NULL));
  g_bytes_unref (init);

  return writer;
}

static GstBuffer *
make_chunk (guint number, guint part, gsize size)
{
  guint8 *data = g_malloc (size);

  memset (data, number * 16 + part, size);
  GST_WRITE_UINT32_BE (data, 16);
  memcpy (data + 4, "moof", 4);
  GST_WRITE_UINT32_BE (data + 16, size - 16);
  memcpy (data + 20, "mdat", 4);

  return gst_buffer_new_wrapped (data, size);
}

static gboolean
write_part (GstDvrStoreWriter * writer, guint number, guint part,
    GError ** error)
{
  GstBuffer *chunk = make_chunk (number, part, 1000);
  gboolean done = gst_dvr_store_writer_begin_part (writer, 1000000, error)
      && gst_dvr_store_writer_append_chunk (writer, chunk, part ? 0 : 500,
      error)
      && gst_dvr_store_writer_end_part (writer, PART, part == 0, error);

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

static void
open_segment (GstDvrStoreWriter * writer)
{
  fail_unless (gst_dvr_store_writer_open_segment (writer, end_of (writer),
          g_get_real_time (), FALSE, NULL));
}

static GstDvrEntry
write_segment (GstDvrStoreWriter * writer, guint number)
{
  GstDvrEntry closed;
  guint part;

  open_segment (writer);
  for (part = 0; part < 4; part++)
    fail_unless (write_part (writer, number, part, NULL));
  fail_unless (gst_dvr_store_writer_close_segment (writer, 4 * PART, &closed,
          NULL));

  return closed;
}

static gchar *
path_of (const gchar * name)
{
  return g_build_filename (location, "live/cam1", name, NULL);
}

static GstDvrPlaylist *
read_index (void)
{
  gchar *path = path_of ("index.m3u8"), *text;
  GError *error = NULL;
  GstDvrPlaylist *list;
  gsize size;

  fail_unless (g_file_get_contents (path, &text, &size, NULL));
  list = gst_dvr_playlist_parse (text, size, &error);
  fail_unless (list != NULL, "%s\n%s", error ? error->message : "", text);
  g_free (text);
  g_free (path);

  return list;
}

GST_START_TEST (test_what_is_written_is_listed_and_describes_itself)
{
  GstDvrStoreWriter *writer = open_writer ();
  GstDvrEntry entry = write_segment (writer, 0);
  GstDvrPlaylistSegment *segment;
  GstDvrPlaylist *list;
  GstDvrSegmentHead head;
  gchar *path, *bytes;
  gsize size, head_size;

  write_segment (writer, 1);
  fail_unless (gst_dvr_store_writer_end (writer, NULL));
  list = read_index ();
  fail_unless (list->ended);
  fail_unless_equals_int (list->segments->len, 2);
  fail_unless_equals_uint64 (list->header.target_duration, 2 * GST_SECOND);
  segment = gst_dvr_playlist_get_segment (list, 0);
  fail_unless_equals_uint64 (segment->number, entry.number);
  fail_unless_equals_uint64 (segment->duration, GST_SECOND);

  path = path_of (segment->uri);
  fail_unless (g_file_get_contents (path, &bytes, &size, NULL));
  fail_unless_equals_uint64 (size, entry.size);
  fail_unless_equals_uint64 (size, segment->size);
  fail_unless_equals_int (gst_dvr_segment_head_read ((guint8 *) bytes, size,
          &head, &head_size), GST_DVR_HEAD_OK);
  fail_unless_equals_uint64 (head.number, entry.number);
  fail_unless (memcmp (bytes + segment->key_range.offset + 4, "moof", 4) == 0);

  g_free (bytes);
  g_free (path);
  gst_dvr_playlist_free (list);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_a_second_writer_is_refused)
{
  GstDvrStoreWriter *writer = open_writer ();
  GError *error = NULL;

  fail_unless (gst_dvr_store_writer_open (location, "live/cam1", &config,
          &error) == NULL);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_BUSY));
  fail_unless (strstr (error->message, location) != NULL);
  g_clear_error (&error);
  gst_dvr_store_writer_free (writer);

  gst_dvr_store_writer_free (open_writer ());
}

GST_END_TEST;

GST_START_TEST (test_a_bad_name_is_refused)
{
  GError *error = NULL;

  fail_unless (gst_dvr_store_writer_open (location, "../cam1", &config,
          &error) == NULL);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_SETTINGS));
  g_clear_error (&error);
}

GST_END_TEST;

GST_START_TEST (test_a_later_run_goes_on_in_the_same_list)
{
  GstDvrStoreWriter *writer = open_writer ();
  GstDvrEntry a = write_segment (writer, 0), b;
  GstDvrPlaylistSegment *segment;
  GstDvrPlaylist *list;
  gchar *recording = g_strdup (a.recording);

  gst_dvr_store_writer_end (writer, NULL);
  gst_dvr_store_writer_free (writer);
  writer = open_writer ();
  b = write_segment (writer, 1);
  fail_unless_equals_uint64 (b.number, a.number + 1);
  fail_unless (g_strcmp0 (recording, b.recording) != 0);

  list = read_index ();
  fail_if (list->ended);
  fail_unless_equals_int (list->segments->len, 2);
  segment = gst_dvr_playlist_get_segment (list, 1);
  fail_unless (segment->discontinuous);
  fail_unless_equals_uint64 (segment->start, GST_SECOND);

  g_free (recording);
  gst_dvr_playlist_free (list);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_a_longer_target_duration_is_refused)
{
  GstDvrStoreWriter *writer = open_writer ();
  GError *error = NULL;

  write_segment (writer, 0);
  gst_dvr_store_writer_free (writer);

  config.max_segment_duration = 10 * GST_SECOND;
  fail_unless (gst_dvr_store_writer_open (location, "live/cam1", &config,
          &error) == NULL);
  fail_unless (strstr (error->message, "10 s") != NULL);
  fail_unless (strstr (error->message, "2 s") != NULL);
  g_clear_error (&error);
}

GST_END_TEST;

GST_START_TEST (test_numbers_rise_over_a_deleted_recording)
{
  GstDvrStoreWriter *writer = open_writer ();
  GstDvrEntry a = write_segment (writer, 0), b;

  gst_dvr_store_writer_free (writer);
  nftw (location, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  writer = open_writer ();
  b = write_segment (writer, 0);
  fail_unless (b.number >= a.number);
  gst_dvr_store_writer_free (writer);

  config.publish_type = GST_DVR_PUBLISH_RECORD;
  writer = open_writer ();
  a = write_segment (writer, 0);
  fail_unless (a.number > b.number);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_the_window_holds)
{
  GstDvrStoreWriter *writer;
  GstDvrPlaylist *list;
  GstDvrEntry entry = { 0, };
  guint i;

  config.window = 5 * GST_SECOND;
  writer = open_writer ();
  for (i = 0; i < 12; i++)
    entry = write_segment (writer, i);
  list = read_index ();
  fail_unless_equals_int (list->segments->len, 5);
  fail_unless_equals_uint64 (list->header.media_sequence, entry.number - 4);
  fail_unless_equals_uint64 (list->header.time, 7 * GST_SECOND);
  gst_dvr_playlist_free (list);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

static guint64
bytes_on_disk (void)
{
  gchar *path = path_of (""), *command;
  gchar *out = NULL;
  guint64 size;

  command = g_strdup_printf ("sh -c 'cat %s/*/*.m4s | wc -c'", path);
  fail_unless (g_spawn_command_line_sync (command, &out, NULL, NULL, NULL));
  size = g_ascii_strtoull (out, NULL, 10);
  g_free (out);
  g_free (command);
  g_free (path);

  return size;
}

GST_START_TEST (test_the_size_holds)
{
  GstDvrStoreWriter *writer;
  guint i;

  config.max_size = 20000;
  writer = open_writer ();
  for (i = 0; i < 20; i++)
    write_segment (writer, i);
  gst_dvr_store_writer_free (writer);
  fail_unless (bytes_on_disk () <= 20000);
  fail_unless (bytes_on_disk () >= 15000);
}

GST_END_TEST;

/* A writer's process ends at once, wherever it is. */
static void
crash_after (guint segments, guint parts)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0) {
    GstDvrStoreWriter *writer = open_writer ();
    guint i;

    for (i = 0; i < segments; i++)
      write_segment (writer, i);
    open_segment (writer);
    for (i = 0; i < parts; i++)
      write_part (writer, segments, i, NULL);
    kill (getpid (), SIGKILL);
  }
  fail_unless (waitpid (pid, &status, 0) == pid);
}

GST_START_TEST (test_a_killed_writers_parts_are_adopted)
{
  GstDvrPlaylist *list;

  crash_after (2, 3);
  gst_dvr_store_writer_free (open_writer ());
  list = read_index ();
  fail_unless_equals_int (list->segments->len, 3);
  fail_unless_equals_uint64 (gst_dvr_playlist_get_segment (list, 2)->duration,
      3 * PART);
  fail_if (gst_dvr_playlist_get_segment (list, 2)->gap);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_a_segment_without_a_part_leaves_its_number_as_a_gap)
{
  GstDvrPlaylist *list;

  crash_after (2, 0);
  gst_dvr_store_writer_free (open_writer ());
  list = read_index ();
  fail_unless_equals_int (list->segments->len, 3);
  fail_unless (gst_dvr_playlist_get_segment (list, 2)->gap);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

static gchar *
last_segment_path (void)
{
  GstDvrPlaylist *list = read_index ();
  gchar *path = path_of (list->has_open ? list->open.uri :
      gst_dvr_playlist_get_segment (list, list->segments->len - 1)->uri);

  gst_dvr_playlist_free (list);

  return path;
}

GST_START_TEST (test_a_torn_part_is_cut_off_and_its_reader_keeps_the_file)
{
  GstDvrPlaylist *list;
  struct stat before, after;
  gchar *path;

  crash_after (1, 3);
  path = last_segment_path ();
  fail_unless (stat (path, &before) == 0);
  fail_unless (truncate (path, before.st_size - 1) == 0);
  gst_dvr_store_writer_free (open_writer ());
  list = read_index ();
  fail_unless_equals_uint64 (gst_dvr_playlist_get_segment (list, 1)->duration,
      2 * PART);
  fail_unless (stat (path, &after) == 0);
  fail_unless (after.st_ino != before.st_ino);
  fail_unless_equals_uint64 (after.st_size,
      gst_dvr_playlist_get_segment (list, 1)->size);
  gst_dvr_playlist_free (list);
  g_free (path);
}

GST_END_TEST;

GST_START_TEST (test_listed_segments_that_are_gone_or_short_become_gaps)
{
  GstDvrStoreWriter *writer = open_writer ();
  GstDvrPlaylist *list;
  gchar *path;
  guint i;

  for (i = 0; i < 3; i++)
    write_segment (writer, i);
  gst_dvr_store_writer_free (writer);
  list = read_index ();
  path = path_of (gst_dvr_playlist_get_segment (list, 0)->uri);
  fail_unless (unlink (path) == 0);
  g_free (path);
  path = path_of (gst_dvr_playlist_get_segment (list, 1)->uri);
  fail_unless (truncate (path, 0) == 0);
  g_free (path);
  gst_dvr_playlist_free (list);

  gst_dvr_store_writer_free (open_writer ());
  list = read_index ();
  fail_unless_equals_int (list->segments->len, 3);
  fail_unless (gst_dvr_playlist_get_segment (list, 0)->gap);
  fail_unless (gst_dvr_playlist_get_segment (list, 1)->gap);
  fail_if (gst_dvr_playlist_get_segment (list, 2)->gap);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_a_lost_list_is_rebuilt_from_the_files)
{
  GstDvrStoreWriter *writer = open_writer ();
  GstDvrPlaylist *before, *after;
  gchar *path = path_of ("index.m3u8");
  guint i;

  for (i = 0; i < 3; i++)
    write_segment (writer, i);
  gst_dvr_store_writer_free (writer);
  before = read_index ();
  fail_unless (unlink (path) == 0);
  gst_dvr_store_writer_free (open_writer ());
  after = read_index ();
  fail_unless_equals_int (after->segments->len, 3);
  for (i = 0; i < 3; i++) {
    GstDvrPlaylistSegment *a = gst_dvr_playlist_get_segment (before, i);
    GstDvrPlaylistSegment *b = gst_dvr_playlist_get_segment (after, i);

    fail_unless_equals_string (a->uri, b->uri);
    fail_unless_equals_uint64 (a->duration, b->duration);
    fail_unless_equals_uint64 (a->size, b->size);
    fail_unless_equals_uint64 (a->key_range.length, b->key_range.length);
    fail_unless_equals_uint64 (a->start, b->start);
  }
  gst_dvr_playlist_free (before);
  gst_dvr_playlist_free (after);
  g_free (path);
}

GST_END_TEST;

GST_START_TEST (test_a_newer_format_is_not_touched)
{
  GstDvrStoreWriter *writer = open_writer ();
  gchar *path = path_of ("index.m3u8"), *text, *again;
  GError *error = NULL;
  GString *newer;

  write_segment (writer, 0);
  gst_dvr_store_writer_free (writer);
  g_file_get_contents (path, &text, NULL, NULL);
  newer = g_string_new (text);
  g_string_replace (newer, "#EXT-X-DVR-VERSION:1", "#EXT-X-DVR-VERSION:2", 1);
  g_file_set_contents (path, newer->str, newer->len, NULL);

  fail_unless (gst_dvr_store_writer_open (location, "live/cam1", &config,
          &error) == NULL);
  fail_unless (strstr (error->message, "VERSION") != NULL, "%s",
      error->message);
  g_clear_error (&error);
  g_file_get_contents (path, &again, NULL, NULL);
  fail_unless_equals_string (again, newer->str);
  g_string_free (newer, TRUE);
  g_free (again);
  g_free (text);
  g_free (path);
}

GST_END_TEST;

GST_START_TEST (test_a_list_torn_anywhere_loses_no_file)
{
  GstDvrStoreWriter *writer = open_writer ();
  gchar *path = path_of ("index.m3u8"), *text;
  gsize size, cut;
  guint i;

  for (i = 0; i < 3; i++)
    write_segment (writer, i);
  gst_dvr_store_writer_free (writer);
  g_file_get_contents (path, &text, &size, NULL);
  for (cut = 0; cut < size; cut += 7) {
    GstDvrPlaylist *list;

    g_file_set_contents (path, text, cut, NULL);
    gst_dvr_store_writer_free (open_writer ());
    list = read_index ();
    fail_unless_equals_int (list->segments->len, 3);
    for (i = 0; i < 3; i++)
      fail_if (gst_dvr_playlist_get_segment (list, i)->gap);
    gst_dvr_playlist_free (list);
  }
  g_free (text);
  g_free (path);
}

GST_END_TEST;

GST_START_TEST (test_a_full_disk_tears_nothing_and_recording_resumes)
{
  GstDvrStoreWriter *writer;
  struct rlimit limit, low;
  GError *error = NULL;
  GstDvrPlaylist *list;

  config.full_disk = GST_DVR_FULL_DISK_PAUSE;
  writer = open_writer ();
  write_segment (writer, 0);
  open_segment (writer);
  fail_unless (write_part (writer, 1, 0, NULL));

  /* a file size limit fails like a full disk, in the middle of a part */
  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &limit);
  low = limit;
  low.rlim_cur = 1700;
  setrlimit (RLIMIT_FSIZE, &low);
  fail_if (write_part (writer, 1, 1, &error));
  setrlimit (RLIMIT_FSIZE, &limit);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NO_SPACE_LEFT), "%s", error->message);
  fail_unless (strstr (error->message, location) != NULL);
  g_clear_error (&error);

  fail_unless (write_part (writer, 1, 1, NULL));
  fail_unless (gst_dvr_store_writer_close_segment (writer, 2 * PART, NULL,
          NULL));
  gst_dvr_store_writer_free (writer);
  gst_dvr_store_writer_free (open_writer ());
  list = read_index ();
  fail_unless_equals_int (list->segments->len, 2);
  fail_if (gst_dvr_playlist_get_segment (list, 1)->gap);
  fail_unless_equals_uint64 (gst_dvr_playlist_get_segment (list, 1)->duration,
      2 * PART);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_gaps_are_listed_and_numbered)
{
  GstDvrStoreWriter *writer = open_writer ();
  GstDvrEntry a = write_segment (writer, 0), b;
  GstDvrPlaylist *list;

  gst_dvr_store_writer_end (writer, NULL);
  fail_unless (gst_dvr_store_writer_add_gap (writer, GST_SECOND, GST_SECOND,
          GST_DVR_WALL_TIME_NONE, NULL));
  b = write_segment (writer, 1);
  fail_unless_equals_uint64 (b.number, a.number + 2);
  fail_unless_equals_uint64 (b.start, 2 * GST_SECOND);
  list = read_index ();
  fail_if (list->ended);
  fail_unless (gst_dvr_playlist_get_segment (list, 1)->gap);
  gst_dvr_playlist_free (list);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

/* Reading. */

static void
wait_until (GstDvrTimeline * timeline, gboolean (*ready)
    (const GstDvrTimelineInfo *))
{
  gint64 until = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (timeline, &info);
  while (!ready (&info)) {
    fail_unless (g_get_monotonic_time () < until, "state %d, next %"
        G_GUINT64_FORMAT ", parts %u", info.state, info.next, info.n_parts);
    gst_dvr_timeline_wait (timeline, info.version + 1, until);
    gst_dvr_timeline_get_info (timeline, &info);
  }
}

static gboolean
is_failed (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_FAILED;
}

static gboolean
has_one_part (const GstDvrTimelineInfo * info)
{
  return info->open && info->n_parts == 1;
}

static gboolean
has_two_parts (const GstDvrTimelineInfo * info)
{
  return info->open && info->n_parts == 2;
}

static gboolean
has_one (const GstDvrTimelineInfo * info)
{
  return !info->open && info->next == info->first + 1;
}

static gboolean
has_ended (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_ENDED;
}

static gboolean
is_open (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_OPEN;
}

typedef struct
{
  GMutex lock;
  GCond cond;
} Waiter;

static void
wake_waiter (GstDvrSegment * segment, gpointer user_data)
{
  Waiter *waiter = user_data;

  g_mutex_lock (&waiter->lock);
  g_cond_broadcast (&waiter->cond);
  g_mutex_unlock (&waiter->lock);
}

static void
wait_segment (GstDvrSegment * segment, guint parts)
{
  gint64 until = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  Waiter waiter;
  gulong watch;

  g_mutex_init (&waiter.lock);
  g_cond_init (&waiter.cond);
  watch = gst_dvr_segment_add_watch (segment, wake_waiter, &waiter, NULL);
  g_mutex_lock (&waiter.lock);
  while (gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_FILLING
      && (parts == 0 || gst_dvr_segment_get_n_parts (segment) < parts))
    fail_unless (g_cond_wait_until (&waiter.cond, &waiter.lock, until));
  g_mutex_unlock (&waiter.lock);
  gst_dvr_segment_remove_watch (segment, watch);
}

static GstDvrSegment *
fetch (GstDvrStoreReader * reader, GstDvrSegmentKind kind,
    const gchar * recording, guint64 number)
{
  GstDvrSegmentId id = { kind, "live/cam1", recording, number };
  GstDvrSegment *segment = gst_dvr_segment_new (&id);

  gst_dvr_store_reader_fetch (reader, segment);

  return segment;
}

GST_START_TEST
    (test_a_reader_follows_part_by_part_and_waits_for_what_is_missing) {
  GstDvrStoreReader *reader = gst_dvr_store_reader_new (location, "live/cam1");
  GstDvrTimeline *timeline = gst_dvr_store_reader_get_timeline (reader);
  GstDvrStoreWriter *writer;
  GstDvrSegment *segment;
  GstDvrEntry entry;
  GstDvrPart part;

  wait_until (timeline, is_failed);
  writer = open_writer ();
  open_segment (writer);
  write_part (writer, 0, 0, NULL);
  wait_until (timeline, has_one_part);
  fail_unless_equals_int (gst_dvr_timeline_find_time (timeline, 0, &entry),
      GST_DVR_FOUND_OPEN);
  segment = fetch (reader, GST_DVR_SEGMENT_MEDIA, entry.recording,
      entry.number);
  wait_segment (segment, 1);
  write_part (writer, 0, 1, NULL);
  wait_until (timeline, has_two_parts);
  wait_segment (segment, 2);
  fail_unless (gst_dvr_segment_get_part (segment, 1, &part));
  fail_unless_equals_clocktime (part.duration, PART);

  gst_dvr_store_writer_close_segment (writer, 2 * PART, &entry, NULL);
  wait_until (timeline, has_one);
  wait_segment (segment, 0);
  fail_unless_equals_int (gst_dvr_segment_get_state (segment),
      GST_DVR_SEGMENT_WHOLE);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), entry.size);
  gst_dvr_segment_unref (segment);

  gst_dvr_store_writer_end (writer, NULL);
  wait_until (timeline, has_ended);
  gst_dvr_store_writer_free (writer);
  writer = open_writer ();
  open_segment (writer);
  write_part (writer, 1, 0, NULL);
  wait_until (timeline, is_open);
  wait_until (timeline, has_one_part);
  gst_dvr_store_writer_free (writer);
  gst_dvr_store_reader_free (reader);
}

GST_END_TEST;

GST_START_TEST (test_many_readers_come_while_a_recording_grows)
{
  GstDvrStoreReader *readers[200];
  GstDvrStoreWriter *writer = open_writer ();
  guint i;

  open_segment (writer);
  for (i = 0; i < G_N_ELEMENTS (readers); i++) {
    write_part (writer, 0, i, NULL);
    readers[i] = gst_dvr_store_reader_new (location, "live/cam1");
  }
  for (i = 0; i < G_N_ELEMENTS (readers); i++) {
    wait_until (gst_dvr_store_reader_get_timeline (readers[i]), is_open);
    gst_dvr_store_reader_free (readers[i]);
  }
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_closed_segments_and_init_sections_are_read)
{
  GstDvrStoreWriter *writer = open_writer ();
  GstDvrEntry entry = write_segment (writer, 3);
  GstDvrStoreReader *reader;
  GstDvrSegment *segment;
  guint8 byte;

  reader = gst_dvr_store_reader_new (location, "live/cam1");
  wait_until (gst_dvr_store_reader_get_timeline (reader), has_one);
  segment = fetch (reader, GST_DVR_SEGMENT_MEDIA, entry.recording,
      entry.number);
  wait_segment (segment, 0);
  fail_unless_equals_int (gst_dvr_segment_get_state (segment),
      GST_DVR_SEGMENT_WHOLE);
  fail_unless_equals_int (gst_dvr_segment_get_n_parts (segment), 4);
  fail_unless (gst_dvr_segment_read (segment, entry.size - 1, &byte, 1));
  fail_unless_equals_int (byte, 3 * 16 + 3);
  gst_dvr_segment_unref (segment);

  segment = fetch (reader, GST_DVR_SEGMENT_INIT, entry.recording, 0);
  wait_segment (segment, 0);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), 16);
  gst_dvr_segment_unref (segment);

  segment = fetch (reader, GST_DVR_SEGMENT_MEDIA, entry.recording,
      entry.number + 1);
  wait_segment (segment, 0);
  fail_unless_equals_int (gst_dvr_segment_get_status (segment), 404);
  gst_dvr_segment_unref (segment);

  gst_dvr_store_reader_free (reader);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_a_reader_follows_a_list_written_anew)
{
  GstDvrStoreWriter *writer;
  GstDvrStoreReader *reader = gst_dvr_store_reader_new (location, "live/cam1");
  GstDvrTimeline *timeline = gst_dvr_store_reader_get_timeline (reader);
  GstDvrTimelineInfo info;
  GstDvrEntry entry = { 0, };
  guint i;

  config.window = 4 * GST_SECOND;
  writer = open_writer ();
  for (i = 0; i < 20; i++)
    entry = write_segment (writer, i);
  gst_dvr_store_writer_end (writer, NULL);
  wait_until (timeline, has_ended);
  gst_dvr_timeline_get_info (timeline, &info);
  fail_unless_equals_uint64 (info.next, entry.number + 1);
  fail_unless_equals_uint64 (info.first, entry.number - 3);
  gst_dvr_store_writer_free (writer);
  gst_dvr_store_reader_free (reader);
}

GST_END_TEST;

GST_START_TEST (test_a_reader_that_goes_fails_what_it_was_filling)
{
  GstDvrStoreWriter *writer = open_writer ();
  GstDvrStoreReader *reader = gst_dvr_store_reader_new (location, "live/cam1");
  GstDvrTimeline *timeline = gst_dvr_store_reader_get_timeline (reader);
  GstDvrSegment *segment;
  GstDvrEntry entry;

  open_segment (writer);
  write_part (writer, 0, 0, NULL);
  wait_until (timeline, has_one_part);
  gst_dvr_timeline_find_time (timeline, 0, &entry);
  segment = fetch (reader, GST_DVR_SEGMENT_MEDIA, entry.recording,
      entry.number);
  gst_dvr_store_reader_free (reader);
  wait_segment (segment, 0);
  fail_unless_equals_int (gst_dvr_segment_get_status (segment), 503);
  gst_dvr_segment_unref (segment);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_what_a_list_must_not_name_is_not_read)
{
  const gchar *list = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n"
      "#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:1.000,\n../../../etc/passwd\n";
  gchar *directory = path_of ("");
  gchar *path = path_of ("index.m3u8");
  GstDvrStoreReader *reader;
  GstDvrTimelineInfo info;

  g_mkdir_with_parents (directory, 0755);
  g_file_set_contents (path, list, -1, NULL);
  reader = gst_dvr_store_reader_new (location, "live/cam1");
  wait_until (gst_dvr_store_reader_get_timeline (reader), is_open);
  gst_dvr_timeline_get_info (gst_dvr_store_reader_get_timeline (reader), &info);
  fail_unless_equals_uint64 (info.next, info.first);
  gst_dvr_store_reader_free (reader);
  g_free (path);
  g_free (directory);
}

GST_END_TEST;

static Suite *
store_suite (void)
{
  Suite *s = suite_create ("store");
  TCase *tc = tcase_create ("writing");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_what_is_written_is_listed_and_describes_itself);
  tcase_add_test (tc, test_a_second_writer_is_refused);
  tcase_add_test (tc, test_a_bad_name_is_refused);
  tcase_add_test (tc, test_a_later_run_goes_on_in_the_same_list);
  tcase_add_test (tc, test_a_longer_target_duration_is_refused);
  tcase_add_test (tc, test_numbers_rise_over_a_deleted_recording);
  tcase_add_test (tc, test_the_window_holds);
  tcase_add_test (tc, test_the_size_holds);
  tcase_add_test (tc, test_a_full_disk_tears_nothing_and_recording_resumes);
  tcase_add_test (tc, test_gaps_are_listed_and_numbered);

  tc = tcase_create ("recovering");
  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_a_killed_writers_parts_are_adopted);
  tcase_add_test (tc, test_a_segment_without_a_part_leaves_its_number_as_a_gap);
  tcase_add_test (tc,
      test_a_torn_part_is_cut_off_and_its_reader_keeps_the_file);
  tcase_add_test (tc, test_listed_segments_that_are_gone_or_short_become_gaps);
  tcase_add_test (tc, test_a_lost_list_is_rebuilt_from_the_files);
  tcase_add_test (tc, test_a_newer_format_is_not_touched);
  tcase_add_test (tc, test_a_list_torn_anywhere_loses_no_file);

  tc = tcase_create ("reading");
  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc,
      test_a_reader_follows_part_by_part_and_waits_for_what_is_missing);
  tcase_add_test (tc, test_many_readers_come_while_a_recording_grows);
  tcase_add_test (tc, test_closed_segments_and_init_sections_are_read);
  tcase_add_test (tc, test_a_reader_follows_a_list_written_anew);
  tcase_add_test (tc, test_a_reader_that_goes_fails_what_it_was_filling);
  tcase_add_test (tc, test_what_a_list_must_not_name_is_not_read);

  return s;
}

GST_CHECK_MAIN (store);
