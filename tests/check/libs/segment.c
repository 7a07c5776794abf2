/* segment.c: what a segment promises its fetcher, readers and caches
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrsegment.h>

static const GstDvrSegmentId id_7 = {
  GST_DVR_SEGMENT_MEDIA, "live/cam1", "20261120T192200Z-3f9c", 7
};

static GstBuffer *
buffer_of (const gchar * text)
{
  return gst_buffer_new_memdup (text, strlen (text));
}

static void
count_call (GstDvrSegment * segment, gpointer user_data)
{
  g_atomic_int_inc ((gint *) user_data);
}

static gchar *
read_all (GstDvrSegment * segment)
{
  gsize size = gst_dvr_segment_get_size (segment);
  gchar *text = g_malloc0 (size + 1);

  fail_unless (gst_dvr_segment_read (segment, 0, text, size));
  return text;
}

GST_START_TEST (test_ids_are_equal_when_they_name_the_same_bytes)
{
  GstDvrSegmentId a = id_7, b = id_7;

  fail_unless (gst_dvr_segment_id_equal (&a, &b));
  fail_unless_equals_int (gst_dvr_segment_id_hash (&a),
      gst_dvr_segment_id_hash (&b));

  b.kind = GST_DVR_SEGMENT_INIT;
  fail_if (gst_dvr_segment_id_equal (&a, &b));
  b = id_7;
  b.number++;
  fail_if (gst_dvr_segment_id_equal (&a, &b));
  b = id_7;
  b.recording = "20261120T192200Z-3f9d";
  fail_if (gst_dvr_segment_id_equal (&a, &b));
}

GST_END_TEST;

GST_START_TEST (test_bytes_stay_where_they_are_while_it_grows)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  const guint8 *first;
  gsize available;
  gchar *text;
  gint i;

  gst_dvr_segment_append_bytes (segment, "first", 5);
  first = gst_dvr_segment_peek (segment, 0, &available);
  fail_unless_equals_int (available, 5);

  for (i = 0; i < 100000; i++)
    gst_dvr_segment_append_bytes (segment, "0123456789", 10);
  fail_unless (gst_dvr_segment_append (segment, buffer_of ("last")));

  fail_unless (gst_dvr_segment_peek (segment, 0, &available) == first);
  fail_unless (memcmp (first, "first01234", 10) == 0);
  text = read_all (segment);
  fail_unless (g_str_has_suffix (text, "6789last"));
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), 1000009);

  g_free (text);
  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (test_a_known_total_makes_one_run_of_bytes)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  gsize available;
  gint i;

  gst_dvr_segment_set_total (segment, 300000);
  for (i = 0; i < 30000; i++)
    gst_dvr_segment_append_bytes (segment, "0123456789", 10);
  gst_dvr_segment_finish (segment);

  gst_dvr_segment_peek (segment, 0, &available);
  fail_unless_equals_int (available, 300000);
  fail_unless_equals_uint64 (gst_dvr_segment_get_total (segment), 300000);

  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (test_what_is_allocated_counts)
{
  GstDvrSegment *known = gst_dvr_segment_new (&id_7);
  GstDvrSegment *unknown = gst_dvr_segment_new (&id_7);

  gst_dvr_segment_set_total (known, 100);
  gst_dvr_segment_append_bytes (known, "12345678", 8);
  gst_dvr_segment_append_bytes (unknown, "12345678", 8);
  fail_unless (gst_dvr_segment_get_memory_size (known) < 2000);
  fail_unless (gst_dvr_segment_get_memory_size (unknown) >= 64 * 1024);
  gst_dvr_segment_unref (known);
  gst_dvr_segment_unref (unknown);
}

GST_END_TEST;

GST_START_TEST (test_parts_are_known_as_they_come)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  GstDvrPart part;

  fail_if (gst_dvr_segment_get_part (segment, 0, &part));
  gst_dvr_segment_append_part (segment, buffer_of ("part0"),
      250 * GST_MSECOND, TRUE);
  gst_dvr_segment_append (segment, buffer_of ("par"));
  fail_unless_equals_int (gst_dvr_segment_get_n_parts (segment), 1);
  gst_dvr_segment_append (segment, buffer_of ("t1"));
  gst_dvr_segment_end_part (segment, 240 * GST_MSECOND, FALSE);

  fail_unless_equals_int (gst_dvr_segment_get_n_parts (segment), 2);
  fail_unless (gst_dvr_segment_get_part (segment, 1, &part));
  fail_unless_equals_uint64 (part.offset, 5);
  fail_unless_equals_uint64 (part.size, 5);
  fail_unless_equals_clocktime (part.duration, 240 * GST_MSECOND);
  fail_if (part.independent);

  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

static void
append_box (GByteArray * bytes, const gchar * type, guint size)
{
  guint8 *box = g_malloc0 (size);

  GST_WRITE_UINT32_BE (box, size);
  memcpy (box + 4, type, 4);
  g_byte_array_append (bytes, box, size);
  g_free (box);
}

GST_START_TEST (test_parts_of_a_whole_segment_are_found_by_their_prft_boxes)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  GByteArray *bytes = g_byte_array_new ();
  GstDvrPart part;
  guint i;

  append_box (bytes, "styp", 16);
  append_box (bytes, "uuid", 64);
  for (i = 0; i < 3; i++) {
    append_box (bytes, "prft", 32);
    append_box (bytes, "moof", 40);
    append_box (bytes, "mdat", 50);
    append_box (bytes, "moof", 40);
    append_box (bytes, "mdat", 38);
  }
  /* in odd pieces, so that box headers are torn */
  for (i = 0; i < bytes->len; i += 7)
    gst_dvr_segment_append (segment, gst_buffer_new_memdup (bytes->data + i,
            MIN (7, bytes->len - i)));

  fail_unless_equals_int (gst_dvr_segment_get_n_parts (segment), 0);
  gst_dvr_segment_finish (segment);
  fail_unless_equals_int (gst_dvr_segment_get_n_parts (segment), 3);
  gst_dvr_segment_get_part (segment, 0, &part);
  fail_unless_equals_uint64 (part.offset, 0);
  fail_unless_equals_uint64 (part.size, 280);
  gst_dvr_segment_get_part (segment, 2, &part);
  fail_unless_equals_uint64 (part.offset, 480);
  fail_unless_equals_uint64 (part.size, 200);

  g_byte_array_unref (bytes);
  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (test_a_part_may_begin_with_several_prft_boxes)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  GByteArray *bytes = g_byte_array_new ();
  GstDvrPart part;
  guint i;

  for (i = 0; i < 2; i++) {
    append_box (bytes, "prft", 32);
    append_box (bytes, "prft", 32);
    append_box (bytes, "moof", 40);
    append_box (bytes, "mdat", 50);
  }
  gst_dvr_segment_append_bytes (segment, bytes->data, bytes->len);
  gst_dvr_segment_finish (segment);
  fail_unless_equals_int (gst_dvr_segment_get_n_parts (segment), 2);
  gst_dvr_segment_get_part (segment, 1, &part);
  fail_unless_equals_uint64 (part.offset, 154);
  g_byte_array_unref (bytes);
  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (test_what_claims_too_many_parts_costs_little)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  GByteArray *bytes = g_byte_array_new ();
  GstDvrPart part;
  guint i, n;

  for (i = 0; i < 100000; i++) {
    append_box (bytes, "prft", 8);
    append_box (bytes, "moof", 8);
  }
  gst_dvr_segment_append_bytes (segment, bytes->data, bytes->len);
  gst_dvr_segment_finish (segment);
  n = gst_dvr_segment_get_n_parts (segment);
  fail_unless (n > 0 && n <= 10000, "%u parts", n);
  gst_dvr_segment_get_part (segment, n - 1, &part);
  fail_unless_equals_uint64 (part.offset + part.size, bytes->len);
  g_byte_array_unref (bytes);
  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (test_garbage_is_one_part)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  GstDvrPart part;

  gst_dvr_segment_append (segment, buffer_of ("\xff\xff\xff\xffmoof garbage"));
  gst_dvr_segment_finish (segment);
  fail_unless_equals_int (gst_dvr_segment_get_n_parts (segment), 1);
  gst_dvr_segment_get_part (segment, 0, &part);
  fail_unless_equals_uint64 (part.size, 16);

  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (test_nothing_changes_after_the_end)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);

  gst_dvr_segment_append (segment, buffer_of ("bytes"));
  gst_dvr_segment_fail (segment, 502, "upstream closed the connection");
  gst_dvr_segment_finish (segment);
  fail_if (gst_dvr_segment_append (segment, buffer_of ("more")));
  fail_if (gst_dvr_segment_append_bytes (segment, "more", 4));

  fail_unless_equals_int (gst_dvr_segment_get_state (segment),
      GST_DVR_SEGMENT_FAILED);
  fail_unless_equals_int (gst_dvr_segment_get_status (segment), 502);
  fail_unless_equals_string (gst_dvr_segment_get_reason (segment),
      "upstream closed the connection");
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), 5);

  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (test_watches_are_told_of_every_change_until_removed)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  gint calls = 0;
  gulong watch = gst_dvr_segment_add_watch (segment, count_call, &calls, NULL);

  gst_dvr_segment_append (segment, buffer_of ("a"));
  gst_dvr_segment_append_part (segment, buffer_of ("b"), 1, FALSE);
  gst_dvr_segment_finish (segment);
  gst_dvr_segment_drop (segment);
  fail_unless_equals_int (calls, 4);
  fail_unless (gst_dvr_segment_is_dropped (segment));

  gst_dvr_segment_remove_watch (segment, watch);
  gst_dvr_segment_drop (segment);
  fail_unless_equals_int (calls, 4);

  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

static void
remove_own_watch (GstDvrSegment * segment, gpointer user_data)
{
  gst_dvr_segment_remove_watch (segment, *(gulong *) user_data);
}

GST_START_TEST (test_a_watch_may_remove_itself_in_its_call)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  gint freed = 0;
  gulong watch = gst_dvr_segment_add_watch (segment, remove_own_watch, &watch,
      NULL);

  gst_dvr_segment_add_watch (segment, count_call, &freed, NULL);
  gst_dvr_segment_append (segment, buffer_of ("a"));
  gst_dvr_segment_append (segment, buffer_of ("b"));
  fail_unless_equals_int (freed, 2);

  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (test_buffers_share_the_bytes_and_outlive_their_segment)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  const guint8 *bytes;
  GstBuffer *buffer;
  GstMapInfo map;
  gsize available;

  gst_dvr_segment_append_bytes (segment, "0123456789", 10);
  bytes = gst_dvr_segment_peek (segment, 0, &available);
  buffer = gst_dvr_segment_get_buffer (segment, 2, 5);
  fail_unless (gst_dvr_segment_get_buffer (segment, 8, 3) == NULL);
  gst_dvr_segment_unref (segment);

  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  fail_unless (map.data == bytes + 2);
  fail_unless (memcmp (map.data, "23456", 5) == 0);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

GST_START_TEST (test_a_buffer_over_many_pieces_is_still_right)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  GstBuffer *buffer;
  gint i;

  for (i = 0; i < 100; i++)
    gst_dvr_segment_append (segment, gst_buffer_new_memdup (&i, 1));
  buffer = gst_dvr_segment_get_buffer (segment, 1, 98);
  fail_unless_equals_int (gst_buffer_get_size (buffer), 98);
  for (i = 0; i < 98; i++) {
    guint8 byte = i + 1;

    fail_unless (gst_buffer_memcmp (buffer, i, &byte, 1) == 0);
  }

  gst_buffer_unref (buffer);
  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

#define N_READERS 4
#define N_BYTES 200000

static gpointer
reader_thread (gpointer data)
{
  GstDvrSegment *segment = data;
  guint64 offset = 0;

  while (offset < N_BYTES) {
    gsize available, i;
    const guint8 *bytes = gst_dvr_segment_peek (segment, offset, &available);

    for (i = 0; i < available; i++)
      if (bytes[i] != (guint8) (offset + i))
        return GINT_TO_POINTER (FALSE);
    offset += available;
    if (available == 0)
      g_thread_yield ();
  }

  return GINT_TO_POINTER (TRUE);
}

GST_START_TEST (test_many_threads_read_while_it_fills)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);
  GThread *threads[N_READERS];
  gint i, n;

  for (i = 0; i < N_READERS; i++)
    threads[i] = g_thread_new ("reader", reader_thread, segment);
  for (i = 0; i < N_BYTES; i += n) {
    guint8 bytes[997];
    gint k;

    n = MIN ((gint) sizeof (bytes), N_BYTES - i);
    for (k = 0; k < n; k++)
      bytes[k] = i + k;
    fail_unless (gst_dvr_segment_append_bytes (segment, bytes, n));
  }
  for (i = 0; i < N_READERS; i++)
    fail_unless (GPOINTER_TO_INT (g_thread_join (threads[i])));

  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

GST_START_TEST (test_pins_count)
{
  GstDvrSegment *segment = gst_dvr_segment_new (&id_7);

  fail_if (gst_dvr_segment_is_pinned (segment));
  gst_dvr_segment_pin (segment);
  gst_dvr_segment_pin (segment);
  gst_dvr_segment_unpin (segment);
  fail_unless (gst_dvr_segment_is_pinned (segment));
  gst_dvr_segment_unpin (segment);
  fail_if (gst_dvr_segment_is_pinned (segment));

  gst_dvr_segment_unref (segment);
}

GST_END_TEST;

static Suite *
segment_suite (void)
{
  Suite *s = suite_create ("segment");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_ids_are_equal_when_they_name_the_same_bytes);
  tcase_add_test (tc, test_bytes_stay_where_they_are_while_it_grows);
  tcase_add_test (tc, test_a_known_total_makes_one_run_of_bytes);
  tcase_add_test (tc, test_what_is_allocated_counts);
  tcase_add_test (tc, test_parts_are_known_as_they_come);
  tcase_add_test (tc,
      test_parts_of_a_whole_segment_are_found_by_their_prft_boxes);
  tcase_add_test (tc, test_a_part_may_begin_with_several_prft_boxes);
  tcase_add_test (tc, test_what_claims_too_many_parts_costs_little);
  tcase_add_test (tc, test_garbage_is_one_part);
  tcase_add_test (tc, test_nothing_changes_after_the_end);
  tcase_add_test (tc, test_watches_are_told_of_every_change_until_removed);
  tcase_add_test (tc, test_a_watch_may_remove_itself_in_its_call);
  tcase_add_test (tc, test_buffers_share_the_bytes_and_outlive_their_segment);
  tcase_add_test (tc, test_a_buffer_over_many_pieces_is_still_right);
  tcase_add_test (tc, test_many_threads_read_while_it_fills);
  tcase_add_test (tc, test_pins_count);

  return s;
}

GST_CHECK_MAIN (segment);
