/* segmentcache_slow.c: seeks while segments take their time to come
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "dvrplayer.h"

#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)
#define KEY_UNIT (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT)
#define F(seconds) ((seconds) * FPS)
#define MS (gint64) GST_MSECOND
#define N_SEGMENTS 20
/* Of the segment that holds a time. */
#define NUMBER_OF(seconds) (FIRST_NUMBER + ((seconds) - FIRST_TIME) / 2)

/* Nothing comes but what a test feeds. */
static void
setup_listed (DvrPlayer * p, guint64 late)
{
  guint i;

  dvr_player_setup (p, 0, GST_DVR_TIMELINE_ENDED, "in-buffer-seek", TRUE, NULL);
  p->tell_keys = p->tell_all_keys = TRUE;
  p->hold_from = 0;
  p->listed_late = late;
  gst_dvr_timeline_begin (p->timeline);
  for (i = 0; i < N_SEGMENTS; i++)
    dvr_player_add (p, FIRST_NUMBER + i, FIRST_TIME + 2 * i);
  gst_dvr_timeline_commit (p->timeline);
  dvr_player_play (p);
  dvr_player_wait_questions (p, 1);
  p->bytes_alone = TRUE;
}

static void
setup (DvrPlayer * p)
{
  setup_listed (p, 0);
}

static void
seek_to (DvrPlayer * p, GstSeekFlags flags, gint64 time)
{
  fail_unless (dvr_player_seek (p, 1.0, flags, GST_SEEK_TYPE_SET, time,
          GST_SEEK_TYPE_NONE, -1));
  gst_event_unref (dvr_player_event (p, GST_EVENT_FLUSH_STOP));
}

/* Lands on @frame, with no more than so many parts of its segment. */
static void
land (DvrPlayer * p, GstSeekFlags flags, gint64 time, guint n_parts,
    guint32 frame)
{
  seek_to (p, flags, time);
  dvr_player_feed (p, NUMBER_OF ((guint) (frame / FPS)), n_parts);
  fail_unless (dvr_player_frames (p, frame, 7));
  fail_unless_equals_uint64 (p->segment.start, TIME_OF (frame));
}

GST_START_TEST (test_its_keyframe_is_all_a_seek_waits_for)
{
  DvrPlayer p;

  setup (&p);
  land (&p, KEY_UNIT, 110 * GST_SECOND + 900 * MS, 1, F (110));
  land (&p, KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE,
      114 * GST_SECOND + 900 * MS, 1, F (114));
  land (&p, KEY_UNIT | GST_SEEK_FLAG_SNAP_NEAREST,
      118 * GST_SECOND + 400 * MS, 1, F (118));
  /* the second one of a segment */
  land (&p, KEY_UNIT, 123 * GST_SECOND + 900 * MS, 5, F (123));
  land (&p, KEY_UNIT | GST_SEEK_FLAG_SNAP_NEAREST,
      126 * GST_SECOND + 600 * MS, 5, F (127));
  land (&p, KEY_UNIT | GST_SEEK_FLAG_SNAP_AFTER,
      130 * GST_SECOND + 100 * MS, 5, F (131));
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Lists may take a segment for one that begins later than its keyframe. */
GST_START_TEST (test_the_keyframe_after_is_the_first_of_what_follows)
{
  DvrPlayer p;

  setup_listed (&p, NUMBER_OF (112));
  land (&p, KEY_UNIT | GST_SEEK_FLAG_SNAP_AFTER,
      111 * GST_SECOND + 500 * MS, 1, F (112));
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* What comes before the target is decoded while the rest is on its way. */
GST_START_TEST (test_so_does_an_exact_one)
{
  DvrPlayer p;

  setup (&p);
  p.room = G_MAXUINT;
  seek_to (&p, ACCURATE, 110 * GST_SECOND + 900 * MS);
  dvr_player_feed (&p, NUMBER_OF (110), 1);
  fail_unless (dvr_player_frames (&p, F (110), 1));
  fail_unless_equals_uint64 (p.segment.start, 110 * GST_SECOND + 900 * MS);
  /* and goes on, part by part */
  dvr_player_feed (&p, NUMBER_OF (110), 2);
  dvr_player_skip_until (&p, F (110) + 9);
  dvr_player_feed (&p, NUMBER_OF (110), 8);
  dvr_player_skip_until (&p, F (111) + 24);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_what_is_played_comes_before_what_follows)
{
  guint questions;
  DvrPlayer p;

  setup (&p);
  p.room = G_MAXUINT;
  questions = dvr_player_questions (&p);
  seek_to (&p, KEY_UNIT, 110 * GST_SECOND);
  dvr_player_feed (&p, NUMBER_OF (110), 1);
  fail_unless (dvr_player_frames (&p, F (110), 7));
  dvr_player_feed (&p, NUMBER_OF (110), 8);
  fail_unless (!dvr_player_frames (&p, F (110) + 7, 43));
  fail_unless_equals_int (dvr_player_questions (&p), questions + 1);
  /* now it is whole */
  dvr_player_release (&p);
  dvr_player_wait_questions (&p, questions + 2);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_what_is_left_behind_need_not_come)
{
  guint questions;
  DvrPlayer p;

  setup (&p);
  seek_to (&p, KEY_UNIT, 110 * GST_SECOND);
  dvr_player_feed (&p, NUMBER_OF (110), 1);
  seek_to (&p, KEY_UNIT, 120 * GST_SECOND);
  dvr_player_wait_given_up (&p, NUMBER_OF (110));
  dvr_player_feed (&p, NUMBER_OF (120), 1);
  fail_unless (dvr_player_frames (&p, F (120), 7));
  /* what it goes to must come, though that is not in the buffer yet */
  questions = dvr_player_questions (&p);
  seek_to (&p, KEY_UNIT, 121 * GST_SECOND);
  dvr_player_feed (&p, NUMBER_OF (120), 5);
  fail_unless (dvr_player_frames (&p, F (121), 7));
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  /* what was given up is asked for anew */
  seek_to (&p, KEY_UNIT, 110 * GST_SECOND);
  dvr_player_wait_questions (&p, questions + 1);
  dvr_player_feed (&p, NUMBER_OF (110), 1);
  fail_unless (dvr_player_frames (&p, F (110), 7));
  dvr_player_teardown (&p);
}

GST_END_TEST;

static Suite *
segmentcache_slow_suite (void)
{
  Suite *s = suite_create ("segmentcache_slow");
  TCase *tc = tcase_create ("slow");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_its_keyframe_is_all_a_seek_waits_for);
  tcase_add_test (tc, test_the_keyframe_after_is_the_first_of_what_follows);
  tcase_add_test (tc, test_so_does_an_exact_one);
  tcase_add_test (tc, test_what_is_played_comes_before_what_follows);
  tcase_add_test (tc, test_what_is_left_behind_need_not_come);
  return s;
}

GST_CHECK_MAIN (segmentcache_slow);
