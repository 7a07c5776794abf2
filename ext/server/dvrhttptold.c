/* dvrhttptold.c: what clients tell of themselves, and what is written of them
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Players tell how they are in CMCD (CTA-5004), in headers or in a query
 * argument; the log has it as they wrote it. What one does in its own buffer
 * is an event, and comes in the query argument of a request for a playlist: such
 * a request wants no playlist, but to be heard. It is answered 204, or 403 and
 * CMSD-Static (CTA-5006) where this is not wanted, and never kept by a cache. A
 * player that begins asks likewise, before it has sought, whether it may.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/dvr/gstdvrcmcd.h>

#include "dvrhttpclient.h"

/* -- events -- */

/* What the client says happened; whatever else it told is in @cmcd. */
static gboolean
get_event (DvrClient * client, GstDvrCmcd * cmcd)
{
  gst_dvr_cmcd_init (cmcd);
  if (client->cmcd)
    gst_dvr_cmcd_parse (cmcd, client->cmcd);
  return cmcd->kind != GST_DVR_REPORT_STATE;
}

static enum MHD_Result
reply (DvrClient * client, gboolean allowed)
{
  struct MHD_Response *response = dvr_reply_new_empty (client);

  if (!response)
    return MHD_NO;
  MHD_add_response_header (response, "Cache-Control", "no-store");
  if (!allowed)
    MHD_add_response_header (response, GST_DVR_CMSD_HEADER,
        GST_DVR_CMSD_NO_SMART_SEEK);
  return dvr_reply_queue (client, allowed ? MHD_HTTP_NO_CONTENT :
      MHD_HTTP_FORBIDDEN, response);
}

/* Asks the application. */
static void
ask (DvrClient * client, const GstDvrCmcd * cmcd)
{
  GstStructure *s = dvr_client_describe (client, client->route.stream,
      client->token);

  gboolean begins = cmcd->kind == GST_DVR_REPORT_BEGIN;

  gst_structure_set (s, "session", G_TYPE_STRING, cmcd->session,
      "position", G_TYPE_INT64, begins ? (gint64) - 1 : cmcd->position_ms,
      NULL);
  dvr_client_await_verdict (client, &client->approved);
  dvr_authorizer_ask (client->server->authorizer,
      gst_dvr_report_kind_get_name (begins ? GST_DVR_REPORT_CLIENT_SEEK :
          cmcd->kind), s, dvr_client_take_verdict, client);
}

/**
 * dvr_http_take_event:
 * @client: a client that asks for a playlist
 * @result: (out): what the access handler returns, where it tells an event
 *
 * Returns: whether it does, and so is to have no playlist
 */
gboolean
dvr_http_take_event (DvrClient * client, enum MHD_Result *result)
{
  GstDvrTimelineInfo info;
  DvrStream *stream;
  GstDvrCmcd cmcd;
  guint serial;

  if (!client->cmcd || !get_event (client, &cmcd))
    return FALSE;
  /* of a stream that is not there nothing happens */
  *result = dvr_http_get_stream (client, &stream, &info, &serial);
  if (!stream)
    return TRUE;
  dvr_stream_unref (stream);
  client->told = cmcd.kind != GST_DVR_REPORT_BEGIN;
  *result = MHD_YES;
  if (client->approved == DVR_VERDICT_NONE
      && (info.no_smart_seek || !dvr_get (client->server->allow_smart_seek)))
    client->approved = DVR_VERDICT_NO;
  if (client->approved == DVR_VERDICT_NONE)
    ask (client, &cmcd);
  else if (client->approved == DVR_VERDICT_NO
      && dvr_get (client->server->closing))
    /* that is no refusal that would hold for ever */
    *result = dvr_reply_error (client, MHD_HTTP_SERVICE_UNAVAILABLE,
        "the server is stopping");
  else
    *result = reply (client, client->approved == DVR_VERDICT_YES);
  return TRUE;
}

/* -- the log -- */

/* What was sent of an answer, as far as it is known: what is left of one that
 * breaks off is in the kernel's hands. */
static gint64
count_sent (DvrClient * client, gboolean whole)
{
  if (client->method != DVR_METHOD_GET)
    return 0;
  if (client->sent > 0)
    return client->sent;
  return whole ? client->promised : -1;
}

/* As the client wrote it, whatever way it took. */
static gchar *
join_cmcd (DvrClient * client)
{
  const gchar *parts[DVR_N_CMCD_HEADERS + 2];
  guint i, n = 0;

  for (i = 0; i < DVR_N_CMCD_HEADERS; i++)
    if (client->headers.cmcd[i])
      parts[n++] = client->headers.cmcd[i];
  if (client->cmcd)
    parts[n++] = client->cmcd;
  parts[n] = NULL;
  return n > 0 ? g_strjoinv (",", (gchar **) parts) : NULL;
}

static const gchar *
get_event_name (DvrClient * client, const GstDvrCmcd * cmcd)
{
  static const gchar *const methods[] = { "GET", "HEAD", "OPTIONS", "OTHER" };

  return client->told ? gst_dvr_report_kind_get_name (cmcd->kind) :
      methods[client->method];
}

/**
 * dvr_http_log_request:
 * @client: a client whose request is done
 * @whole: whether all of the answer was sent
 *
 * Writes a line. Only requests for streams: probes would fill the log.
 */
void
dvr_http_log_request (DvrClient * client, gboolean whole)
{
  const gchar *stream = client->media ? client->media->stream->name :
      client->route.stream;
  gchar peer[DVR_ADDRESS_SIZE], *text;
  DvrAccessEvent event;
  GstDvrCmcd cmcd;

  if (!stream)
    return;
  text = join_cmcd (client);
  gst_dvr_cmcd_init (&cmcd);
  if (text)
    gst_dvr_cmcd_parse (&cmcd, text);
  dvr_client_get_peer (client, peer);
  event = dvr_access_event (get_event_name (client, &cmcd), "stream", "http");
  event.context = client->context;
  event.address = peer;
  event.session = cmcd.session;
  event.stream = stream;
  if (client->told)
    event.position = cmcd.position_ms;
  event.status = client->told && client->status == MHD_HTTP_NO_CONTENT ?
      MHD_HTTP_OK : client->status;
  event.duration = g_get_monotonic_time () - client->asked;
  event.bytes_out = count_sent (client, whole);
  event.uri = client->uri;
  event.agent = client->headers.agent;
  event.cmcd = text;
  dvr_access_log_write (client->server->log, &event);
  g_free (text);
}
