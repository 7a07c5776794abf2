/* upstreamfixture.h: a cache and its upstream, for tests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/check/gstcheck.h>

#include "cache/gstdvrcache.h"

#define SIZE 10000

/* An upstream; a GObject, since the cache holds its users weakly. */
typedef struct
{
  GMutex lock;
  GstDvrAnswer answer;
  GPtrArray *segments;
  GPtrArray *statuses;
} Upstream;

typedef struct
{
  GObject *owner;
  Upstream *up;
  GstDvrCache *cache;
  GstDvrCacheUser *user;
} Fixture;

void setup (Fixture * f, const gchar * id, guint64 max_memory);
void teardown (Fixture * f);
guint n_asked (Fixture * f);
GstDvrSegment *asked (Fixture * f, guint n);
void fill (GstDvrSegment * segment);
GstDvrRequest *request_kind (Fixture * f, GstDvrSegmentKind kind,
    guint64 number, GstDvrPriority priority);
GstDvrRequest *request (Fixture * f, guint64 number);
GstDvrHow how (Fixture * f, guint64 number);
void fetch (Fixture * f, guint64 number);
gboolean has (Fixture * f, guint64 number);
GstDvrCacheStats stats (Fixture * f);
void let_time_pass (void);
