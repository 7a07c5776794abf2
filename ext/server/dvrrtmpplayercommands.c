/* dvrrtmpplayercommands.c: what a viewer over RTMP says, and what is said of it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrrtmpplayer-private.h"

/* What a client may say that it buffers, milliseconds. */
#define MIN_BUFFER 200
#define MAX_BUFFER (3600 * 1000)
/* What a client may ask for before the application has answered. */
#define MAX_QUESTIONS 16

/* -- what is told about the client, and asked -- */

gint64
dvr_rtmp_player_get_position (DvrRtmpPlayer * self)
{
  return self->accepted ? MAX (self->sender.sent - self->origin, 0) : -1;
}

static DvrAccessEvent
make_event (const gchar * name, DvrRtmpConnection * connection,
    const gchar * stream)
{
  const GstRtmpConnect *connect = dvr_rtmp_connection_get_connect (connection);
  DvrAccessEvent event = dvr_access_event (name, "stream", "rtmp");

  event.address = dvr_rtmp_connection_get_address (connection, NULL);
  event.client_id = dvr_rtmp_connection_get_id (connection);
  event.stream = stream;
  event.uri = connect->app;
  event.agent = connect->flash_ver;
  return event;
}

/* Who may not play, or finds nothing to. */
void
dvr_rtmp_log_refusal (DvrServer * server, DvrRtmpConnection * connection,
    const gchar * stream, const DvrRtmpRefusal * refusal)
{
  DvrAccessEvent event;

  if (!server->log)
    return;
  event = make_event ("play", connection, stream);
  event.status = refusal->status ? refusal->status : 404;
  event.context = refusal->code ? refusal->code :
      "NetStream.Play.StreamNotFound";
  dvr_access_log_write (server->log, &event);
}

/* Returns: what its stream is called */
const gchar *
dvr_rtmp_player_get_name (DvrRtmpPlayer * self)
{
  return self->stream ? self->stream->name : self->name;
}

void
dvr_rtmp_player_log (DvrRtmpPlayer * self, const gchar * name, gint64 position)
{
  DvrAccessEvent event;

  if (!self->server->log)
    return;
  event = make_event (name, self->connection, dvr_rtmp_player_get_name (self));
  event.position = position;
  event.status = 200;
  if (strcmp (name, "stop") == 0) {
    event.duration = g_get_monotonic_time () - self->began;
    event.bytes_out = self->sender.bytes;
  }
  dvr_access_log_write (self->server->log, &event);
}

/* A question to the application, and the command it is about. */
typedef struct
{
  DvrRtmpPlayer *player;
  DvrRtmpPlayerFunc act;
  GstRtmpCommand command;       /* its numbers only */
  gchar *next;                  /* play2: what is to be played */
  gchar *shown;                 /* as the client has written it */
  guint item;                   /* what played then */
  gboolean allowed;
} Question;

static void answer_play2 (DvrRtmpPlayer * self, const gchar * name,
    const gchar * shown, gboolean allowed);

static void
refuse_command (DvrRtmpPlayer * self, const GstRtmpCommand * command)
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
  DvrRtmpPlayer *self = question->player;

  self->n_questions--;
  if (self->connection && question->item == self->item) {
    if (question->next)
      answer_play2 (self, question->next, question->shown, question->allowed);
    else if (question->allowed)
      question->act (self, &question->command);
    else if (!self->accepted)
      dvr_rtmp_player_give_up (self, "NetStream.Play.Failed",
          "Playing this is not allowed.", 403);
    else
      refuse_command (self, &question->command);
  }
  if (self->connection)
    dvr_rtmp_player_pump (self);
  dvr_rtmp_player_unref (self);
  g_free (question->next);
  g_free (question->shown);
  g_free (question);
}

static void
answered (gboolean allowed, gpointer user_data)
{
  Question *question = user_data;

  question->allowed = allowed;
  dvr_rtmp_loop_post (question->player->loop, on_answered, question);
}

/**
 * dvr_rtmp_client_describe:
 * @connection: a client
 * @stream: what it is about
 * @query: (nullable): that behind the stream's name
 * @position: milliseconds; -1: none
 *
 * Returns: (transfer full): what the application is told of it
 */
GstStructure *
dvr_rtmp_client_describe (DvrRtmpConnection * connection, const gchar * stream,
    const gchar * query, gint64 position)
{
  const GstRtmpConnect *connect = dvr_rtmp_connection_get_connect (connection);
  const gchar *address;
  guint port;

  address = dvr_rtmp_connection_get_address (connection, &port);
  return gst_structure_new ("client", "protocol", G_TYPE_STRING, "rtmp",
      "address", G_TYPE_STRING, address, "port", G_TYPE_UINT, port,
      "stream", G_TYPE_STRING, stream,
      "query", G_TYPE_STRING, query ? query : "",
      "agent", G_TYPE_STRING, connect->flash_ver ? connect->flash_ver : "",
      "position", G_TYPE_INT64, position, NULL);
}

static void
ask (Question * question, const gchar * kind, const gchar * stream,
    const gchar * query)
{
  DvrRtmpPlayer *self = question->player;

  self->n_questions++;
  dvr_authorizer_ask (self->server->authorizer, kind,
      dvr_rtmp_client_describe (self->connection, stream, query,
          question->command.position), answered, question);
}

static Question *
make_question (DvrRtmpPlayer * self, const GstRtmpCommand * command)
{
  Question *question = g_new0 (Question, 1);

  question->player = dvr_rtmp_player_ref (self);
  question->item = self->item;
  question->command.position = -1;
  if (command) {
    question->command.type = command->type;
    question->command.transaction = command->transaction;
    question->command.amf3 = command->amf3;
    question->command.position = command->position;
  }
  return question;
}

/* Asks the application, and acts when it allows it. */
void
dvr_rtmp_player_ask (DvrRtmpPlayer * self, const gchar * kind,
    const GstRtmpCommand * command, DvrRtmpPlayerFunc act)
{
  Question *question;

  if (self->n_questions >= MAX_QUESTIONS && command) {
    refuse_command (self, command);
    return;
  }
  question = make_question (self, command);
  question->act = act;
  ask (question, kind, dvr_rtmp_player_get_name (self), self->query);
}

/* -- what the client says -- */


static void
on_pause (DvrRtmpPlayer * self, const GstRtmpCommand * command)
{
  gboolean pause = command->has_flag ? command->flag : !self->paused;

  gst_rtmp_server_session_send_pause_notify (self->session, self->stream_id,
      pause);
  if (pause == self->paused)
    return;
  dvr_rtmp_player_log (self,
      command->type ==
      GST_RTMP_CALL_PAUSE_RAW ? "client-pause" : pause ? "pause" : "unpause",
      dvr_rtmp_player_get_position (self));
  self->paused = pause;
  self->snapshot = FALSE;
  if (pause || !self->accepted)
    return;
  if (self->live) {
    dvr_rtmp_player_stop_waiting (self);
    dvr_rtmp_player_go_live (self, DVR_RTMP_ENTER_NEWEST);
  } else {
    dvr_rtmp_player_stop_resting (self);
    dvr_rtmp_sender_restart_pace (&self->sender);
  }
}

/* Seeking takes a viewer of "live or else recorded" into the recording. */
static void
on_seek (DvrRtmpPlayer * self, const GstRtmpCommand * command)
{
  gint64 position;

  if (self->play.start == GST_RTMP_PLAY_LIVE || command->position < 0) {
    gst_rtmp_server_session_send_status (self->session, self->stream_id,
        "NetStream.Seek.Failed", command->position < 0 ?
        "Seek to where?" : "What is played live only cannot be sought in.");
    return;
  }
  dvr_rtmp_player_stop_waiting (self);
  dvr_rtmp_player_stop_resting (self);
  self->live = self->complete = self->suspended = FALSE;
  self->sender.paced = !gst_rtmp_play_is_at_once (&self->play);
  position = dvr_rtmp_player_go_to (self, command->position);
  self->sender.sent = self->origin + position;
  dvr_rtmp_player_log (self, "seek", position);
  dvr_rtmp_sender_place (&self->sender, self->origin);
  self->snapshot = self->paused;
  gst_rtmp_server_session_send_seek_notify (self->session, self->stream_id,
      position, TRUE);
}

/* It has done so itself, in its own buffer: nothing is sent anew. */
static void
on_seek_raw (DvrRtmpPlayer * self, const GstRtmpCommand * command)
{
  dvr_rtmp_player_log (self, "client-seek", command->position);
}

static void
on_transmit (DvrRtmpPlayer * self, const GstRtmpCommand * command)
{
  self->suspended = command->type == GST_RTMP_CALL_STOP_TRANSMIT;
  dvr_rtmp_player_log (self,
      self->suspended ? "stop-transmit" : "start-transmit",
      command->position >=
      0 ? command->position : dvr_rtmp_player_get_position (self));
  if (!self->suspended && !self->live) {
    dvr_rtmp_player_stop_resting (self);
    dvr_rtmp_sender_restart_pace (&self->sender);
  }
}

/* What clients with a buffer of their own tell, see "Smart Seek". */
static void
on_smart (DvrRtmpPlayer * self, const GstRtmpCommand * command)
{
  if (!dvr_get (self->server->allow_smart_seek))
    refuse_command (self, command);
  else if (command->type == GST_RTMP_CALL_SEEK_RAW)
    dvr_rtmp_player_ask (self, "client-seek", command, on_seek_raw);
  else
    dvr_rtmp_player_ask (self, command->type == GST_RTMP_CALL_STOP_TRANSMIT ?
        "stop-transmit" : "start-transmit", command, on_transmit);
}

static void
on_receive (DvrRtmpPlayer * self, const GstRtmpCommand * command)
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
  dvr_rtmp_player_stop_waiting (self);
  if (self->live) {
    self->sender.cursor.kinds = kinds;
    dvr_rtmp_player_go_live (self, DVR_RTMP_ENTER_NEWEST);
  } else {
    dvr_rtmp_cursor_set_kinds (&self->sender.cursor, kinds,
        MAX (self->sender.sent, 1));
  }
}

void
dvr_rtmp_player_set_buffer (DvrRtmpPlayer * self, guint32 ms)
{
  self->sender.buffer = CLAMP (ms, MIN_BUFFER, MAX_BUFFER);
  if (self->resting
      && dvr_rtmp_sender_get_ahead (&self->sender) < self->sender.buffer)
    dvr_rtmp_player_stop_resting (self);
}

/* The token comes in the query of the name, or of the app. */
gboolean
dvr_rtmp_player_may_play (DvrServer * server, const DvrRtmpAsk * ask,
    DvrRtmpRefusal * refusal)
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
    refusal->status = g_error_matches (error, DVR_TOKEN_ERROR,
        DVR_TOKEN_ERROR_MISSING) ? 401 : 403;
  }
  g_clear_error (&error);
  g_free (token);
  return ok;
}

gboolean
dvr_rtmp_player_find_stream (DvrServer * server, const gchar * name,
    DvrStream ** stream, DvrRtmpRefusal * refusal)
{
  switch (dvr_streams_get (server->streams, name, NULL, stream)) {
    case GST_DVR_ANSWER_OK:
      return TRUE;
    case GST_DVR_ANSWER_NOT_STARTED:
      refusal->code = "NetStream.Play.Failed";
      refusal->description = "The server is not ready; try again.";
      refusal->status = 503;
      return FALSE;
    default:
      return FALSE;
  }
}

/* Takes the place in time that it has, in another stream: both end now, or
 * ended together. */
void
dvr_rtmp_player_switch_stream (DvrRtmpPlayer * self)
{
  GstDvrTimelineInfo old, new;
  gint64 behind;
  guint serial;

  if (!self->next)
    return;
  serial = dvr_wait_list_get_serial (self->next->changes);
  gst_dvr_timeline_get_info (self->next->timeline, &new);
  if (new.state == GST_DVR_TIMELINE_PENDING) {
    DvrRtmpWait wait = { dvr_wait_list_ref (self->next->changes), serial,
      DVR_WANT_CHANGE, new.version
    };

    dvr_rtmp_player_wait_for_next (self, &wait, DVR_RTMP_PENDING_TIME);
    return;
  }
  if (new.state == GST_DVR_TIMELINE_FAILED) {
    g_clear_pointer (&self->next, dvr_stream_unref);
    gst_rtmp_server_session_send_status_about (self->session, self->stream_id,
        self->next_shown, "NetStream.Play.StreamNotFound",
        "There is no such stream.");
    dvr_rtmp_connection_flush (self->connection);
    return;
  }
  gst_dvr_timeline_get_info (self->stream->timeline, &old);
  behind = (gint64) (old.end / GST_MSECOND) - self->sender.sent;
  dvr_rtmp_player_stop_waiting (self);
  dvr_rtmp_sender_join (&self->sender);
  dvr_stream_unref (self->stream);
  self->stream = g_steal_pointer (&self->next);
  dvr_rtmp_cursor_set_stream (&self->sender.cursor, self->stream);
  self->origin = new.start / GST_MSECOND;
  self->in_transition = TRUE;
  gst_rtmp_server_session_set_item (self->session, self->stream_id,
      self->next_shown);
  gst_rtmp_server_session_send_status (self->session, self->stream_id,
      "NetStream.Play.Transition", "Going over to another stream.");
  if (self->live)
    dvr_rtmp_player_go_live (self, DVR_RTMP_ENTER_NEWEST);
  else
    dvr_rtmp_player_go_to (self,
        (gint64) (new.end / GST_MSECOND) - behind - self->origin);
  dvr_rtmp_player_log (self, "play", dvr_rtmp_player_get_position (self));
  dvr_rtmp_player_pump (self);
}

static void
refuse_play2 (DvrRtmpPlayer * self, const gchar * name,
    const gchar * shown, const DvrRtmpRefusal * refusal)
{
  dvr_rtmp_log_refusal (self->server, self->connection, name, refusal);
  gst_rtmp_server_session_send_status_about (self->session, self->stream_id,
      shown, refusal->code, refusal->description);
}

static void
answer_play2 (DvrRtmpPlayer * self, const gchar * name, const gchar * shown,
    gboolean allowed)
{
  static const DvrRtmpRefusal not_allowed = { "NetStream.Play.Failed",
    "Playing this is not allowed.", 403
  };
  DvrRtmpRefusal refusal = { "NetStream.Play.StreamNotFound",
    "There is no such stream.", 404
  };

  g_clear_pointer (&self->next, dvr_stream_unref);
  g_free (self->next_shown);
  self->next_shown = g_strdup (shown);
  if (!allowed)
    refuse_play2 (self, name, shown, &not_allowed);
  else if (dvr_rtmp_player_find_stream (self->server, name, &self->next,
          &refusal))
    dvr_rtmp_player_switch_stream (self);
  else
    refuse_play2 (self, name, shown, &refusal);
}

/* Of what is to follow, one takes the place of another. Returns: whether that
 * was meant */
static gboolean
swap_item (DvrRtmpPlayer * self, const GstRtmpCommand * command,
    const DvrRtmpAsk * what)
{
  DvrRtmpRefusal refusal = { NULL, NULL, 0 };
  GstRtmpStreamName old = { NULL, };
  gboolean known;
  gchar *name;

  if (g_strcmp0 (command->play2.transition, "swap") != 0)
    return FALSE;
  gst_rtmp_stream_name_parse (&old, command->play2.old_name);
  name = dvr_rtmp_connection_make_stream_name (self->connection, &old);
  known = dvr_rtmp_player_swap (self, name, what, &refusal);
  if (refusal.code)
    refuse_play2 (self, what->stream, command->stream.full, &refusal);
  gst_rtmp_stream_name_clear (&old);
  g_free (name);
  return known;
}

/* Playing another stream is playing: it takes a token, and leave. */
static void
on_play2 (DvrRtmpPlayer * self, const GstRtmpCommand * command)
{
  gchar *name = dvr_rtmp_connection_make_stream_name (self->connection,
      &command->stream);
  DvrRtmpAsk what = { name, command->stream.query ? command->stream.query :
        self->query, self->stream_id, command
  };
  DvrRtmpRefusal refusal = { "NetStream.Play.StreamNotFound",
    "There is no such stream.", 404
  };
  Question *question;

  if (swap_item (self, command, &what)) {
    g_free (name);
    return;
  }
  g_clear_pointer (&self->next, dvr_stream_unref);
  if (!name || self->n_questions >= MAX_QUESTIONS
      || !dvr_rtmp_player_may_play (self->server, &what, &refusal)) {
    refuse_play2 (self, name, command->stream.full, &refusal);
    g_free (name);
    return;
  }
  question = make_question (self, NULL);
  question->next = name;
  question->shown = g_strdup (command->stream.full);
  ask (question, "play", name, what.query);
}

/* To be played after what plays. The session waits for the answer. */
static void
on_play (DvrRtmpPlayer * self, const GstRtmpCommand * command)
{
  const GstRtmpConnect *connect =
      dvr_rtmp_connection_get_connect (self->connection);
  gchar *name = dvr_rtmp_connection_make_stream_name (self->connection,
      &command->stream);
  DvrRtmpAsk what = { name, command->stream.query ? command->stream.query :
        connect->app_query, self->stream_id, command
  };
  DvrRtmpRefusal refusal = { NULL, NULL, 0 };

  if (dvr_rtmp_player_queue (self, &what, &refusal))
    gst_rtmp_server_session_queue_play (self->session, self->stream_id, NULL);
  else
    gst_rtmp_server_session_reject_play (self->session, self->stream_id,
        refusal.code, refusal.description, NULL);
  g_free (name);
}

/* What a client may say while the next item is looked for; a seek could only
 * be meant for the one before. */
static gboolean
is_for_any_item (DvrRtmpPlayer * self, const GstRtmpServerEvent * event)
{
  if (self->follows && event->type == GST_RTMP_SERVER_SEEK)
    gst_rtmp_server_session_send_status (self->session, self->stream_id,
        "NetStream.Seek.Failed", "Nothing plays just now.");
  return event->type == GST_RTMP_SERVER_BUFFER_LENGTH
      || event->type == GST_RTMP_SERVER_PLAY
      || (self->follows && event->type == GST_RTMP_SERVER_PAUSE);
}

void
dvr_rtmp_player_event (DvrRtmpRole * role, const GstRtmpServerEvent * event)
{
  DvrRtmpPlayer *self = (DvrRtmpPlayer *) role;

  if (!self->accepted && !is_for_any_item (self, event))
    return;
  switch (event->type) {
    case GST_RTMP_SERVER_BUFFER_LENGTH:
      dvr_rtmp_player_set_buffer (self, event->buffer_ms);
      break;
    case GST_RTMP_SERVER_PLAY:
      on_play (self, event->command);
      break;
    case GST_RTMP_SERVER_PAUSE:
      on_pause (self, event->command);
      break;
    case GST_RTMP_SERVER_SEEK:
      dvr_rtmp_player_ask (self, "seek", event->command, on_seek);
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
  dvr_rtmp_player_pump (self);
}
