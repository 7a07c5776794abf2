/* FLV: tags torn, wrapped, damaged; every codec there and back.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "formats.h"

#include "flv/flvparser.h"
#include "flv/flvwriter.h"

#define MS GST_MSECOND
#define AVC_CONFIG test_codecs[0]
#define AAC_CONFIG test_codecs[4]

/* What a parser said */
typedef struct
{
  GstCaps *caps[2];
  guint configs[2];
  GPtrArray *samples[2];
  GstStructure *metadata;
  guint headers, ends, unsupported, warnings, errors;
  guint64 skipped;
  guint64 last_value;
} Heard;

static void
listen (const GstFlvEvent * event, gpointer user_data)
{
  Heard *heard = user_data;

  switch (event->type) {
    case GST_FLV_EVENT_HEADER:
      heard->headers++;
      break;
    case GST_FLV_EVENT_METADATA:
      g_clear_pointer (&heard->metadata, gst_structure_free);
      heard->metadata = gst_structure_copy (event->metadata);
      break;
    case GST_FLV_EVENT_CONFIG:
      gst_caps_replace (&heard->caps[event->track], event->caps);
      heard->configs[event->track]++;
      break;
    case GST_FLV_EVENT_SAMPLE:
      g_ptr_array_add (heard->samples[event->track],
          gst_buffer_ref (event->buffer));
      break;
    case GST_FLV_EVENT_END_OF_SEQUENCE:
      heard->ends++;
      break;
    case GST_FLV_EVENT_UNSUPPORTED:
      heard->unsupported++;
      heard->last_value = event->value;
      break;
    case GST_FLV_EVENT_WARNING:
      heard->warnings++;
      break;
    case GST_FLV_EVENT_SKIPPED:
      heard->skipped += event->value;
      break;
    case GST_FLV_EVENT_ERROR:
      heard->errors++;
      break;
  }
}

static void
heard_init (Heard * heard)
{
  guint i;

  memset (heard, 0, sizeof (*heard));
  for (i = 0; i < 2; i++)
    heard->samples[i] =
        g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
}

static void
heard_clear (Heard * heard)
{
  guint i;

  for (i = 0; i < 2; i++) {
    gst_clear_caps (&heard->caps[i]);
    g_ptr_array_unref (heard->samples[i]);
  }
  g_clear_pointer (&heard->metadata, gst_structure_free);
}

static guint8
tag_type (guint track)
{
  return track == GST_FLV_TRACK_VIDEO ? GST_FLV_TAG_VIDEO : GST_FLV_TAG_AUDIO;
}

/* A short stream with B-frames as a publisher sends it; what it holds goes
 * to @said. */
static GstBuffer *
make_stream (Heard * said, guint first_ms)
{
  static const gint order[] = { 0, 3, 1, 2 };
  GstBuffer *flv = gst_flv_write_header (TRUE, TRUE);
  GstStructure *metadata = gst_structure_new ("onMetaData", "width",
      G_TYPE_INT, 128, "encoder", G_TYPE_STRING, "test", "stereo",
      G_TYPE_BOOLEAN, TRUE, NULL);
  guint i;

  heard_init (said);
  said->metadata = metadata;
  flv = gst_buffer_append (flv, gst_flv_write_tag (GST_FLV_TAG_SCRIPT, 0,
          gst_flv_write_metadata_body (metadata)));
  for (i = 0; i < 2; i++) {
    said->caps[i] = test_caps (i == 0 ? &AVC_CONFIG : &AAC_CONFIG);
    flv = gst_buffer_append (flv, gst_flv_write_tag (tag_type (i), 0,
            gst_flv_write_config_body (said->caps[i], GST_FLV_MODE_AUTO)));
  }
  for (i = 0; i < 8; i++) {
    guint track = i & 1, n = i / 2;
    GstClockTime dts = (first_ms + 40 * n) * MS;
    GstBuffer *sample = test_sample (dts, track == 1 ? dts :
        (first_ms + 40 * (order[n] + 1)) * MS, GST_CLOCK_TIME_NONE,
        track == 1 || n == 0, 50 * i, 20 + i);

    g_ptr_array_add (said->samples[track], sample);
    flv = gst_buffer_append (flv, gst_flv_write_tag (tag_type (track),
            gst_flv_sample_timestamp (sample),
            gst_flv_write_sample_body (said->caps[track], GST_FLV_MODE_AUTO,
                sample)));
  }
  return flv;
}

static void
same_samples (const Heard * said, const Heard * heard)
{
  guint track, i;

  for (track = 0; track < 2; track++) {
    fail_unless_equals_int (heard->samples[track]->len,
        said->samples[track]->len);
    for (i = 0; i < said->samples[track]->len; i++) {
      GstBuffer *a = said->samples[track]->pdata[i];
      GstBuffer *b = heard->samples[track]->pdata[i];

      fail_unless_equals_clocktime (GST_BUFFER_DTS (b), GST_BUFFER_DTS (a));
      fail_unless_equals_clocktime (GST_BUFFER_PTS (b), GST_BUFFER_PTS (a));
      fail_unless_equals_int (GST_BUFFER_FLAG_IS_SET (b,
              GST_BUFFER_FLAG_DELTA_UNIT), GST_BUFFER_FLAG_IS_SET (a,
              GST_BUFFER_FLAG_DELTA_UNIT));
      test_same_bytes (a, b);
    }
    fail_unless (gst_caps_is_equal (heard->caps[track], said->caps[track]));
    fail_unless_equals_int (heard->configs[track], 1);
  }
}

GST_START_TEST (test_a_stream_torn_anywhere_is_the_same)
{
  Heard said, heard;
  GstBuffer *flv = make_stream (&said, 1000);
  gsize size = gst_buffer_get_size (flv), i;

  for (i = 0; i <= size; i++) {
    GstFlvParser *parser;

    heard_init (&heard);
    parser = gst_flv_parser_new (listen, &heard);
    if (i > 0)
      gst_flv_parser_push (parser, gst_buffer_copy_region (flv,
              GST_BUFFER_COPY_MEMORY, 0, i));
    if (i < size)
      gst_flv_parser_push (parser, gst_buffer_copy_region (flv,
              GST_BUFFER_COPY_MEMORY, i, -1));
    gst_flv_parser_end (parser);
    same_samples (&said, &heard);
    fail_unless_equals_int (heard.headers, 1);
    fail_unless_equals_int (heard.warnings + heard.errors, 0);
    fail_unless_equals_uint64 (heard.skipped, 0);
    gst_flv_parser_free (parser);
    heard_clear (&heard);
  }
  gst_buffer_unref (flv);
  heard_clear (&said);
}

GST_END_TEST;

GST_START_TEST (test_byte_by_byte_is_the_same)
{
  Heard said, heard;
  GstBuffer *flv = make_stream (&said, 1000);
  gsize size = gst_buffer_get_size (flv), i;
  GstFlvParser *parser;
  gdouble width = 0;

  heard_init (&heard);
  parser = gst_flv_parser_new (listen, &heard);
  for (i = 0; i < size; i++)
    fail_unless (gst_flv_parser_push (parser, gst_buffer_copy_region (flv,
                GST_BUFFER_COPY_MEMORY, i, 1)));
  same_samples (&said, &heard);
  fail_unless (gst_structure_get_double (heard.metadata, "width", &width));
  fail_unless (width == 128);
  fail_unless_equals_string (gst_structure_get_string (heard.metadata,
          "encoder"), "test");
  gst_flv_parser_free (parser);
  gst_buffer_unref (flv);
  heard_clear (&said);
  heard_clear (&heard);
}

GST_END_TEST;

/* @garbage between the bytes of a stream at @at */
static void
hear_damaged (GstBuffer * flv, gsize at, const guint8 * garbage, gsize n,
    Heard * heard)
{
  GstFlvParser *parser;

  heard_init (heard);
  parser = gst_flv_parser_new (listen, heard);
  gst_flv_parser_push (parser, gst_buffer_copy_region (flv,
          GST_BUFFER_COPY_MEMORY, 0, at));
  gst_flv_parser_push (parser, gst_buffer_new_memdup (garbage, n));
  gst_flv_parser_push (parser, gst_buffer_copy_region (flv,
          GST_BUFFER_COPY_MEMORY, at, -1));
  gst_flv_parser_end (parser);
  gst_flv_parser_free (parser);
}

GST_START_TEST (test_garbage_between_tags_is_skipped_and_counted)
{
  Heard said, heard;
  GstBuffer *flv = make_stream (&said, 0);
  GRand *rand = g_rand_new_with_seed (3);
  guint8 garbage[6000];
  gsize end, n, i;

  /* the last tag: 11, 2 and 27 bytes, and its trailer */
  end = gst_buffer_get_size (flv) - 44;
  for (n = 1; n <= sizeof (garbage); n = n * 3 + 1) {
    for (i = 0; i < n; i++)
      garbage[i] = g_rand_int (rand);
    /* not what a tag begins with */
    garbage[0] = 0;
    hear_damaged (flv, end, garbage, n, &heard);
    same_samples (&said, &heard);
    fail_unless_equals_uint64 (heard.skipped, n);
    heard_clear (&heard);
  }
  g_rand_free (rand);
  gst_buffer_unref (flv);
  heard_clear (&said);
}

GST_END_TEST;

GST_START_TEST (test_a_false_tag_that_claims_much_holds_nothing_up)
{
  /* looks like video of 16 MB */
  const guint8 bait[] = { 0, 9, 0xff, 0xff, 0xf0, 0, 0, 0, 0, 0, 0, 0 };
  Heard said, heard;
  GstBuffer *flv = make_stream (&said, 0);

  hear_damaged (flv, gst_buffer_get_size (flv) - 44, bait, sizeof (bait),
      &heard);
  same_samples (&said, &heard);
  fail_unless_equals_uint64 (heard.skipped, sizeof (bait));
  heard_clear (&heard);
  gst_buffer_unref (flv);
  heard_clear (&said);
}

GST_END_TEST;

GST_START_TEST (test_bytes_lost_inside_a_tag_cost_that_tag_alone)
{
  Heard said, heard;
  GstBuffer *flv = make_stream (&said, 0);
  gsize size = gst_buffer_get_size (flv);
  /* the last but one is video: 11, 5 and 26 bytes, and its trailer */
  gsize cut = size - 44 - 30;
  GstFlvParser *parser;

  heard_init (&heard);
  parser = gst_flv_parser_new (listen, &heard);
  gst_flv_parser_push (parser, gst_buffer_copy_region (flv,
          GST_BUFFER_COPY_MEMORY, 0, cut));
  gst_flv_parser_push (parser, gst_buffer_copy_region (flv,
          GST_BUFFER_COPY_MEMORY, cut + 10, -1));
  gst_flv_parser_end (parser);
  fail_unless_equals_int (heard.samples[0]->len, said.samples[0]->len - 1);
  fail_unless_equals_int (heard.samples[1]->len, said.samples[1]->len);
  fail_unless_equals_uint64 (heard.skipped, 46 - 10);
  gst_flv_parser_free (parser);
  heard_clear (&heard);
  gst_buffer_unref (flv);
  heard_clear (&said);
}

GST_END_TEST;

GST_START_TEST (test_a_wrong_previous_tag_size_is_forgiven)
{
  Heard said, heard;
  GstBuffer *made = make_stream (&said, 0);
  GstBuffer *flv = gst_buffer_copy_deep (made);
  gsize size = gst_buffer_get_size (flv);
  GstFlvParser *parser;

  gst_buffer_unref (made);
  gst_buffer_memset (flv, size - 44 - 4, 0, 4);
  heard_init (&heard);
  parser = gst_flv_parser_new (listen, &heard);
  gst_flv_parser_push (parser, flv);
  gst_flv_parser_end (parser);
  same_samples (&said, &heard);
  fail_unless_equals_int (heard.warnings, 1);
  gst_flv_parser_free (parser);
  heard_clear (&heard);
  heard_clear (&said);
}

GST_END_TEST;

GST_START_TEST (test_what_is_not_flv_is_an_error)
{
  static const gchar *const cases[] = { "GET / HTTP/1.1\r\n\r\n", "FLX\1",
    "FLV\1\5\377\377\377\377", "FLV\1\5\1\1\1\1"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Heard heard;
    GstFlvParser *parser;

    heard_init (&heard);
    parser = gst_flv_parser_new (listen, &heard);
    fail_if (gst_flv_parser_push (parser, gst_buffer_new_memdup (cases[i],
                strlen (cases[i]))));
    fail_if (gst_flv_parser_push (parser, gst_flv_write_header (TRUE, TRUE)));
    fail_unless_equals_int (heard.errors, 1);
    gst_flv_parser_free (parser);
    heard_clear (&heard);
  }
}

GST_END_TEST;

GST_START_TEST (test_a_tag_beyond_the_limit_is_garbage)
{
  Heard said, heard;
  GstBuffer *flv = make_stream (&said, 0);
  GstFlvParser *parser;

  heard_init (&heard);
  parser = gst_flv_parser_new (listen, &heard);
  gst_flv_parser_set_max_tag_size (parser, 60);
  /* the script tag is larger, all others are not */
  gst_flv_parser_push (parser, flv);
  fail_unless (heard.metadata == NULL);
  fail_unless (heard.skipped > 60);
  same_samples (&said, &heard);
  gst_flv_parser_free (parser);
  heard_clear (&heard);
  heard_clear (&said);
}

GST_END_TEST;

/* Bodies by themselves */
typedef struct
{
  Heard heard;
  GstFlvBodyParser *parser;
} Bodies;

static void
bodies_init (Bodies * b)
{
  heard_init (&b->heard);
  b->parser = gst_flv_body_parser_new (listen, &b->heard);
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
    {0xfffffff0, 0xfffffff0},
    {0x00000010, G_GUINT64_CONSTANT (0x100000010)},     /* 32 bits are full */
    {0xfffffff8, 0xfffffff8},                           /* a step back */
    {0x00000020, G_GUINT64_CONSTANT (0x100000020)},
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
flv_suite (void)
{
  Suite *s = suite_create ("flv");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_a_stream_torn_anywhere_is_the_same);
  tcase_add_test (tc, test_byte_by_byte_is_the_same);
  tcase_add_test (tc, test_garbage_between_tags_is_skipped_and_counted);
  tcase_add_test (tc, test_a_false_tag_that_claims_much_holds_nothing_up);
  tcase_add_test (tc, test_bytes_lost_inside_a_tag_cost_that_tag_alone);
  tcase_add_test (tc, test_a_wrong_previous_tag_size_is_forgiven);
  tcase_add_test (tc, test_what_is_not_flv_is_an_error);
  tcase_add_test (tc, test_a_tag_beyond_the_limit_is_garbage);
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

GST_CHECK_MAIN (flv);
