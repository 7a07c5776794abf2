/* gstdvrhttptell.c: what players do, told to an HTTP server
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How a player is goes along with requests as CMCD headers (CTA-5004), which
 * change neither what is asked for nor what caches call it. What it does, which
 * is an event, does not: caches answer requests themselves, and collapse them,
 * and an answer that is for one player only must not be kept for others. So each
 * event is a small request of its own, HEAD of the playlist with the event in
 * the query argument `CMCD`, which no cache can have. One is under way at a time,
 * the next waits a while, and what comes meanwhile is put together. Only our own
 * tiers are asked: others could make nothing of it.
 *
 * A player that begins asks whether it may seek in its buffer. That goes first,
 * and again where another location is gone to, whose answer may be another one. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/dvr/gstdvrcmcd.h>
#include <string.h>

#include "gstdvrhttpupstream.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* Events are told this often at most. */
#define INTERVAL (250 * GST_MSECOND)
/* What waits to be told, of all players of the stream. */
#define MAX_PENDING 16
/* So often an answer is asked for that does not come. */
#define MAX_TRIES 3
/* A player that has said nothing for so long is gone. */
#define STATE_HOLD (5 * G_TIME_SPAN_SECOND)

struct _GstDvrHttpTell
{
  GstDvrCmcd state;             /* as the last player said it */
  gint64 state_at;              /* when, monotonic; 0: never */
  gboolean starved;             /* since the last request */
  gboolean refused;             /* a seek was */
  GQueue pending;               /* GstDvrCmcd, events */
  GstDvrCmcd begin;             /* of the player that began last */
  gboolean begun;               /* there is one */
  gboolean answered;            /* whether it may, by @location */
  gchar *location;
  guint tries;
  GstDvrHttpTransfer *transfer;
  GstDvrReportKind telling;
  guint timer;
  gint64 told_at;
};

static void tell_next (gpointer user_data);

static gboolean
is_wanted (GstDvrHttpFollow * follow)
{
  return follow->playlist && follow->playlist->header.dvr_version > 0
      && !follow->playlist->header.no_smart_seek && !follow->tell->refused;
}

static const gchar *
get_location (GstDvrHttpFollow * follow)
{
  return follow->upstream->config->locations[follow->upstream->current];
}

/* Whether it is to be asked if the player may. */
static gboolean
must_ask (GstDvrHttpFollow * follow)
{
  GstDvrHttpTell *self = follow->tell;

  if (g_strcmp0 (self->location, get_location (follow)) != 0) {
    g_free (self->location);
    self->location = g_strdup (get_location (follow));
    self->answered = FALSE;
    self->tries = 0;
  }
  return self->begun && !self->answered && self->tries < MAX_TRIES
      && is_wanted (follow);
}

static void
schedule (GstDvrHttpFollow * follow)
{
  GstDvrHttpTell *self = follow->tell;
  gint64 spent = g_get_monotonic_time () - self->told_at;
  gint64 interval = INTERVAL / GST_USECOND;

  if (self->transfer || self->timer || (g_queue_is_empty (&self->pending)
          && !must_ask (follow)))
    return;
  self->timer = gst_dvr_http_client_add_timer (follow->upstream->client,
      self->told_at && spent < interval ? (interval - spent) * GST_USECOND : 0,
      tell_next, follow);
}

static gboolean
on_head (const GstDvrHttpHead * head, gpointer user_data)
{
  return TRUE;
}

static gboolean
on_data (const guint8 * data, gsize size, gpointer user_data)
{
  return TRUE;
}

static void
on_done (GstDvrHttpOutcome outcome, const GstDvrHttpHead * head,
    const gchar * reason, gpointer user_data)
{
  GstDvrHttpFollow *follow = user_data;
  GstDvrHttpTell *self = follow->tell;

  self->transfer = NULL;
  GST_DEBUG ("%s: %s told: %u", follow->local,
      gst_dvr_report_kind_get_name (self->telling), head->status);
  if (self->telling == GST_DVR_REPORT_BEGIN
      && outcome == GST_DVR_HTTP_DONE && head->status < 500
      && g_strcmp0 (self->location, get_location (follow)) == 0)
    self->answered = TRUE;
  if (outcome == GST_DVR_HTTP_DONE && head->no_smart_seek
      && (self->telling == GST_DVR_REPORT_CLIENT_SEEK
          || self->telling == GST_DVR_REPORT_BEGIN)) {
    self->refused = TRUE;
    gst_dvr_http_tell_listed (follow);
  }
  schedule (follow);
}

/* Where the playlist is, whatever it was asked about last. */
static gchar *
get_uri (GstDvrHttpFollow * follow, const GstDvrCmcd * event)
{
  g_autofree gchar *query = gst_dvr_cmcd_to_query (event);
  g_autofree gchar *base =
      gst_dvr_http_follow_get_base (follow, follow->upstream->current);

  return g_strdup_printf ("%s%c%s", base, strchr (base, '?') ? '&' : '?',
      query);
}

static void
tell_next (gpointer user_data)
{
  static const GstDvrHttpFuncs funcs = { on_head, on_data, on_done };
  GstDvrHttpFollow *follow = user_data;
  GstDvrHttpTell *self = follow->tell;
  GstDvrHttpRequest request = { NULL, };
  g_autofree GstDvrCmcd *event = NULL;
  g_autofree gchar *uri = NULL;

  self->timer = 0;
  if (!is_wanted (follow))
    g_queue_clear_full (&self->pending, g_free);
  if (must_ask (follow)) {
    self->tries++;
    event = g_memdup2 (&self->begin, sizeof (self->begin));
  } else {
    event = g_queue_pop_head (&self->pending);
  }
  if (event == NULL)
    return;
  self->telling = event->kind;
  self->told_at = g_get_monotonic_time ();
  uri = get_uri (follow, event);
  request.uri = uri;
  /* it may seek any moment */
  request.priority = event->kind == GST_DVR_REPORT_BEGIN ?
      GST_DVR_PRIORITY_PLAYHEAD : GST_DVR_PRIORITY_PREFETCH;
  request.size = GST_DVR_HTTP_UNKNOWN;
  request.max_size = GST_DVR_HTTP_UNKNOWN;
  request.no_body = TRUE;
  self->transfer = gst_dvr_http_client_start (follow->upstream->client,
      &request, &funcs, follow);
}

/* Puts together what the same player has done: many seeks are one from where
 * the first began to where the last one went; a stop that goes on before it was
 * told is none. Returns: FALSE where it is to be told for itself */
static gboolean
merge (GstDvrHttpTell * self, const GstDvrCmcd * event)
{
  gboolean seek = event->kind == GST_DVR_REPORT_CLIENT_SEEK;
  GList *l;

  for (l = self->pending.tail; l; l = l->prev) {
    GstDvrCmcd *known = l->data;
    GstDvrCmcd before = *known;

    if (!g_str_equal (known->session, event->session)
        || (known->kind == GST_DVR_REPORT_CLIENT_SEEK) != seek)
      continue;
    if (seek) {
      *known = *event;
      known->from_ms = before.from_ms;
      known->count = MIN (before.count, G_MAXINT - 1) + 1;
      known->starved |= before.starved;
    } else if (known->kind != event->kind) {
      g_free (known);
      g_queue_delete_link (&self->pending, l);
    }
    return TRUE;
  }

  return FALSE;
}

static const gchar *
get_stream_type (GstDvrHttpFollow * follow)
{
  if (follow->playlist == NULL)
    return "";

  return follow->playlist->ended ? "v" : "l";
}

/**
 * gst_dvr_http_tell_report:
 * @follow: a stream
 * @event: what a player of it tells
 */
void
gst_dvr_http_tell_report (GstDvrHttpFollow * follow, GstEvent * event)
{
  GstDvrHttpTell *self = follow->tell;
  GstDvrReport report;
  GstDvrCmcd *told;

  if (!gst_dvr_event_parse_report (event, &report))
    return;
  if (self == NULL)
    self = follow->tell = g_new0 (GstDvrHttpTell, 1);
  gst_dvr_cmcd_set_report (&self->state, &report);
  self->state.kind = GST_DVR_REPORT_STATE;
  self->state_at = g_get_monotonic_time ();
  self->starved |= report.starved;
  if (report.kind == GST_DVR_REPORT_BEGIN) {
    gst_dvr_cmcd_set_report (&self->begin, &report);
    self->begun = TRUE;
    self->answered = FALSE;
    self->tries = 0;
    schedule (follow);
    return;
  }
  if (report.kind == GST_DVR_REPORT_STATE || !is_wanted (follow))
    return;
  told = g_new (GstDvrCmcd, 1);
  gst_dvr_cmcd_set_report (told, &report);
  g_strlcpy (told->type, get_stream_type (follow), sizeof (told->type));
  if (merge (self, told)) {
    g_free (told);
  } else {
    if (self->pending.length >= MAX_PENDING)
      g_free (g_queue_pop_head (&self->pending));
    g_queue_push_tail (&self->pending, told);
  }
  schedule (follow);
}

/**
 * gst_dvr_http_tell_get_headers:
 * @follow: a stream
 * @object: what is asked for: `m` a playlist, `i` an init section, `av` media
 *
 * Returns: (transfer full) (nullable): headers that tell how its player is; NULL
 *   without one
 */
gchar **
gst_dvr_http_tell_get_headers (GstDvrHttpFollow * follow, const gchar * object)
{
  GstDvrHttpTell *self = follow->tell;
  GstDvrCmcd cmcd;

  if (self == NULL || self->state_at == 0
      || g_get_monotonic_time () - self->state_at > STATE_HOLD)
    return NULL;
  cmcd = self->state;
  g_strlcpy (cmcd.object, object, sizeof (cmcd.object));
  g_strlcpy (cmcd.type, get_stream_type (follow), sizeof (cmcd.type));
  /* it is the length of a buffer of media */
  cmcd.has_buffer &= g_str_equal (object, "av");
  cmcd.starved = self->starved;
  self->starved = FALSE;

  return gst_dvr_cmcd_to_headers (&cmcd);
}

/**
 * gst_dvr_http_tell_listed:
 * @follow: a stream whose playlist came
 *
 * Tells players whether they may seek within their own buffer.
 */
void
gst_dvr_http_tell_listed (GstDvrHttpFollow * follow)
{
  gboolean refused = follow->tell && follow->tell->refused;

  gst_dvr_timeline_set_smart_seek (follow->timeline, !refused
      && !follow->playlist->header.no_smart_seek);
  if (follow->tell)
    schedule (follow);
}

/* The stream is let go. */
void
gst_dvr_http_tell_end (GstDvrHttpFollow * follow)
{
  GstDvrHttpTell *self = g_steal_pointer (&follow->tell);

  if (self == NULL)
    return;
  gst_dvr_http_client_remove_timer (follow->upstream->client, &self->timer);
  if (self->transfer)
    gst_dvr_http_transfer_cancel (self->transfer);
  g_queue_clear_full (&self->pending, g_free);
  g_free (self->location);
  g_free (self);
}
