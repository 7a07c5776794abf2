/* dvr-player.c: a player with a past: pause live, rewind, step, catch up
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: dvr-player [-t] dvr://host:port/stream
 *
 * A window where there is one; -t or no display: sound and pictures are
 * decoded, a line in the terminal tells the rest. Keys, in the terminal:
 *
 *   space  pause, play       left, right   10 seconds back, on
 *   , .    a frame back, on  + -           faster, slower: -8 to 8
 *   r      other direction   l             to the live edge
 *   q      quit
 *
 * The line shows the DVR window, what is buffered (=), what is on show (|),
 * and whether the last seek was in the buffer.
 */

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <glib-unix.h>
#include <gst/gst.h>

#define BAR_WIDTH 40
#define JUMP (10 * (gint64) GST_SECOND)

typedef struct
{
  GMainLoop *loop;
  GstElement *playbin;
  GstElement *source;           /* dvrsrc */
  GstState wanted;
  gdouble rate;
  gchar *last;                  /* what the last seek or step came to */
  gint status;
} Player;

static const gdouble rates[] = { -8, -4, -2, -1, -0.5, 0.5, 1, 2, 4, 8 };

/* The window of the recording that can be sought in. */
static gboolean
get_window (Player * player, gint64 * start, gint64 * end)
{
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_TIME);
  gboolean ret = gst_element_query (player->playbin, query);

  if (ret)
    gst_query_parse_seeking (query, NULL, NULL, start, end);
  gst_query_unref (query);
  return ret && *end > *start;
}

static gint64
get_position (Player * player)
{
  gint64 position = 0;

  gst_element_query_position (player->playbin, GST_FORMAT_TIME, &position);
  return position;
}

static void
seek (Player * player, gdouble rate, gint64 position)
{
  GstSeekFlags flags = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE;
  gboolean done;

  /* beyond twice the speed keyframes tell enough */
  if (ABS (rate) > 2)
    flags |= GST_SEEK_FLAG_TRICKMODE_KEY_UNITS;
  position = MAX (position, 0);
  if (rate > 0)
    done = gst_element_seek (player->playbin, rate, GST_FORMAT_TIME, flags,
        GST_SEEK_TYPE_SET, position, GST_SEEK_TYPE_NONE, -1);
  else
    done = gst_element_seek (player->playbin, rate, GST_FORMAT_TIME, flags,
        GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, position);
  if (done)
    player->rate = rate;
}

static void
go_live (Player * player)
{
  if (gst_element_seek (player->playbin, 1.0, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_END, 0,
          GST_SEEK_TYPE_NONE, -1))
    player->rate = 1.0;
}

static void
change_rate (Player * player, gint by)
{
  gint i = 0;

  while (i + 1 < (gint) G_N_ELEMENTS (rates) && rates[i] < player->rate)
    i++;
  i = CLAMP (i + by, 0, (gint) G_N_ELEMENTS (rates) - 1);
  seek (player, rates[i], get_position (player));
}

static void
step (Player * player, gint frames)
{
  gboolean begun = FALSE;

  if (player->source)
    g_signal_emit_by_name (player->source, "step", frames, &begun);
}

static void
set_state (Player * player, GstState state)
{
  player->wanted = state;
  gst_element_set_state (player->playbin, state);
}

static void
take_key (Player * player, gchar key)
{
  switch (key) {
    case ' ':
      set_state (player, player->wanted == GST_STATE_PLAYING ?
          GST_STATE_PAUSED : GST_STATE_PLAYING);
      break;
    case ',':
    case '.':
      step (player, key == ',' ? -1 : 1);
      break;
    case '+':
    case '-':
      change_rate (player, key == '+' ? 1 : -1);
      break;
    case 'r':
      seek (player, -player->rate, get_position (player));
      break;
    case 'l':
      go_live (player);
      break;
    case 'q':
      g_main_loop_quit (player->loop);
      break;
    default:
      break;
  }
}

static gboolean
read_keys (gint fd, GIOCondition condition, gpointer user_data)
{
  Player *player = user_data;
  gchar keys[64];
  gssize i, n = read (fd, keys, sizeof (keys));

  if (n <= 0)
    return G_SOURCE_REMOVE;
  for (i = 0; i < n; i++) {
    /* arrows are ESC [ C and ESC [ D */
    if (keys[i] == '\033' && i + 2 < n && keys[i + 1] == '[') {
      if (keys[i + 2] == 'C')
        seek (player, player->rate, get_position (player) + JUMP);
      else if (keys[i + 2] == 'D')
        seek (player, player->rate, get_position (player) - JUMP);
      i += 2;
    } else {
      take_key (player, keys[i]);
    }
  }
  return G_SOURCE_CONTINUE;
}

/* The line. */

static gint
column (gint64 time, gint64 start, gint64 end)
{
  return CLAMP ((time - start) * BAR_WIDTH / (end - start), 0, BAR_WIDTH - 1);
}

static void
draw_bar (Player * player, gchar * bar, gint64 position, gint64 start,
    gint64 end)
{
  guint64 ahead = 0, behind = 0;
  gint i;

  if (player->source)
    g_object_get (player->source, "buffer-length", &ahead,
        "back-buffer-length", &behind, NULL);
  memset (bar, '-', BAR_WIDTH);
  bar[BAR_WIDTH] = '\0';
  for (i = column (position - (gint64) behind, start, end);
      i <= column (position + (gint64) ahead, start, end); i++)
    bar[i] = '=';
  bar[column (position, start, end)] = '|';
}

static gboolean
draw (gpointer user_data)
{
  Player *player = user_data;
  gint64 start = 0, end = 0, position = get_position (player);
  gchar bar[BAR_WIDTH + 1];

  if (!get_window (player, &start, &end))
    return G_SOURCE_CONTINUE;
  draw_bar (player, bar, position, start, end);
  g_print ("\r%" GST_TIME_FORMAT " [%s] live -%.1f s  %gx %s %s\033[K",
      GST_TIME_ARGS (position), bar, (end - position) / (gdouble) GST_SECOND,
      player->rate, player->wanted == GST_STATE_PLAYING ? ">" : "||",
      player->last ? player->last : "");
  return G_SOURCE_CONTINUE;
}

/* Messages. */

static void
take_status (Player * player, const GstStructure * s)
{
  const gchar *code = gst_structure_get_string (s, "code");
  const gchar *description = gst_structure_get_string (s, "description");

  if (!code || !description || !g_str_has_prefix (code, "NetStream."))
    return;
  if (strcmp (code, "NetStream.Seek.Notify") == 0)
    code = strstr (description, "client-inBufferSeek") ?
        "sought in the buffer" : "sought";
  g_free (player->last);
  player->last = g_strdup (code);
}

static gboolean
take_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Player *player = user_data;
  GstState state;
  GError *error;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, "dvr-status"))
        take_status (player, gst_message_get_structure (message));
      break;
    case GST_MESSAGE_REQUEST_STATE:
      gst_message_parse_request_state (message, &state);
      set_state (player, state);
      break;
    case GST_MESSAGE_EOS:
      /* an end that was come to backwards is a begin */
      if (player->rate < 0)
        set_state (player, GST_STATE_PAUSED);
      else
        g_main_loop_quit (player->loop);
      break;
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, NULL);
      g_printerr ("\n%s\n", error->message);
      g_error_free (error);
      player->status = EXIT_FAILURE;
      g_main_loop_quit (player->loop);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

static void
take_source (GstElement * playbin, GstElement * source, Player * player)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (source),
          "back-buffer-length"))
    gst_object_replace ((GstObject **) & player->source, GST_OBJECT (source));
}

static gboolean
quit (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

/* Keys come one by one. Returns: whether @before is to be restored */
static gboolean
open_terminal (struct termios *before)
{
  struct termios now;

  if (tcgetattr (STDIN_FILENO, before) != 0)
    return FALSE;
  now = *before;
  now.c_lflag &= ~(ICANON | ECHO);
  return tcsetattr (STDIN_FILENO, TCSANOW, &now) == 0;
}

static GstElement *
make_sink (void)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  g_object_set (sink, "sync", TRUE, NULL);
  return sink;
}

static gboolean
setup (Player * player, const gchar * uri, gboolean window)
{
  player->playbin = gst_element_factory_make ("playbin", NULL);
  if (!player->playbin) {
    g_printerr ("playbin is missing: install GStreamer's base plugins\n");
    return FALSE;
  }
  g_object_set (player->playbin, "uri", uri, NULL);
  if (!window)
    g_object_set (player->playbin, "video-sink", make_sink (), "audio-sink",
        make_sink (), NULL);
  g_signal_connect (player->playbin, "source-setup", G_CALLBACK (take_source),
      player);
  return TRUE;
}

static void
run (Player * player)
{
  GstBus *bus = gst_element_get_bus (player->playbin);
  struct termios before;
  gboolean terminal = open_terminal (&before);

  player->loop = g_main_loop_new (NULL, FALSE);
  gst_bus_add_watch (bus, take_message, player);
  g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, read_keys, player);
  g_unix_signal_add (SIGINT, quit, player->loop);
  g_unix_signal_add (SIGTERM, quit, player->loop);
  g_timeout_add (100, draw, player);
  set_state (player, GST_STATE_PLAYING);
  g_main_loop_run (player->loop);
  set_state (player, GST_STATE_NULL);
  g_print ("\n");
  if (terminal)
    tcsetattr (STDIN_FILENO, TCSANOW, &before);
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  g_main_loop_unref (player->loop);
}

int
main (int argc, char **argv)
{
  Player player = {.rate = 1.0,.status = EXIT_SUCCESS };
  gboolean window = g_getenv ("DISPLAY") || g_getenv ("WAYLAND_DISPLAY");
  const gchar *uri;

  gst_init (&argc, &argv);
  if (argc == 3 && strcmp (argv[1], "-t") == 0)
    window = FALSE;
  else if (argc != 2) {
    g_printerr ("usage: %s [-t] dvr://host:port/stream\n", argv[0]);
    return 2;
  }
  uri = argv[argc - 1];
  if (!setup (&player, uri, window))
    return EXIT_FAILURE;
  run (&player);
  gst_clear_object (&player.source);
  gst_object_unref (player.playbin);
  g_free (player.last);
  return player.status;
}
