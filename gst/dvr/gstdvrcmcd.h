/* gstdvrcmcd.h: what a player tells an HTTP server, in text
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrreport.h>

G_BEGIN_DECLS

/* Before the keys that are ours (CTA-5004 section 2: a hyphenated prefix, in
 * reverse-DNS notation). */
#define GST_DVR_CMCD_PREFIX "org.gst-plugins-dvr-"
/* What is read of one header, or of the query argument, bytes. */
#define GST_DVR_CMCD_MAX 1024
/* The header of an answer that says that seeks within a player's own buffer are
 * not wanted (CTA-5006: keys of others have a prefix as in CMCD). */
#define GST_DVR_CMSD_HEADER "CMSD-Static"
#define GST_DVR_CMSD_NO_SMART_SEEK GST_DVR_CMCD_PREFIX "no-smart-seek"

typedef struct _GstDvrCmcd GstDvrCmcd;

/**
 * GstDvrCmcd:
 * @session: `sid`; empty: not told
 * @object: `ot`: `m` a playlist, `i` an init section, `av` media; empty: not
 *   told
 * @type: `st`: `l` live, `v` finished; empty: not told
 * @has_buffer: whether @buffer_ms is told
 * @buffer_ms: `bl`, milliseconds; written rounded to 100
 * @starved: `bs`
 * @startup: `su`
 * @rate: `pr`; 1 is not written
 * @kind: our `ev`; a state is not written
 * @position_ms: our `pos`: where it is, or went, milliseconds of stream time;
 *   -1: not told
 * @from_ms: our `from`: where it was before, as above
 * @count: our `n`: how many such events it stands for; 1 is not written
 *
 * Common Media Client Data, version 1 (CTA-5004).
 */
struct _GstDvrCmcd
{
  gchar session[GST_DVR_SESSION_MAX + 1];
  gchar object[4];
  gchar type[4];
  gboolean has_buffer;
  guint64 buffer_ms;
  gboolean starved;
  gboolean startup;
  gdouble rate;
  GstDvrReportKind kind;
  gint64 position_ms;
  gint64 from_ms;
  guint count;
};

GST_DVR_API void     gst_dvr_cmcd_init       (GstDvrCmcd * self);
GST_DVR_API void     gst_dvr_cmcd_set_report (GstDvrCmcd * self,
                                              const GstDvrReport * report);
GST_DVR_API gchar ** gst_dvr_cmcd_to_headers (const GstDvrCmcd * self);
GST_DVR_API gchar *  gst_dvr_cmcd_to_query   (const GstDvrCmcd * self);
GST_DVR_API void     gst_dvr_cmcd_parse      (GstDvrCmcd * self,
                                              const gchar * text);
GST_DVR_API gchar *  gst_dvr_cmcd_find_query (const gchar * query);
GST_DVR_API gboolean gst_dvr_cmsd_has        (const gchar * text,
                                              const gchar * key);

G_END_DECLS
