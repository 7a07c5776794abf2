/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_rtmp_handshake.c: whatever a peer sends first, torn anywhere
 */
#include "rtmp/rtmphandshake.h"

int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);

/* The first byte tells who we are, the second how the rest is torn. */
int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  GstRtmpHandshake *handshake;
  GByteArray *out;
  gsize pos, used;

  if (size < 2)
    return 0;
  handshake = gst_rtmp_handshake_new (data[0] & 1, (data[0] >> 1) % 3);
  out = g_byte_array_new ();
  gst_rtmp_handshake_start (handshake, out);
  for (pos = 2; pos < size; pos += used) {
    gsize piece = MIN (size - pos, 1 + (gsize) data[1] * 8);

    if (!gst_rtmp_handshake_feed (handshake, data + pos, piece, &used, out,
            NULL))
      break;
    g_assert (used == piece || gst_rtmp_handshake_is_done (handshake));
    if (gst_rtmp_handshake_is_done (handshake))
      break;
  }
  g_assert (out->len <= 1 + 2 * 1536);
  g_byte_array_unref (out);
  gst_rtmp_handshake_free (handshake);
  return 0;
}
