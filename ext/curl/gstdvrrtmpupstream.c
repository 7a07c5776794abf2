/* gstdvrrtmpupstream.c: segments of what an RTMP server sends
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A stream is pulled while it is followed; see gstdvrrtmppull.c. Each is a
 * connection and a thread, so there are no more than max-transfers of them at a
 * time; others wait until one ends. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrproxydebug.h"
#include "gstdvrrtmppull.h"
#include "gstdvrrtmpspool.h"

/* A segment is meant to be so long: numbers that begin with the clock rise by
 * one in that time. */
#define NUMBER_SECONDS 2
/* What may still be recorded while a stream is let go. */
#define NUMBER_MARGIN 16
#define MAX_LASTS 8192

typedef struct
{
  GstDvrUpstream parent;

  GMutex lock;                  /* protects all below; never held to wait */
  GstDvrUpstreamConfig *config;
  GstDvrRtmpSpool *spool;
  GHashTable *pulls;            /* GstDvrTimeline -> GstDvrRtmpPull */
  GQueue waiting;               /* of them, those that are not started */
  GHashTable *lasts;            /* local name -> highest number, guint64 */
  GSList *ending;               /* GstDvrRtmpPull */
  GstDvrRtmpPullStats past;     /* of those that ended */
} RtmpUpstream;

/* A stream that is let go may have numbers ahead of the clock, which the next
 * one begins with, where it was faster than real time or left something out.
 * Others need not be remembered. */
static void
note_last_locked (RtmpUpstream * self, GstDvrTimeline * timeline)
{
  guint64 clock = g_get_real_time () / G_USEC_PER_SEC;
  GstDvrTimelineInfo info;
  GHashTableIter iter;
  gpointer last;

  g_hash_table_iter_init (&iter, self->lasts);
  while (g_hash_table_iter_next (&iter, NULL, &last))
    if (*(guint64 *) last < clock / NUMBER_SECONDS)
      g_hash_table_iter_remove (&iter);
  gst_dvr_timeline_get_info (timeline, &info);
  if (info.next == info.first || g_hash_table_size (self->lasts) >= MAX_LASTS)
    return;
  info.next += NUMBER_MARGIN;
  g_hash_table_insert (self->lasts,
      g_strdup (gst_dvr_timeline_get_stream (timeline)),
      g_memdup2 (&info.next, sizeof (info.next)));
}

static guint64
get_last_locked (RtmpUpstream * self, const gchar * local)
{
  guint64 *last = g_hash_table_lookup (self->lasts, local);

  return last ? *last : 0;
}

static void
add_stats (GstDvrRtmpPullStats * sum, GstDvrRtmpPull * pull)
{
  GstDvrRtmpPullStats stats;

  gst_dvr_rtmp_pull_get_stats (pull, &stats);
  sum->bytes += stats.bytes;
  sum->connections += stats.connections;
  sum->failures += stats.failures;
}

/* Returns: (transfer full): those that have ended, to be joined without the
 * lock */
static GSList *
take_ended_locked (RtmpUpstream * self)
{
  GSList *done = NULL, *l, *next;

  for (l = self->ending; l; l = next) {
    next = l->next;
    if (!gst_dvr_rtmp_pull_is_done (l->data))
      continue;
    add_stats (&self->past, l->data);
    self->ending = g_slist_remove_link (self->ending, l);
    done = g_slist_concat (l, done);
  }

  return done;
}

/* Starts those whose turn it is. */
static void
start_waiting_locked (RtmpUpstream * self)
{
  guint max = self->config->http->max_transfers;

  while (self->waiting.length > 0 && g_hash_table_size (self->pulls) -
      self->waiting.length + g_slist_length (self->ending) < max)
    gst_dvr_rtmp_pull_start (g_queue_pop_head (&self->waiting));
}

static void
join_all (GSList * pulls)
{
  g_slist_free_full (pulls, (GDestroyNotify) gst_dvr_rtmp_pull_join);
}

static GstDvrTimeline *
rtmp_follow (GstDvrUpstream * upstream, const gchar * local,
    const gchar * remote, const gchar * path)
{
  RtmpUpstream *self = (RtmpUpstream *) upstream;
  g_autofree gchar *directory = NULL;
  GstDvrTimeline *timeline;
  GstDvrRtmpPull *pull;
  GSList *done;

  g_mutex_lock (&self->lock);
  done = take_ended_locked (self);
  directory = gst_dvr_rtmp_spool_make_path (self->spool);
  pull = gst_dvr_rtmp_pull_new (&upstream->owner, self->config, directory,
      local, remote, get_last_locked (self, local));
  timeline = gst_dvr_rtmp_pull_get_timeline (pull);
  g_hash_table_insert (self->pulls, timeline, pull);
  g_queue_push_tail (&self->waiting, pull);
  start_waiting_locked (self);
  if (g_queue_peek_tail (&self->waiting) == pull)
    gst_dvr_rtmp_pull_postpone (pull);
  g_mutex_unlock (&self->lock);
  join_all (done);

  return timeline;
}

static void
rtmp_poke (GstDvrUpstream * upstream, GstDvrTimeline * timeline)
{
  RtmpUpstream *self = (RtmpUpstream *) upstream;
  GstDvrRtmpPull *pull;
  GSList *done;

  g_mutex_lock (&self->lock);
  done = take_ended_locked (self);
  start_waiting_locked (self);
  pull = g_hash_table_lookup (self->pulls, timeline);
  if (pull)
    gst_dvr_rtmp_pull_poke (pull);
  g_mutex_unlock (&self->lock);
  join_all (done);
}

static void
rtmp_unfollow (GstDvrUpstream * upstream, GstDvrTimeline * timeline)
{
  RtmpUpstream *self = (RtmpUpstream *) upstream;
  GstDvrRtmpPull *pull;
  GSList *done;

  g_mutex_lock (&self->lock);
  done = take_ended_locked (self);
  pull = g_hash_table_lookup (self->pulls, timeline);
  if (pull) {
    note_last_locked (self, timeline);
    g_hash_table_remove (self->pulls, timeline);
    g_queue_remove (&self->waiting, pull);
    self->ending = g_slist_prepend (self->ending, pull);
    gst_dvr_rtmp_pull_ref (pull);
  }
  start_waiting_locked (self);
  g_mutex_unlock (&self->lock);
  join_all (done);
  if (pull) {
    gst_dvr_rtmp_pull_stop (pull);
    gst_dvr_rtmp_pull_unref (pull);
  }
}

static void
rtmp_fetch (GstDvrUpstream * upstream, GstDvrTimeline * timeline,
    GstDvrSegment * segment, GstDvrPriority priority)
{
  RtmpUpstream *self = (RtmpUpstream *) upstream;
  GstDvrRtmpPull *pull;

  g_mutex_lock (&self->lock);
  pull = g_hash_table_lookup (self->pulls, timeline);
  if (pull)
    gst_dvr_rtmp_pull_ref (pull);
  g_mutex_unlock (&self->lock);
  if (pull) {
    gst_dvr_rtmp_pull_fetch (pull, segment, priority);
    gst_dvr_rtmp_pull_unref (pull);
  } else {
    gst_dvr_segment_fail (segment, 503, "the stream was let go");
  }
}

static void
rtmp_report (GstDvrUpstream * upstream, GstDvrTimeline * timeline,
    GstEvent * event)
{
  RtmpUpstream *self = (RtmpUpstream *) upstream;
  GstDvrRtmpPull *pull;

  g_mutex_lock (&self->lock);
  pull = g_hash_table_lookup (self->pulls, timeline);
  if (pull)
    gst_dvr_rtmp_pull_report (pull, event);
  g_mutex_unlock (&self->lock);
}

static void
rtmp_configure (GstDvrUpstream * upstream, GstDvrUpstreamConfig * config)
{
  RtmpUpstream *self = (RtmpUpstream *) upstream;
  GHashTableIter iter;
  gpointer pull;

  g_mutex_lock (&self->lock);
  gst_dvr_upstream_config_unref (self->config);
  self->config = gst_dvr_upstream_config_ref (config);
  g_hash_table_iter_init (&iter, self->pulls);
  while (g_hash_table_iter_next (&iter, NULL, &pull))
    gst_dvr_rtmp_pull_configure (pull, config);
  start_waiting_locked (self);
  g_mutex_unlock (&self->lock);
}

static void
rtmp_stats (GstDvrUpstream * upstream, GstStructure * s)
{
  RtmpUpstream *self = (RtmpUpstream *) upstream;
  GstDvrRtmpPullStats stats;
  GHashTableIter iter;
  gpointer pull;
  GSList *l;

  g_mutex_lock (&self->lock);
  stats = self->past;
  g_hash_table_iter_init (&iter, self->pulls);
  while (g_hash_table_iter_next (&iter, NULL, &pull))
    add_stats (&stats, pull);
  for (l = self->ending; l; l = l->next)
    add_stats (&stats, l->data);
  g_mutex_unlock (&self->lock);
  gst_structure_set (s, "bytes-received", G_TYPE_UINT64, stats.bytes,
      "connections", G_TYPE_UINT64, stats.connections,
      "connection-failures", G_TYPE_UINT64, stats.failures, NULL);
}

static void
rtmp_close (GstDvrUpstream * upstream)
{
  RtmpUpstream *self = (RtmpUpstream *) upstream;
  GHashTableIter iter;
  gpointer pull;
  GSList *all, *l;

  g_mutex_lock (&self->lock);
  all = g_steal_pointer (&self->ending);
  g_queue_clear (&self->waiting);
  g_hash_table_iter_init (&iter, self->pulls);
  while (g_hash_table_iter_next (&iter, NULL, &pull)) {
    all = g_slist_prepend (all, pull);
    g_hash_table_iter_remove (&iter);
  }
  g_mutex_unlock (&self->lock);
  for (l = all; l; l = l->next)
    gst_dvr_rtmp_pull_stop (l->data);
  join_all (all);
  g_clear_pointer (&self->spool, gst_dvr_rtmp_spool_free);
}

static void
rtmp_free (GstDvrUpstream * upstream)
{
  RtmpUpstream *self = (RtmpUpstream *) upstream;

  g_hash_table_unref (self->pulls);
  g_hash_table_unref (self->lasts);
  gst_dvr_upstream_config_unref (self->config);
  g_mutex_clear (&self->lock);
  g_clear_pointer (&self->spool, gst_dvr_rtmp_spool_free);
  g_free (self);
}

static const GstDvrUpstreamClass rtmp_class = {
  .follow = rtmp_follow,
  .poke = rtmp_poke,
  .unfollow = rtmp_unfollow,
  .fetch = rtmp_fetch,
  .report = rtmp_report,
  .configure = rtmp_configure,
  .stats = rtmp_stats,
  .close = rtmp_close,
  .free = rtmp_free,
};

/**
 * gst_dvr_rtmp_upstream_new:
 * @config: its locations are rtmp:// URIs
 *
 * Returns: (transfer full): an upstream that plays streams of RTMP servers
 */
GstDvrUpstream *
gst_dvr_rtmp_upstream_new (GstDvrUpstreamConfig * config)
{
  RtmpUpstream *self = g_new0 (RtmpUpstream, 1);

  self->parent.klass = &rtmp_class;
  self->config = gst_dvr_upstream_config_ref (config);
  g_mutex_init (&self->lock);
  self->pulls = g_hash_table_new (NULL, NULL);
  self->lasts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_queue_init (&self->waiting);
  self->spool = gst_dvr_rtmp_spool_new (config->temp_dir);

  return &self->parent;
}
