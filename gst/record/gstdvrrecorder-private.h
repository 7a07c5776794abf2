/* gstdvrrecorder-private.h: a recorder inside
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrrecorder.h"
#include "gstdvrrecordwriter.h"

#include "flv/flvparser.h"
#include "fmp4/fmp4.h"
#include "fmp4/fmp4timing.h"

G_BEGIN_DECLS

struct _GstDvrRecorder
{
  gchar *path;                  /* for messages */
  const GstDvrRecorderFuncs *funcs;
  gpointer user_data;

  GstFlvParser *parser;
  GstDvrSegmenter *segmenter;
  GstDvrStoreWriter *store;     /* the writer's */
  GstDvrTimeline *timeline;     /* the store's */
  GstDvrRecordWriter *writer;
  gboolean has_input;           /* since the last discontinuity */

  GstFmp4Track tracks[GST_DVR_N_TRACKS];
  gboolean has_track[GST_DVR_N_TRACKS];
  GstFmp4Timing timing;         /* of the audio track */
  gboolean exact;               /* whether its frames can be counted */
  GstClockTime audio_end;
  guint32 sequence;             /* of the moof */
  GPtrArray *run[GST_DVR_N_TRACKS];     /* the chunk's samples, borrowed */

  gsize part_bytes;
  guint segment_parts;

  gboolean recording;
  gboolean paused;
  gboolean disk_full;
  GstClockTime retry_at;
  GstClockTime warned_at;
  gboolean has_head;
  gchar head[3 * 8 + 8 + 4];    /* what the input begins with, for messages */
  GError *error;                /* what the last call failed with */
  GstDvrRecorderStats stats;
};

static inline GstClockTime
gst_dvr_recorder_now (void)
{
  return g_get_monotonic_time () * GST_USECOND;
}

/* gstdvrrecorder.c */
void gst_dvr_recorder_warn           (GstDvrRecorder * self,
                                      const gchar * format,
                                      ...) G_GNUC_PRINTF (2, 3);
void gst_dvr_recorder_show_recording (GstDvrRecorder * self,
                                      gboolean recording);
/* gstdvrrecordersegments.c: what the segmenter calls, with a recorder */
extern const GstDvrSegmenterFuncs gst_dvr_recorder_segmenter_funcs;
extern const GstDvrRecordWriterFuncs gst_dvr_recorder_writer_funcs;
void gst_dvr_recorder_clear_tracks   (GstDvrRecorder * self);

G_END_DECLS
