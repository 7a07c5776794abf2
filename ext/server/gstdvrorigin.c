/* gstdvrorigin.c: records whatever is published under an app
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-dvrorigin
 * @title: dvrorigin
 *
 * Listens for RTMP publishers and records each stream that is published under
 * its app: rtmp://address:port/app/cam1 becomes the stream app/cam1. For each
 * it makes a #rtmpingestsrc and a #rtmpdvrsink, and removes them when the
 * publisher has been away for the recorder's reconnect-window.
 *
 * Beside its own properties it has those of #rtmpdvrsink, for all recorders.
 *
 * ## Example
 *
 * |[
 * gst-launch-1.0 -e dvrorigin location=rtmp://localhost:1935/live \
 *       recordings=/tmp/dvr \
 *     proxystreamsrc location=/tmp/dvr ! segmentcache ! dvrserversink
 * ]|
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gio/gio.h>

#include <gst/dvr/gstdvrlink.h>
#include <gst/dvr/gstdvrname.h>

#include "dvrpublishguard.h"
#include "dvrrtmplocation.h"
#include "gstdvrorigin.h"
#include "gstrtmpingestsrc.h"
#include "record/gstdvrrecordsettings.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_origin_debug);
#define GST_CAT_DEFAULT gst_dvr_origin_debug

#define DEFAULT_LOCATION "rtmp://localhost:1935/live"
#define DEFAULT_MAX_STREAMS 1000
/* How often streams that nobody publishes are looked at, and how much longer
 * than the reconnect window they are kept: it ends with the list's end. */
#define LOOK_TIME G_USEC_PER_SEC
#define SPARE_TIME (5 * G_USEC_PER_SEC)

/* Below are those of rtmpdvrsink. */
enum
{
  PROP_LOCATION = GST_DVR_RECORD_N_PROPS,
  PROP_RECORDINGS,
  PROP_MAX_STREAMS,
  PROP_CURRENT_PORT,
  PROP_STATS
};

enum
{
  SIGNAL_AUTHORIZE_PUBLISH,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* A stream that is, or was just now, published. */
typedef struct
{
  gint refs;
  gchar *stream;
  DvrIntake *intake;
  GstElement *src;
  GstElement *sink;
  gint64 idle_since;            /* 0: somebody publishes */
} Pair;

struct _GstDvrOrigin
{
  GstBin parent;

  /* with the object lock: settings */
  gchar *location;
  gchar *recordings;
  DvrPublishSettings settings;
  guint max_streams;
  GHashTable *recorder_settings;        /* name -> GValue */
  guint port;

  DvrRtmpListener *listener;
  DvrRtmpService service;
  gchar *app;

  /* with the lock */
  GMutex lock;
  GCond cond;
  GThread *worker;
  gboolean stopping;
  gboolean ending;
  GHashTable *pairs;            /* stream -> Pair */
  GQueue new_pairs;
  guint64 n_refused;
};

#define gst_dvr_origin_parent_class parent_class
G_DEFINE_TYPE (GstDvrOrigin, gst_dvr_origin, GST_TYPE_BIN);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (dvrorigin, "dvrorigin", GST_RANK_NONE,
    GST_TYPE_DVR_ORIGIN, GST_DEBUG_CATEGORY_INIT (gst_dvr_origin_debug,
        "dvrorigin", 0, "DVR origin"));

#define SELF_OF_SERVICE(service) ((GstDvrOrigin *) \
    ((guint8 *) (service) - G_STRUCT_OFFSET (GstDvrOrigin, service)))

/* -- pairs -- */

static Pair *
pair_ref (Pair * pair)
{
  g_atomic_int_inc (&pair->refs);
  return pair;
}

static void
pair_unref (Pair * pair)
{
  if (!g_atomic_int_dec_and_test (&pair->refs))
    return;
  dvr_intake_unref (pair->intake);
  g_clear_object (&pair->src);
  g_clear_object (&pair->sink);
  g_free (pair->stream);
  g_free (pair);
}

static void
apply_recorder_settings (GstDvrOrigin * self, GstElement * sink)
{
  GHashTableIter iter;
  gpointer name, value;

  GST_OBJECT_LOCK (self);
  g_hash_table_iter_init (&iter, self->recorder_settings);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_object_set_property (G_OBJECT (sink), name, value);
  GST_OBJECT_UNLOCK (self);
}

/* In the worker: starting a recorder works on the disk. */
static gboolean
build_pair (GstDvrOrigin * self, Pair * pair)
{
  GstBin *bin = GST_BIN (self);
  GstElement *sink = gst_element_factory_make ("rtmpdvrsink", NULL);
  GstElement *src;

  if (!sink) {
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN,
        ("There is no rtmpdvrsink; install the plugin dvrrecord."), (NULL));
    return FALSE;
  }
  src = gst_rtmp_ingest_src_new_for_intake (pair->intake);
  apply_recorder_settings (self, sink);
  GST_OBJECT_LOCK (self);
  g_object_set (sink, "location", self->recordings, "stream", pair->stream,
      NULL);
  GST_OBJECT_UNLOCK (self);
  pair->src = gst_object_ref_sink (src);
  pair->sink = gst_object_ref_sink (sink);
  if (!gst_bin_add (bin, src) || !gst_bin_add (bin, sink)
      || !gst_element_link (src, sink))
    return FALSE;
  GST_INFO_OBJECT (self, "recording %s", pair->stream);
  return gst_element_sync_state_with_parent (sink)
      && gst_element_sync_state_with_parent (src);
}

static void
remove_element (GstDvrOrigin * self, GstElement * element)
{
  if (!element)
    return;
  gst_element_set_locked_state (element, TRUE);
  gst_element_set_state (element, GST_STATE_NULL);
  if (GST_OBJECT_PARENT (element) == GST_OBJECT (self))
    gst_bin_remove (GST_BIN (self), element);
}

/* Not in a loop, and without the lock: recorders finish their segments. */
static void
tear_down_pair (GstDvrOrigin * self, Pair * pair)
{
  dvr_intake_stop (pair->intake);
  remove_element (self, pair->src);
  remove_element (self, pair->sink);
}

/* -- the worker -- */

static gint64
get_keep_time (GstDvrOrigin * self)
{
  guint64 window = 60 * GST_SECOND;
  const GValue *value;

  GST_OBJECT_LOCK (self);
  value = g_hash_table_lookup (self->recorder_settings, "reconnect-window");
  if (value)
    window = g_value_get_uint64 (value);
  GST_OBJECT_UNLOCK (self);
  return window / 1000 + SPARE_TIME;
}

/* Takes a pair out that nobody has published for long enough. */
static Pair *
steal_idle_locked (GstDvrOrigin * self, gint64 keep)
{
  gint64 now = g_get_monotonic_time ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->pairs);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Pair *pair = value;
    DvrIntakeStats stats;

    dvr_intake_get_stats (pair->intake, &stats);
    if (stats.publishing || stats.queued > 0 || !pair->src)
      pair->idle_since = 0;
    else if (pair->idle_since == 0)
      pair->idle_since = now;
    else if (now - pair->idle_since > keep) {
      pair_ref (pair);
      g_hash_table_iter_remove (&iter);
      return pair;
    }
  }
  return NULL;
}

static void
forget_pair (GstDvrOrigin * self, Pair * pair)
{
  g_mutex_lock (&self->lock);
  if (g_hash_table_lookup (self->pairs, pair->stream) == pair)
    g_hash_table_remove (self->pairs, pair->stream);
  g_mutex_unlock (&self->lock);
  tear_down_pair (self, pair);
}

static gpointer
work (gpointer data)
{
  GstDvrOrigin *self = data;

  g_mutex_lock (&self->lock);
  while (!self->stopping) {
    Pair *begun = g_queue_pop_head (&self->new_pairs);
    Pair *idle = NULL;
    gint64 keep;

    g_mutex_unlock (&self->lock);
    if (begun && !build_pair (self, begun))
      forget_pair (self, begun);
    keep = get_keep_time (self);
    g_mutex_lock (&self->lock);
    if (!begun)
      idle = steal_idle_locked (self, keep);
    if (idle) {
      g_mutex_unlock (&self->lock);
      GST_INFO_OBJECT (self, "nobody publishes %s any more", idle->stream);
      tear_down_pair (self, idle);
      g_mutex_lock (&self->lock);
    }
    g_clear_pointer (&begun, pair_unref);
    g_clear_pointer (&idle, pair_unref);
    if (!self->stopping && g_queue_is_empty (&self->new_pairs))
      g_cond_wait_until (&self->cond, &self->lock,
          g_get_monotonic_time () + LOOK_TIME);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* -- publishers -- */

static gboolean
is_guarded (GstDvrOrigin * self)
{
  gboolean guarded;

  GST_OBJECT_LOCK (self);
  guarded = dvr_publish_settings_is_guarded (&self->settings);
  GST_OBJECT_UNLOCK (self);
  return guarded || dvr_publish_guard_has_handler (GST_ELEMENT (self),
      signals[SIGNAL_AUTHORIZE_PUBLISH]);
}

static gboolean
authorize (const gchar * stream, const GstStructure * client,
    gpointer user_data)
{
  return dvr_publish_guard_authorize (user_data,
      signals[SIGNAL_AUTHORIZE_PUBLISH], is_guarded (user_data), stream,
      client);
}

static Pair *
pair_new (GstDvrOrigin * self, const gchar * stream)
{
  Pair *pair = g_new0 (Pair, 1);

  pair->refs = 1;
  pair->stream = g_strdup (stream);
  GST_OBJECT_LOCK (self);
  pair->intake = dvr_publish_settings_new_intake (&self->settings, stream,
      authorize, self);
  GST_OBJECT_UNLOCK (self);
  return pair;
}

/* The stream's pair, or one that becomes it if the publisher is taken. */
static Pair *
get_pair (GstDvrOrigin * self, const gchar * stream, DvrRtmpRefusal * refusal)
{
  Pair *pair;

  g_mutex_lock (&self->lock);
  pair = g_hash_table_lookup (self->pairs, stream);
  if (pair)
    pair_ref (pair);
  else if (self->stopping || self->ending)
    refusal->description = "This server goes down.";
  else if (g_hash_table_size (self->pairs) >= self->max_streams)
    refusal->description = "There are too many streams.";
  else
    pair = pair_new (self, stream);
  if (!pair)
    refusal->code = "NetStream.Publish.BadName";
  g_mutex_unlock (&self->lock);
  return pair;
}

static void
keep_pair (GstDvrOrigin * self, Pair * pair)
{
  g_mutex_lock (&self->lock);
  if (!g_hash_table_contains (self->pairs, pair->stream)) {
    g_hash_table_insert (self->pairs, pair->stream, pair_ref (pair));
    g_queue_push_tail (&self->new_pairs, pair_ref (pair));
    g_cond_signal (&self->cond);
  }
  g_mutex_unlock (&self->lock);
}

static gboolean
is_ours (GstDvrOrigin * self, const gchar * stream)
{
  gsize length = strlen (self->app);

  return length == 0 || (strncmp (stream, self->app, length) == 0
      && stream[length] == '/');
}

static DvrRtmpRole *
publish (DvrRtmpService * service, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, DvrRtmpRefusal * refusal)
{
  GstDvrOrigin *self = SELF_OF_SERVICE (service);
  DvrRtmpRole *role = NULL;
  Pair *pair;

  if (!is_ours (self, ask->stream))
    return NULL;
  pair = get_pair (self, ask->stream, refusal);
  if (pair)
    role = dvr_intake_publish (pair->intake, connection, ask, refusal);
  if (role)
    keep_pair (self, pair);
  else
    gst_dvr_post_status (GST_ELEMENT (self), refusal->code, "error",
        refusal->description, "stream", G_TYPE_STRING, ask->stream,
        "address", G_TYPE_STRING,
        dvr_rtmp_connection_get_address (connection, NULL), NULL);
  g_clear_pointer (&pair, pair_unref);
  return role;
}

/* -- starting and stopping -- */

static gboolean
check_settings (const DvrRtmpLocation * location, const gchar * recordings,
    GError ** error)
{
  if (*location->path && !gst_dvr_is_stream_name (location->path)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "\"%s\" is not the name of an app; the location must look like "
        "rtmp://address:port/app", location->path);
    return FALSE;
  }
  if (!recordings || !*recordings) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "No directory to record into; set the property recordings");
    return FALSE;
  }
  return TRUE;
}

static gboolean
listen_at (GstDvrOrigin * self, const DvrRtmpLocation * location,
    GError ** error)
{
  DvrRtmpListener *listener =
      dvr_rtmp_listener_open (location->host, location->port, error);

  if (!listener)
    return FALSE;
  GST_OBJECT_LOCK (self);
  self->port = dvr_rtmp_listener_get_port (listener);
  GST_OBJECT_UNLOCK (self);
  self->app = g_strdup (location->path);
  self->stopping = self->ending = FALSE;
  self->worker = g_thread_new ("dvr-origin", work, self);
  self->listener = listener;
  dvr_rtmp_listener_add_service (listener, &self->service);
  return TRUE;
}

static gboolean
start (GstDvrOrigin * self)
{
  gchar *uri, *recordings;
  DvrRtmpLocation location;
  GError *error = NULL;
  gboolean ok;

  GST_OBJECT_LOCK (self);
  uri = g_strdup (self->location);
  recordings = g_strdup (self->recordings);
  GST_OBJECT_UNLOCK (self);
  ok = dvr_rtmp_location_parse (&location, uri, &error)
      && check_settings (&location, recordings, &error)
      && listen_at (self, &location, &error);
  if (ok) {
    dvr_publish_guard_warn (GST_ELEMENT (self), location.host,
        is_guarded (self));
    gst_dvr_post_status (GST_ELEMENT (self), "NetConnection.Connect.Success",
        "status", "waiting for publishers", "protocol", G_TYPE_STRING, "rtmp",
        "host", G_TYPE_STRING, location.host, "port", G_TYPE_UINT, self->port,
        "app", G_TYPE_STRING, location.path, NULL);
    g_object_notify (G_OBJECT (self), "current-port");
  } else {
    dvr_publish_guard_post_error (GST_ELEMENT (self), error);
    g_error_free (error);
  }
  dvr_rtmp_location_clear (&location);
  g_free (recordings);
  g_free (uri);
  return ok;
}

/* Nobody publishes any more, and nothing is made any more. */
static void
stop_listening (GstDvrOrigin * self)
{
  if (!self->listener)
    return;
  dvr_rtmp_listener_remove_service (self->listener, &self->service);
  g_clear_pointer (&self->listener, dvr_rtmp_listener_close);
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->worker);
  self->worker = NULL;
  GST_OBJECT_LOCK (self);
  self->port = 0;
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&self->app, g_free);
}

static void
remove_pairs (GstDvrOrigin * self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->pairs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    tear_down_pair (self, value);
  g_hash_table_remove_all (self->pairs);
  g_queue_clear_full (&self->new_pairs, (GDestroyNotify) pair_unref);
}

static GstStateChangeReturn
change_state (GstElement * element, GstStateChange transition)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    stop_listening (self);
  result = GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && result == GST_STATE_CHANGE_FAILURE)) {
    stop_listening (self);
    remove_pairs (self);
  }
  return result;
}

/* EOS ends all recordings; where there are none, it is the end at once. */
static gboolean
send_event (GstElement * element, GstEvent * event)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (element);
  gboolean eos = GST_EVENT_TYPE (event) == GST_EVENT_EOS, none;

  g_mutex_lock (&self->lock);
  self->ending |= eos;
  none = g_hash_table_size (self->pairs) == 0;
  g_mutex_unlock (&self->lock);
  if (!eos || !none)
    return GST_ELEMENT_CLASS (parent_class)->send_event (element, event);
  gst_event_unref (event);
  return gst_element_post_message (element,
      gst_message_new_eos (GST_OBJECT (self)));
}

/* One stream's trouble is not the others': its error is a warning here. */
static void
handle_message (GstBin * bin, GstMessage * message)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (bin);
  GError *error = NULL;
  gchar *debug = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR
      || GST_MESSAGE_SRC (message) == GST_OBJECT (bin)) {
    GST_BIN_CLASS (parent_class)->handle_message (bin, message);
    return;
  }
  gst_message_parse_error (message, &error, &debug);
  GST_WARNING_OBJECT (self, "%s (%s)", error->message, GST_STR_NULL (debug));
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_warning (GST_MESSAGE_SRC (message), error, debug));
  g_clear_error (&error);
  g_free (debug);
  gst_message_unref (message);
}

/* -- properties -- */

static GstStructure *
get_stats (GstDvrOrigin * self)
{
  guint streams, publishing = 0;
  guint64 bytes = 0;
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&self->lock);
  streams = g_hash_table_size (self->pairs);
  g_hash_table_iter_init (&iter, self->pairs);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    DvrIntakeStats stats;

    dvr_intake_get_stats (((Pair *) value)->intake, &stats);
    publishing += stats.publishing;
    bytes += stats.bytes;
  }
  g_mutex_unlock (&self->lock);
  return gst_structure_new ("application/x-dvrorigin-stats",
      "streams", G_TYPE_UINT, streams, "publishing", G_TYPE_UINT, publishing,
      "bytes", G_TYPE_UINT64, bytes, NULL);
}

typedef void (*PairFunc) (GstDvrOrigin * self, Pair * pair);

static void
for_each_pair (GstDvrOrigin * self, PairFunc func)
{
  GList *pairs, *l;

  g_mutex_lock (&self->lock);
  pairs = g_hash_table_get_values (self->pairs);
  for (l = pairs; l; l = l->next)
    pair_ref (l->data);
  g_mutex_unlock (&self->lock);
  for (l = pairs; l; l = l->next)
    func (self, l->data);
  g_list_free_full (pairs, (GDestroyNotify) pair_unref);
}

static void
update_pair (GstDvrOrigin * self, Pair * pair)
{
  GST_OBJECT_LOCK (self);
  dvr_publish_settings_apply (&self->settings, pair->intake);
  GST_OBJECT_UNLOCK (self);
}

static void
update_recorder (GstDvrOrigin * self, Pair * pair)
{
  if (pair->sink)
    apply_recorder_settings (self, pair->sink);
}

static void
set_recorder_property (GstDvrOrigin * self, const GValue * value,
    GParamSpec * pspec)
{
  GValue *copy = g_new0 (GValue, 1);

  g_value_init (copy, G_VALUE_TYPE (value));
  g_value_copy (value, copy);
  GST_OBJECT_LOCK (self);
  g_hash_table_replace (self->recorder_settings, g_strdup (pspec->name), copy);
  GST_OBJECT_UNLOCK (self);
  if (pspec->flags & GST_PARAM_MUTABLE_PLAYING)
    for_each_pair (self, update_recorder);
}

static void
get_recorder_property (GstDvrOrigin * self, GValue * value, GParamSpec * pspec)
{
  const GValue *set;

  GST_OBJECT_LOCK (self);
  set = g_hash_table_lookup (self->recorder_settings, pspec->name);
  if (set)
    g_value_copy (set, value);
  else
    g_param_value_set_default (pspec, value);
  GST_OBJECT_UNLOCK (self);
}

static void
set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (object);
  gboolean known = TRUE;

  if (id < GST_DVR_RECORD_N_PROPS) {
    set_recorder_property (self, value, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_LOCATION:
      g_free (self->location);
      self->location = g_value_dup_string (value);
      break;
    case PROP_RECORDINGS:
      g_free (self->recordings);
      self->recordings = g_value_dup_string (value);
      break;
    case PROP_MAX_STREAMS:
      self->max_streams = g_value_get_uint (value);
      break;
    default:
      known = dvr_publish_settings_set (&self->settings, id, value);
      break;
  }
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  for_each_pair (self, update_pair);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (object);
  gboolean known = TRUE;

  if (id < GST_DVR_RECORD_N_PROPS) {
    get_recorder_property (self, value, pspec);
    return;
  }
  if (id == PROP_STATS) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_LOCATION:
      g_value_set_string (value, self->location);
      break;
    case PROP_RECORDINGS:
      g_value_set_string (value, self->recordings);
      break;
    case PROP_MAX_STREAMS:
      g_value_set_uint (value, self->max_streams);
      break;
    case PROP_CURRENT_PORT:
      g_value_set_int (value, self->port > 0 ? (gint) self->port : -1);
      break;
    default:
      known = dvr_publish_settings_get (&self->settings, id, value);
      break;
  }
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
value_free (gpointer value)
{
  g_value_unset (value);
  g_free (value);
}

static void
finalize (GObject * object)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (object);

  g_hash_table_unref (self->pairs);
  g_hash_table_unref (self->recorder_settings);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->location);
  g_free (self->recordings);
  dvr_publish_settings_clear (&self->settings);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_dvr_origin_init (GstDvrOrigin * self)
{
  const GstElementFlags both = GST_ELEMENT_FLAG_SOURCE | GST_ELEMENT_FLAG_SINK;

  self->location = g_strdup (DEFAULT_LOCATION);
  dvr_publish_settings_init (&self->settings);
  self->max_streams = DEFAULT_MAX_STREAMS;
  self->service.publish = publish;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->new_pairs);
  self->pairs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) pair_unref);
  self->recorder_settings = g_hash_table_new_full (g_str_hash, g_str_equal,
      g_free, value_free);
  /* It is both, also while there is nothing in it. */
  gst_bin_set_suppressed_flags (GST_BIN (self), both);
  GST_OBJECT_FLAG_SET (self, both);
}

static void
install_properties (GObjectClass * klass)
{
  const GParamFlags ready = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_READY;
  const GParamFlags playing = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  g_object_class_install_property (klass, PROP_LOCATION,
      g_param_spec_string ("location", "Location", "Where to listen, and under "
          "which app: rtmp://address:port/app (port 0 = any free one; without "
          "an app, all of them)", DEFAULT_LOCATION, ready));
  g_object_class_install_property (klass, PROP_RECORDINGS,
      g_param_spec_string ("recordings", "Recordings", "Directory to record "
          "into; made if it is missing", NULL, ready));
  dvr_publish_settings_install (klass);
  g_object_class_install_property (klass, PROP_MAX_STREAMS,
      g_param_spec_uint ("max-streams", "Max Streams", "How many streams are "
          "recorded at once; more publishers are refused", 1, G_MAXUINT,
          DEFAULT_MAX_STREAMS, playing));
  g_object_class_install_property (klass, PROP_CURRENT_PORT,
      g_param_spec_int ("current-port", "Current Port", "Port that it listens "
          "on (-1 = none)", -1, 65535, -1, readable));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "Counters of streams and "
          "publishers", GST_TYPE_STRUCTURE, readable));
  gst_dvr_record_settings_install_shared (klass);
}

static void
gst_dvr_origin_class_init (GstDvrOriginClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties (object_class);

  /**
   * GstDvrOrigin::authorize-publish:
   * @self: the element
   * @stream: the stream's name
   * @client: protocol, address, port, query, type, agent
   *
   * Somebody wants to publish and has shown the key, if there is one. Comes
   * from an internal thread, which serves other clients too: handlers must not
   * block.
   *
   * Returns: whether it may; all handlers must agree
   */
  signals[SIGNAL_AUTHORIZE_PUBLISH] =
      dvr_publish_guard_signal_new (G_TYPE_FROM_CLASS (klass));

  element_class->change_state = GST_DEBUG_FUNCPTR (change_state);
  element_class->send_event = GST_DEBUG_FUNCPTR (send_event);
  GST_BIN_CLASS (klass)->handle_message = GST_DEBUG_FUNCPTR (handle_message);
  gst_element_class_set_static_metadata (element_class, "DVR origin",
      "Source/Sink/Network", "Records whatever is published under an RTMP app",
      "The gst-plugins-dvr authors");
}
