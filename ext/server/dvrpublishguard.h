/* dvrpublishguard.h: who may publish to an element that listens
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "dvrtoken.h"

G_BEGIN_DECLS

guint    dvr_publish_guard_signal_new  (GType type);
gboolean dvr_publish_guard_has_handler (GstElement * element, guint signal);
gboolean dvr_publish_guard_authorize   (GstElement * element, guint signal,
                                        gboolean guarded,
                                        const gchar * stream,
                                        const GstStructure * client);
void     dvr_publish_guard_warn        (GstElement * element,
                                        const gchar * host,
                                        gboolean guarded);
DvrTokenKeys * dvr_publish_guard_read_secret (const gchar * secret);
void     dvr_publish_guard_post_error  (GstElement * element,
                                        const GError * error);

G_END_DECLS
