/* segmentcache_seek.c: seeks in what segmentcache plays
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "dvrplayer.h"

#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)
#define KEY_UNIT (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT)
#define F(seconds) ((seconds) * FPS)
#define MS (gint64) GST_MSECOND

static gboolean
seek_to (DvrPlayer * p, GstSeekFlags flags, gint64 time)
{
  return dvr_player_seek (p, 1.0, flags, GST_SEEK_TYPE_SET, time,
      GST_SEEK_TYPE_NONE, -1);
}

static void
expect_notify (DvrPlayer * p, gboolean in_buffer, GstClockTime time)
{
  GstStructure *s = dvr_player_status (p, "NetStream.Seek.Notify");
  guint64 told;

  fail_unless_equals_int (strstr (gst_structure_get_string (s, "description"),
          "client-inBufferSeek") != NULL, in_buffer);
  fail_unless (gst_structure_get_uint64 (s, "time", &told));
  fail_unless_equals_uint64 (told, time);
  gst_structure_free (s);
}

GST_START_TEST (test_seek_in_buffer_asks_nobody)
{
  DvrPlayer p;
  guint questions;

  dvr_player_setup (&p, 10, GST_DVR_TIMELINE_ENDED, "in-buffer-seek", TRUE,
      NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 6 * GROUP);
  dvr_player_wait_full (&p);
  /* up to the segment after the one that is sent */
  questions = dvr_player_wait_questions (&p, 5);
  fail_unless (seek_to (&p, ACCURATE, 103 * GST_SECOND + 520 * MS));
  dvr_player_flushed (&p);
  /* from the keyframe on, shown from the time on */
  fail_unless (dvr_player_frames (&p, F (103), GROUP));
  fail_unless_equals_uint64 (p.segment.start, 103 * GST_SECOND + 520 * MS);
  fail_unless_equals_uint64 (p.segment.time, p.segment.start);
  fail_unless_equals_uint64 (p.segment.base, 0);
  expect_notify (&p, TRUE, 103 * GST_SECOND + 520 * MS);
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  /* further back, and it goes on without a question to where it was */
  fail_unless (seek_to (&p, ACCURATE, 100 * GST_SECOND));
  dvr_player_flushed (&p);
  fail_unless (dvr_player_frames (&p, F (100), 5 * GROUP));
  expect_notify (&p, TRUE, 100 * GST_SECOND);
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_seek_outside_asks_again)
{
  DvrPlayer p;
  guint questions;

  dvr_player_setup (&p, 20, GST_DVR_TIMELINE_ENDED, "in-buffer-seek", TRUE,
      NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  dvr_player_wait_full (&p);
  questions = dvr_player_questions (&p);
  fail_unless (seek_to (&p, ACCURATE, 130 * GST_SECOND));
  dvr_player_flushed (&p);
  fail_unless (dvr_player_frames (&p, F (130), GROUP));
  expect_notify (&p, FALSE, 130 * GST_SECOND);
  fail_unless (dvr_player_questions (&p) > questions);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_without_in_buffer_seek_the_buffer_is_given_up)
{
  DvrPlayer p;

  dvr_player_setup (&p, 10, GST_DVR_TIMELINE_ENDED, "max-memory",
      (guint64) 0, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 2 * GROUP);
  fail_unless (seek_to (&p, ACCURATE, 100 * GST_SECOND));
  dvr_player_flushed (&p);
  fail_unless (dvr_player_frames (&p, F (100), GROUP));
  expect_notify (&p, FALSE, 100 * GST_SECOND);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* A queue that a sticky event goes by says so where it comes upon the flush. */
GST_START_TEST (test_what_a_flush_comes_upon_is_no_error)
{
  GstMessage *message;
  DvrPlayer p;

  dvr_player_setup (&p, 10, GST_DVR_TIMELINE_ENDED, NULL);
  p.flow_flushed = GST_FLOW_ERROR;
  dvr_player_play (&p);
  dvr_player_wait_full (&p);
  fail_unless (seek_to (&p, ACCURATE, 104 * GST_SECOND));
  dvr_player_flushed (&p);
  fail_unless (dvr_player_frames (&p, F (104), GROUP));
  message = gst_bus_pop_filtered (p.bus, GST_MESSAGE_ERROR);
  fail_unless (message == NULL);
  p.flow_flushed = GST_FLOW_FLUSHING;
  dvr_player_teardown (&p);
}

GST_END_TEST;

static void
check_snap (GstSeekFlags snap, gint64 to, guint32 frame)
{
  DvrPlayer p;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  fail_unless (seek_to (&p, KEY_UNIT | snap, to));
  dvr_player_flushed (&p);
  fail_unless (dvr_player_frames (&p, frame, GROUP));
  fail_unless_equals_uint64 (p.segment.start, TIME_OF (frame));
  dvr_player_teardown (&p);
}

GST_START_TEST (test_key_unit_seeks_snap)
{
  check_snap (0, 103 * GST_SECOND + 900 * MS, F (103));
  check_snap (GST_SEEK_FLAG_SNAP_BEFORE, 103 * GST_SECOND + 900 * MS, F (103));
  check_snap (GST_SEEK_FLAG_SNAP_AFTER, 104 * GST_SECOND + 100 * MS, F (105));
  /* the keyframe after is in the next segment */
  check_snap (GST_SEEK_FLAG_SNAP_AFTER, 103 * GST_SECOND + 100 * MS, F (104));
  check_snap (GST_SEEK_FLAG_SNAP_NEAREST, 104 * GST_SECOND + 600 * MS, F (105));
  check_snap (GST_SEEK_FLAG_SNAP_NEAREST, 104 * GST_SECOND + 400 * MS, F (104));
}

GST_END_TEST;

GST_START_TEST (test_playing_ends_at_the_stop_position)
{
  DvrPlayer p;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  fail_unless (dvr_player_seek (&p, 1.0, ACCURATE, GST_SEEK_TYPE_SET,
          101 * GST_SECOND, GST_SEEK_TYPE_SET, 104 * GST_SECOND));
  dvr_player_flushed (&p);
  dvr_player_frames (&p, F (101), 3 * GROUP);
  fail_unless_equals_uint64 (p.segment.stop, 104 * GST_SECOND);
  dvr_player_eos (&p);
  /* none is said: there is none any more */
  fail_unless (seek_to (&p, ACCURATE, 103 * GST_SECOND));
  dvr_player_flushed (&p);
  fail_unless_equals_uint64 (p.segment.stop, GST_CLOCK_TIME_NONE);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_seek_from_the_end)
{
  DvrPlayer p;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_OPEN, NULL);
  dvr_player_play (&p);
  dvr_player_skip_until (&p, F (104));
  fail_unless (dvr_player_seek (&p, 1.0, ACCURATE, GST_SEEK_TYPE_END,
          -5 * (gint64) GST_SECOND, GST_SEEK_TYPE_NONE, -1));
  dvr_player_flushed (&p);
  dvr_player_frames (&p, F (105), GROUP);
  fail_unless_equals_uint64 (p.segment.start, 105 * GST_SECOND);
  /* the live edge; nothing grows here, so its last keyframe is shown */
  fail_unless (dvr_player_seek (&p, 1.0, ACCURATE, GST_SEEK_TYPE_END, 0,
          GST_SEEK_TYPE_NONE, -1));
  dvr_player_flushed (&p);
  dvr_player_frames (&p, F (109), GROUP);
  dvr_player_add (&p, 15, 110);
  dvr_player_frames (&p, F (110), GROUP);
  /* beyond it there is nothing, however far */
  fail_unless (dvr_player_seek (&p, 1.0, ACCURATE, GST_SEEK_TYPE_END,
          G_MAXINT64, GST_SEEK_TYPE_NONE, -1));
  dvr_player_flushed (&p);
  dvr_player_frames (&p, F (111), GROUP);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_all_that_a_seek_causes_has_its_seqnum)
{
  DvrPlayer p;
  GstEventType types[] = { GST_EVENT_FLUSH_START, GST_EVENT_FLUSH_STOP,
    GST_EVENT_SEGMENT, GST_EVENT_EOS
  };
  GstEvent *seek = gst_event_new_seek (1.0, GST_FORMAT_TIME, ACCURATE,
      GST_SEEK_TYPE_SET, 108 * GST_SECOND, GST_SEEK_TYPE_NONE, -1);
  guint32 seqnum = gst_event_get_seqnum (seek);
  guint i;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  p.room = 100;
  /* every sink sends it: it is done once */
  fail_unless (gst_pad_push_event (p.down, gst_event_ref (seek)));
  fail_unless (gst_pad_push_event (p.down, gst_event_ref (seek)));
  fail_unless (gst_pad_push_event (p.down, seek));
  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    GstEvent *event = dvr_player_event (&p, types[i]);

    fail_unless_equals_int (gst_event_get_seqnum (event), seqnum);
    gst_event_unref (event);
  }
  expect_notify (&p, FALSE, 108 * GST_SECOND);
  fail_unless (gst_bus_pop_filtered (p.bus, GST_MESSAGE_ELEMENT) == NULL);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_seek_from_the_thread_that_plays)
{
  DvrPlayer p;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  g_mutex_lock (&p.lock);
  p.from_chain = gst_event_new_seek (1.0, GST_FORMAT_TIME, ACCURATE,
      GST_SEEK_TYPE_SET, 108 * GST_SECOND, GST_SEEK_TYPE_NONE, -1);
  p.room = 5;
  g_cond_broadcast (&p.wake);
  g_mutex_unlock (&p.lock);
  expect_notify (&p, FALSE, 108 * GST_SECOND);
  dvr_player_flushed (&p);
  fail_unless (dvr_player_frames (&p, F (108), GROUP));
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_a_seek_without_flush_goes_there)
{
  DvrPlayer p;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_OPEN, "start",
      (gint64) (106 * GST_SECOND), NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (106), 4 * GROUP);
  fail_unless (seek_to (&p, GST_SEEK_FLAG_ACCURATE, 101 * GST_SECOND));
  gst_event_unref (dvr_player_event (&p, GST_EVENT_SEGMENT));
  fail_unless (dvr_player_frames (&p, F (101), GROUP));
  /* after all that was sent */
  fail_unless_equals_uint64 (p.segment.base, 4 * GST_SECOND);
  fail_unless_equals_uint64 (p.segment.start, 101 * GST_SECOND);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_a_segment_seek_ends_with_segment_done)
{
  DvrPlayer p;
  GstMessage *message;
  gint64 position;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  fail_unless (dvr_player_seek (&p, 1.0, ACCURATE | GST_SEEK_FLAG_SEGMENT,
          GST_SEEK_TYPE_SET, 103 * GST_SECOND, GST_SEEK_TYPE_SET,
          104 * GST_SECOND));
  dvr_player_flushed (&p);
  dvr_player_frames (&p, F (103), GROUP);
  gst_event_unref (dvr_player_event (&p, GST_EVENT_SEGMENT_DONE));
  message = gst_bus_timed_pop_filtered (p.bus, 120 * GST_SECOND,
      GST_MESSAGE_SEGMENT_DONE);
  gst_message_parse_segment_done (message, NULL, &position);
  fail_unless_equals_int64 (position, 104 * GST_SECOND);
  gst_message_unref (message);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Nobody waits for it, even if downstream takes nothing more, as in PAUSED. What
 * was sent is played first. */
GST_START_TEST (test_seek_without_a_flush)
{
  GstDvrTimelineState states[] = { GST_DVR_TIMELINE_OPEN,
    GST_DVR_TIMELINE_ENDED
  };
  DvrPlayer p;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (states); i++) {
    dvr_player_setup (&p, 10, states[i], "start", (gint64) TIME_OF (F (100)),
        NULL);
    dvr_player_play (&p);
    fail_unless (dvr_player_frames (&p, F (100), GROUP));
    dvr_player_wait_full (&p);
    fail_unless (dvr_player_seek (&p, 1.0, GST_SEEK_FLAG_ACCURATE,
            GST_SEEK_TYPE_SET, 104 * GST_SECOND, GST_SEEK_TYPE_NONE, 0));
    /* this one counts, it came later */
    fail_unless (dvr_player_seek (&p, 2.0, GST_SEEK_FLAG_ACCURATE,
            GST_SEEK_TYPE_SET, 118 * GST_SECOND, GST_SEEK_TYPE_NONE, 0));
    dvr_player_skip_until (&p, F (118));
    fail_unless_equals_uint64 (p.segment.start, 118 * GST_SECOND);
    fail_unless (p.segment.rate == 2.0);
    fail_unless (p.segment.base > 0);
    fail_if (p.segment.flags & GST_SEGMENT_FLAG_RESET);
    dvr_player_frames (&p, F (118) + 7, 43);
    if (states[i] == GST_DVR_TIMELINE_ENDED)
      dvr_player_eos (&p);
    /* nothing comes through after EOS; at the live edge it does */
    fail_unless (dvr_player_seek (&p, 1.0, GST_SEEK_FLAG_ACCURATE,
            GST_SEEK_TYPE_SET, 110 * GST_SECOND, GST_SEEK_TYPE_NONE,
            0) == (states[i] == GST_DVR_TIMELINE_OPEN));
    if (states[i] == GST_DVR_TIMELINE_OPEN)
      dvr_player_frames (&p, F (110), GROUP);
    dvr_player_teardown (&p);
  }
}

GST_END_TEST;

/* That is how a loop is played: each round when the one before is done. */
GST_START_TEST (test_segment_seeks_without_a_flush)
{
  DvrPlayer p;
  guint i;

  dvr_player_setup (&p, 10, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  for (i = 0; i < 5; i++) {
    fail_unless (dvr_player_seek (&p, 1.0, GST_SEEK_FLAG_ACCURATE |
            GST_SEEK_FLAG_SEGMENT | (i == 0 ? GST_SEEK_FLAG_FLUSH : 0),
            GST_SEEK_TYPE_SET, 104 * GST_SECOND, GST_SEEK_TYPE_SET,
            106 * GST_SECOND));
    gst_event_unref (dvr_player_event (&p, GST_EVENT_SEGMENT_DONE));
    fail_unless_equals_uint64 (p.segment.start, 104 * GST_SECOND);
    fail_unless_equals_uint64 (p.segment.base, i * 2 * GST_SECOND);
  }
  dvr_player_teardown (&p);
}

GST_END_TEST;

static gchar *
next_stream (DvrPlayer * p)
{
  GstEvent *event = dvr_player_event (p, GST_EVENT_STREAM_START);
  const gchar *id;
  gchar *stream;

  gst_event_parse_stream_start (event, &id);
  stream = g_strdup (id);
  gst_event_unref (event);
  gst_event_unref (dvr_player_event (p, GST_EVENT_CAPS));
  gst_event_unref (dvr_player_event (p, GST_EVENT_SEGMENT));
  return stream;
}

static void
setup_codecs (DvrPlayer * p)
{
  guint i;

  dvr_player_setup (p, 0, GST_DVR_TIMELINE_OPEN, NULL);
  p->second_init = FIRST_NUMBER + 1;
  p->second_codec = TRUE;
  for (i = 0; i < 3; i++)
    dvr_player_add (p, FIRST_NUMBER + i, FIRST_TIME + 2 * i);
  gst_dvr_timeline_set_state (p->timeline, GST_DVR_TIMELINE_ENDED, 0);
}

GST_START_TEST (test_another_codec_is_another_stream)
{
  g_autofree gchar *first = NULL, *second = NULL, *again = NULL;
  DvrPlayer p;

  setup_codecs (&p);
  dvr_player_play (&p);
  first = next_stream (&p);
  second = next_stream (&p);
  fail_if (g_str_equal (first, second));
  /* running time goes on */
  fail_unless_equals_uint64 (p.segment.start, 100 * GST_SECOND);
  fail_unless_equals_uint64 (p.segment.base, 0);
  fail_unless (dvr_player_frames (&p, F (102), GROUP));
  fail_unless_equals_int (p.n_inits, 1);
  fail_unless (seek_to (&p, ACCURATE, 100 * GST_SECOND));
  gst_event_unref (dvr_player_event (&p, GST_EVENT_FLUSH_STOP));
  again = next_stream (&p);
  fail_if (g_str_equal (again, second));
  fail_unless (dvr_player_frames (&p, F (100), GROUP));
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_where_another_codec_begins_is_told)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  GstMessage *message;
  DvrPlayer p;

  setup_codecs (&p);
  dvr_player_play (&p);
  g_free (next_stream (&p));
  g_free (next_stream (&p));
  g_mutex_lock (&p.lock);
  p.flow = GST_FLOW_NOT_LINKED;
  g_mutex_unlock (&p.lock);
  gst_event_unref (dvr_player_event (&p, GST_EVENT_EOS));
  message = gst_bus_pop_filtered (p.bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, &debug);
  fail_unless (g_error_matches (error, GST_STREAM_ERROR,
          GST_STREAM_ERROR_WRONG_TYPE));
  fail_unless (strstr (error->message, "start=102.000") != NULL, "%s",
      error->message);
  gst_message_unref (message);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Sinks tell the application of keys that nobody else takes. */
GST_START_TEST (test_keys_are_not_taken)
{
  DvrPlayer p;

  dvr_player_setup (&p, 5, GST_DVR_TIMELINE_ENDED, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  fail_if (gst_pad_push_event (p.down, gst_event_new_navigation
          (gst_structure_new ("application/x-gst-navigation", "event",
                  G_TYPE_STRING, "key-press", "key", G_TYPE_STRING, "space",
                  NULL))));
  fail_unless (gst_pad_push_event (p.down, gst_event_new_qos
          (GST_QOS_TYPE_UNDERFLOW, 1.0, 0, 0)));
  dvr_player_teardown (&p);
}

GST_END_TEST;

static Suite *
seek_suite (void)
{
  Suite *s = suite_create ("segmentcache_seek");
  TCase *tc = tcase_create ("seek");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_seek_in_buffer_asks_nobody);
  tcase_add_test (tc, test_seek_outside_asks_again);
  tcase_add_test (tc, test_without_in_buffer_seek_the_buffer_is_given_up);
  tcase_add_test (tc, test_what_a_flush_comes_upon_is_no_error);
  tcase_add_test (tc, test_key_unit_seeks_snap);
  tcase_add_test (tc, test_playing_ends_at_the_stop_position);
  tcase_add_test (tc, test_seek_from_the_end);
  tcase_add_test (tc, test_all_that_a_seek_causes_has_its_seqnum);
  tcase_add_test (tc, test_seek_from_the_thread_that_plays);
  tcase_add_test (tc, test_a_seek_without_flush_goes_there);
  tcase_add_test (tc, test_a_segment_seek_ends_with_segment_done);
  tcase_add_test (tc, test_seek_without_a_flush);
  tcase_add_test (tc, test_segment_seeks_without_a_flush);
  tcase_add_test (tc, test_another_codec_is_another_stream);
  tcase_add_test (tc, test_where_another_codec_begins_is_told);
  tcase_add_test (tc, test_keys_are_not_taken);
  return s;
}

GST_CHECK_MAIN (seek);
