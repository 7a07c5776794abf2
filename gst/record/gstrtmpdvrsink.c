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
#include "gstdvrrecordenums.h"

#define DEFAULT_TARGET_DURATION (2 * GST_SECOND)
#define DEFAULT_MAX_SEGMENT_DURATION (10 * GST_SECOND)
#define DEFAULT_PART_DURATION (250 * GST_MSECOND)
#define DEFAULT_CHUNK_DURATION (40 * GST_MSECOND)
#define DEFAULT_WINDOW 0
#define DEFAULT_MAX_SIZE 0
#define DEFAULT_MIN_FREE_SPACE 0
#define DEFAULT_FULL_DISK GST_DVR_FULL_DISK_TRIM
#define DEFAULT_RECONNECT_WINDOW (60 * GST_SECOND)
#define DEFAULT_PUBLISH_TYPE GST_DVR_PUBLISH_APPEND
#define DEFAULT_RECORDING TRUE
#define DEFAULT_FSYNC GST_DVR_FSYNC_SEGMENT

/* Durations that make a playlist players can work with. */
#define MIN_DURATION (20 * GST_MSECOND)
#define MAX_DURATION GST_SECOND * 3600

enum
{
  PROP_0,
  PROP_LOCATION,
  PROP_STREAM,
  PROP_TARGET_DURATION,
  PROP_MAX_SEGMENT_DURATION,
  PROP_PART_DURATION,
  PROP_CHUNK_DURATION,
  PROP_WINDOW,
  PROP_MAX_SIZE,
  PROP_MIN_FREE_SPACE,
  PROP_FULL_DISK,
  PROP_RECONNECT_WINDOW,
  PROP_PUBLISH_TYPE,
  PROP_RECORDING,
  PROP_FSYNC,
  PROP_STATS
};

struct _GstRtmpDvrSink
{
  GstBaseSink parent;

  /* Under the object lock. */
  gchar *location;
  gchar *stream;
  GstDvrStoreConfig config;
  GstClockTime chunk_duration;
  gboolean want_recording;
  gboolean config_changed;
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

  GThread *timer;
  GMutex timer_lock;
  GCond timer_cond;
  gboolean timer_stop;
};

GST_DEBUG_CATEGORY (gst_rtmp_dvr_sink_debug);
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
  if (!self->recorder || self->failed || GST_STATE (self) != GST_STATE_PLAYING)
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
  gint64 interval = MIN (self->config.target_duration / 2, GST_SECOND) / 1000;

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
check_settings (const gchar * location, const gchar * stream,
    const GstDvrStoreConfig * config, GError ** error)
{
  const gchar *what = NULL;

  if (!location || !*location)
    what = "No location: set it to the directory to record into";
  else if (!stream || !*stream)
    what = "No stream: set it to the name to record under, such as live/cam1";
  else if (config->target_duration > config->max_segment_duration)
    what = "target-duration is longer than max-segment-duration";
  else if (config->part_duration > config->target_duration)
    what = "part-duration is longer than target-duration";
  if (what)
    g_set_error_literal (error, GST_RESOURCE_ERROR,
        GST_RESOURCE_ERROR_SETTINGS, what);
  return what == NULL;
}

static gboolean
gst_rtmp_dvr_sink_start (GstBaseSink * sink)
{
  GstRtmpDvrSink *self = GST_RTMP_DVR_SINK (sink);
  GstDvrStoreConfig config;
  GstClockTime chunk_duration;
  gchar *location;
  GError *error = NULL;

  GST_OBJECT_LOCK (self);
  config = self->config;
  chunk_duration = self->chunk_duration;
  location = g_strdup (self->location);
  g_free (self->run_stream);
  self->run_stream = g_strdup (self->stream);
  self->config_changed = FALSE;
  memset (&self->stats, 0, sizeof (self->stats));
  GST_OBJECT_UNLOCK (self);

  self->failed = self->has_input = self->discont = self->away = FALSE;
  self->max_silence = config.max_segment_duration;
  if (check_settings (location, self->run_stream, &config, &error))
    self->recorder = gst_dvr_recorder_new (location, self->run_stream, &config,
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
  config = self->config;
  changed = self->config_changed;
  want = self->want_recording;
  self->config_changed = FALSE;
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
  GstDvrStoreConfig *config = &self->config;

  GST_OBJECT_LOCK (self);
  self->config_changed = TRUE;
  switch (prop_id) {
    case PROP_LOCATION:
      g_free (self->location);
      self->location = g_value_dup_string (value);
      break;
    case PROP_STREAM:
      g_free (self->stream);
      self->stream = g_value_dup_string (value);
      break;
    case PROP_TARGET_DURATION:
      config->target_duration = g_value_get_uint64 (value);
      break;
    case PROP_MAX_SEGMENT_DURATION:
      config->max_segment_duration = g_value_get_uint64 (value);
      break;
    case PROP_PART_DURATION:
      config->part_duration = g_value_get_uint64 (value);
      break;
    case PROP_CHUNK_DURATION:
      self->chunk_duration = g_value_get_uint64 (value);
      break;
    case PROP_WINDOW:
      config->window = g_value_get_uint64 (value);
      break;
    case PROP_MAX_SIZE:
      config->max_size = g_value_get_uint64 (value);
      break;
    case PROP_MIN_FREE_SPACE:
      config->min_free_space = g_value_get_uint64 (value);
      break;
    case PROP_FULL_DISK:
      config->full_disk = g_value_get_enum (value);
      break;
    case PROP_RECONNECT_WINDOW:
      config->reconnect_window = g_value_get_uint64 (value);
      break;
    case PROP_PUBLISH_TYPE:
      config->publish_type = g_value_get_enum (value);
      break;
    case PROP_RECORDING:
      self->want_recording = g_value_get_boolean (value);
      break;
    case PROP_FSYNC:
      config->fsync = g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_rtmp_dvr_sink_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstRtmpDvrSink *self = GST_RTMP_DVR_SINK (object);
  const GstDvrStoreConfig *config = &self->config;

  if (prop_id == PROP_STATS) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_LOCATION:
      g_value_set_string (value, self->location);
      break;
    case PROP_STREAM:
      g_value_set_string (value, self->stream);
      break;
    case PROP_TARGET_DURATION:
      g_value_set_uint64 (value, config->target_duration);
      break;
    case PROP_MAX_SEGMENT_DURATION:
      g_value_set_uint64 (value, config->max_segment_duration);
      break;
    case PROP_PART_DURATION:
      g_value_set_uint64 (value, config->part_duration);
      break;
    case PROP_CHUNK_DURATION:
      g_value_set_uint64 (value, self->chunk_duration);
      break;
    case PROP_WINDOW:
      g_value_set_uint64 (value, config->window);
      break;
    case PROP_MAX_SIZE:
      g_value_set_uint64 (value, config->max_size);
      break;
    case PROP_MIN_FREE_SPACE:
      g_value_set_uint64 (value, config->min_free_space);
      break;
    case PROP_FULL_DISK:
      g_value_set_enum (value, config->full_disk);
      break;
    case PROP_RECONNECT_WINDOW:
      g_value_set_uint64 (value, config->reconnect_window);
      break;
    case PROP_PUBLISH_TYPE:
      g_value_set_enum (value, config->publish_type);
      break;
    case PROP_RECORDING:
      g_value_set_boolean (value, self->want_recording);
      break;
    case PROP_FSYNC:
      g_value_set_enum (value, config->fsync);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_rtmp_dvr_sink_finalize (GObject * object)
{
  GstRtmpDvrSink *self = GST_RTMP_DVR_SINK (object);

  g_free (self->location);
  g_free (self->stream);
  g_free (self->run_stream);
  gst_clear_caps (&self->caps);
  g_mutex_clear (&self->timer_lock);
  g_cond_clear (&self->timer_cond);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

#define READY_FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define PLAYING_FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

static void
install_what (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "Directory to record into; made if it is missing", NULL,
          READY_FLAGS));
  g_object_class_install_property (klass, PROP_STREAM,
      g_param_spec_string ("stream", "Stream",
          "Name of the stream, such as live/cam1: a path below the location",
          NULL, READY_FLAGS));
  g_object_class_install_property (klass, PROP_PUBLISH_TYPE,
      g_param_spec_enum ("publish-type", "Publish type",
          "What to do with what is already recorded under the name",
          GST_TYPE_RTMP_DVR_SINK_PUBLISH_TYPE, DEFAULT_PUBLISH_TYPE,
          READY_FLAGS));
  g_object_class_install_property (klass, PROP_RECORDING,
      g_param_spec_boolean ("recording", "Recording",
          "Whether to record; FALSE lets the data pass unrecorded",
          DEFAULT_RECORDING, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "What was recorded, and GstBaseSink's statistics",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
install_durations (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_TARGET_DURATION,
      g_param_spec_uint64 ("target-duration", "Target duration",
          "A segment ends at the first keyframe at or after this many "
          "nanoseconds", MIN_DURATION, MAX_DURATION, DEFAULT_TARGET_DURATION,
          READY_FLAGS));
  g_object_class_install_property (klass, PROP_MAX_SEGMENT_DURATION,
      g_param_spec_uint64 ("max-segment-duration", "Maximum segment duration",
          "A segment ends without a keyframe after this many nanoseconds; "
          "the playlist's TARGETDURATION", MIN_DURATION, MAX_DURATION,
          DEFAULT_MAX_SEGMENT_DURATION, READY_FLAGS));
  g_object_class_install_property (klass, PROP_PART_DURATION,
      g_param_spec_uint64 ("part-duration", "Part duration",
          "The longest part of a growing segment, in nanoseconds; players "
          "break below 200 ms", MIN_DURATION, MAX_DURATION,
          DEFAULT_PART_DURATION, READY_FLAGS));
  g_object_class_install_property (klass, PROP_CHUNK_DURATION,
      g_param_spec_uint64 ("chunk-duration", "Chunk duration",
          "How much is written at once, in nanoseconds (0 = a chunk per frame)",
          0, MAX_DURATION, DEFAULT_CHUNK_DURATION, READY_FLAGS));
  g_object_class_install_property (klass, PROP_RECONNECT_WINDOW,
      g_param_spec_uint64 ("reconnect-window", "Reconnect window",
          "How long the list goes on with gaps while the publisher is away, "
          "in nanoseconds (0 = it ends at once)", 0, G_MAXINT64,
          DEFAULT_RECONNECT_WINDOW, READY_FLAGS));
}

static void
install_limits (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_WINDOW,
      g_param_spec_uint64 ("window", "Window",
          "How much to keep, in nanoseconds (0 = all)", 0, G_MAXINT64,
          DEFAULT_WINDOW, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_MAX_SIZE,
      g_param_spec_uint64 ("max-size", "Maximum size",
          "How much to keep, in bytes (0 = no limit)", 0, G_MAXUINT64,
          DEFAULT_MAX_SIZE, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_MIN_FREE_SPACE,
      g_param_spec_uint64 ("min-free-space", "Minimum free space",
          "How much of the file system to leave free, in bytes (0 = no limit)",
          0, G_MAXUINT64, DEFAULT_MIN_FREE_SPACE, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_FULL_DISK,
      g_param_spec_enum ("full-disk", "Full disk",
          "What to do when the disk is full all the same",
          GST_TYPE_RTMP_DVR_SINK_FULL_DISK, DEFAULT_FULL_DISK, PLAYING_FLAGS));
  g_object_class_install_property (klass, PROP_FSYNC,
      g_param_spec_enum ("fsync", "fsync",
          "When what is recorded must have reached the disk",
          GST_TYPE_RTMP_DVR_SINK_FSYNC, DEFAULT_FSYNC, PLAYING_FLAGS));
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
  install_what (object_class);
  install_durations (object_class);
  install_limits (object_class);

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

  self->config.target_duration = DEFAULT_TARGET_DURATION;
  self->config.max_segment_duration = DEFAULT_MAX_SEGMENT_DURATION;
  self->config.part_duration = DEFAULT_PART_DURATION;
  self->config.window = DEFAULT_WINDOW;
  self->config.max_size = DEFAULT_MAX_SIZE;
  self->config.min_free_space = DEFAULT_MIN_FREE_SPACE;
  self->config.reconnect_window = DEFAULT_RECONNECT_WINDOW;
  self->config.full_disk = DEFAULT_FULL_DISK;
  self->config.publish_type = DEFAULT_PUBLISH_TYPE;
  self->config.fsync = DEFAULT_FSYNC;
  self->chunk_duration = DEFAULT_CHUNK_DURATION;
  self->want_recording = DEFAULT_RECORDING;
  g_mutex_init (&self->timer_lock);
  g_cond_init (&self->timer_cond);

  /* A recorder without a publisher must not hold a pipeline in PAUSED, and
   * records what comes when it comes. */
  gst_base_sink_set_sync (sink, FALSE);
  gst_base_sink_set_async_enabled (sink, FALSE);
  gst_base_sink_set_last_sample_enabled (sink, FALSE);
  gst_base_sink_set_qos_enabled (sink, FALSE);
}
