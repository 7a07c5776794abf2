/* dvrserversettings.c: what a server is told
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <uv.h>

#include "dvrserversettings.h"

#define DEFAULT_HTTP_PORT 8080
#define DEFAULT_RTMP_PORT -1
#define DEFAULT_ADMIN_PORT -1
#define DEFAULT_THREADS 0
#define DEFAULT_MAX_CLIENTS 0
#define DEFAULT_CLIENT_TIMEOUT (30 * GST_SECOND)
#define DEFAULT_WINDOW (2 * 3600 * GST_SECOND)
#define DEFAULT_LOW_LATENCY TRUE
#define DEFAULT_PART_HOLD_BACK 3
#define DEFAULT_RTMP_BATCH (100 * GST_MSECOND)
#define DEFAULT_JOIN DVR_JOIN_KEYFRAME_NOW
#define DEFAULT_ALLOW_SMART_SEEK TRUE
#define DEFAULT_CORS_ORIGIN "*"

enum
{
  PROP_0,
  PROP_HOST,
  PROP_HTTP_PORT,
  PROP_RTMP_PORT,
  PROP_ADMIN_PORT,
  PROP_THREADS,
  PROP_MAX_CLIENTS,
  PROP_CLIENT_TIMEOUT,
  PROP_WINDOW,
  PROP_LOW_LATENCY,
  PROP_PART_HOLD_BACK,
  PROP_RTMP_BATCH,
  PROP_JOIN,
  PROP_ACCESS_LOG,
  PROP_ALLOW_SMART_SEEK,
  PROP_AUTH_SECRET,
  PROP_CORS_ORIGIN,
  PROP_TRUSTED_PROXIES
};

static GType
join_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {DVR_JOIN_KEYFRAME_NOW, "At the newest keyframe, at once",
        "keyframe-now"},
    {DVR_JOIN_WAIT, "At the next keyframe", "wait"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDvrJoin", values));
  return type;
}

/* What is set before it runs. */
static void
install_listening (GObjectClass * klass)
{
  const GParamFlags ready = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, PROP_HOST,
      g_param_spec_string ("host", "Host", "Address or name to listen on; "
          "0.0.0.0 or :: serve other machines", DVR_SERVER_DEFAULT_HOST,
          ready));
  g_object_class_install_property (klass, PROP_HTTP_PORT,
      g_param_spec_int ("http-port", "HTTP Port",
          "Port to serve HTTP on (0 = any free one, -1 = off)", -1, 65535,
          DEFAULT_HTTP_PORT, ready));
  g_object_class_install_property (klass, PROP_RTMP_PORT,
      g_param_spec_int ("rtmp-port", "RTMP Port",
          "Port to serve RTMP on (0 = any free one, -1 = off)", -1, 65535,
          DEFAULT_RTMP_PORT, ready));
  g_object_class_install_property (klass, PROP_ADMIN_PORT,
      g_param_spec_int ("admin-port", "Admin Port",
          "Port on localhost for status page and metrics (0 = any free one, "
          "-1 = only on http-port, for clients of this machine)", -1, 65535,
          DEFAULT_ADMIN_PORT, ready));
  g_object_class_install_property (klass, PROP_THREADS,
      g_param_spec_uint ("threads", "Threads",
          "How many threads serve HTTP (0 = one per processor that may be used)",
          0, 256, DEFAULT_THREADS, ready));
  g_object_class_install_property (klass, PROP_CLIENT_TIMEOUT,
      g_param_spec_uint64 ("client-timeout", "Client Timeout",
          "How long a client over HTTP may be idle, take to send a request, or "
          "not take what is sent to it, in nanoseconds", GST_MSECOND * 100,
          3600 * GST_SECOND, DEFAULT_CLIENT_TIMEOUT, ready));
  g_object_class_install_property (klass, PROP_CORS_ORIGIN,
      g_param_spec_string ("cors-origin", "CORS Origin",
          "Which web pages may read the streams: an origin, * for any, empty "
          "for none", DEFAULT_CORS_ORIGIN, ready));
  g_object_class_install_property (klass, PROP_TRUSTED_PROXIES,
      gst_param_spec_array ("trusted-proxies", "Trusted Proxies",
          "Addresses of proxies whose X-Forwarded-For is believed",
          g_param_spec_string ("address", "Address", "Address of a proxy", NULL,
              G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS), ready));
  g_object_class_install_property (klass, PROP_ACCESS_LOG,
      g_param_spec_string ("access-log", "Access Log",
          "File that says what clients did, in W3C extended format; reopen-log "
          "begins a new one", NULL, ready));
}

/* What can be set at any time. */
static void
install_serving (GObjectClass * klass)
{
  const GParamFlags playing = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (klass, PROP_MAX_CLIENTS,
      g_param_spec_uint ("max-clients", "Max Clients", "How many connections "
          "are served at once; others get 503 (0 = any number)", 0,
          G_MAXINT / 2, DEFAULT_MAX_CLIENTS, playing));
  g_object_class_install_property (klass, PROP_WINDOW,
      g_param_spec_uint64 ("window", "Window", "How much index.m3u8 offers, in "
          "nanoseconds (0 = all, as dvr.m3u8)", 0, G_MAXUINT64, DEFAULT_WINDOW,
          playing));
  g_object_class_install_property (klass, PROP_LOW_LATENCY,
      g_param_spec_boolean ("low-latency", "Low Latency", "List parts of "
          "segments as they come (low-latency HLS)", DEFAULT_LOW_LATENCY,
          playing));
  g_object_class_install_property (klass, PROP_PART_HOLD_BACK,
      g_param_spec_uint ("part-hold-back", "Part Hold Back", "How far from the "
          "live edge low-latency players stay, in parts; 5 behind a cache that "
          "polls", 2, 100, DEFAULT_PART_HOLD_BACK, playing));
  g_object_class_install_property (klass, PROP_ALLOW_SMART_SEEK,
      g_param_spec_boolean ("allow-smart-seek", "Allow Smart Seek", "Let "
          "players seek in their own buffer, and take what they tell of it",
          DEFAULT_ALLOW_SMART_SEEK, playing));
  g_object_class_install_property (klass, PROP_AUTH_SECRET,
      g_param_spec_string ("auth-secret", "Auth Secret", "Who plays must show "
          "a token signed with it: SECRET, or several ID:SECRET with spaces "
          "between (NULL = no token is needed)", NULL,
          playing & ~G_PARAM_READABLE));
  g_object_class_install_property (klass, PROP_RTMP_BATCH,
      g_param_spec_uint64 ("rtmp-batch", "RTMP Batch", "How much media one "
          "write to an RTMP viewer carries, in nanoseconds (0 = frame by "
          "frame)", 0, 10 * GST_SECOND, DEFAULT_RTMP_BATCH, playing));
  g_object_class_install_property (klass, PROP_JOIN,
      g_param_spec_enum ("join", "Join", "Where viewers of live streams over "
          "RTMP begin", join_get_type (), DEFAULT_JOIN, playing));
}

/* Installs all properties that are settings. */
void
dvr_server_settings_install (GObjectClass * klass)
{
  install_listening (klass);
  install_serving (klass);
}

/* Everything at its default. */
void
dvr_server_settings_init (DvrServerSettings * self)
{
  self->host = g_strdup (DVR_SERVER_DEFAULT_HOST);
  self->http_port = DEFAULT_HTTP_PORT;
  self->rtmp_port = DEFAULT_RTMP_PORT;
  self->admin_port = DEFAULT_ADMIN_PORT;
  self->threads = DEFAULT_THREADS;
  self->max_clients = DEFAULT_MAX_CLIENTS;
  self->client_timeout = DEFAULT_CLIENT_TIMEOUT;
  self->window = DEFAULT_WINDOW;
  self->low_latency = DEFAULT_LOW_LATENCY;
  self->part_hold_back = DEFAULT_PART_HOLD_BACK;
  self->rtmp_batch = DEFAULT_RTMP_BATCH;
  self->join = DEFAULT_JOIN;
  self->allow_smart_seek = DEFAULT_ALLOW_SMART_SEEK;
  self->cors_origin = g_strdup (DEFAULT_CORS_ORIGIN);
  g_value_init (&self->trusted_proxies, GST_TYPE_ARRAY);
}

void
dvr_server_settings_clear (DvrServerSettings * self)
{
  g_value_unset (&self->trusted_proxies);
  g_clear_pointer (&self->keys, dvr_token_keys_unref);
  g_clear_pointer (&self->access_log, g_free);
  g_clear_pointer (&self->cors_origin, g_free);
  g_clear_pointer (&self->host, g_free);
}

/* Returns: whether there is such a property */
gboolean
dvr_server_settings_set (DvrServerSettings * self, guint id,
    const GValue * value)
{
  switch (id) {
    case PROP_HOST:
      g_free (self->host);
      self->host = g_value_dup_string (value);
      break;
    case PROP_HTTP_PORT:
      self->http_port = g_value_get_int (value);
      break;
    case PROP_RTMP_PORT:
      self->rtmp_port = g_value_get_int (value);
      break;
    case PROP_RTMP_BATCH:
      self->rtmp_batch = g_value_get_uint64 (value);
      break;
    case PROP_JOIN:
      self->join = g_value_get_enum (value);
      break;
    case PROP_ADMIN_PORT:
      self->admin_port = g_value_get_int (value);
      break;
    case PROP_THREADS:
      self->threads = g_value_get_uint (value);
      break;
    case PROP_MAX_CLIENTS:
      self->max_clients = g_value_get_uint (value);
      break;
    case PROP_CLIENT_TIMEOUT:
      self->client_timeout = g_value_get_uint64 (value);
      break;
    case PROP_WINDOW:
      self->window = g_value_get_uint64 (value);
      break;
    case PROP_LOW_LATENCY:
      self->low_latency = g_value_get_boolean (value);
      break;
    case PROP_PART_HOLD_BACK:
      self->part_hold_back = g_value_get_uint (value);
      break;
    case PROP_ACCESS_LOG:
      g_free (self->access_log);
      self->access_log = g_value_dup_string (value);
      break;
    case PROP_ALLOW_SMART_SEEK:
      self->allow_smart_seek = g_value_get_boolean (value);
      break;
    case PROP_AUTH_SECRET:
      g_clear_pointer (&self->keys, dvr_token_keys_unref);
      self->keys = dvr_token_keys_from_setting (g_value_get_string (value));
      break;
    case PROP_CORS_ORIGIN:
      g_free (self->cors_origin);
      self->cors_origin = g_value_dup_string (value);
      break;
    case PROP_TRUSTED_PROXIES:
      g_value_copy (value, &self->trusted_proxies);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

/* Returns: whether there is such a property */
gboolean
dvr_server_settings_get (const DvrServerSettings * self, guint id,
    GValue * value)
{
  switch (id) {
    case PROP_HOST:
      g_value_set_string (value, self->host);
      break;
    case PROP_HTTP_PORT:
      g_value_set_int (value, self->http_port);
      break;
    case PROP_RTMP_PORT:
      g_value_set_int (value, self->rtmp_port);
      break;
    case PROP_RTMP_BATCH:
      g_value_set_uint64 (value, self->rtmp_batch);
      break;
    case PROP_JOIN:
      g_value_set_enum (value, self->join);
      break;
    case PROP_ADMIN_PORT:
      g_value_set_int (value, self->admin_port);
      break;
    case PROP_THREADS:
      g_value_set_uint (value, self->threads);
      break;
    case PROP_MAX_CLIENTS:
      g_value_set_uint (value, self->max_clients);
      break;
    case PROP_CLIENT_TIMEOUT:
      g_value_set_uint64 (value, self->client_timeout);
      break;
    case PROP_WINDOW:
      g_value_set_uint64 (value, self->window);
      break;
    case PROP_LOW_LATENCY:
      g_value_set_boolean (value, self->low_latency);
      break;
    case PROP_PART_HOLD_BACK:
      g_value_set_uint (value, self->part_hold_back);
      break;
    case PROP_ACCESS_LOG:
      g_value_set_string (value, self->access_log);
      break;
    case PROP_ALLOW_SMART_SEEK:
      g_value_set_boolean (value, self->allow_smart_seek);
      break;
    case PROP_CORS_ORIGIN:
      g_value_set_string (value, self->cors_origin);
      break;
    case PROP_TRUSTED_PROXIES:
      g_value_copy (&self->trusted_proxies, value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

static gchar **
copy_proxies (const DvrServerSettings * self)
{
  GPtrArray *list = g_ptr_array_new ();
  guint i;

  for (i = 0; i < gst_value_array_get_size (&self->trusted_proxies); i++) {
    const GValue *value = gst_value_array_get_value (&self->trusted_proxies, i);

    if (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value))
      g_ptr_array_add (list, g_value_dup_string (value));
  }
  g_ptr_array_add (list, NULL);
  return (gchar **) g_ptr_array_free (list, FALSE);
}

/* What holds as long as a server runs. */
void
dvr_server_settings_begin (const DvrServerSettings * self, DvrServer * server)
{
  server->cors_origin = self->cors_origin && *self->cors_origin ?
      g_strdup (self->cors_origin) : NULL;
  server->trusted_proxies = copy_proxies (self);
  server->client_timeout = self->client_timeout;
}

/* What can be changed at any time. */
void
dvr_server_settings_apply (const DvrServerSettings * self, DvrServer * server)
{
  dvr_set (server->window, self->window);
  dvr_set (server->low_latency, self->low_latency);
  dvr_set (server->part_hold_back, self->part_hold_back);
  dvr_set (server->max_clients, self->max_clients);
  dvr_set (server->allow_smart_seek, self->allow_smart_seek);
  dvr_set (server->rtmp_batch, self->rtmp_batch);
  dvr_set (server->rtmp_join_wait, self->join == DVR_JOIN_WAIT);
  dvr_server_set_keys (server,
      self->keys ? dvr_token_keys_ref (self->keys) : NULL);
}

/* @places: (out caller-allocates): until dvr_server_places_clear() */
void
dvr_server_settings_get_places (const DvrServerSettings * self,
    DvrServerPlaces * places)
{
  places->host = g_strdup (self->host ? self->host : DVR_SERVER_DEFAULT_HOST);
  places->access_log = self->access_log && *self->access_log ?
      g_strdup (self->access_log) : NULL;
  places->http_port = self->http_port;
  places->rtmp_port = self->rtmp_port;
  places->admin_port = self->admin_port;
  places->threads =
      self->threads > 0 ? self->threads : uv_available_parallelism ();
}

void
dvr_server_places_clear (DvrServerPlaces * places)
{
  g_clear_pointer (&places->host, g_free);
  g_clear_pointer (&places->access_log, g_free);
}
