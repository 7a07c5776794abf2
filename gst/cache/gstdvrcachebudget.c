/* gstdvrcachebudget.c: how the cache keeps within its budget
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What others derived from segments goes first, which takes calling them, then
 * segments, then init sections; each least recently used first, and never what
 * is in use. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrcache-private.h"

/* Init sections outlive their segments within these bounds. */
#define MAX_INITS 4096
#define INIT_SHARE 16
/* So many entries in use are looked through at once; beyond, less often. */
#define LONG_SEARCH 256
#define SEARCH_INTERVAL (10 * G_TIME_SPAN_MILLISECOND)

gint
gst_dvr_cache_compare_used (gconstpointer a, gconstpointer b,
    gpointer user_data)
{
  const GstDvrCacheEntry *x = a, *y = b;

  return (x->used > y->used) - (x->used < y->used);
}

static void
evict_entry_locked (GstDvrCache * self, GstDvrCacheEntry * entry,
    GPtrArray * gone)
{
  entry->evicted = TRUE;
  self->evictions++;
  gst_dvr_cache_remove_locked (self, entry, gone);
}

/* Returns: by how many bytes the budget is exceeded */
static guint64
get_excess_locked (GstDvrCache * self)
{
  guint64 bytes = self->bytes + gst_dvr_account_get_bytes (self->account);

  return bytes > self->max_bytes ? bytes - self->max_bytes : 0;
}

static gboolean
is_over_locked (GstDvrCache * self)
{
  return get_excess_locked (self) > 0 ||
      g_hash_table_size (self->entries) > GST_DVR_CACHE_MAX_ENTRIES;
}

static gboolean
inits_over_locked (GstDvrCache * self)
{
  return is_over_locked (self) ||
      self->init_bytes > self->max_bytes / INIT_SHARE ||
      g_sequence_get_length (self->inits) > MAX_INITS;
}

/* Somebody sends it now, or waits for it. */
gboolean
gst_dvr_cache_is_in_use (GstDvrCacheEntry * entry)
{
  return gst_dvr_segment_is_pinned (entry->segment) ||
      (!entry->whole && entry->priority > GST_DVR_PRIORITY_PREFETCH);
}

/* Lets entries go, oldest use first, while @over says so. */
static void
evict_from_locked (GstDvrCache * self, GSequence * entries,
    gboolean (*over) (GstDvrCache *), GPtrArray * gone)
{
  GSequenceIter *iter = g_sequence_get_begin_iter (entries), *next;
  gint steps = 2 * g_sequence_get_length (entries);

  for (; steps > 0 && !g_sequence_iter_is_end (iter) && over (self);
      iter = next, steps--) {
    GstDvrCacheEntry *entry = g_sequence_get (iter);
    gboolean in_use = gst_dvr_cache_is_in_use (entry);
    gint64 used;

    next = g_sequence_iter_next (iter);
    if (in_use)
      gst_dvr_segment_touch (entry->segment);
    used = gst_dvr_segment_get_last_used (entry->segment);
    if (used > entry->used) {
      /* it was used since it was put here: put it where it belongs */
      entry->used = used;
      g_sequence_sort_changed (iter, gst_dvr_cache_compare_used, NULL);
      if (g_sequence_iter_next (iter) != next)
        continue;
    }
    if (!in_use)
      evict_entry_locked (self, entry, gone);
  }
}

static void
evict_locked (GstDvrCache * self, GPtrArray * gone, gboolean force)
{
  gint64 now;

  if (inits_over_locked (self) && !is_over_locked (self))
    evict_from_locked (self, self->inits, inits_over_locked, gone);
  if (!is_over_locked (self))
    return;
  now = g_get_monotonic_time ();
  if (!force && now < self->next_search)
    return;
  evict_from_locked (self, self->segments, is_over_locked, gone);
  evict_from_locked (self, self->inits, is_over_locked, gone);
  /* All in use: do not look through them all for every few bytes. */
  if (is_over_locked (self) && g_hash_table_size (self->entries) > LONG_SEARCH)
    self->next_search = now + SEARCH_INTERVAL;
}

/* Sees to it that the budget is kept. To be called without the lock. */
void
gst_dvr_cache_make_room (GstDvrCache * self, gboolean force)
{
  GPtrArray *gone = gst_dvr_cache_gone_new ();
  guint64 excess;
  guint n = 0;

  g_mutex_lock (&self->lock);
  excess = get_excess_locked (self);
  g_mutex_unlock (&self->lock);
  if (excess > 0)
    n = gst_dvr_account_reclaim (self->account, excess);
  g_mutex_lock (&self->lock);
  self->reclaims += n;
  evict_locked (self, gone, force);
  g_mutex_unlock (&self->lock);
  g_ptr_array_unref (gone);
}

void
gst_dvr_cache_account_grown (GstDvrAccount * account, gpointer user_data)
{
  GstDvrCache *self = g_weak_ref_get (user_data);

  if (!self)
    return;
  gst_dvr_cache_make_room (self, FALSE);
  g_object_unref (self);
}

void
gst_dvr_cache_update_budget_locked (GstDvrCache * self)
{
  guint i;

  self->max_bytes = 0;
  for (i = 0; i < self->users->len; i++) {
    GstDvrCacheUser *user = g_ptr_array_index (self->users, i);

    self->max_bytes = MAX (self->max_bytes, user->max_memory);
  }
}

/**
 * gst_dvr_cache_set_max_memory:
 * @self: a cache
 * @user: whose wish it is
 * @max_memory: bytes
 */
void
gst_dvr_cache_set_max_memory (GstDvrCache * self,
    GstDvrCacheUser * user, guint64 max_memory)
{
  g_mutex_lock (&self->lock);
  user->max_memory = max_memory;
  gst_dvr_cache_update_budget_locked (self);
  g_mutex_unlock (&self->lock);
  gst_dvr_cache_make_room (self, TRUE);
}

/**
 * gst_dvr_cache_trim:
 * @self: a cache
 *
 * Lets go what is over the budget, for instance after something was unpinned.
 *
 * Returns: whether the cache is over its budget still: all of it is in use
 */
gboolean
gst_dvr_cache_trim (GstDvrCache * self)
{
  gboolean over;

  gst_dvr_cache_make_room (self, TRUE);
  g_mutex_lock (&self->lock);
  over = is_over_locked (self);
  g_mutex_unlock (&self->lock);
  return over;
}
