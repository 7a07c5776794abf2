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

#include "gstdvrhttplook.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* Segments looked into before the time of day decides. */
#define MAX_LOOKS 16
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

/* What was looked into in vain. */
typedef struct
{
  guint64 number;               /* upstream's */
  guint n_parts;                /* of the one that grows there; else 0 */
} Looked;

struct _GstDvrHttpJoin
{
  GstDvrHttpFollow *follow;
  GstDvrPlaylist *playlist;     /* (nullable): NULL while a newer one is due */
  gint64 began_at;
  GstDvrEntry last;             /* our newest segment to compare with, */
  GstDvrKeys *tail;             /* (nullable): and what is in it */
  GstDvrKeyEnd tail_end;        /* where ours ends */
  gint64 wall_key;              /* its newest keyframe, by time of day */
  gint64 wall_end;              /* its end, by time of day */
  GstDvrEntry open;             /* the segment that was growing */
  gboolean has_open;

  GstDvrHttpLook *look;
  Looked looked[MAX_LOOKS];
  guint n_looked;

  gboolean matched;
  GstDvrKeyEnd end;             /* where ours ends, in times of over there */
  guint64 anchor;               /* a segment over there, */
  GstClockTime anchor_begin;    /* and when its first frame is decoded */
  gboolean for_cut;             /* the look is for a place to cut at */

  guint64 cut_number;           /* of the segment that is cut */
  GstDvrHttpSeam cut;           /* where; no offset: nowhere */
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

/* Keyframes of what was growing are keyframes of ours, too. */
static void
add_open (GstDvrHttpJoin * self, GstDvrKeys * open)
{
  self->tail_end = open->end;
  /* the list may not have told yet how long its newest part is */
  self->open.duration = open->end.all - open->begin;
  self->wall_end = get_wall_end (&self->open);
  if (self->tail && g_str_equal (self->last.recording, self->open.recording)) {
    g_array_append_vals (self->tail->keys, open->keys->data, open->keys->len);
    gst_dvr_keys_free (open);
    return;
  }
  g_clear_pointer (&self->tail, gst_dvr_keys_free);
  self->last = self->open;
  self->tail = open;
}

/* Where ours ends: with its newest closed segment, or with the parts of the one
 * that was growing. */
static void
find_tail (GstDvrHttpJoin * self)
{
  GstDvrHttpFollow *follow = self->follow;
  GstDvrKeys *open = NULL;
  GstDvrTimelineInfo info;
  const GstDvrKey *key;

  gst_dvr_timeline_get_info (follow->timeline, &info);
  gst_dvr_timeline_find (follow->timeline, info.next - 1, &self->last);
  self->has_open = gst_dvr_timeline_find (follow->timeline, info.next,
      &self->open) == GST_DVR_FOUND_OPEN;
  /* what it has now is all that will come of it */
  gst_dvr_http_live_fail (follow, 404, "its origin is lost");
  self->wall_key = self->wall_end = get_wall_end (&self->last);
  self->tail = self->last.gap ? NULL : read_keys (follow, &self->last);
  if (self->tail)
    self->tail_end = self->tail->end;
  if (self->has_open)
    open = read_keys (follow, &self->open);
  if (open)
    add_open (self, open);
  if (self->tail == NULL || self->last.wall_time == GST_DVR_WALL_TIME_NONE)
    return;
  key = &g_array_index (self->tail->keys, GstDvrKey, self->tail->keys->len - 1);
  self->wall_key = self->last.wall_time +
      (gint64) ((key->dts - self->tail->begin) / GST_USECOND);
}

static void
join_free (GstDvrHttpJoin * self)
{
  self->follow->join = NULL;
  gst_dvr_http_look_free (self->look);
  g_clear_pointer (&self->playlist, gst_dvr_playlist_free);
  g_clear_pointer (&self->tail, gst_dvr_keys_free);
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

/* How many segments are listed, with the one that grows there. */
static guint
count_listed (const GstDvrPlaylist * playlist)
{
  return playlist->segments->len + (playlist->has_open
      && playlist->open.n_parts > 0 && playlist->open.map ? 1 : 0);
}

static const GstDvrPlaylistSegment *
get_listed (const GstDvrPlaylist * playlist, guint i)
{
  return i < playlist->segments->len ?
      gst_dvr_playlist_get_segment (playlist, i) : &playlist->open;
}

static const GstDvrPlaylistSegment *
find_number (GstDvrHttpJoin * self, guint64 number)
{
  guint64 first = self->playlist->header.media_sequence;

  if (number < first || number - first >= count_listed (self->playlist))
    return NULL;

  return get_listed (self->playlist, number - first);
}

static GstClockTime
get_length (const GstDvrPlaylist * playlist, const GstDvrPlaylistSegment * s)
{
  return s == &playlist->open ? gst_dvr_http_live_get_open_length (playlist) :
      s->duration;
}

static gboolean
has_wall_time (const GstDvrPlaylistSegment * s)
{
  return s->wall_time != GST_DVR_WALL_TIME_NONE;
}

/* Not before there is more of the list, or it is lost. Who can holds the answer
 * back until there is. */
static void
wait_for_more (GstDvrHttpJoin * self)
{
  GstDvrPlaylist *playlist = g_steal_pointer (&self->playlist);
  GstClockTime pause = playlist->header.part_target;

  if (pause == 0)
    pause = playlist->header.target_duration / 4;
  pause = CLAMP (pause, MIN_PAUSE, MAX_PAUSE);
  if (playlist->ended)
    pause = MAX (pause, self->follow->upstream->config->max_retry_delay);
  if (playlist->header.can_block_reload && !playlist->ended)
    gst_dvr_http_follow_await (self->follow, playlist->header.media_sequence +
        playlist->segments->len, playlist->header.part_target > 0,
        playlist->has_open ? playlist->open.n_parts : 0);
  else
    gst_dvr_http_follow_again (self->follow, pause);
  gst_dvr_playlist_free (playlist);
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
  if (index < count_listed (playlist)
      && get_listed (playlist, index)->number == self->cut_number)
    seam = self->cut;
  seam.number = info.next;
  seam.start = info.end + gap;
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

/* How much sooner or later a keyframe is there than ours, by time of day,
 * microseconds. Where that is not known all are as near. */
static gint64
get_skew (GstDvrHttpJoin * self, const GstDvrPlaylistSegment * s,
    const GstDvrKey * theirs, const GstDvrKey * ours)
{
  if (!has_wall_time (s) || self->last.wall_time == GST_DVR_WALL_TIME_NONE)
    return 0;

  return ABS (s->wall_time - self->last.wall_time +
      (gint64) ((theirs->dts - self->look->keys->begin) / GST_USECOND) -
      (gint64) ((ours->dts - self->tail->begin) / GST_USECOND));
}

/* What is @later over there than here, nanoseconds. */
static void
set_end (GstDvrHttpJoin * self, gint64 later)
{
  self->end = self->tail_end;
  self->end.frames += later;
  self->end.all += later;
  if (GST_CLOCK_TIME_IS_VALID (self->end.sound))
    self->end.sound += later;
}

/* The keyframe that both have, and that is nearest by time of day. */
static void
match (GstDvrHttpJoin * self, const GstDvrPlaylistSegment * s)
{
  const GstDvrKeys *keys = self->look->keys;
  gint64 least = MAX_SKEW;
  guint i, k;

  for (i = self->tail->keys->len; i > 0; i--) {
    GstDvrKey *ours = &g_array_index (self->tail->keys, GstDvrKey, i - 1);

    for (k = 0; k < keys->keys->len; k++) {
      GstDvrKey *theirs = &g_array_index (keys->keys, GstDvrKey, k);
      gint64 off = get_skew (self, s, theirs, ours);

      if (off >= least
          || memcmp (ours->digest, theirs->digest, sizeof (ours->digest)) != 0)
        continue;
      least = off;
      self->matched = TRUE;
      set_end (self, GST_CLOCK_DIFF (ours->dts, theirs->dts));
      self->anchor = s->number;
      self->anchor_begin = keys->begin;
    }
  }
}

/* Of what grows there it is known where its parts are, too. */
static void
set_cut (GstDvrHttpJoin * self, guint64 offset, GstClockTime dts, gboolean key)
{
  const GstDvrHttpLook *look = self->look;
  GstDvrHttpSeam *cut = &self->cut;
  guint64 begin = 0;
  guint i = 0;

  self->cut_number = look->number;
  self->cut_gap = dts > self->end.all + TOLERANCE ? dts - self->end.all : 0;
  cut->cut_offset = offset;
  cut->cut_time = dts - MIN (dts, look->keys->begin);
  cut->cut_parts = GST_DVR_HTTP_NO_PARTS;
  cut->cut_key = key;
  if (look->n_parts == 0) {
    cut->cut_size = look->size - offset;
    return;
  }
  for (; i < look->ends->len && g_array_index (look->ends, guint64, i) <=
      offset; i++)
    begin = g_array_index (look->ends, guint64, i);
  cut->cut_size = 0;
  cut->cut_parts = i;
  cut->cut_skip = offset - begin;
}

static gboolean
is_key (const GstDvrKeys * keys, guint64 offset)
{
  guint i;

  for (i = 0; i < keys->keys->len; i++)
    if (g_array_index (keys->keys, GstDvrKey, i).offset == offset)
      return TRUE;

  return FALSE;
}

/* The chunk that ours goes on with. Pictures are further apart than parts may
 * end, so that there may be some with sound alone before the next one: what of
 * them was not there belongs to it. */
static const GstDvrKeyChunk *
find_next_chunk (GstDvrHttpJoin * self, const GstDvrKeys * keys)
{
  const GstDvrKeyChunk *found = NULL;
  guint i;

  for (i = 0; i < keys->chunks->len; i++) {
    const GstDvrKeyChunk *chunk =
        &g_array_index (keys->chunks, GstDvrKeyChunk, i);

    if (!GST_CLOCK_TIME_IS_VALID (chunk->dts)
        || chunk->dts + TOLERANCE < self->end.frames
        || chunk->dts > self->end.frames + TOLERANCE)
      continue;
    found = chunk;
    if (!GST_CLOCK_TIME_IS_VALID (self->end.sound)
        || !GST_CLOCK_TIME_IS_VALID (chunk->sound)
        || chunk->sound + TOLERANCE >= self->end.sound)
      break;
  }

  return found;
}

/* Where ours ended, within a segment that began before: that is a keyframe,
 * unless ours ended with a part. Else it is the next keyframe. */
static void
find_cut (GstDvrHttpJoin * self)
{
  const GstDvrKeys *keys = self->look->keys;
  const GstDvrKeyChunk *chunk = keys ? find_next_chunk (self, keys) : NULL;
  guint i;

  /* sound that is late does not tell where the pictures go on */
  if (chunk)
    set_cut (self, chunk->offset, MIN (chunk->dts, MAX (chunk->sound,
                self->end.all)), is_key (keys, chunk->offset));
  for (i = 0; keys && !chunk && i < keys->keys->len; i++) {
    GstDvrKey *key = &g_array_index (keys->keys, GstDvrKey, i);

    if (key->dts + TOLERANCE >= self->end.frames
        && key->offset != GST_DVR_KEY_NOWHERE) {
      set_cut (self, key->offset, key->dts, TRUE);
      return;
    }
  }
}

static void
on_looked (gpointer user_data)
{
  GstDvrHttpJoin *self = user_data;
  const GstDvrPlaylistSegment *s = self->playlist ?
      find_number (self, self->look->number) : NULL;

  if (s && self->look->keys && !self->for_cut)
    match (self, s);
  step (self);
}

static guint
count_parts (GstDvrHttpJoin * self, const GstDvrPlaylistSegment * s)
{
  return s == &self->playlist->open ? s->n_parts : 0;
}

/* Whether the last look was at all there is of a segment now. */
static gboolean
is_looked_into (GstDvrHttpJoin * self, const GstDvrPlaylistSegment * s)
{
  return self->look->number == s->number
      && self->look->n_parts == count_parts (self, s);
}

/* Fetches what there is of a segment. Once each. */
static void
look_into (GstDvrHttpJoin * self, const GstDvrPlaylistSegment * s,
    gboolean for_cut)
{
  gboolean begun = gst_dvr_http_look_start (self->look, self->playlist, s);

  self->for_cut = for_cut;
  if (!for_cut && !self->look->for_init) {
    Looked *looked = &self->looked[self->n_looked++];

    looked->number = s->number;
    looked->n_parts = count_parts (self, s);
  }
  if (!begun)
    step (self);
}

static gboolean
was_looked_into (GstDvrHttpJoin * self, const GstDvrPlaylistSegment * s)
{
  guint i;

  for (i = 0; i < self->n_looked; i++)
    if (self->looked[i].number == s->number
        && self->looked[i].n_parts == count_parts (self, s))
      return TRUE;

  return FALSE;
}

/* How far a segment is from our newest keyframe by time of day, microseconds;
 * where that is not known, newer ones are nearer. */
static gint64
get_distance (GstDvrHttpJoin * self, guint i)
{
  const GstDvrPlaylistSegment *s = get_listed (self->playlist, i);
  gint64 length = get_length (self->playlist, s) / GST_USECOND;

  if (!has_wall_time (s) || self->wall_key == GST_DVR_WALL_TIME_NONE)
    return count_listed (self->playlist) - i;
  if (self->wall_key < s->wall_time)
    return s->wall_time - self->wall_key;

  return MAX (self->wall_key - s->wall_time - length, 0);
}

/* The segment nearest to our newest keyframe, of those not seen yet. */
static const GstDvrPlaylistSegment *
choose (GstDvrHttpJoin * self)
{
  const GstDvrPlaylistSegment *best = NULL;
  gint64 least = MAX_SKEW;
  guint i;

  if (self->tail == NULL || self->n_looked == MAX_LOOKS)
    return NULL;
  for (i = 0; i < count_listed (self->playlist); i++) {
    const GstDvrPlaylistSegment *s = get_listed (self->playlist, i);
    gint64 off = get_distance (self, i);

    if (s->gap || s->map == NULL || off >= least || was_looked_into (self, s))
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
  guint n = count_listed (playlist);
  gint64 spent = g_get_monotonic_time () - self->began_at;
  const GstDvrPlaylistSegment *s;

  if (self->tail == NULL || self->n_looked == MAX_LOOKS || playlist->ended
      || self->last.wall_time == GST_DVR_WALL_TIME_NONE || spent >
      (gint64) (PATIENCE * playlist->header.target_duration / GST_USECOND))
    return FALSE;
  if (n == 0)
    return playlist->has_open;
  s = get_listed (playlist, n - 1);

  return has_wall_time (s)
      && s->wall_time + (gint64) (get_length (playlist, s) / GST_USECOND) <
      self->last.wall_time + (gint64) (self->last.duration / GST_USECOND);
}

/* Ours ends within this segment. Returns: whether that settles it */
static gboolean
join_within (GstDvrHttpJoin * self, guint index)
{
  const GstDvrPlaylistSegment *s = get_listed (self->playlist, index);

  if (!is_looked_into (self, s)) {
    look_into (self, s, TRUE);
    return TRUE;
  }
  find_cut (self);
  if (self->cut_number == s->number && self->cut.cut_offset > 0) {
    join_at (self, index, self->cut_gap);
    return TRUE;
  }

  return FALSE;
}

/* It is known when ours ended in the other's time. */
static void
join_by_match (GstDvrHttpJoin * self)
{
  const GstDvrPlaylist *playlist = self->playlist;
  const GstDvrPlaylistSegment *anchor = find_number (self, self->anchor);
  guint i, n = count_listed (playlist);
  GstClockTime end;

  if (anchor == NULL) {
    self->matched = FALSE;
    self->n_looked = MAX_LOOKS;
    join_by_clock (self);
    return;
  }
  end = anchor->start + (self->end.all - self->anchor_begin);
  for (i = 0; i < n; i++) {
    const GstDvrPlaylistSegment *s = get_listed (playlist, i);

    if (s->start + TOLERANCE >= end) {
      join_at (self, i, s->start > end + TOLERANCE ? s->start - end : 0);
      return;
    }
    if (s->gap || s->start + get_length (playlist, s) <= end + TOLERANCE)
      continue;
    if (join_within (self, i))
      return;
    /* it cannot be cut */
  }
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
    look_into (self, s, FALSE);
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
    self->look = gst_dvr_http_look_new (follow, on_looked, self);
    self->cut_number = GST_DVR_HTTP_UNKNOWN;
    self->began_at = g_get_monotonic_time ();
    follow->join = self;
    find_tail (self);
  }
  g_clear_pointer (&self->playlist, gst_dvr_playlist_free);
  self->playlist = playlist;
  step (self);
}
