/* gstrtmpingestsrc.c: takes an RTMP publisher in
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-rtmpingestsrc
 * @title: rtmpingestsrc
 *
 * Listens for an RTMP publisher (OBS, ffmpeg, rtmp2sink, a hardware encoder)
 * of one stream, and gives what it sends as FLV. When the publisher goes, it
 * says so downstream with a custom event `dvr-away` and waits for the next,
 * whose FLV is a stream of its own: STREAM_START, SEGMENT, DISCONT.
 *
 * Elements of one process that name the same address and port share the
 * listener, so that many streams, and the viewers of #dvrserversink, can use
 * one port.
 *
 * ## Example
 *
 * |[
 * gst-launch-1.0 rtmpingestsrc location=rtmp://localhost:1935/live/cam1 ! \
 *     rtmpdvrsink location=/tmp/dvr stream=live/cam1
 * ]|
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gio/gio.h>

#include <gst/dvr/gstdvrlink.h>
#include <gst/dvr/gstdvrname.h>

#include "flv/flvwriter.h"

#include "dvrpublishdoor.h"
#include "gstrtmpingestsrc.h"

GST_DEBUG_CATEGORY_STATIC (gst_rtmp_ingest_src_debug);
#define GST_CAT_DEFAULT gst_rtmp_ingest_src_debug

#define DEFAULT_LOCATION "rtmp://localhost:1935/live/stream"

enum
{
  PROP_0,
  PROP_EOS_ON_UNPUBLISH,
  PROP_STATS
};

struct _GstRtmpIngestSrc
{
  GstPushSrc parent;

  /* with the object lock: settings, and what runs */
  DvrPublishDoor door;
  gboolean eos_on_unpublish;
  DvrIntake *intake;
  DvrIntake *given;

  /* streaming thread */
  guint n_publishers;
};

static GstStaticPadTemplate src_template =
GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-flv"));

#define gst_rtmp_ingest_src_parent_class parent_class
G_DEFINE_TYPE (GstRtmpIngestSrc, gst_rtmp_ingest_src, GST_TYPE_PUSH_SRC);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (rtmpingestsrc, "rtmpingestsrc",
    GST_RANK_NONE, GST_TYPE_RTMP_INGEST_SRC,
    GST_DEBUG_CATEGORY_INIT (gst_rtmp_ingest_src_debug, "rtmpingestsrc", 0,
        "RTMP ingest"));

/* -- coming and going -- */

static gboolean
prepare (GstElement * element, const gchar * path, GError ** error)
{
  GstRtmpIngestSrc *self = GST_RTMP_INGEST_SRC (element);
  DvrIntake *intake;

  if (!gst_dvr_is_stream_name (path)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "\"%s\" is not the name of a stream; the location must look like "
        "rtmp://address:port/app/stream", path);
    return FALSE;
  }
  intake = dvr_publish_door_new_intake (&self->door, path);
  GST_OBJECT_LOCK (self);
  self->intake = intake;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static DvrRtmpRole *
publish (GstElement * element, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, DvrRtmpRefusal * refusal)
{
  GstRtmpIngestSrc *self = GST_RTMP_INGEST_SRC (element);

  if (g_strcmp0 (ask->stream, dvr_intake_get_stream (self->intake)) != 0)
    return NULL;
  return dvr_intake_publish (self->intake, connection, ask, refusal);
}

static const DvrPublishDoorClass door_class = {
  "waiting for a publisher", "stream", prepare, publish
};

static void
drop_intake (GstRtmpIngestSrc * self)
{
  DvrIntake *intake;

  GST_OBJECT_LOCK (self);
  intake = g_steal_pointer (&self->intake);
  GST_OBJECT_UNLOCK (self);
  if (!intake)
    return;
  dvr_intake_stop (intake);
  dvr_intake_unref (intake);
}

static gboolean
start (GstBaseSrc * src)
{
  GstRtmpIngestSrc *self = GST_RTMP_INGEST_SRC (src);

  self->n_publishers = 0;
  if (self->given) {
    GST_OBJECT_LOCK (self);
    self->intake = dvr_intake_ref (self->given);
    GST_OBJECT_UNLOCK (self);
    return TRUE;
  }
  if (dvr_publish_door_open (&self->door))
    return TRUE;
  drop_intake (self);
  return FALSE;
}

static gboolean
stop (GstBaseSrc * src)
{
  GstRtmpIngestSrc *self = GST_RTMP_INGEST_SRC (src);

  dvr_publish_door_close (&self->door);
  drop_intake (self);
  return TRUE;
}

static gboolean
unlock (GstBaseSrc * src)
{
  GstRtmpIngestSrc *self = GST_RTMP_INGEST_SRC (src);

  if (self->intake)
    dvr_intake_set_flushing (self->intake, TRUE);
  return TRUE;
}

static gboolean
unlock_stop (GstBaseSrc * src)
{
  GstRtmpIngestSrc *self = GST_RTMP_INGEST_SRC (src);

  if (self->intake)
    dvr_intake_set_flushing (self->intake, FALSE);
  return TRUE;
}

/* -- streaming -- */

static GstBuffer *
begin_stream (GstRtmpIngestSrc * self, const GstStructure * client)
{
  GstBaseSrc *src = GST_BASE_SRC (self);
  GstBuffer *header;
  GstSegment segment;

  gst_dvr_post_status (GST_ELEMENT (self), "NetStream.Publish.Start", "status",
      "a publisher has begun", "client", GST_TYPE_STRUCTURE, client, NULL);
  if (self->n_publishers++ > 0) {
    gchar *id = gst_pad_create_stream_id_printf (GST_BASE_SRC_PAD (src),
        GST_ELEMENT (self), "%u", self->n_publishers);
    GstEvent *event = gst_event_new_stream_start (id);

    gst_event_set_group_id (event, gst_util_group_id_next ());
    gst_pad_push_event (GST_BASE_SRC_PAD (src), event);
    g_free (id);
  }
  gst_base_src_set_caps (src, gst_static_caps_get (&src_template.static_caps));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_base_src_new_segment (src, &segment);
  header = gst_flv_write_header (TRUE, TRUE);
  GST_BUFFER_FLAG_SET (header, GST_BUFFER_FLAG_DISCONT);
  return header;
}

/* Returns: whether the stream is over */
static gboolean
end_stream (GstRtmpIngestSrc * self, DvrIntakeItemType type)
{
  gboolean eos;

  if (type == DVR_INTAKE_END)
    gst_dvr_post_status (GST_ELEMENT (self), "NetStream.Unpublish.Success",
        "status", "the publisher has ended", NULL, NULL);
  else
    gst_dvr_post_status (GST_ELEMENT (self), "NetConnection.Connect.Closed",
        "warning", "the publisher is gone without a word", NULL, NULL);
  GST_OBJECT_LOCK (self);
  eos = self->eos_on_unpublish;
  GST_OBJECT_UNLOCK (self);
  if (!eos)
    gst_pad_push_event (GST_BASE_SRC_PAD (self),
        gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
            gst_structure_new ("dvr-away", "away", G_TYPE_BOOLEAN, TRUE,
                NULL)));
  return eos;
}

static GstFlowReturn
create (GstPushSrc * src, GstBuffer ** buffer)
{
  GstRtmpIngestSrc *self = GST_RTMP_INGEST_SRC (src);
  GstFlowReturn result = GST_FLOW_OK;

  *buffer = NULL;
  while (!*buffer && result == GST_FLOW_OK) {
    DvrIntakeItem item;

    dvr_intake_pull (self->intake, &item);
    switch (item.type) {
      case DVR_INTAKE_BEGIN:
        *buffer = begin_stream (self, item.client);
        break;
      case DVR_INTAKE_TAG:
        *buffer = g_steal_pointer (&item.tag);
        break;
      case DVR_INTAKE_END:
      case DVR_INTAKE_LOST:
        if (end_stream (self, item.type))
          result = GST_FLOW_EOS;
        break;
      case DVR_INTAKE_STOPPED:
        result = GST_FLOW_FLUSHING;
        break;
    }
    dvr_intake_item_clear (&item);
  }
  return result;
}

static gboolean
is_seekable (GstBaseSrc * src)
{
  return FALSE;
}

/* -- element -- */

static GstStructure *
get_stats (GstRtmpIngestSrc * self)
{
  DvrIntakeStats stats = { 0, };
  DvrIntake *intake;

  GST_OBJECT_LOCK (self);
  intake = self->intake ? dvr_intake_ref (self->intake) : NULL;
  GST_OBJECT_UNLOCK (self);
  if (intake)
    dvr_intake_get_stats (intake, &stats);
  g_clear_pointer (&intake, dvr_intake_unref);
  return gst_structure_new ("application/x-rtmpingestsrc-stats",
      "publishing", G_TYPE_BOOLEAN, stats.publishing,
      "publishers", G_TYPE_UINT64, stats.publishers,
      "refused", G_TYPE_UINT64, stats.refused,
      "tags", G_TYPE_UINT64, stats.tags,
      "bytes", G_TYPE_UINT64, stats.bytes,
      "queued-bytes", G_TYPE_UINT64, stats.queued, NULL);
}

static void
set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstRtmpIngestSrc *self = GST_RTMP_INGEST_SRC (object);
  gboolean known = TRUE;

  GST_OBJECT_LOCK (self);
  if (id == PROP_EOS_ON_UNPUBLISH)
    self->eos_on_unpublish = g_value_get_boolean (value);
  else
    known = dvr_publish_door_set (&self->door, id, value);
  if (self->intake && !self->given)
    dvr_publish_door_update (&self->door, self->intake);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstRtmpIngestSrc *self = GST_RTMP_INGEST_SRC (object);
  gboolean known = TRUE;

  if (id == PROP_STATS) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  if (id == PROP_EOS_ON_UNPUBLISH)
    g_value_set_boolean (value, self->eos_on_unpublish);
  else
    known = dvr_publish_door_get (&self->door, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
finalize (GObject * object)
{
  GstRtmpIngestSrc *self = GST_RTMP_INGEST_SRC (object);

  g_clear_pointer (&self->given, dvr_intake_unref);
  dvr_publish_door_clear (&self->door);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_rtmp_ingest_src_init (GstRtmpIngestSrc * self)
{
  dvr_publish_door_init (&self->door, &door_class, GST_ELEMENT (self),
      DEFAULT_LOCATION);
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_base_src_set_live (GST_BASE_SRC (self), FALSE);
}

static void
install_properties (GObjectClass * klass)
{
  const GParamFlags playing = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * GstRtmpIngestSrc::authorize-publish:
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
  dvr_publish_door_install (klass, "Where to listen, and for which stream: "
      "rtmp://address:port/app/stream (port 0 = any free one)",
      DEFAULT_LOCATION);
  g_object_class_install_property (klass, PROP_EOS_ON_UNPUBLISH,
      g_param_spec_boolean ("eos-on-unpublish", "EOS On Unpublish", "Send EOS "
          "when the publisher is gone, instead of waiting for the next", FALSE,
          playing));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "Counters of publishers and "
          "what they sent", GST_TYPE_STRUCTURE, readable));
}

static void
gst_rtmp_ingest_src_class_init (GstRtmpIngestSrcClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);
  GstPushSrcClass *push_class = GST_PUSH_SRC_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties (object_class);

  src_class->start = GST_DEBUG_FUNCPTR (start);
  src_class->stop = GST_DEBUG_FUNCPTR (stop);
  src_class->unlock = GST_DEBUG_FUNCPTR (unlock);
  src_class->unlock_stop = GST_DEBUG_FUNCPTR (unlock_stop);
  src_class->is_seekable = GST_DEBUG_FUNCPTR (is_seekable);
  push_class->create = GST_DEBUG_FUNCPTR (create);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "RTMP ingest",
      "Source/Network", "Takes an RTMP publisher in and gives FLV",
      "The gst-plugins-dvr authors");
}

/**
 * gst_rtmp_ingest_src_new_for_intake:
 * @intake: filled by somebody else
 *
 * Returns: (transfer floating): an element that does not listen
 */
GstElement *
gst_rtmp_ingest_src_new_for_intake (DvrIntake * intake)
{
  GstRtmpIngestSrc *self = g_object_new (GST_TYPE_RTMP_INGEST_SRC, NULL);

  self->given = dvr_intake_ref (intake);
  return GST_ELEMENT (self);
}
