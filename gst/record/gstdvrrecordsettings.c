/* gstdvrrecordsettings.c: rtmpdvrsink's properties
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrrecordenums.h"
#include "gstdvrrecorder.h"
#include "gstdvrrecordsettings.h"

#define DEFAULT_WINDOW 0
#define DEFAULT_MAX_SIZE 0
#define DEFAULT_MIN_FREE_SPACE 0
#define DEFAULT_FULL_DISK GST_DVR_FULL_DISK_TRIM
#define DEFAULT_PUBLISH_TYPE GST_DVR_PUBLISH_APPEND
#define DEFAULT_RECORDING TRUE
#define DEFAULT_FSYNC GST_DVR_FSYNC_SEGMENT

/* Durations that make a playlist players can work with. */
#define MIN_DURATION (20 * GST_MSECOND)
#define MAX_DURATION (3600 * GST_SECOND)

#define READY_FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define PLAYING_FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

static void
install_identity (GObjectClass * klass)
{
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "Directory to record into; made if it is missing", NULL,
          READY_FLAGS));
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_STREAM,
      g_param_spec_string ("stream", "Stream",
          "Name of the stream, such as live/cam1: a path below the location",
          NULL, READY_FLAGS));
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "What was recorded, and GstBaseSink's statistics",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
install_what (GObjectClass * klass)
{
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_PUBLISH_TYPE,
      g_param_spec_enum ("publish-type", "Publish Type",
          "What to do with what is already recorded under the name",
          GST_TYPE_RTMP_DVR_SINK_PUBLISH_TYPE, DEFAULT_PUBLISH_TYPE,
          READY_FLAGS));
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_RECORDING,
      g_param_spec_boolean ("recording", "Recording",
          "Whether to record; FALSE lets the data pass unrecorded",
          DEFAULT_RECORDING, PLAYING_FLAGS));
}

static void
install_durations (GObjectClass * klass)
{
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_TARGET_DURATION,
      g_param_spec_uint64 ("target-duration", "Target Duration",
          "A segment ends at the first keyframe at or after this many "
          "nanoseconds", MIN_DURATION, MAX_DURATION,
          GST_DVR_RECORDER_TARGET_DURATION, READY_FLAGS));
  g_object_class_install_property (klass,
      GST_DVR_RECORD_PROP_MAX_SEGMENT_DURATION,
      g_param_spec_uint64 ("max-segment-duration", "Maximum Segment Duration",
          "A segment ends without a keyframe after this many nanoseconds; "
          "the playlist's TARGETDURATION", MIN_DURATION, MAX_DURATION,
          GST_DVR_RECORDER_MAX_SEGMENT_DURATION, READY_FLAGS));
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_PART_DURATION,
      g_param_spec_uint64 ("part-duration", "Part Duration",
          "The longest part of a growing segment, in nanoseconds; players "
          "break below 200 ms", MIN_DURATION, MAX_DURATION,
          GST_DVR_RECORDER_PART_DURATION, READY_FLAGS));
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_CHUNK_DURATION,
      g_param_spec_uint64 ("chunk-duration", "Chunk Duration",
          "The longest fragment of a part, in nanoseconds (0 = one per frame)",
          0, MAX_DURATION, GST_DVR_RECORDER_CHUNK_DURATION, READY_FLAGS));
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_RECONNECT_WINDOW,
      g_param_spec_uint64 ("reconnect-window", "Reconnect Window",
          "How long the list goes on with gaps while the publisher is away, "
          "in nanoseconds (0 = it ends at once)", 0, G_MAXINT64,
          GST_DVR_RECORDER_RECONNECT_WINDOW, READY_FLAGS));
}

static void
install_limits (GObjectClass * klass)
{
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_WINDOW,
      g_param_spec_uint64 ("window", "Window",
          "How much to keep, in nanoseconds (0 = all)", 0, G_MAXINT64,
          DEFAULT_WINDOW, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_MAX_SIZE,
      g_param_spec_uint64 ("max-size", "Maximum Size",
          "How much to keep, in bytes (0 = no limit)", 0, G_MAXUINT64,
          DEFAULT_MAX_SIZE, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_MIN_FREE_SPACE,
      g_param_spec_uint64 ("min-free-space", "Minimum Free Space",
          "How much of the file system to leave free, in bytes (0 = no limit)",
          0, G_MAXUINT64, DEFAULT_MIN_FREE_SPACE, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_FULL_DISK,
      g_param_spec_enum ("full-disk", "Full Disk",
          "What to do when the disk is full all the same",
          GST_TYPE_RTMP_DVR_SINK_FULL_DISK, DEFAULT_FULL_DISK, PLAYING_FLAGS));
  g_object_class_install_property (klass, GST_DVR_RECORD_PROP_FSYNC,
      g_param_spec_enum ("fsync", "fsync",
          "When what is recorded must have reached the disk",
          GST_TYPE_RTMP_DVR_SINK_FSYNC, DEFAULT_FSYNC, PLAYING_FLAGS));
}

/**
 * gst_dvr_record_settings_install:
 * @klass: rtmpdvrsink's class
 *
 * Installs all properties.
 */
void
gst_dvr_record_settings_install (GObjectClass * klass)
{
  install_identity (klass);
  gst_dvr_record_settings_install_shared (klass);
}

/**
 * gst_dvr_record_settings_install_shared:
 * @klass: a class that makes recorders
 *
 * Installs those that several recorders may have in common: not which stream,
 * and where.
 */
void
gst_dvr_record_settings_install_shared (GObjectClass * klass)
{
  install_what (klass);
  install_durations (klass);
  install_limits (klass);
}

/**
 * gst_dvr_record_settings_init:
 * @self: (out): settings at their defaults
 */
void
gst_dvr_record_settings_init (GstDvrRecordSettings * self)
{
  self->config.target_duration = GST_DVR_RECORDER_TARGET_DURATION;
  self->config.max_segment_duration = GST_DVR_RECORDER_MAX_SEGMENT_DURATION;
  self->config.part_duration = GST_DVR_RECORDER_PART_DURATION;
  self->config.window = DEFAULT_WINDOW;
  self->config.max_size = DEFAULT_MAX_SIZE;
  self->config.min_free_space = DEFAULT_MIN_FREE_SPACE;
  self->config.reconnect_window = GST_DVR_RECORDER_RECONNECT_WINDOW;
  self->config.full_disk = DEFAULT_FULL_DISK;
  self->config.publish_type = DEFAULT_PUBLISH_TYPE;
  self->config.fsync = DEFAULT_FSYNC;
  self->chunk_duration = GST_DVR_RECORDER_CHUNK_DURATION;
  self->recording = DEFAULT_RECORDING;
}

/**
 * gst_dvr_record_settings_clear:
 * @self: settings
 */
void
gst_dvr_record_settings_clear (GstDvrRecordSettings * self)
{
  g_clear_pointer (&self->location, g_free);
  g_clear_pointer (&self->stream, g_free);
}

/**
 * gst_dvr_record_settings_set:
 * @self: settings
 * @prop_id: which
 * @value: what
 *
 * Returns: whether there is such a property
 */
gboolean
gst_dvr_record_settings_set (GstDvrRecordSettings * self, guint prop_id,
    const GValue * value)
{
  GstDvrStoreConfig *config = &self->config;

  self->changed = TRUE;
  switch (prop_id) {
    case GST_DVR_RECORD_PROP_LOCATION:
      g_free (self->location);
      self->location = g_value_dup_string (value);
      break;
    case GST_DVR_RECORD_PROP_STREAM:
      g_free (self->stream);
      self->stream = g_value_dup_string (value);
      break;
    case GST_DVR_RECORD_PROP_TARGET_DURATION:
      config->target_duration = g_value_get_uint64 (value);
      break;
    case GST_DVR_RECORD_PROP_MAX_SEGMENT_DURATION:
      config->max_segment_duration = g_value_get_uint64 (value);
      break;
    case GST_DVR_RECORD_PROP_PART_DURATION:
      config->part_duration = g_value_get_uint64 (value);
      break;
    case GST_DVR_RECORD_PROP_CHUNK_DURATION:
      self->chunk_duration = g_value_get_uint64 (value);
      break;
    case GST_DVR_RECORD_PROP_WINDOW:
      config->window = g_value_get_uint64 (value);
      break;
    case GST_DVR_RECORD_PROP_MAX_SIZE:
      config->max_size = g_value_get_uint64 (value);
      break;
    case GST_DVR_RECORD_PROP_MIN_FREE_SPACE:
      config->min_free_space = g_value_get_uint64 (value);
      break;
    case GST_DVR_RECORD_PROP_FULL_DISK:
      config->full_disk = g_value_get_enum (value);
      break;
    case GST_DVR_RECORD_PROP_RECONNECT_WINDOW:
      config->reconnect_window = g_value_get_uint64 (value);
      break;
    case GST_DVR_RECORD_PROP_PUBLISH_TYPE:
      config->publish_type = g_value_get_enum (value);
      break;
    case GST_DVR_RECORD_PROP_RECORDING:
      self->recording = g_value_get_boolean (value);
      break;
    case GST_DVR_RECORD_PROP_FSYNC:
      config->fsync = g_value_get_enum (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

/**
 * gst_dvr_record_settings_get:
 * @self: settings
 * @prop_id: which
 * @value: what
 *
 * Returns: whether there is such a property
 */
gboolean
gst_dvr_record_settings_get (const GstDvrRecordSettings * self, guint prop_id,
    GValue * value)
{
  const GstDvrStoreConfig *config = &self->config;

  switch (prop_id) {
    case GST_DVR_RECORD_PROP_LOCATION:
      g_value_set_string (value, self->location);
      break;
    case GST_DVR_RECORD_PROP_STREAM:
      g_value_set_string (value, self->stream);
      break;
    case GST_DVR_RECORD_PROP_TARGET_DURATION:
      g_value_set_uint64 (value, config->target_duration);
      break;
    case GST_DVR_RECORD_PROP_MAX_SEGMENT_DURATION:
      g_value_set_uint64 (value, config->max_segment_duration);
      break;
    case GST_DVR_RECORD_PROP_PART_DURATION:
      g_value_set_uint64 (value, config->part_duration);
      break;
    case GST_DVR_RECORD_PROP_CHUNK_DURATION:
      g_value_set_uint64 (value, self->chunk_duration);
      break;
    case GST_DVR_RECORD_PROP_WINDOW:
      g_value_set_uint64 (value, config->window);
      break;
    case GST_DVR_RECORD_PROP_MAX_SIZE:
      g_value_set_uint64 (value, config->max_size);
      break;
    case GST_DVR_RECORD_PROP_MIN_FREE_SPACE:
      g_value_set_uint64 (value, config->min_free_space);
      break;
    case GST_DVR_RECORD_PROP_FULL_DISK:
      g_value_set_enum (value, config->full_disk);
      break;
    case GST_DVR_RECORD_PROP_RECONNECT_WINDOW:
      g_value_set_uint64 (value, config->reconnect_window);
      break;
    case GST_DVR_RECORD_PROP_PUBLISH_TYPE:
      g_value_set_enum (value, config->publish_type);
      break;
    case GST_DVR_RECORD_PROP_RECORDING:
      g_value_set_boolean (value, self->recording);
      break;
    case GST_DVR_RECORD_PROP_FSYNC:
      g_value_set_enum (value, config->fsync);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

/**
 * gst_dvr_record_settings_check:
 * @location: directory
 * @stream: name
 * @config: durations
 * @error: of GST_RESOURCE_ERROR_SETTINGS; says what to set
 *
 * Returns: whether a recording can begin with these
 */
gboolean
gst_dvr_record_settings_check (const gchar * location, const gchar * stream,
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
