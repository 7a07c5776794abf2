/* flvfile.c: what comes over RTMP, as an FLV file
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "flvfile.h"

#include "flv/flvwriter.h"

/* @buffer: (transfer full) */
static gboolean
write_buffer (FILE * file, GstBuffer * buffer)
{
  GstMapInfo map;
  gboolean written;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  written = fwrite (map.data, map.size, 1, file) == 1;
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return written;
}

gboolean
flv_file_begin (FILE * file)
{
  return write_buffer (file, gst_flv_write_header (TRUE, TRUE));
}

gboolean
flv_file_add_tag (FILE * file, guint8 type, guint32 timestamp, GstBuffer * body)
{
  return write_buffer (file, gst_flv_write_tag (type, timestamp,
          gst_buffer_ref (body)));
}
