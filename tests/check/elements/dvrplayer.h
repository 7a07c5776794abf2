/* dvrplayer.h: a stream whose frames are numbered, and a peer that reads them
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrlink.h>
#include <gst/fmp4/fmp4.h>

/* 25 frames a second, groups of 25, two groups in a segment, B-frames. The
 * frame shown at stream time t has the number 25 * t. */
#define FPS 25
#define FRAME (GST_SECOND / FPS)
#define GROUP FPS
#define SEGMENT_TIME (2 * GST_SECOND)
#define FIRST_TIME 100
#define FIRST_NUMBER 10
#define TIME_OF(frame) ((frame) * FRAME)

typedef struct
{
  GstElement *element;
  GstBus *bus;
  GstPad *up;
  GstPad *down;
  GstDvrTimeline *timeline;
  GstFmp4Track track, sound;
  gboolean has_sound;           /* beside the pictures */
  GArray *tracks;

  GMutex lock;
  GCond wake;
  GQueue items;                 /* GstEvent, GstBuffer */
  guint room;                   /* buffers taken before downstream blocks */
  guint waiting;
  gboolean flushing;
  GstEvent *from_chain;         /* to be sent while a buffer is taken */
  guint questions;              /* for media */
  guint ranges;                 /* questions for runs of its bytes */
  guint64 range_bytes;          /* ... and what those came to */
  gboolean change_source;       /* each of them is of other bytes */
  guint sources;
  guint refuse_ranges;          /* so many fail */
  guint64 hold_from;            /* numbers from here on stay empty */
  GPtrArray *held;              /* ... these */
  GPtrArray *asked;             /* ... for which these asked */
  guint64 missing;
  guint not_there;              /* the timeline is not found so many times */
  guint key_distance;           /* frames from keyframe to keyframe */
  guint key_bytes;              /* of a keyframe */
  gboolean tell_keys;           /* the timeline says where the first one ends */
  gboolean tell_all_keys;       /* ... and where the others are */
  guint64 listed_late;          /* this one is listed as a frame later than it is */
  gboolean bytes_alone;         /* come, without the boundaries of parts */
  guint64 second_init;          /* numbers from here on have another one */
  gboolean second_codec;        /* ... of another codec */
  GstFlowReturn flow;           /* what downstream says */
  GstFlowReturn flow_flushed;   /* ... of what a flush comes upon */

  GArray *frames;               /* guint32, read but not yet given out */
  gboolean discont;             /* before the first of them */
  GstSegment segment;
  guint n_inits;                /* init sections read so far */
} DvrPlayer;

void  dvr_player_setup       (DvrPlayer * p, guint n_segments,
                              GstDvrTimelineState state,
                              const gchar * first_property, ...);
void  dvr_player_play        (DvrPlayer * p);
void  dvr_player_teardown    (DvrPlayer * p);
void  dvr_player_add         (DvrPlayer * p, guint64 number, guint seconds);
void  dvr_player_add_gap     (DvrPlayer * p, guint64 number, guint seconds);
void  dvr_player_release     (DvrPlayer * p);
void  dvr_player_feed        (DvrPlayer * p, guint64 number, guint n_parts);
void  dvr_player_wait_given_up (DvrPlayer * p, guint64 number);
guint dvr_player_questions   (DvrPlayer * p);
guint dvr_player_wait_questions (DvrPlayer * p, guint n);
guint dvr_player_ranges      (DvrPlayer * p, guint64 * bytes);

GstEvent * dvr_player_event  (DvrPlayer * p, GstEventType type);
gboolean dvr_player_frames   (DvrPlayer * p, guint32 frame, guint n);
void  dvr_player_skip_until  (DvrPlayer * p, guint32 frame);
void  dvr_player_flushed     (DvrPlayer * p);
void  dvr_player_eos         (DvrPlayer * p);
void  dvr_player_wait_full   (DvrPlayer * p);
gboolean dvr_player_seek     (DvrPlayer * p, gdouble rate, GstSeekFlags flags,
                              GstSeekType start_type, gint64 start,
                              GstSeekType stop_type, gint64 stop);
GstStructure * dvr_player_status (DvrPlayer * p, const gchar * code);
