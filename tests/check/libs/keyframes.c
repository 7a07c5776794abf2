/* keyframes.c: where the keyframes of segments are, from the recorder to lists
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <sys/wait.h>
#include <string.h>
#include <unistd.h>

#include <gst/dvr/gstdvrtimeline.h>

#include "checkutil.h"
#include "storefixture.h"

#define HEADER "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
#define MEDIA "\n#EXTINF:2,\na\n"
#define SEGMENT(p, i) gst_dvr_playlist_get_segment (p, i)

GST_START_TEST (test_too_many_are_thinned_out)
{
  GstDvrKeyframes frames = { 0, };
  guint i, n = 100;

  for (i = 0; i < n; i++)
    gst_dvr_keyframes_add (&frames, i * GST_SECOND, i * 100, 50);
  fail_unless (frames.n > GST_DVR_MAX_KEYFRAMES / 2);
  fail_unless (frames.n <= GST_DVR_MAX_KEYFRAMES);
  fail_unless_equals_int (frames.frames[0].time, 0);
  fail_unless (frames.frames[frames.n - 1].time > (n - 5) * 1000);
  for (i = 1; i < frames.n; i++) {
    fail_unless (frames.frames[i].time > frames.frames[i - 1].time);
    fail_unless (frames.frames[i].time < frames.frames[i - 1].time + 5000);
    fail_unless_equals_int (frames.frames[i].offset,
        frames.frames[i].time / 10);
  }
}

GST_END_TEST;

GST_START_TEST (test_what_cannot_be_told_is_left_out)
{
  GstDvrKeyframes frames = { 0, };

  gst_dvr_keyframes_add (&frames, 0, 0, 0);
  gst_dvr_keyframes_add (&frames, 0, G_MAXUINT32, 1);
  gst_dvr_keyframes_add (&frames, G_MAXUINT64 - 1, 0, 1);
  fail_unless_equals_int (frames.n, 0);
  gst_dvr_keyframes_add (&frames, 0, 10, 10);
  gst_dvr_keyframes_add (&frames, GST_MSECOND - 1, 20, 10);
  gst_dvr_keyframes_add (&frames, GST_SECOND, 19, 10);
  fail_unless_equals_int (frames.n, 1);
  gst_dvr_keyframes_add (&frames, GST_SECOND, 20, 10);
  fail_unless_equals_int (frames.n, 2);
}

GST_END_TEST;

/* Text. */

static void
check_refused (const gchar * attributes, const gchar * line)
{
  gchar *text = g_strconcat (HEADER "#EXT-X-DVR-SEGMENT:", attributes, MEDIA,
      NULL);
  GError *error = NULL;

  fail_unless (gst_dvr_playlist_parse (text, strlen (text), &error) == NULL,
      "%s", text);
  fail_unless (g_str_has_prefix (error->message, line), "%s", error->message);
  g_error_free (error);
  g_free (text);
}

GST_START_TEST (test_they_are_read)
{
  g_autoptr (GstDvrPlaylist) p =
      check_parse_playlist (HEADER "#EXT-X-DVR-KEYFRAMES:70000\n"
      "#EXT-X-DVR-SEGMENT:KEYS=\"500:10@34,1500:20@80\",SIZE=100,KEY=10@4" MEDIA
      "#EXT-X-DVR-SEGMENT:SIZE=100,KEY=10@4,KEYS=\"\"" MEDIA
      "#EXT-X-DVR-SEGMENT:SIZE=100,KEY=10@4" MEDIA);
  const GstDvrKeyframe *frames = SEGMENT (p, 0)->keyframes;

  fail_unless_equals_int (p->header.keyframes_before, 70000);
  fail_unless_equals_int (SEGMENT (p, 0)->n_keyframes, 3);
  fail_unless_equals_int (frames[0].time, 0);
  fail_unless_equals_int (frames[0].offset, 4);
  fail_unless_equals_int (frames[0].size, 10);
  fail_unless_equals_int (frames[1].time, 500);
  fail_unless_equals_int (frames[1].offset, 34);
  fail_unless_equals_int (frames[2].time, 1500);
  fail_unless_equals_int (frames[2].size, 20);
  /* the first one is all there is; nobody knows what there is */
  fail_unless_equals_int (SEGMENT (p, 1)->n_keyframes, 1);
  fail_unless_equals_int (SEGMENT (p, 2)->n_keyframes, 0);
  fail_unless_equals_uint64 (SEGMENT (p, 2)->key_range.length, 10);
}

GST_END_TEST;

GST_START_TEST (test_hostile_lists_are_refused)
{
  GString *many = g_string_new ("KEY=1@0,KEYS=\"");
  guint i;

  check_refused ("KEYS=\"500:10@34\"", "line 3: EXT-X-DVR-SEGMENT: has no KEY");
  check_refused ("KEY=10@4,KEYS=\"500:10@13\"", "line 3: ");
  check_refused ("KEY=10@4,KEYS=\"0:10@14\"", "line 3: ");
  check_refused ("KEY=10@4,KEYS=\"500:10@34,500:10@44\"", "line 3: ");
  check_refused ("KEY=10@4,KEYS=\"500:10@34,600:10@43\"", "line 3: ");
  check_refused ("KEY=10@4,KEYS=\"500:10@34,\"", "line 3: ");
  check_refused ("KEY=10@4,KEYS=\",\"", "line 3: ");
  check_refused ("KEY=10@4,KEYS=\"500:0@34\"", "line 3: ");
  check_refused ("KEY=10@4,KEYS=\"500:10\"", "line 3: ");
  check_refused ("KEY=10@4,KEYS=\"-1:10@34\"", "line 3: ");
  check_refused ("KEY=10@4,KEYS=\"500:4294967295@34\"", "line 3: ");
  check_refused ("KEY=10@4,KEYS=\"500:10@4294967296\"", "line 3: ");
  check_refused ("KEY=4294967296@4,KEYS=\"\"", "line 3: ");
  check_refused ("SIZE=100,KEY=10@4,KEYS=\"500:10@91\"", "line 3: ");
  /* after its end */
  check_refused ("KEY=10@4,KEYS=\"2000:10@34\"", "line 5: URI: ");
  for (i = 1; i <= GST_DVR_MAX_KEYFRAMES; i++)
    g_string_append_printf (many, "%s%u:1@%u", i > 1 ? "," : "", i, i);
  g_string_append_c (many, '"');
  check_refused (many->str, "line 3: ");
  g_string_free (many, TRUE);
}

GST_END_TEST;

GST_START_TEST (test_what_is_written_reads_back)
{
  static const gchar text[] = "#EXTM3U\n#EXT-X-VERSION:6\n"
      "#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:1\n"
      "#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-DVR-KEYFRAMES:4294967295\n"
      "#EXT-X-DVR-SEGMENT:SIZE=100,KEY=10@4,KEYS=\"500:10@34,1500:20@80\"\n"
      "#EXTINF:2.000,\na\n"
      "#EXT-X-DVR-SEGMENT:KEY=10@4,KEYS=\"\"\n#EXTINF:2.000,\nb\n"
      "#EXT-X-DVR-SEGMENT:KEY=10@4\n#EXTINF:2.000,\nc\n";
  g_autoptr (GstDvrPlaylist) p = check_parse_playlist (text);
  GString *out = g_string_new (NULL);

  gst_dvr_playlist_write (out, p);
  fail_unless_equals_string (out->str, text);
  g_string_free (out, TRUE);
}

GST_END_TEST;

GST_START_TEST (test_each_is_in_the_i_frame_playlist)
{
  g_autoptr (GstDvrPlaylist) p = check_parse_playlist (HEADER
      "#EXT-X-DVR-SEGMENT:SIZE=100,KEY=10@4,KEYS=\"500:10@34,1500:20@80\""
      MEDIA "#EXT-X-GAP" MEDIA);
  GstDvrPlaylistContext context;
  GString *out = g_string_new (NULL);

  gst_dvr_playlist_context_init (&context, 0, GST_CLOCK_TIME_NONE);
  gst_dvr_playlist_write_i_frames (out, &context, SEGMENT (p, 0));
  gst_dvr_playlist_write_i_frames (out, &context, SEGMENT (p, 1));
  fail_unless_equals_string (out->str,
      "#EXTINF:0.500,\n#EXT-X-BYTERANGE:10@4\na\n"
      "#EXTINF:1.000,\n#EXT-X-BYTERANGE:10@34\na\n"
      "#EXTINF:0.500,\n#EXT-X-BYTERANGE:20@80\na\n"
      "#EXT-X-GAP\n#EXTINF:2.000,\na\n");
  g_string_free (out, TRUE);
}

GST_END_TEST;

/* The timeline. */

static void
add (GstDvrTimeline * timeline, guint64 number, guint n)
{
  GstDvrEntry entry = {.number = number,.recording = "20261120T192200Z-3f9c",
    .start = number * 2 * GST_SECOND,.duration = 2 * GST_SECOND,
    .wall_time = GST_DVR_WALL_TIME_NONE,.key_offset = 4,.key_size = 10,
    .n_keyframes = n
  };
  GstDvrKeyframe frames[GST_DVR_MAX_KEYFRAMES];
  guint i;

  for (i = 0; i < n; i++)
    frames[i] = (GstDvrKeyframe) {
    i *100, 4 + i * 1000 + number % 1000 * (i > 0), 10};
  fail_unless (gst_dvr_timeline_close_keyed (timeline, &entry, frames));
}

static void
check_entry (GstDvrTimeline * timeline, guint64 number, guint n)
{
  GstDvrKeyframes frames;
  GstDvrEntry entry;

  fail_unless_equals_int (gst_dvr_timeline_find (timeline, number, &entry),
      GST_DVR_FOUND_CLOSED);
  fail_unless_equals_int (gst_dvr_timeline_get_keyframes (timeline, &entry,
          &frames), n);
  fail_unless_equals_int (frames.frames[0].offset, 4);
  fail_unless_equals_int (frames.frames[0].size, 10);
  fail_unless_equals_int (frames.frames[n - 1].time, (n - 1) * 100);
  if (n > 1)
    fail_unless_equals_int (frames.frames[n - 1].offset,
        4 + (n - 1) * 1000 + number % 1000);
}

#define N_OF(number) (1 + number % 5)

GST_START_TEST (test_a_timeline_keeps_them_as_long_as_the_segments)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");
  GstDvrEntry old, entry;
  GstDvrKeyframes frames;
  guint64 n, before = 4294967290, size;

  gst_dvr_timeline_set_keyframes_before (timeline, before);
  for (n = 0; n < 5000; n++)
    add (timeline, n, N_OF (n));
  gst_dvr_timeline_find (timeline, 4, &old);
  for (n = 0; n < 5000; n++)
    check_entry (timeline, n, N_OF (n));
  size = gst_dvr_timeline_get_memory_size (timeline);
  gst_dvr_timeline_remove_before (timeline, 4000);
  fail_unless (gst_dvr_timeline_get_memory_size (timeline) < size / 4);
  for (n = 4000; n < 5000; n++)
    check_entry (timeline, n, N_OF (n));
  /* two more in each, on average; the count goes on over its end */
  gst_dvr_timeline_find (timeline, 4000, &entry);
  fail_unless_equals_int (entry.keyframes_before, (guint32) (before + 8000));
  /* of what is gone only the first one is known */
  fail_unless_equals_int (gst_dvr_timeline_get_keyframes (timeline, &old,
          &frames), 1);
  /* once there is something, the count is its own */
  gst_dvr_timeline_set_keyframes_before (timeline, 1);
  add (timeline, n, 3);
  check_entry (timeline, n, 3);
  gst_dvr_timeline_clear (timeline);
  add (timeline, 6000, 2);
  check_entry (timeline, 6000, 2);
  gst_dvr_timeline_find (timeline, 6000, &entry);
  fail_unless_equals_int (entry.keyframes_before, (guint32) (before + 10002));
  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

/* Recordings. */

/* @told: whether the recorder says where the keyframe ends. */
static void
write_part (GstDvrStoreWriter * writer, guint part, gboolean key, gboolean told)
{
  GstBuffer *chunk = store_make_chunk (0, part, 1000);

  fail_unless (gst_dvr_store_writer_begin_part (writer, 1000000, NULL));
  gst_dvr_store_writer_append_chunk (writer, chunk,
      key && told ? 500 + part : 0, FALSE);
  fail_unless (gst_dvr_store_writer_end_part (writer, PART, key, NULL));
  gst_buffer_unref (chunk);
}

/* Four parts; a keyframe begins every second one. */
static void
write_parts (GstDvrStoreWriter * writer, gboolean told)
{
  guint part;

  store_open_segment (writer);
  for (part = 0; part < 4; part++)
    write_part (writer, part, part % 2 == 0, part == 0 || told);
}

static void
close_segment (GstDvrStoreWriter * writer)
{
  fail_unless (gst_dvr_store_writer_close_segment (writer, 4 * PART, NULL,
          NULL));
}

static void
check_two (const GstDvrPlaylistSegment * segment)
{
  const GstDvrKeyframe *frames = segment->keyframes;

  fail_unless_equals_int (segment->n_keyframes, 2);
  fail_unless_equals_uint64 (segment->key_range.offset, frames[0].offset);
  fail_unless_equals_int (frames[0].size, 500);
  fail_unless_equals_int (frames[1].time, 500);
  fail_unless_equals_int (frames[1].size, 502);
  /* the heads of three parts lie between, and two chunks */
  fail_unless_equals_int (frames[1].offset,
      frames[0].offset + 2 * (1000 + 32 + 52));
}

GST_START_TEST (test_a_recording_lists_them)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrPlaylist *list;

  write_parts (writer, TRUE);
  close_segment (writer);
  write_parts (writer, FALSE);
  close_segment (writer);
  gst_dvr_store_writer_free (writer);
  list = store_read_index ();
  check_two (SEGMENT (list, 0));
  /* not all of them are told: then none but the first */
  fail_unless_equals_int (SEGMENT (list, 1)->n_keyframes, 0);
  fail_unless_equals_uint64 (SEGMENT (list, 1)->key_range.length, 500);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_a_killed_writers_are_found_again)
{
  GstDvrPlaylist *list;
  gchar *path = store_path ("index.m3u8");
  pid_t pid = fork ();
  int status;

  if (pid == 0) {
    GstDvrStoreWriter *writer = store_open_writer ();

    write_parts (writer, TRUE);
    close_segment (writer);
    write_parts (writer, TRUE);
    kill (getpid (), SIGKILL);
  }
  fail_unless (waitpid (pid, &status, 0) == pid);
  gst_dvr_store_writer_free (store_open_writer ());
  list = store_read_index ();
  fail_unless_equals_int (list->segments->len, 2);
  check_two (SEGMENT (list, 0));
  check_two (SEGMENT (list, 1));
  gst_dvr_playlist_free (list);

  /* from the files alone */
  unlink (path);
  gst_dvr_store_writer_free (store_open_writer ());
  list = store_read_index ();
  check_two (SEGMENT (list, 0));
  check_two (SEGMENT (list, 1));
  gst_dvr_playlist_free (list);
  g_free (path);
}

GST_END_TEST;

/* What is removed counts on, and over a restart. */
GST_START_TEST (test_removed_ones_are_counted)
{
  GstDvrStoreWriter *writer;
  GstDvrPlaylist *list;
  guint i;

  store_config.window = 3 * GST_SECOND;
  writer = store_open_writer ();
  for (i = 0; i < 8; i++) {
    write_parts (writer, TRUE);
    close_segment (writer);
  }
  gst_dvr_store_writer_free (writer);
  writer = store_open_writer ();
  write_parts (writer, TRUE);
  close_segment (writer);
  gst_dvr_store_writer_free (writer);
  list = store_read_index ();
  fail_unless (list->segments->len < 9);
  fail_unless_equals_int (list->header.keyframes_before,
      9 - list->segments->len);
  for (i = 0; i < list->segments->len; i++)
    check_two (SEGMENT (list, i));
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

/* Also where nothing but what follows is listed. */
GST_START_TEST (test_a_new_list_counts_on)
{
  GstDvrStoreWriter *writer = store_open_writer ();
  GstDvrTimelineInfo info;
  GstDvrPlaylist *list;
  GstDvrEntry open;

  write_parts (writer, TRUE);
  close_segment (writer);
  write_parts (writer, TRUE);
  close_segment (writer);
  gst_dvr_store_writer_free (writer);
  store_config.publish_type = GST_DVR_PUBLISH_RECORD;
  writer = store_open_writer ();
  store_open_segment (writer);
  gst_dvr_timeline_get_info (gst_dvr_store_writer_get_timeline (writer), &info);
  fail_unless_equals_int (info.keyframes_before, 2);
  fail_unless_equals_int (gst_dvr_timeline_find
      (gst_dvr_store_writer_get_timeline (writer), info.next, &open),
      GST_DVR_FOUND_OPEN);
  fail_unless_equals_int (open.keyframes_before, 2);
  list = store_read_index ();
  fail_unless_equals_int (list->segments->len, 0);
  fail_unless_equals_int (list->header.keyframes_before, 2);
  gst_dvr_playlist_free (list);
  gst_dvr_store_writer_free (writer);
}

GST_END_TEST;

static Suite *
keyframes_suite (void)
{
  Suite *s = suite_create ("keyframes");
  TCase *tc = tcase_create ("told");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_too_many_are_thinned_out);
  tcase_add_test (tc, test_what_cannot_be_told_is_left_out);
  tcase_add_test (tc, test_they_are_read);
  tcase_add_test (tc, test_hostile_lists_are_refused);
  tcase_add_test (tc, test_what_is_written_reads_back);
  tcase_add_test (tc, test_each_is_in_the_i_frame_playlist);
  tcase_add_test (tc, test_a_timeline_keeps_them_as_long_as_the_segments);
  tc = tcase_create ("recorded");
  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, store_setup, store_teardown);
  tcase_add_test (tc, test_a_recording_lists_them);
  tcase_add_test (tc, test_a_killed_writers_are_found_again);
  tcase_add_test (tc, test_removed_ones_are_counted);
  tcase_add_test (tc, test_a_new_list_counts_on);
  return s;
}

GST_CHECK_MAIN (keyframes);
