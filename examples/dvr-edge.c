/* dvr-edge.c: an edge that drains before it ends
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* usage: dvr-edge LOCATION [HTTP-PORT [RTMP-PORT [GRACE]]]
 *
 * Serves what is at LOCATION. At SIGTERM or SIGINT it drains: /readyz says 503,
 * so that the balancer in front sends no more viewers, RTMP clients that can
 * are asked to connect elsewhere, and everybody is served on until he leaves,
 * GRACE seconds at most (30). A second signal ends it at once. */

#include <glib-unix.h>
#include <gst/gst.h>
#include <signal.h>
#include <stdlib.h>

typedef struct
{
  GMainLoop *loop;
  GstElement *pipeline;
  GstElement *server;
  gint64 deadline;
  guint grace;
  gboolean draining;
  gboolean failed;
} Edge;

/* Viewers over HTTP come and go with each request; what counts is who is
 * connected. */
static gboolean
check_empty (gpointer user_data)
{
  Edge *edge = user_data;
  GstStructure *stats;
  guint64 clients = 0;

  g_object_get (edge->server, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "clients", &clients);
  gst_structure_free (stats);
  if (clients > 0 && g_get_monotonic_time () < edge->deadline)
    return G_SOURCE_CONTINUE;
  g_print ("ends, %" G_GUINT64_FORMAT " viewers left\n", clients);
  g_main_loop_quit (edge->loop);
  return G_SOURCE_REMOVE;
}

static gboolean
on_signal (gpointer user_data)
{
  Edge *edge = user_data;

  if (edge->draining) {
    g_main_loop_quit (edge->loop);
    return G_SOURCE_CONTINUE;
  }
  g_print ("drains\n");
  edge->draining = TRUE;
  edge->deadline = g_get_monotonic_time () + edge->grace * G_USEC_PER_SEC;
  gst_element_send_event (edge->pipeline, gst_event_new_eos ());
  g_timeout_add (200, check_empty, edge);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Edge *edge = user_data;
  GError *error = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  gst_message_parse_error (message, &error, NULL);
  g_printerr ("%s: %s\n", GST_MESSAGE_SRC_NAME (message), error->message);
  g_clear_error (&error);
  edge->failed = TRUE;
  g_main_loop_quit (edge->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
start (Edge * edge, const gchar * location, gint http_port, gint rtmp_port)
{
  GError *error = NULL;
  GstElement *source;
  GstBus *bus;

  edge->pipeline = gst_parse_launch ("proxystreamsrc name=source ! "
      "segmentcache ! dvrserversink name=server", &error);
  if (error) {
    g_printerr ("%s\n", error->message);
    g_clear_error (&error);
    return FALSE;
  }
  source = gst_bin_get_by_name (GST_BIN (edge->pipeline), "source");
  g_object_set (source, "location", location, NULL);
  gst_object_unref (source);
  edge->server = gst_bin_get_by_name (GST_BIN (edge->pipeline), "server");
  g_object_set (edge->server, "http-port", http_port, "rtmp-port", rtmp_port,
      NULL);
  bus = gst_pipeline_get_bus (GST_PIPELINE (edge->pipeline));
  gst_bus_add_watch (bus, on_message, edge);
  gst_object_unref (bus);
  if (gst_element_set_state (edge->pipeline, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_FAILURE)
    return FALSE;
  g_object_get (edge->server, "current-http-port", &http_port,
      "current-rtmp-port", &rtmp_port, NULL);
  g_print ("serving http port %d, rtmp port %d\n", http_port, rtmp_port);
  return TRUE;
}

int
main (int argc, char **argv)
{
  Edge edge = { NULL, };

  gst_init (&argc, &argv);
  if (argc < 2 || argc > 5) {
    g_printerr ("usage: %s LOCATION [HTTP-PORT [RTMP-PORT [GRACE]]]\n",
        argv[0]);
    return 2;
  }
  edge.loop = g_main_loop_new (NULL, FALSE);
  edge.grace = argc > 4 ? atoi (argv[4]) : 30;
  g_unix_signal_add (SIGTERM, on_signal, &edge);
  g_unix_signal_add (SIGINT, on_signal, &edge);
  if (start (&edge, argv[1], argc > 2 ? atoi (argv[2]) : 8080,
          argc > 3 ? atoi (argv[3]) : -1))
    g_main_loop_run (edge.loop);
  else
    edge.failed = TRUE;
  if (edge.pipeline) {
    GstBus *bus = gst_pipeline_get_bus (GST_PIPELINE (edge.pipeline));

    gst_element_set_state (edge.pipeline, GST_STATE_NULL);
    gst_bus_remove_watch (bus);
    gst_object_unref (bus);
    gst_clear_object (&edge.server);
    gst_object_unref (edge.pipeline);
  }
  g_main_loop_unref (edge.loop);
  return edge.failed;
}
