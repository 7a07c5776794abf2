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
#include <gio/gio.h>
#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrlink.h>

#define RECORDING "20261120T192200Z-3f9c"
#define STREAM "/live/cam1/"
#define MEDIA STREAM RECORDING

/* An upstream of one stream, whose segments the test fills by hand. */
typedef struct
{
  GstElement *sink;
  GstPad *src;
  GstPad *pad;
  gint port;
  GstDvrTimeline *timeline;

  GMutex lock;
  GCond cond;
  GHashTable *segments;         /* number -> GstDvrSegment */
  guint requests;               /* for segments */
  guint ranges;                 /* ... of these, for runs of their bytes */
} Fixture;

static GstDvrSegment *
get_segment_locked (Fixture * f, guint64 number)
{
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING,
    number
  };
  GstDvrSegment *segment = g_hash_table_lookup (f->segments, &number);
  guint64 *key;

  if (segment)
    return segment;
  key = g_memdup2 (&number, sizeof (number));
  segment = gst_dvr_segment_new (&id);
  g_hash_table_insert (f->segments, key, segment);

  return segment;
}

/* As a cache does: with the segment where it is known. Else the range comes, of
 * a segment of 1000 bytes. */
static void
answer_range (Fixture * f, GstDvrRequest * request)
{
  const GstDvrSegmentId *id = gst_dvr_request_get_id (request);
  gchar bytes[1000];
  GstDvrSegment *segment;

  g_mutex_lock (&f->lock);
  segment = g_hash_table_lookup (f->segments, &id->number);
  if (segment)
    gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_COLLAPSED);
  f->requests++;
  f->ranges++;
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
  if (segment)
    return;
  memset (bytes, 'r', sizeof (bytes));
  segment = gst_dvr_segment_new (id);
  gst_dvr_segment_set_source (segment, NULL, 1000);
  gst_dvr_segment_append_bytes (segment, bytes, id->size);
  gst_dvr_segment_finish (segment);
  gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_MISS);
  gst_dvr_segment_unref (segment);
}

static gboolean
answer (GstPad * pad, GstObject * parent, GstQuery * query)
{
  Fixture *f = gst_pad_get_element_private (pad);
  GstDvrRequest *request = gst_query_get_dvr_request (query);

  if (request == NULL)
    return gst_pad_query_default (pad, parent, query);
  if (strcmp (gst_dvr_request_get_stream (request), "live/cam1") != 0) {
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
  } else if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE) {
    gst_dvr_request_answer_timeline (request, f->timeline);
  } else if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_SEGMENT) {
    g_mutex_lock (&f->lock);
    f->requests++;
    gst_dvr_request_answer_segment (request, get_segment_locked (f,
            gst_dvr_request_get_id (request)->number), GST_DVR_HOW_MISS);
    g_cond_broadcast (&f->cond);
    g_mutex_unlock (&f->lock);
  } else if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_RANGE) {
    answer_range (f, request);
  } else {
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
  }

  return TRUE;
}

/* Waits until upstream has been asked so often. */
static void
wait_requests (Fixture * f, guint n)
{
  gint64 until = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&f->lock);
  while (f->requests < n)
    fail_unless (g_cond_wait_until (&f->cond, &f->lock, until));
  g_mutex_unlock (&f->lock);
}

static void
close_segment (Fixture * f, guint64 number, guint64 size)
{
  GstDvrEntry entry = {.number = number,.recording = RECORDING,
    .start = number * GST_SECOND,.duration = GST_SECOND,.size = size,
    .wall_time = 1000000
  };

  fail_unless (gst_dvr_timeline_close_segment (f->timeline, &entry));
}

static void
open_segment (Fixture * f, guint64 number)
{
  GstDvrEntry entry = {.number = number,.recording = RECORDING,
    .start = number * GST_SECOND,.wall_time = 1000000
  };

  fail_unless (gst_dvr_timeline_open_segment (f->timeline, &entry));
}

static void
add_part (Fixture * f, guint64 number, gchar byte)
{
  GstDvrPart part = { 0, 100, 250 * GST_MSECOND, TRUE };
  GstDvrSegment *segment;
  gchar bytes[100];

  memset (bytes, byte, sizeof (bytes));
  g_mutex_lock (&f->lock);
  segment = get_segment_locked (f, number);
  g_mutex_unlock (&f->lock);
  part.offset = gst_dvr_segment_get_size (segment);
  gst_dvr_segment_append_part (segment, gst_buffer_new_memdup (bytes, 100),
      part.duration, TRUE);
  gst_dvr_timeline_add_part (f->timeline, &part);
}

static void
fill (Fixture * f, guint64 number, gsize size)
{
  gchar *bytes = g_malloc (size);
  GstDvrSegment *segment;

  memset (bytes, 'a' + number % 26, size);
  g_mutex_lock (&f->lock);
  segment = get_segment_locked (f, number);
  g_mutex_unlock (&f->lock);
  gst_dvr_segment_append_bytes (segment, bytes, size);
  gst_dvr_segment_finish (segment);
  g_free (bytes);
}

static void
setup (Fixture * f)
{
  const gchar *names[] = { "*", NULL };
  guint64 number;

  memset (f, 0, sizeof (*f));
  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
  f->segments = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
      (GDestroyNotify) gst_dvr_segment_unref);
  f->timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_set_durations (f->timeline, 2 * GST_SECOND,
      250 * GST_MSECOND);
  gst_dvr_timeline_set_state (f->timeline, GST_DVR_TIMELINE_OPEN, 0);
  for (number = 10; number < 30; number++)
    close_segment (f, number, 1000);

  f->sink = gst_element_factory_make ("dvrserversink", NULL);
  fail_unless (f->sink != NULL);
  g_object_set (f->sink, "http-port", 0, NULL);
  f->src = gst_pad_new ("src", GST_PAD_SRC);
  gst_pad_set_element_private (f->src, f);
  gst_pad_set_query_function (f->src, answer);
  f->pad = gst_element_request_pad_simple (f->sink, "sink_%u");
  fail_unless_equals_int (gst_pad_link (f->src, f->pad), GST_PAD_LINK_OK);
  gst_pad_set_active (f->src, TRUE);
  fail_unless_equals_int (gst_element_set_state (f->sink, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
  g_object_get (f->sink, "current-http-port", &f->port, NULL);
  fail_unless (f->port > 0);
  gst_pad_push_event (f->src, gst_event_new_stream_start ("test"));
  gst_pad_push_event (f->src, gst_dvr_event_new_names ((gchar **) names));
}

static void
teardown (Fixture * f)
{
  gst_element_set_state (f->sink, GST_STATE_NULL);
  gst_pad_unlink (f->src, f->pad);
  gst_element_release_request_pad (f->sink, f->pad);
  gst_object_unref (f->pad);
  gst_object_unref (f->src);
  ASSERT_OBJECT_REFCOUNT (f->sink, "sink", 1);
  gst_object_unref (f->sink);
  gst_dvr_timeline_unref (f->timeline);
  g_hash_table_unref (f->segments);
  g_cond_clear (&f->cond);
  g_mutex_clear (&f->lock);
}

/* An HTTP client that reads to the end of the connection. */
typedef struct
{
  guint status;
  gchar *head;
  GByteArray *body;
} Reply;

static GSocketConnection *
send_request (gint port, const gchar * method, const gchar * path,
    const gchar * headers)
{
  GSocketClient *client = g_socket_client_new ();
  GSocketConnection *connection;
  gchar *request = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: localhost\r\n"
      "Connection: close\r\n%s\r\n", method, path, headers);

  connection = g_socket_client_connect_to_host (client, "localhost", port,
      NULL, NULL);
  fail_unless (connection != NULL);
  g_socket_set_timeout (g_socket_connection_get_socket (connection), 20);
  fail_unless (g_output_stream_write_all (g_io_stream_get_output_stream
          (G_IO_STREAM (connection)), request, strlen (request), NULL, NULL,
          NULL));
  g_free (request);
  g_object_unref (client);

  return connection;
}

static Reply *
read_reply (GSocketConnection * connection)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  Reply *reply = g_new0 (Reply, 1);
  guint8 bytes[4096];
  gchar *end;
  gssize n;

  reply->body = g_byte_array_new ();
  while ((n = g_input_stream_read (in, bytes, sizeof (bytes), NULL, NULL)) > 0)
    g_byte_array_append (reply->body, bytes, n);
  g_object_unref (connection);

  end = reply->body->len == 0 ? NULL : g_strstr_len ((gchar *)
      reply->body->data, reply->body->len, "\r\n\r\n");
  if (end) {
    gsize size = end + 4 - (gchar *) reply->body->data;

    reply->head = g_strndup ((gchar *) reply->body->data, size);
    reply->status = atoi (reply->head + strlen ("HTTP/1.1 "));
    g_byte_array_remove_range (reply->body, 0, size);
  }
  g_byte_array_append (reply->body, (guint8 *) "", 1);
  reply->body->len--;

  return reply;
}

static void
reply_free (Reply * reply)
{
  g_byte_array_unref (reply->body);
  g_free (reply->head);
  g_free (reply);
}

static Reply *
get (Fixture * f, const gchar * path, const gchar * headers)
{
  return read_reply (send_request (f->port, "GET", path, headers));
}

static guint
status_of (Fixture * f, const gchar * method, const gchar * path,
    const gchar * headers)
{
  Reply *reply = read_reply (send_request (f->port, method, path, headers));
  guint status = reply->status;

  reply_free (reply);

  return status;
}

GST_START_TEST (test_playlists_list_what_the_timeline_holds)
{
  Reply *reply;
  Fixture f;

  setup (&f);
  reply = get (&f, STREAM "index.m3u8", "");
  fail_unless_equals_int (reply->status, 200);
  fail_unless (strstr (reply->head, "application/vnd.apple.mpegurl") != NULL);
  fail_unless (strstr ((gchar *) reply->body->data,
          "#EXT-X-MEDIA-SEQUENCE:10\n") != NULL);
  fail_unless (strstr ((gchar *) reply->body->data, RECORDING) != NULL);
  fail_unless (strstr ((gchar *) reply->body->data, "ENDLIST") == NULL);
  reply_free (reply);

  gst_dvr_timeline_set_state (f.timeline, GST_DVR_TIMELINE_ENDED, 0);
  reply = get (&f, STREAM "dvr.m3u8", "");
  fail_unless (strstr ((gchar *) reply->body->data, "#EXT-X-ENDLIST") != NULL);
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
  g_mutex_lock (&f.lock);
  segment = get_segment_locked (&f, 15);
  g_mutex_unlock (&f.lock);
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
  fail_unless (strstr ((gchar *) reply->body->data, "30.1.m4s") != NULL);
  fail_unless (strstr ((gchar *) reply->body->data,
          "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"" RECORDING "/") != NULL);
  reply_free (reply);
  fail_unless_equals_int (status_of (&f, "GET",
          STREAM "index.m3u8?_HLS_msn=99", ""), 400);
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
  g_mutex_lock (&f.lock);
  gst_dvr_segment_fail (get_segment_locked (&f, 15), 502, "cut off");
  g_mutex_unlock (&f.lock);
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
  g_mutex_lock (&f.lock);
  segment = gst_dvr_segment_ref (get_segment_locked (&f, 15));
  g_mutex_unlock (&f.lock);
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

GST_START_TEST (test_it_serves_on_after_eos)
{
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  Fixture f;

  setup (&f);
  gst_element_set_bus (f.sink, bus);
  gst_pad_push_event (f.src, gst_event_new_eos ());
  message = gst_bus_timed_pop_filtered (bus, 5 * GST_SECOND, GST_MESSAGE_EOS);
  fail_unless (message != NULL);
  gst_message_unref (message);
  fill (&f, 15, 1000);
  fail_unless_equals_int (status_of (&f, "GET", MEDIA "/15.m4s", ""), 200);
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
  tcase_add_test (tc, test_a_part_is_held_until_it_is_there);
  tcase_add_test (tc, test_a_blocked_reload_returns_with_its_part);
  tcase_add_test (tc, test_a_failed_fetch_is_told_and_not_kept);
  tcase_add_test (tc, test_a_torn_fetch_is_never_a_whole_answer);
  tcase_add_test (tc, test_requests_are_answered_or_closed_when_it_stops);
  tcase_add_test (tc, test_states_change_with_requests_under_way);
  tcase_add_test (tc, test_a_taken_port_is_an_error_that_names_it);
  tcase_add_test (tc, test_it_serves_on_after_eos);

  return s;
}

GST_CHECK_MAIN (dvrserversink);
