/* dvrtoken.h: signed, expiring leave to play or publish
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is longer is none of ours. */
#define DVR_TOKEN_MAX 1024

typedef struct _DvrTokenKeys DvrTokenKeys;

/**
 * DvrTokenUse:
 * @DVR_TOKEN_PLAY: playlists, and play over RTMP
 * @DVR_TOKEN_PUBLISH: publish
 */
typedef enum
{
  DVR_TOKEN_PLAY,
  DVR_TOKEN_PUBLISH
} DvrTokenUse;

#define DVR_TOKEN_ERROR (dvr_token_error_quark ())

typedef enum
{
  DVR_TOKEN_ERROR_MISSING,
  DVR_TOKEN_ERROR_WRONG,
  DVR_TOKEN_ERROR_EXPIRED
} DvrTokenError;

GQuark         dvr_token_error_quark (void);
DvrTokenKeys * dvr_token_keys_new   (const gchar * secret, GError ** error);
DvrTokenKeys * dvr_token_keys_from_setting (const gchar * secret);
DvrTokenKeys * dvr_token_keys_ref   (DvrTokenKeys * keys);
void           dvr_token_keys_unref (DvrTokenKeys * keys);

gchar *        dvr_token_make       (DvrTokenKeys * keys,
                                     DvrTokenUse use, gint64 expiry,
                                     const gchar * prefix);
gboolean       dvr_token_verify     (DvrTokenKeys * keys,
                                     const gchar * token,
                                     const gchar * stream,
                                     DvrTokenUse use, gint64 now,
                                     gint64 grace, GError ** error);
const gchar *  dvr_query_next       (const gchar ** query,
                                     const gchar * name,
                                     gsize * length);
gchar *        dvr_token_from_query (const gchar * query);

gboolean       dvr_secrets_are_equal (const gchar * a, gsize a_length,
                                     const gchar * b, gsize b_length);

G_END_DECLS
