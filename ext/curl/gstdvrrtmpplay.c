/* gstdvrrtmpplay.c: plays a stream of an RTMP server
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One connection, in the thread that calls: what is said on it is gst/rtmp's
 * matter, here are the socket and the order of things (RTMP 1.0, 7.2).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>

#include "flv/flvparser.h"

#include "gstdvrproxydebug.h"
#include "gstdvrrtmpplay.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

#define READ_SIZE (64 * 1024)
/* How often time is looked at when nothing comes. */
#define TICK (G_USEC_PER_SEC / 4)
/* What the server shall be ahead by, milliseconds; a live stream takes no
 * notice. */
#define BUFFER_LENGTH 10000
/* No text of a server is shown beyond this, and no more of them a second. */
#define MAX_TEXT 256
#define MAX_STATUSES 8
/* No recording is believed to be longer, seconds. */
#define MAX_LENGTH (7 * 24 * 3600)

struct _GstDvrRtmpPlay
{
  const GstDvrRtmpPlayFuncs *funcs;
  gpointer user_data;
  GCancellable *stop;           /* ends everything */
  GCancellable *wake;           /* ends a wait */
  _Atomic guint64 bytes;

  /* of the connection under way */
  const GstDvrRtmpTarget *target;
  gint64 start;
  GSocket *socket;
  GstRtmpClientSession *session;
  GBytes *output;               /* what the socket did not take yet */
  guint32 stream_id;
  gboolean recorded;            /* it has an end */
  gboolean playing;             /* the server says so */
  gboolean media;               /* and something came */
  gboolean away;
  gboolean eof;                 /* it said that nothing more comes */
  gint64 heard_at;              /* when anything came; monotonic, us */
  gint64 news_at;               /* when something of the stream did */
  gboolean seeking;             /* it owes an answer to a seek */
  guint64 length;               /* of the recording, ms; 0: not known */
  gboolean smart;               /* it was told what a player does itself */
  gboolean suspended;           /* it was told to send no more for now */
  gboolean answers_pings;       /* most servers do */
  gint64 pinged_at;             /* since when a ping waits; 0: none does */
  gint64 told_at;               /* second of the last status */
  guint n_told;                 /* in it */
  gboolean ended;
  GstDvrRtmpEnd end;
  gchar *reason;
  gchar *redirect;              /* (nullable): where the server sends us */
};

/* *INDENT-OFF* */
static void end_with (GstDvrRtmpPlay * self, GstDvrRtmpEnd end,
    const gchar * format, ...) G_GNUC_PRINTF (3, 4);
/* *INDENT-ON* */

/* The first end counts. */
static void
end_with (GstDvrRtmpPlay * self, GstDvrRtmpEnd end, const gchar * format, ...)
{
  va_list args;

  if (self->ended)
    return;
  self->ended = TRUE;
  self->end = end;
  va_start (args, format);
  self->reason = g_strdup_vprintf (format, args);
  va_end (args);
}

/* Returns: (transfer full): what a server says, fit to be shown */
static gchar *
get_text (const GstAmf * info, const gchar * member)
{
  const gchar *text = gst_amf_member_text (info, member);
  g_autofree gchar *start = g_strndup (text ? text : "", MAX_TEXT);

  return g_utf8_make_valid (start, -1);
}

/* -- what is said -- */

/* What Enhanced RTMP (v2, "Enhancing NetConnection connect Command") lets a
 * client announce: the codecs that can be recorded. */
static GstAmf *
make_capabilities (void)
{
  static const gchar *const codecs[] = { "av01", "hvc1", "vp09", "avc1",
    "Opus", "fLaC", "ac-3", "ec-3", ".mp3", "mp4a"
  };
  GstAmf *object = gst_amf_new_object ();
  GstAmf *list = gst_amf_new_strict_array ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codecs); i++)
    gst_amf_append (list, gst_amf_new_string (codecs[i]));
  gst_amf_set (object, "fourCcList", list);

  return object;
}

static void
begin_playing (GstDvrRtmpPlay * self, guint32 stream_id)
{
  GstRtmpPlay play = { self->start < 0 ? GST_RTMP_PLAY_ANY : self->start,
    GST_RTMP_PLAY_TO_END, 1
  };

  self->stream_id = stream_id;
  gst_rtmp_client_session_set_buffer_length (self->session, stream_id,
      BUFFER_LENGTH);
  gst_rtmp_client_session_play (self->session, stream_id, self->target->name,
      &play);
}

static void
set_away (GstDvrRtmpPlay * self, gboolean away)
{
  if (self->away == away)
    return;
  self->away = away;
  self->funcs->away (self->user_data, away);
}

/* A server that talks without end is not repeated without end. */
static void
tell (GstDvrRtmpPlay * self, const gchar * code, const gchar * text)
{
  gint64 second = g_get_monotonic_time () / G_USEC_PER_SEC;

  if (!g_str_has_prefix (code, "NetStream."))
    return;
  if (second != self->told_at)
    self->n_told = 0;
  self->told_at = second;
  if (self->n_told++ < MAX_STATUSES)
    self->funcs->status (self->user_data, code, text);
}

/* Returns: whether it is the answer to a seek */
static gboolean
take_seek_answer (GstDvrRtmpPlay * self, const gchar * code)
{
  gboolean done = g_str_equal (code, "NetStream.Seek.Notify");

  if (!self->seeking || !g_str_has_prefix (code, "NetStream.Seek."))
    return FALSE;
  self->seeking = FALSE;
  self->funcs->sought (self->user_data, done);

  return TRUE;
}

/* A server that does not have it itself (302): AMS says so where it refuses the
 * connection, SRS in a status where it is asked to play. */
static void
take_refusal (GstDvrRtmpPlay * self, const GstRtmpClientEvent * event)
{
  const GstAmf *ex = gst_amf_member (event->info, "ex");
  g_autofree gchar *text = get_text (event->info, "description");
  g_autofree gchar *redirect = get_text (ex, "redirect");

  if (*redirect == '\0') {
    end_with (self, GST_DVR_RTMP_REFUSED, "the server refuses: %s",
        *text ? text : event->code ? event->code : "it says no more");
    return;
  }
  g_free (self->redirect);
  self->redirect = g_steal_pointer (&redirect);
  end_with (self, GST_DVR_RTMP_REDIRECTED, "the server sends us elsewhere");
}

static void
take_status (GstDvrRtmpPlay * self, const GstRtmpClientEvent * event)
{
  g_autofree gchar *code = get_text (event->info, "code");
  g_autofree gchar *text = get_text (event->info, "description");

  GST_DEBUG ("%s: %s: %s", self->target->tc_url, code, text);
  self->news_at = g_get_monotonic_time ();
  tell (self, code, text);
  if (take_seek_answer (self, code))
    return;
  if (g_str_equal (code, "NetConnection.Connect.Rejected")) {
    take_refusal (self, event);
    return;
  }
  if (g_str_has_prefix (code, "NetStream.Play."))
    self->playing = TRUE;

  if (g_str_equal (code, "NetStream.Play.StreamNotFound")
      || g_str_equal (code, "NetStream.Play.NoSupportedTrackFound"))
    end_with (self, GST_DVR_RTMP_NOT_FOUND, "%s %s", code, text);
  else if (g_str_equal (code, "NetStream.Play.Failed")
      || g_str_equal (code, "NetStream.Failed"))
    end_with (self, GST_DVR_RTMP_REFUSED, "%s %s", code, text);
  else if (g_str_equal (code, "NetStream.Play.Complete")
      || (g_str_equal (code, "NetStream.Play.Stop") && self->recorded))
    end_with (self, GST_DVR_RTMP_COMPLETE, "%s", code);
  else if (g_str_equal (code, "NetStream.Play.UnpublishNotify")
      || g_str_equal (code, "NetStream.Play.Stop"))
    set_away (self, TRUE);
  else if (self->smart && (g_str_equal (code, "NetStream.Seek.Failed")
          || g_str_has_prefix (code, "NetConnection.Call.")))
    self->funcs->unwelcome (self->user_data);
}

static void
take_media (GstDvrRtmpPlay * self, const GstRtmpClientEvent * event)
{
  if (event->stream_id != self->stream_id)
    return;
  self->playing = self->media = TRUE;
  self->eof = FALSE;
  self->news_at = g_get_monotonic_time ();
  set_away (self, FALSE);
  self->funcs->tag (self->user_data, event->message_type, event->timestamp,
      event->buffer);
}

/* What the programme says of itself. */
static void
take_metadata (GstDvrRtmpPlay * self, const GstRtmpClientEvent * event)
{
  gdouble seconds;

  if (event->stream_id != self->stream_id || event->buffer == NULL
      || !g_str_equal (event->data->name, "onMetaData"))
    return;
  if (event->data->args->len > 0
      && gst_amf_member_number (g_ptr_array_index (event->data->args, 0),
          "duration", &seconds) && seconds > 0 && seconds < MAX_LENGTH)
    self->length = (guint64) (seconds * 1000);
  self->funcs->tag (self->user_data, GST_FLV_TAG_SCRIPT, event->timestamp,
      event->buffer);
}

/* The end of a recording is followed by one or another status, or by none. */
static void
take_control (GstDvrRtmpPlay * self, const GstRtmpClientEvent * event)
{
  switch (event->control) {
    case GST_RTMP_STREAM_IS_RECORDED:
      self->recorded = TRUE;
      break;
    case GST_RTMP_STREAM_EOF:
      self->eof = TRUE;
      if (!self->recorded)
        set_away (self, TRUE);
      break;
    case GST_RTMP_PING_RESPONSE:
      self->answers_pings = TRUE;
      break;
    default:
      break;
  }
}

/* Some networks (Akamai's, Limelight's) fetch a live stream only for who has
 * asked for it so before; to others it means nothing. librtmp does not wait for an
 * answer either. */
static void
subscribe (GstDvrRtmpPlay * self)
{
  gst_rtmp_client_session_call (self->session, "FCSubscribe",
      gst_amf_new_string (self->target->name), NULL);
}

static void
take_event (GstRtmpClientSession * session, const GstRtmpClientEvent * event,
    gpointer user_data)
{
  GstDvrRtmpPlay *self = user_data;

  if (self->ended)
    return;
  switch (event->type) {
    case GST_RTMP_CLIENT_CONNECTED:
      self->funcs->connected (self->user_data);
      gst_rtmp_client_session_ping (session, 0);
      subscribe (self);
      gst_rtmp_client_session_create_stream (session);
      break;
    case GST_RTMP_CLIENT_REJECTED:
    case GST_RTMP_CLIENT_NO_STREAM:
      take_refusal (self, event);
      break;
    case GST_RTMP_CLIENT_STREAM:
      begin_playing (self, event->stream_id);
      break;
    case GST_RTMP_CLIENT_STATUS:
    case GST_RTMP_CLIENT_PLAY_STATUS:
      take_status (self, event);
      break;
    case GST_RTMP_CLIENT_CONTROL:
      take_control (self, event);
      break;
    case GST_RTMP_CLIENT_MEDIA:
      take_media (self, event);
      break;
    case GST_RTMP_CLIENT_DATA:
      take_metadata (self, event);
      break;
    case GST_RTMP_CLIENT_CLOSE:
      end_with (self, GST_DVR_RTMP_LOST, "the server closed the connection");
      break;
    default:
      break;
  }
}

/* -- the socket -- */

static GSocketConnection *
open_connection (GstDvrRtmpPlay * self, GstClockTime timeout, GError ** error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) address =
      g_network_address_new (self->target->host, self->target->port);

  g_socket_client_set_enable_proxy (client, FALSE);
  /* in seconds, and 0 is for ever */
  g_socket_client_set_timeout (client, (timeout + GST_SECOND - 1) / GST_SECOND);

  return g_socket_client_connect (client, address, self->stop, error);
}

static gboolean
is_block (const GError * error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static void
read_some (GstDvrRtmpPlay * self)
{
  guint8 data[READ_SIZE];
  g_autoptr (GError) error = NULL;
  gssize n;

  n = g_socket_receive_with_blocking (self->socket, (gchar *) data,
      sizeof (data), FALSE, NULL, &error);
  if (n < 0 && is_block (error))
    return;
  if (n <= 0) {
    end_with (self, self->recorded && self->eof ? GST_DVR_RTMP_COMPLETE :
        GST_DVR_RTMP_LOST, "%s", n == 0 ?
        "the server closed the connection" : error->message);
    return;
  }
  atomic_fetch_add (&self->bytes, n);
  self->heard_at = g_get_monotonic_time ();
  self->pinged_at = 0;
  if (!self->playing)
    self->news_at = self->heard_at;
  if (!gst_rtmp_client_session_feed (self->session, data, n, &error))
    end_with (self, GST_DVR_RTMP_LOST, "this is not RTMP: %s", error->message);
}

static void
write_some (GstDvrRtmpPlay * self)
{
  g_autoptr (GError) error = NULL;
  gconstpointer data;
  gsize size;
  gssize n;

  if (self->output == NULL)
    self->output = gst_rtmp_client_session_take_output (self->session);
  if (self->output == NULL)
    return;
  data = g_bytes_get_data (self->output, &size);
  n = size == 0 ? 0 : g_socket_send_with_blocking (self->socket, data, size,
      FALSE, NULL, &error);
  if (n < 0 && is_block (error))
    return;
  if (n < 0) {
    end_with (self, GST_DVR_RTMP_LOST, "%s", error->message);
    return;
  }
  if ((gsize) n < size) {
    GBytes *rest = g_bytes_new_from_bytes (self->output, n, size - n);

    g_bytes_unref (self->output);
    self->output = rest;
  } else {
    g_clear_pointer (&self->output, g_bytes_unref);
  }
}

/* A stream may be silent where its server is not. One that answered a ping
 * answers the next, too, or is gone. */
static void
watch_server (GstDvrRtmpPlay * self, gint64 now, gint64 timeout)
{
  if (!self->playing || !self->answers_pings)
    return;
  if (self->pinged_at == 0 && now - self->heard_at > timeout) {
    self->pinged_at = now;
    gst_rtmp_client_session_ping (self->session, (guint32) (now / 1000));
  } else if (self->pinged_at && now - self->pinged_at > timeout) {
    end_with (self, GST_DVR_RTMP_SILENT, "the server does not answer for %"
        G_GINT64_FORMAT " ms", (now - self->heard_at) / 1000);
  }
}

static GstClockTime
get_limit (GstDvrRtmpPlay * self, const GstDvrRtmpPatience * patience)
{
  if (!self->playing)
    return patience->answer;
  if (!self->media || !self->answers_pings)
    return MAX (patience->answer, patience->media);

  return MAX (patience->answer, patience->more);
}

/* Whether nothing has come for too long. */
static void
watch_silence (GstDvrRtmpPlay * self, const GstDvrRtmpPatience * patience)
{
  GstClockTime limit = get_limit (self, patience);
  gint64 now = g_get_monotonic_time ();

  watch_server (self, now, patience->answer / GST_USECOND);
  if (self->away || self->suspended || limit == GST_CLOCK_TIME_NONE)
    self->news_at = now;
  else if (limit > 0 && now - self->news_at > (gint64) (limit / GST_USECOND))
    end_with (self, GST_DVR_RTMP_SILENT, "the server sent nothing for %"
        G_GINT64_FORMAT " ms", (now - self->news_at) / 1000);
}

static void
transfer (GstDvrRtmpPlay * self, const GstDvrRtmpPatience * patience)
{
  self->heard_at = self->news_at = g_get_monotonic_time ();
  while (!self->ended) {
    GIOCondition wanted = G_IO_IN;

    g_cancellable_reset (self->wake);
    if (g_cancellable_is_cancelled (self->stop)
        || !self->funcs->tick (self->user_data)) {
      end_with (self, GST_DVR_RTMP_STOPPED, "stopped");
      break;
    }
    write_some (self);
    if (self->output)
      wanted |= G_IO_OUT;
    g_socket_condition_timed_wait (self->socket, wanted, TICK, self->wake,
        NULL);
    read_some (self);
    watch_silence (self, patience);
  }
}

/* Leaves politely, as far as that does not take time. */
static void
say_goodbye (GstDvrRtmpPlay * self)
{
  if (self->stream_id)
    gst_rtmp_client_session_delete_stream (self->session, self->stream_id);
  write_some (self);
}

static void
prepare_socket (GstDvrRtmpPlay * self, GSocketConnection * connection)
{
  self->socket = g_socket_connection_get_socket (connection);
  g_socket_set_timeout (self->socket, 0);
  g_socket_set_option (self->socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  /* a stream that nobody publishes is silent for good reason */
  g_socket_set_keepalive (self->socket, TRUE);
  g_socket_set_option (self->socket, IPPROTO_TCP, TCP_KEEPIDLE, 10, NULL);
  g_socket_set_option (self->socket, IPPROTO_TCP, TCP_KEEPINTVL, 5, NULL);
  g_socket_set_option (self->socket, IPPROTO_TCP, TCP_KEEPCNT, 4, NULL);
}

/**
 * gst_dvr_rtmp_play_run:
 * @self: a player
 * @target: what to play
 * @start: of a recording, where to begin, milliseconds; negative: live where
 *   there is a publisher, else what is recorded
 * @patience: how long it may be silent
 * @reason: (out) (transfer full): in words
 *
 * Connects and plays until that ends.
 *
 * Returns: why it ended
 */
GstDvrRtmpEnd
gst_dvr_rtmp_play_run (GstDvrRtmpPlay * self, const GstDvrRtmpTarget * target,
    gint64 start, const GstDvrRtmpPatience * patience, gchar ** reason)
{
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection;

  self->target = target;
  self->stream_id = 0;
  self->recorded = self->playing = self->away = self->ended = FALSE;
  self->eof = self->answers_pings = self->smart = self->suspended = FALSE;
  self->seeking = self->media = FALSE;
  self->length = 0;
  self->pinged_at = 0;
  self->start = start;
  self->reason = NULL;
  connection = open_connection (self, patience->answer, &error);
  if (connection) {
    self->session = gst_rtmp_client_session_new (NULL, GST_RTMP_DIGEST_FIRST,
        take_event, self);
    gst_rtmp_client_session_connect (self->session, target->app,
        target->tc_url, make_capabilities ());
    prepare_socket (self, connection);
    transfer (self, patience);
    say_goodbye (self);
    g_clear_pointer (&self->session, gst_rtmp_client_session_free);
    g_clear_pointer (&self->output, g_bytes_unref);
    g_object_unref (connection);
  } else {
    end_with (self, g_cancellable_is_cancelled (self->stop) ?
        GST_DVR_RTMP_STOPPED : GST_DVR_RTMP_LOST, "%s", error->message);
  }
  *reason = g_steal_pointer (&self->reason);

  return self->end;
}

/* Returns: (transfer full) (nullable): where the server sent us; may be asked
 * once, in the thread of gst_dvr_rtmp_play_run() */
gchar *
gst_dvr_rtmp_play_steal_redirect (GstDvrRtmpPlay * self)
{
  return g_steal_pointer (&self->redirect);
}

/**
 * gst_dvr_rtmp_play_command:
 * @self: a player; from within `tick`
 * @kind: what a player downstream does by itself
 * @position: where, in the server's time, milliseconds
 *
 * Tells the server, as Flash Player does with Smart Seek.
 *
 * Returns: whether it could be told: something is played
 */
gboolean
gst_dvr_rtmp_play_command (GstDvrRtmpPlay * self, GstDvrReportKind kind,
    guint64 position)
{
  if (self->stream_id == 0 || !self->playing || self->ended)
    return FALSE;
  self->smart = TRUE;
  switch (kind) {
    case GST_DVR_REPORT_CLIENT_SEEK:
      gst_rtmp_client_session_seek_raw (self->session, self->stream_id,
          position);
      break;
    case GST_DVR_REPORT_START_TRANSMIT:
      self->suspended = FALSE;
      self->news_at = g_get_monotonic_time ();
      gst_rtmp_client_session_start_transmit (self->session, self->stream_id,
          position);
      break;
    case GST_DVR_REPORT_STOP_TRANSMIT:
      self->suspended = TRUE;
      gst_rtmp_client_session_stop_transmit (self->session, self->stream_id,
          position);
      break;
    default:
      break;
  }

  return TRUE;
}

/**
 * gst_dvr_rtmp_play_seek:
 * @self: a player of a recording; from within `tick`
 * @position: where to go on, in the server's time, milliseconds
 *
 * Asks the server; `sought` tells what comes of it.
 *
 * Returns: whether it could be asked
 */
gboolean
gst_dvr_rtmp_play_seek (GstDvrRtmpPlay * self, guint64 position)
{
  if (self->stream_id == 0 || !self->playing || !self->recorded || self->seeking
      || self->ended)
    return FALSE;
  self->seeking = TRUE;
  self->news_at = g_get_monotonic_time ();
  gst_rtmp_client_session_seek (self->session, self->stream_id, position);

  return TRUE;
}

/* Returns: how long the server says the recording is, milliseconds; 0: it does
 * not */
guint64
gst_dvr_rtmp_play_get_length (GstDvrRtmpPlay * self)
{
  return self->length;
}

/* Returns: whether the last connection said that it plays a recording; in the
 * thread of gst_dvr_rtmp_play_run() */
gboolean
gst_dvr_rtmp_play_is_recorded (GstDvrRtmpPlay * self)
{
  return self->recorded;
}

GstDvrRtmpPlay *
gst_dvr_rtmp_play_new (const GstDvrRtmpPlayFuncs * funcs, gpointer user_data)
{
  GstDvrRtmpPlay *self = g_new0 (GstDvrRtmpPlay, 1);

  self->funcs = funcs;
  self->user_data = user_data;
  self->stop = g_cancellable_new ();
  self->wake = g_cancellable_new ();

  return self;
}

void
gst_dvr_rtmp_play_free (GstDvrRtmpPlay * self)
{
  g_object_unref (self->stop);
  g_object_unref (self->wake);
  g_free (self->redirect);
  g_free (self);
}

/* From any thread: @tick is called soon. */
void
gst_dvr_rtmp_play_wake (GstDvrRtmpPlay * self)
{
  g_cancellable_cancel (self->wake);
}

/* From any thread: the connection ends, and there is no other. */
void
gst_dvr_rtmp_play_interrupt (GstDvrRtmpPlay * self)
{
  g_cancellable_cancel (self->stop);
  g_cancellable_cancel (self->wake);
}

/* From any thread: all that was read, of all connections. */
guint64
gst_dvr_rtmp_play_get_bytes (GstDvrRtmpPlay * self)
{
  return atomic_load (&self->bytes);
}
