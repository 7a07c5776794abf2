/* gstdvrrtmppulltell.c: what an RTMP server is told and asked for players
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "flv/flvparser.h"

#include "gstdvrproxydebug.h"
#include "gstdvrrtmppull-private.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* The reach is told anew where it differs by more: it is as near as the newest
 * part is. */
#define REACH_STEP GST_SECOND
/* More is not left out at a time: the gap is a list of its own. */
#define MAX_SKIP (24 * 3600 * (gint64) 1000)

static GstClockTime
get_end (GstDvrRtmpPull * self)
{
  GstDvrRecorderStats stats;

  if (self->recorder == NULL)
    return GST_CLOCK_TIME_NONE;
  gst_dvr_recorder_get_stats (self->recorder, &stats);

  return stats.end;
}

/* The server's time of a stream time, in milliseconds and near enough: counted
 * from the newest of both. */
static guint64
get_server_time (GstDvrRtmpPull * self, GstClockTime time)
{
  GstClockTime end = get_end (self);
  gint64 distance = 0;

  if (GST_CLOCK_TIME_IS_VALID (time) && GST_CLOCK_TIME_IS_VALID (end))
    distance = GST_CLOCK_DIFF (end, time) / GST_MSECOND;

  return MAX (self->position + distance, 0);
}

/* -- going to where nothing is yet -- */

void
gst_dvr_rtmp_pull_set_reach (GstDvrRtmpPull * self, GstClockTime reach)
{
  if (reach && ABS (GST_CLOCK_DIFF (self->reach, reach)) < REACH_STEP)
    return;
  self->reach = reach;
  g_mutex_lock (&self->lock);
  if (self->reader)
    gst_dvr_timeline_set_reach (gst_dvr_store_reader_get_timeline
        (self->reader), reach);
  g_mutex_unlock (&self->lock);
}

/* How far the server's recording goes. */
static void
look_ahead (GstDvrRtmpPull * self)
{
  gint64 length = gst_dvr_rtmp_play_get_length (self->play);
  GstClockTime end = get_end (self);

  if (self->unmoved || !gst_dvr_rtmp_play_is_recorded (self->play)
      || !GST_CLOCK_TIME_IS_VALID (end) || end == 0
      || length <= self->position + 1000)
    gst_dvr_rtmp_pull_set_reach (self, 0);
  else
    gst_dvr_rtmp_pull_set_reach (self,
        end + (length - self->position) * GST_MSECOND);
}

static void
seek (GstDvrRtmpPull * self)
{
  GstClockTime time = gst_dvr_rtmp_tell_take_beyond (self->tell);

  if (time && time > get_end (self) && time <= self->reach)
    gst_dvr_rtmp_play_seek (self->play, get_server_time (self, time));
}

/* Codec configurations have no time of their own, whatever they say. FLV 10.1
 * sections E.4.2.1 and E.4.3.1; Enhanced RTMP: packet type SequenceStart. */
static gboolean
is_configuration (guint8 type, GstBuffer * body)
{
  guint8 head[2];

  if (gst_buffer_extract (body, 0, head, 2) < 2)
    return TRUE;
  if (type == GST_FLV_TAG_AUDIO)
    return (head[0] >> 4 == 10 && head[1] == 0) || head[0] == 0x90;
  if (head[0] & 0x80)
    return (head[0] & 0x0f) == 0;

  return ((head[0] & 0x0f) == 7 || (head[0] & 0x0f) == 12) && head[1] == 0;
}

static void
set_unmoved (GstDvrRtmpPull * self)
{
  self->unmoved = TRUE;
  gst_dvr_rtmp_pull_set_reach (self, 0);
}

/* What comes is from elsewhere. Some servers begin anew where they cannot seek:
 * then what was here before is left out, and the stream goes on as it was. */
static gboolean
leave_out (GstDvrRtmpPull * self, gint64 timestamp)
{
  gint64 distance = timestamp - self->position;

  self->sought = FALSE;
  GST_DEBUG ("%s: from %" G_GINT64_FORMAT " ms to %" G_GINT64_FORMAT " ms",
      self->local, self->position, timestamp);
  if (distance < 0) {
    self->known = self->position;
    set_unmoved (self);
    return TRUE;
  }
  if (distance > MAX_SKIP)
    distance = 0;

  return gst_dvr_recorder_skip (self->recorder, distance * GST_MSECOND,
      &self->error);
}

/**
 * gst_dvr_rtmp_pull_place:
 * @self: the stream
 * @type: of the tag
 * @timestamp: the server's, milliseconds
 * @body: the tag's body
 *
 * Notes where the server is. After a seek, what it left out is left out here.
 *
 * Returns: whether the tag is to be recorded
 */
gboolean
gst_dvr_rtmp_pull_place (GstDvrRtmpPull * self, guint8 type, gint64 timestamp,
    GstBuffer * body)
{
  if (type == GST_FLV_TAG_SCRIPT || is_configuration (type, body))
    return TRUE;
  if (self->sought && !leave_out (self, timestamp))
    return FALSE;
  if (timestamp <= self->known) {
    self->last_media = g_get_monotonic_time ();
    return FALSE;
  }
  self->known = G_MININT64;
  self->position = timestamp;

  return TRUE;
}

void
gst_dvr_rtmp_pull_sought (gpointer user_data, gboolean done)
{
  GstDvrRtmpPull *self = user_data;

  self->sought = done;
  if (!done)
    set_unmoved (self);
}

/* -- what players do by themselves -- */

void
gst_dvr_rtmp_pull_unwelcome (gpointer user_data)
{
  GstDvrRtmpPull *self = user_data;

  g_mutex_lock (&self->lock);
  if (self->reader)
    gst_dvr_timeline_set_smart_seek (gst_dvr_store_reader_get_timeline
        (self->reader), FALSE);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_rtmp_pull_tell_server:
 * @self: the stream; from within the connection's `tick`
 *
 * Tells and asks what has gathered.
 */
void
gst_dvr_rtmp_pull_tell_server (GstDvrRtmpPull * self)
{
  GstDvrReportKind kind;
  GstClockTime position;

  look_ahead (self);
  while (gst_dvr_rtmp_tell_take (self->tell,
          gst_dvr_rtmp_play_is_recorded (self->play), g_get_monotonic_time (),
          &kind, &position)) {
    if (kind == GST_DVR_REPORT_START_TRANSMIT)
      self->last_media = g_get_monotonic_time ();
    if (!gst_dvr_rtmp_play_command (self->play, kind, get_server_time (self,
                position)))
      gst_dvr_rtmp_tell_reset (self->tell);
  }
  seek (self);
}

/**
 * gst_dvr_rtmp_pull_report:
 * @self: the stream
 * @event: a report, or a wish
 *
 * From any thread. A player tells what it does by itself, or what it wants: the
 * server hears of it soon.
 */
void
gst_dvr_rtmp_pull_report (GstDvrRtmpPull * self, GstEvent * event)
{
  const gchar *stream, *session;
  GstDvrReport report;
  GstClockTime time;

  if (gst_dvr_event_parse_report (event, &report)) {
    gst_dvr_rtmp_tell_report (self->tell, &report, g_get_monotonic_time ());
    if (report.kind != GST_DVR_REPORT_STATE)
      gst_dvr_rtmp_play_wake (self->play);
  } else if (gst_dvr_event_parse_beyond (event, &stream, &session, &time)) {
    gst_dvr_rtmp_tell_beyond (self->tell, session, time,
        g_get_monotonic_time ());
    gst_dvr_rtmp_play_wake (self->play);
  }
}
