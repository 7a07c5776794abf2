/* proxystreamsrc.c: what proxystreamsrc does, whatever upstream does
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/dvr/gstdvrlink.h>
#include <gst/dvr/gstdvrprocess.h>
#include <string.h>

#include "httpstub.h"

#define RECORDING "20261120T192200Z-3f9c"
#define NUMBER 100
#define DVR "/live/cam1/dvr.m3u8"
#define SEGMENT_PATH "/live/cam1/" RECORDING "/100.m4s"
#define WAIT (10 * G_TIME_SPAN_SECOND)

/* An upstream with one stream; a test sets what is special. */
typedef struct
{
  HttpStub *stub;
  GMutex lock;
  GCond changed;
  gchar *playlist;              /* of live/cam1 */
  guint8 *media;                /* every segment's bytes */
  gsize size;
  HttpStubHandler special;      /* asked first, for paths of its own */
  const gchar *special_path;
  gboolean open;                /* the gate that handlers wait at */
  guint seen;
  gchar *last_head;
} Upstream;

typedef struct
{
  Upstream up;
  GstElement *element;
  GstHarness *harness;
} Fixture;

/* styp, then mdat boxes of 1,000 bytes. */
static guint8 *
make_media (guint n_boxes, gsize * size)
{
  guint8 *media = g_malloc0 (16 + n_boxes * 1000);
  guint i, j;

  *size = 16 + n_boxes * 1000;
  GST_WRITE_UINT32_BE (media, 16);
  memcpy (media + 4, "stypmsdh", 8);
  for (i = 0; i < n_boxes; i++) {
    guint8 *box = media + 16 + i * 1000;

    GST_WRITE_UINT32_BE (box, 1000);
    memcpy (box + 4, i % 2 ? "mdat" : "moof", 4);
    for (j = 8; j < 1000; j++)
      box[j] = i + j;
  }

  return media;
}

static const gchar *const PLAYLIST = "#EXTM3U\n#EXT-X-VERSION:9\n"
    "#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:100\n"
    "#EXT-X-DVR-VERSION:1\n#EXT-X-DVR-TIME:10\n"
    "#EXT-X-MAP:URI=\"" RECORDING "/init-0.mp4\"\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T19:22:00.000Z\n"
    "#EXTINF:2,\n" RECORDING "/100.m4s\n"
    "#EXTINF:2,\n" RECORDING "/101.m4s\n" "#EXT-X-ENDLIST\n";

static void
upstream_handler (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;
  g_autofree gchar *playlist = NULL;

  g_mutex_lock (&up->lock);
  playlist = g_strdup (up->playlist);
  g_free (up->last_head);
  up->last_head = g_strdup (request->head);
  g_mutex_unlock (&up->lock);

  if (up->special && g_str_has_prefix (request->path, up->special_path))
    up->special (request, up);
  else if (g_str_equal (request->path, DVR) && playlist)
    http_stub_reply (request, 200, NULL, playlist, strlen (playlist));
  else if (g_str_has_suffix (request->path, ".m4s")
      || g_str_has_suffix (request->path, ".mp4"))
    http_stub_serve (request, "\"" RECORDING "/100\"", up->media, up->size);
  else
    http_stub_reply (request, 404, NULL, "no", 2);
}

static void
upstream_init (Upstream * up)
{
  memset (up, 0, sizeof (*up));
  g_mutex_init (&up->lock);
  g_cond_init (&up->changed);
  up->playlist = g_strdup (PLAYLIST);
  up->media = make_media (200, &up->size);
  up->stub = http_stub_new (upstream_handler, up);
}

static void
upstream_open (Upstream * up)
{
  g_mutex_lock (&up->lock);
  up->open = TRUE;
  g_cond_broadcast (&up->changed);
  g_mutex_unlock (&up->lock);
}

static void
upstream_wait_open (Upstream * up)
{
  g_mutex_lock (&up->lock);
  up->seen++;
  g_cond_broadcast (&up->changed);
  while (!up->open)
    g_cond_wait (&up->changed, &up->lock);
  g_mutex_unlock (&up->lock);
}

static void
upstream_wait_seen (Upstream * up, guint n)
{
  g_mutex_lock (&up->lock);
  while (up->seen < n)
    g_cond_wait (&up->changed, &up->lock);
  g_mutex_unlock (&up->lock);
}

static void
upstream_set_playlist (Upstream * up, const gchar * text)
{
  g_mutex_lock (&up->lock);
  g_free (up->playlist);
  up->playlist = g_strdup (text);
  g_mutex_unlock (&up->lock);
}

static void
upstream_clear (Upstream * up)
{
  upstream_open (up);
  http_stub_free (up->stub);
  g_free (up->playlist);
  g_free (up->media);
  g_free (up->last_head);
  g_mutex_clear (&up->lock);
  g_cond_clear (&up->changed);
}

static void
fixture_start (Fixture * f, const gchar * path)
{
  g_autofree gchar *location = NULL;

  upstream_init (&f->up);
  location = http_stub_get_uri (f->up.stub, path);
  f->element = gst_element_factory_make ("proxystreamsrc", NULL);
  fail_unless (f->element != NULL);
  g_object_set (f->element, "location", location, "retry-delay",
      50 * GST_MSECOND, "max-retry-delay", 100 * GST_MSECOND, "timeout",
      500 * GST_MSECOND, NULL);
  f->harness = gst_harness_new_with_element (f->element, NULL, "src");
  gst_harness_set_drop_buffers (f->harness, TRUE);
}

static void
fixture_play (Fixture * f)
{
  gst_harness_play (f->harness);
}

static void
fixture_stop (Fixture * f)
{
  gst_harness_teardown (f->harness);
  gst_object_unref (f->element);
  upstream_clear (&f->up);
}

static GstDvrRequest *
ask_segment (Fixture * f, guint64 number)
{
  GstDvrSegmentId id =
      { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, number };
  GstDvrRequest *request = gst_dvr_request_new_segment (&id,
      GST_DVR_PRIORITY_VIEWER);

  gst_dvr_request_send (request, f->harness->sinkpad);

  return request;
}

static GstDvrTimeline *
ask_timeline (Fixture * f, const gchar * stream, GstDvrAnswer * answer)
{
  g_autoptr (GstDvrRequest) request = gst_dvr_request_new_timeline (stream);
  GstDvrTimeline *timeline = NULL;

  *answer = gst_dvr_request_send (request, f->harness->sinkpad);
  if (*answer == GST_DVR_ANSWER_OK)
    timeline = gst_dvr_timeline_ref (gst_dvr_request_get_timeline (request));

  return timeline;
}

typedef gboolean (*InfoCheck) (const GstDvrTimelineInfo * info);

/* Waits until what is checked for is so. */
static void
wait_timeline (GstDvrTimeline * timeline, InfoCheck check,
    GstDvrTimelineInfo * info)
{
  gint64 until = g_get_monotonic_time () + WAIT;

  gst_dvr_timeline_get_info (timeline, info);
  while (!check (info)) {
    fail_unless (g_get_monotonic_time () < until, "the timeline does not come");
    gst_dvr_timeline_wait (timeline, info->version + 1, until);
    gst_dvr_timeline_get_info (timeline, info);
  }
}

static gboolean
is_known (const GstDvrTimelineInfo * info)
{
  return info->state != GST_DVR_TIMELINE_PENDING;
}

static GstDvrTimeline *
follow (Fixture * f, GstDvrTimelineInfo * info)
{
  GstDvrAnswer answer;
  GstDvrTimeline *timeline = ask_timeline (f, "live/cam1", &answer);

  fail_unless_equals_int (answer, GST_DVR_ANSWER_OK);
  wait_timeline (timeline, is_known, info);

  return timeline;
}

typedef struct
{
  GMutex lock;
  GCond cond;
  guint n;
} Changes;

static void
on_changed (GstDvrSegment * segment, gpointer data)
{
  Changes *changes = data;

  g_mutex_lock (&changes->lock);
  changes->n++;
  g_cond_broadcast (&changes->cond);
  g_mutex_unlock (&changes->lock);
}

static void
changes_clear (gpointer data)
{
  Changes *changes = data;

  g_mutex_clear (&changes->lock);
  g_cond_clear (&changes->cond);
}

static void
changes_unref (gpointer changes)
{
  g_atomic_rc_box_release_full (changes, changes_clear);
}

/* Until the segment has that many bytes, or has ended. A watch may be called
 * once more after it was removed, so its data are its own. */
static GstDvrSegmentState
wait_segment (GstDvrSegment * segment, guint64 size)
{
  gint64 until = g_get_monotonic_time () + WAIT;
  Changes *changes = g_atomic_rc_box_new0 (Changes);
  gulong watch;

  g_mutex_init (&changes->lock);
  g_cond_init (&changes->cond);
  watch = gst_dvr_segment_add_watch (segment, on_changed,
      g_atomic_rc_box_acquire (changes), changes_unref);
  g_mutex_lock (&changes->lock);
  while (gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_FILLING
      && gst_dvr_segment_get_size (segment) < size)
    fail_unless (g_cond_wait_until (&changes->cond, &changes->lock, until),
        "the segment does not come");
  g_mutex_unlock (&changes->lock);
  gst_dvr_segment_remove_watch (segment, watch);
  changes_unref (changes);

  return gst_dvr_segment_get_state (segment);
}

/* Returns the status with which the segment ended, 0 when whole. */
static guint
wait_end (GstDvrRequest * request)
{
  GstDvrSegment *segment = gst_dvr_request_get_segment (request);

  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_OK);
  if (wait_segment (segment, G_MAXUINT64) == GST_DVR_SEGMENT_WHOLE)
    return 0;

  return gst_dvr_segment_get_status (segment);
}

static void
check_bytes (GstDvrRequest * request, const guint8 * media, gsize size)
{
  GstDvrSegment *segment = gst_dvr_request_get_segment (request);
  g_autofree guint8 *bytes = g_malloc (size);

  fail_unless_equals_uint64 (gst_dvr_segment_get_size (segment), size);
  fail_unless (gst_dvr_segment_read (segment, 0, bytes, size));
  fail_unless (memcmp (bytes, media, size) == 0);
}

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

static void
gated_segment (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  upstream_wait_open (up);
  http_stub_serve (request, "\"e\"", up->media, up->size);
}

GST_START_TEST (test_one_fetch_for_200_requests)
{
  GstDvrRequest *requests[200];
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  guint i, n_miss = 0;
  Fixture f;

  fixture_start (&f, "");
  f.up.special = gated_segment;
  f.up.special_path = SEGMENT_PATH;
  fixture_play (&f);
  timeline = follow (&f, &info);

  for (i = 0; i < 200; i++) {
    requests[i] = ask_segment (&f, 100);
    if (i == 100)
      upstream_wait_seen (&f.up, 1);
    n_miss += gst_dvr_request_get_how (requests[i]) == GST_DVR_HOW_MISS;
  }
  upstream_open (&f.up);
  for (i = 0; i < 200; i++) {
    fail_unless_equals_int (wait_end (requests[i]), 0);
    check_bytes (requests[i], f.up.media, f.up.size);
  }
  fail_unless_equals_int (n_miss, 1);
  fail_unless_equals_int (http_stub_count (f.up.stub, SEGMENT_PATH), 1);

  for (i = 0; i < 200; i++)
    gst_dvr_request_unref (requests[i]);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

static void
half_then_gate (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  http_stub_head (request, 200, "ETag: \"e\"\r\n", up->size);
  http_stub_send (request, up->media, up->size / 2);
  upstream_wait_open (up);
  http_stub_send (request, up->media + up->size / 2, up->size - up->size / 2);
}

GST_START_TEST (test_bytes_are_read_while_they_come)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrRequest *request;
  GstDvrSegment *segment;
  Fixture f;

  fixture_start (&f, "");
  g_object_set (f.element, "timeout", 5 * GST_SECOND, NULL);
  f.up.special = half_then_gate;
  f.up.special_path = SEGMENT_PATH;
  fixture_play (&f);
  timeline = follow (&f, &info);
  request = ask_segment (&f, 100);
  segment = gst_dvr_request_get_segment (request);

  fail_unless_equals_int (wait_segment (segment, f.up.size / 2),
      GST_DVR_SEGMENT_FILLING);
  fail_unless_equals_uint64 (gst_dvr_segment_get_total (segment), f.up.size);
  upstream_open (&f.up);
  fail_unless_equals_int (wait_end (request), 0);
  check_bytes (request, f.up.media, f.up.size);

  gst_dvr_request_unref (request);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

/* Starts, asks for segment 100 with a special handler for it, and returns the
 * status it ended with. */
static guint
fetch_special (Fixture * f, HttpStubHandler special)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrRequest *request;
  guint status;

  fixture_start (f, "");
  f->up.special = special;
  f->up.special_path = SEGMENT_PATH;
  fixture_play (f);
  timeline = follow (f, &info);
  request = ask_segment (f, 100);
  status = wait_end (request);
  if (status == 0)
    check_bytes (request, f->up.media, f->up.size);
  gst_dvr_request_unref (request);
  gst_dvr_timeline_unref (timeline);

  return status;
}

/* The first answer breaks off at two thirds. */
static void
cut_once (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  if (up->seen++ > 0) {
    http_stub_serve (request, "\"e\"", up->media, up->size);
    return;
  }
  http_stub_head (request, 200, "ETag: \"e\"\r\n", up->size);
  http_stub_send (request, up->media, up->size * 2 / 3);
  request->close = TRUE;
}

GST_START_TEST (test_cut_fetch_goes_on_where_it_was)
{
  g_autofree gchar *range = NULL;
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, cut_once), 0);
  range = g_strdup_printf ("bytes=%" G_GSIZE_FORMAT "-", f.up.size * 2 / 3);
  fail_unless (strstr (f.up.last_head, range) != NULL);
  fail_unless (strstr (f.up.last_head, "If-Range: \"e\"") != NULL);
  fixture_stop (&f);
}

GST_END_TEST;

/* It breaks off, and then ignores the range. */
static void
cut_then_whole (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  if (up->seen > 0)
    http_stub_reply (request, 200, "ETag: \"e\"\r\n", up->media, up->size);
  else
    cut_once (request, data);
}

GST_START_TEST (test_whole_answer_to_a_resumed_fetch_is_not_repeated)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, cut_then_whole), 0);
  fixture_stop (&f);
}

GST_END_TEST;

/* It breaks off, and is something else the next time. */
static void
cut_then_changed (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  if (up->seen > 0)
    http_stub_serve (request, "\"other\"", up->media, up->size);
  else
    cut_once (request, data);
}

GST_START_TEST (test_nothing_is_spliced)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, cut_then_changed), 502);
  fixture_stop (&f);
}

GST_END_TEST;

static void
truncated (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  http_stub_reply (request, 200, "ETag: \"e\"\r\n", up->media, up->size - 100);
}

GST_START_TEST (test_truncated_segment_is_never_whole)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, truncated), 502);
  fixture_stop (&f);
}

GST_END_TEST;

static void
garbage (HttpStubRequest * request, gpointer data)
{
  http_stub_reply (request, 200, NULL, "<html>Please log in</html>", 26);
}

GST_START_TEST (test_garbage_is_never_whole)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, garbage), 502);
  fixture_stop (&f);
}

GST_END_TEST;

static void
status_410 (HttpStubRequest * request, gpointer data)
{
  http_stub_reply (request, 410, NULL, "gone", 4);
}

GST_START_TEST (test_upstream_status_reaches_downstream)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, status_410), 410);
  fixture_stop (&f);
}

GST_END_TEST;

static void
silent (HttpStubRequest * request, gpointer data)
{
  upstream_wait_open (data);
  request->close = TRUE;
}

GST_START_TEST (test_silent_upstream_is_504_in_bounded_time)
{
  gint64 before = g_get_monotonic_time ();
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, silent), 504);
  fail_unless (g_get_monotonic_time () - before < 3 * G_TIME_SPAN_SECOND);
  fixture_stop (&f);
}

GST_END_TEST;

static void
broken (HttpStubRequest * request, gpointer data)
{
  http_stub_reply (request, 500, NULL, "sorry", 5);
}

GST_START_TEST (test_broken_upstream_is_502_in_bounded_time)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, broken), 502);
  fail_unless (http_stub_count (f.up.stub, SEGMENT_PATH) > 1);
  fixture_stop (&f);
}

GST_END_TEST;

static void
redirect_away (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;
  g_autofree gchar *headers = g_strdup_printf ("Location: http://localhost:%u"
      "/live/cam1/" RECORDING "/101.m4s\r\n", http_stub_get_port (up->stub));

  http_stub_reply (request, 302, headers, "", 0);
}

GST_START_TEST (test_redirect_to_another_origin_is_refused)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, redirect_away), 502);
  fail_unless_equals_int (http_stub_count (f.up.stub,
          "/live/cam1/" RECORDING "/101.m4s"), 0);
  fixture_stop (&f);
}

GST_END_TEST;

static void
redirect_here (HttpStubRequest * request, gpointer data)
{
  http_stub_reply (request, 302, "Location: 101.m4s\r\n", "", 0);
}

GST_START_TEST (test_redirect_on_the_same_origin_is_followed)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, redirect_here), 0);
  fixture_stop (&f);
}

GST_END_TEST;

static void
redirect_for_ever (HttpStubRequest * request, gpointer data)
{
  http_stub_reply (request, 302, "Location: 100.m4s\r\n", "", 0);
}

GST_START_TEST (test_redirects_have_an_end)
{
  Fixture f;

  fail_unless_equals_int (fetch_special (&f, redirect_for_ever), 502);
  fail_unless_equals_int (http_stub_count (f.up.stub, SEGMENT_PATH), 4);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_requests_name_the_process)
{
  g_autofree gchar *loop = g_strdup_printf ("CDN-Loop: %s\r\n",
      gst_dvr_get_process_id ());
  GstStructure *headers = gst_structure_new ("headers", "X-Test",
      G_TYPE_STRING, "a\r\nb", NULL);
  GstDvrTimelineInfo info;
  Fixture f;

  fixture_start (&f, "/");
  g_object_set (f.element, "user-agent", "me", "extra-headers", headers,
      "token", "secret", NULL);
  gst_structure_free (headers);
  upstream_set_playlist (&f.up, NULL);
  fixture_play (&f);
  gst_dvr_timeline_unref (follow (&f, &info));

  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_FAILED);
  fail_unless_equals_int (info.status, 404);
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

static Suite *
proxystreamsrc_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_timeline_says_what_the_playlist_says);
  tcase_add_test (tc, test_one_fetch_for_200_requests);
  tcase_add_test (tc, test_bytes_are_read_while_they_come);
  tcase_add_test (tc, test_cut_fetch_goes_on_where_it_was);
  tcase_add_test (tc, test_whole_answer_to_a_resumed_fetch_is_not_repeated);
  tcase_add_test (tc, test_nothing_is_spliced);
  tcase_add_test (tc, test_truncated_segment_is_never_whole);
  tcase_add_test (tc, test_garbage_is_never_whole);
  tcase_add_test (tc, test_upstream_status_reaches_downstream);
  tcase_add_test (tc, test_silent_upstream_is_504_in_bounded_time);
  tcase_add_test (tc, test_broken_upstream_is_502_in_bounded_time);
  tcase_add_test (tc, test_redirect_to_another_origin_is_refused);
  tcase_add_test (tc, test_redirect_on_the_same_origin_is_followed);
  tcase_add_test (tc, test_redirects_have_an_end);
  tcase_add_test (tc, test_requests_name_the_process);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc);
