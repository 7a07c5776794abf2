/* dvrserversink_authorize.c: the application is asked who may play over HTTP
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "askingserver.h"
#include "httpclient.h"

#define RECORDING "20261120T192200Z-3f9c"
#define LIST "/live/cam1/index.m3u8"
#define MEDIA "/live/cam1/" RECORDING "/0000000010.m4s"

/* It has one segment, and its clients may come through a proxy. */
static void
setup (AskingServer * f, gint answers)
{
  GstDvrEntry entry = {.number = 10,.recording = RECORDING,
    .duration = 2 * GST_SECOND,.wall_time = GST_DVR_WALL_TIME_NONE,.size = 5
  };
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 10 };

  asking_server_start (f, "play", answers, "http-port", 0, NULL);
  gst_element_set_state (f->sink, GST_STATE_READY);
  gst_util_set_object_arg (G_OBJECT (f->sink), "trusted-proxies",
      "<127.0.0.1,::1>");
  gst_element_set_state (f->sink, GST_STATE_PLAYING);
  g_object_get (f->sink, "current-http-port", &f->http_port, NULL);
  gst_dvr_timeline_set_durations (f->timeline, 2 * GST_SECOND, 0);
  gst_dvr_timeline_close_segment (f->timeline, &entry);
  f->segment = gst_dvr_segment_new (&id);
  gst_dvr_segment_append (f->segment, gst_buffer_new_memdup ("media", 5));
  gst_dvr_segment_finish (f->segment);
}

static GSocketConnection *
ask (AskingServer * f, const gchar * path, const gchar * headers)
{
  return send_request (f->http_port, "GET", path, headers);
}

/* Returns: the status */
static guint
get (AskingServer * f, const gchar * path, const gchar * headers)
{
  return read_status (ask (f, path, headers));
}

/* Asks as nginx does whether it may answer itself. */
static guint
get_auth (AskingServer * f, const gchar * path, const gchar * headers)
{
  gchar *all = g_strdup_printf ("X-Original-URI: %s\r\n%s", path, headers);
  guint status = get (f, "/-/auth", all);

  g_free (all);
  return status;
}

GST_START_TEST (who_may_not_play_is_told_so)
{
  Reply *reply;
  AskingServer f;

  setup (&f, DENY);
  reply = read_reply (ask (&f, "/~anything" LIST,
          "User-Agent: me\r\nX-Forwarded-For: 192.0.2.1\r\n"));
  fail_unless_equals_int (reply->status, 403);
  fail_unless (strstr (reply->head, "Cache-Control: no-store\r\n") != NULL);
  fail_unless_equals_string (reply_text (reply),
      "playing this stream is not allowed here\n");
  reply_free (reply);
  asking_server_check_told (&f, "protocol", "http");
  asking_server_check_told (&f, "stream", "live/cam1");
  asking_server_check_told (&f, "token", "anything");
  asking_server_check_told (&f, "agent", "me");
  asking_server_check_told (&f, "address", "192.0.2.1");
  asking_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (it_is_asked_once_for_a_viewer_and_a_stream)
{
  static const gchar *const lists[] = { LIST, "/live/cam1/dvr.m3u8",
    "/live/cam1/main.m3u8", "/live/cam1/iframes.m3u8", LIST "?_HLS_skip=YES"
  };
  AskingServer f;
  guint i;

  setup (&f, ALLOW);
  for (i = 0; i < G_N_ELEMENTS (lists); i++)
    fail_unless (get (&f, lists[i], "") != 403, "%s", lists[i]);
  fail_unless_equals_int (get (&f, LIST, ""), 200);
  fail_unless_equals_int (f.n_asked, 1);
  /* others are others */
  f.answer = DENY;
  fail_unless_equals_int (get (&f, "/live/cam2/index.m3u8", ""), 403);
  fail_unless_equals_int (get (&f, "/~token" LIST, ""), 403);
  fail_unless_equals_int (get (&f, LIST, "X-Forwarded-For: 192.0.2.1\r\n"),
      403);
  fail_unless_equals_int (f.n_asked, 4);
  fail_unless_equals_int (get (&f, "/~token" LIST, ""), 403);
  fail_unless_equals_int (get (&f, LIST, ""), 200);
  fail_unless_equals_int (f.n_asked, 4);
  asking_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (media_and_pages_are_not_asked_about)
{
  AskingServer f;

  setup (&f, DENY);
  fail_unless_equals_int (get (&f, MEDIA, ""), 200);
  fail_unless_equals_int (get (&f, "/healthz", ""), 200);
  fail_unless_equals_int (get (&f, "/", ""), 200);
  fail_unless_equals_int (f.n_asked, 0);
  asking_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (a_proxy_is_answered_as_its_client_would_be)
{
  static const gchar from[] = "X-Forwarded-For: 192.0.2.1\r\n";
  AskingServer f;

  setup (&f, DENY);
  fail_unless_equals_int (get_auth (&f, LIST, from), 403);
  asking_server_check_told (&f, "address", "192.0.2.1");
  fail_unless_equals_int (get_auth (&f, MEDIA, from), 204);
  fail_unless_equals_int (get_auth (&f, "/healthz", from), 204);
  fail_unless_equals_int (get (&f, LIST, from), 403);
  fail_unless_equals_int (f.n_asked, 1);
  f.answer = ALLOW;
  fail_unless_equals_int (get_auth (&f, "/~a" LIST, from), 204);
  fail_unless_equals_int (get (&f, "/~a" LIST, from), 200);
  fail_unless_equals_int (f.n_asked, 2);
  asking_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (an_answer_may_come_later)
{
  GSocketConnection *list, *auth;
  guint64 id;
  AskingServer f;

  setup (&f, LATER);
  list = ask (&f, LIST, "");
  id = asking_server_wait_asked (&f, 1);
  auth = ask (&f, "/-/auth", "X-Original-URI: " LIST "\r\n");
  /* nobody else waits for it */
  fail_unless_equals_int (get (&f, MEDIA, ""), 200);
  fail_unless (asking_server_decide (&f, id, TRUE));
  fail_unless_equals_int (read_status (list), 200);
  fail_unless_equals_int (read_status (auth), 204);
  fail_unless_equals_int (f.n_asked, 1);
  asking_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (that_the_server_stops_is_no_refusal)
{
  GSocketConnection *connection;
  Reply *reply;
  AskingServer f;

  setup (&f, LATER);
  connection = ask (&f, LIST, "");
  asking_server_wait_asked (&f, 1);
  gst_element_set_state (f.sink, GST_STATE_NULL);
  fail_if (asking_server_decide (&f, f.id, TRUE));
  reply = read_reply (connection);
  fail_unless (reply->status == 0 || reply->status == 503, "%s", reply->head);
  reply_free (reply);
  asking_server_stop (&f);
}

GST_END_TEST;

/* What is said in a client's name is text for the application. */
GST_START_TEST (what_is_no_text_is_made_one)
{
  AskingServer f;

  setup (&f, DENY);
  fail_unless_equals_int (get (&f, "/~\xff\xfe" LIST,
          "User-Agent: \xc0\x80\r\n"), 403);
  fail_unless (g_utf8_validate (gst_structure_get_string (f.client, "token"),
          -1, NULL));
  asking_server_check_told (&f, "agent", "");
  asking_server_stop (&f);
}

GST_END_TEST;

static Suite *
dvrserversink_authorize_suite (void)
{
  Suite *suite = suite_create ("dvrserversink_authorize");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, who_may_not_play_is_told_so);
  tcase_add_test (tcase, it_is_asked_once_for_a_viewer_and_a_stream);
  tcase_add_test (tcase, media_and_pages_are_not_asked_about);
  tcase_add_test (tcase, a_proxy_is_answered_as_its_client_would_be);
  tcase_add_test (tcase, an_answer_may_come_later);
  tcase_add_test (tcase, that_the_server_stops_is_no_refusal);
  tcase_add_test (tcase, what_is_no_text_is_made_one);

  return suite;
}

GST_CHECK_MAIN (dvrserversink_authorize);
