/* dvrrtmpserver.c: the RTMP side of a server
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrrtmpcalls.h"
#include "dvrrtmpclient.h"
#include "dvrrtmpplayer.h"
#include "dvrrtmpserver.h"

struct _DvrRtmp
{
  DvrRtmpService service;
  DvrServer *server;
  DvrRtmpListener *listener;
};

static DvrRtmpRole *
play (DvrRtmpService * service, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, DvrRtmpRefusal * refusal)
{
  DvrServer *server = ((DvrRtmp *) service)->server;
  DvrRtmpRole *role = dvr_rtmp_player_new (server, connection, ask, refusal);

  if (!role && (ask->missing || refusal->code))
    dvr_rtmp_client_log_refusal (server, connection, ask->stream, refusal);
  return role;
}

static gboolean
call (DvrRtmpService * service, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, const GstRtmpServerEvent * event)
{
  return dvr_rtmp_answer_call (((DvrRtmp *) service)->server, connection, ask,
      event);
}

/* A server that drains sends its clients elsewhere. */
static void
check (DvrRtmpService * service, DvrRtmpConnection * connection)
{
  DvrServer *server = ((DvrRtmp *) service)->server;

  if (dvr_get (server->started) && !dvr_get (server->ready))
    dvr_rtmp_connection_ask_to_reconnect (connection);
}

/* -- the access log -- */

static void
log_connect (DvrRtmp * self, DvrRtmpConnection * connection, gboolean welcome)
{
  DvrAccessLog *log = self->server->log;
  DvrAccessEvent event;

  if (!log)
    return;
  event = dvr_rtmp_client_make_event (connection, "connect", "session");
  event.status = welcome ? 200 : 403;
  if (!welcome)
    event.context = "NetConnection.Connect.Rejected";
  dvr_access_log_write (log, &event);
}

static void
disconnected (DvrRtmpService * service, DvrRtmpConnection * connection)
{
  DvrAccessLog *log = ((DvrRtmp *) service)->server->log;
  GstRtmpTransportStats stats;
  DvrAccessEvent event;

  if (!log)
    return;
  gst_rtmp_server_session_get_stats (dvr_rtmp_connection_get_session
      (connection), &stats);
  event = dvr_rtmp_client_make_event (connection, "disconnect", "session");
  event.duration =
      g_get_monotonic_time () - dvr_rtmp_connection_get_opened (connection);
  event.bytes_in = stats.bytes_in;
  event.bytes_out = dvr_rtmp_connection_get_sent (connection);
  dvr_access_log_write (log, &event);
}

static void
published (DvrRtmpService * service, DvrRtmpConnection * connection,
    const DvrRtmpPublication * what)
{
  DvrAccessLog *log = ((DvrRtmp *) service)->server->log;
  DvrAccessEvent event;

  if (!log)
    return;
  event = dvr_rtmp_client_make_event (connection, what->event, "stream");
  event.stream = what->stream;
  event.status = 200;
  event.duration = what->duration;
  if (what->refusal) {
    event.status = what->refusal->status ? what->refusal->status : 404;
    event.context = what->refusal->code;
  }
  dvr_access_log_write (log, &event);
}

/* -- connecting -- */

/* A question to the application. */
typedef struct
{
  DvrRtmp *service;             /* lives as long as it knows the connection */
  DvrRtmpWeak *weak;
  gboolean welcome;
} Question;

static void
on_answered (gpointer data)
{
  Question *question = data;
  DvrRtmpConnection *connection = dvr_rtmp_weak_get (question->weak);

  if (connection) {
    log_connect (question->service, connection, question->welcome);
    dvr_rtmp_connection_greet (connection, question->service,
        question->welcome);
  }
  dvr_rtmp_weak_unref (question->weak);
  g_free (question);
}

static void
answered (gboolean allowed, gpointer user_data)
{
  Question *question = user_data;

  question->welcome = allowed;
  dvr_rtmp_weak_post (question->weak, on_answered, question);
}

static GstStructure *
describe (DvrRtmpConnection * connection)
{
  const GstRtmpConnect *connect = dvr_rtmp_connection_get_connect (connection);
  GstStructure *client = dvr_rtmp_client_describe (connection, "",
      connect->app_query, -1);

  gst_structure_set (client,
      "app", G_TYPE_STRING, connect->app ? connect->app : "",
      "page", G_TYPE_STRING, connect->page_url ? connect->page_url : "", NULL);
  return client;
}

static DvrRtmpGreeting
connected (DvrRtmpService * service, DvrRtmpConnection * connection)
{
  DvrRtmp *self = (DvrRtmp *) service;
  Question *question;

  if (!dvr_authorizer_is_needed (self->server->authorizer)) {
    log_connect (self, connection, TRUE);
    return DVR_RTMP_WELCOME;
  }
  question = g_new0 (Question, 1);
  question->service = self;
  question->weak = dvr_rtmp_connection_get_weak (connection);
  dvr_authorizer_ask (self->server->authorizer, "connect",
      describe (connection), answered, question);
  return DVR_RTMP_ASKED;
}

/**
 * dvr_rtmp_new:
 * @server: the server
 * @host: address or name to listen on
 * @port: 0 = any free one
 * @error: why not
 *
 * Returns: (transfer full) (nullable): what serves viewers there
 */
DvrRtmp *
dvr_rtmp_new (DvrServer * server, const gchar * host, guint port,
    GError ** error)
{
  DvrRtmpListener *listener = dvr_rtmp_listener_open (host, port, error);
  DvrRtmp *self;

  if (!listener)
    return NULL;
  self = g_new0 (DvrRtmp, 1);
  self->service.play = play;
  self->service.call = call;
  self->service.check = check;
  self->service.connected = connected;
  self->service.disconnected = disconnected;
  self->service.published = published;
  self->server = server;
  self->listener = listener;
  dvr_rtmp_listener_add_service (listener, &self->service);
  return self;
}

guint
dvr_rtmp_get_port (DvrRtmp * self)
{
  return dvr_rtmp_listener_get_port (self->listener);
}

/**
 * dvr_rtmp_free:
 * @self: (transfer full): what serves viewers
 *
 * Closes the connections of all of them.
 */
void
dvr_rtmp_free (DvrRtmp * self)
{
  dvr_rtmp_listener_remove_service (self->listener, &self->service);
  dvr_rtmp_listener_close (self->listener);
  g_free (self);
}
