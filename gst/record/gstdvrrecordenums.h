/* gstdvrrecordenums.h: the enumerations of rtmpdvrsink's properties
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_RTMP_DVR_SINK_FULL_DISK (gst_rtmp_dvr_sink_full_disk_get_type ())
#define GST_TYPE_RTMP_DVR_SINK_PUBLISH_TYPE \
  (gst_rtmp_dvr_sink_publish_type_get_type ())
#define GST_TYPE_RTMP_DVR_SINK_FSYNC (gst_rtmp_dvr_sink_fsync_get_type ())

GType gst_rtmp_dvr_sink_full_disk_get_type    (void);
GType gst_rtmp_dvr_sink_publish_type_get_type (void);
GType gst_rtmp_dvr_sink_fsync_get_type        (void);

G_END_DECLS
