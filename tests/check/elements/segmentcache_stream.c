/* segmentcache_stream.c: what segmentcache plays to a demuxer
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/dvr/gstdvrlink.h>

#define STREAM_CAPS "video/quicktime, variant=iso-fragmented"
#define PART 100
#define RECORDING "20261120T192200Z-3f9c"
#define OTHER "20261120T192201Z-0b0b"
#define N_PARTS 3

typedef struct
{
  GstHarness *h;
  GstElement *element;
  GstBus *bus;
  GstDvrTimeline *timeline;
  GMutex lock;
  guint broken;                 /* so many questions are met with a failure */
  guint64 missing;              /* a number that upstream does not have */
  GstDvrSegment *growing;       /* is answered with where it is asked for */
} Fixture;

/* Each part tells where it is from. */
static void
fill (GstDvrSegment * segment, guint from, guint to)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);
  guint8 bytes[PART];
  guint i;

  for (i = from; i < to; i++) {
    memset (bytes, 0, PART);
    bytes[0] = id->kind == GST_DVR_SEGMENT_INIT ? 'i' : 's';
    bytes[1] = id->number;
    bytes[2] = i;
    gst_dvr_segment_append_part (segment, gst_buffer_new_memdup (bytes, PART),
        GST_SECOND / N_PARTS, i == 0);
  }
}

static gboolean
upstream_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  Fixture *f = gst_pad_get_element_private (pad);
  GstDvrRequest *request = gst_query_get_dvr_request (query);
  GstDvrSegment *segment;
  gboolean broken;

  if (!request)
    return gst_pad_query_default (pad, parent, query);
  if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE) {
    gst_dvr_request_answer_timeline (request, f->timeline);
    return TRUE;
  }
  g_mutex_lock (&f->lock);
  broken = gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_SEGMENT &&
      f->broken > 0;
  if (broken)
    f->broken--;
  g_mutex_unlock (&f->lock);
  if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_SEGMENT &&
      gst_dvr_request_get_id (request)->number == f->missing) {
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
    return TRUE;
  }
  if (f->growing && gst_dvr_segment_id_equal (gst_dvr_request_get_id (request),
          gst_dvr_segment_get_id (f->growing))) {
    gst_dvr_request_answer_segment (request, f->growing, GST_DVR_HOW_MISS);
    return TRUE;
  }
  segment = gst_dvr_segment_new (gst_dvr_request_get_id (request));
  if (broken) {
    fill (segment, 0, 1);
    gst_dvr_segment_fail (segment, 502, "cut");
  } else {
    fill (segment, 0,
        gst_dvr_request_get_kind (request) ==
        GST_DVR_REQUEST_INIT ? 1 : N_PARTS);
    gst_dvr_segment_finish (segment);
  }
  gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_MISS);
  gst_dvr_segment_unref (segment);
  return TRUE;
}

static void
add_entry (Fixture * f, guint64 number, GstClockTime start, guint init,
    gboolean gap)
{
  GstDvrEntry entry = { number, RECORDING, init, 0, start, GST_SECOND,
    GST_DVR_WALL_TIME_NONE, PART * N_PARTS, 0, 0, gap
  };

  fail_unless (gst_dvr_timeline_close_segment (f->timeline, &entry));
}

/* Segments 10 to 14, one second each, from stream time 100 s. */
static void
setup_full (Fixture * f, const gchar * peer_caps, GstDvrTimelineState state)
{
  guint i;

  memset (f, 0, sizeof (*f));
  g_mutex_init (&f->lock);
  f->bus = gst_bus_new ();
  f->timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_begin (f->timeline);
  gst_dvr_timeline_set_durations (f->timeline, GST_SECOND, 0);
  gst_dvr_timeline_set_state (f->timeline, state, 0);
  for (i = 0; i < 5; i++)
    add_entry (f, 10 + i, (100 + i) * GST_SECOND, 0, FALSE);
  gst_dvr_timeline_commit (f->timeline);
  f->element = gst_element_factory_make ("segmentcache", NULL);
  fail_unless (f->element != NULL);
  gst_element_set_bus (f->element, f->bus);
  f->h = gst_harness_new_with_element (f->element, "sink", "src");
  gst_pad_set_element_private (f->h->srcpad, f);
  gst_pad_set_query_function (f->h->srcpad, upstream_query);
  if (peer_caps)
    gst_harness_set_sink_caps_str (f->h, peer_caps);
}

static void
setup (Fixture * f)
{
  setup_full (f, STREAM_CAPS, GST_DVR_TIMELINE_ENDED);
}

static void
play (Fixture * f, const gchar * name)
{
  gchar *names[] = { (gchar *) name, NULL };

  gst_harness_set_src_caps_str (f->h, GST_DVR_LINK_CAPS);
  gst_harness_push_event (f->h, gst_dvr_event_new_names (names));
}

static void
teardown (Fixture * f)
{
  gst_element_set_state (f->element, GST_STATE_NULL);
  gst_harness_teardown (f->h);
  gst_element_set_bus (f->element, NULL);
  gst_object_unref (f->element);
  gst_object_unref (f->bus);
  gst_dvr_timeline_unref (f->timeline);
  g_mutex_clear (&f->lock);
}

static void
expect (Fixture * f, guint8 kind, guint8 number, guint8 part, gboolean discont)
{
  GstBuffer *buffer = gst_harness_pull (f->h);
  guint8 head[3];

  fail_unless (buffer != NULL);
  gst_buffer_extract (buffer, 0, head, 3);
  fail_unless_equals_int (head[0], kind);
  fail_unless_equals_int (head[1], number);
  fail_unless_equals_int (head[2], part);
  fail_unless_equals_int (GST_BUFFER_FLAG_IS_SET (buffer,
          GST_BUFFER_FLAG_DISCONT), discont);
  if (discont)
    fail_unless (GST_BUFFER_OFFSET_IS_VALID (buffer));
  gst_buffer_unref (buffer);
}

static void
expect_parts (Fixture * f, guint8 number, gboolean discont)
{
  guint i;

  for (i = 0; i < N_PARTS; i++)
    expect (f, 's', number, i, discont && i == 0);
}

static void
expect_segment (Fixture * f, guint8 number)
{
  expect_parts (f, number, FALSE);
}

static void
expect_segments (Fixture * f, guint8 first, guint8 last)
{
  guint i;

  for (i = first; i <= last; i++)
    expect_segment (f, i);
}

/* From the init section on: at first, and after a seek. */
static void
expect_begin (Fixture * f, guint8 first, guint8 last)
{
  expect (f, 'i', 0, 0, TRUE);
  expect_segments (f, first, last);
}

/* The next event of a type; those before it are let go. */
static GstEvent *
next_event (Fixture * f, GstEventType type)
{
  GstEvent *event;

  while ((event = gst_harness_pull_event (f->h))) {
    if (GST_EVENT_TYPE (event) == type)
      return event;
    fail_if (GST_EVENT_TYPE (event) == GST_EVENT_EOS);
    gst_event_unref (event);
  }
  fail ("no %s", gst_event_type_get_name (type));
  return NULL;
}

static GstSegment
next_segment (Fixture * f)
{
  GstEvent *event = next_event (f, GST_EVENT_SEGMENT);
  GstSegment segment;

  gst_event_copy_segment (event, &segment);
  gst_event_unref (event);
  return segment;
}

static void
expect_eos (Fixture * f)
{
  gst_event_unref (next_event (f, GST_EVENT_EOS));
}

GST_START_TEST (test_finished_recording_from_start_to_end)
{
  Fixture f;
  GstEvent *event;
  GstCaps *caps;
  GstSegment segment;

  setup (&f);
  play (&f, "live/cam1");
  expect_begin (&f, 10, 14);
  event = gst_harness_pull_event (f.h);
  fail_unless_equals_int (GST_EVENT_TYPE (event), GST_EVENT_STREAM_START);
  gst_event_unref (event);
  event = gst_harness_pull_event (f.h);
  fail_unless_equals_int (GST_EVENT_TYPE (event), GST_EVENT_CAPS);
  gst_event_parse_caps (event, &caps);
  fail_unless (gst_structure_has_name (gst_caps_get_structure (caps, 0),
          "video/quicktime"));
  gst_event_unref (event);
  segment = next_segment (&f);
  fail_unless_equals_int (segment.format, GST_FORMAT_TIME);
  fail_unless_equals_uint64 (segment.start, 100 * GST_SECOND);
  fail_unless_equals_uint64 (segment.time, 100 * GST_SECOND);
  expect_eos (&f);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_any_peer_gets_bytes)
{
  Fixture f;

  setup_full (&f, NULL, GST_DVR_TIMELINE_ENDED);
  play (&f, "live/cam1");
  expect_begin (&f, 10, 10);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_live_edge_is_waited_at)
{
  Fixture f;

  setup_full (&f, STREAM_CAPS, GST_DVR_TIMELINE_OPEN);
  play (&f, "live/cam1");
  /* three target durations before the end */
  expect_begin (&f, 12, 14);
  add_entry (&f, 15, 105 * GST_SECOND, 0, FALSE);
  expect_segment (&f, 15);
  fail_unless_equals_uint64 (next_segment (&f).start, 102 * GST_SECOND);
  gst_dvr_timeline_set_state (f.timeline, GST_DVR_TIMELINE_ENDED, 0);
  expect_eos (&f);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_timeline_let_go_is_asked_for_anew)
{
  Fixture f;
  GstDvrTimeline *old;
  guint i;

  setup_full (&f, STREAM_CAPS, GST_DVR_TIMELINE_OPEN);
  play (&f, "live/cam1");
  expect_begin (&f, 12, 14);
  old = f.timeline;
  f.timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_set_durations (f.timeline, GST_SECOND, 0);
  for (i = 0; i < 6; i++)
    add_entry (&f, 10 + i, (100 + i) * GST_SECOND, 0, FALSE);
  gst_dvr_timeline_set_state (f.timeline, GST_DVR_TIMELINE_ENDED, 0);
  gst_dvr_timeline_set_state (old, GST_DVR_TIMELINE_FAILED, 410);
  expect_segment (&f, 15);
  expect_eos (&f);
  gst_dvr_timeline_unref (old);
  teardown (&f);
}

GST_END_TEST;

static void
check_start (gint64 start, guint8 number, GstClockTime begin)
{
  Fixture f;

  setup_full (&f, STREAM_CAPS, GST_DVR_TIMELINE_OPEN);
  gst_element_set_state (f.element, GST_STATE_READY);
  g_object_set (f.element, "start", start, NULL);
  gst_element_set_state (f.element, GST_STATE_PLAYING);
  play (&f, "live/cam1");
  expect_begin (&f, number, number);
  fail_unless_equals_uint64 (next_segment (&f).start, begin);
  teardown (&f);
}

GST_START_TEST (test_start_says_where_to_begin)
{
  check_start (101 * GST_SECOND + 5, 11, 101 * GST_SECOND + 5);
  check_start (-2500 * (gint64) GST_MSECOND, 12,
      102 * GST_SECOND + 500 * GST_MSECOND);
  /* outside of the window: its nearest end */
  check_start (0, 10, 100 * GST_SECOND);
}

GST_END_TEST;

GST_START_TEST (test_hole_takes_no_running_time)
{
  Fixture f;
  GstSegment segment;

  setup_full (&f, STREAM_CAPS, GST_DVR_TIMELINE_OPEN);
  add_entry (&f, 15, 105 * GST_SECOND, 0, TRUE);
  add_entry (&f, 16, 3600 * GST_SECOND, 0, FALSE);
  gst_dvr_timeline_set_state (f.timeline, GST_DVR_TIMELINE_ENDED, 0);
  play (&f, "live/cam1");
  expect_begin (&f, 10, 14);
  expect_parts (&f, 16, TRUE);
  next_segment (&f);
  segment = next_segment (&f);
  fail_unless_equals_uint64 (segment.start, 3600 * GST_SECOND);
  fail_unless_equals_uint64 (segment.time, 3600 * GST_SECOND);
  fail_unless_equals_uint64 (segment.base, 5 * GST_SECOND);
  expect_eos (&f);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_new_init_section_is_sent)
{
  Fixture f;

  setup_full (&f, STREAM_CAPS, GST_DVR_TIMELINE_OPEN);
  add_entry (&f, 15, 105 * GST_SECOND, 1, FALSE);
  play (&f, "live/cam1");
  expect_begin (&f, 13, 14);
  expect (&f, 'i', 1, 0, TRUE);
  expect_segment (&f, 15);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_broken_fetch_goes_on_where_it_was)
{
  Fixture f;

  setup (&f);
  f.broken = 1;
  play (&f, "live/cam1");
  expect_begin (&f, 10, 11);
  teardown (&f);
}

GST_END_TEST;

/* An origin is lost inside a segment, and another one's takes its place: bytes of
 * the two are never mixed, and nothing comes twice. */
GST_START_TEST (test_replaced_segment_is_not_gone_on_with)
{
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 15, 0,
    0
  };
  GstDvrEntry entry = { 15, RECORDING, 0, 0, 105 * GST_SECOND, 0,
    GST_DVR_WALL_TIME_NONE, 0, 0, 0, FALSE
  };
  GstDvrPart part = { 0, PART, GST_SECOND / N_PARTS, TRUE };
  Fixture f;

  setup_full (&f, STREAM_CAPS, GST_DVR_TIMELINE_OPEN);
  f.growing = gst_dvr_segment_new (&id);
  fill (f.growing, 0, 1);
  gst_dvr_timeline_open_segment (f.timeline, &entry);
  gst_dvr_timeline_add_part (f.timeline, &part);
  play (&f, "live/cam1");
  expect_begin (&f, 12, 14);
  expect (&f, 's', 15, 0, FALSE);

  gst_dvr_timeline_begin (f.timeline);
  gst_dvr_timeline_abandon_open (f.timeline);
  entry.recording = OTHER;
  entry.discontinuity = 1;
  entry.duration = GST_SECOND;
  entry.size = PART * N_PARTS;
  for (; entry.number < 17; entry.number++, entry.start += GST_SECOND)
    gst_dvr_timeline_close_segment (f.timeline, &entry);
  gst_dvr_timeline_commit (f.timeline);
  gst_dvr_segment_fail (f.growing, 404, "something else took its place");
  expect_begin (&f, 16, 16);
  teardown (&f);
  gst_dvr_segment_unref (f.growing);
}

GST_END_TEST;

GST_START_TEST (test_what_cannot_be_had_is_skipped)
{
  Fixture f;

  setup (&f);
  f.missing = 11;
  play (&f, "live/cam1");
  expect_begin (&f, 10, 10);
  /* what was cut off may be missed: the init section goes again */
  expect_begin (&f, 12, 12);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_wildcard_is_an_error)
{
  Fixture f;
  GstMessage *message;
  GError *error;
  gchar *debug;

  setup (&f);
  play (&f, "*");
  message = gst_bus_timed_pop_filtered (f.bus, 120 * GST_SECOND,
      GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, &debug);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_SETTINGS));
  fail_unless (strstr (debug, "remote-name") != NULL);
  g_error_free (error);
  g_free (debug);
  gst_message_unref (message);
  teardown (&f);
}

GST_END_TEST;

static gboolean
seek (Fixture * f, gdouble rate, GstSeekFlags flags, GstSeekType type,
    gint64 to)
{
  return gst_harness_push_upstream_event (f->h, gst_event_new_seek (rate,
          GST_FORMAT_TIME, flags, type, to, GST_SEEK_TYPE_NONE, -1));
}

GST_START_TEST (test_a_seek_flushes_and_begins_anew)
{
  Fixture f;
  GstEvent *event;
  GstSegment segment;

  setup (&f);
  play (&f, "live/cam1");
  expect_begin (&f, 10, 14);
  expect_eos (&f);

  /* back, after the end; the init section goes again */
  fail_unless (seek (&f, 1.0, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
          GST_SEEK_TYPE_SET, 102 * GST_SECOND + 7));
  expect_begin (&f, 12, 13);
  event = next_event (&f, GST_EVENT_FLUSH_STOP);
  segment = next_segment (&f);
  fail_unless_equals_uint64 (segment.start, 102 * GST_SECOND + 7);
  fail_unless_equals_uint64 (segment.time, 102 * GST_SECOND + 7);
  fail_unless_equals_uint64 (segment.base, 0);
  gst_event_unref (event);

  /* to a keyframe, from the end, faster */
  expect_segment (&f, 14);
  expect_eos (&f);
  fail_unless (seek (&f, 2.0, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT,
          GST_SEEK_TYPE_END, -1500 * (gint64) GST_MSECOND));
  expect_begin (&f, 13, 13);
  gst_event_unref (next_event (&f, GST_EVENT_FLUSH_STOP));
  segment = next_segment (&f);
  fail_unless_equals_uint64 (segment.start, 103 * GST_SECOND);
  fail_unless (segment.rate == 2.0);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_seeks_that_cannot_be_done)
{
  Fixture f;

  setup (&f);
  play (&f, "live/cam1");
  expect (&f, 'i', 0, 0, TRUE);
  /* backwards from nowhere */
  fail_if (gst_harness_push_upstream_event (f.h, gst_event_new_seek (-1.0,
              GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
              GST_SEEK_TYPE_SET, 100 * GST_SECOND)));
  /* to an end before the begin */
  fail_if (gst_harness_push_upstream_event (f.h, gst_event_new_seek (1.0,
              GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
              103 * GST_SECOND, GST_SEEK_TYPE_SET, 102 * GST_SECOND)));
  fail_if (gst_harness_push_upstream_event (f.h, gst_event_new_seek (1.0,
              GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
              GST_SEEK_TYPE_NONE, -1)));
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_seek_wakes_it_at_the_live_edge)
{
  Fixture f;
  guint i;

  setup_full (&f, STREAM_CAPS, GST_DVR_TIMELINE_OPEN);
  play (&f, "live/cam1");
  expect_begin (&f, 12, 14);
  for (i = 0; i < 20; i++) {
    fail_unless (seek (&f, 1.0, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
            114 * GST_SECOND));
    expect_begin (&f, 14, 14);
    fail_unless (seek (&f, 1.0, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
            103 * GST_SECOND));
    expect_begin (&f, 13, 14);
  }
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_queries_tell_of_a_source_that_is_not_live)
{
  Fixture f;
  GstQuery *query;
  gint64 start, end;
  gboolean seekable, live;
  GstClockTime min, max;
  GstSchedulingFlags flags;

  setup (&f);
  play (&f, "live/cam1");
  expect (&f, 'i', 0, 0, TRUE);
  query = gst_query_new_seeking (GST_FORMAT_TIME);
  fail_unless (gst_pad_peer_query (f.h->sinkpad, query));
  gst_query_parse_seeking (query, NULL, &seekable, &start, &end);
  fail_unless (seekable);
  fail_unless_equals_int64 (start, 100 * GST_SECOND);
  fail_unless_equals_int64 (end, 105 * GST_SECOND);
  gst_query_unref (query);

  fail_unless (gst_pad_peer_query_duration (f.h->sinkpad, GST_FORMAT_TIME,
          &end));
  fail_unless_equals_int64 (end, 105 * GST_SECOND);
  fail_if (gst_pad_peer_query_duration (f.h->sinkpad, GST_FORMAT_BYTES, &end));

  query = gst_query_new_latency ();
  fail_unless (gst_pad_peer_query (f.h->sinkpad, query));
  gst_query_parse_latency (query, &live, &min, &max);
  fail_if (live);
  gst_query_unref (query);

  query = gst_query_new_scheduling ();
  fail_unless (gst_pad_peer_query (f.h->sinkpad, query));
  gst_query_parse_scheduling (query, &flags, NULL, NULL, NULL);
  fail_unless_equals_int (flags, GST_SCHEDULING_FLAG_SEQUENTIAL);
  fail_if (gst_query_has_scheduling_mode (query, GST_PAD_MODE_PULL));
  gst_query_unref (query);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_upstream_eos_ends_it)
{
  Fixture f;

  setup_full (&f, STREAM_CAPS, GST_DVR_TIMELINE_OPEN);
  play (&f, "live/cam1");
  expect (&f, 'i', 0, 0, TRUE);
  gst_harness_push_event (f.h, gst_event_new_eos ());
  expect_eos (&f);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_state_changes_while_it_plays)
{
  static const GstState states[] = { GST_STATE_READY, GST_STATE_PLAYING,
    GST_STATE_NULL, GST_STATE_PAUSED
  };
  Fixture f;
  guint i;

  setup_full (&f, STREAM_CAPS, GST_DVR_TIMELINE_OPEN);
  for (i = 0; i < 200; i++) {
    fail_unless (gst_element_set_state (f.element,
            states[i % G_N_ELEMENTS (states)]) == GST_STATE_CHANGE_SUCCESS);
    if (i % 2) {
      play (&f, "live/cam1");
      seek (&f, 1.0, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 101 * GST_SECOND);
    }
  }
  teardown (&f);
}

GST_END_TEST;

static Suite *
segmentcache_stream_suite (void)
{
  Suite *s = suite_create ("segmentcache_stream");
  TCase *tc = tcase_create ("stream");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_finished_recording_from_start_to_end);
  tcase_add_test (tc, test_any_peer_gets_bytes);
  tcase_add_test (tc, test_live_edge_is_waited_at);
  tcase_add_test (tc, test_timeline_let_go_is_asked_for_anew);
  tcase_add_test (tc, test_start_says_where_to_begin);
  tcase_add_test (tc, test_hole_takes_no_running_time);
  tcase_add_test (tc, test_new_init_section_is_sent);
  tcase_add_test (tc, test_broken_fetch_goes_on_where_it_was);
  tcase_add_test (tc, test_replaced_segment_is_not_gone_on_with);
  tcase_add_test (tc, test_what_cannot_be_had_is_skipped);
  tcase_add_test (tc, test_wildcard_is_an_error);
  tcase_add_test (tc, test_a_seek_flushes_and_begins_anew);
  tcase_add_test (tc, test_seeks_that_cannot_be_done);
  tcase_add_test (tc, test_seek_wakes_it_at_the_live_edge);
  tcase_add_test (tc, test_queries_tell_of_a_source_that_is_not_live);
  tcase_add_test (tc, test_upstream_eos_ends_it);
  tcase_add_test (tc, test_state_changes_while_it_plays);
  return s;
}

GST_CHECK_MAIN (segmentcache_stream);
