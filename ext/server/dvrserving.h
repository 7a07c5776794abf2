/* dvrserving.h: a server and the places it serves at
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrserversettings.h"

G_BEGIN_DECLS

typedef struct _DvrServing DvrServing;

DvrServing * dvr_serving_new  (DvrServer * server,
                               const DvrServerPlaces * places,
                               GError ** error);
void     dvr_serving_free     (DvrServing * self);
gint     dvr_serving_get_http_port (DvrServing * self);
gint     dvr_serving_get_rtmp_port (DvrServing * self);

G_END_DECLS
