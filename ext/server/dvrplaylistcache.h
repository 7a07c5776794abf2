/* dvrplaylistcache.h: a stream's playlists, rendered once per state
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrtimeline.h>

#include <microhttpd.h>

G_BEGIN_DECLS

typedef struct _DvrPlaylists DvrPlaylists;
typedef struct _DvrPlaylistRendering DvrPlaylistRendering;
typedef struct _DvrPlaylistConfig DvrPlaylistConfig;

/**
 * DvrPlaylistKind:
 * @DVR_PLAYLIST_WINDOW: media playlist of the last `window`
 * @DVR_PLAYLIST_ALL: media playlist of everything
 * @DVR_PLAYLIST_IFRAMES: I-frame playlist of the last `window`
 */
typedef enum
{
  DVR_PLAYLIST_WINDOW,
  DVR_PLAYLIST_ALL,
  DVR_PLAYLIST_IFRAMES,
  DVR_N_PLAYLISTS
} DvrPlaylistKind;

/**
 * DvrPlaylistConfig:
 * @window: in nanoseconds, 0 = everything
 * @low_latency: whether to list parts
 * @part_hold_back: in parts
 * @smart_seek: whether players may seek within their own buffer
 * @cors_origin: (nullable): what Access-Control-Allow-Origin says
 */
struct _DvrPlaylistConfig
{
  guint64 window;
  gboolean low_latency;
  guint part_hold_back;
  gboolean smart_seek;
  const gchar *cors_origin;
};

DvrPlaylists * dvr_playlists_new  (GstDvrTimeline * timeline);
void           dvr_playlists_free (DvrPlaylists * self);
DvrPlaylistRendering * dvr_playlists_get (DvrPlaylists * self,
                                   DvrPlaylistKind kind, gboolean delta,
                                   const DvrPlaylistConfig * config);

DvrPlaylistRendering *
         dvr_playlist_rendering_new_text (GString * text);
DvrPlaylistRendering *
         dvr_playlist_rendering_ref (DvrPlaylistRendering * self);
void     dvr_playlist_rendering_unref (DvrPlaylistRendering * self);
guint64  dvr_playlist_rendering_get_skipped_to (DvrPlaylistRendering * self);
struct MHD_Response *
         dvr_playlist_rendering_get_response (DvrPlaylistRendering * self,
                                   gboolean gzip, const gchar * cache_control,
                                   const gchar * cors_origin, gboolean stale);
gsize    dvr_playlist_rendering_get_size (DvrPlaylistRendering * self,
                                   gboolean gzip);

G_END_DECLS
