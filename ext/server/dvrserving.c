/* dvrserving.c: a server and the places it serves at
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrhttpserver.h"
#include "dvrrtmpserver.h"
#include "dvrserving.h"

struct _DvrServing
{
  DvrServer *server;
  DvrHttp *http;
  DvrHttp *admin;
  DvrRtmp *rtmp;
};

/**
 * dvr_serving_new:
 * @server: (transfer full): a server that serves nowhere yet
 * @places: where it is to
 * @error: why it cannot
 *
 * Returns: (transfer full) (nullable): the server, serving at all @places
 */
DvrServing *
dvr_serving_new (DvrServer * server, const DvrServerPlaces * places,
    GError ** error)
{
  DvrServing *self = g_new0 (DvrServing, 1);
  GError *failed = NULL;

  self->server = server;
  if (places->access_log)
    server->log = dvr_access_log_new (places->access_log, &failed);
  if (!failed && places->http_port >= 0)
    self->http = dvr_http_new (server, places->host, places->http_port,
        places->threads, FALSE, &failed);
  /* What only operators may see stays on this machine. */
  if (!failed && places->admin_port >= 0)
    self->admin = dvr_http_new (server, DVR_SERVER_DEFAULT_HOST,
        places->admin_port, 1, TRUE, &failed);
  if (!failed && places->rtmp_port >= 0)
    self->rtmp =
        dvr_rtmp_new (server, places->host, places->rtmp_port, &failed);
  if (!failed)
    return self;
  g_propagate_error (error, failed);
  dvr_serving_free (self);
  return NULL;
}

/**
 * dvr_serving_free:
 * @self: (transfer full): what serves
 *
 * First nobody waits any more, then nobody is served any more.
 */
void
dvr_serving_free (DvrServing * self)
{
  DvrServer *server = self->server;

  dvr_set (server->ready, FALSE);
  dvr_set (server->closing, TRUE);
  dvr_waker_close (server->waker);
  dvr_authorizer_close (server->authorizer);
  g_clear_pointer (&self->http, dvr_http_free);
  g_clear_pointer (&self->admin, dvr_http_free);
  g_clear_pointer (&self->rtmp, dvr_rtmp_free);
  dvr_server_close (server);
  dvr_server_unref (server);
  g_free (self);
}

/* Returns: -1: none */
gint
dvr_serving_get_http_port (DvrServing * self)
{
  return self->http ? (gint) dvr_http_get_port (self->http) : -1;
}

/* Returns: -1: none */
gint
dvr_serving_get_rtmp_port (DvrServing * self)
{
  return self->rtmp ? (gint) dvr_rtmp_get_port (self->rtmp) : -1;
}
