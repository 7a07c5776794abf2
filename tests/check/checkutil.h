/* checkutil.h: what tests of all kinds share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrtimeline.h>

G_BEGIN_DECLS

void     check_remove_tree   (const gchar * path);
void     check_wait_timeline (GstDvrTimeline * timeline, guint64 version,
                              gint64 until);
GstDvrSegmentState
         check_wait_segment  (GstDvrSegment * segment, guint64 bytes,
                              guint parts);

GstElement *
         check_launch        (const gchar * format, ...) G_GNUC_PRINTF (1, 2);
void     check_wait_eos      (GstElement * pipeline);
void     check_run           (GstElement * pipeline);

G_END_DECLS
