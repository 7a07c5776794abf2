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

#include "gstdvrtimeline.h"
#include "gstdvrwatch.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_timeline_debug);
#define GST_CAT_DEFAULT gst_dvr_timeline_debug

/* Removed entries are cut off their array once this many stand there. */
#define MIN_SLACK 1024

typedef struct
{
  guint64 number;
  GArray *parts;
} PartList;

struct _GstDvrTimeline
{
  GstMiniObject mini_object;

  gchar *stream;

  GMutex lock;                  /* protects all below */
  GCond changed;
  guint batch;
  gboolean dirty;
  guint64 version;
  GstDvrTimelineState state;
  guint status;
  gboolean stale;
  GstClockTime target_duration;
  GstClockTime part_duration;

  GArray *entries;              /* the first `head` of them are removed */
  guint head;
  guint64 first;
  gboolean removed;
  gboolean has_open;
  GstDvrEntry open;
  GQueue part_lists;            /* PartList, oldest first, the open one last */
  GHashTable *recordings;       /* GRefString set */

  GstDvrWatchList watches;
  guint users;
  gint64 unused_since;
};

GST_DEFINE_MINI_OBJECT_TYPE (GstDvrTimeline, gst_dvr_timeline);

static void
part_list_free (gpointer data)
{
  PartList *list = data;

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
  g_queue_clear_full (&self->part_lists, part_list_free);
  g_hash_table_unref (self->recordings);
  gst_dvr_watch_list_clear (&self->watches);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
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
  g_cond_init (&self->changed);
  self->entries = g_array_new (FALSE, FALSE, sizeof (GstDvrEntry));
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

static inline guint
n_entries_locked (GstDvrTimeline * self)
{
  return self->entries->len - self->head;
}

static inline GstDvrEntry *
entry_locked (GstDvrTimeline * self, guint index)
{
  return &g_array_index (self->entries, GstDvrEntry, self->head + index);
}

static inline guint64
next_locked (GstDvrTimeline * self)
{
  return self->first + n_entries_locked (self);
}

static GstClockTime
end_locked (GstDvrTimeline * self)
{
  guint n = n_entries_locked (self);

  if (self->has_open)
    return self->open.start + self->open.duration;

  return n > 0 ? entry_locked (self, n - 1)->start +
      entry_locked (self, n - 1)->duration : 0;
}

static PartList *
find_parts_locked (GstDvrTimeline * self, guint64 number)
{
  GList *l;

  for (l = self->part_lists.tail; l; l = l->prev) {
    PartList *list = l->data;

    if (list->number == number)
      return list;
    if (list->number < number)
      break;
  }

  return NULL;
}

/**
 * gst_dvr_timeline_get_info:
 * @self: a timeline
 * @info: (out): where to put what is so now
 */
void
gst_dvr_timeline_get_info (GstDvrTimeline * self, GstDvrTimelineInfo * info)
{
  PartList *parts;

  g_mutex_lock (&self->lock);
  info->version = self->version;
  info->state = self->state;
  info->status = self->status;
  info->stale = self->stale;
  info->target_duration = self->target_duration;
  info->part_duration = self->part_duration;
  info->first = self->first;
  info->next = next_locked (self);
  info->open = self->has_open;
  parts = self->has_open ? find_parts_locked (self, self->open.number) : NULL;
  info->n_parts = parts ? parts->parts->len : 0;
  info->end = end_locked (self);
  if (n_entries_locked (self) > 0)
    info->start = entry_locked (self, 0)->start;
  else
    info->start = self->has_open ? self->open.start : 0;
  info->removed = self->removed;
  g_mutex_unlock (&self->lock);
}

static GstDvrFound
find_locked (GstDvrTimeline * self, guint64 number, GstDvrEntry * entry)
{
  if (self->has_open && number == self->open.number) {
    *entry = self->open;
    return GST_DVR_FOUND_OPEN;
  }
  if (number >= next_locked (self))
    return GST_DVR_FOUND_NOTHING;
  if (number < self->first)
    return GST_DVR_FOUND_REMOVED;

  *entry = *entry_locked (self, number - self->first);
  return GST_DVR_FOUND_CLOSED;
}

/**
 * gst_dvr_timeline_find:
 * @self: a timeline
 * @number: a sequence number
 * @entry: (out): where to put what is known of it
 *
 * Returns: what stands under @number; @entry is set for closed and open ones
 */
GstDvrFound
gst_dvr_timeline_find (GstDvrTimeline * self, guint64 number,
    GstDvrEntry * entry)
{
  GstDvrFound found;

  g_mutex_lock (&self->lock);
  found = find_locked (self, number, entry);
  g_mutex_unlock (&self->lock);

  return found;
}

/**
 * gst_dvr_timeline_find_time:
 * @self: a timeline
 * @time: stream time in nanoseconds
 * @entry: (out): where to put the segment that holds @time
 *
 * A time before the window finds its first segment; a time in a hole between
 * two segments finds the one after the hole.
 *
 * Returns: GST_DVR_FOUND_NOTHING if @time is at or after the live edge
 */
GstDvrFound
gst_dvr_timeline_find_time (GstDvrTimeline * self, GstClockTime time,
    GstDvrEntry * entry)
{
  GstDvrFound found = GST_DVR_FOUND_NOTHING;
  guint low = 0, high;

  g_mutex_lock (&self->lock);
  high = n_entries_locked (self);
  while (low < high) {
    guint middle = low + (high - low) / 2;
    GstDvrEntry *e = entry_locked (self, middle);

    if (e->start + e->duration <= time)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < n_entries_locked (self)) {
    *entry = *entry_locked (self, low);
    found = GST_DVR_FOUND_CLOSED;
  } else if (self->has_open && time < end_locked (self)) {
    *entry = self->open;
    found = GST_DVR_FOUND_OPEN;
  }
  g_mutex_unlock (&self->lock);

  return found;
}

/**
 * gst_dvr_timeline_foreach:
 * @self: a timeline
 * @from: first number
 * @to: number after the last
 * @func: called for each closed entry in that range, in order
 * @user_data: given to @func
 */
void
gst_dvr_timeline_foreach (GstDvrTimeline * self, guint64 from, guint64 to,
    GstDvrEntryFunc func, gpointer user_data)
{
  guint64 number;

  g_mutex_lock (&self->lock);
  to = MIN (to, next_locked (self));
  for (number = MAX (from, self->first); number < to; number++)
    if (!func (entry_locked (self, number - self->first), user_data))
      break;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_timeline_get_parts:
 * @self: a timeline
 * @number: the open segment or a recent closed one
 *
 * Returns: (transfer full) (nullable) (element-type GstDvrPart): a copy of its
 *   parts so far, or NULL where they are not known
 */
GArray *
gst_dvr_timeline_get_parts (GstDvrTimeline * self, guint64 number)
{
  GArray *copy = NULL;
  PartList *list;

  g_mutex_lock (&self->lock);
  list = find_parts_locked (self, number);
  if (list)
    copy = g_array_copy (list->parts);
  g_mutex_unlock (&self->lock);

  return copy;
}

/**
 * gst_dvr_timeline_has_recording:
 * @self: a timeline
 * @recording: a recording id
 *
 * Returns: whether any entry belongs, or ever belonged, to @recording
 */
gboolean
gst_dvr_timeline_has_recording (GstDvrTimeline * self, const gchar * recording)
{
  gboolean known;

  g_mutex_lock (&self->lock);
  known = g_hash_table_contains (self->recordings, recording);
  g_mutex_unlock (&self->lock);

  return known;
}

/**
 * gst_dvr_timeline_wait:
 * @self: a timeline
 * @version: the version wanted
 * @until: monotonic time in microseconds, or -1 for ever
 *
 * Blocks until the version is at least @version, or the time is over. For a
 * thread of its own; others use gst_dvr_timeline_add_watch().
 */
void
gst_dvr_timeline_wait (GstDvrTimeline * self, guint64 version, gint64 until)
{
  g_mutex_lock (&self->lock);
  while (self->version < version) {
    if (until < 0)
      g_cond_wait (&self->changed, &self->lock);
    else if (!g_cond_wait_until (&self->changed, &self->lock, until))
      break;
  }
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_timeline_add_watch:
 * @self: a timeline
 * @func: called for every version from now on
 * @user_data: given to @func
 * @notify: (nullable): frees @user_data, after the last call of @func
 *
 * Returns: an id for gst_dvr_timeline_remove_watch()
 */
gulong
gst_dvr_timeline_add_watch (GstDvrTimeline * self, GstDvrTimelineFunc func,
    gpointer user_data, GDestroyNotify notify)
{
  gulong id;

  g_mutex_lock (&self->lock);
  id = gst_dvr_watch_list_add (&self->watches, (GstDvrWatchFunc) func,
      user_data, notify);
  g_mutex_unlock (&self->lock);

  return id;
}

/**
 * gst_dvr_timeline_remove_watch:
 * @self: a timeline
 * @watch: what gst_dvr_timeline_add_watch() returned
 *
 * As with segments, a call in another thread may still be going on.
 */
void
gst_dvr_timeline_remove_watch (GstDvrTimeline * self, gulong watch)
{
  gpointer taken;

  g_mutex_lock (&self->lock);
  taken = gst_dvr_watch_list_take (&self->watches, watch);
  g_mutex_unlock (&self->lock);

  if (taken)
    gst_dvr_watch_unref (taken);
}

/**
 * gst_dvr_timeline_use:
 * @self: a timeline
 *
 * Says that somebody reads, even if only from a cache, so that the source goes
 * on following upstream. Counts. A reader that comes back later requests the
 * timeline anew before it uses it: the source may have let it go.
 */
void
gst_dvr_timeline_use (GstDvrTimeline * self)
{
  g_mutex_lock (&self->lock);
  self->users++;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_timeline_unuse:
 * @self: a timeline
 *
 * Takes back one gst_dvr_timeline_use().
 */
void
gst_dvr_timeline_unuse (GstDvrTimeline * self)
{
  g_mutex_lock (&self->lock);
  if (self->users == 0)
    g_critical ("%s: unuse without use", self->stream);
  else if (--self->users == 0)
    self->unused_since = g_get_monotonic_time ();
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_timeline_is_used:
 * @self: a timeline
 * @since: (out) (optional): when the last user went, monotonic time in
 *   microseconds
 *
 * Returns: whether anybody uses it
 */
gboolean
gst_dvr_timeline_is_used (GstDvrTimeline * self, gint64 * since)
{
  gboolean used;

  g_mutex_lock (&self->lock);
  used = self->users > 0;
  if (since)
    *since = self->unused_since;
  g_mutex_unlock (&self->lock);

  return used;
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
    g_cond_broadcast (&self->changed);
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
  PartList *list = g_new (PartList, 1);

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
  if (n_entries_locked (self) == 0 && !self->has_open && number >= self->first) {
    self->first = number;
    return TRUE;
  }

  return number == next_locked (self);
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
        next_locked (self));
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  self->open = *entry;
  self->open.recording = intern_locked (self, entry->recording);
  self->open.duration = 0;
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
  PartList *list;

  g_mutex_lock (&self->lock);
  list = self->has_open ? find_parts_locked (self, self->open.number) : NULL;
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
 * gst_dvr_timeline_close_segment:
 * @self: a timeline
 * @entry: all that is known of the finished segment, or gap; copied
 *
 * The segment need not have been opened before.
 *
 * Returns: FALSE if its number is not the next one, or another segment is open
 */
gboolean
gst_dvr_timeline_close_segment (GstDvrTimeline * self,
    const GstDvrEntry * entry)
{
  GstDvrEntry copy = *entry;

  g_return_val_if_fail (entry->recording != NULL, FALSE);

  g_mutex_lock (&self->lock);
  if (!is_next_locked (self, entry->number)) {
    GST_WARNING ("%s: segment %" G_GUINT64_FORMAT " cannot follow, %"
        G_GUINT64_FORMAT " is next", self->stream, entry->number,
        next_locked (self));
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  copy.recording = intern_locked (self, entry->recording);
  self->has_open = FALSE;
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
  number = MIN (number, next_locked (self));
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
  self->first = next_locked (self);
  self->removed |= n_entries_locked (self) > 0;
  g_array_set_size (self->entries, 0);
  self->head = 0;
  g_queue_clear_full (&self->part_lists, part_list_free);
  unlock_changed (self);
}
