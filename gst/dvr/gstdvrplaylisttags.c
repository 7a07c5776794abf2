/* gstdvrplaylisttags.c: reading the tags of playlists
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplaylist-private.h"

typedef gboolean (*TagFunc) (GstDvrPlaylistParser * self, GstDvrSpan value);

static gboolean
set_kind (GstDvrPlaylistParser * self, GstDvrPlaylistKind kind)
{
  GstDvrPlaylist *playlist = self->playlist;

  if (playlist->kind == GST_DVR_PLAYLIST_UNKNOWN)
    playlist->kind = kind;
  if (playlist->kind == kind)
    return TRUE;
  return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
      "stands in a %s playlist", kind == GST_DVR_PLAYLIST_MEDIA
      ? "multivariant" : "media");
}

/* Header tags that must come first (RFC 8216 section 4.3.3). */
static gboolean
check_before_segments (GstDvrPlaylistParser * self)
{
  const GstDvrPlaylist *playlist = self->playlist;

  if (playlist->segments->len == 0 && playlist->skipped == 0
      && playlist->open.n_parts == 0)
    return TRUE;
  return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
      "must come before the first segment");
}

/* Basic tags and tags of the whole playlist. */

static gboolean
tag_version (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  return gst_dvr_playlist_take_uint (self, value,
      &self->playlist->header.version);
}

static gboolean
tag_independent_segments (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  self->playlist->header.independent_segments = TRUE;
  return TRUE;
}

static gboolean
tag_start (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylistHeader *header = &self->playlist->header;
  GstDvrAttribute a;

  header->has_start = FALSE;
  while (gst_dvr_playlist_next_attribute (self, &value, &a)) {
    if (gst_dvr_span_is (&a.name, "TIME-OFFSET")) {
      if (!gst_dvr_scan_signed_seconds (a.value, &header->start_offset))
        return gst_dvr_playlist_fail_syntax (self,
            "TIME-OFFSET expects seconds", &a.value);
      header->has_start = TRUE;
    } else if (gst_dvr_span_is (&a.name, "PRECISE")) {
      header->start_precise = gst_dvr_playlist_take_yes (&a);
    }
  }
  return gst_dvr_playlist_require (self, header->has_start, "TIME-OFFSET");
}

static gboolean
tag_define (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  return gst_dvr_playlist_parser_fail (self,
      GST_DVR_PLAYLIST_ERROR_UNSUPPORTED, "variables are not supported");
}

static gboolean
tag_target_duration (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstClockTime duration;

  /* An integer by the rules; some encoders write a decimal. */
  if (!gst_dvr_playlist_take_seconds (self, value, &duration))
    return FALSE;
  if (duration == 0)
    return gst_dvr_playlist_fail_syntax (self, "expects seconds above 0",
        &value);
  self->playlist->header.target_duration =
      gst_util_uint64_scale_ceil (duration, 1, GST_SECOND) * GST_SECOND;
  return TRUE;
}

static gboolean
tag_media_sequence (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylist *playlist = self->playlist;

  if (!check_before_segments (self)
      || !gst_dvr_playlist_take_number (self, value,
          GST_DVR_PLAYLIST_MAX_NUMBER, &playlist->header.media_sequence))
    return FALSE;
  playlist->open.number = playlist->header.media_sequence;
  return TRUE;
}

static gboolean
tag_discontinuity_sequence (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylist *playlist = self->playlist;

  if (!check_before_segments (self)
      || !gst_dvr_playlist_take_uint (self, value,
          &playlist->header.discontinuity_sequence))
    return FALSE;
  if (playlist->open.discontinuous)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
        "must come before the first EXT-X-DISCONTINUITY");
  playlist->open.discontinuity = playlist->header.discontinuity_sequence;
  return TRUE;
}

static gboolean
tag_playlist_type (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  if (gst_dvr_span_is (&value, "EVENT"))
    self->playlist->header.type = GST_DVR_PLAYLIST_EVENT;
  else if (gst_dvr_span_is (&value, "VOD"))
    self->playlist->header.type = GST_DVR_PLAYLIST_VOD;
  else
    return gst_dvr_playlist_fail_syntax (self, "expects EVENT or VOD", &value);
  return TRUE;
}

static gboolean
tag_i_frames_only (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  self->playlist->header.i_frames_only = TRUE;
  return TRUE;
}

static gboolean
tag_endlist (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  self->playlist->ended = TRUE;
  return TRUE;
}

static gboolean
tag_server_control (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylistHeader *header = &self->playlist->header;
  GstDvrAttribute a;

  while (gst_dvr_playlist_next_attribute (self, &value, &a)) {
    if (gst_dvr_span_is (&a.name, "CAN-BLOCK-RELOAD"))
      header->can_block_reload = gst_dvr_playlist_take_yes (&a);
    else if (gst_dvr_span_is (&a.name, "CAN-SKIP-DATERANGES"))
      header->can_skip_dateranges = gst_dvr_playlist_take_yes (&a);
    else if (gst_dvr_span_is (&a.name, "CAN-SKIP-UNTIL"))
      gst_dvr_playlist_take_seconds (self, a.value, &header->can_skip_until);
    else if (gst_dvr_span_is (&a.name, "HOLD-BACK"))
      gst_dvr_playlist_take_seconds (self, a.value, &header->hold_back);
    else if (gst_dvr_span_is (&a.name, "PART-HOLD-BACK"))
      gst_dvr_playlist_take_seconds (self, a.value, &header->part_hold_back);
  }
  return self->failure == NULL;
}

static gboolean
tag_part_inf (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylistHeader *header = &self->playlist->header;
  GstDvrAttribute a;

  while (gst_dvr_playlist_next_attribute (self, &value, &a)) {
    if (gst_dvr_span_is (&a.name, "PART-TARGET"))
      gst_dvr_playlist_take_seconds (self, a.value, &header->part_target);
  }
  return gst_dvr_playlist_require (self, header->part_target > 0,
      "PART-TARGET above 0");
}

static gboolean
tag_skip (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylist *playlist = self->playlist;
  GstDvrAttribute a;
  guint64 skipped = 0;

  if (!check_before_segments (self))
    return FALSE;
  while (gst_dvr_playlist_next_attribute (self, &value, &a)) {
    if (gst_dvr_span_is (&a.name, "SKIPPED-SEGMENTS"))
      gst_dvr_playlist_take_number (self, a.value,
          GST_DVR_PLAYLIST_MAX_SEGMENTS, &skipped);
  }
  if (!gst_dvr_playlist_require (self, skipped > 0, "SKIPPED-SEGMENTS above 0"))
    return FALSE;
  playlist->skipped = skipped;
  playlist->open.number += skipped;
  /* The time of the first listed segment is not known. */
  self->clock.position = playlist->open.start = 0;
  self->clock.wall_position = 0;
  return TRUE;
}

static gboolean
tag_rendition_report (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylistReport report = { NULL, 0, -1 };
  GstDvrAttribute a;
  guint part;

  while (gst_dvr_playlist_next_attribute (self, &value, &a)) {
    if (gst_dvr_span_is (&a.name, "URI")) {
      gst_dvr_playlist_take_quoted (self, &a, &report.uri);
    } else if (gst_dvr_span_is (&a.name, "LAST-MSN")) {
      gst_dvr_playlist_take_number (self, a.value, GST_DVR_PLAYLIST_MAX_NUMBER,
          &report.last_number);
    } else if (gst_dvr_span_is (&a.name, "LAST-PART")) {
      if (gst_dvr_playlist_take_uint (self, a.value, &part))
        report.last_part = part;
    }
  }
  if (!gst_dvr_playlist_require (self, report.uri != NULL, "URI"))
    return FALSE;
  if (self->playlist->reports->len >= GST_DVR_PLAYLIST_MAX_VARIANTS)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_LIMIT,
        "more than %u of them", GST_DVR_PLAYLIST_MAX_VARIANTS);
  g_array_append_val (self->playlist->reports, report);
  return TRUE;
}

static gboolean
tag_preload_hint (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylistHint hint = { NULL, };
  GstDvrSpan type = { NULL, 0 };
  GstDvrAttribute a;

  while (gst_dvr_playlist_next_attribute (self, &value, &a)) {
    if (gst_dvr_span_is (&a.name, "TYPE"))
      type = a.value;
    else if (gst_dvr_span_is (&a.name, "URI"))
      gst_dvr_playlist_take_quoted (self, &a, &hint.uri);
    else if (gst_dvr_span_is (&a.name, "BYTERANGE-START"))
      gst_dvr_playlist_take_number (self, a.value, GST_DVR_PLAYLIST_MAX_NUMBER,
          &hint.range.offset);
    else if (gst_dvr_span_is (&a.name, "BYTERANGE-LENGTH"))
      gst_dvr_playlist_take_number (self, a.value, GST_DVR_PLAYLIST_MAX_NUMBER,
          &hint.range.length);
  }
  if (!gst_dvr_playlist_require (self, type.data != NULL, "TYPE")
      || !gst_dvr_playlist_require (self, hint.uri != NULL, "URI"))
    return FALSE;
  /* Unknown types are ignored (RFC 8216bis section 4.4.5.3). */
  if (gst_dvr_span_is (&type, "PART"))
    self->playlist->hint_part = hint;
  else if (gst_dvr_span_is (&type, "MAP"))
    self->playlist->hint_map = hint;
  return TRUE;
}

/* Tags of a segment. */

static gboolean
tag_inf (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  const gchar *comma = memchr (value.data, ',', value.size);

  if (comma != NULL)
    value.size = comma - value.data;
  if (!gst_dvr_playlist_take_seconds (self, value, &self->duration))
    return FALSE;
  self->has_duration = TRUE;
  return TRUE;
}

static gboolean
tag_byterange (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  self->has_range = TRUE;
  return gst_dvr_playlist_take_range (self, value, &self->playlist->open.range,
      &self->range_has_offset);
}

static gboolean
tag_discontinuity (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylistSegment *open = &self->playlist->open;

  if (open->discontinuity == G_MAXUINT)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_LIMIT,
        "discontinuity number out of range");
  open->discontinuous = TRUE;
  open->discontinuity++;
  return TRUE;
}

static gboolean
tag_gap (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  self->playlist->open.gap = TRUE;
  return TRUE;
}

static gboolean
tag_bitrate (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  return gst_dvr_playlist_take_uint (self, value,
      &self->playlist->open.bitrate);
}

static gboolean
tag_map (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylist *playlist = self->playlist;
  GstDvrPlaylistRange range = { 0, 0 };
  GstDvrSpan uri = { NULL, 0 };
  GstDvrPlaylistMap *last = playlist->open.map, *map;
  GstDvrAttribute a;
  gboolean has_offset;

  while (gst_dvr_playlist_next_attribute (self, &value, &a)) {
    if (gst_dvr_span_is (&a.name, "BYTERANGE")) {
      gst_dvr_playlist_take_range (self, a.value, &range, &has_offset);
    } else if (gst_dvr_span_is (&a.name, "URI")) {
      if (!a.quoted || !gst_dvr_scan_text (a.value))
        return gst_dvr_playlist_fail_syntax (self,
            "URI expects a quoted string of text", &a.value);
      uri = a.value;
    }
  }
  if (!gst_dvr_playlist_require (self, uri.data != NULL, "URI"))
    return FALSE;
  if (last != NULL && gst_dvr_span_is (&uri, last->uri)
      && last->range.offset == range.offset
      && last->range.length == range.length)
    return TRUE;
  map = g_new0 (GstDvrPlaylistMap, 1);
  map->uri = g_strndup (uri.data, uri.size);
  map->range = range;
  map->refcount = 1;
  g_ptr_array_add (playlist->maps, map);
  playlist->open.map = map;
  return TRUE;
}

static gboolean
tag_key (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylist *playlist = self->playlist;
  GstDvrPlaylistKey key = { NULL, }, *copy;
  GstDvrAttribute a;

  while (gst_dvr_playlist_next_attribute (self, &value, &a)) {
    if (gst_dvr_span_is (&a.name, "METHOD")) {
      gst_dvr_playlist_take_word (self, &a, &key.method);
    } else if (gst_dvr_span_is (&a.name, "URI")) {
      gst_dvr_playlist_take_quoted (self, &a, &key.uri);
    } else if (gst_dvr_span_is (&a.name, "KEYFORMAT")) {
      gst_dvr_playlist_take_quoted (self, &a, &key.format);
    }
  }
  if (!gst_dvr_playlist_require (self, key.method != NULL, "METHOD"))
    return FALSE;
  if (playlist->n_unkeyed == G_MAXUINT)
    playlist->n_unkeyed = playlist->segments->len;
  if (strcmp (key.method, "NONE") == 0) {
    playlist->open.key = NULL;
    return TRUE;
  }
  copy = g_new (GstDvrPlaylistKey, 1);
  *copy = key;
  g_ptr_array_add (playlist->keys, copy);
  playlist->open.key = copy;
  return TRUE;
}

static gboolean
tag_program_date_time (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylist *playlist = self->playlist;
  gboolean first = self->clock.wall_time == GST_DVR_WALL_TIME_NONE;
  gint64 wall_time;

  if (!gst_dvr_scan_date (value, &wall_time))
    return gst_dvr_playlist_fail_syntax (self,
        "expects a date and time of RFC 3339", &value);
  self->clock.wall_time = wall_time;
  self->clock.wall_position = self->clock.position;
  playlist->open.wall_time = wall_time;
  playlist->open.wall_time_stated = TRUE;
  if (first)
    gst_dvr_playlist_backdate (playlist, &self->clock);
  return TRUE;
}

static gboolean
take_part_attribute (GstDvrPlaylistParser * self, const GstDvrAttribute * a,
    GstDvrPlaylistPart * part, gboolean * has_duration, gboolean * has_offset)
{
  if (gst_dvr_span_is (&a->name, "DURATION")) {
    *has_duration = TRUE;
    return gst_dvr_playlist_take_seconds (self, a->value, &part->duration);
  }
  if (gst_dvr_span_is (&a->name, "URI"))
    return gst_dvr_playlist_take_quoted (self, a, &part->uri);
  if (gst_dvr_span_is (&a->name, "BYTERANGE"))
    return gst_dvr_playlist_take_range (self, a->value, &part->range,
        has_offset);
  if (gst_dvr_span_is (&a->name, "INDEPENDENT"))
    part->independent = gst_dvr_playlist_take_yes (a);
  else if (gst_dvr_span_is (&a->name, "GAP"))
    part->gap = gst_dvr_playlist_take_yes (a);
  return TRUE;
}

static gboolean
resolve_part_range (GstDvrPlaylistParser * self, GstDvrPlaylistPart * part)
{
  const GArray *parts = self->playlist->parts;

  if (parts->len > 0) {
    const GstDvrPlaylistPart *last =
        gst_dvr_playlist_get_part (self->playlist, parts->len - 1);

    if (last->range.length > 0 && strcmp (last->uri, part->uri) == 0) {
      part->range.offset = last->range.offset + last->range.length;
      return part->range.offset <= GST_DVR_PLAYLIST_MAX_NUMBER;
    }
  }
  /* The first part of a resource begins it. */
  return TRUE;
}

static gboolean
tag_part (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylist *playlist = self->playlist;
  GstDvrPlaylistPart part = { NULL, };
  GstDvrAttribute a;
  gboolean has_duration = FALSE, has_offset = FALSE;

  while (gst_dvr_playlist_next_attribute (self, &value, &a))
    take_part_attribute (self, &a, &part, &has_duration, &has_offset);
  if (!gst_dvr_playlist_require (self, part.uri != NULL, "URI")
      || !gst_dvr_playlist_require (self, has_duration, "DURATION"))
    return FALSE;
  if (part.range.length > 0 && !has_offset && !resolve_part_range (self, &part))
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_LIMIT,
        "BYTERANGE out of range");
  if (playlist->parts->len >= GST_DVR_PLAYLIST_MAX_PARTS)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_LIMIT,
        "more than %u parts", GST_DVR_PLAYLIST_MAX_PARTS);
  if (playlist->open.duration + part.duration > G_MAXINT64)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_LIMIT,
        "stream time out of range");
  g_array_append_val (playlist->parts, part);
  playlist->open.n_parts++;
  playlist->open.duration += part.duration;
  playlist->has_open = TRUE;
  return TRUE;
}

/* Tags of our own: gstdvrplaylist.h has their meaning. */

static gboolean
tag_dvr_version (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  guint version;

  if (!gst_dvr_playlist_take_uint (self, value, &version))
    return FALSE;
  if (version != GST_DVR_PLAYLIST_VERSION)
    return gst_dvr_playlist_parser_fail (self,
        GST_DVR_PLAYLIST_ERROR_UNSUPPORTED,
        "version %u is not supported, only %u", version,
        GST_DVR_PLAYLIST_VERSION);
  self->playlist->header.dvr_version = version;
  return TRUE;
}

static gboolean
tag_dvr_no_smart_seek (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  self->playlist->header.no_smart_seek = TRUE;
  return TRUE;
}

static gboolean
tag_dvr_time (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylist *playlist = self->playlist;
  GstDvrPlaylistSegment *open = &playlist->open;
  GstClockTime time;

  if (!gst_dvr_scan_seconds (value, &time))
    return gst_dvr_playlist_fail_syntax (self, "expects seconds", &value);
  if (playlist->segments->len == 0 && playlist->skipped == 0) {
    playlist->header.time = self->clock.position = open->start = time;
    if (open->wall_time_stated)
      self->clock.wall_position = time;
    return TRUE;
  }
  open->time_stated = TRUE;
  if (time > self->clock.position)
    self->clock.position = open->start = time;
  if (open->wall_time_stated)
    self->clock.wall_position = self->clock.position;
  else
    open->wall_time =
        gst_dvr_playlist_clock_get_wall_time (&self->clock, open->start);
  return TRUE;
}

static gboolean
tag_dvr_keyframes (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  guint64 before;

  if (!gst_dvr_playlist_take_number (self, value, G_MAXUINT32, &before))
    return FALSE;
  if (self->playlist->segments->len == 0)
    self->playlist->header.keyframes_before = before;
  return TRUE;
}

static gboolean
tag_dvr_open (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylist *playlist = self->playlist;

  if (value.size == 0 || !gst_dvr_scan_text (value))
    return gst_dvr_playlist_fail_syntax (self, "expects a URI", &value);
  playlist->open.uri = gst_dvr_playlist_take_span (playlist, value);
  playlist->has_open = TRUE;
  return TRUE;
}

/* All keyframes of a segment, the first of which is known already. */
static gboolean
take_keyframes (GstDvrPlaylistParser * self, GstDvrSpan keys)
{
  GstDvrPlaylistSegment *open = &self->playlist->open;
  GstDvrPlaylistRange *first = &open->key_range;
  GstDvrKeyframes list = { 1, {{0, first->offset, first->length}} };
  const GstDvrKeyframe *last;

  if (!gst_dvr_playlist_require (self, first->length > 0, "KEY beside KEYS"))
    return FALSE;
  if (first->length > G_MAXUINT32 || first->offset > G_MAXUINT32 - first->length
      || !gst_dvr_playlist_scan_keyframes (keys, &list))
    return gst_dvr_playlist_fail_syntax (self, "KEYS expects a list of "
        "<milliseconds>:<length>@<offset> in order", &keys);
  last = &list.frames[list.n - 1];
  if (open->size > 0 && (guint64) last->offset + last->size > open->size)
    return gst_dvr_playlist_fail_syntax (self,
        "KEYS expects keyframes within the segment's SIZE", &keys);
  gst_dvr_playlist_take_keyframes (self->playlist, open, list.frames, list.n);
  return TRUE;
}

static gboolean
tag_dvr_segment (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylistSegment *open = &self->playlist->open;
  GstDvrSpan keys = { NULL, 0 };
  GstDvrAttribute a;
  gboolean has_offset;

  gst_dvr_playlist_take_keyframes (self->playlist, open, NULL, 0);
  while (gst_dvr_playlist_next_attribute (self, &value, &a)) {
    if (gst_dvr_span_is (&a.name, "SIZE"))
      gst_dvr_playlist_take_number (self, a.value, GST_DVR_PLAYLIST_MAX_NUMBER,
          &open->size);
    else if (gst_dvr_span_is (&a.name, "KEY"))
      gst_dvr_playlist_take_range (self, a.value, &open->key_range,
          &has_offset);
    else if (gst_dvr_span_is (&a.name, "KEYS"))
      keys = a.value;
  }
  if (self->failure != NULL)
    return FALSE;
  if (keys.data == NULL)
    return TRUE;
  return take_keyframes (self, keys);
}

/* All others (DATERANGE, SESSION-DATA, CONTENT-STEERING, …) are ignored. The
 * most frequent stand first. */
#define ANY GST_DVR_PLAYLIST_UNKNOWN
#define MEDIA GST_DVR_PLAYLIST_MEDIA
#define MULTI GST_DVR_PLAYLIST_MULTIVARIANT
static const struct
{
  const gchar *name;
  guint8 size;
  GstDvrPlaylistKind kind;
  TagFunc func;
} tags[] = {
#define TAG(name, kind, func) { name, sizeof (name) - 1, kind, func }
  TAG ("EXTINF", MEDIA, tag_inf),
  TAG ("EXT-X-DVR-SEGMENT", MEDIA, tag_dvr_segment),
  TAG ("EXT-X-DVR-OPEN", MEDIA, tag_dvr_open),
  TAG ("EXT-X-PROGRAM-DATE-TIME", MEDIA, tag_program_date_time),
  TAG ("EXT-X-PART", MEDIA, tag_part),
  TAG ("EXT-X-BYTERANGE", MEDIA, tag_byterange),
  TAG ("EXT-X-MAP", MEDIA, tag_map),
  TAG ("EXT-X-GAP", MEDIA, tag_gap),
  TAG ("EXT-X-DISCONTINUITY", MEDIA, tag_discontinuity),
  TAG ("EXT-X-BITRATE", MEDIA, tag_bitrate),
  TAG ("EXT-X-KEY", MEDIA, tag_key),
  TAG ("EXT-X-VERSION", ANY, tag_version),
  TAG ("EXT-X-INDEPENDENT-SEGMENTS", ANY, tag_independent_segments),
  TAG ("EXT-X-START", ANY, tag_start),
  TAG ("EXT-X-DEFINE", ANY, tag_define),
  TAG ("EXT-X-TARGETDURATION", MEDIA, tag_target_duration),
  TAG ("EXT-X-MEDIA-SEQUENCE", MEDIA, tag_media_sequence),
  TAG ("EXT-X-DISCONTINUITY-SEQUENCE", MEDIA, tag_discontinuity_sequence),
  TAG ("EXT-X-PLAYLIST-TYPE", MEDIA, tag_playlist_type),
  TAG ("EXT-X-I-FRAMES-ONLY", MEDIA, tag_i_frames_only),
  TAG ("EXT-X-ENDLIST", MEDIA, tag_endlist),
  TAG ("EXT-X-SERVER-CONTROL", MEDIA, tag_server_control),
  TAG ("EXT-X-PART-INF", MEDIA, tag_part_inf),
  TAG ("EXT-X-SKIP", MEDIA, tag_skip),
  TAG ("EXT-X-PRELOAD-HINT", MEDIA, tag_preload_hint),
  TAG ("EXT-X-RENDITION-REPORT", MEDIA, tag_rendition_report),
  TAG ("EXT-X-DVR-VERSION", MEDIA, tag_dvr_version),
  TAG ("EXT-X-DVR-NO-SMART-SEEK", MEDIA, tag_dvr_no_smart_seek),
  TAG ("EXT-X-DVR-TIME", MEDIA, tag_dvr_time),
  TAG ("EXT-X-DVR-KEYFRAMES", MEDIA, tag_dvr_keyframes),
  TAG ("EXT-X-STREAM-INF", MULTI, gst_dvr_playlist_tag_stream_inf),
  TAG ("EXT-X-I-FRAME-STREAM-INF", MULTI,
      gst_dvr_playlist_tag_i_frame_stream_inf),
  TAG ("EXT-X-MEDIA", MULTI, gst_dvr_playlist_tag_media),
#undef TAG
};

/* @line: without its `#`. */
gboolean
gst_dvr_playlist_parser_take_tag (GstDvrPlaylistParser * self, GstDvrSpan line)
{
  const gchar *colon = memchr (line.data, ':', line.size);
  GstDvrSpan value = { line.data + line.size, 0 };
  guint i;

  self->tag = line;
  if (colon != NULL) {
    self->tag.size = colon - line.data;
    value.data = colon + 1;
    value.size = line.size - self->tag.size - 1;
  }
  for (i = 0; i < G_N_ELEMENTS (tags); i++) {
    if (tags[i].size != self->tag.size
        || memcmp (tags[i].name, self->tag.data, self->tag.size) != 0)
      continue;
    if (tags[i].kind != ANY && !set_kind (self, tags[i].kind))
      return FALSE;
    return tags[i].func (self, value) && self->failure == NULL;
  }
  return TRUE;
}
