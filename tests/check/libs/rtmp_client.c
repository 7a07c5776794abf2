/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp_client.c: a client session and a server session, back to back over
 * memory, the bytes between them torn at random
 */
#include <gst/check/gstcheck.h>

#include "rtmp/rtmpclientsession.h"
#include "rtmp/rtmpserversession.h"

typedef struct
{
  GstRtmpServerSession *server;
  GstRtmpClientSession *client;
  GRand *rand;
  gsize max_piece;
  guint32 stream_id;            /* that the client was given */
  GString *heard;               /* by the server */
  GString *told;                /* to the client */
  const gchar *redirect;        /* the server wants the client elsewhere */
} Link;

static void
on_server_event (GstRtmpServerSession * s, const GstRtmpServerEvent * event,
    gpointer user_data)
{
  const GstRtmpCommand *c = event->command;
  Link *link = user_data;

  switch (event->type) {
    case GST_RTMP_SERVER_CONNECT:
      if (link->redirect)
        gst_rtmp_server_session_reject_connect (s,
            "NetConnection.Connect.Rejected", "Elsewhere.", link->redirect,
            NULL);
      else
        gst_rtmp_server_session_accept_connect (s, NULL, NULL);
      break;
    case GST_RTMP_SERVER_PUBLISH:
      gst_rtmp_server_session_accept_publish (s, event->stream_id, NULL);
      break;
    case GST_RTMP_SERVER_PLAY:
      gst_rtmp_server_session_accept_play (s, event->stream_id, TRUE,
          c->play.reset, NULL);
      break;
    case GST_RTMP_SERVER_SEEK:
      gst_rtmp_server_session_send_seek_notify (s, event->stream_id,
          c->position, TRUE);
      break;
    case GST_RTMP_SERVER_STREAM_LENGTH:
      gst_rtmp_server_session_send_result (s, c, gst_amf_new_number (60));
      break;
    default:
      break;
  }
  g_string_append_printf (link->heard, "%d", event->type);
  if (c)
    g_string_append_printf (link->heard, ":%s:%" G_GINT64_FORMAT ":%s",
        c->name, c->position, c->stream.name ? c->stream.name : "");
  if (event->buffer)
    g_string_append_printf (link->heard, "@%" G_GINT64_FORMAT "+%"
        G_GSIZE_FORMAT, event->timestamp, gst_buffer_get_size (event->buffer));
  g_string_append_c (link->heard, ' ');
}

static void
on_client_event (GstRtmpClientSession * c, const GstRtmpClientEvent * event,
    gpointer user_data)
{
  Link *link = user_data;

  switch (event->type) {
    case GST_RTMP_CLIENT_STREAM:
      link->stream_id = event->stream_id;
      g_string_append_printf (link->told, "stream%u ", event->stream_id);
      break;
    case GST_RTMP_CLIENT_RESULT:
    case GST_RTMP_CLIENT_ERROR:
      g_string_append_printf (link->told, "%s%u ",
          event->type == GST_RTMP_CLIENT_RESULT ? "result" : "error",
          event->transaction);
      break;
    case GST_RTMP_CLIENT_CONTROL:
      g_string_append_printf (link->told, "control%u ", event->control);
      break;
    case GST_RTMP_CLIENT_MEDIA:
      g_string_append_printf (link->told, "%u@%" G_GINT64_FORMAT " ",
          event->message_type, event->timestamp);
      break;
    case GST_RTMP_CLIENT_DATA:
      g_string_append_printf (link->told, "%s ", event->data->name);
      break;
    case GST_RTMP_CLIENT_COMMAND:
      g_string_append_printf (link->told, "%s ", event->command->name);
      break;
    case GST_RTMP_CLIENT_CLOSE:
      g_string_append (link->told, "close ");
      break;
    default:
      g_string_append_printf (link->told, "%s ", event->code);
      break;
  }
  if (event->redirect)
    g_string_append_printf (link->told, "to %s ", event->redirect);
}

static Link *
link_new (guint32 seed, gsize max_piece)
{
  Link *link = g_new0 (Link, 1);

  link->server = gst_rtmp_server_session_new (NULL, on_server_event, link);
  link->client = gst_rtmp_client_session_new (NULL, seed % 3,
      on_client_event, link);
  link->rand = g_rand_new_with_seed (seed);
  link->max_piece = max_piece;
  link->heard = g_string_new (NULL);
  link->told = g_string_new (NULL);
  return link;
}

static void
link_free (Link * link)
{
  gst_rtmp_server_session_close (link->server);
  gst_rtmp_server_session_free (link->server);
  gst_rtmp_client_session_free (link->client);
  g_rand_free (link->rand);
  g_string_free (link->heard, TRUE);
  g_string_free (link->told, TRUE);
  g_free (link);
}

/* Brings @bytes over, in pieces; FALSE when there was nothing. */
static gboolean
carry (Link * link, GBytes * bytes, gboolean to_server)
{
  GError *error = NULL;
  const guint8 *data;
  gsize size, pos = 0;

  if (!bytes)
    return FALSE;
  data = g_bytes_get_data (bytes, &size);
  while (pos < size) {
    gsize wanted = g_rand_int_range (link->rand, 1, link->max_piece + 1);
    gsize piece = MIN (size - pos, wanted);
    guint8 *copy = g_memdup2 (data + pos, piece);
    gboolean ok = to_server ?
        gst_rtmp_server_session_feed (link->server, copy, piece, &error) :
        gst_rtmp_client_session_feed (link->client, copy, piece, &error);

    fail_unless (ok, "%s", error ? error->message : "");
    g_free (copy);
    pos += piece;
  }
  g_bytes_unref (bytes);
  return TRUE;
}

static void
run (Link * link)
{
  gboolean up, down;

  do {
    up = carry (link, gst_rtmp_client_session_take_output (link->client), TRUE);
    down = carry (link, gst_rtmp_server_session_take_output (link->server),
        FALSE);
  } while (up || down);
}

static void
fail_unless_told (Link * link, const gchar * expected)
{
  run (link);
  fail_unless_equals_string (link->told->str, expected);
  g_string_truncate (link->told, 0);
}

static void
fail_unless_heard (Link * link, const gchar * format, ...)
{
  va_list args;
  gchar *expected;

  run (link);
  va_start (args, format);
  expected = g_strdup_vprintf (format, args);
  va_end (args);
  fail_unless_equals_string (link->heard->str, expected);
  g_free (expected);
  g_string_truncate (link->heard, 0);
}

static void
connect_and_create (Link * link)
{
  gst_rtmp_client_session_connect (link->client, "live",
      "rtmp://localhost/live", NULL);
  fail_unless_told (link, "control0 NetConnection.Connect.Success ");
  gst_rtmp_client_session_create_stream (link->client);
  fail_unless_told (link, "stream1 ");
  fail_unless_heard (link, "%d:connect:-1: ", GST_RTMP_SERVER_CONNECT);
}

static void
send_metadata (GstRtmpClientSession * client)
{
  GstAmf *metadata = gst_amf_new_ecma_array ();
  GByteArray *body = g_byte_array_new ();
  GstBuffer *payload;

  gst_amf_set_number (metadata, "width", 640);
  gst_amf0_write_string (body, "@setDataFrame");
  gst_amf0_write_string (body, "onMetaData");
  gst_amf0_write (body, metadata);
  payload = gst_buffer_new_memdup (body->data, body->len);
  gst_rtmp_client_session_send_media (client, 1, GST_RTMP_DATA, 0, payload);
  gst_buffer_unref (payload);
  g_byte_array_unref (body);
  gst_amf_unref (metadata);
}

static void
publish (Link * link)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 20000, NULL);
  guint i;

  gst_buffer_memset (frame, 0, 0x17, -1);
  connect_and_create (link);
  gst_rtmp_client_session_call (link->client, "releaseStream",
      gst_amf_new_string ("cam1"), NULL);
  gst_rtmp_client_session_call (link->client, "FCPublish",
      gst_amf_new_string ("cam1"), NULL);
  gst_rtmp_client_session_publish (link->client, link->stream_id, "cam1",
      GST_RTMP_PUBLISH_APPEND);
  fail_unless_told (link,
      "result3 result4 control0 onFCPublish NetStream.Publish.Start ");
  send_metadata (link->client);
  for (i = 0; i < 3; i++)
    gst_rtmp_client_session_send_media (link->client, 1, GST_RTMP_VIDEO,
        G_GUINT64_CONSTANT (0xfffffff0) + 40 * i, frame);
  gst_buffer_unref (frame);
  gst_rtmp_client_session_call (link->client, "FCUnpublish",
      gst_amf_new_string ("cam1"), NULL);
  gst_rtmp_client_session_delete_stream (link->client, 1);
  fail_unless_heard (link, "%d:publish:-1:cam1 %d@0+37 "
      "%d@4294967280+20000 %d@4294967320+20000 "
      "%d@4294967360+20000 %d:FCUnpublish:-1:cam1 ",
      GST_RTMP_SERVER_PUBLISH, GST_RTMP_SERVER_DATA, GST_RTMP_SERVER_MEDIA,
      GST_RTMP_SERVER_MEDIA, GST_RTMP_SERVER_MEDIA, GST_RTMP_SERVER_UNPUBLISH);
  fail_unless_told (link, "onFCUnpublish result5 NetStream.Unpublish.Success ");
}

GST_START_TEST (test_publish_at_any_pace)
{
  static const gsize pieces[] = { 1, 2, 13, 200, 5000, 100000 };
  guint i, seed;

  for (i = 0; i < G_N_ELEMENTS (pieces); i++) {
    for (seed = 0; seed < 3; seed++) {
      Link *link = link_new (seed, pieces[i]);

      publish (link);
      link_free (link);
    }
  }
}

GST_END_TEST;

static void
play (Link * link)
{
  GstRtmpPlay request = { 5000, GST_RTMP_PLAY_TO_END, 1 };
  GstBuffer *frame = gst_buffer_new_memdup ("\x17", 1);

  connect_and_create (link);
  gst_rtmp_client_session_set_buffer_length (link->client, 1, 3000);
  gst_rtmp_client_session_play (link->client, 1, "cam1?t=1", &request);
  fail_unless_told (link, "control4 control0 NetStream.Play.Reset "
      "NetStream.Play.Start |RtmpSampleAccess NetStream.Data.Start ");
  gst_rtmp_server_session_send_data (link->server, 1, 0, "onMetaData",
      gst_amf_new_ecma_array (), NULL);
  gst_rtmp_server_session_send_media (link->server, 1, GST_RTMP_VIDEO, 5000,
      frame);
  gst_rtmp_server_session_send_media (link->server, 1, GST_RTMP_AUDIO, 5010,
      frame);
  gst_buffer_unref (frame);
  fail_unless_told (link, "onMetaData 9@5000 8@5010 ");
  gst_rtmp_client_session_seek (link->client, 1, 9000);
  fail_unless_told (link, "control1 control4 control0 NetStream.Seek.Notify "
      "NetStream.Play.Start |RtmpSampleAccess NetStream.Data.Start ");
  gst_rtmp_client_session_send (link->client, 1, "pause",
      gst_amf_new_boolean (TRUE), gst_amf_new_number (9100), NULL);
  gst_rtmp_client_session_send (link->client, 1, "pauseRaw",
      gst_amf_new_boolean (FALSE), gst_amf_new_number (9100), NULL);
  gst_rtmp_client_session_seek_raw (link->client, 1, 8000);
  gst_rtmp_client_session_stop_transmit (link->client, 1, 9900);
  gst_rtmp_client_session_start_transmit (link->client, 1, 9901);
  gst_rtmp_client_session_send (link->client, 1, "receiveAudio",
      gst_amf_new_boolean (FALSE), NULL);
  gst_rtmp_client_session_send (link->client, 1, "closeStream", NULL);
  fail_unless_heard (link, "%d %d:play:-1:cam1 %d:seek:9000: "
      "%d:pause:9100: %d:pauseRaw:9100: %d:seekRaw:8000: "
      "%d:stopTransmit:9900: %d:startTransmit:9901: %d:receiveAudio:-1: "
      "%d:closeStream:-1: ", GST_RTMP_SERVER_BUFFER_LENGTH,
      GST_RTMP_SERVER_PLAY, GST_RTMP_SERVER_SEEK, GST_RTMP_SERVER_PAUSE,
      GST_RTMP_SERVER_PAUSE, GST_RTMP_SERVER_SEEK_RAW,
      GST_RTMP_SERVER_TRANSMIT, GST_RTMP_SERVER_TRANSMIT,
      GST_RTMP_SERVER_RECEIVE, GST_RTMP_SERVER_STOP);
  gst_rtmp_client_session_call (link->client, "getStreamLength",
      gst_amf_new_string ("cam1"), NULL);
  gst_rtmp_client_session_call (link->client, "noSuchThing", NULL);
  fail_unless_told (link, "result3 error4 ");
}

GST_START_TEST (test_play_at_any_pace)
{
  guint seed;

  for (seed = 0; seed < 9; seed++) {
    Link *link = link_new (seed, 1 << seed);

    play (link);
    link_free (link);
  }
}

GST_END_TEST;

GST_START_TEST (test_redirect)
{
  Link *link = link_new (0, 100);

  link->redirect = "rtmp://b/live";
  gst_rtmp_client_session_connect (link->client, "live", "rtmp://a/live", NULL);
  fail_unless_told (link,
      "NetConnection.Connect.Rejected to rtmp://b/live close ");
  link_free (link);
}

GST_END_TEST;

GST_START_TEST (test_answers_nobody_asked_for)
{
  Link *link = link_new (0, 100);
  GstRtmpCommand command = {.transaction = 99 };
  guint i;

  connect_and_create (link);
  gst_rtmp_server_session_send_result (link->server, &command,
      gst_amf_new_number (1));
  command.transaction = -1;
  gst_rtmp_server_session_send_result (link->server, &command,
      gst_amf_new_number (1));
  command.transaction = 1e300;
  gst_rtmp_server_session_send_result (link->server, &command,
      gst_amf_new_number (1));
  fail_unless_told (link, "");
  /* and no more questions than can be kept in mind */
  for (i = 0; i < 64; i++)
    fail_if (gst_rtmp_client_session_create_stream (link->client) == 0);
  fail_unless (gst_rtmp_client_session_create_stream (link->client) == 0);
  fail_unless (gst_rtmp_client_session_call (link->client, "x",
          gst_amf_new_null (), NULL) == 0);
  link_free (link);
}

GST_END_TEST;

static Suite *
rtmp_client_suite (void)
{
  Suite *s = suite_create ("rtmp_client");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_publish_at_any_pace);
  tcase_add_test (tc, test_play_at_any_pace);
  tcase_add_test (tc, test_redirect);
  tcase_add_test (tc, test_answers_nobody_asked_for);
  return s;
}

GST_CHECK_MAIN (rtmp_client);
