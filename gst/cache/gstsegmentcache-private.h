/* gstsegmentcache-private.h: what the files of segmentcache share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrlink.h>

#include "gstsegmentcache.h"
#include "gstdvrplayhead.h"
#include "gstdvrcache.h"
#include "gstdvrtimelinetable.h"

G_BEGIN_DECLS

/* Announcements beyond this are dropped, which loses nothing. */
#define MAX_PIECES 256
/* Events beyond this make upstream wait. */
#define MAX_ITEMS 1024
#define MAX_PREFETCH_JOBS 256
/* Timelines remembered for when upstream is gone. */
#define MAX_TIMELINES 1024
/* Beside max-memory they take this part of it. */
#define TIMELINES_SHARE 8
/* How soon what was unpinned over the budget is let go. */
#define TRIM_INTERVAL (100 * G_TIME_SPAN_MILLISECOND)

typedef enum
{
  MODE_UNDECIDED,
  MODE_EXCHANGE,
  MODE_STREAM,
  MODE_FAILED,
} Mode;

typedef struct
{
  guint64 hits;
  guint64 misses;
  guint64 collapsed;
  guint64 disk_hits;
  guint64 refused;
  guint64 prefetches;
  guint64 pieces_dropped;
} Counts;

struct _GstSegmentCache
{
  GstElement parent;

  GstPad *sinkpad;
  GstPad *srcpad;

  GstDvrTimelineTable *timelines;

  GMutex lock;                  /* protects all below */
  GCond wake;
  guint64 max_memory;
  gchar *cache_dir;
  guint64 max_disk;
  gchar *cache_id;
  guint prefetch;
  gint64 start;
  GstDateTime *start_date_time;
  gboolean in_buffer_seek;
  gboolean tell_upstream;
  guint64 buffer_time;
  guint64 back_buffer_time;

  gboolean started;
  GstDvrCache *cache;
  GstDvrCacheUser *user;
  Mode mode;
  GstDvrPlayhead *playhead;     /* in stream mode */
  gboolean have_caps;
  gboolean look_at_peer;
  gboolean flushing;
  GstFlowReturn flow;
  GQueue items;                 /* GstEvent, GstBuffer: to be pushed */
  guint n_pieces;
  GQueue prefetches;            /* GstDvrRequest that may be followed */
  gboolean over;                /* the cache was over its budget */
  Counts counts;
};

/* gstsegmentcacherequests.c */
gboolean gst_segment_cache_use_cache  (GstSegmentCache * self,
                                       GstDvrCache ** cache,
                                       GstDvrCacheUser ** user);
void     gst_segment_cache_unuse_cache (GstDvrCache * cache,
                                       GstDvrCacheUser * user);
void     gst_segment_cache_answer     (GstSegmentCache * self,
                                       GstDvrRequest * request);
void     gst_segment_cache_prefetch_after
                                      (GstSegmentCache * self,
                                       GstDvrRequest * request,
                                       guint n);

/* gstsegmentcachetask.c */
void     gst_segment_cache_get_settings_locked
                                      (GstSegmentCache * self,
                                       GstDvrPlayheadSettings * settings);
void     gst_segment_cache_clear_items_locked
                                      (GstSegmentCache * self,
                                       gboolean all);
GstDvrPlayhead *
         gst_segment_cache_get_playhead (GstSegmentCache * self);
void     gst_segment_cache_loop       (gpointer data);
void     gst_segment_cache_set_flushing (GstSegmentCache * self,
                                       gboolean flushing);

/* gstsegmentcachepads.c */
void     gst_segment_cache_install_pads (GstElementClass * klass);
void     gst_segment_cache_add_pads   (GstSegmentCache * self);

G_END_DECLS
