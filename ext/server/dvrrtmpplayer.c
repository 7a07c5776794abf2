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

#include "dvrrtmpplayer.h"
#include "dvrrtmpsender.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

/* How long upstream may take to say what a stream is. */
#define PENDING_TIME (10 * G_USEC_PER_SEC)
/* A wait is looked after again in any case. */
#define WAIT_TIME (30 * G_USEC_PER_SEC)
/* Waits that no longer matter, after seeks, end by themselves. */
#define MAX_WAITS 8
/* What may be on its way to the socket before the next write. */
#define MAX_PENDING (256 * 1024)
/* A live viewer that is so far behind goes on at a newer keyframe. */
#define MAX_LAG 3000
/* What a client that says nothing is taken to buffer; and at most. */
#define DEFAULT_BUFFER 3000
#define MIN_BUFFER 200
#define MAX_BUFFER (3600 * 1000)


typedef struct
{
  DvrRtmpRole role;
  gint refs;
  DvrServer *server;
  DvrRtmpConnection *connection;        /* until it is gone */
  DvrRtmpLoop *loop;
  GstRtmpServerSession *session;
  guint32 stream_id;
  GstRtmpPlay play;

  DvrStream *stream;
  DvrStream *next;              /* play2: once it is known */
  gboolean in_transition;
  DvrRtmpSender sender;
  gint64 asked;
  gint64 began;
  gchar *query;
  gint64 origin;                /* stream time of position 0 */
  gboolean allowed;
  gboolean accepted;
  gboolean live;
  gboolean paused;
  gboolean suspended;
  gboolean snapshot;            /* one keyframe, in pause */
  gboolean dry;
  gboolean stopped;             /* the client was told that it is over */
  gboolean complete;
  gboolean resting;
  uv_timer_t *timer;

  gboolean waiting;
  guint wait_serial;
  guint n_waits;
} Player;

static void pump (Player * self);
static void switch_stream (Player * self);
static gint64 get_position (Player * self);
static void log_event (Player * self, const gchar * name, gint64 position);

static Player *
player_ref (Player * self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

static void
player_unref (Player * self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_free (self->query);
  g_free (self);
}

/* -- waiting -- */

typedef struct
{
  DvrWaiter waiter;
  Player *player;
  guint serial;
  gboolean for_next;
} Wait;

static void
on_woken (gpointer data)
{
  Wait *wait = data;
  Player *self = wait->player;

  self->n_waits--;
  if (self->connection && wait->for_next)
    switch_stream (self);
  else if (self->connection && self->waiting
      && wait->serial == self->wait_serial) {
    self->waiting = FALSE;
    pump (self);
  }
  player_unref (self);
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

static void
wait_for (Player * self, DvrRtmpWait * what, gint64 time)
{
  Wait *wait = g_new0 (Wait, 1);

  self->waiting = TRUE;
  self->n_waits++;
  wait->player = player_ref (self);
  wait->serial = ++self->wait_serial;
  start_waiting (wait, what, time);
}

/* Waits for what is to be played next, while this goes on. */
static void
wait_for_next (Player * self, DvrRtmpWait * what, gint64 time)
{
  Wait *wait = g_new0 (Wait, 1);

  self->n_waits++;
  wait->for_next = TRUE;
  wait->player = player_ref (self);
  start_waiting (wait, what, time);
}

/* Whatever is waited for does not matter any more. */
static void
stop_waiting (Player * self)
{
  self->waiting = FALSE;
  self->wait_serial++;
}

static void
on_timer (uv_timer_t * timer)
{
  Player *self = timer->data;

  if (self->resting && !self->paused)
    gst_rtmp_server_session_send_user_control (self->session,
        GST_RTMP_BUFFER_READY, self->stream_id);
  self->resting = FALSE;
  pump (self);
}

static void
free_handle (uv_handle_t * handle)
{
  g_free (handle);
}

static void
start_timer (Player * self, gint64 ms)
{
  if (!self->timer) {
    self->timer = g_new0 (uv_timer_t, 1);
    uv_timer_init (dvr_rtmp_loop_get_uv (self->loop), self->timer);
    self->timer->data = self;
  }
  uv_timer_start (self->timer, on_timer, MAX (ms, 1), 0);
}

/* As the servers of Adobe do it (see librtmp): a buffer's worth at once, event
 * 31, a rest, event 32, the next. Ours ends the rest at half a buffer, so that
 * no client runs dry. */
static void
rest (Player * self)
{
  gst_rtmp_server_session_send_user_control (self->session,
      GST_RTMP_BUFFER_EMPTY, self->stream_id);
  self->resting = TRUE;
  start_timer (self, dvr_rtmp_sender_get_ahead (&self->sender) -
      self->sender.buffer / 2);
}

static void
stop_resting (Player * self)
{
  self->resting = FALSE;
  if (self->timer)
    uv_timer_stop (self->timer);
}

/* -- sending -- */

static void
complete (Player * self)
{
  gdouble duration = (self->sender.sent - self->origin) / 1000.0;

  self->complete = TRUE;
  gst_rtmp_server_session_send_complete (self->session, self->stream_id,
      MAX (duration, 0), self->sender.bytes);
}

static void
refuse_codec (Player * self)
{
  self->complete = TRUE;
  gst_rtmp_server_session_send_status (self->session, self->stream_id,
      "NetStream.Play.NoSupportedTrackFound",
      "It takes a client with Enhanced RTMP to play this.");
}

/* The publisher is back. */
static void
announce (Player * self)
{
  if (self->dry || self->stopped)
    gst_rtmp_server_session_send_published (self->session, self->stream_id);
  self->dry = self->stopped = FALSE;
}

static void
end_transition (Player * self)
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
send_media (Player * self)
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

static void
go_live (Player * self, gint64 enter)
{
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (self->stream->timeline, &info);
  dvr_rtmp_cursor_enter (&self->sender.cursor, get_newest (&info), enter);
}

/* A viewer that could not follow. */
static void
catch_up (Player * self)
{
  GstDvrTimelineInfo info;

  if (!self->live || !self->sender.cursor.segment
      || self->sender.cursor.entering)
    return;
  gst_dvr_timeline_get_info (self->stream->timeline, &info);
  if (self->sender.cursor.number < get_newest (&info)
      && (gint64) (info.end / GST_MSECOND) - self->sender.sent > MAX_LAG) {
    GST_INFO ("%s: a viewer is too slow, going on nearer live",
        self->stream->name);
    dvr_count (self->server->stats.rtmp_drops, 1);
    go_live (self, DVR_RTMP_ENTER_NEWEST);
  }
}

/* Puts the cursor at a position. Returns: the position, within the window */
static gint64
go_to (Player * self, gint64 position)
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

static void
begin (Player * self, const GstDvrTimelineInfo * info)
{
  gint64 start = MAX (self->play.start, 0);

  self->origin = info->start / GST_MSECOND;
  self->live = self->play.start == GST_RTMP_PLAY_LIVE
      || (self->play.start == GST_RTMP_PLAY_ANY
      && info->state == GST_DVR_TIMELINE_OPEN);
  self->sender.paced = !self->live;
  self->sender.until = DVR_RTMP_FOR_EVER;
  self->sender.one_frame = self->play.length == 0;
  dvr_rtmp_sender_place (&self->sender, G_MAXINT64);
  if (self->live)
    go_live (self, dvr_get (self->server->rtmp_join_wait) ?
        DVR_RTMP_ENTER_NEXT : DVR_RTMP_ENTER_NEWEST);
  else
    go_to (self, start);
  if (self->play.length > 0)
    self->sender.until = self->play.length + (self->live ?
        (gint64) (info->end / GST_MSECOND) : self->origin + start);
}

/* An answer lets the session go on with what waited behind the question: the
 * client may take everything back there and then, and this player be gone. */
static void
give_up (Player * self, const gchar * code, const gchar * why)
{
  DvrRtmpConnection *connection = self->connection;
  GError *error = NULL;

  if (!gst_rtmp_server_session_reject_play (self->session, self->stream_id,
          code, why, &error)) {
    g_clear_error (&error);
    dvr_rtmp_connection_close (connection);
    return;
  }
  dvr_rtmp_connection_end_role (connection, &self->role);
  dvr_rtmp_connection_flush (connection);
}

/* Answers the play once it is known what the stream is. Returns: whether it
 * plays */
static gboolean
answer (Player * self)
{
  guint serial = dvr_wait_list_get_serial (self->stream->changes);
  DvrRtmpConnection *connection = self->connection;
  GstDvrTimelineInfo info;
  GError *error = NULL;

  gst_dvr_timeline_get_info (self->stream->timeline, &info);
  if (info.state == GST_DVR_TIMELINE_PENDING
      && g_get_monotonic_time () - self->asked < PENDING_TIME) {
    DvrRtmpWait wait = { dvr_wait_list_ref (self->stream->changes), serial,
      DVR_WANT_CHANGE, info.version
    };

    wait_for (self, &wait, PENDING_TIME);
    return FALSE;
  }
  if (info.state == GST_DVR_TIMELINE_PENDING
      || (info.state == GST_DVR_TIMELINE_FAILED && info.status >= 500)) {
    give_up (self, "NetStream.Play.Failed", "Upstream does not answer.");
    return FALSE;
  }
  if (info.state == GST_DVR_TIMELINE_FAILED) {
    give_up (self, "NetStream.Play.StreamNotFound", "There is no such stream.");
    return FALSE;
  }
  self->accepted = TRUE;
  self->began = g_get_monotonic_time ();
  begin (self, &info);
  log_event (self, "play", MAX (self->play.start, 0));
  if (!gst_rtmp_server_session_accept_play (self->session, self->stream_id,
          !self->live, self->play.reset != 0, &error)) {
    g_clear_error (&error);
    dvr_rtmp_connection_close (connection);
    return FALSE;
  }
  dvr_rtmp_connection_flush (connection);
  return self->connection != NULL;
}

/* -- playing -- */

static void
out_of_media (Player * self, DvrRtmpWait * wait)
{
  if (!self->live) {
    g_clear_pointer (&wait->list, dvr_wait_list_unref);
    complete (self);
    return;
  }
  if (!self->stopped) {
    self->stopped = TRUE;
    gst_rtmp_server_session_send_unpublished (self->session, self->stream_id,
        TRUE);
  }
  wait_for (self, wait, WAIT_TIME);
}

static void
pass_hole (Player * self, gboolean publisher_away)
{
  self->sender.hole = TRUE;
  if (!publisher_away || !self->live || self->dry)
    return;
  self->dry = TRUE;
  gst_rtmp_server_session_send_unpublished (self->session, self->stream_id,
      FALSE);
}

/* One step. Returns: whether there is more to be done */
static gboolean
step (Player * self)
{
  DvrRtmpWait wait;

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
      wait_for (self, &wait, WAIT_TIME);
      return FALSE;
    case DVR_RTMP_STEP_END:
      out_of_media (self, &wait);
      return FALSE;
  }
  return FALSE;
}

static gboolean
may_send (Player * self)
{
  return self->connection && !self->waiting && !self->resting
      && !self->complete && self->n_waits < MAX_WAITS
      && (!self->paused || self->snapshot) && !self->suspended
      && self->sender.cursor.kinds
      && dvr_rtmp_connection_get_pending (self->connection) < MAX_PENDING;
}

/* Sends what can be sent now. */
static void
pump (Player * self)
{
  player_ref (self);
  if (self->accepted || (self->allowed && !self->waiting && answer (self))) {
    catch_up (self);
    while (may_send (self) && step (self));
    if (self->connection)
      dvr_rtmp_connection_flush (self->connection);
  }
  player_unref (self);
}

/* -- what is told about the client, and asked -- */

static gint64
get_position (Player * self)
{
  return self->accepted ? MAX (self->sender.sent - self->origin, 0) : -1;
}

static void
log_event (Player * self, const gchar * name, gint64 position)
{
  const GstRtmpConnect *connect;
  DvrAccessEvent event;

  if (!self->server->log)
    return;
  connect = dvr_rtmp_connection_get_connect (self->connection);
  event = dvr_access_event (name, "stream", "rtmp");
  event.address = dvr_rtmp_connection_get_address (self->connection, NULL);
  event.client_id = dvr_rtmp_connection_get_id (self->connection);
  event.stream = self->stream->name;
  event.position = position;
  event.status = 200;
  event.uri = connect->app;
  event.agent = connect->flash_ver;
  if (strcmp (name, "stop") == 0) {
    event.duration = g_get_monotonic_time () - self->began;
    event.bytes_out = self->sender.bytes;
  }
  dvr_access_log_write (self->server->log, &event);
}

/* A question to the application, and the command it is about. */
typedef struct
{
  Player *player;
  void (*act) (Player * player, const GstRtmpCommand * command);
  GstRtmpCommand command;       /* its numbers only */
  gboolean allowed;
} Question;

static void
refuse_command (Player * self, const GstRtmpCommand * command)
{
  if (command->transaction != 0)
    gst_rtmp_server_session_send_error (self->session, command,
        "NetConnection.Call.Prohibited", "This is not allowed here.");
  else
    gst_rtmp_server_session_send_status (self->session, self->stream_id,
        command->type == GST_RTMP_CALL_SEEK ? "NetStream.Seek.Failed" :
        "NetConnection.Call.Prohibited", "This is not allowed here.");
}

static void
on_answered (gpointer data)
{
  Question *question = data;
  Player *self = question->player;

  if (self->connection) {
    if (question->allowed)
      question->act (self, &question->command);
    else if (!self->accepted)
      give_up (self, "NetStream.Play.Failed", "Playing this is not allowed.");
    else
      refuse_command (self, &question->command);
  }
  if (self->connection)
    pump (self);
  player_unref (self);
  g_free (question);
}

static void
answered (gboolean allowed, gpointer user_data)
{
  Question *question = user_data;

  question->allowed = allowed;
  dvr_rtmp_loop_post (question->player->loop, on_answered, question);
}

/* Asks the application, and acts when it allows it. */
static void
ask_and (Player * self, const gchar * kind, const GstRtmpCommand * command,
    void (*act) (Player * player, const GstRtmpCommand * command))
{
  const GstRtmpConnect *connect =
      dvr_rtmp_connection_get_connect (self->connection);
  Question *question = g_new0 (Question, 1);
  const gchar *address;
  guint port;

  question->player = player_ref (self);
  question->act = act;
  if (command) {
    question->command.type = command->type;
    question->command.transaction = command->transaction;
    question->command.amf3 = command->amf3;
    question->command.position = command->position;
  }
  address = dvr_rtmp_connection_get_address (self->connection, &port);
  dvr_authorizer_ask (self->server->authorizer, kind,
      gst_structure_new ("client", "protocol", G_TYPE_STRING, "rtmp",
          "address", G_TYPE_STRING, address, "port", G_TYPE_UINT, port,
          "stream", G_TYPE_STRING, self->stream->name,
          "query", G_TYPE_STRING, self->query ? self->query : "",
          "agent", G_TYPE_STRING, connect->flash_ver ? connect->flash_ver : "",
          "position", G_TYPE_INT64,
          command ? command->position : (gint64) - 1, NULL), answered,
      question);
}

/* -- what the client says -- */


static void
on_pause (Player * self, const GstRtmpCommand * command)
{
  gboolean pause = command->has_flag ? command->flag : !self->paused;

  gst_rtmp_server_session_send_pause_notify (self->session, self->stream_id,
      pause);
  if (pause == self->paused)
    return;
  log_event (self, command->type == GST_RTMP_CALL_PAUSE_RAW ? "client-pause" :
      pause ? "pause" : "unpause", get_position (self));
  self->paused = pause;
  self->snapshot = FALSE;
  if (pause)
    return;
  if (self->live) {
    stop_waiting (self);
    go_live (self, DVR_RTMP_ENTER_NEWEST);
  } else {
    stop_resting (self);
    dvr_rtmp_sender_restart_pace (&self->sender);
  }
}

/* Seeking takes a viewer of "live or else recorded" into the recording. */
static void
on_seek (Player * self, const GstRtmpCommand * command)
{
  gint64 position;

  if (self->play.start == GST_RTMP_PLAY_LIVE || command->position < 0) {
    gst_rtmp_server_session_send_status (self->session, self->stream_id,
        "NetStream.Seek.Failed", command->position < 0 ?
        "Seek to where?" : "What is played live only cannot be sought in.");
    return;
  }
  stop_waiting (self);
  stop_resting (self);
  self->live = self->complete = FALSE;
  self->sender.paced = TRUE;
  position = go_to (self, command->position);
  log_event (self, "seek", position);
  dvr_rtmp_sender_place (&self->sender, self->origin);
  self->snapshot = self->paused;
  gst_rtmp_server_session_send_seek_notify (self->session, self->stream_id,
      position, TRUE);
}

/* It has done so itself, in its own buffer: nothing is sent anew. */
static void
on_seek_raw (Player * self, const GstRtmpCommand * command)
{
  log_event (self, "client-seek", command->position);
}

static void
on_transmit (Player * self, const GstRtmpCommand * command)
{
  self->suspended = command->type == GST_RTMP_CALL_STOP_TRANSMIT;
  log_event (self, self->suspended ? "stop-transmit" : "start-transmit",
      command->position >= 0 ? command->position : get_position (self));
  if (!self->suspended && !self->live) {
    stop_resting (self);
    dvr_rtmp_sender_restart_pace (&self->sender);
  }
}

/* What clients with a buffer of their own tell, see "Smart Seek". */
static void
on_smart (Player * self, const GstRtmpCommand * command)
{
  if (!dvr_get (self->server->allow_smart_seek))
    refuse_command (self, command);
  else if (command->type == GST_RTMP_CALL_SEEK_RAW)
    ask_and (self, "client-seek", command, on_seek_raw);
  else
    ask_and (self, command->type == GST_RTMP_CALL_STOP_TRANSMIT ?
        "stop-transmit" : "start-transmit", command, on_transmit);
}

static void
on_receive (Player * self, const GstRtmpCommand * command)
{
  guint kind = command->type == GST_RTMP_CALL_RECEIVE_AUDIO ?
      DVR_RTMP_AUDIO : DVR_RTMP_VIDEO;
  guint kinds = self->sender.cursor.kinds;

  kinds = command->flag ? kinds | kind : kinds & ~kind;
  if (command->flag)
    gst_rtmp_server_session_send_receive_notify (self->session,
        self->stream_id);
  if (kinds == self->sender.cursor.kinds)
    return;
  stop_waiting (self);
  if (self->live) {
    self->sender.cursor.kinds = kinds;
    go_live (self, DVR_RTMP_ENTER_NEWEST);
  } else {
    dvr_rtmp_cursor_set_kinds (&self->sender.cursor, kinds,
        MAX (self->sender.sent, 1));
  }
}

static void
on_buffer_length (Player * self, guint32 ms)
{
  self->sender.buffer = CLAMP (ms, MIN_BUFFER, MAX_BUFFER);
  if (self->resting
      && dvr_rtmp_sender_get_ahead (&self->sender) < self->sender.buffer)
    stop_resting (self);
}

/* The token comes in the query of the name, or of the app. */
static gboolean
may_play (DvrServer * server, const DvrRtmpAsk * ask, DvrRtmpRefusal * refusal)
{
  gchar *token = dvr_token_from_query (ask->query);
  GError *error = NULL;
  gboolean ok = dvr_server_check_token (server, token, ask->stream, FALSE,
      &error);

  if (!ok) {
    refusal->code = "NetStream.Play.Failed";
    refusal->description = g_error_matches (error, DVR_TOKEN_ERROR,
        DVR_TOKEN_ERROR_EXPIRED) ? "The token has expired." :
        "A token for this stream is needed.";
  }
  g_clear_error (&error);
  g_free (token);
  return ok;
}

static gboolean
find_stream (DvrServer * server, const gchar * name, DvrStream ** stream,
    DvrRtmpRefusal * refusal)
{
  switch (dvr_streams_get (server->streams, name, stream)) {
    case GST_DVR_ANSWER_OK:
      return TRUE;
    case GST_DVR_ANSWER_NOT_STARTED:
      refusal->code = "NetStream.Play.Failed";
      refusal->description = "The server is not ready; try again.";
      return FALSE;
    default:
      return FALSE;
  }
}

/* Takes the place in time that it has, in another stream: both end now, or
 * ended together. */
static void
switch_stream (Player * self)
{
  guint serial = dvr_wait_list_get_serial (self->next->changes);
  GstDvrTimelineInfo old, new;
  gint64 behind;

  gst_dvr_timeline_get_info (self->next->timeline, &new);
  if (new.state == GST_DVR_TIMELINE_PENDING) {
    DvrRtmpWait wait = { dvr_wait_list_ref (self->next->changes), serial,
      DVR_WANT_CHANGE, new.version
    };

    wait_for_next (self, &wait, PENDING_TIME);
    return;
  }
  if (new.state == GST_DVR_TIMELINE_FAILED) {
    g_clear_pointer (&self->next, dvr_stream_unref);
    gst_rtmp_server_session_send_status (self->session, self->stream_id,
        "NetStream.Play.StreamNotFound", "There is no such stream.");
    dvr_rtmp_connection_flush (self->connection);
    return;
  }
  gst_dvr_timeline_get_info (self->stream->timeline, &old);
  behind = (gint64) (old.end / GST_MSECOND) - self->sender.sent;
  stop_waiting (self);
  dvr_rtmp_sender_join (&self->sender);
  dvr_stream_unref (self->stream);
  self->stream = g_steal_pointer (&self->next);
  dvr_rtmp_cursor_set_stream (&self->sender.cursor, self->stream);
  self->origin = new.start / GST_MSECOND;
  self->in_transition = TRUE;
  gst_rtmp_server_session_send_status (self->session, self->stream_id,
      "NetStream.Play.Transition", "Going over to another stream.");
  if (self->live)
    go_live (self, DVR_RTMP_ENTER_NEWEST);
  else
    go_to (self, (gint64) (new.end / GST_MSECOND) - behind - self->origin);
  log_event (self, "play", get_position (self));
  pump (self);
}

static void
on_play2 (Player * self, const GstRtmpCommand * command)
{
  gchar *name = dvr_rtmp_connection_make_stream_name (self->connection,
      &command->stream);
  DvrRtmpAsk ask = { name, command->stream.query ? command->stream.query :
        self->query, self->stream_id, command
  };
  DvrRtmpRefusal refusal = { "NetStream.Play.StreamNotFound",
    "There is no such stream."
  };

  g_clear_pointer (&self->next, dvr_stream_unref);
  if (name && may_play (self->server, &ask, &refusal)
      && find_stream (self->server, name, &self->next, &refusal))
    switch_stream (self);
  else
    gst_rtmp_server_session_send_status (self->session, self->stream_id,
        refusal.code, refusal.description);
  g_free (name);
}

static void
player_event (DvrRtmpRole * role, const GstRtmpServerEvent * event)
{
  Player *self = (Player *) role;

  if (event->type == GST_RTMP_SERVER_BUFFER_LENGTH) {
    on_buffer_length (self, event->buffer_ms);
  } else if (!self->accepted) {
    return;
  }
  switch (event->type) {
    case GST_RTMP_SERVER_PAUSE:
      on_pause (self, event->command);
      break;
    case GST_RTMP_SERVER_SEEK:
      ask_and (self, "seek", event->command, on_seek);
      break;
    case GST_RTMP_SERVER_SEEK_RAW:
    case GST_RTMP_SERVER_TRANSMIT:
      on_smart (self, event->command);
      break;
    case GST_RTMP_SERVER_PLAY2:
      on_play2 (self, event->command);
      break;
    case GST_RTMP_SERVER_RECEIVE:
      on_receive (self, event->command);
      break;
    default:
      break;
  }
  pump (self);
}

static void
player_writable (DvrRtmpRole * role)
{
  pump ((Player *) role);
}

static void
tell_client (Player * self, void (*tell) (DvrServer * server,
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
      "stream", G_TYPE_STRING, self->stream->name, NULL);
  tell (self->server, client);
  gst_structure_free (client);
}

static void
player_gone (DvrRtmpRole * role)
{
  Player *self = (Player *) role;

  if (self->accepted)
    log_event (self, "stop", get_position (self));
  tell_client (self, self->server->client_removed);
  self->connection = self->sender.connection = NULL;
  self->session = NULL;
  if (self->timer)
    uv_close ((uv_handle_t *) self->timer, free_handle);
  self->timer = NULL;
  dvr_rtmp_cursor_clear (&self->sender.cursor);
  g_clear_pointer (&self->stream, dvr_stream_unref);
  g_clear_pointer (&self->next, dvr_stream_unref);
  dvr_count (self->server->stats.clients, -1);
  g_clear_pointer (&self->server, dvr_server_unref);
  player_unref (self);
}

static void
play (Player * self, const GstRtmpCommand * command)
{
  self->allowed = TRUE;
}

static void
start (gpointer data)
{
  Player *self = data;

  if (self->connection)
    ask_and (self, "play", NULL, play);
  player_unref (self);
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
  DvrStream *stream;
  Player *self;

  if (max > 0 && dvr_get (server->stats.clients) >= max) {
    dvr_count (server->stats.clients_refused, 1);
    refusal->code = "NetStream.Play.Failed";
    refusal->description = "There are too many viewers; try again later.";
    return NULL;
  }
  if (!may_play (server, ask, refusal)
      || !find_stream (server, ask->stream, &stream, refusal))
    return NULL;
  self = g_new0 (Player, 1);
  self->role.event = player_event;
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
  if (dvr_rtmp_connection_get_buffer (connection) > 0)
    on_buffer_length (self, dvr_rtmp_connection_get_buffer (connection));
  self->asked = g_get_monotonic_time ();
  self->stream = stream;
  dvr_rtmp_cursor_init (&self->sender.cursor, server, stream, DVR_RTMP_ALL,
      dvr_get (server->rtmp_batch) / GST_MSECOND);
  dvr_count (server->stats.clients, 1);
  dvr_count (server->stats.clients_total, 1);
  self->query = g_strdup (ask->query);
  tell_client (self, server->client_added);
  /* It answers once the connection knows it. */
  dvr_rtmp_loop_post (self->loop, start, player_ref (self));
  return &self->role;
}
