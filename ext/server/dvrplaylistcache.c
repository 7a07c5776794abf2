/* dvrplaylistcache.c: a stream's playlists, rendered once per state
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A playlist is a head, blocks of many segments (dvrplaylisttext.c), and a tail.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/dvr/gstdvrplaylist.h>

#include "dvrplaylistrendering.h"
#include "dvrplaylisttext.h"
#include "dvrserver.h"

#define MAX_TRIES 4

struct _DvrPlaylists
{
  GMutex lock;
  /* with the lock */
  DvrPlaylistText text;
  DvrPlaylistRendering *slots[DVR_N_PLAYLISTS][2];
};

/* One list on its way. */
typedef struct
{
  DvrPlaylistText *text;
  DvrPlaylistBuilder *builder;
  const DvrPlaylistConfig *config;
  GstDvrTimelineInfo info;
  GstClockTime target;
  gboolean parts;
  guint64 first;                /* number of the list */
  guint64 from;                 /* first that is listed, not skipped */
  guint64 zone;                 /* first whose parts are listed */
  GString *head;
  GString *tail;
  GPtrArray *blocks;
  GstDvrPlaylistContext context;
  gboolean has_context;
  gboolean has_discontinuity;
  guint discontinuity;
} List;

/* A segment's lines, and what they are made of. */
typedef struct
{
  gchar uri[160];
  GstDvrKeyframes frames;
  GstDvrPlaylistSegment segment;
} Line;

/* -- a list -- */

static void
note_discontinuity (List * list, guint discontinuity)
{
  if (!list->has_discontinuity) {
    list->has_discontinuity = TRUE;
    list->discontinuity = discontinuity;
  }
}

static void
add_block (List * list, DvrPlaylistTextBlock * block)
{
  note_discontinuity (list, block->discontinuity);
  g_ptr_array_add (list->blocks, dvr_block_ref (block->block));
}

/* The segments of an unfinished block, into the tail. */
static gboolean
add_growing (List * list, guint64 from, guint64 start)
{
  guint discontinuity = 0;
  DvrPlaylistGrowing *growing = NULL;

  if (from == start)
    growing =
        dvr_playlist_text_get_growing (list->text, list->builder, from,
        list->zone);
  if (growing) {
    g_string_append_len (list->tail, growing->text->str, growing->text->len);
    list->context = growing->context;
    discontinuity = growing->discontinuity;
  } else if (dvr_playlist_text_write (list->text, list->builder, list->tail,
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
    guint64 start = n - n % DVR_PLAYLIST_BLOCK;
    guint64 end = start + DVR_PLAYLIST_BLOCK;
    DvrPlaylistTextBlock *block;

    if (end > list->zone)
      return add_growing (list, n, MAX (start, list->info.first));
    if (n == start)
      block = dvr_playlist_text_get_block (list->text, list->builder, start);
    else
      block = dvr_playlist_text_get_slice (list->text, list->builder, n, end);
    if (!block)
      return FALSE;
    add_block (list, block);
    n = end;
  }
  return TRUE;
}

/* Whether parts are listed while the stream is on. */
static gboolean
has_parts (const List * list, DvrPlaylistKind kind)
{
  return list->config->low_latency && list->info.part_duration > 0
      && kind != DVR_PLAYLIST_IFRAMES;
}

/* Returns: how long they are together */
static GstClockTime
write_parts (List * list, const GstDvrEntry * entry, guint max)
{
  GArray *parts = gst_dvr_timeline_get_parts (list->text->timeline,
      entry->number);
  GstClockTime length = 0;
  guint i;

  for (i = 0; parts && i < parts->len && i < max; i++) {
    const GstDvrPart *part = &g_array_index (parts, GstDvrPart, i);
    GstDvrPlaylistPart line = { 0, };
    gchar uri[160];

    g_snprintf (uri, sizeof (uri), GST_DVR_PART_URI, entry->recording,
        entry->number, i);
    line.uri = uri;
    line.duration = GST_CLOCK_TIME_IS_VALID (part->duration) ? part->duration :
        list->info.part_duration;
    line.independent = part->independent;
    gst_dvr_playlist_write_part (list->tail, &line);
    length += line.duration;
  }
  g_clear_pointer (&parts, g_array_unref);
  return length;
}

static void
ensure_context (List * list, const GstDvrEntry * entry)
{
  guint discontinuity;

  if (list->has_context)
    return;
  dvr_playlist_text_begin (list->text, entry, &list->context, &discontinuity);
  list->has_context = TRUE;
  note_discontinuity (list, discontinuity);
}

/* @line: (out caller-allocates) */
static void
begin_segment (List * list, const GstDvrEntry * entry, Line * line)
{
  ensure_context (list, entry);
  g_snprintf (line->uri, sizeof (line->uri), GST_DVR_SEGMENT_URI,
      entry->recording, entry->number);
  dvr_playlist_text_fill (list->text, entry, line->uri, &line->segment,
      &line->frames);
  gst_dvr_playlist_write_segment_head (list->tail, &list->context,
      &line->segment);
}

/* The segments whose parts are listed too. */
static gboolean
add_zone (List * list)
{
  guint64 n;

  for (n = MAX (list->zone, list->from); n < list->info.next; n++) {
    GstDvrEntry entry;
    Line line;

    if (gst_dvr_timeline_find (list->text->timeline, n, &entry) !=
        GST_DVR_FOUND_CLOSED)
      return FALSE;
    begin_segment (list, &entry, &line);
    if (!entry.gap)
      write_parts (list, &entry, G_MAXUINT);
    gst_dvr_playlist_write_segment_tail (list->tail, &list->context,
        &line.segment);
  }
  return TRUE;
}

static void
write_hint (List * list, const gchar * recording, guint64 number, guint part)
{
  GstDvrPlaylistHint hint = { 0, };
  gchar uri[160];

  g_snprintf (uri, sizeof (uri), GST_DVR_PART_URI, recording, number, part);
  hint.uri = uri;
  gst_dvr_playlist_write_hint (list->tail, "PART", &hint);
}

/* What will come next, where nothing grows. A tier cut off from upstream
 * promises nothing. */
static void
add_next (List * list)
{
  const GstDvrTimelineInfo *info = &list->info;
  GstDvrEntry last;

  if (!info->stale && info->next > 0
      && gst_dvr_timeline_find (list->text->timeline, info->next - 1,
          &last) == GST_DVR_FOUND_CLOSED && !last.gap)
    write_hint (list, last.recording, info->next, 0);
  else
    /* Where no line follows the last segment hls.js (1.7) takes it for the
     * one that grows, and gives up if a discontinuity comes next. */
    g_string_append (list->tail, "#\n");
}

/* Whether the segment that grows is as long as the one before it. Its end is told
 * a little later than its last part, as it goes to disk first: what would be
 * hinted at would not come. */
static gboolean
has_probably_ended (List * list, GstClockTime length)
{
  const GstDvrTimelineInfo *info = &list->info;
  GstClockTime half = info->part_duration / 2;
  GstDvrEntry before;

  return info->next > 0 && gst_dvr_timeline_find (list->text->timeline,
      info->next - 1, &before) == GST_DVR_FOUND_CLOSED && !before.gap
      && length + half > before.duration && length < before.duration + half;
}

/* The segment that grows, and its next part. */
static gboolean
add_open (List * list)
{
  const GstDvrTimelineInfo *info = &list->info;
  GstClockTime length;
  GstDvrEntry entry;
  Line line;

  if (gst_dvr_timeline_find (list->text->timeline, info->next, &entry) !=
      GST_DVR_FOUND_OPEN)
    return FALSE;
  begin_segment (list, &entry, &line);
  gst_dvr_playlist_write_open (list->tail, line.uri);
  length = write_parts (list, &entry, info->n_parts);
  if (!info->stale && !has_probably_ended (list, length))
    write_hint (list, entry.recording, info->next, info->n_parts);
  return TRUE;
}

static gboolean
add_end (List * list)
{
  if (list->parts && list->info.open)
    return add_open (list);
  if (list->parts)
    add_next (list);
  else if (list->info.state == GST_DVR_TIMELINE_ENDED)
    gst_dvr_playlist_write_end (list->tail);
  return TRUE;
}

/* The number before the list's first segment, which may begin with a
 * discontinuity itself. A delta update says what the whole list does. */
static guint
get_discontinuity (List * list, const GstDvrEntry * first)
{
  guint64 start = list->first - list->first % DVR_PLAYLIST_BLOCK;
  const DvrPlaylistGrowing *growing = &list->builder->growing;
  GstDvrPlaylistContext context;
  guint discontinuity;

  if (list->first == list->from && list->has_discontinuity)
    return list->discontinuity;
  /* as the text was written that the whole list has */
  if (growing->text && growing->first == list->first
      && growing->next > growing->first)
    return growing->discontinuity;
  if (list->first == start && start + DVR_PLAYLIST_BLOCK <= list->zone) {
    DvrPlaylistTextBlock *block = dvr_playlist_text_get_block (list->text,
        list->builder, start);

    if (block)
      return block->discontinuity;
  }
  if (list->builder->slice && list->builder->slice->first == list->first)
    return list->builder->slice->discontinuity;
  dvr_playlist_text_begin (list->text, first, &context, &discontinuity);
  return discontinuity;
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
  if (gst_dvr_timeline_find (list->text->timeline, list->first, &entry) >=
      GST_DVR_FOUND_CLOSED) {
    header.time = entry.start;
    /* each is an entry more there */
    if (kind == DVR_PLAYLIST_IFRAMES)
      header.media_sequence += entry.keyframes_before;
    else
      header.keyframes_before = entry.keyframes_before;
    header.discontinuity_sequence = get_discontinuity (list, &entry);
  }
  /* No EXT-X-PLAYLIST-TYPE: once said, nothing may ever be removed, which only
   * the recorder could promise (RFC 8216bis section 6.2.2). */
  if (kind != DVR_PLAYLIST_IFRAMES) {
    header.can_block_reload = info->state == GST_DVR_TIMELINE_OPEN;
    header.can_skip_until = 6 * list->target;
  }
  if (list->parts)
    header.part_target = info->part_duration;
  /* Of a list that has ended, too: Shaka Player asks for it wherever there have
   * been parts, and would never see the end. */
  if (has_parts (list, kind))
    header.part_hold_back = list->config->part_hold_back * info->part_duration;
  gst_dvr_playlist_write_header (list->head, &header);
  if (list->from > list->first) {
    GstDvrFound found = gst_dvr_timeline_find (list->text->timeline,
        list->from, &entry);

    gst_dvr_playlist_write_skip (list->head, list->from - list->first,
        found >= GST_DVR_FOUND_CLOSED ? entry.start : GST_CLOCK_TIME_NONE);
  }
}

/* -- which segments -- */

static guint64
number_at (List * list, GstClockTime back)
{
  const GstDvrTimelineInfo *info = &list->info;
  GstDvrEntry entry;

  if (info->end < info->start + back)
    return info->first;
  if (gst_dvr_timeline_find_time (list->text->timeline, info->end - back,
          &entry) < GST_DVR_FOUND_CLOSED)
    return info->first;
  return CLAMP (entry.number, info->first, info->next);
}

static void
choose_segments (List * list, DvrPlaylistKind kind, gboolean delta)
{
  const GstDvrTimelineInfo *info = &list->info;
  GstClockTime target = dvr_get_target_duration (info);

  /* In playlists it is a whole number of seconds. */
  list->target = (target + GST_SECOND - 1) / GST_SECOND * GST_SECOND;
  list->parts = has_parts (list, kind)
      && info->state == GST_DVR_TIMELINE_OPEN;
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
  if (!add_closed (list) || !add_zone (list) || !add_end (list))
    return FALSE;
  write_head (list, kind);
  return TRUE;
}

static DvrPlaylistRendering *
finish (List * list)
{
  DvrPlaylistRendering *rendering = dvr_playlist_rendering_new ();
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

static DvrPlaylistRendering *
render (DvrPlaylists * self, DvrPlaylistKind kind, gboolean delta,
    const DvrPlaylistConfig * config)
{
  List list;
  guint try;

  for (try = 0; try < MAX_TRIES; try++) {
    memset (&list, 0, sizeof (list));
    list.text = &self->text;
    list.config = config;
    list.builder = kind == DVR_PLAYLIST_IFRAMES ? &self->text.iframes :
        &self->text.media;
    gst_dvr_timeline_get_info (self->text.timeline, &list.info);
    dvr_playlist_text_update (&self->text, &list.info);
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
is_current (DvrPlaylistRendering * rendering, guint64 version,
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
DvrPlaylistRendering *
dvr_playlists_get (DvrPlaylists * self, DvrPlaylistKind kind, gboolean delta,
    const DvrPlaylistConfig * config)
{
  DvrPlaylistRendering **slot = &self->slots[kind][delta ? 1 : 0];
  DvrPlaylistRendering *rendering;
  GstDvrTimelineInfo info;

  g_mutex_lock (&self->lock);
  gst_dvr_timeline_get_info (self->text.timeline, &info);
  if (!is_current (*slot, info.version, config)) {
    rendering = render (self, kind, delta, config);
    if (rendering) {
      g_clear_pointer (slot, dvr_playlist_rendering_unref);
      *slot = rendering;
    }
  }
  rendering = *slot ? dvr_playlist_rendering_ref (*slot) : NULL;
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

  g_mutex_init (&self->lock);
  dvr_playlist_text_init (&self->text, timeline);
  return self;
}

void
dvr_playlists_free (DvrPlaylists * self)
{
  guint i;

  for (i = 0; i < DVR_N_PLAYLISTS; i++) {
    g_clear_pointer (&self->slots[i][0], dvr_playlist_rendering_unref);
    g_clear_pointer (&self->slots[i][1], dvr_playlist_rendering_unref);
  }
  dvr_playlist_text_clear (&self->text);
  g_mutex_clear (&self->lock);
  g_free (self);
}
