/* playlist.c: what is read from playlists, and what is refused
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrplaylist.h>
#include <string.h>

#include "checkutil.h"

#define HEADER "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
#define WALL G_GINT64_CONSTANT (1795202520000000)       /* 2026-11-20 19:22 */

static void
check_refused_bytes (const gchar * text, gsize size, gint code,
    const gchar * message)
{
  GError *error = NULL;

  fail_unless (gst_dvr_playlist_parse (text, size, &error) == NULL, "%s", text);
  fail_unless (error != NULL && error->domain == GST_DVR_PLAYLIST_ERROR);
  fail_unless (g_str_has_prefix (error->message, message), "%s",
      error->message);
  fail_unless_equals_int (error->code, code);
  g_error_free (error);
}

static void
check_refused (const gchar * text, const gchar * message)
{
  check_refused_bytes (text, strlen (text), GST_DVR_PLAYLIST_ERROR_SYNTAX,
      message);
}

#define SEGMENT(p, i) gst_dvr_playlist_get_segment (p, i)
#define PART(p, i) gst_dvr_playlist_get_part (p, i)

GST_START_TEST (test_a_plain_list_is_read)
{
  g_autoptr (GstDvrPlaylist) p =
      check_parse_playlist ("#EXTM3U\n#EXT-X-VERSION:3\n"
      "#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:2680\n\n"
      "#EXTINF:9.009,\nhttp://media.example.com/a.ts\n"
      "# a comment\n#EXT-X-UNKNOWN:what=ever\n#EXT\n"
      "#EXTINF:9.009,a title, with a comma\nb.ts\n"
      "#EXTINF:3\nc.ts\n#EXT-X-ENDLIST\n");

  fail_unless_equals_int (p->kind, GST_DVR_PLAYLIST_MEDIA);
  fail_unless_equals_int (p->header.version, 3);
  fail_unless_equals_uint64 (p->header.target_duration, 10 * GST_SECOND);
  fail_unless_equals_int (p->segments->len, 3);
  fail_unless_equals_string (SEGMENT (p, 0)->uri,
      "http://media.example.com/a.ts");
  fail_unless_equals_uint64 (SEGMENT (p, 0)->number, 2680);
  fail_unless_equals_uint64 (SEGMENT (p, 2)->number, 2682);
  fail_unless_equals_uint64 (SEGMENT (p, 0)->duration,
      9 * GST_SECOND + 9 * GST_MSECOND);
  fail_unless_equals_uint64 (SEGMENT (p, 2)->duration, 3 * GST_SECOND);
  fail_unless_equals_uint64 (SEGMENT (p, 2)->start,
      18 * GST_SECOND + 18 * GST_MSECOND);
  fail_unless (SEGMENT (p, 0)->map == NULL);
  fail_unless (SEGMENT (p, 0)->wall_time == GST_DVR_WALL_TIME_NONE);
  fail_unless (!GST_CLOCK_TIME_IS_VALID (p->header.time));
  fail_unless (p->ended);
  fail_if (p->has_open);
  fail_unless_equals_uint64 (p->open.number, 2683);
}

GST_END_TEST;

GST_START_TEST (test_line_ends_and_blanks_do_not_matter)
{
  g_autoptr (GstDvrPlaylist) p = check_parse_playlist ("\xef\xbb\xbf#EXTM3U\r\n"
      "#EXT-X-TARGETDURATION:4\r\n\r\n#EXTINF:4.0,\r\na.m4s\r\n"
      "#EXTINF:4.0, \nb.m4s  \n#EXTINF:4,\nc.m4s");

  fail_unless_equals_int (p->segments->len, 3);
  fail_unless_equals_string (SEGMENT (p, 0)->uri, "a.m4s");
  fail_unless_equals_string (SEGMENT (p, 1)->uri, "b.m4s");
  fail_unless_equals_string (SEGMENT (p, 2)->uri, "c.m4s");
}

GST_END_TEST;

GST_START_TEST (test_durations_are_exact)
{
  static const struct
  {
    const gchar *text;
    GstClockTime duration;
  } cases[] = {
    {"0", 0}, {"2", 2 * GST_SECOND}, {"2.", 2 * GST_SECOND},
    {"0.000000001", 1}, {"2.002", 2002 * GST_MSECOND},
    {"1.999999999", 1999999999}, {"1.9999999994", 1999999999},
    {"1.9999999995", 2 * GST_SECOND}, {"1.99999999949999999", 1999999999},
    {"604800", 604800 * GST_SECOND}
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *text = g_strdup_printf (HEADER "#EXTINF:%s,\na\n",
        cases[i].text);
    g_autoptr (GstDvrPlaylist) p = check_parse_playlist (text);

    fail_unless_equals_uint64 (SEGMENT (p, 0)->duration, cases[i].duration);
  }
}

GST_END_TEST;

GST_START_TEST (test_byteranges_follow_each_other)
{
  g_autoptr (GstDvrPlaylist) p = check_parse_playlist (HEADER
      "#EXT-X-MAP:URI=\"all.mp4\",BYTERANGE=\"720@0\"\n"
      "#EXTINF:4,\n#EXT-X-BYTERANGE:1000@720\nall.mp4\n"
      "#EXT-X-BYTERANGE:500\n#EXTINF:4,\nall.mp4\n"
      "#EXTINF:4,\n#EXT-X-BYTERANGE:7\nall.mp4\n#EXTINF:4,\nother.mp4\n");

  fail_unless_equals_uint64 (SEGMENT (p, 0)->map->range.length, 720);
  fail_unless_equals_uint64 (SEGMENT (p, 0)->range.offset, 720);
  fail_unless_equals_uint64 (SEGMENT (p, 1)->range.offset, 1720);
  fail_unless_equals_uint64 (SEGMENT (p, 1)->range.length, 500);
  fail_unless_equals_uint64 (SEGMENT (p, 2)->range.offset, 2220);
  fail_unless_equals_uint64 (SEGMENT (p, 3)->range.length, 0);
  fail_unless (SEGMENT (p, 0)->map == SEGMENT (p, 3)->map);
}

GST_END_TEST;

GST_START_TEST (test_discontinuities_count_and_maps_last)
{
  g_autoptr (GstDvrPlaylist) p = check_parse_playlist (HEADER
      "#EXT-X-DISCONTINUITY-SEQUENCE:7\n#EXT-X-MAP:URI=\"i0.mp4\"\n"
      "#EXTINF:4,\na\n#EXT-X-MAP:URI=\"i0.mp4\"\n#EXTINF:4,\nb\n"
      "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"i1.mp4\"\n"
      "#EXT-X-GAP\n#EXTINF:4,\nc\n#EXT-X-BITRATE:900\n#EXTINF:4,\nd\n"
      "#EXTINF:4,\ne\n");

  fail_unless_equals_int (SEGMENT (p, 0)->discontinuity, 7);
  fail_if (SEGMENT (p, 0)->discontinuous);
  fail_unless (SEGMENT (p, 0)->map == SEGMENT (p, 1)->map);
  fail_unless_equals_int (SEGMENT (p, 2)->discontinuity, 8);
  fail_unless (SEGMENT (p, 2)->discontinuous);
  fail_unless (SEGMENT (p, 2)->gap);
  fail_unless_equals_string (SEGMENT (p, 2)->map->uri, "i1.mp4");
  fail_if (SEGMENT (p, 3)->discontinuous);
  fail_if (SEGMENT (p, 3)->gap);
  fail_unless_equals_int (SEGMENT (p, 3)->discontinuity, 8);
  fail_unless_equals_int (SEGMENT (p, 2)->bitrate, 0);
  fail_unless_equals_int (SEGMENT (p, 4)->bitrate, 900);
}

GST_END_TEST;

GST_START_TEST (test_maps_outlive_their_playlist)
{
  GstDvrPlaylist *p =
      check_parse_playlist (HEADER "#EXT-X-MAP:URI=\"i\"\n#EXTINF:4,\na\n");
  GstDvrPlaylistMap *map = gst_dvr_playlist_map_ref (SEGMENT (p, 0)->map);

  gst_dvr_playlist_free (p);
  fail_unless_equals_string (map->uri, "i");
  gst_dvr_playlist_map_unref (map);
}

GST_END_TEST;

GST_START_TEST (test_dates_of_all_forms_are_read)
{
  static const struct
  {
    const gchar *text;
    gint64 wall_time;
  } cases[] = {
    {"2026-11-20T19:22:00Z", WALL},
    {"2026-11-20T19:22:00.5Z", WALL + 500000},
    {"2026-11-20T19:22:00.123456789Z", WALL + 123456},
    {"2026-11-20T20:52:00.000+01:30", WALL},
    {"2026-11-20T14:22:00-0500", WALL},
    {"2026-11-20t19:22:00z", WALL},
    {"2026-11-20 19:22:00", WALL},
    {"1970-01-01T00:00:00Z", 0},
    {"1969-12-31T23:59:59.999999Z", -1},
    {"2024-02-29T00:00:00Z", G_GINT64_CONSTANT (1709164800000000)},
    {"9999-12-31T23:59:59Z", G_GINT64_CONSTANT (253402300799000000)}
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *text = g_strdup_printf (HEADER
        "#EXT-X-PROGRAM-DATE-TIME:%s\n#EXTINF:4,\na\n", cases[i].text);
    g_autoptr (GstDvrPlaylist) p = check_parse_playlist (text);

    fail_unless_equals_int64 (SEGMENT (p, 0)->wall_time, cases[i].wall_time);
    fail_unless (SEGMENT (p, 0)->wall_time_stated);
  }
}

GST_END_TEST;

GST_START_TEST (test_dates_are_derived_both_ways)
{
  g_autoptr (GstDvrPlaylist) p =
      check_parse_playlist (HEADER "#EXTINF:4.0000005,\na\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T19:22:00Z\n"
      "#EXTINF:2.0000007,\nb\n#EXTINF:2.0000007,\nc\n#EXTINF:1,\nd\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T20:22:00Z\n#EXTINF:4,\ne\n");

  fail_unless_equals_int64 (SEGMENT (p, 0)->wall_time, WALL - 4000000);
  fail_if (SEGMENT (p, 0)->wall_time_stated);
  fail_unless_equals_int64 (SEGMENT (p, 1)->wall_time, WALL);
  fail_unless_equals_int64 (SEGMENT (p, 2)->wall_time, WALL + 2000000);
  /* 2 * 0.7 us: what is derived adds up before it is rounded */
  fail_unless_equals_int64 (SEGMENT (p, 3)->wall_time, WALL + 4000001);
  fail_unless_equals_int64 (SEGMENT (p, 4)->wall_time,
      WALL + G_GINT64_CONSTANT (3600000000));
  fail_unless_equals_int64 (p->open.wall_time,
      WALL + G_GINT64_CONSTANT (3604000000));
}

GST_END_TEST;

#define LOW_LATENCY \
    "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:4\n" \
    "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.02," \
    "CAN-SKIP-UNTIL=24.0,HOLD-BACK=12,CAN-SKIP-DATERANGES=YES\n" \
    "#EXT-X-PART-INF:PART-TARGET=0.33334\n#EXT-X-MEDIA-SEQUENCE:266\n" \
    "#EXT-X-START:TIME-OFFSET=-12.5,PRECISE=YES\n" \
    "#EXT-X-INDEPENDENT-SEGMENTS\n" \
    "#EXT-X-DATERANGE:ID=\"x\",START-DATE=\"2026-11-20T19:22:00Z\"\n" \
    "#EXTINF:4.00008,\n266.m4s\n" \
    "#EXT-X-PART:DURATION=2,URI=\"267.0.m4s\",INDEPENDENT=YES\n" \
    "#EXT-X-PART:DURATION=2,URI=\"267.1.m4s\",GAP=YES\n" \
    "#EXTINF:4,\n267.m4s\n" \
    "#EXT-X-DISCONTINUITY\n" \
    "#EXT-X-PART:DURATION=0.33334,URI=\"268.m4s\",BYTERANGE=\"400\"\n" \
    "#EXT-X-PART:DURATION=0.33334,URI=\"268.m4s\",BYTERANGE=\"500\"\n" \
    "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"268.m4s\",BYTERANGE-START=900," \
    "BYTERANGE-LENGTH=10\n" \
    "#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"i1.mp4\"\n" \
    "#EXT-X-PRELOAD-HINT:TYPE=OTHER,URI=\"x\"\n" \
    "#EXT-X-RENDITION-REPORT:URI=\"../1M/index.m3u8\",LAST-MSN=268," \
    "LAST-PART=1\n#EXT-X-RENDITION-REPORT:URI=\"../2M/index.m3u8\"\n"

GST_START_TEST (test_low_latency_tags_are_read)
{
  g_autoptr (GstDvrPlaylist) p = check_parse_playlist (LOW_LATENCY);
  const GstDvrPlaylistReport *report;

  fail_unless (p->header.can_block_reload);
  fail_unless (p->header.can_skip_dateranges);
  fail_unless (p->header.independent_segments);
  fail_unless_equals_uint64 (p->header.can_skip_until, 24 * GST_SECOND);
  fail_unless_equals_uint64 (p->header.hold_back, 12 * GST_SECOND);
  fail_unless_equals_uint64 (p->header.part_hold_back, 1020 * GST_MSECOND);
  fail_unless_equals_uint64 (p->header.part_target, 333340 * GST_USECOND);
  fail_unless (p->header.has_start && p->header.start_precise);
  fail_unless_equals_int64 (p->header.start_offset,
      -(gint64) (12500 * GST_MSECOND));

  fail_unless_equals_int (p->segments->len, 2);
  fail_unless_equals_int (SEGMENT (p, 0)->n_parts, 0);
  fail_unless_equals_int (SEGMENT (p, 1)->first_part, 0);
  fail_unless_equals_int (SEGMENT (p, 1)->n_parts, 2);
  fail_unless_equals_string (PART (p, 0)->uri, "267.0.m4s");
  fail_unless (PART (p, 0)->independent && !PART (p, 0)->gap);
  fail_unless (PART (p, 1)->gap && !PART (p, 1)->independent);

  fail_unless (p->has_open);
  fail_unless (p->open.uri == NULL);
  fail_unless_equals_uint64 (p->open.number, 268);
  fail_unless_equals_int (p->open.discontinuity, 1);
  fail_unless_equals_int (p->open.first_part, 2);
  fail_unless_equals_int (p->open.n_parts, 2);
  fail_unless_equals_uint64 (p->open.duration, 666680 * GST_USECOND);
  fail_unless_equals_uint64 (PART (p, 2)->range.offset, 0);
  fail_unless_equals_uint64 (PART (p, 3)->range.offset, 400);

  fail_unless_equals_string (p->hint_part.uri, "268.m4s");
  fail_unless_equals_uint64 (p->hint_part.range.offset, 900);
  fail_unless_equals_uint64 (p->hint_part.range.length, 10);
  fail_unless_equals_string (p->hint_map.uri, "i1.mp4");
  fail_unless_equals_int (p->reports->len, 2);
  report = &g_array_index (p->reports, GstDvrPlaylistReport, 0);
  fail_unless_equals_uint64 (report->last_number, 268);
  fail_unless_equals_int64 (report->last_part, 1);
  report = &g_array_index (p->reports, GstDvrPlaylistReport, 1);
  fail_unless_equals_int64 (report->last_part, -1);
}

GST_END_TEST;

GST_START_TEST (test_keys_are_told)
{
  g_autoptr (GstDvrPlaylist) p = check_parse_playlist (HEADER "#EXTINF:4,\na\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://k\",KEYFORMAT=\"com.x\"\n"
      "#EXTINF:4,\nb\n#EXTINF:4,\nc\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\nd\n");

  fail_unless (SEGMENT (p, 0)->key == NULL);
  fail_unless_equals_string (SEGMENT (p, 2)->key->method, "SAMPLE-AES");
  fail_unless_equals_string (SEGMENT (p, 2)->key->uri, "skd://k");
  fail_unless_equals_string (SEGMENT (p, 2)->key->format, "com.x");
  fail_unless (SEGMENT (p, 3)->key == NULL);
}

GST_END_TEST;

GST_START_TEST (test_a_multivariant_list_is_read)
{
  g_autoptr (GstDvrPlaylist) p =
      check_parse_playlist ("#EXTM3U\n#EXT-X-VERSION:6\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aud\",NAME=\"English\","
      "LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,URI=\"en/a.m3u8\"\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1280000,AVERAGE-BANDWIDTH=1000000,"
      "CODECS=\"avc1.640029,mp4a.40.2\",RESOLUTION=1280x720,"
      "FRAME-RATE=29.970,AUDIO=\"aud\"\n"
      "low/index.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=65000\n\naudio.m3u8\n"
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=86000,URI=\"low/iframes.m3u8\"\n");
  const GstDvrPlaylistVariant *v;
  const GstDvrPlaylistRendition *r;

  fail_unless_equals_int (p->kind, GST_DVR_PLAYLIST_MULTIVARIANT);
  fail_unless_equals_int (p->variants->len, 3);
  v = &g_array_index (p->variants, GstDvrPlaylistVariant, 0);
  fail_unless_equals_string (v->uri, "low/index.m3u8");
  fail_unless_equals_uint64 (v->bandwidth, 1280000);
  fail_unless_equals_uint64 (v->average_bandwidth, 1000000);
  fail_unless_equals_string (v->codecs, "avc1.640029,mp4a.40.2");
  fail_unless_equals_string (v->audio, "aud");
  fail_unless_equals_int (v->width, 1280);
  fail_unless_equals_int (v->height, 720);
  fail_unless_equals_uint64 (v->frame_rate, 29970);
  v = &g_array_index (p->variants, GstDvrPlaylistVariant, 1);
  fail_unless_equals_string (v->uri, "audio.m3u8");
  fail_unless (v->codecs == NULL && !v->i_frames);
  v = &g_array_index (p->variants, GstDvrPlaylistVariant, 2);
  fail_unless (v->i_frames);
  fail_unless_equals_string (v->uri, "low/iframes.m3u8");
  r = &g_array_index (p->renditions, GstDvrPlaylistRendition, 0);
  fail_unless_equals_string (r->type, "AUDIO");
  fail_unless_equals_string (r->uri, "en/a.m3u8");
  fail_unless (r->is_default && r->autoselect);
}

GST_END_TEST;

GST_START_TEST (test_smart_seek_can_be_ruled_out)
{
  g_autoptr (GstDvrPlaylist) p =
      check_parse_playlist ("#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
      "#EXT-X-DVR-NO-SMART-SEEK\n#EXTINF:4,\na\n");

  fail_unless (p->header.no_smart_seek);
}

GST_END_TEST;

#define JOURNAL_HEADER \
    "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-DVR-VERSION:1\n" \
    "#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:50\n" \
    "#EXT-X-DISCONTINUITY-SEQUENCE:2\n#EXT-X-DVR-TIME:100.000000001\n"
#define JOURNAL_OPEN \
    "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"r/init-0.mp4\"\n" \
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T19:22:00.000Z\n" \
    "#EXT-X-DVR-OPEN:r/50.m4s\n"
#define JOURNAL_CLOSE \
    "#EXT-X-DVR-SEGMENT:SIZE=1000,KEY=400@24\n#EXTINF:2.000,\nr/50.m4s\n"

GST_START_TEST (test_our_own_tags_are_read)
{
  g_autoptr (GstDvrPlaylist) p =
      check_parse_playlist (JOURNAL_HEADER JOURNAL_OPEN JOURNAL_CLOSE
      "#EXT-X-DVR-TIME:200.5\n#EXTINF:2,\nr/51.m4s\n"
      "#EXT-X-DVR-TIME:10\n#EXTINF:2,\nr/52.m4s\n"
      "#EXT-X-DVR-OPEN:r/53.m4s\n");

  fail_unless_equals_int (p->header.dvr_version, 1);
  fail_if (p->header.no_smart_seek);
  fail_unless_equals_uint64 (p->header.time, 100 * GST_SECOND + 1);
  fail_unless_equals_uint64 (SEGMENT (p, 0)->start, 100 * GST_SECOND + 1);
  fail_unless_equals_uint64 (SEGMENT (p, 0)->size, 1000);
  fail_unless_equals_uint64 (SEGMENT (p, 0)->key_range.offset, 24);
  fail_unless_equals_uint64 (SEGMENT (p, 0)->key_range.length, 400);
  fail_unless_equals_int (SEGMENT (p, 0)->discontinuity, 3);
  fail_unless_equals_uint64 (SEGMENT (p, 1)->size, 0);
  /* a jump, which the time of day follows */
  fail_unless (SEGMENT (p, 1)->time_stated);
  fail_unless_equals_uint64 (SEGMENT (p, 1)->start, 200500 * GST_MSECOND);
  fail_unless_equals_int64 (SEGMENT (p, 1)->wall_time, WALL + 100499999);
  /* time never goes back */
  fail_unless_equals_uint64 (SEGMENT (p, 2)->start, 202500 * GST_MSECOND);
  fail_unless (p->has_open);
  fail_unless_equals_string (p->open.uri, "r/53.m4s");
  fail_unless_equals_uint64 (p->open.start, 204500 * GST_MSECOND);
  fail_unless_equals_string (p->open.map->uri, "r/init-0.mp4");
}

GST_END_TEST;

GST_START_TEST (test_journal_grows_byte_by_byte)
{
  static const gchar text[] = JOURNAL_HEADER JOURNAL_OPEN JOURNAL_CLOSE;
  const gsize open = strlen (JOURNAL_HEADER JOURNAL_OPEN);
  g_autoptr (GstDvrPlaylistParser) parser = gst_dvr_playlist_parser_new ();
  const GstDvrPlaylist *p = gst_dvr_playlist_parser_get (parser);
  gsize i;

  for (i = 0; i < strlen (text); i++) {
    const gchar *line = i == 0 ? text : text + i;

    while (line > text && line[-1] != '\n')
      line--;
    fail_unless_equals_uint64 (gst_dvr_playlist_parser_get_offset (parser),
        line - text);
    fail_unless (p->has_open == (i >= open));
    fail_unless (p->segments->len == 0);
    fail_unless (gst_dvr_playlist_parser_feed (parser, text + i, 1, NULL));
  }
  p = gst_dvr_playlist_parser_get (parser);
  fail_if (p->has_open);
  fail_unless_equals_int (p->segments->len, 1);
  fail_unless_equals_string (SEGMENT (p, 0)->map->uri, "r/init-0.mp4");
  fail_unless_equals_int64 (SEGMENT (p, 0)->wall_time, WALL);
}

GST_END_TEST;

GST_START_TEST (test_torn_journal_is_read_to_its_last_whole_line)
{
  static const gchar text[] = JOURNAL_HEADER JOURNAL_OPEN
      "#EXT-X-DVR-SEGMENT:SIZE=1000\n#EXTINF:2.0";
  g_autoptr (GstDvrPlaylistParser) parser = gst_dvr_playlist_parser_new ();

  fail_unless (gst_dvr_playlist_parser_feed (parser, text, strlen (text),
          NULL));
  fail_unless_equals_uint64 (gst_dvr_playlist_parser_get_offset (parser),
      strlen (text) - strlen ("#EXTINF:2.0"));
}

GST_END_TEST;

GST_START_TEST (test_journal_goes_on_where_endlist_stood)
{
  static const gchar whole[] = JOURNAL_HEADER JOURNAL_OPEN JOURNAL_CLOSE;
  static const gchar end[] = "#EXT-X-ENDLIST\n";
  static const gchar more[] = "#EXTINF:2,\nr/51.m4s\n";
  g_autoptr (GstDvrPlaylistParser) parser = gst_dvr_playlist_parser_new ();
  const GstDvrPlaylist *p;
  GError *error = NULL;

  fail_unless (gst_dvr_playlist_parser_feed (parser, whole, strlen (whole),
          NULL));
  fail_if (gst_dvr_playlist_parser_reopen (parser));
  fail_unless (gst_dvr_playlist_parser_feed (parser, end, strlen (end), NULL));
  fail_unless (gst_dvr_playlist_parser_get (parser)->ended);

  fail_unless (gst_dvr_playlist_parser_reopen (parser));
  fail_if (gst_dvr_playlist_parser_reopen (parser));
  fail_unless_equals_uint64 (gst_dvr_playlist_parser_get_offset (parser),
      strlen (whole));
  fail_unless (gst_dvr_playlist_parser_feed (parser, more, strlen (more),
          NULL));
  p = gst_dvr_playlist_parser_get (parser);
  fail_if (p->ended);
  fail_unless_equals_int (p->segments->len, 2);
  /* lines are still counted as they stand in the file: 14 + 2 */
  fail_if (gst_dvr_playlist_parser_feed (parser, "#EXTINF:x\n", 10, &error));
  fail_unless (g_str_has_prefix (error->message, "line 17: EXTINF: "), "%s",
      error->message);
  g_clear_error (&error);
}

GST_END_TEST;

GST_START_TEST (test_broken_line_stays_broken)
{
  g_autoptr (GstDvrPlaylistParser) parser = gst_dvr_playlist_parser_new ();
  static const gchar text[] = HEADER "#EXTINF:4,\na\n#EXTINF:no,\nb\n";
  GError *error = NULL;

  fail_if (gst_dvr_playlist_parser_feed (parser, text, strlen (text), &error));
  fail_unless (g_str_has_prefix (error->message, "line 5: EXTINF: "));
  g_clear_error (&error);
  fail_if (gst_dvr_playlist_parser_feed (parser, "\n", 1, &error));
  fail_unless (g_str_has_prefix (error->message, "line 5: EXTINF: "));
  g_clear_error (&error);
  /* what came before is there */
  fail_unless_equals_int (gst_dvr_playlist_parser_get (parser)->segments->len,
      1);
  fail_unless (gst_dvr_playlist_parser_finish (parser, NULL) == NULL);
}

GST_END_TEST;

GST_START_TEST (test_limits_can_be_set)
{
  static const gchar text[] = HEADER "#EXTINF:4,\na\n#EXTINF:4,\nb\n";
  g_autoptr (GstDvrPlaylistParser) few = gst_dvr_playlist_parser_new ();
  g_autoptr (GstDvrPlaylistParser) little = gst_dvr_playlist_parser_new ();
  GError *error = NULL;

  gst_dvr_playlist_parser_set_limits (few, strlen (text), 1);
  fail_if (gst_dvr_playlist_parser_feed (few, text, strlen (text), &error));
  fail_unless_equals_string (error->message,
      "line 6: URI: more than 1 segments");
  g_clear_error (&error);
  gst_dvr_playlist_parser_set_limits (little, strlen (text) - 1, 2);
  fail_unless (gst_dvr_playlist_parser_feed (little, text, 10, NULL));
  fail_if (gst_dvr_playlist_parser_feed (little, text + 10,
          strlen (text) - 10, NULL));
}

GST_END_TEST;

GST_START_TEST (test_broken_lines_are_named)
{
  check_refused ("", "line 1: end: a playlist begins");
  check_refused ("\n" HEADER, "line 1: text: a playlist begins");
  check_refused ("<html>\n", "line 1: text: a playlist begins");
  check_refused ("#EXTM3U\n", "line 2: end: neither");
  check_refused ("#EXTM3U\n#EXTINF:1,\na\n",
      "line 4: end: there is no EXT-X-TARGETDURATION");
  check_refused (HEADER "a\n", "line 3: URI: no EXTINF");
  check_refused (HEADER "#EXTINF:1,\n", "line 4: end: no URI follows EXTINF");
  check_refused (HEADER "#EXTINF:1,\na\x01z\n", "line 4: URI: holds");
  check_refused (HEADER "#EXTINF:1,\na\xffz\n", "line 4: URI: holds");
  check_refused (HEADER "#EXTINF:\na\n", "line 3: EXTINF: ");
  check_refused (HEADER "#EXTINF:-1,\na\n", "line 3: EXTINF: ");
  check_refused (HEADER "#EXTINF:1e3,\na\n", "line 3: EXTINF: ");
  check_refused (HEADER "#EXTINF:604801,\na\n", "line 3: EXTINF: ");
  check_refused (HEADER "#EXTINF:99999999999999999999,\n", "line 3: EXTINF: ");
  check_refused (HEADER "#EXTINF:\x02,\n",
      "line 3: EXTINF: expects seconds up to a week, not \"\"");
  check_refused ("#EXTM3U\n#EXT-X-VERSION:six\n", "line 2: EXT-X-VERSION: ");
  check_refused ("#EXTM3U\n#EXT-X-TARGETDURATION:0\n",
      "line 2: EXT-X-TARGETDURATION: ");
  check_refused (HEADER "#EXT-X-MEDIA-SEQUENCE:18446744073709551616\n",
      "line 3: EXT-X-MEDIA-SEQUENCE: ");
  check_refused (HEADER "#EXTINF:1,\na\n#EXT-X-MEDIA-SEQUENCE:1\n",
      "line 5: EXT-X-MEDIA-SEQUENCE: must come before");
  check_refused (HEADER "#EXT-X-DISCONTINUITY\n"
      "#EXT-X-DISCONTINUITY-SEQUENCE:1\n",
      "line 4: EXT-X-DISCONTINUITY-SEQUENCE: must come before");
  check_refused (HEADER "#EXT-X-PLAYLIST-TYPE:LIVE\n",
      "line 3: EXT-X-PLAYLIST-TYPE: ");
  check_refused (HEADER "#EXT-X-MAP:URI=\"a\n", "line 3: EXT-X-MAP: ");
  check_refused (HEADER "#EXT-X-MAP:URI=a\n", "line 3: EXT-X-MAP: ");
  check_refused (HEADER "#EXT-X-MAP:BYTERANGE=\"1@2\"\n",
      "line 3: EXT-X-MAP: has no URI");
  check_refused (HEADER "#EXT-X-MAP:URI=\"a\"x=1\n", "line 3: EXT-X-MAP: ");
  check_refused (HEADER "#EXT-X-BYTERANGE:0@1\n", "line 3: EXT-X-BYTERANGE: ");
  check_refused (HEADER "#EXT-X-BYTERANGE:1@-1\n", "line 3: EXT-X-BYTERANGE: ");
  check_refused (HEADER "#EXTINF:1,\n#EXT-X-BYTERANGE:5\na\n",
      "line 5: URI: its BYTERANGE has no offset");
  check_refused (HEADER "#EXTINF:1,\n#EXT-X-BYTERANGE:5@0\na\n"
      "#EXTINF:1,\n#EXT-X-BYTERANGE:5\nb\n", "line 8: URI: its BYTERANGE");
  check_refused (HEADER "#EXT-X-PROGRAM-DATE-TIME:2026-13-01T00:00:00Z\n",
      "line 3: EXT-X-PROGRAM-DATE-TIME: ");
  check_refused (HEADER "#EXT-X-PROGRAM-DATE-TIME:2026-11-20\n",
      "line 3: EXT-X-PROGRAM-DATE-TIME: ");
  check_refused (HEADER "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T00:00:00.Z\n",
      "line 3: EXT-X-PROGRAM-DATE-TIME: ");
  check_refused (HEADER "#EXT-X-PART:URI=\"a\"\n",
      "line 3: EXT-X-PART: has no DURATION");
  check_refused (HEADER "#EXT-X-PART:DURATION=1\n",
      "line 3: EXT-X-PART: has no URI");
  check_refused (HEADER "#EXT-X-PART:DURATION=-1,URI=\"a\"\n",
      "line 3: EXT-X-PART: ");
  check_refused (HEADER "#EXT-X-PART-INF:PART-TARGET=0\n",
      "line 3: EXT-X-PART-INF: ");
  check_refused (HEADER "#EXT-X-SKIP:SKIPPED-SEGMENTS=0\n",
      "line 3: EXT-X-SKIP: ");
  check_refused (HEADER "#EXTINF:1,\na\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n",
      "line 5: EXT-X-SKIP: must come before");
  check_refused (HEADER "#EXT-X-PRELOAD-HINT:TYPE=PART\n",
      "line 3: EXT-X-PRELOAD-HINT: has no URI");
  check_refused (HEADER "#EXT-X-SERVER-CONTROL:=\n",
      "line 3: EXT-X-SERVER-CONTROL: ");
  check_refused (HEADER "#EXT-X-KEY:URI=\"k\"\n", "line 3: EXT-X-KEY: ");
  check_refused (HEADER "#EXT-X-KEY:METHOD=\"A,B\"\n", "line 3: EXT-X-KEY: ");
  check_refused (HEADER "#EXT-X-PROGRAM-DATE-TIME:"
      "0001-01-01T00:00:00+00:01\n", "line 3: EXT-X-PROGRAM-DATE-TIME: ");
  check_refused (HEADER "#EXT-X-DVR-SEGMENT:SIZE=big\n",
      "line 3: EXT-X-DVR-SEGMENT: ");
  check_refused (HEADER "#EXT-X-DVR-TIME:-1\n", "line 3: EXT-X-DVR-TIME: ");
  check_refused (HEADER "#EXT-X-DVR-OPEN:\n", "line 3: EXT-X-DVR-OPEN: ");
  check_refused (HEADER "#EXT-X-STREAM-INF:BANDWIDTH=1\n",
      "line 3: EXT-X-STREAM-INF: stands in a media playlist");
  check_refused ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n#EXTINF:1,\n",
      "line 4: EXTINF: stands in a multivariant playlist");
  check_refused ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n",
      "line 3: end: no URI follows EXT-X-STREAM-INF");
  check_refused ("#EXTM3U\n#EXT-X-STREAM-INF:CODECS=\"a\"\na\n",
      "line 2: EXT-X-STREAM-INF: has no BANDWIDTH");
}

GST_END_TEST;

GST_START_TEST (test_hostile_text_is_refused)
{
  static const gchar nul[] = HEADER "#EXTINF:1,\na\0b\n";
  static const gchar variable[] = HEADER "#EXT-X-DEFINE:NAME=\"a\"\n";
  static const gchar version[] = HEADER "#EXT-X-DVR-VERSION:2\n";
  GString *text = g_string_new (HEADER);
  guint i;

  check_refused_bytes (nul, sizeof (nul) - 1, GST_DVR_PLAYLIST_ERROR_SYNTAX,
      "line 4: text: holds a NUL");
  check_refused_bytes (variable, strlen (variable),
      GST_DVR_PLAYLIST_ERROR_UNSUPPORTED, "line 3: EXT-X-DEFINE: ");
  check_refused_bytes (version, strlen (version),
      GST_DVR_PLAYLIST_ERROR_UNSUPPORTED, "line 3: EXT-X-DVR-VERSION: ");

  for (i = 0; i < 1000000; i++)
    g_string_append (text, "#EXT-X-PART:DURATION=1,URI=\"a\"\n");
  check_refused_bytes (text->str, text->len, GST_DVR_PLAYLIST_ERROR_LIMIT,
      "line 100003: EXT-X-PART: more than 100000 parts");

  g_string_assign (text, HEADER);
  for (i = 0; i < GST_DVR_PLAYLIST_MAX_SEGMENTS + 1; i++)
    g_string_append (text, "#EXTINF:1\na\n");
  check_refused_bytes (text->str, text->len, GST_DVR_PLAYLIST_ERROR_LIMIT,
      "line 2000004: URI: more than 1000000 segments");

  /* each is a week: longer than 64 bits of nanoseconds */
  g_string_assign (text, HEADER);
  for (i = 0; i < 16000; i++)
    g_string_append (text, "#EXTINF:604800\na\n");
  check_refused_bytes (text->str, text->len, GST_DVR_PLAYLIST_ERROR_LIMIT,
      "line 30504: URI: stream time out of range");

  g_string_assign (text, HEADER "#");
  g_string_set_size (text, text->len + GST_DVR_PLAYLIST_MAX_LINE);
  memset (text->str + strlen (HEADER "#"), ' ', GST_DVR_PLAYLIST_MAX_LINE);
  check_refused_bytes (text->str, text->len, GST_DVR_PLAYLIST_ERROR_LIMIT,
      "line 3: text: more than 65536 bytes in a line");
  g_string_append (text, "\n");
  check_refused_bytes (text->str, text->len, GST_DVR_PLAYLIST_ERROR_LIMIT,
      "line 3: text: more than 65536 bytes in a line");

  g_string_set_size (text, GST_DVR_PLAYLIST_MAX_BYTES + 1);
  check_refused_bytes (text->str, text->len, GST_DVR_PLAYLIST_ERROR_LIMIT,
      "line 1: text: more than 67108864 bytes");
  g_string_free (text, TRUE);
}

GST_END_TEST;

static Suite *
playlist_suite (void)
{
  Suite *s = suite_create ("playlist");
  TCase *tc = tcase_create ("reading");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_a_plain_list_is_read);
  tcase_add_test (tc, test_line_ends_and_blanks_do_not_matter);
  tcase_add_test (tc, test_durations_are_exact);
  tcase_add_test (tc, test_byteranges_follow_each_other);
  tcase_add_test (tc, test_discontinuities_count_and_maps_last);
  tcase_add_test (tc, test_maps_outlive_their_playlist);
  tcase_add_test (tc, test_dates_of_all_forms_are_read);
  tcase_add_test (tc, test_dates_are_derived_both_ways);
  tcase_add_test (tc, test_low_latency_tags_are_read);
  tcase_add_test (tc, test_keys_are_told);
  tcase_add_test (tc, test_a_multivariant_list_is_read);
  tcase_add_test (tc, test_smart_seek_can_be_ruled_out);
  tcase_add_test (tc, test_our_own_tags_are_read);
  tcase_add_test (tc, test_journal_grows_byte_by_byte);
  tcase_add_test (tc, test_torn_journal_is_read_to_its_last_whole_line);
  tcase_add_test (tc, test_journal_goes_on_where_endlist_stood);
  tcase_add_test (tc, test_broken_line_stays_broken);
  tcase_add_test (tc, test_limits_can_be_set);
  tcase_add_test (tc, test_broken_lines_are_named);
  tcase_add_test (tc, test_hostile_text_is_refused);
  return s;
}

GST_CHECK_MAIN (playlist);
