/* gstdvrreport.c: what a player tells upstream of itself
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:gstdvrreport
 * @title: GstDvrReport
 * @short_description: what a player tells upstream of itself
 *
 * A player answers seeks from its own buffer, so nobody upstream would know of
 * them. It says so in a custom upstream event, which elements of the link pass
 * on until one fetches: that one tells its server in the server's own way,
 * later and from another thread. Reports may be lost; nothing hangs on them.
 *
 * Whether a server takes part is told the other way, by
 * gst_dvr_timeline_set_smart_seek().
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrreport.h"

#define REPORT_EVENT "dvr-report"
#define BEYOND_EVENT "dvr-beyond"

static const gchar *const names[] = {
  [GST_DVR_REPORT_STATE] = "state",
  [GST_DVR_REPORT_CLIENT_SEEK] = "client-seek",
  [GST_DVR_REPORT_START_TRANSMIT] = "start-transmit",
  [GST_DVR_REPORT_STOP_TRANSMIT] = "stop-transmit",
  [GST_DVR_REPORT_BEGIN] = "begin",
};

/**
 * gst_dvr_report_kind_get_name:
 * @kind: a kind
 *
 * Returns: (transfer none): what access logs and CMCD call it
 */
const gchar *
gst_dvr_report_kind_get_name (GstDvrReportKind kind)
{
  g_return_val_if_fail (kind < G_N_ELEMENTS (names), NULL);

  return names[kind];
}

/**
 * gst_dvr_report_kind_from_name:
 * @name: what somebody calls it
 * @kind: (out): what it is
 *
 * Returns: whether it is one
 */
gboolean
gst_dvr_report_kind_from_name (const gchar * name, GstDvrReportKind * kind)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    if (strcmp (name, names[i]) == 0) {
      *kind = i;
      return TRUE;
    }
  }

  return FALSE;
}

/**
 * gst_dvr_is_session_id:
 * @session: (nullable): any text
 *
 * Returns: whether it can stand in reports, headers and logs as it is
 */
gboolean
gst_dvr_is_session_id (const gchar * session)
{
  gsize i;

  if (session == NULL || *session == '\0')
    return FALSE;
  for (i = 0; session[i]; i++)
    if (i == GST_DVR_SESSION_MAX || !(g_ascii_isalnum (session[i])
            || session[i] == '-'))
      return FALSE;

  return TRUE;
}

/**
 * gst_dvr_event_new_report:
 * @report: what to tell; copied
 *
 * Returns: (transfer full): an upstream event
 */
GstEvent *
gst_dvr_event_new_report (const GstDvrReport * report)
{
  g_return_val_if_fail (report->stream != NULL, NULL);
  g_return_val_if_fail (gst_dvr_is_session_id (report->session), NULL);

  return gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
      gst_structure_new (REPORT_EVENT,
          "kind", G_TYPE_STRING, gst_dvr_report_kind_get_name (report->kind),
          "stream", G_TYPE_STRING, report->stream,
          "session", G_TYPE_STRING, report->session,
          "position", G_TYPE_UINT64, report->position,
          "from", G_TYPE_UINT64, report->from,
          "buffer-length", G_TYPE_UINT64, report->buffer_length,
          "rate", G_TYPE_DOUBLE, report->rate,
          "starved", G_TYPE_BOOLEAN, report->starved,
          "startup", G_TYPE_BOOLEAN, report->startup, NULL));
}

/**
 * gst_dvr_event_parse_report:
 * @event: any event
 * @report: (out caller-allocates): what it tells; its strings live as long as
 *   @event
 *
 * Returns: FALSE if it is another kind of event, or tells nothing sensible
 */
gboolean
gst_dvr_event_parse_report (GstEvent * event, GstDvrReport * report)
{
  const GstStructure *s;
  const gchar *kind;

  if (!gst_event_has_name (event, REPORT_EVENT))
    return FALSE;
  s = gst_event_get_structure (event);
  memset (report, 0, sizeof (*report));
  kind = gst_structure_get_string (s, "kind");
  report->stream = gst_structure_get_string (s, "stream");
  report->session = gst_structure_get_string (s, "session");

  return kind && gst_dvr_report_kind_from_name (kind, &report->kind)
      && report->stream && gst_dvr_is_session_id (report->session)
      && gst_structure_get (s, "position", G_TYPE_UINT64, &report->position,
      "from", G_TYPE_UINT64, &report->from,
      "buffer-length", G_TYPE_UINT64, &report->buffer_length,
      "rate", G_TYPE_DOUBLE, &report->rate,
      "starved", G_TYPE_BOOLEAN, &report->starved,
      "startup", G_TYPE_BOOLEAN, &report->startup, NULL);
}

/**
 * gst_dvr_event_new_beyond:
 * @stream: the stream's name
 * @session: of the playback that wishes it, as in its reports
 * @time: stream time, nanoseconds, beyond the timeline's end
 *
 * Wishes that upstream leaves out what lies before @time. Where only this
 * player watches, and upstream can, the timeline goes on there, behind a gap.
 *
 * Returns: (transfer full): an upstream event
 */
GstEvent *
gst_dvr_event_new_beyond (const gchar * stream, const gchar * session,
    GstClockTime time)
{
  g_return_val_if_fail (stream != NULL, NULL);
  g_return_val_if_fail (gst_dvr_is_session_id (session), NULL);

  return gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
      gst_structure_new (BEYOND_EVENT, "stream", G_TYPE_STRING, stream,
          "session", G_TYPE_STRING, session, "time", G_TYPE_UINT64, time,
          NULL));
}

/**
 * gst_dvr_event_parse_beyond:
 * @event: any event
 * @stream: (out): lives as long as @event
 * @session: (out): likewise
 * @time: (out): stream time, nanoseconds
 *
 * Returns: FALSE if it is another kind of event, or wishes nothing sensible
 */
gboolean
gst_dvr_event_parse_beyond (GstEvent * event, const gchar ** stream,
    const gchar ** session, GstClockTime * time)
{
  const GstStructure *s;

  if (!gst_event_has_name (event, BEYOND_EVENT))
    return FALSE;
  s = gst_event_get_structure (event);
  *stream = gst_structure_get_string (s, "stream");
  *session = gst_structure_get_string (s, "session");

  return *stream && gst_dvr_is_session_id (*session)
      && gst_structure_get (s, "time", G_TYPE_UINT64, time, NULL)
      && GST_CLOCK_TIME_IS_VALID (*time);
}
