/* proxystreamsrc_list.c: playlists of all kinds are followed
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "checkutil.h"
#include "proxyfixture.h"

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
  wait_part (timeline, 101, 0, &info);
  edge_advance (&f.up);
  wait_part (timeline, 101, 1, &info);
  next = ask_segment (&f, 101);
  fail_unless_equals_int (gst_dvr_request_get_how (next),
      GST_DVR_HOW_COLLAPSED);
  wait_segment (gst_dvr_request_get_segment (next), PART_SIZE);

  fail_unless_equals_int (http_stub_count (f.up.stub, part), 1);
  fail_unless_equals_int (http_stub_count (f.up.stub, SEGMENT_PATH), 0);
  fail_unless (upstream_count_blocked (&f.up) > 3);
  fail_unless (f.up.edge.n_deltas > 3);

  edge_stop (&f.up);
  gst_dvr_request_unref (request);
  gst_dvr_request_unref (next);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

/* Until a path was asked for. */
static void
wait_asked (Upstream * up, const gchar * path)
{
  fail_unless_soon (http_stub_count (up->stub, path) > 0);
}

#define PART_TARGET (G_TIME_SPAN_SECOND / 2)

/* Follows a live stream to the beginning of its next segment, and says how often
 * a part was asked for before the one before it was there. */
static guint
count_early (gint64 delay)
{
  const gchar *dir = "/live/cam1/" RECORDING "/";
  g_autofree gchar *after = g_strconcat (dir, "100.2.m4s", NULL);
  g_autofree gchar *next = g_strconcat (dir, "101.0.m4s", NULL);
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  guint n_early;
  Fixture f;

  fixture_start (&f, "");
  upstream_make_edge (&f.up);
  f.up.edge.delay = delay;
  fixture_play (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  gst_dvr_request_unref (ask_segment (&f, 100));
  g_mutex_lock (&f.up.lock);
  while (delay > PART_TARGET && f.up.edge.n_early == 0)
    g_cond_wait (&f.up.changed, &f.up.lock);
  g_mutex_unlock (&f.up.lock);
  edge_advance (&f.up);
  wait_asked (&f.up, after);
  edge_advance (&f.up);
  wait_part (timeline, 100, 3, &info);
  /* before the segment has its last part */
  if (delay > 0)
    wait_asked (&f.up, next);
  n_early = f.up.edge.n_early;

  edge_stop (&f.up);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);

  return n_early;
}

/* Where a busy machine stands still, the round trip is long, too: but not each
 * time. */
static void
check_none_early (gint64 delay)
{
  guint i, n_early = 1;

  for (i = 0; i < 20 && n_early > 0; i++)
    n_early = count_early (delay);
  fail_unless_equals_int (n_early, 0);
}

GST_START_TEST (test_one_part_is_asked_for_in_advance)
{
  check_none_early (0);
}

GST_END_TEST;

GST_START_TEST (test_the_next_segment_is_where_upstream_is_far)
{
  check_none_early (20 * G_TIME_SPAN_MILLISECOND);
}

GST_END_TEST;

GST_START_TEST (test_two_parts_are_where_the_round_trip_is_longer_than_one)
{
  fail_unless (count_early (600 * G_TIME_SPAN_MILLISECOND) > 0);
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
    wait_part (timeline, f.up.edge.open_number, f.up.edge.n_parts, &info);
  }
  fail_unless (f.up.edge.n_deltas > 30);
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
  GstBus *bus;
  Fixture f;

  fixture_timeout = 500 * GST_MSECOND;
  edge_start (&f);
  bus = fixture_bus (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  /* the blocked reload is held back, and what comes after is not answered */
  fail_unless_soon (upstream_count_blocked (&f.up) > 0);
  f.up.special = mute_handler;
  wait_timeline (timeline, is_stale, &info);
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

/* A list that grows by a segment when the gate opens, with an ETag. */
static void
polled_handler (HttpStubRequest * request, gpointer data)
{
  static const gchar *const text = "#EXTM3U\n#EXT-X-VERSION:7\n"
      "#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXTINF:1,\n0.m4s\n#EXTINF:1,\n1.m4s\n";
  g_autofree gchar *known = http_stub_get_header (request, "If-None-Match");
  Upstream *up = data;
  gboolean grown;
  const gchar *etag;

  g_mutex_lock (&up->lock);
  grown = up->open;
  etag = grown ? "\"b\"" : "\"a\"";
  up->seen += g_strcmp0 (known, etag) == 0;
  up->edge.n_deltas += g_strcmp0 (known, etag) != 0;
  g_cond_broadcast (&up->changed);
  g_mutex_unlock (&up->lock);

  if (g_strcmp0 (known, etag) == 0)
    http_stub_head (request, 304, NULL, 0);
  else
    http_stub_reply (request, 200, grown ? "ETag: \"b\"\r\n" :
        "ETag: \"a\"\r\n", text, grown ? strlen (text) :
        strstr (text, "#EXTINF:1,\n1") - text);
}

static gboolean
has_two_segments (const GstDvrTimelineInfo * info)
{
  return info->next == 2;
}

#define LIVE_HEAD "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n" \
    "#EXT-X-DVR-VERSION:1\n#EXT-X-DVR-TIME:10\n#EXT-X-MEDIA-SEQUENCE:100\n" \
    "#EXT-X-MAP:URI=\"" RECORDING "/init-0.mp4\"\n" \
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T19:22:00.000Z\n" \
    "#EXTINF:2,\n" RECORDING "/100.m4s\n"
#define ABSENCE "#EXT-X-GAP\n#EXTINF:2,\n" RECORDING "/101.m4s\n"
#define NEXT_RECORDING "20261120T192300Z-0a1b"
#define AFTER "#EXT-X-DISCONTINUITY\n" \
    "#EXT-X-MAP:URI=\"" NEXT_RECORDING "/init-0.mp4\"\n" \
    "#EXTINF:2,\n" NEXT_RECORDING "/102.m4s\n"

static gboolean
is_open (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_OPEN;
}

static gboolean
is_ended (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_ENDED;
}

static gboolean
is_past_102 (const GstDvrTimelineInfo * info)
{
  return info->next == 103;
}

static guint
fetch_number (Fixture * f, const gchar * recording, guint64 number)
{
  GstDvrSegmentId id =
      { GST_DVR_SEGMENT_MEDIA, "live/cam1", (gchar *) recording, number };
  g_autoptr (GstDvrRequest) request = gst_dvr_request_new_segment (&id,
      GST_DVR_PRIORITY_VIEWER);

  gst_dvr_request_send (request, f->harness->sinkpad);
  if (gst_dvr_request_get_answer (request) != GST_DVR_ANSWER_OK)
    return 404;

  return wait_end (request);
}

GST_START_TEST (test_gaps_are_listed_and_never_fetched)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  Fixture f;

  fixture_start (&f, "");
  upstream_set_playlist (&f.up, LIVE_HEAD ABSENCE AFTER);
  fixture_play (&f);
  timeline = follow (&f, &info);
  fail_unless_equals_uint64 (info.next, 103);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 101, &entry),
      GST_DVR_FOUND_CLOSED);
  fail_unless (entry.gap);
  fail_unless_equals_uint64 (entry.start, 12 * GST_SECOND);
  fail_unless_equals_uint64 (entry.duration, 2 * GST_SECOND);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 102, &entry),
      GST_DVR_FOUND_CLOSED);
  fail_if (entry.gap);
  fail_unless_equals_string (entry.recording, NEXT_RECORDING);
  fail_unless_equals_uint64 (entry.start, 14 * GST_SECOND);
  fail_unless_equals_int (entry.discontinuity, 1);

  fail_unless_equals_int (fetch_number (&f, RECORDING, 100), 0);
  fail_unless_equals_int (fetch_number (&f, RECORDING, 101), 404);
  fail_unless_equals_int (fetch_number (&f, NEXT_RECORDING, 102), 0);
  fail_unless_equals_int (http_stub_count (f.up.stub,
          "/live/cam1/" RECORDING "/101.m4s"), 0);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_stream_that_ended_is_resumed)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Fixture f;

  fixture_start (&f, "");
  upstream_set_playlist (&f.up, LIVE_HEAD ABSENCE "#EXT-X-ENDLIST\n");
  fixture_play (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  wait_timeline (timeline, is_ended, &info);

  upstream_set_playlist (&f.up, LIVE_HEAD ABSENCE AFTER);
  wait_timeline (timeline, is_open, &info);
  wait_timeline (timeline, is_past_102, &info);
  fail_unless_equals_uint64 (info.first, 100);
  fail_unless_equals_uint64 (info.end, 16 * GST_SECOND);
  fail_unless_equals_int (fetch_number (&f, NEXT_RECORDING, 102), 0);

  upstream_set_playlist (&f.up, LIVE_HEAD ABSENCE AFTER "#EXT-X-ENDLIST\n");
  wait_timeline (timeline, is_ended, &info);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

/* A list that has ended does not say it; players ask for what follows from it. */
GST_START_TEST (test_how_long_parts_were_is_known_when_the_stream_has_ended)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Fixture f;

  fixture_start (&f, "");
  upstream_set_playlist (&f.up, LIVE_HEAD "#EXT-X-PART-INF:PART-TARGET=0.5\n"
      "#EXT-X-PART:DURATION=0.5,URI=\"" RECORDING "/101.0.m4s\"\n");
  fixture_play (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  wait_timeline (timeline, is_open, &info);
  fail_unless_equals_uint64 (info.part_duration, 500 * GST_MSECOND);

  upstream_set_playlist (&f.up, LIVE_HEAD "#EXTINF:0.5,\n" RECORDING
      "/101.m4s\n#EXT-X-ENDLIST\n");
  wait_timeline (timeline, is_ended, &info);
  fail_unless_equals_uint64 (info.part_duration, 500 * GST_MSECOND);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_origin_is_started_again_under_a_running_edge)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  Fixture f;

  /* so long it is tried to fetch what cannot be had */
  fixture_timeout = 2 * GST_SECOND;
  fixture_start (&f, "");
  upstream_set_playlist (&f.up, LIVE_HEAD);
  fixture_play (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  http_stub_down (f.up.stub);
  wait_timeline (timeline, is_stale, &info);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_OPEN);
  fail_unless_equals_uint64 (info.next, 101);
  fail_unless_equals_int (fetch_number (&f, RECORDING, 100), 502);
  g_object_set (f.element, "timeout", 60 * GST_SECOND, NULL);

  upstream_set_playlist (&f.up, LIVE_HEAD ABSENCE AFTER);
  http_stub_up (f.up.stub);
  wait_timeline (timeline, is_fresh, &info);
  wait_timeline (timeline, is_past_102, &info);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 102, &entry),
      GST_DVR_FOUND_CLOSED);
  fail_unless_equals_string (entry.recording, NEXT_RECORDING);
  fail_unless_equals_int (fetch_number (&f, NEXT_RECORDING, 102), 0);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

/* A foreign origin that begins at 0 whenever it is started. */
#define FOREIGN_HEAD "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n"
#define FOREIGN_MAP "#EXT-X-MAP:URI=\"init.mp4\"\n"

GST_START_TEST (test_foreign_origin_that_begins_anew_counts_on)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry before, after;
  g_autofree gchar *recording = NULL;
  Fixture f;

  fixture_start (&f, "");
  upstream_set_playlist (&f.up, FOREIGN_HEAD "#EXT-X-MEDIA-SEQUENCE:101\n"
      FOREIGN_MAP "#EXTINF:1,\n101.m4s\n");
  fixture_play (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  fail_unless_equals_uint64 (info.next, 102);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 101, &before),
      GST_DVR_FOUND_CLOSED);
  recording = g_strdup (before.recording);
  http_stub_down (f.up.stub);
  wait_timeline (timeline, is_stale, &info);

  upstream_set_playlist (&f.up, FOREIGN_HEAD FOREIGN_MAP "#EXTINF:1,\n0.m4s\n");
  http_stub_up (f.up.stub);
  wait_timeline (timeline, is_past_102, &info);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 102, &after),
      GST_DVR_FOUND_CLOSED);
  fail_if (g_str_equal (after.recording, recording));
  fail_unless (after.discontinuity > before.discontinuity);
  fail_unless (after.start >= before.start + before.duration);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

GST_START_TEST (test_list_that_did_not_change_is_not_fetched_again)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrAnswer answer;
  Fixture f;

  fixture_start (&f, "/vod/film/list.m3u8");
  f.up.special = polled_handler;
  f.up.special_path = "/vod/";
  fixture_play (&f);
  timeline = ask_timeline (&f, "vod/film", &answer);
  wait_timeline (timeline, is_known, &info);
  fail_unless_equals_uint64 (info.next, 1);
  upstream_wait_seen (&f.up, 2);
  fail_unless_equals_int (f.up.edge.n_deltas, 1);
  fail_if (info.stale);

  upstream_open (&f.up);
  wait_timeline (timeline, has_two_segments, &info);
  fail_unless_equals_int (f.up.edge.n_deltas, 2);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

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
    fail_unless_equals_int (info.status, 501);
    description = wait_status (bus, "NetStream.Play.FileStructureInvalid");
    fail_unless (strstr (description, lists[i][1]) != NULL, "%s", description);
    gst_element_set_bus (f.element, NULL);
    gst_object_unref (bus);
    fixture_stop (&f);
  }
}

GST_END_TEST;

static Suite *
proxystreamsrc_list_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_list");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_live_edge_comes_part_by_part);
  tcase_add_test (tc, test_one_part_is_asked_for_in_advance);
  tcase_add_test (tc, test_the_next_segment_is_where_upstream_is_far);
  tcase_add_test (tc,
      test_two_parts_are_where_the_round_trip_is_longer_than_one);
  tcase_add_test (tc, test_delta_updates_leave_the_timeline_whole);
  tcase_add_test (tc, test_silent_upstream_makes_timelines_stale);
  tcase_add_test (tc, test_gaps_are_listed_and_never_fetched);
  tcase_add_test (tc, test_stream_that_ended_is_resumed);
  tcase_add_test (tc,
      test_how_long_parts_were_is_known_when_the_stream_has_ended);
  tcase_add_test (tc, test_origin_is_started_again_under_a_running_edge);
  tcase_add_test (tc, test_foreign_origin_that_begins_anew_counts_on);
  tcase_add_test (tc, test_list_that_did_not_change_is_not_fetched_again);
  tcase_add_test (tc, test_foreign_origin_is_followed_by_its_byte_ranges);
  tcase_add_test (tc, test_what_cannot_be_served_is_refused_by_its_tag);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_list);
