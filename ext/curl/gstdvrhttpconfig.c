/* gstdvrhttpconfig.c: how to speak HTTP, and to whom
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpclient.h"

GstDvrHttpConfig *
gst_dvr_http_config_new (void)
{
  return g_atomic_rc_box_new0 (GstDvrHttpConfig);
}

GstDvrHttpConfig *
gst_dvr_http_config_ref (GstDvrHttpConfig * config)
{
  return g_atomic_rc_box_acquire (config);
}

static void
config_clear (gpointer data)
{
  GstDvrHttpConfig *config = data;

  g_free (config->user_agent);
  g_strfreev (config->headers);
  g_free (config->ssl_ca_file);
  g_strfreev (config->allowed_hosts);
}

void
gst_dvr_http_config_unref (GstDvrHttpConfig * config)
{
  g_atomic_rc_box_release_full (config, config_clear);
}

static gint
get_port (GUri * uri)
{
  if (g_uri_get_port (uri) > 0)
    return g_uri_get_port (uri);

  return g_str_equal (g_uri_get_scheme (uri), "https") ? 443 : 80;
}

static gboolean
is_listed (gchar ** hosts, GUri * uri)
{
  g_autofree gchar *with_port = g_strdup_printf ("%s:%d",
      g_uri_get_host (uri), get_port (uri));
  guint i;

  for (i = 0; hosts && hosts[i]; i++)
    if (g_ascii_strcasecmp (hosts[i], g_uri_get_host (uri)) == 0
        || g_ascii_strcasecmp (hosts[i], with_port) == 0)
      return TRUE;

  return FALSE;
}

/**
 * gst_dvr_http_config_allows:
 * @config: a configuration
 * @base: the URI that names @uri: of a playlist, or of a redirect
 * @uri: an absolute URI
 *
 * What comes from the network may not send us elsewhere: only to the same
 * origin, or to the hosts allowed, over HTTP, and never from HTTPS down to it.
 *
 * Returns: whether @uri may be asked
 */
gboolean
gst_dvr_http_config_allows (const GstDvrHttpConfig * config,
    const gchar * base, const gchar * uri)
{
  g_autoptr (GUri) from = g_uri_parse (base, G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (GUri) to = g_uri_parse (uri, G_URI_FLAGS_ENCODED, NULL);
  gboolean secure;

  if (from == NULL || to == NULL || g_uri_get_host (from) == NULL
      || g_uri_get_host (to) == NULL)
    return FALSE;
  secure = g_str_equal (g_uri_get_scheme (to), "https");
  if (!secure && !g_str_equal (g_uri_get_scheme (to), "http"))
    return FALSE;
  if (!secure && g_str_equal (g_uri_get_scheme (from), "https"))
    return FALSE;
  if (g_str_equal (g_uri_get_scheme (from), g_uri_get_scheme (to))
      && g_ascii_strcasecmp (g_uri_get_host (from), g_uri_get_host (to)) == 0
      && get_port (from) == get_port (to))
    return TRUE;

  return is_listed (config->allowed_hosts, to);
}

static void
add_text (gchar * shown, const gchar * text, gsize length)
{
  gsize used = strlen (shown);

  length = MIN (length, GST_DVR_HTTP_SHOWN_SIZE - 1 - used);
  memcpy (shown + used, text, length);
  shown[used + length] = '\0';
}

/**
 * gst_dvr_http_show_uri:
 * @uri: a URI
 * @shown: (out caller-allocates): GST_DVR_HTTP_SHOWN_SIZE bytes
 *
 * What may be told of a URI: without who logs in, a token, and a query that is
 * not ours. Cut where it is too long.
 *
 * Returns: @shown
 */
const gchar *
gst_dvr_http_show_uri (const gchar * uri, gchar * shown)
{
  const gchar *host = strstr (uri, "://");
  const gchar *path, *at, *query = uri + strcspn (uri, "?");

  shown[0] = '\0';
  host = host && host < query ? host + 3 : uri;
  path = host + strcspn (host, "/?");
  at = g_strrstr_len (host, path - host, "@");
  add_text (shown, uri, host - uri);
  if (at) {
    add_text (shown, "...", 3);
    host = at;
  }
  add_text (shown, host, path - host);
  if (g_str_has_prefix (path, "/~")) {
    add_text (shown, "/~...", 5);
    path += 1 + strcspn (path + 1, "/?");
  }
  add_text (shown, path, query - path);
  if (*query && g_str_has_prefix (query + 1, "_HLS_"))
    add_text (shown, query, strlen (query));
  else if (*query)
    add_text (shown, "?...", 4);
  return shown;
}
