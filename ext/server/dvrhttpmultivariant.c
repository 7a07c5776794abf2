/* dvrhttpmultivariant.c: serving main.m3u8
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CODECS must name every format of every segment (RFC 8216bis section
 * 4.4.6.2), so the init sections of the whole window are read, each once.
 * BANDWIDTH is the peak that was measured over the window.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/dvr/gstdvrplaylist.h>

#include "dvrformats.h"
#include "dvrhttpclient.h"

/* Init sections looked at, newest first; each is a change of format. */
#define MAX_INITS 32

typedef struct
{
  const gchar *recording;
  guint64 init;
} Init;

/* What a walk over the window finds. */
typedef struct
{
  Init inits[MAX_INITS];
  guint n_inits;
  guint64 peak;
  guint64 key_peak;
  guint64 bytes;
  GstClockTime duration;
  guint64 unmeasured;
} Window;

static void
add_init (Window * window, const GstDvrEntry * entry)
{
  guint i;

  for (i = window->n_inits; i > 0; i--) {
    /* A timeline has each recording's id once. */
    if (window->inits[i - 1].recording == entry->recording
        && window->inits[i - 1].init == entry->init)
      return;
  }
  /* Of too many, the oldest are forgotten. */
  if (window->n_inits == MAX_INITS)
    memmove (window->inits, window->inits + 1,
        --window->n_inits * sizeof (Init));
  window->inits[window->n_inits].recording = entry->recording;
  window->inits[window->n_inits++].init = entry->init;
}

static guint64
bit_rate (guint64 bytes, GstClockTime duration)
{
  return duration > 0 ? gst_util_uint64_scale_ceil (bytes, 8 * GST_SECOND,
      duration) : 0;
}

static gboolean
look_at_entry (const GstDvrEntry * entry, gpointer user_data)
{
  Window *window = user_data;

  if (entry->gap)
    return TRUE;
  add_init (window, entry);
  if (entry->size > 0 && entry->duration > 0) {
    window->peak = MAX (window->peak, bit_rate (entry->size, entry->duration));
    window->key_peak = MAX (window->key_peak, bit_rate ((guint64)
            entry->key_size * MAX (entry->n_keyframes, 1), entry->duration));
    window->bytes += entry->size;
    window->duration += entry->duration;
  } else {
    window->unmeasured = entry->number;
  }
  return TRUE;
}

static void
look_at_window (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info, Window * window)
{
  guint64 back = dvr_get (client->server->window);
  guint64 first = info->first;
  GstDvrEntry entry;

  memset (window, 0, sizeof (*window));
  if (back > 0 && info->end > info->start + back
      && gst_dvr_timeline_find_time (stream->timeline, info->end - back,
          &entry) >= GST_DVR_FOUND_CLOSED)
    first = entry.number;
  gst_dvr_timeline_foreach (stream->timeline, first, G_MAXUINT64,
      look_at_entry, window);
  if (gst_dvr_timeline_find (stream->timeline, info->next, &entry) ==
      GST_DVR_FOUND_OPEN) {
    add_init (window, &entry);
    if (window->duration == 0 && entry.duration > 0) {
      window->peak = bit_rate (entry.size, entry.duration);
      window->bytes = entry.size;
      window->duration = entry.duration;
    }
  }
}

/* Gets a piece of media through the table. Returns: whether it is whole; else
 * @result has been decided */
static gboolean
fetch (DvrClient * client, DvrStream * stream, const GstDvrTimelineInfo * info,
    const DvrRoute * what, enum MHD_Result *result)
{
  GstDvrAnswer answer;
  guint serial;

  g_clear_pointer (&client->media, dvr_media_unref);
  answer = dvr_http_get_media (client, stream, what, info, NULL);
  if (answer != GST_DVR_ANSWER_OK) {
    *result = dvr_reply_answer (client, answer);
    return FALSE;
  }

  serial = dvr_wait_list_get_serial (client->media->growth);
  switch (dvr_media_prepare (client->media)) {
    case DVR_MEDIA_READY:
      return TRUE;
    case DVR_MEDIA_FILLING:
      dvr_client_set_deadline (client, 3 * dvr_get_target_duration (info));
      if (dvr_client_deadline_is_over (client))
        *result = dvr_reply_error (client, MHD_HTTP_GATEWAY_TIMEOUT,
            "upstream has not answered in time");
      else
        *result = dvr_client_wait (client, client->media->growth, serial,
            DVR_WANT_END, 0, 0);
      return FALSE;
    default:
      dvr_media_table_remove (client->server->media, client->media);
      *result = dvr_reply_error (client, MHD_HTTP_BAD_GATEWAY,
          "upstream has failed");
      return FALSE;
  }
}

/* Returns: whether all formats are known; else @result has been decided */
static gboolean
summarise (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info, const Window * window,
    DvrSummary * summary, enum MHD_Result *result)
{
  guint i;

  for (i = window->n_inits; i > 0; i--) {
    const Init *init = &window->inits[i - 1];
    DvrRoute what = {
      .kind = DVR_ROUTE_INIT,.recording = (gchar *) init->recording,
      .number = init->init
    };

    if (dvr_formats_summarise (stream->formats, init->recording, init->init,
            summary))
      continue;
    if (!fetch (client, stream, info, &what, result))
      return FALSE;
    if (!dvr_formats_learn (stream->formats, client->media->segment)) {
      *result = dvr_reply_error (client, MHD_HTTP_BAD_GATEWAY,
          "an init section of the stream is broken");
      return FALSE;
    }
    dvr_formats_summarise (stream->formats, init->recording, init->init,
        summary);
  }
  return TRUE;
}

/* An upstream of another make does not say how large its segments are: its
 * newest one tells. */
static gboolean
measure (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info, Window * window, enum MHD_Result *result)
{
  DvrRoute what = {.kind = DVR_ROUTE_SEGMENT,.number = window->unmeasured };
  GstDvrEntry entry;

  if (window->peak > 0
      || gst_dvr_timeline_find (stream->timeline, what.number, &entry) !=
      GST_DVR_FOUND_CLOSED)
    return TRUE;
  what.recording = (gchar *) entry.recording;
  if (!fetch (client, stream, info, &what, result))
    return FALSE;
  window->bytes = gst_dvr_segment_get_size (client->media->segment);
  window->duration = entry.duration;
  window->peak = bit_rate (window->bytes, window->duration);
  return TRUE;
}

static gchar *
join_codecs (GPtrArray * video, GPtrArray * audio)
{
  GPtrArray *all = g_ptr_array_new ();
  gchar *text;
  guint i;

  for (i = 0; i < video->len; i++)
    g_ptr_array_add (all, g_ptr_array_index (video, i));
  for (i = 0; audio && i < audio->len; i++)
    g_ptr_array_add (all, g_ptr_array_index (audio, i));
  g_ptr_array_add (all, NULL);
  text = g_strjoinv (",", (gchar **) all->pdata);
  g_ptr_array_unref (all);
  return text;
}

static GString *
write_playlist (const Window * window, const DvrSummary * summary)
{
  GstDvrPlaylistVariant variant = { 0, };
  GString *out = g_string_new ("#EXTM3U\n");
  gchar *codecs = join_codecs (summary->video, summary->audio);

  variant.uri = "index.m3u8";
  variant.bandwidth = window->peak;
  variant.average_bandwidth = bit_rate (window->bytes, window->duration);
  variant.width = summary->width;
  variant.height = summary->height;
  variant.frame_rate = summary->frame_rate;
  variant.codecs = *codecs ? codecs : NULL;
  gst_dvr_playlist_write_variant (out, &variant);
  g_free (codecs);

  if (window->key_peak > 0 && summary->video->len > 0) {
    codecs = join_codecs (summary->video, NULL);
    variant.uri = "iframes.m3u8";
    variant.bandwidth = window->key_peak;
    variant.average_bandwidth = 0;
    variant.frame_rate = 0;
    variant.codecs = codecs;
    variant.i_frames = TRUE;
    gst_dvr_playlist_write_variant (out, &variant);
    g_free (codecs);
  }
  return out;
}

static enum MHD_Result
make_and_reply (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info)
{
  DvrSummary summary = { 0, };
  DvrPlaylistRendering *rendering;
  enum MHD_Result result = MHD_YES;
  Window window;

  summary.video = g_ptr_array_new_with_free_func (g_free);
  summary.audio = g_ptr_array_new_with_free_func (g_free);
  look_at_window (client, stream, info, &window);
  if (window.n_inits == 0) {
    result = dvr_reply_error (client, MHD_HTTP_SERVICE_UNAVAILABLE,
        "there is no media yet");
  } else if (summarise (client, stream, info, &window, &summary, &result)
      && measure (client, stream, info, &window, &result)) {
    rendering =
        dvr_playlist_rendering_new_text (write_playlist (&window, &summary));
    dvr_formats_set_rendering (stream->formats, info->version, rendering);
    result = dvr_http_reply_rendering (client, rendering, info);
    dvr_playlist_rendering_unref (rendering);
  }
  g_ptr_array_unref (summary.video);
  g_ptr_array_unref (summary.audio);
  return result;
}

/**
 * dvr_http_serve_multivariant:
 * @client: a client that asks for main.m3u8
 * @stream: of this stream
 * @info: what its timeline says
 *
 * Returns: what the access handler returns
 */
enum MHD_Result
dvr_http_serve_multivariant (DvrClient * client, DvrStream * stream,
    const GstDvrTimelineInfo * info)
{
  DvrPlaylistRendering *rendering = dvr_formats_get_rendering (stream->formats,
      info->version);
  enum MHD_Result result;

  if (!rendering)
    return make_and_reply (client, stream, info);
  result = dvr_http_reply_rendering (client, rendering, info);
  dvr_playlist_rendering_unref (rendering);
  return result;
}
