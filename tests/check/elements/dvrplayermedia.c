/* dvrplayermedia.c: a stream whose frames are numbered
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "dvrplayermedia.h"

#define AVCC "0164000affe100186764000aacd9420db0110000030001000003" \
    "00320f12259601000668ebe3cb22c0fdf8f800"
#define N_PARTS 8
#define FRAME_BYTES 64

static void
setup_track (GstFmp4Track * track, guint id, const gchar * caps_text,
    guint timescale)
{
  GstCaps *caps = gst_caps_from_string (caps_text);

  fail_unless (gst_fmp4_track_init (track, id, caps, timescale, NULL));
  gst_caps_unref (caps);
}

static GstBuffer *
make_init (DvrPlayer * p)
{
  GstFmp4Track both[] = { p->track, p->sound };
  GstBuffer *buffer = gst_fmp4_write_init (both, p->has_sound ? 2 : 1, NULL);
  GstMapInfo map;

  fail_unless (buffer != NULL);
  if (!p->tracks) {
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    p->tracks = gst_fmp4_read_init (map.data, map.size, NULL);
    gst_buffer_unmap (buffer, &map);
    fail_unless (p->tracks != NULL);
  }
  return buffer;
}

/* The same track, of a codec that has no pictures. */
static GstBuffer *
make_second_init (void)
{
  GstCaps *caps = gst_caps_from_string ("audio/mpeg, mpegversion=4, "
      "stream-format=raw, rate=44100, channels=2, codec_data=(buffer)1210");
  GstFmp4Track track = { 0, };
  GstBuffer *buffer;

  fail_unless (gst_fmp4_track_init (&track, 1, caps, 25000, NULL));
  buffer = gst_fmp4_write_init (&track, 1, NULL);
  gst_fmp4_track_clear (&track);
  gst_caps_unref (caps);
  return buffer;
}

/* The i-th frame in decoding order: I0 P3 B1 B2 P6 B4 B5 ... */
static GstBuffer *
make_frame (DvrPlayer * p, guint32 begin, guint i)
{
  guint in_group = i % GROUP, shown = in_group, group = i - in_group;
  guint32 number;
  guint size;
  guint8 *data;
  GstBuffer *buffer;

  if (in_group % 3 == 1)
    shown = in_group + 2;
  else if (in_group > 0)
    shown = in_group - 1;
  number = begin + group + shown;
  size = number % p->key_distance == 0 ? p->key_bytes : FRAME_BYTES;
  data = g_malloc0 (size);
  GST_WRITE_UINT32_BE (data, number);
  buffer = gst_buffer_new_wrapped (data, size);
  GST_BUFFER_PTS (buffer) = TIME_OF (number);
  GST_BUFFER_DTS (buffer) = TIME_OF ((guint64) begin + i - 2);
  GST_BUFFER_DURATION (buffer) = FRAME;
  if (number % p->key_distance != 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

static void
append_part (DvrPlayer * p, GstDvrSegment * segment, guint32 begin, guint from,
    guint to)
{
  GstBuffer *samples[GROUP], *chunk;
  GstFmp4Run run = { &p->track, samples, to - from };
  guint i;

  for (i = from; i < to; i++)
    samples[i - from] = make_frame (p, begin, i);
  chunk = gst_fmp4_write_chunk (1, &run, 1, NULL, NULL);
  fail_unless (chunk != NULL);
  if (p->bytes_alone)
    gst_dvr_segment_append (segment, chunk);
  else
    gst_dvr_segment_append_part (segment, chunk, (to - from) * FRAME,
        (begin + from) % p->key_distance == 0);
  for (i = from; i < to; i++)
    gst_buffer_unref (samples[i - from]);
}

/* A run of a segment's bytes. */
static void
fill_range (DvrPlayer * p, GstDvrSegment * range)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (range);
  GstDvrSegmentId whole_id = gst_dvr_segment_id_of_whole (id);
  GstDvrSegment *whole = gst_dvr_segment_new (&whole_id);
  guint64 size;
  gchar *tag = g_strdup_printf ("%u", p->sources);

  dvr_player_fill (p, whole);
  size = gst_dvr_segment_get_size (whole);
  fail_unless (id->offset < size && id->size > 0);
  gst_dvr_segment_set_source (range, tag, size);
  g_free (tag);
  size = MIN (id->size, size - id->offset);
  gst_dvr_segment_append (range, gst_dvr_segment_get_buffer (whole,
          id->offset, size));
  gst_dvr_segment_finish (range);
  g_mutex_lock (&p->lock);
  p->range_bytes += size;
  g_mutex_unlock (&p->lock);
  gst_dvr_segment_unref (whole);
}

/* Those that it lacks, up to the @n_parts-th. */
void
dvr_player_append_parts (DvrPlayer * p, GstDvrSegment * segment, guint begin,
    guint n_parts)
{
  static const guint frames[] = { 0, 7, 13, 19, 25, 32, 38, 44, 50 };
  GQuark had = g_quark_from_static_string ("parts");
  GstMiniObject *object = GST_MINI_OBJECT_CAST (segment);
  guint i = GPOINTER_TO_UINT (gst_mini_object_get_qdata (object, had));

  for (; i < n_parts; i++)
    append_part (p, segment, begin, frames[i], frames[i + 1]);
  gst_mini_object_set_qdata (object, had, GUINT_TO_POINTER (i), NULL);
}

void
dvr_player_fill (DvrPlayer * p, GstDvrSegment * segment)
{
  const GstDvrSegmentId *id = gst_dvr_segment_get_id (segment);
  GstDvrEntry entry;
  GstDvrFound found;

  if (gst_dvr_segment_get_state (segment) == GST_DVR_SEGMENT_FAILED)
    return;

  if (id->kind == GST_DVR_SEGMENT_INIT) {
    gst_dvr_segment_append (segment, id->number > 0 && p->second_codec ?
        make_second_init () : make_init (p));
    gst_dvr_segment_finish (segment);
    return;
  }
  if (id->kind == GST_DVR_SEGMENT_RANGE) {
    fill_range (p, segment);
    return;
  }
  found = gst_dvr_timeline_find (p->timeline, id->number, &entry);
  fail_if (found == GST_DVR_FOUND_NOTHING);
  if (found == GST_DVR_FOUND_REMOVED) {
    gst_dvr_segment_fail (segment, 410, "removed since it was asked for");
    return;
  }
  dvr_player_append_parts (p, segment, entry.start / FRAME, N_PARTS);
  gst_dvr_segment_finish (segment);
}

/* What a recorder would say of a segment's bytes. */
void
dvr_player_tell_key (DvrPlayer * p, GstDvrEntry * entry)
{
  GstFmp4ChunkInfo info = { 0, };
  GstBuffer *samples[7], *chunk;
  GstFmp4Run run = { &p->track, samples, 7 };
  guint i;

  for (i = 0; i < 7; i++)
    samples[i] = make_frame (p, entry->start / FRAME, i);
  chunk = gst_fmp4_write_chunk (1, &run, 1, &info, NULL);
  for (i = 0; i < 7; i++)
    gst_buffer_unref (samples[i]);
  gst_buffer_unref (chunk);
  entry->key_size = info.first_end;
}

/* Where the keyframe of its second group is. */
void
dvr_player_tell_others (DvrPlayer * p, GstDvrEntry * entry,
    GstDvrKeyframe * frames)
{
  GstDvrSegmentId id = { GST_DVR_SEGMENT_MEDIA, "live/cam1", RECORDING, 1 };
  GstDvrSegment *segment = gst_dvr_segment_new (&id);
  GstDvrPart part;

  dvr_player_append_parts (p, segment, entry->start / FRAME, N_PARTS);
  fail_unless (gst_dvr_segment_get_part (segment, 4, &part));
  gst_dvr_segment_unref (segment);
  entry->n_keyframes = p->key_distance == GROUP ? 2 : 1;
  frames[0] = (GstDvrKeyframe) {
  0, 0, entry->key_size};
  frames[1] = (GstDvrKeyframe) {
  GROUP *FRAME / GST_MSECOND, part.offset, entry->key_size};
}

void
dvr_player_setup_tracks (DvrPlayer * p)
{
  p->key_distance = GROUP;
  p->key_bytes = FRAME_BYTES;
  setup_track (&p->track, 1, "video/x-h264, stream-format=avc, "
      "alignment=au, width=128, height=96, codec_data=(buffer)" AVCC, 25000);
  setup_track (&p->sound, 2, "audio/mpeg, mpegversion=4, stream-format=raw, "
      "rate=44100, channels=2, codec_data=(buffer)1210", 44100);
}
