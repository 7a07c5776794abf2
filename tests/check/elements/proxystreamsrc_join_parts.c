/* proxystreamsrc_join_parts.c: an origin dies within a segment; origins of others
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "checkutil.h"
#include "pairfixture.h"

#define OTHER "20261120T192201Z-0b0b"
/* Less than the usual time-out of the fixture: that was not waited for. */
#define BOUND (30 * G_TIME_SPAN_SECOND)

static gboolean
has_open (const GstDvrTimelineInfo * info)
{
  return info->open && info->n_parts == 1;
}

/* The segment that grows, with what has come of it. */
static GstDvrRequest *
watch_open (Pair * p, guint64 number)
{
  GstDvrTimelineInfo info;
  GstDvrRequest *request;
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", NULL, number, 0, 0
  };
  GstDvrEntry entry;

  wait_part (p->timeline, number, 1, &info);
  fail_unless_equals_int (gst_dvr_timeline_find (p->timeline, number, &entry),
      GST_DVR_FOUND_OPEN);
  id.recording = entry.recording;
  request = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_VIEWER);
  gst_dvr_request_send (request, p->f.harness->sinkpad);
  wait_segment (gst_dvr_request_get_segment (request), 1);

  return request;
}

/* Ours ends with the first second of 103; the other has both. */
static void
lose_within_segment (Pair * p, const Origin * second)
{
  GstDvrRequest *request;

  pair_start (p, NULL, second);
  pair_grow (p, &p->first, 3, 1);
  pair_play (p);
  request = watch_open (p, 103);
  http_stub_down (p->f.up.stub);
  gst_dvr_request_unref (request);
}

static void
check_short (Pair * p)
{
  GArray *parts = gst_dvr_timeline_get_parts (p->timeline, 103);
  GstDvrEntry entry;

  fail_unless_equals_int (gst_dvr_timeline_find (p->timeline, 103, &entry),
      GST_DVR_FOUND_CLOSED);
  fail_unless_equals_uint64 (entry.duration, GST_SECOND);
  /* its parts stay listed */
  fail_unless_equals_int (parts->len, 1);
  fail_unless_equals_uint64 (g_array_index (parts, GstDvrPart, 0).size,
      entry.size);
  g_array_unref (parts);
  /* and who has heard of them gets them */
  fail_if (g_str_equal (entry.recording, RECORDING));
  fail_unless (gst_dvr_timeline_is_alias (p->timeline, 103, RECORDING));
}

static gboolean
was_asked (Pair * p, const gchar * what)
{
  gboolean asked;

  g_mutex_lock (&p->f.up.lock);
  asked = p->asked && strstr (p->asked, what) != NULL;
  g_mutex_unlock (&p->f.up.lock);

  return asked;
}

/* Until the backup is asked for its list with that. */
static void
wait_asked (Pair * p, const gchar * what)
{
  fail_unless_soon (was_asked (p, what));
}

GST_START_TEST (test_parts_go_on_within_the_segment)
{
  static const Origin second = { OTHER, 500, 0, 77 * GST_SECOND, 0, 3, FALSE, 2,
    TRUE
  };
  GstDvrTimelineInfo info;
  GstDvrRequest *request;
  GstDvrEntry entry;
  Pair p;

  lose_within_segment (&p, &second);
  request = watch_open (&p, 104);
  check_short (&p);
  wait_part (p.timeline, 104, 1, &info);
  fail_unless (has_open (&info));
  fail_unless_equals_uint64 (info.end, 8 * GST_SECOND);
  /* its parts are counted from where ours begins, the other's are not */
  wait_asked (&p, "_HLS_msn=503&_HLS_part=2");
  pair_grow (&p, &p.second, 4, 1);
  fail_unless_equals_int (wait_end (request), 0);
  pair_wait_next (&p, 105);
  wait_part (p.timeline, 105, 1, &info);
  gst_dvr_timeline_find (p.timeline, 104, &entry);
  fail_unless_equals_uint64 (entry.duration, GST_SECOND);
  fail_unless_equals_uint64 (entry.start, 7 * GST_SECOND);
  pair_play (&p);
  pair_check_frames (&p, 8, 0, 0);
  pair_check_seam (&p, 104, 0);
  gst_dvr_request_unref (request);
  pair_stop (&p);
}

GST_END_TEST;

/* Ours ends with a part, so within a frame. All of the sound is heard, and what
 * the other goes on with lasts @duration. */
static void
check_sound (const Origin * first, const Origin * second, GstClockTime duration)
{
  GstDvrRequest *request;
  GstDvrEntry entry;
  guint i;
  Pair p;

  pair_start (&p, first, second);
  pair_grow (&p, &p.first, 3, 1);
  pair_play (&p);
  request = watch_open (&p, 103);
  http_stub_down (p.f.up.stub);
  gst_dvr_request_unref (request);
  pair_wait_next (&p, 106);
  pair_play (&p);
  pair_check_frames (&p, 10, 0, 0);
  pair_check_seam (&p, 104, 0);
  gst_dvr_timeline_find (p.timeline, 104, &entry);
  fail_unless_equals_uint64 (entry.start, 7 * GST_SECOND);
  fail_unless_equals_uint64 (entry.duration, duration);
  fail_unless_equals_int (p.sounds->len, 10 * SOUNDS - 5);
  for (i = 0; i < p.sounds->len; i++)
    fail_unless_equals_int (g_array_index (p.sounds, guint, i), i);
  pair_stop (&p);
}

/* Frames are further apart than parts may end: the sound of the rest of the last
 * one is the other's first. */
GST_START_TEST (test_no_sound_is_missing_where_frames_are_far_apart)
{
  static const Origin first = { RECORDING, 100, 0, GST_SECOND, 0, 3,
    .sound = TRUE
  };
  static const Origin second = { OTHER, 500, 0, 77 * GST_SECOND, 0, 5,
    .sound = TRUE
  };

  check_sound (&first, &second, 1100 * GST_MSECOND);
}

GST_END_TEST;

/* The sound beside the pictures is that of before the segment began. */
GST_START_TEST (test_sound_may_be_late)
{
  static const Origin first = { RECORDING, 100, 0, 9 * GST_SECOND, 0, 3,
    .sound = TRUE,.lag = 3 * GST_SECOND
  };
  static const Origin second = { OTHER, 500, 0, 77 * GST_SECOND, 0, 5,
    .sound = TRUE,.lag = 3 * GST_SECOND
  };

  check_sound (&first, &second, GST_SECOND);
}

GST_END_TEST;

/* The other is as far as ours was: its next part is waited for, and asked for
 * with a blocked reload. */
GST_START_TEST (test_part_that_is_not_there_yet_is_waited_for)
{
  static const Origin second = { OTHER, 500, 0, 77 * GST_SECOND, 0, 3, FALSE, 1,
    TRUE
  };
  GstDvrRequest *request;
  guint asked;
  Pair p;

  lose_within_segment (&p, &second);
  wait_location (&p.f, &p.backup);
  fail_unless_soon (http_stub_count (p.backup.stub, DVR) >= 2);
  asked = pair_count_lists (&p);
  pair_wait_next (&p, 103);
  pair_grow (&p, &p.second, 3, 2);
  request = watch_open (&p, 104);
  fail_unless (pair_count_lists (&p) <= asked + 2);
  check_short (&p);
  pair_grow (&p, &p.second, 4, 0);
  fail_unless_equals_int (wait_end (request), 0);
  pair_wait_next (&p, 105);
  pair_play (&p);
  pair_check_frames (&p, 8, 0, 0);
  gst_dvr_request_unref (request);
  pair_stop (&p);
}

GST_END_TEST;

/* Under the name that its origin gave a segment nobody else has bytes. */
GST_START_TEST (test_what_was_listed_before_is_asked_of_its_origin)
{
  static const Origin second = { OTHER, 500, 0, 77 * GST_SECOND, 0, 5, };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gint64 began;
  Pair p;

  pair_start (&p, NULL, &second);
  g_object_set (p.f.element, "failback", FALSE, NULL);
  p.next = 102;
  pair_play (&p);
  http_stub_down (p.f.up.stub);
  pair_wait_next (&p, 105);
  began = g_get_monotonic_time ();
  fail_unless_equals_int (pair_try (&p, GST_DVR_SEGMENT_MEDIA, RECORDING, 100,
          bytes), 404);
  fail_unless (g_get_monotonic_time () - began < BOUND);
  http_stub_up (p.f.up.stub);
  fail_unless_equals_int (pair_try (&p, GST_DVR_SEGMENT_MEDIA, RECORDING, 101,
          bytes), 0);
  fail_unless (bytes->len > 0);
  wait_location (&p.f, &p.backup);
  pair_stop (&p);
}

GST_END_TEST;

/* A list without anything does not tell whose it is: what comes is looked at. */
GST_START_TEST (test_backup_that_has_nothing_yet_is_waited_for)
{
  static const Origin second = { OTHER, 500, 0, 77 * GST_SECOND, 0, 0, };
  Pair p;

  pair_start (&p, NULL, &second);
  g_object_set (p.f.element, "failback", FALSE, NULL);
  pair_play (&p);
  http_stub_down (p.f.up.stub);
  wait_location (&p.f, &p.backup);
  fail_unless_soon (http_stub_count (p.backup.stub, DVR) >= 2);
  pair_wait_next (&p, 103);
  pair_grow (&p, &p.second, 5, 0);
  pair_wait_next (&p, 105);
  pair_play (&p);
  pair_check_frames (&p, 10, 0, 0);
  pair_check_seam (&p, 103, 0);
  pair_stop (&p);
}

GST_END_TEST;

/* Two servers with equal names are two recordings, whatever those say. */
GST_START_TEST (test_foreign_backup_is_another_recording)
{
  static const Origin first = { NULL, 100, 0, GST_SECOND, 0, 3, };
  static const Origin equal = { NULL, 100, 1, 9 * GST_SECOND, 0, 4, };
  static const Origin timeless = { NULL, 100, 1, 9 * GST_SECOND, 0, 4,
    .timeless = TRUE
  };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree gchar *recording = NULL;
  Origin one = first;
  gint64 began;
  Pair p;

  /* what only a dead server has is waited for so long */
  fixture_timeout = 2 * GST_SECOND;
  one.timeless = __i__ == 1;
  pair_start (&p, &one, __i__ == 1 ? &timeless : &equal);
  recording = g_strdup (pair_get_recording (&p, 100));
  p.next = 101;
  pair_play (&p);
  pair_lose_first (&p, 105);
  /* frames of 101 on, each once: its 103 was cut out of 102 over there */
  fail_unless_equals_int (p.frames->len, 7 * GOP);
  fail_unless_equals_int (g_array_index (p.frames, guint, 0), 2 * GOP);
  fail_unless_equals_int (g_array_index (p.frames, guint, 7 * GOP - 1),
      9 * GOP - 1);
  pair_check_seam (&p, 103, 0);
  fail_if (g_str_equal (pair_get_recording (&p, 104), recording));

  /* there is a seg100.m4s, but that is not what was listed */
  began = g_get_monotonic_time ();
  fail_if (pair_try (&p, GST_DVR_SEGMENT_MEDIA, recording, 100, bytes) == 0);
  fail_unless (g_get_monotonic_time () - began < BOUND);
  fail_unless_equals_int (bytes->len, 0);
  pair_stop (&p);
}

GST_END_TEST;

static Suite *
proxystreamsrc_join_parts_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_join_parts");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_parts_go_on_within_the_segment);
  tcase_add_test (tc, test_no_sound_is_missing_where_frames_are_far_apart);
  tcase_add_test (tc, test_sound_may_be_late);
  tcase_add_test (tc, test_part_that_is_not_there_yet_is_waited_for);
  tcase_add_test (tc, test_what_was_listed_before_is_asked_of_its_origin);
  tcase_add_test (tc, test_backup_that_has_nothing_yet_is_waited_for);
  tcase_add_loop_test (tc, test_foreign_backup_is_another_recording, 0, 2);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_join_parts);
