/* cache.c: the budget and the sharing of the cache
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "upstreamfixture.h"

GST_START_TEST (test_oldest_use_goes_first)
{
  Fixture f;
  guint i;

  setup (&f, NULL, 5 * (SIZE + 1000));
  for (i = 0; i < 5; i++) {
    fetch (&f, i);
    let_time_pass ();
  }
  /* a hit here, and one that the cache does not hear of */
  fail_unless_equals_int (how (&f, 0), GST_DVR_HOW_HIT);
  let_time_pass ();
  gst_dvr_segment_touch (asked (&f, 1));
  let_time_pass ();
  fetch (&f, 5);
  fetch (&f, 6);
  fail_if (has (&f, 2));
  fail_if (has (&f, 3));
  fail_unless (has (&f, 0));
  fail_unless (has (&f, 1));
  fail_unless (has (&f, 4));
  /* who derived something from it lets it go, too */
  fail_unless (gst_dvr_segment_is_dropped (asked (&f, 2)));
  fail_if (gst_dvr_segment_is_dropped (asked (&f, 0)));
  fail_unless_equals_uint64 (stats (&f).evictions, 2);
  fail_unless (stats (&f).bytes <= stats (&f).max_bytes);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_pinned_stays)
{
  Fixture f;
  guint i;

  setup (&f, NULL, 3 * (SIZE + 1000));
  for (i = 0; i < 3; i++) {
    fetch (&f, i);
    gst_dvr_segment_pin (asked (&f, i));
  }
  for (i = 3; i < 10; i++) {
    fetch (&f, i);
    fail_unless (stats (&f).bytes <= stats (&f).max_bytes +
        stats (&f).pinned_bytes);
  }
  for (i = 0; i < 3; i++)
    fail_unless (has (&f, i));
  for (i = 0; i < 3; i++)
    gst_dvr_segment_unpin (asked (&f, i));
  fail_if (gst_dvr_cache_trim (f.cache));
  fail_unless (stats (&f).bytes <= stats (&f).max_bytes);
  fail_unless_equals_uint64 (stats (&f).pinned_bytes, 0);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_what_is_waited_for_stays)
{
  Fixture f;
  GstDvrRequest *waiting, *ahead;
  guint i;

  setup (&f, NULL, 2 * SIZE);
  waiting = request (&f, 100);
  ahead = request_kind (&f, GST_DVR_SEGMENT_MEDIA, 101,
      GST_DVR_PRIORITY_PREFETCH);
  gst_dvr_segment_append_bytes (asked (&f, 0), "\0\0\0\10styp", 8);
  for (i = 0; i < 5; i++)
    fetch (&f, i);
  fail_unless (has (&f, 100));
  fail_if (has (&f, 101));
  fill (asked (&f, 0));
  gst_dvr_request_unref (waiting);
  gst_dvr_request_unref (ahead);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_init_sections_outlive_segments)
{
  Fixture f;
  GstDvrRequest *init;
  guint i;

  setup (&f, NULL, 20 * SIZE);
  init = request_kind (&f, GST_DVR_SEGMENT_INIT, 0, GST_DVR_PRIORITY_VIEWER);
  fill (asked (&f, 0));
  for (i = 0; i < 40; i++)
    fetch (&f, i);
  gst_dvr_request_unref (init);
  init = request_kind (&f, GST_DVR_SEGMENT_INIT, 0, GST_DVR_PRIORITY_VIEWER);
  fail_unless_equals_int (gst_dvr_request_get_how (init), GST_DVR_HOW_HIT);
  gst_dvr_request_unref (init);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_bytes_are_counted_as_they_come)
{
  Fixture f;
  guint64 before;

  setup (&f, NULL, G_MAXUINT64);
  how (&f, 1);
  before = stats (&f).bytes;
  gst_dvr_segment_append_bytes (asked (&f, 0), "12345678", 8);
  fail_unless (stats (&f).bytes >= before + 8);
  fail_unless_equals_uint64 (stats (&f).filling, 1);
  gst_dvr_segment_fail (asked (&f, 0), 502, "cut");
  fail_unless_equals_uint64 (stats (&f).bytes, 0);
  fail_unless_equals_uint64 (stats (&f).segments, 0);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_largest_budget_counts)
{
  Fixture a, b;

  setup (&a, "one", 1000);
  setup (&b, "one", 5000);
  fail_unless (a.cache == b.cache);
  fail_unless_equals_uint64 (stats (&a).max_bytes, 5000);
  gst_dvr_cache_set_max_memory (a.cache, a.user, 7000);
  fail_unless_equals_uint64 (stats (&b).max_bytes, 7000);
  teardown (&a);
  fail_unless_equals_uint64 (stats (&b).max_bytes, 5000);
  teardown (&b);
}

GST_END_TEST;

GST_START_TEST (test_no_other_upstream_fails_the_waiter)
{
  Fixture a, b;
  GstDvrRequest *waiting;

  setup (&a, "one", 1 << 20);
  setup (&b, "one", 1 << 20);
  b.up->answer = GST_DVR_ANSWER_NOT_FOUND;
  how (&a, 1);
  waiting = request (&b, 1);
  gst_dvr_segment_append_bytes (asked (&a, 0), "\0\0\0\10styp", 8);
  gst_dvr_segment_fail (asked (&a, 0), 502, "cut");
  fail_unless_equals_int (gst_dvr_segment_get_state
      (gst_dvr_request_get_segment (waiting)), GST_DVR_SEGMENT_FAILED);
  fail_unless_equals_int (gst_dvr_segment_get_status
      (gst_dvr_request_get_segment (waiting)), 404);
  fail_unless_equals_uint64 (stats (&a).segments, 0);
  gst_dvr_request_unref (waiting);
  teardown (&a);
  teardown (&b);
}

GST_END_TEST;

GST_START_TEST (test_two_bad_upstreams_end)
{
  Fixture a, b;
  GstDvrRequest *waiting;
  guint i;

  setup (&a, "one", 1 << 20);
  setup (&b, "one", 1 << 20);
  how (&a, 1);
  waiting = request (&b, 1);
  for (i = 0; i < 10 &&
      gst_dvr_segment_get_state (gst_dvr_request_get_segment (waiting)) ==
      GST_DVR_SEGMENT_FILLING; i++) {
    gst_dvr_segment_fail (asked (&a, n_asked (&a) - 1), 502, "cut");
    if (n_asked (&b) > 0)
      gst_dvr_segment_fail (asked (&b, n_asked (&b) - 1), 502, "cut");
  }
  fail_unless_equals_int (gst_dvr_segment_get_status
      (gst_dvr_request_get_segment (waiting)), 502);
  gst_dvr_request_unref (waiting);
  teardown (&a);
  teardown (&b);
}

GST_END_TEST;

typedef struct
{
  Fixture f;
  GstDvrRequest *again;
} Retry;

static void
ask_again (GstDvrSegment * segment, gpointer user_data)
{
  Retry *retry = user_data;

  if (retry->again == NULL)
    retry->again = request (&retry->f, 1);
}

/* Also before the cache has heard of it. */
GST_START_TEST (test_what_has_failed_is_asked_for_anew)
{
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1",
    "20261120T192200Z-3f9c", 1
  };
  GstDvrSegment *failing = gst_dvr_segment_new (&id);
  Retry retry = {.again = NULL };
  Fixture *f = &retry.f;

  setup (f, NULL, 1 << 20);
  gst_dvr_segment_add_watch (failing, ask_again, &retry, NULL);
  gst_dvr_cache_put (f->cache, f->user, failing);
  gst_dvr_segment_fail (failing, 502, "cut");
  fail_unless (retry.again != NULL);
  fail_unless_equals_int (n_asked (f), 1);
  fail_unless (gst_dvr_request_get_segment (retry.again) == asked (f, 0));
  fail_unless (has (f, 1));
  fill (asked (f, 0));
  fail_unless_equals_int (how (f, 1), GST_DVR_HOW_HIT);
  gst_dvr_request_unref (retry.again);
  gst_dvr_segment_unref (failing);
  teardown (f);
}

GST_END_TEST;

static Suite *
cache_suite (void)
{
  Suite *s = suite_create ("cache");
  TCase *tc = tcase_create ("memory");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_oldest_use_goes_first);
  tcase_add_test (tc, test_pinned_stays);
  tcase_add_test (tc, test_what_is_waited_for_stays);
  tcase_add_test (tc, test_init_sections_outlive_segments);
  tcase_add_test (tc, test_bytes_are_counted_as_they_come);
  tcase_add_test (tc, test_largest_budget_counts);
  tcase_add_test (tc, test_no_other_upstream_fails_the_waiter);
  tcase_add_test (tc, test_two_bad_upstreams_end);
  tcase_add_test (tc, test_what_has_failed_is_asked_for_anew);

  return s;
}

GST_CHECK_MAIN (cache);
