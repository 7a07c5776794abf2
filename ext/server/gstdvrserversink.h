/* gstdvrserversink.h: serves streams to viewers and lower tiers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_DVR_SERVER_SINK (gst_dvr_server_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstDvrServerSink, gst_dvr_server_sink, GST,
    DVR_SERVER_SINK, GstElement)

GST_ELEMENT_REGISTER_DECLARE (dvrserversink);

G_END_DECLS
