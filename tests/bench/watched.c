/* watched.c: a pipeline that tells how one of its elements is, for benchmarks
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* usage: watched ELEMENT MILLISECONDS PIPELINE...
 *
 * Plays the pipeline until it is killed, and prints the statistics of the
 * element of that name so often, a line of name=value each time. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <stdlib.h>

#include <gst/gst.h>

static gboolean
print_field (GQuark field, const GValue * value, gpointer user_data)
{
  if (G_VALUE_HOLDS_UINT64 (value))
    printf ("%s=%" G_GUINT64_FORMAT " ", g_quark_to_string (field),
        g_value_get_uint64 (value));
  return TRUE;
}

static gboolean
print_stats (gpointer element)
{
  GstStructure *stats = NULL;

  g_object_get (element, "stats", &stats, NULL);
  gst_structure_foreach (stats, print_field, NULL);
  gst_structure_free (stats);
  putchar ('\n');
  fflush (stdout);
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char **argv)
{
  GstElement *pipeline, *element;
  GError *error = NULL;

  gst_init (&argc, &argv);
  if (argc < 4)
    g_error ("usage: %s ELEMENT MILLISECONDS PIPELINE...", argv[0]);
  pipeline = gst_parse_launchv ((const gchar **) argv + 3, &error);
  if (error)
    g_error ("%s", error->message);
  element = gst_bin_get_by_name (GST_BIN (pipeline), argv[1]);
  if (!element)
    g_error ("there is no %s", argv[1]);
  if (gst_element_set_state (pipeline, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_FAILURE)
    g_error ("it does not play");
  g_timeout_add (atoi (argv[2]), print_stats, element);
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
  return 0;
}
