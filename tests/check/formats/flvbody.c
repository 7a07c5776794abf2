/* The bodies of FLV tags: times, configurations, every codec there and back.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "flvheard.h"

#include "flv/flvwriter.h"

typedef struct
{
  Heard heard;
  GstFlvBodyParser *parser;
} Bodies;

static void
bodies_init (Bodies * b)
{
  heard_init (&b->heard);
  b->parser = gst_flv_body_parser_new (heard_event, &b->heard);
}

static void
bodies_clear (Bodies * b)
{
  gst_flv_body_parser_free (b->parser);
  heard_clear (&b->heard);
}

static void
push_hex (Bodies * b, guint8 type, guint32 timestamp, const gchar * hex)
{
  gst_flv_body_parser_push (b->parser, type, timestamp, test_hex (hex));
}

static void
push_avc_config (Bodies * b)
{
  gchar *hex = g_strconcat ("1700000000", AVC_CONFIG.record, NULL);

  push_hex (b, GST_FLV_TAG_VIDEO, 0, hex);
  g_free (hex);
}

static GstBuffer *
last_sample (Bodies * b, guint track)
{
  GPtrArray *samples = b->heard.samples[track];

  fail_unless (samples->len > 0);
  return samples->pdata[samples->len - 1];
}

GST_START_TEST (test_timestamps_are_unwrapped)
{
  static const struct
  {
    guint32 timestamp;
    guint64 ms;
  } steps[] = {
    /* *INDENT-OFF* */
    {0xfffffe, 0xfffffe},
    {0x1000005, 0x1000005},                             /* 24 bits are full */
    {0x7ffffff0, 0x7ffffff0},
    {0x80000010, 0x80000010},
    {0xc0000000, 0xc0000000},
    {0xfffffff0, 0xfffffff0},
    {0x00000010, G_GUINT64_CONSTANT (0x100000010)},     /* 32 bits are full */
    {0xfffffff8, 0xfffffff8},                           /* a step back */
    {0x00000020, G_GUINT64_CONSTANT (0x100000020)},
    {0x40000000, G_GUINT64_CONSTANT (0x140000000)},
    {0x7ffffff0, G_GUINT64_CONSTANT (0x17ffffff0)},
    {0x00000010, G_GUINT64_CONSTANT (0x180000010)},     /* 31 bits: FFmpeg */
    {0x7ffffff8, G_GUINT64_CONSTANT (0x17ffffff8)},     /* a step back */
    {0x00000020, G_GUINT64_CONSTANT (0x180000020)},
    /* *INDENT-ON* */
  };
  Bodies b;
  guint i;

  bodies_init (&b);
  push_avc_config (&b);
  for (i = 0; i < G_N_ELEMENTS (steps); i++) {
    push_hex (&b, GST_FLV_TAG_VIDEO, steps[i].timestamp, "1701000000aa");
    fail_unless_equals_clocktime (GST_BUFFER_DTS (last_sample (&b, 0)),
        steps[i].ms * MS);
  }
  bodies_clear (&b);
}

GST_END_TEST;

GST_START_TEST (test_headers_stamped_zero_do_not_move_time)
{
  Bodies b;

  bodies_init (&b);
  push_avc_config (&b);
  push_hex (&b, GST_FLV_TAG_VIDEO, 3000000000u, "1701000000aa");
  push_hex (&b, GST_FLV_TAG_AUDIO, 0, "af001190");
  push_hex (&b, GST_FLV_TAG_AUDIO, 3000000010u, "af01aa");
  fail_unless_equals_clocktime (GST_BUFFER_DTS (last_sample (&b, 0)),
      3000000000u * MS);
  fail_unless_equals_clocktime (GST_BUFFER_DTS (last_sample (&b, 1)),
      3000000010u * MS);
  bodies_clear (&b);
}

GST_END_TEST;

GST_START_TEST (test_composition_times_are_signed)
{
  Bodies b;

  bodies_init (&b);
  push_avc_config (&b);
  push_hex (&b, GST_FLV_TAG_VIDEO, 100000, "27017fffffaa");
  fail_unless_equals_clocktime (GST_BUFFER_PTS (last_sample (&b, 0)),
      (100000 + 0x7fffff) * MS);
  push_hex (&b, GST_FLV_TAG_VIDEO, 100000, "2701ffffd8aa");
  fail_unless_equals_clocktime (GST_BUFFER_DTS (last_sample (&b, 0)),
      100000 * MS);
  fail_unless_equals_clocktime (GST_BUFFER_PTS (last_sample (&b, 0)),
      99960 * MS);
  /* nothing is shown before zero */
  push_hex (&b, GST_FLV_TAG_VIDEO, 20, "2701800000aa");
  fail_unless_equals_clocktime (GST_BUFFER_PTS (last_sample (&b, 0)), 0);
  bodies_clear (&b);
}

GST_END_TEST;

GST_START_TEST (test_only_a_changed_config_is_news)
{
  Bodies b;

  bodies_init (&b);
  push_hex (&b, GST_FLV_TAG_AUDIO, 0, "af001190");
  push_hex (&b, GST_FLV_TAG_AUDIO, 500, "af001190");
  fail_unless_equals_int (b.heard.configs[1], 1);
  push_hex (&b, GST_FLV_TAG_AUDIO, 600, "af001210");
  fail_unless_equals_int (b.heard.configs[1], 2);
  /* damage does not undo what was there */
  push_hex (&b, GST_FLV_TAG_AUDIO, 700, "af00ffff");
  fail_unless_equals_int (b.heard.configs[1], 2);
  push_hex (&b, GST_FLV_TAG_AUDIO, 700, "af01aa");
  fail_unless_equals_int (b.heard.samples[1]->len, 1);
  bodies_clear (&b);
}

GST_END_TEST;

GST_START_TEST (test_frames_before_their_header_are_dropped)
{
  Bodies b;

  bodies_init (&b);
  push_hex (&b, GST_FLV_TAG_VIDEO, 0, "1701000000aa");
  push_hex (&b, GST_FLV_TAG_VIDEO, 40, "2701000000aa");
  fail_unless_equals_int (b.heard.samples[0]->len, 0);
  fail_unless_equals_int (b.heard.warnings, 1);
  push_avc_config (&b);
  push_hex (&b, GST_FLV_TAG_VIDEO, 80, "1701000000aa");
  fail_unless_equals_int (b.heard.samples[0]->len, 1);
  bodies_clear (&b);
}

GST_END_TEST;

GST_START_TEST (test_unsupported_codecs_are_told_once_each)
{
  Bodies b;
  guint i;

  bodies_init (&b);
  for (i = 0; i < 3; i++) {
    push_hex (&b, GST_FLV_TAG_VIDEO, i, "12aabb");      /* Sorenson */
    push_hex (&b, GST_FLV_TAG_VIDEO, i, "14aabb");      /* VP6 */
    push_hex (&b, GST_FLV_TAG_AUDIO, i, "b2aabb");      /* Speex */
    push_hex (&b, GST_FLV_TAG_VIDEO, i, "9176766331aa");        /* vvc1 */
  }
  fail_unless_equals_int (b.heard.unsupported, 4);
  fail_unless_equals_uint64 (b.heard.last_value, 0x76766331);
  fail_unless_equals_int (b.heard.samples[0]->len, 0);
  bodies_clear (&b);
}

GST_END_TEST;

GST_START_TEST (test_modex_makes_timestamps_finer)
{
  Bodies b;

  bodies_init (&b);
  push_hex (&b, GST_FLV_TAG_AUDIO, 0, "906d7034611190");
  /* ModEx of 3 bytes, 123456 ns, then coded frames */
  push_hex (&b, GST_FLV_TAG_AUDIO, 5, "970201e240016d703461aa");
  fail_unless_equals_clocktime (GST_BUFFER_DTS (last_sample (&b, 1)),
      5 * MS + 123456);
  fail_unless_equals_int (gst_buffer_get_size (last_sample (&b, 1)), 1);
  /* an unknown kind of 4 bytes, and then that of 3: the first is skipped */
  push_hex (&b, GST_FLV_TAG_AUDIO, 6, "97" "03deadbeef" "17" "020001f4" "01"
      "6d703461" "bb");
  fail_unless_equals_clocktime (GST_BUFFER_DTS (last_sample (&b, 1)),
      6 * MS + 500);
  bodies_clear (&b);
}

GST_END_TEST;

GST_START_TEST (test_of_several_tracks_the_first_is_taken)
{
  Bodies b;

  bodies_init (&b);
  /* one track, which is track 0; then another; then both */
  push_hex (&b, GST_FLV_TAG_AUDIO, 0, "95" "00" "6d703461" "00" "1190");
  push_hex (&b, GST_FLV_TAG_AUDIO, 0, "95" "00" "6d703461" "01" "1210");
  push_hex (&b, GST_FLV_TAG_AUDIO, 1, "95" "11" "6d703461" "01" "000002" "bbbb"
      "00" "000003" "aaaaaa");
  push_hex (&b, GST_FLV_TAG_AUDIO, 2, "95" "21" "4f707573" "01" "000001" "bb"
      "6d703461" "00" "000001" "cc");
  fail_unless_equals_int (b.heard.configs[1], 1);
  fail_unless_equals_int (b.heard.unsupported, 1);
  fail_unless_equals_int (b.heard.samples[1]->len, 2);
  fail_unless_equals_int (gst_buffer_get_size (b.heard.samples[1]->pdata[0]),
      3);
  fail_unless (gst_buffer_memcmp (last_sample (&b, 1), 0, "\xcc", 1) == 0);
  bodies_clear (&b);
}

GST_END_TEST;

GST_START_TEST (test_vp9_gets_its_size_from_the_first_keyframe)
{
  Bodies b;
  gint width = 0;

  bodies_init (&b);
  push_hex (&b, GST_FLV_TAG_VIDEO, 0, "9076703039" "000a820202020000");
  fail_unless_equals_int (b.heard.configs[0], 0);
  /* key frame header, 4:2:0, 128x96 */
  push_hex (&b, GST_FLV_TAG_VIDEO, 0, "9176703039" "82498342" "2007f005f000");
  fail_unless_equals_int (b.heard.configs[0], 1);
  fail_unless_equals_int (b.heard.samples[0]->len, 1);
  gst_structure_get_int (gst_caps_get_structure (b.heard.caps[0], 0), "width",
      &width);
  fail_unless_equals_int (width, 128);
  bodies_clear (&b);
}

GST_END_TEST;

/* Frames of codecs that describe themselves, as far as that goes */
static const gchar *
frame_of (GstFmp4Codec codec)
{
  switch (codec) {
    case GST_FMP4_CODEC_VP9:
      return "824983422007f005f000";
    case GST_FMP4_CODEC_MP3:
      return "fffb94640011223344";
    case GST_FMP4_CODEC_AC3:
      return "0b7700000c4020ff00";
    case GST_FMP4_CODEC_EAC3:
      return "0b770080348000ff00";
    default:
      return "0011223344556677";
  }
}

GST_START_TEST (test_every_codec_survives)
{
  const TestCodec *codec = &test_codecs[__i__ / 2];
  GstFlvMode mode = __i__ & 1 ? GST_FLV_MODE_ENHANCED : GST_FLV_MODE_AUTO;
  gboolean video = gst_fmp4_codec_is_video (codec->codec);
  guint track = video ? GST_FLV_TRACK_VIDEO : GST_FLV_TRACK_AUDIO;
  GstBuffer *frame = test_hex (frame_of (codec->codec)), *body;
  GstCaps *caps = test_caps (codec);
  GstFmp4Codec got;
  Bodies b;

  bodies_init (&b);
  GST_BUFFER_DTS (frame) = 7000 * MS;
  GST_BUFFER_PTS (frame) = (video ? 7080 : 7000) * MS;
  body = gst_flv_write_config_body (caps, mode);
  if (body != NULL)
    gst_flv_body_parser_push (b.parser, tag_type (track), 0, body);
  body = gst_flv_write_sample_body (caps, mode, frame);
  gst_flv_body_parser_push (b.parser, tag_type (track),
      gst_flv_sample_timestamp (frame), body);

  fail_unless_equals_int (b.heard.configs[track], 1);
  got = gst_fmp4_codec_from_caps (b.heard.caps[track]);
  fail_unless_equals_int (got, codec->codec);
  if (codec->codec != GST_FMP4_CODEC_MP3 && codec->codec != GST_FMP4_CODEC_AC3
      && codec->codec != GST_FMP4_CODEC_EAC3)
    fail_unless (gst_caps_is_equal (b.heard.caps[track], caps));
  test_same_bytes (last_sample (&b, track), frame);
  fail_unless_equals_clocktime (GST_BUFFER_DTS (last_sample (&b, track)),
      7000 * MS);
  if (codec->codec == GST_FMP4_CODEC_H264 ||
      codec->codec == GST_FMP4_CODEC_H265)
    fail_unless_equals_clocktime (GST_BUFFER_PTS (last_sample (&b, track)),
        7080 * MS);
  body = gst_flv_write_end_body (caps, mode);
  if (body != NULL) {
    gst_flv_body_parser_push (b.parser, tag_type (track), 8000, body);
    fail_unless_equals_int (b.heard.ends, 1);
  }
  fail_unless_equals_int (b.heard.warnings + b.heard.unsupported, 0);
  gst_caps_unref (caps);
  gst_buffer_unref (frame);
  bodies_clear (&b);
}

GST_END_TEST;

GST_START_TEST (test_short_bodies_do_no_harm)
{
  static const gchar *const bodies[] = { "1701000000aa", "97020001f4016d703461",
    "9000", "95016d703461", "9521", "97ff", "9776", "f6", "f7ffffff",
    "af01aa", "9176703039", "0200", "02000a6f6e4d65746144617461",
    "02000a6f6e4d6574614461746108ffffffff0005776964746800"
  };
  guint8 types[] = { GST_FLV_TAG_AUDIO, GST_FLV_TAG_VIDEO, GST_FLV_TAG_SCRIPT };
  guint i, j;
  gsize n;
  Bodies b;

  bodies_init (&b);
  for (i = 0; i < G_N_ELEMENTS (bodies); i++) {
    for (j = 0; j < G_N_ELEMENTS (types); j++) {
      for (n = 0; n <= strlen (bodies[i]); n += 2) {
        gchar *hex = g_strndup (bodies[i], n);

        push_hex (&b, types[j], i, hex);
        g_free (hex);
      }
    }
  }
  fail_unless_equals_int (b.heard.samples[0]->len, 0);
  fail_unless_equals_int (b.heard.samples[1]->len, 0);
  bodies_clear (&b);
}

GST_END_TEST;

static Suite *
flvbody_suite (void)
{
  Suite *s = suite_create ("flvbody");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_timestamps_are_unwrapped);
  tcase_add_test (tc, test_headers_stamped_zero_do_not_move_time);
  tcase_add_test (tc, test_composition_times_are_signed);
  tcase_add_test (tc, test_only_a_changed_config_is_news);
  tcase_add_test (tc, test_frames_before_their_header_are_dropped);
  tcase_add_test (tc, test_unsupported_codecs_are_told_once_each);
  tcase_add_test (tc, test_modex_makes_timestamps_finer);
  tcase_add_test (tc, test_of_several_tracks_the_first_is_taken);
  tcase_add_test (tc, test_vp9_gets_its_size_from_the_first_keyframe);
  tcase_add_loop_test (tc, test_every_codec_survives, 0,
      2 * G_N_ELEMENTS (test_codecs));
  tcase_add_test (tc, test_short_bodies_do_no_harm);
  return s;
}

GST_CHECK_MAIN (flvbody);
