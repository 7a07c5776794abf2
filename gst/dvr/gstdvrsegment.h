/* gstdvrsegment.h: a segment or init section as it grows in memory
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvraccount.h>

G_BEGIN_DECLS

#define GST_TYPE_DVR_SEGMENT (gst_dvr_segment_get_type ())

typedef struct _GstDvrSegment GstDvrSegment;
typedef struct _GstDvrSegmentId GstDvrSegmentId;
typedef struct _GstDvrPart GstDvrPart;

/**
 * GstDvrSegmentKind:
 * @GST_DVR_SEGMENT_MEDIA: a segment of media
 * @GST_DVR_SEGMENT_INIT: an init section (HLS EXT-X-MAP)
 * @GST_DVR_SEGMENT_RANGE: a run of a segment's bytes. A thing of its own: whole
 *   when the run is there, and never taken for the segment
 */
typedef enum
{
  GST_DVR_SEGMENT_MEDIA,
  GST_DVR_SEGMENT_INIT,
  GST_DVR_SEGMENT_RANGE
} GstDvrSegmentKind;

/**
 * GstDvrSegmentState:
 * @GST_DVR_SEGMENT_FILLING: more bytes may come
 * @GST_DVR_SEGMENT_WHOLE: all bytes are there; nothing changes any more
 * @GST_DVR_SEGMENT_FAILED: no more bytes will come; see
 *   gst_dvr_segment_get_status(). What is there stays readable.
 *
 * A segment goes from filling to one of the others once, and never back.
 */
typedef enum
{
  GST_DVR_SEGMENT_FILLING,
  GST_DVR_SEGMENT_WHOLE,
  GST_DVR_SEGMENT_FAILED
} GstDvrSegmentState;

/**
 * GstDvrSegmentId:
 * @kind: segment or init section
 * @stream: stream name, such as `live/cam1`
 * @recording: recording id
 * @number: sequence number, or the init section's index in its recording
 * @offset: of a range: its first byte in the segment; else 0
 * @size: of a range: how many bytes were asked for, more than 0; where the
 *   segment ends before, so does the range. Else 0
 *
 * What names a segment, for ever: bytes under one id never change.
 */
struct _GstDvrSegmentId
{
  GstDvrSegmentKind kind;
  const gchar *stream;
  const gchar *recording;
  guint64 number;
  guint64 offset;
  guint64 size;
};

/**
 * GstDvrPart:
 * @offset: where the part begins in its segment, in bytes
 * @size: its length in bytes
 * @duration: its duration in nanoseconds, GST_CLOCK_TIME_NONE if unknown
 * @independent: whether it begins with a keyframe
 */
struct _GstDvrPart
{
  guint64 offset;
  guint64 size;
  GstClockTime duration;
  gboolean independent;
};

/**
 * GstDvrSegmentFunc:
 * @segment: the segment that changed
 * @user_data: what was given with the watch
 *
 * Called after bytes or parts were added, when the segment became whole or
 * failed, and when a cache dropped it. Called from the thread that made the
 * change, with no lock held; it must not block. What it finds by asking the
 * segment is at least as new as the change.
 */
typedef void (*GstDvrSegmentFunc) (GstDvrSegment * segment,
    gpointer user_data);

GST_DVR_API GType gst_dvr_segment_get_type (void);

GST_DVR_API guint    gst_dvr_segment_id_hash  (gconstpointer id);
GST_DVR_API gboolean gst_dvr_segment_id_equal (gconstpointer a,
                                               gconstpointer b);

GST_DVR_API GstDvrSegmentId
                     gst_dvr_segment_id_of_range (const GstDvrSegmentId * id,
                                                  guint64 offset,
                                                  guint64 size);
GST_DVR_API GstDvrSegmentId
                     gst_dvr_segment_id_of_whole (const GstDvrSegmentId * id);

GST_DVR_API GstDvrSegment *gst_dvr_segment_new (const GstDvrSegmentId * id);

static inline GstDvrSegment *
gst_dvr_segment_ref (GstDvrSegment * self)
{
  return (GstDvrSegment *) gst_mini_object_ref (GST_MINI_OBJECT_CAST (self));
}

static inline void
gst_dvr_segment_unref (GstDvrSegment * self)
{
  gst_mini_object_unref (GST_MINI_OBJECT_CAST (self));
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrSegment, gst_dvr_segment_unref)

/* Reading: from any thread. */
GST_DVR_API const GstDvrSegmentId *
                         gst_dvr_segment_get_id     (GstDvrSegment * self);
GST_DVR_API GstDvrSegmentState
                         gst_dvr_segment_get_state  (GstDvrSegment * self);
GST_DVR_API guint        gst_dvr_segment_get_status (GstDvrSegment * self);
GST_DVR_API const gchar *gst_dvr_segment_get_reason (GstDvrSegment * self);
GST_DVR_API guint64      gst_dvr_segment_get_size   (GstDvrSegment * self);
GST_DVR_API guint64      gst_dvr_segment_get_total  (GstDvrSegment * self);
GST_DVR_API guint64      gst_dvr_segment_get_memory_size
                                                    (GstDvrSegment * self);
GST_DVR_API guint        gst_dvr_segment_get_n_parts (GstDvrSegment * self);
GST_DVR_API gboolean     gst_dvr_segment_get_part   (GstDvrSegment * self,
                                                     guint index,
                                                     GstDvrPart * part);
GST_DVR_API const guint8 *gst_dvr_segment_peek      (GstDvrSegment * self,
                                                     guint64 offset,
                                                     gsize * available);
GST_DVR_API gboolean     gst_dvr_segment_read       (GstDvrSegment * self,
                                                     guint64 offset,
                                                     gpointer data,
                                                     gsize size);
GST_DVR_API GstBuffer *  gst_dvr_segment_get_buffer (GstDvrSegment * self,
                                                     guint64 offset,
                                                     guint64 size);

GST_DVR_API GstBuffer *  gst_dvr_segment_get_chunk  (GstDvrSegment * self,
                                                     guint part,
                                                     guint index);
GST_DVR_API GstBuffer *  gst_dvr_segment_get_sample (GstDvrSegment * self,
                                                     guint * index);
GST_DVR_API guint64      gst_dvr_segment_get_progress
                                                    (GstDvrSegment * self);

GST_DVR_API guint64      gst_dvr_segment_get_source_size
                                                    (GstDvrSegment * self);
GST_DVR_API gboolean     gst_dvr_segment_has_source_of
                                                    (GstDvrSegment * self,
                                                     GstDvrSegment * other);

/* Writing: from one thread at a time, the fetcher's. */
GST_DVR_API void     gst_dvr_segment_set_source  (GstDvrSegment * self,
                                                  const gchar * tag,
                                                  guint64 size);
GST_DVR_API void     gst_dvr_segment_copy_source (GstDvrSegment * self,
                                                  GstDvrSegment * other);
GST_DVR_API void     gst_dvr_segment_set_total   (GstDvrSegment * self,
                                                  guint64 total);
GST_DVR_API gboolean gst_dvr_segment_append      (GstDvrSegment * self,
                                                  GstBuffer * buffer);
GST_DVR_API gboolean gst_dvr_segment_append_part (GstDvrSegment * self,
                                                  GstBuffer * buffer,
                                                  GstClockTime duration,
                                                  gboolean independent);
GST_DVR_API gboolean gst_dvr_segment_append_bytes (GstDvrSegment * self,
                                                  gconstpointer data,
                                                  gsize size);
GST_DVR_API void     gst_dvr_segment_end_part    (GstDvrSegment * self,
                                                  GstClockTime duration,
                                                  gboolean independent);
GST_DVR_API void     gst_dvr_segment_show_part   (GstDvrSegment * self,
                                                  guint part,
                                                  GPtrArray * chunks,
                                                  gboolean seen);
GST_DVR_API void     gst_dvr_segment_show_samples (GstDvrSegment * self,
                                                  GPtrArray * samples);
GST_DVR_API void     gst_dvr_segment_finish      (GstDvrSegment * self);
GST_DVR_API void     gst_dvr_segment_fail        (GstDvrSegment * self,
                                                  guint status,
                                                  const gchar * reason);

/* Waiting. */
GST_DVR_API gulong gst_dvr_segment_add_watch    (GstDvrSegment * self,
                                                 GstDvrSegmentFunc func,
                                                 gpointer user_data,
                                                 GDestroyNotify notify);
GST_DVR_API void   gst_dvr_segment_remove_watch (GstDvrSegment * self,
                                                 gulong watch);

/* Caching. */
GST_DVR_API void     gst_dvr_segment_pin       (GstDvrSegment * self);
GST_DVR_API void     gst_dvr_segment_unpin     (GstDvrSegment * self);
GST_DVR_API gboolean gst_dvr_segment_is_pinned (GstDvrSegment * self);
GST_DVR_API void     gst_dvr_segment_touch     (GstDvrSegment * self);
GST_DVR_API gint64   gst_dvr_segment_get_last_used (GstDvrSegment * self);
GST_DVR_API void     gst_dvr_segment_drop      (GstDvrSegment * self);
GST_DVR_API gboolean gst_dvr_segment_is_dropped (GstDvrSegment * self);
GST_DVR_API void     gst_dvr_segment_set_account (GstDvrSegment * self,
                                                GstDvrAccount * account);
GST_DVR_API GstDvrAccount *
                     gst_dvr_segment_get_account (GstDvrSegment * self);

G_END_DECLS
