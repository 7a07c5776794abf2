/* Audio timing: rounded timestamps become sample-exact ones.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "formats.h"
#include "fmp4/fmp4.h"
#include "fmp4/fmp4timing.h"

#define MS GST_MSECOND

static GstFmp4Timing timing;
static guint64 position;        /* of the frame last given, in samples */

static void
start (const gchar * asc)
{
  TestCodec codec = { GST_FMP4_CODEC_AAC, asc, "AAC" };
  GstCaps *caps = test_caps (&codec);

  fail_unless (gst_fmp4_timing_init (&timing, caps));
  gst_caps_unref (caps);
}

/* Gives a frame stamped @dts, remembers where it was put. */
static GstFmp4TimingResult
give (GstClockTime dts)
{
  GstBuffer *frame = test_sample (dts, dts, GST_CLOCK_TIME_NONE, TRUE, 0, 9);
  GstFmp4TimingResult result = gst_fmp4_timing_next (&timing, frame);
  guint64 end;

  if (result != GST_FMP4_TIMING_OVERLAP && result != GST_FMP4_TIMING_UNKNOWN) {
    position = gst_fmp4_time_to_ticks (GST_BUFFER_DTS (frame), timing.rate);
    end = gst_fmp4_time_to_ticks (GST_BUFFER_DTS (frame) +
        GST_BUFFER_DURATION (frame), timing.rate);
    fail_unless_equals_uint64 (end - position, timing.frame_samples);
    fail_unless_equals_clocktime (GST_BUFFER_PTS (frame),
        GST_BUFFER_DTS (frame));
  }
  gst_buffer_unref (frame);
  return result;
}

/* What RTMP makes of a time */
static GstClockTime
rounded (gdouble seconds)
{
  return (GstClockTime) (seconds * 1000) * MS;
}

GST_START_TEST (test_milliseconds_become_samples)
{
  static const struct
  {
    const gchar *asc;
    guint rate, samples;
  } cases[] = {
    /* *INDENT-OFF* */
    {"1190", 48000, 1024},
    {"1210", 44100, 1024},
    {"1194", 48000, 960},
    {"2b118800", 48000, 2048},                  /* HE-AAC, said in front */
    {"131056e598", 48000, 2048},                /* HE-AAC, said behind */
    {"1590", 8000, 1024},
    /* *INDENT-ON* */
  };
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint64 origin;

    start (cases[i].asc);
    fail_unless_equals_int (timing.rate, cases[i].rate);
    fail_unless_equals_int (timing.frame_samples, cases[i].samples);
    fail_unless_equals_int (give (12345 * MS), GST_FMP4_TIMING_START);
    origin = position;
    for (k = 1; k < 20000; k++) {
      gdouble at = 12.345 + (gdouble) k * cases[i].samples / cases[i].rate;

      fail_unless_equals_int (give (rounded (at)), GST_FMP4_TIMING_EXACT);
      fail_unless_equals_uint64 (position, origin + k * cases[i].samples);
    }
  }
}

GST_END_TEST;

GST_START_TEST (test_jitter_below_the_threshold_changes_nothing)
{
  guint k;

  start ("1190");
  give (1000 * MS);
  for (k = 1; k < 2000; k++)
    fail_unless_equals_int (give (1000 * MS + k * 64 * MS / 3 +
            (k % 3) * 20 * MS), GST_FMP4_TIMING_EXACT);
  fail_unless_equals_uint64 (position, 48000 + 1999 * 1024);
}

GST_END_TEST;

GST_START_TEST (test_one_stray_timestamp_changes_nothing)
{
  guint k;

  start ("1190");
  give (1000 * MS);
  for (k = 1; k < 200; k++)
    fail_unless_equals_int (give (1000 * MS + k * 64 * MS / 3 +
            (k % 7 == 0 ? 300 * MS : 0)), GST_FMP4_TIMING_EXACT);
}

GST_END_TEST;

GST_START_TEST (test_lost_frames_become_a_gap_after_patience)
{
  guint k, at = 0;

  start ("1190");
  give (0);
  /* 100 ms are missing after the first frame */
  for (k = 1; k < 50; k++) {
    GstFmp4TimingResult result = give (100 * MS + k * 64 * MS / 3);

    if (result == GST_FMP4_TIMING_GAP) {
      fail_unless_equals_int (at, 0);
      at = k;
      fail_unless_equals_uint64 (position,
          gst_fmp4_time_to_ticks (100 * MS + k * 64 * MS / 3, 48000));
    } else {
      fail_unless_equals_int (result, GST_FMP4_TIMING_EXACT);
    }
  }
  fail_unless_equals_int (at, GST_FMP4_TIMING_PATIENCE);
}

GST_END_TEST;

GST_START_TEST (test_a_slow_clock_drops_frames_and_never_goes_back)
{
  guint k, dropped = 0;
  guint64 last = 0;

  /* the samples are 1% more than the timestamps say: over 60 s, 600 ms */
  start ("1190");
  give (0);
  for (k = 1; k < 2812; k++) {
    if (give (k * 64 * MS / 3 * 99 / 100) == GST_FMP4_TIMING_OVERLAP) {
      dropped++;
    } else {
      fail_unless (position > last);
      last = position;
    }
  }
  /* 600 ms are 28 frames; what the threshold tolerates may remain */
  fail_unless (dropped >= 25 && dropped <= 29, "%u dropped", dropped);
  fail_unless (ABS ((gint64) last - 48000 * 594 / 10) < 48000 / 10);
}

GST_END_TEST;

GST_START_TEST (test_a_jump_is_followed_at_once)
{
  start ("1190");
  give (1000 * MS);
  fail_unless_equals_int (give (9000 * MS), GST_FMP4_TIMING_JUMPED);
  fail_unless_equals_uint64 (position, 9 * 48000);
  fail_unless_equals_int (give (2000 * MS), GST_FMP4_TIMING_JUMPED);
  fail_unless_equals_uint64 (position, 2 * 48000);
  fail_unless_equals_int (give (2021 * MS), GST_FMP4_TIMING_EXACT);
}

GST_END_TEST;

GST_START_TEST (test_frames_say_how_long_they_are)
{
  static const struct
  {
    guint codec;                /* in the table of codecs */
    const gchar *frame;
    guint samples;
  } cases[] = {
    /* *INDENT-OFF* */
    {6, "fffb9464", 1152},                      /* MPEG 1 layer 3 */
    {6, "fff39464", 576},                       /* MPEG 2 */
    {6, "ffe39464", 576},                       /* MPEG 2.5 */
    {6, "00000000", 0},
    {7, "f8aabb", 960},                         /* CELT, 20 ms */
    {7, "e0aa", 120},                           /* CELT, 2.5 ms */
    {7, "18aa", 2880},                          /* SILK, 60 ms */
    {7, "f9aabb", 1920},                        /* two of 20 ms */
    {7, "fb03aa", 2880},                        /* three */
    {7, "fb3faa", 0},                           /* 63: more than 120 ms */
    {8, "0b7700000c4020ff", 1536},
    {9, "0b7700013480aabb", 1536},              /* one frame of 6 blocks */
    {9, "0b7700010480" "0b7700010480", 256},    /* cut off before its size */
    {9, "0b7700020480" "0b7700020480", 512},    /* two of 1 block */
    {9, "0b7700020480" "0b7740020480", 256},    /* the second adds channels */
    {10, "fff8c9a8000000aa", 4096},
    {10, "fff86918007fffff", 128},              /* 8 bits of size */
    {10, "fff87918000fffff", 4096},             /* 16 bits of size */
    {10, "fff8091800ffffff", 0},
    /* *INDENT-ON* */
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstCaps *caps = test_caps (&test_codecs[cases[i].codec]);
    GstBuffer *frame = test_hex (cases[i].frame);

    fail_unless (gst_fmp4_timing_init (&timing, caps));
    fail_unless_equals_int (gst_fmp4_timing_frame_samples (&timing, frame),
        cases[i].samples);
    gst_buffer_unref (frame);
    gst_caps_unref (caps);
  }
}

GST_END_TEST;

GST_START_TEST (test_pictures_have_no_audio_timing)
{
  GstCaps *caps = test_caps (&test_codecs[0]);

  fail_if (gst_fmp4_timing_init (&timing, caps));
  gst_caps_unref (caps);
}

GST_END_TEST;

static Suite *
timing_suite (void)
{
  Suite *s = suite_create ("timing");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_milliseconds_become_samples);
  tcase_add_test (tc, test_jitter_below_the_threshold_changes_nothing);
  tcase_add_test (tc, test_one_stray_timestamp_changes_nothing);
  tcase_add_test (tc, test_lost_frames_become_a_gap_after_patience);
  tcase_add_test (tc, test_a_slow_clock_drops_frames_and_never_goes_back);
  tcase_add_test (tc, test_a_jump_is_followed_at_once);
  tcase_add_test (tc, test_frames_say_how_long_they_are);
  tcase_add_test (tc, test_pictures_have_no_audio_timing);
  return s;
}

GST_CHECK_MAIN (timing);
