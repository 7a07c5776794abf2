/* dvrhttprange.c: serving runs of bytes
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Of a segment that is not here, and of which but little is asked for, such as
 * the keyframe it begins with, only that is asked for upstream. Of one that is
 * on its way, a run goes out as soon as its bytes are there.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrhttpclient.h"

/* How much of a segment whose size is unknown is little. */
#define MAX_NARROW (1024 * 1024)
/* No segment is larger. */
#define MAX_SIZE (G_GUINT64_CONSTANT (1) << 30)

/**
 * dvr_http_narrow:
 * @client: a client that asks for a closed segment
 * @entry: the segment's
 * @id: (inout): names the segment; of less than half of it, that range
 */
void
dvr_http_narrow (DvrClient * client, const GstDvrEntry * entry,
    GstDvrSegmentId * id)
{
  const DvrRequestHeaders *headers = &client->headers;
  guint64 size = entry->size > 0 ? entry->size : MAX_SIZE;
  guint64 most = entry->size > 0 ? entry->size / 2 : MAX_NARROW;
  guint64 offset, length;
  gboolean same = TRUE;

  if (!headers->range || headers->if_none_match
      || client->method != DVR_METHOD_GET)
    return;
  if (headers->if_range) {
    gchar *etag = dvr_media_make_etag (&client->route);

    same = g_str_equal (headers->if_range, etag);
    g_free (etag);
  }
  if (!same || dvr_header_parse_range (headers->range, size, &offset,
          &length) != DVR_RANGE_PART || length > most)
    return;
  /* the last bytes of what has no known end */
  if (entry->size == 0 && offset + length == size)
    return;
  *id = gst_dvr_segment_id_of_range (id, offset, length);
}

/**
 * dvr_http_reply_bad_range:
 * @client: a client that asks for bytes that are not there
 * @total: how many there are
 *
 * Returns: what the access handler returns
 */
enum MHD_Result
dvr_http_reply_bad_range (DvrClient * client, guint64 total)
{
  struct MHD_Response *response = dvr_reply_new_empty (client);
  gchar text[64];

  if (response) {
    g_snprintf (text, sizeof (text), "bytes */%" G_GUINT64_FORMAT, total);
    MHD_add_response_header (response, "Content-Range", text);
    MHD_add_response_header (response, "Cache-Control", "no-store");
  }
  return dvr_reply_queue (client, MHD_HTTP_RANGE_NOT_SATISFIABLE, response);
}

/* Answers with @length bytes that lie at @at in the media's segment. */
static enum MHD_Result
reply_bytes (DvrClient * client, guint64 at, guint64 offset, guint64 length,
    guint64 total)
{
  DvrMedia *media = client->media;
  struct MHD_Response *response;
  gchar text[80];

  dvr_http_begin_sending (client, length);
  response = dvr_media_new_response (media, at, length,
      dvr_http_get_cache_status (client, client->deadline == 0));
  if (response) {
    g_snprintf (text, sizeof (text), "bytes %" G_GUINT64_FORMAT "-%"
        G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, offset, offset + length - 1,
        total);
    MHD_add_response_header (response, "Content-Range", text);
  }
  return dvr_reply_queue (client, MHD_HTTP_PARTIAL_CONTENT, response);
}

/**
 * dvr_http_reply_range:
 * @client: a client with media, of which these bytes are there
 * @offset: first byte
 * @length: how many
 * @total: bytes of all
 *
 * Returns: what the access handler returns
 */
enum MHD_Result
dvr_http_reply_range (DvrClient * client, guint64 offset, guint64 length,
    guint64 total)
{
  return reply_bytes (client, client->media->offset + offset, offset, length,
      total);
}

/**
 * dvr_http_get_range:
 * @client: a client with media
 * @size: bytes of all
 * @offset: (out): first byte asked for
 * @length: (out): how many
 *
 * Returns: what it asks for
 */
DvrRange
dvr_http_get_range (DvrClient * client, guint64 size, guint64 * offset,
    guint64 * length)
{
  const DvrRequestHeaders *headers = &client->headers;

  if (!headers->range || client->method != DVR_METHOD_GET)
    return DVR_RANGE_WHOLE;
  /* If-Range wants the strong comparison (RFC 9110 section 13.1.5). */
  if (headers->if_range
      && !g_str_equal (headers->if_range, client->media->etag))
    return DVR_RANGE_WHOLE;
  return dvr_header_parse_range (headers->range, size, offset, length);
}

/* It would have to be waited for; @want says for what. */
static enum MHD_Result
wait_for (DvrClient * client, guint serial, DvrWant want, guint64 at)
{
  DvrMedia *media = client->media;
  GstDvrTimelineInfo info;

  if (dvr_client_deadline_is_over (client))
    return dvr_reply_error (client, MHD_HTTP_GATEWAY_TIMEOUT,
        "upstream has not answered in time");
  gst_dvr_timeline_get_info (media->stream->timeline, &info);
  dvr_client_set_deadline (client, 3 * dvr_get_target_duration (&info));
  return dvr_client_wait (client, media->growth, serial, want, at, 0);
}

/**
 * dvr_http_serve_range:
 * @client: a client whose media is but the range it asked for
 *
 * Returns: what the access handler returns
 */
enum MHD_Result
dvr_http_serve_range (DvrClient * client)
{
  DvrMedia *media = client->media;
  guint serial = dvr_wait_list_get_serial (media->growth);
  GstDvrSegment *range = media->segment;
  guint64 size, total;

  switch (gst_dvr_segment_get_state (range)) {
    case GST_DVR_SEGMENT_FILLING:
      return wait_for (client, serial, DVR_WANT_END, 0);
    case GST_DVR_SEGMENT_FAILED:
      return dvr_http_reply_failed (client);
    case GST_DVR_SEGMENT_WHOLE:
      break;
  }
  size = gst_dvr_segment_get_size (range);
  total = gst_dvr_segment_get_source_size (range);
  if (size == 0 || total < gst_dvr_segment_get_id (range)->offset + size)
    return dvr_reply_error (client, MHD_HTTP_BAD_GATEWAY,
        "upstream has failed");
  return reply_bytes (client, 0, gst_dvr_segment_get_id (range)->offset, size,
      total);
}

/**
 * dvr_http_serve_range_filling:
 * @client: a client that asks for a range of media that is on its way
 * @serial: see dvr_wait_list_get_serial()
 * @size: bytes that are there
 * @total: bytes that will be
 *
 * Returns: what the access handler returns
 */
enum MHD_Result
dvr_http_serve_range_filling (DvrClient * client, guint serial, guint64 size,
    guint64 total)
{
  guint64 offset, length;

  switch (dvr_http_get_range (client, total, &offset, &length)) {
    case DVR_RANGE_BAD:
      return dvr_http_reply_bad_range (client, total);
    case DVR_RANGE_WHOLE:
      return wait_for (client, serial, DVR_WANT_END, 0);
    case DVR_RANGE_PART:
      break;
  }
  if (offset + length > size)
    return wait_for (client, serial, DVR_WANT_BYTES, offset + length - 1);
  return dvr_http_reply_range (client, offset, length, total);
}
