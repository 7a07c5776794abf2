/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpchunkreader.h: chunk stream to messages (specification section 5.3)
 *
 *   gst_rtmp_chunk_reader_read()             bytes in, at most one message out
 *   gst_rtmp_chunk_reader_set_chunk_size()   the peer said so
 *   gst_rtmp_chunk_reader_abort()            the peer gave up a message
 *
 * The caller acts on Set Chunk Size and Abort messages between two reads, as
 * they change how the following bytes are cut. Not thread-safe.
 */
#ifndef __GST_RTMP_CHUNK_READER_H__
#define __GST_RTMP_CHUNK_READER_H__

#include "rtmpmessage.h"

G_BEGIN_DECLS

#define GST_RTMP_DEFAULT_CHUNK_SIZE 128
#define GST_RTMP_MAX_CHUNK_SIZE 0x7fffffff
#define GST_RTMP_MAX_MESSAGE_SIZE 0xffffff

typedef struct _GstRtmpChunkReader GstRtmpChunkReader;

/* What one peer may make us hold. */
typedef struct
{
  gsize max_message_size;       /* bytes, up to GST_RTMP_MAX_MESSAGE_SIZE */
  gsize max_partial_bytes;      /* of all unfinished messages together */
  guint max_chunk_streams;
} GstRtmpChunkLimits;

#define GST_RTMP_CHUNK_LIMITS_DEFAULT \
  ((GstRtmpChunkLimits) { GST_RTMP_MAX_MESSAGE_SIZE, 32 << 20, 64 })

typedef enum
{
  GST_RTMP_READ_MORE,           /* all bytes used, no message complete */
  GST_RTMP_READ_MESSAGE,        /* one message; there may be bytes left */
  GST_RTMP_READ_ERROR
} GstRtmpReadResult;

GstRtmpChunkReader * gst_rtmp_chunk_reader_new (
    const GstRtmpChunkLimits * limits);
void              gst_rtmp_chunk_reader_free (GstRtmpChunkReader * reader);

GstRtmpReadResult gst_rtmp_chunk_reader_read (GstRtmpChunkReader * reader,
    const guint8 * data, gsize size, gsize * used, GstRtmpMessage * message,
    GError ** error);
gboolean          gst_rtmp_chunk_reader_set_chunk_size (
    GstRtmpChunkReader * reader, guint32 chunk_size, GError ** error);
void              gst_rtmp_chunk_reader_abort (GstRtmpChunkReader * reader,
    guint32 csid);

gsize             gst_rtmp_chunk_reader_get_partial_bytes (
    GstRtmpChunkReader * reader);

G_END_DECLS

#endif /* __GST_RTMP_CHUNK_READER_H__ */
