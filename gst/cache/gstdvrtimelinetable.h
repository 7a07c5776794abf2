/* gstdvrtimelinetable.h: the timelines that were asked for last
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrtimeline.h>

G_BEGIN_DECLS

typedef struct _GstDvrTimelineTable GstDvrTimelineTable;

GstDvrTimelineTable *
                 gst_dvr_timeline_table_new    (guint max);
void             gst_dvr_timeline_table_free   (GstDvrTimelineTable * self);
GstDvrTimeline * gst_dvr_timeline_table_find   (GstDvrTimelineTable * self,
                                                const gchar * stream);
void             gst_dvr_timeline_table_add    (GstDvrTimelineTable * self,
                                                GstDvrTimeline * timeline,
                                                guint64 max_bytes);
void             gst_dvr_timeline_table_remove (GstDvrTimelineTable * self,
                                                const gchar * stream);
void             gst_dvr_timeline_table_clear  (GstDvrTimelineTable * self);

G_END_DECLS
