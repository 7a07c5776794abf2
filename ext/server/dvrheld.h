/* dvrheld.h: how much memory a table's segments take
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrsegment.h>

G_BEGIN_DECLS

typedef struct _DvrHeld DvrHeld;

DvrHeld * dvr_held_new       (void);
void      dvr_held_free      (DvrHeld * self);
void      dvr_held_add       (DvrHeld * self, GstDvrSegment * segment);
void      dvr_held_remove    (DvrHeld * self, GstDvrSegment * segment);
void      dvr_held_refresh   (DvrHeld * self);
guint64   dvr_held_get_bytes (DvrHeld * self);

G_END_DECLS
