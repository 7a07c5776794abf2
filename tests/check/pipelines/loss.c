/* loss.c: a live stream whose server goes away under its player
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "checkutil.h"
#include "numbered.h"

#define TIMEOUT (120 * G_TIME_SPAN_SECOND)
#define MS GST_MSECOND

/* Sinks that show pictures drop what comes late, which a busy machine makes of
 * any picture. Here none is dropped, and whether it was sent in time is seen by
 * its running time. */
typedef struct
{
  gint64 number;
  GstClockTime running;
} Shown;

typedef struct
{
  Numbered numbered;
  GstElement *pipeline;
  GstBus *bus;
  GMutex lock;
  GCond wake;
  GArray *shown;                /* Shown */
  gboolean obey;
  const gchar *buffer;          /* how that is, as last told */
  GstClockTime asked;           /* when it was last asked to pause */
} Fixture;

static GstClockTime
get_running (GstPad * pad, GstBuffer * buffer)
{
  GstEvent *event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;
  GstClockTime running;

  gst_event_parse_segment (event, &segment);
  running = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));
  gst_event_unref (event);
  return running;
}

static void
show (GstElement * sink, GstBuffer * buffer, GstPad * pad, Fixture * f)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  Shown shown = { numbered_read_buffer (buffer, caps),
    get_running (pad, buffer)
  };

  gst_caps_unref (caps);
  g_mutex_lock (&f->lock);
  g_array_append_val (f->shown, shown);
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
    if (percent < 100)
      f->asked = gst_element_get_current_running_time (f->pipeline);
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

static void
setup (Fixture * f, gboolean obey)
{
  GstElement *sink;

  memset (f, 0, sizeof (*f));
  f->obey = obey;
  g_mutex_init (&f->lock);
  g_cond_init (&f->wake);
  f->shown = g_array_new (FALSE, FALSE, sizeof (Shown));
  numbered_record (&f->numbered, G_MAXUINT16, TRUE);
  fail_unless_soon (count_segments (f) >= 4);
  numbered_serve (&f->numbered);
  f->pipeline = check_launch ("proxystreamsrc location=http://127.0.0.1:%u "
      "remote-name=live/cam1 retry-delay=100000000 max-retry-delay=200000000 "
      "! segmentcache name=cache start=-6000000000 buffer-time=2000000000 "
      "! qtdemux name=d queue name=vq ! h264parse ! avdec_h264 "
      "! fakesink name=v sync=true signal-handoffs=true "
      "queue name=aq ! aacparse ! avdec_aac ! fakesink sync=true",
      f->numbered.port);
  check_link_demuxed (f->pipeline);
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

/* Until all is here that is to be kept ahead. */
static void
wait_buffered (Fixture * f)
{
  GstElement *cache = gst_bin_get_by_name (GST_BIN (f->pipeline), "cache");
  fail_unless_soon (check_get_uint64 (cache, "buffer-length") >=
      2 * GST_SECOND);
  gst_object_unref (cache);
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

/* Every frame was shown once, and none at less than its distance to the one
 * before. Of those from @from on, which came when the server was back, no more
 * than @late were to be shown before @since. */
static void
expect_all (Fixture * f, guint from, GstClockTime since, guint late)
{
  guint i, n_late = 0;

  g_mutex_lock (&f->lock);
  for (i = 1; i < f->shown->len; i++) {
    const Shown *before = &g_array_index (f->shown, Shown, i - 1);
    const Shown *shown = &g_array_index (f->shown, Shown, i);

    fail_unless_equals_int64 (shown->number, before->number + 1);
    fail_unless (shown->running > before->running + FRAME - 2 * MS,
        "%" G_GINT64_FORMAT " at %" GST_TIME_FORMAT " after %" GST_TIME_FORMAT,
        shown->number, GST_TIME_ARGS (shown->running),
        GST_TIME_ARGS (before->running));
    n_late += i >= from && shown->running < since;
  }
  g_mutex_unlock (&f->lock);
  fail_unless (n_late <= late, "%u frames were late", n_late);
}

/* What is buffered is played, and nothing is missing when the server is back,
 * whether the application pauses meanwhile or not. */
GST_START_TEST (test_server_goes_and_comes_back)
{
  gboolean obey = __i__ == 1;
  guint before, after, n;
  GstClockTime since;
  Fixture f;

  setup (&f, obey);
  wait_shown (&f, 20);
  before = n_shown (&f);
  wait_buffered (&f);
  numbered_unserve (&f.numbered);
  wait_status (&f, "NetStream.Buffer.Empty");
  /* the recorder goes on */
  n = count_segments (&f) + 2;
  fail_unless_soon (count_segments (&f) >= n);
  after = n_shown (&f);
  /* a second at least was here */
  fail_unless (after >= before + FPS, "%u frames after the loss",
      after - before);
  since = obey ? f.asked : gst_element_get_current_running_time (f.pipeline);
  fail_unless (GST_CLOCK_TIME_IS_VALID (since));
  numbered_serve (&f.numbered);
  wait_status (&f, "NetStream.Buffer.Full");
  wait_shown (&f, after + 3 * FPS);
  /* what a decoder holds back at the end of the buffer is late; who pauses does
   * so before */
  expect_all (&f, after, obey && since > 500 * MS ? since - 500 * MS : since,
      obey ? 0 : 2);
  teardown (&f);
}

GST_END_TEST;

static Suite *
loss_suite (void)
{
  Suite *s = suite_create ("loss");
  TCase *tc = tcase_create ("loss");

  suite_add_tcase (s, tc);
  if (numbered_is_possible ())
    tcase_add_loop_test (tc, test_server_goes_and_comes_back, 0, 2);
  return s;
}

GST_CHECK_MAIN (loss);
