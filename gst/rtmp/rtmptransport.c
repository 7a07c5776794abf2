/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmptransport.c: what both ends of an RTMP connection have in common
 */
#include "config.h"
#include "rtmptransport.h"
#include "rtmpblock.h"
#include "rtmpchunkwriter.h"
#include "rtmp-private.h"

#include <string.h>

#define GST_CAT_DEFAULT (gst_rtmp_get_debug_category ())

/* Limit types of Set Peer Bandwidth, section 5.4.5 */
enum
{
  LIMIT_HARD = 0,
  LIMIT_SOFT = 1,
  LIMIT_DYNAMIC = 2
};

struct _GstRtmpTransport
{
  GstRtmpTransportCallbacks callbacks;
  gpointer user_data;
  GstRtmpLimits limits;

  GstRtmpHandshake *handshake;  /* NULL once it is done */
  GstRtmpChunkReader *reader;
  GstRtmpChunkWriter *writer;
  GByteArray *out;
  gboolean overflow;            /* output was refused */

  GByteArray *held;
  gboolean holding;
  gboolean feeding;
  gboolean ignoring;
  GError *failure;

  guint32 window_in;            /* the peer's: acknowledge so often */
  guint64 acknowledged;         /* by us */
  guint32 window_out;           /* ours, as the peer wants it; 0: untold */
  gboolean window_hard;
  GstRtmpTransportStats stats;
};

/**
 * gst_rtmp_transport_new:
 * @digest: what a client offers in its handshake
 * @limits: (nullable): %NULL for the default ones
 *
 * A client's handshake is in the output at once.
 */
GstRtmpTransport *
gst_rtmp_transport_new (GstRtmpRole role, GstRtmpDigest digest,
    const GstRtmpLimits * limits, const GstRtmpTransportCallbacks * callbacks,
    gpointer user_data)
{
  GstRtmpTransport *transport = g_new0 (GstRtmpTransport, 1);

  transport->callbacks = *callbacks;
  transport->user_data = user_data;
  transport->limits = limits ? *limits : GST_RTMP_LIMITS_DEFAULT;
  transport->handshake = gst_rtmp_handshake_new (role, digest);
  transport->reader = gst_rtmp_chunk_reader_new (&transport->limits.chunks);
  transport->writer = gst_rtmp_chunk_writer_new ();
  transport->out = g_byte_array_new ();
  transport->held = g_byte_array_new ();
  transport->window_in = GST_RTMP_WINDOW;
  gst_rtmp_handshake_start (transport->handshake, transport->out);
  return transport;
}

void
gst_rtmp_transport_free (GstRtmpTransport * transport)
{
  g_clear_pointer (&transport->handshake, gst_rtmp_handshake_free);
  gst_rtmp_chunk_reader_free (transport->reader);
  gst_rtmp_chunk_writer_free (transport->writer);
  g_byte_array_unref (transport->out);
  g_byte_array_unref (transport->held);
  g_clear_error (&transport->failure);
  g_free (transport);
}

/**
 * gst_rtmp_transport_send:
 * @csid: one of ours, such as %GST_RTMP_CSID_COMMAND
 * @payload: (array length=size): copied
 *
 * Appends a message to the output.
 *
 * Returns: %FALSE when it is too large, or when more than the limit waits in
 *   the output; then the next feed fails
 */
gboolean
gst_rtmp_transport_send (GstRtmpTransport * transport, guint32 csid,
    GstRtmpMessageType type, guint32 stream_id, guint32 timestamp,
    const guint8 * payload, gsize size)
{
  GstRtmpOutMessage message = { csid, type, stream_id, timestamp, payload,
    size
  };

  if (transport->out->len > transport->limits.max_output) {
    transport->overflow = TRUE;
    return FALSE;
  }
  return gst_rtmp_chunk_writer_write (transport->writer, transport->out,
      &message);
}

/* @type: audio, video or data, each on the chunk stream that shared media of
 * its type uses
 * @lane: below %GST_RTMP_N_LANES */
gboolean
gst_rtmp_transport_send_media (GstRtmpTransport * transport,
    GstRtmpMessageType type, guint lane, guint32 stream_id,
    guint32 timestamp, GstBuffer * payload)
{
  guint32 csid = gst_rtmp_block_kind_csid (type == GST_RTMP_AUDIO ?
      GST_RTMP_BLOCK_AUDIO : type == GST_RTMP_VIDEO ? GST_RTMP_BLOCK_VIDEO :
      GST_RTMP_BLOCK_DATA, lane);
  GstMapInfo map;
  gboolean sent;

  if (!gst_buffer_map (payload, &map, GST_MAP_READ))
    return FALSE;
  sent = gst_rtmp_transport_send (transport, csid, type, stream_id, timestamp,
      map.data, map.size);
  gst_buffer_unmap (payload, &map);
  return sent;
}

/* @body: (transfer full) */
gboolean
gst_rtmp_transport_send_body (GstRtmpTransport * transport, guint32 csid,
    GstRtmpMessageType type, guint32 stream_id, guint32 timestamp,
    GByteArray * body)
{
  gboolean sent = gst_rtmp_transport_send (transport, csid, type, stream_id,
      timestamp, body->data, body->len);

  g_byte_array_unref (body);
  return sent;
}

/* @stream_id: 0: of the connection
 * @body: (transfer full) */
void
gst_rtmp_transport_send_command (GstRtmpTransport * transport,
    guint32 stream_id, gboolean amf3, guint32 timestamp, GByteArray * body)
{
  gst_rtmp_transport_send_body (transport, stream_id == 0 ?
      GST_RTMP_CSID_COMMAND : GST_RTMP_CSID_STATUS, amf3 ?
      GST_RTMP_COMMAND_AMF3 : GST_RTMP_COMMAND, stream_id, timestamp, body);
}

static void
send_control (GstRtmpTransport * transport, GstRtmpMessageType type,
    const guint8 * payload, gsize size)
{
  gst_rtmp_transport_send (transport, GST_RTMP_CSID_CONTROL, type, 0, 0,
      payload, size);
}

static void
send_control_u32 (GstRtmpTransport * transport, GstRtmpMessageType type,
    guint32 value)
{
  guint8 payload[4];

  GST_WRITE_UINT32_BE (payload, value);
  send_control (transport, type, payload, sizeof payload);
}

void
gst_rtmp_transport_send_user_control (GstRtmpTransport * transport,
    GstRtmpUserControlType type, guint32 value, guint32 buffer_ms)
{
  GstRtmpUserControl control = { type, value, buffer_ms };
  guint8 payload[10];

  send_control (transport, GST_RTMP_USER_CONTROL, payload,
      gst_rtmp_user_control_write (&control, payload));
}

/* After how many bytes the peer shall acknowledge, section 5.4.4. */
void
gst_rtmp_transport_send_window (GstRtmpTransport * transport, guint32 window)
{
  transport->window_out = window;
  send_control_u32 (transport, GST_RTMP_WINDOW_ACK_SIZE, window);
}

void
gst_rtmp_transport_send_peer_bandwidth (GstRtmpTransport * transport,
    guint32 window, guint8 limit_type)
{
  guint8 payload[5];

  GST_WRITE_UINT32_BE (payload, window);
  payload[4] = limit_type;
  send_control (transport, GST_RTMP_SET_PEER_BANDWIDTH, payload,
      sizeof payload);
}

/* Tells the peer and keeps to it. */
void
gst_rtmp_transport_set_chunk_size (GstRtmpTransport * transport,
    guint32 chunk_size)
{
  send_control_u32 (transport, GST_RTMP_SET_CHUNK_SIZE, chunk_size);
  gst_rtmp_chunk_writer_set_chunk_size (transport->writer, chunk_size);
}

/* Others have written on @csid: the next message there gets a full header. */
void
gst_rtmp_transport_forget (GstRtmpTransport * transport, guint32 csid)
{
  gst_rtmp_chunk_writer_forget (transport->writer, csid);
}

/* Section 5.4.5: a peer that wants another window is told that it has it.
 * The window does not hold up what we send; TCP does. */
static void
handle_peer_bandwidth (GstRtmpTransport * transport, guint32 window,
    guint8 limit_type)
{
  gboolean hard = limit_type == LIMIT_HARD ||
      (limit_type == LIMIT_DYNAMIC && transport->window_hard);

  if (!hard && limit_type != LIMIT_SOFT)
    return;
  if (limit_type == LIMIT_SOFT && transport->window_out > 0)
    window = MIN (window, transport->window_out);
  transport->window_hard = hard;
  if (window > 0 && window != transport->window_out)
    gst_rtmp_transport_send_window (transport, window);
}

static gboolean
handle_user_control (GstRtmpTransport * transport, const guint8 * data,
    gsize size, GError ** error)
{
  GstRtmpUserControl control;

  if (!gst_rtmp_user_control_parse (&control, data, size, error))
    return FALSE;
  if (control.type == GST_RTMP_PING_REQUEST)
    gst_rtmp_transport_send_user_control (transport, GST_RTMP_PING_RESPONSE,
        control.value, 0);
  else
    transport->callbacks.control (transport->user_data, &control);
  return TRUE;
}

static gboolean
handle_control (GstRtmpTransport * transport, GstRtmpMessageType type,
    const guint8 * data, gsize size, GError ** error)
{
  guint32 value = size >= 4 ? GST_READ_UINT32_BE (data) : 0;

  if (size < (type == GST_RTMP_SET_PEER_BANDWIDTH ? 5 : 4)) {
    g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_PROTOCOL,
        "%s message of only %" G_GSIZE_FORMAT " bytes",
        gst_rtmp_message_type_name (type), size);
    return FALSE;
  }
  switch (type) {
    case GST_RTMP_SET_CHUNK_SIZE:
      return gst_rtmp_chunk_reader_set_chunk_size (transport->reader, value,
          error);
    case GST_RTMP_ABORT:
      gst_rtmp_chunk_reader_abort (transport->reader, value);
      break;
    case GST_RTMP_ACKNOWLEDGEMENT:
      transport->stats.acknowledged = value;
      break;
    case GST_RTMP_WINDOW_ACK_SIZE:
      transport->window_in = value;
      break;
    default:
      handle_peer_bandwidth (transport, value, data[4]);
      break;
  }
  return TRUE;
}

static gboolean
handle_command (GstRtmpTransport * transport, const GstRtmpMessage * message,
    GError ** error)
{
  g_autoptr (GstRtmpCommand) command =
      gst_rtmp_command_parse (message, &transport->limits.amf, error);

  return command && transport->callbacks.command (transport->user_data,
      command, error);
}

static void
handle_aggregate (GstRtmpTransport * transport, GstRtmpMessage * message)
{
  const GstRtmpTransportCallbacks *callbacks = &transport->callbacks;
  GstRtmpAggregate aggregate;
  GstRtmpMessage part;

  gst_rtmp_aggregate_init (&aggregate, message);
  while (gst_rtmp_aggregate_next (&aggregate, &part)) {
    if (part.type == GST_RTMP_AUDIO || part.type == GST_RTMP_VIDEO)
      callbacks->media (transport->user_data, &part);
    else
      callbacks->data (transport->user_data, &part);
    gst_rtmp_message_clear (&part);
  }
  gst_rtmp_aggregate_clear (&aggregate);
}

/* What is not about the connection itself. */
static gboolean
handle_message (GstRtmpTransport * transport, GstRtmpMessage * message,
    GError ** error)
{
  switch (message->type) {
    case GST_RTMP_COMMAND:
    case GST_RTMP_COMMAND_AMF3:
      return handle_command (transport, message, error);
    case GST_RTMP_AUDIO:
    case GST_RTMP_VIDEO:
      transport->callbacks.media (transport->user_data, message);
      break;
    case GST_RTMP_DATA:
    case GST_RTMP_DATA_AMF3:
      transport->callbacks.data (transport->user_data, message);
      break;
    case GST_RTMP_AGGREGATE:
      handle_aggregate (transport, message);
      break;
    default:
      GST_DEBUG ("message of type %u ignored", message->type);
      break;
  }
  return TRUE;
}

static gboolean
dispatch (GstRtmpTransport * transport, GstRtmpMessage * message,
    GError ** error)
{
  gboolean ok = TRUE;
  GstMapInfo map;

  transport->stats.messages_in++;
  GST_LOG ("%s message of %" G_GSIZE_FORMAT " bytes on stream %u at %u",
      gst_rtmp_message_type_name (message->type),
      gst_buffer_get_size (message->payload), message->stream_id,
      message->timestamp);
  if (message->type > GST_RTMP_SET_PEER_BANDWIDTH)
    return handle_message (transport, message, error);
  if (!gst_buffer_map (message->payload, &map, GST_MAP_READ))
    return TRUE;
  if (message->type == GST_RTMP_USER_CONTROL)
    ok = handle_user_control (transport, map.data, map.size, error);
  else if (message->type > 0)
    ok = handle_control (transport, message->type, map.data, map.size, error);
  gst_buffer_unmap (message->payload, &map);
  return ok;
}

/* Takes one step: what is left of the handshake, or a message. */
static gboolean
step (GstRtmpTransport * transport, const guint8 * data, gsize size,
    gsize * used, GError ** error)
{
  GstRtmpMessage message = { 0, };
  gboolean ok;

  if (transport->handshake) {
    if (!gst_rtmp_handshake_feed (transport->handshake, data, size, used,
            transport->out, error))
      return FALSE;
    if (gst_rtmp_handshake_is_done (transport->handshake)) {
      g_clear_pointer (&transport->handshake, gst_rtmp_handshake_free);
      transport->callbacks.ready (transport->user_data);
    }
    return TRUE;
  }
  switch (gst_rtmp_chunk_reader_read (transport->reader, data, size, used,
          &message, error)) {
    case GST_RTMP_READ_MESSAGE:
      ok = dispatch (transport, &message, error);
      gst_rtmp_message_clear (&message);
      return ok;
    case GST_RTMP_READ_ERROR:
      return FALSE;
    default:
      return TRUE;
  }
}

static gsize
process (GstRtmpTransport * transport, const guint8 * data, gsize size)
{
  gsize pos = 0;

  transport->feeding = TRUE;
  while (pos < size && !transport->holding && !transport->failure) {
    gsize used = 0;

    if (transport->ignoring) {
      pos = size;
      break;
    }

    if (!step (transport, data + pos, size - pos, &used, &transport->failure))
      break;
    pos += used;
    if (transport->overflow && !transport->failure)
      g_set_error (&transport->failure, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT,
          "peer does not read: more than %" G_GSIZE_FORMAT
          " bytes wait to be sent", transport->limits.max_output);
  }
  transport->feeding = FALSE;
  return pos;
}

/* At half the window: some peers stop sending when it is full. */
static void
acknowledge (GstRtmpTransport * transport)
{
  guint64 received = transport->stats.bytes_in;

  if (transport->handshake || transport->window_in == 0 ||
      received - transport->acknowledged <
      ((guint64) transport->window_in + 1) / 2)
    return;
  transport->acknowledged = received;
  send_control_u32 (transport, GST_RTMP_ACKNOWLEDGEMENT, received);
}

static gboolean
process_held (GstRtmpTransport * transport)
{
  GByteArray *held = transport->held;

  if (held->len > 0 && !transport->holding)
    g_byte_array_remove_range (held, 0,
        process (transport, held->data, held->len));
  if (held->len == 0) {
    /* an array never shrinks, and there are thousands of sessions */
    g_byte_array_unref (held);
    transport->held = g_byte_array_new ();
  }
  return transport->failure == NULL;
}

static gboolean
keep (GstRtmpTransport * transport, const guint8 * data, gsize size)
{
  if (size > transport->limits.max_held - MIN (transport->held->len,
          transport->limits.max_held)) {
    g_set_error (&transport->failure, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT,
        "more than %" G_GSIZE_FORMAT " bytes sent before an answer",
        transport->limits.max_held);
    return FALSE;
  }
  if (size > 0)
    g_byte_array_append (transport->held, data, size);
  return TRUE;
}

static gboolean
take (GstRtmpTransport * transport, const guint8 * data, gsize size)
{
  gsize used;

  if (transport->held->len > 0)
    return keep (transport, data, size) && process_held (transport);
  used = process (transport, data, size);
  return !transport->failure && keep (transport, data + used, size - used);
}

/**
 * gst_rtmp_transport_feed:
 * @data: (array length=size): what came from the peer, in pieces of any size
 * @error: why the connection cannot go on; the same again from now on
 *
 * Calls back for each message. Not to be called from within a callback.
 */
gboolean
gst_rtmp_transport_feed (GstRtmpTransport * transport, const guint8 * data,
    gsize size, GError ** error)
{
  g_return_val_if_fail (!transport->feeding, FALSE);

  if (!transport->failure && size > 0) {
    transport->stats.bytes_in += size;
    if (take (transport, data, size))
      acknowledge (transport);
  }
  if (!transport->failure)
    return TRUE;
  if (error)
    *error = g_error_copy (transport->failure);
  return FALSE;
}

gboolean
gst_rtmp_transport_is_ready (GstRtmpTransport * transport)
{
  return transport->handshake == NULL;
}

/* What the peer says from now on is read and thrown away. */
void
gst_rtmp_transport_ignore (GstRtmpTransport * transport)
{
  transport->ignoring = TRUE;
}

/* From within a callback: nothing more is parsed until the release. What is
 * fed meanwhile is kept, up to a limit; better read no more. */
void
gst_rtmp_transport_hold (GstRtmpTransport * transport)
{
  transport->holding = TRUE;
}

/* Goes on with what was held, unless within a callback: then the feed that it
 * was called from does. */
gboolean
gst_rtmp_transport_release (GstRtmpTransport * transport, GError ** error)
{
  transport->holding = FALSE;
  if (transport->feeding || transport->failure || process_held (transport))
    return TRUE;
  if (error)
    *error = g_error_copy (transport->failure);
  return FALSE;
}

gboolean
gst_rtmp_transport_is_held (GstRtmpTransport * transport)
{
  return transport->holding;
}

gsize
gst_rtmp_transport_get_output_size (GstRtmpTransport * transport)
{
  return transport->out->len;
}

/* Returns: (transfer full) (nullable): all that is to be sent, %NULL when there
 * is nothing */
GBytes *
gst_rtmp_transport_take_output (GstRtmpTransport * transport)
{
  GBytes *bytes;

  if (transport->out->len == 0)
    return NULL;
  transport->stats.bytes_out += transport->out->len;
  bytes = g_byte_array_free_to_bytes (transport->out);
  transport->out = g_byte_array_new ();
  return bytes;
}

void
gst_rtmp_transport_get_stats (GstRtmpTransport * transport,
    GstRtmpTransportStats * stats)
{
  *stats = transport->stats;
}

const GstRtmpLimits *
gst_rtmp_transport_get_limits (GstRtmpTransport * transport)
{
  return &transport->limits;
}
