/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpserversession.c: the server's end of an RTMP connection: what it hears
 *
 * What it says is in rtmpserverreply.c.
 */
#include "config.h"
#include "rtmpserversession-private.h"
#include "rtmpblock.h"
#include "rtmp-private.h"

#include <string.h>

#define GST_CAT_DEFAULT (gst_rtmp_get_debug_category ())

static void
stream_free (gpointer data)
{
  GstRtmpServerStream *stream = data;

  g_free (stream->name);
  g_free (stream->asked_name);
  g_free (stream);
}

GstRtmpServerStream *
gst_rtmp_server_session_find (GstRtmpServerSession * s, guint32 id)
{
  guint i;

  for (i = 0; i < s->streams->len; i++) {
    GstRtmpServerStream *stream = g_ptr_array_index (s->streams, i);

    if (stream->id == id)
      return stream;
  }
  return NULL;
}

/* Whether both mean one stream; only one may carry its key. */
gboolean
gst_rtmp_server_session_same_name (const gchar * a, const gchar * b)
{
  gsize length;

  if (!a || !b)
    return FALSE;
  length = strcspn (a, "?");
  return length == strcspn (b, "?") && strncmp (a, b, length) == 0;
}

static void
emit (GstRtmpServerSession * s, GstRtmpServerEvent * event)
{
  s->func (s, event, s->user_data);
}

static void
emit_command (GstRtmpServerSession * s, GstRtmpServerEventType type,
    guint32 stream_id, const GstRtmpCommand * command)
{
  GstRtmpServerEvent event = {.type = type,.stream_id = stream_id,
    .command = command
  };

  emit (s, &event);
}

/* Ends what the stream does, or has asked for, and says so once. */
static void
end_stream (GstRtmpServerSession * s, GstRtmpServerStream * stream,
    const GstRtmpCommand * command)
{
  gboolean publishing = stream->publishing;
  gboolean playing = stream->playing
      || stream->asked == GST_RTMP_STREAM_ASKED_PLAY;

  stream->publishing = stream->playing = FALSE;
  stream->asked = GST_RTMP_STREAM_ASKED_NOTHING;
  if (publishing)
    emit_command (s, GST_RTMP_SERVER_UNPUBLISH, stream->id, command);
  if (playing)
    emit_command (s, GST_RTMP_SERVER_STOP, stream->id, command);
}

/* A publisher that says goodbye is told that it was heard. */
static void
unpublish (GstRtmpServerSession * s, GstRtmpServerStream * stream,
    const GstRtmpCommand * command)
{
  gboolean publishing = stream->publishing;

  end_stream (s, stream, command);
  if (publishing)
    gst_rtmp_server_session_send_status (s, stream->id,
        "NetStream.Unpublish.Success", "Stream is now unpublished.");
}

/* The lowest id that is free; 0 is the connection itself. */
static void
create_stream (GstRtmpServerSession * s, const GstRtmpCommand * command)
{
  guint max = gst_rtmp_transport_get_limits (s->transport)->max_streams;
  GstRtmpServerStream *stream;
  guint32 id = 1;

  if (s->streams->len >= max) {
    gst_rtmp_server_session_send_error (s, command,
        "NetConnection.Call.Failed", "Too many streams on one connection.");
    return;
  }
  while (gst_rtmp_server_session_find (s, id))
    id++;
  stream = g_new0 (GstRtmpServerStream, 1);
  stream->id = id;
  stream->amf3 = command->amf3;
  g_ptr_array_add (s->streams, stream);
  gst_rtmp_server_session_send_command (s, 0, command->amf3,
      gst_rtmp_command_build (command->amf3, "_result", command->transaction,
          NULL, gst_amf_new_number (id), NULL));
}

static gboolean
connect (GstRtmpServerSession * s, const GstRtmpCommand * command,
    GError ** error)
{
  if (command->type != GST_RTMP_CALL_CONNECT) {
    g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_PROTOCOL,
        "\"%.64s\" called before connect", command->name);
    return FALSE;
  }
  s->state = GST_RTMP_SERVER_ASKED;
  s->connect_transaction = command->transaction;
  s->amf3 = command->connect->amf3;
  s->caps_ex = command->connect->caps_ex;
  gst_rtmp_transport_hold (s->transport);
  emit_command (s, GST_RTMP_SERVER_CONNECT, 0, command);
  return TRUE;
}

static void
ask (GstRtmpServerSession * s, GstRtmpServerStream * stream,
    GstRtmpStreamAsked what, const GstRtmpCommand * command)
{
  g_free (stream->asked_name);
  stream->asked_name = g_strdup (command->stream.full);
  stream->flushes = gst_rtmp_play_flushes (&command->play);
  stream->asked = what;
  gst_rtmp_server_session_hold (s, stream);
  emit_command (s, what == GST_RTMP_STREAM_ASKED_PUBLISH ?
      GST_RTMP_SERVER_PUBLISH : GST_RTMP_SERVER_PLAY, stream->id, command);
}

static void
handle_publish (GstRtmpServerSession * s, GstRtmpServerStream * stream,
    const GstRtmpCommand * command)
{
  /* publish(false) is how ActionScript stops */
  if (!command->stream.full) {
    unpublish (s, stream, command);
  } else if (stream->publishing || stream->playing) {
    gst_rtmp_server_session_send_status (s, stream->id,
        "NetStream.Publish.BadName", "This stream is in use already.");
  } else {
    memset (&stream->clock, 0, sizeof stream->clock);
    ask (s, stream, GST_RTMP_STREAM_ASKED_PUBLISH, command);
  }
}

/* Whether another stream that plays has that lane. */
static gboolean
lane_is_taken (GstRtmpServerSession * s, GstRtmpServerStream * but, guint lane)
{
  guint i;

  for (i = 0; i < s->streams->len; i++) {
    GstRtmpServerStream *stream = g_ptr_array_index (s->streams, i);

    if (stream != but && stream->lane == lane && (stream->playing ||
            stream->asked == GST_RTMP_STREAM_ASKED_PLAY))
      return TRUE;
  }
  return FALSE;
}

/* The lowest that is free. Returns: whether there is one */
static gboolean
take_lane (GstRtmpServerSession * s, GstRtmpServerStream * stream)
{
  guint lane = 0;

  if (stream->playing)
    return TRUE;
  while (lane < GST_RTMP_N_LANES && lane_is_taken (s, stream, lane))
    lane++;
  stream->lane = lane % GST_RTMP_N_LANES;
  return lane < GST_RTMP_N_LANES;
}

static void
handle_play (GstRtmpServerSession * s, GstRtmpServerStream * stream,
    const GstRtmpCommand * command)
{
  /* play(false) likewise */
  if (!command->stream.full)
    end_stream (s, stream, command);
  else if (stream->publishing)
    gst_rtmp_server_session_send_status (s, stream->id,
        "NetStream.Play.Failed", "This stream publishes.");
  else if (!take_lane (s, stream))
    gst_rtmp_server_session_send_status (s, stream->id,
        "NetStream.Play.Failed", "Too many streams play on one connection.");
  else
    ask (s, stream, GST_RTMP_STREAM_ASKED_PLAY, command);
}

static void
handle_play2 (GstRtmpServerSession * s, GstRtmpServerStream * stream,
    const GstRtmpCommand * command)
{
  const gchar *transition = command->play2.transition;

  if (g_strcmp0 (transition, "stop") == 0)
    end_stream (s, stream, command);
  else if (!stream->playing || !gst_rtmp_play_flushes (&command->play)
      || g_strcmp0 (transition, "reset") == 0)
    handle_play (s, stream, command);
  else
    emit_command (s, GST_RTMP_SERVER_PLAY2, stream->id, command);
}

/* What only concerns a player; ignored when nothing plays. */
static void
handle_playing (GstRtmpServerSession * s, GstRtmpServerStream * stream,
    const GstRtmpCommand * command)
{
  GstRtmpServerEventType type;

  switch (command->type) {
    case GST_RTMP_CALL_PAUSE:
    case GST_RTMP_CALL_PAUSE_RAW:
      type = GST_RTMP_SERVER_PAUSE;
      break;
    case GST_RTMP_CALL_SEEK:
      type = GST_RTMP_SERVER_SEEK;
      break;
    case GST_RTMP_CALL_SEEK_RAW:
      type = GST_RTMP_SERVER_SEEK_RAW;
      break;
    case GST_RTMP_CALL_START_TRANSMIT:
    case GST_RTMP_CALL_STOP_TRANSMIT:
      type = GST_RTMP_SERVER_TRANSMIT;
      break;
    default:
      type = GST_RTMP_SERVER_RECEIVE;
      break;
  }
  if (stream->playing)
    emit_command (s, type, stream->id, command);
  else if (type == GST_RTMP_SERVER_SEEK)
    gst_rtmp_server_session_send_status (s, stream->id,
        "NetStream.Seek.Failed", "Nothing plays on this stream.");
}

/* The stream a command is for. Smart Seek's commands may come on the
 * connection: then the one that plays is meant. */
static GstRtmpServerStream *
command_stream (GstRtmpServerSession * s, const GstRtmpCommand * command)
{
  guint i;

  if (command->stream_id != 0)
    return gst_rtmp_server_session_find (s, command->stream_id);
  for (i = 0; i < s->streams->len; i++) {
    GstRtmpServerStream *stream = g_ptr_array_index (s->streams, i);

    if (stream->playing)
      return stream;
  }
  return s->streams->len == 1 ? g_ptr_array_index (s->streams, 0) : NULL;
}

static void
handle_stream_command (GstRtmpServerSession * s, const GstRtmpCommand * command)
{
  GstRtmpServerStream *stream = command_stream (s, command);

  if (!stream) {
    if (command->transaction != 0)
      gst_rtmp_server_session_send_error (s, command,
          "NetConnection.Call.Failed", "There is no such stream.");
    return;
  }
  stream->amf3 = command->amf3;
  if (command->type == GST_RTMP_CALL_PUBLISH)
    handle_publish (s, stream, command);
  else if (command->type == GST_RTMP_CALL_PLAY)
    handle_play (s, stream, command);
  else if (command->type == GST_RTMP_CALL_PLAY2)
    handle_play2 (s, stream, command);
  else if (command->type == GST_RTMP_CALL_CLOSE_STREAM)
    unpublish (s, stream, command);
  else
    handle_playing (s, stream, command);
}

static void
delete_stream (GstRtmpServerSession * s, const GstRtmpCommand * command)
{
  GstRtmpServerStream *stream =
      gst_rtmp_server_session_find (s, command->target);

  if (!stream)
    return;
  unpublish (s, stream, command);
  g_ptr_array_remove (s->streams, stream);
}

/* Answered once the stream is accepted: until then nobody has published. */
static void
fc_publish (GstRtmpServerSession * s, const GstRtmpCommand * command)
{
  g_free (s->fc_name);
  s->fc_name = g_strdup (command->stream.full);
  gst_rtmp_server_session_send_result (s, command, gst_amf_new_undefined ());
}

static void
fc_unpublish (GstRtmpServerSession * s, const GstRtmpCommand * command)
{
  guint i;

  gst_rtmp_server_session_send_fc (s, "onFCUnpublish",
      "NetStream.Unpublish.Success", command->stream.full);
  gst_rtmp_server_session_send_result (s, command, gst_amf_new_undefined ());
  g_clear_pointer (&s->fc_name, g_free);
  for (i = 0; i < s->streams->len; i++) {
    GstRtmpServerStream *stream = g_ptr_array_index (s->streams, i);

    if (stream->publishing &&
        gst_rtmp_server_session_same_name (stream->name, command->stream.full))
      unpublish (s, stream, command);
  }
}

static void
subscribe (GstRtmpServerSession * s, const GstRtmpCommand * command,
    const gchar * callback, const gchar * code)
{
  gst_rtmp_server_session_send_result (s, command, gst_amf_new_undefined ());
  gst_rtmp_server_session_send_fc (s, callback, code, command->stream.full);
}

/* Who calls with a transaction id waits for an answer. */
static void
unknown (GstRtmpServerSession * s, const GstRtmpCommand * command)
{
  gchar *description;

  GST_DEBUG ("unknown command \"%.64s\"", command->name);
  if (command->transaction == 0)
    return;
  description = g_strdup_printf ("Method not found (%.64s).", command->name);
  gst_rtmp_server_session_send_error (s, command, "NetConnection.Call.Failed",
      description);
  g_free (description);
}

static void
handle_connection_command (GstRtmpServerSession * s,
    const GstRtmpCommand * command)
{
  switch (command->type) {
    case GST_RTMP_CALL_CREATE_STREAM:
      create_stream (s, command);
      break;
    case GST_RTMP_CALL_DELETE_STREAM:
      delete_stream (s, command);
      break;
    case GST_RTMP_CALL_FC_PUBLISH:
      fc_publish (s, command);
      break;
    case GST_RTMP_CALL_FC_UNPUBLISH:
      fc_unpublish (s, command);
      break;
    case GST_RTMP_CALL_FC_SUBSCRIBE:
      subscribe (s, command, "onFCSubscribe", "NetStream.Play.Start");
      break;
    case GST_RTMP_CALL_FC_UNSUBSCRIBE:
      subscribe (s, command, "onFCUnsubscribe", "NetStream.Play.Stop");
      break;
    case GST_RTMP_CALL_DVR_SUBSCRIBE:
      subscribe (s, command, "onDVRSubscribe", "NetStream.Play.Start");
      break;
    case GST_RTMP_CALL_DVR_UNSUBSCRIBE:
      subscribe (s, command, "onDVRUnSubscribe", "NetStream.Play.Stop");
      break;
    case GST_RTMP_CALL_DVR_GET_STREAM_INFO:
      emit_command (s, GST_RTMP_SERVER_DVR_GET_INFO, 0, command);
      break;
    case GST_RTMP_CALL_DVR_SET_STREAM_INFO:
      gst_rtmp_server_session_send_result (s, command, gst_amf_new_null ());
      emit_command (s, GST_RTMP_SERVER_DVR_SET_INFO, 0, command);
      break;
    case GST_RTMP_CALL_GET_STREAM_LENGTH:
      emit_command (s, GST_RTMP_SERVER_STREAM_LENGTH, 0, command);
      break;
    case GST_RTMP_CALL_RELEASE_STREAM:
    case GST_RTMP_CALL_CHECK_BANDWIDTH:
      gst_rtmp_server_session_send_result (s, command,
          gst_amf_new_undefined ());
      break;
    default:
      unknown (s, command);
      break;
  }
}

/* What a connection says that has connected. */
void
gst_rtmp_server_session_dispatch (GstRtmpServerSession * s,
    const GstRtmpCommand * command)
{
  if (command->type >= GST_RTMP_CALL_RESULT)
    return;                     /* we ask nothing */
  if (command->type >= GST_RTMP_CALL_PUBLISH)
    handle_stream_command (s, command);
  else
    handle_connection_command (s, command);
}

static gboolean
handle_command (gpointer user_data, const GstRtmpCommand * command,
    GError ** error)
{
  GstRtmpServerSession *s = user_data;

  if (gst_debug_category_get_threshold (GST_CAT_DEFAULT) >= GST_LEVEL_DEBUG) {
    gchar *text = gst_rtmp_command_to_string (command);

    GST_DEBUG ("on stream %u: %s", command->stream_id, text);
    g_free (text);
  }
  if (s->state == GST_RTMP_SERVER_AWAITS_CONNECT)
    return connect (s, command, error);
  if (command->type == GST_RTMP_CALL_CONNECT) {
    g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_PROTOCOL,
        "connect called twice");
    return FALSE;
  }
  if (!gst_rtmp_server_session_keep (s, command))
    gst_rtmp_server_session_dispatch (s, command);
  return TRUE;
}

/* The publisher a message is for; some encoders write the id of the
 * connection into everything. */
static GstRtmpServerStream *
publisher (GstRtmpServerSession * s, guint32 stream_id)
{
  GstRtmpServerStream *stream;

  if (stream_id == 0 && s->streams->len == 1)
    stream = g_ptr_array_index (s->streams, 0);
  else
    stream = gst_rtmp_server_session_find (s, stream_id);
  return stream && stream->publishing ? stream : NULL;
}

static void
handle_media (gpointer user_data, const GstRtmpMessage * message)
{
  GstRtmpServerSession *s = user_data;
  GstRtmpServerStream *stream = publisher (s, message->stream_id);
  GstRtmpServerEvent event = {.type = GST_RTMP_SERVER_MEDIA };

  if (!stream)
    return;
  event.stream_id = stream->id;
  event.message_type = message->type;
  event.timestamp = gst_rtmp_clock_unwrap (&stream->clock, message->timestamp);
  event.buffer = message->payload;
  emit (s, &event);
}

/* Broken data does not end a programme: it is left out. Its time, often 0 in
 * the middle of a stream, does not move the clock. */
static void
handle_data (gpointer user_data, const GstRtmpMessage * message)
{
  GstRtmpServerSession *s = user_data;
  GstRtmpServerStream *stream = publisher (s, message->stream_id);
  GstRtmpServerEvent event = {.type = GST_RTMP_SERVER_DATA };
  GError *error = NULL;
  GstRtmpData data;

  if (!stream)
    return;
  if (!gst_rtmp_data_parse (&data, message,
          &gst_rtmp_transport_get_limits (s->transport)->amf, &error)) {
    GST_WARNING ("data message left out: %s", error->message);
    g_error_free (error);
    return;
  }
  event.stream_id = stream->id;
  event.message_type = GST_RTMP_DATA;
  event.timestamp = gst_rtmp_clock_peek (&stream->clock, message->timestamp);
  event.buffer = data.payload;
  event.data = &data;
  emit (s, &event);
  gst_rtmp_data_clear (&data);
}

static void
handle_control (gpointer user_data, const GstRtmpUserControl * control)
{
  GstRtmpServerSession *s = user_data;
  GstRtmpServerEvent event = {.type = GST_RTMP_SERVER_BUFFER_LENGTH };
  GstRtmpServerStream *stream;

  if (control->type != GST_RTMP_SET_BUFFER_LENGTH ||
      s->state != GST_RTMP_SERVER_CONNECTED)
    return;
  stream = gst_rtmp_server_session_find (s, control->value);
  if (stream)
    stream->buffer_ms = control->buffer_ms;
  else
    s->buffer_ms = control->buffer_ms;
  event.stream_id = control->value;
  event.buffer_ms = control->buffer_ms;
  emit (s, &event);
}

static void
handle_ready (gpointer user_data)
{
  GstRtmpServerSession *s = user_data;

  s->state = GST_RTMP_SERVER_AWAITS_CONNECT;
}

/**
 * gst_rtmp_server_session_new:
 * @limits: (nullable): what the peer may make us hold; %NULL for defaults
 * @func: where the events go
 */
GstRtmpServerSession *
gst_rtmp_server_session_new (const GstRtmpLimits * limits,
    GstRtmpServerFunc func, gpointer user_data)
{
  static const GstRtmpTransportCallbacks callbacks =
      { handle_ready, handle_command, handle_media, handle_data,
    handle_control
  };
  GstRtmpServerSession *s = g_new0 (GstRtmpServerSession, 1);

  s->func = func;
  s->user_data = user_data;
  s->streams = g_ptr_array_new_with_free_func (stream_free);
  s->transport = gst_rtmp_transport_new (GST_RTMP_ROLE_SERVER,
      GST_RTMP_DIGEST_NONE, limits, &callbacks, s);
  return s;
}

void
gst_rtmp_server_session_free (GstRtmpServerSession * s)
{
  gst_rtmp_transport_free (s->transport);
  gst_rtmp_server_session_drop_kept (s);
  g_ptr_array_unref (s->streams);
  g_free (s->fc_name);
  g_free (s);
}

/**
 * gst_rtmp_server_session_feed:
 * @data: (array length=size): what came from the peer, in pieces of any size
 * @error: #GstRtmpError: why the connection cannot go on. Send what output
 *   there is, close the session, drop the connection
 */
gboolean
gst_rtmp_server_session_feed (GstRtmpServerSession * s, const guint8 * data,
    gsize size, GError ** error)
{
  return gst_rtmp_transport_feed (s->transport, data, size, error);
}

/* %FALSE while an answer is due: better read no more from the peer. */
gboolean
gst_rtmp_server_session_wants_input (GstRtmpServerSession * s)
{
  return !gst_rtmp_transport_is_held (s->transport);
}

gsize
gst_rtmp_server_session_get_output_size (GstRtmpServerSession * s)
{
  return gst_rtmp_transport_get_output_size (s->transport);
}

/* Returns: (transfer full) (nullable): all that is to be sent. Whoever writes
 * shared bytes too writes this first. */
GBytes *
gst_rtmp_server_session_take_output (GstRtmpServerSession * s)
{
  return gst_rtmp_transport_take_output (s->transport);
}

/* The connection is gone: what was published or played ends, with events. */
void
gst_rtmp_server_session_close (GstRtmpServerSession * s)
{
  guint i;

  if (s->state == GST_RTMP_SERVER_CLOSED)
    return;
  s->state = GST_RTMP_SERVER_CLOSED;
  for (i = 0; i < s->streams->len; i++)
    end_stream (s, g_ptr_array_index (s->streams, i), NULL);
}

GstRtmpServerState
gst_rtmp_server_session_get_state (GstRtmpServerSession * s)
{
  return s->state;
}

void
gst_rtmp_server_session_get_stats (GstRtmpServerSession * s,
    GstRtmpTransportStats * stats)
{
  gst_rtmp_transport_get_stats (s->transport, stats);
}

/* Which chunk streams the media of a stream that plays is on, also while a
 * PLAY event waits for its answer: see rtmpblock.h. */
guint
gst_rtmp_server_session_get_lane (GstRtmpServerSession * s, guint32 stream_id)
{
  GstRtmpServerStream *stream = gst_rtmp_server_session_find (s, stream_id);

  return stream ? stream->lane : 0;
}

/* Returns: what the peer last said that it buffers of the stream, or of any
 * where it has not named it, in milliseconds; 0: nothing yet. Many say so
 * before they play. */
guint32
gst_rtmp_server_session_get_buffer (GstRtmpServerSession * s, guint32 stream_id)
{
  GstRtmpServerStream *stream = gst_rtmp_server_session_find (s, stream_id);

  return stream && stream->buffer_ms > 0 ? stream->buffer_ms : s->buffer_ms;
}
