/* gstdvrrtmpprobe.h: whether an RTMP server has a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrrtmpplay.h"
#include "gstdvrupstream.h"

G_BEGIN_DECLS

typedef struct _GstDvrRtmpProbe GstDvrRtmpProbe;

/**
 * GstDvrRtmpProbeState:
 * @GST_DVR_RTMP_PROBE_PENDING: it is not known yet
 * @GST_DVR_RTMP_PROBE_LIVE: media comes, and goes on to
 * @GST_DVR_RTMP_PROBE_NOTHING: it does not
 */
typedef enum
{
  GST_DVR_RTMP_PROBE_PENDING,
  GST_DVR_RTMP_PROBE_LIVE,
  GST_DVR_RTMP_PROBE_NOTHING
} GstDvrRtmpProbeState;

GstDvrRtmpEnd     gst_dvr_rtmp_visit     (GstDvrRtmpPlay * play,
                                          const GstDvrUpstreamConfig * config,
                                          guint location,
                                          const gchar * remote,
                                          gint64 start,
                                          const GstDvrRtmpPatience * patience,
                                          gchar ** reason);

GstDvrRtmpProbe * gst_dvr_rtmp_probe_new (GstDvrUpstreamConfig * config,
                                          guint location,
                                          const gchar * remote);
void              gst_dvr_rtmp_probe_free (GstDvrRtmpProbe * self);
GstDvrRtmpProbeState
                  gst_dvr_rtmp_probe_get (GstDvrRtmpProbe * self);

G_END_DECLS
