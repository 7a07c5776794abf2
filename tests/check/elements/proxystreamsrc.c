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
#include <gst/dvr/gstdvrstore.h>
#include <glib/gstdio.h>
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
  const gchar *body = "<html>It is gone, says the server.</html>";

  http_stub_reply (request, 410, NULL, body, strlen (body));
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
  http_stub_reply (request, 500, NULL, "sorry, sorry, sorry", 19);
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

/* A low-latency upstream. Segments up to `open_number` are closed, each is four
 * parts; a test lets parts come one by one. */
#define N_PARTS 4
#define PART_SIZE 1000

typedef struct
{
  guint64 open_number;
  guint n_parts;
  guint n_deltas;
  guint n_blocked;
  gboolean stopping;
} Edge;

static Edge edge;

static void
edge_advance (Upstream * up)
{
  g_mutex_lock (&up->lock);
  if (++edge.n_parts == N_PARTS) {
    edge.n_parts = 0;
    edge.open_number++;
  }
  g_cond_broadcast (&up->changed);
  g_mutex_unlock (&up->lock);
}

static void
edge_stop (Upstream * up)
{
  g_mutex_lock (&up->lock);
  edge.stopping = TRUE;
  g_cond_broadcast (&up->changed);
  g_mutex_unlock (&up->lock);
}

/* Whether a part is there. */
static gboolean
edge_has (guint64 number, guint part)
{
  return number < edge.open_number || (number == edge.open_number
      && part < edge.n_parts);
}

static guint64
get_directive (const gchar * target, const gchar * name)
{
  const gchar *at = strstr (target, name);

  return at ? g_ascii_strtoull (at + strlen (name), NULL, 10) : G_MAXUINT64;
}

static void
write_parts (GString * out, guint64 number, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    g_string_append_printf (out, "#EXT-X-PART:DURATION=0.5,URI=\"" RECORDING
        "/%" G_GUINT64_FORMAT ".%u.m4s\"%s\n", number, i,
        i == 0 ? ",INDEPENDENT=YES" : "");
}

static gchar *
edge_write (gboolean delta)
{
  GString *out = g_string_new ("#EXTM3U\n#EXT-X-VERSION:9\n"
      "#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=0.5\n"
      "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,"
      "PART-HOLD-BACK=1.5\n#EXT-X-DVR-VERSION:1\n#EXT-X-DVR-TIME:0\n"
      "#EXT-X-MEDIA-SEQUENCE:80\n");
  guint64 number = 80;

  if (delta) {
    number = edge.open_number - 7;
    g_string_append_printf (out, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%u\n",
        (guint) (number - 80));
  }
  g_string_append (out, "#EXT-X-MAP:URI=\"" RECORDING "/init-0.mp4\"\n");
  for (; number < edge.open_number; number++) {
    if (number + 3 >= edge.open_number)
      write_parts (out, number, N_PARTS);
    g_string_append_printf (out, "#EXT-X-DVR-SEGMENT:SIZE=%u\n#EXTINF:2,\n"
        RECORDING "/%" G_GUINT64_FORMAT ".m4s\n", N_PARTS * PART_SIZE, number);
  }
  write_parts (out, number, edge.n_parts);
  g_string_append_printf (out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"" RECORDING
      "/%" G_GUINT64_FORMAT ".%u.m4s\"\n", number, edge.n_parts);

  return g_string_free (out, FALSE);
}

static void
edge_list (HttpStubRequest * request, Upstream * up)
{
  guint64 msn = get_directive (request->target, "_HLS_msn=");
  guint64 part = get_directive (request->target, "_HLS_part=");
  gboolean delta = strstr (request->target, "_HLS_skip=YES") != NULL;
  g_autofree gchar *text = NULL;

  g_mutex_lock (&up->lock);
  edge.n_deltas += delta;
  edge.n_blocked += msn != G_MAXUINT64;
  while (msn != G_MAXUINT64 && !edge_has (msn, part) && !edge.stopping)
    g_cond_wait (&up->changed, &up->lock);
  text = edge_write (delta);
  g_mutex_unlock (&up->lock);
  http_stub_reply (request, 200, NULL, text, strlen (text));
}

static void
edge_handler (HttpStubRequest * request, gpointer data)
{
  const gchar *name = strrchr (request->path, '/') + 1;
  Upstream *up = data;
  gchar *end;
  guint64 number = g_ascii_strtoull (name, &end, 10);
  guint part;

  if (g_str_has_suffix (request->path, ".m3u8")) {
    edge_list (request, up);
    return;
  }
  if (*end != '.' || !g_ascii_isdigit (end[1])) {
    http_stub_serve (request, "\"w\"", up->media, N_PARTS * PART_SIZE);
    return;
  }
  part = g_ascii_strtoull (end + 1, NULL, 10);
  g_mutex_lock (&up->lock);
  while (!edge_has (number, part) && !edge.stopping)
    g_cond_wait (&up->changed, &up->lock);
  g_mutex_unlock (&up->lock);
  if (part < N_PARTS)
    http_stub_serve (request, "\"p\"", up->media + part * PART_SIZE, PART_SIZE);
  else
    http_stub_reply (request, 404, NULL, "no", 2);
}

/* Every part but the first begins with a moof box of its own. */
static void
edge_start (Fixture * f)
{
  guint i;

  memset (&edge, 0, sizeof (edge));
  edge.open_number = NUMBER;
  edge.n_parts = 1;
  fixture_start (f, "");
  for (i = 0; i < N_PARTS; i++) {
    GST_WRITE_UINT32_BE (f->up.media + i * PART_SIZE, PART_SIZE);
    memcpy (f->up.media + i * PART_SIZE + 4, i ? "moof" : "styp", 4);
  }
  f->up.special = edge_handler;
  f->up.special_path = "/live/cam1/";
  fixture_play (f);
}

static guint64 wanted_next;
static guint wanted_parts;

static gboolean
has_come (const GstDvrTimelineInfo * info)
{
  return info->next > wanted_next || (info->next == wanted_next
      && info->n_parts >= wanted_parts);
}

static void
wait_part (GstDvrTimeline * timeline, guint64 number, guint n_parts,
    GstDvrTimelineInfo * info)
{
  wanted_next = number;
  wanted_parts = n_parts;
  wait_timeline (timeline, has_come, info);
}

GST_START_TEST (test_live_edge_comes_part_by_part)
{
  const gchar *part = "/live/cam1/" RECORDING "/100.2.m4s";
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrRequest *request, *next;
  GstDvrPart p;
  guint i;
  Fixture f;

  edge_start (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_OPEN);
  fail_unless (info.open);
  fail_unless_equals_uint64 (info.next, 100);
  fail_unless_equals_int (info.n_parts, 1);
  fail_unless_equals_uint64 (info.end, 40 * GST_SECOND + GST_SECOND / 2);

  request = ask_segment (&f, 100);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_OK);
  wait_segment (gst_dvr_request_get_segment (request), PART_SIZE);
  for (i = 1; i < N_PARTS; i++) {
    edge_advance (&f.up);
    fail_unless (wait_segment (gst_dvr_request_get_segment (request),
            (i + 1) * PART_SIZE) != GST_DVR_SEGMENT_FAILED);
    if (i < N_PARTS - 1)
      wait_part (timeline, 100, i + 1, &info);
  }
  fail_unless_equals_int (wait_end (request), 0);
  check_bytes (request, f.up.media, N_PARTS * PART_SIZE);
  fail_unless_equals_int (gst_dvr_segment_get_n_parts
      (gst_dvr_request_get_segment (request)), N_PARTS);
  fail_unless (gst_dvr_segment_get_part (gst_dvr_request_get_segment (request),
          1, &p));
  fail_unless_equals_uint64 (p.offset, PART_SIZE);
  fail_unless_equals_uint64 (p.size, PART_SIZE);

  /* the next one is on its way before anybody asks */
  edge_advance (&f.up);
  wait_part (timeline, 101, 1, &info);
  next = ask_segment (&f, 101);
  fail_unless_equals_int (gst_dvr_request_get_how (next),
      GST_DVR_HOW_COLLAPSED);
  wait_segment (gst_dvr_request_get_segment (next), PART_SIZE);

  fail_unless_equals_int (http_stub_count (f.up.stub, part), 1);
  fail_unless_equals_int (http_stub_count (f.up.stub, SEGMENT_PATH), 0);
  fail_unless (edge.n_blocked > 3);
  fail_unless (edge.n_deltas > 3);

  edge_stop (&f.up);
  gst_dvr_request_unref (request);
  gst_dvr_request_unref (next);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_delta_updates_leave_the_timeline_whole)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  guint64 number;
  Fixture f;

  edge_start (&f);
  timeline = follow (&f, &info);
  while (info.next < 110) {
    edge_advance (&f.up);
    wait_part (timeline, edge.open_number, edge.n_parts, &info);
  }
  fail_unless (edge.n_deltas > 30);
  fail_unless_equals_uint64 (info.first, 80);
  for (number = 80; number < 110; number++) {
    fail_unless_equals_int (gst_dvr_timeline_find (timeline, number, &entry),
        GST_DVR_FOUND_CLOSED);
    fail_unless_equals_uint64 (entry.start, (number - 80) * 2 * GST_SECOND);
    fail_unless_equals_uint64 (entry.duration, 2 * GST_SECOND);
  }
  edge_stop (&f.up);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

/* Waits for a status and returns its description. */
static gchar *
wait_status (GstBus * bus, const gchar * code)
{
  gchar *description = NULL;

  while (description == NULL) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND,
        GST_MESSAGE_ELEMENT);
    const GstStructure *s;

    fail_unless (message != NULL, "no status %s", code);
    s = gst_message_get_structure (message);
    if (gst_structure_has_name (s, "dvr-status")
        && g_strcmp0 (gst_structure_get_string (s, "code"), code) == 0)
      description = g_strdup (gst_structure_get_string (s, "description"));
    gst_message_unref (message);
  }

  return description;
}

static GstBus *
fixture_bus (Fixture * f)
{
  GstBus *bus = gst_bus_new ();

  gst_element_set_bus (f->element, bus);

  return bus;
}

static gboolean
is_stale (const GstDvrTimelineInfo * info)
{
  return info->stale;
}

static gboolean
is_fresh (const GstDvrTimelineInfo * info)
{
  return !info->stale;
}

/* Nothing is answered until the gate opens. */
static void
mute_handler (HttpStubRequest * request, gpointer data)
{
  upstream_wait_open (data);
  edge_handler (request, data);
}

GST_START_TEST (test_silent_upstream_makes_timelines_stale)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  gint64 before;
  GstBus *bus;
  Fixture f;

  edge_start (&f);
  bus = fixture_bus (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  /* the blocked reload is held back, and what comes after is not answered */
  while (edge.n_blocked == 0)
    g_thread_yield ();
  before = g_get_monotonic_time ();
  f.up.special = mute_handler;
  wait_timeline (timeline, is_stale, &info);
  fail_unless (g_get_monotonic_time () - before < 3 * G_TIME_SPAN_SECOND);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_OPEN);
  g_free (wait_status (bus, "NetConnection.Proxy.NotResponding"));

  upstream_open (&f.up);
  wait_timeline (timeline, is_fresh, &info);
  g_free (wait_status (bus, "NetConnection.Connect.Success"));

  edge_stop (&f.up);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  gst_element_set_bus (f.element, NULL);
  gst_object_unref (bus);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_stream_is_let_go_after_linger_and_revived)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstBus *bus;
  guint n;
  Fixture f;

  fixture_start (&f, "");
  bus = fixture_bus (&f);
  g_object_set (f.element, "linger", 100 * GST_MSECOND, NULL);
  fixture_play (&f);
  timeline = follow (&f, &info);
  g_free (wait_status (bus, "ProxyStream.Proxy.Start"));
  g_free (wait_status (bus, "ProxyStream.Proxy.Stop"));
  gst_dvr_timeline_unref (timeline);
  n = http_stub_count (f.up.stub, DVR);
  timeline = follow (&f, &info);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_ENDED);
  fail_unless_equals_int (http_stub_count (f.up.stub, DVR), n + 1);
  gst_dvr_timeline_unref (timeline);
  gst_element_set_bus (f.element, NULL);
  gst_object_unref (bus);
  fixture_stop (&f);
}

GST_END_TEST;

static const gchar *const FOREIGN = "#EXTM3U\n#EXT-X-VERSION:7\n"
    "#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n"
    "#EXT-X-PLAYLIST-TYPE:VOD\n"
    "#EXT-X-MAP:URI=\"all.mp4\",BYTERANGE=\"2016@0\"\n"
    "#EXTINF:3.5,\n#EXT-X-BYTERANGE:2000@2016\nall.mp4\n"
    "#EXTINF:4,\n#EXT-X-BYTERANGE:4000\nall.mp4\n#EXT-X-ENDLIST\n";

static const gchar *const VARIANTS = "#EXTM3U\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=2000\nlist.m3u8\n";

static void
foreign_handler (HttpStubRequest * request, gpointer data)
{
  Upstream *up = data;

  if (g_str_has_suffix (request->path, "/list.m3u8"))
    http_stub_reply (request, 200, NULL, FOREIGN, strlen (FOREIGN));
  else if (g_str_has_suffix (request->path, "/main.m3u8"))
    http_stub_reply (request, 200, NULL, VARIANTS, strlen (VARIANTS));
  else
    http_stub_serve (request, "\"all\"", up->media, up->size);
}

GST_START_TEST (test_foreign_origin_is_followed_by_its_byte_ranges)
{
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "vod/film", NULL, 8 };
  g_autoptr (GstDvrTimeline) timeline = NULL;
  GstDvrTimelineInfo info;
  GstDvrRequest *request;
  GstDvrAnswer answer;
  GstDvrEntry entry;
  Fixture f;

  fixture_start (&f, "/vod/film/main.m3u8");
  f.up.special = foreign_handler;
  f.up.special_path = "/vod/";
  fixture_play (&f);
  fail_unless (ask_timeline (&f, "live/cam1", &answer) == NULL);
  fail_unless_equals_int (answer, GST_DVR_ANSWER_NOT_FOUND);
  timeline = ask_timeline (&f, "vod/film", &answer);
  fail_unless_equals_int (answer, GST_DVR_ANSWER_OK);
  wait_timeline (timeline, is_known, &info);

  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_ENDED);
  fail_unless_equals_uint64 (info.first, 7);
  fail_unless_equals_uint64 (info.end, 7500 * GST_MSECOND);
  fail_unless (gst_dvr_timeline_find (timeline, 8, &entry) ==
      GST_DVR_FOUND_CLOSED);
  fail_unless (g_str_has_prefix (entry.recording, "19700101T000000Z-"));
  fail_unless_equals_uint64 (entry.size, 4000);
  id.recording = entry.recording;
  request = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_VIEWER);
  gst_dvr_request_send (request, f.harness->sinkpad);
  fail_unless_equals_int (wait_end (request), 0);
  check_bytes (request, f.up.media + 4016, 4000);
  gst_dvr_request_unref (request);

  id.kind = GST_DVR_SEGMENT_INIT;
  id.number = entry.init;
  request = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_VIEWER);
  gst_dvr_request_send (request, f.harness->sinkpad);
  fail_unless_equals_int (wait_end (request), 0);
  check_bytes (request, f.up.media, 2016);
  gst_dvr_request_unref (request);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_what_cannot_be_served_is_refused_by_its_tag)
{
  static const gchar *const lists[][2] = {
    {"#EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n"
          "#EXTINF:2,\n1.m4s\n", "EXT-X-KEY"},
    {"#EXTINF:2,\n1.ts\n", "EXT-X-MAP"},
    {"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"a\",URI=\"a.m3u8\"\n"
          "#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nv.m3u8\n",
        "EXT-X-MEDIA"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lists); i++) {
    g_autofree gchar *text = g_strconcat ("#EXTM3U\n", strstr (lists[i][0],
            "STREAM") ? "" : "#EXT-X-TARGETDURATION:2\n", lists[i][0], NULL);
    g_autofree gchar *description = NULL;
    GstDvrTimelineInfo info;
    GstBus *bus;
    Fixture f;

    fixture_start (&f, "");
    bus = fixture_bus (&f);
    upstream_set_playlist (&f.up, text);
    fixture_play (&f);
    gst_dvr_timeline_unref (follow (&f, &info));
    fail_unless_equals_int (info.state, GST_DVR_TIMELINE_FAILED);
    fail_unless_equals_int (info.status, 502);
    description = wait_status (bus, "NetStream.Play.FileStructureInvalid");
    fail_unless (strstr (description, lists[i][1]) != NULL, "%s", description);
    gst_element_set_bus (f.element, NULL);
    gst_object_unref (bus);
    fixture_stop (&f);
  }
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

GST_START_TEST (test_unknown_stream_costs_one_question)
{
  GstDvrTimeline *timeline;
  GstDvrTimelineInfo info;
  GstDvrAnswer answer;
  gint64 until;
  guint i;
  Fixture f;

  fixture_start (&f, "");
  upstream_set_playlist (&f.up, NULL);
  fixture_play (&f);
  timeline = follow (&f, &info);
  fail_unless_equals_int (info.status, 404);
  for (i = 0; i < 100; i++) {
    fail_unless (ask_timeline (&f, "live/cam1", &answer) == NULL);
    fail_unless_equals_int (answer, GST_DVR_ANSWER_NOT_FOUND);
  }
  fail_unless_equals_int (http_stub_count (f.up.stub, DVR), 1);
  gst_dvr_timeline_unref (timeline);

  /* and is asked for anew by whoever comes a second later */
  upstream_set_playlist (&f.up, PLAYLIST);
  until = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;
  while ((timeline = ask_timeline (&f, "live/cam1", &answer)) == NULL) {
    fail_unless (g_get_monotonic_time () < until);
    g_thread_yield ();
  }
  gst_dvr_timeline_unref (timeline);
  gst_dvr_timeline_unref (follow (&f, &info));
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_ENDED);
  fixture_stop (&f);
}

GST_END_TEST;

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
  n = http_stub_count (f.up.stub, NULL);

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
  fail_unless_equals_int (http_stub_count (f.up.stub, NULL), n);
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
    fail_unless (g_get_monotonic_time () - before < 5 * G_TIME_SPAN_SECOND);
  }
  g_atomic_int_set ((gint *) & f.up.seen, 1);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_stopping_is_bounded_and_fails_what_is_under_way)
{
  GstDvrTimelineInfo info;
  GstDvrRequest *request;
  gint64 before;
  Fixture f;

  fixture_start (&f, "");
  g_object_set (f.element, "timeout", 60 * GST_SECOND, NULL);
  f.up.special = half_then_gate;
  f.up.special_path = SEGMENT_PATH;
  fixture_play (&f);
  gst_dvr_timeline_unref (follow (&f, &info));
  request = ask_segment (&f, 100);
  wait_segment (gst_dvr_request_get_segment (request), f.up.size / 2);
  before = g_get_monotonic_time ();
  gst_element_set_state (f.element, GST_STATE_NULL);
  fail_unless (g_get_monotonic_time () - before < G_TIME_SPAN_SECOND);
  fail_unless_equals_int (wait_end (request), 503);
  gst_dvr_request_unref (request);
  request = ask_segment (&f, 100);
  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_NOT_STARTED);
  gst_dvr_request_unref (request);
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

GST_START_TEST (test_next_location_is_taken_when_one_is_down)
{
  GValue backups = G_VALUE_INIT, value = G_VALUE_INIT;
  g_autofree gchar *location = NULL, *current = NULL;
  GstDvrTimelineInfo info;
  GstDvrRequest *request;
  GstBus *bus;
  Fixture f;

  fixture_start (&f, "");
  bus = fixture_bus (&f);
  g_value_init (&backups, GST_TYPE_ARRAY);
  g_value_init (&value, G_TYPE_STRING);
  location = http_stub_get_uri (f.up.stub, "");
  g_value_set_string (&value, location);
  gst_value_array_append_value (&backups, &value);
  /* port 1 of this machine: nobody listens */
  g_object_set (f.element, "location", "http://127.0.0.1:1", NULL);
  g_object_set_property (G_OBJECT (f.element), "backup-locations", &backups);
  g_value_unset (&backups);
  g_value_unset (&value);
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
  gst_dvr_store_writer_append_chunk (writer, chunk, 0, &error);
  gst_buffer_unref (chunk);
  g_assert_no_error (error);
  gst_dvr_store_writer_end_part (writer, GST_SECOND, TRUE, &error);
  g_assert_no_error (error);
}

static void
remove_tree (const gchar * path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_clear_pointer (&dir, g_dir_close);
  g_remove (path);
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
  remove_tree (dir);
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
  tcase_add_test (tc, test_live_edge_comes_part_by_part);
  tcase_add_test (tc, test_delta_updates_leave_the_timeline_whole);
  tcase_add_test (tc, test_silent_upstream_makes_timelines_stale);
  tcase_add_test (tc, test_stream_is_let_go_after_linger_and_revived);
  tcase_add_test (tc, test_foreign_origin_is_followed_by_its_byte_ranges);
  tcase_add_test (tc, test_what_cannot_be_served_is_refused_by_its_tag);
  tcase_add_test (tc, test_names_are_mapped_and_checked);
  tcase_add_test (tc, test_unknown_stream_costs_one_question);
  tcase_add_test (tc, test_unlisted_segments_never_go_upstream);
  tcase_add_test (tc, test_200_state_changes_with_requests_under_way);
  tcase_add_test (tc, test_stopping_is_bounded_and_fails_what_is_under_way);
  tcase_add_test (tc, test_begins_at_once_and_ends_with_eos);
  tcase_add_test (tc, test_segments_are_announced_downstream);
  tcase_add_test (tc, test_next_location_is_taken_when_one_is_down);
  tcase_add_test (tc, test_recording_directory_is_followed);
  tcase_add_test (tc, test_location_that_cannot_be_used_is_an_error);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc);
