/* rtmpfixture.c: an RTMP client on a plain socket
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gst/check/gstcheck.h>

#include "rtmpfixture.h"

static void
on_event (GstRtmpClientSession * session, const GstRtmpClientEvent * event,
    gpointer user_data)
{
  RtmpClient *self = user_data;

  if (event->type == GST_RTMP_CLIENT_CONNECTED) {
    self->connected = TRUE;
  } else if (event->type == GST_RTMP_CLIENT_STREAM) {
    self->stream_id = event->stream_id;
  } else if (event->type == GST_RTMP_CLIENT_STATUS
      || event->type == GST_RTMP_CLIENT_REJECTED) {
    g_free (self->code);
    self->code = g_strdup (event->code);
    g_queue_push_tail (&self->codes, g_strdup (event->code));
  } else if (event->type == GST_RTMP_CLIENT_RESULT) {
    g_clear_pointer (&self->result, gst_amf_unref);
    self->result = gst_amf_ref (event->info);
    self->n_results++;
  } else if (event->type == GST_RTMP_CLIENT_MEDIA && self->on_media) {
    self->on_media (session, event, self->user_data);
  }
}

/* Sends what it has to say. */
void
rtmp_client_flush (RtmpClient * self)
{
  GBytes *bytes = gst_rtmp_client_session_take_output (self->session);
  gsize size;
  gconstpointer data;

  if (!bytes)
    return;
  data = g_bytes_get_data (bytes, &size);
  fail_unless (send (self->fd, data, size, MSG_NOSIGNAL) == (ssize_t) size);
  g_bytes_unref (bytes);
}

/* Waits for something. Returns: FALSE when the server has closed */
gboolean
rtmp_client_hear (RtmpClient * self)
{
  guint8 bytes[8192];
  ssize_t n = recv (self->fd, bytes, sizeof (bytes), 0);
  GError *error = NULL;

  if (n <= 0)
    return FALSE;
  fail_unless (gst_rtmp_client_session_feed (self->session, bytes, n, &error),
      "%s", error ? error->message : "");
  rtmp_client_flush (self);
  return TRUE;
}

/* Asks to connect to the app `live`. */
void
rtmp_client_dial (RtmpClient * self, guint port, guint caps_ex)
{
  struct sockaddr_in address = {.sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),.sin_port = htons (port)
  };
  GstRtmpLimits limits = GST_RTMP_LIMITS_DEFAULT;
  GstAmf *extra = gst_amf_new_object ();

  memset (self, 0, sizeof (*self));
  self->fd = socket (AF_INET, SOCK_STREAM, 0);
  fail_unless (connect (self->fd, (struct sockaddr *) &address,
          sizeof (address)) == 0);
  self->session = gst_rtmp_client_session_new (&limits, GST_RTMP_DIGEST_NONE,
      on_event, self);
  gst_amf_set_number (extra, "capsEx", caps_ex);
  gst_rtmp_client_session_connect (self->session, "live",
      "rtmp://localhost/live", extra);
  rtmp_client_flush (self);
}

/* Connects to the app `live`. */
void
rtmp_client_open (RtmpClient * self, guint port, guint caps_ex)
{
  rtmp_client_dial (self, port, caps_ex);
  while (!self->connected)
    fail_unless (rtmp_client_hear (self));
}

void
rtmp_client_close (RtmpClient * self)
{
  close (self->fd);
  gst_rtmp_client_session_free (self->session);
  g_clear_pointer (&self->result, gst_amf_unref);
  g_queue_clear_full (&self->codes, g_free);
  g_free (self->code);
}

void
rtmp_client_create_stream (RtmpClient * self)
{
  gst_rtmp_client_session_create_stream (self->session);
  rtmp_client_flush (self);
  while (self->stream_id == 0)
    fail_unless (rtmp_client_hear (self));
}

/* Asks to play, live or else recorded; the answer is still to come. */
void
rtmp_client_play (RtmpClient * self, const gchar * name)
{
  const GstRtmpPlay any = { GST_RTMP_PLAY_ANY, GST_RTMP_PLAY_TO_END, 1 };

  rtmp_client_create_stream (self);
  gst_rtmp_client_session_play (self->session, self->stream_id, name, &any);
  rtmp_client_flush (self);
}

/* Returns: the first status that comes, "closed" when none does */
const gchar *
rtmp_client_wait_status (RtmpClient * self)
{
  while (!self->code && rtmp_client_hear (self));
  return self->code ? self->code : "closed";
}

/* Waits for a status, behind the one waited for before. */
void
rtmp_client_wait_code (RtmpClient * self, const gchar * code)
{
  gboolean found = FALSE;

  while (!found) {
    gchar *next = g_queue_pop_head (&self->codes);

    found = g_strcmp0 (next, code) == 0;
    if (!next)
      fail_unless (rtmp_client_hear (self), "closed, not %s", code);
    g_free (next);
  }
}

/* Asks for something about a stream. */
void
rtmp_client_call (RtmpClient * self, const gchar * name, const gchar * stream)
{
  gst_rtmp_client_session_call (self->session, name,
      gst_amf_new_string (stream), NULL);
  rtmp_client_flush (self);
}

/* Returns: (transfer none): the answer of a call */
GstAmf *
rtmp_client_wait_result (RtmpClient * self)
{
  while (!self->result)
    fail_unless (rtmp_client_hear (self), "closed, no answer");
  return self->result;
}
