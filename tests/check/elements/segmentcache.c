/* segmentcache.c: what segmentcache promises those up and down the link
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/dvr/gstdvrlink.h>
#include <glib/gstdio.h>

#define SIZE 1000
#define RECORDING "20261120T192200Z-3f9c"
#define N_THREADS 200

/* An upstream that answers every question with a new segment, as a source
 * that collapses nothing would. */
typedef struct
{
  GMutex lock;
  GstDvrAnswer answer;          /* NONE: does not know requests */
  gboolean whole;               /* fills what it answers with at once */
  GPtrArray *segments;          /* what it answered with */
  guint asked;
  GstDvrPriority priority;      /* of the last question */
  GstDvrTimeline *timeline;
} Upstream;

typedef struct
{
  GstHarness *h;
  GstElement *element;
  Upstream up;
} Fixture;

static void
fill (GstDvrSegment * segment)
{
  guint8 bytes[SIZE] = { 0, 0, SIZE >> 8, SIZE & 0xff, 'm', 'o', 'o', 'f' };

  if (gst_dvr_segment_get_id (segment)->kind == GST_DVR_SEGMENT_MEDIA) {
    GST_WRITE_UINT32_BE (bytes, 8);
    GST_WRITE_UINT32_BE (bytes + 8, SIZE - 8);
    memcpy (bytes + 12, "mdat", 4);
  }
  bytes[SIZE - 1] = gst_dvr_segment_get_id (segment)->number;
  gst_dvr_segment_append_bytes (segment, bytes, SIZE);
  gst_dvr_segment_finish (segment);
}

static gboolean
upstream_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  Upstream *up = gst_pad_get_element_private (pad);
  GstDvrRequest *request = gst_query_get_dvr_request (query);
  GstDvrSegment *segment;
  gboolean whole;

  if (!request || up->answer == GST_DVR_ANSWER_NONE)
    return gst_pad_query_default (pad, parent, query);
  if (up->answer != GST_DVR_ANSWER_OK) {
    g_mutex_lock (&up->lock);
    up->asked++;
    g_mutex_unlock (&up->lock);
    gst_dvr_request_refuse (request, up->answer);
    return TRUE;
  }
  if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE) {
    gst_dvr_request_answer_timeline (request, up->timeline);
    return TRUE;
  }
  segment = gst_dvr_segment_new (gst_dvr_request_get_id (request));
  g_mutex_lock (&up->lock);
  up->asked++;
  up->priority = gst_dvr_request_get_priority (request);
  g_ptr_array_add (up->segments, gst_dvr_segment_ref (segment));
  whole = up->whole;
  g_mutex_unlock (&up->lock);
  if (whole)
    fill (segment);
  gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_MISS);
  gst_dvr_segment_unref (segment);
  return TRUE;
}

static void
upstream_init (Upstream * up, GstPad * pad)
{
  g_mutex_init (&up->lock);
  up->answer = GST_DVR_ANSWER_OK;
  up->segments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_dvr_segment_unref);
  up->timeline = gst_dvr_timeline_new ("live/cam1");
  gst_pad_set_element_private (pad, up);
  gst_pad_set_query_function (pad, upstream_query);
}

static void
upstream_clear (Upstream * up)
{
  g_ptr_array_unref (up->segments);
  gst_dvr_timeline_unref (up->timeline);
  g_mutex_clear (&up->lock);
}

static guint
upstream_asked (Upstream * up)
{
  guint n;

  g_mutex_lock (&up->lock);
  n = up->asked;
  g_mutex_unlock (&up->lock);
  return n;
}

static GstDvrSegment *
upstream_segment (Upstream * up, guint n)
{
  GstDvrSegment *segment;

  g_mutex_lock (&up->lock);
  fail_unless (n < up->segments->len);
  segment = g_ptr_array_index (up->segments, n);
  g_mutex_unlock (&up->lock);
  return segment;
}

/* A server downstream: it exchanges segments. */
static void
setup_full (Fixture * f, const gchar * peer_caps, const gchar * cache_id,
    const gchar * cache_dir)
{
  memset (f, 0, sizeof (*f));
  f->element = gst_element_factory_make ("segmentcache", NULL);
  fail_unless (f->element != NULL);
  g_object_set (f->element, "cache-id", cache_id, "cache-dir", cache_dir, NULL);
  f->h = gst_harness_new_with_element (f->element, "sink", "src");
  upstream_init (&f->up, f->h->srcpad);
  if (peer_caps)
    gst_harness_set_sink_caps_str (f->h, peer_caps);
  gst_harness_set_src_caps_str (f->h, GST_DVR_LINK_CAPS);
}

static void
setup (Fixture * f)
{
  setup_full (f, GST_DVR_LINK_CAPS, NULL, NULL);
}

/* A harness frees what the element's task may still ask it for: its caps. */
static void
teardown (Fixture * f)
{
  gst_element_set_state (f->element, GST_STATE_NULL);
  gst_harness_teardown (f->h);
  gst_object_unref (f->element);
  upstream_clear (&f->up);
}

static GstDvrRequest *
ask_for (GstPad * pad, guint64 number, GstDvrPriority priority)
{
  GstDvrSegmentId id =
      { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, number };
  GstDvrRequest *request = gst_dvr_request_new_segment (&id, priority);

  gst_dvr_request_send (request, pad);
  return request;
}

static GstDvrRequest *
ask (Fixture * f, guint64 number)
{
  return ask_for (f->h->sinkpad, number, GST_DVR_PRIORITY_VIEWER);
}

/* Asks and forgets; returns how it was answered. */
static GstDvrHow
how (Fixture * f, guint64 number)
{
  GstDvrRequest *request = ask (f, number);
  GstDvrHow ret = gst_dvr_request_get_how (request);

  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_OK);
  gst_dvr_request_unref (request);
  return ret;
}

static guint64
stat_of (Fixture * f, const gchar * name)
{
  GstStructure *stats;
  guint64 value = G_MAXUINT64;

  g_object_get (f->element, "stats", &stats, NULL);
  fail_unless (gst_structure_has_name (stats,
          "application/x-segmentcache-stats"));
  fail_unless (gst_structure_get_uint64 (stats, name, &value));
  gst_structure_free (stats);
  return value;
}

/* Waits, bounded, until a statistic reaches a value. */
static void
wait_stat (Fixture * f, const gchar * name, guint64 value)
{
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  while (stat_of (f, name) < value) {
    fail_unless (g_get_monotonic_time () < end, "%s never reached %"
        G_GUINT64_FORMAT, name, value);
    g_usleep (1000);
  }
}

GST_START_TEST (test_miss_then_collapsed_then_hit)
{
  Fixture f;
  GstDvrRequest *one_asks, *second;

  setup (&f);
  one_asks = ask (&f, 1);
  fail_unless_equals_int (gst_dvr_request_get_how (one_asks), GST_DVR_HOW_MISS);
  second = ask (&f, 1);
  fail_unless_equals_int (gst_dvr_request_get_how (second),
      GST_DVR_HOW_COLLAPSED);
  fail_unless (gst_dvr_request_get_segment (one_asks) ==
      gst_dvr_request_get_segment (second));
  gst_dvr_request_unref (second);

  fill (upstream_segment (&f.up, 0));
  fail_unless_equals_int (how (&f, 1), GST_DVR_HOW_HIT);
  fail_unless_equals_int (upstream_asked (&f.up), 1);
  fail_unless_equals_uint64 (stat_of (&f, "hits"), 1);
  fail_unless_equals_uint64 (stat_of (&f, "collapsed"), 1);
  fail_unless_equals_uint64 (stat_of (&f, "misses"), 1);
  fail_unless_equals_uint64 (stat_of (&f, "segments"), 1);
  gst_dvr_request_unref (one_asks);
  teardown (&f);
}

GST_END_TEST;

static gpointer
ask_in_thread (gpointer data)
{
  return ask (data, 7);
}

GST_START_TEST (test_many_threads_put_one_question)
{
  Fixture f;
  GThread *threads[N_THREADS];
  GstDvrSegment *one = NULL;
  guint i;

  setup (&f);
  for (i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("viewer", ask_in_thread, &f);
  for (i = 0; i < N_THREADS; i++) {
    GstDvrRequest *request = g_thread_join (threads[i]);

    fail_unless_equals_int (gst_dvr_request_get_answer (request),
        GST_DVR_ANSWER_OK);
    if (!one)
      one = gst_dvr_request_get_segment (request);
    fail_unless (gst_dvr_request_get_segment (request) == one);
    gst_dvr_request_unref (request);
  }
  fail_unless_equals_int (upstream_asked (&f.up), 1);
  fail_unless_equals_uint64 (stat_of (&f, "collapsed"), N_THREADS - 1);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_what_failed_is_asked_anew)
{
  Fixture f;

  setup (&f);
  fail_unless_equals_int (how (&f, 1), GST_DVR_HOW_MISS);
  gst_dvr_segment_fail (upstream_segment (&f.up, 0), 502, "cut");
  fail_unless_equals_uint64 (stat_of (&f, "segments"), 0);
  fail_unless_equals_int (how (&f, 1), GST_DVR_HOW_MISS);
  fail_unless_equals_int (upstream_asked (&f.up), 2);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_refusals_pass)
{
  Fixture f;
  GstDvrRequest *request;

  setup (&f);
  f.up.answer = GST_DVR_ANSWER_REMOVED;
  request = ask (&f, 1);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_REMOVED);
  gst_dvr_request_unref (request);
  f.up.answer = GST_DVR_ANSWER_NONE;
  request = ask (&f, 1);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_NOT_STARTED);
  gst_dvr_request_unref (request);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_not_started_says_so)
{
  Fixture f;
  GstDvrRequest *request;

  setup (&f);
  gst_element_set_state (f.element, GST_STATE_NULL);
  request = ask (&f, 1);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_NOT_STARTED);
  fail_unless_equals_int (upstream_asked (&f.up), 0);
  gst_dvr_request_unref (request);
  gst_element_set_state (f.element, GST_STATE_PAUSED);
  fail_unless_equals_int (how (&f, 1), GST_DVR_HOW_MISS);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_pieces_pass_and_stay)
{
  Fixture f;
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 5 };
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  gchar *names[] = { (gchar *) "live/cam1", NULL };
  GstBuffer *out;
  GstEvent *event;
  gboolean named = FALSE;

  setup (&f);
  fail_unless (gst_harness_push_event (f.h, gst_dvr_event_new_names (names)));
  fill (segment);
  fail_unless_equals_int (gst_harness_push (f.h,
          gst_dvr_buffer_new_piece (segment, 0, SIZE)), GST_FLOW_OK);
  out = gst_harness_pull (f.h);
  fail_unless (gst_buffer_get_dvr_meta (out)->segment == segment);
  gst_buffer_unref (out);
  /* events came before it, in order */
  while ((event = gst_harness_try_pull_event (f.h))) {
    gchar **got = gst_dvr_event_parse_names (event);

    if (got) {
      named = TRUE;
      fail_unless_equals_string (got[0], "live/cam1");
      g_strfreev (got);
    }
    gst_event_unref (event);
  }
  fail_unless (named);
  fail_unless_equals_int (how (&f, 5), GST_DVR_HOW_HIT);
  fail_unless_equals_int (upstream_asked (&f.up), 0);
  gst_dvr_segment_unref (segment);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_bytes_on_the_link_are_an_error)
{
  Fixture f;
  GstBus *bus = gst_bus_new ();
  GstMessage *message;

  setup (&f);
  gst_element_set_bus (f.element, bus);
  fail_unless_equals_int (gst_harness_push (f.h, gst_buffer_new ()),
      GST_FLOW_ERROR);
  message = gst_bus_timed_pop_filtered (bus, GST_SECOND, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_unref (message);
  gst_element_set_bus (f.element, NULL);
  gst_object_unref (bus);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_flush_goes_through)
{
  Fixture f;
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 5 };
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GstSegment time;

  setup (&f);
  fill (segment);
  fail_unless (gst_harness_push_event (f.h, gst_event_new_flush_start ()));
  /* what is kept is served during a flush, too */
  fail_unless_equals_int (how (&f, 1), GST_DVR_HOW_MISS);
  fail_unless (gst_harness_push_event (f.h, gst_event_new_flush_stop (TRUE)));
  gst_segment_init (&time, GST_FORMAT_TIME);
  fail_unless (gst_harness_push_event (f.h, gst_event_new_segment (&time)));
  fail_unless_equals_int (gst_harness_push (f.h,
          gst_dvr_buffer_new_piece (segment, 0, SIZE)), GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (f.h));
  gst_dvr_segment_unref (segment);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_refused_names_go_up)
{
  Fixture f;
  GstEvent *event;
  gboolean seen = FALSE;

  setup (&f);
  fail_unless (gst_harness_push_upstream_event (f.h,
          gst_dvr_event_new_bad_name ("live/x")));
  while ((event = gst_harness_try_pull_upstream_event (f.h))) {
    seen |= g_strcmp0 (gst_dvr_event_parse_bad_name (event), "live/x") == 0;
    gst_event_unref (event);
  }
  fail_unless (seen);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_timelines_outlive_upstream)
{
  Fixture f;
  GstDvrRequest *request;

  setup (&f);
  request = gst_dvr_request_new_timeline ("live/cam1");
  fail_unless_equals_int (gst_dvr_request_send (request, f.h->sinkpad),
      GST_DVR_ANSWER_OK);
  gst_dvr_request_unref (request);

  f.up.answer = GST_DVR_ANSWER_NOT_STARTED;
  request = gst_dvr_request_new_timeline ("live/cam1");
  fail_unless_equals_int (gst_dvr_request_send (request, f.h->sinkpad),
      GST_DVR_ANSWER_OK);
  fail_unless (gst_dvr_request_get_timeline (request) == f.up.timeline);
  gst_dvr_request_unref (request);

  /* gone for good is gone */
  f.up.answer = GST_DVR_ANSWER_NOT_FOUND;
  request = gst_dvr_request_new_timeline ("live/cam1");
  fail_unless_equals_int (gst_dvr_request_send (request, f.h->sinkpad),
      GST_DVR_ANSWER_NOT_FOUND);
  gst_dvr_request_unref (request);
  teardown (&f);
}

GST_END_TEST;

static void
add_closed (GstDvrTimeline * timeline, guint64 number, gboolean gap)
{
  GstDvrEntry entry =
      { number, RECORDING, 0, 0, number * GST_SECOND, GST_SECOND,
    GST_DVR_WALL_TIME_NONE, SIZE, 0, 0, gap
  };

  fail_unless (gst_dvr_timeline_close_segment (timeline, &entry));
}

GST_START_TEST (test_prefetch_asks_for_what_follows)
{
  Fixture f;
  GstDvrRequest *request;
  guint i;

  setup (&f);
  g_object_set (f.element, "prefetch", 3, NULL);
  gst_dvr_timeline_begin (f.up.timeline);
  gst_dvr_timeline_set_state (f.up.timeline, GST_DVR_TIMELINE_OPEN, 0);
  for (i = 10; i < 13; i++)
    add_closed (f.up.timeline, i, i == 12);
  gst_dvr_timeline_commit (f.up.timeline);
  request = gst_dvr_request_new_timeline ("live/cam1");
  gst_dvr_request_send (request, f.h->sinkpad);
  gst_dvr_request_unref (request);

  fail_unless_equals_int (how (&f, 10), GST_DVR_HOW_MISS);
  wait_stat (&f, "prefetches", 1);
  fail_unless_equals_int (how (&f, 11), GST_DVR_HOW_COLLAPSED);
  /* 12 is a gap, 13 is not there; upstream hears that 11 is waited for now */
  fail_unless_equals_int (upstream_asked (&f.up), 3);
  fail_unless_equals_int (f.up.priority, GST_DVR_PRIORITY_VIEWER);
  fail_unless_equals_uint64 (stat_of (&f, "prefetches"), 1);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_budget_can_be_changed_while_playing)
{
  Fixture f;
  guint i;

  setup (&f);
  f.up.whole = TRUE;
  for (i = 0; i < 20; i++)
    how (&f, i);
  fail_unless_equals_uint64 (stat_of (&f, "segments"), 20);
  g_object_set (f.element, "max-memory", (guint64) 8000, NULL);
  fail_unless (stat_of (&f, "bytes") <= 8000);
  fail_unless (stat_of (&f, "segments") > 0);
  fail_unless_equals_int (how (&f, 19), GST_DVR_HOW_HIT);
  fail_unless_equals_int (how (&f, 0), GST_DVR_HOW_MISS);
  teardown (&f);
}

GST_END_TEST;

typedef struct
{
  Fixture *f;
  gint stop;
  gint served;
} Load;

static gpointer
ask_on_and_on (gpointer data)
{
  Load *load = data;
  guint n = 0;

  while (!g_atomic_int_get (&load->stop)) {
    GstDvrRequest *request = ask (load->f, n++ % 16);

    if (gst_dvr_request_get_answer (request) == GST_DVR_ANSWER_OK) {
      gst_dvr_segment_pin (gst_dvr_request_get_segment (request));
      gst_dvr_segment_unpin (gst_dvr_request_get_segment (request));
      g_atomic_int_inc (&load->served);
    } else {
      fail_unless_equals_int (gst_dvr_request_get_answer (request),
          GST_DVR_ANSWER_NOT_STARTED);
    }
    gst_dvr_request_unref (request);
  }
  return NULL;
}

GST_START_TEST (test_state_changes_under_load)
{
  static const GstState states[] = { GST_STATE_PLAYING, GST_STATE_READY,
    GST_STATE_PAUSED, GST_STATE_NULL, GST_STATE_PLAYING, GST_STATE_PAUSED,
    GST_STATE_READY, GST_STATE_NULL
  };
  Fixture f;
  Load load = { &f, 0, 0 };
  GThread *threads[4];
  guint i;

  setup (&f);
  f.up.whole = TRUE;
  g_object_set (f.element, "max-memory", (guint64) 8000, NULL);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("viewer", ask_on_and_on, &load);
  for (i = 0; i < 200; i++)
    fail_unless (gst_element_set_state (f.element,
            states[i % G_N_ELEMENTS (states)]) == GST_STATE_CHANGE_SUCCESS);
  fail_unless (gst_element_set_state (f.element, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_SUCCESS);
  i = g_atomic_int_get (&load.served);
  while ((guint) g_atomic_int_get (&load.served) < i + 100)
    g_thread_yield ();
  g_atomic_int_set (&load.stop, TRUE);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_sharers_have_one_cache)
{
  Fixture a, b;

  setup_full (&a, GST_DVR_LINK_CAPS, "shared", NULL);
  setup_full (&b, GST_DVR_LINK_CAPS, "shared", NULL);
  a.up.whole = TRUE;
  fail_unless_equals_int (how (&a, 1), GST_DVR_HOW_MISS);
  fail_unless_equals_int (how (&b, 1), GST_DVR_HOW_HIT);
  fail_unless_equals_int (upstream_asked (&b.up), 0);
  fail_unless_equals_uint64 (stat_of (&b, "hits"), 1);
  fail_unless_equals_uint64 (stat_of (&a, "hits"), 0);
  fail_unless_equals_uint64 (stat_of (&b, "segments"), 1);
  /* it stays as long as one of them is there */
  teardown (&a);
  fail_unless_equals_int (how (&b, 1), GST_DVR_HOW_HIT);
  teardown (&b);
}

GST_END_TEST;

GST_START_TEST (test_a_sharer_takes_over_a_fetch)
{
  Fixture a, b;
  GstDvrRequest *waiting;
  GstDvrSegment *segment;
  guint8 last;

  setup_full (&a, GST_DVR_LINK_CAPS, "shared", NULL);
  setup_full (&b, GST_DVR_LINK_CAPS, "shared", NULL);
  fail_unless_equals_int (how (&a, 42), GST_DVR_HOW_MISS);
  waiting = ask (&b, 42);
  fail_unless_equals_int (gst_dvr_request_get_how (waiting),
      GST_DVR_HOW_COLLAPSED);
  segment = gst_dvr_request_get_segment (waiting);
  fail_unless (gst_dvr_segment_append_bytes (upstream_segment (&a.up, 0),
          "\0\0\0\10moof", 8));
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), 8);
  fail_unless_equals_int (upstream_asked (&b.up), 0);

  /* the one that fetches goes away in the middle */
  teardown (&a);
  fail_unless_equals_int (upstream_asked (&b.up), 1);
  fill (upstream_segment (&b.up, 0));
  fail_unless_equals_int (gst_dvr_segment_get_state (segment),
      GST_DVR_SEGMENT_WHOLE);
  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), SIZE);
  fail_unless (gst_dvr_segment_read (segment, SIZE - 1, &last, 1));
  fail_unless_equals_int (last, 42);
  fail_unless_equals_int (how (&b, 42), GST_DVR_HOW_HIT);
  gst_dvr_request_unref (waiting);
  teardown (&b);
}

GST_END_TEST;

/* What lies between neither hides requests nor decides the mode. */
static void
check_between (const gchar * launch)
{
  GstHarness *h = gst_harness_new_parse (launch);
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 5 };
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GstDvrRequest *request;
  GstBuffer *out;
  Upstream up = { 0, };

  upstream_init (&up, h->srcpad);
  gst_harness_set_sink_caps_str (h, GST_DVR_LINK_CAPS);
  gst_harness_set_src_caps_str (h, GST_DVR_LINK_CAPS);
  request = ask_for (h->sinkpad, 1, GST_DVR_PRIORITY_VIEWER);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_OK);
  fail_unless (gst_dvr_request_get_segment (request) ==
      upstream_segment (&up, 0));
  gst_dvr_request_unref (request);
  fill (segment);
  fail_unless_equals_int (gst_harness_push (h,
          gst_dvr_buffer_new_piece (segment, 0, SIZE)), GST_FLOW_OK);
  out = gst_harness_pull (h);
  fail_unless (gst_buffer_get_dvr_meta (out)->segment == segment);
  gst_buffer_unref (out);
  gst_dvr_segment_unref (segment);
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_harness_teardown (h);
  upstream_clear (&up);
}

GST_START_TEST (test_other_elements_between)
{
  check_between ("queue ! segmentcache ! queue");
  check_between ("identity ! segmentcache ! identity");
  check_between ("segmentcache ! tee name=t t. ! queue");
  check_between ("segmentcache ! queue ! segmentcache");
}

GST_END_TEST;

static Suite *
segmentcache_suite (void)
{
  Suite *s = suite_create ("segmentcache");
  TCase *tc = tcase_create ("exchange");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_miss_then_collapsed_then_hit);
  tcase_add_test (tc, test_many_threads_put_one_question);
  tcase_add_test (tc, test_what_failed_is_asked_anew);
  tcase_add_test (tc, test_refusals_pass);
  tcase_add_test (tc, test_not_started_says_so);
  tcase_add_test (tc, test_pieces_pass_and_stay);
  tcase_add_test (tc, test_bytes_on_the_link_are_an_error);
  tcase_add_test (tc, test_flush_goes_through);
  tcase_add_test (tc, test_refused_names_go_up);
  tcase_add_test (tc, test_timelines_outlive_upstream);
  tcase_add_test (tc, test_prefetch_asks_for_what_follows);
  tcase_add_test (tc, test_budget_can_be_changed_while_playing);
  tcase_add_test (tc, test_state_changes_under_load);
  tcase_add_test (tc, test_sharers_have_one_cache);
  tcase_add_test (tc, test_a_sharer_takes_over_a_fetch);
  tcase_add_test (tc, test_other_elements_between);
  return s;
}

GST_CHECK_MAIN (segmentcache);
