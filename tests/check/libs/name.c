/* name.c: which names and references are taken
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrname.h>
#include <string.h>

#define ID "20261120T192200Z-3f9c"

GST_START_TEST (test_recording_ids_are_told_from_other_names)
{
  g_autofree gchar *digits = g_strnfill (47, 'a');
  g_autofree gchar *longest = g_strconcat ("20261120T192200Z-", digits, NULL);
  g_autofree gchar *longer = g_strconcat (longest, "a", NULL);

  fail_unless (gst_dvr_is_recording_id (ID));
  fail_unless (gst_dvr_is_recording_id (longest));
  fail_if (gst_dvr_is_recording_id (longer));
  fail_if (gst_dvr_is_recording_id (""));
  fail_if (gst_dvr_is_recording_id ("20261120T192200Z-"));
  fail_if (gst_dvr_is_recording_id ("20261120T192200Z-3F9C"));
  fail_if (gst_dvr_is_recording_id ("20261120T192200-3f9c"));
  fail_if (gst_dvr_is_recording_id (ID "/"));
  fail_if (gst_dvr_is_recording_id ("2026"));
}

GST_END_TEST;

GST_START_TEST (test_stream_names_are_safe_paths)
{
  static const gchar *const good[] = { "cam1", "live/cam1", "a/b/c", "_x",
    "-x", "a..b", "index", "live/index.m3u8x", "20261120T192200Z"
  };
  static const gchar *const bad[] = { "", "/", "/live", "live/", "a//b", ".",
    "..", "a/..", "a/.hidden", "~token", "a b", "a%2fb", "a\\b", "a\nb",
    "caf\xc3\xa9", "-", "live/-", "metrics", "healthz", "readyz",
    "live/index.m3u8", "dvr.m3u8", "main.m3u8/x", "iframes.m3u8", ID,
    "live/" ID, ID "/x", "*", "a?b", "a:b"
  };
  g_autofree gchar *component = g_strnfill (256, 'a');
  GString *deep = g_string_new ("a");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (good); i++)
    fail_unless (gst_dvr_is_stream_name (good[i]), "%s", good[i]);
  for (i = 0; i < G_N_ELEMENTS (bad); i++)
    fail_if (gst_dvr_is_stream_name (bad[i]), "%s", bad[i]);
  fail_if (gst_dvr_is_stream_name (component));
  component[255] = '\0';
  fail_unless (gst_dvr_is_stream_name (component));
  while (deep->len <= GST_DVR_STREAM_NAME_MAX)
    g_string_append (deep, "/a");
  fail_if (gst_dvr_is_stream_name (deep->str));
  g_string_free (deep, TRUE);
}

GST_END_TEST;

GST_START_TEST (test_file_names_are_read_as_written)
{
  static const gchar *const bad[] = { "", ID, ID "/", ID "/1", ID "/.m4s",
    ID "/-1.m4s", ID "/1.m4", ID "/1.m4s?x", ID "/1..m4s", ID "/1.2.3.m4s",
    ID "/init-.mp4", ID "/init-1.m4s", ID "/init-99999999999.mp4",
    ID "/99999999999999999999.m4s", ID "/1.4294967296.m4s", "../1.m4s",
    "/" ID "/1.m4s", ID "//1.m4s", ID "/000000000000000000001.m4s"
  };
  GstDvrFileName name;
  guint i;

  fail_unless (gst_dvr_parse_file_name (ID "/0000000042.m4s", &name));
  fail_unless_equals_int (name.kind, GST_DVR_FILE_SEGMENT);
  fail_unless_equals_uint64 (name.number, 42);
  fail_unless_equals_string (name.recording, ID);
  fail_unless (gst_dvr_parse_file_name (ID "/42.7.m4s", &name));
  fail_unless_equals_int (name.kind, GST_DVR_FILE_PART);
  fail_unless_equals_uint64 (name.number, 42);
  fail_unless_equals_int (name.part, 7);
  fail_unless (gst_dvr_parse_file_name (ID "/init-3.mp4", &name));
  fail_unless_equals_int (name.kind, GST_DVR_FILE_INIT);
  fail_unless_equals_uint64 (name.number, 3);
  for (i = 0; i < G_N_ELEMENTS (bad); i++)
    fail_if (gst_dvr_parse_file_name (bad[i], &name), "%s", bad[i]);
}

GST_END_TEST;

static void
check_resolved (const gchar * base, const gchar * reference,
    GstDvrUriFlags flags, const gchar * expected)
{
  GError *error = NULL;
  g_autofree gchar *uri = gst_dvr_resolve_uri (base, reference, flags, &error);

  fail_unless (g_strcmp0 (uri, expected) == 0, "%s + %s = %s, not %s (%s)",
      base, reference, uri, expected, error ? error->message : "no error");
  fail_unless ((uri == NULL) == (error != NULL));
  g_clear_error (&error);
}

#define BASE "http://h:80/live/cam/index.m3u8?x=/y/"

GST_START_TEST (test_references_beneath_stay_there)
{
  const GstDvrUriFlags f = GST_DVR_URI_BENEATH;

  check_resolved (BASE, "a/1.m4s", f, "http://h:80/live/cam/a/1.m4s");
  check_resolved (BASE, "./a/../1.m4s?q=..#f", f,
      "http://h:80/live/cam/1.m4s?q=..");
  check_resolved (BASE, "a/..", f, "http://h:80/live/cam/");
  check_resolved (BASE, "?q", f, "http://h:80/live/cam/index.m3u8?q");
  check_resolved (BASE, "#f", f, "http://h:80/live/cam/index.m3u8");
  check_resolved ("http://h", "a", f, "http://h/a");
  check_resolved ("/var/dvr/index.m3u8", "a", f, "/var/dvr/a");
  check_resolved ("index.m3u8", "a", f, "a");
  check_resolved (BASE, "a%20b...c", f, "http://h:80/live/cam/a%20b...c");

  check_resolved (BASE, "../x", f, NULL);
  check_resolved (BASE, "a/../../x", f, NULL);
  check_resolved (BASE, "%2E./x", f, NULL);
  check_resolved (BASE, "a/.%2e/%2e%2e/x", f, NULL);
  check_resolved (BASE, "..%2fx", f, NULL);
  check_resolved (BASE, "a%5Cx", f, NULL);
  check_resolved (BASE, "/live/cam/x", f, NULL);
  check_resolved (BASE, "//h/x", f, NULL);
  check_resolved (BASE, "http://h:80/live/cam/x", f, NULL);
  check_resolved ("index.m3u8", "..", f, NULL);
  check_resolved ("index.m3u8", "/etc/passwd", f, NULL);
}

GST_END_TEST;

GST_START_TEST (test_references_to_the_same_origin)
{
  const GstDvrUriFlags f = GST_DVR_URI_SAME_ORIGIN;

  check_resolved (BASE, "../x", f, "http://h:80/live/x");
  check_resolved (BASE, "../../x/", f, "http://h:80/x/");
  check_resolved (BASE, "/x%2fy", f, "http://h:80/x%2fy");
  check_resolved (BASE, "HTTP://H:80/x", f, "HTTP://H:80/x");
  check_resolved (BASE, "//h:80/x", f, "http://h:80/x");

  check_resolved (BASE, "../../../x", f, NULL);
  check_resolved (BASE, "/../x", f, NULL);
  check_resolved (BASE, "http://h:8080/x", f, NULL);
  check_resolved (BASE, "http://h:80@evil/x", f, NULL);
  check_resolved (BASE, "http://h:80.evil/x", f, NULL);
  check_resolved (BASE, "https://h:80/x", f, NULL);
  check_resolved (BASE, "//other/x", f, NULL);
}

GST_END_TEST;

GST_START_TEST (test_references_to_any_host)
{
  const GstDvrUriFlags f = GST_DVR_URI_ANY_HOST;

  check_resolved (BASE, "https://other/x?y#z", f, "https://other/x?y");
  check_resolved (BASE, "//other/x", f, "http://other/x");
  check_resolved (BASE, "file:///etc/passwd", f, NULL);
  check_resolved (BASE, "http:///x", f, NULL);
  check_resolved (BASE, "http:x", f, NULL);
  check_resolved (BASE, "data:,x", f, NULL);
  check_resolved (BASE, "http://user@other/x", f, NULL);
  check_resolved ("file:///var/dvr/index.m3u8", "//other/x", f, NULL);
  check_resolved ("/var/dvr/index.m3u8", "//other/x", f, NULL);
}

GST_END_TEST;

GST_START_TEST (test_references_that_would_break_a_request)
{
  static const gchar *const bad[] = { "", "a b", "a\r\nHost: x", "a\x7f",
    "a\\b", "a%", "a%1", "a%zz", "a%00b"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    check_resolved (BASE, bad[i], GST_DVR_URI_BENEATH, NULL);
    check_resolved (BASE, bad[i], GST_DVR_URI_ANY_HOST, NULL);
  }
}

GST_END_TEST;

static Suite *
name_suite (void)
{
  Suite *s = suite_create ("name");
  TCase *tc = tcase_create ("names");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_recording_ids_are_told_from_other_names);
  tcase_add_test (tc, test_stream_names_are_safe_paths);
  tcase_add_test (tc, test_file_names_are_read_as_written);
  tcase_add_test (tc, test_references_beneath_stay_there);
  tcase_add_test (tc, test_references_to_the_same_origin);
  tcase_add_test (tc, test_references_to_any_host);
  tcase_add_test (tc, test_references_that_would_break_a_request);
  return s;
}

GST_CHECK_MAIN (name);
