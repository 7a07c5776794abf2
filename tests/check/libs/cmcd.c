/* cmcd.c: Common Media Client Data, written and read
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrcmcd.h>

#define SESSION "6e2fb550-c457-11e9-bb97-0800200c9a66"
#define OWN "org.gst-plugins-dvr-"

static GstDvrCmcd
make_seek (void)
{
  GstDvrReport report = { GST_DVR_REPORT_CLIENT_SEEK, "live/cam1", SESSION,
    12345 * GST_MSECOND, 4 * GST_SECOND, 2149 * GST_MSECOND, 2.0, TRUE, TRUE
  };
  GstDvrCmcd cmcd;

  gst_dvr_cmcd_set_report (&cmcd, &report);
  g_strlcpy (cmcd.object, "av", sizeof (cmcd.object));
  g_strlcpy (cmcd.type, "l", sizeof (cmcd.type));
  cmcd.count = 7;

  return cmcd;
}

GST_START_TEST (test_each_key_stands_in_its_header_in_order)
{
  GstDvrCmcd cmcd = make_seek ();
  gchar **lines = gst_dvr_cmcd_to_headers (&cmcd);

  fail_unless_equals_int (g_strv_length (lines), 4);
  fail_unless_equals_string (lines[0], "CMCD-Object: ot=av");
  fail_unless_equals_string (lines[1], "CMCD-Request: bl=2100," OWN
      "ev=client-seek," OWN "from=4000," OWN "n=7," OWN "pos=12345,su");
  fail_unless_equals_string (lines[2], "CMCD-Session: pr=2,sf=h,sid=\"" SESSION
      "\",st=l");
  fail_unless_equals_string (lines[3], "CMCD-Status: bs");
  g_strfreev (lines);
}

GST_END_TEST;

GST_START_TEST (test_what_is_as_usual_is_not_told)
{
  GstDvrReport report = { GST_DVR_REPORT_STATE, "live/cam1", SESSION,
    12 * GST_SECOND, GST_CLOCK_TIME_NONE, 2150 * GST_MSECOND, 1.0, FALSE, FALSE
  };
  GstDvrCmcd cmcd;
  gchar **lines;

  gst_dvr_cmcd_set_report (&cmcd, &report);
  lines = gst_dvr_cmcd_to_headers (&cmcd);
  fail_unless_equals_int (g_strv_length (lines), 2);
  fail_unless_equals_string (lines[0], "CMCD-Request: bl=2200");
  fail_unless_equals_string (lines[1], "CMCD-Session: sf=h,sid=\"" SESSION
      "\"");
  g_strfreev (lines);
}

GST_END_TEST;

GST_START_TEST (test_a_query_is_escaped_and_read_again)
{
  GstDvrCmcd cmcd = make_seek (), got;
  gchar *query = gst_dvr_cmcd_to_query (&cmcd);
  gchar *whole = g_strdup_printf ("_HLS_msn=7&%s&b", query), *text;

  fail_unless (g_str_has_prefix (query, "CMCD=bl%3D2100%2Cbs%2Corg.gst-plugins-"
          "dvr-ev%3Dclient-seek%2C"));
  fail_unless (strpbrk (query + 5, ",\"=& ") == NULL);
  text = gst_dvr_cmcd_find_query (whole);
  gst_dvr_cmcd_init (&got);
  gst_dvr_cmcd_parse (&got, text);
  fail_unless_equals_string (got.session, SESSION);
  fail_unless_equals_string (got.object, "av");
  fail_unless_equals_string (got.type, "l");
  fail_unless (got.has_buffer && got.starved && got.startup);
  fail_unless_equals_uint64 (got.buffer_ms, 2100);
  fail_unless_equals_float (got.rate, 2.0);
  fail_unless_equals_int (got.kind, GST_DVR_REPORT_CLIENT_SEEK);
  fail_unless_equals_int64 (got.position_ms, 12345);
  fail_unless_equals_int64 (got.from_ms, 4000);
  fail_unless_equals_int (got.count, 7);
  g_free (text);
  g_free (whole);
  g_free (query);
}

GST_END_TEST;

static void
check_rate (gdouble rate, const gchar * expected)
{
  GstDvrCmcd cmcd;
  gchar **lines;

  gst_dvr_cmcd_init (&cmcd);
  cmcd.rate = rate;
  lines = gst_dvr_cmcd_to_headers (&cmcd);
  fail_unless_equals_string (lines[0], expected);
  g_strfreev (lines);
}

GST_START_TEST (test_rates_are_written_short)
{
  check_rate (1, "CMCD-Session: sf=h");
  check_rate (0, "CMCD-Session: pr=0,sf=h");
  check_rate (0.5, "CMCD-Session: pr=0.5,sf=h");
  check_rate (-16, "CMCD-Session: pr=-16,sf=h");
  check_rate (1.0 / 3, "CMCD-Session: pr=0.33,sf=h");
  check_rate (1e300, "CMCD-Session: pr=1000,sf=h");
  check_rate (0.0 / 0.0, "CMCD-Session: pr=0,sf=h");
}

GST_END_TEST;

/* What another player sends, with keys that are not read here. */
GST_START_TEST (test_other_players_are_understood)
{
  GstDvrCmcd got;

  gst_dvr_cmcd_init (&got);
  gst_dvr_cmcd_parse (&got, "br=3200,d=4004,ot=v,tb=6000");
  gst_dvr_cmcd_parse (&got, "bl=21300, nor=\"..%2Fa,b%22.m4s\",mtp=25400");
  gst_dvr_cmcd_parse (&got,
      "cid=\"a \\\"b\\\", sid=c\",pr=1.08,sf=h,sid=\"6e2f-" "b550\",st=v");
  gst_dvr_cmcd_parse (&got, "bs,rtp=15000");
  fail_unless_equals_string (got.session, "6e2f-b550");
  fail_unless_equals_string (got.object, "v");
  fail_unless_equals_uint64 (got.buffer_ms, 21300);
  fail_unless (got.starved);
  fail_if (got.startup);
  fail_unless_equals_float (got.rate, 1.08);
  fail_unless_equals_int (got.kind, GST_DVR_REPORT_STATE);
}

GST_END_TEST;

GST_START_TEST (test_nonsense_is_skipped)
{
  static const gchar *const texts[] = {
    "", ",,,", "=", "=\"", "sid", "sid=\"", "sid=\"a b\"", "sid=\"a\tb\"",
    "bl=", "bl=-1", "bl=99999999999999999999999", "bl=1.5", "pr=nan", "pr=1e9",
    "pr=--", "pr=11111111111111111111", "ot=toolong", "ot=\"a\"b,", "st=\x01",
    OWN "ev=seek", OWN "ev=play", OWN "ev", OWN "pos=-4", OWN "n=0", OWN,
    OWN "n=99999999999", "sid=\"\\", "sid=\"\\\"", "a=\"\\"
  };
  GstDvrCmcd got, none;
  guint i;

  gst_dvr_cmcd_init (&none);
  for (i = 0; i < G_N_ELEMENTS (texts); i++) {
    gst_dvr_cmcd_init (&got);
    gst_dvr_cmcd_parse (&got, texts[i]);
    if (strstr (texts[i], "ot=\"a\"") == NULL)
      fail_unless (memcmp (&got, &none, sizeof (got)) == 0, "%s", texts[i]);
  }
}

GST_END_TEST;

GST_START_TEST (test_only_so_much_is_read)
{
  gchar *fill = g_strnfill (GST_DVR_CMCD_MAX, 'a');
  gchar *long_text = g_strconcat (fill, ",bl=100", NULL);
  gchar *long_query = g_strconcat ("CMCD=", fill, fill, fill, "a", NULL);
  gchar *session = g_strnfill (GST_DVR_SESSION_MAX + 1, 'a');
  gchar *long_session = g_strdup_printf ("sid=\"%s\"", session);
  GstDvrCmcd got;

  gst_dvr_cmcd_init (&got);
  gst_dvr_cmcd_parse (&got, long_text);
  gst_dvr_cmcd_parse (&got, long_session);
  fail_if (got.has_buffer);
  fail_unless_equals_string (got.session, "");
  fail_unless (gst_dvr_cmcd_find_query (long_query) == NULL);
  fail_unless (gst_dvr_cmcd_find_query (NULL) == NULL);
  fail_unless (gst_dvr_cmcd_find_query ("") == NULL);
  fail_unless (gst_dvr_cmcd_find_query ("CMCD=") == NULL);
  fail_unless (gst_dvr_cmcd_find_query ("CMCD=%zz") == NULL);
  fail_unless (gst_dvr_cmcd_find_query ("CMCD=a%00b") == NULL);
  fail_unless (gst_dvr_cmcd_find_query ("XCMCD=su&cmcd=su&CMCD") == NULL);
  g_free (fill);
  g_free (long_text);
  g_free (long_query);
  g_free (session);
  g_free (long_session);
}

GST_END_TEST;

static Suite *
cmcd_suite (void)
{
  Suite *suite = suite_create ("cmcd");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_each_key_stands_in_its_header_in_order);
  tcase_add_test (tcase, test_what_is_as_usual_is_not_told);
  tcase_add_test (tcase, test_a_query_is_escaped_and_read_again);
  tcase_add_test (tcase, test_rates_are_written_short);
  tcase_add_test (tcase, test_other_players_are_understood);
  tcase_add_test (tcase, test_nonsense_is_skipped);
  tcase_add_test (tcase, test_only_so_much_is_read);

  return suite;
}

GST_CHECK_MAIN (cmcd);
