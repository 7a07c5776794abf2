/* proxystreamsrc_tell.c: servers are told what players do
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <stdlib.h>
#include <string.h>

#include "proxyfixture.h"

#define OWN "org.gst-plugins-dvr-"
#define SESSION "6e2fb550-c457-11e9-bb97-0800200c9a66"
#define OTHER "00000000-c457-11e9-bb97-0800200c9a66"

/* What a server was told, and what it says to that. */
static GMutex lock;
static GCond changed;
static GPtrArray *told;
static gboolean gated;
static guint status;
static const gchar *headers;

static void
on_list (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;
  const gchar *said;
  gchar *playlist;
  guint code;

  if (request->no_body) {
    g_mutex_lock (&lock);
    g_ptr_array_add (told, g_uri_unescape_string (request->target, NULL));
    g_cond_broadcast (&changed);
    while (gated)
      g_cond_wait (&changed, &lock);
    code = status;
    said = headers;
    g_mutex_unlock (&lock);
    http_stub_reply (request, code, said, "", 0);
    return;
  }
  g_mutex_lock (&up->lock);
  playlist = g_strdup (up->playlist);
  g_mutex_unlock (&up->lock);
  http_stub_reply (request, 200, NULL, playlist, strlen (playlist));
  g_free (playlist);
}

static GstDvrTimeline *
setup (Fixture * f, const gchar * playlist)
{
  GstDvrTimelineInfo info;

  told = g_ptr_array_new_with_free_func (g_free);
  gated = FALSE;
  status = 204;
  headers = NULL;
  fixture_start (f, "");
  f->up.special_path = DVR;
  f->up.special = on_list;
  upstream_set_playlist (&f->up, playlist);
  fixture_play (f);
  return follow (f, &info);
}

static void
open_gate (void)
{
  g_mutex_lock (&lock);
  gated = FALSE;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

static void
teardown (Fixture * f, GstDvrTimeline * timeline)
{
  open_gate ();
  gst_dvr_timeline_unref (timeline);
  fixture_stop (f);
  g_ptr_array_unref (told);
}

static guint
count_told (void)
{
  guint n;

  g_mutex_lock (&lock);
  n = told->len;
  g_mutex_unlock (&lock);
  return n;
}

/* The @n-th thing told. */
static const gchar *
wait_told (guint n)
{
  gint64 until = g_get_monotonic_time () + WAIT;
  const gchar *target;

  g_mutex_lock (&lock);
  while (told->len < n)
    fail_unless (g_cond_wait_until (&changed, &lock, until), "nothing told");
  target = g_ptr_array_index (told, n - 1);
  g_mutex_unlock (&lock);
  return target;
}

static void
tell (Fixture * f, GstDvrReportKind kind, const gchar * session,
    GstClockTime from, GstClockTime position)
{
  GstDvrReport report = { kind, "live/cam1", session, position, from,
    2 * GST_SECOND, 1.0, kind == GST_DVR_REPORT_STATE, FALSE
  };

  gst_harness_push_upstream_event (f->harness,
      gst_dvr_event_new_report (&report));
}

static void
seek (Fixture * f, guint from, guint to)
{
  tell (f, GST_DVR_REPORT_CLIENT_SEEK, SESSION, from * GST_SECOND,
      to * GST_SECOND);
}

/* Something else is asked for, and comes: what was to be told is. */
static gchar *
fetch_id (Fixture * f, GstDvrSegmentKind kind, const gchar * recording,
    guint64 number)
{
  GstDvrSegmentId id = { kind, "live/cam1", recording, number };
  GstDvrRequest *request = gst_dvr_request_new_segment (&id,
      GST_DVR_PRIORITY_VIEWER);
  gchar *head;

  gst_dvr_request_send (request, f->harness->sinkpad);
  wait_end (request);
  gst_dvr_request_unref (request);
  g_mutex_lock (&f->up.lock);
  head = g_strdup (f->up.media_head);
  g_mutex_unlock (&f->up.lock);
  return head;
}

static gchar *
fetch (Fixture * f, guint64 number)
{
  return fetch_id (f, GST_DVR_SEGMENT_MEDIA, RECORDING, number);
}

GST_START_TEST (test_a_seek_is_a_request_of_its_own)
{
  Fixture f;
  GstDvrTimeline *timeline = setup (&f, PLAYLIST);

  seek (&f, 14, 11);
  fail_unless_equals_string (wait_told (1), DVR "?CMCD=bl=2000," OWN
      "ev=client-seek," OWN "from=14000," OWN "pos=11000,sf=h,sid=\"" SESSION
      "\",st=v");
  tell (&f, GST_DVR_REPORT_STOP_TRANSMIT, SESSION, GST_CLOCK_TIME_NONE,
      11 * GST_SECOND);
  fail_unless (strstr (wait_told (2), OWN "ev=stop-transmit," OWN
          "pos=11000,") != NULL);
  teardown (&f, timeline);
}

GST_END_TEST;

GST_START_TEST (test_many_seeks_are_put_together)
{
  Fixture f;
  GstDvrTimeline *timeline = setup (&f, PLAYLIST);
  const gchar *target;
  guint i;

  gated = TRUE;
  seek (&f, 14, 11);
  wait_told (1);
  for (i = 0; i < 999; i++)
    seek (&f, i == 0 ? 12 : 10, 11 + i % 3);
  tell (&f, GST_DVR_REPORT_CLIENT_SEEK, OTHER, 14 * GST_SECOND,
      13 * GST_SECOND);
  open_gate ();
  target = wait_told (2);
  fail_unless (strstr (target, OWN "from=12000," OWN "n=999," OWN
          "pos=13000,") != NULL, "%s", target);
  fail_unless (strstr (wait_told (3), OTHER) != NULL);
  g_free (fetch (&f, NUMBER));
  fail_unless_equals_int (count_told (), 3);
  teardown (&f, timeline);
}

GST_END_TEST;

GST_START_TEST (test_a_stop_that_goes_on_at_once_is_none)
{
  Fixture f;
  GstDvrTimeline *timeline = setup (&f, PLAYLIST);

  gated = TRUE;
  seek (&f, 14, 11);
  wait_told (1);
  tell (&f, GST_DVR_REPORT_STOP_TRANSMIT, SESSION, GST_CLOCK_TIME_NONE, 0);
  tell (&f, GST_DVR_REPORT_START_TRANSMIT, SESSION, GST_CLOCK_TIME_NONE, 0);
  tell (&f, GST_DVR_REPORT_STOP_TRANSMIT, OTHER, GST_CLOCK_TIME_NONE, 0);
  open_gate ();
  fail_unless (strstr (wait_told (2), OTHER) != NULL);
  teardown (&f, timeline);
}

GST_END_TEST;

static gboolean
is_refused (const GstDvrTimelineInfo * info)
{
  return info->no_smart_seek;
}

GST_START_TEST (test_a_refused_seek_is_the_last_one)
{
  Fixture f;
  GstDvrTimeline *timeline = setup (&f, PLAYLIST);
  GstDvrTimelineInfo info;

  /* somebody between forbids HEAD: that is no refusal */
  status = 403;
  seek (&f, 14, 11);
  wait_told (1);
  tell (&f, GST_DVR_REPORT_STOP_TRANSMIT, SESSION, GST_CLOCK_TIME_NONE, 0);
  wait_told (2);
  gst_dvr_timeline_get_info (timeline, &info);
  fail_if (info.no_smart_seek);
  headers = "CMSD-Static: ot=m, " OWN "no-smart-seek\r\n";
  seek (&f, 14, 12);
  wait_timeline (timeline, is_refused, &info);
  fail_unless_equals_int (count_told (), 3);
  seek (&f, 14, 11);
  g_free (fetch (&f, NUMBER));
  g_free (fetch (&f, NUMBER + 1));
  fail_unless_equals_int (count_told (), 3);
  teardown (&f, timeline);
}

GST_END_TEST;

static void
begin (Fixture * f, const gchar * session)
{
  tell (f, GST_DVR_REPORT_BEGIN, session, GST_CLOCK_TIME_NONE, 11 * GST_SECOND);
}

GST_START_TEST (test_who_begins_knows_before_it_seeks)
{
  Fixture f;
  GstDvrTimeline *timeline = setup (&f, PLAYLIST);
  GstDvrTimelineInfo info;

  status = 204;
  begin (&f, SESSION);
  fail_unless (strstr (wait_told (1), OWN "ev=begin,") != NULL);
  g_free (fetch (&f, NUMBER));
  gst_dvr_timeline_get_info (timeline, &info);
  fail_if (info.no_smart_seek);
  status = 403;
  headers = "CMSD-Static: " OWN "no-smart-seek\r\n";
  begin (&f, OTHER);
  fail_unless (strstr (wait_told (2), OTHER) != NULL);
  wait_timeline (timeline, is_refused, &info);
  /* and nothing is told any more */
  seek (&f, 14, 11);
  g_free (fetch (&f, NUMBER + 1));
  fail_unless_equals_int (count_told (), 2);
  teardown (&f, timeline);
}

GST_END_TEST;

GST_START_TEST (test_another_location_is_asked_anew)
{
  Fixture f;
  GstDvrTimeline *timeline = setup (&f, PLAYLIST);
  GstDvrTimelineInfo info;
  Upstream other;

  begin (&f, SESSION);
  wait_told (1);
  upstream_init (&other);
  other.special_path = DVR;
  other.special = on_list;
  upstream_set_playlist (&other, PLAYLIST);
  status = 403;
  headers = "CMSD-Static: " OWN "no-smart-seek\r\n";
  set_location (&f, &other);
  fail_unless (strstr (wait_told (2), OWN "ev=begin,") != NULL);
  wait_timeline (timeline, is_refused, &info);
  teardown (&f, timeline);
  upstream_clear (&other);
}

GST_END_TEST;

GST_START_TEST (test_it_is_asked_again_where_there_was_no_answer)
{
  Fixture f;
  GstDvrTimeline *timeline = setup (&f, PLAYLIST);

  status = 503;
  begin (&f, SESSION);
  fail_unless (strstr (wait_told (3), OWN "ev=begin,") != NULL);
  /* three times, then what else there is to tell */
  status = 204;
  seek (&f, 14, 11);
  fail_unless (strstr (wait_told (4), OWN "ev=client-seek,") != NULL);
  teardown (&f, timeline);
}

GST_END_TEST;

GST_START_TEST (test_a_refused_stop_is_no_refused_seek)
{
  Fixture f;
  GstDvrTimeline *timeline = setup (&f, PLAYLIST);
  GstDvrTimelineInfo info;

  status = 403;
  headers = "CMSD-Static: " OWN "no-smart-seek\r\n";
  tell (&f, GST_DVR_REPORT_STOP_TRANSMIT, SESSION, GST_CLOCK_TIME_NONE, 0);
  tell (&f, GST_DVR_REPORT_STOP_TRANSMIT, OTHER, GST_CLOCK_TIME_NONE, 0);
  wait_told (2);
  gst_dvr_timeline_get_info (timeline, &info);
  fail_if (info.no_smart_seek);
  teardown (&f, timeline);
}

GST_END_TEST;

GST_START_TEST (test_what_a_playlist_forbids_is_not_tried)
{
  GString *list = g_string_new (PLAYLIST);
  GstDvrTimeline *timeline;
  GstDvrTimelineInfo info;
  Fixture f;

  g_string_replace (list, "#EXT-X-DVR-VERSION:1\n", "#EXT-X-DVR-VERSION:1\n"
      "#EXT-X-DVR-NO-SMART-SEEK\n", 1);
  timeline = setup (&f, list->str);
  wait_timeline (timeline, is_refused, &info);
  seek (&f, 14, 11);
  g_free (fetch (&f, NUMBER));
  g_free (fetch (&f, NUMBER + 1));
  fail_unless_equals_int (count_told (), 0);
  teardown (&f, timeline);
  g_string_free (list, TRUE);
}

GST_END_TEST;

GST_START_TEST (test_others_servers_are_told_how_it_is_only)
{
  GString *list = g_string_new (PLAYLIST);
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  gchar *head;
  Fixture f;

  g_string_replace (list, "#EXT-X-DVR-VERSION:1\n#EXT-X-DVR-TIME:10\n", "", 1);
  timeline = setup (&f, list->str);
  seek (&f, 14, 11);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, NUMBER, &entry),
      GST_DVR_FOUND_CLOSED);
  head = fetch_id (&f, GST_DVR_SEGMENT_MEDIA, entry.recording, NUMBER);
  fail_unless (strstr (head, "CMCD-Object: ot=av\r\n") != NULL);
  fail_if (strstr (head, OWN));
  fail_unless_equals_int (count_told (), 0);
  g_free (head);
  teardown (&f, timeline);
  g_string_free (list, TRUE);
}

GST_END_TEST;

/* How often upstream was told that something starved. */
static guint
count_starved (Fixture * f)
{
  const gchar *at, *said = "CMCD-Status: bs\r\n";
  guint n = 0;

  g_mutex_lock (&f->up.lock);
  for (at = f->up.heads->str; (at = strstr (at, said)); at += strlen (said))
    n++;
  g_mutex_unlock (&f->up.lock);
  return n;
}

GST_START_TEST (test_how_it_is_goes_along_with_requests)
{
  Fixture f;
  GstDvrTimeline *timeline = setup (&f, PLAYLIST);
  gchar *head = fetch (&f, NUMBER);

  /* nobody has said anything */
  fail_if (strstr (head, "CMCD"));
  g_free (head);
  tell (&f, GST_DVR_REPORT_STATE, SESSION, GST_CLOCK_TIME_NONE, GST_SECOND);
  head = fetch (&f, NUMBER + 1);
  fail_unless (strstr (head, "CMCD-Object: ot=av\r\n") != NULL);
  fail_unless (strstr (head, "CMCD-Request: bl=2000\r\n") != NULL);
  fail_unless (strstr (head, "CMCD-Session: sf=h,sid=\"" SESSION
          "\",st=v\r\n") != NULL);
  g_free (head);
  /* it has starved once, and says so once: with what is asked for next */
  fail_unless_equals_int (count_starved (&f), 1);
  head = fetch_id (&f, GST_DVR_SEGMENT_INIT, RECORDING, 0);
  fail_unless (strstr (head, "CMCD-Object: ot=i\r\n") != NULL);
  fail_if (strstr (head, "bl="));
  fail_unless_equals_int (count_starved (&f), 1);
  g_free (head);
  fail_unless_equals_int (count_told (), 0);
  teardown (&f, timeline);
}

GST_END_TEST;

GST_START_TEST (test_it_stops_while_something_is_told)
{
  Fixture f;
  GstDvrTimeline *timeline = setup (&f, PLAYLIST);

  gated = TRUE;
  seek (&f, 14, 11);
  wait_told (1);
  seek (&f, 14, 12);
  gst_element_set_state (f.element, GST_STATE_NULL);
  seek (&f, 14, 12);
  teardown (&f, timeline);
}

GST_END_TEST;

static Suite *
proxystreamsrc_tell_suite (void)
{
  Suite *suite = suite_create ("proxystreamsrc_tell");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_a_seek_is_a_request_of_its_own);
  tcase_add_test (tcase, test_many_seeks_are_put_together);
  tcase_add_test (tcase, test_a_stop_that_goes_on_at_once_is_none);
  tcase_add_test (tcase, test_a_refused_seek_is_the_last_one);
  tcase_add_test (tcase, test_who_begins_knows_before_it_seeks);
  tcase_add_test (tcase, test_another_location_is_asked_anew);
  tcase_add_test (tcase, test_it_is_asked_again_where_there_was_no_answer);
  tcase_add_test (tcase, test_a_refused_stop_is_no_refused_seek);
  tcase_add_test (tcase, test_what_a_playlist_forbids_is_not_tried);
  tcase_add_test (tcase, test_others_servers_are_told_how_it_is_only);
  tcase_add_test (tcase, test_how_it_is_goes_along_with_requests);
  tcase_add_test (tcase, test_it_stops_while_something_is_told);

  return suite;
}

GST_CHECK_MAIN (proxystreamsrc_tell);
