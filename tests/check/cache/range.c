/* range.c: runs of segments' bytes in the cache
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/check/gstcheck.h>
#include <glib/gstdio.h>
#include <string.h>

#include "cache/gstdvrcache.h"
#include "checkutil.h"

#define SIZE 10000
#define RECORDING "20261120T192200Z-3f9c"

/* An upstream whose answers the test fills by hand. */
typedef struct
{
  GObject *owner;
  GstDvrCacheUser *user;
  GPtrArray *segments;          /* what was asked for */
  gboolean whole;               /* ranges are answered with the segment */
} Upstream;

static GstDvrCache *cache;

static GstDvrAnswer
ask (GObject * owner, GstDvrRequest * request)
{
  Upstream *up = g_object_get_data (owner, "upstream");
  GstDvrSegmentId id = *gst_dvr_request_get_id (request);
  GstDvrSegment *segment;

  if (up->whole)
    id = gst_dvr_segment_id_of_whole (&id);
  segment = gst_dvr_segment_new (&id);
  gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_MISS);
  g_ptr_array_add (up->segments, segment);
  return GST_DVR_ANSWER_OK;
}

static void
status (GObject * owner, const gchar * code, const gchar * level,
    const gchar * description)
{
}

static void
join (Upstream * up, guint64 max_memory)
{
  static const GstDvrCacheUserFuncs funcs = { ask, status };

  memset (up, 0, sizeof (*up));
  up->owner = g_object_new (G_TYPE_OBJECT, NULL);
  g_object_set_data (up->owner, "upstream", up);
  up->segments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_dvr_segment_unref);
  up->user = gst_dvr_cache_join (cache, up->owner, &funcs, max_memory);
}

static void
leave (Upstream * up)
{
  gst_dvr_cache_leave (cache, up->user);
  g_ptr_array_unref (up->segments);
  g_object_unref (up->owner);
}

/* Returns: (transfer full): the answer */
static GstDvrSegment *
want (Upstream * up, guint64 number, guint64 offset, guint64 size,
    GstDvrHow * how)
{
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING,
    number
  };
  GstDvrSegment *segment;
  GstDvrRequest *request;

  if (size > 0)
    id = gst_dvr_segment_id_of_range (&id, offset, size);
  request = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_PLAYHEAD);
  fail_unless_equals_int (gst_dvr_cache_request (cache, up->user,
          request), GST_DVR_ANSWER_OK);
  segment = gst_dvr_segment_ref (gst_dvr_request_get_segment (request));
  *how = gst_dvr_request_get_how (request);
  gst_dvr_request_unref (request);
  return segment;
}

/* The segment's bytes tell where they lie in it. */
static void
append (GstDvrSegment * segment, guint64 size)
{
  guint64 at = gst_dvr_segment_get_id (segment)->offset +
      gst_dvr_segment_get_size (segment), i;
  guint8 *bytes = g_malloc (size);

  for (i = 0; i < size; i++)
    bytes[i] = (at + i) % 251;
  if (at == 0) {
    memcpy (bytes, "\0\0\0\10styp\0\0\0\0mdat", 16);
    GST_WRITE_UINT32_BE (bytes + 8, SIZE - 8);
  }
  gst_dvr_segment_set_total (segment, size);
  gst_dvr_segment_append_bytes (segment, bytes, size);
  g_free (bytes);
}

static void
expect_bytes (GstDvrSegment * segment, guint64 from, guint64 size)
{
  guint64 at = gst_dvr_segment_get_id (segment)->offset;
  guint8 byte;
  guint64 i;

  for (i = from; i < from + size; i++) {
    fail_unless (gst_dvr_segment_read (segment, i - at, &byte, 1));
    fail_unless (i < 16 || byte == i % 251);
  }
}

static GstDvrCacheStats
stats (void)
{
  GstDvrCacheStats ret;

  gst_dvr_cache_get_stats (cache, &ret);
  return ret;
}

GST_START_TEST (test_ranges_are_kept_beside_segments)
{
  GstDvrSegment *range, *again, *whole;
  GstDvrHow how;
  Upstream up;

  cache = gst_dvr_cache_get (NULL);
  join (&up, 1000000);
  range = want (&up, 5, 0, 2000, &how);
  fail_unless_equals_int (how, GST_DVR_HOW_MISS);
  append (range, 2000);
  gst_dvr_segment_finish (range);
  again = want (&up, 5, 0, 2000, &how);
  fail_unless (again == range);
  fail_unless_equals_int (how, GST_DVR_HOW_HIT);
  gst_dvr_segment_unref (again);
  fail_unless_equals_uint64 (stats ().ranges, 1);
  /* the segment is not there for that */
  whole = want (&up, 5, 0, 0, &how);
  fail_unless_equals_int (how, GST_DVR_HOW_MISS);
  fail_unless_equals_int (gst_dvr_segment_get_state (whole),
      GST_DVR_SEGMENT_FILLING);
  /* another range joins its fetch, and then is a hit */
  again = want (&up, 5, 3000, 100, &how);
  fail_unless (again == whole);
  fail_unless_equals_int (how, GST_DVR_HOW_COLLAPSED);
  gst_dvr_segment_unref (again);
  append (whole, SIZE);
  gst_dvr_segment_finish (whole);
  again = want (&up, 5, 3000, 200, &how);
  fail_unless (again == whole);
  fail_unless_equals_int (how, GST_DVR_HOW_HIT);
  gst_dvr_segment_unref (again);
  fail_unless_equals_int (up.segments->len, 2);
  gst_dvr_segment_unref (whole);
  gst_dvr_segment_unref (range);
  leave (&up);
  g_object_unref (cache);
}

GST_END_TEST;

GST_START_TEST (test_ranges_are_within_the_budget)
{
  GstDvrSegment *range;
  GstDvrHow how;
  Upstream up;
  guint i;

  cache = gst_dvr_cache_get (NULL);
  join (&up, 20000);
  for (i = 0; i < 100; i++) {
    range = want (&up, i, 0, 2000, &how);
    append (range, 2000);
    gst_dvr_segment_finish (range);
    gst_dvr_segment_unref (range);
    fail_unless (stats ().bytes <= 20000);
  }
  fail_unless (stats ().ranges > 3);
  fail_unless (stats ().evictions > 80);
  leave (&up);
  g_object_unref (cache);
}

GST_END_TEST;

/* The fetcher of a range goes away: a sharer's upstream, which has the segment
 * only, ends it. */
GST_START_TEST (test_range_goes_on_from_the_segment)
{
  GstDvrSegment *range, *mine;
  Upstream first, second;
  GstDvrHow how;

  cache = gst_dvr_cache_get (NULL);
  join (&first, 1000000);
  join (&second, 1000000);
  second.whole = TRUE;
  range = want (&first, 5, 1000, 3000, &how);
  append (range, 500);
  mine = want (&second, 5, 1000, 3000, &how);
  fail_unless_equals_int (how, GST_DVR_HOW_COLLAPSED);
  gst_dvr_segment_unref (range);
  leave (&first);
  fail_unless_equals_int (second.segments->len, 1);
  append (g_ptr_array_index (second.segments, 0), 2000);
  fail_unless_equals_int (gst_dvr_segment_get_state (mine),
      GST_DVR_SEGMENT_FILLING);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (mine), 1000);
  append (g_ptr_array_index (second.segments, 0), 5000);
  fail_unless_equals_int (gst_dvr_segment_get_state (mine),
      GST_DVR_SEGMENT_WHOLE);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (mine), 3000);
  expect_bytes (mine, 1000, 3000);
  gst_dvr_segment_unref (mine);
  leave (&second);
  g_object_unref (cache);
}

GST_END_TEST;

/* Bytes of two sources are not put together. */
GST_START_TEST (test_range_of_other_bytes_fails)
{
  GstDvrSegment *range, *mine;
  Upstream first, second;
  GstDvrHow how;

  cache = gst_dvr_cache_get (NULL);
  join (&first, 1000000);
  join (&second, 1000000);
  range = want (&first, 5, 1000, 3000, &how);
  gst_dvr_segment_set_source (range, "\"a\"", SIZE);
  append (range, 500);
  mine = want (&second, 5, 1000, 3000, &how);
  gst_dvr_segment_unref (range);
  leave (&first);
  range = g_ptr_array_index (second.segments, 0);
  gst_dvr_segment_set_source (range, "\"b\"", SIZE);
  append (range, 3000);
  gst_dvr_segment_finish (range);
  fail_unless_equals_int (gst_dvr_segment_get_state (mine),
      GST_DVR_SEGMENT_FAILED);
  gst_dvr_segment_unref (mine);
  leave (&second);
  g_object_unref (cache);
}

GST_END_TEST;

/* On disk there are segments only, and ranges are read from them. */
GST_START_TEST (test_disk_has_segments_only)
{
  gchar *directory = g_dir_make_tmp ("dvr-range-XXXXXX", NULL);
  GstDvrSegment *range, *whole;
  GstDvrHow how;
  Upstream up;

  cache = gst_dvr_cache_get (NULL);
  join (&up, 12000);
  gst_dvr_cache_set_disk (cache, directory, 1000000);
  range = want (&up, 5, 0, 2000, &how);
  append (range, 2000);
  gst_dvr_segment_finish (range);
  gst_dvr_segment_unref (range);
  whole = want (&up, 6, 0, 0, &how);
  append (whole, SIZE);
  gst_dvr_segment_finish (whole);
  gst_dvr_segment_unref (whole);
  fail_unless_soon (stats ().disk_segments >= 1);
  fail_unless_equals_uint64 (stats ().disk_segments, 1);
  fail_unless_equals_uint64 (stats ().disk_bytes, SIZE);
  /* pushes all else out of memory */
  whole = want (&up, 7, 0, 0, &how);
  append (whole, SIZE);
  gst_dvr_segment_unref (whole);
  range = want (&up, 6, 16, 100, &how);
  fail_unless_equals_int (how, GST_DVR_HOW_DISK);
  fail_unless_equals_int (gst_dvr_segment_get_id (range)->kind,
      GST_DVR_SEGMENT_MEDIA);
  gst_dvr_segment_unref (range);
  leave (&up);
  g_object_unref (cache);
  check_remove_tree (directory);
  g_free (directory);
}

GST_END_TEST;

static Suite *
cache_range_suite (void)
{
  Suite *s = suite_create ("cache_range");
  TCase *tc = tcase_create ("ranges");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_ranges_are_kept_beside_segments);
  tcase_add_test (tc, test_ranges_are_within_the_budget);
  tcase_add_test (tc, test_range_goes_on_from_the_segment);
  tcase_add_test (tc, test_range_of_other_bytes_fails);
  tcase_add_test (tc, test_disk_has_segments_only);
  return s;
}

GST_CHECK_MAIN (cache_range);
