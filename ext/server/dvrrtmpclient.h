/* dvrrtmpclient.h: what is known of a client over RTMP, and what it may have
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrrtmplistener.h"
#include "dvrserver.h"

G_BEGIN_DECLS

/* How long upstream may take to say what a stream is. */
#define DVR_RTMP_PENDING_TIME (10 * G_USEC_PER_SEC)

/* Where there is no such stream, and where the application says no. */
extern const DvrRtmpRefusal dvr_rtmp_no_stream, dvr_rtmp_not_allowed;

GstStructure * dvr_rtmp_client_describe    (DvrRtmpConnection * connection,
                                            const gchar * stream,
                                            const gchar * query,
                                            gint64 position);
DvrAccessEvent dvr_rtmp_client_make_event  (DvrRtmpConnection * connection,
                                            const gchar * name,
                                            const gchar * category);
void           dvr_rtmp_client_log_refusal (DvrServer * server,
                                            DvrRtmpConnection * connection,
                                            const gchar * stream,
                                            const DvrRtmpRefusal * refusal);
gboolean       dvr_rtmp_client_may_play    (DvrServer * server,
                                            const DvrRtmpAsk * ask,
                                            DvrRtmpRefusal * refusal);
gboolean       dvr_rtmp_client_find_stream (DvrServer * server,
                                            const gchar * name,
                                            DvrStream ** stream,
                                            DvrRtmpRefusal * refusal);

G_END_DECLS
