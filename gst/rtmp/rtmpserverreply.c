/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpserverreply.c: the server's end of an RTMP connection: what it says
 *
 * The sequences are Adobe Media Server's where they are known, else those that
 * most clients have met.
 */
#include "config.h"
#include "rtmpserversession-private.h"
#include "rtmpblock.h"
#include "rtmp-private.h"

#include <string.h>

#define GST_CAT_DEFAULT (gst_rtmp_get_debug_category ())

/* Clients look at the version before they use what came late: play2 and
 * reconnection need 3.5.3, Smart Seek too. */
#define FMS_VERSION "FMS/5,0,15,5004"
#define FMS_DATA_VERSION "5,0,15,5004"
#define FMS_CAPABILITIES 127
#define BANDWIDTH_DYNAMIC 2

/* @body: (transfer full) */
void
gst_rtmp_server_session_send_command (GstRtmpServerSession * s,
    guint32 stream_id, gboolean amf3, GByteArray * body)
{
  gst_rtmp_transport_send_command (s->transport, stream_id, amf3, 0, body);
}

static gboolean
stream_amf3 (GstRtmpServerSession * s, guint32 stream_id)
{
  GstRtmpServerStream *stream = gst_rtmp_server_session_find (s, stream_id);

  return stream ? stream->amf3 : FALSE;
}

static const gchar *
stream_name (GstRtmpServerSession * s, guint32 stream_id)
{
  GstRtmpServerStream *stream = gst_rtmp_server_session_find (s, stream_id);

  return stream && stream->name ? stream->name : "";
}

/* Stream names may carry keys behind the question mark: these are not told
 * back, as clients log what they are told. */
static gchar *
make_public (const gchar * name)
{
  return g_strndup (name ? name : "", strcspn (name ? name : "", "?"));
}

static gchar *
public_name (GstRtmpServerSession * s, guint32 stream_id)
{
  return make_public (stream_name (s, stream_id));
}

/* @info: (transfer full) */
static void
send_info (GstRtmpServerSession * s, guint32 stream_id, guint32 timestamp,
    GstAmf * info)
{
  gboolean amf3 = stream_amf3 (s, stream_id);

  gst_rtmp_transport_send_command (s->transport, stream_id, amf3, timestamp,
      gst_rtmp_command_build (amf3, "onStatus", 0, NULL, info, NULL));
}

/* A status about the stream's item, "@verb name." */
static void
send_named_at (GstRtmpServerSession * s, guint32 stream_id, guint32 timestamp,
    const gchar * code, const gchar * verb)
{
  gchar *name = public_name (s, stream_id);
  gchar *description = g_strdup_printf ("%s %s.", verb, name);
  GstAmf *info = gst_rtmp_status_new (code, description);

  gst_amf_set_string (info, "details", name);
  send_info (s, stream_id, timestamp, info);
  g_free (description);
  g_free (name);
}

static void
send_named (GstRtmpServerSession * s, guint32 stream_id, const gchar * code,
    const gchar * verb)
{
  send_named_at (s, stream_id, 0, code, verb);
}

/* onStatus about something else than what the stream plays. @name: as the peer
 * has sent it */
void
gst_rtmp_server_session_send_status_about (GstRtmpServerSession * s,
    guint32 stream_id, const gchar * name, const gchar * code,
    const gchar * description)
{
  GstAmf *info = gst_rtmp_status_new (code, description);
  gchar *details = make_public (name);

  if (*details)
    gst_amf_set_string (info, "details", details);
  g_free (details);
  send_info (s, stream_id, 0, info);
}

static void
user_control (GstRtmpServerSession * s, GstRtmpUserControlType type,
    guint32 stream_id)
{
  gst_rtmp_transport_send_user_control (s->transport, type, stream_id, 0);
}

/**
 * gst_rtmp_server_session_accept_connect:
 * @extra: (transfer full) (nullable): members to add to the answer's
 *   information object, such as capsEx and fourCcList
 *
 * Answers a CONNECT event: WindowAckSize, SetPeerBandwidth, StreamBegin(0),
 * SetChunkSize, _result.
 */
gboolean
gst_rtmp_server_session_accept_connect (GstRtmpServerSession * s,
    GstAmf * extra, GError ** error)
{
  GstAmf *properties, *info, *data;

  if (s->state != GST_RTMP_SERVER_ASKED) {
    g_clear_pointer (&extra, gst_amf_unref);
    return TRUE;
  }
  s->state = GST_RTMP_SERVER_CONNECTED;
  gst_rtmp_transport_send_window (s->transport, GST_RTMP_WINDOW);
  gst_rtmp_transport_send_peer_bandwidth (s->transport, GST_RTMP_WINDOW,
      BANDWIDTH_DYNAMIC);
  user_control (s, GST_RTMP_STREAM_BEGIN, 0);
  gst_rtmp_transport_set_chunk_size (s->transport, GST_RTMP_BLOCK_CHUNK_SIZE);

  properties = gst_amf_new_object ();
  gst_amf_set_string (properties, "fmsVer", FMS_VERSION);
  gst_amf_set_number (properties, "capabilities", FMS_CAPABILITIES);
  gst_amf_set_number (properties, "mode", 1);
  info = gst_rtmp_status_new ("NetConnection.Connect.Success",
      "Connection succeeded.");
  gst_amf_set_number (info, "objectEncoding", s->amf3 ? 3 : 0);
  data = gst_amf_new_ecma_array ();
  gst_amf_set_string (data, "version", FMS_DATA_VERSION);
  gst_amf_set (info, "data", data);
  gst_amf_set_members (info, extra);
  g_clear_pointer (&extra, gst_amf_unref);
  gst_rtmp_server_session_send_command (s, 0, FALSE,
      gst_rtmp_command_build (FALSE, "_result", s->connect_transaction,
          properties, info, NULL));
  return gst_rtmp_transport_release (s->transport, error);
}

/**
 * gst_rtmp_server_session_reject_connect:
 * @code: NetConnection.Connect.Rejected, .InvalidApp, ...
 * @redirect: (nullable): where to go instead
 *
 * Answers a CONNECT event. Send the output, then close.
 */
gboolean
gst_rtmp_server_session_reject_connect (GstRtmpServerSession * s,
    const gchar * code, const gchar * description, const gchar * redirect,
    GError ** error)
{
  GstAmf *info;

  if (s->state != GST_RTMP_SERVER_ASKED)
    return TRUE;
  s->state = GST_RTMP_SERVER_REJECTED;
  info = gst_rtmp_status_new (code, description);
  if (redirect) {
    GstAmf *ex = gst_amf_new_object ();

    gst_amf_set_number (ex, "code", 302);
    gst_amf_set_string (ex, "redirect", redirect);
    gst_amf_set_string (ex, "redirect2", redirect);
    gst_amf_set (info, "ex", ex);
  }
  gst_rtmp_server_session_send_command (s, 0, FALSE,
      gst_rtmp_command_build (FALSE, "_error", s->connect_transaction, NULL,
          info, NULL));
  gst_rtmp_server_session_send_command (s, 0, FALSE,
      gst_rtmp_command_build (FALSE, "close", 0, NULL, NULL));
  gst_rtmp_transport_ignore (s->transport);
  return gst_rtmp_transport_release (s->transport, error);
}

/* The stream, when it waits for an answer to @what; then it waits no more. */
static GstRtmpServerStream *
take_asked (GstRtmpServerSession * s, guint32 stream_id,
    GstRtmpStreamAsked what)
{
  GstRtmpServerStream *stream = gst_rtmp_server_session_find (s, stream_id);

  if (!stream || stream->asked != what || s->state != GST_RTMP_SERVER_CONNECTED)
    return NULL;
  stream->asked = GST_RTMP_STREAM_ASKED_NOTHING;
  return stream;
}

/* What was asked for is what statuses are about from now on. */
static void
take_name (GstRtmpServerStream * stream)
{
  g_free (stream->name);
  stream->name = g_steal_pointer (&stream->asked_name);
}

/* onFCPublish and its like: callbacks of the connection */
void
gst_rtmp_server_session_send_fc (GstRtmpServerSession * s,
    const gchar * callback, const gchar * code, const gchar * name)
{
  gchar *description = make_public (name);

  gst_rtmp_server_session_send_command (s, 0, FALSE,
      gst_rtmp_command_build (FALSE, callback, 0, NULL,
          gst_rtmp_status_new (code, description), NULL));
  g_free (description);
}

/* Answers a PUBLISH event: StreamBegin, onFCPublish when it was called,
 * NetStream.Publish.Start. */
gboolean
gst_rtmp_server_session_accept_publish (GstRtmpServerSession * s,
    guint32 stream_id, GError ** error)
{
  GstRtmpServerStream *stream =
      take_asked (s, stream_id, GST_RTMP_STREAM_ASKED_PUBLISH);
  gchar *name, *description;
  GstAmf *info;

  if (!stream)
    return TRUE;
  stream->publishing = TRUE;
  take_name (stream);
  user_control (s, GST_RTMP_STREAM_BEGIN, stream_id);
  if (gst_rtmp_server_session_same_name (s->fc_name, stream->name))
    gst_rtmp_server_session_send_fc (s, "onFCPublish",
        "NetStream.Publish.Start", stream->name);
  name = public_name (s, stream_id);
  description = g_strdup_printf ("%s is now published.", name);
  info = gst_rtmp_status_new ("NetStream.Publish.Start", description);
  gst_amf_set_string (info, "details", name);
  send_info (s, stream_id, 0, info);
  g_free (description);
  g_free (name);
  return gst_rtmp_server_session_go_on (s, stream_id, error);
}

/* Answers a PUBLISH event, most often with NetStream.Publish.BadName. */
gboolean
gst_rtmp_server_session_reject_publish (GstRtmpServerSession * s,
    guint32 stream_id, const gchar * code, const gchar * description,
    GError ** error)
{
  GstRtmpServerStream *stream =
      take_asked (s, stream_id, GST_RTMP_STREAM_ASKED_PUBLISH);

  if (!stream)
    return TRUE;
  gst_rtmp_server_session_send_status_about (s, stream_id, stream->asked_name,
      code, description);
  return gst_rtmp_server_session_go_on (s, stream_id, error);
}

/* What comes before the media, whatever it starts with. */
static void
send_access (GstRtmpServerSession * s, guint32 stream_id, guint32 timestamp)
{
  GstAmf *info = gst_amf_new_object ();

  gst_rtmp_server_session_send_data (s, stream_id, timestamp,
      "|RtmpSampleAccess", gst_amf_new_boolean (TRUE),
      gst_amf_new_boolean (TRUE), NULL);
  gst_amf_set_string (info, "code", "NetStream.Data.Start");
  gst_rtmp_server_session_send_data (s, stream_id, timestamp, "onStatus",
      info, NULL);
}

/**
 * gst_rtmp_server_session_accept_play:
 * @recorded: from a recording, also one that still grows
 * @reset: what the command said: whether the playlist was flushed
 *
 * Answers a PLAY event: StreamIsRecorded, StreamBegin, NetStream.Play.Reset,
 * NetStream.Play.Start, |RtmpSampleAccess, NetStream.Data.Start. The caller
 * goes on with onMetaData, codec headers and media.
 */
gboolean
gst_rtmp_server_session_accept_play (GstRtmpServerSession * s,
    guint32 stream_id, gboolean recorded, gboolean reset, GError ** error)
{
  GstRtmpServerStream *stream =
      take_asked (s, stream_id, GST_RTMP_STREAM_ASKED_PLAY);

  if (!stream)
    return TRUE;
  stream->playing = TRUE;
  take_name (stream);
  if (recorded)
    user_control (s, GST_RTMP_STREAM_IS_RECORDED, stream_id);
  user_control (s, GST_RTMP_STREAM_BEGIN, stream_id);
  if (reset)
    send_named (s, stream_id, "NetStream.Play.Reset", "Playing and resetting");
  send_named (s, stream_id, "NetStream.Play.Start", "Started playing");
  send_access (s, stream_id, 0);
  return gst_rtmp_server_session_go_on (s, stream_id, error);
}

/* Answers a PLAY event, most often with NetStream.Play.StreamNotFound. What
 * played before goes on, unless this was to take its place. */
gboolean
gst_rtmp_server_session_reject_play (GstRtmpServerSession * s,
    guint32 stream_id, const gchar * code, const gchar * description,
    GError ** error)
{
  GstRtmpServerStream *stream =
      take_asked (s, stream_id, GST_RTMP_STREAM_ASKED_PLAY);

  if (!stream)
    return TRUE;
  if (stream->flushes)
    stream->playing = FALSE;
  gst_rtmp_server_session_send_status_about (s, stream_id, stream->asked_name,
      code, description);
  return gst_rtmp_server_session_go_on (s, stream_id, error);
}

/* Answers a PLAY event of what shall be played later, with nothing: its time
 * comes with set_item() and start_item(). */
gboolean
gst_rtmp_server_session_queue_play (GstRtmpServerSession * s,
    guint32 stream_id, GError ** error)
{
  if (!take_asked (s, stream_id, GST_RTMP_STREAM_ASKED_PLAY))
    return TRUE;
  return gst_rtmp_server_session_go_on (s, stream_id, error);
}

/* @name: as the peer sent it; what statuses are about from now on */
void
gst_rtmp_server_session_set_item (GstRtmpServerSession * s,
    guint32 stream_id, const gchar * name)
{
  GstRtmpServerStream *stream = gst_rtmp_server_session_find (s, stream_id);

  if (!stream)
    return;
  g_free (stream->name);
  stream->name = g_strdup (name);
}

/**
 * gst_rtmp_server_session_start_item:
 * @timestamp: where time on the wire goes on, milliseconds
 * @recorded: as in accept_play()
 *
 * The next of a playlist begins: StreamIsRecorded, StreamBegin,
 * NetStream.Play.Start, |RtmpSampleAccess, NetStream.Data.Start.
 */
void
gst_rtmp_server_session_start_item (GstRtmpServerSession * s,
    guint32 stream_id, guint64 timestamp, gboolean recorded)
{
  if (recorded)
    user_control (s, GST_RTMP_STREAM_IS_RECORDED, stream_id);
  user_control (s, GST_RTMP_STREAM_BEGIN, stream_id);
  send_named_at (s, stream_id, timestamp, "NetStream.Play.Start",
      "Started playing");
  send_access (s, stream_id, timestamp);
}

/* Answers @command with @value (transfer full), unless it asked for none. */
void
gst_rtmp_server_session_send_result (GstRtmpServerSession * s,
    const GstRtmpCommand * command, GstAmf * value)
{
  if (command->transaction == 0) {
    gst_amf_unref (value);
    return;
  }
  gst_rtmp_server_session_send_command (s, 0, command->amf3,
      gst_rtmp_command_build (command->amf3, "_result", command->transaction,
          NULL, value, NULL));
}

void
gst_rtmp_server_session_send_error (GstRtmpServerSession * s,
    const GstRtmpCommand * command, const gchar * code,
    const gchar * description)
{
  gst_rtmp_server_session_send_command (s, 0, command->amf3,
      gst_rtmp_command_build (command->amf3, "_error", command->transaction,
          NULL, gst_rtmp_status_new (code, description), NULL));
}

/* Answers a DVR_GET_INFO event. */
void
gst_rtmp_server_session_send_dvr_info (GstRtmpServerSession * s,
    const GstRtmpCommand * command, const GstRtmpDvrInfo * info)
{
  gst_rtmp_server_session_send_result (s, command,
      gst_rtmp_dvr_info_to_amf (info));
}

/* onStatus with any code; the level follows from it. */
void
gst_rtmp_server_session_send_status (GstRtmpServerSession * s,
    guint32 stream_id, const gchar * code, const gchar * description)
{
  gst_rtmp_server_session_send_status_about (s, stream_id, stream_name (s,
          stream_id), code, description);
}

/* The stream pauses or goes on, after pause or pauseRaw. */
void
gst_rtmp_server_session_send_pause_notify (GstRtmpServerSession * s,
    guint32 stream_id, gboolean paused)
{
  if (paused)
    send_named (s, stream_id, "NetStream.Pause.Notify", "Pausing");
  else
    send_named (s, stream_id, "NetStream.Unpause.Notify", "Unpausing");
  user_control (s, paused ? GST_RTMP_STREAM_EOF : GST_RTMP_STREAM_BEGIN,
      stream_id);
}

/**
 * gst_rtmp_server_session_send_seek_notify:
 * @position: where it plays from now on, in milliseconds on the player's line;
 *   not where it asked for, when that was clamped
 *
 * Answers a SEEK event: StreamEOF, StreamIsRecorded, StreamBegin,
 * NetStream.Seek.Notify, NetStream.Play.Start, |RtmpSampleAccess,
 * NetStream.Data.Start. The caller goes on with onMetaData, codec headers and
 * a keyframe, even in pause.
 */
void
gst_rtmp_server_session_send_seek_notify (GstRtmpServerSession * s,
    guint32 stream_id, guint64 position, gboolean recorded)
{
  gchar *description = g_strdup_printf ("Seeking %" G_GUINT64_FORMAT
      " (stream ID: %u).", position, stream_id);
  GstAmf *info = gst_rtmp_status_new ("NetStream.Seek.Notify", description);
  gchar *name = public_name (s, stream_id);

  gst_amf_set_string (info, "details", name);
  user_control (s, GST_RTMP_STREAM_EOF, stream_id);
  if (recorded)
    user_control (s, GST_RTMP_STREAM_IS_RECORDED, stream_id);
  user_control (s, GST_RTMP_STREAM_BEGIN, stream_id);
  send_info (s, stream_id, position, info);
  send_named_at (s, stream_id, position, "NetStream.Play.Start",
      "Started playing");
  send_access (s, stream_id, position);
  g_free (name);
  g_free (description);
}

/* Answers receiveAudio(true) and receiveVideo(true), section 7.2.2.5. */
void
gst_rtmp_server_session_send_receive_notify (GstRtmpServerSession * s,
    guint32 stream_id)
{
  send_named (s, stream_id, "NetStream.Seek.Notify", "Seeking");
  send_named (s, stream_id, "NetStream.Play.Start", "Started playing");
}

static void
send_play_status (GstRtmpServerSession * s, guint32 stream_id,
    guint64 timestamp, const gchar * code, gdouble duration, gdouble bytes)
{
  GstAmf *info = gst_rtmp_status_new (code, NULL);

  gst_amf_set_number (info, "duration", duration);
  gst_amf_set_number (info, "bytes", bytes);
  gst_rtmp_server_session_send_data (s, stream_id, timestamp, "onPlayStatus",
      info, NULL);
}

/* An item of a playlist is at its end, and the next follows: onPlayStatus
 * NetStream.Play.Switch. @duration: seconds, of that item, as @bytes */
void
gst_rtmp_server_session_send_switch (GstRtmpServerSession * s,
    guint32 stream_id, guint64 timestamp, gdouble duration, gdouble bytes)
{
  send_play_status (s, stream_id, timestamp, "NetStream.Play.Switch", duration,
      bytes);
}

/* A recording is at its end: onPlayStatus NetStream.Play.Complete,
 * NetStream.Play.Stop, StreamEOF. @duration: seconds */
void
gst_rtmp_server_session_send_complete (GstRtmpServerSession * s,
    guint32 stream_id, gdouble duration, gdouble bytes)
{
  send_play_status (s, stream_id, 0, "NetStream.Play.Complete", duration,
      bytes);
  send_named (s, stream_id, "NetStream.Play.Stop", "Stopped playing");
  user_control (s, GST_RTMP_STREAM_EOF, stream_id);
}

/* The publisher is gone: NetStream.Play.UnpublishNotify, on which many clients
 * leave; with @stop also NetStream.Play.Stop and StreamEOF, else StreamDry: it
 * may come back. */
void
gst_rtmp_server_session_send_unpublished (GstRtmpServerSession * s,
    guint32 stream_id, gboolean stop)
{
  if (!stop) {
    user_control (s, GST_RTMP_STREAM_DRY, stream_id);
    return;
  }
  send_named (s, stream_id, "NetStream.Play.UnpublishNotify",
      "Publisher has left");
  send_named (s, stream_id, "NetStream.Play.Stop", "Stopped playing");
  user_control (s, GST_RTMP_STREAM_EOF, stream_id);
}

/* The publisher is back. */
void
gst_rtmp_server_session_send_published (GstRtmpServerSession * s,
    guint32 stream_id)
{
  send_named (s, stream_id, "NetStream.Play.PublishNotify",
      "Publisher is back on");
}

/**
 * gst_rtmp_server_session_send_reconnect:
 * @tc_url: (nullable): where to; %NULL: here again
 *
 * Asks the peer to connect anew (Enhanced RTMP); go on serving it until it
 * leaves.
 *
 * Returns: %FALSE, with nothing sent, when it did not say that it can
 */
gboolean
gst_rtmp_server_session_send_reconnect (GstRtmpServerSession * s,
    const gchar * tc_url, const gchar * description)
{
  GstAmf *info;

  if (!(s->caps_ex & GST_RTMP_CAPS_RECONNECT) ||
      s->state != GST_RTMP_SERVER_CONNECTED)
    return FALSE;
  info = gst_rtmp_status_new ("NetConnection.Connect.ReconnectRequest",
      description);
  gst_amf_set_string (info, "tcUrl", tc_url);
  send_info (s, 0, 0, info);
  return TRUE;
}

/* StreamDry, BufferEmpty, BufferReady (@value is the stream), PingRequest */
void
gst_rtmp_server_session_send_user_control (GstRtmpServerSession * s,
    GstRtmpUserControlType type, guint32 value)
{
  gst_rtmp_transport_send_user_control (s->transport, type, value, 0);
}

/**
 * gst_rtmp_server_session_send_data:
 * @name: "onMetaData", ...
 * @...: (transfer full): values (GstAmf), then %NULL
 *
 * Sends a data message on the chunk stream of statuses, which disturbs nothing
 * that is shared.
 */
gboolean
gst_rtmp_server_session_send_data (GstRtmpServerSession * s,
    guint32 stream_id, guint64 timestamp, const gchar * name, ...)
{
  GByteArray *body = g_byte_array_new ();
  GstAmf *value;
  va_list args;

  gst_amf0_write_string (body, name);
  va_start (args, name);
  while ((value = va_arg (args, GstAmf *))) {
    gst_amf0_write (body, value);
    gst_amf_unref (value);
  }
  va_end (args);
  return gst_rtmp_transport_send_body (s->transport, GST_RTMP_CSID_STATUS,
      GST_RTMP_DATA, stream_id, timestamp, body);
}

/**
 * gst_rtmp_server_session_send_media:
 * @type: audio, video or data
 * @timestamp: milliseconds on the player's line
 * @payload: (transfer none): the message's body, as in an FLV tag; copied
 *
 * Sends media to this player alone, on the chunk stream that shared media of
 * its type uses. Shared bytes may follow when the last message of each type was
 * at the block's anchor (see rtmpblock.h) less the player's base.
 *
 * Returns: %FALSE when the output is full
 */
gboolean
gst_rtmp_server_session_send_media (GstRtmpServerSession * s,
    guint32 stream_id, GstRtmpMessageType type, guint64 timestamp,
    GstBuffer * payload)
{
  return gst_rtmp_transport_send_media (s->transport, type,
      gst_rtmp_server_session_get_lane (s, stream_id), stream_id, timestamp,
      payload);
}

/* The next message of each media type gets a header of type 0: to be called
 * before private media that follows shared bytes. */
void
gst_rtmp_server_session_begin_head (GstRtmpServerSession * s, guint32 stream_id)
{
  guint lane = gst_rtmp_server_session_get_lane (s, stream_id), i;

  for (i = 0; i < GST_RTMP_BLOCK_N_KINDS; i++)
    gst_rtmp_transport_forget (s->transport,
        gst_rtmp_block_kind_csid (i, lane));
}
