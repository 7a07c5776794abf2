/* dvrload.c: many HTTP viewers in one thread, for the benchmarks
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* usage: dvrload once PORT PATH VIEWERS [LIST]
 *   each viewer sends one GET at the same time; a line for each:
 *   time of first body byte, time of last byte, status, body bytes.
 *   Before, each has had LIST on its connection.
 *
 * usage: dvrload follow PORT VIEWERS SECONDS PARTS < STREAMS
 *   each viewer follows the live edge of a stream part by part, asking for the
 *   next before it is there; STREAMS has lines "PATH-OF-RECORDING NUMBER".
 *   A line for each part: seconds from the time its payload says it was
 *   written to the time its last byte was read.
 *
 * Times are CLOCK_MONOTONIC, in seconds. */

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

#include <glib.h>

#include "benchutil.h"
#include "livesource.h"

#define MAX_HEADER 4096

typedef struct
{
  int fd;
  char *path;                   /* of the recording, when following */
  guint64 number;
  guint part;

  char header[MAX_HEADER];
  gsize have;
  gboolean in_body;
  guint64 left;
  guint64 bytes;
  guint status;
  double first;
  guint8 tail[LIVE_STAMP_SIZE];
} Viewer;

static int epoll_fd;
static guint port;
static guint n_parts;

static void
send_get (Viewer * viewer, const char *path)
{
  char request[1024];
  int n = snprintf (request, sizeof (request),
      "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);

  viewer->have = 0;
  viewer->in_body = FALSE;
  viewer->bytes = 0;
  viewer->first = 0;
  if (write (viewer->fd, request, n) != n) {
    perror ("write");
    exit (1);
  }
}

static void
send_next_part (Viewer * viewer)
{
  char path[512];

  /* as playlists write it: another spelling would be looked up the long way */
  snprintf (path, sizeof (path), "%s/%010" G_GUINT64_FORMAT ".%u.m4s",
      viewer->path, viewer->number, viewer->part);
  send_get (viewer, path);
  if (++viewer->part == n_parts) {
    viewer->part = 0;
    viewer->number++;
  }
}

static void
viewer_connect (Viewer * viewer)
{
  struct sockaddr_in address = {.sin_family = AF_INET,
    .sin_port = htons (port),.sin_addr.s_addr = htonl (INADDR_LOOPBACK)
  };
  struct epoll_event event = {.events = EPOLLIN,.data.ptr = viewer };
  int one = 1;

  viewer->fd = socket (AF_INET, SOCK_STREAM, 0);
  if (connect (viewer->fd, (struct sockaddr *) &address, sizeof (address))) {
    perror ("connect");
    exit (1);
  }
  setsockopt (viewer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof (one));
  fcntl (viewer->fd, F_SETFL, O_NONBLOCK);
  epoll_ctl (epoll_fd, EPOLL_CTL_ADD, viewer->fd, &event);
}

/* Takes body bytes; keeps the last ones, where a live part has its stamp. */
static void
take_body (Viewer * viewer, const guint8 * data, gsize size)
{
  if (viewer->bytes == 0 && size > 0)
    viewer->first = now ();
  viewer->bytes += size;
  viewer->left -= MIN (size, viewer->left);
  if (size >= LIVE_STAMP_SIZE) {
    memcpy (viewer->tail, data + size - LIVE_STAMP_SIZE, LIVE_STAMP_SIZE);
  } else {
    memmove (viewer->tail, viewer->tail + size, LIVE_STAMP_SIZE - size);
    memcpy (viewer->tail + LIVE_STAMP_SIZE - size, data, size);
  }
}

static void
take_header (Viewer * viewer, const char *data, gsize size)
{
  gsize n = MIN (size, MAX_HEADER - 1 - viewer->have);
  char *end, *length;
  gsize header_size, before = viewer->have;

  memcpy (viewer->header + viewer->have, data, n);
  viewer->have += n;
  viewer->header[viewer->have] = 0;
  end = strstr (viewer->header, "\r\n\r\n");
  if (end == NULL)
    return;

  header_size = end + 4 - viewer->header;
  viewer->status = strtoul (viewer->header + 9, NULL, 10);
  length = strcasestr (viewer->header, "\r\nContent-Length:");
  viewer->left = length ? strtoull (length + 17, NULL, 10) : 0;
  viewer->in_body = TRUE;
  take_body (viewer, (const guint8 *) data + (header_size - before),
      size - (header_size - before));
}

/* Returns whether a whole answer has been read. */
static gboolean
viewer_read (Viewer * viewer)
{
  static guint8 buffer[256 * 1024];
  gssize n;

  while ((n = read (viewer->fd, buffer, sizeof (buffer))) > 0) {
    if (viewer->in_body)
      take_body (viewer, buffer, n);
    else
      take_header (viewer, (const char *) buffer, n);
    if (viewer->in_body && viewer->left == 0)
      return TRUE;
  }
  if (n == 0 || errno != EAGAIN) {
    /* closed by the server: an answer of its own kind */
    viewer->status = viewer->in_body ? 1 : 0;
    return TRUE;
  }

  return FALSE;
}

static void
get_list (Viewer * viewer, const char *path)
{
  send_get (viewer, path);
  while (!viewer_read (viewer)) {
    struct pollfd wait = { viewer->fd, POLLIN, 0 };

    poll (&wait, 1, -1);
  }
}

static void
once (Viewer * viewers, guint n, const char *path, const char *list)
{
  struct epoll_event events[256];
  guint i, done = 0;

  for (i = 0; i < n && list; i++)
    get_list (&viewers[i], list);
  for (i = 0; i < n; i++)
    send_get (&viewers[i], path);
  while (done < n) {
    int k, m = epoll_wait (epoll_fd, events, 256, 60000);

    if (m == 0)
      break;
    for (k = 0; k < m; k++) {
      Viewer *viewer = events[k].data.ptr;

      if (!viewer_read (viewer))
        continue;
      printf ("%.6f %.6f %u %" G_GUINT64_FORMAT "\n", viewer->first, now (),
          viewer->status, viewer->bytes);
      epoll_ctl (epoll_fd, EPOLL_CTL_DEL, viewer->fd, NULL);
      done++;
    }
  }
}

static void
follow (Viewer * viewers, guint n, double seconds)
{
  struct epoll_event events[256];
  double end = now () + seconds;
  guint i;

  for (i = 0; i < n; i++)
    send_next_part (&viewers[i]);
  while (now () < end) {
    int k, m = epoll_wait (epoll_fd, events, 256, 1000);

    for (k = 0; k < m; k++) {
      Viewer *viewer = events[k].data.ptr;
      double written;

      if (!viewer_read (viewer))
        continue;
      if (viewer->status != 200) {
        printf ("failed %u\n", viewer->status);
        epoll_ctl (epoll_fd, EPOLL_CTL_DEL, viewer->fd, NULL);
        continue;
      }
      memcpy (&written, viewer->tail, sizeof (written));
      printf ("%.6f\n", now () - written);
      send_next_part (viewer);
    }
  }
}

static guint
read_streams (char paths[][256], guint64 * numbers, guint max)
{
  guint n = 0;

  while (n < max && scanf ("%255s %" G_GUINT64_FORMAT, paths[n],
          &numbers[n]) == 2)
    n++;
  return n;
}

int
main (int argc, char **argv)
{
  static char paths[1000][256];
  static guint64 numbers[1000];
  gboolean following = argc == 6 && strcmp (argv[1], "follow") == 0;
  guint i, n, n_streams = 0;
  Viewer *viewers;

  if (!following && (argc < 5 || argc > 6 || strcmp (argv[1], "once") != 0)) {
    fprintf (stderr, "usage: %s once PORT PATH VIEWERS [LIST]\n"
        "       %s follow PORT VIEWERS SECONDS PARTS < STREAMS\n", argv[0],
        argv[0]);
    return 2;
  }
  port = atoi (argv[2]);
  n = atoi (argv[following ? 3 : 4]);
  epoll_fd = epoll_create1 (0);
  viewers = g_new0 (Viewer, n);
  if (following) {
    n_parts = atoi (argv[5]);
    n_streams = read_streams (paths, numbers, 1000);
    if (n_streams == 0)
      return 2;
  }
  for (i = 0; i < n; i++) {
    viewer_connect (&viewers[i]);
    if (following) {
      viewers[i].path = paths[i % n_streams];
      viewers[i].number = numbers[i % n_streams];
    }
  }
  if (following)
    follow (viewers, n, atof (argv[4]));
  else
    once (viewers, n, argv[3], argv[5]);
  g_free (viewers);

  return 0;
}
