/* gstdvrorigin.h: records whatever is published under an app
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_DVR_ORIGIN (gst_dvr_origin_get_type ())
G_DECLARE_FINAL_TYPE (GstDvrOrigin, gst_dvr_origin, GST, DVR_ORIGIN, GstBin)

GST_ELEMENT_REGISTER_DECLARE (dvrorigin);

G_END_DECLS
