/* rtmpload.c: RTMP publishers and many viewers in one thread, for benchmarks
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* usage: rtmpload play PORT APP NAME VIEWERS SECONDS
 *   all viewers connect at once, one command after another, and play live.
 *   "begin" when all of them have had a whole keyframe, "end" SECONDS later,
 *   then for each: seconds from connect() to its first keyframe, bytes between
 *   begin and end, 1 if it was closed
 *
 * usage: rtmpload latency PORT APP NAME SECONDS
 *   a line for each video message: seconds since it was published by:
 *
 * usage: rtmpload publish PORT APP NAME FILE.flv SECONDS
 *   publishes the file again and again in real time; each picture ends with a
 *   filler NAL that says when it was sent */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "benchutil.h"
#include "rtmp/rtmpclientsession.h"

#define PIECE (256 * 1024)
#define START_TIME 30

typedef struct
{
  int fd;
  GstRtmpClientSession *session;        /* until it has started */
  gboolean started;
  gboolean closed;
  double opened;
  double start;
  guint64 bytes;
} Viewer;

static guint port;
static const char *app, *name;
static gboolean parse_all;
static guint n_started;
static guint8 scratch[PIECE];

static int
open_socket (void)
{
  struct sockaddr_in address = loopback (port);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof (one));
  if (fd < 0 || (connect (fd, (struct sockaddr *) &address,
              sizeof (address)) < 0 && errno != EINPROGRESS)) {
    perror ("connect");
    exit (1);
  }
  return fd;
}

/* Small enough for any socket buffer, but for a publisher's media. */
static void
flush (int fd, GstRtmpClientSession * session)
{
  GBytes *bytes = gst_rtmp_client_session_take_output (session);
  gsize size, sent = 0;
  const guint8 *data;

  if (!bytes)
    return;
  data = g_bytes_get_data (bytes, &size);
  while (sent < size) {
    ssize_t n = send (fd, data + sent, size - sent, MSG_NOSIGNAL);

    if (n > 0) {
      sent += n;
    } else if (errno == EAGAIN || errno == ENOTCONN) {
      struct pollfd wait = { fd, POLLOUT, 0 };

      poll (&wait, 1, 10000);
    } else {
      break;
    }
  }
  g_bytes_unref (bytes);
}

static double
get_stamp (GstBuffer * buffer)
{
  gsize size = gst_buffer_get_size (buffer);
  double stamp = 0;

  if (size > sizeof (stamp))
    gst_buffer_extract (buffer, size - sizeof (stamp), &stamp, sizeof (stamp));
  return stamp;
}

static gboolean
is_keyframe (GstBuffer * buffer)
{
  guint8 head[2];

  return gst_buffer_extract (buffer, 0, head, 2) == 2 && head[0] >> 4 == 1
      && head[1] == 1;
}

static void
on_event (GstRtmpClientSession * session, const GstRtmpClientEvent * event,
    gpointer user_data)
{
  const GstRtmpPlay play = { GST_RTMP_PLAY_LIVE, GST_RTMP_PLAY_TO_END, 1 };
  Viewer *viewer = user_data;

  switch (event->type) {
    case GST_RTMP_CLIENT_CONNECTED:
      gst_rtmp_client_session_create_stream (session);
      break;
    case GST_RTMP_CLIENT_STREAM:
      gst_rtmp_client_session_play (session, event->stream_id, name, &play);
      break;
    case GST_RTMP_CLIENT_MEDIA:
      if (event->message_type != GST_RTMP_VIDEO)
        break;
      if (parse_all && get_stamp (event->buffer) > 1)
        printf ("%.6f\n", now () - get_stamp (event->buffer));
      if (!viewer->started && is_keyframe (event->buffer)) {
        viewer->started = TRUE;
        viewer->start = now () - viewer->opened;
        n_started++;
      }
      break;
    default:
      break;
  }
}

static void
viewer_open (Viewer * viewer)
{
  GstRtmpLimits limits = GST_RTMP_LIMITS_DEFAULT;
  gchar *url = g_strdup_printf ("rtmp://127.0.0.1:%u/%s", port, app);

  viewer->opened = now ();
  viewer->fd = open_socket ();
  viewer->session = gst_rtmp_client_session_new (&limits,
      GST_RTMP_DIGEST_NONE, on_event, viewer);
  gst_rtmp_client_session_connect (viewer->session, app, url, NULL);
  g_free (url);
}

static gboolean
viewer_read (Viewer * viewer)
{
  /* Once it has started, bytes are only counted: the kernel throws them away
   * without a copy. */
  ssize_t n = viewer->session ?
      recv (viewer->fd, scratch, PIECE, 0) :
      recv (viewer->fd, scratch, PIECE, MSG_TRUNC);

  if (n == 0 || (n < 0 && errno != EAGAIN)) {
    viewer->closed = TRUE;
    close (viewer->fd);
    return FALSE;
  }
  if (n < 0)
    return FALSE;
  viewer->bytes += n;
  if (viewer->session) {
    if (!gst_rtmp_client_session_feed (viewer->session, scratch, n, NULL)) {
      fprintf (stderr, "not RTMP\n");
      exit (1);
    }
    flush (viewer->fd, viewer->session);
    if (viewer->started && !parse_all)
      g_clear_pointer (&viewer->session, gst_rtmp_client_session_free);
  }
  return n == PIECE;
}

static void
serve (int epoll_fd, double until, gboolean (*done) (void))
{
  struct epoll_event events[256];

  while (now () < until && !(done && done ())) {
    int i, n = epoll_wait (epoll_fd, events, 256, 20);

    for (i = 0; i < n; i++) {
      Viewer *viewer = events[i].data.ptr;

      if (viewer->closed)
        continue;
      if (viewer->session && events[i].events & EPOLLOUT) {
        struct epoll_event in = { EPOLLIN, {.ptr = viewer} };

        epoll_ctl (epoll_fd, EPOLL_CTL_MOD, viewer->fd, &in);
        flush (viewer->fd, viewer->session);
      }
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        viewer_read (viewer);
    }
  }
}

static guint n_viewers;

static gboolean
all_started (void)
{
  return n_started == n_viewers;
}

static int
play (guint count, double seconds)
{
  Viewer *viewers = g_new0 (Viewer, count);
  int epoll_fd = epoll_create1 (0);
  guint i;

  n_viewers = count;
  for (i = 0; i < count; i++) {
    struct epoll_event event = { EPOLLIN | EPOLLOUT, {.ptr = &viewers[i]} };

    viewer_open (&viewers[i]);
    epoll_ctl (epoll_fd, EPOLL_CTL_ADD, viewers[i].fd, &event);
  }
  serve (epoll_fd, now () + (parse_all ? seconds : START_TIME),
      parse_all ? NULL : all_started);
  if (parse_all)
    return 0;
  if (!all_started ()) {
    fprintf (stderr, "%u of %u started\n", n_started, count);
    return 1;
  }
  for (i = 0; i < count; i++)
    viewers[i].bytes = 0;
  printf ("begin\n");
  fflush (stdout);
  serve (epoll_fd, now () + seconds, NULL);
  printf ("end\n");
  fflush (stdout);
  for (i = 0; i < count; i++)
    printf ("%.6f %" G_GUINT64_FORMAT " %d\n", viewers[i].start,
        viewers[i].bytes, viewers[i].closed);
  return 0;
}

/* -- publishing -- */

static guint32 publish_id;

static void
on_publisher_event (GstRtmpClientSession * session,
    const GstRtmpClientEvent * event, gpointer user_data)
{
  if (event->type == GST_RTMP_CLIENT_CONNECTED) {
    gst_rtmp_client_session_create_stream (session);
  } else if (event->type == GST_RTMP_CLIENT_STREAM) {
    gst_rtmp_client_session_publish (session, event->stream_id, name,
        GST_RTMP_PUBLISH_LIVE);
  } else if (event->type == GST_RTMP_CLIENT_STATUS) {
    if (g_strcmp0 (event->code, "NetStream.Publish.Start") != 0) {
      fprintf (stderr, "%s\n", event->code);
      exit (1);
    }
    publish_id = event->stream_id;
  }
}

/* The picture, and behind it a filler NAL (type 12) with the time. */
static GstBuffer *
make_body (const guint8 * body, gsize size, gboolean stamp)
{
  guint8 *copy = g_malloc (size + 13);
  double time = now ();

  memcpy (copy, body, size);
  if (!stamp)
    return gst_buffer_new_wrapped (copy, size);
  GST_WRITE_UINT32_BE (copy + size, 9);
  copy[size + 4] = 12;
  memcpy (copy + size + 5, &time, 8);
  return gst_buffer_new_wrapped (copy, size + 13);
}

static void
take_input (int fd, GstRtmpClientSession * session)
{
  ssize_t n = recv (fd, scratch, PIECE, 0);

  if (n == 0 || (n < 0 && errno != EAGAIN) || (n > 0
          && !gst_rtmp_client_session_feed (session, scratch, n, NULL))) {
    fprintf (stderr, "the server has closed\n");
    exit (1);
  }
  flush (fd, session);
}

static void
wait_until (int fd, GstRtmpClientSession * session, double time)
{
  while (now () < time) {
    struct pollfd in = { fd, POLLIN, 0 };

    if (poll (&in, 1, MAX (1, (time - now ()) * 1000)) > 0)
      take_input (fd, session);
  }
}

static int
publish (const char *file, double seconds)
{
  GstRtmpLimits limits = GST_RTMP_LIMITS_DEFAULT;
  gchar *url = g_strdup_printf ("rtmp://127.0.0.1:%u/%s", port, app);
  GstRtmpClientSession *session;
  guint64 base = 0, last = 0;
  double began;
  gchar *data;
  gsize size, at;
  int fd;

  if (!g_file_get_contents (file, &data, &size, NULL))
    return 1;
  limits.max_output = 64 << 20;
  fd = open_socket ();
  session = gst_rtmp_client_session_new (&limits, GST_RTMP_DIGEST_NONE,
      on_publisher_event, NULL);
  gst_rtmp_client_session_connect (session, app, url, NULL);
  flush (fd, session);
  began = now ();
  while (!publish_id && now () < began + 10)
    wait_until (fd, session, now () + 0.01);
  if (!publish_id)
    return 1;
  printf ("publishing\n");
  fflush (stdout);

  began = now ();
  while (now () < began + seconds) {
    for (at = 13; at + 11 < size && now () < began + seconds;) {
      const guint8 *tag = (guint8 *) data + at;
      gsize length = GST_READ_UINT24_BE (tag + 1);
      guint64 time = base + GST_READ_UINT24_BE (tag + 4) +
          ((guint32) tag[7] << 24);
      gboolean stamp = tag[0] == 9 && tag[12] == 1;
      GstBuffer *body;

      if (tag[0] != 18) {
        wait_until (fd, session, began + time / 1000.0);
        body = make_body (tag + 11, length, stamp);
        gst_rtmp_client_session_send_media (session, publish_id,
            tag[0] == 8 ? GST_RTMP_AUDIO : GST_RTMP_VIDEO, time, body);
        gst_buffer_unref (body);
        flush (fd, session);
        last = time;
      }
      at += 11 + length + 4;
    }
    base = last + 40;
  }
  return 0;
}

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  if (argc >= 6) {
    port = atoi (argv[2]);
    app = argv[3];
    name = argv[4];
    if (strcmp (argv[1], "play") == 0 && argc == 7)
      return play (atoi (argv[5]), atof (argv[6]));
    if (strcmp (argv[1], "publish") == 0 && argc == 7)
      return publish (argv[5], atof (argv[6]));
    parse_all = strcmp (argv[1], "latency") == 0 && argc == 6;
    if (parse_all)
      return play (1, atof (argv[5]));
  }
  fprintf (stderr, "see the top of rtmpload.c\n");
  return 1;
}
