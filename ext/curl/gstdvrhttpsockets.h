/* gstdvrhttpsockets.h: the sockets that libcurl waits for
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <curl/curl.h>
#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstDvrHttpSockets GstDvrHttpSockets;

GstDvrHttpSockets *gst_dvr_http_sockets_new  (CURLM * multi, GError ** error);
void               gst_dvr_http_sockets_free (GstDvrHttpSockets * self);
void               gst_dvr_http_sockets_wait (GstDvrHttpSockets * self,
                                              gint64 until);
void               gst_dvr_http_sockets_wake (GstDvrHttpSockets * self);

G_END_DECLS
