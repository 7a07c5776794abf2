/* segmentstore.c: the budget, the sharing and the disk of the segment store
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/check/gstcheck.h>
#include <glib/gstdio.h>
#include <string.h>

#include "cache/gstdvrsegmentstore.h"

#define SIZE 10000

/* An upstream; a GObject, since the store holds its users weakly. */
typedef struct
{
  GMutex lock;
  GstDvrAnswer answer;
  GPtrArray *segments;
  GPtrArray *statuses;
} Upstream;

static Upstream *
upstream_of (GObject * owner)
{
  return g_object_get_data (owner, "upstream");
}

static GstDvrAnswer
upstream_ask (GObject * owner, GstDvrRequest * request)
{
  Upstream *up = upstream_of (owner);
  GstDvrSegment *segment;

  if (up->answer != GST_DVR_ANSWER_OK) {
    gst_dvr_request_refuse (request, up->answer);
    return up->answer;
  }
  segment = gst_dvr_segment_new (gst_dvr_request_get_id (request));
  gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_MISS);
  g_mutex_lock (&up->lock);
  g_ptr_array_add (up->segments, segment);
  g_mutex_unlock (&up->lock);
  return GST_DVR_ANSWER_OK;
}

static void
upstream_status (GObject * owner, const gchar * code, const gchar * level,
    const gchar * description)
{
  Upstream *up = upstream_of (owner);

  g_mutex_lock (&up->lock);
  g_ptr_array_add (up->statuses, g_strdup (code));
  g_mutex_unlock (&up->lock);
}

static const GstDvrStoreUserFuncs funcs = { upstream_ask, upstream_status };

static void
upstream_free (gpointer data)
{
  Upstream *up = data;

  g_ptr_array_unref (up->segments);
  g_ptr_array_unref (up->statuses);
  g_mutex_clear (&up->lock);
  g_free (up);
}

static GObject *
upstream_new (void)
{
  GObject *owner = g_object_new (G_TYPE_OBJECT, NULL);
  Upstream *up = g_new0 (Upstream, 1);

  g_mutex_init (&up->lock);
  up->answer = GST_DVR_ANSWER_OK;
  up->segments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_dvr_segment_unref);
  up->statuses = g_ptr_array_new_with_free_func (g_free);
  g_object_set_data_full (owner, "upstream", up, upstream_free);
  return owner;
}

typedef struct
{
  GObject *owner;
  Upstream *up;
  GstDvrSegmentStore *store;
  GstDvrStoreUser *user;
} Fixture;

static void
setup (Fixture * f, const gchar * id, guint64 max_memory)
{
  f->owner = upstream_new ();
  f->up = upstream_of (f->owner);
  f->store = gst_dvr_segment_store_get (id);
  f->user = gst_dvr_segment_store_join (f->store, f->owner, &funcs, max_memory);
}

static void
teardown (Fixture * f)
{
  gst_dvr_segment_store_leave (f->store, f->user);
  g_object_unref (f->store);
  g_object_unref (f->owner);
}

static guint
n_asked (Fixture * f)
{
  guint n;

  g_mutex_lock (&f->up->lock);
  n = f->up->segments->len;
  g_mutex_unlock (&f->up->lock);
  return n;
}

static GstDvrSegment *
asked (Fixture * f, guint n)
{
  GstDvrSegment *segment;

  g_mutex_lock (&f->up->lock);
  fail_unless (n < f->up->segments->len);
  segment = g_ptr_array_index (f->up->segments, n);
  g_mutex_unlock (&f->up->lock);
  return segment;
}

/* A segment as small as one can be: styp, mdat. */
static void
fill (GstDvrSegment * segment)
{
  guint8 *bytes = g_malloc0 (SIZE);
  gboolean init =
      gst_dvr_segment_get_id (segment)->kind == GST_DVR_SEGMENT_INIT;

  GST_WRITE_UINT32_BE (bytes, 8);
  memcpy (bytes + 4, init ? "ftyp" : "styp", 4);
  GST_WRITE_UINT32_BE (bytes + 8, SIZE - 8);
  memcpy (bytes + 12, init ? "moov" : "mdat", 4);
  bytes[SIZE - 1] = gst_dvr_segment_get_id (segment)->number;
  gst_dvr_segment_append_bytes (segment, bytes, SIZE);
  gst_dvr_segment_finish (segment);
  g_free (bytes);
}

static GstDvrRequest *
request_kind (Fixture * f, GstDvrSegmentKind kind, guint64 number,
    GstDvrPriority priority)
{
  GstDvrSegmentId id = { kind, "live/cam1", "20261120T192200Z-3f9c", number };
  GstDvrRequest *request = gst_dvr_request_new_segment (&id, priority);

  gst_dvr_segment_store_request (f->store, f->user, request);
  return request;
}

static GstDvrRequest *
request (Fixture * f, guint64 number)
{
  return request_kind (f, GST_DVR_SEGMENT_MEDIA, number,
      GST_DVR_PRIORITY_VIEWER);
}

static GstDvrHow
how (Fixture * f, guint64 number)
{
  GstDvrRequest *r = request (f, number);
  GstDvrHow ret = gst_dvr_request_get_how (r);

  fail_unless_equals_int (gst_dvr_request_get_answer (r), GST_DVR_ANSWER_OK);
  gst_dvr_request_unref (r);
  return ret;
}

/* A whole segment in the store. */
static void
fetch (Fixture * f, guint64 number)
{
  fail_unless_equals_int (how (f, number), GST_DVR_HOW_MISS);
  fill (asked (f, n_asked (f) - 1));
}

static gboolean
has (Fixture * f, guint64 number)
{
  GstDvrSegmentId id =
      { GST_DVR_SEGMENT_MEDIA, "live/cam1", "20261120T192200Z-3f9c", number };

  return gst_dvr_segment_store_contains (f->store, &id);
}

static GstDvrStoreStats
stats (Fixture * f)
{
  GstDvrStoreStats ret;

  gst_dvr_segment_store_get_stats (f->store, &ret);
  return ret;
}

GST_START_TEST (test_oldest_use_goes_first)
{
  Fixture f;
  guint i;

  setup (&f, NULL, 5 * (SIZE + 1000));
  for (i = 0; i < 5; i++) {
    fetch (&f, i);
    g_usleep (10);              /* uses are told apart by the microsecond */
  }
  /* a hit here, and one that the store does not hear of */
  fail_unless_equals_int (how (&f, 0), GST_DVR_HOW_HIT);
  g_usleep (10);
  gst_dvr_segment_touch (asked (&f, 1));
  g_usleep (10);
  fetch (&f, 5);
  fetch (&f, 6);
  fail_if (has (&f, 2));
  fail_if (has (&f, 3));
  fail_unless (has (&f, 0));
  fail_unless (has (&f, 1));
  fail_unless (has (&f, 4));
  /* who derived something from it lets it go, too */
  fail_unless (gst_dvr_segment_is_dropped (asked (&f, 2)));
  fail_if (gst_dvr_segment_is_dropped (asked (&f, 0)));
  fail_unless_equals_uint64 (stats (&f).evictions, 2);
  fail_unless (stats (&f).bytes <= stats (&f).max_bytes);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_pinned_stays)
{
  Fixture f;
  guint i;

  setup (&f, NULL, 3 * (SIZE + 1000));
  for (i = 0; i < 3; i++) {
    fetch (&f, i);
    gst_dvr_segment_pin (asked (&f, i));
  }
  for (i = 3; i < 10; i++) {
    fetch (&f, i);
    fail_unless (stats (&f).bytes <= stats (&f).max_bytes +
        stats (&f).pinned_bytes);
  }
  for (i = 0; i < 3; i++)
    fail_unless (has (&f, i));
  for (i = 0; i < 3; i++)
    gst_dvr_segment_unpin (asked (&f, i));
  fail_if (gst_dvr_segment_store_trim (f.store));
  fail_unless (stats (&f).bytes <= stats (&f).max_bytes);
  fail_unless_equals_uint64 (stats (&f).pinned_bytes, 0);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_what_is_waited_for_stays)
{
  Fixture f;
  GstDvrRequest *waiting, *ahead;
  guint i;

  setup (&f, NULL, 2 * SIZE);
  waiting = request (&f, 100);
  ahead = request_kind (&f, GST_DVR_SEGMENT_MEDIA, 101,
      GST_DVR_PRIORITY_PREFETCH);
  gst_dvr_segment_append_bytes (asked (&f, 0), "\0\0\0\10styp", 8);
  for (i = 0; i < 5; i++)
    fetch (&f, i);
  fail_unless (has (&f, 100));
  fail_if (has (&f, 101));
  fill (asked (&f, 0));
  gst_dvr_request_unref (waiting);
  gst_dvr_request_unref (ahead);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_init_sections_outlive_segments)
{
  Fixture f;
  GstDvrRequest *init;
  guint i;

  setup (&f, NULL, 20 * SIZE);
  init = request_kind (&f, GST_DVR_SEGMENT_INIT, 0, GST_DVR_PRIORITY_VIEWER);
  fill (asked (&f, 0));
  for (i = 0; i < 40; i++)
    fetch (&f, i);
  gst_dvr_request_unref (init);
  init = request_kind (&f, GST_DVR_SEGMENT_INIT, 0, GST_DVR_PRIORITY_VIEWER);
  fail_unless_equals_int (gst_dvr_request_get_how (init), GST_DVR_HOW_HIT);
  gst_dvr_request_unref (init);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_bytes_are_counted_as_they_come)
{
  Fixture f;
  guint64 before;

  setup (&f, NULL, G_MAXUINT64);
  how (&f, 1);
  before = stats (&f).bytes;
  gst_dvr_segment_append_bytes (asked (&f, 0), "12345678", 8);
  fail_unless (stats (&f).bytes >= before + 8);
  fail_unless_equals_uint64 (stats (&f).filling, 1);
  gst_dvr_segment_fail (asked (&f, 0), 502, "cut");
  fail_unless_equals_uint64 (stats (&f).bytes, 0);
  fail_unless_equals_uint64 (stats (&f).segments, 0);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_largest_budget_counts)
{
  Fixture a, b;

  setup (&a, "one", 1000);
  setup (&b, "one", 5000);
  fail_unless (a.store == b.store);
  fail_unless_equals_uint64 (stats (&a).max_bytes, 5000);
  gst_dvr_segment_store_set_max_memory (a.store, a.user, 7000);
  fail_unless_equals_uint64 (stats (&b).max_bytes, 7000);
  teardown (&a);
  fail_unless_equals_uint64 (stats (&b).max_bytes, 5000);
  teardown (&b);
}

GST_END_TEST;

GST_START_TEST (test_no_other_upstream_fails_the_waiter)
{
  Fixture a, b;
  GstDvrRequest *waiting;

  setup (&a, "one", 1 << 20);
  setup (&b, "one", 1 << 20);
  b.up->answer = GST_DVR_ANSWER_NOT_FOUND;
  how (&a, 1);
  waiting = request (&b, 1);
  gst_dvr_segment_append_bytes (asked (&a, 0), "\0\0\0\10styp", 8);
  gst_dvr_segment_fail (asked (&a, 0), 502, "cut");
  fail_unless_equals_int (gst_dvr_segment_get_state
      (gst_dvr_request_get_segment (waiting)), GST_DVR_SEGMENT_FAILED);
  fail_unless_equals_int (gst_dvr_segment_get_status
      (gst_dvr_request_get_segment (waiting)), 404);
  fail_unless_equals_uint64 (stats (&a).segments, 0);
  gst_dvr_request_unref (waiting);
  teardown (&a);
  teardown (&b);
}

GST_END_TEST;

GST_START_TEST (test_two_bad_upstreams_end)
{
  Fixture a, b;
  GstDvrRequest *waiting;
  guint i;

  setup (&a, "one", 1 << 20);
  setup (&b, "one", 1 << 20);
  how (&a, 1);
  waiting = request (&b, 1);
  for (i = 0; i < 10 &&
      gst_dvr_segment_get_state (gst_dvr_request_get_segment (waiting)) ==
      GST_DVR_SEGMENT_FILLING; i++) {
    gst_dvr_segment_fail (asked (&a, n_asked (&a) - 1), 502, "cut");
    if (n_asked (&b) > 0)
      gst_dvr_segment_fail (asked (&b, n_asked (&b) - 1), 502, "cut");
  }
  fail_unless_equals_int (gst_dvr_segment_get_status
      (gst_dvr_request_get_segment (waiting)), 502);
  gst_dvr_request_unref (waiting);
  teardown (&a);
  teardown (&b);
}

GST_END_TEST;

/* The disk. */

static gchar *
make_directory (void)
{
  GError *error = NULL;
  gchar *directory = g_dir_make_tmp ("dvrcacheXXXXXX", &error);

  fail_unless (directory != NULL, "%s", error ? error->message : "");
  return directory;
}

static void
remove_tree (const gchar * path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    gchar *child = g_build_filename (path, name, NULL);

    remove_tree (child);
    g_free (child);
  }
  if (dir)
    g_dir_close (dir);
  g_remove (path);
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

/* The worker says nothing when it is done: looks again, bounded. */
static void
wait_until (Fixture * f, gboolean (*is_so) (Fixture *, guint64), guint64 n)
{
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  while (!is_so (f, n)) {
    fail_unless (g_get_monotonic_time () < end);
    g_usleep (1000);
  }
}

static void
wait_for_end (GstDvrSegment * segment)
{
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  while (gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_FILLING) {
    fail_unless (g_get_monotonic_time () < end);
    g_usleep (1000);
  }
}

static void
setup_disk (Fixture * f, const gchar * directory, guint64 max_disk)
{
  /* nothing stays in memory, all comes from disk */
  setup (f, NULL, 0);
  gst_dvr_segment_store_set_disk (f->store, directory, max_disk);
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
  wait_for_end (segment);
  fail_unless_equals_int (gst_dvr_segment_get_state (segment),
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
  wait_until (&f, on_disk, 1);
  gst_dvr_segment_store_trim (f.store);
  fail_if (has (&f, 7));
  fail_unless (g_file_test (file, G_FILE_TEST_IS_REGULAR));
  check_from_disk (&f, 7);
  fail_unless_equals_int (n_asked (&f), 1);
  teardown (&f);

  /* and over a restart */
  setup_disk (&f, directory, 100 * SIZE);
  wait_until (&f, on_disk, 1);
  fetch (&f, 8);                /* written after all was read */
  wait_until (&f, on_disk, 2);
  gst_dvr_segment_store_trim (f.store);
  check_from_disk (&f, 7);
  teardown (&f);
  remove_tree (directory);
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
  wait_until (&f, on_disk, 1);
  gst_dvr_segment_store_trim (f.store);
  fail_unless (g_file_set_contents (file, bytes, size, NULL));
  r = request (&f, 7);
  fail_unless_equals_int (gst_dvr_request_get_how (r), GST_DVR_HOW_DISK);
  /* it is fetched instead, into the segment that was answered */
  wait_until (&f, has_asked, 2);
  fill (asked (&f, 1));
  wait_for_end (gst_dvr_request_get_segment (r));
  fail_unless_equals_int (gst_dvr_segment_get_state
      (gst_dvr_request_get_segment (r)), GST_DVR_SEGMENT_WHOLE);
  fail_unless_equals_uint64 (stats (&f).disk_broken, 1);
  gst_dvr_request_unref (r);
  teardown (&f);
  remove_tree (directory);
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

GST_START_TEST (test_disk_has_a_budget)
{
  Fixture f;
  gchar *directory = make_directory ();
  guint i;

  setup_disk (&f, directory, 5 * SIZE);
  for (i = 0; i < 8; i++) {
    fetch (&f, i);
    wait_until (&f, on_disk, MIN (i + 1, 5));
  }
  wait_until (&f, has_evicted_files, 3);
  fail_unless (stats (&f).disk_bytes <= 5 * SIZE);
  gst_dvr_segment_store_trim (f.store);
  fail_unless_equals_int (how (&f, 0), GST_DVR_HOW_MISS);
  check_from_disk (&f, 7);
  teardown (&f);
  remove_tree (directory);
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
  wait_until (&f, has_status, 1);
  fail_unless_equals_string (g_ptr_array_index (f.up->statuses, 0),
      "SegmentCache.Disk.Failed");
  /* memory goes on */
  fetch (&f, 1);
  fail_unless_equals_uint64 (stats (&f).disk_segments, 0);
  fail_unless (g_file_test (index, G_FILE_TEST_EXISTS));
  teardown (&f);
  remove_tree (directory);
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
  gst_dvr_segment_store_put (f.store, f.user, segment);
  fetch (&f, 1);
  wait_until (&f, on_disk, 1);
  fail_if (g_file_test (outside, G_FILE_TEST_EXISTS));
  fail_unless_equals_uint64 (stats (&f).disk_segments, 1);
  gst_dvr_segment_unref (segment);
  teardown (&f);
  remove_tree (directory);
  g_free (outside);
  g_free (inside);
  g_free (directory);
}

GST_END_TEST;

static Suite *
segmentstore_suite (void)
{
  Suite *s = suite_create ("segmentstore");
  TCase *tc = tcase_create ("memory");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_oldest_use_goes_first);
  tcase_add_test (tc, test_pinned_stays);
  tcase_add_test (tc, test_what_is_waited_for_stays);
  tcase_add_test (tc, test_init_sections_outlive_segments);
  tcase_add_test (tc, test_bytes_are_counted_as_they_come);
  tcase_add_test (tc, test_largest_budget_counts);
  tcase_add_test (tc, test_no_other_upstream_fails_the_waiter);
  tcase_add_test (tc, test_two_bad_upstreams_end);
  tc = tcase_create ("disk");
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_disk_keeps_what_memory_lets_go);
  tcase_add_test (tc, test_short_file_is_fetched_instead);
  tcase_add_test (tc, test_garbage_file_is_fetched_instead);
  tcase_add_test (tc, test_zero_box_is_fetched_instead);
  tcase_add_test (tc, test_disk_has_a_budget);
  tcase_add_test (tc, test_a_recording_is_no_cache_dir);
  tcase_add_test (tc, test_names_do_not_leave_the_directory);
  return s;
}

GST_CHECK_MAIN (segmentstore);
