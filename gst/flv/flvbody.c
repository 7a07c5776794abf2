/* FLV tag bodies to samples, classic and Enhanced RTMP.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "flvbody.h"
#include "fmp4/fmp4bits.h"

#include <string.h>

/* As much of a body as its headers can need, ModEx and track tables apart */
#define HEAD_SIZE 64
#define MAX_CONFIG_SIZE (1024 * 1024)
#define MAX_SCRIPT_SIZE (1024 * 1024)
/* ModEx blocks in a row; there is one kind */
#define MAX_MODEX 8
/* After this much of milliseconds (some 270 years) the timeline restarts */
#define MAX_MILLISECONDS (G_GINT64_CONSTANT (1) << 43)

typedef struct
{
  GstFmp4Codec codec;
  GstBuffer *record;            /* the configuration as it came */
  GstCaps *caps;                /* NULL: none yet, or not usable */
  gboolean pending;             /* VP9: the size is in the first keyframe */
  gboolean told;                /* warned of frames without configuration */
} Track;

struct _GstFlvBodyParser
{
  GstFlvEventFunc func;
  gpointer user_data;
  Track tracks[2];
  gboolean have_time;
  guint32 last;                 /* the last timestamp as it came */
  gint64 line;                  /* the same, unwrapped, in milliseconds */
  guint32 told_video;           /* legacy codecs told of, a bit each */
  guint32 told_audio;
  guint32 told_tracks;          /* a bit for each GstFlvTrack */
  guint32 told_fourcc[2];       /* the last one told of */
};

/* A body while its headers are taken off */
typedef struct
{
  GstFlvBodyParser *parser;
  GstBuffer *body;
  GstFlvTrack track;
  guint32 timestamp;
  guint frame_type;
  gsize pos, end;               /* what is left of the body */
  GstFmp4Codec codec;
  gint32 cts;                   /* milliseconds */
  guint32 nanos;                /* added to the timestamp */
} Body;

static void
emit (GstFlvBodyParser * parser, GstFlvEvent * event)
{
  parser->func (event, parser->user_data);
}

static void
warn (Body * b, const gchar * message)
{
  GstFlvEvent event = {.type = GST_FLV_EVENT_WARNING,.track = b->track,
    .message = message
  };

  emit (b->parser, &event);
}

static void
unsupported (Body * b, guint32 value, const gchar * message)
{
  GstFlvEvent event = {.type = GST_FLV_EVENT_UNSUPPORTED,.track = b->track,
    .value = value,.message = message
  };

  emit (b->parser, &event);
}

/* Up to 8 bytes at the front of what is left, as a number */
static gboolean
take (Body * b, guint n, guint64 * value)
{
  guint8 bytes[8];
  guint i;

  if (b->end - b->pos < n ||
      gst_buffer_extract (b->body, b->pos, bytes, n) != n)
    return FALSE;
  *value = 0;
  for (i = 0; i < n; i++)
    *value = *value << 8 | bytes[i];
  b->pos += n;
  return TRUE;
}

static GstBuffer *
payload (const Body * b)
{
  return gst_buffer_copy_region (b->body, GST_BUFFER_COPY_MEMORY, b->pos,
      b->end - b->pos);
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
    next = parser->line + (gint32) (timestamp - parser->last);
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
emit_config (Body * b, GstBuffer * body)
{
  GstFlvEvent event = {.type = GST_FLV_EVENT_CONFIG,.track = b->track,
    .caps = b->parser->tracks[b->track].caps,.buffer = body
  };

  emit (b->parser, &event);
}

/* Takes over the caps; says so if they are other than before. */
static void
set_caps (Body * b, GstCaps * caps, GstBuffer * body)
{
  Track *track = &b->parser->tracks[b->track];
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

static void
push_config (Body * b)
{
  Track *track = &b->parser->tracks[b->track];
  GstBuffer *record;
  GstCaps *caps;

  if (b->end == b->pos || b->end - b->pos > MAX_CONFIG_SIZE) {
    warn (b, "a sequence header of impossible size was dropped");
    return;
  }
  record = payload (b);
  if (track->codec == b->codec && buffers_equal (track->record, record)) {
    gst_buffer_unref (record);
    return;
  }
  caps = caps_from_record (b->codec, record);
  if (caps == NULL) {
    warn (b, "a sequence header that cannot be read was dropped");
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
config_from_frame (Body * b)
{
  Track *track = &b->parser->tracks[b->track];
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
config_from_keyframe (Body * b)
{
  Track *track = &b->parser->tracks[b->track];
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
describes_itself (GstFmp4Codec codec)
{
  return codec == GST_FMP4_CODEC_MP3 || codec == GST_FMP4_CODEC_AC3 ||
      codec == GST_FMP4_CODEC_EAC3;
}

static gboolean
is_key (const Body * b)
{
  return b->frame_type == FLV_FRAME_KEY ||
      b->frame_type == FLV_FRAME_GENERATED_KEY;
}

static void
push_frame (Body * b)
{
  Track *track = &b->parser->tracks[b->track];
  GstFlvEvent event = {.type = GST_FLV_EVENT_SAMPLE,.track = b->track };
  gint64 dts, pts;

  if (b->pos == b->end)
    return;                     /* silence, or the end of a stream */
  if (describes_itself (b->codec))
    config_from_frame (b);
  else if (track->pending && track->codec == b->codec && is_key (b))
    config_from_keyframe (b);
  if (track->caps == NULL || track->codec != b->codec) {
    if (!track->told)
      warn (b, "frames before their sequence header are dropped");
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
  emit (b->parser, &event);
  gst_buffer_unref (event.buffer);
}

static void
push_end (Body * b)
{
  GstFlvEvent event = {.type = GST_FLV_EVENT_END_OF_SEQUENCE,
    .track = b->track
  };

  emit (b->parser, &event);
}

static gint32
sign_24 (guint32 value)
{
  return (gint32) (value << 8) / 256;
}

static gboolean
take_cts (Body * b)
{
  guint64 value;

  if (!take (b, 3, &value))
    return FALSE;
  b->cts = sign_24 (value);
  return TRUE;
}

/* Packet type and composition time of AVC, annex E.4.3.1 */
static void
push_classic_video (Body * b)
{
  guint64 packet;

  if (!take (b, 1, &packet) || !take_cts (b)) {
    warn (b, "a video tag too short for its header was dropped");
    return;
  }
  if (packet == 0)
    push_config (b);
  else if (packet == 1)
    push_frame (b);
  else if (packet == 2)
    push_end (b);
  else
    warn (b, "a video tag of unknown packet type was dropped");
}

/* Enhanced RTMP v2, "ModEx": what follows is changed by a small block whose
 * one known kind makes the timestamp finer. The packet type comes after. */
static gboolean
take_modex (Body * b, guint * packet_type)
{
  guint64 size, value;
  guint i, kind;

  for (i = 0; *packet_type == FLV_PACKET_MODEX; i++) {
    gsize data;

    if (i == MAX_MODEX || !take (b, 1, &size))
      return FALSE;
    if (size++ == 255) {
      if (!take (b, 2, &size))
        return FALSE;
      size++;
    }
    data = b->pos;
    if (size > b->end - b->pos)
      return FALSE;
    b->pos += size;
    if (!take (b, 1, &value))
      return FALSE;
    kind = value >> 4;
    *packet_type = value & 15;
    if (kind == 0 && size >= 3) {
      gsize after = b->pos;

      b->pos = data;
      take (b, 3, &value);
      b->pos = after;
      b->nanos = MIN (value, 999999);
    }
  }
  return TRUE;
}

static void
tell_other_tracks (Body * b)
{
  if (b->parser->told_tracks & 1u << b->track)
    return;
  b->parser->told_tracks |= 1u << b->track;
  unsupported (b, 0, "only the first of several tracks is taken");
}

/* Enhanced RTMP v2, "Multitrack": leaves track 0, if it is there, as what is
 * left of the body. */
static gboolean
select_track (Body * b, guint mode, guint32 * fourcc)
{
  guint64 id, size, value;
  gsize pos = 0, end = 0;
  gboolean found = FALSE;

  while (b->pos < b->end) {
    guint32 this_fourcc = *fourcc;

    if (mode == 2) {
      if (!take (b, 4, &value))
        return FALSE;
      this_fourcc = value;
    }
    if (!take (b, 1, &id))
      return FALSE;
    size = b->end - b->pos;
    if (mode != 0 && (!take (b, 3, &size) || size > b->end - b->pos))
      return FALSE;
    if (id == 0 && !found) {
      found = TRUE;
      pos = b->pos;
      end = b->pos + size;
      *fourcc = this_fourcc;
    } else {
      tell_other_tracks (b);
    }
    b->pos += size;
  }
  b->pos = pos;
  b->end = end;
  return found;
}

static void
tell_fourcc (Body * b, guint32 fourcc)
{
  if (b->parser->told_fourcc[b->track] == fourcc)
    return;
  b->parser->told_fourcc[b->track] = fourcc;
  unsupported (b, fourcc, "a codec with no place in a recording");
}

static void
push_packet (Body * b, guint packet_type)
{
  gboolean video = b->track == GST_FLV_TRACK_VIDEO;

  switch (packet_type) {
    case FLV_PACKET_SEQUENCE_START:
      if (!describes_itself (b->codec))
        push_config (b);
      break;
    case FLV_PACKET_CODED_FRAMES:
      if ((b->codec == GST_FMP4_CODEC_H264 || b->codec == GST_FMP4_CODEC_H265)
          && !take_cts (b))
        warn (b, "a video tag too short for its header was dropped");
      else
        push_frame (b);
      break;
    case FLV_PACKET_SEQUENCE_END:
      push_end (b);
      break;
    case FLV_PACKET_CODED_FRAMES_X:
      if (video)
        push_frame (b);
      break;
    default:
      /* colours, channel layout: nothing that a sample hangs on */
      break;
  }
}

/* Enhanced RTMP v2: ExVideoTagHeader and ExAudioTagHeader */
static void
push_enhanced (Body * b, guint packet_type)
{
  gboolean video = b->track == GST_FLV_TRACK_VIDEO;
  guint multi = video ? FLV_PACKET_MULTITRACK : FLV_PACKET_MULTITRACK_AUDIO;
  guint mode = 0;
  gboolean multitrack;
  guint32 fourcc = 0;
  guint64 value;

  if (!take_modex (b, &packet_type))
    goto too_short;
  if (video && b->frame_type == FLV_FRAME_COMMAND &&
      packet_type != FLV_PACKET_METADATA)
    return;                     /* a server's seek: no picture in it */
  multitrack = packet_type == multi;
  if (multitrack) {
    if (!take (b, 1, &value))
      goto too_short;
    mode = value >> 4;
    packet_type = value & 15;
    if (mode > 2)
      goto too_short;
  }
  if (mode != 2) {
    if (!take (b, 4, &value))
      goto too_short;
    fourcc = value;
  }
  if (multitrack && !select_track (b, mode, &fourcc)) {
    if (b->pos != 0 || b->end != 0)
      goto too_short;
    return;
  }
  b->codec = gst_flv_codec_from_fourcc (fourcc);
  if (b->codec == GST_FMP4_CODEC_NONE ||
      gst_fmp4_codec_is_video (b->codec) != video)
    tell_fourcc (b, fourcc);
  else
    push_packet (b, packet_type);
  return;

too_short:
  warn (b, "a tag too short for its header was dropped");
}

static void
push_video (Body * b)
{
  guint64 first;
  guint codec;

  if (!take (b, 1, &first))
    return;
  b->frame_type = first >> 4 & 7;
  if (first & 0x80) {
    push_enhanced (b, first & 15);
    return;
  }
  codec = first & 15;
  b->codec = codec == FLV_CODEC_AVC ? GST_FMP4_CODEC_H264 :
      codec == FLV_CODEC_HEVC ? GST_FMP4_CODEC_H265 : GST_FMP4_CODEC_NONE;
  if (b->frame_type == FLV_FRAME_COMMAND)
    return;
  if (b->codec != GST_FMP4_CODEC_NONE) {
    push_classic_video (b);
  } else if (!(b->parser->told_video & 1u << codec)) {
    b->parser->told_video |= 1u << codec;
    unsupported (b, codec, "a video codec with no place in a recording");
  }
}

static void
push_audio (Body * b)
{
  guint64 first, packet;
  guint format;

  if (!take (b, 1, &first))
    return;
  format = first >> 4;
  if (format == FLV_SOUND_EX) {
    push_enhanced (b, first & 15);
  } else if (format == FLV_SOUND_AAC) {
    b->codec = GST_FMP4_CODEC_AAC;
    if (!take (b, 1, &packet))
      return;
    if (packet == 0)
      push_config (b);
    else
      push_frame (b);
  } else if (format == FLV_SOUND_MP3 || format == FLV_SOUND_MP3_8K) {
    b->codec = GST_FMP4_CODEC_MP3;
    push_frame (b);
  } else if (!(b->parser->told_audio & 1u << format)) {
    b->parser->told_audio |= 1u << format;
    unsupported (b, format, "an audio codec with no place in a recording");
  }
}

static void
push_script (Body * b)
{
  GstFlvEvent event = {.type = GST_FLV_EVENT_METADATA,.buffer = b->body };
  GstMapInfo map;

  if (b->end > MAX_SCRIPT_SIZE) {
    warn (b, "a script tag of impossible size was dropped");
    return;
  }
  if (!gst_buffer_map (b->body, &map, GST_MAP_READ))
    return;
  event.metadata = gst_flv_parse_metadata (map.data, map.size);
  gst_buffer_unmap (b->body, &map);
  if (event.metadata != NULL) {
    emit (b->parser, &event);
    gst_structure_free (event.metadata);
  }
}

/**
 * gst_flv_body_parser_new:
 * @func: called from within gst_flv_body_parser_push(); must not call the
 *   parser
 * @user_data: for @func
 *
 * Parses what is inside FLV tags and RTMP messages alike: Adobe's FLV 10.1
 * annex E.4, and Enhanced RTMP v2. Not thread safe.
 *
 * Returns: (transfer full): a parser
 */
GstFlvBodyParser *
gst_flv_body_parser_new (GstFlvEventFunc func, gpointer user_data)
{
  GstFlvBodyParser *parser = g_new0 (GstFlvBodyParser, 1);

  parser->func = func;
  parser->user_data = user_data;
  return parser;
}

/**
 * gst_flv_body_parser_reset:
 * @parser: a parser
 *
 * Forgets configurations, timestamps and what was told: a new publisher.
 */
void
gst_flv_body_parser_reset (GstFlvBodyParser * parser)
{
  GstFlvEventFunc func = parser->func;
  gpointer user_data = parser->user_data;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (parser->tracks); i++) {
    gst_clear_buffer (&parser->tracks[i].record);
    gst_clear_caps (&parser->tracks[i].caps);
  }
  memset (parser, 0, sizeof (*parser));
  parser->func = func;
  parser->user_data = user_data;
}

/**
 * gst_flv_body_parser_free:
 * @parser: (transfer full): a parser
 */
void
gst_flv_body_parser_free (GstFlvBodyParser * parser)
{
  gst_flv_body_parser_reset (parser);
  g_free (parser);
}

/**
 * gst_flv_body_parser_push:
 * @parser: a parser
 * @tag_type: GST_FLV_TAG_AUDIO, _VIDEO or _SCRIPT; others are ignored
 * @timestamp: of the tag, milliseconds modulo 2^32
 * @body: (transfer full): the tag's body. Samples share its memory
 *
 * Timestamps of both tracks are unwrapped on one 64-bit line that rises past
 * 2^32 ms and follows steps backwards; whether a step makes sense is not
 * judged here. DTS is the timestamp and PTS the timestamp and the
 * composition time, which may be negative: PTS may then be before DTS. What
 * would lie before zero is put at zero.
 */
void
gst_flv_body_parser_push (GstFlvBodyParser * parser, guint8 tag_type,
    guint32 timestamp, GstBuffer * body)
{
  Body b = {.parser = parser,.body = body,.timestamp = timestamp,
    .end = gst_buffer_get_size (body)
  };

  switch (tag_type) {
    case GST_FLV_TAG_AUDIO:
      b.track = GST_FLV_TRACK_AUDIO;
      push_audio (&b);
      break;
    case GST_FLV_TAG_VIDEO:
      b.track = GST_FLV_TRACK_VIDEO;
      push_video (&b);
      break;
    case GST_FLV_TAG_SCRIPT:
      push_script (&b);
      break;
    default:
      break;
  }
  gst_buffer_unref (body);
}
