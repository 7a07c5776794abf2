/* rtmpdvrsink.c: the recorder as an element
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/dvr/gstdvrplaylist.h>

#include <glib/gstdio.h>
#include <string.h>

#include "flv/flvwriter.h"
#include "fmp4/fmp4.h"

/* 320x240 and 640x360, as x264 says them. */
static const guint8 avcc_small[] = {
  0x01, 0x42, 0xc0, 0x0d, 0xff, 0xe1, 0x00, 0x16, 0x67, 0x42, 0xc0, 0x0d,
  0xda, 0x05, 0x07, 0xec, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00,
  0x00, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 0x01, 0x00, 0x04, 0x68, 0xce, 0x0f,
  0xc8
};

static const guint8 avcc_large[] = {
  0x01, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0x00, 0x19, 0x67, 0x42, 0xc0, 0x1e,
  0xda, 0x02, 0x80, 0xbf, 0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04,
  0x00, 0x00, 0x03, 0x00, 0xc8, 0x3c, 0x58, 0xba, 0x80, 0x01, 0x00, 0x04,
  0x68, 0xce, 0x0f, 0xc8
};

static const guint8 aac_config[] = { 0x12, 0x10 };

#define STREAM "live/cam1"
#define FRAME (40 * GST_MSECOND)

static gchar *dir;
static GstHarness *h;
static GstBus *bus;
static GstCaps *video_caps, *audio_caps;
static GstClockTime audio_time;

static GstElement *
make_sink (const gchar * stream)
{
  GstElement *sink = gst_element_factory_make ("rtmpdvrsink", NULL);

  fail_unless (sink != NULL);
  g_object_set (sink, "location", dir, "stream", stream, "fsync", 0, NULL);
  return sink;
}

/* A harness plays the element at once, so properties come before. */
static void
start (GstElement * sink)
{
  bus = gst_bus_new ();
  gst_element_set_bus (sink, bus);
  h = gst_harness_new_with_element (sink, "sink", NULL);
  gst_harness_set_src_caps_str (h, "video/x-flv");
  gst_object_unref (sink);
}

static void
stop (void)
{
  if (h)
    gst_harness_teardown (h);
  h = NULL;
  if (bus)
    gst_bus_set_flushing (bus, TRUE);
  gst_clear_object (&bus);
}

static void
setup (void)
{
  dir = g_dir_make_tmp ("rtmpdvrsink-XXXXXX", NULL);
  video_caps = gst_fmp4_codec_caps (GST_FMP4_CODEC_H264, avcc_small,
      sizeof (avcc_small), 320, 240);
  audio_caps = gst_fmp4_codec_caps (GST_FMP4_CODEC_AAC, aac_config,
      sizeof (aac_config), 44100, 2);
  fail_unless (video_caps && audio_caps);
  audio_time = 0;
}

static void
remove_tree (const gchar * path)
{
  GDir *d = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (d && (name = g_dir_read_name (d))) {
    gchar *child = g_build_filename (path, name, NULL);

    remove_tree (child);
    g_free (child);
  }
  if (d)
    g_dir_close (d);
  g_remove (path);
}

static void
teardown (void)
{
  stop ();
  remove_tree (dir);
  g_free (dir);
  gst_clear_caps (&video_caps);
  gst_clear_caps (&audio_caps);
}

/* Waits for the next element message of that name. */
static GstStructure *
pop (const gchar * name, GstClockTime timeout)
{
  GstStructure *s = NULL;
  GstMessage *message;

  while (!s && (message = gst_bus_timed_pop_filtered (bus, timeout,
              GST_MESSAGE_ELEMENT))) {
    if (gst_message_has_name (message, name))
      s = gst_structure_copy (gst_message_get_structure (message));
    gst_message_unref (message);
  }
  return s;
}

static gboolean
pop_status (const gchar * code, GstClockTime timeout)
{
  gboolean found = FALSE;
  GstStructure *s;

  while (!found && (s = pop ("dvr-status", timeout))) {
    found = g_strcmp0 (gst_structure_get_string (s, "code"), code) == 0;
    fail_unless_equals_string (gst_structure_get_string (s, "stream"), STREAM);
    gst_structure_free (s);
  }
  return found;
}

static void
expect_error (GQuark domain, gint code, const gchar * text)
{
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  GError *error;

  fail_unless (message != NULL, "there is no error message");
  gst_message_parse_error (message, &error, NULL);
  fail_unless (g_error_matches (error, domain, code), "error is %s",
      error->message);
  fail_unless (strstr (error->message, text) != NULL, "'%s' not in '%s'",
      text, error->message);
  g_error_free (error);
  gst_message_unref (message);
}

static GstFlowReturn
push_header (void)
{
  return gst_harness_push (h, gst_flv_write_header (TRUE, TRUE));
}

static GstFlowReturn
push_config (GstCaps * caps, guint8 type)
{
  return gst_harness_push (h, gst_flv_write_tag (type, 0,
          gst_flv_write_config_body (caps, GST_FLV_MODE_AUTO)));
}

static void
push_configs (void)
{
  push_config (video_caps, GST_FLV_TAG_VIDEO);
  push_config (audio_caps, GST_FLV_TAG_AUDIO);
}

static GstBuffer *
make_tag (guint8 type, GstClockTime dts, gboolean key)
{
  GstBuffer *sample = gst_buffer_new_allocate (NULL, 200, NULL), *body;

  gst_buffer_memset (sample, 0, 0, 200);
  gst_buffer_fill (sample, 0, "\0\0\0\304", 4);
  GST_BUFFER_DTS (sample) = GST_BUFFER_PTS (sample) = dts;
  if (!key)
    GST_BUFFER_FLAG_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT);
  body = gst_flv_write_sample_body (type == GST_FLV_TAG_VIDEO ? video_caps :
      audio_caps, GST_FLV_MODE_AUTO, sample);
  gst_buffer_unref (sample);
  return gst_flv_write_tag (type, dts / GST_MSECOND, body);
}

/* Pushes @n frames from @first on, a keyframe a second, and their sound. */
static GstFlowReturn
push_frames (guint first, guint n)
{
  GstFlowReturn ret = GST_FLOW_OK;
  guint i;

  for (i = first; ret == GST_FLOW_OK && i < first + n; i++) {
    ret = gst_harness_push (h, make_tag (GST_FLV_TAG_VIDEO, i * FRAME,
            i % 25 == 0));
    while (ret == GST_FLOW_OK && audio_time < (i + 1) * FRAME) {
      ret = gst_harness_push (h, make_tag (GST_FLV_TAG_AUDIO, audio_time,
              TRUE));
      audio_time += 1024 * GST_SECOND / 44100;
    }
  }
  return ret;
}

static GstDvrPlaylist *
read_list (void)
{
  gchar *path = g_build_filename (dir, STREAM, "index.m3u8", NULL);
  GError *error = NULL;
  GstDvrPlaylist *list;
  gchar *text;
  gsize size;

  fail_unless (g_file_get_contents (path, &text, &size, &error));
  list = gst_dvr_playlist_parse (text, size, &error);
  fail_unless (list != NULL, "%s", error ? error->message : "");
  g_free (text);
  g_free (path);
  return list;
}

/* A list that ends by itself is not told of: what is on disk is looked at. */
static GstDvrPlaylist *
wait_for_end (void)
{
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  GstDvrPlaylist *list = read_list ();

  while (!list->ended) {
    fail_unless (g_get_monotonic_time () < deadline, "the list does not end");
    gst_dvr_playlist_free (list);
    g_thread_yield ();
    list = read_list ();
  }
  return list;
}

static guint
count_gaps (GstDvrPlaylist * list)
{
  guint i, n = 0;

  for (i = 0; i < list->segments->len; i++)
    n += gst_dvr_playlist_get_segment (list, i)->gap ? 1 : 0;
  return n;
}

/* Every segment that is listed is there and consists of whole boxes. */
static void
check_files (GstDvrPlaylist * list)
{
  guint i;

  for (i = 0; i < list->segments->len; i++) {
    GstDvrPlaylistSegment *segment = gst_dvr_playlist_get_segment (list, i);
    gchar *path = g_build_filename (dir, STREAM, segment->uri, NULL), *data;
    gsize size, at = 0;

    if (!segment->gap) {
      fail_unless (g_file_get_contents (path, &data, &size, NULL),
          "%s is missing", path);
      while (at + 8 <= size)
        at += MAX (8, GST_READ_UINT32_BE (data + at));
      fail_unless (at == size, "%s is torn", path);
      g_free (data);
    }
    g_free (path);
  }
}

GST_START_TEST (test_records_until_eos)
{
  GstDvrPlaylist *list;
  GstStructure *s;
  guint i;

  start (make_sink (STREAM));
  push_header ();
  push_configs ();
  fail_unless_equals_int (push_frames (0, 250), GST_FLOW_OK);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));

  fail_unless (pop_status ("NetStream.Record.Start", 0));
  for (i = 0; i < 5; i++) {
    guint64 start = 0, duration = 0, size = 0;

    s = pop ("dvr-segment", 0);
    fail_unless (s != NULL);
    fail_unless (gst_structure_get (s, "start", G_TYPE_UINT64, &start,
            "duration", G_TYPE_UINT64, &duration, "size", G_TYPE_UINT64, &size,
            NULL));
    fail_unless_equals_uint64 (start, i * 2 * GST_SECOND);
    fail_unless (duration > 1980 * GST_MSECOND && duration < 2020 *
        GST_MSECOND);
    fail_unless (size > 50 * 200);
    gst_structure_free (s);
  }
  fail_unless (pop_status ("NetStream.Record.Stop", 0));

  list = read_list ();
  fail_unless_equals_int (list->segments->len, 5);
  fail_unless (list->ended);
  check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_header_in_small_pieces)
{
  GstBuffer *all = gst_flv_write_header (TRUE, TRUE);
  GstDvrPlaylist *list;
  gsize i;

  start (make_sink (STREAM));
  all = gst_buffer_append (all, gst_flv_write_tag (GST_FLV_TAG_VIDEO, 0,
          gst_flv_write_config_body (video_caps, GST_FLV_MODE_AUTO)));
  for (i = 0; i < 30; i++)
    all = gst_buffer_append (all, make_tag (GST_FLV_TAG_VIDEO, i * FRAME,
            i % 25 == 0));
  for (i = 0; i < gst_buffer_get_size (all); i++)
    fail_unless_equals_int (gst_harness_push (h, gst_buffer_copy_region (all,
                GST_BUFFER_COPY_MEMORY, i, 1)), GST_FLOW_OK);
  gst_buffer_unref (all);
  stop ();
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 1);
  check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_going_to_null_finishes_as_eos_does)
{
  GstDvrPlaylist *list;

  start (make_sink (STREAM));
  push_header ();
  push_configs ();
  push_frames (0, 70);
  stop ();
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  fail_unless (list->ended);
  check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_later_run_continues_the_list)
{
  GstDvrPlaylist *list;
  GstDvrPlaylistSegment *a, *b;

  start (make_sink (STREAM));
  push_header ();
  push_configs ();
  push_frames (0, 50);
  stop ();
  audio_time = 0;
  start (make_sink (STREAM));
  push_header ();
  push_configs ();
  push_frames (0, 50);
  stop ();
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  a = gst_dvr_playlist_get_segment (list, 0);
  b = gst_dvr_playlist_get_segment (list, 1);
  fail_unless (b->discontinuous);
  fail_unless (b->number > a->number);
  fail_unless (b->start >= a->start + a->duration);
  fail_if (g_str_equal (a->uri, b->uri));
  fail_unless (list->ended);
  check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

/* Makes the list on disk say that all of it was an hour ago. */
static void
age_list (void)
{
  const gchar tag[] = "#EXT-X-PROGRAM-DATE-TIME:";
  gchar *path =
      g_build_filename (dir, STREAM, "index.m3u8", NULL), *text, *line;
  GDateTime *now = g_date_time_new_now_utc ();
  GDateTime *then = g_date_time_add_hours (now, -1);
  gchar *date = g_date_time_format (then, "%Y-%m-%dT%H:%M:%SZ");
  GString *aged;

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  line = strstr (text, tag);
  fail_unless (line != NULL);
  aged = g_string_new_len (text, line - text);
  g_string_append_printf (aged, "%s%s%s", tag, date, strchr (line, '\n'));
  fail_unless (g_file_set_contents (path, aged->str, aged->len, NULL));
  g_string_free (aged, TRUE);
  g_free (date);
  g_date_time_unref (then);
  g_date_time_unref (now);
  g_free (text);
  g_free (path);
}

GST_START_TEST (test_later_run_keeps_the_distance_to_an_ended_list)
{
  GstDvrPlaylist *list;
  GstDvrPlaylistSegment *a, *b;
  guint run;

  for (run = 0; run < 2; run++) {
    audio_time = 0;
    start (make_sink (STREAM));
    push_header ();
    push_configs ();
    push_frames (0, 50);
    stop ();
    if (run == 0)
      age_list ();
  }
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  fail_unless_equals_int (count_gaps (list), 0);
  a = gst_dvr_playlist_get_segment (list, 0);
  b = gst_dvr_playlist_get_segment (list, 1);
  fail_unless (b->start >= a->start + 3590 * GST_SECOND);
  fail_unless (b->start <= a->start + 3660 * GST_SECOND);
  fail_unless (b->wall_time - a->wall_time >= G_GINT64_CONSTANT (3590) *
      G_USEC_PER_SEC);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_goes_on_after_eos_when_flushed)
{
  GstDvrPlaylist *list;

  start (make_sink (STREAM));
  push_header ();
  push_configs ();
  push_frames (0, 50);
  gst_harness_push_event (h, gst_event_new_eos ());
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, gst_event_new_stream_start ("again"));
  gst_harness_set_src_caps_str (h, "video/x-flv");
  audio_time = 0;
  push_header ();
  push_configs ();
  fail_unless_equals_int (push_frames (0, 50), GST_FLOW_OK);
  stop ();
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  fail_unless (list->ended);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_size_change_gets_a_new_init_and_a_discontinuity)
{
  GstDvrPlaylist *list;
  GstDvrPlaylistSegment *a, *b;

  start (make_sink (STREAM));
  push_header ();
  push_configs ();
  push_frames (0, 50);
  push_configs ();
  push_frames (50, 50);
  gst_clear_caps (&video_caps);
  video_caps = gst_fmp4_codec_caps (GST_FMP4_CODEC_H264, avcc_large,
      sizeof (avcc_large), 640, 360);
  push_configs ();
  push_frames (100, 50);
  stop ();
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 3);
  a = gst_dvr_playlist_get_segment (list, 1);
  b = gst_dvr_playlist_get_segment (list, 2);
  fail_if (a->discontinuous);
  fail_unless (b->discontinuous);
  fail_if (gst_dvr_playlist_map_equal (a->map, b->map));
  fail_unless (gst_dvr_playlist_map_equal (a->map,
          gst_dvr_playlist_get_segment (list, 0)->map));
  check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_absence_is_listed_as_gaps_then_the_list_ends)
{
  GstElement *sink = make_sink (STREAM);
  GstDvrPlaylist *list;

  g_object_set (sink, "target-duration", 100 * GST_MSECOND,
      "part-duration", 100 * GST_MSECOND, "reconnect-window",
      400 * GST_MSECOND, NULL);
  start (sink);
  push_header ();
  push_configs ();
  push_frames (0, 5);
  gst_harness_push_event (h, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
          gst_structure_new ("dvr-away", "away", G_TYPE_BOOLEAN, TRUE, NULL)));
  fail_unless (pop_status ("NetStream.Record.Stop", 0));
  list = wait_for_end ();
  fail_unless_equals_int (count_gaps (list), 4);
  gst_dvr_playlist_free (list);

  push_header ();
  push_configs ();
  push_frames (0, 50);
  fail_unless (pop_status ("NetStream.Record.Start", 0));
  list = read_list ();
  fail_if (list->ended);
  fail_unless (list->segments->len > 5);
  fail_unless (gst_dvr_playlist_get_segment (list, 5)->discontinuous);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

/* Pushes a publisher's session: header, configurations and two seconds. */
static void
push_session (guint begin)
{
  audio_time = begin * FRAME;
  push_header ();
  push_configs ();
  fail_unless_equals_int (push_frames (begin, 50), GST_FLOW_OK);
}

static void
check_two_sessions (void)
{
  GstDvrPlaylistSegment *a, *b;
  GstDvrPlaylist *list;

  stop ();
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  a = gst_dvr_playlist_get_segment (list, 0);
  b = gst_dvr_playlist_get_segment (list, 1);
  fail_unless (b->discontinuous);
  fail_unless (gst_dvr_playlist_map_equal (a->map, b->map));
  fail_unless (b->start >= a->start + a->duration);
  fail_unless (b->start < a->start + a->duration + GST_SECOND);
  check_files (list);
  gst_dvr_playlist_free (list);
}

GST_START_TEST (test_returning_publisher_is_appended)
{
  GstSegment segment;

  start (make_sink (STREAM));
  push_session (25000);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (h, gst_event_new_stream_start ("again"));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push_session (0);
  check_two_sessions ();
}

GST_END_TEST;

GST_START_TEST (test_second_header_in_the_stream_is_another_session)
{
  start (make_sink (STREAM));
  push_session (0);
  push_session (100);
  check_two_sessions ();
}

GST_END_TEST;

GST_START_TEST (test_torn_tag_before_a_new_session)
{
  GstBuffer *tag = make_tag (GST_FLV_TAG_VIDEO, 50 * FRAME, TRUE);
  GstSegment segment;

  start (make_sink (STREAM));
  push_session (0);
  gst_buffer_resize (tag, 0, 100);
  gst_harness_push (h, tag);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push_session (0);
  check_two_sessions ();
}

GST_END_TEST;

GST_START_TEST (test_silence_counts_as_absence)
{
  GstElement *sink = make_sink (STREAM);

  g_object_set (sink, "target-duration", 100 * GST_MSECOND,
      "max-segment-duration", 200 * GST_MSECOND,
      "part-duration", 100 * GST_MSECOND, NULL);
  start (sink);
  push_header ();
  push_configs ();
  push_frames (0, 5);
  fail_unless (pop_status ("NetStream.Record.Stop", 5 * GST_SECOND));
}

GST_END_TEST;

GST_START_TEST (test_recording_can_be_paused)
{
  GstElement *sink = make_sink (STREAM);
  GstDvrPlaylist *list;

  start (sink);
  push_header ();
  push_configs ();
  push_frames (0, 50);
  g_object_set (h->element, "recording", FALSE, NULL);
  fail_unless_equals_int (push_frames (50, 100), GST_FLOW_OK);
  fail_unless (pop_status ("NetStream.Record.Stop", 0));
  g_object_set (h->element, "recording", TRUE, NULL);
  push_frames (150, 50);
  fail_unless (pop_status ("NetStream.Record.Start", 0));
  stop ();
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  fail_unless (gst_dvr_playlist_get_segment (list, 1)->discontinuous);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_late_joiner_takes_the_header_from_the_caps)
{
  GstElement *sink = make_sink (STREAM);
  GstCaps *caps = gst_caps_new_empty_simple ("video/x-flv");
  GValue array = G_VALUE_INIT, value = G_VALUE_INIT;
  GstBuffer *headers[2];
  GstDvrPlaylist *list;
  guint i;

  headers[0] = gst_flv_write_header (TRUE, FALSE);
  headers[1] = gst_flv_write_tag (GST_FLV_TAG_VIDEO, 0,
      gst_flv_write_config_body (video_caps, GST_FLV_MODE_AUTO));
  g_value_init (&array, GST_TYPE_ARRAY);
  for (i = 0; i < 2; i++) {
    g_value_init (&value, GST_TYPE_BUFFER);
    gst_value_take_buffer (&value, headers[i]);
    gst_value_array_append_and_take_value (&array, &value);
  }
  gst_caps_set_value (caps, "streamheader", &array);
  g_value_unset (&array);

  start (sink);
  gst_harness_set_src_caps (h, caps);
  for (i = 110; i < 160; i++)
    fail_unless_equals_int (gst_harness_push (h, make_tag (GST_FLV_TAG_VIDEO,
                i * FRAME, i % 25 == 0)), GST_FLOW_OK);
  stop ();
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 1);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_not_flv_is_refused_and_named)
{
  static const guint8 mp4[] = "\0\0\0\040ftypisom and so on and so on";

  start (make_sink (STREAM));
  fail_unless_equals_int (gst_harness_push (h, gst_buffer_new_memdup (mp4,
              sizeof (mp4))), GST_FLOW_ERROR);
  expect_error (GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "ftyp");
}

GST_END_TEST;

GST_START_TEST (test_garbage_in_the_middle_is_skipped)
{
  GstDvrPlaylist *list;
  guint8 *garbage = g_malloc (5000);
  GstStructure *stats;
  guint64 skipped = 0;
  guint i;

  for (i = 0; i < 5000; i++)
    garbage[i] = (i * 7 + i / 3) & 0xff;
  start (make_sink (STREAM));
  push_header ();
  push_configs ();
  push_frames (0, 50);
  gst_harness_push (h, gst_buffer_new_wrapped (garbage, 5000));
  fail_unless_equals_int (push_frames (50, 50), GST_FLOW_OK);
  fail_unless (pop_status ("NetStream.Record.BadInput", 0));
  g_object_get (h->element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "skipped-bytes", &skipped));
  fail_unless (skipped >= 5000);
  gst_structure_free (stats);
  stop ();
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 2);
  check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

GST_START_TEST (test_torn_end_leaves_whole_segments)
{
  GstBuffer *tag = make_tag (GST_FLV_TAG_VIDEO, 50 * FRAME, TRUE);
  GstDvrPlaylist *list;

  start (make_sink (STREAM));
  push_header ();
  push_configs ();
  push_frames (0, 50);
  gst_buffer_resize (tag, 0, 100);
  gst_harness_push (h, tag);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  list = read_list ();
  fail_unless_equals_int (list->segments->len, 1);
  fail_unless (list->ended);
  check_files (list);
  gst_dvr_playlist_free (list);
}

GST_END_TEST;

static void
expect_no_start (GstElement * sink, gint code, const gchar * text)
{
  bus = gst_bus_new ();
  gst_element_set_bus (sink, bus);
  fail_unless_equals_int (gst_element_set_state (sink, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  expect_error (GST_RESOURCE_ERROR, code, text);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_element_set_bus (sink, NULL);
  gst_object_unref (sink);
  gst_bus_set_flushing (bus, TRUE);
  gst_clear_object (&bus);
}

GST_START_TEST (test_settings_that_cannot_work)
{
  GstElement *sink = make_sink (STREAM);

  g_object_set (sink, "location", NULL, NULL);
  expect_no_start (sink, GST_RESOURCE_ERROR_SETTINGS, "location");
  expect_no_start (make_sink (NULL), GST_RESOURCE_ERROR_SETTINGS, "stream");
  expect_no_start (make_sink ("../evil"), GST_RESOURCE_ERROR_SETTINGS,
      "../evil");
  sink = make_sink (STREAM);
  g_object_set (sink, "target-duration", 20 * GST_SECOND, NULL);
  expect_no_start (sink, GST_RESOURCE_ERROR_SETTINGS, "target-duration");
}

GST_END_TEST;

GST_START_TEST (test_directory_that_cannot_be_made)
{
  gchar *file = g_build_filename (dir, "file", NULL);
  GstElement *sink = make_sink (STREAM);

  fail_unless (g_file_set_contents (file, "x", 1, NULL));
  g_object_set (sink, "location", file, NULL);
  expect_no_start (sink, GST_RESOURCE_ERROR_OPEN_WRITE, file);
  g_free (file);
}

GST_END_TEST;

GST_START_TEST (test_second_recorder_is_refused)
{
  GstElement *first = make_sink (STREAM);

  fail_unless (gst_element_set_state (first, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_FAILURE);
  expect_no_start (make_sink (STREAM), GST_RESOURCE_ERROR_BUSY, STREAM);
  gst_element_set_state (first, GST_STATE_NULL);
  gst_object_unref (first);

  first = make_sink (STREAM);
  fail_unless (gst_element_set_state (first, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (first, GST_STATE_NULL);
  gst_object_unref (first);
}

GST_END_TEST;

GST_START_TEST (test_playing_needs_no_data)
{
  GstElement *sink = make_sink (STREAM);
  GstState state;

  gst_element_set_state (sink, GST_STATE_PLAYING);
  fail_unless_equals_int (gst_element_get_state (sink, &state, NULL,
          5 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int (state, GST_STATE_PLAYING);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_object_unref (sink);
}

GST_END_TEST;

GST_START_TEST (test_defaults_and_stats)
{
  GstElement *sink = make_sink (STREAM);
  GstStructure *stats;
  gboolean sync, async, last;

  g_object_get (sink, "sync", &sync, "async", &async, "enable-last-sample",
      &last, "stats", &stats, NULL);
  fail_if (sync || async || last);
  fail_unless (gst_structure_has_name (stats,
          "application/x-rtmpdvrsink-stats"));
  fail_unless (gst_structure_has_field (stats, "rendered"));
  fail_unless (gst_structure_has_field (stats, "dropped"));
  fail_unless (gst_structure_has_field (stats, "average-rate"));
  fail_unless (gst_structure_has_field (stats, "segments"));
  gst_structure_free (stats);
  gst_object_unref (sink);
}

GST_END_TEST;

static void
write_flv (const gchar * path, guint n)
{
  GstBuffer *all = gst_flv_write_header (TRUE, FALSE);
  GstMapInfo map;
  guint i;

  all = gst_buffer_append (all, gst_flv_write_tag (GST_FLV_TAG_VIDEO, 0,
          gst_flv_write_config_body (video_caps, GST_FLV_MODE_AUTO)));
  for (i = 0; i < n; i++)
    all = gst_buffer_append (all, make_tag (GST_FLV_TAG_VIDEO, i * FRAME,
            i % 25 == 0));
  gst_buffer_map (all, &map, GST_MAP_READ);
  fail_unless (g_file_set_contents (path, (gchar *) map.data, map.size, NULL));
  gst_buffer_unmap (all, &map);
  gst_buffer_unref (all);
}

GST_START_TEST (test_two_hundred_state_changes_under_data)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *src = gst_element_factory_make ("filesrc", NULL);
  GstElement *sink = make_sink (STREAM);
  gchar *path = g_build_filename (dir, "in.flv", NULL);
  GRand *rand = g_rand_new_with_seed (7);
  GstDvrPlaylist *list;
  guint i;

  write_flv (path, 500);
  g_object_set (src, "location", path, "blocksize", 256, NULL);
  gst_bin_add_many (GST_BIN (pipeline), src, sink, NULL);
  fail_unless (gst_element_link (src, sink));
  for (i = 0; i < 200; i++)
    fail_unless (gst_element_set_state (pipeline, g_rand_int_range (rand,
                GST_STATE_NULL, GST_STATE_PLAYING + 1)) !=
        GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  list = read_list ();
  check_files (list);
  gst_dvr_playlist_free (list);
  gst_object_unref (pipeline);
  g_rand_free (rand);
  g_free (path);
}

GST_END_TEST;

static Suite *
rtmpdvrsink_suite (void)
{
  Suite *s = suite_create ("rtmpdvrsink");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_records_until_eos);
  tcase_add_test (tc, test_header_in_small_pieces);
  tcase_add_test (tc, test_going_to_null_finishes_as_eos_does);
  tcase_add_test (tc, test_later_run_continues_the_list);
  tcase_add_test (tc, test_later_run_keeps_the_distance_to_an_ended_list);
  tcase_add_test (tc, test_goes_on_after_eos_when_flushed);
  tcase_add_test (tc, test_size_change_gets_a_new_init_and_a_discontinuity);
  tcase_add_test (tc, test_absence_is_listed_as_gaps_then_the_list_ends);
  tcase_add_test (tc, test_returning_publisher_is_appended);
  tcase_add_test (tc, test_second_header_in_the_stream_is_another_session);
  tcase_add_test (tc, test_torn_tag_before_a_new_session);
  tcase_add_test (tc, test_silence_counts_as_absence);
  tcase_add_test (tc, test_recording_can_be_paused);
  tcase_add_test (tc, test_late_joiner_takes_the_header_from_the_caps);
  tcase_add_test (tc, test_not_flv_is_refused_and_named);
  tcase_add_test (tc, test_garbage_in_the_middle_is_skipped);
  tcase_add_test (tc, test_torn_end_leaves_whole_segments);
  tcase_add_test (tc, test_settings_that_cannot_work);
  tcase_add_test (tc, test_directory_that_cannot_be_made);
  tcase_add_test (tc, test_second_recorder_is_refused);
  tcase_add_test (tc, test_playing_needs_no_data);
  tcase_add_test (tc, test_defaults_and_stats);
  tcase_add_test (tc, test_two_hundred_state_changes_under_data);
  return s;
}

GST_CHECK_MAIN (rtmpdvrsink);
