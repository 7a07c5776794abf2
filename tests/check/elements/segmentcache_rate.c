/* segmentcache_rate.c: what segmentcache plays backwards, or by keyframes
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "checkutil.h"
#include "dvrplayer.h"

#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)
#define F(seconds) ((seconds) * FPS)
#define MS (gint64) GST_MSECOND
/* How long a flush has to come in between. */
#define PATIENCE (200 * G_TIME_SPAN_MILLISECOND)

GST_START_TEST (test_backwards_by_groups)
{
  DvrPlayer p;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  fail_unless (dvr_player_seek (&p, -1.0, ACCURATE, GST_SEEK_TYPE_SET,
          101 * GST_SECOND + 500 * MS, GST_SEEK_TYPE_SET,
          105 * GST_SECOND + 100 * MS));
  dvr_player_flushed (&p);
  fail_unless (p.segment.rate == -1.0);
  fail_unless_equals_uint64 (p.segment.start, 101 * GST_SECOND + 500 * MS);
  fail_unless_equals_uint64 (p.segment.stop, 105 * GST_SECOND + 100 * MS);
  /* of the last group, the part that holds the time */
  fail_unless (dvr_player_frames (&p, F (105), 6));
  g_array_set_size (p.frames, 0);
  fail_unless (dvr_player_frames (&p, F (104), GROUP));
  fail_unless (dvr_player_frames (&p, F (103), GROUP));
  fail_unless (dvr_player_frames (&p, F (102), GROUP));
  fail_unless (dvr_player_frames (&p, F (101), GROUP));
  dvr_player_eos (&p);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_backwards_from_the_live_edge_over_a_hole)
{
  DvrPlayer p;

  dvr_player_setup (&p, 2, GST_DVR_TIMELINE_OPEN, NULL);
  dvr_player_add (&p, 12, 3600);
  dvr_player_play (&p);
  dvr_player_skip_until (&p, F (3600));
  fail_unless (dvr_player_seek (&p, -2.0, ACCURATE, GST_SEEK_TYPE_SET, 0,
          GST_SEEK_TYPE_SET, -1));
  dvr_player_flushed (&p);
  fail_unless_equals_uint64 (p.segment.start, 100 * GST_SECOND);
  fail_unless_equals_uint64 (p.segment.stop, 3602 * GST_SECOND);
  fail_unless (dvr_player_frames (&p, F (3601), GROUP));
  fail_unless (dvr_player_frames (&p, F (3600), GROUP));
  fail_unless (dvr_player_frames (&p, F (103), GROUP));
  /* the hour takes no time */
  fail_unless_equals_uint64 (p.segment.stop, 104 * GST_SECOND);
  fail_unless_equals_uint64 (p.segment.base, GST_SECOND);
  fail_unless (dvr_player_frames (&p, F (102), GROUP));
  fail_unless (dvr_player_frames (&p, F (101), GROUP));
  fail_unless (dvr_player_frames (&p, F (100), GROUP));
  dvr_player_eos (&p);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_groups_longer_than_a_segment)
{
  DvrPlayer p;
  guint i;

  dvr_player_setup (&p, 0, GST_DVR_TIMELINE_OPEN, "start",
      (gint64) (103 * GST_SECOND), NULL);
  p.key_distance = 4 * FPS;
  for (i = 0; i < 6; i++)
    dvr_player_add (&p, FIRST_NUMBER + i, FIRST_TIME + 2 * i);
  dvr_player_play (&p);
  /* the keyframe is in the segment before */
  fail_unless (dvr_player_frames (&p, F (100), 4 * FPS));
  fail_unless_equals_uint64 (p.segment.start, 103 * GST_SECOND);
  fail_unless (dvr_player_seek (&p, -1.0, ACCURATE, GST_SEEK_TYPE_SET,
          0, GST_SEEK_TYPE_SET, 108 * GST_SECOND));
  dvr_player_flushed (&p);
  fail_unless (dvr_player_frames (&p, F (104), 4 * FPS));
  fail_unless (dvr_player_frames (&p, F (100), 4 * FPS));
  dvr_player_eos (&p);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Others' numbers may begin with 0: there is none before that, whether it is
 * a gap or cannot be had. */
GST_START_TEST (test_backwards_ends_before_the_first_number_of_all)
{
  DvrPlayer p;

  dvr_player_setup (&p, 0, GST_DVR_TIMELINE_OPEN, NULL);
  if (__i__ == 0) {
    dvr_player_add_gap (&p, 0, 100);
  } else {
    dvr_player_add (&p, 0, 100);
    p.missing = 0;
  }
  dvr_player_add (&p, 1, 102);
  dvr_player_add (&p, 2, 104);
  dvr_player_play (&p);
  dvr_player_skip_until (&p, F (105));
  fail_unless (dvr_player_seek (&p, -1.0, ACCURATE, GST_SEEK_TYPE_SET, 0,
          GST_SEEK_TYPE_SET, 104 * GST_SECOND));
  dvr_player_flushed (&p);
  fail_unless (dvr_player_frames (&p, F (103), GROUP));
  fail_unless (dvr_player_frames (&p, F (102), GROUP));
  dvr_player_eos (&p);
  fail_unless (dvr_player_wait_questions (&p, 2) <= 4);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_backwards_over_another_init_section)
{
  DvrPlayer p;
  guint i;

  dvr_player_setup (&p, 0, GST_DVR_TIMELINE_OPEN, NULL);
  p.second_init = FIRST_NUMBER + 1;
  for (i = 0; i < 2; i++)
    dvr_player_add (&p, FIRST_NUMBER + i, FIRST_TIME + 2 * i);
  gst_dvr_timeline_set_state (p.timeline, GST_DVR_TIMELINE_ENDED, 0);
  dvr_player_play (&p);
  dvr_player_skip_until (&p, F (103));
  fail_unless (dvr_player_seek (&p, -1.0, ACCURATE, GST_SEEK_TYPE_SET, 0,
          GST_SEEK_TYPE_SET, 104 * GST_SECOND));
  dvr_player_flushed (&p);
  for (i = 104; i > 100; i--)
    fail_unless (dvr_player_frames (&p, F (i - 1), GROUP));
  /* as it was told before the older segment */
  fail_unless_equals_int (p.n_inits, 4);
  dvr_player_eos (&p);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_keyframes_only)
{
  DvrPlayer p;
  guint i;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  fail_unless (dvr_player_seek (&p, 4.0, ACCURATE |
          GST_SEEK_FLAG_TRICKMODE_KEY_UNITS, GST_SEEK_TYPE_SET,
          102 * GST_SECOND, GST_SEEK_TYPE_NONE, -1));
  dvr_player_flushed (&p);
  fail_unless (p.segment.flags & GST_SEGMENT_FLAG_TRICKMODE_KEY_UNITS);
  for (i = 102; i < 110; i++)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  dvr_player_eos (&p);
  fail_unless (dvr_player_seek (&p, -4.0, ACCURATE |
          GST_SEEK_FLAG_TRICKMODE_KEY_UNITS, GST_SEEK_TYPE_SET,
          101 * GST_SECOND, GST_SEEK_TYPE_SET, 105 * GST_SECOND));
  dvr_player_flushed (&p);
  for (i = 104; i > 100; i--)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  dvr_player_eos (&p);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_fast_keyframes_are_few)
{
  DvrPlayer p;

  dvr_player_setup (&p, 8, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  fail_unless (dvr_player_seek (&p, 32.0, ACCURATE |
          GST_SEEK_FLAG_TRICKMODE_KEY_UNITS, GST_SEEK_TYPE_SET,
          100 * GST_SECOND, GST_SEEK_TYPE_NONE, -1));
  dvr_player_flushed (&p);
  fail_unless (dvr_player_frames (&p, F (100), 1));
  fail_unless (dvr_player_frames (&p, F (104), 1));
  fail_unless (dvr_player_frames (&p, F (108), 1));
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* What the application's seek makes it ask of the pipeline. */
static void
expect_request (DvrPlayer * p, gdouble expected)
{
  GstMessage *message = gst_bus_timed_pop_filtered (p->bus,
      GST_CLOCK_TIME_NONE, GST_MESSAGE_INSTANT_RATE_REQUEST);
  gdouble multiplier;

  gst_message_parse_instant_rate_request (message, &multiplier);
  fail_unless (multiplier == expected);
  gst_message_unref (message);
}

/* No event is left on pads, that would come again behind a flush. */
GST_START_TEST (test_a_rate_that_counts_at_once_is_asked_for)
{
  DvrPlayer p;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  fail_unless (dvr_player_seek (&p, 2.0, GST_SEEK_FLAG_INSTANT_RATE_CHANGE,
          GST_SEEK_TYPE_NONE, -1, GST_SEEK_TYPE_NONE, -1));
  expect_request (&p, 2.0);
  fail_unless (gst_pad_get_sticky_event (p.down,
          GST_EVENT_INSTANT_RATE_CHANGE, 0) == NULL);
  /* the other direction needs a flush */
  fail_if (dvr_player_seek (&p, -1.0, GST_SEEK_FLAG_INSTANT_RATE_CHANGE,
          GST_SEEK_TYPE_NONE, -1, GST_SEEK_TYPE_NONE, -1));
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Decoders keep to what it says of keyframes, over a flush too. */
GST_START_TEST (test_keyframes_only_after_an_instant_rate)
{
  const GstSeekFlags keys = ACCURATE | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS;
  DvrPlayer p;
  GstEvent *event;
  GstSegmentFlags flags;
  gdouble multiplier;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_OPEN, "start",
      (gint64) (100 * GST_SECOND), NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  fail_unless (dvr_player_seek (&p, 2.0, GST_SEEK_FLAG_INSTANT_RATE_CHANGE |
          GST_SEEK_FLAG_TRICKMODE_NO_AUDIO,
          GST_SEEK_TYPE_NONE, -1, GST_SEEK_TYPE_NONE, -1));
  gst_event_unref (dvr_player_event (&p, GST_EVENT_INSTANT_RATE_CHANGE));
  fail_unless (dvr_player_seek (&p, 1.0, keys, GST_SEEK_TYPE_SET,
          100 * GST_SECOND, GST_SEEK_TYPE_NONE, -1));
  dvr_player_flushed (&p);
  event = gst_pad_get_sticky_event (p.down, GST_EVENT_INSTANT_RATE_CHANGE, 0);
  fail_unless (event != NULL);
  gst_event_parse_instant_rate_change (event, &multiplier, &flags);
  fail_unless (multiplier == 1.0);
  fail_unless_equals_int (flags, GST_SEGMENT_FLAG_TRICKMODE_KEY_UNITS);
  gst_event_unref (event);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* What has been read may not be known to have been sent yet. */
static void
wait_position (DvrPlayer * p, gint64 expected)
{
  gint64 position;

  fail_unless_soon (gst_pad_peer_query_position (p->down, GST_FORMAT_TIME,
          &position) && position == expected);
}

GST_START_TEST (test_a_rate_alone_keeps_the_position)
{
  DvrPlayer p;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_OPEN, "start",
      (gint64) (106 * GST_SECOND), NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (106), 4 * GROUP);
  /* no clock: what was sent is on show */
  wait_position (&p, 110 * GST_SECOND);
  fail_unless (dvr_player_seek (&p, -1.0, ACCURATE, GST_SEEK_TYPE_NONE, -1,
          GST_SEEK_TYPE_NONE, -1));
  dvr_player_flushed (&p);
  fail_unless_equals_uint64 (p.segment.stop, 110 * GST_SECOND);
  fail_unless (dvr_player_frames (&p, F (109), GROUP));
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* What a pipeline does: it tells the sinks, one by one. */
static GstBusSyncReply
tell_sinks (GstBus * bus, GstMessage * message, gpointer user_data)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  DvrPlayer *p = user_data;
  gdouble multiplier;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_INSTANT_RATE_REQUEST)
    return GST_BUS_PASS;
  gst_message_parse_instant_rate_request (message, &multiplier);
  fail_unless (gst_pad_push_event (p->down,
          gst_event_new_instant_rate_sync_time (multiplier, GST_SECOND,
              GST_SECOND)));
  /* there are others; meanwhile playing goes on */
  g_mutex_lock (&p->lock);
  p->room = G_MAXUINT;
  g_cond_broadcast (&p->wake);
  while (!p->flushing && g_cond_wait_until (&p->wake, &p->lock, end));
  fail_if (p->flushing);
  g_mutex_unlock (&p->lock);
  return GST_BUS_PASS;
}

/* Where another SEGMENT has to come, the rate becomes its own. */
GST_START_TEST (test_a_rate_is_settled_when_all_sinks_have_it)
{
  DvrPlayer p;

  dvr_player_setup (&p, 2, GST_DVR_TIMELINE_OPEN, "start",
      (gint64) (FIRST_TIME * GST_SECOND), NULL);
  p.second_init = FIRST_NUMBER + 2;
  gst_dvr_timeline_begin (p.timeline);
  dvr_player_add (&p, FIRST_NUMBER + 2, FIRST_TIME + 4);
  gst_dvr_timeline_set_state (p.timeline, GST_DVR_TIMELINE_ENDED, 0);
  gst_dvr_timeline_commit (p.timeline);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  dvr_player_wait_full (&p);
  gst_bus_set_sync_handler (p.bus, tell_sinks, &p, NULL);
  fail_unless (dvr_player_seek (&p, 4.0, GST_SEEK_FLAG_INSTANT_RATE_CHANGE,
          GST_SEEK_TYPE_NONE, -1, GST_SEEK_TYPE_NONE, -1));
  gst_event_unref (dvr_player_event (&p, GST_EVENT_FLUSH_STOP));
  gst_event_unref (dvr_player_event (&p, GST_EVENT_SEGMENT));
  fail_unless (p.segment.rate == 4.0);
  dvr_player_teardown (&p);
}

GST_END_TEST;

static Suite *
rate_suite (void)
{
  Suite *s = suite_create ("segmentcache_rate");
  TCase *tc = tcase_create ("rate");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_backwards_by_groups);
  tcase_add_test (tc, test_backwards_from_the_live_edge_over_a_hole);
  tcase_add_test (tc, test_groups_longer_than_a_segment);
  tcase_add_loop_test (tc, test_backwards_ends_before_the_first_number_of_all,
      0, 2);
  tcase_add_test (tc, test_backwards_over_another_init_section);
  tcase_add_test (tc, test_keyframes_only);
  tcase_add_test (tc, test_fast_keyframes_are_few);
  tcase_add_test (tc, test_a_rate_that_counts_at_once_is_asked_for);
  tcase_add_test (tc, test_keyframes_only_after_an_instant_rate);
  tcase_add_test (tc, test_a_rate_is_settled_when_all_sinks_have_it);
  tcase_add_test (tc, test_a_rate_alone_keeps_the_position);
  return s;
}

GST_CHECK_MAIN (rate);
