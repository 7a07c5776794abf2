/* dvrintake.c: takes a publisher in and holds what it sends
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the loop that a publisher's connection lives in and the streaming
 * thread that takes its tags is one bounded queue. When it is full, the
 * connection is not read any more, so that TCP slows the publisher down.
 *
 * One publisher at a time. A second one gets NetStream.Publish.BadName, unless
 * it shows the same key and the first has been silent: an encoder whose cable
 * was pulled must not be locked out by what is left of itself.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "flv/flvwriter.h"

#include "dvratomic.h"
#include "dvrintake.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

#define MAX_QUEUED (8 * 1024 * 1024)
#define LOW_QUEUED (MAX_QUEUED / 2)
/* After so long without a byte its owner may take the name over. */
#define SILENT_TIME (2 * G_USEC_PER_SEC)

/* A publisher, known to its connection and, while it publishes, to the intake.
 * What is not atomic belongs to its loop. */
typedef struct
{
  DvrRtmpRole role;
  gint refs;
  DvrIntake *intake;
  DvrRtmpConnection *connection;
  DvrRtmpLoop *loop;
  gchar *query;
  gint64 last_input;            /* atomic */
  gboolean saying_goodbye;
  gboolean holds;               /* the connection's input; its loop's */
  uv_timer_t *timer;
} Publisher;

struct _DvrIntake
{
  gint refs;
  gchar *stream;
  DvrAuthorizePublish authorize;
  gpointer user_data;

  GMutex lock;
  /* with the lock */
  GCond cond;                   /* there is an item, or none will come */
  gchar *key;
  DvrTokenKeys *keys;
  GstClockTime timeout;
  Publisher *publisher;
  GQueue items;
  gsize queued;                 /* bytes of items */
  gboolean holding;             /* publisher is not read from */
  gboolean flushing;
  gboolean stopped;
  DvrIntakeStats stats;
};

static Publisher *
publisher_ref (Publisher * publisher)
{
  g_atomic_int_inc (&publisher->refs);
  return publisher;
}

static void
publisher_unref (Publisher * publisher)
{
  if (!g_atomic_int_dec_and_test (&publisher->refs))
    return;
  dvr_intake_unref (publisher->intake);
  g_free (publisher->query);
  g_free (publisher);
}

/* -- the queue -- */

static void
push_locked (DvrIntake * self, DvrIntakeItemType type, GstBuffer * tag,
    GstStructure * client)
{
  DvrIntakeItem *item = g_new (DvrIntakeItem, 1);

  *item = (DvrIntakeItem) {
  type, tag, client};
  g_queue_push_tail (&self->items, item);
  if (tag)
    self->queued += gst_buffer_get_size (tag);
  g_cond_signal (&self->cond);
}

void
dvr_intake_item_clear (DvrIntakeItem * item)
{
  g_clear_pointer (&item->tag, gst_buffer_unref);
  g_clear_pointer (&item->client, gst_structure_free);
}

static void
item_free (gpointer data)
{
  dvr_intake_item_clear (data);
  g_free (data);
}

/* Its client is read from, or not, while there is no room for what it sends. */
static void
hold_input (Publisher * publisher, gboolean hold)
{
  if (publisher->holds == hold || !publisher->connection)
    return;
  publisher->holds = hold;
  dvr_rtmp_connection_hold_input (publisher->connection, hold);
}

static void
let_in (gpointer data)
{
  Publisher *publisher = data;

  hold_input (publisher, FALSE);
  publisher_unref (publisher);
}

/**
 * dvr_intake_pull:
 * @self: an intake
 * @item: (out caller-allocates): what comes next
 *
 * Waits until there is something, or dvr_intake_set_flushing() or
 * dvr_intake_stop() is called.
 */
void
dvr_intake_pull (DvrIntake * self, DvrIntakeItem * item)
{
  Publisher *held = NULL;
  DvrIntakeItem *next;

  g_mutex_lock (&self->lock);
  while (g_queue_is_empty (&self->items) && !self->flushing && !self->stopped)
    g_cond_wait (&self->cond, &self->lock);
  *item = (DvrIntakeItem) {
  DVR_INTAKE_STOPPED, NULL, NULL};
  if (!self->flushing && (next = g_queue_pop_head (&self->items))) {
    *item = *next;
    g_free (next);
  }
  if (item->tag)
    self->queued -= gst_buffer_get_size (item->tag);
  if (self->holding && self->queued < LOW_QUEUED) {
    self->holding = FALSE;
    held = self->publisher ? publisher_ref (self->publisher) : NULL;
  }
  g_mutex_unlock (&self->lock);

  if (held)
    dvr_rtmp_loop_post (held->loop, let_in, held);
}

/* While it is flushing nothing is handed out; what comes is kept. */
void
dvr_intake_set_flushing (DvrIntake * self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Takes no publisher any more, and forgets what is queued. */
void
dvr_intake_stop (DvrIntake * self)
{
  g_mutex_lock (&self->lock);
  self->stopped = TRUE;
  g_queue_clear_full (&self->items, item_free);
  self->queued = 0;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* -- a publisher -- */

static void
queue_tag (Publisher * publisher, guint8 type, gint64 timestamp,
    GstBuffer * body)
{
  DvrIntake *self = publisher->intake;
  gsize size = gst_buffer_get_size (body);
  gboolean hold = FALSE;
  GstBuffer *tag;

  tag = gst_flv_write_tag (type, (guint32) timestamp, gst_buffer_ref (body));
  if (!tag)
    return;
  GST_BUFFER_DTS (tag) = MAX (timestamp, 0) * GST_MSECOND;
  g_mutex_lock (&self->lock);
  if (self->publisher == publisher && !self->stopped) {
    push_locked (self, DVR_INTAKE_TAG, tag, NULL);
    tag = NULL;
    self->stats.tags++;
    self->stats.bytes += size;
    hold = !self->holding && self->queued > MAX_QUEUED;
    if (hold)
      self->holding = TRUE;
  }
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&tag, gst_buffer_unref);
  if (hold)
    hold_input (publisher, TRUE);
}

static void
publisher_event (DvrRtmpRole * role, const GstRtmpServerEvent * event)
{
  Publisher *publisher = (Publisher *) role;

  dvr_set (publisher->last_input, g_get_monotonic_time ());
  if (event->type == GST_RTMP_SERVER_MEDIA)
    queue_tag (publisher, event->message_type, event->timestamp, event->buffer);
  else if (event->type == GST_RTMP_SERVER_UNPUBLISH)
    publisher->saying_goodbye = TRUE;
  else if (event->type == GST_RTMP_SERVER_DATA && event->data->payload
      && event->data->type != GST_RTMP_DATA_CLEAR_FRAME)
    queue_tag (publisher, GST_FLV_TAG_SCRIPT, event->timestamp,
        event->data->payload);
}

static void
publisher_gone (DvrRtmpRole * role)
{
  Publisher *publisher = (Publisher *) role;
  DvrIntake *self = publisher->intake;
  gboolean was_current;

  g_mutex_lock (&self->lock);
  was_current = self->publisher == publisher;
  if (was_current) {
    self->publisher = NULL;
    self->holding = FALSE;
    if (!self->stopped)
      push_locked (self, publisher->saying_goodbye ? DVR_INTAKE_END :
          DVR_INTAKE_LOST, NULL, NULL);
  }
  g_mutex_unlock (&self->lock);

  /* What is queued is taken in, and the client may have more to say. */
  hold_input (publisher, FALSE);
  publisher->connection = NULL;
  g_clear_pointer (&publisher->timer, dvr_rtmp_handle_free);
  if (was_current)
    publisher_unref (publisher);
  publisher_unref (publisher);
}

/* Silence has lasted for the time-out, unless something came since. */
static void
on_silence (uv_timer_t * timer)
{
  Publisher *publisher = timer->data;
  DvrIntake *self = publisher->intake;
  gint64 quiet = g_get_monotonic_time () - dvr_get (publisher->last_input);
  gint64 timeout;
  gboolean held;

  g_mutex_lock (&self->lock);
  timeout = self->timeout / 1000;
  held = self->holding;
  g_mutex_unlock (&self->lock);
  /* Who is not listened to is not silent. */
  if (held)
    quiet = 0;
  if (timeout > 0 && quiet >= timeout) {
    GST_INFO ("%s: the publisher has been silent for %" G_GINT64_FORMAT
        " ms: giving it up", self->stream, quiet / 1000);
    dvr_rtmp_connection_close (publisher->connection);
    return;
  }
  timeout = timeout > 0 ? timeout - quiet : G_USEC_PER_SEC;
  uv_timer_start (timer, on_silence, timeout / 1000 + 1, 0);
}

static void
watch_silence (Publisher * publisher)
{
  publisher->timer = dvr_rtmp_loop_new_timer (publisher->loop, publisher);
  on_silence (publisher->timer);
}

static void
close_replaced (gpointer data)
{
  Publisher *publisher = data;

  if (publisher->connection)
    dvr_rtmp_connection_close (publisher->connection);
  publisher_unref (publisher);
}

/* -- who may publish -- */

/* The key comes as `key=...` in the query of the name, or is all of it. */
static gboolean
shows_key (const gchar * query, const gchar * key)
{
  const gchar *at = query ? query : "", *value;
  gsize length, key_length = strlen (key);

  if (dvr_secrets_are_equal (at, strlen (at), key, key_length))
    return TRUE;
  while ((value = dvr_query_next (&at, "key", &length))) {
    if (dvr_secrets_are_equal (value, length, key, key_length))
      return TRUE;
  }
  return FALSE;
}

static gboolean
shows_token (DvrTokenKeys * keys, const DvrRtmpAsk * ask)
{
  gchar *token = dvr_token_from_query (ask->query);
  gboolean ok = dvr_token_verify (keys, token, ask->stream, DVR_TOKEN_PUBLISH,
      g_get_real_time () / G_USEC_PER_SEC, 0, NULL);

  g_free (token);
  return ok;
}

static gboolean
refuse (DvrIntake * self, DvrRtmpRefusal * refusal, guint status,
    const gchar * why)
{
  g_mutex_lock (&self->lock);
  self->stats.refused++;
  g_mutex_unlock (&self->lock);
  refusal->code = "NetStream.Publish.BadName";
  refusal->description = why;
  refusal->status = status;
  return FALSE;
}

static gboolean
is_allowed (DvrIntake * self, const DvrRtmpAsk * ask,
    const GstStructure * client, DvrRtmpRefusal * refusal)
{
  gboolean ok;

  g_mutex_lock (&self->lock);
  ok = (!self->key && !self->keys)
      || (self->key && shows_key (ask->query, self->key))
      || (self->keys && shows_token (self->keys, ask));
  g_mutex_unlock (&self->lock);
  if (!ok)
    return refuse (self, refusal, 403, "The publish key or token is wrong.");
  if (self->authorize && !self->authorize (self->stream, client,
          self->user_data))
    return refuse (self, refusal, 403, "Publishing is not allowed.");
  return TRUE;
}

/* Whether @publisher may take the place of @current, which holds the name. */
static gboolean
may_replace (DvrIntake * self, Publisher * current, Publisher * publisher)
{
  gint64 quiet = g_get_monotonic_time () - dvr_get (current->last_input);
  gboolean same = self->key || self->keys || (current->query && *current->query
      && g_strcmp0 (current->query, publisher->query) == 0);

  return same && quiet >= SILENT_TIME;
}

/* Returns: whether it has the name now */
static gboolean
take_place (DvrIntake * self, Publisher * publisher, GstStructure * client)
{
  Publisher *replaced = NULL;
  gboolean ok, hold;

  g_mutex_lock (&self->lock);
  ok = !self->stopped && self->queued <= 2 * MAX_QUEUED && (!self->publisher
      || may_replace (self, self->publisher, publisher));
  if (ok) {
    replaced = self->publisher;
    if (replaced)
      push_locked (self, DVR_INTAKE_LOST, NULL, NULL);
    self->publisher = publisher_ref (publisher);
    self->holding = self->queued > MAX_QUEUED;
    self->stats.publishers++;
    push_locked (self, DVR_INTAKE_BEGIN, NULL, client);
  }
  hold = ok && self->holding;
  g_mutex_unlock (&self->lock);
  if (hold)
    hold_input (publisher, TRUE);
  if (replaced) {
    GST_INFO ("%s: a publisher with the same key takes over", self->stream);
    dvr_rtmp_loop_post (replaced->loop, close_replaced, replaced);
  }
  return ok;
}

static GstStructure *
describe (DvrRtmpConnection * connection, const DvrRtmpAsk * ask)
{
  GstStructure *client =
      dvr_rtmp_connection_describe (connection, ask->stream, ask->query);

  gst_structure_set (client,
      "id", G_TYPE_UINT64, dvr_rtmp_connection_get_id (connection),
      "type", G_TYPE_STRING,
      gst_rtmp_publish_type_get_name (ask->command->publish_type), NULL);
  return client;
}

/**
 * dvr_intake_publish:
 * @self: an intake
 * @connection: whose client wants to publish
 * @ask: what
 * @refusal: (out): why not
 *
 * As #DvrRtmpService.publish, for a stream that is this intake's.
 *
 * Returns: (nullable): the publisher's role
 */
DvrRtmpRole *
dvr_intake_publish (DvrIntake * self, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, DvrRtmpRefusal * refusal)
{
  GstStructure *client = describe (connection, ask);
  Publisher *publisher;
  GError *error = NULL;

  if (!is_allowed (self, ask, client, refusal)) {
    gst_structure_free (client);
    return NULL;
  }
  publisher = g_new0 (Publisher, 1);
  publisher->role.event = publisher_event;
  publisher->role.gone = publisher_gone;
  publisher->refs = 1;
  publisher->intake = dvr_intake_ref (self);
  publisher->connection = connection;
  publisher->loop = dvr_rtmp_connection_get_loop (connection);
  publisher->query = g_strdup (ask->query);
  publisher->last_input = g_get_monotonic_time ();
  if (!take_place (self, publisher, client)) {
    refuse (self, refusal, 409, "Somebody else is publishing under this name, "
        "or what was published is not taken in yet.");
    gst_structure_free (client);
    publisher_unref (publisher);
    return NULL;
  }
  watch_silence (publisher);
  if (!gst_rtmp_server_session_accept_publish (dvr_rtmp_connection_get_session
          (connection), ask->stream_id, &error)) {
    GST_INFO ("%s: %s", self->stream, error->message);
    g_clear_error (&error);
    dvr_rtmp_connection_close (connection);
  }
  return &publisher->role;
}

/* -- the intake -- */

/**
 * dvr_intake_new:
 * @stream: the stream that is published
 * @settings: who may, and for how long one may be silent
 */
DvrIntake *
dvr_intake_new (const gchar * stream, const DvrIntakeSettings * settings)
{
  DvrIntake *self = g_new0 (DvrIntake, 1);

  self->refs = 1;
  self->stream = g_strdup (stream);
  self->authorize = settings->authorize;
  self->user_data = settings->user_data;
  self->timeout = settings->timeout;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->items);
  dvr_intake_set_key (self, settings->key);
  dvr_intake_set_keys (self, settings->keys);
  return self;
}

DvrIntake *
dvr_intake_ref (DvrIntake * self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
dvr_intake_unref (DvrIntake * self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_queue_clear_full (&self->items, item_free);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->stream);
  g_free (self->key);
  g_clear_pointer (&self->keys, dvr_token_keys_unref);
  g_free (self);
}

const gchar *
dvr_intake_get_stream (DvrIntake * self)
{
  return self->stream;
}

/* @key: (nullable): %NULL or empty: none is needed */
void
dvr_intake_set_key (DvrIntake * self, const gchar * key)
{
  g_mutex_lock (&self->lock);
  g_free (self->key);
  self->key = key && *key ? g_strdup (key) : NULL;
  g_mutex_unlock (&self->lock);
}

/* @keys: (nullable): whose tokens do as well as the key */
void
dvr_intake_set_keys (DvrIntake * self, DvrTokenKeys * keys)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->keys, dvr_token_keys_unref);
  self->keys = keys ? dvr_token_keys_ref (keys) : NULL;
  g_mutex_unlock (&self->lock);
}

void
dvr_intake_set_timeout (DvrIntake * self, GstClockTime timeout)
{
  g_mutex_lock (&self->lock);
  self->timeout = timeout;
  g_mutex_unlock (&self->lock);
}

void
dvr_intake_get_stats (DvrIntake * self, DvrIntakeStats * stats)
{
  g_mutex_lock (&self->lock);
  *stats = self->stats;
  stats->queued = self->queued;
  stats->publishing = self->publisher != NULL;
  g_mutex_unlock (&self->lock);
}
