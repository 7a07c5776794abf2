/* proxystreamsrc_rtmp.c: an RTMP server as upstream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>
#include <glib/gstdio.h>

#include "proxyfixture.h"
#include "rtmpstub.h"

/* A proxystreamsrc before a stub; no HTTP is in it. */
typedef struct
{
  Fixture f;
  RtmpStub *stub;
  GstBus *bus;
  gchar *temp;
} Rtmp;

static void
rtmp_start (Rtmp * r, RtmpStubHandler handler, gpointer data,
    const gchar * path)
{
  g_autofree gchar *location = NULL;

  memset (r, 0, sizeof (*r));
  r->temp = g_dir_make_tmp ("proxystreamsrc-XXXXXX", NULL);
  r->stub = rtmp_stub_new (handler, data);
  location = rtmp_stub_get_location (r->stub, path);
  r->f.element = gst_element_factory_make ("proxystreamsrc", NULL);
  g_object_set (r->f.element, "location", location, "retry-delay",
      20 * GST_MSECOND, "max-retry-delay", 50 * GST_MSECOND, "timeout",
      500 * GST_MSECOND, "temp-dir", r->temp, NULL);
  r->bus = fixture_bus (&r->f);
  r->f.harness = gst_harness_new_with_element (r->f.element, NULL, "src");
  gst_harness_set_drop_buffers (r->f.harness, TRUE);
}

static void
rtmp_play (Rtmp * r)
{
  gst_harness_play (r->f.harness);
}

/* And nothing is left behind. */
static void
rtmp_stop (Rtmp * r)
{
  gst_harness_teardown (r->f.harness);
  gst_element_set_bus (r->f.element, NULL);
  gst_object_unref (r->f.element);
  gst_object_unref (r->bus);
  rtmp_stub_free (r->stub);
  fail_unless (g_rmdir (r->temp) == 0, "something was left in %s", r->temp);
  g_free (r->temp);
}

static gboolean
is_open (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_OPEN && info->next > info->first;
}

static gboolean
is_failed (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_FAILED;
}

static gboolean
is_ended (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_ENDED;
}

static GstDvrTimeline *
ask (Rtmp * r, const gchar * stream)
{
  GstDvrAnswer answer;
  GstDvrTimeline *timeline = ask_timeline (&r->f, stream, &answer);

  fail_unless_equals_int (answer, GST_DVR_ANSWER_OK);
  return timeline;
}

/* Fetches, and returns the status with which that ended, 0 when whole. */
static guint
fetch (Rtmp * r, GstDvrSegmentKind kind, const gchar * stream,
    const GstDvrEntry * entry, guint64 number)
{
  GstDvrSegmentId id = { kind, stream, entry->recording, number };
  g_autoptr (GstDvrRequest) request = gst_dvr_request_new_segment (&id,
      GST_DVR_PRIORITY_VIEWER);

  gst_dvr_request_send (request, r->f.harness->sinkpad);
  return wait_end (request);
}

/* Ten seconds, and then it stays. */
static void
serve_live (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 10000);
  rtmp_stub_hear_all (c);
}

GST_START_TEST (a_live_stream_becomes_segments)
{
  g_autofree gchar *location = NULL, *line = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  Rtmp r;

  rtmp_start (&r, serve_live, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, info.first, &entry),
      GST_DVR_FOUND_CLOSED);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_INIT, "cam1", &entry,
          entry.init), 0);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_MEDIA, "cam1", &entry,
          info.first), 0);
  fail_unless_equals_uint64 (entry.start, 0);
  fail_unless_equals_uint64 (entry.duration, 2 * GST_SECOND);
  /* numbers are not below the clock's */
  fail_unless (info.first + 10 >= (guint64) g_get_real_time () /
      (2 * G_USEC_PER_SEC));

  location = rtmp_stub_get_location (r.stub, "/live");
  line = g_strdup_printf ("connect live %s\n", location);
  rtmp_stub_wait_said (r.stub, line);
  rtmp_stub_wait_said (r.stub, "play cam1 -2\n");
  rtmp_stub_wait_said (r.stub, "hvc1");
  rtmp_stub_wait_said (r.stub, "av01");
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* What location, remote-name and what is asked for come to. */
static const struct
{
  const gchar *path;
  const gchar *remote;
  const gchar *local;
  const gchar *token;
  const gchar *asked;
  const gchar *app;
  const gchar *play;
} names[] = {
  /* *INDENT-OFF* */
  {"", NULL, NULL, NULL, "live/cam1", "connect live ", "play cam1 "},
  {"/live", NULL, NULL, NULL, "cam1", "connect live ", "play cam1 "},
  {"/live", "deep/cam1", NULL, NULL, "deep/cam1", "connect live ",
    "play deep/cam1 "},
  {"/live", "cam1", "show", NULL, "show", "connect live ", "play cam1 "},
  {"/live/cam1", NULL, NULL, NULL, "live/cam1", "connect live ", "play cam1 "},
  {"/live/cam1", NULL, "show", NULL, "show", "connect live ", "play cam1 "},
  {"/live/_definst_", "cam1", NULL, NULL, "cam1", "connect live/_definst_ ",
    "play cam1 "},
  {"/live", NULL, NULL, "a.b-c", "cam1", "connect live ",
    "play cam1?token=a.b-c "},
  {"/live/cam1?k=v", NULL, NULL, "t", "live/cam1", "connect live ",
    "play cam1?k=v&token=t "},
  /* *INDENT-ON* */
};

GST_START_TEST (names_are_found_in_location_and_remote_name)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_live, NULL, names[__i__].path);
  if (names[__i__].remote)
    g_object_set (r.f.element, "remote-name", names[__i__].remote, NULL);
  g_object_set (r.f.element, "local-name", names[__i__].local, "token",
      names[__i__].token, NULL);
  rtmp_play (&r);
  timeline = ask (&r, names[__i__].asked);
  wait_timeline (timeline, is_open, &info);
  rtmp_stub_wait_said (r.stub, names[__i__].app);
  rtmp_stub_wait_said (r.stub, names[__i__].play);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_missing (RtmpStubClient * c, gpointer data)
{
  c->missing = TRUE;
  rtmp_stub_hear_all (c);
}

GST_START_TEST (what_is_not_there_is_not_found)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrAnswer answer;
  guint i;
  Rtmp r;

  rtmp_start (&r, serve_missing, NULL, "/live");
  g_object_set (r.f.element, "retry-delay", 10 * GST_SECOND,
      "max-retry-delay", 10 * GST_SECOND, NULL);
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_failed, &info);
  fail_unless_equals_int (info.status, 404);
  /* and that is remembered */
  for (i = 0; i < 100; i++) {
    fail_unless (ask_timeline (&r.f, "cam1", &answer) == NULL);
    fail_unless_equals_int (answer, GST_DVR_ANSWER_NOT_FOUND);
  }
  fail_unless (rtmp_stub_count (r.stub) <= 2);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_recording (RtmpStubClient * c, gpointer data)
{
  c->recorded = TRUE;
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 5000);
  gst_rtmp_server_session_send_complete (c->session, c->stream_id, 5, 0);
  rtmp_stub_flush (c);
  rtmp_stub_hear_all (c);
}

GST_START_TEST (a_recording_that_is_complete_is_finished)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_recording, NULL, "/vod");
  rtmp_play (&r);
  timeline = ask (&r, "film");
  wait_timeline (timeline, is_ended, &info);
  fail_unless_equals_uint64 (info.start, 0);
  fail_unless (info.end > 4900 * GST_MSECOND && info.end < 5100 * GST_MSECOND);
  fail_unless_equals_int (rtmp_stub_count (r.stub), 1);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* Says that it ends, and hangs up without saying that it is complete. */
static void
serve_curt_recording (RtmpStubClient * c, gpointer data)
{
  c->recorded = TRUE;
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 5000);
  gst_rtmp_server_session_send_user_control (c->session, GST_RTMP_STREAM_EOF,
      c->stream_id);
  rtmp_stub_flush (c);
}

GST_START_TEST (a_recording_that_ends_and_is_closed_is_finished)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_curt_recording, NULL, "/vod");
  rtmp_play (&r);
  timeline = ask (&r, "film");
  wait_timeline (timeline, is_ended, &info);
  fail_unless (info.end < 5100 * GST_MSECOND);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* The first time it breaks off after four seconds. */
static void
serve_broken_recording (RtmpStubClient * c, gpointer data)
{
  c->recorded = TRUE;
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  if (c->index == 0) {
    rtmp_stub_send_media (c, 0, 4000);
    return;
  }
  rtmp_stub_send_media (c, 4000, 4000);
  gst_rtmp_server_session_send_complete (c->session, c->stream_id, 8, 0);
  rtmp_stub_flush (c);
  rtmp_stub_hear_all (c);
}

GST_START_TEST (a_recording_that_breaks_off_is_asked_for_from_there)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_broken_recording, NULL, "/vod");
  rtmp_play (&r);
  timeline = ask (&r, "film");
  wait_timeline (timeline, is_ended, &info);
  rtmp_stub_wait_said (r.stub, "play film -2\n");
  rtmp_stub_wait_said (r.stub, "play film 39");
  fail_unless (info.end > 7900 * GST_MSECOND);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* Hangs up in the middle of a stream, until the gate is open. */
static void
serve_and_leave (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 777000, 5000);
  if (c->index > 0)
    rtmp_stub_hear_all (c);
}

static gboolean
find_discontinuity (const GstDvrEntry * entry, gpointer user_data)
{
  GstDvrEntry *found = user_data;

  if (entry->discontinuity > 0 && found->number == 0 && !entry->gap)
    *found = *entry;
  return TRUE;
}

static GstDvrTimeline *has_more_of;

static gboolean
has_another_run (const GstDvrTimelineInfo * info)
{
  GstDvrEntry found = { 0, };

  gst_dvr_timeline_foreach (has_more_of, 0, G_MAXUINT64, find_discontinuity,
      &found);
  return found.number > 0;
}

GST_START_TEST (a_stream_goes_on_after_its_connection_broke)
{
  GstDvrEntry found = { 0, }, before;
  g_autofree gchar *closed = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_and_leave, NULL, "/live");
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_another_run, &info);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_OPEN);
  gst_dvr_timeline_foreach (timeline, 0, G_MAXUINT64, find_discontinuity,
      &found);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, found.number - 1,
          &before), GST_DVR_FOUND_CLOSED);
  fail_unless (found.start >= before.start + before.duration);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_MEDIA, "cam1", &found,
          found.number), 0);
  closed = wait_status (r.bus, "NetConnection.Connect.Closed");
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* -- servers that are not as they should be -- */

static void
say_garbage (RtmpStubClient * c)
{
  guint8 data[8192];

  memset (data, 0xa5, sizeof (data));
  rtmp_stub_send_bytes (c, data, sizeof (data));
  rtmp_stub_hear_all (c);
}

static void
say_http (RtmpStubClient * c)
{
  static const gchar *text = "HTTP/1.1 400 Bad Request\r\n\r\n";

  rtmp_stub_send_bytes (c, text, strlen (text));
}

static void
say_half_a_handshake (RtmpStubClient * c)
{
  guint8 data[1000] = { 3, };

  rtmp_stub_send_bytes (c, data, sizeof (data));
  rtmp_stub_wait_gate (c->stub);
}

static void
say_nothing (RtmpStubClient * c)
{
  rtmp_stub_wait_gate (c->stub);
}

static void
hang_up (RtmpStubClient * c)
{
}

static void
refuse (RtmpStubClient * c)
{
  c->refuse = TRUE;
  rtmp_stub_hear_all (c);
}

/* Chunk size of 2 GB, and a message of 16 MB that never ends. */
static void
say_giants (RtmpStubClient * c)
{
  static const guint8 size[] = { 2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0,
    0x7f, 0xff, 0xff, 0xff
  };
  guint8 head[12] = { 0x06, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0 };
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_bytes (c, size, sizeof (size));
  for (i = 3; i < 60; i++) {
    head[0] = i;
    if (!rtmp_stub_send_bytes (c, head, sizeof (head)))
      break;
  }
}

/* A message that ends in its middle. */
static void
break_off (RtmpStubClient * c)
{
  static const guint8 head[] = { 0x06, 0, 0, 0, 0, 1, 0, 9, 1, 0, 0, 0, 0x17 };

  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_flush (c);
  rtmp_stub_send_bytes (c, head, sizeof (head));
}

/* AMF that nests without end. */
static void
say_deep_amf (RtmpStubClient * c)
{
  guint8 head[12] = { 3, 0, 0, 0, 0, 0x40, 0, 20, 0, 0, 0, 0 };
  guint8 body[0x4000];
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  for (i = 0; i < sizeof (body); i++)
    body[i] = "\x03\x00\x01" "a"[i % 4];
  rtmp_stub_send_bytes (c, head, sizeof (head));
  /* in one chunk */
  for (i = 0; i < sizeof (body); i += 128) {
    if (i > 0)
      rtmp_stub_send_bytes (c, "\xc3", 1);
    rtmp_stub_send_bytes (c, body + i, 128);
  }
}

/* Tags that name no codec, end too early, or are of no use. */
static void
say_bad_media (RtmpStubClient * c)
{
  static const guint8 bodies[][6] = { {0}, {0xff, 0xff, 0xff}, {0x17, 0, 0},
  {0x17, 1, 0xff, 0xff, 0xff}, {0xaf, 0}, {0x97, 'a', 'v', '0', '1'}
  };
  guint i, n;

  if (!rtmp_stub_accept_play (c))
    return;
  for (i = 0; i < G_N_ELEMENTS (bodies); i++) {
    for (n = 1; n <= sizeof (bodies[0]); n++) {
      GstBuffer *body = gst_buffer_new_memdup (bodies[i], n);

      gst_rtmp_server_session_send_media (c->session, c->stream_id,
          i % 2 ? GST_RTMP_AUDIO : GST_RTMP_VIDEO, i * 1000000000u + n, body);
      gst_buffer_unref (body);
    }
  }
  rtmp_stub_flush (c);
}

static const struct
{
  void (*misbehave) (RtmpStubClient * c);
  guint status;                 /* for who waits meanwhile */
} wrongs[] = {
  /* *INDENT-OFF* */
  {say_garbage, 502},
  {say_http, 502},
  {say_half_a_handshake, 504},
  {say_nothing, 504},
  {hang_up, 502},
  {refuse, 502},
  {say_giants, 502},
  {break_off, 502},
  {say_deep_amf, 502},
  {say_bad_media, 502},
  /* *INDENT-ON* */
};

/* Misbehaves with the first client, not with those who come after the gate was
 * opened. */
static void
serve_badly (RtmpStubClient * c, gpointer data)
{
  if (c->index == 0) {
    wrongs[GPOINTER_TO_UINT (data)].misbehave (c);
    return;
  }
  rtmp_stub_wait_gate (c->stub);
  serve_live (c, NULL);
}

GST_START_TEST (a_bad_server_is_survived_and_asked_again)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_badly, GUINT_TO_POINTER ((guint) __i__), "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_failed, &info);
  fail_unless_equals_int (info.status, wrongs[__i__].status);
  rtmp_stub_open_gate (r.stub);
  wait_timeline (timeline, is_open, &info);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_chatter (RtmpStubClient * c, gpointer data)
{
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  for (i = 0; i < 20000; i++) {
    gst_rtmp_server_session_send_status (c->session, c->stream_id,
        "NetStream.Play.PublishNotify", "Hear, hear.");
    if (!rtmp_stub_flush (c))
      return;
  }
  serve_live (c, NULL);
}

GST_START_TEST (a_server_that_chatters_does_not_fill_the_bus)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstMessage *message;
  guint n = 0;
  Rtmp r;

  rtmp_start (&r, serve_chatter, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  while ((message = gst_bus_pop (r.bus))) {
    gst_message_unref (message);
    n++;
  }
  fail_unless (n < 500, "%u messages", n);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* -- streams that are not as others -- */

static void
serve_sound (RtmpStubClient * c, gpointer data)
{
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  for (i = 0; i < 400; i++)
    rtmp_stub_send_audio (c, i * 23220 / 1000);
  rtmp_stub_flush (c);
  rtmp_stub_hear_all (c);
}

static void
serve_pictures (RtmpStubClient * c, gpointer data)
{
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  for (i = 0; i < 250; i++)
    rtmp_stub_send_video (c, i * 40, i % 25 == 0);
  rtmp_stub_flush (c);
  rtmp_stub_hear_all (c);
}

GST_START_TEST (sound_or_pictures_alone_are_a_stream)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, __i__ ? serve_pictures : serve_sound, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_wrapping (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, G_MAXUINT32 - 4999, 10000);
  rtmp_stub_hear_all (c);
}

static gboolean
has_eight_seconds (const GstDvrTimelineInfo * info)
{
  return is_open (info) && info->end >= 8 * GST_SECOND;
}

GST_START_TEST (timestamps_that_wrap_go_on)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_wrapping, NULL, "/live");
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_eight_seconds, &info);
  fail_if (has_another_run (&info));
  fail_unless (info.end < 11 * GST_SECOND);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_jumping (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 5000);
  rtmp_stub_send_media (c, 100000000, 5000);
  rtmp_stub_hear_all (c);
}

static void
serve_changing (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 5000);
  rtmp_stub_send_config (c, 640);
  rtmp_stub_send_media (c, 5000, 5000);
  rtmp_stub_hear_all (c);
}

GST_START_TEST (timestamps_that_jump_and_codecs_that_change_go_on)
{
  GstDvrEntry found = { 0, };
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, __i__ ? serve_changing : serve_jumping, NULL, "/live");
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_another_run, &info);
  gst_dvr_timeline_foreach (timeline, 0, G_MAXUINT64, find_discontinuity,
      &found);
  fail_unless_equals_int (found.init, __i__ ? 1 : 0);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_INIT, "cam1", &found,
          found.init), 0);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_MEDIA, "cam1", &found,
          found.number), 0);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* -- other servers -- */

GST_START_TEST (a_backup_is_taken_where_there_is_no_server)
{
  g_autofree gchar *location = NULL, *current = NULL;
  RtmpStub *gone = rtmp_stub_new (serve_live, NULL);
  g_autofree gchar *nowhere = rtmp_stub_get_location (gone, "/live");
  GValue backups = G_VALUE_INIT, value = G_VALUE_INIT;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_stub_free (gone);
  rtmp_start (&r, serve_live, NULL, "/live");
  location = rtmp_stub_get_location (r.stub, "/live");
  g_value_init (&backups, GST_TYPE_ARRAY);
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, location);
  gst_value_array_append_and_take_value (&backups, &value);
  g_object_set_property (G_OBJECT (r.f.element), "backup-locations", &backups);
  g_value_unset (&backups);
  g_object_set (r.f.element, "location", nowhere, NULL);
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  g_object_get (r.f.element, "current-location", &current, NULL);
  fail_unless_equals_string (current, location);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* -- what players do by themselves -- */

static void
report (Rtmp * r, GstDvrReportKind kind, const gchar * stream,
    const gchar * session, GstClockTime position)
{
  GstDvrReport report = {.kind = kind,.stream = stream,.session = session,
    .position = position,.from = kind == GST_DVR_REPORT_CLIENT_SEEK ?
        position + GST_SECOND : GST_CLOCK_TIME_NONE,
    .buffer_length = GST_SECOND,.rate = 1
  };

  gst_pad_push_event (r->f.harness->sinkpad,
      gst_dvr_event_new_report (&report));
}

/* A recording of which a part has come. */
static void
serve_part (RtmpStubClient * c, gpointer data)
{
  c->recorded = data != NULL;
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 100000, 10000);
  rtmp_stub_hear_all (c);
}

static gboolean
has_nine_seconds (const GstDvrTimelineInfo * info)
{
  return is_open (info) && info->end >= 9 * GST_SECOND;
}

GST_START_TEST (seeks_in_a_buffer_are_told_in_the_servers_time)
{
  g_autofree gchar *said = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  gint64 told;
  Rtmp r;

  rtmp_start (&r, serve_part, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_nine_seconds, &info);
  report (&r, GST_DVR_REPORT_CLIENT_SEEK, "cam1", "a", 3 * GST_SECOND);
  rtmp_stub_wait_said (r.stub, "seekRaw 10");
  said = rtmp_stub_get_said (r.stub);
  told = g_ascii_strtoll (strstr (said, "seekRaw ") + 8, NULL, 10);
  fail_unless (ABS (told - 103000) < 1100, "%" G_GINT64_FORMAT, told);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

GST_START_TEST (a_recording_stops_when_all_players_have_enough)
{
  g_autofree gchar *said = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_part, GUINT_TO_POINTER (1), "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_nine_seconds, &info);
  report (&r, GST_DVR_REPORT_STATE, "cam1", "b", GST_SECOND);
  report (&r, GST_DVR_REPORT_STOP_TRANSMIT, "cam1", "a", GST_SECOND);
  /* told after it would have been: the other one wants more */
  report (&r, GST_DVR_REPORT_CLIENT_SEEK, "cam1", "b", GST_SECOND);
  rtmp_stub_wait_said (r.stub, "seekRaw");
  said = rtmp_stub_get_said (r.stub);
  fail_unless (strstr (said, "stopTransmit") == NULL);
  report (&r, GST_DVR_REPORT_STOP_TRANSMIT, "cam1", "b", GST_SECOND);
  rtmp_stub_wait_said (r.stub, "stopTransmit");
  report (&r, GST_DVR_REPORT_START_TRANSMIT, "cam1", "a", GST_SECOND);
  rtmp_stub_wait_said (r.stub, "startTransmit");
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

GST_START_TEST (what_is_live_or_watched_by_others_is_not_stopped)
{
  g_autofree gchar *said = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  Rtmp r;

  rtmp_start (&r, serve_part, GUINT_TO_POINTER (__i__), "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_nine_seconds, &info);
  if (__i__) {
    gst_dvr_timeline_find (timeline, info.first, &entry);
    fetch (&r, GST_DVR_SEGMENT_MEDIA, "cam1", &entry, info.first);
  }
  report (&r, GST_DVR_REPORT_STOP_TRANSMIT, "cam1", "a", GST_SECOND);
  report (&r, GST_DVR_REPORT_CLIENT_SEEK, "cam1", "a", GST_SECOND);
  rtmp_stub_wait_said (r.stub, "seekRaw");
  report (&r, GST_DVR_REPORT_CLIENT_SEEK, "cam1", "a", 9 * GST_SECOND);
  rtmp_stub_wait_said (r.stub, "seekRaw 109");
  said = rtmp_stub_get_said (r.stub);
  fail_unless (strstr (said, "stopTransmit") == NULL);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_unwilling (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 10000);
  while (rtmp_stub_hear (c)) {
    g_autofree gchar *said = rtmp_stub_get_said (c->stub);

    if (strstr (said, "seekRaw") == NULL)
      continue;
    gst_rtmp_server_session_send_status (c->session, c->stream_id,
        "NetConnection.Call.Prohibited", "Not here.");
    rtmp_stub_flush (c);
    rtmp_stub_hear_all (c);
  }
}

static gboolean
is_unwelcome (const GstDvrTimelineInfo * info)
{
  return info->no_smart_seek;
}

GST_START_TEST (a_server_that_wants_no_smart_seeks_is_heard)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_unwilling, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, has_nine_seconds, &info);
  fail_if (info.no_smart_seek);
  report (&r, GST_DVR_REPORT_CLIENT_SEEK, "cam1", "a", GST_SECOND);
  wait_timeline (timeline, is_unwelcome, &info);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* -- how it stops -- */

/* Whatever a connection may be doing. */
static void
serve_in_turn (RtmpStubClient * c, gpointer data)
{
  guint which = c->index % 4;

  if (which == 0)
    serve_live (c, NULL);
  else if (which == 1)
    rtmp_stub_wait_gate (c->stub);
  else if (which == 2)
    rtmp_stub_hear_all (c);
}

GST_START_TEST (stopping_takes_no_time_whatever_goes_on)
{
  GstDvrAnswer answer;
  gint64 longest = 0;
  guint i;
  Rtmp r;

  rtmp_start (&r, serve_in_turn, NULL, "/live");
  for (i = 0; i < 200; i++) {
    g_autofree gchar *name = g_strdup_printf ("cam%u", i % 7);
    GstDvrTimeline *first, *second;
    gint64 since;

    fail_unless (gst_element_set_state (r.f.element, GST_STATE_PLAYING) !=
        GST_STATE_CHANGE_FAILURE);
    first = ask_timeline (&r.f, name, &answer);
    second = ask_timeline (&r.f, "cam9", &answer);
    if (i % 3 == 0 && first)
      gst_dvr_timeline_wait (first, 2, g_get_monotonic_time () +
          10 * G_TIME_SPAN_MILLISECOND);
    since = g_get_monotonic_time ();
    gst_element_set_state (r.f.element, GST_STATE_NULL);
    longest = MAX (longest, g_get_monotonic_time () - since);
    g_clear_pointer (&first, gst_dvr_timeline_unref);
    g_clear_pointer (&second, gst_dvr_timeline_unref);
  }
  fail_unless (longest < 2 * G_TIME_SPAN_SECOND, "%" G_GINT64_FORMAT " us",
      longest);
  rtmp_stop (&r);
}

GST_END_TEST;

static Suite *
proxystreamsrc_rtmp_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_rtmp");
  TCase *tc = tcase_create ("streams");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, a_live_stream_becomes_segments);
  tcase_add_loop_test (tc, names_are_found_in_location_and_remote_name, 0,
      G_N_ELEMENTS (names));
  tcase_add_test (tc, what_is_not_there_is_not_found);
  tcase_add_test (tc, a_recording_that_is_complete_is_finished);
  tcase_add_test (tc, a_recording_that_ends_and_is_closed_is_finished);
  tcase_add_test (tc, a_recording_that_breaks_off_is_asked_for_from_there);
  tcase_add_test (tc, a_stream_goes_on_after_its_connection_broke);
  tcase_add_loop_test (tc, sound_or_pictures_alone_are_a_stream, 0, 2);
  tcase_add_test (tc, timestamps_that_wrap_go_on);
  tcase_add_loop_test (tc, timestamps_that_jump_and_codecs_that_change_go_on,
      0, 2);
  tcase_add_test (tc, a_backup_is_taken_where_there_is_no_server);

  tc = tcase_create ("players");
  suite_add_tcase (s, tc);
  tcase_add_test (tc, seeks_in_a_buffer_are_told_in_the_servers_time);
  tcase_add_test (tc, a_recording_stops_when_all_players_have_enough);
  tcase_add_loop_test (tc, what_is_live_or_watched_by_others_is_not_stopped, 0,
      2);
  tcase_add_test (tc, a_server_that_wants_no_smart_seeks_is_heard);

  tc = tcase_create ("trouble");
  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, a_bad_server_is_survived_and_asked_again, 0,
      G_N_ELEMENTS (wrongs));
  tcase_add_test (tc, a_server_that_chatters_does_not_fill_the_bus);
  tcase_add_test (tc, stopping_takes_no_time_whatever_goes_on);
  tcase_set_timeout (tc, 120);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_rtmp);
