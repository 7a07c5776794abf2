/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpserversession.h: the server's end of an RTMP connection, sans I/O
 *
 * Bytes are fed in; events come out of a callback; actions answer them; bytes
 * to send are taken out.
 *
 *   gst_rtmp_server_session_feed()         bytes from the peer -> events
 *   gst_rtmp_server_session_accept_*()     answers to events,
 *   gst_rtmp_server_session_reject_*()     at once or later
 *   gst_rtmp_server_session_send_*()       to a player
 *   gst_rtmp_server_session_take_output()  bytes to the peer
 *   gst_rtmp_server_session_close()        the connection is gone
 *
 * CONNECT, PUBLISH and PLAY wait for an answer: until CONNECT and PUBLISH have
 * theirs nothing more of the peer is parsed (wants_input() is %FALSE meanwhile),
 * while PLAY holds up only what is for its own stream. A PLAY that is followed by
 * STOP, or by one that flushes, before it is answered is to be forgotten.
 *
 * Not thread-safe: one thread at a time. Actions may be called from within the
 * callback; feed, close and free may not. There is no clock here: idle peers, and
 * half a handshake, are the caller's to drop.
 */
#ifndef __GST_RTMP_SERVER_SESSION_H__
#define __GST_RTMP_SERVER_SESSION_H__

#include "rtmpcommand.h"
#include "rtmpdata.h"
#include "rtmpdvrinfo.h"
#include "rtmptransport.h"

G_BEGIN_DECLS

typedef struct _GstRtmpServerSession GstRtmpServerSession;

typedef enum
{
  GST_RTMP_SERVER_CONNECT,      /* command->connect; accept or reject */
  GST_RTMP_SERVER_PUBLISH,      /* command->stream, publish_type; likewise */
  GST_RTMP_SERVER_PLAY,         /* command->stream, play; likewise. May come
                                 * again while playing: a new item, or with
                                 * queue_play() one for later */
  GST_RTMP_SERVER_PLAY2,        /* command->stream, play, play2: another takes
                                 * the place of what plays. Other transitions
                                 * come as PLAY and STOP */
  GST_RTMP_SERVER_UNPUBLISH,    /* the publisher on stream_id is gone */
  GST_RTMP_SERVER_STOP,         /* the player on stream_id is gone */
  GST_RTMP_SERVER_PAUSE,        /* pause, pauseRaw: flag, position;
                                 * send_pause_notify() */
  GST_RTMP_SERVER_SEEK,         /* position; send_seek_notify() or
                                 * send_status() */
  GST_RTMP_SERVER_SEEK_RAW,     /* position: the player has done it itself */
  GST_RTMP_SERVER_TRANSMIT,     /* start-, stopTransmit: position if given */
  GST_RTMP_SERVER_RECEIVE,      /* receiveAudio, receiveVideo: flag */
  GST_RTMP_SERVER_BUFFER_LENGTH,        /* buffer_ms */
  GST_RTMP_SERVER_STREAM_LENGTH,        /* command->stream; send_result() */
  GST_RTMP_SERVER_DVR_GET_INFO, /* command->stream; send_dvr_info() */
  GST_RTMP_SERVER_DVR_SET_INFO, /* command->args */
  GST_RTMP_SERVER_MEDIA,        /* message_type audio or video, timestamp,
                                 * buffer */
  GST_RTMP_SERVER_DATA          /* data, timestamp */
} GstRtmpServerEventType;

/* Everything in it belongs to the session; ref what is to be kept. */
typedef struct
{
  GstRtmpServerEventType type;
  guint32 stream_id;
  const GstRtmpCommand *command;        /* of events that are commands */
  GstRtmpMessageType message_type;
  gint64 timestamp;             /* ms, unwrapped */
  GstBuffer *buffer;
  const GstRtmpData *data;
  guint32 buffer_ms;
} GstRtmpServerEvent;

typedef void (*GstRtmpServerFunc) (GstRtmpServerSession * session,
    const GstRtmpServerEvent * event, gpointer user_data);

typedef enum
{
  GST_RTMP_SERVER_HANDSHAKE,
  GST_RTMP_SERVER_AWAITS_CONNECT,
  GST_RTMP_SERVER_ASKED,        /* connect waits for its answer */
  GST_RTMP_SERVER_CONNECTED,
  GST_RTMP_SERVER_REJECTED,     /* send what there is, then close */
  GST_RTMP_SERVER_CLOSED
} GstRtmpServerState;

GstRtmpServerSession * gst_rtmp_server_session_new (
    const GstRtmpLimits * limits, GstRtmpServerFunc func, gpointer user_data);
void      gst_rtmp_server_session_free          (GstRtmpServerSession * s);

/* bytes */
gboolean  gst_rtmp_server_session_feed          (GstRtmpServerSession * s,
    const guint8 * data, gsize size, GError ** error);
gboolean  gst_rtmp_server_session_wants_input   (GstRtmpServerSession * s);
gsize     gst_rtmp_server_session_get_output_size (GstRtmpServerSession * s);
GBytes *  gst_rtmp_server_session_take_output   (GstRtmpServerSession * s);
void      gst_rtmp_server_session_close         (GstRtmpServerSession * s);

/* how it stands */
GstRtmpServerState gst_rtmp_server_session_get_state (
    GstRtmpServerSession * s);
void      gst_rtmp_server_session_get_stats     (GstRtmpServerSession * s,
    GstRtmpTransportStats * stats);
guint     gst_rtmp_server_session_get_lane      (GstRtmpServerSession * s,
    guint32 stream_id);
guint32   gst_rtmp_server_session_get_buffer    (GstRtmpServerSession * s,
    guint32 stream_id);

/* answers; these may call back with what had to wait, and fail as feed does */
gboolean  gst_rtmp_server_session_accept_connect (GstRtmpServerSession * s,
    GstAmf * extra, GError ** error);
gboolean  gst_rtmp_server_session_reject_connect (GstRtmpServerSession * s,
    const gchar * code, const gchar * description, const gchar * redirect,
    GError ** error);
gboolean  gst_rtmp_server_session_accept_publish (GstRtmpServerSession * s,
    guint32 stream_id, GError ** error);
gboolean  gst_rtmp_server_session_reject_publish (GstRtmpServerSession * s,
    guint32 stream_id, const gchar * code, const gchar * description,
    GError ** error);
gboolean  gst_rtmp_server_session_accept_play   (GstRtmpServerSession * s,
    guint32 stream_id, gboolean recorded, gboolean reset, GError ** error);
gboolean  gst_rtmp_server_session_reject_play   (GstRtmpServerSession * s,
    guint32 stream_id, const gchar * code, const gchar * description,
    GError ** error);
gboolean  gst_rtmp_server_session_queue_play    (GstRtmpServerSession * s,
    guint32 stream_id, GError ** error);
void      gst_rtmp_server_session_send_result   (GstRtmpServerSession * s,
    const GstRtmpCommand * command, GstAmf * value);
void      gst_rtmp_server_session_send_error    (GstRtmpServerSession * s,
    const GstRtmpCommand * command, const gchar * code,
    const gchar * description);
void      gst_rtmp_server_session_send_dvr_info (GstRtmpServerSession * s,
    const GstRtmpCommand * command, const GstRtmpDvrInfo * info);

/* to a player or publisher, each the whole sequence in its order */
void      gst_rtmp_server_session_send_status   (GstRtmpServerSession * s,
    guint32 stream_id, const gchar * code, const gchar * description);
void      gst_rtmp_server_session_send_status_about (GstRtmpServerSession * s,
    guint32 stream_id, const gchar * name, const gchar * code,
    const gchar * description);
void      gst_rtmp_server_session_send_pause_notify (GstRtmpServerSession * s,
    guint32 stream_id, gboolean paused);
void      gst_rtmp_server_session_send_seek_notify (GstRtmpServerSession * s,
    guint32 stream_id, guint64 position, gboolean recorded);
void      gst_rtmp_server_session_send_receive_notify (
    GstRtmpServerSession * s, guint32 stream_id);
void      gst_rtmp_server_session_send_complete (GstRtmpServerSession * s,
    guint32 stream_id, gdouble duration, gdouble bytes);
void      gst_rtmp_server_session_send_switch   (GstRtmpServerSession * s,
    guint32 stream_id, guint64 timestamp, gdouble duration, gdouble bytes);
void      gst_rtmp_server_session_set_item      (GstRtmpServerSession * s,
    guint32 stream_id, const gchar * name);
void      gst_rtmp_server_session_start_item    (GstRtmpServerSession * s,
    guint32 stream_id, guint64 timestamp, gboolean recorded);
void      gst_rtmp_server_session_send_unpublished (GstRtmpServerSession * s,
    guint32 stream_id, gboolean stop);
void      gst_rtmp_server_session_send_published (GstRtmpServerSession * s,
    guint32 stream_id);
gboolean  gst_rtmp_server_session_send_reconnect (GstRtmpServerSession * s,
    const gchar * tc_url, const gchar * description);
void      gst_rtmp_server_session_send_user_control (GstRtmpServerSession * s,
    GstRtmpUserControlType type, guint32 value);

/* media */
gboolean  gst_rtmp_server_session_send_data     (GstRtmpServerSession * s,
    guint32 stream_id, guint64 timestamp, const gchar * name, ...)
    G_GNUC_NULL_TERMINATED;
gboolean  gst_rtmp_server_session_send_media    (GstRtmpServerSession * s,
    guint32 stream_id, GstRtmpMessageType type, guint64 timestamp,
    GstBuffer * payload);
void      gst_rtmp_server_session_begin_head    (GstRtmpServerSession * s,
    guint32 stream_id);

G_END_DECLS

#endif /* __GST_RTMP_SERVER_SESSION_H__ */
