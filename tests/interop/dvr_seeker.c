/* dvr_seeker.c: a player that seeks to where nothing is yet
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   dvr_seeker LOCATION SECONDS
 *
 * Plays in real time, waits until it may seek there, does so, and says what is
 * shown next: its time, and how long that took, in milliseconds.
 */
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>

#define PATIENCE (2 * G_TIME_SPAN_MINUTE)

typedef struct
{
  GMutex lock;
  GCond shown;
  GstClockTime from;            /* what is waited for */
  GstClockTime time;            /* what came */
} Seeker;

static void
on_handoff (GstElement * sink, GstBuffer * buffer, GstPad * pad, Seeker * self)
{
  g_mutex_lock (&self->lock);
  if (GST_BUFFER_PTS_IS_VALID (buffer)
      && GST_BUFFER_PTS (buffer) >= self->from
      && !GST_CLOCK_TIME_IS_VALID (self->time)) {
    self->time = GST_BUFFER_PTS (buffer);
    g_cond_signal (&self->shown);
  }
  g_mutex_unlock (&self->lock);
}

static GstClockTime
wait_shown (Seeker * self, GstClockTime from)
{
  gint64 until = g_get_monotonic_time () + PATIENCE;
  GstClockTime time;

  g_mutex_lock (&self->lock);
  self->from = from;
  self->time = GST_CLOCK_TIME_NONE;
  while (!GST_CLOCK_TIME_IS_VALID (self->time))
    if (!g_cond_wait_until (&self->shown, &self->lock, until))
      break;
  time = self->time;
  g_mutex_unlock (&self->lock);
  return time;
}

/* Whether the range in which one may seek goes beyond a time. */
static gboolean
reaches (GstElement * pipeline, GstClockTime time)
{
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_TIME);
  gboolean seekable = FALSE;
  gint64 end = -1;

  if (gst_element_query (pipeline, query))
    gst_query_parse_seeking (query, NULL, &seekable, NULL, &end);
  gst_query_unref (query);
  return seekable && end >= (gint64) time;
}

int
main (int argc, char **argv)
{
  gint64 since, until = g_get_monotonic_time () + PATIENCE;
  Seeker self = {.time = GST_CLOCK_TIME_NONE };
  GstClockTime target, shown;
  GstElement *pipeline, *sink;
  gchar *description;

  gst_init (&argc, &argv);
  if (argc != 3) {
    fprintf (stderr, "dvr_seeker LOCATION SECONDS\n");
    return 2;
  }
  target = atoi (argv[2]) * GST_SECOND;
  description = g_strdup_printf ("proxystreamsrc location=%s ! segmentcache "
      "start=0 ! qtdemux ! h264parse ! fakesink name=sink sync=true "
      "signal-handoffs=true", argv[1]);
  pipeline = gst_parse_launch (description, NULL);
  g_free (description);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), &self);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_shown (&self, 0);
  while (!reaches (pipeline, target) && g_get_monotonic_time () < until)
    wait_shown (&self, 0);

  since = g_get_monotonic_time ();
  if (!reaches (pipeline, target) || !gst_element_seek_simple (pipeline,
          GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, target)) {
    fprintf (stderr, "there is no way there\n");
    return 1;
  }
  shown = wait_shown (&self, target - 4 * GST_SECOND);
  if (GST_CLOCK_TIME_IS_VALID (shown))
    printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT "\n",
        shown / GST_MSECOND, (g_get_monotonic_time () - since) / 1000);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  return GST_CLOCK_TIME_IS_VALID (shown) ? 0 : 1;
}
