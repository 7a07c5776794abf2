/* rtmpproxy.c: a proxystreamsrc before an RTMP server
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include <glib/gstdio.h>

#include "rtmpproxy.h"

void
rtmp_start (Rtmp * r, RtmpStubHandler handler, gpointer data,
    const gchar * path)
{
  g_autofree gchar *location = NULL;

  memset (r, 0, sizeof (*r));
  r->temp = g_dir_make_tmp ("proxystreamsrc-XXXXXX", NULL);
  r->stub = rtmp_stub_new (handler, data);
  location = rtmp_stub_get_location (r->stub, path);
  r->f.element = gst_element_factory_make ("proxystreamsrc", NULL);
  g_object_set (r->f.element, "location", location, "retry-delay",
      20 * GST_MSECOND, "max-retry-delay", 50 * GST_MSECOND, "timeout",
      60 * GST_SECOND, "temp-dir", r->temp, NULL);
  r->bus = fixture_bus (&r->f);
  r->f.harness = gst_harness_new_with_element (r->f.element, NULL, "src");
  gst_harness_set_drop_buffers (r->f.harness, TRUE);
}

void
rtmp_play (Rtmp * r)
{
  gst_harness_play (r->f.harness);
}

void
rtmp_set_backup (Rtmp * r, RtmpStub * stub, const gchar * path)
{
  g_autofree gchar *location = rtmp_stub_get_location (stub, path);
  GValue backups = G_VALUE_INIT, value = G_VALUE_INIT;

  g_value_init (&backups, GST_TYPE_ARRAY);
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, location);
  gst_value_array_append_and_take_value (&backups, &value);
  g_object_set_property (G_OBJECT (r->f.element), "backup-locations", &backups);
  g_value_unset (&backups);
}

/* And nothing is left behind. */
void
rtmp_stop (Rtmp * r)
{
  gst_harness_teardown (r->f.harness);
  gst_element_set_bus (r->f.element, NULL);
  gst_object_unref (r->f.element);
  gst_object_unref (r->bus);
  rtmp_stub_free (r->stub);
  fail_unless (g_rmdir (r->temp) == 0, "something was left in %s", r->temp);
  g_free (r->temp);
}

gboolean
is_open (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_OPEN && info->next > info->first;
}

gboolean
is_failed (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_FAILED;
}

gboolean
is_ended (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_ENDED;
}

GstDvrTimeline *
ask (Rtmp * r, const gchar * stream)
{
  GstDvrAnswer answer;
  GstDvrTimeline *timeline = ask_timeline (&r->f, stream, &answer);

  fail_unless_equals_int (answer, GST_DVR_ANSWER_OK);
  return timeline;
}

/* Fetches, and returns the status with which that ended, 0 when whole. */
guint
fetch (Rtmp * r, GstDvrSegmentKind kind, const gchar * stream,
    const GstDvrEntry * entry, guint64 number)
{
  GstDvrSegmentId id = { kind, stream, entry->recording, number };
  g_autoptr (GstDvrRequest) request = gst_dvr_request_new_segment (&id,
      GST_DVR_PRIORITY_VIEWER);

  gst_dvr_request_send (request, r->f.harness->sinkpad);
  return wait_end (request);
}

/* Ten seconds, and then it stays. */
void
serve_live (RtmpStubClient * c, gpointer data)
{
  if (!rtmp_stub_accept_play (c))
    return;
  rtmp_stub_send_config (c, 320);
  rtmp_stub_send_media (c, 0, 10000);
  rtmp_stub_hear_all (c);
}

gboolean
find_discontinuity (const GstDvrEntry * entry, gpointer user_data)
{
  GstDvrEntry *found = user_data;

  if (entry->discontinuity > 0 && found->number == 0 && !entry->gap)
    *found = *entry;
  return TRUE;
}

GstDvrTimeline *has_more_of;

gboolean
has_another_run (const GstDvrTimelineInfo * info)
{
  GstDvrEntry found = { 0, };

  gst_dvr_timeline_foreach (has_more_of, 0, G_MAXUINT64, find_discontinuity,
      &found);
  return found.number > 0;
}
