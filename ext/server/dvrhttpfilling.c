/* dvrhttpfilling.c: serving a segment while it is on its way
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A thousand viewers may wait for its first byte, and each has it so much later as
 * those before it took. libmicrohttpd cannot send headers and what there is of a
 * body in one call, unless that is all of the body. So what a viewer costs is kept
 * low in other ways: little is sent at first, it shares a packet with the headers,
 * and the memory for it is there by then. Whom it is the turn of says the waker.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "dvrhttpclient.h"

/* With the headers it fits in one packet. */
#define FIRST_RUN 1024
/* What comes after it is sent in runs worth the waking: those who are served first
 * would keep the others from theirs. */
#define MIN_RUN (64 * 1024)
/* Copied per read. libmicrohttpd clears as much before a viewer's first byte. */
#define BLOCK_SIZE (4 * 1024)
/* What a response takes beside that, roughly. */
#define RESPONSE_SIZE 512

/* What comes in pieces goes out together: headers with the first run, and the blocks
 * of a run. (With the first answer on a connection libmicrohttpd sets TCP_NODELAY,
 * which sends the headers nevertheless.) */
static void
set_cork (DvrClient * client, gboolean corked)
{
#ifdef TCP_CORK
  if (client->corked != corked)
    setsockopt (client->fd, IPPROTO_TCP, TCP_CORK, &corked, sizeof (corked));
  client->corked = corked;
#endif
}

/* To get new memory from the system takes a quarter of the time that a viewer does.
 * It is had while there is time, and given back for libmicrohttpd to find. */
static void
reserve_memory (DvrClient * client)
{
  if (client->reserve)
    return;
  client->reserve = g_try_malloc (BLOCK_SIZE + RESPONSE_SIZE);
  if (client->reserve)
    memset (client->reserve, 1, BLOCK_SIZE + RESPONSE_SIZE);
}

/* Returns: the size at which more of the segment is sent */
static guint64
get_next_size (DvrClient * client)
{
  guint64 total = gst_dvr_segment_get_total (client->media->segment);

  return client->sent == 0 ? 1 :
      MIN ((client->sent / MIN_RUN + 1) * MIN_RUN, total);
}

/* Returns: how much has been copied; 0 = nothing is to be sent yet */
static gsize
copy_block (DvrClient * client, char *buffer, gsize max)
{
  GstDvrSegment *segment = client->media->segment;
  gsize available = 0;
  const guint8 *data = gst_dvr_segment_peek (segment, client->sent, &available);

  if (!data)
    return 0;
  if (client->sent == 0)
    max = MIN (max, FIRST_RUN);
  available = MIN (available, max);
  memcpy (buffer, data, available);
  client->sent += available;
  return available;
}

static gssize
read_filling (void *user_data, uint64_t position, char *buffer, size_t max)
{
  DvrClient *client = user_data;
  GstDvrSegment *segment = client->media->segment;
  DvrWaitList *growth = client->media->growth;
  guint serial = dvr_wait_list_get_serial (growth);
  gboolean is_over = gst_dvr_segment_get_state (segment) !=
      GST_DVR_SEGMENT_FILLING || dvr_client_deadline_is_over (client);
  guint64 size = gst_dvr_segment_get_size (segment);
  guint64 next = get_next_size (client);
  gsize copied = 0;

  dvr_client_is_up (client);
  if (is_over || size >= next)
    copied = copy_block (client, buffer, max);
  /* The first run goes with the headers, whatever follows. */
  set_cork (client, copied > 0 && (copied == client->sent
          || client->sent < MIN (size, next)));
  if (copied > 0) {
    client->deadline = g_get_monotonic_time () + client->patience / 1000;
    dvr_count (client->server->stats.bytes_media, copied);
    return copied;
  }
  /* The length has been promised: a torn answer shows by the connection's
   * end, never as a whole one. */
  if (is_over || dvr_get (client->server->closing))
    return MHD_CONTENT_READER_END_WITH_ERROR;
  dvr_client_suspend (client, growth, serial, DVR_WANT_BYTES, next - 1, 0);
  return 0;
}

static enum MHD_Result
reply_filling (DvrClient * client, guint64 total)
{
  struct MHD_Response *response;

  dvr_http_begin_sending (client, 0);
  set_cork (client, TRUE);
  g_clear_pointer (&client->reserve, g_free);
  response = MHD_create_response_from_callback (total, BLOCK_SIZE,
      read_filling, client, NULL);
  if (response)
    dvr_media_add_headers (client->media, response,
        dvr_http_get_cache_status (client, FALSE));
  return dvr_reply_queue (client, MHD_HTTP_OK, response);
}

/**
 * dvr_http_serve_filling:
 * @client: a client that asks for media that is on its way
 * @serial: see dvr_wait_list_get_serial()
 *
 * A closed segment goes out as it comes, once its length is known. Parts go out
 * whole, and conditions want to know the size.
 *
 * Returns: what the access handler returns
 */
enum MHD_Result
dvr_http_serve_filling (DvrClient * client, guint serial)
{
  DvrMedia *media = client->media;
  guint64 total = gst_dvr_segment_get_total (media->segment);
  guint64 size = gst_dvr_segment_get_size (media->segment);
  GstDvrTimelineInfo info;

  if (dvr_client_deadline_is_over (client)) {
    if (media->kind == DVR_ROUTE_PART)
      return dvr_http_reply_overdue (client);
    return dvr_reply_error (client, MHD_HTTP_GATEWAY_TIMEOUT,
        "upstream has not answered in time");
  }
  gst_dvr_timeline_get_info (media->stream->timeline, &info);
  client->patience = 3 * dvr_get_target_duration (&info);
  dvr_client_set_deadline (client, client->patience);
  if (media->kind == DVR_ROUTE_PART)
    return dvr_client_wait (client, media->growth, serial, DVR_WANT_PARTS,
        media->part, 0);
  if (client->headers.range && !client->headers.if_none_match && total > 0)
    return dvr_http_serve_range_filling (client, serial, size, total);
  if ((client->headers.range && size > 0) || client->headers.if_none_match
      || client->method == DVR_METHOD_HEAD || (total == 0 && size > 0))
    return dvr_client_wait (client, media->growth, serial, DVR_WANT_END, 0, 0);
  if (size == 0) {
    reserve_memory (client);
    return dvr_client_wait (client, media->growth, serial, DVR_WANT_BYTES, 0,
        0);
  }
  return reply_filling (client, total);
}

/**
 * dvr_http_stop_filling:
 * @client: a client whose request is over, however it was met
 */
void
dvr_http_stop_filling (DvrClient * client)
{
  set_cork (client, FALSE);
  g_clear_pointer (&client->reserve, g_free);
}
