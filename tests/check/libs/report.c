/* report.c: what a player tells upstream of itself
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrlink.h>

#define SESSION "6e2fb550-c457-11e9-bb97-0800200c9a66"

static GstEvent *
make_report (GstDvrReportKind kind)
{
  GstDvrReport report = { kind, "live/cam1", SESSION, 7 * GST_SECOND,
    3 * GST_SECOND, 2 * GST_SECOND, -2.0, TRUE, FALSE
  };

  return gst_dvr_event_new_report (&report);
}

GST_START_TEST (test_what_is_told_arrives)
{
  GstEvent *event = make_report (GST_DVR_REPORT_CLIENT_SEEK);
  GstDvrReport got;

  fail_unless (GST_EVENT_IS_UPSTREAM (event));
  fail_unless (gst_dvr_event_parse_report (event, &got));
  fail_unless_equals_int (got.kind, GST_DVR_REPORT_CLIENT_SEEK);
  fail_unless_equals_string (got.stream, "live/cam1");
  fail_unless_equals_string (got.session, SESSION);
  fail_unless_equals_uint64 (got.position, 7 * GST_SECOND);
  fail_unless_equals_uint64 (got.from, 3 * GST_SECOND);
  fail_unless_equals_uint64 (got.buffer_length, 2 * GST_SECOND);
  fail_unless_equals_float (got.rate, -2.0);
  fail_unless (got.starved);
  fail_if (got.startup);
  gst_event_unref (event);
}

GST_END_TEST;

GST_START_TEST (test_every_kind_has_the_name_of_the_access_log)
{
  static const gchar *const names[] =
      { "state", "client-seek", "start-transmit", "stop-transmit", "begin" };
  GstDvrReportKind kind;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    fail_unless (gst_dvr_report_kind_from_name (names[i], &kind));
    fail_unless_equals_int (kind, i);
    fail_unless_equals_string (gst_dvr_report_kind_get_name (kind), names[i]);
  }
  fail_if (gst_dvr_report_kind_from_name ("seek", &kind));
  fail_if (gst_dvr_report_kind_from_name ("", &kind));
}

GST_END_TEST;

GST_START_TEST (test_other_events_tell_nothing)
{
  GstEvent *event = gst_dvr_event_new_bad_name ("live/cam1");
  GstDvrReport got;

  fail_if (gst_dvr_event_parse_report (event, &got));
  gst_event_unref (event);
  /* anybody can make such an event */
  event = gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
      gst_structure_new ("dvr-report", "kind", G_TYPE_STRING, "client-seek",
          "stream", G_TYPE_STRING, "a", "session", G_TYPE_STRING,
          "two words\r\n", NULL));
  fail_if (gst_dvr_event_parse_report (event, &got));
  gst_event_unref (event);
}

GST_END_TEST;

GST_START_TEST (test_a_session_id_is_safe_anywhere)
{
  gchar *longest = g_strnfill (GST_DVR_SESSION_MAX, 'a');
  gchar *longer = g_strnfill (GST_DVR_SESSION_MAX + 1, 'a');

  fail_unless (gst_dvr_is_session_id (SESSION));
  fail_unless (gst_dvr_is_session_id (longest));
  fail_if (gst_dvr_is_session_id (longer));
  fail_if (gst_dvr_is_session_id (NULL));
  fail_if (gst_dvr_is_session_id (""));
  fail_if (gst_dvr_is_session_id ("a\tb"));
  fail_if (gst_dvr_is_session_id ("a\"b"));
  g_free (longest);
  g_free (longer);
}

GST_END_TEST;

static void
count (GstDvrTimeline * timeline, gpointer n)
{
  (*(guint *) n)++;
}

GST_START_TEST (test_a_timeline_says_whether_players_may_seek_by_themselves)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");
  GstDvrTimelineInfo info;
  guint n = 0;

  gst_dvr_timeline_add_watch (timeline, count, &n, NULL);
  gst_dvr_timeline_get_info (timeline, &info);
  fail_if (info.no_smart_seek);
  gst_dvr_timeline_set_smart_seek (timeline, TRUE);
  fail_unless_equals_int (n, 0);
  gst_dvr_timeline_set_smart_seek (timeline, FALSE);
  gst_dvr_timeline_set_smart_seek (timeline, FALSE);
  fail_unless_equals_int (n, 1);
  gst_dvr_timeline_get_info (timeline, &info);
  fail_unless (info.no_smart_seek);
  gst_dvr_timeline_set_smart_seek (timeline, TRUE);
  fail_unless_equals_int (n, 2);
  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

static Suite *
report_suite (void)
{
  Suite *suite = suite_create ("report");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_what_is_told_arrives);
  tcase_add_test (tcase, test_every_kind_has_the_name_of_the_access_log);
  tcase_add_test (tcase, test_other_events_tell_nothing);
  tcase_add_test (tcase, test_a_session_id_is_safe_anywhere);
  tcase_add_test (tcase,
      test_a_timeline_says_whether_players_may_seek_by_themselves);

  return suite;
}

GST_CHECK_MAIN (report);
