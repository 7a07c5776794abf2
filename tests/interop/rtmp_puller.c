/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp_puller.c: the client session on a plain socket, against real servers
 *
 *   rtmp_puller HOST PORT APP STREAM [START-MS] > FILE.flv
 *
 * Plays until the server says that this is the end; every status goes to
 * stderr.
 */
#include "flvfile.h"
#include "rtmp/rtmpclientsession.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_MS 3000
#define TIMEOUT_MS 120000

typedef struct
{
  GstRtmpClientSession *session;
  const gchar *stream;
  GstRtmpPlay play;
  gboolean ended;
} Puller;

static void
die (const gchar * what)
{
  fprintf (stderr, "rtmp_puller: %s: %s\n", what, g_strerror (errno));
  exit (1);
}

static gboolean
is_end (const gchar * code)
{
  static const gchar *const ends[] = { "NetStream.Play.Stop",
    "NetStream.Play.UnpublishNotify",
    "NetStream.Play.StreamNotFound", "NetStream.Play.Failed",
    "NetConnection.Connect.Rejected", "NetConnection.Connect.Closed", NULL
  };

  return g_strv_contains (ends, code);
}

static void
on_event (GstRtmpClientSession * session, const GstRtmpClientEvent * event,
    gpointer user_data)
{
  Puller *p = user_data;

  switch (event->type) {
    case GST_RTMP_CLIENT_CONNECTED:
      gst_rtmp_client_session_create_stream (session);
      break;
    case GST_RTMP_CLIENT_STREAM:
      gst_rtmp_client_session_play (session, event->stream_id, p->stream,
          &p->play);
      gst_rtmp_client_session_set_buffer_length (session, event->stream_id,
          BUFFER_MS);
      break;
    case GST_RTMP_CLIENT_MEDIA:
    case GST_RTMP_CLIENT_DATA:
      if (!flv_file_add_tag (stdout, event->message_type, event->timestamp,
              event->buffer))
        die ("writing");
      break;
    case GST_RTMP_CLIENT_CLOSE:
    case GST_RTMP_CLIENT_NO_STREAM:
      p->ended = TRUE;
      break;
    case GST_RTMP_CLIENT_CONTROL:
      p->ended |= event->control == GST_RTMP_STREAM_EOF;
      break;
    default:
      break;
  }
  if (event->code) {
    fprintf (stderr, "%s\n", event->code);
    p->ended |= is_end (event->code);
  }
}

static int
connect_to (const gchar * host, guint16 port)
{
  struct sockaddr_in address = {.sin_family = AF_INET };
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  address.sin_port = htons (port);
  if (inet_pton (AF_INET, host, &address.sin_addr) != 1 || fd < 0 ||
      connect (fd, (struct sockaddr *) &address, sizeof address) < 0)
    die (host);
  return fd;
}

/* What a client says is little: a blocking write will do. */
static void
flush_output (Puller * p, int fd)
{
  GBytes *bytes = gst_rtmp_client_session_take_output (p->session);
  const guint8 *data;
  gsize size, pos = 0;

  if (!bytes)
    return;
  data = g_bytes_get_data (bytes, &size);
  while (pos < size) {
    ssize_t n = send (fd, data + pos, size - pos, MSG_NOSIGNAL);

    if (n < 0)
      die ("sending");
    pos += n;
  }
  g_bytes_unref (bytes);
}

static void
run (Puller * p, int fd)
{
  guint8 data[65536];
  GError *error = NULL;

  while (!p->ended) {
    struct pollfd pollfd = { fd, POLLIN, 0 };
    ssize_t n;

    flush_output (p, fd);
    if (poll (&pollfd, 1, TIMEOUT_MS) <= 0)
      die ("nothing heard of the server");
    n = recv (fd, data, sizeof data, 0);
    if (n <= 0)
      return;
    if (!gst_rtmp_client_session_feed (p->session, data, n, &error)) {
      fprintf (stderr, "rtmp_puller: %s\n", error->message);
      exit (1);
    }
  }
}

int
main (int argc, char **argv)
{
  Puller p = {.play = {GST_RTMP_PLAY_ANY, GST_RTMP_PLAY_TO_END, 1} };
  gchar *tc_url;
  int fd;

  gst_init (NULL, NULL);
  if (argc < 5) {
    fprintf (stderr, "usage: %s HOST PORT APP STREAM [START-MS]\n", argv[0]);
    return 1;
  }
  p.stream = argv[4];
  if (argc > 5)
    p.play.start = g_ascii_strtoll (argv[5], NULL, 10);
  if (!flv_file_begin (stdout))
    die ("writing");
  fd = connect_to (argv[1], atoi (argv[2]));
  tc_url = g_strdup_printf ("rtmp://%s:%s/%s", argv[1], argv[2], argv[3]);
  p.session = gst_rtmp_client_session_new (NULL, GST_RTMP_DIGEST_FIRST,
      on_event, &p);
  gst_rtmp_client_session_connect (p.session, argv[3], tc_url, NULL);
  run (&p, fd);
  gst_rtmp_client_session_free (p.session);
  g_free (tc_url);
  close (fd);
  return fclose (stdout) == 0 ? 0 : 1;
}
