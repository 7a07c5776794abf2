/* gstdvrrtmpprobe.c: whether an RTMP server has a stream
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RTMP has no question for that but to play the stream. That is done beside the
 * connection in use, for as long as it takes to see whether media goes on coming:
 * what a server has kept of a publisher who is gone comes at once, and then no
 * more.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdatomic.h>

#include "flv/flvparser.h"

#include "gstdvrproxydebug.h"
#include "gstdvrrtmpprobe.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* A server may send us on to another one, and that likewise. */
#define MAX_REDIRECTS 3
/* How long media has to come for, microseconds. */
#define LIVE_FOR (G_USEC_PER_SEC / 2)

struct _GstDvrRtmpProbe
{
  GstDvrUpstreamConfig *config;
  guint location;
  gchar *remote;
  GstDvrRtmpPlay *play;
  GThread *thread;
  gint64 first;                 /* when the first media came; the thread's */
  atomic_int state;
};

static gboolean
redirect (GstDvrRtmpPlay * play, GstDvrRtmpTarget * target,
    const GstDvrUpstreamConfig * config, guint n, gchar ** reason)
{
  g_autofree gchar *uri = gst_dvr_rtmp_play_steal_redirect (play);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (reason, g_free);
  if (n == MAX_REDIRECTS) {
    *reason = g_strdup ("the server sends us elsewhere again and again");
    return FALSE;
  }
  GST_DEBUG ("%s sends us to %s", target->tc_url, GST_DVR_HTTP_SHOW (uri));
  if (gst_dvr_rtmp_target_redirect (target, uri, config->http->allowed_hosts,
          &error))
    return TRUE;
  *reason = g_strdup (error->message);

  return FALSE;
}

/**
 * gst_dvr_rtmp_visit:
 * @play: a player
 * @config: where to connect to
 * @location: which of its locations
 * @remote: the stream
 * @start: see gst_dvr_rtmp_play_run()
 * @patience: likewise
 * @reason: (out) (transfer full): in words
 *
 * Plays until that ends, at that location or wherever its server says the stream
 * is, as far as that is allowed.
 *
 * Returns: why it ended
 */
GstDvrRtmpEnd
gst_dvr_rtmp_visit (GstDvrRtmpPlay * play, const GstDvrUpstreamConfig * config,
    guint location, const gchar * remote, gint64 start,
    const GstDvrRtmpPatience * patience, gchar ** reason)
{
  GstDvrRtmpEnd end = GST_DVR_RTMP_REFUSED;
  g_autoptr (GError) error = NULL;
  GstDvrRtmpTarget target;
  guint n = 0;

  *reason = NULL;
  if (!gst_dvr_rtmp_target_init (&target, config->locations[location], remote,
          config->token, &error)) {
    *reason = g_strdup (error->message);
  } else {
    do
      end = gst_dvr_rtmp_play_run (play, &target, start, patience, reason);
    while (end == GST_DVR_RTMP_REDIRECTED
        && redirect (play, &target, config, n++, reason));
  }
  gst_dvr_rtmp_target_clear (&target);

  return end == GST_DVR_RTMP_REDIRECTED ? GST_DVR_RTMP_REFUSED : end;
}

static void
on_connected (gpointer user_data)
{
}

static void
on_status (gpointer user_data, const gchar * code, const gchar * description)
{
}

static void
on_tag (gpointer user_data, guint8 type, gint64 timestamp, GstBuffer * body)
{
  GstDvrRtmpProbe *self = user_data;
  gint64 now = g_get_monotonic_time ();

  if (type == GST_FLV_TAG_SCRIPT || gst_dvr_rtmp_play_is_recorded (self->play))
    return;
  if (self->first == 0)
    self->first = now;
  else if (now - self->first > LIVE_FOR)
    atomic_store (&self->state, GST_DVR_RTMP_PROBE_LIVE);
}

static void
on_away (gpointer user_data, gboolean away)
{
  GstDvrRtmpProbe *self = user_data;

  if (away)
    atomic_store (&self->state, GST_DVR_RTMP_PROBE_NOTHING);
}

static void
on_sought (gpointer user_data, gboolean done)
{
}

static void
on_unwelcome (gpointer user_data)
{
}

static gboolean
on_tick (gpointer user_data)
{
  return gst_dvr_rtmp_probe_get (user_data) == GST_DVR_RTMP_PROBE_PENDING;
}

static gpointer
probe_thread (gpointer data)
{
  GstDvrRtmpProbe *self = data;
  GstClockTime timeout = self->config->http->timeout;
  GstDvrRtmpPatience patience = { timeout, timeout, timeout };
  g_autofree gchar *reason = NULL;
  int pending = GST_DVR_RTMP_PROBE_PENDING;

  gst_dvr_rtmp_visit (self->play, self->config, self->location, self->remote,
      -1, &patience, &reason);
  GST_DEBUG ("%s: %s", GST_DVR_HTTP_SHOW (self->config->locations
          [self->location]), reason);
  atomic_compare_exchange_strong (&self->state, &pending,
      GST_DVR_RTMP_PROBE_NOTHING);

  return NULL;
}

/**
 * gst_dvr_rtmp_probe_new:
 * @config: where to connect to
 * @location: which of its locations
 * @remote: a live stream
 *
 * Begins to look whether the server there has it, in a thread of its own.
 */
GstDvrRtmpProbe *
gst_dvr_rtmp_probe_new (GstDvrUpstreamConfig * config, guint location,
    const gchar * remote)
{
  static const GstDvrRtmpPlayFuncs funcs = {
    on_connected, on_status, on_tag, on_away, on_sought, on_unwelcome, on_tick
  };
  GstDvrRtmpProbe *self = g_new0 (GstDvrRtmpProbe, 1);

  self->config = gst_dvr_upstream_config_ref (config);
  self->location = location;
  self->remote = g_strdup (remote);
  self->play = gst_dvr_rtmp_play_new (&funcs, self);
  self->thread = g_thread_new ("dvr-rtmp-probe", probe_thread, self);

  return self;
}

/* Does not wait for the network. */
void
gst_dvr_rtmp_probe_free (GstDvrRtmpProbe * self)
{
  gst_dvr_rtmp_play_interrupt (self->play);
  g_thread_join (self->thread);
  gst_dvr_rtmp_play_free (self->play);
  gst_dvr_upstream_config_unref (self->config);
  g_free (self->remote);
  g_free (self);
}

GstDvrRtmpProbeState
gst_dvr_rtmp_probe_get (GstDvrRtmpProbe * self)
{
  return atomic_load (&self->state);
}
