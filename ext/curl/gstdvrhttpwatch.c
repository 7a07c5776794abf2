/* gstdvrhttpwatch.c: whether upstream is alive, and whether another is better
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A location that holds its answer back may be right to, or dead: when a part is
 * due and does not come, another question tells, so that silence is known for
 * what it is `timeout` after the part was due. A location that answers but has
 * nothing new while it should (`idle-timeout`) is left, but only for one that is
 * ahead. And while a backup is in use, the first location is tried now and
 * then; it is returned to when it answers and is not behind. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrhttpupstream.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* A part is called late that long after it was due. */
#define SLACK (250 * GST_MSECOND)

static void arm (GstDvrHttpFollow * self, GstClockTime delay);
static void look_elsewhere (gpointer user_data);

static gboolean
ignore_data (const guint8 * data, gsize size, gpointer user_data)
{
  return TRUE;
}

static void
on_sign_done (GstDvrHttpOutcome outcome, const GstDvrHttpHead * head,
    const gchar * reason, gpointer user_data)
{
  GstDvrHttpFollow *self = user_data;

  self->sign = NULL;
  if (outcome == GST_DVR_HTTP_DONE || self->transfer == NULL)
    arm (self, self->upstream->config->http->timeout);
  else
    gst_dvr_http_follow_lost (self, outcome, reason);
}

static GstClockTime
get_slack (GstDvrHttpFollow * self)
{
  return MIN (SLACK, self->upstream->config->http->timeout / 4);
}

/* A part is overdue. */
static void
ask_for_sign (gpointer user_data)
{
  static const GstDvrHttpFuncs funcs = {.data = ignore_data,.done = on_sign_done
  };
  GstDvrHttpFollow *self = user_data;
  GstDvrHttpRequest request;
  g_autofree gchar *uri = NULL;
  g_autofree gchar *path = NULL;

  self->watchdog = 0;
  if (self->transfer == NULL || self->sign)
    return;
  uri = gst_dvr_http_follow_get_list_uri (self);
  path = gst_dvr_http_follow_dup_path (self);
  request = gst_dvr_http_list_request (uri, path);
  request.no_body = TRUE;
  request.timeout = self->upstream->config->http->timeout - get_slack (self);
  self->sign = gst_dvr_http_client_start (self->upstream->client, &request,
      &funcs, self);
}

static void
arm (GstDvrHttpFollow * self, GstClockTime delay)
{
  if (self->transfer == NULL || !self->blocking)
    return;
  gst_dvr_http_client_remove_timer (self->upstream->client, &self->watchdog);
  self->watchdog = gst_dvr_http_client_add_timer (self->upstream->client,
      delay, ask_for_sign, self);
}

/* How a list compares with what is known: below 0 it is behind, above 0 it is
 * ahead. */
static gint
compare (GstDvrHttpFollow * self, const GstDvrPlaylist * playlist)
{
  guint64 end = playlist->header.media_sequence + playlist->skipped +
      playlist->segments->len;
  guint n_parts = playlist->has_open ? playlist->open.n_parts : 0;
  GstDvrTimelineInfo info;
  guint discontinuity;
  guint64 shift;

  if (gst_dvr_http_join_check (self, self->probe_location, playlist, &shift,
          &discontinuity) == GST_DVR_HTTP_JOIN_OTHER)
    return gst_dvr_http_join_compare (self, playlist);
  end += shift;
  gst_dvr_timeline_get_info (self->timeline, &info);
  if (end != info.next)
    return end < info.next ? -1 : 1;

  return (gint) n_parts - (gint) info.n_parts;
}

/* The next location, once round; then there is a pause. */
static void
go_on_looking (GstDvrHttpFollow * self)
{
  GstDvrHttpUpstream *upstream = self->upstream;

  if (self->looked < g_strv_length (upstream->config->locations))
    self->idle = gst_dvr_http_client_add_timer (upstream->client, 0,
        look_elsewhere, self);
  else
    gst_dvr_http_watch_listed (self, TRUE);
}

static gboolean
on_probe_data (const guint8 * data, gsize size, gpointer user_data)
{
  GstDvrHttpFollow *self = user_data;

  g_byte_array_append (self->probed, data, size);

  return TRUE;
}

static void
on_probe_done (GstDvrHttpOutcome outcome, const GstDvrHttpHead * head,
    const gchar * reason, gpointer user_data)
{
  GstDvrHttpFollow *self = user_data;
  GstDvrPlaylist *playlist = NULL;
  gint order = -1;

  self->probe = NULL;
  if (outcome == GST_DVR_HTTP_DONE && head->status == 200)
    playlist = gst_dvr_playlist_parse ((const gchar *) self->probed->data,
        self->probed->len, NULL);
  /* a multivariant list does not say what there is */
  if (playlist)
    order = playlist->kind == GST_DVR_PLAYLIST_MULTIVARIANT ? 0 :
        compare (self, playlist);
  g_clear_pointer (&playlist, gst_dvr_playlist_free);

  if (self->looked == 0 && order >= 0)
    gst_dvr_http_upstream_return (self->upstream);
  else if (self->looked > 0 && order > 0)
    gst_dvr_http_upstream_turn (self->upstream, self->probe_location,
        "Upstream has nothing new, another location has.", self->local);
  else if (self->looked > 0)
    go_on_looking (self);
}

static void
start_probe (GstDvrHttpFollow * self, guint location)
{
  static const GstDvrHttpFuncs funcs = {.data = on_probe_data,.done =
        on_probe_done
  };
  g_autofree gchar *uri = gst_dvr_http_follow_get_uri (self, location);
  g_autofree gchar *path = gst_dvr_http_follow_dup_path (self);
  GstDvrHttpRequest request = gst_dvr_http_list_request (uri, path);

  if (self->probe)
    gst_dvr_http_transfer_cancel (g_steal_pointer (&self->probe));
  g_byte_array_set_size (self->probed, 0);
  self->probe_location = location;
  self->probe = gst_dvr_http_client_start (self->upstream->client, &request,
      &funcs, self);
}

/* The list has not grown for too long. */
static void
look_elsewhere (gpointer user_data)
{
  GstDvrHttpFollow *self = user_data;
  GstDvrHttpUpstream *upstream = self->upstream;
  guint n = g_strv_length (upstream->config->locations);

  self->idle = 0;
  self->looked++;
  if (self->looked < n)
    start_probe (self, (upstream->current + self->looked) % n);
  else
    go_on_looking (self);
}

/**
 * gst_dvr_http_watch_listed:
 * @self: a stream of which a list came
 * @grown: whether anything was new
 *
 * Counts from here until the stream is idle.
 */
void
gst_dvr_http_watch_listed (GstDvrHttpFollow * self, gboolean grown)
{
  const GstDvrUpstreamConfig *config = self->upstream->config;
  const GstDvrPlaylistHeader *header = &self->playlist->header;
  gboolean watched = !self->playlist->ended && config->idle_timeout > 0
      && g_strv_length (config->locations) > 1;
  GstClockTime due;

  if (watched && !grown && (self->idle || self->looked > 0))
    return;
  gst_dvr_http_client_remove_timer (self->upstream->client, &self->idle);
  self->looked = 0;
  if (!watched)
    return;
  due = header->can_block_reload && header->part_target > 0 ?
      header->part_target : header->target_duration;
  self->idle = gst_dvr_http_client_add_timer (self->upstream->client,
      due + config->idle_timeout, look_elsewhere, self);
}

/**
 * gst_dvr_http_watch_begin:
 * @self: a stream whose reload was sent
 */
void
gst_dvr_http_watch_begin (GstDvrHttpFollow * self)
{
  GstDvrHttpUpstream *upstream = self->upstream;
  const GstDvrUpstreamConfig *config = upstream->config;
  gint64 pause = (gint64) (config->max_retry_delay / GST_USECOND);

  if (self->blocking)
    arm (self, self->playlist->header.part_target + get_slack (self));
  if (upstream->current == 0 || !config->failback || self->probe
      || self->asked_at < upstream->probed_at + pause)
    return;
  upstream->probed_at = self->asked_at;
  start_probe (self, 0);
}

/**
 * gst_dvr_http_watch_stop:
 * @self: a stream whose reload came to its end
 */
void
gst_dvr_http_watch_stop (GstDvrHttpFollow * self)
{
  gst_dvr_http_client_remove_timer (self->upstream->client, &self->watchdog);
  if (self->sign)
    gst_dvr_http_transfer_cancel (g_steal_pointer (&self->sign));
}

/**
 * gst_dvr_http_watch_end:
 * @self: a stream that is let go, or that moves
 */
void
gst_dvr_http_watch_end (GstDvrHttpFollow * self)
{
  gst_dvr_http_watch_stop (self);
  gst_dvr_http_client_remove_timer (self->upstream->client, &self->idle);
  self->looked = 0;
  if (self->probe)
    gst_dvr_http_transfer_cancel (g_steal_pointer (&self->probe));
}
