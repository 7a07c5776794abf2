/* proxystreamsrc_rtmp_trouble.c: RTMP servers that are not as they should be
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "checkutil.h"
#include "rtmpproxy.h"

static void
say_garbage (RtmpStubClient * c)
{
  guint8 data[8192];

  memset (data, 0xa5, sizeof (data));
  rtmp_stub_send_bytes (c, data, sizeof (data));
  rtmp_stub_hear_all (c);
}

static void
say_http (RtmpStubClient * c)
{
  static const gchar *text = "HTTP/1.1 400 Bad Request\r\n\r\n";

  rtmp_stub_send_bytes (c, text, strlen (text));
}

static void
say_half_a_handshake (RtmpStubClient * c)
{
  guint8 data[1000] = { 3, };

  rtmp_stub_send_bytes (c, data, sizeof (data));
  rtmp_stub_wait_gate (c->stub);
}

static void
say_nothing (RtmpStubClient * c)
{
  rtmp_stub_wait_gate (c->stub);
}

static void
hang_up (RtmpStubClient * c)
{
}

static void
refuse (RtmpStubClient * c)
{
  c->refuse = TRUE;
  rtmp_stub_hear_all (c);
}

/* Chunk size of 2 GB, and a message of 16 MB that never ends. */
static void
say_giants (RtmpStubClient * c)
{
  static const guint8 size[] = { 2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0,
    0x7f, 0xff, 0xff, 0xff
  };
  guint8 head[12] = { 0x06, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0 };
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_bytes (c, size, sizeof (size));
  for (i = 3; i < 60; i++) {
    head[0] = i;
    if (!rtmp_stub_send_bytes (c, head, sizeof (head)))
      break;
  }
}

/* A message that ends in its middle. */
static void
break_off (RtmpStubClient * c)
{
  static const guint8 head[] = { 0x06, 0, 0, 0, 0, 1, 0, 9, 1, 0, 0, 0, 0x17 };

  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_flush (c);
  rtmp_stub_send_bytes (c, head, sizeof (head));
}

/* AMF that nests without end. */
static void
say_deep_amf (RtmpStubClient * c)
{
  guint8 head[12] = { 3, 0, 0, 0, 0, 0x40, 0, 20, 0, 0, 0, 0 };
  guint8 body[0x4000];
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  for (i = 0; i < sizeof (body); i++)
    body[i] = "\x03\x00\x01" "a"[i % 4];
  rtmp_stub_send_bytes (c, head, sizeof (head));
  /* in one chunk */
  for (i = 0; i < sizeof (body); i += 128) {
    if (i > 0)
      rtmp_stub_send_bytes (c, "\xc3", 1);
    rtmp_stub_send_bytes (c, body + i, 128);
  }
}

/* Tags that name no codec, end too early, or are of no use. */
static void
say_bad_media (RtmpStubClient * c)
{
  static const guint8 bodies[][6] = { {0}, {0xff, 0xff, 0xff}, {0x17, 0, 0},
  {0x17, 1, 0xff, 0xff, 0xff}, {0xaf, 0}, {0x97, 'a', 'v', '0', '1'}
  };
  guint i, n;

  if (!rtmp_stub_accept_play (c))
    return;
  for (i = 0; i < G_N_ELEMENTS (bodies); i++) {
    for (n = 1; n <= sizeof (bodies[0]); n++) {
      GstBuffer *body = gst_buffer_new_memdup (bodies[i], n);

      gst_rtmp_server_session_send_media (c->session, c->stream_id,
          i % 2 ? GST_RTMP_AUDIO : GST_RTMP_VIDEO, i * 1000000000u + n, body);
      gst_buffer_unref (body);
    }
  }
  rtmp_stub_flush (c);
}

static const struct
{
  void (*misbehave) (RtmpStubClient * c);
  guint status;                 /* for who waits meanwhile */
} wrongs[] = {
  /* *INDENT-OFF* */
  {say_garbage, 502},
  {say_http, 502},
  {say_half_a_handshake, 504},
  {say_nothing, 504},
  {hang_up, 502},
  {refuse, 502},
  {say_giants, 502},
  {break_off, 502},
  {say_deep_amf, 502},
  {say_bad_media, 502},
  /* *INDENT-ON* */
};

/* Misbehaves with the first client, not with those who come after the gate was
 * opened. */
static void
serve_badly (RtmpStubClient * c, gpointer data)
{
  if (c->index == 0) {
    wrongs[GPOINTER_TO_UINT (data)].misbehave (c);
    return;
  }
  rtmp_stub_wait_gate (c->stub);
  serve_live (c, NULL);
}

GST_START_TEST (a_bad_server_is_survived_and_asked_again)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_badly, GUINT_TO_POINTER ((guint) __i__), "/live");
  if (wrongs[__i__].status == 504)
    g_object_set (r.f.element, "timeout", 500 * GST_MSECOND, NULL);
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_failed, &info);
  fail_unless_equals_int (info.status, wrongs[__i__].status);
  rtmp_stub_open_gate (r.stub);
  wait_timeline (timeline, is_open, &info);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* Is there in the end. */
static void
serve_late (RtmpStubClient * c, gpointer data)
{
  if (c->index >= 20)
    serve_live (c, NULL);
}

/* Pauses that double would be an hour in all by then. */
GST_START_TEST (a_server_that_is_down_is_asked_often)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_late, NULL, "/live");
  g_object_set (r.f.element, "retry-delay", 5 * GST_MSECOND,
      "max-retry-delay", 3600 * GST_SECOND, NULL);
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_chatter (RtmpStubClient * c, gpointer data)
{
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  for (i = 0; i < 20000; i++) {
    gst_rtmp_server_session_send_status (c->session, c->stream_id,
        "NetStream.Play.PublishNotify", "Hear, hear.");
    if (!rtmp_stub_flush (c))
      return;
  }
  serve_live (c, NULL);
}

GST_START_TEST (a_server_that_chatters_does_not_fill_the_bus)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstMessage *message;
  guint n = 0;
  Rtmp r;

  rtmp_start (&r, serve_chatter, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  while ((message = gst_bus_pop (r.bus))) {
    gst_message_unref (message);
    n++;
  }
  fail_unless (n < 500, "%u messages", n);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* -- how much there may be -- */

GST_START_TEST (streams_beyond_max_transfers_wait_for_room)
{
  GstDvrTimeline *first, *second;
  GstDvrTimelineInfo info;
  GstDvrAnswer answer;
  Rtmp r;

  rtmp_start (&r, serve_live, NULL, "/live");
  g_object_set (r.f.element, "max-transfers", 1, NULL);
  rtmp_play (&r);
  first = ask (&r, "cam1");
  gst_dvr_timeline_use (first);
  wait_timeline (first, is_open, &info);
  second = ask (&r, "cam2");
  gst_dvr_timeline_use (second);
  wait_timeline (second, is_failed, &info);
  fail_unless_equals_int (info.status, 503);
  fail_unless_equals_int (rtmp_stub_count (r.stub), 1);
  g_object_set (r.f.element, "linger", 100 * GST_MSECOND, NULL);
  gst_dvr_timeline_unuse (first);
  /* who wants it asks again */
  do {
    GstDvrTimeline *again = ask_timeline (&r.f, "cam2", &answer);

    fail_unless (again == second);
    check_wait_timeline (again, info.version + 1, g_get_monotonic_time () +
        50 * G_TIME_SPAN_MILLISECOND);
    gst_dvr_timeline_get_info (again, &info);
    gst_dvr_timeline_unref (again);
  } while (!is_open (&info));
  gst_dvr_timeline_unuse (second);
  gst_dvr_timeline_unref (first);
  gst_dvr_timeline_unref (second);
  rtmp_stop (&r);
}

GST_END_TEST;

static gchar *
leave_behind (Rtmp * r, const gchar * name, int *lock)
{
  gchar *path = g_build_filename (r->temp, name, NULL);
  g_autofree gchar *deep = g_build_filename (path, "0", "cam1", NULL);
  g_autofree gchar *file = g_build_filename (path, "in-use", NULL);

  fail_unless (g_mkdir_with_parents (deep, 0700) == 0);
  *lock = open (file, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  fail_unless (*lock >= 0);
  return path;
}

GST_START_TEST (what_a_dead_process_left_is_removed)
{
  g_autofree gchar *dead = NULL, *alive = NULL;
  int dead_lock, alive_lock;
  Rtmp r;

  rtmp_start (&r, serve_live, NULL, "/live");
  dead = leave_behind (&r, "dvr-rtmp-dead00", &dead_lock);
  close (dead_lock);
  alive = leave_behind (&r, "dvr-rtmp-alive0", &alive_lock);
  fail_unless (flock (alive_lock, LOCK_EX | LOCK_NB) == 0);
  rtmp_play (&r);
  fail_if (g_file_test (dead, G_FILE_TEST_EXISTS));
  fail_unless (g_file_test (alive, G_FILE_TEST_IS_DIR));
  close (alive_lock);
  gst_element_set_state (r.f.element, GST_STATE_NULL);
  gst_element_set_state (r.f.element, GST_STATE_PLAYING);
  fail_if (g_file_test (alive, G_FILE_TEST_EXISTS));
  rtmp_stop (&r);
}

GST_END_TEST;

/* -- how it stops -- */

/* Whatever a connection may be doing. */
static void
serve_in_turn (RtmpStubClient * c, gpointer data)
{
  guint which = c->index % 4;

  if (which == 0)
    serve_live (c, NULL);
  else if (which == 1)
    rtmp_stub_wait_gate (c->stub);
  else if (which == 2)
    rtmp_stub_hear_all (c);
}

GST_START_TEST (stopping_takes_no_time_whatever_goes_on)
{
  GstDvrAnswer answer;
  gint64 longest = 0;
  guint i;
  Rtmp r;

  rtmp_start (&r, serve_in_turn, NULL, "/live");
  for (i = 0; i < 200; i++) {
    g_autofree gchar *name = g_strdup_printf ("cam%u", i % 7);
    GstDvrTimeline *first, *second;
    gint64 since;

    fail_unless (gst_element_set_state (r.f.element, GST_STATE_PLAYING) !=
        GST_STATE_CHANGE_FAILURE);
    first = ask_timeline (&r.f, name, &answer);
    second = ask_timeline (&r.f, "cam9", &answer);
    if (i % 3 == 0 && first)
      check_wait_timeline (first, 2, g_get_monotonic_time () +
          10 * G_TIME_SPAN_MILLISECOND);
    since = g_get_monotonic_time ();
    gst_element_set_state (r.f.element, GST_STATE_NULL);
    longest = MAX (longest, g_get_monotonic_time () - since);
    g_clear_pointer (&first, gst_dvr_timeline_unref);
    g_clear_pointer (&second, gst_dvr_timeline_unref);
  }
  /* no server was waited for, whose time-out is twice that */
  fail_unless (longest < 30 * G_TIME_SPAN_SECOND, "%" G_GINT64_FORMAT " us",
      longest);
  rtmp_stop (&r);
}

GST_END_TEST;

static Suite *
proxystreamsrc_rtmp_trouble_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_rtmp_trouble");
  TCase *tc = tcase_create ("trouble");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, a_bad_server_is_survived_and_asked_again, 0,
      G_N_ELEMENTS (wrongs));
  tcase_add_test (tc, a_server_that_is_down_is_asked_often);
  tcase_add_test (tc, a_server_that_chatters_does_not_fill_the_bus);
  tcase_add_test (tc, streams_beyond_max_transfers_wait_for_room);
  tcase_add_test (tc, what_a_dead_process_left_is_removed);
  tcase_add_test (tc, stopping_takes_no_time_whatever_goes_on);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_rtmp_trouble);
