/* gstdvrplayheadheads.c: keyframes only, by the first bytes of segments
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* No more of a segment is asked for than the keyframes of it that will be shown,
 * where the timeline says where they are. Where it does not, as of a foreign
 * origin, or knows the first one alone, that is all of the segment that is asked
 * for, if no other of its keyframes would be shown, as fast as it plays: a
 * segment begins with a keyframe. How many bytes that takes may have to be
 * guessed: the chunk's own boxes tell, and what is missing is asked for after
 * the guess. A few are asked for ahead. What is held in whole is played from
 * there, and where heads cannot be had or read, segments are fetched in whole. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* Of keyframes that nobody told of, all but a segment's first one are left out
 * where that alone makes this many pictures a second. */
#define ENOUGH_PICTURES 4
/* How many heads are asked for at once: at 32 times the speed, half a second. */
#define MAX_HEADS 5
/* ... and how far they are looked for: 17 minutes of segments of two seconds. */
#define MAX_LOOK 512
/* While it is paused there is one more after so long, for a pipeline that has
 * nothing to show yet. */
#define PAUSED_INTERVAL (100 * G_TIME_SPAN_MILLISECOND)
/* A guess goes up to a multiple of this. */
#define HEAD_STEP (16 * 1024)
#define FIRST_GUESS (64 * 1024)
/* What is behind this is not fetched for one keyframe. */
#define MAX_HEAD (4 * 1024 * 1024)

typedef struct
{
  GstDvrEntry entry;
  gint index;                   /* of the keyframe in it */
  GPtrArray *pieces;            /* GstDvrSegment: ranges in a row, or the segment */
  GArray *watches;
  guint64 from;                 /* bytes asked for: from here ... */
  guint64 wanted;               /* ... to here */
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

  while ((head = g_queue_pop_head (&self->head.list)))
    head_free (head);
  gst_clear_buffer (&self->head.chunk);
  self->head.done = G_MAXUINT64;
  self->head.done_index = -1;
}

/* Whether, as it plays, first keyframes are all that is shown of segments whose
 * keyframes nobody told of. */
static gboolean
first_ones_do (GstDvrPlayhead * self, GstClockTime duration)
{
  GstClockTime step = gst_dvr_playhead_get_key_step (self);
  GstClockTime interval = self->head.interval ? self->head.interval :
      duration / 2;
  gdouble speed = ABS (self->segment.rate);

  if (duration == 0)
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

/* There is little else in it. */
static gboolean
is_mostly_keys (GstDvrPlayhead * self, const GstDvrEntry * entry)
{
  GstDvrKeyframes keys;
  guint64 size = 0;
  guint i;

  gst_dvr_playhead_get_keys (self, entry, &keys);
  for (i = 0; i < keys.n; i++)
    size += keys.frames[i].size;
  return entry->size > 0 && size > entry->size / 4 * 3;
}

/**
 * gst_dvr_playhead_wants_head:
 * @self: a playhead at a segment
 * @open: whether that grows
 *
 * Returns: whether runs of its bytes will do
 */
gboolean
gst_dvr_playhead_wants_head (GstDvrPlayhead * self, gboolean open)
{
  GstDvrSegment *held;

  if (!self->heads || open || self->current)
    return FALSE;
  if (self->entry.n_keyframes == 0 &&
      !first_ones_do (self, self->entry.duration)) {
    give_up (self);
    return FALSE;
  }
  if (is_mostly_keys (self, &self->entry))
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

/* What to ask for at first. */
static void
set_range (GstDvrPlayhead * self, Head * head, guint64 * until)
{
  const GstDvrEntry *entry = &head->entry;
  guint64 size = self->head.guess ? self->head.guess : FIRST_GUESS;
  GstDvrKeyframes keys;

  gst_dvr_playhead_get_keys (self, entry, &keys);
  if (head->index < (gint) keys.n && keys.frames[head->index].size > 0) {
    head->from = keys.frames[head->index].offset;
    *until = head->from + keys.frames[head->index].size;
    return;
  }
  size = (size + HEAD_STEP - 1) / HEAD_STEP * HEAD_STEP;
  *until = entry->size > 0 ? MIN (size, entry->size) : size;
}

static Head *
find (GstDvrPlayhead * self, guint64 number, gint index)
{
  GList *l;

  for (l = self->head.list.head; l; l = l->next) {
    Head *head = l->data;

    if (head->entry.number == number && head->index == index)
      return head;
  }
  return NULL;
}

/* Of too many, those go that were wanted longest ago: what is played now is not
 * among them, whatever is asked for ahead of it. */
static Head *
get (GstDvrPlayhead * self, const GstDvrEntry * entry, gint index)
{
  Head *head = find (self, entry->number, index);
  guint64 until;

  if (head) {
    g_queue_remove (&self->head.list, head);
    g_queue_push_tail (&self->head.list, head);
    return head;
  }
  while (self->head.list.length >= 2 * MAX_HEADS)
    head_free (g_queue_pop_head (&self->head.list));
  head = g_new0 (Head, 1);
  head->entry = *entry;
  head->index = index;
  head->pieces = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_dvr_segment_unref);
  head->watches = g_array_new (FALSE, FALSE, sizeof (gulong));
  g_queue_push_tail (&self->head.list, head);
  set_range (self, head, &until);
  head->wanted = head->from;
  ask (self, head, until);
  return head;
}

/* Where the time begins of what is shown next after a keyframe. */
static GstClockTime
get_limit (GstDvrPlayhead * self, GstClockTime key)
{
  GstClockTime step = gst_dvr_playhead_get_key_step (self);

  return self->segment.rate < 0 ? key - MIN (key, step - 1) : key + step;
}

static gboolean
is_paused (GstDvrPlayhead * self)
{
  return GST_STATE_TARGET (self->element) == GST_STATE_PAUSED;
}

/* Asks for the keyframes that will be played after that one of the segment at the
 * position. While it is paused nobody knows whether they will. */
static void
ask_ahead (GstDvrPlayhead * self, gint index)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  gboolean backward = self->segment.rate < 0;
  GstDvrEntry entry = self->entry;
  GstDvrKeyframes keys;
  guint n = 1, looked;
  GstClockTime limit;

  gst_dvr_playhead_get_keys (self, &entry, &keys);
  limit = get_limit (self, entry.start + keys.frames[index].time * GST_MSECOND);
  for (looked = 0; n < MAX_HEADS && looked < MAX_LOOK && !is_paused (self);
      looked++) {
    if (!entry.gap)
      index = gst_dvr_playhead_pick_key (self, &entry, &keys, limit, index);
    if (index >= 0) {
      get (self, &entry, index);
      limit = get_limit (self,
          entry.start + keys.frames[index].time * GST_MSECOND);
      n++;
      continue;
    }
    if ((backward && entry.number == 0)
        || gst_dvr_timeline_find (timeline, backward ? entry.number - 1 :
            entry.number + 1, &entry) != GST_DVR_FOUND_CLOSED)
      break;
    gst_dvr_playhead_get_keys (self, &entry, &keys);
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
  guint64 skipped = is_range (g_ptr_array_index (head->pieces, 0)) ? 0 :
      head->from;
  guint8 *data;
  gsize n;
  guint i;

  *size = 0;
  for (i = 0; i < head->pieces->len; i++)
    *size += gst_dvr_segment_get_size (g_ptr_array_index (head->pieces, i));
  *size -= MIN (*size, skipped);
  *size = MIN (*size, head->wanted - head->from);
  data = g_malloc (MAX (*size, 1));
  for (i = 0, n = 0; i < head->pieces->len && n < *size; i++) {
    GstDvrSegment *piece = g_ptr_array_index (head->pieces, i);
    gsize have = MIN (gst_dvr_segment_get_size (piece) - skipped, *size - n);

    gst_dvr_segment_read (piece, skipped, data + n, have);
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
    self->head.chunk = gst_dvr_tracks_cut_key (tracks, buffer, &self->head.key);
    gst_buffer_unref (buffer);
    if (head->entry.n_keyframes == 0)
      self->head.guess = MAX (end + end / 8, self->head.guess / 16 * 15);
    if (self->head.chunk)
      state = HEAD_HERE;
  } else {
    g_free (data);
    /* where less came than was asked for, there is no more */
    if (size == head->wanted - head->from && end <= MAX_HEAD) {
      head->broken = FALSE;
      ask (self, head, head->from +
          (end + HEAD_STEP - 1) / HEAD_STEP * HEAD_STEP);
      state = HEAD_WAITS;
    }
  }
  gst_dvr_tracks_unref (tracks);
  return state;
}

/* It could not be had: asks anew for a while, and then for all of the segment. */
static void
lose_head (GstDvrPlayhead * self, Head * head, guint64 seen)
{
  gboolean broken = head->broken;

  g_queue_remove (&self->head.list, head);
  head_free (head);
  if (!broken && gst_dvr_playhead_try_again (self, seen, GST_DVR_ANSWER_OK))
    return;
  self->tries = 0;
  give_up (self);
}

/* Sees to it that the keyframe is there. Returns: whether it is */
static gboolean
have_head (GstDvrPlayhead * self, guint64 seen, gint index)
{
  Head *head = get (self, &self->entry, index);
  HeadState state;

  ask_ahead (self, index);
  state = get_state (head);
  if (state == HEAD_HERE)
    state = examine (self, head);
  if (state == HEAD_FAILED) {
    lose_head (self, head, seen);
  } else if (state == HEAD_WAITS) {
    if (get_state (head) == HEAD_WAITS)
      gst_dvr_playhead_wait (self, seen, 0);
  } else {
    g_queue_remove (&self->head.list, head);
    head_free (head);
  }
  return state == HEAD_HERE;
}

/* The keyframe of the segment at the position that is to be played; -1: none. */
static gint
pick (GstDvrPlayhead * self, GstClockTime * time)
{
  GstDvrKeyframes keys;
  gint done = self->number == self->head.done ? self->head.done_index : -1;
  gint index;

  gst_dvr_playhead_get_keys (self, &self->entry, &keys);
  if (self->landing.wanted)
    index = gst_dvr_playhead_pick_landing (self, &self->entry, &keys);
  else
    index =
        gst_dvr_playhead_pick_key (self, &self->entry, &keys, self->trick.limit,
        done);
  if (index >= 0)
    *time = self->entry.start + keys.frames[index].time * GST_MSECOND;
  return index;
}

static gboolean
is_at_end (GstDvrPlayhead * self, gint index, GstClockTime time)
{
  if (self->landing.wanted)
    return FALSE;
  if (self->segment.rate > 0)
    return index >= 0 && GST_CLOCK_TIME_IS_VALID (self->segment.stop) &&
        time >= self->segment.stop;
  return !self->fresh && (self->trick.limit <= self->segment.start ||
      (self->number == 0 && index < 0));
}

/* While it is paused, what is on show is enough, unless there is nothing yet: no
 * more is fetched than is seen. */
static gboolean
rests (GstDvrPlayhead * self, guint64 seen)
{
  gint64 end = g_get_monotonic_time () + PAUSED_INTERVAL, now;
  GstElement *top;
  gboolean shows;

  if (self->landing.wanted || self->fresh)
    return FALSE;
  while (is_paused (self) && !gst_dvr_playhead_is_flushing (self)) {
    top = gst_dvr_playhead_get_top (self);
    shows = gst_element_get_state (top, NULL, NULL, 0) !=
        GST_STATE_CHANGE_ASYNC;
    gst_object_unref (top);
    now = g_get_monotonic_time ();
    if (!shows && now >= end)
      return FALSE;
    gst_dvr_playhead_wait (self, seen, shows ? G_USEC_PER_SEC : end - now);
    if (shows)
      return TRUE;
    g_mutex_lock (&self->lock);
    seen = self->changes;
    g_mutex_unlock (&self->lock);
  }
  return FALSE;
}

/**
 * gst_dvr_playhead_play_head:
 * @self: a playhead at a segment of which runs of bytes will do
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
  GstClockTime time = 0;
  gint index = pick (self, &time);

  if (self->landing.wanted && index < 0) {
    self->landing.target = self->entry.start + self->entry.duration;
    gst_dvr_playhead_set_number (self, self->number + 1);
    return TRUE;
  }
  if (is_at_end (self, index, time))
    return gst_dvr_playhead_end (self);
  if (index < 0) {
    gst_dvr_playhead_leave (self, backward);
    return TRUE;
  }
  if (rests (self, seen) || !have_head (self, seen, index))
    return TRUE;
  if (self->landing.wanted)
    gst_dvr_playhead_touch_down (self, self->head.key, 0);
  if (!gst_dvr_playhead_push_init (self, init))
    return FALSE;
  gst_dvr_playhead_close_hole_after (self);
  self->head.done = self->number;
  self->head.done_index = index;
  self->trick.limit = self->head.key;
  self->trick.pending_until = backward ? self->head.key :
      self->head.key + gst_dvr_playhead_get_key_step (self);
  g_queue_push_tail (&self->trick.pending, g_steal_pointer (&self->head.chunk));
  gst_dvr_playhead_jump (self);
  return TRUE;
}
