/* Fragmented MP4: samples to init section and chunks, and back.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A sample is a GstBuffer with DTS, PTS, DURATION and the DELTA_UNIT flag; a
 * configuration is GstCaps. Chunks are what qtdemux plays without an edit
 * list and browsers without a surprise: tfdt in every traf holds the real
 * decoding time on one absolute timeline, composition offsets are never
 * negative, offsets count from the moof.
 */
#pragma once

#include <gst/gst.h>

#include "fmp4box.h"
#include "fmp4codec.h"

G_BEGIN_DECLS

/* More than this many tracks in one file are refused. */
#define GST_FMP4_MAX_TRACKS 32

#define GST_FMP4_ERROR (gst_fmp4_error_quark ())
GQuark gst_fmp4_error_quark (void);

typedef enum {
  GST_FMP4_ERROR_UNSUPPORTED,   /* a codec that has no place here */
  GST_FMP4_ERROR_CONFIG,        /* caps without what the codec needs */
  GST_FMP4_ERROR_TIMING,        /* samples whose times cannot be written */
  GST_FMP4_ERROR_INVALID,       /* bytes that are not fragmented MP4 */
  GST_FMP4_ERROR_TRUNCATED,     /* bytes that end too early */
} GstFmp4Error;

/**
 * GstFmp4Track:
 * @id: track id, from 1
 * @codec: which codec @caps name
 * @timescale: ticks per second
 * @caps: fixed caps
 * @dts_lowering: nanoseconds taken off every DTS when writing, so that no
 *   PTS is before its DTS; constant for a track. PTS are never changed
 * @default_duration: trex default of a track that was read, in ticks
 * @default_size: likewise, bytes
 * @default_flags: likewise, sample flags
 */
typedef struct {
  guint32 id;
  GstFmp4Codec codec;
  guint32 timescale;
  GstCaps *caps;
  GstClockTime dts_lowering;
  guint32 default_duration;
  guint32 default_size;
  guint32 default_flags;
} GstFmp4Track;

/**
 * GstFmp4Run: the samples of one track in a chunk.
 * @track: the track
 * @samples: (array length=n_samples): in decoding order
 * @n_samples: at least 1
 */
typedef struct {
  const GstFmp4Track *track;
  GstBuffer **samples;
  guint n_samples;
} GstFmp4Run;

/**
 * GstFmp4ChunkInfo:
 * @moof_size: bytes; the mdat follows
 * @first_end: where the chunk's first sample ends, counted from the chunk's
 *   begin: moof to here is what an I-frame range holds
 * @first_is_keyframe: whether that sample is a keyframe of a video track
 */
typedef struct {
  gsize moof_size;
  gsize first_end;
  gboolean first_is_keyframe;
} GstFmp4ChunkInfo;

/**
 * GstFmp4SampleFunc:
 * @track: the track it belongs to
 * @sample: (transfer full): a part of the chunk's own memory
 * @user_data: given with the function
 */
typedef void (*GstFmp4SampleFunc) (const GstFmp4Track * track,
    GstBuffer * sample, gpointer user_data);

gboolean gst_fmp4_track_init (GstFmp4Track * track, guint32 id, GstCaps * caps,
    guint32 timescale, GError ** error);
void gst_fmp4_track_clear (GstFmp4Track * track);
gboolean gst_fmp4_track_is_video (const GstFmp4Track * track);
gboolean gst_fmp4_track_get_size (const GstFmp4Track * track, guint * width,
    guint * height);
gboolean gst_fmp4_track_get_rate (const GstFmp4Track * track, guint * n,
    guint * d);
GstClockTime gst_fmp4_dts_lowering (GstBuffer ** samples, guint n_samples);
guint64 gst_fmp4_time_to_ticks (GstClockTime time, guint32 timescale);
GstClockTime gst_fmp4_ticks_to_time (guint64 ticks, guint32 timescale);

GstBuffer *gst_fmp4_write_init (const GstFmp4Track * tracks, guint n_tracks,
    GError ** error);
GstBuffer *gst_fmp4_write_chunk (guint32 sequence, const GstFmp4Run * runs,
    guint n_runs, GstFmp4ChunkInfo * info, GError ** error);
GstBuffer *gst_fmp4_make_silence (const GstCaps * caps);
GstBuffer *gst_fmp4_write_empty (const guint8 * init, gsize size);
gboolean gst_fmp4_sample_is_disposable (const GstFmp4Track * track,
    GstBuffer * sample);

GArray *gst_fmp4_read_init (const guint8 * data, gsize size, GError ** error);
gboolean gst_fmp4_read_chunk (GstBuffer * data, const GstFmp4Track * tracks,
    guint n_tracks, GstFmp4SampleFunc func, gpointer user_data,
    GError ** error);
gboolean gst_fmp4_find_key (const guint8 * data, gsize size,
    const GstFmp4Track * tracks, guint n_tracks, guint32 id, guint64 * end);

G_END_DECLS
