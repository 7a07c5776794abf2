/* gstdvrsegmenter.h: decides what becomes a segment, a part and a chunk
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstDvrSegmenter GstDvrSegmenter;
typedef struct _GstDvrSegmenterConfig GstDvrSegmenterConfig;
typedef struct _GstDvrSegmenterFuncs GstDvrSegmenterFuncs;
typedef struct _GstDvrSegmenterStats GstDvrSegmenterStats;
typedef struct _GstDvrChunk GstDvrChunk;
typedef struct _GstDvrSample GstDvrSample;
typedef struct _GstDvrShown GstDvrShown;

/**
 * GstDvrTrack:
 * @GST_DVR_TRACK_VIDEO: the video track; it decides where segments begin
 * @GST_DVR_TRACK_AUDIO: the audio track
 */
typedef enum
{
  GST_DVR_TRACK_VIDEO,
  GST_DVR_TRACK_AUDIO
} GstDvrTrack;

#define GST_DVR_N_TRACKS 2

/**
 * GstDvrExpect:
 * @GST_DVR_EXPECT_UNKNOWN: nothing was said about the track
 * @GST_DVR_EXPECT_YES: it was announced
 * @GST_DVR_EXPECT_NO: it was said not to come; it may all the same
 */
typedef enum
{
  GST_DVR_EXPECT_UNKNOWN,
  GST_DVR_EXPECT_YES,
  GST_DVR_EXPECT_NO
} GstDvrExpect;

/**
 * GstDvrSample:
 * @buffer: the coded sample
 * @dts: stream time it is decoded at, nanoseconds
 * @pts: stream time it is shown at, nanoseconds, never before @dts
 * @duration: nanoseconds, as far as the next sample of its track
 * @key: whether it can be decoded alone
 */
struct _GstDvrSample
{
  GstBuffer *buffer;
  GstClockTime dts;
  GstClockTime pts;
  GstClockTime duration;
  gboolean key;
};

/**
 * GstDvrShown:
 * @track: whose sample it is
 * @index: its place among the open segment's samples of that track
 * @sample: its duration is not known; valid during the call
 *
 * A sample that has come, and is in no chunk yet.
 */
struct _GstDvrShown
{
  GstDvrTrack track;
  guint index;
  const GstDvrSample *sample;
};

/**
 * GstDvrChunk:
 * @samples: per track, in decoding order
 * @n_samples: how many of them, per track
 * @key: whether its first video sample is a keyframe that begins a part
 * @shown: whether all of its samples have been shown before
 *
 * What goes into one moof+mdat; valid during the call.
 */
struct _GstDvrChunk
{
  const GstDvrSample *samples[GST_DVR_N_TRACKS];
  guint n_samples[GST_DVR_N_TRACKS];
  gboolean key;
  gboolean shown;
};

/**
 * GstDvrSegmenterConfig:
 * @target_duration: a segment ends at the first keyframe at or after it
 * @max_segment_duration: beyond it a segment ends inside a GOP
 * @part_duration: the longest part
 * @chunk_duration: the longest chunk; 0 = one per frame
 * @reconnect_window: how much absence is listed as gaps
 * @max_segment_size: bytes beyond which a segment ends inside a GOP
 *
 * Durations in nanoseconds.
 */
struct _GstDvrSegmenterConfig
{
  GstClockTime target_duration;
  GstClockTime max_segment_duration;
  GstClockTime part_duration;
  GstClockTime chunk_duration;
  GstClockTime reconnect_window;
  guint64 max_segment_size;
};

/**
 * GstDvrSegmenterStats:
 * @repaired: samples whose timestamps were moved to keep them rising
 * @dropped: samples that no segment could take, such as those before the
 *   first keyframe
 * @jumps: times the timestamps jumped, and were mapped anew
 * @filled: samples that stand in for those of a track that stopped
 * @discontinuities: segments that did not go on from the one before
 * @skew: video minus audio at the last segment's end, nanoseconds
 */
struct _GstDvrSegmenterStats
{
  guint64 repaired;
  guint64 dropped;
  guint64 jumps;
  guint64 filled;
  guint64 discontinuities;
  gint64 skew;
};

/**
 * GstDvrSegmenterFuncs:
 * @get_time: the monotonic clock in nanoseconds, and the wall clock in
 *   microseconds since 1970
 * @make_silence: (nullable): a frame of silence in a configuration of sound,
 *   with its duration; %NULL where there is none
 * @set_init: the configurations of what follows; %NULL where there is no such
 *   track
 * @open_segment: @start is the presentation time of its first sample
 * @show_samples: (nullable): samples have come that are going to be in the open
 *   segment
 * @begin_part: followed by one or more chunks
 * @append_chunk: one moof+mdat
 * @end_part: @independent where it began with a keyframe, or has no video
 * @close_segment: the segment is complete
 * @add_gap: nothing was there for a while
 * @end: nothing has come for the reconnect window
 *
 * What to do with the decisions. Called from the thread that feeds the
 * segmenter. What is not GST_FLOW_OK goes up to the caller, which may then
 * call gst_dvr_segmenter_abandon().
 */
struct _GstDvrSegmenterFuncs
{
  void (*get_time) (gpointer user_data, GstClockTime * monotonic,
      gint64 * wall);
  GstBuffer * (*make_silence) (gpointer user_data, const GstCaps * caps);
  GstFlowReturn (*set_init) (gpointer user_data,
      GstCaps * const caps[GST_DVR_N_TRACKS]);
  GstFlowReturn (*open_segment) (gpointer user_data, GstClockTime start,
      gint64 wall_time, gboolean discontinuity);
  void (*show_samples) (gpointer user_data, const GstDvrShown * shown,
      guint n);
  GstFlowReturn (*begin_part) (gpointer user_data, gint64 wall_time);
  GstFlowReturn (*append_chunk) (gpointer user_data,
      const GstDvrChunk * chunk);
  GstFlowReturn (*end_part) (gpointer user_data, GstClockTime duration,
      gboolean independent);
  GstFlowReturn (*close_segment) (gpointer user_data, GstClockTime duration);
  GstFlowReturn (*add_gap) (gpointer user_data, GstClockTime start,
      GstClockTime duration, gint64 wall_time);
  GstFlowReturn (*end) (gpointer user_data);
};

GstDvrSegmenter * gst_dvr_segmenter_new (const GstDvrSegmenterConfig * config,
                                         const GstDvrSegmenterFuncs * funcs,
                                         gpointer user_data);
void          gst_dvr_segmenter_free    (GstDvrSegmenter * self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrSegmenter, gst_dvr_segmenter_free)

void          gst_dvr_segmenter_set_start (GstDvrSegmenter * self,
                                         GstClockTime start,
                                         gboolean continues,
                                         GstClockTime absence,
                                         gboolean listed,
                                         gboolean away);
void          gst_dvr_segmenter_expect  (GstDvrSegmenter * self,
                                         GstDvrTrack track,
                                         GstDvrExpect expect);
GstFlowReturn gst_dvr_segmenter_set_caps (GstDvrSegmenter * self,
                                         GstDvrTrack track,
                                         GstCaps * caps);
GstFlowReturn gst_dvr_segmenter_push    (GstDvrSegmenter * self,
                                         GstDvrTrack track,
                                         GstBuffer * buffer);
GstFlowReturn gst_dvr_segmenter_discont (GstDvrSegmenter * self);
GstFlowReturn gst_dvr_segmenter_skip    (GstDvrSegmenter * self,
                                         GstClockTime distance);
GstFlowReturn gst_dvr_segmenter_away    (GstDvrSegmenter * self);
GstFlowReturn gst_dvr_segmenter_tick    (GstDvrSegmenter * self);
GstFlowReturn gst_dvr_segmenter_drain   (GstDvrSegmenter * self);
GstFlowReturn gst_dvr_segmenter_end     (GstDvrSegmenter * self);
void          gst_dvr_segmenter_abandon (GstDvrSegmenter * self);
void          gst_dvr_segmenter_get_stats (GstDvrSegmenter * self,
                                         GstDvrSegmenterStats * stats);

G_END_DECLS
