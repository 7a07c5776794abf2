/* gstdvrplayheadplay.c: how a playhead goes from segment to segment
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* How often what failed is asked for anew: for three seconds, so that an upstream
 * that has just come back has its time. */
#define MAX_TRIES 12
/* What sinks that show pictures drop. */
#define MAX_LATENESS (20 * GST_MSECOND)

/**
 * gst_dvr_playhead_try_again:
 * @self: a playhead
 * @seen: changes seen before it was asked for
 * @answer: what was answered
 *
 * Waits a while after something could not be had. While upstream is away that
 * says nothing of it.
 *
 * Returns: whether it is worth to ask again; otherwise it is to be skipped
 */
gboolean
gst_dvr_playhead_try_again (GstDvrPlayhead * self, guint64 seen,
    GstDvrAnswer answer)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (timeline, &info);
  gst_dvr_timeline_unref (timeline);
  if (info.stale)
    self->tries = 0;
  if (answer == GST_DVR_ANSWER_NOT_FOUND || answer == GST_DVR_ANSWER_REMOVED ||
      ++self->tries >= MAX_TRIES)
    return FALSE;
  gst_dvr_playhead_wait (self, seen, GST_DVR_RETRY_INTERVAL);
  return TRUE;
}

/* What follows does not follow in time, or is not known to. */
static void
mark_hole (GstDvrPlayhead * self)
{
  self->hole = !self->fresh && self->segment.rate > 0;
  self->lead_until = GST_CLOCK_TIME_NONE;
  gst_dvr_playhead_jump (self);
}

static gboolean
is_backward (GstDvrPlayhead * self)
{
  return self->segment.rate < 0;
}

static void
next_segment (GstDvrPlayhead * self)
{
  gst_dvr_playhead_release (self);
  self->entry_end = self->entry.start + self->entry.duration;
  gst_dvr_playhead_set_number (self,
      is_backward (self) ? self->number - 1 : self->number + 1);
  self->fresh = FALSE;
  self->offset = 0;
  self->tries = 0;
}

/* Goes on after the segment at the position, since it cannot be had. */
void
gst_dvr_playhead_skip (GstDvrPlayhead * self)
{
  gchar *text = g_strdup_printf ("segment %" G_GUINT64_FORMAT
      " cannot be had and is skipped", self->number);

  gst_dvr_post_status (self->element, "NetStream.Play.Failed",
      "warning", text, NULL, NULL);
  g_free (text);
  if (self->landing.wanted) {
    self->landing.target = self->entry.start + self->entry.duration;
    gst_dvr_playhead_set_number (self, self->number + 1);
    self->tries = 0;
    return;
  }
  next_segment (self);
  mark_hole (self);
  gst_dvr_playhead_cut_off (self);
}

/* The end of the part at @offset that is there in whole; 0: none is. */
static guint64
next_part_end (GstDvrPlayhead * self, GstClockTime * time)
{
  GstDvrPart part;
  guint i;

  *time = self->entry.start;
  for (i = 0; gst_dvr_segment_get_part (self->current, i, &part); i++) {
    if (GST_CLOCK_TIME_IS_VALID (part.duration))
      *time += part.duration;
    if (part.offset + part.size > self->offset)
      return part.offset + part.size;
  }
  return 0;
}

/* What is there of a segment that came without its boundaries, and is coming. */
typedef struct
{
  guint64 offset;
  guint64 end;
  GstClockTime time;
} Here;

static void
find_chunks (GstDvrIndex * index, GstDvrSegment * segment,
    GstDvrSegmentState state, gpointer user_data)
{
  Here *here = user_data;
  gint i = gst_dvr_index_find_chunk (index, here->offset);

  if (i < 0 || gst_dvr_index_is_blind (index))
    return;
  here->time = gst_dvr_index_get_end (index, here->time);
  i = (gint) gst_dvr_index_get_n_chunks (index) - 1;
  here->end = gst_dvr_index_get_chunk (index, i)->offset +
      gst_dvr_index_get_chunk (index, i)->size;
}

/* The end of the chunks from @offset on that are there in whole; 0: none is. */
static guint64
next_chunks_end (GstDvrPlayhead * self, GstClockTime * time)
{
  Here here = { self->offset, 0, self->entry.start };

  if (!gst_dvr_playhead_look (self, &self->entry, find_chunks, &here))
    return 0;
  *time = here.time;
  return here.end;
}

/* Returns: whether it was */
static gboolean
set_dry (GstDvrPlayhead * self, gboolean dry)
{
  gboolean was;

  g_mutex_lock (&self->lock);
  was = self->dry;
  self->dry = dry;
  g_mutex_unlock (&self->lock);
  if (was != dry)
    gst_dvr_playhead_changed (self);
  return was;
}

/* Whether anything in the pipeline keeps to the clock. */
static gboolean
is_synchronised (GstDvrPlayhead * self)
{
  GstElement *top = gst_dvr_playhead_get_top (self);
  GValue item = G_VALUE_INIT;
  GstIterator *iter = GST_IS_BIN (top) ?
      gst_bin_iterate_recurse (GST_BIN (top)) : NULL;
  GstIteratorResult result = GST_ITERATOR_OK;
  gboolean sync = FALSE;
  GObject *element;

  while (iter && !sync && (result == GST_ITERATOR_OK ||
          result == GST_ITERATOR_RESYNC)) {
    result = gst_iterator_next (iter, &item);
    if (result == GST_ITERATOR_RESYNC)
      gst_iterator_resync (iter);
    if (result != GST_ITERATOR_OK)
      continue;
    element = g_value_get_object (&item);
    if (GST_OBJECT_FLAG_IS_SET (element, GST_ELEMENT_FLAG_SINK) &&
        g_object_class_find_property (G_OBJECT_GET_CLASS (element), "sync"))
      g_object_get (element, "sync", &sync, NULL);
    g_value_reset (&item);
  }
  if (G_IS_VALUE (&item))
    g_value_unset (&item);
  g_clear_pointer (&iter, gst_iterator_free);
  gst_object_unref (top);
  return sync;
}

/* The clock has gone on while nothing came: sinks would drop what comes now, as
 * far as it is late. A new SEGMENT maps it to now, and it goes on where it was.
 * What keeps no pace is not to get a hole for that. */
static void
make_up (GstDvrPlayhead * self)
{
  GstClockTime late = gst_dvr_playhead_get_lateness (self);

  if (late <= MAX_LATENESS || !is_synchronised (self))
    return;
  GST_INFO_OBJECT (self->element, "late by %" GST_TIME_FORMAT,
      GST_TIME_ARGS (late));
  g_mutex_lock (&self->lock);
  self->segment.base += late;
  g_mutex_unlock (&self->lock);
  self->need_segment = TRUE;
}

/* Plays the next part of the segment that is played forwards. */
static gboolean
play_part (GstDvrPlayhead * self, guint64 seen)
{
  GstDvrSegmentState state = gst_dvr_segment_get_state (self->current);
  GstClockTime time;
  guint64 to;
  gboolean pushed, waits;

  if (gst_dvr_playhead_play_lead (self, state, &pushed, &waits))
    return pushed;
  to = waits ? 0 : next_part_end (self, &time);
  if (to <= self->offset && !waits && state == GST_DVR_SEGMENT_FILLING)
    to = next_chunks_end (self, &time);
  if (to > self->offset) {
    GstBuffer *buffer;
    gboolean ret;

    if (set_dry (self, FALSE))
      make_up (self);
    if (gst_dvr_playhead_play_tail (self, &to, &pushed))
      return pushed;
    buffer = gst_dvr_segment_get_buffer (self->current, self->offset,
        to - self->offset);
    self->offset = to;
    ret = gst_dvr_playhead_push_bytes (self, buffer);
    if (ret)
      gst_dvr_playhead_reached (self, time);
    return ret;
  }
  if (state == GST_DVR_SEGMENT_WHOLE) {
    GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);

    /* its duration is known by now */
    gst_dvr_timeline_find (timeline, self->number, &self->entry);
    gst_dvr_timeline_unref (timeline);
    gst_dvr_playhead_reached (self, self->entry.start + self->entry.duration);
    next_segment (self);
  } else if (state == GST_DVR_SEGMENT_FAILED) {
    /* asked anew, it goes on at the byte it has reached */
    gst_dvr_playhead_release (self);
    if (!gst_dvr_playhead_try_again (self, seen, GST_DVR_ANSWER_OK))
      gst_dvr_playhead_skip (self);
  } else {
    set_dry (self, TRUE);
    gst_dvr_playhead_wait (self, seen, 0);
  }
  return TRUE;
}

/* The keeper may have let the segment go that the playhead was just entering, as
 * it lay behind a moment ago, or have asked for it again. What is not held is not
 * watched; what is held are the same bytes. */
static void
hold_on (GstDvrPlayhead * self)
{
  GstDvrSegment *held = gst_dvr_playhead_get_held (self, self->entry.number);

  if (held && gst_dvr_segment_id_equal (gst_dvr_segment_get_id (held),
          gst_dvr_segment_get_id (self->current))) {
    gst_dvr_segment_unref (self->current);
    self->current = held;
    return;
  }
  g_clear_pointer (&held, gst_dvr_segment_unref);
  if (gst_dvr_segment_get_state (self->current) != GST_DVR_SEGMENT_FAILED)
    gst_dvr_playhead_hold (self, &self->entry, self->current);
}

/* The segment at the position, held unless its head will do, and with its init
 * section. */
static gboolean
have_segment (GstDvrPlayhead * self, guint64 seen, gboolean head,
    GstDvrSegment ** init)
{
  GstDvrAnswer answer;

  *init = gst_dvr_playhead_get_init (self, &self->entry, &answer);
  if (self->current)
    hold_on (self);
  else if (*init && !head)
    self->current = gst_dvr_playhead_fetch (self, &self->entry, &answer);
  if (self->current && self->offset == 0)
    gst_dvr_playhead_note_recording (self);
  if (*init && (self->current || head))
    return TRUE;
  if (!gst_dvr_playhead_is_flushing (self) &&
      !gst_dvr_playhead_try_again (self, seen, answer))
    gst_dvr_playhead_skip (self);
  return FALSE;
}

static gboolean
play_segment (GstDvrPlayhead * self, guint64 seen, gboolean open)
{
  gboolean head = gst_dvr_playhead_wants_head (self, open);
  GstDvrSegment *init;
  gboolean ret = TRUE;

  if (!head && gst_dvr_playhead_lands_after (self, open)) {
    gst_dvr_playhead_set_number (self, self->number + 1);
    return TRUE;
  }
  if (!have_segment (self, seen, head, &init)) {
    ret = !gst_dvr_playhead_is_flushing (self);
  } else if (head) {
    ret = gst_dvr_playhead_play_head (self, seen, init);
  } else if (self->landing.wanted) {
    ret = gst_dvr_playhead_land (self, seen, open);
  } else {
    ret = gst_dvr_playhead_push_init (self, init);
    if (ret && gst_dvr_playhead_is_trick (self))
      ret = gst_dvr_playhead_play_trick (self, seen, open);
    else if (ret)
      ret = play_part (self, seen);
  }
  g_clear_pointer (&init, gst_dvr_segment_unref);
  return ret;
}

/* There is nothing at the position, since the window has gone on. */
static gboolean
fall_out (GstDvrPlayhead * self, const GstDvrTimelineInfo * info)
{
  if (is_backward (self))
    return gst_dvr_playhead_end (self);
  gst_dvr_post_status (self->element, "NetStream.Play.InsufficientBW",
      "warning", "the position has left the window: going on at its start",
      "time", G_TYPE_UINT64, info->start, NULL);
  gst_dvr_playhead_set_number (self, info->first);
  self->offset = 0;
  self->landing.target = MAX (self->landing.target, info->start);
  mark_hole (self);
  return TRUE;
}

static gboolean
find_nothing (GstDvrPlayhead * self, const GstDvrTimelineInfo * info,
    guint64 seen)
{
  /* there is no number before 0 */
  if (is_backward (self) && self->number == G_MAXUINT64)
    return gst_dvr_playhead_end (self);
  if (info->state == GST_DVR_TIMELINE_ENDED && self->number >= info->next)
    return gst_dvr_playhead_end (self);
  if (is_backward (self) && self->number >= info->next) {
    gst_dvr_playhead_set_number (self, info->next - 1);
    return TRUE;
  }
  set_dry (self, TRUE);
  gst_dvr_playhead_wait (self, seen, 0);
  return TRUE;
}

/* Nothing was recorded. A seek into it goes to what comes after. */
static void
pass_gap (GstDvrPlayhead * self)
{
  if (self->landing.wanted)
    self->landing.target = MAX (self->landing.target,
        self->entry.start + self->entry.duration);
  gst_dvr_playhead_set_number (self,
      is_backward (self) ? self->number - 1 : self->number + 1);
  mark_hole (self);
}

/* Whether the segment at the position is beyond what is to be played. */
static gboolean
is_beyond (GstDvrPlayhead * self)
{
  if (self->landing.wanted)
    return FALSE;
  if (is_backward (self))
    return self->entry.start + self->entry.duration <= self->segment.start &&
        g_queue_is_empty (&self->trick.tail);
  return GST_CLOCK_TIME_IS_VALID (self->segment.stop) &&
      self->entry.start >= self->segment.stop;
}

/* The offset counts in a segment of the recording at the position. */
void
gst_dvr_playhead_note_recording (GstDvrPlayhead * self)
{
  self->counted_in = g_str_hash (self->entry.recording);
}

/* Whether another recording has taken the place of the segment that was partly
 * played: what of it was seen nobody knows. */
static gboolean
is_replaced (GstDvrPlayhead * self)
{
  return self->offset > 0 && !self->current && !self->landing.wanted
      && self->counted_in != g_str_hash (self->entry.recording);
}

/* At the begin of a segment: whether it follows what was played. */
static void
compare_times (GstDvrPlayhead * self)
{
  GstClockTime position = self->entry_end;

  if (!is_backward (self) && self->offset == 0 && !self->fresh &&
      (self->entry.start > position + GST_DVR_MAX_JITTER ||
          self->entry.start + GST_DVR_MAX_JITTER < position))
    self->hole = TRUE;
  if (self->entry.discontinuity != self->last_discontinuity)
    gst_dvr_playhead_jump (self);
  self->last_discontinuity = self->entry.discontinuity;
}

/**
 * gst_dvr_playhead_play:
 * @self: a playhead with a timeline and a position
 * @seen: changes seen so far
 *
 * What stands at the position: plays it, skips it, or waits.
 *
 * Returns: FALSE if the task is to pause
 */
gboolean
gst_dvr_playhead_play (GstDvrPlayhead * self, guint64 seen)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  GstDvrTimelineInfo info;
  GstDvrFound found;

  if (self->trick.pending.length > 0) {
    gst_dvr_timeline_unref (timeline);
    return gst_dvr_playhead_play_pending (self);
  }
  gst_dvr_timeline_get_info (timeline, &info);
  if (self->current && !gst_dvr_playhead_is_trick (self) &&
      !self->landing.wanted) {
    gst_dvr_timeline_unref (timeline);
    return play_segment (self, seen, FALSE);
  }
  found = gst_dvr_timeline_find (timeline, self->number, &self->entry);
  gst_dvr_timeline_unref (timeline);
  if (found == GST_DVR_FOUND_NOTHING)
    return find_nothing (self, &info, seen);
  if (found == GST_DVR_FOUND_REMOVED)
    return fall_out (self, &info);
  if (self->entry.gap) {
    pass_gap (self);
    return TRUE;
  }
  if (is_beyond (self))
    return gst_dvr_playhead_end (self);
  if (is_replaced (self)) {
    gst_dvr_playhead_skip (self);
    return TRUE;
  }
  if (!self->current && !self->landing.wanted)
    compare_times (self);
  return play_segment (self, seen, found == GST_DVR_FOUND_OPEN);
}
