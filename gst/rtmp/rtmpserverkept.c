/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpserverkept.c: what comes while a stream waits for an answer
 *
 * What a publisher sends is media, so that nothing more is parsed until it has
 * its answer. A player may wait long, for a stream that is not there yet: pings,
 * buffer lengths, and that it has gone, must be heard meanwhile, and others on
 * its connection must not wait with it. Only what is for the stream that asked
 * is kept until then.
 */
#include "config.h"
#include "rtmpserversession-private.h"

/* Of all streams; at so many nothing more is parsed. */
#define MAX_KEPT 16
/* How often a peer changes its mind before it waits for an answer: each may be a
 * question that somebody thinks about. */
#define MAX_TAKEN_BACK 16

/* @stream has asked. */
void
gst_rtmp_server_session_hold (GstRtmpServerSession * s,
    GstRtmpServerStream * stream)
{
  if (stream->asked == GST_RTMP_STREAM_ASKED_PUBLISH)
    gst_rtmp_transport_hold (s->transport);
}

/* The stream that a command is about */
static guint32
get_target (const GstRtmpCommand * command)
{
  return command->type == GST_RTMP_CALL_DELETE_STREAM ? command->target :
      command->stream_id;
}

static gboolean
waits (GstRtmpServerSession * s, guint32 stream_id)
{
  GstRtmpServerStream *stream = gst_rtmp_server_session_find (s, stream_id);

  return stream && stream->asked != GST_RTMP_STREAM_ASKED_NOTHING;
}

/* Whether the peer no longer wants what the stream has asked for. */
static gboolean
takes_back (const GstRtmpCommand * command)
{
  switch (command->type) {
    case GST_RTMP_CALL_CLOSE_STREAM:
    case GST_RTMP_CALL_DELETE_STREAM:
      return TRUE;
    case GST_RTMP_CALL_PLAY:
      return !command->stream.full || gst_rtmp_play_flushes (&command->play);
    default:
      return FALSE;
  }
}

static void
drop_kept_of (GstRtmpServerSession * s, guint32 stream_id)
{
  GList *l = s->kept.head, *next;

  for (; l; l = next) {
    next = l->next;
    if (get_target (l->data) != stream_id)
      continue;
    gst_rtmp_command_free (l->data);
    g_queue_delete_link (&s->kept, l);
  }
}

/* Returns: whether the command waits */
gboolean
gst_rtmp_server_session_keep (GstRtmpServerSession * s,
    const GstRtmpCommand * command)
{
  if (!waits (s, get_target (command)))
    return FALSE;
  if (takes_back (command) && s->n_taken_back < MAX_TAKEN_BACK) {
    s->n_taken_back++;
    drop_kept_of (s, get_target (command));
    return FALSE;
  }
  g_queue_push_tail (&s->kept, gst_rtmp_command_keep (command));
  if (s->kept.length >= MAX_KEPT)
    gst_rtmp_transport_hold (s->transport);
  return TRUE;
}

/* Returns: (transfer full) (nullable): what is to be done for the stream */
static GstRtmpCommand *
take_next (GstRtmpServerSession * s, guint32 stream_id)
{
  GList *l = s->kept.head;
  GstRtmpCommand *command;

  while (l && get_target (l->data) != stream_id)
    l = l->next;
  if (!l || waits (s, stream_id) || s->state != GST_RTMP_SERVER_CONNECTED)
    return NULL;
  command = l->data;
  g_queue_delete_link (&s->kept, l);
  return command;
}

static gboolean
is_held (GstRtmpServerSession * s)
{
  guint i;

  for (i = 0; i < s->streams->len; i++) {
    GstRtmpServerStream *stream = g_ptr_array_index (s->streams, i);

    if (stream->asked == GST_RTMP_STREAM_ASKED_PUBLISH)
      return TRUE;
  }
  return s->kept.length >= MAX_KEPT;
}

/* The stream has its answer: what it has said meanwhile is done, and parsing
 * goes on where nothing else holds it up. */
gboolean
gst_rtmp_server_session_go_on (GstRtmpServerSession * s, guint32 stream_id,
    GError ** error)
{
  GstRtmpCommand *command;

  s->n_taken_back = 0;
  while ((command = take_next (s, stream_id))) {
    gst_rtmp_server_session_dispatch (s, command);
    gst_rtmp_command_free (command);
  }
  return is_held (s) || gst_rtmp_transport_release (s->transport, error);
}

void
gst_rtmp_server_session_drop_kept (GstRtmpServerSession * s)
{
  g_queue_clear_full (&s->kept, (GDestroyNotify) gst_rtmp_command_free);
}
