/* gstdvrstamper.h: a publisher's timestamps on the recording's stream time
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_DVR_STAMPER_TRACKS 2

typedef struct _GstDvrStamper GstDvrStamper;

/**
 * GstDvrStamp:
 * @GST_DVR_STAMP_OK: mapped as it is
 * @GST_DVR_STAMP_REPAIRED: moved, by as little as keeps timestamps rising
 * @GST_DVR_STAMP_BACK: so far back that it is another run
 * @GST_DVR_STAMP_AHEAD: so far ahead that something is missing
 */
typedef enum
{
  GST_DVR_STAMP_OK,
  GST_DVR_STAMP_REPAIRED,
  GST_DVR_STAMP_BACK,
  GST_DVR_STAMP_AHEAD
} GstDvrStamp;

typedef struct
{
  gboolean seen;
  gint64 correction;            /* what this track alone is off by */
  gint64 reorder;               /* what decoding is moved back by */
  gint64 high;                  /* highest publisher's DTS, corrected */
  GstClockTime last;            /* last DTS handed out, or NONE */
} GstDvrStamperTrack;

/* One run of a publisher: one offset for all tracks. */
struct _GstDvrStamper
{
  gboolean seen;
  gint64 offset;
  gint64 front;                 /* highest publisher's DTS of any track */
  GstClockTime start;
  GstClockTime max_step;
  GstDvrStamperTrack tracks[GST_DVR_STAMPER_TRACKS];
};

void        gst_dvr_stamper_begin (GstDvrStamper * self,
                                   GstClockTime start,
                                   GstClockTime max_step);
GstDvrStamp gst_dvr_stamper_map   (GstDvrStamper * self,
                                   guint track,
                                   GstClockTime * dts,
                                   GstClockTime * pts);
void        gst_dvr_stamper_move  (GstDvrStamper * self,
                                   gint64 distance);
gint64      gst_dvr_stamper_get_step (const GstDvrStamper * self,
                                   guint track,
                                   GstClockTime dts);

G_END_DECLS
