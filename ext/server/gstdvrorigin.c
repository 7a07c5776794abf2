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

#include <gst/dvr/gstdvrname.h>

#include "dvrrecorders.h"
#include "gstdvrorigin.h"
#include "record/gstdvrrecordsettings.h"

GST_DEBUG_CATEGORY (gst_dvr_origin_debug);
#define GST_CAT_DEFAULT gst_dvr_origin_debug

#define DEFAULT_LOCATION "rtmp://localhost:1935/live"
#define DEFAULT_MAX_STREAMS 1000
/* Below are those of rtmpdvrsink. */
enum
{
  PROP_RECORDINGS = GST_DVR_RECORD_N_PROPS,
  PROP_MAX_STREAMS,
  PROP_STATS
};

struct _GstDvrOrigin
{
  GstBin parent;

  DvrPublishDoor door;
  DvrRecorders *recorders;
  gchar *app;                   /* while it listens */
};

#define gst_dvr_origin_parent_class parent_class
G_DEFINE_TYPE (GstDvrOrigin, gst_dvr_origin, GST_TYPE_BIN);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (dvrorigin, "dvrorigin", GST_RANK_NONE,
    GST_TYPE_DVR_ORIGIN, GST_DEBUG_CATEGORY_INIT (gst_dvr_origin_debug,
        "dvrorigin", 0, "DVR origin"));

/* -- publishers -- */

static gboolean
is_ours (GstDvrOrigin * self, const gchar * stream)
{
  gsize length = strlen (self->app);

  return length == 0 || (strncmp (stream, self->app, length) == 0
      && stream[length] == '/');
}

static DvrRtmpRole *
publish (GstElement * element, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, DvrRtmpRefusal * refusal)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (element);

  if (!is_ours (self, ask->stream))
    return NULL;
  return dvr_recorders_publish (self->recorders, connection, ask, refusal);
}

/* -- starting and stopping -- */

static gboolean
prepare (GstElement * element, const gchar * path, GError ** error)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (element);
  const gchar *directory;
  gboolean nowhere;

  if (*path && !gst_dvr_is_stream_name (path)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "\"%s\" is not the name of an app; the location must look like "
        "rtmp://address:port/app", path);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  directory = dvr_recorders_get_directory (self->recorders);
  nowhere = !directory || !*directory;
  GST_OBJECT_UNLOCK (self);
  if (nowhere) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "No directory to record into; set the property recordings");
    return FALSE;
  }
  self->app = g_strdup (path);
  dvr_recorders_start (self->recorders);
  return TRUE;
}

static const DvrPublishDoorClass door_class = {
  "waiting for publishers", "app", prepare, publish
};

/* Nobody publishes any more, and nothing is made any more. */
static void
stop_listening (GstDvrOrigin * self)
{
  dvr_publish_door_close (&self->door);
  dvr_recorders_stop (self->recorders);
  g_clear_pointer (&self->app, g_free);
}

static GstStateChangeReturn
change_state (GstElement * element, GstStateChange transition)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && !dvr_publish_door_open (&self->door)) {
    stop_listening (self);
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    stop_listening (self);
  result = GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && result == GST_STATE_CHANGE_FAILURE)) {
    stop_listening (self);
    dvr_recorders_clear (self->recorders);
  }
  return result;
}

/* EOS ends all recordings; where there are none, it is the end at once. */
static gboolean
send_event (GstElement * element, GstEvent * event)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (element);

  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS
      || !dvr_recorders_end (self->recorders))
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

static void
set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (object);
  gboolean known = TRUE;

  if (id < GST_DVR_RECORD_N_PROPS) {
    dvr_recorders_set_property (self->recorders, value, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  if (id == PROP_RECORDINGS)
    dvr_recorders_set_directory (self->recorders, g_value_get_string (value));
  else if (id == PROP_MAX_STREAMS)
    dvr_recorders_set_max_streams (self->recorders, g_value_get_uint (value));
  else
    known = dvr_publish_door_set (&self->door, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  dvr_recorders_update_intakes (self->recorders);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (object);
  gboolean known = TRUE;

  if (id < GST_DVR_RECORD_N_PROPS) {
    dvr_recorders_get_property (self->recorders, value, pspec);
    return;
  }
  if (id == PROP_STATS) {
    g_value_take_boxed (value, dvr_recorders_get_stats (self->recorders));
    return;
  }
  GST_OBJECT_LOCK (self);
  if (id == PROP_RECORDINGS)
    g_value_set_string (value, dvr_recorders_get_directory (self->recorders));
  else if (id == PROP_MAX_STREAMS)
    g_value_set_uint (value, dvr_recorders_get_max_streams (self->recorders));
  else
    known = dvr_publish_door_get (&self->door, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
finalize (GObject * object)
{
  GstDvrOrigin *self = GST_DVR_ORIGIN (object);

  dvr_recorders_free (self->recorders);
  dvr_publish_door_clear (&self->door);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_dvr_origin_init (GstDvrOrigin * self)
{
  const GstElementFlags both = GST_ELEMENT_FLAG_SOURCE | GST_ELEMENT_FLAG_SINK;

  dvr_publish_door_init (&self->door, &door_class, GST_ELEMENT (self),
      DEFAULT_LOCATION);
  self->recorders = dvr_recorders_new (GST_ELEMENT (self), &self->door);
  dvr_recorders_set_max_streams (self->recorders, DEFAULT_MAX_STREAMS);
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
  dvr_publish_door_install (klass, "Where to listen, and under which app: "
      "rtmp://address:port/app (port 0 = any free one; without an app, all of "
      "them)", DEFAULT_LOCATION);
  g_object_class_install_property (klass, PROP_RECORDINGS,
      g_param_spec_string ("recordings", "Recordings", "Directory to record "
          "into; made if it is missing", NULL, ready));
  g_object_class_install_property (klass, PROP_MAX_STREAMS,
      g_param_spec_uint ("max-streams", "Max Streams", "How many streams are "
          "recorded at once; more publishers are refused", 1, G_MAXUINT,
          DEFAULT_MAX_STREAMS, playing));
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

  element_class->change_state = GST_DEBUG_FUNCPTR (change_state);
  element_class->send_event = GST_DEBUG_FUNCPTR (send_event);
  GST_BIN_CLASS (klass)->handle_message = GST_DEBUG_FUNCPTR (handle_message);
  gst_element_class_set_static_metadata (element_class, "DVR origin",
      "Source/Sink/Network", "Records whatever is published under an RTMP app",
      "The gst-plugins-dvr authors");
}
