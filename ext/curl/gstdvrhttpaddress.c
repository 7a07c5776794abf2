/* gstdvrhttpaddress.c: where a stream's playlist is, and on whose behalf
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpupstream.h"

/**
 * gst_dvr_http_follow_get_uri:
 * @self: a stream
 * @location: index of a location
 *
 * Returns: (transfer full): where its playlist is there
 */
gchar *
gst_dvr_http_follow_get_uri (GstDvrHttpFollow * self, guint location)
{
  const GstDvrUpstreamConfig *config = self->upstream->config;
  const gchar *base = config->locations[location];
  g_autofree gchar *one = gst_dvr_upstream_get_one_name (base);
  const gchar *path = strstr (base, "://");
  gsize length;

  if (one && (config->token == NULL || path == NULL
          || strchr (path + 3, '/') == NULL))
    return g_strdup (base);
  if (one) {
    path = strchr (path + 3, '/');
    return g_strdup_printf ("%.*s/~%s%s", (int) (path - base), base,
        config->token, path);
  }
  for (length = strlen (base); length > 0 && base[length - 1] == '/';)
    length--;

  return g_strdup_printf ("%.*s%s%s/%s/%s.m3u8", (int) length, base,
      config->token ? "/~" : "", config->token ? config->token : "",
      self->remote, self->plain ? "index" : "dvr");
}

static gboolean
is_muxed (const GstDvrPlaylist * playlist, const GstDvrPlaylistVariant * v)
{
  guint i;

  for (i = 0; i < playlist->renditions->len; i++) {
    const GstDvrPlaylistRendition *r =
        &g_array_index (playlist->renditions, GstDvrPlaylistRendition, i);

    if (r->uri && ((g_str_equal (r->type, "AUDIO")
                && g_strcmp0 (r->group, v->audio) == 0)
            || (g_str_equal (r->type, "VIDEO")
                && g_strcmp0 (r->group, v->video) == 0)))
      return FALSE;
  }

  return TRUE;
}

/* Returns: (nullable): the best variant that holds all it plays */
static const GstDvrPlaylistVariant *
find_best (const GstDvrPlaylist * playlist)
{
  const GstDvrPlaylistVariant *best = NULL;
  guint i;

  for (i = 0; i < playlist->variants->len; i++) {
    const GstDvrPlaylistVariant *v =
        &g_array_index (playlist->variants, GstDvrPlaylistVariant, i);

    if (!v->i_frames && is_muxed (playlist, v)
        && (best == NULL || v->bandwidth > best->bandwidth))
      best = v;
  }

  return best;
}

/**
 * gst_dvr_http_follow_choose_variant:
 * @self: a stream
 * @playlist: the multivariant playlist that its location has
 * @tag: (out): what of it is not supported
 *
 * Says which playlist has the segments, for gst_dvr_http_follow_get_list_uri().
 *
 * Returns: FALSE if there is none
 */
gboolean
gst_dvr_http_follow_choose_variant (GstDvrHttpFollow * self,
    const GstDvrPlaylist * playlist, const gchar ** tag)
{
  g_autoptr (GstDvrHttpConfig) config =
      gst_dvr_http_client_get_config (self->upstream->client);
  const GstDvrPlaylistVariant *best = find_best (playlist);
  g_autofree gchar *uri = NULL;

  *tag = best ? "EXT-X-STREAM-INF within a variant" : "EXT-X-MEDIA with a URI";
  if (best == NULL || self->variant)
    return FALSE;
  uri = gst_dvr_resolve_uri (self->uri, best->uri,
      GST_DVR_URI_SAME_ORIGIN | GST_DVR_URI_ANY_HOST, NULL);
  *tag = "the origin of its EXT-X-STREAM-INF";
  if (uri == NULL || !gst_dvr_http_config_allows (config, self->uri, uri))
    return FALSE;
  self->variant = g_steal_pointer (&uri);

  return TRUE;
}

/**
 * gst_dvr_http_follow_get_list_uri:
 * @self: a stream
 *
 * Returns: (transfer full): where the playlist with its segments is, at the
 *   location asked: a variant, where that has a multivariant one
 */
gchar *
gst_dvr_http_follow_get_list_uri (GstDvrHttpFollow * self)
{
  return self->variant ? g_strdup (self->variant) :
      gst_dvr_http_follow_get_uri (self, self->location);
}

/**
 * gst_dvr_http_follow_get_base:
 * @self: a stream
 * @location: index of a location
 *
 * Returns: (transfer full): the URI that references in its playlist are
 *   relative to there
 */
gchar *
gst_dvr_http_follow_get_base (GstDvrHttpFollow * self, guint location)
{
  if (self->location != location)
    return gst_dvr_http_follow_get_uri (self, location);

  return self->uri ? g_strdup (self->uri) :
      gst_dvr_http_follow_get_list_uri (self);
}

/**
 * gst_dvr_http_follow_add_directives:
 * @self: a stream with a playlist
 * @uri: of that
 *
 * Returns: (transfer full): @uri with the directives of a blocked reload (RFC
 *   8216bis section 6.2.5)
 */
gchar *
gst_dvr_http_follow_add_directives (GstDvrHttpFollow * self, const gchar * uri)
{
  const GstDvrPlaylistHeader *header = &self->playlist->header;
  GString *text = g_string_new (uri);
  GstDvrTimelineInfo info;
  gint64 age = g_get_monotonic_time () - self->listed_at;

  if (self->awaits) {
    g_string_append_printf (text, "%c_HLS_msn=%" G_GUINT64_FORMAT,
        strchr (uri, '?') ? '&' : '?', self->awaited);
    if (self->awaited_part >= 0)
      g_string_append_printf (text, "&_HLS_part=%d", self->awaited_part);
    return g_string_free (text, FALSE);
  }
  gst_dvr_timeline_get_info (self->timeline, &info);
  g_string_append_printf (text, "%c_HLS_msn=%" G_GUINT64_FORMAT,
      strchr (uri, '?') ? '&' : '?', info.next - self->shift);
  if (header->part_target > 0)
    g_string_append_printf (text, "&_HLS_part=%u", info.open ? info.n_parts +
        gst_dvr_http_list_get_lead (self, info.next) : 0);
  /* only what a reader listed lately may be skipped */
  if (header->can_skip_until > 0 && !self->full
      && age < (gint64) (header->can_skip_until / 2 / GST_USECOND))
    g_string_append (text, "&_HLS_skip=YES");

  return g_string_free (text, FALSE);
}

/**
 * gst_dvr_http_follow_dup_path:
 * @self: a stream
 *
 * Returns: (transfer full) (nullable): on whose behalf it is asked for
 */
gchar *
gst_dvr_http_follow_dup_path (GstDvrHttpFollow * self)
{
  if (g_get_monotonic_time () < self->silent_until)
    return NULL;

  return gst_dvr_timeline_dup_path (self->timeline);
}

/**
 * gst_dvr_http_list_request:
 * @uri: where a playlist is
 * @path: (nullable): on whose behalf it is asked for
 *
 * Returns: a request for it; both strings must outlive it
 */
GstDvrHttpRequest
gst_dvr_http_list_request (const gchar * uri, const gchar * path)
{
  GstDvrHttpRequest request = {.uri = uri,.path = path };

  request.priority = GST_DVR_HTTP_PRIORITY_PLAYLIST;
  request.size = GST_DVR_HTTP_UNKNOWN;
  request.max_size = GST_DVR_PLAYLIST_MAX_BYTES;
  request.compressed = TRUE;

  return request;
}
