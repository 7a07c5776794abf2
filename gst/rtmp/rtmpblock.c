/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpblock.c: media rendered once into chunks, for all viewers
 */
#include "config.h"
#include "rtmpblock.h"
#include "rtmpchunkreader.h"
#include "rtmpchunkwriter.h"

#include <string.h>

/* The first delta that would need an extended timestamp */
#define EXTENDED 0xffffff

struct _GstRtmpBlock
{
  gatomicrefcount refs;
  guint8 *data;
  gsize size;
  GstRtmpBlockEntry *entries;
  guint n_entries;
  gint64 anchors[GST_RTMP_BLOCK_N_KINDS];
  GstRtmpBlockFunc notify;
  gpointer notify_data;
};

struct _GstRtmpBlockBuilder
{
  guint32 chunk_size;
  guint lane;
  GByteArray *bytes;            /* of the block under way */
  GArray *entries;
  GstRtmpBlock *block;
  gint64 last[GST_RTMP_BLOCK_N_KINDS];
};

/* @lane: below %GST_RTMP_N_LANES */
guint32
gst_rtmp_block_kind_csid (GstRtmpBlockKind kind, guint lane)
{
  if (lane > 0)
    return GST_RTMP_CSID_MORE + (lane - 1) * GST_RTMP_BLOCK_N_KINDS + kind;
  return kind == GST_RTMP_BLOCK_AUDIO ? GST_RTMP_CSID_AUDIO :
      kind == GST_RTMP_BLOCK_VIDEO ? GST_RTMP_CSID_VIDEO : GST_RTMP_CSID_DATA;
}

GstRtmpMessageType
gst_rtmp_block_kind_message_type (GstRtmpBlockKind kind)
{
  return kind == GST_RTMP_BLOCK_AUDIO ? GST_RTMP_AUDIO :
      kind == GST_RTMP_BLOCK_VIDEO ? GST_RTMP_VIDEO : GST_RTMP_DATA;
}

static void
begin_block (GstRtmpBlockBuilder * builder)
{
  GstRtmpBlock *block = g_new0 (GstRtmpBlock, 1);

  g_atomic_ref_count_init (&block->refs);
  memcpy (block->anchors, builder->last, sizeof block->anchors);
  builder->block = block;
  builder->bytes = g_byte_array_new ();
  builder->entries = g_array_new (FALSE, FALSE, sizeof (GstRtmpBlockEntry));
}

static void
drop_block (GstRtmpBlockBuilder * builder)
{
  gst_rtmp_block_unref (builder->block);
  g_byte_array_unref (builder->bytes);
  g_array_unref (builder->entries);
}

/* @chunk_size: what every viewer was told, 1 to %GST_RTMP_MAX_CHUNK_SIZE.
 * @lane: which chunk streams, below %GST_RTMP_N_LANES
 * Time begins at 0. */
GstRtmpBlockBuilder *
gst_rtmp_block_builder_new (guint32 chunk_size, guint lane)
{
  GstRtmpBlockBuilder *builder = g_new0 (GstRtmpBlockBuilder, 1);

  g_return_val_if_fail (chunk_size >= 1 &&
      chunk_size <= GST_RTMP_MAX_CHUNK_SIZE && lane < GST_RTMP_N_LANES, NULL);

  builder->chunk_size = chunk_size;
  builder->lane = lane;
  begin_block (builder);
  return builder;
}

void
gst_rtmp_block_builder_free (GstRtmpBlockBuilder * builder)
{
  drop_block (builder);
  g_free (builder);
}

/* Counts from @timestamp from now on, on every chunk stream: after a hole, or
 * where time goes back. What was added since the last finish is thrown away,
 * and every viewer needs a new head. */
void
gst_rtmp_block_builder_restart (GstRtmpBlockBuilder * builder, gint64 timestamp)
{
  guint i;

  for (i = 0; i < GST_RTMP_BLOCK_N_KINDS; i++)
    builder->last[i] = timestamp;
  drop_block (builder);
  begin_block (builder);
}

/**
 * gst_rtmp_block_builder_add:
 * @timestamp: milliseconds, not before the last of its @kind
 * @payload: (array length=size): the message's body, as in an FLV tag; copied
 * @keyframe: whether a viewer may enter at this message
 *
 * Returns: %FALSE, with nothing added, when a delta cannot say this time
 *   (backwards, or 4.6 hours ahead) or @size is too large: then finish the
 *   block, restart at @timestamp and give every viewer a new head
 */
gboolean
gst_rtmp_block_builder_add (GstRtmpBlockBuilder * builder,
    GstRtmpBlockKind kind, gint64 timestamp, const guint8 * payload,
    gsize size, gboolean keyframe)
{
  GstRtmpOutMessage message = { gst_rtmp_block_kind_csid (kind, builder->lane),
    gst_rtmp_block_kind_message_type (kind), 0, 0, payload, size
  };
  GstRtmpBlockEntry entry = { builder->bytes->len, timestamp, kind,
    keyframe
  };

  if (timestamp < builder->last[kind] ||
      timestamp - builder->last[kind] >= EXTENDED ||
      size > GST_RTMP_MAX_MESSAGE_SIZE)
    return FALSE;
  gst_rtmp_chunks_write (builder->bytes, &message, 1,
      timestamp - builder->last[kind], builder->chunk_size);
  g_array_append_val (builder->entries, entry);
  builder->last[kind] = timestamp;
  return TRUE;
}

/* Bytes of the block being built, so that its owner can end it in time. */
gsize
gst_rtmp_block_builder_get_size (GstRtmpBlockBuilder * builder)
{
  return builder->bytes->len;
}

/* Returns: (transfer full): what was added since the last time, maybe empty.
 * The next block follows on it without a seam. */
GstRtmpBlock *
gst_rtmp_block_builder_finish (GstRtmpBlockBuilder * builder)
{
  GstRtmpBlock *block = builder->block;

  block->size = builder->bytes->len;
  block->n_entries = builder->entries->len;
  /* an array grows by doubling; a block lives long */
  block->data = g_realloc (g_byte_array_free (builder->bytes, FALSE),
      block->size);
  block->entries = g_realloc (g_array_free (builder->entries, FALSE),
      block->n_entries * sizeof (GstRtmpBlockEntry));
  begin_block (builder);
  return block;
}

GstRtmpBlock *
gst_rtmp_block_ref (GstRtmpBlock * block)
{
  g_atomic_ref_count_inc (&block->refs);
  return block;
}

void
gst_rtmp_block_unref (GstRtmpBlock * block)
{
  if (!g_atomic_ref_count_dec (&block->refs))
    return;
  if (block->notify)
    block->notify (block, block->notify_data);
  g_free (block->data);
  g_free (block->entries);
  g_free (block);
}

/* @func is called when @block is freed; before it is shared. */
void
gst_rtmp_block_set_notify (GstRtmpBlock * block, GstRtmpBlockFunc func,
    gpointer user_data)
{
  block->notify = func;
  block->notify_data = user_data;
}

/* Returns: (transfer none): valid as long as the block */
const guint8 *
gst_rtmp_block_get_data (const GstRtmpBlock * block, gsize * size)
{
  *size = block->size;
  return block->data;
}

/* What it costs, in bytes: its data and an estimate of the rest. */
gsize
gst_rtmp_block_get_memory_size (const GstRtmpBlock * block)
{
  return block->size + block->n_entries * sizeof (GstRtmpBlockEntry) +
      sizeof (GstRtmpBlock) + 3 * 2 * sizeof (gpointer);
}

/* Number of messages. */
guint
gst_rtmp_block_length (const GstRtmpBlock * block)
{
  return block->n_entries;
}

const GstRtmpBlockEntry *
gst_rtmp_block_nth (const GstRtmpBlock * block, guint index)
{
  g_return_val_if_fail (index < block->n_entries, NULL);
  return &block->entries[index];
}

/**
 * gst_rtmp_block_get_anchor:
 * @index: the message at which a viewer enters
 *
 * Returns: the time of the last message of @kind before @index, from which its
 *   next one counts; the head's message of that kind must be at this time
 */
gint64
gst_rtmp_block_get_anchor (const GstRtmpBlock * block, guint index,
    GstRtmpBlockKind kind)
{
  for (index = MIN (index, block->n_entries); index > 0; index--) {
    const GstRtmpBlockEntry *entry = gst_rtmp_block_nth (block, index - 1);

    if (entry->kind == kind)
      return entry->timestamp;
  }
  return block->anchors[kind];
}
