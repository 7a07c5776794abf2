/* gstdvrproxyelements.h: what the files of this plugin share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_dvr_proxy_debug);

GST_ELEMENT_REGISTER_DECLARE (proxystreamsrc);

G_END_DECLS
