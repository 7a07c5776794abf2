/* gstdvrplaylistparser.c: reading playlists, line by line
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrplaylist-private.h"

#define NO_OFFSET G_MAXUINT64

/* Sets the failure, which stays: what follows a broken line would be read with
 * the wrong number. Returns FALSE. */
gboolean
gst_dvr_playlist_parser_fail (GstDvrPlaylistParser * self,
    GstDvrPlaylistError code, const gchar * format, ...)
{
  va_list args;
  gchar *what;

  if (self->failure != NULL)
    return FALSE;
  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  self->failure = g_error_new (GST_DVR_PLAYLIST_ERROR, code,
      "line %" G_GUINT64_FORMAT ": %.*s: %s", self->line,
      (gint) self->tag.size, self->tag.data, what);
  g_free (what);
  return FALSE;
}

/* RFC 8216bis section 4: an omitted offset goes on after the range before, of
 * the same resource. */
static gboolean
resolve_range (GstDvrPlaylistParser * self)
{
  GstDvrPlaylist *playlist = self->playlist;
  GstDvrPlaylistSegment *open = &playlist->open;

  if (!self->has_range || self->range_has_offset)
    return TRUE;
  if (playlist->segments->len > 0) {
    const GstDvrPlaylistSegment *last =
        gst_dvr_playlist_get_segment (playlist, playlist->segments->len - 1);

    if (last->range.length > 0 && strcmp (last->uri, open->uri) == 0) {
      open->range.offset = last->range.offset + last->range.length;
      if (open->range.offset <= GST_DVR_PLAYLIST_MAX_NUMBER)
        return TRUE;
    }
  }
  return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
      "its BYTERANGE has no offset, and no range of it before to go on from");
}

static gboolean
take_segment (GstDvrPlaylistParser * self, GstDvrSpan line)
{
  GstDvrPlaylist *playlist = self->playlist;

  if (!self->has_duration)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
        "no EXTINF before it");
  if (playlist->segments->len >= self->max_segments)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_LIMIT,
        "more than %u segments", self->max_segments);
  playlist->open.uri = gst_dvr_playlist_take_span (playlist, line);
  if (!resolve_range (self))
    return FALSE;
  playlist->open.duration = self->duration;
  if (playlist->open.keyframes != NULL
      && playlist->open.keyframes[playlist->open.n_keyframes - 1].time *
      GST_MSECOND >= self->duration)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
        "its KEYS go on after its end");
  if (self->clock.position + self->duration > G_MAXINT64)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_LIMIT,
        "stream time out of range");

  self->clock.position += self->duration;
  g_array_append_val (playlist->segments, playlist->open);
  self->has_duration = self->has_range = FALSE;
  gst_dvr_playlist_begin_segment (playlist, &self->clock);
  return TRUE;
}

static gboolean
take_variant (GstDvrPlaylistParser * self, GstDvrSpan line)
{
  if (!self->has_variant)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
        "no EXT-X-STREAM-INF before it");
  self->variant.uri = gst_dvr_playlist_take_span (self->playlist, line);
  g_array_append_val (self->playlist->variants, self->variant);
  self->has_variant = FALSE;
  return TRUE;
}

static gboolean
take_uri (GstDvrPlaylistParser * self, GstDvrSpan line)
{
  self->tag.data = "URI";
  self->tag.size = 3;
  if (!gst_dvr_scan_text (line))
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
        "holds control characters or is not UTF-8");
  if (self->playlist->kind == GST_DVR_PLAYLIST_MULTIVARIANT)
    return take_variant (self, line);
  return take_segment (self, line);
}

/* A line without its end. */
static gboolean
take_line (GstDvrPlaylistParser * self, GstDvrSpan line)
{
  static const gchar bom[] = "\xef\xbb\xbf";

  self->line++;
  self->tag.data = "text";
  self->tag.size = 4;
  if (self->line == 1 && line.size >= 3 && memcmp (line.data, bom, 3) == 0) {
    line.data += 3;
    line.size -= 3;
  }
  if (line.size > GST_DVR_PLAYLIST_MAX_LINE)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_LIMIT,
        "more than %u bytes in a line", GST_DVR_PLAYLIST_MAX_LINE);
  while (line.size > 0 && (line.data[line.size - 1] == '\r'
          || line.data[line.size - 1] == ' '
          || line.data[line.size - 1] == '\t'))
    line.size--;

  if (!self->begun) {
    if (!gst_dvr_span_is (&line, "#EXTM3U"))
      return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
          "a playlist begins with #EXTM3U");
    self->begun = TRUE;
    return TRUE;
  }
  if (line.size == 0)
    return TRUE;
  if (memchr (line.data, 0, line.size) != NULL)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
        "holds a NUL byte");
  if (line.data[0] != '#')
    return take_uri (self, line);
  if (line.size > 4 && memcmp (line.data, "#EXT", 4) == 0) {
    line.data++;
    line.size--;
    return gst_dvr_playlist_parser_take_tag (self, line);
  }
  return TRUE;
}

static gboolean
take_whole_line (GstDvrPlaylistParser * self, GstDvrSpan line, gsize size)
{
  gboolean ended = self->playlist->ended;

  if (!take_line (self, line))
    return FALSE;
  if (self->playlist->ended && !ended)
    self->end_offset = self->offset;
  else
    self->end_offset = NO_OFFSET;
  self->offset += size;
  return TRUE;
}

/**
 * gst_dvr_playlist_parser_new:
 *
 * A parser for a playlist that grows at its end, as the journal of a recording
 * does. To be used by one thread at a time.
 *
 * Returns: (transfer full): a parser
 */
GstDvrPlaylistParser *
gst_dvr_playlist_parser_new (void)
{
  GstDvrPlaylistParser *self = g_new0 (GstDvrPlaylistParser, 1);

  self->playlist = gst_dvr_playlist_new ();
  self->playlist->n_unkeyed = G_MAXUINT;
  self->partial = g_string_new (NULL);
  self->clock.wall_time = GST_DVR_WALL_TIME_NONE;
  self->end_offset = NO_OFFSET;
  self->max_bytes = GST_DVR_PLAYLIST_MAX_BYTES;
  self->max_segments = GST_DVR_PLAYLIST_MAX_SEGMENTS;
  return self;
}

/**
 * gst_dvr_playlist_parser_set_limits:
 * @self: a parser
 * @max_bytes: how much text to take, in bytes
 * @max_segments: how many segments to take
 *
 * Sets other limits than those for text from the network: a journal of our own
 * may be months long. A segment takes some 200 bytes of memory.
 */
void
gst_dvr_playlist_parser_set_limits (GstDvrPlaylistParser * self,
    guint64 max_bytes, guint max_segments)
{
  self->max_bytes = max_bytes;
  self->max_segments = max_segments;
}

/**
 * gst_dvr_playlist_parser_free:
 * @self: (transfer full): a parser
 */
void
gst_dvr_playlist_parser_free (GstDvrPlaylistParser * self)
{
  g_clear_pointer (&self->playlist, gst_dvr_playlist_free);
  g_string_free (self->partial, TRUE);
  g_clear_error (&self->failure);
  g_free (self);
}

static gboolean
fail_with (GstDvrPlaylistParser * self, GError ** error)
{
  if (error != NULL)
    *error = g_error_copy (self->failure);
  return FALSE;
}

/* Joins the end of a line to what was kept of its beginning. */
static gboolean
feed_partial (GstDvrPlaylistParser * self, GstDvrSpan * text)
{
  const gchar *newline = memchr (text->data, '\n', text->size);
  gsize size = newline != NULL ? (gsize) (newline - text->data) : text->size;
  GstDvrSpan line;
  gboolean ok = TRUE;

  /* Not kept beyond what take_line() takes. */
  g_string_append_len (self->partial, text->data,
      MIN (size, GST_DVR_PLAYLIST_MAX_LINE + 1));
  if (newline != NULL || self->partial->len > GST_DVR_PLAYLIST_MAX_LINE) {
    line.data = self->partial->str;
    line.size = self->partial->len;
    ok = take_whole_line (self, line, line.size + 1);
    if (ok)
      g_string_truncate (self->partial, 0);
  }
  size = MIN (size + 1, text->size);
  text->data += size;
  text->size -= size;
  return ok;
}

/**
 * gst_dvr_playlist_parser_feed:
 * @self: a parser
 * @data: the text that follows what was fed so far
 * @size: bytes in @data, any number
 * @error: (optional): what is wrong and in which line. It stays wrong: further
 *   text is refused with the same error. What stands before that line can
 *   still be got.
 *
 * Reads whole lines, and keeps the beginning of the last one until its end
 * comes.
 *
 * Returns: FALSE if the text is broken
 */
gboolean
gst_dvr_playlist_parser_feed (GstDvrPlaylistParser * self, const gchar * data,
    gsize size, GError ** error)
{
  GstDvrSpan text = { data, size };

  g_return_val_if_fail (self->playlist != NULL, FALSE);

  if (self->failure != NULL)
    return fail_with (self, error);
  if (size > self->max_bytes - MIN (self->max_bytes,
          self->offset + self->partial->len)) {
    self->line++;
    self->tag.data = "text";
    self->tag.size = 4;
    gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_LIMIT,
        "more than %" G_GUINT64_FORMAT " bytes in a playlist", self->max_bytes);
    return fail_with (self, error);
  }
  while (text.size > 0) {
    const gchar *newline;
    gsize line_size;

    newline = self->partial->len > 0 ? NULL
        : memchr (text.data, '\n', text.size);
    if (newline == NULL) {
      if (!feed_partial (self, &text))
        return fail_with (self, error);
      continue;
    }
    line_size = newline - text.data;
    if (!take_whole_line (self, (GstDvrSpan) {
            text.data, line_size}
            , line_size + 1))
      return fail_with (self, error);
    text.data += line_size + 1;
    text.size -= line_size + 1;
  }
  return TRUE;
}

/**
 * gst_dvr_playlist_parser_get:
 * @self: a parser
 *
 * Returns: (transfer none): what the whole lines fed so far say; valid until
 *   the next call on @self
 */
const GstDvrPlaylist *
gst_dvr_playlist_parser_get (GstDvrPlaylistParser * self)
{
  return self->playlist;
}

/**
 * gst_dvr_playlist_parser_get_offset:
 * @self: a parser
 *
 * Returns: how many bytes of the text were read as whole lines
 */
guint64
gst_dvr_playlist_parser_get_offset (GstDvrPlaylistParser * self)
{
  return self->offset;
}

/**
 * gst_dvr_playlist_parser_reopen:
 * @self: a parser
 *
 * Unreads an EXT-X-ENDLIST that is the last line. A recorder that resumes cuts
 * this line off and writes others in its place, maybe longer ones before a
 * reader looks: so a reader of a journal that had ended calls this, and feeds
 * from gst_dvr_playlist_parser_get_offset() again. If the line is still there,
 * it is read again.
 *
 * Returns: whether there was such a line
 */
gboolean
gst_dvr_playlist_parser_reopen (GstDvrPlaylistParser * self)
{
  if (self->failure != NULL || self->end_offset == NO_OFFSET)
    return FALSE;
  self->playlist->ended = FALSE;
  self->offset = self->end_offset;
  self->end_offset = NO_OFFSET;
  self->line--;
  g_string_truncate (self->partial, 0);
  return TRUE;
}

static gboolean
check_whole (GstDvrPlaylistParser * self)
{
  const GstDvrPlaylist *playlist = self->playlist;

  self->line++;
  self->tag.data = "end";
  self->tag.size = 3;
  if (!self->begun)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
        "a playlist begins with #EXTM3U");
  if (self->has_duration || self->has_variant)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
        "no URI follows %s", self->has_variant ? "EXT-X-STREAM-INF" : "EXTINF");
  if (playlist->kind == GST_DVR_PLAYLIST_UNKNOWN)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
        "neither a media nor a multivariant playlist");
  if (playlist->kind == GST_DVR_PLAYLIST_MEDIA
      && playlist->header.target_duration == 0)
    return gst_dvr_playlist_parser_fail (self, GST_DVR_PLAYLIST_ERROR_SYNTAX,
        "there is no EXT-X-TARGETDURATION");
  return TRUE;
}

/**
 * gst_dvr_playlist_parser_finish:
 * @self: a parser; may only be freed after it
 * @error: (optional): what is wrong
 *
 * Says that no more text comes: what is left counts as a line.
 *
 * Returns: (transfer full) (nullable): the playlist, or NULL if it is broken
 *   or not whole
 */
GstDvrPlaylist *
gst_dvr_playlist_parser_finish (GstDvrPlaylistParser * self, GError ** error)
{
  g_return_val_if_fail (self->playlist != NULL, NULL);

  if (self->failure == NULL && self->partial->len > 0) {
    GstDvrSpan line = { self->partial->str, self->partial->len };

    take_whole_line (self, line, line.size);
    g_string_truncate (self->partial, 0);
  }
  if (self->failure == NULL)
    check_whole (self);
  if (self->failure != NULL) {
    fail_with (self, error);
    return NULL;
  }
  return g_steal_pointer (&self->playlist);
}

/**
 * gst_dvr_playlist_parse:
 * @text: a playlist; need not be terminated
 * @size: its bytes
 * @error: (optional): what is wrong, and in which line
 *
 * Reads a playlist: RFC 8216, of RFC 8216bis what low latency, delta updates
 * and gaps need, and tags of our own. Unknown tags are ignored, known ones
 * must be right.
 *
 * Returns: (transfer full) (nullable): the playlist
 */
GstDvrPlaylist *
gst_dvr_playlist_parse (const gchar * text, gsize size, GError ** error)
{
  g_autoptr (GstDvrPlaylistParser) parser = gst_dvr_playlist_parser_new ();

  if (!gst_dvr_playlist_parser_feed (parser, text, size, error))
    return NULL;
  return gst_dvr_playlist_parser_finish (parser, error);
}
