/* flvtrack.c: configurations and frames, once the headers of a body are off
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "flvbody-private.h"
#include "fmp4/fmp4bits.h"

#include <string.h>

/* As much of a frame as describes it */
#define HEAD_SIZE 64
#define MAX_CONFIG_SIZE (1024 * 1024)
/* After this much of milliseconds (some 270 years) the timeline restarts */
#define MAX_MILLISECONDS (G_GINT64_CONSTANT (1) << 43)

static GstBuffer *
payload (const GstFlvBody * b)
{
  return gst_buffer_copy_region (b->body, GST_BUFFER_COPY_MEMORY, b->pos,
      b->end - b->pos);
}

/* How far tracks are apart at most where timestamps begin again. */
#define WRAP_MARGIN 60000

/* FFmpeg's begin again after 2^31 milliseconds. A step of nearly that much in
 * either direction is a small one across where they do. */
static gint64
step_between (guint32 from, guint32 to)
{
  gint64 step = (gint32) (to - from);

  if (step < G_MININT32 + (gint64) WRAP_MARGIN)
    step += G_GINT64_CONSTANT (1) << 31;
  else if (step > G_MAXINT32 - (gint64) WRAP_MARGIN)
    step -= G_GINT64_CONSTANT (1) << 31;
  return step;
}

/* Timestamps are milliseconds modulo 2^32. A step is read as the shorter of
 * the two ways, unless that leads below zero by more than some seconds: then
 * a stream simply began later than its first tag said. Only coded frames
 * count: headers are often stamped 0 in the middle of a stream. */
static gint64
unwrap (GstFlvBodyParser * parser, guint32 timestamp)
{
  gint64 next;

  if (!parser->have_time) {
    parser->have_time = TRUE;
    parser->line = timestamp;
  } else {
    next = parser->line + step_between (parser->last, timestamp);
    if (next < -10000)
      next += G_GINT64_CONSTANT (1) << 32;
    if (next > MAX_MILLISECONDS)
      next = timestamp;
    parser->line = next;
  }
  parser->last = timestamp;
  return parser->line;
}

static void
emit_config (GstFlvBody * b, GstBuffer * body)
{
  GstFlvEvent event = {.type = GST_FLV_EVENT_CONFIG,.track = b->track,
    .caps = b->parser->tracks[b->track].caps,.buffer = body
  };

  gst_flv_body_parser_emit (b->parser, &event);
}

/* Takes over the caps; says so if they are other than before. */
static void
set_caps (GstFlvBody * b, GstCaps * caps, GstBuffer * body)
{
  GstFlvBodyTrack *track = &b->parser->tracks[b->track];
  gboolean same = track->caps != NULL && gst_caps_is_equal (track->caps, caps);

  track->told = FALSE;
  gst_caps_replace (&track->caps, caps);
  gst_caps_unref (caps);
  if (!same)
    emit_config (b, body);
}

static gboolean
buffers_equal (GstBuffer * a, GstBuffer * b)
{
  GstMapInfo map;
  gboolean equal = FALSE;

  if (a == NULL || gst_buffer_get_size (a) != gst_buffer_get_size (b))
    return FALSE;
  if (gst_buffer_map (b, &map, GST_MAP_READ)) {
    equal = gst_buffer_memcmp (a, 0, map.data, map.size) == 0;
    gst_buffer_unmap (b, &map);
  }
  return equal;
}

static GstCaps *
caps_from_record (GstFmp4Codec codec, GstBuffer * record)
{
  GstMapInfo map;
  GstCaps *caps = NULL;

  if (gst_buffer_map (record, &map, GST_MAP_READ)) {
    caps = gst_fmp4_codec_caps (codec, map.data, map.size, 0, 0);
    gst_buffer_unmap (record, &map);
  }
  return caps;
}

/* The caps of pictures count only once their size is known. */
static gboolean
has_size (const GstCaps * caps)
{
  return gst_structure_has_field (gst_caps_get_structure (caps, 0), "width");
}

void
gst_flv_body_push_config (GstFlvBody * b)
{
  GstFlvBodyTrack *track = &b->parser->tracks[b->track];
  GstBuffer *record;
  GstCaps *caps;

  if (b->end == b->pos || b->end - b->pos > MAX_CONFIG_SIZE) {
    gst_flv_body_warn (b, "a sequence header of impossible size was dropped");
    return;
  }
  record = payload (b);
  if (track->codec == b->codec && buffers_equal (track->record, record)) {
    gst_buffer_unref (record);
    return;
  }
  caps = caps_from_record (b->codec, record);
  if (caps == NULL) {
    gst_flv_body_warn (b, "a sequence header that cannot be read was dropped");
    gst_buffer_unref (record);
    return;
  }
  gst_buffer_replace (&track->record, record);
  gst_buffer_unref (record);
  track->codec = b->codec;
  track->pending = b->track == GST_FLV_TRACK_VIDEO && !has_size (caps);
  if (!track->pending) {
    set_caps (b, caps, b->body);
  } else {
    gst_caps_replace (&track->caps, NULL);
    gst_caps_unref (caps);
  }
}

/* Those whose frames describe themselves need no sequence header. */
static void
config_from_frame (GstFlvBody * b)
{
  GstFlvBodyTrack *track = &b->parser->tracks[b->track];
  guint8 head[HEAD_SIZE];
  gsize n = gst_buffer_extract (b->body, b->pos, head,
      MIN (sizeof (head), b->end - b->pos));
  GstCaps *caps = gst_fmp4_codec_caps_from_frame (b->codec, head, n);

  if (caps == NULL)
    return;
  if (track->codec != b->codec)
    gst_caps_replace (&track->caps, NULL);
  track->codec = b->codec;
  set_caps (b, caps, NULL);
}

static gboolean
frame_size (GstFmp4Codec codec, GstBuffer * frame, guint * width,
    guint * height)
{
  GstMapInfo map;
  gboolean ok = FALSE;

  if (!gst_buffer_map (frame, &map, GST_MAP_READ))
    return FALSE;
  if (codec == GST_FMP4_CODEC_VP9)
    ok = gst_fmp4_vp9_frame_size (map.data, map.size, width, height);
  else if (codec == GST_FMP4_CODEC_AV1)
    ok = gst_fmp4_av1_obu_size (map.data, map.size, width, height);
  gst_buffer_unmap (frame, &map);
  return ok;
}

/* The record said no size: the first keyframe does. */
static void
config_from_keyframe (GstFlvBody * b)
{
  GstFlvBodyTrack *track = &b->parser->tracks[b->track];
  GstBuffer *frame = payload (b);
  guint width, height;
  GstCaps *caps;

  if (frame_size (b->codec, frame, &width, &height)) {
    caps = caps_from_record (b->codec, track->record);
    gst_caps_set_simple (caps, "width", G_TYPE_INT, (gint) width, "height",
        G_TYPE_INT, (gint) height, NULL);
    track->pending = FALSE;
    set_caps (b, caps, NULL);
  }
  gst_buffer_unref (frame);
}

static gboolean
is_key (const GstFlvBody * b)
{
  return b->frame_type == FLV_FRAME_KEY ||
      b->frame_type == FLV_FRAME_GENERATED_KEY;
}

void
gst_flv_body_push_frame (GstFlvBody * b)
{
  GstFlvBodyTrack *track = &b->parser->tracks[b->track];
  GstFlvEvent event = {.type = GST_FLV_EVENT_SAMPLE,.track = b->track };
  gint64 dts, pts;

  if (b->pos == b->end)
    return;                     /* silence, or the end of a stream */
  if (gst_flv_codec_describes_itself (b->codec))
    config_from_frame (b);
  else if (track->pending && track->codec == b->codec && is_key (b))
    config_from_keyframe (b);
  if (track->caps == NULL || track->codec != b->codec) {
    if (!track->told)
      gst_flv_body_warn (b, "frames before their sequence header are dropped");
    track->told = TRUE;
    return;
  }
  dts = unwrap (b->parser, b->timestamp);
  pts = dts + b->cts;
  event.buffer = payload (b);
  GST_BUFFER_DTS (event.buffer) = MAX (dts, 0) * GST_MSECOND + b->nanos;
  GST_BUFFER_PTS (event.buffer) = MAX (pts, 0) * GST_MSECOND + b->nanos;
  if (b->track == GST_FLV_TRACK_VIDEO && !is_key (b))
    GST_BUFFER_FLAG_SET (event.buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (b->track == GST_FLV_TRACK_VIDEO && b->frame_type == FLV_FRAME_DISPOSABLE)
    GST_BUFFER_FLAG_SET (event.buffer, GST_BUFFER_FLAG_DROPPABLE);
  gst_flv_body_parser_emit (b->parser, &event);
  gst_buffer_unref (event.buffer);
}

void
gst_flv_body_push_end (GstFlvBody * b)
{
  GstFlvEvent event = {.type = GST_FLV_EVENT_END_OF_SEQUENCE,
    .track = b->track
  };

  gst_flv_body_parser_emit (b->parser, &event);
}
