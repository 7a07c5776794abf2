/* dvr_keyplay.c: a player of keyframes only
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   dvr_keyplay LOCATION RATE START STOP
 *   dvr_keyplay LOCATION 0 TIME...
 *
 * Plays keyframes from second to second, as fast as they come; or, paused, shows
 * the keyframes at some seconds, as who drags a slider does. Says the times of
 * the decoded pictures, in milliseconds.
 */
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>

#define PATIENCE (120 * GST_SECOND)
#define KEYS (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS)

static void
on_picture (GstElement * sink, GstBuffer * buffer, GstPad * pad, gpointer data)
{
  printf ("%" G_GUINT64_FORMAT "\n", GST_BUFFER_PTS (buffer) / GST_MSECOND);
}

static gboolean
settle (GstElement * pipeline)
{
  return gst_element_get_state (pipeline, NULL, NULL, PATIENCE) ==
      GST_STATE_CHANGE_SUCCESS;
}

static gboolean
play (GstElement * pipeline, GstElement * sink, gchar ** args)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  gboolean ended = FALSE;

  g_signal_connect (sink, "handoff", G_CALLBACK (on_picture), NULL);
  if (gst_element_seek (pipeline, atof (args[0]), GST_FORMAT_TIME, KEYS,
          GST_SEEK_TYPE_SET, atoi (args[1]) * GST_SECOND, GST_SEEK_TYPE_SET,
          atoi (args[2]) * GST_SECOND)) {
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered (bus, PATIENCE,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    ended = message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
    g_clear_pointer (&message, gst_message_unref);
  }
  gst_object_unref (bus);
  return ended;
}

static gboolean
drag (GstElement * pipeline, GstElement * sink, gchar ** times)
{
  gboolean shown = TRUE;

  g_signal_connect (sink, "preroll-handoff", G_CALLBACK (on_picture), NULL);
  for (; *times && shown; times++)
    shown = gst_element_seek_simple (pipeline, GST_FORMAT_TIME,
        KEYS | GST_SEEK_FLAG_KEY_UNIT, atoi (*times) * GST_SECOND) &&
        settle (pipeline);
  return shown;
}

int
main (int argc, char **argv)
{
  GstElement *pipeline, *sink;
  gchar *description;
  gboolean done;

  gst_init (&argc, &argv);
  if (argc < 4 || (atof (argv[2]) != 0 && argc != 5)) {
    fprintf (stderr, "dvr_keyplay LOCATION RATE START STOP | 0 TIME...\n");
    return 2;
  }
  description = g_strdup_printf ("proxystreamsrc location=%s "
      "remote-name=live/cam1 ! segmentcache "
      "start=0 ! qtdemux ! h264parse ! avdec_h264 ! fakesink name=sink "
      "sync=false signal-handoffs=true", argv[1]);
  pipeline = gst_parse_launch (description, NULL);
  g_free (description);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  done = settle (pipeline) && (atof (argv[2]) == 0 ?
      drag (pipeline, sink, argv + 3) : play (pipeline, sink, argv + 2));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  return done ? 0 : 1;
}
