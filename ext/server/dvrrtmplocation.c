/* dvrrtmplocation.c: rtmp:// addresses to listen on
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

#include "dvrrtmplocation.h"

static gchar *
trim_slashes (const gchar * path)
{
  gchar *trimmed;
  gsize length;

  while (path && *path == '/')
    path++;
  trimmed = g_strdup (path ? path : "");
  length = strlen (trimmed);
  while (length > 0 && trimmed[length - 1] == '/')
    trimmed[--length] = '\0';
  return trimmed;
}

/**
 * dvr_rtmp_location_parse:
 * @location: (out caller-allocates): the parts, until
 *   dvr_rtmp_location_clear()
 * @uri: (nullable): rtmp://address:port/path; the port is 1935 where there is
 *   none
 * @error: why not
 */
gboolean
dvr_rtmp_location_parse (DvrRtmpLocation * location, const gchar * uri,
    GError ** error)
{
  GUri *parsed = uri ? g_uri_parse (uri, G_URI_FLAGS_NONE, NULL) : NULL;
  const gchar *host = parsed ? g_uri_get_host (parsed) : NULL;

  memset (location, 0, sizeof (*location));
  if (!host || !*host || strcmp (g_uri_get_scheme (parsed), "rtmp") != 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "\"%s\" is not a location to listen on; it must look like "
        "rtmp://address:port/app/stream", uri ? uri : "");
    g_clear_pointer (&parsed, g_uri_unref);
    return FALSE;
  }
  location->host = g_strdup (host);
  location->port = g_uri_get_port (parsed) < 0 ? DVR_RTMP_PORT :
      g_uri_get_port (parsed);
  location->path = trim_slashes (g_uri_get_path (parsed));
  g_uri_unref (parsed);
  return TRUE;
}

void
dvr_rtmp_location_clear (DvrRtmpLocation * location)
{
  g_clear_pointer (&location->host, g_free);
  g_clear_pointer (&location->path, g_free);
}
