/* dvrplaylistrendering.h: one state of a playlist, as HTTP answers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrplaylistblock.h"
#include "dvrplaylistcache.h"

G_BEGIN_DECLS

/**
 * DvrPlaylistRendering:
 * @version: of the timeline it was made from
 * @config: what it was made for; its strings are not kept
 * @skipped_to: of a delta update the first number it lists
 * @blocks: (element-type DvrBlock): its text
 *
 * Constant once it is handed out, but for the responses.
 */
struct _DvrPlaylistRendering
{
  gint refs;
  guint64 version;
  DvrPlaylistConfig config;
  guint64 skipped_to;
  GPtrArray *blocks;

  /*< private >*/
  GMutex lock;
  struct MHD_Response *plain;
  struct MHD_Response *gzip;
  gsize plain_size;
  gsize gzip_size;
};

DvrPlaylistRendering * dvr_playlist_rendering_new (void);

G_END_DECLS
