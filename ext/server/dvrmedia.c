/* dvrmedia.c: one HTTP response per piece of media, shared by all viewers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libmicrohttpd's responses are reference-counted and may be queued on any
 * number of connections at once. So the answer for a part or segment, with
 * all of its headers, is made once; a viewer costs a look-up (dvrmediatable.c)
 * and a socket write of memory that the GstDvrSegment owns.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/dvr/gstdvrname.h>

#include "dvrmedia.h"

/* More pieces than this are copied into one: IOV_MAX is 1024, and
 * libmicrohttpd copies the vector into each connection's memory pool. */
#define MAX_PIECES 128

DvrMedia *
dvr_media_ref (DvrMedia * media)
{
  g_atomic_int_inc (&media->refs);
  return media;
}

void
dvr_media_unref (DvrMedia * media)
{
  if (!g_atomic_int_dec_and_test (&media->refs))
    return;
  if (media->response)
    MHD_destroy_response (media->response);
  if (media->collapsed)
    MHD_destroy_response (media->collapsed);
  dvr_wait_list_close (media->growth);
  gst_dvr_segment_unref (media->segment);
  dvr_stream_unref (media->stream);
  g_mutex_clear (&media->lock);
  g_free (media->path);
  g_free (media->etag);
  g_free (media->cache_control);
  dvr_server_unref (media->server);
  g_free (media);
}

static gchar *
make_path (const gchar * stream, const DvrRoute * route)
{
  if (route->kind == DVR_ROUTE_INIT)
    return g_strdup_printf ("/%s/" GST_DVR_INIT_URI, stream, route->recording,
        route->number);
  if (route->kind == DVR_ROUTE_PART)
    return g_strdup_printf ("/%s/" GST_DVR_PART_URI, stream, route->recording,
        route->number, route->part);
  return g_strdup_printf ("/%s/" GST_DVR_SEGMENT_URI, stream, route->recording,
      route->number);
}

/* From the name alone, so that all tiers give the same one, before the bytes
 * are known. */
gchar *
dvr_media_make_etag (const DvrRoute * route)
{
  if (route->kind == DVR_ROUTE_INIT)
    return g_strdup_printf ("\"%s/init-%" G_GUINT64_FORMAT "\"",
        route->recording, route->number);
  if (route->kind == DVR_ROUTE_PART)
    return g_strdup_printf ("\"%s/%" G_GUINT64_FORMAT ".%u\"",
        route->recording, route->number, route->part);
  return g_strdup_printf ("\"%s/%" G_GUINT64_FORMAT "\"",
      route->recording, route->number);
}

/**
 * dvr_media_new:
 * @server: the server
 * @stream: whose it is
 * @segment: where its bytes are or will be
 * @route: what was asked for
 * @max_age: how long caches may keep it, in seconds
 *
 * Returns: (transfer full): a piece of media
 */
DvrMedia *
dvr_media_new (DvrServer * server, DvrStream * stream, GstDvrSegment * segment,
    const DvrRoute * route, guint64 max_age)
{
  DvrMedia *media = g_new0 (DvrMedia, 1);

  media->refs = 1;
  media->server = dvr_server_ref (server);
  g_mutex_init (&media->lock);
  media->stream = dvr_stream_ref (stream);
  media->segment = gst_dvr_segment_ref (segment);
  media->growth = dvr_wait_list_new_segment (server->waker, segment);
  media->kind = route->kind;
  media->number = route->number;
  media->part = route->part;
  media->is_range = gst_dvr_segment_get_id (segment)->kind ==
      GST_DVR_SEGMENT_RANGE;
  media->path = make_path (stream->name, route);
  media->etag = dvr_media_make_etag (route);
  media->cache_control = g_strdup_printf (DVR_MEDIA_CACHE_CONTROL, max_age);
  media->last_used = g_get_monotonic_time ();
  return media;
}

/**
 * dvr_media_add_fields:
 * @response: an answer
 * @etag: entity tag, with its quotes
 * @cache_control: what caches are told
 * @cache_status: the Cache-Status header
 * @cors_origin: (nullable): what Access-Control-Allow-Origin says
 *
 * Adds the headers that all answers with media have, and those about media.
 */
void
dvr_media_add_fields (struct MHD_Response *response, const gchar * etag,
    const gchar * cache_control, const gchar * cache_status,
    const gchar * cors_origin)
{
  MHD_add_response_header (response, "Content-Type", "video/mp4");
  MHD_add_response_header (response, "Accept-Ranges", "bytes");
  MHD_add_response_header (response, "ETag", etag);
  MHD_add_response_header (response, "Cache-Control", cache_control);
  MHD_add_response_header (response, "Cache-Status", cache_status);
  if (cors_origin)
    MHD_add_response_header (response, "Access-Control-Allow-Origin",
        cors_origin);
}

void
dvr_media_add_headers (DvrMedia * media, struct MHD_Response *response,
    const gchar * cache_status)
{
  dvr_media_add_fields (response, media->etag, media->cache_control,
      cache_status, media->server->cors_origin);
}

static void
release_segment (void *segment)
{
  gst_dvr_segment_unref (segment);
}

/* Copies what lies in too many pieces. */
static struct MHD_Response *
copy_response (GstDvrSegment * segment, guint64 offset, guint64 length)
{
  guint8 *copy = g_try_malloc (length);
  struct MHD_Response *response;

  if (!copy || !gst_dvr_segment_read (segment, offset, copy, length)) {
    g_free (copy);
    return NULL;
  }
  response = MHD_create_response_from_buffer_with_free_callback_cls (length,
      copy, g_free, copy);
  if (!response)
    g_free (copy);
  return response;
}

/**
 * dvr_media_new_response:
 * @media: a piece of media that is ready
 * @offset: where to begin in its segment
 * @length: how many bytes
 * @cache_status: the Cache-Status header
 *
 * Returns: (transfer full) (nullable): a response over the segment's own
 *     memory
 */
struct MHD_Response *
dvr_media_new_response (DvrMedia * media, guint64 offset, guint64 length,
    const gchar * cache_status)
{
  struct MHD_IoVec pieces[MAX_PIECES];
  struct MHD_Response *response;
  guint64 at = offset, left = length;
  guint n = 0;

  while (left > 0 && n < MAX_PIECES) {
    gsize available;
    const guint8 *data = gst_dvr_segment_peek (media->segment, at, &available);

    if (!data)
      return NULL;
    available = MIN (available, left);
    pieces[n].iov_base = data;
    pieces[n++].iov_len = available;
    at += available;
    left -= available;
  }

  if (left > 0) {
    response = copy_response (media->segment, offset, length);
  } else {
    gst_dvr_segment_ref (media->segment);
    /* One piece goes out in one system call with the headers. */
    if (n == 1)
      response = MHD_create_response_from_buffer_with_free_callback_cls (length,
          (void *) pieces[0].iov_base, release_segment, media->segment);
    else
      response = MHD_create_response_from_iovec (pieces, n, release_segment,
          media->segment);
    if (!response)
      gst_dvr_segment_unref (media->segment);
  }
  if (response)
    dvr_media_add_headers (media, response, cache_status);
  return response;
}

static DvrMediaState
find_extent (DvrMedia * media)
{
  GstDvrSegment *segment = media->segment;
  /* The state first: parts only come before its end. */
  GstDvrSegmentState state = gst_dvr_segment_get_state (segment);
  GstDvrPart part;

  if (media->kind == DVR_ROUTE_PART) {
    if (gst_dvr_segment_get_part (segment, media->part, &part)) {
      media->offset = part.offset;
      media->size = part.size;
      return DVR_MEDIA_READY;
    }
    if (state == GST_DVR_SEGMENT_WHOLE)
      return DVR_MEDIA_NO_PART;
  } else if (state == GST_DVR_SEGMENT_WHOLE) {
    media->offset = 0;
    media->size = gst_dvr_segment_get_size (segment);
    return DVR_MEDIA_READY;
  }
  return state == GST_DVR_SEGMENT_FAILED ? DVR_MEDIA_FAILED : DVR_MEDIA_FILLING;
}

/**
 * dvr_media_prepare:
 * @media: a piece of media
 *
 * Makes the shared response as soon as the bytes are there.
 *
 * Returns: how far it is
 */
DvrMediaState
dvr_media_prepare (DvrMedia * media)
{
  struct MHD_Response *response;
  DvrMediaState state;

  if (__atomic_load_n (&media->response, __ATOMIC_ACQUIRE))
    return DVR_MEDIA_READY;

  g_mutex_lock (&media->lock);
  state = media->response ? DVR_MEDIA_READY : find_extent (media);
  if (state == DVR_MEDIA_READY && !media->response) {
    response = dvr_media_new_response (media, media->offset, media->size,
        DVR_CACHE_NAME "; hit");
    __atomic_store_n (&media->response, response, __ATOMIC_RELEASE);
    if (!response)
      state = DVR_MEDIA_FAILED;
  }
  g_mutex_unlock (&media->lock);
  return state;
}

/**
 * dvr_media_get_collapsed:
 * @media: a piece of media that is ready
 *
 * Returns: (transfer none) (nullable): the one answer for all who waited for it;
 *     it lives as long as @media
 */
struct MHD_Response *
dvr_media_get_collapsed (DvrMedia * media)
{
  g_mutex_lock (&media->lock);
  if (!media->collapsed)
    media->collapsed = dvr_media_new_response (media, media->offset,
        media->size, DVR_MEDIA_COLLAPSED);
  g_mutex_unlock (&media->lock);
  return media->collapsed;
}
