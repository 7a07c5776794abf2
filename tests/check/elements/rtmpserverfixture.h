/* rtmpserverfixture.h: a dvrserversink of one stream, and its application
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrlink.h>

#include "rtmpfixture.h"

G_BEGIN_DECLS

enum
{
  DENY,
  ALLOW,
  LATER
};

/**
 * RtmpServer:
 * @sink: the element
 * @timeline: of whatever stream is asked for; open
 * @port: of RTMP
 * @kind: what the application decides; all else it allows
 * @stream: (nullable): only about that stream
 * @answer: what it says
 * @n_asked: how often it was asked
 * @client: about whom, last
 */
typedef struct
{
  GstElement *sink;
  GstPad *src;
  GstPad *pad;
  GstDvrTimeline *timeline;
  gint port;

  GMutex lock;
  GCond wake;
  const gchar *kind;
  const gchar *stream;
  gint answer;
  guint n_asked;
  guint64 id;
  GstStructure *client;
} RtmpServer;

void     rtmp_server_start      (RtmpServer * f, const gchar * kind,
                                 gint answers);
void     rtmp_server_stop       (RtmpServer * f);
guint    rtmp_server_count_asked (RtmpServer * f);
guint64  rtmp_server_wait_asked (RtmpServer * f, guint n);
gboolean rtmp_server_decide     (RtmpServer * f, guint64 id, gboolean allow);

G_END_DECLS
