/* gstdvrsrc.h: source element for dvr:// and dvrs://
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_DVR_SRC (gst_dvr_src_get_type ())
G_DECLARE_FINAL_TYPE (GstDvrSrc, gst_dvr_src, GST, DVR_SRC, GstBin)

GST_ELEMENT_REGISTER_DECLARE (dvrsrc);

G_END_DECLS
