/* gstdvrplaylistvariants.c: the tags of a multivariant playlist
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplaylist-private.h"

static void
take_variant_attribute (GstDvrPlaylistParser * self, const GstDvrAttribute * a,
    GstDvrPlaylistVariant * variant)
{
  GstClockTime rate;

  if (gst_dvr_span_is (&a->name, "BANDWIDTH")) {
    gst_dvr_playlist_take_number (self, a->value, GST_DVR_PLAYLIST_MAX_NUMBER,
        &variant->bandwidth);
  } else if (gst_dvr_span_is (&a->name, "AVERAGE-BANDWIDTH")) {
    gst_dvr_playlist_take_number (self, a->value, GST_DVR_PLAYLIST_MAX_NUMBER,
        &variant->average_bandwidth);
  } else if (gst_dvr_span_is (&a->name, "CODECS")) {
    gst_dvr_playlist_take_quoted (self, a, &variant->codecs);
  } else if (gst_dvr_span_is (&a->name, "AUDIO")) {
    gst_dvr_playlist_take_quoted (self, a, &variant->audio);
  } else if (gst_dvr_span_is (&a->name, "VIDEO")) {
    gst_dvr_playlist_take_quoted (self, a, &variant->video);
  } else if (gst_dvr_span_is (&a->name, "SUBTITLES")) {
    gst_dvr_playlist_take_quoted (self, a, &variant->subtitles);
  } else if (gst_dvr_span_is (&a->name, "RESOLUTION")) {
    if (!gst_dvr_scan_resolution (a->value, &variant->width, &variant->height))
      gst_dvr_playlist_fail_syntax (self, "RESOLUTION expects <width>x<height>",
          &a->value);
  } else if (gst_dvr_span_is (&a->name, "FRAME-RATE")) {
    if (gst_dvr_playlist_take_seconds (self, a->value, &rate))
      variant->frame_rate = rate / GST_MSECOND;
  } else if (gst_dvr_span_is (&a->name, "URI") && variant->i_frames) {
    gst_dvr_playlist_take_quoted (self, a, &variant->uri);
  }
}

static gboolean
take_variant_tag (GstDvrPlaylistParser * self, GstDvrSpan value,
    GstDvrPlaylistVariant * variant)
{
  GstDvrAttribute a;

  if (self->playlist->variants->len >= GST_DVR_PLAYLIST_MAX_VARIANTS)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_LIMIT,
        "more than %u variants", GST_DVR_PLAYLIST_MAX_VARIANTS);
  while (gst_dvr_playlist_next_attribute (self, &value, &a))
    take_variant_attribute (self, &a, variant);
  return gst_dvr_playlist_require (self, variant->bandwidth > 0,
      "BANDWIDTH above 0");
}

gboolean
gst_dvr_playlist_tag_stream_inf (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  memset (&self->variant, 0, sizeof (self->variant));
  self->has_variant = TRUE;
  return take_variant_tag (self, value, &self->variant);
}

gboolean
gst_dvr_playlist_tag_i_frame_stream_inf (GstDvrPlaylistParser * self,
    GstDvrSpan value)
{
  GstDvrPlaylistVariant variant = {.i_frames = TRUE };

  if (!take_variant_tag (self, value, &variant)
      || !gst_dvr_playlist_require (self, variant.uri != NULL, "URI"))
    return FALSE;
  g_array_append_val (self->playlist->variants, variant);
  return TRUE;
}

gboolean
gst_dvr_playlist_tag_media (GstDvrPlaylistParser * self, GstDvrSpan value)
{
  GstDvrPlaylist *playlist = self->playlist;
  GstDvrPlaylistRendition r = { NULL, };
  GstDvrAttribute a;

  while (gst_dvr_playlist_next_attribute (self, &value, &a)) {
    if (gst_dvr_span_is (&a.name, "TYPE")) {
      gst_dvr_playlist_take_word (self, &a, &r.type);
    } else if (gst_dvr_span_is (&a.name, "GROUP-ID")) {
      gst_dvr_playlist_take_quoted (self, &a, &r.group);
    } else if (gst_dvr_span_is (&a.name, "NAME")) {
      gst_dvr_playlist_take_quoted (self, &a, &r.name);
    } else if (gst_dvr_span_is (&a.name, "LANGUAGE")) {
      gst_dvr_playlist_take_quoted (self, &a, &r.language);
    } else if (gst_dvr_span_is (&a.name, "URI")) {
      gst_dvr_playlist_take_quoted (self, &a, &r.uri);
    } else if (gst_dvr_span_is (&a.name, "DEFAULT")) {
      r.is_default = gst_dvr_playlist_take_yes (&a);
    } else if (gst_dvr_span_is (&a.name, "AUTOSELECT")) {
      r.autoselect = gst_dvr_playlist_take_yes (&a);
    }
  }
  if (!gst_dvr_playlist_require (self, r.type != NULL, "TYPE")
      || !gst_dvr_playlist_require (self, r.group != NULL, "GROUP-ID")
      || !gst_dvr_playlist_require (self, r.name != NULL, "NAME"))
    return FALSE;
  if (playlist->renditions->len >= GST_DVR_PLAYLIST_MAX_VARIANTS)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_LIMIT,
        "more than %u renditions", GST_DVR_PLAYLIST_MAX_VARIANTS);
  g_array_append_val (playlist->renditions, r);
  return TRUE;
}
