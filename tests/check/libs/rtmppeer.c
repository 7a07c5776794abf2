/* rtmppeer.c: a scripted client of an RTMP server session
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "rtmppeer.h"

static void
answer (RtmpPeer * peer, const GstRtmpServerEvent * event)
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
  RtmpPeer *peer = user_data;

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

RtmpPeer *
rtmp_peer_new_limited (const GstRtmpLimits * limits)
{
  RtmpPeer *peer = g_new0 (RtmpPeer, 1);

  peer->session = gst_rtmp_server_session_new (limits, on_event, peer);
  peer->writer = gst_rtmp_chunk_writer_new ();
  peer->reader = gst_rtmp_chunk_reader_new (NULL);
  peer->events = g_string_new (NULL);
  peer->handshake_left = 1 + 2 * 1536;
  return peer;
}

RtmpPeer *
rtmp_peer_new (void)
{
  static const guint8 handshake[1 + 2 * 1536] = { 3, };
  RtmpPeer *peer = rtmp_peer_new_limited (NULL);

  fail_unless (gst_rtmp_server_session_feed (peer->session, handshake,
          sizeof handshake, NULL));
  return peer;
}

void
rtmp_peer_free (RtmpPeer * peer)
{
  gst_rtmp_server_session_close (peer->session);
  gst_rtmp_server_session_free (peer->session);
  gst_rtmp_chunk_writer_free (peer->writer);
  gst_rtmp_chunk_reader_free (peer->reader);
  g_string_free (peer->events, TRUE);
  g_free (peer);
}

gboolean
rtmp_peer_send_body (RtmpPeer * peer, GstRtmpMessageType type,
    guint32 stream_id, guint32 timestamp, GByteArray * body, GError ** error)
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

gboolean
rtmp_peer_send_bytes (RtmpPeer * peer, GstRtmpMessageType type,
    guint32 stream_id, guint32 timestamp, const guint8 * data, gsize size,
    GError ** error)
{
  GByteArray *body = g_byte_array_new ();

  if (size > 0)
    g_byte_array_append (body, data, size);
  return rtmp_peer_send_body (peer, type, stream_id, timestamp, body, error);
}

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
transcribe (RtmpPeer * peer, GString * lines, GstRtmpMessage * m)
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

void
rtmp_peer_read_bytes (RtmpPeer * peer, GString * lines, const guint8 * data,
    gsize size)
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

gchar *
rtmp_peer_output (RtmpPeer * peer)
{
  GBytes *bytes = gst_rtmp_server_session_take_output (peer->session);
  GString *lines = g_string_new (NULL);

  if (bytes)
    rtmp_peer_read_bytes (peer, lines, g_bytes_get_data (bytes, NULL),
        g_bytes_get_size (bytes));
  g_clear_pointer (&bytes, g_bytes_unref);
  return g_string_free (lines, FALSE);
}

void
fail_unless_says (RtmpPeer * peer, const gchar * expected)
{
  gchar *said = rtmp_peer_output (peer);

  fail_unless_equals_string (said, expected);
  g_free (said);
}

void
fail_unless_events (RtmpPeer * peer, const gchar * expected)
{
  fail_unless_equals_string (peer->events->str, expected);
  g_string_truncate (peer->events, 0);
}

GstAmf *
rtmp_peer_connect_object (gdouble encoding)
{
  GstAmf *object = gst_amf_new_object ();

  gst_amf_set_string (object, "app", "live");
  gst_amf_set_number (object, "objectEncoding", encoding);
  return object;
}

RtmpPeer *
rtmp_peer_connected (void)
{
  RtmpPeer *peer = rtmp_peer_new ();

  call (peer, 0, "connect", 1, rtmp_peer_connect_object (0));
  g_free (rtmp_peer_output (peer));
  g_string_truncate (peer->events, 0);
  return peer;
}

RtmpPeer *
rtmp_peer_with_stream (void)
{
  RtmpPeer *peer = rtmp_peer_connected ();

  call (peer, 0, "createStream", 2, NULL);
  fail_unless_says (peer, "0 \"_result\" 2 null 1\n");
  return peer;
}

RtmpPeer *
rtmp_peer_playing (gdouble start)
{
  RtmpPeer *peer = rtmp_peer_with_stream ();

  call (peer, 1, "play", 0, NULL, S ("cam1"), N (start));
  g_free (rtmp_peer_output (peer));
  g_string_truncate (peer->events, 0);
  return peer;
}

RtmpPeer *
rtmp_peer_publishing (void)
{
  RtmpPeer *peer = rtmp_peer_with_stream ();

  call (peer, 1, "publish", 5, NULL, S ("cam1"), S ("live"));
  g_free (rtmp_peer_output (peer));
  g_string_truncate (peer->events, 0);
  return peer;
}
