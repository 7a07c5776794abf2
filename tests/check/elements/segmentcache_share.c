/* segmentcache_share.c: segmentcaches among others, and under load
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "cachefixture.h"

typedef struct
{
  Cache *f;
  gint stop;
  gint served;
} Load;

static gpointer
ask_on_and_on (gpointer data)
{
  Load *load = data;
  guint n = 0;

  while (!g_atomic_int_get (&load->stop)) {
    GstDvrRequest *request = cache_ask (load->f, n++ % 16);

    if (gst_dvr_request_get_answer (request) == GST_DVR_ANSWER_OK) {
      gst_dvr_segment_pin (gst_dvr_request_get_segment (request));
      gst_dvr_segment_unpin (gst_dvr_request_get_segment (request));
      g_atomic_int_inc (&load->served);
    } else {
      fail_unless_equals_int (gst_dvr_request_get_answer (request),
          GST_DVR_ANSWER_NOT_STARTED);
    }
    gst_dvr_request_unref (request);
  }
  return NULL;
}

GST_START_TEST (test_state_changes_under_load)
{
  static const GstState states[] = { GST_STATE_PLAYING, GST_STATE_READY,
    GST_STATE_PAUSED, GST_STATE_NULL, GST_STATE_PLAYING, GST_STATE_PAUSED,
    GST_STATE_READY, GST_STATE_NULL
  };
  Cache f;
  Load load = { &f, 0, 0 };
  GThread *threads[4];
  guint i;

  cache_setup (&f);
  f.up.whole = TRUE;
  g_object_set (f.element, "max-memory", (guint64) 8000, NULL);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("viewer", ask_on_and_on, &load);
  for (i = 0; i < 200; i++)
    fail_unless (gst_element_set_state (f.element,
            states[i % G_N_ELEMENTS (states)]) == GST_STATE_CHANGE_SUCCESS);
  fail_unless (gst_element_set_state (f.element, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_SUCCESS);
  i = g_atomic_int_get (&load.served);
  while ((guint) g_atomic_int_get (&load.served) < i + 100)
    g_thread_yield ();
  g_atomic_int_set (&load.stop, TRUE);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  cache_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_sharers_have_one_cache)
{
  Cache a, b;

  cache_setup_full (&a, GST_DVR_LINK_CAPS, "shared", NULL);
  cache_setup_full (&b, GST_DVR_LINK_CAPS, "shared", NULL);
  a.up.whole = TRUE;
  fail_unless_equals_int (cache_how (&a, 1), GST_DVR_HOW_MISS);
  fail_unless_equals_int (cache_how (&b, 1), GST_DVR_HOW_HIT);
  fail_unless_equals_int (cache_upstream_asked (&b.up), 0);
  fail_unless_equals_uint64 (cache_stat_of (&b, "hits"), 1);
  fail_unless_equals_uint64 (cache_stat_of (&a, "hits"), 0);
  fail_unless_equals_uint64 (cache_stat_of (&b, "segments"), 1);
  /* it stays as long as one of them is there */
  cache_teardown (&a);
  fail_unless_equals_int (cache_how (&b, 1), GST_DVR_HOW_HIT);
  cache_teardown (&b);
}

GST_END_TEST;

GST_START_TEST (test_a_sharer_takes_over_a_fetch)
{
  Cache a, b;
  GstDvrRequest *waiting;
  GstDvrSegment *segment;
  guint8 last;

  cache_setup_full (&a, GST_DVR_LINK_CAPS, "shared", NULL);
  cache_setup_full (&b, GST_DVR_LINK_CAPS, "shared", NULL);
  fail_unless_equals_int (cache_how (&a, 42), GST_DVR_HOW_MISS);
  waiting = cache_ask (&b, 42);
  fail_unless_equals_int (gst_dvr_request_get_how (waiting),
      GST_DVR_HOW_COLLAPSED);
  segment = gst_dvr_request_get_segment (waiting);
  fail_unless (gst_dvr_segment_append_bytes (cache_upstream_segment (&a.up, 0),
          "\0\0\0\10moof", 8));
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), 8);
  fail_unless_equals_int (cache_upstream_asked (&b.up), 0);

  /* the one that fetches goes away in the middle */
  cache_teardown (&a);
  fail_unless_equals_int (cache_upstream_asked (&b.up), 1);
  cache_fill (cache_upstream_segment (&b.up, 0));
  fail_unless_equals_int (gst_dvr_segment_get_state (segment),
      GST_DVR_SEGMENT_WHOLE);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), SIZE);
  fail_unless (gst_dvr_segment_read (segment, SIZE - 1, &last, 1));
  fail_unless_equals_int (last, 42);
  fail_unless_equals_int (cache_how (&b, 42), GST_DVR_HOW_HIT);
  gst_dvr_request_unref (waiting);
  cache_teardown (&b);
}

GST_END_TEST;

/* What lies between neither hides requests nor decides the mode. */
static void
check_between (const gchar * launch)
{
  GstHarness *h = gst_harness_new_parse (launch);
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 5 };
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GstDvrRequest *request;
  GstBuffer *out;
  CacheUpstream up = { 0, };

  cache_upstream_init (&up, h->srcpad);
  gst_harness_set_sink_caps_str (h, GST_DVR_LINK_CAPS);
  gst_harness_set_src_caps_str (h, GST_DVR_LINK_CAPS);
  request = cache_ask_for (h->sinkpad, 1, GST_DVR_PRIORITY_VIEWER);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_OK);
  fail_unless (gst_dvr_request_get_segment (request) ==
      cache_upstream_segment (&up, 0));
  gst_dvr_request_unref (request);
  cache_fill (segment);
  fail_unless_equals_int (gst_harness_push (h,
          gst_dvr_buffer_new_piece (segment, 0, SIZE)), GST_FLOW_OK);
  out = gst_harness_pull (h);
  fail_unless (gst_buffer_get_dvr_meta (out)->segment == segment);
  gst_buffer_unref (out);
  gst_dvr_segment_unref (segment);
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_harness_teardown (h);
  cache_upstream_clear (&up);
}

GST_START_TEST (test_other_elements_may_stand_between)
{
  check_between ("queue ! segmentcache ! queue");
  check_between ("identity ! segmentcache ! identity");
  check_between ("segmentcache ! tee name=t t. ! queue");
  check_between ("segmentcache ! queue ! segmentcache");
}

GST_END_TEST;

static Suite *
segmentcache_share_suite (void)
{
  Suite *s = suite_create ("segmentcache_share");
  TCase *tc = tcase_create ("share");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_state_changes_under_load);
  tcase_add_test (tc, test_sharers_have_one_cache);
  tcase_add_test (tc, test_a_sharer_takes_over_a_fetch);
  tcase_add_test (tc, test_other_elements_may_stand_between);
  return s;
}

GST_CHECK_MAIN (segmentcache_share);
