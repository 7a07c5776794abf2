/* gstdvrrelay.h: fills a segment from another one of the same name
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrsegment.h>

G_BEGIN_DECLS

typedef struct _GstDvrRelay GstDvrRelay;

/**
 * GstDvrRelayFunc:
 * @relay: the relay whose source failed; it has no source now
 * @source: what failed
 * @user_data: what was given
 *
 * To be answered by gst_dvr_relay_set_source() or gst_dvr_relay_fail(), now
 * or later. Called with no lock held, from the thread of the failing fetcher.
 */
typedef void (*GstDvrRelayFunc) (GstDvrRelay * relay, GstDvrSegment * source,
    gpointer user_data);

GstDvrRelay *   gst_dvr_relay_new        (GstDvrSegment * target,
                                          GstDvrRelayFunc failed,
                                          gpointer user_data,
                                          GDestroyNotify notify);
GstDvrRelay *   gst_dvr_relay_ref        (GstDvrRelay * self);
void            gst_dvr_relay_unref      (GstDvrRelay * self);
GstDvrSegment * gst_dvr_relay_get_target (GstDvrRelay * self);
void            gst_dvr_relay_set_source (GstDvrRelay * self,
                                          GstDvrSegment * source);
void            gst_dvr_relay_fail       (GstDvrRelay * self,
                                          guint status,
                                          const gchar * reason);

G_END_DECLS
