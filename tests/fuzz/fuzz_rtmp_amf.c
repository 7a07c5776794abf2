/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_rtmp_amf.c: hostile AMF0 and AMF3; what can be read can be written, and
 * reads back as the same
 */
#include "rtmp/amf0.h"
#include "rtmp/amf3.h"

int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);

static GByteArray *
write_value (const GstAmf * value, gboolean amf3)
{
  static const guint8 avmplus = 0x11;
  GByteArray *bytes = g_byte_array_new ();

  if (amf3) {
    g_byte_array_append (bytes, &avmplus, 1);
    gst_amf3_write (bytes, value);
  } else {
    gst_amf0_write (bytes, value);
  }
  return bytes;
}

static void
check_round_trip (const GstAmf * value, gboolean amf3)
{
  GByteArray *once = write_value (value, amf3), *twice;
  GPtrArray *again = gst_amf0_read_all (once->data, once->len, NULL, NULL);

  g_assert (again && again->len == 1);
  twice = write_value (g_ptr_array_index (again, 0), amf3);
  g_assert (once->len == twice->len &&
      memcmp (once->data, twice->data, once->len) == 0);
  g_ptr_array_unref (again);
  g_byte_array_unref (once);
  g_byte_array_unref (twice);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  /* written out it may be a little more than was read */
  GstAmfLimits limits = { 32, 5000, 1 << 20 };
  GPtrArray *values;
  guint i;

  if (size > 32768)
    return 0;
  values = gst_amf0_read_all (data, size, &limits, NULL);
  for (i = 0; values && i < values->len; i++) {
    const GstAmf *value = g_ptr_array_index (values, i);

    g_free (gst_amf_to_string (value));
    check_round_trip (value, FALSE);
    check_round_trip (value, TRUE);
  }
  g_clear_pointer (&values, g_ptr_array_unref);
  return 0;
}
