/* gstdvrupstream.c: where segments come from
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrrtmptarget.h"
#include "gstdvrupstream.h"

GstDvrUpstreamConfig *
gst_dvr_upstream_config_new (void)
{
  GstDvrUpstreamConfig *config = g_atomic_rc_box_new0 (GstDvrUpstreamConfig);

  config->http = gst_dvr_http_config_new ();

  return config;
}

GstDvrUpstreamConfig *
gst_dvr_upstream_config_ref (GstDvrUpstreamConfig * config)
{
  return g_atomic_rc_box_acquire (config);
}

static void
config_clear (gpointer data)
{
  GstDvrUpstreamConfig *config = data;

  g_strfreev (config->locations);
  gst_dvr_http_config_unref (config->http);
  g_free (config->token);
  g_free (config->temp_dir);
}

void
gst_dvr_upstream_config_unref (GstDvrUpstreamConfig * config)
{
  g_atomic_rc_box_release_full (config, config_clear);
}

static gboolean
is_http (const gchar * location)
{
  return g_ascii_strncasecmp (location, "http://", 7) == 0
      || g_ascii_strncasecmp (location, "https://", 8) == 0;
}

/* Whether one can stand in for the other. */
static gboolean
are_alike (const gchar * first, const gchar * second)
{
  return (is_http (first) && is_http (second))
      || (gst_dvr_rtmp_target_is_rtmp (first)
      && gst_dvr_rtmp_target_is_rtmp (second));
}

static gboolean
check_http (const gchar * location, GError ** error)
{
  g_autoptr (GUri) uri = g_uri_parse (location, G_URI_FLAGS_ENCODED, error);

  if (uri == NULL)
    return FALSE;
  if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0'
      || (g_uri_get_query (uri) && !g_str_has_suffix (g_uri_get_path (uri),
              ".m3u8"))) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
        "%s: a host is needed, and a query only fits a playlist", location);
    return FALSE;
  }

  return TRUE;
}

/* Whether segments can be fetched from an http(s)://, rtmp:// or file:// URI, or
 * a path. */
static gboolean
check_location (const gchar * location, GError ** error)
{
  g_autofree gchar *path = NULL;
  g_autofree gchar *scheme = g_uri_parse_scheme (location);

  if (is_http (location))
    return check_http (location, error);
  if (gst_dvr_rtmp_target_is_rtmp (location))
    return gst_dvr_rtmp_target_check (location, error);
  if (scheme && g_str_equal (scheme, "file")) {
    path = g_filename_from_uri (location, NULL, error);
    return path != NULL;
  }
  if (scheme && strstr (location, "://")) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_UNSUPPORTED_PROTOCOL,
        "%s: \"%s\" is not supported; use http, https, rtmp, file "
        "or a path", location, scheme);
    return FALSE;
  }
  if (*location == '\0') {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
        "the location is empty");
    return FALSE;
  }

  return TRUE;
}

/**
 * gst_dvr_upstream_get_one_name:
 * @location: a location
 *
 * A location may be a playlist or an RTMP stream itself, and so offer one
 * stream.
 *
 * Returns: (nullable) (transfer full): its path, for a playlist without the
 *   file's name: how the stream is called; NULL if @location offers many
 */
gchar *
gst_dvr_upstream_get_one_name (const gchar * location)
{
  g_autoptr (GUri) uri = NULL;
  const gchar *path, *slash;

  if (gst_dvr_rtmp_target_is_rtmp (location))
    return gst_dvr_rtmp_target_get_one_name (location);
  if (!is_http (location))
    return NULL;
  uri = g_uri_parse (location, G_URI_FLAGS_ENCODED_PATH, NULL);
  path = uri ? g_uri_get_path (uri) : NULL;
  if (path == NULL || !g_str_has_suffix (path, ".m3u8"))
    return NULL;
  while (*path == '/')
    path++;
  slash = strrchr (path, '/');
  if (slash == NULL)            /* http://host/name.m3u8 */
    return g_strndup (path, strlen (path) - strlen (".m3u8"));

  return g_strndup (path, slash - path);
}

/**
 * gst_dvr_upstream_config_check:
 * @config: with at least one location
 * @error: says what is wrong with its locations
 *
 * Returns: whether its locations can be used, and together
 */
gboolean
gst_dvr_upstream_config_check (const GstDvrUpstreamConfig * config,
    GError ** error)
{
  guint i;

  for (i = 0; config->locations[i]; i++) {
    if (!check_location (config->locations[i], error))
      return FALSE;
    if (i > 0 && !are_alike (config->locations[0], config->locations[i])) {
      g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_UNSUPPORTED_PROTOCOL,
          "%s: location and backup-locations must all be http(s), or all rtmp",
          config->locations[i]);
      return FALSE;
    }
  }

  return TRUE;
}

/**
 * gst_dvr_upstream_config_fits:
 * @first: a configuration
 * @second: another one
 *
 * Returns: whether an upstream can go from one to the other as it runs: between
 *   servers of one kind, or where nothing moves
 */
gboolean
gst_dvr_upstream_config_fits (const GstDvrUpstreamConfig * first,
    const GstDvrUpstreamConfig * second)
{
  return are_alike (first->locations[0], second->locations[0])
      || g_str_equal (first->locations[0], second->locations[0]);
}

/**
 * gst_dvr_upstream_new:
 * @config: with at least one location
 * @owner: copied
 * @error: says what is wrong with the location
 *
 * Returns: (transfer full) (nullable): the upstream of the kind that the first location
 *   names
 */
GstDvrUpstream *
gst_dvr_upstream_new (GstDvrUpstreamConfig * config,
    const GstDvrUpstreamOwner * owner, GError ** error)
{
  GstDvrUpstream *self;

  if (!gst_dvr_upstream_config_check (config, error))
    return NULL;
  if (is_http (config->locations[0]))
    self = gst_dvr_http_upstream_new (config, error);
  else if (gst_dvr_rtmp_target_is_rtmp (config->locations[0]))
    self = gst_dvr_rtmp_upstream_new (config);
  else
    self = gst_dvr_file_upstream_new (config);
  if (self == NULL)
    return NULL;
  self->ref_count = 1;
  self->owner = *owner;

  return self;
}

GstDvrUpstream *
gst_dvr_upstream_ref (GstDvrUpstream * self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

void
gst_dvr_upstream_unref (GstDvrUpstream * self)
{
  if (g_atomic_int_dec_and_test (&self->ref_count))
    self->klass->free (self);
}
