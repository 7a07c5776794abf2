/* gstdvrupstream.h: where segments come from
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/dvr/gstdvrlink.h>

#include "gstdvrhttpclient.h"

G_BEGIN_DECLS

typedef struct _GstDvrUpstream GstDvrUpstream;
typedef struct _GstDvrUpstreamClass GstDvrUpstreamClass;
typedef struct _GstDvrUpstreamOwner GstDvrUpstreamOwner;
typedef struct _GstDvrUpstreamConfig GstDvrUpstreamConfig;

/**
 * GstDvrUpstreamConfig:
 * @locations: the location, then its backups
 * @http: how to speak HTTP
 * @token: (nullable): goes before the stream's name as `/~token`
 * @idle_timeout: how long a live stream may lack what it should have before
 *   another location that has it is taken, nanoseconds; 0: never
 * @retry_delay: pause after a failure, nanoseconds; doubles with every further
 *   one
 * @max_retry_delay: the longest such pause
 * @failback: whether to return to the first location when it answers again
 * @window: how much of what an RTMP server sends is kept, nanoseconds
 * @max_size: how much of that, bytes; 0 = no limit
 * @temp_dir: where it is kept meanwhile
 *
 * Written once, then shared.
 */
struct _GstDvrUpstreamConfig
{
  gchar **locations;
  GstDvrHttpConfig *http;
  gchar *token;
  GstClockTime idle_timeout;
  GstClockTime retry_delay;
  GstClockTime max_retry_delay;
  gboolean failback;
  GstClockTime window;
  guint64 max_size;
  gchar *temp_dir;
};

/**
 * GstDvrUpstreamOwner:
 * @obtain: (transfer full) (nullable): the segment of that id if it is being
 *   fetched, else a new one (is_new) for the caller to fill; NULL when stopped
 * @abandon: whether nobody wants that segment any more, of which nothing came
 *   yet; it has to be failed then
 * @status: something worth telling happened
 * @location: another location is in use now
 *
 * What an upstream asks of its element; called from the upstream's threads with
 * no lock held.
 */
struct _GstDvrUpstreamOwner
{
  gpointer user_data;
  GstDvrSegment *(*obtain) (gpointer user_data, const GstDvrSegmentId * id,
      gboolean * is_new);
  gboolean (*abandon) (gpointer user_data, GstDvrSegment * segment);
  void (*status) (gpointer user_data, const gchar * code, const gchar * level,
      const gchar * description, const gchar * location,
      const gchar * stream);
  void (*location) (gpointer user_data, const gchar * location);
};

/**
 * GstDvrUpstreamClass:
 * @anticipates: whether segments may be asked for that have not begun
 * @ranges: whether runs of a segment's bytes can be fetched alone
 * @follow: (transfer full): begins to follow @remote, which is called @local
 *   here, on behalf of those whose @path it is (gst_dvr_timeline_note_path());
 *   the timeline fills from now on
 * @poke: somebody asks for a timeline that has ended or failed: look again,
 *   unless that was done just now
 * @unfollow: the stream is let go: its timeline fails with 410, so that who
 *   still holds it asks anew
 * @fetch: fills @segment, of @timeline's stream, or fails it
 * @raise: (nullable): what @fetch was asked for is more urgent now
 * @report: (nullable): a player of the stream tells something, see
 *   gst_dvr_event_parse_report(), or wishes, see gst_dvr_event_parse_beyond();
 *   to be told upstream later, or dropped
 * @configure: (nullable): takes new settings, and moves to their locations,
 *   which are of the same kind as before
 * @is_busy: (nullable): whether fetches are under way
 * @stats: (nullable): adds its counters
 * @close: ends everything, in bounded time; no callback after it
 * @free: after the last reference went
 *
 * All of them look up and enqueue: none blocks, but @close, which joins.
 */
struct _GstDvrUpstreamClass
{
  gboolean anticipates;
  gboolean ranges;
  GstDvrTimeline *(*follow) (GstDvrUpstream * self, const gchar * local,
      const gchar * remote, const gchar * path);
  void (*poke) (GstDvrUpstream * self, GstDvrTimeline * timeline);
  void (*unfollow) (GstDvrUpstream * self, GstDvrTimeline * timeline);
  void (*fetch) (GstDvrUpstream * self, GstDvrTimeline * timeline,
      GstDvrSegment * segment, GstDvrPriority priority);
  void (*raise) (GstDvrUpstream * self, GstDvrTimeline * timeline,
      GstDvrSegment * segment, GstDvrPriority priority);
  void (*report) (GstDvrUpstream * self, GstDvrTimeline * timeline,
      GstEvent * report);
  void (*configure) (GstDvrUpstream * self, GstDvrUpstreamConfig * config);
  gboolean (*is_busy) (GstDvrUpstream * self);
  void (*stats) (GstDvrUpstream * self, GstStructure * stats);
  void (*close) (GstDvrUpstream * self);
  void (*free) (GstDvrUpstream * self);
};

struct _GstDvrUpstream
{
  const GstDvrUpstreamClass *klass;
  gint ref_count;
  GstDvrUpstreamOwner owner;
};

GstDvrUpstreamConfig *gst_dvr_upstream_config_new (void);
GstDvrUpstreamConfig *gst_dvr_upstream_config_ref (GstDvrUpstreamConfig * c);
void                  gst_dvr_upstream_config_unref (GstDvrUpstreamConfig * c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstDvrUpstreamConfig,
    gst_dvr_upstream_config_unref)

gboolean        gst_dvr_upstream_config_check   (const GstDvrUpstreamConfig *
                                                 config,
                                                 GError ** error);
gboolean        gst_dvr_upstream_config_fits    (const GstDvrUpstreamConfig *
                                                 first,
                                                 const GstDvrUpstreamConfig *
                                                 second);
gchar *         gst_dvr_upstream_get_one_name   (const gchar * location);
GstDvrUpstream *gst_dvr_upstream_new   (GstDvrUpstreamConfig * config,
                                        const GstDvrUpstreamOwner * owner,
                                        GError ** error);
GstDvrUpstream *gst_dvr_upstream_ref   (GstDvrUpstream * self);
void            gst_dvr_upstream_unref (GstDvrUpstream * self);

GstDvrUpstream *gst_dvr_file_upstream_new (GstDvrUpstreamConfig * config);
GstDvrUpstream *gst_dvr_http_upstream_new (GstDvrUpstreamConfig * config,
                                           GError ** error);
GstDvrUpstream *gst_dvr_rtmp_upstream_new (GstDvrUpstreamConfig * config);

G_END_DECLS
