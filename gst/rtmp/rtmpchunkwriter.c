/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpchunkwriter.c: messages to chunk stream
 */
#include "config.h"
#include "rtmpchunkwriter.h"
#include "rtmpchunkreader.h"
#include "rtmp-private.h"

#include <string.h>

#define EXTENDED 0xffffff
#define MAX_CSID 65599
/* We choose the chunk streams we write on: there are a handful, and some more
 * where several NetStreams play. */
#define FEW_STREAMS 8
#define MAX_STREAMS 32

typedef struct
{
  guint32 csid;                 /* 0: unused */
  guint32 timestamp;
  guint32 stream_id;
  guint32 field;
  gsize size;
  guint8 type;
} Last;

struct _GstRtmpChunkWriter
{
  guint32 chunk_size;
  guint n_last;
  Last *last;
};

GstRtmpChunkWriter *
gst_rtmp_chunk_writer_new (void)
{
  GstRtmpChunkWriter *writer = g_new0 (GstRtmpChunkWriter, 1);

  writer->chunk_size = GST_RTMP_DEFAULT_CHUNK_SIZE;
  writer->n_last = FEW_STREAMS;
  writer->last = g_new0 (Last, FEW_STREAMS);
  return writer;
}

void
gst_rtmp_chunk_writer_free (GstRtmpChunkWriter * writer)
{
  g_free (writer->last);
  g_free (writer);
}

/* From the next message on; the peer must have been told just before, with a
 * Set Chunk Size message. */
void
gst_rtmp_chunk_writer_set_chunk_size (GstRtmpChunkWriter * writer,
    guint32 chunk_size)
{
  g_return_if_fail (chunk_size >= 1 && chunk_size <= GST_RTMP_MAX_CHUNK_SIZE);
  writer->chunk_size = chunk_size;
}

static Last *
find_last (GstRtmpChunkWriter * writer, guint32 csid)
{
  guint i;

  for (i = 0; i < writer->n_last; i++) {
    if (writer->last[i].csid == csid)
      return &writer->last[i];
  }
  return NULL;
}

/* Returns: (nullable): one that is not used */
static Last *
find_free (GstRtmpChunkWriter * writer)
{
  Last *last = find_last (writer, 0);
  guint n = writer->n_last;

  if (last || n == MAX_STREAMS)
    return last;
  writer->n_last = MAX_STREAMS;
  writer->last = g_renew (Last, writer->last, MAX_STREAMS);
  memset (writer->last + n, 0, (MAX_STREAMS - n) * sizeof (Last));
  return writer->last + n;
}

static void
put_basic_header (GByteArray * out, guint header_type, guint32 csid)
{
  guint8 top = header_type << 6;

  if (csid < 64) {
    gst_rtmp_put_u8 (out, top | csid);
  } else if (csid < 64 + 256) {
    gst_rtmp_put_u8 (out, top);
    gst_rtmp_put_u8 (out, csid - 64);
  } else {
    gst_rtmp_put_u8 (out, top | 1);
    gst_rtmp_put_u8 (out, (csid - 64) & 0xff);
    gst_rtmp_put_u8 (out, (csid - 64) >> 8);
  }
}

static void
put_header (GByteArray * out, const GstRtmpOutMessage * message,
    guint header_type, guint32 field)
{
  put_basic_header (out, header_type, message->csid);
  if (header_type < 3)
    gst_rtmp_put_u24 (out, MIN (field, EXTENDED));
  if (header_type < 2) {
    gst_rtmp_put_u24 (out, message->size);
    gst_rtmp_put_u8 (out, message->type);
  }
  if (header_type == 0) {
    guint8 id[4];

    GST_WRITE_UINT32_LE (id, message->stream_id);
    g_byte_array_append (out, id, sizeof id);
  }
  if (field >= EXTENDED)
    gst_rtmp_put_u32 (out, field);
}

/**
 * gst_rtmp_chunks_write:
 * @out: where the bytes are appended
 * @header_type: 0 to 3, of the first chunk
 * @field: what its timestamp field says: a time with type 0, else a delta (of
 *   type 3 the one before, which is not written unless it is extended)
 * @chunk_size: what the peer was told
 *
 * Writes one message without looking at what was written before. Bytes made
 * with type 1 and a @field below 0xffffff hold neither stream id nor absolute
 * time: they fit everyone whose message before on this chunk stream was at the
 * right time.
 */
void
gst_rtmp_chunks_write (GByteArray * out, const GstRtmpOutMessage * message,
    guint header_type, guint32 field, guint32 chunk_size)
{
  gsize pos = 0;

  put_header (out, message, header_type, field);
  while (TRUE) {
    gsize take = MIN (chunk_size, message->size - pos);

    if (take > 0)
      g_byte_array_append (out, message->payload + pos, take);
    pos += take;
    if (pos == message->size)
      break;
    put_header (out, message, 3, field);
  }
}

/**
 * gst_rtmp_chunk_writer_write_full:
 * @header_type: 0 to 3
 *
 * Writes a message with a header of that type.
 *
 * Returns: %FALSE, with nothing written, when that type cannot say what there
 *   is to say after what was written before, or @message is out of range
 */
gboolean
gst_rtmp_chunk_writer_write_full (GstRtmpChunkWriter * writer,
    GByteArray * out, const GstRtmpOutMessage * message, guint header_type)
{
  Last *last = find_last (writer, message->csid);
  guint32 delta, field;

  if (message->csid < 2 || message->csid > MAX_CSID || header_type > 3 ||
      message->size > GST_RTMP_MAX_MESSAGE_SIZE)
    return FALSE;
  if (!last && header_type > 0)
    return FALSE;
  delta = last ? message->timestamp - last->timestamp : 0;
  if (header_type > 0 && (message->stream_id != last->stream_id ||
          delta > G_MAXINT32))
    return FALSE;
  if (header_type > 1 && (message->size != last->size ||
          message->type != last->type))
    return FALSE;
  if (header_type > 2 && delta != last->field)
    return FALSE;
  if (!last && !(last = find_free (writer)))
    return FALSE;

  field = header_type == 0 ? message->timestamp : delta;
  gst_rtmp_chunks_write (out, message, header_type, field, writer->chunk_size);
  last->csid = message->csid;
  last->timestamp = message->timestamp;
  last->stream_id = message->stream_id;
  last->field = field;
  last->size = message->size;
  last->type = message->type;
  return TRUE;
}

/* Writes a message with a header as short as will do. Type 3 begins no message
 * here: peers disagree on what it adds after a type 0. */
gboolean
gst_rtmp_chunk_writer_write (GstRtmpChunkWriter * writer, GByteArray * out,
    const GstRtmpOutMessage * message)
{
  guint type;

  for (type = 2; type > 0; type--) {
    if (gst_rtmp_chunk_writer_write_full (writer, out, message, type))
      return TRUE;
  }
  return gst_rtmp_chunk_writer_write_full (writer, out, message, 0);
}

/* What stands on @csid is no longer known here: the next message there gets a
 * header of type 0. */
void
gst_rtmp_chunk_writer_forget (GstRtmpChunkWriter * writer, guint32 csid)
{
  Last *last = find_last (writer, csid);

  if (last)
    last->csid = 0;
}
