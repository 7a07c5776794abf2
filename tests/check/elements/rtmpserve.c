/* rtmpserve.c: what dvrserversink promises over RTMP, beside its media
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <poll.h>

#include <gst/check/gstcheck.h>

#include "askingserver.h"
#include "rtmpfixture.h"

/* A server whose one stream turns out not to be. */
static void
start_empty (AskingServer * f, const gchar * kind, gint answers)
{
  asking_server_start (f, kind, answers, "rtmp-port", 0, NULL);
  gst_dvr_timeline_unref (f->timeline);
  f->timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_set_state (f->timeline, GST_DVR_TIMELINE_FAILED, 404);
}

static void
stop (AskingServer * f, RtmpClient * client)
{
  rtmp_client_close (client);
  asking_server_stop (f);
}

GST_START_TEST (who_can_is_asked_to_connect_anew_when_it_drains)
{
  RtmpClient modern, legacy;
  struct pollfd quiet;
  AskingServer f;

  start_empty (&f, NULL, ALLOW);
  rtmp_client_open (&modern, f.rtmp_port, GST_RTMP_CAPS_RECONNECT);
  rtmp_client_open (&legacy, f.rtmp_port, 0);
  fail_unless (gst_pad_push_event (f.src, gst_event_new_eos ()));
  fail_unless_equals_string (rtmp_client_wait_status (&modern),
      "NetConnection.Connect.ReconnectRequest");
  quiet = (struct pollfd) {
    legacy.fd, POLLIN, 0
  };
  fail_unless_equals_int (poll (&quiet, 1, 0), 0);
  /* both are served on */
  rtmp_client_play (&legacy, "cam1");
  fail_unless_equals_string (rtmp_client_wait_status (&legacy),
      "NetStream.Play.StreamNotFound");
  rtmp_client_close (&modern);
  stop (&f, &legacy);
}

GST_END_TEST;

static void
check_answered (gint answers, const gchar * code)
{
  RtmpClient client;
  AskingServer f;

  start_empty (&f, "play", answers);
  rtmp_client_open (&client, f.rtmp_port, 0);
  rtmp_client_play (&client, "cam1");
  fail_unless_equals_string (rtmp_client_wait_status (&client), code);
  asking_server_check_told (&f, "stream", "live/cam1");
  stop (&f, &client);
}

GST_START_TEST (the_application_is_asked_before_a_client_plays)
{
  check_answered (DENY, "NetStream.Play.Failed");
  check_answered (ALLOW, "NetStream.Play.StreamNotFound");
}

GST_END_TEST;

GST_START_TEST (the_application_may_answer_later)
{
  RtmpClient client;
  AskingServer f;
  guint64 id;

  start_empty (&f, "play", LATER);
  rtmp_client_open (&client, f.rtmp_port, 0);
  rtmp_client_play (&client, "cam1");
  id = asking_server_wait_asked (&f, 1);
  fail_unless (asking_server_decide (&f, id, FALSE));
  fail_unless_equals_string (rtmp_client_wait_status (&client),
      "NetStream.Play.Failed");
  fail_if (asking_server_decide (&f, id, TRUE));
  stop (&f, &client);
}

GST_END_TEST;

GST_START_TEST (it_stops_while_a_question_is_open)
{
  RtmpClient client;
  AskingServer f;
  guint64 id;

  start_empty (&f, "play", LATER);
  rtmp_client_open (&client, f.rtmp_port, 0);
  rtmp_client_play (&client, "cam1");
  id = asking_server_wait_asked (&f, 1);
  gst_element_set_state (f.sink, GST_STATE_NULL);
  fail_if (asking_server_decide (&f, id, TRUE));
  stop (&f, &client);
}

GST_END_TEST;

GST_START_TEST (who_does_not_wait_for_answers_is_refused)
{
  RtmpClient client;
  AskingServer f;
  guint i;

  asking_server_start (&f, "client-seek", LATER, "rtmp-port", 0, NULL);
  rtmp_client_open (&client, f.rtmp_port, 0);
  rtmp_client_play (&client, "cam1");
  rtmp_client_wait_code (&client, "NetStream.Data.Start");
  for (i = 0; i < 1000; i++)
    gst_rtmp_client_session_seek_raw (client.session, 1, i);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetConnection.Call.Prohibited");
  fail_unless_equals_int (asking_server_count (&f), 16);
  stop (&f, &client);
}

GST_END_TEST;

GST_START_TEST (a_branch_may_go_while_its_stream_is_played)
{
  GstStructure *stats;
  guint64 clients = 0;
  RtmpClient client;
  AskingServer f;

  asking_server_start (&f, NULL, ALLOW, "rtmp-port", 0, NULL);
  rtmp_client_open (&client, f.rtmp_port, 0);
  rtmp_client_play (&client, "cam1");
  rtmp_client_wait_code (&client, "NetStream.Data.Start");
  gst_element_release_request_pad (f.sink, f.pad);
  /* it waits for the stream to come back, and is still there */
  g_object_get (f.sink, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "rtmp-clients", &clients);
  fail_unless_equals_uint64 (clients, 1);
  gst_structure_free (stats);
  stop (&f, &client);
}

GST_END_TEST;

GST_START_TEST (it_goes_up_and_down_while_clients_ask)
{
  guint i;

  for (i = 0; i < 5; i++) {
    RtmpClient client;
    AskingServer f;

    start_empty (&f, NULL, ALLOW);
    rtmp_client_open (&client, f.rtmp_port, 0);
    rtmp_client_play (&client, "cam1");
    asking_server_stop (&f);
    rtmp_client_close (&client);
  }
}

GST_END_TEST;

static Suite *
rtmpserve_suite (void)
{
  Suite *suite = suite_create ("rtmpserve");
  TCase *server = tcase_create ("server");

  suite_add_tcase (suite, server);
  tcase_add_test (server, who_can_is_asked_to_connect_anew_when_it_drains);
  tcase_add_test (server, the_application_is_asked_before_a_client_plays);
  tcase_add_test (server, the_application_may_answer_later);
  tcase_add_test (server, it_stops_while_a_question_is_open);
  tcase_add_test (server, who_does_not_wait_for_answers_is_refused);
  tcase_add_test (server, a_branch_may_go_while_its_stream_is_played);
  tcase_add_test (server, it_goes_up_and_down_while_clients_ask);
  return suite;
}

GST_CHECK_MAIN (rtmpserve);
