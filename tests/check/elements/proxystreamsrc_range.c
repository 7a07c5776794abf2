/* proxystreamsrc_range.c: runs of a segment's bytes, fetched alone and right
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "proxyfixture.h"

static GstDvrRequest *
ask_range (Fixture * f, guint64 offset, guint64 size)
{
  GstDvrSegmentId id =
      { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, NUMBER };
  GstDvrSegmentId range = gst_dvr_segment_id_of_range (&id, offset, size);
  GstDvrRequest *request = gst_dvr_request_new_segment (&range,
      GST_DVR_PRIORITY_PLAYHEAD);

  gst_dvr_request_send (request, f->harness->sinkpad);

  return request;
}

static void
serve (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  g_mutex_lock (&up->lock);
  up->seen++;
  g_free (up->last_range);
  up->last_range = http_stub_get_header (request, "Range");
  g_mutex_unlock (&up->lock);
  http_stub_serve (request, "\"e\"", up->media, up->size);
}

static void
check_range (Fixture * f, GstDvrRequest * request, guint64 offset, guint64 size)
{
  GstDvrSegment *range = gst_dvr_request_get_segment (request);
  guint8 *bytes = g_malloc (size);

  fail_unless_equals_int (gst_dvr_segment_get_id (range)->kind,
      GST_DVR_SEGMENT_RANGE);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (range), size);
  fail_unless_equals_uint64 (gst_dvr_segment_get_source_size (range),
      f->up.size);
  /* a run of bytes has no parts */
  fail_unless_equals_int (gst_dvr_segment_get_n_parts (range), 0);
  fail_unless (gst_dvr_segment_read (range, 0, bytes, size));
  fail_unless (memcmp (bytes, f->up.media + offset, size) == 0);
  g_free (bytes);
}

GST_START_TEST (test_only_the_range_is_fetched)
{
  GstDvrTimeline *timeline;
  GstDvrRequest *head, *same, *more;
  Fixture f;

  timeline = fixture_start_special (&f, serve);
  head = ask_range (&f, 0, 1500);
  same = ask_range (&f, 0, 1500);
  fail_unless (gst_dvr_request_get_segment (same) ==
      gst_dvr_request_get_segment (head));
  fail_unless_equals_int (wait_end (head), 0);
  check_range (&f, head, 0, 1500);
  fail_unless_equals_string (f.up.last_range, "bytes=0-1499");
  fail_unless_equals_int (f.up.seen, 1);
  /* what follows, beyond the segment's end */
  more = ask_range (&f, 1500, 10 * f.up.size);
  fail_unless_equals_int (wait_end (more), 0);
  check_range (&f, more, 1500, f.up.size - 1500);
  fail_unless (gst_dvr_segment_has_source_of (gst_dvr_request_get_segment
          (more), gst_dvr_request_get_segment (head)));
  gst_dvr_request_unref (head);
  gst_dvr_request_unref (same);
  gst_dvr_request_unref (more);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

/* A segment that is asked for gets all of its bytes, whatever ranges there are;
 * and then a range is met with it. */
GST_START_TEST (test_a_range_is_never_the_segment)
{
  GstDvrTimeline *timeline;
  GstDvrRequest *head, *whole, *other;
  Fixture f;

  timeline = fixture_start_special (&f, serve);
  head = ask_range (&f, 0, 1500);
  fail_unless_equals_int (wait_end (head), 0);
  whole = ask_segment (&f, NUMBER);
  fail_unless (gst_dvr_request_get_segment (whole) !=
      gst_dvr_request_get_segment (head));
  fail_unless_equals_int (wait_end (whole), 0);
  check_bytes (whole, f.up.media, f.up.size);
  other = ask_range (&f, 100, 100);
  fail_unless (gst_dvr_request_get_segment (other) ==
      gst_dvr_request_get_segment (whole));
  fail_unless_equals_int (f.up.seen, 2);
  gst_dvr_request_unref (head);
  gst_dvr_request_unref (whole);
  gst_dvr_request_unref (other);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_a_range_joins_a_fetch_of_the_segment)
{
  GstDvrTimeline *timeline;
  GstDvrRequest *head, *whole;
  Fixture f;

  timeline = fixture_start_special (&f, half_then_gate);
  whole = ask_segment (&f, NUMBER);
  head = ask_range (&f, 0, 1000);
  fail_unless (gst_dvr_request_get_segment (head) ==
      gst_dvr_request_get_segment (whole));
  fail_unless_equals_int (gst_dvr_request_get_how (head),
      GST_DVR_HOW_COLLAPSED);
  upstream_open (&f.up);
  fail_unless_equals_int (wait_end (whole), 0);
  fail_unless_equals_int (http_stub_count (f.up.stub, SEGMENT_PATH), 1);
  gst_dvr_request_unref (head);
  gst_dvr_request_unref (whole);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

/* A server that knows no ranges sends all, and is let go when it sent enough. */
static void
whole_only (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  http_stub_head (request, 200, "ETag: \"e\"\r\n", up->size);
  http_stub_send (request, up->media, up->size - 1000);
  upstream_wait_open (up);
  http_stub_send (request, up->media + up->size - 1000, 1000);
}

GST_START_TEST (test_a_server_without_ranges_sends_all)
{
  GstDvrTimeline *timeline;
  GstDvrRequest *request;
  Fixture f;

  timeline = fixture_start_special (&f, whole_only);
  request = ask_range (&f, 500, 1500);
  fail_unless_equals_int (wait_end (request), 0);
  check_range (&f, request, 500, 1500);
  gst_dvr_request_unref (request);
  upstream_open (&f.up);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

static void
cut_once (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;
  gchar *headers;

  if (up->seen > 0) {
    serve (request, data);
    return;
  }
  up->seen++;
  headers = g_strdup_printf ("ETag: \"e\"\r\nContent-Range: bytes 0-1499/%"
      G_GSIZE_FORMAT "\r\n", up->size);
  http_stub_head (request, 206, headers, 1500);
  http_stub_send (request, up->media, 700);
  request->close = TRUE;
  g_free (headers);
}

GST_START_TEST (test_cut_range_goes_on_where_it_was)
{
  GstDvrTimeline *timeline;
  GstDvrRequest *request;
  Fixture f;

  timeline = fixture_start_special (&f, cut_once);
  request = ask_range (&f, 0, 1500);
  fail_unless_equals_int (wait_end (request), 0);
  check_range (&f, request, 0, 1500);
  fail_unless_equals_string (f.up.last_range, "bytes=700-1499");
  gst_dvr_request_unref (request);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

/* Answers that are not what was asked for. */
static const struct
{
  guint status;
  const gchar *range;
  const gchar *body;
} bad[] = {
  {206, "bytes 8-1507/", NULL},
  {206, "bytes 0-1499/*", NULL},
  {206, NULL, NULL},
  {206, "bytes 0-1499/", "<html>this is an error page, and not media"},
  {200, NULL, "<html>this is an error page, and not media"},
  {416, NULL, ""},
};

static gint bad_index;

static void
answer_badly (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;
  const gchar *range = bad[bad_index].range;
  const gchar *body = bad[bad_index].body;
  GString *headers = g_string_new ("ETag: \"e\"\r\n");

  if (range && g_str_has_suffix (range, "/"))
    g_string_append_printf (headers, "Content-Range: %s%" G_GSIZE_FORMAT
        "\r\n", range, up->size);
  else if (range)
    g_string_append_printf (headers, "Content-Range: %s\r\n", range);
  http_stub_reply (request, bad[bad_index].status, headers->str,
      body ? (gconstpointer) body : up->media, body ? strlen (body) : 1500);
  g_string_free (headers, TRUE);
}

GST_START_TEST (test_other_answers_are_refused)
{
  GstDvrTimeline *timeline;
  GstDvrRequest *request;
  Fixture f;

  bad_index = __i__;
  timeline = fixture_start_special (&f, answer_badly);
  request = ask_range (&f, 0, 1500);
  fail_unless_equals_int (wait_end (request), 502);
  gst_dvr_request_unref (request);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

static Suite *
proxystreamsrc_range_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_range");
  TCase *tc = tcase_create ("range");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_only_the_range_is_fetched);
  tcase_add_test (tc, test_a_range_is_never_the_segment);
  tcase_add_test (tc, test_a_range_joins_a_fetch_of_the_segment);
  tcase_add_test (tc, test_a_server_without_ranges_sends_all);
  tcase_add_test (tc, test_cut_range_goes_on_where_it_was);
  tcase_add_loop_test (tc, test_other_answers_are_refused, 0,
      G_N_ELEMENTS (bad));

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_range);
