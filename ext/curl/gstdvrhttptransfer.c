/* gstdvrhttptransfer.c: one HTTP request and its answer
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/dvr/gstdvrcmcd.h>
#include <gst/dvr/gstdvrprocess.h>
#include <string.h>

#include "gstdvrhttpclient-private.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* Idle handles kept for the next transfer. */
#define MAX_SPARE 32
#define MAX_HEADER_VALUE 1024

static void
touch (GstDvrHttpTransfer * self, GstClockTime patience)
{
  GstClockTime timeout = self->timeout ? self->timeout : self->config->timeout;

  self->deadline = g_get_monotonic_time () +
      (gint64) ((timeout + patience) / GST_USECOND);
  self->client->next_deadline =
      MIN (self->client->next_deadline, self->deadline);
}

static void
head_clear (GstDvrHttpHead * head)
{
  g_clear_pointer (&head->uri, g_free);
  g_clear_pointer (&head->etag, g_free);
  head->status = 0;
  head->round_trip = 0;
  head->loop = FALSE;
  head->no_smart_seek = FALSE;
  head->length = head->range_start = head->range_total = GST_DVR_HTTP_UNKNOWN;
}

void
gst_dvr_http_transfer_free (GstDvrHttpTransfer * self)
{
  g_assert (self->easy == NULL);
  head_clear (&self->head);
  g_clear_pointer (&self->config, gst_dvr_http_config_unref);
  g_free (self->uri);
  g_free (self->if_range);
  g_free (self->if_none_match);
  g_free (self->path);
  g_strfreev (self->told);
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
  } else if (name == 12 && g_ascii_strncasecmp (line, "Proxy-Status", 12) == 0) {
    head->loop |= strstr (value, "proxy_loop_detected") != NULL;
  } else if (name == strlen (GST_DVR_CMSD_HEADER)
      && g_ascii_strncasecmp (line, GST_DVR_CMSD_HEADER, name) == 0) {
    head->no_smart_seek |= gst_dvr_cmsd_has (value, GST_DVR_CMSD_NO_SMART_SEEK);
  }
}

gboolean
gst_dvr_http_is_redirect (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307
      || status == 308;
}

static void
take_round_trip (GstDvrHttpTransfer * self)
{
  curl_off_t sent = 0, first = 0;

  curl_easy_getinfo (self->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
  curl_easy_getinfo (self->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
  self->head.round_trip = first > sent ? (first - sent) * GST_USECOND : 0;
}

static gboolean
head_is_done (GstDvrHttpTransfer * self)
{
  self->head_done = TRUE;
  take_round_trip (self);
  if (gst_dvr_http_is_redirect (self->head.status))
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
  if (gst_dvr_http_is_redirect (self->head.status)
      && self->received <= self->max_size)
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
add_header (GstDvrHttpTransfer * self, const gchar * name, const gchar * value)
{
  g_autofree gchar *line = NULL;

  if (value == NULL)
    return;
  line = g_strdup_printf ("%s: %s", name, value);
  self->headers = curl_slist_append (self->headers, line);
}

/* Who asks, and this process after them (RFC 8586 section 2). */
static void
add_loop_header (GstDvrHttpTransfer * self)
{
  g_autofree gchar *value = g_strconcat (self->path ? self->path : "",
      self->path ? ", " : "", gst_dvr_get_process_id (), NULL);

  add_header (self, "CDN-Loop", value);
}

static void
set_headers (GstDvrHttpTransfer * self)
{
  guint i;

  self->headers = NULL;
  add_loop_header (self);
  for (i = 0; self->config->headers && self->config->headers[i]; i++)
    self->headers = curl_slist_append (self->headers, self->config->headers[i]);
  for (i = 0; self->told && self->told[i]; i++)
    self->headers = curl_slist_append (self->headers, self->told[i]);
  add_header (self, "If-Range", self->if_range);
  add_header (self, "If-None-Match", self->if_none_match);
  curl_easy_setopt (self->easy, CURLOPT_HTTPHEADER, self->headers);
}

/* As curl and OpenSSL's other users have it, so that programs which know nothing of
 * our properties can be told, too. */
static const gchar *
get_ca_file (const GstDvrHttpConfig * config)
{
  return config->ssl_ca_file ? config->ssl_ca_file : g_getenv ("SSL_CERT_FILE");
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
  if (get_ca_file (config))
    curl_easy_setopt (easy, CURLOPT_CAINFO, get_ca_file (config));
  if (self->compressed)
    curl_easy_setopt (easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  if (self->no_body)
    curl_easy_setopt (easy, CURLOPT_NOBODY, 1L);
  set_range (self);
  set_headers (self);
}

void
gst_dvr_http_transfer_begin (GstDvrHttpTransfer * self)
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
  GST_LOG ("GET %s from %" G_GUINT64_FORMAT, GST_DVR_HTTP_SHOW (self->uri),
      self->offset);
  g_queue_push_tail (&client->running[self->lane], self);
  curl_multi_add_handle (client->multi, self->easy);
  g_mutex_lock (&client->lock);
  client->stats.requests++;
  g_mutex_unlock (&client->lock);
}

/* Takes a running transfer off libcurl. */
void
gst_dvr_http_transfer_detach (GstDvrHttpTransfer * self)
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
