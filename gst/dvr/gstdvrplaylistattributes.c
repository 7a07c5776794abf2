/* gstdvrplaylistattributes.c: reading the values of playlist tags
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplaylist-private.h"

/* A duration beyond this is no duration. */
#define MAX_DURATION (7 * 24 * 3600 * GST_SECOND)

/* Each returns FALSE, and has set the failure, where a value is broken. */

gboolean
gst_dvr_playlist_fail_syntax (GstDvrPlaylistParser * self, const gchar * what,
    const GstDvrSpan * value)
{
  gint size = MIN (value->size, 40);

  /* Shown, so it must be text. */
  if (!gst_dvr_scan_text ((GstDvrSpan) {
          value->data, size}
      ))
    size = 0;
  return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
      "%s, not \"%.*s\"", what, size, value->data);
}

/* Attribute values. */

gboolean
gst_dvr_playlist_take_seconds (GstDvrPlaylistParser * self, GstDvrSpan value,
    GstClockTime * time)
{
  if (gst_dvr_scan_seconds (value, time) && *time <= MAX_DURATION)
    return TRUE;
  return gst_dvr_playlist_fail_syntax (self, "expects seconds up to a week",
      &value);
}

gboolean
gst_dvr_playlist_take_number (GstDvrPlaylistParser * self, GstDvrSpan value,
    guint64 max, guint64 * number)
{
  gchar *what;

  if (gst_dvr_scan_uint (value, max, number))
    return TRUE;
  what = g_strdup_printf ("expects a number up to %" G_GUINT64_FORMAT, max);
  gst_dvr_playlist_fail_syntax (self, what, &value);
  g_free (what);
  return FALSE;
}

gboolean
gst_dvr_playlist_take_uint (GstDvrPlaylistParser * self, GstDvrSpan value,
    guint * number)
{
  guint64 v;

  if (!gst_dvr_playlist_take_number (self, value, G_MAXINT, &v))
    return FALSE;
  *number = v;
  return TRUE;
}

gboolean
gst_dvr_playlist_take_quoted (GstDvrPlaylistParser * self,
    const GstDvrAttribute * attribute, const gchar ** string)
{
  if (!attribute->quoted || !gst_dvr_scan_text (attribute->value))
    return gst_dvr_playlist_fail_syntax (self,
        "expects a quoted string of text", &attribute->value);
  *string = gst_dvr_playlist_take_span (self->playlist, attribute->value);
  return TRUE;
}

/* An enumerated-string: not quoted. */
gboolean
gst_dvr_playlist_take_word (GstDvrPlaylistParser * self,
    const GstDvrAttribute * attribute, const gchar ** string)
{
  if (attribute->quoted || !gst_dvr_scan_text (attribute->value))
    return gst_dvr_playlist_fail_syntax (self, "expects a word",
        &attribute->value);
  *string = gst_dvr_playlist_take_span (self->playlist, attribute->value);
  return TRUE;
}

gboolean
gst_dvr_playlist_take_yes (const GstDvrAttribute * attribute)
{
  return gst_dvr_span_is (&attribute->value, "YES");
}

gboolean
gst_dvr_playlist_take_range (GstDvrPlaylistParser * self, GstDvrSpan value,
    GstDvrPlaylistRange * range, gboolean * has_offset)
{
  if (gst_dvr_scan_range (value, range, has_offset))
    return TRUE;
  return gst_dvr_playlist_fail_syntax (self, "expects <length>[@<offset>]",
      &value);
}

/* Steps through a list of attributes; ends it with FALSE, and a failure where
 * it is broken. */
gboolean
gst_dvr_playlist_next_attribute (GstDvrPlaylistParser * self, GstDvrSpan * list,
    GstDvrAttribute * attribute)
{
  gboolean broken;

  if (self->failure != NULL)
    return FALSE;
  if (gst_dvr_scan_attribute (list, attribute, &broken))
    return TRUE;
  if (broken)
    gst_dvr_playlist_fail_syntax (self, "expects a list of <name>=<value>",
        list);
  return FALSE;
}

gboolean
gst_dvr_playlist_require (GstDvrPlaylistParser * self, gboolean there,
    const gchar * name)
{
  if (self->failure != NULL)
    return FALSE;
  if (!there)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
        "has no %s", name);
  return TRUE;
}
