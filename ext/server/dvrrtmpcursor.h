/* dvrrtmpcursor.h: a player's place in a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrrtmprendering.h"

G_BEGIN_DECLS

/**
 * DvrRtmpStep:
 * @DVR_RTMP_STEP_READY: there is a block to send
 * @DVR_RTMP_STEP_WAIT: there is none yet
 * @DVR_RTMP_STEP_GAP: a hole was passed over, where there is no media
 * @DVR_RTMP_STEP_LOST: a segment could not be had, or is offered no more, and
 *   was passed over
 * @DVR_RTMP_STEP_END: the recording has ended; more may come all the same
 */
typedef enum
{
  DVR_RTMP_STEP_READY,
  DVR_RTMP_STEP_WAIT,
  DVR_RTMP_STEP_GAP,
  DVR_RTMP_STEP_LOST,
  DVR_RTMP_STEP_END
} DvrRtmpStep;

/* Where to enter a segment: at its last keyframe that is there, or at the next
 * that comes. Else at the last one not after a time. */
#define DVR_RTMP_ENTER_NEWEST G_MAXINT64
#define DVR_RTMP_ENTER_NEXT (G_MAXINT64 - 1)

/**
 * DvrRtmpPlace:
 * @DVR_RTMP_PLACE_KNOWN: it is at a message
 * @DVR_RTMP_PLACE_ENTERS: it has yet to find a keyframe to enter at
 * @DVR_RTMP_PLACE_AWAITS: likewise; what is there has been seen, what comes is
 *   waited for
 * @DVR_RTMP_PLACE_RETURNS: its rendering is a new one, its place has to be found
 *   in it
 *
 * What a cursor knows of its place in the segment.
 */
typedef enum
{
  DVR_RTMP_PLACE_KNOWN,
  DVR_RTMP_PLACE_ENTERS,
  DVR_RTMP_PLACE_AWAITS,
  DVR_RTMP_PLACE_RETURNS
} DvrRtmpPlace;

/**
 * DvrRtmpCursor:
 * @server: the server
 * @stream: what is played
 * @kinds: which messages (#DvrRtmpKinds)
 * @lane: on which chunk streams; see rtmpblock.h
 * @batch: how much media a block holds, milliseconds
 * @number: segment
 * @place: whether the place in it is known
 * @enter: where to enter it, milliseconds of the stream
 * @leads: it is at the first picture of the segment: what there is before that
 *   is the sound that goes with it
 * @needs_head: what follows does not follow on what was sent
 * @rendering: (nullable): of that segment, while it is open
 * @held: whether that stays as it is
 * @before: (nullable): that of the segment before, which has been sent
 * @block: the next block
 * @message: the next message in it
 * @from: the first block that a keyframe is looked for in
 * @tries: segments gone back to find a keyframe
 * @asked: the segment gone back from
 * @not_before: the first segment that one may be found in
 * @passed: how many messages of the segment were sent, where it was left
 */
typedef struct
{
  DvrServer *server;
  DvrStream *stream;
  guint kinds;
  guint lane;
  guint64 batch;

  guint64 number;
  DvrRtmpPlace place;
  gint64 enter;
  gboolean leads;
  gboolean needs_head;
  DvrRtmpRendering *rendering;
  gboolean held;
  DvrRtmpRendering *before;
  guint block;
  guint message;
  guint from;
  guint tries;
  guint64 asked;
  guint64 not_before;
  guint passed[GST_RTMP_BLOCK_N_KINDS];
} DvrRtmpCursor;

void         dvr_rtmp_cursor_init    (DvrRtmpCursor * self,
                                      DvrServer * server, DvrStream * stream,
                                      guint lane, guint64 batch);
void         dvr_rtmp_cursor_clear   (DvrRtmpCursor * self);
void         dvr_rtmp_cursor_enter   (DvrRtmpCursor * self, guint64 number,
                                      gint64 time);
void         dvr_rtmp_cursor_skip    (DvrRtmpCursor * self, guint64 number);
void         dvr_rtmp_cursor_set_stream (DvrRtmpCursor * self,
                                      DvrStream * stream);
void         dvr_rtmp_cursor_set_kinds (DvrRtmpCursor * self, guint kinds,
                                      gint64 time);
DvrRtmpStep  dvr_rtmp_cursor_look    (DvrRtmpCursor * self,
                                      DvrRtmpWait * wait);
void         dvr_rtmp_cursor_rest    (DvrRtmpCursor * self);
void         dvr_rtmp_cursor_take_sound (DvrRtmpCursor * self);
gint64       dvr_rtmp_cursor_get_anchor (DvrRtmpCursor * self);
void         dvr_rtmp_cursor_pass    (DvrRtmpCursor * self, guint blocks);

/* Whether it has yet to be entered. */
static inline gboolean
dvr_rtmp_cursor_is_entering (const DvrRtmpCursor * self)
{
  return self->place == DVR_RTMP_PLACE_ENTERS
      || self->place == DVR_RTMP_PLACE_AWAITS;
}

G_END_DECLS
