/* Fragmented MP4: samples to chunks (moof and mdat).
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fmp4.h"

#include <string.h>

#define TYPE GST_FMP4_TYPE

/* tfhd and trun flags, ISO/IEC 14496-12, sections 8.8.7 and 8.8.8 */
#define TFHD_DURATION 0x000008
#define TFHD_SIZE 0x000010
#define TFHD_FLAGS 0x000020
#define TFHD_BASE_IS_MOOF 0x020000
#define TRUN_OFFSET 0x000001
#define TRUN_FIRST_FLAGS 0x000004
#define TRUN_DURATION 0x000100
#define TRUN_SIZE 0x000200
#define TRUN_FLAGS 0x000400
#define TRUN_CTS 0x000800

/* Sample flags, section 8.8.3.1 */
#define SAMPLE_SYNC 0x02000000
#define SAMPLE_DELTA 0x01010000
#define SAMPLE_DISPOSABLE 0x00800000

/* More samples than a chunk can ever need */
#define MAX_SAMPLES 65536

typedef struct
{
  guint32 duration;
  guint32 size;
  guint32 flags;
  guint32 cts;
} Sample;

/* A run on its way into the moof */
typedef struct
{
  const GstFmp4Run *run;
  Sample *samples;
  guint64 dts;                  /* of the first, in ticks */
  guint64 bytes;
  guint offset_pos;             /* where trun's data offset is */
} Work;

/**
 * gst_fmp4_dts_lowering:
 * @samples: (array length=n_samples): samples in decoding order
 * @n_samples: how many
 *
 * Some publishers send composition times below zero. As a chunk has none,
 * all DTS of such a track are lowered by a constant; what it takes can be
 * learned from the first group of pictures. The timeline must begin at least
 * this much above zero.
 *
 * Returns: the largest DTS - PTS among them, in nanoseconds, or 0
 */
GstClockTime
gst_fmp4_dts_lowering (GstBuffer ** samples, guint n_samples)
{
  GstClockTime most = 0;
  guint i;

  for (i = 0; i < n_samples; i++) {
    GstClockTime dts = GST_BUFFER_DTS (samples[i]);
    GstClockTime pts = GST_BUFFER_PTS (samples[i]);

    if (GST_CLOCK_TIME_IS_VALID (dts) && GST_CLOCK_TIME_IS_VALID (pts)
        && dts > pts)
      most = MAX (most, dts - pts);
  }
  return most;
}

static guint32
sample_flags (const GstFmp4Track * track, GstBuffer * sample)
{
  guint32 flags = SAMPLE_SYNC;

  if (gst_fmp4_track_is_video (track)) {
    if (GST_BUFFER_FLAG_IS_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT))
      flags = SAMPLE_DELTA;
    if (GST_BUFFER_FLAG_IS_SET (sample, GST_BUFFER_FLAG_DROPPABLE))
      flags |= SAMPLE_DISPOSABLE;
  }
  return flags;
}

static gboolean
timing_error (const GstFmp4Run * run, guint i, const gchar * what,
    GError ** error)
{
  g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_TIMING,
      "track %u, sample %u with DTS %" GST_TIME_FORMAT " and PTS %"
      GST_TIME_FORMAT ": %s", run->track->id, i,
      GST_TIME_ARGS (GST_BUFFER_DTS (run->samples[i])),
      GST_TIME_ARGS (GST_BUFFER_PTS (run->samples[i])), what);
  return FALSE;
}

/* DTS (or PTS where a sample has no DTS) after lowering, in ticks */
static gboolean
sample_dts (const GstFmp4Run * run, guint i, guint64 * ticks, GError ** error)
{
  GstClockTime dts = GST_BUFFER_DTS_OR_PTS (run->samples[i]);

  if (!GST_CLOCK_TIME_IS_VALID (dts))
    return timing_error (run, i, "no time", error);
  if (dts < run->track->dts_lowering)
    return timing_error (run, i, "before zero once lowered", error);
  *ticks = gst_fmp4_time_to_ticks (dts - run->track->dts_lowering,
      run->track->timescale);
  return TRUE;
}

/* The last of a run has no successor in it, so its own duration counts. */
static gboolean
sample_end (const GstFmp4Run * run, guint i, guint64 * ticks, GError ** error)
{
  GstClockTime duration = GST_BUFFER_DURATION (run->samples[i]);

  if (i + 1 < run->n_samples)
    return sample_dts (run, i + 1, ticks, error);
  if (!GST_CLOCK_TIME_IS_VALID (duration))
    return timing_error (run, i, "the last of a chunk needs a duration", error);
  *ticks = gst_fmp4_time_to_ticks (GST_BUFFER_DTS_OR_PTS (run->samples[i]) -
      run->track->dts_lowering + duration, run->track->timescale);
  return TRUE;
}

static gboolean
measure_sample (Work * work, guint i, guint64 dts, guint64 * next,
    GError ** error)
{
  const GstFmp4Run *run = work->run;
  GstBuffer *buffer = run->samples[i];
  Sample *sample = &work->samples[i];
  guint64 pts = dts;
  gsize size = gst_buffer_get_size (buffer);

  if (!sample_end (run, i, next, error))
    return FALSE;
  if (*next < dts)
    return timing_error (run, i, "the next one is decoded before it", error);
  if (GST_BUFFER_PTS_IS_VALID (buffer) && GST_BUFFER_DTS_IS_VALID (buffer))
    pts = gst_fmp4_time_to_ticks (GST_BUFFER_PTS (buffer),
        run->track->timescale);
  if (pts < dts)
    return timing_error (run, i, "shown before it is decoded; lower the "
        "track's DTS", error);
  if (*next - dts > G_MAXUINT32 || pts - dts > G_MAXINT32 || size > G_MAXINT32)
    return timing_error (run, i, "too long or too large", error);
  sample->duration = *next - dts;
  sample->cts = pts - dts;
  sample->size = size;
  sample->flags = sample_flags (run->track, buffer);
  work->bytes += size;
  return TRUE;
}

static gboolean
measure_run (Work * work, GError ** error)
{
  guint64 dts, next;
  guint i;

  if (!sample_dts (work->run, 0, &dts, error))
    return FALSE;
  work->dts = dts;
  for (i = 0; i < work->run->n_samples; i++) {
    if (!measure_sample (work, i, dts, &next, error))
      return FALSE;
    dts = next;
  }
  return TRUE;
}

/* Which fields differ between samples and so stand in trun */
static guint
run_fields (const Work * work)
{
  const Sample *first = &work->samples[0];
  guint i, fields = 0;

  if (first->cts != 0)
    fields |= TRUN_CTS;
  /* readers rightly distrust rows that cost nothing and mean nothing */
  if (first->size == 0)
    fields |= TRUN_SIZE;
  for (i = 1; i < work->run->n_samples; i++) {
    const Sample *s = &work->samples[i];

    if (s->duration != first->duration)
      fields |= TRUN_DURATION;
    if (s->size != first->size)
      fields |= TRUN_SIZE;
    if (s->flags != work->samples[1].flags)
      fields |= TRUN_FLAGS;
    if (s->cts != 0)
      fields |= TRUN_CTS;
  }
  if (!(fields & TRUN_FLAGS) && work->run->n_samples > 1 &&
      first->flags != work->samples[1].flags)
    fields |= TRUN_FIRST_FLAGS;
  return fields;
}

static void
put_tfhd (GByteArray * out, const Work * work, guint fields)
{
  const Sample *first = &work->samples[0];
  guint flags = TFHD_BASE_IS_MOOF, box;

  if (!(fields & TRUN_DURATION))
    flags |= TFHD_DURATION;
  if (!(fields & TRUN_SIZE))
    flags |= TFHD_SIZE;
  if (!(fields & TRUN_FLAGS))
    flags |= TFHD_FLAGS;
  box = gst_fmp4_box_begin_full (out, TYPE ('t', 'f', 'h', 'd'), 0, flags);
  gst_fmp4_put_u32 (out, work->run->track->id);
  if (flags & TFHD_DURATION)
    gst_fmp4_put_u32 (out, first->duration);
  if (flags & TFHD_SIZE)
    gst_fmp4_put_u32 (out, first->size);
  if (flags & TFHD_FLAGS)
    gst_fmp4_put_u32 (out,
        work->samples[work->run->n_samples > 1 ? 1 : 0].flags);
  gst_fmp4_box_end (out, box);
}

static void
put_trun (GByteArray * out, Work * work, guint fields)
{
  guint box, i;

  box = gst_fmp4_box_begin_full (out, TYPE ('t', 'r', 'u', 'n'), 0,
      TRUN_OFFSET | fields);
  gst_fmp4_put_u32 (out, work->run->n_samples);
  work->offset_pos = out->len;
  gst_fmp4_put_u32 (out, 0);
  if (fields & TRUN_FIRST_FLAGS)
    gst_fmp4_put_u32 (out, work->samples[0].flags);
  for (i = 0; i < work->run->n_samples; i++) {
    const Sample *s = &work->samples[i];

    if (fields & TRUN_DURATION)
      gst_fmp4_put_u32 (out, s->duration);
    if (fields & TRUN_SIZE)
      gst_fmp4_put_u32 (out, s->size);
    if (fields & TRUN_FLAGS)
      gst_fmp4_put_u32 (out, s->flags);
    if (fields & TRUN_CTS)
      gst_fmp4_put_u32 (out, s->cts);
  }
  gst_fmp4_box_end (out, box);
}

static void
put_traf (GByteArray * out, Work * work)
{
  guint fields = run_fields (work);
  guint traf = gst_fmp4_box_begin (out, TYPE ('t', 'r', 'a', 'f'));
  guint tfdt;

  put_tfhd (out, work, fields);
  tfdt = gst_fmp4_box_begin_full (out, TYPE ('t', 'f', 'd', 't'), 1, 0);
  gst_fmp4_put_u64 (out, work->dts);
  gst_fmp4_box_end (out, tfdt);
  put_trun (out, work, fields);
  gst_fmp4_box_end (out, traf);
}

static GByteArray *
make_moof (guint32 sequence, Work * works, guint n)
{
  GByteArray *out = g_byte_array_sized_new (256);
  guint64 offset;
  guint moof, mfhd, i;

  moof = gst_fmp4_box_begin (out, GST_FMP4_MOOF);
  mfhd = gst_fmp4_box_begin_full (out, TYPE ('m', 'f', 'h', 'd'), 0, 0);
  gst_fmp4_put_u32 (out, sequence);
  gst_fmp4_box_end (out, mfhd);
  for (i = 0; i < n; i++)
    put_traf (out, &works[i]);
  gst_fmp4_box_end (out, moof);

  offset = out->len + 8;
  for (i = 0; i < n; i++) {
    GST_WRITE_UINT32_BE (out->data + works[i].offset_pos, offset);
    offset += works[i].bytes;
  }
  return out;
}

static GstBuffer *
assemble (GByteArray * moof, const Work * works, guint n, gsize media)
{
  gsize pos = moof->len + 8;
  GstBuffer *chunk = gst_buffer_new_allocate (NULL, pos + media, NULL);
  GstMapInfo map;
  guint i, j;

  if (chunk == NULL || !gst_buffer_map (chunk, &map, GST_MAP_WRITE)) {
    gst_clear_buffer (&chunk);
    return NULL;
  }
  memcpy (map.data, moof->data, moof->len);
  GST_WRITE_UINT32_BE (map.data + moof->len, 8 + media);
  GST_WRITE_UINT32_BE (map.data + moof->len + 4, GST_FMP4_MDAT);
  for (i = 0; i < n; i++) {
    for (j = 0; j < works[i].run->n_samples; j++)
      pos += gst_buffer_extract (works[i].run->samples[j], 0, map.data + pos,
          works[i].samples[j].size);
  }
  gst_buffer_unmap (chunk, &map);
  return chunk;
}

/* Video first: its keyframe is then the first thing in the mdat. */
static guint
order_runs (const GstFmp4Run * runs, guint n_runs, Work * works)
{
  guint i, n = 0, pass;

  for (pass = 0; pass < 2; pass++) {
    for (i = 0; i < n_runs; i++) {
      if (gst_fmp4_track_is_video (runs[i].track) != (pass == 0))
        continue;
      works[n].run = &runs[i];
      works[n++].samples = g_new0 (Sample, runs[i].n_samples);
    }
  }
  return n;
}

static void
fill_info (GstFmp4ChunkInfo * info, guint moof_size, const Work * first)
{
  info->moof_size = moof_size;
  info->first_end = moof_size + 8 + first->samples[0].size;
  info->first_is_keyframe = gst_fmp4_track_is_video (first->run->track) &&
      !(first->samples[0].flags & 0x10000);
}

/**
 * gst_fmp4_write_chunk:
 * @sequence: for mfhd: rises from chunk to chunk
 * @runs: (array length=n_runs): the tracks' samples, each track at most once
 * @n_runs: 1 to GST_FMP4_MAX_TRACKS
 * @info: (out) (optional): where things are in the chunk
 * @error: why not
 *
 * Writes one moof and one mdat. Video comes first, in the moof and in the
 * mdat. Times are on the caller's absolute timeline and are rounded to the
 * nearest tick each by itself, so errors never add up. Within a run a
 * sample lasts until the next one's DTS, whatever its DURATION says; the
 * last lasts its DURATION, which must not be missing.
 *
 * Returns: (transfer full) (nullable): one memory
 */
GstBuffer *
gst_fmp4_write_chunk (guint32 sequence, const GstFmp4Run * runs, guint n_runs,
    GstFmp4ChunkInfo * info, GError ** error)
{
  Work works[GST_FMP4_MAX_TRACKS] = { {NULL,}, };
  GstBuffer *chunk = NULL;
  GByteArray *moof;
  guint64 media = 0;
  guint i, n;

  g_return_val_if_fail (n_runs > 0 && n_runs <= GST_FMP4_MAX_TRACKS, NULL);
  for (i = 0; i < n_runs; i++)
    g_return_val_if_fail (runs[i].n_samples > 0 &&
        runs[i].n_samples <= MAX_SAMPLES, NULL);

  n = order_runs (runs, n_runs, works);
  for (i = 0; i < n; i++) {
    if (!measure_run (&works[i], error))
      goto done;
    media += works[i].bytes;
  }
  if (media > G_MAXINT32) {
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_TIMING,
        "%" G_GUINT64_FORMAT " bytes are too much for one chunk", media);
    goto done;
  }
  moof = make_moof (sequence, works, n);
  chunk = assemble (moof, works, n, media);
  if (chunk == NULL)
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_INVALID,
        "no memory for a chunk, or a sample that cannot be read");
  else if (info != NULL)
    fill_info (info, moof->len, &works[0]);
  g_byte_array_unref (moof);

done:
  for (i = 0; i < n; i++)
    g_free (works[i].samples);
  return chunk;
}
