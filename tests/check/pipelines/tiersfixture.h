/* tiersfixture.h: a live stream with a past, three tiers down
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "seekfixture.h"

/* The publisher came three times: with small pictures, at once after that with
 * larger ones, and after an absence with small ones again, which goes on live.
 * A keyframe every GROUP frames, two of them in a segment. */
#define TIERS_N_RUNS 3
#define TIERS_GROUP 10
#define TIERS_LENGTH 60         /* frames of the runs that are over */
#define TIERS_FIRST(run) (1000 * (run))
#define TIERS_N 3

/**
 * TiersRun:
 * @start: stream time of its first frame, nanoseconds
 * @n_frames: how many there are so far
 */
typedef struct
{
  gint64 start;
  gint64 n_frames;
} TiersRun;

typedef struct
{
  gchar *directory;
  GstElement *recorder;
  GstElement *publisher;        /* that is live */
  GSubprocess *tiers[TIERS_N];
  guint16 port;                 /* of the edge */
  TiersRun runs[TIERS_N_RUNS];
} Tiers;

gboolean tiers_are_possible (void);
void     tiers_setup        (Tiers * t);
void     tiers_teardown     (Tiers * t);
gchar *  tiers_get_edge     (Tiers * t);
gint64   tiers_time_of      (Tiers * t, gint64 number);
gint64   tiers_frame_at     (Tiers * t, gint64 time);
gint64   tiers_frame_before (Tiers * t, gint64 time);
gint64   tiers_next         (Tiers * t, gint64 number);
gint64   tiers_previous     (Tiers * t, gint64 number);
gint64   tiers_key_before   (gint64 number);
