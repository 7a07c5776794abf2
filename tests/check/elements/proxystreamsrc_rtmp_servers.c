/* proxystreamsrc_rtmp_servers.c: what RTMP servers do in their own ways
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "flv/flvwriter.h"
#include "fmp4/fmp4.h"
#include "rtmpproxy.h"

#define AUDIO 8
#define VIDEO 9
#define DATA 18
#define AGGREGATE 22
#define FRAME 40                /* milliseconds, of both */

static void
send_status (RtmpStubClient * c, const gchar * code)
{
  rtmp_stub_send_command (c, c->stream_id, gst_rtmp_command_build (FALSE,
          "onStatus", 0, NULL, gst_rtmp_status_new (code, code), NULL));
}

static void
send_metadata (RtmpStubClient * c)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  GstAmf *data = gst_amf_new_object ();

  gst_amf_set_number (data, "width", 320);
  gst_amf0_write_string (body, "onMetaData");
  gst_amf0_write (body, data);
  gst_amf_unref (data);
  rtmp_stub_send_message (c, DATA, c->stream_id, 0, body->data, body->len);
}

static void
send_config (RtmpStubClient * c, guint8 type, guint32 time)
{
  static const guint8 avcc[] = { 0x01, 0x42, 0xc0, 0x0d, 0xff, 0xe1, 0x00, 0x16,
    0x67, 0x42, 0xc0, 0x0d, 0xda, 0x05, 0x07, 0xec, 0x04, 0x40, 0x00, 0x00,
    0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 0x01, 0x00,
    0x04, 0x68, 0xce, 0x0f, 0xc8
  };
  static const guint8 aac[] = { 0x12, 0x10 };
  g_autoptr (GstCaps) caps = type == VIDEO ?
      gst_fmp4_codec_caps (GST_FMP4_CODEC_H264, avcc, sizeof (avcc), 320, 240) :
      gst_fmp4_codec_caps (GST_FMP4_CODEC_AAC, aac, sizeof (aac), 44100, 2);
  g_autoptr (GstBuffer) body = gst_flv_write_config_body (caps,
      GST_FLV_MODE_AUTO);
  GstMapInfo map;

  gst_buffer_map (body, &map, GST_MAP_READ);
  rtmp_stub_send_message (c, type, c->stream_id, time, map.data, map.size);
  gst_buffer_unmap (body, &map);
}

/* Longer than a chunk. */
static gsize
make_frame (guint8 type, gboolean key, guint8 * body)
{
  memset (body, 0, 300);
  if (type == AUDIO) {
    body[0] = 0xaf;
    body[1] = 1;
    body[2] = 0x21;
    return 52;
  }
  body[0] = key ? 0x17 : 0x27;
  body[1] = 1;
  GST_WRITE_UINT32_BE (body + 5, 291);
  body[9] = key ? 0x65 : 0x41;
  return 300;
}

static void
send_frame (RtmpStubClient * c, guint8 type, guint32 time, gboolean key)
{
  guint8 body[300];
  gsize size = make_frame (type, key, body);

  rtmp_stub_send_message (c, type, c->stream_id, time, body, size);
}

/* A keyframe a second. */
static void
send_frames (RtmpStubClient * c, guint32 from, guint32 length, gboolean audio,
    gboolean video)
{
  guint32 time;

  for (time = 0; time < length; time += FRAME) {
    if (video)
      send_frame (c, VIDEO, from + time, time % 1000 == 0);
    if (audio)
      send_frame (c, AUDIO, from + time, FALSE);
  }
}

/* What Adobe Media Server says beside: calls, with and without a number, and
 * bandwidth checks that nobody answers. */
static void
serve_talkative (RtmpStubClient * c, gpointer data)
{
  static const gchar *const calls[] = { "onBWDone", "_checkbw", "_onbwcheck",
    "onFCSubscribe", "onFI", "close2"
  };
  guint i;

  if (!rtmp_stub_accept_play (c))
    return;
  for (i = 0; i < G_N_ELEMENTS (calls); i++)
    rtmp_stub_send_command (c, 0, gst_rtmp_command_build (FALSE, calls[i], i,
            NULL, gst_amf_new_number (8192), NULL));
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 10000);
  rtmp_stub_hear_all (c);
}

/* No StreamBegin, the programme before the statuses, and no window. */
static void
serve_hasty (RtmpStubClient * c, gpointer data)
{
  c->silent = TRUE;
  if (!rtmp_stub_accept_play (c))
    return;
  send_metadata (c);
  send_config (c, VIDEO, 0);
  send_config (c, AUDIO, 0);
  send_frames (c, 0, 1000, TRUE, TRUE);
  send_status (c, "NetStream.Play.Start");
  send_frames (c, 1000, 9000, TRUE, TRUE);
  rtmp_stub_hear_all (c);
}

/* Sound begins, and is never announced again. */
static void
serve_sound_first (RtmpStubClient * c, gpointer data)
{
  c->silent = TRUE;
  if (!rtmp_stub_accept_play (c))
    return;
  send_status (c, "NetStream.Play.Start");
  send_config (c, AUDIO, 0);
  send_frames (c, 0, 400, TRUE, FALSE);
  send_metadata (c);
  send_config (c, VIDEO, 400);
  send_frames (c, 400, 10000, TRUE, TRUE);
  rtmp_stub_hear_all (c);
}

/* It has been running for hours: timestamps become extended on the way, and are
 * repeated in each chunk. */
static void
serve_old (RtmpStubClient * c, gpointer data)
{
  c->silent = TRUE;
  if (!rtmp_stub_accept_play (c))
    return;
  send_status (c, "NetStream.Play.Start");
  send_config (c, VIDEO, 0);
  send_config (c, AUDIO, 0);
  send_frames (c, 0xffffff - 4999, 10000, TRUE, TRUE);
  rtmp_stub_hear_all (c);
}

static void
add_message (GByteArray * out, guint8 type, guint32 time, const guint8 * body,
    gsize size)
{
  guint8 head[11] = { type, }, back[4];

  GST_WRITE_UINT24_BE (head + 1, size);
  GST_WRITE_UINT24_BE (head + 4, time & 0xffffff);
  head[7] = time >> 24;
  GST_WRITE_UINT32_BE (back, size + 11);
  g_byte_array_append (out, head, sizeof (head));
  g_byte_array_append (out, body, size);
  g_byte_array_append (out, back, sizeof (back));
}

/* Several frames in one message, with timestamps of their own beginning. */
static void
serve_aggregates (RtmpStubClient * c, gpointer data)
{
  guint32 time, from = 70000, within = 5000;
  guint8 body[300];

  c->silent = TRUE;
  if (!rtmp_stub_accept_play (c))
    return;
  send_status (c, "NetStream.Play.Start");
  send_config (c, VIDEO, from);
  send_config (c, AUDIO, from);
  for (time = 0; time < 10000;) {
    g_autoptr (GByteArray) out = g_byte_array_new ();
    guint32 begin = time;

    for (; time < begin + 5 * FRAME; time += FRAME) {
      add_message (out, VIDEO, within + time, body, make_frame (VIDEO,
              time % 1000 == 0, body));
      add_message (out, AUDIO, within + time, body, make_frame (AUDIO, FALSE,
              body));
    }
    rtmp_stub_send_message (c, AGGREGATE, c->stream_id, from + begin, out->data,
        out->len);
  }
  rtmp_stub_hear_all (c);
}

static const struct
{
  RtmpStubHandler serve;
  GstClockTime at_least;
} servers[] = {
  /* *INDENT-OFF* */
  {serve_talkative, 8 * GST_SECOND},
  {serve_hasty, 8 * GST_SECOND},
  {serve_sound_first, 8 * GST_SECOND},
  {serve_old, 8 * GST_SECOND},
  {serve_aggregates, 8 * GST_SECOND},
  /* *INDENT-ON* */
};

static GstClockTime expected;

static gboolean
is_long (const GstDvrTimelineInfo * info)
{
  return is_open (info) && info->end >= expected;
}

GST_START_TEST (a_server_may_do_it_in_its_own_way)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  Rtmp r;

  rtmp_start (&r, servers[__i__].serve, NULL, "/live");
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "cam1");
  expected = servers[__i__].at_least;
  wait_timeline (timeline, is_long, &info);
  fail_unless (info.end < 11 * GST_SECOND);
  fail_if (has_another_run (&info), "it was torn");
  gst_dvr_timeline_find (timeline, info.next - 1, &entry);
  fail_unless_equals_int (fetch (&r, GST_DVR_SEGMENT_MEDIA, "cam1", &entry,
          entry.number), 0);
  fail_unless_equals_int (rtmp_stub_count (r.stub), 1);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

/* Some networks have live streams only for who subscribes. */
GST_START_TEST (a_live_stream_is_subscribed_to)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_live, NULL, "/live");
  rtmp_play (&r);
  timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  rtmp_stub_wait_said (r.stub, "FCSubscribe\n");
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static void
serve_unpublished (RtmpStubClient * c, gpointer data)
{
  c->silent = TRUE;
  if (!rtmp_stub_accept_play (c))
    return;
  send_status (c, "NetStream.Play.Start");
  send_config (c, VIDEO, 0);
  send_frames (c, 0, 5000, FALSE, TRUE);
  send_status (c, "NetStream.Play.UnpublishNotify");
  rtmp_stub_wait_gate (c->stub);
  send_status (c, "NetStream.Play.PublishNotify");
  send_config (c, VIDEO, 0);
  send_frames (c, 0, 5000, FALSE, TRUE);
  rtmp_stub_hear_all (c);
}

GST_START_TEST (a_publisher_may_leave_and_return_on_one_connection)
{
  g_autofree gchar *text = NULL;
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  Rtmp r;

  rtmp_start (&r, serve_unpublished, NULL, "/live");
  rtmp_play (&r);
  has_more_of = timeline = ask (&r, "cam1");
  wait_timeline (timeline, is_open, &info);
  text = wait_status (r.bus, "NetStream.Play.UnpublishNotify");
  rtmp_stub_open_gate (r.stub);
  wait_timeline (timeline, has_another_run, &info);
  fail_unless_equals_int (rtmp_stub_count (r.stub), 1);
  gst_dvr_timeline_unref (timeline);
  rtmp_stop (&r);
}

GST_END_TEST;

static Suite *
proxystreamsrc_rtmp_servers_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_rtmp_servers");
  TCase *tc = tcase_create ("servers");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, a_server_may_do_it_in_its_own_way, 0,
      G_N_ELEMENTS (servers));
  tcase_add_test (tc, a_live_stream_is_subscribed_to);
  tcase_add_test (tc, a_publisher_may_leave_and_return_on_one_connection);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_rtmp_servers);
