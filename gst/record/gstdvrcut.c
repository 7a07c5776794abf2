/* gstdvrcut.c: where chunks, parts and segments end
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything is cut at one position for all tracks. One track drives: video,
 * or audio where there is none or it has stopped. A sample's duration is known
 * when the next of its track is there, so a chunk, a part and a segment end
 * one sample late: that is RTMP's price for having no durations.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrsegmenter-private.h"

/* Parts must be at least 85 % of the longest (RFC 8216bis, 4.4.4.9). */
#define MIN_PART(self) ((self)->config.part_duration * 85 / 100)
/* Encoders count frames from keyframe to keyframe, and cameras do not keep to
 * their rate: one that is a little early is the one that was meant. */
#define MAX_EARLY(self) MAX (GST_DVR_ROUNDING, (self)->config.target_duration / 20)
/* Presentation may be this much behind decoding in a believable stream. */
#define MAX_SHIFT (2 * GST_SECOND)
/* Where no duration can be known. */
#define VIDEO_DURATION (40 * GST_MSECOND)
#define AUDIO_DURATION (20 * GST_MSECOND)

typedef enum
{
  FOUND_NOTHING,
  FOUND_CUT,
  FOUND_WAIT                    /* another track must come first */
} Found;

static gboolean
last_position (GstDvrSegmenter * self, guint track, GstClockTime * position)
{
  GstDvrSegmenterTrack *t = &self->tracks[track];

  if (t->queue->len == 0)
    return FALSE;
  *position = gst_dvr_segmenter_position (self, track,
      gst_dvr_segmenter_sample (t, t->queue->len - 1));
  return TRUE;
}

/* A track lags when it is so far behind the other that it may have stopped.
 * What stands in for the other is ahead of it. */
static gboolean
lags (GstDvrSegmenter * self, guint track)
{
  GstClockTime mine, other;

  if (self->tracks[!track].filling || !last_position (self, !track, &other))
    return FALSE;
  if (!last_position (self, track, &mine))
    mine = self->tracks[track].last_seen;
  return other > mine + GST_DVR_MAX_LAG;
}

static gboolean
is_over_held (GstDvrSegmenter * self)
{
  return self->held_bytes > GST_DVR_MAX_HELD_BYTES ||
      self->tracks[0].queue->len + self->tracks[1].queue->len >
      GST_DVR_MAX_HELD_SAMPLES;
}

static void
choose_driver (GstDvrSegmenter * self)
{
  GstDvrTrack driver = GST_DVR_TRACK_AUDIO;

  if (self->finishing)
    return;
  if (self->tracks[GST_DVR_TRACK_VIDEO].in_init &&
      !(self->tracks[GST_DVR_TRACK_AUDIO].in_init &&
          lags (self, GST_DVR_TRACK_VIDEO)))
    driver = GST_DVR_TRACK_VIDEO;
  if (driver == self->driver)
    return;
  self->driver = driver;
  self->accepted = 0;
  self->cut.kind = GST_DVR_CUT_NONE;
}

/* Whether everything before @position has come, as far as it is waited for. */
static gboolean
is_known (GstDvrSegmenter * self, GstClockTime position)
{
  guint other = !self->driver;
  GstClockTime last;

  if (self->draining || !self->tracks[other].in_init || is_over_held (self))
    return TRUE;
  if (last_position (self, other, &last) && last >= position)
    return TRUE;
  return lags (self, other);
}

/* A playlist's TARGETDURATION allows a segment that is longer by less than half
 * a second (RFC 8216, 4.3.3.1). It lets a group of pictures end that is meant
 * to be as long, as 250 frames at 24 a second are for ten seconds. */
static GstClockTime
longest_segment (GstDvrSegmenter * self)
{
  GstClockTime max = self->config.max_segment_duration;

  return max + MIN (max / 20, 490 * GST_MSECOND);
}

/* Whether there is no picture to wait for a keyframe with: none is announced, or
 * none has come for this segment. */
static gboolean
is_sound_alone (GstDvrSegmenter * self)
{
  const GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];

  return !video->in_init || (video->written == 0 && video->queue->len == 0);
}

/**
 * gst_dvr_segmenter_ends_segment:
 * @self: a segmenter with an open segment
 * @next: a sample of the driving track
 * @position: of it
 * @step: how long it lasts, as far as is known, nanoseconds
 *
 * Returns: whether the segment ends before it
 */
gboolean
gst_dvr_segmenter_ends_segment (GstDvrSegmenter * self,
    const GstDvrSample * next, GstClockTime position, GstClockTime step)
{
  const GstDvrSegmenterConfig *config = &self->config;
  GstClockTime elapsed = position - self->segment_start;

  if (self->finishing)
    return FALSE;
  /* One that had to begin without a keyframe ends at the next. */
  if (self->driver == GST_DVR_TRACK_VIDEO && next->key && !self->segment_key)
    return TRUE;
  if (self->driver == GST_DVR_TRACK_VIDEO && next->key &&
      elapsed + MAX_EARLY (self) >= config->target_duration)
    return TRUE;
  if (elapsed + GST_DVR_ROUNDING >= config->target_duration
      && is_sound_alone (self))
    return TRUE;
  return elapsed + step > longest_segment (self) ||
      self->segment_size >= config->max_segment_size ||
      self->segment_samples >= GST_DVR_MAX_HELD_SAMPLES;
}

/* What ends before the driver's sample @next, at @position; the one before it
 * lasted @step, and the next is taken to last as long. What was shown stays in
 * the segment, however long it turns out to last. */
static GstDvrCutKind
classify (GstDvrSegmenter * self, const GstDvrSample * next,
    GstClockTime position, GstClockTime step)
{
  const GstDvrSegmenterConfig *config = &self->config;
  gboolean is_shown = self->cut.n_driver < self->tracks[self->driver].shown;
  GstClockTime part;

  if (position <= self->chunk_start)
    return GST_DVR_CUT_NONE;
  if (!is_shown && gst_dvr_segmenter_ends_segment (self, next, position, step))
    return GST_DVR_CUT_SEGMENT;

  part = position - self->part_start;
  if (self->driver == GST_DVR_TRACK_VIDEO && next->key &&
      position >= self->last_key + config->part_duration)
    return GST_DVR_CUT_PART;
  if (part >= MIN_PART (self) &&
      part + step > config->part_duration + GST_MSECOND)
    return GST_DVR_CUT_PART;
  if (config->chunk_duration == 0 ||
      position - self->chunk_start + step > config->chunk_duration +
      GST_MSECOND)
    return GST_DVR_CUT_CHUNK;
  return GST_DVR_CUT_NONE;
}

/* A frame may last longer than a part: parts then end between frames, where
 * there is audio to fill them. Without it the part is as long as the frame.
 * @position: where the driver is known to go on. */
static Found
find_cut_in_frame (GstDvrSegmenter * self, GstClockTime position)
{
  const GstDvrSegmenterConfig *config = &self->config;
  GstDvrSegmenterTrack *audio = &self->tracks[GST_DVR_TRACK_AUDIO];
  GstClockTime at = self->part_start + config->part_duration, last = 0;

  if (position <= at + GST_MSECOND || self->driver != GST_DVR_TRACK_VIDEO ||
      !audio->in_init)
    return FOUND_NOTHING;
  if (!last_position (self, GST_DVR_TRACK_AUDIO, &last) || last < at)
    return is_known (self, at) ? FOUND_NOTHING : FOUND_WAIT;
  if (gst_dvr_segmenter_sample (audio, 0)->dts >= at)
    return FOUND_NOTHING;

  self->cut.kind = GST_DVR_CUT_PART;
  if (at + config->part_duration > self->segment_start + longest_segment (self))
    self->cut.kind = GST_DVR_CUT_SEGMENT;
  self->cut.at = at;
  self->cut.n_driver = self->accepted;
  return FOUND_CUT;
}

/* Considers the driver's next sample, which begins at @here and ends at
 * @there, where @next begins. */
static Found
accept (GstDvrSegmenter * self, const GstDvrSample * sample,
    GstClockTime here, GstClockTime there)
{
  Found found;

  self->cut.n_driver = self->accepted;
  self->cut.at = here;
  if (here >= self->part_start + MIN_PART (self) &&
      there > self->part_start + self->config.part_duration + GST_MSECOND) {
    self->cut.kind = GST_DVR_CUT_PART;
    return FOUND_CUT;
  }

  self->accepted++;
  found = find_cut_in_frame (self, there);
  if (found == FOUND_WAIT)
    self->accepted--;
  if (found != FOUND_NOTHING)
    return found;
  self->cut.n_driver = self->accepted;
  self->cut.at = there;
  self->cut.kind = classify (self, sample + 1, there, sample->duration);
  return self->cut.kind == GST_DVR_CUT_NONE ? FOUND_NOTHING : FOUND_CUT;
}

/* A sample that begins after a cut between frames has not been looked at as
 * the one that something ends before. */
static Found
find_cut_before (GstDvrSegmenter * self, const GstDvrSample * sample,
    GstClockTime here)
{
  Found found = find_cut_in_frame (self, here);

  if (found != FOUND_NOTHING || self->accepted > 0)
    return found;
  self->cut.n_driver = 0;
  self->cut.at = here;
  self->cut.kind = classify (self, sample, here,
      GST_CLOCK_TIME_IS_VALID (sample->duration) ? sample->duration :
      self->config.part_duration);
  return self->cut.kind == GST_DVR_CUT_NONE ? FOUND_NOTHING : FOUND_CUT;
}

static gboolean
find_cut (GstDvrSegmenter * self)
{
  GstDvrSegmenterTrack *track = &self->tracks[self->driver];
  Found found = FOUND_NOTHING;

  while (found == FOUND_NOTHING && self->accepted < track->queue->len) {
    GstDvrSample *sample = gst_dvr_segmenter_sample (track, self->accepted);
    GstClockTime here = gst_dvr_segmenter_position (self, self->driver, sample);

    found = find_cut_before (self, sample, here);
    if (found != FOUND_NOTHING)
      break;
    if (self->accepted + 1 >= track->queue->len)
      return FALSE;
    found = accept (self, sample, here,
        gst_dvr_segmenter_position (self, self->driver, sample + 1));
  }
  return found == FOUND_CUT;
}

/* The last sample of a track lasts as long as the one before it. */
static GstClockTime
end_track (GstDvrSegmenter * self, guint index)
{
  GstDvrSegmenterTrack *track = &self->tracks[index];
  GstDvrSample *last;

  if (!track->in_init || track->queue->len == 0)
    return 0;
  last = gst_dvr_segmenter_sample (track, track->queue->len - 1);
  if (!GST_CLOCK_TIME_IS_VALID (last->duration)) {
    last->duration = track->last_duration;
    if (GST_BUFFER_DURATION_IS_VALID (last->buffer))
      last->duration = GST_BUFFER_DURATION (last->buffer);
    if (!GST_CLOCK_TIME_IS_VALID (last->duration))
      last->duration = index == GST_DVR_TRACK_VIDEO ? VIDEO_DURATION :
          AUDIO_DURATION;
    last->duration = MIN (last->duration, self->config.max_segment_duration);
  }
  return gst_dvr_segmenter_position (self, index, last) + last->duration;
}

/* The last picture of a segment that sound ends is shown until then. */
static void
let_stand (GstDvrSegmenter * self, GstClockTime until)
{
  GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];
  GstDvrSample *last = gst_dvr_segmenter_sample (video, video->queue->len - 1);
  GstClockTime position = gst_dvr_segmenter_position (self,
      GST_DVR_TRACK_VIDEO, last);

  if (until > position)
    last->duration = MAX (last->duration, until - position);
}

/* Whether a sample stays in the segment, wherever it ends: it was shown. */
static gboolean
must_stay (GstDvrSegmenter * self, guint index, guint n, const GstDvrCut * cut)
{
  if (cut->kind != GST_DVR_CUT_SEGMENT || n >= self->tracks[index].shown)
    return FALSE;
  if (n + 1 == self->tracks[index].queue->len) {
    end_track (self, index);
    if (index == GST_DVR_TRACK_VIDEO)
      let_stand (self, cut->at);
  }
  return TRUE;
}

/* How many samples at the head of a track belong before the cut. */
static guint
count_before (GstDvrSegmenter * self, guint index, const GstDvrCut * cut)
{
  GstDvrSegmenterTrack *track = &self->tracks[index];
  guint n = 0;

  if (index == self->driver)
    return cut->n_driver;
  while (n < track->queue->len) {
    GstDvrSample *sample = gst_dvr_segmenter_sample (track, n);

    if (!must_stay (self, index, n, cut)
        && (!GST_CLOCK_TIME_IS_VALID (sample->duration)
            || gst_dvr_segmenter_position (self, index, sample) >= cut->at))
      break;
    n++;
  }
  return n;
}

/**
 * gst_dvr_segmenter_take:
 * @self: a segmenter
 * @track: one of its tracks
 * @n: how many samples
 *
 * Lets go of the samples at the head of a track.
 */
void
gst_dvr_segmenter_take (GstDvrSegmenter * self, GstDvrSegmenterTrack * track,
    guint n)
{
  guint i;

  for (i = 0; i < n; i++) {
    GstDvrSample *sample = gst_dvr_segmenter_sample (track, i);

    self->held_bytes -= gst_buffer_get_size (sample->buffer);
    gst_buffer_unref (sample->buffer);
  }
  if (n > 0)
    g_array_remove_range (track->queue, 0, n);
  track->shown -= MIN (track->shown, n);
}

static GstFlowReturn
begin_part (GstDvrSegmenter * self, const GstDvrChunk * chunk)
{
  gboolean video = self->tracks[GST_DVR_TRACK_VIDEO].in_init;

  self->part_open = TRUE;
  self->part_independent = !video ||
      (chunk->n_samples[GST_DVR_TRACK_VIDEO] > 0 &&
      chunk->samples[GST_DVR_TRACK_VIDEO][0].key);
  return self->funcs->begin_part (self->user_data,
      gst_dvr_segmenter_get_wall (self, self->part_start));
}

static GstFlowReturn
write_chunk (GstDvrSegmenter * self, const GstDvrCut * cut)
{
  GstDvrChunk chunk = { {NULL, NULL}, {0, 0}, FALSE, TRUE };
  GstFlowReturn ret = GST_FLOW_OK;
  guint i, n = 0;

  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    chunk.n_samples[i] = count_before (self, i, cut);
    n += chunk.n_samples[i];
    chunk.shown &= chunk.n_samples[i] <= self->tracks[i].shown;
    if (chunk.n_samples[i] > 0)
      chunk.samples[i] = gst_dvr_segmenter_sample (&self->tracks[i], 0);
  }
  if (n == 0)
    return GST_FLOW_OK;

  chunk.key = !self->part_open &&
      chunk.n_samples[GST_DVR_TRACK_VIDEO] > 0 &&
      chunk.samples[GST_DVR_TRACK_VIDEO][0].key;
  if (!self->part_open)
    ret = begin_part (self, &chunk);
  if (ret == GST_FLOW_OK)
    ret = self->funcs->append_chunk (self->user_data, &chunk);
  self->segment_samples += n;
  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    guint k;

    for (k = 0; k < chunk.n_samples[i]; k++) {
      const GstDvrSample *sample = &chunk.samples[i][k];

      self->segment_size += gst_buffer_get_size (sample->buffer);
      if (i == GST_DVR_TRACK_VIDEO && sample->key)
        self->last_key = gst_dvr_segmenter_position (self, i, sample);
    }
    gst_dvr_segmenter_take (self, &self->tracks[i], chunk.n_samples[i]);
    self->tracks[i].written += chunk.n_samples[i];
  }
  return ret;
}

static GstFlowReturn
end_part (GstDvrSegmenter * self, GstClockTime at)
{
  GstFlowReturn ret = GST_FLOW_OK;
  GstClockTime duration = at - self->part_start;

  /* Rounding must not make a part longer than the longest. */
  if (duration <= self->config.part_duration + GST_MSECOND)
    duration = MIN (duration, self->config.part_duration);
  if (self->part_open)
    ret = self->funcs->end_part (self->user_data, duration,
        self->part_independent);
  self->part_open = FALSE;
  /* A part that failed is none: the segment ends before it. */
  if (ret == GST_FLOW_OK)
    self->part_start = at;
  return ret;
}

static GstFlowReturn
close_segment (GstDvrSegmenter * self, GstClockTime at)
{
  GstFlowReturn ret = end_part (self, at);
  GstClockTime video, audio;

  if (last_position (self, GST_DVR_TRACK_VIDEO, &video) &&
      last_position (self, GST_DVR_TRACK_AUDIO, &audio))
    self->stats.skew = GST_CLOCK_DIFF (audio, video);
  self->end = at;
  if (ret != GST_FLOW_OK)
    return ret;
  self->segment_open = FALSE;
  return self->funcs->close_segment (self->user_data, at - self->segment_start);
}

/**
 * gst_dvr_segmenter_open:
 * @self: a segmenter
 * @start: position that the segment begins at
 *
 * Opens the next segment with the samples at the head of the tracks.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_open (GstDvrSegmenter * self, GstClockTime start)
{
  GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];
  gboolean discontinuity = self->discontinuity;
  guint i;

  if (video->queue->len > 0) {
    GstDvrSample *first = gst_dvr_segmenter_sample (video, 0);

    if (first->key)
      self->shift = MIN (first->pts - first->dts, MAX_SHIFT);
    self->last_key = gst_dvr_segmenter_position (self, GST_DVR_TRACK_VIDEO,
        first);
  }
  self->segment_key = video->queue->len > 0 &&
      gst_dvr_segmenter_sample (video, 0)->key;
  self->segment_open = TRUE;
  self->segment_size = 0;
  self->segment_samples = 0;
  self->segment_start = self->part_start = self->chunk_start = start;
  self->accepted = 0;
  for (i = 0; i < GST_DVR_N_TRACKS; i++)
    self->tracks[i].shown = self->tracks[i].written = 0;
  self->cut.kind = GST_DVR_CUT_NONE;
  self->discontinuity = FALSE;
  self->continues = TRUE;
  self->stats.discontinuities += discontinuity;
  return self->funcs->open_segment (self->user_data, start,
      gst_dvr_segmenter_get_wall (self, start), discontinuity);
}

/* The next segment begins where its keyframe is shown. Pictures that are shown
 * before theirs make positions run ahead by less or more in each group: what was
 * written may lie beyond, but what was announced may not. */
static GstClockTime
segment_boundary (GstDvrSegmenter * self, const GstDvrCut * cut)
{
  GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];
  GstDvrSample *next;

  if (cut->kind != GST_DVR_CUT_SEGMENT || self->driver != GST_DVR_TRACK_VIDEO ||
      cut->n_driver >= video->queue->len)
    return cut->at;
  next = gst_dvr_segmenter_sample (video, cut->n_driver);
  if (!next->key || gst_dvr_segmenter_position (self, GST_DVR_TRACK_VIDEO,
          next) != cut->at)
    return cut->at;
  return MAX (next->dts + MIN (next->pts - next->dts, MAX_SHIFT),
      self->part_start + 1);
}

/* Whether the other track has been silent for long. What is left of it is in
 * the segment that ends then, as long as the sample before it. */
static gboolean
other_is_silent (GstDvrSegmenter * self, const GstDvrCut * cut)
{
  GstDvrSegmenterTrack *other = &self->tracks[!self->driver];

  if (!other->in_init || cut->kind != GST_DVR_CUT_SEGMENT ||
      cut->at <= other->last_seen + GST_DVR_MAX_SILENCE)
    return FALSE;
  end_track (self, !self->driver);
  return TRUE;
}

static GstFlowReturn
open_next (GstDvrSegmenter * self, GstClockTime start, gboolean silent)
{
  if (!silent)
    return gst_dvr_segmenter_open (self, start);
  self->tracks[!self->driver].configured = FALSE;
  self->discontinuity = TRUE;
  return gst_dvr_segmenter_run (self);
}

static GstFlowReturn
apply (GstDvrSegmenter * self, const GstDvrCut * cut)
{
  gboolean silent = other_is_silent (self, cut);
  GstFlowReturn ret = write_chunk (self, cut);

  self->accepted = 0;
  self->chunk_start = cut->at;
  if (ret == GST_FLOW_OK && cut->kind == GST_DVR_CUT_PART)
    ret = end_part (self, cut->at);
  if (ret == GST_FLOW_OK && cut->kind == GST_DVR_CUT_SEGMENT)
    ret = close_segment (self, cut->at);
  if (ret == GST_FLOW_OK && cut->kind == GST_DVR_CUT_SEGMENT)
    ret = open_next (self, cut->at, silent);
  return ret;
}

/* A picture comes, or after a while the last one stands. */
static gboolean
must_wait_for_picture (GstDvrSegmenter * self)
{
  return !self->draining && !is_over_held (self)
      && gst_dvr_segmenter_lacks_picture (self);
}

/**
 * gst_dvr_segmenter_cut:
 * @self: a segmenter with an open segment
 *
 * Writes all that can be decided on.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_cut (GstDvrSegmenter * self)
{
  GstFlowReturn ret = GST_FLOW_OK;

  do {
    GstDvrCut cut;

    choose_driver (self);
    if (self->cut.kind == GST_DVR_CUT_NONE) {
      if (!find_cut (self))
        break;
      self->cut.at = segment_boundary (self, &self->cut);
    }
    if (!is_known (self, self->cut.at) || must_wait_for_picture (self))
      break;
    cut = self->cut;
    self->cut.kind = GST_DVR_CUT_NONE;
    ret = apply (self, &cut);
  } while (ret == GST_FLOW_OK);
  return ret;
}

/* One track may go on after the other's end: it drives then. */
static GstFlowReturn
cut_tail (GstDvrSegmenter * self, GstClockTime * end)
{
  GstClockTime video = end_track (self, GST_DVR_TRACK_VIDEO);
  GstClockTime audio = end_track (self, GST_DVR_TRACK_AUDIO);
  GstFlowReturn ret;

  self->driver = audio > video ? GST_DVR_TRACK_AUDIO : GST_DVR_TRACK_VIDEO;
  self->accepted = 0;
  self->cut.kind = GST_DVR_CUT_NONE;
  self->finishing = TRUE;
  ret = gst_dvr_segmenter_cut (self);
  self->finishing = FALSE;
  *end = MAX (self->chunk_start, MAX (video, audio));
  return ret;
}

/**
 * gst_dvr_segmenter_finish:
 * @self: a segmenter with an open segment
 *
 * Writes all that is held, and closes the segment.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_finish (GstDvrSegmenter * self)
{
  GstDvrCut cut = { GST_DVR_CUT_SEGMENT, 0, 0 };
  GstClockTime end = 0;
  GstFlowReturn ret;

  gst_dvr_segmenter_end_fill (self);
  self->draining = TRUE;
  ret = gst_dvr_segmenter_cut (self);
  if (ret == GST_FLOW_OK)
    ret = cut_tail (self, &end);
  self->draining = FALSE;
  if (ret != GST_FLOW_OK)
    return ret;

  cut.at = end;
  cut.n_driver = self->tracks[self->driver].queue->len;
  ret = write_chunk (self, &cut);
  if (ret == GST_FLOW_OK)
    ret = close_segment (self, MIN (end,
            self->part_start + self->config.part_duration));
  self->end = end;
  return ret;
}
