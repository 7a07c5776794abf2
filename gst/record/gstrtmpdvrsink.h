/* gstrtmpdvrsink.h: rtmpdvrsink, which records an FLV stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/base/gstbasesink.h>

G_BEGIN_DECLS

#define GST_TYPE_RTMP_DVR_SINK (gst_rtmp_dvr_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstRtmpDvrSink, gst_rtmp_dvr_sink, GST, RTMP_DVR_SINK,
    GstBaseSink)

GST_ELEMENT_REGISTER_DECLARE (rtmpdvrsink);

G_END_DECLS
