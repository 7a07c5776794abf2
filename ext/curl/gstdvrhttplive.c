/* gstdvrhttplive.c: the live edge, part by part
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A segment is its parts in a row, so the segment that grows upstream grows
 * here: listed parts are fetched, the hinted one is asked for in advance and
 * comes when it is there, and all are appended in order, each whole. While
 * somebody watches, the next segment follows by itself. Where a part does not
 * come, the segment waits until it is closed, and its rest is fetched as a
 * range of the whole. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpupstream.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* Parts fetched at a time, per segment. */
#define MAX_PARALLEL 4
/* The live edge is wanted for this many target durations after a request. */
#define DEMAND 2
#define MAX_LIVE 16
/* With a shorter round trip, to ask for the next segment in advance gains less
 * than it costs. */
#define NEAR (5 * GST_MSECOND)
/* Closed segments that tell how long one is. */
#define RECENT 8
#define MAX_PART_SIZE (64 * 1024 * 1024)

typedef struct
{
  GstDvrHttpFollow *follow;
  GstDvrSegment *segment;
  GQueue parts;                 /* Part, in order, not yet appended */
  guint n_started;
  guint n_appended;
  gboolean broken;              /* a part did not come */
  guint ceiling;                /* the first part that was refused, */
  gint64 refused_at;            /* and the list that was known then */
} Live;

typedef struct
{
  Live *live;
  guint index;
  gboolean hinted;              /* it may not come to be */
  GstDvrHttpFetch *fetch;
  GByteArray *bytes;
  gboolean done;
} Part;

static void
part_free (gpointer data)
{
  Part *part = data;

  if (part->fetch)
    gst_dvr_http_fetch_cancel (part->fetch);
  g_clear_pointer (&part->bytes, g_byte_array_unref);
  g_free (part);
}

static void
live_free (gpointer data)
{
  Live *live = data;

  g_queue_clear_full (&live->parts, part_free);
  gst_dvr_segment_unref (live->segment);
  g_free (live);
}

/* Parts from @part on will not come, or not now. */
static void
drop_from (Live * live, Part * part)
{
  Part *last;

  do {
    last = g_queue_pop_tail (&live->parts);
    live->n_started--;
    part_free (last);
  } while (last != part);
}

/* How many parts upstream's has before the first one here. */
static guint
get_lead (Live * live)
{
  return gst_dvr_http_list_get_lead (live->follow,
      gst_dvr_segment_get_id (live->segment)->number);
}

/* How many of them are listed, of those that there are here. */
static guint
count_parts (Live * live, const GstDvrPlaylistSegment * listed)
{
  guint lead = get_lead (live);

  return listed && listed->n_parts > lead ? listed->n_parts - lead : 0;
}

/* What the last playlist says of the segment. */
static const GstDvrPlaylistSegment *
find_listed (Live * live)
{
  const GstDvrPlaylist *playlist = live->follow->playlist;
  guint64 number = gst_dvr_segment_get_id (live->segment)->number -
      live->follow->shift;
  guint64 first = playlist->header.media_sequence + playlist->skipped;

  if (number < first)
    return NULL;
  if (number - first < playlist->segments->len)
    return gst_dvr_playlist_get_segment (playlist, number - first);
  if (number - first == playlist->segments->len && playlist->has_open)
    return &playlist->open;

  return NULL;
}

/* A byte array grows by doubling: what it has too much would stay in the cache. */
static guint8 *
take_bytes (Part * part)
{
  gsize size = part->bytes->len;

  return g_realloc (g_byte_array_free (g_steal_pointer (&part->bytes), FALSE),
      size);
}

static void
append_ready (Live * live)
{
  const GstDvrPlaylistSegment *listed = find_listed (live);
  Part *part;

  while ((part = g_queue_peek_head (&live->parts)) && part->done) {
    GstClockTime duration = GST_CLOCK_TIME_NONE;
    gboolean independent = part->index == 0;
    gsize size = part->bytes->len;

    if (part->index < count_parts (live, listed)) {
      GstDvrPart said;

      gst_dvr_http_list_get_part (live->follow, live->follow->playlist, listed,
          part->index, &said);
      duration = said.duration;
      independent = said.independent;
    }
    gst_dvr_segment_append_part (live->segment, gst_buffer_new_wrapped
        (take_bytes (part), size), duration, independent);
    live->n_appended++;
    g_queue_pop_head (&live->parts);
    part_free (part);
  }
}

static gboolean
on_part_data (const guint8 * data, gsize size, gpointer user_data)
{
  Part *part = user_data;

  if (size > MAX_PART_SIZE - part->bytes->len)
    return FALSE;
  g_byte_array_append (part->bytes, data, size);

  return TRUE;
}

static void
on_part_done (guint status, const gchar * reason, gpointer user_data)
{
  Part *part = user_data;
  Live *live = part->live;
  GstDvrHttpFollow *follow = live->follow;

  part->fetch = NULL;
  if (status == 0) {
    part->done = TRUE;
    append_ready (live);
  } else {
    GST_DEBUG ("%s: part %u: %u %s", follow->local, part->index, status,
        reason);
    /* a hint is no promise: the segment may have ended before */
    live->broken |= !part->hinted;
    live->refused_at = follow->listed_at;
    live->ceiling = part->index;
    drop_from (live, part);
    if (!live->broken)
      return;
  }
  gst_dvr_http_live_update (follow);
}

static void
start_part (Live * live, const gchar * uri, const GstDvrPlaylistRange * range,
    guint64 skip, gboolean hinted)
{
  static const GstDvrHttpFetchFuncs funcs =
      { NULL, on_part_data, on_part_done };
  GstDvrHttpPlace place = { (gchar *) uri, *range,
    gst_dvr_http_source_of (live->follow->source, uri)
  };
  Part *part = g_new0 (Part, 1);

  part->live = live;
  part->index = live->n_started++;
  part->hinted = hinted;
  part->bytes = g_byte_array_new ();
  g_queue_push_tail (&live->parts, part);
  part->fetch = gst_dvr_http_fetch_start (live->follow, &place, skip, 0,
      hinted ? GST_DVR_HTTP_WAIT : GST_DVR_HTTP_TRANSFER,
      GST_DVR_PRIORITY_VIEWER, &funcs, part);
}

static void
start_listed (Live * live, const GstDvrPlaylistSegment * listed)
{
  guint lead = get_lead (live), n = count_parts (live, listed);

  while (!live->broken && live->n_started < n
      && live->parts.length < MAX_PARALLEL) {
    const GstDvrPlaylistPart *p =
        gst_dvr_playlist_get_part (live->follow->playlist,
        listed->first_part + lead + live->n_started);
    guint64 skip = 0;

    if (live->n_started == 0 && gst_dvr_http_list_is_cut (live->follow,
            gst_dvr_segment_get_id (live->segment)->number))
      skip = live->follow->seam.cut_skip;
    if (p->gap)
      live->broken = TRUE;
    else
      start_part (live, p->uri, &p->range, skip, FALSE);
  }
}

/* Whether the playlist's hint has one of our tiers' names, which say what the
 * parts after it are called. */
static gboolean
parse_hint (const GstDvrPlaylist * playlist, GstDvrFileName * name)
{
  return playlist->hint_part.uri
      && gst_dvr_parse_file_name (playlist->hint_part.uri, name)
      && name->kind == GST_DVR_FILE_PART;
}

static void
start_predicted (Live * live, guint64 number)
{
  static const GstDvrPlaylistRange whole = { 0, };
  const gchar *hint = live->follow->playlist->hint_part.uri;
  const gchar *slash = strrchr (hint, '/');
  const gchar *base = slash ? slash + 1 : hint;
  g_autofree gchar *uri = g_strdup_printf ("%.*s%0*" G_GUINT64_FORMAT
      ".%u.m4s", (int) (base - hint), hint,
      (int) strspn (base, "0123456789"), number,
      get_lead (live) + live->n_started);

  start_part (live, uri, &whole, 0, TRUE);
}

static guint
count_hinted (Live * live)
{
  guint n = 0;
  GList *l;

  for (l = live->parts.head; l; l = l->next)
    n += ((Part *) l->data)->hinted && !((Part *) l->data)->done;

  return n;
}

/* Where a question takes longer than a part, the one after the next is asked
 * for, too. */
static guint
get_ahead (GstDvrHttpFollow * follow)
{
  return follow->upstream->round_trip >
      follow->playlist->header.part_target ? 2 : 1;
}

/**
 * gst_dvr_http_live_get_open_length:
 * @playlist: a list
 *
 * Returns: how long the parts of its open segment are together, nanoseconds
 */
GstClockTime
gst_dvr_http_live_get_open_length (const GstDvrPlaylist * playlist)
{
  GstClockTime length = 0;
  guint i;

  for (i = 0; i < playlist->open.n_parts; i++)
    length += gst_dvr_playlist_get_part (playlist,
        playlist->open.first_part + i)->duration;

  return length;
}

/* Whether the open segment is nearly as long as the shortest of those before it:
 * a question held for longer would only cost a connection. */
static gboolean
may_end_soon (const GstDvrPlaylist * playlist)
{
  GstClockTime shortest = GST_CLOCK_TIME_NONE;
  guint i, n = playlist->segments->len;

  for (i = n - MIN (n, RECENT); i < n; i++) {
    const GstDvrPlaylistSegment *s = gst_dvr_playlist_get_segment (playlist, i);

    if (!s->gap)
      shortest = MIN (shortest, s->duration);
  }

  return shortest == GST_CLOCK_TIME_NONE
      || gst_dvr_http_live_get_open_length (playlist) +
      2 * playlist->header.part_target >= shortest;
}

/* Whether the open segment is as long now as one of those before it. Its end is
 * only told with the first part of the next one, so the part hinted at would
 * mostly be asked for in vain; near by, to wait for the list costs little. */
static gboolean
has_probably_ended (GstDvrHttpFollow * follow)
{
  const GstDvrPlaylist *playlist = follow->playlist;
  GstClockTime length = gst_dvr_http_live_get_open_length (playlist);
  GstClockTime step = playlist->header.part_target / 2;
  guint i, n = playlist->segments->len;

  if (follow->upstream->round_trip > NEAR || playlist->open.n_parts == 0)
    return FALSE;
  for (i = n - MIN (n, RECENT); i < n; i++) {
    GstClockTime other = gst_dvr_playlist_get_segment (playlist, i)->duration;

    if (length + step > other && length < other + step)
      return TRUE;
  }

  return FALSE;
}

/* Asks for what is about to come: the part hinted at, and the first one of the
 * segment after the open one, of which nobody knows when it begins. More would
 * cost a question that is answered 404 at every segment's end. */
static void
start_hinted (Live * live, const GstDvrPlaylistSegment * listed)
{
  GstDvrHttpFollow *follow = live->follow;
  const GstDvrPlaylist *playlist = follow->playlist;
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (live->segment);
  guint64 number = id->number - follow->shift;
  gboolean refused = live->refused_at == follow->listed_at;
  gchar local[GST_DVR_RECORDING_ID_MAX + 1];
  guint lead = get_lead (live);
  GstDvrFileName name;
  guint end;

  if (live->broken || lead == GST_DVR_HTTP_NO_PARTS
      || live->n_started < count_parts (live, listed))
    return;
  if (!parse_hint (playlist, &name)) {
    if (playlist->hint_part.uri && !refused && count_hinted (live) == 0
        && number == playlist->header.media_sequence + playlist->skipped +
        playlist->segments->len && lead + live->n_started ==
        (playlist->has_open ? playlist->open.n_parts : 0))
      start_part (live, playlist->hint_part.uri, &playlist->hint_part.range,
          0, TRUE);
    return;
  }
  gst_dvr_http_list_get_local (follow, name.recording, follow->shift,
      id->number, local);
  if (!g_str_equal (local, id->recording)
      || (number != name.number && number != name.number + 1))
    return;
  if (number == name.number && has_probably_ended (follow))
    return;
  end = number == name.number ? name.part + get_ahead (follow) - MIN (lead,
      name.part) : 1;
  if (refused)
    end = MIN (end, live->ceiling);
  while (live->n_started < end && live->parts.length < MAX_PARALLEL)
    start_predicted (live, number);
}

/* The segment is closed upstream: what it still lacks is known. Returns whether
 * it needs nothing more of us. */
static gboolean
complete (Live * live, const GstDvrPlaylistSegment * listed,
    const GstDvrEntry * entry)
{
  const GstDvrHttpPlace *place;
  guint64 size = gst_dvr_segment_get_size (live->segment);
  guint n_parts = count_parts (live, listed);
  Part *part = g_queue_peek_tail (&live->parts);

  /* what was hinted but never came to be */
  while (part && n_parts > 0 && part->index >= n_parts) {
    drop_from (live, part);
    part = g_queue_peek_tail (&live->parts);
  }
  if (part)
    return FALSE;
  if ((entry->size > 0 && size == entry->size)
      || (entry->size == 0 && n_parts > 0 && live->n_appended == n_parts)) {
    gst_dvr_segment_finish (live->segment);
    return TRUE;
  }
  if (!live->broken && live->n_started < n_parts)
    return FALSE;
  if (entry->size > 0 && size > entry->size) {
    gst_dvr_segment_fail (live->segment, 502,
        "its parts are longer than the segment");
    return TRUE;
  }
  place = gst_dvr_http_list_find (live->follow,
      gst_dvr_segment_get_id (live->segment));
  if (place)
    gst_dvr_http_fetch_segment (live->follow, place, entry->size,
        live->segment, GST_DVR_PRIORITY_VIEWER);
  else
    gst_dvr_segment_fail (live->segment, 404, "upstream does not list it");

  return TRUE;
}

/* Returns: whether the segment needs nothing more of us */
static gboolean
update_one (Live * live)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (live->segment);
  const GstDvrPlaylistSegment *listed = find_listed (live);
  GstDvrTimelineInfo info;
  GstDvrEntry entry = { 0, };
  GstDvrFound found;

  if (gst_dvr_segment_get_state (live->segment) != GST_DVR_SEGMENT_FILLING)
    return TRUE;
  gst_dvr_timeline_get_info (live->follow->timeline, &info);
  found = gst_dvr_timeline_find (live->follow->timeline, id->number, &entry);
  if (found == GST_DVR_FOUND_REMOVED || (found == GST_DVR_FOUND_NOTHING
          && info.state != GST_DVR_TIMELINE_OPEN)) {
    gst_dvr_segment_fail (live->segment,
        found == GST_DVR_FOUND_REMOVED ? 410 : 404, "it never came to be");
    return TRUE;
  }
  if (found != GST_DVR_FOUND_NOTHING && (entry.gap
          || !g_str_equal (entry.recording, id->recording))) {
    gst_dvr_segment_fail (live->segment, 404, "something else took its place");
    return TRUE;
  }
  if (listed)
    start_listed (live, listed);
  if (found == GST_DVR_FOUND_CLOSED)
    return complete (live, listed, &entry);
  start_hinted (live, listed);

  return FALSE;
}

static Live *
find_live (GstDvrHttpFollow * follow, guint64 number)
{
  GList *l;

  for (l = follow->live.head; l; l = l->next) {
    Live *live = l->data;

    if (gst_dvr_segment_get_id (live->segment)->number == number)
      return live;
  }

  return NULL;
}

static void
push_live (GstDvrHttpFollow * follow, GstDvrSegment * segment)
{
  Live *live = g_new0 (Live, 1);

  live->follow = follow;
  live->segment = gst_dvr_segment_ref (segment);
  g_queue_push_tail (&follow->live, live);
  gst_dvr_http_join_keep (follow, segment);
}

static gboolean
is_wanted (GstDvrHttpFollow * follow)
{
  GstClockTime span = DEMAND * follow->playlist->header.target_duration;

  return gst_dvr_timeline_is_used (follow->timeline, NULL)
      || (follow->live_asked_at && g_get_monotonic_time () <
      follow->live_asked_at + (gint64) (span / GST_USECOND));
}

static void
want (GstDvrHttpFollow * follow, guint64 number, const gchar * recording)
{
  GstDvrUpstreamOwner *owner = &follow->upstream->parent.owner;
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, follow->local,
    (gchar *) recording, number
  };
  GstDvrSegment *segment;
  gboolean is_new;

  if (find_live (follow, number) || follow->live.length >= MAX_LIVE)
    return;
  segment = owner->obtain (owner->user_data, &id, &is_new);
  if (segment == NULL)
    return;
  if (gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_FILLING)
    push_live (follow, segment);
  gst_dvr_segment_unref (segment);
}

/* Where there is demand, the open segment and the one that follows it, or the
 * one about to open, are fetched without being asked for. */
static void
go_on (GstDvrHttpFollow * follow)
{
  const GstDvrPlaylist *playlist = follow->playlist;
  const GstDvrPlaylistSegment *open = &playlist->open;
  const gchar *uri = playlist->hint_part.uri;
  guint64 number = open->number + follow->shift;
  g_autofree gchar *recording = NULL;
  gboolean growing = playlist->has_open && open->n_parts > 0;
  GstDvrFileName name;
  guint init;

  if (playlist->ended || playlist->header.part_target == 0
      || !is_wanted (follow))
    return;
  if (growing)
    uri = gst_dvr_playlist_get_part (playlist, open->first_part)->uri;
  if (uri == NULL || !gst_dvr_http_list_name (follow, uri, open->number,
          open->map, GST_DVR_FILE_PART, &recording, &init))
    return;
  want (follow, number, recording);
  if (growing && parse_hint (playlist, &name) && name.number == open->number
      && follow->upstream->round_trip > NEAR && may_end_soon (playlist))
    want (follow, number + 1, recording);
}

/**
 * gst_dvr_http_live_update:
 * @follow: a stream with a playlist
 *
 * Does what can be done now: after a new playlist, a part, or a request.
 */
void
gst_dvr_http_live_update (GstDvrHttpFollow * follow)
{
  GList *l, *next;

  go_on (follow);
  for (l = follow->live.head; l; l = next) {
    Live *live = l->data;

    next = l->next;
    if (update_one (live)) {
      g_queue_delete_link (&follow->live, l);
      live_free (live);
    }
  }
}

/**
 * gst_dvr_http_live_add:
 * @follow: a stream with a playlist
 * @segment: the open segment, or one about to open
 */
void
gst_dvr_http_live_add (GstDvrHttpFollow * follow, GstDvrSegment * segment)
{
  follow->live_asked_at = g_get_monotonic_time ();
  if (!gst_dvr_http_live_has (follow, segment)) {
    if (follow->live.length >= MAX_LIVE) {
      gst_dvr_segment_fail (segment, 503, "too many open segments");
      return;
    }
    push_live (follow, segment);
  }
  gst_dvr_http_live_update (follow);
}

gboolean
gst_dvr_http_live_has (GstDvrHttpFollow * follow, GstDvrSegment * segment)
{
  GList *l;

  for (l = follow->live.head; l; l = l->next)
    if (((Live *) l->data)->segment == segment)
      return TRUE;

  return FALSE;
}

/**
 * gst_dvr_http_live_get_part_size:
 * @follow: a stream
 * @number: a segment
 * @part: index of a part
 *
 * Returns: its size in bytes if it is here, else 0
 */
guint64
gst_dvr_http_live_get_part_size (GstDvrHttpFollow * follow, guint64 number,
    guint part)
{
  Live *live = find_live (follow, number);
  GstDvrPart known;

  if (live && gst_dvr_segment_get_part (live->segment, part, &known))
    return known.size;

  return 0;
}

/**
 * gst_dvr_http_live_forget_hints:
 * @follow: a stream whose upstream is lost
 *
 * What was asked for in advance is asked for anew once there is a playlist.
 */
void
gst_dvr_http_live_forget_hints (GstDvrHttpFollow * follow)
{
  GList *l;

  for (l = follow->live.head; l; l = l->next) {
    Live *live = l->data;
    Part *part = g_queue_peek_tail (&live->parts);

    while (part && part->hinted && !part->done) {
      drop_from (live, part);
      part = g_queue_peek_tail (&live->parts);
    }
  }
}

/**
 * gst_dvr_http_live_fail:
 * @follow: a stream
 * @status: an HTTP status
 * @reason: in words
 *
 * Gives up the segments that grow.
 */
void
gst_dvr_http_live_fail (GstDvrHttpFollow * follow, guint status,
    const gchar * reason)
{
  Live *live;

  while ((live = g_queue_pop_head (&follow->live))) {
    gst_dvr_segment_fail (live->segment, status, reason);
    live_free (live);
  }
}
