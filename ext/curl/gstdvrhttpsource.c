/* gstdvrhttpsource.c: origins whose names say nothing beyond them
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Names of our own recordings say what bytes they stand for, wherever those come
 * from. At any other origin `segment17.m4s` is whatever that calls so: what one
 * of them listed is asked of that one alone, and another one is another
 * recording, even if it has the same names. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpupstream.h"

/* Origins remembered per stream. */
#define MAX_SOURCES 256

static void
source_free (gpointer data)
{
  GstDvrHttpSource *source = data;

  g_free (source->name);
  g_free (source->base);
  g_free (source);
}

GPtrArray *
gst_dvr_http_sources_new (void)
{
  return g_ptr_array_new_with_free_func (source_free);
}

/**
 * gst_dvr_http_source_get_name:
 * @follow: a stream
 * @location: index of a location
 *
 * Returns: (transfer full): which origin that is, without what is secret
 */
gchar *
gst_dvr_http_source_get_name (GstDvrHttpFollow * follow, guint location)
{
  const gchar *uri = follow->upstream->config->locations[location];
  const gchar *host = strstr (uri, "://");
  const gchar *at;

  host = host ? host + 3 : uri;
  at = memchr (host, '@', strcspn (host, "/?#"));
  if (at)
    host = at + 1;

  return g_strdup_printf ("%.*s\n%s", (int) strcspn (host, "?#"), host,
      follow->remote);
}

/**
 * gst_dvr_http_source_find:
 * @follow: a stream
 * @location: index of a location
 *
 * Returns: (transfer none) (nullable): the origin at that location, as long as
 *   the stream is followed; NULL where there were too many
 */
GstDvrHttpSource *
gst_dvr_http_source_find (GstDvrHttpFollow * follow, guint location)
{
  g_autofree gchar *name = gst_dvr_http_source_get_name (follow, location);
  GstDvrHttpSource *source = NULL;
  guint i;

  for (i = 0; i < follow->sources->len && source == NULL; i++) {
    source = g_ptr_array_index (follow->sources, i);
    if (!g_str_equal (source->name, name))
      source = NULL;
  }
  if (source == NULL && follow->sources->len == MAX_SOURCES)
    return NULL;
  if (source == NULL) {
    source = g_new0 (GstDvrHttpSource, 1);
    source->name = g_steal_pointer (&name);
    g_ptr_array_add (follow->sources, source);
  }
  if (source->base == NULL || follow->location == location) {
    g_free (source->base);
    source->base = gst_dvr_http_follow_get_base (follow, location);
  }

  return source;
}

/**
 * gst_dvr_http_source_of:
 * @source: (nullable): an origin
 * @uri: (nullable): a reference in its playlist
 *
 * Returns: (nullable): @source, or NULL where @uri says by itself what it is
 */
const GstDvrHttpSource *
gst_dvr_http_source_of (const GstDvrHttpSource * source, const gchar * uri)
{
  GstDvrFileName name;

  return uri && gst_dvr_parse_file_name (uri, &name) ? NULL : source;
}

/**
 * gst_dvr_http_source_locate:
 * @follow: a stream
 * @source: an origin
 *
 * Returns: which location it is now, or GST_DVR_HTTP_NOWHERE
 */
guint
gst_dvr_http_source_locate (GstDvrHttpFollow * follow,
    const GstDvrHttpSource * source)
{
  guint i, n = g_strv_length (follow->upstream->config->locations);

  for (i = 0; i < n; i++) {
    g_autofree gchar *name = gst_dvr_http_source_get_name (follow, i);

    if (g_str_equal (name, source->name))
      return i;
  }

  return GST_DVR_HTTP_NOWHERE;
}
