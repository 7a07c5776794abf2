/* gstsegmentcache.h: element that keeps the segments that pass
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_SEGMENT_CACHE (gst_segment_cache_get_type ())
G_DECLARE_FINAL_TYPE (GstSegmentCache, gst_segment_cache, GST, SEGMENT_CACHE,
    GstElement)

GST_ELEMENT_REGISTER_DECLARE (segmentcache);

G_END_DECLS
