/* gstdvrplaylist-private.h: what the playlist reader's parts share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <string.h>
#include <gst/dvr/gstdvrplaylist.h>

G_BEGIN_DECLS

/* What a date can say: years 1 to 9999, in microseconds since 1970. */
#define GST_DVR_PLAYLIST_MIN_DATE \
  (G_GINT64_CONSTANT (-62135596800) * G_USEC_PER_SEC)
#define GST_DVR_PLAYLIST_MAX_DATE \
  (G_GINT64_CONSTANT (253402300800) * G_USEC_PER_SEC - 1)

/* A stretch of the text, not terminated. */
typedef struct
{
  const gchar *data;
  gsize size;
} GstDvrSpan;

typedef struct
{
  GstDvrSpan name;
  GstDvrSpan value;             /* without its quotes */
  gboolean quoted;
} GstDvrAttribute;

static inline gboolean
gst_dvr_span_is (const GstDvrSpan * span, const gchar * text)
{
  return strlen (text) == span->size
      && memcmp (span->data, text, span->size) == 0;
}

/* Lexical rules: gstdvrplaylistscan.c. */
gboolean gst_dvr_scan_digits (const gchar ** p, const gchar * end, guint64 max,
    guint64 * value);
gboolean gst_dvr_scan_uint (GstDvrSpan span, guint64 max, guint64 * value);
gboolean gst_dvr_scan_seconds (GstDvrSpan span, GstClockTime * time);
gboolean gst_dvr_scan_signed_seconds (GstDvrSpan span, gint64 * time);
gboolean gst_dvr_scan_range (GstDvrSpan span, GstDvrPlaylistRange * range,
    gboolean * has_offset);
gboolean gst_dvr_scan_resolution (GstDvrSpan span, guint * width,
    guint * height);
gboolean gst_dvr_scan_date (GstDvrSpan span, gint64 * wall_time);
gboolean gst_dvr_scan_text (GstDvrSpan span);
gboolean gst_dvr_scan_attribute (GstDvrSpan * list, GstDvrAttribute * attribute,
    gboolean * broken);

/* Where a reader is: derives what is not stated. */
typedef struct
{
  GstClockTime position;        /* of the next segment */
  GstClockTime wall_position;   /* where wall_time holds */
  gint64 wall_time;
} GstDvrPlaylistClock;

gint64 gst_dvr_playlist_clock_get_wall_time (const GstDvrPlaylistClock * clock,
    GstClockTime position);

struct _GstDvrPlaylistParser
{
  GstDvrPlaylist *playlist;
  GString *partial;             /* a line without its end */
  GError *failure;
  guint64 max_bytes;
  guint max_segments;

  guint64 line;
  guint64 offset;               /* after the last whole line */
  guint64 end_offset;           /* before ENDLIST, if it is the last line */
  gboolean begun;               /* EXTM3U has been seen */
  GstDvrSpan tag;               /* of the line at hand, for messages */

  /* of the segment to come */
  GstDvrPlaylistClock clock;
  GstClockTime duration;
  gboolean has_duration;
  gboolean has_range;
  gboolean range_has_offset;

  GstDvrPlaylistVariant variant;
  gboolean has_variant;
};

GstDvrPlaylist *gst_dvr_playlist_new (void);
const gchar *gst_dvr_playlist_take_span (GstDvrPlaylist * self,
    GstDvrSpan span);
void gst_dvr_playlist_backdate (GstDvrPlaylist * self,
    const GstDvrPlaylistClock * clock);
void gst_dvr_playlist_begin_segment (GstDvrPlaylist * self,
    const GstDvrPlaylistClock * clock);

gboolean gst_dvr_playlist_parser_fail (GstDvrPlaylistParser * self,
    GstDvrPlaylistError code, const gchar * format, ...) G_GNUC_PRINTF (3, 4);
/* Values: gstdvrplaylistattributes.c. */
gboolean gst_dvr_playlist_fail_syntax (GstDvrPlaylistParser * self,
    const gchar * what, const GstDvrSpan * value);
gboolean gst_dvr_playlist_take_seconds (GstDvrPlaylistParser * self,
    GstDvrSpan value, GstClockTime * time);
gboolean gst_dvr_playlist_take_number (GstDvrPlaylistParser * self,
    GstDvrSpan value, guint64 max, guint64 * number);
gboolean gst_dvr_playlist_take_uint (GstDvrPlaylistParser * self,
    GstDvrSpan value, guint * number);
gboolean gst_dvr_playlist_take_quoted (GstDvrPlaylistParser * self,
    const GstDvrAttribute * attribute, const gchar ** string);
gboolean gst_dvr_playlist_take_word (GstDvrPlaylistParser * self,
    const GstDvrAttribute * attribute, const gchar ** string);
gboolean gst_dvr_playlist_take_yes (const GstDvrAttribute * attribute);
gboolean gst_dvr_playlist_take_range (GstDvrPlaylistParser * self,
    GstDvrSpan value, GstDvrPlaylistRange * range, gboolean * has_offset);
gboolean gst_dvr_playlist_next_attribute (GstDvrPlaylistParser * self,
    GstDvrSpan * list, GstDvrAttribute * attribute);
gboolean gst_dvr_playlist_require (GstDvrPlaylistParser * self,
    gboolean there, const gchar * name);
/* gstdvrplaylisttags.c */
gboolean gst_dvr_playlist_parser_take_tag (GstDvrPlaylistParser * self,
    GstDvrSpan line);
/* gstdvrplaylistkeyframes.c */
gboolean gst_dvr_playlist_scan_keyframes (GstDvrSpan span,
    GstDvrKeyframes * frames);
void gst_dvr_playlist_take_keyframes (GstDvrPlaylist * self,
    GstDvrPlaylistSegment * segment, const GstDvrKeyframe * frames, guint n);
void gst_dvr_playlist_append_keyframes (GString * out,
    const GstDvrPlaylistSegment * segment);
/* gstdvrplaylistwriter.c */
void gst_dvr_playlist_append_uint (GString * out, guint64 value);
void gst_dvr_playlist_append_media (GString * out,
    GstDvrPlaylistContext * context, const GstDvrPlaylistSegment * segment,
    const GstDvrPlaylistRange * range);
/* gstdvrplaylistvariants.c */
gboolean gst_dvr_playlist_tag_stream_inf (GstDvrPlaylistParser * self,
    GstDvrSpan value);
gboolean gst_dvr_playlist_tag_i_frame_stream_inf (GstDvrPlaylistParser * self,
    GstDvrSpan value);
gboolean gst_dvr_playlist_tag_media (GstDvrPlaylistParser * self,
    GstDvrSpan value);

G_END_DECLS
