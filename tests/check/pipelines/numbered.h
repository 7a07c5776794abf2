/* numbered.h: a recording whose pictures carry their numbers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>
#include <gst/check/gstcheck.h>

/* 25 frames a second with B-frames, a keyframe each second, and a tone. The
 * frame shown at stream time t has the number 25 * t. */
#define FPS 25
#define FRAME (GST_SECOND / FPS)

typedef struct
{
  gchar *directory;             /* of recordings */
  GstElement *recorder;         /* while it records live */
  GSubprocess *server;
  guint16 port;
} Numbered;

/* One go of a publisher. */
typedef struct
{
  guint first;                  /* number of its first picture */
  guint n_frames;
  guint scale;                  /* of its pictures' size */
  guint group;                  /* frames from keyframe to keyframe */
  gboolean live;                /* in real time */
  guint open;                   /* > 0: so many B-frames, groups are open */
  gboolean ntsc;                /* 30000/1001 frames a second */
} NumberedRun;

gboolean numbered_is_possible (void);
GstElement *
         numbered_play_run    (const NumberedRun * run, const gchar * sink);
guint16  numbered_find_port   (void);
GSubprocess *
         numbered_run_tier    (const gchar * upstream, guint16 port);
void     numbered_record      (Numbered * n, guint n_frames, gboolean live);
void     numbered_record_run  (Numbered * n, const NumberedRun * run);
void     numbered_serve       (Numbered * n);
void     numbered_unserve     (Numbered * n);
void     numbered_clear       (Numbered * n);
gint64   numbered_read        (GstSample * sample);
gint64   numbered_read_buffer (GstBuffer * buffer, GstCaps * caps);
