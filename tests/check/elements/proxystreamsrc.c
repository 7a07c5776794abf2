/* proxystreamsrc.c: what proxystreamsrc is to those around it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <gst/dvr/gstdvrprocess.h>
#include <gst/dvr/gstdvrstore.h>
#include <string.h>

#include "checkutil.h"
#include "proxyfixture.h"

GST_START_TEST (test_timeline_says_what_the_playlist_says)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  Fixture f;

  fixture_start (&f, "");
  fixture_play (&f);
  timeline = follow (&f, &info);

  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_ENDED);
  fail_unless_equals_uint64 (info.first, 100);
  fail_unless_equals_uint64 (info.next, 102);
  fail_unless_equals_uint64 (info.start, 10 * GST_SECOND);
  fail_unless_equals_uint64 (info.end, 14 * GST_SECOND);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 101, &entry),
      GST_DVR_FOUND_CLOSED);
  fail_unless_equals_string (entry.recording, RECORDING);
  fail_unless_equals_int (entry.init, 0);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_requests_name_the_process)
{
  g_autofree gchar *loop = g_strdup_printf ("CDN-Loop: %s\r\n",
      gst_dvr_get_process_id ());
  GstStructure *headers = gst_structure_new ("headers", "X-Test",
      G_TYPE_STRING, "a\r\nb", NULL);
  Fixture f;

  fixture_start (&f, "/");
  g_object_set (f.element, "user-agent", "me", "extra-headers", headers,
      "token", "secret", NULL);
  gst_structure_free (headers);
  upstream_set_playlist (&f.up, NULL);
  fixture_play (&f);
  expect_absent (&f);

  fail_unless (strstr (f.up.last_head, loop) != NULL);
  fail_unless (strstr (f.up.last_head, "User-Agent: me\r\n") != NULL);
  fail_unless (strstr (f.up.last_head, "X-Test: a  b\r\n") != NULL);
  fail_unless_equals_int (http_stub_count (f.up.stub,
          "/~secret/live/cam1/dvr.m3u8"), 1);
  fail_unless_equals_int (http_stub_count (f.up.stub,
          "/~secret/live/cam1/index.m3u8"), 1);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_requests_name_those_who_ask)
{
  g_autofree gchar *loop = g_strdup_printf ("CDN-Loop: cdn.example; a=1, "
      "dvr-1, %s\r\n", gst_dvr_get_process_id ());
  g_autoptr (GstDvrRequest) request =
      gst_dvr_request_new_timeline ("live/cam1");
  GstDvrTimelineInfo info;
  Fixture f;

  fixture_start (&f, "");
  fixture_play (&f);
  gst_dvr_request_set_path (request, "cdn.example; a=1, dvr-1");
  gst_dvr_request_send (request, f.harness->sinkpad);
  wait_timeline (gst_dvr_request_get_timeline (request), is_known, &info);
  fail_unless (strstr (f.up.last_head, loop) != NULL, "%s", f.up.last_head);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_the_longest_path_stands_for_all)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("live/cam1");
  g_autofree gchar *path = NULL;

  fail_unless (gst_dvr_timeline_dup_path (timeline) == NULL);
  gst_dvr_timeline_note_path (timeline, "a");
  gst_dvr_timeline_note_path (timeline, "b, c");
  gst_dvr_timeline_note_path (timeline, "d");
  path = gst_dvr_timeline_dup_path (timeline);
  fail_unless_equals_string (path, "b, c");
  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

GST_START_TEST (test_stream_is_let_go_after_linger_and_revived)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  gint64 since;
  GstBus *bus;
  guint n;
  Fixture f;

  fixture_start (&f, "");
  bus = fixture_bus (&f);
  fixture_play (&f);
  timeline = follow (&f, &info);
  g_free (wait_status (bus, "ProxyStream.Proxy.Start"));
  g_object_set (f.element, "linger", 100 * GST_MSECOND, NULL);
  g_free (wait_status (bus, "ProxyStream.Proxy.Stop"));
  g_object_set (f.element, "linger", 30 * GST_SECOND, NULL);
  gst_dvr_timeline_unref (timeline);
  n = http_stub_count (f.up.stub, DVR);
  since = g_get_monotonic_time ();
  timeline = follow (&f, &info);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_ENDED);
  /* it is looked at again after a second */
  n = http_stub_count (f.up.stub, DVR) - n;
  fail_unless (n == 1 || (n > 1
          && g_get_monotonic_time () - since > G_TIME_SPAN_SECOND));
  gst_dvr_timeline_unref (timeline);
  gst_element_set_bus (f.element, NULL);
  gst_object_unref (bus);
  fixture_stop (&f);
}

GST_END_TEST;

/* What pipelines are written with. All but what is only read can be changed in
 * any state, and durations say their unit. */
GST_START_TEST (test_properties_and_signals_are_as_promised)
{
  static const gchar *const writable[] = { "location", "backup-locations",
    "remote-name", "local-name", "timeout", "idle-timeout", "linger",
    "retry-delay", "max-retry-delay", "failback", "max-transfers",
    "max-waits", "allowed-hosts", "user-agent", "extra-headers",
    "ssl-strict", "ssl-ca-file", "token"
  };
  static const gchar *const readable[] = { "current-location", "stats" };
  static const gchar *const signals[] = { "proxy-from", "proxy-stop",
    "on-status"
  };
  GstElement *element = gst_element_factory_make ("proxystreamsrc", NULL);
  GObjectClass *klass = G_OBJECT_GET_CLASS (element);
  GParamSpec *spec;
  guint64 timeout;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (writable); i++) {
    spec = g_object_class_find_property (klass, writable[i]);
    fail_unless (spec != NULL, "no %s", writable[i]);
    fail_unless (spec->flags & G_PARAM_WRITABLE);
    fail_unless (spec->flags & GST_PARAM_MUTABLE_PLAYING, "%s", writable[i]);
    if (G_IS_PARAM_SPEC_UINT64 (spec))
      fail_unless (strstr (g_param_spec_get_blurb (spec), "nanoseconds") !=
          NULL, "%s", writable[i]);
  }
  /* a secret does not show in graphs and logs */
  spec = g_object_class_find_property (klass, "token");
  fail_if (spec->flags & G_PARAM_READABLE);
  for (i = 0; i < G_N_ELEMENTS (readable); i++) {
    spec = g_object_class_find_property (klass, readable[i]);
    fail_unless (spec != NULL, "no %s", readable[i]);
    fail_if (spec->flags & G_PARAM_WRITABLE);
  }
  for (i = 0; i < G_N_ELEMENTS (signals); i++)
    fail_unless (g_signal_lookup (signals[i], G_OBJECT_TYPE (element)) != 0);
  g_object_get (element, "timeout", &timeout, NULL);
  fail_unless_equals_uint64 (timeout, 3 * GST_SECOND);
  g_object_get (element, "linger", &timeout, NULL);
  fail_unless_equals_uint64 (timeout, 30 * GST_SECOND);
  gst_object_unref (element);
}

GST_END_TEST;

GST_START_TEST (test_names_are_mapped_and_checked)
{
  g_autofree gchar *description = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrAnswer answer;
  gboolean done;
  GstBus *bus;
  Fixture f;

  fixture_start (&f, "/");
  bus = fixture_bus (&f);
  g_object_set (f.element, "remote-name", "live/cam1", "local-name", "here",
      NULL);
  fixture_play (&f);
  fail_unless (ask_timeline (&f, "live/cam1", &answer) == NULL);
  fail_unless_equals_int (answer, GST_DVR_ANSWER_NOT_FOUND);
  fail_unless (ask_timeline (&f, "../etc", &answer) == NULL);
  fail_unless_equals_int (answer, GST_DVR_ANSWER_NOT_FOUND);
  timeline = ask_timeline (&f, "here", &answer);
  fail_unless_equals_int (answer, GST_DVR_ANSWER_OK);
  fail_unless_equals_string (gst_dvr_timeline_get_stream (timeline), "here");
  wait_timeline (timeline, is_known, &info);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_ENDED);
  gst_dvr_timeline_unref (timeline);
  g_free (wait_status (bus, "ProxyStream.Proxy.Start"));

  g_signal_emit_by_name (f.element, "proxy-from", "there", "live/cam1", &done);
  fail_unless (done);
  timeline = ask_timeline (&f, "there", &answer);
  fail_unless_equals_int (answer, GST_DVR_ANSWER_OK);
  gst_dvr_timeline_unref (timeline);
  g_signal_emit_by_name (f.element, "proxy-from", "there", "live/cam2", &done);
  fail_if (done);
  g_free (wait_status (bus, "ProxyStream.Proxy.BadName"));
  g_signal_emit_by_name (f.element, "proxy-stop", "there", &done);
  fail_unless (done);
  fail_unless (ask_timeline (&f, "there", &answer) == NULL);
  fail_unless_equals_int (answer, GST_DVR_ANSWER_NOT_FOUND);

  gst_harness_push_upstream_event (f.harness,
      gst_dvr_event_new_bad_name ("here"));
  g_free (wait_status (bus, "ProxyStream.Proxy.BadName"));
  gst_element_set_bus (f.element, NULL);
  gst_object_unref (bus);
  fixture_stop (&f);
}

GST_END_TEST;

/* Follows a stream that is not there, and asks for it again and again. Returns:
 * whether that was within the time that the answer holds for */
static gboolean
ask_for_unknown (Fixture * f)
{
  gint64 since = g_get_monotonic_time ();
  gboolean known = TRUE;
  GstDvrTimelineInfo info;
  GstDvrAnswer answer;
  guint i;

  fixture_start (f, "");
  upstream_set_playlist (&f->up, NULL);
  fixture_play (f);
  gst_dvr_timeline_unref (follow (f, &info));
  fail_unless_equals_int (info.status, 404);
  for (i = 0; i < 100 && known; i++) {
    GstDvrTimeline *timeline = ask_timeline (f, "live/cam1", &answer);

    known = timeline == NULL && answer == GST_DVR_ANSWER_NOT_FOUND;
    g_clear_pointer (&timeline, gst_dvr_timeline_unref);
  }
  known &= http_stub_count (f->up.stub, DVR) == 1;
  fail_unless (known || g_get_monotonic_time () - since > G_TIME_SPAN_SECOND);

  return known;
}

GST_START_TEST (test_unknown_stream_costs_one_question)
{
  GstDvrTimeline *timeline;
  GstDvrTimelineInfo info;
  GstDvrAnswer answer;
  Fixture f;

  while (!ask_for_unknown (&f))
    fixture_stop (&f);

  /* and is asked for anew by whoever comes a second later */
  upstream_set_playlist (&f.up, PLAYLIST);
  fail_unless_soon ((timeline = ask_timeline (&f, "live/cam1", &answer)));
  gst_dvr_timeline_unref (timeline);
  gst_dvr_timeline_unref (follow (&f, &info));
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_ENDED);
  fixture_stop (&f);
}

GST_END_TEST;

/* What was asked for beside the list, which is looked at now and then. */
static guint
count_others (Fixture * f)
{
  return http_stub_count (f->up.stub, NULL) - http_stub_count (f->up.stub, DVR);
}

GST_START_TEST (test_unlisted_segments_never_go_upstream)
{
  GstDvrSegmentId other = { GST_DVR_SEGMENT_MEDIA, "live/cam1",
    "20200101T000000Z-0000", 100
  };
  GstDvrTimelineInfo info;
  GstDvrRequest *request;
  guint n;
  Fixture f;

  fixture_start (&f, "");
  fixture_play (&f);
  gst_dvr_timeline_unref (follow (&f, &info));
  n = count_others (&f);

  request = ask_segment (&f, 102);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_NOT_FOUND);
  gst_dvr_request_unref (request);
  request = ask_segment (&f, 99);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_REMOVED);
  gst_dvr_request_unref (request);
  request = gst_dvr_request_new_segment (&other, GST_DVR_PRIORITY_VIEWER);
  fail_unless_equals_int (gst_dvr_request_send (request, f.harness->sinkpad),
      GST_DVR_ANSWER_NOT_FOUND);
  gst_dvr_request_unref (request);
  fail_unless_equals_int (count_others (&f), n);
  fixture_stop (&f);
}

GST_END_TEST;

static gpointer
ask_for_ever (gpointer data)
{
  Fixture *f = data;
  GstDvrAnswer answer;
  guint64 n = 0;

  while (!g_atomic_int_get ((gint *) & f->up.seen)) {
    GstDvrTimeline *timeline = ask_timeline (f, "live/cam1", &answer);

    fail_unless (answer == GST_DVR_ANSWER_OK
        || answer == GST_DVR_ANSWER_NOT_STARTED);
    if (timeline)
      gst_dvr_timeline_unref (timeline);
    gst_dvr_request_unref (ask_segment (f, 100 + n++ % 2));
  }

  return NULL;
}

GST_START_TEST (test_200_state_changes_with_requests_under_way)
{
  GstState states[] = { GST_STATE_PLAYING, GST_STATE_READY, GST_STATE_PAUSED,
    GST_STATE_NULL
  };
  GThread *threads[3];
  guint i;
  Fixture f;

  fixture_start (&f, "");
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("ask", ask_for_ever, &f);
  for (i = 0; i < 200; i++) {
    gint64 before = g_get_monotonic_time ();

    fail_unless_equals_int (gst_element_set_state (f.element,
            states[i % G_N_ELEMENTS (states)]), GST_STATE_CHANGE_SUCCESS);
    fail_unless (g_get_monotonic_time () - before < 120 * G_TIME_SPAN_SECOND);
  }
  g_atomic_int_set ((gint *) & f.up.seen, 1);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_begins_at_once_and_ends_with_eos)
{
  g_auto (GStrv) names = NULL;
  GstEvent *event;
  GstQuery *query;
  gboolean live;
  Fixture f;

  fixture_start (&f, "");
  fixture_play (&f);
  event = gst_harness_pull_event (f.harness);
  fail_unless_equals_int (GST_EVENT_TYPE (event), GST_EVENT_STREAM_START);
  gst_event_unref (event);
  event = gst_harness_pull_event (f.harness);
  fail_unless_equals_int (GST_EVENT_TYPE (event), GST_EVENT_CAPS);
  gst_event_unref (event);
  event = gst_harness_pull_event (f.harness);
  fail_unless_equals_int (GST_EVENT_TYPE (event), GST_EVENT_SEGMENT);
  gst_event_unref (event);
  event = gst_harness_pull_event (f.harness);
  names = gst_dvr_event_parse_names (event);
  fail_unless (names != NULL);
  fail_unless_equals_string (names[0], "*");
  gst_event_unref (event);

  query = gst_query_new_latency ();
  fail_unless (gst_pad_peer_query (f.harness->sinkpad, query));
  gst_query_parse_latency (query, &live, NULL, NULL);
  fail_if (live);
  gst_query_unref (query);
  fail_if (gst_harness_push_upstream_event (f.harness, gst_event_new_seek (1.0,
              GST_FORMAT_TIME, 0, GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE,
              0)));

  fail_unless (gst_element_send_event (f.element, gst_event_new_eos ()));
  event = gst_harness_pull_event (f.harness);
  fail_unless_equals_int (GST_EVENT_TYPE (event), GST_EVENT_EOS);
  gst_event_unref (event);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_segments_are_announced_downstream)
{
  GstDvrTimelineInfo info;
  GstDvrRequest *request;
  guint64 size = 0;
  Fixture f;

  fixture_start (&f, "");
  gst_harness_set_drop_buffers (f.harness, FALSE);
  fixture_play (&f);
  gst_dvr_timeline_unref (follow (&f, &info));
  request = ask_segment (&f, 100);
  fail_unless_equals_int (wait_end (request), 0);
  while (size < f.up.size) {
    GstBuffer *buffer = gst_harness_pull (f.harness);
    GstDvrMeta *meta = gst_buffer_get_dvr_meta (buffer);

    fail_unless (meta != NULL);
    fail_unless (meta->segment == gst_dvr_request_get_segment (request));
    fail_if (GST_BUFFER_PTS_IS_VALID (buffer));
    size += gst_buffer_get_size (buffer);
    gst_buffer_unref (buffer);
  }
  fail_unless_equals_uint64 (size, f.up.size);
  gst_dvr_request_unref (request);
  fixture_stop (&f);
}

GST_END_TEST;

static GstBuffer *
make_chunk (guint8 fill)
{
  guint8 *chunk = g_malloc (1000);

  memset (chunk, fill, 1000);
  GST_WRITE_UINT32_BE (chunk, 500);
  memcpy (chunk + 4, "moof", 4);
  GST_WRITE_UINT32_BE (chunk + 500, 500);
  memcpy (chunk + 504, "mdat", 4);

  return gst_buffer_new_wrapped (chunk, 1000);
}

static void
write_part (GstDvrStoreWriter * writer, guint8 fill)
{
  GstBuffer *chunk = make_chunk (fill);
  GError *error = NULL;

  gst_dvr_store_writer_begin_part (writer, g_get_real_time (), &error);
  g_assert_no_error (error);
  gst_dvr_store_writer_append_chunk (writer, chunk, 0, FALSE);
  gst_buffer_unref (chunk);
  g_assert_no_error (error);
  gst_dvr_store_writer_end_part (writer, GST_SECOND, TRUE, &error);
  g_assert_no_error (error);
}

static gboolean
has_two_parts (const GstDvrTimelineInfo * info)
{
  return info->n_parts >= 2;
}

GST_START_TEST (test_recording_directory_is_followed)
{
  GstDvrStoreConfig config = { 2 * GST_SECOND, 10 * GST_SECOND,
    250 * GST_MSECOND, 0, 0, 0, 60 * GST_SECOND, GST_DVR_FULL_DISK_TRIM,
    GST_DVR_PUBLISH_APPEND, GST_DVR_FSYNC_NONE
  };
  g_autofree gchar *dir = g_dir_make_tmp ("proxystreamsrc-XXXXXX", NULL);
  g_autofree gchar *location = g_filename_to_uri (dir, NULL, NULL);
  g_autoptr (GBytes) init = g_bytes_new_static ("\0\0\0\x08" "ftyp", 8);
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", NULL, 0 };
  GstDvrRequest *closed, *open;
  GstDvrStoreWriter *writer;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  guint64 size;
  Fixture f;

  writer = gst_dvr_store_writer_open (dir, "live/cam1", &config, NULL);
  fail_unless (writer != NULL);
  fail_unless (gst_dvr_store_writer_set_init (writer, init, NULL));
  fail_unless (gst_dvr_store_writer_open_segment (writer, 0,
          g_get_real_time (), FALSE, NULL));
  write_part (writer, 1);
  fail_unless (gst_dvr_store_writer_close_segment (writer, GST_SECOND, &entry,
          NULL));
  fail_unless (gst_dvr_store_writer_open_segment (writer, GST_SECOND,
          g_get_real_time (), FALSE, NULL));
  write_part (writer, 2);

  fixture_start (&f, "");
  g_object_set (f.element, "location", location, NULL);
  fixture_play (&f);
  timeline = follow (&f, &info);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_OPEN);
  id.recording = gst_dvr_store_writer_get_recording (writer);
  id.number = entry.number;
  closed = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_VIEWER);
  gst_dvr_request_send (closed, f.harness->sinkpad);
  fail_unless_equals_int (wait_end (closed), 0);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size
      (gst_dvr_request_get_segment (closed)), entry.size);

  id.number++;
  open = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_VIEWER);
  gst_dvr_request_send (open, f.harness->sinkpad);
  wait_segment (gst_dvr_request_get_segment (open), 1000);
  size = gst_dvr_segment_get_size (gst_dvr_request_get_segment (open));
  write_part (writer, 3);
  wait_timeline (timeline, has_two_parts, &info);
  fail_unless_equals_int (wait_segment (gst_dvr_request_get_segment (open),
          size + 1000), GST_DVR_SEGMENT_FILLING);
  fail_unless (gst_dvr_store_writer_close_segment (writer, 2 * GST_SECOND,
          NULL, NULL));
  fail_unless_equals_int (wait_end (open), 0);

  gst_dvr_request_unref (closed);
  gst_dvr_request_unref (open);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
  gst_dvr_store_writer_free (writer);
  check_remove_tree (dir);
}

GST_END_TEST;

GST_START_TEST (test_location_that_cannot_be_used_is_an_error)
{
  static const gchar *const locations[] = { NULL, "", "ftp://host/dir",
    "rtmpx://host/app", "http://", "file://%zz"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (locations); i++) {
    GstElement *element = gst_element_factory_make ("proxystreamsrc", NULL);

    g_object_set (element, "location", locations[i], NULL);
    fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
        GST_STATE_CHANGE_FAILURE);
    gst_element_set_state (element, GST_STATE_NULL);
    gst_object_unref (element);
  }
}

GST_END_TEST;

static Suite *
proxystreamsrc_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_timeline_says_what_the_playlist_says);
  tcase_add_test (tc, test_requests_name_the_process);
  tcase_add_test (tc, test_requests_name_those_who_ask);
  tcase_add_test (tc, test_the_longest_path_stands_for_all);
  tcase_add_test (tc, test_stream_is_let_go_after_linger_and_revived);
  tcase_add_test (tc, test_properties_and_signals_are_as_promised);
  tcase_add_test (tc, test_names_are_mapped_and_checked);
  tcase_add_test (tc, test_unknown_stream_costs_one_question);
  tcase_add_test (tc, test_unlisted_segments_never_go_upstream);
  tcase_add_test (tc, test_200_state_changes_with_requests_under_way);
  tcase_add_test (tc, test_begins_at_once_and_ends_with_eos);
  tcase_add_test (tc, test_segments_are_announced_downstream);
  tcase_add_test (tc, test_recording_directory_is_followed);
  tcase_add_test (tc, test_location_that_cannot_be_used_is_an_error);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc);
