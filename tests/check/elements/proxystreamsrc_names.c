/* proxystreamsrc_names.c: what segments are called, and what delta updates leave
 * out
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "proxyfixture.h"

#define FOREIGN_HEAD "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n"
#define FOREIGN_MAP "#EXT-X-MAP:URI=\"init.mp4\"\n"
#define NEXT_RECORDING "20261120T192300Z-0a1b"

/* Follows a foreign list from its begin and finds what it names segment
 * @number. */
static void
find_foreign (Fixture * f, const gchar * list, guint64 number,
    GstDvrEntry * entry, gchar ** recording)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;

  upstream_set_playlist (&f->up, list);
  fixture_play (f);
  timeline = follow (f, &info);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, number, entry),
      GST_DVR_FOUND_CLOSED);
  *recording = g_strdup (entry->recording);
  gst_dvr_timeline_unref (timeline);
  gst_element_set_state (f->element, GST_STATE_NULL);
}

/* Viewers go from one edge to another. */
GST_START_TEST (test_foreign_names_are_the_same_whenever_one_joins)
{
  g_autofree gchar *of_early = NULL, *of_late = NULL;
  GstDvrEntry early, late;
  Fixture f;

  fixture_start (&f, "");
  find_foreign (&f, FOREIGN_HEAD "#EXT-X-MEDIA-SEQUENCE:100\n" FOREIGN_MAP
      "#EXTINF:1,\n100.m4s\n#EXT-X-DISCONTINUITY\n"
      "#EXT-X-MAP:URI=\"other.mp4\"\n#EXTINF:1,\n101.m4s\n", 101, &early,
      &of_early);
  find_foreign (&f, FOREIGN_HEAD "#EXT-X-MEDIA-SEQUENCE:101\n"
      "#EXT-X-MAP:URI=\"other.mp4\"\n#EXTINF:1,\n101.m4s\n", 101, &late,
      &of_late);
  fail_unless_equals_string (of_early, of_late);
  fail_unless_equals_int (early.init, late.init);
  fixture_stop (&f);
}

GST_END_TEST;

#define MANY 4000

/* Each segment has an init section of its own. */
static gchar *
make_list_of_inits (guint from)
{
  GString *list = g_string_new (FOREIGN_HEAD);
  guint i;

  g_string_append_printf (list, "#EXT-X-MEDIA-SEQUENCE:%u\n", from);
  for (i = from; i < from + MANY; i++)
    g_string_append_printf (list, "#EXT-X-MAP:URI=\"%u.mp4\"\n#EXTINF:1,\n"
        "%u.m4s\n", i, i);

  return g_string_free (list, FALSE);
}

static gboolean
has_many_more (const GstDvrTimelineInfo * info)
{
  return info->next % MANY == 0 && info->first == info->next - MANY
      && info->first > 0;
}

static gboolean
has_thrice_as_many (const GstDvrTimelineInfo * info)
{
  return info->next == 3 * MANY;
}

/* As with advertisements, for weeks. */
GST_START_TEST (test_init_sections_that_are_gone_make_room)
{
  g_autofree gchar *first = make_list_of_inits (0);
  g_autofree gchar *second = make_list_of_inits (MANY);
  g_autofree gchar *third = make_list_of_inits (2 * MANY);
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry entry;
  Fixture f;

  fixture_start (&f, "");
  upstream_set_playlist (&f.up, first);
  fixture_play (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  fail_unless_equals_uint64 (info.next, MANY);
  upstream_set_playlist (&f.up, second);
  wait_timeline (timeline, has_many_more, &info);
  upstream_set_playlist (&f.up, third);
  wait_timeline (timeline, has_thrice_as_many, &info);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 3 * MANY - 1,
          &entry), GST_DVR_FOUND_CLOSED);
  fail_if (entry.gap);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

/* 20 segments from 100 on, another recording from 102 on; the delta update has
 * one more. Of its tags upstream need not say again what a reader knows (RFC
 * 8216bis section 6.2.5.1), as our tiers do. */
static gchar *
make_skipping (gboolean own, gboolean delta)
{
  GString *list = g_string_new ("#EXTM3U\n#EXT-X-VERSION:9\n"
      "#EXT-X-TARGETDURATION:1\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,"
      "CAN-SKIP-UNTIL=6.0\n#EXT-X-MEDIA-SEQUENCE:100\n");
  guint i;

  if (own)
    g_string_append (list, "#EXT-X-DVR-VERSION:1\n#EXT-X-DVR-TIME:0\n");
  if (delta)
    g_string_append (list, "#EXT-X-SKIP:SKIPPED-SEGMENTS=12\n");
  if (!delta)
    g_string_append (list,
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T19:22:00.000Z\n");
  for (i = delta ? 112 : 100; i < (delta ? 121 : 120); i++) {
    const gchar *recording = i < 102 ? RECORDING : NEXT_RECORDING;

    if (i == 102)
      g_string_append (list, "#EXT-X-DISCONTINUITY\n");
    if (own && (i == 100 || i == 102 || i == 112))
      g_string_append_printf (list, "#EXT-X-MAP:URI=\"%s/init-0.mp4\"\n",
          recording);
    if (!own && (i == 100 || i == 102))
      g_string_append_printf (list, "#EXT-X-MAP:URI=\"%u.mp4\"\n", i);
    g_string_append_printf (list, "#EXTINF:1,\n%s%s%u.m4s\n",
        own ? recording : "", own ? "/" : "", i);
  }

  return g_string_free (list, FALSE);
}

static gboolean skipping_own;

static void
skipping_handler (HttpStubRequest * request, gpointer data)
{
  gboolean delta = strstr (request->target, "_HLS_skip=YES") != NULL;
  g_autofree gchar *text = make_skipping (skipping_own, delta);

  if (strstr (request->target, "_HLS_msn=121"))
    upstream_wait_open (data);
  http_stub_reply (request, 200, NULL, text, strlen (text));
}

static gboolean
is_past_120 (const GstDvrTimelineInfo * info)
{
  return info->next == 121 || info->state == GST_DVR_TIMELINE_FAILED;
}

GST_START_TEST (test_what_is_skipped_holds_for_what_is_listed)
{
  GstDvrTimelineInfo info;
  GstDvrTimeline *timeline;
  GstDvrEntry before, after;
  g_autofree gchar *recording = NULL;
  Fixture f;

  skipping_own = __i__;
  fixture_start (&f, "");
  f.up.special = skipping_handler;
  f.up.special_path = "/live/cam1/";
  fixture_play (&f);
  timeline = follow (&f, &info);
  gst_dvr_timeline_use (timeline);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 119, &before),
      GST_DVR_FOUND_CLOSED);
  recording = g_strdup (before.recording);
  fail_unless_equals_int (before.discontinuity, 1);
  wait_timeline (timeline, is_past_120, &info);
  fail_unless_equals_int (info.state, GST_DVR_TIMELINE_OPEN);
  fail_unless_equals_int (gst_dvr_timeline_find (timeline, 120, &after),
      GST_DVR_FOUND_CLOSED);
  fail_if (after.gap);
  fail_unless_equals_string (after.recording, recording);
  fail_unless_equals_int (after.discontinuity, 1);
  fail_unless (after.wall_time != GST_DVR_WALL_TIME_NONE);
  fail_unless_equals_int64 (after.wall_time - before.wall_time, G_USEC_PER_SEC);
  upstream_open (&f.up);
  gst_dvr_timeline_unuse (timeline);
  gst_dvr_timeline_unref (timeline);
  fixture_stop (&f);
}

GST_END_TEST;

static Suite *
proxystreamsrc_names_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_names");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_foreign_names_are_the_same_whenever_one_joins);
  tcase_add_test (tc, test_init_sections_that_are_gone_make_room);
  tcase_add_loop_test (tc, test_what_is_skipped_holds_for_what_is_listed, 0, 2);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_names);
