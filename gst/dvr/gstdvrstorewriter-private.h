/* gstdvrstorewriter-private.h: a writer's inside
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrstore-private.h"

G_BEGIN_DECLS

struct _GstDvrStoreWriter
{
  GstDvrStoreConfig config;
  gchar *stream;
  gchar *directory;
  int lock_fd;

  GstDvrTimeline *timeline;
  GstDvrStoreIndex index;
  GstDvrStoreTrash *trash;
  gboolean hurried;             /* what can wait shall */
  guint n_untrimmed;            /* segments since limits were applied */
  gboolean outdated;            /* the list still names what is removed */
  guint64 total;                /* bytes of all listed segments */
  guint64 last;                 /* highest number ever used */
  guint discontinuity;

  gchar recording[GST_DVR_RECORDING_ID_MAX + 1];
  gchar *recording_directory;
  gboolean new_names;           /* the stream's directory was not synced */
  GBytes *init;
  gchar *new_init;              /* its path, as long as it was not synced */
  guint n_inits;
  guint32 track;                /* of prft boxes */
  guint32 timescale;
  gboolean begun;               /* this run has written a segment */
  gboolean unsure;              /* the number before may have been in use */

  gboolean has_open;
  GstDvrEntry open;             /* duration and size: of its parts so far */
  GstDvrKeyframes keyframes;    /* of its parts so far */
  guint n_parts;
  gchar *path;
  int fd;
  gboolean named;               /* its name is on disk */
  GArray *hidden;               /* of GstDvrStoreHidden */
  gboolean unsafe;              /* some of it may not be on disk */
  gboolean discontinuous;       /* the list says so before it */
  guint64 dropped;              /* number given up before its first part */

  GPtrArray *chunks;            /* of the open part */
  guint64 part_size;
  guint32 part_key;
  gint64 part_wall;
};

/* A part that is in the file, and not announced. */
typedef struct
{
  GstDvrPart part;
  guint64 head;                 /* where its own begins */
} GstDvrStoreHidden;

/* gstdvrstorewriter.c */
gboolean gst_dvr_store_rewrite_index (GstDvrStoreWriter * self,
                                      GError ** error);
gboolean gst_dvr_store_apply_limits  (GstDvrStoreWriter * self,
                                      guint64 needed,
                                      GError ** error);
gboolean gst_dvr_store_make_room     (GstDvrStoreWriter * self,
                                      guint64 needed,
                                      GError ** error);
void     gst_dvr_store_close_file    (GstDvrStoreWriter * self);

G_END_DECLS
