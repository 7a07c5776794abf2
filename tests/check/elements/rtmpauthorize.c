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

#include "askingserver.h"
#include "rtmpfixture.h"

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
  AskingServer f;

  asking_server_start (&f, "connect", DENY, "rtmp-port", 0, NULL);
  rtmp_client_dial (&client, f.rtmp_port, 0);
  fail_unless_equals_string (rtmp_client_wait_status (&client),
      "NetConnection.Connect.Rejected");
  check_closed (&client);
  rtmp_client_close (&client);
  fail_unless_equals_int (f.n_asked, 1);
  asking_server_check_told (&f, "protocol", "rtmp");
  asking_server_check_told (&f, "app", "live");
  asking_server_check_told (&f, "stream", "");
  fail_unless (gst_structure_get_int64 (f.client, "position", &position));
  fail_unless_equals_int64 (position, -1);
  asking_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (who_is_allowed_plays)
{
  RtmpClient client;
  AskingServer f;

  asking_server_start (&f, "connect", ALLOW, "rtmp-port", 0, NULL);
  rtmp_client_open (&client, f.rtmp_port, 0);
  rtmp_client_play (&client, "cam1");
  rtmp_client_wait_code (&client, "NetStream.Data.Start");
  fail_unless_equals_int (f.n_asked, 1);
  rtmp_client_close (&client);
  asking_server_stop (&f);
}

GST_END_TEST;

/* Until the application has been asked, the @n-th time. */
static void
dial_and_wait (RtmpClient * client, AskingServer * f, guint n)
{
  rtmp_client_dial (client, f->rtmp_port, 0);
  while (asking_server_count (f) < n) {
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
  AskingServer f;
  guint64 id;

  asking_server_start (&f, "connect", LATER, "rtmp-port", 0, NULL);
  dial_and_wait (&client, &f, 1);
  id = asking_server_wait_asked (&f, 1);
  quiet = (struct pollfd) {
    client.fd, POLLIN, 0
  };
  while (poll (&quiet, 1, 50) > 0)
    fail_unless (rtmp_client_hear (&client));
  fail_if (client.connected);
  fail_unless (asking_server_decide (&f, id, TRUE));
  fail_if (asking_server_decide (&f, id, TRUE));
  while (!client.connected)
    fail_unless (rtmp_client_hear (&client));
  rtmp_client_close (&client);

  dial_and_wait (&client, &f, 2);
  fail_unless (asking_server_decide (&f, asking_server_wait_asked (&f, 2),
          FALSE));
  fail_unless_equals_string (rtmp_client_wait_status (&client),
      "NetConnection.Connect.Rejected");
  check_closed (&client);
  rtmp_client_close (&client);
  asking_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (a_client_may_go_while_it_is_asked_about)
{
  RtmpClient client;
  AskingServer f;

  asking_server_start (&f, "connect", LATER, "rtmp-port", 0, NULL);
  dial_and_wait (&client, &f, 1);
  rtmp_client_close (&client);
  fail_unless (asking_server_decide (&f, asking_server_wait_asked (&f, 1),
          TRUE));
  asking_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (the_server_may_stop_while_it_asks)
{
  RtmpClient client;
  AskingServer f;

  asking_server_start (&f, "connect", LATER, "rtmp-port", 0, NULL);
  dial_and_wait (&client, &f, 1);
  gst_element_set_state (f.sink, GST_STATE_NULL);
  fail_if (asking_server_decide (&f, asking_server_wait_asked (&f, 1), TRUE));
  check_closed (&client);
  rtmp_client_close (&client);
  asking_server_stop (&f);
}

GST_END_TEST;

GST_START_TEST (going_over_to_another_stream_is_playing_it)
{
  GstAmf *options = gst_amf_new_object ();
  RtmpClient client;
  AskingServer f;

  asking_server_start (&f, "play", DENY, "rtmp-port", 0, NULL);
  f.stream = "live/secret";
  rtmp_client_open (&client, f.rtmp_port, 0);
  rtmp_client_play (&client, "cam1");
  rtmp_client_wait_code (&client, "NetStream.Data.Start");
  gst_amf_set_string (options, "streamName", "secret?for=me");
  gst_rtmp_client_session_send (client.session, client.stream_id, "play2",
      options, NULL);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Play.Failed");
  fail_unless_equals_int (f.n_asked, 1);
  asking_server_check_told (&f, "query", "for=me");

  f.answer = ALLOW;
  options = gst_amf_new_object ();
  gst_amf_set_string (options, "streamName", "secret");
  gst_rtmp_client_session_send (client.session, client.stream_id, "play2",
      options, NULL);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Play.Transition");
  rtmp_client_close (&client);
  asking_server_stop (&f);
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
