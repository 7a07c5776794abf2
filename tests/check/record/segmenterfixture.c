/* segmenterfixture.c: what takes the decisions of a segmenter, for tests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "segmenterfixture.h"

static void
segment_free (MockSegment * segment)
{
  g_array_unref (segment->parts);
  g_array_unref (segment->independent);
  g_array_unref (segment->shown[0]);
  g_array_unref (segment->shown[1]);
  g_free (segment);
}

static MockSegment *
add_segment (Mock * mock, GstClockTime start, gint64 wall)
{
  MockSegment *segment = g_new0 (MockSegment, 1);

  segment->start = start;
  segment->wall = wall;
  segment->parts = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  segment->independent = g_array_new (FALSE, FALSE, sizeof (gboolean));
  segment->shown[0] = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  segment->shown[1] = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  g_ptr_array_add (mock->segments, segment);
  return segment;
}

MockSegment *
mock_nth (Mock * mock, guint n)
{
  fail_unless (n < mock->segments->len, "there are only %u segments",
      mock->segments->len);
  return g_ptr_array_index (mock->segments, n);
}

static MockSegment *
current (Mock * mock)
{
  MockSegment *segment = mock_nth (mock, mock->segments->len - 1);

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

static GstBuffer *
mock_make_silence (gpointer user_data, const GstCaps * caps)
{
  Mock *mock = user_data;
  GstBuffer *silence = NULL;

  if (mock->silence > 0) {
    silence = gst_buffer_new_allocate (NULL, 7, NULL);
    GST_BUFFER_DURATION (silence) = mock->silence;
  }
  return silence;
}

static GstFlowReturn
mock_set_init (gpointer user_data, GstCaps * const caps[GST_DVR_N_TRACKS])
{
  Mock *mock = user_data;

  fail_unless (caps[0] || caps[1]);
  if (mock->segments->len > 0)
    fail_unless (mock_nth (mock, mock->segments->len - 1)->closed);
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
  MockSegment *segment;

  fail_unless (mock->n_inits > 0);
  if (mock->segments->len > 0) {
    MockSegment *last = mock_nth (mock, mock->segments->len - 1);

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

/* What is shown comes to pass: the same sample, in the same place. */
static void
mock_show (gpointer user_data, const GstDvrShown * samples, guint n)
{
  Mock *mock = user_data;
  MockSegment *segment = current (mock);
  GstClockTime none = GST_CLOCK_TIME_NONE;
  guint i;

  for (i = 0; i < n; i++) {
    GstDvrTrack track = samples[i].track;
    GArray *shown = segment->shown[track];

    fail_unless (mock->init_has[track]);
    fail_unless (samples[i].index >= shown->len, "shown twice");
    fail_unless (samples[i].index >= segment->samples[track], "written before");
    while (shown->len < samples[i].index)
      g_array_append_val (shown, none);
    g_array_append_val (shown, samples[i].sample->dts);
  }
  segment->n_shown += n;
}

static void
check_shown (MockSegment * segment, guint track, guint index,
    const GstDvrSample * sample)
{
  GArray *shown = segment->shown[track];
  GstClockTime dts;

  if (index >= shown->len)
    return;
  dts = g_array_index (shown, GstClockTime, index);
  fail_unless (dts == GST_CLOCK_TIME_NONE || dts == sample->dts,
      "another sample was shown in its place");
}

static void
take_samples (Mock * mock, MockSegment * segment, const GstDvrChunk * chunk,
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
    check_shown (segment, track, segment->samples[track], sample);
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
  MockSegment *segment = current (mock);

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
  MockSegment *segment = current (mock);

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
  MockSegment *segment = current (mock);

  mock->part_open = FALSE;
  if (mock->fail == GST_FLOW_OK && !mock->fail_part) {
    fail_unless (segment->samples[0] >= segment->shown[0]->len);
    fail_unless (segment->samples[1] >= segment->shown[1]->len);
  }
  segment->duration = duration;
  segment->closed = TRUE;
  return GST_FLOW_OK;
}

static GstFlowReturn
mock_gap (gpointer user_data, GstClockTime start, GstClockTime duration,
    gint64 wall)
{
  Mock *mock = user_data;
  MockSegment *segment;

  if (mock->segments->len > 0)
    fail_unless (mock_nth (mock, mock->segments->len - 1)->closed);
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
  mock_get_time, mock_make_silence, mock_set_init, mock_open, mock_show,
  mock_begin_part,
  mock_append,
  mock_end_part, mock_close, mock_gap, mock_end
};

Mock *mock;

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

const GstDvrSegmenterConfig mock_default_config = {
  2 * GST_SECOND, 10 * GST_SECOND, 250 * MS, 40 * MS, 60 * GST_SECOND,
  64 * 1024 * 1024
};

void
mock_setup (void)
{
  setup_with (&mock_default_config);
}

void
mock_teardown (void)
{
  gst_dvr_segmenter_free (mock->segmenter);
  g_ptr_array_unref (mock->segments);
  g_free (mock);
}

void
mock_reconfigure (const GstDvrSegmenterConfig * config)
{
  mock_teardown ();
  setup_with (config);
}

void
mock_set_caps (GstDvrTrack track, const gchar * text)
{
  GstCaps *caps = gst_caps_from_string (text);

  fail_unless_equals_int (gst_dvr_segmenter_set_caps (mock->segmenter, track,
          caps), GST_FLOW_OK);
  gst_caps_unref (caps);
}

void
mock_set_both_caps (void)
{
  mock_set_caps (GST_DVR_TRACK_VIDEO, VIDEO_CAPS);
  mock_set_caps (GST_DVR_TRACK_AUDIO, AUDIO_CAPS);
}

GstFlowReturn
mock_push_full (GstDvrTrack track, GstClockTime dts, GstClockTime pts,
    gboolean key, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  GST_BUFFER_DTS (buffer) = dts;
  GST_BUFFER_PTS (buffer) = pts;
  if (!key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return gst_dvr_segmenter_push (mock->segmenter, track, buffer);
}

void
mock_push (GstDvrTrack track, GstClockTime time, gboolean key)
{
  fail_unless_equals_int (mock_push_full (track, time, time, key, 100),
      GST_FLOW_OK);
}

/* Feeds interleaved samples with times in [from, to). */
void
mock_feed (const MockFeed * f, GstClockTime from, GstClockTime to)
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
      fail_unless_equals_int (mock_push_full (GST_DVR_TRACK_VIDEO, f->ts + vt,
              f->ts + vt + f->b_frames * f->frame,
              f->gop > 0 ? v % f->gop == 0 : v == 0, 100), GST_FLOW_OK);
      v++;
    } else {
      mock_push (GST_DVR_TRACK_AUDIO, f->ts + at, TRUE);
      a++;
    }
  }
  if (f->live)
    mock->now = start + (to - from);
}

void
mock_drain (void)
{
  fail_unless_equals_int (gst_dvr_segmenter_drain (mock->segmenter),
      GST_FLOW_OK);
}

/* RFC 8216bis: no part longer than the part target, none shorter than 85 % of
 * it but the last and those before an independent one; and they make up the
 * segment. */
void
mock_check_parts (void)
{
  guint i, k;

  for (i = 0; i < mock->segments->len; i++) {
    MockSegment *segment = mock_nth (mock, i);
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

guint
mock_count_samples (GstDvrTrack track)
{
  guint i, n = 0;

  for (i = 0; i < mock->segments->len; i++)
    n += mock_nth (mock, i)->samples[track];
  return n;
}
