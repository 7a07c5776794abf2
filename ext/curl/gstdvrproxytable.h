/* gstdvrproxytable.h: what is being fetched, and what is to be pushed
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrlink.h>

G_BEGIN_DECLS

typedef struct _GstDvrProxyTable GstDvrProxyTable;
typedef struct _GstDvrProxyTableStats GstDvrProxyTableStats;

/**
 * GstDvrProxyTableStats:
 * @fetches: things asked of upstream
 * @collapsed: requests that joined a fetch
 * @hits: requests met by what a fetch had left in somebody's hands
 * @failures: fetches that failed
 * @cancelled: fetches that never began, as all who asked for them gave up
 * @dropped: announcements dropped because too many were waiting
 * @in_flight: fetches under way
 */
struct _GstDvrProxyTableStats
{
  guint64 fetches;
  guint64 collapsed;
  guint64 hits;
  guint64 failures;
  guint64 cancelled;
  guint64 dropped;
  guint in_flight;
};

GstDvrProxyTable *gst_dvr_proxy_table_new   (void);
void              gst_dvr_proxy_table_unref (GstDvrProxyTable * self);

void              gst_dvr_proxy_table_start (GstDvrProxyTable * self);
void              gst_dvr_proxy_table_stop  (GstDvrProxyTable * self);
GstDvrSegment *   gst_dvr_proxy_table_obtain (GstDvrProxyTable * self,
                                             const GstDvrSegmentId * id,
                                             GstDvrRequest * request,
                                             GstDvrHow * how,
                                             gboolean * raised);
gboolean          gst_dvr_proxy_table_abandon (GstDvrProxyTable * self,
                                             GstDvrSegment * segment);
void              gst_dvr_proxy_table_get_stats (GstDvrProxyTable * self,
                                             GstDvrProxyTableStats * stats);

/* For the one thread that pushes. */
void              gst_dvr_proxy_table_set_flushing (GstDvrProxyTable * self,
                                             gboolean flushing);
void              gst_dvr_proxy_table_add_event (GstDvrProxyTable * self,
                                             GstEvent * event);
void              gst_dvr_proxy_table_wake  (GstDvrProxyTable * self);
GstMiniObject *   gst_dvr_proxy_table_pop   (GstDvrProxyTable * self,
                                             gint64 until);

G_END_DECLS
