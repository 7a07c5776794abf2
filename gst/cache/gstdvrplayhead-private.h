/* gstdvrplayhead-private.h: what the files of the playhead share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrindex.h"
#include "gstdvrplayhead.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_dvr_playhead_debug);
#define GST_CAT_DEFAULT gst_dvr_playhead_debug

/* Times that differ by less follow each other. */
#define GST_DVR_MAX_JITTER (100 * GST_MSECOND)
/* Times of keyframes are told in milliseconds. */
#define GST_DVR_KEY_ROUNDING (2 * GST_MSECOND)
/* How soon what failed is asked for anew, in microseconds. */
#define GST_DVR_RETRY_INTERVAL (250 * G_TIME_SPAN_MILLISECOND)

/* A place to find among the keyframes of its segment. */
typedef struct
{
  gboolean wanted;
  GstClockTime target;
  GstSeekFlags flags;
  guint tries;
} GstDvrLanding;

/* A SEGMENT that was sent. */
typedef struct
{
  GstSegment segment;
  guint64 from;                 /* running time from which on it counts */
} GstDvrSent;

/* What goes out of order: one group of pictures at a time in reverse, keyframes
 * alone, and what is left of a GOP for later. */
typedef struct
{
  GQueue pending;               /* GstBuffer of the keyframe or the group of
                                 * pictures that is played next */
  GstClockTime pending_until;   /* where the playhead is when they are out */
  GstClockTime limit;           /* in reverse: before it; else from it */
  GstClockTime limit_start;     /* in reverse: of what is shown already */
  GstClockTime left;            /* in reverse: where the segment begins that was
                                 * left last */
  GstClockTime hole_end;        /* in reverse: where what is before it ends */
  GQueue tail;                  /* in reverse: frames whose keyframe is in a
                                 * segment before */
  gsize tail_size;
} GstDvrTrick;

/* Keyframes by the first bytes of their segments. */
typedef struct
{
  GQueue list;                  /* Head, of segments around the position */
  guint64 done;                 /* number of the one played last */
  gint done_index;              /* ... and which of its keyframes that was */
  guint64 guess;                /* bytes up to a keyframe's end, as seen */
  GstClockTime interval;        /* of keyframes, as seen; 0: unknown */
  GstBuffer *chunk;             /* what is played of the head next */
  GstClockTime key;             /* when it is shown */
} GstDvrHeads;

/* What upstream was told last. */
typedef struct
{
  gint64 at;                    /* monotonic time; 0: never */
  GstDvrTimeline *asked_leave;  /* of which it was asked whether it may seek in
                                 * its buffer */
  gdouble rate;
  gboolean startup;
  gint64 full_since;            /* monotonic time; 0: it is not */
  gboolean stopped;             /* stop-transmit was told */
} GstDvrTold;

/* What a seek comes to. */
typedef struct
{
  gdouble rate;
  GstSeekFlags flags;
  GstClockTime start;
  GstClockTime stop;
  GstClockTime target;
  guint32 seqnum;
  gboolean in_buffer;
  gboolean settles;             /* it stays where it is */
  GstClockTime beyond;          /* what is not here, but can be asked for */
} GstDvrPlan;

struct _GstDvrPlayhead
{
  gatomicrefcount refcount;
  GstElement *element;          /* owns us */
  GstPad *srcpad;
  GstDvrPlayheadAskFunc ask;
  GstDvrPlayheadGiveUpFunc give_up;
  GstDvrPlayheadReportFunc report;
  gchar *session;               /* what upstream knows us by */
  gint64 start;
  GstDateTime *start_date_time;

  GMutex lock;                  /* protects down to @keep_going */
  GCond wake;
  GstDvrPlayheadSettings settings;
  GstClockTime beyond;          /* upstream shall go on from there; 0: no */
  gpointer wish;                /* a seek that waits for that; or NULL */
  gboolean flushing;
  gboolean halted;
  gboolean seeking;
  gboolean is_queued;           /* a seek waits for the task: */
  GstDvrPlan queued;
  gboolean keeping;             /* the keeper is changing what is held */
  gboolean stepping;
  gboolean eos;                 /* upstream has ended */
  guint64 changes;              /* counts whatever may be waited for */
  gchar **names;
  GstDvrTimeline *timeline;
  gulong timeline_watch;
  guint32 seek_seqnum;
  GThread *thread;              /* that runs it now */
  GstSegment segment;           /* its position: how far was pushed */
  GArray *sent;                 /* GstDvrSent, since the last flush */
  gboolean positioned;
  guint64 number;               /* sequence number played now */
  gboolean dry;                 /* it waits for bytes */
  gboolean ended;
  gint64 settles_at;            /* after a seek; monotonic time */
  gboolean flushed;             /* ... and running time has not begun anew */
  GstClockTime flush_base_time;
  GstClockTime flush_start_time;
  GThread *rate_thread;         /* that tells sinks of another rate now */
  gdouble rate_multiplier;      /* instant rate change */
  gboolean rate_sent;           /* one was sent downstream, once */
  GstSegmentFlags rate_flags;   /* ... and what decoders keep of the last one */
  guint32 rate_seqnum;
  guint32 settle_seqnum;        /* of the seek that makes it an ordinary one */
  GstTaskFunction rate_loop;    /* who asked for it runs the task with */
  gpointer rate_loop_data;
  GstClockTime rate_running_time;
  GstClockTime rate_upstream_time;
  gboolean heads;               /* of segments, only their heads are asked for */
  gboolean startup;             /* nothing is on show yet, or again */
  GArray *seeks;                /* within the buffer, not told yet */
  gint percent;                 /* of the buffer, as the keeper has told */
  gboolean keep_going;          /* the keeper's task */

  /* the running thread's, or the seeking one's while that is stopped */
  guint64 timeline_seen;
  gboolean begun;               /* STREAM_START and CAPS are out */
  gboolean fresh;               /* nothing was played from here yet */
  gboolean need_segment;
  gboolean discont;
  gboolean hole;
  guint32 seqnum;
  GstDvrLanding landing;
  GstClockTime lead_until;      /* what is before it is decoded only */
  guint lead_beyond;            /* chunks that are not, so far */
  guint lead_more;              /* pictures that a decoder keeps to itself */
  GstDvrEntry entry;
  GstDvrSegment *current;
  guint64 offset;               /* within it */
  guint counted_in;             /* hash of the recording that it counts in */
  guint tries;
  gchar *recording;             /* of the init section that is out */
  guint init;
  gboolean init_changed;        /* since the first one */
  GstDvrTracks *tracks;         /* of the one that is out */
  GstClockTime codecs_from;     /* others begin with it, at this stream time */
  gboolean cut_off;             /* the demuxer may wait for samples */
  guint last_discontinuity;
  guint64 out;                  /* bytes pushed so far */
  gboolean told_missing;
  GstClockTime entry_end;       /* of the segment played last */
  GstDvrTrick trick;
  GstDvrHeads head;

  GMutex held_lock;             /* protects those below */
  GPtrArray *held;              /* Held, by rising number */
  gboolean closed;              /* nothing is held any more */
  GHashTable *inits;            /* name -> Init */

  /* the keeper's */
  GstTask *keeper;
  GRecMutex keeper_lock;
  gint64 ask_again;             /* monotonic time, after a failure */
  gint64 duration_posted;
  GstClockTime duration;
  gboolean empty;
  GstDvrTold told;
};

/* What the keeper sees when it looks around. */
typedef struct
{
  GstDvrTimeline *timeline;
  GstDvrTimelineInfo info;
  GstDvrPlayheadSettings settings;
  guint64 number;
  GstClockTime position;
  GstClockTime pushed;
  gdouble rate;
  gboolean dry;
  gboolean heads;
  gboolean stepping;
  gboolean playing;
  gboolean ended;
  gint64 settles_at;
  gboolean buffered;            /* there are data around the position: */
  GstClockTime start;
  GstClockTime end;
  guint64 next;
  guint n_seeks;                /* not told yet */
  gboolean asked;               /* for something that was not here */
  gboolean full;                /* there is more, but no room for it */
  gboolean starved;             /* just now, or not begun */
} GstDvrPlayheadView;

/* gstdvrplayhead.c */
GstDvrTimeline * gst_dvr_playhead_get_timeline (GstDvrPlayhead * self);
void             gst_dvr_playhead_changed      (GstDvrPlayhead * self);
gulong           gst_dvr_playhead_watch        (GstDvrPlayhead * self,
                                                GstDvrSegment * segment);
void             gst_dvr_playhead_wait         (GstDvrPlayhead * self,
                                                guint64 seen,
                                                gint64 timeout);
gboolean         gst_dvr_playhead_is_flushing  (GstDvrPlayhead * self);
void             gst_dvr_playhead_set_flushing (GstDvrPlayhead * self,
                                                gboolean flushing);
void             gst_dvr_playhead_set_number   (GstDvrPlayhead * self,
                                                guint64 number);
void             gst_dvr_playhead_release      (GstDvrPlayhead * self);

/* gstdvrplayheadpush.c */
void             gst_dvr_playhead_push_event   (GstDvrPlayhead * self,
                                                GstEvent * event);
gboolean         gst_dvr_playhead_push_bytes   (GstDvrPlayhead * self,
                                                GstBuffer * buffer);
gboolean         gst_dvr_playhead_push_all     (GstDvrPlayhead * self,
                                                GQueue * buffers);
void             gst_dvr_playhead_begin        (GstDvrPlayhead * self,
                                                const gchar * stream);
gboolean         gst_dvr_playhead_end          (GstDvrPlayhead * self);
void             gst_dvr_playhead_reached      (GstDvrPlayhead * self,
                                                GstClockTime position);
void             gst_dvr_playhead_jump         (GstDvrPlayhead * self);
void             gst_dvr_playhead_cut_off      (GstDvrPlayhead * self);
gboolean         gst_dvr_playhead_push_init    (GstDvrPlayhead * self,
                                                GstDvrSegment * init);

/* gstdvrplayheadfetch.c */
GstDvrSegment *  gst_dvr_playhead_fetch        (GstDvrPlayhead * self,
                                                const GstDvrEntry * entry,
                                                GstDvrAnswer * answer);
GstDvrSegment *  gst_dvr_playhead_fetch_range  (GstDvrPlayhead * self,
                                                const GstDvrEntry * entry,
                                                guint64 offset,
                                                guint64 size);
GstDvrTracks *   gst_dvr_playhead_get_tracks   (GstDvrPlayhead * self,
                                                const GstDvrEntry * entry);
GstDvrSegment *  gst_dvr_playhead_get_init     (GstDvrPlayhead * self,
                                                const GstDvrEntry * entry,
                                                GstDvrAnswer * answer);

/* gstdvrplayheadheld.c */
/* @state: as it was before its bytes were looked at: of a segment that is whole
 * in it, the index has all. */
typedef void (*GstDvrLookFunc) (GstDvrIndex * index, GstDvrSegment * segment,
    GstDvrSegmentState state, gpointer user_data);

GstDvrSegment *  gst_dvr_playhead_get_held     (GstDvrPlayhead * self,
                                                guint64 number);
void             gst_dvr_playhead_hold         (GstDvrPlayhead * self,
                                                const GstDvrEntry * entry,
                                                GstDvrSegment * segment);
void             gst_dvr_playhead_let_go       (GstDvrPlayhead * self,
                                                guint64 from,
                                                guint64 to);
void             gst_dvr_playhead_give_up      (GstDvrPlayhead * self,
                                                GstDvrTimeline * timeline,
                                                GstClockTime target);
guint64          gst_dvr_playhead_get_held_bytes (GstDvrPlayhead * self);
gboolean         gst_dvr_playhead_get_held_first (GstDvrPlayhead * self,
                                                guint64 * number);
gboolean         gst_dvr_playhead_look         (GstDvrPlayhead * self,
                                                const GstDvrEntry * entry,
                                                GstDvrLookFunc func,
                                                gpointer user_data);
gboolean         gst_dvr_playhead_read_chunk   (GstDvrPlayhead * self,
                                                guint64 size,
                                                GstFmp4SampleFunc func,
                                                gpointer user_data);
gboolean         gst_dvr_playhead_get_buffered (GstDvrPlayhead * self,
                                                GstClockTime position,
                                                GstClockTime * start,
                                                GstClockTime * end,
                                                guint64 * next);

/* gstdvrplayheadplay.c, gstdvrplayheadtrick.c, gstdvrplayheadland.c */
gboolean         gst_dvr_playhead_play         (GstDvrPlayhead * self,
                                                guint64 seen);
gboolean         gst_dvr_playhead_is_trick     (GstDvrPlayhead * self);
gboolean         gst_dvr_playhead_play_pending (GstDvrPlayhead * self);
gboolean         gst_dvr_playhead_play_trick   (GstDvrPlayhead * self,
                                                guint64 seen,
                                                gboolean open);
void             gst_dvr_playhead_clear_pending (GstDvrPlayhead * self);
gboolean         gst_dvr_playhead_try_again    (GstDvrPlayhead * self,
                                                guint64 seen,
                                                GstDvrAnswer answer);
void             gst_dvr_playhead_note_recording (GstDvrPlayhead * self);
void             gst_dvr_playhead_skip         (GstDvrPlayhead * self);
gboolean         gst_dvr_playhead_land         (GstDvrPlayhead * self,
                                                guint64 seen,
                                                gboolean open);
GstClockTime     gst_dvr_playhead_get_start    (GstDvrPlayhead * self,
                                                GstDvrTimeline * timeline,
                                                const GstDvrTimelineInfo * info,
                                                gboolean * exact);
gboolean         gst_dvr_playhead_go_to        (GstDvrPlayhead * self,
                                                GstDvrTimeline * timeline,
                                                GstClockTime time,
                                                GstSeekFlags flags);

GstClockTime     gst_dvr_playhead_get_key_step (GstDvrPlayhead * self);
gboolean         gst_dvr_playhead_wants_keys   (GstDvrPlayhead * self);
void             gst_dvr_playhead_leave        (GstDvrPlayhead * self,
                                                gboolean backward);
void             gst_dvr_playhead_close_hole_after (GstDvrPlayhead * self);
void             gst_dvr_playhead_touch_down   (GstDvrPlayhead * self,
                                                GstClockTime key,
                                                guint64 offset);

/* gstdvrplayheadheads.c */
gboolean         gst_dvr_playhead_wants_head   (GstDvrPlayhead * self,
                                                gboolean open);
gboolean         gst_dvr_playhead_play_head    (GstDvrPlayhead * self,
                                                guint64 seen,
                                                GstDvrSegment * init);
void             gst_dvr_playhead_clear_heads  (GstDvrPlayhead * self);

/* gstdvrplayheadpick.c */
guint            gst_dvr_playhead_get_keys     (GstDvrPlayhead * self,
                                                const GstDvrEntry * entry,
                                                GstDvrKeyframes * keys);
gint             gst_dvr_playhead_pick_landing (GstDvrPlayhead * self,
                                                const GstDvrEntry * entry,
                                                const GstDvrKeyframes * keys);
gint             gst_dvr_playhead_pick_key     (GstDvrPlayhead * self,
                                                const GstDvrEntry * entry,
                                                const GstDvrKeyframes * keys,
                                                GstClockTime limit,
                                                gint done);
gboolean         gst_dvr_playhead_lands_after  (GstDvrPlayhead * self,
                                                gboolean open);

/* gstdvrplayheadlead.c */
gboolean         gst_dvr_playhead_play_lead    (GstDvrPlayhead * self,
                                                GstDvrSegmentState state,
                                                gboolean * ret,
                                                gboolean * waits);
gboolean         gst_dvr_playhead_play_tail    (GstDvrPlayhead * self,
                                                guint64 * to,
                                                gboolean * ret);

/* gstdvrplayheadseek.c */
void             gst_dvr_playhead_seek_queued  (GstDvrPlayhead * self);
void             gst_dvr_playhead_defer_seek   (GstDvrPlayhead * self,
                                                GstEvent * event,
                                                GstTaskFunction loop,
                                                gpointer loop_data);
gboolean         gst_dvr_playhead_show         (GstDvrPlayhead * self,
                                                GstDvrTimeline * timeline,
                                                GstClockTime time,
                                                GstTaskFunction loop,
                                                gpointer loop_data);

/* gstdvrplayheadrate.c */
gboolean         gst_dvr_playhead_is_rate_changing_locked
                                               (GstDvrPlayhead * self);
gboolean         gst_dvr_playhead_is_rate_instant (GstDvrPlayhead * self);
void             gst_dvr_playhead_replace_rate_flags (GstDvrPlayhead * self,
                                                const GstDvrPlan * plan);
gboolean         gst_dvr_playhead_change_rate  (GstDvrPlayhead * self,
                                                GstEvent * event,
                                                gdouble rate,
                                                GstSeekFlags flags,
                                                GstTaskFunction loop,
                                                gpointer loop_data);
gboolean         gst_dvr_playhead_settle_rate  (GstDvrPlayhead * self);

/* gstdvrplayheadquery.c */
void             gst_dvr_playhead_note_segment_locked (GstDvrPlayhead * self);
GstClockTime     gst_dvr_playhead_get_position (GstDvrPlayhead * self);
GstClockTime     gst_dvr_playhead_get_lateness (GstDvrPlayhead * self);

/* gstdvrplayheadstep.c */
GstElement *     gst_dvr_playhead_get_top      (GstDvrPlayhead * self);

/* gstdvrplayheadtell.c */
void             gst_dvr_playhead_tell_init    (GstDvrPlayhead * self);
void             gst_dvr_playhead_tell_clear   (GstDvrPlayhead * self);
void             gst_dvr_playhead_grant        (GstDvrPlayhead * self,
                                                const GstDvrTimelineInfo *
                                                info);
void             gst_dvr_playhead_drop_wish    (GstDvrPlayhead * self);
void             gst_dvr_playhead_note_seek    (GstDvrPlayhead * self,
                                                GstClockTime from,
                                                GstClockTime to);
void             gst_dvr_playhead_tell         (GstDvrPlayhead * self,
                                                const GstDvrPlayheadView *
                                                view);

/* gstdvrplayheadkeep.c */
void             gst_dvr_playhead_keep         (gpointer data);

G_END_DECLS
