/* gstdvrrtmptarget.h: what to ask an RTMP server for
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstDvrRtmpTarget GstDvrRtmpTarget;

/**
 * GstDvrRtmpTarget:
 * @host: name or address of the server
 * @port: its TCP port
 * @app: the application, maybe with an instance and a query
 * @tc_url: of the `connect` command: rtmp://host:port/app
 * @name: of the `play` command, maybe with a query
 */
struct _GstDvrRtmpTarget
{
  gchar *host;
  guint16 port;
  gchar *app;
  gchar *tc_url;
  gchar *name;
};

gboolean gst_dvr_rtmp_target_is_rtmp  (const gchar * location);
gboolean gst_dvr_rtmp_target_check    (const gchar * location,
                                       GError ** error);
gchar *  gst_dvr_rtmp_target_get_one_name (const gchar * location);
gboolean gst_dvr_rtmp_target_init     (GstDvrRtmpTarget * self,
                                       const gchar * location,
                                       const gchar * remote,
                                       const gchar * token,
                                       GError ** error);
gboolean gst_dvr_rtmp_target_redirect (GstDvrRtmpTarget * self,
                                       const gchar * location,
                                       gchar ** allowed,
                                       GError ** error);
void     gst_dvr_rtmp_target_clear    (GstDvrRtmpTarget * self);

G_END_DECLS
