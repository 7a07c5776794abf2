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
#include <gst/dvr/gstdvrlink.h>

#include "rtmpfixture.h"

/* Asks to play; the answer is still to come. */
static void
play (RtmpClient * client)
{
  const GstRtmpPlay any = { GST_RTMP_PLAY_ANY, GST_RTMP_PLAY_TO_END, 1 };

  rtmp_client_create_stream (client);
  gst_rtmp_client_session_play (client->session, client->stream_id, "cam1",
      &any);
  rtmp_client_flush (client);
}

/* -- a server of one stream that is never known -- */

static GstElement *sink;
static GstPad *srcpad;
static GstDvrTimeline *timeline;

static gboolean
query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstDvrRequest *request = gst_query_get_dvr_request (query);

  if (!request)
    return gst_pad_query_default (pad, parent, query);
  gst_dvr_request_answer_timeline (request, timeline);
  return TRUE;
}

static guint
start (void)
{
  gchar *names[] = { (gchar *) "*", NULL };
  GstPad *sinkpad;
  gint port;

  timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_FAILED, 404);
  sink = gst_check_setup_element ("dvrserversink");
  g_object_set (sink, "http-port", -1, "rtmp-port", 0, NULL);
  sinkpad = gst_element_request_pad_simple (sink, "sink_%u");
  srcpad = gst_pad_new ("src", GST_PAD_SRC);
  gst_pad_set_query_function (srcpad, query);
  gst_pad_set_active (srcpad, TRUE);
  fail_unless (gst_pad_link (srcpad, sinkpad) == GST_PAD_LINK_OK);
  gst_object_unref (sinkpad);
  fail_unless (gst_element_set_state (sink, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_SUCCESS);
  gst_pad_push_event (srcpad, gst_event_new_stream_start ("test"));
  gst_pad_push_event (srcpad, gst_dvr_event_new_names (names));
  g_object_get (sink, "current-rtmp-port", &port, NULL);
  fail_unless (port > 0);
  return port;
}

static void
stop (void)
{
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_pad_set_active (srcpad, FALSE);
  gst_object_unref (srcpad);
  gst_check_teardown_element (sink);
  gst_dvr_timeline_unref (timeline);
}

GST_START_TEST (who_can_is_asked_to_connect_anew_when_it_drains)
{
  guint port = start ();
  RtmpClient modern, legacy;
  struct pollfd quiet;

  rtmp_client_open (&modern, port, GST_RTMP_CAPS_RECONNECT);
  rtmp_client_open (&legacy, port, 0);
  fail_unless (gst_pad_push_event (srcpad, gst_event_new_eos ()));
  fail_unless_equals_string (rtmp_client_wait_status (&modern),
      "NetConnection.Connect.ReconnectRequest");
  quiet = (struct pollfd) {
    legacy.fd, POLLIN, 0
  };
  fail_unless_equals_int (poll (&quiet, 1, 0), 0);
  /* both are served on */
  play (&legacy);
  fail_unless_equals_string (rtmp_client_wait_status (&legacy),
      "NetStream.Play.StreamNotFound");
  rtmp_client_close (&modern);
  rtmp_client_close (&legacy);
  stop ();
}

GST_END_TEST;

static guint64 asked_id;
static gint answer;

static guint n_asked;

static gint
authorize_all (GstElement * element, const gchar * kind, GstStructure * client,
    gpointer user_data)
{
  __atomic_add_fetch (&n_asked, 1, __ATOMIC_SEQ_CST);
  return g_str_equal (kind, "connect") || g_str_equal (kind, "play") ? 1 : 2;
}

static gint
authorize (GstElement * element, const gchar * kind, GstStructure * client,
    gpointer user_data)
{
  if (g_str_equal (kind, "connect"))
    return 1;
  fail_unless_equals_string (kind, "play");
  fail_unless_equals_string (gst_structure_get_string (client, "stream"),
      "live/cam1");
  gst_structure_get_uint64 (client, "id", &asked_id);
  __atomic_store_n ((gboolean *) user_data, TRUE, __ATOMIC_RELEASE);
  return answer;
}

static const gchar *
play_authorized (RtmpClient * client, guint port, gboolean * asked)
{
  *asked = FALSE;
  rtmp_client_open (client, port, 0);
  play (client);
  if (answer != 2)
    return rtmp_client_wait_status (client);
  while (!__atomic_load_n (asked, __ATOMIC_ACQUIRE) && !client->code) {
    struct pollfd in = { client->fd, POLLIN, 0 };

    if (poll (&in, 1, 10) > 0)
      fail_unless (rtmp_client_hear (client));
  }
  return client->code;
}

GST_START_TEST (the_application_is_asked_before_a_client_plays)
{
  guint port = start ();
  gboolean asked, done;
  RtmpClient client;

  g_signal_connect (sink, "authorize", G_CALLBACK (authorize), &asked);
  answer = 0;
  fail_unless_equals_string (play_authorized (&client, port, &asked),
      "NetStream.Play.Failed");
  rtmp_client_close (&client);
  answer = 1;
  fail_unless_equals_string (play_authorized (&client, port, &asked),
      "NetStream.Play.StreamNotFound");
  rtmp_client_close (&client);
  answer = 2;
  fail_unless (play_authorized (&client, port, &asked) == NULL);
  g_signal_emit_by_name (sink, "authorize-done", asked_id, FALSE, &done);
  fail_unless (done);
  fail_unless_equals_string (rtmp_client_wait_status (&client),
      "NetStream.Play.Failed");
  g_signal_emit_by_name (sink, "authorize-done", asked_id, TRUE, &done);
  fail_if (done);
  rtmp_client_close (&client);
  stop ();
}

GST_END_TEST;

GST_START_TEST (it_stops_while_a_question_is_open)
{
  guint port = start ();
  gboolean asked, done;
  RtmpClient client;

  g_signal_connect (sink, "authorize", G_CALLBACK (authorize), &asked);
  answer = 2;
  fail_unless (play_authorized (&client, port, &asked) == NULL);
  gst_element_set_state (sink, GST_STATE_NULL);
  g_signal_emit_by_name (sink, "authorize-done", asked_id, TRUE, &done);
  fail_if (done);
  rtmp_client_close (&client);
  stop ();
}

GST_END_TEST;

GST_START_TEST (who_does_not_wait_for_answers_is_refused)
{
  guint port = start ();
  guint asked, i;
  RtmpClient client;

  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  g_signal_connect (sink, "authorize", G_CALLBACK (authorize_all), NULL);
  rtmp_client_open (&client, port, 0);
  play (&client);
  while (g_strcmp0 (client.code, "NetStream.Data.Start") != 0)
    fail_unless (rtmp_client_hear (&client));
  asked = __atomic_load_n (&n_asked, __ATOMIC_SEQ_CST);
  for (i = 0; i < 1000; i++)
    gst_rtmp_client_session_seek (client.session, 1, i);
  rtmp_client_flush (&client);
  while (g_strcmp0 (client.code, "NetStream.Seek.Failed") != 0)
    fail_unless (rtmp_client_hear (&client));
  fail_unless_equals_int (__atomic_load_n (&n_asked, __ATOMIC_SEQ_CST) - asked,
      16);
  rtmp_client_close (&client);
  stop ();
}

GST_END_TEST;

GST_START_TEST (a_branch_may_go_while_its_stream_is_played)
{
  guint port = start ();
  GstPad *sinkpad = gst_pad_get_peer (srcpad);
  GstStructure *stats;
  guint64 clients = 0;
  RtmpClient client;

  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  rtmp_client_open (&client, port, 0);
  play (&client);
  while (g_strcmp0 (client.code, "NetStream.Data.Start") != 0)
    fail_unless (rtmp_client_hear (&client));
  gst_element_release_request_pad (sink, sinkpad);
  gst_object_unref (sinkpad);
  /* it waits for the stream to come back, and is still there */
  g_object_get (sink, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "rtmp-clients", &clients);
  fail_unless_equals_uint64 (clients, 1);
  gst_structure_free (stats);
  rtmp_client_close (&client);
  stop ();
}

GST_END_TEST;

GST_START_TEST (it_goes_up_and_down_while_clients_ask)
{
  guint i;

  for (i = 0; i < 5; i++) {
    guint port = start ();
    RtmpClient client;

    rtmp_client_open (&client, port, 0);
    play (&client);
    stop ();
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
  tcase_add_test (server, it_stops_while_a_question_is_open);
  tcase_add_test (server, who_does_not_wait_for_answers_is_refused);
  tcase_add_test (server, a_branch_may_go_while_its_stream_is_played);
  tcase_add_test (server, it_goes_up_and_down_while_clients_ask);
  return suite;
}

GST_CHECK_MAIN (rtmpserve);
