/* dvrplaylistrendering.c: one state of a playlist, as HTTP answers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <zlib.h>

#include "dvrplaylistrendering.h"
#include "dvrserver.h"

/* libmicrohttpd copies the vector into each connection's memory pool, next to
 * up to 8 KiB of request headers. */
#define MAX_PIECES 384
/* A list of up to this many bytes is copied into one run, once per state: two
 * calls for each of a thousand viewers cost more. */
#define SMALL_SIZE (64 * 1024)

/* Magic, deflate, no flags, no time, unknown system (RFC 1952). */
static const guint8 gzip_header[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };

/* An empty last block of deflate data, then CRC and size. */
#define GZIP_TRAILER_SIZE (2 + 8)

/**
 * dvr_playlist_rendering_new:
 *
 * Returns: (transfer full): a rendering without text
 */
DvrPlaylistRendering *
dvr_playlist_rendering_new (void)
{
  DvrPlaylistRendering *self = g_new0 (DvrPlaylistRendering, 1);

  self->refs = 1;
  self->blocks = g_ptr_array_new_with_free_func (
      (GDestroyNotify) dvr_block_unref);
  g_mutex_init (&self->lock);
  return self;
}

/**
 * dvr_playlist_rendering_new_text:
 * @text: (transfer full): the playlist
 *
 * Returns: (transfer full): a rendering of @text
 */
DvrPlaylistRendering *
dvr_playlist_rendering_new_text (GString * text)
{
  DvrPlaylistRendering *self = dvr_playlist_rendering_new ();

  g_ptr_array_add (self->blocks, dvr_block_new (text));
  return self;
}

DvrPlaylistRendering *
dvr_playlist_rendering_ref (DvrPlaylistRendering * self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
dvr_playlist_rendering_unref (DvrPlaylistRendering * self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  /* The responses hold the blocks, not the rendering. */
  g_clear_pointer (&self->plain, MHD_destroy_response);
  g_clear_pointer (&self->gzip, MHD_destroy_response);
  g_ptr_array_unref (self->blocks);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * dvr_playlist_rendering_get_skipped_to:
 * @self: a rendering
 *
 * Returns: of a delta update the first number it lists, else 0
 */
guint64
dvr_playlist_rendering_get_skipped_to (DvrPlaylistRendering * self)
{
  return self->skipped_to;
}

/* What a response needs for as long as it is sent. */
typedef struct
{
  GPtrArray *blocks;
  guint8 trailer[GZIP_TRAILER_SIZE];
} Hold;

static void
release_hold (void *data)
{
  Hold *hold = data;

  g_ptr_array_unref (hold->blocks);
  g_free (hold);
}

static Hold *
hold_new (DvrPlaylistRendering * self)
{
  Hold *hold = g_new0 (Hold, 1);

  hold->blocks = g_ptr_array_ref (self->blocks);
  return hold;
}

/* One run of bytes, which is sent in one call together with its header. */
static struct MHD_Response *
flatten (const struct MHD_IoVec *pieces, guint n)
{
  GByteArray *all = g_byte_array_new ();
  struct MHD_Response *response;
  guint8 *data;
  gsize size;
  guint i;

  for (i = 0; i < n; i++)
    g_byte_array_append (all, pieces[i].iov_base, pieces[i].iov_len);
  size = all->len;
  data = g_byte_array_free (all, FALSE);
  response = MHD_create_response_from_buffer_with_free_callback_cls (size, data,
      g_free, data);
  if (!response)
    g_free (data);
  return response;
}

static struct MHD_Response *
respond (Hold * hold, const struct MHD_IoVec *pieces, guint n, gsize * total)
{
  struct MHD_Response *response;
  gsize size = 0;
  guint i;

  for (i = 0; i < n; i++)
    size += pieces[i].iov_len;
  *total = size;
  if (n > MAX_PIECES || (n > 1 && size <= SMALL_SIZE)) {
    response = flatten (pieces, n);
    release_hold (hold);
    return response;
  }
  if (n == 1)
    response = MHD_create_response_from_buffer_with_free_callback_cls
        (pieces[0].iov_len, (void *) pieces[0].iov_base, release_hold, hold);
  else
    response = MHD_create_response_from_iovec (pieces, n, release_hold, hold);
  if (!response)
    release_hold (hold);
  return response;
}

static struct MHD_Response *
respond_plain (DvrPlaylistRendering * self)
{
  guint i, n = self->blocks->len;
  struct MHD_IoVec *pieces = g_new (struct MHD_IoVec, n);
  struct MHD_Response *response;

  for (i = 0; i < n; i++) {
    gsize size;

    pieces[i].iov_base =
        dvr_block_get_text (g_ptr_array_index (self->blocks, i), &size);
    pieces[i].iov_len = size;
  }
  response = respond (hold_new (self), pieces, n, &self->plain_size);
  g_free (pieces);
  return response;
}

static struct MHD_Response *
respond_gzip (DvrPlaylistRendering * self)
{
  guint i, n = self->blocks->len;
  struct MHD_IoVec *pieces = g_new (struct MHD_IoVec, n + 2);
  Hold *hold = hold_new (self);
  struct MHD_Response *response;
  gsize size, total = 0;
  uLong crc = 0;

  pieces[0].iov_base = gzip_header;
  pieces[0].iov_len = sizeof (gzip_header);
  for (i = 0; i < n; i++) {
    DvrBlock *block = g_ptr_array_index (self->blocks, i);
    const DvrDeflated *deflated = dvr_block_get_deflated (block);

    if (!deflated) {
      release_hold (hold);
      g_free (pieces);
      return NULL;
    }
    dvr_block_get_text (block, &size);
    crc = crc32_combine (crc, deflated->crc, size);
    total += size;
    pieces[i + 1].iov_base = g_bytes_get_data (deflated->bytes, &size);
    pieces[i + 1].iov_len = size;
  }
  /* BFINAL, fixed codes, end of block. */
  hold->trailer[0] = 3;
  GST_WRITE_UINT32_LE (hold->trailer + 2, crc);
  GST_WRITE_UINT32_LE (hold->trailer + 6, total);
  pieces[n + 1].iov_base = hold->trailer;
  pieces[n + 1].iov_len = GZIP_TRAILER_SIZE;
  response = respond (hold, pieces, n + 2, &self->gzip_size);
  g_free (pieces);
  return response;
}

static void
add_headers (struct MHD_Response *response, gboolean gzip,
    const gchar * cache_control, const gchar * cors_origin, gboolean stale)
{
  MHD_add_response_header (response, "Content-Type",
      "application/vnd.apple.mpegurl");
  MHD_add_response_header (response, "Cache-Control", cache_control);
  MHD_add_response_header (response, "Vary", "Accept-Encoding");
  MHD_add_response_header (response, "Referrer-Policy", "no-referrer");
  MHD_add_response_header (response, "Cache-Status", stale ?
      DVR_CACHE_NAME "; hit; detail=stale" : DVR_CACHE_NAME "; hit");
  if (gzip)
    MHD_add_response_header (response, "Content-Encoding", "gzip");
  if (cors_origin)
    MHD_add_response_header (response, "Access-Control-Allow-Origin",
        cors_origin);
}

/**
 * dvr_playlist_rendering_get_response:
 * @self: a rendering
 * @gzip: whether it is wanted compressed
 * @cache_control: what caches are told
 * @cors_origin: (nullable): what Access-Control-Allow-Origin says
 * @stale: whether upstream is out of reach
 *
 * Returns: (transfer none) (nullable): the one answer for all who want this
 *     state so, made at the first call; it lives as long as @self
 */
struct MHD_Response *
dvr_playlist_rendering_get_response (DvrPlaylistRendering * self, gboolean gzip,
    const gchar * cache_control, const gchar * cors_origin, gboolean stale)
{
  struct MHD_Response **response = gzip ? &self->gzip : &self->plain;

  g_mutex_lock (&self->lock);
  if (!*response) {
    *response = gzip ? respond_gzip (self) : respond_plain (self);
    if (*response)
      add_headers (*response, gzip, cache_control, cors_origin, stale);
  }
  g_mutex_unlock (&self->lock);
  return *response;
}

/* Returns: bytes of the body of an answer that has been made */
gsize
dvr_playlist_rendering_get_size (DvrPlaylistRendering * self, gboolean gzip)
{
  gsize size;

  g_mutex_lock (&self->lock);
  size = gzip ? self->gzip_size : self->plain_size;
  g_mutex_unlock (&self->lock);
  return size;
}
