/* benchutil.h: what the programs of the benchmarks share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include <gst/gst.h>

static inline void
die (const gchar * what)
{
  g_printerr ("%s\n", what);
  exit (1);
}

/* Monotonic, nanoseconds. */
static inline gint64
now_ns (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec * GST_SECOND + t.tv_nsec;
}

/* Monotonic, seconds. */
static inline double
now (void)
{
  return now_ns () / (double) GST_SECOND;
}

static inline struct sockaddr_in
loopback (guint port)
{
  return (struct sockaddr_in) {
    .sin_family = AF_INET,.sin_addr.s_addr = htonl (INADDR_LOOPBACK),
    .sin_port = htons (port)
  };
}

static inline int
listen_on (guint port)
{
  struct sockaddr_in address = loopback (port);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;

  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof (one));
  if (bind (fd, (struct sockaddr *) &address, sizeof (address))
      || listen (fd, 4096)) {
    perror ("listen");
    exit (1);
  }
  return fd;
}
