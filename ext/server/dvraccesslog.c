/* dvraccesslog.c: what clients did, a line each
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * W3C extended log file format, with the field names of Adobe's access logs,
 * separated by tabs. Lines are made by whoever has something to say, and
 * written by a thread of the log's own: a slow disk holds up nobody. When it
 * is too slow, lines are lost, and the log says how many.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gst/gst.h>

#include "dvraccesslog.h"

#define MAX_LINES 65536
#define MAX_FIELD 512
#define FIELDS "#Fields: x-event\tx-category\tdate\ttime\tc-proto\tc-ip\t" \
    "c-client-id\tx-sname\tx-spos\tx-status\tx-duration\tcs-bytes\tsc-bytes\t" \
    "cs-uri-stem\tc-user-agent\n"

struct _DvrAccessLog
{
  gchar *path;
  gint fd;                      /* the thread's */
  GThread *thread;

  GMutex lock;
  GCond cond;
  GString *lines;
  guint n_lines;
  guint64 n_lost;
  gboolean reopen;
  gboolean stopping;
};

static gint
open_file (const gchar * path)
{
  return open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

static void
write_all (DvrAccessLog * self, const gchar * data, gsize size)
{
  while (size > 0) {
    ssize_t n = write (self->fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      GST_WARNING ("cannot write to %s: %s", self->path, g_strerror (errno));
      return;
    }
    data += n;
    size -= n;
  }
}

static void
write_head (DvrAccessLog * self)
{
  GDateTime *now = g_date_time_new_now_utc ();
  gchar *date = g_date_time_format (now, "%Y-%m-%d %H:%M:%S");
  gchar *head = g_strdup_printf ("#Version: 1.0\n#Software: " PACKAGE " "
      VERSION "\n#Date: %s\n" FIELDS, date);

  write_all (self, head, strlen (head));
  g_free (head);
  g_free (date);
  g_date_time_unref (now);
}

/* The old file is kept where a new one cannot be had. */
static void
open_again (DvrAccessLog * self)
{
  gint fd = open_file (self->path);

  if (fd < 0) {
    GST_WARNING ("cannot open %s again: %s", self->path, g_strerror (errno));
    return;
  }
  close (self->fd);
  self->fd = fd;
  write_head (self);
}

static gpointer
run (gpointer data)
{
  DvrAccessLog *self = data;
  gboolean stopping = FALSE;

  while (!stopping) {
    gboolean reopen;
    guint64 lost;
    GString *lines;

    g_mutex_lock (&self->lock);
    while (self->lines->len == 0 && !self->reopen && !self->stopping)
      g_cond_wait (&self->cond, &self->lock);
    lines = self->lines;
    self->lines = g_string_new (NULL);
    self->n_lines = 0;
    lost = self->n_lost;
    self->n_lost = 0;
    reopen = self->reopen;
    self->reopen = FALSE;
    stopping = self->stopping;
    g_mutex_unlock (&self->lock);

    write_all (self, lines->str, lines->len);
    g_string_free (lines, TRUE);
    if (lost > 0) {
      gchar *remark = g_strdup_printf ("#Remark: %" G_GUINT64_FORMAT
          " lines were lost: the disk is too slow\n", lost);

      write_all (self, remark, strlen (remark));
      g_free (remark);
    }
    if (reopen)
      open_again (self);
  }
  return NULL;
}

/**
 * dvr_access_log_new:
 * @path: file to append to
 * @error: why not
 */
DvrAccessLog *
dvr_access_log_new (const gchar * path, GError ** error)
{
  DvrAccessLog *self;
  gint fd = open_file (path);

  if (fd < 0) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
        "cannot open the access log %s: %s", path, g_strerror (errno));
    return NULL;
  }
  self = g_new0 (DvrAccessLog, 1);
  self->path = g_strdup (path);
  self->fd = fd;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->lines = g_string_new (NULL);
  write_head (self);
  self->thread = g_thread_new ("dvr-access-log", run, self);
  return self;
}

/* Writes what is still to be written. */
void
dvr_access_log_free (DvrAccessLog * self)
{
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  close (self->fd);
  g_string_free (self->lines, TRUE);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->path);
  g_free (self);
}

/* From any thread: the file has been moved away, begin a new one. */
void
dvr_access_log_reopen (DvrAccessLog * self)
{
  g_mutex_lock (&self->lock);
  self->reopen = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* -- lines -- */

/* What clients wrote must not look like fields or lines. */
static void
add_text (GString * line, const gchar * text)
{
  gsize i;

  g_string_append_c (line, '\t');
  if (!text || !*text) {
    g_string_append_c (line, '-');
    return;
  }
  for (i = 0; text[i] && i < MAX_FIELD; i++) {
    guchar c = text[i];

    if (c <= ' ' || c >= 0x7f || c == '%')
      g_string_append_printf (line, "%%%02X", c);
    else
      g_string_append_c (line, c);
  }
}

static void
add_number (GString * line, gint64 number)
{
  if (number < 0)
    g_string_append (line, "\t-");
  else
    g_string_append_printf (line, "\t%" G_GINT64_FORMAT, number);
}

static void
add_seconds (GString * line, gint64 microseconds)
{
  if (microseconds < 0)
    g_string_append (line, "\t-");
  else
    g_string_append_printf (line, "\t%" G_GINT64_FORMAT ".%03d",
        microseconds / G_USEC_PER_SEC, (gint) (microseconds / 1000 % 1000));
}

static void
add_line (GString * line, const DvrAccessEvent * event)
{
  GDateTime *now = g_date_time_new_now_utc ();
  gchar *time = g_date_time_format (now, "%Y-%m-%d\t%H:%M:%S");

  g_string_append_printf (line, "%s\t%s\t%s\t%s", event->event,
      event->category, time, event->protocol);
  add_text (line, event->address);
  add_number (line, event->client_id ? (gint64) event->client_id : -1);
  add_text (line, event->stream);
  add_number (line, event->position);
  add_number (line, event->status ? (gint64) event->status : -1);
  add_seconds (line, event->duration);
  add_number (line, event->bytes_in);
  add_number (line, event->bytes_out);
  add_text (line, event->uri);
  add_text (line, event->agent);
  g_string_append_c (line, '\n');
  g_free (time);
  g_date_time_unref (now);
}

/* From any thread; never waits for the disk. */
void
dvr_access_log_write (DvrAccessLog * self, const DvrAccessEvent * event)
{
  GString *line = g_string_sized_new (256);

  add_line (line, event);
  g_mutex_lock (&self->lock);
  if (self->n_lines < MAX_LINES) {
    g_string_append_len (self->lines, line->str, line->len);
    if (self->n_lines++ == 0)
      g_cond_signal (&self->cond);
  } else {
    self->n_lost++;
  }
  g_mutex_unlock (&self->lock);
  g_string_free (line, TRUE);
}
