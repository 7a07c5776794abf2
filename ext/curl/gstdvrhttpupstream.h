/* gstdvrhttpupstream.h: what the parts of the HTTP upstream share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrplaylist.h>

#include "gstdvrboxcheck.h"
#include "gstdvrupstream.h"

G_BEGIN_DECLS

/* Of what was asked of a location that is no longer listed. */
#define GST_DVR_HTTP_NOWHERE G_MAXUINT
/* Of a segment that is cut, and of which it is not known where its parts are. */
#define GST_DVR_HTTP_NO_PARTS G_MAXUINT

typedef struct _GstDvrHttpUpstream GstDvrHttpUpstream;
typedef struct _GstDvrHttpFollow GstDvrHttpFollow;
typedef struct _GstDvrHttpFetch GstDvrHttpFetch;
typedef struct _GstDvrHttpFetchFuncs GstDvrHttpFetchFuncs;
typedef struct _GstDvrHttpPlace GstDvrHttpPlace;
typedef struct _GstDvrHttpSource GstDvrHttpSource;
typedef struct _GstDvrHttpTell GstDvrHttpTell;
typedef struct _GstDvrHttpSeam GstDvrHttpSeam;
typedef struct _GstDvrHttpJoin GstDvrHttpJoin;

/* All of this belongs to the client's thread. */
struct _GstDvrHttpUpstream
{
  GstDvrUpstream parent;

  GstDvrHttpClient *client;
  GstDvrUpstreamConfig *config;
  GHashTable *follows;          /* GstDvrTimeline -> GstDvrHttpFollow */
  GQueue fetches;               /* GstDvrHttpFetch under way */
  guint current;                /* which location is in use */
  gint64 probed_at;             /* when the first location was last tried */
  guint turned;                 /* timer until all leave the last location */
  guint waking;                 /* timer until all who wait for it go on */
  gint64 woken_at;              /* monotonic time; 0: never */
  gint64 sentinel_until;        /* a stream asks soon, and then; likewise */
  GstClockTime round_trip;      /* to the first byte of an answer; 0: unknown */
  gboolean connected;
  gboolean told;                /* of the failure */
  gint retries;                 /* atomic */
  gint n_fetches;               /* atomic: not yet ended, or handed over */
};

/**
 * GstDvrHttpPlace:
 * @uri: where bytes are: a reference as the playlist has it
 * @range: which of them
 * @source: (nullable): the only one that has them; NULL: whichever location has
 *   something of that name has this
 */
struct _GstDvrHttpPlace
{
  gchar *uri;
  GstDvrPlaylistRange range;
  const GstDvrHttpSource *source;
};

/**
 * GstDvrHttpSource:
 * @name: which origin it is, the same for all who read it
 * @base: what its references are relative to
 *
 * An origin that is not one of ours, whose names say nothing beyond it.
 */
struct _GstDvrHttpSource
{
  gchar *name;
  gchar *base;
};

/**
 * GstDvrHttpSeam:
 * @number: our number of the first segment of another recording
 * @start: its stream time, nanoseconds
 * @cut_offset: bytes left out at its begin; 0: it is whole
 * @cut_size: bytes of it that stay; 0: unknown
 * @cut_time: how much time is left out, nanoseconds
 * @cut_parts: how many of its parts are left out, or GST_DVR_HTTP_NO_PARTS
 * @cut_skip: bytes left out of the next part
 * @cut_key: whether what stays begins with a keyframe
 */
struct _GstDvrHttpSeam
{
  guint64 number;
  GstClockTime start;
  guint64 cut_offset;
  guint64 cut_size;
  GstClockTime cut_time;
  guint cut_parts;
  guint64 cut_skip;
  gboolean cut_key;
};

struct _GstDvrHttpFollow
{
  gint ref_count;
  GstDvrHttpUpstream *upstream;
  gchar *local;
  gchar *remote;
  GstDvrTimeline *timeline;
  gboolean gone;                /* let go: nothing starts any more */
  GQueue waiting;               /* Wanted, until the timeline is known */

  /* gstdvrhttpfollow.c: reloading the playlist */
  GstDvrHttpTransfer *transfer;
  GByteArray *body;
  guint timer;
  guint location;               /* index of the location asked */
  gboolean plain;               /* dvr.m3u8 is not there, index.m3u8 is asked */
  gchar *variant;               /* media playlist of a multivariant one */
  gchar *uri;                   /* of the playlist, after redirects */
  gboolean known;               /* there was a playlist once */
  gboolean blocking;            /* the reload under way is a blocked one */
  gboolean moved;               /* no list of this location was taken yet */
  gboolean full;                /* the next reload asks for the whole list */
  gint64 asked_at;              /* when the last reload began */
  gint64 listed_at;             /* when the last list came */
  gint64 lost_at;               /* since when upstream does not answer, or 0 */
  guint failures;
  gboolean on_behalf;           /* the reload under way names who asks */
  gint64 silent_until;          /* none do before */
  gboolean awaits;              /* the next reload waits for this: */
  guint64 awaited;              /* a segment, upstream's number, */
  gint awaited_part;            /* and a part of it; below 0: all of it */
  GstDvrPlaylist *playlist;     /* as last read */
  gchar *etag;                  /* of the whole list that was last read */

  /* gstdvrhttpwatch.c: whether another location is better */
  GstDvrHttpTransfer *sign;     /* whether the one that blocks is alive */
  guint watchdog;               /* timer until that is asked */
  guint idle;                   /* timer until others are looked at */
  guint looked;                 /* how many of them were */
  GstDvrHttpTransfer *probe;    /* of another location's list */
  guint probe_location;
  GByteArray *probed;

  /* gstdvrhttplist.c: what the playlists said */
  guint64 shift;                /* our numbers less theirs */
  GArray *shifts;               /* guint64: those of other locations, too */
  gboolean joined;              /* recordings were joined, last at: */
  GstDvrHttpSeam seam;
  guint64 joined_first;         /* first of the list then, our number */
  guint discontinuity_shift;
  guint resets;
  gint64 epoch;                 /* time of day of a list's beginning */
  GArray *places;               /* GstDvrHttpPlace by number */
  guint64 first_place;
  GHashTable *inits;            /* "<recording>/<index>" -> GstDvrHttpPlace */
  GPtrArray *sources;           /* GstDvrHttpSource: foreign origins */
  GstDvrHttpSource *source;     /* of the list last taken */

  /* gstdvrhttpjoin.c: going on with another recording */
  GstDvrHttpJoin *join;
  GQueue kept;                  /* GstDvrSegment: the newest, by number */
  GstDvrSegment *kept_init;
  GstDvrSegment *shortened;     /* the last one whose origin was lost */
  GstDvrSegment *shortened_init;

  /* gstdvrhttplive.c: the live edge */
  GQueue live;
  gint64 live_asked_at;

  GstDvrHttpTell *tell;         /* what players do; NULL: none said anything */
};

/**
 * GstDvrHttpFetchFuncs:
 * @total: (nullable): how many bytes there will be
 * @data: bytes that follow; FALSE ends the fetch
 * @done: the end: @status is 0 when all came, else an HTTP status
 */
struct _GstDvrHttpFetchFuncs
{
  void (*total) (guint64 total, gpointer user_data);
  gboolean (*data) (const guint8 * data, gsize size, gpointer user_data);
  void (*done) (guint status, const gchar * reason, gpointer user_data);
};

/* gstdvrhttpupstream.c */
void     gst_dvr_http_upstream_succeeded (GstDvrHttpUpstream * self,
                                          guint location);
void     gst_dvr_http_upstream_timed     (GstDvrHttpUpstream * self,
                                          guint location,
                                          GstClockTime round_trip);
void     gst_dvr_http_upstream_failed    (GstDvrHttpUpstream * self,
                                          guint location,
                                          GstDvrHttpOutcome outcome,
                                          const gchar * reason,
                                          const gchar * stream);
void     gst_dvr_http_upstream_turn      (GstDvrHttpUpstream * self,
                                          guint location,
                                          const gchar * reason,
                                          const gchar * stream);
void     gst_dvr_http_upstream_return    (GstDvrHttpUpstream * self);
void     gst_dvr_http_upstream_status    (GstDvrHttpUpstream * self,
                                          const gchar * code,
                                          const gchar * level,
                                          const gchar * description,
                                          const gchar * stream);
GstClockTime
         gst_dvr_http_upstream_get_pause (GstDvrHttpUpstream * self,
                                          guint failures,
                                          GstDvrHttpOutcome outcome);
GstClockTime
         gst_dvr_http_upstream_get_delay (GstDvrHttpUpstream * self,
                                          guint failures);
guint    gst_dvr_http_get_status         (GstDvrHttpOutcome outcome,
                                          guint status);

/* gstdvrhttpfollow.c */
GstDvrHttpFollow *
         gst_dvr_http_follow_new   (GstDvrHttpUpstream * upstream,
                                    const gchar * local,
                                    const gchar * remote,
                                    GstDvrTimeline * timeline);
GstDvrHttpFollow *
         gst_dvr_http_follow_ref   (GstDvrHttpFollow * self);
void     gst_dvr_http_follow_unref (GstDvrHttpFollow * self);
void     gst_dvr_http_follow_start (GstDvrHttpFollow * self);
void     gst_dvr_http_follow_poke  (GstDvrHttpFollow * self);
void     gst_dvr_http_follow_move  (GstDvrHttpFollow * self);
void     gst_dvr_http_follow_leave (GstDvrHttpFollow * self);
void     gst_dvr_http_follow_wake  (GstDvrHttpFollow * self);
void     gst_dvr_http_follow_lost  (GstDvrHttpFollow * self,
                                    GstDvrHttpOutcome outcome,
                                    const gchar * reason);
void     gst_dvr_http_follow_end   (GstDvrHttpFollow * self);

void     gst_dvr_http_follow_again (GstDvrHttpFollow * self,
                                    GstClockTime delay);
void     gst_dvr_http_follow_await (GstDvrHttpFollow * self,
                                    guint64 number,
                                    gboolean parts,
                                    guint part);
void     gst_dvr_http_follow_joined (GstDvrHttpFollow * self,
                                    GstDvrPlaylist * playlist);

/* gstdvrhttpaddress.c */
gchar *  gst_dvr_http_follow_dup_path (GstDvrHttpFollow * self);
gchar *  gst_dvr_http_follow_get_uri (GstDvrHttpFollow * self,
                                    guint location);
gboolean gst_dvr_http_follow_choose_variant (GstDvrHttpFollow * self,
                                    const GstDvrPlaylist * playlist,
                                    const gchar ** tag);
gchar *  gst_dvr_http_follow_get_list_uri (GstDvrHttpFollow * self);
gchar *  gst_dvr_http_follow_get_base (GstDvrHttpFollow * self,
                                    guint location);
gchar *  gst_dvr_http_follow_add_directives (GstDvrHttpFollow * self,
                                    const gchar * uri);
GstDvrHttpRequest
         gst_dvr_http_list_request (const gchar * uri,
                                    const gchar * path);

/* gstdvrhttpjoin.c */
typedef enum
{
  GST_DVR_HTTP_JOIN_SAME,
  GST_DVR_HTTP_JOIN_OTHER
} GstDvrHttpJoinKind;

GstDvrHttpJoinKind
         gst_dvr_http_join_check   (GstDvrHttpFollow * follow,
                                    guint location,
                                    const GstDvrPlaylist * playlist,
                                    guint64 * shift,
                                    guint * discontinuity);
gint     gst_dvr_http_join_compare (GstDvrHttpFollow * follow,
                                    const GstDvrPlaylist * playlist);
void     gst_dvr_http_join_take    (GstDvrHttpFollow * follow,
                                    GstDvrPlaylist * playlist);
void     gst_dvr_http_join_cancel  (GstDvrHttpFollow * follow);
void     gst_dvr_http_join_keep    (GstDvrHttpFollow * follow,
                                    GstDvrSegment * segment);
void     gst_dvr_http_join_forget  (GstDvrHttpFollow * follow);
GstDvrSegment *
         gst_dvr_http_join_get_kept (GstDvrHttpFollow * follow,
                                    const GstDvrEntry * entry);
void     gst_dvr_http_join_end_open (GstDvrHttpFollow * follow,
                                    GstDvrEntry * entry);
gboolean gst_dvr_http_join_fill    (GstDvrHttpFollow * follow,
                                    GstDvrSegment * segment);

/* gstdvrhttpwanted.c */
void     gst_dvr_http_follow_fetch (GstDvrHttpFollow * self,
                                    GstDvrSegment * segment,
                                    GstDvrPriority priority);
void     gst_dvr_http_follow_raise (GstDvrHttpFollow * self,
                                    GstDvrSegment * segment,
                                    GstDvrPriority priority);
void     gst_dvr_http_wanted_answer (GstDvrHttpFollow * self);
void     gst_dvr_http_wanted_fail   (GstDvrHttpFollow * self,
                                    guint status,
                                    const gchar * reason);

/* gstdvrhttpwatch.c */
void     gst_dvr_http_watch_listed (GstDvrHttpFollow * follow,
                                    gboolean grown);
void     gst_dvr_http_watch_begin  (GstDvrHttpFollow * follow);
void     gst_dvr_http_watch_stop   (GstDvrHttpFollow * follow);
void     gst_dvr_http_watch_end    (GstDvrHttpFollow * follow);

/* gstdvrhttptell.c */
void     gst_dvr_http_tell_report  (GstDvrHttpFollow * follow,
                                    GstEvent * event);
gchar ** gst_dvr_http_tell_get_headers (GstDvrHttpFollow * follow,
                                    const gchar * object);
void     gst_dvr_http_tell_listed  (GstDvrHttpFollow * follow);
void     gst_dvr_http_tell_end     (GstDvrHttpFollow * follow);

/* gstdvrhttplist.c */
typedef enum
{
  GST_DVR_HTTP_LIST_OK,
  GST_DVR_HTTP_LIST_SAME,
  GST_DVR_HTTP_LIST_NEED_FULL,
  GST_DVR_HTTP_LIST_REFUSED
} GstDvrHttpListResult;

GstDvrHttpListResult
         gst_dvr_http_list_apply   (GstDvrHttpFollow * follow,
                                    const GstDvrPlaylist * playlist,
                                    const gchar ** tag);
gboolean gst_dvr_http_list_is_cut  (GstDvrHttpFollow * follow,
                                    guint64 number);
void     gst_dvr_http_list_get_part (GstDvrHttpFollow * follow,
                                    const GstDvrPlaylist * playlist,
                                    const GstDvrPlaylistSegment * s,
                                    guint index,
                                    GstDvrPart * part);
void     gst_dvr_http_list_set_epoch (GstDvrHttpFollow * follow,
                                    const GstDvrPlaylist * playlist);
gboolean gst_dvr_http_list_is_shortened (const gchar * recording,
                                    const gchar * before,
                                    guint64 size);
guint    gst_dvr_http_list_get_lead (GstDvrHttpFollow * follow,
                                    guint64 number);
void     gst_dvr_http_list_number_anew (GstDvrHttpFollow * follow,
                                    guint64 shift);
void     gst_dvr_http_list_add_place (GstDvrHttpFollow * follow,
                                    guint64 number,
                                    const gchar * uri,
                                    const GstDvrPlaylistRange * range);
void     gst_dvr_http_list_set_shift (GstDvrHttpFollow * follow,
                                    guint64 shift,
                                    guint discontinuity);
void     gst_dvr_http_list_set_seam (GstDvrHttpFollow * follow,
                                    const GstDvrPlaylist * playlist,
                                    guint index,
                                    const GstDvrHttpSeam * seam,
                                    guint discontinuity);
void     gst_dvr_http_list_get_local (GstDvrHttpFollow * follow,
                                    const gchar * recording,
                                    guint64 shift,
                                    guint64 number,
                                    gchar * local);
void     gst_dvr_http_list_init    (GstDvrHttpFollow * follow);
void     gst_dvr_http_list_clear   (GstDvrHttpFollow * follow);
const GstDvrHttpPlace *
         gst_dvr_http_list_find    (GstDvrHttpFollow * follow,
                                    const GstDvrSegmentId * id);
gboolean gst_dvr_http_list_name    (GstDvrHttpFollow * follow,
                                    const gchar * uri,
                                    guint64 number,
                                    GstDvrPlaylistMap * map,
                                    GstDvrFileKind kind,
                                    gchar ** recording,
                                    guint * init);

/* gstdvrhttpsource.c */
GPtrArray *
         gst_dvr_http_sources_new  (void);
gchar *  gst_dvr_http_source_get_name (GstDvrHttpFollow * follow,
                                    guint location);
GstDvrHttpSource *
         gst_dvr_http_source_find  (GstDvrHttpFollow * follow,
                                    guint location);
const GstDvrHttpSource *
         gst_dvr_http_source_of    (const GstDvrHttpSource * source,
                                    const gchar * uri);
guint    gst_dvr_http_source_locate (GstDvrHttpFollow * follow,
                                    const GstDvrHttpSource * source);

/* gstdvrhttpfetch.c */
GstDvrHttpFetch *
         gst_dvr_http_fetch_start  (GstDvrHttpFollow * follow,
                                    const GstDvrHttpPlace * place,
                                    guint64 skip,
                                    guint64 size,
                                    GstDvrHttpLane lane,
                                    GstDvrPriority priority,
                                    const GstDvrHttpFetchFuncs * funcs,
                                    gpointer user_data);
void     gst_dvr_http_fetch_cancel (GstDvrHttpFetch * self);
void     gst_dvr_http_fetch_raise  (GstDvrHttpUpstream * upstream,
                                    GstDvrSegment * segment,
                                    GstDvrPriority priority);
void     gst_dvr_http_fetch_move_all (GstDvrHttpUpstream * upstream);
void     gst_dvr_http_fetch_wake_all (GstDvrHttpUpstream * upstream);
void     gst_dvr_http_fetch_end_all (GstDvrHttpUpstream * upstream);
void     gst_dvr_http_fetch_segment (GstDvrHttpFollow * follow,
                                    const GstDvrHttpPlace * place,
                                    guint64 size,
                                    GstDvrSegment * segment,
                                    GstDvrPriority priority);
void     gst_dvr_http_fetch_range  (GstDvrHttpFollow * follow,
                                    const GstDvrHttpPlace * place,
                                    guint64 size,
                                    GstDvrSegment * segment,
                                    GstDvrPriority priority);

/* gstdvrhttplive.c */
void     gst_dvr_http_live_add     (GstDvrHttpFollow * follow,
                                    GstDvrSegment * segment);
gboolean gst_dvr_http_live_has     (GstDvrHttpFollow * follow,
                                    GstDvrSegment * segment);
guint64  gst_dvr_http_live_get_part_size (GstDvrHttpFollow * follow,
                                    guint64 number,
                                    guint part);
GstClockTime
         gst_dvr_http_live_get_open_length (const GstDvrPlaylist * playlist);
void     gst_dvr_http_live_update  (GstDvrHttpFollow * follow);
void     gst_dvr_http_live_forget_hints (GstDvrHttpFollow * follow);
void     gst_dvr_http_live_fail    (GstDvrHttpFollow * follow,
                                    guint status,
                                    const gchar * reason);

G_END_DECLS
