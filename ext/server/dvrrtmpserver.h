/* dvrrtmpserver.h: the RTMP side of a server
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrserver.h"

G_BEGIN_DECLS

typedef struct _DvrRtmp DvrRtmp;

DvrRtmp * dvr_rtmp_new      (DvrServer * server, const gchar * host,
                             guint port, GError ** error);
guint     dvr_rtmp_get_port (DvrRtmp * self);
void      dvr_rtmp_free     (DvrRtmp * self);

G_END_DECLS
