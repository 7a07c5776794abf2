/* tiersfixture.c: a live stream with a past, three tiers down
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <string.h>

#include "checkutil.h"
#include "tiersfixture.h"

#define TIMEOUT (120 * G_TIME_SPAN_SECOND)
/* How long the publisher was away, as the list tells. */
#define TARGET_DURATION "800000000"
#define N_GAPS 2

gboolean
tiers_are_possible (void)
{
  return numbered_is_possible () && gst_registry_check_feature_version
      (gst_registry_get (), "rtmp2sink", 1, 0, 0);
}

static gchar *
read_list (Tiers * t)
{
  gchar *path = g_build_filename (t->directory, "live", "cam1", "index.m3u8",
      NULL);
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  g_free (path);
  return text ? text : g_strdup ("");
}

static guint
count (Tiers * t, const gchar * tag)
{
  gchar *text = read_list (t), *at;
  guint n = 0;

  for (at = text; (at = strstr (at, tag)); at += strlen (tag))
    n++;
  g_free (text);
  return n;
}

static void
wait_for (Tiers * t, const gchar * tag, guint n)
{
  fail_unless_soon (count (t, tag) >= n);
}

/* Until so many segments are listed, however long the publisher was away. */
static void
wait_for_segments (Tiers * t, guint n)
{
  fail_unless_soon (count (t, "#EXTINF") >= n + count (t, "#EXT-X-GAP"));
}

/* Where each run begins, as the recording's list has it. */
static void
read_runs (Tiers * t)
{
  gchar *text = read_list (t), **lines = g_strsplit (text, "\n", -1);
  gboolean begins = TRUE, gap = FALSE;
  gint64 time = 0, duration = 0;
  gint run = -1;
  guint i;

  for (i = 0; lines[i]; i++) {
    if (g_str_has_prefix (lines[i], "#EXT-X-DISCONTINUITY"))
      begins = TRUE;
    else if (g_str_has_prefix (lines[i], "#EXT-X-GAP"))
      gap = TRUE;
    else if (g_str_has_prefix (lines[i], "#EXT-X-DVR-TIME:"))
      time = g_ascii_strtod (strchr (lines[i], ':') + 1, NULL) * GST_SECOND;
    else if (g_str_has_prefix (lines[i], "#EXTINF:"))
      duration = g_ascii_strtod (lines[i] + 8, NULL) * GST_SECOND;
    else if (lines[i][0] != '#' && lines[i][0] != '\0') {
      if (begins && !gap && ++run < TIERS_N_RUNS)
        t->runs[run].start = time;
      begins &= gap;
      gap = FALSE;
      time += duration;
    }
  }
  g_strfreev (lines);
  g_free (text);
}

static GstElement *
publish (guint16 port, guint run, gboolean live)
{
  NumberedRun picture = {.first = TIERS_FIRST (run),
    .n_frames = live ? G_MAXUINT16 : TIERS_LENGTH,
    .scale = run == 1 ? 2 : 1,.group = TIERS_GROUP,.live = live
  };
  gchar *sink = g_strdup_printf ("rtmp2sink sync=false "
      "location=rtmp://127.0.0.1:%u/live/cam1", port);
  GstElement *pipeline = numbered_play_run (&picture, sink);

  g_free (sink);
  return pipeline;
}

static void
publish_past (Tiers * t, guint16 port, guint run)
{
  GstElement *pipeline = publish (port, run, FALSE);

  check_wait_eos (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  t->runs[run].n_frames = TIERS_LENGTH;
  wait_for_segments (t, (run + 1) * TIERS_LENGTH / TIERS_GROUP / 2);
}

static guint16
record (Tiers * t)
{
  guint16 port = numbered_find_port ();

  t->recorder = check_launch ("rtmpingestsrc "
      "location=rtmp://127.0.0.1:%u/live/cam1 ! rtmpdvrsink location=%s "
      "stream=live/cam1 target-duration=" TARGET_DURATION, port, t->directory);
  gst_element_set_state (t->recorder, GST_STATE_PLAYING);
  fail_unless_equals_int (gst_element_get_state (t->recorder, NULL, NULL,
          120 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
  return port;
}

static void
serve (Tiers * t)
{
  gchar *upstream = g_strdup_printf ("file://%s", t->directory);
  guint i;

  for (i = 0; i < TIERS_N; i++) {
    t->port = numbered_find_port ();
    t->tiers[i] = numbered_run_tier (upstream, t->port);
    g_free (upstream);
    upstream = tiers_get_edge (t);
  }
  g_free (upstream);
}

void
tiers_setup (Tiers * t)
{
  guint16 port;

  memset (t, 0, sizeof (*t));
  t->directory = g_dir_make_tmp ("dvr-test-XXXXXX", NULL);
  port = record (t);
  publish_past (t, port, 0);
  publish_past (t, port, 1);
  serve (t);
  wait_for (t, "#EXT-X-GAP", N_GAPS);
  t->publisher = publish (port, 2, TRUE);
  wait_for_segments (t, 2 * TIERS_LENGTH / TIERS_GROUP / 2 + 2);
  read_runs (t);
  t->runs[2].n_frames = G_MAXUINT16;
}

void
tiers_teardown (Tiers * t)
{
  guint i;

  gst_element_set_state (t->publisher, GST_STATE_NULL);
  gst_object_unref (t->publisher);
  gst_element_set_state (t->recorder, GST_STATE_NULL);
  gst_object_unref (t->recorder);
  for (i = 0; i < TIERS_N; i++) {
    g_subprocess_force_exit (t->tiers[i]);
    g_subprocess_wait (t->tiers[i], NULL, NULL);
    g_object_unref (t->tiers[i]);
  }
  check_remove_tree (t->directory);
  g_free (t->directory);
}

gchar *
tiers_get_edge (Tiers * t)
{
  return g_strdup_printf ("http://127.0.0.1:%u", t->port);
}

/* Frames and times. */

/* The last run goes on beyond what the others may have. */
static guint
run_of (gint64 number)
{
  return MIN (number / TIERS_FIRST (1), TIERS_N_RUNS - 1);
}

static gint64
frame_of (gint64 number)
{
  return number - TIERS_FIRST (run_of (number));
}

gint64
tiers_time_of (Tiers * t, gint64 number)
{
  return t->runs[run_of (number)].start + frame_of (number) * (gint64) FRAME;
}

/* What is shown at @time, or where nothing is, next. */
gint64
tiers_frame_at (Tiers * t, gint64 time)
{
  guint i;

  for (i = 0; i < TIERS_N_RUNS; i++) {
    const TiersRun *run = &t->runs[i];

    if (time < run->start)
      return TIERS_FIRST (i);
    if (time < run->start + run->n_frames * (gint64) FRAME)
      return TIERS_FIRST (i) + (time - run->start) / (gint64) FRAME;
  }
  return -1;
}

/* What is shown last before @time. */
gint64
tiers_frame_before (Tiers * t, gint64 time)
{
  gint64 number = tiers_frame_at (t, time - 1);

  return tiers_time_of (t, number) < time ? number : tiers_previous (t, number);
}

gint64
tiers_next (Tiers * t, gint64 number)
{
  guint run = run_of (number);

  if (frame_of (number) + 1 < t->runs[run].n_frames)
    return number + 1;
  return TIERS_FIRST (run + 1);
}

/* -1: it is the first one. */
gint64
tiers_previous (Tiers * t, gint64 number)
{
  guint run = run_of (number);

  if (frame_of (number) > 0 || run == 0)
    return number - 1;
  return TIERS_FIRST (run - 1) + t->runs[run - 1].n_frames - 1;
}

gint64
tiers_key_before (gint64 number)
{
  return number - frame_of (number) % TIERS_GROUP;
}
