/* dvrhttpplaylist.c: serving playlists
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Delivery directives as RFC 8216bis section 6.2.5 has them.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrhttpclient.h"
#include "dvrplaylistcache.h"

/* What `_HLS_msn` and `_HLS_part` ask for. */
typedef struct
{
  guint64 msn;
  guint64 part;
} Wanted;

/* A part beyond a segment's last one is the first of the next. */
static Wanted
get_wanted (const DvrRoute * route, DvrStream * stream,
    const GstDvrTimelineInfo * info)
{
  Wanted wanted = { route->msn, route->hls_part };
  GArray *parts;

  if (!route->has_part) {
    wanted.part = DVR_WHOLE_SEGMENT;
  } else if (wanted.msn + 1 == info->next) {
    parts = gst_dvr_timeline_get_parts (stream->timeline, wanted.msn);
    if (parts && parts->len > 0 && wanted.part >= parts->len) {
      wanted.msn++;
      wanted.part = 0;
    }
    g_clear_pointer (&parts, g_array_unref);
  }
  return wanted;
}

static gboolean
is_there (const GstDvrTimelineInfo * info, const Wanted * wanted)
{
  if (info->next > wanted->msn)
    return TRUE;
  return info->open && info->next == wanted->msn
      && info->n_parts > wanted->part;
}

/* Section 6.2.5.2: at most two segments ahead, or three parts, more where
 * they are shorter than a second. */
static gboolean
is_too_far (const GstDvrTimelineInfo * info, const Wanted * wanted)
{
  guint64 limit = 3;

  if (wanted->msn > info->next + 1)
    return TRUE;
  if (wanted->part == DVR_WHOLE_SEGMENT || wanted->msn != info->next)
    return FALSE;
  if (info->part_duration > 0 && info->part_duration < GST_SECOND)
    limit = (3 * GST_SECOND + info->part_duration - 1) / info->part_duration;
  return wanted->part >= info->n_parts + limit;
}

/* A tier that lags behind first waits one part before it says no. */
static enum MHD_Result
wait_ahead (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info, guint serial)
{
  if (client->ahead && dvr_client_deadline_is_over (client))
    return dvr_reply_error (client, MHD_HTTP_BAD_REQUEST,
        "_HLS_msn or _HLS_part is too far ahead");
  if (!client->ahead) {
    client->ahead = TRUE;
    client->deadline = 0;
    dvr_client_set_deadline (client, info->part_duration > 0 ?
        info->part_duration : GST_SECOND);
  }
  return dvr_client_wait (client, stream->changes, serial, DVR_WANT_CHANGE,
      info->version, 0);
}

/* Most players give up on a list of parts alone: in a stream's first seconds
 * they get it with the first whole segment. Tiers know what to do with parts.
 * Returns: whether to answer now; else @result has been decided */
static gboolean
has_begun (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info, guint serial, enum MHD_Result *result)
{
  if (info->first < info->next || !info->open || client->headers.hops > 0)
    return TRUE;
  dvr_client_set_deadline (client, 3 * dvr_get_target_duration (info));
  if (dvr_client_deadline_is_over (client))
    return TRUE;
  *result = dvr_client_wait (client, stream->changes, serial, DVR_WANT_PART,
      info->next, DVR_WHOLE_SEGMENT);
  return FALSE;
}

/* Returns: whether to answer now; else @result has been decided */
static gboolean
is_due (DvrClient * client, DvrStream * stream, const GstDvrTimelineInfo * info,
    guint serial, enum MHD_Result *result)
{
  Wanted wanted;

  if (info->state != GST_DVR_TIMELINE_OPEN)
    return TRUE;
  if (!client->route.has_msn)
    return has_begun (client, stream, info, serial, result);
  wanted = get_wanted (&client->route, stream, info);
  if (is_there (info, &wanted))
    return TRUE;
  if (is_too_far (info, &wanted)) {
    *result = wait_ahead (client, stream, info, serial);
    return FALSE;
  }

  if (client->ahead)
    client->deadline = 0;
  client->ahead = FALSE;
  dvr_client_set_deadline (client, 3 * dvr_get_target_duration (info));
  if (dvr_client_deadline_is_over (client))
    *result = dvr_reply_error (client, MHD_HTTP_SERVICE_UNAVAILABLE,
        "nothing new within three target durations");
  else
    *result = dvr_client_wait (client, stream->changes, serial, DVR_WANT_PART,
        wanted.msn, wanted.part);
  return FALSE;
}

static DvrPlaylistRendering *
get_rendering (DvrClient * client, DvrStream * stream)
{
  DvrServer *server = client->server;
  const DvrRoute *route = &client->route;
  DvrPlaylistConfig config = {
    .window = dvr_get (server->window),
    .low_latency = dvr_get (server->low_latency) != 0,
    .part_hold_back = dvr_get (server->part_hold_back),
    .smart_seek = dvr_get (server->allow_smart_seek) != 0,
    .cors_origin = server->cors_origin
  };
  DvrPlaylistKind kind = DVR_PLAYLIST_WINDOW;
  DvrPlaylistRendering *rendering = NULL;

  if (route->kind == DVR_ROUTE_ALL)
    kind = DVR_PLAYLIST_ALL;
  else if (route->kind == DVR_ROUTE_IFRAMES)
    kind = DVR_PLAYLIST_IFRAMES;

  if (route->skip && kind != DVR_PLAYLIST_IFRAMES) {
    rendering = dvr_playlists_get (stream->playlists, kind, TRUE, &config);
    /* Who was away for so long that it would miss lines gets all of them. */
    if (rendering && route->has_msn
        && dvr_playlist_rendering_get_skipped_to (rendering) > route->msn)
      g_clear_pointer (&rendering, dvr_playlist_rendering_unref);
  }
  if (!rendering)
    rendering = dvr_playlists_get (stream->playlists, kind, FALSE, &config);
  return rendering;
}

/* Sends a playlist to @client. */
enum MHD_Result
dvr_http_reply_rendering (DvrClient * client, DvrPlaylistRendering * rendering,
    const GstDvrTimelineInfo * info)
{
  struct MHD_Response *response = NULL;
  gchar cache_control[32] = "max-age=1";

  if (info->state == GST_DVR_TIMELINE_ENDED)
    g_snprintf (cache_control, sizeof (cache_control), "max-age=%u",
        (guint) (dvr_get_target_duration (info) / GST_SECOND));
  if (rendering)
    response =
        dvr_playlist_rendering_get_response (rendering, client->headers.gzip,
        cache_control, client->server->cors_origin, info->stale);
  if (!response)
    return dvr_reply_error (client, MHD_HTTP_SERVICE_UNAVAILABLE,
        "the playlist cannot be made just now");
  dvr_count (client->server->stats.requests_playlist, 1);
  client->status = MHD_HTTP_OK;
  client->promised =
      dvr_playlist_rendering_get_size (rendering, client->headers.gzip);
  client->context = info->stale ? "stale" : "hit";
  return MHD_queue_response (client->connection, MHD_HTTP_OK, response);
}

/**
 * dvr_http_serve_playlist:
 * @client: a client that asks for a playlist
 *
 * Returns: what the access handler returns
 */
enum MHD_Result
dvr_http_serve_playlist (DvrClient * client)
{
  GstDvrTimelineInfo info;
  DvrPlaylistRendering *rendering;
  enum MHD_Result result;
  DvrStream *stream;
  guint serial;

  if (client->route.bad_query)
    return dvr_reply_error (client, MHD_HTTP_BAD_REQUEST,
        "bad delivery directive");
  result = dvr_http_get_stream (client, &stream, &info, &serial);
  if (!stream)
    return result;

  if (client->route.kind == DVR_ROUTE_MULTIVARIANT) {
    result = dvr_http_serve_multivariant (client, stream, &info);
  } else if (is_due (client, stream, &info, serial, &result)) {
    rendering = get_rendering (client, stream);
    result = dvr_http_reply_rendering (client, rendering, &info);
    g_clear_pointer (&rendering, dvr_playlist_rendering_unref);
  }
  dvr_stream_unref (stream);
  return result;
}
