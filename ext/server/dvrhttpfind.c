/* dvrhttpfind.c: finding segments, parts and init sections
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looked for in the stream's timeline first, so that what is not listed never
 * walks up the tiers, and then asked for upstream. Each function here runs in
 * the connection's own thread, and again after each wait.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrhttpclient.h"

/* How many parts beyond the last one may be asked for: with round trips above
 * the part duration a lower tier keeps two hints in flight. */
#define MAX_HINTED_PARTS 3
#define YEAR (365 * 24 * 3600)

/* min (1 year, planned life), RFC 8216bis section 6.2.1: where segments are
 * removed, one lives as long as the window is. */
static guint64
get_max_age (const GstDvrTimelineInfo * info, const GstDvrEntry * entry)
{
  GstClockTime window, age, least = dvr_get_target_duration (info);

  if (!info->removed || !entry || info->end <= info->start)
    return YEAR;
  window = info->end - info->start;
  age = info->end > entry->start ? info->end - entry->start : 0;
  return CLAMP (window > age + least ? window - age : least, GST_SECOND,
      YEAR * GST_SECOND) / GST_SECOND;
}

/**
 * dvr_http_get_media:
 * @client: a client without media
 * @stream: a stream
 * @what: what of it
 * @info: what its timeline says
 * @entry: (nullable): the segment's entry in the timeline
 *
 * Asks upstream for it and gives it to the client, in the state it is in.
 */
GstDvrAnswer
dvr_http_get_media (DvrClient * client, DvrStream * stream,
    const DvrRoute * what, const GstDvrTimelineInfo * info,
    const GstDvrEntry * entry)
{
  DvrServer *server = client->server;
  GstDvrSegmentId id = {
    .kind = what->kind == DVR_ROUTE_INIT ? GST_DVR_SEGMENT_INIT :
        GST_DVR_SEGMENT_MEDIA,
    .stream = stream->name,.recording = what->recording,
    .number = what->number
  };
  GstDvrRequest *request;
  GstDvrAnswer answer;
  DvrMedia *media;

  if (entry && what->kind == DVR_ROUTE_SEGMENT)
    dvr_http_narrow (client, entry, &id);
  request = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_VIEWER);
  dvr_count (server->stats.requests_upstream, 1);
  answer = dvr_streams_ask (server->streams, stream, request);
  if (answer == GST_DVR_ANSWER_OK) {
    media = dvr_media_new (server, stream,
        gst_dvr_request_get_segment (request), what, get_max_age (info, entry));
    client->how = gst_dvr_request_get_how (request);
    client->has_how = TRUE;
    client->media = media->is_range ? media :
        dvr_media_table_insert (server->media, media);
  }
  gst_dvr_request_unref (request);
  return answer;
}

static enum MHD_Result
ask_upstream (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info, const GstDvrEntry * entry)
{
  GstDvrAnswer answer = dvr_http_get_media (client, stream, &client->route,
      info, entry);

  if (answer != GST_DVR_ANSWER_OK)
    return dvr_reply_answer (client, answer);
  /* From here on the clock is that of media, not of finding the stream. */
  client->deadline = 0;
  dvr_client_set_deadline (client, 3 * dvr_get_target_duration (info));
  return dvr_http_serve_media (client);
}

enum MHD_Result
dvr_http_reply_overdue (DvrClient * client)
{
  return dvr_reply_error (client, MHD_HTTP_SERVICE_UNAVAILABLE,
      "it has not come within three target durations");
}

/* Waits until the timeline lists part @part of segment @number. */
static enum MHD_Result
wait_for_part (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info, guint serial, guint64 part)
{
  dvr_client_set_deadline (client, 3 * dvr_get_target_duration (info));
  if (dvr_client_deadline_is_over (client))
    return dvr_http_reply_overdue (client);
  return dvr_client_wait (client, stream->changes, serial, DVR_WANT_PART,
      client->route.number, part);
}

static gboolean
last_recording_is (DvrStream * stream, const GstDvrTimelineInfo * info,
    const gchar * recording)
{
  guint64 last = info->next + (info->open ? 1 : 0) - 1;
  GstDvrFound found;
  GstDvrEntry entry;

  found = gst_dvr_timeline_find (stream->timeline, last, &entry);
  return (found == GST_DVR_FOUND_CLOSED || found == GST_DVR_FOUND_OPEN)
      && g_str_equal (entry.recording, recording);
}

/* A number that is not listed: the first parts of the next segment have been
 * hinted at, or are about to be, and are held; all else is unknown. */
static enum MHD_Result
serve_unlisted (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info, guint serial)
{
  const DvrRoute *route = &client->route;

  if (info->state == GST_DVR_TIMELINE_OPEN
      && route->kind == DVR_ROUTE_PART
      && route->number == info->next + (info->open ? 1 : 0)
      && route->part < MAX_HINTED_PARTS
      && last_recording_is (stream, info, route->recording))
    return wait_for_part (client, stream, info, serial, 0);
  return dvr_reply_error (client, MHD_HTTP_NOT_FOUND, "not listed");
}

static enum MHD_Result
serve_open (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info, guint serial, const GstDvrEntry * entry)
{
  const DvrRoute *route = &client->route;

  /* The edge of live is read by parts: a whole segment waits for its end. */
  if (route->kind == DVR_ROUTE_SEGMENT)
    return wait_for_part (client, stream, info, serial, DVR_WHOLE_SEGMENT);
  if (route->part >= info->n_parts + MAX_HINTED_PARTS)
    return dvr_reply_error (client, MHD_HTTP_NOT_FOUND, "not listed");
  return ask_upstream (client, stream, info, entry);
}

static gssize
read_nothing (void *user_data, uint64_t position, char *buffer, size_t max)
{
  return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* What is asked of a closed segment without its bytes is answered from the list:
 * whoever sends a few bytes must not have all of it fetched.
 *
 * Returns: the status, or 0 if the bytes are needed */
static guint
get_status_from_list (DvrClient * client, const GstDvrEntry * entry)
{
  const gchar *known = client->headers.if_none_match;
  gboolean same = FALSE;
  gchar *etag;

  if (client->route.kind != DVR_ROUTE_SEGMENT || entry->size == 0)
    return 0;
  if (known) {
    etag = dvr_media_make_etag (&client->route);
    same = dvr_header_etag_matches (known, etag);
    g_free (etag);
  }
  if (same)
    return MHD_HTTP_NOT_MODIFIED;
  return client->method == DVR_METHOD_HEAD ? MHD_HTTP_OK : 0;
}

static enum MHD_Result
reply_from_list (DvrClient * client, const GstDvrTimelineInfo * info,
    const GstDvrEntry * entry, guint status)
{
  struct MHD_Response *response =
      MHD_create_response_from_callback (entry->size, 1, read_nothing, NULL,
      NULL);
  gchar *etag, *cache_control;

  if (!response)
    return MHD_NO;
  etag = dvr_media_make_etag (&client->route);
  cache_control = g_strdup_printf (DVR_MEDIA_CACHE_CONTROL,
      get_max_age (info, entry));
  dvr_media_add_fields (response, etag, cache_control, DVR_CACHE_NAME "; hit",
      client->server->cors_origin);
  client->context = "hit";
  g_free (cache_control);
  g_free (etag);
  return dvr_reply_queue (client, status, response);
}

static enum MHD_Result
serve_closed (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info, const GstDvrEntry * entry)
{
  guint status = get_status_from_list (client, entry);

  return status ? reply_from_list (client, info, entry, status) :
      ask_upstream (client, stream, info, entry);
}

/* How many parts a closed segment has is known for the latest ones. */
static gboolean
may_have_part (DvrStream * stream, const DvrRoute * route)
{
  gboolean may = TRUE;
  GArray *parts;

  if (route->kind != DVR_ROUTE_PART)
    return TRUE;
  parts = gst_dvr_timeline_get_parts (stream->timeline, route->number);
  if (parts) {
    may = parts->len == 0 || route->part < parts->len;
    g_array_unref (parts);
  }
  return may;
}

/* A part may be asked for by the name that it was listed under while its segment
 * grew. */
static void
rename_part (DvrStream * stream, DvrRoute * route, const GstDvrEntry * entry)
{
  if (route->kind != DVR_ROUTE_PART || !gst_dvr_timeline_is_alias
      (stream->timeline, route->number, route->recording))
    return;
  g_free (route->recording);
  route->recording = g_strdup (entry->recording);
}

static enum MHD_Result
find_segment (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info, guint serial)
{
  DvrRoute *route = &client->route;
  GstDvrEntry entry;

  switch (gst_dvr_timeline_find (stream->timeline, route->number, &entry)) {
    case GST_DVR_FOUND_NOTHING:
      return serve_unlisted (client, stream, info, serial);
    case GST_DVR_FOUND_REMOVED:
      if (!gst_dvr_timeline_has_recording (stream->timeline, route->recording))
        break;
      return dvr_reply_error (client, MHD_HTTP_GONE, "no longer offered");
    case GST_DVR_FOUND_CLOSED:
      rename_part (stream, route, &entry);
      if (entry.gap || !g_str_equal (entry.recording, route->recording)
          || !may_have_part (stream, route))
        break;
      return serve_closed (client, stream, info, &entry);
    case GST_DVR_FOUND_OPEN:
      if (!g_str_equal (entry.recording, route->recording))
        break;
      return serve_open (client, stream, info, serial, &entry);
  }
  return dvr_reply_error (client, MHD_HTTP_NOT_FOUND, "not listed");
}

static enum MHD_Result
find_init (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info)
{
  if (!gst_dvr_timeline_has_recording (stream->timeline,
          client->route.recording))
    return dvr_reply_error (client, MHD_HTTP_NOT_FOUND, "not listed");
  return ask_upstream (client, stream, info, NULL);
}

/**
 * dvr_http_find_media:
 * @client: a client without media
 *
 * Serves what its route names, once it is known what and where that is.
 *
 * Returns: what the access handler returns
 */
enum MHD_Result
dvr_http_find_media (DvrClient * client)
{
  GstDvrTimelineInfo info;
  enum MHD_Result result;
  DvrStream *stream;
  guint serial;

  result = dvr_http_get_stream (client, &stream, &info, &serial);
  if (!stream)
    return result;
  if (client->route.kind == DVR_ROUTE_INIT)
    result = find_init (client, stream, &info);
  else
    result = find_segment (client, stream, &info, serial);
  dvr_stream_unref (stream);
  return result;
}
