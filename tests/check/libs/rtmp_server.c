/* rtmp_server.c: what a server session hears and says, message by message
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "rtmppeer.h"

GST_START_TEST (test_connect)
{
  RtmpPeer *peer = rtmp_peer_new ();

  fail_unless_equals_int (gst_rtmp_server_session_get_state (peer->session),
      GST_RTMP_SERVER_AWAITS_CONNECT);
  call (peer, 0, "connect", 1, rtmp_peer_connect_object (0));
  fail_unless_events (peer, "connect 0 live\n");
  fail_unless_says (peer, "window acknowledgement size 2500000\n"
      "set peer bandwidth 2500000\ncontrol 0 of 0\nset chunk size 4096\n"
      "0 \"_result\" 1 {\"fmsVer\": \"FMS/5,0,15,5004\", "
      "\"capabilities\": 127, \"mode\": 1} NetConnection.Connect.Success\n");
  fail_unless_equals_int (gst_rtmp_server_session_get_state (peer->session),
      GST_RTMP_SERVER_CONNECTED);
  rtmp_peer_free (peer);
}

GST_END_TEST;

/* rtmp://host/live/_definst_/cam1 is rtmp://host/live/cam1. */
GST_START_TEST (test_the_default_instance_is_the_app)
{
  static const gchar *const apps[][2] = {
    {"live/_definst_", "live"}, {"/live/_definst_/?key", "live"},
    {"live/event", "live/event"}, {"_definst_", "_definst_"},
    {"live_definst_", "live_definst_"}
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (apps); i++) {
    RtmpPeer *peer = rtmp_peer_new ();
    GstAmf *object = rtmp_peer_connect_object (0);
    gchar *expected = g_strdup_printf ("connect 0 %s\n", apps[i][1]);

    gst_amf_set_string (object, "app", apps[i][0]);
    call (peer, 0, "connect", 1, object);
    fail_unless_events (peer, expected);
    g_free (expected);
    rtmp_peer_free (peer);
  }
}

GST_END_TEST;

GST_START_TEST (test_reject_with_redirect)
{
  RtmpPeer *peer = rtmp_peer_new ();

  peer->later = TRUE;
  call (peer, 0, "connect", 1, rtmp_peer_connect_object (0));
  fail_if (gst_rtmp_server_session_wants_input (peer->session));
  gst_rtmp_server_session_reject_connect (peer->session,
      "NetConnection.Connect.Rejected", "Elsewhere.", "rtmp://b/live", NULL);
  fail_unless_says (peer,
      "0 \"_error\" 1 null NetConnection.Connect.Rejected (error)\n"
      "0 \"close\" 0 null\n");
  fail_unless_equals_int (gst_rtmp_server_session_get_state (peer->session),
      GST_RTMP_SERVER_REJECTED);
  /* what else it says no longer matters */
  call (peer, 0, "createStream", 2, NULL);
  fail_unless_says (peer, "");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_answers_may_come_later)
{
  RtmpPeer *peer = rtmp_peer_new ();

  peer->later = TRUE;
  call (peer, 0, "connect", 1, rtmp_peer_connect_object (0));
  call (peer, 0, "createStream", 2, NULL);
  call (peer, 1, "publish", 3, NULL, S ("cam1?key=x"), S ("live"));
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_VIDEO, 1, 40, BYTES (0x17),
          NULL));
  /* nothing of that is looked at before connect is answered */
  fail_unless_events (peer, "connect 0 live\n");
  fail_unless_says (peer, "");
  fail_unless (gst_rtmp_server_session_accept_connect (peer->session, NULL,
          NULL));
  fail_unless_events (peer, "publish 1 cam1 ?key=x\n");
  fail_if (gst_rtmp_server_session_wants_input (peer->session));
  g_free (rtmp_peer_output (peer));
  fail_unless (gst_rtmp_server_session_accept_publish (peer->session, 1, NULL));
  fail_unless_events (peer, "media 1 @40 1\n");
  fail_unless (gst_rtmp_server_session_wants_input (peer->session));
  /* neither twice nor for another */
  g_free (rtmp_peer_output (peer));
  gst_rtmp_server_session_accept_publish (peer->session, 1, NULL);
  gst_rtmp_server_session_accept_play (peer->session, 9, TRUE, TRUE, NULL);
  fail_unless_says (peer, "");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_waiting_input_is_bounded)
{
  GstRtmpLimits limits = GST_RTMP_LIMITS_DEFAULT;
  static const guint8 handshake[1 + 2 * 1536] = { 3, };
  GError *error = NULL;
  RtmpPeer *peer;
  guint i;

  limits.max_held = 1000;
  peer = rtmp_peer_new_limited (&limits);
  peer->later = TRUE;
  gst_rtmp_server_session_feed (peer->session, handshake, sizeof handshake,
      NULL);
  call (peer, 0, "connect", 1, rtmp_peer_connect_object (0));
  for (i = 0; i < 20; i++) {
    if (!rtmp_peer_send_bytes (peer, GST_RTMP_VIDEO, 1, 0, handshake, 100,
            &error))
      break;
  }
  fail_unless (g_error_matches (error, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT));
  fail_unless_equals_int (i, 9);
  g_clear_error (&error);
  /* and stays so */
  fail_if (gst_rtmp_server_session_feed (peer->session, handshake, 1, &error));
  g_clear_error (&error);
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_publish_as_encoders_do)
{
  RtmpPeer *peer = rtmp_peer_connected ();
  static const guint8 metadata[] = { 2, 0, 13, '@', 's', 'e', 't', 'D', 'a',
    't', 'a', 'F', 'r', 'a', 'm', 'e', 2, 0, 10, 'o', 'n', 'M', 'e', 't', 'a',
    'D', 'a', 't', 'a', 8, 0, 0, 0, 0, 0, 0, 9
  };

  call (peer, 0, "releaseStream", 2, NULL, S ("cam1?key=x"));
  call (peer, 0, "FCPublish", 3, NULL, S ("cam1"));
  call (peer, 0, "createStream", 4, NULL);
  fail_unless_says (peer, "0 \"_result\" 2 null undefined\n"
      "0 \"_result\" 3 null undefined\n0 \"_result\" 4 null 1\n");
  call (peer, 1, "publish", 5, NULL, S ("cam1?key=x"), S ("append"));
  fail_unless_says (peer, "control 0 of 1\n"
      "0 \"onFCPublish\" 0 null NetStream.Publish.Start\n"
      "1 \"onStatus\" 0 null NetStream.Publish.Start\n");
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_DATA, 1, 0, metadata,
          sizeof metadata, NULL));
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_VIDEO, 1, 0xfffffff0,
          BYTES (0x17, 0), NULL));
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_AUDIO, 1, 0x10,
          BYTES (0xaf), NULL));
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_VIDEO, 1, 0, BYTES (0x27),
          NULL));
  /* metadata comes without its wrapping, ready for an FLV tag; time does not
   * wrap */
  fail_unless_events (peer, "publish 1 cam1 ?key=x\n"
      "data 1 onMetaData @0 21\nmedia 1 @4294967280 2\n"
      "media 1 @4294967312 1\nmedia 1 @4294967296 1\n");
  call (peer, 0, "FCUnpublish", 6, NULL, S ("cam1"));
  fail_unless_says (peer,
      "0 \"onFCUnpublish\" 0 null NetStream.Unpublish.Success\n"
      "0 \"_result\" 6 null undefined\n"
      "1 \"onStatus\" 0 null NetStream.Unpublish.Success\n");
  call (peer, 0, "deleteStream", 7, NULL, N (1));
  fail_unless_says (peer, "");
  /* once */
  fail_unless_events (peer, "unpublish 1 cam1\n");
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_VIDEO, 1, 0, BYTES (0x27),
          NULL));
  fail_unless_events (peer, "");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_time_goes_on_behind_32_bits)
{
  RtmpPeer *peer = rtmp_peer_publishing ();
  gint64 time;

  for (time = 0; time < (gint64) 3 << 32; time += 0x60000000) {
    gchar *expected = g_strdup_printf ("media 1 @%" G_GINT64_FORMAT " 1\n",
        time);

    fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_VIDEO, 1, time,
            BYTES (0x17), NULL));
    fail_unless_events (peer, expected);
    g_free (expected);
  }
  rtmp_peer_free (peer);
}

GST_END_TEST;

static void
fail_unless_time (RtmpPeer * peer, guint32 timestamp, gint64 expected)
{
  gchar *event = g_strdup_printf ("media 1 @%" G_GINT64_FORMAT " 1\n",
      expected);

  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_VIDEO, 1, timestamp,
          BYTES (0x17), NULL));
  fail_unless_events (peer, event);
  g_free (event);
}

GST_START_TEST (test_headers_at_zero_do_not_turn_time_back)
{
  static const guint8 metadata[] = { 2, 0, 1, 'x' };
  RtmpPeer *peer = rtmp_peer_publishing ();

  /* a header at 0, then an encoder that counts from 35 days */
  fail_unless_time (peer, 0, 0);
  fail_unless_time (peer, 3024000000, 3024000000);
  /* data at 0 moves nothing */
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_DATA, 1, 0, metadata,
          sizeof metadata, NULL));
  g_string_truncate (peer->events, 0);
  fail_unless_time (peer, 3024000040, 3024000040);
  rtmp_peer_free (peer);
  /* but jitter around zero is jitter */
  peer = rtmp_peer_publishing ();
  fail_unless_time (peer, 5, 5);
  fail_unless_time (peer, 0xfffffffb, -5);
  fail_unless_time (peer, 45, 45);
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_publish_in_aggregates)
{
  RtmpPeer *peer = rtmp_peer_publishing ();

  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_AGGREGATE, 1, 1000,
          BYTES (9, 0, 0, 2, 0, 0, 7, 0, 0, 0, 0, 0x17, 1, 0, 0, 0, 13, 8, 0, 0,
              1, 0, 0, 27, 0, 0, 0, 0, 0xaf, 0, 0, 0, 12), NULL));
  fail_unless_events (peer, "media 1 @1000 2\nmedia 1 @1020 1\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_second_publish_and_bad_names)
{
  RtmpPeer *peer = rtmp_peer_publishing ();

  call (peer, 1, "publish", 6, NULL, S ("cam2"), S ("live"));
  fail_unless_says (peer,
      "1 \"onStatus\" 0 null NetStream.Publish.BadName (error)\n");
  call (peer, 1, "play", 0, NULL, S ("cam2"));
  fail_unless_says (peer,
      "1 \"onStatus\" 0 null NetStream.Play.Failed (error)\n");
  fail_unless_events (peer, "");
  call (peer, 1, "publish", 6, NULL, B (FALSE));
  fail_unless_events (peer, "unpublish 1\n");
  fail_unless_says (peer,
      "1 \"onStatus\" 0 null NetStream.Unpublish.Success\n");
  peer->later = TRUE;
  call (peer, 1, "publish", 6, NULL, S ("taken"), S ("live"));
  gst_rtmp_server_session_reject_publish (peer->session, 1,
      "NetStream.Publish.BadName", "In use.", NULL);
  fail_unless_says (peer,
      "1 \"onStatus\" 0 null NetStream.Publish.BadName (error)\n");
  /* what is no text is asked about, too: who has sent it waits for an answer */
  g_string_truncate (peer->events, 0);
  call (peer, 1, "publish", 6, NULL, gst_amf_new_string_len ("a\0b", 3));
  fail_unless_events (peer, "publish 1 a\357\277\275b\n");
  gst_rtmp_server_session_reject_publish (peer->session, 1,
      "NetStream.Publish.BadName", "No name.", NULL);
  call (peer, 1, "play", 6, NULL, S ("caf\351"));
  fail_unless_events (peer, "play 1 caf\357\277\275 -2 -1 1\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_lost_connection_ends_everything_once)
{
  RtmpPeer *peer = rtmp_peer_playing (0);

  call (peer, 0, "createStream", 3, NULL);
  call (peer, 2, "publish", 4, NULL, S ("cam2"), S ("live"));
  g_string_truncate (peer->events, 0);
  gst_rtmp_server_session_close (peer->session);
  fail_unless_events (peer, "stop 1\nunpublish 2\n");
  gst_rtmp_server_session_close (peer->session);
  fail_unless_events (peer, "");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_streams_are_bounded_and_reused)
{
  RtmpPeer *peer = rtmp_peer_connected ();
  gchar *said;
  guint i;

  for (i = 0; i < 16; i++)
    call (peer, 0, "createStream", 2, NULL);
  g_free (rtmp_peer_output (peer));
  call (peer, 0, "createStream", 2, NULL);
  fail_unless_says (peer,
      "0 \"_error\" 2 null NetConnection.Call.Failed (error)\n");
  call (peer, 0, "deleteStream", 0, NULL, N (7));
  call (peer, 0, "deleteStream", 0, NULL, N (99));
  call (peer, 0, "deleteStream", 0, NULL);
  call (peer, 0, "createStream", 2, NULL);
  said = rtmp_peer_output (peer);
  fail_unless_equals_string (said, "0 \"_result\" 2 null 7\n");
  g_free (said);
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_calls_on_the_connection)
{
  RtmpPeer *peer = rtmp_peer_connected ();
  GstRtmpDvrInfo info = {.stream_name = "cam1" };
  GstRtmpCommand command = {.transaction = 5 };

  call (peer, 0, "FCSubscribe", 0, NULL, S ("cam1"));
  call (peer, 0, "DVRSubscribe", 2, NULL, S ("cam1"));
  call (peer, 0, "DVRUnSubscribe", 0, NULL, S ("cam1"));
  call (peer, 0, "_checkbw", 3, NULL);
  fail_unless_says (peer,
      "0 \"onFCSubscribe\" 0 null NetStream.Play.Start\n"
      "0 \"_result\" 2 null undefined\n"
      "0 \"onDVRSubscribe\" 0 null NetStream.Play.Start\n"
      "0 \"onDVRUnSubscribe\" 0 null NetStream.Play.Stop\n"
      "0 \"_result\" 3 null undefined\n");
  call (peer, 0, "getStreamLength", 4, NULL, S ("cam1"));
  call (peer, 0, "DVRGetStreamInfo", 5, NULL, S ("cam1"));
  fail_unless_events (peer, "length 0 cam1\ndvr-get 0 cam1\n");
  gst_rtmp_server_session_send_result (peer->session, &command, N (12.5));
  gst_rtmp_server_session_send_dvr_info (peer->session, &command, &info);
  info.available = TRUE;
  gst_rtmp_server_session_send_dvr_info (peer->session, &command, &info);
  fail_unless_says (peer, "0 \"_result\" 5 null 12.5\n"
      "0 \"_result\" 5 null NetStream.DVRStreamInfo.Retry\n"
      "0 \"_result\" 5 null NetStream.DVRStreamInfo.Success\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_unknown_commands)
{
  RtmpPeer *peer = rtmp_peer_with_stream ();

  /* who asks for an answer gets one */
  call (peer, 0, "noSuchThing", 9, NULL, S ("x"));
  call (peer, 1, "noSuchThing", 0, NULL);
  call (peer, 7, "seek", 3, NULL, N (1));
  call (peer, 7, "seek", 0, NULL, N (1));
  call (peer, 0, "_result", 3, NULL);
  fail_unless_says (peer,
      "0 \"_error\" 9 null NetConnection.Call.Failed (error)\n"
      "0 \"_error\" 3 null NetConnection.Call.Failed (error)\n");
  fail_unless_events (peer, "");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_amf3_is_answered_in_amf3)
{
  RtmpPeer *peer = rtmp_peer_new ();

  call (peer, 0, "connect", 1, rtmp_peer_connect_object (3));
  g_free (rtmp_peer_output (peer));
  fail_unless (rtmp_peer_send_body (peer, GST_RTMP_COMMAND_AMF3, 0, 0,
          gst_rtmp_command_build (TRUE, "createStream", 2, NULL, NULL), NULL));
  fail_unless_says (peer, "0 amf3 \"_result\" 2 null 1\n");
  fail_unless (rtmp_peer_send_body (peer, GST_RTMP_COMMAND_AMF3, 1, 0,
          gst_rtmp_command_build (TRUE, "play", 0, NULL, S ("missing"), NULL),
          NULL));
  fail_unless_says (peer, "1 amf3 \"onStatus\" 0 null "
      "NetStream.Play.StreamNotFound (error)\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_enhanced_rtmp_is_kept)
{
  GstAmf *object = rtmp_peer_connect_object (0), *list =
      gst_amf_new_strict_array ();
  GByteArray *body;
  GstRtmpMessage m = {.type = GST_RTMP_COMMAND };
  GstRtmpCommand *command;
  RtmpPeer *peer = rtmp_peer_new ();

  gst_amf_append (list, S ("hvc1"));
  gst_amf_append (list, N (1));
  gst_amf_append (list, S ("*"));
  gst_amf_set (object, "fourCcList", list);
  gst_amf_set_number (object, "capsEx", 9);
  body = gst_rtmp_command_build (FALSE, "connect", 1, object, NULL);
  m.payload = gst_buffer_new_memdup (body->data, body->len);
  command = gst_rtmp_command_parse (&m, NULL, NULL);
  fail_unless_equals_int (g_strv_length (command->connect->fourccs), 2);
  fail_unless_equals_string (command->connect->fourccs[1], "*");
  fail_unless_equals_int (command->connect->caps_ex, 9);
  gst_rtmp_command_free (command);
  gst_rtmp_message_clear (&m);
  fail_unless (rtmp_peer_send_body (peer, GST_RTMP_COMMAND, 0, 0, body, NULL));
  g_free (rtmp_peer_output (peer));
  fail_unless (gst_rtmp_server_session_send_reconnect (peer->session,
          "rtmp://b/live", "Going down."));
  fail_unless_says (peer,
      "0 \"onStatus\" 0 null NetConnection.Connect.ReconnectRequest\n");
  rtmp_peer_free (peer);
  peer = rtmp_peer_connected ();
  fail_if (gst_rtmp_server_session_send_reconnect (peer->session, NULL, ""));
  rtmp_peer_free (peer);
}

GST_END_TEST;

static void
fail_unless_ends (RtmpPeer * peer, gboolean fed, GError ** error,
    GstRtmpError code)
{
  fail_if (fed);
  fail_unless (g_error_matches (*error, GST_RTMP_ERROR, code), "%s",
      (*error)->message);
  g_clear_error (error);
  rtmp_peer_free (peer);
}

GST_START_TEST (test_what_ends_a_connection)
{
  GError *error = NULL;
  RtmpPeer *peer = rtmp_peer_new ();

  fail_unless_ends (peer, rtmp_peer_send_body (peer, GST_RTMP_COMMAND, 0, 0,
          gst_rtmp_command_build (FALSE, "play", 0, NULL, NULL), &error),
      &error, GST_RTMP_ERROR_PROTOCOL);
  peer = rtmp_peer_connected ();
  fail_unless_ends (peer, rtmp_peer_send_body (peer, GST_RTMP_COMMAND, 0, 0,
          gst_rtmp_command_build (FALSE, "connect", 1,
              rtmp_peer_connect_object (0), NULL), &error), &error,
      GST_RTMP_ERROR_PROTOCOL);
  peer = rtmp_peer_connected ();
  fail_unless_ends (peer, rtmp_peer_send_bytes (peer, GST_RTMP_COMMAND, 0, 0,
          BYTES (5), &error), &error, GST_RTMP_ERROR_AMF);
  peer = rtmp_peer_connected ();
  fail_unless_ends (peer, rtmp_peer_send_bytes (peer, GST_RTMP_SET_CHUNK_SIZE,
          0, 0, BYTES (0, 0, 0, 0), &error), &error, GST_RTMP_ERROR_PROTOCOL);
  peer = rtmp_peer_connected ();
  fail_unless_ends (peer, rtmp_peer_send_bytes (peer, GST_RTMP_SET_CHUNK_SIZE,
          0, 0, BYTES (0x80, 0, 0, 0), &error), &error,
      GST_RTMP_ERROR_PROTOCOL);
  peer = rtmp_peer_connected ();
  fail_unless_ends (peer, rtmp_peer_send_bytes (peer, GST_RTMP_USER_CONTROL, 0,
          0, BYTES (0, 6, 1), &error), &error, GST_RTMP_ERROR_PROTOCOL);
  peer = rtmp_peer_connected ();
  fail_unless_ends (peer, rtmp_peer_send_bytes (peer,
          GST_RTMP_SET_PEER_BANDWIDTH, 0, 0, BYTES (0, 0, 0, 1), &error),
      &error, GST_RTMP_ERROR_PROTOCOL);
}

GST_END_TEST;

GST_START_TEST (test_broken_metadata_does_not_end_a_programme)
{
  RtmpPeer *peer = rtmp_peer_publishing ();

  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_DATA, 1, 0, BYTES (3, 0, 1),
          NULL));
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_DATA, 1, 0, BYTES (5),
          NULL));
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_DATA_AMF3, 1, 0, NULL, 0,
          NULL));
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_VIDEO, 1, 1, BYTES (0x17),
          NULL));
  fail_unless_events (peer, "media 1 @1 1\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_control_messages)
{
  RtmpPeer *peer = rtmp_peer_connected ();

  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_USER_CONTROL, 0, 0,
          BYTES (0, 6, 1, 2, 3, 4), NULL));
  /* a hard limit is a new window; the same again is nothing new */
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_SET_PEER_BANDWIDTH, 0, 0,
          BYTES (0, 1, 0, 0, 0), NULL));
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_SET_PEER_BANDWIDTH, 0, 0,
          BYTES (0, 1, 0, 0, 2), NULL));
  fail_unless_says (peer, "control 7 of 16909060\n"
      "window acknowledgement size 65536\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_acknowledgements)
{
  static const guint8 body[1000];
  RtmpPeer *peer = rtmp_peer_publishing ();
  gchar *said;
  guint i;

  /* the window is 10,000 bytes: half of it is five of these */
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_WINDOW_ACK_SIZE, 0, 0,
          BYTES (0, 0, 0x27, 0x10), NULL));
  do {
    fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_VIDEO, 1, 0, body,
            sizeof body, NULL));
  } while (gst_rtmp_server_session_get_output_size (peer->session) == 0);
  g_free (rtmp_peer_output (peer));
  for (i = 0; i < 4; i++)
    fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_VIDEO, 1, i, body,
            sizeof body, NULL));
  fail_unless_says (peer, "");
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_VIDEO, 1, i, body,
          sizeof body, NULL));
  said = rtmp_peer_output (peer);
  fail_unless (g_str_has_prefix (said, "acknowledgement "), "%s", said);
  g_free (said);
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_who_does_not_read_is_dropped)
{
  GError *error = NULL;
  RtmpPeer *peer = rtmp_peer_connected ();
  guint i;

  for (i = 0; i < 10000000; i++) {
    if (!rtmp_peer_send_bytes (peer, GST_RTMP_USER_CONTROL, 0, 0,
            BYTES (0, 6, 1, 2, 3, 4), &error))
      break;
  }
  fail_unless (g_error_matches (error, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT));
  fail_unless (gst_rtmp_server_session_get_output_size (peer->session) <
      (4 << 20) + 1000);
  g_error_free (error);
  rtmp_peer_free (peer);
}

GST_END_TEST;

/* @body: (transfer full) */
static void
fail_unless_logged (GByteArray * body, const gchar * expected)
{
  GstRtmpMessage m = {.type = GST_RTMP_COMMAND };
  GstRtmpCommand *command;
  gchar *text;

  m.payload = gst_buffer_new_memdup (body->data, body->len);
  command = gst_rtmp_command_parse (&m, NULL, NULL);
  text = gst_rtmp_command_to_string (command);
  fail_unless_equals_string (text, expected);
  g_free (text);
  gst_rtmp_command_free (command);
  gst_rtmp_message_clear (&m);
  g_byte_array_unref (body);
}

GST_START_TEST (test_keys_are_not_logged)
{
  GstAmf *options = gst_amf_new_object ();

  fail_unless_logged (gst_rtmp_command_build (FALSE, "publish", 5, NULL,
          S ("cam1?key=secret"), S ("live"), NULL),
      "publish 5 null \"cam1?...\" \"live\"");
  gst_amf_set_string (options, "streamName", "cam1?key=\"se\\cret");
  gst_amf_set_string (options, "oldStreamName", "cam2?key=secret");
  gst_amf_set_number (options, "len", -1);
  fail_unless_logged (gst_rtmp_command_build (FALSE, "play2", 0, NULL, options,
          NULL), "play2 0 null {\"streamName\": \"cam1?...\", "
      "\"oldStreamName\": \"cam2?...\", \"len\": -1}");
}

GST_END_TEST;

static Suite *
rtmp_server_suite (void)
{
  Suite *s = suite_create ("rtmp_server");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_connect);
  tcase_add_test (tc, test_the_default_instance_is_the_app);
  tcase_add_test (tc, test_reject_with_redirect);
  tcase_add_test (tc, test_answers_may_come_later);
  tcase_add_test (tc, test_waiting_input_is_bounded);
  tcase_add_test (tc, test_publish_as_encoders_do);
  tcase_add_test (tc, test_time_goes_on_behind_32_bits);
  tcase_add_test (tc, test_headers_at_zero_do_not_turn_time_back);
  tcase_add_test (tc, test_publish_in_aggregates);
  tcase_add_test (tc, test_second_publish_and_bad_names);
  tcase_add_test (tc, test_lost_connection_ends_everything_once);
  tcase_add_test (tc, test_streams_are_bounded_and_reused);
  tcase_add_test (tc, test_calls_on_the_connection);
  tcase_add_test (tc, test_unknown_commands);
  tcase_add_test (tc, test_amf3_is_answered_in_amf3);
  tcase_add_test (tc, test_enhanced_rtmp_is_kept);
  tcase_add_test (tc, test_what_ends_a_connection);
  tcase_add_test (tc, test_broken_metadata_does_not_end_a_programme);
  tcase_add_test (tc, test_control_messages);
  tcase_add_test (tc, test_acknowledgements);
  tcase_add_test (tc, test_who_does_not_read_is_dropped);
  tcase_add_test (tc, test_keys_are_not_logged);

  return s;
}

GST_CHECK_MAIN (rtmp_server);
