/* gstdvrsegment-private.h: a segment inside
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>

#include "gstdvrahead.h"
#include "gstdvrsegment.h"
#include "gstdvrwatch.h"

G_BEGIN_DECLS

/* A run of bytes that never moves: a mapped buffer, or a block of our own that
 * fills up. */
typedef struct
{
  GstBuffer *buffer;
  GstMapInfo map;
  guint8 *data;
  guint64 offset;
  gsize size;
  gsize capacity;
} GstDvrSegmentPiece;

struct _GstDvrSegment
{
  GstMiniObject mini_object;

  GstDvrSegmentId id;

  GMutex lock;                  /* protects everything down to the atomics */
  GArray *pieces;
  guint64 size;
  guint64 spare;                /* allocated beyond it */
  guint64 total;
  GArray *parts;
  guint64 parts_end;
  GstDvrAhead ahead;
  gboolean scanned;
  GstDvrSegmentState state;
  guint status;
  gchar *reason;
  gchar *source_tag;
  guint64 source_size;
  GstDvrWatchList watches;
  GstDvrAccount *account;

  atomic_int pins;
  atomic_bool dropped;
  _Atomic gint64 last_used;
};

/* gstdvrsegment.c */
void gst_dvr_segment_piece_clear       (gpointer piece);
/* Called with the lock held; unlocks, then tells. */
void gst_dvr_segment_unlock_and_notify (GstDvrSegment * self);

G_END_DECLS
