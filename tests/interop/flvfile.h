/* flvfile.h: what comes over RTMP, as an FLV file
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include <stdio.h>

/* Both return FALSE, with errno set, where it cannot be written. @type is that of
 * the RTMP message, which is the tag's. */
gboolean flv_file_begin   (FILE * file);
gboolean flv_file_add_tag (FILE * file, guint8 type, guint32 timestamp,
                           GstBuffer * body);
