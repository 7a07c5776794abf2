/* streams.c: the streams that viewers have asked for
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/check/gstcheck.h>

#include "dvrstreams.h"
#include "dvrwaker.h"

#define ROUNDS 1000

/* What is asked, and the thread that takes the pad away meanwhile. */
typedef struct
{
  DvrBranches *branches;
  DvrStreams *streams;
  GstDvrTimeline *timeline;
  GstPad *pad;
  gint asked;
  gint taken;
} Race;

static gboolean
answer (GstPad * pad, GstObject * parent, GstQuery * query)
{
  Race *race = gst_pad_get_element_private (pad);
  GstDvrRequest *request = gst_query_get_dvr_request (query);

  if (request == NULL)
    return gst_pad_query_default (pad, parent, query);
  gst_dvr_request_answer_timeline (request, race->timeline);
  g_atomic_int_inc (&race->asked);

  return TRUE;
}

/* As an element that releases a pad. */
static gpointer
take_away (gpointer user_data)
{
  Race *race = user_data;
  gint round;

  for (round = 1; round <= ROUNDS; round++) {
    volatile gint pause;

    while (g_atomic_int_get (&race->asked) < round)
      g_thread_yield ();
    for (pause = g_random_int_range (0, 2000); pause > 0; pause--);
    dvr_branches_remove (race->branches, race->pad);
    dvr_streams_drop_pad (race->streams, race->pad);
    g_atomic_int_inc (&race->taken);
  }

  return NULL;
}

static void
nothing (gpointer user_data)
{
}

static void
gone (DvrStream * stream, gpointer user_data)
{
}

/* Else it would be served as it was for ever: nobody would take it away. */
GST_START_TEST (test_no_stream_stays_behind_when_its_pad_goes)
{
  GstPad *src = gst_pad_new ("src", GST_PAD_SRC);
  Race race = { 0, };
  DvrWaker *waker = dvr_waker_new (nothing, NULL);
  GThread *thread;
  gint round;

  race.branches = dvr_branches_new ();
  race.streams = dvr_streams_new (race.branches, waker, gone, NULL);
  dvr_waker_start (waker);
  race.timeline = gst_dvr_timeline_new ("cam1");
  race.pad = gst_pad_new ("sink", GST_PAD_SINK);
  gst_pad_set_element_private (src, &race);
  gst_pad_set_query_function (src, answer);
  fail_unless_equals_int (gst_pad_link (src, race.pad), GST_PAD_LINK_OK);

  thread = g_thread_new ("take-away", take_away, &race);
  for (round = 1; round <= ROUNDS; round++) {
    DvrStream *stream = NULL;
    GPtrArray *left;

    dvr_branches_add (race.branches, race.pad);
    fail_unless_equals_int (dvr_streams_get (race.streams, "cam1", NULL,
            &stream), GST_DVR_ANSWER_OK);
    dvr_stream_unref (stream);
    while (g_atomic_int_get (&race.taken) < round)
      g_thread_yield ();
    left = dvr_streams_list (race.streams);
    fail_unless_equals_int (left->len, 0);
    g_ptr_array_unref (left);
  }
  g_thread_join (thread);

  dvr_streams_free (race.streams);
  dvr_waker_free (waker);
  dvr_branches_free (race.branches);
  gst_pad_unlink (src, race.pad);
  gst_object_unref (src);
  gst_object_unref (race.pad);
  gst_dvr_timeline_unref (race.timeline);
}

GST_END_TEST;

static Suite *
streams_suite (void)
{
  Suite *s = suite_create ("streams");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_no_stream_stays_behind_when_its_pad_goes);

  return s;
}

GST_CHECK_MAIN (streams);
