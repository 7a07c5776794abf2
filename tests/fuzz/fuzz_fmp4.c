/* Fuzz target: fragmented MP4, read, written again and read again.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fmp4/fmp4.h"
#include "fmp4/fmp4timing.h"

int LLVMFuzzerTestOneInput (const guint8 * data, size_t size);

static void
collect (const GstFmp4Track * track, GstBuffer * sample, gpointer user_data)
{
  GPtrArray *samples = user_data;

  g_assert (GST_BUFFER_DTS_IS_VALID (sample));
  g_assert (GST_BUFFER_PTS_IS_VALID (sample));
  g_ptr_array_add (samples, sample);
}

static GPtrArray *
read_samples (GstBuffer * chunk, const GstFmp4Track * track)
{
  GPtrArray *samples =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);

  gst_fmp4_read_chunk (chunk, track, 1, collect, samples, NULL);
  return samples;
}

/* What can be written can be read. */
static void
write_again (const GstFmp4Track * track, GPtrArray * samples)
{
  GstFmp4Track copy = *track;
  GstFmp4Run run = { &copy, (GstBuffer **) samples->pdata, samples->len };
  GstBuffer *chunk;
  GPtrArray *again;

  if (samples->len == 0 || samples->len > 65536)
    return;
  copy.dts_lowering = gst_fmp4_dts_lowering (run.samples, run.n_samples);
  chunk = gst_fmp4_write_chunk (1, &run, 1, NULL, NULL);
  if (chunk == NULL)
    return;
  again = read_samples (chunk, track);
  g_assert_cmpuint (again->len, ==, samples->len);
  g_ptr_array_unref (again);
  gst_buffer_unref (chunk);
}

static void
use_track (const GstFmp4Track * track, GstBuffer * data)
{
  GPtrArray *samples = read_samples (data, track);
  gchar *name = gst_fmp4_codec_string (track->caps);
  GstFmp4Timing timing;
  guint i;

  if (!gst_fmp4_track_is_video (track) &&
      gst_fmp4_timing_init (&timing, track->caps)) {
    for (i = 0; i < samples->len; i++)
      gst_fmp4_timing_frame_samples (&timing, samples->pdata[i]);
  }
  write_again (track, samples);
  g_ptr_array_unref (samples);
  g_free (name);
}

static void
write_init_again (GArray * tracks)
{
  GstBuffer *init;
  GstMapInfo map;
  GArray *again;

  if (tracks->len == 0)
    return;
  init = gst_fmp4_write_init ((GstFmp4Track *) tracks->data, tracks->len, NULL);
  if (init == NULL)
    return;
  gst_buffer_map (init, &map, GST_MAP_READ);
  again = gst_fmp4_read_init (map.data, map.size, NULL);
  g_assert (again != NULL);
  g_assert_cmpuint (again->len, ==, tracks->len);
  g_array_unref (again);
  gst_buffer_unmap (init, &map);
  gst_buffer_unref (init);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, size_t size)
{
  GArray *tracks;
  GstBuffer *buffer;
  guint i;

  if (!gst_is_initialized ())
    gst_init (NULL, NULL);
  tracks = gst_fmp4_read_init (data, size, NULL);
  if (tracks == NULL)
    return 0;
  buffer = gst_buffer_new_memdup (data, size);
  for (i = 0; i < tracks->len; i++)
    use_track (&g_array_index (tracks, GstFmp4Track, i), buffer);
  write_init_again (tracks);
  gst_buffer_unref (buffer);
  g_array_unref (tracks);
  return 0;
}
