/* dvrrtmprenderings.c: the table of a stream's segments as RTMP messages
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All players of a stream get one rendering of each of its segments here.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrrtmprendering-private.h"

/* How long a rendering is kept that nobody plays, and how much of them all. */
#define IDLE_TIME (5 * G_USEC_PER_SEC)
#define MAX_IDLE_SIZE (64 * 1024 * 1024)

struct _DvrRtmpRenderings
{
  GMutex lock;
  GHashTable *segments;
};

static guint
key_hash (gconstpointer data)
{
  const DvrRtmpKey *key = data;

  return (guint) ((key->number * GST_RTMP_N_LANES + key->lane) * 4 +
      key->kinds);
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const DvrRtmpKey *x = a, *y = b;

  return x->number == y->number && x->kinds == y->kinds && x->lane == y->lane;
}

DvrRtmpRenderings *
dvr_rtmp_renderings_new (void)
{
  DvrRtmpRenderings *self = g_new0 (DvrRtmpRenderings, 1);

  g_mutex_init (&self->lock);
  self->segments = g_hash_table_new_full (key_hash, key_equal, NULL,
      (GDestroyNotify) dvr_rtmp_segment_unref);
  return self;
}

void
dvr_rtmp_renderings_free (DvrRtmpRenderings * self)
{
  g_hash_table_unref (self->segments);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Lets go what nobody has played for a while. */
void
dvr_rtmp_renderings_sweep (DvrRtmpRenderings * self, gint64 now)
{
  GHashTableIter iter;
  guint64 idle = 0;
  gpointer value;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->segments);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    DvrRtmpSegment *segment = value;

    if (g_atomic_int_get (&segment->refs) > 1)
      continue;
    idle += dvr_get (segment->size);
    if (now - dvr_get (segment->last_used) > IDLE_TIME || idle > MAX_IDLE_SIZE)
      g_hash_table_iter_remove (&iter);
  }
  g_mutex_unlock (&self->lock);
}

/* Returns: bytes that all renderings hold */
guint64
dvr_rtmp_renderings_get_size (DvrRtmpRenderings * self)
{
  GHashTableIter iter;
  guint64 size = 0;
  gpointer value;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->segments);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    size += dvr_get (((DvrRtmpSegment *) value)->size);
  g_mutex_unlock (&self->lock);
  return size;
}

DvrRtmpSegment *
dvr_rtmp_segment_ref (DvrRtmpSegment * self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

static void
free_tracks (GArray * tracks)
{
  guint i;

  for (i = 0; i < tracks->len; i++)
    gst_fmp4_track_clear (&g_array_index (tracks, GstFmp4Track, i));
  g_array_unref (tracks);
}

void
dvr_rtmp_segment_unref (DvrRtmpSegment * self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  dvr_rtmp_segment_let_media_go (self);
  dvr_wait_list_close (self->init_growth);
  gst_dvr_segment_unref (self->init);
  g_clear_pointer (&self->before, dvr_rtmp_segment_unref);
  g_clear_pointer (&self->tracks, free_tracks);
  dvr_rtmp_head_clear (&self->head);
  g_clear_pointer (&self->builder, gst_rtmp_block_builder_free);
  g_ptr_array_unref (self->blocks);
  g_mutex_clear (&self->lock);
  g_free (self->recording);
  g_free (self);
}

static GstDvrSegment *
ask (DvrServer * server, DvrStream * stream, const GstDvrEntry * entry,
    GstDvrSegmentKind kind, GstDvrAnswer * answer)
{
  GstDvrSegmentId id = { kind, stream->name, entry->recording,
    kind == GST_DVR_SEGMENT_INIT ? entry->init : entry->number
  };
  GstDvrRequest *request;
  GstDvrSegment *segment = NULL;

  request = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_VIEWER);
  dvr_count (server->stats.requests_upstream, 1);
  *answer = dvr_streams_ask (server->streams, stream, request);
  if (*answer == GST_DVR_ANSWER_OK)
    segment = gst_dvr_segment_ref (gst_dvr_request_get_segment (request));
  gst_dvr_request_unref (request);
  return segment;
}

static DvrRtmpSegment *
segment_new (DvrServer * server, DvrStream * stream, const GstDvrEntry * entry,
    const DvrRtmpKey * key, GstDvrAnswer * answer)
{
  GstDvrSegment *init, *media;
  DvrRtmpSegment *self;

  init = ask (server, stream, entry, GST_DVR_SEGMENT_INIT, answer);
  if (!init)
    return NULL;
  media = ask (server, stream, entry, GST_DVR_SEGMENT_MEDIA, answer);
  if (!media) {
    gst_dvr_segment_unref (init);
    return NULL;
  }
  self = g_new0 (DvrRtmpSegment, 1);
  self->key = *key;
  self->refs = 1;
  self->last_used = g_get_monotonic_time ();
  self->recording = g_strdup (entry->recording);
  self->init_number = entry->init;
  self->init = init;
  self->init_growth = dvr_wait_list_new_segment (server->waker, init);
  self->media = media;
  self->growth = dvr_wait_list_new_segment (server->waker, media);
  g_mutex_init (&self->lock);
  self->first_time = -1;
  self->blocks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_rtmp_block_unref);
  return self;
}

static DvrRtmpSegment *
lookup_locked (DvrRtmpRenderings * table, const DvrRtmpKey * key)
{
  DvrRtmpSegment *found = g_hash_table_lookup (table->segments, key);

  return found ? dvr_rtmp_segment_ref (found) : NULL;
}

/* One that failed is tried anew. */
static gboolean
is_good (DvrRtmpSegment * self, const GstDvrEntry * entry)
{
  return !dvr_get (self->failed)
      && g_str_equal (self->recording, entry->recording);
}

/**
 * dvr_rtmp_segment_get:
 * @server: the server
 * @stream: one of its streams
 * @entry: which segment
 * @kinds: what of it (#DvrRtmpKinds)
 * @lane: for which of a connection's NetStreams; see rtmpblock.h. Most have but
 *   one, and all of these share lane 0
 * @answer: (out): why there is none
 *
 * Returns: (transfer full) (nullable): its rendering, that of all players
 */
DvrRtmpSegment *
dvr_rtmp_segment_get (DvrServer * server, DvrStream * stream,
    const GstDvrEntry * entry, guint kinds, guint lane, GstDvrAnswer * answer)
{
  const DvrRtmpKey key = { entry->number, kinds, lane };
  const DvrRtmpKey key_before = { entry->number - 1, kinds, lane };
  DvrRtmpRenderings *table = stream->renderings;
  DvrRtmpSegment *self, *made, *before;

  g_mutex_lock (&table->lock);
  self = lookup_locked (table, &key);
  g_mutex_unlock (&table->lock);
  if (self && is_good (self, entry)) {
    dvr_set (self->last_used, g_get_monotonic_time ());
    return self;
  }

  g_clear_pointer (&self, dvr_rtmp_segment_unref);
  made = segment_new (server, stream, entry, &key, answer);
  if (!made)
    return NULL;
  g_mutex_lock (&table->lock);
  self = lookup_locked (table, &key);
  if (self && !is_good (self, entry))
    g_clear_pointer (&self, dvr_rtmp_segment_unref);
  before = lookup_locked (table, &key_before);
  if (!self) {
    self = dvr_rtmp_segment_ref (made);
    made->before = g_steal_pointer (&before);
    g_hash_table_replace (table->segments, &self->key, g_steal_pointer (&made));
  }
  g_mutex_unlock (&table->lock);
  g_clear_pointer (&before, dvr_rtmp_segment_unref);
  g_clear_pointer (&made, dvr_rtmp_segment_unref);
  return self;
}
