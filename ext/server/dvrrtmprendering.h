/* dvrrtmprendering.h: segments as RTMP messages, made once for all viewers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rtmp/rtmpblock.h"

#include "dvrrtmphead.h"
#include "dvrserver.h"

G_BEGIN_DECLS

/**
 * DvrRtmpProgress:
 * @DVR_RTMP_GROWING: more is to come; see #DvrRtmpWait
 * @DVR_RTMP_DONE: all of it is there
 * @DVR_RTMP_FAILED: no more will come
 */
typedef enum
{
  DVR_RTMP_GROWING,
  DVR_RTMP_DONE,
  DVR_RTMP_FAILED
} DvrRtmpProgress;

/**
 * DvrRtmpWait:
 *
 * What to wait for, as dvr_wait_list_wait() takes it.
 */
typedef struct
{
  DvrWaitList *list;
  guint serial;
  DvrWant want;
  guint64 a;
} DvrRtmpWait;

typedef struct _DvrRtmpSegment DvrRtmpSegment;

DvrRtmpRenderings * dvr_rtmp_renderings_new   (void);
void                dvr_rtmp_renderings_free  (DvrRtmpRenderings * self);
void                dvr_rtmp_renderings_sweep (DvrRtmpRenderings * self,
                                               gint64 now);

DvrRtmpSegment *    dvr_rtmp_segment_get      (DvrServer * server,
                                               DvrStream * stream,
                                               const GstDvrEntry * entry,
                                               guint kinds, guint lane,
                                               GstDvrAnswer * answer);
DvrRtmpSegment *    dvr_rtmp_segment_ref      (DvrRtmpSegment * self);
void                dvr_rtmp_segment_unref    (DvrRtmpSegment * self);
gboolean            dvr_rtmp_segment_hold     (DvrRtmpSegment * self);
void                dvr_rtmp_segment_release  (DvrRtmpSegment * self);

DvrRtmpProgress     dvr_rtmp_segment_update   (DvrRtmpSegment * self,
                                               guint64 batch,
                                               DvrRtmpWait * wait);
guint               dvr_rtmp_segment_length   (DvrRtmpSegment * self);
GstRtmpBlock *      dvr_rtmp_segment_nth      (DvrRtmpSegment * self,
                                               guint index);
const DvrRtmpHead * dvr_rtmp_segment_get_head (DvrRtmpSegment * self);
gboolean            dvr_rtmp_segment_follows  (DvrRtmpSegment * self,
                                               DvrRtmpSegment * before);

G_END_DECLS
