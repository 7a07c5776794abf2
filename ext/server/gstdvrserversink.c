/* gstdvrserversink.c: serves streams to viewers and lower tiers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-dvrserversink
 * @title: dvrserversink
 *
 * Serves what comes over its links as HLS over HTTP: low-latency playlists,
 * parts, segments, and all that was recorded. It stores nothing itself: it
 * asks upstream for what its viewers ask for, and one answer serves all of
 * them.
 *
 * It serves from PAUSED on, and until READY, whatever the links do; EOS is
 * posted when all of them have ended. From then on it drains: `/readyz` says
 * that it is not ready, and RTMP clients that can are asked to connect anew.
 *
 * ## Example
 *
 * |[
 * gst-launch-1.0 proxystreamsrc location=http://origin:8080 ! segmentcache ! \
 *     dvrserversink host=0.0.0.0 http-port=8080
 * ]|
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gio/gio.h>

#include <gst/dvr/gstdvrlink.h>

#include "dvrhttpserver.h"
#include "dvrpublishguard.h"
#include "dvrrtmpservice.h"
#include "gstdvrserversink.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_server_sink_debug);
#define GST_CAT_DEFAULT gst_dvr_server_sink_debug

#define DEFAULT_HOST "localhost"
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
#define DEFAULT_JOIN GST_DVR_JOIN_KEYFRAME_NOW
#define DEFAULT_ALLOW_SMART_SEEK TRUE
#define DEFAULT_CORS_ORIGIN "*"

enum
{
  PROP_0,
  PROP_HOST,
  PROP_HTTP_PORT,
  PROP_CURRENT_HTTP_PORT,
  PROP_RTMP_PORT,
  PROP_CURRENT_RTMP_PORT,
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
  PROP_TRUSTED_PROXIES,
  PROP_STATS
};

enum
{
  SIGNAL_CLIENT_ADDED,
  SIGNAL_CLIENT_REMOVED,
  SIGNAL_AUTHORIZE,
  SIGNAL_AUTHORIZE_DONE,
  SIGNAL_REOPEN_LOG,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

typedef enum
{
  GST_DVR_JOIN_KEYFRAME_NOW,
  GST_DVR_JOIN_WAIT
} GstDvrJoin;

struct _GstDvrServerSink
{
  GstElement parent;

  DvrBranches *branches;

  /* with the object lock: settings, and what runs */
  gchar *host;
  gint http_port;
  gint rtmp_port;
  gint admin_port;
  guint threads;
  guint max_clients;
  guint64 client_timeout;
  guint64 window;
  gboolean low_latency;
  guint part_hold_back;
  guint64 rtmp_batch;
  GstDvrJoin join;
  DvrTokenKeys *keys;
  gchar *access_log;
  gboolean allow_smart_seek;
  gchar *cors_origin;
  GValue trusted_proxies;

  DvrServer *server;
  DvrHttp *http;
  DvrHttp *admin;
  DvrRtmp *rtmp;

  guint next_pad;
  guint n_pads;
  guint n_eos;
  gboolean eos_pending;
};

static GType
gst_dvr_join_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {GST_DVR_JOIN_KEYFRAME_NOW, "At the newest keyframe, at once",
        "keyframe-now"},
    {GST_DVR_JOIN_WAIT, "At the next keyframe", "wait"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDvrJoin", values));
  return type;
}

static GType
gst_dvr_authorization_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {DVR_AUTHORIZE_DENY, "The client may not", "deny"},
    {DVR_AUTHORIZE_ALLOW, "The client may", "allow"},
    {DVR_AUTHORIZE_LATER, "authorize-done will tell", "later"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDvrAuthorization",
            values));
  return type;
}

static GstStaticPadTemplate sink_template =
GST_STATIC_PAD_TEMPLATE ("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS (GST_DVR_LINK_CAPS));

#define gst_dvr_server_sink_parent_class parent_class
G_DEFINE_TYPE (GstDvrServerSink, gst_dvr_server_sink, GST_TYPE_ELEMENT);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (dvrserversink, "dvrserversink",
    GST_RANK_NONE, GST_TYPE_DVR_SERVER_SINK,
    GST_DEBUG_CATEGORY_INIT (gst_dvr_server_sink_debug, "dvrserversink", 0,
        "DVR server"));

/* -- clients -- */

static void
emit_client (DvrServer * server, guint signal, const GstStructure * client)
{
  if (g_signal_has_handler_pending (server->element, signals[signal], 0, TRUE))
    g_signal_emit (server->element, signals[signal], 0, client);
}

static void
client_added (DvrServer * server, const GstStructure * client)
{
  emit_client (server, SIGNAL_CLIENT_ADDED, client);
}

static void
client_removed (DvrServer * server, const GstStructure * client)
{
  emit_client (server, SIGNAL_CLIENT_REMOVED, client);
}

static DvrAuthorization
authorize (const gchar * kind, const GstStructure * client, gpointer user_data)
{
  gint answer = DVR_AUTHORIZE_ALLOW;

  if (g_signal_has_handler_pending (user_data, signals[SIGNAL_AUTHORIZE], 0,
          TRUE))
    g_signal_emit (user_data, signals[SIGNAL_AUTHORIZE], 0, kind, client,
        &answer);
  return answer;
}

static DvrServer *
get_server (GstDvrServerSink * self)
{
  DvrServer *server;

  GST_OBJECT_LOCK (self);
  server = self->server ? dvr_server_ref (self->server) : NULL;
  GST_OBJECT_UNLOCK (self);
  return server;
}

static gboolean
authorize_done (GstDvrServerSink * self, guint64 id, gboolean allow)
{
  DvrServer *server = get_server (self);
  gboolean done;

  if (!server)
    return FALSE;
  done = dvr_authorizer_done (server->authorizer, id, allow);
  dvr_server_unref (server);
  return done;
}

static void
reopen_log (GstDvrServerSink * self)
{
  DvrServer *server = get_server (self);

  if (!server)
    return;
  if (server->log)
    dvr_access_log_reopen (server->log);
  dvr_server_unref (server);
}

/* -- starting and stopping -- */

static gchar **
copy_proxies (GstDvrServerSink * self)
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

/* What can be changed at any time; with the object lock. */
static void
apply_settings_locked (GstDvrServerSink * self)
{
  DvrServer *server = self->server;

  if (!server)
    return;
  dvr_set (server->window, self->window);
  dvr_set (server->low_latency, self->low_latency);
  dvr_set (server->part_hold_back, self->part_hold_back);
  dvr_set (server->max_clients, self->max_clients);
  dvr_server_set_keys (server,
      self->keys ? dvr_token_keys_ref (self->keys) : NULL);
  dvr_set (server->allow_smart_seek, self->allow_smart_seek);
  dvr_set (server->rtmp_batch, self->rtmp_batch);
  dvr_set (server->rtmp_join_wait, self->join == GST_DVR_JOIN_WAIT);
}

static void
post_start_error (GstDvrServerSink * self, const GError * error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    GST_ELEMENT_ERROR (self, RESOURCE, BUSY, ("%s.", error->message),
        ("another program listens there; choose another port, or 0 for any"));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ_WRITE,
        ("%s.", error->message),
        ("check the properties host, http-port and rtmp-port"));
}

static DvrServer *
make_server (GstDvrServerSink * self)
{
  DvrServer *server = dvr_server_new (GST_ELEMENT (self), self->branches);

  server->client_added = client_added;
  server->client_removed = client_removed;
  GST_OBJECT_LOCK (self);
  server->cors_origin = self->cors_origin && *self->cors_origin ?
      g_strdup (self->cors_origin) : NULL;
  server->trusted_proxies = copy_proxies (self);
  server->client_timeout = self->client_timeout;
  dvr_authorizer_set (server->authorizer, authorize, self);
  self->server = server;
  apply_settings_locked (self);
  self->server = NULL;
  GST_OBJECT_UNLOCK (self);
  return server;
}

static void
free_server (DvrServer * server, DvrHttp * http, DvrHttp * admin,
    DvrRtmp * rtmp)
{
  if (!server)
    return;
  /* First nobody waits any more, then nobody is served any more. */
  dvr_set (server->ready, FALSE);
  dvr_set (server->closing, TRUE);
  dvr_waker_close (server->waker);
  g_clear_pointer (&http, dvr_http_free);
  g_clear_pointer (&admin, dvr_http_free);
  g_clear_pointer (&rtmp, dvr_rtmp_free);
  dvr_server_close (server);
  dvr_server_unref (server);
}

static void
post_serving (GstDvrServerSink * self, const gchar * protocol,
    const gchar * host, guint port)
{
  gst_dvr_post_status (GST_ELEMENT (self), "NetConnection.Connect.Success",
      "status", "serving", "protocol", G_TYPE_STRING, protocol,
      "host", G_TYPE_STRING, host, "port", G_TYPE_UINT, port, NULL);
}

static gboolean
start (GstDvrServerSink * self)
{
  DvrHttp *http = NULL, *admin = NULL;
  DvrRtmp *rtmp = NULL;
  GError *error = NULL;
  gint http_port, rtmp_port, admin_port;
  DvrServer *server;
  guint threads;
  gchar *host, *access_log;

  GST_OBJECT_LOCK (self);
  access_log = g_strdup (self->access_log);
  host = g_strdup (self->host ? self->host : DEFAULT_HOST);
  http_port = self->http_port;
  rtmp_port = self->rtmp_port;
  admin_port = self->admin_port;
  threads = self->threads > 0 ? self->threads : g_get_num_processors ();
  GST_OBJECT_UNLOCK (self);

  server = make_server (self);
  if (access_log && *access_log)
    server->log = dvr_access_log_new (access_log, &error);
  if (!error && http_port >= 0)
    http = dvr_http_new (server, host, http_port, threads, FALSE, &error);
  /* What only operators may see stays on this machine. */
  if (!error && admin_port >= 0)
    admin = dvr_http_new (server, DEFAULT_HOST, admin_port, 1, TRUE, &error);
  if (!error && rtmp_port >= 0)
    rtmp = dvr_rtmp_new (server, host, rtmp_port, &error);
  if (error) {
    free_server (server, http, admin, rtmp);
    post_start_error (self, error);
    g_clear_error (&error);
    g_free (access_log);
    g_free (host);
    return FALSE;
  }

  GST_OBJECT_LOCK (self);
  self->server = server;
  self->http = http;
  self->admin = admin;
  self->rtmp = rtmp;
  GST_OBJECT_UNLOCK (self);
  dvr_set (server->ready, TRUE);
  dvr_set (server->started, TRUE);

  if (http) {
    post_serving (self, "http", host, dvr_http_get_port (http));
    g_object_notify (G_OBJECT (self), "current-http-port");
  }
  if (rtmp) {
    post_serving (self, "rtmp", host, dvr_rtmp_get_port (rtmp));
    g_object_notify (G_OBJECT (self), "current-rtmp-port");
  }
  g_free (access_log);
  g_free (host);
  return TRUE;
}

static void
stop (GstDvrServerSink * self)
{
  DvrHttp *http, *admin;
  DvrServer *server;
  DvrRtmp *rtmp;

  GST_OBJECT_LOCK (self);
  server = self->server;
  http = self->http;
  admin = self->admin;
  rtmp = self->rtmp;
  self->rtmp = NULL;
  self->server = NULL;
  self->http = self->admin = NULL;
  self->n_eos = 0;
  self->eos_pending = FALSE;
  GST_OBJECT_UNLOCK (self);

  if (!server)
    return;
  free_server (server, http, admin, rtmp);
  gst_dvr_post_status (GST_ELEMENT (self), "NetConnection.Connect.Closed",
      "status", "no longer serving", NULL, NULL);
}

/* -- pads -- */

/* EOS is posted in PLAYING only, as all sinks do. */
static void
check_eos (GstDvrServerSink * self)
{
  gboolean post;

  GST_OBJECT_LOCK (self);
  if (self->n_pads > 0 && self->n_eos == self->n_pads) {
    self->eos_pending = TRUE;
    /* No new viewers should be sent here, and those here may go elsewhere. */
    if (self->server)
      dvr_set (self->server->ready, FALSE);
  }
  post = self->eos_pending && GST_STATE (self) == GST_STATE_PLAYING;
  if (post)
    self->eos_pending = FALSE;
  GST_OBJECT_UNLOCK (self);

  if (post)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_eos (GST_OBJECT (self)));
}

static gboolean
pad_is_at_eos (GstPad * pad)
{
  return GPOINTER_TO_INT (gst_pad_get_element_private (pad));
}

/* A pad's element private says whether it had EOS; with the object lock. */
static void
set_pad_eos (GstDvrServerSink * self, GstPad * pad, gboolean eos)
{
  GST_OBJECT_LOCK (self);
  if (pad_is_at_eos (pad) != eos) {
    gst_pad_set_element_private (pad, GINT_TO_POINTER (eos));
    if (eos)
      self->n_eos++;
    else if (self->n_eos > 0)
      self->n_eos--;
  }
  GST_OBJECT_UNLOCK (self);
}

static gboolean
sink_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstDvrServerSink *self = GST_DVR_SERVER_SINK (parent);
  gchar **names;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_EOS:
      set_pad_eos (self, pad, TRUE);
      check_eos (self);
      break;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_FLUSH_STOP:
      set_pad_eos (self, pad, FALSE);
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
      names = gst_dvr_event_parse_names (event);
      if (names)
        dvr_branches_set_names (self->branches, pad, names);
      break;
    default:
      break;
  }
  gst_event_unref (event);
  return TRUE;
}

/* What flows only says which segment grew; who waits for it watches it. */
static GstFlowReturn
sink_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static GstPad *
request_new_pad (GstElement * element, GstPadTemplate * templ,
    const gchar * name, const GstCaps * caps)
{
  GstDvrServerSink *self = GST_DVR_SERVER_SINK (element);
  gchar *own_name = NULL;
  GstPad *pad;

  GST_OBJECT_LOCK (self);
  if (name) {
    guint64 index;

    if (g_str_has_prefix (name, "sink_")
        && g_ascii_string_to_unsigned (name + 5, 10, 0, G_MAXUINT - 1, &index,
            NULL))
      self->next_pad = MAX (self->next_pad, index + 1);
  } else {
    name = own_name = g_strdup_printf ("sink_%u", self->next_pad++);
  }
  GST_OBJECT_UNLOCK (self);

  pad = gst_pad_new_from_template (templ, name);
  g_free (own_name);
  gst_pad_set_event_function (pad, GST_DEBUG_FUNCPTR (sink_event));
  gst_pad_set_chain_function (pad, GST_DEBUG_FUNCPTR (sink_chain));
  gst_pad_set_active (pad, TRUE);
  if (!gst_element_add_pad (element, pad))
    return NULL;

  GST_OBJECT_LOCK (self);
  self->n_pads++;
  GST_OBJECT_UNLOCK (self);
  dvr_branches_add (self->branches, pad);
  return pad;
}

static void
release_pad (GstElement * element, GstPad * pad)
{
  GstDvrServerSink *self = GST_DVR_SERVER_SINK (element);
  DvrServer *server;

  gst_object_ref (pad);
  dvr_branches_remove (self->branches, pad);

  GST_OBJECT_LOCK (self);
  server = self->server ? dvr_server_ref (self->server) : NULL;
  self->n_pads--;
  if (pad_is_at_eos (pad))
    self->n_eos--;
  GST_OBJECT_UNLOCK (self);
  if (server) {
    dvr_server_drop_pad (server, pad);
    dvr_server_unref (server);
  }

  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  gst_object_unref (pad);
  check_eos (self);
}

/* -- element -- */

static GstStateChangeReturn
change_state (GstElement * element, GstStateChange transition)
{
  GstDvrServerSink *self = GST_DVR_SERVER_SINK (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;

  result = GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
  if (result == GST_STATE_CHANGE_FAILURE) {
    if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
      stop (self);
    return result;
  }

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    stop (self);
  return result;
}

/* The state is only PLAYING once change_state() has returned. */
static void
state_changed (GstElement * element, GstState old_state, GstState new_state,
    GstState pending)
{
  if (new_state == GST_STATE_PLAYING)
    check_eos (GST_DVR_SERVER_SINK (element));
}

static gboolean
send_event (GstElement * element, GstEvent * event)
{
  /* A sink that asks for what it wants has nothing to seek; seek the branch
   * that plays. */
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK) {
    gst_event_unref (event);
    return FALSE;
  }
  return GST_ELEMENT_CLASS (parent_class)->send_event (element, event);
}

static GstStructure *
get_stats (GstDvrServerSink * self)
{
  GstStructure *s =
      gst_structure_new_empty ("application/x-dvrserversink-stats");
  const DvrServerStats *stats;
  DvrServer *server;

  GST_OBJECT_LOCK (self);
  server = self->server ? dvr_server_ref (self->server) : NULL;
  GST_OBJECT_UNLOCK (self);
  if (!server)
    return s;

  stats = &server->stats;
  gst_structure_set (s,
      "clients", G_TYPE_UINT64, dvr_get (stats->clients),
      "clients-total", G_TYPE_UINT64, dvr_get (stats->clients_total),
      "clients-refused", G_TYPE_UINT64, dvr_get (stats->clients_refused),
      "waiting", G_TYPE_UINT64, dvr_get (stats->waiting),
      "requests", G_TYPE_UINT64, dvr_get (stats->requests),
      "media-requests", G_TYPE_UINT64, dvr_get (stats->requests_media),
      "playlist-requests", G_TYPE_UINT64, dvr_get (stats->requests_playlist),
      "upstream-requests", G_TYPE_UINT64, dvr_get (stats->upstream_requests),
      "client-errors", G_TYPE_UINT64, dvr_get (stats->errors_client),
      "server-errors", G_TYPE_UINT64, dvr_get (stats->errors_server),
      "media-bytes", G_TYPE_UINT64, dvr_get (stats->bytes_media),
      "hits", G_TYPE_UINT64, dvr_get (stats->hits),
      "disk-hits", G_TYPE_UINT64, dvr_get (stats->disk),
      "misses", G_TYPE_UINT64, dvr_get (stats->misses),
      "collapsed", G_TYPE_UINT64, dvr_get (stats->collapsed),
      "rtmp-drops", G_TYPE_UINT64, dvr_get (stats->rtmp_drops), NULL);
  dvr_server_unref (server);
  return s;
}

static void
set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstDvrServerSink *self = GST_DVR_SERVER_SINK (object);

  GST_OBJECT_LOCK (self);
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
      self->keys = dvr_publish_guard_read_secret (GST_ELEMENT (self),
          g_value_get_string (value));
      break;
    case PROP_CORS_ORIGIN:
      g_free (self->cors_origin);
      self->cors_origin = g_value_dup_string (value);
      break;
    case PROP_TRUSTED_PROXIES:
      g_value_copy (value, &self->trusted_proxies);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  apply_settings_locked (self);
  GST_OBJECT_UNLOCK (self);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstDvrServerSink *self = GST_DVR_SERVER_SINK (object);

  if (id == PROP_STATS) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_HOST:
      g_value_set_string (value, self->host);
      break;
    case PROP_HTTP_PORT:
      g_value_set_int (value, self->http_port);
      break;
    case PROP_CURRENT_HTTP_PORT:
      g_value_set_int (value,
          self->http ? (gint) dvr_http_get_port (self->http) : -1);
      break;
    case PROP_RTMP_PORT:
      g_value_set_int (value, self->rtmp_port);
      break;
    case PROP_CURRENT_RTMP_PORT:
      g_value_set_int (value,
          self->rtmp ? (gint) dvr_rtmp_get_port (self->rtmp) : -1);
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
    case PROP_AUTH_SECRET:
      g_value_set_string (value, NULL);
      break;
    case PROP_CORS_ORIGIN:
      g_value_set_string (value, self->cors_origin);
      break;
    case PROP_TRUSTED_PROXIES:
      g_value_copy (&self->trusted_proxies, value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
finalize (GObject * object)
{
  GstDvrServerSink *self = GST_DVR_SERVER_SINK (object);

  dvr_branches_free (self->branches);
  g_value_unset (&self->trusted_proxies);
  g_clear_pointer (&self->keys, dvr_token_keys_unref);
  g_free (self->access_log);
  g_free (self->cors_origin);
  g_free (self->host);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_dvr_server_sink_init (GstDvrServerSink * self)
{
  self->branches = dvr_branches_new ();
  self->host = g_strdup (DEFAULT_HOST);
  self->http_port = DEFAULT_HTTP_PORT;
  self->rtmp_port = DEFAULT_RTMP_PORT;
  self->rtmp_batch = DEFAULT_RTMP_BATCH;
  self->join = DEFAULT_JOIN;
  self->allow_smart_seek = DEFAULT_ALLOW_SMART_SEEK;
  self->admin_port = DEFAULT_ADMIN_PORT;
  self->threads = DEFAULT_THREADS;
  self->max_clients = DEFAULT_MAX_CLIENTS;
  self->client_timeout = DEFAULT_CLIENT_TIMEOUT;
  self->window = DEFAULT_WINDOW;
  self->low_latency = DEFAULT_LOW_LATENCY;
  self->part_hold_back = DEFAULT_PART_HOLD_BACK;
  self->cors_origin = g_strdup (DEFAULT_CORS_ORIGIN);
  g_value_init (&self->trusted_proxies, GST_TYPE_ARRAY);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
}

static void
install_listening (GObjectClass * klass)
{
  const GParamFlags ready = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, PROP_HOST,
      g_param_spec_string ("host", "Host", "Address or name to listen on; "
          "0.0.0.0 or :: serve other machines", DEFAULT_HOST, ready));
  g_object_class_install_property (klass, PROP_HTTP_PORT,
      g_param_spec_int ("http-port", "HTTP Port", "Port to serve HTTP on "
          "(0 = any free one, -1 = off)", -1, 65535, DEFAULT_HTTP_PORT, ready));
  g_object_class_install_property (klass, PROP_CURRENT_HTTP_PORT,
      g_param_spec_int ("current-http-port", "Current HTTP Port",
          "Port that HTTP is served on (-1 = none)", -1, 65535, -1,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, PROP_RTMP_PORT,
      g_param_spec_int ("rtmp-port", "RTMP Port", "Port to serve RTMP on "
          "(0 = any free one, -1 = off)", -1, 65535, DEFAULT_RTMP_PORT, ready));
  g_object_class_install_property (klass, PROP_CURRENT_RTMP_PORT,
      g_param_spec_int ("current-rtmp-port", "Current RTMP Port",
          "Port that RTMP is served on (-1 = none)", -1, 65535, -1,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, PROP_ADMIN_PORT,
      g_param_spec_int ("admin-port", "Admin Port", "Port on localhost for "
          "status page and metrics (0 = any free one, -1 = only on http-port, "
          "for clients of this machine)", -1, 65535, DEFAULT_ADMIN_PORT,
          ready));
  g_object_class_install_property (klass, PROP_THREADS,
      g_param_spec_uint ("threads", "Threads", "How many threads serve HTTP "
          "(0 = one per processor)", 0, 256, DEFAULT_THREADS, ready));
  g_object_class_install_property (klass, PROP_CLIENT_TIMEOUT,
      g_param_spec_uint64 ("client-timeout", "Client Timeout", "How long a "
          "client may be idle, take to send a request, or not take what is "
          "sent to it, in nanoseconds", GST_MSECOND * 100, 3600 * GST_SECOND,
          DEFAULT_CLIENT_TIMEOUT, ready));
  g_object_class_install_property (klass, PROP_CORS_ORIGIN,
      g_param_spec_string ("cors-origin", "CORS Origin", "Which web pages may "
          "read the streams: an origin, * for any, empty for none",
          DEFAULT_CORS_ORIGIN, ready));
  g_object_class_install_property (klass, PROP_TRUSTED_PROXIES,
      gst_param_spec_array ("trusted-proxies", "Trusted Proxies",
          "Addresses of proxies whose X-Forwarded-For is believed",
          g_param_spec_string ("address", "Address", "Address of a proxy",
              NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS), ready));
}

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
  g_object_class_install_property (klass, PROP_ACCESS_LOG,
      g_param_spec_string ("access-log", "Access Log", "File that says what "
          "clients did, in W3C extended format; reopen-log begins a new one",
          NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
          | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_ALLOW_SMART_SEEK,
      g_param_spec_boolean ("allow-smart-seek", "Allow Smart Seek", "Take "
          "seekRaw, startTransmit and stopTransmit from RTMP clients",
          DEFAULT_ALLOW_SMART_SEEK, playing));
  g_object_class_install_property (klass, PROP_AUTH_SECRET,
      g_param_spec_string ("auth-secret", "Auth Secret", "Who plays must show "
          "a token signed with it: SECRET, or several ID:SECRET with spaces "
          "between; cannot be read back (NULL = no token is needed)", NULL,
          playing));
  g_object_class_install_property (klass, PROP_RTMP_BATCH,
      g_param_spec_uint64 ("rtmp-batch", "RTMP Batch", "How much media one "
          "write to an RTMP viewer carries, in nanoseconds (0 = frame by "
          "frame)", 0, 10 * GST_SECOND, DEFAULT_RTMP_BATCH, playing));
  g_object_class_install_property (klass, PROP_JOIN,
      g_param_spec_enum ("join", "Join", "Where viewers of live streams over "
          "RTMP begin", gst_dvr_join_get_type (), DEFAULT_JOIN, playing));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Counters of clients, requests " "and how they were met",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_dvr_server_sink_class_init (GstDvrServerSinkClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_listening (object_class);
  install_serving (object_class);

  /**
   * GstDvrServerSink::client-added:
   * @self: the element
   * @client: protocol, address and port
   *
   * A client has connected. Comes from an internal thread, which serves other
   * clients too: handlers must not block.
   */
  signals[SIGNAL_CLIENT_ADDED] = g_signal_new ("client-added",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 1, GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
  /**
   * GstDvrServerSink::client-removed:
   * @self: the element
   * @client: protocol, address and port
   *
   * A client has gone. See #GstDvrServerSink::client-added.
   */
  signals[SIGNAL_CLIENT_REMOVED] = g_signal_new ("client-removed",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 1, GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);

  /**
   * GstDvrServerSink::authorize:
   * @self: the element
   * @kind: play, seek, client-seek, start-transmit or stop-transmit
   * @client: protocol, address, port, stream, query, agent, position
   *   (milliseconds, -1 = none), and an id
   *
   * An RTMP client wants to do something. Comes from an internal thread, which
   * serves other clients too: handlers must not block; who has to ask elsewhere
   * answers %DVR_AUTHORIZE_LATER, and emits authorize-done within 10 seconds.
   *
   * Returns: deny, allow or later
   */
  signals[SIGNAL_AUTHORIZE] = g_signal_new ("authorize",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
      g_signal_accumulator_first_wins, NULL, NULL,
      gst_dvr_authorization_get_type (), 2, G_TYPE_STRING,
      GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
  /**
   * GstDvrServerSink::authorize-done:
   * @self: the element
   * @id: of the client structure
   * @allow: whether it may
   *
   * Answers what was to be answered later. From any thread.
   *
   * Returns: whether that question was open
   */
  signals[SIGNAL_AUTHORIZE_DONE] = g_signal_new_class_handler
      ("authorize-done", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (authorize_done), NULL,
      NULL, NULL, G_TYPE_BOOLEAN, 2, G_TYPE_UINT64, G_TYPE_BOOLEAN);
  /**
   * GstDvrServerSink::reopen-log:
   * @self: the element
   *
   * The access log has been moved away: begins a new one. From any thread.
   */
  signals[SIGNAL_REOPEN_LOG] = g_signal_new_class_handler ("reopen-log",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (reopen_log), NULL, NULL, NULL, G_TYPE_NONE, 0);

  element_class->request_new_pad = GST_DEBUG_FUNCPTR (request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (release_pad);
  element_class->change_state = GST_DEBUG_FUNCPTR (change_state);
  element_class->state_changed = GST_DEBUG_FUNCPTR (state_changed);
  element_class->send_event = GST_DEBUG_FUNCPTR (send_event);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "DVR server",
      "Sink/Network", "Serves live and recorded streams as HLS over HTTP",
      "The gst-plugins-dvr authors");
}
