/* gstdvrhttpjoin.c: going on with another recording of the same publisher
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Locations that list the same recording are tiers of one origin, or that
 * origin: the one is followed as the other was. Where the list of another
 * location goes on differently than ours ended, it is another origin, with a
 * recording of its own: other numbers, other times, perhaps cut elsewhere.
 *
 * Then the place is looked for where it goes on. The newest closed segment ends
 * there; a keyframe of it that is found over there, bit by bit the same, tells
 * what time that is in the other recording. Where the other is not cut at that
 * time, its segment is taken from the keyframe on, as a range of it. Where no
 * keyframe is found, the time of day decides. What lies before the place was
 * seen already and is not listed again; where nothing lies behind it yet, it is
 * waited for. Segments keep their order under numbers of our own, and names of
 * our own (gst_dvr_http_list_name()), so that no cache takes them for others. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpupstream.h"
#include "gstdvrkeys.h"
#include "gstdvrproxyelements.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* Newest segments held, so that there is something to compare with. */
#define MAX_KEPT 3
/* Segments looked into before the time of day decides. */
#define MAX_LOOKS 8
#define MAX_LOOK_SIZE (64 * 1024 * 1024)
/* How far the clocks of origins may differ. */
#define MAX_SKEW (10 * G_USEC_PER_SEC)
/* Less than any two keyframes are apart. */
#define KEY_TOLERANCE (50 * GST_MSECOND)
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
  GstDvrEntry last;             /* our newest closed segment, */
  GstDvrKeys *tail;             /* (nullable): and what is in it */

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
};

static void step (GstDvrHttpJoin * self);

/**
 * gst_dvr_http_join_keep:
 * @follow: a stream
 * @segment: what is fetched of it
 *
 * Where there are backups, the newest segments are held on to, to be compared
 * with; caches hold them anyway, and their memory is shared.
 */
void
gst_dvr_http_join_keep (GstDvrHttpFollow * follow, GstDvrSegment * segment)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);
  GList *l;

  if (g_strv_length (follow->upstream->config->locations) < 2)
    return;
  if (id->kind == GST_DVR_SEGMENT_INIT) {
    g_clear_pointer (&follow->kept_init, gst_dvr_segment_unref);
    follow->kept_init = gst_dvr_segment_ref (segment);
    return;
  }
  if (id->kind != GST_DVR_SEGMENT_MEDIA)
    return;
  for (l = follow->kept.tail; l; l = l->prev) {
    guint64 number = gst_dvr_segment_get_id (l->data)->number;

    if (l->data == segment)
      return;
    if (number <= id->number)
      break;
  }
  g_queue_insert_after (&follow->kept, l, gst_dvr_segment_ref (segment));
  while (follow->kept.length > MAX_KEPT)
    gst_dvr_segment_unref (g_queue_pop_head (&follow->kept));
}

void
gst_dvr_http_join_forget (GstDvrHttpFollow * follow)
{
  g_clear_pointer (&follow->kept_init, gst_dvr_segment_unref);
  g_queue_clear_full (&follow->kept, (GDestroyNotify) gst_dvr_segment_unref);
  g_queue_init (&follow->kept);
}

static GstBuffer *
get_bytes (GstDvrSegment * segment)
{
  if (gst_dvr_segment_get_state (segment) != GST_DVR_SEGMENT_WHOLE)
    return NULL;

  return gst_dvr_segment_get_buffer (segment, 0,
      gst_dvr_segment_get_size (segment));
}

/* The keyframes of our newest closed segment, where it is still here. */
static GstDvrKeys *
read_tail (GstDvrHttpFollow * follow, const GstDvrEntry * last)
{
  g_autoptr (GstBuffer) init = NULL;
  g_autoptr (GstBuffer) media = NULL;
  g_autoptr (GArray) tracks = NULL;
  const GstDvrSegmentId *id;
  GList *l;

  if (follow->kept_init == NULL)
    return NULL;
  id = gst_dvr_segment_get_id (follow->kept_init);
  if (id->number != last->init || !g_str_equal (id->recording, last->recording))
    return NULL;
  for (l = follow->kept.tail; l && media == NULL; l = l->prev) {
    id = gst_dvr_segment_get_id (l->data);
    if (id->number == last->number
        && g_str_equal (id->recording, last->recording))
      media = get_bytes (l->data);
  }
  init = get_bytes (follow->kept_init);
  if (media == NULL || init == NULL)
    return NULL;
  tracks = gst_dvr_keys_read_init (init);

  return tracks ? gst_dvr_keys_new (tracks, media) : NULL;
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

  gst_dvr_timeline_abandon_open (follow->timeline);
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
      self->last.discontinuity);
  join_free (self);
  gst_dvr_http_follow_joined (follow, playlist);
}

/* Nothing is known to be the same. */
static void
join_by_clock (GstDvrHttpJoin * self)
{
  const GstDvrPlaylist *playlist = self->playlist;
  guint i, n = playlist->segments->len;
  gint64 end = self->last.wall_time;

  if (end != GST_DVR_WALL_TIME_NONE)
    end += (gint64) (self->last.duration / GST_USECOND);
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
      self->end = self->tail->end - ours->dts + theirs->dts;
      self->anchor = s->number;
      self->anchor_begin = keys->begin;
    }
  }
}

/* The keyframe at which ours ended, within a segment that began before. */
static void
find_cut (GstDvrHttpJoin * self, const GstDvrKeys * keys, gsize size)
{
  guint i;

  for (i = 0; i < keys->keys->len; i++) {
    GstDvrKey *key = &g_array_index (keys->keys, GstDvrKey, i);

    if (key->dts + KEY_TOLERANCE < self->end
        || key->offset == GST_DVR_KEY_NOWHERE)
      continue;
    self->cut_offset = key->offset;
    self->cut_size = size - key->offset;
    self->cut_time = key->dts - keys->begin;
    return;
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
    if (s->start + KEY_TOLERANCE >= end) {
      join_at (self, i, s->start > end + KEY_TOLERANCE ? s->start - end : 0);
      return;
    }
    if (s->gap || s->start + s->duration <= end + KEY_TOLERANCE)
      continue;
    if (self->cut && self->cut_number == s->number && self->cut_offset > 0) {
      join_at (self, i, 0);
      return;
    }
    if (self->cut && self->cut_number == s->number)
      continue;                 /* it cannot be cut */
    look_into (self, s, LOOK_CUT);
    return;
  }
  if (playlist->has_open && playlist->open.start + KEY_TOLERANCE >= end)
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

/* Whether a segment of the list is one of ours, under which numbers. */
static gboolean
find_ours (GstDvrHttpFollow * follow, const GstDvrPlaylistSegment * s,
    guint64 * shift, GstDvrEntry * entry)
{
  gchar name[GST_DVR_RECORDING_ID_MAX + 1];
  GstDvrFileName file;
  guint i;

  if (!gst_dvr_parse_file_name (s->uri, &file))
    return FALSE;
  for (i = follow->shifts->len; i > 0; i--) {
    guint64 by = g_array_index (follow->shifts, guint64, i - 1);

    if (gst_dvr_timeline_find (follow->timeline, s->number + by, entry) !=
        GST_DVR_FOUND_CLOSED)
      continue;
    gst_dvr_http_list_get_local (follow, file.recording, by, s->number + by,
        name);
    if (g_str_equal (entry->recording, name)) {
      *shift = by;
      return TRUE;
    }
  }

  return FALSE;
}

/* Whether a segment continues the recording that ours ended with. */
static gboolean
goes_on (GstDvrHttpFollow * follow, const GstDvrPlaylistSegment * s,
    const gchar * uri, const GstDvrEntry * last, guint64 next)
{
  gchar name[GST_DVR_RECORDING_ID_MAX + 1];
  GstDvrFileName file;

  if (uri == NULL || !gst_dvr_parse_file_name (uri, &file)
      || s->number + follow->shift < next)
    return FALSE;
  gst_dvr_http_list_get_local (follow, file.recording, follow->shift, 0, name);

  return g_str_equal (name, last->recording);
}

/**
 * gst_dvr_http_join_check:
 * @follow: a stream of which something is known
 * @playlist: the whole list of another location
 * @shift: (out): our numbers less theirs, with GST_DVR_HTTP_JOIN_SAME
 * @discontinuity: (out): our discontinuity numbers less theirs
 *
 * Returns: whether it is the same recording as ours ended with
 */
GstDvrHttpJoinKind
gst_dvr_http_join_check (GstDvrHttpFollow * follow,
    const GstDvrPlaylist * playlist, guint64 * shift, guint * discontinuity)
{
  GstDvrTimelineInfo info;
  GstDvrEntry last, entry;
  guint i, n = playlist->segments->len;
  const GstDvrPlaylistSegment *s = n > 0 ?
      gst_dvr_playlist_get_segment (playlist, n - 1) : &playlist->open;
  const gchar *uri = s->uri;
  GstDvrFileName file;

  *shift = follow->shift;
  *discontinuity = follow->discontinuity_shift;
  gst_dvr_timeline_get_info (follow->timeline, &info);
  if (uri == NULL && playlist->has_open && playlist->open.n_parts > 0)
    uri = gst_dvr_playlist_get_part (playlist, s->first_part)->uri;
  if (info.next == info.first || gst_dvr_timeline_find (follow->timeline,
          info.next - 1, &last) != GST_DVR_FOUND_CLOSED
      || uri == NULL || !gst_dvr_parse_file_name (uri, &file))
    return GST_DVR_HTTP_JOIN_SAME;
  for (i = n; i > 0; i--) {
    s = gst_dvr_playlist_get_segment (playlist, i - 1);
    if (!find_ours (follow, s, shift, &entry))
      continue;
    *discontinuity = entry.discontinuity - s->discontinuity;
    return i < n && entry.number + 1 < info.next ? GST_DVR_HTTP_JOIN_OTHER :
        GST_DVR_HTTP_JOIN_SAME;
  }
  s = n > 0 ? gst_dvr_playlist_get_segment (playlist, 0) : &playlist->open;

  return goes_on (follow, s, n > 0 ? s->uri : uri, &last, info.next) ?
      GST_DVR_HTTP_JOIN_SAME : GST_DVR_HTTP_JOIN_OTHER;
}

/**
 * gst_dvr_http_join_compare:
 * @follow: a stream
 * @playlist: the whole list of another origin
 *
 * Returns: below 0 where that one is behind ours by time of day, above 0 where
 *   it is ahead
 */
gint
gst_dvr_http_join_compare (GstDvrHttpFollow * follow,
    const GstDvrPlaylist * playlist)
{
  gint64 ours = 0, theirs = 0, off;
  GstDvrTimelineInfo info;
  GstDvrEntry entry;
  guint i;

  gst_dvr_timeline_get_info (follow->timeline, &info);
  if (gst_dvr_timeline_find (follow->timeline, info.next, &entry) ==
      GST_DVR_FOUND_OPEN || gst_dvr_timeline_find (follow->timeline,
          info.next - 1, &entry) == GST_DVR_FOUND_CLOSED)
    ours = entry.wall_time + (gint64) (entry.duration / GST_USECOND);
  if (playlist->ended)
    return -1;
  if (playlist->has_open && playlist->open.n_parts > 0)
    theirs = playlist->open.wall_time +
        (gint64) (playlist->open.duration / GST_USECOND);
  for (i = playlist->segments->len; i > 0 && theirs == 0; i--) {
    const GstDvrPlaylistSegment *s =
        gst_dvr_playlist_get_segment (playlist, i - 1);

    if (!s->gap && has_wall_time (s))
      theirs = s->wall_time + (gint64) (s->duration / GST_USECOND);
  }
  off = theirs - ours;
  if (ABS (off) < G_USEC_PER_SEC)
    return 0;

  return off < 0 ? -1 : 1;
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
  GstDvrTimelineInfo info;

  if (self == NULL) {
    self = g_new0 (GstDvrHttpJoin, 1);
    self->follow = follow;
    self->bytes = g_byte_array_new ();
    self->began_at = g_get_monotonic_time ();
    follow->join = self;
    gst_dvr_timeline_get_info (follow->timeline, &info);
    gst_dvr_timeline_find (follow->timeline, info.next - 1, &self->last);
    self->tail = read_tail (follow, &self->last);
  }
  g_clear_pointer (&self->playlist, gst_dvr_playlist_free);
  self->playlist = playlist;
  step (self);
}
