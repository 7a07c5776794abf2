/* dvrrtmploop.c: the threads that serve RTMP
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gio/gio.h>

#include "dvrrtmploop.h"
#include "dvrsigpipe.h"

/* What one read takes at most. Connections share it: each read is worked off
 * before the next. */
#define SCRATCH (64 * 1024)

typedef struct
{
  DvrRtmpTask task;
  gpointer data;
} Posted;

struct _DvrRtmpLoop
{
  GThread *thread;

  /* the thread's; but any may send on async */
  uv_loop_t uv;
  uv_async_t async;
  guint8 *scratch;

  GMutex lock;
  /* with the lock */
  GArray *posted;               /* of Posted */
  gboolean stopping;
};

struct _DvrRtmpLoops
{
  guint refs;                   /* with the lock of the set */
  guint count;
  DvrRtmpLoop *loops;
};

/* The one set of the process, with its count of users. */
static GMutex loops_lock;
static DvrRtmpLoops *loops;

static void
on_async (uv_async_t * async)
{
  DvrRtmpLoop *loop = async->data;
  gboolean stopping;
  GArray *tasks;
  guint i;

  g_mutex_lock (&loop->lock);
  tasks = loop->posted;
  loop->posted = g_array_new (FALSE, FALSE, sizeof (Posted));
  stopping = loop->stopping;
  g_mutex_unlock (&loop->lock);

  for (i = 0; i < tasks->len; i++) {
    Posted *posted = &g_array_index (tasks, Posted, i);

    posted->task (posted->data);
  }
  g_array_unref (tasks);
  if (stopping)
    uv_close ((uv_handle_t *) async, NULL);
}

static gpointer
run (gpointer data)
{
  DvrRtmpLoop *loop = data;

  dvr_block_sigpipe ();
  uv_run (&loop->uv, UV_RUN_DEFAULT);
  uv_loop_close (&loop->uv);
  return NULL;
}

static gboolean
loop_start (DvrRtmpLoop * loop, GError ** error)
{
  gint result = uv_loop_init (&loop->uv);

  if (result == 0) {
    result = uv_async_init (&loop->uv, &loop->async, on_async);
    if (result != 0)
      uv_loop_close (&loop->uv);
  }
  if (result != 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "cannot make an event loop for RTMP: %s; are there enough file "
        "descriptors?", uv_strerror (result));
    return FALSE;
  }
  loop->async.data = loop;
  g_mutex_init (&loop->lock);
  loop->posted = g_array_new (FALSE, FALSE, sizeof (Posted));
  loop->scratch = g_malloc (SCRATCH);
  loop->thread = g_thread_new ("dvr-rtmp", run, loop);
  return TRUE;
}

static void
loop_stop (DvrRtmpLoop * loop)
{
  g_mutex_lock (&loop->lock);
  loop->stopping = TRUE;
  g_mutex_unlock (&loop->lock);
  uv_async_send (&loop->async);
  g_thread_join (loop->thread);
  g_mutex_clear (&loop->lock);
  g_array_unref (loop->posted);
  g_free (loop->scratch);
}

static void
loops_free (DvrRtmpLoops * self)
{
  guint i;

  for (i = 0; i < self->count; i++)
    loop_stop (&self->loops[i]);
  g_free (self->loops);
  g_free (self);
}

/**
 * dvr_rtmp_loops_get:
 * @error: why not
 *
 * Returns: (transfer full) (nullable): the loops of this process; they run as
 *   long as somebody holds them
 */
DvrRtmpLoops *
dvr_rtmp_loops_get (GError ** error)
{
  DvrRtmpLoops *self;
  guint i, n;

  g_mutex_lock (&loops_lock);
  if (loops) {
    loops->refs++;
    g_mutex_unlock (&loops_lock);
    return loops;
  }
  self = g_new0 (DvrRtmpLoops, 1);
  n = uv_available_parallelism ();
  self->refs = 1;
  self->loops = g_new0 (DvrRtmpLoop, n);
  for (i = 0; i < n && loop_start (&self->loops[i], error); i++)
    self->count++;
  if (self->count < n) {
    loops_free (self);
    self = NULL;
  }
  loops = self;
  g_mutex_unlock (&loops_lock);
  return self;
}

/* The last user waits for the loops' threads, so it must not be one of them,
 * and everything on them must be closed, or be closing. */
void
dvr_rtmp_loops_unref (DvrRtmpLoops * self)
{
  gboolean last;

  g_mutex_lock (&loops_lock);
  last = --self->refs == 0;
  if (last)
    loops = NULL;
  g_mutex_unlock (&loops_lock);
  if (last)
    loops_free (self);
}

guint
dvr_rtmp_loops_count (DvrRtmpLoops * self)
{
  return self->count;
}

DvrRtmpLoop *
dvr_rtmp_loops_nth (DvrRtmpLoops * self, guint index)
{
  return &self->loops[index % self->count];
}

/**
 * dvr_rtmp_loop_post:
 * @loop: a loop
 * @task: called in the loop's thread, soon
 * @data: for @task
 *
 * From any thread. Tasks run in their order, and all of them run.
 */
void
dvr_rtmp_loop_post (DvrRtmpLoop * loop, DvrRtmpTask task, gpointer data)
{
  Posted posted = { task, data };
  gboolean wake;

  g_mutex_lock (&loop->lock);
  wake = loop->posted->len == 0;
  g_array_append_val (loop->posted, posted);
  g_mutex_unlock (&loop->lock);
  if (wake)
    uv_async_send (&loop->async);
}

typedef struct
{
  DvrRtmpTask task;
  gpointer data;
  GMutex lock;
  GCond cond;
  gboolean done;
} Call;

static void
run_call (gpointer data)
{
  Call *call = data;

  call->task (call->data);
  g_mutex_lock (&call->lock);
  call->done = TRUE;
  g_cond_signal (&call->cond);
  g_mutex_unlock (&call->lock);
}

/* As dvr_rtmp_loop_post(), and waits until it is done. Loops never block, so
 * this does not take long. */
void
dvr_rtmp_loop_call (DvrRtmpLoop * loop, DvrRtmpTask task, gpointer data)
{
  Call call = {.task = task,.data = data };

  if (g_thread_self () == loop->thread) {
    task (data);
    return;
  }
  g_mutex_init (&call.lock);
  g_cond_init (&call.cond);
  dvr_rtmp_loop_post (loop, run_call, &call);
  g_mutex_lock (&call.lock);
  while (!call.done)
    g_cond_wait (&call.cond, &call.lock);
  g_mutex_unlock (&call.lock);
  g_mutex_clear (&call.lock);
  g_cond_clear (&call.cond);
}

uv_loop_t *
dvr_rtmp_loop_get_uv (DvrRtmpLoop * loop)
{
  return &loop->uv;
}

/* Memory for one read, in the loop's thread. */
guint8 *
dvr_rtmp_loop_get_scratch (DvrRtmpLoop * loop, gsize * size)
{
  *size = SCRATCH;
  return loop->scratch;
}

/**
 * dvr_rtmp_loop_new_timer:
 * @loop: a loop, whose thread this is
 * @data: what the timer's callback finds as its data
 *
 * Returns: (transfer full): a timer that is not started yet, for
 *   dvr_rtmp_handle_free()
 */
uv_timer_t *
dvr_rtmp_loop_new_timer (DvrRtmpLoop * loop, gpointer data)
{
  uv_timer_t *timer = g_new0 (uv_timer_t, 1);

  uv_timer_init (&loop->uv, timer);
  timer->data = data;
  return timer;
}

static void
on_closed (uv_handle_t * handle)
{
  g_free (handle);
}

/* Closes a handle of its own memory, in its loop's thread: nothing of it is
 * called any more. */
void
dvr_rtmp_handle_free (gpointer handle)
{
  uv_close (handle, on_closed);
}
