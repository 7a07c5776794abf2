/* dvr-player.c: a player with a past: pause live, rewind, step, catch up
 *
 * Copyright (C) 2026 The gst-plugins-dvr authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A window where there is one; -t or no display: sound and pictures are
 * decoded, a line in the terminal tells the rest. The keys below do the same
 * in both.
 *
 * The line, which the window shows, too: what is on show, the DVR window with
 * what is buffered (=) and what is on show (|), how far behind live that is,
 * the speed, how many seconds are buffered behind and ahead, how long the
 * window is, and what came of the last key: whether a seek was in the buffer,
 * and how many of all were.
 */

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sys/ioctl.h>

#include <glib-unix.h>
#include <gst/gst.h>
#include <gst/video/navigation.h>

#define USAGE \
    "usage: dvr-player [-t] dvr://host:port/stream\n\n" \
    "  -t     in the terminal, without a window\n\n" \
    "  space  pause, play       left, right   10 seconds back, on\n" \
    "  , .    a frame back, on  + -           faster, slower: -32 to 32 times\n" \
    "  r      other direction   l, end        to the live edge\n" \
    "  q      quit              b, home       to the begin of the window\n"

#define BAR_WIDTH 30
#define JUMP (10 * (gint64) GST_SECOND)

typedef struct
{
  GMainLoop *loop;
  GstElement *playbin;
  GstElement *source;           /* dvrsrc */
  GstElement *overlay;          /* shows the line in the window */
  GstState wanted;
  gboolean buffering;           /* paused until there is enough */
  gdouble rate;
  gint64 target;                /* of a seek under way, else -1 */
  gint64 position;              /* as last known */
  guint n_seeks;
  guint n_in_buffer;
  const gchar *edge;            /* of the recording that was reached */
  gchar *last;                  /* what the last seek or step came to */
  gboolean terminal;            /* somebody may press keys there */
  gchar escape;                 /* ... of which one has begun with this */
  gint status;
} Player;

static const gdouble rates[] = { -32, -16, -8, -4, -2, -1, -0.5, 0.5, 1, 2, 4,
  8, 16, 32
};

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

  /* keys come faster than pictures; where there is none, nobody knows better */
  if (player->target >= 0)
    player->position = player->target;
  else if (gst_element_query_position (player->playbin, GST_FORMAT_TIME,
          &position) && position > 0)
    player->position = position;
  return player->position;
}

static void
say (Player * player, const gchar * text)
{
  g_free (player->last);
  player->last = g_strdup (text);
}

static void
seek (Player * player, gdouble rate, gint64 position)
{
  GstSeekFlags flags = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE;
  gint64 start = 0, end = 0;
  gboolean done;

  if (get_window (player, &start, &end))
    position = CLAMP (position, start, end);
  /* beyond twice the speed keyframes tell enough */
  if (ABS (rate) > 2)
    flags |= GST_SEEK_FLAG_TRICKMODE_KEY_UNITS;
  if (rate > 0)
    done = gst_element_seek (player->playbin, rate, GST_FORMAT_TIME, flags,
        GST_SEEK_TYPE_SET, position, GST_SEEK_TYPE_NONE, -1);
  else
    done = gst_element_seek (player->playbin, rate, GST_FORMAT_TIME, flags,
        GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, position);
  if (done) {
    player->rate = rate;
    player->target = player->position = position;
  } else {
    say (player, "it cannot go there");
  }
}

static void
go_live (Player * player)
{
  gint64 start, end;

  if (gst_element_seek (player->playbin, 1.0, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_END, 0,
          GST_SEEK_TYPE_NONE, -1)) {
    player->rate = 1.0;
    if (get_window (player, &start, &end))
      player->target = player->position = end;
  }
}

static void
go_to_begin (Player * player)
{
  gint64 start = 0, end;

  get_window (player, &start, &end);
  seek (player, 1.0, start);
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
  if (begun) {
    player->rate = MAX (player->rate, -player->rate);
    /* where it is paused for want of data, nobody asks for that */
    player->wanted = GST_STATE_PAUSED;
  } else
    say (player, "it cannot step now");
}

static void
set_state (Player * player, GstState state)
{
  player->wanted = state;
  if (state == GST_STATE_PLAYING && player->buffering)
    state = GST_STATE_PAUSED;
  gst_element_set_state (player->playbin, state);
}

/* Who does not wait while there is nothing to play loses pictures. */
static void
take_buffering (Player * player, gint percent)
{
  player->buffering = percent < 100;
  if (player->wanted == GST_STATE_PLAYING)
    set_state (player, GST_STATE_PLAYING);
}

static void
take_key (Player * player, gchar key)
{
  player->edge = NULL;
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
    case '=':
    case '-':
      change_rate (player, key == '-' ? -1 : 1);
      break;
    case 'r':
      seek (player, -player->rate, get_position (player));
      break;
    case 'l':
      go_live (player);
      break;
    case 'b':
      go_to_begin (player);
      break;
    case 'q':
      g_main_loop_quit (player->loop);
      break;
    default:
      break;
  }
}

static void
jump (Player * player, gint64 by)
{
  player->edge = NULL;
  seek (player, player->rate, get_position (player) + by);
}

/* What follows ESC [. */
static void
take_escape (Player * player, gchar key)
{
  if (key == 'C' || key == 'D')
    jump (player, key == 'C' ? JUMP : -JUMP);
  else if (key == 'H' || key == 'F')
    take_key (player, key == 'H' ? 'b' : 'l');
}

/* X11's names of keys, as windows tell them. */
static void
take_window_key (Player * player, const gchar * name)
{
  static const struct
  {
    const gchar *name;
    gchar key;
  } keys[] = {
    {"space", ' '}, {"comma", ','}, {"period", '.'}, {"plus", '+'},
    {"equal", '+'}, {"KP_Add", '+'}, {"minus", '-'}, {"KP_Subtract", '-'},
    {"Home", 'b'}, {"End", 'l'}, {"Escape", 'q'}
  };
  guint i;

  if (g_str_equal (name, "Left") || g_str_equal (name, "Right")) {
    jump (player, g_str_equal (name, "Right") ? JUMP : -JUMP);
    return;
  }
  for (i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (name, keys[i].name))
      take_key (player, keys[i].key);
  if (strlen (name) == 1)
    take_key (player, name[0]);
}

static void
take_navigation (Player * player, GstMessage * message)
{
  GstEvent *event = NULL;
  const gchar *name;

  if (!gst_navigation_message_parse_event (message, &event))
    return;
  if (gst_navigation_event_get_type (event) ==
      GST_NAVIGATION_EVENT_KEY_PRESS &&
      gst_navigation_event_parse_key_event (event, &name))
    take_window_key (player, name);
  gst_event_unref (event);
}

/* A byte of what a terminal sends. Arrows are ESC [ C and ESC [ D, or ESC O C, and
 * with other keys held ESC [ 1 ; 5 C: ECMA-48, section 5.4. They may come in
 * pieces. */
static void
take_byte (Player * player, gchar byte)
{
  gchar before = player->escape;

  player->escape = '\0';
  if (byte == '\033')
    player->escape = byte;
  else if (before == '\033' && strchr ("[O", byte))
    player->escape = byte;
  else if (before == '[' && byte >= '0' && byte <= '?')
    player->escape = before;
  else if (before == '[' || before == 'O')
    take_escape (player, byte);
  else
    take_key (player, byte);
}

static gboolean
read_keys (gint fd, GIOCondition condition, gpointer user_data)
{
  gchar keys[64];
  gssize i, n = read (fd, keys, sizeof (keys));

  if (n <= 0)
    return G_SOURCE_REMOVE;
  for (i = 0; i < n; i++)
    take_byte (user_data, keys[i]);
  return G_SOURCE_CONTINUE;
}

/* The line. */

static gint
column (gint64 time, gint64 start, gint64 end)
{
  return CLAMP ((time - start) * BAR_WIDTH / (end - start), 0, BAR_WIDTH - 1);
}

static void
draw_bar (gchar * bar, gint64 position, guint64 ahead, guint64 behind,
    gint64 start, gint64 end)
{
  gint i;

  memset (bar, '-', BAR_WIDTH);
  bar[BAR_WIDTH] = '\0';
  for (i = column (position - (gint64) behind, start, end);
      i <= column (position + (gint64) ahead, start, end); i++)
    bar[i] = '=';
  bar[column (position, start, end)] = '|';
}

/* h:mm:ss.mmm */
static gchar *
show_time (gint64 time)
{
  gint64 ms = time / GST_MSECOND;

  return g_strdup_printf ("%" G_GINT64_FORMAT ":%02d:%02d.%03d", ms / 3600000,
      (gint) (ms / 60000 % 60), (gint) (ms / 1000 % 60), (gint) (ms % 1000));
}

/* Where somebody looks, a line that is too long would be two. */
static void
cut_to_width (gchar * line)
{
  struct winsize size = { 0, };

  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 &&
      strlen (line) >= size.ws_col)
    line[size.ws_col - 1] = '\0';
}

static void
print_line (Player * player, const gchar * time, const gchar * bar,
    const gchar * rest)
{
  gchar *line = g_strdup_printf ("%s [%s] %s", time, bar, rest);

  if (player->overlay) {
    gchar *text = g_strdup_printf ("%s\n[%s]\n%s", time, bar, rest);

    g_object_set (player->overlay, "text", text, NULL);
    g_free (text);
  }
  cut_to_width (line);
  g_print ("\r%s\033[K", line);
  g_free (line);
}

static gboolean
draw (gpointer user_data)
{
  Player *player = user_data;
  gint64 start = 0, end = 0, position = get_position (player);
  guint64 ahead = 0, behind = 0;
  gchar bar[BAR_WIDTH + 1], *time, *rest, *length;

  if (!get_window (player, &start, &end))
    return G_SOURCE_CONTINUE;
  if (player->source)
    g_object_get (player->source, "buffer-length", &ahead,
        "back-buffer-length", &behind, NULL);
  draw_bar (bar, position, ahead, behind, start, end);
  time = show_time (position);
  length = show_time (end - start);
  rest = g_strdup_printf ("live -%.1f s  %gx %s -%.1f/+%.1f s of %.*s  %s",
      MAX (end - position, 0) / (gdouble) GST_SECOND, player->rate,
      player->wanted != GST_STATE_PLAYING ? "||" :
      player->buffering ? "..." : ">", behind / (gdouble) GST_SECOND,
      ahead / (gdouble) GST_SECOND, (gint) strlen (length) - 4, length,
      player->edge ? player->edge : player->last ? player->last : "");
  print_line (player, time, bar, rest);
  g_free (time);
  g_free (rest);
  g_free (length);
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
  if (strcmp (code, "NetStream.Seek.Notify") == 0) {
    gboolean in_buffer = strstr (description, "client-inBufferSeek") != NULL;
    gchar *text;

    player->n_seeks++;
    player->n_in_buffer += in_buffer;
    text = g_strdup_printf ("sought %s (%u of %u without a request)",
        in_buffer ? "in the buffer" : "outside", player->n_in_buffer,
        player->n_seeks);
    say (player, text);
    g_free (text);
  } else {
    say (player, code);
  }
}

/* Pictures are over, in one direction or the other: it stays there. */
static void
take_end (Player * player)
{
  gboolean backward = player->rate < 0;

  if (!backward && !player->terminal) {
    g_main_loop_quit (player->loop);
    return;
  }
  set_state (player, GST_STATE_PAUSED);
  if (backward)
    go_to_begin (player);
  player->edge = backward ? "the begin" : "the end";
}

static gboolean
take_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Player *player = user_data;
  GstState state;
  GError *error;
  gint percent;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, "dvr-status"))
        take_status (player, gst_message_get_structure (message));
      else
        take_navigation (player, message);
      break;
    case GST_MESSAGE_BUFFERING:
      gst_message_parse_buffering (message, &percent);
      take_buffering (player, percent);
      break;
    case GST_MESSAGE_ASYNC_DONE:
      player->target = -1;
      break;
    case GST_MESSAGE_REQUEST_STATE:
      gst_message_parse_request_state (message, &state);
      set_state (player, state);
      break;
    case GST_MESSAGE_EOS:
      take_end (player);
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
  if (window) {
    player->overlay = gst_element_factory_make ("textoverlay", NULL);
    if (player->overlay) {
      g_object_set (player->overlay, "font-desc", "Monospace 12",
          "shaded-background", TRUE, NULL);
      gst_util_set_object_arg (G_OBJECT (player->overlay), "valignment",
          "bottom");
      gst_util_set_object_arg (G_OBJECT (player->overlay), "halignment",
          "left");
      gst_util_set_object_arg (G_OBJECT (player->overlay), "line-alignment",
          "left");
      g_object_set (player->playbin, "video-filter", player->overlay, NULL);
    }
  } else {
    g_object_set (player->playbin, "video-sink", make_sink (), "audio-sink",
        make_sink (), NULL);
  }
  g_signal_connect (player->playbin, "source-setup", G_CALLBACK (take_source),
      player);
  return TRUE;
}

static void
run (Player * player)
{
  GstBus *bus = gst_element_get_bus (player->playbin);
  struct termios before;

  player->terminal = open_terminal (&before);
  if (player->terminal)
    g_print ("space pause  arrows 10 s  , . frame  + - speed  r direction  "
        "b begin  l live  q quit\n");

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
  if (player->terminal)
    tcsetattr (STDIN_FILENO, TCSANOW, &before);
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  g_main_loop_unref (player->loop);
}

int
main (int argc, char **argv)
{
  Player player = {.rate = 1.0,.target = -1,.status = EXIT_SUCCESS };
  gboolean window = g_getenv ("DISPLAY") || g_getenv ("WAYLAND_DISPLAY");
  const gchar *uri;

  gst_init (&argc, &argv);
  if (argc == 3 && strcmp (argv[1], "-t") == 0)
    window = FALSE;
  else if (argc != 2 || argv[1][0] == '-') {
    g_printerr (USAGE);
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
