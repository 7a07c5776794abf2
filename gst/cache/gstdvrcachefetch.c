/* gstdvrcachefetch.c: how the cache gets what it does not have
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* From a fetch that is under way, from disk, or from upstream, with one
 * question for all who ask at once. Where a fetcher goes away or fails, another
 * user's upstream goes on at the byte that was reached. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrcache-private.h"

/* How often a fetch is taken over. */
#define MAX_REFETCHES 3
/* How long a request waits for the answer to the same one; asking does not
 * block, so this is only met where upstream breaks that rule. */
#define MAX_ASK_WAIT (100 * G_TIME_SPAN_MILLISECOND)

/* One question under way. */
typedef struct
{
  gatomicrefcount refcount;
  GstDvrSegmentId id;
  GstDvrCacheUser *user;
  gboolean done;
  GstDvrAnswer answer;
  GstDvrSegment *segment;
} Ask;

static void relay_broke (GstDvrRelay * relay, GstDvrSegment * source,
    gpointer user_data);

static GstDvrAnswer
user_ask (GstDvrCacheUser * user, GstDvrRequest * request)
{
  GObject *owner = g_weak_ref_get (&user->owner);
  GstDvrAnswer answer = GST_DVR_ANSWER_NOT_STARTED;

  if (owner) {
    answer = user->funcs.ask (owner, request);
    g_object_unref (owner);
  }
  return answer;
}

void
gst_dvr_cache_ask_unref (gpointer data)
{
  Ask *ask = data;

  if (!g_atomic_ref_count_dec (&ask->refcount))
    return;
  g_ref_string_release ((char *) ask->id.stream);
  g_ref_string_release ((char *) ask->id.recording);
  g_clear_pointer (&ask->segment, gst_dvr_segment_unref);
  gst_dvr_cache_user_free (ask->user);
  g_free (ask);
}

/* Relays: where a segment is begun by one fetcher and ended by another. */

static GstDvrRelay *
relay_new (GstDvrCache * self, GstDvrSegment * target)
{
  return gst_dvr_relay_new (target, relay_broke,
      gst_dvr_cache_weak_ref_new (self), gst_dvr_cache_weak_ref_free);
}

/* A fetch that was @old's is another user's now; not for ever. */
static GstDvrCacheUser *
next_fetcher (GstDvrCache * self, GstDvrSegment * target, GstDvrCacheUser * old)
{
  GstDvrCacheUser *user = NULL;
  GstDvrCacheEntry *entry;
  guint i;

  g_mutex_lock (&self->lock);
  entry = gst_dvr_cache_find_segment_locked (self, target);
  if (entry && entry->refetches++ >= MAX_REFETCHES)
    entry = NULL;
  for (i = 0; entry && i < self->users->len && !user; i++)
    if (g_ptr_array_index (self->users, i) != old)
      user = gst_dvr_cache_user_ref (g_ptr_array_index (self->users, i));
  if (user) {
    g_clear_pointer (&entry->fetcher, gst_dvr_cache_user_free);
    entry->fetcher = gst_dvr_cache_user_ref (user);
    self->refetches++;
  }
  g_mutex_unlock (&self->lock);
  return user;
}

void
gst_dvr_cache_refetch (GstDvrCache * self, GstDvrRelay * relay,
    GstDvrCacheUser * old, guint status, const gchar * reason)
{
  GstDvrSegment *target = gst_dvr_relay_get_target (relay);
  GstDvrCacheUser *user = next_fetcher (self, target, old);
  GstDvrRequest *request;

  if (!user) {
    gst_dvr_relay_fail (relay, status, reason);
    return;
  }
  request = gst_dvr_request_new_segment (gst_dvr_segment_get_id (target),
      GST_DVR_PRIORITY_VIEWER);
  switch (user_ask (user, request)) {
    case GST_DVR_ANSWER_OK:
      gst_dvr_relay_set_source (relay, gst_dvr_request_get_segment (request));
      break;
    case GST_DVR_ANSWER_NOT_FOUND:
      gst_dvr_relay_fail (relay, 404, "upstream has no such segment");
      break;
    case GST_DVR_ANSWER_REMOVED:
      gst_dvr_relay_fail (relay, 410, "upstream has removed the segment");
      break;
    default:
      gst_dvr_relay_fail (relay, status, reason);
      break;
  }
  gst_dvr_request_unref (request);
  gst_dvr_cache_user_free (user);
}

static void
relay_broke (GstDvrRelay * relay, GstDvrSegment * source, gpointer user_data)
{
  GstDvrCache *self = g_weak_ref_get (user_data);
  GstDvrCacheUser *old = NULL;
  GstDvrCacheEntry *entry = NULL;

  if (self) {
    g_mutex_lock (&self->lock);
    entry =
        gst_dvr_cache_find_segment_locked (self,
        gst_dvr_relay_get_target (relay));
    if (entry && entry->fetcher)
      old = gst_dvr_cache_user_ref (entry->fetcher);
    g_mutex_unlock (&self->lock);
  }
  if (entry && old)
    gst_dvr_cache_refetch (self, relay, old,
        gst_dvr_segment_get_status (source),
        gst_dvr_segment_get_reason (source));
  else
    gst_dvr_relay_fail (relay, gst_dvr_segment_get_status (source),
        gst_dvr_segment_get_reason (source));
  if (old)
    gst_dvr_cache_user_free (old);
  g_clear_object (&self);
}

/* Another user than the one that fetches wants it: it gets a segment of the
 * cache's own, which goes on when the fetcher goes away.
 *
 * Returns: (transfer full): the relay to start */
static GstDvrRelay *
share_locked (GstDvrCache * self, GstDvrCacheEntry * entry, GPtrArray * gone)
{
  GstDvrSegment *front =
      gst_dvr_segment_new (gst_dvr_segment_get_id (entry->segment));
  GstDvrCacheUser *fetcher = gst_dvr_cache_user_ref (entry->fetcher);
  GstDvrPriority priority = entry->priority;
  GstDvrCacheEntry *own;

  gst_dvr_cache_remove_locked (self, entry, gone);
  own = gst_dvr_cache_insert_locked (self, front, fetcher, priority);
  own->relay = relay_new (self, front);
  gst_dvr_cache_user_free (fetcher);
  gst_dvr_segment_unref (front);
  return gst_dvr_relay_ref (own->relay);
}

/* Called by the worker of the disk. */
static void
disk_broken (GObject * owner, GstDvrSegment * segment)
{
  GstDvrCache *self = GST_DVR_CACHE (owner);
  GstDvrRelay *relay = NULL;
  GstDvrCacheEntry *entry;

  g_mutex_lock (&self->lock);
  entry = gst_dvr_cache_find_segment_locked (self, segment);
  if (entry && !entry->relay)
    entry->relay = relay_new (self, segment);
  if (entry)
    relay = gst_dvr_relay_ref (entry->relay);
  g_mutex_unlock (&self->lock);
  if (relay) {
    gst_dvr_cache_refetch (self, relay, NULL, 503, "no upstream to ask");
    gst_dvr_relay_unref (relay);
  } else {
    gst_dvr_segment_fail (segment, 503, "evicted while it was read");
  }
}

static void
disk_status (GObject * owner, const gchar * code, const gchar * level,
    const gchar * description)
{
  GstDvrCache *self = GST_DVR_CACHE (owner);
  GPtrArray *users = g_ptr_array_new_with_free_func (gst_dvr_cache_user_free);
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->users->len; i++)
    g_ptr_array_add (users,
        gst_dvr_cache_user_ref (g_ptr_array_index (self->users, i)));
  g_mutex_unlock (&self->lock);
  for (i = 0; i < users->len; i++) {
    GstDvrCacheUser *user = g_ptr_array_index (users, i);
    GObject *element = g_weak_ref_get (&user->owner);

    if (!element)
      continue;
    user->funcs.status (element, code, level, description);
    g_object_unref (element);
  }
  g_ptr_array_unref (users);
}

/**
 * gst_dvr_cache_set_disk:
 * @self: a cache
 * @directory: where to keep segments on disk
 * @max_disk: how many bytes of them
 *
 * To be called by who has joined the cache. The first directory that a user
 * names is used until the last one leaves; further calls only raise the limit.
 */
void
gst_dvr_cache_set_disk (GstDvrCache * self,
    const gchar * directory, guint64 max_disk)
{
  static const GstDvrDiskCacheFuncs funcs = { disk_broken, disk_status };
  GstDvrDiskCache *disk, *mine;

  disk = gst_dvr_disk_cache_new (directory, max_disk, G_OBJECT (self), &funcs);
  g_mutex_lock (&self->lock);
  while (self->closing)
    g_cond_wait (&self->closed, &self->lock);
  mine = self->disk;
  if (!mine)
    self->disk = gst_dvr_disk_cache_ref (disk);
  g_mutex_unlock (&self->lock);
  if (!mine)
    gst_dvr_disk_cache_start (disk);
  else
    gst_dvr_disk_cache_raise (mine, directory, max_disk);
  gst_dvr_disk_cache_unref (disk);
}

/* To be given to gst_dvr_cache_close_disk() without the lock: whoever joins
 * meanwhile waits for that before it uses a directory.
 *
 * Returns: (transfer full) (nullable): what is on disk */
GstDvrDiskCache *
gst_dvr_cache_take_disk_locked (GstDvrCache * self)
{
  self->closing |= self->disk != NULL;
  return g_steal_pointer (&self->disk);
}

void
gst_dvr_cache_close_disk (GstDvrCache * self, GstDvrDiskCache * disk)
{
  gst_dvr_disk_cache_stop (disk);
  gst_dvr_disk_cache_unref (disk);
  g_mutex_lock (&self->lock);
  self->closing = FALSE;
  g_cond_broadcast (&self->closed);
  g_mutex_unlock (&self->lock);
}

/* Asking. */

/* Puts a question, or joins one. The lock is held.
 *
 * Returns: (transfer full): the question; @mine says who is to ask it */
static Ask *
ask_locked (GstDvrCache * self, GstDvrCacheUser * user,
    const GstDvrSegmentId * id, gboolean * mine)
{
  Ask *ask = g_hash_table_lookup (self->asks, id);

  *mine = ask == NULL;
  if (!ask) {
    ask = g_new0 (Ask, 1);
    g_atomic_ref_count_init (&ask->refcount);
    ask->id.kind = id->kind;
    ask->id.stream = g_ref_string_new (id->stream);
    ask->id.recording = g_ref_string_new (id->recording);
    ask->id.number = id->number;
    ask->id.offset = id->offset;
    ask->id.size = id->size;
    ask->user = gst_dvr_cache_user_ref (user);
    g_hash_table_insert (self->asks, &ask->id, ask);
  }
  g_atomic_ref_count_inc (&ask->refcount);
  return ask;
}

static void
answer_ask (GstDvrCache * self, Ask * ask, GstDvrAnswer answer,
    GstDvrSegment * segment)
{
  g_mutex_lock (&self->lock);
  ask->done = TRUE;
  ask->answer = answer;
  ask->segment = segment ? gst_dvr_segment_ref (segment) : NULL;
  g_hash_table_remove (self->asks, &ask->id);
  g_cond_broadcast (&self->answered);
  g_mutex_unlock (&self->lock);
}

/* Waits for somebody else's question. Asking never blocks, so this is short.
 * The lock is held. */
static gboolean
join_ask_locked (GstDvrCache * self, Ask * ask, GstDvrCacheUser * user,
    GstDvrRequest * request)
{
  gint64 end = g_get_monotonic_time () + MAX_ASK_WAIT;

  while (!ask->done)
    if (!g_cond_wait_until (&self->answered, &self->lock, end))
      return FALSE;
  if (ask->segment) {
    gst_dvr_request_answer_segment (request, ask->segment,
        GST_DVR_HOW_COLLAPSED);
    return TRUE;
  }
  /* another element's upstream need not be as wise as ours */
  if (ask->user != user)
    return FALSE;
  gst_dvr_request_refuse (request, ask->answer);
  return TRUE;
}

/* By which request a segment is fetched that may be given up again. */
static void
note_asked (GstDvrCache * self, GstDvrSegment * segment, GstDvrRequest * up)
{
  GstDvrRequest *old = NULL;
  GstDvrCacheEntry *entry;

  g_mutex_lock (&self->lock);
  entry = gst_dvr_cache_find_segment_locked (self, segment);
  if (entry) {
    old = entry->asked;
    entry->asked = gst_dvr_request_ref (up);
  }
  g_mutex_unlock (&self->lock);
  if (old)
    gst_dvr_request_unref (old);
}

/**
 * gst_dvr_cache_give_up:
 * @self: a cache
 * @segment: what was asked for with no more than a player's priority, and is of
 *   no use to who asked any more; not pinned by him
 *
 * Has its fetch ended, if it is under way and nobody else wants it: a player's
 * connection has better things to carry. Who asks for it again gets it.
 */
void
gst_dvr_cache_give_up (GstDvrCache * self, GstDvrSegment * segment)
{
  GstDvrRequest *asked = NULL;
  GstDvrCacheEntry *entry;

  g_mutex_lock (&self->lock);
  entry = gst_dvr_cache_find_segment_locked (self, segment);
  if (entry && entry->asked && !entry->whole && !entry->relay &&
      entry->priority <= GST_DVR_PRIORITY_PLAYHEAD &&
      !gst_dvr_segment_is_pinned (segment))
    asked = gst_dvr_request_ref (entry->asked);
  g_mutex_unlock (&self->lock);
  if (!asked)
    return;
  gst_dvr_request_cancel (asked);
  gst_dvr_request_unref (asked);
}

static GstDvrSegment *
ask_upstream (GstDvrCache * self, GstDvrCacheUser * user,
    GstDvrRequest * request)
{
  /* A request of its own: the asker may cancel, others join. */
  GstDvrRequest *up =
      gst_dvr_request_new_segment (gst_dvr_request_get_id (request),
      gst_dvr_request_get_priority (request));
  GstDvrAnswer answer = user_ask (user, up);
  GstDvrSegment *segment = NULL;

  if (answer == GST_DVR_ANSWER_OK && gst_dvr_request_get_segment (up)) {
    segment =
        gst_dvr_cache_insert_or_get (self, gst_dvr_request_get_segment (up),
        user, gst_dvr_request_get_priority (request));
    note_asked (self, segment, up);
    gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_MISS);
  } else {
    gst_dvr_request_refuse (request, answer == GST_DVR_ANSWER_OK ?
        GST_DVR_ANSWER_NOT_STARTED : answer);
  }
  gst_dvr_request_unref (up);
  return segment;
}

/* A range is served from the segment's file. */
static GstDvrSegmentId
id_of_file (const GstDvrSegmentId * id)
{
  return id->kind == GST_DVR_SEGMENT_RANGE ?
      gst_dvr_segment_id_of_whole (id) : *id;
}

static GstDvrSegment *
ask_disk (GstDvrCache * self, GstDvrRequest * request)
{
  GstDvrSegmentId id = id_of_file (gst_dvr_request_get_id (request));
  GstDvrSegment *segment, *kept;
  GstDvrDiskCache *disk;

  g_mutex_lock (&self->lock);
  disk = self->disk ? gst_dvr_disk_cache_ref (self->disk) : NULL;
  g_mutex_unlock (&self->lock);
  if (!disk)
    return NULL;
  segment = gst_dvr_disk_cache_find (disk, &id);
  if (segment) {
    kept = gst_dvr_cache_insert_or_get (self, segment, NULL,
        gst_dvr_request_get_priority (request));
    if (kept == segment)
      gst_dvr_disk_cache_read (disk, segment);
    gst_dvr_segment_unref (segment);
    segment = kept;
    gst_dvr_request_answer_segment (request, segment, GST_DVR_HOW_DISK);
  }
  gst_dvr_disk_cache_unref (disk);
  return segment;
}

static void
ask (GstDvrCache * self, GstDvrCacheUser * user, GstDvrRequest * request)
{
  gboolean mine;
  GstDvrSegment *segment;
  Ask *ask;

  g_mutex_lock (&self->lock);
  ask = ask_locked (self, user, gst_dvr_request_get_id (request), &mine);
  if (!mine && join_ask_locked (self, ask, user, request)) {
    g_mutex_unlock (&self->lock);
    gst_dvr_cache_ask_unref (ask);
    return;
  }
  g_mutex_unlock (&self->lock);

  segment = ask_disk (self, request);
  if (!segment)
    segment = ask_upstream (self, user, request);
  if (mine)
    answer_ask (self, ask, gst_dvr_request_get_answer (request), segment);
  gst_dvr_cache_ask_unref (ask);
  if (segment)
    gst_dvr_segment_unref (segment);
}

/* What @request needs beside its answer, once the lock is released. */
typedef struct
{
  GstDvrRelay *relay;
  GstDvrSegment *source;
  gboolean hurry;
} Chores;

static GstDvrCacheEntry *
find_good_locked (GstDvrCache * self, const GstDvrSegmentId * id)
{
  GstDvrCacheEntry *entry = gst_dvr_cache_find_locked (self, id);

  if (entry && !entry->whole && (gst_dvr_cache_is_given_up (entry) ||
          gst_dvr_segment_get_state (entry->segment) == GST_DVR_SEGMENT_FAILED))
    return NULL;
  return entry;
}

static gboolean
look_up_locked (GstDvrCache * self, GstDvrCacheUser * user,
    GstDvrRequest * request, Chores * chores, GPtrArray * gone)
{
  GstDvrSegmentId id = *gst_dvr_request_get_id (request), whole;
  GstDvrPriority priority = gst_dvr_request_get_priority (request);
  GstDvrCacheEntry *entry = find_good_locked (self, &id);

  /* what holds all holds the range */
  if (!entry && id.kind == GST_DVR_SEGMENT_RANGE) {
    whole = gst_dvr_segment_id_of_whole (&id);
    entry = find_good_locked (self, &whole);
  }
  if (!entry)
    return FALSE;
  if (!entry->whole && entry->fetcher && entry->fetcher != user &&
      !entry->relay) {
    chores->source = gst_dvr_segment_ref (entry->segment);
    chores->relay = share_locked (self, entry, gone);
    entry = gst_dvr_cache_find_segment_locked (self,
        gst_dvr_relay_get_target (chores->relay));
  }
  chores->hurry = !entry->whole && entry->fetcher == user &&
      priority > entry->priority;
  entry->priority = MAX (entry->priority, priority);
  if (priority > GST_DVR_PRIORITY_PREFETCH)
    gst_dvr_segment_touch (entry->segment);
  gst_dvr_request_answer_segment (request, entry->segment,
      entry->whole ? GST_DVR_HOW_HIT : GST_DVR_HOW_COLLAPSED);
  return TRUE;
}

static void
do_chores (GstDvrCache * self, GstDvrCacheUser * user,
    GstDvrRequest * request, Chores * chores)
{
  if (chores->relay) {
    gst_dvr_cache_watch (self, gst_dvr_relay_get_target (chores->relay));
    gst_dvr_relay_set_source (chores->relay, chores->source);
    gst_dvr_relay_unref (chores->relay);
    gst_dvr_segment_unref (chores->source);
  }
  if (chores->hurry) {
    /* what was fetched in advance is waited for now: tell upstream */
    GstDvrRequest *up =
        gst_dvr_request_new_segment (gst_dvr_segment_get_id
        (gst_dvr_request_get_segment (request)),
        gst_dvr_request_get_priority (request));

    user_ask (user, up);
    gst_dvr_request_unref (up);
  }
}

/**
 * gst_dvr_cache_request:
 * @self: a cache
 * @user: who asks
 * @request: for a segment or an init section; is answered
 *
 * Answers from memory, from a fetch that is under way, from disk, or by asking
 * upstream. Does not block. Two that ask at once put one question and get one
 * segment.
 *
 * Returns: the answer
 */
GstDvrAnswer
gst_dvr_cache_request (GstDvrCache * self,
    GstDvrCacheUser * user, GstDvrRequest * request)
{
  GPtrArray *gone = gst_dvr_cache_gone_new ();
  Chores chores = { NULL, };
  gboolean found;

  g_mutex_lock (&self->lock);
  found = look_up_locked (self, user, request, &chores, gone);
  g_mutex_unlock (&self->lock);
  g_ptr_array_unref (gone);
  if (found)
    do_chores (self, user, request, &chores);
  else
    ask (self, user, request);
  return gst_dvr_request_get_answer (request);
}
