/* gstdvrwatch.c: a list of callbacks, called without a lock
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The owner of a list guards it with its own lock, copies the list under that
 * lock, and calls the copy after unlocking. So a callback may run once more
 * while, or just after, it is removed; its data live until then, because a
 * copy holds the watch. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrwatch.h"

typedef struct
{
  gulong id;
  GstDvrWatchFunc func;
  gpointer user_data;
  GDestroyNotify notify;
} Watch;

static void
watch_clear (gpointer data)
{
  Watch *watch = data;

  if (watch->notify)
    watch->notify (watch->user_data);
}

static void
watch_unref (gpointer watch)
{
  g_atomic_rc_box_release_full (watch, watch_clear);
}

void
gst_dvr_watch_list_init (GstDvrWatchList * list)
{
  list->watches = NULL;
  list->last_id = 0;
}

void
gst_dvr_watch_list_clear (GstDvrWatchList * list)
{
  g_clear_pointer (&list->watches, g_ptr_array_unref);
}

gulong
gst_dvr_watch_list_add (GstDvrWatchList * list, GstDvrWatchFunc func,
    gpointer user_data, GDestroyNotify notify)
{
  Watch *watch = g_atomic_rc_box_new (Watch);

  watch->id = ++list->last_id;
  watch->func = func;
  watch->user_data = user_data;
  watch->notify = notify;

  if (list->watches == NULL)
    list->watches = g_ptr_array_new_with_free_func (watch_unref);
  g_ptr_array_add (list->watches, watch);

  return watch->id;
}

static Watch *
take_watch (GstDvrWatchList * list, gulong id)
{
  guint i;

  for (i = 0; list->watches && i < list->watches->len; i++) {
    Watch *watch = g_ptr_array_index (list->watches, i);

    if (watch->id == id)
      return g_ptr_array_steal_index_fast (list->watches, i);
  }

  return NULL;
}

/* @lock: what guards the list; taken here, so that the watch's data are freed
 * without it */
void
gst_dvr_watch_list_remove (GstDvrWatchList * list, GMutex * lock, gulong id)
{
  Watch *watch;

  g_mutex_lock (lock);
  watch = take_watch (list, id);
  g_mutex_unlock (lock);

  if (watch)
    watch_unref (watch);
}

static gpointer
watch_copy (gconstpointer watch, gpointer user_data)
{
  return g_atomic_rc_box_acquire ((gpointer) watch);
}

/* Returns: (transfer full) (nullable): NULL if nobody watches */
GPtrArray *
gst_dvr_watch_list_copy (GstDvrWatchList * list)
{
  if (list->watches == NULL || list->watches->len == 0)
    return NULL;

  return g_ptr_array_copy (list->watches, watch_copy, NULL);
}

/* Calls and frees a copy of a list. */
void
gst_dvr_watches_call (GPtrArray * watches, gpointer object)
{
  guint i;

  if (watches == NULL)
    return;

  for (i = 0; i < watches->len; i++) {
    Watch *watch = g_ptr_array_index (watches, i);

    watch->func (object, watch->user_data);
  }
  g_ptr_array_unref (watches);
}
