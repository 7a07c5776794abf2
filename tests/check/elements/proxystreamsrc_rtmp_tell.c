/* proxystreamsrc_rtmp_tell.c: what an RTMP server is told and asked for players
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "rtmpproxy.h"

/* -- what players do by themselves -- */

static void
report (Rtmp * r, GstDvrReportKind kind, const gchar * stream,
    const gchar * session, GstClockTime position)
{
  GstDvrReport report = {.kind = kind,.stream = stream,.session = session,
    .position = position,.from = kind == GST_DVR_REPORT_CLIENT_SEEK ?
        position + GST_SECOND : GST_CLOCK_TIME_NONE,
    .buffer_length = GST_SECOND,.rate = 1
  };

  gst_pad_push_event (r->f.harness->sinkpad,
      gst_dvr_event_new_report (&report));
}

/* A recording of which a part has come. */
static void
serve_part (RtmpStubClient * c, gpointer data)
{
  c->recorded = data != NULL;
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 100000, 10000);
  rtmp_stub_hear_all (c);
}

static gboolean
has_nine_seconds (const GstDvrTimelineInfo * info)
{
  return is_open (info) && info->end >= 9 * GST_SECOND;
}

GST_START_TEST (seeks_in_a_buffer_are_told_in_the_servers_time)
{
  g_autofree gchar *said = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  gint64 told;
  Rtmp r;

  rtmp_start (&r, serve_part, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_nine_seconds, &info);
  report (&r, GST_DVR_REPORT_CLIENT_SEEK, "cam1", "a", 3 * GST_SECOND);
  rtmp_stub_wait_said (r.stub, "seekRaw 10");
  said = rtmp_stub_get_said (r.stub);
  told = g_ascii_strtoll (strstr (said, "seekRaw ") + 8, NULL, 10);
  fail_unless (ABS (told - 103000) < 1100, "%" G_GINT64_FORMAT, told);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

GST_START_TEST (a_recording_stops_when_all_players_have_enough)
{
  g_autofree gchar *said = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_part, GUINT_TO_POINTER (1), "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_nine_seconds, &info);
  report (&r, GST_DVR_REPORT_STATE, "cam1", "b", GST_SECOND);
  report (&r, GST_DVR_REPORT_STOP_TRANSMIT, "cam1", "a", GST_SECOND);
  /* told after it would have been: the other one wants more */
  report (&r, GST_DVR_REPORT_CLIENT_SEEK, "cam1", "b", GST_SECOND);
  rtmp_stub_wait_said (r.stub, "seekRaw");
  said = rtmp_stub_get_said (r.stub);
  fail_unless (strstr (said, "stopTransmit") == NULL);
  report (&r, GST_DVR_REPORT_STOP_TRANSMIT, "cam1", "b", GST_SECOND);
  rtmp_stub_wait_said (r.stub, "stopTransmit");
  report (&r, GST_DVR_REPORT_START_TRANSMIT, "cam1", "a", GST_SECOND);
  rtmp_stub_wait_said (r.stub, "startTransmit");
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

GST_START_TEST (what_is_live_or_watched_by_others_is_not_stopped)
{
  g_autofree gchar *said = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  Rtmp r;

  rtmp_start (&r, serve_part, GUINT_TO_POINTER (__i__), "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_nine_seconds, &info);
  if (__i__) {
    gst_dvr_timeline_find (timeline, info.first, &entry);
    fetch (&r, GST_DVR_SEGMENT_MEDIA, "cam1", &entry, info.first);
  }
  report (&r, GST_DVR_REPORT_STOP_TRANSMIT, "cam1", "a", GST_SECOND);
  report (&r, GST_DVR_REPORT_CLIENT_SEEK, "cam1", "a", GST_SECOND);
  rtmp_stub_wait_said (r.stub, "seekRaw");
  report (&r, GST_DVR_REPORT_CLIENT_SEEK, "cam1", "a", 9 * GST_SECOND);
  rtmp_stub_wait_said (r.stub, "seekRaw 109");
  said = rtmp_stub_get_said (r.stub);
  fail_unless (strstr (said, "stopTransmit") == NULL);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_unwilling (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 10000);
  while (rtmp_stub_hear (c)) {
    g_autofree gchar *said = rtmp_stub_get_said (c->stub);

    if (strstr (said, "seekRaw") == NULL)
      continue;
    gst_rtmp_server_session_send_status (c->session, c->stream_id,
        "NetConnection.Call.Prohibited", "Not here.");
    rtmp_stub_flush (c);
    rtmp_stub_hear_all (c);
  }
}

static gboolean
is_unwelcome (const GstDvrTimelineInfo * info)
{
  return info->no_smart_seek;
}

GST_START_TEST (a_server_that_wants_no_smart_seeks_is_heard)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_unwilling, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_nine_seconds, &info);
  fail_if (info.no_smart_seek);
  report (&r, GST_DVR_REPORT_CLIENT_SEEK, "cam1", "a", GST_SECOND);
  wait_timeline (timeline, is_unwelcome, &info);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* -- beyond what is there -- */

/* A minute of which ten seconds have come; seeks, says no, or begins anew. */
static void
serve_seekable (RtmpStubClient * c, gpointer data)
{
  GstAmf *metadata = gst_amf_new_ecma_array ();
  g_autofree gchar *said = NULL;
  guint32 position;

  c->recorded = TRUE;
  if (!rtmp_stub_accept_play (c)) {
    gst_amf_unref (metadata);
    return;
  }
  gst_amf_set_number (metadata, "duration", 60);
  gst_rtmp_server_session_send_data (c->session, c->stream_id, 0, "onMetaData",
      metadata, NULL);
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 10000);
  do {
    if (!rtmp_stub_hear (c))
      return;
    g_free (said);
    said = rtmp_stub_get_said (c->stub);
  } while (strstr (said, "seek ") == NULL);
  position = g_ascii_strtoull (strstr (said, "seek ") + 5, NULL, 10);
  if (GPOINTER_TO_UINT (data) == 2) {
    gst_rtmp_server_session_send_seek_notify (c->session, c->stream_id,
        position, TRUE);
    rtmp_stub_send_media (c, 0, 15000);
  } else if (data) {
    gst_rtmp_server_session_send_status (c->session, c->stream_id,
        "NetStream.Seek.Failed", "No.");
  } else {
    gst_rtmp_server_session_send_seek_notify (c->session, c->stream_id,
        position, TRUE);
    rtmp_stub_send_config (c, 320);
    rtmp_stub_send_media (c, position, 5000);
  }
  rtmp_stub_flush (c);
  rtmp_stub_hear_all (c);
}

static gboolean
has_reach (const GstDvrTimelineInfo * info)
{
  return has_nine_seconds (info) && info->reach > 0;
}

static gboolean
has_no_reach (const GstDvrTimelineInfo * info)
{
  return info->reach == 0;
}

static void
wish (Rtmp * r, const gchar * session, GstClockTime time)
{
  gst_pad_push_event (r->f.harness->sinkpad, gst_dvr_event_new_beyond ("film",
          session, time));
}

GST_START_TEST (a_wish_beyond_what_is_there_asks_the_server)
{
  GstDvrEntry found = { 0, }, gap;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_seekable, NULL, "/vod");
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "film");
  wait_timeline (timeline, has_reach, &info);
  fail_unless (ABS (GST_CLOCK_DIFF (info.reach, 60 * GST_SECOND)) < GST_SECOND);
  wish (&r, "a", 40 * GST_SECOND);
  wait_timeline (timeline, has_another_run, &info);
  gst_dvr_timeline_foreach (timeline, 0, G_MAXUINT64, find_discontinuity,
      &found);
  /* stream time stays the server's */
  fail_unless (ABS (GST_CLOCK_DIFF (found.start, 40 * GST_SECOND)) <
      500 * GST_MSECOND, "%" GST_TIME_FORMAT, GST_TIME_ARGS (found.start));
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, found.number - 1,
          &gap), GST_DVR_FOUND_CLOSED);
  fail_unless (gap.gap);
  fail_unless_equals_uint64 (gap.start + gap.duration, found.start);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_MEDIA, "film", &found,
          found.number), 0);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* The gap has taken the numbers ahead of the clock. */
GST_START_TEST (numbers_rise_when_a_stream_is_asked_for_anew)
{
  GstDvrTimelineInfo info, again;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_seekable, NULL, "/vod");
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "film");
  gst_dvr_timeline_use (timeline);
  wait_timeline (timeline, has_reach, &info);
  wish (&r, "a", 40 * GST_SECOND);
  wait_timeline (timeline, has_another_run, &info);
  g_object_set (r.f.element, "linger", 10 * GST_MSECOND, NULL);
  gst_dvr_timeline_unuse (timeline);
  /* it is let go */
  wait_timeline (timeline, is_failed, &again);
  gst_dvr_timeline_unref (timeline);
  g_object_set (r.f.element, "linger", 30 * GST_SECOND, NULL);
  timeline = ask (&r, "film");
  gst_dvr_timeline_use (timeline);
  wait_timeline (timeline, is_open, &again);
  fail_unless (again.first > info.next);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

GST_START_TEST (a_server_that_does_not_seek_is_asked_once)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_seekable, GUINT_TO_POINTER (1), "/vod");
  rtmp_play (&r);
  timeline = ask (&r, "film");
  wait_timeline (timeline, has_reach, &info);
  wish (&r, "a", 40 * GST_SECOND);
  wait_timeline (timeline, has_no_reach, &info);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static gboolean
has_fourteen_seconds (const GstDvrTimelineInfo * info)
{
  return info->end >= 14 * GST_SECOND;
}

GST_START_TEST (a_server_that_begins_anew_repeats_nothing)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_seekable, GUINT_TO_POINTER (2), "/vod");
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "film");
  wait_timeline (timeline, has_reach, &info);
  wish (&r, "a", 40 * GST_SECOND);
  wait_timeline (timeline, has_fourteen_seconds, &info);
  fail_unless_equals_uint64 (info.reach, 0);
  fail_unless (info.end < 15500 * GST_MSECOND);
  fail_if (has_another_run (&info));
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

GST_START_TEST (where_others_watch_nobody_takes_the_server_elsewhere)
{
  g_autofree gchar *said = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_seekable, NULL, "/vod");
  rtmp_play (&r);
  timeline = ask (&r, "film");
  wait_timeline (timeline, has_reach, &info);
  report (&r, GST_DVR_REPORT_STATE, "film", "b", GST_SECOND);
  wish (&r, "a", 40 * GST_SECOND);
  report (&r, GST_DVR_REPORT_CLIENT_SEEK, "film", "a", GST_SECOND);
  rtmp_stub_wait_said (r.stub, "seekRaw");
  said = rtmp_stub_get_said (r.stub);
  fail_unless (strstr (said, "seek ") == NULL);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static Suite *
proxystreamsrc_rtmp_tell_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_rtmp_tell");
  TCase *tc = tcase_create ("players");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, seeks_in_a_buffer_are_told_in_the_servers_time);
  tcase_add_test (tc, a_recording_stops_when_all_players_have_enough);
  tcase_add_loop_test (tc, what_is_live_or_watched_by_others_is_not_stopped, 0,
      2);
  tcase_add_test (tc, a_server_that_wants_no_smart_seeks_is_heard);
  tcase_add_test (tc, a_wish_beyond_what_is_there_asks_the_server);
  tcase_add_test (tc, numbers_rise_when_a_stream_is_asked_for_anew);
  tcase_add_test (tc, a_server_that_does_not_seek_is_asked_once);
  tcase_add_test (tc, a_server_that_begins_anew_repeats_nothing);
  tcase_add_test (tc, where_others_watch_nobody_takes_the_server_elsewhere);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_rtmp_tell);
