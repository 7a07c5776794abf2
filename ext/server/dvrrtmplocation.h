/* dvrrtmplocation.h: rtmp:// addresses to listen on
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define DVR_RTMP_PORT 1935

/**
 * DvrRtmpLocation:
 * @host: address or name
 * @port: 0 = any free one
 * @path: what follows, without outer slashes; never %NULL
 */
typedef struct
{
  gchar *host;
  guint port;
  gchar *path;
} DvrRtmpLocation;

gboolean dvr_rtmp_location_parse (DvrRtmpLocation * location,
                                  const gchar * uri, GError ** error);
void     dvr_rtmp_location_clear (DvrRtmpLocation * location);

G_END_DECLS
