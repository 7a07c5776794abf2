/* gstdvrhttpfollow.c: following a stream's playlist
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One reload is under way at a time, or a timer runs until the next one, or
 * nothing does: then the stream has ended or is not there, and the next who
 * asks for it starts it again. Where upstream can block reloads (RFC 8216bis section
 * 6.2.5.2) the next one is sent at once, and asks for a delta update where it
 * can; where not, reloads are spaced as section 6.3.4 says. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrhttpupstream.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

/* A blocked reload may be held back this many target durations. */
#define PATIENCE 3
/* Cut off from upstream for this many, the live edge is given up. */
#define GIVE_UP 3
/* "There is no such stream" is not asked again sooner. */
#define NEGATIVE_HOLD G_USEC_PER_SEC
/* An upstream that answers at once without news is asked this often at most. */
#define MIN_INTERVAL (100 * GST_MSECOND)
#define MAX_URI 8192
/* How long one path that is too long is not passed on. */
#define PATH_HOLD (10 * G_USEC_PER_SEC)

static void reload (gpointer user_data);
static void on_lost (GstDvrHttpFollow * self, GstDvrHttpOutcome outcome,
    guint status, const gchar * reason);

static void
schedule (GstDvrHttpFollow * self, GstClockTime delay)
{
  GstDvrHttpClient *client = self->upstream->client;

  gst_dvr_http_client_remove_timer (client, &self->timer);
  self->timer = gst_dvr_http_client_add_timer (client, delay, reload, self);
}

GstDvrHttpFollow *
gst_dvr_http_follow_new (GstDvrHttpUpstream * upstream, const gchar * local,
    const gchar * remote, GstDvrTimeline * timeline)
{
  GstDvrHttpFollow *self = g_new0 (GstDvrHttpFollow, 1);

  self->ref_count = 1;
  self->upstream = upstream;
  self->local = g_strdup (local);
  self->remote = g_strdup (remote);
  self->timeline = gst_dvr_timeline_ref (timeline);
  self->body = g_byte_array_new ();
  self->probed = g_byte_array_new ();
  gst_dvr_http_list_init (self);
  return self;
}

GstDvrHttpFollow *
gst_dvr_http_follow_ref (GstDvrHttpFollow * self)
{
  self->ref_count++;

  return self;
}

void
gst_dvr_http_follow_unref (GstDvrHttpFollow * self)
{
  if (--self->ref_count > 0)
    return;
  gst_dvr_http_list_clear (self);
  gst_dvr_http_join_forget (self);
  g_byte_array_unref (self->body);
  g_byte_array_unref (self->probed);
  g_clear_pointer (&self->playlist, gst_dvr_playlist_free);
  gst_dvr_timeline_unref (self->timeline);
  g_free (self->variant);
  g_free (self->etag);
  g_free (self->uri);
  g_free (self->local);
  g_free (self->remote);
  g_free (self);
}

/**
 * gst_dvr_http_follow_end:
 * @self: a stream that is let go
 *
 * Fetches under way go on to their end.
 */
void
gst_dvr_http_follow_end (GstDvrHttpFollow * self)
{
  self->gone = TRUE;
  gst_dvr_http_client_remove_timer (self->upstream->client, &self->timer);
  gst_dvr_http_watch_end (self);
  gst_dvr_http_tell_end (self);
  gst_dvr_http_join_cancel (self);
  if (self->transfer)
    gst_dvr_http_transfer_cancel (g_steal_pointer (&self->transfer));
  gst_dvr_http_wanted_fail (self, 503, "the stream was let go");
  gst_dvr_http_live_fail (self, 503, "the stream was let go");
}

/**
 * gst_dvr_http_follow_move:
 * @self: a stream whose upstream's locations changed
 *
 * Looks at the location in use now, at once.
 */
void
gst_dvr_http_follow_move (GstDvrHttpFollow * self)
{
  gst_dvr_http_watch_end (self);
  gst_dvr_http_join_cancel (self);
  if (self->transfer)
    gst_dvr_http_transfer_cancel (g_steal_pointer (&self->transfer));
  gst_dvr_http_live_forget_hints (self);
  self->location = GST_DVR_HTTP_NOWHERE;
  self->failures = 0;
  schedule (self, 0);
}

/**
 * gst_dvr_http_follow_leave:
 * @self: a stream whose upstream turned to another location
 *
 * A reload that the one before holds back may never be answered: it is sent
 * there anew.
 */
void
gst_dvr_http_follow_leave (GstDvrHttpFollow * self)
{
  if (self->location == self->upstream->current)
    return;
  gst_dvr_http_live_forget_hints (self);
  if (self->transfer == NULL || !self->blocking)
    return;
  gst_dvr_http_watch_stop (self);
  gst_dvr_http_transfer_cancel (g_steal_pointer (&self->transfer));
  schedule (self, 0);
}

/**
 * gst_dvr_http_follow_lost:
 * @self: a stream whose reload got no answer
 * @outcome: how
 * @reason: in words
 */
void
gst_dvr_http_follow_lost (GstDvrHttpFollow * self, GstDvrHttpOutcome outcome,
    const gchar * reason)
{
  if (self->transfer)
    gst_dvr_http_transfer_cancel (g_steal_pointer (&self->transfer));
  gst_dvr_http_upstream_failed (self->upstream, self->location, outcome,
      reason, self->local);
  on_lost (self, outcome, gst_dvr_http_get_status (outcome, 0), reason);
}

/* Upstream answers again: who waits to ask does not wait any more. */
void
gst_dvr_http_follow_wake (GstDvrHttpFollow * self)
{
  if (self->timer && self->transfer == NULL && self->lost_at > 0)
    schedule (self, 0);
}

static gboolean
is_watched (GstDvrHttpFollow * self)
{
  return gst_dvr_timeline_is_used (self->timeline, NULL);
}

static void
set_failed (GstDvrHttpFollow * self, guint status, const gchar * reason)
{
  GST_DEBUG ("%s: %u %s", self->local, status, reason);
  gst_dvr_http_wanted_fail (self, status, reason);
  gst_dvr_timeline_set_state (self->timeline, GST_DVR_TIMELINE_FAILED, status);
}

/* Asks again after a pause if anybody is there to know. */
static void
retry_later (GstDvrHttpFollow * self, GstDvrHttpOutcome outcome)
{
  GstDvrHttpUpstream *upstream = self->upstream;
  GstClockTime pause = 0;

  self->failures++;
  /* the next location is asked at once, but once round only */
  if (self->location == upstream->current
      || self->failures >= g_strv_length (upstream->config->locations))
    pause = gst_dvr_http_upstream_get_pause (upstream, self->failures,
        is_watched (self) ? outcome : GST_DVR_HTTP_DONE);
  schedule (self, pause);
}

static void
on_lost (GstDvrHttpFollow * self, GstDvrHttpOutcome outcome, guint status,
    const gchar * reason)
{
  gint64 now = g_get_monotonic_time ();
  GstDvrTimelineInfo info;
  guint n = g_strv_length (self->upstream->config->locations);

  if (self->lost_at == 0)
    self->lost_at = now;
  self->full = TRUE;
  gst_dvr_http_live_forget_hints (self);
  retry_later (self, outcome);
  if (self->failures < n)
    return;
  if (!self->known) {
    set_failed (self, status, reason);
    return;
  }
  gst_dvr_timeline_get_info (self->timeline, &info);
  gst_dvr_timeline_set_stale (self->timeline, TRUE);
  if (now - self->lost_at > (gint64) (GIVE_UP * info.target_duration /
          GST_USECOND))
    gst_dvr_http_live_fail (self, 504, "upstream is lost");
}

/* The stream is not there (any more). */
static void
on_absent (GstDvrHttpFollow * self, guint status)
{
  gst_dvr_http_live_fail (self, status, "the stream is gone");
  set_failed (self, status, "upstream has no such stream");
  self->failures++;
  if (is_watched (self))
    schedule (self, MAX (gst_dvr_http_upstream_get_delay (self->upstream,
                self->failures), GST_SECOND));
}

static void
refuse_list (GstDvrHttpFollow * self, const gchar * tag)
{
  g_autofree gchar *text =
      g_strdup_printf ("%s: %s is not supported; fragmented"
      " MP4, not encrypted, audio and video in one playlist, is needed",
      GST_DVR_HTTP_SHOW (self->uri), tag);

  gst_dvr_http_upstream_status (self->upstream,
      "NetStream.Play.FileStructureInvalid", "error", text, self->local);
  set_failed (self, 501, text);
  self->failures++;
  if (is_watched (self))
    schedule (self, self->upstream->config->max_retry_delay);
}

static void
take_variant (GstDvrHttpFollow * self, const GstDvrPlaylist * playlist)
{
  const gchar *tag;

  if (!gst_dvr_http_follow_choose_variant (self, playlist, &tag)) {
    refuse_list (self, tag);
    return;
  }
  g_clear_pointer (&self->etag, g_free);
  schedule (self, 0);
}

/* How long to wait before the list is asked for again, where upstream does not
 * hold its answer back (RFC 8216bis section 6.3.4). Our own recordings' lists
 * change once per segment, which may be far below the target duration. */
static GstClockTime
get_pause (GstDvrHttpFollow * self, gboolean changed)
{
  const GstDvrPlaylist *playlist = self->playlist;
  GstClockTime pause = MAX (playlist->header.target_duration, GST_SECOND);
  GstClockTime spent = (GstClockTime) (g_get_monotonic_time () -
      self->asked_at) * GST_USECOND;

  if (playlist->header.dvr_version > 0) {
    guint n = playlist->segments->len;
    GstClockTime last = n > 0 ?
        gst_dvr_playlist_get_segment (playlist, n - 1)->duration : 0;

    pause = CLAMP (last / 2, GST_SECOND / 2, pause / 2);
  } else if (!changed) {
    pause /= 2;
  }

  return pause > spent ? pause - spent : MIN_INTERVAL;
}

static void
schedule_next (GstDvrHttpFollow * self, gboolean changed)
{
  const GstDvrPlaylistHeader *header = &self->playlist->header;

  if (self->playlist->ended) {
    /* it may be resumed, which is urgent only for those who watch; but who
     * begins to watch does not tell */
    self->failures++;
    schedule (self, MAX (gst_dvr_http_upstream_get_delay (self->upstream,
                self->failures), is_watched (self) ? 0 : GST_SECOND));
    return;
  }
  if (!header->can_block_reload)
    schedule (self, get_pause (self, changed));
  else if (changed || !self->blocking)
    schedule (self, 0);
  else
    schedule (self, MAX (header->part_target, MIN_INTERVAL));
}

/* Upstream said what there is. */
static void
settle (GstDvrHttpFollow * self, gboolean changed)
{
  self->full = FALSE;
  self->lost_at = 0;
  self->listed_at = self->asked_at;
  if (!self->playlist->ended)
    self->failures = 0;
  gst_dvr_timeline_set_stale (self->timeline, FALSE);
  gst_dvr_http_watch_listed (self, changed);
  gst_dvr_http_tell_listed (self);
  schedule_next (self, changed);
}

/* The first list of a location. Returns: whether it is of another recording,
 * and taken */
static gboolean
take_first (GstDvrHttpFollow * self, GstDvrPlaylist * playlist)
{
  guint discontinuity;
  guint64 shift;

  if (!self->moved || !self->known || playlist->skipped > 0)
    return FALSE;
  if (self->join || gst_dvr_http_join_check (self, self->location,
          playlist, &shift, &discontinuity) == GST_DVR_HTTP_JOIN_OTHER) {
    gst_dvr_http_join_take (self, playlist);
    return TRUE;
  }
  gst_dvr_http_list_set_shift (self, shift, discontinuity);

  return FALSE;
}

/* A location that has nothing yet does not tell whose it is. */
static void
take_nothing (GstDvrHttpFollow * self, GstDvrPlaylist * playlist)
{
  GstClockTime pause = CLAMP (playlist->header.target_duration / 2,
      MIN_INTERVAL, GST_SECOND);

  g_clear_pointer (&self->playlist, gst_dvr_playlist_free);
  self->playlist = playlist;
  settle (self, FALSE);
  self->full = TRUE;
  gst_dvr_http_follow_again (self, pause);
}

static void
take_list (GstDvrHttpFollow * self, GstDvrPlaylist * playlist)
{
  const gchar *tag = NULL;
  GstDvrHttpListResult result;

  if (self->moved && self->known && playlist->segments->len == 0
      && playlist->skipped == 0 && playlist->open.n_parts == 0) {
    take_nothing (self, playlist);
    return;
  }
  if (take_first (self, playlist))
    return;
  self->moved = FALSE;
  if (playlist->skipped > 0 && (self->playlist == NULL
          || !gst_dvr_playlist_inherit (playlist, self->playlist)))
    result = GST_DVR_HTTP_LIST_NEED_FULL;
  else
    result = gst_dvr_http_list_apply (self, playlist, &tag);
  if (result == GST_DVR_HTTP_LIST_NEED_FULL) {
    gst_dvr_playlist_free (playlist);
    g_clear_pointer (&self->etag, g_free);
    self->full = TRUE;
    schedule (self, self->blocking ? 0 : MIN_INTERVAL);
    return;
  }
  if (result == GST_DVR_HTTP_LIST_REFUSED) {
    gst_dvr_playlist_free (playlist);
    g_clear_pointer (&self->etag, g_free);
    refuse_list (self, tag);
    return;
  }
  g_clear_pointer (&self->playlist, gst_dvr_playlist_free);
  self->playlist = playlist;
  self->known = TRUE;
  settle (self, result == GST_DVR_HTTP_LIST_OK);
  gst_dvr_http_wanted_answer (self);
  gst_dvr_http_live_update (self);
}

/**
 * gst_dvr_http_follow_again:
 * @self: a stream
 * @delay: how long its last list is of use, nanoseconds
 */
void
gst_dvr_http_follow_again (GstDvrHttpFollow * self, GstClockTime delay)
{
  g_clear_pointer (&self->etag, g_free);
  schedule (self, delay);
}

/**
 * gst_dvr_http_follow_await:
 * @self: a stream whose location can hold answers back
 * @number: upstream's number of a segment
 * @parts: whether it lists parts
 * @part: a part of that
 *
 * The list is asked for again, to be answered when that is in it.
 */
void
gst_dvr_http_follow_await (GstDvrHttpFollow * self, guint64 number,
    gboolean parts, guint part)
{
  self->awaits = TRUE;
  self->awaited = number;
  self->awaited_part = parts ? (gint) part : -1;
  gst_dvr_http_follow_again (self, 0);
}

/**
 * gst_dvr_http_follow_joined:
 * @self: a stream that goes on with another recording
 * @playlist: (transfer full): the list that it goes on with
 */
void
gst_dvr_http_follow_joined (GstDvrHttpFollow * self, GstDvrPlaylist * playlist)
{
  self->moved = FALSE;
  take_list (self, playlist);
}

static void
on_list (GstDvrHttpFollow * self)
{
  GError *error = NULL;
  GstDvrPlaylist *playlist;

  playlist = gst_dvr_playlist_parse ((const gchar *) self->body->data,
      self->body->len, &error);
  if (playlist == NULL) {
    g_autofree gchar *text = g_strdup_printf ("%s: %s",
        GST_DVR_HTTP_SHOW (self->uri), error->message);

    if (self->failures == 0)
      gst_dvr_http_upstream_status (self->upstream,
          "NetStream.Play.FileStructureInvalid", "warning", text, self->local);
    g_clear_pointer (&self->etag, g_free);
    on_lost (self, GST_DVR_HTTP_DONE, 502, text);
    g_clear_error (&error);
  } else if (playlist->kind == GST_DVR_PLAYLIST_MULTIVARIANT) {
    take_variant (self, playlist);
    gst_dvr_playlist_free (playlist);
  } else {
    take_list (self, playlist);
  }
}

static gboolean
on_data (const guint8 * data, gsize size, gpointer user_data)
{
  GstDvrHttpFollow *self = user_data;

  g_byte_array_append (self->body, data, size);

  return TRUE;
}

/* One who asks came through too many caches, or says so, but that is no circle:
 * all others are not to suffer. Returns: whether it is asked without a path */
static gboolean
leave_path_out (GstDvrHttpFollow * self, const GstDvrHttpHead * head)
{
  if (head->status != 508 || head->loop || !self->on_behalf)
    return FALSE;
  self->silent_until = g_get_monotonic_time () + PATH_HOLD;
  schedule (self, 0);

  return TRUE;
}

/* An answer other than a playlist. */
static void
on_refused (GstDvrHttpFollow * self, guint status)
{
  g_autofree gchar *text = g_strdup_printf ("upstream answers %u%s", status,
      status == 508 ? ": locations lead in a circle (CDN-Loop)" : "");
  g_autofree gchar *one =
      gst_dvr_upstream_get_one_name (self->upstream->config->locations
      [self->location]);

  if (status == 404 && !self->plain && !one && !self->variant && !self->uri) {
    self->plain = TRUE;
    schedule (self, 0);
  } else if (status == 404 || status == 410) {
    on_absent (self, status);
  } else if (status < 500 && status != 429 && self->blocking) {
    /* it lags behind what we ask for: ask what it has */
    self->full = TRUE;
    self->blocking = FALSE;
    schedule (self, MAX (self->playlist->header.part_target, MIN_INTERVAL));
  } else {
    if (status >= 500)
      gst_dvr_http_upstream_failed (self->upstream, self->location,
          GST_DVR_HTTP_BROKEN, text, self->local);
    on_lost (self, GST_DVR_HTTP_DONE,
        gst_dvr_http_get_status (GST_DVR_HTTP_DONE, status), text);
  }
}

static void
on_done (GstDvrHttpOutcome outcome, const GstDvrHttpHead * head,
    const gchar * reason, gpointer user_data)
{
  GstDvrHttpFollow *self = user_data;

  self->transfer = NULL;
  gst_dvr_http_watch_stop (self);
  if (outcome != GST_DVR_HTTP_DONE) {
    if (outcome != GST_DVR_HTTP_REFUSED) {
      gst_dvr_http_follow_lost (self, outcome, reason);
      return;
    }
    gst_dvr_http_upstream_status (self->upstream,
        "NetConnection.Connect.Failed", "warning", reason, self->local);
    on_lost (self, GST_DVR_HTTP_DONE, gst_dvr_http_get_status (outcome, 0),
        reason);
    return;
  }
  if (head->status == 304 && self->etag && !self->blocking) {
    gst_dvr_http_upstream_succeeded (self->upstream, self->location);
    settle (self, FALSE);
    return;
  }
  if (head->status != 200) {
    if (head->status < 500)
      gst_dvr_http_upstream_succeeded (self->upstream, self->location);
    if (!leave_path_out (self, head))
      on_refused (self, head->status);
    return;
  }
  gst_dvr_http_upstream_succeeded (self->upstream, self->location);
  if (!self->blocking)
    gst_dvr_http_upstream_timed (self->upstream, self->location,
        head->round_trip);
  g_free (self->etag);
  self->etag = self->blocking ? NULL : g_strdup (head->etag);
  g_free (self->uri);
  self->uri = g_strndup (head->uri, strcspn (head->uri, "?"));
  if (strlen (self->uri) > MAX_URI)
    on_lost (self, GST_DVR_HTTP_DONE, 502, "the playlist's URI is too long");
  else
    on_list (self);
}

/* Another location is in use than the one asked last: its list is read as a
 * whole. */
static void
take_location (GstDvrHttpFollow * self)
{
  if (self->location == self->upstream->current)
    return;
  self->location = self->upstream->current;
  self->full = self->moved = TRUE;
  self->plain = FALSE;
  gst_dvr_http_join_cancel (self);
  self->awaits = FALSE;
  g_clear_pointer (&self->variant, g_free);
  g_clear_pointer (&self->uri, g_free);
  g_clear_pointer (&self->etag, g_free);
}

static void
reload (gpointer user_data)
{
  static const GstDvrHttpFuncs funcs = {.data = on_data,.done = on_done };
  GstDvrHttpFollow *self = user_data;
  GstDvrHttpUpstream *upstream = self->upstream;
  GstDvrHttpRequest request;
  g_autofree gchar *uri = NULL;
  g_autofree gchar *path = NULL;
  g_auto (GStrv) told = NULL;

  self->timer = 0;
  if (self->transfer || self->gone)
    return;
  take_location (self);
  uri = gst_dvr_http_follow_get_list_uri (self);
  path = gst_dvr_http_follow_dup_path (self);
  self->on_behalf = path != NULL;
  self->blocking = self->awaits || (self->known && !self->full
      && self->playlist->header.can_block_reload && !self->playlist->ended);
  if (self->blocking) {
    gchar *plain = uri;

    uri = gst_dvr_http_follow_add_directives (self, plain);
    g_free (plain);
  }
  request = gst_dvr_http_list_request (uri, path);
  if (self->blocking) {
    request.lane = GST_DVR_HTTP_WAIT;
    request.patience = PATIENCE * self->playlist->header.target_duration;
    self->awaits = FALSE;
  } else if (self->known) {
    request.if_none_match = self->etag;
  }
  request.headers = told = gst_dvr_http_tell_get_headers (self, "m");
  g_byte_array_set_size (self->body, 0);
  self->asked_at = g_get_monotonic_time ();
  self->transfer = gst_dvr_http_client_start (upstream->client, &request,
      &funcs, self);
  gst_dvr_http_watch_begin (self);
}

void
gst_dvr_http_follow_start (GstDvrHttpFollow * self)
{
  reload (self);
}

/**
 * gst_dvr_http_follow_poke:
 * @self: a stream
 *
 * Somebody asks for it: if it has ended, is lost or was not there, it is looked
 * at again, unless that was just now.
 */
void
gst_dvr_http_follow_poke (GstDvrHttpFollow * self)
{
  gint64 hold = MAX (NEGATIVE_HOLD,
      (gint64) (self->upstream->config->retry_delay / GST_USECOND));

  if (self->transfer || g_get_monotonic_time () < self->asked_at + hold)
    return;
  schedule (self, 0);
}
