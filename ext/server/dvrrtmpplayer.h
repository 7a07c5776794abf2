/* dvrrtmpplayer.h: a viewer over RTMP
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrrtmplistener.h"
#include "dvrserver.h"

G_BEGIN_DECLS

DvrRtmpRole * dvr_rtmp_player_new (DvrServer * server,
                                   DvrRtmpConnection * connection,
                                   const DvrRtmpAsk * ask,
                                   DvrRtmpRefusal * refusal);

G_END_DECLS
