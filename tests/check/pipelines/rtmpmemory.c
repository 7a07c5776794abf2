/* rtmpmemory.c: renderings for RTMP viewers within the cache's budget
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Four seconds of random pictures are recorded, in segments of half a second,
 * and played over RTMP.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <poll.h>
#include <string.h>

#include <gst/check/gstcheck.h>

#include "checkutil.h"
#include "flv/flvbody.h"

#include "../elements/rtmpfixture.h"

#define N_PAUSED 3
#define SECONDS 4

static gchar *directory;
static GstElement *server, *cache, *sink;
static GPtrArray *expected;     /* what is played with nothing in the way */

static void
record (void)
{
  directory = g_dir_make_tmp ("dvr-rtmpmemory-XXXXXX", NULL);
  check_run (check_launch ("flvmux name=mux streamable=true ! rtmpdvrsink "
          "location=%s stream=live/cam1 target-duration=500000000 "
          "videotestsrc pattern=snow num-buffers=%d ! "
          "video/x-raw,width=320,height=240,framerate=25/1 ! "
          "x264enc speed-preset=ultrafast key-int-max=12 bitrate=2000 ! "
          "h264parse ! mux. audiotestsrc samplesperbuffer=1024 "
          "num-buffers=%d ! audio/x-raw,rate=44100 ! avenc_aac ! mux.",
          directory, 25 * SECONDS, 43 * SECONDS));
}

/* @middle: what is between the recording and the server */
static guint
serve (const gchar * middle)
{
  gint port;

  server = check_launch ("proxystreamsrc location=%s ! %s "
      "dvrserversink name=sink http-port=-1 rtmp-port=0", directory, middle);
  gst_element_set_state (server, GST_STATE_PLAYING);
  cache = gst_bin_get_by_name (GST_BIN (server), "cache");
  sink = gst_bin_get_by_name (GST_BIN (server), "sink");
  g_object_get (sink, "current-rtmp-port", &port, NULL);
  return port;
}

static void
stop (void)
{
  gst_element_set_state (server, GST_STATE_NULL);
  gst_clear_object (&cache);
  gst_clear_object (&sink);
  gst_clear_object (&server);
}

static guint64
stat (const gchar * name)
{
  GstStructure *stats;
  guint64 value = 0;

  g_object_get (cache, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, name, &value), "%s", name);
  gst_structure_free (stats);
  return value;
}

static gboolean
is_within_budget (void)
{
  guint64 bytes, derived, pinned, max;
  GstStructure *stats;

  g_object_get (cache, "stats", &stats, NULL);
  fail_unless (gst_structure_get (stats, "bytes", G_TYPE_UINT64, &bytes,
          "derived-bytes", G_TYPE_UINT64, &derived, "pinned-bytes",
          G_TYPE_UINT64, &pinned, "max-bytes", G_TYPE_UINT64, &max, NULL));
  gst_structure_free (stats);
  return bytes + derived <= max + pinned;
}

/* What is too much may be about to be let go, in another thread. */
static void
check_budget (void)
{
  fail_unless_soon (is_within_budget ());
}

/* Likewise. */
static void
wait_nothing (const gchar * name)
{
  fail_unless_soon (stat (name) == 0);
}

/* -- viewers -- */

typedef struct
{
  RtmpClient client;
  GstFlvBodyParser *parser;
  gint64 time;
  GPtrArray *got;               /* a line for each sample */
} Viewer;

static void
take_sample (const GstFlvEvent * event, gpointer user_data)
{
  Viewer *self = user_data;
  GstMapInfo map;
  gchar *sum;

  if (event->type != GST_FLV_EVENT_SAMPLE)
    return;
  gst_buffer_map (event->buffer, &map, GST_MAP_READ);
  sum = g_compute_checksum_for_data (G_CHECKSUM_MD5, map.data, map.size);
  gst_buffer_unmap (event->buffer, &map);
  g_ptr_array_add (self->got, g_strdup_printf ("%s %" G_GINT64_FORMAT " %s",
          event->track == GST_FLV_TRACK_VIDEO ? "video" : "audio", self->time,
          sum));
  g_free (sum);
}

static void
take_message (GstRtmpClientSession * session, const GstRtmpClientEvent * event,
    gpointer user_data)
{
  Viewer *self = user_data;

  self->time = event->timestamp;
  gst_flv_body_parser_push (self->parser, event->message_type,
      event->timestamp, gst_buffer_ref (event->buffer));
}

static Viewer *
viewer_new (guint port, guint buffer_ms)
{
  const GstRtmpPlay whole = { 0, GST_RTMP_PLAY_TO_END, 1 };
  Viewer *self = g_new0 (Viewer, 1);

  self->got = g_ptr_array_new_with_free_func (g_free);
  rtmp_client_open (&self->client, port, 0);
  self->client.on_media = take_message;
  self->client.user_data = self;
  self->parser = gst_flv_body_parser_new (take_sample, self);
  rtmp_client_create_stream (&self->client);
  gst_rtmp_client_session_set_buffer_length (self->client.session,
      self->client.stream_id, buffer_ms);
  gst_rtmp_client_session_play (self->client.session, self->client.stream_id,
      "cam1", &whole);
  rtmp_client_flush (&self->client);
  return self;
}

static void
viewer_free (Viewer * self)
{
  rtmp_client_close (&self->client);
  gst_flv_body_parser_free (self->parser);
  g_ptr_array_unref (self->got);
  g_free (self);
}

static gboolean
has_ended (Viewer * self)
{
  const gchar *code = self->client.code;

  return code && (g_str_equal (code, "NetStream.Play.Stop")
      || g_str_equal (code, "NetStream.Play.Complete")
      || g_str_equal (code, "NetStream.Play.Failed"));
}

static void
play_until (Viewer * self, guint samples)
{
  while (self->got->len < samples && !has_ended (self))
    fail_unless (rtmp_client_hear (&self->client));
}

static void
fail_unless_whole (Viewer * self)
{
  guint i;

  for (i = 0; i < MIN (self->got->len, expected->len); i++)
    fail_unless_equals_string (g_ptr_array_index (self->got, i),
        g_ptr_array_index (expected, i));
  fail_unless_equals_int (self->got->len, expected->len);
}

/* Plays all of it at once, for comparison. */
static void
make_expected (void)
{
  guint port = serve ("segmentcache name=cache !");
  Viewer *viewer = viewer_new (port, 60000);

  play_until (viewer, G_MAXUINT);
  expected = g_ptr_array_ref (viewer->got);
  fail_unless (expected->len > 60 * SECONDS);
  fail_unless (stat ("derived-bytes") > 100000);
  fail_unless_equals_uint64 (stat ("reclaims"), 0);
  viewer_free (viewer);
  stop ();
}

static void
setup (void)
{
  record ();
  make_expected ();
}

static void
teardown (void)
{

  check_remove_tree (directory);
  g_ptr_array_unref (expected);
  g_free (directory);
}

GST_START_TEST (test_who_rests_loses_nothing_when_memory_is_short)
{
  guint port = serve ("segmentcache name=cache max-memory=100000 !");
  Viewer *viewer = viewer_new (port, 400);

  while (viewer->got->len < expected->len && !has_ended (viewer)) {
    fail_unless (rtmp_client_hear (&viewer->client));
    check_budget ();
  }
  play_until (viewer, G_MAXUINT);
  fail_unless_whole (viewer);
  /* it did come back to what was gone */
  fail_unless (stat ("reclaims") > SECONDS);
  viewer_free (viewer);
  stop ();
}

GST_END_TEST;

static void
pause_viewer (Viewer * self, gboolean pause)
{
  gst_rtmp_client_session_send (self->client.session, self->client.stream_id,
      "pause", gst_amf_new_boolean (pause), gst_amf_new_number (0), NULL);
  rtmp_client_flush (&self->client);
}

/* Until it says so; what is on its way comes before. */
static void
wait_for_pause (Viewer * self)
{
  while (g_strcmp0 (self->client.code, "NetStream.Pause.Notify") != 0)
    fail_unless (rtmp_client_hear (&self->client));
}

GST_START_TEST (test_who_pauses_holds_no_memory)
{
  guint port = serve ("segmentcache name=cache max-memory=400000 !");
  Viewer *viewers[N_PAUSED], *last;
  guint i;

  for (i = 0; i < N_PAUSED; i++) {
    viewers[i] = viewer_new (port, 600 * (i + 1));
    play_until (viewers[i], 20 * (i + 1));
    pause_viewer (viewers[i], TRUE);
    wait_for_pause (viewers[i]);
  }
  /* one plays all the rest meanwhile, which takes the memory of the others */
  last = viewer_new (port, 60000);
  play_until (last, G_MAXUINT);
  fail_unless_whole (last);
  check_budget ();
  g_object_set (cache, "max-memory", (guint64) 1000, NULL);
  wait_nothing ("derived-bytes");
  wait_nothing ("pinned-bytes");
  g_object_set (cache, "max-memory", (guint64) 400000, NULL);
  for (i = 0; i < N_PAUSED; i++) {
    gst_rtmp_client_session_set_buffer_length (viewers[i]->client.session,
        viewers[i]->client.stream_id, 60000);
    pause_viewer (viewers[i], FALSE);
    play_until (viewers[i], G_MAXUINT);
    fail_unless_whole (viewers[i]);
    viewer_free (viewers[i]);
  }
  viewer_free (last);
  stop ();
}

GST_END_TEST;

GST_START_TEST (test_without_a_cache_it_plays_as_well)
{
  guint port = serve ("");
  Viewer *viewer = viewer_new (port, 60000);

  play_until (viewer, G_MAXUINT);
  fail_unless_whole (viewer);
  viewer_free (viewer);
  stop ();
}

GST_END_TEST;

GST_START_TEST (test_sharers_count_what_either_derives)
{
  guint port = serve ("segmentcache name=cache cache-id=rtmpmemory !");
  GstElement *sharer = gst_check_setup_element ("segmentcache");
  Viewer *viewer = viewer_new (port, 60000);
  GstStructure *stats;
  guint64 bytes;

  g_object_set (sharer, "cache-id", "rtmpmemory", NULL);
  gst_element_set_state (sharer, GST_STATE_PLAYING);
  play_until (viewer, G_MAXUINT);
  g_object_get (sharer, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "derived-bytes", &bytes));
  fail_unless (bytes > 100000);
  gst_structure_free (stats);
  /* the cache goes, what was derived from it does not */
  stop ();
  play_until (viewer, 1);
  viewer_free (viewer);
  gst_check_teardown_element (sharer);
}

GST_END_TEST;

GST_START_TEST (test_stops_in_any_order_while_somebody_plays)
{
  guint i;

  for (i = 0; i < 3; i++) {
    guint port = serve ("segmentcache name=cache max-memory=100000 !");
    Viewer *viewer = viewer_new (port, 400);

    play_until (viewer, 20);
    if (i == 0)
      gst_element_set_state (cache, GST_STATE_NULL);
    else if (i == 1)
      gst_element_set_state (sink, GST_STATE_NULL);
    stop ();
    viewer_free (viewer);
  }
}

GST_END_TEST;

static Suite *
rtmpmemory_suite (void)
{
  Suite *suite = suite_create ("rtmpmemory");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_who_rests_loses_nothing_when_memory_is_short);
  tcase_add_test (tc, test_who_pauses_holds_no_memory);
  tcase_add_test (tc, test_without_a_cache_it_plays_as_well);
  tcase_add_test (tc, test_sharers_count_what_either_derives);
  tcase_add_test (tc, test_stops_in_any_order_while_somebody_plays);
  return suite;
}

GST_CHECK_MAIN (rtmpmemory);
