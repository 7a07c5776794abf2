/* dvrrtmpplayeritem.c: what a viewer has asked for, until it plays
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A viewer asks for a stream, and for others to follow it: a playlist. The
 * first is answered when it is known what it is, as the session waits for it;
 * of the others the client hears when their time has come. Time on the wire
 * goes on over all of them.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrrtmpplayer-private.h"

/* -- from asking to playing -- */

/* Puts the player where the item begins. */
static void
enter (DvrRtmpPlayer * self, const GstDvrTimelineInfo * info)
{
  gint64 start = MAX (self->play.start, 0);

  self->origin = info->start / GST_MSECOND;
  self->live = self->play.start == GST_RTMP_PLAY_LIVE
      || (self->play.start == GST_RTMP_PLAY_ANY
      && info->state == GST_DVR_TIMELINE_OPEN);
  self->sender.paced = !self->live && !gst_rtmp_play_is_at_once (&self->play);
  self->sender.until = DVR_RTMP_FOR_EVER;
  self->sender.one_frame = self->play.length == 0;
  if (!self->follows)
    dvr_rtmp_sender_place (&self->sender, G_MAXINT64);
  if (self->live)
    dvr_rtmp_player_go_live (self, dvr_get (self->server->rtmp_join_wait) ?
        DVR_RTMP_ENTER_NEXT : DVR_RTMP_ENTER_NEWEST);
  else
    dvr_rtmp_player_go_to (self, start);
  if (self->play.length > 0)
    self->sender.until = self->play.length + (self->live ?
        (gint64) (info->end / GST_MSECOND) : self->origin + start);
}

/* Who was promised an item is told that it cannot be had; the next follows. */
static void
pass_item (DvrRtmpPlayer * self, const DvrRtmpRefusal * refusal)
{
  gst_rtmp_server_session_send_status (self->session, self->stream_id,
      refusal->code, refusal->description);
  self->state = DVR_RTMP_PLAYER_MISSED;
  if (!dvr_rtmp_player_play_next (self) && self->will_seek)
    dvr_rtmp_player_fail_seek (self);
  dvr_rtmp_connection_flush (self->connection);
}

/* An answer lets the session go on with what waited behind the question, so
 * that what is asked for next must find that this player is gone. */
static void
give_up (DvrRtmpPlayer * self, const DvrRtmpRefusal * refusal)
{
  DvrRtmpConnection *connection = self->connection;
  GstRtmpServerSession *session = self->session;
  GError *error = NULL;

  dvr_rtmp_client_log_refusal (self->server, connection,
      dvr_rtmp_player_get_name (self), refusal);
  if (self->follows) {
    pass_item (self, refusal);
    return;
  }
  dvr_rtmp_connection_end_role (connection, &self->role);
  if (!gst_rtmp_server_session_reject_play (session, self->stream_id,
          refusal->code, refusal->description, &error)) {
    g_clear_error (&error);
    dvr_rtmp_connection_close (connection);
    return;
  }
  dvr_rtmp_connection_flush (connection);
}

/* Who wants live waits for it as long as it would play. The session does
 * nothing else for the first item, so that this has an end. */
static gint64
get_live_patience (DvrRtmpPlayer * self)
{
  gint64 length = self->play.length * 1000;

  if (length <= 0)
    return DVR_RTMP_HOPE_LIVE;
  return self->follows ? length : MIN (length, DVR_RTMP_HOPE_LIVE);
}

/* There is no such stream. It may be about to begin: a publisher is there some
 * time before his stream is. */
static void
hope (DvrRtmpPlayer * self)
{
  gint64 patience = 0;

  if (self->play.start == GST_RTMP_PLAY_ANY)
    patience = DVR_RTMP_HOPE_ANY;
  else if (self->play.start == GST_RTMP_PLAY_LIVE)
    patience = get_live_patience (self);
  g_clear_pointer (&self->stream, dvr_stream_unref);
  if (g_get_monotonic_time () - self->asked < patience)
    dvr_rtmp_player_start_timer (self, DVR_RTMP_HOPE_INTERVAL);
  else
    give_up (self, &dvr_rtmp_no_stream);
}

/* Returns: whether there is a stream of the name */
static gboolean
find (DvrRtmpPlayer * self)
{
  DvrRtmpRefusal refusal = { NULL, NULL, 0 };

  if (self->stream || dvr_rtmp_client_find_stream (self->server, self->name,
          &self->stream, &refusal))
    return TRUE;
  if (refusal.code)
    give_up (self, &refusal);
  else
    hope (self);
  return FALSE;
}

/* Returns: whether it is known what the stream is, and that it can be played */
static gboolean
is_known (DvrRtmpPlayer * self, GstDvrTimelineInfo * info)
{
  static const DvrRtmpRefusal no_answer = {
    "NetStream.Play.Failed", "Upstream does not answer.", 503
  };
  guint serial;

  if (!find (self))
    return FALSE;
  serial = dvr_wait_list_get_serial (self->stream->changes);
  gst_dvr_timeline_get_info (self->stream->timeline, info);
  if (info->state == GST_DVR_TIMELINE_PENDING
      && g_get_monotonic_time () - self->asked < DVR_RTMP_PENDING_TIME) {
    DvrRtmpWait wait = { dvr_wait_list_ref (self->stream->changes), serial,
      DVR_WANT_CHANGE, info->version
    };

    dvr_rtmp_player_wait_for (self, &wait, DVR_RTMP_PENDING_TIME);
    return FALSE;
  }
  if (info->state == GST_DVR_TIMELINE_PENDING
      || (info->state == GST_DVR_TIMELINE_FAILED && info->status >= 500)) {
    give_up (self, &no_answer);
    return FALSE;
  }
  if (info->state == GST_DVR_TIMELINE_FAILED) {
    hope (self);
    return FALSE;
  }
  return TRUE;
}

/* The client is told. What waited behind its question may be heard meanwhile,
 * and this be over. Returns: %FALSE where the connection is gone */
static gboolean
answer (DvrRtmpPlayer * self)
{
  DvrRtmpConnection *connection = self->connection;
  GError *error = NULL;

  if (self->follows) {
    gst_rtmp_server_session_start_item (self->session, self->stream_id,
        self->join_at, !self->live);
  } else if (!gst_rtmp_server_session_accept_play (self->session,
          self->stream_id, !self->live, gst_rtmp_play_flushes (&self->play),
          &error)) {
    g_clear_error (&error);
    dvr_rtmp_connection_close (connection);
    return FALSE;
  }
  dvr_rtmp_connection_flush (connection);
  return self->connection != NULL;
}

/* Begins what was asked for, once it is known what it is. Returns: whether it
 * plays */
gboolean
dvr_rtmp_player_begin (DvrRtmpPlayer * self)
{
  guint kinds = self->follows ? self->sender.cursor.kinds : DVR_RTMP_ALL;
  GstDvrTimelineInfo info;

  if (!is_known (self, &info))
    return FALSE;
  self->state = DVR_RTMP_PLAYER_PLAYS;
  self->began = g_get_monotonic_time ();
  dvr_rtmp_cursor_init (&self->sender.cursor, self->server, self->stream,
      gst_rtmp_server_session_get_lane (self->session, self->stream_id),
      dvr_get (self->server->rtmp_batch) / GST_MSECOND);
  self->sender.cursor.kinds = kinds;
  enter (self, &info);
  dvr_rtmp_player_log (self, "play", MAX (self->play.start, 0));
  if (!answer (self))
    return FALSE;
  dvr_rtmp_player_seek_at_last (self);
  return TRUE;
}

/* -- what follows -- */

/* To be played later. */
typedef struct
{
  gchar *stream;
  gchar *shown;                 /* as the client has written it */
  gchar *query;
  GstRtmpPlay play;
} Item;

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->stream);
  g_free (item->shown);
  g_free (item->query);
  g_free (item);
}

void
dvr_rtmp_player_forget_items (DvrRtmpPlayer * self)
{
  g_queue_clear_full (&self->items, item_free);
}

static void
answered (DvrRtmpPlayer * self, const DvrRtmpQuestion * question)
{
  if (question->allowed)
    self->state = DVR_RTMP_PLAYER_LOOKS;
  else
    give_up (self, &dvr_rtmp_not_allowed);
}

/* Whether what was asked for may be played: where nobody decides, at once. */
void
dvr_rtmp_player_ask_to_play (DvrRtmpPlayer * self)
{
  if (dvr_authorizer_is_needed (self->server->authorizer))
    dvr_rtmp_player_ask (dvr_rtmp_player_new_question (self, answered), "play",
        dvr_rtmp_player_get_name (self), self->query);
  else
    self->state = DVR_RTMP_PLAYER_LOOKS;
}

/* How much of what plays was sent, in seconds. */
gdouble
dvr_rtmp_player_get_duration (DvrRtmpPlayer * self)
{
  return MAX (self->sender.sent - self->origin, 0) / 1000.0;
}

/* What has played is at its end. */
static void
leave (DvrRtmpPlayer * self)
{
  dvr_rtmp_player_log (self, "stop", dvr_rtmp_player_get_position (self));
  self->join_at = dvr_rtmp_sender_join (&self->sender);
  if (self->state == DVR_RTMP_PLAYER_PLAYS)
    gst_rtmp_server_session_send_switch (self->session, self->stream_id,
        self->join_at, dvr_rtmp_player_get_duration (self), self->sender.bytes);
  dvr_rtmp_player_stop_waiting (self);
  dvr_rtmp_player_stop_resting (self);
  dvr_rtmp_cursor_clear (&self->sender.cursor);
  g_clear_pointer (&self->stream, dvr_stream_unref);
  g_clear_pointer (&self->next, dvr_stream_unref);
  self->sender.bytes = 0;
  self->sender.hole = FALSE;
  self->live = self->snapshot = self->in_transition = FALSE;
  self->news = DVR_RTMP_ON_AIR;
}

/**
 * dvr_rtmp_player_play_next:
 * @self: a player that has played all of something
 *
 * Returns: whether there is more in its playlist; that begins with the next pump
 */
gboolean
dvr_rtmp_player_play_next (DvrRtmpPlayer * self)
{
  Item *item = g_queue_pop_head (&self->items);

  if (!item)
    return FALSE;
  if (dvr_rtmp_player_has_begun (self))
    leave (self);
  self->follows = TRUE;
  self->state = DVR_RTMP_PLAYER_ASKS;
  self->item++;
  self->asked = g_get_monotonic_time ();
  self->play = item->play;
  g_free (self->name);
  self->name = g_steal_pointer (&item->stream);
  g_free (self->query);
  self->query = g_steal_pointer (&item->query);
  gst_rtmp_server_session_set_item (self->session, self->stream_id,
      item->shown);
  item_free (item);
  dvr_rtmp_player_ask_to_play (self);
  return TRUE;
}

/* Returns: whether it may be played later, but for what the application says
 *   then */
static gboolean
may_queue (DvrRtmpPlayer * self, const DvrRtmpAsk * ask,
    DvrRtmpRefusal * refusal)
{
  if (!ask->stream) {
    refusal->code = "NetStream.Play.StreamNotFound";
    refusal->description = "This is not the name of a stream.";
    refusal->status = 404;
    return FALSE;
  }
  return dvr_rtmp_client_may_play (self->server, ask, refusal);
}

static Item *
item_new (const DvrRtmpAsk * ask)
{
  Item *item = g_new0 (Item, 1);

  item->stream = g_strdup (ask->stream);
  item->shown = g_strdup (ask->command->stream.full);
  item->query = g_strdup (ask->query);
  item->play = ask->command->play;
  return item;
}

/**
 * dvr_rtmp_player_queue:
 * @self: a player
 * @ask: what to play after all that it was asked for before
 * @refusal: (out): why not
 *
 * What has been played to its end is followed at once.
 */
gboolean
dvr_rtmp_player_queue (DvrRtmpPlayer * self, const DvrRtmpAsk * ask,
    DvrRtmpRefusal * refusal)
{
  gboolean ok = may_queue (self, ask, refusal);

  if (ok && self->items.length >= DVR_RTMP_MAX_ITEMS) {
    refusal->code = "NetStream.Play.Failed";
    refusal->description = "Too many streams wait to be played.";
    refusal->status = 503;
    ok = FALSE;
  }
  if (!ok) {
    dvr_rtmp_client_log_refusal (self->server, self->connection, ask->stream,
        refusal);
    return FALSE;
  }
  g_queue_push_tail (&self->items, item_new (ask));
  if (self->state >= DVR_RTMP_PLAYER_PLAYED)
    dvr_rtmp_player_play_next (self);
  return TRUE;
}

/**
 * dvr_rtmp_player_swap:
 * @self: a player
 * @old: (nullable): a stream that is to follow
 * @ask: what to play in its place
 * @refusal: (out): why not
 *
 * Returns: whether @old is to follow; it goes only where there is no refusal
 */
gboolean
dvr_rtmp_player_swap (DvrRtmpPlayer * self, const gchar * old,
    const DvrRtmpAsk * ask, DvrRtmpRefusal * refusal)
{
  GList *l = self->items.head;

  while (l && g_strcmp0 (((Item *) l->data)->stream, old) != 0)
    l = l->next;
  if (!l)
    return FALSE;
  if (may_queue (self, ask, refusal)) {
    item_free (l->data);
    l->data = item_new (ask);
  }
  return TRUE;
}
