/* gstdvrdiskcache.h: cached segments on disk
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrcache.h"

G_BEGIN_DECLS

typedef struct _GstDvrDiskCache GstDvrDiskCache;
typedef struct _GstDvrDiskCacheFuncs GstDvrDiskCacheFuncs;

/* Called by the worker with no lock held and a reference to the owner. */
struct _GstDvrDiskCacheFuncs
{
  /* the file was unusable and is deleted: @segment is to be filled, or failed,
   * by the owner */
  void (*broken) (GObject * owner, GstDvrSegment * segment);
  void (*status) (GObject * owner, const gchar * code, const gchar * level,
                  const gchar * description);
};

GstDvrDiskCache *
         gst_dvr_disk_cache_new       (const gchar * directory,
                                       guint64 max_bytes,
                                       GObject * owner,
                                       const GstDvrDiskCacheFuncs * funcs);
GstDvrDiskCache *
         gst_dvr_disk_cache_ref       (GstDvrDiskCache * self);
void     gst_dvr_disk_cache_unref     (GstDvrDiskCache * self);
void     gst_dvr_disk_cache_start     (GstDvrDiskCache * self);
void     gst_dvr_disk_cache_stop      (GstDvrDiskCache * self);
void     gst_dvr_disk_cache_raise     (GstDvrDiskCache * self,
                                       const gchar * directory,
                                       guint64 max_bytes);

GstDvrSegment *
         gst_dvr_disk_cache_find      (GstDvrDiskCache * self,
                                       const GstDvrSegmentId * id);
void     gst_dvr_disk_cache_read      (GstDvrDiskCache * self,
                                       GstDvrSegment * segment);
void     gst_dvr_disk_cache_write     (GstDvrDiskCache * self,
                                       GstDvrSegment * segment);
void     gst_dvr_disk_cache_get_stats (GstDvrDiskCache * self,
                                       GstDvrCacheStats * stats);

G_END_DECLS
