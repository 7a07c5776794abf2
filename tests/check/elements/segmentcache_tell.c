/* segmentcache_tell.c: what a player tells upstream of itself
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "dvrplayer.h"

#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)
#define F(seconds) ((seconds) * FPS)
#define TIMEOUT (120 * G_TIME_SPAN_SECOND)

/* What upstream was told. */
typedef struct
{
  GMutex lock;
  GCond wake;
  GQueue events;
  guint n_questions;
  GstClockTime beyond;          /* where upstream shall go on from */
} Told;

static GstPadProbeReturn
hear (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Told *told = user_data;
  const gchar *stream, *session;
  GstDvrReport report;
  GstClockTime time;

  if (gst_dvr_event_parse_report (info->data, &report)) {
    g_mutex_lock (&told->lock);
    g_queue_push_tail (&told->events, gst_event_ref (info->data));
    g_cond_broadcast (&told->wake);
    g_mutex_unlock (&told->lock);
  } else if (gst_dvr_event_parse_beyond (info->data, &stream, &session, &time)) {
    g_mutex_lock (&told->lock);
    told->beyond = time;
    g_cond_broadcast (&told->wake);
    g_mutex_unlock (&told->lock);
  }
  return GST_PAD_PROBE_OK;
}

static void
setup (DvrPlayer * p, Told * told, gboolean in_buffer_seek)
{
  memset (told, 0, sizeof (*told));
  g_mutex_init (&told->lock);
  g_cond_init (&told->wake);
  dvr_player_setup (p, 20, GST_DVR_TIMELINE_ENDED, "in-buffer-seek",
      in_buffer_seek, NULL);
  gst_pad_add_probe (p->up, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, hear, told,
      NULL);
}

static void
teardown (DvrPlayer * p, Told * told)
{
  dvr_player_teardown (p);
  g_queue_clear_full (&told->events, (GDestroyNotify) gst_event_unref);
  g_mutex_clear (&told->lock);
  g_cond_clear (&told->wake);
}

/* The next of that kind; others are dropped. */
static GstEvent *
expect (Told * told, GstDvrReportKind kind, GstDvrReport * report)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;
  GstEvent *event = NULL;

  g_mutex_lock (&told->lock);
  while (!event) {
    while (told->events.length == 0)
      fail_unless (g_cond_wait_until (&told->wake, &told->lock, end),
          "no %s was told", gst_dvr_report_kind_get_name (kind));
    event = g_queue_pop_head (&told->events);
    gst_dvr_event_parse_report (event, report);
    if (report->kind != kind)
      g_clear_pointer (&event, gst_event_unref);
  }
  g_mutex_unlock (&told->lock);
  return event;
}

static gboolean
was_told (Told * told, GstDvrReportKind kind)
{
  gboolean found = FALSE;
  GstDvrReport report;
  GList *l;

  g_mutex_lock (&told->lock);
  for (l = told->events.head; l; l = l->next) {
    gst_dvr_event_parse_report (l->data, &report);
    found |= report.kind == kind;
  }
  g_mutex_unlock (&told->lock);
  return found;
}

static void
seek_to (DvrPlayer * p, GstClockTime time)
{
  fail_unless (dvr_player_seek (p, 1.0, ACCURATE, GST_SEEK_TYPE_SET, time,
          GST_SEEK_TYPE_NONE, -1));
  dvr_player_flushed (p);
}

static gboolean
was_in_buffer (DvrPlayer * p)
{
  GstStructure *s = dvr_player_status (p, "NetStream.Seek.Notify");
  gboolean found = strstr (gst_structure_get_string (s, "description"),
      "client-inBufferSeek") != NULL;

  gst_structure_free (s);
  return found;
}

GST_START_TEST (test_until_something_is_on_show_it_is_urgent)
{
  GstDvrReport report;
  DvrPlayer p;
  Told told;

  setup (&p, &told, TRUE);
  p.hold_from = FIRST_NUMBER;
  dvr_player_play (&p);
  gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  fail_unless (report.startup);
  fail_if (report.starved);
  fail_unless_equals_uint64 (report.buffer_length, 0);
  dvr_player_release (&p);
  dvr_player_frames (&p, F (100), GROUP);
  do
    gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  while (report.startup);
  fail_unless (report.buffer_length > 0);
  teardown (&p, &told);
}

GST_END_TEST;

GST_START_TEST (test_it_asks_once_whether_it_may_seek_in_its_buffer)
{
  GstDvrReport report;
  GstEvent *event;
  DvrPlayer p;
  Told told;

  setup (&p, &told, TRUE);
  dvr_player_play (&p);
  event = expect (&told, GST_DVR_REPORT_BEGIN, &report);
  fail_unless_equals_string (report.stream, "live/cam1");
  gst_event_unref (event);
  dvr_player_frames (&p, F (100), 4 * GROUP);
  seek_to (&p, 101 * GST_SECOND);
  gst_event_unref (expect (&told, GST_DVR_REPORT_CLIENT_SEEK, &report));
  gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  fail_if (was_told (&told, GST_DVR_REPORT_BEGIN));
  teardown (&p, &told);
}

GST_END_TEST;

GST_START_TEST (test_it_asks_when_it_would_like_to)
{
  GstDvrReport report;
  DvrPlayer p;
  Told told;

  setup (&p, &told, FALSE);
  dvr_player_play (&p);
  gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  dvr_player_frames (&p, F (100), GROUP);
  gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  fail_if (was_told (&told, GST_DVR_REPORT_BEGIN));
  g_object_set (p.element, "in-buffer-seek", TRUE, NULL);
  gst_event_unref (expect (&told, GST_DVR_REPORT_BEGIN, &report));
  teardown (&p, &told);
}

GST_END_TEST;

static gboolean
has_smart_seek (DvrPlayer * p)
{
  gboolean has = FALSE;
  GstStructure *stats;

  g_object_get (p->element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_boolean (stats, "smart-seek", &has));
  gst_structure_free (stats);
  return has;
}

GST_START_TEST (test_that_it_starved_is_told_once)
{
  GstDvrReport report;
  guint n = 0, i;
  DvrPlayer p;
  Told told;

  setup (&p, &told, TRUE);
  p.hold_from = FIRST_NUMBER + 2;
  dvr_player_play (&p);
  /* it is under way, and then there is no more */
  dvr_player_wait_full (&p);
  do
    gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  while (report.startup);
  dvr_player_frames (&p, F (100), 4 * GROUP);
  do
    gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  while (!report.starved);
  fail_unless (report.startup);
  for (i = 0; i < 2; i++) {
    gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
    n += report.starved;
  }
  fail_unless_equals_int (n, 0);
  dvr_player_release (&p);
  dvr_player_frames (&p, F (104), GROUP);
  do
    gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  while (report.startup);
  teardown (&p, &told);
}

GST_END_TEST;

GST_START_TEST (test_a_seek_in_the_buffer_is_told)
{
  GstDvrReport report;
  GstEvent *event, *first;
  gchar *session;
  DvrPlayer p;
  Told told;

  setup (&p, &told, TRUE);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 4 * GROUP);
  first = expect (&told, GST_DVR_REPORT_STATE, &report);
  session = g_strdup (report.session);
  gst_event_unref (first);
  seek_to (&p, 101 * GST_SECOND);
  fail_unless (was_in_buffer (&p));
  event = expect (&told, GST_DVR_REPORT_CLIENT_SEEK, &report);
  fail_unless_equals_string (report.stream, "live/cam1");
  fail_unless_equals_string (report.session, session);
  fail_unless_equals_uint64 (report.position, 101 * GST_SECOND);
  fail_unless (report.from >= 103 * GST_SECOND);
  fail_unless (report.buffer_length >= 2 * GST_SECOND);
  fail_unless_equals_float (report.rate, 1.0);
  gst_event_unref (event);
  g_free (session);
  teardown (&p, &told);
}

GST_END_TEST;

GST_START_TEST (test_a_seek_elsewhere_is_none_of_the_kind)
{
  GstDvrReport report;
  DvrPlayer p;
  Told told;

  setup (&p, &told, TRUE);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 2 * GROUP);
  seek_to (&p, 130 * GST_SECOND);
  fail_if (was_in_buffer (&p));
  fail_unless (dvr_player_frames (&p, F (130), GROUP));
  gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  fail_if (was_told (&told, GST_DVR_REPORT_CLIENT_SEEK));
  teardown (&p, &told);
}

GST_END_TEST;

GST_START_TEST (test_where_upstream_says_no_seeks_are_standard)
{
  GstDvrReport report;
  DvrPlayer p;
  Told told;

  setup (&p, &told, TRUE);
  gst_dvr_timeline_set_smart_seek (p.timeline, FALSE);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 4 * GROUP);
  fail_if (has_smart_seek (&p));
  seek_to (&p, 101 * GST_SECOND);
  fail_if (was_in_buffer (&p));
  fail_unless (dvr_player_frames (&p, F (101), GROUP));
  gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  fail_if (was_told (&told, GST_DVR_REPORT_CLIENT_SEEK));
  fail_if (was_told (&told, GST_DVR_REPORT_BEGIN));
  /* and from the moment on at which it allows them, in the buffer */
  gst_dvr_timeline_set_smart_seek (p.timeline, TRUE);
  fail_unless (has_smart_seek (&p));
  dvr_player_skip_until (&p, F (103));
  seek_to (&p, 101 * GST_SECOND);
  fail_unless (was_in_buffer (&p));
  gst_event_unref (expect (&told, GST_DVR_REPORT_CLIENT_SEEK, &report));
  teardown (&p, &told);
}

GST_END_TEST;

GST_START_TEST (test_a_full_buffer_stops_and_goes_on)
{
  GstDvrReport report;
  DvrPlayer p;
  Told told;

  setup (&p, &told, TRUE);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  dvr_player_wait_full (&p);
  gst_element_set_state (p.element, GST_STATE_PAUSED);
  gst_event_unref (expect (&told, GST_DVR_REPORT_STOP_TRANSMIT, &report));
  fail_unless_equals_float (report.rate, 0.0);
  fail_unless (report.buffer_length > 0);
  fail_if (was_told (&told, GST_DVR_REPORT_START_TRANSMIT));
  gst_element_set_state (p.element, GST_STATE_PLAYING);
  dvr_player_frames (&p, F (101), 4 * GROUP);
  gst_event_unref (expect (&told, GST_DVR_REPORT_START_TRANSMIT, &report));
  teardown (&p, &told);
}

GST_END_TEST;

GST_START_TEST (test_without_smart_seek_only_the_state_is_told)
{
  GstDvrReport report;
  DvrPlayer p;
  Told told;

  setup (&p, &told, FALSE);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 2 * GROUP);
  dvr_player_wait_full (&p);
  seek_to (&p, 100 * GST_SECOND);
  dvr_player_frames (&p, F (100), GROUP);
  dvr_player_wait_full (&p);
  gst_element_set_state (p.element, GST_STATE_PAUSED);
  /* it looks after itself all the same */
  do
    gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  while (report.rate != 0 || report.startup);
  gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  fail_if (was_told (&told, GST_DVR_REPORT_STOP_TRANSMIT));
  fail_if (was_told (&told, GST_DVR_REPORT_CLIENT_SEEK));
  teardown (&p, &told);
}

GST_END_TEST;

GST_START_TEST (test_nothing_is_told_where_that_is_not_wanted)
{
  GstDvrReport report;
  DvrPlayer p;
  Told told;

  setup (&p, &told, TRUE);
  g_object_set (p.element, "tell-upstream", FALSE, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 4 * GROUP);
  seek_to (&p, 101 * GST_SECOND);
  fail_unless (was_in_buffer (&p));
  fail_unless (dvr_player_frames (&p, F (101), GROUP));
  fail_unless_equals_int (told.events.length, 0);
  /* and what was not told is not told later */
  g_object_set (p.element, "tell-upstream", TRUE, NULL);
  gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  fail_if (was_told (&told, GST_DVR_REPORT_CLIENT_SEEK));
  teardown (&p, &told);
}

GST_END_TEST;

/* A thousand seeks: bounded, and none of them waits for what upstream does. */
static GstPadProbeReturn
hear_slowly (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Told *told = user_data;
  GstDvrReport report;

  if (gst_dvr_event_parse_report (info->data, &report)
      && report.kind == GST_DVR_REPORT_CLIENT_SEEK) {
    g_mutex_lock (&told->lock);
    while (told->n_questions == 0)
      g_cond_wait (&told->wake, &told->lock);
    g_mutex_unlock (&told->lock);
  }
  return GST_PAD_PROBE_OK;
}

GST_START_TEST (test_seeks_do_not_wait_for_upstream)
{
  GstDvrReport report;
  DvrPlayer p;
  Told told;
  guint i, n = 1;

  setup (&p, &told, TRUE);
  gst_pad_add_probe (p.up, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, hear_slowly,
      &told, NULL);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), 4 * GROUP);
  for (i = 0; i < 100; i++)
    seek_to (&p, (101 + i % 2) * GST_SECOND);
  g_mutex_lock (&told.lock);
  told.n_questions = 1;
  g_cond_broadcast (&told.wake);
  g_mutex_unlock (&told.lock);
  /* the last one is told, whatever was lost before it */
  gst_event_unref (expect (&told, GST_DVR_REPORT_CLIENT_SEEK, &report));
  while (report.position != 102 * GST_SECOND || was_told (&told,
          GST_DVR_REPORT_CLIENT_SEEK)) {
    gst_event_unref (expect (&told, GST_DVR_REPORT_CLIENT_SEEK, &report));
    n++;
  }
  fail_unless (n <= 66, "%u were told", n);
  teardown (&p, &told);
}

GST_END_TEST;

GST_START_TEST (test_a_seek_beyond_what_is_there_asks_upstream)
{
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_TIME);
  gint64 until = g_get_monotonic_time () + TIMEOUT, end;
  GstDvrTimelineInfo info;
  GstDvrReport report;
  DvrPlayer p;
  Told told;

  setup (&p, &told, TRUE);
  dvr_player_play (&p);
  dvr_player_frames (&p, F (100), GROUP);
  gst_dvr_timeline_get_info (p.timeline, &info);
  gst_dvr_timeline_set_state (p.timeline, GST_DVR_TIMELINE_OPEN, 0);
  gst_dvr_timeline_set_reach (p.timeline, info.end + 100 * GST_SECOND);
  fail_unless (gst_pad_peer_query (p.down, query));
  gst_query_parse_seeking (query, NULL, NULL, NULL, &end);
  fail_unless_equals_uint64 (end, info.end + 100 * GST_SECOND);
  gst_query_unref (query);

  seek_to (&p, info.end + 30 * GST_SECOND);
  g_mutex_lock (&told.lock);
  while (told.beyond == 0)
    fail_unless (g_cond_wait_until (&told.wake, &told.lock, until));
  fail_unless_equals_uint64 (told.beyond, info.end + 30 * GST_SECOND);
  told.beyond = 0;
  g_mutex_unlock (&told.lock);
  /* and is done when that is granted */
  dvr_player_add (&p, info.next, info.end / GST_SECOND + 29);
  dvr_player_flushed (&p);
  /* what is here is not asked for */
  seek_to (&p, info.end - GST_SECOND);
  gst_event_unref (expect (&told, GST_DVR_REPORT_STATE, &report));
  fail_unless_equals_uint64 (told.beyond, 0);
  teardown (&p, &told);
}

GST_END_TEST;

static Suite *
segmentcache_tell_suite (void)
{
  Suite *suite = suite_create ("segmentcache_tell");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_until_something_is_on_show_it_is_urgent);
  tcase_add_test (tcase, test_it_asks_once_whether_it_may_seek_in_its_buffer);
  tcase_add_test (tcase, test_it_asks_when_it_would_like_to);
  tcase_add_test (tcase, test_that_it_starved_is_told_once);
  tcase_add_test (tcase, test_a_seek_in_the_buffer_is_told);
  tcase_add_test (tcase, test_a_seek_elsewhere_is_none_of_the_kind);
  tcase_add_test (tcase, test_where_upstream_says_no_seeks_are_standard);
  tcase_add_test (tcase, test_a_full_buffer_stops_and_goes_on);
  tcase_add_test (tcase, test_without_smart_seek_only_the_state_is_told);
  tcase_add_test (tcase, test_nothing_is_told_where_that_is_not_wanted);
  tcase_add_test (tcase, test_seeks_do_not_wait_for_upstream);
  tcase_add_test (tcase, test_a_seek_beyond_what_is_there_asks_upstream);

  return suite;
}

GST_CHECK_MAIN (segmentcache_tell);
