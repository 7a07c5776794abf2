/* player.c: dvr:// in playbin, playbin3 and uridecodebin3, by what is on show
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "playerfixture.h"

#define N_FRAMES (20 * FPS)
#define MS (gint64) GST_MSECOND
#define KEYS (ACCURATE | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS)

/* What decoders get. */
typedef struct
{
  gint caps;
  gint pictures;                /* that are before what is to be shown */
} Decoded;

static GstPadProbeReturn
see_decoded (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Decoded *decoded = user_data;
  GstSegment segment = { 0, };
  GstEvent *event;
  GstCaps *caps;

  if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    if (GST_EVENT_TYPE (info->data) == GST_EVENT_CAPS)
      g_atomic_int_inc (&decoded->caps);
    return GST_PAD_PROBE_OK;
  }
  caps = gst_pad_get_current_caps (pad);
  event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  if (event && caps && g_str_has_prefix (gst_structure_get_name
          (gst_caps_get_structure (caps, 0)), "video/")) {
    gst_event_copy_segment (event, &segment);
    if (GST_BUFFER_PTS (info->data) < segment.start)
      g_atomic_int_inc (&decoded->pictures);
  }
  gst_clear_caps (&caps);
  gst_clear_event (&event);
  return GST_PAD_PROBE_OK;
}

static void
watch_decoder (GstBin * bin, GstBin * sub_bin, GstElement * element,
    gpointer decoded)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  GstPad *pad;

  if (!factory || !gst_element_factory_list_is_type (factory,
          GST_ELEMENT_FACTORY_TYPE_DECODER))
    return;
  pad = gst_element_get_static_pad (element, "sink");
  if (!pad)
    return;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
      GST_PAD_PROBE_TYPE_BUFFER, see_decoded, decoded, NULL);
  gst_object_unref (pad);
}

/* Decoders that begin anew take longer than all else of a seek. */
GST_START_TEST (test_seeks_leave_decoders_as_they_are)
{
  Player f;
  Decoded decoded = { 0, };
  gint before;
  guint i;

  player_setup (&f, __i__, N_FRAMES, "");
  g_signal_connect (f.player, "deep-element-added", G_CALLBACK (watch_decoder),
      &decoded);
  player_settle (&f, GST_STATE_PAUSED);
  player_seek (&f, 1.0, ACCURATE, 5 * GST_SECOND, -1);
  before = g_atomic_int_get (&decoded.caps);
  fail_unless (before > 0);
  for (i = 0; i < 20; i++) {
    player_seek (&f, 1.0, ACCURATE, (i * 7 % 20) * GST_SECOND + 40 * MS, -1);
    fail_unless_equals_int64 (player_on_show (&f), (i * 7 % 20) * FPS + 1);
  }
  fail_unless_equals_int (g_atomic_int_get (&decoded.caps), before);
  player_teardown (&f);
}

GST_END_TEST;

/* One of three pictures is such as no other one refers to. */
GST_START_TEST (test_seeks_decode_what_is_needed)
{
  Player f;
  Decoded decoded = { 0, };
  guint i;

  player_setup (&f, __i__, N_FRAMES, "");
  g_signal_connect (f.player, "deep-element-added", G_CALLBACK (watch_decoder),
      &decoded);
  player_settle (&f, GST_STATE_PAUSED);
  for (i = 1; i < 19; i++) {
    g_atomic_int_set (&decoded.pictures, 0);
    player_seek (&f, 1.0, ACCURATE, i * GST_SECOND + (FPS - 1) * FRAME, -1);
    fail_unless_equals_int64 (player_on_show (&f), i * FPS + FPS - 1);
    fail_unless (g_atomic_int_get (&decoded.pictures) <= FPS * 2 / 3 + 1,
        "%d pictures", g_atomic_int_get (&decoded.pictures));
  }
  player_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_start)
{
  Player f;

  player_setup (&f, __i__, N_FRAMES, "?start=7.52");
  player_settle (&f, GST_STATE_PAUSED);
  fail_unless_equals_int64 (player_on_show (&f), 188);
  player_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_seeks_while_paused)
{
  static const gint64 times[] = { 3000, 3999, 12520, 0, 19960, 5010, 17333 };
  Player f;
  guint i;

  player_setup (&f, __i__, N_FRAMES, "");
  player_settle (&f, GST_STATE_PAUSED);
  fail_unless_equals_int64 (player_on_show (&f), 0);
  for (i = 0; i < G_N_ELEMENTS (times); i++) {
    if (__i__ == PLAYER_URIDECODEBIN3 && times[i] > 19000)
      continue;
    player_seek (&f, 1.0, ACCURATE, times[i] * MS, -1);
    fail_unless_equals_int64 (player_on_show (&f), times[i] / 40);
    player_seek (&f, 1.0, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT,
        times[i] * MS, -1);
    fail_unless_equals_int64 (player_on_show (&f), times[i] / 1000 * FPS);
  }
  player_teardown (&f);
}

GST_END_TEST;

/* Numbers of what was shown while it played, from @from by @by. */
static void
expect_run (Player * f, gint64 from, gint by, guint n)
{
  guint i;

  g_mutex_lock (&f->lock);
  fail_unless_equals_int (f->shown->len, n);
  for (i = 0; i < n; i++)
    fail_unless_equals_int64 (g_array_index (f->shown, gint64, i),
        from + by * (gint) i);
  g_mutex_unlock (&f->lock);
}

GST_START_TEST (test_backwards_every_frame)
{
  Player f;

  player_setup (&f, __i__, N_FRAMES, "");
  player_settle (&f, GST_STATE_PAUSED);
  player_seek (&f, -4.0, ACCURATE, 2 * GST_SECOND, 6 * GST_SECOND);
  fail_unless_equals_int64 (player_on_show (&f), 149);
  g_array_set_size (f.shown, 0);
  player_settle (&f, GST_STATE_PLAYING);
  player_wait_for (&f, GST_MESSAGE_EOS);
  expect_run (&f, 149, -1, 100);
  player_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_keyframes_only)
{
  Player f;

  player_setup (&f, __i__, N_FRAMES, "");
  player_settle (&f, GST_STATE_PAUSED);
  player_seek (&f, 4.0, KEYS, 4 * GST_SECOND, -1);
  fail_unless_equals_int64 (player_on_show (&f), 4 * FPS);
  g_array_set_size (f.shown, 0);
  player_settle (&f, GST_STATE_PLAYING);
  player_wait_for (&f, GST_MESSAGE_EOS);
  expect_run (&f, 4 * FPS, FPS, 16);
  player_settle (&f, GST_STATE_PAUSED);
  player_seek (&f, -4.0, KEYS, 0, 10 * GST_SECOND);
  g_array_set_size (f.shown, 0);
  player_settle (&f, GST_STATE_PLAYING);
  player_wait_for (&f, GST_MESSAGE_EOS);
  expect_run (&f, 9 * FPS, -FPS, 10);
  player_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_instant_rate_in_playbin)
{
  Player f;
  gint64 position, begun;

  /* decodebin3 of 1.22 refuses it */
  player_setup (&f, 0, N_FRAMES, "");
  player_settle (&f, GST_STATE_PLAYING);
  fail_unless (gst_element_query_position (f.player, GST_FORMAT_TIME,
          &position));
  begun = g_get_monotonic_time ();
  fail_unless (gst_element_seek (f.player, 8.0, GST_FORMAT_TIME,
          GST_SEEK_FLAG_INSTANT_RATE_CHANGE, GST_SEEK_TYPE_NONE, -1,
          GST_SEEK_TYPE_NONE, -1));
  player_wait_for (&f, GST_MESSAGE_EOS);
  /* an eighth of that is what it takes; as it was, it would be all of it */
  fail_unless ((g_get_monotonic_time () - begun) * (gint64) GST_USECOND <
      N_FRAMES * (gint64) FRAME - position);
  fail_unless (gst_element_query_position (f.player, GST_FORMAT_TIME,
          &position));
  fail_unless (position >= 19 * GST_SECOND);
  player_teardown (&f);
}

GST_END_TEST;

/* Nothing of the rate is left behind a flush. */
GST_START_TEST (test_keyframes_after_an_instant_rate)
{
  Player f;

  player_setup (&f, 0, N_FRAMES, "");
  player_settle (&f, GST_STATE_PAUSED);
  fail_unless (gst_element_seek (f.player, 2.0, GST_FORMAT_TIME,
          GST_SEEK_FLAG_INSTANT_RATE_CHANGE, GST_SEEK_TYPE_NONE, -1,
          GST_SEEK_TYPE_NONE, -1));
  player_seek (&f, 8.0, KEYS, 4 * GST_SECOND, -1);
  fail_unless_equals_int64 (player_on_show (&f), 4 * FPS);
  player_seek (&f, 1.0, ACCURATE, 5 * GST_SECOND, -1);
  fail_unless_equals_int64 (player_on_show (&f), 5 * FPS);
  player_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_queries)
{
  Player f;
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_TIME);
  gint64 start, end, duration;
  gboolean seekable;

  player_setup (&f, __i__, N_FRAMES, "");
  player_settle (&f, GST_STATE_PAUSED);
  fail_unless (gst_element_query (f.player, query));
  gst_query_parse_seeking (query, NULL, &seekable, &start, &end);
  fail_unless (seekable);
  fail_unless_equals_int64 (start, 0);
  fail_unless (end >= 8 * GST_SECOND - 100 * MS);
  fail_unless (gst_element_query_duration (f.player, GST_FORMAT_TIME,
          &duration));
  fail_unless_equals_int64 (duration, end);
  gst_query_unref (query);
  query = gst_query_new_buffering (GST_FORMAT_TIME);
  fail_unless (gst_element_query (f.player, query));
  fail_unless (gst_query_get_n_buffering_ranges (query) == 1);
  gst_query_unref (query);
  player_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_steps)
{
  Player f;
  gint i;

  player_setup (&f, __i__, N_FRAMES, "?start=5");
  player_settle (&f, GST_STATE_PAUSED);
  /* over the begin of a segment, back and forth */
  for (i = 1; i <= 60; i++)
    player_step (&f, -1, 125 - i);
  for (i = 1; i <= 60; i++)
    player_step (&f, 1, 65 + i);
  player_step (&f, 100, 225);
  player_step (&f, -220, 5);
  /* after an inexact seek */
  player_seek (&f, 1.0, ACCURATE, 10019 * MS, -1);
  fail_unless_equals_int64 (player_on_show (&f), 250);
  player_step (&f, 1, 251);
  /* next to nothing is left of what is on show, as at the live edge */
  for (i = -1; i <= 1; i += 2) {
    player_seek (&f, 1.0, ACCURATE, 11 * GST_SECOND - 1, -1);
    fail_unless_equals_int64 (player_on_show (&f), 274);
    player_step (&f, i, 274 + i);
  }
  /* the ends */
  player_step (&f, -1000, 0);
  if (__i__ != PLAYER_URIDECODEBIN3)
    player_step (&f, 1000, N_FRAMES - 1);
  player_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_step_while_playing_pauses)
{
  Player f;
  gboolean begun = FALSE;
  guint64 time;
  gint64 number, before;

  player_setup (&f, __i__, N_FRAMES, "?start=5");
  player_settle (&f, GST_STATE_PLAYING);
  g_signal_emit_by_name (f.src, "step", -1, &begun);
  fail_unless (begun);
  /* one at a time */
  g_signal_emit_by_name (f.src, "step", -1, &begun);
  fail_if (begun);
  fail_unless (player_wait_for_step (&f, &time));
  fail_unless_equals_int (GST_STATE (f.player), GST_STATE_PAUSED);
  number = player_on_show (&f);
  fail_unless_equals_uint64 (time, number * FRAME);
  before = number;
  player_step (&f, -1, before - 1);
  player_teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_step_before_anything_is_shown)
{
  GstElement *src = gst_element_factory_make ("dvrsrc", NULL);
  gboolean begun = TRUE;

  g_signal_emit_by_name (src, "step", 1, &begun);
  fail_if (begun);
  gst_object_unref (src);
}

GST_END_TEST;

GST_START_TEST (test_gstreamer_s_step_events)
{
  Player f;

  player_setup (&f, __i__, N_FRAMES, "?start=5");
  player_settle (&f, GST_STATE_PAUSED);
  fail_unless (gst_element_send_event (f.sink, gst_event_new_step
          (GST_FORMAT_BUFFERS, 3, 1.0, TRUE, FALSE)));
  player_wait_for (&f, GST_MESSAGE_STEP_DONE);
  fail_unless_equals_int (gst_element_get_state (f.player, NULL, NULL,
          120 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int64 (player_on_show (&f), 128);
  player_teardown (&f);
}

GST_END_TEST;

static Suite *
player_suite (void)
{
  Suite *s = suite_create ("player");
  TCase *tc = tcase_create ("player");

  suite_add_tcase (s, tc);
  if (!numbered_is_possible ())
    return s;
  tcase_add_loop_test (tc, test_start, 0, PLAYER_N_KINDS);
  tcase_add_loop_test (tc, test_seeks_leave_decoders_as_they_are, 0,
      PLAYER_N_KINDS);
  tcase_add_loop_test (tc, test_seeks_decode_what_is_needed, 0, PLAYER_N_KINDS);
  tcase_add_loop_test (tc, test_seeks_while_paused, 0, PLAYER_N_KINDS);
  tcase_add_loop_test (tc, test_backwards_every_frame, 0, PLAYER_N_KINDS);
  tcase_add_loop_test (tc, test_keyframes_only, 0, PLAYER_N_KINDS);
  tcase_add_test (tc, test_instant_rate_in_playbin);
  tcase_add_test (tc, test_keyframes_after_an_instant_rate);
  tcase_add_loop_test (tc, test_queries, 0, PLAYER_N_KINDS);
  tcase_add_loop_test (tc, test_steps, 0, PLAYER_N_KINDS);
  tcase_add_loop_test (tc, test_step_while_playing_pauses, 0, PLAYER_N_KINDS);
  tcase_add_test (tc, test_step_before_anything_is_shown);
  tcase_add_loop_test (tc, test_gstreamer_s_step_events, 0, PLAYER_N_KINDS);
  return s;
}

GST_CHECK_MAIN (player);
