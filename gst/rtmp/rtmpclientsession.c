/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpclientsession.c: the client's end of an RTMP connection, sans I/O
 */
#include "config.h"
#include "rtmpclientsession.h"
#include "rtmp-private.h"

#include <string.h>

#define GST_CAT_DEFAULT (gst_rtmp_get_debug_category ())

/* Answers we wait for; a server that answers nothing makes no more of them. */
#define MAX_PENDING 64
#define CHUNK_SIZE 4096
#define FLASH_VERSION "LNX 10,1,85,3"

typedef enum
{
  PENDING_CONNECT,
  PENDING_STREAM,
  PENDING_CALL
} Pending;

typedef struct
{
  guint32 id;
  GstRtmpClock clock;
} Stream;

struct _GstRtmpClientSession
{
  GstRtmpTransport *transport;
  GstRtmpClientFunc func;
  gpointer user_data;
  GByteArray *connect;          /* waits for the handshake */
  guint transaction;            /* the last one used */
  GHashTable *pending;          /* transaction -> Pending */
  GArray *streams;
};

static void
emit (GstRtmpClientSession * s, GstRtmpClientEvent * event)
{
  if (event->info && !event->code) {
    event->code = gst_amf_member_text (event->info, "code");
    if (!event->code)
      event->code = "";
  }
  s->func (s, event, s->user_data);
}

/* @body: (transfer full) */
static void
send_command (GstRtmpClientSession * s, guint32 stream_id, GByteArray * body)
{
  gst_rtmp_transport_send_command (s->transport, stream_id, FALSE, 0, body);
}

/* Returns: a new transaction id, or 0 when too many wait for their answer */
static guint
expect (GstRtmpClientSession * s, Pending pending)
{
  if (g_hash_table_size (s->pending) >= MAX_PENDING)
    return 0;
  s->transaction++;
  g_hash_table_insert (s->pending, GUINT_TO_POINTER (s->transaction),
      GUINT_TO_POINTER (pending));
  return s->transaction;
}

static GByteArray *
build_va (const gchar * name, guint transaction, va_list args)
{
  GByteArray *body = gst_rtmp_command_build (FALSE, name, transaction, NULL,
      NULL);
  GstAmf *value;

  while ((value = va_arg (args, GstAmf *))) {
    gst_amf0_write (body, value);
    gst_amf_unref (value);
  }
  return body;
}

static Stream *
find_stream (GstRtmpClientSession * s, guint32 id)
{
  guint i;

  for (i = 0; i < s->streams->len; i++) {
    Stream *stream = &g_array_index (s->streams, Stream, i);

    if (stream->id == id)
      return stream;
  }
  return NULL;
}

static void
handle_ready (gpointer user_data)
{
  GstRtmpClientSession *s = user_data;

  if (s->connect)
    send_command (s, 0, g_steal_pointer (&s->connect));
}

static void
handle_connect_answer (GstRtmpClientSession * s,
    const GstRtmpCommand * command, const GstAmf * info)
{
  GstRtmpClientEvent event = {.info = info };

  if (command->type == GST_RTMP_CALL_RESULT) {
    gst_rtmp_transport_send_window (s->transport, GST_RTMP_WINDOW);
    gst_rtmp_transport_set_chunk_size (s->transport, CHUNK_SIZE);
    event.type = GST_RTMP_CLIENT_CONNECTED;
  } else {
    event.type = GST_RTMP_CLIENT_REJECTED;
    event.redirect = gst_amf_member_text (gst_amf_member (info, "ex"),
        "redirect");
  }
  emit (s, &event);
}

static void
handle_stream_answer (GstRtmpClientSession * s,
    const GstRtmpCommand * command, const GstAmf * info)
{
  guint max = gst_rtmp_transport_get_limits (s->transport)->max_streams;
  GstRtmpClientEvent event = {.type = GST_RTMP_CLIENT_NO_STREAM,.info = info };
  Stream stream = { 0, };
  gdouble id;

  if (command->type == GST_RTMP_CALL_RESULT &&
      gst_amf_get_number (info, &id) && id >= 1 && id <= G_MAXUINT32 &&
      s->streams->len < max) {
    stream.id = (guint32) id;
    if (!find_stream (s, stream.id))
      g_array_append_val (s->streams, stream);
    event.type = GST_RTMP_CLIENT_STREAM;
    event.stream_id = stream.id;
  }
  emit (s, &event);
}

static void
handle_answer (GstRtmpClientSession * s, const GstRtmpCommand * command)
{
  guint transaction = command->transaction >= 0 &&
      command->transaction <= G_MAXUINT ? (guint) command->transaction : 0;
  const GstAmf *info = gst_rtmp_command_arg (command, 0);
  GstRtmpClientEvent event = {.info = info,.transaction = transaction };
  gpointer pending;

  if (!g_hash_table_steal_extended (s->pending,
          GUINT_TO_POINTER (transaction), NULL, &pending))
    return;
  switch (GPOINTER_TO_UINT (pending)) {
    case PENDING_CONNECT:
      handle_connect_answer (s, command, info);
      break;
    case PENDING_STREAM:
      handle_stream_answer (s, command, info);
      break;
    default:
      event.type = command->type == GST_RTMP_CALL_RESULT ?
          GST_RTMP_CLIENT_RESULT : GST_RTMP_CLIENT_ERROR;
      emit (s, &event);
      break;
  }
}

static gboolean
handle_command (gpointer user_data, const GstRtmpCommand * command,
    GError ** error)
{
  GstRtmpClientSession *s = user_data;
  GstRtmpClientEvent event = {.type = GST_RTMP_CLIENT_COMMAND,
    .stream_id = command->stream_id,.command = command
  };

  switch (command->type) {
    case GST_RTMP_CALL_RESULT:
    case GST_RTMP_CALL_ERROR:
      handle_answer (s, command);
      return TRUE;
    case GST_RTMP_CALL_ON_STATUS:
      event.type = GST_RTMP_CLIENT_STATUS;
      event.info = gst_rtmp_command_arg (command, 0);
      break;
    case GST_RTMP_CALL_CLOSE:
      event.type = GST_RTMP_CLIENT_CLOSE;
      break;
    default:
      break;
  }
  emit (s, &event);
  return TRUE;
}

static void
handle_media (gpointer user_data, const GstRtmpMessage * message)
{
  GstRtmpClientSession *s = user_data;
  GstRtmpClientEvent event = {.type = GST_RTMP_CLIENT_MEDIA };
  Stream *stream = find_stream (s, message->stream_id);

  if (!stream)
    return;
  event.stream_id = stream->id;
  event.message_type = message->type;
  event.timestamp = gst_rtmp_clock_unwrap (&stream->clock, message->timestamp);
  event.buffer = message->payload;
  emit (s, &event);
}

/* Data that is about the session comes on the same way as that of the
 * programme, and with timestamps of its own: those do not move the clock. */
static void
handle_data (gpointer user_data, const GstRtmpMessage * message)
{
  GstRtmpClientSession *s = user_data;
  GstRtmpClientEvent event = {.type = GST_RTMP_CLIENT_DATA };
  Stream *stream = find_stream (s, message->stream_id);
  GstRtmpData data;

  if (!stream || !gst_rtmp_data_parse (&data, message,
          &gst_rtmp_transport_get_limits (s->transport)->amf, NULL))
    return;
  event.stream_id = stream->id;
  event.message_type = GST_RTMP_DATA;
  event.timestamp = gst_rtmp_clock_peek (&stream->clock, message->timestamp);
  event.buffer = data.payload;
  event.data = &data;
  if (data.args->len > 0 && (strcmp (data.name, "onPlayStatus") == 0 ||
          strcmp (data.name, "onStatus") == 0)) {
    event.type = data.name[2] == 'P' ? GST_RTMP_CLIENT_PLAY_STATUS :
        GST_RTMP_CLIENT_STATUS;
    event.info = g_ptr_array_index (data.args, 0);
  }
  emit (s, &event);
  gst_rtmp_data_clear (&data);
}

static void
handle_control (gpointer user_data, const GstRtmpUserControl * control)
{
  GstRtmpClientEvent event = {.type = GST_RTMP_CLIENT_CONTROL,
    .control = control->type,.stream_id = control->value
  };

  emit (user_data, &event);
}

/**
 * gst_rtmp_client_session_new:
 * @limits: (nullable): what the server may make us hold; %NULL for defaults
 * @digest: what the handshake offers
 * @func: where the events go
 *
 * The handshake is in the output at once.
 */
GstRtmpClientSession *
gst_rtmp_client_session_new (const GstRtmpLimits * limits,
    GstRtmpDigest digest, GstRtmpClientFunc func, gpointer user_data)
{
  static const GstRtmpTransportCallbacks callbacks =
      { handle_ready, handle_command, handle_media, handle_data,
    handle_control
  };
  GstRtmpClientSession *s = g_new0 (GstRtmpClientSession, 1);

  s->func = func;
  s->user_data = user_data;
  s->pending = g_hash_table_new (NULL, NULL);
  s->streams = g_array_new (FALSE, FALSE, sizeof (Stream));
  s->transport = gst_rtmp_transport_new (GST_RTMP_ROLE_CLIENT, digest, limits,
      &callbacks, s);
  return s;
}

void
gst_rtmp_client_session_free (GstRtmpClientSession * s)
{
  gst_rtmp_transport_free (s->transport);
  g_clear_pointer (&s->connect, g_byte_array_unref);
  g_hash_table_unref (s->pending);
  g_array_unref (s->streams);
  g_free (s);
}

/**
 * gst_rtmp_client_session_feed:
 * @data: (array length=size): what came from the server, in pieces of any size
 * @error: #GstRtmpError: why the connection cannot go on
 */
gboolean
gst_rtmp_client_session_feed (GstRtmpClientSession * s, const guint8 * data,
    gsize size, GError ** error)
{
  return gst_rtmp_transport_feed (s->transport, data, size, error);
}

/* Returns: (transfer full) (nullable): all that is to be sent */
GBytes *
gst_rtmp_client_session_take_output (GstRtmpClientSession * s)
{
  return gst_rtmp_transport_take_output (s->transport);
}

/**
 * gst_rtmp_client_session_connect:
 * @app: the application, maybe with a query
 * @tc_url: rtmp://host[:port]/app
 * @extra: (transfer full) (nullable): members to add to the command object,
 *   such as capsEx, pageUrl, or flashVer of an encoder
 *
 * To be called once. Goes out when the handshake is done.
 */
void
gst_rtmp_client_session_connect (GstRtmpClientSession * s, const gchar * app,
    const gchar * tc_url, GstAmf * extra)
{
  GstAmf *object = gst_amf_new_object ();

  gst_amf_set_string (object, "app", app);
  if (!gst_amf_member (extra, "flashVer"))
    gst_amf_set_string (object, "flashVer", FLASH_VERSION);
  gst_amf_set_string (object, "tcUrl", tc_url);
  gst_amf_set_boolean (object, "fpad", FALSE);
  gst_amf_set_number (object, "capabilities", 15);
  gst_amf_set_number (object, "audioCodecs", 4071);
  gst_amf_set_number (object, "videoCodecs", 252);
  gst_amf_set_number (object, "videoFunction", 1);
  gst_amf_set_members (object, extra);
  g_clear_pointer (&extra, gst_amf_unref);

  g_clear_pointer (&s->connect, g_byte_array_unref);
  s->connect = gst_rtmp_command_build (FALSE, "connect",
      expect (s, PENDING_CONNECT), object, NULL);
  if (gst_rtmp_transport_is_ready (s->transport))
    handle_ready (s);
}

/* Answered by a STREAM or NO_STREAM event. Returns: the transaction, or 0 when
 * too many answers are due */
guint
gst_rtmp_client_session_create_stream (GstRtmpClientSession * s)
{
  guint transaction = expect (s, PENDING_STREAM);

  if (transaction)
    send_command (s, 0, gst_rtmp_command_build (FALSE, "createStream",
            transaction, NULL, NULL));
  return transaction;
}

void
gst_rtmp_client_session_delete_stream (GstRtmpClientSession * s,
    guint32 stream_id)
{
  guint i;

  send_command (s, 0, gst_rtmp_command_build (FALSE, "deleteStream", 0, NULL,
          gst_amf_new_number (stream_id), NULL));
  for (i = 0; i < s->streams->len; i++) {
    if (g_array_index (s->streams, Stream, i).id == stream_id) {
      g_array_remove_index_fast (s->streams, i);
      break;
    }
  }
}

/**
 * gst_rtmp_client_session_call:
 * @...: (transfer full): arguments (GstAmf), then %NULL
 *
 * Calls any command on the connection (getStreamLength, FCSubscribe,
 * DVRGetStreamInfo, ...), answered by a RESULT or ERROR event.
 *
 * Returns: the transaction, or 0 when too many answers are due
 */
guint
gst_rtmp_client_session_call (GstRtmpClientSession * s, const gchar * name, ...)
{
  guint transaction = expect (s, PENDING_CALL);
  GByteArray *body;
  va_list args;

  va_start (args, name);
  body = build_va (name, transaction, args);
  va_end (args);
  if (transaction)
    send_command (s, 0, body);
  else
    g_byte_array_unref (body);
  return transaction;
}

/* Sends any command on a stream, without expecting an answer to it. */
void
gst_rtmp_client_session_send (GstRtmpClientSession * s, guint32 stream_id,
    const gchar * name, ...)
{
  va_list args;

  va_start (args, name);
  send_command (s, stream_id, build_va (name, 0, args));
  va_end (args);
}

void
gst_rtmp_client_session_publish (GstRtmpClientSession * s, guint32 stream_id,
    const gchar * name, GstRtmpPublishType type)
{
  gst_rtmp_client_session_send (s, stream_id, "publish",
      gst_amf_new_string (name),
      gst_amf_new_string (gst_rtmp_publish_type_get_name (type)), NULL);
}

/* @payload: (transfer none): the message's body, as in an FLV tag; copied.
 * Returns: %FALSE when the output is full */
gboolean
gst_rtmp_client_session_send_media (GstRtmpClientSession * s,
    guint32 stream_id, GstRtmpMessageType type, guint64 timestamp,
    GstBuffer * payload)
{
  return gst_rtmp_transport_send_media (s->transport, type, 0, stream_id,
      timestamp, payload);
}

/* On the wire live and default are -1000 and -2000, as ActionScript has them
 * in seconds. */
void
gst_rtmp_client_session_play (GstRtmpClientSession * s, guint32 stream_id,
    const gchar * name, const GstRtmpPlay * play)
{
  gint64 start = play->start < 0 ? play->start * 1000 : play->start;
  gint64 length = play->length < 0 ? -1000 : play->length;

  gst_rtmp_client_session_send (s, stream_id, "play",
      gst_amf_new_string (name), gst_amf_new_number (start),
      gst_amf_new_number (length), play->reset < 2 ?
      gst_amf_new_boolean (play->reset) : gst_amf_new_number (play->reset),
      NULL);
}

/* Servers want to know this before they start to send. */
void
gst_rtmp_client_session_set_buffer_length (GstRtmpClientSession * s,
    guint32 stream_id, guint32 buffer_ms)
{
  gst_rtmp_transport_send_user_control (s->transport,
      GST_RTMP_SET_BUFFER_LENGTH, stream_id, buffer_ms);
}

/* Section 7.1.7: the server answers with a PING_RESPONSE control event that
 * holds the same @timestamp, if it is there at all. */
void
gst_rtmp_client_session_ping (GstRtmpClientSession * s, guint32 timestamp)
{
  gst_rtmp_transport_send_user_control (s->transport, GST_RTMP_PING_REQUEST,
      timestamp, 0);
}

void
gst_rtmp_client_session_seek (GstRtmpClientSession * s, guint32 stream_id,
    guint64 position)
{
  gst_rtmp_client_session_send (s, stream_id, "seek",
      gst_amf_new_number (position), NULL);
}

/* Smart Seek: tells of a seek that was done inside the own buffer. */
void
gst_rtmp_client_session_seek_raw (GstRtmpClientSession * s, guint32 stream_id,
    guint64 position)
{
  gst_rtmp_client_session_send (s, stream_id, "seekRaw",
      gst_amf_new_number (position), NULL);
}

/* Smart Seek: the own buffer runs low. */
void
gst_rtmp_client_session_start_transmit (GstRtmpClientSession * s,
    guint32 stream_id, guint64 position)
{
  gst_rtmp_client_session_send (s, stream_id, "startTransmit",
      gst_amf_new_boolean (TRUE), gst_amf_new_number (position), NULL);
}

/* Smart Seek: the own buffer is full. */
void
gst_rtmp_client_session_stop_transmit (GstRtmpClientSession * s,
    guint32 stream_id, guint64 position)
{
  gst_rtmp_client_session_send (s, stream_id, "stopTransmit",
      gst_amf_new_boolean (TRUE), gst_amf_new_number (position), NULL);
}
