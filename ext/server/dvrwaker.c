/* dvrwaker.c: waking what waits for a timeline, a segment or a deadline
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One thread wakes all waiters. Writers of timelines and segments only leave
 * word that something changed, so that a thousand viewers never hold up the
 * thread that records; and changes that come in quick succession wake once.
 * Nothing is polled: the thread sleeps until word, or until the next deadline.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "dvrwaker.h"

#define TICK_INTERVAL G_USEC_PER_SEC
/* Of a thousand who are woken together and then served step by step, the first has
 * nothing before the last has taken the same step. So some are woken when those
 * before them are at work; where that is not heard of, a little later all the same. */
#define MAX_AWAKE 32
#define MAX_TURN (2 * G_TIME_SPAN_MILLISECOND)

struct _DvrWaker
{
  gint refs;
  GThread *thread;
  DvrTickFunc tick;
  gpointer tick_data;

  GMutex lock;
  GCond cond;
  /* Binary heap of waiters, the nearest deadline first. */
  GPtrArray *heap;
  GQueue dirty;
  /* A waiter is in a list and the heap, or in one of these, or its owner's. */
  GQueue due;                   /* woken in turn */
  GQueue woken;                 /* at once */
  guint awake;                  /* woken in turn, and not heard of */
  gint64 turn_ends;
  guint waking;                 /* threads in wake_all() */
  GCond all_woken;
  gint64 next_tick;
  gboolean closed;
  gboolean stopping;
};

/* Held by its owner, by the watch, by each waiter and while in `dirty`. */
struct _DvrWaitList
{
  gint refs;
  DvrWaker *waker;
  GstMiniObject *object;
  gboolean is_timeline;
  gulong watch;

  /* protected by the waker's lock */
  guint serial;
  gboolean dirty;
  gboolean closed;
  GQueue waiters;
};

/* What is asked of a list's object once for all of its waiters. */
typedef struct
{
  GstDvrTimelineInfo info;
  GstDvrSegmentState state;
  guint64 size;
  guint64 ahead;
  guint n_parts;
} Snapshot;

static void
waker_unref (DvrWaker * self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_ptr_array_unref (self->heap);
  g_cond_clear (&self->all_woken);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

DvrWaitList *
dvr_wait_list_ref (DvrWaitList * list)
{
  g_atomic_int_inc (&list->refs);
  return list;
}

void
dvr_wait_list_unref (DvrWaitList * list)
{
  if (!g_atomic_int_dec_and_test (&list->refs))
    return;
  gst_mini_object_unref (list->object);
  waker_unref (list->waker);
  g_free (list);
}

/* -- the heap; with the waker's lock -- */

static DvrWaiter *
heap_get (DvrWaker * self, guint index)
{
  return g_ptr_array_index (self->heap, index);
}

static void
heap_put (DvrWaker * self, guint index, DvrWaiter * waiter)
{
  g_ptr_array_index (self->heap, index) = waiter;
  waiter->heap_index = index;
}

static void
heap_up (DvrWaker * self, guint index, DvrWaiter * waiter)
{
  while (index > 0) {
    guint parent = (index - 1) / 2;

    if (heap_get (self, parent)->deadline <= waiter->deadline)
      break;
    heap_put (self, index, heap_get (self, parent));
    index = parent;
  }
  heap_put (self, index, waiter);
}

static void
heap_down (DvrWaker * self, guint index, DvrWaiter * waiter)
{
  guint n = self->heap->len;

  while (2 * index + 1 < n) {
    guint child = 2 * index + 1;

    if (child + 1 < n
        && heap_get (self, child + 1)->deadline <
        heap_get (self, child)->deadline)
      child++;
    if (waiter->deadline <= heap_get (self, child)->deadline)
      break;
    heap_put (self, index, heap_get (self, child));
    index = child;
  }
  heap_put (self, index, waiter);
}

static void
heap_add (DvrWaker * self, DvrWaiter * waiter)
{
  g_ptr_array_add (self->heap, waiter);
  heap_up (self, self->heap->len - 1, waiter);
}

static void
heap_remove (DvrWaker * self, DvrWaiter * waiter)
{
  guint index = waiter->heap_index;
  DvrWaiter *last = heap_get (self, self->heap->len - 1);

  g_ptr_array_set_size (self->heap, self->heap->len - 1);
  if (last == waiter)
    return;
  if (last->deadline < waiter->deadline)
    heap_up (self, index, last);
  else
    heap_down (self, index, last);
}

/* -- waiting -- */

static void
take_snapshot (DvrWaitList * list, Snapshot * snapshot)
{
  if (list->is_timeline) {
    gst_dvr_timeline_get_info ((GstDvrTimeline *) list->object,
        &snapshot->info);
  } else {
    GstDvrSegment *segment = (GstDvrSegment *) list->object;

    /* The state first: bytes only come before its end. */
    snapshot->state = gst_dvr_segment_get_state (segment);
    snapshot->size = gst_dvr_segment_get_size (segment);
    snapshot->ahead = gst_dvr_segment_get_progress (segment);
    snapshot->n_parts = gst_dvr_segment_get_n_parts (segment);
  }
}

static gboolean
is_met (const Snapshot * snapshot, const DvrWaiter * waiter)
{
  const GstDvrTimelineInfo *info = &snapshot->info;

  switch (waiter->want) {
    case DVR_WANT_CHANGE:
      return info->version > waiter->a;
    case DVR_WANT_PART:
      return info->state != GST_DVR_TIMELINE_OPEN || info->next > waiter->a
          || (info->open && info->next == waiter->a
          && info->n_parts > waiter->b);
    case DVR_WANT_BYTES:
      return snapshot->state != GST_DVR_SEGMENT_FILLING
          || snapshot->size > waiter->a;
    case DVR_WANT_AHEAD:
      return snapshot->state != GST_DVR_SEGMENT_FILLING
          || snapshot->ahead > waiter->a;
    case DVR_WANT_PARTS:
      return snapshot->state != GST_DVR_SEGMENT_FILLING
          || snapshot->n_parts > waiter->a;
    case DVR_WANT_END:
      return snapshot->state != GST_DVR_SEGMENT_FILLING;
  }
  g_return_val_if_reached (TRUE);
}

/* Takes a waiter out, to be woken. */
static void
detach (DvrWaker * self, DvrWaiter * waiter)
{
  g_queue_unlink (&waiter->list->waiters, &waiter->link);
  heap_remove (self, waiter);
  g_queue_push_tail_link (waiter->in_turn ? &self->due : &self->woken,
      &waiter->link);
}

static void
detach_all (DvrWaker * self, DvrWaitList * list)
{
  while (list->waiters.head)
    detach (self, list->waiters.head->data);
}

static gboolean
is_turn (DvrWaker * self, gint64 now)
{
  return !g_queue_is_empty (&self->due)
      && (self->awake <= MAX_AWAKE / 2 || now >= self->turn_ends);
}

/* Moves those whose turn it is to `woken`. */
static void
take_turn (DvrWaker * self, gint64 now)
{
  if (!is_turn (self, now))
    return;
  if (now >= self->turn_ends)
    self->awake = 0;
  self->turn_ends = now + MAX_TURN;
  while (self->awake < MAX_AWAKE && !g_queue_is_empty (&self->due)) {
    GList *link = g_queue_pop_head_link (&self->due);

    ((DvrWaiter *) link->data)->awake = TRUE;
    g_queue_push_tail_link (&self->woken, link);
    self->awake++;
  }
}

/* With the lock, which is let go meanwhile. */
static void
wake_all (DvrWaker * self)
{
  GQueue woken = self->woken;
  GList *link;

  g_queue_init (&self->woken);
  self->waking++;
  g_mutex_unlock (&self->lock);
  while ((link = g_queue_pop_head_link (&woken))) {
    DvrWaiter *waiter = link->data;
    DvrWaitList *list = waiter->list;

    waiter->list = NULL;
    /* After this it may be gone. */
    waiter->wake (waiter);
    dvr_wait_list_unref (list);
  }
  g_mutex_lock (&self->lock);
  if (--self->waking == 0)
    g_cond_broadcast (&self->all_woken);
}

static void
check_list (DvrWaker * self, DvrWaitList * list)
{
  Snapshot snapshot;
  GList *l, *next;

  list->dirty = FALSE;
  if (!list->waiters.head)
    return;
  memset (&snapshot, 0, sizeof (snapshot));
  take_snapshot (list, &snapshot);
  for (l = list->waiters.head; l; l = next) {
    next = l->next;
    if (is_met (&snapshot, l->data))
      detach (self, l->data);
  }
}

static void
check_deadlines (DvrWaker * self, gint64 now)
{
  while (self->heap->len > 0 && heap_get (self, 0)->deadline <= now)
    detach (self, heap_get (self, 0));
}

static gint64
get_next_time (DvrWaker * self)
{
  gint64 next = self->next_tick;

  if (self->heap->len > 0)
    next = MIN (next, heap_get (self, 0)->deadline);
  if (!g_queue_is_empty (&self->due))
    next = MIN (next, self->turn_ends);
  return next;
}

static gpointer
waker_thread (gpointer user_data)
{
  DvrWaker *self = user_data;

  g_mutex_lock (&self->lock);
  while (!self->stopping) {
    DvrWaitList *list;
    gboolean tick;
    gint64 now;

    if (g_queue_is_empty (&self->dirty)
        && !is_turn (self, g_get_monotonic_time ()))
      g_cond_wait_until (&self->cond, &self->lock, get_next_time (self));

    list = g_queue_pop_head (&self->dirty);
    if (list)
      check_list (self, list);
    now = g_get_monotonic_time ();
    check_deadlines (self, now);
    take_turn (self, now);
    tick = now >= self->next_tick && !self->stopping;
    if (tick)
      self->next_tick = now + TICK_INTERVAL;
    wake_all (self);
    g_mutex_unlock (&self->lock);

    if (list)
      dvr_wait_list_unref (list);
    if (tick)
      self->tick (self->tick_data);

    g_mutex_lock (&self->lock);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

/**
 * dvr_waiter_is_up:
 * @waiter: a waiter, whether it was woken or not
 * @self: the waker
 *
 * Says that who was woken in turn is at work, or never will be, so that others
 * are woken.
 */
void
dvr_waiter_is_up (DvrWaiter * waiter, DvrWaker * self)
{
  if (!waiter->awake)
    return;
  waiter->awake = FALSE;
  g_mutex_lock (&self->lock);
  if (self->awake > 0 && --self->awake == MAX_AWAKE / 2
      && !g_queue_is_empty (&self->due))
    g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Called by whoever changed the object: must be quick. */
static void
something_changed (DvrWaitList * list)
{
  DvrWaker *self = list->waker;

  g_mutex_lock (&self->lock);
  list->serial++;
  if (!list->closed && !list->dirty && list->waiters.head) {
    list->dirty = TRUE;
    g_queue_push_tail (&self->dirty, dvr_wait_list_ref (list));
    g_cond_signal (&self->cond);
  }
  g_mutex_unlock (&self->lock);
}

static void
timeline_changed (GstDvrTimeline * timeline, gpointer user_data)
{
  something_changed (user_data);
}

static void
segment_changed (GstDvrSegment * segment, gpointer user_data)
{
  something_changed (user_data);
}

static DvrWaitList *
wait_list_new (DvrWaker * waker, GstMiniObject * object)
{
  DvrWaitList *list = g_new0 (DvrWaitList, 1);

  list->refs = 1;
  /* A watch may still be on its way in another thread when all is stopped. */
  g_atomic_int_inc (&waker->refs);
  list->waker = waker;
  list->object = gst_mini_object_ref (object);
  g_queue_init (&list->waiters);
  return list;
}

/**
 * dvr_wait_list_new_timeline:
 * @waker: who wakes
 * @timeline: what is waited for
 *
 * Returns: (transfer full): a list to wait in, see dvr_wait_list_close()
 */
DvrWaitList *
dvr_wait_list_new_timeline (DvrWaker * waker, GstDvrTimeline * timeline)
{
  DvrWaitList *list = wait_list_new (waker, GST_MINI_OBJECT_CAST (timeline));

  list->is_timeline = TRUE;
  list->watch = gst_dvr_timeline_add_watch (timeline, timeline_changed,
      dvr_wait_list_ref (list), (GDestroyNotify) dvr_wait_list_unref);
  return list;
}

/**
 * dvr_wait_list_new_segment:
 * @waker: who wakes
 * @segment: what is waited for
 *
 * Returns: (transfer full): a list to wait in, see dvr_wait_list_close()
 */
DvrWaitList *
dvr_wait_list_new_segment (DvrWaker * waker, GstDvrSegment * segment)
{
  DvrWaitList *list = wait_list_new (waker, GST_MINI_OBJECT_CAST (segment));

  list->watch = gst_dvr_segment_add_watch (segment, segment_changed,
      dvr_wait_list_ref (list), (GDestroyNotify) dvr_wait_list_unref);
  return list;
}

/**
 * dvr_wait_list_end:
 * @list: the list
 *
 * Wakes its waiters, in turn those who are woken so; later ones do not wait.
 */
void
dvr_wait_list_end (DvrWaitList * list)
{
  DvrWaker *self = list->waker;

  g_mutex_lock (&self->lock);
  list->closed = TRUE;
  detach_all (self, list);
  g_cond_signal (&self->cond);
  wake_all (self);
  g_mutex_unlock (&self->lock);
}

/**
 * dvr_wait_list_close:
 * @list: (transfer full): the list
 *
 * Ends it and stops watching its object.
 */
void
dvr_wait_list_close (DvrWaitList * list)
{
  if (list->is_timeline)
    gst_dvr_timeline_remove_watch ((GstDvrTimeline *) list->object,
        list->watch);
  else
    gst_dvr_segment_remove_watch ((GstDvrSegment *) list->object, list->watch);
  dvr_wait_list_end (list);
  dvr_wait_list_unref (list);
}

/**
 * dvr_wait_list_get_serial:
 * @list: the list
 *
 * Returns: a number that changes with every change of the list's object. Get
 *     it before looking at the object; dvr_wait_list_wait() then loses no
 *     change between looking and waiting.
 */
guint
dvr_wait_list_get_serial (DvrWaitList * list)
{
  guint serial;

  g_mutex_lock (&list->waker->lock);
  serial = list->serial;
  g_mutex_unlock (&list->waker->lock);
  return serial;
}

/**
 * dvr_wait_list_wait:
 * @list: the list
 * @waiter: who waits; it stays valid until it is woken
 * @serial: from dvr_wait_list_get_serial()
 * @deadline: monotonic time in microseconds
 *
 * Wakes @waiter once: when what it wants is there, at @deadline, or at once
 * where something changed since @serial.
 */
void
dvr_wait_list_wait (DvrWaitList * list, DvrWaiter * waiter, guint serial,
    gint64 deadline)
{
  DvrWaker *self = list->waker;
  gboolean waits;

  waiter->deadline = deadline;
  waiter->link.data = waiter;
  waiter->link.next = waiter->link.prev = NULL;

  g_mutex_lock (&self->lock);
  waits = !self->closed && !list->closed && list->serial == serial;
  if (waits) {
    waiter->list = dvr_wait_list_ref (list);
    g_queue_push_tail_link (&list->waiters, &waiter->link);
    heap_add (self, waiter);
    if (waiter->heap_index == 0)
      g_cond_signal (&self->cond);
  }
  g_mutex_unlock (&self->lock);

  if (!waits)
    waiter->wake (waiter);
}

/**
 * dvr_waker_new:
 * @tick: called about once a second from the waker's thread, for upkeep
 * @user_data: for @tick
 *
 * Returns: (transfer full): a waker that wakes nobody yet, see dvr_waker_start()
 */
DvrWaker *
dvr_waker_new (DvrTickFunc tick, gpointer user_data)
{
  DvrWaker *self = g_new0 (DvrWaker, 1);

  self->refs = 1;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_cond_init (&self->all_woken);
  g_queue_init (&self->dirty);
  g_queue_init (&self->woken);
  g_queue_init (&self->due);
  self->heap = g_ptr_array_new ();
  self->tick = tick;
  self->tick_data = user_data;
  return self;
}

/**
 * dvr_waker_start:
 * @self: a new waker
 *
 * From here on it wakes and ticks: what the tick looks at is to be there.
 */
void
dvr_waker_start (DvrWaker * self)
{
  self->next_tick = g_get_monotonic_time () + TICK_INTERVAL;
  self->thread = g_thread_new ("dvr-waker", waker_thread, self);
}

/**
 * dvr_waker_close:
 * @self: the waker
 *
 * Wakes all that wait; from now on nothing waits any more. They have been woken, by
 * whichever thread, when this returns.
 */
void
dvr_waker_close (DvrWaker * self)
{
  GList *link;

  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  while (self->heap->len > 0)
    detach (self, heap_get (self, 0));
  while ((link = g_queue_pop_head_link (&self->due)))
    g_queue_push_tail_link (&self->woken, link);
  wake_all (self);
  while (self->waking > 0)
    g_cond_wait (&self->all_woken, &self->lock);
  g_mutex_unlock (&self->lock);
}

/**
 * dvr_waker_free:
 * @self: (transfer full): the waker, with all its lists closed
 */
void
dvr_waker_free (DvrWaker * self)
{
  DvrWaitList *list;

  dvr_waker_close (self);
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  if (self->thread)
    g_thread_join (self->thread);

  while ((list = g_queue_pop_head (&self->dirty)))
    dvr_wait_list_unref (list);
  waker_unref (self);
}
