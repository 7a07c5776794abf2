/* dvrserversink_authorize.c: the application is asked who may play over HTTP
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <gio/gio.h>
#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrlink.h>

#define RECORDING "20261120T192200Z-3f9c"
#define LIST "/live/cam1/index.m3u8"
#define MEDIA "/live/cam1/" RECORDING "/0000000010.m4s"

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
  GstDvrSegment *segment;
  gint port;

  GMutex lock;
  GCond wake;
  gint answer;
  guint n_asked;
  guint64 id;
  GstStructure *client;
} Fixture;

static gboolean
answer (GstPad * pad, GstObject * parent, GstQuery * query)
{
  Fixture *f = gst_pad_get_element_private (pad);
  GstDvrRequest *request = gst_query_get_dvr_request (query);

  if (request == NULL)
    return gst_pad_query_default (pad, parent, query);
  if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE)
    gst_dvr_request_answer_timeline (request, f->timeline);
  else
    gst_dvr_request_answer_segment (request, f->segment, GST_DVR_HOW_HIT);
  return TRUE;
}

static gint
authorize (GstElement * sink, const gchar * kind, GstStructure * client,
    gpointer user_data)
{
  Fixture *f = user_data;

  fail_unless_equals_string (kind, "play");
  g_mutex_lock (&f->lock);
  f->n_asked++;
  gst_structure_get_uint64 (client, "id", &f->id);
  g_clear_pointer (&f->client, gst_structure_free);
  f->client = gst_structure_copy (client);
  g_cond_broadcast (&f->wake);
  g_mutex_unlock (&f->lock);
  return f->answer;
}

static void
setup (Fixture * f, gint answers)
{
  const gchar *names[] = { "*", NULL };
  GstDvrEntry entry = {.number = 10,.recording = RECORDING,
    .duration = 2 * GST_SECOND,.wall_time = GST_DVR_WALL_TIME_NONE,.size = 5
  };
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 10 };

  memset (f, 0, sizeof (*f));
  g_mutex_init (&f->lock);
  g_cond_init (&f->wake);
  f->answer = answers;
  f->timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_set_durations (f->timeline, 2 * GST_SECOND, 0);
  gst_dvr_timeline_set_state (f->timeline, GST_DVR_TIMELINE_OPEN, 0);
  gst_dvr_timeline_close_segment (f->timeline, &entry);
  f->segment = gst_dvr_segment_new (&id);
  gst_dvr_segment_append (f->segment, gst_buffer_new_memdup ("media", 5));
  gst_dvr_segment_finish (f->segment);

  f->sink = gst_element_factory_make ("dvrserversink", NULL);
  fail_unless (f->sink != NULL);
  g_object_set (f->sink, "http-port", 0, NULL);
  gst_util_set_object_arg (G_OBJECT (f->sink), "trusted-proxies",
      "<127.0.0.1,::1>");
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

static void
teardown (Fixture * f)
{
  gst_element_set_state (f->sink, GST_STATE_NULL);
  gst_pad_unlink (f->src, f->pad);
  gst_element_release_request_pad (f->sink, f->pad);
  gst_object_unref (f->pad);
  gst_object_unref (f->src);
  gst_object_unref (f->sink);
  gst_dvr_timeline_unref (f->timeline);
  gst_dvr_segment_unref (f->segment);
  g_clear_pointer (&f->client, gst_structure_free);
  g_cond_clear (&f->wake);
  g_mutex_clear (&f->lock);
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

static guint
get_status (const gchar * reply)
{
  return atoi (reply + strlen ("HTTP/1.1 "));
}

static void
check_status (GSocketConnection * connection, guint status)
{
  gchar *reply = read_reply (connection);

  fail_unless_equals_int (get_status (reply), status);
  g_free (reply);
}

/* Returns: the status */
static guint
get (Fixture * f, const gchar * path, const gchar * headers)
{
  gchar *reply = read_reply (ask (f, "GET", path, headers));
  guint status = get_status (reply);

  g_free (reply);
  return status;
}

/* Asks as nginx does whether it may answer itself. */
static guint
get_auth (Fixture * f, const gchar * path, const gchar * headers)
{
  gchar *all = g_strdup_printf ("X-Original-URI: %s\r\n%s", path, headers);
  guint status = get (f, "/-/auth", all);

  g_free (all);
  return status;
}

/* Returns: the id of the @n-th question */
static guint64
wait_asked (Fixture * f, guint n)
{
  guint64 id;

  g_mutex_lock (&f->lock);
  while (f->n_asked < n)
    g_cond_wait (&f->wake, &f->lock);
  id = f->id;
  g_mutex_unlock (&f->lock);
  return id;
}

GST_START_TEST (who_may_not_play_is_told_so)
{
  gchar *reply;
  Fixture f;

  setup (&f, DENY);
  reply = read_reply (ask (&f, "GET", "/~anything" LIST,
          "User-Agent: me\r\nX-Forwarded-For: 192.0.2.1\r\n"));
  fail_unless_equals_int (get_status (reply), 403);
  fail_unless (strstr (reply, "Cache-Control: no-store\r\n") != NULL);
  fail_unless (g_str_has_suffix (reply,
          "\r\n\r\nplaying this stream is not allowed here\n"));
  g_free (reply);
  fail_unless_equals_string (gst_structure_get_string (f.client, "protocol"),
      "http");
  fail_unless_equals_string (gst_structure_get_string (f.client, "stream"),
      "live/cam1");
  fail_unless_equals_string (gst_structure_get_string (f.client, "token"),
      "anything");
  fail_unless_equals_string (gst_structure_get_string (f.client, "agent"),
      "me");
  fail_unless_equals_string (gst_structure_get_string (f.client, "address"),
      "192.0.2.1");
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (it_is_asked_once_for_a_viewer_and_a_stream)
{
  static const gchar *const lists[] = { LIST, "/live/cam1/dvr.m3u8",
    "/live/cam1/main.m3u8", "/live/cam1/iframes.m3u8", LIST "?_HLS_skip=YES"
  };
  Fixture f;
  guint i;

  setup (&f, ALLOW);
  for (i = 0; i < G_N_ELEMENTS (lists); i++)
    fail_unless (get (&f, lists[i], "") != 403, "%s", lists[i]);
  fail_unless_equals_int (get (&f, LIST, ""), 200);
  fail_unless_equals_int (f.n_asked, 1);
  /* others are others */
  f.answer = DENY;
  fail_unless_equals_int (get (&f, "/live/cam2/index.m3u8", ""), 403);
  fail_unless_equals_int (get (&f, "/~token" LIST, ""), 403);
  fail_unless_equals_int (get (&f, LIST, "X-Forwarded-For: 192.0.2.1\r\n"),
      403);
  fail_unless_equals_int (f.n_asked, 4);
  fail_unless_equals_int (get (&f, "/~token" LIST, ""), 403);
  fail_unless_equals_int (get (&f, LIST, ""), 200);
  fail_unless_equals_int (f.n_asked, 4);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (media_and_pages_are_not_asked_about)
{
  Fixture f;

  setup (&f, DENY);
  fail_unless_equals_int (get (&f, MEDIA, ""), 200);
  fail_unless_equals_int (get (&f, "/healthz", ""), 200);
  fail_unless_equals_int (get (&f, "/", ""), 200);
  fail_unless_equals_int (f.n_asked, 0);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (a_proxy_is_answered_as_its_client_would_be)
{
  static const gchar from[] = "X-Forwarded-For: 192.0.2.1\r\n";
  Fixture f;

  setup (&f, DENY);
  fail_unless_equals_int (get_auth (&f, LIST, from), 403);
  fail_unless_equals_string (gst_structure_get_string (f.client, "address"),
      "192.0.2.1");
  fail_unless_equals_int (get_auth (&f, MEDIA, from), 204);
  fail_unless_equals_int (get_auth (&f, "/healthz", from), 204);
  fail_unless_equals_int (get (&f, LIST, from), 403);
  fail_unless_equals_int (f.n_asked, 1);
  f.answer = ALLOW;
  fail_unless_equals_int (get_auth (&f, "/~a" LIST, from), 204);
  fail_unless_equals_int (get (&f, "/~a" LIST, from), 200);
  fail_unless_equals_int (f.n_asked, 2);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (an_answer_may_come_later)
{
  GSocketConnection *list, *auth;
  gboolean done = FALSE;
  guint64 id;
  Fixture f;

  setup (&f, LATER);
  list = ask (&f, "GET", LIST, "");
  id = wait_asked (&f, 1);
  auth = ask (&f, "GET", "/-/auth", "X-Original-URI: " LIST "\r\n");
  /* nobody else waits for it */
  fail_unless_equals_int (get (&f, MEDIA, ""), 200);
  g_signal_emit_by_name (f.sink, "authorize-done", id, TRUE, &done);
  fail_unless (done);
  check_status (list, 200);
  check_status (auth, 204);
  fail_unless_equals_int (f.n_asked, 1);
  teardown (&f);
}

GST_END_TEST;

GST_START_TEST (that_the_server_stops_is_no_refusal)
{
  GSocketConnection *connection;
  gboolean done;
  gchar *reply;
  Fixture f;

  setup (&f, LATER);
  connection = ask (&f, "GET", LIST, "");
  wait_asked (&f, 1);
  gst_element_set_state (f.sink, GST_STATE_NULL);
  g_signal_emit_by_name (f.sink, "authorize-done", f.id, TRUE, &done);
  fail_if (done);
  reply = read_reply (connection);
  fail_unless (*reply == '\0' || get_status (reply) == 503, "%s", reply);
  g_free (reply);
  teardown (&f);
}

GST_END_TEST;

/* What is said in a client's name is text for the application. */
GST_START_TEST (what_is_no_text_is_made_one)
{
  Fixture f;

  setup (&f, DENY);
  fail_unless_equals_int (get (&f, "/~\xff\xfe" LIST,
          "User-Agent: \xc0\x80\r\n"), 403);
  fail_unless (g_utf8_validate (gst_structure_get_string (f.client, "token"),
          -1, NULL));
  fail_unless_equals_string (gst_structure_get_string (f.client, "agent"), "");
  teardown (&f);
}

GST_END_TEST;

static Suite *
dvrserversink_authorize_suite (void)
{
  Suite *suite = suite_create ("dvrserversink_authorize");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, who_may_not_play_is_told_so);
  tcase_add_test (tcase, it_is_asked_once_for_a_viewer_and_a_stream);
  tcase_add_test (tcase, media_and_pages_are_not_asked_about);
  tcase_add_test (tcase, a_proxy_is_answered_as_its_client_would_be);
  tcase_add_test (tcase, an_answer_may_come_later);
  tcase_add_test (tcase, that_the_server_stops_is_no_refusal);
  tcase_add_test (tcase, what_is_no_text_is_made_one);

  return suite;
}

GST_CHECK_MAIN (dvrserversink_authorize);
