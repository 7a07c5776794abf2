/* dvrrtmpplayercommands.c: what a viewer over RTMP says
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrrtmpplayer-private.h"

/* What a client may say that it buffers, milliseconds. */
#define MIN_BUFFER 200
#define MAX_BUFFER (3600 * 1000)

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
answered (DvrRtmpPlayer * self, const DvrRtmpQuestion * question)
{
  if (question->allowed)
    question->act (self, &question->command);
  else
    refuse_command (self, &question->command);
}

/* More is asked for than the application answers. Of seeks, the last is what
 * the client wants: it is asked about when there is room again. */
static void
put_off (DvrRtmpPlayer * self, const GstRtmpCommand * command)
{
  if (command->type != GST_RTMP_CALL_SEEK) {
    refuse_command (self, command);
    return;
  }
  self->put_off = gst_rtmp_command_get_numbers (command);
  self->put_off_item = self->item;
  self->has_put_off = TRUE;
}

/* Asks the application, and acts when it allows it. */
static void
ask_and_act (DvrRtmpPlayer * self, const gchar * kind,
    const GstRtmpCommand * command, DvrRtmpCommandFunc act)
{
  DvrRtmpQuestion *question;

  if (self->n_questions >= DVR_RTMP_MAX_QUESTIONS) {
    put_off (self, command);
    return;
  }
  question = dvr_rtmp_player_new_question (self, answered);
  question->command = gst_rtmp_command_get_numbers (command);
  question->act = act;
  dvr_rtmp_player_ask (question, kind, dvr_rtmp_player_get_name (self),
      self->query);
}

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
  if (pause || !dvr_rtmp_player_has_begun (self))
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
  self->live = self->suspended = FALSE;
  self->state = DVR_RTMP_PLAYER_PLAYS;
  self->sender.paced = !gst_rtmp_play_is_at_once (&self->play);
  position = dvr_rtmp_player_go_to (self, command->position);
  self->sender.sent = self->origin + position;
  dvr_rtmp_player_log (self, "seek", position);
  dvr_rtmp_sender_place (&self->sender, self->origin);
  self->snapshot = self->paused;
  gst_rtmp_server_session_send_seek_notify (self->session, self->stream_id,
      position, TRUE);
}

/* What follows plays: who has sought while it was looked for gets there. */
void
dvr_rtmp_player_seek_at_last (DvrRtmpPlayer * self)
{
  if (!self->will_seek)
    return;
  self->will_seek = FALSE;
  ask_and_act (self, "seek", &self->seek, on_seek);
}

/* An answer has come: there is room for another question. */
void
dvr_rtmp_player_seek_after_all (DvrRtmpPlayer * self)
{
  if (!self->has_put_off)
    return;
  self->has_put_off = FALSE;
  if (self->put_off_item == self->item)
    ask_and_act (self, "seek", &self->put_off, on_seek);
}

/* Nothing follows that could be sought in. */
void
dvr_rtmp_player_fail_seek (DvrRtmpPlayer * self)
{
  self->will_seek = FALSE;
  gst_rtmp_server_session_send_status (self->session, self->stream_id,
      "NetStream.Seek.Failed", "Nothing plays just now.");
}

/* Between two items: where a client has sought to more than once, the last is
 * what it wants. */
static void
seek_later (DvrRtmpPlayer * self, const GstRtmpCommand * command)
{
  self->will_seek = TRUE;
  self->seek = gst_rtmp_command_get_numbers (command);
  if (self->state == DVR_RTMP_PLAYER_MISSED)
    dvr_rtmp_player_fail_seek (self);
}

/* Acts at once where nobody is to be asked, unless an answer is to come that
 * goes first. */
static void
act (DvrRtmpPlayer * self, const gchar * kind, const GstRtmpCommand * command,
    DvrRtmpCommandFunc func)
{
  if (self->n_questions == 0
      && !dvr_authorizer_is_needed (self->server->authorizer))
    func (self, command);
  else
    ask_and_act (self, kind, command, func);
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
    act (self, "client-seek", command, on_seek_raw);
  else
    act (self, command->type == GST_RTMP_CALL_STOP_TRANSMIT ?
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

/* What a client may say while the next item is looked for. */
static gboolean
is_for_any_item (DvrRtmpPlayer * self, const GstRtmpServerEvent * event)
{
  if (self->follows && event->type == GST_RTMP_SERVER_SEEK)
    seek_later (self, event->command);
  return event->type == GST_RTMP_SERVER_BUFFER_LENGTH
      || event->type == GST_RTMP_SERVER_PLAY
      || (self->follows && event->type == GST_RTMP_SERVER_PAUSE);
}

void
dvr_rtmp_player_event (DvrRtmpRole * role, const GstRtmpServerEvent * event)
{
  DvrRtmpPlayer *self = (DvrRtmpPlayer *) role;

  if (!dvr_rtmp_player_has_begun (self) && !is_for_any_item (self, event))
    return;
  /* An answer to this may let the client say that it is over. */
  dvr_rtmp_player_ref (self);
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
      act (self, "seek", event->command, on_seek);
      break;
    case GST_RTMP_SERVER_SEEK_RAW:
    case GST_RTMP_SERVER_TRANSMIT:
      on_smart (self, event->command);
      break;
    case GST_RTMP_SERVER_PLAY2:
      dvr_rtmp_player_play2 (self, event->command);
      break;
    case GST_RTMP_SERVER_RECEIVE:
      on_receive (self, event->command);
      break;
    default:
      break;
  }
  dvr_rtmp_player_pump (self);
  dvr_rtmp_player_unref (self);
}
