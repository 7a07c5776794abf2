/* proxystreamsrc_rtmp.c: an RTMP server as upstream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "rtmpproxy.h"

GST_START_TEST (a_live_stream_becomes_segments)
{
  g_autofree gchar *location = NULL, *line = NULL;
  gint64 began = g_get_real_time ();
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  Rtmp r;

  rtmp_start (&r, serve_live, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, info.first, &entry),
      GST_DVR_FOUND_CLOSED);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_INIT, "cam1", &entry,
          entry.init), 0);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_MEDIA, "cam1", &entry,
          info.first), 0);
  fail_unless_equals_uint64 (entry.start, 0);
  fail_unless_equals_uint64 (entry.duration, 2 * GST_SECOND);
  /* numbers are not below the clock's */
  fail_unless (info.first + 10 >= (guint64) began / (2 * G_USEC_PER_SEC));

  location = rtmp_stub_get_location (r.stub, "/live");
  line = g_strdup_printf ("connect live %s\n", location);
  rtmp_stub_wait_said (r.stub, line);
  rtmp_stub_wait_said (r.stub, "play cam1 -2\n");
  rtmp_stub_wait_said (r.stub, "hvc1");
  rtmp_stub_wait_said (r.stub, "av01");
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* What location, remote-name and what is asked for come to. */
static const struct
{
  const gchar *path;
  const gchar *remote;
  const gchar *local;
  const gchar *token;
  const gchar *asked;
  const gchar *app;
  const gchar *play;
} names[] = {
  /* *INDENT-OFF* */
  {"", NULL, NULL, NULL, "live/cam1", "connect live ", "play cam1 "},
  {"/live", NULL, NULL, NULL, "cam1", "connect live ", "play cam1 "},
  {"/live", "deep/cam1", NULL, NULL, "deep/cam1", "connect live ",
    "play deep/cam1 "},
  {"/live", "cam1", "show", NULL, "show", "connect live ", "play cam1 "},
  {"/live/cam1", NULL, NULL, NULL, "live/cam1", "connect live ", "play cam1 "},
  {"/live/cam1", NULL, "show", NULL, "show", "connect live ", "play cam1 "},
  {"/live/second", "cam1", NULL, NULL, "cam1", "connect live/second ",
    "play cam1 "},
  {"/live", NULL, NULL, "a.b-c", "cam1", "connect live ",
    "play cam1?token=a.b-c "},
  {"/live/cam1?k=v", NULL, NULL, "t", "live/cam1", "connect live ",
    "play cam1?k=v&token=t "},
  /* *INDENT-ON* */
};

GST_START_TEST (names_are_found_in_location_and_remote_name)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_live, NULL, names[__i__].path);
  if (names[__i__].remote)
    g_object_set (r.f.element, "remote-name", names[__i__].remote, NULL);
  g_object_set (r.f.element, "local-name", names[__i__].local, "token",
      names[__i__].token, NULL);
  rtmp_play (&r);
  timeline = ask (&r, names[__i__].asked);
  wait_timeline (timeline, is_open, &info);
  rtmp_stub_wait_said (r.stub, names[__i__].app);
  rtmp_stub_wait_said (r.stub, names[__i__].play);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_missing (RtmpStubClient * c, gpointer data)
{
  c->missing = TRUE;
  rtmp_stub_hear_all (c);
}

/* Returns: whether all was asked within the time that an answer holds for */
static gboolean
ask_for_missing (void)
{
  gint64 since = g_get_monotonic_time ();
  gboolean known = TRUE;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrAnswer answer;
  guint i;
  Rtmp r;

  rtmp_start (&r, serve_missing, NULL, "/live");
  g_object_set (r.f.element, "retry-delay", 10 * GST_SECOND,
      "max-retry-delay", 10 * GST_SECOND, NULL);
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_failed, &info);
  fail_unless_equals_int (info.status, 404);
  gst_dvr_timeline_unref (timeline);
  /* and that is remembered */
  for (i = 0; i < 100 && known; i++) {
    timeline = ask_timeline (&r.f, "cam1", &answer);
    known = timeline == NULL && answer == GST_DVR_ANSWER_NOT_FOUND;
    g_clear_pointer (&timeline, gst_dvr_timeline_unref);
  }
  known &= rtmp_stub_count (r.stub) <= 2;
  fail_unless (known || g_get_monotonic_time () - since > G_TIME_SPAN_SECOND);
  rtmp_stop (&r);

  return known;
}

GST_START_TEST (what_is_not_there_is_not_found)
{
  while (!ask_for_missing ());
}

GST_END_TEST;

static void
serve_recording (RtmpStubClient * c, gpointer data)
{
  c->recorded = TRUE;
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 5000);
  gst_rtmp_server_session_send_complete (c->session, c->stream_id, 5, 0);
  rtmp_stub_flush (c);
  rtmp_stub_hear_all (c);
}

GST_START_TEST (a_recording_that_is_complete_is_finished)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_recording, NULL, "/vod");
  rtmp_play (&r);
  timeline = ask (&r, "film");
  wait_timeline (timeline, is_ended, &info);
  fail_unless_equals_uint64 (info.start, 0);
  fail_unless (info.end > 4900 * GST_MSECOND && info.end < 5100 * GST_MSECOND);
  fail_unless_equals_int (rtmp_stub_count (r.stub), 1);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* Says that it ends, and hangs up without saying that it is complete. */
static void
serve_curt_recording (RtmpStubClient * c, gpointer data)
{
  c->recorded = TRUE;
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 5000);
  gst_rtmp_server_session_send_user_control (c->session, GST_RTMP_STREAM_EOF,
      c->stream_id);
  rtmp_stub_flush (c);
}

GST_START_TEST (a_recording_that_ends_and_is_closed_is_finished)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_curt_recording, NULL, "/vod");
  rtmp_play (&r);
  timeline = ask (&r, "film");
  wait_timeline (timeline, is_ended, &info);
  fail_unless (info.end < 5100 * GST_MSECOND);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* The first time it breaks off after four seconds. */
static void
serve_broken_recording (RtmpStubClient * c, gpointer data)
{
  c->recorded = TRUE;
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  if (c->index == 0) {
    rtmp_stub_send_media (c, 0, 4000);
    return;
  }
  rtmp_stub_send_media (c, 4000, 4000);
  gst_rtmp_server_session_send_complete (c->session, c->stream_id, 8, 0);
  rtmp_stub_flush (c);
  rtmp_stub_hear_all (c);
}

GST_START_TEST (a_recording_that_breaks_off_is_asked_for_from_there)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_broken_recording, NULL, "/vod");
  rtmp_play (&r);
  timeline = ask (&r, "film");
  wait_timeline (timeline, is_ended, &info);
  rtmp_stub_wait_said (r.stub, "play film -2\n");
  rtmp_stub_wait_said (r.stub, "play film 39");
  fail_unless (info.end > 7900 * GST_MSECOND);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* Hangs up in the middle of a stream, until the gate is open. */
static void
serve_and_leave (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 777000, 5000);
  if (c->index > 0)
    rtmp_stub_hear_all (c);
}

GST_START_TEST (a_stream_goes_on_after_its_connection_broke)
{
  GstDvrEntry found = { 0, }, before;
  g_autofree gchar *closed = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_and_leave, NULL, "/live");
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_another_run, &info);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_OPEN);
  gst_dvr_timeline_foreach (timeline, 0, G_MAXUINT64, find_discontinuity,
      &found);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, found.number - 1,
          &before), GST_DVR_FOUND_CLOSED);
  fail_unless (found.start >= before.start + before.duration);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_MEDIA, "cam1", &found,
          found.number), 0);
  closed = wait_status (r.bus, "NetConnection.Connect.Closed");
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* -- streams that are not as others -- */

static void
serve_sound (RtmpStubClient * c, gpointer data)
{
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  for (i = 0; i < 400; i++)
    rtmp_stub_send_audio (c, i * 23220 / 1000);
  rtmp_stub_flush (c);
  rtmp_stub_hear_all (c);
}

static void
serve_pictures (RtmpStubClient * c, gpointer data)
{
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  for (i = 0; i < 250; i++)
    rtmp_stub_send_video (c, i * 40, i % 25 == 0);
  rtmp_stub_flush (c);
  rtmp_stub_hear_all (c);
}

GST_START_TEST (sound_or_pictures_alone_are_a_stream)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, __i__ ? serve_pictures : serve_sound, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_wrapping (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, G_MAXUINT32 - 4999, 10000);
  rtmp_stub_hear_all (c);
}

static gboolean
has_eight_seconds (const GstDvrTimelineInfo * info)
{
  return is_open (info) && info->end >= 8 * GST_SECOND;
}

GST_START_TEST (timestamps_that_wrap_go_on)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_wrapping, NULL, "/live");
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_eight_seconds, &info);
  fail_if (has_another_run (&info));
  fail_unless (info.end < 11 * GST_SECOND);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_jumping (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 5000);
  rtmp_stub_send_media (c, 100000000, 5000);
  rtmp_stub_hear_all (c);
}

static void
serve_changing (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 5000);
  rtmp_stub_send_config (c, 640);
  rtmp_stub_send_media (c, 5000, 5000);
  rtmp_stub_hear_all (c);
}

GST_START_TEST (timestamps_that_jump_and_codecs_that_change_go_on)
{
  GstDvrEntry found = { 0, };
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, __i__ ? serve_changing : serve_jumping, NULL, "/live");
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_another_run, &info);
  gst_dvr_timeline_foreach (timeline, 0, G_MAXUINT64, find_discontinuity,
      &found);
  fail_unless_equals_int (found.init, __i__ ? 1 : 0);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_INIT, "cam1", &found,
          found.init), 0);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_MEDIA, "cam1", &found,
          found.number), 0);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* More than a window's worth; says when that is acknowledged. */
static void
serve_much (RtmpStubClient * c, gpointer data)
{
  GstRtmpTransportStats stats = { 0, };
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 5000);
  for (i = 0; i < 40; i++) {
    GstBuffer *body = gst_buffer_new_allocate (NULL, 100000, NULL);

    gst_buffer_memset (body, 0, 0, 100000);
    gst_rtmp_server_session_send_media (c->session, c->stream_id,
        GST_RTMP_VIDEO, 5000, body);
    gst_buffer_unref (body);
    if (!rtmp_stub_flush (c))
      return;
  }
  do {
    if (!rtmp_stub_hear (c))
      return;
    gst_rtmp_server_session_get_stats (c->session, &stats);
  } while (stats.acknowledged == 0);
  rtmp_stub_note (c->stub, "acknowledged");
  rtmp_stub_hear_all (c);
}

GST_START_TEST (what_comes_is_acknowledged)
{
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_much, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  rtmp_stub_wait_said (r.stub, "acknowledged");
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* -- other servers -- */

GST_START_TEST (a_backup_is_taken_where_there_is_no_server)
{
  g_autofree gchar *location = NULL, *current = NULL;
  GValue backups = G_VALUE_INIT, value = G_VALUE_INIT;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_live, NULL, "/live");
  location = rtmp_stub_get_location (r.stub, "/live");
  g_value_init (&backups, GST_TYPE_ARRAY);
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, location);
  gst_value_array_append_and_take_value (&backups, &value);
  g_object_set_property (G_OBJECT (r.f.element), "backup-locations", &backups);
  g_value_unset (&backups);
  /* port 1 of this machine: nobody listens */
  g_object_set (r.f.element, "location", "rtmp://127.0.0.1:1/live", NULL);
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  g_object_get (r.f.element, "current-location", &current, NULL);
  fail_unless_equals_string (current, location);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static Suite *
proxystreamsrc_rtmp_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_rtmp");
  TCase *tc = tcase_create ("streams");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, a_live_stream_becomes_segments);
  tcase_add_loop_test (tc, names_are_found_in_location_and_remote_name, 0,
      G_N_ELEMENTS (names));
  tcase_add_test (tc, what_is_not_there_is_not_found);
  tcase_add_test (tc, a_recording_that_is_complete_is_finished);
  tcase_add_test (tc, a_recording_that_ends_and_is_closed_is_finished);
  tcase_add_test (tc, a_recording_that_breaks_off_is_asked_for_from_there);
  tcase_add_test (tc, a_stream_goes_on_after_its_connection_broke);
  tcase_add_loop_test (tc, sound_or_pictures_alone_are_a_stream, 0, 2);
  tcase_add_test (tc, timestamps_that_wrap_go_on);
  tcase_add_loop_test (tc, timestamps_that_jump_and_codecs_that_change_go_on,
      0, 2);
  tcase_add_test (tc, what_comes_is_acknowledged);
  tcase_add_test (tc, a_backup_is_taken_where_there_is_no_server);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_rtmp);
