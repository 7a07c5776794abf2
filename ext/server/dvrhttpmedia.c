/* dvrhttpmedia.c: serving segments, parts and init sections
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is in the table of shared responses is queued as it is; anything else is
 * looked for (dvrhttpfind.c).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrhttpclient.h"

/* The Cache-Status of an answer, and what else counts how it was met: as it was
 * asked for, or @hit where nothing had to be. */
const gchar *
dvr_http_get_cache_status (DvrClient * client, gboolean hit)
{
  DvrServerStats *stats = &client->server->stats;
  GstDvrHow how = hit ? GST_DVR_HOW_HIT : GST_DVR_HOW_COLLAPSED;

  switch (client->has_how ? client->how : how) {
    case GST_DVR_HOW_HIT:
      dvr_count (stats->hits, 1);
      client->context = "hit";
      return DVR_CACHE_NAME "; hit";
    case GST_DVR_HOW_DISK:
      dvr_count (stats->disk, 1);
      client->context = "disk";
      return DVR_CACHE_NAME "; hit; detail=disk";
    case GST_DVR_HOW_COLLAPSED:
      dvr_count (stats->collapsed, 1);
      client->context = "collapsed";
      return DVR_MEDIA_COLLAPSED;
    default:
      dvr_count (stats->misses, 1);
      client->context = "miss";
      return DVR_CACHE_NAME "; fwd=miss; fwd-status=200; stored";
  }
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
  gboolean waited = client->deadline != 0;
  const gchar *cache_status = dvr_http_get_cache_status (client, !waited);

  if (client->has_how && client->how != GST_DVR_HOW_COLLAPSED)
    return dvr_reply_queue (client, status, dvr_media_new_response (media,
            media->offset, media->size, cache_status));
  /* The usual cases: what is shared by all goes out as it is. */
  client->status = status;
  return MHD_queue_response (client->connection, status,
      waited ? dvr_media_get_collapsed (media) : media->response);
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
    return dvr_http_find_media (client);
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
