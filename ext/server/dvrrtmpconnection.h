/* dvrrtmpconnection.h: one RTMP client on its socket
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A connection lives in one loop, and all of this is called there. What it
 * does, publish or play, is a role: an object of the service that took it.
 */
#pragma once

#include "rtmp/rtmpblock.h"
#include "rtmp/rtmpserversession.h"

#include "dvrrtmploop.h"

G_BEGIN_DECLS

typedef struct _DvrRtmpConnection DvrRtmpConnection;
typedef struct _DvrRtmpShard DvrRtmpShard;
typedef struct _DvrRtmpRole DvrRtmpRole;
typedef struct _DvrRtmpWeak DvrRtmpWeak;

/**
 * DvrRtmpRole:
 * @event: the client says something about its stream, or asks to play something
 *   after it, which is to be answered
 * @writable: all that was written is on its way; more may be
 * @gone: the client has stopped or is gone: the role goes too
 *
 * What a service makes of a client. After @gone the connection does not know
 * it any more, and it must not touch the connection.
 */
struct _DvrRtmpRole
{
  void (*event) (DvrRtmpRole * self, const GstRtmpServerEvent * event);
  void (*writable) (DvrRtmpRole * self);
  void (*gone) (DvrRtmpRole * self);
};

void     dvr_rtmp_connection_open      (DvrRtmpShard * shard, gint fd);
void     dvr_rtmp_connection_close     (DvrRtmpConnection * self);
void     dvr_rtmp_connection_check     (DvrRtmpConnection * self, gint64 now);

GstRtmpServerSession *
         dvr_rtmp_connection_get_session (DvrRtmpConnection * self);
gchar *  dvr_rtmp_connection_make_stream_name (DvrRtmpConnection * self,
                                        const GstRtmpStreamName * name);
DvrRtmpLoop * dvr_rtmp_connection_get_loop (DvrRtmpConnection * self);
const gchar * dvr_rtmp_connection_get_address (DvrRtmpConnection * self,
                                        guint * port);
const gchar * dvr_rtmp_connection_get_app (DvrRtmpConnection * self);
const GstRtmpConnect *
         dvr_rtmp_connection_get_connect (DvrRtmpConnection * self);
GstStructure * dvr_rtmp_connection_describe (DvrRtmpConnection * self,
                                        const gchar * stream,
                                        const gchar * query);
guint64  dvr_rtmp_connection_get_id    (DvrRtmpConnection * self);
gint64   dvr_rtmp_connection_get_opened (DvrRtmpConnection * self);
guint64  dvr_rtmp_connection_get_sent  (DvrRtmpConnection * self);
void     dvr_rtmp_connection_ask_to_reconnect (DvrRtmpConnection * self);
void     dvr_rtmp_connection_greet     (DvrRtmpConnection * self,
                                        gpointer service, gboolean welcome);
void     dvr_rtmp_connection_leave     (DvrRtmpConnection * self,
                                        gpointer service);
void     dvr_rtmp_connection_end_role  (DvrRtmpConnection * self,
                                        DvrRtmpRole * role);

/* For who answers a client later: it may be gone by then. */
DvrRtmpWeak * dvr_rtmp_connection_get_weak (DvrRtmpConnection * self);
DvrRtmpConnection * dvr_rtmp_weak_get  (DvrRtmpWeak * weak);
void     dvr_rtmp_weak_post            (DvrRtmpWeak * weak,
                                        DvrRtmpTask task, gpointer data);
void     dvr_rtmp_weak_unref           (DvrRtmpWeak * weak);

gboolean dvr_rtmp_connection_begin_call (DvrRtmpConnection * self);
void     dvr_rtmp_connection_end_call  (DvrRtmpConnection * self);

gsize    dvr_rtmp_connection_get_pending (DvrRtmpConnection * self);
void     dvr_rtmp_connection_flush     (DvrRtmpConnection * self);
void     dvr_rtmp_connection_write     (DvrRtmpConnection * self,
                                        GstRtmpBlock ** blocks, guint n,
                                        gsize skip, gsize leave);
void     dvr_rtmp_connection_hold_input (DvrRtmpConnection * self,
                                        gboolean hold);

G_END_DECLS
