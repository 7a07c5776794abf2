/* dvrplaylistcache.c: a stream's playlists, rendered once per state
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A playlist is a head, blocks of many segments, and a tail. Closed segments
 * never change, so their blocks are rendered once and shared by all states of
 * all playlists: a whole day's list costs a state no more than its tail. A
 * block stands for itself (MAP and PROGRAM-DATE-TIME are stated at its
 * beginning), because a list may begin with any of them.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/dvr/gstdvrplaylist.h>

#include "dvrplaylistrendering.h"
#include "dvrserver.h"

#define BLOCK_SEGMENTS 512
/* How far a time of day may be off before it is stated anew: 20 ms. */
#define WALL_TOLERANCE 20000
#define DEFAULT_TARGET_DURATION (10 * GST_SECOND)
#define MAX_TRIES 4

/* Text from @first on, with all that is needed to go on after it. */
typedef struct
{
  guint64 first;
  guint64 next;
  GString *text;
  GstDvrPlaylistContext context;
  guint discontinuity;
} Growing;

typedef struct
{
  guint64 first;
  guint discontinuity;
  DvrBlock *block;
} TextBlock;

/* What media and I-frame playlists have each. */
typedef struct
{
  gboolean iframes;
  GHashTable *blocks;
  TextBlock *slice;
  Growing growing;
} Builder;

struct _DvrPlaylists
{
  GstDvrTimeline *timeline;
  GMutex lock;
  Builder media;
  Builder iframes;
  GPtrArray *maps;
  guint64 known_first;
  guint64 known_next;
  DvrRendering *slots[DVR_N_PLAYLISTS][2];
};

/* One list on its way. */
typedef struct
{
  DvrPlaylists *self;
  Builder *builder;
  const DvrPlaylistConfig *config;
  GstDvrTimelineInfo info;
  GstClockTime target;
  gboolean parts;
  /* first number of the list; first one listed; first one with parts */
  guint64 first;
  guint64 from;
  guint64 zone;
  GString *head;
  GString *tail;
  GPtrArray *blocks;
  GstDvrPlaylistContext context;
  gboolean has_context;
  gboolean has_discontinuity;
  guint discontinuity;
} List;

/* -- segments -- */

static gboolean
copy_entry (const GstDvrEntry * entry, gpointer user_data)
{
  g_array_append_val ((GArray *) user_data, *entry);
  return TRUE;
}

/* An init section's map; there are few per stream. */
static GstDvrPlaylistMap *
get_map (DvrPlaylists * self, const GstDvrEntry * entry)
{
  gchar *uri = g_strdup_printf (DVR_INIT_URI, entry->recording,
      (guint64) entry->init);
  GstDvrPlaylistMap *map;
  guint i;

  for (i = self->maps->len; i > 0; i--) {
    map = g_ptr_array_index (self->maps, i - 1);
    if (g_str_equal (map->uri, uri)) {
      g_free (uri);
      return map;
    }
  }
  map = gst_dvr_playlist_map_new (uri, 0, 0);
  g_ptr_array_add (self->maps, map);
  g_free (uri);
  return map;
}

static void
fill_segment (DvrPlaylists * self, const GstDvrEntry * entry, const gchar * uri,
    GstDvrPlaylistSegment * segment)
{
  memset (segment, 0, sizeof (*segment));
  segment->uri = uri;
  segment->number = entry->number;
  segment->start = entry->start;
  segment->duration = entry->duration;
  segment->wall_time = entry->wall_time;
  segment->size = entry->size;
  segment->key_range.offset = entry->key_offset;
  segment->key_range.length = entry->key_size;
  segment->map = get_map (self, entry);
  segment->discontinuity = entry->discontinuity;
  segment->gap = entry->gap;
}

static void
write_entry (DvrPlaylists * self, Builder * builder, GString * out,
    GstDvrPlaylistContext * context, const GstDvrEntry * entry)
{
  GstDvrPlaylistSegment segment;
  gchar uri[160];

  g_snprintf (uri, sizeof (uri), DVR_SEGMENT_URI, entry->recording,
      entry->number);
  fill_segment (self, entry, uri, &segment);
  if (builder->iframes)
    gst_dvr_playlist_write_i_frame (out, context, &segment);
  else
    gst_dvr_playlist_write_segment (out, context, &segment);
}

/* Where text begins at @entry: what a reader knows from the one before it. */
static void
begin_context (DvrPlaylists * self, const GstDvrEntry * entry,
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
static guint64
write_entries (DvrPlaylists * self, Builder * builder, GString * out,
    GstDvrPlaylistContext * context, gboolean fresh, guint * discontinuity,
    guint64 from, guint64 to)
{
  GArray *entries;
  guint i;

  if (from >= to)
    return from;
  entries = g_array_sized_new (FALSE, FALSE, sizeof (GstDvrEntry),
      MIN (to - from, BLOCK_SEGMENTS));
  gst_dvr_timeline_foreach (self->timeline, from, to, copy_entry, entries);
  for (i = 0; i < entries->len; i++) {
    const GstDvrEntry *entry = &g_array_index (entries, GstDvrEntry, i);

    /* Some were removed meanwhile: the list is made again. */
    if (entry->number != from + i)
      break;
    if (fresh)
      begin_context (self, entry, context, discontinuity);
    fresh = FALSE;
    write_entry (self, builder, out, context, entry);
  }
  g_array_unref (entries);
  return from + i;
}

/* -- blocks; with the lock -- */

static void
text_block_free (gpointer data)
{
  TextBlock *block = data;

  dvr_block_unref (block->block);
  g_free (block);
}

static TextBlock *
render_block (DvrPlaylists * self, Builder * builder, guint64 from, guint64 to)
{
  GstDvrPlaylistContext context;
  GString *text = g_string_sized_new (128 * (to - from));
  TextBlock *block;
  guint discontinuity = 0;

  if (write_entries (self, builder, text, &context, TRUE, &discontinuity, from,
          to) != to) {
    g_string_free (text, TRUE);
    return NULL;
  }
  block = g_new0 (TextBlock, 1);
  block->first = from;
  block->discontinuity = discontinuity;
  block->block = dvr_block_new (text);
  return block;
}

/* A whole block, kept for good. */
static TextBlock *
get_block (DvrPlaylists * self, Builder * builder, guint64 from)
{
  TextBlock *block = g_hash_table_lookup (builder->blocks, &from);

  if (!block) {
    block = render_block (self, builder, from, from + BLOCK_SEGMENTS);
    if (block)
      g_hash_table_insert (builder->blocks, &block->first, block);
  }
  return block;
}

/* The rest of a block that a window begins in; changes once per segment. */
static TextBlock *
get_slice (DvrPlaylists * self, Builder * builder, guint64 from, guint64 to)
{
  if (!builder->slice || builder->slice->first != from) {
    g_clear_pointer (&builder->slice, text_block_free);
    builder->slice = render_block (self, builder, from, to);
  }
  return builder->slice;
}

static void
growing_clear (Growing * growing)
{
  if (growing->text)
    g_string_free (growing->text, TRUE);
  growing->text = NULL;
}

/* The block that is not whole yet, up to @to. Returns: (nullable): NULL if it
 * cannot be had from @from to exactly @to */
static Growing *
get_growing (DvrPlaylists * self, Builder * builder, guint64 from, guint64 to)
{
  Growing *growing = &builder->growing;

  if (growing->text && growing->first != from)
    growing_clear (growing);
  if (!growing->text) {
    growing->text = g_string_new (NULL);
    growing->first = growing->next = from;
  }
  if (growing->next > to)
    return NULL;
  growing->next = write_entries (self, builder, growing->text,
      &growing->context, growing->next == from, &growing->discontinuity,
      growing->next, to);
  return growing->next == to ? growing : NULL;
}

static gboolean
is_removed (gpointer key, gpointer block, gpointer first)
{
  return ((TextBlock *) block)->first + BLOCK_SEGMENTS <= *(guint64 *) first;
}

static void
builder_init (Builder * builder, gboolean iframes)
{
  builder->iframes = iframes;
  builder->blocks = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL,
      text_block_free);
}

static void
builder_clear (Builder * builder)
{
  g_hash_table_remove_all (builder->blocks);
  g_clear_pointer (&builder->slice, text_block_free);
  growing_clear (&builder->growing);
}

/* Lets go what is no longer offered, and all where the stream began anew. */
static void
forget_removed (DvrPlaylists * self, const GstDvrTimelineInfo * info)
{
  guint64 first = info->first;

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

/* -- a list -- */

static void
add_block (List * list, TextBlock * block)
{
  if (!list->has_discontinuity) {
    list->has_discontinuity = TRUE;
    list->discontinuity = block->discontinuity;
  }
  g_ptr_array_add (list->blocks, dvr_block_ref (block->block));
}

static void
note_discontinuity (List * list, guint discontinuity)
{
  if (!list->has_discontinuity) {
    list->has_discontinuity = TRUE;
    list->discontinuity = discontinuity;
  }
}

/* The segments of an unfinished block, into the tail. */
static gboolean
add_growing (List * list, guint64 from, guint64 start)
{
  guint discontinuity = 0;
  Growing *growing = NULL;

  if (from == start)
    growing = get_growing (list->self, list->builder, from, list->zone);
  if (growing) {
    g_string_append_len (list->tail, growing->text->str, growing->text->len);
    list->context = growing->context;
    discontinuity = growing->discontinuity;
  } else if (write_entries (list->self, list->builder, list->tail,
          &list->context, TRUE, &discontinuity, from, list->zone) !=
      list->zone) {
    return FALSE;
  }
  list->has_context = TRUE;
  note_discontinuity (list, discontinuity);
  return TRUE;
}

/* All segments before those with parts. */
static gboolean
add_closed (List * list)
{
  guint64 n = list->from;

  while (n < list->zone) {
    guint64 start = n - n % BLOCK_SEGMENTS;
    guint64 end = start + BLOCK_SEGMENTS;
    TextBlock *block;

    if (end > list->zone)
      return add_growing (list, n, MAX (start, list->info.first));
    if (n == start)
      block = get_block (list->self, list->builder, start);
    else
      block = get_slice (list->self, list->builder, n, end);
    if (!block)
      return FALSE;
    add_block (list, block);
    n = end;
  }
  return TRUE;
}

static void
write_parts (List * list, const GstDvrEntry * entry, guint max)
{
  GArray *parts = gst_dvr_timeline_get_parts (list->self->timeline,
      entry->number);
  guint i;

  for (i = 0; parts && i < parts->len && i < max; i++) {
    const GstDvrPart *part = &g_array_index (parts, GstDvrPart, i);
    GstDvrPlaylistPart line = { 0, };
    gchar uri[160];

    g_snprintf (uri, sizeof (uri), DVR_PART_URI, entry->recording,
        entry->number, i);
    line.uri = uri;
    line.duration = GST_CLOCK_TIME_IS_VALID (part->duration) ? part->duration :
        list->info.part_duration;
    line.independent = part->independent;
    gst_dvr_playlist_write_part (list->tail, &line);
  }
  g_clear_pointer (&parts, g_array_unref);
}

static void
ensure_context (List * list, const GstDvrEntry * entry)
{
  guint discontinuity;

  if (list->has_context)
    return;
  begin_context (list->self, entry, &list->context, &discontinuity);
  list->has_context = TRUE;
  note_discontinuity (list, discontinuity);
}

/* The segments whose parts are listed too. */
static gboolean
add_zone (List * list)
{
  guint64 n;

  for (n = MAX (list->zone, list->from); n < list->info.next; n++) {
    GstDvrPlaylistSegment segment;
    GstDvrEntry entry;
    gchar uri[160];

    if (gst_dvr_timeline_find (list->self->timeline, n, &entry) !=
        GST_DVR_FOUND_CLOSED)
      return FALSE;
    ensure_context (list, &entry);
    g_snprintf (uri, sizeof (uri), DVR_SEGMENT_URI, entry.recording,
        entry.number);
    fill_segment (list->self, &entry, uri, &segment);
    gst_dvr_playlist_write_segment_head (list->tail, &list->context, &segment);
    if (!entry.gap)
      write_parts (list, &entry, G_MAXUINT);
    gst_dvr_playlist_write_segment_tail (list->tail, &list->context, &segment);
  }
  return TRUE;
}

static void
write_hint (List * list, const gchar * recording, guint64 number, guint part)
{
  GstDvrPlaylistHint hint = { 0, };
  gchar uri[160];

  g_snprintf (uri, sizeof (uri), DVR_PART_URI, recording, number, part);
  hint.uri = uri;
  gst_dvr_playlist_write_hint (list->tail, "PART", &hint);
}

/* The segment that grows, and what will come next. A tier cut off from
 * upstream promises nothing. */
static gboolean
add_open (List * list)
{
  const GstDvrTimelineInfo *info = &list->info;
  GstDvrPlaylistSegment segment;
  GstDvrEntry entry;
  gchar uri[160];

  if (!list->parts)
    return TRUE;
  if (!info->open) {
    if (!info->stale && info->next > 0
        && gst_dvr_timeline_find (list->self->timeline, info->next - 1,
            &entry) == GST_DVR_FOUND_CLOSED && !entry.gap)
      write_hint (list, entry.recording, info->next, 0);
    return TRUE;
  }

  if (gst_dvr_timeline_find (list->self->timeline, info->next, &entry) !=
      GST_DVR_FOUND_OPEN)
    return FALSE;
  ensure_context (list, &entry);
  g_snprintf (uri, sizeof (uri), DVR_SEGMENT_URI, entry.recording,
      entry.number);
  fill_segment (list->self, &entry, uri, &segment);
  gst_dvr_playlist_write_segment_head (list->tail, &list->context, &segment);
  gst_dvr_playlist_write_open (list->tail, uri);
  write_parts (list, &entry, info->n_parts);
  if (!info->stale)
    write_hint (list, entry.recording, info->next, info->n_parts);
  return TRUE;
}

static void
write_head (List * list, DvrPlaylistKind kind)
{
  const GstDvrTimelineInfo *info = &list->info;
  GstDvrPlaylistHeader header = GST_DVR_PLAYLIST_HEADER_INIT;
  GstDvrEntry entry;

  header.version = kind == DVR_PLAYLIST_IFRAMES ? 0 : 9;
  header.dvr_version = GST_DVR_PLAYLIST_VERSION;
  header.no_smart_seek = !list->config->smart_seek || info->no_smart_seek;
  header.target_duration = list->target;
  header.media_sequence = list->first;
  header.i_frames_only = kind == DVR_PLAYLIST_IFRAMES;
  if (gst_dvr_timeline_find (list->self->timeline, list->first, &entry) >=
      GST_DVR_FOUND_CLOSED) {
    header.time = entry.start;
    header.discontinuity_sequence = list->first == list->from
        && list->has_discontinuity ? list->discontinuity : entry.discontinuity;
  }
  /* No EXT-X-PLAYLIST-TYPE: once said, nothing may ever be removed, which only
   * the recorder could promise (RFC 8216bis section 6.2.2). */
  if (kind != DVR_PLAYLIST_IFRAMES) {
    header.can_block_reload = info->state == GST_DVR_TIMELINE_OPEN;
    header.can_skip_until = 6 * list->target;
  }
  if (list->parts) {
    header.part_target = info->part_duration;
    header.part_hold_back = list->config->part_hold_back * info->part_duration;
  }
  gst_dvr_playlist_write_header (list->head, &header);
  if (list->from > list->first)
    gst_dvr_playlist_write_skip (list->head, list->from - list->first);
}

/* -- which segments -- */

static guint64
number_at (List * list, GstClockTime back)
{
  const GstDvrTimelineInfo *info = &list->info;
  GstDvrEntry entry;

  if (info->end < info->start + back)
    return info->first;
  if (gst_dvr_timeline_find_time (list->self->timeline, info->end - back,
          &entry) < GST_DVR_FOUND_CLOSED)
    return info->first;
  return CLAMP (entry.number, info->first, info->next);
}

static void
choose_segments (List * list, DvrPlaylistKind kind, gboolean delta)
{
  const GstDvrTimelineInfo *info = &list->info;
  GstClockTime target = info->target_duration > 0 ? info->target_duration :
      DEFAULT_TARGET_DURATION;

  /* In playlists it is a whole number of seconds. */
  list->target = (target + GST_SECOND - 1) / GST_SECOND * GST_SECOND;
  list->parts = list->config->low_latency && info->part_duration > 0
      && info->state == GST_DVR_TIMELINE_OPEN && kind != DVR_PLAYLIST_IFRAMES;
  list->first = list->from = info->first;
  if (kind != DVR_PLAYLIST_ALL && list->config->window > 0)
    list->first = list->from = number_at (list, list->config->window);
  list->zone = info->next;
  if (list->parts)
    list->zone = MAX (list->first, number_at (list, 3 * list->target));
  if (delta) {
    guint64 boundary = number_at (list, 6 * list->target);

    list->from = MAX (list->first, boundary);
  }
}

/* Returns: FALSE if the timeline changed in a way that does not fit */
static gboolean
build (List * list, DvrPlaylistKind kind)
{
  if (!add_closed (list) || !add_zone (list) || !add_open (list))
    return FALSE;
  if (list->info.state == GST_DVR_TIMELINE_ENDED)
    gst_dvr_playlist_write_end (list->tail);
  write_head (list, kind);
  return TRUE;
}

static DvrRendering *
finish (List * list)
{
  DvrRendering *rendering = dvr_rendering_new ();
  guint i;

  rendering->version = list->info.version;
  rendering->config = *list->config;
  rendering->skipped_to = list->from > list->first ? list->from : 0;
  g_ptr_array_add (rendering->blocks, dvr_block_new (list->head));
  for (i = 0; i < list->blocks->len; i++)
    g_ptr_array_add (rendering->blocks,
        dvr_block_ref (g_ptr_array_index (list->blocks, i)));
  if (list->tail->len > 0)
    g_ptr_array_add (rendering->blocks, dvr_block_new (list->tail));
  else
    g_string_free (list->tail, TRUE);
  g_ptr_array_unref (list->blocks);
  return rendering;
}

static DvrRendering *
render (DvrPlaylists * self, DvrPlaylistKind kind, gboolean delta,
    const DvrPlaylistConfig * config)
{
  List list;
  guint try;

  for (try = 0; try < MAX_TRIES; try++) {
    memset (&list, 0, sizeof (list));
    list.self = self;
    list.config = config;
    list.builder = kind == DVR_PLAYLIST_IFRAMES ? &self->iframes : &self->media;
    gst_dvr_timeline_get_info (self->timeline, &list.info);
    forget_removed (self, &list.info);
    choose_segments (&list, kind, delta);
    list.head = g_string_new (NULL);
    list.tail = g_string_new (NULL);
    list.blocks = g_ptr_array_new_with_free_func (
        (GDestroyNotify) dvr_block_unref);
    if (build (&list, kind))
      return finish (&list);
    g_string_free (list.head, TRUE);
    g_string_free (list.tail, TRUE);
    g_ptr_array_unref (list.blocks);
  }
  return NULL;
}

static gboolean
is_current (DvrRendering * rendering, guint64 version,
    const DvrPlaylistConfig * config)
{
  return rendering && rendering->version == version
      && rendering->config.window == config->window
      && rendering->config.low_latency == config->low_latency
      && rendering->config.part_hold_back == config->part_hold_back
      && rendering->config.smart_seek == config->smart_seek;
}

/**
 * dvr_playlists_get:
 * @self: a stream's playlists
 * @kind: which one
 * @delta: whether a delta update is wanted
 * @config: what it is to look like
 *
 * Returns: (transfer full) (nullable): its newest state; NULL if the timeline
 *     changes faster than it can be read
 */
DvrRendering *
dvr_playlists_get (DvrPlaylists * self, DvrPlaylistKind kind, gboolean delta,
    const DvrPlaylistConfig * config)
{
  DvrRendering **slot = &self->slots[kind][delta ? 1 : 0];
  DvrRendering *rendering;
  GstDvrTimelineInfo info;

  g_mutex_lock (&self->lock);
  gst_dvr_timeline_get_info (self->timeline, &info);
  if (!is_current (*slot, info.version, config)) {
    rendering = render (self, kind, delta, config);
    if (rendering) {
      g_clear_pointer (slot, dvr_rendering_unref);
      *slot = rendering;
    }
  }
  rendering = *slot ? dvr_rendering_ref (*slot) : NULL;
  g_mutex_unlock (&self->lock);
  return rendering;
}

/**
 * dvr_playlists_new:
 * @timeline: a stream's timeline, which outlives the playlists
 */
DvrPlaylists *
dvr_playlists_new (GstDvrTimeline * timeline)
{
  DvrPlaylists *self = g_new0 (DvrPlaylists, 1);

  self->timeline = timeline;
  g_mutex_init (&self->lock);
  builder_init (&self->media, FALSE);
  builder_init (&self->iframes, TRUE);
  self->maps = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_dvr_playlist_map_unref);
  return self;
}

void
dvr_playlists_free (DvrPlaylists * self)
{
  guint i;

  for (i = 0; i < DVR_N_PLAYLISTS; i++) {
    g_clear_pointer (&self->slots[i][0], dvr_rendering_unref);
    g_clear_pointer (&self->slots[i][1], dvr_rendering_unref);
  }
  builder_clear (&self->media);
  builder_clear (&self->iframes);
  g_hash_table_unref (self->media.blocks);
  g_hash_table_unref (self->iframes.blocks);
  g_ptr_array_unref (self->maps);
  g_mutex_clear (&self->lock);
  g_free (self);
}
