/* proxystreamsrc_join.c: two origins record one publisher, and one of them dies
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gst/dvr/gstdvrname.h>
#include <gst/fmp4/fmp4.h>
#include <string.h>

#include "proxyfixture.h"

#define GOP 5                   /* frames, and so many a second */
#define FRAME (GST_SECOND / GOP)
#define GOPS 2                  /* in a segment */
#define BEGAN G_GINT64_CONSTANT (1795550400000000)
#define CODEC "video/x-h264,stream-format=avc,alignment=au,width=128,"\
  "height=96,codec_data=(buffer)0164000affe100186764000aacd9420db01100000300"\
  "0100000300320f12259601000668ebe3cb22c0fdf8f800"

/* A recorder: of the publisher's seconds it has those from @began on. */
typedef struct
{
  const gchar *recording;
  guint64 number;               /* of its first segment */
  guint began;
  GstClockTime base;            /* decoding time of its first frame */
  gint64 clock;                 /* what its clock is off, microseconds */
  guint n;                      /* closed segments; atomic */
  gboolean other;               /* its encoder is another one */
  gboolean growing;             /* and the first second of the next one */
} Origin;

typedef struct
{
  Fixture f;
  Upstream backup;
  Origin first, second;
  GstFmp4Track track;
  GstDvrTimeline *timeline;
  guint64 next;                 /* number that was not looked at yet */
  GArray *frames;               /* those seen, in order */
} Pair;

static Pair *pair;

static void
append (GByteArray * out, GstBuffer * buffer)
{
  GstMapInfo map;

  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_byte_array_append (out, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
}

/* One second of the publisher's stream. */
static void
append_gop (const Origin * o, guint gop, GByteArray * out)
{
  GstBuffer *samples[GOP];
  GstFmp4Run run = { &pair->track, samples, GOP };
  guint i;

  for (i = 0; i < GOP; i++) {
    guint32 payload[2] = { gop * GOP + i, o->other };

    samples[i] = gst_buffer_new_memdup (payload, sizeof (payload));
    GST_BUFFER_DTS (samples[i]) = GST_BUFFER_PTS (samples[i]) =
        o->base + (gop - o->began) * GST_SECOND + i * FRAME;
    GST_BUFFER_DURATION (samples[i]) = FRAME;
    if (i > 0)
      GST_BUFFER_FLAG_SET (samples[i], GST_BUFFER_FLAG_DELTA_UNIT);
  }
  append (out, gst_fmp4_write_chunk (1, &run, 1, NULL, NULL));
  for (i = 0; i < GOP; i++)
    gst_buffer_unref (samples[i]);
}

/* One second is a part. */
static GByteArray *
make_parts (const Origin * o, guint index, guint from, guint to)
{
  static const guint8 styp[] = "\0\0\0\x10stypmsdh\0\0\0";
  GByteArray *out = g_byte_array_new ();
  guint i;

  if (from == 0)
    g_byte_array_append (out, styp, 16);
  for (i = from; i < to; i++)
    append_gop (o, o->began + index * GOPS + i, out);

  return out;
}

static gchar *
make_list (Origin * o)
{
  guint i, n = g_atomic_int_get (&o->n);
  GString *out = g_string_new ("#EXTM3U\n#EXT-X-VERSION:9\n"
      "#EXT-X-TARGETDURATION:2\n#EXT-X-DVR-VERSION:1\n#EXT-X-DVR-TIME:0\n");

  g_string_append_printf (out, "#EXT-X-MEDIA-SEQUENCE:%" G_GUINT64_FORMAT
      "\n#EXT-X-MAP:URI=\"%s/init-0.mp4\"\n", o->number, o->recording);
  for (i = 0; i < n; i++) {
    g_autoptr (GDateTime) at = g_date_time_new_from_unix_utc ((BEGAN +
            o->clock) / G_USEC_PER_SEC + o->began + i * GOPS);
    g_autofree gchar *text = g_date_time_format (at, "%Y-%m-%dT%H:%M:%S");

    g_string_append_printf (out, "#EXT-X-PROGRAM-DATE-TIME:%s.%03uZ\n"
        "#EXTINF:%u,\n%s/%" G_GUINT64_FORMAT ".m4s\n", text,
        (guint) (o->clock % G_USEC_PER_SEC / 1000), GOPS, o->recording,
        o->number + i);
  }

  if (o->growing)
    g_string_append_printf (out, "#EXT-X-PART-INF:PART-TARGET=1\n"
        "#EXT-X-PART:DURATION=1,INDEPENDENT=YES,URI=\"%s/%" G_GUINT64_FORMAT
        ".0.m4s\"\n", o->recording, o->number + n);

  return g_string_free (out, FALSE);
}

static void
origin_handler (HttpStubRequest * request, gpointer data)
{
  Origin *o = data == &pair->backup ? &pair->second : &pair->first;
  g_autofree gchar *beneath = g_strdup_printf ("/live/cam1/%s/", o->recording);
  g_autoptr (GByteArray) out = NULL;
  g_autofree gchar *list = NULL;
  const gchar *name = request->path + strlen (beneath);
  guint64 number;

  if (g_str_has_suffix (request->path, ".m3u8")) {
    list = make_list (o);
    http_stub_reply (request, 200, NULL, list, strlen (list));
    return;
  }
  if (!g_str_has_prefix (request->path, beneath)) {
    http_stub_reply (request, 404, NULL, "no", 2);
    return;
  }
  if (g_str_equal (name, "init-0.mp4")) {
    out = g_byte_array_new ();
    append (out, gst_fmp4_write_init (&pair->track, 1, NULL));
  } else {
    number = g_ascii_strtoull (name, NULL, 10);
    fail_unless (number >= o->number && number < o->number + o->n + o->growing);
    out = make_parts (o, number - o->number, 0,
        number < o->number + o->n ? GOPS : 1);
  }
  http_stub_serve (request, "\"e\"", out->data, out->len);
}

static void
pair_start (Pair * p, const Origin * second)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CODEC);
  static const Origin first =
      { RECORDING, 100, 0, GST_SECOND, 0, 3, FALSE, FALSE };
  GstDvrTimelineInfo info;

  memset (p, 0, sizeof (*p));
  pair = p;
  p->first = first;
  p->second = *second;
  p->frames = g_array_new (FALSE, FALSE, sizeof (guint));
  fail_unless (gst_fmp4_track_init (&p->track, 1, caps, 0, NULL));
  upstream_init (&p->backup);
  fixture_start (&p->f, "");
  fixture_set_backup (&p->f, &p->backup);
  p->f.up.special = p->backup.special = origin_handler;
  p->f.up.special_path = p->backup.special_path = "/live/cam1/";
  fixture_play (&p->f);
  p->timeline = follow (&p->f, &info);
  gst_dvr_timeline_use (p->timeline);
  p->next = info.first;
}

static void
pair_stop (Pair * p)
{
  gst_dvr_timeline_unuse (p->timeline);
  gst_dvr_timeline_unref (p->timeline);
  fixture_stop (&p->f);
  upstream_clear (&p->backup);
  gst_fmp4_track_clear (&p->track);
  g_array_unref (p->frames);
}

static GByteArray *
fetch (Pair * p, GstDvrSegmentKind kind, const gchar * recording,
    guint64 number)
{
  GstDvrSegmentId id = { kind, "live/cam1", recording, number };
  g_autoptr (GstDvrRequest) request = gst_dvr_request_new_segment (&id,
      GST_DVR_PRIORITY_VIEWER);
  GByteArray *out = g_byte_array_new ();
  GstDvrSegment *segment;

  gst_dvr_request_send (request, p->f.harness->sinkpad);
  fail_unless_equals_int (wait_end (request), 0);
  segment = gst_dvr_request_get_segment (request);
  append (out, gst_dvr_segment_get_buffer (segment, 0,
          gst_dvr_segment_get_size (segment)));

  return out;
}

static void
note_frame (const GstFmp4Track * track, GstBuffer * sample, gpointer frames)
{
  guint32 payload[2];

  fail_unless_equals_int (gst_buffer_extract (sample, 0, payload, 8), 8);
  g_array_append_val ((GArray *) frames, payload[0]);
  gst_buffer_unref (sample);
}

/* Plays all that came since. */
static void
play (Pair * p)
{
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (p->timeline, &info);
  for (; p->next < info.next; p->next++) {
    g_autoptr (GByteArray) init = NULL;
    g_autoptr (GByteArray) media = NULL;
    g_autoptr (GstBuffer) buffer = NULL;
    g_autoptr (GArray) tracks = NULL;
    GstDvrEntry entry;

    fail_unless_equals_int (gst_dvr_timeline_find (p->timeline, p->next,
            &entry), GST_DVR_FOUND_CLOSED);
    init = fetch (p, GST_DVR_SEGMENT_INIT, entry.recording, entry.init);
    media = fetch (p, GST_DVR_SEGMENT_MEDIA, entry.recording, p->next);
    tracks = gst_fmp4_read_init (init->data, init->len, NULL);
    fail_unless (tracks != NULL);
    buffer = gst_buffer_new_memdup (media->data, media->len);
    fail_unless (gst_fmp4_read_chunk (buffer, (GstFmp4Track *) tracks->data,
            tracks->len, note_frame, p->frames, NULL));
  }
}

static guint64 wanted;

static gboolean
reaches (const GstDvrTimelineInfo * info)
{
  return info->next >= wanted;
}

static void
wait_next (Pair * p, guint64 next)
{
  GstDvrTimelineInfo info;

  wanted = next;
  wait_timeline (p->timeline, reaches, &info);
  fail_unless_equals_uint64 (info.next, next);
}

/* Every frame of the first @seconds, once, but for those in [@from, @to). */
static void
check_frames (Pair * p, guint seconds, guint from, guint to)
{
  guint i, n = 0;

  for (i = 0; i < seconds * GOP; i++) {
    if (i >= from * GOP && i < to * GOP)
      continue;
    fail_unless (n < p->frames->len, "frame %u is missing", i);
    fail_unless_equals_int (g_array_index (p->frames, guint, n++), i);
  }
  fail_unless_equals_int (p->frames->len, n);
}

/* Segment @number begins another recording, right after the one before. */
static void
check_seam (Pair * p, guint64 number, GstClockTime gap)
{
  GstDvrEntry before, after;

  gst_dvr_timeline_find (p->timeline, number - 1, &before);
  fail_unless_equals_int (gst_dvr_timeline_find (p->timeline, number, &after),
      GST_DVR_FOUND_CLOSED);
  fail_unless_equals_int (after.discontinuity, before.discontinuity + 1);
  fail_if (g_str_equal (after.recording, before.recording));
  fail_unless_equals_uint64 (after.start, before.start + before.duration + gap);
}

static const gchar *
get_recording (Pair * p, guint64 number)
{
  GstDvrEntry entry;

  fail_unless_equals_int (gst_dvr_timeline_find (p->timeline, number, &entry),
      GST_DVR_FOUND_CLOSED);

  return entry.recording;
}

GST_START_TEST (test_equal_cuts_go_on_with_the_next_segment)
{
  static const Origin second = { "20261120T192201Z-0b0b", 500, 0,
    77 * GST_SECOND, 30000, 5, FALSE, FALSE
  };
  Pair p;

  pair_start (&p, &second);
  play (&p);
  http_stub_down (p.f.up.stub);
  wait_next (&p, 105);
  play (&p);
  check_frames (&p, 10, 0, 0);
  check_seam (&p, 103, 0);
  /* it is not called as where it has another number */
  fail_if (g_str_equal (get_recording (&p, 103), second.recording));
  fail_unless (gst_dvr_is_recording_id (get_recording (&p, 103)));
  fail_unless_equals_string (get_recording (&p, 103), get_recording (&p, 104));
  g_atomic_int_inc (&p.second.n);
  wait_next (&p, 106);
  play (&p);
  check_frames (&p, 12, 0, 0);
  pair_stop (&p);
}

GST_END_TEST;

static gboolean
has_open (const GstDvrTimelineInfo * info)
{
  return info->open && info->n_parts == 1;
}

/* Players have seen the first second of segment 103: it ends with that. */
GST_START_TEST (test_what_was_growing_ends_with_its_parts)
{
  static const Origin second = { "20261120T192201Z-0b0b", 500, 0,
    77 * GST_SECOND, 0, 5, FALSE, FALSE
  };
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 103, 0,
    0
  };
  GstDvrTimelineInfo info;
  GstDvrRequest *request;
  GstDvrEntry entry;
  Pair p;

  pair_start (&p, &second);
  p.first.growing = TRUE;
  play (&p);
  wait_timeline (p.timeline, has_open, &info);
  request = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_VIEWER);
  gst_dvr_request_send (request, p.f.harness->sinkpad);
  wait_segment (gst_dvr_request_get_segment (request), 1);
  http_stub_down (p.f.up.stub);
  wait_next (&p, 106);
  play (&p);
  check_frames (&p, 10, 0, 0);
  check_seam (&p, 104, 0);
  gst_dvr_timeline_find (p.timeline, 103, &entry);
  fail_unless_equals_uint64 (entry.duration, GST_SECOND);
  /* its origin may have more of it, under that name */
  fail_if (g_str_equal (entry.recording, RECORDING));
  gst_dvr_request_unref (request);
  pair_stop (&p);
}

GST_END_TEST;

GST_START_TEST (test_equal_numbers_keep_their_names)
{
  static const Origin second = { "20261120T192201Z-0b0b", 100, 0,
    GST_SECOND, 0, 4, FALSE, FALSE
  };
  Pair p;

  pair_start (&p, &second);
  play (&p);
  http_stub_down (p.f.up.stub);
  wait_next (&p, 104);
  play (&p);
  check_frames (&p, 8, 0, 0);
  check_seam (&p, 103, 0);
  fail_unless_equals_string (get_recording (&p, 103), p.second.recording);
  pair_stop (&p);
}

GST_END_TEST;

GST_START_TEST (test_other_cuts_go_on_within_a_segment)
{
  static const Origin second = { "20261120T192201Z-0b0b", 7, 1,
    3 * GST_SECOND, 0, 4, FALSE, FALSE
  };
  GstDvrEntry entry;
  Pair p;

  pair_start (&p, &second);
  play (&p);
  http_stub_down (p.f.up.stub);
  wait_next (&p, 105);
  play (&p);
  check_frames (&p, 9, 0, 0);
  check_seam (&p, 103, 0);
  gst_dvr_timeline_find (p.timeline, 103, &entry);
  fail_unless_equals_uint64 (entry.duration, GST_SECOND);
  /* what is cut is another thing than what follows whole */
  fail_if (g_str_equal (entry.recording, get_recording (&p, 104)));
  pair_stop (&p);
}

GST_END_TEST;

GST_START_TEST (test_other_origin_that_is_behind_is_waited_for)
{
  static const Origin second = { "20261120T192201Z-0b0b", 100, 0,
    GST_SECOND, 0, 2, FALSE, FALSE
  };
  Pair p;

  pair_start (&p, &second);
  play (&p);
  http_stub_down (p.f.up.stub);
  wait_location (&p.f, &p.backup);
  while (http_stub_count (p.backup.stub, DVR) < 3)
    g_thread_yield ();
  wait_next (&p, 103);
  g_atomic_int_set (&p.second.n, 4);
  wait_next (&p, 104);
  play (&p);
  check_frames (&p, 8, 0, 0);
  pair_stop (&p);
}

GST_END_TEST;

GST_START_TEST (test_clocks_may_differ_where_keyframes_are_the_same)
{
  static const Origin second = { "20261120T192201Z-0b0b", 500, 0,
    GST_SECOND, 3 * G_USEC_PER_SEC, 5, FALSE, FALSE
  };
  Pair p;

  pair_start (&p, &second);
  play (&p);
  http_stub_down (p.f.up.stub);
  wait_next (&p, 105);
  play (&p);
  check_frames (&p, 10, 0, 0);
  check_seam (&p, 103, 0);
  pair_stop (&p);
}

GST_END_TEST;

/* Another encoder cuts elsewhere: nothing is the same, what overlaps is left
 * out. */
GST_START_TEST (test_time_of_day_decides_where_nothing_is_the_same)
{
  static const Origin second = { "20261120T192201Z-0b0b", 500, 1,
    GST_SECOND, 0, 5, TRUE, FALSE
  };
  Pair p;

  pair_start (&p, &second);
  play (&p);
  http_stub_down (p.f.up.stub);
  wait_next (&p, 105);
  play (&p);
  check_frames (&p, 11, 6, 7);
  check_seam (&p, 103, GST_SECOND);
  pair_stop (&p);
}

GST_END_TEST;

/* Nobody has played what ours ended with, so there is nothing to compare. */
GST_START_TEST (test_time_of_day_decides_where_nothing_was_fetched)
{
  static const Origin second = { "20261120T192201Z-0b0b", 500, 0,
    GST_SECOND, 40000, 5, FALSE, FALSE
  };
  Pair p;

  pair_start (&p, &second);
  http_stub_down (p.f.up.stub);
  wait_next (&p, 105);
  p.next = 103;
  play (&p);
  check_frames (&p, 10, 0, 6);
  check_seam (&p, 103, 40 * GST_MSECOND);
  pair_stop (&p);
}

GST_END_TEST;

/* The first location comes back, with all it recorded meanwhile. */
GST_START_TEST (test_return_to_the_first_origin_joins_again)
{
  static const Origin second = { "20261120T192201Z-0b0b", 7, 1,
    3 * GST_SECOND, 0, 4, FALSE, FALSE
  };
  Pair p;

  pair_start (&p, &second);
  play (&p);
  http_stub_down (p.f.up.stub);
  wait_next (&p, 105);
  play (&p);
  check_frames (&p, 9, 0, 0);
  p.first.n = 6;
  http_stub_up (p.f.up.stub);
  wait_location (&p.f, &p.f.up);
  wait_next (&p, 107);
  play (&p);
  check_frames (&p, 12, 0, 0);
  check_seam (&p, 103, 0);
  check_seam (&p, 105, 0);
  pair_stop (&p);
}

GST_END_TEST;

static Suite *
proxystreamsrc_join_suite (void)
{
  Suite *s = suite_create ("proxystreamsrc_join");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_equal_cuts_go_on_with_the_next_segment);
  tcase_add_test (tc, test_what_was_growing_ends_with_its_parts);
  tcase_add_test (tc, test_equal_numbers_keep_their_names);
  tcase_add_test (tc, test_other_cuts_go_on_within_a_segment);
  tcase_add_test (tc, test_other_origin_that_is_behind_is_waited_for);
  tcase_add_test (tc, test_clocks_may_differ_where_keyframes_are_the_same);
  tcase_add_test (tc, test_time_of_day_decides_where_nothing_is_the_same);
  tcase_add_test (tc, test_time_of_day_decides_where_nothing_was_fetched);
  tcase_add_test (tc, test_return_to_the_first_origin_joins_again);

  return s;
}

GST_CHECK_MAIN (proxystreamsrc_join);
