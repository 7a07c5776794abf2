/* gstdvrstore.h: recordings on disk: writing, recovering, following
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrsegment.h>
#include <gst/dvr/gstdvrtimeline.h>

G_BEGIN_DECLS

/* The version of what is written; see docs/architecture.md for what happens
 * when versions meet. */
#define GST_DVR_FORMAT_VERSION 1

typedef struct _GstDvrStoreConfig GstDvrStoreConfig;
typedef struct _GstDvrStoreWriter GstDvrStoreWriter;
typedef struct _GstDvrStoreReader GstDvrStoreReader;

/**
 * GstDvrFsync:
 * @GST_DVR_FSYNC_NONE: leave it to the kernel
 * @GST_DVR_FSYNC_SEGMENT: a segment is on disk before it is called complete
 * @GST_DVR_FSYNC_PART: a part is on disk before it is announced
 */
typedef enum
{
  GST_DVR_FSYNC_NONE,
  GST_DVR_FSYNC_SEGMENT,
  GST_DVR_FSYNC_PART
} GstDvrFsync;

/**
 * GstDvrFullDisk:
 * @GST_DVR_FULL_DISK_TRIM: remove the oldest segments and go on
 * @GST_DVR_FULL_DISK_PAUSE: keep what is there, pause until there is space
 */
typedef enum
{
  GST_DVR_FULL_DISK_TRIM,
  GST_DVR_FULL_DISK_PAUSE
} GstDvrFullDisk;

/**
 * GstDvrPublishType:
 * @GST_DVR_PUBLISH_LIVE: keep no more than a live window needs
 * @GST_DVR_PUBLISH_RECORD: begin anew, what was there is removed
 * @GST_DVR_PUBLISH_APPEND: go on after what is there, at the wall-clock
 *   distance in stream time
 * @GST_DVR_PUBLISH_APPEND_WITH_GAP: likewise, and an absence is listed as gaps
 *   even after the list had ended
 *
 * Adobe's publish types.
 */
typedef enum
{
  GST_DVR_PUBLISH_LIVE,
  GST_DVR_PUBLISH_RECORD,
  GST_DVR_PUBLISH_APPEND,
  GST_DVR_PUBLISH_APPEND_WITH_GAP
} GstDvrPublishType;

/**
 * GstDvrStoreConfig:
 * @target_duration: how long a segment should be, nanoseconds
 * @max_segment_duration: how long it may be (TARGETDURATION), nanoseconds
 * @part_duration: how long a part may be, nanoseconds
 * @window: how much to keep, nanoseconds; 0 = all
 * @max_size: how many bytes to keep; 0 = no limit
 * @min_free_space: bytes to leave free on the file system; 0 = no limit
 * @reconnect_window: how much absence is listed as gaps, nanoseconds
 * @full_disk: what to do when the disk is full all the same
 * @publish_type: what to do with what is there
 * @fsync: how durable
 */
struct _GstDvrStoreConfig
{
  GstClockTime target_duration;
  GstClockTime max_segment_duration;
  GstClockTime part_duration;
  GstClockTime window;
  guint64 max_size;
  guint64 min_free_space;
  GstClockTime reconnect_window;
  GstDvrFullDisk full_disk;
  GstDvrPublishType publish_type;
  GstDvrFsync fsync;
};

/* Writing a stream's recording: from one thread at a time. All errors are of
 * GST_RESOURCE_ERROR and name the path; NO_SPACE_LEFT may be tried again. */
GST_DVR_API GstDvrStoreWriter *
            gst_dvr_store_writer_open  (const gchar * location,
                                        const gchar * stream,
                                        const GstDvrStoreConfig * config,
                                        GError ** error);
GST_DVR_API void
            gst_dvr_store_writer_free  (GstDvrStoreWriter * self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrStoreWriter, gst_dvr_store_writer_free)

/* What is recorded so far, recovered; the writer keeps it up to date. */
GST_DVR_API GstDvrTimeline *
            gst_dvr_store_writer_get_timeline (GstDvrStoreWriter * self);
GST_DVR_API const gchar *
            gst_dvr_store_writer_get_recording (GstDvrStoreWriter * self);
/* Numbers go on after @last, should a list begin anew. */
GST_DVR_API void
            gst_dvr_store_writer_set_last (GstDvrStoreWriter * self,
                                        guint64 last);
/* Takes new limits; durations, publish type stay as opened. */
GST_DVR_API void
            gst_dvr_store_writer_set_config (GstDvrStoreWriter * self,
                                        const GstDvrStoreConfig * config);

/* More waits to be written: what need not be done now is not. */
GST_DVR_API void
            gst_dvr_store_writer_set_hurried (GstDvrStoreWriter * self,
                                        gboolean hurried);

/* The same bytes as the current init section give the same index. */
GST_DVR_API gboolean
            gst_dvr_store_writer_set_init (GstDvrStoreWriter * self,
                                        GBytes * init,
                                        GError ** error);
/* @start: stream time. @discontinuity: timestamps, codecs or tracks do not go
 * on from the segment before. */
GST_DVR_API gboolean
            gst_dvr_store_writer_open_segment (GstDvrStoreWriter * self,
                                        GstClockTime start,
                                        gint64 wall_time,
                                        gboolean discontinuity,
                                        GError ** error);
/* The first chunk of a part is preceded by a prft box with @wall_time. */
GST_DVR_API gboolean
            gst_dvr_store_writer_begin_part (GstDvrStoreWriter * self,
                                        gint64 wall_time,
                                        GError ** error);
/* Shows readers of this process samples that will be in one of the chunks:
 * with DTS and PTS in stream time, their place among the segment's samples of
 * their track as offset, and the track's id as the offset's end. */
GST_DVR_API void
            gst_dvr_store_writer_show_samples (GstDvrStoreWriter * self,
                                        GPtrArray * samples);
/* @chunk: one moof+mdat, one memory. @key_size: of a part's first chunk, bytes
 * from its beginning to the end of the keyframe that comes first in it; else 0.
 * @shown: whether all of its samples were shown. */
GST_DVR_API void
            gst_dvr_store_writer_append_chunk (GstDvrStoreWriter * self,
                                        GstBuffer * chunk,
                                        guint32 key_size,
                                        gboolean shown);
GST_DVR_API gboolean
            gst_dvr_store_writer_end_part (GstDvrStoreWriter * self,
                                        GstClockTime duration,
                                        gboolean independent,
                                        GError ** error);
/* @duration: GST_CLOCK_TIME_NONE: that of its parts. @closed (out) (optional):
 * the entry as listed. Applies the limits. */
GST_DVR_API gboolean
            gst_dvr_store_writer_close_segment (GstDvrStoreWriter * self,
                                        GstClockTime duration,
                                        GstDvrEntry * closed,
                                        GError ** error);
GST_DVR_API gboolean
            gst_dvr_store_writer_add_gap (GstDvrStoreWriter * self,
                                        GstClockTime start,
                                        GstClockTime duration,
                                        gint64 wall_time,
                                        GError ** error);
/* Writes ENDLIST; opening a segment or adding a gap cuts it off again. */
GST_DVR_API gboolean
            gst_dvr_store_writer_end   (GstDvrStoreWriter * self,
                                        GError ** error);

/* Following a stream's recording, whoever writes it: in this process, another
 * one or nobody. A missing directory is waited for. Reading is a worker's
 * job: nothing here blocks on a disk. */
GST_DVR_API GstDvrStoreReader *
            gst_dvr_store_reader_new   (const gchar * location,
                                        const gchar * stream);
GST_DVR_API GstDvrStoreReader *
            gst_dvr_store_reader_new_early
                                       (const gchar * location,
                                        const gchar * stream);
GST_DVR_API void
            gst_dvr_store_reader_set_absent
                                       (GstDvrStoreReader * self,
                                        guint status);
GST_DVR_API void
            gst_dvr_store_reader_free  (GstDvrStoreReader * self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrStoreReader, gst_dvr_store_reader_free)

GST_DVR_API GstDvrTimeline *
            gst_dvr_store_reader_get_timeline (GstDvrStoreReader * self);
/* Fills @segment, following it while it grows; fails it (404, 410, 502) where
 * there is none. */
GST_DVR_API void
            gst_dvr_store_reader_fetch (GstDvrStoreReader * self,
                                        GstDvrSegment * segment);

G_END_DECLS
