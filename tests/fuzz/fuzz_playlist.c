/* fuzz_playlist.c: hostile playlists, references and names
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/dvr/gstdvrplaylist.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

/* Written text says of each line at least as much as was read, so beyond this
 * it may break the limits that the text read did not. */
#define MAX_SIZE (16 * 1024)

static GString *
write_playlist (const GstDvrPlaylist * playlist)
{
  GString *out = g_string_new (NULL);

  gst_dvr_playlist_write (out, playlist);
  return out;
}

/* What was read and written reads back, and is then written alike. */
static void
check_round_trip (const GstDvrPlaylist * playlist)
{
  GString *once = write_playlist (playlist), *twice;
  GstDvrPlaylist *again;

  again = gst_dvr_playlist_parse (once->str, once->len, NULL);
  g_assert_nonnull (again);
  twice = write_playlist (again);
  g_assert_cmpstr (once->str, ==, twice->str);
  gst_dvr_playlist_free (again);
  g_string_free (once, TRUE);
  g_string_free (twice, TRUE);
}

/* However it is cut, text says the same. */
static void
check_pieces (const gchar * text, gsize size, const GstDvrPlaylist * whole)
{
  g_autoptr (GstDvrPlaylistParser) parser = gst_dvr_playlist_parser_new ();
  GstDvrPlaylist *playlist;
  gsize cut = size / 3;

  if (gst_dvr_playlist_parser_feed (parser, text, cut, NULL))
    gst_dvr_playlist_parser_feed (parser, text + cut, size - cut, NULL);
  playlist = gst_dvr_playlist_parser_finish (parser, NULL);
  g_assert ((playlist == NULL) == (whole == NULL));
  if (playlist != NULL) {
    g_assert_cmpint (playlist->segments->len, ==, whole->segments->len);
    gst_dvr_playlist_free (playlist);
  }
}

/* Two playlists in one input, after an empty line: a delta update. */
static void
check_delta (const gchar * text, gsize size)
{
  const gchar *second = memmem (text, size, "\n\n#EXTM3U", 9);
  g_autoptr (GstDvrPlaylist) old = NULL, delta = NULL;
  guint i;

  if (second == NULL)
    return;
  second += 2;
  old = gst_dvr_playlist_parse (text, second - text, NULL);
  delta = gst_dvr_playlist_parse (second, text + size - second, NULL);
  if (old == NULL || delta == NULL)
    return;
  gst_dvr_playlist_inherit (delta, old);
  g_clear_pointer (&old, gst_dvr_playlist_free);
  for (i = 0; i < delta->segments->len; i++) {
    const GstDvrPlaylistSegment *s = gst_dvr_playlist_get_segment (delta, i);

    g_assert (s->map == NULL || s->map->uri != NULL);
    g_assert (s->key == NULL || s->key->method != NULL);
  }
}

static void
check_names (const gchar * text, gsize size)
{
  g_autofree gchar *line = g_strndup (text, size);
  g_autofree gchar *beneath = NULL, *origin = NULL, *any = NULL;
  GstDvrFileName name;

  gst_dvr_is_stream_name (line);
  gst_dvr_parse_file_name (line, &name);
  beneath = gst_dvr_resolve_uri ("http://h/a/b", line, GST_DVR_URI_BENEATH,
      NULL);
  g_assert (beneath == NULL || g_str_has_prefix (beneath, "http://h/a/"));
  origin = gst_dvr_resolve_uri ("http://h/a/b", line, GST_DVR_URI_SAME_ORIGIN,
      NULL);
  g_assert (origin == NULL || g_ascii_strncasecmp (origin, "http://h", 8) == 0);
  any = gst_dvr_resolve_uri ("http://h/a/b", line, GST_DVR_URI_ANY_HOST, NULL);
  g_assert (any == NULL || g_ascii_strncasecmp (any, "http", 4) == 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  const gchar *text = (const gchar *) data;
  GstDvrPlaylist *playlist;

  if (size > MAX_SIZE)
    return 0;
  playlist = gst_dvr_playlist_parse (text, size, NULL);
  check_pieces (text, size, playlist);
  if (playlist != NULL) {
    check_round_trip (playlist);
    gst_dvr_playlist_free (playlist);
  }
  check_delta (text, size);
  check_names (text, size);
  return 0;
}
