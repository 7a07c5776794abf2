/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpchunkwriter.h: messages to chunk stream (specification section 5.3)
 *
 *   gst_rtmp_chunk_writer_write()        with a header as short as will do
 *   gst_rtmp_chunk_writer_write_full()   with the header one asks for
 *   gst_rtmp_chunk_writer_forget()       others wrote on that chunk stream
 *   gst_rtmp_chunks_write()              no state: one message, one header
 *
 * Not thread-safe. Sizes are bytes, timestamps milliseconds modulo 2^32.
 */
#ifndef __GST_RTMP_CHUNK_WRITER_H__
#define __GST_RTMP_CHUNK_WRITER_H__

#include "rtmpmessage.h"

G_BEGIN_DECLS

typedef struct _GstRtmpChunkWriter GstRtmpChunkWriter;

/* One message to write; @payload is borrowed. */
typedef struct
{
  guint32 csid;                 /* 2 to 65599 */
  guint8 type;
  guint32 stream_id;
  guint32 timestamp;
  const guint8 *payload;
  gsize size;                   /* up to GST_RTMP_MAX_MESSAGE_SIZE */
} GstRtmpOutMessage;

GstRtmpChunkWriter * gst_rtmp_chunk_writer_new (void);
void     gst_rtmp_chunk_writer_free       (GstRtmpChunkWriter * writer);

void     gst_rtmp_chunk_writer_set_chunk_size (GstRtmpChunkWriter * writer,
    guint32 chunk_size);

gboolean gst_rtmp_chunk_writer_write      (GstRtmpChunkWriter * writer,
    GByteArray * out, const GstRtmpOutMessage * message);
gboolean gst_rtmp_chunk_writer_write_full (GstRtmpChunkWriter * writer,
    GByteArray * out, const GstRtmpOutMessage * message, guint header_type);
void     gst_rtmp_chunk_writer_forget     (GstRtmpChunkWriter * writer,
    guint32 csid);

void     gst_rtmp_chunks_write            (GByteArray * out,
    const GstRtmpOutMessage * message, guint header_type, guint32 field,
    guint32 chunk_size);

G_END_DECLS

#endif /* __GST_RTMP_CHUNK_WRITER_H__ */
