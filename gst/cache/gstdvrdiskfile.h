/* gstdvrdiskfile.h: one cached segment as a file
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrsegment.h>

G_BEGIN_DECLS

/* A segment larger than this is not kept on disk. */
#define GST_DVR_DISK_FILE_MAX (G_GUINT64_CONSTANT (1) << 30)
/* The checksum of a file is not known. */
#define GST_DVR_DISK_FILE_UNSUMMED (-1)

/**
 * GstDvrDiskFileFunc:
 * @id: the name that the file's path spells; borrowed
 * @size: bytes
 * @used: when it was last used, seconds since 1970
 * @user_data: what was given
 *
 * Returns: whether to go on
 */
typedef gboolean (*GstDvrDiskFileFunc) (const GstDvrSegmentId * id,
    guint64 size, gint64 used, gpointer user_data);

gchar *     gst_dvr_disk_file_path   (const gchar * directory,
                                      const GstDvrSegmentId * id);
GstBuffer * gst_dvr_disk_file_load   (const gchar * path,
                                      GstDvrSegmentKind kind,
                                      guint64 size,
                                      gint64 sum);
int         gst_dvr_disk_file_save   (const gchar * path,
                                      GstDvrSegment * segment,
                                      gint64 * sum);
void        gst_dvr_disk_file_remove (const gchar * directory,
                                      const gchar * path);
void        gst_dvr_disk_file_scan   (const gchar * directory,
                                      GstDvrDiskFileFunc func,
                                      gpointer user_data);
int         gst_dvr_disk_file_claim  (const gchar * directory,
                                      GError ** error);

G_END_DECLS
