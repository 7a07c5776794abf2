/* dvrrtmpcalls.h: what clients over RTMP want to know of a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrrtmplistener.h"
#include "dvrserver.h"

G_BEGIN_DECLS

gboolean dvr_rtmp_answer_call (DvrServer * server,
                               DvrRtmpConnection * connection,
                               const DvrRtmpAsk * ask,
                               const GstRtmpServerEvent * event);

G_END_DECLS
