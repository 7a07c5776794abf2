/* gstdvrproxyanswer.h: requests for streams, and what is in them
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrproxystreams.h"

G_BEGIN_DECLS

void     gst_dvr_proxy_answer        (GstDvrProxyStreams * streams,
                                      GstDvrProxyTable * table,
                                      GstDvrRequest * request);

G_END_DECLS
