/* dvrrtmprendering.c: segments as RTMP messages, made once for all viewers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A segment is rendered as it comes, by whichever player looks first, into
 * blocks that all of them share. The first message of a segment counts from
 * the last one of the segment before it, if that has been rendered to its end
 * and nobody has gone on from there yet: then who has played the one goes on
 * with the other as it is. Otherwise, and where sound or pictures are missing for
 * long, it counts from its own begin, and every player needs a new head there.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "flv/flvwriter.h"
#include "fmp4/fmp4.h"

#include "dvrrtmprendering-private.h"

GST_DEBUG_CATEGORY_EXTERN (dvr_rtmp_debug);
#define GST_CAT_DEFAULT dvr_rtmp_debug

/* A box that is larger than this is none of ours. */
#define MAX_CHUNK (64 * 1024 * 1024)
/* A block is finished at this size, however little time it covers. */
#define MAX_BLOCK (256 * 1024)
/* Of sound or pictures, milliseconds. */
#define MAX_ABSENCE 2000

void
dvr_rtmp_rendering_let_media_go (DvrRtmpRendering * self)
{
  if (self->growth)
    dvr_wait_list_close (self->growth);
  self->growth = NULL;
  g_clear_pointer (&self->media, gst_dvr_segment_unref);
}

static gboolean
is_wanted (DvrRtmpRendering * self, const GstFmp4Track * track)
{
  return dvr_rtmp_kind_of (track) & self->key.kinds;
}

static gboolean
fail (DvrRtmpRendering * self, const gchar * why)
{
  GST_WARNING ("segment %" G_GUINT64_FORMAT " of %s cannot be played over "
      "RTMP: %s", self->key.number, self->recording, why);
  self->progress = DVR_RTMP_FAILED;
  dvr_set (self->failed, TRUE);
  return FALSE;
}

/* Returns: whether the tracks are known */
static gboolean
read_init (DvrRtmpRendering * self)
{
  GError *error = NULL;
  guint64 size;
  guint8 *data;

  switch (gst_dvr_segment_get_state (self->init)) {
    case GST_DVR_SEGMENT_FILLING:
      return FALSE;
    case GST_DVR_SEGMENT_FAILED:
      return fail (self, "its init section has not come");
    default:
      break;
  }
  size = gst_dvr_segment_get_size (self->init);
  data = g_malloc (size);
  gst_dvr_segment_read (self->init, 0, data, size);
  self->tracks = gst_fmp4_read_init (data, size, &error);
  g_free (data);
  if (!self->tracks) {
    fail (self, error->message);
    g_clear_error (&error);
    return FALSE;
  }
  dvr_rtmp_head_fill (&self->head, self->tracks, self->key.kinds);
  return TRUE;
}

/* It counts until nobody sends it any more. */
static void
discharge (const GstRtmpBlock * block, gpointer charge)
{
  gst_dvr_charge_remove (charge, gst_rtmp_block_get_memory_size (block));
  gst_dvr_charge_unref (charge);
}

static void
finish_block (DvrRtmpRendering * self)
{
  GstRtmpBlock *block;

  if (self->first_time < 0)
    return;
  block = gst_rtmp_block_builder_finish (self->builder);
  gst_dvr_charge_add (self->charge, gst_rtmp_block_get_memory_size (block));
  gst_rtmp_block_set_notify (block, discharge,
      gst_dvr_charge_ref (self->charge));
  g_ptr_array_add (self->blocks, block);
  self->first_time = -1;
  __atomic_store_n (&self->length, self->blocks->len, __ATOMIC_RELEASE);
}

/* Whether the next message of each kind is near the last one of the segment
 * before. A player that enters begins at the earlier of these, and were sound or
 * pictures missing for an hour, with an hour of nothing. */
static gboolean
is_near (DvrRtmpRendering * self, const DvrRtmpRendering * before, gint64 time)
{
  return (!self->head.has_video
      || time - before->last[GST_RTMP_BLOCK_VIDEO] < MAX_ABSENCE)
      && (!self->head.has_audio
      || time - before->last[GST_RTMP_BLOCK_AUDIO] < MAX_ABSENCE);
}

/* Takes over from the segment before, where that is possible, or counts from
 * @time. */
static void
begin (DvrRtmpRendering * self, gint64 time)
{
  DvrRtmpRendering *before = g_steal_pointer (&self->before);
  guint i;

  self->begun = TRUE;
  if (before) {
    g_mutex_lock (&before->lock);
    if (before->progress == DVR_RTMP_DONE && before->builder
        && before->init_number == self->init_number
        && g_str_equal (before->recording, self->recording)
        && is_near (self, before, time)) {
      self->builder = g_steal_pointer (&before->builder);
      memcpy (self->last, before->last, sizeof (self->last));
      self->continues = TRUE;
    }
    g_mutex_unlock (&before->lock);
    dvr_rtmp_rendering_unref (before);
  }
  if (self->builder)
    return;
  self->builder = gst_rtmp_block_builder_new (GST_RTMP_BLOCK_CHUNK_SIZE,
      self->key.lane);
  gst_rtmp_block_builder_restart (self->builder, time);
  for (i = 0; i < GST_RTMP_BLOCK_N_KINDS; i++)
    self->last[i] = time;
}

typedef struct
{
  const GstFmp4Track *track;
  GstBuffer *sample;
  gint64 time;
} Sample;

static void
clear_sample (gpointer data)
{
  gst_buffer_unref (((Sample *) data)->sample);
}

static void
collect (const GstFmp4Track * track, GstBuffer * sample, gpointer user_data)
{
  Sample item = { track, sample, gst_flv_sample_time (sample) };

  g_array_append_val ((GArray *) user_data, item);
}

static gint
compare_samples (gconstpointer a, gconstpointer b)
{
  const Sample *x = a, *y = b;

  return x->time < y->time ? -1 : x->time > y->time;
}

static void
add_sample (DvrRtmpRendering * self, const Sample * item, guint64 batch)
{
  gboolean video = gst_fmp4_track_is_video (item->track);
  GstRtmpBlockKind kind = video ? GST_RTMP_BLOCK_VIDEO : GST_RTMP_BLOCK_AUDIO;
  gint64 time = MAX (item->time, self->last[kind]);
  gboolean key = !self->head.has_video || (video
      && !GST_BUFFER_FLAG_IS_SET (item->sample, GST_BUFFER_FLAG_DELTA_UNIT));
  GstBuffer *body;
  GstMapInfo map;

  body = gst_flv_write_sample_body (item->track->caps, GST_FLV_MODE_AUTO,
      item->sample);
  if (!body)
    return;
  if (self->first_time >= 0 && (time - self->first_time >= (gint64) batch
          || gst_rtmp_block_builder_get_size (self->builder) > MAX_BLOCK))
    finish_block (self);
  if (gst_buffer_map (body, &map, GST_MAP_READ)) {
    if (gst_rtmp_block_builder_add (self->builder, kind, time, map.data,
            map.size, key)) {
      self->last[kind] = time;
      if (self->first_time < 0)
        self->first_time = time;
    }
    gst_buffer_unmap (body, &map);
  }
  gst_buffer_unref (body);
}

static GstRtmpBlockKind
kind_of (const GstFmp4Track * track)
{
  return gst_fmp4_track_is_video (track) ? GST_RTMP_BLOCK_VIDEO :
      GST_RTMP_BLOCK_AUDIO;
}

static void
render_sample (DvrRtmpRendering * self, const Sample * item, guint64 batch)
{
  self->done[kind_of (item->track)]++;
  if (!is_wanted (self, item->track))
    return;
  if (!self->begun)
    begin (self, item->time);
  add_sample (self, item, batch);
}

/* Samples that were shown ahead have been rendered: in each track they are the
 * first of what chunks bring. */
static gboolean
render_chunk (DvrRtmpRendering * self, GstBuffer * chunk, guint64 batch)
{
  GArray *samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  GError *error = NULL;
  gboolean ok;
  guint i;

  g_array_set_clear_func (samples, clear_sample);
  ok = gst_fmp4_read_chunk (chunk, (GstFmp4Track *) self->tracks->data,
      self->tracks->len, collect, samples, &error);
  g_array_sort (samples, compare_samples);
  for (i = 0; i < samples->len && ok; i++) {
    const Sample *item = &g_array_index (samples, Sample, i);
    GstRtmpBlockKind kind = kind_of (item->track);

    if (self->come[kind]++ >= self->done[kind])
      render_sample (self, item, batch);
  }
  g_array_unref (samples);
  if (!ok)
    fail (self, error->message);
  g_clear_error (&error);
  return ok;
}

/* Size of the box at @at, of whose header enough is there; 0: it is not. */
static guint64
peek_box (DvrRtmpRendering * self, guint64 at, guint32 * type)
{
  guint64 left = gst_dvr_segment_get_size (self->media) - at;
  guint8 header[16];
  guint64 size;

  if (left < 8 || !gst_dvr_segment_read (self->media, at, header, 8))
    return 0;
  size = GST_READ_UINT32_BE (header);
  *type = GST_READ_UINT32_BE (header + 4);
  if (size == 1) {
    if (left < 16 || !gst_dvr_segment_read (self->media, at, header, 16))
      return 0;
    size = GST_READ_UINT64_BE (header + 8);
  }
  return size < 8 ? G_MAXUINT64 : size;
}

/* Renders the next moof with its mdat, or passes over another box.
 * Returns: whether there may be more */
static gboolean
render_next (DvrRtmpRendering * self, guint64 batch)
{
  guint64 available = gst_dvr_segment_get_size (self->media);
  guint64 size, behind = 0;
  guint32 type, next_type;
  GstBuffer *chunk;
  gboolean ok;

  size = peek_box (self, self->parsed, &type);
  if (size == 0)
    return FALSE;
  if (size > MAX_CHUNK)
    return fail (self, "it is not fragmented MP4");
  if (self->parsed + size > available)
    return FALSE;
  if (type == GST_FMP4_TYPE ('m', 'o', 'o', 'f')) {
    behind = peek_box (self, self->parsed + size, &next_type);
    if (behind > MAX_CHUNK)
      return fail (self, "it is not fragmented MP4");
    if (behind == 0 || self->parsed + size + behind > available)
      return FALSE;
    if (self->skip > 0) {
      self->skip--;
      self->parsed += size + behind;
      return TRUE;
    }
    chunk = gst_dvr_segment_get_buffer (self->media, self->parsed,
        size + behind);
    ok = chunk && render_chunk (self, chunk, batch);
    g_clear_pointer (&chunk, gst_buffer_unref);
    if (!ok)
      return FALSE;
  }
  self->parsed += size + behind;
  return TRUE;
}

/* Passes the ends of parts that have been worked off. Returns: whether there
 * was one */
static gboolean
pass_parts (DvrRtmpRendering * self)
{
  gboolean passed = FALSE;
  GstDvrPart part;

  while (gst_dvr_segment_get_part (self->media, self->part, &part)
      && self->parsed >= part.offset + part.size) {
    self->part++;
    self->chunk = self->skip = 0;
    passed = TRUE;
  }
  return passed;
}

static const GstFmp4Track *
find_track (DvrRtmpRendering * self, guint32 id)
{
  guint i;

  for (i = 0; i < self->tracks->len; i++) {
    if (g_array_index (self->tracks, GstFmp4Track, i).id == id)
      return &g_array_index (self->tracks, GstFmp4Track, i);
  }
  return NULL;
}

/* Renders the sample if it is the next of its track.
 * Returns: %FALSE where some before it have not come */
static gboolean
render_shown (DvrRtmpRendering * self, GstBuffer * sample, guint64 batch)
{
  Sample item = { find_track (self, GST_BUFFER_OFFSET_END (sample)), sample,
    gst_flv_sample_time (sample)
  };
  guint done;

  if (!item.track)
    return TRUE;
  done = self->done[kind_of (item.track)];
  if (GST_BUFFER_OFFSET (sample) > done)
    return FALSE;
  if (GST_BUFFER_OFFSET (sample) == done)
    render_sample (self, &item, batch);
  return TRUE;
}

/* What is shown ahead of the chunk that it will be in. */
static void
render_samples (DvrRtmpRendering * self, guint64 batch)
{
  gboolean next = TRUE;
  GstBuffer *sample;

  while (next
      && (sample = gst_dvr_segment_get_sample (self->media, &self->ahead))) {
    next = render_shown (self, sample, batch);
    self->ahead += next;
    gst_buffer_unref (sample);
  }
}

/* What is shown ahead of the part that is to come. */
static void
render_ahead (DvrRtmpRendering * self, guint64 batch)
{
  GstBuffer *chunk;

  while (self->progress != DVR_RTMP_FAILED && (chunk =
          gst_dvr_segment_get_chunk (self->media, self->part, self->chunk))) {
    render_chunk (self, chunk, batch);
    gst_buffer_unref (chunk);
    self->chunk++;
    self->skip++;
  }
  if (self->progress != DVR_RTMP_FAILED)
    render_samples (self, batch);
}

/* Renders what has come. */
static void
render (DvrRtmpRendering * self, guint64 batch)
{
  GstDvrSegmentState state = gst_dvr_segment_get_state (self->media);
  gboolean part_ended = FALSE;
  gint64 last;

  while (render_next (self, batch))
    part_ended |= pass_parts (self);
  if (state == GST_DVR_SEGMENT_FILLING)
    render_ahead (self, batch);
  if (self->progress == DVR_RTMP_FAILED)
    return;
  /* At the end of a part the next message is a part away, or near. */
  last = MAX (self->last[GST_RTMP_BLOCK_AUDIO],
      self->last[GST_RTMP_BLOCK_VIDEO]);
  if (state != GST_DVR_SEGMENT_FILLING || part_ended
      || last - self->first_time >= (gint64) batch)
    finish_block (self);
  if (state == GST_DVR_SEGMENT_WHOLE)
    self->progress = DVR_RTMP_DONE;
  else if (state == GST_DVR_SEGMENT_FAILED)
    fail (self, gst_dvr_segment_get_reason (self->media));
}

/**
 * dvr_rtmp_rendering_update:
 * @self: a rendering that is held
 * @batch: how much media a block holds, milliseconds
 * @wait: (out): what to wait for where it is growing, with a reference to its
 *   list
 *
 * Renders what has come since. Other players find it done.
 */
DvrRtmpProgress
dvr_rtmp_rendering_update (DvrRtmpRendering * self, guint64 batch,
    DvrRtmpWait * wait)
{
  DvrRtmpProgress progress;
  gboolean grown;
  guint length;

  wait->list = NULL;
  g_mutex_lock (&self->lock);
  length = self->length;
  if (self->progress == DVR_RTMP_GROWING && !self->tracks) {
    wait->list = dvr_wait_list_ref (self->init_growth);
    wait->serial = dvr_wait_list_get_serial (wait->list);
    wait->want = DVR_WANT_END;
    wait->a = 0;
    read_init (self);
  }
  if (self->progress == DVR_RTMP_GROWING && self->tracks) {
    g_clear_pointer (&wait->list, dvr_wait_list_unref);
    wait->list = dvr_wait_list_ref (self->growth);
    wait->serial = dvr_wait_list_get_serial (wait->list);
    wait->want = DVR_WANT_AHEAD;
    wait->a = gst_dvr_segment_get_progress (self->media);
    gst_dvr_segment_touch (self->media);
    render (self, batch);
  }
  progress = self->progress;
  if (progress != DVR_RTMP_GROWING) {
    g_clear_pointer (&wait->list, dvr_wait_list_unref);
    dvr_rtmp_rendering_let_media_go (self);
  }
  grown = self->length > length;
  g_mutex_unlock (&self->lock);
  if (grown)
    gst_dvr_charge_settle (self->charge);
  return progress;
}

/* Returns: how many blocks there are */
guint
dvr_rtmp_rendering_length (DvrRtmpRendering * self)
{
  return __atomic_load_n (&self->length, __ATOMIC_ACQUIRE);
}

/* Returns: (transfer full): one that there is */
GstRtmpBlock *
dvr_rtmp_rendering_nth (DvrRtmpRendering * self, guint index)
{
  GstRtmpBlock *block;

  g_mutex_lock (&self->lock);
  block = gst_rtmp_block_ref (g_ptr_array_index (self->blocks, index));
  g_mutex_unlock (&self->lock);
  return block;
}

/* Returns: once there are blocks, what to say before them */
const DvrRtmpHead *
dvr_rtmp_rendering_get_head (DvrRtmpRendering * self)
{
  return &self->head;
}

/**
 * dvr_rtmp_rendering_follows:
 * @self: a rendering that has blocks
 * @before: that of the segment before
 *
 * Returns: whether who has had all of @before may go on without a new head
 */
gboolean
dvr_rtmp_rendering_follows (DvrRtmpRendering * self, DvrRtmpRendering * before)
{
  return self->continues && self->init_number == before->init_number
      && g_str_equal (self->recording, before->recording)
      && self->key.number == before->key.number + 1
      && self->key.kinds == before->key.kinds
      && self->key.lane == before->key.lane;
}
