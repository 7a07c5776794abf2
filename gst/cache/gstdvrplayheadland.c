/* gstdvrplayheadland.c: where a playhead begins to play
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* RFC 8216 section 6.3.3: not nearer to the end than this; where there are
 * parts, RFC 8216bis section 4.4.3.8. */
#define HOLD_BACK_TARGETS 3
#define HOLD_BACK_PARTS 3
/* A keyframe is looked for in so many segments before. */
#define MAX_BACK 16

typedef struct
{
  gint64 wall_time;
  GstClockTime start;
} WallTime;

static gboolean
find_wall_time (const GstDvrEntry * entry, gpointer user_data)
{
  WallTime *wanted = user_data;

  if (entry->wall_time == GST_DVR_WALL_TIME_NONE)
    return TRUE;
  if (entry->wall_time > wanted->wall_time &&
      GST_CLOCK_TIME_IS_VALID (wanted->start))
    return FALSE;
  wanted->start = entry->start;
  if (wanted->wall_time > entry->wall_time)
    wanted->start += MIN (entry->duration,
        (guint64) (wanted->wall_time - entry->wall_time) * GST_USECOND);
  return TRUE;
}

static GstClockTime
time_of_day (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    const GstDvrTimelineInfo * info)
{
  WallTime wanted = { 0, GST_CLOCK_TIME_NONE };
  GDateTime *date = gst_date_time_to_g_date_time (self->start_date_time);

  if (!date)
    return GST_CLOCK_TIME_NONE;
  wanted.wall_time = g_date_time_to_unix (date) * G_USEC_PER_SEC +
      g_date_time_get_microsecond (date);
  g_date_time_unref (date);
  gst_dvr_timeline_foreach (timeline, info->first, info->next, find_wall_time,
      &wanted);
  return wanted.start;
}

/**
 * gst_dvr_playhead_get_start:
 * @self: a playhead
 * @timeline: what it plays
 * @info: as it is now
 * @exact: (out): whether a time was asked for
 *
 * Returns: stream time to begin at
 */
GstClockTime
gst_dvr_playhead_get_start (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    const GstDvrTimelineInfo * info, gboolean * exact)
{
  GstClockTime hold_back = info->part_duration > 0 ?
      HOLD_BACK_PARTS * info->part_duration :
      HOLD_BACK_TARGETS * info->target_duration;
  GstClockTime back = 0, time = GST_CLOCK_TIME_NONE;

  *exact = TRUE;
  if (self->start >= 0)
    return self->start;
  if (self->start != GST_DVR_START_NONE) {
    back = -self->start;
    return info->end > back ? info->end - back : 0;
  }
  if (self->start_date_time)
    time = time_of_day (self, timeline, info);
  if (GST_CLOCK_TIME_IS_VALID (time))
    return time;
  *exact = FALSE;
  if (info->state == GST_DVR_TIMELINE_ENDED)
    return info->start;
  return info->end > hold_back ? info->end - hold_back : 0;
}

/* The segment to play from for @time, which is at or beyond the live edge. The
 * newest picture is shown at once: the next one may be long in coming. */
static gboolean
find_edge (GstDvrTimeline * timeline, const GstDvrTimelineInfo * info,
    gboolean backward, GstClockTime * time, GstSeekFlags * flags,
    GstDvrEntry * entry)
{
  guint64 number = info->next;

  *time = info->end;
  if (info->next == info->first && !info->open)
    return FALSE;
  if (backward && !info->open) {
    number--;
  } else if (info->state != GST_DVR_TIMELINE_ENDED) {
    if (!info->open)
      number--;
    if (info->part_duration > 0) {
      *time -= MIN (*time, 1);
    } else {
      /* Upstream lists whole segments only: there is time until the next. */
      *flags |= GST_SEEK_FLAG_KEY_UNIT;
      *flags &= ~GST_SEEK_FLAG_SNAP_NEAREST;
    }
  }
  if (gst_dvr_timeline_find (timeline, number, entry) == GST_DVR_FOUND_NOTHING) {
    entry->number = info->next;
    entry->start = info->end;
    entry->gap = FALSE;
  }
  return TRUE;
}

/**
 * gst_dvr_playhead_go_to:
 * @self: a playhead that does not run
 * @timeline: what it plays
 * @time: stream time, clamped to the window. In reverse: where to begin with
 *   the end
 * @flags: which frame to begin with
 *
 * The keyframe is found when the segment is there.
 *
 * Returns: FALSE if there is nothing to play
 */
gboolean
gst_dvr_playhead_go_to (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    GstClockTime time, GstSeekFlags flags)
{
  gboolean backward = self->segment.rate < 0;
  GstDvrTimelineInfo info;
  GstDvrEntry entry;

  gst_dvr_timeline_get_info (timeline, &info);
  time = CLAMP (time, info.start, info.end);
  if (gst_dvr_timeline_find_time (timeline, time, &entry) ==
      GST_DVR_FOUND_NOTHING &&
      !find_edge (timeline, &info, backward, &time, &flags, &entry))
    return FALSE;
  gst_dvr_playhead_release (self);
  gst_dvr_playhead_clear_pending (self);
  gst_dvr_playhead_clear_heads (self);
  self->entry = entry;
  self->offset = 0;
  self->tries = 0;
  self->hole = FALSE;
  self->trick.left = GST_CLOCK_TIME_NONE;
  self->fresh = self->need_segment = self->discont = TRUE;
  self->landing.wanted = !backward;
  self->landing.target = backward ? time : MAX (time, entry.start);
  self->landing.flags = flags;
  self->landing.tries = 0;
  self->lead_until = GST_CLOCK_TIME_NONE;
  self->lead_beyond = 0;
  self->trick.limit = self->trick.limit_start = time;
  g_mutex_lock (&self->lock);
  if (backward) {
    self->segment.stop = time;
  } else {
    self->segment.start = self->segment.time = self->landing.target;
  }
  self->segment.position = self->landing.target;
  self->positioned = TRUE;
  self->number = entry.number;
  self->dry = FALSE;
  self->heads = gst_dvr_playhead_wants_keys (self);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* What is found in the segment. */
typedef struct
{
  const GstDvrLanding *landing;
  const GstDvrEntry *entry;
  const GstDvrKeyframes *keys;  /* NULL: nobody told of all of them */
  gboolean whole;
  gboolean open;
  gboolean found;
  gboolean before;              /* ... in a segment before */
  gboolean after;               /* ... in the one after */
  GstClockTime key;
  guint64 offset;
} Look;

static void
take_key (GstDvrIndex * index, gint i, Look * look)
{
  look->found = TRUE;
  look->key = gst_dvr_index_get_chunk (index, i)->key;
  look->offset = gst_dvr_index_get_chunk (index, i)->offset;
}

/* Which keyframe is looked for; 0: the last one before the target. */
static GstSeekFlags
get_snap (const GstDvrLanding * landing)
{
  GstSeekFlags snap = landing->flags & GST_SEEK_FLAG_SNAP_NEAREST;

  if (!(landing->flags & GST_SEEK_FLAG_KEY_UNIT) ||
      snap == GST_SEEK_FLAG_SNAP_BEFORE)
    return 0;
  return snap;
}

/* Whether what is still to come need not be waited for, as the timeline tells
 * when the keyframe after chunk @before is shown. */
static gboolean
is_sure (const Look * look, GstDvrIndex * index, gint before, GstSeekFlags snap)
{
  const GstDvrChunk *chunk = gst_dvr_index_get_chunk (index, before);
  GstClockTime target = look->landing->target, next;
  guint i = 0;

  if (!look->keys || snap == GST_SEEK_FLAG_SNAP_AFTER)
    return FALSE;
  while (i < look->keys->n && look->keys->frames[i].offset < chunk->offset)
    i++;
  if (i == look->keys->n ||
      look->keys->frames[i].offset >= chunk->offset + chunk->size)
    return FALSE;
  if (i + 1 == look->keys->n)
    return TRUE;
  next = look->entry->start + look->keys->frames[i + 1].time * GST_MSECOND;
  if (snap == GST_SEEK_FLAG_SNAP_NEAREST)
    target += target - chunk->key;
  return next > target + GST_DVR_KEY_ROUNDING;
}

/* Where the pictures end that are here. The first chunks, and the last, may be of
 * sound only. */
static GstClockTime
get_end (GstDvrIndex * index)
{
  guint i;

  for (i = gst_dvr_index_get_n_chunks (index); i > 0; i--) {
    GstClockTime end = gst_dvr_index_get_chunk (index, i - 1)->end;

    if (GST_CLOCK_TIME_IS_VALID (end))
      return end;
  }
  return 0;
}

static void
look_for_key (GstDvrIndex * index, GstDvrSegment * segment,
    GstDvrSegmentState state, gpointer user_data)
{
  Look *look = user_data;
  GstClockTime target = look->landing->target;
  GstSeekFlags snap = get_snap (look->landing);
  gint before = gst_dvr_index_find_key (index, target);
  gint after = gst_dvr_index_find_key_after (index,
      target - MIN (target, GST_DVR_KEY_ROUNDING));

  look->whole = state == GST_DVR_SEGMENT_WHOLE;
  if (!look->whole && after < 0 && !(get_end (index) > target && snap == 0) &&
      !(before >= 0 && (look->open || is_sure (look, index, before, snap))))
    return;
  if (snap == GST_SEEK_FLAG_SNAP_NEAREST && before >= 0 && after >= 0) {
    GstClockTime back = target - gst_dvr_index_get_chunk (index, before)->key;

    if (gst_dvr_index_get_chunk (index, after)->key - target < back)
      before = after;
  } else if (snap == GST_SEEK_FLAG_SNAP_AFTER) {
    look->after = after < 0;
    before = after;
  }
  if (before >= 0)
    take_key (index, before, look);
  else if (!look->after)
    look->before = TRUE;
  /* there is none before in time: what is here is played as it is */
  if (!look->found && after >= 0)
    look->key = gst_dvr_index_get_chunk (index, after)->key;
}

/* Whether the segment before holds the keyframe of this one's first frames. */
static gboolean
continues_before (GstDvrPlayhead * self)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  GstDvrEntry entry;
  gboolean ret;

  ret = self->landing.tries++ < MAX_BACK && self->number > 0 &&
      gst_dvr_timeline_find (timeline, self->number - 1, &entry) ==
      GST_DVR_FOUND_CLOSED && !entry.gap &&
      entry.discontinuity == self->entry.discontinuity &&
      entry.start + entry.duration + GST_DVR_MAX_JITTER > self->entry.start;
  gst_dvr_timeline_unref (timeline);
  return ret;
}

/**
 * gst_dvr_playhead_touch_down:
 * @self: a playhead that lands
 * @key: stream time of the keyframe it found, or GST_CLOCK_TIME_NONE
 * @offset: where that is in the segment
 */
void
gst_dvr_playhead_touch_down (GstDvrPlayhead * self, GstClockTime key,
    guint64 offset)
{
  gboolean leads = key < self->landing.target && !(self->landing.flags &
      (GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS));

  self->landing.wanted = FALSE;
  self->offset = offset;
  gst_dvr_playhead_note_recording (self);
  self->trick.limit = self->landing.target;
  self->last_discontinuity = self->entry.discontinuity;
  if (!GST_CLOCK_TIME_IS_VALID (key))
    return;
  /* nothing is shown before the keyframe, nor where nothing is, from where the
   * target may have been moved: it is not to be waited for */
  if (leads)
    self->lead_until = key = self->landing.target;
  self->trick.limit = key;
  g_mutex_lock (&self->lock);
  key = MIN (key, self->segment.stop);
  self->segment.start = self->segment.time = key;
  self->segment.position = key;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_playhead_land:
 * @self: a playhead whose segment is there
 * @seen: changes seen so far
 * @open: whether that segment grows
 *
 * Finds the keyframe to begin with; waits if it may be still to come.
 *
 * Returns: TRUE
 */
gboolean
gst_dvr_playhead_land (GstDvrPlayhead * self, guint64 seen, gboolean open)
{
  GstDvrKeyframes keys;
  Look look = {.landing = &self->landing,.entry = &self->entry,.open = open,
    .key = GST_CLOCK_TIME_NONE
  };
  gboolean failed = gst_dvr_segment_get_state (self->current) ==
      GST_DVR_SEGMENT_FAILED;

  if (!open && self->entry.n_keyframes > 0 &&
      gst_dvr_playhead_get_keys (self, &self->entry, &keys) <
      GST_DVR_MAX_KEYFRAMES)
    look.keys = &keys;

  if (!gst_dvr_playhead_look (self, &self->entry, look_for_key, &look)) {
    gst_dvr_playhead_release (self);
  } else if (look.after) {
    gst_dvr_playhead_release (self);
    gst_dvr_playhead_set_number (self, self->number + 1);
  } else if (look.before && continues_before (self)) {
    gst_dvr_playhead_release (self);
    gst_dvr_playhead_set_number (self, self->number - 1);
  } else if (look.found || look.before) {
    gst_dvr_playhead_touch_down (self, look.key, look.found ? look.offset : 0);
  } else if (failed) {
    gst_dvr_playhead_release (self);
    if (!gst_dvr_playhead_try_again (self, seen, GST_DVR_ANSWER_OK))
      gst_dvr_playhead_skip (self);
  } else {
    gst_dvr_playhead_wait (self, seen, 0);
  }
  return TRUE;
}
