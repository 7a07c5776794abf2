/* playlisttext.c: what the text of playlists keeps
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/check/gstcheck.h>

#include "dvrplaylisttext.h"

#define RECORDING "20261120T192200Z-3f9c"
#define KEPT 10
#define ROUNDS 1000

static void
close_segment (GstDvrTimeline * timeline, guint64 number, guint init)
{
  GstDvrEntry entry = {.number = number,.recording = RECORDING,.init = init,
    .start = number * GST_SECOND,.duration = GST_SECOND,.size = 1000,
    .wall_time = GST_DVR_WALL_TIME_NONE
  };

  fail_unless (gst_dvr_timeline_close_segment (timeline, &entry));
}

/* A stream whose format changes all the time, for a long time. */
GST_START_TEST (test_maps_of_what_is_gone_are_not_kept)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("cam1");
  DvrPlaylistText text = { 0, };
  guint64 number;

  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  dvr_playlist_text_init (&text, timeline);
  for (number = 0; number < ROUNDS; number++) {
    g_autofree gchar *map = g_strdup_printf ("#EXT-X-MAP:URI=\"" RECORDING
        "/init-%" G_GUINT64_FORMAT ".mp4\"\n", number);
    DvrPlaylistGrowing *growing;
    GstDvrTimelineInfo info;

    close_segment (timeline, number, number);
    if (number > KEPT)
      gst_dvr_timeline_remove_before (timeline, number - KEPT);
    gst_dvr_timeline_get_info (timeline, &info);
    dvr_playlist_text_update (&text, &info);
    growing = dvr_playlist_text_get_growing (&text, &text.media, info.first,
        info.next);
    fail_unless (growing != NULL);
    fail_unless (g_str_has_prefix (strstr (growing->text->str, map), map));
    fail_unless (g_hash_table_size (text.maps) < ROUNDS / 2);
  }
  dvr_playlist_text_clear (&text);
  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

/* Each segment is listed with its map however often those are forgotten. */
GST_START_TEST (test_every_change_of_format_is_stated)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("cam1");
  DvrPlaylistText text = { 0, };
  guint64 number;
  guint init = 0, n = 0;
  DvrPlaylistGrowing *growing;
  GstDvrTimelineInfo info;
  const gchar *at;

  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  dvr_playlist_text_init (&text, timeline);
  for (number = 0; number < ROUNDS; number++) {
    init += number % 3 == 0;
    close_segment (timeline, number, init);
    gst_dvr_timeline_get_info (timeline, &info);
    dvr_playlist_text_update (&text, &info);
    growing = dvr_playlist_text_get_growing (&text, &text.media, 0, info.next);
    fail_unless (growing != NULL);
  }
  for (at = growing->text->str; (at = strstr (at, "#EXT-X-MAP")); at++)
    n++;
  fail_unless_equals_int (n, init);
  dvr_playlist_text_clear (&text);
  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

static Suite *
playlisttext_suite (void)
{
  Suite *s = suite_create ("playlisttext");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_maps_of_what_is_gone_are_not_kept);
  tcase_add_test (tc, test_every_change_of_format_is_stated);

  return s;
}

GST_CHECK_MAIN (playlisttext);
