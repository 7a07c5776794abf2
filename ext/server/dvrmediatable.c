/* dvrmediatable.c: the media that is served, by the path it is asked for
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table is only an index: what the cache drops, or nobody asked for in a
 * while, leaves it, and what was not asked for the longest, where its segments
 * take too much memory: behind a cache they are the cache's own, but there may
 * be none.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrheld.h"
#include "dvrmedia.h"

#define N_SHARDS 16
#define MAX_PER_SHARD 2048
#define MAX_BYTES (G_GUINT64_CONSTANT (256) << 20)
/* Asking upstream again costs a look-up there; meanwhile memory is only held
 * by those whose job it is. */
#define IDLE_TIME (10 * G_USEC_PER_SEC)

typedef struct
{
  GMutex lock;
  GHashTable *media;
} Shard;

/* The key of a look-up is a path that ends where its length says. */
typedef struct
{
  const gchar *path;
  gsize length;
  guint hash;
} Key;

struct _DvrMediaTable
{
  Shard shards[N_SHARDS];
  DvrHeld *held;
  gint shrinking;               /* atomic */
};

static guint
hash_path (const gchar * path, gsize length)
{
  guint hash = 2166136261u;
  gsize i;

  for (i = 0; i < length; i++)
    hash = (hash ^ (guchar) path[i]) * 16777619u;
  return hash;
}

static guint
key_hash (gconstpointer key)
{
  return ((const Key *) key)->hash;
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const Key *one = a, *other = b;

  return one->length == other->length
      && memcmp (one->path, other->path, one->length) == 0;
}

static Key
make_key (const gchar * path, gsize length)
{
  return (Key) {
    .path = path,.length = length,.hash = hash_path (path, length)
  };
}

static Shard *
shard_of (DvrMediaTable * self, const Key * key)
{
  /* The table below uses the low bits. */
  return &self->shards[(key->hash >> 24) % N_SHARDS];
}

/**
 * dvr_media_table_new:
 *
 * Returns: (transfer full): an empty table
 */
DvrMediaTable *
dvr_media_table_new (void)
{
  DvrMediaTable *self = g_new0 (DvrMediaTable, 1);
  guint i;

  self->held = dvr_held_new ();
  for (i = 0; i < N_SHARDS; i++) {
    g_mutex_init (&self->shards[i].lock);
    self->shards[i].media = g_hash_table_new_full (key_hash, key_equal,
        g_free, NULL);
  }
  return self;
}

/* Takes one out; its reference is the caller's then. */
static gboolean
take_locked (Shard * shard, DvrMedia * media)
{
  Key key = make_key (media->path, strlen (media->path));

  if (g_hash_table_lookup (shard->media, &key) != media)
    return FALSE;
  g_hash_table_remove (shard->media, &key);
  return TRUE;
}

static void
let_go (DvrMediaTable * self, DvrMedia * media)
{
  dvr_held_remove (self->held, media->segment);
  gst_dvr_segment_remove_watch (media->segment, media->drop_watch);
  dvr_media_unref (media);
}

static void
segment_changed (GstDvrSegment * segment, gpointer user_data)
{
  DvrMedia *media = user_data;

  if (gst_dvr_segment_is_dropped (segment))
    dvr_media_table_remove (media->server->media, media);
}

/**
 * dvr_media_table_get:
 * @self: the table
 * @path: a request's path
 * @length: its length
 *
 * Returns: (transfer full) (nullable): what is served under @path
 */
DvrMedia *
dvr_media_table_get (DvrMediaTable * self, const gchar * path, gsize length)
{
  Key key = make_key (path, length);
  Shard *shard = shard_of (self, &key);
  DvrMedia *media;

  g_mutex_lock (&shard->lock);
  media = g_hash_table_lookup (shard->media, &key);
  if (media)
    dvr_media_ref (media);
  g_mutex_unlock (&shard->lock);
  return media;
}

/* The one that was not used for the longest time. */
static DvrMedia *
find_oldest (Shard * shard)
{
  DvrMedia *oldest = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, shard->media);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    DvrMedia *media = value;

    if (!oldest || dvr_get (media->last_used) < dvr_get (oldest->last_used))
      oldest = media;
  }
  return oldest;
}

static gint
compare_use (gconstpointer a, gconstpointer b)
{
  const DvrMedia *one = *(DvrMedia **) a, *other = *(DvrMedia **) b;

  return (one->sorted_by > other->sorted_by) -
      (one->sorted_by < other->sorted_by);
}

/* All that is in the table, least recently used first. */
static GPtrArray *
list_by_use (DvrMediaTable * self)
{
  GPtrArray *list =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dvr_media_unref);
  GHashTableIter iter;
  gpointer value;
  guint i;

  for (i = 0; i < N_SHARDS; i++) {
    g_mutex_lock (&self->shards[i].lock);
    g_hash_table_iter_init (&iter, self->shards[i].media);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
      DvrMedia *media = value;

      media->sorted_by = dvr_get (media->last_used);
      g_ptr_array_add (list, dvr_media_ref (media));
    }
    g_mutex_unlock (&self->shards[i].lock);
  }
  g_ptr_array_sort (list, compare_use);
  return list;
}

/* A good deal at once, so that it is seldom. By one thread at a time. */
static void
shrink (DvrMediaTable * self)
{
  GPtrArray *list;
  guint i;

  if (dvr_held_get_bytes (self->held) <= MAX_BYTES
      || !g_atomic_int_compare_and_exchange (&self->shrinking, FALSE, TRUE))
    return;
  list = list_by_use (self);
  for (i = 0; i + 1 < list->len
      && dvr_held_get_bytes (self->held) > MAX_BYTES / 8 * 7; i++)
    dvr_media_table_remove (self, g_ptr_array_index (list, i));
  g_ptr_array_unref (list);
  g_atomic_int_set (&self->shrinking, FALSE);
}

/**
 * dvr_media_table_insert:
 * @self: the table
 * @media: (transfer full): a piece of media
 *
 * Returns: (transfer full): @media, or what was there before it
 */
DvrMedia *
dvr_media_table_insert (DvrMediaTable * self, DvrMedia * media)
{
  Key key = make_key (media->path, strlen (media->path));
  Shard *shard = shard_of (self, &key);
  DvrMedia *present, *oldest = NULL;

  /* Whether there is a watch can only be told by who put it there, so it is
   * there before the media is in the table. */
  media->drop_watch = gst_dvr_segment_add_watch (media->segment,
      segment_changed, dvr_media_ref (media), (GDestroyNotify) dvr_media_unref);
  dvr_held_add (self->held, media->segment);

  g_mutex_lock (&shard->lock);
  present = g_hash_table_lookup (shard->media, &key);
  if (present) {
    dvr_media_ref (present);
  } else {
    if (g_hash_table_size (shard->media) >= MAX_PER_SHARD) {
      oldest = find_oldest (shard);
      take_locked (shard, oldest);
    }
    g_hash_table_insert (shard->media, g_memdup2 (&key, sizeof (key)),
        dvr_media_ref (media));
  }
  g_mutex_unlock (&shard->lock);

  if (oldest)
    let_go (self, oldest);
  if (present) {
    let_go (self, media);
    return present;
  }
  if (gst_dvr_segment_is_dropped (media->segment))
    dvr_media_table_remove (self, media);
  shrink (self);
  return media;
}

/**
 * dvr_media_table_remove:
 * @self: the table
 * @media: what is not to be served any more; who sends it goes on
 */
void
dvr_media_table_remove (DvrMediaTable * self, DvrMedia * media)
{
  Key key = make_key (media->path, strlen (media->path));
  Shard *shard = shard_of (self, &key);
  gboolean taken;

  g_mutex_lock (&shard->lock);
  taken = take_locked (shard, media);
  g_mutex_unlock (&shard->lock);
  if (taken)
    let_go (self, media);
}

/* Takes out all of @stream, or if that is NULL, what was idle since @before. */
static void
remove_matching (DvrMediaTable * self, DvrStream * stream, gint64 before)
{
  guint i, k;

  for (i = 0; i < N_SHARDS; i++) {
    Shard *shard = &self->shards[i];
    GPtrArray *removed = g_ptr_array_new ();
    GHashTableIter iter;
    gpointer value;

    g_mutex_lock (&shard->lock);
    g_hash_table_iter_init (&iter, shard->media);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
      DvrMedia *media = value;

      if (stream ? media->stream != stream :
          dvr_get (media->last_used) > before)
        continue;
      g_ptr_array_add (removed, media);
      g_hash_table_iter_remove (&iter);
    }
    g_mutex_unlock (&shard->lock);

    for (k = 0; k < removed->len; k++)
      let_go (self, g_ptr_array_index (removed, k));
    g_ptr_array_unref (removed);
  }
}

void
dvr_media_table_remove_stream (DvrMediaTable * self, DvrStream * stream)
{
  remove_matching (self, stream, 0);
}

/**
 * dvr_media_table_sweep:
 * @self: the table
 * @now: monotonic time
 *
 * Lets go what nobody asked for in a while.
 */
void
dvr_media_table_sweep (DvrMediaTable * self, gint64 now)
{
  remove_matching (self, NULL, now - IDLE_TIME);
  dvr_held_refresh (self->held);
  shrink (self);
}

/* Returns: bytes of the segments that the table holds */
guint64
dvr_media_table_get_bytes (DvrMediaTable * self)
{
  return dvr_held_get_bytes (self->held);
}

guint
dvr_media_table_size (DvrMediaTable * self)
{
  guint i, n = 0;

  for (i = 0; i < N_SHARDS; i++) {
    g_mutex_lock (&self->shards[i].lock);
    n += g_hash_table_size (self->shards[i].media);
    g_mutex_unlock (&self->shards[i].lock);
  }
  return n;
}

void
dvr_media_table_clear (DvrMediaTable * self)
{
  remove_matching (self, NULL, G_MAXINT64);
}

void
dvr_media_table_free (DvrMediaTable * self)
{
  guint i;

  for (i = 0; i < N_SHARDS; i++) {
    g_hash_table_unref (self->shards[i].media);
    g_mutex_clear (&self->shards[i].lock);
  }
  dvr_held_free (self->held);
  g_free (self);
}
