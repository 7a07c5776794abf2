/* gstdvrwatch.h: a list of callbacks, called without a lock
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef void (*GstDvrWatchFunc) (gpointer object, gpointer user_data);

/* Protected by a lock of its owner's. */
typedef struct
{
  GPtrArray *watches;
  gulong last_id;
} GstDvrWatchList;

void        gst_dvr_watch_list_init   (GstDvrWatchList * list);
void        gst_dvr_watch_list_clear  (GstDvrWatchList * list);
gulong      gst_dvr_watch_list_add    (GstDvrWatchList * list,
                                       GstDvrWatchFunc func,
                                       gpointer user_data,
                                       GDestroyNotify notify);
void        gst_dvr_watch_list_remove (GstDvrWatchList * list,
                                       GMutex * lock, gulong id);
GPtrArray * gst_dvr_watch_list_copy   (GstDvrWatchList * list);

void        gst_dvr_watches_call      (GPtrArray * watches, gpointer object);

G_END_DECLS
