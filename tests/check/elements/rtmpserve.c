/* rtmpserve.c: what dvrserversink promises over RTMP, beside its media
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrlink.h>

#include "rtmp/rtmpclientsession.h"

/* A client on a plain socket; keeps the last status. */
typedef struct
{
  int fd;
  GstRtmpClientSession *session;
  gboolean connected;
  gchar *code;
} Client;

static void
on_event (GstRtmpClientSession * session, const GstRtmpClientEvent * event,
    gpointer user_data)
{
  const GstRtmpPlay play = { GST_RTMP_PLAY_ANY, GST_RTMP_PLAY_TO_END, 1 };
  Client *self = user_data;

  if (event->type == GST_RTMP_CLIENT_CONNECTED) {
    self->connected = TRUE;
  } else if (event->type == GST_RTMP_CLIENT_STREAM) {
    gst_rtmp_client_session_play (session, event->stream_id, "cam1", &play);
  } else if (event->type == GST_RTMP_CLIENT_STATUS) {
    g_free (self->code);
    self->code = g_strdup (event->code);
  }
}

static void
flush (Client * self)
{
  GBytes *bytes = gst_rtmp_client_session_take_output (self->session);
  gsize size;
  gconstpointer data;

  if (!bytes)
    return;
  data = g_bytes_get_data (bytes, &size);
  fail_unless (send (self->fd, data, size, MSG_NOSIGNAL) == (ssize_t) size);
  g_bytes_unref (bytes);
}

static void
hear (Client * self)
{
  guint8 bytes[8192];
  ssize_t n = recv (self->fd, bytes, sizeof (bytes), 0);

  fail_unless (n > 0, "the server has closed");
  fail_unless (gst_rtmp_client_session_feed (self->session, bytes, n, NULL));
  flush (self);
}

static void
open_client (Client * self, guint port, guint caps_ex)
{
  struct sockaddr_in address = {.sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),.sin_port = htons (port)
  };
  GstRtmpLimits limits = GST_RTMP_LIMITS_DEFAULT;
  GstAmf *extra = gst_amf_new_object ();

  memset (self, 0, sizeof (*self));
  self->fd = socket (AF_INET, SOCK_STREAM, 0);
  fail_unless (connect (self->fd, (struct sockaddr *) &address,
          sizeof (address)) == 0);
  self->session = gst_rtmp_client_session_new (&limits, GST_RTMP_DIGEST_NONE,
      on_event, self);
  gst_amf_set_number (extra, "capsEx", caps_ex);
  gst_rtmp_client_session_connect (self->session, "live",
      "rtmp://localhost/live", extra);
  flush (self);
  while (!self->connected)
    hear (self);
}

static void
close_client (Client * self)
{
  close (self->fd);
  gst_rtmp_client_session_free (self->session);
  g_free (self->code);
}

static const gchar *
wait_status (Client * self)
{
  while (!self->code)
    hear (self);
  return self->code;
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
  Client modern, legacy;
  struct pollfd quiet;

  open_client (&modern, port, GST_RTMP_CAPS_RECONNECT);
  open_client (&legacy, port, 0);
  fail_unless (gst_pad_push_event (srcpad, gst_event_new_eos ()));
  fail_unless_equals_string (wait_status (&modern),
      "NetConnection.Connect.ReconnectRequest");
  quiet = (struct pollfd) {
    legacy.fd, POLLIN, 0
  };
  fail_unless_equals_int (poll (&quiet, 1, 0), 0);
  /* both are served on */
  gst_rtmp_client_session_create_stream (legacy.session);
  flush (&legacy);
  fail_unless_equals_string (wait_status (&legacy),
      "NetStream.Play.StreamNotFound");
  close_client (&modern);
  close_client (&legacy);
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
  return g_str_equal (kind, "play") ? 1 : 2;
}

static gint
authorize (GstElement * element, const gchar * kind, GstStructure * client,
    gpointer user_data)
{
  fail_unless_equals_string (kind, "play");
  fail_unless_equals_string (gst_structure_get_string (client, "stream"),
      "live/cam1");
  gst_structure_get_uint64 (client, "id", &asked_id);
  __atomic_store_n ((gboolean *) user_data, TRUE, __ATOMIC_RELEASE);
  return answer;
}

static const gchar *
play_authorized (Client * client, guint port, gboolean * asked)
{
  *asked = FALSE;
  open_client (client, port, 0);
  gst_rtmp_client_session_create_stream (client->session);
  flush (client);
  if (answer != 2)
    return wait_status (client);
  while (!__atomic_load_n (asked, __ATOMIC_ACQUIRE) && !client->code) {
    struct pollfd in = { client->fd, POLLIN, 0 };

    if (poll (&in, 1, 10) > 0)
      hear (client);
  }
  return client->code;
}

GST_START_TEST (the_application_is_asked_before_a_client_plays)
{
  guint port = start ();
  gboolean asked, done;
  Client client;

  g_signal_connect (sink, "authorize", G_CALLBACK (authorize), &asked);
  answer = 0;
  fail_unless_equals_string (play_authorized (&client, port, &asked),
      "NetStream.Play.Failed");
  close_client (&client);
  answer = 1;
  fail_unless_equals_string (play_authorized (&client, port, &asked),
      "NetStream.Play.StreamNotFound");
  close_client (&client);
  answer = 2;
  fail_unless (play_authorized (&client, port, &asked) == NULL);
  g_signal_emit_by_name (sink, "authorize-done", asked_id, FALSE, &done);
  fail_unless (done);
  fail_unless_equals_string (wait_status (&client), "NetStream.Play.Failed");
  g_signal_emit_by_name (sink, "authorize-done", asked_id, TRUE, &done);
  fail_if (done);
  close_client (&client);
  stop ();
}

GST_END_TEST;

GST_START_TEST (it_stops_while_a_question_is_open)
{
  guint port = start ();
  gboolean asked, done;
  Client client;

  g_signal_connect (sink, "authorize", G_CALLBACK (authorize), &asked);
  answer = 2;
  fail_unless (play_authorized (&client, port, &asked) == NULL);
  gst_element_set_state (sink, GST_STATE_NULL);
  g_signal_emit_by_name (sink, "authorize-done", asked_id, TRUE, &done);
  fail_if (done);
  close_client (&client);
  stop ();
}

GST_END_TEST;

GST_START_TEST (who_does_not_wait_for_answers_is_refused)
{
  guint port = start ();
  guint asked, i;
  Client client;

  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  g_signal_connect (sink, "authorize", G_CALLBACK (authorize_all), NULL);
  open_client (&client, port, 0);
  gst_rtmp_client_session_create_stream (client.session);
  flush (&client);
  while (g_strcmp0 (client.code, "NetStream.Data.Start") != 0)
    hear (&client);
  asked = __atomic_load_n (&n_asked, __ATOMIC_SEQ_CST);
  for (i = 0; i < 1000; i++)
    gst_rtmp_client_session_seek (client.session, 1, i);
  flush (&client);
  while (g_strcmp0 (client.code, "NetStream.Seek.Failed") != 0)
    hear (&client);
  fail_unless_equals_int (__atomic_load_n (&n_asked, __ATOMIC_SEQ_CST) - asked,
      16);
  close_client (&client);
  stop ();
}

GST_END_TEST;

GST_START_TEST (a_branch_may_go_while_its_stream_is_played)
{
  guint port = start ();
  GstPad *sinkpad = gst_pad_get_peer (srcpad);
  GstStructure *stats;
  guint64 clients = 0;
  Client client;

  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  open_client (&client, port, 0);
  gst_rtmp_client_session_create_stream (client.session);
  flush (&client);
  while (g_strcmp0 (client.code, "NetStream.Data.Start") != 0)
    hear (&client);
  gst_element_release_request_pad (sink, sinkpad);
  gst_object_unref (sinkpad);
  /* it waits for the stream to come back, and is still there */
  g_object_get (sink, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "clients", &clients);
  fail_unless_equals_uint64 (clients, 1);
  gst_structure_free (stats);
  close_client (&client);
  stop ();
}

GST_END_TEST;

GST_START_TEST (it_goes_up_and_down_while_clients_ask)
{
  guint i;

  for (i = 0; i < 5; i++) {
    guint port = start ();
    Client client;

    open_client (&client, port, 0);
    gst_rtmp_client_session_create_stream (client.session);
    flush (&client);
    stop ();
    close_client (&client);
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
