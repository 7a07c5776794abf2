/* dvrhttpreply.c: the small answers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrdebug.h"
#include "dvrhttpclient.h"

/* Which web pages may read the answer (CORS). */
static void
allow_origin (DvrClient * client, struct MHD_Response *response)
{
  const gchar *origin = client->server->cors_origin;

  if (origin)
    MHD_add_response_header (response, "Access-Control-Allow-Origin", origin);
}

/* Returns: (transfer full) (nullable): an answer without a body */
struct MHD_Response *
dvr_reply_new_empty (DvrClient * client)
{
  struct MHD_Response *response = MHD_create_response_from_buffer (0,
      (void *) "", MHD_RESPMEM_PERSISTENT);

  if (response)
    allow_origin (client, response);
  return response;
}

/**
 * dvr_reply_queue:
 * @client: a client
 * @status: HTTP status
 * @response: (transfer full): the answer
 *
 * Returns: what the access handler returns
 */
enum MHD_Result
dvr_reply_queue (DvrClient * client, guint status,
    struct MHD_Response *response)
{
  enum MHD_Result result;

  if (!response)
    return MHD_NO;
  if (status >= 500)
    dvr_count (client->server->stats.errors_server, 1);
  else if (status >= 400)
    dvr_count (client->server->stats.errors_client, 1);
  client->status = status;
  result = MHD_queue_response (client->connection, status, response);
  MHD_destroy_response (response);
  return result;
}

/* How long a cache may remember an error: Varnish keeps a bare 404 for two
 * minutes, which would kill a part that comes a moment later. */
static const gchar *
cache_control_of (guint status)
{
  if (status == 404)
    return "max-age=1";
  if (status == 410)
    return "max-age=60";
  return "no-store";
}

static struct MHD_Response *
make_text (DvrClient * client, guint status, const gchar * type, gchar * text)
{
  struct MHD_Response *response;

  response = MHD_create_response_from_buffer_with_free_callback_cls (strlen
      (text), text, g_free, text);
  if (!response) {
    g_free (text);
    return NULL;
  }
  MHD_add_response_header (response, "Content-Type", type);
  MHD_add_response_header (response, "Cache-Control",
      cache_control_of (status));
  allow_origin (client, response);
  return response;
}

/**
 * dvr_reply_text:
 * @client: a client
 * @status: HTTP status
 * @type: media type
 * @text: (transfer full): the body
 */
enum MHD_Result
dvr_reply_text (DvrClient * client, guint status, const gchar * type,
    gchar * text)
{
  struct MHD_Response *response = make_text (client, status, type, text);

  if (response) {
    MHD_add_response_header (response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header (response, "X-Content-Type-Options", "nosniff");
    if (g_str_has_prefix (type, "text/html"))
      MHD_add_response_header (response, "Content-Security-Policy",
          "default-src 'none'; style-src 'unsafe-inline'");
  }
  return dvr_reply_queue (client, status, response);
}

/**
 * dvr_reply_error:
 * @client: a client
 * @status: HTTP status, 400 or more
 * @text: what is wrong, for people
 */
enum MHD_Result
dvr_reply_error (DvrClient * client, guint status, const gchar * text)
{
  struct MHD_Response *response = make_text (client, status, "text/plain",
      g_strconcat (text, "\n", NULL));

  GST_DEBUG ("%s: %u %s", client->address, status, text);
  if (response && status == 503)
    MHD_add_response_header (response, "Retry-After", "1");
  /* RFC 9209 section 2.3.21: which of the two it is, a tier below must know */
  if (response && status == 508 && client->headers.hops <= DVR_MAX_HOPS)
    MHD_add_response_header (response, "Proxy-Status",
        "dvr; error=proxy_loop_detected");
  if (response && status == 405)
    MHD_add_response_header (response, "Allow", "GET, HEAD, OPTIONS");
  if (response && (client->refused || client->headers.has_body))
    MHD_add_response_header (response, "Connection", "close");
  return dvr_reply_queue (client, status, response);
}

/**
 * dvr_reply_answer:
 * @client: a client
 * @answer: why upstream has nothing
 */
enum MHD_Result
dvr_reply_answer (DvrClient * client, GstDvrAnswer answer)
{
  switch (answer) {
    case GST_DVR_ANSWER_REMOVED:
      return dvr_reply_error (client, MHD_HTTP_GONE, "no longer offered");
    case GST_DVR_ANSWER_NOT_FOUND:
      return dvr_reply_error (client, MHD_HTTP_NOT_FOUND, "not found");
    default:
      return dvr_reply_error (client, MHD_HTTP_SERVICE_UNAVAILABLE,
          "not started yet");
  }
}

/* A browser asks before it sends headers of its own (CORS preflight). */
enum MHD_Result
dvr_reply_options (DvrClient * client)
{
  struct MHD_Response *response = dvr_reply_new_empty (client);

  if (!response)
    return MHD_NO;
  MHD_add_response_header (response, "Allow", "GET, HEAD, OPTIONS");
  if (client->server->cors_origin) {
    MHD_add_response_header (response, "Access-Control-Allow-Methods",
        "GET, HEAD, OPTIONS");
    MHD_add_response_header (response, "Access-Control-Allow-Headers",
        "Range, If-Range, If-None-Match, Content-Type, "
        "CMCD-Object, CMCD-Request, CMCD-Session, CMCD-Status");
    MHD_add_response_header (response, "Access-Control-Max-Age", "86400");
  }
  return dvr_reply_queue (client, MHD_HTTP_NO_CONTENT, response);
}
