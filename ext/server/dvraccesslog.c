/* dvraccesslog.c: what clients did, a line each
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * W3C extended log file format, with the field names of Adobe's access logs,
 * separated by tabs. Lines are made by whoever has something to say, and
 * written by a thread of the log's own: a slow disk holds up nobody. When it
 * is too slow, or full, lines are lost, and the log says how many.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "dvraccesslog.h"
#include "dvratomic.h"
#include "dvrdebug.h"
#include "dvrsigpipe.h"

/* How much waits for the disk. */
#define MAX_WAITING (8 * 1024 * 1024)
/* A client writes this much into one field, before it is escaped. */
#define MAX_FIELD 512
/* A pipe that takes nothing for so long loses lines, milliseconds. */
#define PIPE_TIME 1000
#define FIELDS "#Fields: x-event\tx-category\tdate\ttime\ttz\tx-ctx\tc-proto\t" \
    "c-ip\tc-client-id\tx-sname\tx-spos\tx-status\tx-duration\tcs-bytes\t" \
    "sc-bytes\tcs-uri-stem\tc-user-agent\tx-cmcd\n"

struct _DvrAccessLog
{
  gchar *path;
  GThread *thread;

  /* the thread's */
  gint fd;
  gboolean torn;                /* the last line has no end */
  gboolean failing;
  guint64 n_untold;             /* lost, and the file does not say so yet */

  GMutex lock;
  /* with the lock */
  GCond cond;                   /* there is something to do */
  GString *lines;
  guint64 n_dropped;            /* for which there was no room */
  gboolean reopen;
  gboolean stopping;

  guint64 n_lost;               /* in all; atomic */
};

/* A pipe without a reader must not hold up who opens it. */
static gint
open_file (const gchar * path)
{
  return open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK,
      0640);
}

static gboolean
wait_for_reader (gint fd)
{
  struct pollfd out = {.fd = fd,.events = POLLOUT };

  return poll (&out, 1, PIPE_TIME) > 0;
}

/* Returns: how much of it was written */
static gsize
write_bytes (DvrAccessLog * self, const gchar * data, gsize size)
{
  gsize done = 0;

  while (done < size) {
    ssize_t n = write (self->fd, data + done, size - done);

    if (n > 0)
      done += n;
    else if (n < 0 && errno == EAGAIN && wait_for_reader (self->fd))
      continue;
    else if (n == 0 || errno != EINTR)
      break;
  }
  if (done < size && !self->failing)
    GST_WARNING ("cannot write to %s, lines are lost: %s", self->path,
        g_strerror (errno));
  self->failing = done < size;
  return done;
}

static guint64
count_lines (const gchar * data, gsize size)
{
  const gchar *end = data + size;
  guint64 n = 0;

  while ((data = memchr (data, '\n', end - data))) {
    data++;
    n++;
  }
  return n;
}

static void
lose (DvrAccessLog * self, guint64 n)
{
  self->n_untold += n;
  dvr_count (self->n_lost, n);
}

/* Writes whole lines; where the disk has half of one, that gets an end before
 * the next. Returns: how much of them was written */
static gsize
write_lines (DvrAccessLog * self, const gchar * lines, gsize size)
{
  gsize done;

  if (size == 0 || (self->torn && write_bytes (self, "\n", 1) < 1))
    return 0;
  self->torn = FALSE;
  done = write_bytes (self, lines, size);
  self->torn = done > 0 && lines[done - 1] != '\n';
  return done;
}

static void
tell_lost (DvrAccessLog * self)
{
  gchar *remark;

  if (self->n_untold == 0)
    return;
  remark = g_strdup_printf ("#Remark: %" G_GUINT64_FORMAT " lines were lost: "
      "the disk is too slow, or full\n", self->n_untold);
  if (write_lines (self, remark, strlen (remark)) == strlen (remark))
    self->n_untold = 0;
  g_free (remark);
}

static void
write_batch (DvrAccessLog * self, const GString * lines, guint64 n_dropped)
{
  gsize done;

  tell_lost (self);
  done = write_lines (self, lines->str, lines->len);
  lose (self, count_lines (lines->str + done, lines->len - done) + n_dropped);
  tell_lost (self);
}

static void
write_head (DvrAccessLog * self)
{
  GDateTime *now = g_date_time_new_now_utc ();
  gchar *date = g_date_time_format (now, "%Y-%m-%d %H:%M:%S");
  gchar *head = g_strdup_printf ("#Version: 1.0\n#Software: " PACKAGE " "
      VERSION "\n#Date: %s\n" FIELDS, date);

  write_lines (self, head, strlen (head));
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
  self->torn = FALSE;
  write_head (self);
}

static gpointer
run (gpointer data)
{
  DvrAccessLog *self = data;
  gboolean stopping = FALSE;

  dvr_block_sigpipe ();
  write_head (self);
  while (!stopping) {
    guint64 n_dropped;
    gboolean reopen;
    GString *lines;

    g_mutex_lock (&self->lock);
    while (self->lines->len == 0 && !self->reopen && !self->stopping)
      g_cond_wait (&self->cond, &self->lock);
    lines = self->lines;
    self->lines = g_string_new (NULL);
    n_dropped = self->n_dropped;
    self->n_dropped = 0;
    reopen = self->reopen;
    self->reopen = FALSE;
    stopping = self->stopping;
    g_mutex_unlock (&self->lock);

    write_batch (self, lines, n_dropped);
    g_string_free (lines, TRUE);
    if (reopen)
      open_again (self);
  }
  return NULL;
}

/**
 * dvr_access_log_new:
 * @path: file to append to, or a pipe that somebody reads
 * @error: why not
 *
 * Returns: (transfer full) (nullable): a log, with a thread of its own
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
  self->thread = g_thread_new ("dvr-access-log", run, self);
  return self;
}

/* Writes what is still to be written; nobody may write to it any more. */
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

/* From any thread: the file has been moved away, begin a new one. What was
 * written before this goes to the old one. */
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
  static const gchar hex[] = "0123456789ABCDEF";
  gsize i;

  g_string_append_c (line, '\t');
  if (!text || !*text) {
    g_string_append_c (line, '-');
    return;
  }
  for (i = 0; text[i] && i < MAX_FIELD; i++) {
    guchar c = text[i];

    if (c <= ' ' || c >= 0x7f || c == '%') {
      g_string_append_c (line, '%');
      g_string_append_c (line, hex[c >> 4]);
      g_string_append_c (line, hex[c & 15]);
    } else {
      g_string_append_c (line, c);
    }
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

  g_string_append_printf (line, "%s\t%s\t%s\tUTC", event->event,
      event->category, time);
  add_text (line, event->context);
  add_text (line, event->protocol);
  add_text (line, event->address);
  if (event->client_id)
    add_number (line, (gint64) event->client_id);
  else
    add_text (line, event->session);
  add_text (line, event->stream);
  add_number (line, event->position);
  add_number (line, event->status ? (gint64) event->status : -1);
  add_seconds (line, event->duration);
  add_number (line, event->bytes_in);
  add_number (line, event->bytes_out);
  add_text (line, event->uri);
  add_text (line, event->agent);
  add_text (line, event->cmcd);
  g_string_append_c (line, '\n');
  g_free (time);
  g_date_time_unref (now);
}

/**
 * dvr_access_log_write:
 * @self: a log
 * @event: what happened; not kept
 *
 * From any thread; never waits for the disk. What the disk is too slow for is
 * lost, and counted.
 */
void
dvr_access_log_write (DvrAccessLog * self, const DvrAccessEvent * event)
{
  GString *line = g_string_sized_new (256);

  add_line (line, event);
  g_mutex_lock (&self->lock);
  if (self->lines->len + line->len <= MAX_WAITING) {
    if (self->lines->len == 0)
      g_cond_signal (&self->cond);
    g_string_append_len (self->lines, line->str, line->len);
  } else {
    self->n_dropped++;
  }
  g_mutex_unlock (&self->lock);
  g_string_free (line, TRUE);
}

/* Returns: how many lines were lost so far, as far as the thread knows */
guint64
dvr_access_log_get_lost (DvrAccessLog * self)
{
  return dvr_get (self->n_lost);
}
