/* gstdvrahead.h: chunks that are shown ahead of their part
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A part is written, and its size known, when it ends. Who cannot wait for
 * that sees its chunks as they are made. Not thread-safe.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  /*< private >*/
  GArray *parts;
} GstDvrAhead;

void        gst_dvr_ahead_clear       (GstDvrAhead * self);
void        gst_dvr_ahead_show        (GstDvrAhead * self, guint part,
                                       GPtrArray * chunks);
void        gst_dvr_ahead_drop_before (GstDvrAhead * self, guint part);
GstBuffer * gst_dvr_ahead_get         (const GstDvrAhead * self, guint part,
                                       guint index);
guint64     gst_dvr_ahead_get_size    (const GstDvrAhead * self);

G_END_DECLS
