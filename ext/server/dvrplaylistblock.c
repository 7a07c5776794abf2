/* dvrplaylistblock.c: text that many renderings share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each block is compressed by itself, once, and only if somebody wants it so.
 * Pieces of deflate data that end on a byte boundary may be put in a row
 * (RFC 1951 section 3.2), and the CRC of the whole follows from those of the
 * pieces: so a whole day's list is never compressed anew. GZlibCompressor
 * cannot do that, hence zlib itself.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <zlib.h>

#include "dvrplaylistblock.h"

#define LEVEL 6

struct _DvrBlock
{
  gint refs;
  gchar *text;
  gsize size;
  GMutex lock;
  gboolean has_deflated;
  DvrDeflated deflated;
};

/**
 * dvr_block_new:
 * @text: (transfer full): whole lines
 */
DvrBlock *
dvr_block_new (GString * text)
{
  DvrBlock *block = g_new0 (DvrBlock, 1);

  block->refs = 1;
  block->size = text->len;
  block->text = g_string_free (text, FALSE);
  g_mutex_init (&block->lock);
  return block;
}

DvrBlock *
dvr_block_ref (DvrBlock * block)
{
  g_atomic_int_inc (&block->refs);
  return block;
}

void
dvr_block_unref (DvrBlock * block)
{
  if (!g_atomic_int_dec_and_test (&block->refs))
    return;
  g_clear_pointer (&block->deflated.bytes, g_bytes_unref);
  g_mutex_clear (&block->lock);
  g_free (block->text);
  g_free (block);
}

const gchar *
dvr_block_get_text (DvrBlock * block, gsize * size)
{
  *size = block->size;
  return block->text;
}

/* With a window that is no larger than the text: to clear the tables of the
 * largest one takes longer than to compress what most blocks are. */
static GBytes *
deflate_text (const gchar * text, gsize size)
{
  gint bits = CLAMP (g_bit_storage (size), 9, MAX_WBITS);
  z_stream stream = { 0, };
  gsize bound;
  guint8 *out;

  if (deflateInit2 (&stream, LEVEL, Z_DEFLATED, -bits, CLAMP (bits - 7, 4, 8),
          Z_DEFAULT_STRATEGY) != Z_OK)
    return NULL;
  /* room for the flush marker */
  bound = deflateBound (&stream, size) + 16;
  out = g_malloc (bound);
  stream.next_in = (guint8 *) text;
  stream.avail_in = size;
  stream.next_out = out;
  stream.avail_out = bound;
  if (deflate (&stream, Z_SYNC_FLUSH) != Z_OK || stream.avail_in != 0) {
    deflateEnd (&stream);
    g_free (out);
    return NULL;
  }
  bound -= stream.avail_out;
  deflateEnd (&stream);
  return g_bytes_new_take (g_realloc (out, bound), bound);
}

/**
 * dvr_block_get_deflated:
 * @block: a block
 *
 * Returns: (transfer none) (nullable): its text, compressed
 */
const DvrDeflated *
dvr_block_get_deflated (DvrBlock * block)
{
  gboolean there;

  g_mutex_lock (&block->lock);
  if (!block->has_deflated) {
    block->has_deflated = TRUE;
    block->deflated.bytes = deflate_text (block->text, block->size);
    block->deflated.crc = crc32 (0, (const guint8 *) block->text, block->size);
  }
  there = block->deflated.bytes != NULL;
  g_mutex_unlock (&block->lock);
  return there ? &block->deflated : NULL;
}
