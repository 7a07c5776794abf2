/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpblock.h: media rendered once into chunks, for all viewers
 *
 * A block is one run of contiguous bytes: media messages in a row, each with a
 * header of type 1. It holds no stream id and no absolute time. A viewer that
 * enters it at some message needs, on every chunk stream used from there on,
 * one message of type 0 at the time that the block counts from: a private head.
 * From then on it takes the bytes of this block and of those after it as they
 * are. The head's last message of a kind is that message: a codec header, the
 * metadata, or an empty message where there is neither. Shared bytes may be
 * left only between messages, and need a new head to be entered again.
 *
 *   GstRtmpBlockBuilder              messages in, blocks out, in one thread
 *   GstRtmpBlock                     immutable, shared by any threads
 *   gst_rtmp_block_get_anchor()      what the head must say
 *
 * Times are milliseconds on the stream's own line, 64 bit. A viewer's are
 * relative to a base chosen at play, so that none meets 2^31 ms.
 */
#ifndef __GST_RTMP_BLOCK_H__
#define __GST_RTMP_BLOCK_H__

#include "rtmpmessage.h"

G_BEGIN_DECLS

#define GST_RTMP_BLOCK_CHUNK_SIZE 4096

/* Headers of type 1 hold no stream id, so that each NetStream of a connection
 * needs chunk streams of its own: a lane. So many may play at once. Their
 * numbers stay below 32, which is all that some peers take. */
#define GST_RTMP_N_LANES 8

typedef enum
{
  GST_RTMP_BLOCK_AUDIO,
  GST_RTMP_BLOCK_VIDEO,
  GST_RTMP_BLOCK_DATA,
  GST_RTMP_BLOCK_N_KINDS
} GstRtmpBlockKind;

typedef struct _GstRtmpBlock GstRtmpBlock;
typedef struct _GstRtmpBlockBuilder GstRtmpBlockBuilder;

/* Called when @block is about to be freed, by whoever let it go last. */
typedef void (*GstRtmpBlockFunc) (const GstRtmpBlock * block,
    gpointer user_data);

typedef struct
{
  gsize offset;                 /* of its first byte in the block */
  gint64 timestamp;
  GstRtmpBlockKind kind;
  gboolean keyframe;            /* viewers may enter here */
} GstRtmpBlockEntry;

GstRtmpBlockBuilder * gst_rtmp_block_builder_new (guint32 chunk_size,
    guint lane);
void     gst_rtmp_block_builder_free    (GstRtmpBlockBuilder * builder);
void     gst_rtmp_block_builder_restart (GstRtmpBlockBuilder * builder,
    gint64 timestamp);
gboolean gst_rtmp_block_builder_add     (GstRtmpBlockBuilder * builder,
    GstRtmpBlockKind kind, gint64 timestamp, const guint8 * payload,
    gsize size, gboolean keyframe);
gsize    gst_rtmp_block_builder_get_size (GstRtmpBlockBuilder * builder);
GstRtmpBlock * gst_rtmp_block_builder_finish (GstRtmpBlockBuilder * builder);

GstRtmpBlock * gst_rtmp_block_ref       (GstRtmpBlock * block);
void           gst_rtmp_block_unref     (GstRtmpBlock * block);
void           gst_rtmp_block_set_notify (GstRtmpBlock * block,
    GstRtmpBlockFunc func, gpointer user_data);

const guint8 * gst_rtmp_block_get_data  (const GstRtmpBlock * block,
    gsize * size);
gsize          gst_rtmp_block_get_memory_size (const GstRtmpBlock * block);
guint          gst_rtmp_block_length    (const GstRtmpBlock * block);
const GstRtmpBlockEntry * gst_rtmp_block_nth (const GstRtmpBlock * block,
    guint index);
gint64         gst_rtmp_block_get_anchor (const GstRtmpBlock * block,
    guint index, GstRtmpBlockKind kind);

guint32  gst_rtmp_block_kind_csid (GstRtmpBlockKind kind, guint lane);
GstRtmpMessageType gst_rtmp_block_kind_message_type (GstRtmpBlockKind kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstRtmpBlock, gst_rtmp_block_unref)

G_END_DECLS

#endif /* __GST_RTMP_BLOCK_H__ */
