/* dvrtoken.c: signed, expiring leave to play or publish
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A token is two runs of base64url (RFC 4648 section 5, without padding) with a
 * full stop between them: what it grants, and the HMAC-SHA256 (RFC 2104) of the
 * first run. What it grants is text, "v1:KEY:USE:EXPIRY:PREFIX":
 *
 *   KEY      names the secret, so that secrets can be changed one by one
 *   USE      play or publish
 *   EXPIRY   seconds since 1970
 *   PREFIX   a stream, or the begin of a stream's name up to a slash; may be
 *            empty: all streams
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrdebug.h"
#include "dvrtoken.h"

#define FORMAT "v1"
#define DEFAULT_KEY "0"
#define MAC_SIZE 32
#define N_FIELDS 5

typedef struct
{
  gchar *id;
  gchar *secret;
} Key;

struct _DvrTokenKeys
{
  gint refs;
  GArray *keys;
};

GQuark
dvr_token_error_quark (void)
{
  return g_quark_from_static_string ("dvr-token-error-quark");
}

static void
key_clear (gpointer data)
{
  Key *key = data;

  g_free (key->id);
  g_free (key->secret);
}

/**
 * dvr_token_keys_new:
 * @secret: one or more of ID:SECRET, with spaces between; a secret without an
 *   id has the id 0. The first one signs
 * @error: why not
 */
DvrTokenKeys *
dvr_token_keys_new (const gchar * secret, GError ** error)
{
  gchar **words = g_strsplit_set (secret, " \t\n", -1), **w;
  DvrTokenKeys *self = g_new0 (DvrTokenKeys, 1);

  self->refs = 1;
  self->keys = g_array_new (FALSE, FALSE, sizeof (Key));
  g_array_set_clear_func (self->keys, key_clear);
  for (w = words; *w; w++) {
    gchar *colon = strchr (*w, ':');
    Key key;

    if (!**w)
      continue;
    key.id = colon ? g_strndup (*w, colon - *w) : g_strdup (DEFAULT_KEY);
    key.secret = g_strdup (colon ? colon + 1 : *w);
    g_array_append_val (self->keys, key);
    if (!*key.id || !*key.secret) {
      g_set_error (error, DVR_TOKEN_ERROR, DVR_TOKEN_ERROR_WRONG,
          "a key of auth-secret is empty; it must be SECRET or ID:SECRET");
      g_clear_pointer (&self, dvr_token_keys_unref);
      break;
    }
  }
  g_strfreev (words);
  return self;
}

/**
 * dvr_token_keys_from_setting:
 * @secret: (nullable): of a property auth-secret, as dvr_token_keys_new() takes
 *   it
 *
 * Returns: (transfer full) (nullable): the keys; %NULL where there is no secret.
 *   One that makes no sense gives keys that open nothing: nobody is let in,
 *   rather than everybody
 */
DvrTokenKeys *
dvr_token_keys_from_setting (const gchar * secret)
{
  GError *error = NULL;
  DvrTokenKeys *keys;

  if (!secret || !*secret)
    return NULL;
  keys = dvr_token_keys_new (secret, &error);
  if (keys)
    return keys;
  GST_WARNING ("%s; nobody is let in", error->message);
  g_error_free (error);
  return dvr_token_keys_new (" ", NULL);
}

DvrTokenKeys *
dvr_token_keys_ref (DvrTokenKeys * keys)
{
  g_atomic_int_inc (&keys->refs);
  return keys;
}

void
dvr_token_keys_unref (DvrTokenKeys * keys)
{
  if (!g_atomic_int_dec_and_test (&keys->refs))
    return;
  g_array_unref (keys->keys);
  g_free (keys);
}

/* -- base64url -- */

static gchar *
encode (const guint8 * data, gsize size)
{
  gchar *text = g_base64_encode (data, size), *c;

  for (c = text; *c; c++)
    *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
  text[strcspn (text, "=")] = '\0';
  return text;
}

/* Returns: (nullable): what @length characters stand for, with a 0 behind */
static guint8 *
decode (const gchar * text, gsize length, gsize * size)
{
  gchar *padded = g_strndup (text, length + 3), *again;
  gboolean same;
  guint8 *data;
  gsize i;

  for (i = 0; i < length; i++) {
    if (!g_ascii_isalnum (text[i]) && text[i] != '-' && text[i] != '_') {
      g_free (padded);
      return NULL;
    }
    padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
  }
  for (; i % 4; i++)
    padded[i] = '=';
  padded[i] = '\0';
  data = g_base64_decode (padded, size);
  g_free (padded);
  /* bits of the last character that mean nothing must be zero */
  again = encode (data, *size);
  same = strlen (again) == length && memcmp (again, text, length) == 0;
  g_free (again);
  if (!same) {
    g_free (data);
    return NULL;
  }
  data = g_realloc (data, *size + 1);
  data[*size] = 0;
  return data;
}

/* -- tokens -- */

static void
sign (const Key * key, const gchar * text, gsize length, guint8 mac[MAC_SIZE])
{
  GHmac *hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *) key->secret,
      strlen (key->secret));
  gsize size = MAC_SIZE;

  g_hmac_update (hmac, (const guchar *) text, length);
  g_hmac_get_digest (hmac, mac, &size);
  g_hmac_unref (hmac);
}

/* In a time that depends on @a_length alone, which whoever guesses knows. */
gboolean
dvr_secrets_are_equal (const gchar * a, gsize a_length, const gchar * b,
    gsize b_length)
{
  guint difference = a_length != b_length;
  gsize i;

  for (i = 0; i < a_length; i++)
    difference |= a[i] ^ b[b_length ? i % b_length : 0];
  return difference == 0;
}

static const gchar *
name_of (DvrTokenUse use)
{
  return use == DVR_TOKEN_PUBLISH ? "publish" : "play";
}

/**
 * dvr_token_make:
 * @keys: the first of them signs
 * @use: what is granted
 * @expiry: until when, seconds since 1970
 * @prefix: for which streams
 *
 * Returns: (transfer full): a token
 */
gchar *
dvr_token_make (DvrTokenKeys * keys, DvrTokenUse use, gint64 expiry,
    const gchar * prefix)
{
  const Key *key = &g_array_index (keys->keys, Key, 0);
  gchar *plain = g_strdup_printf (FORMAT ":%s:%s:%" G_GINT64_FORMAT ":%s",
      key->id, name_of (use), expiry, prefix);
  gchar *grant = encode ((const guint8 *) plain, strlen (plain));
  guint8 mac[MAC_SIZE];
  gchar *signature, *token;

  sign (key, grant, strlen (grant), mac);
  signature = encode (mac, MAC_SIZE);
  token = g_strconcat (grant, ".", signature, NULL);
  g_free (signature);
  g_free (grant);
  g_free (plain);
  return token;
}

static gboolean
is_signed (DvrTokenKeys * keys, const gchar * id, const gchar * token,
    const gchar * dot)
{
  gboolean good = FALSE;
  guint8 *given, mac[MAC_SIZE];
  gsize size;
  guint i;

  given = decode (dot + 1, strlen (dot + 1), &size);
  for (i = 0; i < keys->keys->len && given; i++) {
    const Key *key = &g_array_index (keys->keys, Key, i);

    if (strcmp (key->id, id) != 0)
      continue;
    sign (key, token, dot - token, mac);
    good |= dvr_secrets_are_equal ((const gchar *) given, size,
        (const gchar *) mac, MAC_SIZE);
  }
  g_free (given);
  return good;
}

/* Whole components only: live/cam does not open live/cam1. */
static gboolean
is_prefix (const gchar * prefix, const gchar * stream)
{
  gsize length = strlen (prefix);

  while (length > 0 && prefix[length - 1] == '/')
    length--;
  return length == 0 || (strncmp (prefix, stream, length) == 0
      && (stream[length] == '\0' || stream[length] == '/'));
}

static gboolean
check_grant (gchar ** fields, const gchar * stream, DvrTokenUse use,
    gint64 now, gint64 grace, GError ** error)
{
  gint64 expiry;

  if (strcmp (fields[2], name_of (use)) != 0 || !is_prefix (fields[4], stream)
      || !g_ascii_string_to_signed (fields[3], 10, 0, G_MAXINT64, &expiry,
          NULL)) {
    g_set_error (error, DVR_TOKEN_ERROR, DVR_TOKEN_ERROR_WRONG,
        "the token does not grant to %s this stream", name_of (use));
    return FALSE;
  }
  if (now > expiry && now - expiry > grace) {
    g_set_error (error, DVR_TOKEN_ERROR, DVR_TOKEN_ERROR_EXPIRED,
        "the token has expired; get a new one");
    return FALSE;
  }
  return TRUE;
}

/**
 * dvr_token_verify:
 * @keys: the keys
 * @token: (nullable): what was shown; hostile
 * @stream: what it is shown for
 * @use: likewise
 * @now: seconds since 1970
 * @grace: how long after its end it still opens, seconds
 * @error: why it does not open; never holds the token
 */
gboolean
dvr_token_verify (DvrTokenKeys * keys, const gchar * token,
    const gchar * stream, DvrTokenUse use, gint64 now, gint64 grace,
    GError ** error)
{
  const gchar *dot = token && strlen (token) <= DVR_TOKEN_MAX ?
      strchr (token, '.') : NULL;
  gchar **fields = NULL;
  gboolean ok = FALSE;
  guint8 *grant = NULL;
  gsize size;

  if (!token || !*token) {
    g_set_error (error, DVR_TOKEN_ERROR, DVR_TOKEN_ERROR_MISSING,
        "a token is needed");
    return FALSE;
  }
  if (dot)
    grant = decode (token, dot - token, &size);
  if (grant && strlen ((gchar *) grant) == size)
    fields = g_strsplit ((gchar *) grant, ":", N_FIELDS);
  if (fields && g_strv_length (fields) == N_FIELDS
      && strcmp (fields[0], FORMAT) == 0
      && is_signed (keys, fields[1], token, dot))
    ok = check_grant (fields, stream, use, now, grace, error);
  else
    g_set_error (error, DVR_TOKEN_ERROR, DVR_TOKEN_ERROR_WRONG,
        "the token is not one of ours");
  g_strfreev (fields);
  g_free (grant);
  return ok;
}

/**
 * dvr_query_next:
 * @query: (inout): what stands behind the question mark; moved to behind the
 *   value
 * @name: a field's name
 * @length: (out): how long the value is
 *
 * Returns: (nullable): the value of the next field with that name
 */
const gchar *
dvr_query_next (const gchar ** query, const gchar * name, gsize * length)
{
  gsize size = strlen (name);

  while (**query) {
    const gchar *field = *query;

    *length = strcspn (field, "&");
    *query += *length + (field[*length] == '&');
    if (*length > size && strncmp (field, name, size) == 0
        && field[size] == '=') {
      *length -= size + 1;
      return field + size + 1;
    }
  }
  return NULL;
}

/**
 * dvr_token_from_query:
 * @query: (nullable): what stands behind the question mark
 *
 * Returns: (transfer full) (nullable): the value of `token`
 */
gchar *
dvr_token_from_query (const gchar * query)
{
  const gchar *token;
  gsize length;

  while (query && (token = dvr_query_next (&query, "token", &length))) {
    if (length > 0)
      return g_strndup (token, length);
  }
  return NULL;
}
