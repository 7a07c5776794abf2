/* askingserver.h: a dvrserversink of one stream, and the application it asks
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrlink.h>

G_BEGIN_DECLS

enum
{
  DENY,
  ALLOW,
  LATER
};

/**
 * AskingServer:
 * @sink: the element
 * @src: what it asks
 * @timeline: of whatever stream is asked for; open, and without media
 * @segment: (nullable): whatever segment is asked for
 * @known: (nullable): the one stream that is there, else all are
 * @http_port: that it serves at; -1: none
 * @rtmp_port: likewise
 * @kind: (nullable): what the application decides; all else it allows
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
  GstDvrSegment *segment;
  const gchar *known;
  gint http_port;
  gint rtmp_port;

  GMutex lock;
  GCond wake;
  const gchar *kind;
  const gchar *stream;
  gint answer;
  guint n_asked;
  guint64 id;
  GstStructure *client;
} AskingServer;

void     asking_server_start      (AskingServer * f, const gchar * kind,
                                   gint answers, const gchar * first, ...);
void     asking_server_stop       (AskingServer * f);
guint    asking_server_count      (AskingServer * f);
void     asking_server_check_told (AskingServer * f, const gchar * field,
                                   const gchar * value);
guint64  asking_server_wait_asked (AskingServer * f, guint n);
gboolean asking_server_decide     (AskingServer * f, guint64 id,
                                   gboolean allow);

G_END_DECLS
