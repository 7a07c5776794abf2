/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp-private.h: what the files of gst/rtmp share among themselves
 */
#ifndef __GST_RTMP_PRIVATE_H__
#define __GST_RTMP_PRIVATE_H__

#include "amf.h"
#include "rtmpmessage.h"

G_BEGIN_DECLS

/* One debug category, "dvrrtmp", for the whole library. */
GstDebugCategory * gst_rtmp_get_debug_category (void);

/* What command and data messages alike are made of: a name, and values.
 * rtmpcommand.c */
GPtrArray *   gst_rtmp_message_read_values (const GstRtmpMessage * message,
    const GstAmfLimits * limits, gsize * skipped, GError ** error);
gchar *       gst_rtmp_message_steal_name (GPtrArray * values,
    const GstRtmpMessage * message, GError ** error);

/* Appending in network byte order. */
static inline void
gst_rtmp_put_u8 (GByteArray * out, guint8 value)
{
  g_byte_array_append (out, &value, 1);
}

static inline void
gst_rtmp_put_u16 (GByteArray * out, guint16 value)
{
  guint8 b[2];

  GST_WRITE_UINT16_BE (b, value);
  g_byte_array_append (out, b, sizeof b);
}

static inline void
gst_rtmp_put_u24 (GByteArray * out, guint32 value)
{
  guint8 b[3];

  GST_WRITE_UINT24_BE (b, value);
  g_byte_array_append (out, b, sizeof b);
}

static inline void
gst_rtmp_put_u32 (GByteArray * out, guint32 value)
{
  guint8 b[4];

  GST_WRITE_UINT32_BE (b, value);
  g_byte_array_append (out, b, sizeof b);
}

static inline void
gst_rtmp_put_double (GByteArray * out, gdouble value)
{
  guint8 b[8];

  GST_WRITE_DOUBLE_BE (b, value);
  g_byte_array_append (out, b, sizeof b);
}

G_END_DECLS

#endif /* __GST_RTMP_PRIVATE_H__ */
