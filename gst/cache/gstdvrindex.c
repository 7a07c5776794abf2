/* gstdvrindex.c: the frames of a segment, as its boxes tell
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Built from the chunks that are there in whole, again and again as more come.
 * What cannot be read, since a foreign origin cut it, counts as one chunk that
 * begins with a keyframe: a segment does. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/fmp4/fmp4.h>

#include "gstdvrindex.h"

/* Beyond this a segment is played but not looked into. */
#define MAX_CHUNKS 65536
#define MAX_FRAMES (1024 * 1024)
#define MAX_CHUNK_SIZE (256 * 1024 * 1024)
/* Frames come at most so many before their turn: twice what any codec has. */
#define MAX_REORDER 32

struct _GstDvrTracks
{
  gatomicrefcount refcount;
  GArray *tracks;               /* GstFmp4Track */
  guint shown;                  /* id of the track that is shown; 0: none */
  GstBuffer *empty;             /* a moof without samples */
};

struct _GstDvrIndex
{
  GstDvrTracks *tracks;
  GArray *chunks;
  GArray *frames;               /* in display order */
  guint reorder;                /* most that come before one shown before them */
  guint64 scanned;
  gboolean blind;
};

/**
 * gst_dvr_tracks_new:
 * @init: a whole init section
 *
 * Returns: (transfer full): what it says; nothing where it cannot be read
 */
GstDvrTracks *
gst_dvr_tracks_new (GstDvrSegment * init)
{
  GstDvrTracks *self = g_new0 (GstDvrTracks, 1);
  GstBuffer *buffer = gst_dvr_segment_get_buffer (init, 0,
      gst_dvr_segment_get_size (init));
  GstMapInfo map;
  guint i;

  g_atomic_ref_count_init (&self->refcount);
  if (buffer && gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    self->tracks = gst_fmp4_read_init (map.data, map.size, NULL);
    self->empty = gst_fmp4_write_empty (map.data, map.size);
    gst_buffer_unmap (buffer, &map);
  }
  gst_clear_buffer (&buffer);
  for (i = 0; self->tracks && i < self->tracks->len; i++) {
    GstFmp4Track *track = &g_array_index (self->tracks, GstFmp4Track, i);

    if (gst_fmp4_track_is_video (track) || self->shown == 0)
      self->shown = track->id;
    if (gst_fmp4_track_is_video (track))
      break;
  }
  return self;
}

/* Takes @buffer. */
static GstBuffer *
get_one_memory (GstBuffer * buffer)
{
  GstBuffer *one;

  if (!buffer || gst_buffer_n_memory (buffer) <= 1)
    return buffer;
  one = gst_buffer_new ();
  gst_buffer_append_memory (one, gst_buffer_get_all_memory (buffer));
  gst_buffer_unref (buffer);
  return one;
}

GstDvrTracks *
gst_dvr_tracks_ref (GstDvrTracks * self)
{
  g_atomic_ref_count_inc (&self->refcount);
  return self;
}

void
gst_dvr_tracks_unref (GstDvrTracks * self)
{
  if (!g_atomic_ref_count_dec (&self->refcount))
    return;
  if (self->tracks)
    g_array_unref (self->tracks);
  gst_clear_buffer (&self->empty);
  g_free (self);
}

/* Returns: (transfer full) (nullable): a moof of no samples, for a demuxer to
 * drop those it still waits for */
GstBuffer *
gst_dvr_tracks_get_empty (GstDvrTracks * self)
{
  /* a copy, since its offset and flags get set */
  return self->empty ? gst_buffer_copy (self->empty) : NULL;
}

/**
 * gst_dvr_tracks_follow:
 * @self: what an init section says
 * @before: what the one before it said
 *
 * Returns: whether those who read the tracks of @before go on: FALSE where one
 *   is of another codec now
 */
gboolean
gst_dvr_tracks_follow (GstDvrTracks * self, GstDvrTracks * before)
{
  guint i, j;

  if (!self->tracks || !before->tracks)
    return TRUE;
  for (i = 0; i < self->tracks->len; i++) {
    GstFmp4Track *track = &g_array_index (self->tracks, GstFmp4Track, i);

    for (j = 0; j < before->tracks->len; j++) {
      GstFmp4Track *old = &g_array_index (before->tracks, GstFmp4Track, j);

      if (old->id == track->id && old->codec != track->codec)
        return FALSE;
    }
  }
  return TRUE;
}

/**
 * gst_dvr_tracks_read_chunk:
 * @self: what an init section says
 * @data: a chunk of it, as an index has it
 * @func: (scope call): gets its samples
 * @user_data: for @func
 *
 * Returns: whether it could be read
 */
gboolean
gst_dvr_tracks_read_chunk (GstDvrTracks * self, GstBuffer * data,
    GstFmp4SampleFunc func, gpointer user_data)
{
  GstBuffer *one = get_one_memory (gst_buffer_ref (data));
  gboolean ret;

  ret = self->tracks && gst_fmp4_read_chunk (one,
      (GstFmp4Track *) self->tracks->data, self->tracks->len, func, user_data,
      NULL);
  gst_buffer_unref (one);
  return ret;
}

/**
 * gst_dvr_tracks_queue_sample:
 * @track: a track
 * @sample: (transfer none): one of its samples
 * @queue: (element-type GstBuffer): gets it as a chunk of its own
 */
void
gst_dvr_tracks_queue_sample (const GstFmp4Track * track, GstBuffer * sample,
    GQueue * queue)
{
  GstFmp4Run run = { track, &sample, 1 };
  GstBuffer *chunk = gst_fmp4_write_chunk (1, &run, 1, NULL, NULL);

  if (chunk)
    g_queue_push_tail (queue, chunk);
}

/**
 * gst_dvr_index_new:
 * @tracks: what the segment's init section says; not taken
 *
 * Returns: (transfer full): an index of nothing yet
 */
GstDvrIndex *
gst_dvr_index_new (GstDvrTracks * tracks)
{
  GstDvrIndex *self = g_new0 (GstDvrIndex, 1);

  self->tracks = gst_dvr_tracks_ref (tracks);
  self->chunks = g_array_new (FALSE, FALSE, sizeof (GstDvrChunk));
  self->frames = g_array_new (FALSE, FALSE, sizeof (GstDvrFrame));
  self->blind = tracks->shown == 0;
  return self;
}

void
gst_dvr_index_free (GstDvrIndex * self)
{
  gst_dvr_tracks_unref (self->tracks);
  g_array_unref (self->chunks);
  g_array_unref (self->frames);
  g_free (self);
}

typedef struct
{
  GstDvrIndex *index;
  GstDvrChunk *chunk;
  const guint8 *data;           /* of the chunk */
  gsize size;
} Scan;

static void
add_frame (GstDvrIndex * self, GstBuffer * sample)
{
  GstDvrFrame frame = { GST_BUFFER_PTS (sample), GST_BUFFER_DURATION (sample) };
  guint n = self->frames->len, at = n;

  if (n >= MAX_FRAMES || !GST_CLOCK_TIME_IS_VALID (frame.pts))
    return;
  if (!GST_CLOCK_TIME_IS_VALID (frame.duration))
    frame.duration = 0;
  while (at > 0 && n - at < MAX_REORDER &&
      g_array_index (self->frames, GstDvrFrame, at - 1).pts > frame.pts)
    at--;
  self->reorder = MAX (self->reorder, self->frames->len - at);
  g_array_insert_val (self->frames, at, frame);
}

static void
see_sample (const GstFmp4Track * track, GstBuffer * sample, gpointer user_data)
{
  Scan *scan = user_data;
  GstDvrChunk *chunk = scan->chunk;
  GstClockTime pts = GST_BUFFER_PTS (sample);
  GstMapInfo map;

  if (track->id == scan->index->tracks->shown) {
    if (gst_fmp4_track_is_video (track))
      add_frame (scan->index, sample);
    chunk->start = MIN (chunk->start, pts);
    chunk->end = MAX (chunk->end == GST_CLOCK_TIME_NONE ? 0 : chunk->end,
        pts + (GST_BUFFER_DURATION_IS_VALID (sample) ?
            GST_BUFFER_DURATION (sample) : 0));
    if (chunk->key_size == 0 &&
        !GST_BUFFER_FLAG_IS_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT) &&
        gst_buffer_map (sample, &map, GST_MAP_READ)) {
      if (map.data >= scan->data && map.data < scan->data + scan->size) {
        chunk->key_size = map.data + map.size - scan->data;
        chunk->key = pts;
      }
      gst_buffer_unmap (sample, &map);
    }
  }
  gst_buffer_unref (sample);
}

static gboolean
scan_chunk (GstDvrIndex * self, GstDvrSegment * segment, guint64 size)
{
  GstDvrChunk chunk = { self->scanned, size, 0, GST_CLOCK_TIME_NONE,
    GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE
  };
  GstBuffer *data = get_one_memory (gst_dvr_segment_get_buffer (segment,
          self->scanned, size));
  Scan scan = { self, &chunk, NULL, size };
  GstMapInfo map;
  gboolean ret;

  if (!data || !gst_buffer_map (data, &map, GST_MAP_READ)) {
    gst_clear_buffer (&data);
    return FALSE;
  }
  scan.data = map.data;
  ret = gst_fmp4_read_chunk (data, (GstFmp4Track *) self->tracks->tracks->data,
      self->tracks->tracks->len, see_sample, &scan, NULL);
  gst_buffer_unmap (data, &map);
  gst_buffer_unref (data);
  if (ret)
    g_array_append_val (self->chunks, chunk);
  return ret;
}

/* Where the next chunk ends; 0: it is not there in whole. */
static guint64
find_chunk_end (GstDvrIndex * self, GstDvrSegment * segment)
{
  guint64 at = self->scanned, size;
  guint8 head[16];

  while (gst_dvr_segment_read (segment, at, head, 8)) {
    size = GST_READ_UINT32_BE (head);
    if (size == 1) {
      if (!gst_dvr_segment_read (segment, at, head, 16))
        return 0;
      size = GST_READ_UINT64_BE (head + 8);
    }
    if (size < 8 || size > MAX_CHUNK_SIZE) {
      self->blind = TRUE;
      return 0;
    }
    at += size;
    if (at - self->scanned > MAX_CHUNK_SIZE)
      self->blind = TRUE;
    if (at > gst_dvr_segment_get_size (segment) || self->blind)
      return 0;
    if (GST_READ_UINT32_BE (head + 4) == GST_FMP4_MDAT)
      return at;
  }
  return 0;
}

/* All of it is one chunk. */
static void
scan_blindly (GstDvrIndex * self, GstDvrSegment * segment,
    GstClockTime start, GstClockTime duration)
{
  GstDvrChunk chunk = { 0, gst_dvr_segment_get_size (segment), 0, start, start,
    start + duration
  };

  chunk.key_size = chunk.size;
  g_array_set_size (self->frames, 0);
  g_array_set_size (self->chunks, 0);
  if (chunk.size > 0)
    g_array_append_val (self->chunks, chunk);
}

/**
 * gst_dvr_index_scan:
 * @self: an index
 * @segment: always the same
 * @start: stream time at which it begins, nanoseconds
 * @duration: its duration as far as known
 *
 * Looks at what has come since the last time.
 */
void
gst_dvr_index_scan (GstDvrIndex * self, GstDvrSegment * segment,
    GstClockTime start, GstClockTime duration)
{
  guint64 end;

  while (!self->blind && (end = find_chunk_end (self, segment)) > 0) {
    if (self->chunks->len >= MAX_CHUNKS ||
        !scan_chunk (self, segment, end - self->scanned))
      self->blind = TRUE;
    self->scanned = end;
  }
  if (self->blind)
    scan_blindly (self, segment, start, duration);
}

/* Whether its segment cannot be read. */
gboolean
gst_dvr_index_is_blind (GstDvrIndex * self)
{
  return self->blind;
}

guint
gst_dvr_index_get_n_chunks (GstDvrIndex * self)
{
  return self->chunks->len;
}

/* Valid until the next scan. */
const GstDvrChunk *
gst_dvr_index_get_chunk (GstDvrIndex * self, guint i)
{
  return &g_array_index (self->chunks, GstDvrChunk, i);
}

/**
 * gst_dvr_index_get_end:
 * @self: an index
 * @time: stream time
 *
 * Returns: where what the chunks show ends, or @time where that is later
 */
GstClockTime
gst_dvr_index_get_end (GstDvrIndex * self, GstClockTime time)
{
  guint i;

  for (i = 0; i < self->chunks->len; i++) {
    GstClockTime end = gst_dvr_index_get_chunk (self, i)->end;

    if (GST_CLOCK_TIME_IS_VALID (end))
      time = MAX (time, end);
  }
  return time;
}

/**
 * gst_dvr_index_find_chunk:
 * @self: an index
 * @offset: in the segment
 *
 * Returns: the chunk that begins there; -1: none
 */
gint
gst_dvr_index_find_chunk (GstDvrIndex * self, guint64 offset)
{
  guint low = 0, high = self->chunks->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (gst_dvr_index_get_chunk (self, middle)->offset < offset)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < self->chunks->len &&
      gst_dvr_index_get_chunk (self, low)->offset == offset)
    return (gint) low;
  return -1;
}

/**
 * gst_dvr_index_find_key:
 * @self: an index
 * @time: stream time
 *
 * Returns: the last chunk whose keyframe is shown at or before @time; -1: none
 */
gint
gst_dvr_index_find_key (GstDvrIndex * self, GstClockTime time)
{
  gint i;

  for (i = (gint) self->chunks->len - 1; i >= 0; i--) {
    const GstDvrChunk *chunk = gst_dvr_index_get_chunk (self, i);

    if (chunk->key_size > 0 && chunk->key <= time)
      return i;
  }
  return -1;
}

/**
 * gst_dvr_index_find_key_after:
 * @self: an index
 * @time: stream time
 *
 * Returns: the first chunk whose keyframe is shown at or after @time; -1: none
 */
gint
gst_dvr_index_find_key_after (GstDvrIndex * self, GstClockTime time)
{
  guint i;

  for (i = 0; i < self->chunks->len; i++) {
    const GstDvrChunk *chunk = gst_dvr_index_get_chunk (self, i);

    if (chunk->key_size > 0 && chunk->key >= time)
      return i;
  }
  return -1;
}

/* How many pictures come, at most, before one that is shown before them. */
guint
gst_dvr_index_get_reorder (GstDvrIndex * self)
{
  return self->reorder;
}

/* How many keyframes it has seen. */
guint
gst_dvr_index_count_keys (GstDvrIndex * self)
{
  guint i, n = 0;

  for (i = 0; i < self->chunks->len; i++)
    if (gst_dvr_index_get_chunk (self, i)->key_size > 0)
      n++;
  return n;
}

typedef struct
{
  guint shown;
  const GstFmp4Track *track;
  GstBuffer *sample;
} Cut;

static void
take_key (const GstFmp4Track * track, GstBuffer * sample, gpointer user_data)
{
  Cut *cut = user_data;

  if (track->id == cut->shown && !cut->sample &&
      !GST_BUFFER_FLAG_IS_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT)) {
    cut->track = track;
    cut->sample = gst_buffer_ref (sample);
  }
  gst_buffer_unref (sample);
}

/* Returns: (transfer full) (nullable): a chunk of the first keyframe in @data
 * alone; what follows the keyframe need not be there */
GstBuffer *
gst_dvr_tracks_cut_key (GstDvrTracks * self, GstBuffer * data,
    GstClockTime * key)
{
  Cut cut = { self->shown, NULL, NULL };
  GstBuffer *chunk;

  gst_fmp4_read_chunk (data, (GstFmp4Track *) self->tracks->data,
      self->tracks->len, take_key, &cut, NULL);
  if (!cut.sample)
    return NULL;
  *key = GST_BUFFER_PTS (cut.sample);
  {
    GstFmp4Run run = { cut.track, &cut.sample, 1 };

    chunk = gst_fmp4_write_chunk (1, &run, 1, NULL, NULL);
  }
  gst_buffer_unref (cut.sample);
  return chunk;
}

/**
 * gst_dvr_tracks_find_key:
 * @self: what the init section says
 * @data: the begin of a segment
 * @size: how much of it
 * @end: (out): see gst_fmp4_find_key()
 *
 * Returns: FALSE if its first keyframe will not be found
 */
gboolean
gst_dvr_tracks_find_key (GstDvrTracks * self, const guint8 * data, gsize size,
    guint64 * end)
{
  return self->shown != 0 && gst_fmp4_find_key (data, size,
      (GstFmp4Track *) self->tracks->data, self->tracks->len, self->shown, end);
}

/**
 * gst_dvr_index_cut_key:
 * @self: an index
 * @segment: its segment
 * @i: a chunk with a keyframe
 *
 * Returns: (transfer full) (nullable): a chunk of that keyframe alone. Cut off
 *   behind the keyframe, the chunk itself would leave a demuxer with samples
 *   that never come.
 */
GstBuffer *
gst_dvr_index_cut_key (GstDvrIndex * self, GstDvrSegment * segment, guint i)
{
  const GstDvrChunk *chunk = gst_dvr_index_get_chunk (self, i);
  GstBuffer *data = get_one_memory (gst_dvr_segment_get_buffer (segment,
          chunk->offset, chunk->size));
  GstClockTime time;
  GstBuffer *key;

  if (self->blind || !data)
    return data;
  key = gst_dvr_tracks_cut_key (self->tracks, data, &time);
  if (!key)
    return data;
  gst_buffer_unref (data);
  return key;
}

typedef struct
{
  GstClockTime key;
  GQueue *queue;
} Rest;

static void
take_rest (const GstFmp4Track * track, GstBuffer * sample, gpointer user_data)
{
  Rest *rest = user_data;
  gboolean video = gst_fmp4_track_is_video (track);

  if (!video || track->codec != GST_FMP4_CODEC_H264 ||
      GST_BUFFER_PTS (sample) >= rest->key) {
    /* one alone would have a demuxer tell another frame rate */
    if (video)
      GST_BUFFER_DURATION (sample) = 0;
    gst_dvr_tracks_queue_sample (track, sample, rest->queue);
  }
  gst_buffer_unref (sample);
}

/**
 * gst_dvr_index_cut_leading:
 * @self: an index that is not blind
 * @segment: its segment
 * @i: a chunk
 * @key: stream time of the keyframe that its group of pictures begins with
 * @queue: gets what is left, a chunk for each sample
 *
 * Leaves out what is shown before that keyframe: in an open group it refers to
 * the group before. (Decoders of H.265 leave it out themselves, and know it from
 * what does not.)
 */
void
gst_dvr_index_cut_leading (GstDvrIndex * self, GstDvrSegment * segment,
    guint i, GstClockTime key, GQueue * queue)
{
  const GstDvrChunk *chunk = gst_dvr_index_get_chunk (self, i);
  GstBuffer *data = gst_dvr_segment_get_buffer (segment, chunk->offset,
      chunk->size);
  Rest rest = { key, queue };

  if (data)
    gst_dvr_tracks_read_chunk (self->tracks, data, take_rest, &rest);
  gst_clear_buffer (&data);
}

guint
gst_dvr_index_get_n_frames (GstDvrIndex * self)
{
  return self->frames->len;
}

const GstDvrFrame *
gst_dvr_index_get_frame (GstDvrIndex * self, guint i)
{
  return &g_array_index (self->frames, GstDvrFrame, i);
}

/**
 * gst_dvr_index_find_frame:
 * @self: an index
 * @time: stream time
 *
 * Returns: the last frame, in display order, that begins at or before @time;
 *   -1: none
 */
gint
gst_dvr_index_find_frame (GstDvrIndex * self, GstClockTime time)
{
  guint low = 0, high = self->frames->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (gst_dvr_index_get_frame (self, middle)->pts <= time)
      low = middle + 1;
    else
      high = middle;
  }
  return (gint) low - 1;
}
