/* dvrdebug.h: what the server says to who debugs it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GstDebugCategory * dvr_get_debug_category (void);

#define GST_CAT_DEFAULT (dvr_get_debug_category ())

G_END_DECLS
