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

#include "dvrhttprouter.h"
#include "dvrtoken.h"

#define MAX_COMPONENTS 16

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

/* [A-Za-z0-9_-][A-Za-z0-9._-]*, which leaves out `.`, `..` and hidden files. */
static gboolean
component_is_good (const gchar * component)
{
  const gchar *c;

  if (component[0] == '\0' || component[0] == '.')
    return FALSE;
  for (c = component; *c; c++) {
    if (!g_ascii_isalnum (*c) && *c != '_' && *c != '-' && *c != '.')
      return FALSE;
  }
  return TRUE;
}

/* Whether it looks like a recording id of ours: 20261120T192200Z-3f9c. */
static gboolean
is_recording_id (const gchar * component)
{
  const gchar *c = component;
  guint i;

  for (i = 0; i < 8; i++, c++) {
    if (!g_ascii_isdigit (*c))
      return FALSE;
  }
  if (*c++ != 'T')
    return FALSE;
  for (i = 0; i < 6; i++, c++) {
    if (!g_ascii_isdigit (*c))
      return FALSE;
  }
  if (c[0] != 'Z' || c[1] != '-' || c[2] == '\0')
    return FALSE;
  for (c += 2; *c; c++) {
    if (!g_ascii_isxdigit (*c) || g_ascii_isupper (*c))
      return FALSE;
  }
  return TRUE;
}

/* Names that have a meaning of their own cannot be part of a stream's. */
static gboolean
is_reserved (const gchar * component)
{
  guint i;

  if (strcmp (component, "-") == 0 || is_recording_id (component))
    return TRUE;
  for (i = 0; i < G_N_ELEMENTS (playlists); i++) {
    if (strcmp (component, playlists[i].name) == 0)
      return TRUE;
  }
  for (i = 0; i < G_N_ELEMENTS (pages); i++) {
    if (strcmp (component, pages[i].name) == 0)
      return TRUE;
  }
  return FALSE;
}

/* Reads digits; moves @text after them. */
static gboolean
take_number (const gchar ** text, guint64 max, guint64 * value)
{
  const gchar *c = *text;
  guint64 v = 0;

  if (!g_ascii_isdigit (*c))
    return FALSE;
  for (; g_ascii_isdigit (*c); c++) {
    guint digit = *c - '0';

    if (c - *text >= 20 || v > (max - digit) / 10)
      return FALSE;
    v = v * 10 + digit;
  }
  *text = c;
  *value = v;
  return TRUE;
}

/* init-<n>.mp4, <n>.m4s, <n>.<k>.m4s */
static gboolean
parse_media_name (DvrRoute * route, const gchar * name)
{
  guint64 value;

  if (g_str_has_prefix (name, "init-")) {
    name += 5;
    if (!take_number (&name, G_MAXUINT, &value) || strcmp (name, ".mp4") != 0)
      return FALSE;
    route->kind = DVR_ROUTE_INIT;
    route->number = value;
    return TRUE;
  }

  if (!take_number (&name, G_MAXUINT64 - 2, &route->number) || *name++ != '.')
    return FALSE;
  if (strcmp (name, "m4s") == 0) {
    route->kind = DVR_ROUTE_SEGMENT;
    return TRUE;
  }
  if (!take_number (&name, DVR_ROUTE_MAX_PART, &value)
      || strcmp (name, ".m4s") != 0)
    return FALSE;
  route->kind = DVR_ROUTE_PART;
  route->part = value;
  return TRUE;
}

static void
set_stream (DvrRoute * route, gchar ** components, guint n)
{
  gchar *last = components[n];
  guint i;

  for (i = 0; i < n; i++) {
    if (is_reserved (components[i])) {
      route->kind = DVR_ROUTE_NOTHING;
      return;
    }
  }
  components[n] = NULL;
  route->stream = g_strjoinv ("/", components);
  components[n] = last;
}

static void
parse_components (DvrRoute * route, gchar ** components, guint n)
{
  const gchar *last = components[n - 1];
  guint i;

  for (i = 0; i < n; i++) {
    if (!component_is_good (components[i])) {
      route->kind = DVR_ROUTE_BAD;
      return;
    }
  }

  if (n == 1) {
    for (i = 0; i < G_N_ELEMENTS (pages); i++) {
      if (strcmp (last, pages[i].name) == 0)
        route->kind = pages[i].kind;
    }
    return;
  }

  for (i = 0; i < G_N_ELEMENTS (playlists); i++) {
    if (strcmp (last, playlists[i].name) == 0) {
      route->kind = playlists[i].kind;
      set_stream (route, components, n - 1);
      return;
    }
  }

  if (n >= 3 && parse_media_name (route, last)) {
    route->recording = g_strdup (components[n - 2]);
    set_stream (route, components, n - 2);
  }
}

static void
parse_path (DvrRoute * route, const gchar * path, gsize length)
{
  gchar decoded[DVR_ROUTE_MAX_PATH + 1];
  gchar *components[MAX_COMPONENTS + 1];
  gchar *c;
  guint n = 0;

  if (length > DVR_ROUTE_MAX_PATH) {
    route->kind = DVR_ROUTE_TOO_LONG;
    return;
  }
  if (path[0] != '/' || !decode_path (path, length, decoded)) {
    route->kind = DVR_ROUTE_BAD;
    return;
  }
  if (decoded[1] == '\0') {
    route->kind = DVR_ROUTE_STATUS;
    return;
  }

  for (c = decoded; c; c = strchr (c, '/')) {
    if (n == MAX_COMPONENTS) {
      route->kind = DVR_ROUTE_BAD;
      return;
    }
    *c++ = '\0';
    components[n++] = c;
  }
  components[n] = NULL;
  parse_components (route, components, n);
}

static gboolean
parse_value (const gchar * text, gsize length, guint64 * value)
{
  gchar digits[24];
  const gchar *c = digits;

  if (length == 0 || length >= sizeof (digits))
    return FALSE;
  memcpy (digits, text, length);
  digits[length] = '\0';
  return take_number (&c, G_MAXINT64, value) && *c == '\0';
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
