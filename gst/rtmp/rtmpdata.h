/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpdata.h: data messages, parsed
 */
#ifndef __GST_RTMP_DATA_H__
#define __GST_RTMP_DATA_H__

#include "amf0.h"
#include "rtmpmessage.h"

G_BEGIN_DECLS

/* A data message without its wrapping. */
typedef enum
{
  GST_RTMP_DATA_PLAIN,
  GST_RTMP_DATA_SET_FRAME,      /* @setDataFrame: keep for late joiners */
  GST_RTMP_DATA_CLEAR_FRAME     /* @clearDataFrame: forget */
} GstRtmpDataType;

typedef struct
{
  GstRtmpDataType type;
  gchar *name;                  /* "onMetaData", ... */
  GPtrArray *args;              /* of GstAmf, what follows the name */
  GstBuffer *payload;           /* AMF0 from the name on, as in an FLV tag */
} GstRtmpData;

gboolean      gst_rtmp_data_parse       (GstRtmpData * data,
    const GstRtmpMessage * message, const GstAmfLimits * limits,
    GError ** error);
void          gst_rtmp_data_clear       (GstRtmpData * data);

G_END_DECLS

#endif /* __GST_RTMP_DATA_H__ */
