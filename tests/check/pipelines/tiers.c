/* tiers.c: every kind of seek on a live stream, three tiers down
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <stdlib.h>

#include "checkutil.h"
#include "tiersfixture.h"

/* At the live edge frames are on their way. */
#define EDGE (1500 * MS)
#define BEFORE GST_SEEK_FLAG_SNAP_BEFORE
#define AFTER GST_SEEK_FLAG_SNAP_AFTER
#define NEAREST GST_SEEK_FLAG_SNAP_NEAREST
#define IN_BUFFER "start=0 in-buffer-seek=true"
#define OUTSIDE "start=0 in-buffer-seek=false max-memory=0"
/* A first frame is shown without delay: one lasts this long at most. */
#define SOON (100 * MS)
/* Of what is timed. */
#define N_TRIES 20
/* 20 frames at the normal rate take 800 ms, and at four times that 200 ms;
 * microseconds. */
#define SLOW (400 * 1000)

typedef struct
{
  Tiers tiers;
  Seeker seeker;
} Fixture;

/* All that the tests go to is there. */
static void
open_player (Fixture * f, const gchar * properties)
{
  gchar *edge = tiers_get_edge (&f->tiers);

  seeker_open (&f->seeker, edge, properties);
  g_free (edge);
  seeker_wait_for_end (&f->seeker, f->tiers.runs[2].start + 1200 * MS);
}

/* Each picture was shown with its time. The first one may be clipped. */
static void
check_times (Fixture * f)
{
  guint i, n = seeker_count (&f->seeker);

  for (i = 0; i < n; i++) {
    SeekerShown shown = seeker_get (&f->seeker, i);
    gint64 time;

    fail_unless (shown.number >= 0, "no number can be read");
    time = tiers_time_of (&f->tiers, shown.number);
    if (i == 0 && shown.time > time)
      time += MIN (shown.time - time, (gint64) FRAME - 1);
    fail_unless (ABS (shown.time - time) < 2 * MS, "%" G_GINT64_FORMAT " at %"
        GST_TIME_FORMAT " instead of %" GST_TIME_FORMAT, shown.number,
        GST_TIME_ARGS (shown.time), GST_TIME_ARGS (time));
  }
}

static SeekerShown
expect_number (Fixture * f, gint64 number, const gchar * what, gint64 time)
{
  SeekerShown shown = seeker_get (&f->seeker, 0);

  check_times (f);
  fail_unless (shown.number == number, "%s %" GST_TIME_FORMAT ": %"
      G_GINT64_FORMAT " is shown instead of %" G_GINT64_FORMAT, what,
      GST_TIME_ARGS (time), shown.number, number);
  return shown;
}

/* The first frame shown, and that it is not waited for. */
static void
expect_first (Fixture * f, gint64 number, const gchar * what, gint64 time)
{
  SeekerShown shown = expect_number (f, number, what, time);

  fail_unless (shown.running < SOON, "%s %" GST_TIME_FORMAT ": %"
      G_GINT64_FORMAT " is shown after %" GST_TIME_FORMAT, what,
      GST_TIME_ARGS (time), shown.number, GST_TIME_ARGS (shown.running));
}

/* Goes to @time, to its end backwards. Where a seek overtakes the one before while
 * that begins to play, as on a busy machine, it may take the time of that for its
 * own, and is shown as much later: but not each time. */
static void
seek_first (Fixture * f, gdouble rate, GstSeekFlags flags, gint64 time,
    gint64 number, const gchar * what)
{
  SeekerShown shown = { 0, 0, SOON };
  guint i;

  for (i = 0; i < N_TRIES && shown.running >= SOON; i++) {
    seeker_seek (&f->seeker, rate, flags, rate > 0 ? time : 0,
        rate > 0 ? -1 : time);
    shown = expect_number (f, number, what, time);
  }
  fail_unless (shown.running < SOON, "%s %" GST_TIME_FORMAT ": %"
      G_GINT64_FORMAT " is shown after %" GST_TIME_FORMAT, what,
      GST_TIME_ARGS (time), shown.number, GST_TIME_ARGS (shown.running));
}

/* @n frames, each the next one, or backwards the one before. */
static void
expect_on (Fixture * f, gint64 number, gboolean backward, guint n)
{
  guint i;

  for (i = 0; i < n; i++) {
    SeekerShown shown = seeker_get (&f->seeker, i);

    fail_unless (shown.number == number, "%u. is %" G_GINT64_FORMAT
        " instead of %" G_GINT64_FORMAT, i, shown.number, number);
    number = backward ? tiers_previous (&f->tiers, number) :
        tiers_next (&f->tiers, number);
  }
  check_times (f);
}

/* Places worth a try: within runs, at their edges, where they meet, and in the
 * hole. */
static GArray *
get_places (Fixture * f)
{
  const TiersRun *runs = f->tiers.runs;
  gint64 length = TIERS_LENGTH * (gint64) FRAME;
  gint64 places[] = { 0, 30 * MS, 1000 * MS, length - 10 * MS,
    runs[1].start, runs[1].start + 20 * MS, runs[1].start + 1230 * MS,
    runs[1].start + length - 40 * MS, runs[1].start + length + 500 * MS,
    runs[2].start - 300 * MS, runs[2].start + 1 * MS, runs[2].start + 930 * MS
  };
  GArray *array = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_array_append_vals (array, places, G_N_ELEMENTS (places));
  return array;
}

static void
check_places (Fixture * f)
{
  GArray *places = get_places (f);
  Tiers *t = &f->tiers;
  guint i;

  for (i = 0; i < places->len; i++) {
    gint64 time = g_array_index (places, gint64, i);
    gint64 number = tiers_frame_at (t, time);

    seek_first (f, 1.0, ACCURATE, time, number, "accurate");
    seek_first (f, 1.0, KEY_UNIT, time, tiers_key_before (number), "key unit");
    seek_first (f, 1.0, GST_SEEK_FLAG_FLUSH, time, number, "plain");
    if (time == 0)
      continue;
    seek_first (f, -1.0, ACCURATE, time, tiers_frame_before (t, time),
        "backwards");
    seeker_seek (&f->seeker, -2.0, KEYS, 0, time);
    expect_number (f, tiers_key_before (tiers_frame_before (t, time)),
        "keyframes backwards", time);
  }
  g_array_unref (places);
}

static void
check_snapping (Fixture * f)
{
  gint64 base = f->tiers.runs[1].start, time = base + 1240 * MS;
  gint64 key = TIERS_FIRST (1) + 3 * TIERS_GROUP;

  seeker_seek (&f->seeker, 1.0, KEY_UNIT | BEFORE, time, -1);
  expect_first (f, key, "snap before", time);
  seeker_seek (&f->seeker, 1.0, KEY_UNIT | AFTER, time, -1);
  expect_first (f, key + TIERS_GROUP, "snap after", time);
  seeker_seek (&f->seeker, 1.0, KEY_UNIT | NEAREST, time, -1);
  expect_first (f, key, "snap to the nearest", time);
  time += 200 * MS;
  seeker_seek (&f->seeker, 1.0, KEY_UNIT | NEAREST, time, -1);
  expect_first (f, key + TIERS_GROUP, "snap to the nearest", time);
  /* into what comes after */
  time = base - 200 * MS;
  seeker_seek (&f->seeker, 1.0, KEY_UNIT | AFTER, time, -1);
  expect_first (f, TIERS_FIRST (1), "snap after", time);
  time = base + 2300 * MS;
  seeker_seek (&f->seeker, 1.0, KEY_UNIT | AFTER, time, -1);
  expect_first (f, TIERS_FIRST (2), "snap after", time);
}

/* Over all that is there, by every way to go. */
static void
check_passes (Fixture * f)
{
  gint64 until = f->tiers.runs[2].start + 990 * MS;
  guint all = 2 * TIERS_LENGTH + 25;
  gint64 number;
  guint i;

  seeker_seek (&f->seeker, 8.0, ACCURATE, 0, until);
  seeker_wait_eos (&f->seeker);
  expect_on (f, 0, FALSE, all);
  fail_unless_equals_int (seeker_count (&f->seeker), all);
  seeker_seek (&f->seeker, -8.0, ACCURATE, 0, until);
  seeker_wait_eos (&f->seeker);
  expect_on (f, TIERS_FIRST (2) + 24, TRUE, all);
  fail_unless_equals_int (seeker_count (&f->seeker), all);
  /* every keyframe */
  seeker_seek (&f->seeker, 2.0, KEYS, 0, until);
  seeker_wait_eos (&f->seeker);
  for (i = 0, number = 0; number < TIERS_FIRST (2) + 25; i++) {
    fail_unless_equals_int64 (seeker_get_shown (&f->seeker, i), number);
    number = tiers_next (&f->tiers, number + TIERS_GROUP - 1);
  }
  fail_unless_equals_int (seeker_count (&f->seeker), i);
  seeker_seek (&f->seeker, -2.0, KEYS, 0, until);
  seeker_wait_eos (&f->seeker);
  for (i = 0, number = TIERS_FIRST (2) + 24; number > 0; i++) {
    number = tiers_key_before (number);
    fail_unless_equals_int64 (seeker_get_shown (&f->seeker, i), number);
    number = tiers_previous (&f->tiers, number);
  }
  fail_unless_equals_int (seeker_count (&f->seeker), i);
  check_times (f);
}

static void
check_stops (Fixture * f)
{
  Tiers *t = &f->tiers;
  gint64 start = t->runs[1].start + 2000 * MS;
  gint64 stop = t->runs[2].start + 190 * MS, end, first;

  /* over the hole */
  seeker_seek (&f->seeker, 1.0, ACCURATE, start, stop);
  seeker_wait_eos (&f->seeker);
  expect_on (f, TIERS_FIRST (1) + 50, FALSE, 15);
  fail_unless_equals_int (seeker_count (&f->seeker), 15);
  seeker_seek (&f->seeker, -1.0, ACCURATE, start, stop);
  seeker_wait_eos (&f->seeker);
  expect_on (f, TIERS_FIRST (2) + 4, TRUE, 15);
  fail_unless_equals_int (seeker_count (&f->seeker), 15);
  /* before the live edge */
  end = seeker_get_end (&f->seeker);
  first = tiers_frame_at (t, end - 1020 * MS);
  fail_unless (gst_element_seek (f->seeker.pipeline, 1.0, GST_FORMAT_TIME,
          ACCURATE, GST_SEEK_TYPE_SET, end - 1020 * MS, GST_SEEK_TYPE_END,
          -600 * MS));
  seeker_wait_eos (&f->seeker);
  expect_on (f, first, FALSE, 10);
  fail_unless (seeker_get (&f->seeker, seeker_count (&f->seeker) - 1).time <
      seeker_get_end (&f->seeker) - 600 * MS);
}

static void
check_live (Fixture * f)
{
  Tiers *t = &f->tiers;
  gint64 end = seeker_get_end (&f->seeker), shown;

  fail_unless (gst_element_seek (f->seeker.pipeline, 1.0, GST_FORMAT_TIME,
          ACCURATE, GST_SEEK_TYPE_END, -1 * SECOND, GST_SEEK_TYPE_NONE, -1));
  shown = seeker_get_shown (&f->seeker, 0);
  fail_unless (shown >= tiers_frame_at (t, end - 1020 * MS));
  fail_unless (shown <= tiers_frame_at (t, seeker_get_end (&f->seeker) -
          1 * SECOND));
  end = seeker_get_end (&f->seeker);
  fail_unless (gst_element_seek (f->seeker.pipeline, 1.0, GST_FORMAT_TIME,
          ACCURATE, GST_SEEK_TYPE_END, 0, GST_SEEK_TYPE_NONE, -1));
  shown = seeker_get_shown (&f->seeker, 0);
  fail_unless (shown >= tiers_frame_before (t, end - 1 * MS));
  expect_on (f, shown, FALSE, 5);
  /* and back from there */
  end = seeker_get_end (&f->seeker);
  fail_unless (gst_element_seek (f->seeker.pipeline, -1.0, GST_FORMAT_TIME,
          ACCURATE, GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_END, 0));
  shown = seeker_get_shown (&f->seeker, 0);
  fail_unless (shown >= tiers_frame_before (t, end) - FPS / 4);
  expect_on (f, shown, TRUE, 5);
}

static void
seek_rate (Fixture * f, gdouble rate, GstSeekFlags flags)
{
  fail_unless (gst_element_seek (f->seeker.pipeline, rate, GST_FORMAT_TIME,
          flags, GST_SEEK_TYPE_NONE, 0, GST_SEEK_TYPE_NONE, 0), "rate %f",
      rate);
}

/* A rate without a position: what is on show stays. */
static void
check_rates (Fixture * f)
{
  gint64 time = f->tiers.runs[1].start + 500 * MS;
  gint64 number = tiers_frame_at (&f->tiers, time);

  seeker_seek (&f->seeker, 1.0, ACCURATE, time, -1);
  expect_first (f, number, "before another rate", time);
  seek_rate (f, 2.0, ACCURATE);
  expect_first (f, number, "twice the rate", time);
  seek_rate (f, -2.0, ACCURATE);
  expect_first (f, tiers_frame_before (&f->tiers, time), "backwards", time);
  seek_rate (f, 1.0, ACCURATE);
  expect_first (f, number, "forwards", time);
}

static gboolean
has_shown (Fixture * f, gint64 number)
{
  guint n = seeker_count (&f->seeker);

  return n > 0 && seeker_get_shown (&f->seeker, n - 1) >= number;
}

/* Waits until @number or one after it is shown. Returns: how long, in us */
static gint64
time_until (Fixture * f, gint64 number)
{
  gint64 begun = g_get_monotonic_time ();

  fail_unless_soon (has_shown (f, number));
  return g_get_monotonic_time () - begun;
}

/* Over where the publisher returned, and over the hole: 100 frames take less
 * than 40 do at the normal rate. A busy machine may stand still in the midst of
 * that; then it is tried again. */
static void
check_instant_rate (Fixture * f)
{
  gint64 slow = 0, fast = 0, after = 0;
  guint i;

  for (i = 0; i < N_TRIES && (fast >= 2 * slow || after < SLOW); i++) {
    seeker_seek (&f->seeker, 1.0, ACCURATE, 0, -1);
    seeker_get (&f->seeker, 4);
    slow = time_until (f, 25);
    seeker_wait_sound (&f->seeker);
    seek_rate (f, 4.0, GST_SEEK_FLAG_INSTANT_RATE_CHANGE);
    fast = time_until (f, TIERS_FIRST (2) + 5);
    check_times (f);
    /* it ends with the next seek */
    seek_first (f, 1.0, ACCURATE, 1 * SECOND, 25, "after an instant rate");
    after = time_until (f, 45);
  }
  fail_unless (fast < 2 * slow, "100 frames take %" G_GINT64_FORMAT
      " us, and 20 took %" G_GINT64_FORMAT, fast, slow);
  fail_unless (after >= SLOW, "20 frames take %" G_GINT64_FORMAT " us after"
      " that", after);
}

/* What was sent is shown, then what was sought. */
static void
check_without_flush (Fixture * f)
{
  gint64 time = f->tiers.runs[2].start + 281 * MS, shown;
  gint64 number = tiers_frame_at (&f->tiers, time), last;
  guint i;

  seeker_seek (&f->seeker, 2.0, ACCURATE, 0, -1);
  /* as in any pipeline, it takes effect when data flows */
  seeker_settle (&f->seeker, GST_STATE_PLAYING);
  last = seeker_get_shown (&f->seeker, 0);
  seeker_seek (&f->seeker, 2.0, GST_SEEK_FLAG_ACCURATE, time, -1);
  for (i = 1; (shown = seeker_get_shown (&f->seeker, i)) != number; i++) {
    /* of the pictures that were sent last, those between may be missing */
    fail_unless (shown > last && (shown <= last + 3 ||
            shown == tiers_next (&f->tiers, last)), "%" G_GINT64_FORMAT
        " after %" G_GINT64_FORMAT, shown, last);
    last = shown;
  }
  for (; shown < number + 5; i++)
    fail_unless_equals_int64 (seeker_get_shown (&f->seeker, i), shown++);
  check_times (f);
}

/* Each sink tells of a step of its own. */
static void
wait_step (Fixture * f, GstMessageType type)
{
  while (TRUE) {
    GstMessage *message = gst_bus_timed_pop_filtered (f->seeker.bus,
        SEEKER_TIMEOUT, type);
    const gchar *code = NULL;
    gboolean done;

    fail_unless (message != NULL, "a step does not end");
    done = GST_MESSAGE_TYPE (message) == GST_MESSAGE_STEP_DONE &&
        GST_MESSAGE_SRC (message) == GST_OBJECT (f->seeker.sink);
    if (gst_message_has_name (message, "dvr-status"))
      code = gst_structure_get_string (gst_message_get_structure (message),
          "code");
    fail_if (g_strcmp0 (code, "NetStream.Step.Failed") == 0);
    done |= g_strcmp0 (code, "NetStream.Step.Notify") == 0;
    gst_message_unref (message);
    if (done)
      return;
  }
}

static gint64
on_show (Fixture * f)
{
  GstSample *sample;
  gint64 number;

  g_object_get (f->seeker.sink, "last-sample", &sample, NULL);
  number = numbered_read (sample);
  gst_sample_unref (sample);
  return number;
}

static void
step (Fixture * f, gint frames, gint64 expected)
{
  gboolean begun = FALSE;

  g_signal_emit_by_name (f->seeker.cache, "step", frames, &begun);
  fail_unless (begun, "step by %d", frames);
  wait_step (f, GST_MESSAGE_ELEMENT);
  fail_unless_equals_int64 (on_show (f), expected);
}

static void
step_sink (Fixture * f, guint frames, gint64 expected)
{
  fail_unless (gst_element_send_event (f->seeker.pipeline,
          gst_event_new_step (GST_FORMAT_BUFFERS, frames, 1.0, TRUE, FALSE)));
  wait_step (f, GST_MESSAGE_STEP_DONE);
  fail_unless_equals_int (gst_element_get_state (f->seeker.pipeline, NULL, NULL,
          SEEKER_TIMEOUT), GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int64 (on_show (f), expected);
}

/* By our action and by GStreamer's events, one after the other. */
static void
check_steps (Fixture * f)
{
  gint64 last = TIERS_LENGTH - 1;

  seeker_settle (&f->seeker, GST_STATE_PAUSED);
  seeker_seek (&f->seeker, 1.0, ACCURATE, last * (gint64) FRAME, -1);
  seeker_settle (&f->seeker, GST_STATE_PAUSED);
  fail_unless_equals_int64 (on_show (f), last);
  /* where the publisher returned */
  step (f, 1, TIERS_FIRST (1));
  step (f, -1, last);
  step_sink (f, 1, TIERS_FIRST (1));
  step_sink (f, 3, TIERS_FIRST (1) + 3);
  step (f, -4, last);
  /* over the hole */
  step (f, TIERS_LENGTH + 1, TIERS_FIRST (2));
  step (f, 1, TIERS_FIRST (2) + 1);
  step (f, -2, TIERS_FIRST (1) + last);
  step_sink (f, 2, TIERS_FIRST (2) + 1);
  step (f, -1 - TIERS_LENGTH, last + 1 - 1 + TIERS_FIRST (1) - last);
  step (f, -1 - TIERS_LENGTH, 0);
  step (f, 12, 12);
}

/* Which frame is shown first. */
static gint64
expected_frame (Fixture * f, gdouble rate, GstSeekFlags flags, gint64 time)
{
  gint64 frame = rate > 0 ? tiers_frame_at (&f->tiers, time) :
      tiers_frame_before (&f->tiers, time);

  if (flags & (GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS))
    frame = tiers_key_before (frame);
  return frame;
}

/* Anywhere but at a frame's edges, where rounding decides. */
static gint64
random_time (Fixture * f, GRand * rand)
{
  gint64 end = seeker_get_end (&f->seeker) - EDGE;
  gint64 time = g_rand_double_range (rand, 0.01, 1) * end;
  gint64 number = tiers_frame_at (&f->tiers, time);

  return tiers_time_of (&f->tiers, number) +
      g_rand_int_range (rand, 3, 37) * MS;
}

static void
seek_at_random (Fixture * f, GRand * rand)
{
  static const gdouble rates[] = { 1, 1, 1, 0.5, 2, 4, -1, -2, -4 };
  gdouble rate = rates[g_rand_int_range (rand, 0, G_N_ELEMENTS (rates))];
  gint64 time = random_time (f, rand), expected;
  GstSeekFlags flags = ACCURATE;

  switch (g_rand_int_range (rand, 0, 5)) {
    case 0:
      flags = KEYS;
      rate *= 4;
      break;
    case 1:
      flags = rate > 0 ? KEY_UNIT : ACCURATE;
      break;
    case 2:
      /* the rate alone, before */
      seek_rate (f, rate, ACCURATE);
      break;
    default:
      break;
  }
  GST_INFO ("rate %f flags %x to %" GST_TIME_FORMAT, rate, flags,
      GST_TIME_ARGS (time));
  seeker_seek (&f->seeker, rate, flags, rate > 0 ? time : 0,
      rate > 0 ? -1 : time);
  expected = expected_frame (f, rate, flags, time);
  expect_number (f, expected, "at random", time);
  /* and what comes next, now and then */
  if (flags == ACCURATE && GST_STATE (f->seeker.pipeline) == GST_STATE_PLAYING)
    expect_on (f, expected, rate < 0, g_rand_int_range (rand, 0, 4));
}

static void
check_random (Fixture * f, const gchar * properties)
{
  const gchar *text = g_getenv ("DVR_TEST_SEEKS");
  guint i, n = text ? atoi (text) : 100;
  const gchar *seed = g_getenv ("DVR_TEST_SEED");
  GRand *rand = g_rand_new_with_seed (seed ? atoi (seed) : 20261121);

  open_player (f, properties);
  for (i = 0; i < n; i++) {
    if (i % 20 == 0)
      seeker_settle (&f->seeker, i % 40 ? GST_STATE_PAUSED : GST_STATE_PLAYING);
    seek_at_random (f, rand);
  }
  seeker_close (&f->seeker);
  g_rand_free (rand);
}

static void
check_all (Fixture * f, const gchar * properties)
{
  open_player (f, properties);
  check_places (f);
  check_snapping (f);
  check_rates (f);
  check_steps (f);
  seeker_settle (&f->seeker, GST_STATE_PLAYING);
  check_places (f);
  check_passes (f);
  check_stops (f);
  check_instant_rate (f);
  check_without_flush (f);
  check_live (f);
  seeker_close (&f->seeker);
}

/* All on one stream, which takes longer to begin than to play. */
GST_START_TEST (test_every_kind)
{
  Fixture f;

  tiers_setup (&f.tiers);
  check_all (&f, IN_BUFFER);
  check_all (&f, OUTSIDE);
  check_random (&f, IN_BUFFER);
  check_random (&f, OUTSIDE);
  tiers_teardown (&f.tiers);
}

GST_END_TEST;

static Suite *
tiers_suite (void)
{
  Suite *s = suite_create ("tiers");
  TCase *tc = tcase_create ("tiers");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, g_getenv ("DVR_TEST_SEEKS") ? 1800 : 1700);
  if (!tiers_are_possible ())
    return s;
  tcase_add_test (tc, test_every_kind);
  return s;
}

GST_CHECK_MAIN (tiers);
