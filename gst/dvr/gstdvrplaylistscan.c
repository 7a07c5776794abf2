/* gstdvrplaylistscan.c: the lexical rules of HLS playlists
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplaylist-private.h"

/* RFC 8216 section 4.2 has the rules. Nothing here allocates. */

/* Digits at @p, which goes on behind them. */
gboolean
gst_dvr_scan_digits (const gchar ** p, const gchar * end, guint64 max,
    guint64 * value)
{
  guint64 v = 0;
  const gchar *s = *p;

  while (s < end && g_ascii_isdigit (*s)) {
    guint digit = *s++ - '0';

    if (v > (max - digit) / 10)
      return FALSE;
    v = v * 10 + digit;
  }
  if (s == *p)
    return FALSE;
  *p = s;
  *value = v;
  return TRUE;
}

/* A decimal-integer of at most @max (which is at least 9). */
gboolean
gst_dvr_scan_uint (GstDvrSpan span, guint64 max, guint64 * value)
{
  const gchar *p = span.data, *end = p + span.size;

  return gst_dvr_scan_digits (&p, end, max, value) && p == end;
}

/* A decimal-floating-point, or an integer, in seconds. Exact to the nanosecond;
 * further decimals are rounded. */
gboolean
gst_dvr_scan_seconds (GstDvrSpan span, GstClockTime * time)
{
  const gchar *p = span.data, *end = p + span.size;
  guint64 seconds, unit = GST_SECOND, fraction = 0;

  if (!gst_dvr_scan_digits (&p, end, G_MAXINT64 / GST_SECOND - 1, &seconds))
    return FALSE;
  if (p < end && *p == '.') {
    p++;
    for (; p < end && g_ascii_isdigit (*p) && unit > 1; p++) {
      unit /= 10;
      fraction += unit * (*p - '0');
    }
    if (p < end && unit == 1 && *p >= '5')
      fraction++;
    while (p < end && g_ascii_isdigit (*p))
      p++;
  }
  *time = seconds * GST_SECOND + fraction;
  return p == end;
}

gboolean
gst_dvr_scan_signed_seconds (GstDvrSpan span, gint64 * time)
{
  GstClockTime t;
  gboolean negative = span.size > 0 && *span.data == '-';

  if (negative) {
    span.data++;
    span.size--;
  }
  if (!gst_dvr_scan_seconds (span, &t))
    return FALSE;
  *time = negative ? -(gint64) t : (gint64) t;
  return TRUE;
}

/* `<n>[@<o>]` */
gboolean
gst_dvr_scan_range (GstDvrSpan span, GstDvrPlaylistRange * range,
    gboolean * has_offset)
{
  const gchar *p = span.data, *end = p + span.size;

  range->offset = 0;
  *has_offset = FALSE;
  if (!gst_dvr_scan_digits (&p, end, GST_DVR_PLAYLIST_MAX_NUMBER,
          &range->length)
      || range->length == 0)
    return FALSE;
  if (p == end)
    return TRUE;
  if (*p++ != '@')
    return FALSE;
  *has_offset = TRUE;
  return gst_dvr_scan_digits (&p, end, GST_DVR_PLAYLIST_MAX_NUMBER,
      &range->offset)
      && p == end;
}

/* `<width>x<height>` */
gboolean
gst_dvr_scan_resolution (GstDvrSpan span, guint * width, guint * height)
{
  const gchar *p = span.data, *end = p + span.size;
  guint64 w, h;

  if (!gst_dvr_scan_digits (&p, end, G_MAXINT, &w) || p == end || *p++ != 'x'
      || !gst_dvr_scan_digits (&p, end, G_MAXINT, &h) || p != end)
    return FALSE;
  *width = w;
  *height = h;
  return TRUE;
}

static gboolean
scan_fixed (const gchar ** p, const gchar * end, guint digits, gint * value)
{
  gint v = 0;

  if ((gsize) (end - *p) < digits)
    return FALSE;
  for (; digits > 0; digits--, (*p)++) {
    if (!g_ascii_isdigit (**p))
      return FALSE;
    v = v * 10 + (**p - '0');
  }
  *value = v;
  return TRUE;
}

static gboolean
scan_char (const gchar ** p, const gchar * end, gchar c)
{
  if (*p == end || g_ascii_toupper (**p) != c)
    return FALSE;
  (*p)++;
  return TRUE;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar. */
static gint64
days_of_date (gint year, gint month, gint day)
{
  gint64 y = month <= 2 ? year - 1 : year;
  gint64 era = y / 400;
  gint64 year_of_era = y - era * 400;
  gint64 day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
      + day - 1;

  return era * 146097 + year_of_era * 365 + year_of_era / 4
      - year_of_era / 100 + day_of_year - 719468;
}

/* `Z`, `±hh:mm`, and `±hhmm` as ffmpeg writes it; nothing stands for UTC. */
static gboolean
scan_zone (const gchar ** p, const gchar * end, gint * seconds)
{
  gint hours, minutes, sign;

  *seconds = 0;
  if (*p == end || scan_char (p, end, 'Z'))
    return TRUE;
  sign = **p == '-' ? -1 : 1;
  if (**p != '-' && **p != '+')
    return FALSE;
  (*p)++;
  if (!scan_fixed (p, end, 2, &hours) || hours > 23)
    return FALSE;
  scan_char (p, end, ':');
  if (!scan_fixed (p, end, 2, &minutes) || minutes > 59)
    return FALSE;
  *seconds = sign * (hours * 3600 + minutes * 60);
  return TRUE;
}

/* A date and time of RFC 3339 section 5.6, to microseconds since 1970. */
gboolean
gst_dvr_scan_date (GstDvrSpan span, gint64 * wall_time)
{
  static const guint8 days_of_month[] =
      { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  const gchar *p = span.data, *end = p + span.size;
  gint year, month, day, hour, minute, second, zone, unit = G_USEC_PER_SEC;
  gint64 t, fraction = 0;

  if (!scan_fixed (&p, end, 4, &year) || year < 1 || !scan_char (&p, end, '-')
      || !scan_fixed (&p, end, 2, &month) || month < 1 || month > 12
      || !scan_char (&p, end, '-')
      || !scan_fixed (&p, end, 2, &day) || day < 1
      || day > days_of_month[month - 1])
    return FALSE;
  if (!scan_char (&p, end, 'T') && !scan_char (&p, end, ' '))
    return FALSE;
  if (!scan_fixed (&p, end, 2, &hour) || hour > 23 || !scan_char (&p, end, ':')
      || !scan_fixed (&p, end, 2, &minute) || minute > 59
      || !scan_char (&p, end, ':')
      || !scan_fixed (&p, end, 2, &second) || second > 60)
    return FALSE;
  if (p < end && *p == '.') {
    const gchar *digits = ++p;

    for (; p < end && g_ascii_isdigit (*p); p++) {
      unit /= 10;
      fraction += unit * (*p - '0');
    }
    if (p == digits)
      return FALSE;
  }
  if (!scan_zone (&p, end, &zone) || p != end)
    return FALSE;
  t = days_of_date (year, month, day) * 86400 + hour * 3600 + minute * 60
      + second - zone;
  *wall_time = t * G_USEC_PER_SEC + fraction;
  return *wall_time >= GST_DVR_PLAYLIST_MIN_DATE
      && *wall_time <= GST_DVR_PLAYLIST_MAX_DATE;
}

/* Whether it may become a string: no control characters, valid UTF-8. */
gboolean
gst_dvr_scan_text (GstDvrSpan span)
{
  gsize i;
  guchar high = 0;

  for (i = 0; i < span.size; i++) {
    guchar c = span.data[i];

    if (c < 0x20 || c == 0x7f)
      return FALSE;
    high |= c;
  }
  return high < 0x80 || g_utf8_validate_len (span.data, span.size, NULL);
}

static inline gboolean
is_name_char (gchar c)
{
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
      || c == '_';
}

/* Takes the first attribute off @list. Blanks around it are skipped: some
 * servers write them. Returns FALSE at the end, and where @broken is set. */
gboolean
gst_dvr_scan_attribute (GstDvrSpan * list, GstDvrAttribute * attribute,
    gboolean * broken)
{
  const gchar *p = list->data, *end = p + list->size, *stop;

  *broken = FALSE;
  while (p < end && (*p == ' ' || *p == ','))
    p++;
  if (p == end)
    return FALSE;

  *broken = TRUE;
  attribute->name.data = p;
  while (p < end && is_name_char (*p))
    p++;
  attribute->name.size = p - attribute->name.data;
  if (attribute->name.size == 0 || p == end || *p != '=')
    return FALSE;
  p++;

  attribute->quoted = FALSE;
  if (p < end && *p == '"') {
    attribute->quoted = TRUE;
    p++;
    for (stop = p; stop < end && *stop != '"'; stop++);
    if (stop == end)
      return FALSE;
    attribute->value.data = p;
    attribute->value.size = stop - p;
    p = stop + 1;
    if (p < end && *p != ',' && *p != ' ')
      return FALSE;
  } else {
    for (stop = p; stop < end && *stop != ','; stop++);
    attribute->value.data = p;
    p = stop;
    while (stop > attribute->value.data && stop[-1] == ' ')
      stop--;
    attribute->value.size = stop - attribute->value.data;
    if (attribute->value.size == 0)
      return FALSE;
  }
  list->data = p;
  list->size = end - p;
  *broken = FALSE;
  return TRUE;
}
