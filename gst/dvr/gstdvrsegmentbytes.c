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
 * @segment: a segment
 *
 * Returns: how many whole parts are there now
 */
guint
gst_dvr_segment_get_n_parts (GstDvrSegment * segment)
{
  guint n;

  g_mutex_lock (&segment->lock);
  scan_parts_locked (segment);
  n = segment->parts->len;
  g_mutex_unlock (&segment->lock);

  return n;
}

/**
 * gst_dvr_segment_get_part:
 * @segment: a segment
 * @index: which part
 * @part: (out): where to put it
 *
 * Returns: whether part @index is there
 */
gboolean
gst_dvr_segment_get_part (GstDvrSegment * segment, guint index,
    GstDvrPart * part)
{
  gboolean found;

  g_mutex_lock (&segment->lock);
  scan_parts_locked (segment);
  found = index < segment->parts->len;
  if (found)
    *part = g_array_index (segment->parts, GstDvrPart, index);
  g_mutex_unlock (&segment->lock);

  return found;
}

/**
 * gst_dvr_segment_peek:
 * @segment: a segment
 * @offset: where
 * @available: (out): how many bytes can be read from there in one run; more
 *   may follow at another address
 *
 * Returns: (nullable) (transfer none): the bytes, valid and unchanging as long
 *   as the caller holds @segment; NULL if there are none yet
 */
const guint8 *
gst_dvr_segment_peek (GstDvrSegment * segment, guint64 offset,
    gsize * available)
{
  const guint8 *data = NULL;
  GstDvrSegmentPiece *piece;

  *available = 0;
  g_mutex_lock (&segment->lock);
  piece = find_piece_locked (segment, offset);
  if (piece) {
    *available = piece->size - (offset - piece->offset);
    data = piece->data + (offset - piece->offset);
  }
  g_mutex_unlock (&segment->lock);

  return data;
}

/**
 * gst_dvr_segment_read:
 * @segment: a segment
 * @offset: from where
 * @data: (out): where to copy to
 * @size: how many bytes
 *
 * Returns: whether all of them were there and have been copied
 */
gboolean
gst_dvr_segment_read (GstDvrSegment * segment, guint64 offset, gpointer data,
    gsize size)
{
  gboolean done;

  g_mutex_lock (&segment->lock);
  done = read_locked (segment, offset, data, size);
  g_mutex_unlock (&segment->lock);

  return done;
}

static void
unref_segment (gpointer segment)
{
  gst_dvr_segment_unref (segment);
}

/**
 * gst_dvr_segment_get_buffer:
 * @segment: a segment
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
gst_dvr_segment_get_buffer (GstDvrSegment * segment, guint64 offset,
    guint64 size)
{
  GstBuffer *buffer;
  gsize available;
  const guint8 *data;

  if (offset > gst_dvr_segment_get_size (segment) ||
      size > gst_dvr_segment_get_size (segment) - offset)
    return NULL;

  buffer = gst_buffer_new ();
  while (size > 0) {
    GstMemory *memory;

    if (gst_buffer_n_memory (buffer) + 1 == gst_buffer_get_max_memory ()) {
      memory = gst_allocator_alloc (NULL, size, NULL);
      available = size;
      gst_buffer_append_memory (buffer, memory);
      {
        GstMapInfo map;

        gst_memory_map (memory, &map, GST_MAP_WRITE);
        gst_dvr_segment_read (segment, offset, map.data, size);
        gst_memory_unmap (memory, &map);
      }
    } else {
      data = gst_dvr_segment_peek (segment, offset, &available);
      available = MIN (available, size);
      memory = gst_memory_new_wrapped (GST_MEMORY_FLAG_READONLY,
          (gpointer) data, available, 0, available,
          gst_dvr_segment_ref (segment), unref_segment);
      gst_buffer_append_memory (buffer, memory);
    }
    offset += available;
    size -= available;
  }

  return buffer;
}

/**
 * gst_dvr_segment_set_total:
 * @segment: a segment
 * @total: how many bytes it will have, such as HTTP's Content-Length says
 */
void
gst_dvr_segment_set_total (GstDvrSegment * segment, guint64 total)
{
  g_mutex_lock (&segment->lock);
  segment->total = total;
  gst_dvr_segment_unlock_and_notify (segment);
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
 * @segment: a segment
 * @buffer: (transfer full): bytes that follow, best in one memory: a buffer of
 *   several is merged, that is copied
 *
 * Returns: FALSE if the segment is not filling any more
 */
gboolean
gst_dvr_segment_append (GstDvrSegment * segment, GstBuffer * buffer)
{
  gboolean done;

  g_mutex_lock (&segment->lock);
  done = append_locked (segment, buffer);
  gst_dvr_segment_unlock_and_notify (segment);

  return done;
}

/**
 * gst_dvr_segment_append_part:
 * @segment: a segment
 * @buffer: (transfer full): the bytes of the whole next part
 * @duration: its duration in nanoseconds
 * @independent: whether it begins with a keyframe
 *
 * Returns: FALSE if the segment is not filling any more
 */
gboolean
gst_dvr_segment_append_part (GstDvrSegment * segment, GstBuffer * buffer,
    GstClockTime duration, gboolean independent)
{
  gboolean done;

  g_mutex_lock (&segment->lock);
  done = append_locked (segment, buffer);
  if (done)
    end_part_locked (segment, duration, independent);
  gst_dvr_segment_unlock_and_notify (segment);

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
 * @segment: a segment
 * @data: bytes that follow
 * @size: how many
 *
 * Copies @data, once, to where all readers find them. With the total known
 * before (gst_dvr_segment_set_total()), all bytes end up in one run.
 *
 * Returns: FALSE if the segment is not filling any more, or memory ran out
 */
gboolean
gst_dvr_segment_append_bytes (GstDvrSegment * segment, gconstpointer data,
    gsize size)
{
  const guint8 *bytes = data;
  gboolean done;

  g_mutex_lock (&segment->lock);
  done = segment->state == GST_DVR_SEGMENT_FILLING;
  while (done && size > 0) {
    GstDvrSegmentPiece *block = get_block_locked (segment);
    gsize n;

    if (block == NULL) {
      done = FALSE;
      break;
    }
    n = MIN (size, block->capacity - block->size);
    memcpy (block->data + block->size, bytes, n);
    block->size += n;
    segment->size += n;
    segment->spare -= n;
    bytes += n;
    size -= n;
  }
  gst_dvr_segment_unlock_and_notify (segment);

  return done;
}

/**
 * gst_dvr_segment_end_part:
 * @segment: a segment
 * @duration: the part's duration in nanoseconds
 * @independent: whether it begins with a keyframe
 *
 * What was appended since the last part is a whole part.
 */
void
gst_dvr_segment_end_part (GstDvrSegment * segment, GstClockTime duration,
    gboolean independent)
{
  g_mutex_lock (&segment->lock);
  end_part_locked (segment, duration, independent);
  gst_dvr_segment_unlock_and_notify (segment);
}

/**
 * gst_dvr_segment_show_part:
 * @segment: a segment
 * @part: index of a part that has not ended
 * @chunks: (element-type GstBuffer): its chunks so far, each one moof+mdat
 * @seen: whether all samples of the last one have been shown
 *
 * Shows the chunks of a part before it ends, to who cannot wait for it. They
 * are no bytes of the segment yet: those come with the part.
 */
void
gst_dvr_segment_show_part (GstDvrSegment * segment, guint part,
    GPtrArray * chunks, gboolean seen)
{
  g_mutex_lock (&segment->lock);
  if (segment->state == GST_DVR_SEGMENT_FILLING && part >= segment->parts->len)
    gst_dvr_ahead_show (&segment->ahead, part, chunks, seen);
  gst_dvr_segment_unlock_and_notify (segment);
}

/**
 * gst_dvr_segment_show_samples:
 * @segment: a segment
 * @samples: (element-type GstBuffer): samples that will be in one of its
 *   chunks, each track's in order: DTS and PTS in stream time; a sample's
 *   offset is its place among the segment's samples of its track, and the
 *   offset's end the track's id
 *
 * Shows samples before their chunk is made.
 */
void
gst_dvr_segment_show_samples (GstDvrSegment * segment, GPtrArray * samples)
{
  g_mutex_lock (&segment->lock);
  if (segment->state == GST_DVR_SEGMENT_FILLING)
    gst_dvr_ahead_show_samples (&segment->ahead, samples);
  gst_dvr_segment_unlock_and_notify (segment);
}

/**
 * gst_dvr_segment_get_sample:
 * @segment: a segment
 * @index: (inout): which of the samples that were shown; where it is let go
 *   already, the first that is not
 *
 * Returns: (transfer full) (nullable): the sample, not to be changed
 */
GstBuffer *
gst_dvr_segment_get_sample (GstDvrSegment * segment, guint * index)
{
  GstBuffer *sample;

  g_mutex_lock (&segment->lock);
  sample = gst_dvr_ahead_get_sample (&segment->ahead, index);
  g_mutex_unlock (&segment->lock);
  return sample;
}

/**
 * gst_dvr_segment_get_chunk:
 * @segment: a segment
 * @part: index of a part that has not ended
 * @index: of a chunk in it
 *
 * Returns: (transfer full) (nullable): the chunk, if it is shown ahead of its
 *   part
 */
GstBuffer *
gst_dvr_segment_get_chunk (GstDvrSegment * segment, guint part, guint index)
{
  GstBuffer *chunk;

  g_mutex_lock (&segment->lock);
  chunk = gst_dvr_ahead_get (&segment->ahead, part, index);
  g_mutex_unlock (&segment->lock);
  return chunk;
}

/**
 * gst_dvr_segment_get_progress:
 * @segment: a segment
 *
 * Returns: a number that rises when there is more to see of it: bytes, or
 *   chunks and samples ahead of them
 */
guint64
gst_dvr_segment_get_progress (GstDvrSegment * segment)
{
  guint64 progress;

  g_mutex_lock (&segment->lock);
  progress = gst_dvr_ahead_get_progress (&segment->ahead, segment->size);
  g_mutex_unlock (&segment->lock);
  return progress;
}
