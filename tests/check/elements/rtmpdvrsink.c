/* rtmpdvrsink.c: the recorder as an element
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <string.h>

#include "flv/flvwriter.h"
#include "recorderfixture.h"

GST_START_TEST (test_records_until_eos)
{
  GstDvrPlaylist *list;
  GstStructure *s;
  guint i;

  recorder_begin (recorder_make_sink (STREAM));
  fail_unless_equals_int (recorder_push_frames (0, 250), GST_FLOW_OK);
  fail_unless (gst_harness_push_event (recorder_harness, gst_event_new_eos ()));

  fail_unless (recorder_pop_status ("NetStream.Record.Start", 0));
  for (i = 0; i < 5; i++) {
    guint64 start = 0, duration = 0, size = 0;

    s = recorder_pop ("dvr-segment", 0);
    fail_unless (s != NULL);
    fail_unless (gst_structure_get (s, "start", G_TYPE_UINT64, &start,
            "duration", G_TYPE_UINT64, &duration, "size", G_TYPE_UINT64, &size,
            NULL));
    fail_unless_equals_uint64 (start, i * 2 * GST_SECOND);
    fail_unless (duration > 1980 * GST_MSECOND && duration < 2020 *
        GST_MSECOND);
    fail_unless (size > 50 * 200);
    gst_structure_free (s);
  }
  fail_unless (recorder_pop_status ("NetStream.Record.Stop", 0));

  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 5);
  fail_unless (list->ended);
  recorder_check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_header_in_small_pieces)
{
  GstBuffer *all = gst_flv_write_header (TRUE, TRUE);
  GstDvrPlaylist *list;
  gsize i;

  recorder_start (recorder_make_sink (STREAM));
  all = gst_buffer_append (all, gst_flv_write_tag (GST_FLV_TAG_VIDEO, 0,
          gst_flv_write_config_body (recorder_video_caps, GST_FLV_MODE_AUTO)));
  for (i = 0; i < 30; i++)
    all =
        gst_buffer_append (all, recorder_make_tag (GST_FLV_TAG_VIDEO, i * FRAME,
            i % 25 == 0));
  for (i = 0; i < gst_buffer_get_size (all); i++)
    fail_unless_equals_int (gst_harness_push (recorder_harness,
            gst_buffer_copy_region (all, GST_BUFFER_COPY_MEMORY, i, 1)),
        GST_FLOW_OK);
  gst_buffer_unref (all);
  recorder_stop ();
  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 1);
  recorder_check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_going_to_null_finishes_as_eos_does)
{
  GstDvrPlaylist *list;

  recorder_begin (recorder_make_sink (STREAM));
  recorder_push_frames (0, 70);
  recorder_stop ();
  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  fail_unless (list->ended);
  recorder_check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_late_joiner_takes_the_header_from_the_caps)
{
  GstElement *sink = recorder_make_sink (STREAM);
  GstCaps *caps = gst_caps_new_empty_simple ("video/x-flv");
  GValue array = G_VALUE_INIT, value = G_VALUE_INIT;
  GstBuffer *headers[2];
  GstDvrPlaylist *list;
  guint i;

  headers[0] = gst_flv_write_header (TRUE, FALSE);
  headers[1] = gst_flv_write_tag (GST_FLV_TAG_VIDEO, 0,
      gst_flv_write_config_body (recorder_video_caps, GST_FLV_MODE_AUTO));
  g_value_init (&array, GST_TYPE_ARRAY);
  for (i = 0; i < 2; i++) {
    g_value_init (&value, GST_TYPE_BUFFER);
    gst_value_take_buffer (&value, headers[i]);
    gst_value_array_append_and_take_value (&array, &value);
  }
  gst_caps_set_value (caps, "streamheader", &array);
  g_value_unset (&array);

  recorder_start (sink);
  gst_harness_set_src_caps (recorder_harness, caps);
  for (i = 110; i < 160; i++)
    fail_unless_equals_int (gst_harness_push (recorder_harness,
            recorder_make_tag (GST_FLV_TAG_VIDEO, i * FRAME, i % 25 == 0)),
        GST_FLOW_OK);
  recorder_stop ();
  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 1);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_not_flv_is_refused_and_named)
{
  static const guint8 mp4[] = "\0\0\0\040ftypisom and so on and so on";

  recorder_start (recorder_make_sink (STREAM));
  fail_unless_equals_int (gst_harness_push (recorder_harness,
          gst_buffer_new_memdup (mp4, sizeof (mp4))), GST_FLOW_ERROR);
  recorder_expect_error (GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "ftyp");
}

GST_END_TEST;

GST_START_TEST (test_garbage_in_the_middle_is_skipped)
{
  GstDvrPlaylist *list;
  guint8 *garbage = g_malloc (5000);
  GstStructure *stats;
  guint64 skipped = 0;
  guint i;

  for (i = 0; i < 5000; i++)
    garbage[i] = (i * 7 + i / 3) & 0xff;
  recorder_begin (recorder_make_sink (STREAM));
  recorder_push_frames (0, 50);
  gst_harness_push (recorder_harness, gst_buffer_new_wrapped (garbage, 5000));
  fail_unless_equals_int (recorder_push_frames (50, 50), GST_FLOW_OK);
  fail_unless (recorder_pop_status ("NetStream.Record.BadInput", 0));
  g_object_get (recorder_harness->element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "skipped-bytes", &skipped));
  fail_unless (skipped >= 5000);
  gst_structure_free (stats);
  recorder_stop ();
  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  recorder_check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_torn_end_leaves_whole_segments)
{
  GstBuffer *tag = recorder_make_tag (GST_FLV_TAG_VIDEO, 50 * FRAME, TRUE);
  GstDvrPlaylist *list;

  recorder_begin (recorder_make_sink (STREAM));
  recorder_push_frames (0, 50);
  gst_buffer_resize (tag, 0, 100);
  gst_harness_push (recorder_harness, tag);
  fail_unless (gst_harness_push_event (recorder_harness, gst_event_new_eos ()));
  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 1);
  fail_unless (list->ended);
  recorder_check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

static void
expect_no_start (GstElement * sink, gint code, const gchar * text)
{
  recorder_bus = gst_bus_new ();
  gst_element_set_bus (sink, recorder_bus);
  fail_unless_equals_int (gst_element_set_state (sink, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  recorder_expect_error (GST_RESOURCE_ERROR, code, text);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_element_set_bus (sink, NULL);
  gst_object_unref (sink);
  gst_bus_set_flushing (recorder_bus, TRUE);
  gst_clear_object (&recorder_bus);
}

GST_START_TEST (test_settings_that_cannot_work)
{
  GstElement *sink = recorder_make_sink (STREAM);

  g_object_set (sink, "location", NULL, NULL);
  expect_no_start (sink, GST_RESOURCE_ERROR_SETTINGS, "location");
  expect_no_start (recorder_make_sink (NULL), GST_RESOURCE_ERROR_SETTINGS,
      "stream");
  expect_no_start (recorder_make_sink ("../evil"), GST_RESOURCE_ERROR_SETTINGS,
      "../evil");
  sink = recorder_make_sink (STREAM);
  g_object_set (sink, "target-duration", 20 * GST_SECOND, NULL);
  expect_no_start (sink, GST_RESOURCE_ERROR_SETTINGS, "target-duration");
}

GST_END_TEST;

GST_START_TEST (test_directory_that_cannot_be_made)
{
  gchar *file = g_build_filename (recorder_dir, "file", NULL);
  GstElement *sink = recorder_make_sink (STREAM);

  fail_unless (g_file_set_contents (file, "x", 1, NULL));
  g_object_set (sink, "location", file, NULL);
  expect_no_start (sink, GST_RESOURCE_ERROR_OPEN_WRITE, file);
  g_free (file);
}

GST_END_TEST;

GST_START_TEST (test_second_recorder_is_refused)
{
  GstElement *first = recorder_make_sink (STREAM);

  fail_unless (gst_element_set_state (first, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_FAILURE);
  expect_no_start (recorder_make_sink (STREAM), GST_RESOURCE_ERROR_BUSY,
      STREAM);
  gst_element_set_state (first, GST_STATE_NULL);
  gst_object_unref (first);

  first = recorder_make_sink (STREAM);
  fail_unless (gst_element_set_state (first, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (first, GST_STATE_NULL);
  gst_object_unref (first);
}

GST_END_TEST;

GST_START_TEST (test_playing_needs_no_data)
{
  GstElement *sink = recorder_make_sink (STREAM);
  GstState state;

  gst_element_set_state (sink, GST_STATE_PLAYING);
  fail_unless_equals_int (gst_element_get_state (sink, &state, NULL,
          120 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int (state, GST_STATE_PLAYING);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_object_unref (sink);
}

GST_END_TEST;

GST_START_TEST (test_defaults_and_stats)
{
  GstElement *sink = recorder_make_sink (STREAM);
  GstStructure *stats;
  gboolean sync, async, last;

  g_object_get (sink, "sync", &sync, "async", &async, "enable-last-sample",
      &last, "stats", &stats, NULL);
  fail_if (sync || async || last);
  fail_unless (gst_structure_has_name (stats,
          "application/x-rtmpdvrsink-stats"));
  fail_unless (gst_structure_has_field (stats, "rendered"));
  fail_unless (gst_structure_has_field (stats, "dropped"));
  fail_unless (gst_structure_has_field (stats, "average-rate"));
  fail_unless (gst_structure_has_field (stats, "segments"));
  gst_structure_free (stats);
  gst_object_unref (sink);
}

GST_END_TEST;

static void
write_flv (const gchar * path, guint n)
{
  GstBuffer *all = gst_flv_write_header (TRUE, FALSE);
  GstMapInfo map;
  guint i;

  all = gst_buffer_append (all, gst_flv_write_tag (GST_FLV_TAG_VIDEO, 0,
          gst_flv_write_config_body (recorder_video_caps, GST_FLV_MODE_AUTO)));
  for (i = 0; i < n; i++)
    all =
        gst_buffer_append (all, recorder_make_tag (GST_FLV_TAG_VIDEO, i * FRAME,
            i % 25 == 0));
  gst_buffer_map (all, &map, GST_MAP_READ);
  fail_unless (g_file_set_contents (path, (gchar *) map.data, map.size, NULL));
  gst_buffer_unmap (all, &map);
  gst_buffer_unref (all);
}

GST_START_TEST (test_two_hundred_state_changes_under_data)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *src = gst_element_factory_make ("filesrc", NULL);
  GstElement *sink = recorder_make_sink (STREAM);
  gchar *path = g_build_filename (recorder_dir, "in.flv", NULL);
  GstBus *bus = gst_element_get_bus (pipeline);
  GRand *rand = g_rand_new_with_seed (7);
  GstDvrPlaylist *list;
  GstMessage *message;
  guint i;

  write_flv (path, 500);
  g_object_set (src, "location", path, "blocksize", 256, NULL);
  gst_bin_add_many (GST_BIN (pipeline), src, sink, NULL);
  fail_unless (gst_element_link (src, sink));
  for (i = 0; i < 200; i++)
    fail_unless (gst_element_set_state (pipeline, g_rand_int_range (rand,
                GST_STATE_NULL, GST_STATE_PLAYING + 1)) !=
        GST_STATE_CHANGE_FAILURE);
  /* at the latest now there is something */
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_object_unref (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  list = recorder_read_list ();
  recorder_check_files (list);
  gst_dvr_playlist_free (list);
  gst_object_unref (pipeline);
  g_rand_free (rand);
  g_free (path);
}

GST_END_TEST;

static Suite *
rtmpdvrsink_suite (void)
{
  Suite *s = suite_create ("rtmpdvrsink");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, recorder_setup, recorder_teardown);
  tcase_add_test (tc, test_records_until_eos);
  tcase_add_test (tc, test_header_in_small_pieces);
  tcase_add_test (tc, test_going_to_null_finishes_as_eos_does);
  tcase_add_test (tc, test_late_joiner_takes_the_header_from_the_caps);
  tcase_add_test (tc, test_not_flv_is_refused_and_named);
  tcase_add_test (tc, test_garbage_in_the_middle_is_skipped);
  tcase_add_test (tc, test_torn_end_leaves_whole_segments);
  tcase_add_test (tc, test_settings_that_cannot_work);
  tcase_add_test (tc, test_directory_that_cannot_be_made);
  tcase_add_test (tc, test_second_recorder_is_refused);
  tcase_add_test (tc, test_playing_needs_no_data);
  tcase_add_test (tc, test_defaults_and_stats);
  tcase_add_test (tc, test_two_hundred_state_changes_under_data);

  return s;
}

GST_CHECK_MAIN (rtmpdvrsink);
