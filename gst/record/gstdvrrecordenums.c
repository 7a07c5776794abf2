/* gstdvrrecordenums.c: the enumerations of rtmpdvrsink's properties
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrrecordenums.h"

#include <gst/dvr/gstdvrstore.h>

/* Two plugins have this code; the first that needs a type registers it. */
static GType
register_enum (const gchar * name, const GEnumValue * values)
{
  GType type = g_type_from_name (name);

  if (type)
    return type;
  type = g_enum_register_static (name, values);
  gst_type_mark_as_plugin_api (type, 0);
  return type;
}

/**
 * GstRtmpDvrSinkFullDisk:
 * @trim: Remove the oldest segments and go on
 * @pause: Keep what is there and pause until there is space
 */
GType
gst_rtmp_dvr_sink_full_disk_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_DVR_FULL_DISK_TRIM, "Remove the oldest segments and go on", "trim"},
    {GST_DVR_FULL_DISK_PAUSE, "Keep what is there and pause until there is "
          "space", "pause"},
    {0, NULL, NULL}
  };
  static GType type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, register_enum ("GstRtmpDvrSinkFullDisk", values));
  return type;
}

/**
 * GstRtmpDvrSinkPublishType:
 * @live: Keep no more than a live window needs
 * @record: Begin anew, what was there is removed
 * @append: Go on after what is there
 * @appendWithGap: Go on after what is there, the absence listed as gaps
 */
GType
gst_rtmp_dvr_sink_publish_type_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_DVR_PUBLISH_LIVE, "Keep no more than a live window needs", "live"},
    {GST_DVR_PUBLISH_RECORD, "Begin anew, what was there is removed",
        "record"},
    {GST_DVR_PUBLISH_APPEND, "Go on after what is there", "append"},
    {GST_DVR_PUBLISH_APPEND_WITH_GAP, "Go on after what is there, the absence "
          "listed as gaps", "appendWithGap"},
    {0, NULL, NULL}
  };
  static GType type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, register_enum ("GstRtmpDvrSinkPublishType",
            values));
  return type;
}

/**
 * GstRtmpDvrSinkFsync:
 * @none: Leave it to the kernel
 * @segment: A segment is on disk before it is called complete
 * @part: A part is on disk before it is announced
 */
GType
gst_rtmp_dvr_sink_fsync_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_DVR_FSYNC_NONE, "Leave it to the kernel", "none"},
    {GST_DVR_FSYNC_SEGMENT, "A segment is on disk before it is called "
          "complete", "segment"},
    {GST_DVR_FSYNC_PART, "A part is on disk before it is announced", "part"},
    {0, NULL, NULL}
  };
  static GType type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, register_enum ("GstRtmpDvrSinkFsync", values));
  return type;
}
