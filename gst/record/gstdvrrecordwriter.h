/* gstdvrrecordwriter.h: writes a recording beside the thread that brings it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include <gst/dvr/gstdvrstore.h>

G_BEGIN_DECLS

typedef struct _GstDvrRecordWriter GstDvrRecordWriter;
typedef struct _GstDvrRecordWriterFuncs GstDvrRecordWriterFuncs;
typedef struct _GstDvrRecordJob GstDvrRecordJob;

/**
 * GstDvrRecordWriterFuncs:
 * @closed: a segment is listed
 * @late: what is written was to be written that long ago, nanoseconds
 *
 * Called from whichever thread writes, one at a time.
 */
struct _GstDvrRecordWriterFuncs
{
  void (*closed) (gpointer user_data, const GstDvrEntry * entry);
  void (*late) (gpointer user_data, GstClockTime late);
};

/**
 * GstDvrRecordJobKind:
 *
 * A call of GstDvrStoreWriter's.
 */
typedef enum
{
  GST_DVR_RECORD_CONFIG,
  GST_DVR_RECORD_INIT,
  GST_DVR_RECORD_OPEN,
  GST_DVR_RECORD_SAMPLES,
  GST_DVR_RECORD_PART,
  GST_DVR_RECORD_CHUNK,
  GST_DVR_RECORD_END_PART,
  GST_DVR_RECORD_CLOSE,
  GST_DVR_RECORD_GAP,
  GST_DVR_RECORD_END
} GstDvrRecordJobKind;

/**
 * GstDvrRecordJob:
 * @kind: which call
 * @start: stream time, of OPEN and GAP
 * @duration: of END_PART, CLOSE and GAP
 * @wall_time: of OPEN, PART and GAP
 * @flag: OPEN: discontinuity; END_PART: independent; CHUNK: shown; CLOSE: after
 *   a failure, so that nothing need be there
 * @key_size: of CHUNK
 * @init: (nullable): of INIT
 * @samples: (nullable): of SAMPLES
 * @chunk: (nullable): of CHUNK
 * @config: of CONFIG
 *
 * The arguments of a call.
 */
struct _GstDvrRecordJob
{
  GstDvrRecordJobKind kind;
  GstClockTime start;
  GstClockTime duration;
  gint64 wall_time;
  gboolean flag;
  guint32 key_size;
  GBytes *init;
  GPtrArray *samples;
  GstBuffer *chunk;
  GstDvrStoreConfig config;

  /*< private >*/
  gint64 due;
  gsize size;
};

GstDvrRecordWriter *
              gst_dvr_record_writer_new (GstDvrStoreWriter * store,
                                         const GstDvrStoreConfig * config,
                                         const GstDvrRecordWriterFuncs * funcs,
                                         gpointer user_data);
void          gst_dvr_record_writer_free (GstDvrRecordWriter * self);
gboolean      gst_dvr_record_writer_push (GstDvrRecordWriter * self,
                                         const GstDvrRecordJob * job,
                                         GError ** error);
gboolean      gst_dvr_record_writer_check (GstDvrRecordWriter * self,
                                         GError ** error);
gboolean      gst_dvr_record_writer_wait (GstDvrRecordWriter * self,
                                         GError ** error);
gboolean      gst_dvr_record_writer_has_written (GstDvrRecordWriter * self);

G_END_DECLS
