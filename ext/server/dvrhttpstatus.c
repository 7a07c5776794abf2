/* dvrhttpstatus.c: what people and monitors look at
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrhttpclient.h"

static const gchar page_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<meta http-equiv=\"refresh\" content=\"5\">"
    "<title>dvrserversink</title><style>"
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;"
    "padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:0 0 2rem}"
    "th,td{text-align:left;padding:.2rem 1.5rem .2rem 0;"
    "border-bottom:1px solid #ddd}td.n{text-align:right}"
    "</style></head><body>\n<h1>dvrserversink</h1>\n";

static gchar *
format_time (GstClockTime time)
{
  guint64 seconds = time / GST_SECOND;

  return g_strdup_printf ("%" G_GUINT64_FORMAT ":%02u:%02u", seconds / 3600,
      (guint) (seconds / 60 % 60), (guint) (seconds % 60));
}

static const gchar *
state_name (const GstDvrTimelineInfo * info)
{
  switch (info->state) {
    case GST_DVR_TIMELINE_PENDING:
      return "asked for";
    case GST_DVR_TIMELINE_OPEN:
      return info->stale ? "cut off from upstream" : "live";
    case GST_DVR_TIMELINE_ENDED:
      return "ended";
    case GST_DVR_TIMELINE_FAILED:
      return "failed";
  }
  return "";
}

static void
add_stream_row (GString * out, DvrStream * stream)
{
  GstDvrTimelineInfo info;
  gchar *length;

  gst_dvr_timeline_get_info (stream->timeline, &info);
  length = format_time (info.end > info.start ? info.end - info.start : 0);
  /* A stream's name has no character that HTML would have to escape. */
  g_string_append_printf (out, "<tr><td>%s</td><td>%s</td><td class=\"n\">%s"
      "</td><td class=\"n\">%" G_GUINT64_FORMAT "</td><td class=\"n\">%"
      G_GUINT64_FORMAT "</td><td><a href=\"/%s/index.m3u8\">window</a> "
      "<a href=\"/%s/dvr.m3u8\">all</a> <a href=\"/%s/main.m3u8\">main</a>"
      "</td></tr>\n", stream->name, state_name (&info), length,
      info.next - info.first, dvr_get (stream->requests), stream->name,
      stream->name, stream->name);
  g_free (length);
}

static void
add_streams (GString * out, DvrServer * server)
{
  GPtrArray *streams = dvr_streams_list (server->streams);
  gchar **names = dvr_branches_get_names (server->branches);
  guint i, k;

  g_string_append (out, "<h2>Streams</h2>\n<table><tr><th>stream</th><th>state"
      "</th><th>window</th><th>segments</th><th>requests</th><th></th></tr>\n");
  for (i = 0; i < streams->len; i++)
    add_stream_row (out, g_ptr_array_index (streams, i));
  for (k = 0; names[k]; k++) {
    gchar *name;

    for (i = 0; i < streams->len; i++) {
      if (g_str_equal (((DvrStream *) g_ptr_array_index (streams, i))->name,
              names[k]))
        break;
    }
    if (i < streams->len)
      continue;
    name = g_markup_escape_text (names[k], -1);
    g_string_append_printf (out, "<tr><td>%s</td><td>not watched</td><td></td>"
        "<td></td><td></td><td><a href=\"/%s/index.m3u8\">window</a></td>"
        "</tr>\n", name, name);
    g_free (name);
  }
  g_string_append (out, "</table>\n");
  g_strfreev (names);
  g_ptr_array_unref (streams);
}

static void
add_row (GString * out, const gchar * name, guint64 value)
{
  g_string_append_printf (out, "<tr><td>%s</td><td class=\"n\">%"
      G_GUINT64_FORMAT "</td></tr>\n", name, value);
}

static gchar *
make_page (DvrServer * server)
{
  const DvrServerStats *stats = &server->stats;
  GString *out = g_string_new (page_head);

  add_streams (out, server);
  g_string_append (out, "<h2>Clients</h2>\n<table>\n");
  add_row (out, "connected", dvr_get (stats->clients));
  add_row (out, "of them over RTMP", dvr_get (stats->rtmp_clients));
  add_row (out, "waiting for news", dvr_get (stats->waiting));
  add_row (out, "since the start", dvr_get (stats->clients_total));
  add_row (out, "refused", dvr_get (stats->clients_refused));
  add_row (out, "requests", dvr_get (stats->requests));
  g_string_append (out, "</table>\n<h2>Media</h2>\n<table>\n");
  add_row (out, "served from memory", dvr_get (stats->hits));
  add_row (out, "from the disk cache", dvr_get (stats->disk));
  add_row (out, "fetched", dvr_get (stats->misses));
  add_row (out, "joined to a fetch", dvr_get (stats->collapsed));
  add_row (out, "bytes", dvr_get (stats->bytes_media));
  add_row (out, "held ready", dvr_media_table_size (server->media));
  g_string_append (out, "</table>\n</body></html>\n");
  return g_string_free (out, FALSE);
}

static void
add_stream_metrics (GString * out, DvrServer * server)
{
  GPtrArray *streams = dvr_streams_list (server->streams);
  guint i;

  g_string_append (out, "# HELP dvrserversink_stream_requests_total Requests "
      "of a stream\n# TYPE dvrserversink_stream_requests_total counter\n");
  for (i = 0; i < streams->len; i++) {
    DvrStream *stream = g_ptr_array_index (streams, i);

    g_string_append_printf (out, "dvrserversink_stream_requests_total"
        "{stream=\"%s\"} %" G_GUINT64_FORMAT "\n", stream->name,
        dvr_get (stream->requests));
  }
  g_string_append (out, "# HELP dvrserversink_stream_window_seconds Length of "
      "what a stream offers\n"
      "# TYPE dvrserversink_stream_window_seconds gauge\n");
  for (i = 0; i < streams->len; i++) {
    DvrStream *stream = g_ptr_array_index (streams, i);
    GstDvrTimelineInfo info;

    gst_dvr_timeline_get_info (stream->timeline, &info);
    g_string_append_printf (out, "dvrserversink_stream_window_seconds"
        "{stream=\"%s\"} %" G_GUINT64_FORMAT "\n", stream->name,
        (info.end > info.start ? info.end - info.start : 0) / GST_SECOND);
  }
  g_ptr_array_unref (streams);
}

static gchar *
make_metrics (DvrServer * server)
{
  GString *out = g_string_new (NULL);

  dvr_server_stats_add_metrics (&server->stats, out);
  dvr_metric_add (out, "dvrserversink_access_log_lost_total", "counter",
      "Lines that the access log had no room for",
      dvr_server_get_log_lost (server));
  dvr_metric_add (out, "dvrserversink_media_held", "gauge",
      "Answers held ready", dvr_media_table_size (server->media));
  dvr_metric_add (out, "dvrserversink_media_held_bytes", "gauge",
      "Bytes of the segments that these hold",
      dvr_media_table_get_bytes (server->media));
  add_stream_metrics (out, server);
  return g_string_free (out, FALSE);
}

static enum MHD_Result
serve_ready (DvrClient * client)
{
  DvrServer *server = client->server;

  if (!dvr_get (server->ready) || !dvr_branches_are_ready (server->branches))
    return dvr_reply_error (client, MHD_HTTP_SERVICE_UNAVAILABLE, "not ready");
  return dvr_reply_text (client, MHD_HTTP_OK, "text/plain",
      g_strdup ("ready\n"));
}

/**
 * dvr_http_serve_page:
 * @client: a client that asks for a page
 *
 * Returns: what the access handler returns
 */
enum MHD_Result
dvr_http_serve_page (DvrClient * client)
{
  switch (client->route.kind) {
    case DVR_ROUTE_HEALTHZ:
      return dvr_reply_text (client, MHD_HTTP_OK, "text/plain",
          g_strdup ("ok\n"));
    case DVR_ROUTE_READYZ:
      return serve_ready (client);
    default:
      break;
  }

  if (!dvr_client_is_local (client))
    return dvr_reply_error (client, MHD_HTTP_FORBIDDEN,
        "only for this machine; see admin-port");
  if (client->route.kind == DVR_ROUTE_METRICS)
    return dvr_reply_text (client, MHD_HTTP_OK,
        "text/plain; version=0.0.4; charset=utf-8",
        make_metrics (client->server));
  return dvr_reply_text (client, MHD_HTTP_OK, "text/html; charset=utf-8",
      make_page (client->server));
}
