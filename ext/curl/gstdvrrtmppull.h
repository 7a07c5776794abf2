/* gstdvrrtmppull.h: a stream of an RTMP server, recorded as it comes
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrupstream.h"

G_BEGIN_DECLS

typedef struct _GstDvrRtmpPull GstDvrRtmpPull;
typedef struct _GstDvrRtmpPullStats GstDvrRtmpPullStats;

/**
 * GstDvrRtmpPullStats:
 * @bytes: bytes received
 * @connections: times a server accepted us
 * @failures: times a connection failed or broke
 */
struct _GstDvrRtmpPullStats
{
  guint64 bytes;
  guint64 connections;
  guint64 failures;
};

GstDvrRtmpPull * gst_dvr_rtmp_pull_new  (const GstDvrUpstreamOwner * owner,
                                         GstDvrUpstreamConfig * config,
                                         const gchar * directory,
                                         const gchar * local,
                                         const gchar * remote,
                                         guint64 last);
void             gst_dvr_rtmp_pull_start (GstDvrRtmpPull * self);
void             gst_dvr_rtmp_pull_postpone (GstDvrRtmpPull * self);
GstDvrRtmpPull * gst_dvr_rtmp_pull_ref  (GstDvrRtmpPull * self);
void             gst_dvr_rtmp_pull_unref (GstDvrRtmpPull * self);
void             gst_dvr_rtmp_pull_join (GstDvrRtmpPull * self);

/* From any thread. */
GstDvrTimeline * gst_dvr_rtmp_pull_get_timeline (GstDvrRtmpPull * self);
void             gst_dvr_rtmp_pull_fetch (GstDvrRtmpPull * self,
                                         GstDvrSegment * segment,
                                         GstDvrPriority priority);
void             gst_dvr_rtmp_pull_report (GstDvrRtmpPull * self,
                                         GstEvent * event);
void             gst_dvr_rtmp_pull_poke (GstDvrRtmpPull * self);
void             gst_dvr_rtmp_pull_configure (GstDvrRtmpPull * self,
                                         GstDvrUpstreamConfig * config);
void             gst_dvr_rtmp_pull_stop (GstDvrRtmpPull * self);
gboolean         gst_dvr_rtmp_pull_is_done (GstDvrRtmpPull * self);
void             gst_dvr_rtmp_pull_get_stats (GstDvrRtmpPull * self,
                                         GstDvrRtmpPullStats * stats);

G_END_DECLS
