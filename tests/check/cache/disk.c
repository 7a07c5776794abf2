/* disk.c: the cache on disk
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "checkutil.h"
#include "upstreamfixture.h"

static gchar *
make_directory (void)
{
  GError *error = NULL;
  gchar *directory = g_dir_make_tmp ("dvrcacheXXXXXX", &error);

  fail_unless (directory != NULL, "%s", error ? error->message : "");
  return directory;
}

static gboolean
on_disk (Fixture * f, guint64 n)
{
  return stats (f).disk_segments >= n;
}

static gboolean
has_status (Fixture * f, guint64 n)
{
  gboolean ret;

  g_mutex_lock (&f->up->lock);
  ret = f->up->statuses->len >= n;
  g_mutex_unlock (&f->up->lock);
  return ret;
}

static gboolean
has_asked (Fixture * f, guint64 n)
{
  return n_asked (f) >= n;
}

static gboolean
has_evicted_files (Fixture * f, guint64 n)
{
  return stats (f).disk_evictions >= n;
}

static void
setup_disk (Fixture * f, const gchar * directory, guint64 max_disk)
{
  /* nothing stays in memory, all comes from disk */
  setup (f, NULL, 0);
  gst_dvr_cache_set_disk (f->cache, directory, max_disk);
}

static gchar *
file_of (const gchar * directory, const gchar * name)
{
  return g_build_filename (directory, "live", "cam1", "20261120T192200Z-3f9c",
      name, NULL);
}

static void
check_from_disk (Fixture * f, guint64 number)
{
  GstDvrRequest *r = request (f, number);
  GstDvrSegment *segment = gst_dvr_request_get_segment (r);
  guint8 last;

  fail_unless_equals_int (gst_dvr_request_get_how (r), GST_DVR_HOW_DISK);
  fail_unless_equals_int (check_wait_segment (segment, G_MAXUINT64, G_MAXUINT),
      GST_DVR_SEGMENT_WHOLE);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), SIZE);
  fail_unless (gst_dvr_segment_read (segment, SIZE - 1, &last, 1));
  fail_unless_equals_int (last, number);
  gst_dvr_request_unref (r);
}

GST_START_TEST (test_disk_keeps_what_memory_lets_go)
{
  Fixture f;
  gchar *directory = make_directory ();
  gchar *file = file_of (directory, "0000000007.m4s");

  setup_disk (&f, directory, 100 * SIZE);
  fetch (&f, 7);
  fail_unless_soon (on_disk (&f, 1));
  gst_dvr_cache_trim (f.cache);
  fail_if (has (&f, 7));
  fail_unless (g_file_test (file, G_FILE_TEST_IS_REGULAR));
  check_from_disk (&f, 7);
  fail_unless_equals_int (n_asked (&f), 1);
  teardown (&f);

  /* and over a restart */
  setup_disk (&f, directory, 100 * SIZE);
  fail_unless_soon (on_disk (&f, 1));
  fetch (&f, 8);                /* written after all was read */
  fail_unless_soon (on_disk (&f, 2));
  gst_dvr_cache_trim (f.cache);
  check_from_disk (&f, 7);
  teardown (&f);
  check_remove_tree (directory);
  g_free (file);
  g_free (directory);
}

GST_END_TEST;

static void
check_broken_file (const gchar * bytes, gsize size)
{
  Fixture f;
  gchar *directory = make_directory ();
  gchar *file = file_of (directory, "0000000007.m4s");
  GstDvrRequest *r;

  setup_disk (&f, directory, 100 * SIZE);
  fetch (&f, 7);
  fail_unless_soon (on_disk (&f, 1));
  gst_dvr_cache_trim (f.cache);
  fail_unless (g_file_set_contents (file, bytes, size, NULL));
  r = request (&f, 7);
  fail_unless_equals_int (gst_dvr_request_get_how (r), GST_DVR_HOW_DISK);
  /* it is fetched instead, into the segment that was answered */
  fail_unless_soon (has_asked (&f, 2));
  fill (asked (&f, 1));
  fail_unless_equals_int (check_wait_segment (gst_dvr_request_get_segment (r),
          G_MAXUINT64, G_MAXUINT), GST_DVR_SEGMENT_WHOLE);
  fail_unless_equals_uint64 (stats (&f).disk_broken, 1);
  gst_dvr_request_unref (r);
  teardown (&f);
  check_remove_tree (directory);
  g_free (file);
  g_free (directory);
}

GST_START_TEST (test_short_file_is_fetched_instead)
{
  check_broken_file ("\0\0\0\10styp", 8);
}

GST_END_TEST;

GST_START_TEST (test_garbage_file_is_fetched_instead)
{
  gchar *garbage = g_strnfill (SIZE, 'x');

  check_broken_file (garbage, SIZE);
  g_free (garbage);
}

GST_END_TEST;

GST_START_TEST (test_zero_box_is_fetched_instead)
{
  guint8 *zeros = g_malloc0 (SIZE);

  memcpy (zeros, "\0\0\0\10styp", 8);
  check_broken_file ((gchar *) zeros, SIZE);
  g_free (zeros);
}

GST_END_TEST;

static void
flip_byte (const gchar * file)
{
  int fd = open (file, O_RDWR);
  guint8 byte;

  fail_unless (fd >= 0);
  fail_unless_equals_int (pread (fd, &byte, 1, SIZE / 2), 1);
  byte ^= 0x10;
  fail_unless_equals_int (pwrite (fd, &byte, 1, SIZE / 2), 1);
  close (fd);
}

/* Asks for segment 7, whose file is not what was written. */
static void
check_fetched_instead (Fixture * f, guint n)
{
  GstDvrRequest *r = request (f, 7);
  GstDvrSegment *segment = gst_dvr_request_get_segment (r);

  fail_unless_equals_int (gst_dvr_request_get_how (r), GST_DVR_HOW_DISK);
  fail_unless_soon (has_asked (f, n));
  fill (asked (f, n - 1));
  fail_unless_equals_int (check_wait_segment (segment, G_MAXUINT64, G_MAXUINT),
      GST_DVR_SEGMENT_WHOLE);
  gst_dvr_request_unref (r);
}

GST_START_TEST (test_flipped_bit_is_fetched_instead)
{
  Fixture f;
  gchar *directory = make_directory ();
  gchar *file = file_of (directory, "0000000007.m4s");

  setup_disk (&f, directory, 100 * SIZE);
  fetch (&f, 7);
  fail_unless_soon (on_disk (&f, 1));
  gst_dvr_cache_trim (f.cache);
  flip_byte (file);
  check_fetched_instead (&f, 2);
  fail_unless_equals_uint64 (stats (&f).disk_broken, 1);
  fail_unless_soon (has_status (&f, 1));
  fail_unless_soon (on_disk (&f, 1));

  /* and once more, but that is not told again */
  gst_dvr_cache_trim (f.cache);
  flip_byte (file);
  check_fetched_instead (&f, 3);
  fail_unless_equals_uint64 (stats (&f).disk_broken, 2);
  fail_if (has_status (&f, 2));
  fail_unless_soon (on_disk (&f, 1));
  gst_dvr_cache_trim (f.cache);
  check_from_disk (&f, 7);
  teardown (&f);
  check_remove_tree (directory);
  g_free (file);
  g_free (directory);
}

GST_END_TEST;

GST_START_TEST (test_flipped_bit_is_found_after_a_restart)
{
  Fixture f;
  gchar *directory = make_directory ();
  gchar *file = file_of (directory, "0000000007.m4s");
  gboolean attributes;

  setup_disk (&f, directory, 100 * SIZE);
  fetch (&f, 7);
  fail_unless_soon (on_disk (&f, 1));
  teardown (&f);
  attributes = getxattr (file, "user.dvr.crc32", NULL, 0) == 8;
  flip_byte (file);
  setup_disk (&f, directory, 100 * SIZE);
  fetch (&f, 8);                /* written after all was read */
  fail_unless_soon (on_disk (&f, 2));
  gst_dvr_cache_trim (f.cache);
  if (attributes) {
    check_fetched_instead (&f, 2);
    fail_unless_equals_uint64 (stats (&f).disk_broken, 1);
  }
  teardown (&f);
  check_remove_tree (directory);
  g_free (file);
  g_free (directory);
}

GST_END_TEST;

GST_START_TEST (test_disk_has_a_budget)
{
  Fixture f;
  gchar *directory = make_directory ();
  guint i;

  setup_disk (&f, directory, 5 * SIZE);
  for (i = 0; i < 8; i++) {
    fetch (&f, i);
    fail_unless_soon (on_disk (&f, MIN (i + 1, 5)));
  }
  /* room is made before the last one is written */
  fail_unless_soon (has_evicted_files (&f, 3));
  fail_unless_soon (on_disk (&f, 5));
  fail_unless (stats (&f).disk_bytes <= 5 * SIZE);
  gst_dvr_cache_trim (f.cache);
  fail_unless_equals_int (how (&f, 0), GST_DVR_HOW_MISS);
  check_from_disk (&f, 7);
  teardown (&f);
  check_remove_tree (directory);
  g_free (directory);
}

GST_END_TEST;

GST_START_TEST (test_a_recording_is_no_cache_dir)
{
  Fixture f;
  gchar *directory = make_directory ();
  gchar *index = g_build_filename (directory, "index.m3u8", NULL);

  fail_unless (g_file_set_contents (index, "#EXTM3U\n", -1, NULL));
  setup_disk (&f, directory, 0);
  fail_unless_soon (has_status (&f, 1));
  fail_unless_equals_string (g_ptr_array_index (f.up->statuses, 0),
      "SegmentCache.Disk.Failed");
  /* memory goes on */
  fetch (&f, 1);
  fail_unless_equals_uint64 (stats (&f).disk_segments, 0);
  fail_unless (g_file_test (index, G_FILE_TEST_EXISTS));
  teardown (&f);
  check_remove_tree (directory);
  g_free (index);
  g_free (directory);
}

GST_END_TEST;

GST_START_TEST (test_names_do_not_leave_the_directory)
{
  Fixture f;
  gchar *directory = make_directory ();
  gchar *inside = g_build_filename (directory, "inside", NULL);
  gchar *outside = g_build_filename (directory, "20261120T192200Z-3f9c", NULL);
  GstDvrSegmentId id =
      { GST_DVR_SEGMENT_MEDIA, "..", "20261120T192200Z-3f9c", 1 };
  GstDvrSegment *segment = gst_dvr_segment_new (&id);

  setup_disk (&f, inside, 100 * SIZE);
  fill (segment);
  gst_dvr_cache_put (f.cache, f.user, segment);
  fetch (&f, 1);
  fail_unless_soon (on_disk (&f, 1));
  fail_if (g_file_test (outside, G_FILE_TEST_EXISTS));
  fail_unless_equals_uint64 (stats (&f).disk_segments, 1);
  gst_dvr_segment_unref (segment);
  teardown (&f);
  check_remove_tree (directory);
  g_free (outside);
  g_free (inside);
  g_free (directory);
}

GST_END_TEST;

static Suite *
cache_disk_suite (void)
{
  Suite *s = suite_create ("cache_disk");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_disk_keeps_what_memory_lets_go);
  tcase_add_test (tc, test_short_file_is_fetched_instead);
  tcase_add_test (tc, test_garbage_file_is_fetched_instead);
  tcase_add_test (tc, test_zero_box_is_fetched_instead);
  tcase_add_test (tc, test_flipped_bit_is_fetched_instead);
  tcase_add_test (tc, test_flipped_bit_is_found_after_a_restart);
  tcase_add_test (tc, test_disk_has_a_budget);
  tcase_add_test (tc, test_a_recording_is_no_cache_dir);
  tcase_add_test (tc, test_names_do_not_leave_the_directory);

  return s;
}

GST_CHECK_MAIN (cache_disk);
