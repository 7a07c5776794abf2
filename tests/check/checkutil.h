/* checkutil.h: what tests of all kinds share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/dvr/gstdvrplaylist.h>
#include <gst/dvr/gstdvrtimeline.h>

G_BEGIN_DECLS

/* Waits until it is so, for as long as a busy machine may take. For what nothing
 * tells of: looks again and again. */
#define fail_unless_soon(expr) \
  G_STMT_START { \
    gint64 soon_until = g_get_monotonic_time () + 120 * G_TIME_SPAN_SECOND; \
    while (!(expr)) { \
      fail_unless (g_get_monotonic_time () < soon_until, "it is not so: %s", \
          #expr); \
      g_usleep (1000); \
    } \
  } G_STMT_END

void     check_remove_tree   (const gchar * path);
void     check_wait_timeline (GstDvrTimeline * timeline, guint64 version,
                              gint64 until);
GstDvrSegmentState
         check_wait_segment  (GstDvrSegment * segment, guint64 bytes,
                              guint parts);

guint64  check_get_uint64    (gpointer object, const gchar * property);

GstDvrPlaylist *
         check_parse_playlist (const gchar * text);
GstDvrPlaylist *
         check_read_playlist (const gchar * path);

GstElement *
         check_launch        (const gchar * format, ...) G_GNUC_PRINTF (1, 2);
void     check_link_demuxed  (GstElement * pipeline);
void     check_wait_eos      (GstElement * pipeline);
void     check_run           (GstElement * pipeline);

G_END_DECLS
