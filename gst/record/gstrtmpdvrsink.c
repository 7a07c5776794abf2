/* gstrtmpdvrsink.c: rtmpdvrsink, which records an FLV stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-rtmpdvrsink
 * @title: rtmpdvrsink
 * @short_description: records an FLV stream for DVR delivery
 *
 * rtmpdvrsink takes FLV, as RTMP carries it, and records it into a directory:
 * fragmented MP4 segments, cut at keyframes, and a playlist that any web
 * server can serve while it grows. proxystreamsrc reads such a directory.
 *
 * It works behind whatever gives FLV: rtmpingestsrc, rtmp2src, flvmux with
 * `streamable=true`, filesrc, fdsrc. The stream runs on for ever: a publisher
 * that goes away is listed as gaps for #GstRtmpDvrSink:reconnect-window, and
 * goes on in the same list when it returns. End of stream ends the list; a
 * later run continues it.
 *
 * Every finished segment is told of by an element message `dvr-segment`, and
 * what else happens by `dvr-status`; docs/rtmpdvrsink.md lists their fields.
 *
 * An upstream element tells that its publisher has gone by a
 * %GST_EVENT_CUSTOM_DOWNSTREAM event with a structure named `dvr-away` and a
 * boolean field `away`. Without it, the recorder notices when nothing comes
 * for #GstRtmpDvrSink:max-segment-duration.
 *
 * ## Example launch line
 *
 * |[
 * gst-launch-1.0 -e videotestsrc is-live=true ! x264enc tune=zerolatency key-int-max=60 ! h264parse ! mux. audiotestsrc is-live=true ! voaacenc ! aacparse ! mux. flvmux name=mux streamable=true ! rtmpdvrsink location=/tmp/dvr stream=live/cam1
 * ]|
 * Records a test picture and tone as the stream live/cam1 into /tmp/dvr.
 *
 * |[
 * gst-launch-1.0 rtmp2src location=rtmp://localhost/live/cam1 ! rtmpdvrsink location=/tmp/dvr stream=live/cam1 window=7200000000000
 * ]|
 * Records what an RTMP server has, and keeps the last two hours of it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstrtmpdvrsink.h"

#include <gst/dvr/gstdvrlink.h>

#include "gstdvrrecorder.h"
#include "gstdvrrecordsettings.h"

struct _GstRtmpDvrSink
{
  GstBaseSink parent;

  /* Under the object lock. */
  GstDvrRecordSettings settings;
  GstDvrRecorderStats stats;

  /* Under the pad's stream lock, or while the pad is inactive. */
  GstDvrRecorder *recorder;
  GstCaps *caps;
  gboolean has_input;
  gboolean discont;             /* another stream may follow */
  gboolean away;
  gboolean failed;
  GstClockTime last_input;
  gchar *run_stream;            /* what is being recorded */
  GstClockTime max_silence;
  GstClockTime tick;            /* how often to look at the time */

  GThread *timer;
  GMutex timer_lock;            /* protects @timer_stop */
  GCond timer_cond;
  gboolean timer_stop;
};

GST_DEBUG_CATEGORY_STATIC (gst_rtmp_dvr_sink_debug);
#define GST_CAT_DEFAULT gst_rtmp_dvr_sink_debug

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-flv"));

#define gst_rtmp_dvr_sink_parent_class parent_class
G_DEFINE_FINAL_TYPE (GstRtmpDvrSink, gst_rtmp_dvr_sink, GST_TYPE_BASE_SINK);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (rtmpdvrsink, "rtmpdvrsink",
    GST_RANK_NONE, GST_TYPE_RTMP_DVR_SINK,
    GST_DEBUG_CATEGORY_INIT (gst_rtmp_dvr_sink_debug, "rtmpdvrsink", 0,
        "DVR recorder"));

static GstClockTime
now (void)
{
  return g_get_monotonic_time () * GST_USECOND;
}

/* Telling */

static void
recorder_status (gpointer user_data, const gchar * code, const gchar * level,
    const gchar * description)
{
  GstRtmpDvrSink *self = user_data;

  gst_dvr_post_status (GST_ELEMENT (self), code, level, description, "stream",
      G_TYPE_STRING, self->run_stream, NULL);
}

static void
recorder_segment (gpointer user_data, const GstDvrEntry * entry)
{
  GstRtmpDvrSink *self = user_data;
  GstStructure *s = gst_structure_new ("dvr-segment",
      "stream", G_TYPE_STRING, self->run_stream,
      "recording", G_TYPE_STRING, entry->recording,
      "number", G_TYPE_UINT64, entry->number,
      "init", G_TYPE_UINT, entry->init,
      "discontinuity", G_TYPE_UINT, entry->discontinuity,
      "start", G_TYPE_UINT64, entry->start,
      "duration", G_TYPE_UINT64, entry->duration,
      "wall-time", G_TYPE_INT64, entry->wall_time,
      "size", G_TYPE_UINT64, entry->size, NULL);

  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), s));
}

static const GstDvrRecorderFuncs recorder_funcs = {
  recorder_status, recorder_segment
};

static const gchar *
status_code (const GError * error)
{
  if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY) ||
      g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_OPEN_WRITE))
    return "NetStream.Record.NoAccess";
  return "NetStream.Record.Failed";
}

/* Ends the element: says why, once. Takes @error. */
static void
fail (GstRtmpDvrSink * self, GError * error)
{
  GQuark domain = error->domain;
  gint code = error->code;

  if (domain != GST_RESOURCE_ERROR && domain != GST_STREAM_ERROR) {
    domain = GST_STREAM_ERROR;
    code = GST_STREAM_ERROR_FORMAT;
  }
  self->failed = TRUE;
  recorder_status (self, status_code (error), "error", error->message);
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR, domain,
      code, g_strdup (error->message), NULL, __FILE__, GST_FUNCTION, __LINE__);
  g_error_free (error);
}

static void
update_stats (GstRtmpDvrSink * self)
{
  GstDvrRecorderStats stats;

  gst_dvr_recorder_get_stats (self->recorder, &stats);
  GST_OBJECT_LOCK (self);
  self->stats = stats;
  GST_OBJECT_UNLOCK (self);
}

static GstStructure *
get_stats (GstRtmpDvrSink * self)
{
  GstStructure *s = gst_base_sink_get_stats (GST_BASE_SINK (self));
  GstDvrRecorderStats stats;

  GST_OBJECT_LOCK (self);
  stats = self->stats;
  GST_OBJECT_UNLOCK (self);
  gst_structure_set_name (s, "application/x-rtmpdvrsink-stats");
  gst_structure_set (s,
      "recording", G_TYPE_BOOLEAN, stats.recording,
      "disk-full", G_TYPE_BOOLEAN, stats.disk_full,
      "segments", G_TYPE_UINT64, stats.segments,
      "gaps", G_TYPE_UINT64, stats.gaps,
      "bytes", G_TYPE_UINT64, stats.bytes,
      "duration", G_TYPE_UINT64, stats.duration,
      "start", G_TYPE_UINT64, stats.start,
      "end", G_TYPE_UINT64, stats.end,
      "discontinuities", G_TYPE_UINT64, stats.segmenter.discontinuities,
      "timestamp-jumps", G_TYPE_UINT64, stats.segmenter.jumps,
      "samples-filled", G_TYPE_UINT64, stats.segmenter.filled,
      "timestamps-repaired", G_TYPE_UINT64, stats.segmenter.repaired,
      "samples-dropped", G_TYPE_UINT64, stats.segmenter.dropped +
      stats.audio_dropped,
      "audio-resyncs", G_TYPE_UINT64, stats.audio_resyncs,
      "skew", G_TYPE_INT64, stats.segmenter.skew,
      "skipped-bytes", G_TYPE_UINT64, stats.skipped_bytes,
      "warnings", G_TYPE_UINT64, stats.warnings, NULL);
  return s;
}

/* Time, while nothing comes. The stream lock keeps it apart from data; where
 * it is taken, data comes, or is held in PAUSED, and there is nothing to do. */

static gboolean
on_timer (GstRtmpDvrSink * self, GError ** error)
{
  if (!self->recorder || self->failed
      || gst_dvr_peek_state (GST_ELEMENT (self)) != GST_STATE_PLAYING)
    return TRUE;
  if (!self->away && self->has_input
      && now () > self->last_input + self->max_silence) {
    self->away = TRUE;
    if (!gst_dvr_recorder_away (self->recorder, error))
      return FALSE;
  }
  return gst_dvr_recorder_tick (self->recorder, error);
}

static gpointer
timer_func (gpointer data)
{
  GstRtmpDvrSink *self = data;
  GstPad *pad = GST_BASE_SINK_PAD (self);
  gint64 interval = MIN (self->tick, GST_SECOND) / GST_USECOND;

  g_mutex_lock (&self->timer_lock);
  while (!self->timer_stop) {
    GError *error = NULL;

    if (g_cond_wait_until (&self->timer_cond, &self->timer_lock,
            g_get_monotonic_time () + interval))
      continue;
    g_mutex_unlock (&self->timer_lock);
    if (GST_PAD_STREAM_TRYLOCK (pad)) {
      if (!on_timer (self, &error))
        fail (self, error);
      if (self->recorder)
        update_stats (self);
      GST_PAD_STREAM_UNLOCK (pad);
    }
    g_mutex_lock (&self->timer_lock);
  }
  g_mutex_unlock (&self->timer_lock);
  return NULL;
}

static void
stop_timer (GstRtmpDvrSink * self)
{
  if (!self->timer)
    return;
  g_mutex_lock (&self->timer_lock);
  self->timer_stop = TRUE;
  g_cond_signal (&self->timer_cond);
  g_mutex_unlock (&self->timer_lock);
  g_thread_join (self->timer);
  self->timer = NULL;
}

/* Starting and stopping */

static gboolean
gst_rtmp_dvr_sink_start (GstBaseSink * sink)
{
  GstRtmpDvrSink *self = GST_RTMP_DVR_SINK (sink);
  GstDvrStoreConfig config;
  GstClockTime chunk_duration;
  gchar *location;
  GError *error = NULL;

  GST_OBJECT_LOCK (self);
  config = self->settings.config;
  chunk_duration = self->settings.chunk_duration;
  location = g_strdup (self->settings.location);
  g_free (self->run_stream);
  self->run_stream = g_strdup (self->settings.stream);
  self->settings.changed = FALSE;
  memset (&self->stats, 0, sizeof (self->stats));
  GST_OBJECT_UNLOCK (self);

  self->failed = self->has_input = self->discont = self->away = FALSE;
  self->max_silence = config.max_segment_duration;
  self->tick = config.target_duration / 2;
  if (gst_dvr_record_settings_check (location, self->run_stream, &config,
          &error))
    self->recorder =
        gst_dvr_recorder_new (location, self->run_stream, &config,
        chunk_duration, &recorder_funcs, self, &error);
  g_free (location);
  if (!self->recorder) {
    fail (self, error);
    return FALSE;
  }
  update_stats (self);
  self->timer_stop = FALSE;
  self->timer = g_thread_new ("rtmpdvrsink", timer_func, self);
  return TRUE;
}

static gboolean
gst_rtmp_dvr_sink_stop (GstBaseSink * sink)
{
  GstRtmpDvrSink *self = GST_RTMP_DVR_SINK (sink);
  GError *error = NULL;

  stop_timer (self);
  if (self->recorder) {
    if (!gst_dvr_recorder_end (self->recorder, &error)) {
      recorder_status (self, status_code (error), "error", error->message);
      g_clear_error (&error);
    }
    update_stats (self);
    g_clear_pointer (&self->recorder, gst_dvr_recorder_free);
  }
  gst_clear_caps (&self->caps);
  return TRUE;
}

/* Data */

static gboolean
begins_with_header (GstBuffer * buffer)
{
  return gst_buffer_get_size (buffer) >= 3 &&
      gst_buffer_memcmp (buffer, 0, "FLV", 3) == 0;
}

/* Who joins a running flvmux late has its header in the caps only. */
static gboolean
push_stream_header (GstRtmpDvrSink * self, GError ** error)
{
  const GValue *header = NULL;
  guint i;

  if (self->caps)
    header = gst_structure_get_value (gst_caps_get_structure (self->caps, 0),
        "streamheader");
  if (!header || !GST_VALUE_HOLDS_ARRAY (header))
    return TRUE;
  for (i = 0; i < gst_value_array_get_size (header); i++) {
    const GValue *value = gst_value_array_get_value (header, i);

    if (!GST_VALUE_HOLDS_BUFFER (value))
      continue;
    if (!gst_dvr_recorder_push (self->recorder, gst_value_get_buffer (value),
            error))
      return FALSE;
  }
  return TRUE;
}

/* What must happen before a buffer: limits, pauses, another stream. After a
 * discontinuity without a file header the parser finds the next tag itself. */
static gboolean
prepare (GstRtmpDvrSink * self, GstBuffer * buffer, GError ** error)
{
  GstDvrStoreConfig config;
  gboolean changed, want, ok = TRUE;

  GST_OBJECT_LOCK (self);
  config = self->settings.config;
  changed = self->settings.changed;
  want = self->settings.recording;
  self->settings.changed = FALSE;
  GST_OBJECT_UNLOCK (self);

  if (changed)
    gst_dvr_recorder_set_config (self->recorder, &config);
  if (!gst_dvr_recorder_set_paused (self->recorder, !want, error))
    return FALSE;
  if (GST_BUFFER_IS_DISCONT (buffer))
    self->discont = TRUE;
  if (!self->has_input && !begins_with_header (buffer))
    ok = push_stream_header (self, error);
  else if (self->has_input && self->discont && begins_with_header (buffer))
    ok = gst_dvr_recorder_discont (self->recorder, error);
  self->discont = self->away = FALSE;
  self->has_input = TRUE;
  self->last_input = now ();
  return ok;
}

static GstFlowReturn
gst_rtmp_dvr_sink_render (GstBaseSink * sink, GstBuffer * buffer)
{
  GstRtmpDvrSink *self = GST_RTMP_DVR_SINK (sink);
  GError *error = NULL;

  if (self->failed)
    return GST_FLOW_ERROR;
  if (!prepare (self, buffer, &error) ||
      !gst_dvr_recorder_push (self->recorder, buffer, &error)) {
    fail (self, error);
    return GST_FLOW_ERROR;
  }
  update_stats (self);
  return GST_FLOW_OK;
}

static gboolean
gst_rtmp_dvr_sink_set_caps (GstBaseSink * sink, GstCaps * caps)
{
  GstRtmpDvrSink *self = GST_RTMP_DVR_SINK (sink);

  gst_caps_replace (&self->caps, caps);
  return TRUE;
}

static gboolean
is_away_event (GstEvent * event)
{
  const GstStructure *s = gst_event_get_structure (event);
  gboolean away = FALSE;

  return GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_DOWNSTREAM &&
      gst_structure_has_name (s, "dvr-away") &&
      gst_structure_get_boolean (s, "away", &away) && away;
}

static gboolean
gst_rtmp_dvr_sink_event (GstBaseSink * sink, GstEvent * event)
{
  GstRtmpDvrSink *self = GST_RTMP_DVR_SINK (sink);
  GError *error = NULL;
  gboolean ok = TRUE;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
    case GST_EVENT_SEGMENT:
    case GST_EVENT_FLUSH_STOP:
      self->discont = TRUE;
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      if (self->recorder && !self->failed && is_away_event (event)) {
        self->away = TRUE;
        ok = gst_dvr_recorder_away (self->recorder, &error);
      }
      break;
    case GST_EVENT_EOS:
      if (self->recorder && !self->failed) {
        ok = gst_dvr_recorder_end (self->recorder, &error);
        self->has_input = FALSE;
        update_stats (self);
      }
      break;
    default:
      break;
  }
  if (!ok)
    fail (self, error);
  return GST_BASE_SINK_CLASS (parent_class)->event (sink, event);
}

/* Properties */

static void
gst_rtmp_dvr_sink_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstRtmpDvrSink *self = GST_RTMP_DVR_SINK (object);
  gboolean known;

  GST_OBJECT_LOCK (self);
  known = gst_dvr_record_settings_set (&self->settings, prop_id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
gst_rtmp_dvr_sink_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstRtmpDvrSink *self = GST_RTMP_DVR_SINK (object);
  gboolean known;

  if (prop_id == GST_DVR_RECORD_PROP_STATS) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  known = gst_dvr_record_settings_get (&self->settings, prop_id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
gst_rtmp_dvr_sink_finalize (GObject * object)
{
  GstRtmpDvrSink *self = GST_RTMP_DVR_SINK (object);

  gst_dvr_record_settings_clear (&self->settings);
  g_free (self->run_stream);
  gst_clear_caps (&self->caps);
  g_mutex_clear (&self->timer_lock);
  g_cond_clear (&self->timer_cond);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_rtmp_dvr_sink_class_init (GstRtmpDvrSinkClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *sink_class = GST_BASE_SINK_CLASS (klass);

  object_class->set_property = gst_rtmp_dvr_sink_set_property;
  object_class->get_property = gst_rtmp_dvr_sink_get_property;
  object_class->finalize = gst_rtmp_dvr_sink_finalize;
  gst_dvr_record_settings_install (object_class);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "RTMP DVR recorder",
      "Sink/File", "Records an FLV stream as segments for DVR delivery",
      "The gst-plugins-dvr authors");

  sink_class->start = GST_DEBUG_FUNCPTR (gst_rtmp_dvr_sink_start);
  sink_class->stop = GST_DEBUG_FUNCPTR (gst_rtmp_dvr_sink_stop);
  sink_class->render = GST_DEBUG_FUNCPTR (gst_rtmp_dvr_sink_render);
  sink_class->event = GST_DEBUG_FUNCPTR (gst_rtmp_dvr_sink_event);
  sink_class->set_caps = GST_DEBUG_FUNCPTR (gst_rtmp_dvr_sink_set_caps);
}

static void
gst_rtmp_dvr_sink_init (GstRtmpDvrSink * self)
{
  GstBaseSink *sink = GST_BASE_SINK (self);

  gst_dvr_record_settings_init (&self->settings);
  g_mutex_init (&self->timer_lock);
  g_cond_init (&self->timer_cond);

  /* A recorder without a publisher must not hold a pipeline in PAUSED, and
   * records what comes when it comes. */
  gst_base_sink_set_sync (sink, FALSE);
  gst_base_sink_set_async_enabled (sink, FALSE);
  gst_base_sink_set_last_sample_enabled (sink, FALSE);
  gst_base_sink_set_qos_enabled (sink, FALSE);
}
