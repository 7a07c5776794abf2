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
#include "dvrlisten.h"

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

/* Whether who asks means this machine: who came through a proxy that says
 * nothing of it, or a web page whose name was made to lead here, does not. */
static gboolean
names_this_machine (const gchar * host)
{
  gboolean bracket = host && *host == '[';
  gboolean here;
  gchar *name;

  if (!host)
    return TRUE;
  name = g_strndup (host + bracket, strcspn (host + bracket,
          bracket ? "]" : ":"));
  here = dvr_is_loopback (name)
      || g_ascii_strcasecmp (name, g_get_host_name ()) == 0;
  g_free (name);
  return here;
}

/**
 * dvr_client_is_local:
 * @client: a client
 *
 * Behind a proxy on this machine all clients have a loopback address. So one
 * that was forwarded counts as local only if the proxy is trusted and says
 * that its own client was.
 *
 * Returns: whether the client may see what is not for everybody
 */
gboolean
dvr_client_is_local (DvrClient * client)
{
  const gchar *list = client->headers.forwarded_for;
  gchar *last;
  gboolean local;

  if (!client->loopback)
    return FALSE;
  if (!client->headers.forwarded)
    return names_this_machine (client->headers.host);
  if (!list || !is_trusted (client, client->address))
    return FALSE;
  last = strrchr (list, ',') ? strrchr (list, ',') + 1 : (gchar *) list;
  last = g_strstrip (g_strdup (last));
  local = dvr_is_loopback (last);
  g_free (last);
  return local;
}

static const gchar *
get_agent (DvrClient * client)
{
  const gchar *agent = client->headers.agent;

  return agent && g_utf8_validate (agent, -1, NULL) ? agent : "";
}

/**
 * dvr_client_describe:
 * @client: a client
 * @stream: what it is about
 * @token: (nullable): what it shows
 *
 * Returns: (transfer full): what the application is told of it
 */
GstStructure *
dvr_client_describe (DvrClient * client, const gchar * stream,
    const gchar * token)
{
  gchar *text = g_utf8_make_valid (token ? token : "", -1);
  gchar peer[DVR_ADDRESS_SIZE];
  GstStructure *s;

  dvr_client_get_peer (client, peer);
  s = gst_structure_new ("client", "protocol", G_TYPE_STRING, "http",
      "address", G_TYPE_STRING, peer,
      "port", G_TYPE_UINT, (guint) client->port,
      "stream", G_TYPE_STRING, stream, "token", G_TYPE_STRING, text,
      "agent", G_TYPE_STRING, get_agent (client),
      "position", G_TYPE_INT64, (gint64) - 1, NULL);
  g_free (text);
  return s;
}

/* -- what it may have -- */

/* Finds out whether the application lets it play. Returns: FALSE where that is
 * not known yet, and it sleeps */
static gboolean
decide (DvrClient * client, const gchar * stream, const gchar * token)
{
  DvrAdmissions *admissions = client->server->admissions;
  gchar peer[DVR_ADDRESS_SIZE], *key;
  gboolean known = TRUE;

  dvr_client_get_peer (client, peer);
  key = dvr_admissions_make_key (peer, token, stream);
  switch (dvr_admissions_look (admissions, key, g_get_monotonic_time ())) {
    case DVR_ADMISSION_YES:
      client->admitted = DVR_VERDICT_YES;
      break;
    case DVR_ADMISSION_OLD:
      client->admitted = DVR_VERDICT_YES;
      dvr_admissions_ask (admissions, key, dvr_client_describe (client, stream,
              token), NULL, NULL);
      break;
    case DVR_ADMISSION_NO:
      client->admitted = DVR_VERDICT_NO;
      break;
    case DVR_ADMISSION_UNKNOWN:
      known = FALSE;
      dvr_client_await_verdict (client, &client->admitted);
      dvr_admissions_ask (admissions, key, dvr_client_describe (client, stream,
              token), dvr_client_take_verdict, client);
      break;
  }
  g_free (key);
  return known;
}

/* Returns: whether the application lets it play; else @result has been
 * decided */
static gboolean
may_play (DvrClient * client, const gchar * stream, const gchar * token,
    enum MHD_Result *result)
{
  *result = MHD_YES;
  if (client->admitted == DVR_VERDICT_NONE
      && dvr_authorizer_is_needed (client->server->authorizer)
      && !decide (client, stream, token))
    return FALSE;
  if (client->admitted != DVR_VERDICT_NO)
    return TRUE;
  if (dvr_get (client->server->closing))
    *result = dvr_reply_error (client, MHD_HTTP_SERVICE_UNAVAILABLE,
        "the server is stopping");
  else
    *result = dvr_reply_error (client, MHD_HTTP_FORBIDDEN,
        "playing this stream is not allowed here");
  return FALSE;
}

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
 * @result: (out): what the access handler returns, where it may not, or where
 *   that is not known yet
 *
 * Media takes a token only: the application is asked about playlists, without
 * which nobody knows what media is called.
 *
 * Returns: whether its token opens what it asks for, and the application lets
 *   it play
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
  if (!stream)
    return TRUE;
  if (dvr_server_check_token (client->server, client->token, stream, media,
          &error))
    return media || may_play (client, stream, client->token, result);
  *result = refuse (client, error);
  return FALSE;
}

/* What a proxy need not ask a token for: it tells nothing of streams. */
static gboolean
is_probe (const DvrRoute * route)
{
  return route->kind == DVR_ROUTE_HEALTHZ || route->kind == DVR_ROUTE_READYZ;
}

static enum MHD_Result
answer_auth (DvrClient * client, const DvrRoute * route, const gchar * token)
{
  gboolean media = dvr_route_is_media (route);
  enum MHD_Result result;
  GError *error = NULL;

  if (!route->stream && !is_probe (route))
    return dvr_reply_error (client, MHD_HTTP_FORBIDDEN,
        "this is not the path of a stream");
  if (route->stream && !dvr_server_check_token (client->server, token,
          route->stream, media, &error))
    return refuse (client, error);
  if (route->stream && !media
      && !may_play (client, route->stream, token, &result))
    return result;
  return dvr_reply_queue (client, MHD_HTTP_NO_CONTENT,
      dvr_reply_new_empty (client));
}

/**
 * dvr_http_serve_auth:
 * @client: a proxy that asks whether it may answer X-Original-URI itself
 *
 * Answers 204, 401 or 403, as nginx's auth_request wants it, and as the request
 * itself would be answered here. A proxy may take
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
  enum MHD_Result result;
  gchar *token = NULL;
  DvrRoute route;

  if (!uri)
    return dvr_reply_error (client, MHD_HTTP_BAD_REQUEST,
        "the header X-Original-URI is missing");
  dvr_route_parse (&route, dvr_route_split_token (uri, &token));
  result = answer_auth (client, &route, token);
  dvr_route_clear (&route);
  g_free (token);
  return result;
}
