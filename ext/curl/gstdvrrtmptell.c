/* gstdvrrtmptell.c: what players tell of themselves, for an RTMP server
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One connection to a server is for all players here. Each seek in a player's
 * own buffer is told. But the server is stopped only where nobody wants more:
 * all players that tell of themselves have enough, nobody else has asked for
 * anything lately, and what is played is a recording, which waits. It is never
 * stopped for long: somebody may wait for it who cannot say so.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrrtmptell.h"

#define MAX_SESSIONS 64
#define MAX_SEEKS 16
/* Who says nothing for so long is gone; who asks for something watches for so
 * long. */
#define PRESENCE (30 * G_TIME_SPAN_SECOND)
/* The longest stop. */
#define MAX_STOP (60 * G_TIME_SPAN_SECOND)

typedef struct
{
  gchar id[GST_DVR_SESSION_MAX + 1];
  gint64 heard_at;
  gboolean full;
} Session;

struct _GstDvrRtmpTell
{
  GMutex lock;                  /* protects all below */
  GArray *sessions;             /* Session */
  GArray *seeks;                /* GstClockTime, oldest first */
  gint64 viewer_at;             /* when somebody who does not tell asked */
  GstClockTime position;        /* of the last report */
  GstClockTime beyond;          /* where somebody wants to go; 0: nowhere */
  gboolean stopped;             /* the server has been told to */
  gint64 stopped_at;
  gboolean worn;                /* it was stopped for long enough */
};

GstDvrRtmpTell *
gst_dvr_rtmp_tell_new (void)
{
  GstDvrRtmpTell *self = g_new0 (GstDvrRtmpTell, 1);

  g_mutex_init (&self->lock);
  self->sessions = g_array_new (FALSE, TRUE, sizeof (Session));
  self->seeks = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  self->viewer_at = -PRESENCE;
  self->position = GST_CLOCK_TIME_NONE;
  return self;
}

void
gst_dvr_rtmp_tell_free (GstDvrRtmpTell * self)
{
  g_array_unref (self->sessions);
  g_array_unref (self->seeks);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Returns: (nullable): the session; %NULL where there are too many */
static Session *
find_locked (GstDvrRtmpTell * self, const gchar * id, gint64 now)
{
  Session session = {.heard_at = now };
  guint i;

  for (i = 0; i < self->sessions->len; i++) {
    Session *known = &g_array_index (self->sessions, Session, i);

    if (g_str_equal (known->id, id))
      return known;
  }
  if (self->sessions->len >= MAX_SESSIONS)
    return NULL;
  g_strlcpy (session.id, id, sizeof (session.id));
  g_array_append_val (self->sessions, session);
  return &g_array_index (self->sessions, Session, self->sessions->len - 1);
}

/**
 * gst_dvr_rtmp_tell_report:
 * @self: what is to be told
 * @report: a player's
 * @now: monotonic time, microseconds
 *
 * One player too many counts as one who does not tell of himself. Of too many
 * seeks the newest are kept.
 */
void
gst_dvr_rtmp_tell_report (GstDvrRtmpTell * self, const GstDvrReport * report,
    gint64 now)
{
  Session *session;

  g_mutex_lock (&self->lock);
  session = find_locked (self, report->session, now);
  if (session == NULL)
    self->viewer_at = now;
  else
    session->heard_at = now;
  self->position = report->position;
  switch (report->kind) {
    case GST_DVR_REPORT_CLIENT_SEEK:
      if (!GST_CLOCK_TIME_IS_VALID (report->position))
        break;
      if (self->seeks->len >= MAX_SEEKS)
        g_array_remove_index (self->seeks, 0);
      g_array_append_val (self->seeks, report->position);
      break;
    case GST_DVR_REPORT_START_TRANSMIT:
      if (session)
        session->full = FALSE;
      self->worn = FALSE;
      break;
    case GST_DVR_REPORT_STOP_TRANSMIT:
      if (session)
        session->full = TRUE;
      break;
    default:
      break;
  }
  g_mutex_unlock (&self->lock);
}

/* Whether nobody else watches, as far as that is known. */
static gboolean
is_alone_locked (GstDvrRtmpTell * self, const gchar * session, gint64 now)
{
  guint i;

  for (i = 0; i < self->sessions->len; i++) {
    Session *other = &g_array_index (self->sessions, Session, i);

    if (now - other->heard_at <= PRESENCE && !g_str_equal (other->id, session))
      return FALSE;
  }
  return now - self->viewer_at > PRESENCE;
}

/**
 * gst_dvr_rtmp_tell_beyond:
 * @self: what is to be told
 * @session: of the player
 * @time: stream time it wants to go on from
 * @now: monotonic time, microseconds
 *
 * The server can be at one place only, for all: where others watch, too, it
 * stays where it is.
 */
void
gst_dvr_rtmp_tell_beyond (GstDvrRtmpTell * self, const gchar * session,
    GstClockTime time, gint64 now)
{
  Session *known;

  g_mutex_lock (&self->lock);
  if (is_alone_locked (self, session, now)) {
    self->beyond = time;
    known = find_locked (self, session, now);
    if (known)
      known->full = FALSE;
  }
  g_mutex_unlock (&self->lock);
}

/* Returns: stream time to ask the server to go on from; 0: none */
GstClockTime
gst_dvr_rtmp_tell_take_beyond (GstDvrRtmpTell * self)
{
  GstClockTime time;

  g_mutex_lock (&self->lock);
  time = self->beyond;
  self->beyond = 0;
  g_mutex_unlock (&self->lock);
  return time;
}

/* Somebody who does not tell of himself has asked for something. */
void
gst_dvr_rtmp_tell_viewer (GstDvrRtmpTell * self, gint64 now)
{
  g_mutex_lock (&self->lock);
  self->viewer_at = now;
  g_mutex_unlock (&self->lock);
}

/* Whether all who are there have enough. */
static gboolean
are_full_locked (GstDvrRtmpTell * self, gint64 now)
{
  guint i;

  for (i = 0; i < self->sessions->len;) {
    Session *session = &g_array_index (self->sessions, Session, i);

    if (now - session->heard_at > PRESENCE) {
      g_array_remove_index_fast (self->sessions, i);
      continue;
    }
    if (!session->full)
      return FALSE;
    i++;
  }
  return self->sessions->len > 0 && now - self->viewer_at > PRESENCE;
}

static gboolean
take_transmit_locked (GstDvrRtmpTell * self, gboolean recorded, gint64 now,
    GstDvrReportKind * kind)
{
  gboolean stop = recorded && are_full_locked (self, now);

  if (self->stopped && now - self->stopped_at > MAX_STOP)
    self->worn = TRUE;
  stop = stop && !self->worn;
  if (stop == self->stopped)
    return FALSE;
  self->stopped = stop;
  self->stopped_at = now;
  *kind = stop ? GST_DVR_REPORT_STOP_TRANSMIT : GST_DVR_REPORT_START_TRANSMIT;
  return TRUE;
}

/**
 * gst_dvr_rtmp_tell_take:
 * @self: what is to be told
 * @recorded: whether a recording is played
 * @now: monotonic time, microseconds
 * @kind: (out): which command
 * @position: (out): stream time it is about; GST_CLOCK_TIME_NONE: not known
 *
 * Returns: whether there is something to tell the server now
 */
gboolean
gst_dvr_rtmp_tell_take (GstDvrRtmpTell * self, gboolean recorded, gint64 now,
    GstDvrReportKind * kind, GstClockTime * position)
{
  gboolean found;

  g_mutex_lock (&self->lock);
  found = self->seeks->len > 0;
  if (found) {
    *kind = GST_DVR_REPORT_CLIENT_SEEK;
    *position = g_array_index (self->seeks, GstClockTime, 0);
    g_array_remove_index (self->seeks, 0);
  } else {
    found = take_transmit_locked (self, recorded, now, kind);
    *position = self->position;
  }
  g_mutex_unlock (&self->lock);
  return found;
}

/* Returns: whether the server sends nothing because it was told so */
gboolean
gst_dvr_rtmp_tell_is_stopped (GstDvrRtmpTell * self)
{
  gboolean stopped;

  g_mutex_lock (&self->lock);
  stopped = self->stopped;
  g_mutex_unlock (&self->lock);
  return stopped;
}

/* Another connection: it has been told nothing. */
void
gst_dvr_rtmp_tell_reset (GstDvrRtmpTell * self)
{
  g_mutex_lock (&self->lock);
  self->stopped = FALSE;
  self->beyond = 0;
  g_array_set_size (self->seeks, 0);
  g_mutex_unlock (&self->lock);
}
