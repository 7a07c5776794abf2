/* gstdvrlink.h: how elements exchange segments
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrreport.h>
#include <gst/dvr/gstdvrsegment.h>
#include <gst/dvr/gstdvrtimeline.h>

G_BEGIN_DECLS

/* The caps of the link. */
#define GST_DVR_LINK_CAPS "application/x-dvr-segment"

#define GST_TYPE_DVR_REQUEST (gst_dvr_request_get_type ())

typedef struct _GstDvrRequest GstDvrRequest;
typedef struct _GstDvrMeta GstDvrMeta;

/**
 * GstDvrRequestKind:
 * @GST_DVR_REQUEST_TIMELINE: the timeline of a stream
 * @GST_DVR_REQUEST_SEGMENT: a segment, whole or still growing
 * @GST_DVR_REQUEST_INIT: an init section
 * @GST_DVR_REQUEST_RANGE: a run of a closed segment's bytes. It is answered with
 *   that range, or, where that is at hand or the range cannot be had alone,
 *   with the segment: its id tells
 */
typedef enum
{
  GST_DVR_REQUEST_TIMELINE,
  GST_DVR_REQUEST_SEGMENT,
  GST_DVR_REQUEST_INIT,
  GST_DVR_REQUEST_RANGE
} GstDvrRequestKind;

/**
 * GstDvrPriority:
 * @GST_DVR_PRIORITY_PREFETCH: it may be wanted soon
 * @GST_DVR_PRIORITY_PLAYHEAD: a player of this process reads ahead
 * @GST_DVR_PRIORITY_VIEWER: somebody waits for it
 */
typedef enum
{
  GST_DVR_PRIORITY_PREFETCH,
  GST_DVR_PRIORITY_PLAYHEAD,
  GST_DVR_PRIORITY_VIEWER
} GstDvrPriority;

/**
 * GstDvrAnswer:
 * @GST_DVR_ANSWER_NONE: nobody has answered
 * @GST_DVR_ANSWER_NOT_STARTED: the element that would know is not started;
 *   ask again later (HTTP 503 outside)
 * @GST_DVR_ANSWER_NOT_FOUND: there is no such thing
 * @GST_DVR_ANSWER_REMOVED: there was, but it is no longer offered
 * @GST_DVR_ANSWER_OK: here is a reference to it, whatever its state
 */
typedef enum
{
  GST_DVR_ANSWER_NONE,
  GST_DVR_ANSWER_NOT_STARTED,
  GST_DVR_ANSWER_NOT_FOUND,
  GST_DVR_ANSWER_REMOVED,
  GST_DVR_ANSWER_OK
} GstDvrAnswer;

/**
 * GstDvrHow:
 * @GST_DVR_HOW_MISS: fetched for this request
 * @GST_DVR_HOW_HIT: it was in memory, whole
 * @GST_DVR_HOW_DISK: it was in the cache on disk
 * @GST_DVR_HOW_COLLAPSED: somebody else's fetch was joined
 *
 * How a request was met, for statistics and HTTP's Cache-Status (RFC 9211).
 */
typedef enum
{
  GST_DVR_HOW_MISS,
  GST_DVR_HOW_HIT,
  GST_DVR_HOW_DISK,
  GST_DVR_HOW_COLLAPSED
} GstDvrHow;

GST_DVR_API GType gst_dvr_request_get_type (void);

GST_DVR_API GstDvrRequest *
            gst_dvr_request_new_timeline (const gchar * stream);
GST_DVR_API GstDvrRequest *
            gst_dvr_request_new_segment  (const GstDvrSegmentId * id,
                                          GstDvrPriority priority);

static inline GstDvrRequest *
gst_dvr_request_ref (GstDvrRequest * request)
{
  return (GstDvrRequest *) gst_mini_object_ref (GST_MINI_OBJECT_CAST (request));
}

static inline void
gst_dvr_request_unref (GstDvrRequest * request)
{
  gst_mini_object_unref (GST_MINI_OBJECT_CAST (request));
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrRequest, gst_dvr_request_unref)

GST_DVR_API void     gst_dvr_request_set_path     (GstDvrRequest * request,
                                                   const gchar * path);
GST_DVR_API const gchar *
            gst_dvr_request_get_path     (GstDvrRequest * request);
GST_DVR_API GstDvrRequestKind
            gst_dvr_request_get_kind     (GstDvrRequest * request);
GST_DVR_API const gchar *
            gst_dvr_request_get_stream   (GstDvrRequest * request);
GST_DVR_API const GstDvrSegmentId *
            gst_dvr_request_get_id       (GstDvrRequest * request);
GST_DVR_API GstDvrPriority
            gst_dvr_request_get_priority (GstDvrRequest * request);
GST_DVR_API void     gst_dvr_request_cancel       (GstDvrRequest * request);
GST_DVR_API gboolean gst_dvr_request_is_cancelled (GstDvrRequest * request);

/* Answering: in the query handler. */
GST_DVR_API void gst_dvr_request_refuse (GstDvrRequest * request,
                                         GstDvrAnswer answer);
GST_DVR_API void gst_dvr_request_answer_timeline (GstDvrRequest * request,
                                         GstDvrTimeline * timeline);
GST_DVR_API void gst_dvr_request_answer_segment  (GstDvrRequest * request,
                                         GstDvrSegment * segment,
                                         GstDvrHow how);

/* What was answered; the objects are the request's. */
GST_DVR_API GstDvrAnswer
                  gst_dvr_request_get_answer   (GstDvrRequest * request);
GST_DVR_API GstDvrHow
                  gst_dvr_request_get_how      (GstDvrRequest * request);
GST_DVR_API GstDvrTimeline *
                  gst_dvr_request_get_timeline (GstDvrRequest * request);
GST_DVR_API GstDvrSegment *
                  gst_dvr_request_get_segment  (GstDvrRequest * request);

/* The query that carries a request upstream. */
GST_DVR_API GstDvrAnswer    gst_dvr_request_send    (GstDvrRequest * request,
                                                     GstPad * sinkpad);
GST_DVR_API GstDvrRequest * gst_query_get_dvr_request (GstQuery * query);

/* The names a link offers: one sticky event with the whole list; `*` stands
 * for whatever is asked for. A refused name comes up as an event. */
GST_DVR_API GstEvent * gst_dvr_event_new_names   (gchar ** names);
GST_DVR_API gchar **   gst_dvr_event_parse_names (GstEvent * event);
GST_DVR_API GstEvent * gst_dvr_event_new_bad_name   (const gchar * name);
GST_DVR_API const gchar *
                       gst_dvr_event_parse_bad_name (GstEvent * event);

/* The meta of a buffer on the link: says which segment grew. */
struct _GstDvrMeta
{
  GstMeta meta;

  GstDvrSegment *segment;
};

GST_DVR_API GType gst_dvr_meta_api_get_type (void);
GST_DVR_API const GstMetaInfo * gst_dvr_meta_get_info (void);
#define GST_DVR_META_API_TYPE (gst_dvr_meta_api_get_type ())
#define GST_DVR_META_INFO (gst_dvr_meta_get_info ())
#define gst_buffer_get_dvr_meta(b) \
  ((GstDvrMeta *) gst_buffer_get_meta ((b), GST_DVR_META_API_TYPE))

GST_DVR_API GstBuffer * gst_dvr_buffer_new_piece (GstDvrSegment * segment,
                                                  guint64 offset,
                                                  guint64 size);

/* Statuses: the element message `dvr-status`, and the signal `on-status` where
 * the element has it. */
GST_DVR_API void gst_dvr_post_status (GstElement * element,
                                      const gchar * code,
                                      const gchar * level,
                                      const gchar * description,
                                      const gchar * first_field,
                                      ...) G_GNUC_NULL_TERMINATED;

GST_DVR_API GstState gst_dvr_peek_state (GstElement * element);

G_END_DECLS
