/* gstdvrproxyanswer.c: requests for streams, and what is in them
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Requests come from any thread, in any state. They are checked against the
 * timeline first: what is not listed there never goes upstream. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/dvr/gstdvrname.h>

#include "gstdvrproxyanswer.h"

/* Whether the timeline knows enough to say no, or where to look. */
static GstDvrAnswer
check_segment (GstDvrTimeline * timeline, const GstDvrTimelineInfo * info,
    const GstDvrSegmentId * id, gboolean anticipates)
{
  GstDvrEntry entry;

  if (!gst_dvr_is_recording_id (id->recording))
    return GST_DVR_ANSWER_NOT_FOUND;
  if (info->state == GST_DVR_TIMELINE_PENDING)
    return GST_DVR_ANSWER_OK;
  if (id->kind == GST_DVR_SEGMENT_INIT)
    return gst_dvr_timeline_has_recording (timeline, id->recording) ?
        GST_DVR_ANSWER_OK : GST_DVR_ANSWER_NOT_FOUND;

  switch (gst_dvr_timeline_find (timeline, id->number, &entry)) {
    case GST_DVR_FOUND_REMOVED:
      return gst_dvr_timeline_has_recording (timeline, id->recording) ?
          GST_DVR_ANSWER_REMOVED : GST_DVR_ANSWER_NOT_FOUND;
    case GST_DVR_FOUND_CLOSED:
    case GST_DVR_FOUND_OPEN:
      if (entry.gap || !g_str_equal (entry.recording, id->recording))
        return GST_DVR_ANSWER_NOT_FOUND;
      return GST_DVR_ANSWER_OK;
    default:
      /* what is about to begin can be hinted at already */
      if (anticipates && id->kind == GST_DVR_SEGMENT_MEDIA
          && info->state == GST_DVR_TIMELINE_OPEN
          && id->number <= info->next + (info->open ? 1 : 0))
        return GST_DVR_ANSWER_OK;
      return GST_DVR_ANSWER_NOT_FOUND;
  }
}

/* A run of the bytes of what grows, or of what can only be had as a whole, is
 * answered with the segment. */
static gboolean
is_had_whole (GstDvrUpstream * upstream, GstDvrTimeline * timeline,
    const GstDvrSegmentId * id)
{
  GstDvrEntry entry;

  return id->kind == GST_DVR_SEGMENT_RANGE && (!upstream->klass->ranges ||
      gst_dvr_timeline_find (timeline, id->number, &entry) ==
      GST_DVR_FOUND_OPEN);
}

static void
answer_segment (GstDvrProxyTable * table, GstDvrRequest * request,
    const GstDvrProxyFound * found, const GstDvrTimelineInfo * info)
{
  GstDvrUpstream *upstream = found->upstream;
  GstDvrTimeline *timeline = found->timeline;
  const GstDvrSegmentId *id = gst_dvr_request_get_id (request);
  GstDvrSegmentId whole = gst_dvr_segment_id_of_whole (id);
  GstDvrSegment *segment;
  GstDvrAnswer answer;
  gboolean raised;
  GstDvrHow how;

  answer = check_segment (timeline, info, id, upstream->klass->anticipates);
  if (answer != GST_DVR_ANSWER_OK) {
    gst_dvr_request_refuse (request, answer);
    return;
  }
  if (is_had_whole (upstream, timeline, id))
    id = &whole;
  segment = gst_dvr_proxy_table_obtain (table, id, request, &how, &raised);
  if (segment == NULL) {
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_STARTED);
    return;
  }
  if (how == GST_DVR_HOW_MISS)
    upstream->klass->fetch (upstream, timeline, segment,
        gst_dvr_request_get_priority (request));
  else if (raised && upstream->klass->raise)
    upstream->klass->raise (upstream, timeline, segment,
        gst_dvr_request_get_priority (request));
  gst_dvr_request_answer_segment (request, segment, how);
  gst_dvr_segment_unref (segment);
}

/**
 * gst_dvr_proxy_answer:
 * @streams: the streams
 * @table: what is fetched of them
 * @request: a request; answered on return
 *
 * From any thread. Looks up and enqueues, never blocks.
 */
void
gst_dvr_proxy_answer (GstDvrProxyStreams * streams, GstDvrProxyTable * table,
    GstDvrRequest * request)
{
  GstDvrTimelineInfo info;
  GstDvrProxyFound found;

  gst_dvr_proxy_streams_find (streams, gst_dvr_request_get_stream (request),
      gst_dvr_request_get_path (request), &found);
  if (found.timeline == NULL) {
    gst_dvr_request_refuse (request, found.upstream && !found.known ?
        GST_DVR_ANSWER_NOT_FOUND : GST_DVR_ANSWER_NOT_STARTED);
  } else {
    gst_dvr_timeline_get_info (found.timeline, &info);
    if (found.poke)
      found.upstream->klass->poke (found.upstream, found.timeline);
    if (gst_dvr_proxy_streams_is_negative (&info))
      gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
    else if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE)
      gst_dvr_request_answer_timeline (request, found.timeline);
    else
      answer_segment (table, request, &found, &info);
  }
  gst_dvr_proxy_found_clear (&found);
}
