/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpserversession-private.h: between what a server hears and what it says
 */
#ifndef __GST_RTMP_SERVER_SESSION_PRIVATE_H__
#define __GST_RTMP_SERVER_SESSION_PRIVATE_H__

#include "rtmpserversession.h"

G_BEGIN_DECLS

typedef enum
{
  GST_RTMP_STREAM_ASKED_NOTHING,
  GST_RTMP_STREAM_ASKED_PUBLISH,
  GST_RTMP_STREAM_ASKED_PLAY
} GstRtmpStreamAsked;

/* A NetStream */
typedef struct
{
  guint32 id;
  GstRtmpStreamAsked asked;
  gboolean publishing;
  gboolean playing;
  guint lane;                   /* of what it plays, or asks to */
  guint32 buffer_ms;            /* that the peer has; 0: untold */
  gboolean amf3;                /* as its last command */
  gchar *name;                  /* as the peer sent it */
  gchar *asked_name;            /* likewise; waits for its answer */
  gboolean flushes;             /* what it asks takes the place of what plays */
  GstRtmpClock clock;           /* of a publisher */
} GstRtmpServerStream;

struct _GstRtmpServerSession
{
  GstRtmpTransport *transport;
  GstRtmpServerFunc func;
  gpointer user_data;
  GstRtmpServerState state;
  GPtrArray *streams;           /* GstRtmpServerStream, at most max_streams */

  gdouble connect_transaction;
  guint32 buffer_ms;            /* what streams have that were told nothing */
  gboolean amf3;                /* objectEncoding 3 */
  guint caps_ex;
  gchar *fc_name;               /* of the last FCPublish */
  GQueue kept;                  /* of streams that wait for an answer */
  guint n_taken_back;           /* since the last answer */
};

GstRtmpServerStream * gst_rtmp_server_session_find (GstRtmpServerSession * s,
    guint32 id);
void gst_rtmp_server_session_dispatch (GstRtmpServerSession * s,
    const GstRtmpCommand * command);
gboolean gst_rtmp_server_session_same_name (const gchar * a,
    const gchar * b);
void gst_rtmp_server_session_send_command (GstRtmpServerSession * s,
    guint32 stream_id, gboolean amf3, GByteArray * body);
void gst_rtmp_server_session_send_fc (GstRtmpServerSession * s,
    const gchar * callback, const gchar * code, const gchar * name);

/* rtmpserverkept.c */
void gst_rtmp_server_session_hold (GstRtmpServerSession * s,
    GstRtmpServerStream * stream);
gboolean gst_rtmp_server_session_keep (GstRtmpServerSession * s,
    const GstRtmpCommand * command);
gboolean gst_rtmp_server_session_go_on (GstRtmpServerSession * s,
    guint32 stream_id, GError ** error);
void gst_rtmp_server_session_drop_kept (GstRtmpServerSession * s);

G_END_DECLS

#endif /* __GST_RTMP_SERVER_SESSION_PRIVATE_H__ */
