/* playlistwriter.c: what is written reads back as the same; delta updates
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrplaylist.h>
#include <string.h>

#include "checkutil.h"

#define WALL G_GINT64_CONSTANT (1795202520000000)       /* 2026-11-20 19:22 */
#define SEGMENT(p, i) gst_dvr_playlist_get_segment (p, i)
#define PART(p, i) gst_dvr_playlist_get_part (p, i)

static gboolean
same_range (const GstDvrPlaylistRange * a, const GstDvrPlaylistRange * b)
{
  return a->offset == b->offset && a->length == b->length;
}

static void
check_same_parts (const GstDvrPlaylist * a, const GstDvrPlaylistSegment * x,
    const GstDvrPlaylist * b, const GstDvrPlaylistSegment * y)
{
  guint i;

  fail_unless_equals_int (x->n_parts, y->n_parts);
  for (i = 0; i < x->n_parts; i++) {
    const GstDvrPlaylistPart *p = PART (a, x->first_part + i);
    const GstDvrPlaylistPart *q = PART (b, y->first_part + i);

    fail_unless_equals_string (p->uri, q->uri);
    fail_unless_equals_uint64 (p->duration, q->duration);
    fail_unless (same_range (&p->range, &q->range));
    fail_unless (p->independent == q->independent && p->gap == q->gap);
  }
}

/* But for whether times were stated or derived. */
static void
check_same_segment (const GstDvrPlaylist * a, const GstDvrPlaylistSegment * x,
    const GstDvrPlaylist * b, const GstDvrPlaylistSegment * y)
{
  fail_unless (g_strcmp0 (x->uri, y->uri) == 0, "%s, not %s", x->uri, y->uri);
  fail_unless_equals_uint64 (x->number, y->number);
  fail_unless_equals_uint64 (x->start, y->start);
  fail_unless_equals_uint64 (x->duration, y->duration);
  fail_unless (same_range (&x->range, &y->range));
  fail_unless (same_range (&x->key_range, &y->key_range));
  fail_unless_equals_int64 (x->wall_time, y->wall_time);
  fail_unless_equals_uint64 (x->size, y->size);
  fail_unless (gst_dvr_playlist_map_equal (x->map, y->map));
  fail_unless ((x->key == NULL) == (y->key == NULL));
  if (x->key != NULL) {
    fail_unless_equals_string (x->key->method, y->key->method);
    fail_unless (g_strcmp0 (x->key->uri, y->key->uri) == 0);
  }
  fail_unless_equals_int (x->discontinuity, y->discontinuity);
  fail_unless_equals_int (x->bitrate, y->bitrate);
  fail_unless (x->discontinuous == y->discontinuous);
  fail_unless (x->gap == y->gap);
  check_same_parts (a, x, b, y);
}

static void
check_same (const GstDvrPlaylist * a, const GstDvrPlaylist * b)
{
  guint i;

  fail_unless_equals_int (a->kind, b->kind);
  /* no padding that is not zero: both come from g_new0() */
  fail_unless (memcmp (&a->header, &b->header, sizeof (a->header)) == 0);
  fail_unless (a->ended == b->ended);
  fail_unless_equals_int (a->skipped, b->skipped);
  fail_unless_equals_int (a->segments->len, b->segments->len);
  for (i = 0; i < a->segments->len; i++)
    check_same_segment (a, SEGMENT (a, i), b, SEGMENT (b, i));
  fail_unless (a->has_open == b->has_open);
  check_same_segment (a, &a->open, b, &b->open);
  fail_unless (g_strcmp0 (a->hint_part.uri, b->hint_part.uri) == 0);
  fail_unless (same_range (&a->hint_part.range, &b->hint_part.range));
  fail_unless (g_strcmp0 (a->hint_map.uri, b->hint_map.uri) == 0);
  fail_unless (same_range (&a->hint_map.range, &b->hint_map.range));
  fail_unless_equals_int (a->reports->len, b->reports->len);
  for (i = 0; i < a->reports->len; i++) {
    const GstDvrPlaylistReport *x =
        &g_array_index (a->reports, GstDvrPlaylistReport, i);
    const GstDvrPlaylistReport *y =
        &g_array_index (b->reports, GstDvrPlaylistReport, i);

    fail_unless_equals_string (x->uri, y->uri);
    fail_unless_equals_uint64 (x->last_number, y->last_number);
    fail_unless_equals_int64 (x->last_part, y->last_part);
  }
}

static void
check_round_trip (const gchar * text)
{
  g_autoptr (GstDvrPlaylist) first = check_parse_playlist (text), second = NULL;
  GString *out = g_string_new (NULL);

  gst_dvr_playlist_write (out, first);
  second = check_parse_playlist (out->str);
  check_same (first, second);
  g_string_free (out, TRUE);
}

GST_START_TEST (test_what_is_written_reads_back)
{
  check_round_trip ("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n"
      "#EXTINF:4,\na\n#EXT-X-ENDLIST\n");
  check_round_trip ("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n"
      "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP:URI=\"i\",BYTERANGE=\"9@1\"\n"
      "#EXTINF:1,\n#EXT-X-BYTERANGE:5@10\na\n"
      "#EXTINF:1.000000007,\n#EXT-X-BYTERANGE:5\na\n#EXT-X-ENDLIST\n");
  check_round_trip ("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-DVR-VERSION:1\n"
      "#EXT-X-DVR-NO-SMART-SEEK\n"
      "#EXT-X-TARGETDURATION:4\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,"
      "CAN-SKIP-UNTIL=24.0,PART-HOLD-BACK=0.75\n#EXT-X-MEDIA-SEQUENCE:1000\n"
      "#EXT-X-PART-INF:PART-TARGET=0.25\n#EXT-X-DISCONTINUITY-SEQUENCE:5\n"
      "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-START:TIME-OFFSET=-0.000000001,PRECISE=YES\n"
      "#EXT-X-DVR-TIME:77.123456789\n"
      "#EXT-X-PROGRAM-DATE-TIME:2024-02-29T23:59:59.999999Z\n"
      "#EXT-X-MAP:URI=\"r/init-0.mp4\"\n#EXT-X-BITRATE:800\n"
      "#EXT-X-DVR-SEGMENT:SIZE=100,KEY=10@4\n#EXTINF:2.0,\nr/1000.m4s\n"
      "#EXT-X-GAP\n#EXTINF:2.0000000001,\nr/1001.m4s\n"
      "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY\n"
      "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n"
      "#EXT-X-PROGRAM-DATE-TIME:1969-12-31T23:59:59.5Z\n"
      "#EXT-X-MAP:URI=\"r/init-1.mp4\"\n#EXTINF:1.9,\nr/1002.m4s\n"
      "#EXT-X-DVR-TIME:99\n#EXT-X-KEY:METHOD=NONE\n"
      "#EXT-X-PART:DURATION=0.25,URI=\"r/1003.0.m4s\",INDEPENDENT=YES\n"
      "#EXT-X-PART:DURATION=0.2,URI=\"r/1003.1.m4s\",GAP=YES\n"
      "#EXTINF:0.45,\nr/1003.m4s\n#EXT-X-DISCONTINUITY\n"
      "#EXT-X-DVR-OPEN:r/1004.m4s\n"
      "#EXT-X-PART:DURATION=0.25,URI=\"r/1004.m4s\",BYTERANGE=\"10@0\"\n"
      "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"r/1004.m4s\","
      "BYTERANGE-START=10\n#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"i\"\n"
      "#EXT-X-RENDITION-REPORT:URI=\"x\",LAST-MSN=3,LAST-PART=0\n");
}

GST_END_TEST;

GST_START_TEST (test_multivariant_reads_back)
{
  static const gchar text[] = "#EXTM3U\n#EXT-X-VERSION:6\n"
      "#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"n\",LANGUAGE=\"en\","
      "DEFAULT=YES,AUTOSELECT=YES,URI=\"u\"\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=10,AVERAGE-BANDWIDTH=9,"
      "CODECS=\"avc1.4d401f,mp4a.40.2\",RESOLUTION=640x360,"
      "FRAME-RATE=25.000,AUDIO=\"a\"\nindex.m3u8\n"
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=5,CODECS=\"avc1.4d401f\","
      "URI=\"iframes.m3u8\"\n";
  g_autoptr (GstDvrPlaylist) p = check_parse_playlist (text);
  GString *out = g_string_new (NULL);

  gst_dvr_playlist_write (out, p);
  fail_unless_equals_string (out->str, text);
  g_string_free (out, TRUE);
}

GST_END_TEST;

GST_START_TEST (test_only_what_changed_is_stated)
{
  g_autoptr (GstDvrPlaylistMap) map = gst_dvr_playlist_map_new ("i0", 0, 0);
  g_autoptr (GstDvrPlaylistMap) same = gst_dvr_playlist_map_new ("i0", 0, 0);
  GstDvrPlaylistSegment segment = {.uri = "a",.duration = 2 * GST_SECOND,
    .wall_time = WALL,.map = map,.start = 10 * GST_SECOND,.discontinuity = 4
  };
  GstDvrPlaylistContext context;
  GString *out = g_string_new (NULL);

  gst_dvr_playlist_context_init (&context, 4, 10 * GST_SECOND);
  context.wall_tolerance = 1000;
  gst_dvr_playlist_write_segment (out, &context, &segment);
  fail_unless_equals_string (out->str, "#EXT-X-MAP:URI=\"i0\"\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T19:22:00.000Z\n"
      "#EXTINF:2.000,\na\n");

  g_string_truncate (out, 0);
  segment.map = same;
  segment.start += segment.duration;
  segment.wall_time += 2000999;
  gst_dvr_playlist_write_segment (out, &context, &segment);
  fail_unless_equals_string (out->str, "#EXTINF:2.000,\na\n");

  g_string_truncate (out, 0);
  /* for who adds up durations it jumps with the stream time */
  segment.start += 3 * GST_SECOND;
  segment.wall_time += 3000001;
  segment.discontinuity++;
  segment.gap = TRUE;
  gst_dvr_playlist_write_segment (out, &context, &segment);
  fail_unless_equals_string (out->str, "#EXT-X-DISCONTINUITY\n"
      "#EXT-X-DVR-TIME:15.000\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T19:22:05.001Z\n"
      "#EXT-X-GAP\n#EXTINF:2.000,\na\n");
  g_string_free (out, TRUE);
}

GST_END_TEST;

GST_START_TEST (test_i_frames_number_as_segments_do)
{
  GstDvrPlaylistHeader header = GST_DVR_PLAYLIST_HEADER_INIT;
  GstDvrPlaylistSegment segment = {.uri = "a",.duration = 2 * GST_SECOND,
    .wall_time = GST_DVR_WALL_TIME_NONE,.size = 1000,
    .key_range = {24, 400}
  };
  g_autoptr (GstDvrPlaylist) p = NULL;
  GstDvrPlaylistContext context;
  GString *out = g_string_new (NULL);

  header.i_frames_only = TRUE;
  header.target_duration = 1500 * GST_MSECOND;
  header.media_sequence = 8;
  gst_dvr_playlist_write_header (out, &header);
  gst_dvr_playlist_context_init (&context, 0, GST_CLOCK_TIME_NONE);
  gst_dvr_playlist_write_i_frames (out, &context, &segment);
  segment.uri = "b";
  segment.key_range.length = 0;
  gst_dvr_playlist_write_i_frames (out, &context, &segment);
  gst_dvr_playlist_write_end (out);

  p = check_parse_playlist (out->str);
  fail_unless (p->header.i_frames_only && p->ended);
  fail_unless_equals_uint64 (p->header.target_duration, 2 * GST_SECOND);
  fail_unless_equals_int (p->segments->len, 2);
  fail_unless_equals_uint64 (SEGMENT (p, 0)->range.offset, 24);
  fail_unless_equals_uint64 (SEGMENT (p, 0)->range.length, 400);
  fail_if (SEGMENT (p, 0)->gap);
  fail_unless (SEGMENT (p, 1)->gap);
  fail_unless_equals_uint64 (SEGMENT (p, 1)->number, 9);
  g_string_free (out, TRUE);
}

GST_END_TEST;

/* A stream of 2 s segments: a discontinuity before every 5th, a new map with
 * it, time of day before every 3rd, a key from 12 on. */
static gchar *
make_list (guint first, guint skipped, guint end, gboolean stated)
{
  GString *out = g_string_new ("#EXTM3U\n#EXT-X-VERSION:9\n"
      "#EXT-X-TARGETDURATION:2\n");
  guint i;

  g_string_append_printf (out, "#EXT-X-MEDIA-SEQUENCE:%u\n"
      "#EXT-X-DISCONTINUITY-SEQUENCE:%u\n#EXT-X-DVR-TIME:%u\n", first,
      first / 5, 2 * first);
  if (skipped > 0)
    g_string_append_printf (out, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%u\n", skipped);
  for (i = first + skipped; i <= end; i++) {
    if (i % 5 == 0 && i > first)
      g_string_append (out, "#EXT-X-DISCONTINUITY\n");
    if (i % 5 == 0 || (i == first && skipped == 0)
        || (i == first + skipped && stated))
      g_string_append_printf (out, "#EXT-X-MAP:URI=\"i%u\"\n", i / 5);
    if (i == 12 || (i == first && i > 12))
      g_string_append (out, "#EXT-X-KEY:METHOD=X\n");
    if (i % 3 == 0 || i == first || (i == first + skipped && stated))
      g_string_append_printf (out, "#EXT-X-PROGRAM-DATE-TIME:"
          "2026-11-20T19:%02u:%02u.%03uZ\n", 2 * i / 60, 2 * i % 60, i / 3);
    if (i + 3 > end)
      g_string_append_printf (out, "#EXT-X-PART:DURATION=2,URI=\"%u.0\"\n", i);
    if (i < end)
      g_string_append_printf (out, "#EXTINF:2,\n%u\n", i);
  }
  g_string_append_printf (out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%u.1\"\n",
      end);
  return g_string_free (out, FALSE);
}

static GstDvrPlaylist *
make (guint first, guint skipped, guint end, gboolean stated)
{
  g_autofree gchar *text = make_list (first, skipped, end, stated);

  return check_parse_playlist (text);
}

/* Says the same of the segments that the update lists. When they begin only the
 * whole list knows. */
static void
check_tail (const GstDvrPlaylist * whole, GstDvrPlaylist * delta)
{
  guint i;

  fail_unless_equals_int (delta->skipped + delta->segments->len,
      whole->segments->len);
  for (i = 0; i < delta->segments->len; i++) {
    const GstDvrPlaylistSegment *segment = SEGMENT (whole, delta->skipped + i);

    SEGMENT (delta, i)->start = segment->start;
    check_same_segment (whole, segment, delta, SEGMENT (delta, i));
  }
  delta->open.start = whole->open.start;
  check_same_segment (whole, &whole->open, delta, &delta->open);
}

GST_START_TEST (test_delta_says_what_the_whole_does)
{
  guint from, end, skipped;

  for (from = 0; from < 9; from++) {
    for (end = from + 6; end < 20; end++) {
      g_autoptr (GstDvrPlaylist) old = make (0, 0, end - 1, TRUE);
      g_autoptr (GstDvrPlaylist) whole = make (from, 0, end, TRUE);

      for (skipped = 1; from + skipped < end - 3; skipped++) {
        g_autoptr (GstDvrPlaylist) delta = make (from, skipped, end, TRUE);

        fail_unless_equals_int (delta->skipped, skipped);
        fail_unless_equals_uint64 (SEGMENT (delta, 0)->number, from + skipped);
        fail_unless (gst_dvr_playlist_inherit (delta, old));
        check_tail (whole, delta);
      }
    }
  }
}

GST_END_TEST;

GST_START_TEST (test_delta_inherits_what_it_does_not_state)
{
  g_autoptr (GstDvrPlaylist) old = make (0, 0, 10, FALSE);
  g_autoptr (GstDvrPlaylist) whole = make (0, 0, 14, FALSE);
  g_autoptr (GstDvrPlaylist) delta = make (0, 7, 14, FALSE);
  guint i;

  fail_unless (SEGMENT (delta, 0)->map == NULL);
  fail_unless (gst_dvr_playlist_inherit (delta, old));
  /* it needs the old one no more */
  g_clear_pointer (&old, gst_dvr_playlist_free);
  fail_unless_equals_string (SEGMENT (delta, 0)->map->uri, "i1");
  /* of the time of day it states later ones, from which those before are told */
  for (i = 0; i < delta->segments->len; i++)
    SEGMENT (whole, 7 + i)->wall_time = SEGMENT (delta, i)->wall_time;
  check_tail (whole, delta);
}

GST_END_TEST;

GST_START_TEST (test_delta_goes_on_with_the_time_of_day)
{
  static const gchar head[] = "#EXTM3U\n#EXT-X-VERSION:9\n"
      "#EXT-X-TARGETDURATION:2\n";
  g_autofree gchar *old_text = g_strconcat (head,
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T19:22:00Z\n#EXTINF:2,\na\n", NULL);
  g_autofree gchar *delta_text = g_strconcat (head,
      "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXTINF:2,\nb\n", NULL);
  g_autoptr (GstDvrPlaylist) old = check_parse_playlist (old_text);
  g_autoptr (GstDvrPlaylist) delta = check_parse_playlist (delta_text);

  fail_unless (gst_dvr_playlist_inherit (delta, old));
  fail_unless_equals_int64 (SEGMENT (delta, 0)->wall_time, WALL + 2000000);
  fail_unless_equals_int64 (delta->open.wall_time, WALL + 4000000);
}

GST_END_TEST;

GST_START_TEST (test_deltas_go_on_from_deltas)
{
  GstDvrPlaylist *now = make (0, 0, 8, FALSE);
  guint end;

  for (end = 9; end < 29; end++) {
    GstDvrPlaylist *next = make (end - 8, 4, end, FALSE);
    g_autofree gchar *map = g_strdup_printf ("i%u", end / 5);

    fail_unless (gst_dvr_playlist_inherit (next, now));
    gst_dvr_playlist_free (now);
    now = next;
    fail_unless_equals_uint64 (now->open.number, end);
    fail_unless_equals_int (now->open.discontinuity, end / 5);
    fail_unless_equals_string (now->open.map->uri, map);
  }
  gst_dvr_playlist_free (now);
}

GST_END_TEST;

static void
check_unfit (const GstDvrPlaylist * old, GstDvrPlaylist * delta)
{
  fail_if (gst_dvr_playlist_inherit (delta, old));
  gst_dvr_playlist_free (delta);
}

GST_START_TEST (test_delta_that_does_not_fit_is_refused)
{
  g_autoptr (GstDvrPlaylist) old = make (5, 0, 12, TRUE);
  g_autoptr (GstDvrPlaylist) empty = make (5, 0, 5, TRUE);
  g_autoptr (GstDvrPlaylist) variants =
      check_parse_playlist ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n");

  /* the last known segment is 11: 12 was missed */
  check_unfit (old, make (6, 7, 20, TRUE));
  /* lists what was before all that is known */
  check_unfit (old, make (1, 2, 14, TRUE));
  check_unfit (empty, make (4, 2, 14, TRUE));
  check_unfit (variants, make (6, 3, 14, TRUE));
}

GST_END_TEST;

static Suite *
playlistwriter_suite (void)
{
  Suite *s = suite_create ("playlistwriter");
  TCase *tc = tcase_create ("writing");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_what_is_written_reads_back);
  tcase_add_test (tc, test_multivariant_reads_back);
  tcase_add_test (tc, test_only_what_changed_is_stated);
  tcase_add_test (tc, test_i_frames_number_as_segments_do);
  tcase_add_test (tc, test_delta_says_what_the_whole_does);
  tcase_add_test (tc, test_delta_inherits_what_it_does_not_state);
  tcase_add_test (tc, test_delta_goes_on_with_the_time_of_day);
  tcase_add_test (tc, test_deltas_go_on_from_deltas);
  tcase_add_test (tc, test_delta_that_does_not_fit_is_refused);
  return s;
}

GST_CHECK_MAIN (playlistwriter);
