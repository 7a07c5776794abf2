/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp_peer.c: gst/rtmp on a plain socket, for real clients to talk to
 *
 *   rtmp_peer publish FILE.flv   accepts one publisher, writes what it sends
 *   rtmp_peer play FILE.flv      plays the file to one client after another
 *
 * Listens on a free port of the loopback and prints it. Playing goes as fast
 * as the client reads: a private head, then bytes rendered once at the start.
 */
#include "flvfile.h"
#include "rtmp/rtmpblock.h"
#include "rtmp/rtmpserversession.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TAG_HEADER 11
#define PIECE 65536
#define TIMEOUT_MS 120000

/* What a player gets, made once */
typedef struct
{
  GstRtmpBlock *block;
  GstBuffer *metadata, *video_config, *audio_config;
} Programme;

typedef struct
{
  int fd;
  GstRtmpServerSession *session;
  FILE *recording;
  gboolean unpublished;
  const Programme *programme;
  guint32 stream_id;
  gboolean playing, paused, complete;
  guint next;                   /* message of the block */
  GBytes *sending;
  gsize sent;
} Connection;

static void
die (const gchar * what)
{
  fprintf (stderr, "rtmp_peer: %s: %s\n", what, g_strerror (errno));
  exit (1);
}

static gboolean
is_config (guint8 type, const guint8 * body, gsize size)
{
  if (size < 2 || body[1] != 0)
    return FALSE;
  return type == GST_RTMP_VIDEO ? (body[0] & 0x0f) == 7 : body[0] >> 4 == 10;
}

static void
add_tag (Programme * programme, GstRtmpBlockBuilder * builder, guint8 type,
    gint64 timestamp, const guint8 * body, gsize size)
{
  if (type == GST_RTMP_DATA && !programme->metadata)
    programme->metadata = gst_buffer_new_memdup (body, size);
  else if (type == GST_RTMP_VIDEO && is_config (type, body, size))
    programme->video_config = gst_buffer_new_memdup (body, size);
  else if (type == GST_RTMP_AUDIO && is_config (type, body, size))
    programme->audio_config = gst_buffer_new_memdup (body, size);
  else if (type != GST_RTMP_DATA &&
      !gst_rtmp_block_builder_add (builder, type == GST_RTMP_AUDIO ?
          GST_RTMP_BLOCK_AUDIO : GST_RTMP_BLOCK_VIDEO, timestamp, body, size,
          type == GST_RTMP_VIDEO && body[0] >> 4 == 1))
    die ("a tag out of order");
}

static void
load (Programme * programme, const gchar * path)
{
  GstRtmpBlockBuilder *builder =
      gst_rtmp_block_builder_new (GST_RTMP_BLOCK_CHUNK_SIZE, 0);
  gchar *data;
  gsize size, pos = 13;

  if (!g_file_get_contents (path, &data, &size, NULL))
    die (path);
  while (pos + TAG_HEADER <= size) {
    const guint8 *tag = (const guint8 *) data + pos;
    gsize length = GST_READ_UINT24_BE (tag + 1);

    if (length > size - pos - TAG_HEADER)
      break;
    add_tag (programme, builder, tag[0], GST_READ_UINT24_BE (tag + 4) |
        (guint32) tag[7] << 24, tag + TAG_HEADER, length);
    pos += TAG_HEADER + length + 4;
  }
  programme->block = gst_rtmp_block_builder_finish (builder);
  gst_rtmp_block_builder_free (builder);
  g_free (data);
}

static void
send_head_message (Connection * c, GstRtmpMessageType type, gint64 timestamp,
    GstBuffer * payload)
{
  if (payload)
    gst_rtmp_server_session_send_media (c->session, c->stream_id, type,
        timestamp, payload);
}

/* The last keyframe at or before @position, or the first message. */
static guint
find_entry (const GstRtmpBlock * block, gint64 position)
{
  guint i, found = 0;

  for (i = 0; i < gst_rtmp_block_length (block); i++) {
    const GstRtmpBlockEntry *entry = gst_rtmp_block_nth (block, i);

    if (entry->keyframe && entry->timestamp <= position)
      found = i;
  }
  return found;
}

static void
send_head (Connection * c)
{
  const GstRtmpBlock *block = c->programme->block;

  gst_rtmp_server_session_begin_head (c->session, c->stream_id);
  send_head_message (c, GST_RTMP_DATA, gst_rtmp_block_get_anchor (block,
          c->next, GST_RTMP_BLOCK_VIDEO), c->programme->metadata);
  send_head_message (c, GST_RTMP_VIDEO, gst_rtmp_block_get_anchor (block,
          c->next, GST_RTMP_BLOCK_VIDEO), c->programme->video_config);
  send_head_message (c, GST_RTMP_AUDIO, gst_rtmp_block_get_anchor (block,
          c->next, GST_RTMP_BLOCK_AUDIO), c->programme->audio_config);
}

static void
start_play (Connection * c, const GstRtmpServerEvent * event)
{
  const GstRtmpPlay *play = &event->command->play;

  c->stream_id = event->stream_id;
  gst_rtmp_server_session_accept_play (c->session, c->stream_id,
      play->start >= 0, play->reset != 0, NULL);
  c->playing = TRUE;
  c->complete = FALSE;
  c->next = find_entry (c->programme->block, MAX (play->start, 0));
  send_head (c);
}

static void
seek (Connection * c, gint64 position)
{
  const GstRtmpBlock *block = c->programme->block;

  c->next = find_entry (block, position);
  c->complete = FALSE;
  gst_rtmp_server_session_send_seek_notify (c->session, c->stream_id,
      gst_rtmp_block_nth (block, c->next)->timestamp, TRUE);
  send_head (c);
}

static void
on_event (GstRtmpServerSession * session, const GstRtmpServerEvent * event,
    gpointer user_data)
{
  Connection *c = user_data;

  switch (event->type) {
    case GST_RTMP_SERVER_CONNECT:
      gst_rtmp_server_session_accept_connect (session, NULL, NULL);
      break;
    case GST_RTMP_SERVER_PUBLISH:
      if (c->recording)
        gst_rtmp_server_session_accept_publish (session, event->stream_id,
            NULL);
      else
        gst_rtmp_server_session_reject_publish (session, event->stream_id,
            "NetStream.Publish.BadName", "This one only plays.", NULL);
      break;
    case GST_RTMP_SERVER_PLAY:
      if (c->programme && strcmp (event->command->stream.name, "cam1") == 0)
        start_play (c, event);
      else
        gst_rtmp_server_session_reject_play (session, event->stream_id,
            "NetStream.Play.StreamNotFound", "No such stream.", NULL);
      break;
    case GST_RTMP_SERVER_SEEK:
      seek (c, event->command->position);
      break;
    case GST_RTMP_SERVER_PAUSE:
      c->paused = event->command->flag;
      gst_rtmp_server_session_send_pause_notify (session, event->stream_id,
          c->paused);
      break;
    case GST_RTMP_SERVER_STREAM_LENGTH:
      gst_rtmp_server_session_send_result (session, event->command,
          gst_amf_new_number (0));
      break;
    case GST_RTMP_SERVER_STOP:
      c->playing = FALSE;
      break;
    case GST_RTMP_SERVER_UNPUBLISH:
      c->unpublished = TRUE;
      break;
    case GST_RTMP_SERVER_MEDIA:
    case GST_RTMP_SERVER_DATA:
      if (!flv_file_add_tag (c->recording, event->message_type,
              event->timestamp, event->buffer))
        die ("writing the recording");
      break;
    default:
      break;
  }
}

/* Whole messages, about as much as a socket takes. */
static GBytes *
next_piece (Connection * c)
{
  const GstRtmpBlock *block = c->programme->block;
  guint length = gst_rtmp_block_length (block);
  const guint8 *data;
  gsize size, start, end;

  data = gst_rtmp_block_get_data (block, &size);
  start = gst_rtmp_block_nth (block, c->next)->offset;
  do {
    c->next++;
    end = c->next < length ? gst_rtmp_block_nth (block, c->next)->offset : size;
  } while (c->next < length && end - start < PIECE);
  return g_bytes_new_static (data + start, end - start);
}

/* What comes next: first what the session has to say, then shared bytes. */
static gboolean
has_output (Connection * c)
{
  if (c->sending)
    return TRUE;
  c->sent = 0;
  c->sending = gst_rtmp_server_session_take_output (c->session);
  if (c->sending || !c->playing || c->paused)
    return c->sending != NULL;
  if (c->next < gst_rtmp_block_length (c->programme->block)) {
    c->sending = next_piece (c);
  } else if (!c->complete) {
    c->complete = TRUE;
    gst_rtmp_server_session_send_complete (c->session, c->stream_id, 0, 0);
    c->sending = gst_rtmp_server_session_take_output (c->session);
  }
  return c->sending != NULL;
}

static gboolean
write_some (Connection * c)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (c->sending, &size);
  ssize_t n = send (c->fd, data + c->sent, size - c->sent,
      MSG_NOSIGNAL | MSG_DONTWAIT);

  if (n < 0)
    return errno == EAGAIN || errno == EINTR;
  c->sent += n;
  if (c->sent == size)
    g_clear_pointer (&c->sending, g_bytes_unref);
  return TRUE;
}

static gboolean
read_some (Connection * c)
{
  guint8 data[PIECE];
  GError *error = NULL;
  ssize_t n = recv (c->fd, data, sizeof data, MSG_DONTWAIT);

  if (n <= 0)
    return n < 0 && (errno == EAGAIN || errno == EINTR);
  if (gst_rtmp_server_session_feed (c->session, data, n, &error))
    return TRUE;
  fprintf (stderr, "rtmp_peer: %s\n", error->message);
  g_error_free (error);
  return FALSE;
}

static void
serve (int fd, FILE * recording, const Programme * programme)
{
  Connection c = {.fd = fd,.recording = recording,.programme = programme };
  gboolean going = TRUE;

  c.session = gst_rtmp_server_session_new (NULL, on_event, &c);
  while (going) {
    struct pollfd p = { fd, POLLIN, 0 };

    if (has_output (&c))
      p.events |= POLLOUT;
    else if (c.unpublished)
      break;
    if (poll (&p, 1, TIMEOUT_MS) <= 0)
      die ("nothing heard of the client");
    if (p.revents & (POLLIN | POLLHUP | POLLERR))
      going = read_some (&c);
    if (going && p.revents & POLLOUT)
      going = write_some (&c);
  }
  gst_rtmp_server_session_close (c.session);
  gst_rtmp_server_session_free (c.session);
  g_clear_pointer (&c.sending, g_bytes_unref);
  close (fd);
}

static int
listen_somewhere (void)
{
  struct sockaddr_in address = {.sin_family = AF_INET };
  socklen_t size = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (fd < 0 || bind (fd, (struct sockaddr *) &address, size) < 0 ||
      listen (fd, 5) < 0 ||
      getsockname (fd, (struct sockaddr *) &address, &size) < 0)
    die ("listening");
  printf ("port %u\n", ntohs (address.sin_port));
  fflush (stdout);
  return fd;
}

int
main (int argc, char **argv)
{
  Programme programme = { NULL, };
  int listener, fd;

  gst_init (NULL, NULL);
  if (argc != 3 || (strcmp (argv[1], "publish") && strcmp (argv[1], "play"))) {
    fprintf (stderr, "usage: %s publish|play FILE.flv\n", argv[0]);
    return 1;
  }
  if (strcmp (argv[1], "publish") == 0) {
    FILE *recording = fopen (argv[2], "wb");

    if (!recording || !flv_file_begin (recording))
      die (argv[2]);
    listener = listen_somewhere ();
    serve (accept (listener, NULL, NULL), recording, NULL);
    if (fclose (recording) != 0)
      die (argv[2]);
    close (listener);
    return 0;
  }
  load (&programme, argv[2]);
  listener = listen_somewhere ();
  while ((fd = accept (listener, NULL, NULL)) >= 0)
    serve (fd, NULL, &programme);
  return 0;
}
