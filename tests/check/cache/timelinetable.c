/* timelinetable.c: which timelines a cache remembers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/check/gstcheck.h>

#include "cache/gstdvrtimelinetable.h"

#define N_SEGMENTS 100
#define ROOM (N_SEGMENTS * sizeof (GstDvrEntry) + 2000)

static void
add (GstDvrTimelineTable * table, const gchar * stream, guint n,
    guint64 max_bytes)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new (stream);
  guint i;

  gst_dvr_timeline_table_add (table, timeline, max_bytes);
  for (i = 0; i < n; i++) {
    GstDvrEntry entry = { i, "20261120T192200Z-3f9c", 0, 0, i * GST_SECOND,
      GST_SECOND, GST_DVR_WALL_TIME_NONE, 1000, 0, 0, FALSE
    };

    fail_unless (gst_dvr_timeline_close_segment (timeline, &entry));
  }
  gst_dvr_timeline_unref (timeline);
}

static gboolean
has (GstDvrTimelineTable * table, const gchar * stream)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_table_find (table, stream);

  if (timeline)
    gst_dvr_timeline_unref (timeline);
  return timeline != NULL;
}

GST_START_TEST (test_long_ones_are_few)
{
  GstDvrTimelineTable *table = gst_dvr_timeline_table_new (10);

  add (table, "live/a", N_SEGMENTS, 2 * ROOM);
  add (table, "live/b", N_SEGMENTS, 2 * ROOM);
  fail_unless (has (table, "live/a"));
  /* each has grown by the time the next one comes */
  add (table, "live/c", N_SEGMENTS, 2 * ROOM);
  add (table, "live/d", 0, 2 * ROOM);
  fail_if (has (table, "live/b"));
  fail_unless (has (table, "live/a"));
  fail_unless (has (table, "live/c"));
  fail_unless (has (table, "live/d"));
  /* the last one stays, however long it is */
  add (table, "live/e", N_SEGMENTS, 1);
  fail_unless (has (table, "live/e"));
  fail_if (has (table, "live/d"));
  gst_dvr_timeline_table_free (table);
}

GST_END_TEST;

GST_START_TEST (test_so_many_are_remembered)
{
  GstDvrTimelineTable *table = gst_dvr_timeline_table_new (2);

  add (table, "live/a", 1, G_MAXUINT64);
  add (table, "live/b", 1, G_MAXUINT64);
  add (table, "live/a", 1, G_MAXUINT64);
  add (table, "live/c", 1, G_MAXUINT64);
  fail_if (has (table, "live/b"));
  fail_unless (has (table, "live/a"));
  fail_unless (has (table, "live/c"));
  gst_dvr_timeline_table_remove (table, "live/a");
  fail_if (has (table, "live/a"));
  gst_dvr_timeline_table_free (table);
}

GST_END_TEST;

static Suite *
timelinetable_suite (void)
{
  Suite *s = suite_create ("timelinetable");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_long_ones_are_few);
  tcase_add_test (tc, test_so_many_are_remembered);
  return s;
}

GST_CHECK_MAIN (timelinetable);
