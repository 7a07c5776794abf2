/* dvrrtmpplayerask.c: what is said of a viewer over RTMP, and asked about it
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

/* -- the log -- */

/* Returns: where it is, milliseconds; -1: nowhere yet */
gint64
dvr_rtmp_player_get_position (DvrRtmpPlayer * self)
{
  return dvr_rtmp_player_has_begun (self) ?
      MAX (self->sender.sent - self->origin, 0) : -1;
}

/* Returns: what its stream is called */
const gchar *
dvr_rtmp_player_get_name (DvrRtmpPlayer * self)
{
  return self->stream ? self->stream->name : self->name;
}

/* @position: milliseconds; -1: none */
void
dvr_rtmp_player_log (DvrRtmpPlayer * self, const gchar * name, gint64 position)
{
  DvrAccessEvent event;

  if (!self->server->log)
    return;
  event = dvr_rtmp_client_make_event (self->connection, name, "stream");
  event.stream = dvr_rtmp_player_get_name (self);
  event.position = position;
  event.status = 200;
  if (strcmp (name, "stop") == 0) {
    event.duration = g_get_monotonic_time () - self->began;
    event.bytes_out = self->sender.bytes;
  }
  dvr_access_log_write (self->server->log, &event);
}

/* -- the application -- */

static void
question_free (DvrRtmpQuestion * question)
{
  dvr_rtmp_player_unref (question->player);
  g_free (question->next);
  g_free (question->shown);
  g_free (question);
}

/* In the player's loop. What was asked about what played before is nothing any
 * more. */
static void
on_answered (gpointer data)
{
  DvrRtmpQuestion *question = data;
  DvrRtmpPlayer *self = question->player;

  self->n_questions--;
  if (self->connection && question->item == self->item)
    question->answered (self, question);
  if (self->connection)
    dvr_rtmp_player_seek_after_all (self);
  if (self->connection)
    dvr_rtmp_player_pump (self);
  question_free (question);
}

static void
answered (gboolean allowed, gpointer user_data)
{
  DvrRtmpQuestion *question = user_data;

  question->allowed = allowed;
  dvr_rtmp_loop_post (question->player->loop, on_answered, question);
}

/* Returns: (transfer full): one for dvr_rtmp_player_ask() */
DvrRtmpQuestion *
dvr_rtmp_player_new_question (DvrRtmpPlayer * self,
    DvrRtmpAnsweredFunc answered)
{
  DvrRtmpQuestion *question = g_new0 (DvrRtmpQuestion, 1);

  question->player = dvr_rtmp_player_ref (self);
  question->item = self->item;
  question->answered = answered;
  question->command.position = -1;
  return question;
}

/**
 * dvr_rtmp_player_ask:
 * @question: (transfer full): a question to the application
 * @kind: see #GstDvrServerSink::authorize
 * @stream: what it is about
 * @query: (nullable): that behind the stream's name
 *
 * What is done with the answer is done in the player's loop, and not before
 * this returns.
 */
void
dvr_rtmp_player_ask (DvrRtmpQuestion * question, const gchar * kind,
    const gchar * stream, const gchar * query)
{
  DvrRtmpPlayer *self = question->player;

  self->n_questions++;
  dvr_authorizer_ask (self->server->authorizer, kind,
      dvr_rtmp_client_describe (self->connection, stream, query,
          question->command.position), answered, question);
}
