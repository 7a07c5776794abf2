/* flvheard.c: what an FLV parser said, for tests
 * Copyright (C) 2026 The gst-plugins-dvr authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "flvheard.h"

void
heard_event (const GstFlvEvent * event, gpointer user_data)
{
  Heard *heard = user_data;

  switch (event->type) {
    case GST_FLV_EVENT_HEADER:
      heard->headers++;
      break;
    case GST_FLV_EVENT_METADATA:
      g_clear_pointer (&heard->metadata, gst_structure_free);
      heard->metadata = gst_structure_copy (event->metadata);
      break;
    case GST_FLV_EVENT_CONFIG:
      gst_caps_replace (&heard->caps[event->track], event->caps);
      heard->configs[event->track]++;
      break;
    case GST_FLV_EVENT_SAMPLE:
      g_ptr_array_add (heard->samples[event->track],
          gst_buffer_ref (event->buffer));
      break;
    case GST_FLV_EVENT_END_OF_SEQUENCE:
      heard->ends++;
      break;
    case GST_FLV_EVENT_UNSUPPORTED:
      heard->unsupported++;
      heard->last_value = event->value;
      break;
    case GST_FLV_EVENT_WARNING:
      heard->warnings++;
      break;
    case GST_FLV_EVENT_SKIPPED:
      heard->skipped += event->value;
      break;
    case GST_FLV_EVENT_ERROR:
      heard->errors++;
      break;
  }
}

void
heard_init (Heard * heard)
{
  guint i;

  memset (heard, 0, sizeof (*heard));
  for (i = 0; i < 2; i++)
    heard->samples[i] =
        g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
}

void
heard_clear (Heard * heard)
{
  guint i;

  for (i = 0; i < 2; i++) {
    gst_clear_caps (&heard->caps[i]);
    g_ptr_array_unref (heard->samples[i]);
  }
  g_clear_pointer (&heard->metadata, gst_structure_free);
}

guint8
tag_type (guint track)
{
  return track == GST_FLV_TRACK_VIDEO ? GST_FLV_TAG_VIDEO : GST_FLV_TAG_AUDIO;
}
