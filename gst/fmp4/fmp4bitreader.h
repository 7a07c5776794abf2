/* fmp4bitreader.h: reading the headers of coded streams bit by bit
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/base/gstbitreader.h>

/* Reading past the end is remembered instead of being asked after each field;
 * everything read afterwards is 0. */
typedef struct
{
  GstBitReader bits;
  gboolean over;
} BitReader;

static inline void
bit_reader_init (BitReader * r, const guint8 * data, guint size)
{
  gst_bit_reader_init (&r->bits, data, size);
  r->over = FALSE;
}

/* The next @n bits, at most 32. */
static inline guint32
get (BitReader * r, guint n)
{
  guint32 value = 0;

  if (n != 0 && !gst_bit_reader_get_bits_uint32 (&r->bits, &value, n)) {
    r->over = TRUE;
    return 0;
  }
  return value;
}

static inline void
skip (BitReader * r, guint n)
{
  if (!gst_bit_reader_skip (&r->bits, n))
    r->over = TRUE;
}
