/* player.c: dvr:// in playbin and playbin3, by what is on show
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "numbered.h"

#define N_FRAMES (20 * FPS)
#define MS (gint64) GST_MSECOND
#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)
#define KEYS (ACCURATE | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS)

static const gchar *const players[] = { "playbin", "playbin3" };

typedef struct
{
  Numbered numbered;
  GstElement *player;
  GstElement *sink;
  GstElement *src;
  GstBus *bus;
  GMutex lock;
  GArray *shown;                /* gint64, all that the sink has shown */
} Fixture;

static void
handoff (GstElement * sink, GstBuffer * buffer, GstPad * pad, Fixture * f)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  gint64 number = numbered_read_buffer (buffer, caps);

  g_mutex_lock (&f->lock);
  g_array_append_val (f->shown, number);
  g_mutex_unlock (&f->lock);
  gst_caps_unref (caps);
}

static void
take_source (GstElement * player, GstElement * src, Fixture * f)
{
  gst_object_replace ((GstObject **) & f->src, GST_OBJECT (src));
}

static void
setup (Fixture * f, guint i, const gchar * query)
{
  GstElement *audio = gst_element_factory_make ("fakesink", NULL);
  gchar *uri;

  memset (f, 0, sizeof (*f));
  g_mutex_init (&f->lock);
  f->shown = g_array_new (FALSE, FALSE, sizeof (gint64));
  numbered_record (&f->numbered, N_FRAMES, FALSE);
  numbered_serve (&f->numbered);
  f->player = gst_element_factory_make (players[i], NULL);
  f->sink = gst_element_factory_make ("fakesink", NULL);
  g_object_set (f->sink, "sync", TRUE, "signal-handoffs", TRUE, NULL);
  g_signal_connect (f->sink, "handoff", G_CALLBACK (handoff), f);
  uri = g_strdup_printf ("dvr://127.0.0.1:%d/live/cam1%s", f->numbered.port,
      query);
  g_object_set (audio, "sync", TRUE, NULL);
  g_object_set (f->player, "uri", uri, "video-sink", f->sink, "audio-sink",
      audio, NULL);
  g_free (uri);
  g_signal_connect (f->player, "source-setup", G_CALLBACK (take_source), f);
  f->bus = gst_element_get_bus (f->player);
}

static void
teardown (Fixture * f)
{
  gst_element_set_state (f->player, GST_STATE_NULL);
  gst_object_unref (f->bus);
  gst_object_unref (f->player);
  gst_clear_object (&f->src);
  numbered_clear (&f->numbered);
  g_array_unref (f->shown);
  g_mutex_clear (&f->lock);
}

static void
wait_for (Fixture * f, GstMessageType type)
{
  GstMessage *message = gst_bus_timed_pop_filtered (f->bus, 8 * GST_SECOND,
      type | GST_MESSAGE_ERROR);

  fail_unless (message != NULL, "no %s", gst_message_type_get_name (type));
  fail_unless_equals_string (GST_MESSAGE_TYPE_NAME (message),
      gst_message_type_get_name (type));
  gst_message_unref (message);
}

static void
settle (Fixture * f, GstState state)
{
  gst_element_set_state (f->player, state);
  fail_unless_equals_int (gst_element_get_state (f->player, NULL, NULL,
          8 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
}

static gint64
on_show (Fixture * f)
{
  GstSample *sample;
  gint64 number;

  g_object_get (f->sink, "last-sample", &sample, NULL);
  number = numbered_read (sample);
  if (sample)
    gst_sample_unref (sample);
  return number;
}

static void
seek (Fixture * f, gdouble rate, GstSeekFlags flags, gint64 start, gint64 stop)
{
  fail_unless (gst_element_seek (f->player, rate, GST_FORMAT_TIME, flags,
          GST_SEEK_TYPE_SET, start, stop >= 0 ? GST_SEEK_TYPE_SET :
          GST_SEEK_TYPE_NONE, stop));
  fail_unless_equals_int (gst_element_get_state (f->player, NULL, NULL,
          8 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
}

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
  Fixture f;
  Decoded decoded = { 0, };
  gint before;
  guint i;

  setup (&f, __i__, "");
  g_signal_connect (f.player, "deep-element-added", G_CALLBACK (watch_decoder),
      &decoded);
  settle (&f, GST_STATE_PAUSED);
  seek (&f, 1.0, ACCURATE, 5 * GST_SECOND, -1);
  before = g_atomic_int_get (&decoded.caps);
  fail_unless (before > 0);
  for (i = 0; i < 20; i++) {
    seek (&f, 1.0, ACCURATE, (i * 7 % 20) * GST_SECOND + 40 * MS, -1);
    fail_unless_equals_int64 (on_show (&f), (i * 7 % 20) * FPS + 1);
  }
  fail_unless_equals_int (g_atomic_int_get (&decoded.caps), before);
  teardown (&f);
}

GST_END_TEST;

/* One of three pictures is such as no other one refers to. */
GST_START_TEST (test_seeks_decode_what_is_needed)
{
  Fixture f;
  Decoded decoded = { 0, };
  guint i;

  setup (&f, __i__, "");
  g_signal_connect (f.player, "deep-element-added", G_CALLBACK (watch_decoder),
      &decoded);
  settle (&f, GST_STATE_PAUSED);
  for (i = 1; i < 19; i++) {
    g_atomic_int_set (&decoded.pictures, 0);
    seek (&f, 1.0, ACCURATE, i * GST_SECOND + (FPS - 1) * FRAME, -1);
    fail_unless_equals_int64 (on_show (&f), i * FPS + FPS - 1);
    fail_unless (g_atomic_int_get (&decoded.pictures) <= FPS * 2 / 3 + 1,
        "%d pictures", g_atomic_int_get (&decoded.pictures));
  }
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_start)
{
  Fixture f;

  setup (&f, __i__, "?start=7.52");
  settle (&f, GST_STATE_PAUSED);
  fail_unless_equals_int64 (on_show (&f), 188);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_seeks_while_paused)
{
  static const gint64 times[] = { 3000, 3999, 12520, 0, 19960, 5010, 17333 };
  Fixture f;
  guint i;

  setup (&f, __i__, "");
  settle (&f, GST_STATE_PAUSED);
  fail_unless_equals_int64 (on_show (&f), 0);
  for (i = 0; i < G_N_ELEMENTS (times); i++) {
    seek (&f, 1.0, ACCURATE, times[i] * MS, -1);
    fail_unless_equals_int64 (on_show (&f), times[i] / 40);
    seek (&f, 1.0, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, times[i] * MS,
        -1);
    fail_unless_equals_int64 (on_show (&f), times[i] / 1000 * FPS);
  }
  teardown (&f);
}

GST_END_TEST;

/* Numbers of what was shown while it played, from @from by @by. */
static void
expect_run (Fixture * f, gint64 from, gint by, guint n)
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
  Fixture f;

  setup (&f, __i__, "");
  settle (&f, GST_STATE_PAUSED);
  seek (&f, -4.0, ACCURATE, 2 * GST_SECOND, 6 * GST_SECOND);
  fail_unless_equals_int64 (on_show (&f), 149);
  g_array_set_size (f.shown, 0);
  settle (&f, GST_STATE_PLAYING);
  wait_for (&f, GST_MESSAGE_EOS);
  expect_run (&f, 149, -1, 100);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_keyframes_only)
{
  Fixture f;

  setup (&f, __i__, "");
  settle (&f, GST_STATE_PAUSED);
  seek (&f, 8.0, KEYS, 4 * GST_SECOND, -1);
  fail_unless_equals_int64 (on_show (&f), 4 * FPS);
  g_array_set_size (f.shown, 0);
  settle (&f, GST_STATE_PLAYING);
  wait_for (&f, GST_MESSAGE_EOS);
  expect_run (&f, 4 * FPS, FPS, 16);
  settle (&f, GST_STATE_PAUSED);
  seek (&f, -8.0, KEYS, 0, 10 * GST_SECOND);
  g_array_set_size (f.shown, 0);
  settle (&f, GST_STATE_PLAYING);
  wait_for (&f, GST_MESSAGE_EOS);
  expect_run (&f, 9 * FPS, -FPS, 10);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_instant_rate_in_playbin)
{
  Fixture f;
  gint64 position;

  /* decodebin3 of 1.22 refuses it */
  setup (&f, 0, "");
  settle (&f, GST_STATE_PLAYING);
  fail_unless (gst_element_seek (f.player, 8.0, GST_FORMAT_TIME,
          GST_SEEK_FLAG_INSTANT_RATE_CHANGE, GST_SEEK_TYPE_NONE, -1,
          GST_SEEK_TYPE_NONE, -1));
  wait_for (&f, GST_MESSAGE_EOS);
  fail_unless (gst_element_query_position (f.player, GST_FORMAT_TIME,
          &position));
  fail_unless (position >= 19 * GST_SECOND);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_queries)
{
  Fixture f;
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_TIME);
  gint64 start, end, duration;
  gboolean seekable;

  setup (&f, __i__, "");
  settle (&f, GST_STATE_PAUSED);
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
  teardown (&f);
}

GST_END_TEST;

/* Waits for the end of a step; whether it went well. */
static gboolean
wait_for_step (Fixture * f, guint64 * time)
{
  while (TRUE) {
    GstMessage *message = gst_bus_timed_pop_filtered (f->bus, 8 * GST_SECOND,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_REQUEST_STATE);
    const GstStructure *s;
    const gchar *code;
    gboolean done, well;

    fail_unless (message != NULL);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_REQUEST_STATE) {
      GstState state;

      gst_message_parse_request_state (message, &state);
      gst_message_unref (message);
      gst_element_set_state (f->player, state);
      continue;
    }
    s = gst_message_get_structure (message);
    code = gst_structure_get_string (s, "code");
    done = g_strcmp0 (code, "NetStream.Step.Notify") == 0 ||
        g_strcmp0 (code, "NetStream.Step.Failed") == 0;
    well = done && g_str_has_suffix (code, "Notify");
    if (well)
      gst_structure_get_uint64 (s, "time", time);
    else if (done)
      GST_ERROR ("%" GST_PTR_FORMAT, s);
    gst_message_unref (message);
    if (done)
      return well;
  }
}

static void
step (Fixture * f, gint frames, gint64 expected)
{
  gboolean begun = FALSE;
  guint64 time;

  g_signal_emit_by_name (f->src, "step", frames, &begun);
  fail_unless (begun);
  fail_unless (wait_for_step (f, &time));
  fail_unless_equals_int64 (on_show (f), expected);
  fail_unless_equals_uint64 (time, expected * FRAME);
}

GST_START_TEST (test_steps)
{
  Fixture f;
  gint i;

  setup (&f, __i__, "?start=5");
  settle (&f, GST_STATE_PAUSED);
  /* over the begin of a segment, back and forth */
  for (i = 1; i <= 60; i++)
    step (&f, -1, 125 - i);
  for (i = 1; i <= 60; i++)
    step (&f, 1, 65 + i);
  step (&f, 100, 225);
  step (&f, -220, 5);
  /* after an inexact seek */
  seek (&f, 1.0, ACCURATE, 10019 * MS, -1);
  fail_unless_equals_int64 (on_show (&f), 250);
  step (&f, 1, 251);
  /* the ends */
  step (&f, -1000, 0);
  step (&f, 1000, N_FRAMES - 1);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_step_while_playing_pauses)
{
  Fixture f;
  gboolean begun = FALSE;
  guint64 time;
  gint64 number, before;

  setup (&f, __i__, "?start=5");
  settle (&f, GST_STATE_PLAYING);
  g_signal_emit_by_name (f.src, "step", -1, &begun);
  fail_unless (begun);
  /* one at a time */
  g_signal_emit_by_name (f.src, "step", -1, &begun);
  fail_if (begun);
  fail_unless (wait_for_step (&f, &time));
  fail_unless_equals_int (GST_STATE (f.player), GST_STATE_PAUSED);
  number = on_show (&f);
  fail_unless_equals_uint64 (time, number * FRAME);
  before = number;
  step (&f, -1, before - 1);
  teardown (&f);
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
  Fixture f;

  setup (&f, __i__, "?start=5");
  settle (&f, GST_STATE_PAUSED);
  fail_unless (gst_element_send_event (f.sink, gst_event_new_step
          (GST_FORMAT_BUFFERS, 3, 1.0, TRUE, FALSE)));
  wait_for (&f, GST_MESSAGE_STEP_DONE);
  fail_unless_equals_int (gst_element_get_state (f.player, NULL, NULL,
          8 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int64 (on_show (&f), 128);
  teardown (&f);
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
  tcase_add_loop_test (tc, test_start, 0, 2);
  tcase_add_loop_test (tc, test_seeks_leave_decoders_as_they_are, 0, 2);
  tcase_add_loop_test (tc, test_seeks_decode_what_is_needed, 0, 2);
  tcase_add_loop_test (tc, test_seeks_while_paused, 0, 2);
  tcase_add_loop_test (tc, test_backwards_every_frame, 0, 2);
  tcase_add_loop_test (tc, test_keyframes_only, 0, 2);
  tcase_add_test (tc, test_instant_rate_in_playbin);
  tcase_add_loop_test (tc, test_queries, 0, 2);
  tcase_add_loop_test (tc, test_steps, 0, 2);
  tcase_add_loop_test (tc, test_step_while_playing_pauses, 0, 2);
  tcase_add_test (tc, test_step_before_anything_is_shown);
  tcase_add_loop_test (tc, test_gstreamer_s_step_events, 0, 2);
  return s;
}

GST_CHECK_MAIN (player);
