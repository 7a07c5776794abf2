/* accesslog.c: what stands in the access log
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gst/check/gstcheck.h>

#include "checkutil.h"
#include "dvraccesslog.h"

static gchar *directory, *path;

static void
setup (void)
{
  directory = g_dir_make_tmp ("dvr-log-XXXXXX", NULL);
  path = g_build_filename (directory, "access.log", NULL);
}

static void
teardown (void)
{
  unlink (path);
  rmdir (directory);
  g_free (path);
  g_free (directory);
}

/* What the file's own list of fields says of a line. */
static const gchar *
field (gchar ** fields, const gchar * name)
{
  gchar *text, **names, **all;
  gint at = -1, i;

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  all = g_strsplit (strstr (text, "#Fields: ") + 9, "\n", 2);
  names = g_strsplit (all[0], "\t", -1);
  for (i = 0; names[i]; i++) {
    if (g_str_equal (names[i], name))
      at = i;
  }
  fail_unless_equals_int (g_strv_length (fields), i);
  fail_unless (at >= 0, "no field %s", name);
  g_strfreev (names);
  g_strfreev (all);
  g_free (text);
  return fields[at];
}

/* Lines that are no comments; the log is freed, so all of it is there. */
static gchar **
read_lines (DvrAccessLog * log)
{
  GPtrArray *lines = g_ptr_array_new ();
  gchar *text, **all, **line;

  dvr_access_log_free (log);
  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  fail_unless (g_str_has_prefix (text, "#Version: 1.0\n"));
  all = g_strsplit (text, "\n", -1);
  for (line = all; *line; line++) {
    if (**line && **line != '#')
      g_ptr_array_add (lines, g_strdup (*line));
  }
  g_ptr_array_add (lines, NULL);
  g_strfreev (all);
  g_free (text);
  return (gchar **) g_ptr_array_free (lines, FALSE);
}

GST_START_TEST (an_event_is_a_line_with_all_its_fields)
{
  DvrAccessLog *log = dvr_access_log_new (path, NULL);
  DvrAccessEvent event = dvr_access_event ("client-seek", "stream", "rtmp");
  gchar **lines, **fields;

  event.address = "127.0.0.1";
  event.client_id = 7;
  event.stream = "live/cam1";
  event.position = 61500;
  event.status = 200;
  event.agent = "LNX 9,0,124,2";
  dvr_access_log_write (log, &event);
  lines = read_lines (log);
  fail_unless_equals_int (g_strv_length (lines), 1);
  fields = g_strsplit (lines[0], "\t", -1);
  fail_unless_equals_string (field (fields, "x-event"), "client-seek");
  fail_unless_equals_string (field (fields, "x-category"), "stream");
  fail_unless_equals_string (field (fields, "tz"), "UTC");
  fail_unless_equals_string (field (fields, "x-ctx"), "-");
  fail_unless_equals_string (field (fields, "c-proto"), "rtmp");
  fail_unless_equals_string (field (fields, "c-ip"), "127.0.0.1");
  fail_unless_equals_string (field (fields, "c-client-id"), "7");
  fail_unless_equals_string (field (fields, "x-sname"), "live/cam1");
  fail_unless_equals_string (field (fields, "x-spos"), "61500");
  fail_unless_equals_string (field (fields, "x-status"), "200");
  fail_unless_equals_string (field (fields, "x-duration"), "-");
  fail_unless_equals_string (field (fields, "c-user-agent"), "LNX%209,0,124,2");
  g_strfreev (fields);
  g_strfreev (lines);
}

GST_END_TEST;

GST_START_TEST (a_player_has_its_session_where_it_has_no_id)
{
  DvrAccessLog *log = dvr_access_log_new (path, NULL);
  DvrAccessEvent event = dvr_access_event ("GET", "stream", "http");
  gchar **lines, **fields;

  event.session = "6e2fb550";
  event.cmcd = "bl=2100,cid=\"a\tb\",su";
  dvr_access_log_write (log, &event);
  event.client_id = 7;
  event.cmcd = NULL;
  dvr_access_log_write (log, &event);
  lines = read_lines (log);
  fail_unless_equals_int (g_strv_length (lines), 2);
  fields = g_strsplit (lines[0], "\t", -1);
  fail_unless_equals_string (field (fields, "c-client-id"), "6e2fb550");
  fail_unless_equals_string (field (fields, "x-cmcd"),
      "bl=2100,cid=\"a%09b\",su");
  g_strfreev (fields);
  fields = g_strsplit (lines[1], "\t", -1);
  fail_unless_equals_string (field (fields, "c-client-id"), "7");
  fail_unless_equals_string (field (fields, "x-cmcd"), "-");
  g_strfreev (fields);
  g_strfreev (lines);
}

GST_END_TEST;

GST_START_TEST (what_clients_write_makes_no_lines_of_its_own)
{
  DvrAccessLog *log = dvr_access_log_new (path, NULL);
  DvrAccessEvent event = dvr_access_event ("connect", "session", "rtmp");
  gchar **lines, *longest = g_strnfill (100000, 'x');

  event.agent = "a\tb\nplay\tstream\x01\xff%";
  dvr_access_log_write (log, &event);
  event.agent = longest;
  dvr_access_log_write (log, &event);
  lines = read_lines (log);
  fail_unless_equals_int (g_strv_length (lines), 2);
  fail_unless (g_str_has_suffix (lines[0],
          "\ta%09b%0Aplay%09stream%01%FF%25\t-"));
  fail_unless (strlen (lines[1]) < 1000);
  g_strfreev (lines);
  g_free (longest);
}

GST_END_TEST;

GST_START_TEST (after_reopen_a_new_file_is_written)
{
  DvrAccessLog *log = dvr_access_log_new (path, NULL);
  DvrAccessEvent event = dvr_access_event ("play", "stream", "rtmp");
  gchar *moved = g_strconcat (path, ".1", NULL), *text, **lines;

  dvr_access_log_write (log, &event);
  fail_unless (rename (path, moved) == 0);
  dvr_access_log_reopen (log);
  fail_unless_soon (g_file_test (path, G_FILE_TEST_EXISTS));
  event.event = "stop";
  dvr_access_log_write (log, &event);
  lines = read_lines (log);
  fail_unless_equals_int (g_strv_length (lines), 1);
  fail_unless (g_str_has_prefix (lines[0], "stop\t"));
  fail_unless (g_file_get_contents (moved, &text, NULL, NULL));
  fail_unless (strstr (text, "\nplay\t") != NULL);
  g_strfreev (lines);
  unlink (moved);
  g_free (moved);
  g_free (text);
}

GST_END_TEST;

GST_START_TEST (a_file_that_cannot_be_opened_is_named)
{
  GError *error = NULL;

  fail_unless (dvr_access_log_new ("/nowhere/at/all/access.log", &error)
      == NULL);
  fail_unless (strstr (error->message, "/nowhere/at/all/access.log") != NULL);
  g_clear_error (&error);
}

GST_END_TEST;

GST_START_TEST (what_a_full_disk_has_no_room_for_is_counted)
{
  DvrAccessLog *log = dvr_access_log_new ("/dev/full", NULL);
  DvrAccessEvent event = dvr_access_event ("play", "stream", "rtmp");
  guint i;

  for (i = 0; i < 3; i++)
    dvr_access_log_write (log, &event);
  fail_unless_soon (dvr_access_log_get_lost (log) == 3);
  dvr_access_log_free (log);
}

GST_END_TEST;

GST_START_TEST (a_pipe_that_nobody_reads_is_an_error)
{
  GError *error = NULL;

  fail_unless (mkfifo (path, 0600) == 0);
  fail_unless (dvr_access_log_new (path, &error) == NULL);
  fail_unless (error != NULL);
  g_clear_error (&error);
}

GST_END_TEST;

static gpointer
read_all (gpointer data)
{
  struct pollfd in = {.fd = GPOINTER_TO_INT (data),.events = POLLIN };
  GString *text = g_string_new (NULL);
  gchar bytes[65536];
  ssize_t n;

  while (poll (&in, 1, -1) > 0 && (n = read (in.fd, bytes, sizeof (bytes))) > 0)
    g_string_append_len (text, bytes, n);
  return g_string_free (text, FALSE);
}

/* Returns: whether the log told of all that it lost; not where the reader, too,
 * was away for longer than a log waits */
static gboolean
tells_what_is_lost (void)
{
  DvrAccessEvent event = dvr_access_event ("connect", "session", "rtmp");
  gchar *agent = g_strnfill (500, '\n'), *end, *text, **lines, **line;
  guint64 n = 12000, lost = 0, seen = 0, i;
  DvrAccessLog *log;
  GThread *thread;
  gint reader;

  fail_unless (mkfifo (path, 0600) == 0);
  reader = open (path, O_RDONLY | O_NONBLOCK);
  fail_unless (reader >= 0);
  log = dvr_access_log_new (path, NULL);
  event.agent = agent;
  /* more than may wait, and nobody is held up */
  for (i = 0; i < n; i++)
    dvr_access_log_write (log, &event);
  thread = g_thread_new ("read", read_all, GINT_TO_POINTER (reader));
  dvr_access_log_free (log);
  text = g_thread_join (thread);
  close (reader);
  for (i = 0, end = g_malloc (1503); i < 500; i++)
    memcpy (end + 3 * i, "%0A", 4);     /* as the agent is written */
  memcpy (end + 1500, "\t-", 3);
  lines = g_strsplit (text, "\n", -1);
  for (line = lines; *line; line++) {
    if (g_str_has_suffix (*line, end))
      seen++;
    else if (g_str_has_prefix (*line, "#Remark: "))
      lost += g_ascii_strtoull (*line + 9, NULL, 10);
  }
  unlink (path);
  g_strfreev (lines);
  g_free (agent);
  g_free (text);
  g_free (end);
  return seen > 0 && lost > 0 && seen + lost == n;
}

/* A pipe that nobody empties is a disk that is too slow. */
GST_START_TEST (what_a_slow_disk_has_no_time_for_is_told)
{
  gboolean told = FALSE;
  guint i;

  for (i = 0; i < 10 && !told; i++)
    told = tells_what_is_lost ();
  fail_unless (told);
}

GST_END_TEST;

static Suite *
accesslog_suite (void)
{
  Suite *suite = suite_create ("accesslog");
  TCase *log = tcase_create ("log");

  suite_add_tcase (suite, log);
  tcase_add_checked_fixture (log, setup, teardown);
  tcase_add_test (log, an_event_is_a_line_with_all_its_fields);
  tcase_add_test (log, a_player_has_its_session_where_it_has_no_id);
  tcase_add_test (log, what_clients_write_makes_no_lines_of_its_own);
  tcase_add_test (log, after_reopen_a_new_file_is_written);
  tcase_add_test (log, a_file_that_cannot_be_opened_is_named);
  tcase_add_test (log, what_a_full_disk_has_no_room_for_is_counted);
  tcase_add_test (log, a_pipe_that_nobody_reads_is_an_error);
  tcase_add_test (log, what_a_slow_disk_has_no_time_for_is_told);
  return suite;
}

GST_CHECK_MAIN (accesslog);
