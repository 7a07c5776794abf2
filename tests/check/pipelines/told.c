/* told.c: a player, a server and its application: who may seek where
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <stdlib.h>
#include <string.h>

#include "checkutil.h"
#include "numbered.h"

#define N_FRAMES (20 * FPS)
#define ACCURATE (GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE)
#define TIMEOUT (120 * GST_SECOND)

enum
{
  DENY,
  ALLOW
};

typedef struct
{
  Numbered numbered;
  GSubprocess *server;
  GDataInputStream *says;
  GstElement *player;
  GstBus *bus;
} Fixture;

/* The server is a process of its own, this program anew: one does not play what
 * it serves itself (CDN-Loop). */

static gint
authorize (GstElement * sink, const gchar * kind, GstStructure * client,
    gpointer user_data)
{
  if (strcmp (kind, "client-seek") != 0)
    return ALLOW;
  g_print ("asked\n");
  return GPOINTER_TO_INT (user_data);
}

static int
serve (const gchar * directory, gint answer)
{
  GMainLoop *loop = g_main_loop_new (NULL, FALSE);
  GstElement *server, *sink;
  gchar *text = g_strdup_printf ("proxystreamsrc location=%s ! segmentcache ! "
      "dvrserversink name=sink http-port=0", directory);
  gint port;

  /* no assertions: this is not the process that tests */
  server = gst_parse_launch (text, NULL);
  sink = gst_bin_get_by_name (GST_BIN (server), "sink");
  g_signal_connect (sink, "authorize", G_CALLBACK (authorize),
      GINT_TO_POINTER (answer));
  gst_element_set_state (server, GST_STATE_PLAYING);
  g_object_get (sink, "current-http-port", &port, NULL);
  g_print ("%d\n", port);
  g_main_loop_run (loop);
  return 0;
}

/* The next line that the server writes. */
static gchar *
read_line (Fixture * f)
{
  gchar *line = g_data_input_stream_read_line (f->says, NULL, NULL, NULL);

  fail_unless (line != NULL, "the server has ended");
  return line;
}

static gint
start_server (Fixture * f, gint answer)
{
  const gchar *text = answer == DENY ? "deny" : "allow";
  gchar *line;
  gint port;

  f->server = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL,
      "/proc/self/exe", "serve", f->numbered.directory, text, NULL);
  fail_unless (f->server != NULL);
  f->says = g_data_input_stream_new (g_subprocess_get_stdout_pipe (f->server));
  line = read_line (f);
  port = atoi (line);
  g_free (line);
  return port;
}

static void
settle (Fixture * f)
{
  fail_unless_equals_int (gst_element_get_state (f->player, NULL, NULL,
          TIMEOUT), GST_STATE_CHANGE_SUCCESS);
}

/* The application is asked when a player begins, before it has sought. */
static void
wait_asked (Fixture * f)
{
  gchar *line = read_line (f);

  fail_unless_equals_string (line, "asked");
  g_free (line);
}

/* What is sought has to be in the buffer. */
static void
wait_buffered (Fixture * f)
{
  GstElement *src = gst_bin_get_by_name (GST_BIN (f->player), "src");

  fail_unless_soon (check_get_uint64 (src, "buffer-length") >= 2 * GST_SECOND);
  gst_object_unref (src);
}

static void
setup (Fixture * f, gint answer)
{
  memset (f, 0, sizeof (*f));
  numbered_record (&f->numbered, N_FRAMES, FALSE);
  f->player = check_launch ("dvrsrc name=src "
      "uri=dvr://localhost:%d/live/cam1?start=0 ! fakesink",
      start_server (f, answer));
  f->bus = gst_element_get_bus (f->player);
  gst_element_set_state (f->player, GST_STATE_PAUSED);
  settle (f);
  wait_asked (f);
  wait_buffered (f);
}

static void
teardown (Fixture * f)
{
  gst_element_set_state (f->player, GST_STATE_NULL);
  g_subprocess_force_exit (f->server);
  g_subprocess_wait (f->server, NULL, NULL);
  gst_object_unref (f->bus);
  gst_object_unref (f->player);
  g_object_unref (f->says);
  g_object_unref (f->server);
  numbered_clear (&f->numbered);
}

/* Goes to a time that is in the buffer. Returns: whether it was sought there */
static gboolean
seek_in_buffer (Fixture * f)
{
  const GstStructure *s = NULL;
  GstMessage *message = NULL;
  gboolean in_buffer;

  gst_bus_set_flushing (f->bus, TRUE);
  gst_bus_set_flushing (f->bus, FALSE);
  fail_unless (gst_element_seek_simple (f->player, GST_FORMAT_TIME, ACCURATE,
          GST_SECOND));
  do {
    g_clear_pointer (&message, gst_message_unref);
    message = gst_bus_timed_pop_filtered (f->bus, TIMEOUT,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    fail_unless (message != NULL);
    fail_if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR);
    s = gst_message_get_structure (message);
  } while (g_strcmp0 (gst_structure_get_string (s, "code"),
          "NetStream.Seek.Notify") != 0);
  in_buffer = strstr (gst_structure_get_string (s, "description"),
      "client-inBufferSeek") != NULL;
  gst_message_unref (message);
  settle (f);
  return in_buffer;
}

static gboolean
has_smart_seek (Fixture * f)
{
  GstElement *src = gst_bin_get_by_name (GST_BIN (f->player), "src");
  gboolean has = TRUE;
  GstStructure *stats;

  g_object_get (src, "stats", &stats, NULL);
  gst_structure_get (stats, "smart-seek", G_TYPE_BOOLEAN, &has, NULL);
  gst_structure_free (stats);
  gst_object_unref (src);
  return has;
}

GST_START_TEST (test_where_the_application_refuses_all_seeks_are_standard_ones)
{
  Fixture f;
  guint i;

  setup (&f, DENY);
  fail_unless_soon (!has_smart_seek (&f));
  for (i = 0; i < 5; i++)
    fail_if (seek_in_buffer (&f));
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (test_an_application_that_allows_changes_nothing)
{
  Fixture f;
  gint i;

  setup (&f, ALLOW);
  for (i = 0; i < 3; i++) {
    fail_unless (seek_in_buffer (&f));
    wait_asked (&f);
  }
  fail_unless (seek_in_buffer (&f));
  teardown (&f);
}

GST_END_TEST;

static Suite *
told_suite (void)
{
  Suite *suite = suite_create ("told");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  if (!numbered_is_possible ())
    return suite;
  tcase_add_test (tcase,
      test_where_the_application_refuses_all_seeks_are_standard_ones);
  tcase_add_test (tcase, test_an_application_that_allows_changes_nothing);

  return suite;
}

int
main (int argc, char **argv)
{
  gst_check_init (&argc, &argv);
  if (argc > 3)
    return serve (argv[2], strcmp (argv[3], "deny") == 0 ? DENY : ALLOW);
  return gst_check_run_suite (told_suite (), "told", __FILE__);
}
