/* gstdvrcache.h: the segments kept in memory, shared by elements
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrlink.h>

G_BEGIN_DECLS

#define GST_TYPE_DVR_CACHE (gst_dvr_cache_get_type ())
G_DECLARE_FINAL_TYPE (GstDvrCache, gst_dvr_cache, GST_DVR,
    CACHE, GObject)

typedef struct _GstDvrCacheUser GstDvrCacheUser;
typedef struct _GstDvrCacheUserFuncs GstDvrCacheUserFuncs;
typedef struct _GstDvrCacheStats GstDvrCacheStats;

/* What a cache asks of its users; called with no lock held, from any thread,
 * with a reference to the owner. */
struct _GstDvrCacheUserFuncs
{
  /* sends @request upstream, without blocking */
  GstDvrAnswer (*ask)    (GObject * owner, GstDvrRequest * request);
  /* tells people */
  void         (*status) (GObject * owner, const gchar * code,
                          const gchar * level, const gchar * description);
};

/**
 * GstDvrCacheStats:
 * @bytes: memory that the entries take
 * @derived_bytes: memory that others derived from them
 * @max_bytes: the budget of both
 * @pinned_bytes: of both, what is being sent or waited for
 * @segments: how many segments and init sections there are
 * @ranges: of these, how many are only a run of a segment's bytes
 * @filling: of these, how many are on their way
 * @evictions: how many were let go to stay within the budget
 * @reclaims: how often something derived was let go before them
 * @refetches: fetches taken over from a user that left or failed
 * @disk_bytes: what the files on disk take
 * @disk_segments: how many files there are
 * @disk_evictions: how many were deleted to stay within the budget
 * @disk_broken: how many were found unusable
 * @disk_skipped: how many were not written because the disk was behind
 */
struct _GstDvrCacheStats
{
  guint64 bytes;
  guint64 derived_bytes;
  guint64 max_bytes;
  guint64 pinned_bytes;
  guint64 segments;
  guint64 ranges;
  guint64 filling;
  guint64 evictions;
  guint64 reclaims;
  guint64 refetches;
  guint64 disk_bytes;
  guint64 disk_segments;
  guint64 disk_evictions;
  guint64 disk_broken;
  guint64 disk_skipped;
};

GstDvrCache *
         gst_dvr_cache_get       (const gchar * id);

GstDvrCacheUser *
         gst_dvr_cache_join      (GstDvrCache * self,
                                  GObject * owner,
                                  const GstDvrCacheUserFuncs * funcs,
                                  guint64 max_memory);
GstDvrCacheUser *
         gst_dvr_cache_user_ref  (GstDvrCacheUser * user);
void     gst_dvr_cache_user_unref (GstDvrCacheUser * user);
void     gst_dvr_cache_leave     (GstDvrCache * self,
                                  GstDvrCacheUser * user);
void     gst_dvr_cache_set_max_memory
                                 (GstDvrCache * self,
                                  GstDvrCacheUser * user,
                                  guint64 max_memory);
void     gst_dvr_cache_set_disk  (GstDvrCache * self,
                                  const gchar * directory,
                                  guint64 max_disk);

GstDvrAnswer
         gst_dvr_cache_request   (GstDvrCache * self,
                                  GstDvrCacheUser * user,
                                  GstDvrRequest * request);
void     gst_dvr_cache_give_up   (GstDvrCache * self,
                                  GstDvrSegment * segment);
void     gst_dvr_cache_put       (GstDvrCache * self,
                                  GstDvrCacheUser * user,
                                  GstDvrSegment * segment);
gboolean gst_dvr_cache_contains  (GstDvrCache * self,
                                  const GstDvrSegmentId * id);
gboolean gst_dvr_cache_trim      (GstDvrCache * self);
void     gst_dvr_cache_get_stats (GstDvrCache * self,
                                  GstDvrCacheStats * stats);

G_END_DECLS
