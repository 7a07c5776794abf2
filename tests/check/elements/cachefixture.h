/* cachefixture.h: a segmentcache between an upstream and who asks it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/dvr/gstdvrlink.h>

#define SIZE 1000
#define RECORDING "20261120T192200Z-3f9c"

/* An upstream that answers every question with a new segment, as a source
 * that collapses nothing would. */
typedef struct
{
  GMutex lock;
  GstDvrAnswer answer;          /* NONE: does not know requests */
  gboolean whole;               /* fills what it answers with at once */
  GPtrArray *segments;          /* what it answered with */
  guint asked;
  GstDvrPriority priority;      /* of the last question */
  GstDvrTimeline *timeline;
} CacheUpstream;

typedef struct
{
  GstHarness *h;
  GstElement *element;
  CacheUpstream up;
} Cache;

void cache_fill (GstDvrSegment * segment);
void cache_upstream_init (CacheUpstream * up, GstPad * pad);
void cache_upstream_clear (CacheUpstream * up);
guint cache_upstream_asked (CacheUpstream * up);
GstDvrSegment * cache_upstream_segment (CacheUpstream * up, guint n);
void cache_setup_full (Cache * f, const gchar * peer_caps,
    const gchar * cache_id, const gchar * cache_dir);
void cache_setup (Cache * f);
void cache_teardown (Cache * f);
GstDvrRequest * cache_ask_for (GstPad * pad, guint64 number,
    GstDvrPriority priority);
GstDvrRequest * cache_ask (Cache * f, guint64 number);
GstDvrHow cache_how (Cache * f, guint64 number);
guint64 cache_stat_of (Cache * f, const gchar * name);
void cache_wait_stat (Cache * f, const gchar * name, guint64 value);
