/* rtmp_server_play.c: what a server session says to players
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "rtmppeer.h"

GST_START_TEST (test_play_live)
{
  RtmpPeer *peer = rtmp_peer_with_stream ();

  call (peer, 1, "play", 0, NULL, S ("cam1"));
  fail_unless_events (peer, "play 1 cam1 -2 -1 1\n");
  fail_unless_says (peer, "control 0 of 1\n"
      "1 \"onStatus\" 0 null NetStream.Play.Reset\n"
      "1 \"onStatus\" 0 null NetStream.Play.Start\n"
      "1 \"|RtmpSampleAccess\" true true\n"
      "1 \"onStatus\" NetStream.Data.Start\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_play_recorded_without_reset)
{
  RtmpPeer *peer = rtmp_peer_with_stream ();

  call (peer, 1, "play", 0, NULL, S ("mp4:cam1"), N (5000), N (2000),
      B (FALSE));
  fail_unless_events (peer, "play 1 cam1 5000 2000 0\n");
  fail_unless_says (peer, "control 4 of 1\ncontrol 0 of 1\n"
      "1 \"onStatus\" 0 null NetStream.Play.Start\n"
      "1 \"|RtmpSampleAccess\" true true\n"
      "1 \"onStatus\" NetStream.Data.Start\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

static void
fail_unless_play_is (GstAmf * start, GstAmf * length, GstAmf * reset,
    const gchar * expected)
{
  RtmpPeer *peer = rtmp_peer_with_stream ();
  gchar *event = g_strdup_printf ("play 1 x %s\n", expected);

  call (peer, 1, "play", 0, NULL, S ("x"), start, length, reset);
  fail_unless_events (peer, event);
  g_free (event);
  rtmp_peer_free (peer);
}

GST_START_TEST (test_play_arguments_as_peers_send_them)
{
  fail_unless_play_is (N (-2000), N (-1000), B (TRUE), "-2 -1 1");
  fail_unless_play_is (N (-1000), N (-1), N (0), "-1 -1 0");
  fail_unless_play_is (N (-2), N (-2000), N (2), "-2 -1 2");
  fail_unless_play_is (N (-1), N (0), N (3), "-1 0 3");
  fail_unless_play_is (N (-5), N (1500), N (4), "-2 1500 1");
  fail_unless_play_is (N (0), N (-1000), B (FALSE), "0 -1 0");
  fail_unless_play_is (N (NAN), N (NAN), N (NAN), "-2 -1 1");
  fail_unless_play_is (N (INFINITY), N (1e300), S ("?"),
      "9007199254740992 9007199254740992 1");
  fail_unless_play_is (N (-INFINITY), S ("x"), gst_amf_new_null (), "-2 -1 1");
}

GST_END_TEST;

GST_START_TEST (test_play_what_is_missing)
{
  RtmpPeer *peer = rtmp_peer_with_stream ();

  call (peer, 1, "play", 0, NULL, S ("missing"));
  fail_unless_says (peer,
      "1 \"onStatus\" 0 null NetStream.Play.StreamNotFound (error)\n");
  /* nothing plays: nothing stops */
  g_string_truncate (peer->events, 0);
  call (peer, 1, "closeStream", 0, NULL);
  fail_unless_events (peer, "");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_pause_and_resume)
{
  RtmpPeer *peer = rtmp_peer_playing (0);

  call (peer, 1, "pause", 0, NULL, B (TRUE), N (1234));
  fail_unless_events (peer, "pause 1 true 1234\n");
  gst_rtmp_server_session_send_pause_notify (peer->session, 1, TRUE);
  fail_unless_says (peer, "1 \"onStatus\" 0 null NetStream.Pause.Notify\n"
      "control 1 of 1\n");
  call (peer, 1, "pauseRaw", 9, NULL, B (FALSE), N (1234));
  fail_unless_events (peer, "pause 1 false 1234\n");
  gst_rtmp_server_session_send_pause_notify (peer->session, 1, FALSE);
  fail_unless_says (peer, "1 \"onStatus\" 0 null NetStream.Unpause.Notify\n"
      "control 0 of 1\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_seek)
{
  RtmpPeer *peer = rtmp_peer_playing (0);

  call (peer, 1, "seek", 0, NULL, N (60000));
  fail_unless_events (peer, "seek 1 60000\n");
  gst_rtmp_server_session_send_seek_notify (peer->session, 1, 59000, TRUE);
  fail_unless_says (peer, "control 1 of 1\ncontrol 4 of 1\ncontrol 0 of 1\n"
      "1 \"onStatus\" 0 null NetStream.Seek.Notify\n"
      "1 \"onStatus\" 0 null NetStream.Play.Start\n"
      "1 \"|RtmpSampleAccess\" true true\n"
      "1 \"onStatus\" NetStream.Data.Start\n");
  call (peer, 1, "seek", 0, NULL, N (-7));
  fail_unless_events (peer, "seek 1 0\n");
  gst_rtmp_server_session_send_status (peer->session, 1,
      "NetStream.Seek.Failed", "Not now.");
  fail_unless_says (peer,
      "1 \"onStatus\" 0 null NetStream.Seek.Failed (error)\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

/* Smart Seek: in every shape, on the stream or on the connection, in AMF0 or
 * AMF3; nothing is answered, or a client would see call errors. */
GST_START_TEST (test_smart_seek_commands)
{
  RtmpPeer *peer = rtmp_peer_playing (0);

  call (peer, 1, "seekRaw", 0, NULL, N (5000));
  call (peer, 1, "seekRaw", 7, NULL, N (5000), B (TRUE), S ("x"));
  call (peer, 0, "stopTransmit", 0, NULL);
  call (peer, 1, "stopTransmit", 8, NULL, B (TRUE));
  call (peer, 0, "stopTransmit", 0, NULL, B (TRUE), N (9000));
  call (peer, 1, "startTransmit", 0, NULL, N (9000));
  call (peer, 1, "startTransmit", 9, NULL);
  fail_unless (rtmp_peer_send_body (peer, GST_RTMP_COMMAND_AMF3, 0, 0,
          gst_rtmp_command_build (TRUE, "startTransmit", 10, NULL, B (FALSE),
              N (1), NULL), NULL));
  fail_unless_events (peer, "seekRaw 1 5000\nseekRaw 1 true 5000\n"
      "transmit 1\ntransmit 1 true\ntransmit 1 true 9000\n"
      "transmit 1 9000\ntransmit 1\ntransmit 1 false 1\n");
  fail_unless_says (peer, "");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_receive_and_buffer_length)
{
  RtmpPeer *peer = rtmp_peer_playing (-1000);

  call (peer, 1, "receiveVideo", 0, NULL, B (FALSE));
  call (peer, 1, "receiveVideo", 0, NULL, B (TRUE));
  gst_rtmp_server_session_send_receive_notify (peer->session, 1);
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_USER_CONTROL, 0, 0,
          BYTES (0, 3, 0, 0, 0, 1, 0, 0, 0x0b, 0xb8), NULL));
  fail_unless_events (peer, "receive 1 false\nreceive 1 true\n"
      "buffer 1 3000\n");
  fail_unless_says (peer, "1 \"onStatus\" 0 null NetStream.Seek.Notify\n"
      "1 \"onStatus\" 0 null NetStream.Play.Start\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_ends_of_a_play)
{
  RtmpPeer *peer = rtmp_peer_playing (0);

  gst_rtmp_server_session_send_complete (peer->session, 1, 12.5, 1000);
  fail_unless_says (peer, "1 \"onPlayStatus\" NetStream.Play.Complete\n"
      "1 \"onStatus\" 0 null NetStream.Play.Stop\ncontrol 1 of 1\n");
  gst_rtmp_server_session_send_unpublished (peer->session, 1, FALSE);
  fail_unless_says (peer, "control 2 of 1\n");
  gst_rtmp_server_session_send_published (peer->session, 1);
  fail_unless_says (peer,
      "1 \"onStatus\" 0 null NetStream.Play.PublishNotify\n");
  gst_rtmp_server_session_send_unpublished (peer->session, 1, TRUE);
  fail_unless_says (peer,
      "1 \"onStatus\" 0 null NetStream.Play.UnpublishNotify\n"
      "1 \"onStatus\" 0 null NetStream.Play.Stop\ncontrol 1 of 1\n");
  call (peer, 1, "play", 0, NULL, B (FALSE));
  fail_unless_events (peer, "stop 1\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

static void
send_head (RtmpPeer * peer, guint32 stream_id, GstRtmpMessageType type,
    guint64 time)
{
  GstBuffer *buffer = gst_buffer_new_memdup ("\x17", 1);

  fail_unless (gst_rtmp_server_session_send_media (peer->session, stream_id,
          type, time, buffer));
  gst_buffer_unref (buffer);
}

/* A private head, shared bytes, then another head after a seek. */
GST_START_TEST (test_shared_bytes_follow_a_private_head)
{
  GstRtmpBlockBuilder *builder =
      gst_rtmp_block_builder_new (GST_RTMP_BLOCK_CHUNK_SIZE, 0);
  gint64 base = 5000000000;
  GString *lines = g_string_new (NULL);
  RtmpPeer *peer = rtmp_peer_playing (0);
  GstRtmpBlock *block;
  const guint8 *data;
  gsize size;
  guint i;

  gst_rtmp_block_builder_restart (builder, base);
  for (i = 0; i < 2; i++) {
    gst_rtmp_block_builder_add (builder, GST_RTMP_BLOCK_VIDEO, base + 40 * i,
        (const guint8 *) "vvv", 3, i == 0);
    gst_rtmp_block_builder_add (builder, GST_RTMP_BLOCK_AUDIO, base + 23 * i,
        (const guint8 *) "a", 1, FALSE);
  }
  block = gst_rtmp_block_builder_finish (builder);
  data = gst_rtmp_block_get_data (block, &size);
  for (i = 0; i < 2; i++) {
    GBytes *head;

    gst_rtmp_server_session_begin_head (peer->session, 1);
    send_head (peer, 1, GST_RTMP_VIDEO, 7 + 1000 * i);
    send_head (peer, 1, GST_RTMP_AUDIO, 7 + 1000 * i);
    gst_rtmp_server_session_send_status (peer->session, 1,
        "NetStream.Play.Start", NULL);
    head = gst_rtmp_server_session_take_output (peer->session);
    rtmp_peer_read_bytes (peer, lines, g_bytes_get_data (head, NULL),
        g_bytes_get_size (head));
    rtmp_peer_read_bytes (peer, lines, data, size);
    g_bytes_unref (head);
  }
  fail_unless_equals_string (lines->str, "1 video @7 1\n1 audio @7 1\n"
      "1 \"onStatus\" 0 null NetStream.Play.Start\n"
      "1 video @7 3\n1 audio @7 1\n1 video @47 3\n1 audio @30 1\n"
      "1 video @1007 1\n1 audio @1007 1\n"
      "1 \"onStatus\" 0 null NetStream.Play.Start\n"
      "1 video @1007 3\n1 audio @1007 1\n1 video @1047 3\n1 audio @1030 1\n");
  g_string_free (lines, TRUE);
  gst_rtmp_block_unref (block);
  gst_rtmp_block_builder_free (builder);
  rtmp_peer_free (peer);
}

GST_END_TEST;

/* What waits to be played is not spoken of until its time comes. */
GST_START_TEST (test_playlist)
{
  RtmpPeer *peer = rtmp_peer_playing (0);

  peer->later = TRUE;
  call (peer, 1, "play", 0, NULL, S ("mp4:cam2?key"), N (0), N (-1), B (FALSE));
  fail_unless_events (peer, "play 1 cam2 ?key 0 -1 0\n");
  fail_unless (gst_rtmp_server_session_queue_play (peer->session, 1, NULL));
  fail_unless_says (peer, "");

  gst_rtmp_server_session_send_switch (peer->session, 1, 9000, 9, 1000);
  gst_rtmp_server_session_set_item (peer->session, 1, "mp4:cam2?key");
  gst_rtmp_server_session_start_item (peer->session, 1, 9000, TRUE);
  fail_unless_says (peer, "1 \"onPlayStatus\" NetStream.Play.Switch\n"
      "control 4 of 1\ncontrol 0 of 1\n"
      "1 \"onStatus\" 0 null NetStream.Play.Start\n"
      "1 \"|RtmpSampleAccess\" true true\n"
      "1 \"onStatus\" NetStream.Data.Start\n");
  gst_rtmp_server_session_start_item (peer->session, 1, 9000, FALSE);
  fail_unless_says (peer, "control 0 of 1\n"
      "1 \"onStatus\" 0 null NetStream.Play.Start\n"
      "1 \"|RtmpSampleAccess\" true true\n"
      "1 \"onStatus\" NetStream.Data.Start\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

/* What was to take the place of what plays has ended it, found or not. */
GST_START_TEST (test_refused_play)
{
  RtmpPeer *peer = rtmp_peer_playing (0);

  call (peer, 1, "play", 0, NULL, S ("missing"), N (0), N (-1), B (FALSE));
  fail_unless_says (peer,
      "1 \"onStatus\" 0 null NetStream.Play.StreamNotFound (error)\n");
  g_string_truncate (peer->events, 0);
  call (peer, 1, "seek", 0, NULL, N (1));
  fail_unless_events (peer, "seek 1 1\n");
  call (peer, 1, "play", 0, NULL, S ("missing"), N (0), N (-1), B (TRUE));
  g_free (rtmp_peer_output (peer));
  g_string_truncate (peer->events, 0);
  call (peer, 1, "seek", 0, NULL, N (1));
  fail_unless_events (peer, "");
  fail_unless_says (peer,
      "1 \"onStatus\" 0 null NetStream.Seek.Failed (error)\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

/* Headers of type 1 say nothing of the stream: each that plays has its own
 * chunk streams, so that shared bytes of one never disturb another's. */
GST_START_TEST (test_streams_that_play_at_once_do_not_disturb_each_other)
{
  GString *lines = g_string_new (NULL);
  RtmpPeer *peer = rtmp_peer_playing (0);
  GstRtmpBlock *blocks[2];
  guint lane;

  call (peer, 0, "createStream", 3, NULL);
  call (peer, 2, "play", 0, NULL, S ("cam2"));
  g_free (rtmp_peer_output (peer));
  for (lane = 0; lane < 2; lane++) {
    GstRtmpBlockBuilder *builder =
        gst_rtmp_block_builder_new (GST_RTMP_BLOCK_CHUNK_SIZE, lane);
    guint stream_id = lane + 1, i;
    GBytes *head;

    fail_unless_equals_int (gst_rtmp_server_session_get_lane (peer->session,
            stream_id), lane);
    for (i = 0; i < 2; i++)
      gst_rtmp_block_builder_add (builder, GST_RTMP_BLOCK_VIDEO, 40 * i,
          (const guint8 *) "vvvv", 3 + lane, i == 0);
    blocks[lane] = gst_rtmp_block_builder_finish (builder);
    gst_rtmp_block_builder_free (builder);
    gst_rtmp_server_session_begin_head (peer->session, stream_id);
    send_head (peer, stream_id, GST_RTMP_VIDEO, 1000 * lane);
    head = gst_rtmp_server_session_take_output (peer->session);
    rtmp_peer_read_bytes (peer, lines, g_bytes_get_data (head, NULL),
        g_bytes_get_size (head));
    g_bytes_unref (head);
  }
  /* message by message in turn */
  for (lane = 0; lane < 4; lane++) {
    gsize at = gst_rtmp_block_nth (blocks[lane % 2], 1)->offset, size;
    const guint8 *data = gst_rtmp_block_get_data (blocks[lane % 2], &size);

    rtmp_peer_read_bytes (peer, lines, lane < 2 ? data : data + at, lane < 2 ?
        at : size - at);
  }
  fail_unless_equals_string (lines->str, "1 video @0 1\n2 video @1000 1\n"
      "1 video @0 3\n2 video @1000 4\n1 video @40 3\n2 video @1040 4\n");
  gst_rtmp_block_unref (blocks[0]);
  gst_rtmp_block_unref (blocks[1]);
  g_string_free (lines, TRUE);
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_streams_that_play_at_once_are_eight)
{
  RtmpPeer *peer = rtmp_peer_connected ();
  guint32 csid = 0;
  guint id;

  for (id = 1; id <= GST_RTMP_N_LANES + 1; id++) {
    call (peer, 0, "createStream", id, NULL);
    call (peer, id, "play", 0, NULL, S ("cam1"));
  }
  for (id = 0; id < GST_RTMP_N_LANES; id++)
    csid = MAX (csid, gst_rtmp_block_kind_csid (GST_RTMP_BLOCK_DATA, id));
  fail_unless (csid < 32);
  g_string_truncate (peer->events, 0);
  g_free (rtmp_peer_output (peer));
  call (peer, 9, "play", 0, NULL, S ("cam1"));
  fail_unless_events (peer, "");
  fail_unless_says (peer,
      "9 \"onStatus\" 0 null NetStream.Play.Failed (error)\n");
  /* who stops makes room */
  call (peer, 4, "closeStream", 0, NULL);
  call (peer, 9, "play", 0, NULL, S ("cam1"));
  fail_unless_events (peer, "stop 4\nplay 9 cam1 -2 -1 1\n");
  fail_unless_equals_int (gst_rtmp_server_session_get_lane (peer->session, 9),
      3);
  rtmp_peer_free (peer);
}

GST_END_TEST;

/* What is for a stream that has no answer yet waits; what is for others does
 * not. */
GST_START_TEST (test_streams_that_play_at_once_do_not_wait_for_each_other)
{
  RtmpPeer *peer = rtmp_peer_playing (0);

  call (peer, 0, "createStream", 3, NULL);
  peer->later = TRUE;
  g_string_truncate (peer->events, 0);
  call (peer, 2, "play", 0, NULL, S ("cam2"));
  fail_unless (gst_rtmp_server_session_wants_input (peer->session));
  call (peer, 2, "seek", 0, NULL, N (7), S ("x"));
  call (peer, 1, "seek", 0, NULL, N (8));
  call (peer, 2, "play", 0, NULL, S ("cam3"), N (0), N (-1), B (FALSE));
  fail_unless_events (peer, "play 2 cam2 -2 -1 1\nseek 1 8\n");
  fail_unless (gst_rtmp_server_session_accept_play (peer->session, 2, TRUE,
          TRUE, NULL));
  fail_unless_events (peer, "seek 2 7\nplay 2 cam3 0 -1 0\n");
  call (peer, 2, "seek", 0, NULL, N (9));
  fail_unless_events (peer, "");
  fail_unless (gst_rtmp_server_session_reject_play (peer->session, 2,
          "NetStream.Play.StreamNotFound", "There is none.", NULL));
  fail_unless_events (peer, "seek 2 9\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

/* A stream that is not there yet may be waited for long. */
GST_START_TEST (test_who_waits_to_play_is_heard)
{
  RtmpPeer *peer = rtmp_peer_with_stream ();

  peer->later = TRUE;
  call (peer, 1, "play", 0, NULL, S ("cam1"), N (-1000));
  fail_unless (gst_rtmp_server_session_wants_input (peer->session));
  g_free (rtmp_peer_output (peer));
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_USER_CONTROL, 0, 0,
          BYTES (0, 6, 1, 2, 3, 4), NULL));
  fail_unless_says (peer, "control 7 of 16909060\n");
  call (peer, 0, "getStreamLength", 7, NULL, S ("cam1"));
  call (peer, 1, "pause", 0, NULL, B (TRUE), N (0));
  fail_unless_events (peer, "play 1 cam1 -1 -1 1\nlength 0 cam1\n");
  fail_unless (gst_rtmp_server_session_accept_play (peer->session, 1, FALSE,
          TRUE, NULL));
  fail_unless_events (peer, "pause 1 true 0\n");
  rtmp_peer_free (peer);
}

GST_END_TEST;

/* Nobody waits for the answer to what he does not want any more. */
GST_START_TEST (test_what_is_asked_can_be_taken_back)
{
  RtmpPeer *peer = rtmp_peer_with_stream ();
  guint i;

  peer->later = TRUE;
  call (peer, 1, "play", 0, NULL, S ("cam1"), N (-1000));
  call (peer, 1, "seek", 0, NULL, N (7));
  call (peer, 1, "play", 0, NULL, S ("cam2"), N (-1000));
  fail_unless_events (peer, "play 1 cam1 -1 -1 1\nplay 1 cam2 -1 -1 1\n");
  fail_unless (gst_rtmp_server_session_accept_play (peer->session, 1, FALSE,
          TRUE, NULL));
  fail_unless_events (peer, "");
  call (peer, 1, "play", 0, NULL, S ("cam3"));
  call (peer, 1, "closeStream", 0, NULL);
  fail_unless_events (peer, "play 1 cam3 -2 -1 1\nstop 1\n");
  g_free (rtmp_peer_output (peer));
  gst_rtmp_server_session_accept_play (peer->session, 1, FALSE, TRUE, NULL);
  fail_unless_says (peer, "");
  call (peer, 1, "play", 0, NULL, S ("cam4"));
  call (peer, 0, "deleteStream", 0, NULL, N (1));
  fail_unless_events (peer, "play 1 cam4 -2 -1 1\nstop 1\n");
  /* who does so on and on waits */
  call (peer, 0, "createStream", 4, NULL);
  for (i = 0; i < 40; i++)
    call (peer, 1, "play", 0, NULL, S ("x"));
  fail_unless_equals_int (peer->events->len,
      15 * strlen ("play 1 x -2 -1 1\n"));
  fail_if (gst_rtmp_server_session_wants_input (peer->session));
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_what_waits_is_bounded)
{
  RtmpPeer *peer = rtmp_peer_playing (0);
  guint i;

  call (peer, 0, "createStream", 3, NULL);
  peer->later = TRUE;
  call (peer, 2, "play", 0, NULL, S ("cam2"));
  for (i = 0; i < 16; i++) {
    fail_unless (gst_rtmp_server_session_wants_input (peer->session));
    call (peer, 2, "seek", 0, NULL, N (i));
  }
  fail_if (gst_rtmp_server_session_wants_input (peer->session));
  g_string_truncate (peer->events, 0);
  call (peer, 1, "seek", 0, NULL, N (99));
  fail_unless_events (peer, "");
  fail_unless (gst_rtmp_server_session_accept_play (peer->session, 2, TRUE,
          TRUE, NULL));
  fail_unless (gst_rtmp_server_session_wants_input (peer->session));
  fail_unless (g_str_has_prefix (peer->events->str, "seek 2 0\nseek 2 1\n"));
  fail_unless (g_str_has_suffix (peer->events->str, "seek 2 15\nseek 1 99\n"));
  /* a publisher's media cannot be kept: all waits with it */
  call (peer, 0, "createStream", 4, NULL);
  call (peer, 0, "createStream", 5, NULL);
  call (peer, 3, "play", 0, NULL, S ("cam3"));
  call (peer, 4, "publish", 0, NULL, S ("cam4"));
  fail_if (gst_rtmp_server_session_wants_input (peer->session));
  fail_unless (gst_rtmp_server_session_accept_play (peer->session, 3, TRUE,
          TRUE, NULL));
  fail_if (gst_rtmp_server_session_wants_input (peer->session));
  fail_unless (gst_rtmp_server_session_accept_publish (peer->session, 4, NULL));
  fail_unless (gst_rtmp_server_session_wants_input (peer->session));
  rtmp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_buffer_lengths_of_streams)
{
  RtmpPeer *peer = rtmp_peer_with_stream ();

  fail_unless_equals_int (gst_rtmp_server_session_get_buffer (peer->session,
          1), 0);
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_USER_CONTROL, 0, 0,
          BYTES (0, 3, 0, 0, 0, 0, 0, 0, 0x01, 0x2c), NULL));
  call (peer, 0, "createStream", 3, NULL);
  fail_unless (rtmp_peer_send_bytes (peer, GST_RTMP_USER_CONTROL, 0, 0,
          BYTES (0, 3, 0, 0, 0, 2, 0, 0, 0x0b, 0xb8), NULL));
  fail_unless_equals_int (gst_rtmp_server_session_get_buffer (peer->session,
          1), 300);
  fail_unless_equals_int (gst_rtmp_server_session_get_buffer (peer->session,
          2), 3000);
  rtmp_peer_free (peer);
}

GST_END_TEST;

static Suite *
rtmp_server_play_suite (void)
{
  Suite *s = suite_create ("rtmp_server_play");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_play_live);
  tcase_add_test (tc, test_play_recorded_without_reset);
  tcase_add_test (tc, test_play_arguments_as_peers_send_them);
  tcase_add_test (tc, test_play_what_is_missing);
  tcase_add_test (tc, test_pause_and_resume);
  tcase_add_test (tc, test_seek);
  tcase_add_test (tc, test_smart_seek_commands);
  tcase_add_test (tc, test_receive_and_buffer_length);
  tcase_add_test (tc, test_ends_of_a_play);
  tcase_add_test (tc, test_playlist);
  tcase_add_test (tc, test_refused_play);
  tcase_add_test (tc, test_shared_bytes_follow_a_private_head);
  tcase_add_test (tc, test_streams_that_play_at_once_do_not_disturb_each_other);
  tcase_add_test (tc, test_streams_that_play_at_once_are_eight);
  tcase_add_test (tc,
      test_streams_that_play_at_once_do_not_wait_for_each_other);
  tcase_add_test (tc, test_who_waits_to_play_is_heard);
  tcase_add_test (tc, test_what_is_asked_can_be_taken_back);
  tcase_add_test (tc, test_what_waits_is_bounded);
  tcase_add_test (tc, test_buffer_lengths_of_streams);
  return s;
}

GST_CHECK_MAIN (rtmp_server_play);
