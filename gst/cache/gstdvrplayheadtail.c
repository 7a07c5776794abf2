/* gstdvrplayheadtail.c: what comes near the stop position of a seek
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A demuxer that is fed (qtdemux of GStreamer 1.22) ends a track with the first
 * sample from the stop position on that comes after a keyframe. That is any sample
 * of sound; then it counts its bytes twice, and finds none of the pictures behind
 * them. And it is a picture that comes out of order, to which some refer that are
 * shown before the stop position.
 *
 * So sound from the stop position on is left out, keyframes near it are not told
 * to be any, and where the end is, the playhead tells.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* So far sound may be from the pictures that it comes with. */
#define MARGIN (500 * GST_MSECOND)

/* The chunk at the position. */
typedef struct
{
  guint64 offset;
  GstClockTime start;           /* of the seek */
  GstClockTime stop;
  guint64 size;                 /* 0: none, or what is played is not pictures */
  guint64 near;                 /* where what is near the stop position begins */
  GstClockTime end;             /* of what it shows */
  gboolean more;                /* pictures from there on are before that */
  gboolean over;                /* sound there is not, either */
  GQueue chunks;                /* GstBuffer: what is left, a sample each */
} Tail;

/* So is what comes before a picture that is: that one may come long before its
 * turn. */
static gboolean
is_near (GstDvrIndex * index, guint i, GstClockTime stop)
{
  guint n = MIN (i + 2, gst_dvr_index_get_n_chunks (index));
  gboolean near = FALSE;

  for (; i < n && !near; i++) {
    GstClockTime end = gst_dvr_index_get_chunk (index, i)->end;

    near = !GST_CLOCK_TIME_IS_VALID (end) || end + MARGIN > stop;
  }
  return near;
}

static void
look (GstDvrIndex * index, GstDvrSegment * segment, GstDvrSegmentState state,
    gpointer user_data)
{
  Tail *tail = user_data;
  gint i = gst_dvr_index_find_chunk (index, tail->offset);
  gint n = gst_dvr_index_get_n_chunks (index), at;
  const GstDvrChunk *chunk;

  if (i < 0 || gst_dvr_index_is_blind (index)
      || gst_dvr_index_get_n_frames (index) == 0)
    return;
  for (at = i; at < n && !is_near (index, at, tail->stop); at++);
  tail->near = at < n ? gst_dvr_index_get_chunk (index, at)->offset :
      G_MAXUINT64;
  chunk = gst_dvr_index_get_chunk (index, i);
  tail->size = chunk->size;
  tail->end = chunk->end;
  /* of what is on its way some may be */
  tail->more = state == GST_DVR_SEGMENT_FILLING
      && (guint) (n - i) <= gst_dvr_index_get_reorder (index) + 1;
  for (at = i; at < n && !tail->more; at++)
    tail->more = gst_dvr_index_get_chunk (index, at)->start < tail->stop;
  tail->over = !tail->more && GST_CLOCK_TIME_IS_VALID (chunk->start)
      && chunk->start >= tail->stop + MARGIN;
}

static gboolean
is_wanted (Tail * tail, const GstFmp4Track * track, GstBuffer * sample)
{
  if (gst_fmp4_track_is_video (track))
    return tail->more;
  if (GST_BUFFER_PTS (sample) < tail->stop)
    return TRUE;
  tail->over = !tail->more;
  return FALSE;
}

static void
see_sample (const GstFmp4Track * track, GstBuffer * sample, gpointer user_data)
{
  Tail *tail = user_data;

  if (is_wanted (tail, track, sample)) {
    if (gst_fmp4_track_is_video (track)
        && GST_BUFFER_PTS (sample) > tail->start)
      GST_BUFFER_FLAG_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT);
    gst_dvr_tracks_queue_sample (track, sample, &tail->chunks);
  }
  gst_buffer_unref (sample);
}

/**
 * gst_dvr_playhead_play_tail:
 * @self: a playhead that plays forwards, with bytes to play at the position
 * @to: (inout): where these end; what is near the stop position is left out
 * @ret: (out): FALSE if the task is to pause
 *
 * Plays the next chunk, if that is near the stop position of the seek.
 *
 * Returns: whether it did
 */
gboolean
gst_dvr_playhead_play_tail (GstDvrPlayhead * self, guint64 * to, gboolean * ret)
{
  Tail tail = {.offset = self->offset,.start = self->segment.start,
    .stop = self->segment.stop,.chunks = G_QUEUE_INIT
  };

  if (!GST_CLOCK_TIME_IS_VALID (tail.stop) ||
      !gst_dvr_playhead_look (self, &self->entry, look, &tail) ||
      tail.size == 0)
    return FALSE;
  if (tail.near > self->offset) {
    *to = MIN (*to, tail.near);
    return FALSE;
  }
  if (!tail.over && !gst_dvr_playhead_read_chunk (self, tail.size, see_sample,
          &tail)) {
    g_queue_clear_full (&tail.chunks, (GDestroyNotify) gst_buffer_unref);
    return FALSE;
  }
  self->offset += tail.size;
  *ret = gst_dvr_playhead_push_all (self, &tail.chunks);
  if (*ret && GST_CLOCK_TIME_IS_VALID (tail.end))
    gst_dvr_playhead_reached (self, MIN (tail.end, tail.stop));
  if (*ret && tail.over)
    *ret = gst_dvr_playhead_end (self);
  return TRUE;
}
