/* dvrhttprouter.c: what a request line asks for
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/dvr/gstdvrname.h>

#include "dvrhttprouter.h"
#include "dvrtoken.h"

static const struct
{
  const gchar *name;
  DvrRouteKind kind;
} playlists[] = {
  {"index.m3u8", DVR_ROUTE_WINDOW},
  {"dvr.m3u8", DVR_ROUTE_ALL},
  {"main.m3u8", DVR_ROUTE_MULTIVARIANT},
  {"iframes.m3u8", DVR_ROUTE_IFRAMES},
}, pages[] = {
  {"metrics", DVR_ROUTE_METRICS},
  {"healthz", DVR_ROUTE_HEALTHZ},
  {"readyz", DVR_ROUTE_READYZ},
};

/* Decodes percent escapes once, into @out of DVR_ROUTE_MAX_PATH + 1 bytes.
 * A NUL, an escaped slash or a torn escape is refused. */
static gboolean
decode_path (const gchar * path, gsize length, gchar * out)
{
  gsize i, n = 0;

  for (i = 0; i < length; i++) {
    gchar c = path[i];

    if (c == '%') {
      gint high, low;

      if (i + 2 >= length)
        return FALSE;
      high = g_ascii_xdigit_value (path[i + 1]);
      low = g_ascii_xdigit_value (path[i + 2]);
      if (high < 0 || low < 0)
        return FALSE;
      c = (gchar) (high * 16 + low);
      if (c == '\0' || c == '/')
        return FALSE;
      i += 2;
    }
    out[n++] = c;
  }
  out[n] = '\0';
  return TRUE;
}

/* Whether the path is /component/component..., each [A-Za-z0-9_-][A-Za-z0-9._-]*,
 * which leaves out `.`, `..` and hidden files. */
static gboolean
is_good (const gchar * path)
{
  const gchar *c;

  for (c = path; *c; c++) {
    if (*c == '/' && (c[1] == '\0' || c[1] == '/' || c[1] == '.'))
      return FALSE;
    if (!g_ascii_isalnum (*c) && !strchr ("/_-.", *c))
      return FALSE;
  }
  return TRUE;
}

/* Names that have a meaning of their own are not part of a stream's. */
static void
set_stream (DvrRoute * route, DvrRouteKind kind, const gchar * stream,
    gsize length)
{
  gchar *name = g_strndup (stream, length);

  if (gst_dvr_is_stream_name (name)) {
    route->kind = kind;
    route->stream = g_steal_pointer (&name);
  }
  g_free (name);
}

static void
parse_media (DvrRoute * route, const gchar * path, const gchar * last_slash)
{
  static const DvrRouteKind kinds[] = {
    [GST_DVR_FILE_SEGMENT] = DVR_ROUTE_SEGMENT,
    [GST_DVR_FILE_PART] = DVR_ROUTE_PART,
    [GST_DVR_FILE_INIT] = DVR_ROUTE_INIT
  };
  const gchar *slash = memrchr (path, '/', last_slash - path);
  GstDvrFileName name;

  if (!slash || !gst_dvr_parse_file_name (slash + 1, &name)
      || name.part > DVR_ROUTE_MAX_PART)
    return;
  route->recording = g_strdup (name.recording);
  route->number = name.number;
  route->part = name.part;
  set_stream (route, kinds[name.kind], path, slash - path);
}

/* @path: without its first slash */
static void
parse_name (DvrRoute * route, const gchar * path)
{
  const gchar *slash = strrchr (path, '/');
  guint i;

  if (!slash) {
    for (i = 0; i < G_N_ELEMENTS (pages); i++) {
      if (strcmp (path, pages[i].name) == 0)
        route->kind = pages[i].kind;
    }
    return;
  }
  for (i = 0; i < G_N_ELEMENTS (playlists); i++) {
    if (strcmp (slash + 1, playlists[i].name) == 0) {
      set_stream (route, playlists[i].kind, path, slash - path);
      return;
    }
  }
  parse_media (route, path, slash);
}

static void
parse_path (DvrRoute * route, const gchar * path, gsize length)
{
  gchar decoded[DVR_ROUTE_MAX_PATH + 1];

  if (length > DVR_ROUTE_MAX_PATH)
    route->kind = DVR_ROUTE_TOO_LONG;
  else if (path[0] != '/' || !decode_path (path, length, decoded))
    route->kind = DVR_ROUTE_BAD;
  else if (decoded[1] == '\0')
    route->kind = DVR_ROUTE_STATUS;
  else if (!is_good (decoded))
    route->kind = DVR_ROUTE_BAD;
  else
    parse_name (route, decoded + 1);
}

static gboolean
parse_value (const gchar * text, gsize length, guint64 * value)
{
  gchar digits[24];

  if (length >= sizeof (digits))
    return FALSE;
  memcpy (digits, text, length);
  digits[length] = '\0';
  return g_ascii_string_to_unsigned (digits, 10, 0, G_MAXINT64, value, NULL);
}

/* Delivery directives, RFC 8216bis section 6.2.5; what is unknown is not
 * looked at. */
static void
parse_query (DvrRoute * route, const gchar * query)
{
  const gchar *end;

  for (; query; query = *end ? end + 1 : NULL) {
    const gchar *equals, *value;
    gsize name, length;

    end = strchrnul (query, '&');
    equals = memchr (query, '=', end - query);
    if (!equals)
      continue;
    name = equals - query;
    value = equals + 1;
    length = end - value;

    if (name == 8 && strncmp (query, "_HLS_msn", 8) == 0) {
      route->has_msn = TRUE;
      if (!parse_value (value, length, &route->msn))
        route->bad_query = TRUE;
    } else if (name == 9 && strncmp (query, "_HLS_part", 9) == 0) {
      route->has_part = TRUE;
      if (!parse_value (value, length, &route->hls_part))
        route->bad_query = TRUE;
    } else if (name == 9 && strncmp (query, "_HLS_skip", 9) == 0) {
      route->skip = (length == 3 && strncmp (value, "YES", 3) == 0)
          || (length == 2 && strncmp (value, "v2", 2) == 0);
      if (!route->skip)
        route->bad_query = TRUE;
    }
  }
  if (route->has_part && !route->has_msn)
    route->bad_query = TRUE;
}

/**
 * dvr_route_parse:
 * @route: (out caller-allocates): what is asked for
 * @uri: the request target as it came, not decoded
 *
 * Strict: a path is decoded once, and what does not follow the rules of
 * names is refused instead of being repaired.
 */
void
dvr_route_parse (DvrRoute * route, const gchar * uri)
{
  const gchar *query = strchr (uri, '?');

  memset (route, 0, sizeof (*route));
  if (strcmp (uri, "/-/auth") == 0) {
    route->kind = DVR_ROUTE_AUTH;
    return;
  }
  parse_path (route, uri, query ? (gsize) (query - uri) : strlen (uri));
  if (query && strlen (query) > DVR_ROUTE_MAX_QUERY)
    route->kind = DVR_ROUTE_TOO_LONG;
  else if (query && dvr_route_is_playlist (route))
    parse_query (route, query + 1);
}

/**
 * dvr_route_skip_authority:
 * @uri: the request target as it came
 *
 * A server takes the absolute form, too (RFC 9112 section 3.2.2); whichever
 * host it names, it is this one.
 *
 * Returns: the path it begins with, where it is a URL; else @uri
 */
const gchar *
dvr_route_skip_authority (const gchar * uri)
{
  const gchar *path = uri;

  if (uri[0] == '/')
    return uri;
  if (g_ascii_strncasecmp (uri, "http://", 7) == 0)
    path = uri + 7;
  else if (g_ascii_strncasecmp (uri, "https://", 8) == 0)
    path = uri + 8;
  path += path > uri ? strcspn (path, "/?#") : 0;
  if (path > uri && *path == '\0')
    return "/";
  return *path == '/' ? path : uri;
}

/**
 * dvr_route_split_token:
 * @uri: the request target as it came
 * @token: (out) (transfer full) (nullable): the token it begins with, if any
 *
 * A token is the first component of a path, behind a tilde, so that relative
 * URIs of playlists inherit it.
 *
 * Returns: the rest of @uri
 */
const gchar *
dvr_route_split_token (const gchar * uri, gchar ** token)
{
  gsize length;

  *token = NULL;
  if (uri[0] != '/' || uri[1] != '~')
    return uri;
  length = strcspn (uri + 2, "/?");
  if (uri[2 + length] != '/' || length > DVR_TOKEN_MAX)
    return uri;
  *token = g_strndup (uri + 2, length);
  return uri + 2 + length;
}

void
dvr_route_clear (DvrRoute * route)
{
  route->kind = DVR_ROUTE_NOTHING;
  g_clear_pointer (&route->stream, g_free);
  g_clear_pointer (&route->recording, g_free);
}
