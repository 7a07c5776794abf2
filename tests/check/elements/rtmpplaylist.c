/* rtmpplaylist.c: what an RTMP client asks for one after the other, and at once
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/check/gstcheck.h>

#include "askingserver.h"
#include "rtmpfixture.h"

/* A server whose streams have ended and hold nothing, so that each is at its
 * end as soon as it has begun. */
static void
start_empty (AskingServer * f, RtmpClient * client, const gchar * kind,
    const gchar * stream, gint answer)
{
  asking_server_start (f, kind, answer, "rtmp-port", 0, NULL);
  f->stream = stream;
  gst_dvr_timeline_set_state (f->timeline, GST_DVR_TIMELINE_ENDED, 0);
  rtmp_client_open (client, f->rtmp_port, 0);
}

static void
stop (AskingServer * f, RtmpClient * client)
{
  rtmp_client_close (client);
  asking_server_stop (f);
}

static void
play (RtmpClient * client, guint32 stream_id, const gchar * name, gint start,
    gboolean reset)
{
  const GstRtmpPlay how = { start, GST_RTMP_PLAY_TO_END, reset };

  gst_rtmp_client_session_play (client->session, stream_id, name, &how);
}

static guint32
create_stream (RtmpClient * client)
{
  client->stream_id = 0;
  rtmp_client_create_stream (client);
  return client->stream_id;
}

/* The application is asked when its turn has come, not before. */
GST_START_TEST (what_follows_may_be_refused_in_its_turn)
{
  RtmpClient client;
  AskingServer f;
  guint32 id;

  start_empty (&f, &client, "play", "live/cam2", DENY);
  id = create_stream (&client);
  play (&client, id, "cam1", 0, TRUE);
  play (&client, id, "cam2", 0, FALSE);
  play (&client, id, "cam3", 0, FALSE);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Play.Failed");
  rtmp_client_wait_code (&client, "NetStream.Play.Start");
  fail_unless_equals_int (f.n_asked, 1);
  rtmp_client_wait_code (&client, "NetStream.Play.Stop");
  stop (&f, &client);
}

GST_END_TEST;

GST_START_TEST (who_stops_while_the_application_thinks_is_forgotten)
{
  RtmpClient client;
  guint64 question;
  AskingServer f;
  guint32 id;

  start_empty (&f, &client, "play", "live/cam2", LATER);
  id = create_stream (&client);
  play (&client, id, "cam1", 0, TRUE);
  play (&client, id, "cam2", 0, FALSE);
  play (&client, id, "cam2", 0, FALSE);
  rtmp_client_flush (&client);
  question = asking_server_wait_asked (&f, 1);
  rtmp_client_wait_code (&client, "NetStream.Play.Reset");
  /* another takes the place of all of them */
  play (&client, id, "cam1", 0, TRUE);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Play.Reset");
  asking_server_decide (&f, question, TRUE);
  rtmp_client_wait_code (&client, "NetStream.Play.Stop");
  play (&client, id, "cam2", 0, FALSE);
  rtmp_client_flush (&client);
  question = asking_server_wait_asked (&f, 2);
  gst_rtmp_client_session_delete_stream (client.session, id);
  rtmp_client_flush (&client);
  asking_server_decide (&f, question, TRUE);
  id = create_stream (&client);
  play (&client, id, "cam1", 0, TRUE);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Play.Start");
  fail_unless_equals_int (f.n_asked, 2);
  stop (&f, &client);
}

GST_END_TEST;

static gboolean
has_code (RtmpClient * client, const gchar * code)
{
  return g_queue_find_custom (&client->codes, code,
      (GCompareFunc) g_strcmp0) != NULL;
}

/* A seek that was asked for in one stream is not done in the next. */
GST_START_TEST (an_answer_about_what_has_ended_is_too_late)
{
  RtmpClient client;
  guint64 question;
  AskingServer f;
  guint32 id;

  start_empty (&f, &client, "seek", NULL, LATER);
  id = create_stream (&client);
  play (&client, id, "cam1", 0, TRUE);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Play.Stop");
  gst_rtmp_client_session_seek (client.session, id, 1000);
  rtmp_client_flush (&client);
  question = asking_server_wait_asked (&f, 1);
  play (&client, id, "cam2", 0, FALSE);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Play.Stop");
  fail_unless (asking_server_decide (&f, question, FALSE));
  gst_rtmp_client_session_seek (client.session, id, 1000);
  rtmp_client_flush (&client);
  question = asking_server_wait_asked (&f, 2);
  fail_unless (asking_server_decide (&f, question, FALSE));
  rtmp_client_wait_code (&client, "NetStream.Seek.Failed");
  /* once: the first answer was not told */
  play (&client, id, "cam3", 0, FALSE);
  rtmp_client_flush (&client);
  while (!has_code (&client, "NetStream.Play.Start"))
    fail_unless (rtmp_client_hear (&client));
  fail_if (has_code (&client, "NetStream.Seek.Failed"));
  stop (&f, &client);
}

GST_END_TEST;

/* Who drags a slider seeks faster than the application answers: what it was let
 * go of at is asked about, whatever was left out before. */
GST_START_TEST (the_last_of_many_seeks_is_done)
{
  const gint64 last = 100;
  const guint open = 16;
  RtmpClient client;
  gint64 position = 0;
  AskingServer f;
  guint64 question;
  guint32 id;
  gint64 i;

  start_empty (&f, &client, "seek", NULL, LATER);
  id = create_stream (&client);
  play (&client, id, "cam1", 0, TRUE);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Play.Stop");
  for (i = 1; i <= last; i++)
    gst_rtmp_client_session_seek (client.session, id, i);
  rtmp_client_flush (&client);
  question = asking_server_wait_asked (&f, open);
  /* so that all of them have been heard */
  rtmp_client_call (&client, "getStreamLength", "cam1");
  rtmp_client_wait_result (&client);
  fail_unless (asking_server_decide (&f, question, FALSE));
  rtmp_client_wait_code (&client, "NetStream.Seek.Failed");
  question = asking_server_wait_asked (&f, open + 1);
  g_mutex_lock (&f.lock);
  gst_structure_get_int64 (f.client, "position", &position);
  g_mutex_unlock (&f.lock);
  fail_unless_equals_int64 (position, last);
  fail_unless (asking_server_decide (&f, question, FALSE));
  rtmp_client_wait_code (&client, "NetStream.Seek.Failed");
  stop (&f, &client);
}

GST_END_TEST;

/* The application refuses, and the client is told in the command's words. */
GST_START_TEST (what_players_do_may_be_refused)
{
  static const gchar *const kinds[] = { "seek", "client-seek",
    "start-transmit", "stop-transmit"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    RtmpClient client;
    AskingServer f;
    guint32 id;

    asking_server_start (&f, kinds[i], DENY, "rtmp-port", 0, NULL);
    rtmp_client_open (&client, f.rtmp_port, 0);
    id = create_stream (&client);
    play (&client, id, "cam1", GST_RTMP_PLAY_ANY, TRUE);
    rtmp_client_flush (&client);
    rtmp_client_wait_code (&client, "NetStream.Data.Start");
    gst_rtmp_client_session_seek (client.session, id, 1000);
    gst_rtmp_client_session_seek_raw (client.session, id, 1000);
    gst_rtmp_client_session_start_transmit (client.session, id, 1000);
    gst_rtmp_client_session_stop_transmit (client.session, id, 1000);
    rtmp_client_flush (&client);
    rtmp_client_wait_code (&client, i == 0 ? "NetStream.Seek.Failed" :
        "NetConnection.Call.Prohibited");
    fail_unless_equals_int (f.n_asked, 1);
    stop (&f, &client);
  }
}

GST_END_TEST;

/* Of "swap", which names what is to go. */
GST_START_TEST (what_swaps_with_nothing_takes_the_place_of_what_plays)
{
  GstAmf *options = gst_amf_new_object ();
  RtmpClient client;
  AskingServer f;
  guint32 id;

  asking_server_start (&f, NULL, ALLOW, "rtmp-port", 0, NULL);
  rtmp_client_open (&client, f.rtmp_port, 0);
  id = create_stream (&client);
  play (&client, id, "cam1", GST_RTMP_PLAY_ANY, TRUE);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Data.Start");
  gst_amf_set_string (options, "streamName", "cam2");
  gst_amf_set_string (options, "transition", "swap");
  gst_rtmp_client_session_send (client.session, id, "play2", options, NULL);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Play.Transition");
  stop (&f, &client);
}

GST_END_TEST;

static guint64
count_clients (AskingServer * f)
{
  GstStructure *stats;
  guint64 clients = 0;

  g_object_get (f->sink, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "clients", &clients);
  gst_structure_free (stats);
  return clients;
}

GST_START_TEST (streams_of_a_connection_come_and_go)
{
  RtmpClient client;
  guint32 ids[8];
  AskingServer f;
  guint i;

  asking_server_start (&f, NULL, ALLOW, "rtmp-port", 0, NULL);
  rtmp_client_open (&client, f.rtmp_port, 0);
  for (i = 0; i < 8; i++) {
    ids[i] = create_stream (&client);
    play (&client, ids[i], "cam1", GST_RTMP_PLAY_ANY, TRUE);
    rtmp_client_flush (&client);
    rtmp_client_wait_code (&client, "NetStream.Data.Start");
  }
  fail_unless_equals_uint64 (count_clients (&f), 8);
  for (i = 0; i < 8; i += 2)
    gst_rtmp_client_session_delete_stream (client.session, ids[i]);
  rtmp_client_flush (&client);
  ids[0] = create_stream (&client);
  play (&client, ids[0], "cam1", GST_RTMP_PLAY_ANY, TRUE);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Data.Start");
  fail_unless_equals_uint64 (count_clients (&f), 5);
  /* each is one of max-clients */
  g_object_set (f.sink, "max-clients", 5, NULL);
  ids[2] = create_stream (&client);
  play (&client, ids[2], "cam1", GST_RTMP_PLAY_ANY, TRUE);
  rtmp_client_flush (&client);
  rtmp_client_wait_code (&client, "NetStream.Play.Failed");
  stop (&f, &client);
}

GST_END_TEST;

static Suite *
rtmpplaylist_suite (void)
{
  Suite *suite = suite_create ("rtmpplaylist");
  TCase *playlist = tcase_create ("playlist");
  TCase *streams = tcase_create ("streams");

  suite_add_tcase (suite, playlist);
  tcase_add_test (playlist, what_follows_may_be_refused_in_its_turn);
  tcase_add_test (playlist,
      who_stops_while_the_application_thinks_is_forgotten);
  tcase_add_test (playlist, an_answer_about_what_has_ended_is_too_late);
  tcase_add_test (playlist, the_last_of_many_seeks_is_done);
  tcase_add_test (playlist, what_players_do_may_be_refused);
  tcase_add_test (playlist,
      what_swaps_with_nothing_takes_the_place_of_what_plays);
  suite_add_tcase (suite, streams);
  tcase_add_test (streams, streams_of_a_connection_come_and_go);
  return suite;
}

GST_CHECK_MAIN (rtmpplaylist);
