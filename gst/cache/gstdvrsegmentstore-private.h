/* gstdvrsegmentstore-private.h: what the files of the segment store share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrdiskcache.h"
#include "gstdvrrelay.h"
#include "gstdvrsegmentstore.h"

G_BEGIN_DECLS

#define GST_DVR_STORE_MAX_ENTRIES (256 * 1024)

typedef struct _GstDvrStoreEntry GstDvrStoreEntry;

struct _GstDvrStoreUser
{
  gatomicrefcount refcount;
  GWeakRef owner;
  GstDvrStoreUserFuncs funcs;
  guint64 max_memory;           /* protected by the store's lock */
};

struct _GstDvrStoreEntry
{
  GstDvrSegment *segment;
  gulong watch;
  GstDvrStoreUser *fetcher;     /* who asked; NULL: the disk, or whole */
  GstDvrRelay *relay;           /* where the segment is filled by us */
  GstDvrPriority priority;
  guint refetches;
  gboolean whole;
  guint64 bytes;
  gint64 used;
  GSequenceIter *place;
  gboolean evicted;
};

struct _GstDvrSegmentStore
{
  GObject parent;

  gchar *id;
  GMutex lock;
  GCond answered;
  GHashTable *entries;          /* GstDvrSegmentId -> GstDvrStoreEntry */
  GHashTable *asks;             /* GstDvrSegmentId -> Ask */
  GSequence *segments;          /* GstDvrStoreEntry by time of last use, oldest first */
  GSequence *inits;
  GPtrArray *users;
  GstDvrDiskCache *disk;
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
GPtrArray *        gst_dvr_store_gone_new      (void);
GWeakRef *         gst_dvr_store_weak_ref_new  (gpointer object);
void               gst_dvr_store_weak_ref_free (gpointer data);
void               gst_dvr_store_user_free     (gpointer user);
void               gst_dvr_store_ask_unref     (gpointer data);
GstDvrStoreEntry * gst_dvr_store_find_locked   (GstDvrSegmentStore * self,
                                                const GstDvrSegmentId * id);
GstDvrStoreEntry * gst_dvr_store_find_segment_locked
                                               (GstDvrSegmentStore * self,
                                                GstDvrSegment * segment);
GstDvrStoreEntry * gst_dvr_store_insert_locked (GstDvrSegmentStore * self,
                                                GstDvrSegment * segment,
                                                GstDvrStoreUser * fetcher,
                                                GstDvrPriority priority);
void               gst_dvr_store_remove_locked (GstDvrSegmentStore * self,
                                                GstDvrStoreEntry * entry,
                                                GPtrArray * gone);
void               gst_dvr_store_watch         (GstDvrSegmentStore * self,
                                                GstDvrSegment * segment);
GstDvrSegment *    gst_dvr_store_insert_or_get (GstDvrSegmentStore * self,
                                                GstDvrSegment * segment,
                                                GstDvrStoreUser * fetcher,
                                                GstDvrPriority priority);
gint               gst_dvr_store_compare_used  (gconstpointer a,
                                                gconstpointer b,
                                                gpointer user_data);
gboolean           gst_dvr_store_is_in_use    (GstDvrStoreEntry * entry);
void               gst_dvr_store_make_room     (GstDvrSegmentStore * self,
                                                gboolean force);
void               gst_dvr_store_account_grown (GstDvrAccount * account,
                                                gpointer user_data);
void               gst_dvr_store_update_budget_locked
                                               (GstDvrSegmentStore * self);
void               gst_dvr_store_refetch       (GstDvrSegmentStore * self,
                                                GstDvrRelay * relay,
                                                GstDvrStoreUser * old,
                                                guint status,
                                                const gchar * reason);

G_END_DECLS
