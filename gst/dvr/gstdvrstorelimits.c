/* gstdvrstorelimits.c: what of a recording has to go
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/statvfs.h>
#include <unistd.h>

#include "gstdvrstore-private.h"

/* Files stay this long after the list has ceased to name them: a reader may
 * just have read the old list. */
#define GRACE (10 * G_TIME_SPAN_SECOND)
/* Of a long list this fraction goes at once, so that the list is not written
 * anew for each segment. */
#define SLACK 50

typedef struct
{
  gchar *recording;
  guint64 number;
  gint64 due;
} Piece;

struct _GstDvrStoreTrash
{
  gchar *directory;
  GQueue pieces;                /* oldest first */
};

static void
piece_free (gpointer data)
{
  Piece *piece = data;

  g_free (piece->recording);
  g_free (piece);
}

GstDvrStoreTrash *
gst_dvr_store_trash_new (const gchar * directory)
{
  GstDvrStoreTrash *trash = g_new0 (GstDvrStoreTrash, 1);

  trash->directory = g_strdup (directory);
  g_queue_init (&trash->pieces);

  return trash;
}

void
gst_dvr_store_trash_free (GstDvrStoreTrash * trash)
{
  g_queue_clear_full (&trash->pieces, piece_free);
  g_free (trash->directory);
  g_free (trash);
}

/* Puts a segment there that the list no longer names. */
void
gst_dvr_store_trash_add (GstDvrStoreTrash * trash, const GstDvrEntry * entry)
{
  Piece *piece = g_new (Piece, 1);

  piece->recording = g_strdup (entry->recording);
  piece->number = entry->number;
  piece->due = g_get_monotonic_time () + GRACE;
  g_queue_push_tail (&trash->pieces, piece);
}

static gboolean
is_not (const GstDvrEntry * entry, gpointer user_data)
{
  const gchar **recording = user_data;

  if (g_strcmp0 (entry->recording, *recording) == 0)
    *recording = NULL;

  return *recording != NULL;
}

/* Removes a recording's directory once none of its segments is listed. Oldest
 * go first, so it is enough to look at the window's first segments. */
static void
remove_recording (GstDvrStoreTrash * trash, GstDvrTimeline * timeline,
    const gchar * recording)
{
  const gchar *wanted = recording;
  GstDvrTimelineInfo info;
  GstDvrEntry open;
  gchar *path;
  const gchar *name;
  GDir *dir;

  gst_dvr_timeline_get_info (timeline, &info);
  gst_dvr_timeline_foreach (timeline, info.first, info.first + 1, is_not,
      &wanted);
  if (wanted == NULL)
    return;
  if (info.open && gst_dvr_timeline_find (timeline, info.next, &open) ==
      GST_DVR_FOUND_OPEN && g_strcmp0 (open.recording, recording) == 0)
    return;

  path = g_build_filename (trash->directory, recording, NULL);
  dir = g_dir_open (path, 0, NULL);
  while (dir && (name = g_dir_read_name (dir)) != NULL) {
    if (g_str_has_prefix (name, "init-")) {
      gchar *file = g_build_filename (path, name, NULL);

      unlink (file);
      g_free (file);
    }
  }
  if (dir)
    g_dir_close (dir);
  rmdir (path);                 /* fails while a segment is there: right so */
  g_free (path);
}

/* Unlinks what has been there long enough, or all of it @now. */
void
gst_dvr_store_trash_empty (GstDvrStoreTrash * trash,
    GstDvrTimeline * timeline, gboolean now)
{
  gint64 time = g_get_monotonic_time ();
  Piece *piece;

  while ((piece = g_queue_peek_head (&trash->pieces)) != NULL
      && (now || piece->due <= time)) {
    gchar *path = gst_dvr_store_segment_path (trash->directory,
        piece->recording, piece->number);
    Piece *next;

    g_queue_pop_head (&trash->pieces);
    next = g_queue_peek_head (&trash->pieces);
    unlink (path);
    if (next == NULL || g_strcmp0 (next->recording, piece->recording) != 0)
      remove_recording (trash, timeline, piece->recording);
    g_free (path);
    piece_free (piece);
  }
}

typedef struct
{
  const GstDvrStoreConfig *config;
  GstClockTime end;
  guint64 total;
  guint64 missing;
  guint64 slack;
  guint64 cut;
} Cut;

/* Whether the entry has to go; once one has, the slack goes with it. */
static gboolean
cut_entry (const GstDvrEntry * entry, gpointer user_data)
{
  Cut *cut = user_data;
  const GstDvrStoreConfig *config = cut->config;
  gboolean old = config->window > 0
      && entry->start + entry->duration + config->window <= cut->end;
  gboolean large = config->max_size > 0 && cut->total > config->max_size;
  gboolean full = cut->missing > 0;

  if (!old && !large && !full) {
    if (cut->cut == 0 || cut->slack == 0)
      return FALSE;
    cut->slack--;
  }
  cut->total -= MIN (cut->total, entry->size);
  cut->missing -= MIN (cut->missing, entry->size);
  cut->cut = entry->number + 1;

  return TRUE;
}

static guint64
missing_space (const gchar * directory, guint64 wanted)
{
  struct statvfs fs;
  guint64 free_space;

  if (wanted == 0 || statvfs (directory, &fs))
    return 0;
  free_space = (guint64) fs.f_bavail * fs.f_frsize;

  return free_space < wanted ? wanted - free_space : 0;
}

/* Finds the first number that may stay, by age, bytes and free space; 0 if all
 * may. The newest segment stays in any case: a list must not be empty, and what
 * goes on from it needs its init section. @total: bytes of all listed
 * segments. */
guint64
gst_dvr_store_find_cut (const gchar * directory, GstDvrTimeline * timeline,
    const GstDvrStoreConfig * config, guint64 total)
{
  Cut cut = { config, 0, total, 0, 0, 0 };
  GstDvrTimelineInfo info;

  gst_dvr_timeline_get_info (timeline, &info);
  cut.end = info.end;
  cut.slack = (info.next - info.first) / SLACK;
  cut.missing = missing_space (directory, config->min_free_space);
  gst_dvr_timeline_foreach (timeline, 0, info.open ? info.next :
      MAX (info.next, 1) - 1, cut_entry, &cut);

  return cut.cut;
}
