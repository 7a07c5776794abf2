/* gstdvrplayheadpick.c: which keyframe is shown next, as the timeline tells
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The timeline says of a segment where all its keyframes are, or else it begins
 * with one and others may follow that nobody told of: then it counts as having
 * that one. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/**
 * gst_dvr_playhead_get_keys:
 * @self: a playhead
 * @entry: a closed segment of its timeline
 * @keys: (out): its keyframes, at least one; of size 0 where it is not known
 *   where that ends
 *
 * Returns: how many there are
 */
guint
gst_dvr_playhead_get_keys (GstDvrPlayhead * self, const GstDvrEntry * entry,
    GstDvrKeyframes * keys)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);

  gst_dvr_timeline_get_keyframes (timeline, entry, keys);
  gst_dvr_timeline_unref (timeline);
  if (keys->n == 0)
    keys->frames[keys->n++].size = 0;
  return keys->n;
}

static GstClockTime
time_of (const GstDvrEntry * entry, const GstDvrKeyframes * keys, guint i)
{
  return entry->start + keys->frames[i].time * GST_MSECOND;
}

/* The last one at or before @time, or else the first one. */
static gint
find_before (const GstDvrEntry * entry, const GstDvrKeyframes * keys,
    GstClockTime time)
{
  gint i = (gint) keys->n - 1;

  while (i > 0 && time_of (entry, keys, i) > time)
    i--;
  return i;
}

/* The first one at or after @time; -1: there is none. */
static gint
find_after (const GstDvrEntry * entry, const GstDvrKeyframes * keys,
    GstClockTime time)
{
  guint i;

  for (i = 0; i < keys->n; i++)
    if (time_of (entry, keys, i) + GST_DVR_KEY_ROUNDING > time)
      return i;
  return -1;
}

/**
 * gst_dvr_playhead_pick_landing:
 * @self: a playhead that lands
 * @entry: the segment at its target
 * @keys: its keyframes
 *
 * Returns: the keyframe to land on; -1: that is in the next segment
 */
gint
gst_dvr_playhead_pick_landing (GstDvrPlayhead * self,
    const GstDvrEntry * entry, const GstDvrKeyframes * keys)
{
  GstSeekFlags snap = self->landing.flags & GST_SEEK_FLAG_SNAP_NEAREST;
  GstClockTime target = self->landing.target, back, ahead;
  gint before = find_before (entry, keys, target);
  gint after = find_after (entry, keys, target);

  if (!(self->landing.flags & GST_SEEK_FLAG_KEY_UNIT) ||
      snap == GST_SEEK_FLAG_SNAP_BEFORE || snap == 0 ||
      target <= time_of (entry, keys, before))
    return before;
  if (snap == GST_SEEK_FLAG_SNAP_AFTER)
    return after;
  back = target - time_of (entry, keys, before);
  ahead = after >= 0 ? time_of (entry, keys, after) :
      entry->start + entry->duration;
  return ahead > target && ahead - target >= back ? before : after;
}

/**
 * gst_dvr_playhead_pick_key:
 * @self: a playhead
 * @entry: a segment
 * @keys: its keyframes
 * @limit: what comes before it is not shown, or, backwards, what comes after
 * @done: the one of them that was played last; -1: none
 *
 * Returns: the one to be shown next; -1: no other of this segment
 */
gint
gst_dvr_playhead_pick_key (GstDvrPlayhead * self, const GstDvrEntry * entry,
    const GstDvrKeyframes * keys, GstClockTime limit, gint done)
{
  GstClockTime slack =
      entry->n_keyframes > 0 ? GST_DVR_KEY_ROUNDING : GST_DVR_MAX_JITTER;
  gint i;

  if (self->segment.rate < 0) {
    for (i = done >= 0 ? done - 1 : (gint) keys->n - 1; i >= 0; i--)
      if (time_of (entry, keys, i) < limit)
        return i;
    return -1;
  }
  for (i = done + 1; i < (gint) keys->n; i++)
    if (time_of (entry, keys, i) + slack >= limit)
      return i;
  return -1;
}

/**
 * gst_dvr_playhead_lands_after:
 * @self: a playhead that lands
 * @open: whether the segment at its position grows
 *
 * Returns: whether it is certain that it lands in the next segment, so that this
 *   one need not be fetched
 */
gboolean
gst_dvr_playhead_lands_after (GstDvrPlayhead * self, gboolean open)
{
  GstSeekFlags snap = self->landing.flags & GST_SEEK_FLAG_SNAP_NEAREST;
  GstDvrKeyframes keys;

  if (!self->landing.wanted || open || self->current ||
      self->entry.n_keyframes == 0 || snap != GST_SEEK_FLAG_SNAP_AFTER)
    return FALSE;
  gst_dvr_playhead_get_keys (self, &self->entry, &keys);
  return gst_dvr_playhead_pick_landing (self, &self->entry, &keys) < 0;
}
