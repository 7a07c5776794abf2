/* gstdvrtimelineread.c: looking at a timeline, and being told of changes
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrtimeline-private.h"

/* How long a path stands for those who ask now. */
#define PATH_HOLD (10 * G_USEC_PER_SEC)

static GstClockTime
end_locked (GstDvrTimeline * self)
{
  guint n = gst_dvr_timeline_n_entries (self);

  if (self->has_open)
    return self->open.start + self->open.duration;

  return n > 0 ? gst_dvr_timeline_entry (self, n - 1)->start +
      gst_dvr_timeline_entry (self, n - 1)->duration : 0;
}

GstDvrPartList *
gst_dvr_timeline_find_parts (GstDvrTimeline * self, guint64 number)
{
  GList *l;

  for (l = self->part_lists.tail; l; l = l->prev) {
    GstDvrPartList *list = l->data;

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
  GstDvrPartList *parts;

  g_mutex_lock (&self->lock);
  info->version = self->version;
  info->state = self->state;
  info->status = self->status;
  info->stale = self->stale;
  info->reach = self->reach;
  info->no_smart_seek = self->no_smart_seek;
  info->target_duration = self->target_duration;
  info->part_duration = self->part_duration;
  info->first = self->first;
  info->next = gst_dvr_timeline_next (self);
  info->open = self->has_open;
  parts =
      self->has_open ? gst_dvr_timeline_find_parts (self,
      self->open.number) : NULL;
  info->n_parts = parts ? parts->parts->len : 0;
  info->end = end_locked (self);
  if (gst_dvr_timeline_n_entries (self) > 0)
    info->start = gst_dvr_timeline_entry (self, 0)->start;
  else
    info->start = self->has_open ? self->open.start : 0;
  info->removed = self->removed;
  info->keyframes_before = self->keyframes_base + self->keyframes->len;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_timeline_get_memory_size:
 * @self: a timeline
 *
 * Returns: what it costs, in bytes, mostly for its segments
 */
guint64
gst_dvr_timeline_get_memory_size (GstDvrTimeline * self)
{
  guint64 size;
  GList *l;

  g_mutex_lock (&self->lock);
  size = sizeof (GstDvrTimeline) + self->entries->len * sizeof (GstDvrEntry) +
      self->keyframes->len * sizeof (GstDvrKeyframe);
  for (l = self->part_lists.head; l; l = l->next)
    size += sizeof (GstDvrPartList) +
        ((GstDvrPartList *) l->data)->parts->len * sizeof (GstDvrPart);
  g_mutex_unlock (&self->lock);

  return size;
}

static GstDvrFound
find_locked (GstDvrTimeline * self, guint64 number, GstDvrEntry * entry)
{
  if (self->has_open && number == self->open.number) {
    *entry = self->open;
    return GST_DVR_FOUND_OPEN;
  }
  if (number >= gst_dvr_timeline_next (self))
    return GST_DVR_FOUND_NOTHING;
  if (number < self->first)
    return GST_DVR_FOUND_REMOVED;

  *entry = *gst_dvr_timeline_entry (self, number - self->first);
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
  high = gst_dvr_timeline_n_entries (self);
  while (low < high) {
    guint middle = low + (high - low) / 2;
    GstDvrEntry *e = gst_dvr_timeline_entry (self, middle);

    if (e->start + e->duration <= time)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < gst_dvr_timeline_n_entries (self)) {
    *entry = *gst_dvr_timeline_entry (self, low);
    found = GST_DVR_FOUND_CLOSED;
  } else if (self->has_open && time < end_locked (self)) {
    *entry = self->open;
    found = GST_DVR_FOUND_OPEN;
  }
  g_mutex_unlock (&self->lock);

  return found;
}

/**
 * gst_dvr_timeline_get_keyframes:
 * @self: a timeline
 * @entry: one of its entries, as it was found
 * @frames: (out): where to put its keyframes, in order
 *
 * Of a segment whose keyframes are not all known the first one is told, if that
 * is.
 *
 * Returns: how many there are
 */
guint
gst_dvr_timeline_get_keyframes (GstDvrTimeline * self,
    const GstDvrEntry * entry, GstDvrKeyframes * frames)
{
  guint32 at, n = entry->n_keyframes;

  frames->n = entry->key_size > 0 ? 1 : 0;
  frames->frames[0].time = 0;
  frames->frames[0].offset = entry->key_offset;
  frames->frames[0].size = entry->key_size;
  if (n < 2 || n > GST_DVR_MAX_KEYFRAMES)
    return frames->n;

  g_mutex_lock (&self->lock);
  /* the entry may have been removed meanwhile */
  at = entry->keyframes_before - self->keyframes_base;
  if (at < self->keyframes->len && n - 1 <= self->keyframes->len - at) {
    memcpy (frames->frames + 1, &g_array_index (self->keyframes,
            GstDvrKeyframe, at), (n - 1) * sizeof (GstDvrKeyframe));
    frames->n = n;
  }
  g_mutex_unlock (&self->lock);

  return frames->n;
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
  to = MIN (to, gst_dvr_timeline_next (self));
  for (number = MAX (from, self->first); number < to; number++)
    if (!func (gst_dvr_timeline_entry (self, number - self->first), user_data))
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
  GstDvrPartList *list;

  g_mutex_lock (&self->lock);
  list = gst_dvr_timeline_find_parts (self, number);
  if (list)
    copy = g_array_copy (list->parts);
  g_mutex_unlock (&self->lock);

  return copy;
}

/**
 * gst_dvr_timeline_is_alias:
 * @self: a timeline
 * @number: a segment
 * @recording: a recording id
 *
 * Returns: whether the segment's parts were listed under that one, too, see
 *   gst_dvr_timeline_set_alias()
 */
gboolean
gst_dvr_timeline_is_alias (GstDvrTimeline * self, guint64 number,
    const gchar * recording)
{
  GstDvrPartList *list;
  gboolean is;

  g_mutex_lock (&self->lock);
  list = gst_dvr_timeline_find_parts (self, number);
  is = list && list->alias && g_str_equal (list->alias, recording);
  g_mutex_unlock (&self->lock);

  return is;
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
  gst_dvr_watch_list_remove (&self->watches, &self->lock, watch);
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

static guint
count_ids (const gchar * path)
{
  guint n = 1;

  for (; *path; path++)
    n += *path == ',';

  return n;
}

/**
 * gst_dvr_timeline_note_path:
 * @self: a timeline
 * @path: the caches that a question for the stream came through, the first one
 *   first, separated by commas: the value of its CDN-Loop header (RFC 8586)
 *
 * What many ask for is fetched once, on behalf of them all. Who fetches passes
 * on the longest path of those noted within the last seconds: in a circle it
 * comes back and is known, or grows until it is too long.
 */
void
gst_dvr_timeline_note_path (GstDvrTimeline * self, const gchar * path)
{
  gint64 now = g_get_monotonic_time ();
  guint length = count_ids (path);

  g_mutex_lock (&self->lock);
  if (self->path == NULL || length >= self->path_length
      || now > self->path_noted_at + PATH_HOLD) {
    if (g_strcmp0 (self->path, path) != 0) {
      g_free (self->path);
      self->path = g_strdup (path);
    }
    self->path_length = length;
    self->path_noted_at = now;
  }
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_timeline_dup_path:
 * @self: a timeline
 *
 * Returns: (transfer full) (nullable): the longest path noted lately
 */
gchar *
gst_dvr_timeline_dup_path (GstDvrTimeline * self)
{
  gchar *path = NULL;

  g_mutex_lock (&self->lock);
  if (self->path && g_get_monotonic_time () <= self->path_noted_at + PATH_HOLD)
    path = g_strdup (self->path);
  g_mutex_unlock (&self->lock);

  return path;
}
