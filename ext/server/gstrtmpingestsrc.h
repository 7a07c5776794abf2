/* gstrtmpingestsrc.h: takes an RTMP publisher in
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/base/gstpushsrc.h>

#include "dvrintake.h"

G_BEGIN_DECLS

#define GST_TYPE_RTMP_INGEST_SRC (gst_rtmp_ingest_src_get_type ())
G_DECLARE_FINAL_TYPE (GstRtmpIngestSrc, gst_rtmp_ingest_src, GST,
    RTMP_INGEST_SRC, GstPushSrc)

/* For dvrorigin, which listens itself. */
GstElement * gst_rtmp_ingest_src_new_for_intake (DvrIntake * intake);

GST_ELEMENT_REGISTER_DECLARE (rtmpingestsrc);

G_END_DECLS
