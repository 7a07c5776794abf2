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

/* Merging. */

typedef struct
{
  GstDvrPlaylist *out;
  GstDvrPlaylistClock clock;
  const GstDvrPlaylistMap *map;
  const GstDvrPlaylistKey *key_from;
  const GstDvrPlaylistKey *key;
} GstDvrMerge;

static const gchar *
merge_string (GstDvrMerge * merge, const gchar * string)
{
  return string == NULL ? NULL
      : g_string_chunk_insert (merge->out->strings, string);
}

static const GstDvrPlaylistKey *
merge_key (GstDvrMerge * merge, const GstDvrPlaylistKey * key)
{
  GstDvrPlaylistKey *copy;

  if (key == NULL || key == merge->key_from)
    return key == NULL ? NULL : merge->key;
  copy = g_new0 (GstDvrPlaylistKey, 1);
  copy->method = merge_string (merge, key->method);
  copy->uri = merge_string (merge, key->uri);
  copy->format = merge_string (merge, key->format);
  g_ptr_array_add (merge->out->keys, copy);
  merge->key_from = key;
  merge->key = copy;
  return copy;
}

/* Copies what a segment points at, and its parts if @parts is given. */
static void
merge_contents (GstDvrMerge * merge, GstDvrPlaylistSegment * segment,
    const GstDvrPlaylist * from, gboolean with_parts)
{
  GArray *parts = merge->out->parts;
  guint i, first = parts->len;

  segment->uri = merge_string (merge, segment->uri);
  if (segment->map != NULL && segment->map != merge->map) {
    merge->map = segment->map;
    g_ptr_array_add (merge->out->maps, gst_dvr_playlist_map_ref (segment->map));
  }
  segment->key = merge_key (merge, segment->key);
  gst_dvr_playlist_take_keyframes (merge->out, segment, segment->keyframes,
      segment->n_keyframes);
  for (i = 0; with_parts && i < segment->n_parts; i++) {
    GstDvrPlaylistPart part =
        *gst_dvr_playlist_get_part (from, segment->first_part + i);

    part.uri = merge_string (merge, part.uri);
    g_array_append_val (parts, part);
  }
  segment->first_part = first;
  segment->n_parts = parts->len - first;
}

/* Sets what is derived anew: a delta counts from its first listed segment. */
static gboolean
merge_times (GstDvrMerge * merge, GstDvrPlaylistSegment * segment)
{
  GstDvrPlaylistClock *clock = &merge->clock;
  gboolean first;

  if (segment->time_stated && segment->start > clock->position)
    clock->position = segment->start;
  segment->start = clock->position;
  first = clock->wall_time == GST_DVR_WALL_TIME_NONE;
  if (segment->wall_time_stated || first) {
    clock->wall_time = segment->wall_time;
    clock->wall_position = clock->position;
    if (first && clock->wall_time != GST_DVR_WALL_TIME_NONE)
      gst_dvr_playlist_backdate (merge->out, clock);
  }
  segment->wall_time =
      gst_dvr_playlist_clock_get_wall_time (clock, clock->position);
  clock->position += segment->duration;
  return clock->position <= G_MAXINT64;
}

static gboolean
merge_check (const GstDvrPlaylist * old, const GstDvrPlaylist * delta,
    GError ** error)
{
  guint64 first = delta->header.media_sequence;
  guint64 old_first = old->header.media_sequence;
  guint64 old_end = old_first + old->segments->len;
  const GstDvrPlaylistSegment *segment;
  guint i;

  if (old->kind != GST_DVR_PLAYLIST_MEDIA || old->skipped > 0
      || delta->kind != GST_DVR_PLAYLIST_MEDIA) {
    g_set_error_literal (error, GST_DVR_PLAYLIST_ERROR,
        GST_DVR_PLAYLIST_ERROR_MISMATCH,
        "a delta update needs a whole media playlist to apply to");
    return FALSE;
  }
  if (delta->skipped == 0)
    return TRUE;
  if (first < old_first || first + delta->skipped > old_end) {
    g_set_error (error, GST_DVR_PLAYLIST_ERROR,
        GST_DVR_PLAYLIST_ERROR_MISMATCH, "the delta update leaves out segments "
        "%" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT ", known are %"
        G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, first,
        first + delta->skipped - 1, old_first, old_end - 1);
    return FALSE;
  }
  /* Same numbers must mean the same segments. */
  for (i = 0; i < delta->segments->len; i++) {
    const GstDvrPlaylistSegment *listed = gst_dvr_playlist_get_segment (delta,
        i);

    if (listed->number >= old_end)
      break;
    segment = gst_dvr_playlist_get_segment (old, listed->number - old_first);
    if (strcmp (listed->uri, segment->uri) != 0) {
      g_set_error (error, GST_DVR_PLAYLIST_ERROR,
          GST_DVR_PLAYLIST_ERROR_MISMATCH, "segment %" G_GUINT64_FORMAT
          " was \"%s\", the delta update says \"%s\"", listed->number,
          segment->uri, listed->uri);
      return FALSE;
    }
  }
  segment = gst_dvr_playlist_get_segment (old, first - old_first);
  if (segment->discontinuity != delta->header.discontinuity_sequence
      && (!segment->discontinuous
          || segment->discontinuity < delta->header.discontinuity_sequence)) {
    g_set_error (error, GST_DVR_PLAYLIST_ERROR, GST_DVR_PLAYLIST_ERROR_MISMATCH,
        "segment %" G_GUINT64_FORMAT " had discontinuity number %u, the delta "
        "update says %u", first, segment->discontinuity,
        delta->header.discontinuity_sequence);
    return FALSE;
  }
  return TRUE;
}

/* The segments that the delta update leaves out, from the old playlist. Their
 * parts are not listed any more (RFC 8216bis section 6.2.2). */
static gboolean
merge_skipped (GstDvrMerge * merge, const GstDvrPlaylist * old,
    const GstDvrPlaylist * delta)
{
  guint first = delta->header.media_sequence - old->header.media_sequence;
  guint i;

  for (i = 0; i < delta->skipped; i++) {
    GstDvrPlaylistSegment segment =
        *gst_dvr_playlist_get_segment (old, first + i);

    if (i == 0) {
      segment.time_stated = FALSE;
      segment.discontinuous =
          segment.discontinuity != delta->header.discontinuity_sequence;
    }
    merge_contents (merge, &segment, old, FALSE);
    if (!merge_times (merge, &segment))
      return FALSE;
    g_array_append_val (merge->out->segments, segment);
  }
  return TRUE;
}

/* Tags that a skipped segment stated hold on for listed ones. */
static void
merge_inherit (GstDvrPlaylistSegment * segment,
    const GstDvrPlaylistSegment * last, guint discontinuities, gboolean unkeyed)
{
  segment->discontinuity += discontinuities;
  if (last == NULL)
    return;
  /* Derived without knowing where the listed segments begin. */
  if (!segment->wall_time_stated)
    segment->wall_time = GST_DVR_WALL_TIME_NONE;
  if (segment->map == NULL)
    segment->map = last->map;
  if (segment->key == NULL && unkeyed)
    segment->key = last->key;
  if (segment->bitrate == 0)
    segment->bitrate = last->bitrate;
}

/* The segments that the delta update lists, and the open one. */
static gboolean
merge_listed (GstDvrMerge * merge, const GstDvrPlaylist * old,
    const GstDvrPlaylist * delta)
{
  GstDvrPlaylist *out = merge->out;
  const GstDvrPlaylistSegment *last = NULL;
  guint i, discontinuities = 0;

  if (delta->skipped > 0) {
    guint64 index = delta->header.media_sequence + delta->skipped - 1
        - old->header.media_sequence;

    last = gst_dvr_playlist_get_segment (old, index);
    discontinuities =
        last->discontinuity - delta->header.discontinuity_sequence;
  }
  for (i = 0; i < delta->segments->len; i++) {
    GstDvrPlaylistSegment segment = *gst_dvr_playlist_get_segment (delta, i);

    merge_inherit (&segment, last, discontinuities, i < delta->n_unkeyed);
    merge_contents (merge, &segment, delta, TRUE);
    if (!merge_times (merge, &segment))
      return FALSE;
    g_array_append_val (out->segments, segment);
  }
  out->open = delta->open;
  merge_inherit (&out->open, last, discontinuities, i < delta->n_unkeyed);
  merge_contents (merge, &out->open, delta, TRUE);
  return merge_times (merge, &out->open);
}

static void
merge_rest (GstDvrMerge * merge, const GstDvrPlaylist * delta)
{
  GstDvrPlaylist *out = merge->out;
  guint i;

  out->kind = delta->kind;
  out->ended = delta->ended;
  out->has_open = delta->has_open;
  out->hint_part = delta->hint_part;
  out->hint_part.uri = merge_string (merge, delta->hint_part.uri);
  out->hint_map = delta->hint_map;
  out->hint_map.uri = merge_string (merge, delta->hint_map.uri);
  for (i = 0; i < delta->reports->len; i++) {
    GstDvrPlaylistReport report =
        g_array_index (delta->reports, GstDvrPlaylistReport, i);

    report.uri = merge_string (merge, report.uri);
    g_array_append_val (out->reports, report);
  }
}

/**
 * gst_dvr_playlist_merge_delta:
 * @old: the whole playlist as it was known
 * @delta: a newer one of the same stream, as parsed: a delta update (RFC
 *   8216bis section 6.2.5.1); where it leaves nothing out, @old is not looked
 *   at
 * @error: (optional): GST_DVR_PLAYLIST_ERROR_MISMATCH: it does not fit, as
 *   when segments were missed between the two; ask for the whole playlist
 *
 * Returns: (transfer full) (nullable): the whole playlist as it is now; it
 *   needs neither @old nor @delta
 */
GstDvrPlaylist *
gst_dvr_playlist_merge_delta (const GstDvrPlaylist * old,
    const GstDvrPlaylist * delta, GError ** error)
{
  GstDvrMerge merge = { NULL, };

  g_return_val_if_fail (old != NULL && delta != NULL, NULL);

  if (!merge_check (old, delta, error))
    return NULL;

  merge.out = gst_dvr_playlist_new ();
  merge.out->header = delta->header;
  merge.clock.wall_time = GST_DVR_WALL_TIME_NONE;
  if (GST_CLOCK_TIME_IS_VALID (delta->header.time))
    merge.clock.position = delta->header.time;
  merge_rest (&merge, delta);
  if (!merge_skipped (&merge, old, delta)
      || !merge_listed (&merge, old, delta)) {
    g_set_error_literal (error, GST_DVR_PLAYLIST_ERROR,
        GST_DVR_PLAYLIST_ERROR_LIMIT, "stream time out of range");
    gst_dvr_playlist_free (merge.out);
    return NULL;
  }
  return merge.out;
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
 * section 6.2.5.1): map, key, bitrate, discontinuity number and time of day. It
 * costs what is listed, where gst_dvr_playlist_merge_delta() makes a whole list.
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
  GstDvrMerge merge = {.out = delta };
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
  key = merge_key (&merge, from->key);
  for (i = 0; i < delta->segments->len; i++)
    take_over (&g_array_index (delta->segments, GstDvrPlaylistSegment, i), from,
        i < delta->n_unkeyed ? key : NULL, discontinuities);
  take_over (&delta->open, from, i < delta->n_unkeyed ? key : NULL,
      discontinuities);

  return TRUE;
}
