/* gstdvrplayheadlead.c: what is decoded before the frame a seek asks for
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* An exact seek begins at a keyframe, and nothing before its target is shown.
 * Of that, pictures no other one needs are left out, and the sound but for the
 * last of it: decoding takes most of the time of a seek.
 *
 * What comes after the target waits, in PAUSED, until that is likely to be on
 * show: on the processor that decodes it, what else there is would be taken apart
 * and decoded first.
 *
 * What is sent has no duration. A frame would last until the next one that is
 * left, and seem to reach into what is shown; and qtdemux would take another
 * frame rate from it, with which decoders begin anew. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/fmp4/fmp4.h>

#include "gstdvrplayhead-private.h"

/* Decoders of sound need some before what is heard. */
#define AUDIO_LEAD (100 * GST_MSECOND)
/* Pictures are not decoded earlier than this many before they are shown. */
#define MAX_REORDER 16
/* How long a picture may take to be on show; monotonic, us. */
#define SHOW_TIME (20 * G_TIME_SPAN_MILLISECOND)

/* The chunk at the position. */
typedef struct
{
  guint64 offset;
  GstClockTime until;
  guint64 size;                 /* 0: none */
  gboolean blind;               /* there never will be one */
  gboolean before;              /* all of it is before the target */
  guint reorder;                /* of pictures; in all of the segment */
  gboolean pictures;            /* there are any */
} Chunk;

static void
find_chunk (GstDvrIndex * index, GstDvrSegment * segment,
    GstDvrSegmentState state, gpointer user_data)
{
  Chunk *wanted = user_data;
  gint i = gst_dvr_index_find_chunk (index, wanted->offset);
  const GstDvrChunk *chunk;

  wanted->blind = gst_dvr_index_is_blind (index);
  if (i < 0 || wanted->blind)
    return;
  chunk = gst_dvr_index_get_chunk (index, i);
  wanted->size = chunk->size;
  wanted->pictures = gst_dvr_index_get_n_frames (index) > 0;
  wanted->reorder = gst_dvr_index_get_reorder (index);
  wanted->before = GST_CLOCK_TIME_IS_VALID (chunk->end) &&
      chunk->end <= wanted->until;
}

typedef struct
{
  GstClockTime until;
  GQueue chunks;                /* GstBuffer: what is left, a sample each */
} Lead;

static gboolean
is_needed (const Lead * lead, const GstFmp4Track * track, GstBuffer * sample)
{
  GstClockTime end = GST_BUFFER_PTS (sample);

  if (gst_fmp4_track_is_video (track))
    return !gst_fmp4_sample_is_disposable (track, sample);
  if (GST_BUFFER_DURATION_IS_VALID (sample))
    end += GST_BUFFER_DURATION (sample);
  return end + AUDIO_LEAD > lead->until;
}

static void
see_sample (const GstFmp4Track * track, GstBuffer * sample, gpointer user_data)
{
  Lead *lead = user_data;

  if (is_needed (lead, track, sample)) {
    if (gst_fmp4_track_is_video (track))
      GST_BUFFER_DURATION (sample) = 0;
    gst_dvr_tracks_queue_sample (track, sample, &lead->chunks);
  }
  gst_buffer_unref (sample);
}

/* Whether the pipeline still waits for something to show. */
static gboolean
is_awaited (GstDvrPlayhead * self)
{
  GstElement *top = gst_dvr_playhead_get_top (self);
  gboolean ret = gst_element_get_state (top, NULL, NULL, 0) ==
      GST_STATE_CHANGE_ASYNC;

  gst_object_unref (top);
  return ret;
}

/* After a seek in PAUSED: nothing more is needed for what is to be shown. Where it
 * is, after all, that comes a little later, and next time before this: decoders
 * with several threads have a picture in each. */
static void
let_show (GstDvrPlayhead * self)
{
  gint64 end = g_get_monotonic_time () + SHOW_TIME, now;
  gboolean waits = TRUE;
  guint64 seen;

  while (waits && (now = g_get_monotonic_time ()) < end) {
    g_mutex_lock (&self->lock);
    seen = self->changes;
    waits = self->flushed && !self->flushing && !self->is_queued;
    g_mutex_unlock (&self->lock);
    waits = waits && gst_dvr_peek_state (self->element) == GST_STATE_PAUSED;
    if (waits)
      gst_dvr_playhead_wait (self, seen, end - now);
  }
  if (waits && is_awaited (self))
    self->lead_more = 2 * self->lead_more + 1;
}

/**
 * gst_dvr_playhead_play_lead:
 * @self: a playhead that has landed and plays forwards
 * @state: of the segment at the position, as it was a moment ago
 * @ret: (out): FALSE if the task is to pause
 * @waits: (out): whether the next chunk has yet to come
 *
 * Plays the next chunk as long as any that is still to come may be before what
 * is to be shown.
 *
 * Returns: whether it did; otherwise, unless it waits, all that comes is played
 *   as it is
 */
gboolean
gst_dvr_playhead_play_lead (GstDvrPlayhead * self, GstDvrSegmentState state,
    gboolean * ret, gboolean * waits)
{
  Chunk chunk = {.offset = self->offset,.until = self->lead_until };
  Lead lead = { self->lead_until, G_QUEUE_INIT };
  guint64 end = 0;

  *waits = FALSE;
  if (!GST_CLOCK_TIME_IS_VALID (self->lead_until))
    return FALSE;
  if (gst_dvr_playhead_look (self, &self->entry, find_chunk, &chunk) &&
      chunk.size == 0 && !chunk.blind && state != GST_DVR_SEGMENT_WHOLE) {
    *waits = TRUE;
    return FALSE;
  }
  if (chunk.size == 0 || self->lead_beyond >= MAX_REORDER ||
      (chunk.before && !gst_dvr_playhead_read_chunk (self, chunk.size,
              see_sample, &lead))) {
    self->lead_until = GST_CLOCK_TIME_NONE;
    g_queue_clear_full (&lead.chunks, (GDestroyNotify) gst_buffer_unref);
    return FALSE;
  }
  if (!chunk.before) {
    self->lead_beyond++;
    if (gst_dvr_playhead_play_tail (self, &end, ret))
      return TRUE;
    g_queue_push_tail (&lead.chunks, gst_dvr_segment_get_buffer (self->current,
            self->offset, chunk.size));
  }
  self->offset += chunk.size;
  *ret = gst_dvr_playhead_push_all (self, &lead.chunks);
  if (*ret && !chunk.before && chunk.pictures &&
      self->lead_beyond == 1 + chunk.reorder + self->lead_more)
    let_show (self);
  return TRUE;
}
