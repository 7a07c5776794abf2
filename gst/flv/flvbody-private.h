/* flvbody-private.h: a parser of FLV tag bodies inside
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "flvbody.h"

typedef struct
{
  GstFmp4Codec codec;
  GstBuffer *record;            /* the configuration as it came */
  GstCaps *caps;                /* NULL: none yet, or not usable */
  gboolean pending;             /* VP9: the size is in the first keyframe */
  gboolean told;                /* warned of frames without configuration */
} GstFlvBodyTrack;

struct _GstFlvBodyParser
{
  GstFlvEventFunc func;
  gpointer user_data;
  GstFlvBodyTrack tracks[2];
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
} GstFlvBody;

static inline void
gst_flv_body_parser_emit (GstFlvBodyParser * parser, GstFlvEvent * event)
{
  parser->func (event, parser->user_data);
}

static inline gboolean
gst_flv_codec_describes_itself (GstFmp4Codec codec)
{
  return codec == GST_FMP4_CODEC_MP3 || codec == GST_FMP4_CODEC_AC3 ||
      codec == GST_FMP4_CODEC_EAC3;
}

/* flvbody.c */
void gst_flv_body_warn        (GstFlvBody * b, const gchar * message);
/* flvtrack.c */
void gst_flv_body_push_config (GstFlvBody * b);
void gst_flv_body_push_frame  (GstFlvBody * b);
void gst_flv_body_push_end    (GstFlvBody * b);
