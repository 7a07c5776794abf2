/* gstdvrhttpfetch.c: one thing fetched, over as many connections as it takes
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Bytes are passed on as they come, so nothing may be spliced: a fetch that
 * broke goes on only with what is provably the same thing (RFC 9110 section
 * 14.4), at the byte it reached. What does not look like fragmented MP4, or
 * ends where it should not, is never called whole. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpupstream.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* The largest segment taken. */
#define MAX_SIZE (G_GUINT64_CONSTANT (1) << 30)
/* A blocked answer may be held back this many target durations. */
#define PATIENCE 3
/* Less than this is fetched though nobody wants it: another connection costs more. */
#define SMALL_REST (64 * 1024)

struct _GstDvrHttpFetch
{
  GstDvrHttpFollow *follow;
  GstDvrHttpFetchFuncs funcs;
  gpointer user_data;
  GstDvrSegment *segment;       /* (nullable): the user's, that is filled */

  gchar *uri;                   /* as the playlist has it */
  const GstDvrHttpSource *source;       /* (nullable): whose that is */
  guint64 base;                 /* first byte of the thing in its file */
  guint64 size;                 /* of the thing, or unknown */
  gboolean ranged;              /* the thing is a range of its file */
  gboolean cut;                 /* ... and may end where the file does */
  guint64 listed;               /* size of the file, 0 if unknown */
  guint64 origin;               /* of what is cut: where that begins */
  guint64 origin_size;          /* ... and its size; 0: to the file's end */
  GstDvrHttpLane lane;
  GstDvrPriority priority;

  GstDvrHttpTransfer *transfer;
  guint timer;
  guint location;
  guint detour;                 /* locations tried beyond the one in use */
  gboolean absent;              /* one of them does not have it */
  guint attempts;
  gint64 deadline;              /* when it is given up without progress */
  gchar *etag;
  guint64 file_size;
  guint64 done;                 /* bytes of the thing passed on */
  guint64 discard;              /* bytes of this answer that we have already */
  gboolean good;                /* this answer is what was asked for */
  gboolean whole;               /* ... and all of its file */
  gboolean enough;              /* the rest of this answer is not needed */
  gchar *refusal;
  GstDvrBoxCheck check;
};

static void start_attempt (gpointer user_data);

static void
fetch_free (GstDvrHttpFetch * self)
{
  g_queue_remove (&self->follow->upstream->fetches, self);
  g_atomic_int_add (&self->follow->upstream->n_fetches, -1);
  gst_dvr_http_client_remove_timer (self->follow->upstream->client,
      &self->timer);
  gst_dvr_http_follow_unref (self->follow);
  g_free (self->uri);
  g_free (self->etag);
  g_free (self->refusal);
  g_free (self);
}

static void
set_deadline (GstDvrHttpFetch * self)
{
  self->deadline = g_get_monotonic_time () +
      (gint64) (self->follow->upstream->config->http->timeout / GST_USECOND);
}

static void
finish (GstDvrHttpFetch * self, guint status, const gchar * reason)
{
  if (status)
    GST_DEBUG ("%s: %u %s", GST_DVR_HTTP_SHOW (self->uri), status, reason);
  self->funcs.done (status, reason, self->user_data);
  fetch_free (self);
}

/* A strong ETag, the only one that says that bytes are the same. */
static const gchar *
strong (const gchar * etag)
{
  return etag && *etag == '"' ? etag : NULL;
}

static gboolean
refuse (GstDvrHttpFetch * self, const gchar * reason)
{
  g_free (self->refusal);
  self->refusal = g_strdup (reason);

  return FALSE;
}

static gboolean
is_same (GstDvrHttpFetch * self, const GstDvrHttpHead * head)
{
  return strong (self->etag) && g_strcmp0 (self->etag, head->etag) == 0;
}

/* A whole file came. */
static gboolean
take_whole (GstDvrHttpFetch * self, const GstDvrHttpHead * head)
{
  guint64 offset = self->base + self->done;

  if (self->done > 0 && !is_same (self, head))
    return refuse (self, "it changed while it was fetched");
  self->file_size = head->length;
  self->discard = offset;
  self->whole = TRUE;

  return TRUE;
}

/* A range of a file came. */
static gboolean
take_range (GstDvrHttpFetch * self, const GstDvrHttpHead * head)
{
  if (head->range_start != self->base + self->done
      || head->range_total == GST_DVR_HTTP_UNKNOWN)
    return refuse (self, "another range came than was asked for");
  if (self->done > 0 && (!is_same (self, head)
          || head->range_total != self->file_size))
    return refuse (self, "it changed while it was fetched");
  self->file_size = head->range_total;
  self->discard = 0;
  self->whole = FALSE;

  return TRUE;
}

/* What is cut out of a segment ends with it, and what it was cut from is told,
 * so that nobody joins it to bytes of something else. */
static gboolean
take_cut (GstDvrHttpFetch * self, const GstDvrHttpHead * head)
{
  guint64 end = self->origin_size ? self->origin + self->origin_size :
      self->file_size;

  if (self->listed > 0 && self->file_size != self->listed)
    return refuse (self, "its size is not what the playlist says");
  if (MIN (end, self->file_size) <= self->base)
    return refuse (self, "it ends before the range");
  if (self->done > 0)
    return TRUE;
  g_free (self->etag);
  self->etag = g_strdup (head->etag);
  self->size = MIN (self->size, MIN (end, self->file_size) - self->base);
  if (self->segment)
    gst_dvr_segment_set_source (self->segment, strong (self->etag),
        end - self->origin);
  if (self->funcs.total)
    self->funcs.total (self->size, self->user_data);

  return TRUE;
}

static gboolean
on_head (const GstDvrHttpHead * head, gpointer user_data)
{
  GstDvrHttpFetch *self = user_data;
  guint64 size;

  self->good = head->status == 200 || head->status == 206;
  if (self->good && self->lane == GST_DVR_HTTP_TRANSFER)
    gst_dvr_http_upstream_timed (self->follow->upstream, self->location,
        head->round_trip);
  if (!self->good)
    return TRUE;
  if (head->status == 200 ? !take_whole (self, head) : !take_range (self, head))
    return FALSE;

  if (self->file_size == GST_DVR_HTTP_UNKNOWN)
    return TRUE;
  if (self->cut)
    return take_cut (self, head);
  size = self->ranged ? self->size : self->file_size - self->base;
  if (self->file_size < self->base || (self->ranged
          && self->file_size < self->base + self->size)
      || (self->size != GST_DVR_HTTP_UNKNOWN && self->size != size))
    return refuse (self, "its size is not what the playlist says");
  if (self->done == 0) {
    g_free (self->etag);
    self->etag = g_strdup (head->etag);
    self->size = size;
    if (self->funcs.total)
      self->funcs.total (size, self->user_data);
  }

  return TRUE;
}

/* Whether all who asked for it gave up, and much of it is still to come. */
static gboolean
is_unwanted (GstDvrHttpFetch * self)
{
  GstDvrUpstreamOwner *owner = &self->follow->upstream->parent.owner;

  return self->segment && self->size != GST_DVR_HTTP_UNKNOWN &&
      self->size - self->done > SMALL_REST &&
      owner->abandon (owner->user_data, self->segment);
}

static gboolean
on_data (const guint8 * data, gsize size, gpointer user_data)
{
  GstDvrHttpFetch *self = user_data;
  gsize n = MIN (size, self->discard);

  if (!self->good)              /* words about the error */
    return TRUE;
  if (is_unwanted (self))
    return refuse (self, "nobody wants it any more");
  self->discard -= n;
  data += n;
  size -= n;
  if (self->size != GST_DVR_HTTP_UNKNOWN && size > self->size - self->done) {
    /* the rest of the file of which a range was asked for */
    if (!self->ranged)
      return refuse (self, "it is longer than it said");
    size = self->size - self->done;
  }
  if (size == 0)
    return TRUE;
  /* what joins other bytes was checked from their beginning */
  if (self->base == self->origin
      && !gst_dvr_box_check_feed (&self->check, data, size))
    return refuse (self, "it is not a fragmented MP4 segment");
  self->done += size;
  self->attempts = 0;
  set_deadline (self);
  if (!self->funcs.data (data, size, self->user_data))
    return refuse (self, "nobody takes it any more");
  /* a server that knows no ranges sends all of it */
  self->enough = self->cut && self->done == self->size && self->whole;

  return !self->enough;
}

static gboolean
is_complete (GstDvrHttpFetch * self)
{
  return self->cut || gst_dvr_box_check_is_complete (&self->check);
}

/* Whether trying again may help, and is not too late. */
static gboolean
may_retry (GstDvrHttpFetch * self, GstDvrHttpOutcome outcome, guint status)
{
  if (self->follow->gone || self->refusal || outcome == GST_DVR_HTTP_REFUSED)
    return FALSE;
  if (outcome == GST_DVR_HTTP_DONE && status < 500)
    return FALSE;
  /* where it was silent for the whole timeout, only another place helps */
  if (outcome == GST_DVR_HTTP_SILENT
      && self->follow->upstream->current == self->location)
    return FALSE;
  /* the same place once at once, as an idle connection may have been closed */
  return self->attempts < 2 || g_get_monotonic_time () < self->deadline;
}

/* What one location cannot give now another may have: after its refusal the
 * others are asked, once round, and then there is a pause. */
static void
retry (GstDvrHttpFetch * self, gboolean answered)
{
  GstDvrHttpUpstream *upstream = self->follow->upstream;
  guint n = g_strv_length (upstream->config->locations);
  GstClockTime delay = 0;

  self->detour = answered && !self->source ? (self->detour + 1) % n : 0;
  if (self->attempts > 1 && self->detour == 0
      && (answered || self->source || upstream->current == self->location))
    delay = gst_dvr_http_upstream_get_delay (upstream, self->attempts - 1);
  g_atomic_int_inc (&upstream->retries);
  self->timer = gst_dvr_http_client_add_timer (upstream->client, delay,
      start_attempt, self);
}

/* After a join what is listed may be at any of the locations: what has its name
 * there is the same. Each is asked once. */
static gboolean
ask_elsewhere (GstDvrHttpFetch * self, GstDvrHttpOutcome outcome, guint status)
{
  GstDvrHttpUpstream *upstream = self->follow->upstream;
  gboolean refused = outcome == GST_DVR_HTTP_DONE
      && (status == 404 || status == 410);

  if (!(refused || self->absent) || !self->follow->joined || self->follow->gone
      || self->source || self->refusal || self->done > 0
      || self->lane == GST_DVR_HTTP_WAIT
      || self->detour + 1 >= g_strv_length (upstream->config->locations))
    return FALSE;
  self->absent = TRUE;
  self->detour++;
  self->timer = gst_dvr_http_client_add_timer (upstream->client, 0,
      start_attempt, self);

  return TRUE;
}

/* The transfer leaves the queue. */
static gboolean
on_start (gpointer user_data)
{
  GstDvrHttpFetch *self = user_data;
  GstDvrUpstreamOwner *owner = &self->follow->upstream->parent.owner;

  if (self->segment == NULL || self->done > 0
      || gst_dvr_segment_get_size (self->segment) > 0
      || !owner->abandon (owner->user_data, self->segment))
    return TRUE;
  self->transfer = NULL;
  finish (self, 503, "nobody wants it any more");

  return FALSE;
}

static void
on_done (GstDvrHttpOutcome outcome, const GstDvrHttpHead * head,
    const gchar * reason, gpointer user_data)
{
  GstDvrHttpFetch *self = user_data;
  gboolean answered = outcome == GST_DVR_HTTP_DONE || self->enough;
  gboolean good = answered && (head->status == 200 || head->status == 206);

  self->transfer = NULL;
  if (answered || self->refusal)
    gst_dvr_http_upstream_succeeded (self->follow->upstream, self->location);
  else if (outcome != GST_DVR_HTTP_REFUSED)
    gst_dvr_http_upstream_failed (self->follow->upstream, self->location,
        outcome, reason, self->follow->local);

  if (good && self->size == GST_DVR_HTTP_UNKNOWN)
    self->size = self->done;
  if (good && self->done == self->size) {
    if (is_complete (self))
      finish (self, 0, NULL);
    else
      finish (self, 502, "it ends within a box");
  } else if (good && outcome == GST_DVR_HTTP_DONE) {
    finish (self, 502, "it is shorter than it said");
  } else if (ask_elsewhere (self, outcome, head->status)) {
    GST_DEBUG ("%s: asking elsewhere", GST_DVR_HTTP_SHOW (self->uri));
  } else if (self->absent) {
    finish (self, 404, "no location has it");
  } else if (may_retry (self, outcome, head->status)) {
    retry (self, answered);
  } else if (self->refusal) {
    finish (self, 502, self->refusal);
  } else {
    finish (self, gst_dvr_http_get_status (outcome, head->status),
        answered ? "upstream refused it" : reason);
  }
}

static gchar *
resolve (GstDvrHttpFetch * self)
{
  g_autoptr (GstDvrHttpConfig) config =
      gst_dvr_http_client_get_config (self->follow->upstream->client);
  g_autofree gchar *base = self->source ? g_strdup (self->source->base) :
      gst_dvr_http_follow_get_base (self->follow, self->location);
  g_autofree gchar *uri = NULL;

  uri = gst_dvr_resolve_uri (base, self->uri, GST_DVR_URI_SAME_ORIGIN |
      GST_DVR_URI_ANY_HOST, NULL);
  if (uri == NULL || !gst_dvr_http_config_allows (config, base, uri))
    return NULL;

  return g_steal_pointer (&uri);
}

static const gchar *
get_object (GstDvrHttpFetch * self)
{
  return self->segment && gst_dvr_segment_get_id (self->segment)->kind ==
      GST_DVR_SEGMENT_INIT ? "i" : "av";
}

static void
start_attempt (gpointer user_data)
{
  static const GstDvrHttpFuncs funcs = { on_head, on_data, on_done, on_start };
  GstDvrHttpFetch *self = user_data;
  GstDvrHttpUpstream *upstream = self->follow->upstream;
  g_autofree gchar *uri = NULL;
  GstDvrHttpRequest request = { NULL, };
  g_auto (GStrv) told = NULL;
  GstDvrTimelineInfo info;

  self->timer = 0;
  self->location = self->source ?
      gst_dvr_http_source_locate (self->follow, self->source) :
      (upstream->current + self->detour) %
      g_strv_length (upstream->config->locations);
  if (self->location == GST_DVR_HTTP_NOWHERE) {
    finish (self, 404, "its origin is not asked any more");
    return;
  }
  uri = resolve (self);
  if (uri == NULL) {
    finish (self, 502, "its URI is not allowed (see allowed-hosts)");
    return;
  }
  self->attempts++;
  self->good = FALSE;
  request.uri = uri;
  request.lane = self->lane;
  request.priority = self->priority;
  request.offset = self->base + self->done;
  request.size = GST_DVR_HTTP_UNKNOWN;
  if (self->ranged)
    request.size = self->size - self->done;
  request.if_range = self->done > 0 ? strong (self->etag) : NULL;
  request.max_size = MAX_SIZE;
  if (self->lane == GST_DVR_HTTP_WAIT) {
    gst_dvr_timeline_get_info (self->follow->timeline, &info);
    request.patience = PATIENCE * info.target_duration;
  }
  told = gst_dvr_http_tell_get_headers (self->follow, get_object (self));
  request.headers = told;
  self->transfer = gst_dvr_http_client_start (upstream->client, &request,
      &funcs, self);
}

/**
 * gst_dvr_http_fetch_start:
 * @follow: the stream it belongs to
 * @place: where it is
 * @skip: bytes of it that are there already
 * @size: how many bytes it has, those skipped counted; 0 if unknown
 * @lane: how it is answered
 * @priority: how urgent it is
 * @funcs: what to call, never from within this function
 * @user_data: given to @funcs
 *
 * Returns: (transfer none): the fetch, until `done` was called or it was
 *   cancelled
 */
GstDvrHttpFetch *
gst_dvr_http_fetch_start (GstDvrHttpFollow * follow,
    const GstDvrHttpPlace * place, guint64 skip, guint64 size,
    GstDvrHttpLane lane, GstDvrPriority priority,
    const GstDvrHttpFetchFuncs * funcs, gpointer user_data)
{
  GstDvrHttpFetch *self = g_new0 (GstDvrHttpFetch, 1);

  self->follow = gst_dvr_http_follow_ref (follow);
  self->funcs = *funcs;
  self->user_data = user_data;
  self->uri = g_strdup (place->uri);
  self->source = place->source;
  self->base = place->range.offset + skip;
  self->origin = self->base;
  self->ranged = place->range.length > 0;
  self->size = GST_DVR_HTTP_UNKNOWN;
  if (self->ranged)
    self->size = place->range.length - skip;
  else if (size > 0)
    self->size = size - skip;
  self->file_size = GST_DVR_HTTP_UNKNOWN;
  self->lane = lane;
  self->priority = priority;
  set_deadline (self);
  g_queue_push_tail (&follow->upstream->fetches, self);
  g_atomic_int_inc (&follow->upstream->n_fetches);
  self->timer = gst_dvr_http_client_add_timer (follow->upstream->client, 0,
      start_attempt, self);

  return self;
}

void
gst_dvr_http_fetch_cancel (GstDvrHttpFetch * self)
{
  if (self->transfer)
    gst_dvr_http_transfer_cancel (self->transfer);
  fetch_free (self);
}

/**
 * gst_dvr_http_fetch_raise:
 * @upstream: an upstream
 * @segment: what is fetched, or not
 * @priority: how urgent it is now
 *
 * If it waits in line, it goes on in a better one.
 */
void
gst_dvr_http_fetch_raise (GstDvrHttpUpstream * upstream,
    GstDvrSegment * segment, GstDvrPriority priority)
{
  GList *l;

  for (l = upstream->fetches.head; l; l = l->next) {
    GstDvrHttpFetch *self = l->data;

    if (self->segment != segment)
      continue;
    self->priority = MAX (self->priority, priority);
    if (self->transfer)
      gst_dvr_http_transfer_raise (self->transfer, self->priority);
  }
}

/**
 * gst_dvr_http_fetch_move_all:
 * @upstream: an upstream whose locations changed
 *
 * What has not been answered yet is asked of the location in use now; the rest
 * ends where it began if it can, and else goes on there.
 */
void
gst_dvr_http_fetch_move_all (GstDvrHttpUpstream * upstream)
{
  GList *l;

  for (l = upstream->fetches.head; l; l = l->next) {
    GstDvrHttpFetch *self = l->data;

    self->location = GST_DVR_HTTP_NOWHERE;
    if (self->transfer == NULL || self->good)
      continue;
    gst_dvr_http_transfer_cancel (g_steal_pointer (&self->transfer));
    self->timer = gst_dvr_http_client_add_timer (upstream->client, 0,
        start_attempt, self);
  }
}

/**
 * gst_dvr_http_fetch_wake_all:
 * @upstream: an upstream that answers again
 *
 * What waits to be asked for again is asked for now.
 */
void
gst_dvr_http_fetch_wake_all (GstDvrHttpUpstream * upstream)
{
  GList *l;

  for (l = upstream->fetches.head; l; l = l->next) {
    GstDvrHttpFetch *self = l->data;

    if (self->transfer || !self->timer)
      continue;
    gst_dvr_http_client_remove_timer (upstream->client, &self->timer);
    self->timer = gst_dvr_http_client_add_timer (upstream->client, 0,
        start_attempt, self);
  }
}

/**
 * gst_dvr_http_fetch_end_all:
 * @upstream: an upstream that closes
 *
 * Fails all fetches under way (503).
 */
void
gst_dvr_http_fetch_end_all (GstDvrHttpUpstream * upstream)
{
  GstDvrHttpFetch *self;

  while ((self = g_queue_peek_head (&upstream->fetches))) {
    if (self->transfer)
      gst_dvr_http_transfer_cancel (self->transfer);
    finish (self, 503, "the source was stopped");
  }
}

static void
on_segment_total (guint64 total, gpointer user_data)
{
  GstDvrSegment *segment = user_data;

  gst_dvr_segment_set_total (segment,
      gst_dvr_segment_get_size (segment) + total);
}

static gboolean
on_segment_data (const guint8 * data, gsize size, gpointer user_data)
{
  return gst_dvr_segment_append_bytes (user_data, data, size);
}

static void
on_segment_done (guint status, const gchar * reason, gpointer user_data)
{
  GstDvrSegment *segment = user_data;

  if (status == 0)
    gst_dvr_segment_finish (segment);
  else
    gst_dvr_segment_fail (segment, status, reason);
  gst_dvr_segment_unref (segment);
}

/**
 * gst_dvr_http_fetch_segment:
 * @follow: the stream it belongs to
 * @place: where it is
 * @size: how many bytes it has; 0 if unknown
 * @segment: is filled from where it stands, and finished or failed
 * @priority: how urgent it is
 */
void
gst_dvr_http_fetch_segment (GstDvrHttpFollow * follow,
    const GstDvrHttpPlace * place, guint64 size, GstDvrSegment * segment,
    GstDvrPriority priority)
{
  static const GstDvrHttpFetchFuncs funcs = {
    on_segment_total, on_segment_data, on_segment_done
  };

  GstDvrHttpFetch *self;

  self = gst_dvr_http_fetch_start (follow, place,
      gst_dvr_segment_get_size (segment), size, GST_DVR_HTTP_TRANSFER,
      priority, &funcs, gst_dvr_segment_ref (segment));
  self->segment = segment;
  gst_dvr_http_join_keep (follow, segment);
}

/**
 * gst_dvr_http_fetch_range:
 * @follow: the stream it belongs to
 * @place: where the segment is
 * @size: how many bytes that has; 0 if unknown
 * @segment: a range of it, empty; is filled, and finished or failed
 * @priority: how urgent it is
 */
void
gst_dvr_http_fetch_range (GstDvrHttpFollow * follow,
    const GstDvrHttpPlace * place, guint64 size, GstDvrSegment * segment,
    GstDvrPriority priority)
{
  static const GstDvrHttpFetchFuncs funcs = {
    on_segment_total, on_segment_data, on_segment_done
  };
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);
  GstDvrHttpPlace range = *place;
  GstDvrHttpFetch *self;
  gboolean part_of_file = place->range.length > 0;

  if (part_of_file)
    size = place->range.length;
  if (size > 0 && id->offset >= size) {
    gst_dvr_segment_fail (segment, 404, "the segment ends before the range");
    return;
  }
  range.range.offset += id->offset;
  range.range.length = size > 0 ? MIN (id->size, size - id->offset) : id->size;
  self = gst_dvr_http_fetch_start (follow, &range, 0, 0,
      GST_DVR_HTTP_TRANSFER, priority, &funcs, gst_dvr_segment_ref (segment));
  self->segment = segment;
  self->origin = place->range.offset;
  self->cut = TRUE;
  self->listed = part_of_file ? 0 : size;
  self->origin_size = part_of_file ? size : 0;
}
