/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmphandshake.h: the RTMP handshake, simple and with digests, both sides
 *
 *   gst_rtmp_handshake_start()    what the client says unasked
 *   gst_rtmp_handshake_feed()     bytes in, answers out, until it is done
 *
 * Not thread-safe. No clock: a peer that dawdles is the caller's to drop.
 */
#ifndef __GST_RTMP_HANDSHAKE_H__
#define __GST_RTMP_HANDSHAKE_H__

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstRtmpHandshake GstRtmpHandshake;

typedef enum
{
  GST_RTMP_ROLE_SERVER,
  GST_RTMP_ROLE_CLIENT
} GstRtmpRole;

/* A client offers one of these; a server answers in kind. */
typedef enum
{
  GST_RTMP_DIGEST_NONE,         /* the simple handshake of the specification */
  GST_RTMP_DIGEST_FIRST,        /* digest in the first half of C1 */
  GST_RTMP_DIGEST_SECOND        /* digest in the second half of C1 */
} GstRtmpDigest;

GstRtmpHandshake * gst_rtmp_handshake_new (GstRtmpRole role,
    GstRtmpDigest digest);
void          gst_rtmp_handshake_free       (GstRtmpHandshake * handshake);

void          gst_rtmp_handshake_start      (GstRtmpHandshake * handshake,
    GByteArray * out);
gboolean      gst_rtmp_handshake_feed       (GstRtmpHandshake * handshake,
    const guint8 * data, gsize size, gsize * used, GByteArray * out,
    GError ** error);
gboolean      gst_rtmp_handshake_is_done    (GstRtmpHandshake * handshake);
GstRtmpDigest gst_rtmp_handshake_get_digest (GstRtmpHandshake * handshake);

G_END_DECLS

#endif /* __GST_RTMP_HANDSHAKE_H__ */
