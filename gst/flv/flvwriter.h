/* FLV: samples to tag bodies and tags.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "flvparser.h"

G_BEGIN_DECLS

/**
 * GstFlvMode:
 * @GST_FLV_MODE_AUTO: classic for H.264, AAC and MP3, which every player
 *   knows; enhanced for the others
 * @GST_FLV_MODE_ENHANCED: with FourCC for all
 */
typedef enum {
  GST_FLV_MODE_AUTO,
  GST_FLV_MODE_ENHANCED,
} GstFlvMode;

GstBuffer *gst_flv_write_header (gboolean video, gboolean audio);
GstBuffer *gst_flv_write_metadata_body (const GstStructure * metadata);
GstBuffer *gst_flv_write_config_body (const GstCaps * caps, GstFlvMode mode);
GstBuffer *gst_flv_write_sample_body (const GstCaps * caps, GstFlvMode mode,
    GstBuffer * sample);
GstBuffer *gst_flv_write_end_body (const GstCaps * caps, GstFlvMode mode);
gboolean gst_flv_needs_enhanced (const GstCaps * caps);
gdouble gst_flv_codec_id (const GstCaps * caps);
gint64 gst_flv_sample_time (GstBuffer * sample);
guint32 gst_flv_sample_timestamp (GstBuffer * sample);
GstBuffer *gst_flv_write_tag (guint8 tag_type, guint32 timestamp,
    GstBuffer * body);

G_END_DECLS
