/* gstdvrhttplook.c: what another origin has of a stream, looked into
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A closed segment is fetched whole, of the one that grows there the parts that
 * are listed, at once. When it has grown, only what is new is fetched. Before the
 * first one comes its init section. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdvrhttplook.h"
#include "gstdvrproxydebug.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

#define MAX_SIZE (64 * 1024 * 1024)
#define MAX_PARTS 256

typedef struct
{
  GstDvrHttpLook *look;
  GstDvrHttpFetch *fetch;
  GByteArray *bytes;
  gboolean failed;
} Piece;

static void
piece_free (gpointer data)
{
  Piece *piece = data;

  if (piece->fetch)
    gst_dvr_http_fetch_cancel (piece->fetch);
  g_byte_array_unref (piece->bytes);
  g_free (piece);
}

static void
forget (GstDvrHttpLook * self)
{
  g_queue_clear_full (&self->pieces, piece_free);
  g_queue_init (&self->pieces);
  g_clear_pointer (&self->keys, gst_dvr_keys_free);
  g_array_set_size (self->ends, 0);
  self->pending = 0;
  self->size = 0;
}

/**
 * gst_dvr_http_look_new:
 * @follow: a stream at a location with another recording
 * @done: called when what was started has come, or will not; never from within
 *   gst_dvr_http_look_start()
 * @user_data: given to @done
 */
GstDvrHttpLook *
gst_dvr_http_look_new (GstDvrHttpFollow * follow, GstDvrHttpLookFunc done,
    gpointer user_data)
{
  GstDvrHttpLook *self = g_new0 (GstDvrHttpLook, 1);

  self->follow = follow;
  self->done = done;
  self->user_data = user_data;
  self->source = gst_dvr_http_source_find (follow, follow->location);
  self->ends = g_array_new (FALSE, FALSE, sizeof (guint64));

  return self;
}

void
gst_dvr_http_look_free (GstDvrHttpLook * self)
{
  forget (self);
  g_clear_pointer (&self->map, gst_dvr_playlist_map_unref);
  g_clear_pointer (&self->tracks, g_array_unref);
  g_array_unref (self->ends);
  g_free (self);
}

/* All in a row, as far as nothing is missing. */
static GstBuffer *
join_pieces (GstDvrHttpLook * self)
{
  GByteArray *bytes = g_byte_array_new ();
  gsize size;
  GList *l;

  g_array_set_size (self->ends, 0);
  for (l = self->pieces.head; l && !((Piece *) l->data)->failed; l = l->next) {
    Piece *piece = l->data;
    guint64 end;

    g_byte_array_append (bytes, piece->bytes->data, piece->bytes->len);
    end = bytes->len;
    g_array_append_val (self->ends, end);
  }
  size = bytes->len;

  return gst_buffer_new_wrapped (g_byte_array_free (bytes, FALSE), size);
}

static void
read_pieces (GstDvrHttpLook * self)
{
  g_autoptr (GstBuffer) buffer = join_pieces (self);

  if (self->for_init) {
    self->tracks = gst_dvr_keys_read_init (buffer);
    forget (self);
    return;
  }
  self->size = gst_buffer_get_size (buffer);
  if (self->tracks)
    self->keys = gst_dvr_keys_new (self->tracks, buffer);
}

static gboolean
on_data (const guint8 * data, gsize size, gpointer user_data)
{
  Piece *piece = user_data;

  if (size > MAX_SIZE - piece->look->size)
    return FALSE;
  piece->look->size += size;
  g_byte_array_append (piece->bytes, data, size);

  return TRUE;
}

static void
on_done (guint status, const gchar * reason, gpointer user_data)
{
  Piece *piece = user_data;
  GstDvrHttpLook *self = piece->look;

  piece->fetch = NULL;
  piece->failed = status != 0;
  if (status)
    GST_DEBUG ("%s: %u %s", self->follow->local, status, reason);
  if (--self->pending > 0)
    return;
  read_pieces (self);
  self->done (self->user_data);
}

static void
start_piece (GstDvrHttpLook * self, const gchar * uri,
    const GstDvrPlaylistRange * range)
{
  static const GstDvrHttpFetchFuncs funcs = { NULL, on_data, on_done };
  GstDvrHttpPlace place = { (gchar *) uri, *range,
    gst_dvr_http_source_of (self->source, uri)
  };
  Piece *piece = g_new0 (Piece, 1);

  piece->look = self;
  piece->bytes = g_byte_array_new ();
  g_queue_push_tail (&self->pieces, piece);
  self->pending++;
  piece->fetch = gst_dvr_http_fetch_start (self->follow, &place, 0, 0,
      GST_DVR_HTTP_TRANSFER, GST_DVR_PRIORITY_VIEWER, &funcs, piece);
}

/* From the first on that did not come. */
static void
drop_failed (GstDvrHttpLook * self)
{
  GList *l = self->pieces.head;
  guint n = 0;

  for (; l && !((Piece *) l->data)->failed; l = l->next)
    n++;
  while (self->pieces.length > n)
    piece_free (g_queue_pop_tail (&self->pieces));
}

/* What grows there is held, and what is new since the last look is added. */
static void
start_parts (GstDvrHttpLook * self, const GstDvrPlaylist * playlist,
    const GstDvrPlaylistSegment * s)
{
  guint i, n = MIN (s->n_parts, MAX_PARTS);

  if (self->number != s->number || self->n_parts == 0)
    forget (self);
  g_clear_pointer (&self->keys, gst_dvr_keys_free);
  drop_failed (self);
  for (i = self->pieces.length; i < n; i++) {
    const GstDvrPlaylistPart *p = gst_dvr_playlist_get_part (playlist,
        s->first_part + i);

    if (p->gap)
      break;
    start_piece (self, p->uri, &p->range);
  }
}

/**
 * gst_dvr_http_look_start:
 * @self: nothing is under way
 * @playlist: a list of the other origin
 * @s: a segment of it with an init section, or the open one
 *
 * Its init section is fetched first, where that is not known: then `for_init` is
 * set, and @s is not looked into yet.
 *
 * Returns: FALSE if nothing of it can be fetched; then nothing was begun
 */
gboolean
gst_dvr_http_look_start (GstDvrHttpLook * self, const GstDvrPlaylist * playlist,
    const GstDvrPlaylistSegment * s)
{
  self->for_init = self->map == NULL
      || !gst_dvr_playlist_map_equal (self->map, s->map);
  if (self->for_init) {
    forget (self);
    g_clear_pointer (&self->map, gst_dvr_playlist_map_unref);
    g_clear_pointer (&self->tracks, g_array_unref);
    self->map = gst_dvr_playlist_map_ref (s->map);
    self->number = G_MAXUINT64;
    start_piece (self, s->map->uri, &s->map->range);
    return TRUE;
  }
  if (s == &playlist->open) {
    start_parts (self, playlist, s);
    self->n_parts = s->n_parts;
  } else {
    forget (self);
    start_piece (self, s->uri, &s->range);
    self->n_parts = 0;
  }
  self->number = s->number;

  return self->pending > 0;
}
