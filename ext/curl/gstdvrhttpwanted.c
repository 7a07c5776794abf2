/* gstdvrhttpwanted.c: what is asked of a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is asked before the first playlist came waits for it; the playlist then
 * says where it is, or that it is at the live edge, or nowhere. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrhttpupstream.h"

#define MAX_WAITING 1024

typedef struct
{
  GstDvrSegment *segment;
  GstDvrPriority priority;
} Wanted;

/**
 * gst_dvr_http_wanted_fail:
 * @self: a stream of which nothing is known
 * @status: an HTTP status
 * @reason: in words
 */
void
gst_dvr_http_wanted_fail (GstDvrHttpFollow * self, guint status,
    const gchar * reason)
{
  Wanted *wanted;

  while ((wanted = g_queue_pop_head (&self->waiting))) {
    gst_dvr_segment_fail (wanted->segment, status, reason);
    gst_dvr_segment_unref (wanted->segment);
    g_free (wanted);
  }
}

/**
 * gst_dvr_http_follow_raise:
 * @self: a stream
 * @segment: what may wait until the stream is known
 * @priority: how urgent it is now
 */
void
gst_dvr_http_follow_raise (GstDvrHttpFollow * self, GstDvrSegment * segment,
    GstDvrPriority priority)
{
  GList *l;

  for (l = self->waiting.head; l; l = l->next)
    if (((Wanted *) l->data)->segment == segment)
      ((Wanted *) l->data)->priority = priority;
}

/**
 * gst_dvr_http_follow_fetch:
 * @self: a stream
 * @segment: what is wanted of it; filled, or failed
 * @priority: how urgent it is
 */
void
gst_dvr_http_follow_fetch (GstDvrHttpFollow * self, GstDvrSegment * segment,
    GstDvrPriority priority)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);
  const GstDvrHttpPlace *place;
  GstDvrEntry entry = { 0, };
  GstDvrFound found = GST_DVR_FOUND_CLOSED;
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (self->timeline, &info);
  if (!self->known && (info.state == GST_DVR_TIMELINE_FAILED
          || self->waiting.length >= MAX_WAITING)) {
    gst_dvr_segment_fail (segment, info.status ? info.status : 503,
        "the stream is not known");
    return;
  }
  if (!self->known) {
    Wanted *wanted = g_new (Wanted, 1);

    wanted->segment = gst_dvr_segment_ref (segment);
    wanted->priority = priority;
    g_queue_push_tail (&self->waiting, wanted);
    return;
  }
  if (id->kind != GST_DVR_SEGMENT_INIT)
    found = gst_dvr_timeline_find (self->timeline, id->number, &entry);
  if (found == GST_DVR_FOUND_CLOSED && gst_dvr_http_join_fill (self, segment))
    return;
  place = gst_dvr_http_list_find (self, id);
  if (found == GST_DVR_FOUND_REMOVED)
    gst_dvr_segment_fail (segment, 410, "it is no longer offered");
  else if (found != GST_DVR_FOUND_CLOSED && id->kind == GST_DVR_SEGMENT_RANGE)
    gst_dvr_segment_fail (segment, 404, "upstream does not list it yet");
  else if (found != GST_DVR_FOUND_CLOSED)
    gst_dvr_http_live_add (self, segment);
  else if (place == NULL || entry.gap || (entry.recording
          && !g_str_equal (entry.recording, id->recording)))
    gst_dvr_segment_fail (segment, 404, "upstream does not list it");
  else if (id->kind == GST_DVR_SEGMENT_RANGE)
    gst_dvr_http_fetch_range (self, place, entry.size, segment, priority);
  else if (!gst_dvr_http_live_has (self, segment))
    gst_dvr_http_fetch_segment (self, place, entry.size, segment, priority);
}

/**
 * gst_dvr_http_wanted_answer:
 * @self: a stream that is known now
 */
void
gst_dvr_http_wanted_answer (GstDvrHttpFollow * self)
{
  GQueue waiting = self->waiting;
  Wanted *wanted;

  g_queue_init (&self->waiting);
  while ((wanted = g_queue_pop_head (&waiting))) {
    gst_dvr_http_follow_fetch (self, wanted->segment, wanted->priority);
    gst_dvr_segment_unref (wanted->segment);
    g_free (wanted);
  }
}
