/* segmenter_fill.c: what stands in for a track that stops
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "segmenterfixture.h"

#define FRAME (20 * MS)

static const MockFeed both = LIVE_FEED (40 * MS, 50, 0, FRAME);
static const MockFeed pictures = LIVE_FEED (40 * MS, 50, 0, 0);
static const MockFeed sound = LIVE_FEED (0, 0, 0, FRAME);

static void
setup (void)
{
  mock_setup ();
  mock->silence = FRAME;
  mock_set_both_caps ();
}

static guint64
count_filled (void)
{
  GstDvrSegmenterStats stats;

  gst_dvr_segmenter_get_stats (mock->segmenter, &stats);
  return stats.filled;
}

/* One run, and one init section with both tracks. */
static void
check_runs_on (void)
{
  guint i;

  fail_unless_equals_int (mock->n_inits, 1);
  for (i = 0; i < mock->segments->len; i++)
    fail_if (mock_nth (mock, i)->discontinuity);
  mock_check_parts ();
}

GST_START_TEST (test_silence_is_recorded_while_no_sound_comes)
{
  guint i;

  mock_feed (&both, 0, 4 * GST_SECOND);
  mock_feed (&pictures, 4 * GST_SECOND, 60 * GST_SECOND);
  /* It keeps up with the pictures. */
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO),
      mock_count_samples (GST_DVR_TRACK_VIDEO) * 2);
  mock_feed (&both, 60 * GST_SECOND, 64 * GST_SECOND);
  mock_drain ();
  check_runs_on ();
  fail_unless_equals_int (mock->segments->len, 32);
  for (i = 0; i < 31; i++)
    fail_unless_equals_int (mock_nth (mock, i)->samples[GST_DVR_TRACK_AUDIO],
        100);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 1600);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 3200);
}

GST_END_TEST;

GST_START_TEST (test_silence_where_sound_was_announced_and_never_comes)
{
  mock_feed (&pictures, 0, 10 * GST_SECOND);
  mock_drain ();
  check_runs_on ();
  fail_unless_equals_int (mock->segments->len, 5);
  fail_unless (mock_count_samples (GST_DVR_TRACK_AUDIO) >= 490);
}

GST_END_TEST;

/* Late, but coming: none of it is lost. */
GST_START_TEST (test_late_sound_is_no_silence)
{
  guint i;

  mock_feed (&both, 0, 4 * GST_SECOND);
  for (i = 200; i < 800; i++) {
    mock->now += FRAME;
    if (i % 2 == 0)
      mock_push (GST_DVR_TRACK_VIDEO, i * FRAME, i % 100 == 0);
    if (i >= 320)
      mock_push (GST_DVR_TRACK_AUDIO, (i - 120) * FRAME, TRUE);
    else if (i >= 240)
      continue;
  }
  mock_drain ();
  /* At first nobody can know. */
  fail_unless (count_filled () > 0 && count_filled () <= 125);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 680);
}

GST_END_TEST;

GST_START_TEST (test_sound_that_is_badly_interleaved_in_a_file_is_no_silence)
{
  guint k;

  for (k = 0; k < 10; k++) {
    const MockFeed v = FEED (40 * MS, 50, 0, 0), a = FEED (0, 0, 0, FRAME);

    mock_feed (&v, k * 5 * GST_SECOND, (k + 1) * 5 * GST_SECOND);
    mock_feed (&a, k * 5 * GST_SECOND, (k + 1) * 5 * GST_SECOND);
  }
  mock_drain ();
  fail_unless_equals_uint64 (count_filled (), 0);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 2500);
}

GST_END_TEST;

GST_START_TEST (test_the_last_keyframe_stands_while_no_picture_comes)
{
  guint i;

  mock_feed (&both, 0, 5 * GST_SECOND);
  mock_feed (&sound, 5 * GST_SECOND, 60 * GST_SECOND);
  mock_feed (&both, 60 * GST_SECOND, 64 * GST_SECOND);
  mock_drain ();
  check_runs_on ();
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 3200);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO),
      225 + count_filled ());
  fail_unless (count_filled () >= 20 && count_filled () <= 25);
  for (i = 8; i < mock->segments->len; i++) {
    MockSegment *segment = mock_nth (mock, i);

    fail_unless (segment->begins_with_key);
    fail_unless (segment->duration <= 4 * GST_SECOND);
    fail_unless (segment->samples[GST_DVR_TRACK_VIDEO] > 0);
  }
}

GST_END_TEST;

/* Players in browsers stop at one that has none. */
static void
check_all_have_pictures (void)
{
  guint i;

  for (i = 0; i < mock->segments->len; i++)
    fail_unless (mock_nth (mock, i)->samples[GST_DVR_TRACK_VIDEO] > 0,
        "segment %u of %u", i, mock->segments->len);
}

GST_START_TEST (test_no_segment_is_without_a_picture)
{
  static const guint gops[] = { 25, 50, 250 };
  MockFeed on = LIVE_FEED (40 * MS, 0, 0, FRAME), off = sound;
  guint i, ms;

  for (i = 0; i < 2 * G_N_ELEMENTS (gops); i++) {
    on.gop = gops[i / 2];
    on.live = off.live = i % 2;
    for (ms = 200; ms < 22000; ms += 1900) {
      mock_feed (&on, 0, ms * MS);
      mock_feed (&off, ms * MS, 50 * GST_SECOND);
      mock_drain ();
      check_runs_on ();
      check_all_have_pictures ();
      fail_unless (count_filled () > 0);
      fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_AUDIO), 2500);
      mock_reconfigure (&mock_default_config);
      mock->silence = FRAME;
      mock_set_both_caps ();
    }
  }
}

GST_END_TEST;

/* While it is waited for what stands, or what comes. */
GST_START_TEST (test_pictures_that_return_soon_need_no_keyframe)
{
  MockFeed on = LIVE_FEED (40 * MS, 250, 0, FRAME);
  guint n;

  mock_feed (&on, 0, 9 * GST_SECOND);
  mock_feed (&sound, 9 * GST_SECOND, 12 * GST_SECOND);
  mock_feed (&on, 12 * GST_SECOND, 30 * GST_SECOND);
  n = 225 + 18 * 25;
  mock_drain ();
  fail_unless_equals_uint64 (count_filled (), 0);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), n);
  check_runs_on ();
  check_all_have_pictures ();
}

GST_END_TEST;

GST_START_TEST (test_pictures_that_return_begin_with_a_keyframe)
{
  guint before;

  mock_feed (&both, 0, 5 * GST_SECOND);
  mock_feed (&sound, 5 * GST_SECOND, 30 * GST_SECOND);
  before = mock_count_samples (GST_DVR_TRACK_VIDEO);
  /* 24 of them before the next keyframe. */
  mock_feed (&both, 31 * GST_SECOND + 40 * MS, 34 * GST_SECOND);
  mock_drain ();
  fail_unless (mock_count_samples (GST_DVR_TRACK_VIDEO) >= before + 50);
  fail_unless (mock_count_samples (GST_DVR_TRACK_VIDEO) <= before + 53);
}

GST_END_TEST;

/* A screen on which little moves: what comes refers to what was. */
GST_START_TEST (test_a_picture_now_and_then_is_not_taken_for_none)
{
  guint i;

  for (i = 0; i < 5 * 800; i++) {
    mock->now += FRAME;
    if (i % 400 == 0)
      mock_push (GST_DVR_TRACK_VIDEO, i * FRAME, i == 0);
    mock_push (GST_DVR_TRACK_AUDIO, i * FRAME, TRUE);
  }
  mock_drain ();
  fail_unless_equals_uint64 (count_filled (), 0);
  fail_unless_equals_int (mock_count_samples (GST_DVR_TRACK_VIDEO), 10);
}

GST_END_TEST;

/* What was put ahead of the sound is not recorded. */
GST_START_TEST (test_a_run_does_not_end_later_than_its_sound)
{
  MockSegment *last;
  guint ms;

  for (ms = 0; ms <= 2000; ms += 500) {
    mock_feed (&both, 0, 5 * GST_SECOND);
    mock_feed (&sound, 5 * GST_SECOND, 30 * GST_SECOND + ms * MS);
    mock_drain ();
    last = mock_nth (mock, mock->segments->len - 1);
    fail_unless (last->start + last->duration <=
        mock_nth (mock, 0)->start + 30 * GST_SECOND + ms * MS + 40 * MS);
    mock_reconfigure (&mock_default_config);
    mock->silence = FRAME;
    mock_set_both_caps ();
  }
}

GST_END_TEST;

GST_START_TEST (test_tracks_that_come_and_go_at_random_never_break_the_rules)
{
  GRand *rand = g_rand_new_with_seed (42);
  gboolean on[GST_DVR_N_TRACKS] = { TRUE, TRUE };
  guint i;

  for (i = 0; i < 20000; i++) {
    mock->now += FRAME;
    if (g_rand_int_range (rand, 0, 300) == 0)
      on[g_rand_int_range (rand, 0, 2)] ^= TRUE;
    if (g_rand_int_range (rand, 0, 5000) == 0)
      mock_set_caps (GST_DVR_TRACK_VIDEO, i % 2 ? VIDEO_CAPS : VIDEO_CAPS_2);
    if (on[0] && i % 2 == 0)
      mock_push (GST_DVR_TRACK_VIDEO, i * FRAME, i % 100 == 0);
    if (on[1])
      mock_push (GST_DVR_TRACK_AUDIO, i * FRAME, TRUE);
  }
  mock_drain ();
  fail_unless (count_filled () > 100);
  for (i = 0; i < mock->segments->len; i++)
    fail_unless (mock_nth (mock, i)->duration <= 11 * GST_SECOND);
  g_rand_free (rand);
}

GST_END_TEST;

static Suite *
segmenter_fill_suite (void)
{
  Suite *s = suite_create ("segmenter_fill");
  TCase *tc = tcase_create ("fill");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, mock_teardown);
  tcase_add_test (tc, test_silence_is_recorded_while_no_sound_comes);
  tcase_add_test (tc, test_silence_where_sound_was_announced_and_never_comes);
  tcase_add_test (tc, test_late_sound_is_no_silence);
  tcase_add_test (tc,
      test_sound_that_is_badly_interleaved_in_a_file_is_no_silence);
  tcase_add_test (tc, test_the_last_keyframe_stands_while_no_picture_comes);
  tcase_add_test (tc, test_no_segment_is_without_a_picture);
  tcase_add_test (tc, test_pictures_that_return_soon_need_no_keyframe);
  tcase_add_test (tc, test_pictures_that_return_begin_with_a_keyframe);
  tcase_add_test (tc, test_a_picture_now_and_then_is_not_taken_for_none);
  tcase_add_test (tc, test_a_run_does_not_end_later_than_its_sound);
  tcase_add_test (tc,
      test_tracks_that_come_and_go_at_random_never_break_the_rules);
  return s;
}

GST_CHECK_MAIN (segmenter_fill);
