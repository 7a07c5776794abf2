/* Silence that decoders take: as long as it says, and silent.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include "fmp4/fmp4.h"

#define N_FRAMES 20

typedef struct
{
  const gchar *decoder;
  const gchar *caps;
  guint samples;                /* per frame */
} Case;

#define AAC(rate, channels, asc) "audio/mpeg, mpegversion=4, " \
    "stream-format=raw, rate=" rate ", channels=" channels ", codec_data=(buffer)" asc
#define MP3(rate, channels) "audio/mpeg, mpegversion=1, layer=3, " \
    "parsed=true, rate=" rate ", channels=" channels
#define OPUS(channels) "audio/x-opus, rate=48000, " \
    "channel-mapping-family=0, channels=" channels

/* STREAMINFO, from its block sizes on: rate, channels and bits are packed */
#define FLAC(rate, channels, blocks, packed) "audio/x-flac, framed=true, " \
    "rate=" rate ", channels=" channels ", streamheader=(buffer)<" \
    "7f464c414301000000664c614380000022" blocks "000000000000" packed \
    "000000000000000000000000000000000000" ">"

static const Case cases[] = {
  {"avdec_aac", AAC ("48000", "1", "1188"), 1024},
  {"avdec_aac", AAC ("44100", "2", "1210"), 1024},
  {"avdec_aac", AAC ("48000", "3", "1198"), 1024},
  {"avdec_aac", AAC ("48000", "4", "11a0"), 1024},
  {"avdec_aac", AAC ("48000", "5", "11a8"), 1024},
  {"avdec_aac", AAC ("48000", "6", "11b0"), 1024},
  {"avdec_aac", AAC ("48000", "8", "11b8"), 1024},
  {"avdec_aac", AAC ("8000", "1", "1588"), 1024},
  {"avdec_aac", AAC ("48000", "2", "2b118800"), 2048},
  {"avdec_mp3", MP3 ("44100", "2"), 1152},
  {"avdec_mp3", MP3 ("32000", "1"), 1152},
  {"avdec_mp3", MP3 ("24000", "2"), 576},
  {"avdec_mp3", MP3 ("11025", "1"), 576},
  {"opusdec", OPUS ("1"), 960},
  {"opusdec", OPUS ("2"), 960},
  {"flacdec", FLAC ("44100", "2", "10001000", "0ac442f00000"), 4096},
  {"flacdec", FLAC ("48000", "1", "02400240", "0bb800f00000"), 576},
  {"flacdec", FLAC ("48000", "6", "12001200", "0bb80b700000"), 4608},
  {"flacdec", FLAC ("96000", "2", "00101000", "177003700000"), 4096},
};

static GstBuffer *
make (const gchar * text)
{
  GstCaps *caps = gst_caps_from_string (text);
  GstBuffer *silence = gst_fmp4_make_silence (caps);

  gst_caps_unref (caps);
  return silence;
}

/* Returns: samples of all channels, each of which must be zero */
static gsize
count_silent (GstBuffer * buffer, gboolean is_float, gsize width)
{
  GstMapInfo map;
  gsize i, n;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  n = map.size / width;
  for (i = 0; i < n; i++) {
    if (is_float)
      fail_unless (((gfloat *) map.data)[i] == 0);
    else if (width == 2)
      fail_unless (((gint16 *) map.data)[i] == 0);
    else
      fail_unless (((gint32 *) map.data)[i] == 0);
  }
  gst_buffer_unmap (buffer, &map);
  return n;
}

static void
check_decoded (GstHarness * h, const Case * test)
{
  GstCaps *caps = gst_pad_get_current_caps (h->sinkpad);
  const GstStructure *format;
  const gchar *sample;
  gint channels = 0;
  GstBuffer *buffer;
  gsize total = 0;

  fail_unless (caps != NULL, "%s decodes to nothing", test->caps);
  format = gst_caps_get_structure (caps, 0);
  gst_structure_get_int (format, "channels", &channels);
  sample = gst_structure_get_string (format, "format");
  while ((buffer = gst_harness_try_pull (h)) != NULL) {
    fail_if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED));
    total += count_silent (buffer, sample[0] == 'F', sample[1] == '1' ? 2 : 4)
        / channels;
    gst_buffer_unref (buffer);
  }
  gst_caps_unref (caps);
  /* Decoders may keep back a frame, and begin late by one. */
  fail_unless (total <= N_FRAMES * test->samples &&
      total >= (N_FRAMES - 2) * test->samples,
      "%s: %" G_GSIZE_FORMAT " samples", test->caps, total);
}

static void
decode (const Case * test)
{
  GstBuffer *silence = make (test->caps), *frame;
  GstClockTime time = 0;
  GstHarness *h;
  guint i;

  fail_unless (silence != NULL, "no silence of %s", test->caps);
  h = gst_harness_new (test->decoder);
  gst_harness_set_src_caps_str (h, test->caps);
  for (i = 0; i < N_FRAMES; i++) {
    frame = gst_buffer_copy (silence);
    GST_BUFFER_PTS (frame) = time;
    time += GST_BUFFER_DURATION (silence);
    fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  }
  gst_harness_push_event (h, gst_event_new_eos ());
  check_decoded (h, test);
  gst_harness_teardown (h);
  gst_buffer_unref (silence);
}

GST_START_TEST (test_decoders_play_it_as_silence)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    if (gst_registry_check_feature_version (gst_registry_get (),
            cases[i].decoder, 1, 0, 0))
      decode (&cases[i]);
  }
}

GST_END_TEST;

GST_START_TEST (test_its_duration_is_that_of_a_frame)
{
  GstBuffer *silence = make (AAC ("48000", "2", "1190"));

  fail_unless_equals_clocktime (GST_BUFFER_DURATION (silence),
      gst_util_uint64_scale_round (1024, GST_SECOND, 48000));
  gst_buffer_unref (silence);
  silence = make (OPUS ("2"));
  fail_unless_equals_clocktime (GST_BUFFER_DURATION (silence),
      20 * GST_MSECOND);
  gst_buffer_unref (silence);
}

GST_END_TEST;

GST_START_TEST (test_there_is_none_of_what_is_not_known)
{
  /* channels in a table, ER AAC-LD, mapping family 1, FLAC without its
   * STREAMINFO, AC-3, pictures */
  fail_if (make (AAC ("48000", "2", "118004c8000002000590")));
  fail_if (make (AAC ("48000", "2", "b98c0000")));
  fail_if (make ("audio/x-opus, rate=48000, channels=6, "
          "channel-mapping-family=1"));
  fail_if (make ("audio/x-flac, rate=48000, channels=2"));
  fail_if (make ("audio/x-ac3, framed=true, rate=48000, channels=2"));
  fail_if (make ("video/x-h264"));
}

GST_END_TEST;

static Suite *
silence_suite (void)
{
  Suite *s = suite_create ("silence");
  TCase *tc = tcase_create ("silence");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_decoders_play_it_as_silence);
  tcase_add_test (tc, test_its_duration_is_that_of_a_frame);
  tcase_add_test (tc, test_there_is_none_of_what_is_not_known);
  return s;
}

GST_CHECK_MAIN (silence);
