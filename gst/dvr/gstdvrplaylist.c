/* gstdvrplaylist.c: playlists as data, and delta updates
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplaylist-private.h"

/* Strings lie in one GStringChunk, and parts of all segments in one array: a
 * day's list is parsed without an allocation per line. */
#define STRING_CHUNK 4096

G_DEFINE_QUARK (gst - dvr - playlist - error - quark, gst_dvr_playlist_error);

/**
 * gst_dvr_playlist_map_new:
 * @uri: the init section's URI
 * @offset: where it begins
 * @length: how many bytes it has; 0 = all from @offset on
 *
 * Returns: (transfer full): a map to write segments with
 */
GstDvrPlaylistMap *
gst_dvr_playlist_map_new (const gchar * uri, guint64 offset, guint64 length)
{
  GstDvrPlaylistMap *map = g_new0 (GstDvrPlaylistMap, 1);

  map->uri = g_strdup (uri);
  map->range.offset = offset;
  map->range.length = length;
  map->refcount = 1;
  return map;
}

/**
 * gst_dvr_playlist_map_ref:
 * @map: a map
 *
 * From any thread.
 *
 * Returns: (transfer full): @map
 */
GstDvrPlaylistMap *
gst_dvr_playlist_map_ref (GstDvrPlaylistMap * map)
{
  g_atomic_int_inc (&map->refcount);
  return map;
}

/**
 * gst_dvr_playlist_map_unref:
 * @map: (transfer full): a map
 *
 * From any thread.
 */
void
gst_dvr_playlist_map_unref (GstDvrPlaylistMap * map)
{
  if (!g_atomic_int_dec_and_test (&map->refcount))
    return;
  g_free (map->uri);
  g_free (map);
}

/**
 * gst_dvr_playlist_map_equal:
 * @a: (nullable): a map
 * @b: (nullable): another
 *
 * Returns: whether both name the same bytes
 */
gboolean
gst_dvr_playlist_map_equal (const GstDvrPlaylistMap * a,
    const GstDvrPlaylistMap * b)
{
  if (a == b)
    return TRUE;
  return a != NULL && b != NULL && a->range.offset == b->range.offset
      && a->range.length == b->range.length && strcmp (a->uri, b->uri) == 0;
}

GstDvrPlaylist *
gst_dvr_playlist_new (void)
{
  GstDvrPlaylist *self = g_new0 (GstDvrPlaylist, 1);

  self->header.time = GST_CLOCK_TIME_NONE;
  self->segments = g_array_new (FALSE, FALSE, sizeof (GstDvrPlaylistSegment));
  self->parts = g_array_new (FALSE, FALSE, sizeof (GstDvrPlaylistPart));
  self->reports = g_array_new (FALSE, FALSE, sizeof (GstDvrPlaylistReport));
  self->variants = g_array_new (FALSE, FALSE, sizeof (GstDvrPlaylistVariant));
  self->renditions =
      g_array_new (FALSE, FALSE, sizeof (GstDvrPlaylistRendition));
  self->strings = g_string_chunk_new (STRING_CHUNK);
  self->keyframe_blocks = g_ptr_array_new_with_free_func (g_free);
  self->maps = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_dvr_playlist_map_unref);
  self->keys = g_ptr_array_new_with_free_func (g_free);
  self->open.wall_time = GST_DVR_WALL_TIME_NONE;
  return self;
}

/**
 * gst_dvr_playlist_free:
 * @self: (transfer full): a playlist
 */
void
gst_dvr_playlist_free (GstDvrPlaylist * self)
{
  g_array_unref (self->segments);
  g_array_unref (self->parts);
  g_array_unref (self->reports);
  g_array_unref (self->variants);
  g_array_unref (self->renditions);
  g_string_chunk_free (self->strings);
  g_ptr_array_unref (self->keyframe_blocks);
  g_ptr_array_unref (self->maps);
  g_ptr_array_unref (self->keys);
  g_free (self);
}

const gchar *
gst_dvr_playlist_take_span (GstDvrPlaylist * self, GstDvrSpan span)
{
  return g_string_chunk_insert_len (self->strings, span.data, span.size);
}

/* The time of day at @position; what is not stated is derived from the last
 * statement before, always from that one, so that roundings do not add up. */
gint64
gst_dvr_playlist_clock_get_wall_time (const GstDvrPlaylistClock * clock,
    GstClockTime position)
{
  if (clock->wall_time == GST_DVR_WALL_TIME_NONE)
    return GST_DVR_WALL_TIME_NONE;
  if (position >= clock->wall_position)
    return clock->wall_time
        + (gint64) ((position - clock->wall_position) / GST_USECOND);
  return clock->wall_time
      - (gint64) ((clock->wall_position - position) / GST_USECOND);
}

/* The first time of day that is stated tells of the segments before it, too
 * (RFC 8216 section 6.3.3). */
void
gst_dvr_playlist_backdate (GstDvrPlaylist * self,
    const GstDvrPlaylistClock * clock)
{
  guint i;

  for (i = 0; i < self->segments->len; i++) {
    GstDvrPlaylistSegment *segment = gst_dvr_playlist_get_segment (self, i);

    segment->wall_time =
        gst_dvr_playlist_clock_get_wall_time (clock, segment->start);
  }
}

/* Makes `open` the segment after the last closed one: MAP, KEY and BITRATE hold
 * until they change (RFC 8216 section 4.3.2). */
void
gst_dvr_playlist_begin_segment (GstDvrPlaylist * self,
    const GstDvrPlaylistClock * clock)
{
  GstDvrPlaylistSegment *open = &self->open;

  open->uri = NULL;
  open->number = self->header.media_sequence + self->skipped
      + self->segments->len;
  open->start = clock->position;
  open->duration = 0;
  memset (&open->range, 0, sizeof (open->range));
  memset (&open->key_range, 0, sizeof (open->key_range));
  open->n_keyframes = 0;
  open->keyframes = NULL;
  open->wall_time =
      gst_dvr_playlist_clock_get_wall_time (clock, clock->position);
  open->size = 0;
  open->first_part = self->parts->len;
  open->n_parts = 0;
  open->discontinuous = FALSE;
  open->time_stated = FALSE;
  open->wall_time_stated = FALSE;
  open->gap = FALSE;
  self->has_open = FALSE;
}

/**
 * gst_dvr_playlist_segment_from_entry:
 * @segment: (out): what a playlist says of a segment
 * @entry: what a timeline says of it
 * @uri: its URI; borrowed
 * @map: its init section; borrowed
 *
 * Its keyframes, where it has more than one, are for the caller to set.
 */
void
gst_dvr_playlist_segment_from_entry (GstDvrPlaylistSegment * segment,
    const GstDvrEntry * entry, const gchar * uri, GstDvrPlaylistMap * map)
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
  segment->n_keyframes = entry->n_keyframes;
  segment->map = map;
  segment->discontinuity = entry->discontinuity;
  segment->gap = entry->gap;
}

/* -- delta updates -- */

static const gchar *
copy_string (GstDvrPlaylist * self, const gchar * string)
{
  return string ? g_string_chunk_insert (self->strings, string) : NULL;
}

static const GstDvrPlaylistKey *
copy_key (GstDvrPlaylist * self, const GstDvrPlaylistKey * key)
{
  GstDvrPlaylistKey *copy;

  if (key == NULL)
    return NULL;
  copy = g_new0 (GstDvrPlaylistKey, 1);
  copy->method = copy_string (self, key->method);
  copy->uri = copy_string (self, key->uri);
  copy->format = copy_string (self, key->format);
  g_ptr_array_add (self->keys, copy);
  return copy;
}

/* What a segment has of those before it, where it does not say so itself. */
static void
take_over (GstDvrPlaylistSegment * segment, const GstDvrPlaylistSegment * from,
    const GstDvrPlaylistKey * key, guint discontinuities)
{
  segment->discontinuity += discontinuities;
  if (segment->map == NULL)
    segment->map = from->map;
  if (segment->key == NULL)
    segment->key = key;
  if (segment->bitrate == 0)
    segment->bitrate = from->bitrate;
}

/* The time of day goes on from @wall_time at the first listed segment, where the
 * update says none at all. */
static void
take_over_wall_time (GstDvrPlaylist * delta, gint64 wall_time)
{
  guint i;

  for (i = 0; i < delta->segments->len; i++) {
    GstDvrPlaylistSegment *segment = &g_array_index (delta->segments,
        GstDvrPlaylistSegment, i);

    segment->wall_time = wall_time;
    wall_time += segment->duration / GST_USECOND;
  }
  delta->open.wall_time = wall_time;
}

static gboolean
says_wall_time (const GstDvrPlaylist * delta)
{
  const GstDvrPlaylistSegment *first = delta->segments->len > 0 ?
      gst_dvr_playlist_get_segment (delta, 0) : &delta->open;

  return first->wall_time != GST_DVR_WALL_TIME_NONE;
}

/**
 * gst_dvr_playlist_inherit:
 * @delta: a delta update, as it was parsed
 * @old: the playlist before it: a whole one, or a delta update that has
 *   inherited
 *
 * Sets what segments that @delta lists have of those it skips (RFC 8216bis
 * section 6.2.5.1): map, key, bitrate, discontinuity number and time of day.
 *
 * Returns: whether @old lists the first segment of @delta or the one before it;
 *   if not, ask for the whole playlist
 */
gboolean
gst_dvr_playlist_inherit (GstDvrPlaylist * delta, const GstDvrPlaylist * old)
{
  guint64 first = delta->header.media_sequence + delta->skipped;
  guint64 old_first = old->header.media_sequence + old->skipped;
  const GstDvrPlaylistSegment *from;
  const GstDvrPlaylistKey *key;
  guint i, discontinuities;
  gint64 wall_time;

  if (delta->skipped == 0)
    return TRUE;
  if (first < old_first || first - old_first > old->segments->len
      || old->segments->len == 0)
    return FALSE;
  if (first - old_first < old->segments->len && delta->segments->len > 0) {
    from = gst_dvr_playlist_get_segment (old, first - old_first);
    discontinuities = from->discontinuity -
        gst_dvr_playlist_get_segment (delta, 0)->discontinuity;
    wall_time = from->wall_time;
  } else if (first - old_first == old->segments->len) {
    from = gst_dvr_playlist_get_segment (old, old->segments->len - 1);
    discontinuities =
        from->discontinuity - delta->header.discontinuity_sequence;
    wall_time = from->wall_time + (gint64) (from->duration / GST_USECOND);
  } else {
    return FALSE;
  }
  if (from->wall_time != GST_DVR_WALL_TIME_NONE && !says_wall_time (delta))
    take_over_wall_time (delta, wall_time);

  if (from->map)
    g_ptr_array_add (delta->maps, gst_dvr_playlist_map_ref (from->map));
  key = copy_key (delta, from->key);
  for (i = 0; i < delta->segments->len; i++)
    take_over (&g_array_index (delta->segments, GstDvrPlaylistSegment, i), from,
        i < delta->n_unkeyed ? key : NULL, discontinuities);
  take_over (&delta->open, from, i < delta->n_unkeyed ? key : NULL,
      discontinuities);

  return TRUE;
}
