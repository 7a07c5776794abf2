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
typedef struct _GstDvrKeyEnd GstDvrKeyEnd;
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
 * @dts: decoding time of the first frame from there on, nanoseconds;
 *   GST_CLOCK_TIME_NONE where none follows
 * @sound: likewise of the sound beside pictures
 */
struct _GstDvrKeyChunk
{
  guint64 offset;
  GstClockTime dts;
  GstClockTime sound;
};

/**
 * GstDvrKeyEnd:
 * @frames: decoding time at which the last frame ends
 * @sound: likewise of the sound beside pictures; GST_CLOCK_TIME_NONE where there
 *   is none
 * @all: where all ends: a part may end while its last picture is shown, and then
 *   its sound ends first
 */
struct _GstDvrKeyEnd
{
  GstClockTime frames;
  GstClockTime sound;
  GstClockTime all;
};

/**
 * GstDvrKeys:
 * @keys: (element-type GstDvrKey): in decoding order
 * @chunks: (element-type GstDvrKeyChunk): in decoding order
 * @begin: decoding time of the first frame
 * @end: where it ends
 *
 * Of the video track; of the audio track where there is no other. Times of sound
 * beside pictures are what is decoded when they are heard.
 */
struct _GstDvrKeys
{
  GArray *keys;
  GArray *chunks;
  GstClockTime begin;
  GstDvrKeyEnd end;
};

GstDvrKeys * gst_dvr_keys_new  (GArray * tracks,
                                GstBuffer * segment);
void         gst_dvr_keys_free (GstDvrKeys * self);
GArray *     gst_dvr_keys_read_init (GstBuffer * init);

G_END_DECLS
