/* gstdvrhttpjoin.c: going on with another recording of the same publisher
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Where another origin has taken over (gstdvrhttporigin.c), the place is looked
 * for where it goes on. Ours ends with its newest closed segment, or with the
 * parts that there are of the next one. A keyframe of it that is found over
 * there, bit by bit the same, tells what time that is in the other recording.
 * Where the other is not cut at that time, its segment is taken from there on, as
 * a range of it. Where no keyframe is found, the time of day decides. What lies
 * before the place was seen already and is not listed again; where nothing lies
 * behind it yet, it is waited for. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpupstream.h"
#include "gstdvrkeys.h"
#include "gstdvrproxyelements.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* Segments looked into before the time of day decides. */
#define MAX_LOOKS 8
#define MAX_LOOK_SIZE (64 * 1024 * 1024)
/* How far the clocks of origins may differ. */
#define MAX_SKEW (10 * G_USEC_PER_SEC)
/* Less than any two frames are apart. */
#define TOLERANCE (7 * GST_MSECOND)
/* Clocks that agree differ by less, microseconds. */
#define CLOCK_TOLERANCE 100000
/* Target durations after which no match is waited for. */
#define PATIENCE 3
#define MIN_PAUSE (100 * GST_MSECOND)
#define MAX_PAUSE (500 * GST_MSECOND)

typedef enum
{
  LOOK_INIT,
  LOOK_MATCH,
  LOOK_CUT
} Look;

struct _GstDvrHttpJoin
{
  GstDvrHttpFollow *follow;
  GstDvrPlaylist *playlist;     /* (nullable): NULL while a newer one is due */
  gint64 began_at;
  GstDvrEntry last;             /* our newest segment to compare with, */
  GstDvrKeys *tail;             /* (nullable): and what is in it */
  GstClockTime tail_end;        /* where ours ends, decoding time */
  gint64 wall_end;              /* and by time of day */
  GstDvrEntry open;             /* the segment that was growing */
  gboolean has_open;

  GstDvrHttpFetch *fetch;
  GByteArray *bytes;
  Look look;
  guint64 number;               /* of the segment looked into, upstream's */
  GstDvrPlaylistMap *map;       /* that the tracks are of */
  GArray *tracks;               /* (nullable) */
  guint64 looked[MAX_LOOKS];
  guint n_looked;

  gboolean matched;
  GstClockTime end;             /* where ours ends, decoding time over there */
  guint64 anchor;               /* a segment over there, */
  GstClockTime anchor_begin;    /* and when its first frame is decoded */

  gboolean cut;                 /* it was looked for a keyframe to cut at */
  guint64 cut_number;
  guint64 cut_offset;           /* 0: there is none */
  guint64 cut_size;
  GstClockTime cut_time;        /* from that segment's begin */
  GstClockTime cut_gap;         /* from where ours ended */
};

static void step (GstDvrHttpJoin * self);

static GstBuffer *
get_bytes (GstDvrSegment * segment)
{
  if (gst_dvr_segment_get_state (segment) != GST_DVR_SEGMENT_WHOLE)
    return NULL;

  return gst_dvr_segment_get_buffer (segment, 0,
      gst_dvr_segment_get_size (segment));
}

/* The keyframes of a segment of ours, as far as it is here. */
static GstDvrKeys *
read_keys (GstDvrHttpFollow * follow, const GstDvrEntry * entry)
{
  GstDvrSegment *segment = gst_dvr_http_join_get_kept (follow, entry);
  g_autoptr (GstBuffer) init = NULL;
  g_autoptr (GstBuffer) media = NULL;
  g_autoptr (GArray) tracks = NULL;
  const GstDvrSegmentId *id;

  if (follow->kept_init == NULL || segment == NULL)
    return NULL;
  id = gst_dvr_segment_get_id (follow->kept_init);
  if (id->number != entry->init
      || !g_str_equal (id->recording, entry->recording))
    return NULL;
  init = get_bytes (follow->kept_init);
  media = gst_dvr_segment_get_buffer (segment, 0,
      gst_dvr_segment_get_size (segment));
  tracks = init ? gst_dvr_keys_read_init (init) : NULL;

  return tracks && media ? gst_dvr_keys_new (tracks, media) : NULL;
}

static gint64
get_wall_end (const GstDvrEntry * entry)
{
  if (entry->wall_time == GST_DVR_WALL_TIME_NONE)
    return GST_DVR_WALL_TIME_NONE;

  return entry->wall_time + (gint64) (entry->duration / GST_USECOND);
}

/* Where ours ends: with its newest closed segment, or with the parts of the one
 * that was growing. */
static void
find_tail (GstDvrHttpJoin * self)
{
  GstDvrHttpFollow *follow = self->follow;
  GstDvrKeys *open = NULL;
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (follow->timeline, &info);
  gst_dvr_timeline_find (follow->timeline, info.next - 1, &self->last);
  self->has_open = gst_dvr_timeline_find (follow->timeline, info.next,
      &self->open) == GST_DVR_FOUND_OPEN;
  /* what it has now is all that will come of it */
  gst_dvr_http_live_fail (follow, 404, "its origin is lost");
  self->wall_end = get_wall_end (&self->last);
  self->tail = self->last.gap ? NULL : read_keys (follow, &self->last);
  self->tail_end = self->tail ? self->tail->end : GST_CLOCK_TIME_NONE;
  if (self->has_open)
    open = read_keys (follow, &self->open);
  if (open == NULL)
    return;
  self->wall_end = get_wall_end (&self->open);
  self->tail_end = open->end;
  if (self->tail == NULL) {
    self->last = self->open;
    self->tail = open;
  } else {
    gst_dvr_keys_free (open);
  }
}

static void
join_free (GstDvrHttpJoin * self)
{
  self->follow->join = NULL;
  if (self->fetch)
    gst_dvr_http_fetch_cancel (self->fetch);
  g_clear_pointer (&self->playlist, gst_dvr_playlist_free);
  g_clear_pointer (&self->tail, gst_dvr_keys_free);
  g_clear_pointer (&self->map, gst_dvr_playlist_map_unref);
  g_clear_pointer (&self->tracks, g_array_unref);
  g_byte_array_unref (self->bytes);
  g_free (self);
}

/**
 * gst_dvr_http_join_cancel:
 * @follow: a stream
 *
 * Another location is asked, or none any more.
 */
void
gst_dvr_http_join_cancel (GstDvrHttpFollow * follow)
{
  if (follow->join)
    join_free (follow->join);
}

static const GstDvrPlaylistSegment *
find_number (GstDvrHttpJoin * self, guint64 number)
{
  guint64 first = self->playlist->header.media_sequence;

  if (number < first || number - first >= self->playlist->segments->len)
    return NULL;

  return gst_dvr_playlist_get_segment (self->playlist, number - first);
}

static gboolean
has_wall_time (const GstDvrPlaylistSegment * s)
{
  return s->wall_time != GST_DVR_PLAYLIST_WALL_TIME_NONE;
}

/* Not before there is more of the list, or it is lost. */
static void
wait_for_more (GstDvrHttpJoin * self)
{
  const GstDvrPlaylist *playlist = self->playlist;
  GstClockTime pause = playlist->header.part_target;

  if (pause == 0)
    pause = playlist->header.target_duration / 4;
  pause = CLAMP (pause, MIN_PAUSE, MAX_PAUSE);
  if (playlist->ended)
    pause = MAX (pause, self->follow->upstream->config->max_retry_delay);
  g_clear_pointer (&self->playlist, gst_dvr_playlist_free);
  gst_dvr_http_follow_again (self->follow, pause);
}

/* Ours goes on with the segment at @index of the list, which may be the open
 * one; @gap lies between. */
static void
join_at (GstDvrHttpJoin * self, guint index, GstClockTime gap)
{
  GstDvrHttpFollow *follow = self->follow;
  GstDvrPlaylist *playlist = g_steal_pointer (&self->playlist);
  GstDvrHttpSeam seam = { 0, };
  GstDvrTimelineInfo info;

  gst_dvr_timeline_begin (follow->timeline);
  if (self->has_open)
    gst_dvr_http_join_end_open (follow, &self->open);
  gst_dvr_timeline_get_info (follow->timeline, &info);
  seam.number = info.next;
  seam.start = info.end + gap;
  if (self->cut && index < playlist->segments->len
      && gst_dvr_playlist_get_segment (playlist,
          index)->number == self->cut_number) {
    seam.cut_offset = self->cut_offset;
    seam.cut_size = self->cut_size;
    seam.cut_time = self->cut_time;
  }
  GST_INFO ("%s: %s goes on as segment %" G_GUINT64_FORMAT " of %s, %s",
      follow->local, self->last.recording, playlist->header.media_sequence +
      index, GST_DVR_HTTP_SHOW (follow->uri), self->matched ?
      "where keyframes are the same" : "by time of day");
  gst_dvr_http_list_set_seam (follow, playlist, index, &seam,
      self->has_open ? self->open.discontinuity : self->last.discontinuity);
  join_free (self);
  gst_dvr_http_follow_joined (follow, playlist);
  gst_dvr_timeline_commit (follow->timeline);
}

/* Nothing is known to be the same. */
static void
join_by_clock (GstDvrHttpJoin * self)
{
  const GstDvrPlaylist *playlist = self->playlist;
  guint i, n = playlist->segments->len;
  gint64 end = self->wall_end;

  for (i = 0; i <= n && end != GST_DVR_WALL_TIME_NONE; i++) {
    const GstDvrPlaylistSegment *s = i < n ?
        gst_dvr_playlist_get_segment (playlist, i) : &playlist->open;

    if (!has_wall_time (s) || (i == n && !playlist->has_open))
      continue;
    if (s->wall_time >= end - CLOCK_TOLERANCE) {
      join_at (self, i, MAX (s->wall_time - end, 0) * GST_USECOND);
      return;
    }
  }
  /* it has no times of day: from its live edge on */
  if (end == GST_DVR_WALL_TIME_NONE || (n > 0
          && !has_wall_time (gst_dvr_playlist_get_segment (playlist, n - 1))))
    join_at (self, n, 0);
  else
    wait_for_more (self);
}

static gboolean
on_data (const guint8 * data, gsize size, gpointer user_data)
{
  GstDvrHttpJoin *self = user_data;

  if (size > MAX_LOOK_SIZE - self->bytes->len)
    return FALSE;
  g_byte_array_append (self->bytes, data, size);

  return TRUE;
}

/* The keyframe that both have, and that is nearest by time of day. */
static void
match (GstDvrHttpJoin * self, const GstDvrPlaylistSegment * s,
    const GstDvrKeys * keys)
{
  gint64 least = MAX_SKEW;
  guint i, k;

  for (i = 0; i < self->tail->keys->len; i++) {
    GstDvrKey *ours = &g_array_index (self->tail->keys, GstDvrKey, i);

    for (k = 0; k < keys->keys->len; k++) {
      GstDvrKey *theirs = &g_array_index (keys->keys, GstDvrKey, k);
      gint64 off = s->wall_time - self->last.wall_time +
          (gint64) ((theirs->dts - keys->begin) / GST_USECOND) -
          (gint64) ((ours->dts - self->tail->begin) / GST_USECOND);

      if (ABS (off) >= least
          || memcmp (ours->digest, theirs->digest, sizeof (ours->digest)) != 0)
        continue;
      least = ABS (off);
      self->matched = TRUE;
      self->end = self->tail_end - ours->dts + theirs->dts;
      self->anchor = s->number;
      self->anchor_begin = keys->begin;
    }
  }
}

static void
set_cut (GstDvrHttpJoin * self, const GstDvrKeys * keys, guint64 offset,
    GstClockTime dts, gsize size)
{
  self->cut_offset = offset;
  self->cut_size = size - offset;
  self->cut_time = dts - keys->begin;
  self->cut_gap = dts > self->end + TOLERANCE ? dts - self->end : 0;
}

/* Where ours ended, within a segment that began before: that is a keyframe,
 * unless ours ended with a part. Else it is the next keyframe. */
static void
find_cut (GstDvrHttpJoin * self, const GstDvrKeys * keys, gsize size)
{
  guint i;

  for (i = 0; i < keys->chunks->len; i++) {
    GstDvrKeyChunk *chunk = &g_array_index (keys->chunks, GstDvrKeyChunk, i);

    if (chunk->dts + TOLERANCE >= self->end
        && chunk->dts <= self->end + TOLERANCE) {
      set_cut (self, keys, chunk->offset, chunk->dts, size);
      return;
    }
  }
  for (i = 0; i < keys->keys->len; i++) {
    GstDvrKey *key = &g_array_index (keys->keys, GstDvrKey, i);

    if (key->dts + TOLERANCE >= self->end && key->offset != GST_DVR_KEY_NOWHERE) {
      set_cut (self, keys, key->offset, key->dts, size);
      return;
    }
  }
}

static void
read_look (GstDvrHttpJoin * self)
{
  g_autoptr (GstBuffer) buffer = NULL;
  const GstDvrPlaylistSegment *s = self->playlist ?
      find_number (self, self->number) : NULL;
  GstDvrKeys *keys = NULL;
  gsize size = self->bytes->len;

  buffer = gst_buffer_new_wrapped (g_byte_array_free (self->bytes, FALSE),
      size);
  self->bytes = g_byte_array_new ();
  if (self->look == LOOK_INIT) {
    self->tracks = gst_dvr_keys_read_init (buffer);
    return;
  }
  if (s && self->tracks)
    keys = gst_dvr_keys_new (self->tracks, buffer);
  if (keys && self->look == LOOK_MATCH)
    match (self, s, keys);
  else if (keys)
    find_cut (self, keys, size);
  g_clear_pointer (&keys, gst_dvr_keys_free);
}

static void
on_look_done (guint status, const gchar * reason, gpointer user_data)
{
  GstDvrHttpJoin *self = user_data;

  self->fetch = NULL;
  if (status == 0)
    read_look (self);
  else
    GST_DEBUG ("%s: %u %s", self->follow->local, status, reason);
  g_byte_array_set_size (self->bytes, 0);
  step (self);
}

static void
start_fetch (GstDvrHttpJoin * self, const gchar * uri,
    const GstDvrPlaylistRange * range)
{
  static const GstDvrHttpFetchFuncs funcs = { NULL, on_data, on_look_done };
  GstDvrHttpPlace place = { (gchar *) uri, *range };

  self->fetch = gst_dvr_http_fetch_start (self->follow, &place, 0, 0,
      GST_DVR_HTTP_TRANSFER, GST_DVR_PRIORITY_VIEWER, &funcs, self);
}

/* Fetches a segment, and its init section before it. Once each. */
static void
look_into (GstDvrHttpJoin * self, const GstDvrPlaylistSegment * s, Look look)
{
  if (self->map == NULL || !gst_dvr_playlist_map_equal (self->map, s->map)) {
    g_clear_pointer (&self->map, gst_dvr_playlist_map_unref);
    g_clear_pointer (&self->tracks, g_array_unref);
    self->map = gst_dvr_playlist_map_ref (s->map);
    self->look = LOOK_INIT;
    start_fetch (self, s->map->uri, &s->map->range);
    return;
  }
  if (look == LOOK_MATCH) {
    self->looked[self->n_looked++] = s->number;
  } else {
    self->cut = TRUE;
    self->cut_number = s->number;
    self->cut_offset = 0;
  }
  self->look = look;
  self->number = s->number;
  start_fetch (self, s->uri, &s->range);
}

static gboolean
was_looked_into (GstDvrHttpJoin * self, guint64 number)
{
  guint i;

  for (i = 0; i < self->n_looked; i++)
    if (self->looked[i] == number)
      return TRUE;

  return FALSE;
}

/* The segment nearest to our last one by time of day, of those not seen yet. */
static const GstDvrPlaylistSegment *
choose (GstDvrHttpJoin * self)
{
  const GstDvrPlaylistSegment *best = NULL;
  gint64 least = MAX_SKEW;
  guint i;

  if (self->tail == NULL || self->n_looked == MAX_LOOKS
      || self->last.wall_time == GST_DVR_WALL_TIME_NONE)
    return NULL;
  for (i = 0; i < self->playlist->segments->len; i++) {
    const GstDvrPlaylistSegment *s =
        gst_dvr_playlist_get_segment (self->playlist, i);
    gint64 off = ABS (s->wall_time - self->last.wall_time);

    if (s->gap || s->map == NULL || !has_wall_time (s) || off >= least
        || was_looked_into (self, s->number))
      continue;
    least = off;
    best = s;
  }

  return best;
}

/* Whether what ours ended with may still come over there. */
static gboolean
may_come (GstDvrHttpJoin * self)
{
  const GstDvrPlaylist *playlist = self->playlist;
  guint n = playlist->segments->len;
  gint64 spent = g_get_monotonic_time () - self->began_at;
  const GstDvrPlaylistSegment *s;

  if (self->tail == NULL || self->n_looked == MAX_LOOKS || playlist->ended
      || self->last.wall_time == GST_DVR_WALL_TIME_NONE || spent >
      (gint64) (PATIENCE * playlist->header.target_duration / GST_USECOND))
    return FALSE;
  if (n == 0)
    return playlist->has_open;
  s = gst_dvr_playlist_get_segment (playlist, n - 1);

  return has_wall_time (s)
      && s->wall_time + (gint64) (s->duration / GST_USECOND) <
      self->last.wall_time + (gint64) (self->last.duration / GST_USECOND);
}

/* It is known when ours ended in the other's time. */
static void
join_by_match (GstDvrHttpJoin * self)
{
  const GstDvrPlaylist *playlist = self->playlist;
  const GstDvrPlaylistSegment *anchor = find_number (self, self->anchor);
  const GstDvrPlaylistSegment *s = NULL;
  guint i, n = playlist->segments->len;
  GstClockTime end;

  if (anchor == NULL) {
    self->matched = FALSE;
    self->n_looked = MAX_LOOKS;
    join_by_clock (self);
    return;
  }
  end = anchor->start + (self->end - self->anchor_begin);
  for (i = 0; i < n; i++) {
    s = gst_dvr_playlist_get_segment (playlist, i);
    if (s->start + TOLERANCE >= end) {
      join_at (self, i, s->start > end + TOLERANCE ? s->start - end : 0);
      return;
    }
    if (s->gap || s->start + s->duration <= end + TOLERANCE)
      continue;
    if (self->cut && self->cut_number == s->number && self->cut_offset > 0) {
      join_at (self, i, self->cut_gap);
      return;
    }
    if (self->cut && self->cut_number == s->number)
      continue;                 /* it cannot be cut */
    look_into (self, s, LOOK_CUT);
    return;
  }
  if (playlist->has_open && playlist->open.start + TOLERANCE >= end)
    join_at (self, n, 0);
  else
    wait_for_more (self);
}

static void
step (GstDvrHttpJoin * self)
{
  const GstDvrPlaylistSegment *s;

  if (self->playlist == NULL)
    return;
  if (self->matched) {
    join_by_match (self);
    return;
  }
  s = choose (self);
  if (s)
    look_into (self, s, LOOK_MATCH);
  else if (may_come (self))
    wait_for_more (self);
  else
    join_by_clock (self);
}

/**
 * gst_dvr_http_join_take:
 * @follow: a stream
 * @playlist: (transfer full): the whole list of another origin
 *
 * Looks for the place where ours goes on there, as long as it takes; then
 * gst_dvr_http_follow_joined() is called.
 */
void
gst_dvr_http_join_take (GstDvrHttpFollow * follow, GstDvrPlaylist * playlist)
{
  GstDvrHttpJoin *self = follow->join;

  if (self == NULL) {
    self = g_new0 (GstDvrHttpJoin, 1);
    self->follow = follow;
    self->bytes = g_byte_array_new ();
    self->began_at = g_get_monotonic_time ();
    follow->join = self;
    find_tail (self);
  }
  g_clear_pointer (&self->playlist, gst_dvr_playlist_free);
  self->playlist = playlist;
  step (self);
}
