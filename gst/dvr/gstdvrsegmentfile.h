/* gstdvrsegmentfile.h: what a segment's file says of itself
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrname.h>
#include <gst/dvr/gstdvrsegment.h>

G_BEGIN_DECLS

/* A segment's file:
 *
 *   styp
 *   uuid  segment head: version, number, init, discontinuity, time of day,
 *         stream time, recording
 *   then for each part
 *     prft  time of day (ISO/IEC 14496-12 section 8.16.5)
 *     uuid  part head: version, bytes of the whole part, duration, flags,
 *           where its first keyframe ends
 *     moof, mdat, ...
 *
 * A part is written at once, and its head says how long it is. So whoever
 * reads while the file grows sees the same parts as all others. One that is not
 * to be seen yet has a free box in place of the prft. */
#define GST_DVR_SEGMENT_HEAD_MAX 256
#define GST_DVR_PART_HEAD_SIZE (32 + 52)
/* Of a part's head: what tells whether it is to be seen. */
#define GST_DVR_PART_HEAD_TYPE 4
#define GST_DVR_PART_SEEN "prft"
#define GST_DVR_PART_HIDDEN "free"

typedef struct _GstDvrSegmentHead GstDvrSegmentHead;
typedef struct _GstDvrPartHead GstDvrPartHead;

typedef enum
{
  GST_DVR_HEAD_OK,
  GST_DVR_HEAD_SHORT,           /* more bytes are needed */
  GST_DVR_HEAD_INVALID,
  GST_DVR_HEAD_NEWER            /* of a format version we do not know */
} GstDvrHeadResult;

struct _GstDvrSegmentHead
{
  guint64 number;
  guint init;
  guint discontinuity;
  gint64 wall_time;
  GstClockTime start;
  gchar recording[GST_DVR_RECORDING_ID_MAX + 1];
};

/* @size: of the whole part, this head included. @key_size: bytes from the end
 * of the head to the end of the keyframe that comes first, 0 if that is not one,
 * or, where the part is independent, if nobody has told */
struct _GstDvrPartHead
{
  gint64 wall_time;
  guint32 track;
  guint64 media_time;
  guint64 size;
  GstClockTime duration;
  gboolean independent;
  guint32 key_size;
};

/* Exported for the tests; the header is not installed. */
GST_DVR_API gsize
            gst_dvr_segment_head_write (const GstDvrSegmentHead * head,
                                        guint8 * data);
GST_DVR_API GstDvrHeadResult
            gst_dvr_segment_head_read  (const guint8 * data,
                                        gsize size,
                                        GstDvrSegmentHead * head,
                                        gsize * head_size);
GST_DVR_API void
            gst_dvr_part_head_write    (const GstDvrPartHead * head,
                                        guint8 * data);
GST_DVR_API GstDvrHeadResult
            gst_dvr_part_head_read     (const guint8 * data,
                                        gsize size,
                                        GstDvrPartHead * head);

G_END_DECLS
