/* dvrlisten.c: listening sockets, and who reaches them
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>

#include "dvrlisten.h"

#define BACKLOG 1024

static gint
listen_on (const struct addrinfo *address)
{
  gint one = 1, zero = 0;
  gint fd;

  fd = socket (address->ai_family,
      SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof (one));
  /* host=:: takes IPv4 too */
  if (address->ai_family == AF_INET6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof (zero));
  if (bind (fd, address->ai_addr, address->ai_addrlen) < 0
      || listen (fd, BACKLOG) < 0) {
    gint saved = errno;

    close (fd);
    errno = saved;
    return -1;
  }
  return fd;
}

/**
 * dvr_listen:
 * @host: address or name to listen on
 * @port: 0 = any free one
 * @error: why not
 *
 * A name may have several addresses; IPv4 is tried first, as most clients of
 * `localhost` do.
 *
 * Returns: a listening socket that does not block, or -1
 */
gint
dvr_listen (const gchar * host, guint port, GError ** error)
{
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM,.ai_flags = AI_PASSIVE };
  struct addrinfo *list = NULL, *a;
  gchar service[8];
  gint result, pass, fd = -1, saved = EADDRNOTAVAIL;

  g_snprintf (service, sizeof (service), "%u", port);
  result = getaddrinfo (host, service, &hints, &list);
  if (result != 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND,
        "cannot find the address of host \"%s\": %s", host,
        gai_strerror (result));
    return -1;
  }
  for (pass = 0; pass < 2 && fd < 0; pass++) {
    for (a = list; a && fd < 0; a = a->ai_next) {
      if ((a->ai_family == AF_INET) != (pass == 0))
        continue;
      fd = listen_on (a);
      if (fd < 0)
        saved = errno;
    }
  }
  freeaddrinfo (list);
  if (fd < 0)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved),
        "cannot listen on %s port %u: %s", host, port, g_strerror (saved));
  return fd;
}

/* Returns: the port that @fd, from dvr_listen(), is bound to */
guint
dvr_listen_get_port (gint fd)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof (address);

  if (getsockname (fd, (struct sockaddr *) &address, &length) < 0)
    return 0;
  if (address.ss_family == AF_INET6)
    return g_ntohs (((struct sockaddr_in6 *) &address)->sin6_port);
  return g_ntohs (((struct sockaddr_in *) &address)->sin_port);
}

/* @host: address or name. Returns: whether only this machine reaches it */
gboolean
dvr_is_loopback (const gchar * host)
{
  GInetAddress *address;
  gboolean loopback;

  if (g_ascii_strcasecmp (host, "localhost") == 0)
    return TRUE;
  if (g_ascii_strncasecmp (host, "::ffff:", 7) == 0)
    host += 7;
  address = g_inet_address_new_from_string (host);
  loopback = address && g_inet_address_get_is_loopback (address);
  g_clear_object (&address);
  return loopback;
}
