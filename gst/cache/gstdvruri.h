/* gstdvruri.h: what a dvr:// URI says
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstDvrUri GstDvrUri;

/**
 * GstDvrUri:
 * @location: the server, an http:// or https:// URI
 * @stream: the stream's name
 * @token: (nullable): access token
 * @has_start: whether @start was said
 * @start: nanoseconds; >= 0 stream time, < 0 back from the live edge
 * @date_time: (nullable): time of day to start at
 */
struct _GstDvrUri
{
  gchar *location;
  gchar *stream;
  gchar *token;
  gboolean has_start;
  gint64 start;
  GstDateTime *date_time;
};

GstDvrUri * gst_dvr_uri_parse (const gchar * uri, GError ** error);
void        gst_dvr_uri_free  (GstDvrUri * self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrUri, gst_dvr_uri_free)

G_END_DECLS
