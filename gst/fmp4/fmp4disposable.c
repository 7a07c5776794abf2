/* Fragmented MP4: which samples no other one needs.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fmp4.h"

/* More than stands before the first slice of a picture. */
#define MAX_NALS 32

/* Where the configuration records have their NAL length size and, in HEVC, the
 * number of temporal layers: ISO/IEC 14496-15, sections 5.3.3 and 8.3.3 */
#define AVCC_LENGTH_SIZE 4
#define HVCC_LENGTH_SIZE 21

/* ITU-T H.264, section 7.4.1: a slice with nal_ref_idc 0. */
static gboolean
judge_h264 (const guint8 * nal, gboolean * disposable)
{
  guint type = nal[0] & 0x1f;

  *disposable = (nal[0] & 0x60) == 0;
  return type >= 1 && type <= 5;
}

/* ITU-T H.265, section 7.4.2.2: pictures that those of their own layer do not
 * refer to have an even type below 16. */
static gboolean
judge_h265 (const guint8 * nal, gboolean * disposable)
{
  guint type = nal[0] >> 1 & 0x3f;

  *disposable = type < 16 && (type & 1) == 0;
  return type < 32;
}

static gboolean
judge_nals (const GstFmp4Track * track, guint length_size, const guint8 * data,
    gsize size)
{
  gboolean disposable = FALSE, found = FALSE;
  guint i, n;

  for (n = 0; n < MAX_NALS && size > length_size; n++) {
    gsize length = 0;

    for (i = 0; i < length_size; i++)
      length = length << 8 | data[i];
    if (length == 0 || length > size - length_size)
      return FALSE;
    if (track->codec == GST_FMP4_CODEC_H264)
      found = judge_h264 (data + length_size, &disposable);
    else
      found = judge_h265 (data + length_size, &disposable);
    if (found)
      return disposable;
    data += length_size + length;
    size -= length_size + length;
  }
  return FALSE;
}

/* 0: it cannot be told of this track. */
static guint
get_length_size (const GstFmp4Track * track)
{
  GstBuffer *config = NULL;
  guint8 byte = 0;
  guint size = 0;

  if (track->codec == GST_FMP4_CODEC_H264 ||
      track->codec == GST_FMP4_CODEC_H265)
    config = gst_fmp4_codec_config (track->caps);
  if (!config)
    return 0;
  if (track->codec == GST_FMP4_CODEC_H264 &&
      gst_buffer_extract (config, AVCC_LENGTH_SIZE, &byte, 1) == 1)
    size = (byte & 3) + 1;
  /* with one temporal layer only: others may refer to it */
  if (track->codec == GST_FMP4_CODEC_H265 &&
      gst_buffer_extract (config, HVCC_LENGTH_SIZE, &byte, 1) == 1 &&
      (byte >> 3 & 7) == 1)
    size = (byte & 3) + 1;
  gst_buffer_unref (config);
  return size;
}

/**
 * gst_fmp4_sample_is_disposable:
 * @track: the track it belongs to
 * @sample: a sample, as gst_fmp4_read_chunk() gives it
 *
 * Returns: whether all others can be decoded without it, as far as its flags
 *   or, in H.264 and H.265, its bytes tell
 */
gboolean
gst_fmp4_sample_is_disposable (const GstFmp4Track * track, GstBuffer * sample)
{
  guint length_size;
  GstMapInfo map;
  gboolean ret;

  if (!gst_fmp4_track_is_video (track) ||
      !GST_BUFFER_FLAG_IS_SET (sample, GST_BUFFER_FLAG_DELTA_UNIT))
    return FALSE;
  if (GST_BUFFER_FLAG_IS_SET (sample, GST_BUFFER_FLAG_DROPPABLE))
    return TRUE;
  length_size = get_length_size (track);
  if (length_size == 0 || !gst_buffer_map (sample, &map, GST_MAP_READ))
    return FALSE;
  ret = judge_nals (track, length_size, map.data, map.size);
  gst_buffer_unmap (sample, &map);
  return ret;
}
