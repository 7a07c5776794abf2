/* gstdvrrelay.c: fills a segment from another one of the same name
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Bytes under one name never change, so a segment that one fetcher began may
 * be completed from another fetcher's: what is there already is skipped. The
 * memory is shared, nothing is copied. */

#include "gstdvrrelay.h"

struct _GstDvrRelay
{
  gatomicrefcount refcount;
  GstDvrSegment *target;
  GstDvrRelayFunc failed;
  gpointer user_data;
  GDestroyNotify notify;

  GMutex lock;                  /* protects all below */
  GstDvrSegment *source;
  gulong watch;
  /* One thread copies at a time; others leave it a note. */
  gboolean copying;
  gboolean again;
};

/**
 * gst_dvr_relay_new:
 * @target: the segment to fill; nobody else may write to it
 * @failed: called when a source fails before the target is whole
 * @user_data: for @failed
 * @notify: frees @user_data
 *
 * Returns: a relay without a source
 */
GstDvrRelay *
gst_dvr_relay_new (GstDvrSegment * target, GstDvrRelayFunc failed,
    gpointer user_data, GDestroyNotify notify)
{
  GstDvrRelay *self = g_new0 (GstDvrRelay, 1);

  g_atomic_ref_count_init (&self->refcount);
  g_mutex_init (&self->lock);
  self->target = gst_dvr_segment_ref (target);
  self->failed = failed;
  self->user_data = user_data;
  self->notify = notify;
  return self;
}

GstDvrRelay *
gst_dvr_relay_ref (GstDvrRelay * self)
{
  g_atomic_ref_count_inc (&self->refcount);
  return self;
}

void
gst_dvr_relay_unref (GstDvrRelay * self)
{
  if (!g_atomic_ref_count_dec (&self->refcount))
    return;
  /* A source's watch holds a reference: there is no source any more. */
  if (self->notify)
    self->notify (self->user_data);
  gst_dvr_segment_unref (self->target);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Returns: (transfer none): the segment that is filled */
GstDvrSegment *
gst_dvr_relay_get_target (GstDvrRelay * self)
{
  return self->target;
}

/* Where the target's first byte lies in @source: a range may be filled from the
 * segment that it is of. */
static guint64
get_base (GstDvrRelay * self, GstDvrSegment * source)
{
  return gst_dvr_segment_get_id (self->target)->offset -
      gst_dvr_segment_get_id (source)->offset;
}

static gboolean
is_cut (GstDvrRelay * self, GstDvrSegment * source)
{
  return gst_dvr_segment_get_id (self->target)->kind !=
      gst_dvr_segment_get_id (source)->kind;
}

/* How much of @source, from the target's first byte on, belongs to the
 * target. */
static guint64
get_size_for_target (GstDvrRelay * self, GstDvrSegment * source)
{
  guint64 size = gst_dvr_segment_get_size (source);
  guint64 base = get_base (self, source);

  if (!is_cut (self, source))
    return size;
  return MIN (size > base ? size - base : 0,
      gst_dvr_segment_get_id (self->target)->size);
}

/* Appends what lies between the target's end and @end of the source. */
static gboolean
copy_until (GstDvrRelay * self, GstDvrSegment * source, guint64 end)
{
  guint64 base = get_base (self, source);
  guint64 at = base + gst_dvr_segment_get_size (self->target);

  end += base;
  while (at < end) {
    gsize available = 0;
    GstBuffer *piece;

    if (!gst_dvr_segment_peek (source, at, &available) || available == 0)
      return FALSE;
    /* one memory at a time: the buffer only refers to it */
    available = MIN (available, end - at);
    piece = gst_dvr_segment_get_buffer (source, at, available);
    if (!piece || !gst_dvr_segment_append (self->target, piece))
      return FALSE;
    at += available;
  }
  return TRUE;
}

static void
copy_what_is_there (GstDvrRelay * self, GstDvrSegment * source)
{
  guint64 total = gst_dvr_segment_get_total (source);
  GstDvrPart part;
  guint n;

  if (is_cut (self, source)) {
    gst_dvr_segment_set_source (self->target, NULL, total);
    copy_until (self, source, get_size_for_target (self, source));
    return;
  }
  if (gst_dvr_segment_get_id (source)->kind == GST_DVR_SEGMENT_RANGE &&
      gst_dvr_segment_get_size (self->target) == 0)
    gst_dvr_segment_copy_source (self->target, source);
  if (total && !gst_dvr_segment_get_total (self->target))
    gst_dvr_segment_set_total (self->target, total);
  for (n = gst_dvr_segment_get_n_parts (self->target);
      gst_dvr_segment_get_part (source, n, &part); n++) {
    if (!copy_until (self, source, part.offset + part.size))
      return;
    gst_dvr_segment_end_part (self->target, part.duration, part.independent);
  }
  copy_until (self, source, gst_dvr_segment_get_size (source));
}

/* Lets go of @source, if it is still the source. */
static gboolean
release_source (GstDvrRelay * self, GstDvrSegment * source)
{
  gboolean was = FALSE;
  gulong watch = 0;

  g_mutex_lock (&self->lock);
  if (self->source == source) {
    was = TRUE;
    watch = self->watch;
    self->source = NULL;
    self->watch = 0;
  }
  g_mutex_unlock (&self->lock);
  if (!was)
    return FALSE;
  if (watch)
    gst_dvr_segment_remove_watch (source, watch);
  gst_dvr_segment_unref (source);
  return TRUE;
}

/* Whether the target has all that it wants of a segment that goes on. */
static gboolean
has_enough (GstDvrRelay * self, GstDvrSegment * source)
{
  return is_cut (self, source) && gst_dvr_segment_get_size (self->target) ==
      gst_dvr_segment_get_id (self->target)->size;
}

/* Whether a range was begun from other bytes. */
static gboolean
is_other (GstDvrRelay * self, GstDvrSegment * source)
{
  return gst_dvr_segment_get_id (source)->kind == GST_DVR_SEGMENT_RANGE &&
      gst_dvr_segment_get_size (source) > 0 &&
      gst_dvr_segment_get_size (self->target) > 0 &&
      !gst_dvr_segment_has_source_of (self->target, source);
}

static void
copy_from (GstDvrRelay * self, GstDvrSegment * source)
{
  /* The state first: what is there then is all there is when it has ended. */
  GstDvrSegmentState state = gst_dvr_segment_get_state (source);

  if (is_other (self, source)) {
    if (release_source (self, source))
      gst_dvr_segment_fail (self->target, 502,
          "two upstreams hold different bytes under one name");
    return;
  }
  copy_what_is_there (self, source);
  if (has_enough (self, source))
    state = GST_DVR_SEGMENT_WHOLE;
  if (state == GST_DVR_SEGMENT_FILLING)
    return;
  if (!release_source (self, source))
    return;
  if (state == GST_DVR_SEGMENT_FAILED)
    self->failed (self, source, self->user_data);
  else if (get_size_for_target (self, source) ==
      gst_dvr_segment_get_size (self->target))
    gst_dvr_segment_finish (self->target);
  else
    gst_dvr_segment_fail (self->target, 502,
        "two upstreams hold different bytes under one name");
}

static void
copy_all (GstDvrRelay * self)
{
  g_mutex_lock (&self->lock);
  self->again = TRUE;
  if (self->copying) {
    g_mutex_unlock (&self->lock);
    return;
  }
  self->copying = TRUE;
  while (self->again) {
    GstDvrSegment *source = self->source;

    self->again = FALSE;
    if (!source)
      break;
    gst_dvr_segment_ref (source);
    g_mutex_unlock (&self->lock);
    copy_from (self, source);
    gst_dvr_segment_unref (source);
    g_mutex_lock (&self->lock);
  }
  self->copying = FALSE;
  g_mutex_unlock (&self->lock);
}

static void
source_changed (GstDvrSegment * source, gpointer user_data)
{
  GstDvrRelay *self = user_data;

  gst_dvr_relay_ref (self);
  copy_all (self);
  gst_dvr_relay_unref (self);
}

static void
relay_unref (gpointer self)
{
  gst_dvr_relay_unref (self);
}

/**
 * gst_dvr_relay_set_source:
 * @self: a relay
 * @source: a segment of the same name as the target; NULL: none
 *
 * Goes on at the byte that the target has reached. From any thread.
 */
void
gst_dvr_relay_set_source (GstDvrRelay * self, GstDvrSegment * source)
{
  GstDvrSegment *old;
  gulong watch;

  g_mutex_lock (&self->lock);
  old = self->source;
  watch = self->watch;
  self->source = source ? gst_dvr_segment_ref (source) : NULL;
  self->watch = 0;
  g_mutex_unlock (&self->lock);
  if (watch)
    gst_dvr_segment_remove_watch (old, watch);
  if (old)
    gst_dvr_segment_unref (old);
  if (!source)
    return;

  watch = gst_dvr_segment_add_watch (source, source_changed,
      gst_dvr_relay_ref (self), relay_unref);
  g_mutex_lock (&self->lock);
  if (self->source == source) {
    self->watch = watch;
    watch = 0;
  }
  g_mutex_unlock (&self->lock);
  /* replaced or ended meanwhile */
  if (watch)
    gst_dvr_segment_remove_watch (source, watch);
  copy_all (self);
}

/**
 * gst_dvr_relay_fail:
 * @self: a relay without a source
 * @status: HTTP status
 * @reason: what happened
 *
 * There is no other source: the target fails.
 */
void
gst_dvr_relay_fail (GstDvrRelay * self, guint status, const gchar * reason)
{
  gst_dvr_segment_fail (self->target, status, reason);
}
