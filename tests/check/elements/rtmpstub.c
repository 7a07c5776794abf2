/* rtmpstub.c: an RTMP server that does what a test says
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gst/check/gstcheck.h>

#include "flv/flvwriter.h"
#include "fmp4/fmp4.h"
#include "rtmpstub.h"

#define WAIT (120 * G_TIME_SPAN_SECOND)
#define FRAME 40
/* Of AAC at 44100 Hz, microseconds. */
#define AUDIO_FRAME 23220

struct _RtmpStub
{
  RtmpStubHandler handler;
  gpointer data;
  int fd;
  guint port;
  GThread *thread;

  GMutex lock;
  GCond changed;
  GPtrArray *threads;
  GArray *fds;                  /* of clients that are served */
  GString *said;
  guint n_clients;
  gboolean open;
  gboolean stopping;
};

/* *INDENT-OFF* */
static void say (RtmpStub * self, const gchar * format, ...)
    G_GNUC_PRINTF (2, 3);
/* *INDENT-ON* */

static void
say (RtmpStub * self, const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  g_mutex_lock (&self->lock);
  g_string_append_vprintf (self->said, format, args);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  va_end (args);
}

static void
on_connect (RtmpStubClient * c, const GstRtmpConnect * connect)
{
  g_autofree gchar *codecs = connect->fourccs ?
      g_strjoinv (",", connect->fourccs) : NULL;

  say (c->stub, "connect %s %s\n", connect->app, connect->tc_url);
  if (codecs)
    say (c->stub, "codecs %s\n", codecs);
  if (c->refuse)
    gst_rtmp_server_session_reject_connect (c->session,
        "NetConnection.Connect.Rejected", "Not you.", c->redirect, NULL);
  else
    gst_rtmp_server_session_accept_connect (c->session, NULL, NULL);
}

static void
on_play (RtmpStubClient * c, const GstRtmpServerEvent * event)
{
  const GstRtmpCommand *command = event->command;

  say (c->stub, "play %s %" G_GINT64_FORMAT "\n", command->stream.full,
      command->play.start);
  if (c->silent) {
    c->stream_id = event->stream_id;
  } else if (c->missing) {
    gst_rtmp_server_session_reject_play (c->session, event->stream_id,
        "NetStream.Play.StreamNotFound", "No such stream.", NULL);
  } else {
    gst_rtmp_server_session_accept_play (c->session, event->stream_id,
        c->recorded, TRUE, NULL);
    c->stream_id = event->stream_id;
  }
}

static void
on_event (GstRtmpServerSession * session, const GstRtmpServerEvent * event,
    gpointer user_data)
{
  RtmpStubClient *c = user_data;

  switch (event->type) {
    case GST_RTMP_SERVER_CONNECT:
      on_connect (c, event->command->connect);
      break;
    case GST_RTMP_SERVER_PLAY:
      on_play (c, event);
      break;
    case GST_RTMP_SERVER_SEEK:
    case GST_RTMP_SERVER_SEEK_RAW:
    case GST_RTMP_SERVER_TRANSMIT:
      say (c->stub, "%s %" G_GINT64_FORMAT "\n", event->command->name,
          event->command->position);
      break;
    default:
      break;
  }
}

gboolean
rtmp_stub_send_bytes (RtmpStubClient * c, gconstpointer data, gsize size)
{
  const guint8 *bytes = data;

  while (size > 0) {
    ssize_t n = send (c->fd, bytes, size, MSG_NOSIGNAL);

    if (n <= 0)
      return FALSE;
    bytes += n;
    size -= n;
  }
  return TRUE;
}

gboolean
rtmp_stub_flush (RtmpStubClient * c)
{
  GBytes *bytes = gst_rtmp_server_session_take_output (c->session);
  gboolean done;

  if (bytes == NULL)
    return TRUE;
  done = rtmp_stub_send_bytes (c, g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes));
  g_bytes_unref (bytes);
  return done;
}

gboolean
rtmp_stub_hear (RtmpStubClient * c)
{
  guint8 data[8192];
  ssize_t n = recv (c->fd, data, sizeof (data), 0);

  /* the session answers that by itself */
  if (n > 0 && memmem (data, n, "FCSubscribe", 11))
    say (c->stub, "FCSubscribe\n");
  return n > 0 && gst_rtmp_server_session_feed (c->session, data, n, NULL)
      && rtmp_stub_flush (c);
}

gboolean
rtmp_stub_accept_play (RtmpStubClient * c)
{
  while (c->stream_id == 0)
    if (!rtmp_stub_hear (c))
      return FALSE;
  return TRUE;
}

void
rtmp_stub_hear_all (RtmpStubClient * c)
{
  while (rtmp_stub_hear (c));
}

static void
send_body (RtmpStubClient * c, GstRtmpMessageType type, guint32 time,
    GstBuffer * body)
{
  gst_rtmp_server_session_send_media (c->session, c->stream_id, type, time,
      body);
  gst_buffer_unref (body);
}

/* H.264 of that width, and AAC. */
void
rtmp_stub_send_config (RtmpStubClient * c, guint width)
{
  static const guint8 avcc[] = { 0x01, 0x42, 0xc0, 0x0d, 0xff, 0xe1, 0x00, 0x16,
    0x67, 0x42, 0xc0, 0x0d, 0xda, 0x05, 0x07, 0xec, 0x04, 0x40, 0x00, 0x00,
    0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 0x01, 0x00,
    0x04, 0x68, 0xce, 0x0f, 0xc8
  };
  static const guint8 aac[] = { 0x12, 0x10 };
  g_autofree guint8 *config = g_memdup2 (avcc, sizeof (avcc));
  GstCaps *caps;

  /* the picture parameters tell one from the other */
  if (width != 320)
    config[sizeof (avcc) - 1] = 0xc9;
  caps = gst_fmp4_codec_caps (GST_FMP4_CODEC_H264, config, sizeof (avcc),
      width, 240);
  send_body (c, GST_RTMP_VIDEO, 0, gst_flv_write_config_body (caps,
          GST_FLV_MODE_AUTO));
  gst_caps_unref (caps);
  caps = gst_fmp4_codec_caps (GST_FMP4_CODEC_AAC, aac, sizeof (aac), 44100, 2);
  send_body (c, GST_RTMP_AUDIO, 0, gst_flv_write_config_body (caps,
          GST_FLV_MODE_AUTO));
  gst_caps_unref (caps);
}

void
rtmp_stub_send_video (RtmpStubClient * c, guint32 time, gboolean key)
{
  guint8 body[5 + 4 + 100] = { key ? 0x17 : 0x27, 1, 0, 0, 0, 0, 0, 0, 100,
    key ? 0x65 : 0x41
  };

  send_body (c, GST_RTMP_VIDEO, time, gst_buffer_new_memdup (body,
          sizeof (body)));
}

void
rtmp_stub_send_audio (RtmpStubClient * c, guint32 time)
{
  guint8 body[2 + 50] = { 0xaf, 1, 0x21 };

  send_body (c, GST_RTMP_AUDIO, time, gst_buffer_new_memdup (body,
          sizeof (body)));
}

gboolean
rtmp_stub_send_media (RtmpStubClient * c, guint32 from, guint32 length)
{
  guint64 audio = 0;
  guint32 time;

  for (time = 0; time < length; time += FRAME) {
    rtmp_stub_send_video (c, from + time, time % 1000 == 0);
    for (; audio / 1000 < time + FRAME; audio += AUDIO_FRAME)
      rtmp_stub_send_audio (c, from + audio / 1000);
    if (!rtmp_stub_flush (c))
      return FALSE;
  }
  return TRUE;
}

void
rtmp_stub_send_message (RtmpStubClient * c, guint8 type, guint32 stream_id,
    guint32 time, gconstpointer data, gsize size)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gboolean extended = time >= 0xffffff;
  guint8 head[12] = { 3, }, stamp[4] = { 0, 0, 0, 128 };
  gsize done = 0;

  if (!c->raw) {
    c->raw = TRUE;
    rtmp_stub_send_message (c, 1, 0, 0, stamp, sizeof (stamp));
  }

  GST_WRITE_UINT24_BE (head + 1, extended ? 0xffffff : time);
  GST_WRITE_UINT24_BE (head + 4, size);
  head[7] = type;
  GST_WRITE_UINT32_LE (head + 8, stream_id);
  GST_WRITE_UINT32_BE (stamp, time);
  g_byte_array_append (out, head, sizeof (head));
  do {
    gsize n = MIN (size - done, 128);

    if (extended)
      g_byte_array_append (out, stamp, sizeof (stamp));
    g_byte_array_append (out, (const guint8 *) data + done, n);
    done += n;
    head[0] = 0xc3;
    if (done < size)
      g_byte_array_append (out, head, 1);
  } while (done < size);
  rtmp_stub_send_bytes (c, out->data, out->len);
}

void
rtmp_stub_send_command (RtmpStubClient * c, guint32 stream_id,
    GByteArray * body)
{
  rtmp_stub_send_message (c, 20, stream_id, 0, body->data, body->len);
  g_byte_array_unref (body);
}

void
rtmp_stub_pace (RtmpStubClient * c, guint32 from)
{
  struct pollfd wait = {.fd = c->fd,.events = POLLIN };

  while (rtmp_stub_send_media (c, from, 1000)) {
    gint64 until = g_get_monotonic_time () + G_TIME_SPAN_SECOND / 10;
    gint64 left;

    from += 1000;
    while ((left = until - g_get_monotonic_time ()) > 0)
      if (poll (&wait, 1, left / 1000 + 1) > 0 && !rtmp_stub_hear (c))
        return;
  }
}

static void
forget_fd (RtmpStub * self, int fd)
{
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->fds->len; i++) {
    if (g_array_index (self->fds, int, i) == fd) {
      g_array_remove_index_fast (self->fds, i);
      break;
    }
  }
  close (fd);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static gpointer
client_thread (gpointer data)
{
  RtmpStubClient *c = data;

  c->session = gst_rtmp_server_session_new (NULL, on_event, c);
  c->stub->handler (c, c->stub->data);
  gst_rtmp_server_session_close (c->session);
  gst_rtmp_server_session_free (c->session);
  forget_fd (c->stub, c->fd);
  g_free (c);
  return NULL;
}

static gpointer
accept_thread (gpointer data)
{
  RtmpStub *self = data;
  int fd;

  while ((fd = accept (self->fd, NULL, NULL)) >= 0) {
    RtmpStubClient *c = g_new0 (RtmpStubClient, 1);

    c->stub = self;
    c->fd = fd;
    g_mutex_lock (&self->lock);
    c->index = self->n_clients++;
    g_array_append_val (self->fds, fd);
    if (self->stopping)
      shutdown (fd, SHUT_RDWR);
    g_ptr_array_add (self->threads, g_thread_new ("rtmp-stub", client_thread,
            c));
    g_cond_broadcast (&self->changed);
    g_mutex_unlock (&self->lock);
  }
  return NULL;
}

RtmpStub *
rtmp_stub_new (RtmpStubHandler handler, gpointer data)
{
  struct sockaddr_in address = {.sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK)
  };
  socklen_t size = sizeof (address);
  RtmpStub *self = g_new0 (RtmpStub, 1);

  self->handler = handler;
  self->data = data;
  self->threads = g_ptr_array_new ();
  self->fds = g_array_new (FALSE, FALSE, sizeof (int));
  self->said = g_string_new (NULL);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  fail_unless (bind (self->fd, (struct sockaddr *) &address, size) == 0);
  fail_unless (listen (self->fd, 64) == 0);
  fail_unless (getsockname (self->fd, (struct sockaddr *) &address,
          &size) == 0);
  self->port = ntohs (address.sin_port);
  self->thread = g_thread_new ("rtmp-stub-accept", accept_thread, self);
  return self;
}

void
rtmp_stub_free (RtmpStub * self)
{
  guint i;

  g_mutex_lock (&self->lock);
  self->stopping = self->open = TRUE;
  for (i = 0; i < self->fds->len; i++)
    shutdown (g_array_index (self->fds, int, i), SHUT_RDWR);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  shutdown (self->fd, SHUT_RDWR);
  g_thread_join (self->thread);
  close (self->fd);
  for (i = 0; i < self->threads->len; i++)
    g_thread_join (g_ptr_array_index (self->threads, i));
  g_ptr_array_unref (self->threads);
  g_array_unref (self->fds);
  g_string_free (self->said, TRUE);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

gchar *
rtmp_stub_get_location (RtmpStub * self, const gchar * path)
{
  return g_strdup_printf ("rtmp://127.0.0.1:%u%s", self->port, path);
}

/* Returns: how many clients there were */
guint
rtmp_stub_count (RtmpStub * self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->n_clients;
  g_mutex_unlock (&self->lock);
  return n;
}

/* Returns: how many clients are served */
guint
rtmp_stub_count_open (RtmpStub * self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->fds->len;
  g_mutex_unlock (&self->lock);
  return n;
}

gchar *
rtmp_stub_get_said (RtmpStub * self)
{
  gchar *said;

  g_mutex_lock (&self->lock);
  said = g_strdup (self->said->str);
  g_mutex_unlock (&self->lock);
  return said;
}

void
rtmp_stub_wait_said (RtmpStub * self, const gchar * line)
{
  gint64 until = g_get_monotonic_time () + WAIT;

  g_mutex_lock (&self->lock);
  while (strstr (self->said->str, line) == NULL)
    fail_unless (g_cond_wait_until (&self->changed, &self->lock, until),
        "no \"%s\" in:\n%s", line, self->said->str);
  g_mutex_unlock (&self->lock);
}

void
rtmp_stub_note (RtmpStub * self, const gchar * line)
{
  say (self, "%s\n", line);
}

void
rtmp_stub_open_gate (RtmpStub * self)
{
  g_mutex_lock (&self->lock);
  self->open = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
rtmp_stub_wait_gate (RtmpStub * self)
{
  g_mutex_lock (&self->lock);
  while (!self->open)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}
