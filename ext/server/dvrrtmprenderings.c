/* dvrrtmprenderings.c: the table of a stream's segments as RTMP messages
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All players of a stream get one rendering of each of its segments here. What
 * it costs is charged to the cache that keeps the segment. While players are at
 * it they hold it; otherwise its blocks may be let go at any time, when the
 * cache needs room or nobody has come for a while. Who is only resting in it
 * finds it gone then, and gets a new one.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrrtmprendering-private.h"

/* How long a rendering is kept that nobody holds. */
#define IDLE_TIME (5 * G_USEC_PER_SEC)

struct _DvrRtmpRenderings
{
  GMutex lock;
  GHashTable *renderings;       /* DvrRtmpKey -> DvrRtmpRendering */
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

/* Lets the blocks go, unless somebody is at them. */
static void
let_blocks_go (gpointer data)
{
  DvrRtmpRendering *self = data;
  GPtrArray *blocks = NULL;
  GstDvrSegment *media = NULL;
  DvrWaitList *growth = NULL;

  g_mutex_lock (&self->lock);
  if (self->holds == 0 && !self->gone) {
    dvr_set (self->gone, TRUE);
    blocks = g_steal_pointer (&self->blocks);
    media = g_steal_pointer (&self->media);
    growth = g_steal_pointer (&self->growth);
  }
  g_mutex_unlock (&self->lock);
  if (!blocks)
    return;
  gst_dvr_charge_close (self->charge);
  g_ptr_array_unref (blocks);
  g_clear_pointer (&growth, dvr_wait_list_close);
  g_clear_pointer (&media, gst_dvr_segment_unref);
}

/* Who plays it goes on with it; whoever is the last lets its blocks go. */
static void
leave_table (gpointer data)
{
  DvrRtmpRendering *self = data;

  dvr_set (self->left, TRUE);
  let_blocks_go (self);
  dvr_rtmp_rendering_unref (self);
}

DvrRtmpRenderings *
dvr_rtmp_renderings_new (void)
{
  DvrRtmpRenderings *self = g_new0 (DvrRtmpRenderings, 1);

  g_mutex_init (&self->lock);
  self->renderings = g_hash_table_new_full (key_hash, key_equal, NULL,
      leave_table);
  return self;
}

void
dvr_rtmp_renderings_free (DvrRtmpRenderings * self)
{
  g_hash_table_unref (self->renderings);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
reclaim (GstDvrCharge * charge, gpointer rendering)
{
  let_blocks_go (rendering);
}

/**
 * dvr_rtmp_rendering_hold:
 * @self: a rendering
 *
 * Returns: whether it stays as it is until dvr_rtmp_rendering_release(); %FALSE:
 *   its blocks are gone
 */
gboolean
dvr_rtmp_rendering_hold (DvrRtmpRendering * self)
{
  gboolean there;

  g_mutex_lock (&self->lock);
  there = !self->gone;
  if (there)
    dvr_count (self->holds, 1);
  g_mutex_unlock (&self->lock);
  if (there)
    gst_dvr_charge_pin (self->charge);
  return there;
}

/* What was held may go now. */
void
dvr_rtmp_rendering_release (DvrRtmpRendering * self)
{
  gboolean last;

  dvr_set (self->last_used, g_get_monotonic_time ());
  g_mutex_lock (&self->lock);
  last = dvr_count (self->holds, -1) == 0;
  g_mutex_unlock (&self->lock);
  gst_dvr_charge_unpin (self->charge);
  if (last && dvr_get (self->left))
    let_blocks_go (self);
  else if (last)
    gst_dvr_charge_settle (self->charge);
}

/* Lets go what nobody has played for a while. */
void
dvr_rtmp_renderings_sweep (DvrRtmpRenderings * self, gint64 now)
{
  GPtrArray *gone = g_ptr_array_new_with_free_func (leave_table);
  GPtrArray *idle = g_ptr_array_new_with_free_func ((GDestroyNotify)
      dvr_rtmp_rendering_unref);
  GHashTableIter iter;
  gpointer value;
  guint i;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->renderings);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    DvrRtmpRendering *rendering = value;

    if (dvr_get (rendering->gone)) {
      g_hash_table_iter_steal (&iter);
      g_ptr_array_add (gone, rendering);
    } else if (dvr_get (rendering->holds) == 0
        && now - dvr_get (rendering->last_used) > IDLE_TIME) {
      g_ptr_array_add (idle, dvr_rtmp_rendering_ref (rendering));
    }
  }
  g_mutex_unlock (&self->lock);
  g_ptr_array_unref (gone);
  for (i = 0; i < idle->len; i++)
    let_blocks_go (g_ptr_array_index (idle, i));
  g_ptr_array_unref (idle);
}

DvrRtmpRendering *
dvr_rtmp_rendering_ref (DvrRtmpRendering * self)
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
dvr_rtmp_rendering_unref (DvrRtmpRendering * self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  dvr_rtmp_rendering_let_media_go (self);
  dvr_wait_list_close (self->init_growth);
  gst_dvr_segment_unref (self->init);
  g_clear_pointer (&self->before, dvr_rtmp_rendering_unref);
  g_clear_pointer (&self->tracks, free_tracks);
  dvr_rtmp_head_clear (&self->head);
  g_clear_pointer (&self->builder, gst_rtmp_block_builder_free);
  g_clear_pointer (&self->blocks, g_ptr_array_unref);
  gst_dvr_charge_unref (self->charge);
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

/* Opens a charge where the segment is kept, or in the server's own account. */
static void
open_charge (DvrServer * server, DvrRtmpRendering * self)
{
  GstDvrAccount *account = gst_dvr_segment_get_account (self->media);

  self->charge = gst_dvr_account_open (account ? account : server->derived,
      reclaim, dvr_rtmp_rendering_ref (self),
      (GDestroyNotify) dvr_rtmp_rendering_unref);
  gst_dvr_charge_pin (self->charge);
  g_clear_pointer (&account, gst_dvr_account_unref);
}

/* Returns: (transfer full): one that its maker holds */
static DvrRtmpRendering *
rendering_new (DvrServer * server, DvrStream * stream,
    const GstDvrEntry * entry, const DvrRtmpKey * key, GstDvrAnswer * answer)
{
  GstDvrSegment *init, *media;
  DvrRtmpRendering *self;

  init = ask (server, stream, entry, GST_DVR_SEGMENT_INIT, answer);
  if (!init)
    return NULL;
  media = ask (server, stream, entry, GST_DVR_SEGMENT_MEDIA, answer);
  if (!media) {
    gst_dvr_segment_unref (init);
    return NULL;
  }
  self = g_new0 (DvrRtmpRendering, 1);
  self->key = *key;
  self->refs = self->holds = 1;
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
  open_charge (server, self);
  return self;
}

/* Lets one go that never was in the table. */
static void
drop (DvrRtmpRendering * self)
{
  dvr_rtmp_rendering_release (self);
  leave_table (self);
}

static DvrRtmpRendering *
lookup_locked (DvrRtmpRenderings * table, const DvrRtmpKey * key)
{
  DvrRtmpRendering *found = g_hash_table_lookup (table->renderings, key);

  return found ? dvr_rtmp_rendering_ref (found) : NULL;
}

/* One that failed, or is gone, is made anew.
 * Returns: (transfer full) (nullable): what may be played, held */
static DvrRtmpRendering *
hold_locked (DvrRtmpRenderings * table, const GstDvrEntry * entry,
    const DvrRtmpKey * key)
{
  DvrRtmpRendering *self = lookup_locked (table, key);

  if (self && (dvr_get (self->failed)
          || !g_str_equal (self->recording, entry->recording)
          || !dvr_rtmp_rendering_hold (self)))
    g_clear_pointer (&self, dvr_rtmp_rendering_unref);
  return self;
}

/**
 * dvr_rtmp_rendering_get:
 * @server: the server
 * @stream: one of its streams
 * @entry: which segment
 * @kinds: what of it (#DvrRtmpKinds)
 * @lane: for which of a connection's NetStreams; see rtmpblock.h. Most have but
 *   one, and all of these share lane 0
 * @answer: (out): why there is none
 *
 * Returns: (transfer full) (nullable): its rendering, that of all players, held
 */
DvrRtmpRendering *
dvr_rtmp_rendering_get (DvrServer * server, DvrStream * stream,
    const GstDvrEntry * entry, guint kinds, guint lane, GstDvrAnswer * answer)
{
  const DvrRtmpKey key = { entry->number, kinds, lane };
  const DvrRtmpKey key_before = { entry->number - 1, kinds, lane };
  DvrRtmpRenderings *table = stream->renderings;
  DvrRtmpRendering *self, *made;
  gpointer old = NULL;

  g_mutex_lock (&table->lock);
  self = hold_locked (table, entry, &key);
  g_mutex_unlock (&table->lock);
  if (self)
    return self;

  made = rendering_new (server, stream, entry, &key, answer);
  if (!made)
    return NULL;
  g_mutex_lock (&table->lock);
  self = hold_locked (table, entry, &key);
  if (!self) {
    g_hash_table_steal_extended (table->renderings, &made->key, NULL, &old);
    made->before = lookup_locked (table, &key_before);
    self = dvr_rtmp_rendering_ref (made);
    g_hash_table_insert (table->renderings, &made->key, made);
    made = NULL;
  }
  g_mutex_unlock (&table->lock);
  g_clear_pointer (&old, leave_table);
  g_clear_pointer (&made, drop);
  return self;
}
