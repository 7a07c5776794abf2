/* gstdvrstorewriter.c: writes a stream's recording
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:gstdvrstore
 * @title: GstDvrStore
 * @short_description: recordings on disk
 *
 * A recording is a directory of segments that describe themselves, and a
 * journal, index.m3u8, that any web server can serve as it lies there. A
 * #GstDvrStoreWriter writes it, from one thread at a time; any number of
 * #GstDvrStoreReader follow it, in this process or others.
 *
 * A part is written with one write, so that readers see whole parts. A segment
 * is listed when it is closed. What is listed is never changed; what cannot be
 * kept becomes a gap under its number.
 *
 * When versions meet: a writer that finds a newer format touches nothing and
 * fails; a reader that finds a newer segment does not offer it.
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

#include <fmp4/fmp4.h>

#include "gstdvrstorewriter-private.h"

GST_DEBUG_CATEGORY (gst_dvr_store_debug);
#define GST_CAT_DEFAULT gst_dvr_store_debug

/* A live recording without a window keeps this many longest segments. */
#define LIVE_SEGMENTS 6
#define BALLAST_SIZE (1024 * 1024)

static gboolean
lock_directory (GstDvrStoreWriter * self, GError ** error)
{
  gchar *path = g_build_filename (self->directory, LOCK_NAME, NULL);
  gboolean done = FALSE;

  self->lock_fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (self->lock_fd < 0)
    gst_dvr_store_set_error (error, "write to", self->directory, errno);
  else if (flock (self->lock_fd, LOCK_EX | LOCK_NB))
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY,
        "Another recorder writes to %s; stop it, or choose another stream "
        "name", self->directory);
  else
    done = TRUE;
  g_free (path);

  return done;
}

static void
choose_recording (GstDvrStoreWriter * self)
{
  GDateTime *now = g_date_time_new_now_utc ();
  gchar *time = g_date_time_format (now, "%Y%m%dT%H%M%SZ");

  g_snprintf (self->recording, sizeof (self->recording), "%s-%08x", time,
      g_random_int ());
  g_free (time);
  g_date_time_unref (now);
}

static gboolean
trash_entry (const GstDvrEntry * entry, gpointer user_data)
{
  GstDvrStoreWriter *self = user_data;

  self->total -= MIN (self->total, entry->size);
  gst_dvr_store_trash_add (self->trash, entry);

  return TRUE;
}

static gboolean
count_entry (const GstDvrEntry * entry, gpointer user_data)
{
  *(guint64 *) user_data += entry->size;

  return TRUE;
}

gboolean
gst_dvr_store_rewrite_index (GstDvrStoreWriter * self, GError ** error)
{
  return gst_dvr_store_index_rewrite (&self->index, self->timeline,
      self->has_open ? &self->open : NULL, TRUE, error);
}

/* Begins anew: the old list goes, and then its segments. */
static gboolean
remove_all (GstDvrStoreWriter * self, GstDvrStoreState * state, GError ** error)
{
  gchar *path = g_build_filename (self->directory, INDEX_NAME, NULL);
  gboolean done = unlink (path) == 0 || errno == ENOENT;

  if (!done)
    gst_dvr_store_set_error (error, "remove", path, errno);
  g_free (path);
  if (!done)
    return FALSE;

  gst_dvr_timeline_foreach (self->timeline, 0, G_MAXUINT64, trash_entry, self);
  gst_dvr_timeline_clear (self->timeline);
  gst_dvr_store_trash_empty (self->trash, self->timeline, TRUE);
  state->ended = FALSE;
  state->discontinuity = 0;
  state->target_duration = 0;

  return TRUE;
}

static gboolean
check_target (GstDvrStoreWriter * self, const GstDvrStoreState * state,
    GError ** error)
{
  GstClockTime wanted = self->config.max_segment_duration;

  wanted = (wanted + GST_SECOND - 1) / GST_SECOND * GST_SECOND;
  self->index.target_duration = wanted;
  if (state->target_duration == 0)
    return TRUE;
  if (wanted > state->target_duration) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "%s was begun with a max-segment-duration of %" G_GUINT64_FORMAT " s, "
        "which is fixed for a stream's life; %" G_GUINT64_FORMAT " s is more. "
        "Set it to %" G_GUINT64_FORMAT " s, or publish-type=record to begin "
        "anew", self->directory, state->target_duration / GST_SECOND,
        wanted / GST_SECOND, state->target_duration / GST_SECOND);
    return FALSE;
  }
  self->index.target_duration = state->target_duration;

  return TRUE;
}

/* Room for the list, should it have to be written anew on a full disk. It is
 * used up then, and the list grows. */
static void
keep_ballast (GstDvrStoreWriter * self)
{
  gchar *path = g_build_filename (self->directory, BALLAST_NAME, NULL);
  guint64 wanted = BALLAST_SIZE + 2 * self->index.size;
  struct stat st;
  int fd;

  if (stat (path, &st) || (guint64) st.st_size < wanted / 2) {
    fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0) {
      if (posix_fallocate (fd, 0, wanted))
        unlink (path);
      close (fd);
    }
  }
  g_free (path);
}

static gboolean
recover (GstDvrStoreWriter * self, GError ** error)
{
  GstDvrTimelineInfo info;
  GstDvrStoreState state;

  if (!gst_dvr_store_recover (self->directory, self->timeline,
          self->config.fsync != GST_DVR_FSYNC_NONE, &state, error))
    return FALSE;
  self->last = state.last;
  gst_dvr_timeline_foreach (self->timeline, 0, G_MAXUINT64, count_entry,
      &self->total);
  if (self->config.publish_type == GST_DVR_PUBLISH_RECORD
      && !remove_all (self, &state, error))
    return FALSE;
  if (!check_target (self, &state, error))
    return FALSE;

  self->unsure = state.unsure;
  self->discontinuity = state.discontinuity;
  self->index.ended = state.ended;
  gst_dvr_timeline_set_durations (self->timeline, self->index.target_duration,
      self->config.part_duration);
  if (state.adopted || state.lost)
    GST_WARNING ("%s: an earlier run did not end well: %u segments adopted, %u "
        "lost, %u bytes dropped", self->directory, state.adopted, state.lost,
        state.dropped_bytes);
  gst_dvr_timeline_get_info (self->timeline, &info);
  if (info.next > info.first && !gst_dvr_store_rewrite_index (self, error))
    return FALSE;
  gst_dvr_timeline_set_state (self->timeline, state.ended ?
      GST_DVR_TIMELINE_ENDED : GST_DVR_TIMELINE_OPEN, 0);
  keep_ballast (self);

  return TRUE;
}

/**
 * gst_dvr_store_writer_open:
 * @location: directory of all recordings; made if missing
 * @stream: the stream's name
 * @config: durations and limits; copied
 * @error: return location for an error of GST_RESOURCE_ERROR: SETTINGS for a
 *   name or duration that cannot be, OPEN_WRITE, BUSY, NO_SPACE_LEFT
 *
 * Takes a stream's recording for writing and recovers what is there. May take
 * as long as reading the list and looking at each file it names.
 *
 * Returns: (transfer full) (nullable): a writer
 */
GstDvrStoreWriter *
gst_dvr_store_writer_open (const gchar * location, const gchar * stream,
    const GstDvrStoreConfig * config, GError ** error)
{
  static gsize once = 0;
  GstDvrStoreWriter *self;

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (gst_dvr_store_debug, "dvrstore", 0,
        "DVR recordings on disk");
    g_once_init_leave (&once, 1);
  }
  if (!gst_dvr_is_stream_name (stream)) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "\"%s\" is not a stream name; use letters, digits, '.', '_', '-' in "
        "parts such as live/cam1", stream);
    return NULL;
  }

  self = g_new0 (GstDvrStoreWriter, 1);
  self->config = *config;
  if (config->publish_type == GST_DVR_PUBLISH_LIVE && config->window == 0)
    self->config.window = LIVE_SEGMENTS * config->max_segment_duration;
  self->stream = g_strdup (stream);
  self->directory = g_build_filename (location, stream, NULL);
  self->fd = self->lock_fd = -1;
  self->timeline = gst_dvr_timeline_new (stream);
  self->chunks = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_buffer_unref);
  self->hidden = g_array_new (FALSE, FALSE, sizeof (GstDvrStoreHidden));
  self->trash = gst_dvr_store_trash_new (self->directory);
  gst_dvr_store_index_init (&self->index, self->directory,
      config->fsync != GST_DVR_FSYNC_NONE);
  self->index.part_duration = config->part_duration;
  choose_recording (self);

  if (g_mkdir_with_parents (self->directory, 0755)) {
    gst_dvr_store_set_error (error, "make the directory", self->directory,
        errno);
    gst_dvr_store_writer_free (self);
    return NULL;
  }
  if (!lock_directory (self, error) || !recover (self, error)) {
    gst_dvr_store_writer_free (self);
    return NULL;
  }

  return self;
}

void
gst_dvr_store_close_file (GstDvrStoreWriter * self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  g_clear_pointer (&self->path, g_free);
}

/**
 * gst_dvr_store_writer_free:
 * @self: (transfer full): a writer
 *
 * Lets the recording go. An open segment is closed with the parts it has.
 */
void
gst_dvr_store_writer_free (GstDvrStoreWriter * self)
{
  if (self->has_open && self->n_parts > 0)
    gst_dvr_store_writer_close_segment (self, self->open.duration, NULL, NULL);
  if (self->index.fd >= 0)
    gst_dvr_store_index_flush (&self->index, NULL);
  /* what the list still names stays */
  if (!self->outdated || gst_dvr_store_rewrite_index (self, NULL))
    gst_dvr_store_trash_empty (self->trash, self->timeline, TRUE);
  if (self->begun)
    gst_dvr_store_save_last (self->directory, self->last);
  gst_dvr_follow_poke (self->directory);

  gst_dvr_store_close_file (self);
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  gst_dvr_store_index_clear (&self->index);
  gst_dvr_store_trash_free (self->trash);
  gst_dvr_timeline_unref (self->timeline);
  g_ptr_array_unref (self->chunks);
  g_array_unref (self->hidden);
  g_clear_pointer (&self->init, g_bytes_unref);
  g_free (self->new_init);
  g_free (self->recording_directory);
  g_free (self->directory);
  g_free (self->stream);
  g_free (self);
}

/**
 * gst_dvr_store_writer_get_timeline:
 * @self: a writer
 *
 * Returns: (transfer none): what is recorded; kept up to date
 */
GstDvrTimeline *
gst_dvr_store_writer_get_timeline (GstDvrStoreWriter * self)
{
  return self->timeline;
}

/**
 * gst_dvr_store_writer_get_recording:
 * @self: a writer
 *
 * Returns: (transfer none): the id of this run
 */
const gchar *
gst_dvr_store_writer_get_recording (GstDvrStoreWriter * self)
{
  return self->recording;
}

/**
 * gst_dvr_store_writer_set_last:
 * @self: a writer with no segment open
 * @last: the highest number the stream had elsewhere
 *
 * Where a list begins, it does after that number, too.
 */
void
gst_dvr_store_writer_set_last (GstDvrStoreWriter * self, guint64 last)
{
  self->last = MAX (self->last, last);
}

/**
 * gst_dvr_store_writer_set_config:
 * @self: a writer
 * @config: new limits
 *
 * Takes window, max-size, min-free-space, full-disk and fsync from @config;
 * what a stream is begun with stays.
 */
void
gst_dvr_store_writer_set_config (GstDvrStoreWriter * self,
    const GstDvrStoreConfig * config)
{
  self->config.window = config->window;
  if (self->config.publish_type == GST_DVR_PUBLISH_LIVE && config->window == 0)
    self->config.window = LIVE_SEGMENTS * self->config.max_segment_duration;
  self->config.max_size = config->max_size;
  self->config.min_free_space = config->min_free_space;
  self->config.full_disk = config->full_disk;
  self->config.fsync = config->fsync;
  self->index.sync = config->fsync != GST_DVR_FSYNC_NONE;
}

/**
 * gst_dvr_store_writer_set_hurried:
 * @self: a writer
 * @hurried: whether more is waiting to be written
 *
 * While it is, limits are not applied after each segment, but after some, and
 * parts that are to be on disk first are not announced each, but together.
 */
void
gst_dvr_store_writer_set_hurried (GstDvrStoreWriter * self, gboolean hurried)
{
  self->hurried = hurried;
}

/* Names no longer what is in the trash. */
static gboolean
update_index (GstDvrStoreWriter * self, GError ** error)
{
  self->outdated = !gst_dvr_store_rewrite_index (self, error);
  if (!self->outdated)
    gst_dvr_follow_poke (self->directory);

  return !self->outdated;
}

/* Removes what the limits do not allow: first from the list, then from the
 * disk. @needed: bytes that must become free in any case. */
gboolean
gst_dvr_store_apply_limits (GstDvrStoreWriter * self, guint64 needed,
    GError ** error)
{
  GstDvrStoreConfig config = self->config;
  gboolean urgent = needed > 0;
  guint64 cut;

  if (urgent)
    config.max_size = MAX (self->total - MIN (self->total, needed), 1);
  cut = gst_dvr_store_find_cut (self->directory, self->timeline, &config,
      self->total);
  if (cut > 0 && config.min_free_space > 0) {
    /* what lies in the trash may be space enough */
    gst_dvr_store_trash_empty (self->trash, self->timeline, TRUE);
    cut = gst_dvr_store_find_cut (self->directory, self->timeline, &config,
        self->total);
    urgent = TRUE;
  }
  if (cut > 0 || self->outdated) {
    gst_dvr_timeline_foreach (self->timeline, 0, cut, trash_entry, self);
    gst_dvr_timeline_remove_before (self->timeline, cut);
    if (!update_index (self, error))
      return FALSE;
  }
  gst_dvr_store_trash_empty (self->trash, self->timeline, urgent);
  if (needed == 0)
    keep_ballast (self);

  return TRUE;
}

/* Whether it was a full disk and there is something to remove: then the caller
 * tries once more. */
gboolean
gst_dvr_store_make_room (GstDvrStoreWriter * self, guint64 needed,
    GError ** error)
{
  GstDvrTimelineInfo info;

  if (!g_error_matches (*error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NO_SPACE_LEFT)
      || self->config.full_disk != GST_DVR_FULL_DISK_TRIM)
    return FALSE;
  gst_dvr_timeline_get_info (self->timeline, &info);
  gst_dvr_store_trash_empty (self->trash, self->timeline, TRUE);
  if (info.next == info.first)
    return FALSE;
  if (!gst_dvr_store_apply_limits (self, MAX (needed, 1), NULL)) {
    /* no room for the list either: what goes from it makes some */
    gst_dvr_store_trash_empty (self->trash, self->timeline, TRUE);
    if (!update_index (self, NULL))
      return FALSE;
  }
  g_clear_error (error);

  return TRUE;
}

static gboolean
make_recording_directory (GstDvrStoreWriter * self, GError ** error)
{
  gchar *path;

  if (self->recording_directory)
    return TRUE;
  path = g_build_filename (self->directory, self->recording, NULL);
  if (mkdir (path, 0755) && errno != EEXIST) {
    gst_dvr_store_set_error (error, "make the directory", path, errno);
    g_free (path);
    return FALSE;
  }
  self->new_names = TRUE;
  self->recording_directory = path;

  return TRUE;
}

/* What prft boxes refer to: the first track. */
static void
read_timescale (GstDvrStoreWriter * self, GBytes * init)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (init, &size);
  GArray *tracks = gst_fmp4_read_init (data, size, NULL);

  self->track = 1;
  self->timescale = 0;
  if (tracks && tracks->len > 0) {
    GstFmp4Track *track = &g_array_index (tracks, GstFmp4Track, 0);

    self->track = track->id;
    self->timescale = track->timescale;
  }
  g_clear_pointer (&tracks, g_array_unref);
}

/* It is synced with the first segment that needs it. */
static gboolean
write_init (GstDvrStoreWriter * self, GBytes * init, GError ** error)
{
  gchar *name = g_strdup_printf ("init-%u.mp4", self->n_inits);
  gboolean done = gst_dvr_store_replace_file (self->recording_directory, name,
      ".init.new", g_bytes_get_data (init, NULL), g_bytes_get_size (init),
      FALSE, error);

  if (done) {
    g_free (self->new_init);
    self->new_init = g_build_filename (self->recording_directory, name, NULL);
  }
  g_free (name);

  return done;
}

/**
 * gst_dvr_store_writer_set_init:
 * @self: a writer, with no segment open
 * @init: an init section
 * @error: return location for an error
 *
 * Returns: whether segments from now on have this init section
 */
gboolean
gst_dvr_store_writer_set_init (GstDvrStoreWriter * self, GBytes * init,
    GError ** error)
{
  GError *failure = NULL;

  if (self->init && g_bytes_equal (self->init, init))
    return TRUE;
  if (!make_recording_directory (self, error))
    return FALSE;
  if (!write_init (self, init, &failure)
      && !(gst_dvr_store_make_room (self, g_bytes_get_size (init), &failure)
          && write_init (self, init, &failure))) {
    g_propagate_error (error, failure);
    return FALSE;
  }

  g_clear_pointer (&self->init, g_bytes_unref);
  self->init = g_bytes_ref (init);
  self->n_inits++;
  read_timescale (self, init);

  return TRUE;
}
