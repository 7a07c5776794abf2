/* gstdvrplayheadfetch.c: how a playhead gets segments and init sections
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplayhead-private.h"

/* Init sections remembered: a stream seldom has more than one. */
#define MAX_INITS 16

static GstDvrRequest *
ask_for (GstDvrPlayhead * self, GstDvrSegmentId id)
{
  GstDvrTimeline *timeline = gst_dvr_playhead_get_timeline (self);
  GstDvrRequest *request;

  id.stream = gst_dvr_timeline_get_stream (timeline);
  request = gst_dvr_request_new_segment (&id, GST_DVR_PRIORITY_PLAYHEAD);
  gst_dvr_timeline_unref (timeline);
  self->ask (self->element, request);
  return request;
}

static GstDvrSegmentId
id_of (const GstDvrEntry * entry)
{
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, NULL, entry->recording,
    entry->number
  };

  return id;
}

/**
 * gst_dvr_playhead_fetch_range:
 * @self: a playhead
 * @entry: of a closed segment
 * @offset: first byte wanted
 * @size: how many
 *
 * Asks for a run of a segment's bytes. Does not block.
 *
 * Returns: (transfer full) (nullable): the range, or the segment where that is
 *   at hand, whatever its state
 */
GstDvrSegment *
gst_dvr_playhead_fetch_range (GstDvrPlayhead * self, const GstDvrEntry * entry,
    guint64 offset, guint64 size)
{
  GstDvrSegmentId id = id_of (entry);
  GstDvrRequest *request = ask_for (self, gst_dvr_segment_id_of_range (&id,
          offset, size));
  GstDvrSegment *segment = gst_dvr_request_get_segment (request);

  if (segment)
    gst_dvr_segment_ref (segment);
  gst_dvr_request_unref (request);
  return segment;
}

/**
 * gst_dvr_playhead_fetch:
 * @self: a playhead
 * @entry: what to fetch
 * @answer: (out): what was answered
 *
 * Asks for a segment and holds it. Does not block; what is held already is not
 * asked for.
 *
 * Returns: (transfer full) (nullable): the segment, whatever its state
 */
GstDvrSegment *
gst_dvr_playhead_fetch (GstDvrPlayhead * self, const GstDvrEntry * entry,
    GstDvrAnswer * answer)
{
  GstDvrSegment *segment = gst_dvr_playhead_get_held (self, entry->number);
  GstDvrRequest *request;

  *answer = GST_DVR_ANSWER_OK;
  if (segment)
    return segment;
  request = ask_for (self, id_of (entry));
  *answer = gst_dvr_request_get_answer (request);
  segment = gst_dvr_request_get_segment (request);
  if (segment) {
    gst_dvr_segment_ref (segment);
    gst_dvr_playhead_hold (self, entry, segment);
  }
  gst_dvr_request_unref (request);
  return segment;
}

typedef struct
{
  GstDvrSegment *segment;
  GstDvrTracks *tracks;
} Init;

static void
init_free (gpointer data)
{
  Init *init = data;

  gst_dvr_tracks_unref (init->tracks);
  gst_dvr_segment_unref (init->segment);
  g_free (init);
}

static gchar *
init_name (const GstDvrEntry * entry)
{
  return g_strdup_printf ("%s/%u", entry->recording, entry->init);
}

/* Returns: (transfer full) (nullable): what the init section of @entry says,
 * if it is known */
GstDvrTracks *
gst_dvr_playhead_get_tracks (GstDvrPlayhead * self, const GstDvrEntry * entry)
{
  gchar *name = init_name (entry);
  Init *init = NULL;
  GstDvrTracks *tracks = NULL;

  g_mutex_lock (&self->held_lock);
  if (self->inits)
    init = g_hash_table_lookup (self->inits, name);
  if (init)
    tracks = gst_dvr_tracks_ref (init->tracks);
  g_mutex_unlock (&self->held_lock);
  g_free (name);
  return tracks;
}

static GstDvrSegment *
find_init (GstDvrPlayhead * self, const gchar * name)
{
  Init *init = NULL;
  GstDvrSegment *segment = NULL;

  g_mutex_lock (&self->held_lock);
  if (self->inits)
    init = g_hash_table_lookup (self->inits, name);
  if (init)
    segment = gst_dvr_segment_ref (init->segment);
  g_mutex_unlock (&self->held_lock);
  return segment;
}

static void
add_init (GstDvrPlayhead * self, const gchar * name, GstDvrSegment * segment)
{
  Init *init = g_new0 (Init, 1);

  init->segment = gst_dvr_segment_ref (segment);
  init->tracks = gst_dvr_tracks_new (segment);
  g_mutex_lock (&self->held_lock);
  if (!self->inits)
    self->inits = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
        init_free);
  if (g_hash_table_size (self->inits) >= MAX_INITS)
    g_hash_table_remove_all (self->inits);
  g_hash_table_replace (self->inits, g_strdup (name), init);
  g_mutex_unlock (&self->held_lock);
}

/* Waits for all of a small thing. */
static gboolean
wait_whole (GstDvrPlayhead * self, GstDvrSegment * segment)
{
  gulong watch = gst_dvr_playhead_watch (self, segment);

  while (!gst_dvr_playhead_is_flushing (self)) {
    guint64 seen;

    g_mutex_lock (&self->lock);
    seen = self->changes;
    g_mutex_unlock (&self->lock);
    if (gst_dvr_segment_get_state (segment) != GST_DVR_SEGMENT_FILLING)
      break;
    gst_dvr_playhead_wait (self, seen, 0);
  }
  gst_dvr_segment_remove_watch (segment, watch);
  return gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_WHOLE;
}

/**
 * gst_dvr_playhead_get_init:
 * @self: a playhead
 * @entry: of a segment
 * @answer: (out): what was answered
 *
 * Waits for the init section of a segment.
 *
 * Returns: (transfer full) (nullable): it, whole
 */
GstDvrSegment *
gst_dvr_playhead_get_init (GstDvrPlayhead * self, const GstDvrEntry * entry,
    GstDvrAnswer * answer)
{
  gchar *name = init_name (entry);
  GstDvrSegment *segment = find_init (self, name), *init;
  GstDvrRequest *request;
  GstDvrSegmentId id;

  *answer = GST_DVR_ANSWER_OK;
  if (!segment) {
    id = id_of (entry);
    id.kind = GST_DVR_SEGMENT_INIT;
    id.number = entry->init;
    request = ask_for (self, id);
    *answer = gst_dvr_request_get_answer (request);
    init = gst_dvr_request_get_segment (request);
    if (init && wait_whole (self, init)) {
      add_init (self, name, init);
      segment = gst_dvr_segment_ref (init);
    }
    gst_dvr_request_unref (request);
  }
  g_free (name);
  return segment;
}
