/* rtmpdvrsink_runs.c: what the recorder does between two runs, and in the middle
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <string.h>

#include "flv/flvwriter.h"
#include "fmp4/fmp4.h"
#include "recorderfixture.h"

/* 640x360; the fixture has 320x240. */
static const guint8 avcc_large[] = {
  0x01, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0x00, 0x19, 0x67, 0x42, 0xc0, 0x1e,
  0xda, 0x02, 0x80, 0xbf, 0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04,
  0x00, 0x00, 0x03, 0x00, 0xc8, 0x3c, 0x58, 0xba, 0x80, 0x01, 0x00, 0x04,
  0x68, 0xce, 0x0f, 0xc8
};

GST_START_TEST (test_later_run_continues_the_list)
{
  GstDvrPlaylist *list;
  GstDvrPlaylistSegment *a, *b;

  recorder_begin (recorder_make_sink (STREAM));
  recorder_push_frames (0, 50);
  recorder_stop ();
  recorder_audio_time = 0;
  recorder_begin (recorder_make_sink (STREAM));
  recorder_push_frames (0, 50);
  recorder_stop ();
  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  a = gst_dvr_playlist_get_segment (list, 0);
  b = gst_dvr_playlist_get_segment (list, 1);
  fail_unless (b->discontinuous);
  fail_unless (b->number > a->number);
  fail_unless (b->start >= a->start + a->duration);
  fail_if (g_str_equal (a->uri, b->uri));
  fail_unless (list->ended);
  recorder_check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

/* Makes the list on disk say that all of it was an hour ago. */
static void
age_list (void)
{
  const gchar tag[] = "#EXT-X-PROGRAM-DATE-TIME:";
  gchar *path =
      g_build_filename (recorder_dir, STREAM, "index.m3u8", NULL), *text, *line;
  GDateTime *now = g_date_time_new_now_utc ();
  GDateTime *then = g_date_time_add_hours (now, -1);
  gchar *date = g_date_time_format (then, "%Y-%m-%dT%H:%M:%SZ");
  GString *aged;

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  line = strstr (text, tag);
  fail_unless (line != NULL);
  aged = g_string_new_len (text, line - text);
  g_string_append_printf (aged, "%s%s%s", tag, date, strchr (line, '\n'));
  fail_unless (g_file_set_contents (path, aged->str, aged->len, NULL));
  g_string_free (aged, TRUE);
  g_free (date);
  g_date_time_unref (then);
  g_date_time_unref (now);
  g_free (text);
  g_free (path);
}

GST_START_TEST (test_later_run_keeps_the_distance_to_an_ended_list)
{
  GstDvrPlaylist *list;
  GstDvrPlaylistSegment *a, *b;
  guint run;

  for (run = 0; run < 2; run++) {
    recorder_audio_time = 0;
    recorder_begin (recorder_make_sink (STREAM));
    recorder_push_frames (0, 50);
    recorder_stop ();
    if (run == 0)
      age_list ();
  }
  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  fail_unless_equals_int (recorder_count_gaps (list), 0);
  a = gst_dvr_playlist_get_segment (list, 0);
  b = gst_dvr_playlist_get_segment (list, 1);
  fail_unless (b->start >= a->start + 3590 * GST_SECOND);
  fail_unless (b->start <= a->start + 3660 * GST_SECOND);
  fail_unless (b->wall_time - a->wall_time >= G_GINT64_CONSTANT (3590) *
      G_USEC_PER_SEC);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_goes_on_after_eos_when_flushed)
{
  GstDvrPlaylist *list;

  recorder_begin (recorder_make_sink (STREAM));
  recorder_push_frames (0, 50);
  gst_harness_push_event (recorder_harness, gst_event_new_eos ());
  gst_harness_push_event (recorder_harness, gst_event_new_flush_start ());
  gst_harness_push_event (recorder_harness, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (recorder_harness,
      gst_event_new_stream_start ("again"));
  gst_harness_set_src_caps_str (recorder_harness, "video/x-flv");
  recorder_audio_time = 0;
  recorder_push_header ();
  recorder_push_configs ();
  fail_unless_equals_int (recorder_push_frames (0, 50), GST_FLOW_OK);
  recorder_stop ();
  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  fail_unless (list->ended);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_size_change_gets_a_new_init_and_a_discontinuity)
{
  GstDvrPlaylist *list;
  GstDvrPlaylistSegment *a, *b;

  recorder_begin (recorder_make_sink (STREAM));
  recorder_push_frames (0, 50);
  recorder_push_configs ();
  recorder_push_frames (50, 50);
  gst_clear_caps (&recorder_video_caps);
  recorder_video_caps = gst_fmp4_codec_caps (GST_FMP4_CODEC_H264, avcc_large,
      sizeof (avcc_large), 640, 360);
  recorder_push_configs ();
  recorder_push_frames (100, 50);
  recorder_stop ();
  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 3);
  a = gst_dvr_playlist_get_segment (list, 1);
  b = gst_dvr_playlist_get_segment (list, 2);
  fail_if (a->discontinuous);
  fail_unless (b->discontinuous);
  fail_if (gst_dvr_playlist_map_equal (a->map, b->map));
  fail_unless (gst_dvr_playlist_map_equal (a->map,
          gst_dvr_playlist_get_segment (list, 0)->map));
  recorder_check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_absence_is_listed_as_gaps_then_the_list_ends)
{
  GstElement *sink = recorder_make_sink (STREAM);
  GstDvrPlaylist *list;

  g_object_set (sink, "target-duration", 100 * GST_MSECOND,
      "part-duration", 100 * GST_MSECOND, "reconnect-window",
      400 * GST_MSECOND, NULL);
  recorder_begin (sink);
  recorder_push_frames (0, 5);
  gst_harness_push_event (recorder_harness,
      gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
          gst_structure_new ("dvr-away", "away", G_TYPE_BOOLEAN, TRUE, NULL)));
  fail_unless (recorder_pop_status ("NetStream.Record.Stop", 0));
  list = recorder_wait_for_end ();
  fail_unless_equals_int (recorder_count_gaps (list), 4);
  gst_dvr_playlist_free (list);

  recorder_push_header ();
  recorder_push_configs ();
  recorder_push_frames (0, 50);
  fail_unless (recorder_pop_status ("NetStream.Record.Start", 0));
  list = recorder_read_list ();
  fail_if (list->ended);
  fail_unless (list->segments->len > 5);
  fail_unless (gst_dvr_playlist_get_segment (list, 5)->discontinuous);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

/* Pushes a publisher's session: header, configurations and two seconds. */
static void
push_session (guint begin)
{
  recorder_audio_time = begin * FRAME;
  recorder_push_header ();
  recorder_push_configs ();
  fail_unless_equals_int (recorder_push_frames (begin, 50), GST_FLOW_OK);
}

/* The second follows the first, or comes after as much time as went by @since
 * that was begun. */
static void
check_two_sessions (gint64 since)
{
  GstClockTime went = (g_get_monotonic_time () - since) * GST_USECOND;
  GstDvrPlaylistSegment *a, *b;
  GstDvrPlaylist *list;

  recorder_stop ();
  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  a = gst_dvr_playlist_get_segment (list, 0);
  b = gst_dvr_playlist_get_segment (list, 1);
  fail_unless (b->discontinuous);
  fail_unless (gst_dvr_playlist_map_equal (a->map, b->map));
  fail_unless (b->start >= a->start + a->duration);
  fail_unless (b->start < a->start + MAX (a->duration, went) + GST_SECOND);
  recorder_check_files (list);
  gst_dvr_playlist_free (list);
}

GST_START_TEST (test_returning_publisher_is_appended)
{
  gint64 since = g_get_monotonic_time ();
  GstSegment segment;

  recorder_start (recorder_make_sink (STREAM));
  push_session (25000);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (recorder_harness,
      gst_event_new_stream_start ("again"));
  gst_harness_push_event (recorder_harness, gst_event_new_segment (&segment));
  push_session (0);
  check_two_sessions (since);
}

GST_END_TEST;

GST_START_TEST (test_second_header_in_the_stream_is_another_session)
{
  gint64 since = g_get_monotonic_time ();

  recorder_start (recorder_make_sink (STREAM));
  push_session (0);
  push_session (100);
  check_two_sessions (since);
}

GST_END_TEST;

GST_START_TEST (test_torn_tag_before_a_new_session)
{
  GstBuffer *tag = recorder_make_tag (GST_FLV_TAG_VIDEO, 50 * FRAME, TRUE);
  gint64 since = g_get_monotonic_time ();
  GstSegment segment;

  recorder_start (recorder_make_sink (STREAM));
  push_session (0);
  gst_buffer_resize (tag, 0, 100);
  gst_harness_push (recorder_harness, tag);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (recorder_harness, gst_event_new_segment (&segment));
  push_session (0);
  check_two_sessions (since);
}

GST_END_TEST;

GST_START_TEST (test_silence_counts_as_absence)
{
  GstElement *sink = recorder_make_sink (STREAM);

  g_object_set (sink, "target-duration", 100 * GST_MSECOND,
      "max-segment-duration", 200 * GST_MSECOND,
      "part-duration", 100 * GST_MSECOND, NULL);
  recorder_begin (sink);
  recorder_push_frames (0, 5);
  fail_unless (recorder_pop_status ("NetStream.Record.Stop", 120 * GST_SECOND));
}

GST_END_TEST;

GST_START_TEST (test_recording_can_be_paused)
{
  GstElement *sink = recorder_make_sink (STREAM);
  GstDvrPlaylist *list;

  recorder_begin (sink);
  recorder_push_frames (0, 50);
  g_object_set (recorder_harness->element, "recording", FALSE, NULL);
  fail_unless_equals_int (recorder_push_frames (50, 100), GST_FLOW_OK);
  fail_unless (recorder_pop_status ("NetStream.Record.Stop", 0));
  g_object_set (recorder_harness->element, "recording", TRUE, NULL);
  recorder_push_frames (150, 50);
  fail_unless (recorder_pop_status ("NetStream.Record.Start", 0));
  recorder_stop ();
  list = recorder_read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  fail_unless (gst_dvr_playlist_get_segment (list, 1)->discontinuous);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

static Suite *
rtmpdvrsink_runs_suite (void)
{
  Suite *s = suite_create ("rtmpdvrsink_runs");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, recorder_setup, recorder_teardown);
  tcase_add_test (tc, test_later_run_continues_the_list);
  tcase_add_test (tc, test_later_run_keeps_the_distance_to_an_ended_list);
  tcase_add_test (tc, test_goes_on_after_eos_when_flushed);
  tcase_add_test (tc, test_size_change_gets_a_new_init_and_a_discontinuity);
  tcase_add_test (tc, test_absence_is_listed_as_gaps_then_the_list_ends);
  tcase_add_test (tc, test_returning_publisher_is_appended);
  tcase_add_test (tc, test_second_header_in_the_stream_is_another_session);
  tcase_add_test (tc, test_torn_tag_before_a_new_session);
  tcase_add_test (tc, test_silence_counts_as_absence);
  tcase_add_test (tc, test_recording_can_be_paused);

  return s;
}

GST_CHECK_MAIN (rtmpdvrsink_runs);
