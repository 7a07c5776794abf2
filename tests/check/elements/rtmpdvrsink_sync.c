/* rtmpdvrsink_sync.c: a recorder whose disk is slow, or fails
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <dlfcn.h>
#include <errno.h>
#include <gmodule.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <gst/dvr/gstdvrsegmentfile.h>

#include "recorderfixture.h"

/* The disk: what the C library's functions become here. A sync waits for the
 * gate, and may fail. */
static struct
{
  GMutex lock;
  GCond opened;
  gboolean closed;
  GCond arrived;
  guint n_waiting;              /* at the gate */
  gint room;                    /* for so many parts; -1: for all */
  GThread *publisher;           /* must not come here */
  gboolean held_up;
  GHashTable *synced;           /* paths, and how much there was of each */
  const gchar *failing;         /* what the one that fails ends in */
  int code;
} disk;

static int
sync_disk (int fd, const gchar * name)
{
  int (*real) (int) = (int (*)(int)) dlsym (RTLD_NEXT, name);
  gchar *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  gchar *path = g_file_read_link (link, NULL);
  struct stat st = { 0, };
  int code = fstat (fd, &st) ? errno : 0;

  g_free (link);
  g_mutex_lock (&disk.lock);
  if (g_thread_self () == disk.publisher)
    disk.held_up = TRUE;
  disk.n_waiting++;
  g_cond_broadcast (&disk.arrived);
  while (disk.closed && g_thread_self () != disk.publisher)
    g_cond_wait (&disk.opened, &disk.lock);
  disk.n_waiting--;
  if (disk.failing && g_str_has_suffix (path, disk.failing)) {
    disk.failing = NULL;
    code = disk.code;
  } else if (disk.synced) {
    g_hash_table_insert (disk.synced, g_strdup (path),
        GSIZE_TO_POINTER (st.st_size));
  }
  g_mutex_unlock (&disk.lock);
  g_free (path);
  if (code == 0)
    return real (fd);
  errno = code;
  return -1;
}

G_MODULE_EXPORT int
fdatasync (int fd)
{
  return sync_disk (fd, "fdatasync");
}

G_MODULE_EXPORT int
fsync (int fd)
{
  return sync_disk (fd, "fsync");
}

/* Parts are written so. */
G_MODULE_EXPORT ssize_t
writev (int fd, const struct iovec *iov, int n)
{
  ssize_t (*real) (int, const struct iovec *, int) =
      (ssize_t (*)(int, const struct iovec *, int)) dlsym (RTLD_NEXT, "writev");
  gchar *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  gchar *path = g_file_read_link (link, NULL);
  gboolean full = FALSE;

  g_free (link);
  if (path && g_str_has_suffix (path, ".m4s")) {
    g_mutex_lock (&disk.lock);
    full = disk.room == 0;
    if (disk.room > 0)
      disk.room--;
    g_mutex_unlock (&disk.lock);
  }
  g_free (path);
  if (!full)
    return real (fd, iov, n);
  errno = ENOSPC;
  return -1;
}

static void
set_room (gint room)
{
  g_mutex_lock (&disk.lock);
  disk.room = room;
  g_mutex_unlock (&disk.lock);
}

static void
set_gate (gboolean closed)
{
  g_mutex_lock (&disk.lock);
  disk.closed = closed;
  g_cond_broadcast (&disk.opened);
  g_mutex_unlock (&disk.lock);
}

static void
wait_at_gate (void)
{
  g_mutex_lock (&disk.lock);
  while (disk.n_waiting == 0)
    g_cond_wait (&disk.arrived, &disk.lock);
  g_mutex_unlock (&disk.lock);
}

static void
set_publisher (GThread * publisher)
{
  g_mutex_lock (&disk.lock);
  disk.publisher = publisher;
  g_mutex_unlock (&disk.lock);
}

static void
fail_next (const gchar * path, int code)
{
  g_mutex_lock (&disk.lock);
  disk.failing = path;
  disk.code = code;
  g_mutex_unlock (&disk.lock);
}

static void
setup (void)
{
  recorder_setup ();
  disk.synced = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  disk.publisher = NULL;
  disk.held_up = FALSE;
  disk.room = -1;
}

static void
teardown (void)
{
  set_room (-1);
  set_gate (FALSE);
  set_publisher (NULL);
  recorder_teardown ();
  g_clear_pointer (&disk.synced, g_hash_table_unref);
}

static void
begin (const gchar * fsync)
{
  GstElement *sink = recorder_make_sink (STREAM);

  gst_util_set_object_arg (G_OBJECT (sink), "fsync", fsync);
  recorder_start (sink);
  set_publisher (g_thread_self ());
  recorder_push_header ();
  recorder_push_configs ();
}

/* Its own thread waits until all is on disk. */
static void
end (void)
{
  set_publisher (NULL);
  gst_harness_push_event (recorder_harness, gst_event_new_eos ());
}

static gchar *
segment_path (const GstDvrPlaylistSegment * segment)
{
  return g_build_filename (recorder_dir, STREAM, segment->uri, NULL);
}

/* How many segments are listed; all of them are on disk. */
static guint
count_listed (void)
{
  gchar *path = g_build_filename (recorder_dir, STREAM, "index.m3u8", NULL);
  GstDvrPlaylist *list;
  guint i, n = 0;

  if (g_file_test (path, G_FILE_TEST_EXISTS)) {
    list = recorder_read_list ();
    n = list->segments->len;
    g_mutex_lock (&disk.lock);
    for (i = 0; i < n; i++) {
      GstDvrPlaylistSegment *segment = gst_dvr_playlist_get_segment (list, i);
      gchar *name = segment_path (segment);

      fail_unless (segment->gap || g_hash_table_contains (disk.synced, name),
          "%s is listed and was not synced", name);
      g_free (name);
    }
    g_mutex_unlock (&disk.lock);
    gst_dvr_playlist_free (list);
  }
  g_free (path);
  return n;
}

GST_START_TEST (test_a_publisher_does_not_wait_for_the_disk)
{
  GstDvrPlaylist *list;

  set_gate (TRUE);
  begin ("segment");
  fail_unless_equals_int (recorder_push_frames (0, 200), GST_FLOW_OK);
  fail_if (disk.held_up, "the disk was waited for");
  fail_unless_equals_int (count_listed (), 0);

  set_gate (FALSE);
  end ();
  fail_unless_equals_int (count_listed (), 4);
  list = recorder_read_list ();
  fail_unless_equals_int (recorder_count_gaps (list), 0);
  fail_unless (list->ended);
  recorder_check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_what_is_complete_is_on_disk)
{
  GstStructure *s;
  guint64 number;
  guint i;

  begin ("segment");
  for (i = 0; i < 8; i++) {
    fail_unless_equals_int (recorder_push_frames (i * 25, 25), GST_FLOW_OK);
    count_listed ();
  }
  fail_if (disk.held_up);
  end ();
  for (i = 0; i < 4; i++) {
    s = recorder_pop ("dvr-segment", GST_SECOND);
    fail_unless (s != NULL);
    fail_unless (gst_structure_get_uint64 (s, "number", &number));
    gst_structure_free (s);
  }
  fail_unless_equals_int (count_listed (), 4);
}

GST_END_TEST;

/* That one is listed, and as a gap. */
static void
expect_gap (guint gap)
{
  GstDvrPlaylist *list = recorder_read_list ();
  guint i;

  fail_unless (list->segments->len > gap);
  for (i = 0; i < list->segments->len; i++)
    fail_unless_equals_int (gst_dvr_playlist_get_segment (list, i)->gap != 0,
        i == gap);
  recorder_check_files (list);
  gst_dvr_playlist_free (list);
}

GST_START_TEST (test_what_cannot_be_synced_is_no_segment)
{
  GstStructure *s;

  begin ("segment");
  recorder_push_frames (0, 60);
  s = recorder_pop ("dvr-segment", GST_CLOCK_TIME_NONE);
  fail_unless (s != NULL);
  gst_structure_free (s);
  fail_next (".m4s", EIO);
  recorder_push_frames (60, 60);
  end ();
  recorder_expect_error (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
      g_strerror (EIO));
  expect_gap (1);
  count_listed ();
}

GST_END_TEST;

GST_START_TEST (test_an_error_names_what_could_not_be_synced)
{
  begin ("segment");
  fail_next (".m4s", EIO);
  recorder_push_frames (0, 60);
  end ();
  recorder_expect_error (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE, ".m4s");
}

GST_END_TEST;

/* Its segments' names may be lost with it. */
GST_START_TEST (test_a_directory_that_cannot_be_synced_has_no_segment)
{
  GstDvrPlaylist *list;
  GstStructure *s;
  const gchar *recording;

  begin ("segment");
  recorder_push_frames (0, 60);
  s = recorder_pop ("dvr-segment", GST_CLOCK_TIME_NONE);
  fail_unless (s != NULL);
  recording = gst_structure_get_string (s, "recording");
  fail_next (recording, EIO);
  recorder_push_frames (60, 60);
  end ();
  recorder_expect_error (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
      recording);
  gst_structure_free (s);
  list = recorder_read_list ();
  fail_unless_equals_int (recorder_count_gaps (list), 1);
  gst_dvr_playlist_free (list);
  count_listed ();
}

GST_END_TEST;

static void
expect_end (void)
{
  GstDvrPlaylist *list = recorder_read_list ();

  fail_unless (list->ended, "the list is not ended");
  gst_dvr_playlist_free (list);
}

GST_START_TEST (test_a_list_ends_although_its_last_segment_is_lost)
{
  begin ("segment");
  recorder_push_frames (0, 60);
  fail_next (".m4s", EIO);
  end ();
  recorder_expect_error (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE, ".m4s");
  expect_end ();
}

GST_END_TEST;

/* It is in place then, and what follows stands in it. */
GST_START_TEST (test_a_trimmed_list_goes_on_although_its_directory_fails)
{
  GstStructure *s;

  begin ("segment");
  recorder_push_frames (0, 60);
  s = recorder_pop ("dvr-segment", GST_CLOCK_TIME_NONE);
  fail_unless (s != NULL);
  gst_structure_free (s);
  g_object_set (recorder_harness->element, "window", 2 * GST_SECOND, NULL);
  fail_next (STREAM, EIO);
  recorder_push_frames (60, 240);
  end ();
  recorder_expect_error (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE, STREAM);
  recorder_stop ();
  expect_end ();
}

GST_END_TEST;

GST_START_TEST (test_what_is_adopted_is_on_disk)
{
  gchar *path = g_build_filename (recorder_dir, STREAM, "index.m3u8", NULL);

  begin ("none");
  recorder_push_frames (0, 200);
  end ();
  recorder_stop ();
  fail_unless_equals_int (g_hash_table_size (disk.synced), 0);
  fail_unless_equals_int (unlink (path), 0);
  begin ("segment");
  fail_unless_equals_int (count_listed (), 4);
  end ();
  g_free (path);
}

GST_END_TEST;

/* Some file systems find out only then. */
GST_START_TEST (test_a_disk_that_is_full_when_it_syncs_is_full)
{
  begin ("segment");
  recorder_push_frames (0, 60);
  fail_next (".m4s", ENOSPC);
  recorder_push_frames (60, 60);
  end ();
  fail_unless (recorder_pop_status ("NetStream.Record.Failed", 0));
  fail_unless (gst_bus_pop_filtered (recorder_bus, GST_MESSAGE_ERROR) == NULL);
  count_listed ();
  expect_end ();
}

GST_END_TEST;

GST_START_TEST (test_a_part_that_cannot_be_synced_makes_a_gap)
{
  begin ("part");
  recorder_push_frames (0, 60);
  fail_next (".m4s", EIO);
  recorder_push_frames (60, 60);
  end ();
  recorder_expect_error (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE, ".m4s");
  fail_if (disk.held_up);
  count_listed ();
}

GST_END_TEST;

/* Looks at all parts that are to be seen. Returns: how many they are; each is on
 * disk. @whole: whether all must be seen */
static guint
count_parts (const gchar * path, gboolean whole)
{
  GstDvrSegmentHead head;
  GstDvrPartHead part;
  gchar *bytes;
  gsize size, at = 0, synced;
  guint n = 0;

  if (!g_file_get_contents (path, &bytes, &size, NULL))
    return 0;
  if (gst_dvr_segment_head_read ((guint8 *) bytes, size, &head, &at) ==
      GST_DVR_HEAD_OK)
    for (; gst_dvr_part_head_read ((guint8 *) bytes + at, size - at, &part) ==
        GST_DVR_HEAD_OK && part.size <= size - at; n++)
      at += part.size;
  g_mutex_lock (&disk.lock);
  synced = GPOINTER_TO_SIZE (g_hash_table_lookup (disk.synced, path));
  g_mutex_unlock (&disk.lock);
  fail_unless (n == 0 || at <= synced);
  fail_unless (!whole || at == size);
  g_free (bytes);
  return n;
}

/* Of all segments there are files of. */
static guint
count_all_parts (gboolean whole)
{
  gchar *stream = g_build_filename (recorder_dir, STREAM, NULL);
  GDir *dir = g_dir_open (stream, 0, NULL);
  const gchar *name, *file;
  guint n = 0;

  while (dir && (name = g_dir_read_name (dir)) != NULL) {
    gchar *recording = g_build_filename (stream, name, NULL);
    GDir *files = g_dir_open (recording, 0, NULL);

    while (files && (file = g_dir_read_name (files)) != NULL) {
      gchar *path = g_build_filename (recording, file, NULL);

      if (g_str_has_suffix (path, ".m4s"))
        n += count_parts (path, whole);
      g_free (path);
    }
    g_clear_pointer (&files, g_dir_close);
    g_free (recording);
  }
  g_clear_pointer (&dir, g_dir_close);
  g_free (stream);
  return n;
}

GST_START_TEST (test_a_part_is_on_disk_before_it_is_announced)
{
  guint i;

  set_gate (TRUE);
  begin ("part");
  fail_unless_equals_int (recorder_push_frames (0, 100), GST_FLOW_OK);
  fail_unless_equals_int (count_all_parts (FALSE), 0);
  set_gate (FALSE);
  for (i = 100; i < 200; i++) {
    fail_unless_equals_int (recorder_push_frames (i, 1), GST_FLOW_OK);
    count_all_parts (FALSE);
  }
  fail_if (disk.held_up);
  end ();
  fail_unless (count_all_parts (TRUE) >= 32);
  fail_unless_equals_int (count_listed (), 4);
}

GST_END_TEST;

/* The next has begun when it turns out that one has no room for all its parts. */
GST_START_TEST (test_what_has_room_is_listed_while_the_disk_is_full)
{
  static const struct
  {
    const gchar *mode;
    guint until_synced, listed;
  } cases[] = { {"segment", 104, 2}, {"part", 20, 1} };
  guint n = cases[__i__].until_synced;

  set_gate (TRUE);
  begin (cases[__i__].mode);
  gst_util_set_object_arg (G_OBJECT (recorder_harness->element), "full-disk",
      "pause");
  fail_unless_equals_int (recorder_push_frames (0, n), GST_FLOW_OK);
  wait_at_gate ();
  fail_unless_equals_int (recorder_push_frames (n, 104 - n), GST_FLOW_OK);
  set_room (2);
  set_gate (FALSE);
  fail_unless (recorder_pop_status ("NetStream.Record.Failed",
          GST_CLOCK_TIME_NONE));
  fail_unless (count_listed () >= cases[__i__].listed);
  fail_unless (count_all_parts (TRUE) > 2);
  end ();
  expect_end ();
}

GST_END_TEST;

static Suite *
rtmpdvrsink_sync_suite (void)
{
  Suite *s = suite_create ("rtmpdvrsink_sync");
  TCase *tc = tcase_create ("syncing");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_a_publisher_does_not_wait_for_the_disk);
  tcase_add_test (tc, test_what_is_complete_is_on_disk);
  tcase_add_test (tc, test_what_cannot_be_synced_is_no_segment);
  tcase_add_test (tc, test_an_error_names_what_could_not_be_synced);
  tcase_add_test (tc, test_a_directory_that_cannot_be_synced_has_no_segment);
  tcase_add_test (tc, test_a_disk_that_is_full_when_it_syncs_is_full);
  tcase_add_test (tc, test_a_part_is_on_disk_before_it_is_announced);
  tcase_add_test (tc, test_a_part_that_cannot_be_synced_makes_a_gap);
  tcase_add_test (tc, test_a_list_ends_although_its_last_segment_is_lost);
  tcase_add_test (tc, test_a_trimmed_list_goes_on_although_its_directory_fails);
  tcase_add_test (tc, test_what_is_adopted_is_on_disk);
  tcase_add_loop_test (tc,
      test_what_has_room_is_listed_while_the_disk_is_full, 0, 2);

  return s;
}

GST_CHECK_MAIN (rtmpdvrsink_sync);
