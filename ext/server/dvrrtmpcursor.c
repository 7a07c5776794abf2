/* dvrrtmpcursor.c: a player's place in a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A player goes from block to block through the shared renderings. It enters a
 * stream at a keyframe, where it needs a head of its own, and again wherever
 * what follows does not follow on what it has.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrrtmpcursor.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

/* How many segments a keyframe is looked for in: one group of pictures may be
 * cut into several. */
#define MAX_TRIES 8

void
dvr_rtmp_cursor_init (DvrRtmpCursor * self, DvrServer * server,
    DvrStream * stream, guint lane, guint64 batch)
{
  memset (self, 0, sizeof (*self));
  self->server = server;
  self->stream = dvr_stream_ref (stream);
  self->kinds = DVR_RTMP_ALL;
  self->lane = lane;
  self->batch = batch;
}

static void
release (DvrRtmpCursor * self)
{
  if (self->held)
    dvr_rtmp_rendering_release (self->rendering);
  self->held = FALSE;
}

static void
close_rendering (DvrRtmpCursor * self)
{
  release (self);
  g_clear_pointer (&self->rendering, dvr_rtmp_rendering_unref);
  g_clear_pointer (&self->before, dvr_rtmp_rendering_unref);
  self->block = self->message = 0;
}

void
dvr_rtmp_cursor_clear (DvrRtmpCursor * self)
{
  close_rendering (self);
  g_clear_pointer (&self->stream, dvr_stream_unref);
}

static void
enter (DvrRtmpCursor * self, guint64 number, gint64 time)
{
  close_rendering (self);
  self->number = number;
  self->enter = time;
  self->place = DVR_RTMP_PLACE_ENTERS;
  self->needs_head = TRUE;
  self->leads = FALSE;
  self->from = 0;
  self->tries = 0;
}

/**
 * dvr_rtmp_cursor_enter:
 * @self: a cursor
 * @number: segment
 * @time: where in it, milliseconds of the stream, or one of the above
 */
void
dvr_rtmp_cursor_enter (DvrRtmpCursor * self, guint64 number, gint64 time)
{
  self->not_before = 0;
  enter (self, number, time);
}

/**
 * dvr_rtmp_cursor_skip:
 * @self: a cursor
 * @number: the newest segment
 *
 * Leaves out what lies between here and the newest keyframe, which is not gone
 * back for: where no segment behind this one has any, the next is waited for.
 */
void
dvr_rtmp_cursor_skip (DvrRtmpCursor * self, guint64 number)
{
  self->not_before = self->number + 1;
  enter (self, number, DVR_RTMP_ENTER_NEWEST);
}

/* Another stream, to be entered next. */
void
dvr_rtmp_cursor_set_stream (DvrRtmpCursor * self, DvrStream * stream)
{
  close_rendering (self);
  dvr_stream_unref (self->stream);
  self->stream = dvr_stream_ref (stream);
}

/* Other messages from @time, in this segment, on. */
void
dvr_rtmp_cursor_set_kinds (DvrRtmpCursor * self, guint kinds, gint64 time)
{
  self->kinds = kinds;
  dvr_rtmp_cursor_enter (self, self->number, time);
}

static void
wait_for_change (DvrRtmpCursor * self, const GstDvrTimelineInfo * info,
    guint serial, DvrRtmpWait * wait)
{
  wait->list = dvr_wait_list_ref (self->stream->changes);
  wait->serial = serial;
  wait->want = DVR_WANT_CHANGE;
  wait->a = info->version;
}

/* Whatever is not there is passed over, to be entered anew behind it. */
static DvrRtmpStep
pass_over (DvrRtmpCursor * self, guint64 next, DvrRtmpStep step)
{
  enter (self, next, 0);
  return step;
}

static void
go_back (DvrRtmpCursor * self)
{
  guint64 asked = self->tries == 0 ? self->number : self->asked;
  guint tries = self->tries + 1;

  enter (self, self->number - 1, self->enter);
  self->asked = asked;
  self->tries = tries;
}

/* No segment before has a keyframe: the one that was asked for has to do.
 * Returns: whether this is another */
static gboolean
return_to_asked (DvrRtmpCursor * self)
{
  if (self->tries == 0 || self->tries > MAX_TRIES)
    return FALSE;
  enter (self, self->asked, self->enter);
  self->tries = MAX_TRIES + 1;
  return TRUE;
}

/* Opens the segment of the cursor's number. */
static DvrRtmpStep
open_rendering (DvrRtmpCursor * self, DvrRtmpWait * wait)
{
  guint serial = dvr_wait_list_get_serial (self->stream->changes);
  GstDvrTimelineInfo info;
  GstDvrAnswer answer;
  GstDvrEntry entry;

  dvr_set (self->stream->last_used, g_get_monotonic_time ());
  gst_dvr_timeline_get_info (self->stream->timeline, &info);
  switch (gst_dvr_timeline_find (self->stream->timeline, self->number, &entry)) {
    case GST_DVR_FOUND_REMOVED:
      if (return_to_asked (self))
        return open_rendering (self, wait);
      return pass_over (self, info.first, DVR_RTMP_STEP_LOST);
    case GST_DVR_FOUND_NOTHING:
      wait_for_change (self, &info, serial, wait);
      return info.state == GST_DVR_TIMELINE_ENDED
          || info.state == GST_DVR_TIMELINE_FAILED ?
          DVR_RTMP_STEP_END : DVR_RTMP_STEP_WAIT;
    default:
      break;
  }
  if (entry.gap)
    return pass_over (self, self->number + 1, DVR_RTMP_STEP_GAP);
  self->rendering = dvr_rtmp_rendering_get (self->server, self->stream, &entry,
      self->kinds, self->lane, &answer);
  self->held = self->rendering != NULL;
  if (self->rendering)
    return DVR_RTMP_STEP_READY;
  if (answer == GST_DVR_ANSWER_NOT_STARTED) {
    wait_for_change (self, &info, serial, wait);
    return DVR_RTMP_STEP_WAIT;
  }
  return pass_over (self, self->number + 1, DVR_RTMP_STEP_LOST);
}

/* What is in a segment, as far as it was looked at. */
typedef struct
{
  gboolean inside;              /* it begins inside a group of pictures */
  gboolean pictures;
} Found;

/* Puts the cursor on the last keyframe, from block @from on, that is not after
 * the time to enter at, or on the first where all are after it. */
static gboolean
find_keyframe (DvrRtmpCursor * self, guint from, Found * what)
{
  guint b, m, n = dvr_rtmp_rendering_length (self->rendering);
  gboolean found = FALSE, beyond = FALSE, pictures = from > 0;

  what->inside = FALSE;

  for (b = from; b < n && !beyond; b++) {
    GstRtmpBlock *block = dvr_rtmp_rendering_nth (self->rendering, b);

    for (m = 0; m < gst_rtmp_block_length (block) && !beyond; m++) {
      const GstRtmpBlockEntry *entry = gst_rtmp_block_nth (block, m);
      gboolean picture = entry->kind == GST_RTMP_BLOCK_VIDEO;

      beyond = entry->keyframe && entry->timestamp > self->enter;
      if (beyond && found)
        break;
      if (entry->keyframe) {
        self->block = b;
        self->message = m;
        self->leads = picture && !pictures;
        found = TRUE;
      }
      what->inside |= picture && !pictures && !entry->keyframe;
      pictures = pictures || picture;
    }
    gst_rtmp_block_unref (block);
  }
  what->pictures = pictures;
  return found;
}

/* Puts the cursor on the first message at the time to enter at, in a segment of
 * sound alone: its stream has pictures, which are late, or missing for a while.
 * Who joins live waits for a picture. */
static gboolean
find_sound (DvrRtmpCursor * self)
{
  guint b, m, n = dvr_rtmp_rendering_length (self->rendering);
  gboolean found = FALSE;

  if (self->enter >= DVR_RTMP_ENTER_NEXT)
    return FALSE;
  for (b = 0; b < n && !found; b++) {
    GstRtmpBlock *block = dvr_rtmp_rendering_nth (self->rendering, b);

    for (m = 0; m < gst_rtmp_block_length (block) && !found; m++) {
      found = gst_rtmp_block_nth (block, m)->timestamp >= self->enter;
      if (found) {
        self->block = b;
        self->message = m;
      }
    }
    gst_rtmp_block_unref (block);
  }
  return found;
}

/* Whether the keyframe may be in the segment before. One that is still to come
 * in this one would be newer, but may be long in coming. */
static gboolean
may_go_back (DvrRtmpCursor * self, DvrRtmpProgress progress, gboolean inside)
{
  return self->enter > 0 && self->place != DVR_RTMP_PLACE_AWAITS
      && self->tries < MAX_TRIES && self->number > self->not_before
      && (progress == DVR_RTMP_DONE || (inside
          && self->enter == DVR_RTMP_ENTER_NEWEST));
}

/* Enters the open segment, or moves on to where there is a keyframe. */
static void
enter_segment (DvrRtmpCursor * self, DvrRtmpProgress progress)
{
  Found what;

  if (self->enter == DVR_RTMP_ENTER_NEXT
      && self->place != DVR_RTMP_PLACE_AWAITS) {
    self->place = DVR_RTMP_PLACE_AWAITS;
    self->from = dvr_rtmp_rendering_length (self->rendering);
  }
  if (find_keyframe (self, self->from, &what)) {
    self->place = DVR_RTMP_PLACE_KNOWN;
  } else if (may_go_back (self, progress, what.inside)) {
    go_back (self);
  } else if (progress == DVR_RTMP_DONE && !return_to_asked (self)) {
    if (!what.pictures && find_sound (self))
      self->place = DVR_RTMP_PLACE_KNOWN;
    else
      enter (self, self->number + 1, 0);
  }
}

static void
go_on (DvrRtmpCursor * self)
{
  DvrRtmpRendering *before;

  release (self);
  before = g_steal_pointer (&self->rendering);
  close_rendering (self);
  self->place = DVR_RTMP_PLACE_KNOWN;
  self->before = before;
  self->number++;
}

/* A segment is followed on without a head where its rendering says so. */
static void
check_seam (DvrRtmpCursor * self)
{
  if (!self->before)
    return;
  if (!dvr_rtmp_rendering_follows (self->rendering, self->before))
    self->needs_head = TRUE;
  g_clear_pointer (&self->before, dvr_rtmp_rendering_unref);
}

/* -- resting -- */

static void
remember_place (DvrRtmpCursor * self)
{
  guint b, m, n = dvr_rtmp_rendering_length (self->rendering);

  memset (self->passed, 0, sizeof (self->passed));
  for (b = 0; b < n && b <= self->block; b++) {
    GstRtmpBlock *block = dvr_rtmp_rendering_nth (self->rendering, b);
    guint end = b < self->block ? gst_rtmp_block_length (block) : self->message;

    for (m = 0; m < end; m++)
      self->passed[gst_rtmp_block_nth (block, m)->kind]++;
    gst_rtmp_block_unref (block);
  }
}

/* Puts the cursor on the first message that was not sent. What was rendered as
 * samples came, and now chunk by chunk, may mix its kinds otherwise; of each
 * kind messages come in one order. Returns: whether it is there */
static gboolean
find_place (DvrRtmpCursor * self)
{
  guint counts[GST_RTMP_BLOCK_N_KINDS] = { 0, };
  guint b, m, n = dvr_rtmp_rendering_length (self->rendering);
  gboolean found = FALSE;

  for (b = 0; b < n && !found; b++) {
    GstRtmpBlock *block = dvr_rtmp_rendering_nth (self->rendering, b);

    for (m = 0; m < gst_rtmp_block_length (block) && !found; m++) {
      GstRtmpBlockKind kind = gst_rtmp_block_nth (block, m)->kind;

      found = counts[kind]++ >= self->passed[kind];
      if (found) {
        self->block = b;
        self->message = m;
      }
    }
    gst_rtmp_block_unref (block);
  }
  return found;
}

/**
 * dvr_rtmp_cursor_rest:
 * @self: a cursor
 *
 * Nothing is sent for now: the memory of what it is at may be let go.
 */
void
dvr_rtmp_cursor_rest (DvrRtmpCursor * self)
{
  if (!self->held)
    return;
  if (self->place == DVR_RTMP_PLACE_KNOWN)
    remember_place (self);
  release (self);
}

/* Goes on where it rested, or in a new rendering. */
static void
take_up (DvrRtmpCursor * self)
{
  self->held = dvr_rtmp_rendering_hold (self->rendering);
  if (self->held)
    return;
  close_rendering (self);
  self->place = dvr_rtmp_cursor_is_entering (self) ? DVR_RTMP_PLACE_ENTERS :
      DVR_RTMP_PLACE_RETURNS;
  self->needs_head = TRUE;
  self->from = 0;
}

static void
return_to_place (DvrRtmpCursor * self, DvrRtmpProgress progress)
{
  if (find_place (self))
    self->place = DVR_RTMP_PLACE_KNOWN;
  else if (progress == DVR_RTMP_DONE)
    go_on (self);
}

/**
 * dvr_rtmp_cursor_look:
 * @self: a cursor
 * @wait: (out): what to wait for, at %DVR_RTMP_STEP_WAIT and
 *   %DVR_RTMP_STEP_END, with a reference to its list
 *
 * Returns: whether there is a block to send, else what there is instead
 */
DvrRtmpStep
dvr_rtmp_cursor_look (DvrRtmpCursor * self, DvrRtmpWait * wait)
{
  wait->list = NULL;
  while (TRUE) {
    DvrRtmpProgress progress;
    DvrRtmpStep step;

    if (self->rendering && !self->held)
      take_up (self);
    if (!self->rendering) {
      step = open_rendering (self, wait);
      if (step != DVR_RTMP_STEP_READY)
        return step;
    }
    progress = dvr_rtmp_rendering_update (self->rendering, self->batch, wait);
    if (progress == DVR_RTMP_FAILED)
      return pass_over (self, self->number + 1, DVR_RTMP_STEP_LOST);
    if (dvr_rtmp_cursor_is_entering (self))
      enter_segment (self, progress);
    else if (self->place == DVR_RTMP_PLACE_RETURNS)
      return_to_place (self, progress);
    if (self->rendering && self->place == DVR_RTMP_PLACE_KNOWN
        && self->block < dvr_rtmp_rendering_length (self->rendering)) {
      check_seam (self);
      g_clear_pointer (&wait->list, dvr_wait_list_unref);
      return DVR_RTMP_STEP_READY;
    }
    if (self->rendering && progress == DVR_RTMP_GROWING)
      return DVR_RTMP_STEP_WAIT;
    g_clear_pointer (&wait->list, dvr_wait_list_unref);
    if (self->rendering)
      go_on (self);
  }
}

/* Begins with the sound of the segment that it has just entered: an encoder
 * without B-frames sends some before the picture that it is heard with. */
void
dvr_rtmp_cursor_take_sound (DvrRtmpCursor * self)
{
  if (self->leads)
    self->block = self->message = 0;
  self->leads = FALSE;
}

/* Returns: the earliest time, in milliseconds of the stream, that a head at the
 *   cursor must name; there is a block to send */
gint64
dvr_rtmp_cursor_get_anchor (DvrRtmpCursor * self)
{
  GstRtmpBlock *block = dvr_rtmp_rendering_nth (self->rendering, self->block);
  const DvrRtmpHead *head = dvr_rtmp_rendering_get_head (self->rendering);
  gint64 anchor = gst_rtmp_block_nth (block, self->message)->timestamp;

  if (head->has_video)
    anchor = MIN (anchor, gst_rtmp_block_get_anchor (block, self->message,
            GST_RTMP_BLOCK_VIDEO));
  if (head->has_audio)
    anchor = MIN (anchor, gst_rtmp_block_get_anchor (block, self->message,
            GST_RTMP_BLOCK_AUDIO));
  gst_rtmp_block_unref (block);
  return anchor;
}

/* So many blocks have been sent. */
void
dvr_rtmp_cursor_pass (DvrRtmpCursor * self, guint blocks)
{
  self->block += blocks;
  self->message = 0;
  self->needs_head = self->leads = FALSE;
}
