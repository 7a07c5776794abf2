/* findkey.c: where the first keyframe of a segment ends
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/check/gstcheck.h>
#include <string.h>

#include "fmp4/fmp4.h"

#define AVCC "0164000affe100186764000aacd9420db0110000030001000003" \
    "00320f12259601000668ebe3cb22c0fdf8f800"
#define KEY_BYTES 5000

typedef struct
{
  GstFmp4Track video;
  GstBuffer *segment;
  GstFmp4ChunkInfo info;
  GstMapInfo map;
} Fixture;

static GstBuffer *
make_sample (guint i, gsize size, gboolean key)
{
  GstBuffer *sample = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_memset (sample, 0, i, size);
  GST_BUFFER_PTS (sample) = GST_BUFFER_DTS (sample) = i * 40 * GST_MSECOND;
  GST_BUFFER_DURATION (sample) = 40 * GST_MSECOND;
  if (!key)
    GST_BUFFER_FLAG_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT);
  return sample;
}

/* A chunk of four frames; the first is a keyframe, or none is. */
static GstBuffer *
make_chunk (Fixture * f, gboolean key)
{
  GstBuffer *samples[4];
  GstFmp4Run run = { &f->video, samples, 4 };
  GstBuffer *chunk;
  guint i;

  for (i = 0; i < 4; i++)
    samples[i] = make_sample (i, i == 0 ? KEY_BYTES : 100, key && i == 0);
  chunk = gst_fmp4_write_chunk (1, &run, 1, &f->info, NULL);
  fail_unless (chunk != NULL);
  for (i = 0; i < 4; i++)
    gst_buffer_unref (samples[i]);
  return chunk;
}

static void
setup (Fixture * f, gboolean late)
{
  GstCaps *caps = gst_caps_from_string ("video/x-h264, stream-format=avc, "
      "alignment=au, width=128, height=96, codec_data=(buffer)" AVCC);

  memset (f, 0, sizeof (*f));
  fail_unless (gst_fmp4_track_init (&f->video, 1, caps, 25000, NULL));
  gst_caps_unref (caps);
  f->segment = make_chunk (f, !late);
  if (late)
    f->segment = gst_buffer_append (f->segment, make_chunk (f, TRUE));
  gst_buffer_map (f->segment, &f->map, GST_MAP_READ);
}

static void
teardown (Fixture * f)
{
  gst_buffer_unmap (f->segment, &f->map);
  gst_buffer_unref (f->segment);
  gst_fmp4_track_clear (&f->video);
}

/* Cut off anywhere, what is asked for grows, until it is the keyframe's end. */
GST_START_TEST (test_whatever_is_there)
{
  gsize size, first_end;
  guint64 end, before = 0;
  Fixture f;

  setup (&f, FALSE);
  first_end = f.info.first_end;
  for (size = 0; size <= f.map.size; size++) {
    fail_unless (gst_fmp4_find_key (f.map.data, size, &f.video, 1, 1, &end));
    fail_unless (size < f.info.moof_size ? end > size && end <= first_end :
        end == first_end, "%" G_GUINT64_FORMAT " at %" G_GSIZE_FORMAT, end,
        size);
    fail_unless (size <= 8 || end >= before);
    before = end;
  }
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_in_the_second_chunk)
{
  guint64 end;
  Fixture f;

  setup (&f, TRUE);
  fail_unless (gst_fmp4_find_key (f.map.data, f.map.size, &f.video, 1, 1,
          &end));
  fail_unless_equals_uint64 (end, f.map.size - 300);
  /* at least to where the next box begins */
  fail_unless (gst_fmp4_find_key (f.map.data, 1000, &f.video, 1, 1, &end));
  fail_unless (end > f.map.size / 2 && end < f.map.size - KEY_BYTES);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_garbage_holds_no_key)
{
  guint8 bytes[64];
  guint64 end;
  guint i, k;
  Fixture f;

  memset (bytes, 0, sizeof (bytes));
  bytes[3] = 7;
  setup (&f, FALSE);
  fail_if (gst_fmp4_find_key (bytes, sizeof (bytes), &f.video, 1, 1, &end));
  /* a box of four gigabytes */
  memset (bytes, 0xff, 4);
  fail_if (gst_fmp4_find_key (bytes, sizeof (bytes), &f.video, 1, 1, &end));
  /* whatever the moof says, what it leads to is bounded */
  gst_buffer_unmap (f.segment, &f.map);
  gst_buffer_map (f.segment, &f.map, GST_MAP_READWRITE);
  for (i = 8; i < f.info.moof_size; i++)
    for (k = 0; k < 256; k += 85) {
      guint8 old = f.map.data[i];

      f.map.data[i] = k;
      if (gst_fmp4_find_key (f.map.data, f.map.size, &f.video, 1, 1, &end))
        fail_unless (end <= 64 * 1024 * 1024);
      f.map.data[i] = old;
    }
  teardown (&f);
}

GST_END_TEST;

/* A moof of many runs, each of as many samples as are ever looked through. */
static GByteArray *
make_runs (guint n_runs)
{
  GByteArray *out = g_byte_array_new ();
  guint moof = gst_fmp4_box_begin (out, GST_FMP4_MOOF);
  guint traf = gst_fmp4_box_begin (out, GST_FMP4_TYPE ('t', 'r', 'a', 'f'));
  guint box, i;

  box = gst_fmp4_box_begin_full (out, GST_FMP4_TYPE ('t', 'f', 'h', 'd'), 0,
      0x20030);
  gst_fmp4_put_u32 (out, 1);
  gst_fmp4_put_u32 (out, 1);    /* size of a sample */
  gst_fmp4_put_u32 (out, 0x10000);      /* none is a keyframe */
  gst_fmp4_box_end (out, box);
  box = gst_fmp4_box_begin_full (out, GST_FMP4_TYPE ('t', 'f', 'd', 't'), 0, 0);
  gst_fmp4_put_u32 (out, 0);
  gst_fmp4_box_end (out, box);
  for (i = 0; i < n_runs; i++) {
    box = gst_fmp4_box_begin_full (out, GST_FMP4_TYPE ('t', 'r', 'u', 'n'), 0,
        0);
    gst_fmp4_put_u32 (out, 64 * 1024 * 1024);
    gst_fmp4_box_end (out, box);
  }
  gst_fmp4_box_end (out, traf);
  gst_fmp4_box_end (out, moof);
  return out;
}

/* It would take hours to look at each. */
GST_START_TEST (test_runs_over_the_same_bytes_are_not_followed)
{
  GByteArray *moof = make_runs (100000);
  guint64 end;
  Fixture f;

  setup (&f, FALSE);
  fail_if (gst_fmp4_find_key (moof->data, moof->len, &f.video, 1, 1, &end));
  g_byte_array_unref (moof);
  teardown (&f);
}

GST_END_TEST;

static Suite *
findkey_suite (void)
{
  Suite *s = suite_create ("findkey");
  TCase *tc = tcase_create ("findkey");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_whatever_is_there);
  tcase_add_test (tc, test_in_the_second_chunk);
  tcase_add_test (tc, test_garbage_holds_no_key);
  tcase_add_test (tc, test_runs_over_the_same_bytes_are_not_followed);
  return s;
}

GST_CHECK_MAIN (findkey);
