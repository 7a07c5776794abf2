/* gstdvrproxytable.c: what is being fetched, and what is to be pushed
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A segment stands here, held, from the moment it is asked for until it is
 * whole, so that all who ask meanwhile get the same one. From then on it is
 * only remembered, as long as somebody else holds it: keeping bytes is a
 * cache's job. One that failed is kept for a moment, so that not everybody who
 * asks causes another question upstream.
 *
 * A segment that grew queues for the pushing thread, once: what it gained in
 * the meantime is announced with it. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrproxytable.h"

#define MAX_QUEUED 4096
/* How long a failure answers for those who ask again. */
#define FAILURE_HOLD G_USEC_PER_SEC
#define MAX_FAILED 1024
/* Requests remembered per segment, to know when all are cancelled. */
#define MAX_REQUESTS 64

typedef struct
{
  GstDvrSegment *segment;
  gboolean held;                /* a reference of ours */
  gint64 failed_at;
  guint priority;               /* the highest asked with */
  GPtrArray *requests;          /* GstDvrRequest; NULL: there are others */
} Entry;

/* What a segment's watch knows. */
typedef struct
{
  GstDvrProxyTable *table;
  gulong watch;
  guint64 announced;
  gboolean queued;
} News;

typedef struct
{
  News *news;
  GstDvrSegment *segment;
} Queued;

struct _GstDvrProxyTable
{
  GMutex lock;
  GCond wake;
  gboolean started;
  gboolean flushing;
  gboolean woken;
  GHashTable *entries;          /* GstDvrSegmentId of the segment -> Entry */
  GQueue failed;                /* Entry, first failed first */
  GQueue events;                /* GstEvent */
  GQueue queue;                 /* Queued */
  GstDvrProxyTableStats stats;
};

GstDvrProxyTable *
gst_dvr_proxy_table_new (void)
{
  GstDvrProxyTable *self = g_atomic_rc_box_new0 (GstDvrProxyTable);

  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  self->entries = g_hash_table_new (gst_dvr_segment_id_hash,
      gst_dvr_segment_id_equal);
  self->flushing = TRUE;

  return self;
}

static GstDvrProxyTable *
table_ref (GstDvrProxyTable * self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
table_clear (gpointer data)
{
  GstDvrProxyTable *self = data;

  g_hash_table_unref (self->entries);
  g_queue_clear_full (&self->events, (GDestroyNotify) gst_event_unref);
  g_cond_clear (&self->wake);
  g_mutex_clear (&self->lock);
}

void
gst_dvr_proxy_table_unref (GstDvrProxyTable * self)
{
  g_atomic_rc_box_release_full (self, table_clear);
}

static void
news_clear (gpointer data)
{
  News *news = data;

  gst_dvr_proxy_table_unref (news->table);
}

static void
news_unref (gpointer news)
{
  g_atomic_rc_box_release_full (news, news_clear);
}

static void
queued_free (gpointer data)
{
  Queued *queued = data;

  news_unref (queued->news);
  gst_dvr_segment_unref (queued->segment);
  g_free (queued);
}

static Entry *
find_locked (GstDvrProxyTable * self, GstDvrSegment * segment)
{
  Entry *entry = g_hash_table_lookup (self->entries,
      gst_dvr_segment_get_id (segment));

  return entry && entry->segment == segment ? entry : NULL;
}

static void
entry_free (Entry * entry)
{
  g_clear_pointer (&entry->requests, g_ptr_array_unref);
  g_free (entry);
}

/* Takes the entry out of the table; the segment is the caller's to unref where
 * it was held. */
static GstDvrSegment *
remove_locked (GstDvrProxyTable * self, Entry * entry)
{
  GstDvrSegment *held = entry->held ? entry->segment : NULL;

  g_hash_table_remove (self->entries, gst_dvr_segment_get_id (entry->segment));
  if (entry->failed_at)
    g_queue_remove (&self->failed, entry);
  entry_free (entry);

  return held;
}

/* The last reference is gone; the segment is still readable here. */
static void
on_segment_gone (gpointer data, GstMiniObject * object)
{
  GstDvrProxyTable *self = data;
  Entry *entry;

  g_mutex_lock (&self->lock);
  entry = find_locked (self, (GstDvrSegment *) object);
  if (entry)
    remove_locked (self, entry);
  g_mutex_unlock (&self->lock);
  gst_dvr_proxy_table_unref (self);
}

/* Whether the segment is alive, and then it is referenced: another thread may
 * have dropped the last reference, and wait for our lock to say so. */
static gboolean
try_ref (GstDvrSegment * segment)
{
  gint *count = &GST_MINI_OBJECT_CAST (segment)->refcount;
  gint old;

  do {
    old = g_atomic_int_get (count);
    if (old == 0)
      return FALSE;
  } while (!g_atomic_int_compare_and_exchange (count, old, old + 1));

  return TRUE;
}

/* Returns: (transfer full) (nullable): a reference to drop without the lock */
static GstDvrSegment *
settle_locked (GstDvrProxyTable * self, GstDvrSegment * segment)
{
  Entry *entry = find_locked (self, segment);

  if (entry == NULL || !entry->held || entry->failed_at)
    return NULL;
  self->stats.in_flight--;
  g_clear_pointer (&entry->requests, g_ptr_array_unref);
  if (gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_WHOLE) {
    entry->held = FALSE;
    gst_mini_object_weak_ref (GST_MINI_OBJECT_CAST (segment), on_segment_gone,
        table_ref (self));
    return segment;
  }
  self->stats.failures++;
  entry->failed_at = g_get_monotonic_time ();
  g_queue_push_tail (&self->failed, entry);
  if (self->failed.length > MAX_FAILED)
    return remove_locked (self, g_queue_peek_head (&self->failed));

  return NULL;
}

static void
on_segment_changed (GstDvrSegment * segment, gpointer user_data)
{
  News *news = user_data;
  GstDvrProxyTable *self = news->table;
  GstDvrSegment *done = NULL;
  gboolean ended =
      gst_dvr_segment_get_state (segment) != GST_DVR_SEGMENT_FILLING;

  g_mutex_lock (&self->lock);
  if (self->started && !news->queued) {
    if (self->queue.length < MAX_QUEUED) {
      Queued *queued = g_new (Queued, 1);

      queued->news = g_atomic_rc_box_acquire (news);
      queued->segment = gst_dvr_segment_ref (segment);
      news->queued = TRUE;
      g_queue_push_tail (&self->queue, queued);
      g_cond_signal (&self->wake);
    } else {
      self->stats.dropped++;
    }
  }
  if (ended)
    done = settle_locked (self, segment);
  g_mutex_unlock (&self->lock);

  if (ended)
    gst_dvr_segment_remove_watch (segment, news->watch);
  if (done)
    gst_dvr_segment_unref (done);
}

/* Failures that have stood long enough. */
static GSList *
forget_failed_locked (GstDvrProxyTable * self)
{
  gint64 since = g_get_monotonic_time () - FAILURE_HOLD;
  GSList *gone = NULL;
  Entry *entry;

  while ((entry = g_queue_peek_head (&self->failed))
      && entry->failed_at <= since)
    gone = g_slist_prepend (gone, remove_locked (self, entry));

  return gone;
}

/* Somebody more waits for what is fetched. Returns: whether that makes it more
 * urgent */
static gboolean
join_locked (Entry * entry, GstDvrRequest * request)
{
  guint priority = request ? gst_dvr_request_get_priority (request) :
      GST_DVR_PRIORITY_VIEWER;

  if (request && entry->requests && entry->requests->len < MAX_REQUESTS)
    g_ptr_array_add (entry->requests, gst_dvr_request_ref (request));
  else
    g_clear_pointer (&entry->requests, g_ptr_array_unref);
  if (priority <= entry->priority)
    return FALSE;
  entry->priority = priority;

  return TRUE;
}

/* What holds all of a segment holds a range of it. */
static Entry *
find_id_locked (GstDvrProxyTable * self, const GstDvrSegmentId * id)
{
  GstDvrSegmentId whole = gst_dvr_segment_id_of_whole (id);
  Entry *entry;

  if (id->kind == GST_DVR_SEGMENT_RANGE) {
    entry = g_hash_table_lookup (self->entries, &whole);
    if (entry && !entry->failed_at)
      return entry;
  }
  return g_hash_table_lookup (self->entries, id);
}

static GstDvrSegment *
lookup_locked (GstDvrProxyTable * self, const GstDvrSegmentId * id,
    GstDvrRequest * request, GstDvrHow * how, gboolean * raised)
{
  Entry *entry = find_id_locked (self, id);

  if (entry == NULL)
    return NULL;
  if (entry->held) {
    self->stats.collapsed++;
    *how = GST_DVR_HOW_COLLAPSED;
    *raised = !entry->failed_at && join_locked (entry, request);
    return gst_dvr_segment_ref (entry->segment);
  }
  if (!gst_dvr_segment_is_dropped (entry->segment)
      && try_ref (entry->segment)) {
    self->stats.hits++;
    *how = GST_DVR_HOW_HIT;
    return entry->segment;
  }
  remove_locked (self, entry);
  if (id->kind == GST_DVR_SEGMENT_RANGE)
    return lookup_locked (self, id, request, how, raised);

  return NULL;
}

static GstDvrSegment *
add_locked (GstDvrProxyTable * self, const GstDvrSegmentId * id,
    GstDvrRequest * request)
{
  GstDvrSegment *segment = gst_dvr_segment_new (id);
  Entry *entry = g_new0 (Entry, 1);
  News *news = g_atomic_rc_box_new0 (News);

  news->table = table_ref (self);
  news->watch = gst_dvr_segment_add_watch (segment, on_segment_changed, news,
      news_unref);
  entry->segment = gst_dvr_segment_ref (segment);
  entry->held = TRUE;
  entry->requests = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_dvr_request_unref);
  join_locked (entry, request);
  g_hash_table_insert (self->entries,
      (gpointer) gst_dvr_segment_get_id (segment), entry);
  self->stats.fetches++;
  self->stats.in_flight++;

  return segment;
}

/**
 * gst_dvr_proxy_table_obtain:
 * @self: the table
 * @id: what is wanted
 * @request: (nullable): who wants it; NULL: the source itself
 * @how: (out): GST_DVR_HOW_MISS where the caller has to see that it is fetched
 * @raised: (out): whether a fetch under way became more urgent
 *
 * Returns: (transfer full) (nullable): the segment, the same for all who ask
 *   while it is fetched; NULL when the table is stopped
 */
GstDvrSegment *
gst_dvr_proxy_table_obtain (GstDvrProxyTable * self,
    const GstDvrSegmentId * id, GstDvrRequest * request, GstDvrHow * how,
    gboolean * raised)
{
  GstDvrSegment *segment = NULL;
  GSList *gone = NULL;

  *raised = FALSE;
  g_mutex_lock (&self->lock);
  if (self->started) {
    gone = forget_failed_locked (self);
    segment = lookup_locked (self, id, request, how, raised);
    if (segment == NULL) {
      segment = add_locked (self, id, request);
      *how = GST_DVR_HOW_MISS;
    }
  }
  g_mutex_unlock (&self->lock);
  g_slist_free_full (gone, (GDestroyNotify) gst_dvr_segment_unref);

  return segment;
}

static gboolean
are_all_cancelled (GPtrArray * requests)
{
  guint i;

  for (i = 0; i < requests->len; i++)
    if (!gst_dvr_request_is_cancelled (g_ptr_array_index (requests, i)))
      return FALSE;

  return TRUE;
}

/**
 * gst_dvr_proxy_table_abandon:
 * @self: the table
 * @segment: what is about to be fetched
 *
 * Returns: whether all who asked for it gave up: then it is in the table no
 *   longer, and the caller has to fail it
 */
gboolean
gst_dvr_proxy_table_abandon (GstDvrProxyTable * self, GstDvrSegment * segment)
{
  GstDvrSegment *held = NULL;
  Entry *entry;

  g_mutex_lock (&self->lock);
  entry = find_locked (self, segment);
  if (entry && entry->held && !entry->failed_at && entry->requests
      && are_all_cancelled (entry->requests)) {
    self->stats.in_flight--;
    self->stats.cancelled++;
    held = remove_locked (self, entry);
  }
  g_mutex_unlock (&self->lock);
  if (held == NULL)
    return FALSE;
  gst_dvr_segment_unref (held);

  return TRUE;
}

void
gst_dvr_proxy_table_start (GstDvrProxyTable * self)
{
  g_mutex_lock (&self->lock);
  self->started = TRUE;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_proxy_table_stop:
 * @self: the table
 *
 * Fails what is still being fetched (503); to be called when nobody fills it
 * any more.
 */
void
gst_dvr_proxy_table_stop (GstDvrProxyTable * self)
{
  GQueue queue = G_QUEUE_INIT;
  GSList *held = NULL, *l;
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&self->lock);
  self->started = FALSE;
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Entry *entry = value;

    if (entry->held)
      held = g_slist_prepend (held, entry->segment);
    g_hash_table_iter_remove (&iter);
    entry_free (entry);
  }
  g_queue_clear (&self->failed);
  self->stats.in_flight = 0;
  queue = self->queue;
  g_queue_init (&self->queue);
  g_mutex_unlock (&self->lock);

  for (l = held; l; l = l->next)
    gst_dvr_segment_fail (l->data, 503, "the source was stopped");
  g_slist_free_full (held, (GDestroyNotify) gst_dvr_segment_unref);
  g_queue_clear_full (&queue, queued_free);
}

void
gst_dvr_proxy_table_get_stats (GstDvrProxyTable * self,
    GstDvrProxyTableStats * stats)
{
  g_mutex_lock (&self->lock);
  *stats = self->stats;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_proxy_table_set_flushing:
 * @self: the table
 * @flushing: whether gst_dvr_proxy_table_pop() returns at once
 *
 * What waited for a pushing thread that ended is forgotten.
 */
void
gst_dvr_proxy_table_set_flushing (GstDvrProxyTable * self, gboolean flushing)
{
  GQueue events = G_QUEUE_INIT;

  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  if (flushing) {
    events = self->events;
    g_queue_init (&self->events);
  }
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
  g_queue_clear_full (&events, (GDestroyNotify) gst_event_unref);
}

/**
 * gst_dvr_proxy_table_add_event:
 * @self: the table
 * @event: (transfer full): goes before all that waits
 */
void
gst_dvr_proxy_table_add_event (GstDvrProxyTable * self, GstEvent * event)
{
  g_mutex_lock (&self->lock);
  if (!self->flushing) {
    g_queue_push_tail (&self->events, event);
    event = NULL;
    g_cond_signal (&self->wake);
  }
  g_mutex_unlock (&self->lock);
  if (event)
    gst_event_unref (event);
}

static Queued *
wait_locked (GstDvrProxyTable * self, gint64 until, GstEvent ** event)
{
  while (!self->flushing && !self->woken) {
    *event = g_queue_pop_head (&self->events);
    if (*event)
      return NULL;
    if (self->queue.length > 0)
      return g_queue_pop_head (&self->queue);
    if (!g_cond_wait_until (&self->wake, &self->lock, until))
      return NULL;
  }
  self->woken = FALSE;

  return NULL;
}

/**
 * gst_dvr_proxy_table_wake:
 * @self: the table
 *
 * Lets gst_dvr_proxy_table_pop() return, now or the next time.
 */
void
gst_dvr_proxy_table_wake (GstDvrProxyTable * self)
{
  g_mutex_lock (&self->lock);
  self->woken = TRUE;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_proxy_table_pop:
 * @self: the table
 * @until: monotonic time in microseconds
 *
 * Waits for something to push.
 *
 * Returns: (transfer full) (nullable): an event, or a buffer that announces
 *   what a segment gained; NULL when the time is over, woken, or flushing
 */
GstMiniObject *
gst_dvr_proxy_table_pop (GstDvrProxyTable * self, gint64 until)
{
  GstEvent *event = NULL;
  GstBuffer *buffer = NULL;
  guint64 offset = 0, size;
  Queued *queued;

  g_mutex_lock (&self->lock);
  queued = wait_locked (self, until, &event);
  if (queued) {
    queued->news->queued = FALSE;
    size = gst_dvr_segment_get_size (queued->segment);
    offset = queued->news->announced;
    queued->news->announced = size;
  }
  g_mutex_unlock (&self->lock);

  if (queued == NULL)
    return GST_MINI_OBJECT_CAST (event);
  buffer = gst_dvr_buffer_new_piece (queued->segment, offset, size - offset);
  queued_free (queued);

  return GST_MINI_OBJECT_CAST (buffer);
}
