/* gstdvrhttpseam.c: where two recordings meet, and what things are called
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Under one name there may only be one thing, on all tiers and for ever. What
 * stands under another number than at its origin, lacks its begin because ours
 * ends within it, or its end because its origin was lost, has a recording id of
 * its own, made of just that. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpupstream.h"

/* Recordings joined that are remembered. */
#define MAX_SHIFTS 16
/* Newest segments held, so that there is something to compare with. */
#define MAX_KEPT 3

/**
 * gst_dvr_http_list_is_cut:
 * @follow: a stream
 * @number: our number of a segment
 *
 * Returns: whether its begin is left out, as ours ends within it
 */
gboolean
gst_dvr_http_list_is_cut (GstDvrHttpFollow * follow, guint64 number)
{
  return follow->seam.cut_offset > 0 && number == follow->seam.number;
}

/**
 * gst_dvr_http_list_get_lead:
 * @follow: a stream
 * @number: our number of a segment
 *
 * Returns: how many of its parts are left out at its begin, or
 *   GST_DVR_HTTP_NO_PARTS where that is not known
 */
guint
gst_dvr_http_list_get_lead (GstDvrHttpFollow * follow, guint64 number)
{
  return gst_dvr_http_list_is_cut (follow, number) ? follow->seam.cut_parts : 0;
}

/**
 * gst_dvr_http_list_get_part:
 * @follow: a stream
 * @playlist: a list of its upstream
 * @s: a segment of it of which it is known where its parts are
 * @index: our index of a part
 * @part: (out): what is known of it; its offset is not
 */
void
gst_dvr_http_list_get_part (GstDvrHttpFollow * follow,
    const GstDvrPlaylist * playlist, const GstDvrPlaylistSegment * s,
    guint index, GstDvrPart * part)
{
  const GstDvrHttpSeam *seam = &follow->seam;
  guint lead = gst_dvr_http_list_get_lead (follow, s->number + follow->shift);
  const GstDvrPlaylistPart *p = gst_dvr_playlist_get_part (playlist,
      s->first_part + lead + index);
  GstClockTime end = p->duration;
  guint i;

  part->offset = 0;
  part->size = p->range.length;
  part->duration = p->duration;
  part->independent = p->independent;
  if (index > 0
      || !gst_dvr_http_list_is_cut (follow, s->number + follow->shift))
    return;
  for (i = 0; i < lead; i++)
    end += gst_dvr_playlist_get_part (playlist, s->first_part + i)->duration;
  part->size -= MIN (seam->cut_skip, part->size);
  part->duration = end > seam->cut_time ? end - seam->cut_time : 0;
  part->independent = seam->cut_key;
}

/* A recording's name for what is not the recording's own under its number. */
static void
make_name (const gchar * recording, guint64 shift, guint64 begin, guint64 end,
    gchar * name)
{
  g_autofree gchar *text = g_strdup_printf ("%s\n%" G_GINT64_FORMAT "\n%"
      G_GUINT64_FORMAT "\n%" G_GUINT64_FORMAT, recording, (gint64) shift, begin,
      end);
  g_autofree gchar *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256,
      text, -1);

  g_snprintf (name, GST_DVR_RECORDING_ID_MAX + 1, "%.*s%.16s",
      (int) strcspn (recording, "-") + 1, recording, sum);
}

/**
 * gst_dvr_http_list_get_local:
 * @follow: a stream
 * @recording: a recording id of upstream's
 * @shift: our numbers less upstream's
 * @number: our number of the segment
 * @local: (out) (array fixed-size=65): how the recording is called here
 *
 * Under one name there may only be one thing, on all tiers: what stands under
 * another number than at its origin, or is cut, gets a name that tells so.
 */
void
gst_dvr_http_list_get_local (GstDvrHttpFollow * follow, const gchar * recording,
    guint64 shift, guint64 number, gchar * local)
{
  guint64 cut = shift == follow->shift && gst_dvr_http_list_is_cut (follow,
      number) ? follow->seam.cut_offset : 0;

  if (shift == 0 && cut == 0)
    g_strlcpy (local, recording, GST_DVR_RECORDING_ID_MAX + 1);
  else
    make_name (recording, shift, cut, 0, local);
}

/**
 * gst_dvr_http_list_number_anew:
 * @follow: a stream
 * @shift: our numbers less upstream's, from now on
 */
void
gst_dvr_http_list_number_anew (GstDvrHttpFollow * follow, guint64 shift)
{
  guint i;

  follow->shift = shift;
  for (i = 0; i < follow->shifts->len; i++)
    if (g_array_index (follow->shifts, guint64, i) == shift)
      g_array_remove_index (follow->shifts, i);
  if (follow->shifts->len == MAX_SHIFTS)
    g_array_remove_index (follow->shifts, 0);
  g_array_append_val (follow->shifts, shift);
}

/**
 * gst_dvr_http_list_set_shift:
 * @follow: a stream
 * @shift: our numbers less those of the location in use now
 * @discontinuity: our discontinuity numbers less theirs
 *
 * A location lists the same recording, which stands here under these numbers.
 */
void
gst_dvr_http_list_set_shift (GstDvrHttpFollow * follow, guint64 shift,
    guint discontinuity)
{
  if (shift == follow->shift && !follow->joined)
    return;
  if (shift != follow->shift)
    memset (&follow->seam, 0, sizeof (follow->seam));
  gst_dvr_http_list_number_anew (follow, shift);
  follow->discontinuity_shift = discontinuity;
  follow->joined = TRUE;
}

/**
 * gst_dvr_http_list_set_seam:
 * @follow: a stream
 * @playlist: the whole list of another origin
 * @index: which segment of it comes next; the open one is the last
 * @seam: where it stands here
 * @discontinuity: our discontinuity number before it
 */
void
gst_dvr_http_list_set_seam (GstDvrHttpFollow * follow,
    const GstDvrPlaylist * playlist, guint index, const GstDvrHttpSeam * seam,
    guint discontinuity)
{
  const GstDvrPlaylistSegment *s = index < playlist->segments->len ?
      gst_dvr_playlist_get_segment (playlist, index) : &playlist->open;

  follow->seam = *seam;
  follow->joined = TRUE;
  gst_dvr_http_list_number_anew (follow,
      seam->number - (playlist->header.media_sequence + index));
  follow->joined_first = playlist->header.media_sequence + follow->shift;
  follow->discontinuity_shift = discontinuity + 1 - s->discontinuity;
  gst_dvr_http_list_set_epoch (follow, playlist);
}

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
  g_clear_pointer (&follow->shortened, gst_dvr_segment_unref);
  g_clear_pointer (&follow->shortened_init, gst_dvr_segment_unref);
  g_clear_pointer (&follow->kept_init, gst_dvr_segment_unref);
  g_queue_clear_full (&follow->kept, (GDestroyNotify) gst_dvr_segment_unref);
  g_queue_init (&follow->kept);
}

/* Bytes here under @number, in the state that they are in. */
static GstDvrSegment *
find_kept (GstDvrHttpFollow * follow, const GstDvrEntry * entry)
{
  GList *l;

  for (l = follow->kept.tail; l; l = l->prev) {
    const GstDvrSegmentId *id = gst_dvr_segment_get_id (l->data);

    if (id->number == entry->number
        && g_str_equal (id->recording, entry->recording))
      return l->data;
  }

  return NULL;
}

/**
 * gst_dvr_http_join_get_kept:
 * @follow: a stream
 * @entry: a segment of it
 *
 * Returns: (transfer none) (nullable): its bytes as far as they are here: those
 *   of a closed segment all, of the open one at least one part
 */
GstDvrSegment *
gst_dvr_http_join_get_kept (GstDvrHttpFollow * follow,
    const GstDvrEntry * entry)
{
  GstDvrSegment *segment = find_kept (follow, entry);

  return segment && gst_dvr_segment_get_size (segment) > 0 ? segment : NULL;
}

/* Gives the bytes of @from to @to, part by part where it has parts. */
static void
copy_parts (GstDvrSegment * from, GstDvrSegment * to)
{
  GstDvrPart part;
  guint i;

  if (gst_dvr_segment_get_n_parts (from) == 0)
    gst_dvr_segment_append (to, gst_dvr_segment_get_buffer (from, 0,
            gst_dvr_segment_get_size (from)));
  for (i = 0; gst_dvr_segment_get_part (from, i, &part); i++)
    gst_dvr_segment_append_part (to, gst_dvr_segment_get_buffer (from,
            part.offset, part.size), part.duration, part.independent);
  gst_dvr_segment_finish (to);
}

/* How long a part is: as its list said, or, of the last one, what the others
 * leave of the segment. */
static GstClockTime
get_duration (const GstDvrPart * part, GArray * listed, guint i,
    GstClockTime rest)
{
  if (GST_CLOCK_TIME_IS_VALID (part->duration))
    return part->duration;
  if (listed && i < listed->len)
    return g_array_index (listed, GstDvrPart, i).duration;

  return rest;
}

/* A segment of that name with the bytes of another, also for a cache to have. */
static GstDvrSegment *
make_copy (GstDvrHttpFollow * follow, const GstDvrSegmentId * id,
    GstDvrSegment * from)
{
  GstDvrUpstreamOwner *owner = &follow->upstream->parent.owner;
  GstDvrSegment *copy = gst_dvr_segment_new (id);
  GstDvrSegment *given;
  gboolean is_new = FALSE;

  copy_parts (from, copy);
  given = owner->obtain (owner->user_data, id, &is_new);
  if (given && is_new)
    copy_parts (copy, given);
  g_clear_pointer (&given, gst_dvr_segment_unref);

  return copy;
}

/* Lists it as it was, but for its name and what never came of it. */
static gboolean
list_short (GstDvrHttpFollow * follow, GstDvrEntry * entry,
    const gchar * before, GstDvrSegment * segment)
{
  g_autoptr (GArray) listed = gst_dvr_timeline_get_parts (follow->timeline,
      entry->number);
  GstClockTime sum = 0;
  GstDvrPart part;
  guint i;

  gst_dvr_timeline_abandon_open (follow->timeline);
  if (!gst_dvr_timeline_open_segment (follow->timeline, entry))
    return FALSE;
  for (i = 0; gst_dvr_segment_get_part (segment, i, &part); i++) {
    part.duration = get_duration (&part, listed, i, entry->duration > sum ?
        entry->duration - sum : 0);
    sum += part.duration;
    gst_dvr_timeline_add_part (follow->timeline, &part);
  }
  gst_dvr_timeline_set_alias (follow->timeline, entry->number, before);
  entry->duration = sum;

  return gst_dvr_timeline_close_segment (follow->timeline, entry);
}

/**
 * gst_dvr_http_list_is_shortened:
 * @recording: a recording id of a segment
 * @before: that of it while it grew
 * @size: bytes of it
 *
 * Returns: whether the segment was ended short by a tier above, so that it begins
 *   with the same parts
 */
gboolean
gst_dvr_http_list_is_shortened (const gchar * recording, const gchar * before,
    guint64 size)
{
  gchar name[GST_DVR_RECORDING_ID_MAX + 1];

  make_name (before, 0, 0, size, name);

  return g_str_equal (name, recording);
}

/* What there is of a segment whose origin was lost, under a name of its own: the
 * origin may have written more of it. */
static void
close_short (GstDvrHttpFollow * follow, GstDvrEntry * entry,
    GstDvrSegment * segment)
{
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, follow->local, NULL,
    entry->number, 0, 0
  };
  GstDvrPlaylistRange range = { 0, 0 };
  gchar name[GST_DVR_RECORDING_ID_MAX + 1];
  GstDvrPart last = { 0, };
  const gchar *before;

  gst_dvr_segment_get_part (segment, gst_dvr_segment_get_n_parts (segment) - 1,
      &last);
  entry->size = range.length = last.offset + last.size;
  make_name (entry->recording, 0, 0, range.length, name);
  before = entry->recording;
  entry->recording = id.recording = name;
  if (!list_short (follow, entry, before, segment))
    return;
  gst_dvr_http_list_add_place (follow, entry->number, NULL, &range);
  g_clear_pointer (&follow->shortened, gst_dvr_segment_unref);
  follow->shortened = make_copy (follow, &id, segment);
  g_clear_pointer (&follow->shortened_init, gst_dvr_segment_unref);
  id.kind = GST_DVR_SEGMENT_INIT;
  id.number = entry->init;
  follow->shortened_init = make_copy (follow, &id, follow->kept_init);
}

static gboolean
has_init (GstDvrHttpFollow * follow, const GstDvrEntry * entry)
{
  const GstDvrSegmentId *id = follow->kept_init ?
      gst_dvr_segment_get_id (follow->kept_init) : NULL;

  return id && id->number == entry->init
      && g_str_equal (id->recording, entry->recording)
      && gst_dvr_segment_get_state (follow->kept_init) == GST_DVR_SEGMENT_WHOLE;
}

static gboolean
is_named (GstDvrSegment * segment, const GstDvrSegmentId * id)
{
  return segment
      && gst_dvr_segment_id_equal (gst_dvr_segment_get_id (segment), id);
}

/**
 * gst_dvr_http_join_end_open:
 * @follow: a stream whose origin was lost
 * @entry: (inout): its open segment
 *
 * Players have been told of it, and may have seen its first parts: it keeps its
 * number, and ends with them. What nobody can have seen becomes a gap.
 */
void
gst_dvr_http_join_end_open (GstDvrHttpFollow * follow, GstDvrEntry * entry)
{
  static const GstDvrPlaylistRange nothing = { 0, };
  GstDvrSegment *segment = gst_dvr_http_join_get_kept (follow, entry);

  entry->size = 0;
  if (segment && gst_dvr_segment_get_n_parts (segment) > 0
      && has_init (follow, entry)) {
    close_short (follow, entry, segment);
    return;
  }
  gst_dvr_timeline_abandon_open (follow->timeline);
  if (entry->duration > 0) {
    entry->gap = TRUE;
    if (gst_dvr_timeline_close_segment (follow->timeline, entry))
      gst_dvr_http_list_add_place (follow, entry->number, NULL, &nothing);
  }
}

/**
 * gst_dvr_http_join_fill:
 * @follow: a stream
 * @segment: what is asked for
 *
 * Returns: whether it was the shortened one or its init section, and is whole now
 */
gboolean
gst_dvr_http_join_fill (GstDvrHttpFollow * follow, GstDvrSegment * segment)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);
  GstDvrSegment *from = NULL;

  if (is_named (follow->shortened, id))
    from = follow->shortened;
  else if (is_named (follow->shortened_init, id))
    from = follow->shortened_init;
  if (from == NULL || gst_dvr_segment_get_size (segment) > 0)
    return FALSE;
  copy_parts (from, segment);

  return TRUE;
}
