/* loss.c: a live stream whose server goes away under its player
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "numbered.h"

#define TIMEOUT (40 * G_TIME_SPAN_SECOND)

typedef struct
{
  Numbered numbered;
  GstElement *pipeline;
  GstBus *bus;
  GMutex lock;
  GCond wake;
  GArray *shown;                /* gint64 */
  GArray *times;                /* gint64, monotonic, of each */
  gboolean obey;
  const gchar *buffer;          /* how that is, as last told */
} Fixture;

static void
show (GstElement * sink, GstBuffer * buffer, GstPad * pad, Fixture * f)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  gint64 number = numbered_read_buffer (buffer, caps);
  gint64 now = g_get_monotonic_time ();

  gst_caps_unref (caps);
  g_mutex_lock (&f->lock);
  g_array_append_val (f->shown, number);
  g_array_append_val (f->times, now);
  g_cond_broadcast (&f->wake);
  g_mutex_unlock (&f->lock);
}

static guint
count_segments (Fixture * f)
{
  gchar *path = g_build_filename (f->numbered.directory, "live", "cam1",
      "index.m3u8", NULL), *text = NULL, *at;
  guint n = 0;

  g_file_get_contents (path, &text, NULL, NULL);
  for (at = text; at && (at = strstr (at, "#EXTINF")); at++)
    n++;
  g_free (text);
  g_free (path);
  return n;
}

static void
wait_segments (Fixture * f, guint n)
{
  gint64 until = g_get_monotonic_time () + TIMEOUT;

  while (count_segments (f) < n) {
    fail_unless (g_get_monotonic_time () < until);
    g_usleep (10000);
  }
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

static void
pause_now (GstElement * pipeline, gpointer user_data)
{
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
}

static void
play_now (GstElement * pipeline, gpointer user_data)
{
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
}

/* Obeys what the element says of buffering, as players do, or not. */
static GstBusSyncReply
take_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  const GstStructure *s = gst_message_get_structure (message);
  Fixture *f = user_data;
  const gchar *code;
  gint percent;

  fail_if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_BUFFERING && f->obey) {
    gst_message_parse_buffering (message, &percent);
    gst_element_call_async (f->pipeline, percent < 100 ? pause_now : play_now,
        NULL, NULL);
  } else if (gst_message_has_name (message, "dvr-status")) {
    code = gst_structure_get_string (s, "code");
    g_mutex_lock (&f->lock);
    if (g_str_has_prefix (code, "NetStream.Buffer."))
      f->buffer = g_intern_string (code);
    g_cond_broadcast (&f->wake);
    g_mutex_unlock (&f->lock);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* Sinks that drop what is late, as those that show pictures do. */
static void
setup (Fixture * f, gboolean obey)
{
  GError *error = NULL;
  GstElement *demux, *sink;
  gchar *text;

  memset (f, 0, sizeof (*f));
  f->obey = obey;
  g_mutex_init (&f->lock);
  g_cond_init (&f->wake);
  f->shown = g_array_new (FALSE, FALSE, sizeof (gint64));
  f->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  numbered_record (&f->numbered, G_MAXUINT16, TRUE);
  wait_segments (f, 4);
  numbered_serve (&f->numbered);
  text = g_strdup_printf ("proxystreamsrc location=http://127.0.0.1:%u "
      "remote-name=live/cam1 retry-delay=100000000 max-retry-delay=200000000 "
      "! segmentcache start=-6000000000 buffer-time=2000000000 ! qtdemux name=d "
      "queue name=vq ! h264parse ! avdec_h264 ! fakesink name=v sync=true "
      "max-lateness=500000000 signal-handoffs=true "
      "queue name=aq ! aacparse ! avdec_aac ! fakesink sync=true "
      "max-lateness=500000000", f->numbered.port);
  f->pipeline = gst_parse_launch (text, &error);
  fail_unless (error == NULL, "%s", error ? error->message : "");
  g_free (text);
  demux = gst_bin_get_by_name (GST_BIN (f->pipeline), "d");
  g_signal_connect (demux, "pad-added", G_CALLBACK (link_pad), f->pipeline);
  gst_object_unref (demux);
  sink = gst_bin_get_by_name (GST_BIN (f->pipeline), "v");
  g_signal_connect (sink, "handoff", G_CALLBACK (show), f);
  gst_object_unref (sink);
  f->bus = gst_element_get_bus (f->pipeline);
  gst_bus_set_sync_handler (f->bus, take_message, f, NULL);
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
}

static void
teardown (Fixture * f)
{
  gst_element_set_state (f->pipeline, GST_STATE_NULL);
  gst_object_unref (f->bus);
  gst_object_unref (f->pipeline);
  numbered_clear (&f->numbered);
  g_array_unref (f->shown);
  g_array_unref (f->times);
  g_cond_clear (&f->wake);
  g_mutex_clear (&f->lock);
}

static guint
n_shown (Fixture * f)
{
  guint n;

  g_mutex_lock (&f->lock);
  n = f->shown->len;
  g_mutex_unlock (&f->lock);
  return n;
}

static void
wait_shown (Fixture * f, guint n)
{
  gint64 until = g_get_monotonic_time () + TIMEOUT;

  g_mutex_lock (&f->lock);
  while (f->shown->len < n)
    fail_unless (g_cond_wait_until (&f->wake, &f->lock, until),
        "%u frames are shown, not %u", f->shown->len, n);
  g_mutex_unlock (&f->lock);
}

/* Until nothing more is shown for a while. */
static void
wait_still (Fixture * f)
{
  gint64 until = g_get_monotonic_time () + TIMEOUT;
  guint n;

  g_mutex_lock (&f->lock);
  do {
    fail_unless (g_get_monotonic_time () < until);
    n = f->shown->len;
    g_cond_wait_until (&f->wake, &f->lock, g_get_monotonic_time () +
        400 * G_TIME_SPAN_MILLISECOND);
  } while (f->shown->len > n);
  g_mutex_unlock (&f->lock);
}

static void
wait_status (Fixture * f, const gchar * code)
{
  gint64 until = g_get_monotonic_time () + TIMEOUT;

  g_mutex_lock (&f->lock);
  while (g_strcmp0 (f->buffer, code) != 0)
    fail_unless (g_cond_wait_until (&f->wake, &f->lock, until), "no %s", code);
  g_mutex_unlock (&f->lock);
}

/* Every frame was shown once, but for @lost at most, and, from the one at @from
 * on, at its pace. */
static void
expect_all (Fixture * f, guint from, guint lost)
{
  gint64 begin, number, took;
  guint i, n;

  g_mutex_lock (&f->lock);
  n = f->shown->len;
  begin = g_array_index (f->shown, gint64, 0);
  for (i = 0; i < n; i++) {
    number = g_array_index (f->shown, gint64, i);
    while (lost > 0 && number > begin + i) {
      begin++;
      lost--;
    }
    fail_unless_equals_int64 (number, begin + i);
  }
  took = g_array_index (f->times, gint64, n - 1) -
      g_array_index (f->times, gint64, from);
  g_mutex_unlock (&f->lock);
  fail_unless (took > (n - 1 - from) * 30 * G_TIME_SPAN_MILLISECOND,
      "%u frames in %" G_GINT64_FORMAT " us", n - 1 - from, took);
}

/* What is buffered is played, and nothing is missing when the server is back,
 * whether the application pauses meanwhile or not. */
GST_START_TEST (test_server_goes_and_comes_back)
{
  gboolean obey = __i__ == 1;
  guint before, after;
  Fixture f;

  setup (&f, obey);
  wait_shown (&f, 20);
  numbered_unserve (&f.numbered);
  before = n_shown (&f);
  wait_status (&f, "NetStream.Buffer.Empty");
  wait_still (&f);
  after = n_shown (&f);
  /* a second at least was here */
  fail_unless (after >= before + FPS, "%u frames after the loss",
      after - before);
  /* the recorder goes on */
  wait_segments (&f, count_segments (&f) + 2);
  fail_unless_equals_int (n_shown (&f), after);
  numbered_serve (&f.numbered);
  wait_status (&f, "NetStream.Buffer.Full");
  wait_shown (&f, after + 3 * FPS);
  /* what a decoder holds back at the end of the buffer is late; who pauses does
   * so before */
  expect_all (&f, after + 1, obey ? 0 : 2);
  teardown (&f);
}

GST_END_TEST;

static Suite *
loss_suite (void)
{
  Suite *s = suite_create ("loss");
  TCase *tc = tcase_create ("loss");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 120);
  if (numbered_is_possible ())
    tcase_add_loop_test (tc, test_server_goes_and_comes_back, 0, 2);
  return s;
}

GST_CHECK_MAIN (loss);
