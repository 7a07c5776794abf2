/* ahead.c: chunks shown before their part ends
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>

#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrstore.h>

#include "checkutil.h"

#define PART (250 * GST_MSECOND)

static const GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1",
  "20261120T192200Z-3f9c", 7
};

static GPtrArray *
make_chunks (guint n)
{
  GPtrArray *chunks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);

  while (chunks->len < n) {
    gchar *text = g_strdup_printf ("chunk %u", chunks->len);

    g_ptr_array_add (chunks, gst_buffer_new_wrapped (text, strlen (text)));
  }
  return chunks;
}

static void
check_chunk (GstDvrSegment * segment, guint part, guint index,
    gpointer expected)
{
  GstBuffer *chunk = gst_dvr_segment_get_chunk (segment, part, index);

  fail_unless (chunk == expected, "part %u, chunk %u", part, index);
  g_clear_pointer (&chunk, gst_buffer_unref);
}

static void
count (GstDvrSegment * segment, gpointer user_data)
{
  (*(guint *) user_data)++;
}

GST_START_TEST (chunks_are_seen_before_their_part_and_are_no_bytes_yet)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GPtrArray *chunks = make_chunks (2);
  guint told = 0;
  gulong watch = gst_dvr_segment_add_watch (segment, count, &told, NULL);

  gst_dvr_segment_show_part (segment, 0, chunks, FALSE);
  fail_unless_equals_int (told, 1);
  check_chunk (segment, 0, 0, chunks->pdata[0]);
  check_chunk (segment, 0, 1, chunks->pdata[1]);
  check_chunk (segment, 0, 2, NULL);
  check_chunk (segment, 1, 0, NULL);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), 0);
  fail_unless_equals_int (gst_dvr_segment_get_n_parts (segment), 0);
  fail_unless_equals_uint64 (gst_dvr_segment_get_progress (segment), 14);
  gst_dvr_segment_remove_watch (segment, watch);
  g_ptr_array_unref (chunks);
  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (a_part_that_has_come_takes_the_place_of_its_chunks)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GPtrArray *chunks = make_chunks (1), *next = make_chunks (2);

  gst_dvr_segment_show_part (segment, 0, chunks, FALSE);
  /* a writer may be at the next part before the first has been read */
  gst_dvr_segment_show_part (segment, 1, next, FALSE);
  gst_dvr_segment_append_part (segment, gst_buffer_new_allocate (NULL, 100,
          NULL), PART, TRUE);
  check_chunk (segment, 0, 0, NULL);
  check_chunk (segment, 1, 1, next->pdata[1]);
  fail_unless_equals_uint64 (gst_dvr_segment_get_progress (segment), 114);
  gst_dvr_segment_show_part (segment, 0, chunks, FALSE);
  check_chunk (segment, 0, 0, NULL);
  g_ptr_array_unref (chunks);
  g_ptr_array_unref (next);
  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (a_part_begun_anew_shows_only_its_new_chunks)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GPtrArray *dropped = make_chunks (3), *chunks = make_chunks (1);

  gst_dvr_segment_show_part (segment, 0, dropped, FALSE);
  gst_dvr_segment_show_part (segment, 0, chunks, FALSE);
  check_chunk (segment, 0, 0, chunks->pdata[0]);
  check_chunk (segment, 0, 1, NULL);
  g_ptr_array_unref (chunks);
  g_ptr_array_unref (dropped);
  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (nothing_is_ahead_of_a_segment_that_has_ended)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GPtrArray *chunks = make_chunks (1);

  gst_dvr_segment_show_part (segment, 0, chunks, FALSE);
  gst_dvr_segment_fail (segment, 502, "cut off");
  check_chunk (segment, 0, 0, NULL);
  gst_dvr_segment_show_part (segment, 0, chunks, FALSE);
  check_chunk (segment, 0, 0, NULL);
  g_ptr_array_unref (chunks);
  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

static void
check_sample (GstDvrSegment * segment, guint index, guint found,
    gpointer expected)
{
  GstBuffer *sample = gst_dvr_segment_get_sample (segment, &index);

  fail_unless (sample == expected);
  if (sample)
    fail_unless_equals_int (index, found);
  g_clear_pointer (&sample, gst_buffer_unref);
}

GST_START_TEST (samples_are_seen_before_their_chunk_which_is_nothing_new_then)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GPtrArray *samples = make_chunks (3), *chunks = make_chunks (1);
  guint64 before = gst_dvr_segment_get_progress (segment), after;

  gst_dvr_segment_show_samples (segment, samples);
  after = gst_dvr_segment_get_progress (segment);
  fail_unless (after > before);
  check_sample (segment, 0, 0, samples->pdata[0]);
  check_sample (segment, 2, 2, samples->pdata[2]);
  check_sample (segment, 3, 3, NULL);
  gst_dvr_segment_show_part (segment, 0, chunks, TRUE);
  fail_unless_equals_uint64 (gst_dvr_segment_get_progress (segment), after);
  gst_dvr_segment_show_part (segment, 1, chunks, FALSE);
  fail_unless (gst_dvr_segment_get_progress (segment) > after);
  g_ptr_array_unref (samples);
  g_ptr_array_unref (chunks);
  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (only_the_latest_samples_are_kept)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GPtrArray *samples = make_chunks (70), *more = make_chunks (2);

  gst_dvr_segment_show_samples (segment, samples);
  gst_dvr_segment_show_samples (segment, more);
  check_sample (segment, 0, 8, samples->pdata[8]);
  check_sample (segment, 71, 71, more->pdata[1]);
  gst_dvr_segment_fail (segment, 502, "cut off");
  check_sample (segment, 71, 71, NULL);
  g_ptr_array_unref (samples);
  g_ptr_array_unref (more);
  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

/* -- between a writer and a reader -- */

static gchar *location;

static void
setup (void)
{
  location = g_dir_make_tmp ("dvr-ahead-XXXXXX", NULL);
}

static void
teardown (void)
{
  check_remove_tree (location);
  g_free (location);
}

static GstDvrStoreWriter *
open_writer (void)
{
  GstDvrStoreConfig config = {.target_duration = GST_SECOND,
    .max_segment_duration = 2 * GST_SECOND,.part_duration = PART,
    .publish_type = GST_DVR_PUBLISH_APPEND
  };
  GBytes *init = g_bytes_new_static ("\0\0\0\x10" "ftypinit....", 16);
  GError *error = NULL;
  GstDvrStoreWriter *writer =
      gst_dvr_store_writer_open (location, "live/cam1", &config, &error);

  fail_unless (writer != NULL, "%s", error ? error->message : "");
  fail_unless (gst_dvr_store_writer_set_init (writer, init, NULL));
  g_bytes_unref (init);
  fail_unless (gst_dvr_store_writer_open_segment (writer, 0, 0, FALSE, NULL));
  fail_unless (gst_dvr_store_writer_begin_part (writer, 0, NULL));
  return writer;
}

static guint64
wait_for_open (GstDvrTimeline * timeline)
{
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (timeline, &info);
  while (!info.open) {
    check_wait_timeline (timeline, info.version + 1,
        g_get_monotonic_time () + 10 * G_USEC_PER_SEC);
    gst_dvr_timeline_get_info (timeline, &info);
  }
  return info.next;
}

GST_START_TEST (a_reader_of_the_same_process_sees_chunks_as_they_are_written)
{
  GstDvrStoreWriter *writer = open_writer ();
  GstDvrStoreReader *reader = gst_dvr_store_reader_new (location, "live/cam1");
  GstDvrSegmentId open = { GST_DVR_SEGMENT_MEDIA, "live/cam1",
    gst_dvr_store_writer_get_recording (writer), 0
  };
  GPtrArray *chunks = make_chunks (2);
  GstDvrSegment *segment, *late;

  open.number = wait_for_open (gst_dvr_store_reader_get_timeline (reader));
  segment = gst_dvr_segment_new (&open);
  gst_dvr_store_reader_fetch (reader, segment);
  gst_dvr_store_writer_append_chunk (writer, chunks->pdata[0], 0, FALSE);
  check_chunk (segment, 0, 0, chunks->pdata[0]);

  late = gst_dvr_segment_new (&open);
  gst_dvr_store_reader_fetch (reader, late);
  check_chunk (late, 0, 0, chunks->pdata[0]);
  gst_dvr_store_writer_append_chunk (writer, chunks->pdata[1], 0, FALSE);
  check_chunk (segment, 0, 1, chunks->pdata[1]);
  check_chunk (late, 0, 1, chunks->pdata[1]);

  gst_dvr_store_reader_free (reader);
  gst_dvr_store_writer_free (writer);
  gst_dvr_segment_unref (segment);
  gst_dvr_segment_unref (late);
  g_ptr_array_unref (chunks);
}

GST_END_TEST;

static Suite *
ahead_suite (void)
{
  Suite *suite = suite_create ("ahead");
  TCase *segments = tcase_create ("segments");
  TCase *recordings = tcase_create ("recordings");

  suite_add_tcase (suite, segments);
  tcase_add_test (segments,
      chunks_are_seen_before_their_part_and_are_no_bytes_yet);
  tcase_add_test (segments, a_part_that_has_come_takes_the_place_of_its_chunks);
  tcase_add_test (segments, a_part_begun_anew_shows_only_its_new_chunks);
  tcase_add_test (segments, nothing_is_ahead_of_a_segment_that_has_ended);
  tcase_add_test (segments,
      samples_are_seen_before_their_chunk_which_is_nothing_new_then);
  tcase_add_test (segments, only_the_latest_samples_are_kept);
  suite_add_tcase (suite, recordings);
  tcase_add_checked_fixture (recordings, setup, teardown);
  tcase_add_test (recordings,
      a_reader_of_the_same_process_sees_chunks_as_they_are_written);
  return suite;
}

GST_CHECK_MAIN (ahead);
