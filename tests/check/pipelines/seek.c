/* seek.c: seeks and rates at random and by scenario, by what is on show
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <stdlib.h>

#include "numbered.h"

#define N_FRAMES (30 * FPS)
#define MS (gint64) GST_MSECOND
#define SECOND (gint64) GST_SECOND
#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)
#define KEY_UNIT (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT)
#define KEYS (ACCURATE | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS)
/* At the live edge frames are on their way. */
#define EDGE (1500 * MS)
#define TIMEOUT (10 * GST_SECOND)

typedef struct
{
  Numbered numbered;
  GstElement *pipeline;
  GstElement *sink;
  GstBus *bus;
  GMutex lock;
  GCond wake;
  GArray *shown;                /* gint64, since the last flush */
} Fixture;

static GstPadProbeReturn
see (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Fixture *f = user_data;

  if (GST_EVENT_TYPE (info->data) == GST_EVENT_FLUSH_STOP) {
    g_mutex_lock (&f->lock);
    g_array_set_size (f->shown, 0);
    g_mutex_unlock (&f->lock);
  }
  return GST_PAD_PROBE_OK;
}

static void
show (GstElement * sink, GstBuffer * buffer, GstPad * pad, Fixture * f)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  gint64 number = numbered_read_buffer (buffer, caps);

  gst_caps_unref (caps);
  g_mutex_lock (&f->lock);
  /* a frame that is prerolled is shown again when it is rendered */
  if (f->shown->len == 0 ||
      g_array_index (f->shown, gint64, f->shown->len - 1) != number)
    g_array_append_val (f->shown, number);
  g_cond_broadcast (&f->wake);
  g_mutex_unlock (&f->lock);
}

static void
settle (Fixture * f, GstState state)
{
  gst_element_set_state (f->pipeline, state);
  fail_unless_equals_int (gst_element_get_state (f->pipeline, NULL, NULL,
          TIMEOUT), GST_STATE_CHANGE_SUCCESS);
}

static gint64
get_end (Fixture * f)
{
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_TIME);
  gint64 end;

  fail_unless (gst_element_query (f->pipeline, query));
  gst_query_parse_seeking (query, NULL, NULL, NULL, &end);
  gst_query_unref (query);
  return end;
}

static void
wait_for_list (Fixture * f)
{
  gchar *path = g_build_filename (f->numbered.directory, "live", "cam1",
      "index.m3u8", NULL);
  gint64 until = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  while (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    fail_unless (g_get_monotonic_time () < until);
    g_thread_yield ();
  }
  g_free (path);
}

static void
link_pad (GstElement * demux, GstPad * pad, GstElement * pipeline)
{
  gboolean video = g_str_has_prefix (GST_PAD_NAME (pad), "video");
  GstElement *queue = gst_bin_get_by_name (GST_BIN (pipeline),
      video ? "vq" : "aq");
  GstPad *sink = gst_element_get_static_pad (queue, "sink");

  gst_pad_link (pad, sink);
  gst_object_unref (sink);
  gst_object_unref (queue);
}

static void
setup (Fixture * f, gboolean live, const gchar * properties)
{
  GError *error = NULL;
  GstElement *demux;
  GstPad *pad;
  gchar *text;

  memset (f, 0, sizeof (*f));
  g_mutex_init (&f->lock);
  g_cond_init (&f->wake);
  f->shown = g_array_new (FALSE, FALSE, sizeof (gint64));
  numbered_record (&f->numbered, live ? G_MAXUINT16 : N_FRAMES, live);
  if (live)
    wait_for_list (f);
  text = g_strdup_printf ("proxystreamsrc location=file://%s "
      "remote-name=live/cam1 ! segmentcache name=cache %s ! qtdemux name=d "
      "queue name=vq ! h264parse ! avdec_h264 ! fakesink name=v sync=true "
      "signal-handoffs=true queue name=aq ! aacparse ! avdec_aac "
      "! fakesink sync=true", f->numbered.directory, properties);
  f->pipeline = gst_parse_launch (text, &error);
  fail_unless (error == NULL, "%s", error ? error->message : "");
  g_free (text);
  demux = gst_bin_get_by_name (GST_BIN (f->pipeline), "d");
  g_signal_connect (demux, "pad-added", G_CALLBACK (link_pad), f->pipeline);
  gst_object_unref (demux);
  f->sink = gst_bin_get_by_name (GST_BIN (f->pipeline), "v");
  g_signal_connect (f->sink, "handoff", G_CALLBACK (show), f);
  g_signal_connect (f->sink, "preroll-handoff", G_CALLBACK (show), f);
  pad = gst_element_get_static_pad (f->sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_FLUSH, see, f, NULL);
  gst_object_unref (pad);
  f->bus = gst_element_get_bus (f->pipeline);
  settle (f, GST_STATE_PAUSED);
}

static void
teardown (Fixture * f)
{
  gst_element_set_state (f->pipeline, GST_STATE_NULL);
  gst_object_unref (f->sink);
  gst_object_unref (f->bus);
  gst_object_unref (f->pipeline);
  numbered_clear (&f->numbered);
  g_array_unref (f->shown);
  g_cond_clear (&f->wake);
  g_mutex_clear (&f->lock);
}

/* The n-th frame shown since the last flush. */
static gint64
get_shown (Fixture * f, guint n)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT / GST_USECOND, number;

  g_mutex_lock (&f->lock);
  while (f->shown->len <= n)
    if (!g_cond_wait_until (&f->wake, &f->lock, end))
      break;
  fail_unless (f->shown->len > n, "only %u frames came", f->shown->len);
  number = g_array_index (f->shown, gint64, n);
  g_mutex_unlock (&f->lock);
  return number;
}

/* @n frames since the last flush, from @from by @by. */
static void
expect_run (Fixture * f, gint64 from, gint by, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    fail_unless_equals_int64 (get_shown (f, i), from + by * (gint) i);
}

static void
seek (Fixture * f, gdouble rate, GstSeekFlags flags, gint64 start, gint64 stop)
{
  fail_unless (gst_element_seek (f->pipeline, rate, GST_FORMAT_TIME, flags,
          GST_SEEK_TYPE_SET, start, stop >= 0 ? GST_SEEK_TYPE_SET :
          GST_SEEK_TYPE_NONE, stop), "%f %d %" GST_TIME_FORMAT, rate, flags,
      GST_TIME_ARGS (start));
}

static void
wait_eos (Fixture * f)
{
  GstMessage *message = gst_bus_timed_pop_filtered (f->bus, 2 * TIMEOUT,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  fail_unless (message != NULL);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
}

/* Which frame is shown first. */
static gint64
expected_frame (gdouble rate, GstSeekFlags flags, gint64 time)
{
  gint64 frame = rate > 0 ? time / (gint64) FRAME : (time - 1) / (gint64) FRAME;

  if (flags & (GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS))
    frame -= frame % FPS;
  return frame;
}

static void
seek_at_random (Fixture * f, GRand * rand)
{
  static const gdouble rates[] = { 1, 1, 1, 0.5, 2, 4, -1, -2, -4 };
  gint64 time = g_rand_double_range (rand, 0.05, 1) * (get_end (f) - EDGE);
  gdouble rate = rates[g_rand_int_range (rand, 0, G_N_ELEMENTS (rates))];
  GstSeekFlags flags = ACCURATE;
  gint64 shown;

  switch (g_rand_int_range (rand, 0, 4)) {
    case 0:
      flags = KEYS;
      rate *= 2;
      break;
    case 1:
      if (rate > 0)
        flags = KEY_UNIT;
      break;
    default:
      break;
  }
  GST_INFO ("rate %f flags %x to %" GST_TIME_FORMAT, rate, flags,
      GST_TIME_ARGS (time));
  if (rate > 0)
    seek (f, rate, flags, time, -1);
  else
    seek (f, rate, flags, 0, time);
  shown = get_shown (f, 0);
  fail_unless (shown == expected_frame (rate, flags, time), "%"
      G_GINT64_FORMAT " is shown for %" GST_TIME_FORMAT ", rate %f, flags %x",
      shown, GST_TIME_ARGS (time), rate, flags);
}

static void
check_random (gboolean live, const gchar * properties)
{
  const gchar *text = g_getenv ("DVR_TEST_SEEKS");
  guint i, n = text ? atoi (text) : 1000;
  const gchar *seed = g_getenv ("DVR_TEST_SEED");
  GRand *rand = g_rand_new_with_seed (seed ? atoi (seed) : 20261121);
  Fixture f;

  setup (&f, live, properties);
  if (live)
    settle (&f, GST_STATE_PLAYING);
  while (get_end (&f) < 4 * SECOND + EDGE)
    g_thread_yield ();
  for (i = 0; i < n; i++) {
    if (i % 20 == 0)
      settle (&f, i % 40 == 0 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
    seek_at_random (&f, rand);
  }
  teardown (&f);
  g_rand_free (rand);
}

GST_START_TEST (test_random_in_finished_recording)
{
  check_random (FALSE, "in-buffer-seek=true");
}

GST_END_TEST;

GST_START_TEST (test_random_without_a_buffer)
{
  check_random (FALSE, "in-buffer-seek=false max-memory=0");
}

GST_END_TEST;

GST_START_TEST (test_random_in_live_recording)
{
  check_random (TRUE, "in-buffer-seek=true start=0");
}

GST_END_TEST;

/* By the names of GStreamer's validate scenarios. */

GST_START_TEST (test_simple_seeks)
{
  Fixture f;

  setup (&f, FALSE, "");
  settle (&f, GST_STATE_PLAYING);
  seek (&f, 1.0, ACCURATE, 10 * SECOND, -1);
  expect_run (&f, 250, 1, 10);
  seek (&f, 1.0, ACCURATE, 2 * SECOND + 40 * MS, -1);
  expect_run (&f, 51, 1, 10);
  seek (&f, 1.0, ACCURATE, 20 * SECOND, -1);
  expect_run (&f, 500, 1, 10);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_seek_forward_backward)
{
  Fixture f;
  gint64 i;

  setup (&f, FALSE, "in-buffer-seek=true");
  settle (&f, GST_STATE_PLAYING);
  for (i = 1; i < 6; i++) {
    seek (&f, 1.0, ACCURATE, 5 * i * SECOND, -1);
    expect_run (&f, 125 * i, 1, 3);
  }
  for (i = 5; i >= 0; i--) {
    seek (&f, 1.0, ACCURATE, 5 * i * SECOND, -1);
    expect_run (&f, 125 * i, 1, 3);
  }
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_seek_with_stop)
{
  Fixture f;

  setup (&f, FALSE, "");
  settle (&f, GST_STATE_PLAYING);
  seek (&f, 1.0, ACCURATE, 10 * SECOND, 10 * SECOND + 520 * MS);
  wait_eos (&f);
  expect_run (&f, 250, 1, 13);
  fail_unless_equals_int (f.shown->len, 13);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_scrub_forward_and_backward)
{
  Fixture f;
  gint64 i;

  setup (&f, FALSE, "in-buffer-seek=true");
  for (i = 0; i < 60; i++) {
    seek (&f, 1.0, ACCURATE, i * 440 * MS, -1);
    expect_run (&f, i * 11, 1, 1);
  }
  for (; i >= 0; i--) {
    seek (&f, 1.0, ACCURATE, i * 440 * MS, -1);
    expect_run (&f, i * 11, 1, 1);
  }
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_fast_forward)
{
  static const gdouble rates[] = { 2, 4, 8, 16 };
  Fixture f;
  guint i;

  setup (&f, FALSE, "");
  settle (&f, GST_STATE_PLAYING);
  for (i = 0; i < G_N_ELEMENTS (rates); i++) {
    seek (&f, rates[i], ACCURATE, 0, 5 * SECOND);
    wait_eos (&f);
    expect_run (&f, 0, 1, 125);
  }
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_fast_backward)
{
  static const gdouble rates[] = { -2, -4, -8, -16 };
  Fixture f;
  guint i;

  setup (&f, FALSE, "");
  settle (&f, GST_STATE_PLAYING);
  for (i = 0; i < G_N_ELEMENTS (rates); i++) {
    seek (&f, rates[i], ACCURATE, 0, 5 * SECOND);
    wait_eos (&f);
    expect_run (&f, 124, -1, 125);
  }
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_reverse_playback)
{
  Fixture f;

  setup (&f, FALSE, "");
  settle (&f, GST_STATE_PLAYING);
  seek (&f, -1.0, ACCURATE, 27 * SECOND, 29 * SECOND);
  wait_eos (&f);
  expect_run (&f, 724, -1, 50);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_trick_mode_seeks)
{
  Fixture f;

  setup (&f, FALSE, "");
  settle (&f, GST_STATE_PLAYING);
  seek (&f, 8.0, KEYS, 0, 10 * SECOND);
  wait_eos (&f);
  expect_run (&f, 0, FPS, 10);
  seek (&f, -8.0, KEYS, 0, 10 * SECOND);
  wait_eos (&f);
  expect_run (&f, 9 * FPS, -FPS, 10);
  seek (&f, 1.0, ACCURATE, 10 * SECOND, -1);
  expect_run (&f, 250, 1, 5);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_alternate_fast_backward_forward)
{
  Fixture f;
  guint i;

  setup (&f, FALSE, "in-buffer-seek=true");
  settle (&f, GST_STATE_PLAYING);
  for (i = 1; i <= 8; i *= 2) {
    seek (&f, -(gdouble) i, ACCURATE, 0, 15 * SECOND);
    expect_run (&f, 374, -1, 20);
    seek (&f, i, ACCURATE, 15 * SECOND, -1);
    expect_run (&f, 375, 1, 20);
  }
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_change_state_intensive)
{
  static const GstState states[] = { GST_STATE_PAUSED, GST_STATE_PLAYING,
    GST_STATE_READY, GST_STATE_PLAYING, GST_STATE_NULL, GST_STATE_PAUSED,
    GST_STATE_NULL, GST_STATE_PLAYING
  };
  Fixture f;
  guint i;

  setup (&f, FALSE, "");
  for (i = 0; i < 5 * G_N_ELEMENTS (states); i++) {
    /* without waiting, now and then */
    if (i % 3 == 0)
      gst_element_set_state (f.pipeline, states[i % G_N_ELEMENTS (states)]);
    else
      settle (&f, states[i % G_N_ELEMENTS (states)]);
  }
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_pause_resume)
{
  Fixture f;
  guint i;

  setup (&f, FALSE, "");
  for (i = 0; i < 20; i++) {
    settle (&f, GST_STATE_PLAYING);
    get_shown (&f, 2 * i);
    settle (&f, GST_STATE_PAUSED);
  }
  /* none is left out, none is shown again */
  expect_run (&f, 0, 1, 40);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_seek_end_live_and_full_live_rewind)
{
  Fixture f;
  gint64 end;

  setup (&f, TRUE, "start=0");
  settle (&f, GST_STATE_PLAYING);
  while (get_end (&f) < 5 * SECOND)
    g_thread_yield ();
  /* back from live */
  end = get_end (&f);
  fail_unless (gst_element_seek (f.pipeline, 1.0, GST_FORMAT_TIME, ACCURATE,
          GST_SEEK_TYPE_END, -2 * SECOND, GST_SEEK_TYPE_NONE, -1));
  fail_unless (get_shown (&f, 0) >= (end - 2 * SECOND) / (gint64) FRAME);
  get_shown (&f, 10);
  /* live */
  fail_unless (gst_element_seek (f.pipeline, 1.0, GST_FORMAT_TIME, ACCURATE,
          GST_SEEK_TYPE_END, 0, GST_SEEK_TYPE_NONE, -1));
  fail_unless (get_shown (&f, 0) >= end / (gint64) FRAME);
  get_shown (&f, 10);
  /* all of it backwards */
  seek (&f, -8.0, KEYS, 0, get_end (&f));
  wait_eos (&f);
  fail_unless_equals_int64 (get_shown (&f, f.shown->len - 1), 0);
  seek (&f, 1.0, ACCURATE, 0, -1);
  expect_run (&f, 0, 1, 5);
  teardown (&f);
}

GST_END_TEST;

static Suite *
seek_suite (void)
{
  Suite *s = suite_create ("seek");
  TCase *tc = tcase_create ("seek");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 170);
  if (!numbered_is_possible ())
    return s;
  tcase_add_test (tc, test_random_in_finished_recording);
  tcase_add_test (tc, test_random_without_a_buffer);
  tcase_add_test (tc, test_random_in_live_recording);
  tcase_add_test (tc, test_simple_seeks);
  tcase_add_test (tc, test_seek_forward_backward);
  tcase_add_test (tc, test_seek_with_stop);
  tcase_add_test (tc, test_scrub_forward_and_backward);
  tcase_add_test (tc, test_fast_forward);
  tcase_add_test (tc, test_fast_backward);
  tcase_add_test (tc, test_reverse_playback);
  tcase_add_test (tc, test_trick_mode_seeks);
  tcase_add_test (tc, test_alternate_fast_backward_forward);
  tcase_add_test (tc, test_change_state_intensive);
  tcase_add_test (tc, test_pause_resume);
  tcase_add_test (tc, test_seek_end_live_and_full_live_rewind);
  return s;
}

GST_CHECK_MAIN (seek);
