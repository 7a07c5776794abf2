/* gstdvrrecordsettings.h: rtmpdvrsink's properties
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include <gst/dvr/gstdvrstore.h>

G_BEGIN_DECLS

enum
{
  GST_DVR_RECORD_PROP_0,
  GST_DVR_RECORD_PROP_LOCATION,
  GST_DVR_RECORD_PROP_STREAM,
  GST_DVR_RECORD_PROP_TARGET_DURATION,
  GST_DVR_RECORD_PROP_MAX_SEGMENT_DURATION,
  GST_DVR_RECORD_PROP_PART_DURATION,
  GST_DVR_RECORD_PROP_CHUNK_DURATION,
  GST_DVR_RECORD_PROP_WINDOW,
  GST_DVR_RECORD_PROP_MAX_SIZE,
  GST_DVR_RECORD_PROP_MIN_FREE_SPACE,
  GST_DVR_RECORD_PROP_FULL_DISK,
  GST_DVR_RECORD_PROP_RECONNECT_WINDOW,
  GST_DVR_RECORD_PROP_PUBLISH_TYPE,
  GST_DVR_RECORD_PROP_RECORDING,
  GST_DVR_RECORD_PROP_FSYNC,
  GST_DVR_RECORD_PROP_STATS,
  GST_DVR_RECORD_N_PROPS
};

typedef struct _GstDvrRecordSettings GstDvrRecordSettings;

/**
 * GstDvrRecordSettings:
 * @location: directory
 * @stream: name
 * @config: the store's durations and limits
 * @chunk_duration: nanoseconds; 0 = a chunk per frame
 * @recording: whether to record
 * @changed: whether anything was set since it was looked at
 *
 * To be used under the element's object lock.
 */
struct _GstDvrRecordSettings
{
  gchar *location;
  gchar *stream;
  GstDvrStoreConfig config;
  GstClockTime chunk_duration;
  gboolean recording;
  gboolean changed;
};

void     gst_dvr_record_settings_install (GObjectClass * klass);
void     gst_dvr_record_settings_install_shared (GObjectClass * klass);
void     gst_dvr_record_settings_init    (GstDvrRecordSettings * self);
void     gst_dvr_record_settings_clear   (GstDvrRecordSettings * self);
gboolean gst_dvr_record_settings_set     (GstDvrRecordSettings * self,
                                          guint prop_id,
                                          const GValue * value);
gboolean gst_dvr_record_settings_get     (const GstDvrRecordSettings * self,
                                          guint prop_id,
                                          GValue * value);
gboolean gst_dvr_record_settings_check   (const gchar * location,
                                          const gchar * stream,
                                          const GstDvrStoreConfig * config,
                                          GError ** error);

G_END_DECLS
