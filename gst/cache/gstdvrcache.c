/* gstdvrcache.c: the segments kept in memory, shared by elements
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A table of segments by name, within a budget of bytes. An entry is there
 * from the moment of asking, so that one fetch answers all who ask; what fails
 * leaves at once. Entries are let go least recently used first. Serving a hit
 * elsewhere only writes the segment's time of last use: the order is put right
 * when something has to go. What others derived from segments, and charged to
 * the cache's account, counts, too, and goes before any of them.
 *
 * The lock is never held while a segment's watches, a user or the disk are
 * called: what is to be let go is gathered under the lock (Gone) and released
 * after it. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrcache-private.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_cache_debug);
#define GST_CAT_DEFAULT gst_dvr_cache_debug

/* What an entry costs beside its segment. */
#define ENTRY_COST 256

G_DEFINE_FINAL_TYPE (GstDvrCache, gst_dvr_cache, G_TYPE_OBJECT);

/* The caches of this process that have an id. */
static GMutex registry_lock;
static GHashTable *registry;    /* id -> GWeakRef; protected by registry_lock */

static void entry_changed (GstDvrSegment * segment, gpointer user_data);

void
gst_dvr_cache_user_unref (GstDvrCacheUser * user)
{
  if (!g_atomic_ref_count_dec (&user->refcount))
    return;
  g_weak_ref_clear (&user->owner);
  g_free (user);
}

GstDvrCacheUser *
gst_dvr_cache_user_ref (GstDvrCacheUser * user)
{
  g_atomic_ref_count_inc (&user->refcount);
  return user;
}

void
gst_dvr_cache_user_free (gpointer user)
{
  gst_dvr_cache_user_unref (user);
}

static void
entry_free (gpointer data)
{
  GstDvrCacheEntry *entry = data;

  /* A watch may run once more after it was removed: it looks the segment up
   * and finds that it left. */
  if (entry->watch)
    gst_dvr_segment_remove_watch (entry->segment, entry->watch);
  if (entry->evicted)
    gst_dvr_segment_drop (entry->segment);
  if (entry->relay)
    gst_dvr_relay_unref (entry->relay);
  if (entry->fetcher)
    gst_dvr_cache_user_free (entry->fetcher);
  if (entry->asked)
    gst_dvr_request_unref (entry->asked);
  gst_dvr_segment_unref (entry->segment);
  g_free (entry);
}

static void
gst_dvr_cache_init (GstDvrCache * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->answered);
  g_cond_init (&self->closed);
  self->account = gst_dvr_account_new (gst_dvr_cache_account_grown,
      gst_dvr_cache_weak_ref_new (self), gst_dvr_cache_weak_ref_free);
  self->entries = g_hash_table_new (gst_dvr_segment_id_hash,
      gst_dvr_segment_id_equal);
  self->asks = g_hash_table_new_full (gst_dvr_segment_id_hash,
      gst_dvr_segment_id_equal, NULL, gst_dvr_cache_ask_unref);
  self->segments = g_sequence_new (NULL);
  self->inits = g_sequence_new (NULL);
  self->users = g_ptr_array_new_with_free_func (gst_dvr_cache_user_free);
}

static void
gst_dvr_cache_finalize (GObject * object)
{
  GstDvrCache *self = GST_DVR_CACHE (object);
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry)) {
    g_hash_table_iter_steal (&iter);
    ((GstDvrCacheEntry *) entry)->evicted = TRUE;
    entry_free (entry);
  }
  g_hash_table_unref (self->entries);
  g_hash_table_unref (self->asks);
  g_sequence_free (self->segments);
  g_sequence_free (self->inits);
  g_ptr_array_unref (self->users);
  gst_dvr_account_unref (self->account);
  g_cond_clear (&self->closed);
  g_cond_clear (&self->answered);
  g_mutex_clear (&self->lock);
  g_free (self->id);
  G_OBJECT_CLASS (gst_dvr_cache_parent_class)->finalize (object);
}

static void
gst_dvr_cache_class_init (GstDvrCacheClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_dvr_cache_finalize;
  GST_DEBUG_CATEGORY_INIT (gst_dvr_cache_debug, "dvrcache", 0,
      "cached DVR segments");
}

void
gst_dvr_cache_weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

GWeakRef *
gst_dvr_cache_weak_ref_new (gpointer object)
{
  GWeakRef *ref = g_new0 (GWeakRef, 1);

  g_weak_ref_init (ref, object);
  return ref;
}

static gboolean
is_dead (gpointer id, gpointer ref, gpointer user_data)
{
  GObject *cache = g_weak_ref_get (ref);

  if (!cache)
    return TRUE;
  g_object_unref (cache);
  return FALSE;
}

/**
 * gst_dvr_cache_get:
 * @id: (nullable): a name that all who share the cache know
 *
 * Returns: (transfer full): the process's cache of that name, or a new one;
 *   without a name, one that nobody else gets
 */
GstDvrCache *
gst_dvr_cache_get (const gchar * id)
{
  GstDvrCache *self = NULL;
  GWeakRef *ref;

  if (!id)
    return g_object_new (GST_TYPE_DVR_CACHE, NULL);

  g_mutex_lock (&registry_lock);
  if (!registry)
    registry = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
        gst_dvr_cache_weak_ref_free);
  ref = g_hash_table_lookup (registry, id);
  if (ref)
    self = g_weak_ref_get (ref);
  if (!self) {
    g_hash_table_foreach_remove (registry, is_dead, NULL);
    self = g_object_new (GST_TYPE_DVR_CACHE, NULL);
    self->id = g_strdup (id);
    g_hash_table_replace (registry, g_strdup (id),
        gst_dvr_cache_weak_ref_new (self));
  }
  g_mutex_unlock (&registry_lock);
  return self;
}

static gboolean
is_init (GstDvrCacheEntry * entry)
{
  return gst_dvr_segment_get_id (entry->segment)->kind == GST_DVR_SEGMENT_INIT;
}

static gboolean
is_range (GstDvrCacheEntry * entry)
{
  return gst_dvr_segment_get_id (entry->segment)->kind == GST_DVR_SEGMENT_RANGE;
}

static void
account_locked (GstDvrCache * self, GstDvrCacheEntry * entry, guint64 bytes)
{
  self->bytes = self->bytes - entry->bytes + bytes;
  if (is_init (entry))
    self->init_bytes = self->init_bytes - entry->bytes + bytes;
  entry->bytes = bytes;
}

GPtrArray *
gst_dvr_cache_gone_new (void)
{
  return g_ptr_array_new_with_free_func (entry_free);
}

/* The entry is freed, and whoever watches told, when @gone is. */
void
gst_dvr_cache_remove_locked (GstDvrCache * self,
    GstDvrCacheEntry * entry, GPtrArray * gone)
{
  account_locked (self, entry, 0);
  g_hash_table_remove (self->entries, gst_dvr_segment_get_id (entry->segment));
  g_sequence_remove (entry->place);
  g_ptr_array_add (gone, entry);
}

/* Entries. */

GstDvrCacheEntry *
gst_dvr_cache_find_locked (GstDvrCache * self, const GstDvrSegmentId * id)
{
  return g_hash_table_lookup (self->entries, id);
}

GstDvrCacheEntry *
gst_dvr_cache_find_segment_locked (GstDvrCache * self, GstDvrSegment * segment)
{
  GstDvrCacheEntry *entry =
      gst_dvr_cache_find_locked (self, gst_dvr_segment_get_id (segment));

  return entry && entry->segment == segment ? entry : NULL;
}

GstDvrCacheEntry *
gst_dvr_cache_insert_locked (GstDvrCache * self, GstDvrSegment * segment,
    GstDvrCacheUser * fetcher, GstDvrPriority priority)
{
  GstDvrCacheEntry *entry = g_new0 (GstDvrCacheEntry, 1);

  entry->segment = gst_dvr_segment_ref (segment);
  entry->fetcher = fetcher ? gst_dvr_cache_user_ref (fetcher) : NULL;
  entry->priority = priority;
  gst_dvr_segment_set_account (segment, self->account);
  gst_dvr_segment_touch (segment);
  entry->used = gst_dvr_segment_get_last_used (segment);
  entry->place = g_sequence_insert_sorted (is_init (entry) ? self->inits :
      self->segments, entry, gst_dvr_cache_compare_used, NULL);
  g_hash_table_insert (self->entries,
      (gpointer) gst_dvr_segment_get_id (segment), entry);
  account_locked (self, entry, ENTRY_COST);
  return entry;
}

/* Puts right what is known of @segment; whole ones go to the disk, too, but not
 * ranges: there, only what is a segment may lie. */
static void
update (GstDvrCache * self, GstDvrSegment * segment)
{
  GstDvrSegmentState state = gst_dvr_segment_get_state (segment);
  GPtrArray *gone = gst_dvr_cache_gone_new ();
  GstDvrDiskCache *disk = NULL;
  GstDvrCacheEntry *entry;

  g_mutex_lock (&self->lock);
  entry = gst_dvr_cache_find_segment_locked (self, segment);
  if (entry) {
    account_locked (self, entry,
        ENTRY_COST + gst_dvr_segment_get_memory_size (segment));
    if (state == GST_DVR_SEGMENT_WHOLE && !entry->whole) {
      entry->whole = TRUE;
      g_clear_pointer (&entry->fetcher, gst_dvr_cache_user_free);
      if (self->disk && !is_range (entry))
        disk = gst_dvr_disk_cache_ref (self->disk);
    }
    if (state == GST_DVR_SEGMENT_FAILED)
      gst_dvr_cache_remove_locked (self, entry, gone);
  }
  g_mutex_unlock (&self->lock);
  g_ptr_array_unref (gone);
  if (entry)
    gst_dvr_cache_make_room (self, FALSE);
  if (disk) {
    gst_dvr_disk_cache_write (disk, segment);
    gst_dvr_disk_cache_unref (disk);
  }
}

static void
entry_changed (GstDvrSegment * segment, gpointer user_data)
{
  GstDvrCache *self = g_weak_ref_get (user_data);

  if (!self)
    return;
  update (self, segment);
  g_object_unref (self);
}

/* To be called once for each new entry, without the lock. */
void
gst_dvr_cache_watch (GstDvrCache * self, GstDvrSegment * segment)
{
  gulong id = gst_dvr_segment_add_watch (segment, entry_changed,
      gst_dvr_cache_weak_ref_new (self), gst_dvr_cache_weak_ref_free);
  GstDvrCacheEntry *entry;

  g_mutex_lock (&self->lock);
  entry = gst_dvr_cache_find_segment_locked (self, segment);
  if (entry && !entry->watch) {
    entry->watch = id;
    id = 0;
  }
  g_mutex_unlock (&self->lock);
  if (id)
    gst_dvr_segment_remove_watch (segment, id);
  update (self, segment);
}

/* Whether its fetch may end before it is whole. */
gboolean
gst_dvr_cache_is_given_up (GstDvrCacheEntry * entry)
{
  return !entry->whole && entry->asked &&
      gst_dvr_request_is_cancelled (entry->asked);
}

/* Returns: (transfer full): what the cache keeps under the name of @segment:
 * what was there, or else @segment. */
GstDvrSegment *
gst_dvr_cache_insert_or_get (GstDvrCache * self, GstDvrSegment * segment,
    GstDvrCacheUser * fetcher, GstDvrPriority priority)
{
  GstDvrSegment *kept = segment;
  gboolean added = FALSE;
  GstDvrCacheEntry *entry;
  GPtrArray *gone;

  if (gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_FAILED)
    return gst_dvr_segment_ref (segment);
  gone = gst_dvr_cache_gone_new ();
  g_mutex_lock (&self->lock);
  entry = gst_dvr_cache_find_locked (self, gst_dvr_segment_get_id (segment));
  if (entry && (gst_dvr_segment_get_state (entry->segment) ==
          GST_DVR_SEGMENT_FAILED || (entry->segment != segment &&
              gst_dvr_cache_is_given_up (entry)))) {
    /* just now: its watch is still to be called */
    gst_dvr_cache_remove_locked (self, entry, gone);
    entry = NULL;
  }
  if (entry) {
    kept = entry->segment;
    entry->priority = MAX (entry->priority, priority);
  } else if (g_hash_table_size (self->entries) <= GST_DVR_CACHE_MAX_ENTRIES) {
    gst_dvr_cache_insert_locked (self, segment, fetcher, priority);
    added = TRUE;
  }
  gst_dvr_segment_ref (kept);
  g_mutex_unlock (&self->lock);
  g_ptr_array_unref (gone);
  if (added)
    gst_dvr_cache_watch (self, segment);
  return kept;
}

/* Users. */

/**
 * gst_dvr_cache_join:
 * @self: a cache
 * @owner: who joins; held weakly
 * @funcs: what the cache may ask of it; copied
 * @max_memory: bytes; the largest that any user asks for is the budget
 *
 * Returns: (transfer full): to be given back with
 *   gst_dvr_cache_leave()
 */
GstDvrCacheUser *
gst_dvr_cache_join (GstDvrCache * self, GObject * owner,
    const GstDvrCacheUserFuncs * funcs, guint64 max_memory)
{
  GstDvrCacheUser *user = g_new0 (GstDvrCacheUser, 1);

  g_atomic_ref_count_init (&user->refcount);
  g_weak_ref_init (&user->owner, owner);
  user->funcs = *funcs;
  user->max_memory = max_memory;
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->users, gst_dvr_cache_user_ref (user));
  gst_dvr_cache_update_budget_locked (self);
  g_mutex_unlock (&self->lock);
  return user;
}

/* Gathers what @user fetches, and forgets it where nobody else waits. */
static GPtrArray *
take_fetches_locked (GstDvrCache * self, GstDvrCacheUser * user,
    GPtrArray * gone)
{
  GPtrArray *relays =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_dvr_relay_unref);
  GPtrArray *mine = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;
  guint i;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((GstDvrCacheEntry *) value)->fetcher == user)
      g_ptr_array_add (mine, value);
  for (i = 0; i < mine->len; i++) {
    GstDvrCacheEntry *entry = g_ptr_array_index (mine, i);

    if (entry->relay)
      g_ptr_array_add (relays, gst_dvr_relay_ref (entry->relay));
    else
      gst_dvr_cache_remove_locked (self, entry, gone);
  }
  g_ptr_array_unref (mine);
  return relays;
}

/**
 * gst_dvr_cache_leave:
 * @self: a cache
 * @user: (transfer full): who leaves
 *
 * What @user was fetching and others wait for is asked anew by one of them,
 * and goes on at the byte it has reached. Where nobody is left, the directory
 * on disk is free for others on return.
 */
void
gst_dvr_cache_leave (GstDvrCache * self, GstDvrCacheUser * user)
{
  GPtrArray *gone = gst_dvr_cache_gone_new (), *relays;
  GstDvrDiskCache *disk = NULL;
  gboolean last;
  guint i;

  g_mutex_lock (&self->lock);
  g_ptr_array_remove (self->users, user);
  relays = take_fetches_locked (self, user, gone);
  last = self->users->len == 0;
  if (last)
    disk = gst_dvr_cache_take_disk_locked (self);
  else
    gst_dvr_cache_update_budget_locked (self);
  g_mutex_unlock (&self->lock);
  g_ptr_array_unref (gone);
  if (!last)
    gst_dvr_cache_make_room (self, TRUE);
  for (i = 0; i < relays->len; i++) {
    GstDvrRelay *relay = g_ptr_array_index (relays, i);

    gst_dvr_relay_set_source (relay, NULL);
    gst_dvr_cache_refetch (self, relay, user, 503,
        "the fetching element was stopped");
  }
  g_ptr_array_unref (relays);
  if (disk)
    gst_dvr_cache_close_disk (self, disk);
  gst_dvr_cache_user_free (user);
}

/**
 * gst_dvr_cache_put:
 * @self: a cache
 * @user: whose upstream it came from
 * @segment: what passed by
 *
 * Keeps it, unless something of its name is kept already.
 */
void
gst_dvr_cache_put (GstDvrCache * self, GstDvrCacheUser * user,
    GstDvrSegment * segment)
{
  gst_dvr_segment_unref (gst_dvr_cache_insert_or_get (self, segment, user,
          GST_DVR_PRIORITY_PREFETCH));
}

/**
 * gst_dvr_cache_contains:
 * @self: a cache
 * @id: a name
 *
 * Returns: whether it is there, or on its way
 */
gboolean
gst_dvr_cache_contains (GstDvrCache * self, const GstDvrSegmentId * id)
{
  gboolean ret;

  g_mutex_lock (&self->lock);
  ret = gst_dvr_cache_find_locked (self, id) != NULL;
  g_mutex_unlock (&self->lock);
  return ret;
}

/**
 * gst_dvr_cache_get_stats:
 * @self: a cache
 * @stats: (out): where to put them
 */
void
gst_dvr_cache_get_stats (GstDvrCache * self, GstDvrCacheStats * stats)
{
  GstDvrDiskCache *disk;
  GHashTableIter iter;
  gpointer value;

  memset (stats, 0, sizeof (*stats));
  g_mutex_lock (&self->lock);
  stats->bytes = self->bytes;
  stats->derived_bytes = gst_dvr_account_get_bytes (self->account);
  stats->pinned_bytes = gst_dvr_account_get_pinned_bytes (self->account);
  stats->max_bytes = self->max_bytes;
  stats->segments = g_hash_table_size (self->entries);
  stats->evictions = self->evictions;
  stats->reclaims = self->reclaims;
  stats->refetches = self->refetches;
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    GstDvrCacheEntry *entry = value;

    if (!entry->whole)
      stats->filling++;
    if (is_range (entry))
      stats->ranges++;
    if (gst_dvr_cache_is_in_use (entry))
      stats->pinned_bytes += entry->bytes;
  }
  disk = self->disk ? gst_dvr_disk_cache_ref (self->disk) : NULL;
  g_mutex_unlock (&self->lock);
  if (disk) {
    gst_dvr_disk_cache_get_stats (disk, stats);
    gst_dvr_disk_cache_unref (disk);
  }
}
