/* dvrserverstats.c: what a server counts, and how it is shown
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrserverstats.h"

typedef struct
{
  gsize offset;
  const gchar *name;
  const gchar *help;
  gboolean gauge;
} Counter;

#define COUNTER(field, name, help) \
  { G_STRUCT_OFFSET (DvrServerStats, field), name, help, FALSE }
#define GAUGE(field, name, help) \
  { G_STRUCT_OFFSET (DvrServerStats, field), name, help, TRUE }

static const Counter counters[] = {
  GAUGE (clients, "clients", "Connected clients"),
  COUNTER (clients_total, "clients-total", "Clients since the start"),
  COUNTER (clients_refused, "clients-refused", "Clients beyond max-clients"),
  GAUGE (waiting, "waiting", "Requests that wait for news"),
  COUNTER (requests, "requests", "Requests"),
  COUNTER (requests_media, "media-requests", "Requests answered with media"),
  COUNTER (requests_playlist, "playlist-requests",
      "Requests answered with a playlist"),
  COUNTER (requests_upstream, "upstream-requests",
      "Requests sent upstream on the link"),
  COUNTER (errors_client, "client-errors", "Answers with status 4xx"),
  COUNTER (errors_server, "server-errors", "Answers with status 5xx"),
  COUNTER (bytes_media, "media-bytes", "Bytes of media"),
  COUNTER (hits, "hits", "Media served from memory"),
  COUNTER (disk, "disk-hits", "Media served from the disk cache"),
  COUNTER (misses, "misses", "Media fetched"),
  COUNTER (collapsed, "collapsed", "Requests that joined a fetch"),
  GAUGE (rtmp_clients, "rtmp-clients", "Streams played over RTMP"),
  COUNTER (rtmp_drops, "rtmp-drops",
      "Times that a slow RTMP viewer went on nearer to live"),
};

static guint64
get_value (const DvrServerStats * stats, const Counter * counter)
{
  return dvr_get (G_STRUCT_MEMBER (guint64, stats, counter->offset));
}

/* Returns: (transfer full): all of them, by their names */
GstStructure *
dvr_server_stats_to_structure (const DvrServerStats * stats)
{
  GstStructure *s =
      gst_structure_new_empty ("application/x-dvrserversink-stats");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (counters); i++)
    gst_structure_set (s, counters[i].name, G_TYPE_UINT64,
        get_value (stats, &counters[i]), NULL);

  return s;
}

/* Adds a figure as Prometheus reads it (text format 0.0.4). */
void
dvr_metric_add (GString * out, const gchar * name, const gchar * type,
    const gchar * help, guint64 value)
{
  g_string_append_printf (out, "# HELP %s %s\n# TYPE %s %s\n%s %"
      G_GUINT64_FORMAT "\n", name, help, name, type, name, value);
}

/* Adds all of them to @out, named as Prometheus wants names. */
void
dvr_server_stats_add_metrics (const DvrServerStats * stats, GString * out)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (counters); i++) {
    const Counter *counter = &counters[i];
    gboolean total = !counter->gauge
        && !g_str_has_suffix (counter->name, "-total");
    g_autofree gchar *name = g_strdup_printf ("dvrserversink_%s%s",
        counter->name, total ? "_total" : "");

    g_strdelimit (name, "-", '_');
    dvr_metric_add (out, name, counter->gauge ? "gauge" : "counter",
        counter->help, get_value (stats, counter));
  }
}
