/* gstdvrreport.h: what a player tells upstream of itself
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include <gst/dvr/dvr-prelude.h>

G_BEGIN_DECLS

/* The longest session id taken (CTA-5004: `sid`). */
#define GST_DVR_SESSION_MAX 64

typedef struct _GstDvrReport GstDvrReport;

/**
 * GstDvrReportKind:
 * @GST_DVR_REPORT_STATE: nothing but how it is
 * @GST_DVR_REPORT_CLIENT_SEEK: it has gone to another time within its buffer
 *   (Adobe's seekRaw)
 * @GST_DVR_REPORT_START_TRANSMIT: it fills its buffer again (startTransmit)
 * @GST_DVR_REPORT_STOP_TRANSMIT: its buffer is full, it wants no more for now
 *   (stopTransmit)
 * @GST_DVR_REPORT_BEGIN: it begins, and would like to know whether it may seek
 *   within its buffer, before it does
 */
typedef enum
{
  GST_DVR_REPORT_STATE,
  GST_DVR_REPORT_CLIENT_SEEK,
  GST_DVR_REPORT_START_TRANSMIT,
  GST_DVR_REPORT_STOP_TRANSMIT,
  GST_DVR_REPORT_BEGIN
} GstDvrReportKind;

/**
 * GstDvrReport:
 * @kind: what has happened
 * @stream: the stream's name, as requests downstream of it have it
 * @session: a random id of this playback, at most %GST_DVR_SESSION_MAX
 *   characters of `[A-Za-z0-9-]`
 * @position: stream time of what is on show, after a seek of where it went,
 *   nanoseconds; GST_CLOCK_TIME_NONE: not known
 * @from: of a client-seek, where it was; else GST_CLOCK_TIME_NONE
 * @buffer_length: nanoseconds from the position to the end of what is in the
 *   buffer; GST_CLOCK_TIME_NONE: not known
 * @rate: of playback: 1 as recorded, 0 paused, negative backwards
 * @starved: the buffer has run empty since the report before, and more was
 *   wanted
 * @startup: what is asked for now is urgent: nothing is on show, since playback
 *   begins, was sought elsewhere, or starved
 */
struct _GstDvrReport
{
  GstDvrReportKind kind;
  const gchar *stream;
  const gchar *session;
  GstClockTime position;
  GstClockTime from;
  GstClockTime buffer_length;
  gdouble rate;
  gboolean starved;
  gboolean startup;
};

GST_DVR_API const gchar * gst_dvr_report_kind_get_name (GstDvrReportKind kind);
GST_DVR_API gboolean      gst_dvr_report_kind_from_name (const gchar * name,
                                                   GstDvrReportKind * kind);
GST_DVR_API gboolean      gst_dvr_is_session_id   (const gchar * session);
GST_DVR_API GstEvent *    gst_dvr_event_new_report (const GstDvrReport *
                                                   report);
GST_DVR_API gboolean      gst_dvr_event_parse_report (GstEvent * event,
                                                   GstDvrReport * report);

/* Not a report but a wish: that upstream goes on from a time that is not here,
 * up to its timeline's reach. It may be granted or not. */
GST_DVR_API GstEvent *    gst_dvr_event_new_beyond   (const gchar * stream,
                                                   const gchar * session,
                                                   GstClockTime time);
GST_DVR_API gboolean      gst_dvr_event_parse_beyond (GstEvent * event,
                                                   const gchar ** stream,
                                                   const gchar ** session,
                                                   GstClockTime * time);

G_END_DECLS
