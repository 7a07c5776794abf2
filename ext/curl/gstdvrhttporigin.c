/* gstdvrhttporigin.c: whether two locations list the same recording
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Locations that list the same recording are tiers of one origin, or that
 * origin. Where the list of another goes on differently than ours ended, it is
 * another origin. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrhttpupstream.h"

static gboolean
has_wall_time (const GstDvrPlaylistSegment * s)
{
  return s->wall_time != GST_DVR_WALL_TIME_NONE;
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

/* Whether it is the location that the last list was of. */
static gboolean
is_last_source (GstDvrHttpFollow * follow, guint location)
{
  g_autofree gchar *name = gst_dvr_http_source_get_name (follow, location);

  return follow->source && g_str_equal (follow->source->name, name);
}

/**
 * gst_dvr_http_join_check:
 * @follow: a stream of which something is known
 * @location: index of another location
 * @playlist: the whole list of that
 * @shift: (out): our numbers less theirs, with GST_DVR_HTTP_JOIN_SAME
 * @discontinuity: (out): our discontinuity numbers less theirs
 *
 * Returns: whether it is the same recording as ours ended with
 */
GstDvrHttpJoinKind
gst_dvr_http_join_check (GstDvrHttpFollow * follow, guint location,
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
          info.next - 1, &last) != GST_DVR_FOUND_CLOSED || uri == NULL)
    return GST_DVR_HTTP_JOIN_SAME;
  /* other origins' names say nothing: only where they are does */
  if (!gst_dvr_parse_file_name (uri, &file))
    return is_last_source (follow, location) ? GST_DVR_HTTP_JOIN_SAME :
        GST_DVR_HTTP_JOIN_OTHER;
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
 *   it is ahead; 0 where that is not known
 */
gint
gst_dvr_http_join_compare (GstDvrHttpFollow * follow,
    const GstDvrPlaylist * playlist)
{
  gint64 ours = GST_DVR_WALL_TIME_NONE, theirs = GST_DVR_WALL_TIME_NONE, off;
  GstDvrTimelineInfo info;
  GstDvrEntry entry;
  guint i;

  gst_dvr_timeline_get_info (follow->timeline, &info);
  if ((gst_dvr_timeline_find (follow->timeline, info.next, &entry) ==
          GST_DVR_FOUND_OPEN || gst_dvr_timeline_find (follow->timeline,
              info.next - 1, &entry) == GST_DVR_FOUND_CLOSED)
      && entry.wall_time != GST_DVR_WALL_TIME_NONE)
    ours = entry.wall_time + (gint64) (entry.duration / GST_USECOND);
  if (playlist->ended)
    return -1;
  if (playlist->has_open && playlist->open.n_parts > 0
      && has_wall_time (&playlist->open))
    theirs = playlist->open.wall_time + (gint64)
        (gst_dvr_http_live_get_open_length (playlist) / GST_USECOND);
  for (i = playlist->segments->len; i > 0
      && theirs == GST_DVR_WALL_TIME_NONE; i--) {
    const GstDvrPlaylistSegment *s =
        gst_dvr_playlist_get_segment (playlist, i - 1);

    if (!s->gap && has_wall_time (s))
      theirs = s->wall_time + (gint64) (s->duration / GST_USECOND);
  }
  if (ours == GST_DVR_WALL_TIME_NONE || theirs == GST_DVR_WALL_TIME_NONE)
    return 0;
  off = theirs - ours;
  if (ABS (off) < G_USEC_PER_SEC)
    return 0;

  return off < 0 ? -1 : 1;
}
