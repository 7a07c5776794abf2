/* FLV tag bodies to samples, classic and Enhanced RTMP.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "flvbody-private.h"

#include <string.h>

#define MAX_SCRIPT_SIZE (1024 * 1024)
/* ModEx blocks in a row; there is one kind */
#define MAX_MODEX 8

void
gst_flv_body_warn (GstFlvBody * b, const gchar * message)
{
  GstFlvEvent event = {.type = GST_FLV_EVENT_WARNING,.track = b->track,
    .message = message
  };

  gst_flv_body_parser_emit (b->parser, &event);
}

static void
unsupported (GstFlvBody * b, guint32 value, const gchar * message)
{
  GstFlvEvent event = {.type = GST_FLV_EVENT_UNSUPPORTED,.track = b->track,
    .value = value,.message = message
  };

  gst_flv_body_parser_emit (b->parser, &event);
}

/* Up to 8 bytes at the front of what is left, as a number */
static gboolean
take (GstFlvBody * b, guint n, guint64 * value)
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

static gint32
sign_24 (guint32 value)
{
  return (gint32) (value << 8) / 256;
}

static gboolean
take_cts (GstFlvBody * b)
{
  guint64 value;

  if (!take (b, 3, &value))
    return FALSE;
  b->cts = sign_24 (value);
  return TRUE;
}

/* Packet type and composition time of AVC, annex E.4.3.1 */
static void
push_classic_video (GstFlvBody * b)
{
  guint64 packet;

  if (!take (b, 1, &packet) || !take_cts (b)) {
    gst_flv_body_warn (b, "a video tag too short for its header was dropped");
    return;
  }
  if (packet == 0)
    gst_flv_body_push_config (b);
  else if (packet == 1)
    gst_flv_body_push_frame (b);
  else if (packet == 2)
    gst_flv_body_push_end (b);
  else
    gst_flv_body_warn (b, "a video tag of unknown packet type was dropped");
}

/* Enhanced RTMP v2, "ModEx": what follows is changed by a small block whose
 * one known kind makes the timestamp finer. The packet type comes after. */
static gboolean
take_modex (GstFlvBody * b, guint * packet_type)
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
tell_other_tracks (GstFlvBody * b)
{
  if (b->parser->told_tracks & 1u << b->track)
    return;
  b->parser->told_tracks |= 1u << b->track;
  unsupported (b, 0, "only the first of several tracks is taken");
}

/* Enhanced RTMP v2, "Multitrack": leaves track 0, if it is there, as what is
 * left of the body. */
static gboolean
select_track (GstFlvBody * b, guint mode, guint32 * fourcc)
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
tell_fourcc (GstFlvBody * b, guint32 fourcc)
{
  if (b->parser->told_fourcc[b->track] == fourcc)
    return;
  b->parser->told_fourcc[b->track] = fourcc;
  unsupported (b, fourcc, "a codec with no place in a recording");
}

static void
push_packet (GstFlvBody * b, guint packet_type)
{
  gboolean video = b->track == GST_FLV_TRACK_VIDEO;

  switch (packet_type) {
    case FLV_PACKET_SEQUENCE_START:
      if (!gst_flv_codec_describes_itself (b->codec))
        gst_flv_body_push_config (b);
      break;
    case FLV_PACKET_CODED_FRAMES:
      if ((b->codec == GST_FMP4_CODEC_H264 || b->codec == GST_FMP4_CODEC_H265)
          && !take_cts (b))
        gst_flv_body_warn (b,
            "a video tag too short for its header was dropped");
      else
        gst_flv_body_push_frame (b);
      break;
    case FLV_PACKET_SEQUENCE_END:
      gst_flv_body_push_end (b);
      break;
    case FLV_PACKET_CODED_FRAMES_X:
      if (video)
        gst_flv_body_push_frame (b);
      break;
    default:
      /* colours, channel layout: nothing that a sample hangs on */
      break;
  }
}

/* Enhanced RTMP v2: ExVideoTagHeader and ExAudioTagHeader */
static void
push_enhanced (GstFlvBody * b, guint packet_type)
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
  gst_flv_body_warn (b, "a tag too short for its header was dropped");
}

static void
push_video (GstFlvBody * b)
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
push_audio (GstFlvBody * b)
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
      gst_flv_body_push_config (b);
    else
      gst_flv_body_push_frame (b);
  } else if (format == FLV_SOUND_MP3 || format == FLV_SOUND_MP3_8K) {
    b->codec = GST_FMP4_CODEC_MP3;
    gst_flv_body_push_frame (b);
  } else if (!(b->parser->told_audio & 1u << format)) {
    b->parser->told_audio |= 1u << format;
    unsupported (b, format, "an audio codec with no place in a recording");
  }
}

static void
push_script (GstFlvBody * b)
{
  GstFlvEvent event = {.type = GST_FLV_EVENT_METADATA,.buffer = b->body };
  GstMapInfo map;

  if (b->end > MAX_SCRIPT_SIZE) {
    gst_flv_body_warn (b, "a script tag of impossible size was dropped");
    return;
  }
  if (!gst_buffer_map (b->body, &map, GST_MAP_READ))
    return;
  event.metadata = gst_flv_parse_metadata (map.data, map.size);
  gst_buffer_unmap (b->body, &map);
  if (event.metadata != NULL) {
    gst_flv_body_parser_emit (b->parser, &event);
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
  GstFlvBody b = {.parser = parser,.body = body,.timestamp = timestamp,
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
