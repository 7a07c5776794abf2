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

#include "gstdvrsegment-private.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_segment_debug);
#define GST_CAT_DEFAULT gst_dvr_segment_debug

GST_DEFINE_MINI_OBJECT_TYPE (GstDvrSegment, gst_dvr_segment);

void
gst_dvr_segment_piece_clear (gpointer data)
{
  GstDvrSegmentPiece *piece = data;

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
  g_clear_pointer (&self->account, gst_dvr_account_unref);
  g_ref_string_release ((char *) self->id.stream);
  g_ref_string_release ((char *) self->id.recording);
  g_free (self->reason);
  g_free (self->source_tag);
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
      ((guint) self->number * 2654435761u) ^ self->kind ^
      ((guint) (self->offset ^ self->size) * 40503u);
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
      x->offset == y->offset && x->size == y->size &&
      g_str_equal (x->recording, y->recording) &&
      g_str_equal (x->stream, y->stream);
}

/**
 * gst_dvr_segment_id_of_range:
 * @id: what names a segment
 * @offset: first byte wanted
 * @size: how many bytes, more than 0
 *
 * Returns: what names that run of its bytes; borrows @id's strings
 */
GstDvrSegmentId
gst_dvr_segment_id_of_range (const GstDvrSegmentId * id, guint64 offset,
    guint64 size)
{
  GstDvrSegmentId range = *id;

  range.kind = GST_DVR_SEGMENT_RANGE;
  range.offset = offset;
  range.size = size;

  return range;
}

/**
 * gst_dvr_segment_id_of_whole:
 * @id: what names a range
 *
 * Returns: what names the segment it is of; borrows @id's strings
 */
GstDvrSegmentId
gst_dvr_segment_id_of_whole (const GstDvrSegmentId * id)
{
  GstDvrSegmentId whole = *id;

  whole.kind = GST_DVR_SEGMENT_MEDIA;
  whole.offset = whole.size = 0;

  return whole;
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
  self->id.offset = id->offset;
  self->id.size = id->size;
  g_mutex_init (&self->lock);
  self->pieces = g_array_new (FALSE, FALSE, sizeof (GstDvrSegmentPiece));
  g_array_set_clear_func (self->pieces, gst_dvr_segment_piece_clear);
  self->parts = g_array_new (FALSE, FALSE, sizeof (GstDvrPart));
  gst_dvr_watch_list_init (&self->watches);
  gst_dvr_segment_touch (self);

  return self;
}

/**
 * gst_dvr_segment_get_id:
 * @self: a segment
 *
 * Returns: (transfer none): what it is; its strings are #GRefString
 */
const GstDvrSegmentId *
gst_dvr_segment_get_id (GstDvrSegment * self)
{
  return &self->id;
}

/**
 * gst_dvr_segment_get_state:
 * @self: a segment
 *
 * Returns: its state
 */
GstDvrSegmentState
gst_dvr_segment_get_state (GstDvrSegment * self)
{
  GstDvrSegmentState state;

  g_mutex_lock (&self->lock);
  state = self->state;
  g_mutex_unlock (&self->lock);

  return state;
}

/**
 * gst_dvr_segment_get_status:
 * @self: a segment
 *
 * Returns: the HTTP status a failed segment failed with, else 0
 */
guint
gst_dvr_segment_get_status (GstDvrSegment * self)
{
  guint status;

  g_mutex_lock (&self->lock);
  status = self->status;
  g_mutex_unlock (&self->lock);

  return status;
}

/**
 * gst_dvr_segment_get_reason:
 * @self: a segment
 *
 * Returns: (nullable) (transfer none): why it failed, in words; set once, with
 *   the state
 */
const gchar *
gst_dvr_segment_get_reason (GstDvrSegment * self)
{
  const gchar *reason;

  g_mutex_lock (&self->lock);
  reason = self->reason;
  g_mutex_unlock (&self->lock);

  return reason;
}

/**
 * gst_dvr_segment_get_size:
 * @self: a segment
 *
 * Returns: how many bytes are there now
 */
guint64
gst_dvr_segment_get_size (GstDvrSegment * self)
{
  guint64 size;

  g_mutex_lock (&self->lock);
  size = self->size;
  g_mutex_unlock (&self->lock);

  return size;
}

/**
 * gst_dvr_segment_get_total:
 * @self: a segment
 *
 * Returns: how many bytes it will have when whole; 0 if not known yet
 */
guint64
gst_dvr_segment_get_total (GstDvrSegment * self)
{
  guint64 total;

  g_mutex_lock (&self->lock);
  total = self->state == GST_DVR_SEGMENT_WHOLE ? self->size : self->total;
  g_mutex_unlock (&self->lock);

  return total;
}

/**
 * gst_dvr_segment_set_source:
 * @self: a range
 * @tag: (nullable): names the bytes it was cut from, such as a strong ETag
 * @size: how many bytes those are, 0 if unknown
 *
 * Tells what the range was cut from, before its bytes come.
 */
void
gst_dvr_segment_set_source (GstDvrSegment * self, const gchar * tag,
    guint64 size)
{
  g_mutex_lock (&self->lock);
  g_free (self->source_tag);
  self->source_tag = g_strdup (tag);
  self->source_size = size;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_dvr_segment_copy_source:
 * @self: a range
 * @other: the same range from elsewhere
 *
 * Sets @self's source to @other's.
 */
void
gst_dvr_segment_copy_source (GstDvrSegment * self, GstDvrSegment * other)
{
  guint64 size;
  gchar *tag;

  g_mutex_lock (&other->lock);
  tag = g_strdup (other->source_tag);
  size = other->source_size;
  g_mutex_unlock (&other->lock);
  gst_dvr_segment_set_source (self, tag, size);
  g_free (tag);
}

/**
 * gst_dvr_segment_get_source_size:
 * @self: a range
 *
 * Returns: the size of the segment that it is of, 0 if that is not known
 */
guint64
gst_dvr_segment_get_source_size (GstDvrSegment * self)
{
  guint64 size;

  g_mutex_lock (&self->lock);
  size = self->source_size;
  g_mutex_unlock (&self->lock);

  return size;
}

/**
 * gst_dvr_segment_has_source_of:
 * @self: a range
 * @other: another range of the same segment
 *
 * Returns: whether both were cut from the same bytes, as far as is known: only
 *   then may they be put together
 */
gboolean
gst_dvr_segment_has_source_of (GstDvrSegment * self, GstDvrSegment * other)
{
  guint64 size;
  gchar *tag;
  gboolean ret;

  g_mutex_lock (&other->lock);
  tag = g_strdup (other->source_tag);
  size = other->source_size;
  g_mutex_unlock (&other->lock);
  g_mutex_lock (&self->lock);
  ret = self->source_size == size && g_strcmp0 (self->source_tag, tag) == 0;
  g_mutex_unlock (&self->lock);
  g_free (tag);

  return ret;
}

/**
 * gst_dvr_segment_get_memory_size:
 * @self: a segment
 *
 * Returns: what it costs, in bytes: its bytes and an estimate of the rest
 */
guint64
gst_dvr_segment_get_memory_size (GstDvrSegment * self)
{
  guint64 size;

  g_mutex_lock (&self->lock);
  size = sizeof (GstDvrSegment) + self->size + self->spare +
      self->pieces->len * sizeof (GstDvrSegmentPiece) +
      self->parts->len * sizeof (GstDvrPart);
  g_mutex_unlock (&self->lock);

  return size;
}

/* Called with the lock held; unlocks, then tells. */
void
gst_dvr_segment_unlock_and_notify (GstDvrSegment * self)
{
  GPtrArray *watches = gst_dvr_watch_list_copy (&self->watches);

  g_mutex_unlock (&self->lock);
  gst_dvr_watches_call (watches, self);
}

/**
 * gst_dvr_segment_finish:
 * @self: a segment
 *
 * All bytes are there. Does nothing if the segment is not filling.
 */
void
gst_dvr_segment_finish (GstDvrSegment * self)
{
  g_mutex_lock (&self->lock);
  if (self->state == GST_DVR_SEGMENT_FILLING)
    self->state = GST_DVR_SEGMENT_WHOLE;
  gst_dvr_ahead_clear (&self->ahead);
  gst_dvr_segment_unlock_and_notify (self);
}

/**
 * gst_dvr_segment_fail:
 * @self: a segment
 * @status: an HTTP status: 404, 410, 502, 503 or 504
 * @reason: (nullable): why, in words; copied
 *
 * No more bytes will come. Does nothing if the segment is not filling.
 */
void
gst_dvr_segment_fail (GstDvrSegment * self, guint status, const gchar * reason)
{
  g_mutex_lock (&self->lock);
  if (self->state == GST_DVR_SEGMENT_FILLING) {
    self->state = GST_DVR_SEGMENT_FAILED;
    self->status = status;
    self->reason = g_strdup (reason);
    GST_DEBUG ("%s/%s/%" G_GUINT64_FORMAT " failed: %u %s",
        self->id.stream, self->id.recording, self->id.number, status,
        GST_STR_NULL (reason));
  }
  gst_dvr_ahead_clear (&self->ahead);
  gst_dvr_segment_unlock_and_notify (self);
}

/**
 * gst_dvr_segment_add_watch:
 * @self: a segment
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
gst_dvr_segment_add_watch (GstDvrSegment * self, GstDvrSegmentFunc func,
    gpointer user_data, GDestroyNotify notify)
{
  gulong id;

  g_mutex_lock (&self->lock);
  id = gst_dvr_watch_list_add (&self->watches, (GstDvrWatchFunc) func,
      user_data, notify);
  g_mutex_unlock (&self->lock);

  return id;
}

/**
 * gst_dvr_segment_remove_watch:
 * @self: a segment
 * @watch: what gst_dvr_segment_add_watch() returned
 *
 * A call of the watch's function in another thread may still be going on, or
 * just about to begin; its data stay until then.
 */
void
gst_dvr_segment_remove_watch (GstDvrSegment * self, gulong watch)
{
  gst_dvr_watch_list_remove (&self->watches, &self->lock, watch);
}

/**
 * gst_dvr_segment_pin:
 * @self: a segment
 *
 * While pinned, which counts, a cache does not evict it: its bytes are being
 * sent.
 */
void
gst_dvr_segment_pin (GstDvrSegment * self)
{
  atomic_fetch_add (&self->pins, 1);
}

/**
 * gst_dvr_segment_unpin:
 * @self: a segment
 *
 * Takes back one gst_dvr_segment_pin().
 */
void
gst_dvr_segment_unpin (GstDvrSegment * self)
{
  gint before = atomic_fetch_sub (&self->pins, 1);

  g_return_if_fail (before > 0);
}

/**
 * gst_dvr_segment_is_pinned:
 * @self: a segment
 *
 * Returns: whether anybody holds it pinned
 */
gboolean
gst_dvr_segment_is_pinned (GstDvrSegment * self)
{
  return atomic_load (&self->pins) > 0;
}

/**
 * gst_dvr_segment_touch:
 * @self: a segment
 *
 * It has been used now: one atomic store, so that whoever serves it from a
 * table of its own need not ask the cache.
 */
void
gst_dvr_segment_touch (GstDvrSegment * self)
{
  atomic_store_explicit (&self->last_used, g_get_monotonic_time (),
      memory_order_relaxed);
}

/**
 * gst_dvr_segment_get_last_used:
 * @self: a segment
 *
 * Returns: when it was last used, monotonic time in microseconds
 */
gint64
gst_dvr_segment_get_last_used (GstDvrSegment * self)
{
  return atomic_load_explicit (&self->last_used, memory_order_relaxed);
}

/**
 * gst_dvr_segment_drop:
 * @self: a segment
 *
 * A cache lets it go. Watches are told, so that what was derived from it can
 * be let go, too.
 */
void
gst_dvr_segment_drop (GstDvrSegment * self)
{
  atomic_store (&self->dropped, TRUE);
  g_mutex_lock (&self->lock);
  gst_dvr_segment_unlock_and_notify (self);
}

/**
 * gst_dvr_segment_is_dropped:
 * @self: a segment
 *
 * Returns: whether a cache has let it go
 */
gboolean
gst_dvr_segment_is_dropped (GstDvrSegment * self)
{
  return atomic_load (&self->dropped);
}

/**
 * gst_dvr_segment_set_account:
 * @self: a segment
 * @account: (nullable): where to charge what is derived from it
 *
 * To be called by a cache that keeps it; of several the last one counts.
 */
void
gst_dvr_segment_set_account (GstDvrSegment * self, GstDvrAccount * account)
{
  GstDvrAccount *old;

  if (account)
    gst_dvr_account_ref (account);
  g_mutex_lock (&self->lock);
  old = self->account;
  self->account = account;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&old, gst_dvr_account_unref);
}

/**
 * gst_dvr_segment_get_account:
 * @self: a segment
 *
 * Returns: (transfer full) (nullable): where to charge memory that is derived
 *   from it; %NULL: no cache keeps it
 */
GstDvrAccount *
gst_dvr_segment_get_account (GstDvrSegment * self)
{
  GstDvrAccount *account;

  g_mutex_lock (&self->lock);
  account = self->account ? gst_dvr_account_ref (self->account) : NULL;
  g_mutex_unlock (&self->lock);

  return account;
}
