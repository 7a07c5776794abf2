/* httpclient.c: an HTTP client that reads to the end of the connection
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>
#include <string.h>

#include <gst/check/gstcheck.h>

#include "httpclient.h"

/* Returns: (transfer full): where the answer to a request comes, as it stands */
GSocketConnection *
send_text (gint port, const gchar * text)
{
  GSocketClient *client = g_socket_client_new ();
  GSocketConnection *connection =
      g_socket_client_connect_to_host (client, "localhost", port, NULL, NULL);

  fail_unless (connection != NULL);
  g_socket_set_timeout (g_socket_connection_get_socket (connection), 120);
  fail_unless (g_output_stream_write_all (g_io_stream_get_output_stream
          (G_IO_STREAM (connection)), text, strlen (text), NULL, NULL, NULL));
  g_object_unref (client);
  return connection;
}

/* @headers: with the ends of their lines. Returns: (transfer full) */
GSocketConnection *
send_request (gint port, const gchar * method, const gchar * path,
    const gchar * headers)
{
  g_autofree gchar *text = g_strdup_printf ("%s %s HTTP/1.1\r\n"
      "Host: localhost\r\nConnection: close\r\n%s\r\n", method, path, headers);

  return send_text (port, text);
}

/* @connection: (transfer full). Returns: (transfer full) */
Reply *
read_reply (GSocketConnection * connection)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  Reply *reply = g_new0 (Reply, 1);
  guint8 bytes[4096];
  gchar *end;
  gssize n;

  reply->body = g_byte_array_new ();
  while ((n = g_input_stream_read (in, bytes, sizeof (bytes), NULL, NULL)) > 0)
    g_byte_array_append (reply->body, bytes, n);
  g_object_unref (connection);
  end = reply->body->len == 0 ? NULL : g_strstr_len ((gchar *)
      reply->body->data, reply->body->len, "\r\n\r\n");
  if (end) {
    gsize size = end + 4 - (gchar *) reply->body->data;

    reply->head = g_strndup ((gchar *) reply->body->data, size);
    reply->status = atoi (reply->head + strlen ("HTTP/1.1 "));
    g_byte_array_remove_range (reply->body, 0, size);
  }
  g_byte_array_append (reply->body, (guint8 *) "", 1);
  reply->body->len--;
  return reply;
}

void
reply_free (Reply * reply)
{
  g_byte_array_unref (reply->body);
  g_free (reply->head);
  g_free (reply);
}

/* @connection: (transfer full). Returns: the status, where no more is wanted */
guint
read_status (GSocketConnection * connection)
{
  Reply *reply = read_reply (connection);
  guint status = reply->status;

  reply_free (reply);
  return status;
}
