/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpdvrinfo.c: what DVRGetStreamInfo tells of a recording
 */
#include "config.h"
#include "rtmpdvrinfo.h"

/* Returns: (transfer full): {code, data}, the result of DVRGetStreamInfo */
GstAmf *
gst_rtmp_dvr_info_to_amf (const GstRtmpDvrInfo * info)
{
  GstAmf *result = gst_amf_new_object ();
  GstAmf *data;

  gst_amf_set_string (result, "code", info->available ?
      GST_RTMP_DVR_INFO_SUCCESS : GST_RTMP_DVR_INFO_RETRY);
  if (!info->available)
    return result;
  data = gst_amf_new_object ();
  gst_amf_set_string (data, "streamName", info->stream_name);
  gst_amf_set (data, "callTime", gst_amf_new_date (info->call_time, 0));
  gst_amf_set_boolean (data, "offline", info->offline);
  gst_amf_set_number (data, "begOffset", info->begin_offset);
  gst_amf_set_number (data, "endOffset", info->end_offset);
  gst_amf_set_number (data, "windowDuration", info->window_duration);
  gst_amf_set (data, "startRec", gst_amf_new_date (info->start, 0));
  gst_amf_set (data, "stopRec", gst_amf_new_date (info->stop, 0));
  gst_amf_set_boolean (data, "isRec", info->recording);
  gst_amf_set (data, "lastUpdate", gst_amf_new_date (info->last_update, 0));
  gst_amf_set_number (data, "currLen", info->current_length);
  gst_amf_set_number (data, "maxLen", info->max_length);
  gst_amf_set (result, "data", data);
  return result;
}
