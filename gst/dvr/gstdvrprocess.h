/* gstdvrprocess.h: what names this process to others
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/dvr-prelude.h>

G_BEGIN_DECLS

GST_DVR_API const gchar *gst_dvr_get_process_id (void);

G_END_DECLS
