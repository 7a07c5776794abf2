/* gstdvrproxystreams.h: the streams followed
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrproxynames.h"
#include "gstdvrproxytable.h"
#include "gstdvrupstream.h"

G_BEGIN_DECLS

typedef struct _GstDvrProxyStreams GstDvrProxyStreams;
typedef struct _GstDvrProxyFound GstDvrProxyFound;

/**
 * GstDvrProxyFound:
 * @upstream: (nullable): where streams come from; %NULL: not started
 * @timeline: (nullable): the stream's; %NULL: it is not followed
 * @known: whether the name is
 * @poke: whether upstream is to be told that it is asked for
 */
struct _GstDvrProxyFound
{
  GstDvrUpstream *upstream;
  GstDvrTimeline *timeline;
  gboolean known;
  gboolean poke;
};

GstDvrProxyStreams *
         gst_dvr_proxy_streams_new   (GstElement * element,
                                      GstDvrProxyTable * table);
void     gst_dvr_proxy_streams_free  (GstDvrProxyStreams * self);
void     gst_dvr_proxy_streams_start (GstDvrProxyStreams * self,
                                      GstDvrUpstream * upstream);
void     gst_dvr_proxy_streams_stop  (GstDvrProxyStreams * self);
void     gst_dvr_proxy_streams_configure (GstDvrProxyStreams * self,
                                      GstDvrUpstreamConfig * config);
void     gst_dvr_proxy_streams_replace (GstDvrProxyStreams * self,
                                      GstDvrUpstream * upstream);
void     gst_dvr_proxy_streams_find  (GstDvrProxyStreams * self,
                                      const gchar * name,
                                      const gchar * path,
                                      GstDvrProxyFound * found);
void     gst_dvr_proxy_found_clear   (GstDvrProxyFound * found);
gboolean gst_dvr_proxy_streams_is_negative (const GstDvrTimelineInfo * info);
void     gst_dvr_proxy_streams_report (GstDvrProxyStreams * self,
                                      const gchar * name,
                                      GstEvent * report);
void     gst_dvr_proxy_streams_sweep (GstDvrProxyStreams * self,
                                      GstClockTime linger);
void     gst_dvr_proxy_streams_get_stats (GstDvrProxyStreams * self,
                                      GstStructure * stats);

void     gst_dvr_proxy_streams_set_name (GstDvrProxyStreams * self,
                                      const gchar * local,
                                      const gchar * remote);
gboolean gst_dvr_proxy_streams_add_name (GstDvrProxyStreams * self,
                                      const gchar * local,
                                      const gchar * remote);
gboolean gst_dvr_proxy_streams_remove_name (GstDvrProxyStreams * self,
                                      const gchar * local);
gchar ** gst_dvr_proxy_streams_list_names (GstDvrProxyStreams * self);

G_END_DECLS
