/* dvrhttpheaders.c: reading the request headers that matter here
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrhttpheaders.h"

static const gchar *
skip_space (const gchar * c)
{
  while (*c == ' ' || *c == '\t')
    c++;
  return c;
}

/* However many digits it has (RFC 9110 section 14.1.2): beyond G_MAXUINT64 it
 * is beyond any end, too. */
static gboolean
take_position (const gchar ** text, guint64 * value)
{
  gchar *end;

  if (!g_ascii_isdigit (**text))
    return FALSE;
  *value = g_ascii_strtoull (*text, &end, 10);
  *text = end;
  return TRUE;
}

/**
 * dvr_header_parse_range:
 * @value: the Range header
 * @size: size of what is asked for, in bytes
 * @offset: (out): where the range begins
 * @length: (out): how long it is
 *
 * One range of bytes is met (RFC 9110 section 14.2). Other units and several
 * ranges are ignored, as the RFC allows; a broken one gets 416.
 *
 * Returns: what to do
 */
DvrRange
dvr_header_parse_range (const gchar * value, guint64 size, guint64 * offset,
    guint64 * length)
{
  guint64 first, last;

  value = skip_space (value);
  if (g_ascii_strncasecmp (value, "bytes=", 6) != 0 || strchr (value, ','))
    return DVR_RANGE_WHOLE;
  value = skip_space (value + 6);

  if (*value == '-') {
    value++;
    if (!take_position (&value, &last) || *skip_space (value) || last == 0
        || size == 0)
      return DVR_RANGE_BAD;
    *length = MIN (last, size);
    *offset = size - *length;
    return DVR_RANGE_PART;
  }

  if (!take_position (&value, &first) || *value++ != '-')
    return DVR_RANGE_BAD;
  last = G_MAXUINT64;
  if (g_ascii_isdigit (*value) && !take_position (&value, &last))
    return DVR_RANGE_BAD;
  if (*skip_space (value) || last < first || first >= size)
    return DVR_RANGE_BAD;
  *offset = first;
  *length = MIN (last, size - 1) - first + 1;
  return DVR_RANGE_PART;
}

/**
 * dvr_header_etag_matches:
 * @list: an If-None-Match or If-Range header
 * @etag: our entity tag, in its quotes
 *
 * Weak comparison (RFC 9110 section 8.8.3.2); ours are all strong.
 *
 * Returns: whether @etag, or `*`, is in @list
 */
gboolean
dvr_header_etag_matches (const gchar * list, const gchar * etag)
{
  gsize length = strlen (etag);

  for (list = skip_space (list); *list;) {
    const gchar *end;

    if (*list == '*')
      return TRUE;
    if (list[0] == 'W' && list[1] == '/')
      list += 2;
    if (*list != '"')
      return FALSE;
    end = strchr (list + 1, '"');
    if (!end)
      return FALSE;
    if ((gsize) (end + 1 - list) == length && memcmp (list, etag, length) == 0)
      return TRUE;
    list = end + 1;
    list += strspn (list, " \t,");
  }
  return FALSE;
}

/**
 * dvr_header_accepts_gzip:
 * @value: an Accept-Encoding header
 *
 * Returns: whether gzip is named in it, and not with quality 0
 */
gboolean
dvr_header_accepts_gzip (const gchar * value)
{
  while (*value) {
    const gchar *end = strchrnul (value, ',');
    const gchar *quality;

    value = skip_space (value);
    if (g_ascii_strncasecmp (value, "gzip", 4) == 0
        && strchr (" \t;,", value[4])) {
      quality = memchr (value, '=', end - value);
      return !quality || strspn (quality + 1, "0.") !=
          strcspn (quality + 1, ", \t");
    }
    value = *end ? end + 1 : end;
  }
  return FALSE;
}

/**
 * dvr_header_count_hops:
 * @value: a CDN-Loop header (RFC 8586)
 * @own_id: the id of this process
 * @hops: (inout): how many caches the request has gone through
 *
 * Returns: %FALSE if the request came through here before or through more
 *     caches than %DVR_MAX_HOPS
 */
gboolean
dvr_header_count_hops (const gchar * value, const gchar * own_id, guint * hops)
{
  gsize own = strlen (own_id);

  while (*value) {
    gsize length;

    value += strspn (value, " \t,");
    length = strcspn (value, " \t,;");
    if (length == 0)
      break;
    if (length == own && memcmp (value, own_id, own) == 0)
      return FALSE;
    if (++*hops > DVR_MAX_HOPS)
      return FALSE;
    value += length;
    value += strcspn (value, ",");
  }
  return TRUE;
}
