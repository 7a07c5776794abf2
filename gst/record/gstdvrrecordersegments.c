/* gstdvrrecordersegments.c: writes what the recorder's segmenter decides
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrrecorder-private.h"

static void
recorder_get_time (gpointer user_data, GstClockTime * monotonic, gint64 * wall)
{
  *monotonic = gst_dvr_recorder_now ();
  *wall = g_get_real_time ();
}

static GstBuffer *
recorder_make_silence (gpointer user_data, const GstCaps * caps)
{
  return gst_fmp4_make_silence (caps);
}

static GstFlowReturn
push (GstDvrRecorder * self, const GstDvrRecordJob * job)
{
  return gst_dvr_record_writer_push (self->writer, job, &self->error) ?
      GST_FLOW_OK : GST_FLOW_ERROR;
}

void
gst_dvr_recorder_clear_tracks (GstDvrRecorder * self)
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
  GstDvrRecordJob job = {.kind = GST_DVR_RECORD_INIT };
  GstFlowReturn ret;
  guint i, n = 0;

  gst_dvr_recorder_clear_tracks (self);
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
  job.init = g_bytes_new (map.data, map.size);
  gst_buffer_unmap (init, &map);
  gst_buffer_unref (init);
  ret = push (self, &job);
  g_bytes_unref (job.init);
  return ret;
}

static GstFlowReturn
recorder_open_segment (gpointer user_data, GstClockTime start,
    gint64 wall_time, gboolean discontinuity)
{
  GstDvrRecorder *self = user_data;
  GstDvrRecordJob job = {.kind = GST_DVR_RECORD_OPEN,.start = start,
    .wall_time = wall_time,.flag = discontinuity
  };

  self->segment_parts = 0;
  if (discontinuity) {
    gst_fmp4_timing_restart (&self->timing);
    self->audio_end = 0;
  }
  return push (self, &job);
}

static void
recorder_show_samples (gpointer user_data, const GstDvrShown * shown, guint n)
{
  GstDvrRecorder *self = user_data;
  GPtrArray *samples = g_ptr_array_new_full (n,
      (GDestroyNotify) gst_buffer_unref);
  GstDvrRecordJob job = {.kind = GST_DVR_RECORD_SAMPLES,.samples = samples };
  guint i;

  for (i = 0; i < n; i++) {
    GstBuffer *sample = gst_buffer_copy (shown[i].sample->buffer);

    GST_BUFFER_DTS (sample) = shown[i].sample->dts;
    GST_BUFFER_PTS (sample) = shown[i].sample->pts;
    GST_BUFFER_OFFSET (sample) = shown[i].index;
    GST_BUFFER_OFFSET_END (sample) = self->tracks[shown[i].track].id;
    g_ptr_array_add (samples, sample);
  }
  gst_dvr_record_writer_push (self->writer, &job, NULL);
  g_ptr_array_unref (samples);
}

static GstFlowReturn
recorder_begin_part (gpointer user_data, gint64 wall_time)
{
  GstDvrRecorder *self = user_data;
  GstDvrRecordJob job = {.kind = GST_DVR_RECORD_PART,.wall_time = wall_time };

  self->part_bytes = 0;
  return push (self, &job);
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
  GstDvrRecordJob job = {.kind = GST_DVR_RECORD_CHUNK,.flag = chunk->shown };
  GstFmp4ChunkInfo info;
  GstFlowReturn ret;
  GError *error = NULL;
  guint i, n = 0;

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
  job.chunk = gst_fmp4_write_chunk (++self->sequence, runs, n, &info, &error);
  if (!job.chunk) {
    gst_dvr_recorder_warn (self, "Samples were dropped: %s", error->message);
    g_clear_error (&error);
    return GST_FLOW_OK;
  }
  job.key_size = chunk->key ? info.first_end : 0;
  ret = push (self, &job);
  self->part_bytes += gst_buffer_get_size (job.chunk);
  self->stats.bytes += gst_buffer_get_size (job.chunk);
  gst_buffer_unref (job.chunk);
  return ret;
}

static GstFlowReturn
recorder_end_part (gpointer user_data, GstClockTime duration,
    gboolean independent)
{
  GstDvrRecorder *self = user_data;
  GstDvrRecordJob job = {.kind = GST_DVR_RECORD_END_PART,
    .duration = duration,.flag = independent
  };

  if (self->part_bytes == 0)
    return GST_FLOW_OK;
  if (push (self, &job) != GST_FLOW_OK)
    return GST_FLOW_ERROR;
  self->segment_parts++;
  /* what waits to be written may find the disk still full */
  if (self->disk_full && !gst_dvr_record_writer_has_written (self->writer))
    return GST_FLOW_OK;
  self->disk_full = FALSE;
  gst_dvr_recorder_show_recording (self, TRUE);
  return GST_FLOW_OK;
}

static GstFlowReturn
recorder_close_segment (gpointer user_data, GstClockTime duration)
{
  GstDvrRecorder *self = user_data;
  GstDvrRecordJob job = {.kind = GST_DVR_RECORD_CLOSE,.duration = duration,
    .flag = self->error != NULL
  };

  /* All its samples were dropped: the next takes its place. */
  if (self->segment_parts == 0)
    return GST_FLOW_OK;
  if (!gst_dvr_record_writer_push (self->writer, &job,
          job.flag ? NULL : &self->error))
    return GST_FLOW_ERROR;
  self->stats.segments++;
  self->stats.duration += duration;
  return GST_FLOW_OK;
}

static GstFlowReturn
recorder_add_gap (gpointer user_data, GstClockTime start,
    GstClockTime duration, gint64 wall_time)
{
  GstDvrRecorder *self = user_data;
  GstDvrRecordJob job = {.kind = GST_DVR_RECORD_GAP,.start = start,
    .duration = duration,.wall_time = wall_time
  };

  if (push (self, &job) != GST_FLOW_OK)
    return GST_FLOW_ERROR;
  self->stats.gaps++;
  return GST_FLOW_OK;
}

static GstFlowReturn
recorder_end_list (gpointer user_data)
{
  GstDvrRecorder *self = user_data;
  GstDvrRecordJob job = {.kind = GST_DVR_RECORD_END };

  return push (self, &job);
}

const GstDvrSegmenterFuncs gst_dvr_recorder_segmenter_funcs = {
  recorder_get_time, recorder_make_silence, recorder_set_init,
  recorder_open_segment,
  recorder_show_samples, recorder_begin_part, recorder_append_chunk,
  recorder_end_part,
  recorder_close_segment, recorder_add_gap, recorder_end_list
};

/* What the writer tells, in whichever thread it writes. */

static void
recorder_closed (gpointer user_data, const GstDvrEntry * entry)
{
  GstDvrRecorder *self = user_data;

  if (self->funcs->segment)
    self->funcs->segment (self->user_data, entry);
}

static void
recorder_late (gpointer user_data, GstClockTime late)
{
  GstDvrRecorder *self = user_data;
  gchar *text = g_strdup_printf ("The disk of %s is slow: segments are listed "
      "%" G_GUINT64_FORMAT " s late. Give it less to do, or set fsync=none",
      self->path, late / GST_SECOND);

  self->funcs->status (self->user_data, "NetStream.Record.SlowDisk", "warning",
      text);
  g_free (text);
}

const GstDvrRecordWriterFuncs gst_dvr_recorder_writer_funcs = {
  recorder_closed, recorder_late
};
