/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpmessage.h: RTMP messages, the vocabulary between chunk stream and session
 *
 *   GstRtmpMessage        one message as it came off the chunk stream
 *   GstRtmpUserControl    the body of a user control message
 *   GstRtmpClock          time stamps of 32 bit to time of 64
 *   GstRtmpAggregate      the messages inside an aggregate message
 *   GST_RTMP_ERROR        how everything in gst/rtmp says what is wrong
 */
#ifndef __GST_RTMP_MESSAGE_H__
#define __GST_RTMP_MESSAGE_H__

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_RTMP_ERROR (gst_rtmp_error_quark ())

typedef enum
{
  GST_RTMP_ERROR_HANDSHAKE,     /* not RTMP, or a kind that is not spoken */
  GST_RTMP_ERROR_PROTOCOL,      /* RTMP, but against the rules */
  GST_RTMP_ERROR_LIMIT,         /* more than one peer may ask for */
  GST_RTMP_ERROR_AMF            /* broken, cut or oversized AMF */
} GstRtmpError;

GQuark gst_rtmp_error_quark (void);

/* Message types, specification sections 5.4, 7.1 */
typedef enum
{
  GST_RTMP_SET_CHUNK_SIZE = 1,
  GST_RTMP_ABORT = 2,
  GST_RTMP_ACKNOWLEDGEMENT = 3,
  GST_RTMP_USER_CONTROL = 4,
  GST_RTMP_WINDOW_ACK_SIZE = 5,
  GST_RTMP_SET_PEER_BANDWIDTH = 6,
  GST_RTMP_AUDIO = 8,
  GST_RTMP_VIDEO = 9,
  GST_RTMP_DATA_AMF3 = 15,
  GST_RTMP_SHARED_OBJECT_AMF3 = 16,
  GST_RTMP_COMMAND_AMF3 = 17,
  GST_RTMP_DATA = 18,
  GST_RTMP_SHARED_OBJECT = 19,
  GST_RTMP_COMMAND = 20,
  GST_RTMP_AGGREGATE = 22
} GstRtmpMessageType;

/* The chunk streams we write on. Shared media (rtmpblock.h) has its own, so
 * that what is private to one viewer never disturbs the deltas there. Those
 * here are for the first NetStream of a connection that plays; the others have
 * some behind GST_RTMP_CSID_MORE. */
enum
{
  GST_RTMP_CSID_CONTROL = 2,
  GST_RTMP_CSID_COMMAND = 3,
  GST_RTMP_CSID_AUDIO = 4,
  GST_RTMP_CSID_STATUS = 5,
  GST_RTMP_CSID_VIDEO = 6,
  GST_RTMP_CSID_DATA = 7,
  GST_RTMP_CSID_MORE = 8
};

typedef struct
{
  guint32 csid;
  GstRtmpMessageType type;      /* whatever the peer wrote: any guint8 */
  guint32 stream_id;
  guint32 timestamp;            /* ms, wraps at 2^32 */
  GstBuffer *payload;           /* owned; one memory, never %NULL */
} GstRtmpMessage;

void          gst_rtmp_message_clear     (GstRtmpMessage * message);
const gchar * gst_rtmp_message_type_name (GstRtmpMessageType type);

/* User control events, section 7.1.7, and those that only Adobe's own
 * software speaks (from 26 on) */
typedef enum
{
  GST_RTMP_STREAM_BEGIN = 0,
  GST_RTMP_STREAM_EOF = 1,
  GST_RTMP_STREAM_DRY = 2,
  GST_RTMP_SET_BUFFER_LENGTH = 3,
  GST_RTMP_STREAM_IS_RECORDED = 4,
  GST_RTMP_PING_REQUEST = 6,
  GST_RTMP_PING_RESPONSE = 7,
  GST_RTMP_SWF_VERIFY_REQUEST = 26,
  GST_RTMP_SWF_VERIFY_RESPONSE = 27,
  GST_RTMP_BUFFER_EMPTY = 31,
  GST_RTMP_BUFFER_READY = 32
} GstRtmpUserControlType;

typedef struct
{
  GstRtmpUserControlType type;
  guint32 value;                /* stream id; of a ping its time stamp */
  guint32 buffer_ms;            /* of SET_BUFFER_LENGTH */
} GstRtmpUserControl;

gboolean gst_rtmp_user_control_parse (GstRtmpUserControl * control,
    const guint8 * data, gsize size, GError ** error);
gsize    gst_rtmp_user_control_write (const GstRtmpUserControl * control,
    guint8 data[10]);

/* Time on one stream, 64 bit, out of time stamps that wrap at 2^32: each is
 * taken as the one nearest to that before it, within 24.8 days. */
typedef struct
{
  /*< private >*/
  gint64 last;
  gboolean begun;
} GstRtmpClock;

gint64   gst_rtmp_clock_unwrap (GstRtmpClock * clock, guint32 timestamp);
gint64   gst_rtmp_clock_peek   (const GstRtmpClock * clock,
    guint32 timestamp);

/* Takes the messages out of an aggregate, in order and without a copy. */
typedef struct
{
  /*< private >*/
  GstRtmpMessage whole;
  gsize pos;
  guint32 first_timestamp;
  gboolean begun;
} GstRtmpAggregate;

void     gst_rtmp_aggregate_init  (GstRtmpAggregate * aggregate,
    GstRtmpMessage * message);
gboolean gst_rtmp_aggregate_next  (GstRtmpAggregate * aggregate,
    GstRtmpMessage * message);
void     gst_rtmp_aggregate_clear (GstRtmpAggregate * aggregate);

G_END_DECLS

#endif /* __GST_RTMP_MESSAGE_H__ */
