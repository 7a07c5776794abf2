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

typedef struct _DvrRtmpRendering DvrRtmpRendering;

DvrRtmpRenderings * dvr_rtmp_renderings_new   (void);
void                dvr_rtmp_renderings_free  (DvrRtmpRenderings * self);
void                dvr_rtmp_renderings_sweep (DvrRtmpRenderings * self,
                                               gint64 now);

DvrRtmpRendering *  dvr_rtmp_rendering_get    (DvrServer * server,
                                               DvrStream * stream,
                                               const GstDvrEntry * entry,
                                               guint kinds, guint lane,
                                               GstDvrAnswer * answer);
DvrRtmpRendering *  dvr_rtmp_rendering_ref    (DvrRtmpRendering * self);
void                dvr_rtmp_rendering_unref  (DvrRtmpRendering * self);
gboolean            dvr_rtmp_rendering_hold   (DvrRtmpRendering * self);
void                dvr_rtmp_rendering_release (DvrRtmpRendering * self);

DvrRtmpProgress     dvr_rtmp_rendering_update (DvrRtmpRendering * self,
                                               guint64 batch,
                                               DvrRtmpWait * wait);
guint               dvr_rtmp_rendering_length (DvrRtmpRendering * self);
GstRtmpBlock *      dvr_rtmp_rendering_nth    (DvrRtmpRendering * self,
                                               guint index);
const DvrRtmpHead * dvr_rtmp_rendering_get_head (DvrRtmpRendering * self);
gboolean            dvr_rtmp_rendering_follows (DvrRtmpRendering * self,
                                               DvrRtmpRendering * before);

G_END_DECLS
