/* segmentcache.c: what segmentcache promises those up and down the link
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "cachefixture.h"

#define N_THREADS 200

GST_START_TEST (test_miss_then_collapsed_then_hit)
{
  Cache f;
  GstDvrRequest *one_asks, *second;

  cache_setup (&f);
  one_asks = cache_ask (&f, 1);
  fail_unless_equals_int (gst_dvr_request_get_how (one_asks), GST_DVR_HOW_MISS);
  second = cache_ask (&f, 1);
  fail_unless_equals_int (gst_dvr_request_get_how (second),
      GST_DVR_HOW_COLLAPSED);
  fail_unless (gst_dvr_request_get_segment (one_asks) ==
      gst_dvr_request_get_segment (second));
  gst_dvr_request_unref (second);

  cache_fill (cache_upstream_segment (&f.up, 0));
  fail_unless_equals_int (cache_how (&f, 1), GST_DVR_HOW_HIT);
  fail_unless_equals_int (cache_upstream_asked (&f.up), 1);
  fail_unless_equals_uint64 (cache_stat_of (&f, "hits"), 1);
  fail_unless_equals_uint64 (cache_stat_of (&f, "collapsed"), 1);
  fail_unless_equals_uint64 (cache_stat_of (&f, "misses"), 1);
  fail_unless_equals_uint64 (cache_stat_of (&f, "segments"), 1);
  gst_dvr_request_unref (one_asks);
  cache_teardown (&f);
}

GST_END_TEST;

static gpointer
ask_in_thread (gpointer data)
{
  return cache_ask (data, 7);
}

GST_START_TEST (test_many_threads_put_one_question)
{
  Cache f;
  GThread *threads[N_THREADS];
  GstDvrSegment *one = NULL;
  guint i;

  cache_setup (&f);
  for (i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("viewer", ask_in_thread, &f);
  for (i = 0; i < N_THREADS; i++) {
    GstDvrRequest *request = g_thread_join (threads[i]);

    fail_unless_equals_int (gst_dvr_request_get_answer (request),
        GST_DVR_ANSWER_OK);
    if (!one)
      one = gst_dvr_request_get_segment (request);
    fail_unless (gst_dvr_request_get_segment (request) == one);
    gst_dvr_request_unref (request);
  }
  fail_unless_equals_int (cache_upstream_asked (&f.up), 1);
  fail_unless_equals_uint64 (cache_stat_of (&f, "collapsed"), N_THREADS - 1);
  cache_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_what_failed_is_asked_anew)
{
  Cache f;

  cache_setup (&f);
  fail_unless_equals_int (cache_how (&f, 1), GST_DVR_HOW_MISS);
  gst_dvr_segment_fail (cache_upstream_segment (&f.up, 0), 502, "cut");
  fail_unless_equals_uint64 (cache_stat_of (&f, "segments"), 0);
  fail_unless_equals_int (cache_how (&f, 1), GST_DVR_HOW_MISS);
  fail_unless_equals_int (cache_upstream_asked (&f.up), 2);
  cache_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_refusals_of_upstream_are_passed_on)
{
  Cache f;
  GstDvrRequest *request;

  cache_setup (&f);
  f.up.answer = GST_DVR_ANSWER_REMOVED;
  request = cache_ask (&f, 1);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_REMOVED);
  gst_dvr_request_unref (request);
  f.up.answer = GST_DVR_ANSWER_NONE;
  request = cache_ask (&f, 1);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_NOT_STARTED);
  gst_dvr_request_unref (request);
  cache_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_not_started_says_so)
{
  Cache f;
  GstDvrRequest *request;

  cache_setup (&f);
  gst_element_set_state (f.element, GST_STATE_NULL);
  request = cache_ask (&f, 1);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_NOT_STARTED);
  fail_unless_equals_int (cache_upstream_asked (&f.up), 0);
  gst_dvr_request_unref (request);
  gst_element_set_state (f.element, GST_STATE_PAUSED);
  fail_unless_equals_int (cache_how (&f, 1), GST_DVR_HOW_MISS);
  cache_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_pieces_pass_and_stay)
{
  Cache f;
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 5 };
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  gchar *names[] = { (gchar *) "live/cam1", NULL };
  GstBuffer *out;
  GstEvent *event;
  gboolean named = FALSE;

  cache_setup (&f);
  fail_unless (gst_harness_push_event (f.h, gst_dvr_event_new_names (names)));
  cache_fill (segment);
  fail_unless_equals_int (gst_harness_push (f.h,
          gst_dvr_buffer_new_piece (segment, 0, SIZE)), GST_FLOW_OK);
  out = gst_harness_pull (f.h);
  fail_unless (gst_buffer_get_dvr_meta (out)->segment == segment);
  gst_buffer_unref (out);
  /* events came before it, in order */
  while ((event = gst_harness_try_pull_event (f.h))) {
    gchar **got = gst_dvr_event_parse_names (event);

    if (got) {
      named = TRUE;
      fail_unless_equals_string (got[0], "live/cam1");
      g_strfreev (got);
    }
    gst_event_unref (event);
  }
  fail_unless (named);
  fail_unless_equals_int (cache_how (&f, 5), GST_DVR_HOW_HIT);
  fail_unless_equals_int (cache_upstream_asked (&f.up), 0);
  gst_dvr_segment_unref (segment);
  cache_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_bytes_on_the_link_are_an_error)
{
  Cache f;
  GstBus *bus = gst_bus_new ();
  GstMessage *message;

  cache_setup (&f);
  gst_element_set_bus (f.element, bus);
  fail_unless_equals_int (gst_harness_push (f.h, gst_buffer_new ()),
      GST_FLOW_ERROR);
  message = gst_bus_timed_pop_filtered (bus, 120 * GST_SECOND,
      GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_unref (message);
  gst_element_set_bus (f.element, NULL);
  gst_object_unref (bus);
  cache_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_flush_goes_through)
{
  Cache f;
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 5 };
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GstSegment time;

  cache_setup (&f);
  cache_fill (segment);
  fail_unless (gst_harness_push_event (f.h, gst_event_new_flush_start ()));
  /* what is kept is served during a flush, too */
  fail_unless_equals_int (cache_how (&f, 1), GST_DVR_HOW_MISS);
  fail_unless (gst_harness_push_event (f.h, gst_event_new_flush_stop (TRUE)));
  gst_segment_init (&time, GST_FORMAT_TIME);
  fail_unless (gst_harness_push_event (f.h, gst_event_new_segment (&time)));
  fail_unless_equals_int (gst_harness_push (f.h,
          gst_dvr_buffer_new_piece (segment, 0, SIZE)), GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (f.h));
  gst_dvr_segment_unref (segment);
  cache_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_refused_names_go_up)
{
  Cache f;
  GstEvent *event;
  gboolean seen = FALSE;

  cache_setup (&f);
  fail_unless (gst_harness_push_upstream_event (f.h,
          gst_dvr_event_new_bad_name ("live/x")));
  while ((event = gst_harness_try_pull_upstream_event (f.h))) {
    seen |= g_strcmp0 (gst_dvr_event_parse_bad_name (event), "live/x") == 0;
    gst_event_unref (event);
  }
  fail_unless (seen);
  cache_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_timelines_outlive_upstream)
{
  Cache f;
  GstDvrRequest *request;

  cache_setup (&f);
  request = gst_dvr_request_new_timeline ("live/cam1");
  fail_unless_equals_int (gst_dvr_request_send (request, f.h->sinkpad),
      GST_DVR_ANSWER_OK);
  gst_dvr_request_unref (request);

  f.up.answer = GST_DVR_ANSWER_NOT_STARTED;
  request = gst_dvr_request_new_timeline ("live/cam1");
  fail_unless_equals_int (gst_dvr_request_send (request, f.h->sinkpad),
      GST_DVR_ANSWER_OK);
  fail_unless (gst_dvr_request_get_timeline (request) == f.up.timeline);
  gst_dvr_request_unref (request);

  /* gone for good is gone */
  f.up.answer = GST_DVR_ANSWER_NOT_FOUND;
  request = gst_dvr_request_new_timeline ("live/cam1");
  fail_unless_equals_int (gst_dvr_request_send (request, f.h->sinkpad),
      GST_DVR_ANSWER_NOT_FOUND);
  gst_dvr_request_unref (request);
  cache_teardown (&f);
}

GST_END_TEST;

static void
add_closed (GstDvrTimeline * timeline, guint64 number, gboolean gap)
{
  GstDvrEntry entry =
      { number, RECORDING, 0, 0, number * GST_SECOND, GST_SECOND,
    GST_DVR_WALL_TIME_NONE, SIZE, 0, 0, gap
  };

  fail_unless (gst_dvr_timeline_close_segment (timeline, &entry));
}

GST_START_TEST (test_prefetch_asks_for_what_follows)
{
  Cache f;
  GstDvrRequest *request;
  guint i;

  cache_setup (&f);
  g_object_set (f.element, "prefetch", 3, NULL);
  gst_dvr_timeline_begin (f.up.timeline);
  gst_dvr_timeline_set_state (f.up.timeline, GST_DVR_TIMELINE_OPEN, 0);
  for (i = 10; i < 13; i++)
    add_closed (f.up.timeline, i, i == 12);
  gst_dvr_timeline_commit (f.up.timeline);
  request = gst_dvr_request_new_timeline ("live/cam1");
  gst_dvr_request_send (request, f.h->sinkpad);
  gst_dvr_request_unref (request);

  fail_unless_equals_int (cache_how (&f, 10), GST_DVR_HOW_MISS);
  cache_wait_stat (&f, "prefetches", 1);
  fail_unless_equals_int (cache_how (&f, 11), GST_DVR_HOW_COLLAPSED);
  /* 12 is a gap, 13 is not there; upstream hears that 11 is waited for now */
  fail_unless_equals_int (cache_upstream_asked (&f.up), 3);
  fail_unless_equals_int (f.up.priority, GST_DVR_PRIORITY_VIEWER);
  fail_unless_equals_uint64 (cache_stat_of (&f, "prefetches"), 1);
  cache_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_budget_can_be_changed_while_playing)
{
  Cache f;
  guint i;

  cache_setup (&f);
  f.up.whole = TRUE;
  for (i = 0; i < 20; i++)
    cache_how (&f, i);
  fail_unless_equals_uint64 (cache_stat_of (&f, "segments"), 20);
  g_object_set (f.element, "max-memory", (guint64) 8000, NULL);
  fail_unless (cache_stat_of (&f, "bytes") <= 8000);
  fail_unless (cache_stat_of (&f, "segments") > 0);
  fail_unless_equals_int (cache_how (&f, 19), GST_DVR_HOW_HIT);
  fail_unless_equals_int (cache_how (&f, 0), GST_DVR_HOW_MISS);
  cache_teardown (&f);
}

GST_END_TEST;

static Suite *
segmentcache_suite (void)
{
  Suite *s = suite_create ("segmentcache");
  TCase *tc = tcase_create ("exchange");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_miss_then_collapsed_then_hit);
  tcase_add_test (tc, test_many_threads_put_one_question);
  tcase_add_test (tc, test_what_failed_is_asked_anew);
  tcase_add_test (tc, test_refusals_of_upstream_are_passed_on);
  tcase_add_test (tc, test_not_started_says_so);
  tcase_add_test (tc, test_pieces_pass_and_stay);
  tcase_add_test (tc, test_bytes_on_the_link_are_an_error);
  tcase_add_test (tc, test_flush_goes_through);
  tcase_add_test (tc, test_refused_names_go_up);
  tcase_add_test (tc, test_timelines_outlive_upstream);
  tcase_add_test (tc, test_prefetch_asks_for_what_follows);
  tcase_add_test (tc, test_budget_can_be_changed_while_playing);
  return s;
}

GST_CHECK_MAIN (segmentcache);
