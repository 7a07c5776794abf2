/* cachefixture.c: a segmentcache between an upstream and who asks it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "checkutil.h"
#include "cachefixture.h"

void
cache_fill (GstDvrSegment * segment)
{
  guint8 bytes[SIZE] = { 0, 0, SIZE >> 8, SIZE & 0xff, 'm', 'o', 'o', 'f' };

  if (gst_dvr_segment_get_id (segment)->kind == GST_DVR_SEGMENT_MEDIA) {
    GST_WRITE_UINT32_BE (bytes, 8);
    GST_WRITE_UINT32_BE (bytes + 8, SIZE - 8);
    memcpy (bytes + 12, "mdat", 4);
  }
  bytes[SIZE - 1] = gst_dvr_segment_get_id (segment)->number;
  gst_dvr_segment_set_total (segment, SIZE);
  gst_dvr_segment_append_bytes (segment, bytes, SIZE);
  gst_dvr_segment_finish (segment);
}

static gboolean
upstream_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  CacheUpstream *up = gst_pad_get_element_private (pad);
  GstDvrRequest *request = gst_query_get_dvr_request (query);
  GstDvrSegment *segment;
  gboolean whole;

  if (!request || up->answer == GST_DVR_ANSWER_NONE)
    return gst_pad_query_default (pad, parent, query);
  if (up->answer != GST_DVR_ANSWER_OK) {
    g_mutex_lock (&up->lock);
    up->asked++;
    g_mutex_unlock (&up->lock);
    gst_dvr_request_refuse (request, up->answer);
    return TRUE;
  }
  if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE) {
    gst_dvr_request_answer_timeline (request, up->timeline);
    return TRUE;
  }
  segment = gst_dvr_segment_new (gst_dvr_request_get_id (request));
  g_mutex_lock (&up->lock);
  up->asked++;
  up->priority = gst_dvr_request_get_priority (request);
  g_ptr_array_add (up->segments, gst_dvr_segment_ref (segment));
  whole = up->whole;
  g_mutex_unlock (&up->lock);
  if (whole)
    cache_fill (segment);
  gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_MISS);
  gst_dvr_segment_unref (segment);
  return TRUE;
}

void
cache_upstream_init (CacheUpstream * up, GstPad * pad)
{
  g_mutex_init (&up->lock);
  up->answer = GST_DVR_ANSWER_OK;
  up->segments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_dvr_segment_unref);
  up->timeline = gst_dvr_timeline_new ("live/cam1");
  gst_pad_set_element_private (pad, up);
  gst_pad_set_query_function (pad, upstream_query);
}

void
cache_upstream_clear (CacheUpstream * up)
{
  g_ptr_array_unref (up->segments);
  gst_dvr_timeline_unref (up->timeline);
  g_mutex_clear (&up->lock);
}

guint
cache_upstream_asked (CacheUpstream * up)
{
  guint n;

  g_mutex_lock (&up->lock);
  n = up->asked;
  g_mutex_unlock (&up->lock);
  return n;
}

GstDvrSegment *
cache_upstream_segment (CacheUpstream * up, guint n)
{
  GstDvrSegment *segment;

  g_mutex_lock (&up->lock);
  fail_unless (n < up->segments->len);
  segment = g_ptr_array_index (up->segments, n);
  g_mutex_unlock (&up->lock);
  return segment;
}

/* A server downstream: it exchanges segments. */
void
cache_setup_full (Cache * f, const gchar * peer_caps, const gchar * cache_id,
    const gchar * cache_dir)
{
  memset (f, 0, sizeof (*f));
  f->element = gst_element_factory_make ("segmentcache", NULL);
  fail_unless (f->element != NULL);
  g_object_set (f->element, "cache-id", cache_id, "cache-dir", cache_dir, NULL);
  f->h = gst_harness_new_with_element (f->element, "sink", "src");
  cache_upstream_init (&f->up, f->h->srcpad);
  if (peer_caps)
    gst_harness_set_sink_caps_str (f->h, peer_caps);
  gst_harness_set_src_caps_str (f->h, GST_DVR_LINK_CAPS);
}

void
cache_setup (Cache * f)
{
  cache_setup_full (f, GST_DVR_LINK_CAPS, NULL, NULL);
}

/* A harness frees what the element's task may still ask it for: its caps. */
void
cache_teardown (Cache * f)
{
  gst_element_set_state (f->element, GST_STATE_NULL);
  gst_harness_teardown (f->h);
  gst_object_unref (f->element);
  cache_upstream_clear (&f->up);
}

GstDvrRequest *
cache_ask_for (GstPad * pad, guint64 number, GstDvrPriority priority)
{
  GstDvrSegmentId id =
      { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, number };
  GstDvrRequest *request = gst_dvr_request_new_segment (&id, priority);

  gst_dvr_request_send (request, pad);
  return request;
}

GstDvrRequest *
cache_ask (Cache * f, guint64 number)
{
  return cache_ask_for (f->h->sinkpad, number, GST_DVR_PRIORITY_VIEWER);
}

/* Asks and forgets; returns how it was answered. */
GstDvrHow
cache_how (Cache * f, guint64 number)
{
  GstDvrRequest *request = cache_ask (f, number);
  GstDvrHow ret = gst_dvr_request_get_how (request);

  fail_unless_equals_int (gst_dvr_request_get_answer (request),
      GST_DVR_ANSWER_OK);
  gst_dvr_request_unref (request);
  return ret;
}

guint64
cache_stat_of (Cache * f, const gchar * name)
{
  GstStructure *stats;
  guint64 value = G_MAXUINT64;

  g_object_get (f->element, "stats", &stats, NULL);
  fail_unless (gst_structure_has_name (stats,
          "application/x-segmentcache-stats"));
  fail_unless (gst_structure_get_uint64 (stats, name, &value));
  gst_structure_free (stats);
  return value;
}

/* Waits until a statistic reaches a value. */
void
cache_wait_stat (Cache * f, const gchar * name, guint64 value)
{
  fail_unless_soon (cache_stat_of (f, name) >= value);
}
