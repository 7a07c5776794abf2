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

DvrRange dvr_header_parse_range  (const gchar * value, guint64 size,
                                  guint64 * offset, guint64 * length);
gboolean dvr_header_etag_matches (const gchar * list, const gchar * etag);
gboolean dvr_header_accepts_gzip (const gchar * value);
gboolean dvr_header_count_hops   (const gchar * value, const gchar * own_id,
                                  guint * hops);

G_END_DECLS
