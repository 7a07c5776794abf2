/* dvrplayermedia.h: a stream whose frames are numbered
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrplayer.h"

#define RECORDING "20261120T192200Z-3f9c"

void  dvr_player_setup_tracks (DvrPlayer * p);
void  dvr_player_fill         (DvrPlayer * p, GstDvrSegment * segment);
void  dvr_player_append_parts (DvrPlayer * p, GstDvrSegment * segment,
                               guint begin, guint n_parts);
void  dvr_player_tell_key     (DvrPlayer * p, GstDvrEntry * entry);
void  dvr_player_tell_others  (DvrPlayer * p, GstDvrEntry * entry,
                               GstDvrKeyframe * frames);
