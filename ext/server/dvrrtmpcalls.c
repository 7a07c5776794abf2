/* dvrrtmpcalls.c: what clients over RTMP want to know of a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * getStreamLength and DVRCast's DVRGetStreamInfo. What a stream is, is told to
 * who may play it. A stream that nobody has asked for yet is not known at
 * once: the answer waits, as play does, and the client goes on meanwhile.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrrtmpcalls.h"
#include "dvrrtmpclient.h"

typedef struct
{
  DvrWaiter waiter;
  DvrServer *server;
  DvrRtmpWeak *weak;
  GstRtmpServerEventType type;
  GstRtmpCommand command;       /* its numbers */
  gchar *stream;
  gint64 deadline;
  gboolean allowed;
} Call;

static void
call_free (Call * call)
{
  DvrRtmpConnection *connection = dvr_rtmp_weak_get (call->weak);

  if (connection)
    dvr_rtmp_connection_end_call (connection);
  dvr_server_unref (call->server);
  dvr_rtmp_weak_unref (call->weak);
  g_free (call->stream);
  g_free (call);
}

/* -- answering -- */

static void
send_dvr_info (GstRtmpServerSession * session, const gchar * name,
    const GstRtmpCommand * command, const GstDvrTimelineInfo * timeline)
{
  GstRtmpDvrInfo info = {.stream_name = name };

  info.available = timeline != NULL;
  if (timeline) {
    info.recording = timeline->state == GST_DVR_TIMELINE_OPEN;
    info.current_length =
        (timeline->end - timeline->start) / (gdouble) GST_SECOND;
    info.call_time = info.last_update = g_get_real_time () / 1000;
    info.start = info.call_time - info.current_length * 1000;
    if (!info.recording)
      info.stop = info.call_time;
  }
  gst_rtmp_server_session_send_dvr_info (session, command, &info);
}

/* @timeline: (nullable): what the stream is, if it is one */
static void
answer (DvrRtmpConnection * connection, GstRtmpServerEventType type,
    const gchar * name, const GstRtmpCommand * command,
    const GstDvrTimelineInfo * timeline)
{
  GstRtmpServerSession *session = dvr_rtmp_connection_get_session (connection);

  if (type == GST_RTMP_SERVER_DVR_GET_INFO)
    send_dvr_info (session, name, command, timeline);
  else
    gst_rtmp_server_session_send_result (session, command,
        gst_amf_new_number (timeline ? (timeline->end -
                timeline->start) / (gdouble) GST_SECOND : 0));
  dvr_rtmp_connection_flush (connection);
}

/* -- finding out -- */

/* What is known of a stream just now; @changes is for waiting for more. Another
 * branch is asked where one has failed. Returns: whether it is there */
static gboolean
get_info (DvrServer * server, const gchar * name, GstDvrTimelineInfo * info,
    DvrWaitList ** changes, guint * serial)
{
  DvrStream *stream;

  *changes = NULL;
  if (dvr_streams_get (server->streams, name, NULL, &stream) !=
      GST_DVR_ANSWER_OK)
    return FALSE;
  *serial = dvr_wait_list_get_serial (stream->changes);
  gst_dvr_timeline_get_info (stream->timeline, info);
  if (info->state == GST_DVR_TIMELINE_PENDING)
    *changes = dvr_wait_list_ref (stream->changes);
  dvr_stream_unref (stream);
  return info->state == GST_DVR_TIMELINE_OPEN
      || info->state == GST_DVR_TIMELINE_ENDED;
}

static void go_on (gpointer data);

static void
wake (DvrWaiter * waiter)
{
  Call *call = (Call *) waiter;

  dvr_rtmp_weak_post (call->weak, go_on, call);
}

/* In the connection's loop, whenever something may have changed. */
static void
go_on (gpointer data)
{
  Call *call = data;
  DvrRtmpConnection *connection = dvr_rtmp_weak_get (call->weak);
  GstDvrTimelineInfo info;
  DvrWaitList *changes = NULL;
  gboolean there;
  guint serial;

  if (!connection) {
    call_free (call);
    return;
  }
  there = call->allowed && !dvr_get (call->server->closing)
      && get_info (call->server, call->stream, &info, &changes, &serial);
  if (changes && g_get_monotonic_time () < call->deadline) {
    call->waiter.wake = wake;
    call->waiter.want = DVR_WANT_CHANGE;
    call->waiter.a = info.version;
    dvr_wait_list_wait (changes, &call->waiter, serial, call->deadline);
  } else {
    answer (connection, call->type, call->stream, &call->command,
        there ? &info : NULL);
    call_free (call);
  }
  g_clear_pointer (&changes, dvr_wait_list_unref);
}

/* Begins one that cannot be answered at once. Returns: (nullable): it, unless
 * too many wait already */
static Call *
begin_call (DvrServer * server, DvrRtmpConnection * connection,
    const gchar * stream, const GstRtmpServerEvent * event)
{
  Call *call;

  if (!dvr_rtmp_connection_begin_call (connection))
    return NULL;
  call = g_new0 (Call, 1);
  call->server = dvr_server_ref (server);
  call->weak = dvr_rtmp_connection_get_weak (connection);
  call->type = event->type;
  call->command = gst_rtmp_command_get_numbers (event->command);
  call->stream = g_strdup (stream);
  call->deadline = g_get_monotonic_time () + DVR_RTMP_PENDING_TIME;
  return call;
}

/* -- whether it may know -- */

static void
on_answer (gboolean allowed, gpointer user_data)
{
  Call *call = user_data;

  call->allowed = allowed;
  dvr_rtmp_weak_post (call->weak, go_on, call);
}

/* What the application has said of this client, or must be asked. */
static DvrAdmission
look (DvrServer * server, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, gchar ** key)
{
  const gchar *address = dvr_rtmp_connection_get_address (connection, NULL);

  *key = NULL;
  if (!dvr_authorizer_is_needed (server->authorizer))
    return DVR_ADMISSION_YES;
  *key = dvr_admissions_make_key (address, ask->query, ask->stream);
  return dvr_admissions_look (server->admissions, *key,
      g_get_monotonic_time ());
}

static gboolean
has_token (DvrServer * server, const DvrRtmpAsk * ask)
{
  DvrRtmpRefusal refusal;

  return ask->stream && dvr_rtmp_client_may_play (server, ask, &refusal);
}

/* Returns: whether it is answered, now or later */
static gboolean
answer_allowed (DvrServer * server, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, const GstRtmpServerEvent * event)
{
  DvrWaitList *changes = NULL;
  GstDvrTimelineInfo info;
  Call *call = NULL;
  gboolean there;
  guint serial;

  there = get_info (server, ask->stream, &info, &changes, &serial);
  if (changes)
    call = begin_call (server, connection, ask->stream, event);
  g_clear_pointer (&changes, dvr_wait_list_unref);
  if (call) {
    call->allowed = TRUE;
    go_on (call);
    return TRUE;
  }
  if (!there && event->type != GST_RTMP_SERVER_DVR_GET_INFO)
    return FALSE;
  answer (connection, event->type, ask->stream, event->command,
      there ? &info : NULL);
  return TRUE;
}

/**
 * dvr_rtmp_answer_call:
 * @server: the server
 * @connection: who wants to know
 * @ask: of which stream
 * @event: what
 *
 * Who may not play the stream is told what is told of one that is not there.
 * The application is asked about a client and a stream once for a while, as it
 * is over HTTP: many players want to know the length before they play.
 *
 * Returns: whether it is answered, now or later; FALSE where another service
 *   may know better
 */
gboolean
dvr_rtmp_answer_call (DvrServer * server, DvrRtmpConnection * connection,
    const DvrRtmpAsk * ask, const GstRtmpServerEvent * event)
{
  DvrAdmission admission = DVR_ADMISSION_NO;
  gchar *key = NULL;
  Call *call = NULL;
  gboolean answered;

  if (event->type != GST_RTMP_SERVER_DVR_GET_INFO
      && event->type != GST_RTMP_SERVER_STREAM_LENGTH)
    return FALSE;
  if (has_token (server, ask))
    admission = look (server, connection, ask, &key);
  if (admission == DVR_ADMISSION_UNKNOWN)
    call = begin_call (server, connection, ask->stream, event);
  if (call) {
    dvr_admissions_ask (server->admissions, key,
        dvr_rtmp_client_describe (connection, ask->stream, ask->query, -1),
        on_answer, call);
    answered = TRUE;
  } else if (admission == DVR_ADMISSION_YES || admission == DVR_ADMISSION_OLD) {
    answered = answer_allowed (server, connection, ask, event);
  } else {
    answered = event->type == GST_RTMP_SERVER_DVR_GET_INFO;
    if (answered)
      answer (connection, event->type, "", event->command, NULL);
  }
  g_free (key);
  return answered;
}
