/* gstdvrhttpclient-private.h: what the client and its transfers share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <curl/curl.h>

#include "gstdvrhttpclient.h"
#include "gstdvrhttpsockets.h"

G_BEGIN_DECLS

typedef struct
{
  GFunc func;
  gpointer data;
  gpointer user_data;
} Task;

typedef struct
{
  guint id;
  gint64 due;
  GstDvrHttpTimerFunc func;
  gpointer user_data;
} Timer;

struct _GstDvrHttpTransfer
{
  GstDvrHttpClient *client;
  GstDvrHttpFuncs funcs;
  gpointer user_data;

  gchar *uri;
  GstDvrHttpLane lane;
  guint priority;
  guint64 offset;
  guint64 size;
  gchar *if_range;
  gchar *if_none_match;
  gchar *path;
  gchar **told;
  guint64 max_size;
  gboolean compressed;
  gboolean no_body;
  GstClockTime timeout;
  GstClockTime patience;

  GstDvrHttpConfig *config;     /* as it was when the transfer started */
  CURL *easy;                   /* while it runs */
  struct curl_slist *headers;
  gchar error[CURL_ERROR_SIZE];
  GstDvrHttpHead head;
  gboolean head_done;
  gboolean refused;
  gboolean cancelled;
  guint64 received;
  guint redirects;
  gint64 deadline;              /* monotonic time: silent for too long */
};

struct _GstDvrHttpClient
{
  GThread *thread;
  CURLM *multi;
  GstDvrHttpSockets *sockets;

  GMutex lock;                  /* protects the four below */
  GQueue tasks;
  gboolean stopping;
  GstDvrHttpConfig *config;
  GstDvrHttpStats stats;

  /* the thread's own */
  GQueue queued[GST_DVR_HTTP_N_LANES][GST_DVR_HTTP_N_PRIORITIES];
  GQueue running[GST_DVR_HTTP_N_LANES];
  GQueue ended;                 /* cancelled while running */
  GQueue timers;                /* Timer, the next one first */
  guint last_timer;
  gint64 next_deadline;         /* no transfer is due before */
  GPtrArray *spare;
};

gboolean gst_dvr_http_is_redirect     (guint status);
void     gst_dvr_http_transfer_begin  (GstDvrHttpTransfer * self);
void     gst_dvr_http_transfer_detach (GstDvrHttpTransfer * self);
void     gst_dvr_http_transfer_free   (GstDvrHttpTransfer * self);

G_END_DECLS
