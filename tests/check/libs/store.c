/* store.c: what a recording on disk promises
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <gst/dvr/gstdvrsegmentfile.h>

#include "storefixture.h"

GST_START_TEST (test_what_is_written_is_listed_and_describes_itself)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrEntry entry = store_write_segment (writer, 0);
  GstDvrPlaylistSegment *segment;
  GstDvrPlaylist *list;
  GstDvrSegmentHead head;
  gchar *path, *bytes;
  gsize size, head_size;

  store_write_segment (writer, 1);
  fail_unless (gst_dvr_store_writer_end (writer, NULL));
  list = store_read_index ();
  fail_unless (list->ended);
  fail_unless_equals_int (list->segments->len, 2);
  fail_unless_equals_uint64 (list->header.target_duration, 2 * GST_SECOND);
  segment = gst_dvr_playlist_get_segment (list, 0);
  fail_unless_equals_uint64 (segment->number, entry.number);
  fail_unless_equals_uint64 (segment->duration, GST_SECOND);

  path = store_path (segment->uri);
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
  GstDvrStoreWriter *writer = store_open_writer ();
  GError *error = NULL;

  fail_unless (gst_dvr_store_writer_open (store_location, "live/cam1",
          &store_config, &error) == NULL);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_BUSY));
  fail_unless (strstr (error->message, store_location) != NULL);
  g_clear_error (&error);
  gst_dvr_store_writer_free (writer);

  gst_dvr_store_writer_free (store_open_writer ());
}

GST_END_TEST;

GST_START_TEST (test_a_bad_name_is_refused)
{
  GError *error = NULL;

  fail_unless (gst_dvr_store_writer_open (store_location, "../cam1",
          &store_config, &error) == NULL);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_SETTINGS));
  g_clear_error (&error);
}

GST_END_TEST;

GST_START_TEST (test_a_later_run_goes_on_in_the_same_list)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrEntry a = store_write_segment (writer, 0), b;
  GstDvrPlaylistSegment *segment;
  GstDvrPlaylist *list;
  gchar *recording = g_strdup (a.recording);

  gst_dvr_store_writer_end (writer, NULL);
  gst_dvr_store_writer_free (writer);
  writer = store_open_writer ();
  b = store_write_segment (writer, 1);
  fail_unless_equals_uint64 (b.number, a.number + 1);
  fail_unless (g_strcmp0 (recording, b.recording) != 0);

  list = store_read_index ();
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
  GstDvrStoreWriter *writer = store_open_writer ();
  GError *error = NULL;

  store_write_segment (writer, 0);
  gst_dvr_store_writer_free (writer);

  store_config.max_segment_duration = 10 * GST_SECOND;
  fail_unless (gst_dvr_store_writer_open (store_location, "live/cam1",
          &store_config, &error) == NULL);
  fail_unless (strstr (error->message, "10 s") != NULL);
  fail_unless (strstr (error->message, "2 s") != NULL);
  g_clear_error (&error);
}

GST_END_TEST;

GST_START_TEST (test_numbers_rise_over_a_deleted_recording)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrEntry a = store_write_segment (writer, 0), b;

  gst_dvr_store_writer_free (writer);
  store_remove ();
  writer = store_open_writer ();
  b = store_write_segment (writer, 0);
  fail_unless (b.number >= a.number);
  gst_dvr_store_writer_free (writer);

  store_config.publish_type = GST_DVR_PUBLISH_RECORD;
  writer = store_open_writer ();
  a = store_write_segment (writer, 0);
  fail_unless (a.number > b.number);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

/* A writer's process ends at once, wherever it is; where it is @hurried, parts
 * that are to be on disk first are not announced yet. */
static void
crash (guint segments, guint parts, gboolean hurried)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0) {
    GstDvrStoreWriter *writer = store_open_writer ();
    guint i;

    gst_dvr_store_writer_set_hurried (writer, hurried);
    for (i = 0; i < segments; i++)
      store_write_segment (writer, i);
    store_open_segment (writer);
    for (i = 0; i < parts; i++)
      store_write_part (writer, segments, i, NULL);
    kill (getpid (), SIGKILL);
  }
  fail_unless (waitpid (pid, &status, 0) == pid);
}

static void
crash_after (guint segments, guint parts)
{
  crash (segments, parts, FALSE);
}

GST_START_TEST (test_a_killed_writers_parts_are_adopted)
{
  GstDvrPlaylist *list;

  crash_after (2, 3);
  gst_dvr_store_writer_free (store_open_writer ());
  list = store_read_index ();
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
  gst_dvr_store_writer_free (store_open_writer ());
  list = store_read_index ();
  fail_unless_equals_int (list->segments->len, 3);
  fail_unless (gst_dvr_playlist_get_segment (list, 2)->gap);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

/* How much of a segment's file parts fill that are to be seen. */
static guint64
walk_seen (const gchar * path, gsize * size)
{
  GstDvrSegmentHead head;
  GstDvrPartHead part;
  gsize at = 0;
  gchar *bytes;

  fail_unless (g_file_get_contents (path, &bytes, size, NULL));
  fail_unless_equals_int (gst_dvr_segment_head_read ((guint8 *) bytes, *size,
          &head, &at), GST_DVR_HEAD_OK);
  while (gst_dvr_part_head_read ((guint8 *) bytes + at, *size - at, &part) ==
      GST_DVR_HEAD_OK && part.size <= *size - at)
    at += part.size;
  g_free (bytes);

  return at;
}

GST_START_TEST (test_parts_that_were_not_announced_yet_are_adopted)
{
  GstDvrPlaylistSegment *segment;
  GstDvrPlaylist *list;
  gsize size;
  gchar *path;

  store_config.fsync = GST_DVR_FSYNC_PART;
  crash (1, 3, TRUE);
  gst_dvr_store_writer_free (store_open_writer ());
  list = store_read_index ();
  fail_unless_equals_int (list->segments->len, 2);
  segment = gst_dvr_playlist_get_segment (list, 1);
  fail_unless_equals_uint64 (segment->duration, 3 * PART);
  path = store_path (segment->uri);
  fail_unless_equals_uint64 (walk_seen (path, &size), segment->size);
  fail_unless_equals_uint64 (size, segment->size);
  gst_dvr_playlist_free (list);
  g_free (path);
}

GST_END_TEST;

/* A power cut may leave a segment's file and not its line, nor that the next one
 * was opened, parts of which viewers have seen. */
GST_START_TEST (test_a_number_that_may_have_been_in_use_is_a_gap)
{
  gchar *path = store_path ("index.m3u8"), *text, *cut;
  GstDvrStoreWriter *writer;
  GstDvrPlaylist *list;
  GstDvrEntry entry;

  crash_after (2, 0);
  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  cut = strrchr (text, '#');
  fail_unless (g_str_has_prefix (cut, "#EXT-X-DVR-OPEN:"));
  fail_unless (g_file_set_contents (path, text, cut - text, NULL));
  writer = store_open_writer ();
  entry = store_write_segment (writer, 3);
  gst_dvr_store_writer_free (writer);
  list = store_read_index ();
  fail_unless_equals_int (list->segments->len, 4);
  fail_unless (gst_dvr_playlist_get_segment (list, 2)->gap);
  fail_unless_equals_uint64 (entry.number,
      gst_dvr_playlist_get_segment (list, 1)->number + 2);
  gst_dvr_playlist_free (list);
  g_free (text);
  g_free (path);
}

GST_END_TEST;

static gchar *
last_segment_path (void)
{
  GstDvrPlaylist *list = store_read_index ();
  gchar *path = store_path (list->has_open ? list->open.uri :
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
  gst_dvr_store_writer_free (store_open_writer ());
  list = store_read_index ();
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
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrPlaylist *list;
  gchar *path;
  guint i;

  for (i = 0; i < 3; i++)
    store_write_segment (writer, i);
  gst_dvr_store_writer_free (writer);
  list = store_read_index ();
  path = store_path (gst_dvr_playlist_get_segment (list, 0)->uri);
  fail_unless (unlink (path) == 0);
  g_free (path);
  path = store_path (gst_dvr_playlist_get_segment (list, 1)->uri);
  fail_unless (truncate (path, 0) == 0);
  g_free (path);
  gst_dvr_playlist_free (list);

  gst_dvr_store_writer_free (store_open_writer ());
  list = store_read_index ();
  fail_unless_equals_int (list->segments->len, 3);
  fail_unless (gst_dvr_playlist_get_segment (list, 0)->gap);
  fail_unless (gst_dvr_playlist_get_segment (list, 1)->gap);
  fail_if (gst_dvr_playlist_get_segment (list, 2)->gap);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_a_lost_list_is_rebuilt_from_the_files)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrPlaylist *before, *after;
  gchar *path = store_path ("index.m3u8");
  guint i;

  for (i = 0; i < 3; i++)
    store_write_segment (writer, i);
  gst_dvr_store_writer_free (writer);
  before = store_read_index ();
  fail_unless (unlink (path) == 0);
  gst_dvr_store_writer_free (store_open_writer ());
  after = store_read_index ();
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
  GstDvrStoreWriter *writer = store_open_writer ();
  gchar *path = store_path ("index.m3u8"), *text, *again;
  GError *error = NULL;
  GString *newer;

  store_write_segment (writer, 0);
  gst_dvr_store_writer_free (writer);
  g_file_get_contents (path, &text, NULL, NULL);
  newer = g_string_new (text);
  g_string_replace (newer, "#EXT-X-DVR-VERSION:1", "#EXT-X-DVR-VERSION:2", 1);
  g_file_set_contents (path, newer->str, newer->len, NULL);

  fail_unless (gst_dvr_store_writer_open (store_location, "live/cam1",
          &store_config, &error) == NULL);
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
  GstDvrStoreWriter *writer = store_open_writer ();
  gchar *path = store_path ("index.m3u8"), *text;
  gsize size, cut;
  guint i;

  for (i = 0; i < 3; i++)
    store_write_segment (writer, i);
  gst_dvr_store_writer_free (writer);
  g_file_get_contents (path, &text, &size, NULL);
  for (cut = 0; cut < size; cut += 7) {
    GstDvrPlaylist *list;

    g_file_set_contents (path, text, cut, NULL);
    gst_dvr_store_writer_free (store_open_writer ());
    list = store_read_index ();
    fail_unless_equals_int (list->segments->len, 3);
    for (i = 0; i < 3; i++)
      fail_if (gst_dvr_playlist_get_segment (list, i)->gap);
    gst_dvr_playlist_free (list);
  }
  g_free (text);
  g_free (path);
}

GST_END_TEST;

GST_START_TEST (test_gaps_are_listed_and_numbered)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrEntry a = store_write_segment (writer, 0), b;
  GstDvrPlaylist *list;

  gst_dvr_store_writer_end (writer, NULL);
  fail_unless (gst_dvr_store_writer_add_gap (writer, GST_SECOND, GST_SECOND,
          GST_DVR_WALL_TIME_NONE, NULL));
  b = store_write_segment (writer, 1);
  fail_unless_equals_uint64 (b.number, a.number + 2);
  fail_unless_equals_uint64 (b.start, 2 * GST_SECOND);
  list = store_read_index ();
  fail_if (list->ended);
  fail_unless (gst_dvr_playlist_get_segment (list, 1)->gap);
  gst_dvr_playlist_free (list);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

static Suite *
store_suite (void)
{
  Suite *s = suite_create ("store");
  TCase *tc = tcase_create ("writing");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, store_setup, store_teardown);
  tcase_add_test (tc, test_what_is_written_is_listed_and_describes_itself);
  tcase_add_test (tc, test_a_second_writer_is_refused);
  tcase_add_test (tc, test_a_bad_name_is_refused);
  tcase_add_test (tc, test_a_later_run_goes_on_in_the_same_list);
  tcase_add_test (tc, test_a_longer_target_duration_is_refused);
  tcase_add_test (tc, test_numbers_rise_over_a_deleted_recording);
  tcase_add_test (tc, test_gaps_are_listed_and_numbered);

  tc = tcase_create ("recovering");
  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, store_setup, store_teardown);
  tcase_add_test (tc, test_a_killed_writers_parts_are_adopted);
  tcase_add_test (tc, test_a_segment_without_a_part_leaves_its_number_as_a_gap);
  tcase_add_test (tc, test_parts_that_were_not_announced_yet_are_adopted);
  tcase_add_test (tc, test_a_number_that_may_have_been_in_use_is_a_gap);
  tcase_add_test (tc,
      test_a_torn_part_is_cut_off_and_its_reader_keeps_the_file);
  tcase_add_test (tc, test_listed_segments_that_are_gone_or_short_become_gaps);
  tcase_add_test (tc, test_a_lost_list_is_rebuilt_from_the_files);
  tcase_add_test (tc, test_a_newer_format_is_not_touched);
  tcase_add_test (tc, test_a_list_torn_anywhere_loses_no_file);

  return s;
}

GST_CHECK_MAIN (store);
