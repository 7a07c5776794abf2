/* relink.c: branches of a server that come and go
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>

#include "checkutil.h"

#define LIST "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n" \
    "#EXT-X-MEDIA-SEQUENCE:1\n" \
    "#EXT-X-MAP:URI=\"20261120T000000Z-abcd/init-0.mp4\"\n" \
    "#EXTINF:2.000,\n20261120T000000Z-abcd/0000000001.m4s\n#EXT-X-ENDLIST\n"

/* The status of the list of stream a. */
static guint
get_status (gint port)
{
  const gchar *request = "GET /a/index.m3u8 HTTP/1.1\r\nHost: localhost\r\n"
      "Connection: close\r\n\r\n";
  GSocketClient *client = g_socket_client_new ();
  GSocketConnection *connection;
  gchar answer[64] = "";
  GIOStream *stream;

  connection = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL,
      NULL);
  fail_unless (connection != NULL);
  stream = G_IO_STREAM (connection);
  g_socket_set_timeout (g_socket_connection_get_socket (connection), 120);
  fail_unless (g_output_stream_write_all (g_io_stream_get_output_stream
          (stream), request, strlen (request), NULL, NULL, NULL));
  fail_unless (g_input_stream_read (g_io_stream_get_input_stream (stream),
          answer, sizeof (answer) - 1, NULL, NULL) > 12);
  g_object_unref (connection);
  g_object_unref (client);

  return g_ascii_strtoull (answer + strlen ("HTTP/1.1 "), NULL, 10);
}

static void
wait_status (gint port, guint status)
{
  fail_unless_soon (get_status (port) == status);
}

GST_START_TEST (test_a_branch_is_unlinked_and_linked_again_while_it_serves)
{
  gchar *location = g_dir_make_tmp ("dvr-relink-XXXXXX", NULL);
  gchar *directory = g_build_filename (location, "a", NULL);
  gchar *list = g_build_filename (directory, "index.m3u8", NULL);
  GstElement *pipeline, *source, *cache, *sink;
  gint i, port;

  g_mkdir (directory, 0755);
  fail_unless (g_file_set_contents (list, LIST, -1, NULL));
  pipeline = check_launch ("proxystreamsrc name=source location=\"%s\" ! "
      "segmentcache name=cache ! dvrserversink name=sink host=127.0.0.1 "
      "http-port=0", location);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  cache = gst_bin_get_by_name (GST_BIN (pipeline), "cache");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_object_get (sink, "current-http-port", &port, NULL);
  wait_status (port, 200);

  for (i = 0; i < 20; i++) {
    guint status;

    gst_element_unlink (cache, sink);
    /* what the server holds it goes on serving; it says so or serves */
    status = get_status (port);
    fail_unless (status == 200 || status == 503, "%u", status);
    fail_unless (gst_element_link (cache, sink));
    wait_status (port, 200);

    gst_element_unlink (source, cache);
    status = get_status (port);
    fail_unless (status == 200 || status == 503, "%u", status);
    fail_unless (gst_element_link (source, cache));
    wait_status (port, 200);
  }

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (cache);
  gst_object_unref (source);
  gst_object_unref (pipeline);
  check_remove_tree (location);
  g_free (list);
  g_free (directory);
  g_free (location);
}

GST_END_TEST;

static Suite *
relink_suite (void)
{
  Suite *s = suite_create ("relink");
  TCase *tc = tcase_create ("branches");

  suite_add_tcase (s, tc);
  tcase_add_test (tc,
      test_a_branch_is_unlinked_and_linked_again_while_it_serves);

  return s;
}

GST_CHECK_MAIN (relink);
