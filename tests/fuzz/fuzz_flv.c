/* Fuzz target: FLV in pieces, and single tag bodies.
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "flv/flvparser.h"
#include "flv/flvwriter.h"
#include "fmp4/fmp4.h"
#include "fmp4/fmp4timing.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 * data, size_t size);

typedef struct
{
  GstCaps *caps[2];
  GstFmp4Timing timing;
  gsize sample_bytes;
} State;

/* What a recorder does with a configuration */
static void
use_config (State * state, const GstFlvEvent * event)
{
  GstFmp4Track track;
  GstBuffer *init;

  g_assert (gst_caps_is_fixed (event->caps));
  gst_caps_replace (&state->caps[event->track], event->caps);
  if (event->track == GST_FLV_TRACK_AUDIO)
    g_assert (gst_fmp4_timing_init (&state->timing, event->caps));
  if (!gst_fmp4_track_init (&track, 1, event->caps, 0, NULL))
    return;
  init = gst_fmp4_write_init (&track, 1, NULL);
  gst_clear_buffer (&init);
  gst_fmp4_track_clear (&track);
}

static void
use_sample (State * state, const GstFlvEvent * event)
{
  GstBuffer *sample, *body;

  g_assert (state->caps[event->track] != NULL);
  g_assert (GST_BUFFER_DTS_IS_VALID (event->buffer));
  g_assert (GST_BUFFER_PTS_IS_VALID (event->buffer));
  state->sample_bytes += gst_buffer_get_size (event->buffer);
  sample = gst_buffer_copy (event->buffer);
  if (event->track == GST_FLV_TRACK_AUDIO)
    gst_fmp4_timing_next (&state->timing, sample);
  body = gst_flv_write_sample_body (state->caps[event->track],
      GST_FLV_MODE_AUTO, sample);
  g_assert (body != NULL);
  gst_buffer_unref (body);
  gst_buffer_unref (sample);
}

static void
listen (const GstFlvEvent * event, gpointer user_data)
{
  if (event->type == GST_FLV_EVENT_CONFIG)
    use_config (user_data, event);
  else if (event->type == GST_FLV_EVENT_SAMPLE)
    use_sample (user_data, event);
}

static void
clear (State * state)
{
  gst_clear_caps (&state->caps[0]);
  gst_clear_caps (&state->caps[1]);
}

static void
parse_stream (const guint8 * data, gsize size, gsize piece)
{
  State state;
  GstFlvParser *parser = gst_flv_parser_new (listen, &state);
  gsize pos;

  memset (&state, 0, sizeof (state));
  for (pos = 0; pos < size; pos += piece)
    gst_flv_parser_push (parser, gst_buffer_new_memdup (data + pos,
            MIN (piece, size - pos)));
  gst_flv_parser_end (parser);
  g_assert (state.sample_bytes <= size);
  gst_flv_parser_free (parser);
  clear (&state);
}

static void
parse_body (const guint8 * data, gsize size, guint8 type)
{
  State state;
  GstFlvBodyParser *parser = gst_flv_body_parser_new (listen, &state);

  memset (&state, 0, sizeof (state));
  gst_flv_body_parser_push (parser, type, 0, gst_buffer_new_memdup (data,
          size));
  gst_flv_body_parser_free (parser);
  clear (&state);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, size_t size)
{
  if (!gst_is_initialized ())
    gst_init (NULL, NULL);
  if (size < 2)
    return 0;
  parse_stream (data, size, size);
  parse_stream (data, size, 1 + data[size / 2] % 61);
  parse_body (data + 1, size - 1, data[0] & 31);
  return 0;
}
