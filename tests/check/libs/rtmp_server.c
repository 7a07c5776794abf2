/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp_server.c: what a server session hears and says, message by message
 *
 * The peer here is scripted: it writes commands as bytes and turns whatever
 * the server answers into a transcript, which is compared as a whole.
 */
#include <gst/check/gstcheck.h>

#include "rtmp/rtmpblock.h"
#include "rtmp/rtmpchunkwriter.h"
#include "rtmp/rtmpserversession.h"

typedef struct
{
  GstRtmpServerSession *session;
  GstRtmpChunkWriter *writer;
  GstRtmpChunkReader *reader;
  gboolean later;               /* leave questions unanswered */
  GString *events;
  gsize handshake_left;
} Peer;

static void
answer (Peer * peer, const GstRtmpServerEvent * event)
{
  const GstRtmpCommand *c = event->command;
  GstRtmpServerSession *s = peer->session;

  if (event->type == GST_RTMP_SERVER_CONNECT)
    gst_rtmp_server_session_accept_connect (s, NULL, NULL);
  else if (event->type == GST_RTMP_SERVER_PUBLISH)
    gst_rtmp_server_session_accept_publish (s, event->stream_id, NULL);
  else if (event->type == GST_RTMP_SERVER_PLAY &&
      strcmp (c->stream.name, "missing") == 0)
    gst_rtmp_server_session_reject_play (s, event->stream_id,
        "NetStream.Play.StreamNotFound", "No such stream.", NULL);
  else if (event->type == GST_RTMP_SERVER_PLAY)
    gst_rtmp_server_session_accept_play (s, event->stream_id,
        c->play.start >= 0, c->play.reset != 0, NULL);
}

static void
on_event (GstRtmpServerSession * session, const GstRtmpServerEvent * event,
    gpointer user_data)
{
  static const gchar *const names[] = { "connect", "publish", "play", "play2",
    "unpublish", "stop", "pause", "seek", "seekRaw", "transmit", "receive",
    "buffer", "length", "dvr-get", "dvr-set", "media", "data"
  };
  const GstRtmpCommand *c = event->command;
  Peer *peer = user_data;

  g_string_append_printf (peer->events, "%s %u", names[event->type],
      event->stream_id);
  if (c && c->stream.name)
    g_string_append_printf (peer->events, " %s", c->stream.name);
  if (c && c->stream.query)
    g_string_append_printf (peer->events, " ?%s", c->stream.query);
  if (c && c->connect)
    g_string_append_printf (peer->events, " %s", c->connect->app);
  if (c && event->type == GST_RTMP_SERVER_PLAY)
    g_string_append_printf (peer->events, " %" G_GINT64_FORMAT " %"
        G_GINT64_FORMAT " %u", c->play.start, c->play.length, c->play.reset);
  if (c && c->has_flag)
    g_string_append (peer->events, c->flag ? " true" : " false");
  if (c && c->position >= 0)
    g_string_append_printf (peer->events, " %" G_GINT64_FORMAT, c->position);
  if (event->type == GST_RTMP_SERVER_BUFFER_LENGTH)
    g_string_append_printf (peer->events, " %u", event->buffer_ms);
  if (event->data)
    g_string_append_printf (peer->events, " %s", event->data->name);
  if (event->buffer)
    g_string_append_printf (peer->events, " @%" G_GINT64_FORMAT " %"
        G_GSIZE_FORMAT, event->timestamp, gst_buffer_get_size (event->buffer));
  g_string_append_c (peer->events, '\n');
  if (!peer->later)
    answer (peer, event);
}

static Peer *
peer_new_limited (const GstRtmpLimits * limits)
{
  Peer *peer = g_new0 (Peer, 1);

  peer->session = gst_rtmp_server_session_new (limits, on_event, peer);
  peer->writer = gst_rtmp_chunk_writer_new ();
  peer->reader = gst_rtmp_chunk_reader_new (NULL);
  peer->events = g_string_new (NULL);
  peer->handshake_left = 1 + 2 * 1536;
  return peer;
}

static Peer *
peer_new (void)
{
  static const guint8 handshake[1 + 2 * 1536] = { 3, };
  Peer *peer = peer_new_limited (NULL);

  fail_unless (gst_rtmp_server_session_feed (peer->session, handshake,
          sizeof handshake, NULL));
  return peer;
}

static void
peer_free (Peer * peer)
{
  gst_rtmp_server_session_close (peer->session);
  gst_rtmp_server_session_free (peer->session);
  gst_rtmp_chunk_writer_free (peer->writer);
  gst_rtmp_chunk_reader_free (peer->reader);
  g_string_free (peer->events, TRUE);
  g_free (peer);
}

static gboolean
send_body (Peer * peer, GstRtmpMessageType type, guint32 stream_id,
    guint32 timestamp, GByteArray * body, GError ** error)
{
  GstRtmpOutMessage message = { 3, type, stream_id, timestamp, body->data,
    body->len
  };
  GByteArray *out = g_byte_array_new ();
  gboolean ok;

  fail_unless (gst_rtmp_chunk_writer_write (peer->writer, out, &message));
  ok = gst_rtmp_server_session_feed (peer->session, out->data, out->len, error);
  g_byte_array_unref (out);
  g_byte_array_unref (body);
  return ok;
}

static gboolean
send_bytes (Peer * peer, GstRtmpMessageType type, guint32 stream_id,
    guint32 timestamp, const guint8 * data, gsize size, GError ** error)
{
  GByteArray *body = g_byte_array_new ();

  if (size > 0)
    g_byte_array_append (body, data, size);
  return send_body (peer, type, stream_id, timestamp, body, error);
}

#define BYTES(...) (const guint8[]) { __VA_ARGS__ }, \
  sizeof ((const guint8[]) { __VA_ARGS__ })

/* Calls a command; arguments follow as GstAmf. */
#define call(peer, stream_id, ...) \
  fail_unless (send_body (peer, GST_RTMP_COMMAND, stream_id, 0, \
          gst_rtmp_command_build (FALSE, __VA_ARGS__, NULL), NULL))

#define N(number) gst_amf_new_number (number)
#define S(text) gst_amf_new_string (text)
#define B(truth) gst_amf_new_boolean (truth)

static void
transcribe_control (GString * lines, const guint8 * data, gsize size)
{
  GstRtmpUserControl control;

  fail_unless (gst_rtmp_user_control_parse (&control, data, size, NULL));
  g_string_append_printf (lines, "control %u of %u\n", control.type,
      control.value);
}

/* "onStatus NetStream.Play.Start status" and so on */
static void
transcribe_values (GString * lines, const GstRtmpMessage * m,
    const guint8 * data, gsize size)
{
  gboolean amf3 = m->type == GST_RTMP_COMMAND_AMF3;
  GPtrArray *values = gst_amf0_read_all (data + amf3, size - amf3, NULL, NULL);
  guint i;

  fail_unless (values != NULL);
  g_string_append_printf (lines, "%u%s", m->stream_id, amf3 ? " amf3" : "");
  for (i = 0; i < values->len; i++) {
    const GstAmf *value = g_ptr_array_index (values, i);
    const gchar *code = gst_amf_member_text (value, "code");
    gchar *text = gst_amf_to_string (value);

    if (code)
      g_string_append_printf (lines, " %s%s", code,
          g_strcmp0 (gst_amf_member_text (value, "level"), "error") == 0 ?
          " (error)" : "");
    else
      g_string_append_printf (lines, " %s", text);
    g_free (text);
  }
  g_string_append_c (lines, '\n');
  g_ptr_array_unref (values);
}

static void
transcribe (Peer * peer, GString * lines, GstRtmpMessage * m)
{
  GstMapInfo map;

  gst_buffer_map (m->payload, &map, GST_MAP_READ);
  switch (m->type) {
    case GST_RTMP_USER_CONTROL:
      transcribe_control (lines, map.data, map.size);
      break;
    case GST_RTMP_COMMAND:
    case GST_RTMP_COMMAND_AMF3:
    case GST_RTMP_DATA:
      transcribe_values (lines, m, map.data, map.size);
      break;
    default:
      if (m->type == GST_RTMP_SET_CHUNK_SIZE)
        gst_rtmp_chunk_reader_set_chunk_size (peer->reader,
            GST_READ_UINT32_BE (map.data), NULL);
      if (m->type < GST_RTMP_AUDIO)
        g_string_append_printf (lines, "%s %u\n",
            gst_rtmp_message_type_name (m->type),
            GST_READ_UINT32_BE (map.data));
      else
        g_string_append_printf (lines, "%u %s @%u %" G_GSIZE_FORMAT "\n",
            m->stream_id, gst_rtmp_message_type_name (m->type), m->timestamp,
            map.size);
      break;
  }
  gst_buffer_unmap (m->payload, &map);
  gst_rtmp_message_clear (m);
}

static void
read_bytes (Peer * peer, GString * lines, const guint8 * data, gsize size)
{
  gsize pos = MIN (peer->handshake_left, size);

  peer->handshake_left -= pos;
  while (pos < size) {
    GstRtmpMessage m;
    gsize used;

    if (gst_rtmp_chunk_reader_read (peer->reader, data + pos, size - pos,
            &used, &m, NULL) == GST_RTMP_READ_MESSAGE)
      transcribe (peer, lines, &m);
    pos += used;
  }
}

static gchar *
output (Peer * peer)
{
  GBytes *bytes = gst_rtmp_server_session_take_output (peer->session);
  GString *lines = g_string_new (NULL);

  if (bytes)
    read_bytes (peer, lines, g_bytes_get_data (bytes, NULL),
        g_bytes_get_size (bytes));
  g_clear_pointer (&bytes, g_bytes_unref);
  return g_string_free (lines, FALSE);
}

static void
fail_unless_says (Peer * peer, const gchar * expected)
{
  gchar *said = output (peer);

  fail_unless_equals_string (said, expected);
  g_free (said);
}

static void
fail_unless_events (Peer * peer, const gchar * expected)
{
  fail_unless_equals_string (peer->events->str, expected);
  g_string_truncate (peer->events, 0);
}

static GstAmf *
connect_object (gdouble encoding)
{
  GstAmf *object = gst_amf_new_object ();

  gst_amf_set_string (object, "app", "live");
  gst_amf_set_number (object, "objectEncoding", encoding);
  return object;
}

static Peer *
connected (void)
{
  Peer *peer = peer_new ();

  call (peer, 0, "connect", 1, connect_object (0));
  g_free (output (peer));
  g_string_truncate (peer->events, 0);
  return peer;
}

static Peer *
with_stream (void)
{
  Peer *peer = connected ();

  call (peer, 0, "createStream", 2, NULL);
  fail_unless_says (peer, "0 \"_result\" 2 null 1\n");
  return peer;
}

static Peer *
playing (gdouble start)
{
  Peer *peer = with_stream ();

  call (peer, 1, "play", 0, NULL, S ("cam1"), N (start));
  g_free (output (peer));
  g_string_truncate (peer->events, 0);
  return peer;
}

static Peer *
publishing (void)
{
  Peer *peer = with_stream ();

  call (peer, 1, "publish", 5, NULL, S ("cam1"), S ("live"));
  g_free (output (peer));
  g_string_truncate (peer->events, 0);
  return peer;
}

GST_START_TEST (test_connect)
{
  Peer *peer = peer_new ();

  fail_unless_equals_int (gst_rtmp_server_session_get_state (peer->session),
      GST_RTMP_SERVER_AWAITS_CONNECT);
  call (peer, 0, "connect", 1, connect_object (0));
  fail_unless_events (peer, "connect 0 live\n");
  fail_unless_says (peer, "window acknowledgement size 2500000\n"
      "set peer bandwidth 2500000\ncontrol 0 of 0\nset chunk size 4096\n"
      "0 \"_result\" 1 {\"fmsVer\": \"FMS/5,0,15,5004\", "
      "\"capabilities\": 127, \"mode\": 1} NetConnection.Connect.Success\n");
  fail_unless_equals_int (gst_rtmp_server_session_get_state (peer->session),
      GST_RTMP_SERVER_CONNECTED);
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_reject_with_redirect)
{
  Peer *peer = peer_new ();

  peer->later = TRUE;
  call (peer, 0, "connect", 1, connect_object (0));
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
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_answers_may_come_later)
{
  Peer *peer = peer_new ();

  peer->later = TRUE;
  call (peer, 0, "connect", 1, connect_object (0));
  call (peer, 0, "createStream", 2, NULL);
  call (peer, 1, "publish", 3, NULL, S ("cam1?key=x"), S ("live"));
  fail_unless (send_bytes (peer, GST_RTMP_VIDEO, 1, 40, BYTES (0x17), NULL));
  /* nothing of that is looked at before connect is answered */
  fail_unless_events (peer, "connect 0 live\n");
  fail_unless_says (peer, "");
  fail_unless (gst_rtmp_server_session_accept_connect (peer->session, NULL,
          NULL));
  fail_unless_events (peer, "publish 1 cam1 ?key=x\n");
  fail_if (gst_rtmp_server_session_wants_input (peer->session));
  g_free (output (peer));
  fail_unless (gst_rtmp_server_session_accept_publish (peer->session, 1, NULL));
  fail_unless_events (peer, "media 1 @40 1\n");
  fail_unless (gst_rtmp_server_session_wants_input (peer->session));
  /* neither twice nor for another */
  g_free (output (peer));
  gst_rtmp_server_session_accept_publish (peer->session, 1, NULL);
  gst_rtmp_server_session_accept_play (peer->session, 9, TRUE, TRUE, NULL);
  fail_unless_says (peer, "");
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_waiting_input_is_bounded)
{
  GstRtmpLimits limits = GST_RTMP_LIMITS_DEFAULT;
  static const guint8 handshake[1 + 2 * 1536] = { 3, };
  GError *error = NULL;
  Peer *peer;
  guint i;

  limits.max_held = 1000;
  peer = peer_new_limited (&limits);
  peer->later = TRUE;
  gst_rtmp_server_session_feed (peer->session, handshake, sizeof handshake,
      NULL);
  call (peer, 0, "connect", 1, connect_object (0));
  for (i = 0; i < 20; i++) {
    if (!send_bytes (peer, GST_RTMP_VIDEO, 1, 0, handshake, 100, &error))
      break;
  }
  fail_unless (g_error_matches (error, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT));
  fail_unless_equals_int (i, 9);
  g_clear_error (&error);
  /* and stays so */
  fail_if (gst_rtmp_server_session_feed (peer->session, handshake, 1, &error));
  g_clear_error (&error);
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_publish_as_encoders_do)
{
  Peer *peer = connected ();
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
  fail_unless (send_bytes (peer, GST_RTMP_DATA, 1, 0, metadata,
          sizeof metadata, NULL));
  fail_unless (send_bytes (peer, GST_RTMP_VIDEO, 1, 0xfffffff0,
          BYTES (0x17, 0), NULL));
  fail_unless (send_bytes (peer, GST_RTMP_AUDIO, 1, 0x10, BYTES (0xaf), NULL));
  fail_unless (send_bytes (peer, GST_RTMP_VIDEO, 1, 0, BYTES (0x27), NULL));
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
  fail_unless (send_bytes (peer, GST_RTMP_VIDEO, 1, 0, BYTES (0x27), NULL));
  fail_unless_events (peer, "");
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_time_goes_on_behind_32_bits)
{
  Peer *peer = publishing ();
  gint64 time;

  for (time = 0; time < (gint64) 3 << 32; time += 0x60000000) {
    gchar *expected = g_strdup_printf ("media 1 @%" G_GINT64_FORMAT " 1\n",
        time);

    fail_unless (send_bytes (peer, GST_RTMP_VIDEO, 1, time, BYTES (0x17),
            NULL));
    fail_unless_events (peer, expected);
    g_free (expected);
  }
  peer_free (peer);
}

GST_END_TEST;

static void
fail_unless_time (Peer * peer, guint32 timestamp, gint64 expected)
{
  gchar *event = g_strdup_printf ("media 1 @%" G_GINT64_FORMAT " 1\n",
      expected);

  fail_unless (send_bytes (peer, GST_RTMP_VIDEO, 1, timestamp, BYTES (0x17),
          NULL));
  fail_unless_events (peer, event);
  g_free (event);
}

GST_START_TEST (test_headers_at_zero_do_not_turn_time_back)
{
  static const guint8 metadata[] = { 2, 0, 1, 'x' };
  Peer *peer = publishing ();

  /* a header at 0, then an encoder that counts from 35 days */
  fail_unless_time (peer, 0, 0);
  fail_unless_time (peer, 3024000000, 3024000000);
  /* data at 0 moves nothing */
  fail_unless (send_bytes (peer, GST_RTMP_DATA, 1, 0, metadata,
          sizeof metadata, NULL));
  g_string_truncate (peer->events, 0);
  fail_unless_time (peer, 3024000040, 3024000040);
  peer_free (peer);
  /* but jitter around zero is jitter */
  peer = publishing ();
  fail_unless_time (peer, 5, 5);
  fail_unless_time (peer, 0xfffffffb, -5);
  fail_unless_time (peer, 45, 45);
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_publish_in_aggregates)
{
  Peer *peer = publishing ();

  fail_unless (send_bytes (peer, GST_RTMP_AGGREGATE, 1, 1000, BYTES (9, 0, 0,
              2, 0, 0, 7, 0, 0, 0, 0, 0x17, 1, 0, 0, 0, 13, 8, 0, 0, 1, 0, 0,
              27, 0, 0, 0, 0, 0xaf, 0, 0, 0, 12), NULL));
  fail_unless_events (peer, "media 1 @1000 2\nmedia 1 @1020 1\n");
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_second_publish_and_bad_names)
{
  Peer *peer = publishing ();

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
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_play_live)
{
  Peer *peer = with_stream ();

  call (peer, 1, "play", 0, NULL, S ("cam1"));
  fail_unless_events (peer, "play 1 cam1 -2 -1 1\n");
  fail_unless_says (peer, "control 0 of 1\n"
      "1 \"onStatus\" 0 null NetStream.Play.Reset\n"
      "1 \"onStatus\" 0 null NetStream.Play.Start\n"
      "1 \"|RtmpSampleAccess\" true true\n"
      "1 \"onStatus\" NetStream.Data.Start\n");
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_play_recorded_without_reset)
{
  Peer *peer = with_stream ();

  call (peer, 1, "play", 0, NULL, S ("mp4:cam1"), N (5000), N (2000),
      B (FALSE));
  fail_unless_events (peer, "play 1 cam1 5000 2000 0\n");
  fail_unless_says (peer, "control 4 of 1\ncontrol 0 of 1\n"
      "1 \"onStatus\" 0 null NetStream.Play.Start\n"
      "1 \"|RtmpSampleAccess\" true true\n"
      "1 \"onStatus\" NetStream.Data.Start\n");
  peer_free (peer);
}

GST_END_TEST;

static void
fail_unless_play_is (GstAmf * start, GstAmf * length, GstAmf * reset,
    const gchar * expected)
{
  Peer *peer = with_stream ();
  gchar *event = g_strdup_printf ("play 1 x %s\n", expected);

  call (peer, 1, "play", 0, NULL, S ("x"), start, length, reset);
  fail_unless_events (peer, event);
  g_free (event);
  peer_free (peer);
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
  Peer *peer = with_stream ();

  call (peer, 1, "play", 0, NULL, S ("missing"));
  fail_unless_says (peer,
      "1 \"onStatus\" 0 null NetStream.Play.StreamNotFound (error)\n");
  /* nothing plays: nothing stops */
  g_string_truncate (peer->events, 0);
  call (peer, 1, "closeStream", 0, NULL);
  fail_unless_events (peer, "");
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_pause_and_resume)
{
  Peer *peer = playing (0);

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
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_seek)
{
  Peer *peer = playing (0);

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
  peer_free (peer);
}

GST_END_TEST;

/* Smart Seek: in every shape, on the stream or on the connection, in AMF0 or
 * AMF3; nothing is answered, or a client would see call errors. */
GST_START_TEST (test_smart_seek_commands)
{
  Peer *peer = playing (0);

  call (peer, 1, "seekRaw", 0, NULL, N (5000));
  call (peer, 1, "seekRaw", 7, NULL, N (5000), B (TRUE), S ("x"));
  call (peer, 0, "stopTransmit", 0, NULL);
  call (peer, 1, "stopTransmit", 8, NULL, B (TRUE));
  call (peer, 0, "stopTransmit", 0, NULL, B (TRUE), N (9000));
  call (peer, 1, "startTransmit", 0, NULL, N (9000));
  call (peer, 1, "startTransmit", 9, NULL);
  fail_unless (send_body (peer, GST_RTMP_COMMAND_AMF3, 0, 0,
          gst_rtmp_command_build (TRUE, "startTransmit", 10, NULL, B (FALSE),
              N (1), NULL), NULL));
  fail_unless_events (peer, "seekRaw 1 5000\nseekRaw 1 true 5000\n"
      "transmit 1\ntransmit 1 true\ntransmit 1 true 9000\n"
      "transmit 1 9000\ntransmit 1\ntransmit 1 false 1\n");
  fail_unless_says (peer, "");
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_receive_and_buffer_length)
{
  Peer *peer = playing (-1000);

  call (peer, 1, "receiveVideo", 0, NULL, B (FALSE));
  call (peer, 1, "receiveVideo", 0, NULL, B (TRUE));
  gst_rtmp_server_session_send_receive_notify (peer->session, 1);
  fail_unless (send_bytes (peer, GST_RTMP_USER_CONTROL, 0, 0,
          BYTES (0, 3, 0, 0, 0, 1, 0, 0, 0x0b, 0xb8), NULL));
  fail_unless_events (peer, "receive 1 false\nreceive 1 true\n"
      "buffer 1 3000\n");
  fail_unless_says (peer, "1 \"onStatus\" 0 null NetStream.Seek.Notify\n"
      "1 \"onStatus\" 0 null NetStream.Play.Start\n");
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_ends_of_a_play)
{
  Peer *peer = playing (0);

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
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_lost_connection_ends_everything_once)
{
  Peer *peer = playing (0);

  call (peer, 0, "createStream", 3, NULL);
  call (peer, 2, "publish", 4, NULL, S ("cam2"), S ("live"));
  g_string_truncate (peer->events, 0);
  gst_rtmp_server_session_close (peer->session);
  fail_unless_events (peer, "stop 1\nunpublish 2\n");
  gst_rtmp_server_session_close (peer->session);
  fail_unless_events (peer, "");
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_streams_are_bounded_and_reused)
{
  Peer *peer = connected ();
  gchar *said;
  guint i;

  for (i = 0; i < 16; i++)
    call (peer, 0, "createStream", 2, NULL);
  g_free (output (peer));
  call (peer, 0, "createStream", 2, NULL);
  fail_unless_says (peer,
      "0 \"_error\" 2 null NetConnection.Call.Failed (error)\n");
  call (peer, 0, "deleteStream", 0, NULL, N (7));
  call (peer, 0, "deleteStream", 0, NULL, N (99));
  call (peer, 0, "deleteStream", 0, NULL);
  call (peer, 0, "createStream", 2, NULL);
  said = output (peer);
  fail_unless_equals_string (said, "0 \"_result\" 2 null 7\n");
  g_free (said);
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_calls_on_the_connection)
{
  Peer *peer = connected ();
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
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_unknown_commands)
{
  Peer *peer = with_stream ();

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
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_amf3_is_answered_in_amf3)
{
  Peer *peer = peer_new ();

  call (peer, 0, "connect", 1, connect_object (3));
  g_free (output (peer));
  fail_unless (send_body (peer, GST_RTMP_COMMAND_AMF3, 0, 0,
          gst_rtmp_command_build (TRUE, "createStream", 2, NULL, NULL), NULL));
  fail_unless_says (peer, "0 amf3 \"_result\" 2 null 1\n");
  fail_unless (send_body (peer, GST_RTMP_COMMAND_AMF3, 1, 0,
          gst_rtmp_command_build (TRUE, "play", 0, NULL, S ("missing"), NULL),
          NULL));
  fail_unless_says (peer, "1 amf3 \"onStatus\" 0 null "
      "NetStream.Play.StreamNotFound (error)\n");
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_enhanced_rtmp_is_kept)
{
  GstAmf *object = connect_object (0), *list = gst_amf_new_strict_array ();
  GByteArray *body;
  GstRtmpMessage m = {.type = GST_RTMP_COMMAND };
  GstRtmpCommand *command;
  Peer *peer = peer_new ();

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
  gst_rtmp_command_free (command);
  gst_rtmp_message_clear (&m);
  fail_unless (send_body (peer, GST_RTMP_COMMAND, 0, 0, body, NULL));
  g_free (output (peer));
  fail_unless_equals_int (gst_rtmp_server_session_get_caps_ex (peer->session),
      9);
  fail_unless (gst_rtmp_server_session_send_reconnect (peer->session,
          "rtmp://b/live", "Going down."));
  fail_unless_says (peer,
      "0 \"onStatus\" 0 null NetConnection.Connect.ReconnectRequest\n");
  peer_free (peer);
  peer = connected ();
  fail_if (gst_rtmp_server_session_send_reconnect (peer->session, NULL, ""));
  peer_free (peer);
}

GST_END_TEST;

static void
fail_unless_ends (Peer * peer, gboolean fed, GError ** error, GstRtmpError code)
{
  fail_if (fed);
  fail_unless (g_error_matches (*error, GST_RTMP_ERROR, code), "%s",
      (*error)->message);
  g_clear_error (error);
  peer_free (peer);
}

GST_START_TEST (test_what_ends_a_connection)
{
  GError *error = NULL;
  Peer *peer = peer_new ();

  fail_unless_ends (peer, send_body (peer, GST_RTMP_COMMAND, 0, 0,
          gst_rtmp_command_build (FALSE, "play", 0, NULL, NULL), &error),
      &error, GST_RTMP_ERROR_PROTOCOL);
  peer = connected ();
  fail_unless_ends (peer, send_body (peer, GST_RTMP_COMMAND, 0, 0,
          gst_rtmp_command_build (FALSE, "connect", 1, connect_object (0),
              NULL), &error), &error, GST_RTMP_ERROR_PROTOCOL);
  peer = connected ();
  fail_unless_ends (peer, send_bytes (peer, GST_RTMP_COMMAND, 0, 0,
          BYTES (5), &error), &error, GST_RTMP_ERROR_AMF);
  peer = connected ();
  fail_unless_ends (peer, send_bytes (peer, GST_RTMP_SET_CHUNK_SIZE, 0, 0,
          BYTES (0, 0, 0, 0), &error), &error, GST_RTMP_ERROR_PROTOCOL);
  peer = connected ();
  fail_unless_ends (peer, send_bytes (peer, GST_RTMP_SET_CHUNK_SIZE, 0, 0,
          BYTES (0x80, 0, 0, 0), &error), &error, GST_RTMP_ERROR_PROTOCOL);
  peer = connected ();
  fail_unless_ends (peer, send_bytes (peer, GST_RTMP_USER_CONTROL, 0, 0,
          BYTES (0, 6, 1), &error), &error, GST_RTMP_ERROR_PROTOCOL);
  peer = connected ();
  fail_unless_ends (peer, send_bytes (peer, GST_RTMP_SET_PEER_BANDWIDTH, 0, 0,
          BYTES (0, 0, 0, 1), &error), &error, GST_RTMP_ERROR_PROTOCOL);
}

GST_END_TEST;

GST_START_TEST (test_broken_metadata_does_not_end_a_programme)
{
  Peer *peer = publishing ();

  fail_unless (send_bytes (peer, GST_RTMP_DATA, 1, 0, BYTES (3, 0, 1), NULL));
  fail_unless (send_bytes (peer, GST_RTMP_DATA, 1, 0, BYTES (5), NULL));
  fail_unless (send_bytes (peer, GST_RTMP_DATA_AMF3, 1, 0, NULL, 0, NULL));
  fail_unless (send_bytes (peer, GST_RTMP_VIDEO, 1, 1, BYTES (0x17), NULL));
  fail_unless_events (peer, "media 1 @1 1\n");
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_control_messages)
{
  Peer *peer = connected ();

  fail_unless (send_bytes (peer, GST_RTMP_USER_CONTROL, 0, 0,
          BYTES (0, 6, 1, 2, 3, 4), NULL));
  /* a hard limit is a new window; the same again is nothing new */
  fail_unless (send_bytes (peer, GST_RTMP_SET_PEER_BANDWIDTH, 0, 0,
          BYTES (0, 1, 0, 0, 0), NULL));
  fail_unless (send_bytes (peer, GST_RTMP_SET_PEER_BANDWIDTH, 0, 0,
          BYTES (0, 1, 0, 0, 2), NULL));
  fail_unless_says (peer, "control 7 of 16909060\n"
      "window acknowledgement size 65536\n");
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_acknowledgements)
{
  static const guint8 body[1000];
  Peer *peer = publishing ();
  gchar *said;
  guint i;

  /* the window is 10,000 bytes: half of it is five of these */
  fail_unless (send_bytes (peer, GST_RTMP_WINDOW_ACK_SIZE, 0, 0,
          BYTES (0, 0, 0x27, 0x10), NULL));
  do {
    fail_unless (send_bytes (peer, GST_RTMP_VIDEO, 1, 0, body, sizeof body,
            NULL));
  } while (gst_rtmp_server_session_get_output_size (peer->session) == 0);
  g_free (output (peer));
  for (i = 0; i < 4; i++)
    fail_unless (send_bytes (peer, GST_RTMP_VIDEO, 1, i, body, sizeof body,
            NULL));
  fail_unless_says (peer, "");
  fail_unless (send_bytes (peer, GST_RTMP_VIDEO, 1, i, body, sizeof body,
          NULL));
  said = output (peer);
  fail_unless (g_str_has_prefix (said, "acknowledgement "), "%s", said);
  g_free (said);
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_who_does_not_read_is_dropped)
{
  GError *error = NULL;
  Peer *peer = connected ();
  guint i;

  for (i = 0; i < 10000000; i++) {
    if (!send_bytes (peer, GST_RTMP_USER_CONTROL, 0, 0,
            BYTES (0, 6, 1, 2, 3, 4), &error))
      break;
  }
  fail_unless (g_error_matches (error, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT));
  fail_unless (gst_rtmp_server_session_get_output_size (peer->session) <
      (4 << 20) + 1000);
  g_error_free (error);
  peer_free (peer);
}

GST_END_TEST;

static void
send_head (Peer * peer, GstRtmpMessageType type, guint64 time)
{
  GstBuffer *buffer = gst_buffer_new_memdup ("\x17", 1);

  fail_unless (gst_rtmp_server_session_send_media (peer->session, 1, type,
          time, buffer));
  gst_buffer_unref (buffer);
}

/* A private head, shared bytes, then another head after a seek. */
GST_START_TEST (test_shared_bytes_follow_a_private_head)
{
  GstRtmpBlockBuilder *builder =
      gst_rtmp_block_builder_new (GST_RTMP_BLOCK_CHUNK_SIZE);
  gint64 base = 5000000000;
  GString *lines = g_string_new (NULL);
  Peer *peer = playing (0);
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

    gst_rtmp_server_session_begin_head (peer->session);
    send_head (peer, GST_RTMP_VIDEO, 7 + 1000 * i);
    send_head (peer, GST_RTMP_AUDIO, 7 + 1000 * i);
    gst_rtmp_server_session_send_status (peer->session, 1,
        "NetStream.Play.Start", NULL);
    head = gst_rtmp_server_session_take_output (peer->session);
    read_bytes (peer, lines, g_bytes_get_data (head, NULL),
        g_bytes_get_size (head));
    read_bytes (peer, lines, data, size);
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
  peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_keys_are_not_logged)
{
  GByteArray *body = gst_rtmp_command_build (FALSE, "publish", 5, NULL,
      S ("cam1?key=secret"), S ("live"), NULL);
  GstRtmpMessage m = {.type = GST_RTMP_COMMAND };
  GstRtmpCommand *command;
  gchar *text;

  m.payload = gst_buffer_new_memdup (body->data, body->len);
  command = gst_rtmp_command_parse (&m, NULL, NULL);
  text = gst_rtmp_command_to_string (command);
  fail_unless_equals_string (text, "publish 5 null \"cam1?...\" \"live\"");
  g_free (text);
  gst_rtmp_command_free (command);
  gst_rtmp_message_clear (&m);
  g_byte_array_unref (body);
}

GST_END_TEST;

static Suite *
rtmp_server_suite (void)
{
  Suite *s = suite_create ("rtmp_server");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_connect);
  tcase_add_test (tc, test_reject_with_redirect);
  tcase_add_test (tc, test_answers_may_come_later);
  tcase_add_test (tc, test_waiting_input_is_bounded);
  tcase_add_test (tc, test_publish_as_encoders_do);
  tcase_add_test (tc, test_time_goes_on_behind_32_bits);
  tcase_add_test (tc, test_headers_at_zero_do_not_turn_time_back);
  tcase_add_test (tc, test_publish_in_aggregates);
  tcase_add_test (tc, test_second_publish_and_bad_names);
  tcase_add_test (tc, test_play_live);
  tcase_add_test (tc, test_play_recorded_without_reset);
  tcase_add_test (tc, test_play_arguments_as_peers_send_them);
  tcase_add_test (tc, test_play_what_is_missing);
  tcase_add_test (tc, test_pause_and_resume);
  tcase_add_test (tc, test_seek);
  tcase_add_test (tc, test_smart_seek_commands);
  tcase_add_test (tc, test_receive_and_buffer_length);
  tcase_add_test (tc, test_ends_of_a_play);
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
  tcase_add_test (tc, test_shared_bytes_follow_a_private_head);
  tcase_add_test (tc, test_keys_are_not_logged);
  return s;
}

GST_CHECK_MAIN (rtmp_server);
