/* dvrserversink.c: what the server answers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>
#include <string.h>

#include "checkutil.h"
#include "serverfixture.h"

static guint64
metric_of (Fixture * f, const gchar * name)
{
  Reply *reply = get (f, "/metrics", "");
  g_autofree gchar *line = g_strdup_printf ("\n%s ", name);
  const gchar *at = strstr (reply_text (reply), line);
  guint64 value;

  fail_unless (at != NULL, "%s", reply_text (reply));
  value = g_ascii_strtoull (at + strlen (line), NULL, 10);
  reply_free (reply);
  return value;
}

GST_START_TEST (test_playlists_list_what_the_timeline_holds)
{
  Reply *reply;
  Fixture f;

  setup (&f);
  reply = get (&f, STREAM "index.m3u8", "");
  fail_unless_equals_int (reply->status, 200);
  fail_unless (strstr (reply->head, "application/vnd.apple.mpegurl") != NULL);
  fail_unless (strstr (reply_text (reply),
          "#EXT-X-MEDIA-SEQUENCE:10\n") != NULL);
  fail_unless (strstr (reply_text (reply), RECORDING) != NULL);
  fail_unless (strstr (reply_text (reply), "ENDLIST") == NULL);
  reply_free (reply);

  gst_dvr_timeline_set_state (f.timeline, GST_DVR_TIMELINE_ENDED, 0);
  reply = get (&f, STREAM "dvr.m3u8", "");
  fail_unless (strstr (reply_text (reply), "#EXT-X-ENDLIST") != NULL);
  reply_free (reply);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_what_is_not_listed_is_not_asked_upstream)
{
  Fixture f;

  setup (&f);
  fail_unless_equals_int (status_of (&f, "GET", "/live/cam2/index.m3u8", ""),
      404);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/5.m4s", ""), 410);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/99.m4s", ""), 404);
  fail_unless_equals_int (status_of (&f, "GET",
          STREAM "20200101T000000Z-aaaa/15.m4s", ""), 404);
  fail_unless_equals_int (status_of (&f, "POST", MEDIA "/15.m4s", ""), 405);
  fail_unless_equals_int (f.requests, 0);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_a_segment_is_served_whole_in_ranges_and_not_at_all)
{
  Reply *reply;
  Fixture f;

  setup (&f);
  fill (&f, 15, 1000);
  reply = get (&f, MEDIA "/15.m4s", "");
  fail_unless_equals_int (reply->status, 200);
  fail_unless_equals_int (reply->body->len, 1000);
  fail_unless (strstr (reply->head, "ETag: \"" RECORDING "/15\"") != NULL);
  fail_unless (strstr (reply->head, "immutable") != NULL);
  fail_unless (strstr (reply->head, "Accept-Ranges: bytes") != NULL);
  reply_free (reply);

  reply = get (&f, MEDIA "/15.m4s", "Range: bytes=10-19\r\n");
  fail_unless_equals_int (reply->status, 206);
  fail_unless_equals_int (reply->body->len, 10);
  fail_unless (strstr (reply->head, "bytes 10-19/1000") != NULL);
  reply_free (reply);

  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/15.m4s",
          "Range: bytes=1000-\r\n"), 416);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/15.m4s",
          "If-None-Match: \"" RECORDING "/15\"\r\n"), 304);
  reply = read_reply (send_request (f.port, "HEAD", MEDIA "/15.m4s", ""));
  fail_unless_equals_int (reply->status, 200);
  fail_unless_equals_int (reply->body->len, 0);
  fail_unless (strstr (reply->head, "Content-Length: 1000") != NULL);
  reply_free (reply);
  teardown (&f);
}

GST_END_TEST;

/* A little of a segment that is not here is asked for alone, and never kept as
 * the segment. */
GST_START_TEST (test_a_little_is_asked_for_alone)
{
  Reply *reply;
  Fixture f;

  setup (&f);
  reply = get (&f, MEDIA "/15.m4s", "Range: bytes=100-299\r\n");
  fail_unless_equals_int (reply->status, 206);
  fail_unless_equals_int (reply->body->len, 200);
  fail_unless (strstr (reply->head, "bytes 100-299/1000") != NULL);
  fail_unless (strstr (reply->head, "ETag: \"" RECORDING "/15\"") != NULL);
  fail_unless_equals_int (reply->body->data[0], 'r');
  reply_free (reply);
  fail_unless_equals_int (f.ranges, 1);
  /* all of it, most of it, and a range of what is another thing now */
  fill (&f, 15, 1000);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/15.m4s", ""), 200);
  fill (&f, 16, 1000);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/16.m4s",
          "Range: bytes=100-\r\n"), 206);
  fill (&f, 17, 1000);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/17.m4s",
          "Range: bytes=0-9\r\nIf-Range: \"other\"\r\n"), 200);
  fail_unless_equals_int (f.ranges, 1);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_a_range_of_what_is_on_its_way)
{
  GSocketConnection *whole, *first, *second;
  GstDvrSegment *segment;
  gchar bytes[500];
  Reply *reply;
  Fixture f;

  setup (&f);
  whole = send_request (f.port, "GET", MEDIA "/15.m4s", "");
  wait_requests (&f, 1);
  segment = get_segment (&f, 15);
  memset (bytes, 'x', sizeof (bytes));
  first = send_request (f.port, "GET", MEDIA "/15.m4s",
      "Range: bytes=0-99\r\n");
  second = send_request (f.port, "GET", MEDIA "/15.m4s",
      "Range: bytes=600-699\r\n");
  gst_dvr_segment_set_total (segment, 1000);
  gst_dvr_segment_append_bytes (segment, bytes, 500);
  /* before the rest has come */
  reply = read_reply (first);
  fail_unless_equals_int (reply->status, 206);
  fail_unless_equals_int (reply->body->len, 100);
  fail_unless (strstr (reply->head, "bytes 0-99/1000") != NULL);
  reply_free (reply);
  gst_dvr_segment_append_bytes (segment, bytes, 500);
  gst_dvr_segment_finish (segment);
  reply = read_reply (second);
  fail_unless_equals_int (reply->status, 206);
  fail_unless (strstr (reply->head, "bytes 600-699/1000") != NULL);
  reply_free (reply);
  reply = read_reply (whole);
  fail_unless_equals_int (reply->body->len, 1000);
  reply_free (reply);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_many_viewers_share_one_segment)
{
  GSocketConnection *connections[50];
  Fixture f;
  guint i;

  setup (&f);
  for (i = 0; i < G_N_ELEMENTS (connections); i++)
    connections[i] = send_request (f.port, "GET", MEDIA "/0000000015.m4s", "");
  wait_requests (&f, 1);
  fill (&f, 15, 100000);
  for (i = 0; i < G_N_ELEMENTS (connections); i++) {
    Reply *reply = read_reply (connections[i]);

    fail_unless_equals_int (reply->status, 200);
    fail_unless_equals_int (reply->body->len, 100000);
    reply_free (reply);
  }
  /* once it is there, nobody is asked any more */
  i = f.requests;
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/0000000015.m4s", ""),
      200);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/0000000015.m4s", ""),
      200);
  fail_unless_equals_int (f.requests, i);
  teardown (&f);
}

GST_END_TEST;

/* Returns: the first byte after the headers */
static guint8
read_first_byte (GSocketConnection * connection)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  const gchar *end = "\r\n\r\n";
  guint matched = 0;
  guint8 byte;

  while (matched <= 4) {
    fail_unless (g_input_stream_read (in, &byte, 1, NULL, NULL) == 1);
    if (matched < 4)
      matched = byte == end[matched] ? matched + 1 : byte == end[0];
    else
      matched++;
  }
  return byte;
}

GST_START_TEST (test_a_segment_is_sent_as_it_comes)
{
  const gsize sizes[] = { 10, 100000, 64 * 1024 + 1 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    GSocketConnection *waiting;
    GstDvrSegment *segment;
    guint8 *bytes = g_malloc (sizes[i]);
    gsize first = MIN (5000, sizes[i] / 2), k;
    Fixture f;
    Reply *rest;

    for (k = 0; k < sizes[i]; k++)
      bytes[k] = k % 251;
    setup (&f);
    waiting = send_request (f.port, "GET", MEDIA "/15.m4s", "");
    wait_requests (&f, 1);
    segment = gst_dvr_segment_ref (get_segment (&f, 15));
    gst_dvr_segment_set_total (segment, sizes[i]);
    gst_dvr_segment_append_bytes (segment, bytes, first);
    fail_unless_equals_int (read_first_byte (waiting), bytes[0]);
    gst_dvr_segment_append_bytes (segment, bytes + first, sizes[i] - first);
    gst_dvr_segment_finish (segment);
    gst_dvr_segment_unref (segment);
    rest = read_reply (waiting);
    fail_unless_equals_int (rest->body->len, sizes[i] - 1);
    fail_unless (memcmp (rest->body->data, bytes + 1, sizes[i] - 1) == 0);
    reply_free (rest);
    g_free (bytes);
    teardown (&f);
  }
}

GST_END_TEST;

/* Nothing behind it has a budget: it has one itself. */
GST_START_TEST (test_memory_is_bounded_without_a_cache)
{
  const gsize size = 32 << 20;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  guint64 number;
  Fixture f;

  setup (&f);
  gst_buffer_memset (buffer, 0, 0, size);
  for (number = 10; number < 22; number++) {
    GstDvrSegment *segment;
    gchar path[128];
    guint64 held;

    segment = get_segment (&f, number);
    /* all are the same memory */
    gst_dvr_segment_append (segment, gst_buffer_ref (buffer));
    gst_dvr_segment_finish (segment);
    g_snprintf (path, sizeof (path), MEDIA "/%" G_GUINT64_FORMAT ".m4s",
        number);
    fail_unless_equals_int (status_of (&f, "GET", path,
            "Range: bytes=0-0\r\n"), 206);
    held = metric_of (&f, "dvrserversink_media_held_bytes");
    fail_unless (held >= size && held <= 256 << 20);
  }
  /* what was let go is asked for anew */
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/10.m4s",
          "Range: bytes=0-0\r\n"), 206);
  fail_unless_equals_int (f.requests, 13);
  gst_buffer_unref (buffer);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_a_part_is_held_until_it_is_there)
{
  GSocketConnection *waiting;
  Reply *reply;
  Fixture f;

  setup (&f);
  open_segment (&f, 30);
  add_part (&f, 30, 'x');
  waiting = send_request (f.port, "GET", MEDIA "/30.1.m4s", "");
  wait_requests (&f, 1);
  add_part (&f, 30, 'y');
  reply = read_reply (waiting);
  fail_unless_equals_int (reply->status, 200);
  fail_unless_equals_int (reply->body->len, 100);
  fail_unless_equals_int (reply->body->data[0], 'y');
  reply_free (reply);
  teardown (&f);
}

GST_END_TEST;

/* A segment that ended short, as its origin was lost, has another name than while
 * it grew; its parts have both. */
GST_START_TEST (test_a_part_keeps_the_name_it_was_listed_under)
{
  static const gchar *const before = "20261120T192200Z-0b0b";
  Fixture f;
  Reply *reply;

  setup (&f);
  open_segment (&f, 30);
  add_part (&f, 30, 'x');
  add_part (&f, 30, 'y');
  gst_dvr_timeline_set_alias (f.timeline, 30, before);
  close_segment (&f, 30, 2000);
  reply = get (&f, STREAM "20261120T192200Z-0b0b/30.1.m4s", "");
  fail_unless_equals_int (reply->status, 200);
  fail_unless_equals_int (reply->body->data[0], 'y');
  reply_free (reply);
  reply = get (&f, STREAM "20261120T192200Z-0b0b/30.2.m4s", "");
  fail_unless_equals_int (reply->status, 404);
  reply_free (reply);
  /* the whole may be longer elsewhere */
  reply = get (&f, STREAM "20261120T192200Z-0b0b/30.m4s", "");
  fail_unless_equals_int (reply->status, 404);
  reply_free (reply);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_a_blocked_reload_returns_with_its_part)
{
  GSocketConnection *waiting;
  Reply *reply;
  Fixture f;

  setup (&f);
  open_segment (&f, 30);
  add_part (&f, 30, 'x');
  waiting = send_request (f.port, "GET",
      STREAM "index.m3u8?_HLS_msn=30&_HLS_part=1", "");
  add_part (&f, 30, 'y');
  reply = read_reply (waiting);
  fail_unless_equals_int (reply->status, 200);
  fail_unless (strstr (reply_text (reply), "30.1.m4s") != NULL);
  fail_unless (strstr (reply_text (reply),
          "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"" RECORDING "/") != NULL);
  reply_free (reply);
  fail_unless_equals_int (status_of (&f, "GET",
          STREAM "index.m3u8?_HLS_msn=99", ""), 400);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_a_list_without_a_whole_segment_is_for_tiers)
{
  GSocketConnection *waiting;
  Reply *reply;
  Fixture f;

  setup (&f);
  gst_dvr_timeline_unref (f.timeline);
  f.timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_set_durations (f.timeline, 2 * GST_SECOND,
      250 * GST_MSECOND);
  gst_dvr_timeline_set_state (f.timeline, GST_DVR_TIMELINE_OPEN, 0);
  open_segment (&f, 30);
  add_part (&f, 30, 'x');
  waiting = send_request (f.port, "GET", STREAM "index.m3u8", "");
  fail_unless_soon (metric_of (&f, "dvrserversink_waiting") >= 1);
  reply = get (&f, STREAM "index.m3u8", "CDN-Loop: tier\r\n");
  fail_unless_equals_int (reply->status, 200);
  fail_unless (strstr (reply_text (reply), "30.0.m4s") != NULL);
  reply_free (reply);
  close_segment (&f, 30, 100);
  reply = read_reply (waiting);
  fail_unless_equals_int (reply->status, 200);
  fail_unless (strstr (reply_text (reply), "#EXTINF") != NULL);
  reply_free (reply);
  teardown (&f);
}

GST_END_TEST;

/* hls.js fails if a discontinuity follows a list that does. */
GST_START_TEST (test_a_list_with_parts_never_ends_with_a_segment)
{
  Reply *reply;
  Fixture f;

  setup (&f);
  open_segment (&f, 30);
  add_part (&f, 30, 'x');
  close_segment (&f, 30, 100);
  close_gap (&f, 31);
  reply = get (&f, STREAM "index.m3u8", "");
  fail_unless (strstr (reply_text (reply), "#EXT-X-PART:") != NULL);
  fail_unless (g_str_has_suffix (reply_text (reply), "31.m4s\n#\n"), "%s",
      reply_text (reply));
  reply_free (reply);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_a_failed_fetch_is_told_and_not_kept)
{
  GSocketConnection *waiting;
  Reply *reply;
  Fixture f;

  setup (&f);
  waiting = send_request (f.port, "GET", MEDIA "/15.m4s", "");
  wait_requests (&f, 1);
  gst_dvr_segment_fail (get_segment (&f, 15), 502, "cut off");
  reply = read_reply (waiting);
  fail_unless_equals_int (reply->status, 502);
  fail_unless (strstr (reply->head, "no-store") != NULL);
  reply_free (reply);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_a_torn_fetch_is_never_a_whole_answer)
{
  GSocketConnection *waiting;
  GstDvrSegment *segment;
  Reply *reply;
  Fixture f;

  setup (&f);
  waiting = send_request (f.port, "GET", MEDIA "/15.m4s", "");
  wait_requests (&f, 1);
  segment = gst_dvr_segment_ref (get_segment (&f, 15));
  gst_dvr_segment_set_total (segment, 1000);
  gst_dvr_segment_append_bytes (segment, "0123456789", 10);
  gst_dvr_segment_fail (segment, 502, "cut off");
  gst_dvr_segment_unref (segment);
  reply = read_reply (waiting);
  fail_unless (reply->status != 200 || reply->body->len < 1000);
  reply_free (reply);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_requests_are_answered_or_closed_when_it_stops)
{
  GSocketConnection *connections[20];
  Fixture f;
  guint i;

  setup (&f);
  open_segment (&f, 30);
  for (i = 0; i < G_N_ELEMENTS (connections); i++)
    connections[i] = send_request (f.port, "GET", i % 2 ?
        STREAM "index.m3u8?_HLS_msn=30" : MEDIA "/15.m4s", "");
  wait_requests (&f, 1);
  gst_element_set_state (f.sink, GST_STATE_NULL);
  for (i = 0; i < G_N_ELEMENTS (connections); i++) {
    Reply *reply = read_reply (connections[i]);

    fail_unless (reply->status == 0 || reply->status >= 400);
    reply_free (reply);
  }
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_states_change_with_requests_under_way)
{
  const GstState states[] = { GST_STATE_NULL, GST_STATE_READY,
    GST_STATE_PAUSED, GST_STATE_PLAYING
  };
  Fixture f;
  guint i;

  setup (&f);
  open_segment (&f, 30);
  for (i = 0; i < 200; i++) {
    GstState state = states[g_random_int_range (0, 4)];

    fail_unless_equals_int (gst_element_set_state (f.sink, state),
        GST_STATE_CHANGE_SUCCESS);
    if (state >= GST_STATE_PAUSED) {
      gint port;

      g_object_get (f.sink, "current-http-port", &port, NULL);
      g_object_unref (send_request (port, "GET", i % 2 ?
              STREAM "index.m3u8?_HLS_msn=30" : MEDIA "/15.m4s", ""));
    }
  }
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_a_taken_port_is_an_error_that_names_it)
{
  GstElement *second;
  GstMessage *message;
  GError *error = NULL;
  gchar *number;
  GstBus *bus;
  Fixture f;

  setup (&f);
  second = gst_element_factory_make ("dvrserversink", NULL);
  bus = gst_bus_new ();
  gst_element_set_bus (second, bus);
  g_object_set (second, "http-port", f.port, NULL);
  fail_unless_equals_int (gst_element_set_state (second, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  number = g_strdup_printf ("%d", f.port);
  fail_unless (strstr (error->message, number) != NULL, "%s", error->message);
  g_free (number);
  g_clear_error (&error);
  gst_message_unref (message);
  gst_element_set_state (second, GST_STATE_NULL);
  gst_bus_set_flushing (bus, TRUE);
  gst_object_unref (second);
  gst_object_unref (bus);
  teardown (&f);
}

GST_END_TEST;

static void
check_eos_is_posted (GstBus * bus)
{
  GstMessage *message =
      gst_bus_timed_pop_filtered (bus, 120 * GST_SECOND, GST_MESSAGE_EOS);

  fail_unless (message != NULL);
  gst_message_unref (message);
}

GST_START_TEST (test_it_serves_on_after_eos)
{
  GstBus *bus = gst_bus_new ();
  Fixture f;

  setup (&f);
  gst_element_set_bus (f.sink, bus);
  gst_pad_push_event (f.src, gst_event_new_eos ());
  check_eos_is_posted (bus);
  fill (&f, 15, 1000);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/15.m4s", ""), 200);
  gst_element_set_bus (f.sink, NULL);
  gst_object_unref (bus);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_a_branch_that_ended_in_an_earlier_run_is_forgotten)
{
  GstBus *bus = gst_bus_new ();
  GstPad *ended;
  Fixture f;

  setup (&f);
  gst_element_set_bus (f.sink, bus);
  ended = gst_element_request_pad_simple (f.sink, "sink_%u");
  gst_pad_send_event (ended, gst_event_new_stream_start ("ended"));
  gst_pad_send_event (ended, gst_event_new_eos ());
  fail_unless (gst_bus_pop_filtered (bus, GST_MESSAGE_EOS) == NULL);
  gst_element_set_state (f.sink, GST_STATE_READY);
  gst_element_release_request_pad (f.sink, ended);
  gst_object_unref (ended);
  gst_element_set_state (f.sink, GST_STATE_PLAYING);
  gst_pad_push_event (f.src, gst_event_new_stream_start ("again"));
  gst_pad_push_event (f.src, gst_event_new_eos ());
  check_eos_is_posted (bus);
  gst_element_set_bus (f.sink, NULL);
  gst_object_unref (bus);
  teardown (&f);
}

GST_END_TEST;

static Suite *
dvrserversink_suite (void)
{
  Suite *s = suite_create ("dvrserversink");
  TCase *tc = tcase_create ("http");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_playlists_list_what_the_timeline_holds);
  tcase_add_test (tc, test_what_is_not_listed_is_not_asked_upstream);
  tcase_add_test (tc, test_a_segment_is_served_whole_in_ranges_and_not_at_all);
  tcase_add_test (tc, test_a_little_is_asked_for_alone);
  tcase_add_test (tc, test_a_range_of_what_is_on_its_way);
  tcase_add_test (tc, test_many_viewers_share_one_segment);
  tcase_add_test (tc, test_a_segment_is_sent_as_it_comes);
  tcase_add_test (tc, test_memory_is_bounded_without_a_cache);
  tcase_add_test (tc, test_a_part_is_held_until_it_is_there);
  tcase_add_test (tc, test_a_part_keeps_the_name_it_was_listed_under);
  tcase_add_test (tc, test_a_blocked_reload_returns_with_its_part);
  tcase_add_test (tc, test_a_list_without_a_whole_segment_is_for_tiers);
  tcase_add_test (tc, test_a_list_with_parts_never_ends_with_a_segment);
  tcase_add_test (tc, test_a_failed_fetch_is_told_and_not_kept);
  tcase_add_test (tc, test_a_torn_fetch_is_never_a_whole_answer);
  tcase_add_test (tc, test_requests_are_answered_or_closed_when_it_stops);
  tcase_add_test (tc, test_states_change_with_requests_under_way);
  tcase_add_test (tc, test_a_taken_port_is_an_error_that_names_it);
  tcase_add_test (tc, test_it_serves_on_after_eos);
  tcase_add_test (tc, test_a_branch_that_ended_in_an_earlier_run_is_forgotten);

  return s;
}

GST_CHECK_MAIN (dvrserversink);
