/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmptransport.h: what both ends of an RTMP connection have in common
 *
 * Handshake, chunk stream and protocol control, sans I/O: bytes are fed in,
 * messages come out of callbacks, and bytes to send gather until they are
 * taken. Acknowledgements, pings and the peer's chunk size are dealt with here.
 *
 *   gst_rtmp_transport_feed()         bytes from the peer
 *   gst_rtmp_transport_send*()        messages to the peer
 *   gst_rtmp_transport_take_output()  bytes to the peer
 *   gst_rtmp_transport_hold()         input waits for a decision
 *
 * Not thread-safe: one thread at a time.
 */
#ifndef __GST_RTMP_TRANSPORT_H__
#define __GST_RTMP_TRANSPORT_H__

#include "rtmpchunkreader.h"
#include "rtmpcommand.h"
#include "rtmphandshake.h"

G_BEGIN_DECLS

typedef struct _GstRtmpTransport GstRtmpTransport;

/* What one peer may make us hold; all of it checked before it is. */
typedef struct
{
  GstRtmpChunkLimits chunks;
  GstAmfLimits amf;
  gsize max_held;               /* input waiting for a decision, bytes */
  gsize max_output;             /* output not taken, bytes */
  guint max_streams;            /* NetStreams of a connection */
} GstRtmpLimits;

#define GST_RTMP_LIMITS_DEFAULT ((GstRtmpLimits) { \
  GST_RTMP_CHUNK_LIMITS_DEFAULT, GST_AMF_LIMITS_DEFAULT, \
  256 << 10, 4 << 20, 16 })

/* Bytes after which the peer acknowledges, and we when it names no other. */
#define GST_RTMP_WINDOW 2500000

typedef struct
{
  /* the handshake is done */
  void     (*ready)   (gpointer user_data);
  /* %FALSE with @error ends the connection */
  gboolean (*command) (gpointer user_data, const GstRtmpCommand * command,
      GError ** error);
  /* audio or video, one by one out of aggregates */
  void     (*media)   (gpointer user_data, const GstRtmpMessage * message);
  /* likewise; not looked into yet */
  void     (*data)    (gpointer user_data, const GstRtmpMessage * message);
  /* pings are answered already */
  void     (*control) (gpointer user_data,
      const GstRtmpUserControl * control);
} GstRtmpTransportCallbacks;

typedef struct
{
  guint64 bytes_in;             /* all that was fed, handshake too */
  guint64 bytes_out;            /* all that was taken */
  guint32 acknowledged;         /* by the peer, bytes modulo 2^32 */
  guint64 messages_in;
} GstRtmpTransportStats;

GstRtmpTransport * gst_rtmp_transport_new (GstRtmpRole role,
    GstRtmpDigest digest, const GstRtmpLimits * limits,
    const GstRtmpTransportCallbacks * callbacks, gpointer user_data);
void     gst_rtmp_transport_free        (GstRtmpTransport * transport);

gboolean gst_rtmp_transport_feed        (GstRtmpTransport * transport,
    const guint8 * data, gsize size, GError ** error);
gboolean gst_rtmp_transport_is_ready    (GstRtmpTransport * transport);
void     gst_rtmp_transport_ignore      (GstRtmpTransport * transport);
void     gst_rtmp_transport_hold        (GstRtmpTransport * transport);
gboolean gst_rtmp_transport_release     (GstRtmpTransport * transport,
    GError ** error);
gboolean gst_rtmp_transport_is_held     (GstRtmpTransport * transport);

gboolean gst_rtmp_transport_send        (GstRtmpTransport * transport,
    guint32 csid, GstRtmpMessageType type, guint32 stream_id,
    guint32 timestamp, const guint8 * payload, gsize size);
gboolean gst_rtmp_transport_send_body   (GstRtmpTransport * transport,
    guint32 csid, GstRtmpMessageType type, guint32 stream_id,
    guint32 timestamp, GByteArray * body);
void     gst_rtmp_transport_send_command (GstRtmpTransport * transport,
    guint32 stream_id, gboolean amf3, guint32 timestamp, GByteArray * body);
gboolean gst_rtmp_transport_send_media  (GstRtmpTransport * transport,
    GstRtmpMessageType type, guint lane, guint32 stream_id,
    guint32 timestamp, GstBuffer * payload);
void     gst_rtmp_transport_send_user_control (GstRtmpTransport * transport,
    GstRtmpUserControlType type, guint32 value, guint32 buffer_ms);
void     gst_rtmp_transport_send_window (GstRtmpTransport * transport,
    guint32 window);
void     gst_rtmp_transport_send_peer_bandwidth (GstRtmpTransport * transport,
    guint32 window, guint8 limit_type);
void     gst_rtmp_transport_set_chunk_size (GstRtmpTransport * transport,
    guint32 chunk_size);
void     gst_rtmp_transport_forget      (GstRtmpTransport * transport,
    guint32 csid);

gsize    gst_rtmp_transport_get_output_size (GstRtmpTransport * transport);
GBytes * gst_rtmp_transport_take_output (GstRtmpTransport * transport);
void     gst_rtmp_transport_get_stats   (GstRtmpTransport * transport,
    GstRtmpTransportStats * stats);
const GstRtmpLimits * gst_rtmp_transport_get_limits (
    GstRtmpTransport * transport);

G_END_DECLS

#endif /* __GST_RTMP_TRANSPORT_H__ */
