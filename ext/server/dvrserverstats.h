/* dvrserverstats.h: what a server counts, and how it is shown
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "dvratomic.h"

G_BEGIN_DECLS

typedef struct _DvrServerStats DvrServerStats;

/* Counters, all atomic; dvrserverstats.c says what each is. */
struct _DvrServerStats
{
  guint64 clients;
  guint64 clients_total;
  guint64 clients_refused;
  guint64 waiting;
  guint64 requests;
  guint64 requests_media;
  guint64 requests_playlist;
  guint64 requests_upstream;
  guint64 errors_client;
  guint64 errors_server;
  guint64 bytes_media;
  guint64 hits;
  guint64 disk;
  guint64 misses;
  guint64 collapsed;
  guint64 rtmp_clients;
  guint64 rtmp_drops;
};

GstStructure * dvr_server_stats_to_structure (const DvrServerStats * stats);
void           dvr_server_stats_add_metrics  (const DvrServerStats * stats,
                                              GString * out);
void           dvr_metric_add                (GString * out,
                                              const gchar * name,
                                              const gchar * type,
                                              const gchar * help,
                                              guint64 value);

G_END_DECLS
