/* seekload.c: how long a paused player takes to show another frame
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* usage: seekload URI seek|step N BEGIN END [bare|download|ring]
 *
 * N seeks to random times between BEGIN and END (seconds), or N steps back, in
 * PAUSED, in playbin, with one thread per decoder. "bare" is the source, qtdemux
 * and sinks, without decoders. "download" and "ring" make playbin put a
 * downloadbuffer or a queue2 with a ring buffer behind an HTTP source; they are
 * filled first.
 *
 * Says "ready" and waits for a line, works, says "done" and waits for another,
 * so that a server's requests can be counted meanwhile. Then prints median and
 * 99th percentile in milliseconds: "byte", from the event to the first byte of
 * media out of the source (dvr:// only), "frame", to the frame; and "inside",
 * how many seeks were in the buffer. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gst/gst.h>

#include "benchutil.h"

#define TIMEOUT (20 * GST_SECOND)
#define RING_SIZE (64 * 1024 * 1024)
#define BUFFER_TIME (10 * GST_SECOND)
/* of playbin's flags */
#define FLAG_DOWNLOAD (1 << 7)

typedef struct
{
  GstElement *player;
  GstElement *source;
  GstElement *buffer;           /* downloadbuffer or queue2 */
  const gchar *buffer_name;
  GMutex lock;
  gint64 begun;                 /* monotonic, nanoseconds; 0: none */
  gint64 byte;
  guint inside;
} Load;

/* An init section, or what only clears a demuxer, is no media. */
static gboolean
has_media (GstBuffer * buffer)
{
  guint8 head[8];
  gsize at = 0;

  while (gst_buffer_extract (buffer, at, head, 8) == 8) {
    if (memcmp (head + 4, "mdat", 4) == 0)
      return TRUE;
    at += MAX (GST_READ_UINT32_BE (head), 8);
  }
  return FALSE;
}

static GstPadProbeReturn
see_byte (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Load *load = user_data;
  gint64 time = now_ns ();

  g_mutex_lock (&load->lock);
  if (load->begun && !load->byte && has_media (info->data))
    load->byte = time;
  g_mutex_unlock (&load->lock);
  return GST_PAD_PROBE_OK;
}

static void
watch_source (Load * load, GstElement * source)
{
  GstPad *pad = gst_element_get_static_pad (source, "src");

  load->source = source;
  g_object_set (source, "buffer-time", BUFFER_TIME, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, see_byte, load, NULL);
  gst_object_unref (pad);
}

static void
take_source (GstElement * player, GstElement * source, Load * load)
{
  if (g_signal_lookup ("step", G_OBJECT_TYPE (source)))
    watch_source (load, source);
}

/* One thread, as the peers have; and the buffer that is to be compared. */
static void
see_element (GstBin * bin, GstBin * sub_bin, GstElement * element, Load * load)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element),
          "max-threads"))
    g_object_set (element, "max-threads", 1, NULL);
  if (factory && g_strcmp0 (GST_OBJECT_NAME (factory), load->buffer_name) == 0)
    load->buffer = element;
}

static GstElement *
make_sink (void)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  g_object_set (sink, "sync", TRUE, NULL);
  return sink;
}

/* A track's pad goes to a queue that has none yet. */
static void
link_pad (GstElement * demuxer, GstPad * pad, GstBin * player)
{
  GstPad *to = gst_bin_find_unlinked_pad (player, GST_PAD_SINK);

  if (!to || gst_pad_link (pad, to) != GST_PAD_LINK_OK)
    die ("more tracks than two");
  gst_object_unref (to);
}

static void
make_bare (Load * load, const gchar * uri)
{
  GstElement *source = gst_element_make_from_uri (GST_URI_SRC, uri, NULL,
      NULL);
  GstElement *demuxer = gst_element_factory_make ("qtdemux", NULL);
  guint i;

  if (!source)
    die ("no source for this URI");
  load->player = gst_pipeline_new (NULL);
  gst_bin_add_many (GST_BIN (load->player), source, demuxer, NULL);
  gst_element_link (source, demuxer);
  for (i = 0; i < 2; i++) {
    GstElement *queue = gst_element_factory_make ("queue", NULL);
    GstElement *sink = make_sink ();

    gst_bin_add_many (GST_BIN (load->player), queue, sink, NULL);
    gst_element_link (queue, sink);
  }
  g_signal_connect (demuxer, "pad-added", G_CALLBACK (link_pad), load->player);
  watch_source (load, source);
}

static void
make_player (Load * load, const gchar * uri, const gchar * kind)
{
  GObject *player;

  load->player = gst_element_factory_make ("playbin", NULL);
  player = G_OBJECT (load->player);
  g_object_set (player, "uri", uri, "video-sink", make_sink (), "audio-sink",
      make_sink (), NULL);
  if (strcmp (kind, "download") == 0) {
    guint flags;

    g_object_get (player, "flags", &flags, NULL);
    g_object_set (player, "flags", flags | FLAG_DOWNLOAD, NULL);
    load->buffer_name = "downloadbuffer";
  }
  if (strcmp (kind, "ring") == 0) {
    g_object_set (player, "ring-buffer-max-size", (guint64) RING_SIZE, NULL);
    load->buffer_name = "queue2";
  }
  g_signal_connect (player, "source-setup", G_CALLBACK (take_source), load);
  g_signal_connect (player, "deep-element-added", G_CALLBACK (see_element),
      load);
}

static void
settle (Load * load)
{
  if (gst_element_get_state (load->player, NULL, NULL, TIMEOUT) !=
      GST_STATE_CHANGE_SUCCESS)
    die ("it does not settle");
}

static const gchar *
get_code (GstMessage * message)
{
  const GstStructure *s = gst_message_get_structure (message);

  return s ? gst_structure_get_string (s, "code") : NULL;
}

/* All of the file is in the buffer. */
static void
fill (Load * load, GstBus * bus)
{
  gint64 end = now_ns () + TIMEOUT, stop = 0;

  if (!load->buffer)
    die ("the buffer to compare with is not there");
  while (stop < GST_FORMAT_PERCENT_MAX) {
    GstQuery *query = gst_query_new_buffering (GST_FORMAT_PERCENT);
    GstMessage *message = gst_bus_timed_pop_filtered (bus, 20 * GST_MSECOND,
        GST_MESSAGE_ERROR);

    if (message || now_ns () > end)
      die ("the buffer does not fill");
    if (gst_element_query (load->buffer, query))
      gst_query_parse_buffering_range (query, NULL, NULL, &stop, NULL);
    gst_query_unref (query);
  }
}

/* Waits for a step's end. */
static void
wait_step (GstBus * bus)
{
  gboolean done = FALSE;

  while (!done) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, TIMEOUT,
        GST_MESSAGE_ELEMENT);

    if (!message)
      die ("no end of a step");
    if (g_strcmp0 (get_code (message), "NetStream.Step.Failed") == 0)
      die ("a step failed");
    done = g_strcmp0 (get_code (message), "NetStream.Step.Notify") == 0;
    gst_message_unref (message);
  }
}

static void
count_inside (Load * load, GstBus * bus)
{
  GstMessage *message;

  while ((message = gst_bus_pop (bus))) {
    const GstStructure *s = gst_message_get_structure (message);

    if (g_strcmp0 (get_code (message), "NetStream.Seek.Notify") == 0 &&
        strstr (gst_structure_get_string (s, "description"),
            "client-inBufferSeek"))
      load->inside++;
    gst_message_unref (message);
  }
}

static void
go (Load * load, GstBus * bus, gboolean step, gdouble begin, gdouble end)
{
  gint64 time = g_random_double_range (begin, end) * GST_SECOND;
  gboolean begun = TRUE;

  g_mutex_lock (&load->lock);
  load->byte = 0;
  load->begun = now_ns ();
  g_mutex_unlock (&load->lock);
  if (step) {
    g_signal_emit_by_name (load->source, "step", -1, &begun);
    if (begun)
      wait_step (bus);
  } else {
    begun = gst_element_seek_simple (load->player, GST_FORMAT_TIME,
        GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, time);
  }
  if (!begun)
    die ("refused");
  settle (load);
}

/* All that is sought in is in the buffer. */
static void
warm_up (Load * load, GstBus * bus, gdouble begin, gdouble end)
{
  gint64 deadline = now_ns () + TIMEOUT;
  guint64 length = 0;
  guint i;

  go (load, bus, FALSE, begin, begin + 0.001);
  while (load->source && length < (end - begin) * GST_SECOND) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, 20 * GST_MSECOND,
        GST_MESSAGE_ERROR);

    if (message || now_ns () > deadline)
      die ("the source does not fill its buffer");
    g_object_get (load->source, "buffer-length", &length, NULL);
  }
  for (i = 0; i < 20; i++)
    go (load, bus, FALSE, begin, end);
  go (load, bus, FALSE, end, end + 0.001);
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
      g_array_index (times, gint64, times->len / 2) / 1e6,
      g_array_index (times, gint64, times->len * 99 / 100) / 1e6);
}

static void
wait_line (const gchar * what)
{
  gint c;

  g_print ("%s\n", what);
  while ((c = getchar ()) != '\n' && c != EOF);
}

static void
work (Load * load, GstBus * bus, gint n, gboolean step, gdouble begin,
    gdouble end)
{
  GArray *bytes = g_array_new (FALSE, FALSE, sizeof (gint64));
  GArray *frames = g_array_new (FALSE, FALSE, sizeof (gint64));

  wait_line ("ready");
  count_inside (load, bus);
  load->inside = 0;
  for (; n > 0; n--) {
    gint64 time;

    go (load, bus, step, begin, end);
    time = now_ns () - load->begun;
    g_array_append_val (frames, time);
    time = load->byte - load->begun;
    if (load->byte)
      g_array_append_val (bytes, time);
    count_inside (load, bus);
  }
  wait_line ("done");
  print_times ("byte", bytes);
  print_times ("frame", frames);
  g_print ("inside %u\n", load->inside);
  g_array_unref (bytes);
  g_array_unref (frames);
}

int
main (int argc, char **argv)
{
  Load load = { NULL, };
  gdouble begin, end;
  gboolean step;
  GstBus *bus;

  gst_init (&argc, &argv);
  if (argc < 6)
    die ("usage: seekload URI seek|step N BEGIN END [bare|download|ring]");
  g_random_set_seed (1);
  step = strcmp (argv[2], "step") == 0;
  begin = atof (argv[4]);
  end = atof (argv[5]);
  if (argc > 6 && strcmp (argv[6], "bare") == 0)
    make_bare (&load, argv[1]);
  else
    make_player (&load, argv[1], argc > 6 ? argv[6] : "");
  bus = gst_element_get_bus (load.player);
  gst_element_set_state (load.player, GST_STATE_PAUSED);
  settle (&load);
  if (load.buffer_name)
    fill (&load, bus);
  if (!step)
    warm_up (&load, bus, begin, end);
  work (&load, bus, atoi (argv[3]), step, begin, end);
  gst_element_set_state (load.player, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (load.player);
  return 0;
}
