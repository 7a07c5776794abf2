/* rtmpfixture.h: an RTMP client on a plain socket
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "rtmp/rtmpclientsession.h"

G_BEGIN_DECLS

/**
 * RtmpClient:
 * @fd: its socket
 * @session: what it says
 * @connected: whether connect was answered
 * @stream_id: of the NetStream it has made; 0 = none yet
 * @code: (nullable): of the last status, or of what connect was rejected with
 * @codes: of all statuses, until they are waited for
 * @result: (nullable): of the last call that was answered
 * @n_results: how many were
 * @on_media: (nullable): where audio and video messages go
 * @user_data: for @on_media
 */
typedef struct
{
  int fd;
  GstRtmpClientSession *session;
  gboolean connected;
  guint32 stream_id;
  gchar *code;
  GQueue codes;
  GstAmf *result;
  guint n_results;
  GstRtmpClientFunc on_media;
  gpointer user_data;
} RtmpClient;

void          rtmp_client_dial     (RtmpClient * self, guint port,
                                    guint caps_ex);
void          rtmp_client_open     (RtmpClient * self, guint port,
                                    guint caps_ex);
void          rtmp_client_close    (RtmpClient * self);
void          rtmp_client_flush    (RtmpClient * self);
gboolean      rtmp_client_hear     (RtmpClient * self);
void          rtmp_client_create_stream (RtmpClient * self);
void          rtmp_client_play     (RtmpClient * self, const gchar * name);
const gchar * rtmp_client_wait_status (RtmpClient * self);
void          rtmp_client_wait_code (RtmpClient * self, const gchar * code);
void          rtmp_client_call     (RtmpClient * self, const gchar * name,
                                    const gchar * stream);
GstAmf *      rtmp_client_wait_result (RtmpClient * self);

G_END_DECLS
