/* rtmpproxy.h: a proxystreamsrc before an RTMP server
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "proxyfixture.h"
#include "rtmpstub.h"

G_BEGIN_DECLS

/* No HTTP is in it. */
typedef struct
{
  Fixture f;
  RtmpStub *stub;
  GstBus *bus;
  gchar *temp;
} Rtmp;

void     rtmp_start (Rtmp * r, RtmpStubHandler handler, gpointer data,
                     const gchar * path);
void     rtmp_play  (Rtmp * r);
/* And nothing is left behind. */
void     rtmp_stop  (Rtmp * r);
/* Likewise, with another server as its backup. */
void     rtmp_set_backup (Rtmp * r, RtmpStub * stub, const gchar * path);
GstDvrTimeline * ask (Rtmp * r, const gchar * stream);
/* Returns: the status with which it ended, 0 when whole */
guint    fetch      (Rtmp * r, GstDvrSegmentKind kind, const gchar * stream,
                     const GstDvrEntry * entry, guint64 number);
/* Ten seconds, and then it stays. */
void     serve_live (RtmpStubClient * c, gpointer data);

gboolean is_open    (const GstDvrTimelineInfo * info);
gboolean is_failed  (const GstDvrTimelineInfo * info);
gboolean is_ended   (const GstDvrTimelineInfo * info);
/* Of the timeline @has_more_of: whether it has media behind a discontinuity. */
extern GstDvrTimeline *has_more_of;
gboolean has_another_run (const GstDvrTimelineInfo * info);
/* For gst_dvr_timeline_foreach(): the first such segment. */
gboolean find_discontinuity (const GstDvrEntry * entry, gpointer user_data);

G_END_DECLS
