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

#include <gst/dvr/gstdvrprocess.h>

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

static void
take_cmcd (DvrRequestHeaders * headers, const gchar * name, const gchar * value)
{
  static const gchar *const names[DVR_N_CMCD_HEADERS] =
      { "object", "request", "session", "status" };
  guint i;

  for (i = 0; i < DVR_N_CMCD_HEADERS; i++)
    if (g_ascii_strcasecmp (name, names[i]) == 0)
      headers->cmcd[i] = value;
}

/**
 * dvr_request_headers_take:
 * @headers: (inout): what the request's headers have said so far, all 0 at first
 * @key: a header's name; case does not matter
 * @value: what it says; kept where it matters, so it must live as long as
 *     @headers
 *
 * To be called once for each header of a request, in their order.
 */
void
dvr_request_headers_take (DvrRequestHeaders * headers, const gchar * key,
    const gchar * value)
{
  switch (g_ascii_tolower (key[0])) {
    case 'a':
      if (g_ascii_strcasecmp (key, "accept-encoding") == 0)
        headers->gzip |= dvr_header_accepts_gzip (value);
      break;
    case 'c':
      if (g_ascii_strcasecmp (key, "cdn-loop") == 0)
        headers->loop |= !dvr_header_count_hops (value,
            gst_dvr_get_process_id (), &headers->hops);
      else if (g_ascii_strncasecmp (key, "cmcd-", 5) == 0)
        take_cmcd (headers, key + 5, value);
      else if (g_ascii_strcasecmp (key, "content-length") == 0)
        headers->has_body |= strcmp (value, "0") != 0;
      break;
    case 'f':
      headers->forwarded |= g_ascii_strcasecmp (key, "forwarded") == 0;
      break;
    case 'h':
      if (g_ascii_strcasecmp (key, "host") == 0) {
        headers->host = value;
        headers->hosts++;
      }
      break;
    case 'i':
      if (g_ascii_strcasecmp (key, "if-none-match") == 0)
        headers->if_none_match = value;
      else if (g_ascii_strcasecmp (key, "if-range") == 0)
        headers->if_range = value;
      break;
    case 'r':
      if (g_ascii_strcasecmp (key, "range") == 0)
        headers->range = value;
      break;
    case 't':
      headers->has_body |= g_ascii_strcasecmp (key, "transfer-encoding") == 0;
      break;
    case 'u':
      if (g_ascii_strcasecmp (key, "user-agent") == 0)
        headers->agent = value;
      break;
    case 'v':
      headers->forwarded |= g_ascii_strcasecmp (key, "via") == 0;
      break;
    case 'x':
      if (g_ascii_strcasecmp (key, "x-forwarded-for") == 0) {
        headers->forwarded_for = value;
        headers->forwarded = TRUE;
      } else if (g_ascii_strcasecmp (key, "x-original-uri") == 0) {
        headers->original_uri = value;
      }
      break;
    default:
      break;
  }
}
