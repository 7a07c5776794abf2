/* waker.c: how those who wait are woken
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/check/gstcheck.h>

#include "dvrwaker.h"

#define N_WAITERS 1000

typedef struct
{
  DvrWaiter waiter;
  struct _Fixture *fixture;
  guint woken;
  guint place;
} Viewer;

typedef struct _Fixture
{
  DvrWaker *waker;
  GstDvrSegment *segment;
  DvrWaitList *list;
  Viewer viewers[N_WAITERS];
  gboolean says_so;

  GMutex lock;
  GCond changed;
  guint n_woken;
} Fixture;

static void
nothing (gpointer user_data)
{
}

static void
wake (DvrWaiter * waiter)
{
  Viewer *viewer = (Viewer *) waiter;
  Fixture *f = viewer->fixture;

  if (f->says_so)
    dvr_waiter_is_up (waiter, f->waker);
  g_mutex_lock (&f->lock);
  viewer->woken++;
  viewer->place = f->n_woken++;
  g_cond_signal (&f->changed);
  g_mutex_unlock (&f->lock);
}

static void
fixture_init (Fixture * f, gboolean says_so)
{
  GstDvrSegmentId id = {
    .kind = GST_DVR_SEGMENT_MEDIA,.stream = "live/cam1",.recording = "r",
    .number = 1
  };

  memset (f, 0, sizeof (*f));
  f->says_so = says_so;
  f->waker = dvr_waker_new (nothing, NULL);
  dvr_waker_start (f->waker);
  f->segment = gst_dvr_segment_new (&id);
  f->list = dvr_wait_list_new_segment (f->waker, f->segment);
}

static void
fixture_clear (Fixture * f)
{
  guint i;

  for (i = 0; i < N_WAITERS; i++)
    fail_unless_equals_int (f->viewers[i].woken, 1);
  dvr_wait_list_close (f->list);
  dvr_waker_free (f->waker);
  gst_dvr_segment_unref (f->segment);
}

static void
all_wait (Fixture * f, gint64 deadline)
{
  guint i;

  for (i = 0; i < N_WAITERS; i++) {
    Viewer *viewer = &f->viewers[i];

    viewer->fixture = f;
    viewer->waiter.wake = wake;
    viewer->waiter.want = DVR_WANT_END;
    viewer->waiter.in_turn = TRUE;
    dvr_wait_list_wait (f->list, &viewer->waiter,
        dvr_wait_list_get_serial (f->list), deadline);
  }
}

static void
wait_for_all (Fixture * f)
{
  gint64 end = g_get_monotonic_time () + 120 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&f->lock);
  while (f->n_woken < N_WAITERS)
    fail_unless (g_cond_wait_until (&f->changed, &f->lock, end),
        "%u of %u woken", f->n_woken, N_WAITERS);
  g_mutex_unlock (&f->lock);
}

GST_START_TEST (test_who_came_first_is_woken_first)
{
  static Fixture f;
  guint i;

  fixture_init (&f, TRUE);
  all_wait (&f, G_MAXINT64);
  gst_dvr_segment_finish (f.segment);
  wait_for_all (&f);
  for (i = 0; i < N_WAITERS; i++)
    fail_unless_equals_int (f.viewers[i].place, i);
  fixture_clear (&f);
}

GST_END_TEST;

GST_START_TEST (test_all_are_woken_though_nobody_is_heard_of)
{
  static Fixture f;

  fixture_init (&f, FALSE);
  all_wait (&f, G_MAXINT64);
  gst_dvr_segment_finish (f.segment);
  wait_for_all (&f);
  fixture_clear (&f);
}

GST_END_TEST;

GST_START_TEST (test_all_are_woken_when_their_time_is_over)
{
  static Fixture f;

  fixture_init (&f, TRUE);
  all_wait (&f, g_get_monotonic_time () + 10 * G_TIME_SPAN_MILLISECOND);
  wait_for_all (&f);
  fixture_clear (&f);
}

GST_END_TEST;

GST_START_TEST (test_all_are_woken_when_their_list_ends)
{
  static Fixture f;

  fixture_init (&f, TRUE);
  all_wait (&f, G_MAXINT64);
  dvr_wait_list_end (f.list);
  wait_for_all (&f);
  fixture_clear (&f);
}

GST_END_TEST;

/* Libmicrohttpd must not be stopped while anybody sleeps. */
GST_START_TEST (test_all_have_been_woken_when_the_waker_is_closed)
{
  static Fixture f;

  fixture_init (&f, FALSE);
  all_wait (&f, G_MAXINT64);
  gst_dvr_segment_finish (f.segment);
  dvr_waker_close (f.waker);
  fail_unless_equals_int (f.n_woken, N_WAITERS);
  fixture_clear (&f);
}

GST_END_TEST;

static Suite *
waker_suite (void)
{
  Suite *s = suite_create ("waker");
  TCase *tc = tcase_create ("in turn");

  tcase_add_test (tc, test_who_came_first_is_woken_first);
  tcase_add_test (tc, test_all_are_woken_though_nobody_is_heard_of);
  tcase_add_test (tc, test_all_are_woken_when_their_time_is_over);
  tcase_add_test (tc, test_all_are_woken_when_their_list_ends);
  tcase_add_test (tc, test_all_have_been_woken_when_the_waker_is_closed);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (waker);
