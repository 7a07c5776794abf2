/* timeline.c: what a timeline promises its writer and its readers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrlink.h>

#define RECORDING "20261120T192200Z-3f9c"

static GstDvrEntry
entry_of (guint64 number, GstClockTime start, GstClockTime duration)
{
  GstDvrEntry entry = {.number = number,.recording = RECORDING,
    .start = start,.duration = duration,.wall_time = GST_DVR_WALL_TIME_NONE
  };

  return entry;
}

static void
add (GstDvrTimeline * timeline, guint64 number)
{
  GstDvrEntry entry =
      entry_of (number, number * 2 * GST_SECOND, 2 * GST_SECOND);

  fail_unless (gst_dvr_timeline_close_segment (timeline, &entry));
}

static GstDvrTimelineInfo
info_of (GstDvrTimeline * timeline)
{
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (timeline, &info);
  return info;
}

static void
count_call (GstDvrTimeline * timeline, gpointer user_data)
{
  g_atomic_int_inc ((gint *) user_data);
}

GST_START_TEST (test_segments_are_found_by_number_and_time)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");
  GstDvrEntry entry;
  guint64 n;

  for (n = 100; n < 5000; n++)
    add (timeline, n);

  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 99, &entry),
      GST_DVR_FOUND_REMOVED);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 5000, &entry),
      GST_DVR_FOUND_NOTHING);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 4321, &entry),
      GST_DVR_FOUND_CLOSED);
  fail_unless_equals_uint64 (entry.start, 8642 * GST_SECOND);

  fail_unless_equals_int (gst_dvr_timeline_find_time (timeline,
          8643 * GST_SECOND, &entry), GST_DVR_FOUND_CLOSED);
  fail_unless_equals_uint64 (entry.number, 4321);
  gst_dvr_timeline_find_time (timeline, 0, &entry);
  fail_unless_equals_uint64 (entry.number, 100);
  fail_unless_equals_int (gst_dvr_timeline_find_time (timeline,
          10000 * GST_SECOND, &entry), GST_DVR_FOUND_NOTHING);

  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

GST_START_TEST (test_the_open_segment_grows_by_parts_and_closes)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");
  GstDvrPart part = { 0, 1000, 250 * GST_MSECOND, TRUE };
  GstDvrEntry entry = entry_of (7, 14 * GST_SECOND, 0);
  GstDvrEntry other = entry_of (8, 16 * GST_SECOND, 0);
  GArray *parts;

  fail_if (gst_dvr_timeline_add_part (timeline, &part));
  fail_unless (gst_dvr_timeline_open_segment (timeline, &entry));
  fail_if (gst_dvr_timeline_open_segment (timeline, &other));
  gst_dvr_timeline_add_part (timeline, &part);
  gst_dvr_timeline_add_part (timeline, &part);

  fail_unless_equals_int (info_of (timeline).n_parts, 2);
  fail_unless_equals_uint64 (info_of (timeline).end, 14500 * GST_MSECOND);
  fail_unless_equals_int (gst_dvr_timeline_find_time (timeline,
          14400 * GST_MSECOND, &entry), GST_DVR_FOUND_OPEN);

  entry = entry_of (7, 14 * GST_SECOND, 500 * GST_MSECOND);
  fail_unless (gst_dvr_timeline_close_segment (timeline, &entry));
  fail_if (info_of (timeline).open);
  fail_unless_equals_uint64 (info_of (timeline).next, 8);
  parts = gst_dvr_timeline_get_parts (timeline, 7);
  fail_unless_equals_int (parts->len, 2);
  g_array_unref (parts);

  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

/* What was listed under one name while it grew ends under another. */
GST_START_TEST (test_parts_may_have_had_another_name)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");
  GstDvrEntry entry = entry_of (7, 0, GST_SECOND);

  gst_dvr_timeline_open_segment (timeline, &entry);
  fail_if (gst_dvr_timeline_is_alias (timeline, 7, "before"));
  gst_dvr_timeline_set_alias (timeline, 7, "before");
  gst_dvr_timeline_close_segment (timeline, &entry);
  fail_unless (gst_dvr_timeline_is_alias (timeline, 7, "before"));
  fail_if (gst_dvr_timeline_is_alias (timeline, 7, RECORDING));
  fail_if (gst_dvr_timeline_is_alias (timeline, 8, "before"));
  /* nothing is known of that one */
  gst_dvr_timeline_set_alias (timeline, 8, "before");
  fail_if (gst_dvr_timeline_is_alias (timeline, 8, "before"));

  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

GST_START_TEST (test_numbers_stand_in_a_row)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");
  GstDvrEntry entry = entry_of (12, 0, GST_SECOND);

  add (timeline, 10);
  fail_if (gst_dvr_timeline_close_segment (timeline, &entry));
  fail_if (gst_dvr_timeline_open_segment (timeline, &entry));
  entry.number = 10;
  fail_if (gst_dvr_timeline_close_segment (timeline, &entry));

  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

GST_START_TEST (test_removed_segments_are_told_from_unknown_ones)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");
  GstDvrEntry entry;
  guint64 n;

  for (n = 0; n < 10000; n++) {
    add (timeline, n);
    gst_dvr_timeline_remove_before (timeline, n > 10 ? n - 10 : 0);
  }
  fail_unless_equals_uint64 (info_of (timeline).first, 9989);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 9988, &entry),
      GST_DVR_FOUND_REMOVED);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 9989, &entry),
      GST_DVR_FOUND_CLOSED);
  fail_unless_equals_uint64 (entry.number, 9989);
  fail_unless (info_of (timeline).removed);

  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

GST_START_TEST (test_a_batch_makes_one_version)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");
  gint calls = 0;
  guint64 before = info_of (timeline).version;

  gst_dvr_timeline_add_watch (timeline, count_call, &calls, NULL);
  gst_dvr_timeline_begin (timeline);
  add (timeline, 1);
  add (timeline, 2);
  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  fail_unless_equals_int (calls, 0);
  gst_dvr_timeline_commit (timeline);
  fail_unless_equals_int (calls, 1);
  fail_unless_equals_uint64 (info_of (timeline).version, before + 1);

  gst_dvr_timeline_begin (timeline);
  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  gst_dvr_timeline_commit (timeline);
  fail_unless_equals_int (calls, 1);

  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

GST_START_TEST (test_entries_keep_their_recording_alive)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");
  gchar *recording = g_strdup (RECORDING);
  GstDvrEntry entry = entry_of (1, 0, GST_SECOND);

  entry.recording = recording;
  gst_dvr_timeline_close_segment (timeline, &entry);
  g_free (recording);
  gst_dvr_timeline_find (timeline, 1, &entry);
  fail_unless_equals_string (entry.recording, RECORDING);
  fail_unless (gst_dvr_timeline_has_recording (timeline, RECORDING));
  fail_if (gst_dvr_timeline_has_recording (timeline, "other"));

  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

GST_START_TEST (test_use_counts)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");
  gint64 since;

  gst_dvr_timeline_use (timeline);
  gst_dvr_timeline_use (timeline);
  gst_dvr_timeline_unuse (timeline);
  fail_unless (gst_dvr_timeline_is_used (timeline, NULL));
  gst_dvr_timeline_unuse (timeline);
  fail_if (gst_dvr_timeline_is_used (timeline, &since));
  fail_unless (since > 0);

  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

static gboolean
answer_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstDvrRequest *request = gst_query_get_dvr_request (query);

  if (request == NULL)
    return gst_pad_query_default (pad, parent, query);

  if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE) {
    GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");

    gst_dvr_request_answer_timeline (request, timeline);
    gst_dvr_timeline_unref (timeline);
  } else {
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
  }

  return TRUE;
}

GST_START_TEST (test_a_request_comes_back_answered)
{
  GstPad *src = gst_pad_new ("src", GST_PAD_SRC);
  GstPad *sink = gst_pad_new ("sink", GST_PAD_SINK);
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 3 };
  GstDvrRequest *request = gst_dvr_request_new_timeline ("live/cam1");

  fail_unless_equals_int (gst_dvr_request_send (request, sink),
      GST_DVR_ANSWER_NOT_STARTED);

  gst_pad_set_query_function (src, answer_query);
  fail_unless_equals_int (gst_pad_link (src, sink), GST_PAD_LINK_OK);
  fail_unless_equals_int (gst_dvr_request_send (request, sink),
      GST_DVR_ANSWER_OK);
  fail_unless_equals_string (gst_dvr_timeline_get_stream
      (gst_dvr_request_get_timeline (request)), "live/cam1");
  gst_dvr_request_unref (request);

  request = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_VIEWER);
  fail_unless_equals_int (gst_dvr_request_send (request, sink),
      GST_DVR_ANSWER_NOT_FOUND);
  fail_unless (gst_dvr_request_get_segment (request) == NULL);
  gst_dvr_request_unref (request);

  gst_object_unref (src);
  gst_object_unref (sink);
}

GST_END_TEST;

GST_START_TEST (test_a_piece_carries_its_segment_through_copies)
{
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 3 };
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GstBuffer *piece, *copy;

  gst_dvr_segment_append_bytes (segment, "0123456789", 10);
  piece = gst_dvr_buffer_new_piece (segment, 2, 8);
  copy = gst_buffer_copy (piece);
  fail_unless_equals_int (gst_buffer_get_size (copy), 8);
  fail_unless (gst_buffer_get_dvr_meta (copy)->segment == segment);
  gst_buffer_unref (piece);
  gst_buffer_unref (copy);
  ASSERT_MINI_OBJECT_REFCOUNT (segment, "segment", 1);

  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (test_names_travel_in_one_event)
{
  const gchar *names[] = { "live/cam1", "*", NULL };
  GstEvent *event = gst_dvr_event_new_names ((gchar **) names);
  gchar **parsed = gst_dvr_event_parse_names (event);

  fail_unless (GST_EVENT_IS_STICKY (event));
  fail_unless (g_strv_equal ((const gchar **) parsed, names));
  fail_unless (gst_dvr_event_parse_bad_name (event) == NULL);
  g_strfreev (parsed);
  gst_event_unref (event);

  event = gst_dvr_event_new_bad_name ("live/../etc");
  fail_unless_equals_string (gst_dvr_event_parse_bad_name (event),
      "live/../etc");
  gst_event_unref (event);
}

GST_END_TEST;

static Suite *
timeline_suite (void)
{
  Suite *s = suite_create ("timeline");
  TCase *tc = tcase_create ("timeline");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_segments_are_found_by_number_and_time);
  tcase_add_test (tc, test_the_open_segment_grows_by_parts_and_closes);
  tcase_add_test (tc, test_parts_may_have_had_another_name);
  tcase_add_test (tc, test_numbers_stand_in_a_row);
  tcase_add_test (tc, test_removed_segments_are_told_from_unknown_ones);
  tcase_add_test (tc, test_a_batch_makes_one_version);
  tcase_add_test (tc, test_entries_keep_their_recording_alive);
  tcase_add_test (tc, test_use_counts);

  tc = tcase_create ("link");
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_a_request_comes_back_answered);
  tcase_add_test (tc, test_a_piece_carries_its_segment_through_copies);
  tcase_add_test (tc, test_names_travel_in_one_event);

  return s;
}

GST_CHECK_MAIN (timeline);
