/* gstdvrplayhead-private.h: what the files of the playhead share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrplayhead.h"

G_BEGIN_DECLS

struct _GstDvrPlayhead
{
  gatomicrefcount refcount;
  GstElement *element;          /* owns us */
  GstPad *srcpad;
  GstDvrPlayheadAskFunc ask;
  gint64 start;
  GstDateTime *start_date_time;

  GMutex lock;                  /* protects down to @segment */
  GCond wake;
  gboolean flushing;
  gboolean halted;
  gboolean seeking;
  gboolean eos;                 /* upstream has ended */
  guint64 changes;              /* counts whatever may be waited for */
  gchar **names;
  GstDvrTimeline *timeline;
  gulong timeline_watch;
  guint32 seek_seqnum;
  GThread *thread;              /* that runs it now */
  GstSegment segment;

  /* the running thread's, or the seeking one's while that is stopped */
  guint64 timeline_seen;
  gboolean begun;               /* STREAM_START and CAPS are out */
  gboolean positioned;
  gboolean fresh;               /* nothing was played from here yet */
  gboolean need_segment;
  gboolean discont;
  gboolean hole;
  gboolean ended;
  guint32 seqnum;
  guint64 number;               /* sequence number played now */
  GstDvrEntry entry;
  GstDvrSegment *current;
  gulong watch;
  guint64 offset;               /* within it */
  guint tries;
  gchar *recording;             /* of the init section that is out */
  guint init;
  guint last_discontinuity;
  guint64 out;                  /* bytes pushed so far */
  gint64 duration_posted;
  GstClockTime duration;
  gboolean told_missing;
};

void             gst_dvr_playhead_release      (GstDvrPlayhead * self);
GstDvrTimeline * gst_dvr_playhead_get_timeline (GstDvrPlayhead * self);
void             gst_dvr_playhead_set_flushing (GstDvrPlayhead * self,
                                                gboolean flushing);
void             gst_dvr_playhead_push_event   (GstDvrPlayhead * self,
                                                GstEvent * event);
GstClockTime     gst_dvr_playhead_get_start    (GstDvrPlayhead * self,
                                                GstDvrTimeline * timeline,
                                                const GstDvrTimelineInfo * info,
                                                gboolean * exact);
gboolean         gst_dvr_playhead_go_to        (GstDvrPlayhead * self,
                                                GstDvrTimeline * timeline,
                                                GstClockTime time,
                                                gboolean exact);

G_END_DECLS
