/* dvrrtmpplayer-private.h: a viewer's inside
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrrtmpclient.h"
#include "dvrrtmpplayer.h"
#include "dvrrtmpsender.h"

G_BEGIN_DECLS

/* How long a stream that is not there is hoped for: one that is just beginning
 * by who takes anything, and a publisher by who wants live. */
#define DVR_RTMP_HOPE_ANY (2 * G_USEC_PER_SEC)
#define DVR_RTMP_HOPE_LIVE (10 * G_USEC_PER_SEC)
#define DVR_RTMP_HOPE_INTERVAL 200      /* ms */

/* How many streams may wait to be played after the one that plays. */
#define DVR_RTMP_MAX_ITEMS 64
/* What a client may ask for before the application has answered. */
#define DVR_RTMP_MAX_QUESTIONS 16

typedef struct _DvrRtmpPlayer DvrRtmpPlayer;

/**
 * DvrRtmpPlayerState:
 * @DVR_RTMP_PLAYER_ASKS: the application has not said yet whether it may play
 * @DVR_RTMP_PLAYER_LOOKS: it may; what the stream is has to be found out
 * @DVR_RTMP_PLAYER_PLAYS: its client has been answered, and gets media
 * @DVR_RTMP_PLAYER_PLAYED: all of it was sent; a seek plays again
 * @DVR_RTMP_PLAYER_MISSED: it could not be had, and nothing follows
 *
 * Where a player is with one item of its playlist.
 */
typedef enum
{
  DVR_RTMP_PLAYER_ASKS,
  DVR_RTMP_PLAYER_LOOKS,
  DVR_RTMP_PLAYER_PLAYS,
  DVR_RTMP_PLAYER_PLAYED,
  DVR_RTMP_PLAYER_MISSED
} DvrRtmpPlayerState;

/**
 * DvrRtmpNews:
 * @DVR_RTMP_ON_AIR: nothing
 * @DVR_RTMP_AWAY: the publisher may come back
 * @DVR_RTMP_OFF_AIR: it is over
 *
 * What a live viewer was last told of the publisher.
 */
typedef enum
{
  DVR_RTMP_ON_AIR,
  DVR_RTMP_AWAY,
  DVR_RTMP_OFF_AIR
} DvrRtmpNews;

/* What belongs to its loop, but for @refs. */
struct _DvrRtmpPlayer
{
  DvrRtmpRole role;
  gint refs;

  DvrServer *server;
  DvrRtmpConnection *connection;        /* until it is gone */
  DvrRtmpLoop *loop;
  GstRtmpServerSession *session;
  guint32 stream_id;
  DvrRtmpSender sender;
  uv_timer_t *timer;            /* NULL: not needed yet */

  /* the playlist */
  GQueue items;                 /* to be played after this */
  guint item;                   /* how many were played before it */
  gboolean follows;             /* on others: its client has had its answer */
  gint64 join_at;               /* of them, where time on the wire goes on */
  gboolean will_seek;           /* in the one that is looked for */
  GstRtmpCommand seek;          /* its numbers only */

  /* the item */
  DvrRtmpPlayerState state;
  GstRtmpPlay play;
  gchar *name;                  /* of the stream that was asked for first */
  gchar *query;                 /* behind it, or NULL */
  DvrStream *stream;            /* NULL: there is none yet */
  gint64 asked;                 /* monotonic time */
  gint64 began;                 /* likewise */
  gint64 origin;                /* stream time of position 0 */
  gboolean live;
  gint64 least_lag;             /* behind live since it joined, milliseconds */
  gboolean snapshot;            /* one keyframe, in pause */
  DvrRtmpNews news;

  /* play2 */
  DvrStream *next;              /* once it is known */
  gchar *next_shown;            /* as the client has written it */
  gboolean in_transition;

  /* what holds it up */
  gboolean paused;
  gboolean suspended;           /* by stopTransmit */
  gboolean resting;             /* the client's buffer is full */
  gboolean waiting;             /* for the wait of @wait_serial */
  guint wait_serial;
  guint n_waits;                /* that have not ended, whether they matter */
  guint n_questions;            /* that the application has not answered */
  gboolean has_put_off;         /* a seek, until one of them is */
  GstRtmpCommand put_off;       /* its numbers only */
  guint put_off_item;           /* in which it was sought */
};

/* Whether its client has been answered, and knows what plays. */
static inline gboolean
dvr_rtmp_player_has_begun (const DvrRtmpPlayer * self)
{
  return self->state == DVR_RTMP_PLAYER_PLAYS
      || self->state == DVR_RTMP_PLAYER_PLAYED;
}

typedef struct _DvrRtmpQuestion DvrRtmpQuestion;
typedef void (*DvrRtmpCommandFunc) (DvrRtmpPlayer * self,
    const GstRtmpCommand * command);
typedef void (*DvrRtmpAnsweredFunc) (DvrRtmpPlayer * self,
    const DvrRtmpQuestion * question);

/**
 * DvrRtmpQuestion:
 * @player: who asks
 * @item: what played then
 * @answered: what is done with the answer, in the player's loop
 * @allowed: the answer
 * @command: of a command: its numbers
 * @act: ... and what it does where it is allowed
 * @next: (nullable): of play2: what is to be played
 * @shown: (nullable): ... as the client has written it
 *
 * A question to the application.
 */
struct _DvrRtmpQuestion
{
  DvrRtmpPlayer *player;
  guint item;
  DvrRtmpAnsweredFunc answered;
  gboolean allowed;
  GstRtmpCommand command;
  DvrRtmpCommandFunc act;
  gchar *next;
  gchar *shown;
};

/* dvrrtmpplayer.c: what is sent */
DvrRtmpPlayer * dvr_rtmp_player_ref   (DvrRtmpPlayer * self);
void     dvr_rtmp_player_unref        (DvrRtmpPlayer * self);
void     dvr_rtmp_player_pump         (DvrRtmpPlayer * self);
void     dvr_rtmp_player_wait_for     (DvrRtmpPlayer * self,
                                       DvrRtmpWait * what, gint64 time);
void     dvr_rtmp_player_start_timer  (DvrRtmpPlayer * self, gint64 ms);
void     dvr_rtmp_player_stop_waiting (DvrRtmpPlayer * self);
void     dvr_rtmp_player_stop_resting (DvrRtmpPlayer * self);
void     dvr_rtmp_player_wait_for_next (DvrRtmpPlayer * self,
                                        DvrRtmpWait * what, gint64 time);
void     dvr_rtmp_player_go_live      (DvrRtmpPlayer * self, gint64 enter);
gint64   dvr_rtmp_player_go_to        (DvrRtmpPlayer * self,
                                       gint64 position);

/* dvrrtmpplayeritem.c: what is asked for */
void     dvr_rtmp_player_ask_to_play  (DvrRtmpPlayer * self);
gboolean dvr_rtmp_player_begin        (DvrRtmpPlayer * self);
gboolean dvr_rtmp_player_play_next    (DvrRtmpPlayer * self);
gboolean dvr_rtmp_player_queue        (DvrRtmpPlayer * self,
                                       const DvrRtmpAsk * ask,
                                       DvrRtmpRefusal * refusal);
gboolean dvr_rtmp_player_swap         (DvrRtmpPlayer * self,
                                       const gchar * old,
                                       const DvrRtmpAsk * ask,
                                       DvrRtmpRefusal * refusal);
gdouble  dvr_rtmp_player_get_duration (DvrRtmpPlayer * self);
void     dvr_rtmp_player_forget_items (DvrRtmpPlayer * self);

/* dvrrtmpplayerask.c: what is said of it, and asked about it */
const gchar * dvr_rtmp_player_get_name (DvrRtmpPlayer * self);
gint64   dvr_rtmp_player_get_position (DvrRtmpPlayer * self);
void     dvr_rtmp_player_log          (DvrRtmpPlayer * self,
                                       const gchar * name, gint64 position);
DvrRtmpQuestion *
         dvr_rtmp_player_new_question (DvrRtmpPlayer * self,
                                       DvrRtmpAnsweredFunc answered);
void     dvr_rtmp_player_ask          (DvrRtmpQuestion * question,
                                       const gchar * kind,
                                       const gchar * stream,
                                       const gchar * query);

/* dvrrtmpplayercommands.c: what it says */
void     dvr_rtmp_player_set_buffer   (DvrRtmpPlayer * self, guint32 ms);
void     dvr_rtmp_player_seek_at_last (DvrRtmpPlayer * self);
void     dvr_rtmp_player_seek_after_all (DvrRtmpPlayer * self);
void     dvr_rtmp_player_fail_seek    (DvrRtmpPlayer * self);
void     dvr_rtmp_player_event        (DvrRtmpRole * role,
                                       const GstRtmpServerEvent * event);

/* dvrrtmpplayerswitch.c: play2 */
void     dvr_rtmp_player_play2        (DvrRtmpPlayer * self,
                                       const GstRtmpCommand * command);
void     dvr_rtmp_player_switch_stream (DvrRtmpPlayer * self);

G_END_DECLS
