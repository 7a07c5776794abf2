/* gstdvrkeyframes.h: where the keyframes of a segment are
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include <gst/dvr/dvr-prelude.h>

G_BEGIN_DECLS

/* How many keyframes of a segment are told. Of more, some are left out. */
#define GST_DVR_MAX_KEYFRAMES 32

typedef struct _GstDvrKeyframe GstDvrKeyframe;
typedef struct _GstDvrKeyframes GstDvrKeyframes;

/**
 * GstDvrKeyframe:
 * @time: when it is shown, milliseconds after the segment's start
 * @offset: where its chunk begins in the segment
 * @size: bytes from there to its end
 *
 * A keyframe that is the first thing in the mdat of a chunk, so that those bytes
 * are all it takes to show it.
 */
struct _GstDvrKeyframe
{
  guint32 time;
  guint32 offset;
  guint32 size;
};

/**
 * GstDvrKeyframes:
 * @n: how many
 * @frames: @n of them, in order
 * @spacing: milliseconds; nearer to each other they are not kept
 *
 * The keyframes of a segment.
 */
struct _GstDvrKeyframes
{
  guint n;
  GstDvrKeyframe frames[GST_DVR_MAX_KEYFRAMES];
  guint32 spacing;
};

GST_DVR_API void gst_dvr_keyframes_add (GstDvrKeyframes * self,
                                        GstClockTime time,
                                        guint64 offset,
                                        guint64 size);

G_END_DECLS
