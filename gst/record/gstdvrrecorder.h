/* gstdvrrecorder.h: FLV bytes in, a recording on disk out
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include <gst/dvr/gstdvrstore.h>

#include "gstdvrsegmenter.h"

G_BEGIN_DECLS

/* What suits a recorder where nobody says otherwise. */
#define GST_DVR_RECORDER_TARGET_DURATION (2 * GST_SECOND)
#define GST_DVR_RECORDER_MAX_SEGMENT_DURATION (10 * GST_SECOND)
#define GST_DVR_RECORDER_PART_DURATION (250 * GST_MSECOND)
#define GST_DVR_RECORDER_CHUNK_DURATION (40 * GST_MSECOND)
#define GST_DVR_RECORDER_RECONNECT_WINDOW (60 * GST_SECOND)

typedef struct _GstDvrRecorder GstDvrRecorder;
typedef struct _GstDvrRecorderFuncs GstDvrRecorderFuncs;
typedef struct _GstDvrRecorderStats GstDvrRecorderStats;

/**
 * GstDvrRecorderFuncs:
 * @status: something to tell the user: code, level, description
 * @segment: (nullable): a segment is complete
 *
 * Called from the thread that feeds the recorder, or the one that writes for it;
 * never after gst_dvr_recorder_end(), until more comes.
 */
struct _GstDvrRecorderFuncs
{
  void (*status) (gpointer user_data, const gchar * code,
      const gchar * level, const gchar * description);
  void (*segment) (gpointer user_data, const GstDvrEntry * entry);
};

/**
 * GstDvrRecorderStats:
 * @segmenter: what the segmenter counted
 * @segments: segments recorded
 * @gaps: gaps listed
 * @bytes: bytes of media recorded
 * @duration: media recorded, nanoseconds
 * @skipped_bytes: input that was not FLV
 * @audio_dropped: audio frames that had no place in time
 * @audio_resyncs: times audio was moved to where its timestamps said
 * @warnings: input that was odd
 * @start: stream time that is listed from, nanoseconds
 * @end: stream time that is listed to, nanoseconds
 * @recording: whether a run is being recorded
 * @disk_full: whether it is paused for want of space
 */
struct _GstDvrRecorderStats
{
  GstDvrSegmenterStats segmenter;
  guint64 segments;
  guint64 gaps;
  guint64 bytes;
  GstClockTime duration;
  guint64 skipped_bytes;
  guint64 audio_dropped;
  guint64 audio_resyncs;
  guint64 warnings;
  GstClockTime start;
  GstClockTime end;
  gboolean recording;
  gboolean disk_full;
};

GstDvrRecorder * gst_dvr_recorder_new   (const gchar * location,
                                         const gchar * stream,
                                         const GstDvrStoreConfig * config,
                                         GstClockTime chunk_duration,
                                         const GstDvrRecorderFuncs * funcs,
                                         gpointer user_data,
                                         GError ** error);
void          gst_dvr_recorder_free     (GstDvrRecorder * self);
void          gst_dvr_recorder_set_last (GstDvrRecorder * self,
                                         guint64 last);
void          gst_dvr_recorder_set_config (GstDvrRecorder * self,
                                         const GstDvrStoreConfig * config);
gboolean      gst_dvr_recorder_push     (GstDvrRecorder * self,
                                         GstBuffer * buffer,
                                         GError ** error);
gboolean      gst_dvr_recorder_discont  (GstDvrRecorder * self,
                                         GError ** error);
gboolean      gst_dvr_recorder_skip     (GstDvrRecorder * self,
                                         GstClockTime distance,
                                         GError ** error);
gboolean      gst_dvr_recorder_away     (GstDvrRecorder * self,
                                         GError ** error);
gboolean      gst_dvr_recorder_set_paused (GstDvrRecorder * self,
                                         gboolean paused,
                                         GError ** error);
gboolean      gst_dvr_recorder_tick     (GstDvrRecorder * self,
                                         GError ** error);
gboolean      gst_dvr_recorder_end      (GstDvrRecorder * self,
                                         GError ** error);
void          gst_dvr_recorder_get_stats (GstDvrRecorder * self,
                                         GstDvrRecorderStats * stats);

G_END_DECLS
