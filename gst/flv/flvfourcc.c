/* FourCCs of Enhanced RTMP.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "flvbody.h"

static const struct
{
  guint32 fourcc;
  GstFmp4Codec codec;
} fourccs[] = {
  /* *INDENT-OFF* */
  {FLV_FOURCC ('a', 'v', 'c', '1'), GST_FMP4_CODEC_H264},
  {FLV_FOURCC ('h', 'v', 'c', '1'), GST_FMP4_CODEC_H265},
  {FLV_FOURCC ('a', 'v', '0', '1'), GST_FMP4_CODEC_AV1},
  {FLV_FOURCC ('v', 'p', '0', '9'), GST_FMP4_CODEC_VP9},
  {FLV_FOURCC ('m', 'p', '4', 'a'), GST_FMP4_CODEC_AAC},
  {FLV_FOURCC ('.', 'm', 'p', '3'), GST_FMP4_CODEC_MP3},
  {FLV_FOURCC ('O', 'p', 'u', 's'), GST_FMP4_CODEC_OPUS},
  {FLV_FOURCC ('a', 'c', '-', '3'), GST_FMP4_CODEC_AC3},
  {FLV_FOURCC ('e', 'c', '-', '3'), GST_FMP4_CODEC_EAC3},
  {FLV_FOURCC ('f', 'L', 'a', 'C'), GST_FMP4_CODEC_FLAC},
  /* *INDENT-ON* */
};

/*
 * gst_flv_fourcc_from_codec:
 *
 * Returns: what stands for the codec in Enhanced RTMP
 */
guint32
gst_flv_fourcc_from_codec (GstFmp4Codec codec)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (fourccs); i++)
    if (fourccs[i].codec == codec)
      return fourccs[i].fourcc;
  return 0;
}

/*
 * gst_flv_codec_from_fourcc:
 *
 * Returns: the codec, or GST_FMP4_CODEC_NONE
 */
GstFmp4Codec
gst_flv_codec_from_fourcc (guint32 fourcc)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (fourccs); i++)
    if (fourccs[i].fourcc == fourcc)
      return fourccs[i].codec;
  return GST_FMP4_CODEC_NONE;
}
