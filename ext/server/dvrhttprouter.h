/* dvrhttprouter.h: what a request line asks for
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Longest path and query taken; the names of real streams are far below. */
#define DVR_ROUTE_MAX_PATH 1024
#define DVR_ROUTE_MAX_QUERY 4096
/* What a part's number may be at most: a segment has far fewer. */
#define DVR_ROUTE_MAX_PART 99999

/**
 * DvrRouteKind:
 * @DVR_ROUTE_NOTHING: a good path to nothing: 404
 * @DVR_ROUTE_BAD: not a path this server takes: 400
 * @DVR_ROUTE_TOO_LONG: 414
 * @DVR_ROUTE_STATUS: the page for people
 * @DVR_ROUTE_METRICS: counters in Prometheus' text format
 * @DVR_ROUTE_HEALTHZ: whether the process lives
 * @DVR_ROUTE_READYZ: whether viewers may be sent here
 * @DVR_ROUTE_AUTH: whether a proxy may answer a request itself
 * @DVR_ROUTE_WINDOW: media playlist of the last `window`
 * @DVR_ROUTE_ALL: media playlist of everything
 * @DVR_ROUTE_MULTIVARIANT: multivariant playlist
 * @DVR_ROUTE_IFRAMES: I-frame playlist
 * @DVR_ROUTE_INIT: an init section
 * @DVR_ROUTE_SEGMENT: a segment
 * @DVR_ROUTE_PART: a part of a segment
 */
typedef enum
{
  DVR_ROUTE_NOTHING,
  DVR_ROUTE_BAD,
  DVR_ROUTE_TOO_LONG,
  DVR_ROUTE_STATUS,
  DVR_ROUTE_METRICS,
  DVR_ROUTE_HEALTHZ,
  DVR_ROUTE_READYZ,
  DVR_ROUTE_AUTH,
  DVR_ROUTE_WINDOW,
  DVR_ROUTE_ALL,
  DVR_ROUTE_MULTIVARIANT,
  DVR_ROUTE_IFRAMES,
  DVR_ROUTE_INIT,
  DVR_ROUTE_SEGMENT,
  DVR_ROUTE_PART
} DvrRouteKind;

/**
 * DvrRoute:
 * @kind: what is asked for
 * @stream: stream name, of playlists and media
 * @recording: recording id, of media
 * @number: sequence number, or the init section's index
 * @part: which part of the segment
 * @bad_query: the query breaks the rules of delivery directives
 * @skip: `_HLS_skip`: a delta update is wanted
 * @has_msn: `_HLS_msn` was given
 * @has_part: `_HLS_part` was given
 * @msn: its value
 * @hls_part: its value
 */
typedef struct
{
  DvrRouteKind kind;
  gchar *stream;
  gchar *recording;
  guint64 number;
  guint part;
  gboolean bad_query;
  gboolean skip;
  gboolean has_msn;
  gboolean has_part;
  guint64 msn;
  guint64 hls_part;
} DvrRoute;

void     dvr_route_parse   (DvrRoute * route, const gchar * uri);
void     dvr_route_clear   (DvrRoute * route);
const gchar * dvr_route_skip_authority (const gchar * uri);
const gchar * dvr_route_split_token (const gchar * uri, gchar ** token);

static inline gboolean
dvr_route_is_media (const DvrRoute * route)
{
  return route->kind >= DVR_ROUTE_INIT;
}

static inline gboolean
dvr_route_is_playlist (const DvrRoute * route)
{
  return route->kind >= DVR_ROUTE_WINDOW && route->kind <= DVR_ROUTE_IFRAMES;
}

G_END_DECLS
