/* gstdvrrtmpspool.h: where what an RTMP server sends is kept meanwhile
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstDvrRtmpSpool GstDvrRtmpSpool;

/* One thread at a time. */
GstDvrRtmpSpool * gst_dvr_rtmp_spool_new       (const gchar * temp_dir);
void              gst_dvr_rtmp_spool_free      (GstDvrRtmpSpool * self);
gchar *           gst_dvr_rtmp_spool_make_path (GstDvrRtmpSpool * self);

/* From any thread. */
void              gst_dvr_rtmp_spool_remove    (const gchar * path);

G_END_DECLS
