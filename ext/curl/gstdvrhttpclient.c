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

#include <curl/curl.h>
#include <string.h>

#include <gst/dvr/gstdvrprocess.h>

#include "gstdvrhttpclient.h"
#include "gstdvrproxyelements.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

#define MAX_REDIRECTS 3
/* Idle handles kept for the next transfer. */
#define MAX_SPARE 32
#define MAX_HEADER_VALUE 1024

typedef struct
{
  GFunc func;
  gpointer data;
  gpointer user_data;
} Task;

typedef struct
{
  guint id;
  gint64 due;
  void (*func) (gpointer user_data);
  gpointer user_data;
} Timer;

struct _GstDvrHttpTransfer
{
  GstDvrHttpClient *client;
  GstDvrHttpFuncs funcs;
  gpointer user_data;

  gchar *uri;
  GstDvrHttpLane lane;
  guint priority;
  guint64 offset;
  guint64 size;
  gchar *if_range;
  guint64 max_size;
  gboolean compressed;
  gboolean no_body;
  GstClockTime patience;

  GstDvrHttpConfig *config;     /* as it was when the transfer started */
  CURL *easy;                   /* while it runs */
  struct curl_slist *headers;
  gchar error[CURL_ERROR_SIZE];
  GstDvrHttpHead head;
  gboolean head_done;
  gboolean refused;
  gboolean cancelled;
  guint64 received;
  guint redirects;
  gint64 deadline;              /* monotonic time; when it has been silent too long */
};

struct _GstDvrHttpClient
{
  GThread *thread;
  CURLM *multi;

  GMutex lock;                  /* protects the four below */
  GQueue tasks;
  gboolean stopping;
  GstDvrHttpConfig *config;
  GstDvrHttpStats stats;

  /* the thread's own */
  GQueue queued[GST_DVR_HTTP_N_LANES][GST_DVR_HTTP_N_PRIORITIES];
  GQueue running[GST_DVR_HTTP_N_LANES];
  GQueue ended;                 /* cancelled while running */
  GQueue timers;                /* Timer, the next one first */
  guint last_timer;
  gint64 next_deadline;         /* no transfer is due before */
  GPtrArray *spare;
};

/* What stands for this process in CDN-Loop (RFC 8586). */
static const gchar *
get_loop_header (void)
{
  static gsize once = 0;
  static gchar *header;

  if (g_once_init_enter (&once)) {
    header = g_strdup_printf ("CDN-Loop: %s", gst_dvr_get_process_id ());
    g_once_init_leave (&once, 1);
  }

  return header;
}

static void
touch (GstDvrHttpTransfer * self, GstClockTime patience)
{
  self->deadline = g_get_monotonic_time () +
      (gint64) ((self->config->timeout + patience) / GST_USECOND);
  self->client->next_deadline =
      MIN (self->client->next_deadline, self->deadline);
}

static void
head_clear (GstDvrHttpHead * head)
{
  g_clear_pointer (&head->uri, g_free);
  g_clear_pointer (&head->etag, g_free);
  head->status = 0;
  head->length = head->range_start = head->range_total = GST_DVR_HTTP_UNKNOWN;
}

static void
transfer_free (GstDvrHttpTransfer * self)
{
  g_assert (self->easy == NULL);
  head_clear (&self->head);
  g_clear_pointer (&self->config, gst_dvr_http_config_unref);
  g_free (self->uri);
  g_free (self->if_range);
  g_free (self);
}

/* Content-Range: bytes first-last/total */
static void
parse_content_range (GstDvrHttpHead * head, const gchar * value)
{
  gchar *end;
  guint64 first;

  if (g_ascii_strncasecmp (value, "bytes ", 6) != 0)
    return;
  first = g_ascii_strtoull (value + 6, &end, 10);
  if (end == value + 6 || *end != '-')
    return;
  value = strchr (end, '/');
  if (value == NULL || !g_ascii_isdigit (value[1]))
    return;
  head->range_start = first;
  head->range_total = g_ascii_strtoull (value + 1, NULL, 10);
}

static void
parse_header (GstDvrHttpHead * head, const gchar * line, gsize size)
{
  const gchar *colon = memchr (line, ':', size);
  g_autofree gchar *value = NULL;
  gsize name;

  if (colon == NULL || size - (colon - line) > MAX_HEADER_VALUE)
    return;
  name = colon - line;
  value = g_strstrip (g_strndup (colon + 1, size - name - 1));
  if (name == 4 && g_ascii_strncasecmp (line, "ETag", 4) == 0) {
    g_free (head->etag);
    head->etag = g_steal_pointer (&value);
  } else if (name == 13 && g_ascii_strncasecmp (line, "Content-Range", 13) == 0) {
    parse_content_range (head, value);
  } else if (name == 14 && g_ascii_strncasecmp (line, "Content-Length",
          14) == 0 && g_ascii_isdigit (*value)) {
    head->length = g_ascii_strtoull (value, NULL, 10);
  }
}

static gboolean
is_redirect (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307
      || status == 308;
}

static gboolean
head_is_done (GstDvrHttpTransfer * self)
{
  self->head_done = TRUE;
  if (is_redirect (self->head.status))
    return TRUE;
  if (self->head.length != GST_DVR_HTTP_UNKNOWN
      && self->head.length > self->max_size) {
    g_snprintf (self->error, sizeof (self->error), "the answer is larger than %"
        G_GUINT64_FORMAT " bytes", self->max_size);
    return FALSE;
  }

  return self->funcs.head == NULL
      || self->funcs.head (&self->head, self->user_data);
}

static size_t
on_header (char *data, size_t one, size_t size, void *user_data)
{
  GstDvrHttpTransfer *self = user_data;
  long status = 0;

  if (self->cancelled)
    return 0;
  touch (self, 0);
  if (size >= 5 && memcmp (data, "HTTP/", 5) == 0) {
    gchar *uri = g_steal_pointer (&self->head.uri);

    head_clear (&self->head);
    self->head.uri = uri;
    self->head_done = FALSE;
  } else if (size <= 2) {
    curl_easy_getinfo (self->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && !self->head_done) {
      self->head.status = status;
      if (!head_is_done (self)) {
        self->refused = TRUE;
        return 0;
      }
    }
  } else if (!self->head_done) {
    parse_header (&self->head, data, size);
  }

  return size;
}

static size_t
on_data (char *data, size_t one, size_t size, void *user_data)
{
  GstDvrHttpTransfer *self = user_data;

  if (self->cancelled)
    return 0;
  touch (self, 0);
  self->received += size;
  g_mutex_lock (&self->client->lock);
  self->client->stats.bytes += size;
  g_mutex_unlock (&self->client->lock);
  if (is_redirect (self->head.status) && self->received <= self->max_size)
    return size;
  if (self->received > self->max_size)
    g_snprintf (self->error, sizeof (self->error), "the answer is larger than %"
        G_GUINT64_FORMAT " bytes", self->max_size);
  else if (self->funcs.data ((const guint8 *) data, size, self->user_data))
    return size;
  self->refused = TRUE;

  return 0;
}

static void
set_headers (GstDvrHttpTransfer * self)
{
  guint i;

  self->headers = curl_slist_append (NULL, get_loop_header ());
  for (i = 0; self->config->headers && self->config->headers[i]; i++)
    self->headers = curl_slist_append (self->headers, self->config->headers[i]);
  if (self->if_range) {
    g_autofree gchar *line = g_strdup_printf ("If-Range: %s", self->if_range);

    self->headers = curl_slist_append (self->headers, line);
  }
  curl_easy_setopt (self->easy, CURLOPT_HTTPHEADER, self->headers);
}

static void
set_range (GstDvrHttpTransfer * self)
{
  gchar range[64];

  if (self->offset == 0 && self->size == GST_DVR_HTTP_UNKNOWN)
    return;
  if (self->size == GST_DVR_HTTP_UNKNOWN)
    g_snprintf (range, sizeof (range), "%" G_GUINT64_FORMAT "-", self->offset);
  else
    g_snprintf (range, sizeof (range), "%" G_GUINT64_FORMAT "-%"
        G_GUINT64_FORMAT, self->offset, self->offset + self->size - 1);
  curl_easy_setopt (self->easy, CURLOPT_RANGE, range);
}

static void
set_options (GstDvrHttpTransfer * self)
{
  CURL *easy = self->easy;
  const GstDvrHttpConfig *config = self->config;

  curl_easy_setopt (easy, CURLOPT_URL, self->uri);
  curl_easy_setopt (easy, CURLOPT_PRIVATE, self);
  curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
  /* A name server that does not answer must not hold up our end. */
  curl_easy_setopt (easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt (easy, CURLOPT_BUFFERSIZE, 64L * 1024);
  curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, self->error);
  curl_easy_setopt (easy, CURLOPT_CONNECTTIMEOUT_MS,
      (long) MAX (config->timeout / GST_MSECOND, 1));
  curl_easy_setopt (easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt (easy, CURLOPT_HEADERDATA, self);
  curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt (easy, CURLOPT_WRITEDATA, self);
  if (config->user_agent)
    curl_easy_setopt (easy, CURLOPT_USERAGENT, config->user_agent);
  if (!config->ssl_strict) {
    curl_easy_setopt (easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt (easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (config->ssl_ca_file)
    curl_easy_setopt (easy, CURLOPT_CAINFO, config->ssl_ca_file);
  if (self->compressed)
    curl_easy_setopt (easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  if (self->no_body)
    curl_easy_setopt (easy, CURLOPT_NOBODY, 1L);
  set_range (self);
  set_headers (self);
}

static void
start_transfer (GstDvrHttpTransfer * self)
{
  GstDvrHttpClient *client = self->client;

  g_clear_pointer (&self->config, gst_dvr_http_config_unref);
  self->config = gst_dvr_http_client_get_config (client);
  if (client->spare->len > 0) {
    self->easy = g_ptr_array_steal_index_fast (client->spare,
        client->spare->len - 1);
    curl_easy_reset (self->easy);
  } else {
    self->easy = curl_easy_init ();
  }
  head_clear (&self->head);
  self->head.uri = g_strdup (self->uri);
  self->head_done = self->refused = FALSE;
  self->received = 0;
  self->error[0] = 0;
  set_options (self);
  touch (self, self->patience);
  GST_LOG ("GET %s from %" G_GUINT64_FORMAT, self->uri, self->offset);
  g_queue_push_tail (&client->running[self->lane], self);
  curl_multi_add_handle (client->multi, self->easy);
  g_mutex_lock (&client->lock);
  client->stats.requests++;
  g_mutex_unlock (&client->lock);
}

/* Takes a running transfer off libcurl. */
static void
detach (GstDvrHttpTransfer * self)
{
  GstDvrHttpClient *client = self->client;

  curl_multi_remove_handle (client->multi, self->easy);
  if (client->spare->len < MAX_SPARE)
    g_ptr_array_add (client->spare, self->easy);
  else
    curl_easy_cleanup (self->easy);
  self->easy = NULL;
  g_clear_pointer (&self->headers, curl_slist_free_all);
  g_queue_remove (&client->running[self->lane], self);
}

static void
start_queued (GstDvrHttpClient * self, GstDvrHttpLane lane, guint limit)
{
  gint priority;

  for (priority = GST_DVR_HTTP_N_PRIORITIES - 1; priority >= 0; priority--)
    while (self->running[lane].length < limit
        && self->queued[lane][priority].length > 0)
      start_transfer (g_queue_pop_head (&self->queued[lane][priority]));
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
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return GST_DVR_HTTP_UNREACHABLE;
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

  if (!is_redirect (self->head.status))
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
  detach (self);
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
  GST_LOG ("%s: outcome %d, status %u, %s", self->uri, outcome,
      self->head.status, self->error);
  detach (self);
  self->funcs.done (outcome, &self->head, self->error, self->user_data);
  transfer_free (self);
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
    detach (transfer);
    transfer_free (transfer);
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

/* How long nothing of ours is due, in ms. */
static gint
get_pause (GstDvrHttpClient * self)
{
  Timer *timer = g_queue_peek_head (&self->timers);
  gint64 due = MIN (self->next_deadline, timer ? timer->due : G_MAXINT64);
  gint64 now = g_get_monotonic_time ();

  if (due <= now)
    return 0;

  return MIN ((due - now + 999) / 1000, 60 * 1000);
}

static gpointer
client_thread (gpointer data)
{
  GstDvrHttpClient *self = data;
  gboolean stopping;

  do {
    gint running;

    g_mutex_lock (&self->lock);
    stopping = self->stopping;
    g_mutex_unlock (&self->lock);

    run_tasks (self);
    if (stopping)
      break;
    run_timers (self);
    start_all_queued (self);
    curl_multi_perform (self->multi, &running);
    read_infos (self);
    end_silent (self);
    free_ended (self);
    start_all_queued (self);
    curl_multi_poll (self->multi, NULL, 0, get_pause (self), NULL);
  } while (TRUE);

  return NULL;
}

/**
 * gst_dvr_http_client_new:
 * @config: its configuration
 *
 * Returns: (transfer full): a client, its thread running
 */
GstDvrHttpClient *
gst_dvr_http_client_new (GstDvrHttpConfig * config)
{
  GstDvrHttpClient *self = g_new0 (GstDvrHttpClient, 1);

  g_mutex_init (&self->lock);
  self->config = gst_dvr_http_config_ref (config);
  self->next_deadline = G_MAXINT64;
  self->spare = g_ptr_array_new_with_free_func (curl_easy_cleanup);
  self->multi = curl_multi_init ();
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
      detach (transfer);
      transfer_free (transfer);
    }
    for (priority = 0; priority < GST_DVR_HTTP_N_PRIORITIES; priority++)
      g_queue_clear_full (&self->queued[lane][priority],
          (GDestroyNotify) transfer_free);
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
  curl_multi_wakeup (self->multi);
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
  curl_multi_wakeup (self->multi);
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
    curl_multi_wakeup (self->multi);

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
  transfer->max_size = request->max_size;
  transfer->compressed = request->compressed;
  transfer->no_body = request->no_body;
  transfer->patience = request->patience;
  g_queue_push_tail (&self->queued[transfer->lane][transfer->priority],
      transfer);

  return transfer;
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
    transfer_free (transfer);
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

  return first->due < second->due ? -1 : first->due > second->due;
}

/**
 * gst_dvr_http_client_add_timer:
 * @self: a client
 * @delay: in nanoseconds
 * @func: `void func (gpointer user_data)`, called once from the client's thread
 * @user_data: given to @func
 *
 * Returns: an id, never 0
 */
guint
gst_dvr_http_client_add_timer (GstDvrHttpClient * self, GstClockTime delay,
    GCallback func, gpointer user_data)
{
  Timer *timer = g_new (Timer, 1);

  if (++self->last_timer == 0)
    self->last_timer = 1;
  timer->id = self->last_timer;
  timer->due = g_get_monotonic_time () + (gint64) (delay / GST_USECOND);
  timer->func = (void (*)(gpointer)) func;
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
