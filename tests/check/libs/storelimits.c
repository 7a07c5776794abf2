/* storelimits.c: limits of a recording, and full disks
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "checkutil.h"
#include "storefixture.h"

GST_START_TEST (test_the_window_holds)
{
  GstDvrStoreWriter *writer;
  GstDvrPlaylist *list;
  GstDvrEntry entry = { 0, };
  guint i;

  store_config.window = 5 * GST_SECOND;
  writer = store_open_writer ();
  for (i = 0; i < 12; i++)
    entry = store_write_segment (writer, i);
  list = store_read_index ();
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
  gchar *path = store_path (""), *command;
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

  store_config.max_size = 20000;
  writer = store_open_writer ();
  for (i = 0; i < 20; i++)
    store_write_segment (writer, i);
  gst_dvr_store_writer_free (writer);
  fail_unless (bytes_on_disk () <= 20000);
  fail_unless (bytes_on_disk () >= 15000);
}

GST_END_TEST;

/* A file size limit fails like a full disk, in the middle of a write; 0 lifts
 * it. */
static void
limit_files (guint bytes)
{
  static rlim_t before;
  struct rlimit limit;

  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &limit);
  if (bytes > 0)
    before = limit.rlim_cur;
  limit.rlim_cur = bytes > 0 ? bytes : before;
  fail_unless (setrlimit (RLIMIT_FSIZE, &limit) == 0);
}

GST_START_TEST (test_a_full_disk_tears_nothing_and_recording_resumes)
{
  GstDvrStoreWriter *writer;
  GError *error = NULL;
  GstDvrPlaylist *list;

  store_config.full_disk = GST_DVR_FULL_DISK_PAUSE;
  writer = store_open_writer ();
  store_write_segment (writer, 0);
  store_open_segment (writer);
  fail_unless (store_write_part (writer, 1, 0, NULL));

  limit_files (1700);
  fail_if (store_write_part (writer, 1, 1, &error));
  limit_files (0);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NO_SPACE_LEFT), "%s", error->message);
  fail_unless (strstr (error->message, store_location) != NULL);
  g_clear_error (&error);

  fail_unless (store_write_part (writer, 1, 1, NULL));
  fail_unless (gst_dvr_store_writer_close_segment (writer, 2 * PART, NULL,
          NULL));
  gst_dvr_store_writer_free (writer);
  gst_dvr_store_writer_free (store_open_writer ());
  list = store_read_index ();
  fail_unless_equals_int (list->segments->len, 2);
  fail_if (gst_dvr_playlist_get_segment (list, 1)->gap);
  fail_unless_equals_uint64 (gst_dvr_playlist_get_segment (list, 1)->duration,
      2 * PART);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

/* Opens a segment, and fails to write a part of it. */
static void
open_and_fail (GstDvrStoreWriter * writer)
{
  GError *error = NULL;

  fail_unless (gst_dvr_store_writer_open_segment (writer, GST_SECOND,
          g_get_real_time (), TRUE, NULL));
  limit_files (1100);
  fail_if (store_write_part (writer, 1, 0, &error));
  limit_files (0);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NO_SPACE_LEFT), "%s", error->message);
  g_clear_error (&error);
}

/* What the list says is what the writer thinks. */
static void
check_list (GstDvrStoreWriter * writer, guint n)
{
  GstDvrTimeline *timeline = gst_dvr_store_writer_get_timeline (writer);
  GstDvrPlaylist *list = store_read_index ();
  guint i;

  fail_unless_equals_int (list->segments->len, n);
  for (i = 0; i < n; i++) {
    GstDvrPlaylistSegment *segment = gst_dvr_playlist_get_segment (list, i);
    gchar *number = g_strdup_printf ("/%010" G_GUINT64_FORMAT ".m4s",
        segment->number);
    GstDvrEntry entry;

    fail_unless (g_str_has_suffix (segment->uri, number), "%s is %s",
        segment->uri, number);
    fail_unless_equals_int (gst_dvr_timeline_find (timeline, segment->number,
            &entry), GST_DVR_FOUND_CLOSED);
    fail_unless_equals_int (segment->discontinuity, entry.discontinuity);
    fail_unless_equals_uint64 (segment->start, entry.start);
    fail_unless (!segment->gap == !entry.gap);
    g_free (number);
  }
  gst_dvr_playlist_free (list);
}

GST_START_TEST (test_a_segment_whose_first_part_fails_is_opened_again)
{
  GstDvrStoreWriter *writer;
  GstDvrEntry a, b;

  store_config.full_disk = GST_DVR_FULL_DISK_PAUSE;
  writer = store_open_writer ();
  a = store_write_segment (writer, 0);
  open_and_fail (writer);
  open_and_fail (writer);
  b = store_write_segment (writer, 1);
  fail_unless_equals_uint64 (b.number, a.number + 1);
  fail_unless_equals_int (b.discontinuity, a.discontinuity + 1);
  check_list (writer, 2);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_a_list_whose_first_segment_fails_keeps_its_numbers)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  gint64 second = g_get_real_time () / G_USEC_PER_SEC;

  open_and_fail (writer);
  /* numbers of a new list go by the clock */
  fail_unless_soon (g_get_real_time () / G_USEC_PER_SEC != second);
  store_write_segment (writer, 0);
  check_list (writer, 1);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_a_gap_takes_the_number_of_a_segment_without_a_part)
{
  GstDvrStoreWriter *writer;
  GstDvrEntry a, b;
  GstDvrPlaylist *list;

  store_config.full_disk = GST_DVR_FULL_DISK_PAUSE;
  writer = store_open_writer ();
  a = store_write_segment (writer, 0);
  open_and_fail (writer);
  fail_unless (gst_dvr_store_writer_add_gap (writer, GST_SECOND, GST_SECOND,
          g_get_real_time (), NULL));
  fail_unless (gst_dvr_store_writer_end (writer, NULL));
  list = store_read_index ();
  fail_unless (list->ended);
  fail_if (list->has_open);
  gst_dvr_playlist_free (list);

  b = store_write_segment (writer, 1);
  fail_unless_equals_uint64 (b.number, a.number + 2);
  check_list (writer, 3);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

static guint
count_lines (const gchar * prefix)
{
  gchar *path = store_path ("index.m3u8"), *text, *line;
  guint n = 0;

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  for (line = text; (line = strstr (line, prefix)) != NULL; line++)
    n++;
  g_free (text);
  g_free (path);

  return n;
}

GST_START_TEST (test_segments_that_cannot_be_listed_leave_no_lines)
{
  GstDvrStoreWriter *writer;
  GstDvrEntry a, b;
  guint i;

  store_config.full_disk = GST_DVR_FULL_DISK_PAUSE;
  writer = store_open_writer ();
  a = store_write_segment (writer, 0);
  limit_files (10);
  for (i = 0; i < 100; i++)
    fail_if (gst_dvr_store_writer_open_segment (writer, GST_SECOND,
            g_get_real_time (), TRUE, NULL));
  limit_files (0);
  fail_unless (gst_dvr_store_writer_open_segment (writer, GST_SECOND,
          g_get_real_time (), TRUE, NULL));
  fail_unless (store_write_part (writer, 1, 0, NULL));
  fail_unless (gst_dvr_store_writer_close_segment (writer, PART, &b, NULL));
  fail_unless_equals_int (b.discontinuity, a.discontinuity + 1);
  check_list (writer, 2);
  fail_unless_equals_int (count_lines ("#EXT-X-DVR-OPEN:"), 2);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_the_newest_segment_stays_whatever_the_limits)
{
  GstDvrStoreWriter *writer;
  GstDvrPlaylist *list;
  gchar *path;
  guint i;

  store_config.max_size = 1;
  store_config.min_free_space = G_MAXINT64;
  writer = store_open_writer ();
  for (i = 0; i < 3; i++) {
    store_write_segment (writer, i);
    check_list (writer, 1);
  }
  list = store_read_index ();
  path = store_path (gst_dvr_playlist_get_segment (list, 0)->map->uri);
  fail_unless (g_file_test (path, G_FILE_TEST_EXISTS), "%s is gone", path);
  g_free (path);
  gst_dvr_playlist_free (list);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_a_list_that_could_not_be_written_anew_is_tried_again)
{
  GstDvrStoreWriter *writer;
  gchar *path = store_path (".index.m3u8.new");
  guint i;

  store_config.window = 2 * GST_SECOND;
  writer = store_open_writer ();
  store_write_segment (writer, 0);
  store_write_segment (writer, 1);
  fail_unless (g_mkdir (path, 0755) == 0);
  store_open_segment (writer);
  for (i = 0; i < 4; i++)
    fail_unless (store_write_part (writer, 2, i, NULL));
  fail_if (gst_dvr_store_writer_close_segment (writer, 4 * PART, NULL, NULL));
  fail_unless (g_rmdir (path) == 0);

  store_config.window = 0;
  gst_dvr_store_writer_set_config (writer, &store_config);
  store_write_segment (writer, 3);
  check_list (writer, 3);
  g_free (path);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_the_ballast_is_there_again_after_use)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  gchar *path = store_path (".ballast");
  struct stat st;

  fail_unless (unlink (path) == 0);
  store_write_segment (writer, 0);
  fail_unless (stat (path, &st) == 0);
  fail_unless (st.st_size >= 1024 * 1024);
  g_free (path);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

static Suite *
storelimits_suite (void)
{
  Suite *s = suite_create ("storelimits");
  TCase *tc = tcase_create ("limits");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, store_setup, store_teardown);
  tcase_add_test (tc, test_the_window_holds);
  tcase_add_test (tc, test_the_size_holds);
  tcase_add_test (tc, test_a_full_disk_tears_nothing_and_recording_resumes);
  tcase_add_test (tc, test_a_segment_whose_first_part_fails_is_opened_again);
  tcase_add_test (tc, test_a_list_whose_first_segment_fails_keeps_its_numbers);
  tcase_add_test (tc, test_a_gap_takes_the_number_of_a_segment_without_a_part);
  tcase_add_test (tc, test_segments_that_cannot_be_listed_leave_no_lines);
  tcase_add_test (tc, test_the_newest_segment_stays_whatever_the_limits);
  tcase_add_test (tc,
      test_a_list_that_could_not_be_written_anew_is_tried_again);
  tcase_add_test (tc, test_the_ballast_is_there_again_after_use);

  return s;
}

GST_CHECK_MAIN (storelimits);
