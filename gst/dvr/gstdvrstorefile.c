/* gstdvrstorefile.c: files of the recording store
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "gstdvrstore-private.h"

/* How many buffers one write takes. */
#define MAX_IOV 512

/* Sets an error that names the path and what to do about it. */
void
gst_dvr_store_set_error (GError ** error, const gchar * doing,
    const gchar * path, int code)
{
  GstResourceError kind = GST_RESOURCE_ERROR_WRITE;
  const gchar *advice = "";

  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      kind = GST_RESOURCE_ERROR_NO_SPACE_LEFT;
      advice = "; make room, or set window, max-size or min-free-space";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      kind = GST_RESOURCE_ERROR_OPEN_WRITE;
      advice = "; give this user the right to write there";
      break;
    case ENOTDIR:
    case ENOENT:
      kind = GST_RESOURCE_ERROR_OPEN_WRITE;
      advice = "; choose another location";
      break;
    default:
      break;
  }

  g_set_error (error, GST_RESOURCE_ERROR, kind, "Could not %s %s: %s%s", doing,
      path, g_strerror (code), advice);
}

/* Writes all of @iov, which is changed. On failure some of it may have been
 * written. */
gboolean
gst_dvr_store_write_all (int fd, struct iovec *iov, gint n, int *code)
{
  while (n > 0) {
    gssize done = writev (fd, iov, MIN (n, MAX_IOV));

    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0) {
      *code = errno;
      return FALSE;
    }
    while (n > 0 && (gsize) done >= iov->iov_len) {
      done -= iov->iov_len;
      iov++;
      n--;
    }
    if (n > 0) {
      iov->iov_base = (guint8 *) iov->iov_base + done;
      iov->iov_len -= done;
    }
  }

  return TRUE;
}

/* Writes a new file beside the old one and renames it over: readers see the
 * one or the other, also after a power cut if @sync. */
gboolean
gst_dvr_store_replace_file (const gchar * directory, const gchar * name,
    const gchar * temporary, gconstpointer data, gsize size, gboolean sync,
    GError ** error)
{
  gchar *path = g_build_filename (directory, name, NULL);
  gchar *new_path = g_build_filename (directory, temporary, NULL);
  struct iovec iov = { (gpointer) data, size };
  int code = 0, fd;

  fd = open (new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0)
    code = errno;
  else if (gst_dvr_store_write_all (fd, &iov, 1, &code) && sync && fsync (fd))
    code = errno;
  if (fd >= 0)
    close (fd);
  if (code == 0 && rename (new_path, path))
    code = errno;
  if (code != 0) {
    unlink (new_path);
    gst_dvr_store_set_error (error, "write", path, code);
  }
  g_free (new_path);
  g_free (path);

  return code == 0;
}

gchar *
gst_dvr_store_segment_path (const gchar * directory, const gchar * recording,
    guint64 number)
{
  return g_strdup_printf ("%s/" GST_DVR_SEGMENT_URI, directory, recording,
      number);
}

/* Reads as much of @size as there is. Returns -1 on error. */
gssize
gst_dvr_store_read_at (int fd, gpointer data, gsize size, guint64 offset)
{
  gsize done = 0;

  while (done < size) {
    gssize n = pread (fd, (guint8 *) data + done, size - done, offset + done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    done += n;
  }

  return done;
}
