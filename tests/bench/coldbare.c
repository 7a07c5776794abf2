/* coldbare.c: the least a server can do for a cold segment, for benchmarks
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: coldbare PORT UPSTREAM-PORT PATH [apart]
 *   asks upstream for PATH when the first viewer does, and passes it on to all of
 *   them: a little at once, with the header, then in runs. Whoever asks for anything
 *   else gets an empty answer. One epoll loop, nothing parsed. "apart" sends the
 *   header alone, in a send of its own. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <glib.h>

#include "benchutil.h"

#define FIRST_RUN 1024
#define MIN_RUN (64 * 1024)
#define MAX_SIZE (4 << 20)

typedef struct
{
  int fd;
  gboolean asked;
  gboolean begun;
  gsize sent;
} Viewer;

static char body[MAX_SIZE];
static gsize have, total;
static char header[4096];
static gsize header_size;
static GPtrArray *viewers;
static gboolean apart;

static void
watch (int epoll_fd, int fd, void *ptr, guint32 what)
{
  struct epoll_event event = { what, {.ptr = ptr} };

  epoll_ctl (epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int
ask_upstream (guint port, const char *path)
{
  struct sockaddr_in address = loopback (port);
  int fd = socket (AF_INET, SOCK_STREAM, 0);
  char request[1024];
  int n = snprintf (request, sizeof (request),
      "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);

  if (connect (fd, (struct sockaddr *) &address, sizeof (address))
      || write (fd, request, n) != n) {
    perror ("upstream");
    exit (1);
  }
  return fd;
}

static void
take_clients (int epoll_fd, int listener)
{
  int fd, one = 1;

  while ((fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    Viewer *viewer = g_new0 (Viewer, 1);

    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof (one));
    viewer->fd = fd;
    g_ptr_array_add (viewers, viewer);
    watch (epoll_fd, fd, viewer, EPOLLIN | EPOLLOUT | EPOLLET);
  }
}

static void
say (Viewer * viewer)
{
  gsize run = viewer->begun ? MIN (MIN_RUN, total - viewer->sent) : FIRST_RUN;
  struct iovec pieces[2] = { {header, header_size} };
  struct msghdr message = {.msg_iov = pieces,.msg_iovlen = 2 };
  ssize_t n;

  if (!viewer->asked || have == viewer->sent || have - viewer->sent < run)
    return;
  if (!viewer->begun && apart)
    send (viewer->fd, header, header_size, MSG_NOSIGNAL);
  if (viewer->begun || apart)
    pieces[0].iov_len = 0;
  pieces[1].iov_base = body + viewer->sent;
  pieces[1].iov_len = viewer->begun ? have - viewer->sent : FIRST_RUN;
  n = sendmsg (viewer->fd, &message, MSG_NOSIGNAL);
  if (n > 0)
    viewer->sent += n - pieces[0].iov_len;
  viewer->begun |= n > 0;
}

/* Its header goes on as it is. */
static void
hear_upstream (int fd)
{
  char *end, *length;
  ssize_t n;
  guint i;

  if (total == 0) {
    n = recv (fd, header + header_size, sizeof (header) - 1 - header_size, 0);
    header_size += MAX (n, 0);
    end = strstr (header, "\r\n\r\n");
    if (!end)
      return;
    length = strcasestr (header, "Content-Length:");
    total = length ? strtoull (length + 15, NULL, 10) : 0;
    have = header + header_size - (end + 4);
    memcpy (body, end + 4, have);
    header_size -= have;
  } else {
    n = recv (fd, body + have, MAX_SIZE - have, 0);
    have += MAX (n, 0);
  }
  for (i = 0; i < viewers->len; i++)
    say (g_ptr_array_index (viewers, i));
}

static void
hear (Viewer * viewer, const char *path)
{
  static const char nothing[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  char request[4096];
  ssize_t n = recv (viewer->fd, request, sizeof (request), 0);

  if (n > 0 && memmem (request, n, path, strlen (path)))
    viewer->asked = TRUE;
  else if (n > 0)
    send (viewer->fd, nothing, sizeof (nothing) - 1, MSG_NOSIGNAL);
}

int
main (int argc, char **argv)
{
  int epoll_fd = epoll_create1 (0), listener, upstream = -1;
  struct epoll_event events[256];

  if (argc < 4)
    return 1;
  apart = argc > 4;
  viewers = g_ptr_array_new ();
  listener = listen_on (atoi (argv[1]));
  watch (epoll_fd, listener, &listener, EPOLLIN);
  while (TRUE) {
    int i, n = epoll_wait (epoll_fd, events, 256, -1);

    for (i = 0; i < n; i++) {
      Viewer *viewer = events[i].data.ptr;

      if ((void *) viewer == &listener) {
        take_clients (epoll_fd, listener);
        continue;
      } else if ((void *) viewer == &upstream) {
        hear_upstream (upstream);
        if (have == total && total > 0)
          epoll_ctl (epoll_fd, EPOLL_CTL_DEL, upstream, NULL);
        continue;
      }
      hear (viewer, argv[3]);
      if (viewer->asked && upstream < 0) {
        upstream = ask_upstream (atoi (argv[2]), argv[3]);
        watch (epoll_fd, upstream, &upstream, EPOLLIN);
      }
      say (viewer);
    }
  }
}
