/* dvrplaylisttext.h: the closed segments of playlists, as text
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrplaylist.h>
#include <gst/dvr/gstdvrtimeline.h>

#include "dvrplaylistblock.h"

G_BEGIN_DECLS

/* Segments in a block. */
#define DVR_PLAYLIST_BLOCK 512

/* Text from @first on, with all that is needed to go on after it. */
typedef struct
{
  guint64 first;
  guint64 next;
  GString *text;
  GstDvrPlaylistContext context;
  guint discontinuity;
} DvrPlaylistGrowing;

typedef struct
{
  guint64 first;
  guint discontinuity;
  DvrBlock *block;
} DvrPlaylistTextBlock;

/* What media and I-frame playlists have each. */
typedef struct
{
  gboolean iframes;
  GHashTable *blocks;
  DvrPlaylistTextBlock *slice;
  DvrPlaylistGrowing growing;
} DvrPlaylistBuilder;

/* All of it is used under the lock of who has it. */
typedef struct
{
  GstDvrTimeline *timeline;
  GHashTable *maps;
  DvrPlaylistBuilder media;
  DvrPlaylistBuilder iframes;
  guint64 known_first;
  guint64 known_next;
} DvrPlaylistText;

void dvr_playlist_text_fill (DvrPlaylistText * self,
    const GstDvrEntry * entry, const gchar * uri,
    GstDvrPlaylistSegment * segment, GstDvrKeyframes * frames);
void dvr_playlist_text_begin (DvrPlaylistText * self,
    const GstDvrEntry * entry, GstDvrPlaylistContext * context,
    guint * discontinuity);
guint64 dvr_playlist_text_write (DvrPlaylistText * self,
    DvrPlaylistBuilder * builder, GString * out,
    GstDvrPlaylistContext * context, gboolean fresh, guint * discontinuity,
    guint64 from, guint64 to);
DvrPlaylistTextBlock *dvr_playlist_text_get_block (DvrPlaylistText * self,
    DvrPlaylistBuilder * builder, guint64 from);
DvrPlaylistTextBlock *dvr_playlist_text_get_slice (DvrPlaylistText * self,
    DvrPlaylistBuilder * builder, guint64 from, guint64 to);
DvrPlaylistGrowing *dvr_playlist_text_get_growing (DvrPlaylistText * self,
    DvrPlaylistBuilder * builder, guint64 from, guint64 to);
void dvr_playlist_text_update (DvrPlaylistText * self,
    const GstDvrTimelineInfo * info);
void dvr_playlist_text_init (DvrPlaylistText * self,
    GstDvrTimeline * timeline);
void dvr_playlist_text_clear (DvrPlaylistText * self);

G_END_DECLS
