/* dvrrtmprendering-private.h: a segment as RTMP messages inside
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrrtmprendering.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 number;
  guint kinds;
  guint lane;
} DvrRtmpKey;

struct _DvrRtmpRendering
{
  DvrRtmpKey key;
  gint refs;
  gint64 last_used;             /* atomic */
  gboolean failed;              /* atomic */
  gboolean left;                /* atomic: it is not in the table any more */
  gboolean gone;                /* atomic: its blocks were let go */
  guint holds;                  /* atomic: players that are at it */
  GstDvrCharge *charge;         /* what its blocks cost */
  gchar *recording;
  guint init_number;
  GstDvrSegment *init;
  DvrWaitList *init_growth;
  DvrRtmpRendering *before;       /* until its first bytes are rendered */

  GMutex lock;
  GstDvrSegment *media;
  DvrWaitList *growth;
  GArray *tracks;
  DvrRtmpHead head;
  guint64 parsed;               /* bytes worked off, up to a box */
  guint part;                   /* in which that is */
  guint chunk;                  /* chunks of the part rendered, most of them
                                 * ahead of it */
  guint skip;                   /* how many of them are still to be passed */
  guint ahead;                  /* index of the next sample shown ahead */
  guint come[GST_RTMP_BLOCK_N_KINDS];   /* samples that chunks have brought */
  guint done[GST_RTMP_BLOCK_N_KINDS];   /* samples rendered */
  GstRtmpBlockBuilder *builder;
  gboolean begun;
  gboolean continues;
  gint64 first_time;            /* of the block under way; -1: it is empty */
  gint64 last[GST_RTMP_BLOCK_N_KINDS];
  GPtrArray *blocks;
  DvrRtmpProgress progress;

  guint length;                 /* atomic: blocks */
};

/* dvrrtmprendering.c: with the lock of @self held, or nobody else at it */
void dvr_rtmp_rendering_let_media_go (DvrRtmpRendering * self);

G_END_DECLS
