/* gstdvrplayheadtrick.c: playing backwards, and keyframes only
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Backwards, one group of pictures is sent at a time, the last one first,
 * forwards inside and with DISCONT at its begin: that is how decoders reverse.
 * Where only keyframes are wanted, of each group a chunk with the keyframe alone
 * is sent, and a GAP, so that a branch without video goes on
 * too. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* Frames whose keyframe is not found within this are not played. */
#define MAX_TAIL (64 * 1024 * 1024)
/* More keyframes than this a second are of no use to anybody. */
#define KEY_INTERVAL (80 * GST_MSECOND)

gboolean
gst_dvr_playhead_wants_keys (GstDvrPlayhead * self)
{
  return (self->segment.flags & GST_SEGMENT_FLAG_TRICKMODE_KEY_UNITS) != 0;
}

gboolean
gst_dvr_playhead_is_trick (GstDvrPlayhead * self)
{
  return self->segment.rate < 0 || gst_dvr_playhead_wants_keys (self);
}

static void
clear_buffers (GQueue * queue)
{
  GstBuffer *buffer;

  while ((buffer = g_queue_pop_head (queue)))
    gst_buffer_unref (buffer);
}

void
gst_dvr_playhead_clear_pending (GstDvrPlayhead * self)
{
  clear_buffers (&self->trick.pending);
  clear_buffers (&self->trick.tail);
  self->trick.tail_size = 0;
}

/* How far keyframes have to be from each other. */
GstClockTime
gst_dvr_playhead_get_key_step (GstDvrPlayhead * self)
{
  return MAX (KEY_INTERVAL * ABS (self->segment.rate), 1);
}

/* Sends the next piece of what was gathered. */
gboolean
gst_dvr_playhead_play_pending (GstDvrPlayhead * self)
{
  GstBuffer *buffer = g_queue_pop_head (&self->trick.pending);
  gboolean ret = gst_dvr_playhead_push_bytes (self, buffer);

  self->fresh = FALSE;
  if (ret && self->trick.pending.length == 0) {
    if (gst_dvr_playhead_wants_keys (self))
      gst_dvr_playhead_push_event (self, gst_event_new_gap (self->trick.limit,
              0));
    gst_dvr_playhead_reached (self, self->trick.pending_until);
    if (self->segment.rate > 0)
      self->trick.limit = self->trick.pending_until;
    else if (gst_dvr_playhead_wants_keys (self))
      self->trick.limit -=
          MIN (self->trick.limit, gst_dvr_playhead_get_key_step (self) - 1);
  }
  return ret;
}

typedef struct
{
  GstDvrPlayhead *playhead;
  gboolean keys;
  gboolean complete;            /* all that is listed of it is here */
  gboolean whole;
  gboolean found;
  GstClockTime key;
  GstClockTime start;           /* it may show some before its keyframe */
  GstClockTime end;
} Group;

static void
gather (GstDvrSegment * segment, guint64 offset, guint64 size, GQueue * queue)
{
  GstBuffer *buffer = gst_dvr_segment_get_buffer (segment, offset, size);

  if (buffer)
    g_queue_push_tail (queue, buffer);
}

/* The chunk after the last one from @first on, up to the next keyframe, that
 * shows anything before @limit. In decoding order a frame may come after one
 * that is shown later and that it needs. */
static guint
find_group_end (GstDvrIndex * index, guint first, GstClockTime limit)
{
  guint i, n = gst_dvr_index_get_n_chunks (index), end = first;

  for (i = first; i < n; i++) {
    const GstDvrChunk *chunk = gst_dvr_index_get_chunk (index, i);

    if (i > first && chunk->key_size > 0)
      break;
    if (chunk->start < limit || !GST_CLOCK_TIME_IS_VALID (chunk->start))
      end = i + 1;
  }
  return end;
}

/* Takes the group that begins with chunk @first, up to the limit. */
static void
take_group (GstDvrIndex * index, GstDvrSegment * segment, guint first,
    Group * group)
{
  GstDvrPlayhead *self = group->playhead;
  const GstDvrChunk *chunk = gst_dvr_index_get_chunk (index, first);
  guint i, n = gst_dvr_index_get_n_chunks (index), end;
  GstBuffer *buffer;

  group->found = TRUE;
  group->key = group->start = chunk->key;
  group->end = chunk->end;
  if (group->keys) {
    buffer = gst_dvr_index_cut_key (index, segment, first);
    if (buffer)
      g_queue_push_tail (&self->trick.pending, buffer);
    return;
  }
  end = find_group_end (index, first, self->trick.limit);
  for (i = first; i < end; i++) {
    chunk = gst_dvr_index_get_chunk (index, i);
    if (chunk->start < group->key)
      gst_dvr_index_cut_leading (index, segment, i, group->key,
          &self->trick.pending);
    else
      gather (segment, chunk->offset, chunk->size, &self->trick.pending);
    if (GST_CLOCK_TIME_IS_VALID (chunk->end)) {
      group->start = MIN (group->start, chunk->start);
      group->end = MAX (group->end, chunk->end);
    }
  }
  while (end == n && (buffer = g_queue_pop_head (&self->trick.tail)))
    g_queue_push_tail (&self->trick.pending, buffer);
  clear_buffers (&self->trick.tail);
  self->trick.tail_size = 0;
}

/* Frames before the segment's first keyframe wait for the one before. */
static void
keep_tail (GstDvrIndex * index, GstDvrSegment * segment, Group * group)
{
  GstDvrPlayhead *self = group->playhead;
  guint i, end = find_group_end (index, 0, self->trick.limit);
  GQueue tail = G_QUEUE_INIT;
  GstBuffer *buffer;

  if (end > 0 && gst_dvr_index_get_chunk (index, 0)->key_size > 0)
    end = 0;
  for (i = 0; !group->keys && i < end; i++) {
    const GstDvrChunk *chunk = gst_dvr_index_get_chunk (index, i);

    gather (segment, chunk->offset, chunk->size, &tail);
    self->trick.tail_size += chunk->size;
  }
  while ((buffer = g_queue_pop_tail (&tail)))
    g_queue_push_head (&self->trick.tail, buffer);
  if (self->trick.tail_size > MAX_TAIL)
    gst_dvr_playhead_clear_pending (self);
}

static void
learn (GstDvrPlayhead * self, GstDvrIndex * index, GstDvrSegmentState state)
{
  guint n = gst_dvr_index_count_keys (index);

  if (state == GST_DVR_SEGMENT_WHOLE && n > 0 && self->entry.duration > 0)
    self->head.interval = self->entry.duration / n;
}

static void
look_backward (GstDvrIndex * index, GstDvrSegment * segment,
    GstDvrSegmentState state, gpointer user_data)
{
  Group *group = user_data;
  GstDvrPlayhead *self = group->playhead;
  gint first = -1;

  learn (self, index, state);
  group->whole = group->complete || state != GST_DVR_SEGMENT_FILLING;
  if (!group->whole)
    return;
  if (self->trick.limit > 0)
    first = gst_dvr_index_find_key (index, self->trick.limit - 1);
  if (first >= 0)
    take_group (index, segment, first, group);
  else
    keep_tail (index, segment, group);
}

static void
look_forward (GstDvrIndex * index, GstDvrSegment * segment,
    GstDvrSegmentState state, gpointer user_data)
{
  Group *group = user_data;
  GstDvrPlayhead *self = group->playhead;
  gint first = gst_dvr_index_find_key_after (index, self->trick.limit);

  learn (self, index, state);
  group->whole = state != GST_DVR_SEGMENT_FILLING;
  /* accurate: what is shown at the limit begins before it */
  if (self->fresh && gst_dvr_index_find_key (index, self->trick.limit) >= 0)
    first = gst_dvr_index_find_key (index, self->trick.limit);
  if (first >= 0)
    take_group (index, segment, first, group);
}

/* Goes on to the next segment, or backwards to the one before. */
void
gst_dvr_playhead_leave (GstDvrPlayhead * self, gboolean backward)
{
  gst_dvr_playhead_release (self);
  self->entry_end = self->entry.start + self->entry.duration;
  self->trick.left = self->entry.start;
  gst_dvr_playhead_set_number (self,
      backward ? self->number - 1 : self->number + 1);
  self->offset = 0;
  self->tries = 0;
}

/* Keyframes backwards: where the segment that was left did not follow the one at
 * the position, what lies between takes no running time. */
void
gst_dvr_playhead_close_hole_after (GstDvrPlayhead * self)
{
  GstClockTime end = self->entry.start + self->entry.duration;

  if (self->segment.rate < 0 && GST_CLOCK_TIME_IS_VALID (self->trick.left) &&
      end + GST_DVR_MAX_JITTER < self->trick.left) {
    self->trick.hole_end = end;
    self->hole = TRUE;
  }
  self->trick.left = GST_CLOCK_TIME_NONE;
}

/* Of the segment that grows: whether all that is listed of it is here. */
static gboolean
is_complete (GstDvrPlayhead * self)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  GArray *parts = gst_dvr_timeline_get_parts (timeline, self->number);
  guint64 size = 0;

  if (parts && parts->len > 0) {
    GstDvrPart *last = &g_array_index (parts, GstDvrPart, parts->len - 1);

    size = last->offset + last->size;
  }
  if (parts)
    g_array_unref (parts);
  gst_dvr_timeline_unref (timeline);
  return gst_dvr_segment_get_size (self->current) >= size;
}

/* Looks into the segment that is there. The keeper may have let it go, as it lay
 * behind a moment ago: then it is asked for again.
 *
 * Returns: whether it could be looked into */
static gboolean
look (GstDvrPlayhead * self, GstDvrLookFunc func, Group * group)
{
  if (gst_dvr_playhead_look (self, &self->entry, func, group))
    return TRUE;
  gst_dvr_playhead_release (self);
  return FALSE;
}

static gboolean
play_backward (GstDvrPlayhead * self, guint64 seen, gboolean open)
{
  Group group = {.playhead = self,.keys = gst_dvr_playhead_wants_keys (self),
    .complete = open && is_complete (self)
  };

  if (!look (self, look_backward, &group))
    return TRUE;
  if (group.found) {
    if (group.keys) {
      gst_dvr_playhead_close_hole_after (self);
    } else if (group.end + GST_DVR_MAX_JITTER < self->trick.limit_start) {
      self->trick.hole_end = group.end;
      self->hole = TRUE;
    }
    self->trick.limit = self->trick.pending_until = group.key;
    self->trick.limit_start = group.start;
    gst_dvr_playhead_jump (self);
    return TRUE;
  }
  if (!group.whole) {
    gst_dvr_playhead_wait (self, seen, 0);
    return TRUE;
  }
  if (self->number == 0 || self->trick.limit <= self->segment.start)
    return gst_dvr_playhead_end (self);
  gst_dvr_playhead_leave (self, TRUE);
  return TRUE;
}

static gboolean
play_keys (GstDvrPlayhead * self, guint64 seen)
{
  Group group = {.playhead = self,.keys = TRUE };

  if (!look (self, look_forward, &group))
    return TRUE;
  if (group.found) {
    if (GST_CLOCK_TIME_IS_VALID (self->segment.stop) &&
        group.key >= self->segment.stop)
      return gst_dvr_playhead_end (self);
    self->trick.limit = group.key;
    self->trick.pending_until =
        group.key + gst_dvr_playhead_get_key_step (self);
    gst_dvr_playhead_jump (self);
    return TRUE;
  }
  if (group.whole)
    gst_dvr_playhead_leave (self, FALSE);
  else
    gst_dvr_playhead_wait (self, seen, 0);
  return TRUE;
}

/**
 * gst_dvr_playhead_play_trick:
 * @self: a playhead whose segment is there
 * @seen: changes seen so far
 * @open: whether that segment grows
 *
 * Gathers what is played next, or goes on to another segment.
 *
 * Returns: FALSE if the task is to pause
 */
gboolean
gst_dvr_playhead_play_trick (GstDvrPlayhead * self, guint64 seen, gboolean open)
{
  if (self->segment.rate > 0)
    return play_keys (self, seen);
  if (!self->fresh && self->trick.limit <= self->segment.start)
    return gst_dvr_playhead_end (self);
  return play_backward (self, seen, open);
}
