/* httpclient.h: an HTTP client that reads to the end of the connection
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * Reply:
 * @status: 0: there was no answer
 * @head: (nullable): all lines of it
 * @body: with a NUL behind, which does not count
 */
typedef struct
{
  guint status;
  gchar *head;
  GByteArray *body;
} Reply;

GSocketConnection *send_text (gint port, const gchar * text);
GSocketConnection *send_request (gint port, const gchar * method,
    const gchar * path, const gchar * headers);
Reply *read_reply (GSocketConnection * connection);
void reply_free (Reply * reply);
guint read_status (GSocketConnection * connection);

static inline const gchar *
reply_text (const Reply * reply)
{
  return (const gchar *) reply->body->data;
}

G_END_DECLS
