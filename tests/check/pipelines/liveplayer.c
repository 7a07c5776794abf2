/* liveplayer.c: a live stream in players, with its past
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "checkutil.h"
#include "playerfixture.h"

#define MS (gint64) GST_MSECOND
#define SECOND (gint64) GST_SECOND
/* How near the live edge a player gets: a part, and what decoders hold. */
#define EDGE (1500 * MS)

/* Plays until @n frames were shown, each @by after the one before. */
static void
play_on (Player * f, gint by, guint n)
{
  guint i;

  g_mutex_lock (&f->lock);
  g_array_set_size (f->shown, 0);
  g_mutex_unlock (&f->lock);
  player_settle (f, GST_STATE_PLAYING);
  fail_unless_soon (player_count_shown (f) >= n);
  player_settle (f, GST_STATE_PAUSED);
  for (i = 1; i < n; i++)
    fail_unless_equals_int64 (g_array_index (f->shown, gint64, i),
        g_array_index (f->shown, gint64, i - 1) + by);
}

GST_START_TEST (test_pause_rewind_and_catch_up)
{
  Player f;
  gint64 paused, end;

  player_record (&f, G_MAXUINT16, TRUE);
  player_make (&f, __i__, "");
  player_settle (&f, GST_STATE_PAUSED);
  /* live goes on, what is on show does not */
  paused = player_on_show (&f);
  player_wait_for_end (&f, 5 * SECOND);
  fail_unless_equals_int64 (player_on_show (&f), paused);
  play_on (&f, 1, 10);
  /* rewind */
  player_seek (&f, 1.0, ACCURATE, 1 * SECOND + 40 * MS, -1);
  fail_unless_equals_int64 (player_on_show (&f), FPS + 1);
  play_on (&f, 1, 10);
  /* backwards, and faster */
  player_seek (&f, -1.0, ACCURATE, 0, 3 * SECOND);
  fail_unless_equals_int64 (player_on_show (&f), 3 * FPS - 1);
  play_on (&f, -1, 10);
  player_seek (&f, 2.0, ACCURATE, 1 * SECOND, -1);
  fail_unless_equals_int64 (player_on_show (&f), FPS);
  play_on (&f, 1, 10);
  /* by frames */
  player_seek (&f, 1.0, ACCURATE, 2 * SECOND, -1);
  player_step (&f, -1, 2 * FPS - 1);
  player_step (&f, 2, 2 * FPS + 1);
  /* catch up */
  end = player_get_end (&f);
  fail_unless (gst_element_seek (f.player, 1.0, GST_FORMAT_TIME, ACCURATE,
          GST_SEEK_TYPE_END, 0, GST_SEEK_TYPE_NONE, -1));
  play_on (&f, 1, 10);
  fail_unless (player_on_show (&f) * (gint64) FRAME > end - EDGE);
  player_teardown (&f);
}

GST_END_TEST;

static Suite *
liveplayer_suite (void)
{
  Suite *s = suite_create ("liveplayer");
  TCase *tc = tcase_create ("liveplayer");

  suite_add_tcase (s, tc);
  if (!numbered_is_possible ())
    return s;
  tcase_add_loop_test (tc, test_pause_rewind_and_catch_up, 0, PLAYER_N_KINDS);
  return s;
}

GST_CHECK_MAIN (liveplayer);
