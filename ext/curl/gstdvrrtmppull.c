/* gstdvrrtmppull.c: a stream of an RTMP server, recorded as it comes
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An RTMP server has no segments, so they are made here, as an origin makes
 * them: a recorder cuts what comes and keeps it in a directory of its own, for
 * as long as the stream is followed, and a reader follows that. So a stream
 * that breaks and returns, changes its codec or its clock is a timeline like
 * any other, and pausing and rewinding need nothing of the server.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/dvr/gstdvrstore.h>

#include "flv/flvwriter.h"

#include "gstdvrproxydebug.h"
#include "gstdvrrtmppull-private.h"
#include "gstdvrrtmpspool.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* The longest pause after a connection was lost, in times of the shortest. */
#define LOST_FACTOR 4
/* What is left to others on the file system. */
#define MIN_FREE_SPACE (256 * 1024 * 1024)
/* How long a server that has a stream may have nothing of it, where there is no
 * other to ask. */
#define PATIENCE (60 * GST_SECOND)
/* How often the recorder is told that time passes while nobody is connected. */
#define TICK (G_USEC_PER_SEC / 2)

static const gchar *
get_location (GstDvrRtmpPull * self)
{
  return self->used->locations[self->location];
}

static void
tell (GstDvrRtmpPull * self, const gchar * code, const gchar * level,
    const gchar * description)
{
  self->owner->status (self->owner->user_data, code, level, description,
      get_location (self), self->local);
}

/* -- the recorder -- */

static void
recorder_status (gpointer user_data, const gchar * code, const gchar * level,
    const gchar * description)
{
  GstDvrRtmpPull *self = user_data;

  if (!g_str_equal (level, "status"))
    tell (self, code, level, description);
}

static const GstDvrRecorderFuncs recorder_funcs = {.status = recorder_status };

static gboolean
open_recorder (GstDvrRtmpPull * self)
{
  GstDvrStoreConfig config = {
    .target_duration = GST_DVR_RECORDER_TARGET_DURATION,
    .max_segment_duration = GST_DVR_RECORDER_MAX_SEGMENT_DURATION,
    .part_duration = GST_DVR_RECORDER_PART_DURATION,
    .window = self->used->window,
    .max_size = self->used->max_size,
    .min_free_space = MIN_FREE_SPACE,
    .reconnect_window = GST_DVR_RECORDER_RECONNECT_WINDOW,
    .full_disk = GST_DVR_FULL_DISK_TRIM,
    .publish_type = GST_DVR_PUBLISH_APPEND,
    .fsync = GST_DVR_FSYNC_NONE,
  };

  if (self->recorder == NULL)
    self->recorder = gst_dvr_recorder_new (self->directory, self->local,
        &config, GST_DVR_RECORDER_CHUNK_DURATION, &recorder_funcs, self,
        &self->error);
  if (self->recorder)
    gst_dvr_recorder_set_last (self->recorder, self->last);

  return self->recorder != NULL;
}

static void
push (GstDvrRtmpPull * self, GstBuffer * bytes)
{
  gst_dvr_recorder_push (self->recorder, bytes, &self->error);
  gst_buffer_unref (bytes);
}

static void
play_tag (gpointer user_data, guint8 type, gint64 timestamp, GstBuffer * body)
{
  GstDvrRtmpPull *self = user_data;
  GstBuffer *tag;

  if (self->error || !open_recorder (self))
    return;
  if (self->fresh)
    push (self, gst_flv_write_header (FALSE, FALSE));
  self->fresh = FALSE;
  if (!gst_dvr_rtmp_pull_place (self, type, timestamp, body))
    return;
  tag = gst_flv_write_tag (type, (guint32) timestamp, gst_buffer_ref (body));
  if (tag == NULL || self->error) {
    gst_clear_buffer (&tag);
    return;
  }
  push (self, tag);
  if (type != GST_FLV_TAG_SCRIPT) {
    self->last_media = g_get_monotonic_time ();
    self->away = FALSE;
    self->tried = self->rounds = 0;
  }
}

/* Its absence is listed from now on. */
static void
set_away (GstDvrRtmpPull * self)
{
  if (self->recorder && !self->away && !self->error)
    gst_dvr_recorder_away (self->recorder, &self->error);
  self->away = TRUE;
}

static void
set_absent (GstDvrRtmpPull * self, guint status)
{
  g_mutex_lock (&self->lock);
  if (self->reader)
    gst_dvr_store_reader_set_absent (self->reader, status);
  g_mutex_unlock (&self->lock);
}

static void
pass_time (GstDvrRtmpPull * self)
{
  GstClockTime silence =
      (g_get_monotonic_time () - self->last_media) * GST_USECOND;

  if (self->error)
    return;
  if (self->recorder == NULL) {
    /* who waits for the stream gets an answer; it may come all the same */
    if (silence > self->used->http->timeout)
      set_absent (self, 504);
    return;
  }
  if (silence > GST_DVR_RECORDER_MAX_SEGMENT_DURATION
      && !gst_dvr_rtmp_tell_is_stopped (self->tell))
    set_away (self);
  gst_dvr_recorder_tick (self->recorder, &self->error);
}

/* -- a connection -- */

static void
play_connected (gpointer user_data)
{
  GstDvrRtmpPull *self = user_data;

  atomic_fetch_add (&self->connections, 1);
  if (!self->connected)
    tell (self, "NetConnection.Connect.Success", "status",
        "The RTMP server has accepted us.");
  self->connected = TRUE;
  self->told = FALSE;
}

static void
play_status (gpointer user_data, const gchar * code, const gchar * description)
{
  GstDvrRtmpPull *self = user_data;

  tell (self, code, gst_rtmp_status_level (code), description);
}

static void
play_away (gpointer user_data, gboolean away)
{
  if (away)
    set_away (user_data);
}

/* Returns: whether to stay connected */
static gboolean
play_tick (gpointer user_data)
{
  GstDvrRtmpPull *self = user_data;
  gboolean stay;

  pass_time (self);
  gst_dvr_rtmp_pull_tell_server (self);
  g_mutex_lock (&self->lock);
  stay = !self->stopped && !self->moved;
  g_mutex_unlock (&self->lock);

  return stay && !self->error && !gst_dvr_rtmp_pull_watch (self);
}

static const GstDvrRtmpPlayFuncs play_funcs = {
  play_connected, play_status, play_tag, play_away,
  gst_dvr_rtmp_pull_sought, gst_dvr_rtmp_pull_unwelcome, play_tick
};

/* Once, until one works again. */
static void
tell_failure (GstDvrRtmpPull * self, GstDvrRtmpEnd end, const gchar * reason)
{
  const gchar *code = "NetConnection.Connect.Failed";

  if (end == GST_DVR_RTMP_SILENT)
    code = "NetConnection.Proxy.NotResponding";
  else if (self->connected)
    code = "NetConnection.Connect.Closed";
  if (!self->told)
    tell (self, code, "warning", reason);
  self->told = TRUE;
  self->connected = FALSE;
}

/* Where there are others to ask, one that never sends anything is left soon, and
 * one that has nothing more when another has (gstdvrrtmppullwatch.c). */
static void
get_patience (GstDvrRtmpPull * self, GstDvrRtmpPatience * patience)
{
  gboolean others = self->used->locations[1] != NULL;

  patience->answer = self->used->http->timeout;
  patience->media = others ? 0 : PATIENCE;
  patience->more = others && self->used->idle_timeout > 0 ?
      GST_CLOCK_TIME_NONE : PATIENCE;
}

/* Another location has the stream. */
static void
turn_to_better (GstDvrRtmpPull * self)
{
  gboolean idle = self->location == 0 || self->probed != 0;

  if (idle)
    tell (self, "NetConnection.Proxy.NotResponding", "warning",
        "Upstream has nothing new, another location has.");
  self->location = self->probed;
  self->connected = FALSE;
  self->owner->location (self->owner->user_data, get_location (self));
}

static GstDvrRtmpEnd
play_once (GstDvrRtmpPull * self)
{
  g_autofree gchar *reason = NULL;
  GstDvrRtmpPatience patience;
  GstDvrRtmpEnd end;

  self->fresh = TRUE;
  self->last_media = self->probed_at = g_get_monotonic_time ();
  self->sought = FALSE;
  self->known = G_MININT64;
  gst_dvr_rtmp_tell_reset (self->tell);
  get_patience (self, &patience);
  end = gst_dvr_rtmp_visit (self->play, self->used, self->location,
      self->remote, self->recorded ? self->position : -1, &patience, &reason);
  /* a recording that broke off is gone on with where it did */
  self->recorded = self->recorder && (self->recorded
      || gst_dvr_rtmp_play_is_recorded (self->play));
  set_away (self);
  gst_dvr_rtmp_pull_set_reach (self, 0);
  if (gst_dvr_rtmp_pull_end_watch (self) && end == GST_DVR_RTMP_STOPPED) {
    turn_to_better (self);
    return end;
  }
  if (end == GST_DVR_RTMP_STOPPED || end == GST_DVR_RTMP_COMPLETE)
    return end;

  atomic_fetch_add (&self->failures, 1);
  if (end != GST_DVR_RTMP_NOT_FOUND)
    tell_failure (self, end, reason);

  return end;
}

/* -- one after the other -- */

static guint
get_status (GstDvrRtmpEnd end)
{
  switch (end) {
    case GST_DVR_RTMP_NOT_FOUND:
      return 404;
    case GST_DVR_RTMP_SILENT:
      return 504;
    default:
      return 502;
  }
}

/* Doubling, bounded, and spread, so that not all who lost a server come back at
 * one moment. A connection that is refused costs little, and one that is taken
 * again is what somebody waits for. */
static GstClockTime
get_delay (GstDvrRtmpPull * self, GstDvrRtmpEnd end)
{
  GstClockTime delay = self->used->retry_delay;
  GstClockTime most = self->used->max_retry_delay;
  guint i;

  if (end == GST_DVR_RTMP_LOST)
    most = MIN (most, LOST_FACTOR * delay);
  for (i = 1; i < self->rounds && delay < most; i++)
    delay *= 2;
  delay = MIN (delay, most);

  return delay / 2 + (GstClockTime) (delay / 2 * g_random_double ());
}

/* Waits, while the recorder lists the absence. */
static void
wait_to_retry (GstDvrRtmpPull * self, gint64 until)
{
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&self->lock);
  while (!self->stopped && !self->moved && !self->poked && now < until) {
    if (!g_cond_wait_until (&self->cond, &self->lock, MIN (until, now + TICK))) {
      g_mutex_unlock (&self->lock);
      pass_time (self);
      g_mutex_lock (&self->lock);
    }
    now = g_get_monotonic_time ();
  }
  self->poked = FALSE;
  g_mutex_unlock (&self->lock);
}

/* To the next location at once, and from the last to the first after a pause. */
static void
turn (GstDvrRtmpPull * self, GstDvrRtmpEnd end)
{
  guint n = g_strv_length (self->used->locations);

  self->tried++;
  if (n > 1) {
    self->location = (self->location + 1) % n;
    self->owner->location (self->owner->user_data, get_location (self));
  }
  if (self->tried % n != 0)
    return;
  self->rounds++;
  set_absent (self, get_status (end));
  wait_to_retry (self,
      g_get_monotonic_time () + get_delay (self, end) / GST_USECOND);
}

/* A recording of the server's has been played: that is all there is. */
static void
finish (GstDvrRtmpPull * self)
{
  if (self->recorder && !self->error)
    gst_dvr_recorder_end (self->recorder, &self->error);
  set_absent (self, 404);
  g_mutex_lock (&self->lock);
  while (!self->stopped && !self->moved)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
}

/* What cannot be kept is let go; it is tried anew later. */
static void
take_error (GstDvrRtmpPull * self)
{
  if (self->error == NULL)
    return;
  tell (self, "NetStream.Record.Failed", "warning", self->error->message);
  g_clear_error (&self->error);
  g_clear_pointer (&self->recorder, gst_dvr_recorder_free);
  self->rounds++;
  set_absent (self, 503);
  wait_to_retry (self,
      g_get_monotonic_time () + get_delay (self,
          GST_DVR_RTMP_REFUSED) / GST_USECOND);
}

/* Returns: whether to go on */
static gboolean
take_orders (GstDvrRtmpPull * self)
{
  gboolean go_on;

  g_mutex_lock (&self->lock);
  go_on = !self->stopped;
  if (self->moved) {
    self->moved = FALSE;
    gst_dvr_upstream_config_unref (self->used);
    self->used = gst_dvr_upstream_config_ref (self->config);
    self->location = self->tried = self->rounds = 0;
  }
  g_mutex_unlock (&self->lock);

  return go_on;
}

static gpointer
pull_thread (gpointer data)
{
  GstDvrRtmpPull *self = data;
  GstDvrRtmpEnd end;

  while (take_orders (self)) {
    end = play_once (self);
    if (self->error)
      take_error (self);
    else if (end == GST_DVR_RTMP_COMPLETE)
      finish (self);
    else if (end != GST_DVR_RTMP_STOPPED)
      turn (self, end);
  }
  g_clear_error (&self->error);
  g_clear_pointer (&self->recorder, gst_dvr_recorder_free);
  gst_dvr_rtmp_spool_remove (self->directory);
  atomic_store (&self->done, true);

  return NULL;
}

/**
 * gst_dvr_rtmp_pull_new:
 * @owner: whom to tell; must outlive it
 * @config: where to connect to
 * @directory: where to keep it: a path of its own, removed at the end
 * @local: what the stream is called here
 * @remote: what it is called there
 * @last: the highest number it had here before; 0: none
 *
 * To be started, and at the end, also without that, stopped and joined.
 */
GstDvrRtmpPull *
gst_dvr_rtmp_pull_new (const GstDvrUpstreamOwner * owner,
    GstDvrUpstreamConfig * config, const gchar * directory,
    const gchar * local, const gchar * remote, guint64 last)
{
  GstDvrRtmpPull *self = g_new0 (GstDvrRtmpPull, 1);

  self->refs = 1;
  self->owner = owner;
  self->config = gst_dvr_upstream_config_ref (config);
  self->used = gst_dvr_upstream_config_ref (config);
  self->directory = g_strdup (directory);
  self->local = g_strdup (local);
  self->remote = g_strdup (remote);
  self->last = last;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->play = gst_dvr_rtmp_play_new (&play_funcs, self);
  self->tell = gst_dvr_rtmp_tell_new ();
  self->reader = gst_dvr_store_reader_new_early (directory, local);

  return self;
}

/**
 * gst_dvr_rtmp_pull_start:
 * @self: what was not started yet
 *
 * Begins to play the stream, in a thread of its own, and goes on until it is
 * stopped.
 */
void
gst_dvr_rtmp_pull_start (GstDvrRtmpPull * self)
{
  set_absent (self, 0);
  self->thread = g_thread_new ("dvr-rtmp-pull", pull_thread, self);
}

/* It has to wait: who asks for the stream is to come again. */
void
gst_dvr_rtmp_pull_postpone (GstDvrRtmpPull * self)
{
  set_absent (self, 503);
}

GstDvrRtmpPull *
gst_dvr_rtmp_pull_ref (GstDvrRtmpPull * self)
{
  g_atomic_int_inc (&self->refs);

  return self;
}

void
gst_dvr_rtmp_pull_unref (GstDvrRtmpPull * self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  gst_dvr_rtmp_play_free (self->play);
  gst_dvr_rtmp_tell_free (self->tell);
  gst_dvr_upstream_config_unref (self->config);
  gst_dvr_upstream_config_unref (self->used);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->directory);
  g_free (self->local);
  g_free (self->remote);
  g_free (self);
}

/**
 * gst_dvr_rtmp_pull_join:
 * @self: (transfer full): what was stopped
 *
 * Waits for its thread, which does not wait for the network.
 */
void
gst_dvr_rtmp_pull_join (GstDvrRtmpPull * self)
{
  if (self->thread)
    g_thread_join (self->thread);
  gst_dvr_rtmp_pull_unref (self);
}

/* Returns: (transfer full): the stream's timeline; it must not be stopped */
GstDvrTimeline *
gst_dvr_rtmp_pull_get_timeline (GstDvrRtmpPull * self)
{
  return gst_dvr_timeline_ref (gst_dvr_store_reader_get_timeline
      (self->reader));
}

void
gst_dvr_rtmp_pull_fetch (GstDvrRtmpPull * self, GstDvrSegment * segment,
    GstDvrPriority priority)
{
  gboolean stopped;

  if (priority == GST_DVR_PRIORITY_VIEWER)
    gst_dvr_rtmp_tell_viewer (self->tell, g_get_monotonic_time ());
  g_mutex_lock (&self->lock);
  stopped = self->reader == NULL;
  if (!stopped)
    gst_dvr_store_reader_fetch (self->reader, segment);
  g_mutex_unlock (&self->lock);
  if (stopped)
    gst_dvr_segment_fail (segment, 503, "the stream was let go");
}

/* Somebody asks for the stream: no more waiting to connect again. */
void
gst_dvr_rtmp_pull_poke (GstDvrRtmpPull * self)
{
  g_mutex_lock (&self->lock);
  self->poked = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Connects to the new locations. */
void
gst_dvr_rtmp_pull_configure (GstDvrRtmpPull * self,
    GstDvrUpstreamConfig * config)
{
  g_mutex_lock (&self->lock);
  gst_dvr_upstream_config_unref (self->config);
  self->config = gst_dvr_upstream_config_ref (config);
  self->moved = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  gst_dvr_rtmp_play_wake (self->play);
}

/* The stream is let go: its timeline fails with 410. May be said twice. */
void
gst_dvr_rtmp_pull_stop (GstDvrRtmpPull * self)
{
  GstDvrStoreReader *reader;

  g_mutex_lock (&self->lock);
  reader = g_steal_pointer (&self->reader);
  g_mutex_unlock (&self->lock);
  /* before its files go */
  if (reader) {
    GstDvrTimeline *timeline =
        gst_dvr_timeline_ref (gst_dvr_store_reader_get_timeline (reader));

    gst_dvr_store_reader_free (reader);
    gst_dvr_timeline_set_state (timeline, GST_DVR_TIMELINE_FAILED, 410);
    gst_dvr_timeline_unref (timeline);
  }
  g_mutex_lock (&self->lock);
  self->stopped = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  gst_dvr_rtmp_play_interrupt (self->play);
}

/* Whether joining it would not take time. */
gboolean
gst_dvr_rtmp_pull_is_done (GstDvrRtmpPull * self)
{
  return self->thread == NULL || atomic_load (&self->done);
}

void
gst_dvr_rtmp_pull_get_stats (GstDvrRtmpPull * self, GstDvrRtmpPullStats * stats)
{
  stats->bytes = gst_dvr_rtmp_play_get_bytes (self->play);
  stats->connections = atomic_load (&self->connections);
  stats->failures = atomic_load (&self->failures);
}
