/* gstplay.c: dvr:// by GStreamer's play library
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/play/play.h>

#include "checkutil.h"
#include "playerfixture.h"

#define N_FRAMES (20 * FPS)
#define MS (gint64) GST_MSECOND
#define SECOND (gint64) GST_SECOND
#define TIMEOUT (120 * GST_SECOND)
#define EDGE (1500 * MS)
/* Of what is timed. */
#define N_TRIES 20

typedef struct
{
  Player player;
  GstPlay *play;
  GstBus *bus;                  /* of GstPlay's own messages */
  guint steps;                  /* that have ended */
  gboolean stepped;             /* the last one went well */
  guint64 step_time;
} Fixture;

static void
setup (Fixture * f, gboolean live, const gchar * query)
{
  GstStructure *config;
  GstElement *pipeline;
  gchar *uri;

  player_record (&f->player, live ? G_MAXUINT16 : N_FRAMES, live);
  f->play = gst_play_new (NULL);
  f->bus = gst_play_get_message_bus (f->play);
  config = gst_play_get_config (f->play);
  gst_play_config_set_seek_accurate (config, TRUE);
  fail_unless (gst_play_set_config (f->play, config));
  pipeline = gst_play_get_pipeline (f->play);
  player_attach (&f->player, pipeline);
  gst_object_unref (pipeline);
  uri = player_get_uri (&f->player, query);
  gst_play_set_uri (f->play, uri);
  g_free (uri);
}

static void
teardown (Fixture * f)
{
  gst_play_stop (f->play);
  gst_bus_set_flushing (f->bus, TRUE);
  gst_object_unref (f->bus);
  gst_object_unref (f->play);
  player_teardown (&f->player);
}

/* The next message of that type. */
static GstMessage *
next_message (Fixture * f, GstPlayMessage wanted)
{
  while (TRUE) {
    GstMessage *message = gst_bus_timed_pop_filtered (f->bus, TIMEOUT,
        GST_MESSAGE_APPLICATION);
    GstPlayMessage type;

    fail_unless (message != NULL, "no %s", gst_play_message_get_name (wanted));
    gst_play_message_parse_type (message, &type);
    fail_if (type == GST_PLAY_MESSAGE_ERROR);
    if (type == wanted)
      return message;
    gst_message_unref (message);
  }
}

static void
wait_state (Fixture * f, GstPlayState wanted)
{
  GstPlayState state;

  do {
    GstMessage *message = next_message (f, GST_PLAY_MESSAGE_STATE_CHANGED);

    gst_play_message_parse_state_changed (message, &state);
    gst_message_unref (message);
  } while (state != wanted);
}

/* It is told before the state it ends in. */
static void
wait_seek_done (Fixture * f)
{
  gst_message_unref (next_message (f, GST_PLAY_MESSAGE_SEEK_DONE));
  wait_state (f, GST_PLAY_STATE_PAUSED);
}

static void
wait_seek (Fixture * f, gint64 shown)
{
  wait_seek_done (f);
  fail_unless_equals_int64 (player_on_show (&f->player), shown);
}

static void
clear_shown (Fixture * f)
{
  g_mutex_lock (&f->player.lock);
  g_array_set_size (f->player.shown, 0);
  g_mutex_unlock (&f->player.lock);
}

/* Plays until ten frames were shown, one after the other; in trick modes
 * decoders may leave some out. */
static void
play_on (Fixture * f, gint by, gboolean trick)
{
  GArray *shown = f->player.shown;
  guint i;

  clear_shown (f);
  gst_play_play (f->play);
  wait_state (f, GST_PLAY_STATE_PLAYING);
  fail_unless_soon (player_count_shown (&f->player) >= 10);
  gst_play_pause (f->play);
  wait_state (f, GST_PLAY_STATE_PAUSED);
  for (i = 1; i < 10; i++) {
    gint64 went = g_array_index (shown, gint64, i) -
        g_array_index (shown, gint64, i - 1);

    fail_unless (trick ? went * by > 0 : went == by, "went by %"
        G_GINT64_FORMAT, went);
  }
}

GST_START_TEST (test_seeks_rates_and_steps)
{
  Fixture f = { {{NULL,},}, };

  setup (&f, FALSE, "?start=5");
  gst_play_pause (f.play);
  wait_state (&f, GST_PLAY_STATE_PAUSED);
  fail_unless_equals_int64 (player_on_show (&f.player), 5 * FPS);
  fail_unless (gst_play_get_duration (f.play) >= 19 * GST_SECOND);
  gst_play_seek (f.play, 12 * GST_SECOND + 520 * GST_MSECOND);
  wait_seek (&f, 12 * FPS + 13);
  play_on (&f, 1, FALSE);
  gst_play_seek (f.play, 10 * GST_SECOND);
  wait_seek (&f, 10 * FPS);
  gst_play_set_rate (f.play, 2.0);
  wait_seek (&f, 10 * FPS);
  play_on (&f, 1, TRUE);
  gst_play_seek (f.play, 10 * GST_SECOND);
  wait_seek (&f, 10 * FPS);
  gst_play_set_rate (f.play, -1.0);
  wait_seek (&f, 10 * FPS - 1);
  play_on (&f, -1, TRUE);
  gst_play_set_rate (f.play, 1.0);
  wait_seek_done (&f);
  gst_play_seek (f.play, 8 * GST_SECOND);
  wait_seek (&f, 8 * FPS);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_pause_live_rewind_and_catch_up)
{
  Fixture f = { {{NULL,},}, };
  gint64 end;

  setup (&f, TRUE, "");
  gst_play_pause (f.play);
  wait_state (&f, GST_PLAY_STATE_PAUSED);
  player_wait_for_end (&f.player, 5 * SECOND);
  play_on (&f, 1, FALSE);
  gst_play_seek (f.play, 1 * SECOND + 40 * MS);
  wait_seek (&f, FPS + 1);
  play_on (&f, 1, FALSE);
  end = player_get_end (&f.player);
  gst_play_seek (f.play, end);
  wait_seek_done (&f);
  play_on (&f, 1, FALSE);
  fail_unless (player_on_show (&f.player) * (gint64) FRAME > end - EDGE);
  teardown (&f);
}

GST_END_TEST;

/* How the next step ends, as the element tells; GstPlay reads the bus. */
static void
see_status (GstBus * bus, GstMessage * message, Fixture * f)
{
  const GstStructure *s = gst_message_get_structure (message);
  const gchar *code = gst_structure_get_string (s, "code");

  if (!gst_message_has_name (message, "dvr-status") ||
      !g_str_has_prefix (code, "NetStream.Step."))
    return;
  g_mutex_lock (&f->player.lock);
  f->steps++;
  f->stepped = g_str_has_suffix (code, "Notify");
  if (f->stepped)
    gst_structure_get_uint64 (s, "time", &f->step_time);
  g_mutex_unlock (&f->player.lock);
}

static void
watch_steps (Fixture * f)
{
  GstElement *pipeline = gst_play_get_pipeline (f->play);
  GstBus *bus = gst_element_get_bus (pipeline);

  gst_bus_enable_sync_message_emission (bus);
  g_signal_connect (bus, "sync-message::element", G_CALLBACK (see_status), f);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

static gboolean
has_stepped (Fixture * f)
{
  gboolean done;

  g_mutex_lock (&f->player.lock);
  done = f->steps > 0;
  g_mutex_unlock (&f->player.lock);
  return done;
}

/* Returns: the number of the frame that is shown then */
static gint64
step (Fixture * f, gint frames)
{
  gboolean begun = FALSE;

  f->steps = 0;
  g_signal_emit_by_name (f->player.src, "step", frames, &begun);
  fail_unless (begun);
  fail_unless_soon (has_stepped (f));
  fail_unless (f->stepped);
  fail_unless_equals_int64 (player_on_show (&f->player),
      f->step_time / (gint64) FRAME);
  return player_on_show (&f->player);
}

static void
wait_paused (Fixture * f)
{
  GstElement *pipeline = gst_play_get_pipeline (f->play);

  fail_unless_equals_int (gst_element_get_state (pipeline, NULL, NULL, TIMEOUT),
      GST_STATE_CHANGE_SUCCESS);
  gst_object_unref (pipeline);
}

/* As GStreamer steps: in the sink. */
static void
step_sink (Fixture * f, guint frames, gint64 shown)
{
  GstElement *pipeline = gst_play_get_pipeline (f->play);

  fail_unless (gst_element_send_event (pipeline,
          gst_event_new_step (GST_FORMAT_BUFFERS, frames, 1.0, TRUE, FALSE)));
  gst_object_unref (pipeline);
  wait_paused (f);
  fail_unless_equals_int64 (player_on_show (&f->player), shown);
}

/* How long so many frames take, in microseconds. */
static gint64
time_frames (Fixture * f, guint n)
{
  guint from = player_count_shown (&f->player);
  gint64 begun;

  fail_unless_soon (player_count_shown (&f->player) > from);
  begun = g_get_monotonic_time ();
  fail_unless_soon (player_count_shown (&f->player) > from + n);
  return g_get_monotonic_time () - begun;
}

/* A rate at once, without a flush: 40 frames take less than 20 did. A busy
 * machine may stand still in the midst of that; then it is tried again. */
static void
set_rate_at_once (Fixture * f)
{
  GstElement *pipeline = gst_play_get_pipeline (f->play);
  gint64 slow = 0, fast = 0;
  guint i;

  for (i = 0; i < N_TRIES && fast >= slow; i++) {
    if (i > 0) {
      gst_play_seek (f->play, 8 * SECOND);
      wait_seek (f, 8 * FPS);
    }
    gst_play_play (f->play);
    wait_state (f, GST_PLAY_STATE_PLAYING);
    slow = time_frames (f, 20);
    fail_unless (gst_element_seek (pipeline, 4.0, GST_FORMAT_TIME,
            GST_SEEK_FLAG_INSTANT_RATE_CHANGE, GST_SEEK_TYPE_NONE, 0,
            GST_SEEK_TYPE_NONE, 0));
    fast = time_frames (f, 40);
    gst_play_pause (f->play);
    wait_state (f, GST_PLAY_STATE_PAUSED);
  }
  fail_unless (fast < slow, "40 frames take %" G_GINT64_FORMAT
      " us, and 20 took %" G_GINT64_FORMAT, fast, slow);
  gst_object_unref (pipeline);
}

GST_START_TEST (test_steps_and_instant_rates)
{
  Fixture f = { {{NULL,},}, };
  gint64 shown;

  setup (&f, FALSE, "?start=5");
  watch_steps (&f);
  gst_play_pause (f.play);
  wait_state (&f, GST_PLAY_STATE_PAUSED);
  fail_unless_equals_int64 (step (&f, 1), 5 * FPS + 1);
  fail_unless_equals_int64 (step (&f, -3), 5 * FPS - 2);
  step_sink (&f, 1, 5 * FPS - 1);
  step_sink (&f, 3, 5 * FPS + 2);
  fail_unless_equals_int64 (step (&f, -2), 5 * FPS);
  /* while it plays, GstPlay is asked to pause */
  play_on (&f, 1, FALSE);
  gst_play_play (f.play);
  wait_state (&f, GST_PLAY_STATE_PLAYING);
  shown = step (&f, -1);
  fail_unless (shown > 5 * FPS + 5);
  fail_unless_equals_int64 (step (&f, 1), shown + 1);
  gst_play_seek (f.play, 8 * SECOND);
  wait_seek (&f, 8 * FPS);
  set_rate_at_once (&f);
  gst_play_seek (f.play, 6 * SECOND);
  wait_seek (&f, 6 * FPS);
  play_on (&f, 1, FALSE);
  teardown (&f);
}

GST_END_TEST;

static Suite *
gstplay_suite (void)
{
  Suite *s = suite_create ("gstplay");
  TCase *tc = tcase_create ("gstplay");

  suite_add_tcase (s, tc);
  if (!numbered_is_possible ())
    return s;
  tcase_add_test (tc, test_seeks_rates_and_steps);
  tcase_add_test (tc, test_pause_live_rewind_and_catch_up);
  tcase_add_test (tc, test_steps_and_instant_rates);
  return s;
}

GST_CHECK_MAIN (gstplay);
