/* dvrserver.h: what all protocols of one server share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvraccesslog.h"
#include "dvradmissions.h"
#include "dvrauthorize.h"
#include "dvrserverstats.h"
#include "dvrstreams.h"
#include "dvrtoken.h"

G_BEGIN_DECLS

/* What our cache is called in Cache-Status (RFC 9211). */
#define DVR_CACHE_NAME "dvrserversink"

typedef struct _DvrServer DvrServer;
typedef struct _DvrMediaTable DvrMediaTable;

/**
 * DvrServer:
 * @element: whose server it is; not to be used after dvr_server_close()
 * @branches: where to ask
 * @waker: who wakes
 * @streams: the streams in use
 * @media: what is served of them
 * @derived: where memory is charged that was derived from segments no cache
 *   keeps
 * @cors_origin: (nullable): what Access-Control-Allow-Origin says
 * @trusted_proxies: (nullable): whose X-Forwarded-For is believed
 * @client_timeout: in nanoseconds
 * @window: in nanoseconds; atomic, as what follows
 * @low_latency: whether playlists have parts
 * @part_hold_back: in parts
 * @max_clients: 0 = any number
 * @rtmp_batch: how much media one write over RTMP carries, nanoseconds
 * @rtmp_join_wait: whether RTMP viewers wait for the next keyframe
 * @ready: whether viewers may be sent here
 * @started: whether it has ever been ready
 * @closing: nothing waits any more
 * @allow_smart_seek: whether clients may say what they do themselves
 * @log: (nullable): where what clients do is written
 * @authorizer: who asks whether they may
 * @admissions: what it said of who plays over HTTP
 * @client_added: called with no lock held, from any thread
 * @client_removed: called with no lock held, from any thread
 * @stats: counters
 */
struct _DvrServer
{
  gint refs;
  GstElement *element;
  DvrBranches *branches;
  DvrWaker *waker;
  DvrStreams *streams;
  DvrMediaTable *media;
  GstDvrAccount *derived;

  gchar *cors_origin;
  gchar **trusted_proxies;
  guint64 client_timeout;

  guint64 window;
  guint low_latency;
  guint part_hold_back;
  guint max_clients;
  guint64 rtmp_batch;
  guint rtmp_join_wait;
  guint allow_smart_seek;
  guint ready;
  guint started;
  guint closing;

  DvrAccessLog *log;
  DvrAuthorizer *authorizer;
  DvrAdmissions *admissions;

  void (*client_added) (DvrServer * server, const GstStructure * client);
  void (*client_removed) (DvrServer * server, const GstStructure * client);

  /*< private >*/
  GMutex keys_lock;
  DvrTokenKeys *keys;

  DvrServerStats stats;
};

DvrServer * dvr_server_new   (GstElement * element, DvrBranches * branches);
void        dvr_server_close (DvrServer * self);
void        dvr_server_drop_pad (DvrServer * self, GstPad * pad);
void        dvr_server_set_keys (DvrServer * self, DvrTokenKeys * keys);
gboolean    dvr_server_check_token (DvrServer * self, const gchar * token,
                                    const gchar * stream, gboolean media,
                                    GError ** error);
guint64        dvr_server_get_log_lost (DvrServer * self);
GstStructure * dvr_server_get_stats (DvrServer * self);
DvrServer * dvr_server_ref   (DvrServer * self);
void        dvr_server_unref (DvrServer * self);

G_END_DECLS
