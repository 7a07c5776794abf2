/* dvrserversink_http.c: requests as HTTP's own rules have them
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "checkutil.h"
#include "serverfixture.h"

/* Returns: the status of the answer to a whole request as it stands */
static guint
status_of_raw (Fixture * f, const gchar * request)
{
  return read_status (send_text (f->port, request));
}

static void
expect_range (Fixture * f, const gchar * range, const gchar * content_range)
{
  g_autofree gchar *header = g_strdup_printf ("Range: bytes=%s\r\n", range);
  g_autofree gchar *expected = g_strdup_printf ("Content-Range: bytes %s/1000"
      "\r\n", content_range);
  Reply *reply = get (f, MEDIA "/0000000015.m4s", header);

  fail_unless_equals_int (reply->status, 206);
  fail_unless (strstr (reply->head, expected) != NULL, "%s", reply->head);
  reply_free (reply);
}

/* RFC 9110 section 14.1.2 */
GST_START_TEST (test_positions_may_have_any_number_of_digits)
{
  Fixture f;

  setup (&f);
  fill (&f, 15, 1000);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/0000000015.m4s", ""),
      200);
  expect_range (&f, "990-99999999999999999999999999", "990-999");
  expect_range (&f, "-99999999999999999999999999", "0-999");
  expect_range (&f, "00000000000000000000000000990-", "990-999");
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/0000000015.m4s",
          "Range: bytes=99999999999999999999999999-\r\n"), 416);
  teardown (&f);
}

GST_END_TEST;

static guint
status_of_fields (Fixture * f, guint n)
{
  GString *request = g_string_new ("GET " MEDIA "/0000000015.m4s?");
  guint i, status;

  for (i = 0; i < n; i++)
    g_string_append_printf (request, "%sa=%u", i > 0 ? "&" : "", i);
  g_string_append (request,
      " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  status = status_of_raw (f, request->str);
  g_string_free (request, TRUE);
  return status;
}

GST_START_TEST (test_a_query_of_very_many_fields_is_refused_at_once)
{
  Fixture f;

  setup (&f);
  fill (&f, 15, 1000);
  fail_unless_equals_int (status_of_fields (&f, 100), 200);
  fail_unless_equals_int (status_of_fields (&f, 500), 414);
  fail_unless_equals_int (status_of_fields (&f, 1000), 414);
  teardown (&f);
}

GST_END_TEST;

/* RFC 9110 section 8.6: that of 200, or none. A cache that takes it for its
 * stored answer's would have that cut off. */
GST_START_TEST (test_not_modified_has_no_other_length)
{
  Reply *reply;
  Fixture f;
  guint i;

  setup (&f);
  fill (&f, 15, 1000);
  for (i = 0; i < 2; i++) {
    reply = get (&f, MEDIA "/0000000015.m4s", "If-None-Match: \"" RECORDING
        "/15\"\r\n");
    fail_unless_equals_int (reply->status, 304);
    fail_unless_equals_int (reply->body->len, 0);
    fail_unless (strstr (reply->head, "Content-Length: 0") == NULL);
    fail_unless (strstr (reply->head, "ETag: \"" RECORDING "/15\"") != NULL);
    fail_unless (strstr (reply->head, "immutable") != NULL);
    reply_free (reply);
  }
  teardown (&f);
}

GST_END_TEST;

static void
expect_from_list (Fixture * f, const gchar * method, const gchar * headers,
    guint status)
{
  Reply *reply = read_reply (send_request (f->port, method,
          MEDIA "/0000000016.m4s", headers));

  fail_unless_equals_int (reply->status, status);
  fail_unless_equals_int (reply->body->len, 0);
  fail_unless (strstr (reply->head, "Content-Length: 1000\r\n") != NULL);
  fail_unless (strstr (reply->head, "ETag: \"" RECORDING "/16\"") != NULL);
  fail_unless (strstr (reply->head, "immutable") != NULL);
  fail_unless (strstr (reply->head, "Accept-Ranges: bytes") != NULL);
  reply_free (reply);
}

GST_START_TEST (test_what_needs_no_bytes_fetches_none)
{
  Fixture f;

  setup (&f);
  expect_from_list (&f, "HEAD", "", 200);
  expect_from_list (&f, "HEAD", "If-None-Match: \"other\"\r\n", 200);
  expect_from_list (&f, "HEAD", "If-None-Match: \"" RECORDING "/16\"\r\n", 304);
  expect_from_list (&f, "GET", "If-None-Match: \"" RECORDING "/16\"\r\n", 304);
  fail_unless_equals_int (f.requests, 0);
  fill (&f, 16, 1000);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/0000000016.m4s",
          "If-None-Match: \"other\"\r\n"), 200);
  fail_unless_equals_int (f.requests, 1);
  teardown (&f);
}

GST_END_TEST;

/* RFC 9112 sections 3.2 and 3.2.2 */
GST_START_TEST (test_whom_a_request_is_for)
{
  Fixture f;

  setup (&f);
  fill (&f, 15, 1000);
  fail_unless_equals_int (status_of_raw (&f, "GET http://any:80" MEDIA
          "/0000000015.m4s HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n"),
      200);
  fail_unless_equals_int (status_of_raw (&f,
          "GET HTTP://localhost HTTP/1.1\r\n"
          "Host: localhost\r\nConnection: close\r\n\r\n"), 200);
  fail_unless_equals_int (status_of_raw (&f,
          "GET http://any?x HTTP/1.1\r\n"
          "Host: any\r\nConnection: close\r\n\r\n"), 400);
  fail_unless_equals_int (status_of_raw (&f,
          "GET ftp://any/ HTTP/1.1\r\n"
          "Host: any\r\nConnection: close\r\n\r\n"), 400);
  fail_unless_equals_int (status_of_raw (&f,
          "GET " MEDIA "/0000000015.m4s HTTP/1.1"
          "\r\nConnection: close\r\n\r\n"), 400);
  fail_unless_equals_int (status_of_raw (&f,
          "GET " MEDIA "/0000000015.m4s HTTP/1.1"
          "\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"), 400);
  fail_unless_equals_int (status_of_raw (&f,
          "GET " MEDIA "/0000000015.m4s HTTP/1.0" "\r\n\r\n"), 200);
  teardown (&f);
}

GST_END_TEST;

static guint
metrics_for (Fixture * f, const gchar * headers)
{
  g_autofree gchar *request = g_strdup_printf ("GET /metrics HTTP/1.1\r\n%s"
      "Connection: close\r\n\r\n", headers);

  return status_of_raw (f, request);
}

/* Through a proxy of this machine, and through a browser (DNS rebinding), all
 * come from here. */
GST_START_TEST (test_figures_are_for_who_means_this_machine)
{
  g_autofree gchar *own = g_strdup_printf ("Host: %s:8080\r\n",
      g_get_host_name ());
  Fixture f;

  setup (&f);
  fail_unless_equals_int (metrics_for (&f, "Host: localhost\r\n"), 200);
  fail_unless_equals_int (metrics_for (&f, "Host: LocalHost:8080\r\n"), 200);
  fail_unless_equals_int (metrics_for (&f, "Host: 127.0.0.1:8080\r\n"), 200);
  fail_unless_equals_int (metrics_for (&f, "Host: [::1]:8080\r\n"), 200);
  fail_unless_equals_int (metrics_for (&f, own), 200);
  fail_unless_equals_int (metrics_for (&f, "Host: tier\r\n"), 403);
  fail_unless_equals_int (metrics_for (&f, "Host: example.com\r\n"), 403);
  fail_unless_equals_int (metrics_for (&f, "Host: localhost.example.com\r\n"),
      403);
  fail_unless_equals_int (metrics_for (&f, "Host: localhost\r\n"
          "X-Forwarded-For: 127.0.0.1\r\n"), 403);
  fail_unless_equals_int (status_of_raw (&f, "GET /metrics HTTP/1.0\r\n\r\n"),
      200);
  teardown (&f);
}

GST_END_TEST;

static gboolean
is_compressed (Fixture * f, const gchar * headers)
{
  Reply *reply = get (f, STREAM "index.m3u8", headers);
  gboolean compressed = strstr (reply->head, "Content-Encoding: gzip") != NULL;

  fail_unless_equals_int (reply->status, 200);
  fail_unless (strstr (reply->head, "Vary: Accept-Encoding") != NULL);
  reply_free (reply);

  return compressed;
}

GST_START_TEST (test_who_takes_gzip)
{
  Fixture f;

  setup (&f);
  fail_unless (is_compressed (&f, "Accept-Encoding: br, gzip;q=0.5\r\n"));
  fail_unless (is_compressed (&f, "Accept-Encoding: gzip\r\n"
          "Accept-Encoding: br\r\n"));
  fail_if (is_compressed (&f, ""));
  fail_if (is_compressed (&f, "Accept-Encoding: gzip;q=0\r\n"));
  fail_if (is_compressed (&f, "Accept-Encoding: gzipped\r\n"));
  teardown (&f);
}

GST_END_TEST;

static guint64
count_waiting (Fixture * f)
{
  GstStructure *stats;
  guint64 waiting = 0;

  g_object_get (f->sink, "stats", &stats, NULL);
  gst_structure_get (stats, "waiting", G_TYPE_UINT64, &waiting, NULL);
  gst_structure_free (stats);
  return waiting;
}

/* RFC 9211: what is sent had to be waited for. */
GST_START_TEST (test_a_range_that_was_waited_for_is_no_hit)
{
  GSocketConnection *first, *second;
  GstDvrSegment *segment;
  gchar bytes[500] = "";
  Reply *reply;
  Fixture f;

  setup (&f);
  first = send_request (f.port, "GET", MEDIA "/0000000015.m4s", "");
  wait_requests (&f, 1);
  segment = get_segment (&f, 15);
  gst_dvr_segment_set_total (segment, 1000);
  gst_dvr_segment_append_bytes (segment, bytes, 500);
  second = send_request (f.port, "GET", MEDIA "/0000000015.m4s",
      "Range: bytes=900-999\r\n");
  fail_unless_soon (count_waiting (&f) == 2);
  gst_dvr_segment_append_bytes (segment, bytes, 500);
  gst_dvr_segment_finish (segment);
  reply = read_reply (second);
  fail_unless_equals_int (reply->status, 206);
  fail_unless (strstr (reply->head, "; fwd=miss; collapsed") != NULL);
  reply_free (reply);
  reply_free (read_reply (first));
  reply = get (&f, MEDIA "/0000000015.m4s", "Range: bytes=900-999\r\n");
  fail_unless (strstr (reply->head, "dvrserversink; hit\r\n") != NULL, "%s",
      reply->head);
  reply_free (reply);
  teardown (&f);
}

GST_END_TEST;

static Suite *
dvrserversink_http_suite (void)
{
  Suite *s = suite_create ("dvrserversink_http");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_a_query_of_very_many_fields_is_refused_at_once);
  tcase_add_test (tc, test_positions_may_have_any_number_of_digits);
  tcase_add_test (tc, test_not_modified_has_no_other_length);
  tcase_add_test (tc, test_what_needs_no_bytes_fetches_none);
  tcase_add_test (tc, test_whom_a_request_is_for);
  tcase_add_test (tc, test_figures_are_for_who_means_this_machine);
  tcase_add_test (tc, test_who_takes_gzip);
  tcase_add_test (tc, test_a_range_that_was_waited_for_is_no_hit);

  return s;
}

GST_CHECK_MAIN (dvrserversink_http);
