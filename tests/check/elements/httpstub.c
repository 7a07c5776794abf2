/* httpstub.c: an HTTP server that does what a test says
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpstub.h"

struct _HttpStub
{
  HttpStubHandler handler;
  gpointer data;
  int fd;
  int holder;                   /* of the port, while the stub is down */
  guint port;
  GThread *thread;

  GMutex lock;
  GPtrArray *threads;
  GArray *connections;          /* fds that are open */
  GHashTable *counts;
  guint total;
  gboolean stopping;
};

typedef struct
{
  HttpStub *stub;
  int fd;
} Connection;

static gchar *
read_head (int fd)
{
  GString *head = g_string_new (NULL);
  gchar c;

  while (head->len < 65536 && recv (fd, &c, 1, 0) == 1) {
    g_string_append_c (head, c);
    if (g_str_has_suffix (head->str, "\r\n\r\n"))
      return g_string_free (head, FALSE);
  }
  g_string_free (head, TRUE);

  return NULL;
}

static void
count (HttpStub * stub, const gchar * path)
{
  gpointer n;

  g_mutex_lock (&stub->lock);
  n = g_hash_table_lookup (stub->counts, path);
  g_hash_table_insert (stub->counts, g_strdup (path),
      GUINT_TO_POINTER (GPOINTER_TO_UINT (n) + 1));
  stub->total++;
  g_mutex_unlock (&stub->lock);
}

static gboolean
serve_one (Connection * c)
{
  HttpStubRequest request = {.stub = c->stub,.fd = c->fd };
  gchar *target, *end;

  request.head = read_head (c->fd);
  if (request.head == NULL)
    return FALSE;
  request.no_body = g_str_has_prefix (request.head, "HEAD ");
  target = strchr (request.head, ' ') + 1;
  end = strchr (target, ' ');
  g_assert (end);
  request.target = g_strndup (target, end - target);
  request.path = g_strndup (request.target, strcspn (request.target, "?"));
  count (c->stub, request.path);
  c->stub->handler (&request, c->stub->data);
  g_free (request.head);
  g_free (request.target);
  g_free (request.path);

  return !request.close;
}

static gpointer
connection_thread (gpointer data)
{
  Connection *c = data;
  guint i;

  while (serve_one (c));

  g_mutex_lock (&c->stub->lock);
  for (i = 0; i < c->stub->connections->len; i++)
    if (g_array_index (c->stub->connections, int, i) == c->fd) {
      g_array_remove_index_fast (c->stub->connections, i);
      break;
    }
  close (c->fd);
  g_mutex_unlock (&c->stub->lock);
  g_free (c);

  return NULL;
}

static gpointer
accept_thread (gpointer data)
{
  HttpStub *stub = data;
  int fd, yes = 1;

  while ((fd = accept (stub->fd, NULL, NULL)) >= 0) {
    Connection *c = g_new (Connection, 1);

    c->stub = stub;
    c->fd = fd;
    /* heads and bodies are sent apart */
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof (yes));
    g_mutex_lock (&stub->lock);
    g_array_append_val (stub->connections, fd);
    g_ptr_array_add (stub->threads, g_thread_new ("stub-connection",
            connection_thread, c));
    g_mutex_unlock (&stub->lock);
  }

  return NULL;
}

/* A socket on the stub's port. That of another process is not given to us, nor
 * ours to anybody, while one is bound to it. */
static int
bind_port (HttpStub * stub)
{
  struct sockaddr_in address = { 0, };
  socklen_t size = sizeof (address);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof (yes));
  address.sin_family = AF_INET;
  address.sin_port = htons (stub->port);
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert (bind (fd, (struct sockaddr *) &address, size) == 0);
  getsockname (fd, (struct sockaddr *) &address, &size);
  stub->port = ntohs (address.sin_port);
  return fd;
}

void
http_stub_up (HttpStub * stub)
{
  stub->fd = bind_port (stub);
  g_assert (listen (stub->fd, 256) == 0);
  stub->thread = g_thread_new ("stub", accept_thread, stub);
}

void
http_stub_down (HttpStub * stub)
{
  guint i;

  shutdown (stub->fd, SHUT_RDWR);
  g_thread_join (g_steal_pointer (&stub->thread));
  close (stub->fd);
  g_mutex_lock (&stub->lock);
  for (i = 0; i < stub->connections->len; i++)
    shutdown (g_array_index (stub->connections, int, i), SHUT_RDWR);
  g_mutex_unlock (&stub->lock);
}

HttpStub *
http_stub_new (HttpStubHandler handler, gpointer data)
{
  HttpStub *stub = g_new0 (HttpStub, 1);

  stub->handler = handler;
  stub->data = data;
  g_mutex_init (&stub->lock);
  stub->threads = g_ptr_array_new ();
  stub->connections = g_array_new (FALSE, FALSE, sizeof (int));
  stub->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  stub->holder = bind_port (stub);
  http_stub_up (stub);

  return stub;
}

void
http_stub_free (HttpStub * stub)
{
  guint i;

  if (stub->thread)
    http_stub_down (stub);
  for (i = 0; i < stub->threads->len; i++)
    g_thread_join (g_ptr_array_index (stub->threads, i));
  close (stub->holder);
  g_ptr_array_unref (stub->threads);
  g_array_unref (stub->connections);
  g_hash_table_unref (stub->counts);
  g_mutex_clear (&stub->lock);
  g_free (stub);
}

guint
http_stub_get_port (HttpStub * stub)
{
  return stub->port;
}

gchar *
http_stub_get_uri (HttpStub * stub, const gchar * path)
{
  return g_strdup_printf ("http://127.0.0.1:%u%s", stub->port, path);
}

guint
http_stub_count (HttpStub * stub, const gchar * path)
{
  guint n;

  g_mutex_lock (&stub->lock);
  n = path ? GPOINTER_TO_UINT (g_hash_table_lookup (stub->counts, path)) :
      stub->total;
  g_mutex_unlock (&stub->lock);

  return n;
}

gchar *
http_stub_get_header (HttpStubRequest * request, const gchar * name)
{
  g_auto (GStrv) lines = g_strsplit (request->head, "\r\n", -1);
  gsize length = strlen (name);
  guint i;

  for (i = 1; lines[i]; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0
        && lines[i][length] == ':')
      return g_strstrip (g_strdup (lines[i] + length + 1));

  return NULL;
}

gboolean
http_stub_send (HttpStubRequest * request, gconstpointer data, gsize size)
{
  const gchar *bytes = data;

  while (size > 0) {
    ssize_t n = send (request->fd, bytes, size, MSG_NOSIGNAL);

    if (n <= 0) {
      request->close = TRUE;
      return FALSE;
    }
    bytes += n;
    size -= n;
  }

  return TRUE;
}

void
http_stub_head (HttpStubRequest * request, guint status,
    const gchar * headers, gsize length)
{
  g_autofree gchar *head = g_strdup_printf ("HTTP/1.1 %u Stub\r\n"
      "Content-Length: %" G_GSIZE_FORMAT "\r\n%s\r\n", status, length,
      headers ? headers : "");

  http_stub_send (request, head, strlen (head));
}

void
http_stub_reply (HttpStubRequest * request, guint status,
    const gchar * headers, gconstpointer body, gsize size)
{
  http_stub_head (request, status, headers, size);
  if (!request->no_body)
    http_stub_send (request, body, size);
}

void
http_stub_serve (HttpStubRequest * request, const gchar * etag,
    gconstpointer body, gsize size)
{
  g_autofree gchar *range = http_stub_get_header (request, "Range");
  g_autofree gchar *condition = http_stub_get_header (request, "If-Range");
  g_autofree gchar *headers = NULL;
  guint64 first, last = size - 1;
  gchar *end;

  if (range == NULL || (condition && g_strcmp0 (condition, etag) != 0)) {
    headers = g_strdup_printf ("ETag: %s\r\n", etag);
    http_stub_reply (request, 200, headers, body, size);
    return;
  }
  first = g_ascii_strtoull (range + strlen ("bytes="), &end, 10);
  if (g_ascii_isdigit (end[1]))
    last = MIN (g_ascii_strtoull (end + 1, NULL, 10), last);
  headers = g_strdup_printf ("ETag: %s\r\nContent-Range: bytes %"
      G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GSIZE_FORMAT "\r\n", etag,
      first, last, size);
  http_stub_reply (request, 206, headers, (const gchar *) body + first,
      last - first + 1);
}
