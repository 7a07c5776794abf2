/* Fragmented MP4: what is written is read back, by us and by qtdemux.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "formats.h"

#include <gst/check/gstharness.h>

#include "fmp4/fmp4.h"
#include "fmp4/fmp4bits.h"

#define MS GST_MSECOND
/* Somewhere in a long life of a stream: beyond 2^32 ticks of 90 kHz */
#define LATE (G_GUINT64_CONSTANT (30000) * 3600 * 1000 * MS + 7 * MS)

typedef struct
{
  GstFmp4Track tracks[2];
  GPtrArray *samples[2];
} Stream;

/* A group of pictures I P B b B as an encoder puts it, 40 ms each, and AAC
 * frames beside it, all at @start. */
static void
stream_init (Stream * s, GstClockTime start)
{
  static const gint order[] = { 0, 4, 2, 1, 3 };
  GstCaps *caps;
  guint i;

  for (i = 0; i < 2; i++) {
    s->samples[i] =
        g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
    caps = test_caps (&test_codecs[i == 0 ? 0 : 4]);
    fail_unless (gst_fmp4_track_init (&s->tracks[i], i + 1, caps, 0, NULL));
    gst_caps_unref (caps);
  }
  for (i = 0; i < G_N_ELEMENTS (order); i++)
    g_ptr_array_add (s->samples[0], test_sample (start + i * 40 * MS,
            start + (order[i] + 2) * 40 * MS, 40 * MS, i == 0, 10 * i,
            100 + i));
  start = gst_fmp4_ticks_to_time (gst_fmp4_time_to_ticks (start, 48000), 48000);
  for (i = 0; i < 9; i++) {
    guint64 first = gst_fmp4_time_to_ticks (start, 48000);
    GstClockTime at = gst_fmp4_ticks_to_time (first + i * 1024, 48000);
    GstClockTime end = gst_fmp4_ticks_to_time (first + (i + 1) * 1024, 48000);

    g_ptr_array_add (s->samples[1], test_sample (at, at, end - at, TRUE,
            100 + i, 50));
  }
}

static void
stream_clear (Stream * s)
{
  guint i;

  for (i = 0; i < 2; i++) {
    gst_fmp4_track_clear (&s->tracks[i]);
    g_ptr_array_unref (s->samples[i]);
  }
}

static GstBuffer *
stream_chunk (Stream * s, GstFmp4ChunkInfo * info)
{
  /* sound first on purpose: the writer is to put pictures first */
  GstFmp4Run runs[2] = {
    {&s->tracks[1], (GstBuffer **) s->samples[1]->pdata, s->samples[1]->len},
    {&s->tracks[0], (GstBuffer **) s->samples[0]->pdata, s->samples[0]->len}
  };
  GError *error = NULL;
  GstBuffer *chunk = gst_fmp4_write_chunk (7, runs, 2, info, &error);

  fail_unless (chunk != NULL, "%s", error ? error->message : "");
  fail_unless_equals_int (gst_buffer_n_memory (chunk), 1);
  return chunk;
}

static void
collect (const GstFmp4Track * track, GstBuffer * sample, gpointer user_data)
{
  GPtrArray **out = user_data;

  g_ptr_array_add (out[track->id - 1], sample);
}

static void
same_samples (GPtrArray * want, GPtrArray * got)
{
  guint i;

  fail_unless_equals_int (got->len, want->len);
  for (i = 0; i < want->len; i++) {
    GstBuffer *a = want->pdata[i], *b = got->pdata[i];

    fail_unless_equals_clocktime (GST_BUFFER_DTS (b), GST_BUFFER_DTS (a));
    fail_unless_equals_clocktime (GST_BUFFER_PTS (b), GST_BUFFER_PTS (a));
    fail_unless_equals_clocktime (GST_BUFFER_DURATION (b),
        GST_BUFFER_DURATION (a));
    fail_unless_equals_int (GST_BUFFER_FLAG_IS_SET (b,
            GST_BUFFER_FLAG_DELTA_UNIT), GST_BUFFER_FLAG_IS_SET (a,
            GST_BUFFER_FLAG_DELTA_UNIT));
    test_same_bytes (a, b);
  }
}

GST_START_TEST (test_chunk_is_read_as_written)
{
  GstClockTime starts[] = { 0, 1234 * MS, LATE };
  GPtrArray *got[2];
  GstBuffer *chunk;
  Stream s;
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (starts); i++) {
    for (j = 0; j < 2; j++)
      got[j] =
          g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
    stream_init (&s, starts[i]);
    chunk = stream_chunk (&s, NULL);
    fail_unless (gst_fmp4_read_chunk (chunk, s.tracks, 2, collect, got, NULL));
    for (j = 0; j < 2; j++) {
      same_samples (s.samples[j], got[j]);
      g_ptr_array_unref (got[j]);
    }
    gst_buffer_unref (chunk);
    stream_clear (&s);
  }
}

GST_END_TEST;

GST_START_TEST (test_samples_share_the_chunks_memory)
{
  GPtrArray *got[2];
  GstBuffer *chunk;
  GstMapInfo whole, part;
  Stream s;
  guint i;

  stream_init (&s, 0);
  for (i = 0; i < 2; i++)
    got[i] = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  chunk = stream_chunk (&s, NULL);
  fail_unless (gst_fmp4_read_chunk (chunk, s.tracks, 2, collect, got, NULL));
  gst_buffer_map (chunk, &whole, GST_MAP_READ);
  gst_buffer_map (got[0]->pdata[2], &part, GST_MAP_READ);
  fail_unless (part.data > whole.data && part.data < whole.data + whole.size);
  gst_buffer_unmap (got[0]->pdata[2], &part);
  gst_buffer_unmap (chunk, &whole);
  for (i = 0; i < 2; i++)
    g_ptr_array_unref (got[i]);
  gst_buffer_unref (chunk);
  stream_clear (&s);
}

GST_END_TEST;

GST_START_TEST (test_keyframe_is_first_in_the_mdat)
{
  GstFmp4ChunkInfo info;
  GstFmp4BoxIter iter;
  GstFmp4Box box;
  GstBuffer *chunk;
  GstMapInfo map;
  Stream s;

  stream_init (&s, LATE);
  chunk = stream_chunk (&s, &info);
  gst_buffer_map (chunk, &map, GST_MAP_READ);
  gst_fmp4_box_iter_init (&iter, map.data, map.size);
  fail_unless (gst_fmp4_box_iter_next (&iter, &box) == GST_FMP4_BOX_OK);
  fail_unless (box.type == GST_FMP4_MOOF);
  fail_unless_equals_uint64 (box.size, info.moof_size);
  fail_unless (gst_fmp4_box_iter_next (&iter, &box) == GST_FMP4_BOX_OK);
  fail_unless (box.type == GST_FMP4_MDAT);
  fail_unless (gst_buffer_memcmp (s.samples[0]->pdata[0], 0, box.data,
          100) == 0);
  fail_unless_equals_uint64 (info.first_end, info.moof_size + 8 + 100);
  fail_unless (info.first_is_keyframe);
  fail_unless (gst_fmp4_box_iter_next (&iter, &box) == GST_FMP4_BOX_END);
  gst_buffer_unmap (chunk, &map);
  gst_buffer_unref (chunk);
  stream_clear (&s);
}

GST_END_TEST;

GST_START_TEST (test_equal_input_gives_equal_bytes)
{
  GstBuffer *a, *b;
  Stream s;

  stream_init (&s, LATE);
  a = gst_fmp4_write_init (s.tracks, 2, NULL);
  b = gst_fmp4_write_init (s.tracks, 2, NULL);
  test_same_bytes (a, b);
  gst_buffer_unref (a);
  gst_buffer_unref (b);
  a = stream_chunk (&s, NULL);
  b = stream_chunk (&s, NULL);
  test_same_bytes (a, b);
  gst_buffer_unref (a);
  gst_buffer_unref (b);
  stream_clear (&s);
}

GST_END_TEST;

/* Expects one sample alone not to be writable. */
static void
refuse (GstFmp4Track * track, GstBuffer * sample)
{
  GstFmp4Run run = { track, &sample, 1 };
  GError *error = NULL;

  fail_unless (gst_fmp4_write_chunk (1, &run, 1, NULL, &error) == NULL);
  fail_unless (g_error_matches (error, GST_FMP4_ERROR, GST_FMP4_ERROR_TIMING));
  g_clear_error (&error);
  gst_buffer_unref (sample);
}

GST_START_TEST (test_impossible_times_are_refused)
{
  GstFmp4Track track;
  Stream s;

  stream_init (&s, 0);
  track = s.tracks[0];
  refuse (&track, test_sample (-1, -1, 40 * MS, TRUE, 0, 9));
  refuse (&track, test_sample (0, 0, -1, TRUE, 0, 9));
  refuse (&track, test_sample (100 * MS, 60 * MS, 40 * MS, TRUE, 0, 9));
  track.dts_lowering = 40 * MS;
  refuse (&track, test_sample (0, 40 * MS, 40 * MS, TRUE, 0, 9));
  stream_clear (&s);
}

GST_END_TEST;

GST_START_TEST (test_times_at_the_end_of_all_numbers_are_refused)
{
  GPtrArray *got[2] = { g_ptr_array_new (), NULL };
  GError *error = NULL;
  GstBuffer *chunk;
  GstFmp4Track track;
  GstMapInfo map;
  guint8 *tfdt;
  Stream s;

  stream_init (&s, 0);
  chunk = stream_chunk (&s, NULL);
  gst_buffer_map (chunk, &map, GST_MAP_READWRITE);
  tfdt = memmem (map.data, map.size, "tfdt", 4);
  fail_unless (tfdt != NULL);
  /* the first sample ends in time, but is shown after */
  GST_WRITE_UINT64_BE (tfdt + 8, G_MAXINT64 - 3600);
  gst_buffer_unmap (chunk, &map);
  track = s.tracks[0];
  track.timescale = G_MAXUINT32;
  fail_if (gst_fmp4_read_chunk (chunk, &track, 1, collect, got, &error));
  fail_unless (g_error_matches (error, GST_FMP4_ERROR, GST_FMP4_ERROR_INVALID));
  fail_unless_equals_int (got[0]->len, 0);
  g_clear_error (&error);
  g_ptr_array_unref (got[0]);
  gst_buffer_unref (chunk);
  stream_clear (&s);
}

GST_END_TEST;

GST_START_TEST (test_lowering_admits_negative_composition_times)
{
  GPtrArray *got[2] = { g_ptr_array_new (), NULL };
  GstBuffer *samples[3], *chunk;
  GstFmp4Run run;
  Stream s;
  guint i;

  stream_init (&s, 0);
  samples[0] = test_sample (1000 * MS, 1000 * MS, 40 * MS, TRUE, 0, 9);
  samples[1] = test_sample (1040 * MS, 1120 * MS, 40 * MS, FALSE, 0, 9);
  samples[2] = test_sample (1080 * MS, 1000 * MS, 40 * MS, FALSE, 0, 9);
  s.tracks[0].dts_lowering = gst_fmp4_dts_lowering (samples, 3);
  fail_unless_equals_clocktime (s.tracks[0].dts_lowering, 80 * MS);
  run = (GstFmp4Run) {
  &s.tracks[0], samples, 3};
  chunk = gst_fmp4_write_chunk (1, &run, 1, NULL, NULL);
  fail_unless (gst_fmp4_read_chunk (chunk, s.tracks, 1, collect, got, NULL));
  for (i = 0; i < 3; i++) {
    GstBuffer *b = got[0]->pdata[i];

    fail_unless_equals_clocktime (GST_BUFFER_DTS (b),
        GST_BUFFER_DTS (samples[i]) - 80 * MS);
    fail_unless_equals_clocktime (GST_BUFFER_PTS (b),
        GST_BUFFER_PTS (samples[i]));
    gst_buffer_unref (b);
    gst_buffer_unref (samples[i]);
  }
  g_ptr_array_unref (got[0]);
  gst_buffer_unref (chunk);
  stream_clear (&s);
}

GST_END_TEST;

GST_START_TEST (test_an_empty_sample_is_a_sample)
{
  GPtrArray *got[2] = { g_ptr_array_new (), NULL };
  GstBuffer *sample = gst_buffer_new (), *chunk;
  GstFmp4Run run = { NULL, &sample, 1 };
  Stream s;

  stream_init (&s, 0);
  run.track = &s.tracks[0];
  GST_BUFFER_DTS (sample) = GST_BUFFER_PTS (sample) = 80 * MS;
  GST_BUFFER_DURATION (sample) = 40 * MS;
  chunk = gst_fmp4_write_chunk (1, &run, 1, NULL, NULL);
  fail_unless (gst_fmp4_read_chunk (chunk, s.tracks, 1, collect, got, NULL));
  fail_unless_equals_int (got[0]->len, 1);
  gst_buffer_unref (got[0]->pdata[0]);
  g_ptr_array_unref (got[0]);
  gst_buffer_unref (sample);
  gst_buffer_unref (chunk);
  stream_clear (&s);
}

GST_END_TEST;

GST_START_TEST (test_truncation_is_noticed_at_every_byte)
{
  GstBuffer *chunk, *part;
  GPtrArray *got[2];
  GError *error = NULL;
  Stream s;
  gsize i, size;

  stream_init (&s, LATE);
  chunk = stream_chunk (&s, NULL);
  size = gst_buffer_get_size (chunk);
  for (i = 1; i < size; i++) {
    got[0] = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
    got[1] = g_ptr_array_ref (got[0]);
    part = gst_buffer_copy_region (chunk, GST_BUFFER_COPY_MEMORY, 0, i);
    /* a moof without its mdat claims samples that are not there */
    fail_if (gst_fmp4_read_chunk (part, s.tracks, 2, collect, got, &error));
    fail_unless (g_error_matches (error, GST_FMP4_ERROR,
            GST_FMP4_ERROR_TRUNCATED));
    g_clear_error (&error);
    gst_buffer_unref (part);
    g_ptr_array_unref (got[0]);
    g_ptr_array_unref (got[1]);
  }
  gst_buffer_unref (chunk);
  stream_clear (&s);
}

GST_END_TEST;

GST_START_TEST (test_boxes_never_reach_outside_the_data)
{
  static const struct
  {
    const gchar *data;
    GstFmp4BoxResult result;
    guint64 size;
  } cases[] = {
    /* *INDENT-OFF* */
    {"", GST_FMP4_BOX_END, 0},
    {"00000008", GST_FMP4_BOX_TRUNCATED, 0},
    {"0000000866726565", GST_FMP4_BOX_OK, 8},
    {"0000000966726565", GST_FMP4_BOX_TRUNCATED, 9},
    {"0000000766726565", GST_FMP4_BOX_INVALID, 7},
    {"000000006d64617400", GST_FMP4_BOX_OK, 9},
    {"ffffffff6d646174", GST_FMP4_BOX_TRUNCATED, 0xffffffff},
    {"000000016d646174", GST_FMP4_BOX_TRUNCATED, 0},
    {"000000016d6461740000000000000010", GST_FMP4_BOX_OK, 16},
    {"000000016d646174000000000000000f", GST_FMP4_BOX_INVALID, 15},
    {"000000016d646174ffffffffffffffff", GST_FMP4_BOX_TRUNCATED, G_MAXUINT64},
    {"0000001775756964", GST_FMP4_BOX_INVALID, 0x17},
    {"0000001875756964", GST_FMP4_BOX_TRUNCATED, 0x18},
    {"000000187575696400112233445566778899aabbccddeeff", GST_FMP4_BOX_OK, 24},
    /* *INDENT-ON* */
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstBuffer *buffer = test_hex (cases[i].data);
    GstFmp4BoxIter iter;
    GstFmp4Box box;
    GstMapInfo map;

    gst_buffer_map (buffer, &map, GST_MAP_READ);
    gst_fmp4_box_iter_init (&iter, map.data, map.size);
    fail_unless_equals_int (gst_fmp4_box_iter_next (&iter, &box),
        cases[i].result);
    fail_unless_equals_uint64 (box.size, cases[i].size);
    fail_unless (box.data_size <= map.size);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
}

GST_END_TEST;

/* qtdemux's output, by pad */
static GPtrArray *demuxed[2];

static GstFlowReturn
demuxed_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  g_ptr_array_add (demuxed[g_str_has_prefix (GST_PAD_NAME (pad), "audio")],
      buffer);
  return GST_FLOW_OK;
}

static void
demux_pad_added (GstElement * demux, GstPad * pad, GPtrArray * sinks)
{
  GstPad *sink = gst_pad_new (GST_PAD_NAME (pad), GST_PAD_SINK);

  gst_pad_set_chain_function (sink, demuxed_chain);
  gst_pad_set_active (sink, TRUE);
  fail_unless_equals_int (gst_pad_link (pad, sink), GST_PAD_LINK_OK);
  g_ptr_array_add (sinks, sink);
}

/* qtdemux that has got the init section of @s */
static GstHarness *
open_demux (Stream * s, GPtrArray * sinks)
{
  GstHarness *h = gst_harness_new_with_padnames ("qtdemux", "sink", NULL);
  GstSegment segment;
  guint i;

  for (i = 0; i < 2; i++)
    demuxed[i] =
        g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  g_signal_connect (h->element, "pad-added", G_CALLBACK (demux_pad_added),
      sinks);
  stream_init (s, 3600 * GST_SECOND + 7 * MS);
  gst_harness_set_src_caps_str (h, "video/quicktime,variant=iso-fragmented");
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 3600 * GST_SECOND;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  fail_unless_equals_int (gst_harness_push (h, gst_fmp4_write_init (s->tracks,
              2, NULL)), GST_FLOW_OK);
  return h;
}

static void
close_demux (GstHarness * h, Stream * s, GPtrArray * sinks)
{
  guint i;

  gst_harness_teardown (h);
  for (i = 0; i < 2; i++)
    g_ptr_array_unref (demuxed[i]);
  g_ptr_array_unref (sinks);
  stream_clear (s);
}

static void
same_demuxed (GPtrArray * want, GPtrArray * got)
{
  guint i;

  fail_unless_equals_int (got->len, want->len);
  for (i = 0; i < want->len; i++) {
    GstBuffer *a = want->pdata[i], *b = got->pdata[i];

    /* qtdemux rounds ticks down */
    fail_unless (ABS (GST_CLOCK_DIFF (GST_BUFFER_PTS (b),
                GST_BUFFER_PTS (a))) <= 1);
    fail_unless (ABS (GST_CLOCK_DIFF (GST_BUFFER_DTS_OR_PTS (b),
                GST_BUFFER_DTS (a))) <= 1);
    fail_unless_equals_int (GST_BUFFER_FLAG_IS_SET (b,
            GST_BUFFER_FLAG_DELTA_UNIT), GST_BUFFER_FLAG_IS_SET (a,
            GST_BUFFER_FLAG_DELTA_UNIT));
    test_same_bytes (a, b);
  }
}

GST_START_TEST (test_qtdemux_plays_pts_exactly)
{
  GPtrArray *sinks = g_ptr_array_new_with_free_func (gst_object_unref);
  GstHarness *h;
  Stream s;
  guint i;

  h = open_demux (&s, sinks);
  fail_unless_equals_int (gst_harness_push (h, stream_chunk (&s, NULL)),
      GST_FLOW_OK);
  gst_harness_push_event (h, gst_event_new_eos ());
  for (i = 0; i < 2; i++)
    same_demuxed (s.samples[i], demuxed[i]);
  close_demux (h, &s, sinks);
}

GST_END_TEST;

/* Otherwise it goes on waiting for the sound that it did not get. */
GST_START_TEST (test_an_empty_chunk_clears_what_was_cut_off)
{
  GPtrArray *sinks = g_ptr_array_new_with_free_func (gst_object_unref);
  GstFmp4Run video = { NULL, NULL, 0 };
  GstBuffer *buffer, *init;
  GstFmp4ChunkInfo info;
  GstMapInfo map;
  GstHarness *h;
  Stream s;

  h = open_demux (&s, sinks);
  buffer = stream_chunk (&s, &info);
  gst_buffer_resize (buffer, 0, info.first_end);
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
  fail_unless_equals_int (demuxed[0]->len, 1);
  g_ptr_array_set_size (demuxed[0], 0);

  init = gst_fmp4_write_init (s.tracks, 2, NULL);
  gst_buffer_map (init, &map, GST_MAP_READ);
  buffer = gst_fmp4_write_empty (map.data, map.size);
  fail_unless (buffer != NULL);
  fail_unless (gst_fmp4_write_empty (map.data, map.size - 1) == NULL);
  gst_buffer_unmap (init, &map);
  gst_buffer_unref (init);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  GST_BUFFER_OFFSET (buffer) = G_GUINT64_CONSTANT (1) << 32;
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);

  video.track = &s.tracks[0];
  video.samples = (GstBuffer **) s.samples[0]->pdata;
  video.n_samples = s.samples[0]->len;
  buffer = gst_fmp4_write_chunk (8, &video, 1, NULL, NULL);
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
  same_demuxed (s.samples[0], demuxed[0]);
  fail_unless_equals_int (demuxed[1]->len, 0);
  close_demux (h, &s, sinks);
}

GST_END_TEST;

GST_START_TEST (test_garbage_is_an_error_not_a_crash)
{
  GRand *rand = g_rand_new_with_seed (1);
  GPtrArray *got[2];
  GstBuffer *chunk, *copy;
  GstMapInfo map;
  Stream s;
  guint round, i;

  stream_init (&s, LATE);
  chunk = stream_chunk (&s, NULL);
  for (round = 0; round < 2000; round++) {
    for (i = 0; i < 2; i++)
      got[i] =
          g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
    copy = gst_buffer_copy_deep (chunk);
    gst_buffer_map (copy, &map, GST_MAP_READWRITE);
    for (i = 0; i < 4; i++)
      map.data[g_rand_int_range (rand, 0, 400)] = g_rand_int (rand);
    gst_buffer_unmap (copy, &map);
    gst_fmp4_read_chunk (copy, s.tracks, 2, collect, got, NULL);
    for (i = 0; i < 2; i++) {
      fail_unless (got[i]->len <= 2000);
      g_ptr_array_unref (got[i]);
    }
    gst_buffer_unref (copy);
  }
  gst_buffer_unref (chunk);
  stream_clear (&s);
  g_rand_free (rand);
}

GST_END_TEST;

static Suite *
fmp4_suite (void)
{
  Suite *s = suite_create ("fmp4");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_chunk_is_read_as_written);
  tcase_add_test (tc, test_samples_share_the_chunks_memory);
  tcase_add_test (tc, test_keyframe_is_first_in_the_mdat);
  tcase_add_test (tc, test_equal_input_gives_equal_bytes);
  tcase_add_test (tc, test_impossible_times_are_refused);
  tcase_add_test (tc, test_times_at_the_end_of_all_numbers_are_refused);
  tcase_add_test (tc, test_lowering_admits_negative_composition_times);
  tcase_add_test (tc, test_an_empty_sample_is_a_sample);
  tcase_add_test (tc, test_truncation_is_noticed_at_every_byte);
  tcase_add_test (tc, test_boxes_never_reach_outside_the_data);
  tcase_add_test (tc, test_qtdemux_plays_pts_exactly);
  tcase_add_test (tc, test_an_empty_chunk_clears_what_was_cut_off);
  tcase_add_test (tc, test_garbage_is_an_error_not_a_crash);
  return s;
}

GST_CHECK_MAIN (fmp4);
