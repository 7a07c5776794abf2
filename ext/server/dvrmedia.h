/* dvrmedia.h: one HTTP response per piece of media, shared by all viewers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <microhttpd.h>

#include "dvrhttprouter.h"
#include "dvrserver.h"

G_BEGIN_DECLS

/* With how long caches may keep it, in seconds. */
#define DVR_MEDIA_CACHE_CONTROL \
  "public, max-age=%" G_GUINT64_FORMAT ", immutable"

/* The Cache-Status of those who waited for what another had asked for. */
#define DVR_MEDIA_COLLAPSED DVR_CACHE_NAME "; fwd=miss; collapsed"

typedef struct _DvrMedia DvrMedia;

/**
 * DvrMediaState:
 * @DVR_MEDIA_READY: all of it is in memory, `response` is there
 * @DVR_MEDIA_FILLING: it is on its way
 * @DVR_MEDIA_FAILED: it will not come; see the segment's status
 * @DVR_MEDIA_NO_PART: the segment has no such part
 */
typedef enum
{
  DVR_MEDIA_READY,
  DVR_MEDIA_FILLING,
  DVR_MEDIA_FAILED,
  DVR_MEDIA_NO_PART
} DvrMediaState;

/**
 * DvrMedia:
 * @path: what it is asked for by
 * @stream: whose it is
 * @segment: where its bytes are
 * @growth: waits for more of @segment
 * @kind: segment, part or init section
 * @number: sequence number
 * @part: which part
 * @is_range: whether @segment is but a run of the segment's bytes: it is for one
 *   client, and not in the table
 * @etag: entity tag, with its quotes
 * @cache_control: what caches are told
 * @last_used: monotonic time of the last request, atomic
 * @response: the shared answer of a hit, once it is ready; atomic
 * @offset: where it begins in @segment; valid with @response
 * @size: its length in bytes; valid with @response
 */
struct _DvrMedia
{
  gint refs;
  gchar *path;
  DvrStream *stream;
  GstDvrSegment *segment;
  DvrWaitList *growth;
  DvrRouteKind kind;
  guint64 number;
  guint part;
  gboolean is_range;
  gchar *etag;
  gchar *cache_control;
  gint64 last_used;

  struct MHD_Response *response;
  guint64 offset;
  guint64 size;

  /*< private >*/
  DvrServer *server;
  GMutex lock;                  /* of who makes a response */
  struct MHD_Response *collapsed;       /* with the lock */
  gulong drop_watch;
  gint64 sorted_by;             /* with its shard's lock */
};

/* dvrmedia.c */
DvrMedia *       dvr_media_new          (DvrServer * server,
                                         DvrStream * stream,
                                         GstDvrSegment * segment,
                                         const DvrRoute * route,
                                         guint64 max_age);
gchar *          dvr_media_make_etag    (const DvrRoute * route);
DvrMedia *       dvr_media_ref          (DvrMedia * media);
void             dvr_media_unref        (DvrMedia * media);
DvrMediaState    dvr_media_prepare      (DvrMedia * media);
struct MHD_Response *
                 dvr_media_get_collapsed
                                        (DvrMedia * media);
struct MHD_Response *
                 dvr_media_new_response (DvrMedia * media, guint64 offset,
                                         guint64 length,
                                         const gchar * cache_status);
void             dvr_media_add_fields   (struct MHD_Response * response,
                                         const gchar * etag,
                                         const gchar * cache_control,
                                         const gchar * cache_status,
                                         const gchar * cors_origin);
void             dvr_media_add_headers  (DvrMedia * media,
                                         struct MHD_Response * response,
                                         const gchar * cache_status);

/* dvrmediatable.c */
DvrMediaTable *  dvr_media_table_new    (void);
void             dvr_media_table_clear  (DvrMediaTable * self);
void             dvr_media_table_free   (DvrMediaTable * self);
DvrMedia *       dvr_media_table_get    (DvrMediaTable * self,
                                         const gchar * path, gsize length);
DvrMedia *       dvr_media_table_insert (DvrMediaTable * self,
                                         DvrMedia * media);
void             dvr_media_table_remove (DvrMediaTable * self,
                                         DvrMedia * media);
void             dvr_media_table_remove_stream
                                        (DvrMediaTable * self,
                                         DvrStream * stream);
void             dvr_media_table_sweep  (DvrMediaTable * self, gint64 now);
guint            dvr_media_table_size   (DvrMediaTable * self);
guint64          dvr_media_table_get_bytes (DvrMediaTable * self);

G_END_DECLS
