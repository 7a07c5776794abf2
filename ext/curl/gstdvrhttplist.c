/* gstdvrhttplist.c: a playlist becomes a timeline
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Lists of our own tiers name recordings and numbers, which are taken as they
 * are; after another recording was joined, or the origin began anew, they are
 * called by names of our own that tell under which numbers they stand here, and
 * are the same on every tier where they do. Other origins' get a recording id
 * that is made up from what does not change, and numbers that never fall: where
 * their media sequence does, because the origin began anew, it is shifted and
 * another recording begins.
 *
 * A delta update is not put together with the list before: what it skips is in
 * the timeline already. What it lists has tags of what it skips. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpupstream.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* Removed places are cut off their array once this many stand there. */
#define MIN_SLACK 1024
/* Init sections remembered per stream. */
#define MAX_INITS 10000

typedef struct
{
  GstDvrHttpFollow *follow;
  const GstDvrPlaylist *playlist;
  GstDvrTimelineInfo info;      /* before */
  guint64 first;                /* our number of the first, skipped counted */
  guint64 listed;               /* of the first that is listed */
  guint64 end;                  /* after the last closed one */
  gint64 offset;                /* stream time less the list's */
  gboolean changed;
} Applying;

static void
place_clear (gpointer data)
{
  g_free (((GstDvrHttpPlace *) data)->uri);
}

static void
place_free (gpointer data)
{
  place_clear (data);
  g_free (data);
}

void
gst_dvr_http_list_init (GstDvrHttpFollow * follow)
{
  follow->shifts = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_array_append_val (follow->shifts, follow->shift);
  follow->places = g_array_new (FALSE, TRUE, sizeof (GstDvrHttpPlace));
  g_array_set_clear_func (follow->places, place_clear);
  follow->inits = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      place_free);
  follow->sources = gst_dvr_http_sources_new ();
}

void
gst_dvr_http_list_clear (GstDvrHttpFollow * follow)
{
  g_array_unref (follow->shifts);
  g_array_unref (follow->places);
  g_hash_table_unref (follow->inits);
  g_ptr_array_unref (follow->sources);
}

/**
 * gst_dvr_http_list_find:
 * @follow: a stream
 * @id: a closed segment, or an init section
 *
 * Returns: (nullable): where it is; valid until the next playlist
 */
const GstDvrHttpPlace *
gst_dvr_http_list_find (GstDvrHttpFollow * follow, const GstDvrSegmentId * id)
{
  GstDvrHttpPlace *place;
  gchar key[GST_DVR_RECORDING_ID_MAX + 32];

  if (id->kind == GST_DVR_SEGMENT_INIT) {
    g_snprintf (key, sizeof (key), "%s/%" G_GUINT64_FORMAT, id->recording,
        id->number);
    return g_hash_table_lookup (follow->inits, key);
  }
  if (id->number < follow->first_place
      || id->number - follow->first_place >= follow->places->len)
    return NULL;
  place = &g_array_index (follow->places, GstDvrHttpPlace,
      id->number - follow->first_place);

  return place->uri ? place : NULL;
}

/**
 * gst_dvr_http_list_add_place:
 * @follow: a stream
 * @number: our number of a closed segment, the next one
 * @uri: (nullable): where it is; NULL: nowhere
 * @range: which bytes of that
 */
void
gst_dvr_http_list_add_place (GstDvrHttpFollow * follow, guint64 number,
    const gchar * uri, const GstDvrPlaylistRange * range)
{
  GstDvrHttpPlace place = { g_strdup (uri), *range,
    gst_dvr_http_source_of (follow->source, uri)
  };

  if (follow->places->len == 0
      || number != follow->first_place + follow->places->len) {
    g_array_set_size (follow->places, 0);
    follow->first_place = number;
  }
  g_array_append_val (follow->places, place);
}

static void
remove_places (GstDvrHttpFollow * follow, guint64 first)
{
  guint64 n = first > follow->first_place ? first - follow->first_place : 0;

  n = MIN (n, follow->places->len);
  if (n < MIN_SLACK)
    return;
  g_array_remove_range (follow->places, 0, n);
  follow->first_place += n;
}

static gboolean
note_init (const GstDvrEntry * entry, gpointer user_data)
{
  g_hash_table_add (user_data, g_strdup_printf ("%s/%u", entry->recording,
          entry->init));

  return TRUE;
}

static gboolean
is_not_among (gpointer key, gpointer place, gpointer listed)
{
  return !g_hash_table_contains (listed, key);
}

/* Forgets those of segments that are listed no more. */
static void
remove_inits (GstDvrHttpFollow * follow)
{
  g_autoptr (GHashTable) listed = g_hash_table_new_full (g_str_hash,
      g_str_equal, g_free, NULL);
  GstDvrTimelineInfo info;
  GstDvrEntry open;

  gst_dvr_timeline_foreach (follow->timeline, 0, G_MAXUINT64, note_init,
      listed);
  gst_dvr_timeline_get_info (follow->timeline, &info);
  if (gst_dvr_timeline_find (follow->timeline, info.next, &open) ==
      GST_DVR_FOUND_OPEN)
    note_init (&open, listed);
  g_hash_table_foreach_remove (follow->inits, is_not_among, listed);
}

static gboolean
add_init (GstDvrHttpFollow * follow, const gchar * recording, guint init,
    const GstDvrPlaylistMap * map)
{
  g_autofree gchar *key = g_strdup_printf ("%s/%u", recording, init);
  GstDvrHttpPlace *place;

  if (g_hash_table_contains (follow->inits, key))
    return TRUE;
  if (g_hash_table_size (follow->inits) >= MAX_INITS)
    remove_inits (follow);
  if (g_hash_table_size (follow->inits) >= MAX_INITS)
    return FALSE;
  place = g_new (GstDvrHttpPlace, 1);
  place->uri = g_strdup (map->uri);
  place->range = map->range;
  place->source = gst_dvr_http_source_of (follow->source, map->uri);
  g_hash_table_insert (follow->inits, g_steal_pointer (&key), place);

  return TRUE;
}

/* An id like a recording's, the same on every tier that reads that origin: from
 * its location, the init section, and how often it began anew. A list that keeps
 * its beginning gives the time of day of that, too. */
static gchar *
make_recording_id (GstDvrHttpFollow * follow, const GstDvrPlaylistMap * map)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree gchar *text = NULL;

  text = g_strdup_printf ("%s\n%s\n%" G_GUINT64_FORMAT "@%" G_GUINT64_FORMAT
      "\n%u\n%" G_GINT64_FORMAT, follow->source->name, map->uri,
      map->range.length, map->range.offset, follow->resets, follow->epoch);
  g_checksum_update (sum, (const guchar *) text, -1);

  return g_strdup_printf ("19700101T000000Z-%.12s",
      g_checksum_get_string (sum));
}

/**
 * gst_dvr_http_list_name:
 * @follow: a stream
 * @uri: of a segment or part
 * @number: upstream's sequence number of the segment
 * @map: (nullable): its init section
 * @kind: what @uri names
 * @recording: (out) (transfer full): recording id
 * @init: (out): index of the init section
 *
 * Returns: FALSE if neither says what it belongs to
 */
gboolean
gst_dvr_http_list_name (GstDvrHttpFollow * follow, const gchar * uri,
    guint64 number, GstDvrPlaylistMap * map, GstDvrFileKind kind,
    gchar ** recording, guint * init)
{
  g_autofree gchar *foreign = NULL;
  GstDvrFileName file, head;

  if (uri && gst_dvr_parse_file_name (uri, &file) && file.kind == kind
      && file.number == number) {
    *recording = g_malloc (GST_DVR_RECORDING_ID_MAX + 1);
    gst_dvr_http_list_get_local (follow, file.recording, follow->shift,
        number + follow->shift, *recording);
    *init = 0;
    if (map && gst_dvr_parse_file_name (map->uri, &head)
        && head.kind == GST_DVR_FILE_INIT
        && g_str_equal (head.recording, file.recording)
        && head.number <= G_MAXUINT)
      *init = head.number;
    return TRUE;
  }
  if (map == NULL || follow->source == NULL)
    return FALSE;
  foreign = make_recording_id (follow, map);
  *recording = g_malloc (GST_DVR_RECORDING_ID_MAX + 1);
  gst_dvr_http_list_get_local (follow, foreign, follow->shift,
      number + follow->shift, *recording);
  /* the id is made of the init section's name: there is no other in it */
  *init = 0;

  return TRUE;
}

/* What cannot be served as it is. */
static const gchar *
find_unsupported (Applying * a)
{
  const GstDvrPlaylist *playlist = a->playlist;
  guint i;

  if (playlist->header.i_frames_only)
    return "EXT-X-I-FRAMES-ONLY";
  for (i = 0; i < playlist->segments->len; i++) {
    const GstDvrPlaylistSegment *s = gst_dvr_playlist_get_segment (playlist, i);

    if (s->key)
      return "EXT-X-KEY";
    if (s->map == NULL && !s->gap)
      return "a segment without EXT-X-MAP (MPEG-TS?)";
  }

  return NULL;
}

/* Whether the origin began anew: the media sequence fell, and what stands under
 * a number that we know is something else. */
static gboolean
has_restarted (Applying * a)
{
  const GstDvrPlaylistSegment *s;
  GstDvrEntry entry;

  if (a->playlist->skipped > 0 || !a->follow->known || (a->follow->joined
          && a->end <= a->follow->seam.number)
      || a->info.next == a->info.first)
    return FALSE;
  if (a->end < a->info.first)
    return TRUE;
  if (a->end == a->first || a->end > a->info.next)
    return FALSE;
  s = gst_dvr_playlist_get_segment (a->playlist, a->playlist->segments->len -
      1);
  if (gst_dvr_timeline_find (a->follow->timeline, a->end - 1, &entry) !=
      GST_DVR_FOUND_CLOSED || !s->wall_time_stated
      || entry.wall_time == GST_DVR_WALL_TIME_NONE)
    return FALSE;

  return ABS (s->wall_time - entry.wall_time) >
      (gint64) (a->playlist->header.target_duration / GST_USECOND);
}

static void
number_list (Applying * a)
{
  a->first = a->playlist->header.media_sequence + a->follow->shift;
  a->listed = a->first + a->playlist->skipped;
  a->end = a->listed + a->playlist->segments->len;
}

/**
 * gst_dvr_http_list_set_epoch:
 * @follow: a stream
 * @playlist: the whole list of an origin
 *
 * A list that keeps its beginning tells when that was, to all who read it.
 */
void
gst_dvr_http_list_set_epoch (GstDvrHttpFollow * follow,
    const GstDvrPlaylist * playlist)
{
  follow->epoch = GST_DVR_WALL_TIME_NONE;
  if (playlist->segments->len > 0
      && playlist->header.type != GST_DVR_PLAYLIST_LIVE)
    follow->epoch = gst_dvr_playlist_get_segment (playlist, 0)->wall_time;
}

static void
begin_anew (Applying * a)
{
  GstDvrHttpFollow *follow = a->follow;
  GstDvrEntry last = { 0, };

  gst_dvr_timeline_find (follow->timeline, a->info.next - 1, &last);
  GST_INFO ("%s: upstream began anew at %" G_GUINT64_FORMAT, follow->local,
      a->playlist->header.media_sequence);
  gst_dvr_timeline_abandon_open (follow->timeline);
  gst_dvr_http_list_number_anew (follow,
      a->info.next - a->playlist->header.media_sequence);
  follow->resets++;
  follow->discontinuity_shift = last.discontinuity + 1;
  gst_dvr_timeline_get_info (follow->timeline, &a->info);
  number_list (a);
  gst_dvr_http_list_set_epoch (follow, a->playlist);
}

/* Nothing of another recording is listed here yet, but it is known when that
 * begins. */
static gboolean
is_at_seam (Applying * a)
{
  const GstDvrHttpSeam *seam = &a->follow->seam;
  const GstDvrPlaylistSegment *s;

  if (!a->follow->joined || a->info.next != seam->number
      || a->listed > seam->number || a->end < seam->number)
    return FALSE;
  s = seam->number < a->end ? gst_dvr_playlist_get_segment (a->playlist,
      seam->number - a->listed) : &a->playlist->open;
  a->offset = (gint64) (seam->start - seam->cut_time) - (gint64) s->start;

  return TRUE;
}

/* Stream time of the list's own beginning. */
static void
find_offset (Applying * a)
{
  const GstDvrPlaylistSegment *s;
  GstDvrEntry entry;
  guint64 known = MIN (a->info.next, a->end);

  a->offset = 0;
  if (is_at_seam (a))
    return;
  if (a->playlist->skipped == 0 && a->follow->resets == 0 && !a->follow->joined
      && GST_CLOCK_TIME_IS_VALID (a->playlist->header.time))
    return;
  if (known > a->listed && gst_dvr_timeline_find (a->follow->timeline,
          known - 1, &entry) == GST_DVR_FOUND_CLOSED) {
    s = gst_dvr_playlist_get_segment (a->playlist, known - 1 - a->listed);
    a->offset = (gint64) entry.start - (gint64) s->start;
    if (gst_dvr_http_list_is_cut (a->follow, known - 1))
      a->offset -= a->follow->seam.cut_time;
    return;
  }
  s = a->playlist->segments->len > 0 ?
      gst_dvr_playlist_get_segment (a->playlist, 0) : &a->playlist->open;
  if (gst_dvr_timeline_find (a->follow->timeline, a->listed, &entry) ==
      GST_DVR_FOUND_OPEN)
    a->offset = (gint64) entry.start - (gint64) s->start;
  else
    a->offset = (gint64) a->info.end - (gint64) s->start;
}

/* What is left of a segment behind a seam. */
static void
cut_entry (const GstDvrHttpSeam * seam, GstDvrEntry * entry)
{
  entry->start += seam->cut_time;
  entry->duration -= MIN (seam->cut_time, entry->duration);
  if (entry->wall_time != GST_DVR_WALL_TIME_NONE)
    entry->wall_time += (gint64) (seam->cut_time / GST_USECOND);
  if (seam->cut_size > 0)
    entry->size = seam->cut_size;
  else
    entry->size -= MIN (seam->cut_offset, entry->size);
  entry->key_offset = entry->key_size = 0;
  entry->n_keyframes = 0;
}

static gboolean
make_entry (Applying * a, const GstDvrPlaylistSegment * s, guint64 number,
    const gchar * uri, GstDvrFileKind kind, GstDvrEntry * entry,
    gchar ** recording)
{
  guint init = 0;

  if (!gst_dvr_http_list_name (a->follow, uri, s->number, s->map, kind,
          recording, &init))
    return FALSE;
  if (s->map && !s->gap && !add_init (a->follow, *recording, init, s->map))
    return FALSE;
  memset (entry, 0, sizeof (*entry));
  entry->number = number;
  entry->recording = *recording;
  entry->init = init;
  entry->discontinuity = s->discontinuity + a->follow->discontinuity_shift;
  entry->start = MAX ((gint64) s->start + a->offset, 0);
  entry->duration = s->duration;
  entry->wall_time = s->wall_time;
  entry->size = s->range.length ? s->range.length : s->size;
  entry->key_offset = MIN (s->key_range.offset, G_MAXUINT32);
  entry->key_size = MIN (s->key_range.length, G_MAXUINT32);
  entry->n_keyframes = s->n_keyframes;
  entry->gap = s->gap;
  if (gst_dvr_http_list_is_cut (a->follow, number))
    cut_entry (&a->follow->seam, entry);

  return TRUE;
}

/* Parts are listed before their sizes are known: 0, until they were fetched. */
static void
add_parts (Applying * a, const GstDvrPlaylistSegment * s, guint64 number)
{
  GArray *known = gst_dvr_timeline_get_parts (a->follow->timeline, number);
  guint lead = gst_dvr_http_list_get_lead (a->follow, number);
  guint i = known ? known->len : 0;
  guint64 offset = 0;

  if (i > 0) {
    GstDvrPart *last = &g_array_index (known, GstDvrPart, i - 1);

    offset = last->offset + last->size;
  }
  for (; lead < s->n_parts && i < s->n_parts - lead; i++) {
    GstDvrPart part;

    gst_dvr_http_list_get_part (a->follow, a->playlist, s, i, &part);
    part.offset = offset;
    if (part.size == 0)
      part.size = gst_dvr_http_live_get_part_size (a->follow, number, i);
    offset += part.size;
    gst_dvr_timeline_add_part (a->follow->timeline, &part);
    a->changed = TRUE;
  }
  g_clear_pointer (&known, g_array_unref);
}

/* What is said of the open segment is of another one than we know. @alias: (out)
 * (nullable): what it was called, where it is the same but for its end */
static GstDvrFound
find_open (Applying * a, const GstDvrEntry * entry, const gchar ** alias)
{
  GstDvrEntry known;
  GstDvrFound found = gst_dvr_timeline_find (a->follow->timeline,
      entry->number, &known);

  *alias = NULL;
  if (found != GST_DVR_FOUND_OPEN
      || g_str_equal (known.recording, entry->recording))
    return found;
  if (gst_dvr_http_list_is_shortened (entry->recording, known.recording,
          entry->size))
    *alias = known.recording;
  gst_dvr_timeline_abandon_open (a->follow->timeline);

  return GST_DVR_FOUND_NOTHING;
}

/* Returns: FALSE if the segment cannot be made sense of */
static gboolean
add_segment (Applying * a, const GstDvrPlaylistSegment * s, guint64 number)
{
  GstDvrTimeline *timeline = a->follow->timeline;
  g_autofree gchar *recording = NULL;
  GstDvrPlaylistRange range = s->range;
  GstDvrEntry entry;
  GstDvrFound found;
  const gchar *alias;

  if (!make_entry (a, s, number, s->uri, GST_DVR_FILE_SEGMENT, &entry,
          &recording)) {
    recording = g_strdup ("19700101T000000Z-000000000000");
    memset (&entry, 0, sizeof (entry));
    entry.number = number;
    entry.recording = recording;
    entry.start = MAX ((gint64) s->start + a->offset, 0);
    entry.duration = s->duration;
    entry.wall_time = s->wall_time;
    entry.gap = TRUE;
  }
  found = find_open (a, &entry, &alias);
  if (s->n_parts > gst_dvr_http_list_get_lead (a->follow, number)
      && !entry.gap) {
    if (found != GST_DVR_FOUND_OPEN)
      gst_dvr_timeline_open_segment (timeline, &entry);
    add_parts (a, s, number);
    if (alias)
      gst_dvr_timeline_set_alias (timeline, number, alias);
  }
  a->changed = TRUE;
  if (!gst_dvr_timeline_close_keyed (timeline, &entry, s->keyframes))
    return FALSE;
  if (gst_dvr_http_list_is_cut (a->follow, number)) {
    range.offset += a->follow->seam.cut_offset;
    range.length = entry.size;
  }
  gst_dvr_http_list_add_place (a->follow, number, s->uri, &range);

  return TRUE;
}

/* The segment that grows, where its parts are listed. */
static void
set_open (Applying * a)
{
  const GstDvrPlaylistSegment *s = &a->playlist->open;
  guint64 number = a->end;
  g_autofree gchar *recording = NULL;
  const GstDvrPlaylistPart *part;
  const gchar *alias;
  GstDvrEntry entry;
  GstDvrFound found;

  if (!a->playlist->has_open || s->key || s->map == NULL
      || s->n_parts <= gst_dvr_http_list_get_lead (a->follow, number))
    return;
  part = gst_dvr_playlist_get_part (a->playlist, s->first_part);
  if (!make_entry (a, s, number, part->uri, GST_DVR_FILE_PART, &entry,
          &recording))
    return;
  entry.size = 0;
  found = find_open (a, &entry, &alias);
  if (found != GST_DVR_FOUND_OPEN) {
    if (!gst_dvr_timeline_open_segment (a->follow->timeline, &entry))
      return;
    a->changed = TRUE;
  }
  add_parts (a, s, number);
}

static void
apply (Applying * a)
{
  GstDvrTimeline *timeline = a->follow->timeline;
  const GstDvrPlaylistHeader *header = &a->playlist->header;
  GstClockTime part = 0;
  guint64 number;

  /* a recorder's list says how long parts are, but lists none; one that has
   * ended no longer says it, and may go on */
  if (header->can_block_reload || a->playlist->parts->len > 0)
    part = header->part_target;
  else if (a->playlist->ended)
    part = a->info.part_duration;
  gst_dvr_timeline_set_durations (timeline, header->target_duration, part);
  if (a->first > a->info.next
      || (a->info.next == a->info.first && !a->info.open)) {
    /* what lies between was never seen */
    if (a->info.next > a->info.first || a->info.open)
      gst_dvr_timeline_clear (timeline);
    a->info.next = a->listed;
    if (a->playlist->skipped == 0)
      gst_dvr_timeline_set_keyframes_before (timeline,
          header->keyframes_before);
  }
  for (number = MAX (a->listed, a->info.next); number < a->end; number++)
    if (!add_segment (a, gst_dvr_playlist_get_segment (a->playlist,
                number - a->listed), number))
      break;
  if (!a->playlist->ended && a->end >= a->info.next)
    set_open (a);
  else if (a->playlist->ended)
    gst_dvr_timeline_abandon_open (timeline);
  if (a->first > a->info.first && a->first > a->follow->joined_first) {
    gst_dvr_timeline_remove_before (timeline, a->first);
    remove_places (a->follow, a->first);
  }
  gst_dvr_timeline_set_state (timeline, a->playlist->ended ?
      GST_DVR_TIMELINE_ENDED : GST_DVR_TIMELINE_OPEN, 0);
}

/**
 * gst_dvr_http_list_apply:
 * @follow: a stream
 * @playlist: a media playlist of it, whole or a delta update
 * @tag: (out): with GST_DVR_HTTP_LIST_REFUSED what is not supported
 *
 * Brings the stream's timeline up to date.
 *
 * Returns: what came of it
 */
GstDvrHttpListResult
gst_dvr_http_list_apply (GstDvrHttpFollow * follow,
    const GstDvrPlaylist * playlist, const gchar ** tag)
{
  Applying a = {.follow = follow,.playlist = playlist };

  gst_dvr_timeline_get_info (follow->timeline, &a.info);
  *tag = find_unsupported (&a);
  if (*tag)
    return GST_DVR_HTTP_LIST_REFUSED;
  follow->source = gst_dvr_http_source_find (follow, follow->location);
  number_list (&a);
  if (playlist->skipped > 0 && (!follow->known || a.listed > a.info.next
          || a.end < a.info.first))
    return GST_DVR_HTTP_LIST_NEED_FULL;

  gst_dvr_timeline_begin (follow->timeline);
  if (has_restarted (&a))
    begin_anew (&a);
  if (playlist->skipped == 0 && a.info.next == a.info.first && !a.info.open)
    gst_dvr_http_list_set_epoch (follow, playlist);
  a.changed = a.info.state != GST_DVR_TIMELINE_OPEN;
  find_offset (&a);
  apply (&a);
  gst_dvr_timeline_commit (follow->timeline);

  return a.changed ? GST_DVR_HTTP_LIST_OK : GST_DVR_HTTP_LIST_SAME;
}
