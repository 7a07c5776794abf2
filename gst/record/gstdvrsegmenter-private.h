/* gstdvrsegmenter-private.h: the segmenter's state, and how it cuts
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrsegmenter.h"
#include "gstdvrstamper.h"

G_BEGIN_DECLS

/* A track that is further behind the others is not waited for. */
#define GST_DVR_MAX_LAG GST_SECOND
/* A track of which nothing has come for so long has no place in the init
 * section: players that decode both tracks together wait for it. */
#define GST_DVR_MAX_SILENCE (30 * GST_SECOND)
/* What may be held back, whatever for: bytes and samples of all tracks. */
#define GST_DVR_MAX_HELD_BYTES (32 * 1024 * 1024)
#define GST_DVR_MAX_HELD_SAMPLES 8192
/* RTMP rounds to milliseconds; sums of rounded durations are off by some. */
#define GST_DVR_ROUNDING (5 * GST_MSECOND)

/**
 * GstDvrSegmenterState:
 * @GST_DVR_SEGMENTER_IDLE: nothing comes
 * @GST_DVR_SEGMENTER_STARTING: samples are held until all tracks are there
 * @GST_DVR_SEGMENTER_RUNNING: a segment is open
 */
typedef enum
{
  GST_DVR_SEGMENTER_IDLE,
  GST_DVR_SEGMENTER_STARTING,
  GST_DVR_SEGMENTER_RUNNING
} GstDvrSegmenterState;

typedef struct
{
  GstDvrExpect expect;
  GstCaps *caps;
  gboolean configured;          /* this publisher said what it is */
  gboolean in_init;             /* the current init section has it */
  gboolean need_key;            /* drop until a keyframe comes */
  gboolean dropping;            /* something was dropped since the start */
  GArray *queue;                /* of GstDvrSample; the last has no duration */
  guint shown;                  /* of those, from the first on */
  guint written;                /* to the open segment */
  GstClockTime last_duration;
  GstClockTime last_seen;       /* DTS */
  GstClockTime heard_at;        /* monotonic; when a sample came */
  GstBuffer *filler;            /* stands in for what does not come */
  gboolean filling;
  gboolean stood;               /* it did, since the last sample */
} GstDvrSegmenterTrack;

/* Where the next chunk ends. */
typedef enum
{
  GST_DVR_CUT_NONE,
  GST_DVR_CUT_CHUNK,
  GST_DVR_CUT_PART,
  GST_DVR_CUT_SEGMENT
} GstDvrCutKind;

typedef struct
{
  GstDvrCutKind kind;
  GstClockTime at;              /* position */
  guint n_driver;               /* samples of the driver before it */
} GstDvrCut;

struct _GstDvrSegmenter
{
  GstDvrSegmenterConfig config;
  const GstDvrSegmenterFuncs *funcs;
  gpointer user_data;

  GstDvrSegmenterState state;
  GstDvrStamper stamper;
  GstBuffer *suspect;           /* is out of line, alone so far */
  GstDvrTrack suspect_track;
  GstDvrStamp suspect_stamp;
  GstDvrSegmenterTrack tracks[GST_DVR_N_TRACKS];
  gsize held_bytes;

  /* stream time and clocks */
  GstClockTime end;             /* all before it is listed */
  gboolean continues;           /* something is listed */
  gboolean anchored;
  GstClockTime anchor;          /* stream time at ... */
  GstClockTime anchor_monotonic;        /* ... this time of the clock */
  gint64 anchor_wall;
  gboolean discontinuity;       /* of the next segment */
  gboolean rebased;             /* timestamps of this run are mapped */
  GstClockTime started_at;      /* monotonic; when holding began */
  gboolean away;
  gboolean ended;
  GstClockTime listed_gap;      /* of this absence */

  /* the open segment; times are positions: presentation times, as near as
   * decoding order lets them be known */
  gboolean segment_open;
  gboolean part_open;
  gboolean part_independent;
  gboolean segment_key;         /* it begins with a keyframe */
  guint64 segment_size;
  guint segment_samples;
  GstClockTime segment_start;
  GstClockTime part_start;
  GstClockTime chunk_start;
  GstClockTime last_key;
  gint64 shift;                 /* video: position - DTS */
  GstDvrTrack driver;
  guint accepted;               /* driver's samples in the chunk so far */
  GstDvrCut cut;                /* found, and waiting for other tracks */
  gboolean draining;            /* nothing is waited for */
  gboolean finishing;           /* the driver is chosen */
  GArray *showing;              /* of GstDvrShown */

  GstDvrSegmenterStats stats;
};

gint64        gst_dvr_segmenter_get_wall (GstDvrSegmenter * self,
                                         GstClockTime time);
GstFlowReturn gst_dvr_segmenter_open    (GstDvrSegmenter * self,
                                         GstClockTime start);
GstFlowReturn gst_dvr_segmenter_cut     (GstDvrSegmenter * self);
gboolean      gst_dvr_segmenter_ends_segment
                                        (GstDvrSegmenter * self,
                                         const GstDvrSample * next,
                                         GstClockTime position,
                                         GstClockTime step);
void          gst_dvr_segmenter_append  (GstDvrSegmenter * self,
                                         GstDvrSegmenterTrack * track,
                                         GstBuffer * buffer,
                                         GstClockTime dts,
                                         GstClockTime pts,
                                         gboolean key);
gboolean      gst_dvr_segmenter_is_fast (GstDvrSegmenter * self);
void          gst_dvr_segmenter_fill    (GstDvrSegmenter * self);
gboolean      gst_dvr_segmenter_lacks_picture (GstDvrSegmenter * self);
void          gst_dvr_segmenter_keep_picture (GstDvrSegmenter * self,
                                         GstBuffer * buffer);
void          gst_dvr_segmenter_end_fill (GstDvrSegmenter * self);
gboolean      gst_dvr_segmenter_returns (GstDvrSegmenter * self,
                                         GstDvrTrack index,
                                         GstClockTime dts);
void          gst_dvr_segmenter_show    (GstDvrSegmenter * self);
GstFlowReturn gst_dvr_segmenter_finish  (GstDvrSegmenter * self);
GstClockTime  gst_dvr_segmenter_now     (GstDvrSegmenter * self);
gboolean      gst_dvr_segmenter_must_hold (GstDvrSegmenter * self);
GstFlowReturn gst_dvr_segmenter_run     (GstDvrSegmenter * self);
void          gst_dvr_segmenter_drop    (GstDvrSegmenter * self,
                                         GstDvrSegmenterTrack * track,
                                         guint n);
void          gst_dvr_segmenter_take    (GstDvrSegmenter * self,
                                         GstDvrSegmenterTrack * track,
                                         guint n);

static inline GstDvrSample *
gst_dvr_segmenter_sample (GstDvrSegmenterTrack * track, guint index)
{
  return &g_array_index (track->queue, GstDvrSample, index);
}

static inline GstClockTime
gst_dvr_segmenter_position (GstDvrSegmenter * self, guint track,
    const GstDvrSample * sample)
{
  return track == GST_DVR_TRACK_VIDEO ? sample->dts + self->shift : sample->dts;
}

G_END_DECLS
