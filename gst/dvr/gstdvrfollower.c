/* gstdvrfollower.c: the thread that hears of changes in recordings
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One thread and one inotify instance for all followers of a process (the
 * kernel allows a user 128 instances). A writer in the same process wakes it
 * directly. Where inotify is not to be had or hears nothing, as on a network
 * file system, each directory is looked at every so often. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "gstdvrstore-private.h"

GST_DEBUG_CATEGORY_STATIC (gst_dvr_follower_debug);
#define GST_CAT_DEFAULT gst_dvr_follower_debug

/* How often to look where nothing tells. */
#define LOOK_MS 250
/* How often to look in any case: a directory may be moved away or mounted
 * over without a word. */
#define SAFETY_MS 2000

#define EVENTS (IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE | \
    IN_DELETE_SELF | IN_MOVE_SELF)
#define NFS_MAGIC 0x6969
#define SMB2_MAGIC 0xfe534d42

struct _GstDvrFollow
{
  gchar *directory;
  GstDvrFollowFunc func;
  GstDvrFollowShowFunc show_func;
  gpointer user_data;

  /* protected by the follower's lock */
  gchar *recording;
  int directory_watch;          /* of it, or of what exists above it */
  int recording_watch;
  gboolean rewatch;
  gboolean dirty;
  gboolean blind;               /* inotify tells nothing */
  guint n_calls;                /* of its part function */
};

static struct
{
  GMutex lock;                  /* protects all below */
  GCond idle;
  GThread *thread;
  GPtrArray *follows;
  GstDvrFollow *current;        /* its function runs */
  int inotify;
  int wake;
} follower = {.inotify = -1,.wake = -1 };

static void
wake (void)
{
  const guint64 one = 1;

  while (write (follower.wake, &one, sizeof (one)) < 0 && errno == EINTR);
}

static void
remove_watch (int watch)
{
  guint i;

  if (watch < 0)
    return;
  /* a directory has one watch, however many follow it */
  for (i = 0; i < follower.follows->len; i++) {
    GstDvrFollow *other = g_ptr_array_index (follower.follows, i);

    if (other->directory_watch == watch || other->recording_watch == watch)
      return;
  }
  inotify_rm_watch (follower.inotify, watch);
}

static int
add_watch (const gchar * path)
{
  return follower.inotify < 0 ? -1 : inotify_add_watch (follower.inotify, path,
      EVENTS | IN_ONLYDIR);
}

static gboolean
is_remote (const gchar * path)
{
  struct statfs fs;

  return statfs (path, &fs) == 0 && ((guint32) fs.f_type == NFS_MAGIC
      || (guint32) fs.f_type == SMB2_MAGIC);
}

typedef struct
{
  int directory;
  int recording;
  gboolean missing;             /* a directory that shall be watched */
  gboolean blind;
} Watches;

/* Watches the directory, or as long as it is missing the nearest one above.
 * Without the lock: a file system may take its time. */
static Watches
add_watches (const gchar * directory, const gchar * recording)
{
  Watches watches = {.recording = -1 };
  gchar *path = g_strdup (directory);

  watches.directory = add_watch (path);
  while (watches.directory < 0 && follower.inotify >= 0
      && strcmp (path, "/") != 0 && strcmp (path, ".") != 0) {
    gchar *above = g_path_get_dirname (path);

    g_free (path);
    path = above;
    watches.directory = add_watch (path);
    watches.missing = TRUE;
  }
  watches.blind = watches.directory < 0 || is_remote (path);
  g_free (path);

  if (recording) {
    path = g_build_filename (directory, recording, NULL);
    watches.recording = add_watch (path);
    watches.missing |= watches.recording < 0;
    g_free (path);
  }

  return watches;
}

/* Lets go of the lock meanwhile. A watch that is removed then, by who shared it
 * and does not know of us yet, says so (IN_IGNORED) and is renewed. */
static void
renew_watches_locked (GstDvrFollow * self)
{
  int old_directory = self->directory_watch;
  int old_recording = self->recording_watch;
  gchar *recording = g_strdup (self->recording);
  Watches watches;

  self->rewatch = FALSE;
  g_mutex_unlock (&follower.lock);
  watches = add_watches (self->directory, recording);
  g_free (recording);
  g_mutex_lock (&follower.lock);

  self->directory_watch = watches.directory;
  self->recording_watch = watches.recording;
  self->rewatch |= watches.missing;
  self->blind = watches.blind;
  if (old_directory != watches.directory)
    remove_watch (old_directory);
  if (old_recording != watches.recording)
    remove_watch (old_recording);
}

static void
mark_watch_locked (int watch, guint32 mask)
{
  guint i;

  for (i = 0; i < follower.follows->len; i++) {
    GstDvrFollow *self = g_ptr_array_index (follower.follows, i);

    if (watch == -1 || self->directory_watch == watch
        || self->recording_watch == watch) {
      self->dirty = TRUE;
      if (mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_Q_OVERFLOW))
        self->rewatch = TRUE;
    }
  }
}

static void
read_events_locked (void)
{
  union
  {
    struct inotify_event event;
    gchar bytes[16 * 1024];
  } buffer;
  gssize n;

  while ((n = read (follower.inotify, &buffer, sizeof (buffer))) > 0) {
    gchar *p = buffer.bytes;

    while (p < buffer.bytes + n) {
      struct inotify_event event;

      memcpy (&event, p, sizeof (event));
      mark_watch_locked (event.wd, event.mask);
      p += sizeof (event) + event.len;
    }
  }
}

/* Runs what is dirty. The functions are called without the lock. */
static void
run_dirty_locked (void)
{
  guint i;

  for (i = 0; i < follower.follows->len; i++) {
    GstDvrFollow *self = g_ptr_array_index (follower.follows, i);

    if (!self->dirty)
      continue;
    self->dirty = FALSE;
    follower.current = self;
    if (self->rewatch)
      renew_watches_locked (self);
    g_mutex_unlock (&follower.lock);
    self->func (self->user_data);
    g_mutex_lock (&follower.lock);
    follower.current = NULL;
    g_cond_broadcast (&follower.idle);
  }
}

static gpointer
follower_thread (gpointer data)
{
  gint64 looked = 0, checked = 0;

  g_mutex_lock (&follower.lock);
  while (TRUE) {
    struct pollfd fds[2] = {
      {.fd = follower.wake,.events = POLLIN},
      {.fd = follower.inotify,.events = POLLIN}
    };
    gboolean blind = FALSE, look, check;
    guint64 count;
    gint64 now;
    guint i;

    for (i = 0; i < follower.follows->len; i++)
      blind |= ((GstDvrFollow *)
          g_ptr_array_index (follower.follows, i))->blind;
    g_mutex_unlock (&follower.lock);
    poll (fds, 2, blind ? LOOK_MS : SAFETY_MS);
    g_mutex_lock (&follower.lock);

    while (read (follower.wake, &count, sizeof (count)) > 0);
    if (follower.inotify >= 0)
      read_events_locked ();
    now = g_get_monotonic_time ();
    look = now - looked >= LOOK_MS * 1000;
    check = now - checked >= SAFETY_MS * 1000;
    for (i = 0; i < follower.follows->len && (look || check); i++) {
      GstDvrFollow *self = g_ptr_array_index (follower.follows, i);

      self->dirty |= check || self->blind;
    }
    looked = look ? now : looked;
    checked = check ? now : checked;
    run_dirty_locked ();
  }

  return NULL;
}

static void
start_locked (void)
{
  if (follower.thread)
    return;
  GST_DEBUG_CATEGORY_INIT (gst_dvr_follower_debug, "dvrfollower", 0,
      "Following DVR recordings");
  follower.follows = g_ptr_array_new ();
  follower.wake = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
  follower.inotify = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  if (follower.inotify < 0)
    GST_WARNING ("no inotify: %s; looking every %d ms instead",
        g_strerror (errno), LOOK_MS);
  follower.thread = g_thread_new ("dvr-follower", follower_thread, NULL);
}

/* Prepares to call @func from the follower's thread whenever something in
 * @directory, which need not exist, may have changed; and @show_func from a
 * writer's when a part grows: it must be quick. Both without a lock. */
GstDvrFollow *
gst_dvr_follow_new (const gchar * directory, GstDvrFollowFunc func,
    GstDvrFollowShowFunc show_func, gpointer user_data)
{
  GstDvrFollow *self = g_new0 (GstDvrFollow, 1);

  self->directory = g_strdup (directory);
  self->func = func;
  self->show_func = show_func;
  self->user_data = user_data;
  self->directory_watch = self->recording_watch = -1;
  self->rewatch = self->dirty = TRUE;

  return self;
}

/* From here on the function is called, first of all soon. */
void
gst_dvr_follow_start (GstDvrFollow * self)
{
  g_mutex_lock (&follower.lock);
  start_locked ();
  g_ptr_array_add (follower.follows, self);
  wake ();
  g_mutex_unlock (&follower.lock);
}

/* Waits for calls of the functions that are under way; not to be called from
 * them. */
void
gst_dvr_follow_free (GstDvrFollow * self)
{
  g_mutex_lock (&follower.lock);
  while (follower.current == self || self->n_calls > 0)
    g_cond_wait (&follower.idle, &follower.lock);
  g_ptr_array_remove (follower.follows, self);
  /* the thread may be going through them, and miss the next one */
  wake ();
  remove_watch (self->directory_watch);
  remove_watch (self->recording_watch);
  g_mutex_unlock (&follower.lock);

  g_free (self->recording);
  g_free (self->directory);
  g_free (self);
}

/* Watches that recording's directory, too: there its open segment grows. */
void
gst_dvr_follow_watch_recording (GstDvrFollow * self, const gchar * recording)
{
  g_mutex_lock (&follower.lock);
  if (g_strcmp0 (self->recording, recording) != 0) {
    g_free (self->recording);
    self->recording = g_strdup (recording);
    /* and looked at again: something may have come before it is watched */
    self->rewatch = self->dirty = TRUE;
    wake ();
  }
  g_mutex_unlock (&follower.lock);
}

/* A writer of this process has changed something in @directory. */
void
gst_dvr_follow_poke (const gchar * directory)
{
  gboolean found = FALSE;
  guint i;

  g_mutex_lock (&follower.lock);
  for (i = 0; follower.thread && i < follower.follows->len; i++) {
    GstDvrFollow *self = g_ptr_array_index (follower.follows, i);

    if (strcmp (self->directory, directory) == 0)
      self->dirty = found = TRUE;
  }
  if (found)
    wake ();
  g_mutex_unlock (&follower.lock);
}

/* A writer of this process has something of a part that has not ended. */
void
gst_dvr_follow_show (const gchar * directory, const GstDvrPreview * preview)
{
  g_autoptr (GPtrArray) told = g_ptr_array_new ();
  guint i;

  g_mutex_lock (&follower.lock);
  for (i = 0; follower.thread && i < follower.follows->len; i++) {
    GstDvrFollow *self = g_ptr_array_index (follower.follows, i);

    if (strcmp (self->directory, directory) == 0) {
      self->n_calls++;
      g_ptr_array_add (told, self);
    }
  }
  g_mutex_unlock (&follower.lock);

  for (i = 0; i < told->len; i++) {
    GstDvrFollow *self = g_ptr_array_index (told, i);

    self->show_func (preview, self->user_data);
  }

  g_mutex_lock (&follower.lock);
  for (i = 0; i < told->len; i++)
    ((GstDvrFollow *) g_ptr_array_index (told, i))->n_calls--;
  if (told->len > 0)
    g_cond_broadcast (&follower.idle);
  g_mutex_unlock (&follower.lock);
}
