/* dvrplaylisttext.c: the closed segments of playlists, as text
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Closed segments never change, so their blocks are rendered once and shared by
 * all states of all playlists: a whole day's list costs a state no more than its
 * tail. A block stands for itself (MAP and PROGRAM-DATE-TIME are stated at its
 * beginning), because a list may begin with any of them.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrplaylisttext.h"
#include "dvrserver.h"

/* How far a time of day may be off before it is stated anew: 20 ms. */
#define WALL_TOLERANCE 20000
/* Maps kept from one state of the playlists to the next. */
#define MAX_MAPS 256

static gboolean
copy_entry (const GstDvrEntry * entry, gpointer user_data)
{
  g_array_append_val ((GArray *) user_data, *entry);
  return TRUE;
}

/* An init section's map, which lives until the next update. */
static GstDvrPlaylistMap *
get_map (DvrPlaylistText * self, const GstDvrEntry * entry)
{
  GstDvrPlaylistMap *map;
  gchar uri[160];

  g_snprintf (uri, sizeof (uri), GST_DVR_INIT_URI, entry->recording,
      (guint64) entry->init);
  map = g_hash_table_lookup (self->maps, uri);
  if (!map) {
    map = gst_dvr_playlist_map_new (uri, 0, 0);
    g_hash_table_insert (self->maps, (gpointer) map->uri, map);
  }
  return map;
}

/* @frames: (out): what @segment refers to */
void
dvr_playlist_text_fill (DvrPlaylistText * self, const GstDvrEntry * entry,
    const gchar * uri, GstDvrPlaylistSegment * segment,
    GstDvrKeyframes * frames)
{
  gst_dvr_playlist_segment_from_entry (segment, entry, uri,
      get_map (self, entry));
  if (entry->n_keyframes > 1) {
    segment->n_keyframes = gst_dvr_timeline_get_keyframes (self->timeline,
        entry, frames);
    segment->keyframes = frames->frames;
  }
}

static void
write_entry (DvrPlaylistText * self, DvrPlaylistBuilder * builder,
    GString * out, GstDvrPlaylistContext * context, const GstDvrEntry * entry)
{
  GstDvrPlaylistSegment segment;
  GstDvrKeyframes frames;
  gchar uri[160];

  g_snprintf (uri, sizeof (uri), GST_DVR_SEGMENT_URI, entry->recording,
      entry->number);
  dvr_playlist_text_fill (self, entry, uri, &segment, &frames);
  if (builder->iframes)
    gst_dvr_playlist_write_i_frames (out, context, &segment);
  else
    gst_dvr_playlist_write_segment (out, context, &segment);
}

/* Where text begins at @entry: what a reader knows from the one before it. */
void
dvr_playlist_text_begin (DvrPlaylistText * self, const GstDvrEntry * entry,
    GstDvrPlaylistContext * context, guint * discontinuity)
{
  GstClockTime time = entry->start;
  GstDvrEntry before;

  *discontinuity = entry->discontinuity;
  if (entry->number > 0
      && gst_dvr_timeline_find (self->timeline, entry->number - 1, &before) ==
      GST_DVR_FOUND_CLOSED) {
    *discontinuity = before.discontinuity;
    time = before.start + before.duration;
  }
  gst_dvr_playlist_context_init (context, *discontinuity, time);
  context->wall_tolerance = WALL_TOLERANCE;
}

/* Writes [@from, @to) after what @context says; begins one where @fresh.
 * Returns: the number after the last one written */
guint64
dvr_playlist_text_write (DvrPlaylistText * self, DvrPlaylistBuilder * builder,
    GString * out, GstDvrPlaylistContext * context, gboolean fresh,
    guint * discontinuity, guint64 from, guint64 to)
{
  GArray *entries;
  guint i;

  if (from >= to)
    return from;
  entries = g_array_sized_new (FALSE, FALSE, sizeof (GstDvrEntry),
      MIN (to - from, DVR_PLAYLIST_BLOCK));
  gst_dvr_timeline_foreach (self->timeline, from, to, copy_entry, entries);
  for (i = 0; i < entries->len; i++) {
    const GstDvrEntry *entry = &g_array_index (entries, GstDvrEntry, i);

    /* Some were removed meanwhile: the list is made again. */
    if (entry->number != from + i)
      break;
    if (fresh)
      dvr_playlist_text_begin (self, entry, context, discontinuity);
    fresh = FALSE;
    write_entry (self, builder, out, context, entry);
  }
  g_array_unref (entries);
  return from + i;
}

static void
text_block_free (gpointer data)
{
  DvrPlaylistTextBlock *block = data;

  dvr_block_unref (block->block);
  g_free (block);
}

static DvrPlaylistTextBlock *
render_block (DvrPlaylistText * self, DvrPlaylistBuilder * builder,
    guint64 from, guint64 to)
{
  GstDvrPlaylistContext context;
  GString *text = g_string_sized_new (128 * (to - from));
  DvrPlaylistTextBlock *block;
  guint discontinuity = 0;

  if (dvr_playlist_text_write (self, builder, text, &context, TRUE,
          &discontinuity, from, to) != to) {
    g_string_free (text, TRUE);
    return NULL;
  }
  block = g_new0 (DvrPlaylistTextBlock, 1);
  block->first = from;
  block->discontinuity = discontinuity;
  block->block = dvr_block_new (text);
  return block;
}

/* A whole block, kept for good. */
DvrPlaylistTextBlock *
dvr_playlist_text_get_block (DvrPlaylistText * self,
    DvrPlaylistBuilder * builder, guint64 from)
{
  DvrPlaylistTextBlock *block = g_hash_table_lookup (builder->blocks, &from);

  if (!block) {
    block = render_block (self, builder, from, from + DVR_PLAYLIST_BLOCK);
    if (block)
      g_hash_table_insert (builder->blocks, &block->first, block);
  }
  return block;
}

/* The rest of a block that a window begins in; changes once per segment. */
DvrPlaylistTextBlock *
dvr_playlist_text_get_slice (DvrPlaylistText * self,
    DvrPlaylistBuilder * builder, guint64 from, guint64 to)
{
  if (!builder->slice || builder->slice->first != from) {
    g_clear_pointer (&builder->slice, text_block_free);
    builder->slice = render_block (self, builder, from, to);
  }
  return builder->slice;
}

static void
growing_clear (DvrPlaylistGrowing * growing)
{
  if (growing->text)
    g_string_free (growing->text, TRUE);
  growing->text = NULL;
}

/* The block that is not whole yet, up to @to. Returns: (nullable): NULL if it
 * cannot be had from @from to exactly @to */
DvrPlaylistGrowing *
dvr_playlist_text_get_growing (DvrPlaylistText * self,
    DvrPlaylistBuilder * builder, guint64 from, guint64 to)
{
  DvrPlaylistGrowing *growing = &builder->growing;

  if (growing->text && growing->first != from)
    growing_clear (growing);
  if (!growing->text) {
    growing->text = g_string_new (NULL);
    growing->first = growing->next = from;
  }
  if (growing->next > to)
    return NULL;
  growing->next = dvr_playlist_text_write (self, builder, growing->text,
      &growing->context, growing->next == from, &growing->discontinuity,
      growing->next, to);
  return growing->next == to ? growing : NULL;
}

static gboolean
is_removed (gpointer key, gpointer block, gpointer first)
{
  return ((DvrPlaylistTextBlock *) block)->first + DVR_PLAYLIST_BLOCK <=
      *(guint64 *) first;
}

static void
builder_init (DvrPlaylistBuilder * builder, gboolean iframes)
{
  builder->iframes = iframes;
  builder->blocks = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL,
      text_block_free);
}

static void
builder_clear (DvrPlaylistBuilder * builder)
{
  g_hash_table_remove_all (builder->blocks);
  g_clear_pointer (&builder->slice, text_block_free);
  growing_clear (&builder->growing);
}

/* Text that grows goes on after the last map it stated, so it begins anew. */
static void
forget_maps (DvrPlaylistText * self)
{
  growing_clear (&self->media.growing);
  growing_clear (&self->iframes.growing);
  g_hash_table_remove_all (self->maps);
}

/* Lets go what is no longer offered, and all where the stream began anew. */
void
dvr_playlist_text_update (DvrPlaylistText * self,
    const GstDvrTimelineInfo * info)
{
  guint64 first = info->first;

  if (g_hash_table_size (self->maps) > MAX_MAPS)
    forget_maps (self);
  if (first == self->known_first && info->next >= self->known_next) {
    self->known_next = info->next;
    return;
  }
  if (first > self->known_next || info->next < self->known_next
      || first < self->known_first) {
    builder_clear (&self->media);
    builder_clear (&self->iframes);
  } else {
    g_hash_table_foreach_remove (self->media.blocks, is_removed, &first);
    g_hash_table_foreach_remove (self->iframes.blocks, is_removed, &first);
  }
  self->known_first = first;
  self->known_next = info->next;
}

void
dvr_playlist_text_init (DvrPlaylistText * self, GstDvrTimeline * timeline)
{
  self->timeline = timeline;
  builder_init (&self->media, FALSE);
  builder_init (&self->iframes, TRUE);
  self->maps = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) gst_dvr_playlist_map_unref);
}

void
dvr_playlist_text_clear (DvrPlaylistText * self)
{
  builder_clear (&self->media);
  builder_clear (&self->iframes);
  g_hash_table_unref (self->media.blocks);
  g_hash_table_unref (self->iframes.blocks);
  g_hash_table_unref (self->maps);
}
