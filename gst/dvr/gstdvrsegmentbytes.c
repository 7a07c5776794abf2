/* gstdvrsegmentbytes.c: the bytes of a segment, and its parts
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fmp4/fmp4box.h>
#include <string.h>

#include "gstdvrsegment-private.h"

/* Bytes of unknown total length come in blocks that double up to this. */
#define MIN_BLOCK (64 * 1024)
#define MAX_BLOCK (1024 * 1024)
/* Of a segment that came as a whole. */
#define MAX_PARTS 4096
/* A larger total is not taken at its word: it comes in blocks, too. */
#define MAX_SINGLE_BLOCK (64 * 1024 * 1024)

static GstDvrSegmentPiece *
find_piece_locked (GstDvrSegment * self, guint64 offset)
{
  guint low = 0, high = self->pieces->len;

  if (offset >= self->size)
    return NULL;

  while (high - low > 1) {
    guint middle = low + (high - low) / 2;

    if (g_array_index (self->pieces, GstDvrSegmentPiece,
            middle).offset <= offset)
      low = middle;
    else
      high = middle;
  }

  return &g_array_index (self->pieces, GstDvrSegmentPiece, low);
}

static gboolean
read_locked (GstDvrSegment * self, guint64 offset, guint8 * data, gsize size)
{
  if (offset > self->size || size > self->size - offset)
    return FALSE;

  while (size > 0) {
    GstDvrSegmentPiece *piece = find_piece_locked (self, offset);
    gsize skip = offset - piece->offset;
    gsize n = MIN (size, piece->size - skip);

    memcpy (data, piece->data + skip, n);
    data += n;
    offset += n;
    size -= n;
  }

  return TRUE;
}

/* ISO/IEC 14496-12 section 4.2: size, type, and a 64-bit size where size is
 * 1. Returns 0 where no whole box header stands. */
static guint64
box_size_locked (GstDvrSegment * self, guint64 offset, guint32 * type)
{
  guint8 header[16];
  guint64 size;

  if (!read_locked (self, offset, header, 8))
    return 0;

  size = GST_READ_UINT32_BE (header);
  *type = GST_READ_UINT32_BE (header + 4);
  if (size == 1) {
    if (!read_locked (self, offset, header, 16))
      return 0;
    size = GST_READ_UINT64_BE (header + 8);
  }

  return size >= 8 && size <= self->size - offset ? size : 0;
}

/* Finds the parts of what came without their boundaries: each begins with its
 * prft boxes, others may have one for each track. What claims to be more parts
 * than a segment has is one. */
static void
scan_parts_locked (GstDvrSegment * self)
{
  guint64 start = self->parts_end, offset = start, size;
  gboolean media = FALSE;
  guint32 type;

  if (self->scanned || self->state != GST_DVR_SEGMENT_WHOLE ||
      self->id.kind == GST_DVR_SEGMENT_RANGE)
    return;
  self->scanned = TRUE;

  while ((size = box_size_locked (self, offset, &type)) > 0) {
    if (type == GST_FMP4_PRFT && media && self->parts->len + 1 < MAX_PARTS) {
      GstDvrPart part = { start, offset - start, GST_CLOCK_TIME_NONE,
        self->parts->len == 0
      };

      g_array_append_val (self->parts, part);
      start = offset;
      media = FALSE;
    }
    media |= type == GST_FMP4_MOOF;
    offset += size;
  }

  if (start < self->size) {
    GstDvrPart part = { start, self->size - start, GST_CLOCK_TIME_NONE,
      self->parts->len == 0
    };

    g_array_append_val (self->parts, part);
  }
  self->parts_end = self->size;
}

/**
 * gst_dvr_segment_get_n_parts:
 * @self: a segment
 *
 * Returns: how many whole parts are there now
 */
guint
gst_dvr_segment_get_n_parts (GstDvrSegment * self)
{
  guint n;

  g_mutex_lock (&self->lock);
  scan_parts_locked (self);
  n = self->parts->len;
  g_mutex_unlock (&self->lock);

  return n;
}

/**
 * gst_dvr_segment_get_part:
 * @self: a segment
 * @index: which part
 * @part: (out): where to put it
 *
 * Returns: whether part @index is there
 */
gboolean
gst_dvr_segment_get_part (GstDvrSegment * self, guint index, GstDvrPart * part)
{
  gboolean found;

  g_mutex_lock (&self->lock);
  scan_parts_locked (self);
  found = index < self->parts->len;
  if (found)
    *part = g_array_index (self->parts, GstDvrPart, index);
  g_mutex_unlock (&self->lock);

  return found;
}

/**
 * gst_dvr_segment_peek:
 * @self: a segment
 * @offset: where
 * @available: (out): how many bytes can be read from there in one run; more
 *   may follow at another address
 *
 * Returns: (nullable) (transfer none): the bytes, valid and unchanging as long
 *   as the caller holds @self; NULL if there are none yet
 */
const guint8 *
gst_dvr_segment_peek (GstDvrSegment * self, guint64 offset, gsize * available)
{
  const guint8 *data = NULL;
  GstDvrSegmentPiece *piece;

  *available = 0;
  g_mutex_lock (&self->lock);
  piece = find_piece_locked (self, offset);
  if (piece) {
    *available = piece->size - (offset - piece->offset);
    data = piece->data + (offset - piece->offset);
  }
  g_mutex_unlock (&self->lock);

  return data;
}

/**
 * gst_dvr_segment_read:
 * @self: a segment
 * @offset: from where
 * @data: (out): where to copy to
 * @size: how many bytes
 *
 * Returns: whether all of them were there and have been copied
 */
gboolean
gst_dvr_segment_read (GstDvrSegment * self, guint64 offset, gpointer data,
    gsize size)
{
  gboolean done;

  g_mutex_lock (&self->lock);
  done = read_locked (self, offset, data, size);
  g_mutex_unlock (&self->lock);

  return done;
}

static void
unref_segment (gpointer self)
{
  gst_dvr_segment_unref (self);
}

static GstMemory *
copy_memory (GstDvrSegment * self, guint64 offset, gsize size)
{
  GstMemory *memory = gst_allocator_alloc (NULL, size, NULL);
  GstMapInfo map;

  gst_memory_map (memory, &map, GST_MAP_WRITE);
  gst_dvr_segment_read (self, offset, map.data, size);
  gst_memory_unmap (memory, &map);

  return memory;
}

/* Shares one run of bytes, which may be less than is there. */
static GstMemory *
share_memory (GstDvrSegment * self, guint64 offset, gsize size)
{
  gsize available;
  const guint8 *data = gst_dvr_segment_peek (self, offset, &available);

  available = MIN (available, size);

  return gst_memory_new_wrapped (GST_MEMORY_FLAG_READONLY, (gpointer) data,
      available, 0, available, gst_dvr_segment_ref (self), unref_segment);
}

/**
 * gst_dvr_segment_get_buffer:
 * @self: a segment
 * @offset: from where
 * @size: how many bytes
 *
 * The buffer shares the segment's bytes and holds the segment; only a range
 * over more pieces than a buffer can hold without merging is copied.
 *
 * Returns: (transfer full) (nullable): a buffer without timestamps, or NULL if
 *   not all of the bytes are there
 */
GstBuffer *
gst_dvr_segment_get_buffer (GstDvrSegment * self, guint64 offset, guint64 size)
{
  GstBuffer *buffer;

  if (offset > gst_dvr_segment_get_size (self) ||
      size > gst_dvr_segment_get_size (self) - offset)
    return NULL;

  buffer = gst_buffer_new ();
  while (size > 0) {
    gboolean full =
        gst_buffer_n_memory (buffer) + 1 == gst_buffer_get_max_memory ();
    GstMemory *memory = full ? copy_memory (self, offset, size) :
        share_memory (self, offset, size);
    gsize taken = gst_memory_get_sizes (memory, NULL, NULL);

    gst_buffer_append_memory (buffer, memory);
    offset += taken;
    size -= taken;
  }

  return buffer;
}

/**
 * gst_dvr_segment_set_total:
 * @self: a segment
 * @total: how many bytes it will have, such as HTTP's Content-Length says
 */
void
gst_dvr_segment_set_total (GstDvrSegment * self, guint64 total)
{
  g_mutex_lock (&self->lock);
  self->total = total;
  gst_dvr_segment_unlock_and_notify (self);
}

static gboolean
append_locked (GstDvrSegment * self, GstBuffer * buffer)
{
  GstDvrSegmentPiece piece = {.buffer = buffer };

  if (self->state != GST_DVR_SEGMENT_FILLING ||
      !gst_buffer_map (buffer, &piece.map, GST_MAP_READ)) {
    gst_buffer_unref (buffer);
    return FALSE;
  }

  piece.data = piece.map.data;
  piece.size = piece.capacity = piece.map.size;
  piece.offset = self->size;
  if (piece.size == 0) {
    gst_dvr_segment_piece_clear (&piece);
    return TRUE;
  }
  self->size += piece.size;
  g_array_append_val (self->pieces, piece);

  return TRUE;
}

static void
end_part_locked (GstDvrSegment * self, GstClockTime duration,
    gboolean independent)
{
  GstDvrPart part = { self->parts_end, self->size - self->parts_end, duration,
    independent
  };

  if (part.size == 0)
    return;
  g_array_append_val (self->parts, part);
  self->parts_end = self->size;
  gst_dvr_ahead_drop_before (&self->ahead, self->parts->len);
}

/**
 * gst_dvr_segment_append:
 * @self: a segment
 * @buffer: (transfer full): bytes that follow, best in one memory: a buffer of
 *   several is merged, that is copied
 *
 * Returns: FALSE if the segment is not filling any more
 */
gboolean
gst_dvr_segment_append (GstDvrSegment * self, GstBuffer * buffer)
{
  gboolean done;

  g_mutex_lock (&self->lock);
  done = append_locked (self, buffer);
  gst_dvr_segment_unlock_and_notify (self);

  return done;
}

/**
 * gst_dvr_segment_append_part:
 * @self: a segment
 * @buffer: (transfer full): the bytes of the whole next part
 * @duration: its duration in nanoseconds
 * @independent: whether it begins with a keyframe
 *
 * Returns: FALSE if the segment is not filling any more
 */
gboolean
gst_dvr_segment_append_part (GstDvrSegment * self, GstBuffer * buffer,
    GstClockTime duration, gboolean independent)
{
  gboolean done;

  g_mutex_lock (&self->lock);
  done = append_locked (self, buffer);
  if (done)
    end_part_locked (self, duration, independent);
  gst_dvr_segment_unlock_and_notify (self);

  return done;
}

static GstDvrSegmentPiece *
get_block_locked (GstDvrSegment * self)
{
  GstDvrSegmentPiece block = {.buffer = NULL };
  GstDvrSegmentPiece *last = NULL;

  if (self->pieces->len > 0)
    last =
        &g_array_index (self->pieces, GstDvrSegmentPiece,
        self->pieces->len - 1);
  if (last && last->buffer == NULL && last->size < last->capacity)
    return last;

  if (self->total > self->size && self->total - self->size <= MAX_SINGLE_BLOCK)
    block.capacity = self->total - self->size;
  else if (last && last->buffer == NULL)
    block.capacity = MIN (last->capacity * 2, MAX_BLOCK);
  else
    block.capacity = MIN_BLOCK;
  block.data = g_try_malloc (block.capacity);
  if (block.data == NULL)
    return NULL;
  self->spare += block.capacity;
  block.offset = self->size;
  g_array_append_val (self->pieces, block);

  return &g_array_index (self->pieces, GstDvrSegmentPiece,
      self->pieces->len - 1);
}

/**
 * gst_dvr_segment_append_bytes:
 * @self: a segment
 * @data: bytes that follow
 * @size: how many
 *
 * Copies @data, once, to where all readers find them. With the total known
 * before (gst_dvr_segment_set_total()), all bytes end up in one run.
 *
 * Returns: FALSE if the segment is not filling any more, or memory ran out
 */
gboolean
gst_dvr_segment_append_bytes (GstDvrSegment * self, gconstpointer data,
    gsize size)
{
  const guint8 *bytes = data;
  gboolean done;

  g_mutex_lock (&self->lock);
  done = self->state == GST_DVR_SEGMENT_FILLING;
  while (done && size > 0) {
    GstDvrSegmentPiece *block = get_block_locked (self);
    gsize n;

    if (block == NULL) {
      done = FALSE;
      break;
    }
    n = MIN (size, block->capacity - block->size);
    memcpy (block->data + block->size, bytes, n);
    block->size += n;
    self->size += n;
    self->spare -= n;
    bytes += n;
    size -= n;
  }
  gst_dvr_segment_unlock_and_notify (self);

  return done;
}

/**
 * gst_dvr_segment_end_part:
 * @self: a segment
 * @duration: the part's duration in nanoseconds
 * @independent: whether it begins with a keyframe
 *
 * What was appended since the last part is a whole part.
 */
void
gst_dvr_segment_end_part (GstDvrSegment * self, GstClockTime duration,
    gboolean independent)
{
  g_mutex_lock (&self->lock);
  end_part_locked (self, duration, independent);
  gst_dvr_segment_unlock_and_notify (self);
}

/**
 * gst_dvr_segment_show_part:
 * @self: a segment
 * @part: index of a part that has not ended
 * @chunks: (element-type GstBuffer): its chunks so far, each one moof+mdat
 * @seen: whether all samples of the last one have been shown
 *
 * Shows the chunks of a part before it ends, to who cannot wait for it. They
 * are no bytes of the segment yet: those come with the part.
 */
void
gst_dvr_segment_show_part (GstDvrSegment * self, guint part,
    GPtrArray * chunks, gboolean seen)
{
  g_mutex_lock (&self->lock);
  if (self->state == GST_DVR_SEGMENT_FILLING && part >= self->parts->len)
    gst_dvr_ahead_show (&self->ahead, part, chunks, seen);
  gst_dvr_segment_unlock_and_notify (self);
}

/**
 * gst_dvr_segment_show_samples:
 * @self: a segment
 * @samples: (element-type GstBuffer): samples that will be in one of its
 *   chunks, each track's in order: DTS and PTS in stream time; a sample's
 *   offset is its place among the segment's samples of its track, and the
 *   offset's end the track's id
 *
 * Shows samples before their chunk is made.
 */
void
gst_dvr_segment_show_samples (GstDvrSegment * self, GPtrArray * samples)
{
  g_mutex_lock (&self->lock);
  if (self->state == GST_DVR_SEGMENT_FILLING)
    gst_dvr_ahead_show_samples (&self->ahead, samples);
  gst_dvr_segment_unlock_and_notify (self);
}

/**
 * gst_dvr_segment_get_sample:
 * @self: a segment
 * @index: (inout): which of the samples that were shown; where it is let go
 *   already, the first that is not
 *
 * Returns: (transfer full) (nullable): the sample, not to be changed
 */
GstBuffer *
gst_dvr_segment_get_sample (GstDvrSegment * self, guint * index)
{
  GstBuffer *sample;

  g_mutex_lock (&self->lock);
  sample = gst_dvr_ahead_get_sample (&self->ahead, index);
  g_mutex_unlock (&self->lock);
  return sample;
}

/**
 * gst_dvr_segment_get_chunk:
 * @self: a segment
 * @part: index of a part that has not ended
 * @index: of a chunk in it
 *
 * Returns: (transfer full) (nullable): the chunk, if it is shown ahead of its
 *   part
 */
GstBuffer *
gst_dvr_segment_get_chunk (GstDvrSegment * self, guint part, guint index)
{
  GstBuffer *chunk;

  g_mutex_lock (&self->lock);
  chunk = gst_dvr_ahead_get (&self->ahead, part, index);
  g_mutex_unlock (&self->lock);
  return chunk;
}

/**
 * gst_dvr_segment_get_progress:
 * @self: a segment
 *
 * Returns: a number that rises when there is more to see of it: bytes, or
 *   chunks and samples ahead of them
 */
guint64
gst_dvr_segment_get_progress (GstDvrSegment * self)
{
  guint64 progress;

  g_mutex_lock (&self->lock);
  progress = gst_dvr_ahead_get_progress (&self->ahead, self->size);
  g_mutex_unlock (&self->lock);
  return progress;
}
