/* pairfixture.h: two origins that record one publisher, for tests
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/fmp4/fmp4.h>

#include "proxyfixture.h"

#define GOP 5                   /* frames, and so many a second */
#define SOUNDS 50               /* frames of sound a second */
#define GOPS 2                  /* in a segment; each is a part */

/* A recorder: of the publisher's seconds it has those from @began on. */
typedef struct
{
  const gchar *recording;       /* NULL: it is not one of ours */
  guint64 number;               /* of its first segment */
  guint began;
  GstClockTime base;            /* decoding time of its first frame */
  gint64 clock;                 /* what its clock is off, microseconds */
  guint n;                      /* closed segments; atomic */
  gboolean other;               /* its encoder is another one */
  guint growing;                /* parts of the next one; atomic */
  gboolean blocking;            /* it holds reloads back */
  gboolean timeless;            /* it tells no time of day */
  gboolean sound;               /* its parts end within their last frame */
  GstClockTime lag;             /* its sound's times are as much behind */
} Origin;

typedef struct
{
  Fixture f;
  Upstream backup;
  Origin first, second;
  GstFmp4Track tracks[2];
  GstDvrTimeline *timeline;
  guint64 next;                 /* number that was not looked at yet */
  GArray *frames;               /* those seen, in order, */
  GArray *sounds;               /* and heard */
  gchar *asked;                 /* the second's last list; under f.up.lock */
  gint n_lists;                 /* that the second was asked for; atomic */
  gboolean stopping;
} Pair;

/* The first records from the beginning, under @first or as RECORDING/100. */
void pair_start (Pair * p, const Origin * first, const Origin * second);
/* Likewise under RECORDING/100, and all that is there is played. */
void pair_start_playing (Pair * p, const Origin * second);
void pair_stop (Pair * p);
/* Sets what an origin has, and answers who waits for it. */
void pair_grow (Pair * p, Origin * o, guint n, guint growing);
/* How often the second was asked for its list. */
guint pair_count_lists (Pair * p);
/* Returns: the status with which that ended; 0: @out has it */
guint pair_try (Pair * p, GstDvrSegmentKind kind, const gchar * recording,
    guint64 number, GByteArray * out);
/* Plays all that was closed since. */
void pair_play (Pair * p);
/* Until the next number is that. */
void pair_wait_next (Pair * p, guint64 next);
/* The first dies; what the second has is played, up to @next. */
void pair_lose_first (Pair * p, guint64 next);
/* Every frame of the first @seconds, once, but for those in [@from, @to). */
void pair_check_frames (Pair * p, guint seconds, guint from, guint to);
/* Segment @number begins another recording, right after the one before. */
void pair_check_seam (Pair * p, guint64 number, GstClockTime gap);
const gchar *pair_get_recording (Pair * p, guint64 number);
