/* gstdvrsegment.c: a segment or init section as it grows in memory
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:gstdvrsegment
 * @title: GstDvrSegment
 * @short_description: a segment or init section as it grows in memory
 *
 * A #GstDvrSegment is the answer to a request, whether its bytes are all
 * there (a hit), on their way (filling) or only asked for (pending): the same
 * object in different states. One fetcher appends to it; any number of readers
 * read what is there and watch for more. Bytes, once in, stay where they are
 * for the object's life, so readers send them without copying.
 *
 * A segment is its parts in a row, and the first part begins at offset 0. Parts
 * that arrived one by one are known at once; those of a segment that came as
 * one run of bytes are found by their prft boxes when it is whole.
 *
 * Everything here may be called from any thread; the writing functions from
 * one thread at a time.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdatomic.h>
#include <string.h>

#include "gstdvrahead.h"
#include "gstdvrsegment.h"
#include "gstdvrwatch.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_segment_debug);
#define GST_CAT_DEFAULT gst_dvr_segment_debug

/* Bytes of unknown total length come in blocks that double up to this. */
#define MIN_BLOCK (64 * 1024)
#define MAX_BLOCK (1024 * 1024)
/* A larger total is not taken at its word: it comes in blocks, too. */
#define MAX_SINGLE_BLOCK (64 * 1024 * 1024)

/* A run of bytes that never moves: a mapped buffer, or a block of our own that
 * fills up. */
typedef struct
{
  GstBuffer *buffer;
  GstMapInfo map;
  guint8 *data;
  guint64 offset;
  gsize size;
  gsize capacity;
} Piece;

struct _GstDvrSegment
{
  GstMiniObject mini_object;

  GstDvrSegmentId id;

  GMutex lock;                  /* protects everything down to the atomics */
  GArray *pieces;
  guint64 size;
  guint64 total;
  GArray *parts;
  guint64 parts_end;
  GstDvrAhead ahead;
  gboolean scanned;
  GstDvrSegmentState state;
  guint status;
  gchar *reason;
  GstDvrWatchList watches;

  atomic_int pins;
  atomic_bool dropped;
  _Atomic gint64 last_used;
};

GST_DEFINE_MINI_OBJECT_TYPE (GstDvrSegment, gst_dvr_segment);

static void
piece_clear (gpointer data)
{
  Piece *piece = data;

  if (piece->buffer) {
    gst_buffer_unmap (piece->buffer, &piece->map);
    gst_buffer_unref (piece->buffer);
  } else {
    g_free (piece->data);
  }
}

static void
gst_dvr_segment_free (GstDvrSegment * self)
{
  g_array_unref (self->pieces);
  g_array_unref (self->parts);
  gst_dvr_ahead_clear (&self->ahead);
  gst_dvr_watch_list_clear (&self->watches);
  g_ref_string_release ((char *) self->id.stream);
  g_ref_string_release ((char *) self->id.recording);
  g_free (self->reason);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * gst_dvr_segment_id_hash:
 * @id: a #GstDvrSegmentId
 *
 * Returns: a hash, for use with #GHashTable
 */
guint
gst_dvr_segment_id_hash (gconstpointer id)
{
  const GstDvrSegmentId *self = id;

  return g_str_hash (self->stream) ^ (g_str_hash (self->recording) * 31) ^
      ((guint) self->number * 2654435761u) ^ self->kind;
}

/**
 * gst_dvr_segment_id_equal:
 * @a: a #GstDvrSegmentId
 * @b: another
 *
 * Returns: whether both name the same bytes
 */
gboolean
gst_dvr_segment_id_equal (gconstpointer a, gconstpointer b)
{
  const GstDvrSegmentId *x = a, *y = b;

  return x->number == y->number && x->kind == y->kind &&
      g_str_equal (x->recording, y->recording) &&
      g_str_equal (x->stream, y->stream);
}

/**
 * gst_dvr_segment_new:
 * @id: what it is; copied
 *
 * Returns: (transfer full): a new segment, filling, without bytes
 */
GstDvrSegment *
gst_dvr_segment_new (const GstDvrSegmentId * id)
{
  static gsize once = 0;
  GstDvrSegment *self;

  g_return_val_if_fail (id != NULL && id->stream && id->recording, NULL);

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (gst_dvr_segment_debug, "dvrsegment", 0,
        "DVR segments in memory");
    g_once_init_leave (&once, 1);
  }

  self = g_new0 (GstDvrSegment, 1);
  gst_mini_object_init (GST_MINI_OBJECT_CAST (self), 0, GST_TYPE_DVR_SEGMENT,
      NULL, NULL, (GstMiniObjectFreeFunction) gst_dvr_segment_free);

  self->id.kind = id->kind;
  self->id.stream = g_ref_string_new (id->stream);
  self->id.recording = g_ref_string_new (id->recording);
  self->id.number = id->number;
  g_mutex_init (&self->lock);
  self->pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  g_array_set_clear_func (self->pieces, piece_clear);
  self->parts = g_array_new (FALSE, FALSE, sizeof (GstDvrPart));
  gst_dvr_watch_list_init (&self->watches);
  gst_dvr_segment_touch (self);

  return self;
}

/**
 * gst_dvr_segment_get_id:
 * @segment: a segment
 *
 * Returns: (transfer none): what it is; its strings are #GRefString
 */
const GstDvrSegmentId *
gst_dvr_segment_get_id (GstDvrSegment * segment)
{
  return &segment->id;
}

/**
 * gst_dvr_segment_get_state:
 * @segment: a segment
 *
 * Returns: its state
 */
GstDvrSegmentState
gst_dvr_segment_get_state (GstDvrSegment * segment)
{
  GstDvrSegmentState state;

  g_mutex_lock (&segment->lock);
  state = segment->state;
  g_mutex_unlock (&segment->lock);

  return state;
}

/**
 * gst_dvr_segment_get_status:
 * @segment: a segment
 *
 * Returns: the HTTP status a failed segment failed with, else 0
 */
guint
gst_dvr_segment_get_status (GstDvrSegment * segment)
{
  guint status;

  g_mutex_lock (&segment->lock);
  status = segment->status;
  g_mutex_unlock (&segment->lock);

  return status;
}

/**
 * gst_dvr_segment_get_reason:
 * @segment: a segment
 *
 * Returns: (nullable) (transfer none): why it failed, in words; set once, with
 *   the state
 */
const gchar *
gst_dvr_segment_get_reason (GstDvrSegment * segment)
{
  const gchar *reason;

  g_mutex_lock (&segment->lock);
  reason = segment->reason;
  g_mutex_unlock (&segment->lock);

  return reason;
}

/**
 * gst_dvr_segment_get_size:
 * @segment: a segment
 *
 * Returns: how many bytes are there now
 */
guint64
gst_dvr_segment_get_size (GstDvrSegment * segment)
{
  guint64 size;

  g_mutex_lock (&segment->lock);
  size = segment->size;
  g_mutex_unlock (&segment->lock);

  return size;
}

/**
 * gst_dvr_segment_get_total:
 * @segment: a segment
 *
 * Returns: how many bytes it will have when whole; 0 if not known yet
 */
guint64
gst_dvr_segment_get_total (GstDvrSegment * segment)
{
  guint64 total;

  g_mutex_lock (&segment->lock);
  total = segment->state == GST_DVR_SEGMENT_WHOLE ? segment->size :
      segment->total;
  g_mutex_unlock (&segment->lock);

  return total;
}

/**
 * gst_dvr_segment_get_memory_size:
 * @segment: a segment
 *
 * Returns: what it costs, in bytes: its bytes and an estimate of the rest
 */
guint64
gst_dvr_segment_get_memory_size (GstDvrSegment * segment)
{
  guint64 size;

  g_mutex_lock (&segment->lock);
  size = sizeof (GstDvrSegment) + segment->size +
      segment->pieces->len * sizeof (Piece) +
      segment->parts->len * sizeof (GstDvrPart);
  g_mutex_unlock (&segment->lock);

  return size;
}

static Piece *
find_piece_locked (GstDvrSegment * self, guint64 offset)
{
  guint low = 0, high = self->pieces->len;

  if (offset >= self->size)
    return NULL;

  while (high - low > 1) {
    guint middle = low + (high - low) / 2;

    if (g_array_index (self->pieces, Piece, middle).offset <= offset)
      low = middle;
    else
      high = middle;
  }

  return &g_array_index (self->pieces, Piece, low);
}

static gboolean
read_locked (GstDvrSegment * self, guint64 offset, guint8 * data, gsize size)
{
  if (offset > self->size || size > self->size - offset)
    return FALSE;

  while (size > 0) {
    Piece *piece = find_piece_locked (self, offset);
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

/* Finds the parts of what came without their boundaries. */
static void
scan_parts_locked (GstDvrSegment * self)
{
  const guint32 prft = 0x70726674;
  guint64 start = self->parts_end, offset = start, size;
  gboolean media = FALSE;
  guint32 type;

  if (self->scanned || self->state != GST_DVR_SEGMENT_WHOLE)
    return;
  self->scanned = TRUE;

  while ((size = box_size_locked (self, offset, &type)) > 0) {
    if (type == prft && media) {
      GstDvrPart part = { start, offset - start, GST_CLOCK_TIME_NONE,
        self->parts->len == 0
      };

      g_array_append_val (self->parts, part);
      start = offset;
    }
    media |= type == prft;
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
  Piece *piece;

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

/* Called with the lock held; unlocks, then tells. */
static void
unlock_and_notify (GstDvrSegment * self)
{
  GPtrArray *watches = gst_dvr_watch_list_copy (&self->watches);

  g_mutex_unlock (&self->lock);
  gst_dvr_watches_call (watches, self);
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
  unlock_and_notify (segment);
}

static gboolean
append_locked (GstDvrSegment * self, GstBuffer * buffer)
{
  Piece piece = {.buffer = buffer };

  if (self->state != GST_DVR_SEGMENT_FILLING ||
      !gst_buffer_map (buffer, &piece.map, GST_MAP_READ)) {
    gst_buffer_unref (buffer);
    return FALSE;
  }

  piece.data = piece.map.data;
  piece.size = piece.capacity = piece.map.size;
  piece.offset = self->size;
  if (piece.size == 0) {
    piece_clear (&piece);
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
  unlock_and_notify (segment);

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
  unlock_and_notify (segment);

  return done;
}

static Piece *
get_block_locked (GstDvrSegment * self)
{
  Piece block = {.buffer = NULL };
  Piece *last = NULL;

  if (self->pieces->len > 0)
    last = &g_array_index (self->pieces, Piece, self->pieces->len - 1);
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
  block.offset = self->size;
  g_array_append_val (self->pieces, block);

  return &g_array_index (self->pieces, Piece, self->pieces->len - 1);
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
    Piece *block = get_block_locked (segment);
    gsize n;

    if (block == NULL) {
      done = FALSE;
      break;
    }
    n = MIN (size, block->capacity - block->size);
    memcpy (block->data + block->size, bytes, n);
    block->size += n;
    segment->size += n;
    bytes += n;
    size -= n;
  }
  unlock_and_notify (segment);

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
  unlock_and_notify (segment);
}

/**
 * gst_dvr_segment_show_part:
 * @segment: a segment
 * @part: index of a part that has not ended
 * @chunks: (element-type GstBuffer): its chunks so far, each one moof+mdat
 *
 * Shows the chunks of a part before it ends, to who cannot wait for it. They
 * are no bytes of the segment yet: those come with the part.
 */
void
gst_dvr_segment_show_part (GstDvrSegment * segment, guint part,
    GPtrArray * chunks)
{
  g_mutex_lock (&segment->lock);
  if (segment->state == GST_DVR_SEGMENT_FILLING && part >= segment->parts->len)
    gst_dvr_ahead_show (&segment->ahead, part, chunks);
  unlock_and_notify (segment);
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
 * gst_dvr_segment_get_size_ahead:
 * @segment: a segment
 *
 * Returns: its bytes so far, and those shown ahead of their part
 */
guint64
gst_dvr_segment_get_size_ahead (GstDvrSegment * segment)
{
  guint64 size;

  g_mutex_lock (&segment->lock);
  size = segment->size + gst_dvr_ahead_get_size (&segment->ahead);
  g_mutex_unlock (&segment->lock);
  return size;
}

/**
 * gst_dvr_segment_finish:
 * @segment: a segment
 *
 * All bytes are there. Does nothing if the segment is not filling.
 */
void
gst_dvr_segment_finish (GstDvrSegment * segment)
{
  g_mutex_lock (&segment->lock);
  if (segment->state == GST_DVR_SEGMENT_FILLING)
    segment->state = GST_DVR_SEGMENT_WHOLE;
  gst_dvr_ahead_clear (&segment->ahead);
  unlock_and_notify (segment);
}

/**
 * gst_dvr_segment_fail:
 * @segment: a segment
 * @status: an HTTP status: 404, 410, 502, 503 or 504
 * @reason: (nullable): why, in words; copied
 *
 * No more bytes will come. Does nothing if the segment is not filling.
 */
void
gst_dvr_segment_fail (GstDvrSegment * segment, guint status,
    const gchar * reason)
{
  g_mutex_lock (&segment->lock);
  if (segment->state == GST_DVR_SEGMENT_FILLING) {
    segment->state = GST_DVR_SEGMENT_FAILED;
    segment->status = status;
    segment->reason = g_strdup (reason);
    GST_DEBUG ("%s/%s/%" G_GUINT64_FORMAT " failed: %u %s",
        segment->id.stream, segment->id.recording, segment->id.number, status,
        GST_STR_NULL (reason));
  }
  gst_dvr_ahead_clear (&segment->ahead);
  unlock_and_notify (segment);
}

/**
 * gst_dvr_segment_add_watch:
 * @segment: a segment
 * @func: called after every change from now on
 * @user_data: given to @func
 * @notify: (nullable): frees @user_data, after the last call of @func
 *
 * What a caller finds by asking after this call is what is there, and @func is
 * called for all that comes later, so that nothing falls between. A deadline
 * is the caller's: it removes its watch.
 *
 * Returns: an id for gst_dvr_segment_remove_watch()
 */
gulong
gst_dvr_segment_add_watch (GstDvrSegment * segment, GstDvrSegmentFunc func,
    gpointer user_data, GDestroyNotify notify)
{
  gulong id;

  g_mutex_lock (&segment->lock);
  id = gst_dvr_watch_list_add (&segment->watches, (GstDvrWatchFunc) func,
      user_data, notify);
  g_mutex_unlock (&segment->lock);

  return id;
}

/**
 * gst_dvr_segment_remove_watch:
 * @segment: a segment
 * @watch: what gst_dvr_segment_add_watch() returned
 *
 * A call of the watch's function in another thread may still be going on, or
 * just about to begin; its data stay until then.
 */
void
gst_dvr_segment_remove_watch (GstDvrSegment * segment, gulong watch)
{
  gpointer taken;

  g_mutex_lock (&segment->lock);
  taken = gst_dvr_watch_list_take (&segment->watches, watch);
  g_mutex_unlock (&segment->lock);

  if (taken)
    gst_dvr_watch_unref (taken);
}

/**
 * gst_dvr_segment_pin:
 * @segment: a segment
 *
 * While pinned, which counts, a cache does not evict it: its bytes are being
 * sent.
 */
void
gst_dvr_segment_pin (GstDvrSegment * segment)
{
  atomic_fetch_add (&segment->pins, 1);
}

/**
 * gst_dvr_segment_unpin:
 * @segment: a segment
 *
 * Takes back one gst_dvr_segment_pin().
 */
void
gst_dvr_segment_unpin (GstDvrSegment * segment)
{
  gint before = atomic_fetch_sub (&segment->pins, 1);

  g_return_if_fail (before > 0);
}

/**
 * gst_dvr_segment_is_pinned:
 * @segment: a segment
 *
 * Returns: whether anybody holds it pinned
 */
gboolean
gst_dvr_segment_is_pinned (GstDvrSegment * segment)
{
  return atomic_load (&segment->pins) > 0;
}

/**
 * gst_dvr_segment_touch:
 * @segment: a segment
 *
 * It has been used now: one atomic store, so that whoever serves it from a
 * table of its own need not ask the cache.
 */
void
gst_dvr_segment_touch (GstDvrSegment * segment)
{
  atomic_store_explicit (&segment->last_used, g_get_monotonic_time (),
      memory_order_relaxed);
}

/**
 * gst_dvr_segment_get_last_used:
 * @segment: a segment
 *
 * Returns: when it was last used, monotonic time in microseconds
 */
gint64
gst_dvr_segment_get_last_used (GstDvrSegment * segment)
{
  return atomic_load_explicit (&segment->last_used, memory_order_relaxed);
}

/**
 * gst_dvr_segment_drop:
 * @segment: a segment
 *
 * A cache lets it go. Watches are told, so that what was derived from it can
 * be let go, too.
 */
void
gst_dvr_segment_drop (GstDvrSegment * segment)
{
  atomic_store (&segment->dropped, TRUE);
  g_mutex_lock (&segment->lock);
  unlock_and_notify (segment);
}

/**
 * gst_dvr_segment_is_dropped:
 * @segment: a segment
 *
 * Returns: whether a cache has let it go
 */
gboolean
gst_dvr_segment_is_dropped (GstDvrSegment * segment)
{
  return atomic_load (&segment->dropped);
}
