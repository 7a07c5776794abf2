/* dvrhttpmedia.c: serving segments, parts and init sections
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is in the table of shared responses is queued as it is. Anything else
 * is first looked for in the stream's timeline, so that what is not listed
 * never walks up the tiers, and then asked for upstream. Each function here
 * runs in the connection's own thread, and again after each wait.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrhttpclient.h"

/* How long an answer to "is there such a stream" is waited for. */
#define PENDING_TIME (5 * GST_SECOND)
/* How many parts beyond the last one may be asked for: with round trips above
 * the part duration a lower tier keeps two hints in flight. */
#define MAX_HINTED_PARTS 3
#define YEAR (365 * 24 * 3600)
#define DEFAULT_TARGET_DURATION (10 * GST_SECOND)

GstClockTime
dvr_http_get_target_duration (const GstDvrTimelineInfo * info)
{
  return info->target_duration > 0 ? info->target_duration :
      DEFAULT_TARGET_DURATION;
}

static enum MHD_Result
append_path (void *user_data, enum MHD_ValueKind kind, const char *key,
    const char *value)
{
  GString *path = user_data;

  if (value && g_ascii_strcasecmp (key, "cdn-loop") == 0)
    g_string_append_printf (path, "%s%s", path->len > 0 ? ", " : "", value);
  return MHD_YES;
}

/* Returns: (nullable): the caches that the request came through */
static gchar *
get_path (DvrClient * client)
{
  GString *path;

  if (client->headers.hops == 0)
    return NULL;
  path = g_string_new (NULL);
  MHD_get_connection_values (client->connection, MHD_HEADER_KIND, append_path,
      path);
  return g_string_free (path, FALSE);
}

/* A failed timeline tells why in HTTP's terms. */
static enum MHD_Result
reply_failed_timeline (DvrClient * client, guint status)
{
  switch (status) {
    case 404:
      return dvr_reply_error (client, status, "no such stream");
    case 410:
      return dvr_reply_error (client, status, "the stream is gone");
    case 401:
    case 403:
      return dvr_reply_error (client, MHD_HTTP_BAD_GATEWAY,
          "upstream refuses this server");
    case 501:
      return dvr_reply_error (client, MHD_HTTP_BAD_GATEWAY,
          "upstream's stream cannot be passed on: fragmented MP4, not "
          "encrypted, audio and video in one playlist, is needed");
    case 503:
      return dvr_reply_error (client, status, "upstream is not ready");
    case 504:
      return dvr_reply_error (client, status, "upstream does not answer");
    case 508:
      return dvr_reply_error (client, status, "the locations of the tiers "
          "above lead in a circle (CDN-Loop)");
    default:
      return dvr_reply_error (client, MHD_HTTP_BAD_GATEWAY,
          "upstream has failed");
  }
}

/**
 * dvr_http_get_stream:
 * @client: a client
 * @stream: (out) (transfer full): the stream that its route names, or NULL if
 *     the request has been answered or waits
 * @info: (out): what its timeline says
 * @serial: (out): see dvr_wait_list_get_serial()
 *
 * Returns: what the access handler returns where there is no stream
 */
enum MHD_Result
dvr_http_get_stream (DvrClient * client, DvrStream ** stream,
    GstDvrTimelineInfo * info, guint * serial)
{
  GstDvrAnswer answer;
  enum MHD_Result result = MHD_YES;
  DvrStream *found;
  gchar *path;

  *stream = NULL;
  path = get_path (client);
  answer = dvr_streams_get (client->server->streams, client->route.stream,
      path, &found);
  g_free (path);
  if (answer != GST_DVR_ANSWER_OK)
    return dvr_reply_answer (client, answer);

  *serial = dvr_wait_list_get_serial (found->changes);
  gst_dvr_timeline_get_info (found->timeline, info);
  if (info->state == GST_DVR_TIMELINE_PENDING) {
    if (dvr_client_deadline_is_over (client)) {
      result = dvr_reply_error (client, MHD_HTTP_GATEWAY_TIMEOUT,
          "upstream has not answered in time");
    } else {
      dvr_client_set_deadline (client, PENDING_TIME);
      result = dvr_client_wait (client, found->changes, *serial,
          DVR_WANT_CHANGE, info->version, 0);
    }
  } else if (info->state == GST_DVR_TIMELINE_FAILED) {
    result = reply_failed_timeline (client, info->status);
  } else {
    *stream = found;
    return MHD_YES;
  }
  dvr_stream_unref (found);
  return result;
}

/* min (1 year, planned life), RFC 8216bis section 6.2.1: where segments are
 * removed, one lives as long as the window is. */
static guint64
get_max_age (const GstDvrTimelineInfo * info, const GstDvrEntry * entry)
{
  GstClockTime window, age, least = dvr_http_get_target_duration (info);

  if (!info->removed || !entry || info->end <= info->start)
    return YEAR;
  window = info->end - info->start;
  age = info->end > entry->start ? info->end - entry->start : 0;
  return CLAMP (window > age + least ? window - age : least, GST_SECOND,
      YEAR * GST_SECOND) / GST_SECOND;
}

/* -- asking upstream -- */

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
  dvr_client_set_deadline (client, 3 * dvr_http_get_target_duration (info));
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
  dvr_client_set_deadline (client, 3 * dvr_http_get_target_duration (info));
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

static enum MHD_Result
find_media (DvrClient * client)
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

/* -- answering -- */

/* The Cache-Status of an answer, and what else counts how it was met. */
const gchar *
dvr_http_get_cache_status (DvrClient * client, gboolean hit)
{
  DvrServerStats *stats = &client->server->stats;

  client->context = "hit";
  if (!client->has_how && hit) {
    dvr_count (stats->hits, 1);
    return DVR_CACHE_NAME "; hit";
  }
  if (!client->has_how || client->how == GST_DVR_HOW_COLLAPSED) {
    dvr_count (stats->collapsed, 1);
    client->context = "collapsed";
    return DVR_CACHE_NAME "; fwd=miss; collapsed";
  }
  if (client->how == GST_DVR_HOW_HIT) {
    dvr_count (stats->hits, 1);
    return DVR_CACHE_NAME "; hit";
  }
  if (client->how == GST_DVR_HOW_DISK) {
    dvr_count (stats->disk, 1);
    client->context = "disk";
    return DVR_CACHE_NAME "; hit; detail=disk";
  }
  dvr_count (stats->misses, 1);
  client->context = "miss";
  return DVR_CACHE_NAME "; fwd=miss; fwd-status=200; stored";
}

void
dvr_http_begin_sending (DvrClient * client, guint64 bytes)
{
  DvrMedia *media = client->media;

  gst_dvr_segment_pin (media->segment);
  gst_dvr_segment_touch (media->segment);
  client->pinned = TRUE;
  client->promised = bytes;
  dvr_count (client->server->stats.requests_media, 1);
  if (client->method == DVR_METHOD_GET)
    dvr_count (client->server->stats.bytes_media, bytes);
}

/* Answers with all of it, as far as the status has a body: the length of 304 is
 * that of 200 (RFC 9110 section 8.6). */
static enum MHD_Result
reply_whole (DvrClient * client, guint status)
{
  DvrMedia *media = client->media;

  if (client->has_how || client->deadline != 0)
    return dvr_reply_queue (client, status, dvr_media_new_response (media,
            media->offset, media->size, dvr_http_get_cache_status (client,
                FALSE)));
  /* The usual case: what is shared by all goes out as it is. */
  dvr_count (client->server->stats.hits, 1);
  client->status = status;
  client->context = "hit";
  return MHD_queue_response (client->connection, status, media->response);
}

static enum MHD_Result
reply_ready (DvrClient * client)
{
  DvrMedia *media = client->media;
  guint64 offset, length;

  if (client->headers.if_none_match
      && dvr_header_etag_matches (client->headers.if_none_match, media->etag))
    return reply_whole (client, MHD_HTTP_NOT_MODIFIED);

  switch (dvr_http_get_range (client, media->size, &offset, &length)) {
    case DVR_RANGE_BAD:
      return dvr_http_reply_bad_range (client, media->size);
    case DVR_RANGE_PART:
      return dvr_http_reply_range (client, offset, length, media->size);
    case DVR_RANGE_WHOLE:
      break;
  }

  dvr_http_begin_sending (client, media->size);
  return reply_whole (client, MHD_HTTP_OK);
}

/* Of media that failed. */
enum MHD_Result
dvr_http_reply_failed (DvrClient * client)
{
  GstDvrSegment *segment = client->media->segment;
  guint status = gst_dvr_segment_get_status (segment);

  switch (status) {
    case 404:
      return dvr_reply_error (client, status, "upstream does not have it");
    case 410:
      return dvr_reply_error (client, status, "no longer offered");
    case 503:
      return dvr_reply_error (client, status, "upstream is not ready");
    case 504:
      return dvr_reply_error (client, status, "upstream does not answer");
    default:
      return dvr_reply_error (client, MHD_HTTP_BAD_GATEWAY,
          "upstream has failed");
  }
}

/**
 * dvr_http_serve_media:
 * @client: a client that asks for media
 *
 * Returns: what the access handler returns
 */
enum MHD_Result
dvr_http_serve_media (DvrClient * client)
{
  DvrMedia *media = client->media;
  guint serial;

  if (!media)
    return find_media (client);
  if (media->is_range)
    return dvr_http_serve_range (client);

  dvr_set (media->last_used, g_get_monotonic_time ());
  dvr_set (media->stream->last_used, dvr_get (media->last_used));
  serial = __atomic_load_n (&media->response, __ATOMIC_ACQUIRE) ? 0 :
      dvr_wait_list_get_serial (media->growth);
  switch (dvr_media_prepare (media)) {
    case DVR_MEDIA_READY:
      return reply_ready (client);
    case DVR_MEDIA_FILLING:
      return dvr_http_serve_filling (client, serial);
    case DVR_MEDIA_NO_PART:
      dvr_media_table_remove (client->server->media, media);
      return dvr_reply_error (client, MHD_HTTP_NOT_FOUND,
          "the segment ended before this part");
    case DVR_MEDIA_FAILED:
      dvr_media_table_remove (client->server->media, media);
      return dvr_http_reply_failed (client);
  }
  g_return_val_if_reached (MHD_NO);
}
