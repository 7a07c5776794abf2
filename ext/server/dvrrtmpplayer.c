/* dvrrtmpplayer.c: a viewer over RTMP
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A player decides what its client is sent: what is live at once, what is
 * recorded as far ahead as the client's buffer reaches. Positions, which a
 * client seeks to, count in milliseconds from the begin of the window at play.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrrtmpplayer-private.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

/* A wait is looked after again in any case. */
#define WAIT_TIME (30 * G_USEC_PER_SEC)
/* Waits that no longer matter, after seeks, end by themselves. */
#define MAX_WAITS 8
/* What may be on its way to the socket before the next write. */
#define MAX_PENDING (256 * 1024)
/* How soon a stream that is not there just now is looked for again. */
#define RETRY_MS 1000
/* A live viewer that is so far behind goes on at a newer keyframe. */
#define MAX_LAG 3000
/* What a client that says nothing is taken to buffer, milliseconds. */
#define DEFAULT_BUFFER 3000

DvrRtmpPlayer *
dvr_rtmp_player_ref (DvrRtmpPlayer * self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
dvr_rtmp_player_unref (DvrRtmpPlayer * self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  dvr_rtmp_player_forget_items (self);
  g_free (self->next_shown);
  g_free (self->query);
  g_free (self->name);
  g_free (self);
}

/* -- waiting -- */

typedef struct
{
  DvrWaiter waiter;
  DvrRtmpPlayer *player;
  guint serial;
  gboolean for_next;
} Wait;

static void
on_woken (gpointer data)
{
  Wait *wait = data;
  DvrRtmpPlayer *self = wait->player;

  self->n_waits--;
  if (self->connection && wait->for_next)
    dvr_rtmp_player_switch_stream (self);
  else if (self->connection) {
    if (wait->serial == self->wait_serial)
      self->waiting = FALSE;
    /* One that does not matter any more may have been one too many. */
    if (!self->waiting)
      dvr_rtmp_player_pump (self);
  }
  dvr_rtmp_player_unref (self);
  g_free (wait);
}

static void
wake (DvrWaiter * waiter)
{
  Wait *wait = (Wait *) waiter;

  dvr_rtmp_loop_post (wait->player->loop, on_woken, wait);
}

/* Takes over the reference to the list. */
static void
start_waiting (Wait * wait, DvrRtmpWait * what, gint64 time)
{
  wait->waiter.wake = wake;
  wait->waiter.want = what->want;
  wait->waiter.a = what->a;
  dvr_wait_list_wait (what->list, &wait->waiter, what->serial,
      g_get_monotonic_time () + time);
  g_clear_pointer (&what->list, dvr_wait_list_unref);
}

void
dvr_rtmp_player_wait_for (DvrRtmpPlayer * self, DvrRtmpWait * what, gint64 time)
{
  Wait *wait = g_new0 (Wait, 1);

  self->waiting = TRUE;
  self->n_waits++;
  wait->player = dvr_rtmp_player_ref (self);
  wait->serial = ++self->wait_serial;
  start_waiting (wait, what, time);
}

/* Waits for what is to be played next, while this goes on. */
void
dvr_rtmp_player_wait_for_next (DvrRtmpPlayer * self, DvrRtmpWait * what,
    gint64 time)
{
  Wait *wait = g_new0 (Wait, 1);

  self->n_waits++;
  wait->for_next = TRUE;
  wait->player = dvr_rtmp_player_ref (self);
  start_waiting (wait, what, time);
}

/* Whatever is waited for does not matter any more. */
void
dvr_rtmp_player_stop_waiting (DvrRtmpPlayer * self)
{
  self->waiting = FALSE;
  self->wait_serial++;
}

static void
on_timer (uv_timer_t * timer)
{
  DvrRtmpPlayer *self = timer->data;

  if (self->resting && !self->paused)
    gst_rtmp_server_session_send_user_control (self->session,
        GST_RTMP_BUFFER_READY, self->stream_id);
  self->resting = FALSE;
  dvr_rtmp_player_pump (self);
}

void
dvr_rtmp_player_start_timer (DvrRtmpPlayer * self, gint64 ms)
{
  if (!self->timer)
    self->timer = dvr_rtmp_loop_new_timer (self->loop, self);
  uv_timer_start (self->timer, on_timer, MAX (ms, 1), 0);
}

/* As the servers of Adobe do it (see librtmp): a buffer's worth at once, event
 * 31, a rest, event 32, the next. Ours ends the rest at half a buffer, so that
 * no client runs dry. */
static void
rest (DvrRtmpPlayer * self)
{
  gst_rtmp_server_session_send_user_control (self->session,
      GST_RTMP_BUFFER_EMPTY, self->stream_id);
  self->resting = TRUE;
  dvr_rtmp_player_start_timer (self, dvr_rtmp_sender_get_ahead (&self->sender) -
      self->sender.buffer / 2);
}

void
dvr_rtmp_player_stop_resting (DvrRtmpPlayer * self)
{
  self->resting = FALSE;
  if (self->timer)
    uv_timer_stop (self->timer);
}

/* -- sending -- */

static void
complete (DvrRtmpPlayer * self)
{
  if (dvr_rtmp_player_play_next (self))
    return;
  self->state = DVR_RTMP_PLAYER_PLAYED;
  gst_rtmp_server_session_send_complete (self->session, self->stream_id,
      dvr_rtmp_player_get_duration (self), self->sender.bytes);
}

static void
refuse_codec (DvrRtmpPlayer * self)
{
  gst_rtmp_server_session_send_status (self->session, self->stream_id,
      "NetStream.Play.NoSupportedTrackFound",
      "It takes a client with Enhanced RTMP to play this.");
  if (!dvr_rtmp_player_play_next (self))
    self->state = DVR_RTMP_PLAYER_PLAYED;
}

/* The publisher is back. */
static void
announce (DvrRtmpPlayer * self)
{
  if (self->news != DVR_RTMP_ON_AIR)
    gst_rtmp_server_session_send_published (self->session, self->stream_id);
  self->news = DVR_RTMP_ON_AIR;
}

static void
end_transition (DvrRtmpPlayer * self)
{
  GstAmf *info;

  if (!self->in_transition)
    return;
  self->in_transition = FALSE;
  info = gst_rtmp_status_new ("NetStream.Play.TransitionComplete", NULL);
  gst_amf_set_string (info, "details", self->stream->name);
  gst_rtmp_server_session_send_data (self->session, self->stream_id, 0,
      "onPlayStatus", info, NULL);
}

/* Returns: whether there is more to be done */
static gboolean
send_media (DvrRtmpPlayer * self)
{
  if (self->sender.cursor.needs_head) {
    announce (self);
    end_transition (self);
  }
  if (self->snapshot) {
    self->snapshot = FALSE;
    dvr_rtmp_sender_send_keyframe (&self->sender);
    return FALSE;
  }
  switch (dvr_rtmp_sender_send (&self->sender)) {
    case DVR_RTMP_SENT_SOME:
      return TRUE;
    case DVR_RTMP_SENT_ENOUGH:
      rest (self);
      return FALSE;
    case DVR_RTMP_SENT_LAST:
      complete (self);
      return FALSE;
    case DVR_RTMP_SENT_NOTHING:
      refuse_codec (self);
      return FALSE;
    default:
      return FALSE;
  }
}

/* -- where to play -- */

static guint64
get_newest (const GstDvrTimelineInfo * info)
{
  if (info->open || info->next == info->first)
    return info->next;
  return info->next - 1;
}

void
dvr_rtmp_player_go_live (DvrRtmpPlayer * self, gint64 enter)
{
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (self->stream->timeline, &info);
  self->least_lag = G_MAXINT64;
  dvr_rtmp_cursor_enter (&self->sender.cursor, get_newest (&info), enter);
}

/* A viewer that could not follow. Who has joined in a long group of pictures is
 * behind live at first, which is not his fault. */
static void
catch_up (DvrRtmpPlayer * self)
{
  GstDvrTimelineInfo info;
  gint64 lag;

  if (!self->live || !self->sender.cursor.rendering
      || dvr_rtmp_cursor_is_entering (&self->sender.cursor))
    return;
  gst_dvr_timeline_get_info (self->stream->timeline, &info);
  lag = (gint64) (info.end / GST_MSECOND) - self->sender.sent;
  self->least_lag = MIN (self->least_lag, MAX (lag, 0));
  if (self->sender.cursor.number < get_newest (&info)
      && lag - self->least_lag > MAX_LAG) {
    GST_INFO ("%s: a viewer is too slow, going on nearer live",
        self->stream->name);
    dvr_count (self->server->stats.rtmp_drops, 1);
    gst_rtmp_server_session_send_status (self->session, self->stream_id,
        "NetStream.Play.InsufficientBW", "Going on nearer live.");
    self->least_lag = G_MAXINT64;
    dvr_rtmp_cursor_skip (&self->sender.cursor, get_newest (&info));
  }
}

/* Puts the cursor at a position. Returns: the position, within the window */
gint64
dvr_rtmp_player_go_to (DvrRtmpPlayer * self, gint64 position)
{
  GstDvrTimelineInfo info;
  GstDvrEntry entry;
  gint64 time, start, end;

  gst_dvr_timeline_get_info (self->stream->timeline, &info);
  start = info.start / GST_MSECOND;
  end = info.end / GST_MSECOND;
  time = CLAMP (self->origin + position, start, MAX (start, end));
  switch (gst_dvr_timeline_find_time (self->stream->timeline,
          time * GST_MSECOND, &entry)) {
    case GST_DVR_FOUND_CLOSED:
    case GST_DVR_FOUND_OPEN:
      dvr_rtmp_cursor_enter (&self->sender.cursor, entry.number, time);
      break;
    default:
      dvr_rtmp_cursor_enter (&self->sender.cursor, get_newest (&info),
          DVR_RTMP_ENTER_NEWEST);
      break;
  }
  return MAX (time - self->origin, 0);
}

/* -- playing -- */

static void
out_of_media (DvrRtmpPlayer * self, DvrRtmpWait * wait)
{
  if (!self->live || dvr_rtmp_player_play_next (self)) {
    g_clear_pointer (&wait->list, dvr_wait_list_unref);
    if (self->state == DVR_RTMP_PLAYER_PLAYS)
      complete (self);
    return;
  }
  if (self->news != DVR_RTMP_OFF_AIR) {
    self->news = DVR_RTMP_OFF_AIR;
    gst_rtmp_server_session_send_unpublished (self->session, self->stream_id,
        TRUE);
  }
  dvr_rtmp_player_wait_for (self, wait, WAIT_TIME);
}

static void
pass_hole (DvrRtmpPlayer * self, gboolean publisher_away)
{
  self->sender.hole = TRUE;
  if (!publisher_away || !self->live || self->news != DVR_RTMP_ON_AIR)
    return;
  self->news = DVR_RTMP_AWAY;
  gst_rtmp_server_session_send_unpublished (self->session, self->stream_id,
      FALSE);
}

/* Streams come and go with the branches they come by; between two segments the
 * one that is served now is looked for. Returns: whether there is one */
static gboolean
renew_stream (DvrRtmpPlayer * self)
{
  DvrStream *stream;

  if (dvr_streams_get (self->server->streams, self->stream->name, NULL,
          &stream) != GST_DVR_ANSWER_OK) {
    dvr_rtmp_player_start_timer (self, RETRY_MS);
    return FALSE;
  }
  if (stream == self->stream) {
    dvr_stream_unref (stream);
    return TRUE;
  }
  GST_INFO ("%s: going on with what is served now", stream->name);
  dvr_stream_unref (self->stream);
  self->stream = stream;
  dvr_rtmp_cursor_set_stream (&self->sender.cursor, stream);
  dvr_rtmp_cursor_enter (&self->sender.cursor, self->sender.cursor.number, 0);
  return TRUE;
}

/* One step. Returns: whether there is more to be done */
static gboolean
step (DvrRtmpPlayer * self)
{
  DvrRtmpWait wait;

  if (!self->sender.cursor.rendering && !renew_stream (self))
    return FALSE;
  switch (dvr_rtmp_cursor_look (&self->sender.cursor, &wait)) {
    case DVR_RTMP_STEP_READY:
      return send_media (self);
    case DVR_RTMP_STEP_GAP:
      pass_hole (self, TRUE);
      return TRUE;
    case DVR_RTMP_STEP_LOST:
      pass_hole (self, FALSE);
      return TRUE;
    case DVR_RTMP_STEP_WAIT:
      dvr_rtmp_player_wait_for (self, &wait, WAIT_TIME);
      return FALSE;
    case DVR_RTMP_STEP_END:
      out_of_media (self, &wait);
      return FALSE;
  }
  return FALSE;
}

static gboolean
may_send (DvrRtmpPlayer * self)
{
  return self->connection && self->state == DVR_RTMP_PLAYER_PLAYS
      && !self->waiting && !self->resting && self->n_waits < MAX_WAITS
      && (!self->paused || self->snapshot) && !self->suspended
      && self->sender.cursor.kinds
      && dvr_rtmp_connection_get_pending (self->connection) < MAX_PENDING;
}

/* Sends what can be sent now, one item of the playlist after the other. */
void
dvr_rtmp_player_pump (DvrRtmpPlayer * self)
{
  guint item;

  dvr_rtmp_player_ref (self);
  do {
    item = self->item;
    if (dvr_rtmp_player_has_begun (self)
        || (self->connection && self->state == DVR_RTMP_PLAYER_LOOKS
            && !self->waiting && dvr_rtmp_player_begin (self))) {
      catch_up (self);
      while (may_send (self) && step (self));
    }
  } while (self->connection && self->item != item);
  if (self->connection && dvr_rtmp_player_has_begun (self) && (!self->waiting
          || self->paused || self->suspended))
    dvr_rtmp_cursor_rest (&self->sender.cursor);
  if (self->connection)
    dvr_rtmp_connection_flush (self->connection);
  dvr_rtmp_player_unref (self);
}

/* -- coming and going -- */

static void
player_writable (DvrRtmpRole * role)
{
  dvr_rtmp_player_pump ((DvrRtmpPlayer *) role);
}

static void
tell_client (DvrRtmpPlayer * self, void (*tell) (DvrServer * server,
        const GstStructure * client))
{
  GstStructure *client;
  const gchar *address;
  guint port;

  if (!tell)
    return;
  address = dvr_rtmp_connection_get_address (self->connection, &port);
  client = gst_structure_new ("client", "protocol", G_TYPE_STRING, "rtmp",
      "address", G_TYPE_STRING, address, "port", G_TYPE_UINT, port,
      "stream", G_TYPE_STRING, dvr_rtmp_player_get_name (self), NULL);
  tell (self->server, client);
  gst_structure_free (client);
}

static void
player_gone (DvrRtmpRole * role)
{
  DvrRtmpPlayer *self = (DvrRtmpPlayer *) role;

  if (dvr_rtmp_player_has_begun (self))
    dvr_rtmp_player_log (self, "stop", dvr_rtmp_player_get_position (self));
  tell_client (self, self->server->client_removed);
  self->connection = self->sender.connection = NULL;
  self->session = NULL;
  g_clear_pointer (&self->timer, dvr_rtmp_handle_free);
  dvr_rtmp_cursor_clear (&self->sender.cursor);
  g_clear_pointer (&self->stream, dvr_stream_unref);
  g_clear_pointer (&self->next, dvr_stream_unref);
  dvr_count (self->server->stats.clients, -1);
  dvr_count (self->server->stats.rtmp_clients, -1);
  g_clear_pointer (&self->server, dvr_server_unref);
  dvr_rtmp_player_unref (self);
}

static void
start (gpointer data)
{
  DvrRtmpPlayer *self = data;

  if (self->connection) {
    dvr_rtmp_player_ask_to_play (self);
    dvr_rtmp_player_pump (self);
  }
  dvr_rtmp_player_unref (self);
}

/**
 * dvr_rtmp_player_new:
 * @server: the server
 * @connection: whose client wants to play
 * @ask: what
 * @refusal: (out): why not
 *
 * Returns: (nullable): the player's role, which answers by itself
 */
DvrRtmpRole *
dvr_rtmp_player_new (DvrServer * server, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, DvrRtmpRefusal * refusal)
{
  guint max = dvr_get (server->max_clients);
  DvrStream *stream = NULL;
  DvrRtmpPlayer *self;
  guint32 buffer;

  if (max > 0 && dvr_get (server->stats.clients) >= max) {
    dvr_count (server->stats.clients_refused, 1);
    refusal->code = "NetStream.Play.Failed";
    refusal->description = "There are too many viewers; try again later.";
    refusal->status = 503;
    return NULL;
  }
  if (!dvr_rtmp_client_may_play (server, ask, refusal)
      || (!dvr_rtmp_client_find_stream (server, ask->stream, &stream, refusal)
          && !(ask->missing && !refusal->code && ask->command->play.start < 0)))
    return NULL;
  self = g_new0 (DvrRtmpPlayer, 1);
  self->role.event = dvr_rtmp_player_event;
  self->role.writable = player_writable;
  self->role.gone = player_gone;
  self->refs = 1;
  self->server = dvr_server_ref (server);
  self->connection = connection;
  self->loop = dvr_rtmp_connection_get_loop (connection);
  self->session = dvr_rtmp_connection_get_session (connection);
  self->stream_id = ask->stream_id;
  self->play = ask->command->play;
  self->sender.connection = connection;
  self->sender.stream_id = ask->stream_id;
  self->sender.buffer = DEFAULT_BUFFER;
  buffer = gst_rtmp_server_session_get_buffer (self->session, ask->stream_id);
  if (buffer > 0)
    dvr_rtmp_player_set_buffer (self, buffer);
  self->asked = g_get_monotonic_time ();
  self->name = g_strdup (ask->stream);
  self->stream = stream;
  dvr_count (server->stats.clients, 1);
  dvr_count (server->stats.clients_total, 1);
  dvr_count (server->stats.rtmp_clients, 1);
  self->query = g_strdup (ask->query);
  tell_client (self, server->client_added);
  /* It answers once the connection knows it. */
  dvr_rtmp_loop_post (self->loop, start, dvr_rtmp_player_ref (self));
  return &self->role;
}
