/* gstdvrrtmptell.h: what players tell of themselves, for an RTMP server
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrreport.h>

G_BEGIN_DECLS

typedef struct _GstDvrRtmpTell GstDvrRtmpTell;

/* From any thread. */
GstDvrRtmpTell * gst_dvr_rtmp_tell_new    (void);
void             gst_dvr_rtmp_tell_free   (GstDvrRtmpTell * self);
void             gst_dvr_rtmp_tell_report (GstDvrRtmpTell * self,
                                           const GstDvrReport * report,
                                           gint64 now);
void             gst_dvr_rtmp_tell_beyond (GstDvrRtmpTell * self,
                                           const gchar * session,
                                           GstClockTime time,
                                           gint64 now);
void             gst_dvr_rtmp_tell_viewer (GstDvrRtmpTell * self,
                                           gint64 now);

/* From the thread that speaks to the server. */
gboolean         gst_dvr_rtmp_tell_take   (GstDvrRtmpTell * self,
                                           gboolean recorded,
                                           gint64 now,
                                           GstDvrReportKind * kind,
                                           GstClockTime * position);
GstClockTime     gst_dvr_rtmp_tell_take_beyond (GstDvrRtmpTell * self);
gboolean         gst_dvr_rtmp_tell_is_stopped (GstDvrRtmpTell * self);
void             gst_dvr_rtmp_tell_reset  (GstDvrRtmpTell * self);

G_END_DECLS
