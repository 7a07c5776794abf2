/* serverfixture.h: a dvrserversink with its upstream, and its clients
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrlink.h>

#include "httpclient.h"

#define RECORDING "20261120T192200Z-3f9c"
#define STREAM "/live/cam1/"
#define MEDIA STREAM RECORDING

/* An upstream of one stream, whose segments the test fills by hand. */
typedef struct
{
  GstElement *sink;
  GstPad *src;
  GstPad *pad;
  gint port;
  GstDvrTimeline *timeline;

  GMutex lock;
  GCond cond;
  GHashTable *segments;         /* number -> GstDvrSegment */
  guint requests;               /* for segments */
  guint ranges;                 /* ... of these, for runs of their bytes */
} Fixture;

GstDvrSegment *get_segment (Fixture * f, guint64 number);
void wait_requests (Fixture * f, guint n);
void open_segment (Fixture * f, guint64 number);
void close_gap (Fixture * f, guint64 number);
void close_segment (Fixture * f, guint64 number, guint64 size);
void add_part (Fixture * f, guint64 number, gchar byte);
void fill (Fixture * f, guint64 number, gsize size);
void setup (Fixture * f);
void teardown (Fixture * f);
Reply *get (Fixture * f, const gchar * path, const gchar * headers);
guint status_of (Fixture * f, const gchar * method, const gchar * path,
    const gchar * headers);
