/* gstdvrplayheadheads.c: keyframes only, by the first bytes of segments
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A segment begins with a keyframe. Where no other of its keyframes would be
 * shown, as fast as it plays, no more of it is asked for than up to the end of
 * that one: the timeline tells how much that is, or else the chunk's own boxes
 * do, and what is missing is asked for after a guess. A few heads are asked for
 * ahead. What is held in whole is played from there, and where heads cannot be
 * had or read, segments are fetched in whole. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* Of the keyframes of one segment, the others are left out where its first one
 * alone makes this many pictures a second. */
#define ENOUGH_PICTURES 4
/* How many heads are asked for at once: at 32 times the speed, half a second. */
#define MAX_HEADS 5
/* A guess goes up to a multiple of this. */
#define HEAD_STEP (16 * 1024)
#define FIRST_GUESS (64 * 1024)
/* What is behind this is not fetched for one keyframe. */
#define MAX_HEAD (4 * 1024 * 1024)

typedef struct
{
  GstDvrEntry entry;
  GPtrArray *pieces;            /* GstDvrSegment: ranges in a row, or the segment */
  GArray *watches;
  guint64 wanted;               /* bytes asked for */
  gboolean broken;
} Head;

typedef enum
{
  HEAD_WAITS,
  HEAD_HERE,
  HEAD_FAILED
} HeadState;

static void
head_clear (Head * head)
{
  guint i;

  for (i = 0; i < head->pieces->len; i++)
    gst_dvr_segment_remove_watch (g_ptr_array_index (head->pieces, i),
        g_array_index (head->watches, gulong, i));
  g_ptr_array_set_size (head->pieces, 0);
  g_array_set_size (head->watches, 0);
}

static void
head_free (Head * head)
{
  head_clear (head);
  g_ptr_array_unref (head->pieces);
  g_array_unref (head->watches);
  g_free (head);
}

/**
 * gst_dvr_playhead_clear_heads:
 * @self: a playhead that does not run
 */
void
gst_dvr_playhead_clear_heads (GstDvrPlayhead * self)
{
  Head *head;

  while ((head = g_queue_pop_head (&self->head_list)))
    head_free (head);
  gst_clear_buffer (&self->head_chunk);
  self->head_done = G_MAXUINT64;
}

/**
 * gst_dvr_playhead_heads_do:
 * @self: a playhead
 * @duration: of the segments it plays
 *
 * Returns: whether, as it plays, their first keyframes are all that is shown
 */
gboolean
gst_dvr_playhead_heads_do (GstDvrPlayhead * self, GstClockTime duration)
{
  GstClockTime step = gst_dvr_playhead_get_key_step (self);
  GstClockTime interval = self->key_interval ? self->key_interval :
      duration / 2;
  gdouble speed = ABS (self->segment.rate);

  if (!gst_dvr_playhead_wants_keys (self) || duration == 0)
    return FALSE;
  /* the next keyframe is another segment's, or the last one of this segment is
   * too soon before that */
  return duration <= interval + GST_DVR_MAX_JITTER ||
      duration * ENOUGH_PICTURES <= speed * GST_SECOND ||
      step > duration - interval;
}

/* From now on, whole segments. */
static void
give_up (GstDvrPlayhead * self)
{
  GST_DEBUG_OBJECT (self->element, "segments are fetched in whole");
  gst_dvr_playhead_clear_heads (self);
  g_mutex_lock (&self->lock);
  self->heads = FALSE;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_playhead_wants_head:
 * @self: a playhead at a segment
 * @open: whether that grows
 *
 * Returns: whether its head will do
 */
gboolean
gst_dvr_playhead_wants_head (GstDvrPlayhead * self, gboolean open)
{
  const GstDvrEntry *entry = &self->entry;
  GstDvrSegment *held;

  if (!self->heads || open || self->current)
    return FALSE;
  if (!gst_dvr_playhead_heads_do (self, entry->duration)) {
    give_up (self);
    return FALSE;
  }
  /* there is little else in it */
  if (entry->key_size > 0 && entry->size > 0 &&
      (guint64) entry->key_offset + entry->key_size > entry->size / 4 * 3)
    return FALSE;
  held = gst_dvr_playhead_get_held (self, self->number);
  if (held)
    gst_dvr_segment_unref (held);
  return held == NULL;
}

static gboolean
is_range (GstDvrSegment * segment)
{
  return gst_dvr_segment_get_id (segment)->kind == GST_DVR_SEGMENT_RANGE;
}

/* Asks for the bytes from those asked for so far up to @until. */
static void
ask (GstDvrPlayhead * self, Head * head, guint64 until)
{
  GstDvrSegment *first = head->pieces->len > 0 ?
      g_ptr_array_index (head->pieces, 0) : NULL, *piece;
  gulong watch;

  if (first && !is_range (first)) {
    head->wanted = until;
    return;
  }
  piece = gst_dvr_playhead_fetch_range (self, &head->entry, head->wanted,
      until - head->wanted);
  head->wanted = until;
  if (!piece) {
    head->broken = TRUE;
    return;
  }
  if (!is_range (piece))
    head_clear (head);
  g_ptr_array_add (head->pieces, piece);
  watch = gst_dvr_playhead_watch (self, piece);
  g_array_append_val (head->watches, watch);
}

/* Up to where to ask at first. */
static guint64
guess (GstDvrPlayhead * self, const GstDvrEntry * entry)
{
  guint64 size = self->head_guess ? self->head_guess : FIRST_GUESS;

  if (entry->key_size > 0)
    return (guint64) entry->key_offset + entry->key_size;
  size = (size + HEAD_STEP - 1) / HEAD_STEP * HEAD_STEP;
  return entry->size > 0 ? MIN (size, entry->size) : size;
}

static Head *
find (GstDvrPlayhead * self, guint64 number)
{
  GList *l;

  for (l = self->head_list.head; l; l = l->next)
    if (((Head *) l->data)->entry.number == number)
      return l->data;
  return NULL;
}

static Head *
get (GstDvrPlayhead * self, const GstDvrEntry * entry)
{
  Head *head = find (self, entry->number);

  if (head)
    return head;
  while (self->head_list.length >= 2 * MAX_HEADS)
    head_free (g_queue_pop_head (&self->head_list));
  head = g_new0 (Head, 1);
  head->entry = *entry;
  head->pieces = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_dvr_segment_unref);
  head->watches = g_array_new (FALSE, FALSE, sizeof (gulong));
  g_queue_push_tail (&self->head_list, head);
  ask (self, head, guess (self, entry));
  return head;
}

/* Whether what begins at @start is to be shown, where what comes before @limit
 * is not, or, backwards, what comes after. */
static gboolean
is_due (GstDvrPlayhead * self, GstClockTime start, GstClockTime limit)
{
  if (self->segment.rate < 0)
    return start < limit;
  return start + GST_DVR_MAX_JITTER >= limit;
}

/* Asks for the heads that will be played after the one at the position. */
static void
ask_ahead (GstDvrPlayhead * self)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  GstClockTime step = gst_dvr_playhead_get_key_step (self);
  gboolean backward = self->segment.rate < 0;
  GstClockTime last = self->entry.start, limit;
  guint64 number = self->number;
  GstDvrEntry entry;
  guint n = 1;

  while (n < MAX_HEADS && (number > 0 || !backward)) {
    number = backward ? number - 1 : number + 1;
    if (gst_dvr_timeline_find (timeline, number, &entry) !=
        GST_DVR_FOUND_CLOSED)
      break;
    limit = backward ? last - MIN (last, step - 1) : last + step;
    if (entry.gap || !is_due (self, entry.start, limit))
      continue;
    get (self, &entry);
    last = entry.start;
    n++;
  }
  gst_dvr_timeline_unref (timeline);
}

static HeadState
get_state (Head * head)
{
  guint i;

  if (head->broken)
    return HEAD_FAILED;
  for (i = 0; i < head->pieces->len; i++) {
    GstDvrSegment *piece = g_ptr_array_index (head->pieces, i);
    GstDvrSegmentState state = gst_dvr_segment_get_state (piece);

    if (state == GST_DVR_SEGMENT_FAILED)
      return HEAD_FAILED;
    if (state == GST_DVR_SEGMENT_FILLING && (is_range (piece) ||
            gst_dvr_segment_get_size (piece) < head->wanted))
      return HEAD_WAITS;
    /* other bytes than those before */
    if (i > 0 && !gst_dvr_segment_has_source_of (piece,
            g_ptr_array_index (head->pieces, 0)))
      return HEAD_FAILED;
  }
  return HEAD_HERE;
}

/* All that is there, in one run. */
static guint8 *
join (Head * head, gsize * size)
{
  guint8 *data;
  gsize n;
  guint i;

  *size = 0;
  for (i = 0; i < head->pieces->len; i++)
    *size += gst_dvr_segment_get_size (g_ptr_array_index (head->pieces, i));
  *size = MIN (*size, head->wanted);
  data = g_malloc (MAX (*size, 1));
  for (i = 0, n = 0; i < head->pieces->len && n < *size; i++) {
    GstDvrSegment *piece = g_ptr_array_index (head->pieces, i);
    gsize have = MIN (gst_dvr_segment_get_size (piece), *size - n);

    gst_dvr_segment_read (piece, 0, data + n, have);
    n += have;
  }
  return data;
}

/* Looks for the keyframe in what is there; asks for more where it is short. */
static HeadState
examine (GstDvrPlayhead * self, Head * head)
{
  GstDvrTracks *tracks = gst_dvr_playhead_get_tracks (self, &head->entry);
  HeadState state = HEAD_FAILED;
  GstBuffer *buffer;
  guint64 end = 0;
  guint8 *data;
  gsize size;

  head->broken = TRUE;
  if (!tracks)
    return HEAD_FAILED;
  data = join (head, &size);
  if (!gst_dvr_tracks_find_key (tracks, data, size, &end)) {
    g_free (data);
  } else if (end <= size) {
    buffer = gst_buffer_new_wrapped (data, end);
    self->head_chunk = gst_dvr_tracks_cut_key (tracks, buffer, &self->head_key);
    gst_buffer_unref (buffer);
    self->head_guess = MAX (end + end / 8, self->head_guess / 16 * 15);
    if (self->head_chunk)
      state = HEAD_HERE;
  } else {
    g_free (data);
    /* where less came than was asked for, there is no more */
    if (size == head->wanted && end <= MAX_HEAD) {
      head->broken = FALSE;
      ask (self, head, (end + HEAD_STEP - 1) / HEAD_STEP * HEAD_STEP);
      state = HEAD_WAITS;
    }
  }
  gst_dvr_tracks_unref (tracks);
  return state;
}

/* Whether a seek lands on the keyframe after this segment's. */
static gboolean
lands_after (GstDvrPlayhead * self)
{
  GstSeekFlags snap = self->landing.flags & GST_SEEK_FLAG_SNAP_NEAREST;
  GstClockTime target = self->landing.target, start = self->entry.start;

  if (!(self->landing.flags & GST_SEEK_FLAG_KEY_UNIT) || target <= start)
    return FALSE;
  if (snap == GST_SEEK_FLAG_SNAP_NEAREST)
    return target - start > self->entry.duration / 2;
  return snap == GST_SEEK_FLAG_SNAP_AFTER;
}

/* Whether the segment at the position is to be left: nothing of it is shown. */
static gboolean
is_to_leave (GstDvrPlayhead * self)
{
  if (self->landing.wanted)
    return FALSE;
  /* what is shown at the limit may begin before it */
  if (self->fresh && self->segment.rate > 0)
    return FALSE;
  return self->number == self->head_done ||
      !is_due (self, self->entry.start, self->limit);
}

/* It could not be had: asks anew for a while, and then for all of the segment. */
static void
lose_head (GstDvrPlayhead * self, Head * head, guint64 seen)
{
  gboolean broken = head->broken;

  g_queue_remove (&self->head_list, head);
  head_free (head);
  if (!broken && gst_dvr_playhead_try_again (self, seen, GST_DVR_ANSWER_OK))
    return;
  self->tries = 0;
  give_up (self);
}

/* Sees to it that the keyframe is there. Returns: whether it is */
static gboolean
have_head (GstDvrPlayhead * self, guint64 seen)
{
  Head *head = get (self, &self->entry);
  HeadState state;

  ask_ahead (self);
  state = get_state (head);
  if (state == HEAD_HERE)
    state = examine (self, head);
  if (state == HEAD_FAILED) {
    lose_head (self, head, seen);
  } else if (state == HEAD_WAITS) {
    if (get_state (head) == HEAD_WAITS)
      gst_dvr_playhead_wait (self, seen, 0);
  } else {
    g_queue_remove (&self->head_list, head);
    head_free (head);
  }
  return state == HEAD_HERE;
}

static gboolean
is_at_end (GstDvrPlayhead * self)
{
  if (self->segment.rate > 0)
    return GST_CLOCK_TIME_IS_VALID (self->segment.stop) &&
        self->entry.start >= self->segment.stop;
  return !self->fresh && (self->limit <= self->segment.start ||
      (self->number == 0 && is_to_leave (self)));
}

/**
 * gst_dvr_playhead_play_head:
 * @self: a playhead at a segment whose head will do
 * @seen: changes seen so far
 * @init: the segment's init section
 *
 * Gathers the keyframe to be played next, waits for it, or goes on to another
 * segment.
 *
 * Returns: FALSE if the task is to pause
 */
gboolean
gst_dvr_playhead_play_head (GstDvrPlayhead * self, guint64 seen,
    GstDvrSegment * init)
{
  gboolean backward = self->segment.rate < 0;

  if (self->landing.wanted && lands_after (self)) {
    self->landing.target = self->entry.start + self->entry.duration;
    gst_dvr_playhead_set_number (self, self->number + 1);
    return TRUE;
  }
  if (!self->landing.wanted && is_at_end (self))
    return gst_dvr_playhead_end (self);
  if (is_to_leave (self)) {
    gst_dvr_playhead_leave (self, backward);
    return TRUE;
  }
  if (!have_head (self, seen))
    return TRUE;
  if (self->landing.wanted)
    gst_dvr_playhead_touch_down (self, self->head_key, 0);
  if (!gst_dvr_playhead_push_init (self, init))
    return FALSE;
  gst_dvr_playhead_close_hole_after (self);
  self->head_done = self->number;
  self->limit = self->head_key;
  self->pending_until = backward ? self->head_key :
      self->head_key + gst_dvr_playhead_get_key_step (self);
  g_queue_push_tail (&self->pending, g_steal_pointer (&self->head_chunk));
  gst_dvr_playhead_jump (self);
  return TRUE;
}
