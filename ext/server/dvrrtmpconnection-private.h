/* dvrrtmpconnection-private.h: a connection's inside
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrrtmpshard.h"

G_BEGIN_DECLS

typedef enum
{
  DVR_RTMP_PUBLISHER,
  DVR_RTMP_PLAYER
} DvrRtmpRoleKind;

/* A NetStream that does something. */
typedef struct
{
  GList link;
  DvrRtmpRoleKind kind;
  DvrRtmpRole *role;
  DvrRtmpService *service;
  guint32 stream_id;
  gchar *stream;
  gint64 since;
  guint round;
} DvrRtmpSlot;

/* All of it is its loop's. */
struct _DvrRtmpConnection
{
  uv_tcp_t tcp;
  DvrRtmpShard *shard;
  GList link;
  guint64 id;
  gchar address[48];
  guint port;

  GstRtmpServerSession *session;
  GstRtmpConnect *connect;
  GQueue slots;
  guint round;                  /* of telling them that they may write */
  GPtrArray *greeted;
  GPtrArray *asked;             /* services that greet it later */
  DvrRtmpWeak *weak;

  gsize pending;
  guint64 sent;
  gint64 opened;
  gint64 last_progress;
  guint depth;
  guint n_calls;                /* that are answered later */
  gboolean reading;
  gboolean held;
  gboolean doomed;
  gboolean asked_to_leave;
  gboolean closing;
};

/* dvrrtmpconnectionroles.c: what the client asks for */
void     dvr_rtmp_connection_hear      (GstRtmpServerSession * session,
                                        const GstRtmpServerEvent * event,
                                        gpointer user_data);
void     dvr_rtmp_connection_end_roles (DvrRtmpConnection * self);
void     dvr_rtmp_connection_tell_writable (DvrRtmpConnection * self);

G_END_DECLS
