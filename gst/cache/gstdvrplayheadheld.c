/* gstdvrplayheadheld.c: the segments a playhead holds: back and forward buffer
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is held is pinned: the cache does not let it go, and neither playing
 * nor seeking in it asks anybody for anything. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

typedef struct
{
  GstDvrEntry entry;
  GstDvrSegment *segment;
  gulong watch;
  GstDvrIndex *index;
  gboolean closed;              /* its entry says all */
  gboolean whole;               /* all of it is there */
} Held;

static void
held_free (Held * held)
{
  gst_dvr_segment_remove_watch (held->segment, held->watch);
  gst_dvr_segment_unpin (held->segment);
  gst_dvr_segment_unref (held->segment);
  g_clear_pointer (&held->index, gst_dvr_index_free);
  g_free (held);
}

/* The place of @number, or where it would be. */
static guint
find_locked (GstDvrPlayhead * self, guint64 number, Held ** held)
{
  guint low = 0, high = self->held->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    Held *h = g_ptr_array_index (self->held, middle);

    if (h->entry.number < number)
      low = middle + 1;
    else
      high = middle;
  }
  *held = NULL;
  if (low < self->held->len)
    *held = g_ptr_array_index (self->held, low);
  if (*held && (*held)->entry.number != number)
    *held = NULL;
  return low;
}

/**
 * gst_dvr_playhead_get_held:
 * @self: a playhead
 * @number: sequence number
 *
 * Returns: (transfer full) (nullable): the segment, if it is held and has not
 *   failed
 */
GstDvrSegment *
gst_dvr_playhead_get_held (GstDvrPlayhead * self, guint64 number)
{
  GstDvrSegment *segment = NULL;
  Held *held;

  g_mutex_lock (&self->held_lock);
  find_locked (self, number, &held);
  if (held &&
      gst_dvr_segment_get_state (held->segment) != GST_DVR_SEGMENT_FAILED)
    segment = gst_dvr_segment_ref (held->segment);
  g_mutex_unlock (&self->held_lock);
  return segment;
}

/**
 * gst_dvr_playhead_hold:
 * @self: a playhead
 * @entry: its entry
 * @segment: a segment; takes the place of another of that number, for which
 *   nobody needs to wait any more
 */
void
gst_dvr_playhead_hold (GstDvrPlayhead * self, const GstDvrEntry * entry,
    GstDvrSegment * segment)
{
  Held *held = g_new0 (Held, 1), *old;
  guint at;

  held->entry = *entry;
  held->segment = gst_dvr_segment_ref (segment);
  gst_dvr_segment_pin (segment);
  held->watch = gst_dvr_playhead_watch (self, segment);
  g_mutex_lock (&self->held_lock);
  at = find_locked (self, entry->number, &old);
  if (self->closed)
    old = held;
  else if (!old)
    g_ptr_array_insert (self->held, at, held);
  else if (old->segment != segment)
    self->held->pdata[at] = held;
  else
    old = held;
  g_mutex_unlock (&self->held_lock);
  if (old && old != held)
    gst_dvr_playhead_changed (self);
  if (old)
    held_free (old);
}

/**
 * gst_dvr_playhead_let_go:
 * @self: a playhead
 * @from: first number
 * @to: number after the last
 *
 * Who waits for one of them is woken: nobody watches it for him any more.
 */
void
gst_dvr_playhead_let_go (GstDvrPlayhead * self, guint64 from, guint64 to)
{
  GPtrArray *gone = g_ptr_array_new_with_free_func ((GDestroyNotify) held_free);
  Held *held;
  guint at;

  g_mutex_lock (&self->held_lock);
  at = find_locked (self, from, &held);
  while (at < self->held->len) {
    held = g_ptr_array_index (self->held, at);
    if (held->entry.number >= to)
      break;
    g_ptr_array_add (gone, g_ptr_array_remove_index (self->held, at));
  }
  g_mutex_unlock (&self->held_lock);
  if (gone->len > 0)
    gst_dvr_playhead_changed (self);
  g_ptr_array_unref (gone);
}

/* Closed segments that have not come in whole yet, but for one. */
static GPtrArray *
get_unfinished (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    guint64 but_for)
{
  GPtrArray *unfinished =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_dvr_segment_unref);
  GstDvrEntry entry;
  guint i;

  g_mutex_lock (&self->held_lock);
  for (i = 0; i < self->held->len; i++) {
    Held *held = g_ptr_array_index (self->held, i);

    if (held->entry.number != but_for &&
        gst_dvr_segment_get_state (held->segment) == GST_DVR_SEGMENT_FILLING &&
        gst_dvr_timeline_find (timeline, held->entry.number, &entry) ==
        GST_DVR_FOUND_CLOSED)
      g_ptr_array_add (unfinished, gst_dvr_segment_ref (held->segment));
  }
  g_mutex_unlock (&self->held_lock);
  return unfinished;
}

/**
 * gst_dvr_playhead_give_up:
 * @self: a playhead
 * @timeline: what it plays
 * @target: where it goes now
 *
 * Lets go of all that is held. What is on its way need not come, but for what
 * holds @target.
 */
void
gst_dvr_playhead_give_up (GstDvrPlayhead * self, GstDvrTimeline * timeline,
    GstClockTime target)
{
  GstDvrEntry entry = {.number = G_MAXUINT64 };
  GPtrArray *unfinished;
  guint i;

  gst_dvr_timeline_find_time (timeline, target, &entry);
  unfinished = get_unfinished (self, timeline, entry.number);
  gst_dvr_playhead_let_go (self, 0, G_MAXUINT64);
  for (i = 0; i < unfinished->len; i++)
    self->give_up (self->element, g_ptr_array_index (unfinished, i));
  g_ptr_array_unref (unfinished);
}

/* Returns: bytes of memory that all that is held takes */
guint64
gst_dvr_playhead_get_held_bytes (GstDvrPlayhead * self)
{
  guint64 bytes = 0;
  guint i;

  g_mutex_lock (&self->held_lock);
  for (i = 0; i < self->held->len; i++) {
    Held *held = g_ptr_array_index (self->held, i);

    bytes += gst_dvr_segment_get_memory_size (held->segment);
  }
  g_mutex_unlock (&self->held_lock);
  return bytes;
}

/* @number: (out): the lowest that is held. Returns: FALSE if none is */
gboolean
gst_dvr_playhead_get_held_first (GstDvrPlayhead * self, guint64 * number)
{
  gboolean any;

  g_mutex_lock (&self->held_lock);
  any = self->held->len > 0;
  if (any)
    *number = ((Held *) g_ptr_array_index (self->held, 0))->entry.number;
  g_mutex_unlock (&self->held_lock);
  return any;
}

/**
 * gst_dvr_playhead_look:
 * @self: a playhead
 * @entry: of a segment that is held and whose init section is known
 * @func: (scope call): gets its index, as new as its bytes; must be quick
 * @user_data: for @func
 *
 * Returns: whether it was called
 */
gboolean
gst_dvr_playhead_look (GstDvrPlayhead * self, const GstDvrEntry * entry,
    GstDvrLookFunc func, gpointer user_data)
{
  GstDvrTracks *tracks = gst_dvr_playhead_get_tracks (self, entry);
  GstDvrSegmentState state;
  gboolean ret;
  Held *held;

  if (!tracks)
    return FALSE;
  g_mutex_lock (&self->held_lock);
  find_locked (self, entry->number, &held);
  ret = held != NULL;
  if (held) {
    if (!held->index)
      held->index = gst_dvr_index_new (tracks);
    state = gst_dvr_segment_get_state (held->segment);
    gst_dvr_index_scan (held->index, held->segment, entry->start,
        entry->duration);
    func (held->index, held->segment, state, user_data);
  }
  g_mutex_unlock (&self->held_lock);
  gst_dvr_tracks_unref (tracks);
  return ret;
}

/**
 * gst_dvr_playhead_read_chunk:
 * @self: a playhead that plays a segment
 * @size: of the chunk at the position, which is there
 * @func: (scope call): gets its samples
 * @user_data: for @func
 *
 * Returns: whether it could be read
 */
gboolean
gst_dvr_playhead_read_chunk (GstDvrPlayhead * self, guint64 size,
    GstFmp4SampleFunc func, gpointer user_data)
{
  GstDvrTracks *tracks = gst_dvr_playhead_get_tracks (self, &self->entry);
  GstBuffer *data = gst_dvr_segment_get_buffer (self->current, self->offset,
      size);
  gboolean ret = tracks && data && gst_dvr_tracks_read_chunk (tracks, data,
      func, user_data);

  g_clear_pointer (&tracks, gst_dvr_tracks_unref);
  gst_clear_buffer (&data);
  return ret;
}

/* Where the bytes that are there end in stream time. */
static GstClockTime
end_of (Held * held, gboolean * whole)
{
  GstClockTime end = held->entry.start;
  GstDvrPart part;
  guint i;

  /* most are: this is asked of all that is held, at every seek */
  if (!held->whole)
    held->whole = gst_dvr_segment_get_state (held->segment) ==
        GST_DVR_SEGMENT_WHOLE;
  *whole = held->whole;
  if (held->whole && held->entry.duration > 0)
    return held->entry.start + held->entry.duration;
  for (i = 0; gst_dvr_segment_get_part (held->segment, i, &part); i++)
    if (GST_CLOCK_TIME_IS_VALID (part.duration))
      end += part.duration;
  /* one that came without its boundaries, as far as it was looked into */
  if (i == 0 && held->index && !gst_dvr_index_is_blind (held->index))
    end = gst_dvr_index_get_end (held->index, end);
  return end;
}

/* The timeline tells a segment's duration when it is closed. */
static void
refresh_locked (GstDvrPlayhead * self, GstDvrTimeline * timeline)
{
  GstDvrEntry entry;
  guint i;

  for (i = 0; i < self->held->len; i++) {
    Held *held = g_ptr_array_index (self->held, i);
    GstDvrFound found;

    if (held->closed)
      continue;
    found = gst_dvr_timeline_find (timeline, held->entry.number, &entry);
    if (found >= GST_DVR_FOUND_CLOSED)
      held->entry = entry;
    held->closed = found == GST_DVR_FOUND_CLOSED;
  }
}

static gboolean
follows (Held * a, Held * b)
{
  GstClockTime end;
  gboolean whole;

  end = end_of (a, &whole);
  return whole && a->entry.number + 1 == b->entry.number && !b->entry.gap &&
      b->entry.start <= end + GST_DVR_MAX_JITTER;
}

/**
 * gst_dvr_playhead_get_buffered:
 * @self: a playhead
 * @position: stream time, nanoseconds
 * @start: (out): where the data that holds @position begins
 * @end: (out): where it ends
 * @next: (out): number after the last segment of it
 *
 * Returns: FALSE if @position is not in what is held
 */
gboolean
gst_dvr_playhead_get_buffered (GstDvrPlayhead * self, GstClockTime position,
    GstClockTime * start, GstClockTime * end, guint64 * next)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  gboolean found = FALSE, whole;
  guint i;

  *start = *end = GST_CLOCK_TIME_NONE;
  if (!timeline)
    return FALSE;
  g_mutex_lock (&self->held_lock);
  refresh_locked (self, timeline);
  for (i = 0; i < self->held->len; i++) {
    Held *held = g_ptr_array_index (self->held, i);

    if (i == 0 || !follows (g_ptr_array_index (self->held, i - 1), held)) {
      if (found)
        break;
      *start = held->entry.start;
    }
    *end = end_of (held, &whole);
    *next = held->entry.number + 1;
    found |= position >= *start && position <= *end;
  }
  g_mutex_unlock (&self->held_lock);
  gst_dvr_timeline_unref (timeline);
  return found;
}
