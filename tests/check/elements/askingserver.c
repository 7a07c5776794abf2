/* askingserver.c: a dvrserversink of one stream, and the application it asks
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/check/gstcheck.h>

#include "askingserver.h"

static gboolean
answer (GstPad * pad, GstObject * parent, GstQuery * query)
{
  AskingServer *f = gst_pad_get_element_private (pad);
  GstDvrRequest *request = gst_query_get_dvr_request (query);

  if (!request)
    return gst_pad_query_default (pad, parent, query);
  if (f->known && !g_str_equal (gst_dvr_request_get_stream (request), f->known))
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
  else if (gst_dvr_request_get_kind (request) == GST_DVR_REQUEST_TIMELINE)
    gst_dvr_request_answer_timeline (request, f->timeline);
  else if (f->segment)
    gst_dvr_request_answer_segment (request, f->segment, GST_DVR_HOW_HIT);
  else
    gst_dvr_request_refuse (request, GST_DVR_ANSWER_NOT_FOUND);
  return TRUE;
}

static gint
authorize (GstElement * sink, const gchar * kind, GstStructure * client,
    gpointer user_data)
{
  AskingServer *f = user_data;

  if (!g_str_equal (kind, f->kind) || (f->stream
          && !g_str_equal (gst_structure_get_string (client, "stream"),
              f->stream)))
    return ALLOW;
  g_mutex_lock (&f->lock);
  f->n_asked++;
  gst_structure_get_uint64 (client, "id", &f->id);
  g_clear_pointer (&f->client, gst_structure_free);
  f->client = gst_structure_copy (client);
  g_cond_broadcast (&f->wake);
  g_mutex_unlock (&f->lock);
  return f->answer;
}

static void
link_upstream (AskingServer * f)
{
  gchar *names[] = { (gchar *) "*", NULL };

  f->src = gst_pad_new ("src", GST_PAD_SRC);
  gst_pad_set_element_private (f->src, f);
  gst_pad_set_query_function (f->src, answer);
  f->pad = gst_element_request_pad_simple (f->sink, "sink_%u");
  fail_unless_equals_int (gst_pad_link (f->src, f->pad), GST_PAD_LINK_OK);
  gst_pad_set_active (f->src, TRUE);
  gst_pad_push_event (f->src, gst_event_new_stream_start ("test"));
  gst_pad_push_event (f->src, gst_dvr_event_new_names (names));
}

/* @kind: (nullable): nobody is asked
 * @first: the first of its properties, with values, and %NULL behind them; it
 *   serves nowhere else */
void
asking_server_start (AskingServer * f, const gchar * kind, gint answers,
    const gchar * first, ...)
{
  va_list args;

  memset (f, 0, sizeof (*f));
  g_mutex_init (&f->lock);
  g_cond_init (&f->wake);
  f->kind = kind;
  f->answer = answers;
  f->timeline = gst_dvr_timeline_new ("live/cam1");
  gst_dvr_timeline_set_state (f->timeline, GST_DVR_TIMELINE_OPEN, 0);
  f->sink = gst_check_setup_element ("dvrserversink");
  g_object_set (f->sink, "http-port", -1, NULL);
  va_start (args, first);
  g_object_set_valist (G_OBJECT (f->sink), first, args);
  va_end (args);
  if (kind)
    g_signal_connect (f->sink, "authorize", G_CALLBACK (authorize), f);
  fail_unless_equals_int (gst_element_set_state (f->sink, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
  g_object_get (f->sink, "current-http-port", &f->http_port,
      "current-rtmp-port", &f->rtmp_port, NULL);
  link_upstream (f);
}

/* Its pad may have been released before. */
void
asking_server_stop (AskingServer * f)
{
  gst_element_set_state (f->sink, GST_STATE_NULL);
  gst_pad_set_active (f->src, FALSE);
  if (gst_pad_is_linked (f->src))
    gst_element_release_request_pad (f->sink, f->pad);
  gst_object_unref (f->pad);
  gst_object_unref (f->src);
  gst_check_teardown_element (f->sink);
  gst_dvr_timeline_unref (f->timeline);
  g_clear_pointer (&f->segment, gst_dvr_segment_unref);
  g_clear_pointer (&f->client, gst_structure_free);
  g_cond_clear (&f->wake);
  g_mutex_clear (&f->lock);
}

/* Returns: how often the application was asked so far */
guint
asking_server_count (AskingServer * f)
{
  guint n;

  g_mutex_lock (&f->lock);
  n = f->n_asked;
  g_mutex_unlock (&f->lock);
  return n;
}

/* What the application was last told of the client. */
void
asking_server_check_told (AskingServer * f, const gchar * field,
    const gchar * value)
{
  fail_unless_equals_string (gst_structure_get_string (f->client, field),
      value);
}

/* Returns: the id of the @n-th question */
guint64
asking_server_wait_asked (AskingServer * f, guint n)
{
  guint64 id;

  g_mutex_lock (&f->lock);
  while (f->n_asked < n)
    g_cond_wait (&f->wake, &f->lock);
  id = f->id;
  g_mutex_unlock (&f->lock);
  return id;
}

/* Returns: whether that question was open */
gboolean
asking_server_decide (AskingServer * f, guint64 id, gboolean allow)
{
  gboolean done = FALSE;

  g_signal_emit_by_name (f->sink, "authorize-done", id, allow, &done);
  return done;
}
