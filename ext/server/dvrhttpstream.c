/* dvrhttpstream.c: the stream that a request is about
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrhttpclient.h"

/* How long an answer to "is there such a stream" is waited for. */
#define PENDING_TIME (5 * GST_SECOND)

static enum MHD_Result
append_path (void *user_data, enum MHD_ValueKind kind, const char *key,
    const char *value)
{
  GString *path = user_data;

  if (value && g_ascii_strcasecmp (key, "cdn-loop") == 0)
    g_string_append_printf (path, "%s%s", path->len > 0 ? ", " : "", value);
  return MHD_YES;
}

/* Returns: (nullable): the caches that the request came through */
static gchar *
get_path (DvrClient * client)
{
  GString *path;

  if (client->headers.hops == 0)
    return NULL;
  path = g_string_new (NULL);
  MHD_get_connection_values (client->connection, MHD_HEADER_KIND, append_path,
      path);
  return g_string_free (path, FALSE);
}

/* A failed timeline tells why in HTTP's terms. */
static enum MHD_Result
reply_failed_timeline (DvrClient * client, guint status)
{
  switch (status) {
    case 404:
      return dvr_reply_error (client, status, "no such stream");
    case 410:
      return dvr_reply_error (client, status, "the stream is gone");
    case 401:
    case 403:
      return dvr_reply_error (client, MHD_HTTP_BAD_GATEWAY,
          "upstream refuses this server");
    case 526:
      return dvr_reply_error (client, MHD_HTTP_BAD_GATEWAY,
          "upstream's certificate is not trusted (see ssl-ca-file)");
    case 501:
      return dvr_reply_error (client, MHD_HTTP_BAD_GATEWAY,
          "upstream's stream cannot be passed on: fragmented MP4, not "
          "encrypted, audio and video in one playlist, is needed");
    case 503:
      return dvr_reply_error (client, status, "upstream is not ready");
    case 504:
      return dvr_reply_error (client, status, "upstream does not answer");
    case 508:
      return dvr_reply_error (client, status, "the locations of the tiers "
          "above lead in a circle (CDN-Loop)");
    default:
      return dvr_reply_error (client, MHD_HTTP_BAD_GATEWAY,
          "upstream has failed");
  }
}

/**
 * dvr_http_get_stream:
 * @client: a client
 * @stream: (out) (transfer full): the stream that its route names, or NULL if
 *     the request has been answered or waits
 * @info: (out): what its timeline says
 * @serial: (out): see dvr_wait_list_get_serial()
 *
 * Returns: what the access handler returns where there is no stream
 */
enum MHD_Result
dvr_http_get_stream (DvrClient * client, DvrStream ** stream,
    GstDvrTimelineInfo * info, guint * serial)
{
  GstDvrAnswer answer;
  enum MHD_Result result = MHD_YES;
  DvrStream *found;
  gchar *path;

  *stream = NULL;
  path = get_path (client);
  answer = dvr_streams_get (client->server->streams, client->route.stream,
      path, &found);
  g_free (path);
  if (answer != GST_DVR_ANSWER_OK)
    return dvr_reply_answer (client, answer);

  *serial = dvr_wait_list_get_serial (found->changes);
  gst_dvr_timeline_get_info (found->timeline, info);
  if (info->state == GST_DVR_TIMELINE_PENDING) {
    if (dvr_client_deadline_is_over (client)) {
      result = dvr_reply_error (client, MHD_HTTP_GATEWAY_TIMEOUT,
          "upstream has not answered in time");
    } else {
      dvr_client_set_deadline (client, PENDING_TIME);
      result = dvr_client_wait (client, found->changes, *serial,
          DVR_WANT_CHANGE, info->version, 0);
    }
  } else if (info->state == GST_DVR_TIMELINE_FAILED) {
    result = reply_failed_timeline (client, info->status);
  } else {
    *stream = found;
    return MHD_YES;
  }
  dvr_stream_unref (found);
  return result;
}
