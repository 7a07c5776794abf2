/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpchunkreader.c: chunk stream to messages
 *
 * A message announces its size before it comes. Memory is taken for what has
 * arrived, not for what is announced: at first as much as the largest message
 * that this chunk stream has completed, then doubling. So a stream of frames
 * costs one copy, from the network buffer into the message, and a claim of
 * 16 MiB costs nothing until it is sent.
 */
#include "config.h"
#include "rtmpchunkreader.h"
#include "rtmp-private.h"

#include <string.h>

#define GST_CAT_DEFAULT (gst_rtmp_get_debug_category ())

#define MAX_HEADER (3 + 11 + 4)
#define EXTENDED 0xffffff
#define FIRST_ALLOCATION 4096

/* A message header, by chunk type (section 5.3.1.2) */
static const guint8 message_header_size[] = { 11, 7, 3, 0 };

typedef struct
{
  guint32 csid;
  gboolean known;               /* a message has begun here before */
  guint32 timestamp;            /* of the message, absolute */
  guint32 field;                /* what its header said: time or delta */
  gboolean extended;            /* ... in the extended timestamp */
  guint32 length;
  guint8 type;
  guint32 stream_id;

  gboolean open;                /* a message is under way */
  guint8 *data;
  gsize allocated, filled;
  gsize largest;                /* message completed here */
} ChunkStream;

struct _GstRtmpChunkReader
{
  GstRtmpChunkLimits limits;
  guint32 chunk_size;
  GPtrArray *streams;
  gsize partial_bytes;          /* allocated in all streams */

  guint8 header[MAX_HEADER];
  gsize header_filled;
  ChunkStream *current;         /* whose payload comes, NULL in a header */
  gsize chunk_left;
};

static void
chunk_stream_free (gpointer data)
{
  ChunkStream *stream = data;

  g_free (stream->data);
  g_free (stream);
}

/* @limits: (nullable): %NULL for the default ones */
GstRtmpChunkReader *
gst_rtmp_chunk_reader_new (const GstRtmpChunkLimits * limits)
{
  GstRtmpChunkReader *reader = g_new0 (GstRtmpChunkReader, 1);

  reader->limits = limits ? *limits : GST_RTMP_CHUNK_LIMITS_DEFAULT;
  reader->chunk_size = GST_RTMP_DEFAULT_CHUNK_SIZE;
  reader->streams = g_ptr_array_new_with_free_func (chunk_stream_free);
  return reader;
}

void
gst_rtmp_chunk_reader_free (GstRtmpChunkReader * reader)
{
  g_ptr_array_unref (reader->streams);
  g_free (reader);
}

static ChunkStream *
find_stream (GstRtmpChunkReader * reader, guint32 csid)
{
  guint i;

  for (i = 0; i < reader->streams->len; i++) {
    ChunkStream *stream = g_ptr_array_index (reader->streams, i);

    if (stream->csid == csid)
      return stream;
  }
  return NULL;
}

static ChunkStream *
get_stream (GstRtmpChunkReader * reader, guint32 csid, GError ** error)
{
  ChunkStream *stream = find_stream (reader, csid);

  if (stream)
    return stream;
  if (reader->streams->len >= reader->limits.max_chunk_streams) {
    g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT,
        "more than %u chunk streams", reader->limits.max_chunk_streams);
    return NULL;
  }
  stream = g_new0 (ChunkStream, 1);
  stream->csid = csid;
  g_ptr_array_add (reader->streams, stream);
  return stream;
}

static void
drop_partial (GstRtmpChunkReader * reader, ChunkStream * stream)
{
  reader->partial_bytes -= stream->allocated;
  g_clear_pointer (&stream->data, g_free);
  stream->allocated = stream->filled = 0;
  stream->open = FALSE;
}

/* The size of the basic header, section 5.3.1.1 */
static gsize
basic_header_size (const guint8 * header)
{
  guint8 low = header[0] & 0x3f;

  return low == 0 ? 2 : low == 1 ? 3 : 1;
}

static guint32
header_csid (const guint8 * header)
{
  switch (basic_header_size (header)) {
    case 1:
      return header[0] & 0x3f;
    case 2:
      return 64 + header[1];
    default:
      return 64 + header[1] + 256 * header[2];
  }
}

/* The extended timestamp repeated in a chunk of type 3? The specification says
 * that it is there, some senders leave it away, and some repeat not the field
 * but the time. So the bytes are looked at, one by one in order not to wait for
 * bytes of a peer that has said all: they are the timestamp as long as they
 * agree with it. */
static gboolean
repeats_timestamp (const ChunkStream * stream, const guint8 * bytes,
    gsize count)
{
  guint8 field[4], timestamp[4];

  GST_WRITE_UINT32_BE (field, stream->field);
  GST_WRITE_UINT32_BE (timestamp, stream->timestamp);
  return memcmp (bytes, field, count) == 0 ||
      memcmp (bytes, timestamp, count) == 0;
}

/* How many bytes the header needs at least, as far as it is known. Bytes behind
 * that which are in the scratch already are payload. */
static gsize
header_need (GstRtmpChunkReader * reader)
{
  const guint8 *header = reader->header;
  gsize have = reader->header_filled, need = 1;
  ChunkStream *stream;

  if (have < need)
    return need;
  need = basic_header_size (header) + message_header_size[header[0] >> 6];
  if (have < need)
    return need;
  if (header[0] >> 6 < 3)
    return GST_READ_UINT24_BE (header + basic_header_size (header)) ==
        EXTENDED ? need + 4 : need;
  stream = find_stream (reader, header_csid (header));
  if (!stream || !stream->extended ||
      !repeats_timestamp (stream, header + need, have - need))
    return need;
  return MIN (have + 1, need + 4);
}

static gboolean
reserve (GstRtmpChunkReader * reader, ChunkStream * stream, gsize size,
    GError ** error)
{
  gsize more;

  if (size <= stream->allocated)
    return TRUE;
  size = MAX (size, MIN (stream->allocated * 2, stream->length));
  more = size - stream->allocated;
  if (more > reader->limits.max_partial_bytes - reader->partial_bytes) {
    g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT,
        "more than %" G_GSIZE_FORMAT " bytes of unfinished messages",
        reader->limits.max_partial_bytes);
    return FALSE;
  }
  stream->data = g_realloc (stream->data, size);
  stream->allocated = size;
  reader->partial_bytes += more;
  return TRUE;
}

/* Takes over what the header says about the message that begins with it. */
static void
parse_message_header (ChunkStream * stream, const guint8 * header)
{
  guint type = header[0] >> 6;
  const guint8 *at = header + basic_header_size (header);

  if (type < 3) {
    guint32 field = GST_READ_UINT24_BE (at);

    stream->extended = field == EXTENDED;
    stream->field = stream->extended ?
        GST_READ_UINT32_BE (at + message_header_size[type]) : field;
  }
  if (type < 2) {
    stream->length = GST_READ_UINT24_BE (at + 3);
    stream->type = at[6];
  }
  if (type == 0) {
    stream->timestamp = stream->field;
    stream->stream_id = GST_READ_UINT32_LE (at + 7);
  } else {
    /* a type 3 after a type 0 adds its time, section 5.3.1.2.4 */
    stream->timestamp += stream->field;
  }
}

static gboolean
begin_message (GstRtmpChunkReader * reader, ChunkStream * stream,
    GError ** error)
{
  guint type = reader->header[0] >> 6;

  if (stream->open) {
    GST_WARNING ("message of %u bytes on chunk stream %u is given up after %"
        G_GSIZE_FORMAT, stream->length, stream->csid, stream->filled);
    drop_partial (reader, stream);
  }
  /* librtmp begins with type 1 on its control stream */
  if (!stream->known && type > 1) {
    g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_PROTOCOL,
        "chunk stream %u begins with a chunk of type %u", stream->csid, type);
    return FALSE;
  }
  parse_message_header (stream, reader->header);
  if (stream->length > reader->limits.max_message_size) {
    g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT,
        "%s message of %u bytes; at most %" G_GSIZE_FORMAT " are allowed",
        gst_rtmp_message_type_name (stream->type), stream->length,
        reader->limits.max_message_size);
    return FALSE;
  }
  stream->known = stream->open = TRUE;
  return reserve (reader, stream, MIN (stream->length,
          MAX (FIRST_ALLOCATION, stream->largest)), error);
}

static gboolean
begin_chunk (GstRtmpChunkReader * reader, GError ** error)
{
  ChunkStream *stream =
      get_stream (reader, header_csid (reader->header), error);

  if (!stream)
    return FALSE;
  if ((reader->header[0] >> 6 < 3 || !stream->open) &&
      !begin_message (reader, stream, error))
    return FALSE;
  reader->current = stream;
  reader->chunk_left = MIN (reader->chunk_size,
      stream->length - stream->filled);
  return TRUE;
}

static gboolean
add_payload (GstRtmpChunkReader * reader, const guint8 * data, gsize size,
    GError ** error)
{
  ChunkStream *stream = reader->current;

  if (size == 0)
    return TRUE;
  if (!reserve (reader, stream, stream->filled + size, error))
    return FALSE;
  memcpy (stream->data + stream->filled, data, size);
  stream->filled += size;
  reader->chunk_left -= size;
  return TRUE;
}

/* Bytes of the scratch behind the header were taken for a repeated timestamp
 * until one did not agree: they are payload of the chunk and, when it is that
 * short, of the header after it. */
static gboolean
end_header (GstRtmpChunkReader * reader, gsize header_size, GError ** error)
{
  gsize extra = reader->header_filled - header_size, payload;

  if (!begin_chunk (reader, error))
    return FALSE;
  payload = MIN (extra, reader->chunk_left);
  if (!add_payload (reader, reader->header + header_size, payload, error))
    return FALSE;
  reader->header_filled = extra - payload;
  memmove (reader->header, reader->header + header_size + payload,
      reader->header_filled);
  return TRUE;
}

static void
take_message (GstRtmpChunkReader * reader, GstRtmpMessage * message)
{
  ChunkStream *stream = reader->current;

  message->csid = stream->csid;
  message->type = stream->type;
  message->stream_id = stream->stream_id;
  message->timestamp = stream->timestamp;
  message->payload = stream->length == 0 ? gst_buffer_new () :
      gst_buffer_new_wrapped (stream->data, stream->length);
  stream->largest = MAX (stream->largest, stream->length);
  stream->data = NULL;          /* given away */
  drop_partial (reader, stream);
}

/* One byte of header at a time: there are few. Returns: whether it is whole */
static gboolean
read_header (GstRtmpChunkReader * reader, const guint8 * data, gsize size,
    gsize * pos, GError ** error)
{
  gsize need;

  while ((need = header_need (reader)) > reader->header_filled) {
    if (*pos == size)
      return FALSE;
    reader->header[reader->header_filled++] = data[(*pos)++];
  }
  return end_header (reader, need, error);
}

/**
 * gst_rtmp_chunk_reader_read:
 * @data: (array length=size): what came from the peer, in pieces of any size
 * @used: (out): how many bytes were taken
 * @message: (out): filled on %GST_RTMP_READ_MESSAGE; to be cleared
 * @error: %GST_RTMP_ERROR_PROTOCOL or %GST_RTMP_ERROR_LIMIT; the connection
 *   cannot go on
 *
 * Reads up to the end of the next message. Call again with the rest.
 */
GstRtmpReadResult
gst_rtmp_chunk_reader_read (GstRtmpChunkReader * reader, const guint8 * data,
    gsize size, gsize * used, GstRtmpMessage * message, GError ** error)
{
  GError *failure = NULL;
  gsize pos = 0;

  while (TRUE) {
    ChunkStream *stream;
    gsize take;

    if (!reader->current && !read_header (reader, data, size, &pos, &failure))
      break;
    stream = reader->current;
    take = MIN (reader->chunk_left, size - pos);
    if (!add_payload (reader, data + pos, take, &failure))
      break;
    pos += take;
    if (reader->chunk_left > 0)
      break;
    if (stream->filled == stream->length) {
      take_message (reader, message);
      reader->current = NULL;
      *used = pos;
      return GST_RTMP_READ_MESSAGE;
    }
    reader->current = NULL;
  }
  *used = pos;
  if (!failure)
    return GST_RTMP_READ_MORE;
  g_propagate_error (error, failure);
  return GST_RTMP_READ_ERROR;
}

/**
 * gst_rtmp_chunk_reader_set_chunk_size:
 * @chunk_size: 1 to %GST_RTMP_MAX_CHUNK_SIZE; no message is longer than
 *   %GST_RTMP_MAX_MESSAGE_SIZE, so that more than that is as good as that
 * @error: %GST_RTMP_ERROR_PROTOCOL for another size (section 5.4.1)
 */
gboolean
gst_rtmp_chunk_reader_set_chunk_size (GstRtmpChunkReader * reader,
    guint32 chunk_size, GError ** error)
{
  if (chunk_size < 1 || chunk_size > GST_RTMP_MAX_CHUNK_SIZE) {
    g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_PROTOCOL,
        "chunk size of %u bytes; 1 to %u are allowed", chunk_size,
        GST_RTMP_MAX_CHUNK_SIZE);
    return FALSE;
  }
  reader->chunk_size = MIN (chunk_size, GST_RTMP_MAX_MESSAGE_SIZE);
  return TRUE;
}

/* Forgets the unfinished message on @csid, if there is one (section 5.4.2). */
void
gst_rtmp_chunk_reader_abort (GstRtmpChunkReader * reader, guint32 csid)
{
  ChunkStream *stream = find_stream (reader, csid);

  if (stream && stream->open)
    drop_partial (reader, stream);
}

/* Memory held for unfinished messages, in bytes. */
gsize
gst_rtmp_chunk_reader_get_partial_bytes (GstRtmpChunkReader * reader)
{
  return reader->partial_bytes;
}
