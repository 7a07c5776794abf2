/* dvrrecorders.h: the recorders of an origin
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrpublishdoor.h"

G_BEGIN_DECLS

typedef struct _DvrRecorders DvrRecorders;

DvrRecorders * dvr_recorders_new     (GstElement * origin,
                                      DvrPublishDoor * door);
void     dvr_recorders_free          (DvrRecorders * self);

void     dvr_recorders_start         (DvrRecorders * self);
void     dvr_recorders_stop          (DvrRecorders * self);
void     dvr_recorders_clear         (DvrRecorders * self);
gboolean dvr_recorders_end           (DvrRecorders * self);
DvrRtmpRole * dvr_recorders_publish  (DvrRecorders * self,
                                      DvrRtmpConnection * connection,
                                      const DvrRtmpAsk * ask,
                                      DvrRtmpRefusal * refusal);

void     dvr_recorders_set_directory (DvrRecorders * self,
                                      const gchar * directory);
const gchar * dvr_recorders_get_directory (DvrRecorders * self);
void     dvr_recorders_set_max_streams (DvrRecorders * self,
                                      guint max_streams);
guint    dvr_recorders_get_max_streams (DvrRecorders * self);
void     dvr_recorders_set_property  (DvrRecorders * self,
                                      const GValue * value,
                                      GParamSpec * pspec);
void     dvr_recorders_get_property  (DvrRecorders * self, GValue * value,
                                      GParamSpec * pspec);
void     dvr_recorders_update_intakes (DvrRecorders * self);
GstStructure * dvr_recorders_get_stats (DvrRecorders * self);

G_END_DECLS
