/* storereader.c: following a recording on disk
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "checkutil.h"
#include "storefixture.h"

static void
wait_until (GstDvrTimeline * timeline, gboolean (*ready)
    (const GstDvrTimelineInfo *))
{
  gint64 until = g_get_monotonic_time () + 120 * G_TIME_SPAN_SECOND;
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (timeline, &info);
  while (!ready (&info)) {
    fail_unless (g_get_monotonic_time () < until, "state %d, next %"
        G_GUINT64_FORMAT ", parts %u", info.state, info.next, info.n_parts);
    check_wait_timeline (timeline, info.version + 1, until);
    gst_dvr_timeline_get_info (timeline, &info);
  }
}

static gboolean
is_failed (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_FAILED;
}

static gboolean
has_one_part (const GstDvrTimelineInfo * info)
{
  return info->open && info->n_parts == 1;
}

static gboolean
has_two_parts (const GstDvrTimelineInfo * info)
{
  return info->open && info->n_parts == 2;
}

static gboolean
has_one (const GstDvrTimelineInfo * info)
{
  return !info->open && info->next == info->first + 1;
}

static gboolean
has_ended (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_ENDED;
}

static gboolean
is_open (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_OPEN;
}

static void
wait_parts (GstDvrSegment * segment, guint parts)
{
  check_wait_segment (segment, G_MAXUINT64, parts);
}

static void
wait_end (GstDvrSegment * segment)
{
  check_wait_segment (segment, G_MAXUINT64, G_MAXUINT);
}

static GstDvrSegment *
fetch (GstDvrStoreReader * reader, GstDvrSegmentKind kind,
    const gchar * recording, guint64 number)
{
  GstDvrSegmentId id = { kind, "live/cam1", recording, number };
  GstDvrSegment *segment = gst_dvr_segment_new (&id);

  gst_dvr_store_reader_fetch (reader, segment);

  return segment;
}

GST_START_TEST
    (test_a_reader_follows_part_by_part_and_waits_for_what_is_missing) {
  GstDvrStoreReader *reader =
      gst_dvr_store_reader_new (store_location, "live/cam1");
  GstDvrTimeline *timeline = gst_dvr_store_reader_get_timeline (reader);
  GstDvrStoreWriter *writer;
  GstDvrSegment *segment;
  GstDvrEntry entry;
  GstDvrPart part;

  wait_until (timeline, is_failed);
  writer = store_open_writer ();
  store_open_segment (writer);
  store_write_part (writer, 0, 0, NULL);
  wait_until (timeline, has_one_part);
  fail_unless_equals_int (gst_dvr_timeline_find_time (timeline, 0, &entry),
      GST_DVR_FOUND_OPEN);
  segment = fetch (reader, GST_DVR_SEGMENT_MEDIA, entry.recording,
      entry.number);
  wait_parts (segment, 1);
  store_write_part (writer, 0, 1, NULL);
  wait_until (timeline, has_two_parts);
  wait_parts (segment, 2);
  fail_unless (gst_dvr_segment_get_part (segment, 1, &part));
  fail_unless_equals_clocktime (part.duration, PART);

  gst_dvr_store_writer_close_segment (writer, 2 * PART, &entry, NULL);
  wait_until (timeline, has_one);
  wait_end (segment);
  fail_unless_equals_int (gst_dvr_segment_get_state (segment),
      GST_DVR_SEGMENT_WHOLE);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), entry.size);
  gst_dvr_segment_unref (segment);

  gst_dvr_store_writer_end (writer, NULL);
  wait_until (timeline, has_ended);
  gst_dvr_store_writer_free (writer);
  writer = store_open_writer ();
  store_open_segment (writer);
  store_write_part (writer, 1, 0, NULL);
  wait_until (timeline, is_open);
  wait_until (timeline, has_one_part);
  gst_dvr_store_writer_free (writer);
  gst_dvr_store_reader_free (reader);
}

GST_END_TEST;

GST_START_TEST (test_many_readers_come_while_a_recording_grows)
{
  GstDvrStoreReader *readers[200];
  GstDvrStoreWriter *writer = store_open_writer ();
  guint i;

  store_open_segment (writer);
  for (i = 0; i < G_N_ELEMENTS (readers); i++) {
    store_write_part (writer, 0, i, NULL);
    readers[i] = gst_dvr_store_reader_new (store_location, "live/cam1");
  }
  for (i = 0; i < G_N_ELEMENTS (readers); i++) {
    wait_until (gst_dvr_store_reader_get_timeline (readers[i]), is_open);
    gst_dvr_store_reader_free (readers[i]);
  }
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_closed_segments_and_init_sections_are_read)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrEntry entry = store_write_segment (writer, 3);
  GstDvrStoreReader *reader;
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", NULL, 0 };
  GstDvrSegment *segment;
  guint8 byte;

  reader = gst_dvr_store_reader_new (store_location, "live/cam1");
  wait_until (gst_dvr_store_reader_get_timeline (reader), has_one);
  segment = fetch (reader, GST_DVR_SEGMENT_MEDIA, entry.recording,
      entry.number);
  wait_end (segment);
  fail_unless_equals_int (gst_dvr_segment_get_state (segment),
      GST_DVR_SEGMENT_WHOLE);
  fail_unless_equals_int (gst_dvr_segment_get_n_parts (segment), 4);
  fail_unless (gst_dvr_segment_read (segment, entry.size - 1, &byte, 1));
  fail_unless_equals_int (byte, 3 * 16 + 3);
  gst_dvr_segment_unref (segment);

  id.recording = entry.recording;
  id.number = entry.number;
  id = gst_dvr_segment_id_of_range (&id, entry.size - 1, 100);
  segment = gst_dvr_segment_new (&id);
  gst_dvr_store_reader_fetch (reader, segment);
  wait_end (segment);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), 1);
  fail_unless_equals_uint64 (gst_dvr_segment_get_source_size (segment),
      entry.size);
  fail_unless (gst_dvr_segment_read (segment, 0, &byte, 1));
  fail_unless_equals_int (byte, 3 * 16 + 3);
  gst_dvr_segment_unref (segment);

  segment = fetch (reader, GST_DVR_SEGMENT_INIT, entry.recording, 0);
  wait_end (segment);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), 16);
  gst_dvr_segment_unref (segment);

  segment = fetch (reader, GST_DVR_SEGMENT_MEDIA, entry.recording,
      entry.number + 1);
  wait_end (segment);
  fail_unless_equals_int (gst_dvr_segment_get_status (segment), 404);
  gst_dvr_segment_unref (segment);

  gst_dvr_store_reader_free (reader);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

GST_START_TEST (test_a_reader_follows_a_list_written_anew)
{
  GstDvrStoreWriter *writer;
  GstDvrStoreReader *reader =
      gst_dvr_store_reader_new (store_location, "live/cam1");
  GstDvrTimeline *timeline = gst_dvr_store_reader_get_timeline (reader);
  GstDvrTimelineInfo info;
  GstDvrEntry entry = { 0, };
  guint i;

  store_config.window = 4 * GST_SECOND;
  writer = store_open_writer ();
  for (i = 0; i < 20; i++)
    entry = store_write_segment (writer, i);
  gst_dvr_store_writer_end (writer, NULL);
  wait_until (timeline, has_ended);
  gst_dvr_timeline_get_info (timeline, &info);
  fail_unless_equals_uint64 (info.next, entry.number + 1);
  fail_unless_equals_uint64 (info.first, entry.number - 3);
  gst_dvr_store_writer_free (writer);
  gst_dvr_store_reader_free (reader);
}

GST_END_TEST;

GST_START_TEST (test_a_reader_that_goes_fails_what_it_was_filling)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrStoreReader *reader =
      gst_dvr_store_reader_new (store_location, "live/cam1");
  GstDvrTimeline *timeline = gst_dvr_store_reader_get_timeline (reader);
  GstDvrSegment *segment;
  GstDvrEntry entry;

  store_open_segment (writer);
  store_write_part (writer, 0, 0, NULL);
  wait_until (timeline, has_one_part);
  gst_dvr_timeline_find_time (timeline, 0, &entry);
  segment = fetch (reader, GST_DVR_SEGMENT_MEDIA, entry.recording,
      entry.number);
  gst_dvr_store_reader_free (reader);
  wait_end (segment);
  fail_unless_equals_int (gst_dvr_segment_get_status (segment), 503);
  gst_dvr_segment_unref (segment);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

static gboolean
is_open_at_three (const GstDvrTimelineInfo * info)
{
  return info->open && info->start == 3 * GST_SECOND;
}

GST_START_TEST (test_a_segment_opened_again_before_its_first_part_is_followed)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrStoreReader *reader =
      gst_dvr_store_reader_new (store_location, "live/cam1");
  GstDvrTimeline *timeline = gst_dvr_store_reader_get_timeline (reader);
  GstDvrTimelineInfo info;
  GstDvrSegment *segment;
  GstDvrEntry entry;

  store_open_segment (writer);
  wait_until (timeline, is_open);
  gst_dvr_timeline_get_info (timeline, &info);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, info.next, &entry),
      GST_DVR_FOUND_OPEN);
  segment = fetch (reader, GST_DVR_SEGMENT_MEDIA, entry.recording,
      entry.number);

  fail_unless (gst_dvr_store_writer_open_segment (writer, 3 * GST_SECOND,
          g_get_real_time (), TRUE, NULL));
  wait_until (timeline, is_open_at_three);
  store_write_part (writer, 0, 0, NULL);
  wait_until (timeline, has_one_part);
  wait_parts (segment, 1);
  fail_unless_equals_int (gst_dvr_segment_get_state (segment),
      GST_DVR_SEGMENT_FILLING);
  gst_dvr_segment_unref (segment);
  gst_dvr_store_writer_free (writer);
  gst_dvr_store_reader_free (reader);
}

GST_END_TEST;

typedef struct
{
  GThread *writer;
  GstDvrStoreReader *reader;
} Follower;

/* From the writer's thread: comes in the middle of telling. */
static void
follow_too (GstDvrSegment * segment, gpointer user_data)
{
  Follower *other = user_data;

  if (g_thread_self () == other->writer && !other->reader)
    other->reader = gst_dvr_store_reader_new (store_location, "live/cam1");
}

GST_START_TEST (test_who_is_shown_a_chunk_may_follow_another_recording)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrStoreReader *reader =
      gst_dvr_store_reader_new (store_location, "live/cam1");
  GstDvrTimeline *timeline = gst_dvr_store_reader_get_timeline (reader);
  Follower other = { g_thread_self (), NULL };
  GstBuffer *chunk = store_make_chunk (0, 0, 1000);
  GstDvrSegment *segment;
  GstDvrTimelineInfo info;
  GstDvrEntry entry;
  gulong watch;

  store_open_segment (writer);
  wait_until (timeline, is_open);
  gst_dvr_timeline_get_info (timeline, &info);
  gst_dvr_timeline_find (timeline, info.next, &entry);
  segment = fetch (reader, GST_DVR_SEGMENT_MEDIA, entry.recording,
      entry.number);
  watch = gst_dvr_segment_add_watch (segment, follow_too, &other, NULL);
  gst_dvr_store_writer_begin_part (writer, 0, NULL);
  gst_dvr_store_writer_append_chunk (writer, chunk, 0, FALSE);
  fail_unless (other.reader != NULL);
  fail_unless_equals_uint64 (gst_dvr_segment_get_progress (segment), 1000);

  gst_dvr_segment_remove_watch (segment, watch);
  gst_dvr_segment_unref (segment);
  gst_buffer_unref (chunk);
  gst_dvr_store_reader_free (other.reader);
  gst_dvr_store_reader_free (reader);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean held;
  gboolean go_on;
} Gate;

/* From the followers' thread: keeps it until the test lets it go on. */
static void
hold_at_first_part (GstDvrTimeline * timeline, gpointer user_data)
{
  Gate *gate = user_data;
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (timeline, &info);
  if (!has_one_part (&info))
    return;
  g_mutex_lock (&gate->lock);
  gate->held = TRUE;
  g_cond_broadcast (&gate->cond);
  while (!gate->go_on)
    g_cond_wait (&gate->cond, &gate->lock);
  g_mutex_unlock (&gate->lock);
}

GST_START_TEST (test_a_reader_that_looks_late_knows_all_parts)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrStoreReader *reader =
      gst_dvr_store_reader_new (store_location, "live/cam1");
  GstDvrTimeline *timeline = gst_dvr_store_reader_get_timeline (reader);
  Gate gate = {.held = FALSE };
  GstDvrEntry closed;
  GArray *parts;
  gulong watch;
  guint i;

  g_mutex_init (&gate.lock);
  g_cond_init (&gate.cond);
  watch = gst_dvr_timeline_add_watch (timeline, hold_at_first_part, &gate,
      NULL);
  store_open_segment (writer);
  fail_unless (store_write_part (writer, 0, 0, NULL));
  g_mutex_lock (&gate.lock);
  while (!gate.held)
    g_cond_wait (&gate.cond, &gate.lock);
  g_mutex_unlock (&gate.lock);

  for (i = 1; i < 4; i++)
    fail_unless (store_write_part (writer, 0, i, NULL));
  fail_unless (gst_dvr_store_writer_close_segment (writer, 4 * PART, &closed,
          NULL));
  g_mutex_lock (&gate.lock);
  gate.go_on = TRUE;
  g_cond_broadcast (&gate.cond);
  g_mutex_unlock (&gate.lock);

  wait_until (timeline, has_one);
  parts = gst_dvr_timeline_get_parts (timeline, closed.number);
  fail_unless (parts != NULL);
  fail_unless_equals_int (parts->len, 4);
  g_array_unref (parts);
  gst_dvr_timeline_remove_watch (timeline, watch);
  gst_dvr_store_writer_free (writer);
  gst_dvr_store_reader_free (reader);
  g_mutex_clear (&gate.lock);
  g_cond_clear (&gate.cond);
}

GST_END_TEST;

GST_START_TEST (test_an_ended_list_has_no_open_segment)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrStoreReader *reader =
      gst_dvr_store_reader_new (store_location, "live/cam1");
  GstDvrTimeline *timeline = gst_dvr_store_reader_get_timeline (reader);
  GstDvrTimelineInfo info;

  store_write_segment (writer, 0);
  store_open_segment (writer);
  wait_until (timeline, is_open);
  fail_unless (gst_dvr_store_writer_end (writer, NULL));
  wait_until (timeline, has_ended);
  gst_dvr_timeline_get_info (timeline, &info);
  fail_if (info.open);
  gst_dvr_timeline_get_info (gst_dvr_store_writer_get_timeline (writer), &info);
  fail_if (info.open);
  gst_dvr_store_writer_free (writer);
  gst_dvr_store_reader_free (reader);
}

GST_END_TEST;

GST_START_TEST (test_what_a_list_must_not_name_is_not_read)
{
  const gchar *list = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n"
      "#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:1.000,\n../../../etc/passwd\n";
  gchar *directory = store_path ("");
  gchar *path = store_path ("index.m3u8");
  GstDvrStoreReader *reader;
  GstDvrTimelineInfo info;

  g_mkdir_with_parents (directory, 0755);
  g_file_set_contents (path, list, -1, NULL);
  reader = gst_dvr_store_reader_new (store_location, "live/cam1");
  wait_until (gst_dvr_store_reader_get_timeline (reader), is_open);
  gst_dvr_timeline_get_info (gst_dvr_store_reader_get_timeline (reader), &info);
  fail_unless_equals_uint64 (info.next, info.first);
  gst_dvr_store_reader_free (reader);
  g_free (path);
  g_free (directory);
}

GST_END_TEST;

static Suite *
storereader_suite (void)
{
  Suite *s = suite_create ("storereader");
  TCase *tc = tcase_create ("reading");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, store_setup, store_teardown);
  tcase_add_test (tc,
      test_a_reader_follows_part_by_part_and_waits_for_what_is_missing);
  tcase_add_test (tc, test_many_readers_come_while_a_recording_grows);
  tcase_add_test (tc, test_closed_segments_and_init_sections_are_read);
  tcase_add_test (tc, test_a_reader_follows_a_list_written_anew);
  tcase_add_test (tc, test_a_reader_that_goes_fails_what_it_was_filling);
  tcase_add_test (tc,
      test_a_segment_opened_again_before_its_first_part_is_followed);
  tcase_add_test (tc, test_who_is_shown_a_chunk_may_follow_another_recording);
  tcase_add_test (tc, test_a_reader_that_looks_late_knows_all_parts);
  tcase_add_test (tc, test_an_ended_list_has_no_open_segment);
  tcase_add_test (tc, test_what_a_list_must_not_name_is_not_read);

  return s;
}

GST_CHECK_MAIN (storereader);
