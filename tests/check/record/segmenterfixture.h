/* segmenterfixture.h: what takes the decisions of a segmenter, for tests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/check/gstcheck.h>

#include "record/gstdvrsegmenter.h"

#define MS GST_MSECOND

/* What the segmenter decided, and a clock that the test moves. */
typedef struct
{
  GstClockTime start;
  gint64 wall;
  gboolean discontinuity;
  gboolean gap;
  gboolean begins_with_key;
  GstClockTime duration;
  GArray *parts;                /* GstClockTime */
  GArray *independent;          /* gboolean */
  guint samples[GST_DVR_N_TRACKS];
  GstClockTime first_dts[GST_DVR_N_TRACKS];
  GstClockTime first_pts[GST_DVR_N_TRACKS];
  GArray *shown[GST_DVR_N_TRACKS];      /* GstClockTime: DTS by index */
  guint n_shown;
  guint chunks;
  gboolean closed;
} MockSegment;

typedef struct
{
  GstDvrSegmenter *segmenter;
  GPtrArray *segments;
  guint n_inits;
  gboolean init_has[GST_DVR_N_TRACKS];
  GstClockTime now;
  gint64 wall_base;
  GstClockTime last_dts[GST_DVR_N_TRACKS];
  GstFlowReturn fail;           /* what append_chunk returns */
  GstClockTime silence;         /* how long a frame of it lasts; 0 = none */
  gboolean fail_part;           /* whether end_part fails */
  gboolean ended;
  gboolean part_open;
} Mock;

/* The one of the test at hand. */
extern Mock *mock;
extern const GstDvrSegmenterConfig mock_default_config;

void mock_setup (void);
void mock_teardown (void);
/* Begins anew. */
void mock_reconfigure (const GstDvrSegmenterConfig * config);

#define VIDEO_CAPS "video/x-h264, codec_data=(buffer)01640028"
#define VIDEO_CAPS_2 "video/x-h264, codec_data=(buffer)01640029"
#define AUDIO_CAPS "audio/mpeg, mpegversion=4, codec_data=(buffer)1210"

void mock_set_caps (GstDvrTrack track, const gchar * text);
void mock_set_both_caps (void);
GstFlowReturn mock_push_full (GstDvrTrack track, GstClockTime dts,
    GstClockTime pts, gboolean key, gsize size);
void mock_push (GstDvrTrack track, GstClockTime time, gboolean key);

typedef struct
{
  GstClockTime frame;           /* 0 = no video */
  guint gop;                    /* frames */
  guint b_frames;               /* how many frames PTS is after DTS */
  GstClockTime audio;           /* frame duration; 0 = no audio */
  gboolean live;                /* the clock goes with it */
  GstClockTime ts;              /* publisher's time of stream time @from */
} MockFeed;

#define FEED(frame, gop, b_frames, audio) \
    { frame, gop, b_frames, audio, FALSE, 0 }
#define LIVE_FEED(frame, gop, b_frames, audio) \
    { frame, gop, b_frames, audio, TRUE, 0 }

/* Feeds interleaved samples with times in [from, to). */
void mock_feed (const MockFeed * f, GstClockTime from, GstClockTime to);
void mock_drain (void);

MockSegment * mock_nth (Mock * mock, guint n);
guint mock_count_samples (GstDvrTrack track);
void mock_check_parts (void);
