/* segmenter_runs.c: runs of a publisher, bad timestamps, and the time between
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "segmenterfixture.h"

GST_START_TEST (test_first_segment_waits_for_announced_track)
{
  guint i;

  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_VIDEO,
      GST_DVR_EXPECT_YES);
  mock_set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
  for (i = 0; i < 20; i++)
    mock_push (GST_DVR_TRACK_AUDIO, i * 23 * MS, TRUE);
  fail_unless_equals_int (mock->segments->len, 0);
  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  mock_push (GST_DVR_TRACK_VIDEO, 460 * MS, TRUE);
  fail_unless_equals_int (mock->segments->len, 1);
  fail_unless (mock->init_has[0] && mock->init_has[1]);
  mock_drain ();
  fail_unless (mock_nth (mock, 0)->begins_with_key);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 20);
}

GST_END_TEST;

GST_START_TEST (test_announced_track_that_never_comes_is_not_waited_for_long)
{
  MockFeed f = FEED (0, 0, 0, 23 * MS);

  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_VIDEO,
      GST_DVR_EXPECT_YES);
  mock_set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
  mock_feed (&f, 0, 1100 * MS);
  fail_unless_equals_int (mock->segments->len, 1);
  fail_if (mock->init_has[GST_DVR_TRACK_VIDEO]);
}

GST_END_TEST;

GST_START_TEST (test_track_said_not_to_come_is_not_waited_for)
{
  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_VIDEO,
      GST_DVR_EXPECT_NO);
  mock_set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
  mock_push (GST_DVR_TRACK_AUDIO, 0, TRUE);
  fail_unless_equals_int (mock->segments->len, 1);
}

GST_END_TEST;

GST_START_TEST (test_late_track_that_said_what_it_is_has_its_place)
{
  MockFeed video = FEED (40 * MS, 50, 0, 0);
  MockFeed both = FEED (40 * MS, 50, 0, 20 * MS);

  mock_set_both_caps ();
  mock_feed (&video, 0, 3 * GST_SECOND);
  fail_unless (mock->init_has[0] && mock->init_has[1]);
  mock_feed (&both, 3 * GST_SECOND, 8 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->n_inits, 1);
  fail_unless_equals_int (mock->segments->len, 4);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 200);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 250);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_picture_that_said_what_it_is_may_come_after_the_sound)
{
  MockFeed audio = FEED (0, 0, 0, 20 * MS);
  MockFeed both = FEED (40 * MS, 50, 2, 20 * MS);

  mock_set_both_caps ();
  mock_feed (&audio, 0, 4 * GST_SECOND);
  mock_feed (&both, 4 * GST_SECOND, 10 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->n_inits, 1);
  fail_unless (mock_nth (mock, 2)->begins_with_key);
  fail_if (mock_nth (mock, 2)->discontinuity);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 150);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 500);
}

GST_END_TEST;

GST_START_TEST (test_sound_alone_is_cut_on_time_though_pictures_are_announced)
{
  MockFeed audio = FEED (0, 0, 0, 20 * MS);
  guint i;

  mock_set_both_caps ();
  mock_feed (&audio, 0, 10 * GST_SECOND);
  fail_unless (mock->segments->len >= 4);
  mock_drain ();
  fail_unless_equals_int (mock->n_inits, 1);
  for (i = 0; i < mock->segments->len; i++)
    fail_unless (mock_nth (mock, i)->duration < 2100 * MS);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 500);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_track_that_is_silent_for_long_loses_its_place)
{
  MockFeed both = FEED (40 * MS, 50, 0, 20 * MS);
  MockFeed video = FEED (40 * MS, 50, 0, 0);

  mock_set_both_caps ();
  mock_feed (&both, 0, 4 * GST_SECOND);
  mock_feed (&video, 4 * GST_SECOND, 30 * GST_SECOND);
  fail_unless (mock->init_has[0] && mock->init_has[1]);
  mock_feed (&video, 30 * GST_SECOND, 40 * GST_SECOND);
  fail_unless_equals_int (mock->n_inits, 2);
  fail_if (mock->init_has[GST_DVR_TRACK_AUDIO]);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 200);
  mock_feed (&both, 40 * GST_SECOND, 44 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->n_inits, 3);
  fail_unless (mock->init_has[GST_DVR_TRACK_AUDIO]);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 1100);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 400);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_late_track_gets_a_new_init_and_a_discontinuity)
{
  MockFeed audio = FEED (0, 0, 0, 20 * MS);
  MockFeed both = FEED (40 * MS, 50, 0, 20 * MS);

  mock_set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
  mock_feed (&audio, 0, 4 * GST_SECOND);
  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  mock_feed (&both, 4 * GST_SECOND, 8 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->n_inits, 2);
  fail_unless_equals_int (mock->segments->len, 4);
  fail_unless (mock_nth (mock, 2)->discontinuity);
  fail_unless (mock_nth (mock, 2)->begins_with_key);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 400);
}

GST_END_TEST;

GST_START_TEST (test_frames_before_the_first_keyframe_are_dropped)
{
  GstDvrSegmenterStats stats;
  guint i;

  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  for (i = 0; i < 100; i++) {
    mock->now += 40 * MS;
    mock_push (GST_DVR_TRACK_VIDEO, i * 40 * MS, i >= 50 && i % 50 == 0);
  }
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 1);
  fail_unless (mock_nth (mock, 0)->begins_with_key);
  fail_unless_equals_int (mock_nth (mock, 0)->samples[0], 50);
  gst_dvr_segmenter_get_stats (mock->segmenter, &stats);
  fail_unless_equals_int (stats.dropped, 50);
}

GST_END_TEST;

GST_START_TEST (test_repeated_configuration_changes_nothing)
{
  MockFeed f = FEED (40 * MS, 50, 0, 23 * MS);
  guint i;

  mock_set_both_caps ();
  for (i = 0; i < 10; i++) {
    mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS ", framerate=25/1");
    mock_set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
    mock_feed (&f, i * GST_SECOND, (i + 1) * GST_SECOND);
  }
  mock_drain ();
  fail_unless_equals_int (mock->n_inits, 1);
  fail_unless_equals_int (mock->segments->len, 5);
}

GST_END_TEST;

GST_START_TEST (test_changed_configuration_begins_a_segment)
{
  MockFeed f = FEED (40 * MS, 25, 0, 20 * MS);

  mock_set_both_caps ();
  mock_feed (&f, 0, 3 * GST_SECOND);
  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS_2);
  mock_feed (&f, 3 * GST_SECOND, 6 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->n_inits, 2);
  fail_unless_equals_int (mock->segments->len, 4);
  fail_unless (mock_nth (mock, 2)->discontinuity);
  fail_unless (mock_nth (mock, 2)->begins_with_key);
  fail_unless_equals_uint64 (mock_nth (mock, 2)->start, 3 * GST_SECOND);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 150);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 300);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_returning_publisher_goes_on_at_real_time_distance)
{
  MockFeed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);
  guint i, gaps = 0;
  GstClockTime gap_time = 0;

  mock_set_both_caps ();
  mock_feed (&f, 0, 10 * GST_SECOND);
  fail_unless_equals_int (gst_dvr_segmenter_away (mock->segmenter),
      GST_FLOW_OK);
  for (i = 0; i < 21; i++) {
    mock->now += GST_SECOND;
    fail_unless_equals_int (gst_dvr_segmenter_tick (mock->segmenter),
        GST_FLOW_OK);
  }
  fail_unless_equals_int (mock->segments->len, 15);
  fail_unless_equals_int (gst_dvr_segmenter_discont (mock->segmenter),
      GST_FLOW_OK);
  mock_set_both_caps ();
  f.ts = 1234 * GST_SECOND;
  mock_feed (&f, 0, 4 * GST_SECOND);
  mock_drain ();
  for (i = 5; mock_nth (mock, i)->gap; i++) {
    gaps++;
    gap_time += mock_nth (mock, i)->duration;
    fail_unless (mock_nth (mock, i)->duration <= 2 * GST_SECOND);
  }
  fail_unless_equals_int (gaps, 11);
  fail_unless_equals_uint64 (gap_time, 21 * GST_SECOND);
  fail_unless (mock_nth (mock, i)->discontinuity);
  fail_unless_equals_uint64 (mock_nth (mock, i)->start, 31 * GST_SECOND);
  fail_unless_equals_int64 (mock_nth (mock, i)->wall - mock_nth (mock, 0)->wall,
      31 * G_USEC_PER_SEC);
  fail_if (mock->ended);
}

GST_END_TEST;

GST_START_TEST (test_long_absence_ends_the_list)
{
  MockFeed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);
  guint i;

  mock_set_both_caps ();
  mock_feed (&f, 0, 4 * GST_SECOND);
  gst_dvr_segmenter_away (mock->segmenter);
  for (i = 0; i < 120; i++) {
    mock->now += GST_SECOND;
    gst_dvr_segmenter_tick (mock->segmenter);
  }
  fail_unless (mock->ended);
  fail_unless_equals_int (mock->segments->len, 2 + 30);
  f.ts = 0;
  mock_feed (&f, 0, 4 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 2 + 30 + 2);
  fail_unless (mock_nth (mock, 32)->discontinuity);
  fail_unless_equals_uint64 (mock_nth (mock, 32)->start, 124 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_timestamps_that_jump_back_go_on_after_the_old)
{
  MockFeed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);

  f.ts = 500 * GST_SECOND;
  mock_set_both_caps ();
  mock_feed (&f, 0, 4 * GST_SECOND);
  f.ts = 3 * GST_SECOND;
  mock_feed (&f, 0, 4 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 4);
  fail_unless (mock_nth (mock, 2)->discontinuity);
  fail_unless (mock_nth (mock, 2)->start >= 4 * GST_SECOND);
  fail_unless (mock_nth (mock, 2)->start < 4100 * MS);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 200);
}

GST_END_TEST;

GST_START_TEST (test_one_sample_out_of_line_is_dropped)
{
  GstDvrSegmenterStats stats;
  guint i;

  mock_set_both_caps ();
  for (i = 0; i < 200; i++) {
    GstClockTime time = i * 40 * MS;

    mock_push (GST_DVR_TRACK_VIDEO, i == 70 ? time + 50 * GST_SECOND :
        i == 120 ? 0 : time, i % 50 == 0);
    mock_push (GST_DVR_TRACK_AUDIO, i == 160 ? 9000 * GST_SECOND : time, TRUE);
  }
  mock_drain ();
  gst_dvr_segmenter_get_stats (mock->segmenter, &stats);
  fail_unless_equals_int (stats.dropped, 3);
  fail_unless_equals_int (stats.jumps, 0);
  fail_unless_equals_int (mock->segments->len, 4);
  fail_if (mock_nth (mock, 3)->discontinuity);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_file_that_jumps_back_goes_on_without_a_hole)
{
  MockFeed f = FEED (40 * MS, 50, 0, 20 * MS);

  mock_set_both_caps ();
  mock_feed (&f, 0, 40 * GST_SECOND);
  mock_feed (&f, 0, 4 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 22);
  fail_unless_equals_uint64 (mock_nth (mock, 20)->start, 40 * GST_SECOND);
  fail_unless_equals_int64 (mock_nth (mock, 20)->wall - mock_nth (mock,
          0)->wall, 40 * G_USEC_PER_SEC);
}

GST_END_TEST;

GST_START_TEST (test_tracks_with_bases_of_their_own_are_aligned_once)
{
  GstDvrSegmenterStats stats;
  guint i;

  mock_set_both_caps ();
  for (i = 0; i < 250; i++) {
    mock_push (GST_DVR_TRACK_VIDEO, i * 40 * MS, i % 50 == 0);
    mock_push (GST_DVR_TRACK_AUDIO, 9000 * GST_SECOND + i * 40 * MS, TRUE);
  }
  mock_drain ();
  gst_dvr_segmenter_get_stats (mock->segmenter, &stats);
  fail_unless_equals_int (stats.jumps, 0);
  fail_unless_equals_int (mock->segments->len, 5);
  fail_unless (mock_nth (mock, 0)->first_dts[1] < 40 * MS);
}

GST_END_TEST;

GST_START_TEST (test_small_steps_back_are_repaired_minimally)
{
  GstDvrSegmenterStats stats;
  guint i;

  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_AUDIO,
      GST_DVR_EXPECT_NO);
  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  for (i = 0; i < 100; i++)
    mock_push (GST_DVR_TRACK_VIDEO, (i == 30 ? 28 : i) * 40 * MS, i % 50 == 0);
  mock_drain ();
  gst_dvr_segmenter_get_stats (mock->segmenter, &stats);
  fail_unless_equals_int (stats.repaired, 1);
  fail_unless_equals_int (stats.jumps, 0);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 100);
  fail_unless_equals_uint64 (mock_nth (mock, 1)->start, 2 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_presentation_before_decoding_moves_decoding)
{
  MockFeed f = FEED (40 * MS, 50, 0, 0);

  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_AUDIO,
      GST_DVR_EXPECT_NO);
  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  mock_feed (&f, 0, GST_SECOND);
  fail_unless_equals_int (mock_push_full (GST_DVR_TRACK_VIDEO, GST_SECOND,
          940 * MS, FALSE, 100), GST_FLOW_OK);
  mock_drain ();
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 26);
}

GST_END_TEST;

GST_START_TEST (test_audio_that_stops_does_not_stop_the_recording)
{
  MockFeed both = FEED (40 * MS, 50, 0, 20 * MS);
  MockFeed video = FEED (40 * MS, 50, 0, 0);

  mock_set_both_caps ();
  mock_feed (&both, 0, 4 * GST_SECOND);
  mock_feed (&video, 4 * GST_SECOND, 20 * GST_SECOND);
  fail_unless (mock->segments->len >= 9);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 10);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 500);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_video_that_stops_does_not_stop_the_recording)
{
  MockFeed both = FEED (40 * MS, 50, 0, 20 * MS);
  MockFeed audio = FEED (0, 0, 0, 20 * MS);
  GstDvrSegmenterStats stats;

  mock_set_both_caps ();
  mock_feed (&both, 0, 4 * GST_SECOND);
  mock_feed (&audio, 4 * GST_SECOND, 40 * GST_SECOND);
  fail_unless (mock->segments->len >= 5);
  mock_feed (&both, 40 * GST_SECOND, 44 * GST_SECOND);
  mock_drain ();
  gst_dvr_segmenter_get_stats (mock->segmenter, &stats);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO),
      200 + stats.filled);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 2200);
  mock_check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_what_is_held_is_bounded)
{
  guint i;

  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_AUDIO,
      GST_DVR_EXPECT_YES);
  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  for (i = 0; i < 50; i++)
    fail_unless_equals_int (mock_push_full (GST_DVR_TRACK_VIDEO, i * MS, i * MS,
            i == 0, 1024 * 1024), GST_FLOW_OK);
  fail_unless_equals_int (mock->segments->len, 1);
}

GST_END_TEST;

GST_START_TEST (test_failure_closes_what_is_whole_and_begins_anew)
{
  MockFeed f = FEED (40 * MS, 25, 0, 20 * MS);
  MockSegment *segment;
  guint before;

  mock_set_both_caps ();
  mock_feed (&f, 0, 3 * GST_SECOND);
  mock->fail = GST_FLOW_ERROR;
  fail_unless_equals_int (mock_push_full (GST_DVR_TRACK_VIDEO, 3 * GST_SECOND,
          3 * GST_SECOND, TRUE, 100), GST_FLOW_OK);
  fail_unless_equals_int (mock_push_full (GST_DVR_TRACK_AUDIO, 3 * GST_SECOND,
          3 * GST_SECOND, TRUE, 100), GST_FLOW_ERROR);
  gst_dvr_segmenter_abandon (mock->segmenter);
  before = mock->segments->len;
  segment = mock_nth (mock, before - 1);
  fail_unless (segment->closed);
  fail_unless (segment->duration % (240 * MS) == 0);
  mock->fail = GST_FLOW_OK;
  mock_feed (&f, 4 * GST_SECOND, 6 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, before + 1);
  segment = mock_nth (mock, before);
  fail_unless (segment->discontinuity && segment->begins_with_key);
}

GST_END_TEST;

GST_START_TEST (test_goes_on_after_an_earlier_recording)
{
  MockFeed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);

  gst_dvr_segmenter_set_start (mock->segmenter, 86400 * GST_SECOND, TRUE, 0,
      TRUE, FALSE);
  mock_set_both_caps ();
  f.ts = 77 * GST_SECOND;
  mock_feed (&f, 0, 4 * GST_SECOND);
  mock_drain ();
  fail_unless (mock_nth (mock, 0)->discontinuity);
  fail_unless_equals_uint64 (mock_nth (mock, 0)->start, 86400 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_time_passes_while_an_old_recording_has_no_publisher)
{
  guint i;

  gst_dvr_segmenter_set_start (mock->segmenter, 100 * GST_SECOND, TRUE, 0,
      TRUE, TRUE);
  for (i = 0; i < 10; i++) {
    mock->now += GST_SECOND;
    gst_dvr_segmenter_tick (mock->segmenter);
  }
  fail_unless_equals_int (mock->segments->len, 5);
  fail_unless (mock_nth (mock, 4)->gap);
  fail_unless_equals_uint64 (mock_nth (mock, 0)->start, 100 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_absence_of_the_recorder_is_listed)
{
  MockFeed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);

  gst_dvr_segmenter_set_start (mock->segmenter, 100 * GST_SECOND, TRUE,
      7 * GST_SECOND, TRUE, TRUE);
  gst_dvr_segmenter_tick (mock->segmenter);
  fail_unless_equals_int (mock->segments->len, 3);
  fail_unless_equals_int64 (mock->wall_base + mock->now / 1000 -
      mock_nth (mock, 0)->wall, 7 * G_USEC_PER_SEC);
  mock_set_both_caps ();
  mock_feed (&f, 0, 4 * GST_SECOND);
  mock_drain ();
  fail_unless (mock_nth (mock, 3)->gap);
  fail_unless_equals_uint64 (mock_nth (mock, 3)->duration, GST_SECOND);
  fail_unless_equals_uint64 (mock_nth (mock, 4)->start, 107 * GST_SECOND);
  fail_unless (mock_nth (mock, 4)->discontinuity);
}

GST_END_TEST;

GST_START_TEST (test_absence_after_an_ended_list_is_kept_but_not_listed)
{
  MockFeed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);

  gst_dvr_segmenter_set_start (mock->segmenter, 100 * GST_SECOND, TRUE,
      3600 * GST_SECOND, FALSE, FALSE);
  mock->now += 5 * GST_SECOND;
  fail_unless_equals_int (gst_dvr_segmenter_tick (mock->segmenter),
      GST_FLOW_OK);
  mock_set_both_caps ();
  mock_feed (&f, 0, 2 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 1);
  fail_if (mock_nth (mock, 0)->gap);
  fail_unless (mock_nth (mock, 0)->discontinuity);
  fail_unless_equals_uint64 (mock_nth (mock, 0)->start, 3705 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_part_that_fails_is_not_counted)
{
  MockFeed f = FEED (40 * MS, 50, 0, 20 * MS);
  MockSegment *segment;

  mock_set_both_caps ();
  mock_feed (&f, 0, 700 * MS);
  mock->fail_part = TRUE;
  fail_unless_equals_int (mock_push_full (GST_DVR_TRACK_VIDEO, 720 * MS,
          720 * MS, FALSE, 100), GST_FLOW_OK);
  mock_push (GST_DVR_TRACK_AUDIO, 700 * MS, TRUE);
  fail_unless_equals_int (mock_push_full (GST_DVR_TRACK_AUDIO, 720 * MS,
          720 * MS, TRUE, 100), GST_FLOW_ERROR);
  gst_dvr_segmenter_abandon (mock->segmenter);
  segment = mock_nth (mock, 0);
  fail_unless (segment->closed);
  fail_unless_equals_int (segment->parts->len, 2);
  fail_unless_equals_uint64 (segment->duration, 480 * MS);
}

GST_END_TEST;

GST_START_TEST (test_end_is_written_once_and_nothing_lists_gaps_after_it)
{
  MockFeed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);

  mock_set_both_caps ();
  mock_feed (&f, 0, 4 * GST_SECOND);
  fail_unless_equals_int (gst_dvr_segmenter_end (mock->segmenter), GST_FLOW_OK);
  fail_unless_equals_int (gst_dvr_segmenter_end (mock->segmenter), GST_FLOW_OK);
  fail_unless (mock->ended);
  mock->now += 20 * GST_SECOND;
  mock_feed (&f, 4 * GST_SECOND, 6 * GST_SECOND);
  mock_drain ();
  fail_unless_equals_int (mock->segments->len, 3);
  fail_unless_equals_uint64 (mock_nth (mock, 2)->start, 24 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_random_input_never_breaks_the_rules)
{
  GRand *rand = g_rand_new_with_seed (4711);
  GstClockTime ts[2] = { 0, 0 };
  guint i;

  mock_set_both_caps ();
  for (i = 0; i < 20000; i++) {
    GstDvrTrack track = g_rand_boolean (rand);

    if (g_rand_int_range (rand, 0, 500) == 0)
      ts[track] = (GstClockTime) g_rand_int (rand) * MS;
    else if (g_rand_int_range (rand, 0, 50) == 0)
      ts[track] -= MIN (ts[track], 300 * MS);
    else
      ts[track] += g_rand_int_range (rand, 0, 60) * MS;
    mock->now += g_rand_int_range (rand, 0, 40) * MS;
    if (g_rand_int_range (rand, 0, 1000) == 0)
      mock_set_caps (GST_DVR_TRACK_VIDEO, i % 2 ? VIDEO_CAPS : VIDEO_CAPS_2);
    if (g_rand_int_range (rand, 0, 2000) == 0)
      gst_dvr_segmenter_away (mock->segmenter);
    gst_dvr_segmenter_tick (mock->segmenter);
    fail_unless_equals_int (mock_push_full (track, ts[track], ts[track] +
            g_rand_int_range (rand, 0, 4) * 40 * MS,
            track || g_rand_int_range (rand, 0, 30) == 0, 10), GST_FLOW_OK);
  }
  mock_drain ();
  for (i = 0; i < mock->segments->len; i++)
    fail_unless (mock_nth (mock, i)->duration <= 11 * GST_SECOND,
        "segment %u lasts %" GST_TIME_FORMAT, i,
        GST_TIME_ARGS (mock_nth (mock, i)->duration));
  g_rand_free (rand);
}

GST_END_TEST;

static Suite *
segmenter_runs_suite (void)
{
  Suite *s = suite_create ("segmenter_runs");
  TCase *tc = tcase_create ("runs");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, mock_setup, mock_teardown);
  tcase_add_test (tc, test_first_segment_waits_for_announced_track);
  tcase_add_test (tc,
      test_announced_track_that_never_comes_is_not_waited_for_long);
  tcase_add_test (tc, test_track_said_not_to_come_is_not_waited_for);
  tcase_add_test (tc, test_late_track_that_said_what_it_is_has_its_place);
  tcase_add_test (tc,
      test_picture_that_said_what_it_is_may_come_after_the_sound);
  tcase_add_test (tc,
      test_sound_alone_is_cut_on_time_though_pictures_are_announced);
  tcase_add_test (tc, test_track_that_is_silent_for_long_loses_its_place);
  tcase_add_test (tc, test_late_track_gets_a_new_init_and_a_discontinuity);
  tcase_add_test (tc, test_frames_before_the_first_keyframe_are_dropped);
  tcase_add_test (tc, test_repeated_configuration_changes_nothing);
  tcase_add_test (tc, test_changed_configuration_begins_a_segment);
  tcase_add_test (tc, test_returning_publisher_goes_on_at_real_time_distance);
  tcase_add_test (tc, test_long_absence_ends_the_list);
  tcase_add_test (tc, test_timestamps_that_jump_back_go_on_after_the_old);
  tcase_add_test (tc, test_one_sample_out_of_line_is_dropped);
  tcase_add_test (tc, test_file_that_jumps_back_goes_on_without_a_hole);
  tcase_add_test (tc, test_tracks_with_bases_of_their_own_are_aligned_once);
  tcase_add_test (tc, test_small_steps_back_are_repaired_minimally);
  tcase_add_test (tc, test_presentation_before_decoding_moves_decoding);
  tcase_add_test (tc, test_audio_that_stops_does_not_stop_the_recording);
  tcase_add_test (tc, test_video_that_stops_does_not_stop_the_recording);
  tcase_add_test (tc, test_what_is_held_is_bounded);
  tcase_add_test (tc, test_failure_closes_what_is_whole_and_begins_anew);
  tcase_add_test (tc, test_goes_on_after_an_earlier_recording);
  tcase_add_test (tc, test_time_passes_while_an_old_recording_has_no_publisher);
  tcase_add_test (tc, test_absence_of_the_recorder_is_listed);
  tcase_add_test (tc, test_absence_after_an_ended_list_is_kept_but_not_listed);
  tcase_add_test (tc, test_part_that_fails_is_not_counted);
  tcase_add_test (tc, test_end_is_written_once_and_nothing_lists_gaps_after_it);
  tcase_add_test (tc, test_random_input_never_breaks_the_rules);

  return s;
}

GST_CHECK_MAIN (segmenter_runs);
