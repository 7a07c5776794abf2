/* rtmpingest.c: what rtmpingestsrc and dvrorigin do with publishers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gst/check/gstcheck.h>

#include "checkutil.h"
#include "rtmpfixture.h"

typedef RtmpClient Publisher;

static void
ask_to_publish (Publisher * self, const gchar * name)
{
  gst_rtmp_client_session_publish (self->session, self->stream_id, name,
      GST_RTMP_PUBLISH_LIVE);
  rtmp_client_flush (self);
}

/* Returns: the status that publishing was answered with */
static const gchar *
publish (Publisher * self, guint port, const gchar * name)
{
  rtmp_client_open (self, port, 0);
  rtmp_client_create_stream (self);
  ask_to_publish (self, name);
  return rtmp_client_wait_status (self);
}

static void
send_sound (Publisher * self, guint time)
{
  GstBuffer *body = gst_buffer_new_memdup ("\xaf\x01sound", 7);

  fail_unless (gst_rtmp_client_session_send_media (self->session,
          self->stream_id, GST_RTMP_AUDIO, time, body));
  gst_buffer_unref (body);
  rtmp_client_flush (self);
}

/* Waits until the other end has closed. */
static void
wait_closed (Publisher * self)
{
  guint8 bytes[4096];

  while (recv (self->fd, bytes, sizeof (bytes), 0) > 0);
}

/* -- rtmpingestsrc, with a pad that takes what it gives -- */

static GstPadTemplate *
sink_template (void)
{
  return gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
      GST_CAPS_ANY);
}

static GMutex lock;
static GCond cond;
static guint n_buffers, n_away, n_starts, n_eos;
static gsize n_bytes;
static gboolean is_stuck;

static GstFlowReturn
chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  g_mutex_lock (&lock);
  while (is_stuck)
    g_cond_wait (&cond, &lock);
  n_buffers++;
  n_bytes += gst_buffer_get_size (buffer);
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static gboolean
event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  g_mutex_lock (&lock);
  n_starts += GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START;
  n_eos += GST_EVENT_TYPE (event) == GST_EVENT_EOS;
  n_away += GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_DOWNSTREAM
      && gst_event_has_name (event, "dvr-away");
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
  return gst_pad_event_default (pad, parent, event);
}

static void
set_stuck (gboolean stuck)
{
  g_mutex_lock (&lock);
  is_stuck = stuck;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
}

static guint
count (guint * counter)
{
  guint value;

  g_mutex_lock (&lock);
  value = *counter;
  g_mutex_unlock (&lock);
  return value;
}

static void
wait_for (guint * counter, guint value)
{
  gint64 until = g_get_monotonic_time () + 120 * G_USEC_PER_SEC;

  g_mutex_lock (&lock);
  while (*counter < value)
    fail_unless (g_cond_wait_until (&cond, &lock, until),
        "%u of %u came", *counter, value);
  g_mutex_unlock (&lock);
}

static GstElement *src;
static GstPad *sinkpad;

static guint
start_src (const gchar * first, ...)
{
  GstPadTemplate *template = sink_template ();
  GstPad *srcpad;
  va_list args;
  gint port;

  n_buffers = n_away = n_starts = n_eos = 0;
  src = gst_check_setup_element ("rtmpingestsrc");
  g_object_set (src, "location", "rtmp://localhost:0/live/cam1", NULL);
  va_start (args, first);
  if (first)
    g_object_set_valist (G_OBJECT (src), first, args);
  va_end (args);
  sinkpad = gst_pad_new_from_template (template, "sink");
  gst_object_unref (template);
  gst_pad_set_chain_function (sinkpad, chain);
  gst_pad_set_event_function (sinkpad, event);
  gst_pad_set_active (sinkpad, TRUE);
  srcpad = gst_element_get_static_pad (src, "src");
  fail_unless (gst_pad_link (srcpad, sinkpad) == GST_PAD_LINK_OK);
  gst_object_unref (srcpad);
  fail_unless (gst_element_set_state (src, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_SUCCESS);
  g_object_get (src, "current-port", &port, NULL);
  fail_unless (port > 0);
  return port;
}

static void
stop_src (void)
{
  gst_element_set_state (src, GST_STATE_NULL);
  gst_pad_set_active (sinkpad, FALSE);
  gst_object_unref (sinkpad);
  gst_check_teardown_element (src);
}

GST_START_TEST (what_is_published_comes_out_as_flv)
{
  guint port = start_src (NULL);
  Publisher one;

  fail_unless_equals_string (publish (&one, port, "cam1"),
      "NetStream.Publish.Start");
  send_sound (&one, 0);
  send_sound (&one, 23);
  wait_for (&n_buffers, 3);
  /* the file's header, and two tags of 11 + 7 + 4 bytes */
  fail_unless_equals_int (n_bytes, 13 + 2 * 22);
  rtmp_client_close (&one);
  wait_for (&n_away, 1);
  stop_src ();
}

GST_END_TEST;

GST_START_TEST (the_next_publisher_is_a_stream_of_its_own)
{
  guint port = start_src (NULL);
  Publisher one, two;

  publish (&one, port, "cam1");
  wait_for (&n_starts, 1);
  rtmp_client_close (&one);
  wait_for (&n_away, 1);
  fail_unless_equals_string (publish (&two, port, "cam1"),
      "NetStream.Publish.Start");
  wait_for (&n_starts, 2);
  fail_unless_equals_int (count (&n_eos), 0);
  rtmp_client_close (&two);
  stop_src ();
}

GST_END_TEST;

GST_START_TEST (a_second_publisher_finds_the_name_taken)
{
  guint port = start_src (NULL);
  Publisher one, two, other;

  publish (&one, port, "cam1");
  fail_unless_equals_string (publish (&two, port, "cam1"),
      "NetStream.Publish.BadName");
  fail_unless_equals_string (publish (&other, port, "cam2"),
      "NetStream.Publish.BadName");
  send_sound (&one, 0);
  wait_for (&n_buffers, 2);
  rtmp_client_close (&one);
  rtmp_client_close (&two);
  rtmp_client_close (&other);
  stop_src ();
}

GST_END_TEST;

/* When a publisher is called silent, in microseconds. */
#define SILENT (2 * G_USEC_PER_SEC)

GST_START_TEST (who_shows_the_key_takes_over_from_a_silent_publisher)
{
  guint port = start_src ("publish-key", "secret", NULL);
  Publisher one, two, wrong;
  gint64 since;

  fail_unless_equals_string (publish (&wrong, port, "cam1?key=guess"),
      "NetStream.Publish.BadName");
  since = g_get_monotonic_time ();
  fail_unless_equals_string (publish (&one, port, "cam1?key=secret"),
      "NetStream.Publish.Start");
  publish (&two, port, "cam1?key=secret");
  /* the first says nothing more; after a while it is replaced, not before */
  fail_unless (g_strcmp0 (two.code, "NetStream.Publish.BadName") == 0
      || g_get_monotonic_time () > since + SILENT, "%s", two.code);
  while (g_strcmp0 (two.code, "NetStream.Publish.Start") != 0) {
    rtmp_client_close (&two);
    poll (NULL, 0, 20);
    publish (&two, port, "cam1?key=secret");
  }
  wait_closed (&one);
  wait_for (&n_starts, 2);
  rtmp_client_close (&one);
  rtmp_client_close (&two);
  rtmp_client_close (&wrong);
  stop_src ();
}

GST_END_TEST;

GST_START_TEST (a_publisher_that_falls_silent_is_given_up)
{
  guint port = start_src ("timeout", 200 * GST_MSECOND, NULL);
  Publisher one;

  publish (&one, port, "cam1");
  wait_closed (&one);
  wait_for (&n_away, 1);
  rtmp_client_close (&one);
  stop_src ();
}

GST_END_TEST;

GST_START_TEST (eos_comes_when_the_publisher_goes_if_wanted)
{
  guint port = start_src ("eos-on-unpublish", TRUE, NULL);
  Publisher one;

  publish (&one, port, "cam1");
  rtmp_client_close (&one);
  wait_for (&n_eos, 1);
  stop_src ();
}

GST_END_TEST;

static void
wait_queued (guint64 bytes)
{
  guint64 queued = 0;

  while (queued < bytes) {
    GstStructure *stats;

    g_object_get (src, "stats", &stats, NULL);
    gst_structure_get_uint64 (stats, "queued-bytes", &queued);
    gst_structure_free (stats);
    poll (NULL, 0, 10);
  }
}

/* Who sends more than there is room for, and ends with that, is listened to
 * again when there is. */
GST_START_TEST (who_has_sent_too_much_may_publish_again)
{
  guint port = start_src (NULL);
  GstBuffer *body = gst_buffer_new_allocate (NULL, 3 << 20, NULL);
  Publisher one;
  guint i;

  gst_buffer_memset (body, 0, 0, -1);
  set_stuck (TRUE);
  publish (&one, port, "cam1");
  for (i = 0; i < 3; i++) {
    rtmp_client_flush (&one);
    fail_unless (gst_rtmp_client_session_send_media (one.session,
            one.stream_id, GST_RTMP_VIDEO, i, body));
  }
  gst_rtmp_client_session_delete_stream (one.session, one.stream_id);
  rtmp_client_flush (&one);
  wait_queued (9 << 20);
  set_stuck (FALSE);
  one.stream_id = 0;
  rtmp_client_create_stream (&one);
  ask_to_publish (&one, "cam1");
  rtmp_client_wait_code (&one, "NetStream.Publish.Start");
  wait_for (&n_starts, 2);
  rtmp_client_close (&one);
  gst_buffer_unref (body);
  stop_src ();
}

GST_END_TEST;

static gboolean
refuse (GstElement * element, const gchar * stream, GstStructure * client,
    gpointer user_data)
{
  fail_unless_equals_string (stream, "live/cam1");
  fail_unless_equals_string (gst_structure_get_string (client, "address"),
      "127.0.0.1");
  (*(guint *) user_data)++;
  return FALSE;
}

GST_START_TEST (a_handler_may_refuse)
{
  guint port = start_src (NULL), asked = 0;
  Publisher one;

  g_signal_connect (src, "authorize-publish", G_CALLBACK (refuse), &asked);
  fail_unless_equals_string (publish (&one, port, "cam1"),
      "NetStream.Publish.BadName");
  fail_unless_equals_int (asked, 1);
  rtmp_client_close (&one);
  stop_src ();
}

GST_END_TEST;

GST_START_TEST (a_port_that_is_taken_is_an_error_unless_it_is_shared)
{
  guint port = start_src (NULL);
  gchar *shared = g_strdup_printf ("rtmp://localhost:%u/live/cam2", port);
  gchar *wider = g_strdup_printf ("rtmp://0.0.0.0:%u/live/cam3", port);
  GstElement *other = gst_check_setup_element ("rtmpingestsrc");
  Publisher two;

  g_object_set (other, "location", shared, NULL);
  fail_unless (gst_element_set_state (other, GST_STATE_PAUSED) !=
      GST_STATE_CHANGE_FAILURE);
  fail_unless_equals_string (publish (&two, port, "cam2"),
      "NetStream.Publish.Start");
  rtmp_client_close (&two);
  gst_element_set_state (other, GST_STATE_NULL);
  g_object_set (other, "location", wider, NULL);
  fail_unless (gst_element_set_state (other, GST_STATE_PAUSED) ==
      GST_STATE_CHANGE_FAILURE);
  gst_check_teardown_element (other);
  stop_src ();
  g_free (shared);
  g_free (wider);
}

GST_END_TEST;

GST_START_TEST (it_goes_up_and_down_with_a_publisher_and_without)
{
  guint i;

  for (i = 0; i < 5; i++) {
    guint port = start_src (NULL);
    Publisher one;

    publish (&one, port, "cam1");
    if (i % 2)
      send_sound (&one, 0);
    gst_element_set_state (src, GST_STATE_READY);
    wait_closed (&one);
    gst_element_set_state (src, GST_STATE_PLAYING);
    rtmp_client_close (&one);
    stop_src ();
  }
}

GST_END_TEST;

/* -- dvrorigin -- */

static void
wait_children (GstElement * origin, gint number)
{
  gint64 until = g_get_monotonic_time () + 120 * G_USEC_PER_SEC;
  gint n = -1;

  while (n != number) {
    GST_OBJECT_LOCK (origin);
    n = GST_BIN_NUMCHILDREN (origin);
    GST_OBJECT_UNLOCK (origin);
    fail_unless (g_get_monotonic_time () < until, "%d children", n);
    poll (NULL, 0, 5);
  }
}

GST_START_TEST (each_stream_of_an_app_gets_a_recorder)
{
  GstElement *origin = gst_check_setup_element ("dvrorigin");
  gchar *directory = g_dir_make_tmp ("dvr-origin-XXXXXX", NULL);
  Publisher one, two, strange;
  gint port;

  g_object_set (origin, "location", "rtmp://localhost:0/live", "recordings",
      directory, "max-streams", 2, NULL);
  fail_unless (gst_element_set_state (origin, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_SUCCESS);
  g_object_get (origin, "current-port", &port, NULL);
  fail_unless_equals_string (publish (&one, port, "cam1"),
      "NetStream.Publish.Start");
  fail_unless_equals_string (publish (&two, port, "cam2"),
      "NetStream.Publish.Start");
  fail_unless_equals_string (publish (&strange, port, "cam3"),
      "NetStream.Publish.BadName");
  wait_children (origin, 4);
  rtmp_client_close (&one);
  rtmp_client_close (&two);
  rtmp_client_close (&strange);
  gst_element_set_state (origin, GST_STATE_NULL);
  wait_children (origin, 0);
  gst_check_teardown_element (origin);
  check_remove_tree (directory);
  g_free (directory);
}

GST_END_TEST;

/* Returns: (transfer full): the one recorder in it */
static GstElement *
get_recorder (GstElement * origin)
{
  GstIterator *it = gst_bin_iterate_all_by_element_factory_name (GST_BIN
      (origin), "rtmpdvrsink");
  GValue found = G_VALUE_INIT;
  GstElement *recorder;

  fail_unless_equals_int (gst_iterator_next (it, &found), GST_ITERATOR_OK);
  recorder = g_value_dup_object (&found);
  g_value_unset (&found);
  gst_iterator_free (it);
  return recorder;
}

GST_START_TEST (what_an_origin_is_told_its_recorders_do_at_once)
{
  GstElement *origin = gst_check_setup_element ("dvrorigin"), *recorder;
  gchar *directory = g_dir_make_tmp ("dvr-origin-XXXXXX", NULL);
  guint64 window = 0;
  Publisher one;
  gint port;

  g_object_set (origin, "location", "rtmp://localhost:0/live", "recordings",
      directory, NULL);
  fail_unless (gst_element_set_state (origin, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_SUCCESS);
  g_object_get (origin, "current-port", &port, NULL);
  fail_unless_equals_string (publish (&one, port, "cam1"),
      "NetStream.Publish.Start");
  wait_children (origin, 2);
  g_object_set (origin, "window", 90 * GST_SECOND, NULL);
  recorder = get_recorder (origin);
  g_object_get (recorder, "window", &window, NULL);
  fail_unless_equals_uint64 (window, 90 * GST_SECOND);
  gst_object_unref (recorder);
  rtmp_client_close (&one);
  gst_element_set_state (origin, GST_STATE_NULL);
  gst_check_teardown_element (origin);
  check_remove_tree (directory);
  g_free (directory);
}

GST_END_TEST;

/* Holds the first until the second is there; with one processor they come one
 * after the other, whatever happens. */
static gboolean
allow_two_at_once (GstElement * element, const gchar * stream,
    GstStructure * client, guint * n_asked)
{
  gint64 until = g_get_monotonic_time () + G_USEC_PER_SEC;

  g_mutex_lock (&lock);
  ++*n_asked;
  g_cond_broadcast (&cond);
  while (*n_asked < 2 && g_cond_wait_until (&cond, &lock, until));
  g_mutex_unlock (&lock);
  return TRUE;
}

GST_START_TEST (one_of_two_who_come_at_once_gets_the_name)
{
  GstElement *origin = gst_check_setup_element ("dvrorigin");
  gchar *directory = g_dir_make_tmp ("dvr-origin-XXXXXX", NULL);
  const gchar *first, *second;
  guint n_asked = 0;
  Publisher one, two;
  gint port;

  g_object_set (origin, "location", "rtmp://localhost:0/live", "recordings",
      directory, NULL);
  g_signal_connect (origin, "authorize-publish",
      G_CALLBACK (allow_two_at_once), &n_asked);
  fail_unless (gst_element_set_state (origin, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_SUCCESS);
  g_object_get (origin, "current-port", &port, NULL);
  rtmp_client_open (&one, port, 0);
  rtmp_client_create_stream (&one);
  rtmp_client_open (&two, port, 0);
  rtmp_client_create_stream (&two);
  ask_to_publish (&one, "cam1");
  ask_to_publish (&two, "cam1");
  first = rtmp_client_wait_status (&one);
  second = rtmp_client_wait_status (&two);
  fail_unless (g_str_equal (first, "NetStream.Publish.Start") !=
      g_str_equal (second, "NetStream.Publish.Start"), "%s and %s", first,
      second);
  rtmp_client_close (&one);
  rtmp_client_close (&two);
  gst_element_set_state (origin, GST_STATE_NULL);
  gst_check_teardown_element (origin);
  check_remove_tree (directory);
  g_free (directory);
}

GST_END_TEST;

GST_START_TEST (an_origin_without_a_directory_says_so)
{
  GstElement *origin = gst_check_setup_element ("dvrorigin");

  g_object_set (origin, "location", "rtmp://localhost:0/live", NULL);
  fail_unless (gst_element_set_state (origin, GST_STATE_PAUSED) ==
      GST_STATE_CHANGE_FAILURE);
  gst_check_teardown_element (origin);
}

GST_END_TEST;

static Suite *
rtmpingest_suite (void)
{
  Suite *suite = suite_create ("rtmpingest");
  TCase *source = tcase_create ("rtmpingestsrc");
  TCase *origin = tcase_create ("dvrorigin");

  suite_add_tcase (suite, source);
  tcase_add_test (source, what_is_published_comes_out_as_flv);
  tcase_add_test (source, the_next_publisher_is_a_stream_of_its_own);
  tcase_add_test (source, a_second_publisher_finds_the_name_taken);
  tcase_add_test (source, who_shows_the_key_takes_over_from_a_silent_publisher);
  tcase_add_test (source, a_publisher_that_falls_silent_is_given_up);
  tcase_add_test (source, who_has_sent_too_much_may_publish_again);
  tcase_add_test (source, eos_comes_when_the_publisher_goes_if_wanted);
  tcase_add_test (source, a_handler_may_refuse);
  tcase_add_test (source, a_port_that_is_taken_is_an_error_unless_it_is_shared);
  tcase_add_test (source, it_goes_up_and_down_with_a_publisher_and_without);
  suite_add_tcase (suite, origin);
  tcase_add_test (origin, each_stream_of_an_app_gets_a_recorder);
  tcase_add_test (origin, what_an_origin_is_told_its_recorders_do_at_once);
  tcase_add_test (origin, one_of_two_who_come_at_once_gets_the_name);
  tcase_add_test (origin, an_origin_without_a_directory_says_so);
  return suite;
}

GST_CHECK_MAIN (rtmpingest);
