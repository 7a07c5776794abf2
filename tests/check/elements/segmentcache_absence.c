/* segmentcache_absence.c: seeks to where the publisher was away
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "checkutil.h"
#include "dvrplayer.h"

#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)
#define KEY_UNIT (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT)
#define F(seconds) ((seconds) * FPS)
#define MS (gint64) GST_MSECOND
#define SOUND_BYTES 64

/* The publisher was away from 104 s on, and until @start. */
static void
setup_absence (DvrPlayer * p, GstClockTime start)
{
  GstDvrEntry entry = {.number = 12,.recording = "20261120T192200Z-3f9c",
    .start = 104 * GST_SECOND,.duration = start - 104 * GST_SECOND,
    .wall_time = GST_DVR_WALL_TIME_NONE,.gap = TRUE
  };

  dvr_player_setup (p, 2, GST_DVR_TIMELINE_OPEN, NULL);
  fail_unless (gst_dvr_timeline_close_segment (p->timeline, &entry));
  entry.number = 13;
  entry.start = start;
  entry.duration = SEGMENT_TIME;
  entry.gap = FALSE;
  fail_unless (gst_dvr_timeline_close_segment (p->timeline, &entry));
  gst_dvr_timeline_set_state (p->timeline, GST_DVR_TIMELINE_ENDED, 0);
}

static void
play_into_absence (DvrPlayer * p, GstSeekFlags flags)
{
  dvr_player_play (p);
  dvr_player_frames (p, F (100), GROUP);
  fail_unless (dvr_player_seek (p, 1.0, flags, GST_SEEK_TYPE_SET,
          107 * GST_SECOND, GST_SEEK_TYPE_NONE, -1));
  gst_event_unref (dvr_player_event (p, GST_EVENT_FLUSH_STOP));
}

/* The first picture is not waited for, wherever in the absence was sought. Its
 * time is not rounded as the list's are. */
GST_START_TEST (test_a_seek_into_an_absence_goes_to_its_end)
{
  static const GstClockTime starts[] = { 110 * GST_SECOND,
    110 * GST_SECOND + 5 * GST_USECOND
  };
  DvrPlayer p;

  setup_absence (&p, starts[__i__]);
  play_into_absence (&p, ACCURATE);
  gst_event_unref (dvr_player_event (&p, GST_EVENT_SEGMENT));
  fail_unless_equals_uint64 (p.segment.start, starts[__i__]);
  fail_unless_equals_uint64 (p.segment.time, starts[__i__]);
  fail_unless (dvr_player_frames (&p, F (110), 7));
  dvr_player_teardown (&p);
  /* and that is the keyframe after it */
  setup_absence (&p, starts[__i__]);
  play_into_absence (&p, KEY_UNIT | GST_SEEK_FLAG_SNAP_AFTER);
  gst_event_unref (dvr_player_event (&p, GST_EVENT_SEGMENT));
  fail_unless_equals_uint64 (p.segment.start, 110 * GST_SECOND);
  fail_unless (dvr_player_frames (&p, F (110), 7));
  dvr_player_teardown (&p);
}

GST_END_TEST;

static guint
count_held (DvrPlayer * p)
{
  guint n;

  g_mutex_lock (&p->lock);
  n = p->held->len;
  g_mutex_unlock (&p->lock);
  return n;
}

/* Of the one thing that is kept back some sound comes, and nothing else yet. */
static void
let_hear (DvrPlayer * p, GstClockTime time)
{
  GstBuffer *sample = gst_buffer_new_allocate (NULL, SOUND_BYTES, NULL), *chunk;
  GstFmp4Run run = { &p->sound, &sample, 1 };

  fail_unless_soon (count_held (p) > 0);
  gst_buffer_memset (sample, 0, 0, SOUND_BYTES);
  GST_BUFFER_DTS (sample) = GST_BUFFER_PTS (sample) = time;
  GST_BUFFER_DURATION (sample) = FRAME;
  chunk = gst_fmp4_write_chunk (1, &run, 1, NULL, NULL);
  fail_unless (chunk != NULL);
  gst_dvr_segment_append_part (g_ptr_array_index (p->held, 0), chunk, FRAME,
      FALSE);
  gst_buffer_unref (sample);
}

/* What came first is sound: it is not what is gone to. */
GST_START_TEST (test_sound_before_the_first_picture_is_not_landed_on)
{
  DvrPlayer p;

  setup_absence (&p, 110 * GST_SECOND);
  p.has_sound = TRUE;
  p.hold_from = 13;
  play_into_absence (&p, ACCURATE);
  let_hear (&p, 109 * GST_SECOND + 500 * MS);
  fail_unless (gst_bus_timed_pop_filtered (p.bus, 100 * MS,
          GST_MESSAGE_ERROR) == NULL);
  dvr_player_release (&p);
  gst_event_unref (dvr_player_event (&p, GST_EVENT_SEGMENT));
  fail_unless_equals_uint64 (p.segment.start, 110 * GST_SECOND);
  fail_unless (dvr_player_frames (&p, F (110), GROUP));
  dvr_player_teardown (&p);
}

GST_END_TEST;

static Suite *
absence_suite (void)
{
  Suite *s = suite_create ("segmentcache_absence");
  TCase *tc = tcase_create ("seek");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_a_seek_into_an_absence_goes_to_its_end, 0, 2);
  tcase_add_test (tc, test_sound_before_the_first_picture_is_not_landed_on);
  return s;
}

GST_CHECK_MAIN (absence);
