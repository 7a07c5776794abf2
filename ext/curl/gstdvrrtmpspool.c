/* gstdvrrtmpspool.c: where what an RTMP server sends is kept meanwhile
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A directory of an element's own, which goes when that stops. What a process
 * that died has left is known by its lock, which nobody holds, and removed by
 * the next one that uses the same directory for temporary files.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <gst/gst.h>

#include "gstdvrproxydebug.h"
#include "gstdvrrtmpspool.h"

#define GST_CAT_DEFAULT gst_dvr_proxy_debug

#define PREFIX "dvr-rtmp-"
#define LOCK_NAME "in-use"
#define MAX_TRIES 3

struct _GstDvrRtmpSpool
{
  gchar *temp_dir;
  gchar *directory;
  int lock;
  guint n_paths;                /* ever handed out */
};

/* Returns: a file that holds the directory's lock, or -1 where somebody else
 * does, or there is none */
static int
take_lock (const gchar * directory, int flags)
{
  g_autofree gchar *path = g_build_filename (directory, LOCK_NAME, NULL);
  int fd = open (path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat st;

  /* somebody may have had it just now, and removed it */
  if (fd >= 0 && (flock (fd, LOCK_EX | LOCK_NB) != 0 || fstat (fd, &st) != 0
          || st.st_nlink == 0)) {
    close (fd);
    fd = -1;
  }

  return fd;
}

/**
 * gst_dvr_rtmp_spool_remove:
 * @path: a directory
 *
 * Removes it and what is in it. Links are not followed.
 */
void
gst_dvr_rtmp_spool_remove (const gchar * path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    if (g_unlink (child) != 0 && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
      gst_dvr_rtmp_spool_remove (child);
  }
  g_clear_pointer (&dir, g_dir_close);
  if (g_rmdir (path) != 0)
    GST_DEBUG ("%s: %s", path, g_strerror (errno));
}

/* Removes what others left who are no more. */
static void
sweep (const gchar * temp_dir)
{
  GDir *dir = g_dir_open (temp_dir, 0, NULL);
  const gchar *name;
  int lock;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (temp_dir, name, NULL);

    if (!g_str_has_prefix (name, PREFIX)
        || g_file_test (path, G_FILE_TEST_IS_SYMLINK))
      continue;
    lock = take_lock (path, 0);
    if (lock < 0)
      continue;
    GST_INFO ("%s was left behind, and is removed", path);
    gst_dvr_rtmp_spool_remove (path);
    close (lock);
  }
  g_clear_pointer (&dir, g_dir_close);
}

static void
make_directory (GstDvrRtmpSpool * self)
{
  guint i;

  for (i = 0; i < MAX_TRIES && self->lock < 0; i++) {
    g_clear_pointer (&self->directory, g_free);
    self->directory = g_build_filename (self->temp_dir, PREFIX "XXXXXX", NULL);
    if (g_mkdtemp (self->directory) == NULL) {
      GST_WARNING ("%s: %s", self->directory, g_strerror (errno));
      break;
    }
    /* else it was taken for one that was left behind */
    self->lock = take_lock (self->directory, O_CREAT);
  }
}

/**
 * gst_dvr_rtmp_spool_new:
 * @temp_dir: a directory for temporary files
 *
 * Returns: (transfer full): a place, made now: who asks for paths has locks
 */
GstDvrRtmpSpool *
gst_dvr_rtmp_spool_new (const gchar * temp_dir)
{
  GstDvrRtmpSpool *self = g_new0 (GstDvrRtmpSpool, 1);

  self->temp_dir = g_strdup (temp_dir);
  self->lock = -1;
  sweep (temp_dir);
  make_directory (self);

  return self;
}

void
gst_dvr_rtmp_spool_free (GstDvrRtmpSpool * self)
{
  if (self->directory)
    gst_dvr_rtmp_spool_remove (self->directory);
  if (self->lock >= 0)
    close (self->lock);
  g_free (self->directory);
  g_free (self->temp_dir);
  g_free (self);
}

/**
 * gst_dvr_rtmp_spool_make_path:
 * @self: a place
 *
 * Returns: (transfer full): where a stream can be kept. Where it cannot be, who
 *   writes there finds out
 */
gchar *
gst_dvr_rtmp_spool_make_path (GstDvrRtmpSpool * self)
{
  g_autofree gchar *name = g_strdup_printf ("%u", self->n_paths++);

  return g_build_filename (self->directory, name, NULL);
}
