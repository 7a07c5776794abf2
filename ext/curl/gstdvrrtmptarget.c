/* gstdvrrtmptarget.c: what to ask an RTMP server for
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RTMP names an application when it connects and a stream when it plays; a
 * location and a stream's name say both:
 *
 *   rtmp://host/app/stream           one stream, called app/stream
 *   rtmp://host/app      stream      any stream of one application
 *   rtmp://host          app/stream  any stream of any application
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpclient.h"
#include "gstdvrrtmptarget.h"

#define DEFAULT_PORT 1935

gboolean
gst_dvr_rtmp_target_is_rtmp (const gchar * location)
{
  return g_ascii_strncasecmp (location, "rtmp://", 7) == 0;
}

static GUri *
parse (const gchar * location, GError ** error)
{
  GUri *uri = g_uri_parse (location, G_URI_FLAGS_ENCODED, error);

  if (uri && (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
        "%s: a host is needed", location);
    g_clear_pointer (&uri, g_uri_unref);
  }

  return uri;
}

/* Without the slashes around it. */
static gchar *
get_path (GUri * uri)
{
  const gchar *path = g_uri_get_path (uri);
  gsize length;

  while (*path == '/')
    path++;
  length = strlen (path);
  while (length > 0 && path[length - 1] == '/')
    length--;

  return g_strndup (path, length);
}

/**
 * gst_dvr_rtmp_target_check:
 * @location: an rtmp:// URI
 * @error: says what is wrong with it
 *
 * Returns: whether a server can be asked for streams there
 */
gboolean
gst_dvr_rtmp_target_check (const gchar * location, GError ** error)
{
  g_autoptr (GUri) uri = parse (location, error);

  return uri != NULL;
}

/**
 * gst_dvr_rtmp_target_get_one_name:
 * @location: an rtmp:// URI
 *
 * Returns: (nullable) (transfer full): app/stream where it names a stream; %NULL
 *   where it names an application or a server
 */
gchar *
gst_dvr_rtmp_target_get_one_name (const gchar * location)
{
  g_autoptr (GUri) uri = parse (location, NULL);
  g_autofree gchar *path = uri ? get_path (uri) : NULL;

  return path && strchr (path, '/') ? g_steal_pointer (&path) : NULL;
}

static gchar *
add_query (const gchar * text, const gchar * query)
{
  if (query == NULL || *query == '\0')
    return g_strdup (text);

  return g_strdup_printf ("%s%c%s", text, strchr (text, '?') ? '&' : '?',
      query);
}

static gchar *
make_tc_url (const GstDvrRtmpTarget * self)
{
  gboolean ipv6 = strchr (self->host, ':') != NULL;

  return g_strdup_printf ("rtmp://%s%s%s:%u/%s", ipv6 ? "[" : "", self->host,
      ipv6 ? "]" : "", self->port, self->app);
}

/**
 * gst_dvr_rtmp_target_init:
 * @self: (out caller-allocates): to be cleared
 * @location: an rtmp:// URI
 * @remote: the stream's name
 * @token: (nullable): goes into the query of the name, as `token=...`
 * @error: says what is wrong
 *
 * The query of @location goes with what its path ends in.
 *
 * Returns: whether it can be asked for
 */
gboolean
gst_dvr_rtmp_target_init (GstDvrRtmpTarget * self, const gchar * location,
    const gchar * remote, const gchar * token, GError ** error)
{
  g_autoptr (GUri) uri = parse (location, error);
  g_autofree gchar *path = uri ? get_path (uri) : NULL;
  g_autofree gchar *app = NULL, *name = NULL, *query = NULL;
  gboolean whole;
  gchar *slash;

  memset (self, 0, sizeof (*self));
  if (uri == NULL)
    return FALSE;
  whole = *path == '\0' || g_str_equal (path, remote);
  app = g_strdup (whole ? remote : path);
  slash = strrchr (app, '/');
  if (whole && slash == NULL) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_REFERENCE,
        "%s: no application is named; use rtmp://host/app, or names such as "
        "app/stream", location);
    return FALSE;
  }
  if (whole)
    *slash = '\0';
  name = add_query (whole ? slash + 1 : remote,
      whole && *path ? g_uri_get_query (uri) : NULL);
  query = token ? g_strconcat ("token=", token, NULL) : NULL;

  self->host = g_strdup (g_uri_get_host (uri));
  self->port = g_uri_get_port (uri) > 0 ? g_uri_get_port (uri) : DEFAULT_PORT;
  self->app = add_query (app, whole && *path ? NULL : g_uri_get_query (uri));
  self->tc_url = make_tc_url (self);
  self->name = add_query (name, query);

  return TRUE;
}

/* Its path is an application, or that and the stream that was asked for. */
static gchar *
get_app (const GstDvrRtmpTarget * self, GUri * uri)
{
  g_autofree gchar *path = get_path (uri);
  gsize length = strcspn (self->name, "?");
  gsize size = strlen (path);

  if (size > length + 1 && path[size - length - 1] == '/'
      && strncmp (path + size - length, self->name, length) == 0)
    path[size - length - 1] = '\0';

  return *path ? add_query (path, g_uri_get_query (uri)) : g_strdup (self->app);
}

static gboolean
is_allowed (const GstDvrRtmpTarget * self, GUri * uri, guint port,
    gchar ** allowed)
{
  const gchar *host = g_uri_get_host (uri);
  g_autofree gchar *with_port = g_strdup_printf ("%s:%u", host, port);
  guint i;

  if (g_ascii_strcasecmp (host, self->host) == 0)
    return TRUE;
  for (i = 0; allowed && allowed[i]; i++)
    if (g_ascii_strcasecmp (allowed[i], host) == 0
        || g_ascii_strcasecmp (allowed[i], with_port) == 0)
      return TRUE;

  return FALSE;
}

/**
 * gst_dvr_rtmp_target_redirect:
 * @self: what was asked for
 * @location: where the server says it is
 * @allowed: (nullable): hosts, or host:port, that it may be at, beside the same
 * @error: says why it is not asked for there
 *
 * Returns: whether @self is there now
 */
gboolean
gst_dvr_rtmp_target_redirect (GstDvrRtmpTarget * self, const gchar * location,
    gchar ** allowed, GError ** error)
{
  g_autoptr (GUri) uri = NULL;
  gchar *app;
  guint port;

  if (!gst_dvr_rtmp_target_is_rtmp (location)) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_UNSUPPORTED_PROTOCOL,
        "the server sends us to %s, which is not rtmp://",
        GST_DVR_HTTP_SHOW (location));
    return FALSE;
  }
  uri = parse (location, error);
  if (uri == NULL)
    return FALSE;
  port = g_uri_get_port (uri) > 0 ? g_uri_get_port (uri) : DEFAULT_PORT;
  if (!is_allowed (self, uri, port, allowed)) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
        "the server sends us to %s:%u, which is not among allowed-hosts",
        g_uri_get_host (uri), port);
    return FALSE;
  }
  app = get_app (self, uri);
  g_free (self->host);
  g_free (self->app);
  g_free (self->tc_url);
  self->host = g_strdup (g_uri_get_host (uri));
  self->port = port;
  self->app = app;
  self->tc_url = make_tc_url (self);

  return TRUE;
}

void
gst_dvr_rtmp_target_clear (GstDvrRtmpTarget * self)
{
  g_free (self->host);
  g_free (self->app);
  g_free (self->tc_url);
  g_free (self->name);
}
