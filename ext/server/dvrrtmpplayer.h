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
void          dvr_rtmp_log_refusal (DvrServer * server,
                                   DvrRtmpConnection * connection,
                                   const gchar * stream,
                                   const DvrRtmpRefusal * refusal);
GstStructure * dvr_rtmp_client_describe (DvrRtmpConnection * connection,
                                   const gchar * stream,
                                   const gchar * query, gint64 position);
gboolean dvr_rtmp_player_may_play (DvrServer * server,
    const DvrRtmpAsk * ask, DvrRtmpRefusal * refusal);

G_END_DECLS
