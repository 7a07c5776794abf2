/* gstplay.c: dvr:// by GStreamer's play library
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/play/play.h>

#include "playerfixture.h"

#define N_FRAMES (20 * FPS)
#define MS (gint64) GST_MSECOND
#define SECOND (gint64) GST_SECOND
#define TIMEOUT (10 * GST_SECOND)
#define EDGE (1500 * MS)

typedef struct
{
  Player player;
  GstPlay *play;
  GstBus *bus;                  /* of GstPlay's own messages */
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
  gint64 until = g_get_monotonic_time () + TIMEOUT / GST_USECOND;
  GArray *shown = f->player.shown;
  guint i, len;

  clear_shown (f);
  gst_play_play (f->play);
  wait_state (f, GST_PLAY_STATE_PLAYING);
  do {
    fail_unless (g_get_monotonic_time () < until);
    g_thread_yield ();
    g_mutex_lock (&f->player.lock);
    len = shown->len;
    g_mutex_unlock (&f->player.lock);
  } while (len < 10);
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
  gint64 until = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND, end;

  setup (&f, TRUE, "");
  gst_play_pause (f.play);
  wait_state (&f, GST_PLAY_STATE_PAUSED);
  while (player_get_end (&f.player) < 5 * SECOND) {
    fail_unless (g_get_monotonic_time () < until);
    g_thread_yield ();
  }
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
  return s;
}

GST_CHECK_MAIN (gstplay);
