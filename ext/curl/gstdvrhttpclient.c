/* gstdvrhttpclient.c: HTTP transfers on one thread
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One thread owns a libcurl multi handle, its pooled connections, and all that
 * is built on them: whoever wants something done invokes a function there, so
 * that state machines over transfers and timers need no locks. Transfers wait
 * in queues by priority; those that upstream holds back on purpose (waits) have
 * a limit of their own. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrhttpclient-private.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

#define MAX_REDIRECTS 3

static void
start_queued (GstDvrHttpClient * self, GstDvrHttpLane lane, guint limit)
{
  GstDvrHttpTransfer *transfer;
  gint priority;

  for (priority = GST_DVR_HTTP_N_PRIORITIES - 1; priority >= 0; priority--)
    while (self->running[lane].length < limit
        && (transfer = g_queue_pop_head (&self->queued[lane][priority]))) {
      if (transfer->funcs.start && !transfer->funcs.start (transfer->user_data))
        gst_dvr_http_transfer_free (transfer);
      else
        gst_dvr_http_transfer_begin (transfer);
    }
}

static GstDvrHttpOutcome
get_outcome (GstDvrHttpTransfer * self, CURLcode code)
{
  if (self->refused)
    return GST_DVR_HTTP_REFUSED;

  switch (code) {
    case CURLE_OK:
      return GST_DVR_HTTP_DONE;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return GST_DVR_HTTP_REFUSED;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
      return GST_DVR_HTTP_UNREACHABLE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return GST_DVR_HTTP_UNTRUSTED;
    case CURLE_OPERATION_TIMEDOUT:
      return GST_DVR_HTTP_SILENT;
    default:
      return GST_DVR_HTTP_BROKEN;
  }
}

/* Returns: whether the transfer goes on elsewhere */
static gboolean
follow_redirect (GstDvrHttpTransfer * self)
{
  gchar *target = NULL;

  if (!gst_dvr_http_is_redirect (self->head.status))
    return FALSE;
  curl_easy_getinfo (self->easy, CURLINFO_REDIRECT_URL, &target);
  if (target == NULL || self->redirects >= MAX_REDIRECTS
      || !gst_dvr_http_config_allows (self->config, self->uri, target)) {
    g_snprintf (self->error, sizeof (self->error),
        "redirect to %.100s is not allowed (see allowed-hosts)",
        target ? target : "nowhere");
    self->refused = TRUE;
    return FALSE;
  }
  self->redirects++;
  g_free (self->uri);
  self->uri = g_strdup (target);
  gst_dvr_http_transfer_detach (self);
  g_queue_push_head (&self->client->queued[self->lane][self->priority], self);

  return TRUE;
}

static void
end_transfer (GstDvrHttpTransfer * self, CURLcode code)
{
  GstDvrHttpOutcome outcome;

  if (code == CURLE_OK && follow_redirect (self))
    return;
  outcome = get_outcome (self, code);
  if (self->error[0] == 0)
    g_strlcpy (self->error, curl_easy_strerror (code), sizeof (self->error));
  GST_LOG ("%s: outcome %d, status %u, %s", GST_DVR_HTTP_SHOW (self->uri),
      outcome, self->head.status, self->error);
  gst_dvr_http_transfer_detach (self);
  self->funcs.done (outcome, &self->head, self->error, self->user_data);
  gst_dvr_http_transfer_free (self);
}

static void
read_infos (GstDvrHttpClient * self)
{
  CURLMsg *message;
  int left;

  while ((message = curl_multi_info_read (self->multi, &left))) {
    GstDvrHttpTransfer *transfer = NULL;

    if (message->msg != CURLMSG_DONE)
      continue;
    curl_easy_getinfo (message->easy_handle, CURLINFO_PRIVATE, &transfer);
    /* a cancelled one is taken off by free_ended() */
    if (!transfer->cancelled)
      end_transfer (transfer, message->data.result);
  }
}

static void
end_silent (GstDvrHttpClient * self)
{
  gint64 now = g_get_monotonic_time ();
  GList *l, *next;
  guint lane;

  if (now < self->next_deadline)
    return;

  for (lane = 0; lane < GST_DVR_HTTP_N_LANES; lane++) {
    GQueue *silent = g_queue_new ();

    for (l = self->running[lane].head; l; l = next) {
      GstDvrHttpTransfer *transfer = l->data;

      next = l->next;
      if (!transfer->cancelled && transfer->deadline <= now)
        g_queue_push_tail (silent, transfer);
    }
    while (!g_queue_is_empty (silent)) {
      GstDvrHttpTransfer *transfer = g_queue_pop_head (silent);

      if (!transfer->cancelled)
        end_transfer (transfer, CURLE_OPERATION_TIMEDOUT);
    }
    g_queue_free (silent);
  }

  self->next_deadline = G_MAXINT64;
  for (lane = 0; lane < GST_DVR_HTTP_N_LANES; lane++)
    for (l = self->running[lane].head; l; l = l->next)
      self->next_deadline = MIN (self->next_deadline,
          ((GstDvrHttpTransfer *) l->data)->deadline);
}

static void
free_ended (GstDvrHttpClient * self)
{
  GstDvrHttpTransfer *transfer;

  while ((transfer = g_queue_pop_head (&self->ended))) {
    gst_dvr_http_transfer_detach (transfer);
    gst_dvr_http_transfer_free (transfer);
  }
}

static void
run_timers (GstDvrHttpClient * self)
{
  gint64 now = g_get_monotonic_time ();
  Timer *timer;

  while ((timer = g_queue_peek_head (&self->timers)) && timer->due <= now) {
    g_queue_pop_head (&self->timers);
    timer->func (timer->user_data);
    g_free (timer);
  }
}

/* Those that are there now: what they cause has its turn before the next. */
static void
run_tasks (GstDvrHttpClient * self)
{
  GQueue tasks;
  Task *task;

  g_mutex_lock (&self->lock);
  tasks = self->tasks;
  g_queue_init (&self->tasks);
  g_mutex_unlock (&self->lock);

  while ((task = g_queue_pop_head (&tasks))) {
    task->func (task->data, task->user_data);
    g_free (task);
  }
}

static void
start_all_queued (GstDvrHttpClient * self)
{
  g_autoptr (GstDvrHttpConfig) config = gst_dvr_http_client_get_config (self);
  guint lane, priority, n[GST_DVR_HTTP_N_LANES];

  start_queued (self, GST_DVR_HTTP_TRANSFER, config->max_transfers);
  start_queued (self, GST_DVR_HTTP_WAIT, config->max_waits);
  for (lane = 0; lane < GST_DVR_HTTP_N_LANES; lane++) {
    n[lane] = self->running[lane].length;
    for (priority = 0; priority < GST_DVR_HTTP_N_PRIORITIES; priority++)
      n[lane] += self->queued[lane][priority].length;
  }
  g_mutex_lock (&self->lock);
  self->stats.transfers = n[GST_DVR_HTTP_TRANSFER];
  self->stats.waits = n[GST_DVR_HTTP_WAIT];
  g_mutex_unlock (&self->lock);
}

/* When something of ours is due. */
static gint64
get_next_time (GstDvrHttpClient * self)
{
  Timer *timer = g_queue_peek_head (&self->timers);

  return MIN (self->next_deadline, timer ? timer->due : G_MAXINT64);
}

static gpointer
client_thread (gpointer data)
{
  GstDvrHttpClient *self = data;
  gboolean stopping;

  do {
    g_mutex_lock (&self->lock);
    stopping = self->stopping;
    g_mutex_unlock (&self->lock);

    run_tasks (self);
    if (stopping)
      break;
    run_timers (self);
    read_infos (self);
    end_silent (self);
    free_ended (self);
    start_all_queued (self);
    gst_dvr_http_sockets_wait (self->sockets, get_next_time (self));
  } while (TRUE);

  return NULL;
}

/**
 * gst_dvr_http_client_new:
 * @config: its configuration
 * @error: why not
 *
 * Returns: (transfer full) (nullable): a client, its thread running
 */
GstDvrHttpClient *
gst_dvr_http_client_new (GstDvrHttpConfig * config, GError ** error)
{
  CURLM *multi = curl_multi_init ();
  GstDvrHttpSockets *sockets = gst_dvr_http_sockets_new (multi, error);
  GstDvrHttpClient *self;

  if (sockets == NULL) {
    curl_multi_cleanup (multi);
    return NULL;
  }
  self = g_new0 (GstDvrHttpClient, 1);
  self->multi = multi;
  self->sockets = sockets;
  g_mutex_init (&self->lock);
  self->config = gst_dvr_http_config_ref (config);
  self->next_deadline = G_MAXINT64;
  self->spare = g_ptr_array_new_with_free_func (curl_easy_cleanup);
  self->thread = g_thread_new ("dvr-http", client_thread, self);

  return self;
}

static void
end_all (GstDvrHttpClient * self)
{
  guint lane, priority;
  GstDvrHttpTransfer *transfer;

  for (lane = 0; lane < GST_DVR_HTTP_N_LANES; lane++) {
    while ((transfer = g_queue_peek_head (&self->running[lane]))) {
      gst_dvr_http_transfer_detach (transfer);
      gst_dvr_http_transfer_free (transfer);
    }
    for (priority = 0; priority < GST_DVR_HTTP_N_PRIORITIES; priority++)
      g_queue_clear_full (&self->queued[lane][priority],
          (GDestroyNotify) gst_dvr_http_transfer_free);
  }
  g_queue_clear (&self->ended);
}

/**
 * gst_dvr_http_client_stop:
 * @self: a client
 *
 * Runs what was invoked before, ends all transfers without calling anybody, and
 * joins the thread. Bounded in time. What is invoked later is not run.
 */
void
gst_dvr_http_client_stop (GstDvrHttpClient * self)
{
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_mutex_unlock (&self->lock);
  gst_dvr_http_sockets_wake (self->sockets);
  g_thread_join (g_steal_pointer (&self->thread));
  end_all (self);
}

/**
 * gst_dvr_http_client_free:
 * @self: (transfer full): a stopped client
 */
void
gst_dvr_http_client_free (GstDvrHttpClient * self)
{
  g_assert (self->thread == NULL);
  g_ptr_array_unref (self->spare);
  curl_multi_cleanup (self->multi);
  gst_dvr_http_sockets_free (self->sockets);
  g_queue_clear_full (&self->timers, g_free);
  g_queue_clear_full (&self->tasks, g_free);
  gst_dvr_http_config_unref (self->config);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * gst_dvr_http_client_set_config:
 * @self: a client
 * @config: holds for transfers that start from now on
 */
void
gst_dvr_http_client_set_config (GstDvrHttpClient * self,
    GstDvrHttpConfig * config)
{
  GstDvrHttpConfig *old;

  g_mutex_lock (&self->lock);
  old = self->config;
  self->config = gst_dvr_http_config_ref (config);
  g_mutex_unlock (&self->lock);
  gst_dvr_http_config_unref (old);
  gst_dvr_http_sockets_wake (self->sockets);
}

/**
 * gst_dvr_http_client_get_config:
 * @self: a client
 *
 * Returns: (transfer full): its present configuration
 */
GstDvrHttpConfig *
gst_dvr_http_client_get_config (GstDvrHttpClient * self)
{
  GstDvrHttpConfig *config;

  g_mutex_lock (&self->lock);
  config = gst_dvr_http_config_ref (self->config);
  g_mutex_unlock (&self->lock);

  return config;
}

/**
 * gst_dvr_http_client_get_stats:
 * @self: a client
 * @stats: (out): its counters
 */
void
gst_dvr_http_client_get_stats (GstDvrHttpClient * self, GstDvrHttpStats * stats)
{
  g_mutex_lock (&self->lock);
  *stats = self->stats;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_http_client_invoke:
 * @self: a client
 * @func: called once, from the client's thread
 * @data: given to @func
 * @user_data: given to @func
 *
 * Returns: FALSE after gst_dvr_http_client_stop(): @func is not called
 */
gboolean
gst_dvr_http_client_invoke (GstDvrHttpClient * self, GFunc func,
    gpointer data, gpointer user_data)
{
  Task *task = g_new (Task, 1);
  gboolean stopping;

  task->func = func;
  task->data = data;
  task->user_data = user_data;
  g_mutex_lock (&self->lock);
  stopping = self->stopping;
  if (!stopping)
    g_queue_push_tail (&self->tasks, task);
  g_mutex_unlock (&self->lock);
  if (stopping)
    g_free (task);
  else
    gst_dvr_http_sockets_wake (self->sockets);

  return !stopping;
}

/**
 * gst_dvr_http_client_start:
 * @self: a client
 * @request: what to get; copied
 * @funcs: what to call; never from within this function
 * @user_data: given to @funcs
 *
 * Returns: (transfer none): the transfer, valid until `done` was called or it
 *   was cancelled
 */
GstDvrHttpTransfer *
gst_dvr_http_client_start (GstDvrHttpClient * self,
    const GstDvrHttpRequest * request, const GstDvrHttpFuncs * funcs,
    gpointer user_data)
{
  GstDvrHttpTransfer *transfer = g_new0 (GstDvrHttpTransfer, 1);

  transfer->client = self;
  transfer->funcs = *funcs;
  transfer->user_data = user_data;
  transfer->uri = g_strdup (request->uri);
  transfer->lane = request->lane;
  transfer->priority = MIN (request->priority, GST_DVR_HTTP_N_PRIORITIES - 1);
  transfer->offset = request->offset;
  transfer->size = request->size;
  transfer->if_range = g_strdup (request->if_range);
  transfer->if_none_match = g_strdup (request->if_none_match);
  transfer->path = g_strdup (request->path);
  transfer->told = g_strdupv (request->headers);
  transfer->max_size = request->max_size;
  transfer->compressed = request->compressed;
  transfer->no_body = request->no_body;
  transfer->timeout = request->timeout;
  transfer->patience = request->patience;
  g_queue_push_tail (&self->queued[transfer->lane][transfer->priority],
      transfer);

  return transfer;
}

/**
 * gst_dvr_http_transfer_raise:
 * @transfer: a transfer
 * @priority: if it still waits in line, it goes to the end of this one
 */
void
gst_dvr_http_transfer_raise (GstDvrHttpTransfer * transfer, guint priority)
{
  GQueue *queues = transfer->client->queued[transfer->lane];

  priority = MIN (priority, GST_DVR_HTTP_N_PRIORITIES - 1);
  if (transfer->easy || priority <= transfer->priority)
    return;
  g_queue_remove (&queues[transfer->priority], transfer);
  transfer->priority = priority;
  g_queue_push_tail (&queues[priority], transfer);
}

/**
 * gst_dvr_http_transfer_cancel:
 * @transfer: (transfer full): a transfer
 *
 * None of its functions is called any more.
 */
void
gst_dvr_http_transfer_cancel (GstDvrHttpTransfer * transfer)
{
  GstDvrHttpClient *client = transfer->client;

  if (transfer->easy == NULL) {
    g_queue_remove (&client->queued[transfer->lane][transfer->priority],
        transfer);
    gst_dvr_http_transfer_free (transfer);
  } else if (!transfer->cancelled) {
    /* libcurl may be calling us from within this very handle */
    transfer->cancelled = TRUE;
    g_queue_push_tail (&client->ended, transfer);
  }
}

static gint
compare_timers (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Timer *first = a, *second = b;

  /* @second is new: those due at one time run in the order they came */
  return first->due <= second->due ? -1 : 1;
}

/**
 * gst_dvr_http_client_add_timer:
 * @self: a client
 * @delay: in nanoseconds
 * @func: called once, from the client's thread
 * @user_data: given to @func
 *
 * Returns: an id, never 0
 */
guint
gst_dvr_http_client_add_timer (GstDvrHttpClient * self, GstClockTime delay,
    GstDvrHttpTimerFunc func, gpointer user_data)
{
  Timer *timer = g_new (Timer, 1);

  if (++self->last_timer == 0)
    self->last_timer = 1;
  timer->id = self->last_timer;
  timer->due = g_get_monotonic_time () + (gint64) (delay / GST_USECOND);
  timer->func = func;
  timer->user_data = user_data;
  g_queue_insert_sorted (&self->timers, timer, compare_timers, NULL);

  return timer->id;
}

/**
 * gst_dvr_http_client_remove_timer:
 * @self: a client
 * @timer: (inout): a timer's id, or 0; set to 0
 */
void
gst_dvr_http_client_remove_timer (GstDvrHttpClient * self, guint * timer)
{
  GList *l;

  for (l = *timer ? self->timers.head : NULL; l; l = l->next) {
    if (((Timer *) l->data)->id == *timer) {
      g_free (l->data);
      g_queue_delete_link (&self->timers, l);
      break;
    }
  }
  *timer = 0;
}
