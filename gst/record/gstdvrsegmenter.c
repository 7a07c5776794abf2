/* gstdvrsegmenter.c: decides what becomes a segment, a part and a chunk
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * This file: runs of a publisher, and the time between them. gstdvrstart.c: what
 * a run begins with. gstdvrcut.c: where it is cut. gstdvrfill.c: what stands in
 * for a track that stops. gstdvrstamper.c: its timestamps. Nothing here knows of elements, files or formats.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrsegmenter-private.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_segmenter_debug);
#define GST_CAT_DEFAULT gst_dvr_segmenter_debug

/* Stream time below zero cannot be expressed; a run is first mapped this far
 * behind where it goes, for tracks that begin before the first sample seen. */
#define LEAD (10 * GST_SECOND)
/* Shorter absences are not worth a line in the list. */
#define MIN_GAP (500 * GST_MSECOND)

/**
 * gst_dvr_segmenter_new:
 * @config: how to cut; copied
 * @funcs: what to do with it; must outlive the segmenter
 * @user_data: for @funcs
 *
 * Returns: (transfer full): a segmenter, for one thread at a time
 */
GstDvrSegmenter *
gst_dvr_segmenter_new (const GstDvrSegmenterConfig * config,
    const GstDvrSegmenterFuncs * funcs, gpointer user_data)
{
  GstDvrSegmenter *self = g_new0 (GstDvrSegmenter, 1);
  guint i;

  GST_DEBUG_CATEGORY_INIT (gst_dvr_segmenter_debug, "dvrsegmenter", 0,
      "DVR recorder's segmenter");
  self->config = *config;
  self->funcs = funcs;
  self->user_data = user_data;
  self->showing = g_array_new (FALSE, FALSE, sizeof (GstDvrShown));
  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    self->tracks[i].queue = g_array_new (FALSE, FALSE, sizeof (GstDvrSample));
    self->tracks[i].last_duration = GST_CLOCK_TIME_NONE;
  }
  return self;
}

static void
drop_held (GstDvrSegmenter * self)
{
  guint i;

  for (i = 0; i < GST_DVR_N_TRACKS; i++)
    gst_dvr_segmenter_drop (self, &self->tracks[i], self->tracks[i].queue->len);
}

static void
drop_suspect (GstDvrSegmenter * self)
{
  if (self->suspect)
    self->stats.dropped++;
  gst_clear_buffer (&self->suspect);
}

/**
 * gst_dvr_segmenter_free:
 * @self: (transfer full): a segmenter
 *
 * Lets go of what is held without writing it.
 */
void
gst_dvr_segmenter_free (GstDvrSegmenter * self)
{
  guint i;

  drop_held (self);
  drop_suspect (self);
  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    g_array_unref (self->tracks[i].queue);
    gst_clear_caps (&self->tracks[i].caps);
    gst_clear_buffer (&self->tracks[i].filler);
  }
  g_array_unref (self->showing);
  g_free (self);
}

/**
 * gst_dvr_segmenter_get_wall:
 * @self: a segmenter that has begun
 * @time: stream time, nanoseconds
 *
 * Returns: the time of day, microseconds since 1970
 */
gint64
gst_dvr_segmenter_get_wall (GstDvrSegmenter * self, GstClockTime time)
{
  return self->anchor_wall + GST_CLOCK_DIFF (self->anchor, time) / 1000;
}

/* Stream time runs on at the pace of the monotonic clock. Where input is
 * faster than that, such as a file, it is ahead of this. */
static GstClockTime
live_time (GstDvrSegmenter * self)
{
  return self->anchor + (gst_dvr_segmenter_now (self) - self->anchor_monotonic);
}

/* Binds stream time to the clocks; again with each run that begins in real
 * time, as the wall clock may have been set. It must not go back. */
static void
anchor (GstDvrSegmenter * self, GstClockTime start)
{
  GstClockTime monotonic;
  gint64 wall, least = G_MININT64;

  if (self->anchored)
    least = gst_dvr_segmenter_get_wall (self, start);
  self->funcs->get_time (self->user_data, &monotonic, &wall);
  self->anchored = TRUE;
  self->anchor = start;
  self->anchor_monotonic = monotonic;
  self->anchor_wall = MAX (wall, least);
}

/**
 * gst_dvr_segmenter_set_start:
 * @self: a segmenter that was fed nothing yet
 * @start: stream time that is recorded to, nanoseconds
 * @continues: whether there is something before it
 * @absence: how long nothing was recorded since, nanoseconds
 * @listed: whether the absence is listed as gaps, as if the publisher had been
 *   away; if not, stream time goes on at that distance all the same
 * @away: whether to list the time until data comes, too
 *
 * Where the recording begins.
 */
void
gst_dvr_segmenter_set_start (GstDvrSegmenter * self, GstClockTime start,
    gboolean continues, GstClockTime absence, gboolean listed, gboolean away)
{
  self->end = start;
  self->continues = continues;
  self->ended = continues && !listed;
  self->away = continues && away;
  if (continues && (away || absence > 0))
    anchor (self, start + absence);
}

/**
 * gst_dvr_segmenter_expect:
 * @self: a segmenter
 * @track: a track
 * @expect: whether it was announced
 *
 * The first segment waits for announced tracks, for a while.
 */
void
gst_dvr_segmenter_expect (GstDvrSegmenter * self, GstDvrTrack track,
    GstDvrExpect expect)
{
  self->tracks[track].expect = expect;
}

static GstFlowReturn
list_gap (GstDvrSegmenter * self, GstClockTime until)
{
  GstFlowReturn ret = GST_FLOW_OK;

  while (ret == GST_FLOW_OK && self->end < until) {
    GstClockTime duration =
        MIN (until - self->end, self->config.target_duration);

    if (self->listed_gap + duration > self->config.reconnect_window)
      break;
    ret = self->funcs->add_gap (self->user_data, self->end, duration,
        gst_dvr_segmenter_get_wall (self, self->end));
    self->end += duration;
    self->listed_gap += duration;
    self->discontinuity = TRUE;
  }
  return ret;
}

static GstFlowReturn
begin_run (GstDvrSegmenter * self, GstClockTime start)
{
  GstFlowReturn ret = GST_FLOW_OK;
  guint i;

  if (self->continues && !self->ended && start >= self->end + MIN_GAP)
    ret = list_gap (self, start);
  if (!self->anchored || start <= live_time (self))
    anchor (self, start);
  gst_dvr_stamper_begin (&self->stamper, start + LEAD,
      self->config.max_segment_duration);
  self->end = MAX (self->end, start);
  self->state = GST_DVR_SEGMENTER_STARTING;
  self->rebased = FALSE;
  self->away = self->ended = FALSE;
  self->listed_gap = 0;
  self->started_at = gst_dvr_segmenter_now (self);
  self->discontinuity = self->continues;
  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    self->tracks[i].need_key = i == GST_DVR_TRACK_VIDEO;
    self->tracks[i].dropping = FALSE;
    self->tracks[i].last_duration = GST_CLOCK_TIME_NONE;
    self->tracks[i].last_seen = 0;
    self->tracks[i].heard_at = self->started_at;
    self->tracks[i].filling = self->tracks[i].stood = FALSE;
  }
  return ret;
}

/* A run goes after the one before it, at the distance in real time. */
static GstClockTime
next_start (GstDvrSegmenter * self)
{
  return self->anchored ? MAX (self->end, live_time (self)) : self->end;
}

static GstFlowReturn
advance (GstDvrSegmenter * self)
{
  GstFlowReturn ret = GST_FLOW_OK;

  if (self->state == GST_DVR_SEGMENTER_STARTING) {
    if (gst_dvr_segmenter_must_hold (self))
      return GST_FLOW_OK;
    ret = gst_dvr_segmenter_run (self);
  }
  gst_dvr_segmenter_fill (self);
  if (ret == GST_FLOW_OK)
    ret = gst_dvr_segmenter_cut (self);
  if (ret == GST_FLOW_OK)
    gst_dvr_segmenter_show (self);
  return ret;
}

/* Ends the open segment in the middle of a run: what follows needs another
 * init section. */
static GstFlowReturn
reconfigure (GstDvrSegmenter * self, GstDvrTrack changed)
{
  GstFlowReturn ret;

  if (self->state != GST_DVR_SEGMENTER_RUNNING)
    return GST_FLOW_OK;
  ret = gst_dvr_segmenter_finish (self);
  self->state = GST_DVR_SEGMENTER_STARTING;
  self->started_at = gst_dvr_segmenter_now (self);
  self->discontinuity = TRUE;
  /* The picture goes on where only the sound changed. */
  if (changed == GST_DVR_TRACK_VIDEO)
    self->tracks[GST_DVR_TRACK_VIDEO].need_key = TRUE;
  self->tracks[GST_DVR_TRACK_VIDEO].dropping = FALSE;
  return ret;
}

/* Publishers repeat their configuration, and metadata with it: only what a
 * decoder is set up with counts. */
static gboolean
is_same_config (GstCaps * a, GstCaps * b)
{
  static const gchar *fields[] = { "codec_data", "streamheader", "rate",
    "channels", "mpegversion", "layer", "channel-mapping-family"
  };
  const GstStructure *sa = gst_caps_get_structure (a, 0);
  const GstStructure *sb = gst_caps_get_structure (b, 0);
  guint i;

  if (g_strcmp0 (gst_structure_get_name (sa), gst_structure_get_name (sb)))
    return FALSE;
  for (i = 0; i < G_N_ELEMENTS (fields); i++) {
    const GValue *va = gst_structure_get_value (sa, fields[i]);
    const GValue *vb = gst_structure_get_value (sb, fields[i]);

    if (!va != !vb)
      return FALSE;
    if (va && gst_value_compare (va, vb) != GST_VALUE_EQUAL)
      return FALSE;
  }
  return TRUE;
}

/**
 * gst_dvr_segmenter_set_caps:
 * @self: a segmenter
 * @track: a track
 * @caps: its configuration, with codec_data where the codec has one
 *
 * What the following samples of the track are. A configuration that was only
 * repeated changes nothing; another one ends the segment.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_set_caps (GstDvrSegmenter * self, GstDvrTrack track,
    GstCaps * caps)
{
  GstDvrSegmenterTrack *t = &self->tracks[track];
  GstFlowReturn ret = GST_FLOW_OK;

  t->configured = TRUE;
  if (t->caps && is_same_config (t->caps, caps))
    return GST_FLOW_OK;
  if (t->in_init)
    ret = reconfigure (self, track);
  if (self->state == GST_DVR_SEGMENTER_STARTING && t->caps) {
    gst_dvr_segmenter_drop (self, t, t->queue->len);
    t->need_key = track == GST_DVR_TRACK_VIDEO;
  }
  gst_caps_replace (&t->caps, caps);
  gst_clear_buffer (&t->filler);
  return ret;
}

/* Whether the input is faster than real time, such as a file. */
gboolean
gst_dvr_segmenter_is_fast (GstDvrSegmenter * self)
{
  return self->end - self->anchor >
      2 * (gst_dvr_segmenter_now (self) - self->anchor_monotonic);
}

/* Another run in the middle of the data. Live input is mapped at the distance
 * in real time; of input that is faster than that, a plausible distance in
 * its timestamps is kept. */
static GstFlowReturn
jump (GstDvrSegmenter * self, gint64 step)
{
  GstFlowReturn ret;
  GstClockTime start, last;

  last = MAX (self->tracks[0].last_seen, self->tracks[1].last_seen);
  self->stats.jumps++;
  ret = gst_dvr_segmenter_drain (self);
  start = next_start (self);
  if (step > 0 && (GstClockTime) step <= self->config.reconnect_window &&
      gst_dvr_segmenter_is_fast (self))
    start = MAX (start, last + step);
  if (ret == GST_FLOW_OK)
    ret = begin_run (self, start);
  return ret;
}

static gboolean
is_jump (GstDvrStamp stamp)
{
  return stamp == GST_DVR_STAMP_BACK || stamp == GST_DVR_STAMP_AHEAD;
}

/* Takes a sample that is mapped. */
static GstFlowReturn
take_sample (GstDvrSegmenter * self, GstDvrTrack track, GstBuffer * buffer,
    GstClockTime dts, GstClockTime pts)
{
  GstDvrSegmenterTrack *t = &self->tracks[track];
  gboolean key = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  GstFlowReturn ret = GST_FLOW_OK;

  t->heard_at = gst_dvr_segmenter_now (self);
  if (self->state == GST_DVR_SEGMENTER_RUNNING && !t->in_init
      && (key || !t->need_key))
    ret = reconfigure (self, track);
  if (ret != GST_FLOW_OK || (t->need_key && !key)
      || !gst_dvr_segmenter_returns (self, track, dts)) {
    t->dropping |= t->need_key;
    self->stats.dropped++;
    gst_buffer_unref (buffer);
    if (ret != GST_FLOW_OK)
      return ret;
  } else {
    t->need_key = FALSE;
    if (track == GST_DVR_TRACK_VIDEO && key)
      gst_dvr_segmenter_keep_picture (self, buffer);
    gst_dvr_segmenter_append (self, t, buffer, dts, pts, key);
  }
  return advance (self);
}

static GstDvrStamp
map (GstDvrSegmenter * self, GstDvrTrack track, GstBuffer * buffer,
    GstClockTime * dts, GstClockTime * pts)
{
  GstDvrStamp stamp;

  *dts = GST_BUFFER_DTS_OR_PTS (buffer);
  *pts = GST_BUFFER_PTS_IS_VALID (buffer) ? GST_BUFFER_PTS (buffer) : *dts;
  stamp = gst_dvr_stamper_map (&self->stamper, track, dts, pts);
  if (stamp == GST_DVR_STAMP_REPAIRED)
    self->stats.repaired++;
  return stamp;
}

/* The suspect was the first of another run. */
static GstFlowReturn
believe_suspect (GstDvrSegmenter * self)
{
  GstBuffer *buffer = g_steal_pointer (&self->suspect);
  GstDvrTrack track = self->suspect_track;
  gint64 step = gst_dvr_stamper_get_step (&self->stamper, track,
      GST_BUFFER_DTS_OR_PTS (buffer));
  GstClockTime dts, pts;
  GstFlowReturn ret;

  GST_WARNING ("timestamps jump by %" GST_STIME_FORMAT, GST_STIME_ARGS (step));
  ret = jump (self, step);
  if (ret != GST_FLOW_OK) {
    gst_buffer_unref (buffer);
    return ret;
  }
  map (self, track, buffer, &dts, &pts);
  return take_sample (self, track, buffer, dts, pts);
}

/* Whether a sample that is out of line goes on from one before that was. */
static gboolean
confirms_suspect (GstDvrSegmenter * self, GstBuffer * buffer, GstDvrStamp stamp)
{
  return self->suspect && stamp == self->suspect_stamp &&
      GST_BUFFER_DTS_OR_PTS (buffer) + GST_DVR_MAX_LAG >=
      GST_BUFFER_DTS_OR_PTS (self->suspect);
}

/**
 * gst_dvr_segmenter_push:
 * @self: a segmenter
 * @track: a track whose caps were set
 * @buffer: (transfer full): a sample, with the publisher's DTS and PTS;
 *   DELTA_UNIT where it is no keyframe
 *
 * Takes a sample, and writes what can be decided on. One whose timestamp is
 * far off is held until the next shows whether it was a slip, and the sample
 * is dropped, or the first of another run.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_push (GstDvrSegmenter * self, GstDvrTrack track,
    GstBuffer * buffer)
{
  GstClockTime dts = GST_BUFFER_DTS_OR_PTS (buffer), pts;
  GstFlowReturn ret = GST_FLOW_OK;
  GstDvrStamp stamp = GST_DVR_STAMP_OK;

  if (!self->tracks[track].caps || !GST_CLOCK_TIME_IS_VALID (dts)
      || dts > G_MAXINT64 / 2) {
    self->stats.dropped++;
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }

  if (self->state == GST_DVR_SEGMENTER_IDLE)
    ret = begin_run (self, next_start (self));
  if (ret == GST_FLOW_OK) {
    stamp = map (self, track, buffer, &dts, &pts);
    if (is_jump (stamp) && confirms_suspect (self, buffer, stamp)) {
      ret = believe_suspect (self);
      stamp = map (self, track, buffer, &dts, &pts);
    }
  }
  if (ret != GST_FLOW_OK) {
    self->stats.dropped++;
    gst_buffer_unref (buffer);
    return ret;
  }

  if (is_jump (stamp) || track == self->suspect_track)
    drop_suspect (self);
  if (is_jump (stamp)) {
    self->suspect = buffer;
    self->suspect_track = track;
    self->suspect_stamp = stamp;
    return GST_FLOW_OK;
  }
  return take_sample (self, track, buffer, dts, pts);
}

/**
 * gst_dvr_segmenter_drain:
 * @self: a segmenter
 *
 * Ends the run: writes all that is held and closes the segment.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_drain (GstDvrSegmenter * self)
{
  GstDvrSegmenterTrack *video = &self->tracks[GST_DVR_TRACK_VIDEO];
  GstDvrSegmenterTrack *audio = &self->tracks[GST_DVR_TRACK_AUDIO];
  GstFlowReturn ret = GST_FLOW_OK;

  if (self->suspect)
    ret = believe_suspect (self);
  if (ret == GST_FLOW_OK && self->state == GST_DVR_SEGMENTER_STARTING &&
      video->queue->len + audio->queue->len > 0)
    ret = gst_dvr_segmenter_run (self);
  if (ret == GST_FLOW_OK && self->state == GST_DVR_SEGMENTER_RUNNING)
    ret = gst_dvr_segmenter_finish (self);
  if (ret == GST_FLOW_OK) {
    self->state = GST_DVR_SEGMENTER_IDLE;
    video->in_init = audio->in_init = FALSE;
  }
  return ret;
}

/**
 * gst_dvr_segmenter_end:
 * @self: a segmenter
 *
 * Ends the run and the list. What comes later goes on from here.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_end (GstDvrSegmenter * self)
{
  GstFlowReturn ret = gst_dvr_segmenter_drain (self);

  if (ret == GST_FLOW_OK && self->continues && !self->ended)
    ret = self->funcs->end (self->user_data);
  self->ended = TRUE;
  self->away = FALSE;
  return ret;
}

/**
 * gst_dvr_segmenter_discont:
 * @self: a segmenter
 *
 * Another run of the publisher follows: its timestamps and tracks have nothing
 * to do with those before. Configurations hold until others are set.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_discont (GstDvrSegmenter * self)
{
  GstFlowReturn ret = gst_dvr_segmenter_drain (self);
  guint i;

  for (i = 0; i < GST_DVR_N_TRACKS; i++) {
    self->tracks[i].expect = GST_DVR_EXPECT_UNKNOWN;
    self->tracks[i].configured = FALSE;
  }
  return ret;
}

/**
 * gst_dvr_segmenter_skip:
 * @self: a segmenter
 * @distance: nanoseconds
 *
 * What follows is that much later, as what lies between is left out: it is
 * listed as a gap, however long.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_skip (GstDvrSegmenter * self, GstClockTime distance)
{
  GstFlowReturn ret = gst_dvr_segmenter_drain (self);
  GstClockTime until = self->end + distance;

  while (ret == GST_FLOW_OK && self->continues && !self->ended
      && self->end < until) {
    GstClockTime duration =
        MIN (until - self->end, self->config.max_segment_duration);

    ret = self->funcs->add_gap (self->user_data, self->end, duration,
        gst_dvr_segmenter_get_wall (self, self->end));
    self->end += duration;
    self->discontinuity = TRUE;
  }
  return ret;
}

/**
 * gst_dvr_segmenter_away:
 * @self: a segmenter
 *
 * The publisher is away: gst_dvr_segmenter_tick() lists the time as gaps
 * until data comes again.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_away (GstDvrSegmenter * self)
{
  GstFlowReturn ret = gst_dvr_segmenter_drain (self);

  if (ret == GST_FLOW_OK)
    self->away = self->continues && !self->ended;
  return ret;
}

/**
 * gst_dvr_segmenter_tick:
 * @self: a segmenter
 *
 * To be called about once per target duration while nothing comes. Lists
 * whole target durations of absence; after the reconnect window ends the
 * list.
 *
 * Returns: a flow return
 */
GstFlowReturn
gst_dvr_segmenter_tick (GstDvrSegmenter * self)
{
  const GstDvrSegmenterConfig *config = &self->config;
  GstFlowReturn ret = GST_FLOW_OK;
  GstClockTime live;

  if (!self->away || self->ended || self->state != GST_DVR_SEGMENTER_IDLE)
    return GST_FLOW_OK;
  live = live_time (self);
  while (ret == GST_FLOW_OK && self->end + config->target_duration <= live) {
    if (self->listed_gap + config->target_duration > config->reconnect_window) {
      self->ended = TRUE;
      return self->funcs->end (self->user_data);
    }
    ret = list_gap (self, self->end + config->target_duration);
  }
  return ret;
}

/**
 * gst_dvr_segmenter_abandon:
 * @self: a segmenter one of whose functions failed
 *
 * Closes the open segment with the parts it has, forgets what is held, and
 * waits for a keyframe to begin again with.
 */
void
gst_dvr_segmenter_abandon (GstDvrSegmenter * self)
{
  guint i;

  if (self->segment_open) {
    self->segment_open = self->part_open = FALSE;
    self->end = MAX (self->end, self->part_start);
    if (self->part_start > self->segment_start)
      self->funcs->close_segment (self->user_data,
          self->part_start - self->segment_start);
  }
  drop_held (self);
  drop_suspect (self);
  for (i = 0; i < GST_DVR_N_TRACKS; i++)
    self->tracks[i].in_init = self->tracks[i].filling = FALSE;
  self->cut.kind = GST_DVR_CUT_NONE;
  self->draining = self->finishing = FALSE;
  self->state = GST_DVR_SEGMENTER_IDLE;
}

/**
 * gst_dvr_segmenter_get_stats:
 * @self: a segmenter
 * @stats: (out): what was counted
 */
void
gst_dvr_segmenter_get_stats (GstDvrSegmenter * self,
    GstDvrSegmenterStats * stats)
{
  *stats = self->stats;
}
