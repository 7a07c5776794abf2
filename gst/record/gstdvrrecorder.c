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

#include "gstdvrrecorder.h"

#include "flv/flvparser.h"
#include "fmp4/fmp4.h"
#include "fmp4/fmp4timing.h"

GST_DEBUG_CATEGORY_EXTERN (gst_rtmp_dvr_sink_debug);
#define GST_CAT_DEFAULT gst_rtmp_dvr_sink_debug

/* How often to see whether a full disk has space again. */
#define RETRY_INTERVAL (2 * GST_SECOND)
/* Odd input is told of this often; the rest is counted. */
#define WARNING_INTERVAL GST_SECOND
/* Beyond this many bytes a segment ends inside a GOP. */
#define MAX_SEGMENT_SIZE (128 * 1024 * 1024)

/* Flags of FLV's file header (Adobe FLV 10.1, E.2). */
#define FLV_HAS_VIDEO 1
#define FLV_HAS_AUDIO 4

struct _GstDvrRecorder
{
  gchar *path;                  /* for messages */
  const GstDvrRecorderFuncs *funcs;
  gpointer user_data;

  GstFlvParser *parser;
  GstDvrSegmenter *segmenter;
  GstDvrStoreWriter *writer;
  gboolean has_input;           /* since the last discontinuity */

  GstFmp4Track tracks[GST_DVR_N_TRACKS];
  gboolean has_track[GST_DVR_N_TRACKS];
  GstFmp4Timing timing;         /* of the audio track */
  gboolean exact;               /* whether its frames can be counted */
  GstClockTime audio_end;
  guint32 sequence;             /* of the moof */
  GPtrArray *run[GST_DVR_N_TRACKS];     /* the chunk's samples, borrowed */

  gsize part_bytes;
  guint segment_parts;

  gboolean recording;
  gboolean paused;
  gboolean disk_full;
  GstClockTime retry_at;
  GstClockTime warned_at;
  gboolean has_head;
  gchar head[3 * 8 + 8 + 4];    /* what the input begins with, for messages */
  GError *error;                /* what the last call failed with */
  GstDvrRecorderStats stats;
};

static GstClockTime
now (void)
{
  return g_get_monotonic_time () * GST_USECOND;
}

static void
post (GstDvrRecorder * self, const gchar * code, const gchar * level,
    const gchar * description)
{
  self->funcs->status (self->user_data, code, level, description);
}

static void
G_GNUC_PRINTF (2, 3)
warn (GstDvrRecorder * self, const gchar * format, ...)
{
  gchar *text;
  va_list args;

  self->stats.warnings++;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  GST_WARNING ("%s: %s", self->path, text);
  if (self->warned_at == 0 || now () > self->warned_at + WARNING_INTERVAL) {
    self->warned_at = now ();
    post (self, "NetStream.Record.BadInput", "warning", text);
  }
  g_free (text);
}

static void
set_recording (GstDvrRecorder * self, gboolean recording)
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

/* The segmenter's decisions */

static void
recorder_get_time (gpointer user_data, GstClockTime * monotonic, gint64 * wall)
{
  *monotonic = now ();
  *wall = g_get_real_time ();
}

static GstFlowReturn
result (gboolean ok)
{
  return ok ? GST_FLOW_OK : GST_FLOW_ERROR;
}

static void
clear_tracks (GstDvrRecorder * self)
{
  guint i;

  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    if (self->has_track[i])
      gst_fmp4_track_clear (&self->tracks[i]);
    self->has_track[i] = FALSE;
  }
}

static GstFlowReturn
recorder_set_init (gpointer user_data, GstCaps * const caps[GST_DVR_N_TRACKS])
{
  GstDvrRecorder *self = user_data;
  GstFmp4Track tracks[GST_DVR_N_TRACKS];
  GstBuffer *init;
  GstMapInfo map;
  GBytes *bytes;
  guint i, n = 0;
  gboolean ok;

  clear_tracks (self);
  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    if (!caps[i])
      continue;
    if (!gst_fmp4_track_init (&self->tracks[i], n + 1, caps[i], 0,
            &self->error))
      return GST_FLOW_ERROR;
    self->has_track[i] = TRUE;
    tracks[n++] = self->tracks[i];
  }
  self->exact = caps[GST_DVR_TRACK_AUDIO] &&
      gst_fmp4_timing_init (&self->timing, caps[GST_DVR_TRACK_AUDIO]);
  init = gst_fmp4_write_init (tracks, n, &self->error);
  if (!init)
    return GST_FLOW_ERROR;
  gst_buffer_map (init, &map, GST_MAP_READ);
  bytes = g_bytes_new (map.data, map.size);
  gst_buffer_unmap (init, &map);
  gst_buffer_unref (init);
  ok = gst_dvr_store_writer_set_init (self->writer, bytes, &self->error);
  g_bytes_unref (bytes);
  return result (ok);
}

static GstFlowReturn
recorder_open_segment (gpointer user_data, GstClockTime start,
    gint64 wall_time, gboolean discontinuity)
{
  GstDvrRecorder *self = user_data;

  self->segment_parts = 0;
  if (discontinuity) {
    gst_fmp4_timing_restart (&self->timing);
    self->audio_end = 0;
  }
  return result (gst_dvr_store_writer_open_segment (self->writer, start,
          wall_time, discontinuity, &self->error));
}

static GstFlowReturn
recorder_begin_part (gpointer user_data, gint64 wall_time)
{
  GstDvrRecorder *self = user_data;

  self->part_bytes = 0;
  return result (gst_dvr_store_writer_begin_part (self->writer, wall_time,
          &self->error));
}

/* RTMP rounds audio to milliseconds: samples are counted instead.
 * Returns: whether the frame has a place, that is, is not one too many. */
static gboolean
time_audio (GstDvrRecorder * self, GstBuffer * frame)
{
  if (self->exact) {
    switch (gst_fmp4_timing_next (&self->timing, frame)) {
      case GST_FMP4_TIMING_OVERLAP:
      case GST_FMP4_TIMING_UNKNOWN:
        return FALSE;
      case GST_FMP4_TIMING_GAP:
      case GST_FMP4_TIMING_JUMPED:
        self->stats.audio_resyncs++;
        break;
      default:
        break;
    }
  }
  if (GST_BUFFER_DTS (frame) < self->audio_end)
    return FALSE;
  self->audio_end = GST_BUFFER_DTS (frame) + GST_BUFFER_DURATION (frame);
  return TRUE;
}

static void
fill_run (GstDvrRecorder * self, const GstDvrChunk * chunk, guint track)
{
  guint i;

  g_ptr_array_set_size (self->run[track], 0);
  for (i = 0; i < chunk->n_samples[track]; i++) {
    const GstDvrSample *sample = &chunk->samples[track][i];

    GST_BUFFER_DTS (sample->buffer) = sample->dts;
    GST_BUFFER_PTS (sample->buffer) = sample->pts;
    GST_BUFFER_DURATION (sample->buffer) = sample->duration;
    if (track == GST_DVR_TRACK_AUDIO && !time_audio (self, sample->buffer))
      self->stats.audio_dropped++;
    else
      g_ptr_array_add (self->run[track], sample->buffer);
  }
}

static GstFlowReturn
recorder_append_chunk (gpointer user_data, const GstDvrChunk * chunk)
{
  GstDvrRecorder *self = user_data;
  GstFmp4Run runs[GST_DVR_N_TRACKS];
  GstFmp4ChunkInfo info;
  GstBuffer *bytes;
  GError *error = NULL;
  guint i, n = 0;
  gsize size;
  gboolean ok;

  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    fill_run (self, chunk, i);
    if (self->run[i]->len == 0)
      continue;
    runs[n].track = &self->tracks[i];
    runs[n].samples = (GstBuffer **) self->run[i]->pdata;
    runs[n].n_samples = self->run[i]->len;
    n++;
  }
  if (n == 0)
    return GST_FLOW_OK;
  bytes = gst_fmp4_write_chunk (++self->sequence, runs, n, &info, &error);
  if (!bytes) {
    warn (self, "Samples were dropped: %s", error->message);
    g_clear_error (&error);
    return GST_FLOW_OK;
  }
  size = gst_buffer_get_size (bytes);
  ok = gst_dvr_store_writer_append_chunk (self->writer, bytes,
      chunk->key ? info.first_end : 0, &self->error);
  gst_buffer_unref (bytes);
  if (ok) {
    self->part_bytes += size;
    self->stats.bytes += size;
  }
  return result (ok);
}

static GstFlowReturn
recorder_end_part (gpointer user_data, GstClockTime duration,
    gboolean independent)
{
  GstDvrRecorder *self = user_data;

  if (self->part_bytes == 0)
    return GST_FLOW_OK;
  if (!gst_dvr_store_writer_end_part (self->writer, duration, independent,
          &self->error))
    return GST_FLOW_ERROR;
  self->segment_parts++;
  self->disk_full = FALSE;
  set_recording (self, TRUE);
  return GST_FLOW_OK;
}

static GstFlowReturn
recorder_close_segment (gpointer user_data, GstClockTime duration)
{
  GstDvrRecorder *self = user_data;
  GstDvrEntry entry;

  /* All its samples were dropped: the next takes its place. */
  if (self->segment_parts == 0)
    return GST_FLOW_OK;
  if (!gst_dvr_store_writer_close_segment (self->writer, duration, &entry,
          self->error ? NULL : &self->error))
    return GST_FLOW_ERROR;
  self->stats.segments++;
  self->stats.duration += duration;
  self->funcs->segment (self->user_data, &entry);
  return GST_FLOW_OK;
}

static GstFlowReturn
recorder_add_gap (gpointer user_data, GstClockTime start,
    GstClockTime duration, gint64 wall_time)
{
  GstDvrRecorder *self = user_data;

  if (!gst_dvr_store_writer_add_gap (self->writer, start, duration, wall_time,
          &self->error))
    return GST_FLOW_ERROR;
  self->stats.gaps++;
  return GST_FLOW_OK;
}

static GstFlowReturn
recorder_end_list (gpointer user_data)
{
  GstDvrRecorder *self = user_data;

  return result (gst_dvr_store_writer_end (self->writer, &self->error));
}

static const GstDvrSegmenterFuncs segmenter_funcs = {
  recorder_get_time, recorder_set_init, recorder_open_segment,
  recorder_begin_part, recorder_append_chunk, recorder_end_part,
  recorder_close_segment, recorder_add_gap, recorder_end_list
};

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
    self->retry_at = now () + RETRY_INTERVAL;
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

/* The parser's findings */

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
    warn (self, "A track is not recorded: %s", error->message);
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
  if (self->paused || (self->disk_full && now () < self->retry_at))
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
      warn (self, "Skipped %" G_GUINT64_FORMAT " bytes: %s", event->value,
          event->message);
      break;
    case GST_FLV_EVENT_UNSUPPORTED:
    case GST_FLV_EVENT_WARNING:
      warn (self, "%s", event->message);
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
  GstDvrTimeline *timeline = gst_dvr_store_writer_get_timeline (self->writer);
  GstDvrTimelineInfo info;
  gboolean continues, open;

  gst_dvr_timeline_get_info (timeline, &info);
  continues = info.next > info.first || info.removed;
  open = info.state != GST_DVR_TIMELINE_ENDED;
  gst_dvr_segmenter_set_start (self->segmenter,
      GST_CLOCK_TIME_IS_VALID (info.end) ? info.end : 0, continues,
      measure_absence (timeline, &info),
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
  GstDvrStoreWriter *writer;
  GstDvrRecorder *self;
  guint i;

  writer = gst_dvr_store_writer_open (location, stream, config, error);
  if (!writer)
    return NULL;
  self = g_new0 (GstDvrRecorder, 1);
  self->writer = writer;
  self->path = g_build_filename (location, stream, NULL);
  self->funcs = funcs;
  self->user_data = user_data;
  self->parser = gst_flv_parser_new (take_event, self);
  self->segmenter = gst_dvr_segmenter_new (&cut, &segmenter_funcs, self);
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
  gst_dvr_store_writer_free (self->writer);
  clear_tracks (self);
  for (i = 0; i < GST_DVR_N_TRACKS; i++)
    g_ptr_array_unref (self->run[i]);
  g_clear_error (&self->error);
  g_free (self->path);
  g_free (self);
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
  gst_dvr_store_writer_set_config (self->writer, config);
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

  set_recording (self, FALSE);
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
  return settle (self, gst_dvr_segmenter_tick (self->segmenter), error);
}

/**
 * gst_dvr_recorder_end:
 * @self: a recorder
 * @error: as gst_dvr_recorder_push()
 *
 * Finishes the segment and ends the list. More may be pushed later.
 *
 * Returns: whether all went well
 */
gboolean
gst_dvr_recorder_end (GstDvrRecorder * self, GError ** error)
{
  gboolean ok;

  gst_flv_parser_end (self->parser);
  ok = settle (self, gst_dvr_segmenter_end (self->segmenter), error);
  set_recording (self, FALSE);
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

  gst_dvr_timeline_get_info (gst_dvr_store_writer_get_timeline (self->writer),
      &info);
  *stats = self->stats;
  gst_dvr_segmenter_get_stats (self->segmenter, &stats->segmenter);
  stats->start = info.start;
  stats->end = info.end;
  stats->recording = self->recording;
  stats->disk_full = self->disk_full;
}
