/* dvrrtmpclient.c: what is known of a client over RTMP, and what it may have
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrrtmpclient.h"

const DvrRtmpRefusal dvr_rtmp_no_stream = {
  "NetStream.Play.StreamNotFound", "There is no such stream.", 404
};

const DvrRtmpRefusal dvr_rtmp_not_allowed = {
  "NetStream.Play.Failed", "Playing this is not allowed.", 403
};

/* -- what is said of it -- */

/**
 * dvr_rtmp_client_describe:
 * @connection: a client
 * @stream: what it is about
 * @query: (nullable): that behind the stream's name
 * @position: milliseconds; -1: none
 *
 * Returns: (transfer full): what the application is told of it
 */
GstStructure *
dvr_rtmp_client_describe (DvrRtmpConnection * connection, const gchar * stream,
    const gchar * query, gint64 position)
{
  GstStructure *client = dvr_rtmp_connection_describe (connection, stream,
      query);

  gst_structure_set (client, "position", G_TYPE_INT64, position, NULL);
  return client;
}

/* Returns: for the access log, with nothing but who it is */
DvrAccessEvent
dvr_rtmp_client_make_event (DvrRtmpConnection * connection, const gchar * name,
    const gchar * category)
{
  const GstRtmpConnect *connect = dvr_rtmp_connection_get_connect (connection);
  DvrAccessEvent event = dvr_access_event (name, category, "rtmp");

  event.address = dvr_rtmp_connection_get_address (connection, NULL);
  event.client_id = dvr_rtmp_connection_get_id (connection);
  if (connect) {
    event.uri = connect->app;
    event.agent = connect->flash_ver;
  }
  return event;
}

/* Who may not play, or finds nothing to. */
void
dvr_rtmp_client_log_refusal (DvrServer * server, DvrRtmpConnection * connection,
    const gchar * stream, const DvrRtmpRefusal * refusal)
{
  DvrAccessEvent event;

  if (!server->log)
    return;
  event = dvr_rtmp_client_make_event (connection, "play", "stream");
  event.stream = stream;
  if (!refusal->code)
    refusal = &dvr_rtmp_no_stream;
  event.status = refusal->status ? refusal->status : 404;
  event.context = refusal->code;
  dvr_access_log_write (server->log, &event);
}

/* -- what it may have -- */

/**
 * dvr_rtmp_client_may_play:
 * @server: the server
 * @ask: what a client wants to play
 * @refusal: (out): why not
 *
 * The token comes in the query of the name, or of the app.
 *
 * Returns: whether it has shown one, where there has to be one
 */
gboolean
dvr_rtmp_client_may_play (DvrServer * server, const DvrRtmpAsk * ask,
    DvrRtmpRefusal * refusal)
{
  gchar *token = dvr_token_from_query (ask->query);
  GError *error = NULL;
  gboolean ok = dvr_server_check_token (server, token, ask->stream, FALSE,
      &error);

  if (!ok) {
    refusal->code = "NetStream.Play.Failed";
    refusal->description = g_error_matches (error, DVR_TOKEN_ERROR,
        DVR_TOKEN_ERROR_EXPIRED) ? "The token has expired." :
        "A token for this stream is needed.";
    refusal->status = g_error_matches (error, DVR_TOKEN_ERROR,
        DVR_TOKEN_ERROR_MISSING) ? 401 : 403;
  }
  g_clear_error (&error);
  g_free (token);
  return ok;
}

/**
 * dvr_rtmp_client_find_stream:
 * @server: the server
 * @name: a stream's name
 * @stream: (out) (transfer full): the stream, where there is one
 * @refusal: (out): why there is none, unless it is just unknown
 *
 * Returns: whether there is one; what it is may still have to be found out
 */
gboolean
dvr_rtmp_client_find_stream (DvrServer * server, const gchar * name,
    DvrStream ** stream, DvrRtmpRefusal * refusal)
{
  switch (dvr_streams_get (server->streams, name, NULL, stream)) {
    case GST_DVR_ANSWER_OK:
      return TRUE;
    case GST_DVR_ANSWER_NOT_STARTED:
      refusal->code = "NetStream.Play.Failed";
      refusal->description = "The server is not ready; try again.";
      refusal->status = 503;
      return FALSE;
    default:
      return FALSE;
  }
}
