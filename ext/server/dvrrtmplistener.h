/* dvrrtmplistener.h: RTMP on an address and port, for all elements that name it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A listener takes connections in and hands what they ask for to services: one
 * takes publishers in, another plays. Elements of one process that name the
 * same address and port share a listener.
 */
#pragma once

#include "dvrrtmpconnection.h"

G_BEGIN_DECLS

/**
 * DvrRtmpAsk:
 * @stream: the stream's name: app and name, without any query
 * @query: (nullable): the query behind the name, else that behind the app
 * @stream_id: of the NetStream
 * @command: as it came
 * @missing: nobody has the stream: who may have it soon may take it
 */
typedef struct
{
  const gchar *stream;
  const gchar *query;
  guint32 stream_id;
  const GstRtmpCommand *command;
  gboolean missing;
} DvrRtmpAsk;

/**
 * DvrRtmpRefusal:
 * @code: of the status
 * @description: (nullable): why
 * @status: for the access log; 0: 404
 */
typedef struct
{
  const gchar *code;
  const gchar *description;
  guint status;
} DvrRtmpRefusal;

/**
 * DvrRtmpPublication:
 * @event: publish, unpublish
 * @stream: (nullable): what is published; %NULL where that can be no stream
 * @duration: how long it was, at its end, microseconds; -1 else
 * @refusal: (nullable): why it may not be
 */
typedef struct
{
  const gchar *event;
  const gchar *stream;
  gint64 duration;
  const DvrRtmpRefusal *refusal;
} DvrRtmpPublication;

/**
 * DvrRtmpGreeting:
 * @DVR_RTMP_WELCOME: it may connect
 * @DVR_RTMP_REFUSED: there are too many
 * @DVR_RTMP_ASKED: dvr_rtmp_connection_greet() will tell
 */
typedef enum
{
  DVR_RTMP_WELCOME,
  DVR_RTMP_REFUSED,
  DVR_RTMP_ASKED
} DvrRtmpGreeting;

/**
 * DvrRtmpService:
 * @publish: (nullable): takes a publisher in. The role answers it itself, at
 *   once or later
 * @play: (nullable): likewise for a player
 * @call: (nullable): answers a call that is not a role's; FALSE if it is
 *   nothing that this service knows
 * @connected: (nullable): somebody wants to connect
 * @disconnected: (nullable): who was welcome is gone
 * @check: (nullable): looks after a connection, once a second
 * @published: (nullable): somebody publishes, to whichever service, does so no
 *   more, or may not
 *
 * All are called in the connection's loop. A service that refuses without
 * setting a code lets the next one try.
 */
typedef struct _DvrRtmpService DvrRtmpService;
struct _DvrRtmpService
{
  DvrRtmpRole * (*publish) (DvrRtmpService * self,
      DvrRtmpConnection * connection, const DvrRtmpAsk * ask,
      DvrRtmpRefusal * refusal);
  DvrRtmpRole * (*play) (DvrRtmpService * self,
      DvrRtmpConnection * connection, const DvrRtmpAsk * ask,
      DvrRtmpRefusal * refusal);
  gboolean (*call) (DvrRtmpService * self, DvrRtmpConnection * connection,
      const DvrRtmpAsk * ask, const GstRtmpServerEvent * event);
  DvrRtmpGreeting (*connected) (DvrRtmpService * self,
      DvrRtmpConnection * connection);
  void (*disconnected) (DvrRtmpService * self,
      DvrRtmpConnection * connection);
  void (*check) (DvrRtmpService * self, DvrRtmpConnection * connection);
  void (*published) (DvrRtmpService * self, DvrRtmpConnection * connection,
      const DvrRtmpPublication * what);
};

typedef struct _DvrRtmpListener DvrRtmpListener;

DvrRtmpListener * dvr_rtmp_listener_open (const gchar * host, guint port,
                                          GError ** error);
void     dvr_rtmp_listener_close          (DvrRtmpListener * self);
guint    dvr_rtmp_listener_get_port       (DvrRtmpListener * self);
void     dvr_rtmp_listener_add_service    (DvrRtmpListener * self,
                                           DvrRtmpService * service);
void     dvr_rtmp_listener_remove_service (DvrRtmpListener * self,
                                           DvrRtmpService * service);

GPtrArray * dvr_rtmp_listener_get_services (DvrRtmpListener * self);

G_END_DECLS
