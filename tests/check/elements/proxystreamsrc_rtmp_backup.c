/* proxystreamsrc_rtmp_backup.c: which of several RTMP servers is played
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "checkutil.h"
#include "rtmpproxy.h"

static void
serve_paced (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_pace (c, 0);
}

/* Some seconds at once, as a server has them when nobody publishes any more. */
static void
serve_and_stay (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 5000);
  rtmp_stub_hear_all (c);
}

/* Not there at first. */
static void
serve_later (RtmpStubClient * c, gpointer data)
{
  if (c->index == 0)
    return;
  serve_paced (c, data);
}

static gchar *
get_current (Rtmp * r)
{
  gchar *current;

  g_object_get (r->f.element, "current-location", &current, NULL);

  return current;
}

/* What it posts of that, among others. */
static void
wait_current (Rtmp * r, RtmpStub * stub)
{
  g_autofree gchar *location = rtmp_stub_get_location (stub, "/live");
  gint64 until = g_get_monotonic_time () + 120 * G_TIME_SPAN_SECOND;
  gboolean same = FALSE;

  while (!same) {
    g_autofree gchar *current = get_current (r);
    GstMessage *message;

    same = g_str_equal (current, location);
    if (same)
      break;
    fail_unless (g_get_monotonic_time () < until, "still %s", current);
    message = gst_bus_timed_pop (r->bus, 50 * GST_MSECOND);
    g_clear_pointer (&message, gst_message_unref);
  }
}

/* Until so many are served. */
static void
wait_open (RtmpStub * stub, guint n)
{
  fail_unless_soon (rtmp_stub_count_open (stub) == n);
}

GST_START_TEST (an_idle_stream_is_gone_on_with_where_it_goes_on)
{
  RtmpStub *second = rtmp_stub_new (serve_paced, NULL);
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_and_stay, NULL, "/live");
  rtmp_set_backup (&r, second, "/live");
  g_object_set (r.f.element, "idle-timeout", 300 * GST_MSECOND, "failback",
      FALSE, NULL);
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  wait_current (&r, second);
  wait_timeline (timeline, has_another_run, &info);
  /* to look, and then to play; who looked has gone */
  fail_unless (rtmp_stub_count (second) >= 2);
  wait_open (second, 1);
  wait_open (r.stub, 0);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
  rtmp_stub_free (second);
}

GST_END_TEST;

/* Returns: whether the first server is played on, after others were looked at */
static gboolean
stay_where_it_is (void)
{
  RtmpStub *second = rtmp_stub_new (serve_and_stay, NULL);
  g_autofree gchar *first = NULL, *current = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  gboolean stays;
  Rtmp r;

  rtmp_start (&r, serve_and_stay, NULL, "/live");
  rtmp_set_backup (&r, second, "/live");
  /* so long others are looked at */
  g_object_set (r.f.element, "idle-timeout", 200 * GST_MSECOND, "timeout",
      500 * GST_MSECOND, NULL);
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  gst_dvr_timeline_use (timeline);
  wait_timeline (timeline, is_open, &info);
  fail_unless_soon (rtmp_stub_count (second) >= 2);
  first = rtmp_stub_get_location (r.stub, "/live");
  current = get_current (&r);
  stays = g_str_equal (current, first) && rtmp_stub_count (r.stub) == 1;
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
  rtmp_stub_free (second);

  return stays;
}

/* What a busy machine brings late looks as if it were sent now: but not each time
 * that it is tried. */
GST_START_TEST (an_idle_stream_stays_where_nobody_has_more)
{
  gboolean stays = FALSE;
  guint i;

  for (i = 0; i < 20 && !stays; i++)
    stays = stay_where_it_is ();
  fail_unless (stays);
}

GST_END_TEST;

GST_START_TEST (the_first_server_is_returned_to)
{
  RtmpStub *second = rtmp_stub_new (serve_paced, NULL);
  gboolean failback = __i__ == 0;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_later, NULL, "/live");
  rtmp_set_backup (&r, second, "/live");
  g_object_set (r.f.element, "failback", failback, NULL);
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  if (failback) {
    wait_current (&r, r.stub);
    wait_timeline (timeline, has_another_run, &info);
    fail_unless_equals_int (rtmp_stub_count (second), 1);
  } else {
    guint64 next = info.next;

    wait_part (timeline, next + 2, 0, &info);
    fail_unless_equals_int (rtmp_stub_count (r.stub), 1);
  }
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
  rtmp_stub_free (second);
}

GST_END_TEST;

/* -- servers that send us elsewhere -- */

/* In a status, to who plays. */
static void
redirect_play (RtmpStubClient * c, const gchar * location)
{
  GstAmf *info = gst_rtmp_status_new ("NetConnection.Connect.Rejected",
      "RTMP 302 Redirect");
  GstAmf *ex = gst_amf_new_object ();

  gst_amf_set_number (ex, "code", 302);
  gst_amf_set_string (ex, "redirect", location);
  gst_amf_set (info, "ex", ex);
  c->silent = TRUE;
  if (rtmp_stub_accept_play (c))
    rtmp_stub_send_command (c, 0, gst_rtmp_command_build (FALSE, "onStatus", 0,
            NULL, info, NULL));
  rtmp_stub_hear_all (c);
}

typedef struct
{
  const gchar *location;
  guint n;                      /* how many are sent there */
  gboolean late;
} Redirect;

static void
serve_redirect (RtmpStubClient * c, gpointer data)
{
  Redirect *redirect = data;

  if (c->index >= redirect->n) {
    serve_live (c, NULL);
  } else if (redirect->late) {
    redirect_play (c, redirect->location);
  } else {
    c->refuse = TRUE;
    c->redirect = redirect->location;
    rtmp_stub_hear_all (c);
  }
}

static void
start_redirect (Rtmp * r, Redirect * redirect, const gchar * host)
{
  g_autofree gchar *location = NULL;

  rtmp_start (r, serve_redirect, redirect, "/live");
  location = rtmp_stub_get_location (r->stub, "/other");
  redirect->location = g_strdup_printf ("rtmp://%s%s", host,
      strrchr (location, ':'));
}

GST_START_TEST (a_redirect_is_followed)
{
  Redirect redirect = { NULL, 1 + __i__, __i__ > 0 };
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  start_redirect (&r, &redirect, "127.0.0.1");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  rtmp_stub_wait_said (r.stub, "connect other rtmp://127.0.0.1");
  fail_unless_equals_int (rtmp_stub_count (r.stub), redirect.n + 1);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
  g_free ((gchar *) redirect.location);
}

GST_END_TEST;

GST_START_TEST (a_redirect_elsewhere_has_to_be_allowed)
{
  Redirect redirect = { NULL, __i__ ? 1 : G_MAXUINT };
  g_autofree gchar *text = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  start_redirect (&r, &redirect, "localhost");
  if (__i__)
    gst_util_set_object_arg (G_OBJECT (r.f.element), "allowed-hosts",
        "<localhost>");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  if (__i__) {
    wait_timeline (timeline, is_open, &info);
  } else {
    text = wait_status (r.bus, "NetConnection.Connect.Failed");
    fail_unless (strstr (text, "allowed-hosts") != NULL, "%s", text);
    wait_timeline (timeline, is_failed, &info);
    fail_unless_equals_int (info.status, 502);
  }
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
  g_free ((gchar *) redirect.location);
}

GST_END_TEST;

GST_START_TEST (a_circle_of_redirects_ends)
{
  Redirect redirect = { NULL, G_MAXUINT };
  g_autofree gchar *text = NULL;
  GstDvrTimeline *timeline;
  Rtmp r;

  start_redirect (&r, &redirect, "127.0.0.1");
  g_object_set (r.f.element, "max-retry-delay", 60 * GST_SECOND, "retry-delay",
      60 * GST_SECOND, NULL);
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  text = wait_status (r.bus, "NetConnection.Connect.Failed");
  fail_unless (strstr (text, "again and again") != NULL, "%s", text);
  fail_unless_equals_int (rtmp_stub_count (r.stub), 4);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
  g_free ((gchar *) redirect.location);
}

GST_END_TEST;

static Suite *
proxystreamsrc_rtmp_backup_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_rtmp_backup");
  TCase *tc = tcase_create ("locations");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, an_idle_stream_is_gone_on_with_where_it_goes_on);
  tcase_add_test (tc, an_idle_stream_stays_where_nobody_has_more);
  tcase_add_loop_test (tc, the_first_server_is_returned_to, 0, 2);
  tcase_add_loop_test (tc, a_redirect_is_followed, 0, 3);
  tcase_add_loop_test (tc, a_redirect_elsewhere_has_to_be_allowed, 0, 2);
  tcase_add_test (tc, a_circle_of_redirects_ends);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_rtmp_backup);
