/* gstdvrdiskcache.c: cached segments on disk
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* An index in memory of the files in a directory, least recently used first,
 * and one worker thread that reads and writes them: nobody else touches the
 * disk. Reading goes before writing, since somebody waits for it; what cannot
 * be written in time is not written. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <unistd.h>

#include "gstdvrdiskcache.h"
#include "gstdvrdiskfile.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_disk_cache_debug);
#define GST_CAT_DEFAULT gst_dvr_disk_cache_debug

#define MAX_READS 256
#define MAX_WRITES 64
#define MAX_WRITE_BYTES (64 * 1024 * 1024)
#define MAX_FILES (1024 * 1024)
/* How long stop() waits for a disk that hangs. */
#define STOP_TIMEOUT (2 * G_TIME_SPAN_SECOND)

typedef struct
{
  GstDvrSegmentId id;           /* strings are GRefString, owned */
  guint64 size;
  gint64 used;
  gint64 sum;
  GList link;
} File;

struct _GstDvrDiskCache
{
  gatomicrefcount refcount;
  gchar *directory;
  GWeakRef owner;
  GstDvrDiskCacheFuncs funcs;

  GMutex lock;                  /* protects down to @skipped */
  GCond wake;
  GThread *thread;
  gboolean running;
  gboolean stopping;
  gboolean ready;               /* claimed and scanned */
  GQueue reads;                 /* GstDvrSegment */
  GQueue writes;                /* GstDvrSegment, pinned */
  guint64 write_bytes;
  GHashTable *files;            /* GstDvrSegmentId -> File */
  GQueue segments;              /* File by last use, oldest first */
  GQueue inits;
  guint64 bytes;
  guint64 max_bytes;
  guint64 limit;                /* less than max_bytes on a full disk */
  guint64 evictions;
  guint64 broken;
  guint64 skipped;

  /* the worker's */
  gboolean complained;
  gboolean told_broken;
};

static GQueue *
queue_of (GstDvrDiskCache * self, File * file)
{
  return file->id.kind == GST_DVR_SEGMENT_INIT ? &self->inits : &self->segments;
}

static void
file_free (gpointer data)
{
  File *file = data;

  g_ref_string_release ((char *) file->id.stream);
  g_ref_string_release ((char *) file->id.recording);
  g_free (file);
}

/**
 * gst_dvr_disk_cache_new:
 * @directory: where; made when the worker starts
 * @max_bytes: how many bytes of files to keep
 * @owner: whom @funcs are called with; held weakly
 * @funcs: what is asked of the owner; copied
 *
 * Returns: (transfer full): a cache that is not started
 */
GstDvrDiskCache *
gst_dvr_disk_cache_new (const gchar * directory, guint64 max_bytes,
    GObject * owner, const GstDvrDiskCacheFuncs * funcs)
{
  static gsize once = 0;
  GstDvrDiskCache *self = g_new0 (GstDvrDiskCache, 1);

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (gst_dvr_disk_cache_debug, "dvrdiskcache", 0,
        "cached DVR segments on disk");
    g_once_init_leave (&once, 1);
  }
  g_atomic_ref_count_init (&self->refcount);
  self->directory = g_canonicalize_filename (directory, NULL);
  g_weak_ref_init (&self->owner, owner);
  self->funcs = *funcs;
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  self->files = g_hash_table_new_full (gst_dvr_segment_id_hash,
      gst_dvr_segment_id_equal, NULL, file_free);
  self->max_bytes = self->limit = max_bytes;
  return self;
}

GstDvrDiskCache *
gst_dvr_disk_cache_ref (GstDvrDiskCache * self)
{
  g_atomic_ref_count_inc (&self->refcount);
  return self;
}

void
gst_dvr_disk_cache_unref (GstDvrDiskCache * self)
{
  if (!g_atomic_ref_count_dec (&self->refcount))
    return;
  if (self->thread)
    g_thread_unref (self->thread);
  g_hash_table_unref (self->files);
  g_weak_ref_clear (&self->owner);
  g_cond_clear (&self->wake);
  g_mutex_clear (&self->lock);
  g_free (self->directory);
  g_free (self);
}

static void
post (GstDvrDiskCache * self, const gchar * code, const gchar * level,
    const gchar * description)
{
  GObject *owner = g_weak_ref_get (&self->owner);

  if (!owner)
    return;
  self->funcs.status (owner, code, level, description);
  g_object_unref (owner);
}

/* The index. */

static File *
add_file_locked (GstDvrDiskCache * self, const GstDvrSegmentId * id,
    guint64 size, gint64 used, gint64 sum)
{
  File *file = g_new0 (File, 1);

  file->id.kind = id->kind;
  file->id.stream = g_ref_string_new (id->stream);
  file->id.recording = g_ref_string_new (id->recording);
  file->id.number = id->number;
  file->size = size;
  file->used = used;
  file->sum = sum;
  file->link.data = file;
  g_hash_table_insert (self->files, &file->id, file);
  g_queue_push_tail_link (queue_of (self, file), &file->link);
  self->bytes += size;
  return file;
}

static void
remove_file_locked (GstDvrDiskCache * self, File * file)
{
  self->bytes -= file->size;
  g_queue_unlink (queue_of (self, file), &file->link);
  g_hash_table_remove (self->files, &file->id);
}

/* Deletes the oldest files until @more bytes fit. By the worker. */
static void
make_room (GstDvrDiskCache * self, guint64 more)
{
  g_mutex_lock (&self->lock);
  while (g_hash_table_size (self->files) > 0 &&
      (self->bytes + more > self->limit ||
          g_hash_table_size (self->files) >= MAX_FILES)) {
    GQueue *queue = self->segments.length ? &self->segments : &self->inits;
    File *file = queue->head->data;
    gchar *path = gst_dvr_disk_file_path (self->directory, &file->id);

    remove_file_locked (self, file);
    self->evictions++;
    g_mutex_unlock (&self->lock);
    gst_dvr_disk_file_remove (self->directory, path);
    g_free (path);
    g_mutex_lock (&self->lock);
  }
  g_mutex_unlock (&self->lock);
}

static gboolean
found_file (const GstDvrSegmentId * id, guint64 size, gint64 used,
    gpointer user_data)
{
  GstDvrDiskCache *self = user_data;
  gboolean go_on;

  g_mutex_lock (&self->lock);
  if (!g_hash_table_contains (self->files, id))
    add_file_locked (self, id, size, used, GST_DVR_DISK_FILE_UNSUMMED);
  go_on = !self->stopping && g_hash_table_size (self->files) < MAX_FILES;
  g_mutex_unlock (&self->lock);
  return go_on;
}

static gint
compare_files (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const File *x = a, *y = b;

  return (x->used > y->used) - (x->used < y->used);
}

/* Sorting moves the data of the links between them: put it right. */
static void
sort_files (GQueue * queue)
{
  GPtrArray *files = g_ptr_array_new ();
  GList *link;
  guint i;

  while ((link = g_queue_pop_head_link (queue)))
    g_ptr_array_add (files, link->data);
  g_ptr_array_sort_with_data (files, compare_files, NULL);
  for (i = 0; i < files->len; i++)
    g_queue_push_tail_link (queue,
        &((File *) g_ptr_array_index (files, i))->link);
  g_ptr_array_unref (files);
}

/* The worker. */

static void
give_up_read (GstDvrDiskCache * self, GstDvrSegment * segment)
{
  GObject *owner = g_weak_ref_get (&self->owner);

  if (owner) {
    self->funcs.broken (owner, segment);
    g_object_unref (owner);
  } else {
    gst_dvr_segment_fail (segment, 503, "the cache was closed");
  }
}

/* Its checksum, of a file that was written since the start. */
static gint64
get_sum (GstDvrDiskCache * self, const GstDvrSegmentId * id)
{
  gint64 sum = GST_DVR_DISK_FILE_UNSUMMED;
  File *file;

  g_mutex_lock (&self->lock);
  file = g_hash_table_lookup (self->files, id);
  if (file)
    sum = file->sum;
  g_mutex_unlock (&self->lock);
  return sum;
}

/* Where one file is broken others may be: that is said once. */
static void
tell_broken (GstDvrDiskCache * self, const gchar * path)
{
  gchar *text;

  if (self->told_broken) {
    GST_INFO ("%s is not what was written: deleted", path);
    return;
  }
  self->told_broken = TRUE;
  text = g_strdup_printf ("%s is not what was written; it is deleted and "
      "fetched again. Check the disk. More such files are counted in "
      "disk-broken only", path);
  GST_WARNING ("%s", text);
  post (self, "SegmentCache.Disk.Broken", "warning", text);
  g_free (text);
}

static void
read_segment (GstDvrDiskCache * self, GstDvrSegment * segment)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);
  guint64 size = gst_dvr_segment_get_total (segment);
  gchar *path = gst_dvr_disk_file_path (self->directory, id);
  GstBuffer *buffer;

  buffer = gst_dvr_disk_file_load (path, id->kind, size, get_sum (self, id));

  if (buffer) {
    gst_dvr_segment_append (segment, buffer);
    gst_dvr_segment_finish (segment);
  } else {
    File *file;

    tell_broken (self, path);
    gst_dvr_disk_file_remove (self->directory, path);
    g_mutex_lock (&self->lock);
    file = g_hash_table_lookup (self->files, id);
    if (file)
      remove_file_locked (self, file);
    self->broken++;
    g_mutex_unlock (&self->lock);
    give_up_read (self, segment);
  }
  g_free (path);
}

static void
complain (GstDvrDiskCache * self, int error, const gchar * path)
{
  gboolean full = error == ENOSPC || error == EDQUOT;
  gchar *text;

  if (self->complained)
    return;
  self->complained = TRUE;
  text = g_strdup_printf ("%s: %s; %s", path, g_strerror (error), full ?
      "less is kept on disk" : "it is kept in memory only");
  post (self, full ? "SegmentCache.Disk.Full" : "SegmentCache.Disk.Failed",
      "warning", text);
  g_free (text);
}

/* A full disk holds nine tenths of what is there; it grows back slowly. */
static void
shrink (GstDvrDiskCache * self)
{
  g_mutex_lock (&self->lock);
  self->limit = self->bytes / 10 * 9;
  g_mutex_unlock (&self->lock);
  make_room (self, 0);
}

static int
save (GstDvrDiskCache * self, const gchar * path, GstDvrSegment * segment,
    gint64 * sum)
{
  int error = gst_dvr_disk_file_save (path, segment, sum);

  if (error == ENOSPC || error == EDQUOT) {
    complain (self, error, path);
    shrink (self);
    error = gst_dvr_disk_file_save (path, segment, sum);
  }
  return error;
}

static void
write_segment (GstDvrDiskCache * self, GstDvrSegment * segment)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);
  guint64 size = gst_dvr_segment_get_size (segment);
  gchar *path = gst_dvr_disk_file_path (self->directory, id);
  gint64 sum = GST_DVR_DISK_FILE_UNSUMMED;
  int error;

  make_room (self, size);
  error = save (self, path, segment, &sum);
  g_mutex_lock (&self->lock);
  if (!error && !g_hash_table_contains (self->files, id))
    add_file_locked (self, id, size, 0, sum);
  if (!error && self->limit < self->max_bytes)
    self->limit = MIN (self->max_bytes, self->limit + size / 10);
  if (error)
    self->skipped++;
  g_mutex_unlock (&self->lock);
  if (error)
    complain (self, error, path);
  else if (self->complained) {
    self->complained = FALSE;
    post (self, "SegmentCache.Disk.Resumed", "status",
        "segments are written to disk again");
  }
  g_free (path);
}

/* Returns: (transfer full) (nullable): what to do next; NULL: stop */
static GstDvrSegment *
next_job (GstDvrDiskCache * self, gboolean * is_read)
{
  GstDvrSegment *segment = NULL;

  g_mutex_lock (&self->lock);
  while (!self->stopping && !self->reads.length && !self->writes.length)
    g_cond_wait (&self->wake, &self->lock);
  *is_read = self->reads.length > 0;
  if (self->stopping)
    segment = NULL;
  else if (*is_read)
    segment = g_queue_pop_head (&self->reads);
  else
    segment = g_queue_pop_head (&self->writes);
  g_mutex_unlock (&self->lock);
  return segment;
}

static void
end_write (GstDvrDiskCache * self, GstDvrSegment * segment)
{
  g_mutex_lock (&self->lock);
  self->write_bytes -= gst_dvr_segment_get_size (segment);
  g_mutex_unlock (&self->lock);
  gst_dvr_segment_unpin (segment);
}

static void
work (GstDvrDiskCache * self)
{
  GstDvrSegment *segment;
  gboolean is_read;

  while ((segment = next_job (self, &is_read))) {
    if (is_read) {
      read_segment (self, segment);
    } else {
      write_segment (self, segment);
      end_write (self, segment);
    }
    gst_dvr_segment_unref (segment);
  }
}

static void
drop_jobs (GstDvrDiskCache * self)
{
  GQueue reads, writes;
  GstDvrSegment *segment;

  g_mutex_lock (&self->lock);
  self->ready = FALSE;
  /* nobody would do what came after this, where the directory is unusable */
  self->stopping = TRUE;
  reads = self->reads;
  writes = self->writes;
  g_queue_init (&self->reads);
  g_queue_init (&self->writes);
  g_mutex_unlock (&self->lock);
  while ((segment = g_queue_pop_head (&reads))) {
    give_up_read (self, segment);
    gst_dvr_segment_unref (segment);
  }
  while ((segment = g_queue_pop_head (&writes))) {
    end_write (self, segment);
    gst_dvr_segment_unref (segment);
  }
}

static gpointer
worker (gpointer data)
{
  GstDvrDiskCache *self = data;
  GError *error = NULL;
  int claim = gst_dvr_disk_file_claim (self->directory, &error);

  if (claim >= 0) {
    gst_dvr_disk_file_scan (self->directory, found_file, self);
    g_mutex_lock (&self->lock);
    sort_files (&self->segments);
    sort_files (&self->inits);
    self->ready = !self->stopping;
    g_mutex_unlock (&self->lock);
    make_room (self, 0);
    work (self);
  } else {
    post (self, "SegmentCache.Disk.Failed", "warning", error->message);
    g_error_free (error);
  }
  drop_jobs (self);
  if (claim >= 0)
    close (claim);
  g_mutex_lock (&self->lock);
  self->running = FALSE;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
  gst_dvr_disk_cache_unref (self);
  return NULL;
}

/**
 * gst_dvr_disk_cache_start:
 * @self: a cache
 *
 * Starts the worker, which reads what is in the directory. An unusable
 * directory is told by a status, and nothing is found or written.
 */
void
gst_dvr_disk_cache_start (GstDvrDiskCache * self)
{
  GThread *thread;

  g_mutex_lock (&self->lock);
  self->running = TRUE;
  g_mutex_unlock (&self->lock);
  thread = g_thread_new ("dvr-disk", worker, gst_dvr_disk_cache_ref (self));
  g_mutex_lock (&self->lock);
  self->thread = thread;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_disk_cache_stop:
 * @self: a cache
 *
 * What was to be read is given back, what was to be written is not. Returns
 * when the worker has ended; a worker that hangs in the disk is left to end
 * when it can.
 */
void
gst_dvr_disk_cache_stop (GstDvrDiskCache * self)
{
  gint64 end = g_get_monotonic_time () + STOP_TIMEOUT;

  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_broadcast (&self->wake);
  while (self->running && self->thread != g_thread_self ())
    if (!g_cond_wait_until (&self->wake, &self->lock, end))
      break;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_disk_cache_raise:
 * @self: a cache
 * @directory: what another user wants
 * @max_bytes: how much it wants
 *
 * The largest wish counts. A second directory is not used, which is told.
 */
void
gst_dvr_disk_cache_raise (GstDvrDiskCache * self, const gchar * directory,
    guint64 max_bytes)
{
  gchar *canonical = g_canonicalize_filename (directory, NULL);

  g_mutex_lock (&self->lock);
  self->max_bytes = MAX (self->max_bytes, max_bytes);
  self->limit = self->max_bytes;
  g_mutex_unlock (&self->lock);
  if (!g_str_equal (canonical, self->directory)) {
    gchar *text = g_strdup_printf ("cache-dir %s is not used: those who share "
        "a cache-id share %s", canonical, self->directory);

    post (self, "SegmentCache.Disk.Ignored", "warning", text);
    g_free (text);
  }
  g_free (canonical);
}

/* Using it. */

/**
 * gst_dvr_disk_cache_find:
 * @self: a cache
 * @id: a name
 *
 * Returns: (transfer full) (nullable): a segment without bytes that
 *   gst_dvr_disk_cache_read() will fill, if there is a file
 */
GstDvrSegment *
gst_dvr_disk_cache_find (GstDvrDiskCache * self, const GstDvrSegmentId * id)
{
  GstDvrSegment *segment = NULL;
  File *file;

  g_mutex_lock (&self->lock);
  file = g_hash_table_lookup (self->files, id);
  if (file && self->ready && self->reads.length < MAX_READS) {
    segment = gst_dvr_segment_new (id);
    gst_dvr_segment_set_total (segment, file->size);
    g_queue_unlink (queue_of (self, file), &file->link);
    g_queue_push_tail_link (queue_of (self, file), &file->link);
  }
  g_mutex_unlock (&self->lock);
  return segment;
}

/**
 * gst_dvr_disk_cache_read:
 * @self: a cache
 * @segment: what gst_dvr_disk_cache_find() returned
 *
 * Has the worker fill @segment from its file.
 */
void
gst_dvr_disk_cache_read (GstDvrDiskCache * self, GstDvrSegment * segment)
{
  gboolean ready;

  g_mutex_lock (&self->lock);
  ready = self->ready && !self->stopping;
  if (ready) {
    g_queue_push_tail (&self->reads, gst_dvr_segment_ref (segment));
    g_cond_broadcast (&self->wake);
  }
  g_mutex_unlock (&self->lock);
  if (!ready)
    give_up_read (self, segment);
}

/**
 * gst_dvr_disk_cache_write:
 * @self: a cache
 * @segment: a whole segment
 *
 * Has the worker write @segment, if it is not there and the worker keeps up.
 */
void
gst_dvr_disk_cache_write (GstDvrDiskCache * self, GstDvrSegment * segment)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);
  guint64 size = gst_dvr_segment_get_size (segment);
  gchar *path = gst_dvr_disk_file_path (self->directory, id);

  if (!path || size == 0 || size > GST_DVR_DISK_FILE_MAX) {
    g_free (path);
    return;
  }
  g_free (path);

  g_mutex_lock (&self->lock);
  if (!self->running || self->stopping ||
      g_hash_table_contains (self->files, id) || size > self->max_bytes) {
    /* there, or nothing to be done */
  } else if (self->writes.length >= MAX_WRITES ||
      self->write_bytes + size > MAX_WRITE_BYTES) {
    self->skipped++;
  } else {
    gst_dvr_segment_pin (segment);
    self->write_bytes += size;
    g_queue_push_tail (&self->writes, gst_dvr_segment_ref (segment));
    g_cond_broadcast (&self->wake);
  }
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_disk_cache_get_stats:
 * @self: a cache
 * @stats: where to put the fields of the disk
 */
void
gst_dvr_disk_cache_get_stats (GstDvrDiskCache * self, GstDvrCacheStats * stats)
{
  g_mutex_lock (&self->lock);
  stats->disk_bytes = self->bytes;
  stats->disk_segments = g_hash_table_size (self->files);
  stats->disk_evictions = self->evictions;
  stats->disk_broken = self->broken;
  stats->disk_skipped = self->skipped;
  g_mutex_unlock (&self->lock);
}
