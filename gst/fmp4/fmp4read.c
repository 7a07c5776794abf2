/* Fragmented MP4: init sections to tracks, chunks to samples.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fmp4.h"
#include "fmp4entry.h"

#include <gst/base/gstbytereader.h>
#include <string.h>

#define TYPE GST_FMP4_TYPE

/* A segment's first keyframe is not looked for behind this. */
#define FIND_LIMIT (64 * 1024 * 1024)

#define SAMPLE_NON_SYNC 0x00010000
/* sample_is_depended_on = 2: nothing depends on it */
#define SAMPLE_DEPENDED_ON(flags) ((flags) >> 22 & 3)

/* A field is missing where the box says it is there */
static gboolean
too_short (const GstFmp4Box * box, GError ** error)
{
  g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_INVALID,
      "a %" GST_FOURCC_FORMAT " box of %" G_GUINT64_FORMAT " bytes is too "
      "short for what it says",
      GST_FOURCC_ARGS (GUINT32_SWAP_LE_BE (box->type)), box->size);
  return FALSE;
}

static gboolean
find (const GstFmp4Box * parent, guint32 type, GstFmp4Box * box)
{
  return gst_fmp4_box_find (parent->data, parent->data_size, type, box);
}

/* A full box: version, flags and a reader behind them */
static gboolean
open_full (const GstFmp4Box * box, GstByteReader * reader, guint * version,
    guint32 * flags)
{
  guint32 word;

  gst_byte_reader_init (reader, box->data, box->data_size);
  if (!gst_byte_reader_get_uint32_be (reader, &word))
    return FALSE;
  *version = word >> 24;
  *flags = word & 0xffffff;
  return TRUE;
}

/* tkhd and mdhd begin alike: two times of day, then the field in question. */
static gboolean
read_after_times (const GstFmp4Box * box, guint32 * value)
{
  GstByteReader reader;
  guint version;
  guint32 flags;

  return open_full (box, &reader, &version, &flags) &&
      gst_byte_reader_skip (&reader, version == 1 ? 16 : 8) &&
      gst_byte_reader_get_uint32_be (&reader, value);
}

static gboolean
read_entry (const GstFmp4Box * stbl, GstCaps ** caps)
{
  GstFmp4Box stsd, entry;
  GstFmp4BoxIter iter;

  *caps = NULL;
  if (!find (stbl, TYPE ('s', 't', 's', 'd'), &stsd) || stsd.data_size < 8)
    return FALSE;
  gst_fmp4_box_iter_init (&iter, stsd.data + 8, stsd.data_size - 8);
  if (gst_fmp4_box_iter_next (&iter, &entry) != GST_FMP4_BOX_OK)
    return FALSE;
  *caps = gst_fmp4_parse_sample_entry (&entry);
  return TRUE;
}

/* A track of an unknown codec is left out; a malformed one is an error. */
static gboolean
read_trak (const GstFmp4Box * trak, GArray * tracks, GError ** error)
{
  GstFmp4Box tkhd, mdia, mdhd, minf, stbl;
  GstFmp4Track track;
  guint32 id, timescale;
  GstCaps *caps;
  gboolean ok;

  if (!find (trak, TYPE ('t', 'k', 'h', 'd'), &tkhd) ||
      !find (trak, TYPE ('m', 'd', 'i', 'a'), &mdia) ||
      !find (&mdia, TYPE ('m', 'd', 'h', 'd'), &mdhd) ||
      !find (&mdia, TYPE ('m', 'i', 'n', 'f'), &minf) ||
      !find (&minf, TYPE ('s', 't', 'b', 'l'), &stbl) ||
      !read_after_times (&tkhd, &id) || id == 0 ||
      !read_after_times (&mdhd, &timescale) || timescale == 0 ||
      !read_entry (&stbl, &caps)) {
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_INVALID,
        "track %u of the init section is malformed", tracks->len + 1);
    return FALSE;
  }
  if (caps == NULL)
    return TRUE;
  ok = gst_fmp4_track_init (&track, id, caps, timescale, error);
  gst_caps_unref (caps);
  if (ok)
    g_array_append_val (tracks, track);
  return ok;
}

static void
read_trex (const GstFmp4Box * box, GArray * tracks)
{
  guint i;

  if (box->data_size < 24)
    return;
  for (i = 0; i < tracks->len; i++) {
    GstFmp4Track *track = &g_array_index (tracks, GstFmp4Track, i);

    if (track->id != GST_READ_UINT32_BE (box->data + 4))
      continue;
    track->default_duration = GST_READ_UINT32_BE (box->data + 12);
    track->default_size = GST_READ_UINT32_BE (box->data + 16);
    track->default_flags = GST_READ_UINT32_BE (box->data + 20);
  }
}

static void
read_mvex (const GstFmp4Box * moov, GArray * tracks)
{
  GstFmp4Box mvex, box;
  GstFmp4BoxIter iter;

  if (!find (moov, TYPE ('m', 'v', 'e', 'x'), &mvex))
    return;
  gst_fmp4_box_iter_init (&iter, mvex.data, mvex.data_size);
  while (gst_fmp4_box_iter_next (&iter, &box) == GST_FMP4_BOX_OK) {
    if (box.type == TYPE ('t', 'r', 'e', 'x'))
      read_trex (&box, tracks);
  }
}

/**
 * gst_fmp4_read_init:
 * @data: an init section
 * @size: its length
 * @error: why not
 *
 * Reads the tracks of an init section. Tracks of codecs not known here are
 * left out, and so is all after GST_FMP4_MAX_TRACKS. Edit lists are ignored.
 *
 * Returns: (transfer full) (nullable) (element-type GstFmp4Track): the
 *   tracks, possibly none; the array clears them
 */
GArray *
gst_fmp4_read_init (const guint8 * data, gsize size, GError ** error)
{
  GArray *tracks;
  GstFmp4Box moov, box;
  GstFmp4BoxIter iter;

  if (!gst_fmp4_box_find (data, size, GST_FMP4_MOOV, &moov)) {
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_INVALID,
        "no whole moov box in %" G_GSIZE_FORMAT " bytes", size);
    return NULL;
  }
  tracks = g_array_new (FALSE, TRUE, sizeof (GstFmp4Track));
  g_array_set_clear_func (tracks, (GDestroyNotify) gst_fmp4_track_clear);
  gst_fmp4_box_iter_init (&iter, moov.data, moov.data_size);
  while (gst_fmp4_box_iter_next (&iter, &box) == GST_FMP4_BOX_OK &&
      tracks->len < GST_FMP4_MAX_TRACKS) {
    if (box.type == TYPE ('t', 'r', 'a', 'k') &&
        !read_trak (&box, tracks, error)) {
      g_array_unref (tracks);
      return NULL;
    }
  }
  read_mvex (&moov, tracks);
  return tracks;
}

/* What is known while a moof is read */
typedef struct
{
  GstBuffer *buffer;
  gsize size;                   /* of the buffer */
  guint64 moof;                 /* where the moof begins in it */
  const GstFmp4Track *tracks;
  guint n_tracks;
  GstFmp4SampleFunc func;
  gpointer user_data;
  gsize left;                   /* bytes that samples may still claim */
  guint32 wanted;               /* track whose first keyframe is looked for */
  guint64 found;                /* where that ends */
  /* of the traf being read */
  const GstFmp4Track *track;
  guint64 dts;                  /* ticks */
  guint64 pos;                  /* where the next sample lies in the buffer */
  guint32 duration, sample_size, flags;
} Context;

static gboolean
read_tfhd (Context * ctx, const GstFmp4Box * box, GError ** error)
{
  GstByteReader r;
  guint version, i;
  guint32 flags = 0, id = 0, index;
  guint64 base = ctx->moof;
  gboolean ok;

  ok = open_full (box, &r, &version, &flags) &&
      gst_byte_reader_get_uint32_be (&r, &id);
  ctx->track = NULL;
  for (i = 0; i < ctx->n_tracks; i++) {
    if (ctx->tracks[i].id == id)
      ctx->track = &ctx->tracks[i];
  }
  if (!ok || ctx->track == NULL)
    return ok || too_short (box, error);
  ctx->duration = ctx->track->default_duration;
  ctx->sample_size = ctx->track->default_size;
  ctx->flags = ctx->track->default_flags;
  if (flags & 0x01)
    ok = ok && gst_byte_reader_get_uint64_be (&r, &base);
  if (flags & 0x02)
    ok = ok && gst_byte_reader_get_uint32_be (&r, &index);
  if (flags & 0x08)
    ok = ok && gst_byte_reader_get_uint32_be (&r, &ctx->duration);
  if (flags & 0x10)
    ok = ok && gst_byte_reader_get_uint32_be (&r, &ctx->sample_size);
  if (flags & 0x20)
    ok = ok && gst_byte_reader_get_uint32_be (&r, &ctx->flags);
  if (!ok)
    return too_short (box, error);
  if ((flags & 0x01) && base != ctx->moof) {
    /* counts from a file's begin, which a chunk does not know */
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_UNSUPPORTED,
        "offsets that do not count from the moof box");
    return FALSE;
  }
  ctx->pos = base;
  return TRUE;
}

static gboolean
read_tfdt (Context * ctx, const GstFmp4Box * box, GError ** error)
{
  GstByteReader r;
  guint version;
  guint32 flags, dts32;

  if (!open_full (box, &r, &version, &flags))
    return too_short (box, error);
  if (version == 1) {
    if (!gst_byte_reader_get_uint64_be (&r, &ctx->dts))
      return too_short (box, error);
  } else {
    if (!gst_byte_reader_get_uint32_be (&r, &dts32))
      return too_short (box, error);
    ctx->dts = dts32;
  }

  return TRUE;
}

/* The nearest nanosecond; FALSE where 64 bits do not hold it */
static gboolean
to_time (guint64 ticks, guint32 timescale, GstClockTime * time)
{
  *time = gst_fmp4_ticks_to_time (ticks, timescale);
  return *time != GST_CLOCK_TIME_NONE;
}

static gboolean
out_of_bounds (Context * ctx, GError ** error)
{
  g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_INVALID,
      "a time beyond all bounds in track %u", ctx->track->id);

  return FALSE;
}

/* Runs that claim the same bytes over and over would make much of little. */
static gboolean
claim (Context * ctx, guint32 size, GError ** error)
{
  if (size > ctx->left) {
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_INVALID,
        "samples of track %u overlap", ctx->track->id);
    return FALSE;
  }
  ctx->left -= size;
  return TRUE;
}

/* Looks for a keyframe, whose bytes need not be there. Returns: FALSE once it is
 * found, or will not be */
static gboolean
pass_sample (Context * ctx, guint32 size, guint32 flags)
{
  if (!claim (ctx, size, NULL))
    return FALSE;
  ctx->pos += size;
  if (ctx->track->id != ctx->wanted || size == 0 ||
      (gst_fmp4_track_is_video (ctx->track) && (flags & SAMPLE_NON_SYNC)))
    return TRUE;
  ctx->found = ctx->pos;
  return FALSE;
}

static gboolean
emit_sample (Context * ctx, guint32 size, guint32 duration, guint32 flags,
    gint64 cts, GError ** error)
{
  guint32 scale = ctx->track->timescale;
  gint64 pts;
  GstClockTime dts_time, pts_time, end_time;
  GstBuffer *sample;

  if (ctx->wanted)
    return pass_sample (ctx, size, flags);
  if (ctx->pos > ctx->size || size > ctx->size - ctx->pos) {
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_TRUNCATED,
        "a sample of track %u ends %" G_GUINT64_FORMAT " bytes in, the data "
        "after %" G_GSIZE_FORMAT, ctx->track->id, ctx->pos + size, ctx->size);
    return FALSE;
  }
  /* what can be added to it has 32 bits */
  if (ctx->dts > G_MAXINT64 - G_MAXUINT32)
    return out_of_bounds (ctx, error);
  pts = (gint64) ctx->dts + cts;
  if (!to_time (ctx->dts, scale, &dts_time) ||
      !to_time (MAX (pts, 0), scale, &pts_time) ||
      !to_time (ctx->dts + duration, scale, &end_time))
    return out_of_bounds (ctx, error);
  if (!claim (ctx, size, error))
    return FALSE;
  sample = gst_buffer_copy_region (ctx->buffer, GST_BUFFER_COPY_MEMORY,
      ctx->pos, size);
  GST_BUFFER_DTS (sample) = dts_time;
  GST_BUFFER_PTS (sample) = pts_time;
  GST_BUFFER_DURATION (sample) = end_time - dts_time;
  if (gst_fmp4_track_is_video (ctx->track) && (flags & SAMPLE_NON_SYNC))
    GST_BUFFER_FLAG_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT);
  if (SAMPLE_DEPENDED_ON (flags) == 2)
    GST_BUFFER_FLAG_SET (sample, GST_BUFFER_FLAG_DROPPABLE);
  ctx->pos += size;
  ctx->dts += duration;
  ctx->func (ctx->track, sample, ctx->user_data);
  return TRUE;
}

static guint
trun_row_size (guint32 flags)
{
  return 4 * (!!(flags & 0x100) + !!(flags & 0x200) + !!(flags & 0x400) +
      !!(flags & 0x800));
}

/* The fields before the rows; the row count is checked against the box. */
static gboolean
read_trun_head (Context * ctx, GstByteReader * r, guint32 flags,
    guint32 * count, guint32 * first_flags)
{
  guint32 offset;
  gboolean ok = gst_byte_reader_get_uint32_be (r, count);

  if (flags & 0x01) {
    ok = ok && gst_byte_reader_get_uint32_be (r, &offset);
    if (ok)
      ctx->pos = ctx->moof + (gint64) (gint32) offset;
  }
  *first_flags = ctx->flags;
  if (flags & 0x04)
    ok = ok && gst_byte_reader_get_uint32_be (r, first_flags);
  if (!ok)
    return FALSE;
  /* a row without fields costs no bytes, so its samples must */
  if (trun_row_size (flags) == 0)
    return *count == 0 || (ctx->sample_size > 0 &&
        *count <= ctx->size / ctx->sample_size);
  return (guint64) * count * trun_row_size (flags) <=
      gst_byte_reader_get_remaining (r);
}

static gboolean
read_trun (Context * ctx, const GstFmp4Box * box, GError ** error)
{
  GstByteReader r;
  guint version;
  guint32 flags, count, first_flags, i;

  if (!open_full (box, &r, &version, &flags) ||
      !read_trun_head (ctx, &r, flags, &count, &first_flags))
    return too_short (box, error);
  for (i = 0; i < count; i++) {
    guint32 duration = ctx->duration, size = ctx->sample_size;
    guint32 sample_flags = i == 0 ? first_flags : ctx->flags, cts = 0;

    if (flags & 0x100)
      duration = gst_byte_reader_get_uint32_be_unchecked (&r);
    if (flags & 0x200)
      size = gst_byte_reader_get_uint32_be_unchecked (&r);
    if (flags & 0x400)
      sample_flags = gst_byte_reader_get_uint32_be_unchecked (&r);
    if (flags & 0x800)
      cts = gst_byte_reader_get_uint32_be_unchecked (&r);
    if (!emit_sample (ctx, size, duration, sample_flags,
            version == 0 ? (gint64) cts : (gint64) (gint32) cts, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_traf (Context * ctx, const GstFmp4Box * traf, GError ** error)
{
  GstFmp4BoxIter iter;
  GstFmp4Box box;

  if (!find (traf, TYPE ('t', 'f', 'h', 'd'), &box)) {
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_INVALID,
        "a traf box without tfhd");
    return FALSE;
  }
  if (!read_tfhd (ctx, &box, error))
    return FALSE;
  if (ctx->track == NULL)
    return TRUE;
  if (!find (traf, TYPE ('t', 'f', 'd', 't'), &box)) {
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_INVALID,
        "track %u has no tfdt: its samples have no place in time",
        ctx->track->id);
    return FALSE;
  }
  if (!read_tfdt (ctx, &box, error))
    return FALSE;
  gst_fmp4_box_iter_init (&iter, traf->data, traf->data_size);
  while (gst_fmp4_box_iter_next (&iter, &box) == GST_FMP4_BOX_OK) {
    if (box.type == TYPE ('t', 'r', 'u', 'n') && !read_trun (ctx, &box, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_moof (Context * ctx, const GstFmp4Box * moof, GError ** error)
{
  GstFmp4BoxIter iter;
  GstFmp4Box box;

  ctx->moof = moof->offset;
  gst_fmp4_box_iter_init (&iter, moof->data, moof->data_size);
  while (gst_fmp4_box_iter_next (&iter, &box) == GST_FMP4_BOX_OK) {
    if (box.type == TYPE ('t', 'r', 'a', 'f') && !read_traf (ctx, &box, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_boxes (Context * ctx, const guint8 * data, GError ** error)
{
  GstFmp4BoxIter iter;
  GstFmp4Box box;
  GstFmp4BoxResult result;

  gst_fmp4_box_iter_init (&iter, data, ctx->size);
  while ((result = gst_fmp4_box_iter_next (&iter, &box)) == GST_FMP4_BOX_OK) {
    if (box.type == GST_FMP4_MOOF && !read_moof (ctx, &box, error))
      return FALSE;
  }
  if (result == GST_FMP4_BOX_END)
    return TRUE;
  g_set_error (error, GST_FMP4_ERROR, result == GST_FMP4_BOX_TRUNCATED ?
      GST_FMP4_ERROR_TRUNCATED : GST_FMP4_ERROR_INVALID,
      "%s box at byte %" G_GUINT64_FORMAT " of %" G_GSIZE_FORMAT,
      result == GST_FMP4_BOX_TRUNCATED ? "a truncated" : "no", box.offset,
      ctx->size);
  return FALSE;
}

/**
 * gst_fmp4_read_chunk:
 * @data: whole chunks in a row: a chunk, a part or a segment; other boxes
 *   between them are skipped. Best in one memory: several are merged for
 *   looking at the boxes
 * @tracks: (array length=n_tracks): what the init section says
 * @n_tracks: how many
 * @func: (scope call): gets each sample, in the order of the boxes
 * @user_data: for @func
 * @error: why not
 *
 * Samples share the memory of @data. DTS, PTS and DURATION are rounded to
 * the nearest nanosecond each by itself; a PTS before zero is given as zero.
 * Samples of tracks that are not in @tracks are skipped. When an error is
 * met, samples before it have already been given to @func.
 *
 * Returns: whether all of @data could be read
 */
gboolean
gst_fmp4_read_chunk (GstBuffer * data, const GstFmp4Track * tracks,
    guint n_tracks, GstFmp4SampleFunc func, gpointer user_data, GError ** error)
{
  Context ctx = {.buffer = data,.tracks = tracks,.n_tracks = n_tracks,
    .func = func,.user_data = user_data
  };
  GstMapInfo map;
  gboolean ok;

  if (!gst_buffer_map (data, &map, GST_MAP_READ)) {
    g_set_error (error, GST_FMP4_ERROR, GST_FMP4_ERROR_INVALID,
        "the memory of the chunk cannot be read");
    return FALSE;
  }
  ctx.size = ctx.left = map.size;
  ok = read_boxes (&ctx, map.data, error);
  gst_buffer_unmap (data, &map);
  return ok;
}

/**
 * gst_fmp4_find_key:
 * @data: a segment's begin, cut off anywhere
 * @size: how much of it is there
 * @tracks: (array length=n_tracks): what the init section says
 * @n_tracks: how many
 * @id: id of one of them
 * @end: (out): where its first keyframe ends, counted from @data; or, where
 *   more than @size, how many bytes it takes at least to tell that
 *
 * Returns: FALSE if that will not be told, whatever follows
 */
gboolean
gst_fmp4_find_key (const guint8 * data, gsize size,
    const GstFmp4Track * tracks, guint n_tracks, guint32 id, guint64 * end)
{
  Context ctx = {.size = FIND_LIMIT,.left = FIND_LIMIT,.tracks = tracks,
    .n_tracks = n_tracks,.wanted = id
  };
  GstFmp4BoxResult result;
  GstFmp4BoxIter iter;
  GstFmp4Box box;

  gst_fmp4_box_iter_init (&iter, data, size);
  while ((result = gst_fmp4_box_iter_next (&iter, &box)) == GST_FMP4_BOX_OK) {
    if (box.type != GST_FMP4_MOOF || read_moof (&ctx, &box, NULL))
      continue;
    *end = ctx.found;
    return ctx.found > box.offset && ctx.found <= FIND_LIMIT;
  }
  /* the header of what follows this box at least */
  *end = MAX (box.offset + box.size, size) + 16;
  return result != GST_FMP4_BOX_INVALID && *end <= FIND_LIMIT;
}
