/* dvrrtmploop.h: the threads that serve RTMP
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One event loop per processor, for all listeners of the process. What belongs
 * to a loop is touched by its thread alone; others post it tasks.
 */
#pragma once

#include <glib.h>
#include <uv.h>

G_BEGIN_DECLS

typedef struct _DvrRtmpLoop DvrRtmpLoop;
typedef struct _DvrRtmpLoops DvrRtmpLoops;
typedef void (*DvrRtmpTask) (gpointer data);

DvrRtmpLoops * dvr_rtmp_loops_get    (GError ** error);
void           dvr_rtmp_loops_unref  (DvrRtmpLoops * self);
guint          dvr_rtmp_loops_count  (DvrRtmpLoops * self);
DvrRtmpLoop *  dvr_rtmp_loops_nth    (DvrRtmpLoops * self, guint index);

void           dvr_rtmp_loop_post    (DvrRtmpLoop * loop, DvrRtmpTask task,
                                      gpointer data);
void           dvr_rtmp_loop_call    (DvrRtmpLoop * loop, DvrRtmpTask task,
                                      gpointer data);
uv_loop_t *    dvr_rtmp_loop_get_uv  (DvrRtmpLoop * loop);
guint8 *       dvr_rtmp_loop_get_scratch (DvrRtmpLoop * loop, gsize * size);
uv_timer_t *   dvr_rtmp_loop_new_timer (DvrRtmpLoop * loop, gpointer data);
void           dvr_rtmp_handle_free  (gpointer handle);

G_END_DECLS
