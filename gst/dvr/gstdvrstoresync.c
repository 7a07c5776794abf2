/* gstdvrstoresync.c: what of a recording must be on disk
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "gstdvrstore-private.h"

/* What one call waits for. */
typedef struct
{
  GMutex lock;
  GCond done;
  guint n_left;
} Round;

typedef struct
{
  GstDvrStoreSync *sync;
  Round *round;
} Task;

static int
sync_file (int fd)
{
  int code;

  do
    code = fdatasync (fd) ? errno : 0;
  while (code == EINTR);

  return code;
}

/* Makes a file durable, or renames and new files in a directory. Returns 0, or
 * why it could not be; a file system that cannot sync a directory has nothing
 * to sync. */
int
gst_dvr_store_sync_path (const gchar * path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  int code = 0;

  if (fd < 0)
    return errno;
  do
    code = fsync (fd) ? errno : 0;
  while (code == EINTR);
  close (fd);

  return code == EINVAL || code == ENOTSUP ? 0 : code;
}

static void
sync_one (GstDvrStoreSync * sync)
{
  sync->code = sync->fd >= 0 ? sync_file (sync->fd) :
      gst_dvr_store_sync_path (sync->path);
}

static void
run_task (gpointer data, gpointer user_data)
{
  Task *task = data;

  sync_one (task->sync);
  g_mutex_lock (&task->round->lock);
  task->round->n_left--;
  g_cond_signal (&task->round->done);
  g_mutex_unlock (&task->round->lock);
}

/* As many threads as writers wait for: none is to wait for another's disk. */
static GThreadPool *
get_pool (void)
{
  static GThreadPool *pool;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, g_thread_pool_new (run_task, NULL, -1, FALSE,
            NULL));

  return pool;
}

/* Syncs them all at the same time, as a file system then does it with one
 * commit, and says for each how it went. */
void
gst_dvr_store_sync_all (GstDvrStoreSync * syncs, guint n)
{
  Task tasks[GST_DVR_STORE_MAX_SYNCS];
  Round round = {.n_left = 0 };
  guint i;

  g_return_if_fail (n > 0 && n <= GST_DVR_STORE_MAX_SYNCS);

  g_mutex_init (&round.lock);
  g_cond_init (&round.done);
  round.n_left = n - 1;
  for (i = 1; i < n; i++) {
    tasks[i].sync = &syncs[i];
    tasks[i].round = &round;
    g_thread_pool_push (get_pool (), &tasks[i], NULL);
  }
  sync_one (&syncs[0]);
  g_mutex_lock (&round.lock);
  while (round.n_left > 0)
    g_cond_wait (&round.done, &round.lock);
  g_mutex_unlock (&round.lock);
  g_mutex_clear (&round.lock);
  g_cond_clear (&round.done);
}
