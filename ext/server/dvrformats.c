/* dvrformats.c: what the media of a stream is made of
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/fmp4/fmp4.h>

#include "dvrdebug.h"
#include "dvrformats.h"

/* Init sections are a few KiB; more is not one. */
#define MAX_INIT_SIZE (1024 * 1024)
/* A stream has few formats; what is forgotten is read again. */
#define MAX_FORMATS 64

typedef struct
{
  gchar *codec;
  gboolean is_video;
  guint width;
  guint height;
  guint64 frame_rate;
} Track;

struct _DvrFormats
{
  GMutex lock;
  /* with the lock */
  GHashTable *formats;          /* "recording/init" -> array of Track */
  guint64 version;              /* of the timeline, for rendering */
  DvrPlaylistRendering *rendering;
};

static void
track_clear (gpointer data)
{
  g_free (((Track *) data)->codec);
}

DvrFormats *
dvr_formats_new (void)
{
  DvrFormats *self = g_new0 (DvrFormats, 1);

  g_mutex_init (&self->lock);
  self->formats = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) g_array_unref);
  return self;
}

void
dvr_formats_free (DvrFormats * self)
{
  g_clear_pointer (&self->rendering, dvr_playlist_rendering_unref);
  g_hash_table_unref (self->formats);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gchar *
make_key (const gchar * recording, guint64 init)
{
  return g_strdup_printf ("%s/%" G_GUINT64_FORMAT, recording, init);
}

static void
fill_track (Track * track, const GstFmp4Track * from)
{
  guint n, d;

  track->codec = gst_fmp4_codec_string (from->caps);
  track->is_video = gst_fmp4_track_is_video (from);
  if (track->is_video)
    gst_fmp4_track_get_size (from, &track->width, &track->height);
  if (gst_fmp4_track_get_rate (from, &n, &d))
    track->frame_rate = gst_util_uint64_scale (1000, n, d);
}

static GArray *
read_tracks (GstDvrSegment * segment)
{
  guint64 size = gst_dvr_segment_get_size (segment);
  GArray *tracks, *read;
  GError *error = NULL;
  guint8 *data;
  guint i;

  if (size == 0 || size > MAX_INIT_SIZE)
    return NULL;
  data = g_malloc (size);
  gst_dvr_segment_read (segment, 0, data, size);
  read = gst_fmp4_read_init (data, size, &error);
  g_free (data);
  if (!read) {
    GST_WARNING ("an init section cannot be read: %s", error->message);
    g_clear_error (&error);
    return NULL;
  }

  tracks = g_array_new (FALSE, TRUE, sizeof (Track));
  g_array_set_clear_func (tracks, track_clear);
  for (i = 0; i < read->len; i++) {
    Track track = { 0, };

    fill_track (&track, &g_array_index (read, GstFmp4Track, i));
    g_array_append_val (tracks, track);
  }
  g_array_unref (read);
  return tracks;
}

/**
 * dvr_formats_learn:
 * @self: the formats
 * @segment: a whole init section
 *
 * Returns: whether it could be read
 */
gboolean
dvr_formats_learn (DvrFormats * self, GstDvrSegment * segment)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);
  GArray *tracks = read_tracks (segment);

  if (!tracks)
    return FALSE;
  g_mutex_lock (&self->lock);
  if (g_hash_table_size (self->formats) >= MAX_FORMATS)
    g_hash_table_remove_all (self->formats);
  g_hash_table_replace (self->formats, make_key (id->recording, id->number),
      tracks);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static void
add_codec (GPtrArray * list, const gchar * codec)
{
  if (codec && !g_ptr_array_find_with_equal_func (list, codec, g_str_equal,
          NULL))
    g_ptr_array_add (list, g_strdup (codec));
}

/**
 * dvr_formats_summarise:
 * @self: the formats
 * @recording: a recording
 * @init: one of its init sections
 * @summary: (inout): what it is added to
 *
 * Returns: FALSE if it has not been learnt yet
 */
gboolean
dvr_formats_summarise (DvrFormats * self, const gchar * recording,
    guint64 init, DvrSummary * summary)
{
  gchar *key = make_key (recording, init);
  GArray *tracks;
  guint i;

  g_mutex_lock (&self->lock);
  tracks = g_hash_table_lookup (self->formats, key);
  for (i = 0; tracks && i < tracks->len; i++) {
    Track *track = &g_array_index (tracks, Track, i);

    add_codec (track->is_video ? summary->video : summary->audio, track->codec);
    if (track->width > summary->width) {
      summary->width = track->width;
      summary->height = track->height;
    }
    summary->frame_rate = MAX (summary->frame_rate, track->frame_rate);
  }
  g_mutex_unlock (&self->lock);
  g_free (key);
  return tracks != NULL;
}

/**
 * dvr_formats_get_rendering:
 * @self: the formats
 * @version: of the timeline
 *
 * Returns: (transfer full) (nullable): the multivariant playlist made from it
 */
DvrPlaylistRendering *
dvr_formats_get_rendering (DvrFormats * self, guint64 version)
{
  DvrPlaylistRendering *rendering = NULL;

  g_mutex_lock (&self->lock);
  if (self->rendering && self->version == version)
    rendering = dvr_playlist_rendering_ref (self->rendering);
  g_mutex_unlock (&self->lock);
  return rendering;
}

void
dvr_formats_set_rendering (DvrFormats * self, guint64 version,
    DvrPlaylistRendering * rendering)
{
  DvrPlaylistRendering *old;

  g_mutex_lock (&self->lock);
  old = self->rendering;
  self->rendering = dvr_playlist_rendering_ref (rendering);
  self->version = version;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&old, dvr_playlist_rendering_unref);
}
