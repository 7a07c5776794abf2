/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp-private.h: what the files of gst/rtmp share among themselves
 */
#ifndef __GST_RTMP_PRIVATE_H__
#define __GST_RTMP_PRIVATE_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* One debug category, "dvrrtmp", for the whole library. */
GstDebugCategory * gst_rtmp_get_debug_category (void);

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
