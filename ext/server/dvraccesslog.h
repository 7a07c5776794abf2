/* dvraccesslog.h: what clients did, a line each
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _DvrAccessLog DvrAccessLog;

/**
 * DvrAccessEvent:
 * @event: connect, disconnect, publish, unpublish, play, stop, pause, unpause,
 *   seek, client-seek, client-pause, start-transmit, stop-transmit, or the
 *   method of an HTTP request
 * @category: session or stream
 * @context: (nullable): how it went: over RTMP the code of the status that
 *   refused it, over HTTP how the cache met it
 * @protocol: rtmp or http
 * @address: of the client
 * @client_id: of its connection; 0 = none
 * @session: (nullable): what it calls its playback, where it has no id
 * @stream: (nullable): the stream's name
 * @position: in the stream, milliseconds; -1 = none
 * @status: as HTTP has them; 0 = none
 * @duration: of what has ended, microseconds; -1 = none
 * @bytes_in: from the client; -1 = not known
 * @bytes_out: to the client; -1 = not known
 * @uri: (nullable): what was asked for, without token and query
 * @agent: (nullable): what the client says it is
 * @cmcd: (nullable): how the client says its playback is (CTA-5004)
 */
typedef struct
{
  const gchar *event;
  const gchar *category;
  const gchar *context;
  const gchar *protocol;
  const gchar *address;
  guint64 client_id;
  const gchar *session;
  const gchar *stream;
  gint64 position;
  guint status;
  gint64 duration;
  gint64 bytes_in;
  gint64 bytes_out;
  const gchar *uri;
  const gchar *agent;
  const gchar *cmcd;
} DvrAccessEvent;

/* Nothing but what is named; fill in the rest. */
static inline DvrAccessEvent
dvr_access_event (const gchar * event, const gchar * category,
    const gchar * protocol)
{
  return (DvrAccessEvent) {
    .event = event, .category = category, .protocol = protocol,
    .position = -1, .duration = -1, .bytes_in = -1, .bytes_out = -1
  };
}

DvrAccessLog * dvr_access_log_new    (const gchar * path, GError ** error);
void           dvr_access_log_free   (DvrAccessLog * self);
void           dvr_access_log_write  (DvrAccessLog * self,
                                      const DvrAccessEvent * event);
void           dvr_access_log_reopen (DvrAccessLog * self);
guint64        dvr_access_log_get_lost (DvrAccessLog * self);

G_END_DECLS
