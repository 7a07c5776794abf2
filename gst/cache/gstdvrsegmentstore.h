/* gstdvrsegmentstore.h: the segments kept in memory, shared by elements
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrlink.h>

G_BEGIN_DECLS

#define GST_TYPE_DVR_SEGMENT_STORE (gst_dvr_segment_store_get_type ())
G_DECLARE_FINAL_TYPE (GstDvrSegmentStore, gst_dvr_segment_store, GST_DVR,
    SEGMENT_STORE, GObject)

typedef struct _GstDvrStoreUser GstDvrStoreUser;
typedef struct _GstDvrStoreUserFuncs GstDvrStoreUserFuncs;
typedef struct _GstDvrStoreStats GstDvrStoreStats;

/* What a store asks of its users; called with no lock held, from any thread,
 * with a reference to the owner. */
struct _GstDvrStoreUserFuncs
{
  /* sends @request upstream, without blocking */
  GstDvrAnswer (*ask)    (GObject * owner, GstDvrRequest * request);
  /* tells people */
  void         (*status) (GObject * owner, const gchar * code,
                          const gchar * level, const gchar * description);
};

/**
 * GstDvrStoreStats:
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
struct _GstDvrStoreStats
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

GstDvrSegmentStore *
         gst_dvr_segment_store_get       (const gchar * id);

GstDvrStoreUser *
         gst_dvr_segment_store_join      (GstDvrSegmentStore * self,
                                          GObject * owner,
                                          const GstDvrStoreUserFuncs * funcs,
                                          guint64 max_memory);
GstDvrStoreUser *
         gst_dvr_store_user_ref          (GstDvrStoreUser * user);
void     gst_dvr_store_user_unref        (GstDvrStoreUser * user);
void     gst_dvr_segment_store_leave     (GstDvrSegmentStore * self,
                                          GstDvrStoreUser * user);
void     gst_dvr_segment_store_set_max_memory
                                         (GstDvrSegmentStore * self,
                                          GstDvrStoreUser * user,
                                          guint64 max_memory);
void     gst_dvr_segment_store_set_disk  (GstDvrSegmentStore * self,
                                          const gchar * directory,
                                          guint64 max_disk);

GstDvrAnswer
         gst_dvr_segment_store_request   (GstDvrSegmentStore * self,
                                          GstDvrStoreUser * user,
                                          GstDvrRequest * request);
void     gst_dvr_segment_store_put       (GstDvrSegmentStore * self,
                                          GstDvrStoreUser * user,
                                          GstDvrSegment * segment);
gboolean gst_dvr_segment_store_contains  (GstDvrSegmentStore * self,
                                          const GstDvrSegmentId * id);
gboolean gst_dvr_segment_store_trim      (GstDvrSegmentStore * self);
void     gst_dvr_segment_store_get_stats (GstDvrSegmentStore * self,
                                          GstDvrStoreStats * stats);

G_END_DECLS
