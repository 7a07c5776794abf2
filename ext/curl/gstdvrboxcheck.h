/* gstdvrboxcheck.h: whether bytes that come in are MP4 boxes in a row
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstDvrBoxCheck GstDvrBoxCheck;

/* Where the next box begins, counted from the first byte fed. */
struct _GstDvrBoxCheck
{
  guint64 position;
  guint64 next_box;
  guint8 header[16];
  guint n_header;
  guint n_boxes;
};

gboolean gst_dvr_box_check_feed (GstDvrBoxCheck * self, const guint8 * data,
    gsize size);
gboolean gst_dvr_box_check_is_complete (const GstDvrBoxCheck * self);

G_END_DECLS
