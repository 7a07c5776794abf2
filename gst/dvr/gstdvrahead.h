/* gstdvrahead.h: what is shown ahead of its part
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A part is written, and its size known, when it ends. Who cannot wait for
 * that sees its chunks as they are made, and its samples as they come. Not
 * thread-safe.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* How many samples are kept: those of a chunk or two. */
#define GST_DVR_AHEAD_MAX_SAMPLES 64

typedef struct
{
  /*< private >*/
  GArray *parts;
  GPtrArray *samples;           /* the latest */
  guint n_samples;              /* ever shown */
  guint n_unseen;               /* chunks that were not only of these */
} GstDvrAhead;

void        gst_dvr_ahead_clear       (GstDvrAhead * self);
void        gst_dvr_ahead_show        (GstDvrAhead * self, guint part,
                                       GPtrArray * chunks, gboolean seen);
void        gst_dvr_ahead_keep_samples (GPtrArray * kept,
                                       GPtrArray * samples);
void        gst_dvr_ahead_show_samples (GstDvrAhead * self,
                                       GPtrArray * samples);
void        gst_dvr_ahead_drop_before (GstDvrAhead * self, guint part);
GstBuffer * gst_dvr_ahead_get         (const GstDvrAhead * self, guint part,
                                       guint index);
GstBuffer * gst_dvr_ahead_get_sample  (const GstDvrAhead * self,
                                       guint * index);
guint64     gst_dvr_ahead_get_progress (const GstDvrAhead * self,
                                       guint64 size);

G_END_DECLS
