/* recorderfixture.c: an rtmpdvrsink in a harness, for tests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <string.h>

#include "checkutil.h"
#include "flv/flvwriter.h"
#include "fmp4/fmp4.h"
#include "recorderfixture.h"

gchar *recorder_dir;
GstHarness *recorder_harness;
GstBus *recorder_bus;
GstCaps *recorder_video_caps, *recorder_audio_caps;
GstClockTime recorder_audio_time;

/* 320x240, as x264 says it. */
static const guint8 avcc_small[] = {
  0x01, 0x42, 0xc0, 0x0d, 0xff, 0xe1, 0x00, 0x16, 0x67, 0x42, 0xc0, 0x0d,
  0xda, 0x05, 0x07, 0xec, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00,
  0x00, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 0x01, 0x00, 0x04, 0x68, 0xce, 0x0f,
  0xc8
};

static const guint8 aac_config[] = { 0x12, 0x10 };

GstElement *
recorder_make_sink (const gchar * stream)
{
  GstElement *sink = gst_element_factory_make ("rtmpdvrsink", NULL);

  fail_unless (sink != NULL);
  g_object_set (sink, "location", recorder_dir, "stream", stream, "fsync", 0,
      NULL);
  return sink;
}

/* A harness plays the element at once, so properties come before. */
void
recorder_start (GstElement * sink)
{
  recorder_bus = gst_bus_new ();
  gst_element_set_bus (sink, recorder_bus);
  recorder_harness = gst_harness_new_with_element (sink, "sink", NULL);
  gst_harness_set_src_caps_str (recorder_harness, "video/x-flv");
  gst_object_unref (sink);
}

void
recorder_stop (void)
{
  if (recorder_harness)
    gst_harness_teardown (recorder_harness);
  recorder_harness = NULL;
  if (recorder_bus)
    gst_bus_set_flushing (recorder_bus, TRUE);
  gst_clear_object (&recorder_bus);
}

void
recorder_setup (void)
{
  recorder_dir = g_dir_make_tmp ("rtmpdvrsink-XXXXXX", NULL);
  recorder_video_caps = gst_fmp4_codec_caps (GST_FMP4_CODEC_H264, avcc_small,
      sizeof (avcc_small), 320, 240);
  recorder_audio_caps = gst_fmp4_codec_caps (GST_FMP4_CODEC_AAC, aac_config,
      sizeof (aac_config), 44100, 2);
  fail_unless (recorder_video_caps && recorder_audio_caps);
  recorder_audio_time = 0;
}

void
recorder_teardown (void)
{
  recorder_stop ();
  check_remove_tree (recorder_dir);
  g_free (recorder_dir);
  gst_clear_caps (&recorder_video_caps);
  gst_clear_caps (&recorder_audio_caps);
}

/* Waits for the next element message of that name. */
GstStructure *
recorder_pop (const gchar * name, GstClockTime timeout)
{
  GstStructure *s = NULL;
  GstMessage *message;

  while (!s && (message = gst_bus_timed_pop_filtered (recorder_bus, timeout,
              GST_MESSAGE_ELEMENT))) {
    if (gst_message_has_name (message, name))
      s = gst_structure_copy (gst_message_get_structure (message));
    gst_message_unref (message);
  }
  return s;
}

gboolean
recorder_pop_status (const gchar * code, GstClockTime timeout)
{
  gboolean found = FALSE;
  GstStructure *s;

  while (!found && (s = recorder_pop ("dvr-status", timeout))) {
    found = g_strcmp0 (gst_structure_get_string (s, "code"), code) == 0;
    fail_unless_equals_string (gst_structure_get_string (s, "stream"), STREAM);
    gst_structure_free (s);
  }
  return found;
}

void
recorder_expect_error (GQuark domain, gint code, const gchar * text)
{
  GstMessage *message = gst_bus_pop_filtered (recorder_bus, GST_MESSAGE_ERROR);
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

GstFlowReturn
recorder_push_header (void)
{
  return gst_harness_push (recorder_harness, gst_flv_write_header (TRUE, TRUE));
}

GstFlowReturn
recorder_push_config (GstCaps * caps, guint8 type)
{
  return gst_harness_push (recorder_harness, gst_flv_write_tag (type, 0,
          gst_flv_write_config_body (caps, GST_FLV_MODE_AUTO)));
}

void
recorder_push_configs (void)
{
  recorder_push_config (recorder_video_caps, GST_FLV_TAG_VIDEO);
  recorder_push_config (recorder_audio_caps, GST_FLV_TAG_AUDIO);
}

void
recorder_begin (GstElement * sink)
{
  recorder_start (sink);
  recorder_push_header ();
  recorder_push_configs ();
}

GstBuffer *
recorder_make_tag (guint8 type, GstClockTime dts, gboolean key)
{
  GstBuffer *sample = gst_buffer_new_allocate (NULL, 200, NULL), *body;

  gst_buffer_memset (sample, 0, 0, 200);
  gst_buffer_fill (sample, 0, "\0\0\0\304", 4);
  GST_BUFFER_DTS (sample) = GST_BUFFER_PTS (sample) = dts;
  if (!key)
    GST_BUFFER_FLAG_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT);
  body =
      gst_flv_write_sample_body (type ==
      GST_FLV_TAG_VIDEO ? recorder_video_caps : recorder_audio_caps,
      GST_FLV_MODE_AUTO, sample);
  gst_buffer_unref (sample);
  return gst_flv_write_tag (type, dts / GST_MSECOND, body);
}

/* Pushes @n frames from @first on, a keyframe a second, and their sound. */
GstFlowReturn
recorder_push_frames (guint first, guint n)
{
  GstFlowReturn ret = GST_FLOW_OK;
  guint i;

  for (i = first; ret == GST_FLOW_OK && i < first + n; i++) {
    ret =
        gst_harness_push (recorder_harness,
        recorder_make_tag (GST_FLV_TAG_VIDEO, i * FRAME, i % 25 == 0));
    while (ret == GST_FLOW_OK && recorder_audio_time < (i + 1) * FRAME) {
      ret =
          gst_harness_push (recorder_harness,
          recorder_make_tag (GST_FLV_TAG_AUDIO, recorder_audio_time, TRUE));
      recorder_audio_time += 1024 * GST_SECOND / 44100;
    }
  }
  return ret;
}

GstDvrPlaylist *
recorder_read_list (void)
{
  gchar *path = g_build_filename (recorder_dir, STREAM, "index.m3u8", NULL);
  GstDvrPlaylist *list = check_read_playlist (path);

  g_free (path);
  return list;
}

/* A list that ends by itself is not told of: what is on disk is looked at. */
GstDvrPlaylist *
recorder_wait_for_end (void)
{
  gint64 deadline = g_get_monotonic_time () + 120 * G_TIME_SPAN_SECOND;
  GstDvrPlaylist *list = recorder_read_list ();

  while (!list->ended) {
    fail_unless (g_get_monotonic_time () < deadline, "the list does not end");
    gst_dvr_playlist_free (list);
    g_thread_yield ();
    list = recorder_read_list ();
  }
  return list;
}

guint
recorder_count_gaps (GstDvrPlaylist * list)
{
  guint i, n = 0;

  for (i = 0; i < list->segments->len; i++)
    n += gst_dvr_playlist_get_segment (list, i)->gap ? 1 : 0;
  return n;
}

/* Every segment that is listed is there and consists of whole boxes. */
void
recorder_check_files (GstDvrPlaylist * list)
{
  guint i;

  for (i = 0; i < list->segments->len; i++) {
    GstDvrPlaylistSegment *segment = gst_dvr_playlist_get_segment (list, i);
    gchar *path =
        g_build_filename (recorder_dir, STREAM, segment->uri, NULL), *data;
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
