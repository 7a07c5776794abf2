/* dvrrtmphead.c: what a viewer is told before the media of a segment
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "flv/flvbody.h"
#include "flv/flvwriter.h"

#include "dvrrtmphead.h"

/* Returns: which of #DvrRtmpKinds a track is */
guint
dvr_rtmp_kind_of (const GstFmp4Track * track)
{
  return gst_fmp4_track_is_video (track) ? DVR_RTMP_VIDEO : DVR_RTMP_AUDIO;
}

static void
describe_video (const GstFmp4Track * track, GstStructure * metadata)
{
  const GstStructure *s = gst_caps_get_structure (track->caps, 0);
  gint width, height;
  guint n, d;

  if (gst_structure_get_int (s, "width", &width)
      && gst_structure_get_int (s, "height", &height))
    gst_structure_set (metadata, "width", G_TYPE_DOUBLE, (gdouble) width,
        "height", G_TYPE_DOUBLE, (gdouble) height, NULL);
  if (gst_fmp4_track_get_rate (track, &n, &d))
    gst_structure_set (metadata, "framerate", G_TYPE_DOUBLE, (gdouble) n / d,
        NULL);
}

static void
describe_audio (const GstFmp4Track * track, GstStructure * metadata)
{
  const GstStructure *s = gst_caps_get_structure (track->caps, 0);
  gint rate, channels;

  if (gst_structure_get_int (s, "rate", &rate))
    gst_structure_set (metadata, "audiosamplerate", G_TYPE_DOUBLE,
        (gdouble) rate, "audiosamplesize", G_TYPE_DOUBLE, 16.0, NULL);
  if (gst_structure_get_int (s, "channels", &channels))
    gst_structure_set (metadata, "audiochannels", G_TYPE_DOUBLE,
        (gdouble) channels, "stereo", G_TYPE_BOOLEAN, channels > 1, NULL);
}

static void
describe (DvrRtmpHead * self, const GstFmp4Track * track,
    GstStructure * metadata)
{
  gboolean video = gst_fmp4_track_is_video (track);
  GstBuffer *config =
      gst_flv_write_config_body (track->caps, GST_FLV_MODE_AUTO);

  if (gst_flv_needs_enhanced (track->caps))
    self->fourccs[video ? GST_RTMP_BLOCK_VIDEO : GST_RTMP_BLOCK_AUDIO] =
        gst_flv_fourcc_from_codec (gst_fmp4_codec_from_caps (track->caps));
  gst_structure_set (metadata, video ? "videocodecid" : "audiocodecid",
      G_TYPE_DOUBLE, gst_flv_codec_id (track->caps), NULL);
  if (video) {
    describe_video (track, metadata);
    self->has_video = TRUE;
    gst_buffer_replace (&self->video, config);
  } else {
    describe_audio (track, metadata);
    self->has_audio = TRUE;
    gst_buffer_replace (&self->audio, config);
  }
  g_clear_pointer (&config, gst_buffer_unref);
}

/**
 * dvr_rtmp_head_fill:
 * @self: an empty head
 * @tracks: (element-type GstFmp4Track): of the init section
 * @kinds: which of them are played (#DvrRtmpKinds)
 */
void
dvr_rtmp_head_fill (DvrRtmpHead * self, GArray * tracks, guint kinds)
{
  GstStructure *metadata = gst_structure_new_empty ("onMetaData");
  guint i;

  for (i = 0; i < tracks->len; i++) {
    const GstFmp4Track *track = &g_array_index (tracks, GstFmp4Track, i);

    if (dvr_rtmp_kind_of (track) & kinds)
      describe (self, track, metadata);
  }
  self->metadata = gst_flv_write_metadata_body (metadata);
  gst_structure_free (metadata);
}

void
dvr_rtmp_head_clear (DvrRtmpHead * self)
{
  g_clear_pointer (&self->metadata, gst_buffer_unref);
  g_clear_pointer (&self->video, gst_buffer_unref);
  g_clear_pointer (&self->audio, gst_buffer_unref);
}

/* Returns: which of #DvrRtmpKinds there are */
guint
dvr_rtmp_head_get_kinds (const DvrRtmpHead * self)
{
  return (self->has_video ? DVR_RTMP_VIDEO : 0) |
      (self->has_audio ? DVR_RTMP_AUDIO : 0);
}

/* A client names the codecs it takes, or says that it speaks Enhanced RTMP
 * (v2, "Enhancing NetConnection connect Command"). */
static gboolean
takes (const GstRtmpConnect * connect, guint32 fourcc)
{
  gchar name[5] = { fourcc >> 24, fourcc >> 16, fourcc >> 8, fourcc, '\0' };

  if (fourcc == 0)
    return TRUE;
  if (!connect->fourccs)
    return connect->caps_ex != 0;
  return g_strv_contains ((const gchar * const *) connect->fourccs, name)
      || g_strv_contains ((const gchar * const *) connect->fourccs, "*");
}

/**
 * dvr_rtmp_head_get_playable:
 * @self: a head
 * @connect: what a client said when it connected
 *
 * Returns: which of the kinds that there are the client can play
 */
guint
dvr_rtmp_head_get_playable (const DvrRtmpHead * self,
    const GstRtmpConnect * connect)
{
  guint kinds = dvr_rtmp_head_get_kinds (self), i;

  for (i = 0; i < GST_RTMP_BLOCK_N_KINDS; i++) {
    if (!takes (connect, self->fourccs[i]))
      kinds &= ~(1u << i);
  }
  return kinds;
}
