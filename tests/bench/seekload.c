/* seekload.c: how long a paused player takes to show another frame
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* usage: seekload URI seek|step N BEGIN END
 *
 * N seeks to random times between BEGIN and END (seconds), or N steps back, in
 * PAUSED. Prints median and 99th percentile in milliseconds: "byte", from the
 * event to the source's first byte (dvr:// only), "frame", to the frame. */

#include <stdlib.h>
#include <string.h>

#include <gst/gst.h>

#define TIMEOUT (20 * GST_SECOND)

typedef struct
{
  GstElement *playbin;
  GstElement *source;
  gint64 begun;                 /* monotonic, microseconds; 0: none */
  gint64 byte;
  GMutex lock;
} Load;

static void
die (const gchar * what)
{
  g_printerr ("%s\n", what);
  exit (1);
}

static GstPadProbeReturn
see_byte (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Load *load = user_data;

  g_mutex_lock (&load->lock);
  if (load->begun && !load->byte)
    load->byte = g_get_monotonic_time ();
  g_mutex_unlock (&load->lock);
  return GST_PAD_PROBE_OK;
}

static void
take_source (GstElement * playbin, GstElement * source, Load * load)
{
  GstPad *pad = gst_element_get_static_pad (source, "src");

  if (!g_signal_lookup ("step", G_OBJECT_TYPE (source)))
    return;
  load->source = source;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, see_byte, load, NULL);
  gst_object_unref (pad);
}

/* One thread, as the peers have. */
static void
set_threads (GstBin * bin, GstBin * sub_bin, GstElement * element,
    gpointer data)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element),
          "max-threads"))
    g_object_set (element, "max-threads", 1, NULL);
}

static GstElement *
make_sink (void)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  g_object_set (sink, "sync", TRUE, NULL);
  return sink;
}

static void
settle (Load * load)
{
  if (gst_element_get_state (load->playbin, NULL, NULL, TIMEOUT) !=
      GST_STATE_CHANGE_SUCCESS)
    die ("it does not settle");
}

/* Waits for a step's end. */
static void
wait_step (GstBus * bus)
{
  const gchar *code = NULL;

  while (TRUE) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, TIMEOUT,
        GST_MESSAGE_ELEMENT);

    if (!message)
      die ("no end of a step");
    code = gst_structure_get_string (gst_message_get_structure (message),
        "code");
    if (g_strcmp0 (code, "NetStream.Step.Failed") == 0)
      die (code);
    if (g_strcmp0 (code, "NetStream.Step.Notify") == 0) {
      gst_message_unref (message);
      return;
    }
    gst_message_unref (message);
  }
}

static void
go (Load * load, GstBus * bus, gboolean step, gdouble begin, gdouble end)
{
  gboolean begun = TRUE;

  g_mutex_lock (&load->lock);
  load->byte = 0;
  load->begun = g_get_monotonic_time ();
  g_mutex_unlock (&load->lock);
  if (step) {
    g_signal_emit_by_name (load->source, "step", -1, &begun);
    if (begun)
      wait_step (bus);
  } else {
    begun = gst_element_seek_simple (load->playbin, GST_FORMAT_TIME,
        GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
        g_random_double_range (begin, end) * GST_SECOND);
  }
  if (!begun)
    die ("refused");
  settle (load);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return *(const gint64 *) a < *(const gint64 *) b ? -1 : 1;
}

static void
print_times (const gchar * what, GArray * times)
{
  if (times->len == 0)
    return;
  g_array_sort (times, compare);
  g_print ("%s %.3f %.3f\n", what,
      g_array_index (times, gint64, times->len / 2) / 1000.0,
      g_array_index (times, gint64, times->len * 99 / 100) / 1000.0);
}

int
main (int argc, char **argv)
{
  GArray *bytes = g_array_new (FALSE, FALSE, sizeof (gint64));
  GArray *frames = g_array_new (FALSE, FALSE, sizeof (gint64));
  Load load = { NULL, };
  GstBus *bus;
  gint i;

  gst_init (&argc, &argv);
  if (argc != 6)
    die ("usage: seekload URI seek|step N BEGIN END");
  g_random_set_seed (1);
  load.playbin = gst_element_factory_make ("playbin", NULL);
  g_object_set (load.playbin, "uri", argv[1], "video-sink", make_sink (),
      "audio-sink", make_sink (), NULL);
  g_signal_connect (load.playbin, "source-setup", G_CALLBACK (take_source),
      &load);
  g_signal_connect (load.playbin, "deep-element-added",
      G_CALLBACK (set_threads), NULL);
  bus = gst_element_get_bus (load.playbin);
  gst_element_set_state (load.playbin, GST_STATE_PAUSED);
  settle (&load);
  /* what is in the buffer is what was played */
  if (strcmp (argv[2], "seek") == 0) {
    go (&load, bus, FALSE, atof (argv[4]), atof (argv[4]) + 0.001);
    go (&load, bus, FALSE, atof (argv[5]), atof (argv[5]) + 0.001);
  }
  for (i = 0; i < atoi (argv[3]); i++) {
    gint64 now;

    go (&load, bus, strcmp (argv[2], "step") == 0, atof (argv[4]),
        atof (argv[5]));
    now = g_get_monotonic_time () - load.begun;
    g_array_append_val (frames, now);
    now = load.byte - load.begun;
    if (load.byte)
      g_array_append_val (bytes, now);
  }
  print_times ("byte", bytes);
  print_times ("frame", frames);
  gst_element_set_state (load.playbin, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (load.playbin);
  return 0;
}
