/* gstdvrstorerecover.c: finds out what an earlier run left
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the list names is checked against the files: a segment whose file is
 * gone or of another size becomes a gap. Files numbered after the last line
 * are adopted, cut at their last whole part; numbers between that have no file
 * become gaps. No number that was ever listed or stood in a file is used
 * again. Nothing here changes the list: the writer writes it anew. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gstdvrstore-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_dvr_store_debug);
#define GST_CAT_DEFAULT gst_dvr_store_debug

/* A hole in the numbers larger than this is not filled with gaps. */
#define MAX_MISSING 100
/* How much of a file is copied at a time. */
#define COPY_SIZE (256 * 1024)

typedef struct
{
  guint64 number;
  gchar recording[GST_DVR_RECORDING_ID_MAX + 1];
} Found;

typedef struct
{
  const gchar *directory;
  GstDvrTimeline *timeline;
  GstDvrStoreState *state;
  gboolean sync;                /* what is adopted */
  GArray *files;                /* Found, by number */
  guint64 next;
  GstClockTime position;
  GstDvrEntry last;             /* the last entry, for what a gap inherits */
  gchar last_recording[GST_DVR_RECORDING_ID_MAX + 1];
} Recovery;

static void
add_entry (Recovery * self, GstDvrEntry * entry,
    const GstDvrKeyframe * keyframes)
{
  if (!gst_dvr_timeline_close_keyed (self->timeline, entry, keyframes))
    return;
  self->next = entry->number + 1;
  self->position = entry->start + entry->duration;
  g_strlcpy (self->last_recording, entry->recording,
      sizeof (self->last_recording));
  self->last = *entry;
  self->last.recording = self->last_recording;
  self->state->last = MAX (self->state->last, entry->number);
  self->state->discontinuity = MAX (self->state->discontinuity,
      entry->discontinuity);
}

/* The size of a segment's file; 0 if there is none. */
static guint64
get_file_size (Recovery * self, const gchar * recording, guint64 number)
{
  gchar *path = gst_dvr_store_segment_path (self->directory, recording,
      number);
  struct stat st;
  gboolean there = lstat (path, &st) == 0 && S_ISREG (st.st_mode);

  g_free (path);

  return there ? st.st_size : 0;
}

static void
make_gap (Recovery * self, GstDvrEntry * entry)
{
  gst_dvr_store_make_gap (entry);
  self->state->lost++;
}

static gboolean
take_listed (Recovery * self, const GstDvrPlaylistSegment * segment)
{
  GstDvrFileName name;
  GstDvrEntry entry;
  guint64 size;

  if (!gst_dvr_store_entry_from_segment (segment, &entry, &name))
    return FALSE;
  if (!entry.gap) {
    size = get_file_size (self, entry.recording, entry.number);
    if (size == 0 || (entry.size > 0 && size != entry.size))
      make_gap (self, &entry);
    else
      entry.size = size;
  }
  add_entry (self, &entry, segment->keyframes);

  return TRUE;
}

/* Returns: FALSE where a newer version wrote the list; whatever else is wrong
 * with it is rebuilt from the files */
static gboolean
parse_list (Recovery * self, GstDvrPlaylistParser * parser, const gchar * path,
    const gchar * text, gsize size, GError ** error)
{
  g_autoptr (GError) broken = NULL;

  if (gst_dvr_playlist_parser_feed (parser, text, size, &broken))
    return TRUE;
  if (g_error_matches (broken, GST_DVR_PLAYLIST_ERROR,
          GST_DVR_PLAYLIST_ERROR_UNSUPPORTED)) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
        "%s: %s; use the newer recorder, or another location", path,
        broken->message);
    return FALSE;
  }
  GST_WARNING ("%s: %s; what follows is rebuilt from the files", path,
      broken->message);
  return TRUE;
}

static void
take_list (Recovery * self, const GstDvrPlaylist * list)
{
  guint i;

  self->state->target_duration = list->header.target_duration;
  self->state->ended = list->ended;
  self->state->discontinuity = list->header.discontinuity_sequence;
  if (list->has_open)
    self->state->last = list->open.number;
  gst_dvr_timeline_set_keyframes_before (self->timeline,
      list->header.keyframes_before);
  for (i = 0; i < list->segments->len; i++)
    if (!take_listed (self, gst_dvr_playlist_get_segment (list, i)))
      break;
}

/* Reads the list as far as it can be read. */
static gboolean
read_list (Recovery * self, GError ** error)
{
  g_autofree gchar *path = g_build_filename (self->directory, INDEX_NAME,
      NULL);
  g_autofree gchar *text = NULL;

  g_autoptr (GstDvrPlaylistParser) parser = NULL;
  gsize size;

  if (!g_file_get_contents (path, &text, &size, NULL))
    return TRUE;
  parser = gst_dvr_playlist_parser_new ();
  gst_dvr_playlist_parser_set_limits (parser, MAX_INDEX_BYTES,
      MAX_INDEX_SEGMENTS);
  if (!parse_list (self, parser, path, text, size, error))
    return FALSE;
  take_list (self, gst_dvr_playlist_parser_get (parser));

  return TRUE;
}

static gint
compare_found (gconstpointer a, gconstpointer b)
{
  const Found *x = a, *y = b;

  if (x->number != y->number)
    return x->number < y->number ? -1 : 1;

  return strcmp (x->recording, y->recording);
}

static void
find_files_of (Recovery * self, const gchar * recording)
{
  gchar *path = g_build_filename (self->directory, recording, NULL);
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *file;

  while (dir && (file = g_dir_read_name (dir)) != NULL) {
    gchar *uri = g_strdup_printf ("%s/%s", recording, file);
    GstDvrFileName name;
    Found found;

    if (gst_dvr_parse_file_name (uri, &name)
        && name.kind == GST_DVR_FILE_SEGMENT
        && (self->next == 0 || name.number >= self->next)) {
      found.number = name.number;
      g_strlcpy (found.recording, recording, sizeof (found.recording));
      g_array_append_val (self->files, found);
    }
    g_free (uri);
  }
  if (dir)
    g_dir_close (dir);
  g_free (path);
}

/* Finds the files numbered after what the list names. */
static void
find_files (Recovery * self)
{
  GDir *dir = g_dir_open (self->directory, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)) != NULL)
    if (gst_dvr_is_recording_id (name))
      find_files_of (self, name);
  if (dir)
    g_dir_close (dir);
  g_array_sort (self->files, compare_found);
}

/* A part that was on disk, and may have been announced, before a crash. */
static gboolean
show_part (int fd, guint64 offset, guint8 * head)
{
  guint8 *type = head + GST_DVR_PART_HEAD_TYPE;

  if (memcmp (type, GST_DVR_PART_HIDDEN, 4) != 0)
    return TRUE;
  memcpy (type, GST_DVR_PART_SEEN, 4);

  return pwrite (fd, type, 4, offset + GST_DVR_PART_HEAD_TYPE) == 4;
}

/* Walks over the whole parts of an open file. Returns where the last one
 * ends; 0 if there is none. */
static guint64
walk_parts (int fd, guint64 offset, guint64 size, GstDvrEntry * entry,
    GstDvrKeyframes * frames)
{
  guint8 bytes[GST_DVR_PART_HEAD_SIZE];
  GstDvrPartHead head;
  guint64 end = 0;

  entry->duration = 0;
  while (gst_dvr_store_read_at (fd, bytes, sizeof (bytes), offset) ==
      sizeof (bytes) && show_part (fd, offset, bytes)
      && gst_dvr_part_head_read (bytes, sizeof (bytes), &head) ==
      GST_DVR_HEAD_OK && head.size <= size - offset) {
    gst_dvr_store_add_keyframe (entry, frames, head.independent,
        offset + GST_DVR_PART_HEAD_SIZE, head.key_size);
    entry->duration += head.duration;
    offset += head.size;
    end = offset;
  }

  return end;
}

/* A file that ends in a torn part is written anew without it and renamed over
 * the old one: whoever has the old one open or mapped keeps it. */
static gboolean
cut_file (const gchar * path, int fd, guint64 size)
{
  gchar *temporary = g_strconcat (path, ".cut", NULL);
  guint8 *bytes = g_malloc (COPY_SIZE);
  int out = open (temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  gboolean done = out >= 0;
  guint64 offset = 0;
  int code;

  while (done && offset < size) {
    gsize n = MIN (COPY_SIZE, size - offset);
    struct iovec iov = { bytes, n };

    done = gst_dvr_store_read_at (fd, bytes, n, offset) == (gssize) n
        && gst_dvr_store_write_all (out, &iov, 1, &code);
    offset += n;
  }
  done = done && fsync (out) == 0 && rename (temporary, path) == 0;
  if (out >= 0)
    close (out);
  if (!done)
    unlink (temporary);
  g_free (temporary);
  g_free (bytes);

  return done;
}

/* Whether an init section is there, and whole: its segment's file may have
 * survived without it. */
static gboolean
has_init (Recovery * self, const gchar * recording, guint32 init)
{
  gchar *name = g_strdup_printf (GST_DVR_INIT_URI, recording, (guint64) init);
  gchar *path = g_build_filename (self->directory, name, NULL);
  gsize size = 0, at = 0;
  gchar *data = NULL;

  if (g_file_get_contents (path, &data, &size, NULL))
    while (size - at >= 8 && GST_READ_UINT32_BE (data + at) >= 8
        && GST_READ_UINT32_BE (data + at) <= size - at)
      at += GST_READ_UINT32_BE (data + at);
  g_free (data);
  g_free (path);
  g_free (name);

  return at > 0 && at == size;
}

static void
adopt_file (Recovery * self, const Found * found, const gchar * path, int fd)
{
  guint8 bytes[GST_DVR_SEGMENT_HEAD_MAX];
  GstDvrSegmentHead head;
  GstDvrKeyframes frames = { 0, };
  GstDvrEntry entry = { 0, };
  gsize head_size;
  guint64 end;
  struct stat st;
  gssize n = gst_dvr_store_read_at (fd, bytes, sizeof (bytes), 0);

  if (n <= 0 || fstat (fd, &st) || !S_ISREG (st.st_mode)
      || gst_dvr_segment_head_read (bytes, n, &head, &head_size) !=
      GST_DVR_HEAD_OK || head.number != found->number
      || strcmp (head.recording, found->recording) != 0
      || !has_init (self, found->recording, head.init))
    return;
  end = walk_parts (fd, head_size, st.st_size, &entry, &frames);
  if (end == 0)
    return;
  if (end < (guint64) st.st_size) {
    GST_INFO ("%s: %" G_GUINT64_FORMAT " bytes after the last whole part are "
        "dropped", path, st.st_size - end);
    self->state->dropped_bytes += st.st_size - end;
    if (!cut_file (path, fd, end))
      return;
  } else if (self->sync && fdatasync (fd)) {
    GST_WARNING ("%s: not adopted: %s", path, g_strerror (errno));
    return;
  }

  entry.number = head.number;
  entry.recording = found->recording;
  entry.init = head.init;
  entry.discontinuity = head.discontinuity;
  entry.start = MAX (head.start, self->position);
  entry.wall_time = head.wall_time;
  entry.size = end;
  add_entry (self, &entry, frames.frames);
  self->state->adopted++;
}

/* A number whose data is gone is listed, so that it is never used again. */
static void
add_missing (Recovery * self, guint64 number)
{
  GstDvrEntry entry = self->last;

  if (self->next == 0 || entry.recording == NULL)
    return;
  entry.number = number;
  entry.start = self->position;
  entry.duration = 0;
  entry.wall_time = GST_DVR_WALL_TIME_NONE;
  make_gap (self, &entry);
  add_entry (self, &entry, NULL);
}

static void
adopt_files (Recovery * self)
{
  guint i;

  for (i = 0; i < self->files->len; i++) {
    const Found *found = &g_array_index (self->files, Found, i);
    gchar *path;
    int fd;

    self->state->last = MAX (self->state->last, found->number);
    if (self->next > 0 && (found->number < self->next
            || found->number - self->next > MAX_MISSING))
      continue;
    while (self->next > 0 && self->next < found->number)
      add_missing (self, self->next);
    path = gst_dvr_store_segment_path (self->directory, found->recording,
        found->number);
    fd = open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
      fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
      adopt_file (self, found, path, fd);
      close (fd);
    }
    g_free (path);
  }
  self->state->unsure = !self->state->ended && self->next > self->state->last;
  while (self->next > 0 && self->next <= self->state->last
      && self->state->last - self->next <= MAX_MISSING)
    add_missing (self, self->next);
}

static guint64
load_last (const gchar * directory)
{
  gchar *path = g_build_filename (directory, LAST_NAME, NULL);
  guint64 last = 0;
  gchar *text;

  if (g_file_get_contents (path, &text, NULL, NULL)) {
    last = g_ascii_strtoull (text, NULL, 10);
    g_free (text);
  }
  g_free (path);

  return last < GST_DVR_PLAYLIST_MAX_NUMBER ? last : 0;
}

/* Remembers the highest number apart from list and files, should these be
 * deleted. Best effort: the clock helps, too. */
void
gst_dvr_store_save_last (const gchar * directory, guint64 last)
{
  gchar *text = g_strdup_printf ("%" G_GUINT64_FORMAT "\n", last);

  gst_dvr_store_replace_file (directory, LAST_NAME, LAST_NAME ".new", text,
      strlen (text), FALSE, NULL);
  g_free (text);
}

/* Fills @timeline with what is recorded in @directory. @sync: what no list names
 * yet is to be on disk
 *
 * Returns: FALSE if it must not be touched */
gboolean
gst_dvr_store_recover (const gchar * directory, GstDvrTimeline * timeline,
    gboolean sync, GstDvrStoreState * state, GError ** error)
{
  Recovery self = {.directory = directory,.timeline = timeline,
    .state = state,.sync = sync
  };
  gboolean done;
  guint64 last;

  memset (state, 0, sizeof (*state));
  self.files = g_array_new (FALSE, FALSE, sizeof (Found));
  gst_dvr_timeline_begin (timeline);
  done = read_list (&self, error);
  if (done) {
    find_files (&self);
    adopt_files (&self);
    last = load_last (directory);
    /* A segment's lines are synced with the next one's file, so that parts may
     * have been seen of one that left nothing; unless a run ended well there. */
    state->unsure = state->unsure && last < state->last;
    if (state->unsure)
      state->last++;
    state->last = MAX (state->last, last);
  }
  gst_dvr_timeline_commit (timeline);
  g_array_unref (self.files);

  return done;
}
