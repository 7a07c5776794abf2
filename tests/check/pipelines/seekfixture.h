/* seekfixture.h: a pipeline that plays numbered pictures, and what it shows
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "numbered.h"

#define MS (gint64) GST_MSECOND
#define SECOND (gint64) GST_SECOND
#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)
#define KEY_UNIT (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT)
#define KEYS (ACCURATE | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS)
#define SEEKER_TIMEOUT (120 * GST_SECOND)

/**
 * SeekerShown:
 * @number: of the picture
 * @time: stream time it was shown with, nanoseconds
 * @running: its running time, nanoseconds
 */
typedef struct
{
  gint64 number;
  gint64 time;
  gint64 running;
} SeekerShown;

/**
 * Seeker:
 * @shown: SeekerShown, since the last flush or seeker_forget()
 */
typedef struct
{
  GstElement *pipeline;
  GstElement *cache;
  GstElement *sink;
  GstBus *bus;
  GMutex lock;
  GCond wake;
  GArray *shown;
} Seeker;

void        seeker_open       (Seeker * s, const gchar * location,
                               const gchar * properties);
void        seeker_close      (Seeker * s);
void        seeker_settle     (Seeker * s, GstState state);
gint64      seeker_get_end    (Seeker * s);
void        seeker_wait_for_end (Seeker * s, gint64 end);
void        seeker_forget     (Seeker * s);
void        seeker_wait_sound (Seeker * s);
guint       seeker_count      (Seeker * s);
SeekerShown seeker_get        (Seeker * s, guint n);
gint64      seeker_get_shown  (Seeker * s, guint n);
void        seeker_expect_run (Seeker * s, gint64 from, gint by, guint n);
void        seeker_seek       (Seeker * s, gdouble rate, GstSeekFlags flags,
                               gint64 start, gint64 stop);
void        seeker_wait_eos   (Seeker * s);
