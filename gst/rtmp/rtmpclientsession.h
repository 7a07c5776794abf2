/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpclientsession.h: the client's end of an RTMP connection, sans I/O
 *
 *   gst_rtmp_client_session_connect()        once, at any time
 *   gst_rtmp_client_session_create_stream()  once connected
 *   gst_rtmp_client_session_play(), _publish(), ...
 *   gst_rtmp_client_session_feed()           bytes from the server -> events
 *   gst_rtmp_client_session_take_output()    bytes to the server
 *
 * Positions and lengths are milliseconds. Not thread-safe: one thread at a
 * time. Commands may be called from within the callback, feed and free may not.
 */
#ifndef __GST_RTMP_CLIENT_SESSION_H__
#define __GST_RTMP_CLIENT_SESSION_H__

#include "rtmpcommand.h"
#include "rtmpdata.h"
#include "rtmptransport.h"

G_BEGIN_DECLS

typedef struct _GstRtmpClientSession GstRtmpClientSession;

typedef enum
{
  GST_RTMP_CLIENT_CONNECTED,    /* info */
  GST_RTMP_CLIENT_REJECTED,     /* info, code; redirect if the server knows */
  GST_RTMP_CLIENT_STREAM,       /* stream_id was created */
  GST_RTMP_CLIENT_NO_STREAM,    /* createStream failed: info */
  GST_RTMP_CLIENT_STATUS,       /* onStatus: stream_id, code, info */
  GST_RTMP_CLIENT_PLAY_STATUS,  /* onPlayStatus: likewise */
  GST_RTMP_CLIENT_RESULT,       /* of a call: transaction, info its value */
  GST_RTMP_CLIENT_ERROR,        /* of a call: transaction, info */
  GST_RTMP_CLIENT_CONTROL,      /* StreamBegin, ...: control, stream_id */
  GST_RTMP_CLIENT_MEDIA,        /* message_type, timestamp, buffer */
  GST_RTMP_CLIENT_DATA,         /* data, timestamp, buffer */
  GST_RTMP_CLIENT_COMMAND,      /* command: the server calls us */
  GST_RTMP_CLIENT_CLOSE         /* the server wants to part */
} GstRtmpClientEventType;

/* Everything in it belongs to the session; ref what is to be kept. */
typedef struct
{
  GstRtmpClientEventType type;
  guint32 stream_id;
  guint transaction;
  const gchar *code;            /* never %NULL where there is an info */
  const gchar *redirect;
  const GstAmf *info;           /* may be %NULL */
  GstRtmpUserControlType control;
  GstRtmpMessageType message_type;
  gint64 timestamp;             /* ms, unwrapped */
  GstBuffer *buffer;
  const GstRtmpData *data;
  const GstRtmpCommand *command;
} GstRtmpClientEvent;

typedef void (*GstRtmpClientFunc) (GstRtmpClientSession * session,
    const GstRtmpClientEvent * event, gpointer user_data);

GstRtmpClientSession * gst_rtmp_client_session_new (
    const GstRtmpLimits * limits, GstRtmpDigest digest,
    GstRtmpClientFunc func, gpointer user_data);
void     gst_rtmp_client_session_free          (GstRtmpClientSession * s);

/* bytes */
gboolean gst_rtmp_client_session_feed          (GstRtmpClientSession * s,
    const guint8 * data, gsize size, GError ** error);
GBytes * gst_rtmp_client_session_take_output   (GstRtmpClientSession * s);

/* connection */
void     gst_rtmp_client_session_connect       (GstRtmpClientSession * s,
    const gchar * app, const gchar * tc_url, GstAmf * extra);
guint    gst_rtmp_client_session_create_stream (GstRtmpClientSession * s);
void     gst_rtmp_client_session_delete_stream (GstRtmpClientSession * s,
    guint32 stream_id);
guint    gst_rtmp_client_session_call          (GstRtmpClientSession * s,
    const gchar * name, ...) G_GNUC_NULL_TERMINATED;
void     gst_rtmp_client_session_ping          (GstRtmpClientSession * s,
    guint32 timestamp);

/* publishing */
void     gst_rtmp_client_session_publish       (GstRtmpClientSession * s,
    guint32 stream_id, const gchar * name, GstRtmpPublishType type);
gboolean gst_rtmp_client_session_send_media    (GstRtmpClientSession * s,
    guint32 stream_id, GstRtmpMessageType type, guint64 timestamp,
    GstBuffer * payload);

/* playing; positions in milliseconds, on the line of the media */
void     gst_rtmp_client_session_play          (GstRtmpClientSession * s,
    guint32 stream_id, const gchar * name, const GstRtmpPlay * play);
void     gst_rtmp_client_session_set_buffer_length (GstRtmpClientSession * s,
    guint32 stream_id, guint32 buffer_ms);
void     gst_rtmp_client_session_seek          (GstRtmpClientSession * s,
    guint32 stream_id, guint64 position);
void     gst_rtmp_client_session_seek_raw      (GstRtmpClientSession * s,
    guint32 stream_id, guint64 position);
void     gst_rtmp_client_session_start_transmit (GstRtmpClientSession * s,
    guint32 stream_id, guint64 position);
void     gst_rtmp_client_session_stop_transmit (GstRtmpClientSession * s,
    guint32 stream_id, guint64 position);
void     gst_rtmp_client_session_send          (GstRtmpClientSession * s,
    guint32 stream_id, const gchar * name, ...) G_GNUC_NULL_TERMINATED;

G_END_DECLS

#endif /* __GST_RTMP_CLIENT_SESSION_H__ */
