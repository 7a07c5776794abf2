/* dvrserversink_told.c: players tell what they do in their own buffer
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>
#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrlink.h>

#define LIST "/live/cam1/index.m3u8"
#define OWN "org.gst-plugins-dvr-"
#define SESSION "6e2fb550-c457-11e9-bb97-0800200c9a66"
#define SEEK LIST "?CMCD=bl%3D2100%2C" OWN "ev%3Dclient-seek%2C" OWN \
    "pos%3D12345%2Csid%3D%22" SESSION "%22"
#define NO_SMART_SEEK "CMSD-Static: " OWN "no-smart-seek\r\n"

enum
{
  DENY,
  ALLOW,
  LATER
};

typedef struct
{
  GstElement *sink;
  GstPad *src;
  GstPad *pad;
  GstDvrTimeline *timeline;
  gint port;
  gchar *log;

  GMutex lock;
  GCond wake;
  gint answer;
  guint n_asked;
  guint64 id;
  gchar *kind;
  GstStructure *client;
} Fixture;

static gboolean
answer (GstPad * pad, GstObject * parent, GstQuery * query)
{
  Fixture *f = gst_pad_get_element_private (pad);
  GstDvrRequest *request = gst_query_get_dvr_request (query);

  if (request == NULL)
    return gst_pad_query_default (pad, parent, query);
  if (strcmp (gst_dvr_request_get_stream (request), "live/cam1") == 0)
    gst_dvr_request_answer_timeline (request, f->timeline);
  else
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
  return TRUE;
}

static gint
authorize (GstElement * sink, const gchar * kind, GstStructure * client,
    gpointer user_data)
{
  Fixture *f = user_data;

  if (strcmp (kind, "play") == 0)
    return ALLOW;
  g_mutex_lock (&f->lock);
  f->n_asked++;
  gst_structure_get_uint64 (client, "id", &f->id);
  g_free (f->kind);
  f->kind = g_strdup (kind);
  g_clear_pointer (&f->client, gst_structure_free);
  f->client = gst_structure_copy (client);
  g_cond_broadcast (&f->wake);
  g_mutex_unlock (&f->lock);
  return f->answer;
}

static void
setup (Fixture * f, gboolean asks)
{
  const gchar *names[] = { "*", NULL };
  GstDvrEntry entry = {.number = 10,.recording = "20261120T192200Z-3f9c",
    .duration = 2 * GST_SECOND,.wall_time = GST_DVR_WALL_TIME_NONE,.size = 9
  };
  gint fd;

  memset (f, 0, sizeof (*f));
  g_mutex_init (&f->lock);
  g_cond_init (&f->wake);
  f->timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_set_durations (f->timeline, 2 * GST_SECOND, 0);
  gst_dvr_timeline_set_state (f->timeline, GST_DVR_TIMELINE_OPEN, 0);
  gst_dvr_timeline_close_segment (f->timeline, &entry);
  fd = g_file_open_tmp ("dvr-log-XXXXXX", &f->log, NULL);
  fail_unless (fd >= 0);
  close (fd);

  f->sink = gst_element_factory_make ("dvrserversink", NULL);
  fail_unless (f->sink != NULL);
  g_object_set (f->sink, "http-port", 0, "access-log", f->log, NULL);
  if (asks)
    g_signal_connect (f->sink, "authorize", G_CALLBACK (authorize), f);
  f->src = gst_pad_new ("src", GST_PAD_SRC);
  gst_pad_set_element_private (f->src, f);
  gst_pad_set_query_function (f->src, answer);
  f->pad = gst_element_request_pad_simple (f->sink, "sink_%u");
  fail_unless_equals_int (gst_pad_link (f->src, f->pad), GST_PAD_LINK_OK);
  gst_pad_set_active (f->src, TRUE);
  fail_unless_equals_int (gst_element_set_state (f->sink, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
  g_object_get (f->sink, "current-http-port", &f->port, NULL);
  gst_pad_push_event (f->src, gst_event_new_stream_start ("test"));
  gst_pad_push_event (f->src, gst_dvr_event_new_names ((gchar **) names));
}

/* Returns: (transfer full): what the log says */
static gchar *
teardown (Fixture * f)
{
  gchar *text;

  gst_element_set_state (f->sink, GST_STATE_NULL);
  gst_pad_unlink (f->src, f->pad);
  gst_element_release_request_pad (f->sink, f->pad);
  gst_object_unref (f->pad);
  gst_object_unref (f->src);
  gst_object_unref (f->sink);
  gst_dvr_timeline_unref (f->timeline);
  fail_unless (g_file_get_contents (f->log, &text, NULL, NULL));
  unlink (f->log);
  g_free (f->log);
  g_free (f->kind);
  g_clear_pointer (&f->client, gst_structure_free);
  g_cond_clear (&f->wake);
  g_mutex_clear (&f->lock);
  return text;
}

static GSocketConnection *
ask (Fixture * f, const gchar * method, const gchar * path,
    const gchar * headers)
{
  GSocketClient *client = g_socket_client_new ();
  GSocketConnection *connection;
  gchar *request = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: localhost\r\n"
      "Connection: close\r\n%s\r\n", method, path, headers);

  connection = g_socket_client_connect_to_host (client, "localhost", f->port,
      NULL, NULL);
  fail_unless (connection != NULL);
  g_socket_set_timeout (g_socket_connection_get_socket (connection), 20);
  fail_unless (g_output_stream_write_all (g_io_stream_get_output_stream
          (G_IO_STREAM (connection)), request, strlen (request), NULL, NULL,
          NULL));
  g_free (request);
  g_object_unref (client);
  return connection;
}

/* Returns: (transfer full): the answer, head and body */
static gchar *
read_reply (GSocketConnection * connection)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GString *text = g_string_new (NULL);
  gchar bytes[4096];
  gssize n;

  while ((n = g_input_stream_read (in, bytes, sizeof (bytes), NULL, NULL)) > 0)
    g_string_append_len (text, bytes, n);
  g_object_unref (connection);
  return g_string_free (text, FALSE);
}

static void
check_reply (gchar * text, guint status, gboolean refused)
{
  fail_unless_equals_int (atoi (text + strlen ("HTTP/1.1 ")), status);
  fail_unless_equals_int (strstr (text, NO_SMART_SEEK) != NULL, refused);
  fail_unless (strstr (text, "Cache-Control: no-store\r\n") != NULL);
  fail_unless (g_str_has_suffix (text, "\r\n\r\n"));
  g_free (text);
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
  Fixture f;
  gchar *text;

  setup (&f, FALSE);
  check_reply (read_reply (ask (&f, "HEAD", SEEK, "User-Agent: me\r\n")), 204,
      FALSE);
  /* a cache may make a GET of it */
  check_reply (read_reply (ask (&f, "GET", SEEK, "")), 204, FALSE);
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
  Fixture f;
  gint64 position;
  gchar *text;

  setup (&f, TRUE);
  f.answer = DENY;
  check_reply (read_reply (ask (&f, "HEAD", SEEK, "")), 403, TRUE);
  fail_unless_equals_string (f.kind, "client-seek");
  fail_unless_equals_string (gst_structure_get_string (f.client, "protocol"),
      "http");
  fail_unless_equals_string (gst_structure_get_string (f.client, "stream"),
      "live/cam1");
  fail_unless_equals_string (gst_structure_get_string (f.client, "session"),
      SESSION);
  fail_unless (gst_structure_get_int64 (f.client, "position", &position));
  fail_unless_equals_int64 (position, 12345);
  f.answer = ALLOW;
  check_reply (read_reply (ask (&f, "HEAD", LIST "?CMCD=" OWN
              "ev%3Dstop-transmit", "")), 204, FALSE);
  fail_unless_equals_string (f.kind, "stop-transmit");
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
  gint64 position;
  gchar *text;
  Fixture f;

  setup (&f, TRUE);
  f.answer = DENY;
  check_reply (read_reply (ask (&f, "HEAD", begin, "")), 403, TRUE);
  fail_unless_equals_string (f.kind, "client-seek");
  fail_unless_equals_string (gst_structure_get_string (f.client, "session"),
      SESSION);
  fail_unless (gst_structure_get_int64 (f.client, "position", &position));
  fail_unless_equals_int64 (position, -1);
  f.answer = ALLOW;
  check_reply (read_reply (ask (&f, "HEAD", begin, "")), 204, FALSE);
  g_object_set (f.sink, "allow-smart-seek", FALSE, NULL);
  check_reply (read_reply (ask (&f, "HEAD", begin, "")), 403, TRUE);
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
  gboolean done = FALSE;
  gchar *text;
  Fixture f;
  guint64 id;

  setup (&f, TRUE);
  f.answer = LATER;
  connection = ask (&f, "HEAD", SEEK, "");
  g_mutex_lock (&f.lock);
  while (f.n_asked == 0)
    g_cond_wait (&f.wake, &f.lock);
  id = f.id;
  g_mutex_unlock (&f.lock);
  /* nobody else waits for it */
  g_free (read_reply (ask (&f, "GET", LIST, "")));
  g_signal_emit_by_name (f.sink, "authorize-done", id, FALSE, &done);
  fail_unless (done);
  check_reply (read_reply (connection), 403, TRUE);
  /* that the element stops is no refusal */
  connection = ask (&f, "HEAD", SEEK, "");
  g_mutex_lock (&f.lock);
  while (f.n_asked == 1)
    g_cond_wait (&f.wake, &f.lock);
  g_mutex_unlock (&f.lock);
  g_free (teardown (&f));
  text = read_reply (connection);
  fail_if (strstr (text, NO_SMART_SEEK));
  g_free (text);
}

GST_END_TEST;

GST_START_TEST (test_smart_seek_can_be_forbidden_at_any_time)
{
  Fixture f;
  gchar *text;

  setup (&f, TRUE);
  f.answer = ALLOW;
  text = read_reply (ask (&f, "GET", LIST, ""));
  fail_if (strstr (text, "EXT-X-DVR-NO-SMART-SEEK"));
  g_free (text);
  g_object_set (f.sink, "allow-smart-seek", FALSE, NULL);
  text = read_reply (ask (&f, "GET", LIST, ""));
  fail_unless (strstr (text, "\n#EXT-X-DVR-NO-SMART-SEEK\n") != NULL);
  g_free (text);
  check_reply (read_reply (ask (&f, "HEAD", SEEK, "")), 403, TRUE);
  fail_unless_equals_int (f.n_asked, 0);
  /* what upstream does not want is not wanted here */
  g_object_set (f.sink, "allow-smart-seek", TRUE, NULL);
  gst_dvr_timeline_set_smart_seek (f.timeline, FALSE);
  text = read_reply (ask (&f, "GET", LIST, ""));
  fail_unless (strstr (text, "\n#EXT-X-DVR-NO-SMART-SEEK\n") != NULL);
  g_free (text);
  check_reply (read_reply (ask (&f, "HEAD", SEEK, "")), 403, TRUE);
  g_free (teardown (&f));
}

GST_END_TEST;

GST_START_TEST (test_what_is_no_event_is_a_request_as_usual)
{
  static const gchar *const queries[] = {
    "?CMCD=bl%3D2100%2Csu", "?CMCD=" OWN "ev%3Dstate", "?CMCD=%zz", "?CMCD",
    "?CMCD=" OWN "ev%3Dplay", "?a=b&cmcd=" OWN "ev%3Dclient-seek"
  };
  gchar *path, *text;
  Fixture f;
  guint i;

  setup (&f, TRUE);
  f.answer = DENY;
  for (i = 0; i < G_N_ELEMENTS (queries); i++) {
    path = g_strconcat (LIST, queries[i], NULL);
    text = read_reply (ask (&f, "GET", path,
            "CMCD-Session: sid=\"" SESSION "\"\r\n"
            "CMCD-Request: " OWN "ev=client-seek\r\n"));
    fail_unless (g_str_has_prefix (text, "HTTP/1.1 200 "), "%s", path);
    fail_unless (strstr (text, "#EXTM3U\n") != NULL);
    g_free (text);
    g_free (path);
  }
  fail_unless_equals_int (f.n_asked, 0);
  /* and of a stream that is not there nothing is told */
  text = read_reply (ask (&f, "HEAD", "/none/index.m3u8?CMCD=" OWN
          "ev%3Dclient-seek", ""));
  fail_unless (g_str_has_prefix (text, "HTTP/1.1 404 "));
  g_free (text);
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
  tcase_add_test (tcase, test_smart_seek_can_be_forbidden_at_any_time);
  tcase_add_test (tcase, test_what_is_no_event_is_a_request_as_usual);

  return suite;
}

GST_CHECK_MAIN (dvrserversink_told);
