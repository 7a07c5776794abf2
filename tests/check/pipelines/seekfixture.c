/* seekfixture.c: a pipeline that plays numbered pictures, and what it shows
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "checkutil.h"
#include "seekfixture.h"

static GstPadProbeReturn
see (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (GST_EVENT_TYPE (info->data) == GST_EVENT_FLUSH_STOP)
    seeker_forget (user_data);
  return GST_PAD_PROBE_OK;
}

static void
get_times (GstPad * pad, GstBuffer * buffer, SeekerShown * shown)
{
  GstEvent *event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  shown->time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));
  shown->running = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));
  gst_event_unref (event);
}

static void
show (GstElement * sink, GstBuffer * buffer, GstPad * pad, Seeker * s)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  SeekerShown shown = { numbered_read_buffer (buffer, caps), -1, -1 };

  get_times (pad, buffer, &shown);
  gst_caps_unref (caps);
  g_mutex_lock (&s->lock);
  /* a frame that is prerolled is shown again when it is rendered */
  if (s->shown->len == 0 || g_array_index (s->shown, SeekerShown,
          s->shown->len - 1).number != shown.number)
    g_array_append_val (s->shown, shown);
  g_cond_broadcast (&s->wake);
  g_mutex_unlock (&s->lock);
}

void
seeker_settle (Seeker * s, GstState state)
{
  gst_element_set_state (s->pipeline, state);
  fail_unless_equals_int (gst_element_get_state (s->pipeline, NULL, NULL,
          SEEKER_TIMEOUT), GST_STATE_CHANGE_SUCCESS);
}

/* Plays live/cam1 of @location by a segmentcache with @properties; pauses. */
void
seeker_open (Seeker * s, const gchar * location, const gchar * properties)
{
  GstPad *pad;

  memset (s, 0, sizeof (*s));
  g_mutex_init (&s->lock);
  g_cond_init (&s->wake);
  s->shown = g_array_new (FALSE, FALSE, sizeof (SeekerShown));
  s->pipeline = check_launch ("proxystreamsrc location=%s "
      "remote-name=live/cam1 ! segmentcache name=cache %s ! qtdemux name=d "
      "queue name=vq ! h264parse ! avdec_h264 ! fakesink name=v sync=true "
      "signal-handoffs=true queue name=aq ! aacparse ! avdec_aac "
      "! fakesink name=a sync=true", location, properties);
  check_link_demuxed (s->pipeline);
  s->cache = gst_bin_get_by_name (GST_BIN (s->pipeline), "cache");
  s->sink = gst_bin_get_by_name (GST_BIN (s->pipeline), "v");
  g_signal_connect (s->sink, "handoff", G_CALLBACK (show), s);
  g_signal_connect (s->sink, "preroll-handoff", G_CALLBACK (show), s);
  pad = gst_element_get_static_pad (s->sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_FLUSH, see, s, NULL);
  gst_object_unref (pad);
  s->bus = gst_element_get_bus (s->pipeline);
  seeker_settle (s, GST_STATE_PAUSED);
}

void
seeker_close (Seeker * s)
{
  gst_element_set_state (s->pipeline, GST_STATE_NULL);
  gst_object_unref (s->cache);
  gst_object_unref (s->sink);
  gst_object_unref (s->bus);
  gst_object_unref (s->pipeline);
  g_array_unref (s->shown);
  g_cond_clear (&s->wake);
  g_mutex_clear (&s->lock);
}

/* Where the window ends. */
gint64
seeker_get_end (Seeker * s)
{
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_TIME);
  gint64 end;

  fail_unless (gst_element_query (s->pipeline, query));
  gst_query_parse_seeking (query, NULL, NULL, NULL, &end);
  gst_query_unref (query);
  return end;
}

void
seeker_wait_for_end (Seeker * s, gint64 end)
{
  fail_unless_soon (seeker_get_end (s) >= end);
}

void
seeker_forget (Seeker * s)
{
  g_mutex_lock (&s->lock);
  g_array_set_size (s->shown, 0);
  g_mutex_unlock (&s->lock);
}

/* Until the sound's sink, too, has got its SEGMENT. A rate that counts at once
 * overtakes that, and a sink without one (GStreamer 1.22) does not expect it. */
void
seeker_wait_sound (Seeker * s)
{
  GstElement *sink = gst_bin_get_by_name (GST_BIN (s->pipeline), "a");
  GstPad *pad = gst_element_get_static_pad (sink, "sink");
  GstEvent *event;

  fail_unless_soon ((event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT,
              0)));
  gst_event_unref (event);
  gst_object_unref (pad);
  gst_object_unref (sink);
}

guint
seeker_count (Seeker * s)
{
  guint n;

  g_mutex_lock (&s->lock);
  n = s->shown->len;
  g_mutex_unlock (&s->lock);
  return n;
}

/* The n-th picture shown since the last flush; waits for it. */
SeekerShown
seeker_get (Seeker * s, guint n)
{
  gint64 end = g_get_monotonic_time () + SEEKER_TIMEOUT / GST_USECOND;
  SeekerShown shown;

  g_mutex_lock (&s->lock);
  while (s->shown->len <= n)
    if (!g_cond_wait_until (&s->wake, &s->lock, end))
      break;
  fail_unless (s->shown->len > n, "only %u pictures came", s->shown->len);
  shown = g_array_index (s->shown, SeekerShown, n);
  g_mutex_unlock (&s->lock);
  return shown;
}

gint64
seeker_get_shown (Seeker * s, guint n)
{
  return seeker_get (s, n).number;
}

/* @n frames since the last flush, from @from by @by. */
void
seeker_expect_run (Seeker * s, gint64 from, gint by, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    fail_unless_equals_int64 (seeker_get_shown (s, i), from + by * (gint) i);
}

void
seeker_seek (Seeker * s, gdouble rate, GstSeekFlags flags, gint64 start,
    gint64 stop)
{
  fail_unless (gst_element_seek (s->pipeline, rate, GST_FORMAT_TIME, flags,
          GST_SEEK_TYPE_SET, start, stop >= 0 ? GST_SEEK_TYPE_SET :
          GST_SEEK_TYPE_NONE, stop), "%f %d %" GST_TIME_FORMAT, rate, flags,
      GST_TIME_ARGS (start));
}

void
seeker_wait_eos (Seeker * s)
{
  GstMessage *message = gst_bus_timed_pop_filtered (s->bus, 2 * SEEKER_TIMEOUT,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  fail_unless (message != NULL);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
}
