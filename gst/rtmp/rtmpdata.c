/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpdata.c: data messages, parsed
 */
#include "config.h"
#include "rtmpdata.h"
#include "rtmp-private.h"

#include <string.h>

/* How many bytes from @pos on the name takes that wraps a data message. */
static gsize
wrapping_size (const GstRtmpMessage * message, gsize pos)
{
  GstAmfReader reader;
  GstAmf *wrapping;
  GstMapInfo map;

  if (!gst_buffer_map (message->payload, &map, GST_MAP_READ))
    return 0;
  gst_amf_reader_init (&reader, map.data + pos, map.size - pos, NULL);
  wrapping = gst_amf0_read (&reader, NULL);
  g_clear_pointer (&wrapping, gst_amf_unref);
  gst_amf_reader_clear (&reader);
  gst_buffer_unmap (message->payload, &map);
  return reader.pos;
}

/**
 * gst_rtmp_data_parse:
 * @data: (out): to be cleared, on success only
 * @message: of type 18 or 15
 * @limits: (nullable): %NULL for the default ones
 * @error: %GST_RTMP_ERROR_AMF
 *
 * Takes a data message apart, without copying its payload.
 */
gboolean
gst_rtmp_data_parse (GstRtmpData * data, const GstRtmpMessage * message,
    const GstAmfLimits * limits, GError ** error)
{
  gsize skip;

  memset (data, 0, sizeof *data);
  data->args = gst_rtmp_message_read_values (message, limits, &skip, error);
  if (!data->args)
    return FALSE;
  data->name = gst_rtmp_message_steal_name (data->args, message, error);
  if (data->name && data->name[0] == '@' && data->args->len > 0) {
    gchar *wrapping = g_steal_pointer (&data->name);

    if (strcmp (wrapping, "@setDataFrame") == 0)
      data->type = GST_RTMP_DATA_SET_FRAME;
    else if (strcmp (wrapping, "@clearDataFrame") == 0)
      data->type = GST_RTMP_DATA_CLEAR_FRAME;
    if (data->type == GST_RTMP_DATA_PLAIN) {
      data->name = g_steal_pointer (&wrapping);
    } else {
      skip += wrapping_size (message, skip);
      data->name = gst_rtmp_message_steal_name (data->args, message, error);
    }
    g_free (wrapping);
  }
  if (!data->name) {
    gst_rtmp_data_clear (data);
    return FALSE;
  }
  data->payload = gst_buffer_copy_region (message->payload,
      GST_BUFFER_COPY_MEMORY, skip, -1);
  return TRUE;
}

void
gst_rtmp_data_clear (GstRtmpData * data)
{
  g_clear_pointer (&data->name, g_free);
  g_clear_pointer (&data->args, g_ptr_array_unref);
  gst_clear_buffer (&data->payload);
}
