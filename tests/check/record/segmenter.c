/* segmenter.c: where the recorder cuts, and what it does about bad timestamps
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
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
  guint chunks;
  gboolean closed;
} Segment;

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
  gboolean fail_part;           /* whether end_part fails */
  gboolean ended;
  gboolean part_open;
} Mock;

static void
segment_free (Segment * segment)
{
  g_array_unref (segment->parts);
  g_array_unref (segment->independent);
  g_free (segment);
}

static Segment *
add_segment (Mock * mock, GstClockTime start, gint64 wall)
{
  Segment *segment = g_new0 (Segment, 1);

  segment->start = start;
  segment->wall = wall;
  segment->parts = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  segment->independent = g_array_new (FALSE, FALSE, sizeof (gboolean));
  g_ptr_array_add (mock->segments, segment);
  return segment;
}

static Segment *
nth (Mock * mock, guint n)
{
  fail_unless (n < mock->segments->len, "there are only %u segments",
      mock->segments->len);
  return g_ptr_array_index (mock->segments, n);
}

static Segment *
current (Mock * mock)
{
  Segment *segment = nth (mock, mock->segments->len - 1);

  fail_if (segment->closed || segment->gap, "no segment is open");
  return segment;
}

static void
mock_get_time (gpointer user_data, GstClockTime * monotonic, gint64 * wall)
{
  Mock *mock = user_data;

  *monotonic = mock->now;
  *wall = mock->wall_base + (gint64) (mock->now / 1000);
}

static GstFlowReturn
mock_set_init (gpointer user_data, GstCaps * const caps[GST_DVR_N_TRACKS])
{
  Mock *mock = user_data;

  fail_unless (caps[0] || caps[1]);
  if (mock->segments->len > 0)
    fail_unless (nth (mock, mock->segments->len - 1)->closed);
  mock->n_inits++;
  mock->init_has[0] = caps[0] != NULL;
  mock->init_has[1] = caps[1] != NULL;
  return GST_FLOW_OK;
}

static GstFlowReturn
mock_open (gpointer user_data, GstClockTime start, gint64 wall,
    gboolean discontinuity)
{
  Mock *mock = user_data;
  Segment *segment;

  fail_unless (mock->n_inits > 0);
  if (mock->segments->len > 0) {
    Segment *last = nth (mock, mock->segments->len - 1);

    fail_unless (last->closed);
    fail_unless (start + MS >= last->start + last->duration,
        "a segment begins at %" GST_TIME_FORMAT ", before the last one's end",
        GST_TIME_ARGS (start));
    fail_unless (wall >= last->wall);
  }
  segment = add_segment (mock, start, wall);
  segment->discontinuity = discontinuity;
  mock->ended = FALSE;
  return GST_FLOW_OK;
}

static GstFlowReturn
mock_begin_part (gpointer user_data, gint64 wall)
{
  Mock *mock = user_data;

  fail_if (mock->part_open);
  current (mock);
  mock->part_open = TRUE;
  return GST_FLOW_OK;
}

static void
take_samples (Mock * mock, Segment * segment, const GstDvrChunk * chunk,
    guint track)
{
  guint i;

  for (i = 0; i < chunk->n_samples[track]; i++) {
    const GstDvrSample *sample = &chunk->samples[track][i];

    fail_unless (GST_CLOCK_TIME_IS_VALID (sample->duration));
    fail_unless (sample->pts >= sample->dts);
    fail_unless (mock->last_dts[track] == GST_CLOCK_TIME_NONE ||
        sample->dts > mock->last_dts[track], "DTS does not rise");
    mock->last_dts[track] = sample->dts;
    if (segment->samples[track]++ == 0) {
      segment->first_dts[track] = sample->dts;
      segment->first_pts[track] = sample->pts;
      if (track == GST_DVR_TRACK_VIDEO)
        segment->begins_with_key = sample->key && segment->chunks == 0;
    }
  }
}

static GstFlowReturn
mock_append (gpointer user_data, const GstDvrChunk * chunk)
{
  Mock *mock = user_data;
  Segment *segment = current (mock);

  fail_unless (mock->part_open);
  fail_unless (chunk->n_samples[0] + chunk->n_samples[1] > 0);
  fail_unless (mock->init_has[0] || chunk->n_samples[0] == 0);
  fail_unless (mock->init_has[1] || chunk->n_samples[1] == 0);
  if (mock->fail != GST_FLOW_OK)
    return mock->fail;
  take_samples (mock, segment, chunk, GST_DVR_TRACK_VIDEO);
  take_samples (mock, segment, chunk, GST_DVR_TRACK_AUDIO);
  segment->chunks++;
  return GST_FLOW_OK;
}

static GstFlowReturn
mock_end_part (gpointer user_data, GstClockTime duration, gboolean independent)
{
  Mock *mock = user_data;
  Segment *segment = current (mock);

  fail_unless (mock->part_open);
  mock->part_open = FALSE;
  if (mock->fail_part)
    return GST_FLOW_ERROR;
  g_array_append_val (segment->parts, duration);
  g_array_append_val (segment->independent, independent);
  return GST_FLOW_OK;
}

static GstFlowReturn
mock_close (gpointer user_data, GstClockTime duration)
{
  Mock *mock = user_data;
  Segment *segment = current (mock);

  mock->part_open = FALSE;
  segment->duration = duration;
  segment->closed = TRUE;
  return GST_FLOW_OK;
}

static GstFlowReturn
mock_gap (gpointer user_data, GstClockTime start, GstClockTime duration,
    gint64 wall)
{
  Mock *mock = user_data;
  Segment *segment;

  if (mock->segments->len > 0)
    fail_unless (nth (mock, mock->segments->len - 1)->closed);
  segment = add_segment (mock, start, wall);
  segment->duration = duration;
  segment->gap = segment->closed = TRUE;
  return GST_FLOW_OK;
}

static GstFlowReturn
mock_end (gpointer user_data)
{
  Mock *mock = user_data;

  fail_if (mock->ended);
  mock->ended = TRUE;
  return GST_FLOW_OK;
}

static const GstDvrSegmenterFuncs mock_funcs = {
  mock_get_time, mock_set_init, mock_open, mock_begin_part, mock_append,
  mock_end_part, mock_close, mock_gap, mock_end
};

static Mock *mock;

static void
setup_with (const GstDvrSegmenterConfig * config)
{
  mock = g_new0 (Mock, 1);
  mock->segments = g_ptr_array_new_with_free_func (
      (GDestroyNotify) segment_free);
  mock->wall_base = G_GINT64_CONSTANT (1795000000000000);
  mock->now = 1000 * GST_SECOND;
  mock->last_dts[0] = mock->last_dts[1] = GST_CLOCK_TIME_NONE;
  mock->segmenter = gst_dvr_segmenter_new (config, &mock_funcs, mock);
}

static const GstDvrSegmenterConfig default_config = {
  2 * GST_SECOND, 10 * GST_SECOND, 250 * MS, 40 * MS, 60 * GST_SECOND,
  64 * 1024 * 1024
};

static void
setup (void)
{
  setup_with (&default_config);
}

static void
teardown (void)
{
  gst_dvr_segmenter_free (mock->segmenter);
  g_ptr_array_unref (mock->segments);
  g_free (mock);
}

static void
reconfigure (const GstDvrSegmenterConfig * config)
{
  teardown ();
  setup_with (config);
}

static void
set_caps (GstDvrTrack track, const gchar * text)
{
  GstCaps *caps = gst_caps_from_string (text);

  fail_unless_equals_int (gst_dvr_segmenter_set_caps (mock->segmenter, track,
          caps), GST_FLOW_OK);
  gst_caps_unref (caps);
}

#define VIDEO_CAPS "video/x-h264, codec_data=(buffer)01640028"
#define VIDEO_CAPS_2 "video/x-h264, codec_data=(buffer)01640029"
#define AUDIO_CAPS "audio/mpeg, mpegversion=4, codec_data=(buffer)1210"

static void
set_both_caps (void)
{
  set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
}

static GstFlowReturn
push_full (GstDvrTrack track, GstClockTime dts, GstClockTime pts, gboolean key,
    gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  GST_BUFFER_DTS (buffer) = dts;
  GST_BUFFER_PTS (buffer) = pts;
  if (!key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return gst_dvr_segmenter_push (mock->segmenter, track, buffer);
}

static void
push (GstDvrTrack track, GstClockTime time, gboolean key)
{
  fail_unless_equals_int (push_full (track, time, time, key, 100), GST_FLOW_OK);
}

typedef struct
{
  GstClockTime frame;           /* 0 = no video */
  guint gop;                    /* frames */
  guint b_frames;               /* how many frames PTS is after DTS */
  GstClockTime audio;           /* frame duration; 0 = no audio */
  gboolean live;                /* the clock goes with it */
  GstClockTime ts;              /* publisher's time of stream time @from */
} Feed;

#define FEED(frame, gop, b_frames, audio) \
    { frame, gop, b_frames, audio, FALSE, 0 }
#define LIVE_FEED(frame, gop, b_frames, audio) \
    { frame, gop, b_frames, audio, TRUE, 0 }

/* Feeds interleaved samples with times in [from, to). */
static void
feed (const Feed * f, GstClockTime from, GstClockTime to)
{
  GstClockTime start = mock->now;
  guint v = f->frame ? (from + f->frame - 1) / f->frame : 0;
  guint a = f->audio ? (from + f->audio - 1) / f->audio : 0;

  for (;;) {
    GstClockTime vt = f->frame ? v * f->frame : GST_CLOCK_TIME_NONE;
    GstClockTime at = f->audio ? a * f->audio : GST_CLOCK_TIME_NONE;
    GstClockTime t = MIN (vt, at);

    if (t >= to)
      break;
    if (f->live)
      mock->now = start + (t - from);
    if (vt <= at) {
      fail_unless_equals_int (push_full (GST_DVR_TRACK_VIDEO, f->ts + vt,
              f->ts + vt + f->b_frames * f->frame,
              f->gop > 0 ? v % f->gop == 0 : v == 0, 100), GST_FLOW_OK);
      v++;
    } else {
      push (GST_DVR_TRACK_AUDIO, f->ts + at, TRUE);
      a++;
    }
  }
  if (f->live)
    mock->now = start + (to - from);
}

static void
drain (void)
{
  fail_unless_equals_int (gst_dvr_segmenter_drain (mock->segmenter),
      GST_FLOW_OK);
}

/* RFC 8216bis: no part longer than the part target, none shorter than 85 % of
 * it but the last and those before an independent one; and they make up the
 * segment. */
static void
check_parts (void)
{
  guint i, k;

  for (i = 0; i < mock->segments->len; i++) {
    Segment *segment = nth (mock, i);
    GstClockTime sum = 0;

    if (segment->gap)
      continue;
    fail_unless (segment->parts->len > 0);
    for (k = 0; k < segment->parts->len; k++) {
      GstClockTime duration = g_array_index (segment->parts, GstClockTime, k);

      sum += duration;
      fail_unless (duration <= 250 * MS, "segment %u part %u is %"
          GST_TIME_FORMAT, i, k, GST_TIME_ARGS (duration));
      if (k + 1 < segment->parts->len
          && !g_array_index (segment->independent, gboolean, k + 1))
        fail_unless (duration >= 212 * MS, "segment %u part %u is %"
            GST_TIME_FORMAT, i, k, GST_TIME_ARGS (duration));
    }
    fail_unless (sum <= segment->duration);
    fail_unless (sum + segment->parts->len * MS >= segment->duration);
  }
}

static guint
count_samples (GstDvrTrack track)
{
  guint i, n = 0;

  for (i = 0; i < mock->segments->len; i++)
    n += nth (mock, i)->samples[track];
  return n;
}

GST_START_TEST (test_cuts_at_first_keyframe_at_or_after_target)
{
  Feed f = FEED (40 * MS, 50, 0, 23 * MS);
  guint i;

  set_both_caps ();
  feed (&f, 0, 10 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 5);
  for (i = 0; i < 5; i++) {
    fail_unless (nth (mock, i)->begins_with_key);
    fail_unless_equals_uint64 (nth (mock, i)->start, i * 2 * GST_SECOND);
    fail_unless_equals_int (nth (mock, i)->samples[0], 50);
    fail_if (nth (mock, i)->discontinuity);
  }
  fail_unless_equals_int (mock->n_inits, 1);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_AUDIO), 435);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_seven_second_gop_is_kept_whole)
{
  Feed f = FEED (40 * MS, 175, 0, 23 * MS);

  set_both_caps ();
  feed (&f, 0, 21 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 3);
  fail_unless_equals_uint64 (nth (mock, 1)->duration, 7 * GST_SECOND);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_default_gop_of_250_frames_is_kept_whole)
{
  Feed f = FEED (40 * MS, 250, 0, 23 * MS);

  set_both_caps ();
  feed (&f, 0, 30 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 3);
  fail_unless (nth (mock, 1)->begins_with_key);
  fail_unless_equals_uint64 (nth (mock, 1)->duration, 10 * GST_SECOND);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_endless_gop_is_cut_at_the_maximum)
{
  Feed f = FEED (40 * MS, 0, 0, 23 * MS);
  guint i;

  set_both_caps ();
  feed (&f, 0, 60 * GST_SECOND);
  drain ();
  fail_unless (mock->segments->len >= 6);
  for (i = 0; i < mock->segments->len; i++)
    fail_unless (nth (mock, i)->duration < 10500 * MS);
  fail_if (nth (mock, 1)->begins_with_key);
  fail_if (nth (mock, 1)->discontinuity);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_VIDEO), 1500);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_byte_cap_cuts_inside_a_gop)
{
  GstDvrSegmenterConfig config = default_config;
  Feed f = FEED (40 * MS, 0, 0, 0);

  config.max_segment_size = 2500;
  reconfigure (&config);
  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_AUDIO,
      GST_DVR_EXPECT_NO);
  set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  feed (&f, 0, 4 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 4);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_audio_only_is_cut_on_time)
{
  Feed f = FEED (0, 0, 0, 23 * MS);

  set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
  feed (&f, 0, 10 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 5);
  fail_unless_equals_int (mock->init_has[GST_DVR_TRACK_VIDEO], FALSE);
  fail_unless (g_array_index (nth (mock, 2)->independent, gboolean, 1));
  fail_unless (ABS (GST_CLOCK_DIFF (nth (mock, 1)->duration,
              2 * GST_SECOND)) < 25 * (gint64) MS);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_video_only)
{
  Feed f = FEED (40 * MS, 50, 0, 0);

  set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  feed (&f, 0, 10 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 5);
  fail_unless_equals_int (mock->init_has[GST_DVR_TRACK_AUDIO], FALSE);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_VIDEO), 250);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_parts_and_chunks_at_odd_frame_rates)
{
  static const guint fps[] = { 10, 12, 15, 24, 25, 30, 50, 60, 120 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (fps); i++) {
    Feed f = FEED (GST_SECOND / fps[i], 2 * fps[i], 0, 21 * MS);

    reconfigure (&default_config);
    set_both_caps ();
    feed (&f, 0, 8 * GST_SECOND - MS);
    drain ();
    fail_unless_equals_int (mock->segments->len, 4);
    check_parts ();
  }
}

GST_END_TEST;

GST_START_TEST (test_rounded_timestamps_make_no_part_too_long)
{
  static const guint64 rates[] = { 23976, 24000, 29970, 59940 };
  guint r, i;

  for (r = 0; r < G_N_ELEMENTS (rates); r++) {
    reconfigure (&default_config);
    gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_AUDIO,
        GST_DVR_EXPECT_NO);
    set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
    for (i = 0; i < 1000; i++)
      push (GST_DVR_TRACK_VIDEO, (i * 1000000 / rates[r]) * MS, i % 250 == 0);
    drain ();
    fail_unless_equals_int (mock->segments->len, 4);
    check_parts ();
  }
}

GST_END_TEST;

GST_START_TEST (test_segment_without_keyframe_ends_at_the_next)
{
  Feed f = FEED (40 * MS, 275, 0, 20 * MS);
  guint i;

  set_both_caps ();
  feed (&f, 0, 33 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 6);
  for (i = 0; i < 6; i++)
    fail_unless_equals_int (nth (mock, i)->begins_with_key, i % 2 == 0);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_one_frame_a_second_is_left_alone)
{
  Feed f = FEED (GST_SECOND, 2, 0, 23 * MS);
  guint i;

  set_both_caps ();
  feed (&f, 0, 60 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 30);
  for (i = 0; i < 30; i++) {
    fail_unless_equals_uint64 (nth (mock, i)->start, i * 2 * GST_SECOND);
    fail_unless_equals_int (nth (mock, i)->samples[0], 2);
  }
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_one_frame_in_twelve_seconds_keeps_its_pace)
{
  GstClockTime first = 0;
  guint i;

  set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  for (i = 0; i < 10; i++)
    push (GST_DVR_TRACK_VIDEO, i * 12 * GST_SECOND, TRUE);
  drain ();
  first = nth (mock, 0)->first_dts[0];
  fail_unless (mock->last_dts[0] - first >= 107 * GST_SECOND,
      "108 s became %" GST_TIME_FORMAT, GST_TIME_ARGS (mock->last_dts[0]));
}

GST_END_TEST;

GST_START_TEST (test_chunk_per_frame)
{
  GstDvrSegmenterConfig config = default_config;
  Feed f = FEED (20 * MS, 100, 0, 23 * MS);

  config.chunk_duration = 0;
  reconfigure (&config);
  set_both_caps ();
  feed (&f, 0, 4 * GST_SECOND);
  drain ();
  fail_unless_equals_int (nth (mock, 0)->chunks, 100);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_chunks_of_forty_milliseconds)
{
  Feed f = FEED (20 * MS, 100, 0, 23 * MS);

  set_both_caps ();
  feed (&f, 0, 4 * GST_SECOND);
  drain ();
  fail_unless (nth (mock, 0)->chunks >= 50 && nth (mock, 0)->chunks <= 60,
      "%u chunks", nth (mock, 0)->chunks);
}

GST_END_TEST;

GST_START_TEST (test_all_tracks_are_cut_where_the_keyframe_is_shown)
{
  Feed f = FEED (40 * MS, 50, 2, 20 * MS);
  guint i;

  set_both_caps ();
  feed (&f, 0, 8 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 4);
  for (i = 1; i < 4; i++) {
    Segment *segment = nth (mock, i);

    fail_unless_equals_uint64 (segment->start, segment->first_pts[0]);
    fail_unless_equals_uint64 (segment->first_pts[0],
        i * 2 * GST_SECOND + 80 * MS);
    fail_unless (segment->first_pts[1] >= segment->start);
    fail_unless (segment->first_pts[1] < segment->start + 20 * MS);
  }
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_VIDEO), 200);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_AUDIO), 400);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_first_segment_waits_for_announced_track)
{
  guint i;

  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_VIDEO,
      GST_DVR_EXPECT_YES);
  set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
  for (i = 0; i < 20; i++)
    push (GST_DVR_TRACK_AUDIO, i * 23 * MS, TRUE);
  fail_unless_equals_int (mock->segments->len, 0);
  set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  push (GST_DVR_TRACK_VIDEO, 460 * MS, TRUE);
  fail_unless_equals_int (mock->segments->len, 1);
  fail_unless (mock->init_has[0] && mock->init_has[1]);
  drain ();
  fail_unless (nth (mock, 0)->begins_with_key);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_AUDIO), 20);
}

GST_END_TEST;

GST_START_TEST (test_announced_track_that_never_comes_is_not_waited_for_long)
{
  Feed f = FEED (0, 0, 0, 23 * MS);

  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_VIDEO,
      GST_DVR_EXPECT_YES);
  set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
  feed (&f, 0, 1100 * MS);
  fail_unless_equals_int (mock->segments->len, 1);
  fail_if (mock->init_has[GST_DVR_TRACK_VIDEO]);
}

GST_END_TEST;

GST_START_TEST (test_track_said_not_to_come_is_not_waited_for)
{
  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_VIDEO,
      GST_DVR_EXPECT_NO);
  set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
  push (GST_DVR_TRACK_AUDIO, 0, TRUE);
  fail_unless_equals_int (mock->segments->len, 1);
}

GST_END_TEST;

GST_START_TEST (test_late_track_gets_a_new_init_and_a_discontinuity)
{
  Feed audio = FEED (0, 0, 0, 20 * MS);
  Feed both = FEED (40 * MS, 50, 0, 20 * MS);

  set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
  feed (&audio, 0, 4 * GST_SECOND);
  set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  feed (&both, 4 * GST_SECOND, 8 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->n_inits, 2);
  fail_unless_equals_int (mock->segments->len, 4);
  fail_unless (nth (mock, 2)->discontinuity);
  fail_unless (nth (mock, 2)->begins_with_key);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_AUDIO), 400);
}

GST_END_TEST;

GST_START_TEST (test_frames_before_the_first_keyframe_are_dropped)
{
  GstDvrSegmenterStats stats;
  guint i;

  set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  for (i = 0; i < 100; i++) {
    mock->now += 40 * MS;
    push (GST_DVR_TRACK_VIDEO, i * 40 * MS, i >= 50 && i % 50 == 0);
  }
  drain ();
  fail_unless_equals_int (mock->segments->len, 1);
  fail_unless (nth (mock, 0)->begins_with_key);
  fail_unless_equals_int (nth (mock, 0)->samples[0], 50);
  gst_dvr_segmenter_get_stats (mock->segmenter, &stats);
  fail_unless_equals_int (stats.dropped, 50);
}

GST_END_TEST;

GST_START_TEST (test_repeated_configuration_changes_nothing)
{
  Feed f = FEED (40 * MS, 50, 0, 23 * MS);
  guint i;

  set_both_caps ();
  for (i = 0; i < 10; i++) {
    set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS ", framerate=25/1");
    set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
    feed (&f, i * GST_SECOND, (i + 1) * GST_SECOND);
  }
  drain ();
  fail_unless_equals_int (mock->n_inits, 1);
  fail_unless_equals_int (mock->segments->len, 5);
}

GST_END_TEST;

GST_START_TEST (test_changed_configuration_begins_a_segment)
{
  Feed f = FEED (40 * MS, 25, 0, 20 * MS);

  set_both_caps ();
  feed (&f, 0, 3 * GST_SECOND);
  set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS_2);
  feed (&f, 3 * GST_SECOND, 6 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->n_inits, 2);
  fail_unless_equals_int (mock->segments->len, 4);
  fail_unless (nth (mock, 2)->discontinuity);
  fail_unless (nth (mock, 2)->begins_with_key);
  fail_unless_equals_uint64 (nth (mock, 2)->start, 3 * GST_SECOND);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_VIDEO), 150);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_AUDIO), 300);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_returning_publisher_goes_on_at_real_time_distance)
{
  Feed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);
  guint i, gaps = 0;
  GstClockTime gap_time = 0;

  set_both_caps ();
  feed (&f, 0, 10 * GST_SECOND);
  fail_unless_equals_int (gst_dvr_segmenter_away (mock->segmenter),
      GST_FLOW_OK);
  for (i = 0; i < 21; i++) {
    mock->now += GST_SECOND;
    fail_unless_equals_int (gst_dvr_segmenter_tick (mock->segmenter),
        GST_FLOW_OK);
  }
  fail_unless_equals_int (mock->segments->len, 15);
  fail_unless_equals_int (gst_dvr_segmenter_discont (mock->segmenter),
      GST_FLOW_OK);
  set_both_caps ();
  f.ts = 1234 * GST_SECOND;
  feed (&f, 0, 4 * GST_SECOND);
  drain ();
  for (i = 5; nth (mock, i)->gap; i++) {
    gaps++;
    gap_time += nth (mock, i)->duration;
    fail_unless (nth (mock, i)->duration <= 2 * GST_SECOND);
  }
  fail_unless_equals_int (gaps, 11);
  fail_unless_equals_uint64 (gap_time, 21 * GST_SECOND);
  fail_unless (nth (mock, i)->discontinuity);
  fail_unless_equals_uint64 (nth (mock, i)->start, 31 * GST_SECOND);
  fail_unless_equals_int64 (nth (mock, i)->wall - nth (mock, 0)->wall,
      31 * G_USEC_PER_SEC);
  fail_if (mock->ended);
}

GST_END_TEST;

GST_START_TEST (test_long_absence_ends_the_list)
{
  Feed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);
  guint i;

  set_both_caps ();
  feed (&f, 0, 4 * GST_SECOND);
  gst_dvr_segmenter_away (mock->segmenter);
  for (i = 0; i < 120; i++) {
    mock->now += GST_SECOND;
    gst_dvr_segmenter_tick (mock->segmenter);
  }
  fail_unless (mock->ended);
  fail_unless_equals_int (mock->segments->len, 2 + 30);
  f.ts = 0;
  feed (&f, 0, 4 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 2 + 30 + 2);
  fail_unless (nth (mock, 32)->discontinuity);
  fail_unless_equals_uint64 (nth (mock, 32)->start, 124 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_timestamps_that_jump_back_go_on_after_the_old)
{
  Feed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);

  f.ts = 500 * GST_SECOND;
  set_both_caps ();
  feed (&f, 0, 4 * GST_SECOND);
  f.ts = 3 * GST_SECOND;
  feed (&f, 0, 4 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 4);
  fail_unless (nth (mock, 2)->discontinuity);
  fail_unless (nth (mock, 2)->start >= 4 * GST_SECOND);
  fail_unless (nth (mock, 2)->start < 4100 * MS);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_VIDEO), 200);
}

GST_END_TEST;

GST_START_TEST (test_one_sample_out_of_line_is_dropped)
{
  GstDvrSegmenterStats stats;
  guint i;

  set_both_caps ();
  for (i = 0; i < 200; i++) {
    GstClockTime time = i * 40 * MS;

    push (GST_DVR_TRACK_VIDEO, i == 70 ? time + 50 * GST_SECOND :
        i == 120 ? 0 : time, i % 50 == 0);
    push (GST_DVR_TRACK_AUDIO, i == 160 ? 9000 * GST_SECOND : time, TRUE);
  }
  drain ();
  gst_dvr_segmenter_get_stats (mock->segmenter, &stats);
  fail_unless_equals_int (stats.dropped, 3);
  fail_unless_equals_int (stats.jumps, 0);
  fail_unless_equals_int (mock->segments->len, 4);
  fail_if (nth (mock, 3)->discontinuity);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_file_that_jumps_back_goes_on_without_a_hole)
{
  Feed f = FEED (40 * MS, 50, 0, 20 * MS);

  set_both_caps ();
  feed (&f, 0, 40 * GST_SECOND);
  feed (&f, 0, 4 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 22);
  fail_unless_equals_uint64 (nth (mock, 20)->start, 40 * GST_SECOND);
  fail_unless_equals_int64 (nth (mock, 20)->wall - nth (mock, 0)->wall,
      40 * G_USEC_PER_SEC);
}

GST_END_TEST;

GST_START_TEST (test_tracks_with_bases_of_their_own_are_aligned_once)
{
  GstDvrSegmenterStats stats;
  guint i;

  set_both_caps ();
  for (i = 0; i < 250; i++) {
    push (GST_DVR_TRACK_VIDEO, i * 40 * MS, i % 50 == 0);
    push (GST_DVR_TRACK_AUDIO, 9000 * GST_SECOND + i * 40 * MS, TRUE);
  }
  drain ();
  gst_dvr_segmenter_get_stats (mock->segmenter, &stats);
  fail_unless_equals_int (stats.jumps, 0);
  fail_unless_equals_int (mock->segments->len, 5);
  fail_unless (nth (mock, 0)->first_dts[1] < 40 * MS);
}

GST_END_TEST;

GST_START_TEST (test_small_steps_back_are_repaired_minimally)
{
  GstDvrSegmenterStats stats;
  guint i;

  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_AUDIO,
      GST_DVR_EXPECT_NO);
  set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  for (i = 0; i < 100; i++)
    push (GST_DVR_TRACK_VIDEO, (i == 30 ? 28 : i) * 40 * MS, i % 50 == 0);
  drain ();
  gst_dvr_segmenter_get_stats (mock->segmenter, &stats);
  fail_unless_equals_int (stats.repaired, 1);
  fail_unless_equals_int (stats.jumps, 0);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_VIDEO), 100);
  fail_unless_equals_uint64 (nth (mock, 1)->start, 2 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_presentation_before_decoding_moves_decoding)
{
  Feed f = FEED (40 * MS, 50, 0, 0);

  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_AUDIO,
      GST_DVR_EXPECT_NO);
  set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  feed (&f, 0, GST_SECOND);
  fail_unless_equals_int (push_full (GST_DVR_TRACK_VIDEO, GST_SECOND,
          940 * MS, FALSE, 100), GST_FLOW_OK);
  drain ();
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_VIDEO), 26);
}

GST_END_TEST;

GST_START_TEST (test_audio_that_stops_does_not_stop_the_recording)
{
  Feed both = FEED (40 * MS, 50, 0, 20 * MS);
  Feed video = FEED (40 * MS, 50, 0, 0);

  set_both_caps ();
  feed (&both, 0, 4 * GST_SECOND);
  feed (&video, 4 * GST_SECOND, 20 * GST_SECOND);
  fail_unless (mock->segments->len >= 9);
  drain ();
  fail_unless_equals_int (mock->segments->len, 10);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_VIDEO), 500);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_video_that_stops_does_not_stop_the_recording)
{
  Feed both = FEED (40 * MS, 50, 0, 20 * MS);
  Feed audio = FEED (0, 0, 0, 20 * MS);

  set_both_caps ();
  feed (&both, 0, 4 * GST_SECOND);
  feed (&audio, 4 * GST_SECOND, 40 * GST_SECOND);
  fail_unless (mock->segments->len >= 5);
  feed (&both, 40 * GST_SECOND, 44 * GST_SECOND);
  drain ();
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_VIDEO), 200);
  fail_unless_equals_int (count_samples (GST_DVR_TRACK_AUDIO), 2200);
  check_parts ();
}

GST_END_TEST;

GST_START_TEST (test_what_is_held_is_bounded)
{
  guint i;

  gst_dvr_segmenter_expect (mock->segmenter, GST_DVR_TRACK_AUDIO,
      GST_DVR_EXPECT_YES);
  set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  for (i = 0; i < 50; i++)
    fail_unless_equals_int (push_full (GST_DVR_TRACK_VIDEO, i * MS, i * MS,
            i == 0, 1024 * 1024), GST_FLOW_OK);
  fail_unless_equals_int (mock->segments->len, 1);
}

GST_END_TEST;

GST_START_TEST (test_failure_closes_what_is_whole_and_begins_anew)
{
  Feed f = FEED (40 * MS, 25, 0, 20 * MS);
  Segment *segment;
  guint before;

  set_both_caps ();
  feed (&f, 0, 3 * GST_SECOND);
  mock->fail = GST_FLOW_ERROR;
  fail_unless_equals_int (push_full (GST_DVR_TRACK_VIDEO, 3 * GST_SECOND,
          3 * GST_SECOND, TRUE, 100), GST_FLOW_OK);
  fail_unless_equals_int (push_full (GST_DVR_TRACK_AUDIO, 3 * GST_SECOND,
          3 * GST_SECOND, TRUE, 100), GST_FLOW_ERROR);
  gst_dvr_segmenter_abandon (mock->segmenter);
  before = mock->segments->len;
  segment = nth (mock, before - 1);
  fail_unless (segment->closed);
  fail_unless (segment->duration % (240 * MS) == 0);
  mock->fail = GST_FLOW_OK;
  feed (&f, 4 * GST_SECOND, 6 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, before + 1);
  segment = nth (mock, before);
  fail_unless (segment->discontinuity && segment->begins_with_key);
}

GST_END_TEST;

GST_START_TEST (test_goes_on_after_an_earlier_recording)
{
  Feed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);

  gst_dvr_segmenter_set_start (mock->segmenter, 86400 * GST_SECOND, TRUE, 0,
      TRUE, FALSE);
  set_both_caps ();
  f.ts = 77 * GST_SECOND;
  feed (&f, 0, 4 * GST_SECOND);
  drain ();
  fail_unless (nth (mock, 0)->discontinuity);
  fail_unless_equals_uint64 (nth (mock, 0)->start, 86400 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_time_passes_while_an_old_recording_has_no_publisher)
{
  guint i;

  gst_dvr_segmenter_set_start (mock->segmenter, 100 * GST_SECOND, TRUE, 0,
      TRUE, TRUE);
  for (i = 0; i < 10; i++) {
    mock->now += GST_SECOND;
    gst_dvr_segmenter_tick (mock->segmenter);
  }
  fail_unless_equals_int (mock->segments->len, 5);
  fail_unless (nth (mock, 4)->gap);
  fail_unless_equals_uint64 (nth (mock, 0)->start, 100 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_absence_of_the_recorder_is_listed)
{
  Feed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);

  gst_dvr_segmenter_set_start (mock->segmenter, 100 * GST_SECOND, TRUE,
      7 * GST_SECOND, TRUE, TRUE);
  gst_dvr_segmenter_tick (mock->segmenter);
  fail_unless_equals_int (mock->segments->len, 3);
  fail_unless_equals_int64 (mock->wall_base + mock->now / 1000 -
      nth (mock, 0)->wall, 7 * G_USEC_PER_SEC);
  set_both_caps ();
  feed (&f, 0, 4 * GST_SECOND);
  drain ();
  fail_unless (nth (mock, 3)->gap);
  fail_unless_equals_uint64 (nth (mock, 3)->duration, GST_SECOND);
  fail_unless_equals_uint64 (nth (mock, 4)->start, 107 * GST_SECOND);
  fail_unless (nth (mock, 4)->discontinuity);
}

GST_END_TEST;

GST_START_TEST (test_absence_after_an_ended_list_is_kept_but_not_listed)
{
  Feed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);

  gst_dvr_segmenter_set_start (mock->segmenter, 100 * GST_SECOND, TRUE,
      3600 * GST_SECOND, FALSE, FALSE);
  mock->now += 5 * GST_SECOND;
  fail_unless_equals_int (gst_dvr_segmenter_tick (mock->segmenter),
      GST_FLOW_OK);
  set_both_caps ();
  feed (&f, 0, 2 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 1);
  fail_if (nth (mock, 0)->gap);
  fail_unless (nth (mock, 0)->discontinuity);
  fail_unless_equals_uint64 (nth (mock, 0)->start, 3705 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_part_that_fails_is_not_counted)
{
  Feed f = FEED (40 * MS, 50, 0, 20 * MS);
  Segment *segment;

  set_both_caps ();
  feed (&f, 0, 700 * MS);
  mock->fail_part = TRUE;
  fail_unless_equals_int (push_full (GST_DVR_TRACK_VIDEO, 720 * MS, 720 * MS,
          FALSE, 100), GST_FLOW_OK);
  push (GST_DVR_TRACK_AUDIO, 700 * MS, TRUE);
  fail_unless_equals_int (push_full (GST_DVR_TRACK_AUDIO, 720 * MS, 720 * MS,
          TRUE, 100), GST_FLOW_ERROR);
  gst_dvr_segmenter_abandon (mock->segmenter);
  segment = nth (mock, 0);
  fail_unless (segment->closed);
  fail_unless_equals_int (segment->parts->len, 2);
  fail_unless_equals_uint64 (segment->duration, 480 * MS);
}

GST_END_TEST;

GST_START_TEST (test_end_is_written_once_and_nothing_lists_gaps_after_it)
{
  Feed f = LIVE_FEED (40 * MS, 50, 0, 20 * MS);

  set_both_caps ();
  feed (&f, 0, 4 * GST_SECOND);
  fail_unless_equals_int (gst_dvr_segmenter_end (mock->segmenter), GST_FLOW_OK);
  fail_unless_equals_int (gst_dvr_segmenter_end (mock->segmenter), GST_FLOW_OK);
  fail_unless (mock->ended);
  mock->now += 20 * GST_SECOND;
  feed (&f, 4 * GST_SECOND, 6 * GST_SECOND);
  drain ();
  fail_unless_equals_int (mock->segments->len, 3);
  fail_unless_equals_uint64 (nth (mock, 2)->start, 24 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_random_input_never_breaks_the_rules)
{
  GRand *rand = g_rand_new_with_seed (4711);
  GstClockTime ts[2] = { 0, 0 };
  guint i;

  set_both_caps ();
  for (i = 0; i < 20000; i++) {
    GstDvrTrack track = g_rand_boolean (rand);

    if (g_rand_int_range (rand, 0, 500) == 0)
      ts[track] = (GstClockTime) g_rand_int (rand) * MS;
    else if (g_rand_int_range (rand, 0, 50) == 0)
      ts[track] -= MIN (ts[track], 300 * MS);
    else
      ts[track] += g_rand_int_range (rand, 0, 60) * MS;
    mock->now += g_rand_int_range (rand, 0, 40) * MS;
    if (g_rand_int_range (rand, 0, 1000) == 0)
      set_caps (GST_DVR_TRACK_VIDEO, i % 2 ? VIDEO_CAPS : VIDEO_CAPS_2);
    if (g_rand_int_range (rand, 0, 2000) == 0)
      gst_dvr_segmenter_away (mock->segmenter);
    gst_dvr_segmenter_tick (mock->segmenter);
    fail_unless_equals_int (push_full (track, ts[track], ts[track] +
            g_rand_int_range (rand, 0, 4) * 40 * MS,
            track || g_rand_int_range (rand, 0, 30) == 0, 10), GST_FLOW_OK);
  }
  drain ();
  for (i = 0; i < mock->segments->len; i++)
    fail_unless (nth (mock, i)->duration <= 11 * GST_SECOND,
        "segment %u lasts %" GST_TIME_FORMAT, i,
        GST_TIME_ARGS (nth (mock, i)->duration));
  g_rand_free (rand);
}

GST_END_TEST;

static Suite *
segmenter_suite (void)
{
  Suite *s = suite_create ("segmenter");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_cuts_at_first_keyframe_at_or_after_target);
  tcase_add_test (tc, test_seven_second_gop_is_kept_whole);
  tcase_add_test (tc, test_default_gop_of_250_frames_is_kept_whole);
  tcase_add_test (tc, test_endless_gop_is_cut_at_the_maximum);
  tcase_add_test (tc, test_byte_cap_cuts_inside_a_gop);
  tcase_add_test (tc, test_audio_only_is_cut_on_time);
  tcase_add_test (tc, test_video_only);
  tcase_add_test (tc, test_parts_and_chunks_at_odd_frame_rates);
  tcase_add_test (tc, test_rounded_timestamps_make_no_part_too_long);
  tcase_add_test (tc, test_segment_without_keyframe_ends_at_the_next);
  tcase_add_test (tc, test_one_frame_a_second_is_left_alone);
  tcase_add_test (tc, test_one_frame_in_twelve_seconds_keeps_its_pace);
  tcase_add_test (tc, test_chunk_per_frame);
  tcase_add_test (tc, test_chunks_of_forty_milliseconds);
  tcase_add_test (tc, test_all_tracks_are_cut_where_the_keyframe_is_shown);
  tcase_add_test (tc, test_first_segment_waits_for_announced_track);
  tcase_add_test (tc,
      test_announced_track_that_never_comes_is_not_waited_for_long);
  tcase_add_test (tc, test_track_said_not_to_come_is_not_waited_for);
  tcase_add_test (tc, test_late_track_gets_a_new_init_and_a_discontinuity);
  tcase_add_test (tc, test_frames_before_the_first_keyframe_are_dropped);
  tcase_add_test (tc, test_repeated_configuration_changes_nothing);
  tcase_add_test (tc, test_changed_configuration_begins_a_segment);
  tcase_add_test (tc, test_returning_publisher_goes_on_at_real_time_distance);
  tcase_add_test (tc, test_long_absence_ends_the_list);
  tcase_add_test (tc, test_timestamps_that_jump_back_go_on_after_the_old);
  tcase_add_test (tc, test_one_sample_out_of_line_is_dropped);
  tcase_add_test (tc, test_file_that_jumps_back_goes_on_without_a_hole);
  tcase_add_test (tc, test_tracks_with_bases_of_their_own_are_aligned_once);
  tcase_add_test (tc, test_small_steps_back_are_repaired_minimally);
  tcase_add_test (tc, test_presentation_before_decoding_moves_decoding);
  tcase_add_test (tc, test_audio_that_stops_does_not_stop_the_recording);
  tcase_add_test (tc, test_video_that_stops_does_not_stop_the_recording);
  tcase_add_test (tc, test_what_is_held_is_bounded);
  tcase_add_test (tc, test_failure_closes_what_is_whole_and_begins_anew);
  tcase_add_test (tc, test_goes_on_after_an_earlier_recording);
  tcase_add_test (tc, test_time_passes_while_an_old_recording_has_no_publisher);
  tcase_add_test (tc, test_absence_of_the_recorder_is_listed);
  tcase_add_test (tc, test_absence_after_an_ended_list_is_kept_but_not_listed);
  tcase_add_test (tc, test_part_that_fails_is_not_counted);
  tcase_add_test (tc, test_end_is_written_once_and_nothing_lists_gaps_after_it);
  tcase_add_test (tc, test_random_input_never_breaks_the_rules);
  return s;
}

GST_CHECK_MAIN (segmenter);
