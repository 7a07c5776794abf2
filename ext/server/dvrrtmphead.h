/* dvrrtmphead.h: what a viewer is told before the media of a segment
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "fmp4/fmp4.h"
#include "rtmp/rtmpblock.h"
#include "rtmp/rtmpcommand.h"

G_BEGIN_DECLS

/**
 * DvrRtmpKinds:
 *
 * Which messages a rendering holds; players may do without some.
 */
typedef enum
{
  DVR_RTMP_AUDIO = 1 << GST_RTMP_BLOCK_AUDIO,
  DVR_RTMP_VIDEO = 1 << GST_RTMP_BLOCK_VIDEO
} DvrRtmpKinds;

#define DVR_RTMP_ALL (DVR_RTMP_AUDIO | DVR_RTMP_VIDEO)

/**
 * DvrRtmpHead:
 * @metadata: body of onMetaData
 * @video: (nullable): body of the sequence header
 * @audio: (nullable): likewise
 * @has_video: whether there are pictures
 * @has_audio: whether there is sound
 * @fourccs: the codecs that it takes Enhanced RTMP to play; 0: any player can
 *
 * What a viewer is told before the media of a segment.
 */
typedef struct
{
  GstBuffer *metadata;
  GstBuffer *video;
  GstBuffer *audio;
  gboolean has_video;
  gboolean has_audio;
  guint32 fourccs[GST_RTMP_BLOCK_N_KINDS];
} DvrRtmpHead;

guint dvr_rtmp_kind_of    (const GstFmp4Track * track);
void  dvr_rtmp_head_fill  (DvrRtmpHead * self, GArray * tracks, guint kinds);
void  dvr_rtmp_head_clear (DvrRtmpHead * self);
guint dvr_rtmp_head_get_kinds (const DvrRtmpHead * self);
guint dvr_rtmp_head_get_playable (const DvrRtmpHead * self,
                           const GstRtmpConnect * connect);

G_END_DECLS
