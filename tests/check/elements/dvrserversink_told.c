/* dvrserversink_told.c: players tell what they do in their own buffer
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <unistd.h>

#include <gst/check/gstcheck.h>

#include "askingserver.h"
#include "httpclient.h"

#define LIST "/live/cam1/index.m3u8"
#define OWN "org.gst-plugins-dvr-"
#define SESSION "6e2fb550-c457-11e9-bb97-0800200c9a66"
#define SEEK LIST "?CMCD=bl%3D2100%2C" OWN "ev%3Dclient-seek%2C" OWN \
    "pos%3D12345%2Csid%3D%22" SESSION "%22"
#define NO_SMART_SEEK "CMSD-Static: " OWN "no-smart-seek\r\n"

static gchar *log_path;

/* It has one segment, and writes what clients did.
 * @kind: (nullable): what the application decides */
static void
setup (AskingServer * f, const gchar * kind, gint answers)
{
  GstDvrEntry entry = {.number = 10,.recording = "20261120T192200Z-3f9c",
    .duration = 2 * GST_SECOND,.wall_time = GST_DVR_WALL_TIME_NONE,.size = 9
  };
  gint fd = g_file_open_tmp ("dvr-log-XXXXXX", &log_path, NULL);

  fail_unless (fd >= 0);
  close (fd);
  asking_server_start (f, kind, answers, "http-port", 0, "access-log",
      log_path, NULL);
  f->known = "live/cam1";
  gst_dvr_timeline_set_durations (f->timeline, 2 * GST_SECOND, 0);
  gst_dvr_timeline_close_segment (f->timeline, &entry);
}

/* Returns: (transfer full): what the log says */
static gchar *
teardown (AskingServer * f)
{
  gchar *text;

  asking_server_stop (f);
  fail_unless (g_file_get_contents (log_path, &text, NULL, NULL));
  unlink (log_path);
  g_clear_pointer (&log_path, g_free);
  return text;
}

static Reply *
ask (AskingServer * f, const gchar * method, const gchar * path,
    const gchar * headers)
{
  return read_reply (send_request (f->http_port, method, path, headers));
}

static void
check_reply (Reply * reply, guint status, gboolean refused)
{
  fail_unless_equals_int (reply->status, status);
  fail_unless_equals_int (strstr (reply->head, NO_SMART_SEEK) != NULL, refused);
  fail_unless (strstr (reply->head, "Cache-Control: no-store\r\n") != NULL);
  fail_unless_equals_int (reply->body->len, 0);
  reply_free (reply);
}

static void
check_event (AskingServer * f, const gchar * method, const gchar * path,
    guint status, gboolean refused)
{
  check_reply (ask (f, method, path, ""), status, refused);
}

static void
check_position (AskingServer * f, gint64 expected)
{
  gint64 position;

  fail_unless (gst_structure_get_int64 (f->client, "position", &position));
  fail_unless_equals_int64 (position, expected);
}

/* Whether a playlist says that seeks are not wanted. */
static gboolean
forbids_seeks (AskingServer * f)
{
  Reply *reply = ask (f, "GET", LIST, "");
  gboolean forbids =
      strstr (reply_text (reply), "\n#EXT-X-DVR-NO-SMART-SEEK\n") != NULL;

  fail_unless_equals_int (reply->status, 200);
  reply_free (reply);
  return forbids;
}

/* The log's lines of an event. */
static guint
count_lines (const gchar * text, const gchar * event)
{
  gchar **lines = g_strsplit (text, "\n", -1);
  guint i, n = 0;

  for (i = 0; lines[i]; i++)
    n += g_str_has_prefix (lines[i], event)
        && lines[i][strlen (event)] == '\t';
  g_strfreev (lines);
  return n;
}

GST_START_TEST (test_an_event_is_heard_and_logged)
{
  AskingServer f;
  gchar *text;

  setup (&f, NULL, ALLOW);
  check_reply (ask (&f, "HEAD", SEEK, "User-Agent: me\r\n"), 204, FALSE);
  /* a cache may make a GET of it */
  check_event (&f, "GET", SEEK, 204, FALSE);
  text = teardown (&f);
  fail_unless_equals_int (count_lines (text, "client-seek"), 2);
  fail_unless_equals_int (count_lines (text, "HEAD"), 0);
  fail_unless_equals_int (count_lines (text, "GET"), 0);
  fail_unless (strstr (text, "\thttp\t127.0.0.1\t" SESSION
          "\tlive/cam1\t12345\t200\t") || strstr (text, "\thttp\t::1\t" SESSION
          "\tlive/cam1\t12345\t200\t"), "%s", text);
  fail_unless (strstr (text, "\t" LIST "\tme\tbl=2100," OWN "ev=client-seek,"
          OWN "pos=12345,sid=\"" SESSION "\"\n") != NULL);
  g_free (text);
}

GST_END_TEST;

GST_START_TEST (test_the_application_may_refuse)
{
  AskingServer f;
  gchar *text;

  setup (&f, "client-seek", DENY);
  check_event (&f, "HEAD", SEEK, 403, TRUE);
  fail_unless_equals_int (f.n_asked, 1);
  asking_server_check_told (&f, "protocol", "http");
  asking_server_check_told (&f, "stream", "live/cam1");
  asking_server_check_told (&f, "session", SESSION);
  check_position (&f, 12345);
  f.kind = "stop-transmit";
  f.answer = ALLOW;
  check_event (&f, "HEAD", LIST "?CMCD=" OWN "ev%3Dstop-transmit", 204, FALSE);
  fail_unless_equals_int (f.n_asked, 2);
  text = teardown (&f);
  fail_unless (strstr (text, "\tlive/cam1\t12345\t403\t") != NULL);
  fail_unless_equals_int (count_lines (text, "stop-transmit"), 1);
  g_free (text);
}

GST_END_TEST;

/* Before it has sought, so that its first seek is what it may be. */
GST_START_TEST (test_who_begins_is_told_whether_it_may)
{
  static const gchar begin[] = LIST "?CMCD=" OWN "ev%3Dbegin%2C" OWN
      "pos%3D12345%2Csid%3D%22" SESSION "%22";
  AskingServer f;
  gchar *text;

  setup (&f, "client-seek", DENY);
  check_event (&f, "HEAD", begin, 403, TRUE);
  asking_server_check_told (&f, "session", SESSION);
  check_position (&f, -1);
  f.answer = ALLOW;
  check_event (&f, "HEAD", begin, 204, FALSE);
  g_object_set (f.sink, "allow-smart-seek", FALSE, NULL);
  check_event (&f, "HEAD", begin, 403, TRUE);
  fail_unless_equals_int (f.n_asked, 2);
  text = teardown (&f);
  fail_unless_equals_int (count_lines (text, "HEAD"), 3);
  fail_unless_equals_int (count_lines (text, "client-seek"), 0);
  g_free (text);
}

GST_END_TEST;

GST_START_TEST (test_the_application_may_answer_later)
{
  GSocketConnection *connection;
  AskingServer f;
  guint64 id;

  setup (&f, "client-seek", LATER);
  connection = send_request (f.http_port, "HEAD", SEEK, "");
  id = asking_server_wait_asked (&f, 1);
  /* nobody else waits for it */
  fail_if (forbids_seeks (&f));
  fail_unless (asking_server_decide (&f, id, FALSE));
  check_reply (read_reply (connection), 403, TRUE);
  g_free (teardown (&f));
}

GST_END_TEST;

GST_START_TEST (test_that_the_server_stops_is_no_refusal)
{
  GSocketConnection *connection;
  AskingServer f;
  Reply *reply;

  setup (&f, "client-seek", LATER);
  connection = send_request (f.http_port, "HEAD", SEEK, "");
  asking_server_wait_asked (&f, 1);
  g_free (teardown (&f));
  reply = read_reply (connection);
  fail_unless (reply->status == 0 || reply->status == 503, "%s", reply->head);
  reply_free (reply);
}

GST_END_TEST;

GST_START_TEST (test_smart_seek_can_be_forbidden_at_any_time)
{
  AskingServer f;

  setup (&f, "client-seek", ALLOW);
  fail_if (forbids_seeks (&f));
  g_object_set (f.sink, "allow-smart-seek", FALSE, NULL);
  fail_unless (forbids_seeks (&f));
  check_event (&f, "HEAD", SEEK, 403, TRUE);
  fail_unless_equals_int (f.n_asked, 0);
  /* what upstream does not want is not wanted here */
  g_object_set (f.sink, "allow-smart-seek", TRUE, NULL);
  gst_dvr_timeline_set_smart_seek (f.timeline, FALSE);
  fail_unless (forbids_seeks (&f));
  check_event (&f, "HEAD", SEEK, 403, TRUE);
  g_free (teardown (&f));
}

GST_END_TEST;

GST_START_TEST (test_what_is_no_event_is_a_request_as_usual)
{
  static const gchar *const queries[] = {
    "?CMCD=bl%3D2100%2Csu", "?CMCD=" OWN "ev%3Dstate", "?CMCD=%zz", "?CMCD",
    "?CMCD=" OWN "ev%3Dplay", "?a=b&cmcd=" OWN "ev%3Dclient-seek"
  };
  AskingServer f;
  Reply *reply;
  gchar *text;
  guint i;

  setup (&f, "client-seek", DENY);
  for (i = 0; i < G_N_ELEMENTS (queries); i++) {
    g_autofree gchar *path = g_strconcat (LIST, queries[i], NULL);

    reply = ask (&f, "GET", path, "CMCD-Session: sid=\"" SESSION "\"\r\n"
        "CMCD-Request: " OWN "ev=client-seek\r\n");
    fail_unless (reply->status == 200, "%s", path);
    fail_unless (g_str_has_prefix (reply_text (reply), "#EXTM3U\n"));
    reply_free (reply);
  }
  fail_unless_equals_int (f.n_asked, 0);
  /* and of a stream that is not there nothing is told */
  fail_unless_equals_int (read_status (send_request (f.http_port, "HEAD",
              "/none/index.m3u8?CMCD=" OWN "ev%3Dclient-seek", "")), 404);
  text = teardown (&f);
  fail_unless_equals_int (count_lines (text, "GET"), G_N_ELEMENTS (queries));
  fail_unless_equals_int (count_lines (text, "client-seek"), 0);
  /* the session of all that it asks for */
  fail_unless (strstr (text, "\t" SESSION "\tlive/cam1\t-\t200\t") != NULL);
  g_free (text);
}

GST_END_TEST;

static Suite *
dvrserversink_told_suite (void)
{
  Suite *suite = suite_create ("dvrserversink_told");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_an_event_is_heard_and_logged);
  tcase_add_test (tcase, test_the_application_may_refuse);
  tcase_add_test (tcase, test_who_begins_is_told_whether_it_may);
  tcase_add_test (tcase, test_the_application_may_answer_later);
  tcase_add_test (tcase, test_that_the_server_stops_is_no_refusal);
  tcase_add_test (tcase, test_smart_seek_can_be_forbidden_at_any_time);
  tcase_add_test (tcase, test_what_is_no_event_is_a_request_as_usual);

  return suite;
}

GST_CHECK_MAIN (dvrserversink_told);
