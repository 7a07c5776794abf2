/* segmenter.c: where the recorder cuts
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "segmenterfixture.h"

GST_START_TEST (test_cuts_at_first_keyframe_at_or_after_target)
{
  MockFeed f = FEED (40 * MS, 50, 0, 23 * MS);
  guint i;

  mock_set_both_caps ();
  mock_feed (&f, 0, 10 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 5);
  for (i = 0; i < 5; i++) {
    fail_unless (mock_nth (mock, i)->begins_with_key);
    fail_unless_equals_uint64 (mock_nth (mock, i)->start, i * 2 * GST_SECOND);
    fail_unless_equals_int (mock_nth (mock, i)->samples[0], 50);
    fail_if (mock_nth (mock, i)->discontinuity);
  }
  fail_unless_equals_int (mock->n_inits, 1);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 435);
  mock_check_parts ();
}

GST_END_TEST;

/* A camera that is meant to send 25 frames a second sends a few more. */
GST_START_TEST (test_a_keyframe_that_is_a_little_early_is_the_one_meant)
{
  MockFeed early = FEED (39 * MS, 50, 0, 23 * MS);
  MockFeed half = FEED (40 * MS, 45, 0, 23 * MS);

  mock_set_both_caps ();
  mock_feed (&early, 0, 50 * 39 * MS * 5);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 5);
  fail_unless_equals_uint64 (mock_nth (mock, 3)->duration, 50 * 39 * MS);
  mock_check_parts ();

  mock_reconfigure (&mock_default_config);
  mock_set_both_caps ();
  mock_feed (&half, 0, 45 * 40 * MS * 4);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 2);
}

GST_END_TEST;

GST_START_TEST (test_seven_second_gop_is_kept_whole)
{
  MockFeed f = FEED (40 * MS, 175, 0, 23 * MS);

  mock_set_both_caps ();
  mock_feed (&f, 0, 21 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 3);
  fail_unless_equals_uint64 (mock_nth (mock, 1)->duration, 7 * GST_SECOND);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_default_gop_of_250_frames_is_kept_whole)
{
  MockFeed f = FEED (40 * MS, 250, 0, 23 * MS);

  mock_set_both_caps ();
  mock_feed (&f, 0, 30 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 3);
  fail_unless (mock_nth (mock, 1)->begins_with_key);
  fail_unless_equals_uint64 (mock_nth (mock, 1)->duration, 10 * GST_SECOND);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_endless_gop_is_cut_at_the_maximum)
{
  MockFeed f = FEED (40 * MS, 0, 0, 23 * MS);
  guint i;

  mock_set_both_caps ();
  mock_feed (&f, 0, 60 * GST_SECOND);
  mock_drain ();
  fail_unless (mock->segments->len >= 6);
  for (i = 0; i < mock->segments->len; i++)
    fail_unless (mock_nth (mock, i)->duration < 10500 * MS);
  fail_if (mock_nth (mock, 1)->begins_with_key);
  fail_if (mock_nth (mock, 1)->discontinuity);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 1500);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_byte_cap_cuts_inside_a_gop)
{
  GstDvrSegmenterConfig config = mock_default_config;
  MockFeed f = FEED (40 * MS, 0, 0, 0);

  config.max_segment_size = 2500;
  mock_reconfigure (&config);
  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_AUDIO,
      GST_DVR_EXPECT_NO);
  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  mock_feed (&f, 0, 4 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 4);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_audio_only_is_cut_on_time)
{
  MockFeed f = FEED (0, 0, 0, 23 * MS);

  mock_set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
  mock_feed (&f, 0, 10 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 5);
  fail_unless_equals_int (mock->init_has[GST_DVR_TRACK_VIDEO], FALSE);
  fail_unless (g_array_index (mock_nth (mock, 2)->independent, gboolean, 1));
  fail_unless (ABS (GST_CLOCK_DIFF (mock_nth (mock, 1)->duration,
              2 * GST_SECOND)) < 25 * (gint64) MS);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_video_alone_is_recorded)
{
  MockFeed f = FEED (40 * MS, 50, 0, 0);

  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  mock_feed (&f, 0, 10 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 5);
  fail_unless_equals_int (mock->init_has[GST_DVR_TRACK_AUDIO], FALSE);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 250);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_parts_and_chunks_at_odd_frame_rates)
{
  static const guint fps[] = { 10, 12, 15, 24, 25, 30, 50, 60, 120 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (fps); i++) {
    MockFeed f = FEED (GST_SECOND / fps[i], 2 * fps[i], 0, 21 * MS);

    mock_reconfigure (&mock_default_config);
    mock_set_both_caps ();
    mock_feed (&f, 0, 8 * GST_SECOND - MS);
    mock_drain ();
    fail_unless_equals_int (mock->segments->len, 4);
    mock_check_parts ();
  }
}

GST_END_TEST;

GST_START_TEST (test_rounded_timestamps_make_no_part_too_long)
{
  static const guint64 rates[] = { 23976, 24000, 29970, 59940 };
  guint r, i;

  for (r = 0; r < G_N_ELEMENTS (rates); r++) {
    mock_reconfigure (&mock_default_config);
    gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_AUDIO,
        GST_DVR_EXPECT_NO);
    mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
    for (i = 0; i < 1000; i++)
      mock_push (GST_DVR_TRACK_VIDEO, (i * 1000000 / rates[r]) * MS,
          i % 250 == 0);
    mock_drain ();
    fail_unless_equals_int (mock->segments->len, 4);
    mock_check_parts ();
  }
}

GST_END_TEST;

GST_START_TEST (test_segment_without_keyframe_ends_at_the_next)
{
  MockFeed f = FEED (40 * MS, 275, 0, 20 * MS);
  guint i;

  mock_set_both_caps ();
  mock_feed (&f, 0, 33 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 6);
  for (i = 0; i < 6; i++)
    fail_unless_equals_int (mock_nth (mock, i)->begins_with_key, i % 2 == 0);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_one_frame_a_second_is_left_alone)
{
  MockFeed f = FEED (GST_SECOND, 2, 0, 23 * MS);
  guint i;

  mock_set_both_caps ();
  mock_feed (&f, 0, 60 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 30);
  for (i = 0; i < 30; i++) {
    fail_unless_equals_uint64 (mock_nth (mock, i)->start, i * 2 * GST_SECOND);
    fail_unless_equals_int (mock_nth (mock, i)->samples[0], 2);
  }
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_one_frame_in_twelve_seconds_keeps_its_pace)
{
  GstClockTime first = 0;
  guint i;

  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  for (i = 0; i < 10; i++)
    mock_push (GST_DVR_TRACK_VIDEO, i * 12 * GST_SECOND, TRUE);
  mock_drain ();
  first = mock_nth (mock, 0)->first_dts[0];
  fail_unless (mock->last_dts[0] - first >= 107 * GST_SECOND,
      "108 s became %" GST_TIME_FORMAT, GST_TIME_ARGS (mock->last_dts[0]));
}

GST_END_TEST;

GST_START_TEST (test_each_frame_may_be_a_chunk)
{
  GstDvrSegmenterConfig config = mock_default_config;
  MockFeed f = FEED (20 * MS, 100, 0, 23 * MS);

  config.chunk_duration = 0;
  mock_reconfigure (&config);
  mock_set_both_caps ();
  mock_feed (&f, 0, 4 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock_nth (mock, 0)->chunks, 100);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_chunks_of_forty_milliseconds)
{
  MockFeed f = FEED (20 * MS, 100, 0, 23 * MS);

  mock_set_both_caps ();
  mock_feed (&f, 0, 4 * GST_SECOND);
  mock_drain ();
  fail_unless (mock_nth (mock, 0)->chunks >= 50
      && mock_nth (mock, 0)->chunks <= 60, "%u chunks", mock_nth (mock,
          0)->chunks);
}

GST_END_TEST;

GST_START_TEST (test_all_tracks_are_cut_where_the_keyframe_is_shown)
{
  MockFeed f = FEED (40 * MS, 50, 2, 20 * MS);
  guint i;

  mock_set_both_caps ();
  mock_feed (&f, 0, 8 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 4);
  for (i = 1; i < 4; i++) {
    MockSegment *segment = mock_nth (mock, i);

    fail_unless_equals_uint64 (segment->start, segment->first_pts[0]);
    fail_unless_equals_uint64 (segment->first_pts[0],
        i * 2 * GST_SECOND + 80 * MS);
    fail_unless (segment->first_pts[1] >= segment->start);
    fail_unless (segment->first_pts[1] < segment->start + 20 * MS);
  }
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 200);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 400);
  mock_check_parts ();
}

GST_END_TEST;

/* With open groups the pictures shown before a keyframe come after it: some are
 * shown later after they came than others. */
GST_START_TEST (test_groups_that_begin_with_more_or_less_before_their_keyframe)
{
  guint i;

  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  for (i = 0; i < 200; i++) {
    GstClockTime dts = i * 40 * MS;

    fail_unless_equals_int (mock_push_full (GST_DVR_TRACK_VIDEO, dts,
            dts + (i % 100 == 0 ? 80 : 40) * MS, i % 50 == 0, 1000),
        GST_FLOW_OK);
  }
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 4);
  for (i = 0; i < 4; i++) {
    MockSegment *segment = mock_nth (mock, i);

    fail_unless_equals_uint64 (segment->start, segment->first_pts[0]);
    fail_unless_equals_uint64 (segment->start,
        i * 2 * GST_SECOND + (i % 2 ? 40 : 80) * MS);
  }
  mock_check_parts ();
}

GST_END_TEST;

static Suite *
segmenter_suite (void)
{
  Suite *s = suite_create ("segmenter");
  TCase *tc = tcase_create ("cuts");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, mock_setup, mock_teardown);
  tcase_add_test (tc, test_cuts_at_first_keyframe_at_or_after_target);
  tcase_add_test (tc, test_a_keyframe_that_is_a_little_early_is_the_one_meant);
  tcase_add_test (tc, test_seven_second_gop_is_kept_whole);
  tcase_add_test (tc, test_default_gop_of_250_frames_is_kept_whole);
  tcase_add_test (tc, test_endless_gop_is_cut_at_the_maximum);
  tcase_add_test (tc, test_byte_cap_cuts_inside_a_gop);
  tcase_add_test (tc, test_audio_only_is_cut_on_time);
  tcase_add_test (tc, test_video_alone_is_recorded);
  tcase_add_test (tc, test_parts_and_chunks_at_odd_frame_rates);
  tcase_add_test (tc, test_rounded_timestamps_make_no_part_too_long);
  tcase_add_test (tc, test_segment_without_keyframe_ends_at_the_next);
  tcase_add_test (tc, test_one_frame_a_second_is_left_alone);
  tcase_add_test (tc, test_one_frame_in_twelve_seconds_keeps_its_pace);
  tcase_add_test (tc, test_each_frame_may_be_a_chunk);
  tcase_add_test (tc, test_chunks_of_forty_milliseconds);
  tcase_add_test (tc, test_all_tracks_are_cut_where_the_keyframe_is_shown);
  tcase_add_test (tc,
      test_groups_that_begin_with_more_or_less_before_their_keyframe);

  return s;
}

GST_CHECK_MAIN (segmenter);
