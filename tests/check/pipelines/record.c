/* record.c: real encoders and muxers into the recorder, and what comes of it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrplaylist.h>

#include <glib/gstdio.h>

#include "checkutil.h"

#define AUDIO "audiotestsrc %s samplesperbuffer=1024 num-buffers=%u ! " \
    "audio/x-raw,rate=44100,channels=2 ! avenc_aac ! aacparse ! "
#define VIDEO "videotestsrc %s num-buffers=%u pattern=ball ! " \
    "video/x-raw,width=160,height=120,framerate=25/1 ! " \
    "x264enc speed-preset=ultrafast bitrate=200 %s ! h264parse ! "
#define MUX "flvmux name=mux streamable=true ! "
/* On a busy machine it waits for the picture: else it lets the sound go first, and
 * moves the picture's times behind it. */
#define LIVE_MUX "flvmux name=mux streamable=true latency=10000000000 ! "
#define SINK "rtmpdvrsink fsync=none location=%s stream=live/cam1 "

static gchar *dir;

static void
setup (void)
{
  dir = g_dir_make_tmp ("record-XXXXXX", NULL);
}

static void
teardown (void)
{
  check_remove_tree (dir);
  g_free (dir);
}

static GstDvrPlaylist *
read_list (void)
{
  gchar *path = g_build_filename (dir, "live/cam1/index.m3u8", NULL);
  GstDvrPlaylist *list = check_read_playlist (path);

  fail_unless (list->ended);
  g_free (path);
  return list;
}

static GstClockTime
total_duration (GstDvrPlaylist * list)
{
  GstClockTime sum = 0;
  guint i;

  for (i = 0; i < list->segments->len; i++)
    sum += gst_dvr_playlist_get_segment (list, i)->duration;
  return sum;
}

/* What qtdemux finds in the recording, segments one after the other. */
typedef struct
{
  guint n[2];
  GstClockTime first[2];
  GstClockTime last[2];
} Found;

static void
on_handoff (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    gpointer user_data)
{
  Found *found = g_object_get_data (G_OBJECT (sink), "found");
  guint i = GPOINTER_TO_UINT (user_data);
  GstClockTime dts = GST_BUFFER_DTS_OR_PTS (buffer);

  if (found->n[i]++ == 0)
    found->first[i] = dts;
  else
    fail_unless (dts > found->last[i], "track %u goes back", i);
  found->last[i] = dts;
}

static void
write_joined (GstDvrPlaylist * list, const gchar * path)
{
  GstDvrPlaylistMap *map = NULL;
  FILE *out = fopen (path, "wb");
  guint i;

  fail_unless (out != NULL);
  for (i = 0; i < list->segments->len; i++) {
    GstDvrPlaylistSegment *segment = gst_dvr_playlist_get_segment (list, i);
    const gchar *uris[2] = { NULL, segment->uri };
    guint k;

    if (segment->map != map)
      uris[0] = segment->map->uri;
    map = segment->map;
    for (k = 0; k < 2; k++) {
      gchar *name, *data;
      gsize size;

      if (!uris[k])
        continue;
      name = g_build_filename (dir, "live/cam1", uris[k], NULL);
      fail_unless (g_file_get_contents (name, &data, &size, NULL));
      fail_unless_equals_int (fwrite (data, 1, size, out), size);
      g_free (data);
      g_free (name);
    }
  }
  fclose (out);
}

static Found
demux (GstDvrPlaylist * list, gboolean video, gboolean audio)
{
  gchar *path = g_build_filename (dir, "joined.mp4", NULL);
  Found found = { {0, 0}, {0, 0}, {0, 0} };
  static const gchar *names[] = { "v", "a" };
  GstElement *pipeline;
  guint i;

  write_joined (list, path);
  pipeline =
      check_launch ("filesrc location=%s ! identity ! qtdemux name=d %s %s",
      path,
      video ? "d.video_0 ! queue ! h264parse ! fakesink name=v sync=false "
      "signal-handoffs=true" : "",
      audio ? "d.audio_0 ! queue ! aacparse ! fakesink name=a sync=false "
      "signal-handoffs=true" : "");
  for (i = 0; i < 2; i++) {
    GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), names[i]);

    if (!sink)
      continue;
    g_object_set_data (G_OBJECT (sink), "found", &found);
    g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff),
        GUINT_TO_POINTER (i));
    gst_object_unref (sink);
  }
  check_run (pipeline);
  g_free (path);
  return found;
}

static gboolean
is_near (GstClockTime a, GstClockTime b, GstClockTime distance)
{
  return ABS (GST_CLOCK_DIFF (a, b)) <= (gint64) distance;
}

GST_START_TEST (test_live_encoder)
{
  GstDvrPlaylist *list;
  Found found;

  check_run (check_launch (LIVE_MUX SINK VIDEO "mux. " AUDIO "mux.", dir,
          "is-live=true", 100, "tune=zerolatency key-int-max=25",
          "is-live=true", 172));
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  fail_unless (is_near (total_duration (list), 4 * GST_SECOND,
          100 * GST_MSECOND));
  found = demux (list, TRUE, TRUE);
  fail_unless_equals_int (found.n[0], 100);
  fail_unless (found.n[1] >= 172);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_b_frames_and_seven_second_gops)
{
  GstDvrPlaylist *list;
  Found found;

  check_run (check_launch (MUX SINK "max-segment-duration=10000000000 " VIDEO
          "mux. " AUDIO "mux.", dir, "", 525,
          "key-int-max=175 bframes=3 option-string=scenecut=0", "", 904));
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 3);
  fail_unless (is_near (gst_dvr_playlist_get_segment (list, 1)->duration,
          7 * GST_SECOND, GST_MSECOND));
  fail_unless (list->header.target_duration >= 7 * GST_SECOND);
  found = demux (list, TRUE, TRUE);
  fail_unless_equals_int (found.n[0], 525);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_audio_is_sample_exact)
{
  GstDvrPlaylist *list;
  Found found;

  check_run (check_launch (MUX SINK AUDIO "mux.", dir, "", 425));
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 5);
  found = demux (list, FALSE, TRUE);
  fail_unless (found.n[1] >= 425);
  fail_unless (is_near (found.last[1] - found.first[1],
          gst_util_uint64_scale (found.n[1] - 1, 1024 * GST_SECOND, 44100),
          GST_SECOND / 44100));
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_video_only)
{
  GstDvrPlaylist *list;

  check_run (check_launch (MUX SINK VIDEO "mux.", dir, "", 200,
          "key-int-max=50"));
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 4);
  fail_unless_equals_int (demux (list, TRUE, FALSE).n[0], 200);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_endless_gop)
{
  GstDvrPlaylist *list;
  guint i;

  check_run (check_launch (MUX SINK "max-segment-duration=4000000000 " VIDEO
          "mux.", dir, "", 500, "key-int-max=100000 option-string="
          "scenecut=0:keyint=infinite"));
  list = read_list ();
  fail_unless (list->segments->len == 5);
  for (i = 0; i < list->segments->len; i++)
    fail_unless (gst_dvr_playlist_get_segment (list, i)->duration <=
        4200 * GST_MSECOND);
  fail_unless_equals_int (demux (list, TRUE, FALSE).n[0], 500);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_file_then_the_same_again)
{
  gchar *file = g_build_filename (dir, "a.flv", NULL);
  GstDvrPlaylist *list;

  check_run (check_launch (VIDEO "flvmux ! filesink location=%s", "", 100,
          "key-int-max=50", file));
  check_run (check_launch ("filesrc location=%s ! " SINK, file, dir));
  check_run (check_launch ("filesrc location=%s ! " SINK, file, dir));
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 4);
  fail_unless (gst_dvr_playlist_get_segment (list, 2)->discontinuous);
  fail_unless (is_near (gst_dvr_playlist_get_segment (list, 2)->start,
          4 * GST_SECOND, 200 * GST_MSECOND));
  g_free (file);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

static Suite *
record_suite (void)
{
  Suite *s = suite_create ("record");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_live_encoder);
  tcase_add_test (tc, test_b_frames_and_seven_second_gops);
  tcase_add_test (tc, test_audio_is_sample_exact);
  tcase_add_test (tc, test_video_only);
  tcase_add_test (tc, test_endless_gop);
  tcase_add_test (tc, test_file_then_the_same_again);
  return s;
}

GST_CHECK_MAIN (record);
