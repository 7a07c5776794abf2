/* gstdvrdiskfile.c: one cached segment as a file
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Files lie as a recorder lays them, <stream>/<recording>/<number>.m4s and
 * init-<n>.mp4, so that a cache directory can be kept as a recording. Names
 * come from upstream and files from whoever can write there: both are
 * checked. What was written has a checksum beside it, in an attribute of the
 * file where its file system knows those, so that the bytes stay the
 * segment's. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <zlib.h>
#include <gio/gio.h>
#include <gst/dvr/gstdvrname.h>

#include "gstdvrdiskfile.h"

/* Marks a directory as ours, and is locked while it is in use. */
#define MARKER ".dvr-cache"
#define TEMPORARY ".part"
#define MAX_DEPTH 16
/* CRC-32 (that of zlib) of the file, eight hexadecimal digits. */
#define ATTRIBUTE "user.dvr.crc32"
#define ATTRIBUTE_SIZE 8

static gchar *
file_name (GstDvrSegmentKind kind, guint64 number)
{
  if (kind == GST_DVR_SEGMENT_INIT)
    return g_strdup_printf ("init-%" G_GUINT64_FORMAT ".mp4", number);
  return g_strdup_printf ("%010" G_GUINT64_FORMAT ".m4s", number);
}

/* Returns: the path of what @id names below @directory; NULL if the name is
 * none that may become a path */
gchar *
gst_dvr_disk_file_path (const gchar * directory, const GstDvrSegmentId * id)
{
  gchar *name, *path;

  if (!gst_dvr_is_stream_name (id->stream) ||
      !gst_dvr_is_recording_id (id->recording))
    return NULL;
  name = file_name (id->kind, id->number);
  path = g_build_filename (directory, id->stream, id->recording, name, NULL);
  g_free (name);
  return path;
}

/* ISO/IEC 14496-12 section 4.2: boxes must fill the file exactly, begin as a
 * segment or init section does, and hold media or a moov. */
static gboolean
check_boxes (const guint8 * data, gsize size, GstDvrSegmentKind kind)
{
  const gchar *first = kind == GST_DVR_SEGMENT_INIT ? "ftyp" : "styp";
  const gchar *needed = kind == GST_DVR_SEGMENT_INIT ? "moov" : "mdat";
  gsize at = 0;
  gboolean found = FALSE;

  while (at < size) {
    guint64 box;
    guint8 *type = (guint8 *) data + at + 4;

    if (size - at < 8)
      return FALSE;
    box = GST_READ_UINT32_BE (data + at);
    if (box == 1 && size - at >= 16)
      box = GST_READ_UINT64_BE (data + at + 8);
    if (box < 8 || box > size - at)
      return FALSE;
    /* foreign origins may leave styp away */
    if (at == 0 && memcmp (type, first, 4) != 0 &&
        (kind == GST_DVR_SEGMENT_INIT || (memcmp (type, "moof", 4) != 0 &&
                memcmp (type, "prft", 4) != 0 && memcmp (type, "sidx", 4) != 0
                && memcmp (type, "emsg", 4) != 0)))
      return FALSE;
    found |= memcmp (type, needed, 4) == 0;
    at += box;
  }
  return found;
}

static gboolean
read_all (int fd, guint8 * data, gsize size)
{
  gsize done = 0;

  while (done < size) {
    gssize n = pread (fd, data + done, size - done, done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    done += n;
  }
  return TRUE;
}

static gint64
read_attribute (int fd)
{
  gchar text[ATTRIBUTE_SIZE + 1] = "";
  gchar *end;
  guint64 sum;

  if (fgetxattr (fd, ATTRIBUTE, text, ATTRIBUTE_SIZE) != ATTRIBUTE_SIZE)
    return GST_DVR_DISK_FILE_UNSUMMED;
  sum = g_ascii_strtoull (text, &end, 16);
  return *end == '\0' ? (gint64) sum : GST_DVR_DISK_FILE_UNSUMMED;
}

/* What cannot be told must do: a file of a cache before, or of another file
 * system. */
static gboolean
check_sum (int fd, const guint8 * data, gsize size, gint64 sum)
{
  if (sum == GST_DVR_DISK_FILE_UNSUMMED)
    sum = read_attribute (fd);
  return sum == GST_DVR_DISK_FILE_UNSUMMED
      || sum == (gint64) crc32_z (0, data, size);
}

/* @sum: its checksum, where that is known; else it is looked for with the file
 *
 * Returns: (transfer full) (nullable): the file's bytes, if it has @size bytes
 * and looks like what it should be */
GstBuffer *
gst_dvr_disk_file_load (const gchar * path, GstDvrSegmentKind kind,
    guint64 size, gint64 sum)
{
  int fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  guint8 *data = NULL;
  struct stat st;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode) &&
      (guint64) st.st_size == size && size <= GST_DVR_DISK_FILE_MAX)
    data = g_try_malloc (size);
  if (data && (!read_all (fd, data, size) || !check_boxes (data, size, kind)
          || !check_sum (fd, data, size, sum)))
    g_clear_pointer (&data, g_free);
  if (data)
    futimens (fd, NULL);        /* last use, for the order after a restart */
  close (fd);
  return data ? gst_buffer_new_wrapped (data, size) : NULL;
}

static int
write_all (int fd, const guint8 * data, gsize size)
{
  while (size > 0) {
    gssize n = write (fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno;
    data += n;
    size -= n;
  }
  return 0;
}

static int
write_segment (int fd, GstDvrSegment * segment, gint64 * sum)
{
  guint64 at = 0;
  const guint8 *data;
  gchar text[ATTRIBUTE_SIZE + 1];
  uLong crc = 0;
  gsize n;
  int error = 0;

  while (!error && (data = gst_dvr_segment_peek (segment, at, &n))) {
    error = write_all (fd, data, n);
    crc = crc32_z (crc, data, n);
    at += n;
  }
  *sum = crc;
  g_snprintf (text, sizeof (text), "%08lx", crc);
  /* where the file system does not keep it there is no check after a restart */
  if (!error)
    (void) !fsetxattr (fd, ATTRIBUTE, text, ATTRIBUTE_SIZE, 0);
  return error;
}

/* Not synced: what a crash leaves is checked when it is read.
 *
 * @sum: (out): its checksum
 *
 * Returns: 0 or an errno; then there is no file */
int
gst_dvr_disk_file_save (const gchar * path, GstDvrSegment * segment,
    gint64 * sum)
{
  gchar *folder = g_path_get_dirname (path);
  gchar *temporary = g_strconcat (path, TEMPORARY, NULL);
  int error = 0, fd = -1;

  if (g_mkdir_with_parents (folder, 0755) < 0)
    error = errno;
  if (!error && (fd = open (temporary,
              O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644)) < 0)
    error = errno;
  if (!error)
    error = write_segment (fd, segment, sum);
  if (fd >= 0 && close (fd) < 0 && !error)
    error = errno;
  if (!error && rename (temporary, path) < 0)
    error = errno;
  if (error)
    unlink (temporary);
  g_free (temporary);
  g_free (folder);
  return error;
}

/* Deletes a file, and the folders that it leaves empty. */
void
gst_dvr_disk_file_remove (const gchar * directory, const gchar * path)
{
  gsize root = strlen (directory);
  gchar *folder = g_path_get_dirname (path);

  unlink (path);
  while (strlen (folder) > root && rmdir (folder) == 0) {
    gchar *parent = g_path_get_dirname (folder);

    g_free (folder);
    folder = parent;
  }
  g_free (folder);
}

static gboolean
parse_name (const gchar * name, GstDvrSegmentId * id)
{
  const gchar *digits = name;
  gchar *canonical;
  gboolean ret;

  id->kind = GST_DVR_SEGMENT_MEDIA;
  if (g_str_has_prefix (name, "init-")) {
    id->kind = GST_DVR_SEGMENT_INIT;
    digits += strlen ("init-");
  }
  if (!g_ascii_isdigit (digits[0]))
    return FALSE;
  id->number = g_ascii_strtoull (digits, NULL, 10);
  canonical = file_name (id->kind, id->number);
  ret = g_str_equal (canonical, name);
  g_free (canonical);
  return ret;
}

typedef struct
{
  const gchar *directory;
  GstDvrDiskFileFunc func;
  gpointer user_data;
} Scan;

static gboolean scan_folder (Scan * scan, const gchar * stream,
    const gchar * last, guint depth);

static gboolean
scan_file (Scan * scan, const gchar * stream, const gchar * recording,
    const gchar * path, const gchar * name, const struct stat *st)
{
  GstDvrSegmentId id = { 0, };

  if (g_str_has_suffix (name, TEMPORARY)) {
    unlink (path);              /* a write that a crash interrupted */
    return TRUE;
  }
  if (!stream || !parse_name (name, &id) || !gst_dvr_is_stream_name (stream) ||
      !gst_dvr_is_recording_id (recording))
    return TRUE;
  id.stream = stream;
  id.recording = recording;
  return scan->func (&id, st->st_size, st->st_mtime, scan->user_data);
}

/* @stream/@last is the folder; a file in it is of recording @last. */
static gboolean
scan_entry (Scan * scan, const gchar * stream, const gchar * last,
    const gchar * folder, const gchar * name, guint depth)
{
  gchar *path;
  gboolean ret = TRUE;
  struct stat st;

  /* "." and "..", our marker, what others hide here */
  if (name[0] == '.')
    return TRUE;
  path = g_build_filename (folder, name, NULL);
  if (lstat (path, &st) == 0) {
    if (S_ISREG (st.st_mode)) {
      ret = scan_file (scan, stream, last, path, name, &st);
    } else if (S_ISDIR (st.st_mode) && depth < MAX_DEPTH) {
      gchar *above = stream ? g_strconcat (stream, "/", last, NULL) :
          g_strdup (last);

      ret = scan_folder (scan, above, name, depth + 1);
      g_free (above);
    }
  }
  g_free (path);
  return ret;
}

static gboolean
scan_folder (Scan * scan, const gchar * stream, const gchar * last, guint depth)
{
  gchar *folder = g_build_filename (scan->directory, stream ? stream :
      (last ? last : ""), stream ? last : NULL, NULL);
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;
  gboolean ret = TRUE;

  while (dir && ret && (name = g_dir_read_name (dir)))
    ret = scan_entry (scan, stream, last, folder, name, depth);
  if (dir)
    g_dir_close (dir);
  g_free (folder);
  return ret;
}

/* Calls @func for each file below @directory that has the name of a segment
 * or init section. Symbolic links are not followed. */
void
gst_dvr_disk_file_scan (const gchar * directory, GstDvrDiskFileFunc func,
    gpointer user_data)
{
  Scan scan = { directory, func, user_data };

  scan_folder (&scan, NULL, NULL, 0);
}

static gboolean
is_empty (const gchar * directory)
{
  GDir *dir = g_dir_open (directory, 0, NULL);
  gboolean ret = dir && g_dir_read_name (dir) == NULL;

  if (dir)
    g_dir_close (dir);
  return ret;
}

/* Makes @directory if need be, and takes it for this cache alone. A directory
 * with other things in it is refused: a cache deletes files.
 *
 * Returns: a descriptor to close at the end, or -1 with @error set */
int
gst_dvr_disk_file_claim (const gchar * directory, GError ** error)
{
  gchar *marker = g_build_filename (directory, MARKER, NULL);
  const gchar *problem = NULL;
  int code, fd = -1;

  if (g_mkdir_with_parents (directory, 0755) < 0)
    problem = "cannot be made";
  else if (access (marker, F_OK) < 0 && !is_empty (directory))
    problem = "is neither empty nor a cache: name another directory";
  else if ((fd = open (marker, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
              0644)) < 0)
    problem = "cannot be written to";
  else if (flock (fd, LOCK_EX | LOCK_NB) < 0)
    problem = "is used by another cache";
  code = errno;
  g_free (marker);
  if (!problem)
    return fd;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
      "cache-dir %s %s", directory, problem);
  if (fd >= 0)
    close (fd);
  return -1;
}
