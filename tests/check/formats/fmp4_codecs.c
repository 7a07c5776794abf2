/* Codec configurations in fragmented MP4, and what they say of pictures.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "formats.h"

#include "fmp4/fmp4.h"

GST_START_TEST (test_every_codec_survives_the_init_section)
{
  const TestCodec *codec = &test_codecs[__i__];
  GstFmp4Track track, *read;
  GstBuffer *init;
  GstMapInfo map;
  GArray *tracks;
  GstCaps *caps = test_caps (codec);
  gchar *name = gst_fmp4_codec_string (caps);
  guint width = 0, height = 0;

  fail_unless_equals_string (name, codec->name);
  fail_unless (gst_fmp4_track_init (&track, 3, caps, 0, NULL));
  fail_unless_equals_int (track.timescale,
      gst_fmp4_track_is_video (&track) ? 90000 : 48000);
  init = gst_fmp4_write_init (&track, 1, NULL);
  gst_buffer_map (init, &map, GST_MAP_READ);
  tracks = gst_fmp4_read_init (map.data, map.size, NULL);
  fail_unless_equals_int (tracks->len, 1);
  read = &g_array_index (tracks, GstFmp4Track, 0);
  fail_unless_equals_int (read->id, 3);
  fail_unless_equals_int (read->timescale, track.timescale);
  fail_unless (gst_caps_is_equal (read->caps, caps));
  fail_unless_equals_int (gst_fmp4_track_get_size (read, &width, &height),
      gst_fmp4_codec_is_video (codec->codec));
  if (gst_fmp4_codec_is_video (codec->codec)) {
    fail_unless_equals_int (width, 128);
    fail_unless_equals_int (height, 96);
  }
  gst_buffer_unmap (init, &map);
  gst_buffer_unref (init);
  g_array_unref (tracks);
  gst_fmp4_track_clear (&track);
  gst_caps_unref (caps);
  g_free (name);
}

GST_END_TEST;

GST_START_TEST (test_picture_size_is_read_from_the_parameter_sets)
{
  guint i;

  /* H.264, H.265 and AV1 say it themselves, whatever one guesses */
  for (i = 0; i < 3; i++) {
    GstCaps *caps = test_record_caps (test_codecs[i].codec,
        test_codecs[i].record, 1, 1);
    gint width, height;

    fail_unless (gst_structure_get (gst_caps_get_structure (caps, 0), "width",
            G_TYPE_INT, &width, "height", G_TYPE_INT, &height, NULL));
    fail_unless_equals_int (width, 128);
    fail_unless_equals_int (height, 96);
    gst_caps_unref (caps);
  }
}

GST_END_TEST;

/* Returns: frames per 1000 seconds, 0 where it is not said */
static guint
rate_of (GstFmp4Codec codec, const gchar * hex)
{
  GstCaps *caps = test_record_caps (codec, hex, 128, 96);
  guint n = 0, d = 1;
  GstFmp4Track track;

  fail_unless (gst_fmp4_track_init (&track, 1, caps, 0, NULL));
  if (!gst_fmp4_track_get_rate (&track, &n, &d))
    n = 0;
  gst_fmp4_track_clear (&track);
  gst_caps_unref (caps);

  return gst_util_uint64_scale (1000, n, d);
}

GST_START_TEST (test_the_rate_of_pictures_is_read_from_the_parameter_sets)
{
  fail_unless_equals_int (rate_of (GST_FMP4_CODEC_H264, test_codecs[0].record),
      25000);
  /* 1001/60000 a field; then with a time base of 90000, and cut off */
  fail_unless_equals_int (rate_of (GST_FMP4_CODEC_H264, "0164000affe10017"
          "6764000aacd9420db01100000303e90000ea600f122596"
          "01000668ebe3cb22c0fdf8f800"), 29970);
  fail_unless_equals_int (rate_of (GST_FMP4_CODEC_H264, "0164000affe10017"
          "6764000aacd9420db0110000030001" "00015f900f122596"
          "01000668ebe3cb22c0fdf8f800"), 0);
  fail_unless_equals_int (rate_of (GST_FMP4_CODEC_H264, "0164000affe1000e"
          "6764000aacd9420db0110000030101000668ebe3cb22c0fdf8f800"), 0);
  fail_unless_equals_int (rate_of (GST_FMP4_CODEC_VP9, test_codecs[3].record),
      0);
}

GST_END_TEST;

GST_START_TEST (test_unusable_caps_are_refused)
{
  static const struct
  {
    const gchar *caps;
    GstFmp4Error code;
  } cases[] = {
    /* *INDENT-OFF* */
    {"video/x-theora", GST_FMP4_ERROR_UNSUPPORTED},
    {"video/x-h264,width=16,height=16", GST_FMP4_ERROR_CONFIG},
    {"video/x-h264,codec_data=(buffer)01", GST_FMP4_ERROR_CONFIG},
    {"audio/mpeg,mpegversion=4,codec_data=(buffer)1190", GST_FMP4_ERROR_CONFIG},
    /* *INDENT-ON* */
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstCaps *caps = gst_caps_from_string (cases[i].caps);
    GError *error = NULL;
    GstFmp4Track track;

    fail_if (gst_fmp4_track_init (&track, 1, caps, 0, &error));
    fail_unless (g_error_matches (error, GST_FMP4_ERROR, cases[i].code));
    g_clear_error (&error);
    gst_caps_unref (caps);
  }
}

GST_END_TEST;

/* a SEI or a delimiter first, then a slice */
static const struct
{
  guint codec;                  /* of test_codecs */
  guint8 bytes[16];
  guint size;
  gboolean disposable;
} pictures[] = {
  {0, {0, 0, 0, 2, 0x01, 0x9a}, 6, TRUE},
  {0, {0, 0, 0, 2, 0x06, 0x05, 0, 0, 0, 2, 0x01, 0x9a}, 12, TRUE},
  {0, {0, 0, 0, 2, 0x06, 0x05, 0, 0, 0, 2, 0x21, 0x9a}, 12, FALSE},
  {0, {0, 0, 0, 2, 0x41, 0x9a}, 6, FALSE},
  {0, {0, 0, 0, 2, 0x06, 0x05}, 6, FALSE},
  /* lengths beyond the sample */
  {0, {0, 0, 0, 9, 0x01, 0x9a}, 6, FALSE},
  {0, {0xff, 0xff, 0xff, 0xff, 0x01, 0x9a}, 6, FALSE},
  {0, {0, 0, 0, 0, 0x01, 0x9a}, 6, FALSE},
  {0, {0, 0, 0}, 3, FALSE},
  {1, {0, 0, 0, 3, 0x00, 0x01, 0xd0}, 7, TRUE},
  {1, {0, 0, 0, 3, 0x4e, 0x01, 0x05, 0, 0, 0, 3, 0x10, 0x01, 0xd0}, 14, TRUE},
  {1, {0, 0, 0, 3, 0x02, 0x01, 0xd0}, 7, FALSE},
  {1, {0, 0, 0, 3, 0x2a, 0x01, 0xd0}, 7, FALSE},
  /* told by flags only */
  {2, {0x32, 0x01, 0x00, 0x00}, 4, FALSE},
};

GST_START_TEST (test_disposable_pictures_are_known)
{
  GstFmp4Track track;
  GstBuffer *sample;
  GstCaps *caps = test_caps (&test_codecs[pictures[__i__].codec]);

  fail_unless (gst_fmp4_track_init (&track, 1, caps, 0, NULL));
  sample = gst_buffer_new_memdup (pictures[__i__].bytes, pictures[__i__].size);
  /* never a keyframe */
  fail_if (gst_fmp4_sample_is_disposable (&track, sample));
  GST_BUFFER_FLAG_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT);
  fail_unless_equals_int (gst_fmp4_sample_is_disposable (&track, sample),
      pictures[__i__].disposable);
  GST_BUFFER_FLAG_SET (sample, GST_BUFFER_FLAG_DROPPABLE);
  fail_unless (gst_fmp4_sample_is_disposable (&track, sample));
  gst_buffer_unref (sample);
  gst_fmp4_track_clear (&track);
  gst_caps_unref (caps);
}

GST_END_TEST;

static Suite *
fmp4_codecs_suite (void)
{
  Suite *s = suite_create ("fmp4_codecs");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_every_codec_survives_the_init_section, 0,
      G_N_ELEMENTS (test_codecs));
  tcase_add_test (tc, test_picture_size_is_read_from_the_parameter_sets);
  tcase_add_test (tc,
      test_the_rate_of_pictures_is_read_from_the_parameter_sets);
  tcase_add_test (tc, test_unusable_caps_are_refused);
  tcase_add_loop_test (tc, test_disposable_pictures_are_known, 0,
      G_N_ELEMENTS (pictures));
  return s;
}

GST_CHECK_MAIN (fmp4_codecs);
