/* dvrrtmpconnection.c: one RTMP client on its socket
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes go from the socket into the session and from there back: what the
 * session has to say is taken before shared media is written behind it, so
 * that the order on the wire is that of the calls. What is on its way to the
 * socket is bounded: a role writes media only while little is pending, and a
 * session's own output waits in the session, which has a limit of its own.
 *
 * The session must be neither fed nor closed from within its callback, so that
 * a connection which is to be closed there is only marked.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dvratomic.h"
#include "dvrrtmpconnection-private.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

/* From the first byte to NetConnection.connect. */
#define CONNECT_TIME (10 * G_USEC_PER_SEC)
/* How long nothing of what is pending may get through. */
#define STALL_TIME (30 * G_USEC_PER_SEC)
/* Control messages wait in the session while this much is pending. */
#define MAX_PENDING (1024 * 1024)
#define MAX_BLOCKS 16
/* Calls of a client that wait for their answer. */
#define MAX_CALLS 16
/* The kernel asks a silent peer whether it is still there. */
#define KEEPALIVE_SECONDS 30
/* What the kernel takes of us beyond what the client's window has room for. By
 * itself it takes megabytes: of a viewer that is too slow for live we would
 * know a minute late. */
#define MAX_UNSENT (128 * 1024)

typedef struct
{
  uv_write_t request;
  DvrRtmpConnection *connection;
  gsize size;
  GBytes *private;
  guint n_blocks;
  GstRtmpBlock *blocks[];
} Write;

static guint64 last_id;         /* of all connections; atomic */

static void read_on (DvrRtmpConnection * self);

/* -- who answers later -- */

struct _DvrRtmpWeak
{
  gint refs;
  DvrRtmpConnection *connection;        /* in its loop */
  DvrRtmpLoop *loop;
};

/* Returns: (transfer full): what knows @self until it is closed */
DvrRtmpWeak *
dvr_rtmp_connection_get_weak (DvrRtmpConnection * self)
{
  if (!self->weak) {
    self->weak = g_new (DvrRtmpWeak, 1);
    self->weak->refs = 1;
    self->weak->connection = self;
    self->weak->loop = self->shard->loop;
  }
  g_atomic_int_inc (&self->weak->refs);
  return self->weak;
}

/* In the connection's loop. Returns: (nullable): it, unless it is closed */
DvrRtmpConnection *
dvr_rtmp_weak_get (DvrRtmpWeak * weak)
{
  return weak->connection;
}

/* Does something in the connection's loop, from any thread. */
void
dvr_rtmp_weak_post (DvrRtmpWeak * weak, DvrRtmpTask task, gpointer data)
{
  dvr_rtmp_loop_post (weak->loop, task, data);
}

void
dvr_rtmp_weak_unref (DvrRtmpWeak * weak)
{
  if (g_atomic_int_dec_and_test (&weak->refs))
    g_free (weak);
}

/* A call is answered later. Returns: FALSE where too many are already */
gboolean
dvr_rtmp_connection_begin_call (DvrRtmpConnection * self)
{
  if (self->n_calls >= MAX_CALLS)
    return FALSE;
  self->n_calls++;
  return TRUE;
}

void
dvr_rtmp_connection_end_call (DvrRtmpConnection * self)
{
  self->n_calls--;
}

/* -- closing -- */

static void
on_closed (uv_handle_t * handle)
{
  DvrRtmpConnection *self = handle->data;

  gst_rtmp_server_session_free (self->session);
  g_clear_pointer (&self->connect, gst_rtmp_connect_free);
  g_free (self);
}

static void
close_now (DvrRtmpConnection * self)
{
  if (self->closing)
    return;
  self->closing = TRUE;
  GST_DEBUG ("%s port %u: closing", self->address, self->port);
  if (self->weak)
    self->weak->connection = NULL;
  g_clear_pointer (&self->weak, dvr_rtmp_weak_unref);
  g_queue_unlink (&self->shard->connections, &self->link);
  dvr_rtmp_connection_end_roles (self);
  gst_rtmp_server_session_close (self->session);
  self->shard = NULL;
  uv_close ((uv_handle_t *) & self->tcp, on_closed);
}

/**
 * dvr_rtmp_connection_close:
 * @self: a connection
 *
 * Closes it as soon as its session is left. Its roles go.
 */
void
dvr_rtmp_connection_close (DvrRtmpConnection * self)
{
  self->doomed = TRUE;
  if (self->depth == 0)
    close_now (self);
}

/* -- writing -- */

static void
on_written (uv_write_t * request, gint status)
{
  Write *write = (Write *) request;
  DvrRtmpConnection *self = write->connection;
  guint i;

  self->pending -= write->size;
  if (status >= 0)
    self->sent += write->size;
  self->last_progress = g_get_monotonic_time ();
  if (write->private)
    g_bytes_unref (write->private);
  for (i = 0; i < write->n_blocks; i++)
    gst_rtmp_block_unref (write->blocks[i]);
  g_free (write);

  if (self->closing)
    return;
  if (status < 0) {
    GST_DEBUG ("%s port %u: %s", self->address, self->port,
        uv_strerror (status));
    dvr_rtmp_connection_close (self);
    return;
  }
  dvr_rtmp_connection_flush (self);
  if (!self->closing)
    dvr_rtmp_connection_tell_writable (self);
}

static gsize
add_piece (uv_buf_t * piece, gconstpointer data, gsize size)
{
  *piece = uv_buf_init ((gchar *) data, size);
  return size;
}

/**
 * dvr_rtmp_connection_write:
 * @self: a connection
 * @blocks: (array length=n): media, at most 16
 * @n: how many
 * @skip: bytes at the begin of the first block that are not sent
 * @leave: bytes at the end of the last block that are not sent
 *
 * Writes what the session has to say, then the blocks, in one go and without a
 * copy.
 */
void
dvr_rtmp_connection_write (DvrRtmpConnection * self, GstRtmpBlock ** blocks,
    guint n, gsize skip, gsize leave)
{
  uv_buf_t pieces[MAX_BLOCKS + 1];
  guint i, n_pieces = 0;
  GBytes *private;
  Write *write;
  gint result;

  if (self->closing)
    return;
  g_return_if_fail (n <= MAX_BLOCKS);
  private = gst_rtmp_server_session_take_output (self->session);
  if (!private && n == 0)
    return;

  write = g_malloc (sizeof (Write) + n * sizeof (GstRtmpBlock *));
  write->connection = self;
  write->size = 0;
  write->private = private;
  write->n_blocks = n;
  if (private) {
    gsize size;
    gconstpointer data = g_bytes_get_data (private, &size);

    write->size += add_piece (&pieces[n_pieces++], data, size);
  }
  for (i = 0; i < n; i++) {
    gsize size;
    const guint8 *data = gst_rtmp_block_get_data (blocks[i], &size);

    write->blocks[i] = gst_rtmp_block_ref (blocks[i]);
    if (i == n - 1)
      size -= leave;
    write->size += add_piece (&pieces[n_pieces++], data + skip, size - skip);
    skip = 0;
  }
  if (self->pending == 0)
    self->last_progress = g_get_monotonic_time ();
  self->pending += write->size;
  result = uv_write (&write->request, (uv_stream_t *) & self->tcp, pieces,
      n_pieces, on_written);
  if (result < 0)
    on_written (&write->request, result);
}

/**
 * dvr_rtmp_connection_flush:
 * @self: a connection
 *
 * To be called after the session was told something: sends what it has to say
 * and reads on where it waits for more.
 */
void
dvr_rtmp_connection_flush (DvrRtmpConnection * self)
{
  if (self->depth > 0 || self->closing)
    return;
  if (self->doomed) {
    close_now (self);
    return;
  }
  if (self->pending < MAX_PENDING)
    dvr_rtmp_connection_write (self, NULL, 0, 0, 0);
  if (self->closing)
    return;
  if (self->pending == 0 && gst_rtmp_server_session_get_state (self->session)
      == GST_RTMP_SERVER_REJECTED)
    close_now (self);
  else
    read_on (self);
}

/* -- reading -- */

static void
on_alloc (uv_handle_t * handle, size_t suggested, uv_buf_t * buf)
{
  DvrRtmpConnection *self = handle->data;
  gsize size;

  buf->base = (gchar *) dvr_rtmp_loop_get_scratch (self->shard->loop, &size);
  buf->len = size;
}

static void
on_read (uv_stream_t * stream, ssize_t n, const uv_buf_t * buf)
{
  DvrRtmpConnection *self = stream->data;
  GError *error = NULL;

  if (n == 0)
    return;
  if (n < 0) {
    GST_DEBUG ("%s port %u: %s", self->address, self->port, uv_strerror (n));
    close_now (self);
    return;
  }
  self->depth++;
  if (!gst_rtmp_server_session_feed (self->session, (const guint8 *) buf->base,
          n, &error)) {
    GST_INFO ("%s port %u: closing: %s", self->address, self->port,
        error->message);
    g_clear_error (&error);
    self->doomed = TRUE;
  }
  self->depth--;
  dvr_rtmp_connection_flush (self);
}

static void
read_on (DvrRtmpConnection * self)
{
  gboolean read = !self->held
      && gst_rtmp_server_session_wants_input (self->session);

  if (read && !self->reading)
    uv_read_start ((uv_stream_t *) & self->tcp, on_alloc, on_read);
  else if (!read && self->reading)
    uv_read_stop ((uv_stream_t *) & self->tcp);
  self->reading = read;
}

/**
 * dvr_rtmp_connection_hold_input:
 * @self: a connection
 * @hold: whether to read nothing more for now
 *
 * For a role that cannot take more: TCP then slows the client down.
 */
void
dvr_rtmp_connection_hold_input (DvrRtmpConnection * self, gboolean hold)
{
  self->held = hold;
  if (self->depth == 0 && !self->closing)
    read_on (self);
}

/* -- opening -- */

static void
set_options (DvrRtmpConnection * self, gint fd)
{
  const gint unsent = MAX_UNSENT;

  uv_tcp_nodelay (&self->tcp, 1);
  uv_tcp_keepalive (&self->tcp, 1, KEEPALIVE_SECONDS);
  setsockopt (fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof (unsent));
}

static void
name_peer (DvrRtmpConnection * self)
{
  struct sockaddr_storage peer = { 0, };
  gint size = sizeof (peer);

  if (uv_tcp_getpeername (&self->tcp, (struct sockaddr *) &peer, &size) < 0)
    return;
  if (peer.ss_family == AF_INET6) {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) &peer;

    uv_ip6_name (in6, self->address, sizeof (self->address));
    self->port = g_ntohs (in6->sin6_port);
  } else {
    struct sockaddr_in *in = (struct sockaddr_in *) &peer;

    uv_ip4_name (in, self->address, sizeof (self->address));
    self->port = g_ntohs (in->sin_port);
  }
}

/**
 * dvr_rtmp_connection_open:
 * @shard: where it lives
 * @fd: (transfer full): a connected socket
 */
void
dvr_rtmp_connection_open (DvrRtmpShard * shard, gint fd)
{
  const GstRtmpLimits limits = GST_RTMP_LIMITS_DEFAULT;
  DvrRtmpConnection *self;

  self = g_new0 (DvrRtmpConnection, 1);
  if (uv_tcp_init (dvr_rtmp_loop_get_uv (shard->loop), &self->tcp) < 0) {
    close (fd);
    g_free (self);
    return;
  }
  self->tcp.data = self;
  self->shard = shard;
  self->id = dvr_count (last_id, 1);
  self->opened = g_get_monotonic_time ();
  self->session = gst_rtmp_server_session_new (&limits,
      dvr_rtmp_connection_hear, self);
  self->link.data = self;
  g_queue_push_tail_link (&shard->connections, &self->link);
  if (uv_tcp_open (&self->tcp, fd) < 0) {
    close (fd);
    close_now (self);
    return;
  }
  set_options (self, fd);
  name_peer (self);
  GST_DEBUG ("%s port %u: connected", self->address, self->port);
  read_on (self);
}

/**
 * dvr_rtmp_connection_check:
 * @self: a connection
 * @now: monotonic time
 *
 * Closes one that takes too long to say what it wants, or takes nothing of what
 * is sent to it.
 */
void
dvr_rtmp_connection_check (DvrRtmpConnection * self, gint64 now)
{
  if (!self->connect && now - self->opened > CONNECT_TIME) {
    GST_INFO ("%s port %u: closing: it did not connect in time",
        self->address, self->port);
    dvr_rtmp_connection_close (self);
  } else if (self->pending > 0 && now - self->last_progress > STALL_TIME) {
    GST_INFO ("%s port %u: closing: it takes nothing of what is sent",
        self->address, self->port);
    dvr_rtmp_connection_close (self);
  }
}

GstRtmpServerSession *
dvr_rtmp_connection_get_session (DvrRtmpConnection * self)
{
  return self->session;
}

DvrRtmpLoop *
dvr_rtmp_connection_get_loop (DvrRtmpConnection * self)
{
  return self->shard->loop;
}

const gchar *
dvr_rtmp_connection_get_address (DvrRtmpConnection * self, guint * port)
{
  if (port)
    *port = self->port;
  return self->address;
}

const gchar *
dvr_rtmp_connection_get_app (DvrRtmpConnection * self)
{
  return self->connect && self->connect->app ? self->connect->app : "";
}

/* Returns: (nullable): what it said of itself when it connected */
const GstRtmpConnect *
dvr_rtmp_connection_get_connect (DvrRtmpConnection * self)
{
  return self->connect;
}

/**
 * dvr_rtmp_connection_describe:
 * @self: a connection that has connected
 * @stream: what it is about
 * @query: (nullable): that behind the stream's name
 *
 * Returns: (transfer full): what applications are told of its client
 */
GstStructure *
dvr_rtmp_connection_describe (DvrRtmpConnection * self, const gchar * stream,
    const gchar * query)
{
  const gchar *agent = self->connect->flash_ver;

  return gst_structure_new ("client", "protocol", G_TYPE_STRING, "rtmp",
      "address", G_TYPE_STRING, self->address, "port", G_TYPE_UINT, self->port,
      "stream", G_TYPE_STRING, stream,
      "query", G_TYPE_STRING, query ? query : "",
      "agent", G_TYPE_STRING, agent ? agent : "", NULL);
}

/* Returns: a number that no other connection of the process has had */
guint64
dvr_rtmp_connection_get_id (DvrRtmpConnection * self)
{
  return self->id;
}

/* Returns: monotonic time of its begin */
gint64
dvr_rtmp_connection_get_opened (DvrRtmpConnection * self)
{
  return self->opened;
}

/* Returns: bytes that the kernel has taken */
guint64
dvr_rtmp_connection_get_sent (DvrRtmpConnection * self)
{
  return self->sent;
}

/* Once, and where the client has said that it can; it is served on. */
void
dvr_rtmp_connection_ask_to_reconnect (DvrRtmpConnection * self)
{
  if (self->asked_to_leave || !self->connect)
    return;
  self->asked_to_leave = TRUE;
  if (gst_rtmp_server_session_send_reconnect (self->session, NULL,
          "This server goes down."))
    dvr_rtmp_connection_flush (self);
}

/* Returns: bytes that are on their way to the socket */
gsize
dvr_rtmp_connection_get_pending (DvrRtmpConnection * self)
{
  return self->pending;
}
