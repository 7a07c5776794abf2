/* gstdvrtimeline.h: the ordered segments of a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrkeyframes.h>
#include <gst/dvr/gstdvrsegment.h>

G_BEGIN_DECLS

#define GST_TYPE_DVR_TIMELINE (gst_dvr_timeline_get_type ())

typedef struct _GstDvrTimeline GstDvrTimeline;
typedef struct _GstDvrEntry GstDvrEntry;
typedef struct _GstDvrTimelineInfo GstDvrTimelineInfo;

/* How many closed segments keep their list of parts: a playlist names the
 * parts of the last three target durations (RFC 8216bis section 6.2.2), and
 * segments may be shorter than that. */
#define GST_DVR_TIMELINE_PART_SEGMENTS 32

/**
 * GstDvrTimelineState:
 * @GST_DVR_TIMELINE_PENDING: upstream has been asked, nothing is known yet
 * @GST_DVR_TIMELINE_OPEN: known, and growing
 * @GST_DVR_TIMELINE_ENDED: known, and finished (HLS EXT-X-ENDLIST). It may
 *   open again when recording resumes.
 * @GST_DVR_TIMELINE_FAILED: there is none; see the status in
 *   #GstDvrTimelineInfo. It may still come to life.
 */
typedef enum
{
  GST_DVR_TIMELINE_PENDING,
  GST_DVR_TIMELINE_OPEN,
  GST_DVR_TIMELINE_ENDED,
  GST_DVR_TIMELINE_FAILED
} GstDvrTimelineState;

/**
 * GstDvrFound:
 * @GST_DVR_FOUND_NOTHING: no such number, and there never was (yet)
 * @GST_DVR_FOUND_REMOVED: it was offered once
 * @GST_DVR_FOUND_CLOSED: a finished segment, or a gap
 * @GST_DVR_FOUND_OPEN: the segment that grows now
 */
typedef enum
{
  GST_DVR_FOUND_NOTHING,
  GST_DVR_FOUND_REMOVED,
  GST_DVR_FOUND_CLOSED,
  GST_DVR_FOUND_OPEN
} GstDvrFound;

/**
 * GstDvrEntry:
 * @number: sequence number
 * @recording: recording id, a GRefString. An entry handed out by a timeline
 *   borrows it; it lives as long as the timeline.
 * @init: index of its init section within the recording
 * @discontinuity: absolute discontinuity number
 * @start: stream time of its first sample, in nanoseconds
 * @duration: in nanoseconds; of an open segment, of its parts so far
 * @wall_time: time of day of its first sample in microseconds since 1970, or
 *   GST_DVR_WALL_TIME_NONE
 * @size: bytes; 0 if unknown
 * @key_offset: where the chunk of its first keyframe begins
 * @key_size: bytes from there to the end of that keyframe; 0 if unknown
 * @gap: there is no media, only time (HLS EXT-X-GAP)
 * @n_keyframes: how many keyframes it has, where all are known; else 0. See
 *   gst_dvr_timeline_get_keyframes()
 * @keyframes_before: how many keyframes were listed before it, beyond one for
 *   each segment; set by the timeline
 */
struct _GstDvrEntry
{
  guint64 number;
  const gchar *recording;
  guint init;
  guint discontinuity;
  GstClockTime start;
  GstClockTime duration;
  gint64 wall_time;
  guint64 size;
  guint32 key_offset;
  guint32 key_size;
  gboolean gap : 1;
  guint n_keyframes : 8;
  guint32 keyframes_before;
};

/**
 * GstDvrTimelineInfo:
 * @version: rises with every change
 * @state: see #GstDvrTimelineState
 * @status: HTTP status that tells why the state is failed
 * @stale: cut off from all upstreams; what is here is served as it stands
 * @target_duration: the playlist's TARGETDURATION, nanoseconds
 * @part_duration: the longest part, nanoseconds; 0 where there are none
 * @first: first number offered
 * @next: the number after the last closed segment; where @open, that of the
 *   open segment
 * @open: whether a segment is growing
 * @n_parts: parts of the open segment so far
 * @start: stream time of the window's start, nanoseconds
 * @end: stream time of the live edge, nanoseconds
 * @removed: whether anything was ever removed from its start
 * @reach: stream time to which upstream can be asked to go on from, where that
 *   is beyond @end; 0: there is no more than what is here. See
 *   gst_dvr_event_new_beyond()
 * @no_smart_seek: upstream does not want seeks within a player's own buffer
 * @keyframes_before: of what follows the last closed segment, as in #GstDvrEntry
 */
struct _GstDvrTimelineInfo
{
  guint64 version;
  GstDvrTimelineState state;
  guint status;
  gboolean stale;
  GstClockTime target_duration;
  GstClockTime part_duration;
  guint64 first;
  guint64 next;
  gboolean open;
  guint n_parts;
  GstClockTime start;
  GstClockTime end;
  gboolean removed;
  GstClockTime reach;
  gboolean no_smart_seek;
  guint32 keyframes_before;
};

/**
 * GstDvrTimelineFunc:
 * @timeline: the timeline that changed
 * @user_data: what was given with the watch
 *
 * Called once per version, from the writer's thread, with no lock held; it
 * must not block.
 */
typedef void (*GstDvrTimelineFunc) (GstDvrTimeline * timeline,
    gpointer user_data);

/**
 * GstDvrEntryFunc:
 * @entry: a closed entry
 * @user_data: what was given
 *
 * Called under the timeline's lock: it must only look, and be quick.
 *
 * Returns: whether to go on
 */
typedef gboolean (*GstDvrEntryFunc) (const GstDvrEntry * entry,
    gpointer user_data);

GST_DVR_API GType gst_dvr_timeline_get_type (void);

GST_DVR_API GstDvrTimeline *gst_dvr_timeline_new (const gchar * stream);

static inline GstDvrTimeline *
gst_dvr_timeline_ref (GstDvrTimeline * timeline)
{
  return (GstDvrTimeline *)
      gst_mini_object_ref (GST_MINI_OBJECT_CAST (timeline));
}

static inline void
gst_dvr_timeline_unref (GstDvrTimeline * timeline)
{
  gst_mini_object_unref (GST_MINI_OBJECT_CAST (timeline));
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrTimeline, gst_dvr_timeline_unref)

/* Reading: from any thread. */
GST_DVR_API const gchar *gst_dvr_timeline_get_stream (GstDvrTimeline * self);
GST_DVR_API void         gst_dvr_timeline_get_info   (GstDvrTimeline * self,
                                                 GstDvrTimelineInfo * info);
GST_DVR_API guint64      gst_dvr_timeline_get_memory_size
                                                     (GstDvrTimeline * self);
GST_DVR_API GstDvrFound  gst_dvr_timeline_find       (GstDvrTimeline * self,
                                                      guint64 number,
                                                      GstDvrEntry * entry);
GST_DVR_API GstDvrFound  gst_dvr_timeline_find_time  (GstDvrTimeline * self,
                                                      GstClockTime time,
                                                      GstDvrEntry * entry);
GST_DVR_API guint        gst_dvr_timeline_get_keyframes
                                                     (GstDvrTimeline * self,
                                                      const GstDvrEntry * entry,
                                                      GstDvrKeyframes * frames);
GST_DVR_API void         gst_dvr_timeline_foreach    (GstDvrTimeline * self,
                                                      guint64 from,
                                                      guint64 to,
                                                      GstDvrEntryFunc func,
                                                      gpointer user_data);
GST_DVR_API GArray *     gst_dvr_timeline_get_parts  (GstDvrTimeline * self,
                                                      guint64 number);
GST_DVR_API gboolean     gst_dvr_timeline_is_alias   (GstDvrTimeline * self,
                                                      guint64 number,
                                                      const gchar * recording);
GST_DVR_API gboolean     gst_dvr_timeline_has_recording
                                                     (GstDvrTimeline * self,
                                                      const gchar * recording);
GST_DVR_API gulong       gst_dvr_timeline_add_watch  (GstDvrTimeline * self,
                                                      GstDvrTimelineFunc func,
                                                      gpointer user_data,
                                                      GDestroyNotify notify);
GST_DVR_API void         gst_dvr_timeline_remove_watch
                                                     (GstDvrTimeline * self,
                                                      gulong watch);

/* Using: a source lets a timeline go some time after its last user. */
GST_DVR_API void     gst_dvr_timeline_use        (GstDvrTimeline * self);
GST_DVR_API void     gst_dvr_timeline_unuse      (GstDvrTimeline * self);
GST_DVR_API gboolean gst_dvr_timeline_is_used    (GstDvrTimeline * self,
                                                  gint64 * since);

GST_DVR_API void     gst_dvr_timeline_note_path  (GstDvrTimeline * self,
                                                  const gchar * path);
GST_DVR_API gchar *  gst_dvr_timeline_dup_path   (GstDvrTimeline * self);

/* Writing: from one thread at a time, the source's. */
GST_DVR_API void     gst_dvr_timeline_begin      (GstDvrTimeline * self);
GST_DVR_API void     gst_dvr_timeline_commit     (GstDvrTimeline * self);
GST_DVR_API void     gst_dvr_timeline_set_durations
                                                 (GstDvrTimeline * self,
                                                  GstClockTime target,
                                                  GstClockTime part);
GST_DVR_API void     gst_dvr_timeline_set_state  (GstDvrTimeline * self,
                                                  GstDvrTimelineState state,
                                                  guint status);
GST_DVR_API void     gst_dvr_timeline_set_stale  (GstDvrTimeline * self,
                                                  gboolean stale);
GST_DVR_API void     gst_dvr_timeline_set_reach  (GstDvrTimeline * self,
                                                  GstClockTime reach);
GST_DVR_API void     gst_dvr_timeline_set_smart_seek
                                                 (GstDvrTimeline * self,
                                                  gboolean allowed);
GST_DVR_API gboolean gst_dvr_timeline_open_segment (GstDvrTimeline * self,
                                                  const GstDvrEntry * entry);
GST_DVR_API gboolean gst_dvr_timeline_add_part   (GstDvrTimeline * self,
                                                  const GstDvrPart * part);
GST_DVR_API void     gst_dvr_timeline_set_alias  (GstDvrTimeline * self,
                                                  guint64 number,
                                                  const gchar * recording);
GST_DVR_API gboolean gst_dvr_timeline_close_segment (GstDvrTimeline * self,
                                                  const GstDvrEntry * entry);
GST_DVR_API gboolean gst_dvr_timeline_close_keyed (GstDvrTimeline * self,
                                                  const GstDvrEntry * entry,
                                                  const GstDvrKeyframe *
                                                  keyframes);
GST_DVR_API void     gst_dvr_timeline_set_keyframes_before
                                                 (GstDvrTimeline * self,
                                                  guint32 before);
GST_DVR_API void     gst_dvr_timeline_abandon_open (GstDvrTimeline * self);
GST_DVR_API void     gst_dvr_timeline_remove_before (GstDvrTimeline * self,
                                                  guint64 number);
GST_DVR_API void     gst_dvr_timeline_clear      (GstDvrTimeline * self);

G_END_DECLS
