/* gstdvrhttplook.h: what another origin has of a stream, looked into
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstdvrhttpupstream.h"
#include "gstdvrkeys.h"

G_BEGIN_DECLS

typedef struct _GstDvrHttpLook GstDvrHttpLook;
typedef void (*GstDvrHttpLookFunc) (gpointer user_data);

/**
 * GstDvrHttpLook:
 * @number: upstream's number of the segment that was looked into
 * @n_parts: how many parts there were of it; 0: it was closed
 * @keys: (nullable): what is in it; NULL: nothing that could be read
 * @ends: (element-type guint64): where each of its parts ends, bytes
 * @size: bytes of it
 * @for_init: its init section was fetched, and nothing of it yet
 *
 * Of the HTTP client's thread.
 */
struct _GstDvrHttpLook
{
  guint64 number;
  guint n_parts;
  GstDvrKeys *keys;
  GArray *ends;
  guint64 size;
  gboolean for_init;

  /*< private > */
  GstDvrHttpFollow *follow;
  GstDvrHttpLookFunc done;
  gpointer user_data;
  const GstDvrHttpSource *source;
  GstDvrPlaylistMap *map;       /* that the tracks are of */
  GArray *tracks;               /* (nullable) */
  GQueue pieces;
  guint pending;
};

GstDvrHttpLook *gst_dvr_http_look_new   (GstDvrHttpFollow * follow,
                                         GstDvrHttpLookFunc done,
                                         gpointer user_data);
void            gst_dvr_http_look_free  (GstDvrHttpLook * self);
gboolean        gst_dvr_http_look_start (GstDvrHttpLook * self,
                                         const GstDvrPlaylist * playlist,
                                         const GstDvrPlaylistSegment * s);

G_END_DECLS
