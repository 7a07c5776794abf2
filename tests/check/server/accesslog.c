/* accesslog.c: what stands in the access log
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gst/check/gstcheck.h>

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
  fail_unless_equals_int (g_strv_length (fields), 15);
  fail_unless_equals_string (fields[0], "client-seek");
  fail_unless_equals_string (fields[1], "stream");
  fail_unless_equals_string (fields[5], "127.0.0.1");
  fail_unless_equals_string (fields[6], "7");
  fail_unless_equals_string (fields[7], "live/cam1");
  fail_unless_equals_string (fields[8], "61500");
  fail_unless_equals_string (fields[9], "200");
  fail_unless_equals_string (fields[10], "-");
  fail_unless_equals_string (fields[14], "LNX%209,0,124,2");
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
  fail_unless (g_str_has_suffix (lines[0], "\ta%09b%0Aplay%09stream%01%FF%25"));
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
  while (!g_file_test (path, G_FILE_TEST_EXISTS))
    g_thread_yield ();
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

static Suite *
accesslog_suite (void)
{
  Suite *suite = suite_create ("accesslog");
  TCase *log = tcase_create ("log");

  suite_add_tcase (suite, log);
  tcase_add_checked_fixture (log, setup, teardown);
  tcase_add_test (log, an_event_is_a_line_with_all_its_fields);
  tcase_add_test (log, what_clients_write_makes_no_lines_of_its_own);
  tcase_add_test (log, after_reopen_a_new_file_is_written);
  tcase_add_test (log, a_file_that_cannot_be_opened_is_named);
  return suite;
}

GST_CHECK_MAIN (accesslog);
