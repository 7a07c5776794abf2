/* playerfixture.h: a numbered recording in a player
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "numbered.h"

#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)

/* playbin, playbin3, and a pipeline of uridecodebin3 and sinks. There, the last
 * frames do not come while it is paused: decodebin3 keeps the end of one track
 * back until the others have ended, and decoders keep frames until then. */
#define PLAYER_N_KINDS 3
#define PLAYER_URIDECODEBIN3 2

typedef struct
{
  Numbered numbered;
  GstElement *player;
  GstElement *sink;
  GstElement *audio_sink;
  GstElement *src;
  GstBus *bus;
  GMutex lock;
  GArray *shown;                /* gint64, all that the sink has shown */
} Player;

void     player_record        (Player * f, guint n_frames, gboolean live);
gchar *  player_get_uri       (Player * f, const gchar * query);
void     player_attach        (Player * f, GstElement * player);
void     player_make          (Player * f, guint kind, const gchar * query);
void     player_setup         (Player * f, guint kind, guint n_frames,
                               const gchar * query);
void     player_teardown      (Player * f);
void     player_wait_for      (Player * f, GstMessageType type);
void     player_settle        (Player * f, GstState state);
gint64   player_on_show       (Player * f);
void     player_seek          (Player * f, gdouble rate, GstSeekFlags flags,
                               gint64 start, gint64 stop);
gint64   player_get_end       (Player * f);
void     player_wait_for_end  (Player * f, gint64 end);
guint    player_count_shown   (Player * f);
gboolean player_wait_for_step (Player * f, guint64 * time);
void     player_step          (Player * f, gint frames, gint64 expected);
