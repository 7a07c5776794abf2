/* gstdvrrtmppullwatch.c: whether another RTMP server is better
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A live stream that has nothing new for `idle-timeout`, though its server is
 * there, is looked for at the other locations, and gone on with where media comes.
 * While another location than the first is in use, that is looked at now and then,
 * and returned to when it has the stream. A recording is played to its end where
 * it was begun.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrproxydebug.h"
#include "gstdvrrtmppull-private.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

static void
look_at (GstDvrRtmpPull * self, guint location)
{
  self->probed = location;
  self->probed_at = g_get_monotonic_time ();
  self->probe = gst_dvr_rtmp_probe_new (self->used, location, self->remote);
}

static gboolean
is_idle (GstDvrRtmpPull * self)
{
  GstClockTime silence =
      (g_get_monotonic_time () - self->last_media) * GST_USECOND;

  return self->used->idle_timeout > 0 && silence > self->used->idle_timeout;
}

/* Returns: whether enough time went by to look at all locations again */
static gboolean
is_time (GstDvrRtmpPull * self)
{
  return g_get_monotonic_time () - self->probed_at >
      (gint64) (self->used->max_retry_delay / GST_USECOND);
}

static void
look_elsewhere (GstDvrRtmpPull * self)
{
  guint n = g_strv_length (self->used->locations);

  if (!is_idle (self))
    self->looked = 0;
  if (is_idle (self) && self->looked + 1 < n)
    look_at (self, (self->location + ++self->looked) % n);
  else if (!is_time (self))
    return;
  else if (is_idle (self))
    self->looked = 0;
  else if (self->location > 0 && self->used->failback)
    look_at (self, 0);
}

/**
 * gst_dvr_rtmp_pull_watch:
 * @self: what is connected
 *
 * Looks whether another location is better.
 *
 * Returns: whether it is; then it is the next one
 */
gboolean
gst_dvr_rtmp_pull_watch (GstDvrRtmpPull * self)
{
  GstDvrRtmpProbeState state;

  if (self->used->locations[1] == NULL
      || gst_dvr_rtmp_play_is_recorded (self->play))
    return FALSE;
  if (self->probe == NULL) {
    look_elsewhere (self);
    return FALSE;
  }
  state = gst_dvr_rtmp_probe_get (self->probe);
  if (state == GST_DVR_RTMP_PROBE_PENDING)
    return FALSE;
  g_clear_pointer (&self->probe, gst_dvr_rtmp_probe_free);
  /* it may have come back meanwhile */
  self->turning = state == GST_DVR_RTMP_PROBE_LIVE && (is_idle (self)
      || (self->probed == 0 && self->used->failback));

  return self->turning;
}

/**
 * gst_dvr_rtmp_pull_end_watch:
 * @self: what is not connected any more
 *
 * Returns: whether another location was better
 */
gboolean
gst_dvr_rtmp_pull_end_watch (GstDvrRtmpPull * self)
{
  gboolean turning = self->turning;

  g_clear_pointer (&self->probe, gst_dvr_rtmp_probe_free);
  self->turning = FALSE;
  self->looked = 0;

  return turning;
}
