/* gstdvrrtmppull-private.h: a stream of an RTMP server inside
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include <gst/dvr/gstdvrstore.h>

#include "record/gstdvrrecorder.h"

#include "gstdvrrtmpplay.h"
#include "gstdvrrtmpprobe.h"
#include "gstdvrrtmppull.h"
#include "gstdvrrtmptell.h"

G_BEGIN_DECLS

struct _GstDvrRtmpPull
{
  gint refs;
  const GstDvrUpstreamOwner *owner;
  gchar *directory;             /* its own, removed at the end */
  gchar *local;
  gchar *remote;
  guint64 last;                 /* its highest number before */
  GThread *thread;
  GstDvrRtmpPlay *play;
  GstDvrRtmpTell *tell;
  atomic_bool done;
  _Atomic guint64 connections;
  _Atomic guint64 failures;

  GMutex lock;                  /* protects what is below */
  GCond cond;
  GstDvrUpstreamConfig *config;
  GstDvrStoreReader *reader;    /* NULL: stopped */
  gboolean moved;               /* to other locations */
  gboolean poked;
  gboolean stopped;

  /* the thread's own */
  GstDvrUpstreamConfig *used;
  guint location;               /* of those, the one in use */
  guint tried;                  /* locations that failed in a row */
  guint rounds;                 /* times all of them did */
  gboolean told;                /* that no server works */
  gboolean connected;           /* to one that does */
  GstDvrRecorder *recorder;
  gboolean fresh;               /* the connection has sent no media yet */
  gint64 last_media;
  gint64 position;              /* the server's time of it, milliseconds */
  gboolean sought;              /* what follows is from elsewhere in it */
  gint64 known;                 /* what comes up to there was here before */
  gboolean unmoved;             /* the server does not seek */
  GstClockTime reach;           /* as the timeline has it */
  gboolean recorded;            /* what is played is a recording there */
  gboolean away;
  GstDvrRtmpProbe *probe;       /* (nullable): of another location, */
  guint probed;                 /* which one, */
  gint64 probed_at;             /* and since when */
  guint looked;                 /* how many were, since it is idle */
  gboolean turning;             /* that one is better */
  GError *error;                /* the recorder's */
};

/* gstdvrrtmppullwatch.c: the thread's */
gboolean gst_dvr_rtmp_pull_watch       (GstDvrRtmpPull * self);
gboolean gst_dvr_rtmp_pull_end_watch   (GstDvrRtmpPull * self);

/* gstdvrrtmppulltell.c: the thread's */
void     gst_dvr_rtmp_pull_tell_server (GstDvrRtmpPull * self);
void     gst_dvr_rtmp_pull_set_reach   (GstDvrRtmpPull * self,
                                        GstClockTime reach);
gboolean gst_dvr_rtmp_pull_place       (GstDvrRtmpPull * self,
                                        guint8 type,
                                        gint64 timestamp,
                                        GstBuffer * body);
void     gst_dvr_rtmp_pull_sought      (gpointer user_data,
                                        gboolean done);
void     gst_dvr_rtmp_pull_unwelcome   (gpointer user_data);

G_END_DECLS
