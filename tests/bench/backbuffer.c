/* backbuffer.c: what a long back buffer takes
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* usage: backbuffer URI SECONDS
 *
 * Plays dvr:// into sinks that wait for nothing and have no clock, so that what
 * was played is behind the playhead at once. Prints how much memory the process
 * has (VmRSS, KiB): "begun" when playing begins, "filled" when SECONDS are in
 * the back buffer, "sought" after a seek into every two of them; and of these
 * seeks, in ms, median and 99th percentile: "byte", from the event to the first
 * byte out of the source; "inside", how many were in the buffer. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gst/gst.h>

#include "benchutil.h"

#define TIMEOUT (180 * G_TIME_SPAN_SECOND)
#define MAX_MEMORY (G_GUINT64_CONSTANT (4) << 30)
#define STEP (2 * GST_SECOND)

typedef struct
{
  GstElement *pipeline;
  GstElement *source;
  GstBus *bus;
  GMutex lock;
  GCond come;
  gint64 byte;                  /* monotonic, nanoseconds; 0: none yet */
} Player;

static guint
get_memory (void)
{
  gchar *text, *at;
  guint kib;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL) ||
      !(at = strstr (text, "VmRSS:")))
    die ("no VmRSS");
  kib = atoi (at + strlen ("VmRSS:"));
  g_free (text);
  return kib;
}

static GstPadProbeReturn
see_byte (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Player *player = user_data;

  g_mutex_lock (&player->lock);
  if (!player->byte) {
    player->byte = now_ns ();
    g_cond_broadcast (&player->come);
  }
  g_mutex_unlock (&player->lock);
  return GST_PAD_PROBE_OK;
}

static void
link_pad (GstElement * demuxer, GstPad * pad, GstBin * pipeline)
{
  GstPad *to = gst_bin_find_unlinked_pad (pipeline, GST_PAD_SINK);

  if (!to || gst_pad_link (pad, to) != GST_PAD_LINK_OK)
    die ("more tracks than two");
  gst_object_unref (to);
}

static void
make (Player * player, const gchar * uri, guint64 seconds)
{
  GError *error = NULL;
  gchar *text = g_strdup_printf ("dvrsrc name=s uri=%s back-buffer-time=%"
      G_GUINT64_FORMAT " max-memory=%" G_GUINT64_FORMAT " ! qtdemux name=d "
      "queue ! fakesink sync=false queue ! fakesink sync=false", uri,
      (seconds + 60) * GST_SECOND, MAX_MEMORY);
  GstElement *demuxer;
  GstPad *pad;

  player->pipeline = gst_parse_launch (text, &error);
  if (error)
    die (error->message);
  g_free (text);
  gst_pipeline_use_clock (GST_PIPELINE (player->pipeline), NULL);
  demuxer = gst_bin_get_by_name (GST_BIN (player->pipeline), "d");
  g_signal_connect (demuxer, "pad-added", G_CALLBACK (link_pad),
      player->pipeline);
  gst_object_unref (demuxer);
  player->source = gst_bin_get_by_name (GST_BIN (player->pipeline), "s");
  pad = gst_element_get_static_pad (player->source, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, see_byte, player, NULL);
  gst_object_unref (pad);
  player->bus = gst_element_get_bus (player->pipeline);
}

static void
play (Player * player, guint64 seconds)
{
  GstMessage *message;
  guint64 length;

  gst_element_set_state (player->pipeline, GST_STATE_PAUSED);
  gst_element_get_state (player->pipeline, NULL, NULL, TIMEOUT * GST_USECOND);
  g_print ("begun %u\n", get_memory ());
  gst_element_set_state (player->pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (player->bus, TIMEOUT * GST_USECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (!message || GST_MESSAGE_TYPE (message) != GST_MESSAGE_EOS)
    die ("it did not play to the end");
  gst_message_unref (message);
  g_object_get (player->source, "back-buffer-length", &length, NULL);
  if (length < (seconds - 1) * GST_SECOND)
    die ("the back buffer is shorter than that");
  g_print ("filled %u\n", get_memory ());
}

static gint64
seek (Player * player, GstClockTime time)
{
  gint64 begun, end = g_get_monotonic_time () + TIMEOUT, byte;

  g_mutex_lock (&player->lock);
  player->byte = 0;
  g_mutex_unlock (&player->lock);
  begun = now_ns ();
  if (!gst_element_seek (player->pipeline, 1.0, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET,
          time, GST_SEEK_TYPE_SET, time + STEP))
    die ("a seek was refused");
  g_mutex_lock (&player->lock);
  while (!player->byte)
    if (!g_cond_wait_until (&player->come, &player->lock, end))
      die ("nothing came after a seek");
  byte = player->byte;
  g_mutex_unlock (&player->lock);
  return byte - begun;
}

/* Waits until the seek is told of; whether it was in the buffer. */
static gboolean
was_inside (Player * player)
{
  GstMessage *message;
  gboolean inside = FALSE, told = FALSE;

  while (!told && (message = gst_bus_timed_pop_filtered (player->bus,
              TIMEOUT * GST_USECOND, GST_MESSAGE_ELEMENT))) {
    const GstStructure *s = gst_message_get_structure (message);

    told = g_strcmp0 (gst_structure_get_string (s, "code"),
        "NetStream.Seek.Notify") == 0;
    inside = told && strstr (gst_structure_get_string (s, "description"),
        "client-inBufferSeek");
    gst_message_unref (message);
  }
  return inside;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return *(const gint64 *) a < *(const gint64 *) b ? -1 : 1;
}

static void
seek_all (Player * player, guint64 seconds)
{
  GArray *times = g_array_new (FALSE, FALSE, sizeof (gint64));
  GstClockTime at;
  guint inside = 0;

  for (at = STEP; at < seconds * GST_SECOND - STEP; at += STEP) {
    gint64 time = seek (player, at + 1300 * GST_MSECOND);

    g_array_append_val (times, time);
    inside += was_inside (player);
  }
  g_print ("sought %u\n", get_memory ());
  g_array_sort (times, compare);
  g_print ("byte %.3f %.3f\n", g_array_index (times, gint64, times->len / 2) /
      1e6, g_array_index (times, gint64, times->len * 99 / 100) / 1e6);
  g_print ("inside %u %u\n", inside, times->len);
  g_array_unref (times);
}

int
main (int argc, char **argv)
{
  Player player = { NULL, };

  gst_init (&argc, &argv);
  if (argc != 3)
    die ("usage: backbuffer URI SECONDS");
  make (&player, argv[1], atoi (argv[2]));
  play (&player, atoi (argv[2]));
  seek_all (&player, atoi (argv[2]));
  gst_element_set_state (player.pipeline, GST_STATE_NULL);
  gst_object_unref (player.source);
  gst_object_unref (player.bus);
  gst_object_unref (player.pipeline);
  return 0;
}
