/* gstdvrplayhead.h: plays one stream out of the cache as fragmented MP4
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrlink.h>

G_BEGIN_DECLS

#define GST_DVR_STREAM_CAPS \
  "video/quicktime, variant = (string) iso-fragmented"

/* No start was asked for. */
#define GST_DVR_START_NONE G_MININT64

typedef struct _GstDvrPlayhead GstDvrPlayhead;
typedef struct _GstDvrPlayheadSettings GstDvrPlayheadSettings;

/**
 * GstDvrPlayheadSettings:
 * @in_buffer_seek: whether what is in the buffer is sought in it
 * @tell_upstream: whether upstream is told what it does
 * @buffer_time: nanoseconds to have ahead of what is on show
 * @back_buffer_time: nanoseconds to keep behind it
 * @max_bytes: what both may take
 */
struct _GstDvrPlayheadSettings
{
  gboolean in_buffer_seek;
  gboolean tell_upstream;
  guint64 buffer_time;
  guint64 back_buffer_time;
  guint64 max_bytes;
};

/* Answers a request as the element does for those downstream. */
typedef void (*GstDvrPlayheadAskFunc) (GstElement * element,
    GstDvrRequest * request);

/* A segment that was asked for is of no use any more. */
typedef void (*GstDvrPlayheadGiveUpFunc) (GstElement * element,
    GstDvrSegment * segment);

/* Sends an event upstream; takes it. */
typedef void (*GstDvrPlayheadReportFunc) (GstElement * element,
    GstEvent * event);

GstDvrPlayhead *
         gst_dvr_playhead_new          (GstElement * element,
                                        GstPad * srcpad,
                                        GstDvrPlayheadAskFunc ask,
                                        GstDvrPlayheadGiveUpFunc give_up,
                                        GstDvrPlayheadReportFunc report,
                                        gint64 start,
                                        GstDateTime * start_date_time,
                                        const GstDvrPlayheadSettings *
                                        settings);
GstDvrPlayhead *
         gst_dvr_playhead_ref          (GstDvrPlayhead * self);
void     gst_dvr_playhead_unref        (GstDvrPlayhead * self);
void     gst_dvr_playhead_start        (GstDvrPlayhead * self);
void     gst_dvr_playhead_stop         (GstDvrPlayhead * self);
void     gst_dvr_playhead_configure    (GstDvrPlayhead * self,
                                        const GstDvrPlayheadSettings *
                                        settings);
void     gst_dvr_playhead_get_lengths  (GstDvrPlayhead * self,
                                        guint64 * ahead,
                                        guint64 * behind);

gboolean gst_dvr_playhead_is_welcome   (GstDvrPlayhead * self);

void     gst_dvr_playhead_take_event   (GstDvrPlayhead * self,
                                        GstEvent * event);
void     gst_dvr_playhead_halt         (GstDvrPlayhead * self);
gboolean gst_dvr_playhead_run          (GstDvrPlayhead * self);
gboolean gst_dvr_playhead_seek         (GstDvrPlayhead * self,
                                        GstEvent * event,
                                        GstTaskFunction loop,
                                        gpointer loop_data);
gboolean gst_dvr_playhead_step         (GstDvrPlayhead * self,
                                        gint frames,
                                        GstTaskFunction loop,
                                        gpointer loop_data);
void     gst_dvr_playhead_state_changed (GstDvrPlayhead * self);
gboolean gst_dvr_playhead_sync_rate    (GstDvrPlayhead * self,
                                        GstEvent * event);
gboolean gst_dvr_playhead_query        (GstDvrPlayhead * self,
                                        GstQuery * query);

G_END_DECLS
