/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_rtmp_chunk.c: hostile chunk streams; however they are torn, the messages
 * are the same, and nothing unfinished holds more than its limit
 */
#include "rtmp/rtmpchunkreader.h"

int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);

/* Buffers need it; plugins do not matter here. */
static void
init_once (void)
{
  if (gst_is_initialized ())
    return;
  g_setenv ("GST_REGISTRY_DISABLE", "yes", TRUE);
  gst_init (NULL, NULL);
}

static void
note (GChecksum * sum, GstRtmpMessage * message)
{
  guint32 facts[] = { message->csid, message->type, message->stream_id,
    message->timestamp, gst_buffer_get_size (message->payload)
  };
  GstMapInfo map;

  g_checksum_update (sum, (const guchar *) facts, sizeof facts);
  g_assert (gst_buffer_map (message->payload, &map, GST_MAP_READ));
  g_checksum_update (sum, map.data, map.size);
  gst_buffer_unmap (message->payload, &map);
}

/* Acts on it as a session would; FALSE when that ends the connection. */
static gboolean
obey (GstRtmpChunkReader * reader, GstRtmpMessage * message)
{
  guint8 body[4];

  if (gst_buffer_extract (message->payload, 0, body, sizeof body) < 4)
    return TRUE;
  if (message->type == GST_RTMP_SET_CHUNK_SIZE)
    return gst_rtmp_chunk_reader_set_chunk_size (reader,
        GST_READ_UINT32_BE (body), NULL);
  if (message->type == GST_RTMP_ABORT)
    gst_rtmp_chunk_reader_abort (reader, GST_READ_UINT32_BE (body));
  return TRUE;
}

static void
split_aggregate (GstRtmpMessage * message)
{
  GstRtmpAggregate aggregate;
  GstRtmpMessage part;

  gst_rtmp_aggregate_init (&aggregate, message);
  while (gst_rtmp_aggregate_next (&aggregate, &part))
    gst_rtmp_message_clear (&part);
  gst_rtmp_aggregate_clear (&aggregate);
}

static gchar *
read_all (const guint8 * data, gsize size, gsize step)
{
  GstRtmpChunkLimits limits = { GST_RTMP_MAX_MESSAGE_SIZE, 1 << 20, 16 };
  GstRtmpChunkReader *reader = gst_rtmp_chunk_reader_new (&limits);
  GChecksum *sum = g_checksum_new (G_CHECKSUM_MD5);
  gboolean going = TRUE;
  gsize pos = 0, used;
  gchar *text;

  while (going && pos < size) {
    GstRtmpMessage message;

    switch (gst_rtmp_chunk_reader_read (reader, data + pos,
            MIN (step, size - pos), &used, &message, NULL)) {
      case GST_RTMP_READ_MESSAGE:
        note (sum, &message);
        going = obey (reader, &message);
        if (message.type == GST_RTMP_AGGREGATE)
          split_aggregate (&message);
        gst_rtmp_message_clear (&message);
        break;
      case GST_RTMP_READ_ERROR:
        going = FALSE;
        break;
      default:
        break;
    }
    g_assert (gst_rtmp_chunk_reader_get_partial_bytes (reader) <=
        limits.max_partial_bytes);
    pos += used;
  }
  text = g_strdup (g_checksum_get_string (sum));
  g_checksum_free (sum);
  gst_rtmp_chunk_reader_free (reader);
  return text;
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  gchar *whole, *torn;

  init_once ();
  whole = read_all (data, size, size);
  torn = read_all (data, size, 1);
  g_assert_cmpstr (whole, ==, torn);
  g_free (whole);
  g_free (torn);
  return 0;
}
