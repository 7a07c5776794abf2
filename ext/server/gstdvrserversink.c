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

#include "dvrserversettings.h"
#include "dvrserving.h"
#include "gstdvrserversink.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_server_sink_debug);
#define GST_CAT_DEFAULT gst_dvr_server_sink_debug

/* Behind those of the settings. */
enum
{
  PROP_CURRENT_HTTP_PORT = DVR_SERVER_N_PROPS,
  PROP_CURRENT_RTMP_PORT,
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

struct _GstDvrServerSink
{
  GstElement parent;

  DvrBranches *branches;

  /* with the object lock */
  DvrServerSettings settings;
  DvrServer *server;            /* of serving; NULL: it does not run */
  DvrServing *serving;
  guint next_pad;
};

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

static gboolean
is_listened_to (gpointer user_data)
{
  return g_signal_has_handler_pending (user_data, signals[SIGNAL_AUTHORIZE], 0,
      TRUE);
}

static DvrAuthorization
authorize (const gchar * kind, const GstStructure * client, gpointer user_data)
{
  gint answer = DVR_AUTHORIZE_ALLOW;

  if (is_listened_to (user_data))
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

/* -- the ends of the branches, with the object lock -- */

/* A pad's element private says whether it had EOS. */
static void
set_pad_eos (GstPad * pad, gboolean eos)
{
  gst_pad_set_element_private (pad, GINT_TO_POINTER (eos));
}

static gboolean
all_pads_are_at_eos (GstDvrServerSink * self)
{
  GList *l;

  for (l = GST_ELEMENT (self)->sinkpads; l; l = l->next)
    if (!gst_pad_get_element_private (l->data))
      return FALSE;
  return GST_ELEMENT (self)->sinkpads != NULL;
}

/* -- starting and stopping -- */

static void
post_start_error (GstDvrServerSink * self, const GError * error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    GST_ELEMENT_ERROR (self, RESOURCE, BUSY, ("%s.", error->message),
        ("another program listens there; choose another port, or 0 for any"));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ_WRITE,
        ("%s.", error->message),
        ("check the properties host, http-port, rtmp-port, admin-port and "
            "access-log"));
}

static DvrServer *
make_server (GstDvrServerSink * self)
{
  DvrServer *server = dvr_server_new (GST_ELEMENT (self), self->branches);

  server->client_added = client_added;
  server->client_removed = client_removed;
  GST_OBJECT_LOCK (self);
  dvr_server_settings_begin (&self->settings, server);
  dvr_authorizer_set (server->authorizer, authorize, self);
  dvr_authorizer_set_listens (server->authorizer, is_listened_to);
  dvr_server_settings_apply (&self->settings, server);
  GST_OBJECT_UNLOCK (self);
  return server;
}

static void
post_serving (GstDvrServerSink * self, const gchar * protocol,
    const gchar * host, gint port, const gchar * property)
{
  if (port < 0)
    return;
  gst_dvr_post_status (GST_ELEMENT (self), "NetConnection.Connect.Success",
      "status", "serving", "protocol", G_TYPE_STRING, protocol,
      "host", G_TYPE_STRING, host, "port", G_TYPE_UINT, (guint) port, NULL);
  g_object_notify (G_OBJECT (self), property);
}

static gboolean
start (GstDvrServerSink * self)
{
  DvrServer *server = make_server (self);
  DvrServerPlaces places;
  GError *error = NULL;
  DvrServing *serving;

  GST_OBJECT_LOCK (self);
  dvr_server_settings_get_places (&self->settings, &places);
  GST_OBJECT_UNLOCK (self);
  serving = dvr_serving_new (server, &places, &error);
  if (serving) {
    GST_OBJECT_LOCK (self);
    self->server = server;
    self->serving = serving;
    /* some may have changed meanwhile */
    dvr_server_settings_apply (&self->settings, server);
    GST_OBJECT_UNLOCK (self);
    dvr_set (server->ready, TRUE);
    dvr_set (server->started, TRUE);
    post_serving (self, "http", places.host,
        dvr_serving_get_http_port (serving), "current-http-port");
    post_serving (self, "rtmp", places.host,
        dvr_serving_get_rtmp_port (serving), "current-rtmp-port");
  } else {
    post_start_error (self, error);
    g_clear_error (&error);
  }
  dvr_server_places_clear (&places);
  return serving != NULL;
}

static void
stop (GstDvrServerSink * self)
{
  DvrServing *serving;
  GList *l;

  GST_OBJECT_LOCK (self);
  serving = g_steal_pointer (&self->serving);
  self->server = NULL;
  for (l = GST_ELEMENT (self)->sinkpads; l; l = l->next)
    set_pad_eos (l->data, FALSE);
  GST_OBJECT_UNLOCK (self);

  if (!serving)
    return;
  dvr_serving_free (serving);
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
  post = all_pads_are_at_eos (self);
  /* No new viewers should be sent here, and those here may go elsewhere. */
  if (post && self->server)
    dvr_set (self->server->ready, FALSE);
  post = post && GST_STATE (self) == GST_STATE_PLAYING;
  GST_OBJECT_UNLOCK (self);

  if (post)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_eos (GST_OBJECT (self)));
}

static gboolean
sink_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstDvrServerSink *self = GST_DVR_SERVER_SINK (parent);
  gchar **names;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_EOS:
      GST_OBJECT_LOCK (self);
      set_pad_eos (pad, TRUE);
      GST_OBJECT_UNLOCK (self);
      check_eos (self);
      break;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_FLUSH_STOP:
      GST_OBJECT_LOCK (self);
      set_pad_eos (pad, FALSE);
      GST_OBJECT_UNLOCK (self);
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
  server = get_server (self);
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
  DvrServer *server = get_server (self);
  GstStructure *stats = dvr_server_get_stats (server);

  g_clear_pointer (&server, dvr_server_unref);
  return stats;
}

static void
set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstDvrServerSink *self = GST_DVR_SERVER_SINK (object);
  gboolean known;

  GST_OBJECT_LOCK (self);
  known = dvr_server_settings_set (&self->settings, id, value);
  if (self->server)
    dvr_server_settings_apply (&self->settings, self->server);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstDvrServerSink *self = GST_DVR_SERVER_SINK (object);
  gboolean known = TRUE;

  if (id == PROP_STATS) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  if (id == PROP_CURRENT_HTTP_PORT)
    g_value_set_int (value,
        self->serving ? dvr_serving_get_http_port (self->serving) : -1);
  else if (id == PROP_CURRENT_RTMP_PORT)
    g_value_set_int (value,
        self->serving ? dvr_serving_get_rtmp_port (self->serving) : -1);
  else
    known = dvr_server_settings_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
finalize (GObject * object)
{
  GstDvrServerSink *self = GST_DVR_SERVER_SINK (object);

  dvr_branches_free (self->branches);
  dvr_server_settings_clear (&self->settings);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_dvr_server_sink_init (GstDvrServerSink * self)
{
  self->branches = dvr_branches_new ();
  dvr_server_settings_init (&self->settings);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
}

static void
install_current (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_CURRENT_HTTP_PORT,
      g_param_spec_int ("current-http-port", "Current HTTP Port",
          "Port that HTTP is served on (-1 = none)", -1, 65535, -1,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, PROP_CURRENT_RTMP_PORT,
      g_param_spec_int ("current-rtmp-port", "Current RTMP Port",
          "Port that RTMP is served on (-1 = none)", -1, 65535, -1,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Counters of clients, requests and how they were met",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
install_signals (GObjectClass * klass)
{
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
   * @kind: connect, play, seek, client-seek, start-transmit or stop-transmit
   * @client: protocol, address, port, stream, agent, position (milliseconds,
   *   -1 = none), an id, and by protocol and kind query, token, session, app
   *   and page
   *
   * A client wants to do something. Comes from an internal thread, which
   * serves other clients too: handlers must not block; who has to ask elsewhere
   * answers %DVR_AUTHORIZE_LATER, and emits authorize-done within 10 seconds.
   * Over HTTP, what is said of `play` holds for a while.
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
}

static void
gst_dvr_server_sink_class_init (GstDvrServerSinkClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  dvr_server_settings_install (object_class);
  install_current (object_class);
  install_signals (object_class);

  element_class->request_new_pad = GST_DEBUG_FUNCPTR (request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (release_pad);
  element_class->change_state = GST_DEBUG_FUNCPTR (change_state);
  element_class->state_changed = GST_DEBUG_FUNCPTR (state_changed);
  element_class->send_event = GST_DEBUG_FUNCPTR (send_event);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "DVR server",
      "Sink/Network",
      "Serves live and recorded streams over HTTP (HLS) and RTMP",
      "The gst-plugins-dvr authors");
}
