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

#include "checkutil.h"
#include "dvrplaylistrendering.h"
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

#define N_SEGMENTS 40
#define TARGET (2 * GST_SECOND)

static gchar *
get_text (DvrPlaylistRendering * rendering)
{
  GString *text = g_string_new (NULL);
  gsize size;
  guint i;

  for (i = 0; i < rendering->blocks->len; i++) {
    const gchar *block =
        dvr_block_get_text (g_ptr_array_index (rendering->blocks, i), &size);

    g_string_append_len (text, block, size);
  }

  return g_string_free (text, FALSE);
}

static gint64
get_number (const gchar * text, const gchar * tag)
{
  const gchar *at = strstr (text, tag);

  return at ? g_ascii_strtoll (at + strlen (tag), NULL, 10) : -1;
}

/* Who puts a delta update together with what it had before (RFC 8216bis section
 * 6.3.7) has the discontinuities of what is skipped already. */
static void
compare_heads (DvrPlaylists * playlists, guint seconds)
{
  const DvrPlaylistConfig config = {.window = seconds * GST_SECOND };
  DvrPlaylistRendering *full, *delta;
  g_autofree gchar *a = NULL, *b = NULL;

  full = dvr_playlists_get (playlists, DVR_PLAYLIST_WINDOW, FALSE, &config);
  delta = dvr_playlists_get (playlists, DVR_PLAYLIST_WINDOW, TRUE, &config);
  a = get_text (full);
  b = get_text (delta);
  fail_unless (strstr (b, "#EXT-X-SKIP:") != NULL);
  fail_unless_equals_int64 (get_number (a, "#EXT-X-MEDIA-SEQUENCE:"),
      get_number (b, "#EXT-X-MEDIA-SEQUENCE:"));
  fail_unless (get_number (a, "#EXT-X-DISCONTINUITY-SEQUENCE:") ==
      get_number (b, "#EXT-X-DISCONTINUITY-SEQUENCE:"), "%s\n%s", a, b);
  dvr_playlist_rendering_unref (full);
  dvr_playlist_rendering_unref (delta);
}

GST_START_TEST (test_a_delta_update_has_the_head_of_the_whole)
{
  /* within a block of text, and where one begins */
  const guint64 begin = __i__ ? DVR_PLAYLIST_BLOCK - 20 : 100;
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("cam1");
  DvrPlaylists *playlists = dvr_playlists_new (timeline);
  guint64 number;
  guint seconds;

  gst_dvr_timeline_set_durations (timeline, TARGET, 0);
  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  for (number = begin; number < begin + N_SEGMENTS; number++) {
    GstDvrEntry entry = {.number = number,.recording = RECORDING,
      .start = number * GST_SECOND,.duration = GST_SECOND,
      .wall_time = GST_DVR_WALL_TIME_NONE,
      .discontinuity = number >= begin + 20 ? 8 : 7
    };

    fail_unless (gst_dvr_timeline_close_segment (timeline, &entry));
  }
  for (seconds = 15; seconds < 30; seconds++)
    compare_heads (playlists, seconds);
  /* what comes before the list is not known any more */
  gst_dvr_timeline_remove_before (timeline, begin + 20);
  compare_heads (playlists, 0);
  dvr_playlists_free (playlists);
  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

/* A publisher who was away may come back at any time, and that is stated. */
GST_START_TEST (test_a_delta_update_tells_the_same_times)
{
  const DvrPlaylistConfig config = {.window = 0 };
  const gint64 wall = G_GINT64_CONSTANT (1795258000000000);
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("cam1");
  DvrPlaylists *playlists = dvr_playlists_new (timeline);
  const guint64 begin = 100, back = begin + N_SEGMENTS - 3;
  g_autoptr (GstDvrPlaylist) list = NULL;
  DvrPlaylistRendering *rendering;
  g_autofree gchar *text = NULL;
  guint64 number;
  guint i;

  gst_dvr_timeline_set_durations (timeline, TARGET, 0);
  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  for (number = begin; number < begin + N_SEGMENTS; number++) {
    GstDvrEntry entry = {.number = number,.recording = RECORDING,
      .start = number * GST_SECOND + (number < back ? 0 : 5500 * GST_MSECOND),
      .duration = GST_SECOND,.discontinuity = number < back ? 7 : 8
    };

    entry.wall_time = wall + entry.start / GST_USECOND;
    fail_unless (gst_dvr_timeline_close_segment (timeline, &entry));
  }
  rendering = dvr_playlists_get (playlists, DVR_PLAYLIST_ALL, TRUE, &config);
  text = get_text (rendering);
  list = check_parse_playlist (text);
  fail_unless (list->skipped > 0, "%s", text);
  fail_unless (list->segments->len > 3);
  for (i = 0; i < list->segments->len; i++) {
    GstDvrPlaylistSegment *segment = gst_dvr_playlist_get_segment (list, i);
    GstDvrEntry entry;

    gst_dvr_timeline_find (timeline, segment->number, &entry);
    fail_unless_equals_uint64 (segment->start, entry.start);
    fail_unless_equals_int64 (segment->wall_time, entry.wall_time);
  }
  dvr_playlist_rendering_unref (rendering);
  dvr_playlists_free (playlists);
  gst_dvr_timeline_unref (timeline);
}

GST_END_TEST;

/* A second each; three keyframes in every other one. */
static void
close_keyed (GstDvrTimeline * timeline, guint64 number)
{
  GstDvrKeyframe frames[] = { {0, 4, 10}, {300, 50, 10}, {600, 90, 10} };
  GstDvrEntry entry = {.number = number,.recording = RECORDING,
    .start = number * GST_SECOND,.duration = GST_SECOND,.size = 1000,
    .wall_time = GST_DVR_WALL_TIME_NONE,.key_offset = 4,.key_size = 10,
    .n_keyframes = number % 2 ? 3 : 1
  };

  fail_unless (gst_dvr_timeline_close_keyed (timeline, &entry, frames));
}

static GstDvrPlaylist *
get_list (DvrPlaylists * playlists, DvrPlaylistKind kind)
{
  const DvrPlaylistConfig config = {.window = 30 * GST_SECOND };
  DvrPlaylistRendering *rendering =
      dvr_playlists_get (playlists, kind, FALSE, &config);
  g_autofree gchar *text = get_text (rendering);
  GstDvrPlaylist *list = check_parse_playlist (text);

  dvr_playlist_rendering_unref (rendering);
  return list;
}

/* A keyframe has the same number for good. */
static void
check_i_frames (DvrPlaylists * playlists, guint64 begin, guint64 end)
{
  g_autoptr (GstDvrPlaylist) list = get_list (playlists, DVR_PLAYLIST_IFRAMES);
  GstClockTime start = begin * GST_SECOND;
  guint64 n;
  guint i;

  fail_unless_equals_int (list->segments->len, 2 * (end - begin));
  for (i = 0; i < list->segments->len; i++) {
    GstDvrPlaylistSegment *segment = gst_dvr_playlist_get_segment (list, i);

    /* of two segments four */
    n = segment->number / 4 * 2 + (segment->number % 4 > 0);
    fail_unless_equals_uint64 (g_ascii_strtoull (strchr (segment->uri, '/') + 1,
            NULL, 10), n);
    fail_unless_equals_uint64 (segment->range.length, 10);
    fail_unless_equals_uint64 (segment->range.offset,
        segment->number % 4 < 2 ? 4 : segment->number % 4 == 2 ? 50 : 90);
    fail_unless_equals_uint64 (segment->start, start);
    start += segment->duration;
  }
  fail_unless_equals_uint64 (start, end * GST_SECOND);
}

/* A tier below, which came later. */
static GstDvrTimeline *
follow (DvrPlaylists * playlists)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("cam1");
  g_autoptr (GstDvrPlaylist) list = get_list (playlists, DVR_PLAYLIST_WINDOW);
  guint i;

  gst_dvr_timeline_set_keyframes_before (timeline,
      list->header.keyframes_before);
  for (i = 0; i < list->segments->len; i++)
    close_keyed (timeline, gst_dvr_playlist_get_segment (list, i)->number);
  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  return timeline;
}

GST_START_TEST (test_i_frames_keep_their_numbers)
{
  GstDvrTimeline *timeline = gst_dvr_timeline_new ("cam1"), *below = NULL;
  DvrPlaylists *playlists = dvr_playlists_new (timeline), *copy = NULL;
  guint64 number;

  gst_dvr_timeline_set_durations (timeline, TARGET, 0);
  gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_OPEN, 0);
  for (number = 0; number < 2 * DVR_PLAYLIST_BLOCK; number++) {
    close_keyed (timeline, number);
    if (below)
      close_keyed (below, number);
    if (number == DVR_PLAYLIST_BLOCK - 1) {
      below = follow (playlists);
      copy = dvr_playlists_new (below);
    }
    if (number > 60)
      gst_dvr_timeline_remove_before (timeline, number - 60);
    if (number % 10 == 9 && number > 60) {
      check_i_frames (playlists, number - 29, number + 1);
      if (copy)
        check_i_frames (copy, number - 29, number + 1);
    }
  }
  dvr_playlists_free (copy);
  dvr_playlists_free (playlists);
  gst_dvr_timeline_unref (below);
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
  tcase_add_loop_test (tc, test_a_delta_update_has_the_head_of_the_whole, 0, 2);
  tcase_add_test (tc, test_a_delta_update_tells_the_same_times);
  tcase_add_test (tc, test_i_frames_keep_their_numbers);

  return s;
}

GST_CHECK_MAIN (playlisttext);
