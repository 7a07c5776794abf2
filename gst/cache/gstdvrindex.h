/* gstdvrindex.h: the frames of a segment, as its boxes tell
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrsegment.h>
#include <gst/fmp4/fmp4.h>

G_BEGIN_DECLS

typedef struct _GstDvrTracks GstDvrTracks;
typedef struct _GstDvrIndex GstDvrIndex;
typedef struct _GstDvrChunk GstDvrChunk;
typedef struct _GstDvrFrame GstDvrFrame;

/**
 * GstDvrChunk:
 * @offset: where it begins in its segment, boxes before its moof included
 * @size: bytes up to the end of its mdat
 * @key_size: bytes up to the end of its first keyframe; 0: it has none
 * @key: stream time of that keyframe, nanoseconds
 * @start: stream time of what it shows first
 * @end: stream time at which what it shows last ends
 */
struct _GstDvrChunk
{
  guint64 offset;
  guint64 size;
  guint64 key_size;
  GstClockTime key;
  GstClockTime start;
  GstClockTime end;
};

/**
 * GstDvrFrame:
 * @pts: stream time, nanoseconds
 * @duration: nanoseconds
 */
struct _GstDvrFrame
{
  GstClockTime pts;
  GstClockTime duration;
};

GstDvrTracks * gst_dvr_tracks_new   (GstDvrSegment * init);
GstDvrTracks * gst_dvr_tracks_ref   (GstDvrTracks * tracks);
void           gst_dvr_tracks_unref (GstDvrTracks * tracks);
GstBuffer *    gst_dvr_tracks_get_empty (GstDvrTracks * tracks);
gboolean       gst_dvr_tracks_follow (GstDvrTracks * tracks,
                                     GstDvrTracks * before);
gboolean       gst_dvr_tracks_read_chunk (GstDvrTracks * tracks,
                                     GstBuffer * data,
                                     GstFmp4SampleFunc func,
                                     gpointer user_data);
void           gst_dvr_tracks_queue_sample (const GstFmp4Track * track,
                                     GstBuffer * sample,
                                     GQueue * queue);

gboolean       gst_dvr_tracks_find_key (GstDvrTracks * tracks,
                                     const guint8 * data, gsize size,
                                     guint64 * end);
GstBuffer *    gst_dvr_tracks_cut_key (GstDvrTracks * tracks,
                                     GstBuffer * data,
                                     GstClockTime * key);

GstDvrIndex *  gst_dvr_index_new    (GstDvrTracks * tracks);
void           gst_dvr_index_free   (GstDvrIndex * self);
void           gst_dvr_index_scan   (GstDvrIndex * self,
                                     GstDvrSegment * segment,
                                     GstClockTime start,
                                     GstClockTime duration);
gboolean       gst_dvr_index_is_blind (GstDvrIndex * self);
guint          gst_dvr_index_get_n_chunks (GstDvrIndex * self);
const GstDvrChunk *
               gst_dvr_index_get_chunk (GstDvrIndex * self, guint i);
GstClockTime   gst_dvr_index_get_end (GstDvrIndex * self, GstClockTime time);
gint           gst_dvr_index_find_chunk (GstDvrIndex * self,
                                     guint64 offset);
gint           gst_dvr_index_find_key (GstDvrIndex * self, GstClockTime time);
gint           gst_dvr_index_find_key_after (GstDvrIndex * self,
                                     GstClockTime time);
guint          gst_dvr_index_count_keys (GstDvrIndex * self);
GstBuffer *    gst_dvr_index_cut_key (GstDvrIndex * self,
                                     GstDvrSegment * segment, guint i);
void           gst_dvr_index_cut_leading (GstDvrIndex * self,
                                     GstDvrSegment * segment, guint i,
                                     GstClockTime key, GQueue * queue);
guint          gst_dvr_index_get_reorder (GstDvrIndex * self);
guint          gst_dvr_index_get_n_frames (GstDvrIndex * self);
const GstDvrFrame *
               gst_dvr_index_get_frame (GstDvrIndex * self, guint i);
gint           gst_dvr_index_find_frame (GstDvrIndex * self,
                                     GstClockTime time);

G_END_DECLS
