/* checkutil.c: what tests of all kinds share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <string.h>

#include "checkutil.h"

/* For what hangs. */
#define WAIT (120 * G_TIME_SPAN_SECOND)

/* All that is there. */
void
check_remove_tree (const gchar * path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    gchar *child = g_build_filename (path, name, NULL);

    check_remove_tree (child);
    g_free (child);
  }
  if (dir)
    g_dir_close (dir);
  g_remove (path);
}

/* A watch that is removed may be called still: it has a reference. */
typedef struct
{
  GMutex lock;
  GCond changed;
} Waiter;

static Waiter *
waiter_new (void)
{
  Waiter *waiter = g_atomic_rc_box_new0 (Waiter);

  g_mutex_init (&waiter->lock);
  g_cond_init (&waiter->changed);
  return waiter;
}

static void
waiter_clear (gpointer data)
{
  Waiter *waiter = data;

  g_mutex_clear (&waiter->lock);
  g_cond_clear (&waiter->changed);
}

static void
waiter_unref (gpointer waiter)
{
  g_atomic_rc_box_release_full (waiter, waiter_clear);
}

static void
wake (Waiter * waiter)
{
  g_mutex_lock (&waiter->lock);
  g_cond_signal (&waiter->changed);
  g_mutex_unlock (&waiter->lock);
}

static void
timeline_changed (GstDvrTimeline * timeline, gpointer waiter)
{
  wake (waiter);
}

static void
segment_changed (GstDvrSegment * segment, gpointer waiter)
{
  wake (waiter);
}

static gboolean
is_before (GstDvrTimeline * timeline, guint64 version)
{
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (timeline, &info);
  return info.version < version;
}

/* Until it has that version, or the monotonic time is over. */
void
check_wait_timeline (GstDvrTimeline * timeline, guint64 version, gint64 until)
{
  Waiter *waiter = waiter_new ();
  gulong watch = gst_dvr_timeline_add_watch (timeline, timeline_changed,
      g_atomic_rc_box_acquire (waiter), waiter_unref);

  g_mutex_lock (&waiter->lock);
  while (is_before (timeline, version)
      && g_cond_wait_until (&waiter->changed, &waiter->lock, until));
  g_mutex_unlock (&waiter->lock);
  gst_dvr_timeline_remove_watch (timeline, watch);
  waiter_unref (waiter);
}

/* Until it has that many bytes, or parts, or has ended. */
GstDvrSegmentState
check_wait_segment (GstDvrSegment * segment, guint64 bytes, guint parts)
{
  gint64 until = g_get_monotonic_time () + WAIT;
  Waiter *waiter = waiter_new ();
  gulong watch = gst_dvr_segment_add_watch (segment, segment_changed,
      g_atomic_rc_box_acquire (waiter), waiter_unref);

  g_mutex_lock (&waiter->lock);
  while (gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_FILLING
      && gst_dvr_segment_get_size (segment) < bytes
      && gst_dvr_segment_get_n_parts (segment) < parts)
    fail_unless (g_cond_wait_until (&waiter->changed, &waiter->lock, until),
        "the segment stays at %" G_GUINT64_FORMAT " bytes, %u parts",
        gst_dvr_segment_get_size (segment),
        gst_dvr_segment_get_n_parts (segment));
  g_mutex_unlock (&waiter->lock);
  gst_dvr_segment_remove_watch (segment, watch);
  waiter_unref (waiter);
  return gst_dvr_segment_get_state (segment);
}

/* @property: a guint64 of @object's */
guint64
check_get_uint64 (gpointer object, const gchar * property)
{
  guint64 value;

  g_object_get (object, property, &value, NULL);
  return value;
}

/* Returns: (transfer full): what it says */
GstDvrPlaylist *
check_parse_playlist (const gchar * text)
{
  GError *error = NULL;
  GstDvrPlaylist *playlist = gst_dvr_playlist_parse (text, strlen (text),
      &error);

  fail_unless (playlist != NULL, "%s\n%s", error ? error->message : "", text);
  return playlist;
}

/* Returns: (transfer full): what the file says */
GstDvrPlaylist *
check_read_playlist (const gchar * path)
{
  GError *error = NULL;
  GstDvrPlaylist *playlist;
  gchar *text;

  fail_unless (g_file_get_contents (path, &text, NULL, &error), "%s",
      error ? error->message : "");
  playlist = check_parse_playlist (text);
  g_free (text);
  return playlist;
}

/* Returns: (transfer full): a pipeline, not running yet */
GstElement *
check_launch (const gchar * format, ...)
{
  GError *error = NULL;
  GstElement *pipeline;
  gchar *line;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  pipeline = gst_parse_launch (line, &error);
  fail_unless (pipeline && !error, "%s: %s", line, error ? error->message : "");
  g_free (line);
  return pipeline;
}

static void
link_pad (GstElement * demux, GstPad * pad, GstElement * pipeline)
{
  gboolean video = g_str_has_prefix (GST_PAD_NAME (pad), "video");
  GstElement *queue = gst_bin_get_by_name (GST_BIN (pipeline),
      video ? "vq" : "aq");
  GstPad *sink = gst_element_get_static_pad (queue, "sink");

  gst_pad_link (pad, sink);
  gst_object_unref (sink);
  gst_object_unref (queue);
}

/* What the demuxer "d" finds goes to the queues "vq" and "aq". */
void
check_link_demuxed (GstElement * pipeline)
{
  GstElement *demux = gst_bin_get_by_name (GST_BIN (pipeline), "d");

  g_signal_connect (demux, "pad-added", G_CALLBACK (link_pad), pipeline);
  gst_object_unref (demux);
}

/* Until the pipeline is at its end. */
void
check_wait_eos (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, 300 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  fail_unless (message != NULL, "the pipeline does not end");
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_object_unref (bus);
}

/* Plays it to its end. @pipeline: (transfer full) */
void
check_run (GstElement * pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  check_wait_eos (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}
