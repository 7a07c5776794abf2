/* gstproxystreamsrc.h: pulls segments from upstream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_PROXY_STREAM_SRC (gst_proxy_stream_src_get_type ())
G_DECLARE_FINAL_TYPE (GstProxyStreamSrc, gst_proxy_stream_src, GST,
    PROXY_STREAM_SRC, GstElement)

GST_ELEMENT_REGISTER_DECLARE (proxystreamsrc);

G_END_DECLS
