/* gstdvrplaylistkeyframes.c: the keyframes of segments in playlists
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplaylist-private.h"

/* Lists of keyframes lie in blocks of so many of them. */
#define BLOCK 1024

static gboolean
scan_char (const gchar ** p, const gchar * end, gchar c)
{
  if (*p == end || **p != c)
    return FALSE;
  (*p)++;
  return TRUE;
}

/* `<milliseconds>:<length>@<offset>` */
static gboolean
scan_keyframe (const gchar ** p, const gchar * end, GstDvrKeyframe * frame)
{
  guint64 time, offset, size;

  if (!gst_dvr_scan_digits (p, end, G_MAXUINT32, &time)
      || !scan_char (p, end, ':')
      || !gst_dvr_scan_digits (p, end, G_MAXUINT32, &size)
      || !scan_char (p, end, '@')
      || !gst_dvr_scan_digits (p, end, G_MAXUINT32, &offset))
    return FALSE;
  frame->time = time;
  frame->offset = offset;
  frame->size = size;
  return size > 0 && offset <= G_MAXUINT32 - size;
}

/* Appends a list as KEYS has it to @frames, which holds those before.
 *
 * Returns: FALSE if it is broken, out of order, or too long */
gboolean
gst_dvr_playlist_scan_keyframes (GstDvrSpan span, GstDvrKeyframes * frames)
{
  const gchar *p = span.data, *end = p + span.size;
  const GstDvrKeyframe *last;
  GstDvrKeyframe frame;

  while (p < end) {
    last = &frames->frames[frames->n - 1];
    if (frames->n == GST_DVR_MAX_KEYFRAMES || !scan_keyframe (&p, end, &frame)
        || frame.time <= last->time || frame.offset < last->offset + last->size)
      return FALSE;
    frames->frames[frames->n++] = frame;
    if (p < end && (!scan_char (&p, end, ',') || p == end))
      return FALSE;
  }
  return TRUE;
}

/* Keeps a copy of @frames as those of @segment. */
void
gst_dvr_playlist_take_keyframes (GstDvrPlaylist * self,
    GstDvrPlaylistSegment * segment, const GstDvrKeyframe * frames, guint n)
{
  GPtrArray *blocks = self->keyframe_blocks;
  GstDvrKeyframe *copy;

  segment->n_keyframes = n;
  segment->keyframes = NULL;
  if (n < 2)
    return;
  if (blocks->len == 0 || n > BLOCK - self->n_in_block) {
    g_ptr_array_add (blocks, g_new (GstDvrKeyframe, BLOCK));
    self->n_in_block = 0;
  }
  copy = g_ptr_array_index (blocks, blocks->len - 1);
  copy += self->n_in_block;
  memcpy (copy, frames, n * sizeof (*copy));
  self->n_in_block += n;
  segment->keyframes = copy;
}

/* `,KEYS="…"`, where it is known what to say. */
void
gst_dvr_playlist_append_keyframes (GString * out,
    const GstDvrPlaylistSegment * segment)
{
  guint i;

  if (segment->n_keyframes == 0)
    return;
  g_string_append (out, ",KEYS=\"");
  for (i = 1; i < segment->n_keyframes; i++) {
    const GstDvrKeyframe *frame = &segment->keyframes[i];

    if (i > 1)
      g_string_append_c (out, ',');
    gst_dvr_playlist_append_uint (out, frame->time);
    g_string_append_c (out, ':');
    gst_dvr_playlist_append_uint (out, frame->size);
    g_string_append_c (out, '@');
    gst_dvr_playlist_append_uint (out, frame->offset);
  }
  g_string_append_c (out, '"');
}

/**
 * gst_dvr_playlist_write_i_frames:
 * @out: where to append
 * @context: what was written before
 * @segment: a closed segment
 *
 * Writes a segment of the media playlist as those of the I-frame playlist (RFC
 * 8216 section 4.3.3.6): its keyframes, each of which stands for the time until
 * the next one. A segment of which none is known is a gap there. So a segment is
 * one entry, and another one for each further keyframe.
 */
void
gst_dvr_playlist_write_i_frames (GString * out,
    GstDvrPlaylistContext * context, const GstDvrPlaylistSegment * segment)
{
  GstDvrPlaylistSegment entry = *segment;
  GstClockTime from, to;
  guint i;

  gst_dvr_playlist_write_segment_head (out, context, segment);
  if (segment->gap || segment->key_range.length == 0)
    g_string_append (out, "#EXT-X-GAP\n");
  if (segment->gap || segment->keyframes == NULL) {
    gst_dvr_playlist_append_media (out, context, segment, &segment->key_range);
    return;
  }
  for (i = 0; i < segment->n_keyframes; i++) {
    const GstDvrKeyframe *frame = &segment->keyframes[i];
    GstDvrPlaylistRange range = { frame->offset, frame->size };

    from = frame->time * GST_MSECOND;
    to = i + 1 < segment->n_keyframes ? frame[1].time * GST_MSECOND :
        segment->duration;
    entry.duration = to > from ? to - from : 0;
    gst_dvr_playlist_append_media (out, context, &entry, &range);
  }
}
