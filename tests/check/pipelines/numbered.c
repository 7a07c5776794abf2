/* numbered.c: a recording whose pictures carry their numbers
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <arpa/inet.h>
#include <sys/socket.h>

#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>
#include <glib/gstdio.h>

#include "checkutil.h"
#include "numbered.h"

/* The number's bits are blocks, black or white, in two rows. */
#define BLOCK 16
#define COLUMNS 8
#define ROWS 2
#define WIDTH (BLOCK * COLUMNS)
#define HEIGHT (BLOCK * ROWS)
#define NTSC_TIME(i) gst_util_uint64_scale (i, 1001 * GST_SECOND, 30000)

gboolean
numbered_is_possible (void)
{
  GstRegistry *registry = gst_registry_get ();
  static const gchar *const needed[] = { "x264enc", "avdec_h264", "flvmux",
    "avenc_aac", "avdec_aac", "qtdemux", "playbin3"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (needed); i++)
    if (!gst_registry_check_feature_version (registry, needed[i], 1, 0, 0))
      return FALSE;
  return TRUE;
}

static GstBuffer *
draw (const NumberedRun * run, guint i)
{
  guint number = run->first + i, block = BLOCK * run->scale;
  guint width = WIDTH * run->scale, height = HEIGHT * run->scale;
  gsize size = width * height * 3 / 2;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;
  guint x, y;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  memset (map.data, 128, size);
  for (y = 0; y < height; y++)
    for (x = 0; x < width; x++) {
      guint bit = y / block * COLUMNS + x / block;

      map.data[y * width + x] = number & (1 << bit) ? 235 : 16;
    }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = run->ntsc ? NTSC_TIME (i) : i * FRAME;
  GST_BUFFER_DURATION (buffer) = run->ntsc ? NTSC_TIME (1) : FRAME;
  return buffer;
}

/* Returns: the number, -1 if there is none to be read */
gint64
numbered_read_buffer (GstBuffer * buffer, GstCaps * caps)
{
  GstVideoFrame frame;
  GstVideoInfo info;
  gint64 number = 0;
  guint i, block;

  if (!buffer || !caps || !gst_video_info_from_caps (&info, caps) ||
      GST_VIDEO_INFO_WIDTH (&info) % WIDTH != 0 ||
      !gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ))
    return -1;
  block = GST_VIDEO_INFO_WIDTH (&info) / COLUMNS;
  for (i = 0; i < COLUMNS * ROWS; i++) {
    guint x = i % COLUMNS * block + block / 2;
    guint y = i / COLUMNS * block + block / 2;
    const guint8 *row = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);

    if (row[x] > 128)
      number |= 1 << i;
  }
  gst_video_frame_unmap (&frame);
  return number;
}

gint64
numbered_read (GstSample * sample)
{
  return sample ? numbered_read_buffer (gst_sample_get_buffer (sample),
      gst_sample_get_caps (sample)) : -1;
}

typedef struct
{
  NumberedRun run;
  guint next;
} Drawing;

static void
need_data (GstAppSrc * src, guint length, gpointer user_data)
{
  Drawing *drawing = user_data;

  if (drawing->next >= drawing->run.n_frames)
    gst_app_src_end_of_stream (src);
  else
    gst_app_src_push_buffer (src, draw (&drawing->run, drawing->next++));
}

/* A pipeline that sends @run as FLV to @sink. In real time it has no B-frames,
 * whose times flvmux does not keep, and sound that comes in fits: some chunks
 * have none. On a busy machine flvmux waits for the picture: else it lets the
 * sound go first, and moves the picture's times behind it. */
GstElement *
numbered_play_run (const NumberedRun * run, const gchar * sink)
{
  GstElement *pipeline, *src;
  Drawing *drawing = g_new0 (Drawing, 1);
  gchar *tone;

  tone = g_strdup_printf ("audiotestsrc samplesperbuffer=1764 num-buffers=%u "
      "! audio/x-raw,rate=44100,channels=1 ! identity sync=%d ! avenc_aac "
      "! aacparse ! queue ! mux.", run->n_frames, run->live);
  pipeline = check_launch ("appsrc name=v format=time block=true "
      "caps=video/x-raw,format=I420,width=%d,height=%d,framerate=%s "
      "! identity sync=%d ! x264enc speed-preset=ultrafast bframes=%d "
      "b-adapt=false key-int-max=%u option-string=scenecut=0:open-gop=%d "
      "rc-lookahead=0 "
      "sync-lookahead=0 bitrate=256 ! h264parse ! queue ! mux. %s "
      "flvmux name=mux streamable=true latency=10000000000 ! %s",
      WIDTH * run->scale, HEIGHT * run->scale,
      run->ntsc ? "30000/1001" : "25/1", run->live,
      run->open ? run->open : run->live ? 0 : 2, run->group, run->open > 0,
      tone, sink);
  g_free (tone);
  src = gst_bin_get_by_name (GST_BIN (pipeline), "v");
  drawing->run = *run;
  g_signal_connect_data (src, "need-data", G_CALLBACK (need_data), drawing,
      (GClosureNotify) (void (*)(void)) g_free, 0);
  gst_object_unref (src);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

/* Records @n_frames as live/cam1: at once, or @live in real time. */
void
numbered_record (Numbered * n, guint n_frames, gboolean live)
{
  NumberedRun run = {.n_frames = n_frames,.scale = 1,.group = FPS,.live = live
  };

  numbered_record_run (n, &run);
}

/* Records @run as live/cam1. */
void
numbered_record_run (Numbered * n, const NumberedRun * run)
{
  GstElement *pipeline;
  gchar *sink;

  memset (n, 0, sizeof (*n));
  n->directory = g_dir_make_tmp ("dvr-test-XXXXXX", NULL);
  sink = g_strdup_printf ("rtmpdvrsink location=%s stream=live/cam1",
      n->directory);
  pipeline = numbered_play_run (run, sink);
  g_free (sink);
  if (run->live) {
    n->recorder = pipeline;
    return;
  }
  check_wait_eos (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

/* A port of this machine for a server to come. As long as this process lives
 * nobody else is given it, and a server that is started may listen there: it
 * reuses the address, of a socket that does not listen. */
guint16
numbered_find_port (void)
{
  struct sockaddr_in address = {.sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK)
  };
  socklen_t size = sizeof (address);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof (yes));
  fail_unless (bind (fd, (struct sockaddr *) &address, size) == 0);
  fail_unless (getsockname (fd, (struct sockaddr *) &address, &size) == 0);
  return ntohs (address.sin_port);
}

static gboolean
answers (guint16 port)
{
  GSocketClient *client = g_socket_client_new ();
  GSocketConnection *connection = g_socket_client_connect_to_host (client,
      "127.0.0.1", port, NULL, NULL);
  gboolean ret = connection != NULL;

  g_clear_object (&connection);
  g_object_unref (client);
  return ret;
}

/* A tier on @port of this machine, by another process: one process does not ask
 * itself. */
GSubprocess *
numbered_run_tier (const gchar * upstream, guint16 port)
{
  gchar *location = g_strdup_printf ("location=%s", upstream);
  gchar *http_port = g_strdup_printf ("http-port=%u", port);
  GSubprocess *tier = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE,
      NULL, "gst-launch-1.0", "-q", "proxystreamsrc", location, "!",
      "segmentcache", "!", "dvrserversink", "host=127.0.0.1", http_port, NULL);

  fail_unless (tier != NULL);
  fail_unless_soon (answers (port));
  g_free (http_port);
  g_free (location);
  return tier;
}

/* Serves it on a free port. */
void
numbered_serve (Numbered * n)
{
  gchar *upstream = g_strdup_printf ("file://%s", n->directory);

  if (n->port == 0)
    n->port = numbered_find_port ();
  n->server = numbered_run_tier (upstream, n->port);
  g_free (upstream);
}

/* As if its process died. It may be served again, on the same port. */
void
numbered_unserve (Numbered * n)
{
  g_subprocess_force_exit (n->server);
  g_subprocess_wait (n->server, NULL, NULL);
  g_clear_object (&n->server);
}

void
numbered_clear (Numbered * n)
{
  if (n->recorder)
    gst_element_set_state (n->recorder, GST_STATE_NULL);
  if (n->server) {
    g_subprocess_force_exit (n->server);
    g_subprocess_wait (n->server, NULL, NULL);
  }
  g_clear_pointer (&n->recorder, gst_object_unref);
  g_clear_object (&n->server);
  check_remove_tree (n->directory);
  g_free (n->directory);
}
