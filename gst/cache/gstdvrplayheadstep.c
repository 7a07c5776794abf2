/* gstdvrplayheadstep.c: shows the frame that is n frames away
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A source does not know what its sinks show, and STEP events only go forward.
 * So the frame on show is asked of the video sink (its last sample), the one
 * wanted is found in the display order that the segments' boxes tell, and a
 * seek goes exactly there. All that in a thread of its own, since it waits. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrplayhead-private.h"

/* How long the application may take to pause, and frames to come. */
#define PAUSE_TIME (5 * G_TIME_SPAN_SECOND)
#define FETCH_TIME (5 * G_TIME_SPAN_SECOND)
#define SHOW_TIME (5 * GST_SECOND)
/* Rounding: frames are at least this much apart. */
#define SAME_FRAME GST_MSECOND
/* So many frames before and after tell how long the longest are. */
#define N_NEAR 3

typedef struct
{
  GstDvrPlayhead *playhead;
  gint frames;
  GstTaskFunction loop;
  gpointer loop_data;
} Step;

/* Returns: (transfer full): the pipeline, or what else is at the top */
GstElement *
gst_dvr_playhead_get_top (GstDvrPlayhead * self)
{
  GstObject *top = gst_object_ref (GST_OBJECT (self->element)), *parent;

  while ((parent = gst_object_get_parent (top))) {
    gst_object_unref (top);
    top = parent;
  }
  return GST_ELEMENT (top);
}

/* The frame on show. */

/* A decoder cuts off what comes before the time that was sought: so little may be
 * left of the frame that the next one begins within SAME_FRAME, where it would be
 * taken for that. Returns: a time that is as much before its middle, instead. */
static GstClockTime
leave_to_next (GstClockTime time, GstClockTime left)
{
  if (!GST_CLOCK_TIME_IS_VALID (time) || left / 2 >= SAME_FRAME)
    return time;
  return time - MIN (time, SAME_FRAME - left / 2);
}

static GstClockTime
read_sink (GstElement * sink)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;
  GstSample *sample = NULL;
  GstStructure *s;
  GstBuffer *buffer;
  GstCaps *caps;

  if (!g_object_class_find_property (G_OBJECT_GET_CLASS (sink), "last-sample"))
    return time;
  g_object_get (sink, "last-sample", &sample, NULL);
  if (!sample)
    return time;
  caps = gst_sample_get_caps (sample);
  buffer = gst_sample_get_buffer (sample);
  s = caps ? gst_caps_get_structure (caps, 0) : NULL;
  if (s && buffer && g_str_has_prefix (gst_structure_get_name (s), "video/"))
    time = leave_to_next (gst_segment_to_stream_time (gst_sample_get_segment
            (sample), GST_FORMAT_TIME, GST_BUFFER_PTS (buffer)),
        GST_BUFFER_DURATION (buffer));
  gst_sample_unref (sample);
  return time;
}

static GstClockTime
read_sinks (GstElement * top)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;
  GValue item = G_VALUE_INIT;
  GstIterator *iter;

  if (!GST_IS_BIN (top))
    return time;
  iter = gst_bin_iterate_recurse (GST_BIN (top));
  while (!GST_CLOCK_TIME_IS_VALID (time)) {
    GstIteratorResult result = gst_iterator_next (iter, &item);

    if (result == GST_ITERATOR_RESYNC) {
      gst_iterator_resync (iter);
      continue;
    }
    if (result != GST_ITERATOR_OK)
      break;
    if (GST_OBJECT_FLAG_IS_SET (g_value_get_object (&item),
            GST_ELEMENT_FLAG_SINK))
      time = read_sink (g_value_get_object (&item));
    g_value_reset (&item);
  }
  g_value_unset (&item);
  gst_iterator_free (iter);
  return time;
}

/* The frame that is wanted. */

typedef struct
{
  gint64 left;                  /* frames to go on; the sign says whither */
  GstClockTime from;            /* of the first segment: what is on show */
  gboolean open;                /* the segment grows: there is no more */
  gboolean whole;
  gboolean blind;
  gboolean leads;               /* what is on show leads into the next one */
  gboolean found;
  GstClockTime pts;             /* the best so far */
  GstClockTime start;           /* it alone is shown from here on */
} Search;

/* How long decoders may show a frame. They know the frame rate, while times that
 * came over RTMP are rounded to milliseconds. */
static GstClockTime
get_length (GstDvrIndex * index, guint i)
{
  guint n = gst_dvr_index_get_n_frames (index), near;
  GstClockTime own = gst_dvr_index_get_frame (index, i)->duration, longest =
      own;

  for (near = i - MIN (i, N_NEAR); near < n && near <= i + N_NEAR; near++)
    longest = MAX (longest, gst_dvr_index_get_frame (index, near)->duration);
  return MIN (longest, own + SAME_FRAME);
}

static void
take_frame (GstDvrIndex * index, guint i, Search * search)
{
  const GstDvrFrame *frame = gst_dvr_index_get_frame (index, i);

  search->found = TRUE;
  search->pts = search->start = frame->pts;
  if (i == 0)
    search->start += get_length (index, i) - frame->duration;
  else {
    const GstDvrFrame *before = gst_dvr_index_get_frame (index, i - 1);
    GstClockTime end = before->pts + get_length (index, i - 1);

    /* the one before may last into it by its rounded duration */
    if (end > frame->pts && end < frame->pts + frame->duration)
      search->start = end;
  }
}

/* Whether what is on show comes after all of the segment. Where a group of
 * pictures is open, frames that are shown before its keyframe are in the next
 * segment already. */
static gboolean
is_after (GstDvrIndex * index, const Search * search)
{
  guint n = gst_dvr_index_get_n_frames (index);
  const GstDvrFrame *last = gst_dvr_index_get_frame (index, n - 1);

  return search->whole && !search->leads && last->duration > 0 &&
      GST_CLOCK_TIME_IS_VALID (search->from) &&
      last->pts + last->duration <= search->from + SAME_FRAME;
}

/* Goes as far as the segment goes. */
static void
look_for_frame (GstDvrIndex * index, GstDvrSegment * segment,
    GstDvrSegmentState state, gpointer user_data)
{
  Search *search = user_data;
  gint64 n = gst_dvr_index_get_n_frames (index), at, to;

  search->whole = state == GST_DVR_SEGMENT_WHOLE;
  search->blind = search->whole && n == 0;
  /* where more is on its way, the last frame is not known */
  if (n == 0 || (!search->whole && !search->open))
    return;
  if (is_after (index, search)) {
    search->leads = TRUE;
    return;
  }
  if (GST_CLOCK_TIME_IS_VALID (search->from))
    at = gst_dvr_index_find_frame (index, search->from + SAME_FRAME);
  else
    at = search->left > 0 ? -1 : n;
  to = at + search->left;
  if (to >= 0 && to < n) {
    take_frame (index, to, search);
    search->left = 0;
  } else if (to >= n) {
    take_frame (index, n - 1, search);
    search->left -= n - 1 - at;
  } else {
    if (at > 0)
      take_frame (index, 0, search);
    search->left += MAX (at, 0);
  }
  search->from = GST_CLOCK_TIME_NONE;
}

/* Fetches a segment and waits until the search got on. */
static gboolean
search_segment (GstDvrPlayhead * self, const GstDvrEntry * entry, gboolean open,
    Search * search)
{
  gint64 end = g_get_monotonic_time () + FETCH_TIME;
  gint64 left = search->left;
  GstDvrSegment *segment, *init;
  GstDvrAnswer answer;
  guint64 seen;

  search->open = open;
  init = gst_dvr_playhead_get_init (self, entry, &answer);
  if (!init)
    return FALSE;
  gst_dvr_segment_unref (init);
  while (g_get_monotonic_time () < end) {
    g_mutex_lock (&self->lock);
    seen = self->changes;
    g_mutex_unlock (&self->lock);
    segment = gst_dvr_playhead_fetch (self, entry, &answer);
    if (!segment)
      return FALSE;
    gst_dvr_segment_unref (segment);
    if (!gst_dvr_playhead_look (self, entry, look_for_frame, search) ||
        search->blind)
      return FALSE;
    if (search->whole || search->left != left || open)
      return TRUE;
    gst_dvr_playhead_wait (self, seen, end - g_get_monotonic_time ());
    if (gst_dvr_playhead_is_flushing (self))
      return FALSE;
  }
  return FALSE;
}

/* The segment that what is on show is in by its time; beyond them, the last. */
static GstDvrFound
find_first (GstDvrTimeline * timeline, GstClockTime time, GstDvrEntry * entry)
{
  GstDvrFound found = gst_dvr_timeline_find_time (timeline, time, entry);
  GstDvrTimelineInfo info;

  if (found != GST_DVR_FOUND_NOTHING)
    return found;
  gst_dvr_timeline_get_info (timeline, &info);
  if (info.next > 0)
    found = gst_dvr_timeline_find (timeline, info.next - 1, entry);
  return found;
}

/* Begins anew with the segment that what is on show leads into; without one, with
 * the same again. */
static GstDvrFound
follow_lead (GstDvrTimeline * timeline, GstDvrFound found, GstDvrEntry * entry)
{
  GstDvrEntry next;
  GstDvrFound there = gst_dvr_timeline_find (timeline, entry->number + 1,
      &next);

  if (there < GST_DVR_FOUND_CLOSED || next.gap ||
      next.discontinuity != entry->discontinuity)
    return found;
  *entry = next;
  return there;
}

/* Returns: FALSE if there is no such frame to be had */
static gboolean
search_frame (GstDvrPlayhead * self, GstDvrTimeline * timeline, Search * search)
{
  gint direction = search->left > 0 ? 1 : -1;
  guint64 max_bytes;
  GstDvrEntry entry;
  GstDvrFound found = find_first (timeline, search->from + SAME_FRAME, &entry);
  gboolean leads = FALSE;

  g_mutex_lock (&self->lock);
  max_bytes = self->settings.max_bytes;
  g_mutex_unlock (&self->lock);
  while (found >= GST_DVR_FOUND_CLOSED && search->left != 0) {
    if (!entry.gap &&
        !search_segment (self, &entry, found == GST_DVR_FOUND_OPEN, search))
      return FALSE;
    if (search->leads && !leads) {
      leads = TRUE;
      found = follow_lead (timeline, found, &entry);
      continue;
    }
    if (search->left == 0 || (entry.number == 0 && direction < 0))
      break;
    if (gst_dvr_playhead_get_held_bytes (self) > max_bytes)
      gst_dvr_playhead_let_go (self, entry.number, entry.number + 1);
    found = gst_dvr_timeline_find (timeline, entry.number + direction, &entry);
  }
  return search->found;
}

/* Waiting. */

static gboolean
wait_paused (GstDvrPlayhead * self)
{
  gint64 end = g_get_monotonic_time () + PAUSE_TIME, now;
  guint64 seen;

  while ((now = g_get_monotonic_time ()) < end) {
    g_mutex_lock (&self->lock);
    seen = self->changes;
    g_mutex_unlock (&self->lock);
    if (gst_dvr_peek_state (self->element) == GST_STATE_PAUSED)
      return TRUE;
    gst_dvr_playhead_wait (self, seen, end - now);
  }
  return FALSE;
}

/* Whether all of the pipeline stands still in PAUSED. */
static gboolean
pause_all (GstDvrPlayhead * self, GstElement * top)
{
  GstState state = GST_STATE_NULL;

  if (gst_element_get_state (top, &state, NULL, SHOW_TIME) !=
      GST_STATE_CHANGE_SUCCESS)
    return FALSE;
  if (state == GST_STATE_PLAYING) {
    gst_element_post_message (self->element,
        gst_message_new_request_state (GST_OBJECT (self->element),
            GST_STATE_PAUSED));
    if (!wait_paused (self))
      return FALSE;
    if (gst_element_get_state (top, &state, NULL, SHOW_TIME) !=
        GST_STATE_CHANGE_SUCCESS)
      return FALSE;
  }
  return state == GST_STATE_PAUSED;
}

static const gchar *
do_step (Step * step, GstElement * top, GstClockTime * shown)
{
  GstDvrPlayhead *self = step->playhead;
  GstDvrTimeline *timeline;
  Search search = {.left = step->frames };
  gboolean found;

  if (!pause_all (self, top))
    return "the pipeline did not pause";
  timeline = gst_dvr_playhead_get_timeline (self);
  if (!timeline)
    return "nothing is played";
  search.from = read_sinks (top);
  if (!GST_CLOCK_TIME_IS_VALID (search.from))
    search.from = gst_dvr_playhead_get_position (self);
  found = search_frame (self, timeline, &search);
  if (found)
    found = gst_dvr_playhead_show (self, timeline, search.start, step->loop,
        step->loop_data);
  gst_dvr_timeline_unref (timeline);
  if (!found)
    return "there is no such frame";
  if (gst_element_get_state (top, NULL, NULL, SHOW_TIME) !=
      GST_STATE_CHANGE_SUCCESS)
    return "the frame did not come";
  *shown = search.pts;
  return NULL;
}

static void
run_step (GstElement * element, gpointer user_data)
{
  Step *step = user_data;
  GstDvrPlayhead *self = step->playhead;
  GstElement *top = gst_dvr_playhead_get_top (self);
  GstClockTime shown = 0;
  const gchar *failure = do_step (step, top, &shown);

  gst_object_unref (top);
  g_mutex_lock (&self->lock);
  self->stepping = FALSE;
  g_mutex_unlock (&self->lock);
  if (failure)
    gst_dvr_post_status (element, "NetStream.Step.Failed", "error", failure,
        "frames", G_TYPE_INT, step->frames, NULL);
  else
    gst_dvr_post_status (element, "NetStream.Step.Notify", "status",
        "another frame is shown", "frames", G_TYPE_INT, step->frames,
        "time", G_TYPE_UINT64, shown, NULL);
}

static void
step_free (gpointer data)
{
  Step *step = data;

  gst_dvr_playhead_unref (step->playhead);
  g_free (step);
}

/**
 * gst_dvr_playhead_step:
 * @self: a playhead
 * @frames: how many frames to go on in display order; < 0: back
 * @loop: the pad's task function
 * @loop_data: what it is given
 *
 * From any thread; the end is told by NetStream.Step.Notify or
 * NetStream.Step.Failed. At the ends of what there is, the last frame is shown.
 *
 * Returns: FALSE when one is under way, or nothing is on show yet
 */
gboolean
gst_dvr_playhead_step (GstDvrPlayhead * self, gint frames,
    GstTaskFunction loop, gpointer loop_data)
{
  GstElement *top = gst_dvr_playhead_get_top (self);
  GstState state = GST_STATE_NULL;
  gboolean ready = gst_element_get_state (top, &state, NULL, 0) ==
      GST_STATE_CHANGE_SUCCESS && state >= GST_STATE_PAUSED;
  Step *step;

  gst_object_unref (top);
  g_mutex_lock (&self->lock);
  ready = ready && frames != 0 && frames != G_MININT && !self->stepping &&
      !self->halted && self->positioned;
  self->stepping |= ready;
  g_mutex_unlock (&self->lock);
  if (!ready)
    return FALSE;
  step = g_new0 (Step, 1);
  step->playhead = gst_dvr_playhead_ref (self);
  step->frames = frames;
  step->loop = loop;
  step->loop_data = loop_data;
  gst_element_call_async (self->element, run_step, step, step_free);
  return TRUE;
}
