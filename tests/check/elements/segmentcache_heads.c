/* segmentcache_heads.c: keyframes only, and how little is asked for them
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "dvrplayermedia.h"

#define KEYS (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS)
#define F(seconds) ((seconds) * FPS)
#define N_SEGMENTS 40
#define END (FIRST_TIME + 2 * N_SEGMENTS)

static void
play_keys (DvrPlayer * p, gdouble rate, GstSeekFlags flags, guint from,
    guint to)
{
  fail_unless (dvr_player_seek (p, rate, KEYS | flags, GST_SEEK_TYPE_SET,
          from * GST_SECOND, GST_SEEK_TYPE_SET, to * GST_SECOND));
  dvr_player_flushed (p);
}

static void
setup_keys (DvrPlayer * p, guint key_bytes, gboolean tell_keys,
    gboolean all_keys)
{
  guint i;

  dvr_player_setup (p, 1, GST_DVR_TIMELINE_ENDED, NULL);
  p->key_bytes = key_bytes;
  p->tell_keys = tell_keys;
  p->tell_all_keys = all_keys;
  gst_dvr_timeline_begin (p->timeline);
  for (i = 1; i < N_SEGMENTS; i++)
    dvr_player_add (p, FIRST_NUMBER + i, FIRST_TIME + 2 * i);
  gst_dvr_timeline_commit (p->timeline);
  p->room = 1;
  dvr_player_play (p);
  dvr_player_frames (p, F (FIRST_TIME), 7);
}

static void
setup (DvrPlayer * p, guint key_bytes, gboolean tell_keys)
{
  setup_keys (p, key_bytes, tell_keys, FALSE);
}

GST_START_TEST (test_no_whole_segment_is_asked_for)
{
  guint questions, i;
  guint64 bytes;
  DvrPlayer p;

  setup (&p, 10000, TRUE);
  dvr_player_wait_full (&p);
  /* the one that is played, and the next */
  questions = dvr_player_wait_questions (&p, 2);
  play_keys (&p, 32.0, 0, 110, END);
  /* 2.56 s are the least that is between two */
  for (i = 110; i < END; i += 4)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  dvr_player_eos (&p);
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  fail_unless_equals_int (dvr_player_ranges (&p, &bytes), (END - 110 + 3) / 4);
  fail_unless (bytes < (END - 110 + 3) / 4 * 10500, "%" G_GUINT64_FORMAT,
      bytes);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_nor_backwards)
{
  guint questions, i, n = 0;
  guint64 bytes;
  DvrPlayer p;

  setup (&p, 10000, TRUE);
  dvr_player_wait_full (&p);
  /* the one that is played, and the next */
  questions = dvr_player_wait_questions (&p, 2);
  play_keys (&p, -32.0, 0, 110, 171);
  for (i = 170; i >= 110; i -= 4, n++)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  dvr_player_eos (&p);
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  /* a few were asked for ahead, beyond what is played */
  fail_unless (dvr_player_ranges (&p, &bytes) <= n + 4);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* The first one may be short by as much as the guess was; then it is known how
 * large keyframes are. */
GST_START_TEST (test_size_is_learned)
{
  guint questions, i, n = 0;
  guint64 bytes;
  DvrPlayer p;

  setup (&p, 100 * 1024, FALSE);
  dvr_player_wait_full (&p);
  /* the one that is played, and the next */
  questions = dvr_player_wait_questions (&p, 2);
  play_keys (&p, 32.0, 0, 100, END);
  for (i = 100; i < END; i += 4, n++)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  dvr_player_eos (&p);
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  /* those that were asked for with the first guess are asked for twice */
  i = dvr_player_ranges (&p, &bytes);
  fail_unless (i <= n + 5, "%u requests for %u keyframes", i, n);
  fail_unless (bytes <= n * 128 * 1024, "%" G_GUINT64_FORMAT, bytes);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Slower, keyframes within segments are shown, too, unless there are none. */
GST_START_TEST (test_one_keyframe_in_a_segment)
{
  guint questions, i;
  guint64 bytes;
  DvrPlayer p;

  dvr_player_setup (&p, 20, GST_DVR_TIMELINE_ENDED, NULL);
  p.key_distance = 2 * GROUP;
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  play_keys (&p, 4.0, 0, 110, 140);
  for (i = 110; i < 120; i += 2)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  play_keys (&p, 4.0, 0, 120, 140);
  fail_unless (dvr_player_frames (&p, F (120), 1));
  questions = dvr_player_questions (&p);
  for (i = 122; i < 140; i += 2)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  dvr_player_eos (&p);
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  fail_unless (dvr_player_ranges (&p, &bytes) > 0);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_snapping_picks_the_segment_before_or_after)
{
  DvrPlayer p;

  setup (&p, 1000, TRUE);
  play_keys (&p, 32.0, GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_AFTER, 111,
      END);
  fail_unless (dvr_player_frames (&p, F (112), 1));
  fail_unless_equals_uint64 (p.segment.start, 112 * GST_SECOND);
  play_keys (&p, 32.0, GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE, 111,
      END);
  fail_unless (dvr_player_frames (&p, F (110), 1));
  fail_unless_equals_uint64 (p.segment.start, 110 * GST_SECOND);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* What was asked for twice came of two sources: nothing is put together. */
GST_START_TEST (test_other_bytes_are_not_joined)
{
  guint questions;
  DvrPlayer p;

  setup (&p, 100 * 1024, FALSE);
  dvr_player_wait_full (&p);
  /* the one that is played, and the next */
  questions = dvr_player_wait_questions (&p, 2);
  p.change_source = TRUE;
  play_keys (&p, 32.0, 0, 110, END);
  fail_unless (dvr_player_frames (&p, F (110), 1));
  fail_unless (dvr_player_questions (&p) > questions);
  dvr_player_teardown (&p);
}

GST_END_TEST;

GST_START_TEST (test_range_is_asked_for_again)
{
  guint questions;
  DvrPlayer p;

  setup (&p, 1000, TRUE);
  dvr_player_wait_full (&p);
  /* the one that is played, and the next */
  questions = dvr_player_wait_questions (&p, 2);
  p.refuse_ranges = 2;
  play_keys (&p, 32.0, 0, 110, END);
  fail_unless (dvr_player_frames (&p, F (110), 1));
  fail_unless (dvr_player_frames (&p, F (114), 1));
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Where no range can be had, whole segments are, with all their keyframes. */
GST_START_TEST (test_where_upstream_has_no_ranges_segments_do)
{
  DvrPlayer p;

  setup (&p, 1000, TRUE);
  p.refuse_ranges = G_MAXUINT;
  play_keys (&p, 32.0, 0, 110, END);
  fail_unless (dvr_player_frames (&p, F (110), 1));
  fail_unless (dvr_player_frames (&p, F (113), 1));
  fail_unless (dvr_player_frames (&p, F (116), 1));
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* What is here in whole is played from there. */
GST_START_TEST (test_held_segments_are_played)
{
  guint questions;
  guint64 bytes;
  DvrPlayer p;

  dvr_player_setup (&p, 20, GST_DVR_TIMELINE_ENDED, "in-buffer-seek", TRUE,
      NULL);
  p.tell_keys = TRUE;
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 8 * GROUP);
  dvr_player_wait_full (&p);
  questions = dvr_player_wait_questions (&p, 6);
  play_keys (&p, 32.0, 0, 100, 108);
  fail_unless (dvr_player_frames (&p, F (100), 1));
  fail_unless (dvr_player_frames (&p, F (103), 1));
  fail_unless (dvr_player_frames (&p, F (106), 1));
  dvr_player_eos (&p);
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  fail_unless_equals_int (dvr_player_ranges (&p, &bytes), 0);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Over gaps and to another init section. */
GST_START_TEST (test_across_a_hole_and_another_init)
{
  guint64 number = FIRST_NUMBER + 10;
  DvrPlayer p;
  guint i;

  dvr_player_setup (&p, 10, GST_DVR_TIMELINE_ENDED, NULL);
  p.second_init = number;
  gst_dvr_timeline_begin (p.timeline);
  for (i = 0; i < 10; i++)
    dvr_player_add (&p, number + i, FIRST_TIME + 60 + 2 * i);
  gst_dvr_timeline_commit (p.timeline);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  play_keys (&p, 32.0, 0, 112, 180);
  fail_unless (dvr_player_frames (&p, F (112), 1));
  fail_unless (dvr_player_frames (&p, F (116), 1));
  p.n_inits = 0;
  for (i = 160; i < 180; i += 4)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  fail_unless_equals_int (p.n_inits, 1);
  dvr_player_eos (&p);
  /* from within a segment */
  play_keys (&p, 4.0, 0, 117, 164);
  for (i = 117; i < 164; i = i == 119 ? 160 : i + 1)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  dvr_player_eos (&p);
  play_keys (&p, -32.0, 0, 102, 164);
  fail_unless (dvr_player_frames (&p, F (162), 1));
  for (i = 118; i >= 102; i -= 4)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  dvr_player_eos (&p);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Where the timeline tells of all keyframes, each is asked for by itself. */
GST_START_TEST (test_keyframes_within_segments)
{
  guint questions, i;
  guint64 bytes;
  DvrPlayer p;

  setup_keys (&p, 2000, TRUE, TRUE);
  dvr_player_wait_full (&p);
  questions = dvr_player_wait_questions (&p, 2);
  /* all of them */
  play_keys (&p, 2.0, 0, 111, 140);
  for (i = 111; i < 140; i++)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  dvr_player_eos (&p);
  i = dvr_player_ranges (&p, &bytes);
  fail_unless (i >= 29 && i <= 29 + 4, "%u", i);
  fail_unless (bytes < i * 2500, "%" G_GUINT64_FORMAT, bytes);
  /* 1.28 s are the least that is between two */
  play_keys (&p, 16.0, 0, 141, 160);
  for (i = 141; i < 160; i += 2)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  dvr_player_eos (&p);
  play_keys (&p, -4.0, 0, 140, 161);
  for (i = 160; i >= 140; i--)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  dvr_player_eos (&p);
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  dvr_player_teardown (&p);
}

GST_END_TEST;

static void
land (DvrPlayer * p, gdouble rate, GstSeekFlags flags, guint ms, guint frame)
{
  fail_unless (dvr_player_seek (p, rate, GST_SEEK_FLAG_FLUSH | flags,
          GST_SEEK_TYPE_SET, ms * GST_MSECOND, GST_SEEK_TYPE_NONE, 0));
  dvr_player_flushed (p);
  fail_unless_equals_uint64 (p->segment.start, TIME_OF (frame));
  fail_unless (dvr_player_frames (p, frame, 1));
}

GST_START_TEST (test_snapping_within_segments)
{
  GstSeekFlags snap = KEYS | GST_SEEK_FLAG_KEY_UNIT;
  DvrPlayer p;

  setup_keys (&p, 1000, TRUE, TRUE);
  land (&p, 4.0, KEYS, 111500, F (111));
  land (&p, 4.0, snap | GST_SEEK_FLAG_SNAP_BEFORE, 111500, F (111));
  land (&p, 4.0, snap | GST_SEEK_FLAG_SNAP_BEFORE, 111000, F (111));
  land (&p, 4.0, snap | GST_SEEK_FLAG_SNAP_AFTER, 110500, F (111));
  land (&p, 4.0, snap | GST_SEEK_FLAG_SNAP_AFTER, 111000, F (111));
  land (&p, 4.0, snap | GST_SEEK_FLAG_SNAP_AFTER, 111500, F (112));
  land (&p, 4.0, snap | GST_SEEK_FLAG_SNAP_NEAREST, 110400, F (110));
  land (&p, 4.0, snap | GST_SEEK_FLAG_SNAP_NEAREST, 110600, F (111));
  land (&p, 4.0, snap | GST_SEEK_FLAG_SNAP_NEAREST, 111400, F (111));
  land (&p, 4.0, snap | GST_SEEK_FLAG_SNAP_NEAREST, 111600, F (112));
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Not of key-unit play: what it does not land in is not asked for. */
GST_START_TEST (test_a_snap_into_the_next_segment)
{
  guint questions;
  DvrPlayer p;

  setup_keys (&p, 1000, TRUE, TRUE);
  dvr_player_wait_full (&p);
  questions = dvr_player_wait_questions (&p, 2);
  land (&p, 1.0, GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_AFTER, 111500,
      F (112));
  dvr_player_wait_full (&p);
  fail_unless_equals_int (dvr_player_wait_questions (&p, questions + 2),
      questions + 2);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* Who drags a slider while it is paused gets what is shown, and no more. */
GST_START_TEST (test_no_more_than_is_shown_while_paused)
{
  guint questions, i;
  guint64 bytes;
  DvrPlayer p;

  setup_keys (&p, 1000, TRUE, TRUE);
  dvr_player_wait_full (&p);
  questions = dvr_player_wait_questions (&p, 2);
  gst_element_set_state (p.element, GST_STATE_PAUSED);
  p.room = G_MAXUINT;
  for (i = 0; i < 10; i++)
    land (&p, 1.0, KEYS | GST_SEEK_FLAG_KEY_UNIT, 110000 + i * 3000,
        F (110 + i * 3));
  fail_unless_equals_int (dvr_player_ranges (&p, &bytes), 10);
  /* and goes on where it is */
  gst_element_set_state (p.element, GST_STATE_PLAYING);
  for (i = 138; i < 150; i++)
    fail_unless (dvr_player_frames (&p, F (i), 1));
  fail_unless_equals_int (dvr_player_questions (&p), questions);
  dvr_player_teardown (&p);
}

GST_END_TEST;

/* A segment whose list tells of more keyframes than it has, at other times. */
static void
add_misleading (DvrPlayer * p, guint64 number, guint seconds)
{
  static const guint times[] = { 0, 400, 900, 1050, 1450, 1700 };
  static const guint groups[] = { 0, 0, 1, 0, 1, 0 };
  GstDvrEntry entry = {.number = number,.recording = RECORDING,
    .start = seconds * GST_SECOND,.duration = SEGMENT_TIME,
    .wall_time = GST_DVR_WALL_TIME_NONE
  };
  GstDvrKeyframe frames[G_N_ELEMENTS (times)], both[2];
  guint i;

  dvr_player_tell_key (p, &entry);
  dvr_player_tell_others (p, &entry, both);
  for (i = 0; i < G_N_ELEMENTS (times); i++) {
    frames[i] = both[groups[i]];
    frames[i].time = times[i];
  }
  entry.n_keyframes = G_N_ELEMENTS (times);
  fail_unless (gst_dvr_timeline_close_keyed (p->timeline, &entry, frames));
}

/* What is asked for ahead is then not what is played next, and piles up; what is
 * played is not what has to go for that. */
GST_START_TEST (test_keyframes_at_other_times_than_told)
{
  DvrPlayer p;
  guint i;

  dvr_player_setup (&p, 0, GST_DVR_TIMELINE_OPEN, NULL);
  for (i = 0; i < 20; i++)
    add_misleading (&p, FIRST_NUMBER + i, FIRST_TIME + 2 * i);
  gst_dvr_timeline_set_state (p.timeline, GST_DVR_TIMELINE_ENDED, 0);
  dvr_player_play (&p);
  dvr_player_skip_until (&p, F (100));
  play_keys (&p, 16.0, 0, 100, 140);
  for (i = 100; i < 105; i++)
    dvr_player_frames (&p, F (i), 1);
  dvr_player_teardown (&p);
}

GST_END_TEST;

static Suite *
segmentcache_heads_suite (void)
{
  Suite *s = suite_create ("segmentcache_heads");
  TCase *tc = tcase_create ("heads");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_no_whole_segment_is_asked_for);
  tcase_add_test (tc, test_nor_backwards);
  tcase_add_test (tc, test_size_is_learned);
  tcase_add_test (tc, test_one_keyframe_in_a_segment);
  tcase_add_test (tc, test_snapping_picks_the_segment_before_or_after);
  tcase_add_test (tc, test_other_bytes_are_not_joined);
  tcase_add_test (tc, test_range_is_asked_for_again);
  tcase_add_test (tc, test_where_upstream_has_no_ranges_segments_do);
  tcase_add_test (tc, test_held_segments_are_played);
  tcase_add_test (tc, test_across_a_hole_and_another_init);
  tcase_add_test (tc, test_keyframes_within_segments);
  tcase_add_test (tc, test_snapping_within_segments);
  tcase_add_test (tc, test_a_snap_into_the_next_segment);
  tcase_add_test (tc, test_no_more_than_is_shown_while_paused);
  tcase_add_test (tc, test_keyframes_at_other_times_than_told);
  return s;
}

GST_CHECK_MAIN (segmentcache_heads);
