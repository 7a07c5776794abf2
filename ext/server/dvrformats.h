/* dvrformats.h: what the media of a stream is made of
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrsegment.h>

#include "dvrplaylistcache.h"

G_BEGIN_DECLS

typedef struct _DvrFormats DvrFormats;

/**
 * DvrSummary:
 * @video: (element-type utf8): codecs of video, RFC 6381
 * @audio: (element-type utf8): codecs of audio
 * @width: the widest picture, pixels; 0 if unknown
 * @height: its height
 * @frame_rate: the highest, frames per 1000 seconds; 0 if unknown
 *
 * All formats of a window taken together.
 */
typedef struct
{
  GPtrArray *video;
  GPtrArray *audio;
  guint width;
  guint height;
  guint64 frame_rate;
} DvrSummary;

DvrFormats *   dvr_formats_new       (void);
void           dvr_formats_free      (DvrFormats * self);
gboolean       dvr_formats_learn     (DvrFormats * self,
                                      GstDvrSegment * segment);
gboolean       dvr_formats_summarise (DvrFormats * self,
                                      const gchar * recording,
                                      guint64 init, DvrSummary * summary);
DvrPlaylistRendering * dvr_formats_get_rendering (DvrFormats * self,
                                      guint64 version);
void           dvr_formats_set_rendering (DvrFormats * self,
                                      guint64 version,
                                      DvrPlaylistRendering * rendering);

G_END_DECLS
