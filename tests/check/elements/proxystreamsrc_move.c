/* proxystreamsrc_move.c: from one upstream to another, and back
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <string.h>

#include "proxyfixture.h"

GST_START_TEST (test_next_location_is_taken_when_one_is_down)
{
  g_autofree gchar *location = NULL, *current = NULL;
  GstDvrTimelineInfo info;
  GstDvrRequest *request;
  GstBus *bus;
  Fixture f;

  fixture_start (&f, "");
  bus = fixture_bus (&f);
  location = http_stub_get_uri (f.up.stub, "");
  fixture_set_backup (&f, &f.up);
  /* port 1 of this machine: nobody listens */
  g_object_set (f.element, "location", "http://127.0.0.1:1", NULL);
  fixture_play (&f);
  gst_dvr_timeline_unref (follow (&f, &info));
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_ENDED);
  g_free (wait_status (bus, "NetConnection.Connect.Failed"));
  g_free (wait_status (bus, "NetConnection.Connect.Success"));
  g_object_get (f.element, "current-location", &current, NULL);
  fail_unless_equals_string (current, location);
  request = ask_segment (&f, 100);
  fail_unless_equals_int (wait_end (request), 0);
  gst_dvr_request_unref (request);
  gst_element_set_bus (f.element, NULL);
  gst_object_unref (bus);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_running_stream_moves_to_another_location)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrRequest *request;
  Upstream other;
  guint i;
  Fixture f;

  upstream_init (&other);
  upstream_make_edge (&other);
  edge_start (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  request = ask_segment (&f, 100);
  wait_segment (gst_dvr_request_get_segment (request), PART_SIZE);

  set_location (&f, &other);
  wait_location (&f, &other);
  for (i = 1; i < N_PARTS; i++)
    edge_advance (&other);
  fail_unless_equals_int (wait_end (request), 0);
  check_bytes (request, f.up.media, N_PARTS * PART_SIZE);
  edge_advance (&other);
  wait_part (timeline, 101, 1, &info);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_OPEN);
  fail_unless_equals_uint64 (info.first, 80);

  edge_stop (&f.up);
  edge_stop (&other);
  gst_dvr_request_unref (request);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
  upstream_clear (&other);
}

GST_END_TEST;

/* Half of it, and after the gate the end of the connection. */
static void
half_then_cut (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  http_stub_head (request, 200, "ETag: \"" RECORDING "/100\"\r\n", up->size);
  http_stub_send (request, up->media, up->size / 2);
  upstream_wait_open (up);
  request->close = TRUE;
}

/* Starts a fetch of segment 100, and moves when half of it is there. */
static GstDvrRequest *
move_in_mid_segment (Fixture * f, Upstream * other, HttpStubHandler special)
{
  GstDvrRequest *request;

  upstream_init (other);
  request = fixture_ask_half (f, special);
  set_location (f, other);
  wait_location (f, other);
  upstream_open (&f->up);
  fail_unless_equals_int (wait_end (request), 0);
  check_bytes (request, f->up.media, f->up.size);

  return request;
}

GST_START_TEST (test_fetch_ends_where_it_began)
{
  GstDvrRequest *request;
  Upstream other;
  Fixture f;

  request = move_in_mid_segment (&f, &other, half_then_gate);
  fail_unless_equals_int (http_stub_count (other.stub, SEGMENT_PATH), 0);
  gst_dvr_request_unref (request);
  fixture_stop (&f);
  upstream_clear (&other);
}

GST_END_TEST;

GST_START_TEST (test_cut_fetch_goes_on_at_the_new_location)
{
  g_autofree gchar *range = NULL;
  GstDvrRequest *request;
  Upstream other;
  Fixture f;

  request = move_in_mid_segment (&f, &other, half_then_cut);
  range = g_strdup_printf ("bytes=%" G_GSIZE_FORMAT "-", f.up.size / 2);
  fail_unless_equals_int (http_stub_count (other.stub, SEGMENT_PATH), 1);
  fail_unless_equals_string (other.last_range, range);
  gst_dvr_request_unref (request);
  fixture_stop (&f);
  upstream_clear (&other);
}

GST_END_TEST;

static gboolean
is_let_go (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_FAILED && info->status == 410;
}

GST_START_TEST (test_another_kind_of_location_begins_anew)
{
  g_autofree gchar *dir = g_dir_make_tmp ("proxystreamsrc-XXXXXX", NULL);
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrRequest *request;
  Fixture f;

  request = fixture_ask_half (&f, half_then_gate);
  timeline = follow (&f, &info);
  g_object_set (f.element, "location", dir, NULL);
  wait_timeline (timeline, is_let_go, &info);
  upstream_open (&f.up);
  fail_unless_equals_int (wait_end (request), 0);
  check_bytes (request, f.up.media, f.up.size);
  gst_dvr_timeline_unref (timeline);
  expect_absent (&f);

  set_location (&f, &f.up);
  wait_location (&f, &f.up);
  timeline = follow (&f, &info);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_ENDED);

  gst_dvr_timeline_unref (timeline);
  gst_dvr_request_unref (request);
  fixture_stop (&f);
  g_rmdir (dir);
}

GST_END_TEST;

GST_START_TEST (test_location_that_cannot_be_used_changes_nothing)
{
  static const gchar *const locations[] = { NULL, "", "ftp://host/dir" };
  GstDvrTimelineInfo info;
  GstMessage *message;
  GstBus *bus;
  guint i;
  Fixture f;

  fixture_start (&f, "");
  bus = fixture_bus (&f);
  fixture_play (&f);
  for (i = 0; i < G_N_ELEMENTS (locations); i++) {
    g_object_set (f.element, "location", locations[i], NULL);
    message = gst_bus_timed_pop_filtered (bus, 120 * GST_SECOND,
        GST_MESSAGE_WARNING);
    fail_unless (message != NULL);
    gst_message_unref (message);
  }
  gst_dvr_timeline_unref (follow (&f, &info));
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_ENDED);
  wait_location (&f, &f.up);
  gst_element_set_bus (f.element, NULL);
  gst_object_unref (bus);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_stream_is_remapped_while_it_is_read)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Fixture f;

  fixture_start (&f, "");
  fixture_play (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  g_object_set (f.element, "local-name", "live/cam1", "remote-name",
      "live/cam2", NULL);
  wait_timeline (timeline, is_let_go, &info);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  expect_absent (&f);
  fail_unless_equals_int (http_stub_count (f.up.stub, "/live/cam2/dvr.m3u8"),
      1);
  fixture_stop (&f);
}

GST_END_TEST;

static Suite *
proxystreamsrc_move_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_move");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_next_location_is_taken_when_one_is_down);
  tcase_add_test (tc, test_running_stream_moves_to_another_location);
  tcase_add_test (tc, test_fetch_ends_where_it_began);
  tcase_add_test (tc, test_cut_fetch_goes_on_at_the_new_location);
  tcase_add_test (tc, test_another_kind_of_location_begins_anew);
  tcase_add_test (tc, test_location_that_cannot_be_used_changes_nothing);
  tcase_add_test (tc, test_stream_is_remapped_while_it_is_read);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_move);
