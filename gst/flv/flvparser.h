/* FLV: bytes, tags and tag bodies to samples.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Tag types; RTMP's message types are the same numbers. */
#define GST_FLV_TAG_AUDIO 8
#define GST_FLV_TAG_VIDEO 9
#define GST_FLV_TAG_SCRIPT 18

/* The size field of a tag has 24 bits. */
#define GST_FLV_MAX_TAG_SIZE 0xffffff

typedef enum {
  GST_FLV_TRACK_VIDEO,
  GST_FLV_TRACK_AUDIO,
} GstFlvTrack;

/**
 * GstFlvEventType:
 * @GST_FLV_EVENT_HEADER: a file header; flags in @value (1 video, 4 audio)
 * @GST_FLV_EVENT_METADATA: onMetaData: fields known here in @metadata, the
 *   script as it came in @buffer
 * @GST_FLV_EVENT_CONFIG: a codec configuration, new or changed: @track,
 *   @caps, and the tag body it came in, if it came in one, in @buffer
 * @GST_FLV_EVENT_SAMPLE: @track, @buffer
 * @GST_FLV_EVENT_END_OF_SEQUENCE: the publisher ended @track
 * @GST_FLV_EVENT_UNSUPPORTED: something there is no place for, said once
 *   for each kind: @track, @message, the codec's number or FourCC in @value
 * @GST_FLV_EVENT_WARNING: something tolerated or a tag dropped: @message
 * @GST_FLV_EVENT_SKIPPED: @value bytes were not tags: @message
 * @GST_FLV_EVENT_ERROR: this is not FLV: @message. Nothing follows
 */
typedef enum {
  GST_FLV_EVENT_HEADER,
  GST_FLV_EVENT_METADATA,
  GST_FLV_EVENT_CONFIG,
  GST_FLV_EVENT_SAMPLE,
  GST_FLV_EVENT_END_OF_SEQUENCE,
  GST_FLV_EVENT_UNSUPPORTED,
  GST_FLV_EVENT_WARNING,
  GST_FLV_EVENT_SKIPPED,
  GST_FLV_EVENT_ERROR,
} GstFlvEventType;

/**
 * GstFlvEvent:
 *
 * All of it is borrowed for the time of the call; take references of what is
 * to be kept. Fields that the type does not name are unset.
 */
typedef struct {
  GstFlvEventType type;
  GstFlvTrack track;
  GstCaps *caps;
  GstBuffer *buffer;
  GstStructure *metadata;
  guint64 value;
  const gchar *message;
} GstFlvEvent;

typedef void (*GstFlvEventFunc) (const GstFlvEvent * event,
    gpointer user_data);

/* Tag bodies, as RTMP messages carry them */
typedef struct _GstFlvBodyParser GstFlvBodyParser;

GstFlvBodyParser *gst_flv_body_parser_new (GstFlvEventFunc func,
    gpointer user_data);
void gst_flv_body_parser_free (GstFlvBodyParser * parser);
void gst_flv_body_parser_reset (GstFlvBodyParser * parser);
void gst_flv_body_parser_push (GstFlvBodyParser * parser, guint8 tag_type,
    guint32 timestamp, GstBuffer * body);

/* Whole files and streams */
typedef struct _GstFlvParser GstFlvParser;

GstFlvParser *gst_flv_parser_new (GstFlvEventFunc func, gpointer user_data);
void gst_flv_parser_free (GstFlvParser * parser);
void gst_flv_parser_set_max_tag_size (GstFlvParser * parser, guint size);
gboolean gst_flv_parser_push (GstFlvParser * parser, GstBuffer * buffer);
void gst_flv_parser_end (GstFlvParser * parser);
void gst_flv_parser_reset (GstFlvParser * parser);

G_END_DECLS
