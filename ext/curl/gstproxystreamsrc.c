/* gstproxystreamsrc.c: pulls segments from upstream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-proxystreamsrc
 * @title: proxystreamsrc
 * @short_description: pulls segments of DVR streams from upstream
 * @see_also: segmentcache, dvrserversink
 *
 * proxystreamsrc follows the playlists of a tier above, of any HLS server with
 * fragmented MP4, or of a recording directory, or plays streams of an RTMP
 * server, which it cuts into segments itself, and fetches the segments that
 * elements downstream ask for, each once, however many ask. It keeps nothing: a
 * segmentcache behind it does. It is not related to proxysrc.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 proxystreamsrc location=http://origin:8080 ! segmentcache ! dvrserversink host=0.0.0.0
 * ]| An edge: pulls whatever its viewers ask for from the tier above.
 * |[
 * gst-launch-1.0 proxystreamsrc location=file:///var/dvr ! segmentcache ! dvrserversink
 * ]| Serves the recordings of a directory.
 * |[
 * gst-launch-1.0 proxystreamsrc location=rtmp://localhost/live ! segmentcache ! dvrserversink
 * ]| Serves the streams of an RTMP server, with a window to rewind in.
 *
 * Since: 0.1
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrproxyanswer.h"
#include "gstdvrproxydebug.h"
#include "gstdvrproxysettings.h"
#include "gstproxystreamsrc.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* How often the pushing thread looks for streams that nobody reads. */
#define SWEEP_INTERVAL (250 * G_TIME_SPAN_MILLISECOND)
/* An unlinked or flushing pad is tried again after that long. */
#define UNLINKED_PAUSE (100 * G_TIME_SPAN_MILLISECOND)

enum
{
  SIGNAL_PROXY_FROM,
  SIGNAL_PROXY_STOP,
  SIGNAL_ON_STATUS,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

struct _GstProxyStreamSrc
{
  GstElement parent;

  GstPad *srcpad;
  GstDvrProxyTable *table;
  GstDvrProxyStreams *streams;

  GstDvrProxySettings *settings;
  gchar *current_location;      /* protected by the object lock */
  gint changed;                 /* atomic: settings wait to be taken over */

  /* the pushing thread's own, while there is one */
  GstDvrUpstreamConfig *config;
  gboolean begun;
  gboolean ended;
  gint64 next_sweep;
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_DVR_LINK_CAPS));

#define gst_proxy_stream_src_parent_class parent_class
G_DEFINE_TYPE (GstProxyStreamSrc, gst_proxy_stream_src, GST_TYPE_ELEMENT);
GST_ELEMENT_REGISTER_DEFINE (proxystreamsrc, "proxystreamsrc", GST_RANK_NONE,
    GST_TYPE_PROXY_STREAM_SRC);

static void
push_names (GstProxyStreamSrc * self)
{
  g_auto (GStrv) names = gst_dvr_proxy_streams_list_names (self->streams);

  gst_dvr_proxy_table_add_event (self->table, gst_dvr_event_new_names (names));
}

/* A location that is a playlist offers one stream, however remote-name is. */
static void
update_names (GstProxyStreamSrc * self)
{
  g_autofree gchar *local = NULL, *remote = NULL, *one = NULL;
  g_autofree gchar *location = NULL;

  gst_dvr_proxy_settings_dup_names (self->settings, &local, &remote);
  location = gst_dvr_proxy_settings_dup_location (self->settings);
  if (location)
    one = gst_dvr_upstream_get_one_name (location);

  if (one && g_strcmp0 (remote, "*") == 0)
    gst_dvr_proxy_streams_set_name (self->streams, local ? local : one, one);
  else
    gst_dvr_proxy_streams_set_name (self->streams, local, remote);
  push_names (self);
}

static void
post_bad_name (GstProxyStreamSrc * self, const gchar * name)
{
  gst_dvr_post_status (GST_ELEMENT (self), "ProxyStream.Proxy.BadName",
      "error", "The local name is invalid or exists already.",
      "stream", G_TYPE_STRING, name, NULL);
}

static gboolean
gst_proxy_stream_src_proxy_from (GstProxyStreamSrc * self,
    const gchar * local, const gchar * remote)
{
  if (local == NULL || remote == NULL)
    return FALSE;
  if (!gst_dvr_proxy_streams_add_name (self->streams, local, remote)) {
    post_bad_name (self, local);
    return FALSE;
  }
  push_names (self);

  return TRUE;
}

static gboolean
gst_proxy_stream_src_proxy_stop (GstProxyStreamSrc * self, const gchar * local)
{
  if (local == NULL
      || !gst_dvr_proxy_streams_remove_name (self->streams, local))
    return FALSE;
  push_names (self);

  return TRUE;
}

static gboolean
gst_proxy_stream_src_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstProxyStreamSrc *self = GST_PROXY_STREAM_SRC (parent);
  GstDvrRequest *request;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CUSTOM:
      request = gst_query_get_dvr_request (query);
      if (request == NULL)
        return FALSE;
      gst_dvr_proxy_answer (self->streams, self->table, request);
      return TRUE;
    case GST_QUERY_LATENCY:
      gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);
      return TRUE;
    case GST_QUERY_SCHEDULING:
      gst_query_set_scheduling (query, GST_SCHEDULING_FLAG_SEQUENTIAL, 1, -1,
          0);
      gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
      return TRUE;
    case GST_QUERY_URI:{
      g_autofree gchar *location =
          gst_dvr_proxy_settings_dup_location (self->settings);

      if (location == NULL)
        return FALSE;
      gst_query_set_uri (query, location);
      return TRUE;
    }
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}

static gboolean
gst_proxy_stream_src_src_event (GstPad * pad, GstObject * parent,
    GstEvent * event)
{
  GstProxyStreamSrc *self = GST_PROXY_STREAM_SRC (parent);
  gboolean handled = FALSE;
  const gchar *name, *session;
  GstDvrReport report;
  GstClockTime time;

  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE) {
    handled = TRUE;
  } else if (gst_dvr_event_parse_report (event, &report)) {
    gst_dvr_proxy_streams_report (self->streams, report.stream, event);
    handled = TRUE;
  } else if (gst_dvr_event_parse_beyond (event, &name, &session, &time)) {
    gst_dvr_proxy_streams_report (self->streams, name, event);
    handled = TRUE;
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_UPSTREAM) {
    name = gst_dvr_event_parse_bad_name (event);
    if (name) {
      post_bad_name (self, name);
      handled = TRUE;
    }
  }
  gst_event_unref (event);

  return handled;
}

/* EOS and the like go to the pushing thread. */
static gboolean
gst_proxy_stream_src_send_event (GstElement * element, GstEvent * event)
{
  GstProxyStreamSrc *self = GST_PROXY_STREAM_SRC (element);

  if (!GST_EVENT_IS_DOWNSTREAM (event))
    return gst_proxy_stream_src_src_event (self->srcpad, GST_OBJECT (self),
        event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START
      || GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    gst_event_unref (event);
    return FALSE;
  }
  gst_dvr_proxy_table_add_event (self->table, event);

  return TRUE;
}

static void
push_begin (GstProxyStreamSrc * self)
{
  g_autofree gchar *id = gst_pad_create_stream_id (self->srcpad,
      GST_ELEMENT (self), NULL);
  GstEvent *event = gst_event_new_stream_start (id);
  GstCaps *caps = gst_static_pad_template_get_caps (&src_template);
  GstSegment segment;

  gst_event_set_group_id (event, gst_util_group_id_next ());
  gst_pad_push_event (self->srcpad, event);
  gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->srcpad, gst_event_new_segment (&segment));
  push_names (self);
}

static void
push_item (GstProxyStreamSrc * self, GstMiniObject * item)
{
  GstFlowReturn ret;

  if (GST_IS_EVENT (item)) {
    self->ended |= GST_EVENT_TYPE (item) == GST_EVENT_EOS;
    gst_pad_push_event (self->srcpad, GST_EVENT_CAST (item));
    return;
  }
  if (self->ended) {
    gst_mini_object_unref (item);
    return;
  }
  ret = gst_pad_push (self->srcpad, GST_BUFFER_CAST (item));
  if (ret == GST_FLOW_OK)
    return;
  /* Branches come and go; an announcement that is lost loses nothing. */
  GST_LOG_OBJECT (self, "announcement lost: %s", gst_flow_get_name (ret));
  if (ret == GST_FLOW_ERROR || ret == GST_FLOW_NOT_NEGOTIATED)
    GST_WARNING_OBJECT (self, "downstream: %s", gst_flow_get_name (ret));
  self->ended |= ret == GST_FLOW_EOS;
}

static GstDvrSegment *
on_obtain (gpointer user_data, const GstDvrSegmentId * id, gboolean * is_new)
{
  GstProxyStreamSrc *self = user_data;
  GstDvrHow how = GST_DVR_HOW_HIT;
  gboolean raised;
  GstDvrSegment *segment;

  segment = gst_dvr_proxy_table_obtain (self->table, id, NULL, &how, &raised);
  *is_new = how == GST_DVR_HOW_MISS;

  return segment;
}

static gboolean
on_abandon (gpointer user_data, GstDvrSegment * segment)
{
  GstProxyStreamSrc *self = user_data;

  return gst_dvr_proxy_table_abandon (self->table, segment);
}

static void
on_status (gpointer user_data, const gchar * code, const gchar * level,
    const gchar * description, const gchar * location, const gchar * stream)
{
  GstProxyStreamSrc *self = user_data;

  GST_INFO_OBJECT (self, "%s: %s (%s)", code, description, location);
  gst_dvr_post_status (GST_ELEMENT (self), code, level, description,
      "location", G_TYPE_STRING, location, "stream", G_TYPE_STRING, stream,
      NULL);
}

static void
on_location (gpointer user_data, const gchar * location)
{
  GstProxyStreamSrc *self = user_data;

  GST_OBJECT_LOCK (self);
  g_free (self->current_location);
  self->current_location = g_strdup (location);
  GST_OBJECT_UNLOCK (self);
  g_object_notify (G_OBJECT (self), "current-location");
}

/* To another kind of upstream. */
static gboolean
replace_upstream (GstProxyStreamSrc * self, GstDvrUpstreamConfig * config,
    GError ** error)
{
  GstDvrUpstreamOwner owner = { self, on_obtain, on_abandon, on_status,
    on_location
  };
  GstDvrUpstream *upstream = gst_dvr_upstream_new (config, &owner, error);

  if (upstream == NULL)
    return FALSE;
  gst_dvr_proxy_streams_replace (self->streams, upstream);
  update_names (self);
  on_location (self, config->locations[0]);

  return TRUE;
}

static gboolean
take_config (GstProxyStreamSrc * self, GstDvrUpstreamConfig * config,
    GError ** error)
{
  if (config == NULL) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
        "no location is set");
    return FALSE;
  }
  if (!gst_dvr_upstream_config_check (config, error))
    return FALSE;
  if (!gst_dvr_upstream_config_fits (self->config, config))
    return replace_upstream (self, config, error);
  update_names (self);
  gst_dvr_proxy_streams_configure (self->streams, config);

  return TRUE;
}

/* Settings changed while it runs. */
static void
reconfigure (GstProxyStreamSrc * self)
{
  GstDvrUpstreamConfig *config =
      gst_dvr_proxy_settings_make_config (self->settings);
  GError *error = NULL;

  if (take_config (self, config, &error)) {
    gst_dvr_upstream_config_unref (self->config);
    self->config = config;
    return;
  }
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s", error->message),
      ("the settings of before stay in use"));
  g_clear_error (&error);
  if (config)
    gst_dvr_upstream_config_unref (config);
}

/* Not with each piece that is pushed: it looks at all streams. */
static void
sweep_when_due (GstProxyStreamSrc * self)
{
  gint64 now = g_get_monotonic_time ();

  if (now < self->next_sweep)
    return;
  self->next_sweep = now + SWEEP_INTERVAL;
  gst_dvr_proxy_streams_sweep (self->streams,
      gst_dvr_proxy_settings_get_linger (self->settings));
}

static void
gst_proxy_stream_src_loop (gpointer data)
{
  GstProxyStreamSrc *self = GST_PROXY_STREAM_SRC (data);
  GstMiniObject *item;

  if (!self->begun) {
    self->begun = TRUE;
    push_begin (self);
  }
  if (g_atomic_int_compare_and_exchange (&self->changed, TRUE, FALSE))
    reconfigure (self);
  item = gst_dvr_proxy_table_pop (self->table, self->next_sweep);
  if (item)
    push_item (self, item);
  sweep_when_due (self);
}

static gboolean
gst_proxy_stream_src_activate_mode (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active)
{
  GstProxyStreamSrc *self = GST_PROXY_STREAM_SRC (parent);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  if (active) {
    self->begun = self->ended = FALSE;
    self->next_sweep = 0;
    gst_dvr_proxy_table_set_flushing (self->table, FALSE);
    return gst_pad_start_task (pad, gst_proxy_stream_src_loop, self, NULL);
  }
  gst_dvr_proxy_table_set_flushing (self->table, TRUE);

  return gst_pad_stop_task (pad);
}

static gboolean
start (GstProxyStreamSrc * self)
{
  GstDvrUpstreamOwner owner = { self, on_obtain, on_abandon, on_status,
    on_location
  };
  GstDvrUpstreamConfig *config;
  GstDvrUpstream *upstream = NULL;
  GError *error = NULL;

  g_atomic_int_set (&self->changed, FALSE);
  config = gst_dvr_proxy_settings_make_config (self->settings);
  if (config == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("No location was set."),
        ("set \"location\" to an http(s)://, rtmp:// or file:// URI, or to a "
            "directory"));
    return FALSE;
  }
  update_names (self);
  upstream = gst_dvr_upstream_new (config, &owner, &error);
  if (upstream == NULL) {
    gst_dvr_upstream_config_unref (config);
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message),
        ("location cannot be used"));
    g_clear_error (&error);
    return FALSE;
  }
  on_location (self, config->locations[0]);
  gst_dvr_proxy_streams_start (self->streams, upstream);
  self->config = config;

  return TRUE;
}

static void
stop (GstProxyStreamSrc * self)
{
  gst_dvr_proxy_streams_stop (self->streams);
  g_clear_pointer (&self->config, gst_dvr_upstream_config_unref);
}

static GstStateChangeReturn
gst_proxy_stream_src_change_state (GstElement * element,
    GstStateChange transition)
{
  GstProxyStreamSrc *self = GST_PROXY_STREAM_SRC (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;

  ret = GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && ret == GST_STATE_CHANGE_FAILURE))
    stop (self);

  return ret;
}

static void
gst_proxy_stream_src_init (GstProxyStreamSrc * self)
{
  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_query_function (self->srcpad,
      GST_DEBUG_FUNCPTR (gst_proxy_stream_src_query));
  gst_pad_set_event_function (self->srcpad,
      GST_DEBUG_FUNCPTR (gst_proxy_stream_src_src_event));
  gst_pad_set_activatemode_function (self->srcpad,
      GST_DEBUG_FUNCPTR (gst_proxy_stream_src_activate_mode));
  gst_pad_use_fixed_caps (self->srcpad);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);

  self->table = gst_dvr_proxy_table_new ();
  self->streams = gst_dvr_proxy_streams_new (GST_ELEMENT (self), self->table);
  self->settings = gst_dvr_proxy_settings_new ();
}

static void
gst_proxy_stream_src_finalize (GObject * object)
{
  GstProxyStreamSrc *self = GST_PROXY_STREAM_SRC (object);

  gst_dvr_proxy_streams_free (self->streams);
  gst_dvr_proxy_table_unref (self->table);
  gst_dvr_proxy_settings_free (self->settings);
  g_free (self->current_location);

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_proxy_stream_src_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstProxyStreamSrc *self = GST_PROXY_STREAM_SRC (object);

  gst_dvr_proxy_settings_set (self->settings, id, value);

  if (id == GST_DVR_PROXY_PROP_REMOTE_NAME
      || id == GST_DVR_PROXY_PROP_LOCAL_NAME)
    update_names (self);
  /* and once more in the one thread that may replace the upstream */
  g_atomic_int_set (&self->changed, TRUE);
  gst_dvr_proxy_table_wake (self->table);
}

static GstStructure *
get_stats (GstProxyStreamSrc * self)
{
  GstStructure *s = gst_structure_new_empty ("application/x-proxystreamsrc-"
      "stats");
  GstDvrProxyTableStats stats;

  gst_dvr_proxy_table_get_stats (self->table, &stats);
  gst_structure_set (s,
      "fetches", G_TYPE_UINT64, stats.fetches,
      "collapsed", G_TYPE_UINT64, stats.collapsed,
      "hits", G_TYPE_UINT64, stats.hits,
      "failures", G_TYPE_UINT64, stats.failures,
      "cancelled", G_TYPE_UINT64, stats.cancelled,
      "announcements-dropped", G_TYPE_UINT64, stats.dropped,
      "in-flight", G_TYPE_UINT, stats.in_flight, NULL);
  gst_dvr_proxy_streams_get_stats (self->streams, s);

  return s;
}

static void
gst_proxy_stream_src_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstProxyStreamSrc *self = GST_PROXY_STREAM_SRC (object);

  if (id == GST_DVR_PROXY_PROP_STATS) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }
  if (id != GST_DVR_PROXY_PROP_CURRENT_LOCATION) {
    gst_dvr_proxy_settings_get (self->settings, id, value);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_value_set_string (value, self->current_location);
  GST_OBJECT_UNLOCK (self);
}

static void
install_signals (GType type)
{
  /**
   * GstProxyStreamSrc::proxy-from:
   * @self: the element
   * @local: what the stream shall be called here
   * @remote: what it is called upstream
   *
   * Action. Offers one more stream. From any thread, in any state.
   *
   * Returns: FALSE (and a status ProxyStream.Proxy.BadName) if a name is
   *   invalid or @local stands for another stream already
   */
  signals[SIGNAL_PROXY_FROM] =
      g_signal_new_class_handler ("proxy-from", type,
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_proxy_stream_src_proxy_from), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GstProxyStreamSrc::proxy-stop:
   * @self: the element
   * @local: a name given to #GstProxyStreamSrc::proxy-from
   *
   * Action. Offers that stream no more, and lets it go.
   *
   * Returns: whether there was one
   */
  signals[SIGNAL_PROXY_STOP] =
      g_signal_new_class_handler ("proxy-stop", type,
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_proxy_stream_src_proxy_stop), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
  /**
   * GstProxyStreamSrc::on-status:
   * @self: the element
   * @status: fields code, level, description, location, stream
   *
   * The same as the message `dvr-status`; from an internal thread, with no lock
   * held.
   */
  signals[SIGNAL_ON_STATUS] =
      g_signal_new ("on-status", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 1, GST_TYPE_STRUCTURE);
}

static void
gst_proxy_stream_src_class_init (GstProxyStreamSrcClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_proxy_stream_src_set_property;
  object_class->get_property = gst_proxy_stream_src_get_property;
  object_class->finalize = gst_proxy_stream_src_finalize;
  element_class->change_state =
      GST_DEBUG_FUNCPTR (gst_proxy_stream_src_change_state);
  element_class->send_event =
      GST_DEBUG_FUNCPTR (gst_proxy_stream_src_send_event);

  gst_dvr_proxy_settings_install (object_class);
  install_signals (G_TYPE_FROM_CLASS (klass));

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class,
      "DVR stream proxy source", "Source/Network",
      "Pulls segments of DVR streams from upstream servers or directories",
      "The gst-plugins-dvr authors");
}
