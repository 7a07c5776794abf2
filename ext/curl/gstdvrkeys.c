/* gstdvrkeys.c: the keyframes of a segment, to be known again
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/fmp4/fmp4.h>
#include <gst/fmp4/fmp4box.h>
#include <string.h>

#include "gstdvrkeys.h"

/* More than a segment has, but for one of audio alone, in which every frame is a
 * keyframe: the first ones do. All of two segments are compared. */
#define MAX_KEYS 2048
/* Pictures are shown this much later than decoded at most. */
#define MAX_SHIFT ((gint64) (2 * GST_SECOND))

typedef struct
{
  GstDvrKeys *keys;
  const GstFmp4Track *track;
  GstDvrKeyChunk chunk;         /* that is read */
  GstClockTime last;            /* DTS of the newest frame */
  gint64 shift;                 /* of the first frame: from DTS to PTS */
} Reading;

/**
 * gst_dvr_keys_read_init:
 * @init: an init section
 *
 * Returns: (nullable) (transfer full): its tracks, for gst_dvr_keys_new()
 */
GArray *
gst_dvr_keys_read_init (GstBuffer * init)
{
  GArray *tracks = NULL;
  GstMapInfo map;

  if (!gst_buffer_map (init, &map, GST_MAP_READ))
    return NULL;
  tracks = gst_fmp4_read_init (map.data, map.size, NULL);
  gst_buffer_unmap (init, &map);

  return tracks;
}

static void
digest (GstBuffer * sample, guint8 * result)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  gsize size = 20;
  GstMapInfo map;

  if (gst_buffer_map (sample, &map, GST_MAP_READ)) {
    g_checksum_update (sum, map.data, map.size);
    gst_buffer_unmap (sample, &map);
  }
  g_checksum_get_digest (sum, result, &size);
}

static GstClockTime
get_end (GstBuffer * sample, GstClockTime dts)
{
  return GST_BUFFER_DURATION_IS_VALID (sample) ?
      dts + GST_BUFFER_DURATION (sample) : dts;
}

static void
take_frame (Reading * r, GstBuffer * sample, GstClockTime dts)
{
  GstDvrKeys *self = r->keys;
  gboolean first = !GST_CLOCK_TIME_IS_VALID (r->chunk.dts);
  GstDvrKey key;

  if (!GST_CLOCK_TIME_IS_VALID (self->begin)) {
    self->begin = self->end.frames = dts;
    if (GST_BUFFER_PTS_IS_VALID (sample))
      r->shift = CLAMP (GST_CLOCK_DIFF (dts, GST_BUFFER_PTS (sample)), 0,
          MAX_SHIFT);
  }
  if (first)
    r->chunk.dts = dts;
  if (!GST_BUFFER_FLAG_IS_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT)
      && self->keys->len < MAX_KEYS) {
    key.offset = first ? r->chunk.offset : GST_DVR_KEY_NOWHERE;
    key.dts = dts;
    digest (sample, key.digest);
    g_array_append_val (self->keys, key);
  }
  self->end.frames = MAX (self->end.frames, get_end (sample, dts));
  r->last = dts;
}

static void
take_sound (Reading * r, GstBuffer * sample, GstClockTime dts)
{
  GstDvrKeys *self = r->keys;
  GstClockTime end;

  dts -= MIN (dts, (GstClockTime) r->shift);
  end = get_end (sample, dts);
  if (!GST_CLOCK_TIME_IS_VALID (r->chunk.sound))
    r->chunk.sound = dts;
  if (!GST_CLOCK_TIME_IS_VALID (self->end.sound) || end > self->end.sound)
    self->end.sound = end;
}

static void
on_sample (const GstFmp4Track * track, GstBuffer * sample, gpointer user_data)
{
  Reading *r = user_data;
  GstClockTime dts = GST_BUFFER_DTS (sample);

  if (track->id == r->track->id && GST_CLOCK_TIME_IS_VALID (dts))
    take_frame (r, sample, dts);
  else if (GST_CLOCK_TIME_IS_VALID (dts))
    take_sound (r, sample, dts);
  gst_buffer_unref (sample);
}

static const GstFmp4Track *
choose_track (GArray * tracks)
{
  guint i;

  for (i = 0; i < tracks->len; i++)
    if (gst_fmp4_track_is_video (&g_array_index (tracks, GstFmp4Track, i)))
      return &g_array_index (tracks, GstFmp4Track, i);

  return tracks->len > 0 ? &g_array_index (tracks, GstFmp4Track, 0) : NULL;
}

static void
begin_chunk (Reading * r, guint64 offset)
{
  r->chunk.offset = offset;
  r->chunk.dts = r->chunk.sound = GST_CLOCK_TIME_NONE;
}

/* What a chunk has nothing of begins with a later one. */
static void
complete_chunks (GArray * chunks)
{
  guint i;

  for (i = chunks->len; i > 1; i--) {
    const GstDvrKeyChunk *next = &g_array_index (chunks, GstDvrKeyChunk, i - 1);
    GstDvrKeyChunk *chunk = &g_array_index (chunks, GstDvrKeyChunk, i - 2);

    if (!GST_CLOCK_TIME_IS_VALID (chunk->dts))
      chunk->dts = next->dts;
    if (!GST_CLOCK_TIME_IS_VALID (chunk->sound))
      chunk->sound = next->sound;
  }
}

/* Chunk by chunk, so that it is known where each begins. */
static gboolean
read_chunks (Reading * r, GArray * tracks, GstBuffer * segment,
    const GstMapInfo * map)
{
  gboolean in_chunk = FALSE, ok = TRUE;
  GstFmp4BoxResult result;
  GstFmp4BoxIter iter;
  GstFmp4Box box;
  GstBuffer *chunk;

  gst_fmp4_box_iter_init (&iter, map->data, map->size);
  while (ok && (result = gst_fmp4_box_iter_next (&iter, &box)) ==
      GST_FMP4_BOX_OK) {
    if (!in_chunk && box.type != GST_FMP4_TYPE ('s', 't', 'y', 'p')
        && box.type != GST_FMP4_TYPE ('u', 'u', 'i', 'd')) {
      begin_chunk (r, box.offset);
      in_chunk = TRUE;
    }
    if (box.type != GST_FMP4_TYPE ('m', 'd', 'a', 't'))
      continue;
    chunk = gst_buffer_copy_region (segment, GST_BUFFER_COPY_MEMORY,
        r->chunk.offset, box.offset + box.size - r->chunk.offset);
    ok = gst_fmp4_read_chunk (chunk, (const GstFmp4Track *) tracks->data,
        tracks->len, on_sample, r, NULL);
    gst_buffer_unref (chunk);
    if (r->keys->chunks->len < MAX_KEYS)
      g_array_append_val (r->keys->chunks, r->chunk);
    in_chunk = FALSE;
  }

  return ok && result == GST_FMP4_BOX_END;
}

/**
 * gst_dvr_keys_new:
 * @tracks: (element-type GstFmp4Track): what its init section says
 * @segment: a whole segment
 *
 * Returns: (nullable) (transfer full): its keyframes; NULL if it cannot be read
 */
GstDvrKeys *
gst_dvr_keys_new (GArray * tracks, GstBuffer * segment)
{
  GstDvrKeys *self = g_new0 (GstDvrKeys, 1);
  Reading r = {.keys = self,.track = choose_track (tracks) };
  gboolean ok = FALSE;
  GstMapInfo map;

  self->keys = g_array_new (FALSE, FALSE, sizeof (GstDvrKey));
  self->chunks = g_array_new (FALSE, FALSE, sizeof (GstDvrKeyChunk));
  self->begin = self->end.frames = self->end.sound = GST_CLOCK_TIME_NONE;
  if (r.track && gst_buffer_map (segment, &map, GST_MAP_READ)) {
    ok = read_chunks (&r, tracks, segment, &map);
    gst_buffer_unmap (segment, &map);
    complete_chunks (self->chunks);
    self->end.all = self->end.sound > r.last ?
        MIN (self->end.frames, self->end.sound) : self->end.frames;
  }
  if (ok && self->keys->len > 0)
    return self;
  gst_dvr_keys_free (self);

  return NULL;
}

void
gst_dvr_keys_free (GstDvrKeys * self)
{
  g_array_unref (self->keys);
  g_array_unref (self->chunks);
  g_free (self);
}
