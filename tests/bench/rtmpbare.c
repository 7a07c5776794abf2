/* rtmpbare.c: the least an RTMP server can do, for benchmarks
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: rtmpbare PORT REPLIES
 *   says what it has been given: REPLIES holds pieces, each behind its length
 *   as 32 bits (of this machine); a client gets the next one whenever it says
 *   something. One epoll loop, one send a piece, nothing parsed or made. */

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
#include <unistd.h>

#include <glib.h>

#include "benchutil.h"

#define MAX_PIECES 16
/* C0 and C1 */
#define HANDSHAKE 1537

typedef struct
{
  int fd;
  gsize heard;
  guint next;                   /* piece */
  gsize sent;                   /* of the one before */
} Client;

static const guint8 *pieces[MAX_PIECES];
static guint32 sizes[MAX_PIECES];
static guint n_pieces;

static void
read_pieces (const char *path)
{
  gchar *data;
  gsize size, at = 0;

  if (!g_file_get_contents (path, &data, &size, NULL))
    exit (1);
  while (at + 4 <= size && n_pieces < MAX_PIECES) {
    memcpy (&sizes[n_pieces], data + at, 4);
    pieces[n_pieces] = (guint8 *) data + at + 4;
    at += 4 + sizes[n_pieces++];
  }
}

static void
take_clients (int epoll_fd, int listener)
{
  int fd, one = 1;

  while ((fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    Client *client = g_new0 (Client, 1);
    struct epoll_event event = { EPOLLIN | EPOLLOUT | EPOLLET,
      {.ptr = client}
    };

    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof (one));
    client->fd = fd;
    epoll_ctl (epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

static void
say (Client * client)
{
  guint piece = client->next - 1;
  ssize_t n;

  if (client->next == 0 || client->sent == sizes[piece])
    return;
  n = send (client->fd, pieces[piece] + client->sent,
      sizes[piece] - client->sent, MSG_NOSIGNAL);
  if (n > 0)
    client->sent += n;
}

/* Returns: FALSE when it has left */
static gboolean
hear (Client * client)
{
  guint8 data[8192];
  gboolean spoken = FALSE;
  ssize_t n;

  while ((n = recv (client->fd, data, sizeof (data), 0)) > 0) {
    client->heard += n;
    spoken = TRUE;
  }
  if (n == 0 || errno != EAGAIN)
    return FALSE;
  if (spoken && client->heard >= HANDSHAKE && client->next < n_pieces
      && (client->next == 0 || client->sent == sizes[client->next - 1])) {
    client->next++;
    client->sent = 0;
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  int epoll_fd = epoll_create1 (0), listener;
  struct epoll_event events[256], accepting = { EPOLLIN, {.ptr = NULL} };

  if (argc != 3)
    return 1;
  read_pieces (argv[2]);
  listener = listen_on (atoi (argv[1]));
  epoll_ctl (epoll_fd, EPOLL_CTL_ADD, listener, &accepting);
  while (TRUE) {
    int i, n = epoll_wait (epoll_fd, events, 256, -1);

    for (i = 0; i < n; i++) {
      Client *client = events[i].data.ptr;

      if (!client) {
        take_clients (epoll_fd, listener);
      } else if (!hear (client)) {
        close (client->fd);
        g_free (client);
      } else {
        say (client);
      }
    }
  }
}
