/* dvrstreams.c: the streams that viewers have asked for
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream is used, in the sense of gst_dvr_timeline_use(), from the first
 * request on until nobody has asked for anything of it for a while. That a
 * name is unknown is remembered for a second, in a bounded table, so that
 * guessing names costs upstream little.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dvratomic.h"
#include "dvrrtmprendering.h"
#include "dvrstreams.h"

#define MAX_STREAMS 4096
#define MAX_UNKNOWN 4096
#define UNKNOWN_TIME G_USEC_PER_SEC
/* A paused player may reload its playlist rarely; upstream adds a linger of
 * its own. */
#define IDLE_TIME (60 * G_USEC_PER_SEC)

struct _DvrStreams
{
  DvrBranches *branches;
  DvrWaker *waker;
  DvrStreamFunc gone;
  gpointer user_data;

  GMutex lock;
  /* with the lock */
  GHashTable *streams;          /* name -> DvrStream */
  GHashTable *unknown;          /* name -> when it may be asked for again */
};

DvrStream *
dvr_stream_ref (DvrStream * stream)
{
  g_atomic_int_inc (&stream->refs);
  return stream;
}

void
dvr_stream_unref (DvrStream * stream)
{
  if (!g_atomic_int_dec_and_test (&stream->refs))
    return;
  gst_dvr_timeline_unuse (stream->timeline);
  dvr_wait_list_close (stream->changes);
  dvr_playlists_free (stream->playlists);
  dvr_formats_free (stream->formats);
  dvr_rtmp_renderings_free (stream->renderings);
  gst_dvr_timeline_unref (stream->timeline);
  gst_object_unref (stream->pad);
  g_free (stream->name);
  g_free (stream);
}

static DvrStream *
stream_new (DvrStreams * self, const gchar * name, GstDvrTimeline * timeline,
    GstPad * pad, guint branch)
{
  DvrStream *stream = g_new0 (DvrStream, 1);

  stream->refs = 1;
  stream->name = g_strdup (name);
  stream->timeline = gst_dvr_timeline_ref (timeline);
  gst_dvr_timeline_use (timeline);
  stream->changes = dvr_wait_list_new_timeline (self->waker, timeline);
  stream->playlists = dvr_playlists_new (timeline);
  stream->formats = dvr_formats_new ();
  stream->renderings = dvr_rtmp_renderings_new ();
  stream->pad = gst_object_ref (pad);
  stream->branch = branch;
  stream->last_used = g_get_monotonic_time ();
  return stream;
}

/**
 * dvr_streams_new:
 * @branches: where to ask
 * @waker: who wakes
 * @gone: called, with no lock held, for each stream that is let go
 * @user_data: for @gone
 */
DvrStreams *
dvr_streams_new (DvrBranches * branches, DvrWaker * waker, DvrStreamFunc gone,
    gpointer user_data)
{
  DvrStreams *self = g_new0 (DvrStreams, 1);

  self->branches = branches;
  self->waker = waker;
  self->gone = gone;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  self->streams = g_hash_table_new (g_str_hash, g_str_equal);
  self->unknown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      g_free);
  return self;
}

void
dvr_streams_free (DvrStreams * self)
{
  dvr_streams_drop_all (self);
  g_hash_table_unref (self->streams);
  g_hash_table_unref (self->unknown);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static DvrStream *
lookup (DvrStreams * self, const gchar * name, gint64 now, gboolean * unknown)
{
  DvrStream *stream;
  gint64 *until;

  g_mutex_lock (&self->lock);
  stream = g_hash_table_lookup (self->streams, name);
  if (stream)
    dvr_stream_ref (stream);
  until = stream ? NULL : g_hash_table_lookup (self->unknown, name);
  *unknown = until && *until > now;
  g_mutex_unlock (&self->lock);
  return stream;
}

static gboolean
is_over (gpointer name, gpointer until, gpointer now)
{
  return *(gint64 *) until <= *(gint64 *) now;
}

static void
remember_unknown (DvrStreams * self, const gchar * name, gint64 now)
{
  gint64 until = now + UNKNOWN_TIME;

  g_mutex_lock (&self->lock);
  if (g_hash_table_size (self->unknown) >= MAX_UNKNOWN)
    g_hash_table_foreach_remove (self->unknown, is_over, &now);
  if (g_hash_table_size (self->unknown) < MAX_UNKNOWN)
    g_hash_table_replace (self->unknown, g_strdup (name),
        g_memdup2 (&until, sizeof (until)));
  g_mutex_unlock (&self->lock);
}

/* Puts @stream into the table, in place of @old. Returns: (transfer full): what
 * is in the table now, or NULL if that is full. */
static DvrStream *
insert (DvrStreams * self, DvrStream * stream, DvrStream * old)
{
  DvrStream *present;
  gboolean replaced = FALSE;

  g_mutex_lock (&self->lock);
  present = g_hash_table_lookup (self->streams, stream->name);
  if (present && present == old) {
    g_hash_table_remove (self->streams, stream->name);
    replaced = TRUE;
    present = NULL;
  }
  if (present) {
    dvr_stream_ref (present);
  } else if (g_hash_table_size (self->streams) < MAX_STREAMS) {
    g_hash_table_insert (self->streams, stream->name, dvr_stream_ref (stream));
    present = dvr_stream_ref (stream);
  }
  g_mutex_unlock (&self->lock);

  if (replaced) {
    self->gone (old, self->user_data);
    dvr_wait_list_end (old->changes);
    dvr_stream_unref (old);
  }
  dvr_stream_unref (stream);
  return present;
}

/* A branch that offers anything may only learn later that there is no such
 * stream. */
static gboolean
has_failed (DvrStream * stream)
{
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (stream->timeline, &info);
  return info.state == GST_DVR_TIMELINE_FAILED
      && (info.status == 404 || info.status == 410);
}

static GstDvrAnswer
ask_timeline (DvrStreams * self, const gchar * name, const gchar * path,
    DvrStream * old, DvrStream ** stream)
{
  GstDvrRequest *request = gst_dvr_request_new_timeline (name);
  GstPad *pad = NULL;
  guint branch = old ? old->branch : 0;
  GstDvrAnswer answer;

  gst_dvr_request_set_path (request, path);
  answer = dvr_branches_ask (self->branches, request, &branch, &pad);
  if (answer == GST_DVR_ANSWER_OK) {
    *stream = insert (self, stream_new (self, name,
            gst_dvr_request_get_timeline (request), pad, branch), old);
    if (!*stream)
      answer = GST_DVR_ANSWER_NOT_STARTED;
    /* Where the pad went since it answered, who took it away has not seen this
     * stream. */
    if (!dvr_branches_has (self->branches, pad))
      dvr_streams_drop_pad (self, pad);
    gst_object_unref (pad);
  }
  gst_dvr_request_unref (request);
  return answer;
}

/**
 * dvr_streams_get:
 * @self: the streams
 * @name: a stream's name
 * @path: (nullable): on whose behalf it is asked, see
 *     gst_dvr_timeline_note_path()
 * @stream: (out) (transfer full): the stream, where the answer is OK
 *
 * Asks upstream where the stream is not known; never blocks. Its timeline may
 * still be pending.
 *
 * Returns: the answer
 */
GstDvrAnswer
dvr_streams_get (DvrStreams * self, const gchar * name, const gchar * path,
    DvrStream ** stream)
{
  gint64 now = g_get_monotonic_time ();
  GstDvrAnswer answer;
  gboolean unknown;

  *stream = lookup (self, name, now, &unknown);
  if (unknown)
    return GST_DVR_ANSWER_NOT_FOUND;

  if (*stream && has_failed (*stream)) {
    DvrStream *old = *stream, *next = NULL;

    /* While it goes on failing it is the last branch's answer that counts. */
    answer = ask_timeline (self, name, path, old, &next);
    if (answer == GST_DVR_ANSWER_OK) {
      dvr_stream_unref (old);
      *stream = next;
    }
  } else if (!*stream) {
    answer = ask_timeline (self, name, path, NULL, stream);
    if (answer == GST_DVR_ANSWER_NOT_FOUND || answer == GST_DVR_ANSWER_REMOVED)
      remember_unknown (self, name, now);
    if (answer != GST_DVR_ANSWER_OK)
      return answer;
  }

  if (path)
    gst_dvr_timeline_note_path ((*stream)->timeline, path);
  dvr_set ((*stream)->last_used, now);
  dvr_count ((*stream)->requests, 1);
  return GST_DVR_ANSWER_OK;
}

/**
 * dvr_streams_ask:
 * @self: the streams
 * @stream: a stream
 * @request: a request for something of it
 *
 * Returns: the answer of the branch that the timeline came from
 */
GstDvrAnswer
dvr_streams_ask (DvrStreams * self, DvrStream * stream, GstDvrRequest * request)
{
  GstDvrAnswer answer;

  answer = dvr_branches_ask_one (self->branches, request, stream->pad);
  return answer == GST_DVR_ANSWER_NONE ? GST_DVR_ANSWER_NOT_STARTED : answer;
}

/* Takes out the streams that @pad gave, or that were idle since @before. */
static void
drop_matching (DvrStreams * self, GstPad * pad, gint64 before)
{
  GPtrArray *dropped =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dvr_stream_unref);
  GHashTableIter iter;
  gpointer value;
  guint i;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->streams);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    DvrStream *stream = value;

    if (pad ? stream->pad != pad : dvr_get (stream->last_used) > before)
      continue;
    g_ptr_array_add (dropped, stream);
    g_hash_table_iter_remove (&iter);
  }
  g_mutex_unlock (&self->lock);

  for (i = 0; i < dropped->len; i++) {
    DvrStream *stream = g_ptr_array_index (dropped, i);

    self->gone (stream, self->user_data);
    dvr_wait_list_end (stream->changes);
  }
  g_ptr_array_unref (dropped);
}

/**
 * dvr_streams_sweep:
 * @self: the streams
 * @now: monotonic time
 *
 * Lets go what nobody asked for in a while, and what turned out not to exist.
 */
void
dvr_streams_sweep (DvrStreams * self, gint64 now)
{
  GPtrArray *streams = dvr_streams_list (self);
  guint i;

  for (i = 0; i < streams->len; i++) {
    DvrStream *stream = g_ptr_array_index (streams, i);

    /* Seen as idle below unless somebody asks again first. */
    if (has_failed (stream)
        && dvr_get (stream->last_used) < now - UNKNOWN_TIME)
      dvr_set (stream->last_used, now - IDLE_TIME);
    dvr_rtmp_renderings_sweep (stream->renderings, now);
  }
  g_ptr_array_unref (streams);
  drop_matching (self, NULL, now - IDLE_TIME);

  g_mutex_lock (&self->lock);
  g_hash_table_foreach_remove (self->unknown, is_over, &now);
  g_mutex_unlock (&self->lock);
}

void
dvr_streams_drop_pad (DvrStreams * self, GstPad * pad)
{
  drop_matching (self, pad, 0);
}

void
dvr_streams_drop_all (DvrStreams * self)
{
  drop_matching (self, NULL, G_MAXINT64);
}

/**
 * dvr_streams_list:
 * @self: the streams
 *
 * Returns: (transfer full) (element-type DvrStream): those in use
 */
GPtrArray *
dvr_streams_list (DvrStreams * self)
{
  GPtrArray *list =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dvr_stream_unref);
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->streams);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (list, dvr_stream_ref (value));
  g_mutex_unlock (&self->lock);
  return list;
}
