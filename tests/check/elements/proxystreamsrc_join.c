/* proxystreamsrc_join.c: two origins record one publisher, and one of them dies
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/dvr/gstdvrname.h>

#include "checkutil.h"
#include "pairfixture.h"

GST_START_TEST (test_equal_cuts_go_on_with_the_next_segment)
{
  static const Origin second = { "20261120T192201Z-0b0b", 500, 0,
    77 * GST_SECOND, 30000, 5, FALSE
  };
  Pair p;

  pair_start_playing (&p, &second);
  pair_lose_first (&p, 105);
  pair_check_frames (&p, 10, 0, 0);
  pair_check_seam (&p, 103, 0);
  /* it is not called as where it has another number */
  fail_if (g_str_equal (pair_get_recording (&p, 103), second.recording));
  fail_unless (gst_dvr_is_recording_id (pair_get_recording (&p, 103)));
  fail_unless_equals_string (pair_get_recording (&p, 103),
      pair_get_recording (&p, 104));
  pair_grow (&p, &p.second, 6, 0);
  pair_wait_next (&p, 106);
  pair_play (&p);
  pair_check_frames (&p, 12, 0, 0);
  pair_stop (&p);
}

GST_END_TEST;

static gboolean
has_open (const GstDvrTimelineInfo * info)
{
  return info->open && info->n_parts == 1;
}

/* Players have seen the first second of segment 103: it ends with that. */
GST_START_TEST (test_what_was_growing_ends_with_its_parts)
{
  static const Origin second = { "20261120T192201Z-0b0b", 500, 0,
    77 * GST_SECOND, 0, 5, FALSE
  };
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 103, 0,
    0
  };
  GstDvrTimelineInfo info;
  GstDvrRequest *request;
  GstDvrEntry entry;
  Pair p;

  pair_start (&p, NULL, &second);
  pair_grow (&p, &p.first, 3, 1);
  pair_play (&p);
  wait_timeline (p.timeline, has_open, &info);
  request = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_VIEWER);
  gst_dvr_request_send (request, p.f.harness->sinkpad);
  wait_segment (gst_dvr_request_get_segment (request), 1);
  pair_lose_first (&p, 106);
  pair_check_frames (&p, 10, 0, 0);
  pair_check_seam (&p, 104, 0);
  gst_dvr_timeline_find (p.timeline, 103, &entry);
  fail_unless_equals_uint64 (entry.duration, GST_SECOND);
  /* its origin may have more of it, under that name */
  fail_if (g_str_equal (entry.recording, RECORDING));
  gst_dvr_request_unref (request);
  pair_stop (&p);
}

GST_END_TEST;

GST_START_TEST (test_equal_numbers_keep_their_names)
{
  static const Origin second = { "20261120T192201Z-0b0b", 100, 0,
    GST_SECOND, 0, 4, FALSE
  };
  Pair p;

  pair_start_playing (&p, &second);
  pair_lose_first (&p, 104);
  pair_check_frames (&p, 8, 0, 0);
  pair_check_seam (&p, 103, 0);
  fail_unless_equals_string (pair_get_recording (&p, 103), p.second.recording);
  pair_stop (&p);
}

GST_END_TEST;

GST_START_TEST (test_other_cuts_go_on_within_a_segment)
{
  static const Origin second = { "20261120T192201Z-0b0b", 7, 1,
    3 * GST_SECOND, 0, 4, FALSE
  };
  GstDvrEntry entry;
  Pair p;

  pair_start_playing (&p, &second);
  pair_lose_first (&p, 105);
  pair_check_frames (&p, 9, 0, 0);
  pair_check_seam (&p, 103, 0);
  gst_dvr_timeline_find (p.timeline, 103, &entry);
  fail_unless_equals_uint64 (entry.duration, GST_SECOND);
  /* what is cut is another thing than what follows whole */
  fail_if (g_str_equal (entry.recording, pair_get_recording (&p, 104)));
  pair_stop (&p);
}

GST_END_TEST;

GST_START_TEST (test_other_origin_that_is_behind_is_waited_for)
{
  static const Origin second = { "20261120T192201Z-0b0b", 100, 0,
    GST_SECOND, 0, 2, FALSE
  };
  Pair p;

  pair_start_playing (&p, &second);
  http_stub_down (p.f.up.stub);
  wait_location (&p.f, &p.backup);
  fail_unless_soon (http_stub_count (p.backup.stub, DVR) >= 3);
  pair_wait_next (&p, 103);
  pair_grow (&p, &p.second, 4, 0);
  pair_wait_next (&p, 104);
  pair_play (&p);
  pair_check_frames (&p, 8, 0, 0);
  pair_stop (&p);
}

GST_END_TEST;

GST_START_TEST (test_clocks_may_differ_where_keyframes_are_the_same)
{
  static const Origin second = { "20261120T192201Z-0b0b", 500, 0,
    GST_SECOND, 3 * G_USEC_PER_SEC, 5, FALSE
  };
  Pair p;

  pair_start_playing (&p, &second);
  pair_lose_first (&p, 105);
  pair_check_frames (&p, 10, 0, 0);
  pair_check_seam (&p, 103, 0);
  pair_stop (&p);
}

GST_END_TEST;

/* Another encoder cuts elsewhere: nothing is the same, what overlaps is left
 * out. */
GST_START_TEST (test_time_of_day_decides_where_nothing_is_the_same)
{
  static const Origin second = { "20261120T192201Z-0b0b", 500, 1,
    GST_SECOND, 0, 5, TRUE
  };
  Pair p;

  pair_start_playing (&p, &second);
  pair_lose_first (&p, 105);
  pair_check_frames (&p, 11, 6, 7);
  pair_check_seam (&p, 103, GST_SECOND);
  pair_stop (&p);
}

GST_END_TEST;

/* Nobody has played what ours ended with, so there is nothing to compare. */
GST_START_TEST (test_time_of_day_decides_where_nothing_was_fetched)
{
  static const Origin second = { "20261120T192201Z-0b0b", 500, 0,
    GST_SECOND, 40000, 5, FALSE
  };
  Pair p;

  pair_start (&p, NULL, &second);
  http_stub_down (p.f.up.stub);
  pair_wait_next (&p, 105);
  p.next = 103;
  pair_play (&p);
  pair_check_frames (&p, 10, 0, 6);
  pair_check_seam (&p, 103, 40 * GST_MSECOND);
  pair_stop (&p);
}

GST_END_TEST;

/* The first location comes back, with all it recorded meanwhile. */
GST_START_TEST (test_return_to_the_first_origin_joins_again)
{
  static const Origin second = { "20261120T192201Z-0b0b", 7, 1,
    3 * GST_SECOND, 0, 4, FALSE
  };
  Pair p;

  pair_start_playing (&p, &second);
  pair_lose_first (&p, 105);
  pair_check_frames (&p, 9, 0, 0);
  pair_grow (&p, &p.first, 6, 0);
  http_stub_up (p.f.up.stub);
  wait_location (&p.f, &p.f.up);
  pair_wait_next (&p, 107);
  pair_play (&p);
  pair_check_frames (&p, 12, 0, 0);
  pair_check_seam (&p, 103, 0);
  pair_check_seam (&p, 105, 0);
  pair_stop (&p);
}

GST_END_TEST;

static Suite *
proxystreamsrc_join_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_join");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_equal_cuts_go_on_with_the_next_segment);
  tcase_add_test (tc, test_what_was_growing_ends_with_its_parts);
  tcase_add_test (tc, test_equal_numbers_keep_their_names);
  tcase_add_test (tc, test_other_cuts_go_on_within_a_segment);
  tcase_add_test (tc, test_other_origin_that_is_behind_is_waited_for);
  tcase_add_test (tc, test_clocks_may_differ_where_keyframes_are_the_same);
  tcase_add_test (tc, test_time_of_day_decides_where_nothing_is_the_same);
  tcase_add_test (tc, test_time_of_day_decides_where_nothing_was_fetched);
  tcase_add_test (tc, test_return_to_the_first_origin_joins_again);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_join);
