/* gstdvrrecorder.c: FLV bytes in, a recording on disk out
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Binds the parts together: FLV parser, segmenter, fMP4 writer, store. One
 * thread at a time; no locks of its own.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrrecorder-private.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_recorder_debug);
#define GST_CAT_DEFAULT gst_dvr_recorder_debug

/* How often to see whether a full disk has space again. */
#define RETRY_INTERVAL (2 * GST_SECOND)
/* Odd input is told of this often; the rest is counted. */
#define WARNING_INTERVAL GST_SECOND
/* Beyond this many bytes a segment ends inside a GOP. */
#define MAX_SEGMENT_SIZE (128 * 1024 * 1024)

/* Flags of FLV's file header (Adobe FLV 10.1, E.2). */
#define FLV_HAS_VIDEO 1
#define FLV_HAS_AUDIO 4

static void
post (GstDvrRecorder * self, const gchar * code, const gchar * level,
    const gchar * description)
{
  self->funcs->status (self->user_data, code, level, description);
}

void
gst_dvr_recorder_warn (GstDvrRecorder * self, const gchar * format, ...)
{
  gchar *text;
  va_list args;

  self->stats.warnings++;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  GST_WARNING ("%s: %s", self->path, text);
  if (self->warned_at == 0
      || gst_dvr_recorder_now () > self->warned_at + WARNING_INTERVAL) {
    self->warned_at = gst_dvr_recorder_now ();
    post (self, "NetStream.Record.BadInput", "warning", text);
  }
  g_free (text);
}

void
gst_dvr_recorder_show_recording (GstDvrRecorder * self, gboolean recording)
{
  gchar *text;

  if (self->recording == recording)
    return;
  self->recording = recording;
  text = g_strdup_printf ("%s recording %s", recording ? "Started" : "Stopped",
      self->path);
  post (self, recording ? "NetStream.Record.Start" : "NetStream.Record.Stop",
      "status", text);
  g_free (text);
}

/* A full disk pauses the recording, which resumes by itself; anything else
 * ends it. */
static gboolean
settle (GstDvrRecorder * self, GstFlowReturn ret, GError ** error)
{
  if (!self->error && ret == GST_FLOW_OK)
    return TRUE;
  if (!self->error)
    g_set_error (&self->error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
        "%s: %s", self->path, gst_flow_get_name (ret));
  gst_dvr_segmenter_abandon (self->segmenter);

  if (g_error_matches (self->error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NO_SPACE_LEFT)) {
    self->retry_at = gst_dvr_recorder_now () + RETRY_INTERVAL;
    gst_dvr_record_writer_has_written (self->writer);
    if (!self->disk_full) {
      self->disk_full = TRUE;
      self->recording = FALSE;
      post (self, "NetStream.Record.Failed", "warning", self->error->message);
    }
    g_clear_error (&self->error);
    return TRUE;
  }
  self->recording = FALSE;
  g_propagate_error (error, self->error);
  self->error = NULL;
  return FALSE;
}

static void
expect_tracks (GstDvrRecorder * self, gboolean video, gboolean audio)
{
  gst_dvr_segmenter_expect (self->segmenter, GST_DVR_TRACK_VIDEO,
      video ? GST_DVR_EXPECT_YES : GST_DVR_EXPECT_NO);
  gst_dvr_segmenter_expect (self->segmenter, GST_DVR_TRACK_AUDIO,
      audio ? GST_DVR_EXPECT_YES : GST_DVR_EXPECT_NO);
}

/* A file header in mid-stream is another publisher, or another file. */
static GstFlowReturn
take_header (GstDvrRecorder * self, guint flags)
{
  GstFlowReturn ret = GST_FLOW_OK;

  if (self->has_input)
    ret = gst_dvr_segmenter_discont (self->segmenter);
  self->has_input = FALSE;
  /* No flag at all means that whoever wrote it did not know. */
  if (flags & (FLV_HAS_VIDEO | FLV_HAS_AUDIO))
    expect_tracks (self, (flags & FLV_HAS_VIDEO) != 0,
        (flags & FLV_HAS_AUDIO) != 0);
  return ret;
}

/* What the metadata announces is waited for; what it does not name may come
 * all the same. */
static void
take_metadata (GstDvrRecorder * self, const GstStructure * metadata)
{
  static const gchar *has[] = { "hasVideo", "hasAudio" };
  static const gchar *codec[] = { "videocodecid", "audiocodecid" };
  gboolean value;
  guint i;

  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    if (gst_structure_get_boolean (metadata, has[i], &value))
      gst_dvr_segmenter_expect (self->segmenter, i,
          value ? GST_DVR_EXPECT_YES : GST_DVR_EXPECT_NO);
    else if (gst_structure_has_field (metadata, codec[i]))
      gst_dvr_segmenter_expect (self->segmenter, i, GST_DVR_EXPECT_YES);
  }
}

static GstFlowReturn
take_config (GstDvrRecorder * self, GstDvrTrack track, GstCaps * caps)
{
  GstFmp4Track probe;
  GError *error = NULL;

  if (!gst_fmp4_track_init (&probe, 1, caps, 0, &error)) {
    gst_dvr_recorder_warn (self, "A track is not recorded: %s", error->message);
    g_clear_error (&error);
    return GST_FLOW_OK;
  }
  gst_fmp4_track_clear (&probe);
  return gst_dvr_segmenter_set_caps (self->segmenter, track, caps);
}

static GstFlowReturn
take_sample (GstDvrRecorder * self, GstDvrTrack track, GstBuffer * buffer)
{
  self->has_input = TRUE;
  if (self->paused || (self->disk_full
          && gst_dvr_recorder_now () < self->retry_at))
    return GST_FLOW_OK;
  return gst_dvr_segmenter_push (self->segmenter, track,
      gst_buffer_copy (buffer));
}

static void
take_event (const GstFlvEvent * event, gpointer user_data)
{
  GstDvrRecorder *self = user_data;
  GstDvrTrack track = event->track == GST_FLV_TRACK_VIDEO ?
      GST_DVR_TRACK_VIDEO : GST_DVR_TRACK_AUDIO;
  GstFlowReturn ret = GST_FLOW_OK;

  if (self->error)
    return;
  switch (event->type) {
    case GST_FLV_EVENT_HEADER:
      ret = take_header (self, event->value);
      break;
    case GST_FLV_EVENT_CONFIG:
      ret = take_config (self, track, event->caps);
      break;
    case GST_FLV_EVENT_SAMPLE:
      ret = take_sample (self, track, event->buffer);
      break;
    case GST_FLV_EVENT_SKIPPED:
      self->stats.skipped_bytes += event->value;
      gst_dvr_recorder_warn (self, "Skipped %" G_GUINT64_FORMAT " bytes: %s",
          event->value, event->message);
      break;
    case GST_FLV_EVENT_UNSUPPORTED:
    case GST_FLV_EVENT_WARNING:
      gst_dvr_recorder_warn (self, "%s", event->message);
      break;
    case GST_FLV_EVENT_ERROR:
      g_set_error (&self->error, GST_STREAM_ERROR,
          GST_STREAM_ERROR_WRONG_TYPE, "This is not FLV: %s; it begins with "
          "%s. Put flvmux streamable=true before the recorder, or the right "
          "file", event->message, self->head);
      break;
    case GST_FLV_EVENT_METADATA:
      take_metadata (self, event->metadata);
      break;
    case GST_FLV_EVENT_END_OF_SEQUENCE:
      break;
  }
  if (ret != GST_FLOW_OK && !self->error)
    g_set_error (&self->error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
        "%s: %s", self->path, gst_flow_get_name (ret));
  /* What follows in the same buffer is for after the pause. */
  if (g_error_matches (self->error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NO_SPACE_LEFT))
    settle (self, GST_FLOW_ERROR, NULL);
}

/* Remembers the first bytes, in hexadecimal and as text. */
static void
take_head (GstDvrRecorder * self, GstBuffer * buffer)
{
  guint8 bytes[8];
  gsize i, n = gst_buffer_extract (buffer, 0, bytes, sizeof (bytes));
  GString *text = g_string_new (NULL);

  for (i = 0; i < n; i++)
    g_string_append_printf (text, "%02x ", bytes[i]);
  g_string_append_c (text, '(');
  for (i = 0; i < n; i++)
    g_string_append_c (text, g_ascii_isprint (bytes[i]) ? bytes[i] : '.');
  g_string_append_c (text, ')');
  g_strlcpy (self->head, text->str, sizeof (self->head));
  g_string_free (text, TRUE);
  self->has_head = n > 0;
}

/* How long ago the recording stopped. */
static GstClockTime
measure_absence (GstDvrTimeline * timeline, const GstDvrTimelineInfo * info)
{
  GstDvrEntry last;
  gint64 absence;

  if (info->next == info->first || gst_dvr_timeline_find (timeline,
          info->next - 1, &last) != GST_DVR_FOUND_CLOSED ||
      last.wall_time == GST_DVR_WALL_TIME_NONE)
    return 0;
  absence = g_get_real_time () - last.wall_time - last.duration / 1000;
  return MAX (absence, 0) * GST_USECOND;
}

/* Stream time goes on at the distance in real time, whatever ended the run
 * before. A list that was not ended has viewers who wait: its absence is listed,
 * as is that of any with appendWithGap. */
static void
set_start (GstDvrRecorder * self, GstDvrPublishType publish_type)
{
  GstDvrTimelineInfo info;
  gboolean continues, open;

  gst_dvr_timeline_get_info (self->timeline, &info);
  continues = info.next > info.first || info.removed;
  open = info.state != GST_DVR_TIMELINE_ENDED;
  gst_dvr_segmenter_set_start (self->segmenter,
      GST_CLOCK_TIME_IS_VALID (info.end) ? info.end : 0, continues,
      measure_absence (self->timeline, &info),
      open || publish_type == GST_DVR_PUBLISH_APPEND_WITH_GAP, open);
}

/**
 * gst_dvr_recorder_new:
 * @location: directory
 * @stream: name
 * @config: limits and durations
 * @chunk_duration: nanoseconds; 0 = a chunk per frame
 * @funcs: what to tell; must outlive the recorder
 * @user_data: for @funcs
 * @error: of GST_RESOURCE_ERROR; names the path
 *
 * Opens a stream's recording for writing, and recovers what is there.
 *
 * Returns: (transfer full) (nullable): a recorder
 */
GstDvrRecorder *
gst_dvr_recorder_new (const gchar * location, const gchar * stream,
    const GstDvrStoreConfig * config, GstClockTime chunk_duration,
    const GstDvrRecorderFuncs * funcs, gpointer user_data, GError ** error)
{
  GstDvrSegmenterConfig cut = { config->target_duration,
    config->max_segment_duration, config->part_duration, chunk_duration,
    config->reconnect_window, MAX_SEGMENT_SIZE
  };
  GstDvrStoreWriter *store;
  static gsize once = 0;
  GstDvrRecorder *self;
  guint i;

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (gst_dvr_recorder_debug, "dvrrecorder", 0,
        "Recording DVR streams");
    g_once_init_leave (&once, 1);
  }
  store = gst_dvr_store_writer_open (location, stream, config, error);
  if (!store)
    return NULL;
  self = g_new0 (GstDvrRecorder, 1);
  self->store = store;
  self->timeline =
      gst_dvr_timeline_ref (gst_dvr_store_writer_get_timeline (store));
  self->writer = gst_dvr_record_writer_new (store, config,
      &gst_dvr_recorder_writer_funcs, self);
  self->path = g_build_filename (location, stream, NULL);
  self->funcs = funcs;
  self->user_data = user_data;
  self->parser = gst_flv_parser_new (take_event, self);
  self->segmenter =
      gst_dvr_segmenter_new (&cut, &gst_dvr_recorder_segmenter_funcs, self);
  for (i = 0; i < GST_DVR_N_TRACKS; i++)
    self->run[i] = g_ptr_array_new ();
  set_start (self, config->publish_type);
  return self;
}

/**
 * gst_dvr_recorder_free:
 * @self: (transfer full): a recorder
 *
 * Closes the store. gst_dvr_recorder_end() finishes the recording before.
 */
void
gst_dvr_recorder_free (GstDvrRecorder * self)
{
  guint i;

  gst_flv_parser_free (self->parser);
  gst_dvr_segmenter_free (self->segmenter);
  gst_dvr_record_writer_free (self->writer);
  gst_dvr_timeline_unref (self->timeline);
  gst_dvr_recorder_clear_tracks (self);
  for (i = 0; i < GST_DVR_N_TRACKS; i++)
    g_ptr_array_unref (self->run[i]);
  g_clear_error (&self->error);
  g_free (self->path);
  g_free (self);
}

/**
 * gst_dvr_recorder_set_last:
 * @self: a recorder that was fed nothing yet
 * @last: the highest number the stream had elsewhere
 *
 * Numbers of a stream only rise, also where it is recorded anew.
 */
void
gst_dvr_recorder_set_last (GstDvrRecorder * self, guint64 last)
{
  gst_dvr_store_writer_set_last (self->store, last);
}

/**
 * gst_dvr_recorder_set_config:
 * @self: a recorder
 * @config: new limits; durations stay as they were
 */
void
gst_dvr_recorder_set_config (GstDvrRecorder * self,
    const GstDvrStoreConfig * config)
{
  GstDvrRecordJob job = {.kind = GST_DVR_RECORD_CONFIG,.config = *config };

  gst_dvr_record_writer_push (self->writer, &job, NULL);
}

/**
 * gst_dvr_recorder_push:
 * @self: a recorder
 * @buffer: (transfer none): bytes of FLV, cut anywhere
 * @error: of GST_RESOURCE_ERROR or GST_STREAM_ERROR
 *
 * Returns: whether to go on
 */
gboolean
gst_dvr_recorder_push (GstDvrRecorder * self, GstBuffer * buffer,
    GError ** error)
{
  if (!self->has_head)
    take_head (self, buffer);
  gst_flv_parser_push (self->parser, gst_buffer_ref (buffer));
  return settle (self, GST_FLOW_OK, error);
}

/**
 * gst_dvr_recorder_discont:
 * @self: a recorder
 * @error: as gst_dvr_recorder_push()
 *
 * Another FLV stream follows, with its header.
 *
 * Returns: whether to go on
 */
gboolean
gst_dvr_recorder_discont (GstDvrRecorder * self, GError ** error)
{
  gst_flv_parser_end (self->parser);
  gst_flv_parser_reset (self->parser);
  self->has_input = self->has_head = FALSE;
  return settle (self, gst_dvr_segmenter_discont (self->segmenter), error);
}

/**
 * gst_dvr_recorder_skip:
 * @self: a recorder
 * @distance: nanoseconds
 * @error: as gst_dvr_recorder_push()
 *
 * What follows, in the same FLV stream, is that much later, as what lies between
 * is left out. It is listed as a gap.
 *
 * Returns: whether to go on
 */
gboolean
gst_dvr_recorder_skip (GstDvrRecorder * self, GstClockTime distance,
    GError ** error)
{
  return settle (self, gst_dvr_segmenter_skip (self->segmenter, distance),
      error);
}

/**
 * gst_dvr_recorder_away:
 * @self: a recorder
 * @error: as gst_dvr_recorder_push()
 *
 * The publisher is away, or does not send: the segment is finished, and
 * gst_dvr_recorder_tick() lists the absence until data comes again.
 *
 * Returns: whether to go on
 */
gboolean
gst_dvr_recorder_away (GstDvrRecorder * self, GError ** error)
{
  gboolean ok = settle (self, gst_dvr_segmenter_away (self->segmenter), error);

  gst_dvr_recorder_show_recording (self, FALSE);
  return ok;
}

/**
 * gst_dvr_recorder_set_paused:
 * @self: a recorder
 * @paused: whether to let data pass unrecorded
 * @error: as gst_dvr_recorder_push()
 *
 * Returns: whether to go on
 */
gboolean
gst_dvr_recorder_set_paused (GstDvrRecorder * self, gboolean paused,
    GError ** error)
{
  if (self->paused == paused)
    return TRUE;
  self->paused = paused;
  return !paused || gst_dvr_recorder_away (self, error);
}

/**
 * gst_dvr_recorder_tick:
 * @self: a recorder
 * @error: as gst_dvr_recorder_push()
 *
 * Time passes.
 *
 * Returns: whether to go on
 */
gboolean
gst_dvr_recorder_tick (GstDvrRecorder * self, GError ** error)
{
  GstFlowReturn ret = GST_FLOW_ERROR;

  if (gst_dvr_record_writer_check (self->writer, &self->error))
    ret = gst_dvr_segmenter_tick (self->segmenter);
  return settle (self, ret, error);
}

/* Where a segment could not be written, the list may still be ended. */
static void
end_list (GstDvrRecorder * self)
{
  GstDvrRecordJob job = {.kind = GST_DVR_RECORD_END };

  if (gst_dvr_record_writer_push (self->writer, &job, NULL))
    gst_dvr_record_writer_wait (self->writer, NULL);
}

/**
 * gst_dvr_recorder_end:
 * @self: a recorder
 * @error: as gst_dvr_recorder_push()
 *
 * Finishes the segment and ends the list, and waits until that is written. More
 * may be pushed later.
 *
 * Returns: whether all went well
 */
gboolean
gst_dvr_recorder_end (GstDvrRecorder * self, GError ** error)
{
  GstFlowReturn ret;
  gboolean ok;

  gst_flv_parser_end (self->parser);
  ret = gst_dvr_segmenter_end (self->segmenter);
  ok = settle (self, ret, error);
  if (!gst_dvr_record_writer_wait (self->writer, &self->error)) {
    ret = GST_FLOW_ERROR;
    if (!settle (self, ret, ok ? error : NULL))
      ok = FALSE;
  }
  if (ret != GST_FLOW_OK)
    end_list (self);
  gst_dvr_recorder_show_recording (self, FALSE);
  return ok;
}

/**
 * gst_dvr_recorder_get_stats:
 * @self: a recorder
 * @stats: (out): what was counted
 */
void
gst_dvr_recorder_get_stats (GstDvrRecorder * self, GstDvrRecorderStats * stats)
{
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (self->timeline, &info);
  *stats = self->stats;
  gst_dvr_segmenter_get_stats (self->segmenter, &stats->segmenter);
  stats->start = info.start;
  stats->end = info.end;
  stats->recording = self->recording;
  stats->disk_full = self->disk_full;
}
