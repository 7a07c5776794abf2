/* media.c: seeks and steps in what some encoders make
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "seekfixture.h"

#define N_FRAMES (12 * FPS)
#define GROUP (2 * FPS)
/* Frames of 30000/1001 a second, with times in whole milliseconds. */
#define NTSC_FRAME(i) (((i) * 1001 + 15) / 30 * MS)

typedef struct
{
  Numbered numbered;
  Seeker seeker;
  gint64 begin;                 /* when the first frame is shown */
} Fixture;

static void
setup (Fixture * f, const NumberedRun * run)
{
  gchar *location;

  numbered_record_run (&f->numbered, run);
  location = g_strdup_printf ("file://%s", f->numbered.directory);
  seeker_open (&f->seeker, location, "in-buffer-seek=true");
  f->begin = seeker_get (&f->seeker, 0).time;
  g_free (location);
}

static void
teardown (Fixture * f)
{
  seeker_close (&f->seeker);
  numbered_clear (&f->numbered);
}

/* Waits until the frame that a seek asked for is there. */
static void
settle (Fixture * f)
{
  fail_unless_equals_int (gst_element_get_state (f->seeker.pipeline, NULL,
          NULL, SEEKER_TIMEOUT), GST_STATE_CHANGE_SUCCESS);
}

static const gchar *
wait_for_step (Fixture * f)
{
  while (TRUE) {
    GstMessage *message = gst_bus_timed_pop_filtered (f->seeker.bus,
        SEEKER_TIMEOUT, GST_MESSAGE_ELEMENT);
    const gchar *code;

    fail_unless (message != NULL);
    code = g_intern_string (gst_structure_get_string
        (gst_message_get_structure (message), "code"));
    gst_message_unref (message);
    if (code && g_str_has_prefix (code, "NetStream.Step."))
      return code;
  }
}

static void
step (Fixture * f, gint frames, gint64 expected)
{
  gboolean begun = FALSE;

  g_signal_emit_by_name (f->seeker.cache, "step", frames, &begun);
  fail_unless (begun);
  fail_unless_equals_string (wait_for_step (f), "NetStream.Step.Notify");
  fail_unless_equals_int64 (seeker_get_shown (&f->seeker, 0), expected);
}

/* Frames that are shown before a keyframe come after it in an open group, and
 * are in the next segment. */
GST_START_TEST (test_steps_over_open_groups)
{
  NumberedRun run = {.n_frames = N_FRAMES,.scale = 1,.group = GROUP,.open = 4 };
  Fixture f;
  gint64 i;

  setup (&f, &run);
  seeker_seek (&f.seeker, 1.0, ACCURATE, f.begin + 110 * (gint64) FRAME, -1);
  settle (&f);
  for (i = 109; i >= 90; i--)
    step (&f, -1, i);
  for (i = 91; i <= 110; i++)
    step (&f, 1, i);
  step (&f, -17, 93);
  step (&f, 17, 110);
  teardown (&f);
}

GST_END_TEST;

/* Backwards, frames that refer to the group before are left out: they cannot be
 * decoded by then. All others come at their time: there is no hole. */
GST_START_TEST (test_open_groups_backwards)
{
  NumberedRun run = {.n_frames = N_FRAMES,.scale = 1,.group = GROUP,.open = 4 };
  SeekerShown from, shown;
  gint64 before = 190;
  Fixture f;
  guint i;

  setup (&f, &run);
  seeker_settle (&f.seeker, GST_STATE_PLAYING);
  seeker_seek (&f.seeker, -4.0, ACCURATE, 0, f.begin + before * (gint64) FRAME);
  seeker_wait_eos (&f.seeker);
  from = seeker_get (&f.seeker, 0);
  for (i = 0; i < seeker_count (&f.seeker); i++) {
    shown = seeker_get (&f.seeker, i);
    fail_unless (shown.number < before);
    fail_unless (shown.number == before - 1 || before % GROUP == 0);
    fail_unless_equals_int64 ((shown.running - from.running + MS) / (10 * MS),
        from.number - shown.number);
    before = shown.number;
  }
  fail_unless_equals_int64 (before, 0);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_steps_where_times_are_rounded)
{
  NumberedRun run = {.n_frames = N_FRAMES,.scale = 1,.group = GROUP,.ntsc = TRUE
  };
  Fixture f;
  gint64 i;

  setup (&f, &run);
  seeker_seek (&f.seeker, 1.0, ACCURATE, f.begin + NTSC_FRAME (120) +
      10 * MS, -1);
  settle (&f);
  for (i = 119; i >= 90; i--)
    step (&f, -1, i);
  for (i = 91; i <= 120; i++)
    step (&f, 1, i);
  teardown (&f);
}

GST_END_TEST;

/* The sound is there before pictures that come out of order. */
GST_START_TEST (test_all_is_shown_before_a_stop_position)
{
  NumberedRun run = {.n_frames = N_FRAMES,.scale = 1,.group = GROUP };
  Fixture f;
  guint i;

  setup (&f, &run);
  seeker_settle (&f.seeker, GST_STATE_PLAYING);
  for (i = 60; i < 60 + GROUP; i += 3) {
    gint64 start = f.begin + i * (gint64) FRAME;

    seeker_seek (&f.seeker, 1.0, ACCURATE, start, start + 9 * FRAME);
    seeker_wait_eos (&f.seeker);
    fail_unless_equals_int (seeker_count (&f.seeker), 9);
    fail_unless_equals_int (seeker_get (&f.seeker, 8).number, i + 8);
  }
  teardown (&f);
}

GST_END_TEST;

static GstPadProbeReturn
count_key (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (!GST_BUFFER_FLAG_IS_SET (info->data, GST_BUFFER_FLAG_DELTA_UNIT)
      && GST_BUFFER_PTS (info->data) > 3 * GST_SECOND)
    g_atomic_int_inc ((gint *) user_data);
  return GST_PAD_PROBE_OK;
}

/* Those near it are not told to be keyframes. */
GST_START_TEST (test_keyframes_are_told_far_from_a_stop_position)
{
  NumberedRun run = {.n_frames = N_FRAMES,.scale = 1,.group = GROUP };
  GstElement *queue;
  Fixture f;
  GstPad *pad;
  gint n = 0;

  setup (&f, &run);
  queue = gst_bin_get_by_name (GST_BIN (f.seeker.pipeline), "vq");
  pad = gst_element_get_static_pad (queue, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_key, &n, NULL);
  seeker_seek (&f.seeker, 8.0, ACCURATE, f.begin, f.begin + 11 * GST_SECOND);
  seeker_settle (&f.seeker, GST_STATE_PLAYING);
  seeker_wait_eos (&f.seeker);
  /* at 4, 6, 8 and 10 seconds */
  fail_unless_equals_int (g_atomic_int_get (&n), 4);
  gst_object_unref (pad);
  gst_object_unref (queue);
  teardown (&f);
}

GST_END_TEST;

static Suite *
media_suite (void)
{
  Suite *s = suite_create ("media");
  TCase *tc = tcase_create ("media");

  suite_add_tcase (s, tc);
  if (!numbered_is_possible ())
    return s;
  tcase_add_test (tc, test_steps_over_open_groups);
  tcase_add_test (tc, test_open_groups_backwards);
  tcase_add_test (tc, test_all_is_shown_before_a_stop_position);
  tcase_add_test (tc, test_keyframes_are_told_far_from_a_stop_position);
  tcase_add_test (tc, test_steps_where_times_are_rounded);
  return s;
}

GST_CHECK_MAIN (media);
