/* gstdvrproxystreams.h: the streams followed, and requests for them
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
void     gst_dvr_proxy_streams_answer (GstDvrProxyStreams * self,
                                      GstDvrRequest * request);
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
