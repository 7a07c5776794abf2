/* dvrrtmpplayerswitch.c: another stream takes the place of what plays
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * play2 (NetStreamPlayOptions): with "swap" of an item that is to follow, else
 * of what plays just now, at the place in time that it has.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrrtmpplayer-private.h"

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
  dvr_rtmp_client_log_refusal (self->server, self->connection, name, refusal);
  gst_rtmp_server_session_send_status_about (self->session, self->stream_id,
      shown, refusal->code, refusal->description);
}

static void
answered (DvrRtmpPlayer * self, const DvrRtmpQuestion * question)
{
  DvrRtmpRefusal refusal = dvr_rtmp_no_stream;

  g_clear_pointer (&self->next, dvr_stream_unref);
  g_free (self->next_shown);
  self->next_shown = g_strdup (question->shown);
  if (!question->allowed)
    refuse_play2 (self, question->next, question->shown, &dvr_rtmp_not_allowed);
  else if (dvr_rtmp_client_find_stream (self->server, question->next,
          &self->next, &refusal))
    dvr_rtmp_player_switch_stream (self);
  else
    refuse_play2 (self, question->next, question->shown, &refusal);
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

  if (g_strcmp0 (command->play2.transition, "swap") != 0
      || !command->play2.old_name)
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
void
dvr_rtmp_player_play2 (DvrRtmpPlayer * self, const GstRtmpCommand * command)
{
  gchar *name = dvr_rtmp_connection_make_stream_name (self->connection,
      &command->stream);
  DvrRtmpAsk what = { name, command->stream.query ? command->stream.query :
        self->query, self->stream_id, command
  };
  DvrRtmpRefusal refusal = dvr_rtmp_no_stream;
  DvrRtmpQuestion *question;

  if (swap_item (self, command, &what)) {
    g_free (name);
    return;
  }
  g_clear_pointer (&self->next, dvr_stream_unref);
  if (!name || self->n_questions >= DVR_RTMP_MAX_QUESTIONS
      || !dvr_rtmp_client_may_play (self->server, &what, &refusal)) {
    refuse_play2 (self, name, command->stream.full, &refusal);
    g_free (name);
    return;
  }
  question = dvr_rtmp_player_new_question (self, answered);
  question->next = name;
  question->shown = g_strdup (command->stream.full);
  dvr_rtmp_player_ask (question, "play", name, what.query);
}
