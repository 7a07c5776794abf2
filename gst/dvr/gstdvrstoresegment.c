/* gstdvrstoresegment.c: writes the segments of a recording
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <fmp4/fmp4.h>

#include "gstdvrstorewriter-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_dvr_store_debug);
#define GST_CAT_DEFAULT gst_dvr_store_debug

/* Of a writer that is hurried limits wait for as many segments. */
#define MAX_UNTRIMMED 16

/* Within a list numbers stand in a row; without one they go on after all that
 * ever were, and not before the clock, should even their memory be lost. A list
 * may have begun with a segment that was given up. */
static guint64
next_number (GstDvrStoreWriter * self)
{
  GstDvrTimelineInfo info;
  guint64 clock;

  gst_dvr_timeline_get_info (self->timeline, &info);
  if (info.next > info.first)
    return info.next;
  if (self->dropped > 0)
    return self->dropped;
  clock = g_get_real_time () / G_USEC_PER_SEC * GST_SECOND /
      MAX (self->config.target_duration, GST_SECOND);

  return MAX (self->last + 1, clock);
}

static void
set_entry (GstDvrStoreWriter * self, GstDvrEntry * entry, GstClockTime start,
    gint64 wall_time)
{
  memset (entry, 0, sizeof (*entry));
  entry->number = next_number (self);
  entry->recording = self->recording;
  entry->init = self->n_inits > 0 ? self->n_inits - 1 : 0;
  entry->discontinuity = self->discontinuity;
  entry->start = start;
  entry->wall_time = wall_time;
}

/* Gives up an open segment that has no part yet. Nothing of it was ever seen:
 * its number and its name are free, for another one or for a gap. */
static void
drop_empty (GstDvrStoreWriter * self)
{
  if (!self->has_open || self->n_parts > 0)
    return;
  self->dropped = self->open.number;
  self->has_open = FALSE;
  gst_dvr_timeline_abandon_open (self->timeline);
  gst_dvr_store_close_file (self);
}

/* Numbers the open segment's discontinuity, unless the list says already that
 * there is one before that number. */
static void
count_discontinuity (GstDvrStoreWriter * self, gboolean discontinuity)
{
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (self->timeline, &info);
  if (info.next == info.first)
    return;
  if (self->dropped != info.next)
    self->discontinuous = FALSE;
  if ((discontinuity || !self->begun) && !self->discontinuous) {
    self->discontinuity++;
    self->discontinuous = TRUE;
  }
}

/* The list's file begins with its first segment. */
static gboolean
list_open (GstDvrStoreWriter * self, GError ** error)
{
  if (self->index.fd < 0) {
    self->new_names = TRUE;
    return gst_dvr_store_index_rewrite (&self->index, self->timeline,
        &self->open, FALSE, error);
  }

  return gst_dvr_store_index_open_segment (&self->index, &self->open, error);
}

/**
 * gst_dvr_store_writer_open_segment:
 * @self: a writer that has an init section
 * @start: stream time of its first sample, nanoseconds
 * @wall_time: time of day of its first sample, microseconds since 1970
 * @discontinuity: it does not go on from the segment before
 * @error: return location for an error
 *
 * Begins a segment. One that is still open is closed with what it has.
 *
 * Returns: whether it has begun
 */
gboolean
gst_dvr_store_writer_open_segment (GstDvrStoreWriter * self,
    GstClockTime start, gint64 wall_time, gboolean discontinuity,
    GError ** error)
{
  gboolean before = self->discontinuous;
  guint number = self->discontinuity;
  GError *failure = NULL;
  GstDvrEntry entry;

  g_return_val_if_fail (self->init != NULL, FALSE);

  if (self->has_open && self->n_parts > 0
      && !gst_dvr_store_writer_close_segment (self, self->open.duration, NULL,
          error))
    return FALSE;
  drop_empty (self);
  /* parts of that number may have been seen, before a crash */
  if (self->unsure && !gst_dvr_store_writer_add_gap (self, start, 0,
          GST_DVR_WALL_TIME_NONE, error))
    return FALSE;

  count_discontinuity (self, discontinuity);
  set_entry (self, &entry, start, wall_time);
  self->open = entry;
  self->has_open = TRUE;
  self->keyframes.n = self->keyframes.spacing = 0;
  self->named = self->unsafe = FALSE;
  self->n_parts = 0;
  if (!list_open (self, &failure)
      && !(gst_dvr_store_make_room (self, 0, &failure)
          && list_open (self, &failure))) {
    g_propagate_error (error, failure);
    self->has_open = FALSE;
    self->discontinuous = before;
    self->discontinuity = number;
    return FALSE;
  }

  self->path = gst_dvr_store_segment_path (self->directory, self->recording,
      entry.number);
  gst_dvr_timeline_begin (self->timeline);
  gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_OPEN, 0);
  gst_dvr_timeline_open_segment (self->timeline, &entry);
  gst_dvr_timeline_commit (self->timeline);
  gst_dvr_follow_poke (self->directory);

  return TRUE;
}

/**
 * gst_dvr_store_writer_begin_part:
 * @self: a writer with a segment open
 * @wall_time: time of day of the part's first sample, microseconds since 1970
 * @error: return location for an error
 *
 * Chunks that were appended and not ended are dropped.
 *
 * Returns: whether chunks may follow
 */
gboolean
gst_dvr_store_writer_begin_part (GstDvrStoreWriter * self, gint64 wall_time,
    GError ** error)
{
  if (!self->has_open) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
        "No segment of %s is open", self->directory);
    return FALSE;
  }
  g_ptr_array_set_size (self->chunks, 0);
  self->part_size = GST_DVR_PART_HEAD_SIZE;
  self->part_key = 0;
  self->part_wall = wall_time;

  return TRUE;
}

/**
 * gst_dvr_store_writer_show_samples:
 * @self: a writer with a segment open
 * @samples: (element-type GstBuffer): what will be in one of its chunks; not
 *   to be changed any more
 *
 * Readers of this process see them at once; they are written with their chunk.
 */
void
gst_dvr_store_writer_show_samples (GstDvrStoreWriter * self,
    GPtrArray * samples)
{
  GstDvrPreview preview = { self->recording, self->open.number, self->n_parts,
    NULL, FALSE, samples
  };

  if (self->has_open)
    gst_dvr_follow_show (self->directory, &preview);
}

/**
 * gst_dvr_store_writer_append_chunk:
 * @self: a writer with a part begun
 * @chunk: (transfer none): one moof+mdat; kept until the part is ended
 * @key_size: of a part's first chunk, bytes to the end of the keyframe that it
 *   begins with, or 0
 * @shown: whether all of its samples were shown
 *
 * Readers of this process may show it at once, ahead of its part.
 */
void
gst_dvr_store_writer_append_chunk (GstDvrStoreWriter * self,
    GstBuffer * chunk, guint32 key_size, gboolean shown)
{
  GstDvrPreview preview = { self->recording, self->open.number, self->n_parts,
    self->chunks, shown, NULL
  };

  if (self->chunks->len == 0)
    self->part_key = key_size;
  self->part_size += gst_buffer_get_size (chunk);
  g_ptr_array_add (self->chunks, gst_buffer_ref (chunk));
  gst_dvr_follow_show (self->directory, &preview);
}

static gsize
write_heads (GstDvrStoreWriter * self, GstClockTime duration,
    gboolean independent, guint8 * data)
{
  GstDvrPartHead part = { self->part_wall, self->track, 0, self->part_size,
    duration, independent, self->part_key
  };
  GstClockTime start = self->open.start + self->open.duration;
  gsize size = 0;

  if (self->n_parts == 0) {
    GstDvrSegmentHead head = { self->open.number, self->open.init,
      self->open.discontinuity, self->open.wall_time, self->open.start, ""
    };

    g_strlcpy (head.recording, self->recording, sizeof (head.recording));
    size = gst_dvr_segment_head_write (&head, data);
  }
  if (self->timescale > 0)
    part.media_time = gst_fmp4_time_to_ticks (start, self->timescale);
  gst_dvr_part_head_write (&part, data + size);
  if (self->config.fsync == GST_DVR_FSYNC_PART)
    memcpy (data + size + GST_DVR_PART_HEAD_TYPE, GST_DVR_PART_HIDDEN, 4);

  return size + GST_DVR_PART_HEAD_SIZE;
}

/* Writes heads and chunks in one go; on failure nothing of them stays. */
static gboolean
write_part (GstDvrStoreWriter * self, guint8 * heads, gsize heads_size,
    GError ** error)
{
  gint i, n = self->chunks->len;
  struct iovec *iov = g_new (struct iovec, n + 1);
  GstMapInfo *maps = g_new0 (GstMapInfo, n);
  int code = 0;

  iov[0].iov_base = heads;
  iov[0].iov_len = heads_size;
  for (i = 0; i < n; i++) {
    gst_buffer_map (g_ptr_array_index (self->chunks, i), &maps[i],
        GST_MAP_READ);
    iov[i + 1].iov_base = maps[i].data;
    iov[i + 1].iov_len = maps[i].size;
  }
  /* a segment that was given up may have left a file, which readers may have
   * open */
  if (self->fd < 0)
    self->fd = open (self->path, O_WRONLY | O_CREAT | O_CLOEXEC |
        (self->dropped == self->open.number ? O_TRUNC : O_EXCL), 0644);
  if (self->fd < 0 || lseek (self->fd, self->open.size, SEEK_SET) < 0)
    code = errno;
  else if (!gst_dvr_store_write_all (self->fd, iov, n + 1, &code)
      && ftruncate (self->fd, self->open.size))
    GST_WARNING ("%s: a torn part stays: %s", self->path, g_strerror (errno));
  for (i = 0; i < n; i++)
    gst_buffer_unmap (g_ptr_array_index (self->chunks, i), &maps[i]);
  g_free (maps);
  g_free (iov);
  if (code != 0)
    gst_dvr_store_set_error (error, "write", self->path, code);

  return code == 0;
}

static void
add_sync (GstDvrStoreSync * syncs, guint * n, const gchar * path, int fd)
{
  syncs[*n].path = path;
  syncs[*n].fd = fd;
  syncs[*n].code = 0;
  (*n)++;
}

/* What must be on disk before the open segment is.
 * Returns: how many they are */
static guint
gather_syncs (GstDvrStoreWriter * self, GstDvrStoreSync * syncs)
{
  guint n = 0;

  add_sync (syncs, &n, self->path, self->fd);
  if (!self->named)
    add_sync (syncs, &n, self->recording_directory, -1);
  if (self->new_init)
    add_sync (syncs, &n, self->new_init, -1);
  if (self->new_names)
    add_sync (syncs, &n, self->directory, -1);

  return n;
}

static const GstDvrStoreSync *
find_failed (const GstDvrStoreSync * syncs, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    if (syncs[i].code != 0)
      return &syncs[i];

  return NULL;
}

/* Has on disk what is written of the open segment, and in the same round what
 * else can be. What failed once is not trusted, whatever is said of it later.
 * @list: (nullable): the list, whose lines may be left from before
 *
 * Returns: whether the segment is; @error may be set although it is */
static gboolean
sync_segment (GstDvrStoreWriter * self, GstDvrStoreIndex * list,
    GError ** error)
{
  gchar *list_path = g_build_filename (self->directory, INDEX_NAME, NULL);
  GstDvrStoreSync syncs[GST_DVR_STORE_MAX_SYNCS];
  guint n_own = gather_syncs (self, syncs), n = n_own;
  const GstDvrStoreSync *failed;

  if (list && list->dirty)
    add_sync (syncs, &n, list_path, list->fd);
  gst_dvr_store_sync_all (syncs, n);
  failed = find_failed (syncs, n);
  if (failed)
    gst_dvr_store_set_error (error, "sync", failed->path, failed->code);
  if (n > n_own && syncs[n_own].code == 0)
    list->dirty = FALSE;
  if (find_failed (syncs, n_own)) {
    self->unsafe = TRUE;
    if (self->new_init)
      g_clear_pointer (&self->init, g_bytes_unref);
  } else {
    self->named = TRUE;
    self->new_names = FALSE;
    g_clear_pointer (&self->new_init, g_free);
  }
  g_free (list_path);

  return !self->unsafe;
}

static void
announce_part (GstDvrStoreWriter * self, const GstDvrPart * part)
{
  gst_dvr_timeline_add_part (self->timeline, part);
  gst_dvr_follow_poke (self->directory);
}

/* Announces the parts that were to be on disk first. A crash may leave them
 * hidden, which recovery mends, so that this need not be synced. */
static gboolean
announce_hidden (GstDvrStoreWriter * self, GError ** error)
{
  gboolean done = sync_segment (self, NULL, error);
  guint i;

  for (i = 0; done && i < self->hidden->len; i++) {
    GstDvrStoreHidden *hidden = &g_array_index (self->hidden,
        GstDvrStoreHidden, i);

    done = pwrite (self->fd, GST_DVR_PART_SEEN, 4, hidden->head +
        GST_DVR_PART_HEAD_TYPE) == 4;
    if (done) {
      announce_part (self, &hidden->part);
    } else {
      gst_dvr_store_set_error (error, "write", self->path, errno);
      self->unsafe = TRUE;
    }
  }
  g_array_set_size (self->hidden, 0);

  return done;
}

/**
 * gst_dvr_store_writer_end_part:
 * @self: a writer with a part begun
 * @duration: the part's duration, nanoseconds
 * @independent: whether it begins with a keyframe
 * @error: return location for an error; after NO_SPACE_LEFT the segment is as
 *   it was before the part, and the call can be repeated. Where it could not be
 *   synced the segment will be a gap
 *
 * Writes the part, and shows it to readers, once it is on disk where that is
 * asked for.
 *
 * Returns: whether it was written
 */
gboolean
gst_dvr_store_writer_end_part (GstDvrStoreWriter * self,
    GstClockTime duration, gboolean independent, GError ** error)
{
  guint8 heads[GST_DVR_SEGMENT_HEAD_MAX + GST_DVR_PART_HEAD_SIZE];
  gsize heads_size;
  GstDvrPart part;
  GstDvrStoreHidden hidden;
  GError *failure = NULL;

  if (self->chunks->len == 0)
    return TRUE;
  heads_size = write_heads (self, duration, independent, heads);
  if (!write_part (self, heads, heads_size, &failure)
      && !(gst_dvr_store_make_room (self, self->part_size, &failure)
          && write_part (self, heads, heads_size, &failure))) {
    g_propagate_error (error, failure);
    return FALSE;
  }
  part.offset = self->open.size;
  part.size = heads_size - GST_DVR_PART_HEAD_SIZE + self->part_size;
  part.duration = duration;
  part.independent = independent;
  gst_dvr_store_add_keyframe (&self->open, &self->keyframes, independent,
      self->open.size + heads_size, self->part_key);
  self->open.size += part.size;
  self->open.duration += duration;
  self->n_parts++;
  self->begun = TRUE;
  self->last = MAX (self->last, self->open.number);
  g_ptr_array_set_size (self->chunks, 0);
  if (self->config.fsync != GST_DVR_FSYNC_PART && self->hidden->len == 0) {
    announce_part (self, &part);
    return TRUE;
  }
  hidden.part = part;
  hidden.head = self->open.size - self->part_size;
  g_array_append_val (self->hidden, hidden);

  return self->hurried || announce_hidden (self, error);
}

static gboolean
list_closed (GstDvrStoreWriter * self, GError ** error)
{
  GError *failure = NULL;
  gboolean done = gst_dvr_store_index_close_segment (&self->index, &self->open,
      self->keyframes.frames, TRUE, &failure);

  gst_dvr_timeline_close_keyed (self->timeline, &self->open,
      self->keyframes.frames);
  if (!done && gst_dvr_store_make_room (self, 0, &failure))
    done = gst_dvr_store_index_flush (&self->index, &failure);
  self->n_untrimmed++;
  if (done && (!self->hurried || self->n_untrimmed >= MAX_UNTRIMMED)) {
    self->n_untrimmed = 0;
    done = gst_dvr_store_apply_limits (self, 0, &failure);
  }
  if (!done)
    g_propagate_error (error, failure);

  return done;
}

/**
 * gst_dvr_store_writer_close_segment:
 * @self: a writer with a segment open
 * @duration: its duration, nanoseconds; GST_CLOCK_TIME_NONE: that of its parts
 * @closed: (out) (optional): the entry as listed
 * @error: return location for an error. After NO_SPACE_LEFT the segment is
 *   closed; its lines follow with the next that can be written. What could not
 *   be synced is listed as a gap
 *
 * Lists the segment, durable first where that is asked for, and applies the
 * limits.
 *
 * Returns: whether it is listed
 */
gboolean
gst_dvr_store_writer_close_segment (GstDvrStoreWriter * self,
    GstClockTime duration, GstDvrEntry * closed, GError ** error)
{
  gboolean safe = TRUE, done;
  GError *failure = NULL;

  if (!self->has_open || self->n_parts == 0) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
        "No segment of %s with media is open", self->directory);
    return FALSE;
  }
  if (self->hidden->len > 0)
    safe = announce_hidden (self, &failure);
  if (self->config.fsync != GST_DVR_FSYNC_NONE && safe)
    safe = sync_segment (self, &self->index, &failure);
  gst_dvr_store_close_file (self);
  if (GST_CLOCK_TIME_IS_VALID (duration))
    self->open.duration = duration;
  if (!safe || self->unsafe)
    gst_dvr_store_make_gap (&self->open);
  self->has_open = FALSE;
  self->total += self->open.size;

  done = list_closed (self, failure ? NULL : &failure) && failure == NULL;
  gst_dvr_follow_poke (self->directory);
  if (closed)
    *closed = self->open;
  if (!done)
    g_propagate_error (error, failure);

  return done;
}

/**
 * gst_dvr_store_writer_add_gap:
 * @self: a writer with no segment open, or one without parts, which is given up
 * @start: stream time, nanoseconds
 * @duration: nanoseconds, at most the target duration
 * @wall_time: time of day, microseconds since 1970
 * @error: return location for an error
 *
 * Lists time without media, under a number that is never used again.
 *
 * Returns: whether it is listed; where nothing is recorded yet, there is
 *   nothing to miss, and nothing is listed
 */
gboolean
gst_dvr_store_writer_add_gap (GstDvrStoreWriter * self, GstClockTime start,
    GstClockTime duration, gint64 wall_time, GError ** error)
{
  GstDvrTimelineInfo info;
  GstDvrEntry entry;
  gboolean done;

  drop_empty (self);
  self->unsure = FALSE;
  gst_dvr_timeline_get_info (self->timeline, &info);
  if (info.next == info.first)
    return TRUE;

  set_entry (self, &entry, start, wall_time);
  entry.duration = duration;
  entry.gap = TRUE;
  /* before this run has media, a gap belongs to the run before */
  if (!self->begun) {
    GstDvrEntry before;

    gst_dvr_timeline_find (self->timeline, info.next - 1, &before);
    entry.recording = before.recording;
    entry.init = before.init;
  }
  done = gst_dvr_store_index_close_segment (&self->index, &entry, NULL, FALSE,
      error);
  gst_dvr_timeline_begin (self->timeline);
  gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_OPEN, 0);
  gst_dvr_timeline_close_segment (self->timeline, &entry);
  gst_dvr_timeline_commit (self->timeline);
  self->last = MAX (self->last, entry.number);
  gst_dvr_follow_poke (self->directory);

  return done;
}

/**
 * gst_dvr_store_writer_end:
 * @self: a writer
 * @error: return location for an error
 *
 * Ends the list, until a segment is opened or a gap added. An open segment is
 * closed with what it has, or given up if it has nothing.
 *
 * Returns: whether ENDLIST is written, or there is no list
 */
gboolean
gst_dvr_store_writer_end (GstDvrStoreWriter * self, GError ** error)
{
  GstDvrTimelineInfo info;

  if (self->has_open && self->n_parts > 0
      && !gst_dvr_store_writer_close_segment (self, self->open.duration, NULL,
          error))
    return FALSE;
  drop_empty (self);
  gst_dvr_timeline_get_info (self->timeline, &info);
  if (info.next == info.first)
    return TRUE;
  if (!gst_dvr_store_index_end (&self->index, error))
    return FALSE;
  gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_ENDED, 0);
  gst_dvr_follow_poke (self->directory);

  return TRUE;
}
