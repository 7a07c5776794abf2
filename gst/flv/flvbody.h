/* FLV tag bodies: numbers shared by reader and writer. Internal to flv.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "flvparser.h"
#include "fmp4/fmp4codec.h"

G_BEGIN_DECLS

#define FLV_FOURCC(a, b, c, d) \
    ((guint32) (a) << 24 | (guint32) (b) << 16 | (guint32) (c) << 8 | (d))

/* Adobe FLV 10.1, annex E.4 */
#define FLV_CODEC_AVC 7
#define FLV_CODEC_HEVC 12       /* in no specification, but in use */
#define FLV_SOUND_MP3 2
#define FLV_SOUND_EX 9
#define FLV_SOUND_AAC 10
#define FLV_SOUND_MP3_8K 14

#define FLV_FRAME_KEY 1
#define FLV_FRAME_INTER 2
#define FLV_FRAME_DISPOSABLE 3
#define FLV_FRAME_GENERATED_KEY 4
#define FLV_FRAME_COMMAND 5

/* Enhanced RTMP v2: packet types of video and audio; those of sound have the
 * same numbers as far as they exist */
#define FLV_PACKET_SEQUENCE_START 0
#define FLV_PACKET_CODED_FRAMES 1
#define FLV_PACKET_SEQUENCE_END 2
#define FLV_PACKET_CODED_FRAMES_X 3
#define FLV_PACKET_METADATA 4
#define FLV_PACKET_MULTITRACK_AUDIO 5
#define FLV_PACKET_MPEG2TS_START 5
#define FLV_PACKET_MULTITRACK 6
#define FLV_PACKET_MODEX 7

guint32 gst_flv_fourcc_from_codec (GstFmp4Codec codec);
GstFmp4Codec gst_flv_codec_from_fourcc (guint32 fourcc);

/* flvscript.c */
GstStructure *gst_flv_parse_metadata (const guint8 * data, gsize size);

G_END_DECLS
