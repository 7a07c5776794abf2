/* gstdvrtimeline-private.h: a timeline inside
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrtimeline.h"
#include "gstdvrwatch.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 number;
  GArray *parts;
  const gchar *alias;           /* (nullable): recording, of `recordings` */
} GstDvrPartList;

struct _GstDvrTimeline
{
  GstMiniObject mini_object;

  gchar *stream;

  GMutex lock;                  /* protects all below */
  guint batch;
  gboolean dirty;
  guint64 version;
  GstDvrTimelineState state;
  guint status;
  gboolean stale;
  GstClockTime reach;
  gboolean no_smart_seek;
  GstClockTime target_duration;
  GstClockTime part_duration;

  GArray *entries;              /* the first `head` of them are removed */
  guint head;
  GArray *keyframes;            /* GstDvrKeyframe: of all entries those beyond
                                 * the first one */
  guint32 keyframes_base;       /* how many there were before these */
  guint64 first;
  gboolean removed;
  gboolean has_open;
  GstDvrEntry open;
  GQueue part_lists;            /* GstDvrPartList by number, the open one last */
  GHashTable *recordings;       /* GRefString set */

  GstDvrWatchList watches;
  gchar *path;                  /* (nullable): of who asks, the longest lately */
  guint path_length;
  gint64 path_noted_at;
  guint users;
  gint64 unused_since;
};

/* All with the lock held. */

static inline guint
gst_dvr_timeline_n_entries (GstDvrTimeline * self)
{
  return self->entries->len - self->head;
}

static inline GstDvrEntry *
gst_dvr_timeline_entry (GstDvrTimeline * self, guint index)
{
  return &g_array_index (self->entries, GstDvrEntry, self->head + index);
}

static inline guint64
gst_dvr_timeline_next (GstDvrTimeline * self)
{
  return self->first + gst_dvr_timeline_n_entries (self);
}

/* gstdvrtimelineread.c */
GstDvrPartList * gst_dvr_timeline_find_parts (GstDvrTimeline * self,
                                              guint64 number);

G_END_DECLS
