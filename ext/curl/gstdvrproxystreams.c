/* gstdvrproxystreams.c: the streams followed
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A stream is followed from the first request for it until `linger` after its
 * last reader. An unknown name goes upstream once a second at most. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "gstdvrproxydebug.h"
#include "gstdvrproxystreams.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* Streams followed at a time, those that are not there included. */
#define MAX_STREAMS 8192
/* How long "there is no such stream" answers for those who ask again. */
#define NEGATIVE_HOLD G_USEC_PER_SEC
/* Upstreams are told this often at most that a stream is asked for. */
#define POKE_INTERVAL (G_USEC_PER_SEC / 4)

typedef struct
{
  GstElement *element;
  gchar *name;
  _Atomic gint64 failed_at;     /* monotonic time; 0: has not */
  atomic_bool told;             /* ProxyStream.Proxy.Start */
} StreamState;

typedef struct
{
  GstDvrTimeline *timeline;
  gchar *remote;
  StreamState *state;
  gulong watch;
  gint64 asked_at;
  gint64 poked_at;
} Stream;

struct _GstDvrProxyStreams
{
  GstElement *element;
  GstDvrProxyTable *table;      /* what they fetch, together */

  GMutex lock;                  /* protects all below */
  GstDvrProxyNames *names;
  GstDvrUpstream *upstream;     /* NULL: not started */
  GSList *retired;              /* GstDvrUpstream that end what they fetch */
  GHashTable *streams;          /* local name -> Stream */
};

static void
stream_state_clear (gpointer data)
{
  StreamState *state = data;

  gst_object_unref (state->element);
  g_free (state->name);
}

static void
stream_state_unref (gpointer state)
{
  g_atomic_rc_box_release_full (state, stream_state_clear);
}

static void
stream_free (gpointer data)
{
  Stream *stream = data;

  gst_dvr_timeline_remove_watch (stream->timeline, stream->watch);
  gst_dvr_timeline_unref (stream->timeline);
  stream_state_unref (stream->state);
  g_free (stream->remote);
  g_free (stream);
}

static void
post_proxy_status (StreamState * state, gboolean start)
{
  gst_dvr_post_status (state->element,
      start ? "ProxyStream.Proxy.Start" : "ProxyStream.Proxy.Stop", "status",
      start ? "Successfully published the source stream." :
      "Successfully stopped the source stream.",
      "stream", G_TYPE_STRING, state->name, NULL);
}

/* From the upstream's thread. */
static void
on_timeline_changed (GstDvrTimeline * timeline, gpointer user_data)
{
  StreamState *state = user_data;
  GstDvrTimelineInfo info;
  gint64 none = 0;

  gst_dvr_timeline_get_info (timeline, &info);
  if (info.state == GST_DVR_TIMELINE_FAILED)
    atomic_compare_exchange_strong (&state->failed_at, &none,
        g_get_monotonic_time ());
  else
    atomic_store (&state->failed_at, 0);
  if ((info.state == GST_DVR_TIMELINE_OPEN
          || info.state == GST_DVR_TIMELINE_ENDED)
      && !atomic_exchange (&state->told, true))
    post_proxy_status (state, TRUE);
}

GstDvrProxyStreams *
gst_dvr_proxy_streams_new (GstElement * element, GstDvrProxyTable * table)
{
  GstDvrProxyStreams *self = g_new0 (GstDvrProxyStreams, 1);

  self->element = element;
  self->table = table;
  g_mutex_init (&self->lock);
  self->names = gst_dvr_proxy_names_new ();
  self->streams = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      stream_free);

  return self;
}

void
gst_dvr_proxy_streams_free (GstDvrProxyStreams * self)
{
  g_assert (self->upstream == NULL);
  g_hash_table_unref (self->streams);
  gst_dvr_proxy_names_free (self->names);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * gst_dvr_proxy_streams_start:
 * @self: the streams
 * @upstream: (transfer full): where they come from
 */
void
gst_dvr_proxy_streams_start (GstDvrProxyStreams * self,
    GstDvrUpstream * upstream)
{
  gst_dvr_proxy_table_start (self->table);
  g_mutex_lock (&self->lock);
  self->upstream = upstream;
  g_mutex_unlock (&self->lock);
}

static void
stop_stream (gpointer data)
{
  Stream *stream = data;

  if (atomic_load (&stream->state->told))
    post_proxy_status (stream->state, FALSE);
  stream_free (stream);
}

static GSList *
steal_streams_locked (GstDvrProxyStreams * self)
{
  GSList *gone = NULL;
  GHashTableIter iter;
  gpointer key, stream;

  g_hash_table_iter_init (&iter, self->streams);
  while (g_hash_table_iter_next (&iter, &key, &stream)) {
    gone = g_slist_prepend (gone, stream);
    g_hash_table_iter_steal (&iter);
    g_free (key);
  }

  return gone;
}

static void
let_go (GstDvrUpstream * upstream, GSList * streams)
{
  GSList *l;

  for (l = streams; l; l = l->next)
    upstream->klass->unfollow (upstream, ((Stream *) l->data)->timeline);
  g_slist_free_full (streams, stop_stream);
}

static void
close_upstream (gpointer data)
{
  GstDvrUpstream *upstream = data;

  upstream->klass->close (upstream);
  gst_dvr_upstream_unref (upstream);
}

/**
 * gst_dvr_proxy_streams_stop:
 * @self: the streams
 *
 * Requests are refused from now on; then the upstream is closed, and what it
 * was fetching fails.
 */
void
gst_dvr_proxy_streams_stop (GstDvrProxyStreams * self)
{
  GSList *gone, *closing;

  g_mutex_lock (&self->lock);
  closing = g_steal_pointer (&self->retired);
  if (self->upstream)
    closing = g_slist_prepend (closing, g_steal_pointer (&self->upstream));
  gone = steal_streams_locked (self);
  g_mutex_unlock (&self->lock);

  g_slist_free_full (closing, close_upstream);
  gst_dvr_proxy_table_stop (self->table);
  g_slist_free_full (gone, stop_stream);
}

/**
 * gst_dvr_proxy_streams_replace:
 * @self: the streams
 * @upstream: (transfer full): where they come from now
 *
 * All streams are let go: who reads one asks anew, and gets it from there. What
 * is being fetched comes to its end.
 */
void
gst_dvr_proxy_streams_replace (GstDvrProxyStreams * self,
    GstDvrUpstream * upstream)
{
  GstDvrUpstream *old = NULL;
  GSList *gone = NULL;

  g_mutex_lock (&self->lock);
  if (self->upstream) {
    old = gst_dvr_upstream_ref (self->upstream);
    self->retired = g_slist_prepend (self->retired, self->upstream);
    self->upstream = upstream;
    gone = steal_streams_locked (self);
  }
  g_mutex_unlock (&self->lock);

  if (old == NULL) {
    close_upstream (upstream);
    return;
  }
  let_go (old, gone);
  gst_dvr_upstream_unref (old);
}

/* Upstreams that were replaced, and have no more to do. */
static GSList *
take_retired_locked (GstDvrProxyStreams * self)
{
  GSList *done = NULL, *l, *next;

  for (l = self->retired; l; l = next) {
    GstDvrUpstream *upstream = l->data;

    next = l->next;
    if (upstream->klass->is_busy && upstream->klass->is_busy (upstream))
      continue;
    self->retired = g_slist_remove_link (self->retired, l);
    done = g_slist_concat (l, done);
  }

  return done;
}

void
gst_dvr_proxy_streams_configure (GstDvrProxyStreams * self,
    GstDvrUpstreamConfig * config)
{
  GstDvrUpstream *upstream;

  g_mutex_lock (&self->lock);
  upstream = self->upstream ? gst_dvr_upstream_ref (self->upstream) : NULL;
  g_mutex_unlock (&self->lock);
  if (upstream == NULL)
    return;
  if (upstream->klass->configure)
    upstream->klass->configure (upstream, config);
  gst_dvr_upstream_unref (upstream);
}

static Stream *
add_stream_locked (GstDvrProxyStreams * self, const gchar * local,
    const gchar * remote, const gchar * path)
{
  Stream *stream = g_new0 (Stream, 1);
  StreamState *state = g_atomic_rc_box_new0 (StreamState);

  state->element = gst_object_ref (self->element);
  state->name = g_strdup (local);
  stream->state = state;
  stream->remote = g_strdup (remote);
  stream->timeline = self->upstream->klass->follow (self->upstream, local,
      remote, path);
  stream->watch = gst_dvr_timeline_add_watch (stream->timeline,
      on_timeline_changed, g_atomic_rc_box_acquire (state), stream_state_unref);
  g_hash_table_insert (self->streams, g_strdup (local), stream);

  return stream;
}

/* Takes the stream out of the table. */
static Stream *
remove_stream_locked (GstDvrProxyStreams * self, const gchar * local)
{
  gpointer key = NULL, stream = NULL;

  if (g_hash_table_steal_extended (self->streams, local, &key, &stream))
    g_free (key);

  return stream;
}

/* Whether upstream said that there is no such stream. */
gboolean
gst_dvr_proxy_streams_is_negative (const GstDvrTimelineInfo * info)
{
  return info->state == GST_DVR_TIMELINE_FAILED
      && (info->status == 404 || info->status == 410);
}

/* A stream whose "no" is old is asked for anew, by the same timeline where
 * somebody reads it.
 *
 * Returns: (nullable): the stream, asked for now if need be */
static Stream *
get_stream_locked (GstDvrProxyStreams * self, const gchar * local,
    const gchar * path, Stream ** gone, gboolean * poke)
{
  const gchar *remote = gst_dvr_proxy_names_lookup (self->names, local);
  gint64 now = g_get_monotonic_time ();
  GstDvrTimelineInfo info;
  Stream *stream;
  gint64 failed_at;

  if (remote == NULL)
    return NULL;
  stream = g_hash_table_lookup (self->streams, local);
  if (stream) {
    gst_dvr_timeline_get_info (stream->timeline, &info);
    failed_at = atomic_load (&stream->state->failed_at);
    *poke = (info.state == GST_DVR_TIMELINE_FAILED
        || info.state == GST_DVR_TIMELINE_ENDED || info.stale)
        && now >= stream->poked_at + POKE_INTERVAL;
    if (*poke)
      stream->poked_at = now;
    if (gst_dvr_proxy_streams_is_negative (&info) && failed_at
        && failed_at + NEGATIVE_HOLD <= now
        && !gst_dvr_timeline_is_used (stream->timeline, NULL)) {
      *gone = remove_stream_locked (self, local);
      stream = NULL;
      *poke = FALSE;
    }
  }
  if (stream == NULL && g_hash_table_size (self->streams) < MAX_STREAMS)
    stream = add_stream_locked (self, local, remote, path);
  if (stream)
    stream->asked_at = now;

  return stream;
}

/**
 * gst_dvr_proxy_streams_find:
 * @self: the streams
 * @name: the local name of a stream
 * @path: (nullable): on whose behalf it is asked for
 * @found: (out caller-allocates): to be cleared
 *
 * From any thread. Never blocks. A stream that is not followed is from now on, if
 * its name is known and there is room.
 */
void
gst_dvr_proxy_streams_find (GstDvrProxyStreams * self, const gchar * name,
    const gchar * path, GstDvrProxyFound * found)
{
  Stream *gone = NULL, *stream = NULL;
  StreamState *state = NULL;

  memset (found, 0, sizeof (*found));
  g_mutex_lock (&self->lock);
  if (self->upstream) {
    found->upstream = gst_dvr_upstream_ref (self->upstream);
    found->known = gst_dvr_proxy_names_lookup (self->names, name) != NULL;
    stream = get_stream_locked (self, name, path, &gone, &found->poke);
  }
  if (stream) {
    found->timeline = gst_dvr_timeline_ref (stream->timeline);
    state = g_atomic_rc_box_acquire (stream->state);
  }
  g_mutex_unlock (&self->lock);

  if (gone) {
    found->upstream->klass->unfollow (found->upstream, gone->timeline);
    stream_free (gone);
  }
  if (state == NULL)
    return;
  /* it may have been known before it was watched */
  if (!atomic_load (&state->told))
    on_timeline_changed (found->timeline, state);
  stream_state_unref (state);
}

void
gst_dvr_proxy_found_clear (GstDvrProxyFound * found)
{
  g_clear_pointer (&found->timeline, gst_dvr_timeline_unref);
  g_clear_pointer (&found->upstream, gst_dvr_upstream_unref);
}

/**
 * gst_dvr_proxy_streams_report:
 * @self: the streams
 * @name: the local name of the stream
 * @report: what a player of it tells
 *
 * From any thread. Never blocks. What is told of a stream that is not followed
 * is dropped.
 */
void
gst_dvr_proxy_streams_report (GstDvrProxyStreams * self, const gchar * name,
    GstEvent * report)
{
  GstDvrTimeline *timeline = NULL;
  GstDvrUpstream *upstream = NULL;
  Stream *stream;

  g_mutex_lock (&self->lock);
  stream = g_hash_table_lookup (self->streams, name);
  if (self->upstream && self->upstream->klass->report && stream) {
    upstream = gst_dvr_upstream_ref (self->upstream);
    timeline = gst_dvr_timeline_ref (stream->timeline);
  }
  g_mutex_unlock (&self->lock);
  if (upstream == NULL)
    return;
  upstream->klass->report (upstream, timeline, report);
  gst_dvr_timeline_unref (timeline);
  gst_dvr_upstream_unref (upstream);
}

/* Whether nobody has read the stream for long enough. */
static gboolean
is_over (Stream * stream, gint64 now, gint64 linger)
{
  GstDvrTimelineInfo info;
  gint64 since;

  if (gst_dvr_timeline_is_used (stream->timeline, &since))
    return FALSE;
  gst_dvr_timeline_get_info (stream->timeline, &info);
  if (gst_dvr_proxy_streams_is_negative (&info))
    linger = MIN (linger, NEGATIVE_HOLD);

  return now - MAX (since, stream->asked_at) >= linger;
}

/**
 * gst_dvr_proxy_streams_sweep:
 * @self: the streams
 * @linger: how long a stream is followed without readers, nanoseconds
 *
 * Lets go what nobody reads any more.
 */
void
gst_dvr_proxy_streams_sweep (GstDvrProxyStreams * self, GstClockTime linger)
{
  gint64 now = g_get_monotonic_time ();
  GstDvrUpstream *upstream = NULL;
  GSList *over = NULL, *retired;
  GHashTableIter iter;
  gpointer key, stream;

  g_mutex_lock (&self->lock);
  retired = take_retired_locked (self);
  if (self->upstream)
    upstream = gst_dvr_upstream_ref (self->upstream);
  g_hash_table_iter_init (&iter, self->streams);
  while (upstream && g_hash_table_iter_next (&iter, &key, &stream)) {
    if (is_over (stream, now, (gint64) (linger / GST_USECOND))) {
      over = g_slist_prepend (over, stream);
      g_hash_table_iter_steal (&iter);
      g_free (key);
    }
  }
  g_mutex_unlock (&self->lock);

  let_go (upstream, over);
  g_slist_free_full (retired, close_upstream);
  g_clear_pointer (&upstream, gst_dvr_upstream_unref);
}

void
gst_dvr_proxy_streams_get_stats (GstDvrProxyStreams * self,
    GstStructure * stats)
{
  GstDvrUpstream *upstream;
  guint n;

  g_mutex_lock (&self->lock);
  n = g_hash_table_size (self->streams);
  upstream = self->upstream ? gst_dvr_upstream_ref (self->upstream) : NULL;
  g_mutex_unlock (&self->lock);

  gst_structure_set (stats, "streams", G_TYPE_UINT, n, NULL);
  if (upstream && upstream->klass->stats)
    upstream->klass->stats (upstream, stats);
  g_clear_pointer (&upstream, gst_dvr_upstream_unref);
}

/**
 * gst_dvr_proxy_streams_set_name:
 * @self: the streams
 * @local: (nullable): see gst_dvr_proxy_names_set()
 * @remote: (nullable): see gst_dvr_proxy_names_set()
 *
 * Streams that now stand for something else are let go at once.
 */
void
gst_dvr_proxy_streams_set_name (GstDvrProxyStreams * self,
    const gchar * local, const gchar * remote)
{
  GstDvrUpstream *upstream = NULL;
  GSList *gone = NULL;
  GHashTableIter iter;
  gpointer key, stream;

  g_mutex_lock (&self->lock);
  gst_dvr_proxy_names_set (self->names, local, remote);
  if (self->upstream)
    upstream = gst_dvr_upstream_ref (self->upstream);
  g_hash_table_iter_init (&iter, self->streams);
  while (upstream && g_hash_table_iter_next (&iter, &key, &stream)) {
    if (g_strcmp0 (gst_dvr_proxy_names_lookup (self->names, key),
            ((Stream *) stream)->remote) != 0) {
      gone = g_slist_prepend (gone, stream);
      g_hash_table_iter_steal (&iter);
      g_free (key);
    }
  }
  g_mutex_unlock (&self->lock);

  let_go (upstream, gone);
  g_clear_pointer (&upstream, gst_dvr_upstream_unref);
}

gboolean
gst_dvr_proxy_streams_add_name (GstDvrProxyStreams * self,
    const gchar * local, const gchar * remote)
{
  gboolean added;

  g_mutex_lock (&self->lock);
  added = gst_dvr_proxy_names_add (self->names, local, remote);
  g_mutex_unlock (&self->lock);

  return added;
}

/**
 * gst_dvr_proxy_streams_remove_name:
 * @self: the streams
 * @local: a name added before
 *
 * The stream is let go at once.
 *
 * Returns: whether it was there
 */
gboolean
gst_dvr_proxy_streams_remove_name (GstDvrProxyStreams * self,
    const gchar * local)
{
  GstDvrUpstream *upstream = NULL;
  Stream *stream = NULL;
  gboolean removed;

  g_mutex_lock (&self->lock);
  removed = gst_dvr_proxy_names_remove (self->names, local);
  if (removed && self->upstream) {
    upstream = gst_dvr_upstream_ref (self->upstream);
    stream = remove_stream_locked (self, local);
  }
  g_mutex_unlock (&self->lock);

  if (stream) {
    upstream->klass->unfollow (upstream, stream->timeline);
    stop_stream (stream);
  }
  g_clear_pointer (&upstream, gst_dvr_upstream_unref);

  return removed;
}

gchar **
gst_dvr_proxy_streams_list_names (GstDvrProxyStreams * self)
{
  gchar **names;

  g_mutex_lock (&self->lock);
  names = gst_dvr_proxy_names_list (self->names);
  g_mutex_unlock (&self->lock);

  return names;
}
