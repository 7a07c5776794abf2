/* gstdvrplaylistwriter.c: writing playlists
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplaylist-private.h"

/* What is written here reads back as the same data. Numbers are put together
 * by hand: a day's list has a hundred thousand of them. */

/* The most DISCONTINUITY tags that one change of number is worth. */
#define MAX_DISCONTINUITIES 64

void
gst_dvr_playlist_append_uint (GString * out, guint64 value)
{
  gchar digits[20];
  guint i = sizeof (digits);

  do {
    digits[--i] = '0' + value % 10;
    value /= 10;
  } while (value > 0);
  g_string_append_len (out, digits + i, sizeof (digits) - i);
}

/* @value with leading zeros. */
static void
append_fixed (GString * out, guint value, guint digits)
{
  gchar text[10];
  guint i;

  for (i = digits; i > 0; i--, value /= 10)
    text[i - 1] = '0' + value % 10;
  g_string_append_len (out, text, digits);
}

/* `.` and @digits decimals of @value, zeros beyond the third one left out. */
static void
append_decimals (GString * out, guint value, guint digits)
{
  while (digits > 3 && value % 10 == 0) {
    value /= 10;
    digits--;
  }
  g_string_append_c (out, '.');
  append_fixed (out, value, digits);
}

static void
append_seconds (GString * out, GstClockTime time)
{
  gst_dvr_playlist_append_uint (out, time / GST_SECOND);
  append_decimals (out, time % GST_SECOND, 9);
}

/* RFC 3339 in UTC; the inverse of days_of_date() in gstdvrplaylistscan.c. */
static void
append_date (GString * out, gint64 wall_time)
{
  gint64 seconds, days, era, day_of_era, year_of_era, day_of_year, month;
  gint fraction = wall_time % G_USEC_PER_SEC;
  guint second_of_day;

  if (fraction < 0)
    fraction += G_USEC_PER_SEC;
  seconds = (wall_time - fraction) / G_USEC_PER_SEC;
  days = seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0);
  second_of_day = seconds - days * 86400;
  days += 719468;
  era = days / 146097;
  day_of_era = days % 146097;
  year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524
      - day_of_era / 146096) / 365;
  day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4
      - year_of_era / 100);
  month = (5 * day_of_year + 2) / 153;

  append_fixed (out, era * 400 + year_of_era + (month >= 10 ? 1 : 0), 4);
  g_string_append_c (out, '-');
  append_fixed (out, month < 10 ? month + 3 : month - 9, 2);
  g_string_append_c (out, '-');
  append_fixed (out, day_of_year - (153 * month + 2) / 5 + 1, 2);
  g_string_append_c (out, 'T');
  append_fixed (out, second_of_day / 3600, 2);
  g_string_append_c (out, ':');
  append_fixed (out, second_of_day / 60 % 60, 2);
  g_string_append_c (out, ':');
  append_fixed (out, second_of_day % 60, 2);
  append_decimals (out, fraction, 6);
  g_string_append_c (out, 'Z');
}

static void
append_uri_line (GString * out, const gchar * uri)
{
  g_string_append (out, uri);
  g_string_append_c (out, '\n');
}

static void
append_range (GString * out, const GstDvrPlaylistRange * range)
{
  gst_dvr_playlist_append_uint (out, range->length);
  g_string_append_c (out, '@');
  gst_dvr_playlist_append_uint (out, range->offset);
}

/* `,NAME="text"` and the like; nothing where there is nothing. */
static void
append_quoted (GString * out, const gchar * name, const gchar * text)
{
  if (text != NULL)
    g_string_append_printf (out, ",%s=\"%s\"", name, text);
}

static void
append_seconds_attribute (GString * out, const gchar * name, GstClockTime time)
{
  g_string_append_printf (out, ",%s=", name);
  append_seconds (out, time);
}

/* Attributes are appended with a comma before each; the first one goes. */
static void
end_attributes (GString * out, gsize begin)
{
  g_string_erase (out, begin, 1);
  g_string_append_c (out, '\n');
}

/**
 * gst_dvr_playlist_context_init:
 * @context: a context
 * @discontinuity: absolute discontinuity number before the first segment to be
 *   written: that of the header, if it comes next
 * @time: stream time of the first segment to be written, if the header states
 *   the playlist's; GST_CLOCK_TIME_NONE if it does not: then stream times are
 *   stated only of segments with @time_stated
 *
 * Sets up what a reader knows that has read the header and nothing else. The
 * segment written next states its MAP and PROGRAM-DATE-TIME.
 */
void
gst_dvr_playlist_context_init (GstDvrPlaylistContext * context,
    guint discontinuity, GstClockTime time)
{
  memset (context, 0, sizeof (*context));
  context->discontinuity = discontinuity;
  context->with_time = GST_CLOCK_TIME_IS_VALID (time);
  context->position = context->with_time ? time : 0;
  context->wall_time = GST_DVR_WALL_TIME_NONE;
}

static void
write_server_control (GString * out, const GstDvrPlaylistHeader * header)
{
  gsize begin;

  if (!header->can_block_reload && header->can_skip_until == 0
      && !header->can_skip_dateranges && header->hold_back == 0
      && header->part_hold_back == 0)
    return;
  g_string_append (out, "#EXT-X-SERVER-CONTROL:");
  begin = out->len;
  if (header->can_block_reload)
    g_string_append (out, ",CAN-BLOCK-RELOAD=YES");
  if (header->can_skip_until > 0)
    append_seconds_attribute (out, "CAN-SKIP-UNTIL", header->can_skip_until);
  if (header->can_skip_dateranges)
    g_string_append (out, ",CAN-SKIP-DATERANGES=YES");
  if (header->hold_back > 0)
    append_seconds_attribute (out, "HOLD-BACK", header->hold_back);
  if (header->part_hold_back > 0)
    append_seconds_attribute (out, "PART-HOLD-BACK", header->part_hold_back);
  end_attributes (out, begin);
}

static guint
needed_version (const GstDvrPlaylistHeader * header)
{
  if (header->can_skip_dateranges)
    return 10;
  if (header->can_skip_until > 0 || header->part_target > 0)
    return 9;
  return 6;                     /* EXT-X-MAP without EXT-X-I-FRAMES-ONLY */
}

/**
 * gst_dvr_playlist_write_header:
 * @out: where to append
 * @header: what to say; zero durations, and a time of GST_CLOCK_TIME_NONE, are
 *   left out; a version of 0 stands for the lowest that does
 *
 * Writes what comes before the first segment: EXTM3U and the tags of the whole
 * playlist.
 */
void
gst_dvr_playlist_write_header (GString * out,
    const GstDvrPlaylistHeader * header)
{
  g_string_append (out, "#EXTM3U\n#EXT-X-VERSION:");
  gst_dvr_playlist_append_uint (out, header->version > 0 ? header->version
      : needed_version (header));
  g_string_append_c (out, '\n');
  if (header->dvr_version > 0)
    g_string_append_printf (out, "#EXT-X-DVR-VERSION:%u\n",
        header->dvr_version);
  if (header->no_smart_seek)
    g_string_append (out, "#EXT-X-DVR-NO-SMART-SEEK\n");
  if (header->target_duration > 0) {
    g_string_append (out, "#EXT-X-TARGETDURATION:");
    gst_dvr_playlist_append_uint (out,
        (header->target_duration - 1) / GST_SECOND + 1);
    g_string_append_c (out, '\n');
  }
  write_server_control (out, header);
  if (header->part_target > 0) {
    g_string_append (out, "#EXT-X-PART-INF:PART-TARGET=");
    append_seconds (out, header->part_target);
    g_string_append_c (out, '\n');
  }
  if (header->type != GST_DVR_PLAYLIST_LIVE)
    g_string_append_printf (out, "#EXT-X-PLAYLIST-TYPE:%s\n",
        header->type == GST_DVR_PLAYLIST_EVENT ? "EVENT" : "VOD");
  if (header->i_frames_only)
    g_string_append (out, "#EXT-X-I-FRAMES-ONLY\n");
  if (header->independent_segments)
    g_string_append (out, "#EXT-X-INDEPENDENT-SEGMENTS\n");
  if (header->has_start) {
    g_string_append (out, "#EXT-X-START:TIME-OFFSET=");
    if (header->start_offset < 0)
      g_string_append_c (out, '-');
    append_seconds (out, header->start_offset < 0
        ? -(guint64) header->start_offset : (guint64) header->start_offset);
    g_string_append (out, header->start_precise ? ",PRECISE=YES\n" : "\n");
  }
  g_string_append (out, "#EXT-X-MEDIA-SEQUENCE:");
  gst_dvr_playlist_append_uint (out, header->media_sequence);
  g_string_append_printf (out, "\n#EXT-X-DISCONTINUITY-SEQUENCE:%u\n",
      header->discontinuity_sequence);
  if (header->keyframes_before > 0)
    g_string_append_printf (out, "#EXT-X-DVR-KEYFRAMES:%u\n",
        header->keyframes_before);
  if (GST_CLOCK_TIME_IS_VALID (header->time))
    g_string_append_printf (out, "#EXT-X-DVR-TIME:%" G_GUINT64_FORMAT ".%09"
        G_GUINT64_FORMAT "\n", header->time / GST_SECOND,
        header->time % GST_SECOND);
}

static void
write_time (GString * out, GstClockTime time)
{
  g_string_append (out, "#EXT-X-DVR-TIME:");
  append_seconds (out, time);
  g_string_append_c (out, '\n');
}

/**
 * gst_dvr_playlist_write_skip:
 * @out: where to append
 * @skipped: how many segments are left out, above 0
 * @time: stream time of the first one listed, nanoseconds, or
 *   %GST_CLOCK_TIME_NONE
 *
 * Writes what makes a delta update of a playlist, after its header. The
 * context of the segments after it is a fresh one: with the discontinuity
 * number of the last skipped segment, and the stream time of the first listed
 * one. That is stated, as times stated further on would mean nothing without.
 */
void
gst_dvr_playlist_write_skip (GString * out, guint skipped, GstClockTime time)
{
  g_string_append_printf (out, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%u\n", skipped);
  if (GST_CLOCK_TIME_IS_VALID (time))
    write_time (out, time);
}

static void
write_map (GString * out, const GstDvrPlaylistMap * map)
{
  g_string_append (out, "#EXT-X-MAP:URI=\"");
  g_string_append (out, map->uri);
  g_string_append_c (out, '"');
  if (map->range.length > 0) {
    g_string_append (out, ",BYTERANGE=\"");
    append_range (out, &map->range);
    g_string_append_c (out, '"');
  }
  g_string_append_c (out, '\n');
}

static void
write_key (GString * out, const GstDvrPlaylistKey * key)
{
  g_string_append_printf (out, "#EXT-X-KEY:METHOD=%s",
      key != NULL ? key->method : "NONE");
  if (key != NULL) {
    append_quoted (out, "URI", key->uri);
    append_quoted (out, "KEYFORMAT", key->format);
  }
  g_string_append_c (out, '\n');
}

static void
write_wall_time (GString * out, GstDvrPlaylistContext * context,
    const GstDvrPlaylistSegment * segment)
{
  GstDvrPlaylistClock clock = { 0, context->wall_position, context->wall_time };
  gint64 derived;

  /* Derived times may be beyond what can be said. */
  if (segment->wall_time < GST_DVR_PLAYLIST_MIN_DATE
      || segment->wall_time > GST_DVR_PLAYLIST_MAX_DATE)
    return;
  derived = gst_dvr_playlist_clock_get_wall_time (&clock, context->position);
  if (derived != GST_DVR_WALL_TIME_NONE && !segment->wall_time_stated
      && ABS (segment->wall_time - derived) <=
      (gint64) MIN (context->wall_tolerance, G_MAXINT64))
    return;
  g_string_append (out, "#EXT-X-PROGRAM-DATE-TIME:");
  append_date (out, segment->wall_time);
  g_string_append_c (out, '\n');
  context->wall_position = context->position;
  context->wall_time = segment->wall_time;
}

/**
 * gst_dvr_playlist_write_segment_head:
 * @out: where to append
 * @context: what was written before
 * @segment: a segment; of it, discontinuity, map, key, start and wall_time are
 *   used. Its map and key must live as long as @context.
 *
 * Writes what is known of a segment before it has media: DISCONTINUITY, MAP and
 * KEY where they changed, PROGRAM-DATE-TIME where it does not follow from
 * durations, and stream time where it jumps. Its parts, or EXT-X-DVR-OPEN, may
 * follow.
 */
void
gst_dvr_playlist_write_segment_head (GString * out,
    GstDvrPlaylistContext * context, const GstDvrPlaylistSegment * segment)
{
  guint i, discontinuities = 0;

  if (segment->discontinuity > context->discontinuity)
    discontinuities = MIN (segment->discontinuity - context->discontinuity,
        MAX_DISCONTINUITIES);
  for (i = 0; i < discontinuities; i++)
    g_string_append (out, "#EXT-X-DISCONTINUITY\n");
  context->discontinuity = segment->discontinuity;
  if (context->key != segment->key) {
    write_key (out, segment->key);
    context->key = segment->key;
  }
  if (segment->map != NULL
      && !gst_dvr_playlist_map_equal (segment->map, context->map))
    write_map (out, segment->map);
  if (segment->map != NULL)
    context->map = segment->map;
  if ((context->with_time || segment->time_stated)
      && segment->start > context->position) {
    write_time (out, segment->start);
    /* who does not know that tag adds up durations */
    context->wall_position += segment->start - context->position;
    context->position = segment->start;
  }
  write_wall_time (out, context, segment);
}

/**
 * gst_dvr_playlist_write_open:
 * @out: where to append
 * @uri: of the segment that grows now
 *
 * Writes EXT-X-DVR-OPEN, after the segment's head.
 */
void
gst_dvr_playlist_write_open (GString * out, const gchar * uri)
{
  g_string_append (out, "#EXT-X-DVR-OPEN:");
  append_uri_line (out, uri);
}

/**
 * gst_dvr_playlist_write_part:
 * @out: where to append
 * @part: a part
 *
 * Writes EXT-X-PART, after the head of its segment or the part before.
 */
void
gst_dvr_playlist_write_part (GString * out, const GstDvrPlaylistPart * part)
{
  g_string_append (out, "#EXT-X-PART:DURATION=");
  append_seconds (out, part->duration);
  g_string_append (out, ",URI=\"");
  g_string_append (out, part->uri);
  g_string_append_c (out, '"');
  if (part->range.length > 0) {
    g_string_append (out, ",BYTERANGE=\"");
    append_range (out, &part->range);
    g_string_append_c (out, '"');
  }
  if (part->independent)
    g_string_append (out, ",INDEPENDENT=YES");
  if (part->gap)
    g_string_append (out, ",GAP=YES");
  g_string_append_c (out, '\n');
}

/* EXTINF, BYTERANGE and the URI. */
void
gst_dvr_playlist_append_media (GString * out, GstDvrPlaylistContext * context,
    const GstDvrPlaylistSegment * segment, const GstDvrPlaylistRange * range)
{
  g_string_append (out, "#EXTINF:");
  append_seconds (out, segment->duration);
  g_string_append (out, ",\n");
  if (range->length > 0) {
    g_string_append (out, "#EXT-X-BYTERANGE:");
    append_range (out, range);
    g_string_append_c (out, '\n');
  }
  append_uri_line (out, segment->uri);
  context->position += segment->duration;
}

/**
 * gst_dvr_playlist_write_segment_tail:
 * @out: where to append
 * @context: what was written before
 * @segment: the segment whose head was written last
 *
 * Writes what is known of a segment when it is closed: BITRATE, GAP, its size
 * and keyframes, EXTINF, BYTERANGE and the URI.
 */
void
gst_dvr_playlist_write_segment_tail (GString * out,
    GstDvrPlaylistContext * context, const GstDvrPlaylistSegment * segment)
{
  gsize begin;

  if (segment->bitrate > 0 && segment->bitrate != context->bitrate) {
    g_string_append_printf (out, "#EXT-X-BITRATE:%u\n", segment->bitrate);
    context->bitrate = segment->bitrate;
  }
  if (segment->gap)
    g_string_append (out, "#EXT-X-GAP\n");
  if (segment->size > 0 || segment->key_range.length > 0) {
    g_string_append (out, "#EXT-X-DVR-SEGMENT:");
    begin = out->len;
    if (segment->size > 0) {
      g_string_append (out, ",SIZE=");
      gst_dvr_playlist_append_uint (out, segment->size);
    }
    if (segment->key_range.length > 0) {
      g_string_append (out, ",KEY=");
      append_range (out, &segment->key_range);
      gst_dvr_playlist_append_keyframes (out, segment);
    }
    end_attributes (out, begin);
  }
  gst_dvr_playlist_append_media (out, context, segment, &segment->range);
}

/**
 * gst_dvr_playlist_write_segment:
 * @out: where to append
 * @context: what was written before
 * @segment: a closed segment; its parts are not looked at
 *
 * Writes all lines of a segment without parts.
 */
void
gst_dvr_playlist_write_segment (GString * out, GstDvrPlaylistContext * context,
    const GstDvrPlaylistSegment * segment)
{
  gst_dvr_playlist_write_segment_head (out, context, segment);
  gst_dvr_playlist_write_segment_tail (out, context, segment);
}

/**
 * gst_dvr_playlist_write_hint:
 * @out: where to append
 * @type: `PART` or `MAP`
 * @hint: what will be there
 *
 * Writes EXT-X-PRELOAD-HINT, after all segments and parts.
 */
void
gst_dvr_playlist_write_hint (GString * out, const gchar * type,
    const GstDvrPlaylistHint * hint)
{
  g_string_append_printf (out, "#EXT-X-PRELOAD-HINT:TYPE=%s,URI=\"%s\"", type,
      hint->uri);
  if (hint->range.offset > 0 || hint->range.length > 0) {
    g_string_append (out, ",BYTERANGE-START=");
    gst_dvr_playlist_append_uint (out, hint->range.offset);
  }
  if (hint->range.length > 0) {
    g_string_append (out, ",BYTERANGE-LENGTH=");
    gst_dvr_playlist_append_uint (out, hint->range.length);
  }
  g_string_append_c (out, '\n');
}

static void
write_report (GString * out, const GstDvrPlaylistReport * report)
{
  g_string_append_printf (out, "#EXT-X-RENDITION-REPORT:URI=\"%s\",LAST-MSN=%"
      G_GUINT64_FORMAT, report->uri, report->last_number);
  if (report->last_part >= 0)
    g_string_append_printf (out, ",LAST-PART=%" G_GINT64_FORMAT,
        report->last_part);
  g_string_append_c (out, '\n');
}

/**
 * gst_dvr_playlist_write_end:
 * @out: where to append
 *
 * Writes EXT-X-ENDLIST.
 */
void
gst_dvr_playlist_write_end (GString * out)
{
  g_string_append (out, "#EXT-X-ENDLIST\n");
}

/**
 * gst_dvr_playlist_write_variant:
 * @out: where to append
 * @variant: a variant, or an I-frame playlist
 *
 * Writes EXT-X-STREAM-INF and its URI, or EXT-X-I-FRAME-STREAM-INF.
 */
void
gst_dvr_playlist_write_variant (GString * out,
    const GstDvrPlaylistVariant * variant)
{
  g_string_append_printf (out, "#EXT-X-%s:BANDWIDTH=%" G_GUINT64_FORMAT,
      variant->i_frames ? "I-FRAME-STREAM-INF" : "STREAM-INF",
      variant->bandwidth);
  if (variant->average_bandwidth > 0)
    g_string_append_printf (out, ",AVERAGE-BANDWIDTH=%" G_GUINT64_FORMAT,
        variant->average_bandwidth);
  append_quoted (out, "CODECS", variant->codecs);
  if (variant->width > 0 && variant->height > 0)
    g_string_append_printf (out, ",RESOLUTION=%ux%u", variant->width,
        variant->height);
  if (variant->frame_rate > 0)
    g_string_append_printf (out, ",FRAME-RATE=%" G_GUINT64_FORMAT ".%03u",
        variant->frame_rate / 1000, (guint) (variant->frame_rate % 1000));
  append_quoted (out, "AUDIO", variant->audio);
  append_quoted (out, "VIDEO", variant->video);
  append_quoted (out, "SUBTITLES", variant->subtitles);
  if (variant->i_frames)
    append_quoted (out, "URI", variant->uri);
  g_string_append_c (out, '\n');
  if (!variant->i_frames)
    append_uri_line (out, variant->uri);
}

static void
write_rendition (GString * out, const GstDvrPlaylistRendition * rendition)
{
  g_string_append_printf (out, "#EXT-X-MEDIA:TYPE=%s", rendition->type);
  append_quoted (out, "GROUP-ID", rendition->group);
  append_quoted (out, "NAME", rendition->name);
  append_quoted (out, "LANGUAGE", rendition->language);
  if (rendition->is_default)
    g_string_append (out, ",DEFAULT=YES");
  if (rendition->autoselect)
    g_string_append (out, ",AUTOSELECT=YES");
  append_quoted (out, "URI", rendition->uri);
  g_string_append_c (out, '\n');
}

static void
write_multivariant (GString * out, const GstDvrPlaylist * playlist)
{
  guint i;

  g_string_append (out, "#EXTM3U\n#EXT-X-VERSION:");
  gst_dvr_playlist_append_uint (out, MAX (playlist->header.version, 1));
  g_string_append_c (out, '\n');
  if (playlist->header.independent_segments)
    g_string_append (out, "#EXT-X-INDEPENDENT-SEGMENTS\n");
  for (i = 0; i < playlist->renditions->len; i++)
    write_rendition (out,
        &g_array_index (playlist->renditions, GstDvrPlaylistRendition, i));
  for (i = 0; i < playlist->variants->len; i++)
    gst_dvr_playlist_write_variant (out,
        &g_array_index (playlist->variants, GstDvrPlaylistVariant, i));
}

static void
write_parts (GString * out, const GstDvrPlaylist * playlist,
    const GstDvrPlaylistSegment * segment)
{
  guint i;

  for (i = 0; i < segment->n_parts; i++)
    gst_dvr_playlist_write_part (out,
        gst_dvr_playlist_get_part (playlist, segment->first_part + i));
}

static void
write_media_playlist (GString * out, const GstDvrPlaylist * playlist)
{
  GstDvrPlaylistContext context;
  guint i;

  gst_dvr_playlist_write_header (out, &playlist->header);
  if (playlist->skipped > 0)
    gst_dvr_playlist_write_skip (out, playlist->skipped, GST_CLOCK_TIME_NONE);
  gst_dvr_playlist_context_init (&context,
      playlist->header.discontinuity_sequence,
      playlist->skipped > 0 ? GST_CLOCK_TIME_NONE : playlist->header.time);
  for (i = 0; i < playlist->segments->len; i++) {
    const GstDvrPlaylistSegment *segment =
        gst_dvr_playlist_get_segment (playlist, i);

    gst_dvr_playlist_write_segment_head (out, &context, segment);
    write_parts (out, playlist, segment);
    gst_dvr_playlist_write_segment_tail (out, &context, segment);
  }
  if (playlist->has_open) {
    gst_dvr_playlist_write_segment_head (out, &context, &playlist->open);
    if (playlist->open.uri != NULL)
      gst_dvr_playlist_write_open (out, playlist->open.uri);
    write_parts (out, playlist, &playlist->open);
  }
  if (playlist->hint_part.uri != NULL)
    gst_dvr_playlist_write_hint (out, "PART", &playlist->hint_part);
  if (playlist->hint_map.uri != NULL)
    gst_dvr_playlist_write_hint (out, "MAP", &playlist->hint_map);
  for (i = 0; i < playlist->reports->len; i++)
    write_report (out,
        &g_array_index (playlist->reports, GstDvrPlaylistReport, i));
  if (playlist->ended)
    gst_dvr_playlist_write_end (out);
}

/**
 * gst_dvr_playlist_write:
 * @out: where to append
 * @playlist: a playlist
 *
 * Writes a whole playlist.
 */
void
gst_dvr_playlist_write (GString * out, const GstDvrPlaylist * playlist)
{
  if (playlist->kind == GST_DVR_PLAYLIST_MULTIVARIANT)
    write_multivariant (out, playlist);
  else
    write_media_playlist (out, playlist);
}
