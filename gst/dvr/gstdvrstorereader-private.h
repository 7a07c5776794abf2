/* gstdvrstorereader-private.h: who follows a recording
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrstore-private.h"

G_BEGIN_DECLS

struct _GstDvrStoreReader
{
  gint refs;
  gchar *directory;
  GstDvrTimeline *timeline;
  GstDvrFollow *follow;
  gint absent;                  /* atomic: see set_absent() */

  /* the followers' thread */
  GstDvrPlaylistParser *parser;
  int index_fd;
  guint64 read_offset;
  gboolean broken;              /* a line of the list */
  guint taken;                  /* of the list's closed segments */
  int open_fd;
  gboolean open_listed;         /* the timeline has it open */
  GstDvrEntry open;
  GstDvrFileName open_name;
  guint64 parts_end;
  guint n_parts;

  GMutex lock;                  /* protects what is below */
  GPtrArray *fills;
  gboolean closed;
  GPtrArray *ahead;             /* chunks of the part that a writer is at */
  GstDvrFileName ahead_name;
  guint ahead_part;
  GPtrArray *ahead_samples;     /* the latest that a writer has shown */
};

/* gstdvrstorereader.c */
GstDvrStoreReader * gst_dvr_store_reader_ref (GstDvrStoreReader * self);
void gst_dvr_store_reader_unref     (GstDvrStoreReader * self);
/* gstdvrstorefill.c */
void gst_dvr_store_fill_free        (gpointer fill);
void gst_dvr_store_reader_schedule  (GstDvrStoreReader * self);
void gst_dvr_store_reader_show      (const GstDvrPreview * preview,
                                     gpointer reader);

G_END_DECLS
