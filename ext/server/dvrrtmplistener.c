/* dvrrtmplistener.c: RTMP on an address and port, for all elements that name it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first loop accepts, and deals connections out to all loops in turn.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>

#include "dvrlisten.h"
#include "dvrrtmpshard.h"

GST_DEBUG_CATEGORY (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

#define CHECK_MS 1000
/* When there are no file descriptors left, accepting rests for so long. */
#define REST_MS 100

struct _DvrRtmpListener
{
  /* with the lock of the list */
  guint refs;

  /* constant */
  gchar *host;
  guint port;
  gint fd;
  DvrRtmpLoops *loops;
  DvrRtmpShard *shards;         /* one per loop */
  guint n_shards;

  /* the first loop's */
  uv_poll_t *poll;
  uv_timer_t *rest;
  guint next_shard;

  GMutex lock;
  GPtrArray *services;          /* with the lock */
};

/* All listeners of the process. */
static GMutex list_lock;
static GList *list;

/* -- accepting -- */

typedef struct
{
  DvrRtmpShard *shard;
  gint fd;
} Accepted;

static void
open_connection (gpointer data)
{
  Accepted *accepted = data;

  dvr_rtmp_connection_open (accepted->shard, accepted->fd);
  g_free (accepted);
}

static void on_connections (uv_poll_t * poll, gint status, gint events);

static void
on_rested (uv_timer_t * timer)
{
  DvrRtmpListener *self = timer->data;

  uv_poll_start (self->poll, UV_READABLE, on_connections);
}

static void
on_connections (uv_poll_t * poll, gint status, gint events)
{
  DvrRtmpListener *self = poll->data;
  gint fd;

  while ((fd = accept4 (self->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK))
      >= 0) {
    Accepted *accepted = g_new (Accepted, 1);

    accepted->shard = &self->shards[self->next_shard++ % self->n_shards];
    accepted->fd = fd;
    dvr_rtmp_loop_post (accepted->shard->loop, open_connection, accepted);
  }
  if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
    GST_WARNING ("port %u: cannot take more connections: %s; raise the limit "
        "of open files", self->port, g_strerror (errno));
    uv_poll_stop (poll);
    uv_timer_start (self->rest, on_rested, REST_MS, 0);
  }
}

typedef struct
{
  DvrRtmpListener *self;
  gint result;                  /* libuv's */
} StartAccepting;

static void
start_accepting (gpointer data)
{
  StartAccepting *start = data;
  DvrRtmpListener *self = start->self;
  DvrRtmpLoop *loop = self->shards[0].loop;

  self->rest = dvr_rtmp_loop_new_timer (loop, self);
  self->poll = g_new0 (uv_poll_t, 1);
  start->result = uv_poll_init (dvr_rtmp_loop_get_uv (loop), self->poll,
      self->fd);
  if (start->result < 0) {
    g_clear_pointer (&self->poll, g_free);
    return;
  }
  self->poll->data = self;
  uv_poll_start (self->poll, UV_READABLE, on_connections);
}

static void
stop_accepting (gpointer data)
{
  DvrRtmpListener *self = data;

  g_clear_pointer (&self->poll, dvr_rtmp_handle_free);
  g_clear_pointer (&self->rest, dvr_rtmp_handle_free);
}

/* -- shards -- */

static void
on_check (uv_timer_t * timer)
{
  DvrRtmpShard *shard = timer->data;
  GPtrArray *services = dvr_rtmp_listener_get_services (shard->listener);
  gint64 now = g_get_monotonic_time ();
  GList *l, *next;
  guint i;

  for (l = shard->connections.head; l; l = next) {
    next = l->next;
    for (i = 0; i < services->len; i++) {
      DvrRtmpService *service = g_ptr_array_index (services, i);

      if (service->check)
        service->check (service, l->data);
    }
    dvr_rtmp_connection_check (l->data, now);
  }
  g_ptr_array_unref (services);
}

static void
start_shard (gpointer data)
{
  DvrRtmpShard *shard = data;

  shard->timer = dvr_rtmp_loop_new_timer (shard->loop, shard);
  uv_timer_start (shard->timer, on_check, CHECK_MS, CHECK_MS);
}

static void
stop_shard (gpointer data)
{
  DvrRtmpShard *shard = data;

  while (shard->connections.head)
    dvr_rtmp_connection_close (shard->connections.head->data);
  g_clear_pointer (&shard->timer, dvr_rtmp_handle_free);
}

/* -- listeners -- */

static gboolean
is_any (const gchar * host)
{
  return g_str_equal (host, "0.0.0.0") || g_str_equal (host, "::");
}

/* The listener that already has @port, and whether it may be shared. */
static DvrRtmpListener *
find_shared (const gchar * host, guint port, GError ** error)
{
  GList *l;

  for (l = list; l && port != 0; l = l->next) {
    DvrRtmpListener *other = l->data;

    if (other->port != port)
      continue;
    if (g_ascii_strcasecmp (other->host, host) == 0 || is_any (other->host))
      return other;
    if (is_any (host)) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
          "cannot listen on %s port %u: another element of this process "
          "listens on %s there; give both the same address", host, port,
          other->host);
      return NULL;
    }
  }
  return NULL;
}

static void
listener_free (DvrRtmpListener * self)
{
  guint i;

  dvr_rtmp_loop_call (self->shards[0].loop, stop_accepting, self);
  close (self->fd);
  /* What was accepted before has been posted before. */
  for (i = 0; i < self->n_shards; i++)
    dvr_rtmp_loop_call (self->shards[i].loop, stop_shard, &self->shards[i]);
  dvr_rtmp_loops_unref (self->loops);
  g_ptr_array_unref (self->services);
  g_mutex_clear (&self->lock);
  g_free (self->shards);
  g_free (self->host);
  g_free (self);
}

static DvrRtmpListener *
listener_new (const gchar * host, guint port, GError ** error)
{
  DvrRtmpListener *self;
  StartAccepting start = { NULL, };
  DvrRtmpLoops *loops;
  gint fd;
  guint i;

  fd = dvr_listen (host, port, error);
  if (fd < 0)
    return NULL;
  loops = dvr_rtmp_loops_get (error);
  if (!loops) {
    close (fd);
    return NULL;
  }
  self = g_new0 (DvrRtmpListener, 1);
  self->refs = 1;
  self->host = g_strdup (host);
  self->fd = fd;
  self->port = dvr_listen_get_port (fd);
  self->loops = loops;
  g_mutex_init (&self->lock);
  self->services = g_ptr_array_new ();
  self->n_shards = dvr_rtmp_loops_count (loops);
  self->shards = g_new0 (DvrRtmpShard, self->n_shards);
  for (i = 0; i < self->n_shards; i++) {
    self->shards[i].listener = self;
    self->shards[i].loop = dvr_rtmp_loops_nth (loops, i);
    dvr_rtmp_loop_call (self->shards[i].loop, start_shard, &self->shards[i]);
  }
  start.self = self;
  dvr_rtmp_loop_call (self->shards[0].loop, start_accepting, &start);
  if (start.result < 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "cannot take connections on %s port %u: %s", host, self->port,
        uv_strerror (start.result));
    g_clear_pointer (&self, listener_free);
  }
  return self;
}

/**
 * dvr_rtmp_listener_open:
 * @host: address or name to listen on
 * @port: 0 = any free one, shared with nobody
 * @error: why not
 *
 * Returns: (transfer full) (nullable): the listener there: a new one, or that
 *   of another element of this process
 */
DvrRtmpListener *
dvr_rtmp_listener_open (const gchar * host, guint port, GError ** error)
{
  DvrRtmpListener *self;
  GError *taken = NULL;

  g_mutex_lock (&list_lock);
  self = find_shared (host, port, &taken);
  if (self) {
    self->refs++;
  } else if (!taken) {
    self = listener_new (host, port, error);
    if (self)
      list = g_list_prepend (list, self);
  }
  g_mutex_unlock (&list_lock);
  if (taken)
    g_propagate_error (error, taken);
  return self;
}

/**
 * dvr_rtmp_listener_close:
 * @self: (transfer full): a listener, without services of the caller's
 *
 * The last one closes it, with all its connections.
 */
void
dvr_rtmp_listener_close (DvrRtmpListener * self)
{
  gboolean last;

  g_mutex_lock (&list_lock);
  last = --self->refs == 0;
  if (last) {
    list = g_list_remove (list, self);
    listener_free (self);
  }
  g_mutex_unlock (&list_lock);
}

guint
dvr_rtmp_listener_get_port (DvrRtmpListener * self)
{
  return self->port;
}

/* Returns: (transfer full) (element-type DvrRtmpService): in the order in which
 *   they are asked; in a loop they live until its next turn */
GPtrArray *
dvr_rtmp_listener_get_services (DvrRtmpListener * self)
{
  GPtrArray *services;

  g_mutex_lock (&self->lock);
  services = g_ptr_array_copy (self->services, NULL, NULL);
  g_mutex_unlock (&self->lock);
  return services;
}

void
dvr_rtmp_listener_add_service (DvrRtmpListener * self, DvrRtmpService * service)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->services, service);
  g_mutex_unlock (&self->lock);
}

typedef struct
{
  DvrRtmpShard *shard;
  DvrRtmpService *service;
} Leave;

static void
leave_connections (gpointer data)
{
  Leave *leave = data;
  GList *l, *next;

  for (l = leave->shard->connections.head; l; l = next) {
    next = l->next;
    dvr_rtmp_connection_leave (l->data, leave->service);
  }
}

/**
 * dvr_rtmp_listener_remove_service:
 * @self: a listener
 * @service: one of its services
 *
 * Closes the connections that it serves, and waits until it is done; not for use
 * in a loop. When this returns, nothing of it is called any more.
 */
void
dvr_rtmp_listener_remove_service (DvrRtmpListener * self,
    DvrRtmpService * service)
{
  guint i;

  g_mutex_lock (&self->lock);
  g_ptr_array_remove (self->services, service);
  g_mutex_unlock (&self->lock);
  for (i = 0; i < self->n_shards; i++) {
    Leave leave = { &self->shards[i], service };

    dvr_rtmp_loop_call (self->shards[i].loop, leave_connections, &leave);
  }
}
