/* dvrhttpserver.c: the HTTP side of a server
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libmicrohttpd runs one epoll loop per thread. What must be known of it
 * (0.9.75):
 *
 * - A connection may be suspended only from the access handler or from a
 *   content reader of its own, and the daemon must not be stopped while any is
 *   suspended. So dvr_http_free() first makes waiting impossible, which
 *   resumes them all.
 * - The access handler is called once when the headers are there and again
 *   when the body is; an answer queued in the first call makes it close the
 *   connection, so good requests are answered in the second. After a resume
 *   it is called again.
 * - The inactivity time-out starts anew with each byte, so that slow headers
 *   would live for ever: sweep() has a clock of its own.
 * - It decodes the path before it hands it over. Ours is strict, so it works
 *   on the raw request target, which only the URI log callback gets to see;
 *   what that returns becomes the request's context.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>

#include <gst/dvr/gstdvrcmcd.h>

#include "dvrdebug.h"
#include "dvrhttpclient.h"
#include "dvrlisten.h"

/* What libmicrohttpd may use per connection: 8 KiB of headers as they come,
 * its list of them, a second copy should they be cookies, and the headers of
 * the answer. */
#define CONNECTION_MEMORY (19 * 1024 - 256)
/* How many fields of a query there is memory for. */
#define MAX_FIELDS 128
/* Connections beyond max-clients that are taken to be told so. */
#define SPARE_CONNECTIONS 256
#define DEFAULT_CONNECTIONS 100000

struct _DvrHttp
{
  DvrServer *server;
  struct MHD_Daemon *daemon;
  guint port;
  gboolean admin;

  GThread *sweeper;

  GMutex lock;
  /* with the lock */
  GCond cond;                   /* stopping */
  GQueue clients;
  gboolean stopping;
};

/* -- waiting -- */

static void
wake (DvrWaiter * waiter)
{
  DvrClient *client =
      (DvrClient *) ((guint8 *) waiter - G_STRUCT_OFFSET (DvrClient, waiter));

  dvr_count (client->server->stats.waiting, -1);
  MHD_resume_connection (client->connection);
}

/**
 * dvr_client_is_up:
 * @client: a client that libmicrohttpd works for again, in whatever way
 *
 * Lets those be woken who wait behind it.
 */
void
dvr_client_is_up (DvrClient * client)
{
  dvr_waiter_is_up (&client->waiter, client->server->waker);
}

/**
 * dvr_client_suspend:
 * @client: a client, from its own access handler or content reader
 * @list: where to wait
 * @serial: from dvr_wait_list_get_serial()
 * @want: what for, see #DvrWant
 * @a: see #DvrWant
 * @b: see #DvrWant
 *
 * The connection sleeps until it is there, or the client's deadline.
 */
void
dvr_client_suspend (DvrClient * client, DvrWaitList * list, guint serial,
    DvrWant want, guint64 a, guint64 b)
{
  client->waiter.wake = wake;
  client->waiter.want = want;
  client->waiter.a = a;
  client->waiter.b = b;
  /* Nothing else takes more than one step to send. */
  client->waiter.in_turn = want == DVR_WANT_BYTES;
  dvr_count (client->server->stats.waiting, 1);
  /* First of all: it may be resumed before this returns. */
  MHD_suspend_connection (client->connection);
  dvr_wait_list_wait (list, &client->waiter, serial, client->deadline);
}

/* dvr_client_suspend() for an access handler. */
enum MHD_Result
dvr_client_wait (DvrClient * client, DvrWaitList * list, guint serial,
    DvrWant want, guint64 a, guint64 b)
{
  if (dvr_get (client->server->closing))
    return dvr_reply_error (client, MHD_HTTP_SERVICE_UNAVAILABLE,
        "the server is stopping");
  dvr_client_suspend (client, list, serial, want, a, b);
  return MHD_YES;
}

gboolean
dvr_client_deadline_is_over (DvrClient * client)
{
  return client->deadline != 0 && g_get_monotonic_time () >= client->deadline;
}

/**
 * dvr_client_set_deadline:
 * @client: a client
 * @duration: in nanoseconds
 *
 * Sets when waiting is over, where the request has no deadline yet.
 */
void
dvr_client_set_deadline (DvrClient * client, GstClockTime duration)
{
  if (client->deadline == 0)
    client->deadline = g_get_monotonic_time () + duration / 1000;
}

/**
 * dvr_client_await_verdict:
 * @client: a client, from its own access handler
 * @verdict: of the client's: what is to be known
 *
 * The connection sleeps until the application has answered. To be called before
 * it is asked: its answer may be there at once.
 */
void
dvr_client_await_verdict (DvrClient * client, DvrVerdict * verdict)
{
  *verdict = DVR_VERDICT_ASKED;
  client->verdict = verdict;
  dvr_count (client->server->stats.waiting, 1);
  MHD_suspend_connection (client->connection);
}

/* A #DvrAuthorizeFunc, from any thread: the client cannot go while its connection
 * is suspended. */
void
dvr_client_take_verdict (gboolean allowed, gpointer user_data)
{
  DvrClient *client = user_data;

  *client->verdict = allowed ? DVR_VERDICT_YES : DVR_VERDICT_NO;
  dvr_count (client->server->stats.waiting, -1);
  MHD_resume_connection (client->connection);
}

/* -- clients -- */

static void
fill_address (DvrClient * client)
{
  const union MHD_ConnectionInfo *info;
  const struct sockaddr *address;
  gchar service[8] = "";
  socklen_t length;

  info = MHD_get_connection_info (client->connection,
      MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  address = info ? info->client_addr : NULL;
  if (!address)
    return;
  length = address->sa_family == AF_INET6 ? sizeof (struct sockaddr_in6) :
      sizeof (struct sockaddr_in);
  if (getnameinfo (address, length, client->address, sizeof (client->address),
          service, sizeof (service), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    g_strlcpy (client->address, "unknown", sizeof (client->address));
  client->port = g_ascii_strtoull (service, NULL, 10);
  client->loopback = dvr_is_loopback (client->address);
}

static void
tell_client (DvrClient * client, gboolean added)
{
  DvrServer *server = client->server;
  GstStructure *s;

  if (!(added ? server->client_added : server->client_removed))
    return;
  s = gst_structure_new ("client", "protocol", G_TYPE_STRING, "http",
      "address", G_TYPE_STRING, client->address,
      "port", G_TYPE_UINT, (guint) client->port, NULL);
  if (added)
    server->client_added (server, s);
  else
    server->client_removed (server, s);
  gst_structure_free (s);
}

/* libmicrohttpd clears what it has for a connection with the first answer, and so gets
 * it from the system, page by page, when a thousand may wait for theirs. What the
 * next connection will have is had from the system here. */
static void
reserve_memory (void)
{
  gpointer memory = g_try_malloc (CONNECTION_MEMORY);

  if (memory)
    memset (memory, 1, CONNECTION_MEMORY);
  g_free (memory);
}

static void
client_arrived (DvrHttp * self, struct MHD_Connection *connection,
    void **context)
{
  DvrClient *client = g_new0 (DvrClient, 1);
  DvrServer *server = self->server;
  guint max = dvr_get (server->max_clients);
  const union MHD_ConnectionInfo *info;

  client->server = server;
  client->http = self;
  client->connection = connection;
  client->link.data = client;
  client->quiet_since = g_get_monotonic_time ();
  info = MHD_get_connection_info (connection,
      MHD_CONNECTION_INFO_CONNECTION_FD);
  client->fd = info ? info->connect_fd : -1;
  fill_address (client);
  client->refused = dvr_count (server->stats.clients, 1) > max && max > 0;
  dvr_count (server->stats.clients_total, 1);
  if (client->refused)
    dvr_count (server->stats.clients_refused, 1);
  *context = client;
  reserve_memory ();

  g_mutex_lock (&self->lock);
  g_queue_push_tail_link (&self->clients, &client->link);
  g_mutex_unlock (&self->lock);
  tell_client (client, TRUE);
}

static void
client_left (DvrHttp * self, DvrClient * client)
{
  /* After this the sweeper does not know its socket any more. */
  g_mutex_lock (&self->lock);
  g_queue_unlink (&self->clients, &client->link);
  g_mutex_unlock (&self->lock);
  dvr_count (self->server->stats.clients, -1);
  tell_client (client, FALSE);
  g_free (client);
}

static void
on_connection (void *user_data, struct MHD_Connection *connection,
    void **context, enum MHD_ConnectionNotificationCode code)
{
  if (code == MHD_CONNECTION_NOTIFY_STARTED)
    client_arrived (user_data, connection, context);
  else if (*context)
    client_left (user_data, *context);
}

/* Headers must be there within the time-out, however slowly they drip. */
static gpointer
sweep (gpointer user_data)
{
  DvrHttp *self = user_data;
  gint64 timeout = self->server->client_timeout / 1000;
  gint64 interval = CLAMP (timeout / 4, 10000, G_USEC_PER_SEC);

  g_mutex_lock (&self->lock);
  while (!self->stopping) {
    gint64 now = g_get_monotonic_time ();
    GList *l;

    for (l = self->clients.head; l; l = l->next) {
      DvrClient *client = l->data;
      gint64 since = dvr_get (client->quiet_since);

      if (since != 0 && now - since > timeout && client->fd >= 0) {
        /* libmicrohttpd sees the end of the connection and cleans up. */
        shutdown (client->fd, SHUT_RDWR);
        dvr_set (client->quiet_since, now);
      }
    }
    g_cond_wait_until (&self->cond, &self->lock, now + interval);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* -- requests -- */

static DvrClient *
client_of (struct MHD_Connection *connection)
{
  const union MHD_ConnectionInfo *info = MHD_get_connection_info (connection,
      MHD_CONNECTION_INFO_SOCKET_CONTEXT);

  return info ? info->socket_context : NULL;
}

/* libmicrohttpd (0.9.75) lists the fields of a query in the connection's memory,
 * and says nothing until the time-out where that does not suffice. The answers to
 * requests before this one have been sent. */
static void
check_query (DvrClient * client, const gchar * query)
{
  static const gchar refusal[] = "HTTP/1.1 414 URI Too Long\r\n"
      "Cache-Control: no-store\r\nConnection: close\r\n"
      "Content-Length: 0\r\n\r\n";
  guint n = 0;

  for (; query && n < MAX_FIELDS; n++)
    query = strchr (query + 1, '&');
  if (!query || client->fd < 0)
    return;
  /* who does not take that little gets nothing */
  if (send (client->fd, refusal, sizeof (refusal) - 1, MSG_NOSIGNAL) < 0)
    GST_DEBUG ("a query of too many fields is not answered");
  shutdown (client->fd, SHUT_RDWR);
}

/* The request line is there: what is in the table needs no parsing. */
static void *
on_uri (void *user_data, const char *uri, struct MHD_Connection *connection)
{
  DvrHttp *self = user_data;
  DvrClient *client = client_of (connection);
  const gchar *query = strchr (uri, '?');

  if (!client)
    return NULL;
  check_query (client, query);
  uri = dvr_route_split_token (dvr_route_skip_authority (uri), &client->token);
  client->promised = -1;
  client->cmcd = gst_dvr_cmcd_find_query (query ? query + 1 : NULL);
  if (self->server->log) {
    client->uri = g_strndup (uri, strcspn (uri, "?"));
    client->asked = g_get_monotonic_time ();
  }
  if (!self->admin)
    client->media = dvr_media_table_get (self->server->media, uri,
        strcspn (uri, "?"));
  if (!client->media)
    dvr_route_parse (&client->route, uri);
  return client;
}

/* libmicrohttpd asks us to decode paths; see on_uri(). */
static size_t
keep_escapes (void *user_data, struct MHD_Connection *connection, char *text)
{
  return strlen (text);
}

static enum MHD_Result
take_header (void *user_data, enum MHD_ValueKind kind, const char *key,
    const char *value)
{
  if (value)
    dvr_request_headers_take (user_data, key, value);
  return MHD_YES;
}

static DvrMethod
parse_method (const char *method)
{
  if (strcmp (method, MHD_HTTP_METHOD_GET) == 0)
    return DVR_METHOD_GET;
  if (strcmp (method, MHD_HTTP_METHOD_HEAD) == 0)
    return DVR_METHOD_HEAD;
  if (strcmp (method, MHD_HTTP_METHOD_OPTIONS) == 0)
    return DVR_METHOD_OPTIONS;
  return DVR_METHOD_OTHER;
}

static enum MHD_Result
serve (DvrClient * client)
{
  enum MHD_Result result;

  if (client->method == DVR_METHOD_OPTIONS)
    return dvr_reply_options (client);
  if (client->headers.loop)
    return dvr_reply_error (client, 508, client->headers.hops > DVR_MAX_HOPS ?
        "the request came through more than 8 caches (CDN-Loop)" :
        "the request goes in a circle (CDN-Loop)");
  if (!dvr_http_may_have (client, &result))
    return result;
  if (dvr_route_is_playlist (&client->route)
      && dvr_http_take_event (client, &result))
    return result;
  if (dvr_route_is_playlist (&client->route))
    return dvr_http_serve_playlist (client);
  if (client->media || dvr_route_is_media (&client->route))
    return dvr_http_serve_media (client);

  switch (client->route.kind) {
    case DVR_ROUTE_BAD:
      return dvr_reply_error (client, MHD_HTTP_BAD_REQUEST, "bad path");
    case DVR_ROUTE_TOO_LONG:
      return dvr_reply_error (client, MHD_HTTP_URI_TOO_LONG, "path too long");
    case DVR_ROUTE_NOTHING:
      return dvr_reply_error (client, MHD_HTTP_NOT_FOUND, "not found");
    case DVR_ROUTE_AUTH:
      return dvr_http_serve_auth (client);
    default:
      break;
  }
  return dvr_http_serve_page (client);
}

/* What the headers alone can tell is answered without waiting for a body. */
static enum MHD_Result
check_request (DvrClient * client, const char *method)
{
  dvr_set (client->quiet_since, 0);
  dvr_count (client->server->stats.requests, 1);
  client->started = TRUE;
  client->method = parse_method (method);
  MHD_get_connection_values (client->connection, MHD_HEADER_KIND, take_header,
      &client->headers);

  if (client->http->admin && (client->route.kind < DVR_ROUTE_STATUS
          || client->route.kind > DVR_ROUTE_READYZ))
    client->route.kind = DVR_ROUTE_NOTHING;
  if (client->refused)
    return dvr_reply_error (client, MHD_HTTP_SERVICE_UNAVAILABLE,
        "too many clients");
  /* that there is one, libmicrohttpd checks */
  if (client->headers.hosts > 1)
    return dvr_reply_error (client, MHD_HTTP_BAD_REQUEST,
        "more than one Host header");
  if (client->method == DVR_METHOD_OTHER)
    return dvr_reply_error (client, MHD_HTTP_METHOD_NOT_ALLOWED,
        "only GET, HEAD and OPTIONS are served here");
  if (client->headers.has_body)
    return dvr_reply_error (client, MHD_HTTP_CONTENT_TOO_LARGE,
        "a body is not taken");
  return MHD_YES;
}

static enum MHD_Result
on_request (void *user_data, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version,
    const char *upload_data, size_t *upload_data_size, void **context)
{
  DvrClient *client = *context;

  if (!client)
    return MHD_NO;
  dvr_client_is_up (client);
  if (!client->started)
    return check_request (client, method);
  if (*upload_data_size > 0) {
    *upload_data_size = 0;
    return MHD_YES;
  }
  return serve (client);
}

static void
request_clear (DvrClient * client)
{
  if (client->pinned)
    gst_dvr_segment_unpin (client->media->segment);
  g_clear_pointer (&client->media, dvr_media_unref);
  dvr_route_clear (&client->route);
  g_free (client->token);
  g_free (client->uri);
  g_free (client->cmcd);
  memset (&client->method, 0,
      sizeof (*client) - G_STRUCT_OFFSET (DvrClient, method));
}

static void
on_completed (void *user_data, struct MHD_Connection *connection,
    void **context, enum MHD_RequestTerminationCode code)
{
  DvrClient *client = client_of (connection);

  *context = NULL;
  if (!client)
    return;
  dvr_client_is_up (client);
  dvr_http_stop_filling (client);
  if (client->uri && client->started)
    dvr_http_log_request (client, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
  request_clear (client);
  dvr_set (client->quiet_since, g_get_monotonic_time ());
}

/* -- listening -- */

static void
on_log (void *user_data, const char *format, va_list args)
{
  gchar *text = g_strdup_vprintf (format, args);

  GST_LOG ("libmicrohttpd: %s", g_strchomp (text));
  g_free (text);
}

static struct MHD_Daemon *
start_daemon (DvrHttp * self, gint fd, guint threads)
{
  guint max = dvr_get (self->server->max_clients);
  guint limit = max > 0 ? max + SPARE_CONNECTIONS : DEFAULT_CONNECTIONS;
  guint timeout = MAX (1, self->server->client_timeout / GST_SECOND);
  struct MHD_OptionItem pool[] = {
    {MHD_OPTION_THREAD_POOL_SIZE, threads, NULL},
    {MHD_OPTION_END, 0, NULL}
  };

  /* A pool of one is refused. */
  if (threads < 2)
    pool[0].option = MHD_OPTION_END;
  return MHD_start_daemon (MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO
      | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
      on_request, self,
      MHD_OPTION_EXTERNAL_LOGGER, on_log, self,
      MHD_OPTION_LISTEN_SOCKET, fd,
      MHD_OPTION_CONNECTION_LIMIT, limit,
      MHD_OPTION_CONNECTION_TIMEOUT, timeout,
      MHD_OPTION_STRICT_FOR_CLIENT, 1,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CONNECTION_MEMORY,
      MHD_OPTION_NOTIFY_CONNECTION, on_connection, self,
      MHD_OPTION_NOTIFY_COMPLETED, on_completed, self,
      MHD_OPTION_URI_LOG_CALLBACK, on_uri, self,
      MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, self,
      MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
}

/**
 * dvr_http_new:
 * @server: the server
 * @host: address or name to listen on
 * @port: 0 = any free one
 * @threads: how many threads serve
 * @admin: serve the pages for people and machines only
 * @error: why not
 *
 * Returns: (transfer full) (nullable): a running listener
 */
DvrHttp *
dvr_http_new (DvrServer * server, const gchar * host, guint port,
    guint threads, gboolean admin, GError ** error)
{
  gint fd = dvr_listen (host, port, error);
  DvrHttp *self;

  if (fd < 0)
    return NULL;
  self = g_new0 (DvrHttp, 1);
  self->server = server;
  self->admin = admin;
  self->port = dvr_listen_get_port (fd);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->clients);
  self->daemon = start_daemon (self, fd, threads);
  if (!self->daemon) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "cannot start serving on %s port %u; is there memory for %u threads, "
        "and are there enough file descriptors?", host, port, threads);
    close (fd);
    g_mutex_clear (&self->lock);
    g_cond_clear (&self->cond);
    g_free (self);
    return NULL;
  }
  self->sweeper = g_thread_new ("dvr-http-sweep", sweep, self);
  return self;
}

guint
dvr_http_get_port (DvrHttp * self)
{
  return self->port;
}

/**
 * dvr_http_free:
 * @self: (transfer full): a listener; the server's waker is closed
 *
 * Closes all connections, whatever they are at.
 */
void
dvr_http_free (DvrHttp * self)
{
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->sweeper);

  /* Closes the listening socket too. */
  MHD_stop_daemon (self->daemon);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}
