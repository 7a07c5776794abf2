/* dvrrtmpsender.h: sends a viewer shared media from its place in a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrrtmpconnection.h"
#include "dvrrtmpcursor.h"

G_BEGIN_DECLS

/* What is sent is not ended by a time. */
#define DVR_RTMP_FOR_EVER G_MAXINT64

/**
 * DvrRtmpSent:
 * @DVR_RTMP_SENT_SOME: there may be more to send
 * @DVR_RTMP_SENT_ENOUGH: the client's buffer is full
 * @DVR_RTMP_SENT_LAST: that was all until the time to end at
 * @DVR_RTMP_SENT_FAILED: the connection is gone
 * @DVR_RTMP_SENT_NOTHING: the client cannot play any of this: it would take
 *   Enhanced RTMP, or codecs that it has not announced
 */
typedef enum
{
  DVR_RTMP_SENT_SOME,
  DVR_RTMP_SENT_ENOUGH,
  DVR_RTMP_SENT_LAST,
  DVR_RTMP_SENT_FAILED,
  DVR_RTMP_SENT_NOTHING
} DvrRtmpSent;

/**
 * DvrRtmpWire:
 * @DVR_RTMP_WIRE_ANEW: with its own time, or that it was told
 * @DVR_RTMP_WIRE_JOINS: where what was sent before has ended
 * @DVR_RTMP_WIRE_GOES_ON: as it does
 *
 * How time on the wire goes on with the next head.
 */
typedef enum
{
  DVR_RTMP_WIRE_ANEW,
  DVR_RTMP_WIRE_JOINS,
  DVR_RTMP_WIRE_GOES_ON
} DvrRtmpWire;

/**
 * DvrRtmpSender:
 * @connection: to whom
 * @stream_id: of the NetStream
 * @cursor: from where
 * @paced: no faster than the client's buffer takes it
 * @buffer: the client's buffer, milliseconds
 * @until: stream time to end at, milliseconds, or %DVR_RTMP_FOR_EVER
 * @one_frame: what is sent ends with the first frame
 * @hole: what comes next does not go on from what was sent
 * @sent: stream time of the last message, milliseconds
 * @bytes: of media so far
 *
 * Time on the wire is stream time less a shift that is chosen at the first
 * head: it begins near 0 with every play, so that no session meets the end of
 * 32 bits.
 */
typedef struct
{
  DvrRtmpConnection *connection;
  guint32 stream_id;
  DvrRtmpCursor cursor;
  gboolean paced;
  guint32 buffer;
  gint64 until;
  gboolean one_frame;
  gboolean hole;
  gint64 sent;
  guint64 bytes;

  /*< private >*/
  gint64 shift;
  DvrRtmpWire wire;
  gboolean begun;
  gboolean was_paced;
  gint64 join_at;
  gint64 paced_since;
  gint64 paced_from;
} DvrRtmpSender;

void        dvr_rtmp_sender_place   (DvrRtmpSender * self, gint64 shift);
gint64      dvr_rtmp_sender_join    (DvrRtmpSender * self);
void        dvr_rtmp_sender_restart_pace (DvrRtmpSender * self);
gint64      dvr_rtmp_sender_get_ahead (DvrRtmpSender * self);
DvrRtmpSent dvr_rtmp_sender_send    (DvrRtmpSender * self);
void        dvr_rtmp_sender_send_keyframe (DvrRtmpSender * self);

G_END_DECLS
