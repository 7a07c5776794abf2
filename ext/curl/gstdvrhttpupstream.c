/* gstdvrhttpupstream.c: segments from HTTP servers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* All that happens, happens in the HTTP client's thread; what elements ask for
 * is handed over there. Backup locations hold the same streams under the same
 * names: when one does not answer, the next is asked from then on. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpupstream.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* Of an upstream that has just been silent for `timeout`, a question costs more. */
#define SILENT_FACTOR 4

typedef struct _Order Order;

/* Called in the thread; @follow is that of the order's timeline, or NULL where
 * that was let go. */
typedef void (*OrderFunc) (GstDvrHttpUpstream * self,
    GstDvrHttpFollow * follow, Order * order);

/* What is handed over to the thread. */
struct _Order
{
  OrderFunc func;
  GstDvrTimeline *timeline;
  GstDvrSegment *segment;
  GstDvrPriority priority;
  gchar *local;
  gchar *remote;
  GstDvrUpstreamConfig *config;
  GstEvent *report;
};

static void
order_free (Order * order)
{
  if (order->timeline)
    gst_dvr_timeline_unref (order->timeline);
  if (order->segment)
    gst_dvr_segment_unref (order->segment);
  if (order->config)
    gst_dvr_upstream_config_unref (order->config);
  if (order->report)
    gst_event_unref (order->report);
  g_free (order->local);
  g_free (order->remote);
  g_free (order);
}

static Order *
order_new (OrderFunc func, GstDvrTimeline * timeline)
{
  Order *order = g_new0 (Order, 1);

  order->func = func;
  order->timeline = timeline ? gst_dvr_timeline_ref (timeline) : NULL;

  return order;
}

static guint
n_locations (GstDvrHttpUpstream * self)
{
  return g_strv_length (self->config->locations);
}

/* Says something of an upstream's connection. */
void
gst_dvr_http_upstream_status (GstDvrHttpUpstream * self, const gchar * code,
    const gchar * level, const gchar * description, const gchar * stream)
{
  GstDvrUpstreamOwner *owner = &self->parent.owner;

  owner->status (owner->user_data, code, level, description,
      self->config->locations[self->current], stream);
}

/**
 * gst_dvr_http_upstream_timed:
 * @self: the upstream
 * @location: which location answered
 * @round_trip: how long its first byte took, where it held nothing back
 *
 * The least of them is the round trip.
 */
void
gst_dvr_http_upstream_timed (GstDvrHttpUpstream * self, guint location,
    GstClockTime round_trip)
{
  if (location == self->current && round_trip > 0
      && (self->round_trip == 0 || round_trip < self->round_trip))
    self->round_trip = round_trip;
}

/* Whoever waits to ask again need not wait any more. */
static void
wake_all (gpointer user_data)
{
  GstDvrHttpUpstream *self = user_data;
  GHashTableIter iter;
  gpointer follow;

  self->waking = 0;
  self->woken_at = g_get_monotonic_time ();
  g_hash_table_iter_init (&iter, self->follows);
  while (g_hash_table_iter_next (&iter, NULL, &follow))
    gst_dvr_http_follow_wake (follow);
  gst_dvr_http_fetch_wake_all (self);
}

/**
 * gst_dvr_http_upstream_succeeded:
 * @self: the upstream
 * @location: which location answered
 *
 * All streams that lost it go on. One that comes and goes wakes nobody each
 * time.
 */
void
gst_dvr_http_upstream_succeeded (GstDvrHttpUpstream * self, guint location)
{
  if (location != self->current || self->connected)
    return;
  self->connected = TRUE;
  self->told = FALSE;
  self->sentinel_until = 0;
  if (self->waking == 0 && g_get_monotonic_time () >= self->woken_at +
      (gint64) (self->config->retry_delay / GST_USECOND))
    self->waking = gst_dvr_http_client_add_timer (self->client, 0, wake_all,
        self);
  gst_dvr_http_upstream_status (self, "NetConnection.Connect.Success",
      "status", "Upstream answers.", NULL);
}

/* Not from within the callback that found the location bad: what is under way
 * there is ended. */
static void
leave_last (gpointer user_data)
{
  GstDvrHttpUpstream *self = user_data;
  GHashTableIter iter;
  gpointer follow;

  self->turned = 0;
  g_hash_table_iter_init (&iter, self->follows);
  while (g_hash_table_iter_next (&iter, NULL, &follow))
    gst_dvr_http_follow_leave (follow);
}

static void
turn_to (GstDvrHttpUpstream * self, guint location)
{
  GstDvrUpstreamOwner *owner = &self->parent.owner;

  self->current = location;
  self->round_trip = 0;
  GST_INFO ("turning to %s",
      GST_DVR_HTTP_SHOW (self->config->locations[location]));
  owner->location (owner->user_data, self->config->locations[location]);
  if (self->turned == 0)
    self->turned = gst_dvr_http_client_add_timer (self->client, 0,
        leave_last, self);
}

/**
 * gst_dvr_http_upstream_failed:
 * @self: the upstream
 * @location: which location did not answer as it should
 * @outcome: how
 * @reason: in words
 * @stream: what was asked for
 *
 * Tells it, once until it works again, and turns to the next location.
 */
void
gst_dvr_http_upstream_failed (GstDvrHttpUpstream * self, guint location,
    GstDvrHttpOutcome outcome, const gchar * reason, const gchar * stream)
{
  const gchar *code = "NetConnection.Connect.Failed";

  if (location != self->current)
    return;
  if (outcome == GST_DVR_HTTP_SILENT)
    code = "NetConnection.Proxy.NotResponding";
  else if (self->connected)
    code = "NetConnection.Connect.Closed";
  if (!self->told || self->connected)
    gst_dvr_http_upstream_status (self, code, "warning", reason, stream);
  self->told = TRUE;
  self->connected = FALSE;
  if (n_locations (self) > 1)
    turn_to (self, (self->current + 1) % n_locations (self));
}

/**
 * gst_dvr_http_upstream_turn:
 * @self: the upstream
 * @location: another location, which is better
 * @reason: in words
 * @stream: of which stream it is said
 */
void
gst_dvr_http_upstream_turn (GstDvrHttpUpstream * self, guint location,
    const gchar * reason, const gchar * stream)
{
  if (location == self->current)
    return;
  gst_dvr_http_upstream_status (self, "NetConnection.Proxy.NotResponding",
      "warning", reason, stream);
  self->connected = FALSE;
  turn_to (self, location);
}

/**
 * gst_dvr_http_upstream_return:
 * @self: the upstream
 *
 * The first location answers again: it is used from now on.
 */
void
gst_dvr_http_upstream_return (GstDvrHttpUpstream * self)
{
  GstDvrUpstreamOwner *owner = &self->parent.owner;

  if (self->current == 0)
    return;
  self->current = 0;
  self->round_trip = 0;
  self->connected = FALSE;
  owner->location (owner->user_data, self->config->locations[0]);
  gst_dvr_http_upstream_succeeded (self, 0);
}

static GstClockTime
spread (GstClockTime delay)
{
  return delay / 2 + (GstClockTime) (delay / 2 * g_random_double ());
}

/**
 * gst_dvr_http_upstream_get_pause:
 * @self: the upstream
 * @failures: how many there were in a row
 * @outcome: of the last one, of a stream that somebody watches; else DONE
 *
 * One of the streams that are watched, at a time, whichever comes
 * first, is the sentinel: it asks often, since it costs little where nobody
 * answers, and when it is answered all others go on, too. So an upstream that is
 * back is found at once, and one that is down has one question in so long from
 * each of those below it, however many streams there are. One that answers, but
 * with an error, is left in peace longer and longer.
 *
 * Returns: how long to wait, spread
 */
GstClockTime
gst_dvr_http_upstream_get_pause (GstDvrHttpUpstream * self, guint failures,
    GstDvrHttpOutcome outcome)
{
  GstClockTime delay = gst_dvr_http_upstream_get_delay (self, failures);
  GstClockTime often = self->config->retry_delay;
  gint64 now = g_get_monotonic_time ();

  if (outcome == GST_DVR_HTTP_DONE || now < self->sentinel_until)
    return delay;
  if (outcome == GST_DVR_HTTP_SILENT)
    often *= SILENT_FACTOR;
  delay = MIN (delay, spread (often));
  self->sentinel_until = now + (gint64) (delay / GST_USECOND);
  return delay;
}

/**
 * gst_dvr_http_upstream_get_delay:
 * @self: the upstream
 * @failures: how many there were in a row
 *
 * Returns: how long to wait: doubling, bounded, and spread, so that not all who
 *   lost an upstream come back at one moment
 */
GstClockTime
gst_dvr_http_upstream_get_delay (GstDvrHttpUpstream * self, guint failures)
{
  GstClockTime delay = self->config->retry_delay;

  for (; failures > 1 && delay < self->config->max_retry_delay; failures--)
    delay *= 2;
  return spread (MIN (delay, self->config->max_retry_delay));
}

/**
 * gst_dvr_http_get_status:
 * @outcome: how a transfer ended
 * @status: HTTP status of its answer
 *
 * Returns: the status that downstream gets; 401, 403 and 526 (a certificate that
 *   is not trusted) are for this element, whoever serves viewers says 502 instead
 */
guint
gst_dvr_http_get_status (GstDvrHttpOutcome outcome, guint status)
{
  if (outcome == GST_DVR_HTTP_SILENT)
    return 504;
  if (outcome == GST_DVR_HTTP_UNTRUSTED)
    return 526;
  if (outcome != GST_DVR_HTTP_DONE)
    return 502;

  switch (status) {
    case 401:
    case 403:
    case 404:
    case 410:
    case 503:
    case 504:
    case 508:
      return status;
    case 429:
      return 503;
    default:
      return 502;
  }
}

static void
carry_out (gpointer data, gpointer user_data)
{
  GstDvrHttpUpstream *self = user_data;
  Order *order = data;

  order->func (self, g_hash_table_lookup (self->follows, order->timeline),
      order);
  order_free (order);
}

/* Returns: FALSE where the upstream was closed: the order is gone then */
static gboolean
hand_over (GstDvrHttpUpstream * self, Order * order)
{
  if (gst_dvr_http_client_invoke (self->client, carry_out, order, self))
    return TRUE;
  order_free (order);

  return FALSE;
}

static void
do_follow (GstDvrHttpUpstream * self, GstDvrHttpFollow * follow, Order * order)
{
  follow = gst_dvr_http_follow_new (self, order->local, order->remote,
      order->timeline);
  g_hash_table_insert (self->follows, follow->timeline, follow);
  gst_dvr_http_follow_start (follow);
}

static GstDvrTimeline *
http_follow (GstDvrUpstream * upstream, const gchar * local,
    const gchar * remote, const gchar * path)
{
  GstDvrHttpUpstream *self = (GstDvrHttpUpstream *) upstream;
  GstDvrTimeline *timeline = gst_dvr_timeline_new (local);
  Order *order = order_new (do_follow, timeline);

  if (path)
    gst_dvr_timeline_note_path (timeline, path);
  order->local = g_strdup (local);
  order->remote = g_strdup (remote);
  hand_over (self, order);

  return timeline;
}

static void
do_poke (GstDvrHttpUpstream * self, GstDvrHttpFollow * follow, Order * order)
{
  if (follow)
    gst_dvr_http_follow_poke (follow);
}

static void
http_poke (GstDvrUpstream * upstream, GstDvrTimeline * timeline)
{
  hand_over ((GstDvrHttpUpstream *) upstream, order_new (do_poke, timeline));
}

static void
do_unfollow (GstDvrHttpUpstream * self, GstDvrHttpFollow * follow,
    Order * order)
{
  g_hash_table_remove (self->follows, order->timeline);
  gst_dvr_timeline_set_state (order->timeline, GST_DVR_TIMELINE_FAILED, 410);
}

static void
http_unfollow (GstDvrUpstream * upstream, GstDvrTimeline * timeline)
{
  hand_over ((GstDvrHttpUpstream *) upstream, order_new (do_unfollow,
          timeline));
}

static void
do_fetch (GstDvrHttpUpstream * self, GstDvrHttpFollow * follow, Order * order)
{
  if (follow)
    gst_dvr_http_follow_fetch (follow, order->segment, order->priority);
  else
    gst_dvr_segment_fail (order->segment, 503, "the stream was let go");
  g_atomic_int_add (&self->n_fetches, -1);
}

static Order *
order_new_fetch (OrderFunc func, GstDvrTimeline * timeline,
    GstDvrSegment * segment, GstDvrPriority priority)
{
  Order *order = order_new (func, timeline);

  order->segment = gst_dvr_segment_ref (segment);
  order->priority = priority;

  return order;
}

static void
http_fetch (GstDvrUpstream * upstream, GstDvrTimeline * timeline,
    GstDvrSegment * segment, GstDvrPriority priority)
{
  GstDvrHttpUpstream *self = (GstDvrHttpUpstream *) upstream;

  g_atomic_int_inc (&self->n_fetches);
  if (!hand_over (self, order_new_fetch (do_fetch, timeline, segment,
              priority))) {
    g_atomic_int_add (&self->n_fetches, -1);
    gst_dvr_segment_fail (segment, 503, "the source was stopped");
  }
}

static void
do_raise (GstDvrHttpUpstream * self, GstDvrHttpFollow * follow, Order * order)
{
  if (follow)
    gst_dvr_http_follow_raise (follow, order->segment, order->priority);
  gst_dvr_http_fetch_raise (self, order->segment, order->priority);
}

static void
http_raise (GstDvrUpstream * upstream, GstDvrTimeline * timeline,
    GstDvrSegment * segment, GstDvrPriority priority)
{
  hand_over ((GstDvrHttpUpstream *) upstream, order_new_fetch (do_raise,
          timeline, segment, priority));
}

static void
do_report (GstDvrHttpUpstream * self, GstDvrHttpFollow * follow, Order * order)
{
  if (follow)
    gst_dvr_http_tell_report (follow, order->report);
}

static void
http_report (GstDvrUpstream * upstream, GstDvrTimeline * timeline,
    GstEvent * report)
{
  Order *order = order_new (do_report, timeline);

  order->report = gst_event_ref (report);
  hand_over ((GstDvrHttpUpstream *) upstream, order);
}

/* The list of locations is another one. Where the one in use is still listed
 * nothing moves; else all that runs goes to the first. */
static void
change_locations (GstDvrHttpUpstream * self, const GstDvrUpstreamConfig * old)
{
  GstDvrUpstreamOwner *owner = &self->parent.owner;
  const gchar *used = old->locations[self->current];
  GHashTableIter iter;
  gpointer follow;
  guint i;

  self->probed_at = 0;
  for (i = 0; self->config->locations[i]; i++)
    if (g_str_equal (self->config->locations[i], used))
      break;
  if (self->config->locations[i] == NULL) {
    i = 0;
    self->connected = self->told = FALSE;
    owner->location (owner->user_data, self->config->locations[0]);
  }
  self->current = i;
  self->round_trip = 0;
  gst_dvr_http_fetch_move_all (self);
  g_hash_table_iter_init (&iter, self->follows);
  while (g_hash_table_iter_next (&iter, NULL, &follow))
    gst_dvr_http_follow_move (follow);
}

static void
do_configure (GstDvrHttpUpstream * self, GstDvrHttpFollow * none, Order * order)
{
  g_autoptr (GstDvrUpstreamConfig) old = self->config;
  GHashTableIter iter;
  gpointer follow;

  self->config = g_steal_pointer (&order->config);
  gst_dvr_http_client_set_config (self->client, self->config->http);
  if (!g_strv_equal ((const gchar * const *) old->locations,
          (const gchar * const *) self->config->locations)
      || g_strcmp0 (old->token, self->config->token) != 0)
    change_locations (self, old);
  g_hash_table_iter_init (&iter, self->follows);
  while (g_hash_table_iter_next (&iter, NULL, &follow))
    if (((GstDvrHttpFollow *) follow)->playlist)
      gst_dvr_http_watch_listed (follow, TRUE);
}

static void
http_configure (GstDvrUpstream * upstream, GstDvrUpstreamConfig * config)
{
  Order *order = order_new (do_configure, NULL);

  order->config = gst_dvr_upstream_config_ref (config);
  hand_over ((GstDvrHttpUpstream *) upstream, order);
}

static gboolean
http_is_busy (GstDvrUpstream * upstream)
{
  return g_atomic_int_get (&((GstDvrHttpUpstream *) upstream)->n_fetches) > 0;
}

static void
http_stats (GstDvrUpstream * upstream, GstStructure * s)
{
  GstDvrHttpUpstream *self = (GstDvrHttpUpstream *) upstream;
  GstDvrHttpStats stats;

  gst_dvr_http_client_get_stats (self->client, &stats);
  gst_structure_set (s,
      "upstream-requests", G_TYPE_UINT64, stats.requests,
      "bytes-received", G_TYPE_UINT64, stats.bytes,
      "transfers", G_TYPE_UINT, stats.transfers,
      "waits", G_TYPE_UINT, stats.waits,
      "retries", G_TYPE_UINT64, (guint64) g_atomic_int_get (&self->retries),
      NULL);
}

static void
do_close (gpointer data, gpointer user_data)
{
  GstDvrHttpUpstream *self = user_data;

  g_hash_table_remove_all (self->follows);
  gst_dvr_http_fetch_end_all (self);
}

static void
http_close (GstDvrUpstream * upstream)
{
  GstDvrHttpUpstream *self = (GstDvrHttpUpstream *) upstream;

  gst_dvr_http_client_invoke (self->client, do_close, NULL, self);
  gst_dvr_http_client_stop (self->client);
}

static void
http_free (GstDvrUpstream * upstream)
{
  GstDvrHttpUpstream *self = (GstDvrHttpUpstream *) upstream;

  gst_dvr_http_client_free (self->client);
  g_hash_table_unref (self->follows);
  gst_dvr_upstream_config_unref (self->config);
  g_free (self);
}

static const GstDvrUpstreamClass http_class = {
  .anticipates = TRUE,
  .ranges = TRUE,
  .follow = http_follow,
  .poke = http_poke,
  .unfollow = http_unfollow,
  .fetch = http_fetch,
  .raise = http_raise,
  .report = http_report,
  .configure = http_configure,
  .is_busy = http_is_busy,
  .stats = http_stats,
  .close = http_close,
  .free = http_free,
};

static void
end_follow (gpointer data)
{
  gst_dvr_http_follow_end (data);
  gst_dvr_http_follow_unref (data);
}

/**
 * gst_dvr_http_upstream_new:
 * @config: its locations are http(s):// URIs
 * @error: why not
 *
 * Returns: (transfer full) (nullable): an upstream that asks those servers
 */
GstDvrUpstream *
gst_dvr_http_upstream_new (GstDvrUpstreamConfig * config, GError ** error)
{
  GstDvrHttpClient *client = gst_dvr_http_client_new (config->http, error);
  GstDvrHttpUpstream *self;

  if (client == NULL)
    return NULL;
  self = g_new0 (GstDvrHttpUpstream, 1);
  self->parent.klass = &http_class;
  self->config = gst_dvr_upstream_config_ref (config);
  self->follows = g_hash_table_new_full (NULL, NULL, NULL, end_follow);
  self->client = client;

  return &self->parent;
}
