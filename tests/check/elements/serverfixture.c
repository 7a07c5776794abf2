/* serverfixture.c: a dvrserversink with its upstream, and its clients
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "serverfixture.h"

static GstDvrSegment *
get_segment_locked (Fixture * f, guint64 number)
{
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING,
    number
  };
  GstDvrSegment *segment = g_hash_table_lookup (f->segments, &number);
  guint64 *key;

  if (segment)
    return segment;
  key = g_memdup2 (&number, sizeof (number));
  segment = gst_dvr_segment_new (&id);
  g_hash_table_insert (f->segments, key, segment);

  return segment;
}

/* Returns: (transfer none): what is served, or will be, under that number */
GstDvrSegment *
get_segment (Fixture * f, guint64 number)
{
  GstDvrSegment *segment;

  g_mutex_lock (&f->lock);
  segment = get_segment_locked (f, number);
  g_mutex_unlock (&f->lock);
  return segment;
}

/* As a cache does: with the segment where it is known. Else the range comes, of
 * a segment of 1000 bytes. */
static void
answer_range (Fixture * f, GstDvrRequest * request)
{
  const GstDvrSegmentId *id = gst_dvr_request_get_id (request);
  gchar bytes[1000];
  GstDvrSegment *segment;

  g_mutex_lock (&f->lock);
  segment = g_hash_table_lookup (f->segments, &id->number);
  if (segment)
    gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_COLLAPSED);
  f->requests++;
  f->ranges++;
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
  if (segment)
    return;
  memset (bytes, 'r', sizeof (bytes));
  segment = gst_dvr_segment_new (id);
  gst_dvr_segment_set_source (segment, NULL, 1000);
  gst_dvr_segment_append_bytes (segment, bytes, id->size);
  gst_dvr_segment_finish (segment);
  gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_MISS);
  gst_dvr_segment_unref (segment);
}

static gboolean
answer (GstPad * pad, GstObject * parent, GstQuery * query)
{
  Fixture *f = gst_pad_get_element_private (pad);
  GstDvrRequest *request = gst_query_get_dvr_request (query);

  if (request == NULL)
    return gst_pad_query_default (pad, parent, query);
  if (strcmp (gst_dvr_request_get_stream (request), "live/cam1") != 0) {
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
  } else if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE) {
    gst_dvr_request_answer_timeline (request, f->timeline);
  } else if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_SEGMENT) {
    g_mutex_lock (&f->lock);
    f->requests++;
    gst_dvr_request_answer_segment (request, get_segment_locked (f,
            gst_dvr_request_get_id (request)->number), GST_DVR_HOW_MISS);
    g_cond_broadcast (&f->cond);
    g_mutex_unlock (&f->lock);
  } else if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_RANGE) {
    answer_range (f, request);
  } else {
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
  }

  return TRUE;
}

/* Waits until upstream has been asked so often. */
void
wait_requests (Fixture * f, guint n)
{
  gint64 until = g_get_monotonic_time () + 120 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&f->lock);
  while (f->requests < n)
    fail_unless (g_cond_wait_until (&f->cond, &f->lock, until));
  g_mutex_unlock (&f->lock);
}

void
close_segment (Fixture * f, guint64 number, guint64 size)
{
  GstDvrEntry entry = {.number = number,.recording = RECORDING,
    .start = number * GST_SECOND,.duration = GST_SECOND,.size = size,
    .wall_time = 1000000
  };

  fail_unless (gst_dvr_timeline_close_segment (f->timeline, &entry));
}

void
close_gap (Fixture * f, guint64 number)
{
  GstDvrEntry entry = {.number = number,.recording = RECORDING,
    .start = number * GST_SECOND,.duration = GST_SECOND,.gap = TRUE,
    .wall_time = 1000000
  };

  fail_unless (gst_dvr_timeline_close_segment (f->timeline, &entry));
}

void
open_segment (Fixture * f, guint64 number)
{
  GstDvrEntry entry = {.number = number,.recording = RECORDING,
    .start = number * GST_SECOND,.wall_time = 1000000
  };

  fail_unless (gst_dvr_timeline_open_segment (f->timeline, &entry));
}

void
add_part (Fixture * f, guint64 number, gchar byte)
{
  GstDvrPart part = { 0, 100, 250 * GST_MSECOND, TRUE };
  GstDvrSegment *segment;
  gchar bytes[100];

  memset (bytes, byte, sizeof (bytes));
  segment = get_segment (f, number);
  part.offset = gst_dvr_segment_get_size (segment);
  gst_dvr_segment_append_part (segment, gst_buffer_new_memdup (bytes, 100),
      part.duration, TRUE);
  gst_dvr_timeline_add_part (f->timeline, &part);
}

void
fill (Fixture * f, guint64 number, gsize size)
{
  gchar *bytes = g_malloc (size);
  GstDvrSegment *segment;

  memset (bytes, 'a' + number % 26, size);
  segment = get_segment (f, number);
  gst_dvr_segment_append_bytes (segment, bytes, size);
  gst_dvr_segment_finish (segment);
  g_free (bytes);
}

void
setup (Fixture * f)
{
  const gchar *names[] = { "*", NULL };
  guint64 number;

  memset (f, 0, sizeof (*f));
  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
  f->segments = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
      (GDestroyNotify) gst_dvr_segment_unref);
  f->timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_set_durations (f->timeline, 2 * GST_SECOND,
      250 * GST_MSECOND);
  gst_dvr_timeline_set_state (f->timeline, GST_DVR_TIMELINE_OPEN, 0);
  for (number = 10; number < 30; number++)
    close_segment (f, number, 1000);

  f->sink = gst_element_factory_make ("dvrserversink", NULL);
  fail_unless (f->sink != NULL);
  g_object_set (f->sink, "http-port", 0, NULL);
  f->src = gst_pad_new ("src", GST_PAD_SRC);
  gst_pad_set_element_private (f->src, f);
  gst_pad_set_query_function (f->src, answer);
  f->pad = gst_element_request_pad_simple (f->sink, "sink_%u");
  fail_unless_equals_int (gst_pad_link (f->src, f->pad), GST_PAD_LINK_OK);
  gst_pad_set_active (f->src, TRUE);
  fail_unless_equals_int (gst_element_set_state (f->sink, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
  g_object_get (f->sink, "current-http-port", &f->port, NULL);
  fail_unless (f->port > 0);
  gst_pad_push_event (f->src, gst_event_new_stream_start ("test"));
  fail_unless_equals_int (status_of (f, "GET", "/readyz", ""), 503);
  gst_pad_push_event (f->src, gst_dvr_event_new_names ((gchar **) names));
  fail_unless_equals_int (status_of (f, "GET", "/readyz", ""), 200);
}

void
teardown (Fixture * f)
{
  gst_element_set_state (f->sink, GST_STATE_NULL);
  gst_pad_unlink (f->src, f->pad);
  gst_element_release_request_pad (f->sink, f->pad);
  gst_object_unref (f->pad);
  gst_object_unref (f->src);
  ASSERT_OBJECT_REFCOUNT (f->sink, "sink", 1);
  gst_object_unref (f->sink);
  gst_dvr_timeline_unref (f->timeline);
  g_hash_table_unref (f->segments);
  g_cond_clear (&f->cond);
  g_mutex_clear (&f->lock);
}

Reply *
get (Fixture * f, const gchar * path, const gchar * headers)
{
  return read_reply (send_request (f->port, "GET", path, headers));
}

guint
status_of (Fixture * f, const gchar * method, const gchar * path,
    const gchar * headers)
{
  return read_status (send_request (f->port, method, path, headers));
}
