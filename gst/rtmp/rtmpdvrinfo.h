/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpdvrinfo.h: what DVRGetStreamInfo tells of a recording
 */
#ifndef __GST_RTMP_DVR_INFO_H__
#define __GST_RTMP_DVR_INFO_H__

#include "amf.h"

G_BEGIN_DECLS

#define GST_RTMP_DVR_INFO_SUCCESS "NetStream.DVRStreamInfo.Success"
#define GST_RTMP_DVR_INFO_RETRY "NetStream.DVRStreamInfo.Retry"

/* Lengths and offsets in seconds, instants in Unix milliseconds (0: not set),
 * as DVRCast has them. */
typedef struct
{
  const gchar *stream_name;
  gboolean available;           /* else: ask again later */
  gboolean recording;
  gboolean offline;
  gdouble current_length;
  gdouble max_length;           /* 0: no limit */
  gdouble window_duration;      /* 0: all is kept */
  gdouble begin_offset;
  gdouble end_offset;
  gdouble call_time;
  gdouble start;
  gdouble stop;
  gdouble last_update;
} GstRtmpDvrInfo;

GstAmf * gst_rtmp_dvr_info_to_amf (const GstRtmpDvrInfo * info);

G_END_DECLS

#endif /* __GST_RTMP_DVR_INFO_H__ */
