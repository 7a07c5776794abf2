/* gstdvrtimeline.c: the ordered segments of a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:gstdvrtimeline
 * @title: GstDvrTimeline
 * @short_description: the ordered segments of a stream
 *
 * One writer (a recorder, or a source that follows an upstream) and any number
 * of readers share a #GstDvrTimeline. Numbers stand in a row without holes, as
 * in an HLS playlist, so that a segment is found by number at once and by time
 * with a binary search. Every change raises the version; changes between
 * gst_dvr_timeline_begin() and gst_dvr_timeline_commit() make one version.
 *
 * Reading is for any thread, writing for one thread at a time.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrtimeline-private.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_timeline_debug);
#define GST_CAT_DEFAULT gst_dvr_timeline_debug

/* Removed entries are cut off their array once this many stand there. */
#define MIN_SLACK 1024

GST_DEFINE_MINI_OBJECT_TYPE (GstDvrTimeline, gst_dvr_timeline);

static void
part_list_free (gpointer data)
{
  GstDvrPartList *list = data;

  g_array_unref (list->parts);
  g_free (list);
}

static void
release_ref_string (gpointer string)
{
  g_ref_string_release (string);
}

static void
gst_dvr_timeline_free (GstDvrTimeline * self)
{
  g_array_unref (self->entries);
  g_array_unref (self->keyframes);
  g_queue_clear_full (&self->part_lists, part_list_free);
  g_hash_table_unref (self->recordings);
  gst_dvr_watch_list_clear (&self->watches);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self->stream);
  g_free (self);
}

/**
 * gst_dvr_timeline_new:
 * @stream: the stream's name; copied
 *
 * Returns: (transfer full): an empty timeline in state pending
 */
GstDvrTimeline *
gst_dvr_timeline_new (const gchar * stream)
{
  static gsize once = 0;
  GstDvrTimeline *self;

  g_return_val_if_fail (stream != NULL, NULL);

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (gst_dvr_timeline_debug, "dvrtimeline", 0,
        "DVR timelines");
    g_once_init_leave (&once, 1);
  }

  self = g_new0 (GstDvrTimeline, 1);
  gst_mini_object_init (GST_MINI_OBJECT_CAST (self), 0, GST_TYPE_DVR_TIMELINE,
      NULL, NULL, (GstMiniObjectFreeFunction) gst_dvr_timeline_free);

  self->stream = g_strdup (stream);
  g_mutex_init (&self->lock);
  self->entries = g_array_new (FALSE, FALSE, sizeof (GstDvrEntry));
  self->keyframes = g_array_new (FALSE, FALSE, sizeof (GstDvrKeyframe));
  g_queue_init (&self->part_lists);
  self->recordings = g_hash_table_new_full (g_str_hash, g_str_equal,
      release_ref_string, NULL);
  gst_dvr_watch_list_init (&self->watches);
  self->unused_since = g_get_monotonic_time ();

  return self;
}

/**
 * gst_dvr_timeline_get_stream:
 * @self: a timeline
 *
 * Returns: (transfer none): the stream's name
 */
const gchar *
gst_dvr_timeline_get_stream (GstDvrTimeline * self)
{
  return self->stream;
}

/* Called with the lock held after a change; unlocks, then tells, unless a
 * batch of changes is under way. */
static void
unlock_changed (GstDvrTimeline * self)
{
  GPtrArray *watches = NULL;

  self->dirty = TRUE;
  if (self->batch == 0) {
    self->dirty = FALSE;
    self->version++;
    watches = gst_dvr_watch_list_copy (&self->watches);
  }
  g_mutex_unlock (&self->lock);

  gst_dvr_watches_call (watches, self);
}

/**
 * gst_dvr_timeline_begin:
 * @self: a timeline
 *
 * Begins a batch of changes, which makes one version. Readers may see a batch
 * half done; they are woken when it is committed.
 */
void
gst_dvr_timeline_begin (GstDvrTimeline * self)
{
  g_mutex_lock (&self->lock);
  self->batch++;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_timeline_commit:
 * @self: a timeline
 *
 * Ends the batch begun with gst_dvr_timeline_begin(), and wakes all who wait
 * if anything has changed.
 */
void
gst_dvr_timeline_commit (GstDvrTimeline * self)
{
  g_mutex_lock (&self->lock);
  g_assert (self->batch > 0);
  self->batch--;
  if (self->dirty)
    unlock_changed (self);
  else
    g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_timeline_set_durations:
 * @self: a timeline
 * @target: the playlist's TARGETDURATION in nanoseconds
 * @part: the longest part in nanoseconds, 0 where there are none
 */
void
gst_dvr_timeline_set_durations (GstDvrTimeline * self, GstClockTime target,
    GstClockTime part)
{
  g_mutex_lock (&self->lock);
  if (self->target_duration == target && self->part_duration == part) {
    g_mutex_unlock (&self->lock);
    return;
  }
  self->target_duration = target;
  self->part_duration = part;
  unlock_changed (self);
}

/**
 * gst_dvr_timeline_set_state:
 * @self: a timeline
 * @state: its new state
 * @status: with GST_DVR_TIMELINE_FAILED an HTTP status, else 0
 */
void
gst_dvr_timeline_set_state (GstDvrTimeline * self, GstDvrTimelineState state,
    guint status)
{
  g_mutex_lock (&self->lock);
  if (self->state == state && self->status == status) {
    g_mutex_unlock (&self->lock);
    return;
  }
  self->state = state;
  self->status = status;
  unlock_changed (self);
}

/**
 * gst_dvr_timeline_set_stale:
 * @self: a timeline
 * @stale: whether it is cut off from all upstreams
 */
void
gst_dvr_timeline_set_stale (GstDvrTimeline * self, gboolean stale)
{
  g_mutex_lock (&self->lock);
  if (self->stale == stale) {
    g_mutex_unlock (&self->lock);
    return;
  }
  self->stale = stale;
  unlock_changed (self);
}

/**
 * gst_dvr_timeline_set_reach:
 * @self: a timeline
 * @reach: stream time, nanoseconds, to which upstream can be asked to go on
 *   from; 0: to none
 */
void
gst_dvr_timeline_set_reach (GstDvrTimeline * self, GstClockTime reach)
{
  g_mutex_lock (&self->lock);
  if (self->reach == reach) {
    g_mutex_unlock (&self->lock);
    return;
  }
  self->reach = reach;
  unlock_changed (self);
}

/**
 * gst_dvr_timeline_set_smart_seek:
 * @self: a timeline
 * @allowed: whether players may seek within their own buffer, as they may
 *   unless upstream says no; else they ask for the data again
 */
void
gst_dvr_timeline_set_smart_seek (GstDvrTimeline * self, gboolean allowed)
{
  g_mutex_lock (&self->lock);
  if (self->no_smart_seek == !allowed) {
    g_mutex_unlock (&self->lock);
    return;
  }
  self->no_smart_seek = !allowed;
  unlock_changed (self);
}

/* Entries borrow their recording's name from here. */
static const gchar *
intern_locked (GstDvrTimeline * self, const gchar * recording)
{
  gpointer known;

  if (g_hash_table_lookup_extended (self->recordings, recording, &known, NULL))
    return known;

  known = g_ref_string_new (recording);
  g_hash_table_add (self->recordings, known);

  return known;
}

static void
add_part_list_locked (GstDvrTimeline * self, guint64 number)
{
  GstDvrPartList *list = g_new0 (GstDvrPartList, 1);

  list->number = number;
  list->parts = g_array_new (FALSE, FALSE, sizeof (GstDvrPart));
  g_queue_push_tail (&self->part_lists, list);
  while (self->part_lists.length > GST_DVR_TIMELINE_PART_SEGMENTS + 1)
    part_list_free (g_queue_pop_head (&self->part_lists));
}

/* Whether a segment of that number can come next. */
static gboolean
is_next_locked (GstDvrTimeline * self, guint64 number)
{
  if (gst_dvr_timeline_n_entries (self) == 0 && !self->has_open
      && number >= self->first) {
    self->first = number;
    return TRUE;
  }

  return number == gst_dvr_timeline_next (self);
}

/**
 * gst_dvr_timeline_open_segment:
 * @self: a timeline
 * @entry: what is known of the segment that begins; copied
 *
 * Returns: FALSE if one is open, or its number is not the next one
 */
gboolean
gst_dvr_timeline_open_segment (GstDvrTimeline * self, const GstDvrEntry * entry)
{
  g_return_val_if_fail (entry->recording != NULL, FALSE);

  g_mutex_lock (&self->lock);
  if (self->has_open || !is_next_locked (self, entry->number)) {
    GST_WARNING ("%s: segment %" G_GUINT64_FORMAT " cannot open, %"
        G_GUINT64_FORMAT " is next", self->stream, entry->number,
        gst_dvr_timeline_next (self));
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  self->open = *entry;
  self->open.recording = intern_locked (self, entry->recording);
  self->open.duration = 0;
  self->open.keyframes_before = self->keyframes_base + self->keyframes->len;
  self->has_open = TRUE;
  add_part_list_locked (self, entry->number);
  unlock_changed (self);

  return TRUE;
}

/**
 * gst_dvr_timeline_add_part:
 * @self: a timeline
 * @part: the next part of the open segment; copied
 *
 * Returns: FALSE if no segment is open
 */
gboolean
gst_dvr_timeline_add_part (GstDvrTimeline * self, const GstDvrPart * part)
{
  GstDvrPartList *list;

  g_mutex_lock (&self->lock);
  list =
      self->has_open ? gst_dvr_timeline_find_parts (self,
      self->open.number) : NULL;
  if (list == NULL) {
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  g_array_append_val (list->parts, *part);
  if (GST_CLOCK_TIME_IS_VALID (part->duration))
    self->open.duration += part->duration;
  self->open.size += part->size;
  unlock_changed (self);

  return TRUE;
}

/**
 * gst_dvr_timeline_set_alias:
 * @self: a timeline
 * @number: a segment whose parts are known
 * @recording: a recording id under which they were listed before
 *
 * The segment has another name than while it grew, as it is not what its origin
 * calls so; but its parts are the same. Who has heard of them may still ask for
 * them, as long as parts of that segment are known.
 */
void
gst_dvr_timeline_set_alias (GstDvrTimeline * self, guint64 number,
    const gchar * recording)
{
  GstDvrPartList *list;

  g_mutex_lock (&self->lock);
  list = gst_dvr_timeline_find_parts (self, number);
  if (list)
    list->alias = intern_locked (self, recording);
  g_mutex_unlock (&self->lock);
}

/* Numbers wrap around: only differences count. */
static void
add_keyframes_locked (GstDvrTimeline * self, GstDvrEntry * entry,
    const GstDvrKeyframe * keyframes)
{
  entry->keyframes_before = self->keyframes_base + self->keyframes->len;
  if (keyframes && entry->n_keyframes > 1)
    g_array_append_vals (self->keyframes, keyframes + 1,
        entry->n_keyframes - 1);
  else
    entry->n_keyframes = MIN (entry->n_keyframes, 1);
}

/* Forgets those of entries that are not there any more. */
static void
cut_keyframes_locked (GstDvrTimeline * self)
{
  guint32 before = self->keyframes_base + self->keyframes->len;

  if (self->entries->len > 0)
    before = g_array_index (self->entries, GstDvrEntry, 0).keyframes_before;
  if (before != self->keyframes_base)
    g_array_remove_range (self->keyframes, 0, before - self->keyframes_base);
  self->keyframes_base = before;
}

/**
 * gst_dvr_timeline_set_keyframes_before:
 * @self: a timeline
 * @before: keyframes that were listed of segments before the first one, beyond
 *   one for each (EXT-X-DVR-KEYFRAMES)
 *
 * Nothing happens unless the timeline is empty.
 */
void
gst_dvr_timeline_set_keyframes_before (GstDvrTimeline * self, guint32 before)
{
  g_mutex_lock (&self->lock);
  if (gst_dvr_timeline_n_entries (self) == 0) {
    g_array_set_size (self->keyframes, 0);
    self->keyframes_base = before;
  }
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_timeline_close_segment:
 * @self: a timeline
 * @entry: all that is known of the finished segment, or gap; copied
 *
 * The segment need not have been opened before. Of its keyframes none is known
 * but the first.
 *
 * Returns: FALSE if its number is not the next one, or another segment is open
 */
gboolean
gst_dvr_timeline_close_segment (GstDvrTimeline * self,
    const GstDvrEntry * entry)
{
  return gst_dvr_timeline_close_keyed (self, entry, NULL);
}

/**
 * gst_dvr_timeline_close_keyed:
 * @self: a timeline
 * @entry: all that is known of the finished segment, or gap; copied
 * @keyframes: (nullable): its keyframes, as many as @entry says; may be %NULL
 *   where that is one or none
 *
 * As gst_dvr_timeline_close_segment(), of a segment all of whose keyframes are
 * known.
 *
 * Returns: FALSE if its number is not the next one, or another segment is open
 */
gboolean
gst_dvr_timeline_close_keyed (GstDvrTimeline * self,
    const GstDvrEntry * entry, const GstDvrKeyframe * keyframes)
{
  GstDvrEntry copy = *entry;

  g_return_val_if_fail (entry->recording != NULL, FALSE);

  g_mutex_lock (&self->lock);
  if (!is_next_locked (self, entry->number)) {
    GST_WARNING ("%s: segment %" G_GUINT64_FORMAT " cannot follow, %"
        G_GUINT64_FORMAT " is next", self->stream, entry->number,
        gst_dvr_timeline_next (self));
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  copy.recording = intern_locked (self, entry->recording);
  self->has_open = FALSE;
  add_keyframes_locked (self, &copy, keyframes);
  g_array_append_val (self->entries, copy);
  unlock_changed (self);

  return TRUE;
}

static void
abandon_open_locked (GstDvrTimeline * self)
{
  if (self->has_open) {
    self->has_open = FALSE;
    part_list_free (g_queue_pop_tail (&self->part_lists));
  }
}

/**
 * gst_dvr_timeline_abandon_open:
 * @self: a timeline
 *
 * The open segment will not be finished, and its number is free again for a
 * gap.
 */
void
gst_dvr_timeline_abandon_open (GstDvrTimeline * self)
{
  g_mutex_lock (&self->lock);
  abandon_open_locked (self);
  unlock_changed (self);
}

/**
 * gst_dvr_timeline_remove_before:
 * @self: a timeline
 * @number: the first number that stays
 *
 * Closed segments before @number are offered no more.
 */
void
gst_dvr_timeline_remove_before (GstDvrTimeline * self, guint64 number)
{
  guint n;

  g_mutex_lock (&self->lock);
  number = MIN (number, gst_dvr_timeline_next (self));
  if (number <= self->first) {
    g_mutex_unlock (&self->lock);
    return;
  }
  n = number - self->first;
  self->head += n;
  self->first = number;
  self->removed = TRUE;
  if (self->head >= MIN_SLACK && self->head >= self->entries->len / 2) {
    g_array_remove_range (self->entries, 0, self->head);
    self->head = 0;
    cut_keyframes_locked (self);
  }
  unlock_changed (self);
}

/**
 * gst_dvr_timeline_clear:
 * @self: a timeline
 *
 * Forgets all segments; the next one may have any number from the next on.
 */
void
gst_dvr_timeline_clear (GstDvrTimeline * self)
{
  g_mutex_lock (&self->lock);
  abandon_open_locked (self);
  self->first = gst_dvr_timeline_next (self);
  self->removed |= gst_dvr_timeline_n_entries (self) > 0;
  g_array_set_size (self->entries, 0);
  self->head = 0;
  cut_keyframes_locked (self);
  g_queue_clear_full (&self->part_lists, part_list_free);
  unlock_changed (self);
}
