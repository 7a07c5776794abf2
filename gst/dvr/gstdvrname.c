/* gstdvrname.c: names of streams, recordings and files; safe references
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gst/dvr/gstdvrname.h>

#include "gstdvrplaylist-private.h"

/* Of a number, leading zeros included. */
#define MAX_DIGITS 20

/* Names come from the network and become paths and URIs: what is not known to
 * be harmless is refused. */

/* Paths of the server that are no streams. */
static const gchar *const reserved[] = {
  "-", "index.m3u8", "dvr.m3u8", "main.m3u8", "iframes.m3u8", "metrics",
  "healthz", "readyz", "favicon.ico", "robots.txt", NULL
};

/* Bytes of @text that a recording id takes; 0 if it is none. */
static gsize
span_recording_id (const gchar * text)
{
  static const gchar shape[] = "ddddddddTddddddZ-";
  const gchar *hex;
  gsize i;

  for (i = 0; shape[i] != '\0'; i++) {
    if (shape[i] == 'd' ? !g_ascii_isdigit (text[i]) : text[i] != shape[i])
      return 0;
  }
  hex = text + i;
  while (g_ascii_isdigit (*hex) || (*hex >= 'a' && *hex <= 'f'))
    hex++;
  if (hex == text + i || hex - text > GST_DVR_RECORDING_ID_MAX)
    return 0;
  return hex - text;
}

/**
 * gst_dvr_is_recording_id:
 * @id: any string
 *
 * Returns: whether @id may name a recording: `20261120T192200Z-3f9c`
 */
gboolean
gst_dvr_is_recording_id (const gchar * id)
{
  gsize size = span_recording_id (id);

  return size > 0 && id[size] == '\0';
}

static gboolean
is_component (const gchar * text, gsize size)
{
  gchar id[GST_DVR_RECORDING_ID_MAX + 1];
  gsize i;

  if (size == 0 || size > 255 || *text == '.')
    return FALSE;
  for (i = 0; i < size; i++) {
    if (!g_ascii_isalnum (text[i]) && strchr ("._-", text[i]) == NULL)
      return FALSE;
  }
  for (i = 0; reserved[i] != NULL; i++) {
    if (strlen (reserved[i]) == size && memcmp (text, reserved[i], size) == 0)
      return FALSE;
  }
  if (size > GST_DVR_RECORDING_ID_MAX)
    return TRUE;
  memcpy (id, text, size);
  id[size] = '\0';
  return !gst_dvr_is_recording_id (id);
}

/**
 * gst_dvr_is_stream_name:
 * @name: any string
 *
 * Returns: whether @name may name a stream: components of
 *   `[A-Za-z0-9_-][A-Za-z0-9._-]*` separated by `/`, of which none is a path of
 *   the server's own or looks like a recording
 */
gboolean
gst_dvr_is_stream_name (const gchar * name)
{
  const gchar *slash;

  if (strlen (name) > GST_DVR_STREAM_NAME_MAX)
    return FALSE;
  while ((slash = strchr (name, '/')) != NULL) {
    if (!is_component (name, slash - name))
      return FALSE;
    name = slash + 1;
  }
  return is_component (name, strlen (name));
}

static gboolean
take_number (const gchar ** p, guint64 max, guint64 * number)
{
  return gst_dvr_scan_digits (p, *p + strnlen (*p, MAX_DIGITS), max, number);
}

/**
 * gst_dvr_parse_file_name:
 * @uri: a reference as playlists of our own hold it, relative to the stream
 * @name: (out caller-allocates): what it says
 *
 * Leading zeros of numbers are allowed. A query or fragment is not.
 *
 * Returns: whether @uri is the name of a media file of ours
 */
gboolean
gst_dvr_parse_file_name (const gchar * uri, GstDvrFileName * name)
{
  gsize size = span_recording_id (uri);
  guint64 part;

  if (size == 0 || uri[size] != '/')
    return FALSE;
  memcpy (name->recording, uri, size);
  name->recording[size] = '\0';
  name->part = 0;
  uri += size + 1;

  if (g_str_has_prefix (uri, "init-")) {
    uri += 5;
    name->kind = GST_DVR_FILE_INIT;
    return take_number (&uri, G_MAXINT, &name->number)
        && strcmp (uri, ".mp4") == 0;
  }
  name->kind = GST_DVR_FILE_SEGMENT;
  if (!take_number (&uri, G_GUINT64_CONSTANT (1) << 62, &name->number)
      || *uri != '.')
    return FALSE;
  if (strcmp (uri, ".m4s") == 0)
    return TRUE;
  uri++;
  if (!take_number (&uri, G_MAXINT, &part) || strcmp (uri, ".m4s") != 0)
    return FALSE;
  name->kind = GST_DVR_FILE_PART;
  name->part = part;
  return TRUE;
}

/* References. */

static gboolean
refuse (GError ** error, const gchar * reference, const gchar * why)
{
  g_autofree gchar *shown = g_strescape (reference, NULL);

  if (strlen (shown) > 200)
    strcpy (shown + 197, "...");
  g_set_error (error, G_URI_ERROR, G_URI_ERROR_FAILED, "\"%s\" %s", shown, why);
  return FALSE;
}

/* No byte that a request line, a header or a path could be broken with. */
static gboolean
check_bytes (const gchar * reference, GstDvrUriFlags flags, GError ** error)
{
  const gchar *p;

  if (*reference == '\0')
    return refuse (error, reference, "is empty");
  for (p = reference; *p != '\0'; p++) {
    guchar c = *p;

    if (c <= 0x20 || c == 0x7f || c == '\\')
      return refuse (error, reference,
          "holds a blank, a control character or a backslash");
    if (c != '%')
      continue;
    if (!g_ascii_isxdigit (p[1]) || !g_ascii_isxdigit (p[2])
        || (p[1] == '0' && p[2] == '0'))
      return refuse (error, reference, "holds a broken escape");
    if (flags == GST_DVR_URI_BENEATH && ((p[1] == '2' && (p[2] | 32) == 'f')
            || (p[1] == '5' && (p[2] | 32) == 'c')))
      return refuse (error, reference, "holds an escaped slash");
  }
  return TRUE;
}

/* Whether a path segment is @dots dots, escaped ones counted. */
static gboolean
is_dots (const gchar * segment, gsize size, guint dots)
{
  const gchar *end = segment + size;

  while (segment < end) {
    if (*segment == '.')
      segment++;
    else if (end - segment >= 3 && g_ascii_strncasecmp (segment, "%2e", 3) == 0)
      segment += 3;
    else
      return FALSE;
    if (dots-- == 0)
      return FALSE;
  }
  return dots == 0;
}

/* Appends @path to @out, which ends in `/` and is not to become shorter than
 * @floor. Dots are resolved as in RFC 3986 section 5.2.4, but must not lead out. */
static gboolean
append_path (GString * out, const gchar * path, gsize size, gsize floor)
{
  while (size > 0) {
    const gchar *slash = memchr (path, '/', size);
    gsize length = slash != NULL ? (gsize) (slash - path) : size;
    gsize step = slash != NULL ? length + 1 : length;

    if (is_dots (path, length, 2)) {
      if (out->len <= floor)
        return FALSE;
      do
        g_string_truncate (out, out->len - 1);
      while (out->len > floor && out->str[out->len - 1] != '/');
    } else if (!is_dots (path, length, 1)) {
      g_string_append_len (out, path, step);
    }
    path += step;
    size -= step;
  }
  return TRUE;
}

/* Bytes of `scheme://authority` at the beginning of @base; 0 if it is a path. */
static gsize
span_origin (const gchar * base)
{
  const gchar *authority = strstr (base, "://");

  if (authority == NULL || strchr (base, '/') != authority + 1)
    return 0;
  return authority + 3 - base + strcspn (authority + 3, "/?#");
}

static gboolean
has_scheme (const gchar * reference)
{
  gsize i = strcspn (reference, ":/?#");

  return reference[i] == ':';
}

static gchar *
take_absolute (const gchar * base, const gchar * reference,
    GstDvrUriFlags flags, GError ** error)
{
  gsize size = span_origin (reference);
  const gchar *colon = strstr (reference, "://");
  gboolean http = g_ascii_strncasecmp (reference, "http://", 7) == 0
      || g_ascii_strncasecmp (reference, "https://", 8) == 0;

  if (!http || colon[3] == '/' || memchr (reference, '@', size) != NULL) {
    refuse (error, reference, "is not an http or https URI without a user");
    return NULL;
  }
  if (!(flags & GST_DVR_URI_ANY_HOST)
      && (!(flags & GST_DVR_URI_SAME_ORIGIN) || size != span_origin (base)
          || g_ascii_strncasecmp (base, reference, size) != 0)) {
    refuse (error, reference, "leads to another host");
    return NULL;
  }
  return g_strdup (reference);
}

/**
 * gst_dvr_resolve_uri:
 * @base: what @reference stands in: a URI with a scheme and a host, or a path;
 *   trusted
 * @reference: a URI reference from a playlist; not trusted
 * @flags: where it may lead
 * @error: (optional): G_URI_ERROR_FAILED, why it was refused
 *
 * Resolves a reference (RFC 3986 section 5.2), but only to where it may lead:
 * never to other schemes than http and https, and `..` never out of the base's
 * directory or, with GST_DVR_URI_SAME_ORIGIN, above the root. Escapes are left
 * as they are. With GST_DVR_URI_BENEATH the result has no escaped slashes or
 * NUL bytes, so it stays beneath also after they are undone. A fragment is cut
 * off.
 *
 * Returns: (transfer full) (nullable): a URI or path, as @base is one
 */
gchar *
gst_dvr_resolve_uri (const gchar * base, const gchar * reference,
    GstDvrUriFlags flags, GError ** error)
{
  g_autofree gchar *plain = NULL;
  GString *out;
  gsize origin, directory, path_size, floor;
  gboolean from_root;

  g_return_val_if_fail (base != NULL && reference != NULL, NULL);

  if (!check_bytes (reference, flags, error))
    return NULL;
  plain = g_strndup (reference, strcspn (reference, "#"));
  if (has_scheme (plain))
    return take_absolute (base, plain, flags, error);
  origin = span_origin (base);
  if (g_str_has_prefix (plain, "//")) {
    g_autofree gchar *full = NULL;
    const gchar *colon = strchr (base, ':');

    if (origin == 0) {
      refuse (error, reference, "leads to another host");
      return NULL;
    }
    full = g_strdup_printf ("%.*s:%s", (gint) (colon - base), base, plain);
    return take_absolute (base, full, flags, error);
  }

  /* The base's directory, with its slash. */
  directory = origin + strcspn (base + origin, "?#");
  while (directory > origin && base[directory - 1] != '/')
    directory--;
  from_root = plain[0] == '/';
  out = g_string_new_len (base, directory);
  if (origin > 0 && directory == origin)
    g_string_append_c (out, '/');
  floor = out->len;
  if (flags != GST_DVR_URI_BENEATH)
    floor = origin + (out->len > origin && out->str[origin] == '/' ? 1 : 0);
  if (from_root && flags != GST_DVR_URI_BENEATH)
    g_string_truncate (out, floor);
  path_size = strcspn (plain, "?");
  if ((from_root && flags == GST_DVR_URI_BENEATH)
      || !append_path (out, plain + (from_root ? 1 : 0),
          path_size - (from_root ? 1 : 0), floor)) {
    refuse (error, reference, "leads out of where it stands");
    g_string_free (out, TRUE);
    return NULL;
  }
  if (path_size == 0)
    g_string_append_len (out, base + directory, strcspn (base + directory,
            "?#"));
  g_string_append (out, plain + path_size);
  return g_string_free (out, FALSE);
}
