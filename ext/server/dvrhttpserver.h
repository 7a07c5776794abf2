/* dvrhttpserver.h: the HTTP side of a server
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrserver.h"

G_BEGIN_DECLS

typedef struct _DvrHttp DvrHttp;

DvrHttp * dvr_http_new      (DvrServer * server, const gchar * host,
                             guint port, guint threads, gboolean admin,
                             GError ** error);
guint     dvr_http_get_port (DvrHttp * self);
void      dvr_http_free     (DvrHttp * self);

G_END_DECLS
