/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp_amf.c: AMF0 and AMF3, whole, cut and hostile
 */
#include <gst/check/gstcheck.h>

#include "rtmp/amf0.h"
#include "rtmp/amf3.h"
#include "rtmp/rtmpmessage.h"

static GPtrArray *
read_bytes (const guint8 * data, gsize size, const GstAmfLimits * limits,
    GError ** error)
{
  /* exactly as long, so that valgrind and ASan see every byte read beyond */
  guint8 *copy = g_memdup2 (data, size);
  GPtrArray *values = gst_amf0_read_all (copy, size, limits, error);

  g_free (copy);
  return values;
}

#define read_array(bytes) read_bytes (bytes, sizeof bytes, NULL, NULL)

static void
fail_unless_reads_as (const guint8 * data, gsize size, const gchar * text)
{
  GError *error = NULL;
  GPtrArray *values = read_bytes (data, size, NULL, &error);
  gchar *shown;

  fail_unless (values != NULL, "%s", error ? error->message : "");
  fail_unless_equals_int (values->len, 1);
  shown = gst_amf_to_string (g_ptr_array_index (values, 0));
  fail_unless_equals_string (shown, text);
  g_free (shown);
  g_ptr_array_unref (values);
}

#define fail_unless_amf(text, ...) G_STMT_START { \
  static const guint8 bytes_[] = { __VA_ARGS__ }; \
  fail_unless_reads_as (bytes_, sizeof bytes_, text); \
} G_STMT_END

static void
fail_unless_refused (const guint8 * data, gsize size, const gchar * why)
{
  GError *error = NULL;
  GPtrArray *values = read_bytes (data, size, NULL, &error);

  fail_unless (values == NULL);
  fail_unless (g_error_matches (error, GST_RTMP_ERROR, GST_RTMP_ERROR_AMF));
  fail_unless (strstr (error->message, why), "%s, not %s", error->message, why);
  g_error_free (error);
}

#define fail_unless_bad_amf(why, ...) G_STMT_START { \
  static const guint8 bytes_[] = { __VA_ARGS__ }; \
  fail_unless_refused (bytes_, sizeof bytes_, why); \
} G_STMT_END

GST_START_TEST (test_amf0_values)
{
  fail_unless_amf ("1.5", 0, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0);
  fail_unless_amf ("true", 1, 1);
  fail_unless_amf ("\"ab\"", 2, 0, 2, 'a', 'b');
  fail_unless_amf ("{\"a\": null}", 3, 0, 1, 'a', 5, 0, 0, 9);
  fail_unless_amf ("null", 5);
  fail_unless_amf ("undefined", 6);
  fail_unless_amf ("{\"a\": true}", 8, 0, 0, 0, 1, 0, 1, 'a', 1, 1, 0, 0, 9);
  fail_unless_amf ("[null, false]", 10, 0, 0, 0, 2, 5, 1, 0);
  fail_unless_amf ("date 1.5", 11, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0, 0);
  fail_unless_amf ("\"a\"", 12, 0, 0, 0, 1, 'a');
  fail_unless_amf ("unsupported", 13);
  fail_unless_amf ("xml \"<a/>\"", 15, 0, 0, 0, 4, '<', 'a', '/', '>');
  fail_unless_amf ("\"C\" {\"a\": null}", 16, 0, 1, 'C', 0, 1, 'a', 5, 0, 0, 9);
}

GST_END_TEST;

GST_START_TEST (test_amf0_reference_is_a_second_look_at_the_same)
{
  /* [ {a: true}, reference to that object ] */
  fail_unless_amf ("[{\"a\": true}, {\"a\": true}]",
      10, 0, 0, 0, 2, 3, 0, 1, 'a', 1, 1, 0, 0, 9, 7, 0, 1);
}

GST_END_TEST;

GST_START_TEST (test_references_out_of_range_are_refused)
{
  fail_unless_bad_amf ("a reference to nothing", 7, 0, 0);
  fail_unless_bad_amf ("a reference to nothing", 10, 0, 0, 0, 1, 7, 0, 1);
  /* an array that holds itself */
  fail_unless_bad_amf ("what encloses it", 10, 0, 0, 0, 1, 7, 0, 0);
  /* AMF3: string 0, traits 0, object 0 and 7, none of which is there */
  fail_unless_bad_amf ("no string", 0x11, 6, 0);
  fail_unless_bad_amf ("no traits", 0x11, 10, 1);
  fail_unless_bad_amf ("a reference to nothing", 0x11, 10, 0);
  fail_unless_bad_amf ("a reference to nothing", 0x11, 9, 14);
  /* AMF3: an array that holds itself */
  fail_unless_bad_amf ("what encloses it", 0x11, 9, 3, 1, 9, 0);
}

GST_END_TEST;

GST_START_TEST (test_ecma_array_needs_no_end_at_the_end)
{
  fail_unless_amf ("{\"a\": true}", 8, 0, 0, 0, 1, 0, 1, 'a', 1, 1);
  /* but an object does, and so does an array with fewer than announced */
  fail_unless_bad_amf ("ends inside", 3, 0, 1, 'a', 1, 1);
  fail_unless_bad_amf ("ends inside", 8, 0, 0, 0, 2, 0, 1, 'a', 1, 1);
}

GST_END_TEST;

GST_START_TEST (test_counts_are_not_believed)
{
  fail_unless_bad_amf ("ends inside", 10, 0xff, 0xff, 0xff, 0xff);
  fail_unless_bad_amf ("ends inside", 10, 0xff, 0xff, 0xff, 0xff, 5, 5);
  fail_unless_bad_amf ("ends inside", 12, 0xff, 0xff, 0xff, 0xff, 'a');
  fail_unless_bad_amf ("ends inside", 2, 0xff, 0xff, 'a');
  fail_unless_bad_amf ("ends inside", 0x11, 12, 0xff, 0xff, 0xff, 0xff);
  fail_unless_bad_amf ("ends inside", 0x11, 13, 0xff, 0xff, 0xff, 0xff, 0);
  fail_unless_bad_amf ("unknown AMF0", 4);
  fail_unless_bad_amf ("unknown AMF0", 0x0e);
  fail_unless_bad_amf ("unknown AMF3", 0x11, 0x11);
}

GST_END_TEST;

static GByteArray *
nested (guint depth, guint8 marker)
{
  GByteArray *bytes = g_byte_array_new ();
  static const guint8 array[] = { 10, 0, 0, 0, 1 };
  static const guint8 object[] = { 3, 0, 1, 'a' };
  static const guint8 avm[] = { 9, 3, 1 };
  static const guint8 null = 5;
  guint i;

  if (marker == 0x11)
    g_byte_array_append (bytes, &marker, 1);
  for (i = 0; i < depth; i++) {
    if (marker == 10)
      g_byte_array_append (bytes, array, sizeof array);
    else if (marker == 3)
      g_byte_array_append (bytes, object, sizeof object);
    else
      g_byte_array_append (bytes, avm, sizeof avm);
  }
  g_byte_array_append (bytes, &null, 1);
  return bytes;
}

GST_START_TEST (test_nesting_is_bounded)
{
  static const guint8 markers[] = { 3, 10, 0x11 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (markers); i++) {
    GByteArray *bytes = nested (100000, markers[i]);

    fail_unless_refused (bytes->data, bytes->len, "nested too deep");
    g_byte_array_unref (bytes);
  }
}

GST_END_TEST;

/* Each array holds the one before twice: 2^n values from 8 bytes each. */
GST_START_TEST (test_references_do_not_multiply)
{
  GByteArray *bytes = g_byte_array_new ();
  guint i;

  for (i = 0; i < 30; i++) {
    guint8 array[] = { 10, 0, 0, 0, 2, 7, 0, i - 1, 7, 0, i - 1 };
    guint8 first[] = { 10, 0, 0, 0, 0 };

    if (i == 0)
      g_byte_array_append (bytes, first, sizeof first);
    else
      g_byte_array_append (bytes, array, sizeof array);
  }
  fail_unless_refused (bytes->data, bytes->len, "too many values");
  g_byte_array_unref (bytes);
}

GST_END_TEST;

GST_START_TEST (test_limits_are_the_callers)
{
  static const guint8 bytes[] = { 5, 5, 5, 2, 0, 3, 'a', 'b', 'c' };
  GstAmfLimits limits = { 4, 4, 3 };
  GPtrArray *values = read_bytes (bytes, sizeof bytes, &limits, NULL);

  fail_unless (values != NULL);
  g_ptr_array_unref (values);
  limits.max_nodes = 3;
  fail_unless (read_bytes (bytes, sizeof bytes, &limits, NULL) == NULL);
  limits.max_nodes = 4;
  limits.max_string_bytes = 2;
  fail_unless (read_bytes (bytes, sizeof bytes, &limits, NULL) == NULL);
}

GST_END_TEST;

GST_START_TEST (test_amf3_values)
{
  fail_unless_amf ("undefined", 0x11, 0);
  fail_unless_amf ("false", 0x11, 2);
  fail_unless_amf ("true", 0x11, 3);
  fail_unless_amf ("127", 0x11, 4, 0x7f);
  fail_unless_amf ("128", 0x11, 4, 0x81, 0);
  fail_unless_amf ("-1", 0x11, 4, 0xff, 0xff, 0xff, 0xff);
  fail_unless_amf ("268435455", 0x11, 4, 0xbf, 0xff, 0xff, 0xff);
  fail_unless_amf ("1.5", 0x11, 5, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0);
  fail_unless_amf ("\"ab\"", 0x11, 6, 5, 'a', 'b');
  fail_unless_amf ("date 1.5", 0x11, 8, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0);
  fail_unless_amf ("[null, \"x\", \"x\"]", 0x11, 9, 7, 1, 1, 6, 3, 'x', 6, 0);
  fail_unless_amf ("{\"k\": true, \"0\": false}", 0x11, 9, 3, 3, 'k', 3, 1, 2);
  fail_unless_amf ("<2 bytes>", 0x11, 12, 5, 1, 2);
  fail_unless_amf ("xml \"<a/>\"", 0x11, 11, 9, '<', 'a', '/', '>');
  fail_unless_amf ("[-1, 1]", 0x11, 13, 5, 0, 0xff, 0xff, 0xff, 0xff,
      0, 0, 0, 1);
  fail_unless_amf ("[4294967295]", 0x11, 14, 3, 0, 0xff, 0xff, 0xff, 0xff);
  fail_unless_amf ("[1.5]", 0x11, 15, 3, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0);
  fail_unless_amf ("[null]", 0x11, 16, 3, 0, 1, 1);
}

GST_END_TEST;

GST_START_TEST (test_amf3_objects)
{
  /* sealed a, dynamic b; then the same traits again, then the object itself */
  fail_unless_amf ("[\"C\" {\"a\": 1, \"b\": 2}, "
      "\"C\" {\"a\": 3}, \"C\" {\"a\": 1, \"b\": 2}]",
      0x11, 9, 7, 1,
      10, 0x1b, 3, 'C', 3, 'a', 4, 1, 3, 'b', 4, 2, 1,
      10, 0x01, 4, 3, 1, 10, 2);
  fail_unless_amf ("\"flex.messaging.io.ObjectProxy\" {\"source\": null}",
      0x11, 10, 7, 59, 'f', 'l', 'e', 'x', '.', 'm', 'e', 's', 's', 'a', 'g',
      'i', 'n', 'g', '.', 'i', 'o', '.', 'O', 'b', 'j', 'e', 'c', 't', 'P',
      'r', 'o', 'x', 'y', 1);
  fail_unless_bad_amf ("externalizable", 0x11, 10, 7, 3, 'C', 1);
}

GST_END_TEST;

static GstAmf *
everything (void)
{
  GstAmf *object = gst_amf_new_object ();
  GstAmf *typed = gst_amf_new_typed_object ("a.B");
  GstAmf *ecma = gst_amf_new_ecma_array ();
  GstAmf *array = gst_amf_new_strict_array ();

  gst_amf_set_number (typed, "pi", 3.14159);
  gst_amf_set_number (ecma, "small", -268435456);
  gst_amf_set_number (ecma, "large", 4294967296.0);
  gst_amf_append (array, gst_amf_new_null ());
  gst_amf_append (array, gst_amf_new_boolean (TRUE));
  gst_amf_append (array, gst_amf_new_date (1795206120000.0, 0));
  gst_amf_append (array, gst_amf_new_xml ("<x/>", 4));
  gst_amf_set (object, "typed", typed);
  gst_amf_set (object, "ecma", ecma);
  gst_amf_set (object, "array", array);
  gst_amf_set (object, "none", gst_amf_new_undefined ());
  gst_amf_set_string (object, "text", "gr\303\274n");
  return object;
}

GST_START_TEST (test_what_is_written_reads_the_same)
{
  GstAmf *value = everything ();
  gchar *text = gst_amf_to_string (value);
  GByteArray *bytes = g_byte_array_new ();
  guint8 avmplus = 0x11;

  gst_amf0_write (bytes, value);
  fail_unless_reads_as (bytes->data, bytes->len, text);
  g_byte_array_set_size (bytes, 0);
  g_byte_array_append (bytes, &avmplus, 1);
  gst_amf3_write (bytes, value);
  fail_unless_reads_as (bytes->data, bytes->len, text);
  g_byte_array_unref (bytes);
  g_free (text);
  gst_amf_unref (value);
}

GST_END_TEST;

GST_START_TEST (test_long_strings)
{
  gchar *text = g_strnfill (70000, 'x');
  GByteArray *bytes = g_byte_array_new ();
  GPtrArray *values;

  gst_amf0_write_string (bytes, text);
  fail_unless_equals_int (bytes->data[0], 12);
  values = read_bytes (bytes->data, bytes->len, NULL, NULL);
  fail_unless_equals_string (gst_amf_get_text (g_ptr_array_index (values, 0)),
      text);
  g_ptr_array_unref (values);
  g_byte_array_unref (bytes);
  g_free (text);
}

GST_END_TEST;

/* At every byte: never read beyond, never taken as whole. */
static void
fail_unless_cut_is_noticed (GByteArray * bytes)
{
  gsize size;

  for (size = 1; size < bytes->len; size++) {
    GPtrArray *values = read_bytes (bytes->data, size, NULL, NULL);

    fail_unless (values == NULL, "%" G_GSIZE_FORMAT " of %u", size, bytes->len);
  }
}

GST_START_TEST (test_cut_values_are_refused)
{
  GstAmf *value = everything ();
  GByteArray *bytes = g_byte_array_new ();
  guint8 avmplus = 0x11;

  gst_amf0_write (bytes, value);
  fail_unless_cut_is_noticed (bytes);
  g_byte_array_set_size (bytes, 0);
  g_byte_array_append (bytes, &avmplus, 1);
  gst_amf3_write (bytes, value);
  fail_unless_cut_is_noticed (bytes);
  g_byte_array_unref (bytes);
  gst_amf_unref (value);
}

GST_END_TEST;

GST_START_TEST (test_members)
{
  static const guint8 bytes[] = { 3, 0, 1, 'a', 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 1, 'a', 2, 0, 1, 'x', 0, 1, 'b', 2, 0, 3, 'a', 0, 'b',
    0, 1, 'c', 2, 0, 1, 0xff, 0, 1, 'd', 1, 1, 0, 0, 9
  };
  GPtrArray *values = read_array (bytes);
  GstAmf *object = g_ptr_array_index (values, 0);
  gboolean truth = FALSE;
  gdouble number;

  fail_unless_equals_int (gst_amf_length (object), 5);
  /* of two the last */
  fail_unless_equals_string (gst_amf_member_text (object, "a"), "x");
  /* neither a hidden end nor broken UTF-8 passes for text */
  fail_unless (gst_amf_member (object, "b") != NULL);
  fail_unless (gst_amf_member_text (object, "b") == NULL);
  fail_unless (gst_amf_member_text (object, "c") == NULL);
  fail_unless (gst_amf_member_boolean (object, "d", &truth) && truth);
  fail_if (gst_amf_member_number (object, "d", &number));
  fail_unless (gst_amf_member (object, "e") == NULL);
  g_ptr_array_unref (values);
}

GST_END_TEST;

static Suite *
rtmp_amf_suite (void)
{
  Suite *s = suite_create ("rtmp_amf");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_amf0_values);
  tcase_add_test (tc, test_amf0_reference_is_a_second_look_at_the_same);
  tcase_add_test (tc, test_references_out_of_range_are_refused);
  tcase_add_test (tc, test_ecma_array_needs_no_end_at_the_end);
  tcase_add_test (tc, test_counts_are_not_believed);
  tcase_add_test (tc, test_nesting_is_bounded);
  tcase_add_test (tc, test_references_do_not_multiply);
  tcase_add_test (tc, test_limits_are_the_callers);
  tcase_add_test (tc, test_amf3_values);
  tcase_add_test (tc, test_amf3_objects);
  tcase_add_test (tc, test_what_is_written_reads_the_same);
  tcase_add_test (tc, test_long_strings);
  tcase_add_test (tc, test_cut_values_are_refused);
  tcase_add_test (tc, test_members);
  return s;
}

GST_CHECK_MAIN (rtmp_amf);
