/* gstdvrcache-private.h: what the files of the cache share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrdiskcache.h"
#include "gstdvrrelay.h"
#include "gstdvrcache.h"

G_BEGIN_DECLS

#define GST_DVR_CACHE_MAX_ENTRIES (256 * 1024)

typedef struct _GstDvrCacheEntry GstDvrCacheEntry;

struct _GstDvrCacheUser
{
  gatomicrefcount refcount;
  GWeakRef owner;
  GstDvrCacheUserFuncs funcs;
  guint64 max_memory;           /* protected by the cache's lock */
};

struct _GstDvrCacheEntry
{
  GstDvrSegment *segment;
  gulong watch;
  GstDvrCacheUser *fetcher;     /* who asked; NULL: the disk, or whole */
  GstDvrRelay *relay;           /* where the segment is filled by us */
  GstDvrRequest *asked;         /* of upstream; cancelled: it was given up */
  GstDvrPriority priority;
  guint refetches;
  gboolean whole;
  guint64 bytes;
  gint64 used;
  GSequenceIter *place;
  gboolean evicted;
};

struct _GstDvrCache
{
  GObject parent;

  gchar *id;

  GMutex lock;                  /* protects all below */
  GCond answered;               /* an ask has its answer */
  GHashTable *entries;          /* GstDvrSegmentId -> GstDvrCacheEntry */
  GHashTable *asks;             /* GstDvrSegmentId -> Ask */
  GSequence *segments;          /* GstDvrCacheEntry, the least recently used first */
  GSequence *inits;             /* likewise */
  GPtrArray *users;
  GstDvrDiskCache *disk;
  gboolean closing;             /* the disk, which the last user left */
  GCond closed;
  GstDvrAccount *account;       /* what others derived from our segments */
  guint64 max_bytes;
  guint64 bytes;
  guint64 init_bytes;
  guint64 evictions;
  guint64 reclaims;
  guint64 refetches;
  gint64 next_search;
};

/* The lock is held in those that say so. */
GPtrArray *        gst_dvr_cache_gone_new      (void);
GWeakRef *         gst_dvr_cache_weak_ref_new  (gpointer object);
void               gst_dvr_cache_weak_ref_free (gpointer data);
void               gst_dvr_cache_user_free     (gpointer user);
void               gst_dvr_cache_ask_unref     (gpointer data);
GstDvrCacheEntry * gst_dvr_cache_find_locked   (GstDvrCache * self,
                                                const GstDvrSegmentId * id);
GstDvrCacheEntry * gst_dvr_cache_find_segment_locked
                                               (GstDvrCache * self,
                                                GstDvrSegment * segment);
GstDvrCacheEntry * gst_dvr_cache_insert_locked (GstDvrCache * self,
                                                GstDvrSegment * segment,
                                                GstDvrCacheUser * fetcher,
                                                GstDvrPriority priority);
void               gst_dvr_cache_remove_locked (GstDvrCache * self,
                                                GstDvrCacheEntry * entry,
                                                GPtrArray * gone);
void               gst_dvr_cache_watch         (GstDvrCache * self,
                                                GstDvrSegment * segment);
GstDvrSegment *    gst_dvr_cache_insert_or_get (GstDvrCache * self,
                                                GstDvrSegment * segment,
                                                GstDvrCacheUser * fetcher,
                                                GstDvrPriority priority);
gint               gst_dvr_cache_compare_used  (gconstpointer a,
                                                gconstpointer b,
                                                gpointer user_data);
gboolean           gst_dvr_cache_is_given_up   (GstDvrCacheEntry * entry);
gboolean           gst_dvr_cache_is_in_use     (GstDvrCacheEntry * entry);
void               gst_dvr_cache_make_room     (GstDvrCache * self,
                                                gboolean force);
void               gst_dvr_cache_account_grown (GstDvrAccount * account,
                                                gpointer user_data);
void               gst_dvr_cache_update_budget_locked
                                               (GstDvrCache * self);
GstDvrDiskCache *  gst_dvr_cache_take_disk_locked
                                               (GstDvrCache * self);
void               gst_dvr_cache_close_disk    (GstDvrCache * self,
                                                GstDvrDiskCache * disk);
void               gst_dvr_cache_refetch       (GstDvrCache * self,
                                                GstDvrRelay * relay,
                                                GstDvrCacheUser * old,
                                                guint status,
                                                const gchar * reason);

G_END_DECLS
