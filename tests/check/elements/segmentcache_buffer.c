/* segmentcache_buffer.c: forward and back buffer of what segmentcache plays
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/check/gsttestclock.h>

#include "checkutil.h"
#include "dvrplayer.h"

#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)
#define F(seconds) ((seconds) * FPS)
#define MS (gint64) GST_MSECOND

/* What is on show goes by this clock. */
static GstTestClock *
set_clock (DvrPlayer * p)
{
  GstClock *clock = gst_test_clock_new_with_start_time (0);

  gst_element_set_clock (p->element, clock);
  gst_element_set_base_time (p->element, 0);
  return GST_TEST_CLOCK (clock);
}

static guint64
get_length (DvrPlayer * p, const gchar * property)
{
  guint64 length;

  g_object_get (p->element, property, &length, NULL);
  return length;
}

/* Waits for the other threads to come to that. */
static void
wait_length (DvrPlayer * p, const gchar * property, guint64 length)
{
  fail_unless_soon (get_length (p, property) == length);
}

/* Of what is held something always is. */
static guint64
get_pinned (DvrPlayer * p)
{
  GstStructure *stats;
  guint64 pinned;

  g_object_get (p->element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "pinned-bytes", &pinned));
  gst_structure_free (stats);
  fail_unless (pinned > 0);
  return pinned;
}

static GstStructure *
seek_and_tell (DvrPlayer * p, gint64 time)
{
  fail_unless (dvr_player_seek (p, 1.0, ACCURATE, GST_SEEK_TYPE_SET, time,
          GST_SEEK_TYPE_NONE, -1));
  return dvr_player_status (p, "NetStream.Seek.Notify");
}

static void
expect_in_buffer (DvrPlayer * p, gint64 time, gboolean in_buffer)
{
  GstStructure *s = seek_and_tell (p, time);

  fail_unless_equals_int (strstr (gst_structure_get_string (s, "description"),
          "client-inBufferSeek") != NULL, in_buffer);
  gst_structure_free (s);
}

GST_START_TEST (test_lengths_follow_the_clock)
{
  DvrPlayer p;
  GstTestClock *clock;

  dvr_player_setup (&p, 10, GST_DVR_TIMELINE_ENDED, "in-buffer-seek", TRUE,
      NULL);
  clock = set_clock (&p);
  fail_unless_equals_uint64 (get_length (&p, "buffer-length"), 0);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 4 * GROUP);
  dvr_player_wait_full (&p);
  /* the segment that is sent and the one after it */
  wait_length (&p, "buffer-length", 8 * GST_SECOND);
  fail_unless_equals_uint64 (get_length (&p, "back-buffer-length"), 0);
  gst_test_clock_set_time (clock, 1500 * MS);
  fail_unless_equals_uint64 (get_length (&p, "buffer-length"), 6500 * MS);
  fail_unless_equals_uint64 (get_length (&p, "back-buffer-length"), 1500 * MS);
  /* what was not sent is not shown */
  gst_test_clock_set_time (clock, 60 * GST_SECOND);
  fail_unless (get_length (&p, "back-buffer-length") <= 6 * GST_SECOND);
  gst_object_unref (clock);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_buffer_time_is_filled)
{
  DvrPlayer p;
  GstTestClock *clock;

  dvr_player_setup (&p, 20, GST_DVR_TIMELINE_ENDED, "buffer-time",
      9 * GST_SECOND, NULL);
  clock = set_clock (&p);
  dvr_player_play (&p);
  dvr_player_wait_full (&p);
  /* nine seconds after what was sent, in whole segments */
  wait_length (&p, "buffer-length", 10 * GST_SECOND);
  g_object_set (p.element, "buffer-time", 15 * GST_SECOND, NULL);
  wait_length (&p, "buffer-length", 16 * GST_SECOND);
  gst_object_unref (clock);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_back_buffer_is_kept_and_bounded)
{
  DvrPlayer p;
  GstTestClock *clock;
  guint i, questions;

  dvr_player_setup (&p, 20, GST_DVR_TIMELINE_ENDED, "in-buffer-seek", TRUE,
      "back-buffer-time", 6 * GST_SECOND, "max-memory", (guint64) 60000, NULL);
  clock = set_clock (&p);
  dvr_player_play (&p);
  for (i = 0; i < 20; i++) {
    dvr_player_frames (&p, F (100 + i), GROUP);
    gst_test_clock_set_time (clock, (i + 1) * GST_SECOND);
  }
  dvr_player_wait_full (&p);
  /* the segment that is sent and the one after it */
  wait_length (&p, "buffer-length", 4 * GST_SECOND);
  fail_unless_equals_uint64 (get_length (&p, "back-buffer-length"),
      6 * GST_SECOND);
  fail_unless_soon (get_pinned (&p) < 60000);
  questions = dvr_player_questions (&p);
  expect_in_buffer (&p, 115 * GST_SECOND, TRUE);
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  gst_object_unref (clock);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_beyond_the_back_buffer_it_is_no_seek_in_buffer)
{
  DvrPlayer p;
  GstTestClock *clock;
  guint i;

  dvr_player_setup (&p, 20, GST_DVR_TIMELINE_ENDED, "in-buffer-seek", TRUE,
      "back-buffer-time", 6 * GST_SECOND, NULL);
  clock = set_clock (&p);
  dvr_player_play (&p);
  for (i = 0; i < 20; i++)
    dvr_player_frames (&p, F (100 + i), GROUP);
  gst_test_clock_set_time (clock, 20 * GST_SECOND);
  dvr_player_wait_full (&p);
  expect_in_buffer (&p, 113 * GST_SECOND, FALSE);
  gst_object_unref (clock);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_memory_bounds_the_back_buffer)
{
  DvrPlayer p;
  GstTestClock *clock;
  guint i;

  /* a segment takes some five thousand bytes */
  dvr_player_setup (&p, 20, GST_DVR_TIMELINE_ENDED, "max-memory",
      (guint64) 30000, NULL);
  clock = set_clock (&p);
  dvr_player_play (&p);
  for (i = 0; i < 20; i++) {
    dvr_player_frames (&p, F (100 + i), GROUP);
    gst_test_clock_set_time (clock, (i + 1) * GST_SECOND);
  }
  dvr_player_wait_full (&p);
  fail_unless_soon (get_length (&p, "back-buffer-length") < 12 * GST_SECOND);
  gst_object_unref (clock);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_buffering_query_tells_the_range)
{
  DvrPlayer p;
  GstQuery *query = gst_query_new_buffering (GST_FORMAT_TIME);
  GstBufferingMode mode;
  gint64 start, end;

  dvr_player_setup (&p, 10, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 3 * GROUP);
  dvr_player_wait_full (&p);
  /* no clock: what was sent is on show */
  wait_length (&p, "buffer-length", 4 * GST_SECOND);
  fail_unless (gst_pad_peer_query (p.down, query));
  gst_query_parse_buffering_stats (query, &mode, NULL, NULL, NULL);
  fail_unless_equals_int (mode, GST_BUFFERING_TIMESHIFT);
  fail_unless_equals_int (gst_query_get_n_buffering_ranges (query), 1);
  fail_unless (gst_query_parse_nth_buffering_range (query, 0, &start, &end));
  fail_unless_equals_int64 (start, 100 * GST_SECOND);
  fail_unless_equals_int64 (end, 108 * GST_SECOND);
  gst_query_unref (query);
  dvr_player_teardown (&p);
}

GST_END_TEST;

static gint
next_percent (DvrPlayer * p)
{
  GstMessage *message = gst_bus_timed_pop_filtered (p->bus, 120 * GST_SECOND,
      GST_MESSAGE_BUFFERING);
  gint percent;

  fail_unless (message != NULL);
  gst_message_parse_buffering (message, &percent);
  gst_message_unref (message);
  return percent;
}

static void
expect_status (DvrPlayer * p, const gchar * code)
{
  gst_structure_free (dvr_player_status (p, code));
}

#define NOTHING G_MAXUINT64

/* A live stream of three segments, up to its end; of what comes then, nothing
 * arrives from segment @hold_from on.
 *
 * Returns: (transfer full): the player's clock */
static GstTestClock *
play_all_there_is (DvrPlayer * p, guint64 hold_from)
{
  GstTestClock *clock;

  dvr_player_setup (p, 3, GST_DVR_TIMELINE_OPEN, NULL);
  p->room = 100;
  p->hold_from = hold_from;
  clock = set_clock (p);
  dvr_player_play (p);
  dvr_player_skip_until (p, F (105));
  return clock;
}

/* Told at most once a second. Nothing is said of buffering before. */
static void
expect_duration (DvrPlayer * p, gint64 expected)
{
  gint64 duration = -1;

  while (duration != expected) {
    GstMessage *message = gst_bus_timed_pop_filtered (p->bus, 120 * GST_SECOND,
        GST_MESSAGE_DURATION_CHANGED | GST_MESSAGE_BUFFERING);

    fail_unless (message != NULL);
    fail_if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_BUFFERING);
    gst_message_unref (message);
    fail_unless (gst_pad_peer_query_duration (p->down, GST_FORMAT_TIME,
            &duration));
  }
}

GST_START_TEST (test_running_dry_is_told)
{
  DvrPlayer p;
  GstTestClock *clock;

  dvr_player_setup (&p, 10, GST_DVR_TIMELINE_ENDED, NULL);
  p.room = 100;
  p.hold_from = 12;
  clock = set_clock (&p);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 4 * GROUP);
  /* not before what is here has been shown */
  gst_test_clock_set_time (clock, 3900 * MS);
  fail_unless (gst_bus_pop_filtered (p.bus, GST_MESSAGE_BUFFERING) == NULL);
  gst_test_clock_set_time (clock, 4100 * MS);
  fail_unless_equals_int (next_percent (&p), 0);
  dvr_player_release (&p);
  fail_unless_equals_int (next_percent (&p), 100);
  dvr_player_frames (&p, F (104), GROUP);
  gst_object_unref (clock);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_at_the_live_edge_nobody_is_to_pause)
{
  DvrPlayer p;
  GstTestClock *clock;

  clock = play_all_there_is (&p, NOTHING);
  gst_test_clock_set_time (clock, 7 * GST_SECOND);
  expect_status (&p, "NetStream.Buffer.Empty");
  dvr_player_add (&p, 13, 106);
  dvr_player_skip_until (&p, F (106));
  expect_status (&p, "NetStream.Buffer.Full");
  fail_unless (gst_bus_pop_filtered (p.bus, GST_MESSAGE_BUFFERING) == NULL);
  gst_object_unref (clock);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* What upstream has just announced is on its way; more than that is a lack. */
GST_START_TEST (test_at_the_live_edge_what_is_on_its_way_is_waited_for)
{
  DvrPlayer p;
  GstTestClock *clock;

  clock = play_all_there_is (&p, 13);
  gst_test_clock_set_time (clock, 7 * GST_SECOND);
  expect_status (&p, "NetStream.Buffer.Empty");
  dvr_player_add (&p, 13, 106);
  dvr_player_wait_questions (&p, 4);
  /* the keeper has looked around since */
  expect_duration (&p, 108 * GST_SECOND);
  fail_unless (gst_bus_pop_filtered (p.bus, GST_MESSAGE_BUFFERING) == NULL);
  dvr_player_add (&p, 14, 108);
  fail_unless_equals_int (next_percent (&p), 0);
  dvr_player_release (&p);
  fail_unless_equals_int (next_percent (&p), 100);
  gst_object_unref (clock);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Upstream is away: who pauses before all has been shown stays so until it is
 * back, even if the little that is left is all that he wants to have ahead. */
GST_START_TEST (test_while_upstream_is_away_a_pause_lasts)
{
  DvrPlayer p;
  GstTestClock *clock;

  clock = play_all_there_is (&p, 13);
  /* the list was there, what it lists was not */
  dvr_player_add (&p, 13, 106);
  dvr_player_add (&p, 14, 108);
  gst_dvr_timeline_set_stale (p.timeline, TRUE);
  gst_test_clock_set_time (clock, 5850 * MS);
  fail_unless_equals_int (next_percent (&p), 0);
  /* as a pipeline does */
  gst_element_set_start_time (p.element, 5850 * MS);
  gst_element_set_state (p.element, GST_STATE_PAUSED);
  fail_unless (gst_bus_timed_pop_filtered (p.bus, 200 * MS,
          GST_MESSAGE_BUFFERING) == NULL);
  dvr_player_release (&p);
  dvr_player_skip_until (&p, F (106));
  fail_unless_equals_int (next_percent (&p), 100);
  fail_unless (gst_bus_pop_filtered (p.bus, GST_MESSAGE_BUFFERING) == NULL);
  gst_object_unref (clock);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* What was never recorded is no lack. */
GST_START_TEST (test_while_the_publisher_is_away_nobody_is_to_pause)
{
  DvrPlayer p;
  GstTestClock *clock;
  guint i;

  clock = play_all_there_is (&p, NOTHING);
  gst_test_clock_set_time (clock, 7 * GST_SECOND);
  expect_status (&p, "NetStream.Buffer.Empty");
  for (i = 0; i < 3; i++)
    dvr_player_add_gap (&p, 13 + i, 106 + 2 * i);
  expect_duration (&p, 112 * GST_SECOND);
  fail_unless (gst_bus_pop_filtered (p.bus, GST_MESSAGE_BUFFERING) == NULL);
  /* he is back */
  dvr_player_add (&p, 16, 112);
  dvr_player_skip_until (&p, F (112));
  gst_object_unref (clock);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_stream_that_is_not_there_is_waited_for)
{
  DvrPlayer p;

  dvr_player_setup (&p, 3, GST_DVR_TIMELINE_ENDED, NULL);
  p.not_there = 2;
  dvr_player_play (&p);
  expect_status (&p, "NetStream.Play.StreamNotFound");
  dvr_player_frames (&p, F (100), GROUP);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_stream_that_is_refused_is_an_error)
{
  static const struct
  {
    guint status;
    gint code;
    const gchar *text;
  } refusals[] = {
    {401, GST_RESOURCE_ERROR_NOT_AUTHORIZED, "401"},
    {403, GST_RESOURCE_ERROR_NOT_AUTHORIZED, "403"},
    {501, GST_STREAM_ERROR_FORMAT, "fragmented MP4"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (refusals); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *debug = NULL;
    GstMessage *message;
    DvrPlayer p;

    dvr_player_setup (&p, 3, GST_DVR_TIMELINE_ENDED, NULL);
    gst_dvr_timeline_set_state (p.timeline, GST_DVR_TIMELINE_FAILED,
        refusals[i].status);
    dvr_player_play (&p);
    message = gst_bus_timed_pop_filtered (p.bus, 120 * GST_SECOND,
        GST_MESSAGE_ERROR);
    fail_unless (message != NULL);
    gst_message_parse_error (message, &error, &debug);
    fail_unless_equals_int (error->code, refusals[i].code);
    fail_unless (strstr (debug, refusals[i].text) != NULL, "%s", debug);
    gst_message_unref (message);
    dvr_player_teardown (&p);
  }
}

GST_END_TEST;

GST_START_TEST (test_falling_out_of_the_window)
{
  DvrPlayer p;

  dvr_player_setup (&p, 10, GST_DVR_TIMELINE_OPEN, "start",
      (gint64) (100 * GST_SECOND), NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  dvr_player_wait_full (&p);
  gst_dvr_timeline_remove_before (p.timeline, 17);
  /* what was here is still played */
  dvr_player_skip_until (&p, F (114));
  fail_unless_equals_uint64 (p.segment.start, 114 * GST_SECOND);
  expect_status (&p, "NetStream.Play.InsufficientBW");
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_recording_that_goes_on_and_ends)
{
  DvrPlayer p;

  dvr_player_setup (&p, 3, GST_DVR_TIMELINE_OPEN, NULL);
  dvr_player_play (&p);
  dvr_player_skip_until (&p, F (105));
  dvr_player_frames (&p, F (105) + 7, 18);
  /* it is waited for more */
  dvr_player_add (&p, 13, 106);
  dvr_player_frames (&p, F (106), 2 * GROUP);
  gst_dvr_timeline_set_state (p.timeline, GST_DVR_TIMELINE_ENDED, 0);
  dvr_player_eos (&p);
  dvr_player_teardown (&p);
}

GST_END_TEST;

static Suite *
buffer_suite (void)
{
  Suite *s = suite_create ("segmentcache_buffer");
  TCase *tc = tcase_create ("buffer");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_lengths_follow_the_clock);
  tcase_add_test (tc, test_buffer_time_is_filled);
  tcase_add_test (tc, test_back_buffer_is_kept_and_bounded);
  tcase_add_test (tc, test_beyond_the_back_buffer_it_is_no_seek_in_buffer);
  tcase_add_test (tc, test_memory_bounds_the_back_buffer);
  tcase_add_test (tc, test_buffering_query_tells_the_range);
  tcase_add_test (tc, test_running_dry_is_told);
  tcase_add_test (tc, test_at_the_live_edge_nobody_is_to_pause);
  tcase_add_test (tc, test_at_the_live_edge_what_is_on_its_way_is_waited_for);
  tcase_add_test (tc, test_while_upstream_is_away_a_pause_lasts);
  tcase_add_test (tc, test_while_the_publisher_is_away_nobody_is_to_pause);
  tcase_add_test (tc, test_stream_that_is_not_there_is_waited_for);
  tcase_add_test (tc, test_stream_that_is_refused_is_an_error);
  tcase_add_test (tc, test_falling_out_of_the_window);
  tcase_add_test (tc, test_recording_that_goes_on_and_ends);
  return s;
}

GST_CHECK_MAIN (buffer);
