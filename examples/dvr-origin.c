/* dvr-origin.c: an application that records a stream and serves it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* usage: dvr-origin FLV-FILE DIRECTORY
 *
 * Records a file, serves the recording on any free port of this machine, tells
 * the port and every status, and ends with the recording. A real one would
 * have a live source in place of filesrc. */

#include <gst/gst.h>

static void
print_status (const GstStructure * status)
{
  g_print ("%s (%s): %s\n", gst_structure_get_string (status, "code"),
      gst_structure_get_string (status, "level"),
      gst_structure_get_string (status, "description"));
}

static void
print_segment (const GstStructure * segment)
{
  guint64 number = 0, duration = 0;

  gst_structure_get (segment, "number", G_TYPE_UINT64, &number, "duration",
      G_TYPE_UINT64, &duration, NULL);
  g_print ("recorded segment %" G_GUINT64_FORMAT " of %s, %.1f s\n", number,
      gst_structure_get_string (segment, "stream"),
      duration / (gdouble) GST_SECOND);
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  GMainLoop *loop = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:{
      const GstStructure *s = gst_message_get_structure (message);

      if (gst_structure_has_name (s, "dvr-status"))
        print_status (s);
      else if (gst_structure_has_name (s, "dvr-segment"))
        print_segment (s);
      break;
    }
    case GST_MESSAGE_EOS:
      g_main_loop_quit (loop);
      break;
    case GST_MESSAGE_ERROR:{
      GError *error = NULL;

      gst_message_parse_error (message, &error, NULL);
      g_printerr ("%s: %s\n", GST_MESSAGE_SRC_NAME (message), error->message);
      g_clear_error (&error);
      g_main_loop_quit (loop);
      break;
    }
    default:
      break;
  }

  return G_SOURCE_CONTINUE;
}

static GstElement *
run_pipeline (const gchar * description, GMainLoop * loop, GError ** error)
{
  GstElement *pipeline = gst_parse_launch (description, error);
  GstBus *bus;

  if (*error != NULL) {
    g_clear_pointer (&pipeline, gst_object_unref);
    return NULL;
  }
  bus = gst_pipeline_get_bus (GST_PIPELINE (pipeline));
  gst_bus_add_watch (bus, on_message, loop);
  gst_object_unref (bus);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);

  return pipeline;
}

static void
stop_pipeline (GstElement * pipeline)
{
  GstBus *bus = gst_pipeline_get_bus (GST_PIPELINE (pipeline));

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

int
main (int argc, char **argv)
{
  GstElement *recorder = NULL, *server, *sink;
  GError *error = NULL;
  GMainLoop *loop;
  gchar *line;
  gint port;

  gst_init (&argc, &argv);
  if (argc != 3) {
    g_printerr ("usage: %s FLV-FILE DIRECTORY\n", argv[0]);
    return 2;
  }

  loop = g_main_loop_new (NULL, FALSE);
  line = g_strdup_printf ("proxystreamsrc location=\"%s\" ! segmentcache ! "
      "dvrserversink name=server http-port=0", argv[2]);
  server = run_pipeline (line, loop, &error);
  g_free (line);
  if (server) {
    sink = gst_bin_get_by_name (GST_BIN (server), "server");
    g_object_get (sink, "current-http-port", &port, NULL);
    g_print ("serving http://localhost:%d/live/cam1/index.m3u8\n", port);
    gst_object_unref (sink);

    line = g_strdup_printf ("filesrc location=\"%s\" ! rtmpdvrsink "
        "location=\"%s\" stream=live/cam1", argv[1], argv[2]);
    recorder = run_pipeline (line, loop, &error);
    g_free (line);
  }
  if (error)
    g_printerr ("%s\n", error->message);
  else
    g_main_loop_run (loop);

  if (recorder)
    stop_pipeline (recorder);
  if (server)
    stop_pipeline (server);
  g_main_loop_unref (loop);
  g_clear_error (&error);

  return recorder ? 0 : 1;
}
