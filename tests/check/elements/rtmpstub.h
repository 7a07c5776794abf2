/* rtmpstub.h: an RTMP server that does what a test says
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "rtmp/rtmpserversession.h"

G_BEGIN_DECLS

typedef struct _RtmpStub RtmpStub;
typedef struct _RtmpStubClient RtmpStubClient;

/* Serves one connection, in a thread of its own, which ends when it returns. */
typedef void (*RtmpStubHandler) (RtmpStubClient * client, gpointer data);

/**
 * RtmpStubClient:
 * @stub: whose client it is
 * @fd: its socket, for those who do not speak RTMP
 * @index: how many came before it
 * @session: for those who do
 * @stream_id: of what is played; 0: nothing yet
 * @missing: whether play is answered with StreamNotFound
 * @recorded: whether it is answered as a recording
 * @refuse: whether connect is refused
 * @redirect: (nullable): where it is sent to then
 * @silent: whether play is only noted
 */
struct _RtmpStubClient
{
  RtmpStub *stub;
  int fd;
  guint index;
  GstRtmpServerSession *session;
  guint32 stream_id;
  gboolean missing;
  gboolean recorded;
  gboolean refuse;
  const gchar *redirect;
  gboolean silent;
  gboolean raw;                 /* rtmp_stub_send_message() was used */
};

RtmpStub * rtmp_stub_new          (RtmpStubHandler handler, gpointer data);
void       rtmp_stub_free         (RtmpStub * self);
gchar *    rtmp_stub_get_location (RtmpStub * self, const gchar * path);
guint      rtmp_stub_count        (RtmpStub * self);
guint      rtmp_stub_count_open   (RtmpStub * self);
/* All that clients have said, a line each, or until @line is among it. */
gchar *    rtmp_stub_get_said     (RtmpStub * self);
void       rtmp_stub_wait_said    (RtmpStub * self, const gchar * line);
/* For handlers: what is worth a line. */
void       rtmp_stub_note         (RtmpStub * self, const gchar * line);
/* Handlers may wait for what a test lets happen. */
void       rtmp_stub_open_gate    (RtmpStub * self);
void       rtmp_stub_wait_gate    (RtmpStub * self);

/* For handlers; FALSE when the client has left. */
gboolean   rtmp_stub_hear         (RtmpStubClient * client);
gboolean   rtmp_stub_accept_play  (RtmpStubClient * client);
void       rtmp_stub_hear_all     (RtmpStubClient * client);
gboolean   rtmp_stub_flush        (RtmpStubClient * client);
gboolean   rtmp_stub_send_bytes   (RtmpStubClient * client,
                                   gconstpointer data, gsize size);
void       rtmp_stub_send_config  (RtmpStubClient * client, guint width);
void       rtmp_stub_send_video   (RtmpStubClient * client, guint32 time,
                                   gboolean key);
void       rtmp_stub_send_audio   (RtmpStubClient * client, guint32 time);
/* Sound and pictures, a keyframe a second, as long from as that, in
 * milliseconds. */
gboolean   rtmp_stub_send_media   (RtmpStubClient * client, guint32 from,
                                   guint32 length);

/* A message as other servers write it: header of type 0 and chunks of 128 bytes,
 * each with the extended timestamp where there is one; not through the session. */
void       rtmp_stub_send_message (RtmpStubClient * client, guint8 type,
                                   guint32 stream_id, guint32 time,
                                   gconstpointer data, gsize size);
/* Likewise a command; @body: (transfer full) */
void       rtmp_stub_send_command (RtmpStubClient * client, guint32 stream_id,
                                   GByteArray * body);
/* Ten seconds of media a second, until the client leaves. */
void       rtmp_stub_pace         (RtmpStubClient * client, guint32 from);

G_END_DECLS
