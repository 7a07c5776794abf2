/* gstdvrhttpclient.h: HTTP transfers on one thread
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_DVR_HTTP_UNKNOWN G_MAXUINT64

typedef struct _GstDvrHttpClient GstDvrHttpClient;
typedef struct _GstDvrHttpTransfer GstDvrHttpTransfer;
typedef struct _GstDvrHttpConfig GstDvrHttpConfig;
typedef struct _GstDvrHttpRequest GstDvrHttpRequest;
typedef struct _GstDvrHttpHead GstDvrHttpHead;
typedef struct _GstDvrHttpFuncs GstDvrHttpFuncs;
typedef struct _GstDvrHttpStats GstDvrHttpStats;

/**
 * GstDvrHttpLane:
 * @GST_DVR_HTTP_TRANSFER: is answered as soon as may be
 * @GST_DVR_HTTP_WAIT: upstream holds the answer back until there is one
 *   (blocked playlist reloads, hinted parts)
 *
 * The lanes have limits of their own: waits never starve transfers.
 */
typedef enum
{
  GST_DVR_HTTP_TRANSFER,
  GST_DVR_HTTP_WAIT,
  GST_DVR_HTTP_N_LANES
} GstDvrHttpLane;

/* Priorities are those of requests, and playlists above all. */
#define GST_DVR_HTTP_PRIORITY_PLAYLIST 3
#define GST_DVR_HTTP_N_PRIORITIES 4

/**
 * GstDvrHttpOutcome:
 * @GST_DVR_HTTP_DONE: the whole body came; the status says what it is
 * @GST_DVR_HTTP_UNREACHABLE: no connection
 * @GST_DVR_HTTP_UNTRUSTED: its certificate is not to be trusted
 * @GST_DVR_HTTP_SILENT: nothing came for too long
 * @GST_DVR_HTTP_BROKEN: the connection broke, or the answer was not HTTP
 * @GST_DVR_HTTP_REFUSED: not allowed here: protocol, redirect, size, or the
 *   callbacks said no
 */
typedef enum
{
  GST_DVR_HTTP_DONE,
  GST_DVR_HTTP_UNREACHABLE,
  GST_DVR_HTTP_UNTRUSTED,
  GST_DVR_HTTP_SILENT,
  GST_DVR_HTTP_BROKEN,
  GST_DVR_HTTP_REFUSED
} GstDvrHttpOutcome;

/**
 * GstDvrHttpConfig:
 * @user_agent: (nullable): the User-Agent header
 * @headers: (nullable): more headers, each `Name: value`
 * @ssl_strict: whether certificates are checked
 * @ssl_ca_file: (nullable): PEM file of authorities trusted
 * @allowed_hosts: (nullable): hosts, or host:port, that redirects and playlists
 *   may name beside their own origin
 * @timeout: the longest silence, nanoseconds
 * @max_transfers: how many transfers may run at a time
 * @max_waits: how many waits may
 */
struct _GstDvrHttpConfig
{
  gchar *user_agent;
  gchar **headers;
  gboolean ssl_strict;
  gchar *ssl_ca_file;
  gchar **allowed_hosts;
  GstClockTime timeout;
  guint max_transfers;
  guint max_waits;
};

/**
 * GstDvrHttpRequest:
 * @uri: what to get
 * @lane: see #GstDvrHttpLane
 * @priority: higher ones leave the queue first
 * @offset: first byte wanted
 * @size: how many bytes from there, GST_DVR_HTTP_UNKNOWN = to the end; no Range
 *   is asked for when @offset is 0 and this is unknown
 * @if_range: (nullable): ETag that makes the Range conditional
 * @if_none_match: (nullable): ETag of what is known; 304 says it is still so
 * @path: (nullable): the caches on whose behalf it is asked, for CDN-Loop
 * @headers: (nullable): more headers, each `Name: value`
 * @max_size: longest body accepted, bytes (inflated, where compressed)
 * @compressed: whether gzip is welcome
 * @no_body: only the headers are asked for (HEAD)
 * @timeout: the longest silence, nanoseconds; 0: the configuration's
 * @patience: silence allowed beyond the timeout before the first byte,
 *   nanoseconds: how long upstream may hold the answer back
 */
struct _GstDvrHttpRequest
{
  const gchar *uri;
  GstDvrHttpLane lane;
  guint priority;
  guint64 offset;
  guint64 size;
  const gchar *if_range;
  const gchar *if_none_match;
  const gchar *path;
  gchar **headers;
  guint64 max_size;
  gboolean compressed;
  gboolean no_body;
  GstClockTime timeout;
  GstClockTime patience;
};

/**
 * GstDvrHttpHead:
 * @status: HTTP status; 0 where none came
 * @uri: where the answer came from, after redirects
 * @etag: (nullable): its ETag, with the quotes
 * @length: of the body, bytes
 * @range_start: of Content-Range
 * @range_total: of Content-Range
 * @loop: Proxy-Status tells of a loop
 * @no_smart_seek: it says that seeks in a player's own buffer are not wanted
 * @round_trip: from the request's end to the answer's first byte, nanoseconds
 */
struct _GstDvrHttpHead
{
  guint status;
  gchar *uri;
  gchar *etag;
  guint64 length;
  guint64 range_start;
  guint64 range_total;
  gboolean loop;
  gboolean no_smart_seek;
  GstClockTime round_trip;
};

/**
 * GstDvrHttpFuncs:
 * @head: (nullable): the headers are there; FALSE ends the transfer
 * @data: a run of body bytes; FALSE ends the transfer
 * @done: the end, called once; the transfer is gone after it
 * @start: (nullable): it is its turn; FALSE: it is not needed any more, and gone
 *   without @done
 *
 * Called from the client's thread.
 */
struct _GstDvrHttpFuncs
{
  gboolean (*head) (const GstDvrHttpHead * head, gpointer user_data);
  gboolean (*data) (const guint8 * data, gsize size, gpointer user_data);
  void (*done) (GstDvrHttpOutcome outcome, const GstDvrHttpHead * head,
      const gchar * reason, gpointer user_data);
  gboolean (*start) (gpointer user_data);
};

/**
 * GstDvrHttpStats:
 * @requests: requests sent, redirects included
 * @bytes: body bytes received
 * @transfers: transfers running or queued
 * @waits: waits running or queued
 */
struct _GstDvrHttpStats
{
  guint64 requests;
  guint64 bytes;
  guint transfers;
  guint waits;
};

typedef void (*GstDvrHttpTimerFunc) (gpointer user_data);

GstDvrHttpConfig *gst_dvr_http_config_new   (void);
GstDvrHttpConfig *gst_dvr_http_config_ref   (GstDvrHttpConfig * config);
void              gst_dvr_http_config_unref (GstDvrHttpConfig * config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrHttpConfig, gst_dvr_http_config_unref)
gboolean          gst_dvr_http_config_allows (const GstDvrHttpConfig * config,
                                              const gchar * base,
                                              const gchar * uri);

#define GST_DVR_HTTP_SHOWN_SIZE 512
const gchar *     gst_dvr_http_show_uri (const gchar * uri, gchar * shown);

/* What a log may hold of a URI, as an argument: lives as long as the block. */
#define GST_DVR_HTTP_SHOW(uri) \
  gst_dvr_http_show_uri (uri, (gchar[GST_DVR_HTTP_SHOWN_SIZE]) { 0 })

/* From any thread. */
GstDvrHttpClient *gst_dvr_http_client_new   (GstDvrHttpConfig * config,
                                             GError ** error);
void              gst_dvr_http_client_stop  (GstDvrHttpClient * self);
void              gst_dvr_http_client_free  (GstDvrHttpClient * self);
void              gst_dvr_http_client_set_config (GstDvrHttpClient * self,
                                              GstDvrHttpConfig * config);
GstDvrHttpConfig *gst_dvr_http_client_get_config (GstDvrHttpClient * self);
gboolean          gst_dvr_http_client_invoke (GstDvrHttpClient * self,
                                              GFunc func,
                                              gpointer data,
                                              gpointer user_data);
void              gst_dvr_http_client_get_stats (GstDvrHttpClient * self,
                                              GstDvrHttpStats * stats);

/* From the client's thread only. */
GstDvrHttpTransfer *
                  gst_dvr_http_client_start (GstDvrHttpClient * self,
                                              const GstDvrHttpRequest * request,
                                              const GstDvrHttpFuncs * funcs,
                                              gpointer user_data);
void              gst_dvr_http_transfer_raise (GstDvrHttpTransfer * transfer,
                                              guint priority);
void              gst_dvr_http_transfer_cancel (GstDvrHttpTransfer * transfer);
guint             gst_dvr_http_client_add_timer (GstDvrHttpClient * self,
                                              GstClockTime delay,
                                              GstDvrHttpTimerFunc func,
                                              gpointer user_data);
void              gst_dvr_http_client_remove_timer (GstDvrHttpClient * self,
                                              guint * timer);

G_END_DECLS
