/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp_handshake.c: the RTMP handshake, both kinds, both sides
 */
#include <gst/check/gstcheck.h>

#include "rtmp/rtmphandshake.h"
#include "rtmp/rtmpmessage.h"

#define PACKET 1536

/* Moves all of @from into @to, @step bytes at a time; empties @from. */
static void
move (GByteArray * from, GstRtmpHandshake * to, GByteArray * answer, gsize step)
{
  gsize pos = 0;

  while (pos < from->len) {
    gsize used, size = MIN (step, from->len - pos);
    guint8 *copy = g_memdup2 (from->data + pos, size);

    fail_unless (gst_rtmp_handshake_feed (to, copy, size, &used, answer, NULL));
    fail_unless_equals_uint64 (used, size);
    pos += used;
    g_free (copy);
  }
  g_byte_array_set_size (from, 0);
}

static void
shake_hands (GstRtmpDigest digest, gsize step)
{
  GstRtmpHandshake *client =
      gst_rtmp_handshake_new (GST_RTMP_ROLE_CLIENT, digest);
  GstRtmpHandshake *server =
      gst_rtmp_handshake_new (GST_RTMP_ROLE_SERVER, GST_RTMP_DIGEST_NONE);
  GByteArray *up = g_byte_array_new (), *down = g_byte_array_new ();

  gst_rtmp_handshake_start (server, down);
  fail_unless_equals_int (down->len, 0);
  gst_rtmp_handshake_start (client, up);
  fail_unless_equals_int (up->len, 1 + PACKET);
  move (up, server, down, step);
  fail_unless_equals_int (down->len, 1 + 2 * PACKET);
  move (down, client, up, step);
  fail_unless (gst_rtmp_handshake_is_done (client));
  fail_if (gst_rtmp_handshake_is_done (server));
  fail_unless_equals_int (up->len, PACKET);
  move (up, server, down, step);
  fail_unless (gst_rtmp_handshake_is_done (server));
  fail_unless_equals_int (down->len, 0);
  /* each recognised the other's digest */
  fail_unless_equals_int (gst_rtmp_handshake_get_digest (server), digest);
  fail_unless_equals_int (gst_rtmp_handshake_get_digest (client), digest);

  g_byte_array_unref (up);
  g_byte_array_unref (down);
  gst_rtmp_handshake_free (client);
  gst_rtmp_handshake_free (server);
}

GST_START_TEST (test_all_kinds_at_all_paces)
{
  static const gsize steps[] = { 1, 7, 1536, 1537, 100000 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (steps); i++) {
    shake_hands (GST_RTMP_DIGEST_NONE, steps[i]);
    shake_hands (GST_RTMP_DIGEST_FIRST, steps[i]);
    shake_hands (GST_RTMP_DIGEST_SECOND, steps[i]);
  }
}

GST_END_TEST;

GST_START_TEST (test_simple_answer_is_an_echo)
{
  GstRtmpHandshake *server =
      gst_rtmp_handshake_new (GST_RTMP_ROLE_SERVER, GST_RTMP_DIGEST_NONE);
  GByteArray *out = g_byte_array_new ();
  guint8 first[1 + PACKET] = { 3, };
  gsize i, used;

  for (i = 9; i < sizeof first; i++)
    first[i] = i * 7;
  fail_unless (gst_rtmp_handshake_feed (server, first, sizeof first, &used,
          out, NULL));
  fail_unless_equals_int (out->data[0], 3);
  fail_unless (memcmp (out->data + 1 + PACKET, first + 1, PACKET) == 0);
  g_byte_array_unref (out);
  gst_rtmp_handshake_free (server);
}

GST_END_TEST;

/* A version is claimed but nothing is signed: simple, as librtmp wants it. */
GST_START_TEST (test_wrong_digest_is_a_simple_handshake)
{
  GstRtmpHandshake *server =
      gst_rtmp_handshake_new (GST_RTMP_ROLE_SERVER, GST_RTMP_DIGEST_NONE);
  GByteArray *out = g_byte_array_new ();
  guint8 first[1 + PACKET] = { 3, 0, 0, 0, 0, 9, 0, 124, 2 };
  gsize used;

  memset (first + 9, 0xff, sizeof first - 9);
  fail_unless (gst_rtmp_handshake_feed (server, first, sizeof first, &used,
          out, NULL));
  fail_unless_equals_int (gst_rtmp_handshake_get_digest (server),
      GST_RTMP_DIGEST_NONE);
  fail_unless (memcmp (out->data + 1 + PACKET, first + 1, PACKET) == 0);
  g_byte_array_unref (out);
  gst_rtmp_handshake_free (server);
}

GST_END_TEST;

GST_START_TEST (test_only_its_own_bytes_are_taken)
{
  GstRtmpHandshake *server =
      gst_rtmp_handshake_new (GST_RTMP_ROLE_SERVER, GST_RTMP_DIGEST_NONE);
  GByteArray *out = g_byte_array_new ();
  guint8 all[1 + 2 * PACKET + 5] = { 3, };
  gsize used;

  fail_unless (gst_rtmp_handshake_feed (server, all, sizeof all, &used, out,
          NULL));
  fail_unless (gst_rtmp_handshake_is_done (server));
  fail_unless_equals_uint64 (used, 1 + 2 * PACKET);
  fail_unless (gst_rtmp_handshake_feed (server, all, 5, &used, out, NULL));
  fail_unless_equals_uint64 (used, 0);
  g_byte_array_unref (out);
  gst_rtmp_handshake_free (server);
}

GST_END_TEST;

static void
first_byte (GstRtmpRole role, guint8 version, const gchar * why)
{
  GstRtmpHandshake *hs = gst_rtmp_handshake_new (role, GST_RTMP_DIGEST_NONE);
  GByteArray *out = g_byte_array_new ();
  GError *error = NULL;
  gsize used;

  fail_unless (gst_rtmp_handshake_feed (hs, &version, 1, &used, out,
          &error) == (why == NULL));
  if (why) {
    fail_unless (g_error_matches (error, GST_RTMP_ERROR,
            GST_RTMP_ERROR_HANDSHAKE));
    fail_unless (strstr (error->message, why), "%s", error->message);
    g_error_free (error);
  }
  fail_unless_equals_int (out->len, 0);
  g_byte_array_unref (out);
  gst_rtmp_handshake_free (hs);
}

GST_START_TEST (test_other_protocols_are_told_apart)
{
  first_byte (GST_RTMP_ROLE_SERVER, 3, NULL);
  /* to be answered with 3, section 5.2.2 */
  first_byte (GST_RTMP_ROLE_SERVER, 2, NULL);
  first_byte (GST_RTMP_ROLE_SERVER, 31, NULL);
  first_byte (GST_RTMP_ROLE_SERVER, 6, "RTMPE");
  first_byte (GST_RTMP_ROLE_SERVER, 0x16, "TLS");
  first_byte (GST_RTMP_ROLE_SERVER, 'G', "not RTMP");
  first_byte (GST_RTMP_ROLE_CLIENT, 'H', "not RTMP");
  first_byte (GST_RTMP_ROLE_CLIENT, 4, "another version");
}

GST_END_TEST;

static Suite *
rtmp_handshake_suite (void)
{
  Suite *s = suite_create ("rtmp_handshake");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_all_kinds_at_all_paces);
  tcase_add_test (tc, test_simple_answer_is_an_echo);
  tcase_add_test (tc, test_wrong_digest_is_a_simple_handshake);
  tcase_add_test (tc, test_only_its_own_bytes_are_taken);
  tcase_add_test (tc, test_other_protocols_are_told_apart);
  return s;
}

GST_CHECK_MAIN (rtmp_handshake);
