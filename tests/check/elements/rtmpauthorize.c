/* rtmpauthorize.c: the application is asked about clients over RTMP
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <poll.h>
#include <string.h>

#include <gst/check/gstcheck.h>

#include "rtmpserverfixture.h"

static void
play (RtmpClient * client)
{
  const GstRtmpPlay any = { GST_RTMP_PLAY_ANY, GST_RTMP_PLAY_TO_END, 1 };

  rtmp_client_create_stream (client);
  gst_rtmp_client_session_play (client->session, client->stream_id, "cam1",
      &any);
  rtmp_client_flush (client);
}

static void
wait_code (RtmpClient * client, const gchar * code)
{
  while (g_strcmp0 (client->code, code) != 0)
    fail_unless (rtmp_client_hear (client), "closed, not %s", code);
}

static void
check_closed (RtmpClient * client)
{
  while (rtmp_client_hear (client));
  fail_if (client->connected);
}

GST_START_TEST (who_is_refused_is_told_so_and_closed)
{
  RtmpClient client;
  gint64 position;
  RtmpServer f;

  rtmp_server_start (&f, "connect", DENY);
  rtmp_client_dial (&client, f.port, 0);
  fail_unless_equals_string (rtmp_client_wait_status (&client),
      "NetConnection.Connect.Rejected");
  check_closed (&client);
  rtmp_client_close (&client);
  fail_unless_equals_int (f.n_asked, 1);
  fail_unless_equals_string (gst_structure_get_string (f.client, "protocol"),
      "rtmp");
  fail_unless_equals_string (gst_structure_get_string (f.client, "app"),
      "live");
  fail_unless_equals_string (gst_structure_get_string (f.client, "stream"), "");
  fail_unless (gst_structure_get_int64 (f.client, "position", &position));
  fail_unless_equals_int64 (position, -1);
  rtmp_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (who_is_allowed_plays)
{
  RtmpClient client;
  RtmpServer f;

  rtmp_server_start (&f, "connect", ALLOW);
  rtmp_client_open (&client, f.port, 0);
  play (&client);
  wait_code (&client, "NetStream.Data.Start");
  fail_unless_equals_int (f.n_asked, 1);
  rtmp_client_close (&client);
  rtmp_server_stop (&f);
}

GST_END_TEST;

/* Until the application has been asked, the @n-th time. */
static void
dial_and_wait (RtmpClient * client, RtmpServer * f, guint n)
{
  rtmp_client_dial (client, f->port, 0);
  while (rtmp_server_count_asked (f) < n) {
    struct pollfd in = { client->fd, POLLIN, 0 };

    if (poll (&in, 1, 10) > 0)
      fail_unless (rtmp_client_hear (client));
  }
}

/* Whatever a client sends behind connect waits for the answer. */
GST_START_TEST (an_answer_may_come_later)
{
  struct pollfd quiet;
  RtmpClient client;
  RtmpServer f;
  guint64 id;

  rtmp_server_start (&f, "connect", LATER);
  dial_and_wait (&client, &f, 1);
  id = rtmp_server_wait_asked (&f, 1);
  quiet = (struct pollfd) {
    client.fd, POLLIN, 0
  };
  while (poll (&quiet, 1, 50) > 0)
    fail_unless (rtmp_client_hear (&client));
  fail_if (client.connected);
  fail_unless (rtmp_server_decide (&f, id, TRUE));
  fail_if (rtmp_server_decide (&f, id, TRUE));
  while (!client.connected)
    fail_unless (rtmp_client_hear (&client));
  rtmp_client_close (&client);

  dial_and_wait (&client, &f, 2);
  fail_unless (rtmp_server_decide (&f, rtmp_server_wait_asked (&f, 2), FALSE));
  fail_unless_equals_string (rtmp_client_wait_status (&client),
      "NetConnection.Connect.Rejected");
  check_closed (&client);
  rtmp_client_close (&client);
  rtmp_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (a_client_may_go_while_it_is_asked_about)
{
  RtmpClient client;
  RtmpServer f;

  rtmp_server_start (&f, "connect", LATER);
  dial_and_wait (&client, &f, 1);
  rtmp_client_close (&client);
  fail_unless (rtmp_server_decide (&f, rtmp_server_wait_asked (&f, 1), TRUE));
  rtmp_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (the_server_may_stop_while_it_asks)
{
  RtmpClient client;
  RtmpServer f;

  rtmp_server_start (&f, "connect", LATER);
  dial_and_wait (&client, &f, 1);
  gst_element_set_state (f.sink, GST_STATE_NULL);
  fail_if (rtmp_server_decide (&f, rtmp_server_wait_asked (&f, 1), TRUE));
  check_closed (&client);
  rtmp_client_close (&client);
  rtmp_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (going_over_to_another_stream_is_playing_it)
{
  GstAmf *options = gst_amf_new_object ();
  RtmpClient client;
  RtmpServer f;

  rtmp_server_start (&f, "play", DENY);
  f.stream = "live/secret";
  rtmp_client_open (&client, f.port, 0);
  play (&client);
  wait_code (&client, "NetStream.Data.Start");
  gst_amf_set_string (options, "streamName", "secret?for=me");
  gst_rtmp_client_session_send (client.session, client.stream_id, "play2",
      options, NULL);
  rtmp_client_flush (&client);
  wait_code (&client, "NetStream.Play.Failed");
  fail_unless_equals_int (f.n_asked, 1);
  fail_unless_equals_string (gst_structure_get_string (f.client, "query"),
      "for=me");

  f.answer = ALLOW;
  options = gst_amf_new_object ();
  gst_amf_set_string (options, "streamName", "secret");
  gst_rtmp_client_session_send (client.session, client.stream_id, "play2",
      options, NULL);
  rtmp_client_flush (&client);
  wait_code (&client, "NetStream.Play.Transition");
  rtmp_client_close (&client);
  rtmp_server_stop (&f);
}

GST_END_TEST;

static Suite *
rtmpauthorize_suite (void)
{
  Suite *suite = suite_create ("rtmpauthorize");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, who_is_refused_is_told_so_and_closed);
  tcase_add_test (tcase, who_is_allowed_plays);
  tcase_add_test (tcase, an_answer_may_come_later);
  tcase_add_test (tcase, a_client_may_go_while_it_is_asked_about);
  tcase_add_test (tcase, the_server_may_stop_while_it_asks);
  tcase_add_test (tcase, going_over_to_another_stream_is_playing_it);
  return suite;
}

GST_CHECK_MAIN (rtmpauthorize);
