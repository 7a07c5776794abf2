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
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gst/dvr/gstdvrname.h>

#include "dvrrtmpshard.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

/* From the first byte to NetConnection.connect. */
#define CONNECT_TIME (10 * G_USEC_PER_SEC)
/* How long nothing of what is pending may get through. */
#define STALL_TIME (30 * G_USEC_PER_SEC)
/* Control messages wait in the session while this much is pending. */
#define MAX_PENDING (1024 * 1024)
#define MAX_BLOCKS 16
/* The kernel asks a silent peer whether it is still there. */
#define KEEPALIVE_SECONDS 30

typedef enum
{
  PUBLISHER,
  PLAYER,
  N_ROLES
} RoleKind;

typedef struct
{
  DvrRtmpRole *role;
  DvrRtmpService *service;
  guint32 stream_id;
  gchar *stream;
} Slot;

struct _DvrRtmpConnection
{
  uv_tcp_t tcp;
  DvrRtmpShard *shard;
  GList link;
  guint64 id;
  gchar address[48];
  guint port;

  GstRtmpServerSession *session;
  GstRtmpConnect *connect;
  Slot slots[N_ROLES];
  GPtrArray *greeted;

  guint32 buffer_ms;
  gsize pending;
  guint64 sent;
  gint64 opened;
  gint64 last_input;
  gint64 last_progress;
  guint depth;
  gboolean reading;
  gboolean held;
  gboolean doomed;
  gboolean asked_to_leave;
  gboolean closing;
};

typedef struct
{
  uv_write_t request;
  DvrRtmpConnection *connection;
  gsize size;
  GBytes *private;
  guint n_blocks;
  GstRtmpBlock *blocks[];
} Write;

static guint64 next_id;

static void read_on (DvrRtmpConnection * self);

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
tell_published (DvrRtmpConnection * self, const gchar * stream, gboolean begins)
{
  GPtrArray *services = dvr_rtmp_listener_get_services (self->shard->listener);
  guint i;

  for (i = 0; i < services->len; i++) {
    DvrRtmpService *service = g_ptr_array_index (services, i);

    if (service->published)
      service->published (service, self, stream, begins);
  }
  g_ptr_array_unref (services);
}

static void
end_slot (DvrRtmpConnection * self, RoleKind kind)
{
  Slot slot = self->slots[kind];

  memset (&self->slots[kind], 0, sizeof (Slot));
  if (!slot.role)
    return;
  slot.role->gone (slot.role);
  if (kind == PUBLISHER)
    tell_published (self, slot.stream, FALSE);
  g_free (slot.stream);
}

static void
close_now (DvrRtmpConnection * self)
{
  guint i;

  if (self->closing)
    return;
  self->closing = TRUE;
  GST_DEBUG ("%s port %u: closing", self->address, self->port);
  g_queue_unlink (&self->shard->connections, &self->link);
  for (i = 0; i < N_ROLES; i++)
    end_slot (self, i);
  for (i = 0; self->greeted && i < self->greeted->len; i++) {
    DvrRtmpService *service = g_ptr_array_index (self->greeted, i);

    if (service->disconnected)
      service->disconnected (service, self);
  }
  g_clear_pointer (&self->greeted, g_ptr_array_unref);
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

/**
 * dvr_rtmp_connection_end_role:
 * @self: a connection
 * @role: what it did
 *
 * The role has refused its client, or is done with it: it goes.
 */
void
dvr_rtmp_connection_end_role (DvrRtmpConnection * self, DvrRtmpRole * role)
{
  guint i;

  for (i = 0; i < N_ROLES; i++) {
    if (self->slots[i].role == role)
      end_slot (self, i);
  }
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
  if (!self->closing && self->slots[PLAYER].role)
    self->slots[PLAYER].role->writable (self->slots[PLAYER].role);
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

/* -- what the client asks for -- */

/* Returns: (transfer full) (nullable): the stream that a name of its app means,
 *   if it can be one */
gchar *
dvr_rtmp_connection_make_stream_name (DvrRtmpConnection * self,
    const GstRtmpStreamName * name)
{
  const gchar *app = dvr_rtmp_connection_get_app (self);
  const gchar *rest = name->name;
  gchar *stream;

  if (!rest)
    return NULL;
  while (*rest == '/')
    rest++;
  stream = *app ? g_strconcat (app, *rest ? "/" : "", rest, NULL) :
      g_strdup (rest);
  if (gst_dvr_is_stream_name (stream))
    return stream;
  g_free (stream);
  return NULL;
}

static void
fill_ask (DvrRtmpConnection * self, const GstRtmpServerEvent * event,
    DvrRtmpAsk * ask)
{
  const GstRtmpStreamName *name = &event->command->stream;

  ask->stream = dvr_rtmp_connection_make_stream_name (self, name);
  ask->query = name->query ? name->query : self->connect->app_query;
  ask->stream_id = event->stream_id;
  ask->command = event->command;
  ask->missing = FALSE;
}

static DvrRtmpRole *
find_role (DvrRtmpConnection * self, RoleKind kind, const DvrRtmpAsk * ask,
    DvrRtmpService ** taker, DvrRtmpRefusal * refusal)
{
  GPtrArray *services = dvr_rtmp_listener_get_services (self->shard->listener);
  DvrRtmpRole *role = NULL;
  guint i;

  for (i = 0; i < services->len && !role && !refusal->code; i++) {
    DvrRtmpService *service = g_ptr_array_index (services, i);

    if (kind == PUBLISHER && service->publish)
      role = service->publish (service, self, ask, refusal);
    else if (kind == PLAYER && service->play)
      role = service->play (service, self, ask, refusal);
    *taker = service;
  }
  g_ptr_array_unref (services);
  return role;
}

static void
refuse (DvrRtmpConnection * self, RoleKind kind, const DvrRtmpAsk * ask,
    DvrRtmpRefusal * refusal)
{
  const gchar *code = refusal->code;
  const gchar *why = refusal->description;
  GError *error = NULL;

  if (!why)
    why = ask->stream ? "There is no such stream." :
        "This is not the name of a stream.";
  if (!code)
    code = kind == PUBLISHER ? "NetStream.Publish.BadName" :
        "NetStream.Play.StreamNotFound";
  GST_INFO ("%s port %u: %s: %s %s", self->address, self->port,
      ask->stream ? ask->stream : "(no name)", code, why);
  if (!(kind == PUBLISHER ?
          gst_rtmp_server_session_reject_publish (self->session,
              ask->stream_id, code, why, &error) :
          gst_rtmp_server_session_reject_play (self->session, ask->stream_id,
              code, why, &error))) {
    g_clear_error (&error);
    dvr_rtmp_connection_close (self);
  }
}

/* publish or play: one of each on a connection */
static void
ask_for_role (DvrRtmpConnection * self, RoleKind kind,
    const GstRtmpServerEvent * event)
{
  DvrRtmpRefusal refusal = { NULL, NULL, 0 };
  Slot *slot = &self->slots[kind];
  DvrRtmpService *service = NULL;
  DvrRtmpRole *role = NULL;
  DvrRtmpAsk ask;

  fill_ask (self, event, &ask);
  if (slot->role && slot->stream_id != event->stream_id) {
    refusal.code = kind == PUBLISHER ? "NetStream.Publish.BadName" :
        "NetStream.Play.Failed";
    refusal.description = "One stream at a time on a connection.";
  } else if (ask.stream) {
    end_slot (self, kind);
    role = find_role (self, kind, &ask, &service, &refusal);
    ask.missing = !role && !refusal.code;
    if (ask.missing)
      role = find_role (self, kind, &ask, &service, &refusal);
  }
  if (!role) {
    refuse (self, kind, &ask, &refusal);
  } else if (self->doomed) {
    role->gone (role);
  } else {
    slot->role = role;
    slot->service = service;
    slot->stream_id = event->stream_id;
    slot->stream = g_strdup (ask.stream);
    if (kind == PUBLISHER)
      tell_published (self, slot->stream, TRUE);
  }
  g_free ((gchar *) ask.stream);
}

/* A call that belongs to no role: the first service that knows it answers. */
static void
ask_services (DvrRtmpConnection * self, const GstRtmpServerEvent * event)
{
  GPtrArray *services = dvr_rtmp_listener_get_services (self->shard->listener);
  gboolean answered = FALSE;
  DvrRtmpAsk ask;
  guint i;

  fill_ask (self, event, &ask);
  for (i = 0; i < services->len && !answered; i++) {
    DvrRtmpService *service = g_ptr_array_index (services, i);

    answered = service->call && service->call (service, self, &ask, event);
  }
  if (!answered && event->type == GST_RTMP_SERVER_STREAM_LENGTH)
    gst_rtmp_server_session_send_result (self->session, event->command,
        gst_amf_new_number (0));
  g_free ((gchar *) ask.stream);
  g_ptr_array_unref (services);
}

static gboolean
greet (DvrRtmpConnection * self)
{
  GPtrArray *services = dvr_rtmp_listener_get_services (self->shard->listener);
  gboolean welcome = TRUE;
  guint i;

  self->greeted = g_ptr_array_new ();
  for (i = 0; i < services->len && welcome; i++) {
    DvrRtmpService *service = g_ptr_array_index (services, i);

    if (!service->connected)
      continue;
    welcome = service->connected (service, self);
    if (welcome)
      g_ptr_array_add (self->greeted, service);
  }
  g_ptr_array_unref (services);
  return welcome;
}

/* What Enhanced RTMP has a server say of itself. */
static GstAmf *
make_capabilities (void)
{
  GstAmf *extra = gst_amf_new_object ();
  GstAmf *list = gst_amf_new_strict_array ();

  gst_amf_append (list, gst_amf_new_string ("*"));
  gst_amf_set (extra, "fourCcList", list);
  gst_amf_set_number (extra, "capsEx", GST_RTMP_CAPS_RECONNECT);
  return extra;
}

static void
on_connect (DvrRtmpConnection * self, const GstRtmpServerEvent * event)
{
  GError *error = NULL;
  gboolean ok;

  self->connect = gst_rtmp_connect_copy (event->command->connect);
  if (greet (self))
    ok = gst_rtmp_server_session_accept_connect (self->session,
        make_capabilities (), &error);
  else
    ok = gst_rtmp_server_session_reject_connect (self->session,
        "NetConnection.Connect.Rejected", "Too many clients; try again later.",
        NULL, &error);
  if (!ok) {
    GST_INFO ("%s port %u: %s", self->address, self->port, error->message);
    g_clear_error (&error);
    dvr_rtmp_connection_close (self);
  }
}

static void
tell_role (DvrRtmpConnection * self, RoleKind kind,
    const GstRtmpServerEvent * event)
{
  Slot *slot = &self->slots[kind];

  if (slot->role && slot->stream_id == event->stream_id)
    slot->role->event (slot->role, event);
}

static void
on_event (GstRtmpServerSession * session, const GstRtmpServerEvent * event,
    gpointer user_data)
{
  DvrRtmpConnection *self = user_data;

  if (self->closing)
    return;
  self->depth++;
  switch (event->type) {
    case GST_RTMP_SERVER_CONNECT:
      on_connect (self, event);
      break;
    case GST_RTMP_SERVER_PUBLISH:
      ask_for_role (self, PUBLISHER, event);
      break;
    case GST_RTMP_SERVER_PLAY:
      ask_for_role (self, PLAYER, event);
      break;
    case GST_RTMP_SERVER_UNPUBLISH:
      tell_role (self, PUBLISHER, event);
      if (self->slots[PUBLISHER].stream_id == event->stream_id)
        end_slot (self, PUBLISHER);
      break;
    case GST_RTMP_SERVER_STOP:
      tell_role (self, PLAYER, event);
      if (self->slots[PLAYER].stream_id == event->stream_id)
        end_slot (self, PLAYER);
      break;
    case GST_RTMP_SERVER_MEDIA:
    case GST_RTMP_SERVER_DATA:
      tell_role (self, PUBLISHER, event);
      break;
    case GST_RTMP_SERVER_STREAM_LENGTH:
    case GST_RTMP_SERVER_DVR_GET_INFO:
    case GST_RTMP_SERVER_DVR_SET_INFO:
      ask_services (self, event);
      break;
    case GST_RTMP_SERVER_BUFFER_LENGTH:
      self->buffer_ms = event->buffer_ms;
      tell_role (self, PLAYER, event);
      break;
    default:
      tell_role (self, PLAYER, event);
      break;
  }
  self->depth--;
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
  self->last_input = g_get_monotonic_time ();
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
  self->id = __atomic_add_fetch (&next_id, 1, __ATOMIC_RELAXED);
  self->opened = self->last_input = g_get_monotonic_time ();
  self->session = gst_rtmp_server_session_new (&limits, on_event, self);
  self->link.data = self;
  g_queue_push_tail_link (&shard->connections, &self->link);
  if (uv_tcp_open (&self->tcp, fd) < 0) {
    close (fd);
    close_now (self);
    return;
  }
  uv_tcp_nodelay (&self->tcp, 1);
  uv_tcp_keepalive (&self->tcp, 1, KEEPALIVE_SECONDS);
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

/* Returns: a number that no other connection of the process has had */
guint64
dvr_rtmp_connection_get_id (DvrRtmpConnection * self)
{
  return self->id;
}

/* Returns: what the client last said that it buffers, milliseconds; 0: nothing
 *   yet. Many say so before they play. */
guint32
dvr_rtmp_connection_get_buffer (DvrRtmpConnection * self)
{
  return self->buffer_ms;
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

/* Returns: monotonic time of the last byte that came */
gint64
dvr_rtmp_connection_get_last_input (DvrRtmpConnection * self)
{
  return self->last_input;
}

/* Returns: whether a role of that service is on it */
gboolean
dvr_rtmp_connection_is_served_by (DvrRtmpConnection * self, gpointer service)
{
  guint i;

  for (i = 0; i < N_ROLES; i++) {
    if (self->slots[i].service == service)
      return TRUE;
  }
  return FALSE;
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

/* The service goes: what it does on this connection ends. */
void
dvr_rtmp_connection_leave (DvrRtmpConnection * self, gpointer service)
{
  if (dvr_rtmp_connection_is_served_by (self, service))
    dvr_rtmp_connection_close (self);
  if (self->greeted)
    g_ptr_array_remove (self->greeted, service);
}

/* Returns: bytes that are on their way to the socket */
gsize
dvr_rtmp_connection_get_pending (DvrRtmpConnection * self)
{
  return self->pending;
}
