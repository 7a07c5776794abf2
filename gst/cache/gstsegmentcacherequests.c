/* gstsegmentcacherequests.c: how segmentcache answers requests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstsegmentcache-private.h"

/* References to the cache, while started; to be released with
 * gst_segment_cache_unuse_cache(). */
gboolean
gst_segment_cache_use_cache (GstSegmentCache * self,
    GstDvrCache ** cache, GstDvrCacheUser ** user)
{
  gboolean started;

  g_mutex_lock (&self->lock);
  started = self->started;
  if (started) {
    *cache = g_object_ref (self->cache);
    *user = gst_dvr_cache_user_ref (self->user);
  }
  g_mutex_unlock (&self->lock);
  return started;
}

void
gst_segment_cache_unuse_cache (GstDvrCache * cache, GstDvrCacheUser * user)
{
  gst_dvr_cache_user_unref (user);
  g_object_unref (cache);
}

static guint64
get_max_memory (GstSegmentCache * self)
{
  guint64 max_memory;

  g_mutex_lock (&self->lock);
  max_memory = self->max_memory;
  g_mutex_unlock (&self->lock);
  return max_memory;
}

static void
answer_timeline (GstSegmentCache * self, GstDvrRequest * request)
{
  const gchar *stream = gst_dvr_request_get_stream (request);
  GstDvrTimeline *timeline;

  switch (gst_dvr_request_send (request, self->sinkpad)) {
    case GST_DVR_ANSWER_OK:
      timeline = gst_dvr_request_get_timeline (request);
      if (timeline)
        gst_dvr_timeline_table_add (self->timelines, timeline,
            get_max_memory (self) / TIMELINES_SHARE);
      break;
    case GST_DVR_ANSWER_NOT_FOUND:
    case GST_DVR_ANSWER_REMOVED:
      gst_dvr_timeline_table_remove (self->timelines, stream);
      break;
    default:
      /* upstream is gone: what is cached is served as it stands */
      timeline = gst_dvr_timeline_table_find (self->timelines, stream);
      if (timeline) {
        gst_dvr_request_answer_timeline (request, timeline);
        gst_dvr_timeline_unref (timeline);
      }
      break;
  }
}

static void
count_answer (GstSegmentCache * self, GstDvrRequest * request,
    GstDvrAnswer answer)
{
  guint64 *count = &self->counts.refused;

  if (answer == GST_DVR_ANSWER_OK) {
    switch (gst_dvr_request_get_how (request)) {
      case GST_DVR_HOW_HIT:
        count = &self->counts.hits;
        break;
      case GST_DVR_HOW_DISK:
        count = &self->counts.disk_hits;
        break;
      case GST_DVR_HOW_COLLAPSED:
        count = &self->counts.collapsed;
        break;
      default:
        count = &self->counts.misses;
        break;
    }
  }
  g_mutex_lock (&self->lock);
  (*count)++;
  if (self->prefetch > 0 && answer == GST_DVR_ANSWER_OK &&
      gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_SEGMENT &&
      gst_dvr_request_get_priority (request) > GST_DVR_PRIORITY_PREFETCH &&
      self->prefetches.length < MAX_PREFETCH_JOBS) {
    g_queue_push_tail (&self->prefetches, gst_dvr_request_ref (request));
    g_cond_broadcast (&self->wake);
  }
  g_mutex_unlock (&self->lock);
}

void
gst_segment_cache_answer (GstSegmentCache * self, GstDvrRequest * request)
{
  GstDvrCache *cache;
  GstDvrCacheUser *user;

  if (!gst_segment_cache_use_cache (self, &cache, &user)) {
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_STARTED);
    return;
  }
  if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE)
    answer_timeline (self, request);
  else
    count_answer (self, request, gst_dvr_cache_request (cache, user, request));
  gst_segment_cache_unuse_cache (cache, user);
}

/* Asks for what follows @request, so that it is here when it is wanted. */
void
gst_segment_cache_prefetch_after (GstSegmentCache * self,
    GstDvrRequest * request, guint n)
{
  GstDvrSegmentId id = *gst_dvr_request_get_id (request);
  GstDvrTimeline *timeline =
      gst_dvr_timeline_table_find (self->timelines, id.stream);
  GstDvrCache *cache;
  GstDvrCacheUser *user;
  GstDvrEntry entry;
  guint64 end = id.number + n;

  if (!timeline)
    return;
  if (gst_segment_cache_use_cache (self, &cache, &user)) {
    while (gst_dvr_timeline_find (timeline, id.number, &entry) ==
        GST_DVR_FOUND_CLOSED) {
      GstDvrRequest *ahead;

      id.recording = entry.recording;
      if (!entry.gap && !gst_dvr_cache_contains (cache, &id)) {
        ahead = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_PREFETCH);
        gst_dvr_cache_request (cache, user, ahead);
        gst_dvr_request_unref (ahead);
        g_mutex_lock (&self->lock);
        self->counts.prefetches++;
        g_mutex_unlock (&self->lock);
      }
      if (id.number++ >= end)
        break;
    }
    gst_segment_cache_unuse_cache (cache, user);
  }
  gst_dvr_timeline_unref (timeline);
}
