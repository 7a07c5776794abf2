/* gstdvrproxysettings.c: the properties of proxystreamsrc
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrproxysettings.h"

#define DEFAULT_REMOTE_NAME "*"
#define DEFAULT_TIMEOUT (3 * GST_SECOND)
#define DEFAULT_IDLE_TIMEOUT (10 * GST_SECOND)
#define DEFAULT_LINGER (30 * GST_SECOND)
#define DEFAULT_RETRY_DELAY (500 * GST_MSECOND)
#define DEFAULT_MAX_RETRY_DELAY (15 * GST_SECOND)
#define DEFAULT_FAILBACK TRUE
#define DEFAULT_MAX_TRANSFERS 64
#define DEFAULT_MAX_WAITS 4096
#define DEFAULT_USER_AGENT "gst-plugins-dvr/" VERSION
#define DEFAULT_SSL_STRICT TRUE
#define DEFAULT_WINDOW (3600 * GST_SECOND)
#define DEFAULT_MAX_SIZE (G_GUINT64_CONSTANT (4) << 30)

#define READY_FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define PLAYING_FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

struct _GstDvrProxySettings
{
  GMutex lock;                  /* protects all below */
  gchar *location;
  gchar **backup_locations;
  gchar *remote_name;
  gchar *local_name;
  guint64 timeout;
  guint64 idle_timeout;
  guint64 linger;
  guint64 retry_delay;
  guint64 max_retry_delay;
  gboolean failback;
  guint max_transfers;
  guint max_waits;
  gchar **allowed_hosts;
  gchar *user_agent;
  GstStructure *extra_headers;
  gboolean ssl_strict;
  gchar *ssl_ca_file;
  gchar *token;
  guint64 window;
  guint64 max_size;
  gchar *temp_dir;
};

GstDvrProxySettings *
gst_dvr_proxy_settings_new (void)
{
  GstDvrProxySettings *self = g_new0 (GstDvrProxySettings, 1);

  g_mutex_init (&self->lock);
  self->remote_name = g_strdup (DEFAULT_REMOTE_NAME);
  self->timeout = DEFAULT_TIMEOUT;
  self->idle_timeout = DEFAULT_IDLE_TIMEOUT;
  self->linger = DEFAULT_LINGER;
  self->retry_delay = DEFAULT_RETRY_DELAY;
  self->max_retry_delay = DEFAULT_MAX_RETRY_DELAY;
  self->failback = DEFAULT_FAILBACK;
  self->max_transfers = DEFAULT_MAX_TRANSFERS;
  self->max_waits = DEFAULT_MAX_WAITS;
  self->user_agent = g_strdup (DEFAULT_USER_AGENT);
  self->ssl_strict = DEFAULT_SSL_STRICT;
  self->window = DEFAULT_WINDOW;
  self->max_size = DEFAULT_MAX_SIZE;

  return self;
}

void
gst_dvr_proxy_settings_free (GstDvrProxySettings * self)
{
  g_free (self->location);
  g_strfreev (self->backup_locations);
  g_free (self->remote_name);
  g_free (self->local_name);
  g_strfreev (self->allowed_hosts);
  g_free (self->user_agent);
  g_clear_pointer (&self->extra_headers, gst_structure_free);
  g_free (self->ssl_ca_file);
  g_free (self->token);
  g_free (self->temp_dir);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* One header per field; a field may also be a list or an array of values. */
static gboolean
add_header (GQuark field, const GValue * value, gpointer user_data)
{
  GStrvBuilder *lines = user_data;
  const gchar *name = g_quark_to_string (field);
  guint i;

  if (GST_VALUE_HOLDS_ARRAY (value)) {
    for (i = 0; i < gst_value_array_get_size (value); i++)
      add_header (field, gst_value_array_get_value (value, i), user_data);
  } else if (GST_VALUE_HOLDS_LIST (value)) {
    for (i = 0; i < gst_value_list_get_size (value); i++)
      add_header (field, gst_value_list_get_value (value, i), user_data);
  } else {
    GValue text = G_VALUE_INIT;

    g_value_init (&text, G_TYPE_STRING);
    if (g_value_transform (value, &text) && g_value_get_string (&text)) {
      g_autofree gchar *line = g_strdup_printf ("%s: %s", name,
          g_value_get_string (&text));

      /* a line break would begin another header */
      g_strdelimit (line, "\r\n", ' ');
      g_strv_builder_add (lines, line);
    }
    g_value_unset (&text);
  }

  return TRUE;
}

static GstDvrHttpConfig *
make_http_config_locked (GstDvrProxySettings * self)
{
  GstDvrHttpConfig *http = gst_dvr_http_config_new ();

  http->user_agent = g_strdup (self->user_agent);
  if (self->extra_headers) {
    g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();

    gst_structure_foreach (self->extra_headers, add_header, lines);
    http->headers = g_strv_builder_end (lines);
  }
  http->ssl_strict = self->ssl_strict;
  http->ssl_ca_file = g_strdup (self->ssl_ca_file);
  http->allowed_hosts = g_strdupv (self->allowed_hosts);
  http->timeout = self->timeout;
  http->max_transfers = self->max_transfers;
  http->max_waits = self->max_waits;

  return http;
}

/* Returns: (nullable): the settings as they are now; NULL without location */
GstDvrUpstreamConfig *
gst_dvr_proxy_settings_make_config (GstDvrProxySettings * self)
{
  g_autoptr (GStrvBuilder) locations = g_strv_builder_new ();
  GstDvrUpstreamConfig *config = NULL;

  g_mutex_lock (&self->lock);
  if (self->location) {
    config = gst_dvr_upstream_config_new ();
    g_strv_builder_add (locations, self->location);
    if (self->backup_locations)
      g_strv_builder_addv (locations, (const gchar **) self->backup_locations);
    config->locations = g_strv_builder_end (locations);
    gst_dvr_http_config_unref (config->http);
    config->http = make_http_config_locked (self);
    config->token = g_strdup (self->token);
    config->idle_timeout = self->idle_timeout;
    config->retry_delay = self->retry_delay;
    config->max_retry_delay = self->max_retry_delay;
    config->failback = self->failback;
    config->window = self->window;
    config->max_size = self->max_size;
    config->temp_dir = g_strdup (self->temp_dir ? self->temp_dir :
        g_get_tmp_dir ());
  }
  g_mutex_unlock (&self->lock);

  return config;
}

static gchar **
get_strings (const GValue * array)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint i;

  for (i = 0; i < gst_value_array_get_size (array); i++) {
    const GValue *value = gst_value_array_get_value (array, i);

    if (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value))
      g_strv_builder_add (builder, g_value_get_string (value));
  }

  return g_strv_builder_end (builder);
}

static void
set_strings (GValue * array, gchar ** strings)
{
  for (; strings && *strings; strings++) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, G_TYPE_STRING);
    g_value_set_string (&value, *strings);
    gst_value_array_append_and_take_value (array, &value);
  }
}

static void
replace_string (gchar ** string, const GValue * value)
{
  g_free (*string);
  *string = g_value_dup_string (value);
}

static void
replace_strings (gchar *** strings, const GValue * value)
{
  g_strfreev (*strings);
  *strings = get_strings (value);
}

static void
set_property_locked (GstDvrProxySettings * self, guint id, const GValue * value)
{
  switch (id) {
    case GST_DVR_PROXY_PROP_LOCATION:
      replace_string (&self->location, value);
      break;
    case GST_DVR_PROXY_PROP_BACKUP_LOCATIONS:
      replace_strings (&self->backup_locations, value);
      break;
    case GST_DVR_PROXY_PROP_REMOTE_NAME:
      replace_string (&self->remote_name, value);
      break;
    case GST_DVR_PROXY_PROP_LOCAL_NAME:
      replace_string (&self->local_name, value);
      break;
    case GST_DVR_PROXY_PROP_TIMEOUT:
      self->timeout = g_value_get_uint64 (value);
      break;
    case GST_DVR_PROXY_PROP_IDLE_TIMEOUT:
      self->idle_timeout = g_value_get_uint64 (value);
      break;
    case GST_DVR_PROXY_PROP_LINGER:
      self->linger = g_value_get_uint64 (value);
      break;
    case GST_DVR_PROXY_PROP_RETRY_DELAY:
      self->retry_delay = g_value_get_uint64 (value);
      break;
    case GST_DVR_PROXY_PROP_MAX_RETRY_DELAY:
      self->max_retry_delay = g_value_get_uint64 (value);
      break;
    case GST_DVR_PROXY_PROP_FAILBACK:
      self->failback = g_value_get_boolean (value);
      break;
    case GST_DVR_PROXY_PROP_MAX_TRANSFERS:
      self->max_transfers = g_value_get_uint (value);
      break;
    case GST_DVR_PROXY_PROP_MAX_WAITS:
      self->max_waits = g_value_get_uint (value);
      break;
    case GST_DVR_PROXY_PROP_ALLOWED_HOSTS:
      replace_strings (&self->allowed_hosts, value);
      break;
    case GST_DVR_PROXY_PROP_USER_AGENT:
      replace_string (&self->user_agent, value);
      break;
    case GST_DVR_PROXY_PROP_EXTRA_HEADERS:
      g_clear_pointer (&self->extra_headers, gst_structure_free);
      self->extra_headers = g_value_dup_boxed (value);
      break;
    case GST_DVR_PROXY_PROP_SSL_STRICT:
      self->ssl_strict = g_value_get_boolean (value);
      break;
    case GST_DVR_PROXY_PROP_SSL_CA_FILE:
      replace_string (&self->ssl_ca_file, value);
      break;
    case GST_DVR_PROXY_PROP_TOKEN:
      replace_string (&self->token, value);
      break;
    case GST_DVR_PROXY_PROP_WINDOW:
      self->window = g_value_get_uint64 (value);
      break;
    case GST_DVR_PROXY_PROP_MAX_SIZE:
      self->max_size = g_value_get_uint64 (value);
      break;
    case GST_DVR_PROXY_PROP_TEMP_DIR:
      replace_string (&self->temp_dir, value);
      break;
    default:
      break;
  }
}

static void
get_property_locked (GstDvrProxySettings * self, guint id, GValue * value)
{
  switch (id) {
    case GST_DVR_PROXY_PROP_LOCATION:
      g_value_set_string (value, self->location);
      break;
    case GST_DVR_PROXY_PROP_BACKUP_LOCATIONS:
      set_strings (value, self->backup_locations);
      break;
    case GST_DVR_PROXY_PROP_REMOTE_NAME:
      g_value_set_string (value, self->remote_name);
      break;
    case GST_DVR_PROXY_PROP_LOCAL_NAME:
      g_value_set_string (value, self->local_name);
      break;
    case GST_DVR_PROXY_PROP_TIMEOUT:
      g_value_set_uint64 (value, self->timeout);
      break;
    case GST_DVR_PROXY_PROP_IDLE_TIMEOUT:
      g_value_set_uint64 (value, self->idle_timeout);
      break;
    case GST_DVR_PROXY_PROP_LINGER:
      g_value_set_uint64 (value, self->linger);
      break;
    case GST_DVR_PROXY_PROP_RETRY_DELAY:
      g_value_set_uint64 (value, self->retry_delay);
      break;
    case GST_DVR_PROXY_PROP_MAX_RETRY_DELAY:
      g_value_set_uint64 (value, self->max_retry_delay);
      break;
    case GST_DVR_PROXY_PROP_FAILBACK:
      g_value_set_boolean (value, self->failback);
      break;
    case GST_DVR_PROXY_PROP_MAX_TRANSFERS:
      g_value_set_uint (value, self->max_transfers);
      break;
    case GST_DVR_PROXY_PROP_MAX_WAITS:
      g_value_set_uint (value, self->max_waits);
      break;
    case GST_DVR_PROXY_PROP_ALLOWED_HOSTS:
      set_strings (value, self->allowed_hosts);
      break;
    case GST_DVR_PROXY_PROP_USER_AGENT:
      g_value_set_string (value, self->user_agent);
      break;
    case GST_DVR_PROXY_PROP_EXTRA_HEADERS:
      gst_value_set_structure (value, self->extra_headers);
      break;
    case GST_DVR_PROXY_PROP_SSL_STRICT:
      g_value_set_boolean (value, self->ssl_strict);
      break;
    case GST_DVR_PROXY_PROP_SSL_CA_FILE:
      g_value_set_string (value, self->ssl_ca_file);
      break;
    case GST_DVR_PROXY_PROP_WINDOW:
      g_value_set_uint64 (value, self->window);
      break;
    case GST_DVR_PROXY_PROP_MAX_SIZE:
      g_value_set_uint64 (value, self->max_size);
      break;
    case GST_DVR_PROXY_PROP_TEMP_DIR:
      g_value_set_string (value, self->temp_dir);
      break;
    default:
      break;
  }
}

void
gst_dvr_proxy_settings_set (GstDvrProxySettings * self, guint id,
    const GValue * value)
{
  g_mutex_lock (&self->lock);
  set_property_locked (self, id, value);
  g_mutex_unlock (&self->lock);
}

void
gst_dvr_proxy_settings_get (GstDvrProxySettings * self, guint id,
    GValue * value)
{
  g_mutex_lock (&self->lock);
  get_property_locked (self, id, value);
  g_mutex_unlock (&self->lock);
}

gchar *
gst_dvr_proxy_settings_dup_location (GstDvrProxySettings * self)
{
  gchar *location;

  g_mutex_lock (&self->lock);
  location = g_strdup (self->location);
  g_mutex_unlock (&self->lock);

  return location;
}

void
gst_dvr_proxy_settings_dup_names (GstDvrProxySettings * self, gchar ** local,
    gchar ** remote)
{
  g_mutex_lock (&self->lock);
  *local = g_strdup (self->local_name);
  *remote = g_strdup (self->remote_name);
  g_mutex_unlock (&self->lock);
}

GstClockTime
gst_dvr_proxy_settings_get_linger (GstDvrProxySettings * self)
{
  GstClockTime linger;

  g_mutex_lock (&self->lock);
  linger = self->linger;
  g_mutex_unlock (&self->lock);

  return linger;
}

static void
install_places (GObjectClass * klass)
{
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "Where segments come from: an http(s):// URI of a tier or playlist, "
          "a file:// URI or path of a recording directory, or an rtmp:// URI "
          "of a server, application or stream", NULL, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_BACKUP_LOCATIONS,
      gst_param_spec_array ("backup-locations", "Backup Locations",
          "Where segments come from when the location does not answer, in turn",
          g_param_spec_string ("backup-location", "Backup Location",
              "One of them", NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS),
          PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_CURRENT_LOCATION,
      g_param_spec_string ("current-location", "Current Location",
          "The location in use now", NULL,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_REMOTE_NAME,
      g_param_spec_string ("remote-name", "Remote Name",
          "The stream to proxy, as upstream calls it (* = any asked for)",
          DEFAULT_REMOTE_NAME, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_LOCAL_NAME,
      g_param_spec_string ("local-name", "Local Name",
          "What the stream is called here (NULL = as remote-name)", NULL,
          PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Counters, an application/x-proxystreamsrc-stats structure",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
install_times (GObjectClass * klass)
{
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_TIMEOUT,
      g_param_spec_uint64 ("timeout", "Timeout",
          "How long upstream may be silent when it owes an answer, in "
          "nanoseconds",
          GST_MSECOND, G_MAXINT64, DEFAULT_TIMEOUT, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_IDLE_TIMEOUT,
      g_param_spec_uint64 ("idle-timeout", "Idle Timeout",
          "How long a live stream may lack what is due before another location "
          "that has it is taken, in nanoseconds (0 = never)", 0, G_MAXINT64,
          DEFAULT_IDLE_TIMEOUT, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_LINGER,
      g_param_spec_uint64 ("linger", "Linger",
          "How long a stream is followed after its last reader left, in "
          "nanoseconds", 0, G_MAXINT64, DEFAULT_LINGER, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_RETRY_DELAY,
      g_param_spec_uint64 ("retry-delay", "Retry Delay",
          "Pause after a failure, in nanoseconds; doubles with each further one",
          GST_MSECOND, G_MAXINT64, DEFAULT_RETRY_DELAY, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_MAX_RETRY_DELAY,
      g_param_spec_uint64 ("max-retry-delay", "Maximum Retry Delay",
          "The longest pause after a failure, in nanoseconds", GST_MSECOND,
          G_MAXINT64, DEFAULT_MAX_RETRY_DELAY, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_FAILBACK,
      g_param_spec_boolean ("failback", "Failback",
          "Whether to return to the location when it answers again",
          DEFAULT_FAILBACK, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_MAX_TRANSFERS,
      g_param_spec_uint ("max-transfers", "Maximum Transfers",
          "How many transfers run at a time; more wait in line by priority", 1,
          65536, DEFAULT_MAX_TRANSFERS, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_MAX_WAITS,
      g_param_spec_uint ("max-waits", "Maximum Waits",
          "How many requests that upstream answers later on purpose (blocked "
          "playlist reloads, hinted parts) run at a time", 1, 65536,
          DEFAULT_MAX_WAITS, PLAYING_FLAGS));
}

static void
install_http (GObjectClass * klass)
{
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_ALLOWED_HOSTS,
      gst_param_spec_array ("allowed-hosts", "Allowed Hosts",
          "Hosts (or host:port) that playlists and redirects may name beside "
          "their own origin",
          g_param_spec_string ("allowed-host", "Allowed Host",
              "One of them", NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS),
          PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_USER_AGENT,
      g_param_spec_string ("user-agent", "User Agent",
          "Value of the User-Agent header", DEFAULT_USER_AGENT, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_EXTRA_HEADERS,
      g_param_spec_boxed ("extra-headers", "Extra Headers",
          "Headers to add to every HTTP request", GST_TYPE_STRUCTURE,
          PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_SSL_STRICT,
      g_param_spec_boolean ("ssl-strict", "SSL Strict",
          "Whether certificates of HTTPS servers are checked",
          DEFAULT_SSL_STRICT, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_SSL_CA_FILE,
      g_param_spec_string ("ssl-ca-file", "SSL CA File",
          "PEM file with the authorities to trust (NULL = the system's)",
          NULL, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_TOKEN,
      g_param_spec_string ("token", "Token",
          "Access token: in each path before the stream's name as /~token, over "
          "RTMP in the query of the name (NULL = none); cannot be read", NULL,
          G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS |
          GST_PARAM_MUTABLE_PLAYING));
}

static void
install_rtmp (GObjectClass * klass)
{
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_WINDOW,
      g_param_spec_uint64 ("window", "Window",
          "How much to keep of what an rtmp:// server sends, in nanoseconds "
          "(0 = all since the stream was asked for)", 0, G_MAXINT64,
          DEFAULT_WINDOW, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_MAX_SIZE,
      g_param_spec_uint64 ("max-size", "Maximum Size",
          "How much to keep of a stream of an rtmp:// server, in bytes (0 = no "
          "limit)", 0, G_MAXUINT64, DEFAULT_MAX_SIZE, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_PROXY_PROP_TEMP_DIR,
      g_param_spec_string ("temp-dir", "Temporary Directory",
          "Where what an rtmp:// server sends is kept while it is proxied "
          "(NULL = the system's directory for temporary files)", NULL,
          READY_FLAGS));
}

/**
 * gst_dvr_proxy_settings_install:
 * @klass: the class of proxystreamsrc
 */
void
gst_dvr_proxy_settings_install (GObjectClass * klass)
{
  install_places (klass);
  install_times (klass);
  install_http (klass);
  install_rtmp (klass);
}
