/* livesource.c: records many live streams of made-up media, for the benchmarks
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* usage: livesource DIRECTORY STREAMS PART-BYTES SECONDS
 *
 * Writes parts of 250 ms, eight to a segment, to streams bench/0, bench/1, …
 * through the recorder's own store, evenly spread over time. Each part ends
 * with the time it was written at. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gst/dvr/gstdvrstore.h>

#include "benchutil.h"
#include "livesource.h"

#define PART (250 * GST_MSECOND)
#define PARTS 8

static void
check (gboolean done, GError * error)
{
  if (!done)
    g_error ("%s", error ? error->message : "failed");
}

static GstBuffer *
make_chunk (gsize size)
{
  guint8 *data = g_malloc0 (size);
  double stamp = now ();

  GST_WRITE_UINT32_BE (data, 16);
  memcpy (data + 4, "moof", 4);
  GST_WRITE_UINT32_BE (data + 16, size - 16);
  memcpy (data + 20, "mdat", 4);
  memcpy (data + size - LIVE_STAMP_SIZE, &stamp, LIVE_STAMP_SIZE);

  return gst_buffer_new_wrapped (data, size);
}

static void
open_segment (GstDvrStoreWriter * writer, guint64 n)
{
  GError *error = NULL;

  check (gst_dvr_store_writer_open_segment (writer, n * PART,
          g_get_real_time (), FALSE, &error), error);
}

/* As a recorder does, closes a segment and opens the next one with the part
 * that fills it. */
static void
write_part (GstDvrStoreWriter * writer, guint64 n, gsize size)
{
  GstBuffer *chunk;
  GError *error = NULL;

  if (n == 0)
    open_segment (writer, n);
  check (gst_dvr_store_writer_begin_part (writer, g_get_real_time (), &error),
      error);
  chunk = make_chunk (size);
  gst_dvr_store_writer_append_chunk (writer, chunk, 0, FALSE);
  gst_buffer_unref (chunk);
  check (gst_dvr_store_writer_end_part (writer, PART, n % PARTS == 0, &error),
      error);
  if ((n + 1) % PARTS == 0) {
    check (gst_dvr_store_writer_close_segment (writer, PARTS * PART, NULL,
            &error), error);
    open_segment (writer, n + 1);
  }
}

int
main (int argc, char **argv)
{
  GstDvrStoreConfig config = {.target_duration = 2 * GST_SECOND,
    .max_segment_duration = 2 * GST_SECOND,.part_duration = PART,
    .fsync = GST_DVR_FSYNC_NONE,.publish_type = GST_DVR_PUBLISH_APPEND
  };
  static const guint8 init[16] = { 0, 0, 0, 16, 'f', 't', 'y', 'p' };
  GstDvrStoreWriter **writers;
  GError *error = NULL;
  guint i, n_streams;
  guint64 n, total;
  double start;

  gst_init (NULL, NULL);
  if (argc != 5) {
    fprintf (stderr, "usage: %s DIRECTORY STREAMS PART-BYTES SECONDS\n",
        argv[0]);
    return 2;
  }
  n_streams = atoi (argv[2]);
  total = atoi (argv[4]) * (guint64) (GST_SECOND / PART) * n_streams;
  writers = g_new (GstDvrStoreWriter *, n_streams);
  for (i = 0; i < n_streams; i++) {
    gchar *stream = g_strdup_printf ("bench/%u", i);
    GBytes *bytes = g_bytes_new_static (init, sizeof (init));

    writers[i] = gst_dvr_store_writer_open (argv[1], stream, &config, &error);
    check (writers[i] != NULL, error);
    check (gst_dvr_store_writer_set_init (writers[i], bytes, &error), error);
    g_bytes_unref (bytes);
    g_free (stream);
  }

  start = now ();
  for (n = 0; n < total; n++) {
    double due = start + n * (PART / 1e9 / n_streams);
    double wait = due - now ();

    if (wait > 0) {
      struct timespec t = { (time_t) wait, (wait - (time_t) wait) * 1e9 };

      clock_nanosleep (CLOCK_MONOTONIC, 0, &t, NULL);
    }
    write_part (writers[n % n_streams], n / n_streams, atoi (argv[3]));
  }

  for (i = 0; i < n_streams; i++)
    gst_dvr_store_writer_free (writers[i]);
  g_free (writers);

  return 0;
}
