/* gstdvrrtmpplay.h: plays a stream of an RTMP server
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>
#include <gst/dvr/gstdvrreport.h>

#include "rtmp/rtmpclientsession.h"

#include "gstdvrrtmptarget.h"

G_BEGIN_DECLS

typedef struct _GstDvrRtmpPlay GstDvrRtmpPlay;
typedef struct _GstDvrRtmpPlayFuncs GstDvrRtmpPlayFuncs;
typedef struct _GstDvrRtmpPatience GstDvrRtmpPatience;

/**
 * GstDvrRtmpEnd:
 * @GST_DVR_RTMP_STOPPED: the caller wanted it
 * @GST_DVR_RTMP_LOST: no connection, or it broke
 * @GST_DVR_RTMP_SILENT: the server does not answer, or sends no more
 * @GST_DVR_RTMP_REFUSED: the server does not want us
 * @GST_DVR_RTMP_REDIRECTED: it names another one, see
 *   gst_dvr_rtmp_play_steal_redirect()
 * @GST_DVR_RTMP_NOT_FOUND: it has no such stream
 * @GST_DVR_RTMP_COMPLETE: a recorded stream was played to its end
 *
 * Why a connection came to its end.
 */
typedef enum
{
  GST_DVR_RTMP_STOPPED,
  GST_DVR_RTMP_LOST,
  GST_DVR_RTMP_SILENT,
  GST_DVR_RTMP_REFUSED,
  GST_DVR_RTMP_REDIRECTED,
  GST_DVR_RTMP_NOT_FOUND,
  GST_DVR_RTMP_COMPLETE
} GstDvrRtmpEnd;

/**
 * GstDvrRtmpPatience:
 * @answer: how long the server may be silent where it owes an answer
 * @media: likewise where it says that the stream plays, before the first media;
 *   some servers say so though nobody publishes it
 * @more: likewise after that, where it answers pings; GST_CLOCK_TIME_NONE: as
 *   long as it answers them
 *
 * Nanoseconds. @answer is the least of them, and 0 is for ever.
 */
struct _GstDvrRtmpPatience
{
  GstClockTime answer;
  GstClockTime media;
  GstClockTime more;
};

/**
 * GstDvrRtmpPlayFuncs:
 * @connected: the server accepts us
 * @status: the server says something of the stream: NetStream.*
 * @tag: an FLV tag's body of that type; the timestamp is in milliseconds
 * @away: nobody publishes the stream, or somebody does again
 * @sought: what follows is from where gst_dvr_rtmp_play_seek() asked for, or,
 *   where @done is %FALSE, that cannot be had
 * @unwelcome: the server does not want players to seek in their own buffer
 * @tick: some time has passed, or gst_dvr_rtmp_play_wake() was called;
 *   %FALSE ends the connection
 *
 * Called from the thread of gst_dvr_rtmp_play_run().
 */
struct _GstDvrRtmpPlayFuncs
{
  void (*connected) (gpointer user_data);
  void (*status) (gpointer user_data, const gchar * code,
      const gchar * description);
  void (*tag) (gpointer user_data, guint8 type, gint64 timestamp,
      GstBuffer * body);
  void (*away) (gpointer user_data, gboolean away);
  void (*sought) (gpointer user_data, gboolean done);
  void (*unwelcome) (gpointer user_data);
  gboolean (*tick) (gpointer user_data);
};

GstDvrRtmpPlay *gst_dvr_rtmp_play_new  (const GstDvrRtmpPlayFuncs * funcs,
                                        gpointer user_data);
void            gst_dvr_rtmp_play_free (GstDvrRtmpPlay * self);
GstDvrRtmpEnd   gst_dvr_rtmp_play_run  (GstDvrRtmpPlay * self,
                                        const GstDvrRtmpTarget * target,
                                        gint64 start,
                                        const GstDvrRtmpPatience * patience,
                                        gchar ** reason);
gchar *         gst_dvr_rtmp_play_steal_redirect (GstDvrRtmpPlay * self);
gboolean        gst_dvr_rtmp_play_command (GstDvrRtmpPlay * self,
                                        GstDvrReportKind kind,
                                        guint64 position);
gboolean        gst_dvr_rtmp_play_seek (GstDvrRtmpPlay * self,
                                        guint64 position);
guint64         gst_dvr_rtmp_play_get_length (GstDvrRtmpPlay * self);
gboolean        gst_dvr_rtmp_play_is_recorded (GstDvrRtmpPlay * self);
void            gst_dvr_rtmp_play_wake (GstDvrRtmpPlay * self);
void            gst_dvr_rtmp_play_interrupt (GstDvrRtmpPlay * self);
guint64         gst_dvr_rtmp_play_get_bytes (GstDvrRtmpPlay * self);

G_END_DECLS
