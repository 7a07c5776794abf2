/* FLV: tags torn and damaged.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "flvheard.h"

#include "flv/flvwriter.h"

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
    parser = gst_flv_parser_new (heard_event, &heard);
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
  parser = gst_flv_parser_new (heard_event, &heard);
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
  parser = gst_flv_parser_new (heard_event, heard);
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
  parser = gst_flv_parser_new (heard_event, &heard);
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
  parser = gst_flv_parser_new (heard_event, &heard);
  gst_flv_parser_push (parser, flv);
  gst_flv_parser_end (parser);
  same_samples (&said, &heard);
  fail_unless_equals_int (heard.warnings, 1);
  gst_flv_parser_free (parser);
  heard_clear (&heard);
  heard_clear (&said);
}

GST_END_TEST;

/* Gives all tags from the @skip'th on another stream id. */
static GstBuffer *
set_stream_ids (GstBuffer * made, guint skip, guint32 id)
{
  GstBuffer *flv = gst_buffer_copy_deep (made);
  GstMapInfo map;
  gsize at;

  gst_buffer_unref (made);
  gst_buffer_map (flv, &map, GST_MAP_READWRITE);
  for (at = 13; at < map.size;
      at += 15 + GST_READ_UINT24_BE (map.data + at + 1)) {
    if (skip > 0)
      skip--;
    else
      GST_WRITE_UINT24_BE (map.data + at + 8, id);
  }
  gst_buffer_unmap (flv, &map);
  return flv;
}

GST_START_TEST (test_tags_of_another_stream_id_are_taken)
{
  static const guint skips[] = { 0, 1, 4 };
  const guint8 garbage[] = { 9, 0, 0, 9, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (skips); i++) {
    Heard said, heard;
    GstBuffer *flv = set_stream_ids (make_stream (&said, 0), skips[i], 1);
    gsize size = gst_buffer_get_size (flv);

    /* with what is like a tag, but none, behind them and among them */
    hear_damaged (flv, size, garbage, sizeof (garbage), &heard);
    same_samples (&said, &heard);
    heard_clear (&heard);
    hear_damaged (flv, size - 44, garbage, sizeof (garbage), &heard);
    same_samples (&said, &heard);
    fail_unless_equals_uint64 (heard.skipped, sizeof (garbage));
    heard_clear (&heard);
    gst_buffer_unref (flv);
    heard_clear (&said);
  }
}

GST_END_TEST;

GST_START_TEST (test_no_previous_tag_size_before_the_first_is_forgiven)
{
  Heard said, heard;
  GstBuffer *flv = make_stream (&said, 0);
  gsize size = gst_buffer_get_size (flv);
  GstFlvParser *parser;

  heard_init (&heard);
  parser = gst_flv_parser_new (heard_event, &heard);
  gst_flv_parser_push (parser, gst_buffer_copy_region (flv,
          GST_BUFFER_COPY_ALL, 0, 9));
  gst_flv_parser_push (parser, gst_buffer_copy_region (flv,
          GST_BUFFER_COPY_ALL, 13, size - 13));
  gst_flv_parser_end (parser);
  same_samples (&said, &heard);
  fail_unless_equals_uint64 (heard.skipped, 0);
  gst_flv_parser_free (parser);
  gst_buffer_unref (flv);
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
    parser = gst_flv_parser_new (heard_event, &heard);
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
  parser = gst_flv_parser_new (heard_event, &heard);
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
  tcase_add_test (tc, test_tags_of_another_stream_id_are_taken);
  tcase_add_test (tc, test_no_previous_tag_size_before_the_first_is_forgiven);
  tcase_add_test (tc, test_what_is_not_flv_is_an_error);
  tcase_add_test (tc, test_a_tag_beyond_the_limit_is_garbage);
  return s;
}

GST_CHECK_MAIN (flv);
