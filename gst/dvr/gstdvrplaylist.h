/* gstdvrplaylist.h: HLS playlists, text to data and back
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrkeyframes.h>
#include <gst/dvr/gstdvrname.h>
#include <gst/dvr/gstdvrtimeline.h>

G_BEGIN_DECLS

/* Tags of our own, which other readers take for comments:
 *
 * #EXT-X-DVR-VERSION:1
 *   The version of what is described here. In the header.
 * #EXT-X-DVR-NO-SMART-SEEK
 *   In the header: seeks within a player's own buffer are not wanted; it asks
 *   for the data again.
 * #EXT-X-DVR-TIME:<seconds, up to 9 decimals>
 *   In the header: stream time of the playlist's first segment, skipped ones
 *   counted. Before a later segment: stream time of that segment, where it
 *   does not begin where the one before ends. Stream time never goes back: an
 *   earlier time stands for that end.
 * #EXT-X-DVR-OPEN:<uri>
 *   The segment that grows now. The MAP, DISCONTINUITY and PROGRAM-DATE-TIME
 *   tags before it are its own, and are not repeated when it is closed. If it is
 *   given up before its first part, another one or a gap under the same number
 *   follows, for which they hold as far as they are not stated again.
 * #EXT-X-DVR-SEGMENT:SIZE=<bytes>,KEY=<length>@<offset>,
 *     KEYS="<ms>:<length>@<offset>,…"
 *   Of the next segment: its size; the bytes from the beginning of the chunk
 *   with its first keyframe to the end of that keyframe; and the same of its
 *   other keyframes, each with the milliseconds from the segment's start until
 *   it is shown. At most GST_DVR_MAX_KEYFRAMES in all, in order, none
 *   overlapping. Any may be missing. Without KEYS there may be other keyframes
 *   that nobody told of; with an empty one there are none.
 * #EXT-X-DVR-KEYFRAMES:<number>
 *   In the header: how many keyframes KEYS has listed, all told, of segments
 *   before the playlist's first one. That segment's number plus this is the
 *   number of its first keyframe in the I-frame playlist, on all tiers alike.
 */
#define GST_DVR_PLAYLIST_VERSION 1

/* What is taken from a playlist, unless a parser is told otherwise: more is an
 * error. */
#define GST_DVR_PLAYLIST_MAX_BYTES (64 * 1024 * 1024)
#define GST_DVR_PLAYLIST_MAX_LINE (64 * 1024)
#define GST_DVR_PLAYLIST_MAX_SEGMENTS 1000000
#define GST_DVR_PLAYLIST_MAX_PARTS 100000
#define GST_DVR_PLAYLIST_MAX_VARIANTS 1000
#define GST_DVR_PLAYLIST_MAX_NUMBER (G_GUINT64_CONSTANT (1) << 62)

typedef struct _GstDvrPlaylist GstDvrPlaylist;
typedef struct _GstDvrPlaylistContext GstDvrPlaylistContext;
typedef struct _GstDvrPlaylistHeader GstDvrPlaylistHeader;
typedef struct _GstDvrPlaylistHint GstDvrPlaylistHint;
typedef struct _GstDvrPlaylistKey GstDvrPlaylistKey;
typedef struct _GstDvrPlaylistMap GstDvrPlaylistMap;
typedef struct _GstDvrPlaylistParser GstDvrPlaylistParser;
typedef struct _GstDvrPlaylistPart GstDvrPlaylistPart;
typedef struct _GstDvrPlaylistRange GstDvrPlaylistRange;
typedef struct _GstDvrPlaylistRendition GstDvrPlaylistRendition;
typedef struct _GstDvrPlaylistReport GstDvrPlaylistReport;
typedef struct _GstDvrPlaylistSegment GstDvrPlaylistSegment;
typedef struct _GstDvrPlaylistVariant GstDvrPlaylistVariant;

/**
 * GstDvrPlaylistError:
 * @GST_DVR_PLAYLIST_ERROR_SYNTAX: a tag is broken or stands where it must not
 * @GST_DVR_PLAYLIST_ERROR_LIMIT: there is more than is taken
 * @GST_DVR_PLAYLIST_ERROR_UNSUPPORTED: what cannot be ignored, but is not
 *   understood
 *
 * Messages about text begin with the line and the tag: `line 17: EXTINF: …`.
 */
typedef enum
{
  GST_DVR_PLAYLIST_ERROR_SYNTAX,
  GST_DVR_PLAYLIST_ERROR_LIMIT,
  GST_DVR_PLAYLIST_ERROR_UNSUPPORTED
} GstDvrPlaylistError;

#define GST_DVR_PLAYLIST_ERROR (gst_dvr_playlist_error_quark ())

/**
 * GstDvrPlaylistKind:
 * @GST_DVR_PLAYLIST_UNKNOWN: nothing has told yet
 * @GST_DVR_PLAYLIST_MEDIA: a media playlist
 * @GST_DVR_PLAYLIST_MULTIVARIANT: a multivariant playlist
 */
typedef enum
{
  GST_DVR_PLAYLIST_UNKNOWN,
  GST_DVR_PLAYLIST_MEDIA,
  GST_DVR_PLAYLIST_MULTIVARIANT
} GstDvrPlaylistKind;

/**
 * GstDvrPlaylistType:
 * @GST_DVR_PLAYLIST_LIVE: none stated: segments may come and go
 * @GST_DVR_PLAYLIST_EVENT: segments only come
 * @GST_DVR_PLAYLIST_VOD: nothing changes
 */
typedef enum
{
  GST_DVR_PLAYLIST_LIVE,
  GST_DVR_PLAYLIST_EVENT,
  GST_DVR_PLAYLIST_VOD
} GstDvrPlaylistType;

/**
 * GstDvrPlaylistRange:
 * @offset: first byte
 * @length: how many; 0 = all from @offset on
 */
struct _GstDvrPlaylistRange
{
  guint64 offset;
  guint64 length;
};

/**
 * GstDvrPlaylistMap:
 * @uri: of the init section
 * @range: which bytes of it
 *
 * EXT-X-MAP. Immutable; shared by the segments it applies to, which borrow it
 * from their playlist; take a reference to keep it longer.
 */
struct _GstDvrPlaylistMap
{
  gchar *uri;
  GstDvrPlaylistRange range;

  /*< private > */
  gint refcount;
};

/**
 * GstDvrPlaylistKey:
 * @method: METHOD, never `NONE`
 * @uri: (nullable): URI
 * @format: (nullable): KEYFORMAT
 *
 * EXT-X-KEY, so that a caller can refuse it by name.
 */
struct _GstDvrPlaylistKey
{
  const gchar *method;
  const gchar *uri;
  const gchar *format;
};

/**
 * GstDvrPlaylistPart:
 * @uri: of the part
 * @duration: in nanoseconds
 * @range: which bytes of @uri
 * @independent: whether it begins with a keyframe
 * @gap: whether it is not there
 */
struct _GstDvrPlaylistPart
{
  const gchar *uri;
  GstClockTime duration;
  GstDvrPlaylistRange range;
  gboolean independent : 1;
  gboolean gap : 1;
};

/**
 * GstDvrPlaylistSegment:
 * @uri: as written; of an open segment NULL if unknown
 * @number: media sequence number
 * @start: stream time in nanoseconds; where the playlist states none, time
 *   since its first segment; in a delta update, since its first listed one
 * @duration: in nanoseconds; of an open segment, of its parts so far
 * @range: which bytes of @uri
 * @wall_time: time of day of its start in microseconds since 1970, or
 *   GST_DVR_WALL_TIME_NONE
 * @size: bytes; 0 if unknown
 * @key_range: of its first keyframe; length 0 if unknown
 * @n_keyframes: how many keyframes are known, where all are; else 0
 * @keyframes: (nullable): where there is more than one, all of them
 * @map: (nullable): its init section
 * @key: (nullable): how it is encrypted
 * @discontinuity: absolute discontinuity number
 * @bitrate: kbit/s; 0 if not stated
 * @first_part: index of its first part in the playlist's parts
 * @n_parts: how many parts are listed
 * @discontinuous: whether EXT-X-DISCONTINUITY stands before it
 * @time_stated: whether @start was stated before it, not derived
 * @wall_time_stated: whether @wall_time was stated, not derived
 * @gap: there is no media, only time
 */
struct _GstDvrPlaylistSegment
{
  const gchar *uri;
  guint64 number;
  GstClockTime start;
  GstClockTime duration;
  GstDvrPlaylistRange range;
  gint64 wall_time;
  guint64 size;
  GstDvrPlaylistRange key_range;
  const GstDvrKeyframe *keyframes;
  GstDvrPlaylistMap *map;
  const GstDvrPlaylistKey *key;
  guint discontinuity;
  guint bitrate;
  guint first_part;
  guint n_parts;
  guint n_keyframes : 8;
  gboolean discontinuous : 1;
  gboolean time_stated : 1;
  gboolean wall_time_stated : 1;
  gboolean gap : 1;
};

/**
 * GstDvrPlaylistHint:
 * @uri: (nullable): what will be there; NULL if there is no such hint
 * @range: which bytes of it; length 0 = to its end
 */
struct _GstDvrPlaylistHint
{
  const gchar *uri;
  GstDvrPlaylistRange range;
};

/**
 * GstDvrPlaylistReport:
 * @uri: of the other rendition's playlist
 * @last_number: its last media sequence number
 * @last_part: index of its last part, or -1
 */
struct _GstDvrPlaylistReport
{
  const gchar *uri;
  guint64 last_number;
  gint64 last_part;
};

/**
 * GstDvrPlaylistVariant:
 * @uri: of the media playlist
 * @bandwidth: peak, bit/s
 * @average_bandwidth: bit/s; 0 if not stated
 * @width: pixels; 0 if not stated
 * @height: pixels; 0 if not stated
 * @frame_rate: frames per 1000 seconds; 0 if not stated
 * @codecs: (nullable): CODECS
 * @audio: (nullable): group of its audio renditions
 * @video: (nullable): group of its video renditions
 * @subtitles: (nullable): group of its subtitles
 * @i_frames: an I-frame playlist (EXT-X-I-FRAME-STREAM-INF)
 */
struct _GstDvrPlaylistVariant
{
  const gchar *uri;
  guint64 bandwidth;
  guint64 average_bandwidth;
  guint width;
  guint height;
  guint64 frame_rate;
  const gchar *codecs;
  const gchar *audio;
  const gchar *video;
  const gchar *subtitles;
  gboolean i_frames;
};

/**
 * GstDvrPlaylistRendition:
 * @type: AUDIO, VIDEO, SUBTITLES or CLOSED-CAPTIONS
 * @group: group id
 * @name: for people
 * @language: (nullable): RFC 5646
 * @uri: (nullable): of its media playlist; NULL where the variant carries it
 * @is_default: DEFAULT=YES
 * @autoselect: AUTOSELECT=YES
 *
 * EXT-X-MEDIA.
 */
struct _GstDvrPlaylistRendition
{
  const gchar *type;
  const gchar *group;
  const gchar *name;
  const gchar *language;
  const gchar *uri;
  gboolean is_default;
  gboolean autoselect;
};

/**
 * GstDvrPlaylistHeader:
 * @version: EXT-X-VERSION; 0 if not stated; when written, 0 = as needed
 * @dvr_version: EXT-X-DVR-VERSION; 0 if not stated
 * @no_smart_seek: EXT-X-DVR-NO-SMART-SEEK
 * @target_duration: whole seconds, in nanoseconds
 * @media_sequence: number of the first segment, skipped ones counted
 * @discontinuity_sequence: absolute discontinuity number before it
 * @keyframes_before: EXT-X-DVR-KEYFRAMES; 0 if not stated
 * @time: stream time of the first segment, skipped ones counted, in
 *   nanoseconds; GST_CLOCK_TIME_NONE if not stated
 * @type: EXT-X-PLAYLIST-TYPE
 * @i_frames_only: EXT-X-I-FRAMES-ONLY
 * @independent_segments: EXT-X-INDEPENDENT-SEGMENTS
 * @has_start: whether there is an EXT-X-START
 * @start_precise: its PRECISE
 * @start_offset: its TIME-OFFSET, nanoseconds; negative = back from the end
 * @can_block_reload: EXT-X-SERVER-CONTROL
 * @can_skip_dateranges: EXT-X-SERVER-CONTROL
 * @can_skip_until: nanoseconds; 0 if not stated
 * @hold_back: nanoseconds; 0 if not stated
 * @part_hold_back: nanoseconds; 0 if not stated
 * @part_target: EXT-X-PART-INF, nanoseconds; 0 if not stated
 *
 * What is said of the playlist as a whole.
 */
struct _GstDvrPlaylistHeader
{
  guint version;
  guint dvr_version;
  gboolean no_smart_seek;
  GstClockTime target_duration;
  guint64 media_sequence;
  guint discontinuity_sequence;
  guint32 keyframes_before;
  GstClockTime time;
  GstDvrPlaylistType type;
  gboolean i_frames_only;
  gboolean independent_segments;
  gboolean has_start;
  gboolean start_precise;
  gint64 start_offset;
  gboolean can_block_reload;
  gboolean can_skip_dateranges;
  GstClockTime can_skip_until;
  GstClockTime hold_back;
  GstClockTime part_hold_back;
  GstClockTime part_target;
};

#define GST_DVR_PLAYLIST_HEADER_INIT { .time = GST_CLOCK_TIME_NONE }

/**
 * GstDvrPlaylist:
 * @kind: what it is, and so which fields mean something
 * @header: what is said of the whole
 * @ended: EXT-X-ENDLIST
 * @skipped: how many segments a delta update leaves out before the first
 *   listed one; 0 = not a delta update
 * @segments: (element-type GstDvrPlaylistSegment): closed segments in order
 * @parts: (element-type GstDvrPlaylistPart): parts of all segments in order
 * @open: the segment after the last closed one: what is known of it so far.
 *   All its fields are set, also if there is nothing of it yet.
 * @has_open: whether something of it is there: a part or EXT-X-DVR-OPEN
 * @hint_part: EXT-X-PRELOAD-HINT of type PART
 * @hint_map: EXT-X-PRELOAD-HINT of type MAP
 * @reports: (element-type GstDvrPlaylistReport): EXT-X-RENDITION-REPORT
 * @variants: (element-type GstDvrPlaylistVariant): of a multivariant playlist
 * @renditions: (element-type GstDvrPlaylistRendition): of a multivariant
 *   playlist
 *
 * A playlist as data. Of a delta update, what is derived (wall_time,
 * discontinuity, map, key, bitrate) is right only after
 * gst_dvr_playlist_inherit(); start counts from the first listed segment. Strings
 * belong to it. Not to be changed by readers, so any thread may read it.
 */
struct _GstDvrPlaylist
{
  GstDvrPlaylistKind kind;
  GstDvrPlaylistHeader header;
  gboolean ended;
  guint skipped;
  GArray *segments;
  GArray *parts;
  GstDvrPlaylistSegment open;
  gboolean has_open;
  GstDvrPlaylistHint hint_part;
  GstDvrPlaylistHint hint_map;
  GArray *reports;
  GArray *variants;
  GArray *renditions;

  /*< private > */
  GStringChunk *strings;
  GPtrArray *keyframe_blocks;
  guint n_in_block;
  GPtrArray *maps;
  GPtrArray *keys;
  guint n_unkeyed;
};

GST_DVR_API GQuark gst_dvr_playlist_error_quark (void);

GST_DVR_API GstDvrPlaylistMap *
            gst_dvr_playlist_map_new   (const gchar * uri,
                                        guint64 offset,
                                        guint64 length);
GST_DVR_API GstDvrPlaylistMap *
            gst_dvr_playlist_map_ref   (GstDvrPlaylistMap * map);
GST_DVR_API void
            gst_dvr_playlist_map_unref (GstDvrPlaylistMap * map);
GST_DVR_API gboolean
            gst_dvr_playlist_map_equal (const GstDvrPlaylistMap * a,
                                        const GstDvrPlaylistMap * b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrPlaylistMap, gst_dvr_playlist_map_unref)

/* Reading. */
GST_DVR_API GstDvrPlaylist *
            gst_dvr_playlist_parse       (const gchar * text,
                                          gsize size,
                                          GError ** error);
GST_DVR_API gboolean
            gst_dvr_playlist_inherit     (GstDvrPlaylist * delta,
                                          const GstDvrPlaylist * old);
GST_DVR_API void
            gst_dvr_playlist_free        (GstDvrPlaylist * self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrPlaylist, gst_dvr_playlist_free)

#define gst_dvr_playlist_get_segment(p, i) \
  (&g_array_index ((p)->segments, GstDvrPlaylistSegment, (i)))
#define gst_dvr_playlist_get_part(p, i) \
  (&g_array_index ((p)->parts, GstDvrPlaylistPart, (i)))

/* Reading a playlist that grows: one thread at a time. */
GST_DVR_API GstDvrPlaylistParser *
            gst_dvr_playlist_parser_new    (void);
GST_DVR_API void
            gst_dvr_playlist_parser_free   (GstDvrPlaylistParser * self);
GST_DVR_API void
            gst_dvr_playlist_parser_set_limits (GstDvrPlaylistParser * self,
                                            guint64 max_bytes,
                                            guint max_segments);
GST_DVR_API gboolean
            gst_dvr_playlist_parser_feed   (GstDvrPlaylistParser * self,
                                            const gchar * data,
                                            gsize size,
                                            GError ** error);
GST_DVR_API const GstDvrPlaylist *
            gst_dvr_playlist_parser_get    (GstDvrPlaylistParser * self);
GST_DVR_API guint64
            gst_dvr_playlist_parser_get_offset (GstDvrPlaylistParser * self);
GST_DVR_API gboolean
            gst_dvr_playlist_parser_reopen (GstDvrPlaylistParser * self);
GST_DVR_API GstDvrPlaylist *
            gst_dvr_playlist_parser_finish (GstDvrPlaylistParser * self,
                                            GError ** error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrPlaylistParser,
    gst_dvr_playlist_parser_free)

/**
 * GstDvrPlaylistContext:
 * @with_time: whether stream times that do not follow are stated
 * @wall_tolerance: how far a time of day may be from what a reader derives
 *   before it is stated anew, in microseconds
 *
 * What a reader knows at a place of the text, so that only what changed is
 * written. Text written with a fresh context stands for itself.
 */
struct _GstDvrPlaylistContext
{
  gboolean with_time;
  guint64 wall_tolerance;

  /*< private > */
  guint discontinuity;
  GstClockTime position;
  GstClockTime wall_position;
  gint64 wall_time;
  const GstDvrPlaylistMap *map;
  const GstDvrPlaylistKey *key;
  guint bitrate;
};

GST_DVR_API void
            gst_dvr_playlist_segment_from_entry
                                        (GstDvrPlaylistSegment * segment,
                                         const GstDvrEntry * entry,
                                         const gchar * uri,
                                         GstDvrPlaylistMap * map);

/* Writing: each appends whole lines. */
GST_DVR_API void
            gst_dvr_playlist_context_init   (GstDvrPlaylistContext * context,
                                             guint discontinuity,
                                             GstClockTime time);
GST_DVR_API void
            gst_dvr_playlist_write_header   (GString * out,
                                         const GstDvrPlaylistHeader * header);
GST_DVR_API void
            gst_dvr_playlist_write_skip     (GString * out,
                                             guint skipped,
                                             GstClockTime time);
GST_DVR_API void
            gst_dvr_playlist_write_segment_head
                                        (GString * out,
                                         GstDvrPlaylistContext * context,
                                         const GstDvrPlaylistSegment * segment);
GST_DVR_API void
            gst_dvr_playlist_write_open (GString * out,
                                         const gchar * uri);
GST_DVR_API void
            gst_dvr_playlist_write_part (GString * out,
                                         const GstDvrPlaylistPart * part);
GST_DVR_API void
            gst_dvr_playlist_write_segment_tail
                                        (GString * out,
                                         GstDvrPlaylistContext * context,
                                         const GstDvrPlaylistSegment * segment);
GST_DVR_API void
            gst_dvr_playlist_write_segment
                                        (GString * out,
                                         GstDvrPlaylistContext * context,
                                         const GstDvrPlaylistSegment * segment);
GST_DVR_API void
            gst_dvr_playlist_write_i_frames
                                        (GString * out,
                                         GstDvrPlaylistContext * context,
                                         const GstDvrPlaylistSegment * segment);
GST_DVR_API void
            gst_dvr_playlist_write_hint (GString * out,
                                         const gchar * type,
                                         const GstDvrPlaylistHint * hint);
GST_DVR_API void
            gst_dvr_playlist_write_end  (GString * out);
GST_DVR_API void
            gst_dvr_playlist_write_variant
                                        (GString * out,
                                         const GstDvrPlaylistVariant * variant);
GST_DVR_API void
            gst_dvr_playlist_write      (GString * out,
                                         const GstDvrPlaylist * playlist);

G_END_DECLS
