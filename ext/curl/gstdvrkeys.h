/* gstdvrkeys.h: the keyframes of a segment, to be known again
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_DVR_KEY_NOWHERE G_MAXUINT64

typedef struct _GstDvrKey GstDvrKey;
typedef struct _GstDvrKeyChunk GstDvrKeyChunk;
typedef struct _GstDvrKeys GstDvrKeys;

/**
 * GstDvrKey:
 * @offset: first byte of the chunk that begins with it, the boxes between the
 *   chunk before and its moof included; GST_DVR_KEY_NOWHERE where no chunk does
 * @dts: decoding time, nanoseconds
 * @digest: SHA-1 of its payload
 */
struct _GstDvrKey
{
  guint64 offset;
  GstClockTime dts;
  guint8 digest[20];
};

/**
 * GstDvrKeyChunk:
 * @offset: its first byte, see #GstDvrKey
 * @dts: decoding time of its first frame, nanoseconds
 */
struct _GstDvrKeyChunk
{
  guint64 offset;
  GstClockTime dts;
};

/**
 * GstDvrKeys:
 * @keys: (element-type GstDvrKey): in decoding order
 * @chunks: (element-type GstDvrKeyChunk): in decoding order
 * @begin: decoding time of the first frame
 * @end: decoding time at which the last one ends
 *
 * Of the video track; of the audio track where there is no other.
 */
struct _GstDvrKeys
{
  GArray *keys;
  GArray *chunks;
  GstClockTime begin;
  GstClockTime end;
};

GstDvrKeys * gst_dvr_keys_new  (GArray * tracks,
                                GstBuffer * segment);
void         gst_dvr_keys_free (GstDvrKeys * self);
GArray *     gst_dvr_keys_read_init (GstBuffer * init);

G_END_DECLS
