/* dvrhttpaccess.c: who may have what over HTTP
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gio/gio.h>

#include "dvrhttpclient.h"

/* -- who asks -- */

static gboolean
is_trusted (DvrClient * client, const gchar * address)
{
  const gchar *const *trusted =
      (const gchar * const *) client->server->trusted_proxies;

  return trusted && g_strv_contains (trusted, address);
}

/* Takes the last address off a list. Returns: whether it is one */
static gboolean
take_last (gchar * list, gchar peer[DVR_ADDRESS_SIZE])
{
  gchar *comma = strrchr (list, ',');
  GInetAddress *address;
  gchar *text;

  address = g_inet_address_new_from_string (g_strstrip (comma ? comma + 1 :
          list));
  *(comma ? comma : list) = '\0';
  if (!address)
    return FALSE;
  text = g_inet_address_to_string (address);
  g_strlcpy (peer, text, DVR_ADDRESS_SIZE);
  g_free (text);
  g_object_unref (address);
  return TRUE;
}

/**
 * dvr_client_get_peer:
 * @client: a client
 * @peer: (out caller-allocates): the address of who asks
 *
 * That of the connection, unless it is a trusted proxy's: such a one says in
 * X-Forwarded-For whose request it is, behind what it was told itself. What is
 * said by others is not believed.
 */
void
dvr_client_get_peer (DvrClient * client, gchar peer[DVR_ADDRESS_SIZE])
{
  const gchar *said = client->headers.forwarded_for;
  gchar *list;

  g_strlcpy (peer, client->address, DVR_ADDRESS_SIZE);
  if (!said || !is_trusted (client, peer))
    return;
  list = g_strdup (said);
  while (*list && is_trusted (client, peer) && take_last (list, peer));
  g_free (list);
}

/* -- what it may have -- */

static guint
status_of (const GError * error)
{
  return g_error_matches (error, DVR_TOKEN_ERROR, DVR_TOKEN_ERROR_MISSING) ?
      MHD_HTTP_UNAUTHORIZED : MHD_HTTP_FORBIDDEN;
}

static enum MHD_Result
refuse (DvrClient * client, GError * error)
{
  enum MHD_Result result =
      dvr_reply_error (client, status_of (error), error->message);

  g_error_free (error);
  return result;
}

/**
 * dvr_http_may_have:
 * @client: a client
 * @result: (out): what the access handler returns, where it may not
 *
 * Returns: whether its token opens what it asks for
 */
gboolean
dvr_http_may_have (DvrClient * client, enum MHD_Result *result)
{
  const gchar *stream = NULL;
  gboolean media = client->media || dvr_route_is_media (&client->route);
  GError *error = NULL;

  if (client->media)
    stream = client->media->stream->name;
  else if (media || dvr_route_is_playlist (&client->route))
    stream = client->route.stream;
  if (!stream || dvr_server_check_token (client->server, client->token, stream,
          media, &error))
    return TRUE;
  *result = refuse (client, error);
  return FALSE;
}

/* What a proxy need not ask a token for: it tells nothing of streams. */
static gboolean
is_probe (const DvrRoute * route)
{
  return route->kind == DVR_ROUTE_HEALTHZ || route->kind == DVR_ROUTE_READYZ;
}

/**
 * dvr_http_serve_auth:
 * @client: a proxy that asks whether it may answer X-Original-URI itself
 *
 * Answers 204, 401 or 403, as nginx's auth_request wants it. A proxy may take
 * the token out of its cache's key only where it asks this.
 *
 * A proxy looks in its cache for what a path comes to (RFC 3986 section 6.2.2:
 * dots, slashes and escapes resolved), but asks about the path as it came. So
 * only what is the path of a stream as it stands is let through: of anything
 * else it is not known what the proxy would make of it.
 */
enum MHD_Result
dvr_http_serve_auth (DvrClient * client)
{
  const gchar *uri = client->headers.original_uri;
  gboolean known, ok;
  GError *error = NULL;
  gchar *token = NULL;
  DvrRoute route;

  if (!uri)
    return dvr_reply_error (client, MHD_HTTP_BAD_REQUEST,
        "the header X-Original-URI is missing");
  dvr_route_parse (&route, dvr_route_split_token (uri, &token));
  known = route.stream != NULL || is_probe (&route);
  ok = known && (!route.stream || dvr_server_check_token (client->server,
          token, route.stream, dvr_route_is_media (&route), &error));
  dvr_route_clear (&route);
  g_free (token);
  if (!known)
    return dvr_reply_error (client, MHD_HTTP_FORBIDDEN,
        "this is not the path of a stream");
  if (!ok)
    return refuse (client, error);
  return dvr_reply_queue (client, MHD_HTTP_NO_CONTENT,
      MHD_create_response_from_buffer (0, (void *) "", MHD_RESPMEM_PERSISTENT));
}
