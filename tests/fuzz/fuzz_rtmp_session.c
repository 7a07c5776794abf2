/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_rtmp_session.c: hostile peers of either end, from any point on
 */
#include "rtmp/rtmpchunkwriter.h"
#include "rtmp/rtmpclientsession.h"
#include "rtmp/rtmpserversession.h"

int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);

/* Buffers need it; plugins do not matter here. */
static void
init_once (void)
{
  if (gst_is_initialized ())
    return;
  g_setenv ("GST_REGISTRY_DISABLE", "yes", TRUE);
  gst_init (NULL, NULL);
}

/* How far the peer behaved: bits of the first byte. */
enum
{
  AS_CLIENT = 1,
  CONNECTED = 2,
  PUBLISHING = 4,
  PLAYING = 8,
  ANSWERS_LATE = 16
};

static void
on_server_event (GstRtmpServerSession * s, const GstRtmpServerEvent * event,
    gpointer user_data)
{
  guint8 mode = *(guint8 *) user_data;

  if (event->command)
    g_free (gst_rtmp_command_to_string (event->command));
  if (mode & ANSWERS_LATE)
    return;
  switch (event->type) {
    case GST_RTMP_SERVER_CONNECT:
      gst_rtmp_server_session_accept_connect (s, NULL, NULL);
      break;
    case GST_RTMP_SERVER_PUBLISH:
      gst_rtmp_server_session_accept_publish (s, event->stream_id, NULL);
      break;
    case GST_RTMP_SERVER_PLAY:
      if (gst_rtmp_play_flushes (&event->command->play))
        gst_rtmp_server_session_accept_play (s, event->stream_id, TRUE, TRUE,
            NULL);
      else
        gst_rtmp_server_session_queue_play (s, event->stream_id, NULL);
      gst_rtmp_server_session_set_item (s, event->stream_id,
          event->command->stream.full);
      gst_rtmp_server_session_start_item (s, event->stream_id, 0, TRUE);
      gst_rtmp_server_session_begin_head (s, event->stream_id);
      break;
    case GST_RTMP_SERVER_SEEK:
      gst_rtmp_server_session_send_seek_notify (s, event->stream_id,
          event->command->position, TRUE);
      break;
    case GST_RTMP_SERVER_PAUSE:
      gst_rtmp_server_session_send_pause_notify (s, event->stream_id, TRUE);
      break;
    default:
      break;
  }
}

static void
on_client_event (GstRtmpClientSession * c, const GstRtmpClientEvent * event,
    gpointer user_data)
{
  if (event->type == GST_RTMP_CLIENT_CONNECTED)
    gst_rtmp_client_session_create_stream (c);
  else if (event->type == GST_RTMP_CLIENT_STREAM)
    gst_rtmp_client_session_publish (c, event->stream_id, "a",
        GST_RTMP_PUBLISH_LIVE);
}

/* @body: (transfer full) */
static void
put (GByteArray * out, GstRtmpChunkWriter * writer, guint32 stream_id,
    GByteArray * body)
{
  GstRtmpOutMessage message = { 3, GST_RTMP_COMMAND, stream_id, 0, body->data,
    body->len
  };

  gst_rtmp_chunk_writer_write (writer, out, &message);
  g_byte_array_unref (body);
}

static GByteArray *
polite_beginning (guint8 mode)
{
  static const guint8 handshake[1 + 2 * 1536] = { 3, };
  GstRtmpChunkWriter *writer = gst_rtmp_chunk_writer_new ();
  GByteArray *out = g_byte_array_new ();

  if (mode & (CONNECTED | PUBLISHING | PLAYING))
    g_byte_array_append (out, handshake, sizeof handshake);
  if (mode & AS_CLIENT && mode & CONNECTED)
    put (out, writer, 0, gst_rtmp_command_build (FALSE, "_result", 1, NULL,
            gst_amf_new_null (), NULL));
  if (!(mode & AS_CLIENT) && mode & (CONNECTED | PUBLISHING | PLAYING)) {
    put (out, writer, 0, gst_rtmp_command_build (FALSE, "connect", 1,
            gst_amf_new_object (), NULL));
    put (out, writer, 0, gst_rtmp_command_build (FALSE, "createStream", 2,
            NULL, NULL));
  }
  if (!(mode & AS_CLIENT) && mode & (PUBLISHING | PLAYING))
    put (out, writer, 1, gst_rtmp_command_build (FALSE,
            mode & PUBLISHING ? "publish" : "play", 3, NULL,
            gst_amf_new_string ("a?b"), NULL));
  gst_rtmp_chunk_writer_free (writer);
  return out;
}

static void
run_server (guint8 mode, const guint8 * data, gsize size, gsize step)
{
  GstRtmpServerSession *s =
      gst_rtmp_server_session_new (NULL, on_server_event, &mode);
  gsize pos = 0;

  while (pos < size && gst_rtmp_server_session_feed (s, data + pos,
          MIN (step, size - pos), NULL))
    pos += MIN (step, size - pos);
  gst_rtmp_server_session_accept_connect (s, NULL, NULL);
  gst_rtmp_server_session_accept_publish (s, 1, NULL);
  gst_rtmp_server_session_accept_play (s, 1, TRUE, TRUE, NULL);
  gst_rtmp_server_session_close (s);
  gst_rtmp_server_session_free (s);
}

static void
run_client (const guint8 * data, gsize size, gsize step)
{
  GstRtmpClientSession *c = gst_rtmp_client_session_new (NULL,
      GST_RTMP_DIGEST_NONE, on_client_event, NULL);
  gsize pos = 0;

  gst_rtmp_client_session_connect (c, "a", "rtmp://a/a", NULL);
  while (pos < size && gst_rtmp_client_session_feed (c, data + pos,
          MIN (step, size - pos), NULL))
    pos += MIN (step, size - pos);
  gst_rtmp_client_session_free (c);
}

/* The first byte tells what went before, the second how the rest is torn. */
int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  GByteArray *all;
  gsize step;

  if (size < 2)
    return 0;
  init_once ();
  all = polite_beginning (data[0]);
  step = 1 + (gsize) data[1] * 16;
  if (size > 2)
    g_byte_array_append (all, data + 2, size - 2);
  if (data[0] & AS_CLIENT)
    run_client (all->data, all->len, step);
  else
    run_server (data[0], all->data, all->len, step);
  g_byte_array_unref (all);
  return 0;
}
