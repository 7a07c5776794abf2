/* gstdvruri.c: what a dvr:// URI says
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>
#include <string.h>

#include <gst/dvr/gstdvrname.h>

#include "gstdvruri.h"

/* Years: more is a mistake. */
#define MAX_START 1e9

void
gst_dvr_uri_free (GstDvrUri * self)
{
  g_free (self->location);
  g_free (self->stream);
  g_free (self->token);
  g_clear_pointer (&self->date_time, gst_date_time_unref);
  g_free (self);
}

static gboolean
fail (GError ** error, const gchar * what, const gchar * value)
{
  g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI, "%s: \"%s\"", what,
      value ? value : "");
  return FALSE;
}

static gboolean
parse_server (GstDvrUri * self, GUri * uri, GError ** error)
{
  const gchar *host = g_uri_get_host (uri);
  gboolean v6 = host && strchr (host, ':') != NULL;
  const gchar *scheme = g_uri_get_scheme (uri);

  if (!host || !*host)
    return fail (error, "No server is named; the form is dvr://host/stream",
        host);
  if (g_ascii_strcasecmp (scheme, "dvr") == 0)
    scheme = "http";
  else if (g_ascii_strcasecmp (scheme, "dvrs") == 0)
    scheme = "https";
  else
    return fail (error, "Neither dvr:// nor dvrs://", scheme);
  if (g_uri_get_port (uri) > 0)
    self->location = g_strdup_printf ("%s://%s%s%s:%d", scheme,
        v6 ? "[" : "", host, v6 ? "]" : "", g_uri_get_port (uri));
  else
    self->location = g_strdup_printf ("%s://%s%s%s", scheme, v6 ? "[" : "",
        host, v6 ? "]" : "");
  return TRUE;
}

static gboolean
parse_path (GstDvrUri * self, const gchar * path, GError ** error)
{
  const gchar *slash;

  while (*path == '/')
    path++;
  slash = strchr (path, '/');
  if (*path == '~' && slash) {
    self->token = g_strndup (path + 1, slash - path - 1);
    path = slash + 1;
  }
  self->stream = g_strdup (path);
  if (!gst_dvr_is_stream_name (path))
    return fail (error, "Not the name of a stream", path);
  return TRUE;
}

static gboolean
parse_start (GstDvrUri * self, const gchar * text, GError ** error)
{
  gchar *end;
  gdouble seconds = g_ascii_strtod (text, &end);

  if (end == text || *end || !isfinite (seconds) || fabs (seconds) > MAX_START)
    return fail (error, "start is not a number of seconds", text);
  self->has_start = TRUE;
  self->start = (gint64) (seconds * GST_SECOND);
  return TRUE;
}

static gboolean
parse_query (GstDvrUri * self, const gchar * query, GError ** error)
{
  GHashTable *params;
  const gchar *text;
  gboolean ret = TRUE;

  if (!query)
    return TRUE;
  params = g_uri_parse_params (query, -1, "&", G_URI_PARAMS_NONE, error);
  if (!params)
    return FALSE;
  if ((text = g_hash_table_lookup (params, "start")))
    ret = parse_start (self, text, error);
  if (ret && (text = g_hash_table_lookup (params, "t"))) {
    self->date_time = gst_date_time_new_from_iso8601_string (text);
    if (!self->date_time || !gst_date_time_has_second (self->date_time))
      ret = fail (error, "t is not a date and time (RFC 3339)", text);
  }
  g_hash_table_unref (params);
  return ret;
}

/**
 * gst_dvr_uri_parse:
 * @uri: dvr://host[:port]/[~token/]stream[?start=seconds][&t=date-time]
 * @error: says what is wrong with it
 *
 * `start` counts from the stream's begin, or, below zero, from the live edge;
 * `t` is RFC 3339, with its plus sign written %2B.
 *
 * Returns: (transfer full) (nullable): what it says
 */
GstDvrUri *
gst_dvr_uri_parse (const gchar * uri, GError ** error)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_ENCODED_QUERY, error);
  g_autoptr (GstDvrUri) self = NULL;

  if (!parsed)
    return NULL;
  self = g_new0 (GstDvrUri, 1);
  if (!parse_server (self, parsed, error) ||
      !parse_path (self, g_uri_get_path (parsed), error) ||
      !parse_query (self, g_uri_get_query (parsed), error))
    return NULL;
  return g_steal_pointer (&self);
}
