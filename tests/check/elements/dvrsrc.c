/* dvrsrc.c: what dvr:// URIs mean to dvrsrc
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/check/gstcheck.h>

#include "checkutil.h"
#include "httpstub.h"

static GstElement *
make_src (const gchar * uri)
{
  GError *error = NULL;
  GstElement *src = gst_element_make_from_uri (GST_URI_SRC, uri, NULL, &error);

  fail_unless (src != NULL, "%s: %s", uri, error ? error->message : "");
  fail_unless_equals_string (GST_OBJECT_NAME (gst_element_get_factory (src)),
      "dvrsrc");
  return gst_object_ref_sink (src);
}

static void
check_server (const gchar * uri, const gchar * location, const gchar * stream)
{
  GstElement *src = make_src (uri);
  GstElement *proxy = gst_bin_get_by_name (GST_BIN (src), "proxy");
  gchar *l, *s, *u;

  g_object_get (proxy, "location", &l, "remote-name", &s, NULL);
  fail_unless_equals_string (l, location);
  fail_unless_equals_string (s, stream);
  g_object_get (src, "uri", &u, NULL);
  fail_unless_equals_string (u, uri);
  g_free (l);
  g_free (s);
  g_free (u);
  gst_object_unref (proxy);
  gst_object_unref (src);
}

GST_START_TEST (test_uri_names_server_and_stream)
{
  check_server ("dvr://edge:8080/live/cam1", "http://edge:8080", "live/cam1");
  check_server ("dvrs://edge/cam", "https://edge", "cam");
  check_server ("dvr://[::1]:80/live/cam1", "http://[::1]:80", "live/cam1");
  check_server ("dvr://edge/~abc/live/cam1", "http://edge", "live/cam1");
  check_server ("dvr://edge/live/cam1?start=5", "http://edge", "live/cam1");
}

GST_END_TEST;

static void
check_start (const gchar * uri, gint64 start, const gchar * date)
{
  GstElement *src = make_src (uri);
  GstDateTime *date_time;
  gint64 is;

  g_object_get (src, "start", &is, "start-date-time", &date_time, NULL);
  fail_unless_equals_int64 (is, start);
  fail_unless_equals_int (date_time != NULL, date != NULL);
  if (date_time) {
    gchar *text = gst_date_time_to_iso8601_string (date_time);

    fail_unless_equals_string (text, date);
    g_free (text);
    gst_date_time_unref (date_time);
  }
  gst_object_unref (src);
}

GST_START_TEST (test_uri_says_where_to_begin)
{
  check_start ("dvr://edge/cam", G_MININT64, NULL);
  check_start ("dvr://edge/cam?start=-60", -60 * (gint64) GST_SECOND, NULL);
  check_start ("dvr://edge/cam?start=1.5", 1500 * GST_MSECOND, NULL);
  check_start ("dvr://edge/cam?t=2026-11-20T19:22:00Z", G_MININT64,
      "2026-11-20T19:22:00Z");
  check_start ("dvr://edge/cam?t=2026-11-20T20:22:00%2B01:00", G_MININT64,
      "2026-11-20T20:22:00+0100");
}

GST_END_TEST;

GST_START_TEST (test_another_uri_forgets_where_the_one_before_began)
{
  GstElement *src = make_src ("dvr://edge/cam?start=-60");
  gint64 start;

  g_object_set (src, "uri", "dvr://edge/other", NULL);
  g_object_get (src, "start", &start, NULL);
  fail_unless_equals_int64 (start, G_MININT64);
  /* what an application has set stays */
  g_object_set (src, "start", (gint64) GST_SECOND, NULL);
  g_object_set (src, "uri", "dvr://edge/cam", NULL);
  g_object_get (src, "start", &start, NULL);
  fail_unless_equals_int64 (start, GST_SECOND);
  gst_object_unref (src);
}

GST_END_TEST;

static void
not_found (HttpStubRequest * request, gpointer data)
{
  http_stub_reply (request, 404, NULL, "", 0);
}

GST_START_TEST (test_a_token_is_shown_to_nobody_else)
{
  HttpStub *stub = http_stub_new (not_found, NULL);
  GstElement *src = make_src ("dvr://edge/~secret/live/cam1");
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  gchar *uri = http_stub_get_uri (stub, "/live/cam1");
  gchar *dvr_uri = g_strconcat ("dvr", strchr (uri, ':'), NULL);

  g_object_set (src, "uri", dvr_uri, NULL);
  gst_bin_add_many (GST_BIN (pipeline), gst_object_ref (src), sink, NULL);
  fail_unless (gst_element_link (src, sink));
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  fail_unless_soon (http_stub_count (stub, NULL) > 0);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  fail_unless (http_stub_count (stub, "/live/cam1/dvr.m3u8") > 0);
  gst_object_unref (src);
  gst_object_unref (pipeline);
  http_stub_free (stub);
  g_free (dvr_uri);
  g_free (uri);
}

GST_END_TEST;

GST_START_TEST (test_uris_that_are_refused)
{
  static const gchar *const uris[] = {
    "dvr:///live/cam1", "dvr://edge", "dvr://edge/", "dvr://edge/a//b",
    "dvr://edge/.hidden", "dvr://edge/cam?start=soon", "dvr://edge/cam?start=",
    "dvr://edge/cam?start=1e300", "dvr://edge/cam?start=nan",
    "dvr://edge/cam?t=yesterday", "dvr://edge/cam?t=2026",
    "dvr://edge:port/cam", "http://edge/cam"
  };
  GstElement *src = gst_element_factory_make ("dvrsrc", NULL);
  guint i;

  gst_object_ref_sink (src);
  for (i = 0; i < G_N_ELEMENTS (uris); i++) {
    GError *error = NULL;

    fail_if (gst_uri_handler_set_uri (GST_URI_HANDLER (src), uris[i], &error),
        "%s", uris[i]);
    fail_unless (error != NULL);
    g_error_free (error);
  }
  gst_object_unref (src);
}

GST_END_TEST;

GST_START_TEST (test_a_player_s_defaults)
{
  GstElement *src = make_src ("dvr://edge/cam");
  guint64 memory, back, ahead;
  gboolean in_buffer;

  g_object_get (src, "in-buffer-seek", &in_buffer, "max-memory", &memory,
      "back-buffer-time", &back, "buffer-time", &ahead, NULL);
  fail_unless (in_buffer);
  fail_unless_equals_uint64 (memory, 128 * 1024 * 1024);
  fail_unless_equals_uint64 (back, 30 * GST_SECOND);
  fail_unless_equals_uint64 (ahead, 100 * GST_MSECOND);
  g_object_set (src, "back-buffer-time", 10 * GST_SECOND, NULL);
  g_object_get (src, "back-buffer-time", &back, NULL);
  fail_unless_equals_uint64 (back, 10 * GST_SECOND);
  gst_object_unref (src);
}

GST_END_TEST;

GST_START_TEST (test_without_uri_it_does_not_start)
{
  GstElement *src = gst_element_factory_make ("dvrsrc", NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;

  gst_element_set_bus (src, bus);
  fail_unless_equals_int (gst_element_set_state (src, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_unref (message);
  gst_element_set_state (src, GST_STATE_NULL);
  gst_element_set_bus (src, NULL);
  gst_object_unref (bus);
  gst_object_unref (src);
}

GST_END_TEST;

static Suite *
dvrsrc_suite (void)
{
  Suite *s = suite_create ("dvrsrc");
  TCase *tc = tcase_create ("uri");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_uri_names_server_and_stream);
  tcase_add_test (tc, test_uri_says_where_to_begin);
  tcase_add_test (tc, test_another_uri_forgets_where_the_one_before_began);
  tcase_add_test (tc, test_a_token_is_shown_to_nobody_else);
  tcase_add_test (tc, test_uris_that_are_refused);
  tcase_add_test (tc, test_a_player_s_defaults);
  tcase_add_test (tc, test_without_uri_it_does_not_start);
  return s;
}

GST_CHECK_MAIN (dvrsrc);
