/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp_chunk.c: chunk stream to messages and back, blocks for many viewers
 */
#include <gst/check/gstcheck.h>

#include "rtmp/rtmpblock.h"
#include "rtmp/rtmpchunkreader.h"
#include "rtmp/rtmpchunkwriter.h"

/* What a reader made of some bytes, one line per message. */
static gchar *
read_stepwise (GstRtmpChunkReader * reader, const guint8 * data, gsize size,
    gsize step, GError ** error)
{
  GString *lines = g_string_new (NULL);
  gsize pos = 0;

  while (pos < size) {
    gsize used, part = MIN (step, size - pos);
    guint8 *copy = g_memdup2 (data + pos, part);
    GstRtmpMessage m;
    GstRtmpReadResult result =
        gst_rtmp_chunk_reader_read (reader, copy, part, &used, &m, error);

    g_free (copy);
    pos += used;
    if (result == GST_RTMP_READ_ERROR)
      break;
    if (result == GST_RTMP_READ_MESSAGE) {
      gsize length = gst_buffer_get_size (m.payload);
      guint8 first = 0;

      gst_buffer_extract (m.payload, 0, &first, 1);
      g_string_append_printf (lines, "%u:%u/%u@%u %" G_GSIZE_FORMAT " %c\n",
          m.csid, m.type, m.stream_id, m.timestamp, length,
          length ? first : '-');
      gst_rtmp_message_clear (&m);
    } else {
      fail_unless_equals_uint64 (used, part);
    }
  }
  return g_string_free (lines, FALSE);
}

/* However the bytes are torn, the messages are the same. */
static void
fail_unless_messages (const guint8 * data, gsize size, const gchar * expected)
{
  gsize step;

  for (step = 1; step <= size; step++) {
    GstRtmpChunkReader *reader = gst_rtmp_chunk_reader_new (NULL);
    GError *error = NULL;
    gchar *lines = read_stepwise (reader, data, size, step, &error);

    fail_unless (error == NULL, "%s", error ? error->message : "");
    fail_unless_equals_string (lines, expected);
    g_free (lines);
    gst_rtmp_chunk_reader_free (reader);
  }
}

static void
fail_unless_error (const guint8 * data, gsize size, GstRtmpError code,
    const gchar * why)
{
  GstRtmpChunkReader *reader = gst_rtmp_chunk_reader_new (NULL);
  GError *error = NULL;
  gchar *lines = read_stepwise (reader, data, size, size, &error);

  fail_unless (g_error_matches (error, GST_RTMP_ERROR, code));
  fail_unless (strstr (error->message, why), "%s", error->message);
  g_error_free (error);
  g_free (lines);
  gst_rtmp_chunk_reader_free (reader);
}

#define BYTES(...) (const guint8[]) { __VA_ARGS__ }, \
  sizeof ((const guint8[]) { __VA_ARGS__ })

GST_START_TEST (test_header_types)
{
  fail_unless_messages (BYTES (
          /* type 0: csid 4, time 1000, 1 byte of audio, stream 1 */
          0x04, 0, 3, 0xe8, 0, 0, 1, 8, 1, 0, 0, 0, 'a',
          /* type 1: +20, 2 bytes of video */
          0x44, 0, 0, 20, 0, 0, 2, 9, 'b', 'b',
          /* type 2: +30, the rest as before */
          0x84, 0, 0, 30, 'c', 'c',
          /* type 3: all as before, +30 again */
          0xc4, 'd', 'd',
          /* nothing at all is a message too */
          0x44, 0, 0, 0, 0, 0, 0, 8),
      "4:8/1@1000 1 a\n4:9/1@1020 2 b\n4:9/1@1050 2 c\n4:9/1@1080 2 d\n"
      "4:8/1@1080 0 -\n");
}

GST_END_TEST;

GST_START_TEST (test_type_3_after_type_0_adds_its_time)
{
  fail_unless_messages (BYTES (0x04, 0, 0, 40, 0, 0, 1, 8, 1, 0, 0, 0, 'a',
          0xc4, 'b'), "4:8/1@40 1 a\n4:8/1@80 1 b\n");
}

GST_END_TEST;

GST_START_TEST (test_long_basic_headers)
{
  fail_unless_messages (BYTES (0x00, 0, 0, 0, 1, 0, 0, 1, 8, 0, 0, 0, 0, 'a',
          0x00, 255, 0, 0, 2, 0, 0, 1, 8, 0, 0, 0, 0, 'b',
          0x01, 0, 1, 0, 0, 3, 0, 0, 1, 8, 0, 0, 0, 0, 'c',
          0x01, 255, 255, 0, 0, 4, 0, 0, 1, 8, 0, 0, 0, 0, 'd',
          /* 64 again, the three-byte way */
          0xc1, 0, 0, 'e'),
      "64:8/0@1 1 a\n319:8/0@2 1 b\n320:8/0@3 1 c\n65599:8/0@4 1 d\n"
      "64:8/0@2 1 e\n");
}

GST_END_TEST;

static void
put (GByteArray * out, const guint8 * data, gsize size)
{
  g_byte_array_append (out, data, size);
}

/* A message of @size bytes in chunks of 128, with time 0x01020304 in the
 * extended timestamp of its first header and, if @repeat, of the others. */
static GByteArray *
extended_message (guint size, gboolean repeat, guint8 filler)
{
  static const guint8 time[] = { 1, 2, 3, 4 };
  guint8 head[] = { 0x06, 0xff, 0xff, 0xff, 0, size >> 8, size, 9, 1, 0, 0,
    0
  };
  GByteArray *out = g_byte_array_new ();
  guint8 body[128];

  memset (body, filler, sizeof body);
  put (out, head, sizeof head);
  put (out, time, sizeof time);
  while (size > 0) {
    guint part = MIN (size, sizeof body);

    put (out, body, part);
    size -= part;
    if (size > 0) {
      put (out, BYTES (0xc6));
      if (repeat)
        put (out, time, sizeof time);
    }
  }
  return out;
}

GST_START_TEST (test_extended_timestamps_repeated_or_not)
{
  guint size;

  for (size = 126; size < 270; size += size == 134 ? 120 : 1) {
    guint repeat;

    for (repeat = 0; repeat < 2; repeat++) {
      /* 1 is also how the timestamp begins */
      GByteArray *out = extended_message (size, repeat, 1);
      gchar *expected = g_strdup_printf ("6:9/1@16909060 %u \1\n"
          "6:9/1@16909060 1 z\n", size);

      put (out, BYTES (0x46, 0, 0, 0, 0, 0, 1, 9, 'z'));
      fail_unless_messages (out->data, out->len, expected);
      g_free (expected);
      g_byte_array_unref (out);
    }
  }
}

GST_END_TEST;

GST_START_TEST (test_message_is_not_held_back_for_a_timestamp)
{
  /* not repeated, two bytes left in the last chunk, then silence */
  GByteArray *out = extended_message (130, FALSE, 'x');

  fail_unless_messages (out->data, out->len, "6:9/1@16909060 130 x\n");
  g_byte_array_unref (out);
}

GST_END_TEST;

GST_START_TEST (test_extended_delta)
{
  fail_unless_messages (BYTES (0x04, 0, 0, 5, 0, 0, 1, 8, 1, 0, 0, 0, 'a',
          0x44, 0xff, 0xff, 0xff, 0, 0, 1, 8, 1, 0, 0, 0, 'b',
          /* type 3 repeats field and extension, and adds it again */
          0xc4, 1, 0, 0, 0, 'c',
          /* and time wraps */
          0x44, 0xff, 0xff, 0xff, 0, 0, 1, 8, 0xfe, 0, 0, 0, 'd'),
      "4:8/1@5 1 a\n4:8/1@16777221 1 b\n4:8/1@33554437 1 c\n4:8/1@5 1 d\n");
}

GST_END_TEST;

GST_START_TEST (test_interleaved_chunk_streams)
{
  GByteArray *out = g_byte_array_new ();
  guint8 body[128];

  memset (body, 'v', sizeof body);
  put (out, BYTES (0x06, 0, 0, 1, 0, 0, 200, 9, 1, 0, 0, 0));
  put (out, body, 128);
  put (out, BYTES (0x04, 0, 0, 1, 0, 0, 1, 8, 1, 0, 0, 0, 'a'));
  put (out, BYTES (0xc6));
  put (out, body, 72);
  fail_unless_messages (out->data, out->len, "4:8/1@1 1 a\n6:9/1@1 200 v\n");
  g_byte_array_unref (out);
}

GST_END_TEST;

GST_START_TEST (test_new_message_gives_up_the_unfinished)
{
  GByteArray *out = g_byte_array_new ();
  guint8 body[128] = { 'v', };

  put (out, BYTES (0x06, 0, 0, 1, 0, 0, 200, 9, 1, 0, 0, 0));
  put (out, body, 128);
  put (out, BYTES (0x06, 0, 0, 2, 0, 0, 1, 9, 1, 0, 0, 0, 'w'));
  fail_unless_messages (out->data, out->len, "6:9/1@2 1 w\n");
  g_byte_array_unref (out);
}

GST_END_TEST;

GST_START_TEST (test_abort)
{
  GstRtmpChunkReader *reader = gst_rtmp_chunk_reader_new (NULL);
  guint8 begin[12 + 128] = { 0x06, 0, 0, 1, 0, 0, 200, 9, 1, 0, 0, 0 };
  guint8 again[1 + 128] = { 0xc6, 'n' };
  gchar *lines = read_stepwise (reader, begin, sizeof begin, 50, NULL);

  fail_unless_equals_string (lines, "");
  fail_if (gst_rtmp_chunk_reader_get_partial_bytes (reader) == 0);
  gst_rtmp_chunk_reader_abort (reader, 77);
  gst_rtmp_chunk_reader_abort (reader, 6);
  fail_unless_equals_uint64 (gst_rtmp_chunk_reader_get_partial_bytes (reader),
      0);
  g_free (lines);
  /* type 3 now begins a message like the one that was given up */
  lines = read_stepwise (reader, again, sizeof again, 50, NULL);
  fail_unless_equals_string (lines, "");
  again[0] = 0xc6;
  g_free (lines);
  lines = read_stepwise (reader, again, 1 + 72, 50, NULL);
  fail_unless_equals_string (lines, "6:9/1@2 200 n\n");
  g_free (lines);
  gst_rtmp_chunk_reader_free (reader);
}

GST_END_TEST;

GST_START_TEST (test_chunk_sizes)
{
  GstRtmpChunkReader *reader = gst_rtmp_chunk_reader_new (NULL);
  guint8 two[] = { 0x04, 0, 0, 0, 0, 0, 3, 8, 1, 0, 0, 0,
    'a', 0xc4, 'b', 0xc4, 'c', 0x44, 0, 0, 0, 0, 0, 1, 8, 'd'
  };
  GError *error = NULL;
  gchar *lines;

  fail_if (gst_rtmp_chunk_reader_set_chunk_size (reader, 0, &error));
  fail_unless (g_error_matches (error, GST_RTMP_ERROR,
          GST_RTMP_ERROR_PROTOCOL));
  g_clear_error (&error);
  fail_if (gst_rtmp_chunk_reader_set_chunk_size (reader, 0x80000000, NULL));
  fail_if (gst_rtmp_chunk_reader_set_chunk_size (reader, 0xffffffff, NULL));
  fail_unless (gst_rtmp_chunk_reader_set_chunk_size (reader, 0x7fffffff, NULL));
  fail_unless (gst_rtmp_chunk_reader_set_chunk_size (reader, 1, NULL));
  lines = read_stepwise (reader, two, sizeof two, 3, NULL);
  fail_unless_equals_string (lines, "4:8/1@0 3 a\n4:8/1@0 1 d\n");
  g_free (lines);
  gst_rtmp_chunk_reader_free (reader);
}

GST_END_TEST;

GST_START_TEST (test_bad_chunks)
{
  fail_unless_error (BYTES (0x84, 0, 0, 0), GST_RTMP_ERROR_PROTOCOL,
      "chunk stream 4 begins with a chunk of type 2");
  fail_unless_error (BYTES (0xc4), GST_RTMP_ERROR_PROTOCOL, "type 3");
}

GST_END_TEST;

GST_START_TEST (test_a_claim_costs_nothing)
{
  GstRtmpChunkReader *reader = gst_rtmp_chunk_reader_new (NULL);
  GError *error = NULL;
  guint i;

  for (i = 2; i < 64; i++) {
    guint8 head[] = { i, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0 };
    guint8 body[128] = { 0, };

    g_free (read_stepwise (reader, head, sizeof head, 100, &error));
    g_free (read_stepwise (reader, body, sizeof body, 100, &error));
    fail_unless (error == NULL);
  }
  /* 62 messages of 16 MiB announced */
  fail_unless (gst_rtmp_chunk_reader_get_partial_bytes (reader) <= 62 * 4096);
  gst_rtmp_chunk_reader_free (reader);
}

GST_END_TEST;

GST_START_TEST (test_limits)
{
  GstRtmpChunkLimits limits = { 1000, 10000, 3 };
  GstRtmpChunkReader *reader = gst_rtmp_chunk_reader_new (&limits);
  guint8 large[] = { 4, 0, 0, 0, 0, 0x03, 0xe9, 9, 1, 0, 0, 0 };
  guint8 head[] = { 2, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0 };
  guint8 body[8000] = { 0, };
  GError *error = NULL;

  g_free (read_stepwise (reader, large, sizeof large, 100, &error));
  fail_unless (g_error_matches (error, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT));
  g_clear_error (&error);
  gst_rtmp_chunk_reader_free (reader);

  reader = gst_rtmp_chunk_reader_new (&limits);
  for (; head[0] < 5; head[0]++)
    g_free (read_stepwise (reader, head, sizeof head, 100, &error));
  fail_unless (error == NULL);
  g_free (read_stepwise (reader, head, sizeof head, 100, &error));
  fail_unless (g_error_matches (error, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT));
  g_clear_error (&error);
  gst_rtmp_chunk_reader_free (reader);

  limits.max_message_size = GST_RTMP_MAX_MESSAGE_SIZE;
  limits.max_chunk_streams = 64;
  reader = gst_rtmp_chunk_reader_new (&limits);
  gst_rtmp_chunk_reader_set_chunk_size (reader, 8000, NULL);
  head[0] = 2;
  head[4] = 0xff;
  g_free (read_stepwise (reader, head, sizeof head, 100, &error));
  g_free (read_stepwise (reader, body, sizeof body, 8000, &error));
  fail_unless (error == NULL);
  head[0] = 3;
  g_free (read_stepwise (reader, head, sizeof head, 100, &error));
  fail_unless (g_error_matches (error, GST_RTMP_ERROR, GST_RTMP_ERROR_LIMIT));
  g_clear_error (&error);
  gst_rtmp_chunk_reader_free (reader);
}

GST_END_TEST;

GST_START_TEST (test_large_message_is_whole)
{
  GstRtmpChunkWriter *writer = gst_rtmp_chunk_writer_new ();
  GstRtmpChunkReader *reader = gst_rtmp_chunk_reader_new (NULL);
  gsize size = GST_RTMP_MAX_MESSAGE_SIZE, i, used;
  guint8 *payload = g_malloc (size);
  GByteArray *out = g_byte_array_new ();
  GstRtmpOutMessage message = { 6, 9, 1, 0x1000000, payload, size };
  GstRtmpMessage read;

  for (i = 0; i < size; i++)
    payload[i] = i * 31 >> 3;
  fail_unless (gst_rtmp_chunk_writer_write (writer, out, &message));
  fail_unless_equals_int (gst_rtmp_chunk_reader_read (reader, out->data,
          out->len, &used, &read, NULL), GST_RTMP_READ_MESSAGE);
  fail_unless_equals_uint64 (used, out->len);
  fail_unless_equals_uint64 (read.timestamp, 0x1000000);
  fail_unless_equals_uint64 (gst_buffer_get_size (read.payload), size);
  fail_unless (gst_buffer_memcmp (read.payload, 0, payload, size) == 0);
  gst_rtmp_message_clear (&read);
  message.size++;
  fail_if (gst_rtmp_chunk_writer_write (writer, out, &message));
  g_byte_array_unref (out);
  g_free (payload);
  gst_rtmp_chunk_reader_free (reader);
  gst_rtmp_chunk_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_writer_takes_the_short_header)
{
  GstRtmpChunkWriter *writer = gst_rtmp_chunk_writer_new ();
  GByteArray *out = g_byte_array_new ();
  GstRtmpOutMessage m = { 4, 8, 1, 1000, (const guint8 *) "aa", 2 };

  gst_rtmp_chunk_writer_write (writer, out, &m);
  fail_unless_equals_int (out->len, 12 + 2);
  m.timestamp += 20;
  gst_rtmp_chunk_writer_write (writer, out, &m);
  fail_unless_equals_int (out->len, 14 + 4 + 2);
  m.size = 1;
  gst_rtmp_chunk_writer_write (writer, out, &m);
  fail_unless_equals_int (out->len, 20 + 8 + 1);
  /* neither backwards nor for another stream is there a delta */
  m.timestamp -= 20;
  fail_if (gst_rtmp_chunk_writer_write_full (writer, out, &m, 1));
  gst_rtmp_chunk_writer_write (writer, out, &m);
  fail_unless_equals_int (out->len, 29 + 12 + 1);
  m.stream_id = 2;
  gst_rtmp_chunk_writer_write (writer, out, &m);
  fail_unless_equals_int (out->len, 42 + 12 + 1);
  /* what others wrote is not known */
  gst_rtmp_chunk_writer_forget (writer, 4);
  gst_rtmp_chunk_writer_write (writer, out, &m);
  fail_unless_equals_int (out->len, 55 + 12 + 1);
  fail_unless (gst_rtmp_chunk_writer_write_full (writer, out, &m, 1));
  fail_unless (gst_rtmp_chunk_writer_write_full (writer, out, &m, 2));
  fail_unless (gst_rtmp_chunk_writer_write_full (writer, out, &m, 3));
  fail_unless_equals_int (out->len, 68 + 9 + 5 + 2);
  fail_unless_messages (out->data, out->len, "4:8/1@1000 2 a\n"
      "4:8/1@1020 2 a\n4:8/1@1020 1 a\n4:8/1@1000 1 a\n4:8/2@1000 1 a\n"
      "4:8/2@1000 1 a\n4:8/2@1000 1 a\n4:8/2@1000 1 a\n4:8/2@1000 1 a\n");
  g_byte_array_unref (out);
  gst_rtmp_chunk_writer_free (writer);
}

GST_END_TEST;

/* Any message, any chunk size: what is written is what is read. */
GST_START_TEST (test_round_trips)
{
  GRand *rand = g_rand_new_with_seed (1);
  guint8 payload[3000];
  guint round, i;

  memset (payload, 'p', sizeof payload);
  for (round = 0; round < 40; round++) {
    GstRtmpChunkWriter *writer = gst_rtmp_chunk_writer_new ();
    GstRtmpChunkReader *reader = gst_rtmp_chunk_reader_new (NULL);
    guint32 chunk_size = g_rand_int_range (rand, 1, 500);
    GString *expected = g_string_new (NULL);
    GByteArray *out = g_byte_array_new ();
    guint32 time = g_rand_int (rand);
    gchar *lines;

    gst_rtmp_chunk_writer_set_chunk_size (writer, chunk_size);
    gst_rtmp_chunk_reader_set_chunk_size (reader, chunk_size, NULL);
    for (i = 0; i < 30; i++) {
      GstRtmpOutMessage m = { g_rand_int_range (rand, 2, 8) * 60,
        g_rand_int_range (rand, 8, 10), 1, time, payload,
        g_rand_int_range (rand, 1, sizeof payload)
      };

      time += g_rand_int_range (rand, 0, 40) << (i % 25);
      fail_unless (gst_rtmp_chunk_writer_write (writer, out, &m));
      g_string_append_printf (expected, "%u:%u/%u@%u %" G_GSIZE_FORMAT
          " p\n", m.csid, m.type, m.stream_id, m.timestamp, m.size);
    }
    lines = read_stepwise (reader, out->data, out->len,
        g_rand_int_range (rand, 1, 2000), NULL);
    fail_unless_equals_string (lines, expected->str);
    g_free (lines);
    g_string_free (expected, TRUE);
    g_byte_array_unref (out);
    gst_rtmp_chunk_reader_free (reader);
    gst_rtmp_chunk_writer_free (writer);
  }
  g_rand_free (rand);
}

GST_END_TEST;

static void
add (GByteArray * out, guint8 type, guint32 time, const gchar * body)
{
  guint size = strlen (body);
  guint8 head[] = { type, 0, 0, size, time >> 16, time >> 8, time,
    time >> 24, 0, 0, 0
  };
  guint8 back[] = { 0, 0, 0, size + 11 };

  put (out, head, sizeof head);
  put (out, (const guint8 *) body, size);
  put (out, back, sizeof back);
}

static gchar *
split (GByteArray * body)
{
  GstRtmpMessage whole = { 5, GST_RTMP_AGGREGATE, 7, 5000,
    gst_buffer_new_memdup (body->data, body->len)
  };
  GString *lines = g_string_new (NULL);
  GstRtmpAggregate aggregate;
  GstRtmpMessage m;

  gst_rtmp_aggregate_init (&aggregate, &whole);
  while (gst_rtmp_aggregate_next (&aggregate, &m)) {
    g_string_append_printf (lines, "%u/%u@%u %" G_GSIZE_FORMAT "\n", m.type,
        m.stream_id, m.timestamp, gst_buffer_get_size (m.payload));
    gst_rtmp_message_clear (&m);
  }
  gst_rtmp_aggregate_clear (&aggregate);
  return g_string_free (lines, FALSE);
}

GST_START_TEST (test_aggregates)
{
  GByteArray *body = g_byte_array_new ();
  guint i, size;
  gchar *lines;

  /* times count from the first one's, stream ids are the outer one's; no
   * command hides in an aggregate */
  add (body, 9, 0xfffffff0, "vv");
  add (body, 8, 0xfffffffa, "a");
  add (body, 20, 0xfffffffa, "c");
  add (body, 9, 4, "vvv");
  add (body, 8, 4, "");
  lines = split (body);
  fail_unless_equals_string (lines,
      "9/7@5000 2\n8/7@5010 1\n9/7@5020 3\n8/7@5020 0\n");
  g_free (lines);
  /* cut anywhere, the whole ones come out */
  size = body->len;
  for (i = 1; i < size; i++) {
    g_byte_array_set_size (body, size - i);
    g_free (split (body));
  }
  g_byte_array_unref (body);
}

GST_END_TEST;

GST_START_TEST (test_user_control_is_read_within_bounds)
{
  guint8 bytes[10] = { 0, 3, 0, 0, 0, 1, 0, 0, 1, 0 };
  GstRtmpUserControl control;
  guint8 written[10];
  gsize size;

  for (size = 0; size <= sizeof bytes; size++) {
    guint8 *copy = g_memdup2 (bytes, size);

    fail_unless (gst_rtmp_user_control_parse (&control, copy, size, NULL) ==
        (size >= 10));
    g_free (copy);
  }
  fail_unless_equals_int (control.type, GST_RTMP_SET_BUFFER_LENGTH);
  fail_unless_equals_int (control.value, 1);
  fail_unless_equals_int (control.buffer_ms, 256);
  fail_unless_equals_uint64 (gst_rtmp_user_control_write (&control, written),
      10);
  fail_unless (memcmp (bytes, written, 10) == 0);
  bytes[1] = GST_RTMP_PING_REQUEST;
  fail_if (gst_rtmp_user_control_parse (&control, bytes, 5, NULL));
  fail_unless (gst_rtmp_user_control_parse (&control, bytes, 6, NULL));
  /* unknown ones may be as they like */
  bytes[1] = 0x1a;
  fail_unless (gst_rtmp_user_control_parse (&control, bytes, 3, NULL));
}

GST_END_TEST;

static void
add_to_block (GstRtmpBlockBuilder * builder, GstRtmpBlockKind kind,
    gint64 time, const gchar * body, gboolean key)
{
  fail_unless (gst_rtmp_block_builder_add (builder, kind, time,
          (const guint8 *) body, strlen (body), key));
}

/* Two viewers enter the same bytes at different messages, with times of their
 * own: a head of type 0 makes the deltas come out right. */
GST_START_TEST (test_blocks_serve_everyone)
{
  GstRtmpBlockBuilder *builder = gst_rtmp_block_builder_new (4096, 0);
  gint64 day = 24 * 3600 * 1000, base;
  GstRtmpBlock *block;
  guint entry;

  gst_rtmp_block_builder_restart (builder, 100 * day);
  add_to_block (builder, GST_RTMP_BLOCK_VIDEO, 100 * day + 40, "V", TRUE);
  gst_rtmp_block_unref (gst_rtmp_block_builder_finish (builder));
  add_to_block (builder, GST_RTMP_BLOCK_AUDIO, 100 * day + 50, "a", FALSE);
  add_to_block (builder, GST_RTMP_BLOCK_VIDEO, 100 * day + 80, "W", TRUE);
  add_to_block (builder, GST_RTMP_BLOCK_AUDIO, 100 * day + 73, "b", FALSE);
  block = gst_rtmp_block_builder_finish (builder);
  fail_unless_equals_int (gst_rtmp_block_length (block), 3);

  for (entry = 0; entry < 2; entry++) {
    GstRtmpChunkWriter *head = gst_rtmp_chunk_writer_new ();
    GByteArray *out = g_byte_array_new ();
    GstRtmpBlockKind kind;
    const guint8 *data;
    gsize size;

    base = 100 * day;
    for (kind = GST_RTMP_BLOCK_AUDIO; kind <= GST_RTMP_BLOCK_VIDEO; kind++) {
      GstRtmpOutMessage m = { gst_rtmp_block_kind_csid (kind, 0),
        gst_rtmp_block_kind_message_type (kind), 1,
        gst_rtmp_block_get_anchor (block, entry, kind) - base,
        (const guint8 *) "h", 1
      };

      gst_rtmp_chunk_writer_write_full (head, out, &m, 0);
    }
    data = gst_rtmp_block_get_data (block, &size);
    put (out, data + gst_rtmp_block_nth (block, entry)->offset,
        size - gst_rtmp_block_nth (block, entry)->offset);
    fail_unless_messages (out->data, out->len, entry == 0 ?
        "4:8/1@0 1 h\n6:9/1@40 1 h\n4:8/1@50 1 a\n6:9/1@80 1 W\n"
        "4:8/1@73 1 b\n" :
        "4:8/1@50 1 h\n6:9/1@40 1 h\n6:9/1@80 1 W\n4:8/1@73 1 b\n");
    g_byte_array_unref (out);
    gst_rtmp_chunk_writer_free (head);
  }
  gst_rtmp_block_unref (block);
  gst_rtmp_block_builder_free (builder);
}

GST_END_TEST;

GST_START_TEST (test_block_refuses_what_a_delta_cannot_say)
{
  GstRtmpBlockBuilder *builder = gst_rtmp_block_builder_new (4096, 0);

  add_to_block (builder, GST_RTMP_BLOCK_VIDEO, 100, "v", TRUE);
  fail_if (gst_rtmp_block_builder_add (builder, GST_RTMP_BLOCK_VIDEO, 99,
          (const guint8 *) "v", 1, FALSE));
  fail_if (gst_rtmp_block_builder_add (builder, GST_RTMP_BLOCK_VIDEO,
          100 + 0xffffff, (const guint8 *) "v", 1, FALSE));
  add_to_block (builder, GST_RTMP_BLOCK_VIDEO, 100 + 0xfffffe, "v", TRUE);
  fail_if (gst_rtmp_block_builder_get_size (builder) == 0);
  gst_rtmp_block_builder_restart (builder, 50);
  fail_unless_equals_uint64 (gst_rtmp_block_builder_get_size (builder), 0);
  add_to_block (builder, GST_RTMP_BLOCK_VIDEO, 50, "v", TRUE);
  gst_rtmp_block_builder_free (builder);
}

GST_END_TEST;

static Suite *
rtmp_chunk_suite (void)
{
  Suite *s = suite_create ("rtmp_chunk");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_header_types);
  tcase_add_test (tc, test_type_3_after_type_0_adds_its_time);
  tcase_add_test (tc, test_long_basic_headers);
  tcase_add_test (tc, test_extended_timestamps_repeated_or_not);
  tcase_add_test (tc, test_message_is_not_held_back_for_a_timestamp);
  tcase_add_test (tc, test_extended_delta);
  tcase_add_test (tc, test_interleaved_chunk_streams);
  tcase_add_test (tc, test_new_message_gives_up_the_unfinished);
  tcase_add_test (tc, test_abort);
  tcase_add_test (tc, test_chunk_sizes);
  tcase_add_test (tc, test_bad_chunks);
  tcase_add_test (tc, test_a_claim_costs_nothing);
  tcase_add_test (tc, test_limits);
  tcase_add_test (tc, test_large_message_is_whole);
  tcase_add_test (tc, test_writer_takes_the_short_header);
  tcase_add_test (tc, test_round_trips);
  tcase_add_test (tc, test_aggregates);
  tcase_add_test (tc, test_user_control_is_read_within_bounds);
  tcase_add_test (tc, test_blocks_serve_everyone);
  tcase_add_test (tc, test_block_refuses_what_a_delta_cannot_say);
  return s;
}

GST_CHECK_MAIN (rtmp_chunk);
