/* upstreamfixture.c: a cache and its upstream, for tests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "upstreamfixture.h"

static Upstream *
upstream_of (GObject * owner)
{
  return g_object_get_data (owner, "upstream");
}

static GstDvrAnswer
upstream_ask (GObject * owner, GstDvrRequest * request)
{
  Upstream *up = upstream_of (owner);
  GstDvrSegment *segment;

  if (up->answer != GST_DVR_ANSWER_OK) {
    gst_dvr_request_refuse (request, up->answer);
    return up->answer;
  }
  segment = gst_dvr_segment_new (gst_dvr_request_get_id (request));
  gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_MISS);
  g_mutex_lock (&up->lock);
  g_ptr_array_add (up->segments, segment);
  g_mutex_unlock (&up->lock);
  return GST_DVR_ANSWER_OK;
}

static void
upstream_status (GObject * owner, const gchar * code, const gchar * level,
    const gchar * description)
{
  Upstream *up = upstream_of (owner);

  g_mutex_lock (&up->lock);
  g_ptr_array_add (up->statuses, g_strdup (code));
  g_mutex_unlock (&up->lock);
}

static const GstDvrCacheUserFuncs funcs = { upstream_ask, upstream_status };

static void
upstream_free (gpointer data)
{
  Upstream *up = data;

  g_ptr_array_unref (up->segments);
  g_ptr_array_unref (up->statuses);
  g_mutex_clear (&up->lock);
  g_free (up);
}

static GObject *
upstream_new (void)
{
  GObject *owner = g_object_new (G_TYPE_OBJECT, NULL);
  Upstream *up = g_new0 (Upstream, 1);

  g_mutex_init (&up->lock);
  up->answer = GST_DVR_ANSWER_OK;
  up->segments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_dvr_segment_unref);
  up->statuses = g_ptr_array_new_with_free_func (g_free);
  g_object_set_data_full (owner, "upstream", up, upstream_free);
  return owner;
}

void
setup (Fixture * f, const gchar * id, guint64 max_memory)
{
  f->owner = upstream_new ();
  f->up = upstream_of (f->owner);
  f->cache = gst_dvr_cache_get (id);
  f->user = gst_dvr_cache_join (f->cache, f->owner, &funcs, max_memory);
}

void
teardown (Fixture * f)
{
  gst_dvr_cache_leave (f->cache, f->user);
  g_object_unref (f->cache);
  g_object_unref (f->owner);
}

guint
n_asked (Fixture * f)
{
  guint n;

  g_mutex_lock (&f->up->lock);
  n = f->up->segments->len;
  g_mutex_unlock (&f->up->lock);
  return n;
}

GstDvrSegment *
asked (Fixture * f, guint n)
{
  GstDvrSegment *segment;

  g_mutex_lock (&f->up->lock);
  fail_unless (n < f->up->segments->len);
  segment = g_ptr_array_index (f->up->segments, n);
  g_mutex_unlock (&f->up->lock);
  return segment;
}

/* A segment as small as one can be: styp, mdat. */
void
fill (GstDvrSegment * segment)
{
  guint8 *bytes = g_malloc0 (SIZE);
  gboolean init =
      gst_dvr_segment_get_id (segment)->kind == GST_DVR_SEGMENT_INIT;

  GST_WRITE_UINT32_BE (bytes, 8);
  memcpy (bytes + 4, init ? "ftyp" : "styp", 4);
  GST_WRITE_UINT32_BE (bytes + 8, SIZE - 8);
  memcpy (bytes + 12, init ? "moov" : "mdat", 4);
  bytes[SIZE - 1] = gst_dvr_segment_get_id (segment)->number;
  gst_dvr_segment_set_total (segment, SIZE);
  gst_dvr_segment_append_bytes (segment, bytes, SIZE);
  gst_dvr_segment_finish (segment);
  g_free (bytes);
}

GstDvrRequest *
request_kind (Fixture * f, GstDvrSegmentKind kind, guint64 number,
    GstDvrPriority priority)
{
  GstDvrSegmentId id = { kind, "live/cam1", "20261120T192200Z-3f9c", number };
  GstDvrRequest *request = gst_dvr_request_new_segment (&id, priority);

  gst_dvr_cache_request (f->cache, f->user, request);
  return request;
}

GstDvrRequest *
request (Fixture * f, guint64 number)
{
  return request_kind (f, GST_DVR_SEGMENT_MEDIA, number,
      GST_DVR_PRIORITY_VIEWER);
}

GstDvrHow
how (Fixture * f, guint64 number)
{
  GstDvrRequest *r = request (f, number);
  GstDvrHow ret = gst_dvr_request_get_how (r);

  fail_unless_equals_int (gst_dvr_request_get_answer (r), GST_DVR_ANSWER_OK);
  gst_dvr_request_unref (r);
  return ret;
}

/* A whole segment in the cache. */
void
fetch (Fixture * f, guint64 number)
{
  fail_unless_equals_int (how (f, number), GST_DVR_HOW_MISS);
  fill (asked (f, n_asked (f) - 1));
}

gboolean
has (Fixture * f, guint64 number)
{
  GstDvrSegmentId id =
      { GST_DVR_SEGMENT_MEDIA, "live/cam1", "20261120T192200Z-3f9c", number };

  return gst_dvr_cache_contains (f->cache, &id);
}

GstDvrCacheStats
stats (Fixture * f)
{
  GstDvrCacheStats ret;

  gst_dvr_cache_get_stats (f->cache, &ret);
  return ret;
}

/* Uses are told apart by the microsecond: what comes next is a later one. */
void
let_time_pass (void)
{
  gint64 now = g_get_monotonic_time ();

  while (g_get_monotonic_time () == now);
}
