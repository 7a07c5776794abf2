/* proxystreamsrc_fetch.c: segments are fetched once, and right
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "proxyfixture.h"

/* Less than the usual time-out of the fixture: that was not waited for. */
#define BOUND (30 * G_TIME_SPAN_SECOND)
#define SHORT (500 * GST_MSECOND)

GST_START_TEST (test_one_fetch_for_200_requests)
{
  GstDvrRequest *requests[200];
  GstDvrTimeline *timeline;
  guint i, n_miss = 0;
  Fixture f;

  timeline = fixture_start_special (&f, gated_segment);

  for (i = 0; i < 200; i++) {
    requests[i] = ask_segment (&f, 100);
    if (i == 100)
      upstream_wait_seen (&f.up, 1);
    n_miss += gst_dvr_request_get_how (requests[i]) == GST_DVR_HOW_MISS;
  }
  upstream_open (&f.up);
  for (i = 0; i < 200; i++) {
    fail_unless_equals_int (wait_end (requests[i]), 0);
    check_bytes (requests[i], f.up.media, f.up.size);
  }
  fail_unless_equals_int (n_miss, 1);
  fail_unless_equals_int (http_stub_count (f.up.stub, SEGMENT_PATH), 1);

  for (i = 0; i < 200; i++)
    gst_dvr_request_unref (requests[i]);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_bytes_are_read_while_they_come)
{
  GstDvrRequest *request;
  Fixture f;

  request = fixture_ask_half (&f, half_then_gate);
  fail_unless_equals_uint64 (gst_dvr_segment_get_total
      (gst_dvr_request_get_segment (request)), f.up.size);
  upstream_open (&f.up);
  fail_unless_equals_int (wait_end (request), 0);
  check_bytes (request, f.up.media, f.up.size);

  gst_dvr_request_unref (request);
  fixture_stop (&f);
}

GST_END_TEST;

/* Starts, with a special handler for segment 100. Returns: whether it is listed */
static gboolean
start_special (Fixture * f, HttpStubHandler special)
{
  GstDvrTimeline *timeline = fixture_start_special (f, special);
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (timeline, &info);
  gst_dvr_timeline_unref (timeline);

  return info.state == GST_DVR_TIMELINE_ENDED;
}

/* Returns: the status that segment 100 ends with */
static guint
fetch_100 (Fixture * f)
{
  GstDvrRequest *request = ask_segment (f, 100);
  guint status = wait_end (request);

  if (status == 0)
    check_bytes (request, f->up.media, f->up.size);
  gst_dvr_request_unref (request);

  return status;
}

/* On a busy machine the list may be late, too. */
static void
start_impatient (Fixture * f, HttpStubHandler special)
{
  for (fixture_timeout = SHORT; !start_special (f, special);
      fixture_timeout = SHORT)
    fixture_stop (f);
}

static guint
fetch_special (Fixture * f, HttpStubHandler special)
{
  fail_unless (start_special (f, special));

  return fetch_100 (f);
}

/* The first answer breaks off at two thirds. */
static void
cut_once (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  if (up->seen++ > 0) {
    http_stub_serve (request, "\"e\"", up->media, up->size);
    return;
  }
  http_stub_head (request, 200, "ETag: \"e\"\r\n", up->size);
  http_stub_send (request, up->media, up->size * 2 / 3);
  request->close = TRUE;
}

GST_START_TEST (test_cut_fetch_goes_on_where_it_was)
{
  g_autofree gchar *range = NULL;
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, cut_once), 0);
  range = g_strdup_printf ("bytes=%" G_GSIZE_FORMAT "-", f.up.size * 2 / 3);
  fail_unless (strstr (f.up.media_head, range) != NULL);
  fail_unless (strstr (f.up.media_head, "If-Range: \"e\"") != NULL);
  fixture_stop (&f);
}

GST_END_TEST;

/* It breaks off, and then ignores the range. */
static void
cut_then_whole (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  if (up->seen > 0)
    http_stub_reply (request, 200, "ETag: \"e\"\r\n", up->media, up->size);
  else
    cut_once (request, data);
}

GST_START_TEST (test_whole_answer_to_a_resumed_fetch_is_not_repeated)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, cut_then_whole), 0);
  fixture_stop (&f);
}

GST_END_TEST;

/* It breaks off, and is something else the next time. */
static void
cut_then_changed (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  if (up->seen > 0)
    http_stub_serve (request, "\"other\"", up->media, up->size);
  else
    cut_once (request, data);
}

GST_START_TEST (test_nothing_is_spliced)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, cut_then_changed), 502);
  fixture_stop (&f);
}

GST_END_TEST;

static void
truncated (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  http_stub_reply (request, 200, "ETag: \"e\"\r\n", up->media, up->size - 100);
}

GST_START_TEST (test_truncated_segment_is_never_whole)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, truncated), 502);
  fixture_stop (&f);
}

GST_END_TEST;

static void
garbage (HttpStubRequest * request, gpointer data)
{
  http_stub_reply (request, 200, NULL, "<html>Please log in</html>", 26);
}

GST_START_TEST (test_garbage_is_never_whole)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, garbage), 502);
  fixture_stop (&f);
}

GST_END_TEST;

static void
status_410 (HttpStubRequest * request, gpointer data)
{
  const gchar *body = "<html>It is gone, says the server.</html>";

  http_stub_reply (request, 410, NULL, body, strlen (body));
}

GST_START_TEST (test_upstream_status_reaches_downstream)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, status_410), 410);
  fixture_stop (&f);
}

GST_END_TEST;

static void
silent (HttpStubRequest * request, gpointer data)
{
  upstream_wait_open (data);
  request->close = TRUE;
}

GST_START_TEST (test_silent_upstream_is_504_in_bounded_time)
{
  gint64 before;
  Fixture f;

  start_impatient (&f, silent);
  before = g_get_monotonic_time ();
  fail_unless_equals_int (fetch_100 (&f), 504);
  fail_unless (g_get_monotonic_time () - before < BOUND);
  fixture_stop (&f);
}

GST_END_TEST;

static void
broken (HttpStubRequest * request, gpointer data)
{
  http_stub_reply (request, 500, NULL, "sorry, sorry, sorry", 19);
}

GST_START_TEST (test_broken_upstream_is_502_in_bounded_time)
{
  Fixture f;

  start_impatient (&f, broken);
  fail_unless_equals_int (fetch_100 (&f), 502);
  fail_unless (http_stub_count (f.up.stub, SEGMENT_PATH) > 1);
  fixture_stop (&f);
}

GST_END_TEST;

static void
redirect_away (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;
  g_autofree gchar *headers = g_strdup_printf ("Location: http://localhost:%u"
      "/live/cam1/" RECORDING "/101.m4s\r\n", http_stub_get_port (up->stub));

  http_stub_reply (request, 302, headers, "", 0);
}

GST_START_TEST (test_redirect_to_another_origin_is_refused)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, redirect_away), 502);
  fail_unless_equals_int (http_stub_count (f.up.stub,
          "/live/cam1/" RECORDING "/101.m4s"), 0);
  fixture_stop (&f);
}

GST_END_TEST;

static void
redirect_here (HttpStubRequest * request, gpointer data)
{
  http_stub_reply (request, 302, "Location: 101.m4s\r\n", "", 0);
}

GST_START_TEST (test_redirect_on_the_same_origin_is_followed)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, redirect_here), 0);
  fixture_stop (&f);
}

GST_END_TEST;

static void
redirect_for_ever (HttpStubRequest * request, gpointer data)
{
  http_stub_reply (request, 302, "Location: 100.m4s\r\n", "", 0);
}

GST_START_TEST (test_redirects_have_an_end)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, redirect_for_ever), 502);
  fail_unless_equals_int (http_stub_count (f.up.stub, SEGMENT_PATH), 4);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_stopping_is_bounded_and_fails_what_is_under_way)
{
  GstDvrRequest *request;
  gint64 before;
  Fixture f;

  request = fixture_ask_half (&f, half_then_gate);
  before = g_get_monotonic_time ();
  gst_element_set_state (f.element, GST_STATE_NULL);
  fail_unless (g_get_monotonic_time () - before < BOUND);
  fail_unless_equals_int (wait_end (request), 503);
  gst_dvr_request_unref (request);
  request = ask_segment (&f, 100);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_NOT_STARTED);
  gst_dvr_request_unref (request);
  fixture_stop (&f);
}

GST_END_TEST;

#define N_LISTED 5

/* The order in which segments were asked for. */
static guint64 asked[N_LISTED + 1];
static guint n_asked;

static void
ordered (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  g_mutex_lock (&up->lock);
  g_assert (n_asked <= N_LISTED);
  asked[n_asked++] = g_ascii_strtoull (strrchr (request->path, '/') + 1, NULL,
      10);
  g_mutex_unlock (&up->lock);
  gated_segment (request, data);
}

/* One transfer at a time: segment 100 is under way, 101 to 103 wait. */
static void
queue_start (Fixture * f, GstDvrRequest ** requests)
{
  GString *list = g_string_new (strstr (PLAYLIST, "#EXTM3U"));
  GstDvrTimelineInfo info;
  guint i;

  n_asked = 0;
  g_string_truncate (list, strstr (list->str, "#EXTINF") - list->str);
  for (i = 0; i < N_LISTED; i++)
    g_string_append_printf (list, "#EXTINF:2,\n" RECORDING "/%u.m4s\n",
        NUMBER + i);
  g_string_append (list, "#EXT-X-ENDLIST\n");
  fixture_start (f, "");
  g_object_set (f->element, "max-transfers", 1, NULL);
  upstream_set_playlist (&f->up, list->str);
  g_string_free (list, TRUE);
  f->up.special = ordered;
  f->up.special_path = "/live/cam1/" RECORDING;
  fixture_play (f);
  gst_dvr_timeline_unref (follow (f, &info));
  requests[0] = ask_segment (f, NUMBER);
  upstream_wait_seen (&f->up, 1);
  for (i = 1; i < 4; i++) {
    GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING,
      NUMBER + i
    };

    requests[i] = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_PREFETCH);
    gst_dvr_request_send (requests[i], f->harness->sinkpad);
  }
}

GST_START_TEST (test_urgent_request_raises_what_waits)
{
  GstDvrRequest *requests[4], *urgent;
  guint i;
  Fixture f;

  queue_start (&f, requests);
  urgent = ask_segment (&f, 103);
  fail_unless_equals_int (gst_dvr_request_get_how (urgent),
      GST_DVR_HOW_COLLAPSED);
  upstream_open (&f.up);
  for (i = 0; i < 4; i++)
    fail_unless_equals_int (wait_end (requests[i]), 0);
  fail_unless_equals_int (n_asked, 4);
  fail_unless_equals_uint64 (asked[1], 103);
  fail_unless_equals_uint64 (asked[2], 101);
  fail_unless_equals_uint64 (asked[3], 102);
  for (i = 0; i < 4; i++)
    gst_dvr_request_unref (requests[i]);
  gst_dvr_request_unref (urgent);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_cancelled_requests_never_go_upstream)
{
  GstDvrRequest *requests[4], *other;
  GstStructure *stats;
  guint64 cancelled;
  guint i;
  Fixture f;

  queue_start (&f, requests);
  other = ask_segment (&f, 102);
  for (i = 1; i < 3; i++)
    gst_dvr_request_cancel (requests[i]);
  upstream_open (&f.up);
  /* what others want is fetched */
  fail_unless_equals_int (wait_end (requests[0]), 0);
  fail_unless_equals_int (wait_end (requests[1]), 503);
  fail_unless_equals_int (wait_end (other), 0);
  fail_unless_equals_int (wait_end (requests[3]), 0);
  fail_unless_equals_int (n_asked, 3);
  g_object_get (f.element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "cancelled", &cancelled));
  fail_unless_equals_uint64 (cancelled, 1);
  gst_structure_free (stats);

  /* and who asks later gets it all the same */
  gst_dvr_request_unref (requests[1]);
  requests[1] = ask_segment (&f, 101);
  fail_unless_equals_int (wait_end (requests[1]), 0);
  for (i = 0; i < 4; i++)
    gst_dvr_request_unref (requests[i]);
  gst_dvr_request_unref (other);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_what_nobody_wants_any_more_need_not_come)
{
  GstDvrRequest *request;
  Fixture f;

  request = fixture_ask_half (&f, half_then_gate);
  gst_dvr_request_cancel (request);
  /* it is looked at when more comes */
  upstream_open (&f.up);
  fail_unless_equals_int (wait_end (request), 502);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size
      (gst_dvr_request_get_segment (request)), f.up.size / 2);
  gst_dvr_request_unref (request);
  /* and who asks later gets it all the same */
  request = ask_segment (&f, NUMBER);
  fail_unless_equals_int (wait_end (request), 0);
  check_bytes (request, f.up.media, f.up.size);
  gst_dvr_request_unref (request);
  fixture_stop (&f);
}

GST_END_TEST;

static Suite *
proxystreamsrc_fetch_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_fetch");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_one_fetch_for_200_requests);
  tcase_add_test (tc, test_bytes_are_read_while_they_come);
  tcase_add_test (tc, test_cut_fetch_goes_on_where_it_was);
  tcase_add_test (tc, test_whole_answer_to_a_resumed_fetch_is_not_repeated);
  tcase_add_test (tc, test_nothing_is_spliced);
  tcase_add_test (tc, test_truncated_segment_is_never_whole);
  tcase_add_test (tc, test_garbage_is_never_whole);
  tcase_add_test (tc, test_upstream_status_reaches_downstream);
  tcase_add_test (tc, test_silent_upstream_is_504_in_bounded_time);
  tcase_add_test (tc, test_broken_upstream_is_502_in_bounded_time);
  tcase_add_test (tc, test_redirect_to_another_origin_is_refused);
  tcase_add_test (tc, test_redirect_on_the_same_origin_is_followed);
  tcase_add_test (tc, test_redirects_have_an_end);
  tcase_add_test (tc, test_stopping_is_bounded_and_fails_what_is_under_way);
  tcase_add_test (tc, test_urgent_request_raises_what_waits);
  tcase_add_test (tc, test_cancelled_requests_never_go_upstream);
  tcase_add_test (tc, test_what_nobody_wants_any_more_need_not_come);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_fetch);
