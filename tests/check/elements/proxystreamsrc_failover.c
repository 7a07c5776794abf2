/* proxystreamsrc_failover.c: what is left of an upstream that was lost
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "checkutil.h"
#include "proxyfixture.h"

/* The longest gap that may come of an upstream that refuses or closes. A busy
 * machine may stand still in the midst of it, but not each time that it is
 * tried. */
#define GAP (250 * G_TIME_SPAN_MILLISECOND)
#define N_TRIES 20
#define PART_PATH "/live/cam1/" RECORDING "/100.2.m4s"

/* Two tiers with the same live stream, and a request for its open segment. */
typedef struct
{
  Fixture f;
  Upstream backup;
  GstDvrTimeline *timeline;
  GstDvrRequest *request;
  GstDvrSegment *segment;
} Pair;

static void
pair_start (Pair * p)
{
  GstDvrTimelineInfo info;

  upstream_init (&p->backup);
  upstream_make_edge (&p->backup);
  fixture_start (&p->f, "");
  fixture_set_backup (&p->f, &p->backup);
  upstream_make_edge (&p->f.up);
  fixture_play (&p->f);
  p->timeline = follow (&p->f, &info);
  gst_dvr_timeline_use (p->timeline);
  p->request = ask_segment (&p->f, 100);
  p->segment = gst_dvr_request_get_segment (p->request);
  wait_segment (p->segment, PART_SIZE);
}

static void
pair_advance (Pair * p)
{
  edge_advance (&p->f.up);
  edge_advance (&p->backup);
}

/* The rest of segment 100 comes as it should, and so does the next one. */
static void
pair_finish (Pair * p)
{
  GstDvrTimelineInfo info;
  GstDvrRequest *next;

  while (p->backup.edge.open_number == 100)
    pair_advance (p);
  fail_unless_equals_int (wait_end (p->request), 0);
  check_bytes (p->request, p->f.up.media, N_PARTS * PART_SIZE);
  wait_part (p->timeline, 101, 0, &info);
  next = ask_segment (&p->f, 101);
  while (p->backup.edge.open_number == 101)
    pair_advance (p);
  fail_unless_equals_int (wait_end (next), 0);
  check_bytes (next, p->f.up.media, N_PARTS * PART_SIZE);
  wait_part (p->timeline, 102, 0, &info);
  fail_unless_equals_uint64 (info.first, 80);
  gst_dvr_request_unref (next);
}

static void
pair_stop (Pair * p)
{
  edge_stop (&p->f.up);
  edge_stop (&p->backup);
  gst_dvr_request_unref (p->request);
  gst_dvr_timeline_unuse (p->timeline);
  gst_dvr_timeline_unref (p->timeline);
  fixture_stop (&p->f);
  upstream_clear (&p->backup);
}

/* Waits until there are that many bytes. Returns: how long after @since */
static gint64
time_bytes (Pair * p, gsize size, gint64 since)
{
  wait_segment (p->segment, size);
  fail_unless (gst_dvr_segment_get_size (p->segment) >= size);

  return g_get_monotonic_time () - since;
}

/* Whether one of the tries took as long as it may. */
static void
check_gap (gint64 (*try) (void), gint64 least, gint64 most)
{
  gint64 late = most + 1;
  guint i;

  for (i = 0; i < N_TRIES && (late <= least || late > most); i++)
    late = try ();
  fail_unless (late > least && late <= most, "came after %" G_GINT64_FORMAT
      " us", late);
}

static gint64
close_between_parts (void)
{
  gint64 since, late;
  Pair p;

  pair_start (&p);
  since = g_get_monotonic_time ();
  http_stub_down (p.f.up.stub);
  pair_advance (&p);
  late = time_bytes (&p, 2 * PART_SIZE, since);
  wait_location (&p.f, &p.backup);
  pair_finish (&p);
  pair_stop (&p);

  return late;
}

GST_START_TEST (test_upstream_closed_between_parts)
{
  check_gap (close_between_parts, 0, GAP);
}

GST_END_TEST;

/* Half of a part, and after the gate the end of the connection. */
static void
half_a_part (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  if (!g_str_equal (request->path, PART_PATH)) {
    edge_handler (request, data);
    return;
  }
  g_mutex_lock (&up->lock);
  while (up->edge.n_parts < 3 && !up->edge.stopping)
    g_cond_wait (&up->changed, &up->lock);
  g_mutex_unlock (&up->lock);
  http_stub_head (request, 200, "ETag: \"p\"\r\n", PART_SIZE);
  http_stub_send (request, up->media + 2 * PART_SIZE, PART_SIZE / 2);
  upstream_wait_open (up);
  request->close = TRUE;
}

static gint64
close_within_a_part (void)
{
  gint64 since, late;
  Pair p;

  pair_start (&p);
  p.f.up.special = half_a_part;
  pair_advance (&p);
  pair_advance (&p);
  upstream_wait_seen (&p.f.up, 1);
  since = g_get_monotonic_time ();
  upstream_open (&p.f.up);
  http_stub_down (p.f.up.stub);
  late = time_bytes (&p, 3 * PART_SIZE, since);
  pair_finish (&p);
  pair_stop (&p);

  return late;
}

GST_START_TEST (test_upstream_closed_within_a_part)
{
  check_gap (close_within_a_part, 0, GAP);
}

GST_END_TEST;

/* Accepts what is asked, and says nothing. */
static void
mute (HttpStubRequest * request, gpointer data)
{
  upstream_wait_open (data);
  request->close = TRUE;
}

static gint64
fall_silent (void)
{
  gint64 since, late;
  Pair p;

  fixture_timeout = 5 * GST_SECOND;
  pair_start (&p);
  g_object_set (p.f.element, "timeout", 500 * GST_MSECOND, NULL);
  fail_unless_soon (upstream_count_blocked (&p.f.up) > 0);
  since = g_get_monotonic_time ();
  p.f.up.special = mute;
  edge_advance (&p.backup);
  late = time_bytes (&p, 2 * PART_SIZE, since);
  while (p.backup.edge.open_number == 100)
    edge_advance (&p.backup);
  fail_unless_equals_int (wait_end (p.request), 0);
  check_bytes (p.request, p.f.up.media, N_PARTS * PART_SIZE);
  pair_stop (&p);

  return late;
}

/* The part is due half a second after the one before; timeout is as long. */
GST_START_TEST (test_a_silent_upstream_is_left)
{
  check_gap (fall_silent, G_TIME_SPAN_SECOND / 2, G_TIME_SPAN_SECOND + GAP);
}

GST_END_TEST;

static gboolean
is_beyond_100 (const GstDvrTimelineInfo * info)
{
  return info->next > 100;
}

GST_START_TEST (test_first_location_is_returned_to_when_it_has_caught_up)
{
  g_autofree gchar *current = NULL;
  g_autofree gchar *of_backup = NULL;
  GstDvrTimelineInfo info;
  gint64 since, until;
  guint i, seen;
  Pair p;

  pair_start (&p);
  of_backup = http_stub_get_uri (p.backup.stub, "");
  http_stub_down (p.f.up.stub);
  for (i = 0; i < 3 * N_PARTS; i++)
    edge_advance (&p.backup);
  wait_timeline (p.timeline, is_beyond_100, &info);
  wait_part (p.timeline, 103, 1, &info);

  /* it answers, but lags by three segments */
  http_stub_up (p.f.up.stub);
  seen = http_stub_count (p.f.up.stub, DVR);
  for (i = 0; i < 3 || http_stub_count (p.f.up.stub, DVR) < seen + 2; i++) {
    edge_advance (&p.backup);
    wait_part (p.timeline, p.backup.edge.open_number, p.backup.edge.n_parts,
        &info);
  }
  g_object_get (p.f.element, "current-location", &current, NULL);
  fail_unless_equals_string (current, of_backup);

  while (p.f.up.edge.open_number < p.backup.edge.open_number
      || p.f.up.edge.n_parts < p.backup.edge.n_parts)
    edge_advance (&p.f.up);
  until = g_get_monotonic_time () + WAIT;
  while (strcmp (current, of_backup) == 0) {
    fail_unless (g_get_monotonic_time () < until, "it is not returned to");
    /* it is tried every tenth of a second, when a reload begins */
    since = g_get_monotonic_time ();
    while (g_get_monotonic_time () < since + G_TIME_SPAN_SECOND / 8)
      g_thread_yield ();
    pair_advance (&p);
    wait_part (p.timeline, p.backup.edge.open_number, p.backup.edge.n_parts,
        &info);
    g_free (current);
    g_object_get (p.f.element, "current-location", &current, NULL);
  }
  wait_location (&p.f, &p.f.up);
  fail_unless_equals_int (wait_end (p.request), 0);
  check_bytes (p.request, p.f.up.media, N_PARTS * PART_SIZE);
  pair_stop (&p);
}

GST_END_TEST;

GST_START_TEST (test_idle_upstream_is_left_for_one_that_is_ahead)
{
  GstDvrTimelineInfo info;
  guint seen;
  Pair p;

  pair_start (&p);
  g_object_set (p.f.element, "idle-timeout", 50 * GST_MSECOND, NULL);
  edge_advance (&p.backup);
  pair_advance (&p);
  wait_location (&p.f, &p.backup);
  wait_part (p.timeline, 100, 3, &info);
  wait_segment (p.segment, 3 * PART_SIZE);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (p.segment),
      3 * PART_SIZE);

  /* the first location is tried again, and not returned to while it lags */
  seen = http_stub_count (p.f.up.stub, DVR);
  while (http_stub_count (p.f.up.stub, DVR) < seen + 2) {
    edge_advance (&p.backup);
    wait_part (p.timeline, p.backup.edge.open_number, p.backup.edge.n_parts,
        &info);
  }
  wait_location (&p.f, &p.backup);
  pair_stop (&p);
}

GST_END_TEST;

GST_START_TEST (test_idle_upstream_is_kept_where_none_is_ahead)
{
  g_autofree gchar *of_first = NULL;
  g_autofree gchar *current = NULL;
  GstDvrTimelineInfo info;
  Pair p;

  pair_start (&p);
  of_first = http_stub_get_uri (p.f.up.stub, "");
  g_object_set (p.f.element, "idle-timeout", 50 * GST_MSECOND, NULL);
  /* what it has is known before the other has it */
  edge_advance (&p.f.up);
  wait_part (p.timeline, 100, 2, &info);
  edge_advance (&p.backup);
  fail_unless_soon (http_stub_count (p.backup.stub, DVR) >= 2);
  g_object_get (p.f.element, "current-location", &current, NULL);
  fail_unless_equals_string (current, of_first);
  pair_finish (&p);
  pair_stop (&p);
}

GST_END_TEST;

static void
busy (HttpStubRequest * request, gpointer data)
{
  http_stub_reply (request, 503, NULL, "later", 5);
}

static gint64
refuse_one (void)
{
  GstDvrTimelineInfo info;
  GstDvrRequest *request;
  gint64 since, late;
  Upstream backup;
  Fixture f;

  upstream_init (&backup);
  fixture_start (&f, "");
  fixture_set_backup (&f, &backup);
  f.up.special = busy;
  f.up.special_path = SEGMENT_PATH;
  fixture_play (&f);
  gst_dvr_timeline_unref (follow (&f, &info));
  since = g_get_monotonic_time ();
  request = ask_segment (&f, 100);
  fail_unless_equals_int (wait_end (request), 0);
  late = g_get_monotonic_time () - since;
  check_bytes (request, backup.media, backup.size);
  /* the stream itself has not moved */
  fail_unless_equals_int (http_stub_count (backup.stub, DVR), 0);
  gst_dvr_request_unref (request);
  fixture_stop (&f);
  upstream_clear (&backup);

  return late;
}

GST_START_TEST (test_what_one_location_refuses_another_may_have)
{
  check_gap (refuse_one, 0, GAP);
}

GST_END_TEST;

static void
hang_up (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  g_mutex_lock (&up->lock);
  up->seen++;
  g_cond_broadcast (&up->changed);
  g_mutex_unlock (&up->lock);
  request->close = TRUE;
}

/* Pauses that double would be minutes long by then, and more than a test lasts
 * in all. */
GST_START_TEST (test_while_somebody_watches_it_is_asked_often)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Fixture f;

  fixture_start (&f, "");
  g_object_set (f.element, "retry-delay", 10 * GST_MSECOND,
      "max-retry-delay", 3600 * GST_SECOND, NULL);
  upstream_make_edge (&f.up);
  fixture_play (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  f.up.special = hang_up;
  edge_advance (&f.up);
  wait_timeline (timeline, is_stale, &info);
  upstream_wait_seen (&f.up, f.up.seen + 20);
  f.up.special = edge_handler;
  wait_timeline (timeline, is_fresh, &info);
  edge_stop (&f.up);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

static Suite *
proxystreamsrc_failover_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_failover");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_upstream_closed_between_parts);
  tcase_add_test (tc, test_upstream_closed_within_a_part);
  tcase_add_test (tc, test_a_silent_upstream_is_left);
  tcase_add_test (tc, test_first_location_is_returned_to_when_it_has_caught_up);
  tcase_add_test (tc, test_idle_upstream_is_left_for_one_that_is_ahead);
  tcase_add_test (tc, test_idle_upstream_is_kept_where_none_is_ahead);
  tcase_add_test (tc, test_what_one_location_refuses_another_may_have);
  tcase_add_test (tc, test_while_somebody_watches_it_is_asked_often);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_failover);
