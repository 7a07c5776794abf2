/* dvrhttpheaders.h: reading the request headers that matter here
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A request that has gone through more caches than this is in a loop. */
#define DVR_MAX_HOPS 8

/**
 * DvrRange:
 * @DVR_RANGE_WHOLE: no range, or one that is to be ignored
 * @DVR_RANGE_PART: one range that can be met
 * @DVR_RANGE_BAD: 416
 */
typedef enum
{
  DVR_RANGE_WHOLE,
  DVR_RANGE_PART,
  DVR_RANGE_BAD
} DvrRange;

/* CMCD-Object, CMCD-Request, CMCD-Session, CMCD-Status */
#define DVR_N_CMCD_HEADERS 4

/**
 * DvrRequestHeaders:
 * @range: (nullable): Range
 * @if_range: (nullable): If-Range
 * @if_none_match: (nullable): If-None-Match
 * @forwarded_for: (nullable): X-Forwarded-For
 * @host: (nullable): Host
 * @original_uri: (nullable): X-Original-URI, what a server in front of this one
 *   was asked for
 * @agent: (nullable): User-Agent
 * @cmcd: (nullable): CMCD-Object, -Request, -Session and -Status
 * @forwarded: whether it says that it comes from another server
 * @gzip: whether the answer may be compressed
 * @loop: whether it came through here before, or through too many caches
 * @has_body: whether a body follows
 * @hops: how many caches it has gone through
 * @hosts: how many Host headers there are
 *
 * The headers that matter. Strings belong to the one who read the request: here
 * to libmicrohttpd, which keeps them while it is at it.
 */
typedef struct
{
  const gchar *range;
  const gchar *if_range;
  const gchar *if_none_match;
  const gchar *forwarded_for;
  const gchar *host;
  const gchar *original_uri;
  const gchar *agent;
  const gchar *cmcd[DVR_N_CMCD_HEADERS];
  gboolean forwarded;
  gboolean gzip;
  gboolean loop;
  gboolean has_body;
  guint hops;
  guint hosts;
} DvrRequestHeaders;

DvrRange dvr_header_parse_range  (const gchar * value, guint64 size,
                                  guint64 * offset, guint64 * length);
gboolean dvr_header_etag_matches (const gchar * list, const gchar * etag);
gboolean dvr_header_accepts_gzip (const gchar * value);
gboolean dvr_header_count_hops   (const gchar * value, const gchar * own_id,
                                  guint * hops);
void     dvr_request_headers_take (DvrRequestHeaders * headers,
                                  const gchar * key, const gchar * value);

G_END_DECLS
