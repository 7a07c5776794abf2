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
#include <gst/dvr/gstdvrlink.h>

#include "rtmpfixture.h"

enum
{
  DENY,
  ALLOW,
  LATER
};

typedef struct
{
  GstElement *sink;
  GstPad *src;
  GstPad *pad;
  GstDvrTimeline *timeline;
  gint port;

  GMutex lock;
  GCond wake;
  const gchar *kind;            /* what is decided here; others may */
  const gchar *stream;          /* likewise, where it is not NULL */
  gint answer;
  guint n_asked;
  guint64 id;
  GstStructure *client;
} Fixture;

static gboolean
answer (GstPad * pad, GstObject * parent, GstQuery * query)
{
  Fixture *f = gst_pad_get_element_private (pad);
  GstDvrRequest *request = gst_query_get_dvr_request (query);

  if (!request)
    return gst_pad_query_default (pad, parent, query);
  gst_dvr_request_answer_timeline (request, f->timeline);
  return TRUE;
}

static gint
authorize (GstElement * sink, const gchar * kind, GstStructure * client,
    gpointer user_data)
{
  Fixture *f = user_data;

  if (!g_str_equal (kind, f->kind) || (f->stream
          && !g_str_equal (gst_structure_get_string (client, "stream"),
              f->stream)))
    return ALLOW;
  g_mutex_lock (&f->lock);
  f->n_asked++;
  gst_structure_get_uint64 (client, "id", &f->id);
  g_clear_pointer (&f->client, gst_structure_free);
  f->client = gst_structure_copy (client);
  g_cond_broadcast (&f->wake);
  g_mutex_unlock (&f->lock);
  return f->answer;
}

static void
setup (Fixture * f, const gchar * kind, gint answers)
{
  gchar *names[] = { (gchar *) "*", NULL };

  memset (f, 0, sizeof (*f));
  g_mutex_init (&f->lock);
  g_cond_init (&f->wake);
  f->kind = kind;
  f->answer = answers;
  f->timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_set_state (f->timeline, GST_DVR_TIMELINE_OPEN, 0);
  f->sink = gst_check_setup_element ("dvrserversink");
  g_object_set (f->sink, "http-port", -1, "rtmp-port", 0, NULL);
  g_signal_connect (f->sink, "authorize", G_CALLBACK (authorize), f);
  f->src = gst_pad_new ("src", GST_PAD_SRC);
  gst_pad_set_element_private (f->src, f);
  gst_pad_set_query_function (f->src, answer);
  f->pad = gst_element_request_pad_simple (f->sink, "sink_%u");
  fail_unless_equals_int (gst_pad_link (f->src, f->pad), GST_PAD_LINK_OK);
  gst_pad_set_active (f->src, TRUE);
  fail_unless_equals_int (gst_element_set_state (f->sink, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
  gst_pad_push_event (f->src, gst_event_new_stream_start ("test"));
  gst_pad_push_event (f->src, gst_dvr_event_new_names (names));
  g_object_get (f->sink, "current-rtmp-port", &f->port, NULL);
}

static void
teardown (Fixture * f)
{
  gst_element_set_state (f->sink, GST_STATE_NULL);
  gst_pad_set_active (f->src, FALSE);
  gst_element_release_request_pad (f->sink, f->pad);
  gst_object_unref (f->pad);
  gst_object_unref (f->src);
  gst_check_teardown_element (f->sink);
  gst_dvr_timeline_unref (f->timeline);
  g_clear_pointer (&f->client, gst_structure_free);
  g_cond_clear (&f->wake);
  g_mutex_clear (&f->lock);
}

/* Returns: the id of the question */
static guint64
wait_asked (Fixture * f, guint n)
{
  guint64 id;

  g_mutex_lock (&f->lock);
  while (f->n_asked < n)
    g_cond_wait (&f->wake, &f->lock);
  id = f->id;
  g_mutex_unlock (&f->lock);
  return id;
}

static gboolean
decide (Fixture * f, guint64 id, gboolean allow)
{
  gboolean done = FALSE;

  g_signal_emit_by_name (f->sink, "authorize-done", id, allow, &done);
  return done;
}

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
  Fixture f;

  setup (&f, "connect", DENY);
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
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (who_is_allowed_plays)
{
  RtmpClient client;
  Fixture f;

  setup (&f, "connect", ALLOW);
  rtmp_client_open (&client, f.port, 0);
  play (&client);
  wait_code (&client, "NetStream.Data.Start");
  fail_unless_equals_int (f.n_asked, 1);
  rtmp_client_close (&client);
  teardown (&f);
}

GST_END_TEST;

/* Until the application has been asked, the @n-th time. */
static void
dial_and_wait (RtmpClient * client, Fixture * f, guint n)
{
  rtmp_client_dial (client, f->port, 0);
  while (__atomic_load_n (&f->n_asked, __ATOMIC_ACQUIRE) < n) {
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
  Fixture f;
  guint64 id;

  setup (&f, "connect", LATER);
  dial_and_wait (&client, &f, 1);
  id = wait_asked (&f, 1);
  quiet = (struct pollfd) {
    client.fd, POLLIN, 0
  };
  while (poll (&quiet, 1, 50) > 0)
    fail_unless (rtmp_client_hear (&client));
  fail_if (client.connected);
  fail_unless (decide (&f, id, TRUE));
  fail_if (decide (&f, id, TRUE));
  while (!client.connected)
    fail_unless (rtmp_client_hear (&client));
  rtmp_client_close (&client);

  dial_and_wait (&client, &f, 2);
  fail_unless (decide (&f, wait_asked (&f, 2), FALSE));
  fail_unless_equals_string (rtmp_client_wait_status (&client),
      "NetConnection.Connect.Rejected");
  check_closed (&client);
  rtmp_client_close (&client);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (a_client_may_go_while_it_is_asked_about)
{
  RtmpClient client;
  Fixture f;

  setup (&f, "connect", LATER);
  dial_and_wait (&client, &f, 1);
  rtmp_client_close (&client);
  fail_unless (decide (&f, wait_asked (&f, 1), TRUE));
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (the_server_may_stop_while_it_asks)
{
  RtmpClient client;
  Fixture f;

  setup (&f, "connect", LATER);
  dial_and_wait (&client, &f, 1);
  gst_element_set_state (f.sink, GST_STATE_NULL);
  fail_if (decide (&f, wait_asked (&f, 1), TRUE));
  check_closed (&client);
  rtmp_client_close (&client);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (going_over_to_another_stream_is_playing_it)
{
  GstAmf *options = gst_amf_new_object ();
  RtmpClient client;
  Fixture f;

  setup (&f, "play", DENY);
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
  teardown (&f);
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
