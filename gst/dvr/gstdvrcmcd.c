/* gstdvrcmcd.c: what a player tells an HTTP server, in text
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:gstdvrcmcd
 * @title: GstDvrCmcd
 * @short_description: what a player tells an HTTP server, in text
 *
 * Common Media Client Data (CTA-5004) goes along with requests, in four headers
 * or in the query argument `CMCD`. What a client writes is hostile: only so much
 * is read, and what makes no sense, or is not known, is skipped.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrcmcd.h"

#define MAX_RATE 1000.0
/* No stream is longer, milliseconds. */
#define MAX_MS (G_GINT64_CONSTANT (1) << 52)

/* Section 2.2 of the specification: keys that change with the request, the
 * object, the session, and those that are about the network and the past. */
enum
{
  HEADER_OBJECT,
  HEADER_REQUEST,
  HEADER_SESSION,
  HEADER_STATUS,
  N_HEADERS
};

static const gchar *const header_names[N_HEADERS] = {
  "CMCD-Object", "CMCD-Request", "CMCD-Session", "CMCD-Status"
};

/**
 * gst_dvr_cmcd_init:
 * @self: (out caller-allocates): tells nothing from now on
 */
void
gst_dvr_cmcd_init (GstDvrCmcd * self)
{
  memset (self, 0, sizeof (*self));
  self->rate = 1;
  self->position_ms = self->from_ms = -1;
  self->count = 1;
}

static gint64
to_ms (GstClockTime time)
{
  return GST_CLOCK_TIME_IS_VALID (time) ? (gint64) (time / GST_MSECOND) : -1;
}

/**
 * gst_dvr_cmcd_set_report:
 * @self: what it says is replaced
 * @report: what a player tells
 */
void
gst_dvr_cmcd_set_report (GstDvrCmcd * self, const GstDvrReport * report)
{
  gst_dvr_cmcd_init (self);
  g_strlcpy (self->session, report->session, sizeof (self->session));
  self->has_buffer = GST_CLOCK_TIME_IS_VALID (report->buffer_length);
  if (self->has_buffer)
    self->buffer_ms = report->buffer_length / GST_MSECOND;
  self->starved = report->starved;
  self->startup = report->startup;
  self->rate = report->rate;
  self->kind = report->kind;
  self->position_ms = to_ms (report->position);
  self->from_ms = to_ms (report->from);
}

/* Writing. */

static void
begin_pair (GString * out, const gchar * key)
{
  if (out->len > 0)
    g_string_append_c (out, ',');
  g_string_append (out, key);
}

static void
add_integer (GString * out, const gchar * key, gint64 value)
{
  begin_pair (out, key);
  g_string_append_printf (out, "=%" G_GINT64_FORMAT, value);
}

static void
add_token (GString * out, const gchar * key, const gchar * value)
{
  begin_pair (out, key);
  g_string_append_printf (out, "=%s", value);
}

static void
add_rate (GString * out, gdouble rate)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  /* hundredths; what is no number is no rate */
  gint hundredths = rate == rate ? (gint) (CLAMP (rate, -MAX_RATE,
          MAX_RATE) * 100 + (rate < 0 ? -0.5 : 0.5)) : 0;

  if (hundredths != 100)
    add_token (out, "pr", g_ascii_formatd (text, sizeof (text), "%.6g",
            hundredths / 100.0));
}

static void
add_own (const GstDvrCmcd * self, GString * out)
{
  if (self->kind == GST_DVR_REPORT_STATE)
    return;
  add_token (out, GST_DVR_CMCD_PREFIX "ev",
      gst_dvr_report_kind_get_name (self->kind));
  if (self->from_ms >= 0)
    add_integer (out, GST_DVR_CMCD_PREFIX "from", self->from_ms);
  if (self->count > 1)
    add_integer (out, GST_DVR_CMCD_PREFIX "n", self->count);
  if (self->position_ms >= 0)
    add_integer (out, GST_DVR_CMCD_PREFIX "pos", self->position_ms);
}

/* The keys in alphabetical order, as section 2.1 has them, each into the string
 * of its header; strings may be one and the same. */
static void
write_keys (const GstDvrCmcd * self, GString * out[N_HEADERS])
{
  if (self->has_buffer)
    add_integer (out[HEADER_REQUEST], "bl",
        (MIN (self->buffer_ms, (guint64) MAX_MS) + 50) / 100 * 100);
  if (self->starved)
    begin_pair (out[HEADER_STATUS], "bs");
  add_own (self, out[HEADER_REQUEST]);
  if (*self->object)
    add_token (out[HEADER_OBJECT], "ot", self->object);
  add_rate (out[HEADER_SESSION], self->rate);
  add_token (out[HEADER_SESSION], "sf", "h");
  if (*self->session) {
    begin_pair (out[HEADER_SESSION], "sid");
    g_string_append_printf (out[HEADER_SESSION], "=\"%s\"", self->session);
  }
  if (*self->type)
    add_token (out[HEADER_SESSION], "st", self->type);
  if (self->startup)
    begin_pair (out[HEADER_REQUEST], "su");
}

/**
 * gst_dvr_cmcd_to_headers:
 * @self: what to tell
 *
 * Returns: (transfer full) (array zero-terminated=1): header lines, each
 *   `Name: value`
 */
gchar **
gst_dvr_cmcd_to_headers (const GstDvrCmcd * self)
{
  gchar **lines = g_new0 (gchar *, N_HEADERS + 1);
  GString *out[N_HEADERS];
  guint i, n = 0;

  for (i = 0; i < N_HEADERS; i++)
    out[i] = g_string_new (NULL);
  write_keys (self, out);
  for (i = 0; i < N_HEADERS; i++) {
    if (out[i]->len > 0)
      lines[n++] = g_strdup_printf ("%s: %s", header_names[i], out[i]->str);
    g_string_free (out[i], TRUE);
  }

  return lines;
}

/**
 * gst_dvr_cmcd_to_query:
 * @self: what to tell
 *
 * Returns: (transfer full): a query argument, `CMCD=...`, percent-encoded
 */
gchar *
gst_dvr_cmcd_to_query (const GstDvrCmcd * self)
{
  GString *text = g_string_new (NULL);
  GString *out[N_HEADERS] = { text, text, text, text };
  g_autofree gchar *escaped = NULL;

  write_keys (self, out);
  escaped = g_uri_escape_string (text->str, NULL, FALSE);
  g_string_free (text, TRUE);

  return g_strconcat ("CMCD=", escaped, NULL);
}

/* Reading. */

typedef struct
{
  const gchar *data;
  gsize size;
} Span;

static gboolean
span_is (const Span * span, const gchar * text)
{
  return span->size == strlen (text)
      && memcmp (span->data, text, span->size) == 0;
}

static gboolean
take_integer (const Span * value, gint64 max, gint64 * to)
{
  gint64 n = 0;
  gsize i;

  if (value->size == 0)
    return FALSE;
  for (i = 0; i < value->size; i++) {
    if (!g_ascii_isdigit (value->data[i]))
      return FALSE;
    n = n * 10 + (value->data[i] - '0');
    if (n > max)
      return FALSE;
  }
  *to = n;

  return TRUE;
}

static void
take_rate (const Span * value, gdouble * rate)
{
  gchar text[16], *end;
  gdouble number;

  if (value->size == 0 || value->size >= sizeof (text)
      || strspn (value->data, "-.0123456789") < value->size)
    return;
  memcpy (text, value->data, value->size);
  text[value->size] = '\0';
  number = g_ascii_strtod (text, &end);
  if (*end == '\0' && number >= -MAX_RATE && number <= MAX_RATE)
    *rate = number;
}

static void
take_token (const Span * value, gchar * to, gsize size)
{
  gsize i;

  if (value->size == 0 || value->size >= size)
    return;
  for (i = 0; i < value->size; i++)
    if (!g_ascii_isalnum (value->data[i]))
      return;
  memcpy (to, value->data, value->size);
  to[value->size] = '\0';
}

static void
take_session (const Span * value, gchar * to)
{
  gchar text[GST_DVR_SESSION_MAX + 1];

  if (value->size > GST_DVR_SESSION_MAX)
    return;
  memcpy (text, value->data, value->size);
  text[value->size] = '\0';
  if (gst_dvr_is_session_id (text))
    memcpy (to, text, value->size + 1);
}

static void
take_own (GstDvrCmcd * self, const Span * key, const Span * value)
{
  gchar name[16];
  gint64 n;

  if (span_is (key, "ev") && value->size < sizeof (name)) {
    memcpy (name, value->data, value->size);
    name[value->size] = '\0';
    gst_dvr_report_kind_from_name (name, &self->kind);
  } else if (span_is (key, "pos")) {
    take_integer (value, MAX_MS, &self->position_ms);
  } else if (span_is (key, "from")) {
    take_integer (value, MAX_MS, &self->from_ms);
  } else if (span_is (key, "n") && take_integer (value, G_MAXINT, &n) && n > 0) {
    self->count = n;
  }
}

static void
take_pair (GstDvrCmcd * self, const Span * key, const Span * value)
{
  static const gsize own = sizeof (GST_DVR_CMCD_PREFIX) - 1;
  gint64 n;

  if (span_is (key, "sid")) {
    take_session (value, self->session);
  } else if (span_is (key, "bl")) {
    if (take_integer (value, MAX_MS, &n)) {
      self->buffer_ms = n;
      self->has_buffer = TRUE;
    }
  } else if (span_is (key, "pr")) {
    take_rate (value, &self->rate);
  } else if (span_is (key, "bs")) {
    self->starved = !span_is (value, "false");
  } else if (span_is (key, "su")) {
    self->startup = !span_is (value, "false");
  } else if (span_is (key, "ot")) {
    take_token (value, self->object, sizeof (self->object));
  } else if (span_is (key, "st")) {
    take_token (value, self->type, sizeof (self->type));
  } else if (key->size > own
      && memcmp (key->data, GST_DVR_CMCD_PREFIX, own) == 0) {
    Span rest = { key->data + own, key->size - own };

    take_own (self, &rest, value);
  }
}

/* A quoted string; what is escaped in it is no value of a key that is read
 * here. Returns: what follows it */
static const gchar *
take_quoted (const gchar * c, const gchar * end, Span * value)
{
  value->data = ++c;
  while (c < end && *c != '"')
    c += *c == '\\' && c + 1 < end ? 2 : 1;
  value->size = c - value->data;

  return c < end ? c + 1 : end;
}

/* The next pair of a list. Returns: FALSE at the end */
static gboolean
next_pair (const gchar ** text, const gchar * end, Span * key, Span * value)
{
  const gchar *c = *text;

  while (c < end && (*c == ' ' || *c == '\t' || *c == ','))
    c++;
  if (c == end)
    return FALSE;
  key->data = c;
  while (c < end && *c != '=' && *c != ',')
    c++;
  key->size = c - key->data;
  value->data = "";
  value->size = 0;
  if (c < end && *c == '=' && c + 1 < end && c[1] == '"') {
    c = take_quoted (c + 1, end, value);
  } else if (c < end && *c == '=') {
    value->data = ++c;
    while (c < end && *c != ',')
      c++;
    value->size = c - value->data;
  }
  while (c < end && *c != ',')
    c++;
  *text = c;

  return TRUE;
}

/**
 * gst_dvr_cmcd_parse:
 * @self: is added to
 * @text: the value of a CMCD header, or of the query argument, decoded
 *
 * Reads at most %GST_DVR_CMCD_MAX bytes. A key stands for TRUE without a value;
 * one that comes twice counts as said last.
 */
void
gst_dvr_cmcd_parse (GstDvrCmcd * self, const gchar * text)
{
  const gchar *end = text + strnlen (text, GST_DVR_CMCD_MAX);
  Span key, value;

  while (next_pair (&text, end, &key, &value))
    take_pair (self, &key, &value);
}

/**
 * gst_dvr_cmsd_has:
 * @text: the value of a CMSD-Static header
 * @key: a key that is true or false
 *
 * Common Media Server Data (CTA-5006): a dictionary as RFC 8941 has it, in which
 * a key alone is true.
 *
 * Returns: whether it is there, and true
 */
gboolean
gst_dvr_cmsd_has (const gchar * text, const gchar * key)
{
  const gchar *end = text + strnlen (text, GST_DVR_CMCD_MAX);
  Span name, value;

  while (next_pair (&text, end, &name, &value))
    if (span_is (&name, key))
      return value.size == 0 || span_is (&value, "?1");

  return FALSE;
}

/**
 * gst_dvr_cmcd_find_query:
 * @query: (nullable): the query of a request, not decoded
 *
 * Returns: (transfer full) (nullable): what its argument `CMCD` says, decoded;
 *   NULL if there is none, or it is too long, or no text
 */
gchar *
gst_dvr_cmcd_find_query (const gchar * query)
{
  while (query && *query) {
    gsize length = strcspn (query, "&");

    if (length > 5 && memcmp (query, "CMCD=", 5) == 0) {
      if (length - 5 > 3 * GST_DVR_CMCD_MAX)
        return NULL;
      return g_uri_unescape_segment (query + 5, query + length, NULL);
    }
    query += length;
    if (*query)
      query++;
  }

  return NULL;
}
