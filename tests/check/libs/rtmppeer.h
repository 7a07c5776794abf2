/* rtmppeer.h: a scripted client of an RTMP server session
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It writes commands as bytes and turns whatever the server answers into a
 * transcript, which is compared as a whole.
 */
#pragma once

#include <gst/check/gstcheck.h>

#include "rtmp/rtmpblock.h"
#include "rtmp/rtmpchunkwriter.h"
#include "rtmp/rtmpserversession.h"

typedef struct
{
  GstRtmpServerSession *session;
  GstRtmpChunkWriter *writer;
  GstRtmpChunkReader *reader;
  gboolean later;               /* leave questions unanswered */
  GString *events;
  gsize handshake_left;
} RtmpPeer;

RtmpPeer * rtmp_peer_new_limited (const GstRtmpLimits * limits);
/* The handshake is done. */
RtmpPeer * rtmp_peer_new (void);
RtmpPeer * rtmp_peer_connected (void);
RtmpPeer * rtmp_peer_with_stream (void);
RtmpPeer * rtmp_peer_playing (gdouble start);
RtmpPeer * rtmp_peer_publishing (void);
void rtmp_peer_free (RtmpPeer * peer);

gboolean rtmp_peer_send_body (RtmpPeer * peer, GstRtmpMessageType type,
    guint32 stream_id, guint32 timestamp, GByteArray * body, GError ** error);
gboolean rtmp_peer_send_bytes (RtmpPeer * peer, GstRtmpMessageType type,
    guint32 stream_id, guint32 timestamp, const guint8 * data, gsize size,
    GError ** error);
GstAmf * rtmp_peer_connect_object (gdouble encoding);

#define BYTES(...) (const guint8[]) { __VA_ARGS__ }, \
  sizeof ((const guint8[]) { __VA_ARGS__ })

/* Calls a command; arguments follow as GstAmf. */
#define call(peer, stream_id, ...) \
  fail_unless (rtmp_peer_send_body (peer, GST_RTMP_COMMAND, stream_id, 0, \
          gst_rtmp_command_build (FALSE, __VA_ARGS__, NULL), NULL))

#define N(number) gst_amf_new_number (number)
#define S(text) gst_amf_new_string (text)
#define B(truth) gst_amf_new_boolean (truth)

/* What the server has said since the last time; or what others wrote to its
 * client, turned into lines. */
gchar * rtmp_peer_output (RtmpPeer * peer);
void rtmp_peer_read_bytes (RtmpPeer * peer, GString * lines,
    const guint8 * data, gsize size);
void fail_unless_says (RtmpPeer * peer, const gchar * expected);
void fail_unless_events (RtmpPeer * peer, const gchar * expected);
