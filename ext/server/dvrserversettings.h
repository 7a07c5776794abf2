/* dvrserversettings.h: what a server is told
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dvrserver.h"

G_BEGIN_DECLS

#define DVR_SERVER_DEFAULT_HOST "localhost"
/* Properties have the numbers below it. */
#define DVR_SERVER_N_PROPS 64

/**
 * DvrJoin:
 * @DVR_JOIN_KEYFRAME_NOW: at the newest keyframe, at once
 * @DVR_JOIN_WAIT: at the next keyframe
 *
 * Where viewers of live streams over RTMP begin.
 */
typedef enum
{
  DVR_JOIN_KEYFRAME_NOW,
  DVR_JOIN_WAIT
} DvrJoin;

/**
 * DvrServerSettings:
 *
 * The properties of dvrserversink, by their names. Durations are nanoseconds.
 */
typedef struct
{
  gchar *host;
  gint http_port;
  gint rtmp_port;
  gint admin_port;
  guint threads;
  guint max_clients;
  guint64 client_timeout;
  guint64 window;
  gboolean low_latency;
  guint part_hold_back;
  guint64 rtmp_batch;
  DvrJoin join;
  DvrTokenKeys *keys;
  gchar *access_log;
  gboolean allow_smart_seek;
  gchar *cors_origin;
  GValue trusted_proxies;
} DvrServerSettings;

/**
 * DvrServerPlaces:
 * @host: to listen on
 * @access_log: (nullable): file
 * @http_port: -1 = none
 * @rtmp_port: -1 = none
 * @admin_port: on this machine; -1 = none
 * @threads: that serve HTTP
 *
 * Where a server serves.
 */
typedef struct
{
  gchar *host;
  gchar *access_log;
  gint http_port;
  gint rtmp_port;
  gint admin_port;
  guint threads;
} DvrServerPlaces;

void     dvr_server_settings_install (GObjectClass * klass);
void     dvr_server_settings_init    (DvrServerSettings * self);
void     dvr_server_settings_clear   (DvrServerSettings * self);
gboolean dvr_server_settings_set     (DvrServerSettings * self, guint id,
                                      const GValue * value);
gboolean dvr_server_settings_get     (const DvrServerSettings * self,
                                      guint id, GValue * value);
void     dvr_server_settings_begin   (const DvrServerSettings * self,
                                      DvrServer * server);
void     dvr_server_settings_apply   (const DvrServerSettings * self,
                                      DvrServer * server);
void     dvr_server_settings_get_places (const DvrServerSettings * self,
                                      DvrServerPlaces * places);
void     dvr_server_places_clear     (DvrServerPlaces * places);

G_END_DECLS
