/* gstdvrrecordwriter.c: writes a recording beside the thread that brings it
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What waits for the disk, a sync above all, is done by a thread of its own, as
 * a publisher must not wait for it. What comes meanwhile waits in a queue behind
 * it, so that all is written in the order it came in. While nothing waits,
 * whatever is quick is done at once, by the thread that brings it: a part is
 * shown without a thread being woken. Without syncs there is no such thread.
 *
 * A failure is told with the next call. What was queued behind it is dropped: it
 * would have holes. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstdvrrecordwriter.h"

/* What may wait: some ten seconds of a good picture. */
#define MAX_QUEUED (64 * 1024 * 1024)
/* What a job takes beside its media. */
#define JOB_SIZE 512
/* What waits longer is told of, and again after as long. */
#define LATE (5 * G_TIME_SPAN_SECOND)

struct _GstDvrRecordWriter
{
  GstDvrStoreWriter *store;
  const GstDvrRecordWriterFuncs *funcs;
  gpointer user_data;
  GstDvrFsync fsync;            /* of who pushes */
  gint written;                 /* atomic: a part was */
  gint64 told;                  /* that it is late; of who writes */

  GMutex lock;                  /* protects what is below */
  GCond changed;
  GThread *thread;
  GQueue jobs;
  gsize queued;                 /* bytes */
  guint n_waiting[GST_DVR_RECORD_END + 1];      /* by kind */
  gboolean busy;                /* the thread writes */
  gboolean stop;
  GError *error;                /* that nobody was told of yet */
};

static void
job_free (GstDvrRecordJob * job)
{
  g_clear_pointer (&job->init, g_bytes_unref);
  g_clear_pointer (&job->samples, g_ptr_array_unref);
  gst_clear_buffer (&job->chunk);
  g_free (job);
}

static GstDvrRecordJob *
job_copy (const GstDvrRecordJob * job)
{
  GstDvrRecordJob *copy = g_new (GstDvrRecordJob, 1);

  *copy = *job;
  copy->size = JOB_SIZE;
  if (job->init)
    g_bytes_ref (job->init);
  if (job->samples)
    g_ptr_array_ref (job->samples);
  if (job->chunk) {
    gst_buffer_ref (job->chunk);
    copy->size += gst_buffer_get_size (job->chunk);
  }

  return copy;
}

/* Whether the disk may have to be waited for. */
static gboolean
is_slow (GstDvrRecordWriter * self, GstDvrRecordJobKind kind)
{
  if (self->fsync == GST_DVR_FSYNC_NONE)
    return FALSE;
  switch (kind) {
    case GST_DVR_RECORD_CONFIG:
    case GST_DVR_RECORD_SAMPLES:
    case GST_DVR_RECORD_PART:
    case GST_DVR_RECORD_CHUNK:
      return FALSE;
    case GST_DVR_RECORD_END_PART:
      return self->fsync == GST_DVR_FSYNC_PART;
    default:
      return TRUE;
  }
}

static gboolean
run_close (GstDvrRecordWriter * self, const GstDvrRecordJob * job,
    GError ** error)
{
  GstDvrEntry entry;

  if (!gst_dvr_store_writer_close_segment (self->store, job->flag ?
          GST_CLOCK_TIME_NONE : job->duration, &entry,
          job->flag ? NULL : error))
    return job->flag;
  self->funcs->closed (self->user_data, &entry);

  return TRUE;
}

static gboolean
run_end_part (GstDvrRecordWriter * self, const GstDvrRecordJob * job,
    GError ** error)
{
  if (!gst_dvr_store_writer_end_part (self->store, job->duration, job->flag,
          error))
    return FALSE;
  g_atomic_int_set (&self->written, TRUE);

  return TRUE;
}

static gboolean
call_store (GstDvrRecordWriter * self, const GstDvrRecordJob * job,
    GError ** error)
{
  switch (job->kind) {
    case GST_DVR_RECORD_CONFIG:
      gst_dvr_store_writer_set_config (self->store, &job->config);
      return TRUE;
    case GST_DVR_RECORD_INIT:
      return gst_dvr_store_writer_set_init (self->store, job->init, error);
    case GST_DVR_RECORD_OPEN:
      return gst_dvr_store_writer_open_segment (self->store, job->start,
          job->wall_time, job->flag, error);
    case GST_DVR_RECORD_SAMPLES:
      gst_dvr_store_writer_show_samples (self->store, job->samples);
      return TRUE;
    case GST_DVR_RECORD_PART:
      return gst_dvr_store_writer_begin_part (self->store, job->wall_time,
          error);
    case GST_DVR_RECORD_CHUNK:
      gst_dvr_store_writer_append_chunk (self->store, job->chunk,
          job->key_size, job->flag);
      return TRUE;
    case GST_DVR_RECORD_END_PART:
      return run_end_part (self, job, error);
    case GST_DVR_RECORD_CLOSE:
      return run_close (self, job, error);
    case GST_DVR_RECORD_GAP:
      return gst_dvr_store_writer_add_gap (self->store, job->start,
          job->duration, job->wall_time, error);
    case GST_DVR_RECORD_END:
      return gst_dvr_store_writer_end (self->store, error);
  }

  return TRUE;
}

/* After a failure the open segment is listed with what it has: who brings the
 * data may be far ahead, and not know that it is open. */
static gboolean
run (GstDvrRecordWriter * self, const GstDvrRecordJob * job, GError ** error)
{
  const GstDvrRecordJob close = {.kind = GST_DVR_RECORD_CLOSE,.flag = TRUE };

  if (call_store (self, job, error))
    return TRUE;
  gst_dvr_store_writer_set_hurried (self->store, FALSE);
  run_close (self, &close, NULL);

  return FALSE;
}

static void
tell_late (GstDvrRecordWriter * self, const GstDvrRecordJob * job)
{
  gint64 now = g_get_monotonic_time ();

  if (now - job->due < LATE || (self->told > 0 && now - self->told < LATE))
    return;
  self->told = now;
  self->funcs->late (self->user_data, (now - job->due) * GST_USECOND);
}

/* Settings hold, whatever becomes of the rest. */
static void
drop_jobs_locked (GstDvrRecordWriter * self)
{
  GQueue kept = G_QUEUE_INIT;
  GstDvrRecordJob *job;

  while ((job = g_queue_pop_head (&self->jobs)) != NULL) {
    if (job->kind == GST_DVR_RECORD_CONFIG) {
      g_queue_push_tail (&kept, job);
    } else {
      self->queued -= job->size;
      job_free (job);
    }
  }
  self->jobs = kept;
  memset (self->n_waiting, 0, sizeof (self->n_waiting));
  self->n_waiting[GST_DVR_RECORD_CONFIG] = kept.length;
  g_cond_broadcast (&self->changed);
}

static void
run_next_locked (GstDvrRecordWriter * self)
{
  GstDvrRecordJob *job = g_queue_pop_head (&self->jobs);
  GError *error = NULL;
  gboolean hurried;

  /* what is done for each can then be done for several */
  hurried = --self->n_waiting[job->kind] > 0;
  self->busy = TRUE;
  g_mutex_unlock (&self->lock);
  tell_late (self, job);
  gst_dvr_store_writer_set_hurried (self->store, hurried);
  run (self, job, &error);
  g_mutex_lock (&self->lock);
  self->busy = FALSE;
  self->queued -= job->size;
  job_free (job);
  if (error && self->error == NULL)
    self->error = error;
  else
    g_clear_error (&error);
  if (self->error)
    drop_jobs_locked (self);
  g_cond_broadcast (&self->changed);
}

static gpointer
writer_thread (gpointer data)
{
  GstDvrRecordWriter *self = data;

  g_mutex_lock (&self->lock);
  while (!self->stop || self->jobs.length > 0) {
    if (self->jobs.length > 0)
      run_next_locked (self);
    else
      g_cond_wait (&self->changed, &self->lock);
  }
  g_mutex_unlock (&self->lock);

  return NULL;
}

/**
 * gst_dvr_record_writer_new:
 * @store: (transfer full): what writes
 * @config: what it was opened with
 * @funcs: what to tell; must outlive the writer
 * @user_data: for @funcs
 *
 * Returns: (transfer full): a writer
 */
GstDvrRecordWriter *
gst_dvr_record_writer_new (GstDvrStoreWriter * store,
    const GstDvrStoreConfig * config, const GstDvrRecordWriterFuncs * funcs,
    gpointer user_data)
{
  GstDvrRecordWriter *self = g_new0 (GstDvrRecordWriter, 1);

  self->store = store;
  self->funcs = funcs;
  self->user_data = user_data;
  self->fsync = config->fsync;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  g_queue_init (&self->jobs);

  return self;
}

/**
 * gst_dvr_record_writer_free:
 * @self: (transfer full): a writer
 *
 * Writes what waits, and closes the store.
 */
void
gst_dvr_record_writer_free (GstDvrRecordWriter * self)
{
  g_mutex_lock (&self->lock);
  self->stop = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  if (self->thread)
    g_thread_join (self->thread);
  gst_dvr_store_writer_free (self->store);
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

static gboolean
take_error_locked (GstDvrRecordWriter * self, GError ** error)
{
  if (self->error == NULL)
    return TRUE;
  g_propagate_error (error, self->error);
  self->error = NULL;

  return FALSE;
}

static gboolean
queue_locked (GstDvrRecordWriter * self, const GstDvrRecordJob * job,
    GError ** error)
{
  GstDvrRecordJob *copy;

  while (self->error == NULL && self->queued >= MAX_QUEUED)
    g_cond_wait (&self->changed, &self->lock);
  if (self->error && job->kind != GST_DVR_RECORD_CONFIG)
    return error != NULL && take_error_locked (self, error);
  copy = job_copy (job);
  copy->due = g_get_monotonic_time ();
  self->queued += copy->size;
  g_queue_push_tail (&self->jobs, copy);
  self->n_waiting[job->kind]++;
  if (self->thread == NULL)
    self->thread = g_thread_new ("dvr-writer", writer_thread, self);
  g_cond_broadcast (&self->changed);

  return TRUE;
}

/**
 * gst_dvr_record_writer_push:
 * @self: a writer
 * @job: (transfer none): what to do
 * @error: (nullable): return location for an error, of this job or of an earlier
 *   one; without it, that of an earlier one is kept for who asks
 *
 * Waits for the disk only where so much is to be written already that it would
 * take too much memory. From one thread at a time.
 *
 * Returns: FALSE if it, or something before it, was not done
 */
gboolean
gst_dvr_record_writer_push (GstDvrRecordWriter * self,
    const GstDvrRecordJob * job, GError ** error)
{
  gboolean queued, done = TRUE;

  if (job->kind == GST_DVR_RECORD_CONFIG)
    self->fsync = job->config.fsync;
  g_mutex_lock (&self->lock);
  queued = self->busy || self->jobs.length > 0 || self->error
      || is_slow (self, job->kind);
  if (queued)
    done = queue_locked (self, job, error);
  g_mutex_unlock (&self->lock);
  if (queued)
    return done;

  return run (self, job, error);
}

/**
 * gst_dvr_record_writer_check:
 * @self: a writer
 * @error: return location for an error
 *
 * Returns: FALSE if something was not done that nobody was told of yet
 */
gboolean
gst_dvr_record_writer_check (GstDvrRecordWriter * self, GError ** error)
{
  gboolean done;

  g_mutex_lock (&self->lock);
  done = take_error_locked (self, error);
  g_mutex_unlock (&self->lock);

  return done;
}

/**
 * gst_dvr_record_writer_wait:
 * @self: a writer
 * @error: return location for an error
 *
 * Waits until all is written.
 *
 * Returns: whether it is
 */
gboolean
gst_dvr_record_writer_wait (GstDvrRecordWriter * self, GError ** error)
{
  gboolean done;

  g_mutex_lock (&self->lock);
  while (self->busy || self->jobs.length > 0)
    g_cond_wait (&self->changed, &self->lock);
  done = take_error_locked (self, error);
  g_mutex_unlock (&self->lock);

  return done;
}

/**
 * gst_dvr_record_writer_has_written:
 * @self: a writer
 *
 * Returns: whether a part was written since the last call
 */
gboolean
gst_dvr_record_writer_has_written (GstDvrRecordWriter * self)
{
  return g_atomic_int_exchange (&self->written, FALSE);
}
