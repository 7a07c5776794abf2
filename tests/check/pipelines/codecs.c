/* codecs.c: what Enhanced RTMP brought, from a publisher to players
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Real encoders make it, the recorder takes it as FLV, and it comes out of
 * dvrserversink over RTMP, and of segmentcache as a file, as it went in.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <glib/gstdio.h>
#include <gst/app/gstappsink.h>
#include <gst/check/gstcheck.h>

#include "checkutil.h"
#include "flv/flvwriter.h"

#include "../elements/rtmpfixture.h"

#define VIDEO "videotestsrc num-buffers=60 ! " \
    "video/x-raw,width=160,height=120,framerate=25/1,format=I420 ! "
#define AUDIO "audiotestsrc samplesperbuffer=960 num-buffers=120 ! " \
    "audio/x-raw,rate=48000,channels=2 ! audioconvert ! "
#define HEVC VIDEO "x265enc speed-preset=ultrafast key-int-max=25 ! " \
    "h265parse ! video/x-h265,stream-format=hvc1,alignment=au"
#define AV1 VIDEO "av1enc cpu-used=8 keyframe-max-dist=25 ! av1parse ! " \
    "video/x-av1,stream-format=obu-stream,alignment=tu"
#define VP9 VIDEO "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=25 ! " \
    "vp9parse ! video/x-vp9"
#define H264 VIDEO "x264enc speed-preset=ultrafast key-int-max=25 ! " \
    "h264parse ! video/x-h264,stream-format=avc,alignment=au"
#define AAC AUDIO "avenc_aac ! aacparse ! audio/mpeg,stream-format=raw"
#define OPUS AUDIO "opusenc ! opusparse"
#define FLAC AUDIO "flacenc ! flacparse"
#define AC3 AUDIO "avenc_ac3 ! ac3parse"
#define MP3 AUDIO "lamemp3enc ! mpegaudioparse"

typedef struct
{
  const gchar *video;
  const gchar *audio;
} Media;

enum
{ V, A, N_KINDS };

typedef struct
{
  gchar *directory;
  gchar *flv;
  GPtrArray *sent[N_KINDS];     /* of checksums, of samples */
  GPtrArray *got[N_KINDS];
  GstElement *server;
  GstFlvBodyParser *parser;
} Fixture;

static gchar *
checksum (GstBuffer * buffer)
{
  GstMapInfo map;
  gchar *sum;

  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  sum = g_compute_checksum_for_data (G_CHECKSUM_MD5, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return sum;
}

/* -- the publisher's file -- */

static gboolean
has_elements (const gchar * description)
{
  gchar *line = g_strconcat (description, " ! fakesink", NULL);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  gboolean ok = pipeline && !error;

  g_clear_error (&error);
  gst_clear_object (&pipeline);
  g_free (line);
  return ok;
}

/* The parsers give no configuration for these two: av1C (AV1 ISOBMFF binding,
 * 2.3) is made of the sequence header of the first temporal unit, vpcC (VP9
 * ISOBMFF binding) of what the encoder was asked for. */
static GstBuffer *
make_codec_data (const GstStructure * s, GstBuffer * first)
{
  const guint8 vpcc[] = { 0, 10, 0x82, 1, 1, 1, 0, 0 };
  const guint8 av1c[] = { 0x81, 0, 0x0c, 0 };
  gsize begin = 2, size;
  guint8 head[4];
  GstBuffer *data;

  if (gst_structure_has_name (s, "video/x-vp9"))
    return gst_buffer_new_memdup (vpcc, sizeof (vpcc));
  if (!gst_structure_has_name (s, "video/x-av1"))
    return NULL;
  /* a temporal delimiter, then the header, of less than 128 bytes */
  gst_buffer_extract (first, 0, head, sizeof (head));
  fail_unless_equals_int (head[0], 0x12);
  fail_unless_equals_int (head[2], 0x0a);
  size = 2 + head[3];
  data = gst_buffer_new_memdup (av1c, sizeof (av1c));
  return gst_buffer_append (data, gst_buffer_copy_region (first,
          GST_BUFFER_COPY_MEMORY, begin, size));
}

static GstCaps *
complete_caps (GQueue * samples)
{
  GstSample *first = g_queue_peek_head (samples);
  GstCaps *caps = gst_caps_copy (gst_sample_get_caps (first));
  GstBuffer *data = make_codec_data (gst_caps_get_structure (caps, 0),
      gst_sample_get_buffer (first));

  if (data)
    gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, data, NULL);
  gst_clear_buffer (&data);
  return caps;
}

static GQueue *
encode (const gchar * description)
{
  GstElement *pipeline = check_launch ("%s ! appsink name=sink sync=false",
      description);
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GQueue *samples = g_queue_new ();
  GstSample *sample;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((sample = gst_app_sink_pull_sample (GST_APP_SINK (sink)))) {
    /* FLAC's headers are in the caps as well, and have no duration */
    if (GST_BUFFER_FLAG_IS_SET (gst_sample_get_buffer (sample),
            GST_BUFFER_FLAG_HEADER)
        && GST_BUFFER_DURATION (gst_sample_get_buffer (sample)) + 1 <= 1)
      gst_sample_unref (sample);
    else
      g_queue_push_tail (samples, sample);
  }
  fail_unless (samples->length > 10, "%s", description);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  return samples;
}

static void
append (GByteArray * file, GstBuffer * bytes)
{
  GstMapInfo map;

  gst_buffer_map (bytes, &map, GST_MAP_READ);
  g_byte_array_append (file, map.data, map.size);
  gst_buffer_unmap (bytes, &map);
  gst_buffer_unref (bytes);
}

static void
append_config (GByteArray * file, guint kind, GQueue * samples)
{
  GstCaps *caps = complete_caps (samples);
  GstBuffer *body = gst_flv_write_config_body (caps, GST_FLV_MODE_AUTO);

  if (body)
    append (file, gst_flv_write_tag (kind == V ? GST_FLV_TAG_VIDEO :
            GST_FLV_TAG_AUDIO, 0, body));
  gst_caps_unref (caps);
}

static GstClockTime
get_time (GQueue * samples)
{
  return GST_BUFFER_DTS_OR_PTS (gst_sample_get_buffer (g_queue_peek_head
          (samples)));
}

static void
append_sample (Fixture * f, GByteArray * file, guint kind, GQueue * samples,
    GstClockTime base)
{
  GstSample *sample = g_queue_pop_head (samples);
  GstBuffer *buffer = gst_buffer_copy (gst_sample_get_buffer (sample));
  GstClockTime time = GST_BUFFER_DTS_OR_PTS (buffer) - base;
  GstBuffer *body;

  GST_BUFFER_PTS (buffer) -= base;
  GST_BUFFER_DTS (buffer) = time;
  body = gst_flv_write_sample_body (gst_sample_get_caps (sample),
      GST_FLV_MODE_AUTO, buffer);
  fail_unless (body != NULL);
  append (file, gst_flv_write_tag (kind == V ? GST_FLV_TAG_VIDEO :
          GST_FLV_TAG_AUDIO, time / GST_MSECOND, body));
  g_ptr_array_add (f->sent[kind], checksum (buffer));
  gst_buffer_unref (buffer);
  gst_sample_unref (sample);
}

static void
write_flv (Fixture * f, const Media * media)
{
  const gchar *descriptions[] = { media->video, media->audio };
  GByteArray *file = g_byte_array_new ();
  GQueue *samples[N_KINDS];
  GstClockTime base[N_KINDS] = { 0, };
  guint i;

  append (file, gst_flv_write_header (media->video != NULL,
          media->audio != NULL));
  for (i = 0; i < N_KINDS; i++) {
    samples[i] = descriptions[i] ? encode (descriptions[i]) : g_queue_new ();
    if (samples[i]->length == 0)
      continue;
    append_config (file, i, samples[i]);
    /* encoders that reorder begin late */
    base[i] = get_time (samples[i]);
  }
  while (samples[V]->length + samples[A]->length > 0) {
    i = samples[A]->length == 0 || (samples[V]->length > 0
        && get_time (samples[V]) - base[V] <=
        get_time (samples[A]) - base[A]) ? V : A;
    append_sample (f, file, i, samples[i], base[i]);
  }
  fail_unless (g_file_set_contents (f->flv, (gchar *) file->data, file->len,
          NULL));
  g_byte_array_unref (file);
  for (i = 0; i < N_KINDS; i++)
    g_queue_free (samples[i]);
}

/* -- recording and serving it -- */

static void
setup (Fixture * f, const Media * media)
{
  guint i;

  memset (f, 0, sizeof (*f));
  f->directory = g_dir_make_tmp ("dvr-codecs-XXXXXX", NULL);
  f->flv = g_build_filename (f->directory, "source.flv", NULL);
  for (i = 0; i < N_KINDS; i++) {
    f->sent[i] = g_ptr_array_new_with_free_func (g_free);
    f->got[i] = g_ptr_array_new_with_free_func (g_free);
  }
  write_flv (f, media);
  check_run (check_launch ("filesrc location=%s ! rtmpdvrsink location=%s "
          "stream=live/cam1", f->flv, f->directory));
}

static void
teardown (Fixture * f)
{
  guint i;

  if (f->server) {
    gst_element_set_state (f->server, GST_STATE_NULL);
    gst_object_unref (f->server);
  }
  check_remove_tree (f->directory);
  for (i = 0; i < N_KINDS; i++) {
    g_ptr_array_unref (f->sent[i]);
    g_ptr_array_unref (f->got[i]);
  }
  g_free (f->directory);
  g_free (f->flv);
}

static guint
serve (Fixture * f)
{
  GstElement *sink;
  gint port;

  f->server = check_launch ("proxystreamsrc location=%s ! segmentcache ! "
      "dvrserversink name=sink http-port=-1 rtmp-port=0", f->directory);
  gst_element_set_state (f->server, GST_STATE_PLAYING);
  sink = gst_bin_get_by_name (GST_BIN (f->server), "sink");
  g_object_get (sink, "current-rtmp-port", &port, NULL);
  gst_object_unref (sink);
  return port;
}

/* -- the player -- */

static void
take_sample (const GstFlvEvent * event, gpointer user_data)
{
  Fixture *f = user_data;

  if (event->type == GST_FLV_EVENT_SAMPLE)
    g_ptr_array_add (f->got[event->track == GST_FLV_TRACK_VIDEO ? V : A],
        checksum (event->buffer));
}

static void
take_message (GstRtmpClientSession * session,
    const GstRtmpClientEvent * event, gpointer user_data)
{
  Fixture *f = user_data;

  gst_flv_body_parser_push (f->parser, event->message_type, event->timestamp,
      gst_buffer_ref (event->buffer));
}

/* Plays until a status says that it is over. Returns: (transfer full): which */
static gchar *
play (Fixture * f, guint caps_ex)
{
  const GstRtmpPlay whole = { 0, GST_RTMP_PLAY_TO_END, 1 };
  RtmpClient client;
  gchar *code;

  rtmp_client_open (&client, serve (f), caps_ex);
  client.on_media = take_message;
  client.user_data = f;
  f->parser = gst_flv_body_parser_new (take_sample, f);
  rtmp_client_create_stream (&client);
  gst_rtmp_client_session_set_buffer_length (client.session, client.stream_id,
      60000);
  gst_rtmp_client_session_play (client.session, client.stream_id, "cam1",
      &whole);
  rtmp_client_flush (&client);
  do {
    g_clear_pointer (&client.code, g_free);
    rtmp_client_wait_status (&client);
  } while (client.code && (g_str_equal (client.code, "NetStream.Play.Start")
          || g_str_equal (client.code, "NetStream.Play.Reset")
          || g_str_equal (client.code, "NetStream.Data.Start")));
  code = g_strdup (client.code);
  gst_flv_body_parser_free (f->parser);
  rtmp_client_close (&client);
  return code;
}

static void
fail_unless_same (Fixture * f, guint kind)
{
  guint i;

  fail_unless_equals_int (f->got[kind]->len, f->sent[kind]->len);
  for (i = 0; i < f->sent[kind]->len; i++)
    fail_unless_equals_string (g_ptr_array_index (f->got[kind], i),
        g_ptr_array_index (f->sent[kind], i));
}

static const Media combinations[] = {
  {HEVC, AAC}, {AV1, OPUS}, {VP9, OPUS}, {NULL, OPUS}, {NULL, FLAC},
  {HEVC, AC3}, {H264, OPUS}, {AV1, NULL}, {H264, MP3}, {HEVC, MP3}
};

static gboolean
is_possible (const Media * media)
{
  return (!media->video || has_elements (media->video))
      && (!media->audio || has_elements (media->audio));
}

GST_START_TEST (players_with_enhanced_rtmp_get_what_was_published)
{
  const Media *media = &combinations[__i__];
  Fixture f;
  gchar *code;

  if (!is_possible (media)) {
    GST_WARNING ("not tried, an encoder is missing: %s, %s", media->video,
        media->audio);
    return;
  }
  setup (&f, media);
  code = play (&f, GST_RTMP_CAPS_RECONNECT);
  fail_unless_equals_string (code, "NetStream.Play.Stop");
  fail_unless_same (&f, V);
  fail_unless_same (&f, A);
  g_free (code);
  teardown (&f);
}

GST_END_TEST;

static const struct
{
  Media media;
  gboolean video, audio;        /* whether a legacy player gets it */
} legacy[] = {
  {{HEVC, AAC}, FALSE, TRUE}, {{H264, OPUS}, TRUE, FALSE},
  {{AV1, NULL}, FALSE, FALSE}, {{HEVC, OPUS}, FALSE, FALSE},
  {{NULL, OPUS}, FALSE, FALSE}
};

GST_START_TEST (legacy_players_get_what_they_can_take_or_are_told)
{
  gboolean some = legacy[__i__].video || legacy[__i__].audio;
  Fixture f;
  gchar *code;

  if (!is_possible (&legacy[__i__].media))
    return;
  setup (&f, &legacy[__i__].media);
  code = play (&f, 0);
  fail_unless_equals_string (code, some ? "NetStream.Play.Stop" :
      "NetStream.Play.NoSupportedTrackFound");
  if (!legacy[__i__].video)
    g_ptr_array_set_size (f.sent[V], 0);
  if (!legacy[__i__].audio)
    g_ptr_array_set_size (f.sent[A], 0);
  fail_unless_same (&f, V);
  fail_unless_same (&f, A);
  g_free (code);
  teardown (&f);
}

GST_END_TEST;

/* What qtdemux of GStreamer 1.22 knows: AC-3 in MP4 it does not. Where pictures
 * are reordered it begins with the first one, not with the sound before it. */
static const Media files[] = {
  {HEVC, NULL}, {AV1, OPUS}, {VP9, OPUS}, {NULL, FLAC}
};

static void
take_buffer (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    GPtrArray * got)
{
  g_ptr_array_add (got, checksum (buffer));
}

static void
add_branch (GstElement * demux, GstPad * pad, Fixture * f)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstPad *sinkpad = gst_element_get_static_pad (sink, "sink");
  guint kind = g_str_has_prefix (GST_PAD_NAME (pad), "video") ? V : A;

  g_object_set (sink, "signal-handoffs", TRUE, "async", FALSE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (take_buffer), f->got[kind]);
  gst_bin_add (GST_BIN (f->server), sink);
  gst_element_sync_state_with_parent (sink);
  fail_unless (gst_pad_link (pad, sinkpad) == GST_PAD_LINK_OK);
  gst_object_unref (sinkpad);
}

GST_START_TEST (players_of_files_get_what_was_published)
{
  const Media *media = &files[__i__];
  GstElement *demux;
  Fixture f;

  if (!is_possible (media))
    return;
  setup (&f, media);
  f.server = check_launch ("proxystreamsrc location=%s remote-name=live/cam1 ! "
      "segmentcache start=0 ! qtdemux name=demux", f.directory);
  demux = gst_bin_get_by_name (GST_BIN (f.server), "demux");
  g_signal_connect (demux, "pad-added", G_CALLBACK (add_branch), &f);
  gst_element_set_state (f.server, GST_STATE_PLAYING);
  check_wait_eos (f.server);
  fail_unless_same (&f, V);
  fail_unless_same (&f, A);
  gst_object_unref (demux);
  teardown (&f);
}

GST_END_TEST;

static Suite *
codecs_suite (void)
{
  Suite *s = suite_create ("codecs");
  TCase *tc = tcase_create ("codecs");

  tcase_add_loop_test (tc, players_with_enhanced_rtmp_get_what_was_published,
      0, G_N_ELEMENTS (combinations));
  tcase_add_loop_test (tc, legacy_players_get_what_they_can_take_or_are_told,
      0, G_N_ELEMENTS (legacy));
  tcase_add_loop_test (tc, players_of_files_get_what_was_published, 0,
      G_N_ELEMENTS (files));
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (codecs);
