/* dvrserver.c: what all protocols of one server share
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvrdebug.h"
#include "dvrmedia.h"
#include "dvrserver.h"

/* What is derived takes so much, unless it counts in a cache's budget. */
#define MAX_DERIVED (G_GUINT64_CONSTANT (64) << 20)

GstDebugCategory *
dvr_get_debug_category (void)
{
  static gsize category = 0;

  if (g_once_init_enter (&category))
    g_once_init_leave (&category, (gsize) _gst_debug_category_new ("dvrserver",
            0, "DVR server"));
  return (GstDebugCategory *) category;
}

static void
derived_grown (GstDvrAccount * account, gpointer user_data)
{
  guint64 bytes = gst_dvr_account_get_bytes (account);

  if (bytes > MAX_DERIVED)
    gst_dvr_account_reclaim (account, bytes - MAX_DERIVED);
}

static void
tick (gpointer user_data)
{
  DvrServer *self = user_data;
  gint64 now = g_get_monotonic_time ();

  dvr_media_table_sweep (self->media, now);
  dvr_streams_sweep (self->streams, now);
  dvr_authorizer_sweep (self->authorizer, now);
  dvr_admissions_sweep (self->admissions, now);
}

static void
stream_gone (DvrStream * stream, gpointer user_data)
{
  DvrServer *self = user_data;

  dvr_media_table_remove_stream (self->media, stream);
}

/**
 * dvr_server_new:
 * @element: whose server it is
 * @branches: where to ask; they outlive dvr_server_close()
 *
 * Returns: (transfer full): a server with default settings and no protocol yet
 */
DvrServer *
dvr_server_new (GstElement * element, DvrBranches * branches)
{
  DvrServer *self = g_new0 (DvrServer, 1);

  self->refs = 1;
  self->element = element;
  self->branches = branches;
  g_mutex_init (&self->keys_lock);
  self->media = dvr_media_table_new ();
  self->derived = gst_dvr_account_new (derived_grown, NULL, NULL);
  self->authorizer = dvr_authorizer_new ();
  self->admissions = dvr_admissions_new (self->authorizer);
  self->waker = dvr_waker_new (tick, self);
  self->streams = dvr_streams_new (branches, self->waker, stream_gone, self);
  /* only now: its tick looks at all of the above */
  dvr_waker_start (self->waker);
  return self;
}

/**
 * dvr_server_close:
 * @self: a server whose protocols have been stopped
 *
 * Lets all streams and media go. The server itself lives on until the last
 * piece of media has been let go by whoever looks at it just now.
 */
void
dvr_server_close (DvrServer * self)
{
  dvr_streams_drop_all (self->streams);
  dvr_media_table_clear (self->media);
  g_clear_pointer (&self->waker, dvr_waker_free);
  self->element = NULL;
}

/**
 * dvr_server_drop_pad:
 * @self: a server, closed or not
 * @pad: a pad that goes away
 *
 * Lets go the streams that came from @pad. Who waits for them asks anew.
 */
void
dvr_server_drop_pad (DvrServer * self, GstPad * pad)
{
  dvr_streams_drop_pad (self->streams, pad);
}

/* @keys: (transfer full) (nullable): %NULL: no token is needed */
void
dvr_server_set_keys (DvrServer * self, DvrTokenKeys * keys)
{
  DvrTokenKeys *old;

  g_mutex_lock (&self->keys_lock);
  old = self->keys;
  dvr_set (self->keys, keys);
  g_mutex_unlock (&self->keys_lock);
  g_clear_pointer (&old, dvr_token_keys_unref);
}

/**
 * dvr_server_check_token:
 * @self: a server
 * @token: (nullable): what was shown
 * @stream: what is to be played
 * @media: whether it is for media: it opens those for the window longer, so
 *   that what a playlist names can be fetched
 * @error: why not
 *
 * Returns: whether @stream may be played; always, where there are no keys
 */
gboolean
dvr_server_check_token (DvrServer * self, const gchar * token,
    const gchar * stream, gboolean media, GError ** error)
{
  guint64 window = dvr_get (self->window);
  gint64 grace = 0;
  DvrTokenKeys *keys;
  gboolean ok;

  if (!dvr_get (self->keys))
    return TRUE;
  g_mutex_lock (&self->keys_lock);
  keys = self->keys ? dvr_token_keys_ref (self->keys) : NULL;
  g_mutex_unlock (&self->keys_lock);
  if (!keys)
    return TRUE;
  if (media)
    grace = window > 0 ? (gint64) (window / GST_SECOND) : G_MAXINT64;
  ok = dvr_token_verify (keys, token, stream, DVR_TOKEN_PLAY,
      g_get_real_time () / G_USEC_PER_SEC, grace, error);
  dvr_token_keys_unref (keys);
  return ok;
}

/* Returns: lines that the access log had no room for */
guint64
dvr_server_get_log_lost (DvrServer * self)
{
  return self->log ? dvr_access_log_get_lost (self->log) : 0;
}

/* @self: (nullable): %NULL: nothing was served yet
 *
 * Returns: (transfer full): the counters, for people */
GstStructure *
dvr_server_get_stats (DvrServer * self)
{
  static const DvrServerStats none;
  GstStructure *s = dvr_server_stats_to_structure (self ? &self->stats : &none);

  gst_structure_set (s, "access-log-lost", G_TYPE_UINT64,
      self ? dvr_server_get_log_lost (self) : 0, NULL);
  return s;
}

DvrServer *
dvr_server_ref (DvrServer * self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
dvr_server_unref (DvrServer * self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  dvr_streams_free (self->streams);
  dvr_media_table_free (self->media);
  gst_dvr_account_unref (self->derived);
  g_clear_pointer (&self->keys, dvr_token_keys_unref);
  g_clear_pointer (&self->log, dvr_access_log_free);
  dvr_authorizer_free (self->authorizer);
  dvr_admissions_free (self->admissions);
  g_mutex_clear (&self->keys_lock);
  g_strfreev (self->trusted_proxies);
  g_free (self->cors_origin);
  g_free (self);
}
