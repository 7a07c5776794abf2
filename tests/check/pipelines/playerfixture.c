/* playerfixture.c: a numbered recording in a player
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "checkutil.h"
#include "playerfixture.h"

static const gchar *const players[PLAYER_N_KINDS] = {
  "playbin", "playbin3", "uridecodebin3"
};

static void
handoff (GstElement * sink, GstBuffer * buffer, GstPad * pad, Player * f)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  gint64 number = numbered_read_buffer (buffer, caps);

  g_mutex_lock (&f->lock);
  g_array_append_val (f->shown, number);
  g_mutex_unlock (&f->lock);
  gst_caps_unref (caps);
}

static void
take_source (GstElement * player, GstElement * src, Player * f)
{
  gst_object_replace ((GstObject **) & f->src, GST_OBJECT (src));
}

static GstElement *
make_sink (void)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  g_object_set (sink, "sync", TRUE, NULL);
  return gst_object_ref_sink (sink);
}

static void
link_sink (GstElement * decoder, GstPad * pad, Player * f)
{
  gboolean video = g_str_has_prefix (GST_PAD_NAME (pad), "video");
  GstPad *sink = gst_element_get_static_pad (video ? f->sink : f->audio_sink,
      "sink");

  fail_unless_equals_int (gst_pad_link (pad, sink), GST_PAD_LINK_OK);
  gst_object_unref (sink);
}

/* Records and serves it; @live: from now on, in real time. */
void
player_record (Player * f, guint n_frames, gboolean live)
{
  gchar *path;

  memset (f, 0, sizeof (*f));
  g_mutex_init (&f->lock);
  f->shown = g_array_new (FALSE, FALSE, sizeof (gint64));
  numbered_record (&f->numbered, n_frames, live);
  path = g_build_filename (f->numbered.directory, "live", "cam1",
      "index.m3u8", NULL);
  fail_unless_soon (g_file_test (path, G_FILE_TEST_EXISTS));
  g_free (path);
  numbered_serve (&f->numbered);
  f->sink = make_sink ();
  f->audio_sink = make_sink ();
  g_object_set (f->sink, "signal-handoffs", TRUE, NULL);
  g_signal_connect (f->sink, "handoff", G_CALLBACK (handoff), f);
}

gchar *
player_get_uri (Player * f, const gchar * query)
{
  return g_strdup_printf ("dvr://127.0.0.1:%d/live/cam1%s", f->numbered.port,
      query);
}

/* Gives sinks to a playbin; a reference to it is taken. */
void
player_attach (Player * f, GstElement * player)
{
  f->player = gst_object_ref_sink (player);
  g_object_set (player, "video-sink", f->sink, "audio-sink", f->audio_sink,
      NULL);
  g_signal_connect (player, "source-setup", G_CALLBACK (take_source), f);
}

static void
make_pipeline (Player * f, GstElement * decoder)
{
  f->player = gst_object_ref_sink (gst_pipeline_new (NULL));
  gst_bin_add_many (GST_BIN (f->player), decoder, f->sink, f->audio_sink, NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (link_sink), f);
  g_signal_connect (decoder, "source-setup", G_CALLBACK (take_source), f);
}

void
player_make (Player * f, guint kind, const gchar * query)
{
  GstElement *player = gst_element_factory_make (players[kind], NULL);
  gchar *uri = player_get_uri (f, query);

  g_object_set (player, "uri", uri, NULL);
  g_free (uri);
  if (kind == PLAYER_URIDECODEBIN3)
    make_pipeline (f, player);
  else
    player_attach (f, player);
  f->bus = gst_element_get_bus (f->player);
}

void
player_setup (Player * f, guint kind, guint n_frames, const gchar * query)
{
  player_record (f, n_frames, FALSE);
  player_make (f, kind, query);
}

void
player_teardown (Player * f)
{
  gst_element_set_state (f->player, GST_STATE_NULL);
  gst_clear_object (&f->bus);
  gst_object_unref (f->player);
  gst_object_unref (f->sink);
  gst_object_unref (f->audio_sink);
  gst_clear_object (&f->src);
  numbered_clear (&f->numbered);
  g_array_unref (f->shown);
  g_mutex_clear (&f->lock);
}

void
player_wait_for (Player * f, GstMessageType type)
{
  GstMessage *message = gst_bus_timed_pop_filtered (f->bus, 120 * GST_SECOND,
      type | GST_MESSAGE_ERROR);

  fail_unless (message != NULL, "no %s", gst_message_type_get_name (type));
  fail_unless_equals_string (GST_MESSAGE_TYPE_NAME (message),
      gst_message_type_get_name (type));
  gst_message_unref (message);
}

void
player_settle (Player * f, GstState state)
{
  gst_element_set_state (f->player, state);
  fail_unless_equals_int (gst_element_get_state (f->player, NULL, NULL,
          120 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
}

gint64
player_on_show (Player * f)
{
  GstSample *sample;
  gint64 number;

  g_object_get (f->sink, "last-sample", &sample, NULL);
  number = numbered_read (sample);
  if (sample)
    gst_sample_unref (sample);
  return number;
}

void
player_seek (Player * f, gdouble rate, GstSeekFlags flags, gint64 start,
    gint64 stop)
{
  fail_unless (gst_element_seek (f->player, rate, GST_FORMAT_TIME, flags,
          GST_SEEK_TYPE_SET, start, stop >= 0 ? GST_SEEK_TYPE_SET :
          GST_SEEK_TYPE_NONE, stop));
  fail_unless_equals_int (gst_element_get_state (f->player, NULL, NULL,
          120 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
}

/* Where the window ends. */
gint64
player_get_end (Player * f)
{
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_TIME);
  gint64 end;

  fail_unless (gst_element_query (f->player, query));
  gst_query_parse_seeking (query, NULL, NULL, NULL, &end);
  gst_query_unref (query);
  return end;
}

void
player_wait_for_end (Player * f, gint64 end)
{
  fail_unless_soon (player_get_end (f) >= end);
}

guint
player_count_shown (Player * f)
{
  guint n;

  g_mutex_lock (&f->lock);
  n = f->shown->len;
  g_mutex_unlock (&f->lock);
  return n;
}

/* Waits for the end of a step; whether it went well. */
gboolean
player_wait_for_step (Player * f, guint64 * time)
{
  while (TRUE) {
    GstMessage *message = gst_bus_timed_pop_filtered (f->bus, 120 * GST_SECOND,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_REQUEST_STATE);
    const GstStructure *s;
    const gchar *code;
    gboolean done, well;

    fail_unless (message != NULL);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_REQUEST_STATE) {
      GstState state;

      gst_message_parse_request_state (message, &state);
      gst_message_unref (message);
      gst_element_set_state (f->player, state);
      continue;
    }
    s = gst_message_get_structure (message);
    code = gst_structure_get_string (s, "code");
    done = g_strcmp0 (code, "NetStream.Step.Notify") == 0 ||
        g_strcmp0 (code, "NetStream.Step.Failed") == 0;
    well = done && g_str_has_suffix (code, "Notify");
    if (well)
      gst_structure_get_uint64 (s, "time", time);
    else if (done)
      GST_ERROR ("%" GST_PTR_FORMAT, s);
    gst_message_unref (message);
    if (done)
      return well;
  }
}

void
player_step (Player * f, gint frames, gint64 expected)
{
  gboolean begun = FALSE;
  guint64 time;

  g_signal_emit_by_name (f->src, "step", frames, &begun);
  fail_unless (begun);
  fail_unless (player_wait_for_step (f, &time));
  fail_unless_equals_int64 (player_on_show (f), expected);
  fail_unless_equals_uint64 (time, expected * FRAME);
}
