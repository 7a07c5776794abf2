/*
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmphandshake.c: the RTMP handshake, simple and with digests, both sides
 *
 * Each side sends a version byte, a packet of 1536 bytes (C1, S1) and a second
 * packet that answers the other's first (C2, S2): specification section 5.2.
 * Flash Player wants more before it plays H.264 or AAC: a digest, an
 * HMAC-SHA256 over C1 hidden at a place that four of its bytes name, and an S2
 * signed with a key derived from it. The constants are public knowledge, so
 * that this proves nothing about who the peer is.
 */
#include "config.h"
#include "rtmphandshake.h"
#include "rtmpmessage.h"
#include "rtmp-private.h"

#include <string.h>

#define GST_CAT_DEFAULT (gst_rtmp_get_debug_category ())

#define RTMP_VERSION 3
#define PACKET_SIZE 1536
#define DIGEST_SIZE 32
/* first byte of a TLS record that begins a connection */
#define TLS_HANDSHAKE 0x16

static const guint8 server_key[] = "Genuine Adobe Flash Media Server 001"
    "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57"
    "\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae";
static const guint8 client_key[] = "Genuine Adobe Flash Player 001"
    "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57"
    "\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae";

/* The first packet is signed with the text alone, the second with all. */
#define SERVER_KEY_TEXT 36
#define CLIENT_KEY_TEXT 30

typedef enum
{
  STATE_VERSION,
  STATE_FIRST,
  STATE_SECOND,
  STATE_DONE
} State;

struct _GstRtmpHandshake
{
  GstRtmpRole role;
  GstRtmpDigest digest;
  State state;
  guint8 own[PACKET_SIZE];      /* C1 or S1 */
  guint8 packet[PACKET_SIZE];   /* what arrives */
  gsize filled;
};

/* @digest: what a client offers; a server takes what it is offered. */
GstRtmpHandshake *
gst_rtmp_handshake_new (GstRtmpRole role, GstRtmpDigest digest)
{
  GstRtmpHandshake *hs = g_new0 (GstRtmpHandshake, 1);

  hs->role = role;
  hs->digest = role == GST_RTMP_ROLE_CLIENT ? digest : GST_RTMP_DIGEST_NONE;
  return hs;
}

void
gst_rtmp_handshake_free (GstRtmpHandshake * handshake)
{
  g_free (handshake);
}

/* HMAC-SHA256 over @data without the @hole of DIGEST_SIZE at that offset. */
static void
sign (guint8 out[DIGEST_SIZE], const guint8 * key, gsize key_size,
    const guint8 * data, gsize size, gsize hole)
{
  GHmac *hmac = g_hmac_new (G_CHECKSUM_SHA256, key, key_size);
  gsize length = DIGEST_SIZE;

  g_hmac_update (hmac, data, hole);
  if (hole + DIGEST_SIZE < size)
    g_hmac_update (hmac, data + hole + DIGEST_SIZE, size - hole - DIGEST_SIZE);
  g_hmac_get_digest (hmac, out, &length);
  g_hmac_unref (hmac);
}

/* The four bytes at the start of either half name the place in it. */
static gsize
digest_offset (const guint8 * packet, GstRtmpDigest digest)
{
  gsize at = digest == GST_RTMP_DIGEST_FIRST ? 8 : 772;
  guint sum = packet[at] + packet[at + 1] + packet[at + 2] + packet[at + 3];

  return at + 4 + sum % 728;
}

static void
first_packet_digest (guint8 out[DIGEST_SIZE], gboolean by_client,
    const guint8 * packet, gsize offset)
{
  sign (out, by_client ? client_key : server_key,
      by_client ? CLIENT_KEY_TEXT : SERVER_KEY_TEXT, packet, PACKET_SIZE,
      offset);
}

static gboolean
has_digest (const guint8 * packet, gboolean by_client, GstRtmpDigest digest)
{
  gsize offset = digest_offset (packet, digest);
  guint8 expected[DIGEST_SIZE];

  first_packet_digest (expected, by_client, packet, offset);
  return memcmp (expected, packet + offset, DIGEST_SIZE) == 0;
}

static GstRtmpDigest
find_digest (const guint8 * packet, gboolean by_client)
{
  /* a version of zero says that there is none */
  if (GST_READ_UINT32_BE (packet + 4) == 0)
    return GST_RTMP_DIGEST_NONE;
  if (has_digest (packet, by_client, GST_RTMP_DIGEST_FIRST))
    return GST_RTMP_DIGEST_FIRST;
  if (has_digest (packet, by_client, GST_RTMP_DIGEST_SECOND))
    return GST_RTMP_DIGEST_SECOND;
  return GST_RTMP_DIGEST_NONE;
}

static void
fill_random (guint8 * data, gsize size)
{
  for (; size >= 4; data += 4, size -= 4)
    GST_WRITE_UINT32_BE (data, g_random_int ());
}

static void
make_first_packet (GstRtmpHandshake * hs, GByteArray * out)
{
  gboolean client = hs->role == GST_RTMP_ROLE_CLIENT;
  /* versions of Flash Player and Flash Media Server that sign */
  guint32 version = client ? 0x0a002d02 : 0x03050304;

  fill_random (hs->own, PACKET_SIZE);
  GST_WRITE_UINT32_BE (hs->own, 0);
  if (hs->digest == GST_RTMP_DIGEST_NONE) {
    GST_WRITE_UINT32_BE (hs->own + 4, 0);
  } else {
    gsize offset;

    GST_WRITE_UINT32_BE (hs->own + 4, version);
    offset = digest_offset (hs->own, hs->digest);
    first_packet_digest (hs->own + offset, client, hs->own, offset);
  }
  gst_rtmp_put_u8 (out, RTMP_VERSION);
  g_byte_array_append (out, hs->own, PACKET_SIZE);
}

/* The answer to the peer's first packet: an echo of it, or noise signed with a
 * key derived from its digest. */
static void
make_second_packet (GstRtmpHandshake * hs, GByteArray * out)
{
  gboolean client = hs->role == GST_RTMP_ROLE_CLIENT;
  guint8 answer[PACKET_SIZE], derived[DIGEST_SIZE];

  if (hs->digest == GST_RTMP_DIGEST_NONE) {
    /* to the byte, though the specification has a second time stamp in it:
     * there are clients that compare */
    memcpy (answer, hs->packet, PACKET_SIZE);
  } else {
    gsize theirs = digest_offset (hs->packet, hs->digest);

    fill_random (answer, PACKET_SIZE);
    sign (derived, client ? client_key : server_key,
        client ? sizeof client_key - 1 : sizeof server_key - 1,
        hs->packet + theirs, DIGEST_SIZE, DIGEST_SIZE);
    sign (answer + PACKET_SIZE - DIGEST_SIZE, derived, DIGEST_SIZE, answer,
        PACKET_SIZE, PACKET_SIZE - DIGEST_SIZE);
  }
  g_byte_array_append (out, answer, PACKET_SIZE);
}

/**
 * gst_rtmp_handshake_start:
 * @out: C0 and C1 are appended here
 *
 * Begins the handshake of a client. A server has nothing to say first.
 */
void
gst_rtmp_handshake_start (GstRtmpHandshake * handshake, GByteArray * out)
{
  if (handshake->role == GST_RTMP_ROLE_CLIENT)
    make_first_packet (handshake, out);
}

/* Section 5.2.2. A server that does not know the version answers with 3 and
 * lets the client decide; from 32 on it is a text protocol. */
static gboolean
check_version (GstRtmpHandshake * hs, guint8 version, GError ** error)
{
  const gchar *what = NULL;

  if (version == TLS_HANDSHAKE)
    what = "this looks like TLS; RTMPS needs a TLS proxy in front";
  else if (version == 6 || version == 8)
    what = "encrypted RTMP (RTMPE) is not spoken here";
  else if (version >= 32)
    what = "this is not RTMP";
  else if (hs->role == GST_RTMP_ROLE_CLIENT && version != RTMP_VERSION)
    what = "the server speaks another version of RTMP";
  if (!what)
    return TRUE;
  g_set_error (error, GST_RTMP_ERROR, GST_RTMP_ERROR_HANDSHAKE,
      "handshake: first byte is 0x%02x: %s", version, what);
  return FALSE;
}

static void
handle_first (GstRtmpHandshake * hs, GByteArray * out)
{
  if (hs->role == GST_RTMP_ROLE_SERVER) {
    hs->digest = find_digest (hs->packet, TRUE);
    make_first_packet (hs, out);
  } else if (hs->digest != GST_RTMP_DIGEST_NONE) {
    /* many servers answer a digest with the simple handshake */
    hs->digest = find_digest (hs->packet, FALSE);
  }
  GST_DEBUG ("handshake with digest %d", hs->digest);
  make_second_packet (hs, out);
}

/* What the second packet holds is not checked: real peers put anything there,
 * and a match would prove nothing. */
static void
handle_packet (GstRtmpHandshake * hs, GByteArray * out)
{
  hs->filled = 0;
  if (hs->state == STATE_FIRST) {
    handle_first (hs, out);
    hs->state = STATE_SECOND;
  } else {
    hs->state = STATE_DONE;
  }
}

/**
 * gst_rtmp_handshake_feed:
 * @data: (array length=size): what came from the peer, in pieces of any size
 * @used: (out): how many bytes belong to the handshake; the rest is chunks
 * @out: answers are appended here
 * @error: %GST_RTMP_ERROR_HANDSHAKE: the peer does not speak RTMP, or a kind of
 *   it that is not supported
 *
 * Takes what the handshake needs and no more.
 *
 * Returns: %FALSE when there can be no connection
 */
gboolean
gst_rtmp_handshake_feed (GstRtmpHandshake * handshake, const guint8 * data,
    gsize size, gsize * used, GByteArray * out, GError ** error)
{
  gsize pos = 0;

  *used = 0;
  if (handshake->state == STATE_VERSION && size > 0) {
    if (!check_version (handshake, data[0], error))
      return FALSE;
    handshake->state = STATE_FIRST;
    pos = 1;
  }
  while (pos < size && handshake->state != STATE_DONE) {
    gsize take = MIN (size - pos, PACKET_SIZE - handshake->filled);

    memcpy (handshake->packet + handshake->filled, data + pos, take);
    handshake->filled += take;
    pos += take;
    if (handshake->filled == PACKET_SIZE)
      handle_packet (handshake, out);
  }
  *used = pos;
  return TRUE;
}

gboolean
gst_rtmp_handshake_is_done (GstRtmpHandshake * handshake)
{
  return handshake->state == STATE_DONE;
}

/* Which kind it became; meaningful once it is done. */
GstRtmpDigest
gst_rtmp_handshake_get_digest (GstRtmpHandshake * handshake)
{
  return handshake->digest;
}
